"""Line searches along a direction: how far to go, by values and slopes of the function on that line.

φ(a) = f(x + a d) with slope φ′(a) = ∇f(x + a d)·d. [N&W] is Nocedal & Wright, Numerical Optimization, 2nd ed. 2006.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from explorer.optimize.rules.rule import Ground, Spot, Stall

if TYPE_CHECKING:
    from explorer.optimize.rules.rule import Array

SEARCHES = ("wolfe", "armijo", "none")

ARMIJO = 1e-4  # c₁ of [N&W]: the least part of the decrease that the slope promises
MOST_TRIALS = 50  # halving as often reaches the spacing of the floats
# Near a minimum f no longer tells points apart, and its slopes still do (Hager & Zhang 2005, "approximate Wolfe").
_ROUNDING = 1e-14


@dataclass(frozen=True, slots=True)
class Trial:
    """A point of the line: its parameter a, φ(a), φ′(a), and the spot itself."""

    a: float
    f: float
    slope: float
    spot: Spot

    @property
    def finite(self) -> bool:
        return math.isfinite(self.f) and math.isfinite(self.slope)


def dot(a: Array, b: Array) -> float:
    """The inner product."""
    return float((a * b).sum())


def search(kind: str, ground: Ground, spot: Spot, direction: Array, first: float, curvature: float) -> Trial:
    """The accepted point of the line from `spot`; `first` is tried first. Raises Stall where none is acceptable.

    kind: "none" takes `first` as it is; "armijo" shortens it until f falls enough; "wolfe" finds a point that also
    satisfies |φ′(a)| ≤ curvature·|φ′(0)| (the strong Wolfe conditions).
    """

    def trial(a: float) -> Trial:
        there = ground.at(spot.x + a * direction)
        return Trial(a, there.f, dot(there.g, direction), there)

    if kind == "none":
        return trial(first)
    start = Trial(0.0, spot.f, dot(spot.g, direction), spot)
    if not start.slope < 0:
        raise Stall("the direction does not lead downwards")
    if kind == "armijo":
        return _backtrack(trial, start, first)
    return _wolfe(trial, start, first, curvature)


def _falls_enough(start: Trial, there: Trial) -> bool:
    """Armijo's condition, or, where f is flat to rounding, a slope that shows the minimum is not far behind."""
    if there.f <= start.f + ARMIJO * there.a * start.slope:
        return True
    flat = abs(there.f - start.f) <= _ROUNDING * abs(start.f)
    return flat and there.slope <= (2 * ARMIJO - 1) * start.slope


def _backtrack(trial: Callable[[float], Trial], start: Trial, a: float) -> Trial:
    """[N&W] algorithm 3.1, each next trial at the minimum of the parabola, within 0.1 to 0.5 a."""
    for _ in range(MOST_TRIALS):
        there = trial(a)
        if there.finite and _falls_enough(start, there):
            return there
        bend = there.f - start.f - start.slope * a
        shorter = -start.slope * a * a / (2 * bend) if there.finite and bend > 0 else 0.5 * a
        a = min(max(shorter, 0.1 * a), 0.5 * a)
    raise Stall("no step along the direction lowers the loss")


def _wolfe(trial: Callable[[float], Trial], start: Trial, a: float, curvature: float) -> Trial:
    """[N&W] algorithm 3.5: lengthen the step until it brackets an acceptable point, then zoom in."""
    before = start
    for count in range(MOST_TRIALS):
        there = trial(a)
        if not there.finite or not _falls_enough(start, there) or (count and there.f > before.f):
            return _zoom(trial, start, before, there, curvature)
        if abs(there.slope) <= -curvature * start.slope:
            return there
        if there.slope >= 0:
            return _zoom(trial, start, there, before, curvature)
        before, a = there, 2 * a
    raise Stall("the loss falls along the direction without end")


def _zoom(trial: Callable[[float], Trial], start: Trial, low: Trial, high: Trial, curvature: float) -> Trial:
    """[N&W] algorithm 3.6: `low` is the best acceptable end so far, an acceptable point lies between the two."""
    for _ in range(MOST_TRIALS):
        there = trial(_between(low, high))
        if not there.finite or not _falls_enough(start, there) or there.f > low.f + _ROUNDING * abs(low.f):
            high = there
        else:
            if abs(there.slope) <= -curvature * start.slope:
                return there
            if there.slope * (high.a - low.a) >= 0:
                high = low
            low = there
        if abs(high.a - low.a) <= 1e-14 * max(abs(high.a), abs(low.a)):
            break
    if low.a > 0:  # lower than the start, if not as flat as was asked for
        return low
    raise Stall("no step along the direction lowers the loss")


def _between(low: Trial, high: Trial) -> float:
    """The minimum of the cubic through both ends ([N&W] equation 3.59), a tenth away from them; else the middle."""
    middle = 0.5 * (low.a + high.a)
    if not high.finite:
        return middle
    width = high.a - low.a
    d1 = low.slope + high.slope - 3 * (low.f - high.f) / (low.a - high.a)
    inside = d1 * d1 - low.slope * high.slope
    if not inside > 0:
        return middle
    d2 = math.copysign(math.sqrt(inside), width)
    divisor = high.slope - low.slope + 2 * d2
    if divisor == 0:
        return middle
    a = high.a - width * (high.slope + d2 - d1) / divisor
    near, far = sorted((low.a + 0.1 * width, high.a - 0.1 * width))
    return min(max(a, near), far) if math.isfinite(a) else middle
