"""A contour grid of 200 × 200 points: what the window draws, against NumPy written by hand for the same formula."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from explorer.calculus.compiled import Compiled
from explorer.language.parser import parse
from explorer.work.gallery import examples
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


def branch(x: Any, y: Any) -> Any:
    with np.errstate(all="ignore"):
        return np.where(x > 0, np.sqrt(x) * y, y**3)


GALLERY = {"Rosenbrock": rosenbrock, "Himmelblau": himmelblau, "Beale": beale, "Rastrigin": rastrigin, "Ackley": ackley}


def contests() -> Iterator[Contest]:
    """Formulas of the gallery by the beginning of their titles, and one with a branch."""
    sources = {title: example.source for example in examples() for title in GALLERY if example.title.startswith(title)}
    works: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {t: (s, GALLERY[t]) for t, s in sources.items()}
    works["a branch"] = ("where(x > 0, sqrt(x)*y, y^3)", branch)
    axis = np.linspace(-2.0, 2.0, POINTS)
    x, y = np.meshgrid(axis, axis)
    for title, (source, by_hand) in works.items():
        code = Compiled(parse(source))

        def ours(code: Compiled = code) -> Any:
            return code.values_on([x, y], x.shape)[0]

        def prepared(by_hand: Callable[[Any, Any], Any] = by_hand) -> Work:
            return lambda: by_hand(x, y)

        for _ in range(2):  # the second time it is generated code
            ours()
        yield Contest(f"grid of 200 × 200, {title}", ours, {"NumPy by hand": prepared}, goals={"NumPy by hand": 1 / 3})
