"""Finite differences against scipy and numdifftools: ratios of one interleaved run.

`python -m tests.benchmarks.differences` says which of the two is missing. The last rows are frames of the window.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from explorer.calculus.differences import Slice, richardson, sweep
from explorer.calculus.multiprecision import jet
from explorer.calculus.stencils import SCHEME
from explorer.language.parser import parse

ROUNDS = 15
NAN = float("nan")
STEPS = np.logspace(-15.0, -1.0, 400)
# The fourth logistic iterate at 0.2 (Baydin et al. 2018, Figure 3).
LOGISTIC = "a = 4x(1 - x)\nb = 4a(1 - a)\n4b(1 - b)"
# What the two libraries call the three schemes: scipy has no backward one, which is forward with a negative step.
SCIPY = (("2-point", 1.0), ("2-point", -1.0), ("3-point", 1.0))


def _logistic(x: Any) -> Any:
    a = 4 * x * (1 - x)
    b = 4 * a * (1 - a)
    return 4 * b * (1 - b)


@dataclass(frozen=True)
class Case:
    """A function as our text and as NumPy has it, and the three points at which it is differentiated."""

    text: str
    numpy: Callable[[Any], Any]
    points: tuple[float, float, float]


# 16 functions at 3 points each: 48 pairs. Smooth ones, stiff ones, tiny and large arguments.
CASES = (
    Case("sin(x)", np.sin, (0.5, 3.0, 100.0)),
    Case("exp(x)", np.exp, (-20.0, 1.0, 30.0)),
    Case("ln(x)", np.log, (1e-6, 0.7, 1e6)),
    Case("1/x", lambda x: 1 / x, (1e-3, 2.0, 1e5)),
    Case("sqrt(x)", np.sqrt, (1e-4, 3.0, 1e8)),
    Case("x^5 - 3x^3 + x", lambda x: x**5 - 3 * x**3 + x, (0.1, 1.3, 50.0)),
    Case("tanh(10x)", lambda x: np.tanh(10 * x), (0.01, 0.2, -0.5)),
    Case("exp(-50x^2)", lambda x: np.exp(-50 * x**2), (0.02, 0.1, 0.3)),
    Case("1/(1 + 25x^2)", lambda x: 1 / (1 + 25 * x**2), (0.05, 0.4, 3.0)),
    Case("exp(x)/sqrt(sin(x)^3 + cos(x)^3)", lambda x: np.exp(x) / np.sqrt(np.sin(x) ** 3 + np.cos(x) ** 3),
         (0.1, 0.8, 1.5)),
    Case("cos(sin(sin(cos(x))))", lambda x: np.cos(np.sin(np.sin(np.cos(x)))), (1.0, 2.0, -7.0)),
    Case("atan(x)*ln(1 + x^2)", lambda x: np.arctan(x) * np.log(1 + x**2), (1e-3, 1.0, 1e3)),
    Case("sin(50x)", lambda x: np.sin(50 * x), (0.01, 1.0, 3.3)),
    Case("x*exp(-1/x)", lambda x: x * np.exp(-1 / x), (0.05, 0.5, 20.0)),
    Case(LOGISTIC, _logistic, (0.03, 0.2, 0.9)),
    Case("sqrt(1 + x^2) - x", lambda x: np.sqrt(1 + x**2) - x, (1e-5, 1.0, 40.0)),
)  # fmt: skip


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def sweep_ratio() -> float:
    """400 steps × 3 schemes: the time of scipy's approx_derivative in a loop, as a multiple of ours."""
    from scipy.optimize._numdiff import approx_derivative

    f = Slice(parse(LOGISTIC), [0.2], 0, 0)
    schemes = [SCHEME[name] for name in ("forward", "backward", "central")]

    def theirs() -> list[list[float]]:
        return [
            [float(approx_derivative(_logistic, 0.2, method, abs_step=sign * h).item()) for h in STEPS]
            for method, sign in SCIPY
        ]

    ours = sweep(f, schemes, STEPS)
    for mine, other in zip(ours.values(), theirs(), strict=True):  # the same work: equal but for rounding
        assert np.allclose(mine[200:], other[200:], rtol=1e-6)
    ratios = []
    for _ in range(ROUNDS):
        mine_time = statistics.median(seconds(lambda: sweep(f, schemes, STEPS)) for _ in range(20))
        ratios.append(seconds(theirs) / mine_time)
    return statistics.median(ratios)


def richardson_errors() -> tuple[float, float, float]:
    """Over the 48 pairs: numdifftools' time as a multiple of ours, and the median relative errors, ours and theirs."""
    import numdifftools

    ratios, ours, theirs = [], [], []
    for case in CASES:
        program = parse(case.text)
        derivative = numdifftools.Derivative(case.numpy)
        for x in case.points:
            f = Slice(program, [x], 0, 0)
            exact = float(jet(program, [x], 0, 0).exact)
            ours.append(abs(richardson(f).value - exact) / abs(exact))
            with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
                theirs.append(abs(float(derivative(x)) - exact) / abs(exact))
                pairs = [
                    (seconds(lambda f=f: richardson(f)), seconds(lambda d=derivative, x=x: d(x))) for _ in range(7)
                ]
            ratios.append(statistics.median(other / mine for mine, other in pairs))
    return statistics.median(ratios), statistics.median(ours), statistics.median(theirs)


def frame_ratios() -> list[tuple[str, float]]:
    """For each page that h moves: a thirtieth of a second as a multiple of one movement, drawn to its end."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication, QWidget

    from explorer.ui.window import MainWindow

    application = QApplication.instance() or QApplication(["benchmark"])
    window = MainWindow()
    window.show()
    window.tabs.setCurrentWidget(window.differences)
    pages = (("Error", ("plot",)), ("Secant", ("curve", "microscope")), ("Digits", ("digits",)))
    found = []
    for place, (title, names) in enumerate(pages):
        QTest.qWait(100)
        while window.busy:
            QTest.qWait(20)
        window.differences.tabs.setCurrentIndex(place)
        QTest.qWait(2_000)  # the picture below it is drawn by a process of its own
        views = [window.differences.findChild(QWidget, f"differences.{name}") for name in names]

        def move(value: int, views: list[QWidget] = views) -> None:
            window.differences.slider.setValue(value)
            for view in views:
                view.repaint()

        each = statistics.median(seconds(partial(move, value)) for value in range(190, 30, -2))
        found.append((title, 1.0 / 30.0 / each))
    window.close()
    application.processEvents()
    return found


def rows() -> list[tuple[str, float, float]]:
    """Each row: what is measured, its figure, and the figure that it must reach; NaN where a library is missing."""
    sweeps, times, errors = (
        "400 steps × 3 schemes, scipy approx_derivative in a loop / ours",
        "Richardson, numdifftools.Derivative's time / ours",
        "Richardson, numdifftools' median relative error / ours",
    )
    found = [(sweeps, _or_missing(sweep_ratio), 100.0)]
    richardson_row = _or_missing(richardson_errors)
    speed, mine, other = richardson_row if isinstance(richardson_row, tuple) else (NAN, NAN, NAN)
    found += [(times, speed, 2.0), (errors, other / mine, 1.0)]
    frames = _or_missing(frame_ratios)
    if isinstance(frames, list):
        found += [(f"h moved on the {page} page, 1/30 s / one frame", ratio, 1.0) for page, ratio in frames]
    else:
        found.append(("h moved in the window, which needs PySide6", NAN, 1.0))
    return found


def _or_missing(measure: Callable[[], Any]) -> Any:
    """What it measures, or NaN without the library that it needs."""
    try:
        return measure()
    except ModuleNotFoundError as error:
        print(f"{error.name} is not installed.", file=sys.stderr)
        return NAN


def main() -> int:
    """Print the rows; 1 where one does not reach its figure."""
    found = rows()
    for what, figure, goal in found:
        missed = ", MISSED" if figure < goal else ""
        print(f"{what}: {figure:.3g} (at least {goal:g}{missed})")
    return int(any(figure < goal for _, figure, goal in found))


if __name__ == "__main__":
    sys.exit(main())
