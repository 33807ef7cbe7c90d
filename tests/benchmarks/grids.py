"""A contour grid of 200 × 200 points: what the window draws, against NumPy written by hand for the same formula.

Every example of the gallery with two inputs or more is here; further inputs are held at the example's point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from explorer.calculus.compiled import Compiled
from explorer.language.parser import parse
from explorer.work.gallery import Example, examples
from tests.benchmarks.measure import Contest, Work

POINTS = 200


def rosenbrock(x: Any, y: Any) -> Any:
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def himmelblau(x: Any, y: Any) -> Any:
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def beale(x: Any, y: Any) -> Any:
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def rastrigin(x: Any, y: Any) -> Any:
    return 20 + x**2 - 10 * np.cos(2 * np.pi * x) + y**2 - 10 * np.cos(2 * np.pi * y)


def ackley(x: Any, y: Any) -> Any:
    bowl = np.exp(-0.2 * np.sqrt((x**2 + y**2) / 2))
    waves = np.exp((np.cos(2 * np.pi * x) + np.cos(2 * np.pi * y)) / 2)
    return 20 + np.e - 20 * bowl - waves


def micrograd(a: Any, b: Any) -> Any:
    c = a + b
    d = a * b + b**3
    c = 2 * c + 1
    c = 2 * c + 1 - a
    d = 3 * d + np.maximum(b + a, 0)
    d = 4 * d + np.maximum(b - a, 0)
    f = (c - d) ** 2
    return f / 2 + 10 / f


def regression(w: Any, b: Any) -> Any:
    return sum((w * i + b - y) ** 2 for i, y in enumerate([1, 3, 5, 7, 9])) / 5


def wallis(p: Any, q: Any) -> Any:
    x = 2
    for _ in range(5):
        x = x - (x**3 - p * x - q) / (3 * x**2 - p)
    return x


def fibonacci(a: Any, b: Any) -> Any:
    for _ in range(10):
        a, b = b, a + b
    return a


def branch(x: Any, y: Any) -> Any:
    with np.errstate(all="ignore"):
        return np.where(x > 0, np.sqrt(x) * y, y**3)


BY_HAND: dict[str, Callable[[Any, Any], Any]] = {
    "Worked example": lambda x, y: np.log(x) + x * y - np.sin(y),
    "Rosenbrock": rosenbrock,
    "Himmelblau": himmelblau,
    "Beale": beale,
    "Booth": lambda x, y: (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2,
    "Three-hump camel": lambda x, y: 2 * x**2 - 1.05 * x**4 + x**6 / 6 + x * y + y**2,
    "Styblinski": lambda x, y: (x**4 - 16 * x**2 + 5 * x) / 2 + (y**4 - 16 * y**2 + 5 * y) / 2,
    "Rastrigin": rastrigin,
    "Ackley": ackley,
    "Speelpenning": lambda x, y: x * y * 3 * 4 * 5 * 6 * 7 * 8 * 9 * 10,
    "Polar": lambda r, theta: r * np.cos(theta),
    "Spherical": lambda phi, r: r * np.sin(np.pi / 3) * np.cos(phi),
    "A sigmoid neuron": lambda b, w0: 1 / (1 + np.exp(-(w0 * -1 + 6 + b))),
    "An expression graph": micrograd,
    "Linear regression": regression,
    "Newton's method": wallis,
    "Fibonacci": fibonacci,
}
BRANCH = Example("a branch", "where(x > 0, sqrt(x)*y, y^3)", (("x", 1.0), ("y", 1.0)))


def contests() -> Iterator[Contest]:
    """A contest for each example that has two inputs or more, by the beginnings of their titles, and for a branch."""
    works = [(BRANCH, branch)]
    for example in examples():
        if len(parse(example.source).inputs) > 1:
            works.append((example, next(f for title, f in BY_HAND.items() if example.title.startswith(title))))
    axis = np.linspace(-2.0, 2.0, POINTS)
    x, y = np.meshgrid(axis, axis)
    for example, by_hand in works:
        program = parse(example.source)
        code, point = Compiled(program), dict(example.point)
        # ln x wants positive numbers: what is not finite takes NumPy longer, ours as well as by hand.
        across = np.abs(x) + 0.01 if example.source.startswith("ln") else x
        columns = [across, y, *(point[name] for name in program.inputs[2:])]

        def ours(code: Compiled = code, columns: list[Any] = columns) -> Any:
            return code.value_on(columns, x.shape)

        def prepared(by_hand: Callable[[Any, Any], Any] = by_hand, across: Any = across) -> Work:
            return lambda: by_hand(across, y)

        for _ in range(2):  # the second time it is generated code
            ours()
        title = f"grid of 200 × 200, {example.title}"
        yield Contest(title, ours, {"NumPy by hand": prepared}, goals={"NumPy by hand": 1 / 3})
