"""A gradient at one point: generated scalar code against micrograd, HIPS autograd, PyTorch, JAX and CasADi."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from explorer.calculus.compiled import Compiled
from explorer.language.parser import parse
from tests.benchmarks.measure import Contest, Work

POINT = (0.4, 0.7)


def arithmetic(x: Any, y: Any, rounds: int) -> Any:
    """Eight operations a round, sums and products only, which every peer has; bounded."""
    for _ in range(rounds):
        x, y = 0.9 * x - 0.1 * (y * y) + 0.3, 0.5 * (x * y) + 0.2
    return x * y


def elementary(x: Any, y: Any, rounds: int, m: Any) -> Any:
    """Eleven operations a round, four of them elementary functions or quotients; m holds the functions."""
    for _ in range(rounds):
        x, y = m.sin(x * y) + 0.5 * x, m.exp(-(x * x)) * y + 0.1 / (1.0 + y * y)
    return x * y


ARITHMETIC = """def f(x, y):
    for i in range({rounds}):
        x, y = 0.9*x - 0.1*(y*y) + 0.3, 0.5*(x*y) + 0.2
    return x*y
"""
ELEMENTARY = """def f(x, y):
    for i in range({rounds}):
        x, y = sin(x*y) + 0.5*x, exp(-(x*x))*y + 0.1/(1.0 + y*y)
    return x*y
"""


def micrograd(function: Callable[[Any, Any], Any]) -> Work:
    from micrograd.engine import Value

    def work() -> list[float]:
        x, y = Value(POINT[0]), Value(POINT[1])
        result = function(x, y)
        result.backward()
        return [result.data, x.grad, y.grad]

    return work


def torch_scalars(function: Callable[[Any, Any], Any]) -> Work:
    import torch

    torch.set_num_threads(1)

    def work() -> list[float]:
        x, y = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in POINT)
        result = function(x, y)
        result.backward()
        return [result.item(), x.grad.item(), y.grad.item()]

    return work


def hips(function: Callable[[Any, Any], Any]) -> Work:
    from autograd import value_and_grad

    both = value_and_grad(lambda p: function(*p))

    def work() -> list[float]:
        value, (a, b) = both(POINT)
        return [value, a, b]

    return work


def jax_jitted(function: Callable[[Any, Any], Any]) -> Work:
    import jax

    jax.config.update("jax_enable_x64", True)
    both = jax.jit(jax.value_and_grad(function, argnums=(0, 1)))

    def work() -> list[float]:
        value, (a, b) = both(*POINT)
        return [float(value), float(a), float(b)]

    return work


def casadi_buffers(function: Callable[[Any, Any], Any]) -> Work:
    """CasADi's virtual machine, called as fast as Python can: with memory that was handed over once."""
    import casadi
    import numpy as np

    x, y = casadi.SX.sym("x"), casadi.SX.sym("y")
    value = function(x, y)
    f = casadi.Function("f", [x, y], [value, *casadi.vertsplit(casadi.gradient(value, casadi.vertcat(x, y)))])
    buffer, trigger = f.buffer()
    arguments, results = [np.array([v]) for v in POINT], [np.zeros(1) for _ in range(3)]
    for place, argument in enumerate(arguments):
        buffer.set_arg(place, memoryview(argument))
    for place, result in enumerate(results):
        buffer.set_res(place, memoryview(result))

    def work() -> list[float]:
        trigger()
        return [result[0] for result in results]

    work.alive = (f, buffer, arguments)  # the trigger has only their addresses

    return work


def contests() -> Iterator[Contest]:
    """Two programs of about 100 and 1,000 operations each; and what a gradient costs relative to the function."""
    import importlib

    def functions(package: str) -> Any:
        return importlib.import_module(package)

    for rounds, size in ((12, 100), (125, 1000)):
        ours = Compiled(parse(ARITHMETIC.format(rounds=rounds)))
        function = lambda x, y, rounds=rounds: arithmetic(x, y, rounds)  # noqa: E731
        peers: dict[str, Callable[[], Work]] = {
            "micrograd": lambda f=function: micrograd(f),
            "PyTorch, scalars": lambda f=function: torch_scalars(f),
            "HIPS autograd": lambda f=function: hips(f),
            "CasADi, buffer": lambda f=function: casadi_buffers(f),
            "JAX, jit": lambda f=function: jax_jitted(f),
        }
        goals = {"micrograd": 40.0, "PyTorch, scalars": 100.0, "HIPS autograd": 250.0, "CasADi, buffer": 1 / 6}
        yield Contest(f"gradient, {size:,} operations, sums and products", gradient_of(ours), peers, goals=goals)
        ours = Compiled(parse(ELEMENTARY.format(rounds=rounds * 8 // 11)))
        steps = rounds * 8 // 11
        peers = {
            "PyTorch, scalars": lambda n=steps: torch_scalars(lambda x, y: elementary(x, y, n, functions("torch"))),
            "HIPS autograd": lambda n=steps: hips(lambda x, y: elementary(x, y, n, functions("autograd.numpy"))),
            "CasADi, buffer": lambda n=steps: casadi_buffers(lambda x, y: elementary(x, y, n, functions("casadi"))),
            "JAX, jit": lambda n=steps: jax_jitted(lambda x, y: elementary(x, y, n, functions("jax.numpy"))),
        }
        yield Contest(f"gradient, {size:,} operations, elementary functions", gradient_of(ours), peers, goals=goals)
    yield from costs()


def gradient_of(ours: Compiled) -> Work:
    def work() -> list[float]:
        value, partials = ours.value_and_gradient(POINT)
        return [value, *partials]

    return work


def costs() -> Iterator[Contest]:
    """The cheap gradient principle: the function alone beside value and gradient, at least 1/3.5 of it."""
    for text, size in (
        (ARITHMETIC.format(rounds=125), "sums and products"),
        (ELEMENTARY.format(rounds=90), "functions"),
    ):
        ours = Compiled(parse(text))
        yield Contest(
            f"gradient, 1,000 operations, {size}",
            lambda ours=ours: ours.value_and_gradient(POINT),
            {"our function alone": lambda ours=ours: lambda: ours.values(POINT)},
            goals={"our function alone": 1 / 3.5},
            same=lambda a, b: a[0] == b[0],
        )
