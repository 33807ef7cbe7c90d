"""The Taylor-remainder test of a gradient: no ε to choose, for right and wrong differ in a slope (dolfin-adjoint).

Along a direction v: R₀ = |f(x + hv) − f(x)| falls like h, R₁ = |… − h·g·v| like h² if and only if g is the gradient,
and R₂ = |… − ½h²·vᵀHv| like h³ if H is the Hessian as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from explorer.calculus.algebras import Numbers
from explorer.calculus.evaluate import Run
from explorer.calculus.lowering import lower
from explorer.calculus.multiprecision import Along, PreciseSlice, slopes_along
from explorer.calculus.numbers import NAN, REAL
from explorer.language.program import ExplorerError, Program

DIGITS = 80  # R₂ of the smallest step is 1e−24 of f, and its own digits are wanted
HALVINGS = 24
FIRST = 0.1  # of the scale of x
SHORT = 1e-2  # of that scale: an f that changes within less is tested within that
FAR = 1e8  # an x beyond it is its own scale, where nothing else says one
NEAREST = 4.0 * 2.0**-53  # of x: within it there is no other double
ROUNDING = 64.0 * 2.0**-53  # of a product of doubles
STEADY = 6  # local slopes that are the same are a power's; a wrong gradient's are on their way to 1


@dataclass(frozen=True)
class Remainders:
    """R₀, R₁ and R₂ for each step, the local slopes between neighbours, and what they say.

    precise: whether in many digits, or in doubles, whose last steps are rounding and left out (NaN). slopes: the last
    trusted local slope of each. digits: to how many the product g·v is right, as far as it is seen.

    verdict: on the gradient "right", "rough" (right, but f has no second derivative), "wrong", "exact" (no remainder at
    all), "constant" (f does not even change) or "blind" (along this direction R₀ falls as fast as R₁ should). There is
    none to test where f has a "corner" (sides: its slopes behind and ahead), a "jump", a "vertical" tangent, where f is
    "undefined" at the point, the point is an "edge" beyond which v leads, v is 0 ("still"), or AD's gradient is not
    finite ("unknown").
    """

    steps: tuple[float, ...]
    values: tuple[tuple[float, ...], ...]
    local: tuple[tuple[float, ...], ...]
    slopes: tuple[float, float, float]
    precise: bool
    verdict: str
    digits: float
    sides: tuple[float, float] = (NAN, NAN)


def remainders(
    program: Program,
    point: Sequence[float],
    direction: Sequence[float],
    output: int,
    gradient: Sequence[float],
    curvature: Sequence[float],
) -> Remainders:
    """The test of this gradient and of this H·v (shape (inputs,)) along a direction v."""
    slope, bend = along(gradient, direction), along(curvature, direction)
    bend = bend if math.isfinite(bend) else NAN  # then there is no R₂
    largest = max((abs(v) for v in direction), default=0.0)
    moved = [abs(x) for x, v in zip(point, direction, strict=True) if v]
    scale = min(1.0, max(min(moved, default=1.0), 1e-3)) / largest if largest else 1.0
    nearest = NEAREST * max(moved, default=0.0) / largest if largest else 0.0
    sides: Along | None = None
    try:
        # Where f changes within a shorter length, the steps begin there: many digits have room below.
        length = abs(slope / bend) if slope and bend and math.isfinite(slope / bend) else scale
        fine = length if nearest < length < SHORT * scale else scale
        if bend == 0.0 and largest and max(moved) > FAR:  # below the smallest double, maybe: f may change as x does
            fine = max(moved) / largest
        steps = [FIRST * fine * 0.5**k for k in range(HALVINGS)]
        here, rows = _precise(program, point, direction, output, slope, bend, steps)
        floor, precise = [0.0] * len(steps), True
        if largest:
            sides = slopes_along(program, point, direction, output)
    except ExplorerError:
        steps = [FIRST * scale * 0.5**k for k in range(HALVINGS)]
        here, rows, floor, sides = _in_doubles(program, point, direction, output, slope, bend, steps)
        precise = False
    # The gradient and H·v under test are doubles: their last digits, too, are no remainder of f.
    # And a slope that is rounding itself, beside f, which has no such slope, or beside its bend, is none.
    bent = abs(bend) if bend == bend else 0.0
    flat = rows[0][-1] < 0.5 * abs(slope) * steps[-1]
    dust = (flat and abs(slope) * scale <= ROUNDING * abs(here)) or abs(slope) <= nearest * bent
    rounding = [(2.0 if dust else ROUNDING) * abs(slope) * h + ROUNDING * bent * h * h for h in steps]
    floors = [floor, *[[max(a, b) for a, b in zip(floor, rounding, strict=True)]] * 2]
    kept = [
        [r if r > f else NAN for r, f in zip(row, least, strict=True)] for row, least in zip(rows, floors, strict=True)
    ]
    local = [[math.log2(a / b) if a > 0.0 and b > 0.0 else NAN for a, b in pairwise(row)] for row in kept]
    slopes = [next((s for s in reversed(row) if s == s), NAN) for row in local]
    if not math.isfinite(here):
        verdict = "undefined"
    elif not largest:
        verdict = "still"
    else:
        verdict = (sides and _untestable(sides)) or _verdict(
            rows, kept, local, slopes, 0.0 if dust and flat else slope, precise
        )
    return Remainders(
        tuple(steps),
        tuple(map(tuple, kept)),
        tuple(map(tuple, local)),
        (slopes[0], slopes[1], slopes[2]),
        precise,
        verdict,
        _digits_seen(steps, kept[1], slope),
        (sides.behind, sides.ahead) if sides is not None else (NAN, NAN),
    )


def along(row: Sequence[float], direction: Sequence[float]) -> float:
    """The product g·v, without what v does not look at; NaN where numbers on the way are not finite or too large."""
    try:
        return math.fsum(g * v for g, v in zip(row, direction, strict=True) if v)
    except (ValueError, OverflowError):  # ∞ − ∞
        return NAN


def _digits_seen(steps: Sequence[float], first: Sequence[float], slope: float) -> float:
    """To how many digits the last R₁ that is trusted lets g·v be right; NaN where there is none."""
    last = max((k for k, r in enumerate(first) if r == r), default=-1)
    if not slope or last < 0:
        return NAN
    error = first[last] / (steps[last] * abs(slope))
    return min(15.9, -math.log10(error)) if 0.0 < error < 1.0 else 0.0 if error else 15.9


def _untestable(sides: Along) -> str:
    """Why f has no gradient here, or "" where it may have one."""
    if sides.jump:
        return "jump"
    if sides.ahead != sides.ahead:
        return "edge"
    if math.isinf(sides.ahead) or math.isinf(sides.behind):
        return "vertical"
    return "corner" if sides.corner else ""


def _verdict(
    rows: list[list[float]],
    kept: list[list[float]],
    local: list[list[float]],
    slopes: list[float],
    slope: float,
    precise: bool,
) -> str:
    """Nearer to slope 1 is wrong, nearer to slope 2 right, and so is any steady slope above 1 (x√x has 1.5)."""
    if not math.isfinite(slope):
        return "unknown"
    if not any(math.isfinite(r) for r in rows[0]):
        return "edge"
    last = [s for s in local[1] if s == s][-STEADY:]
    steady = len(last) == STEADY and max(last) - min(last) < 0.01
    # Many digits see a remainder down to the last step: where there is none, what larger steps met is further away,
    # unless it has shrunk as a curve's does until it was smaller than the rounding of a large gradient.
    none = precise and not (steady and min(last) > 1.5) and math.isfinite(rows[1][-1]) and kept[1][-1] != kept[1][-1]
    if not slope and not (rows[0][-1] if none else any(rows[0])):
        return "constant"
    if none or slopes[1] != slopes[1]:
        return "exact"
    if steady and 1.02 < min(last) < 1.95:
        return "rough"
    if slopes[1] < 1.5:
        return "wrong"
    return "blind" if slopes[0] >= 1.5 else "right"


def _precise(
    program: Program,
    point: Sequence[float],
    direction: Sequence[float],
    output: int,
    slope: float,
    bend: float,
    steps: Sequence[float],
) -> tuple[float, list[list[float]]]:
    f = PreciseSlice(program, point, output, 0, DIGITS)
    here = f.at(f.point)
    rows: list[list[float]] = [[], [], []]
    for step in steps:
        h = f.mp.mpf(step)
        rise = f.at([x + h * v for x, v in zip(f.point, direction, strict=True)]) - here
        for row, remainder in zip(rows, (rise, rise - h * slope, rise - h * slope - h * h * bend / 2), strict=True):
            size = abs(remainder)
            dust = size <= abs(here) * f.mp.mpf(10) ** (8 - DIGITS)
            row.append(0.0 if dust else float(size))
    return float(here), rows


def _in_doubles(
    program: Program,
    point: Sequence[float],
    direction: Sequence[float],
    output: int,
    slope: float,
    bend: float,
    steps: Sequence[float],
) -> tuple[float, list[list[float]], list[float], Along]:
    code = lower(program)

    def f(at: list[float]) -> Any:
        return Run(code, Numbers(REAL)).outputs(at)[output]

    here = f(list(point))
    rows: list[list[float]] = [[], [], []]
    for h in steps:
        rise = f([x + h * v for x, v in zip(point, direction, strict=True)]) - here
        for row, remainder in zip(rows, (rise, rise - h * slope, rise - h * slope - 0.5 * h * h * bend), strict=True):
            row.append(abs(remainder))
    # f's noise, by the third differences of neighbours so close that f itself is straight between them.
    near = [f([x + 1e-10 * k * steps[0] * v for x, v in zip(point, direction, strict=True)]) for k in range(12)]
    third = [d - 3.0 * c + 3.0 * b - a for a, b, c, d in zip(near, near[1:], near[2:], near[3:], strict=False)]
    noise = math.sqrt(math.fsum(t * t for t in third) / len(third) / 20.0)
    floor = max(64.0 * 2.0**-53 * abs(here), 64.0 * noise)
    # A corner's two slopes stay apart as the step shrinks.
    behind: list[float] = []
    ahead: list[float] = []
    for h in (steps[3], steps[6]):
        for side, found in ((-h, behind), (h, ahead)):
            one, two = (f([x + k * side * v for x, v in zip(point, direction, strict=True)]) for k in (1, 2))
            found.append((4.0 * one - two - 3.0 * here) / (2.0 * side))
    apart = [abs(a - b) for a, b in zip(ahead, behind, strict=True)]
    corner = apart[1] > 0.7 * apart[0] and apart[1] > 1e-3 * max(abs(ahead[1]), abs(behind[1])) + floor / steps[6]
    return here, rows, [floor] * len(steps), Along(behind[1], ahead[1], corner, False)
