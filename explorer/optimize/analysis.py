"""What the curvature at a point says about rules: eigenvalues, stable rates, rates of convergence, kinds of points.

For a quadratic with eigenvalues λ of ∇²f: gradient descent converges for 0 < η < 2/λmax, momentum for η < 2(1+β)/λmax
(Goh 2017, "Why momentum really works"); elsewhere this is the local, linear prediction.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.optimize.ground import Counted, Objective
from explorer.optimize.rules.gradient import GradientDescent, Momentum, Nesterov
from explorer.optimize.rules.rule import Rule
from explorer.optimize.rules.table import rule_from

Array = NDArray[np.float64]

# An eigenvalue smaller than this part of the largest has no sign that rounding leaves sure.
FLAT = 1e-9
# How far around a stationary point its kind is looked for in the values of f, as a part of the box.
AROUND = 1e-3
# Of more inputs a corner's kind would need too many directions.
MOST_AT_CORNERS = 3
# Where Newton's step is no longer than this, a point is stationary. A curvature below this part of the largest is taken
# for that part: what the gradient has along it is rounding.
STATIONARY = 1e-6
LEAST_CURVED = 1e-12
# How far the curvature at such a point must hold, beside the point itself: at a pole's edge it holds nowhere.
BESIDE = 1e-9


@dataclass(frozen=True)
class Curvature:
    """The second-order picture at a point; eigenvalues ascend, and `vectors` has their directions as rows.

    holds: whether the gradient changes beside the point at least about as fast as the largest eigenvalue says. newton:
    the largest of Newton's steps along the directions.
    """

    eigenvalues: tuple[float, ...]
    vectors: tuple[tuple[float, ...], ...]
    norm: float
    holds: bool = True
    newton: float = math.nan

    @property
    def condition(self) -> float | None:
        """λmax / λmin where all eigenvalues are positive, else None."""
        low, high = self.eigenvalues[0], self.eigenvalues[-1]
        return high / low if low > 0 else None

    @property
    def stable_rate(self) -> float | None:
        """2/λmax of gradient descent; None where no direction bends upwards."""
        return 2 / self.eigenvalues[-1] if self.eigenvalues[-1] > 0 else None

    @property
    def kind(self) -> str:
        """minimum, maximum, saddle, degenerate; or "" where the gradient is not 0 or the curvature unknown."""
        size = max(abs(value) for value in self.eigenvalues)
        if not all(map(math.isfinite, self.eigenvalues)):
            return ""
        if not self.newton <= STATIONARY or not self.holds:
            return ""
        flat = FLAT * size
        signs = {value > 0 for value in self.eigenvalues if abs(value) > flat}
        if len(signs) == 2:
            return "saddle"
        if size == 0 or any(abs(value) <= flat for value in self.eigenvalues):
            return "degenerate"
        return "minimum" if True in signs else "maximum"


@np.errstate(all="ignore")
def curvature(objective: Objective, x: Sequence[float]) -> Curvature:
    """That at x; eigenvalues are nan where the second derivatives are not finite."""
    point = np.array(x, dtype=float)
    ground = Counted(objective)
    _, gradient = ground(point)
    matrix = ground.hessian(point)
    norm = math.hypot(*gradient.tolist())
    if not np.isfinite(matrix).all():
        return Curvature((math.nan,) * len(point), (), norm)
    values, vectors = np.linalg.eigh(0.5 * (matrix + matrix.T))
    most = int(np.argmax(np.abs(values)))
    step = BESIDE * max(1.0, float(np.abs(point).max())) * vectors[:, most]
    with np.errstate(all="ignore"):
        changes = [side * float((ground(point + side * step)[1] - gradient) @ step) for side in (1.0, -1.0)]
        told = float(values[most] * (step @ step))
    holds = told == 0.0 or all(not change / told < 0.5 for change in changes)
    slopes, bends = np.abs(gradient @ vectors), np.maximum(np.abs(values), LEAST_CURVED * abs(values[most]))
    newton = float(np.divide(slopes, bends, out=np.where(slopes > 0.0, math.inf, 0.0), where=bends > 0.0).max())
    return Curvature(tuple(values.tolist()), tuple(map(tuple, vectors.T.tolist())), norm, holds, newton)


def stable_rate(rule: Rule[Any], largest: float) -> float | None:
    """The rate at which the rule stops converging along the largest eigenvalue; None where nothing is known."""
    if largest <= 0:
        return None
    if isinstance(rule, GradientDescent):
        return 2 / largest
    if isinstance(rule, Momentum):
        return 2 * (1 + rule.beta) / largest
    if isinstance(rule, Nesterov):
        return 2 * (1 + rule.beta) / ((1 + 2 * rule.beta) * largest)
    return None


def contraction(rule: Rule[Any], eigenvalues: Sequence[float], rate: float) -> float | None:
    """The factor by which the distance to a minimum shrinks a step in the long run: the iteration's spectral radius."""
    if min(eigenvalues) <= 0:
        return None
    if isinstance(rule, GradientDescent):
        return max(abs(1 - rate * value) for value in eigenvalues)
    if isinstance(rule, Momentum | Nesterov):
        beta = rule.beta
        worst = 0.0
        for value in eigenvalues:
            shrunk = rate * value
            if isinstance(rule, Momentum):
                matrix = [[1 + beta - shrunk, -beta], [1, 0]]
            else:
                matrix = [[(1 + beta) * (1 - shrunk), -beta * (1 - shrunk)], [1, 0]]
            worst = max(worst, float(np.abs(np.linalg.eigvals(np.array(matrix))).max()))
        return worst
    return None


def optimal(eigenvalues: Sequence[float]) -> dict[str, dict[str, float]]:
    """Goh's optimal parameters for a quadratic: the rule's name → rate, beta and the rate of convergence."""
    low, high = eigenvalues[0], eigenvalues[-1]
    root_low, root_high = math.sqrt(low), math.sqrt(high)
    return {
        "gd": {"rate": 2 / (low + high), "factor": (high - low) / (high + low)},
        "momentum": {
            "rate": (2 / (root_low + root_high)) ** 2,
            "beta": ((root_high - root_low) / (root_high + root_low)) ** 2,
            "factor": (root_high - root_low) / (root_high + root_low),
        },
    }


@dataclass(frozen=True)
class Stationary:
    """A stationary point with its kind and value."""

    x: tuple[float, ...]
    f: float
    kind: str
    eigenvalues: tuple[float, ...]


def stationary_points(
    objective: Objective, lows: Sequence[float], highs: Sequence[float], starts: int = 49, most: int = 40
) -> list[Stationary]:
    """Stationary points within bounds: where Newton's plain and safe iterations end that begin on a grid, lowest first.

    Not necessarily all of them. Two ends closer than a thousandth of the box are one point.
    """
    n = len(lows)
    a_side = max(2, round(starts ** (1 / n)))
    low, high = np.array(lows, dtype=float), np.array(highs, dtype=float)
    if a_side**n > 4 * starts:
        generator = np.random.default_rng(0)
        grid = low + (high - low) * generator.random((starts, n))
    else:
        axes = np.meshgrid(*[np.linspace(0.04, 0.96, a_side)] * n)
        grid = low + (high - low) * np.stack([axis.ravel() for axis in axes], axis=1)
    range_of_f, slope = _range_and_slope(objective, grid)
    found: list[Stationary] = []
    methods = [rule_from("newton", {"absolute": 0, "search": "none"}), rule_from("newton", {})]
    for start in grid:
        for method in methods:
            x = _end(objective, method, start, low, high, slope)
            if x is None or len(found) >= most:
                continue
            if any(np.abs((x - other.x) / (high - low)).max() < 1e-3 for other in found):
                continue
            bend = curvature(objective, x.tolist())
            if kind := _kind_seen(objective, x, bend, AROUND * (high - low), range_of_f):
                value, _ = Counted(objective)(x.copy())
                found.append(Stationary(tuple(x.tolist()), value, kind, bend.eigenvalues))
    return sorted(found, key=lambda each: each.f)


def _range_and_slope(objective: Objective, points: Array) -> tuple[float, float]:
    """The largest less the smallest of f's finite values at the points, and the median length of its gradients there.

    0 and 1 where it has none.
    """
    from explorer.language.program import ExplorerError

    heights, lengths = [], []
    for point in points:
        try:
            height, gradient = Counted(objective)(point.copy())
        except ExplorerError:
            continue
        if math.isfinite(height) and math.isfinite(length := math.hypot(*gradient.tolist())):
            heights.append(height)
            lengths.append(length)
    return (max(heights) - min(heights), float(np.median(lengths))) if heights else (0.0, 1.0)


def _kind_seen(objective: Objective, x: Array, bend: Curvature, reach: Array, range_of_f: float) -> str:
    """The kind that the curvature says, where the values around the point bear it out: else degenerate.

    At a corner there is no curvature, and the values say it alone. "" where they rise and fall in one direction of a
    corner, and where f is flat all around, or nearly beside its range in the box, as in the tails of erf: no single
    point of that is worth a mark.
    """
    corner = not bend.vectors
    if corner and len(x) > MOST_AT_CORNERS:
        return ""
    if corner:  # along the axes and the diagonals
        directions = [d for d in itertools.product((-1.0, 0.0, 1.0), repeat=len(x)) if d > (0.0,) * len(x)]
    else:
        directions = list(bend.vectors)
    ground = Counted(objective)
    here = ground(x.copy())[0]
    most = 0.0
    signs: list[set[bool]] = []  # of f's changes to both sides of each direction, where they are more than rounding
    for direction in directions:
        step = reach * np.array(direction)
        rises = [ground(x + side * step)[0] - here for side in (1.0, -1.0)]
        most = max(most, *(abs(rise) for rise in rises if rise == rise), 0.0)
        signs.append({rise > 0 for rise in rises if abs(rise) > 8 * np.finfo(float).eps * abs(here)})
    every = set().union(*signs)
    both = any(len(sign) == 2 for sign in signs)
    if not every or (corner and both):
        return ""
    if not corner:
        # x²y² bends down beside 0, where Newton's method ends, and nowhere falls.
        steep = FLAT * max(map(abs, bend.eigenvalues))
        pairs = zip(bend.eigenvalues, signs, strict=True)
        both |= any(abs(value) > steep and sign == {value < 0} for value, sign in pairs)
        kind = "degenerate" if both and bend.kind else bend.kind
        if kind == "degenerate" and not both and len(x) == 1:  # of more inputs there are more directions
            kind = "minimum" if True in every else "maximum"
        return "" if kind == "degenerate" and most <= np.finfo(float).eps * range_of_f else kind
    return "saddle" if len(every) == 2 else "minimum" if True in every else "maximum"


def _end(objective: Objective, method: Rule[Any], start: Array, low: Array, high: Array, slope: float) -> Array | None:
    """Where the method ends that begins at `start`, if that is a stationary point within the box.

    slope: how long gradients are in it.
    """
    from explorer.language.program import ExplorerError
    from explorer.optimize.descent import Iterate, descend

    ends: list[Iterate] = []
    try:
        for item in descend(objective, method, start.tolist(), 40, gradient_tolerance=1e-11 * min(slope, 1.0)):
            if isinstance(item, Iterate):
                ends = [*ends[-2:], item]
    except ExplorerError:
        return None
    if not ends or ends[-1].gradient_norm >= 1e-7 * max(slope, 1.0):
        return None
    x = _sooner(objective, [np.array(each.x) for each in ends], ends[-1].gradient_norm)
    return x if bool(((low <= x) & (x <= high)).all()) else None


def _sooner(objective: Objective, ends: Sequence[Array], norm: float) -> Array:
    """Where the last three iterates lead (Aitken's Δ²), if the gradient is smaller there: else the last of them.

    Where a curvature is 0, as x⁴'s at 0, Newton's method comes nearer by the same factor each time, and stops before.
    """
    if len(ends) < 3:
        return ends[-1]
    first, second = ends[1] - ends[0], ends[2] - ends[1]
    with np.errstate(all="ignore"):
        ratio = second / first
        x = np.where((ratio > 0.1) & (ratio < 0.99), ends[2] + second * ratio / (1.0 - ratio), ends[2])
    there = math.hypot(*Counted(objective)(x.copy())[1].tolist())
    return x if there < norm else ends[-1]
