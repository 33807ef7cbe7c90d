"""Gradients at many points at once: generated blocks against PyTorch, JAX, CasADi and HIPS autograd on arrays.

Everybody has one thread. JAX is asked in both ways in which people write it: with an argument an input, and
with one array of points, whose gradient is an array again; which is faster depends on the function.
"""

from __future__ import annotations

import importlib
import operator
import random
from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any

import numpy as np

from explorer.calculus.compiled import Compiled
from explorer.language.parser import parse
from tests.benchmarks.measure import Contest, Work
from tests.benchmarks.scalars import ARITHMETIC, ELEMENTARY, arithmetic, elementary

Function = Callable[..., Any]  # of the inputs and the module that has exp, sin, …
Columns = list[np.ndarray]


def ours(text: str, columns: Columns) -> Work:
    code = Compiled(parse(text))
    return lambda: code.values_and_gradients_on(columns, columns[0].shape)


def torch_arrays(function: Function, columns: Columns) -> Work:
    """One thread, as we have one; float64; memory is PyTorch's own."""
    import torch

    torch.set_num_threads(1)
    inputs = [torch.tensor(column, requires_grad=True) for column in columns]

    def work() -> list[Any]:
        for each in inputs:
            each.grad = None
        values = function(*inputs, torch)
        values.sum().backward()
        return [values.detach().numpy(), *(each.grad.numpy() for each in inputs)]

    return work


def jax_mapped(function: Function, columns: Columns) -> Work:
    """jit(vmap(value_and_grad)) of the inputs, each an array of JAX's own."""
    import jax

    jax.config.update("jax_enable_x64", True)
    every = tuple(range(len(columns)))
    both = jax.jit(jax.vmap(jax.value_and_grad(lambda *inputs: function(*inputs, jax.numpy), argnums=every)))
    own = [jax.numpy.asarray(column) for column in columns]

    def work() -> list[Any]:
        values, partials = both(*own)
        return [np.asarray(values), *map(np.asarray, partials)]

    return work


def jax_points(function: Function, columns: Columns) -> Work:
    """jit(vmap(value_and_grad)) of one array of points, shape (points, inputs); the gradient has that shape too."""
    import jax

    jax.config.update("jax_enable_x64", True)
    both = jax.jit(jax.vmap(jax.value_and_grad(lambda point: function(*point, jax.numpy))))
    points = jax.numpy.asarray(np.stack(columns, axis=1))

    def work() -> tuple[Any, Any]:
        values, gradients = both(points)
        return np.asarray(values), np.asarray(gradients)

    return work


def casadi_map(function: Function, columns: Columns) -> Work:
    import casadi

    inputs = [casadi.SX.sym(f"x{place}") for place in range(len(columns))]
    value = function(*inputs, casadi)
    gradient = casadi.vertsplit(casadi.gradient(value, casadi.vertcat(*inputs)))
    mapped = casadi.Function("f", inputs, [value, *gradient]).map(len(columns[0]))
    rows = [casadi.DM(column).T for column in columns]
    return lambda: [np.asarray(out) for out in mapped(*rows)]


def hips_arrays(function: Function, columns: Columns) -> Work:
    from autograd import elementwise_grad, numpy

    def work() -> list[Any]:
        gradients = [
            elementwise_grad(lambda *inputs: function(*inputs, numpy), place)(*columns) for place in range(len(columns))
        ]
        return [function(*columns, numpy), *gradients]

    return work


class RandomExpressions:
    """Some 100 operations of four inputs, as text and as a function: each step takes two of the last ten numbers.

    The result is the sum of all that no step has taken, so that nothing is computed in vain.
    """

    INPUTS = 4
    KINDS: tuple[tuple[str, Callable[[Any, Any, Any], Any]], ...] = (
        ("{0} + {1}", lambda a, b, m: a + b),
        ("{0} - {1}", lambda a, b, m: a - b),
        ("{0}*{1}", lambda a, b, m: a * b),
        ("{0}/(1.0 + {1}*{1})", lambda a, b, m: a / (1.0 + b * b)),
        ("sin({0})", lambda a, b, m: m.sin(a)),
        ("exp(-({0}*{0}))", lambda a, b, m: m.exp(-(a * a))),
        ("log(1.0 + {0}*{0})", lambda a, b, m: m.log(1.0 + a * a)),
        ("sqrt(1.0 + {0}*{0})", lambda a, b, m: m.sqrt(1.0 + a * a)),
        ("tanh({0})", lambda a, b, m: m.tanh(a)),
    )

    def __init__(self, seed: int, steps: int = 55) -> None:
        luck = random.Random(seed)
        kinds = [*range(3), *range(len(self.KINDS))]  # sums and products twice as often as each of the others
        self.steps = [
            (luck.choice(kinds), *luck.sample(range(max(0, end - 10), end), 2))
            for end in range(self.INPUTS, self.INPUTS + steps)
        ]
        taken = {a for _, a, _ in self.steps} | {b for kind, _, b in self.steps if "{1}" in self.KINDS[kind][0]}
        self.left = [place for place in range(self.INPUTS + steps) if place not in taken]

    def __call__(self, *given: Any) -> Any:
        *numbers, m = given
        for kind, a, b in self.steps:
            numbers.append(self.KINDS[kind][1](numbers[a], numbers[b], m))
        return reduce(operator.add, [numbers[place] for place in self.left])

    def text(self) -> str:
        """The same as an algorithm."""
        names = [f"x{place}" for place in range(self.INPUTS)]
        lines = [f"def f({', '.join(names)}):"]
        for place, (kind, a, b) in enumerate(self.steps):
            lines.append(f"    t{place} = {self.KINDS[kind][0].format(names[a], names[b])}")
            names.append(f"t{place}")
        return "\n".join([*lines, f"    return {' + '.join(names[place] for place in self.left)}"]) + "\n"


def contests() -> Iterator[Contest]:
    """About 100 operations at 10,000 and 100,000 points."""
    luck = np.random.default_rng(0)
    mixed = RandomExpressions(seed=0)
    for points in (10_000, 100_000):
        for title, inputs, text, function, by_torch in (
            ("sums and products", 2, ARITHMETIC.format(rounds=12), lambda x, y, m: arithmetic(x, y, 12), 1.0),
            ("elementary functions", 2, ELEMENTARY.format(rounds=9), lambda x, y, m: elementary(x, y, 9, m), 1 / 1.25),
            ("random expressions of four inputs", mixed.INPUTS, mixed.text(), mixed, 1 / 1.25),
        ):
            columns = list(luck.uniform(0.0, 1.0, (inputs, points)))
            makers = {
                "PyTorch, one thread": (torch_arrays, "torch"),
                "JAX, jit(vmap(grad)) of columns": (jax_mapped, "jax.numpy"),
                "JAX, jit(vmap(grad)) of points": (jax_points, "jax.numpy"),
                "CasADi, map": (casadi_map, "casadi"),
                "HIPS autograd, arrays": (hips_arrays, "autograd.numpy"),
            }

            def prepared(make: Any, package: str, function: Function = function, columns: Columns = columns) -> Work:
                importlib.import_module(package)
                return make(function, columns)  # type: ignore[no-any-return]

            def same(ours: Any, theirs: Any, inputs: int = inputs) -> bool:
                """Each of value and partials, however the peer has laid them out."""
                values, partials = ours
                their_values, *rest = theirs
                gradients = rest[0].T if len(rest) == 1 else rest
                return all(
                    np.allclose(a, b, rtol=1e-9, atol=1e-9 * float(np.abs(a).max()))
                    for a, b in zip([values, *partials], [np.ravel(their_values), *gradients], strict=True)
                )

            yield Contest(
                f"gradient at {points:,} points, 100 operations, {title}",
                ours(text, columns),
                {name: lambda m=make, p=package, d=prepared: d(m, p) for name, (make, package) in makers.items()},
                same=same,
                goals={
                    "PyTorch, one thread": by_torch,
                    "JAX, jit(vmap(grad)) of columns": 2.5,
                    "JAX, jit(vmap(grad)) of points": 2.5,
                    "CasADi, map": 2.5,
                },
            )
