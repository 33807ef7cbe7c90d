"""Gradients at many points at once: generated blocks against PyTorch, JAX, CasADi and HIPS autograd on arrays."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from explorer.calculus.compiled import Compiled
from explorer.language.parser import parse
from tests.benchmarks.measure import Contest, Work
from tests.benchmarks.scalars import ARITHMETIC, ELEMENTARY, arithmetic, elementary

Function = Callable[[Any, Any], Any]


def ours(text: str, x: Any, y: Any) -> Work:
    code = Compiled(parse(text))
    return lambda: code.values_and_gradients_on([x, y], x.shape)


def torch_arrays(function: Function, a: Any, b: Any) -> Work:
    """One thread, as we have one; float64; memory is PyTorch's own."""
    import torch

    torch.set_num_threads(1)
    x, y = (torch.tensor(v, requires_grad=True) for v in (a, b))

    def work() -> list[Any]:
        x.grad = y.grad = None
        values = function(x, y)
        values.sum().backward()
        return [values.detach().numpy(), x.grad.numpy(), y.grad.numpy()]

    return work


def jax_mapped(function: Function, x: Any, y: Any) -> Work:
    import jax

    jax.config.update("jax_enable_x64", True)
    both = jax.jit(jax.vmap(jax.value_and_grad(function, argnums=(0, 1))))

    def work() -> list[Any]:
        values, (a, b) = both(x, y)
        return [np.asarray(values), np.asarray(a), np.asarray(b)]

    return work


def casadi_map(function: Function, a: Any, b: Any) -> Work:
    import casadi

    x, y = casadi.SX.sym("x"), casadi.SX.sym("y")
    value = function(x, y)
    gradient = casadi.vertsplit(casadi.gradient(value, casadi.vertcat(x, y)))
    mapped = casadi.Function("f", [x, y], [value, *gradient]).map(len(a))
    columns = [casadi.DM(v).T for v in (a, b)]
    return lambda: [np.asarray(out) for out in mapped(*columns)]


def hips_arrays(function: Function, x: Any, y: Any) -> Work:
    from autograd import elementwise_grad, numpy

    def work() -> list[Any]:
        gradients = [elementwise_grad(function, place)(x, y) for place in (0, 1)]
        return [function(numpy.asarray(x), y), *gradients]

    return work


def contests() -> Iterator[Contest]:
    """About 100 operations at 10,000 and 100,000 points."""
    random = np.random.default_rng(0)
    for points in (10_000, 100_000):
        x, y = random.uniform(0.0, 1.0, (2, points))
        for title, text, function in (
            ("sums and products", ARITHMETIC.format(rounds=12), lambda x, y, m: arithmetic(x, y, 12)),
            ("elementary functions", ELEMENTARY.format(rounds=9), lambda x, y, m: elementary(x, y, 9, m)),
        ):
            goal = 1.0 if title == "sums and products" else 1 / 1.25
            makers = {
                "PyTorch, one thread": (torch_arrays, "torch"),
                "JAX, jit(vmap(grad))": (jax_mapped, "jax.numpy"),
                "CasADi, map": (casadi_map, "casadi"),
                "HIPS autograd, arrays": (hips_arrays, "autograd.numpy"),
            }

            def prepared(make: Any, package: str, function: Any = function, x: Any = x, y: Any = y) -> Work:
                module = importlib.import_module(package)
                return make(lambda a, b: function(a, b, module), x, y)  # type: ignore[no-any-return]

            yield Contest(
                f"gradient at {points:,} points, 100 operations, {title}",
                ours(text, x, y),
                {name: lambda m=make, p=package, d=prepared: d(m, p) for name, (make, package) in makers.items()},
                goals={"PyTorch, one thread": goal, "JAX, jit(vmap(grad))": 2.5, "CasADi, map": 2.5},
            )
