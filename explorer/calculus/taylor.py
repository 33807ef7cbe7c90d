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

from explorer.calculus.evaluate import Numbers, Run
from explorer.calculus.lowering import lower
from explorer.calculus.multiprecision import PreciseSlice
from explorer.calculus.numbers import NAN, REAL
from explorer.language.program import ExplorerError, Program

DIGITS = 80  # R₂ of the smallest step is 1e−24 of f, and its own digits are wanted
HALVINGS = 24
FIRST = 0.1  # of the scale of x


@dataclass(frozen=True)
class Remainders:
    """R₀, R₁ and R₂ for each step, the local slopes between neighbours, and what they say.

    precise: whether in many digits, or in doubles, whose last steps are rounding and left out (NaN). slopes: the last
    trusted local slope of each. verdict: "right", "wrong", "exact" (no remainder at all), "blind" (along this direction
    R₀ falls as fast as R₁ should), "still" (the direction is 0) or "undefined". digits: to how many the product g·v is
    right, as far as it is seen.
    """

    steps: tuple[float, ...]
    values: tuple[tuple[float, ...], ...]
    local: tuple[tuple[float, ...], ...]
    slopes: tuple[float, float, float]
    precise: bool
    verdict: str
    digits: float


def remainders(
    program: Program,
    point: Sequence[float],
    direction: Sequence[float],
    output: int,
    gradient: Sequence[float],
    curvature: Sequence[float],
) -> Remainders:
    """The test of this gradient and of this H·v (shape (inputs,)) along a direction v."""
    slope = math.fsum(g * v for g, v in zip(gradient, direction, strict=True) if v)
    bend = math.fsum(c * v for c, v in zip(curvature, direction, strict=True) if v)
    largest = max((abs(v) for v in direction), default=0.0)
    moved = [abs(x) for x, v in zip(point, direction, strict=True) if v]
    scale = min(1.0, max(min(moved, default=1.0), 1e-3)) / largest if largest else 1.0
    steps = [FIRST * scale * 0.5**k for k in range(HALVINGS)]
    try:
        rows, floor = _precise(program, point, direction, output, slope, bend, steps), [0.0] * len(steps)
        precise = True
    except ExplorerError:
        rows, floor = _in_doubles(program, point, direction, output, slope, bend, steps)
        precise = False
    # The gradient and H·v under test are doubles: their last digits, too, are no remainder of f.
    rounding = [64.0 * 2.0**-53 * (abs(slope) * h + abs(bend) * h * h) for h in steps]
    floors = [floor, *[[max(a, b) for a, b in zip(floor, rounding, strict=True)]] * 2]
    kept = [
        [r if r > f else NAN for r, f in zip(row, least, strict=True)] for row, least in zip(rows, floors, strict=True)
    ]
    local = [[math.log2(a / b) if a > 0.0 and b > 0.0 else NAN for a, b in pairwise(row)] for row in kept]
    slopes = [next((s for s in reversed(row) if s == s), NAN) for row in local]
    verdict = _verdict(kept, slopes) if largest else "still"
    digits = NAN
    if slope and any(r == r for r in kept[1]):
        last = max(k for k, r in enumerate(kept[1]) if r == r)
        error = kept[1][last] / (steps[last] * abs(slope))
        digits = min(15.9, -math.log10(error)) if 0.0 < error < 1.0 else 0.0 if error else 15.9
    return Remainders(
        tuple(steps),
        tuple(map(tuple, kept)),
        tuple(map(tuple, local)),
        (slopes[0], slopes[1], slopes[2]),
        precise,
        verdict,
        digits,
    )


def _verdict(rows: list[list[float]], slopes: list[float]) -> str:
    """Nearer to slope 1 is wrong, nearer to slope 2 right."""
    if all(r != r for row in rows for r in row):
        return "undefined"
    if all(r != r or r == 0.0 for r in rows[1]) or slopes[1] != slopes[1]:
        return "exact"
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
) -> list[list[float]]:
    f = PreciseSlice(program, point, output, 0, DIGITS)
    here = f.at(f.point)
    rows: list[list[float]] = [[], [], []]
    for step in steps:
        h = f.mp.mpf(step)
        rise = f.at([x + h * v for x, v in zip(f.point, direction, strict=True)]) - here
        for row, remainder in zip(rows, (rise, rise - h * slope, rise - h * slope - h * h * bend / 2), strict=True):
            size = abs(remainder)
            row.append(float(size) if size > abs(here) * f.mp.mpf(10) ** (8 - DIGITS) else 0.0)
    return rows


def _in_doubles(
    program: Program,
    point: Sequence[float],
    direction: Sequence[float],
    output: int,
    slope: float,
    bend: float,
    steps: Sequence[float],
) -> tuple[list[list[float]], list[float]]:
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
    return rows, [max(64.0 * 2.0**-53 * abs(here), 64.0 * noise)] * len(steps)
