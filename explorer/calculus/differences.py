"""Finite differences: estimates, their error against the step, extrapolation with its tableau, and the complex step.

The schemes are in `stencils`. All sweeps evaluate the program once, on an array of points.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.calculus.compiled import compiled
from explorer.calculus.evaluate import complex_values
from explorer.calculus.evaluate import values as values_at
from explorer.calculus.numbers import NAN
from explorer.calculus.stencils import EPSILON, LEFT, RIGHT, SCHEME, UNIT_ROUNDOFF, Stencil, exact_step
from explorer.language.program import Program

# Nothing is subtracted, so no larger step is ever better; its square vanishes beside 1 also where a derivative of 1e18
# multiplies it (a chaotic loop), and derivatives down to 1e-208 keep all their digits.
COMPLEX_STEP = 1e-100
# A derivative below this is seen only if two steps agree on it: its part of the value may underflow, and what the step
# neglects, its square times the third derivative, may be larger. Of these pairs the first that does not underflow.
SMALL_SLOPE = 1e-190
_OF_A_POWER = 0.03  # how near to a whole number the power is by which truncation shrinks, beside rounding
_PAIRS_OF_STEPS = [np.array(steps) for steps in ((COMPLEX_STEP, 1e-101), (1e-20, 1e-21), (1e-5, 1e-6))]


@dataclass(frozen=True)
class Estimate:
    """One scheme's number for ∂output/∂input: with the step it used and what is to be said about it.

    uncertainty is the scheme's own guess of its error and no bound; NaN where it has none. evaluations counts the
    points at which f was computed.
    """

    scheme: str
    value: float
    step: float
    evaluations: int
    uncertainty: float = NAN
    note: str = ""


class Slice:
    """A program's output along one input, the others held: what difference schemes look at.

    known: values of all outputs, to be shared by the slices along the same input.
    """

    def __init__(
        self,
        program: Program,
        point: Sequence[float],
        output: int,
        input_: int,
        known: dict[bytes, Sequence[NDArray[np.float64]]] | None = None,
    ) -> None:
        self.compiled = compiled(program)
        self._known = known
        self.code = self.compiled.code
        self.point = [float(x) for x in point]
        self.output, self.input = output, input_

    @property
    def x(self) -> float:
        """The input's value."""
        return self.point[self.input]

    @cached_property
    def here(self) -> float:
        """The output at the point itself."""
        return float(self(np.array([self.x]))[0])

    def __call__(self, xs: NDArray[np.float64]) -> NDArray[np.float64]:
        """The output at these values of the input."""
        if self._known is None:
            return self._all(xs)[self.output]
        place = xs.tobytes()
        if place not in self._known:
            self._known[place] = self._all(xs)
        return self._known[place][self.output]

    def _all(self, xs: NDArray[np.float64]) -> Sequence[NDArray[np.float64]]:
        columns: list[Any] = list(self.point)
        columns[self.input] = xs
        return self.compiled.values_on(columns, xs.shape)

    def imaginary(self, h: float | NDArray[np.float64]) -> NDArray[np.float64]:
        """Im f(x + ih) for each step; ComplexStepInvalid where f is not complex differentiable on the way.

        NaN where f has no real value at x: the complex log(−1) = iπ would be taken for a slope of π/h.
        """
        columns: list[Any] = [complex(x) for x in self.point]
        columns[self.input] = self.x + 1j * np.asarray(h, dtype=float)
        value = complex_values(self.code, columns)[self.output]
        defined = not np.isnan(self(np.array([self.x]))[0])
        return np.broadcast_to(np.asarray(np.imag(value) if defined else NAN, dtype=float), np.shape(h))


def sample(
    f: Slice, offsets: Sequence[float], steps: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The steps that are really taken, shape of `steps`, and f at x + offset·step, shape (offsets, *steps)."""
    with np.errstate(all="ignore"):
        h = (f.x + steps) - f.x
        return h, f(f.x + np.multiply.outer(np.asarray(offsets, dtype=float), h))


def combine(
    scheme: Stencil, offsets: Sequence[float], h: NDArray[np.float64], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The scheme's quotient from values at x + offset·h, a row an offset; NaN where the step vanishes beside x."""
    places = [offsets.index(offset) for _, offset in scheme.terms]
    with np.errstate(all="ignore"):
        total = np.zeros_like(h)
        for (weight, _), place in zip(scheme.terms, places, strict=True):
            total += weight * values[place]
        return np.where(h == 0.0, NAN, total / np.where(h == 0.0, 1.0, h) ** scheme.derivative)


def sweep(f: Slice, schemes: Sequence[Stencil], steps: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Each scheme's quotient for each step; f is computed once for all of them together."""
    offsets = all_offsets(schemes)
    h, values = sample(f, offsets, steps)
    return {scheme.name: combine(scheme, offsets, h, values) for scheme in schemes}


def all_offsets(schemes: Sequence[Stencil]) -> list[float]:
    """The offsets that any of the schemes needs, from left to right."""
    return sorted({offset for scheme in schemes for _, offset in scheme.terms})


def difference(f: Slice, scheme: Stencil, steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """The scheme's quotient for each step, shape of `steps`; steps that vanish beside x give NaN."""
    return sweep(f, (scheme,), steps)[scheme.name]


def estimate(f: Slice, scheme: Stencil, step: float | None = None) -> Estimate:
    """The scheme at its default step, or this one; a two-sided slope falls back to one side at a domain's edge."""
    h = scheme.step(f.x) if step is None else exact_step(f.x, step)
    if h == 0.0:
        return Estimate(scheme.name, NAN, h, 0, note="the step vanishes beside x")
    evaluations = scheme.evaluations
    if not math.isfinite(f.here):  # a quotient across a pole or a gap is a number that means nothing
        return Estimate(scheme.name, NAN, h, 1, note="f is not finite here")
    value = float(difference(f, scheme, np.array([h]))[0])
    if math.isfinite(value) or not scheme.two_sided or scheme.derivative != 1:
        return Estimate(scheme.name, value, h, evaluations)
    for side, words in ((RIGHT, "right"), (LEFT, "left")):
        one_sided = float(difference(f, side, np.array([h]))[0])
        if math.isfinite(one_sided):
            note = f"one-sided, from the {words}: the other side is outside the domain"
            return Estimate(scheme.name, one_sided, h, evaluations + 3, note=note)
    return Estimate(scheme.name, value, h, evaluations)


LEVELS = 24  # halvings: from the scale itself down to 1e-7 of it, where rounding has taken over
MOST_COLUMNS = 7  # beyond the sixth power of h² a column repeats the rounding errors of the one before it


@dataclass(frozen=True)
class Tableau:
    """Richardson's extrapolation of central differences in h², one row a step, each half of the one before.

    rows[k][m] has the error order 2m + 2; uncertainty[k][m] is its change against the entries that it came from plus
    the rounding of f; ∞ in the first column. best: (k, m) of the smallest, (−1, −1) where nothing is finite.
    """

    steps: tuple[float, ...]
    rows: tuple[tuple[float, ...], ...]
    uncertainty: tuple[tuple[float, ...], ...]
    best: tuple[int, int]
    evaluations: int


@dataclass(frozen=True)
class _Columns:
    """The tableau column by column: columns[m][i] is its entry (i + m, m)."""

    steps: NDArray[np.float64]
    values: list[NDArray[np.float64]]
    doubts: list[NDArray[np.float64]]
    best: tuple[int, int]
    evaluations: int


def halved_steps(x: float) -> NDArray[np.float64]:
    """The steps that Richardson's extrapolation takes at x, those that vanish beside it left out."""
    largest, smallest = max(abs(x), 1.0), min(abs(x) or 1.0, 1.0)
    # Where x is far from the scale of 1 both scales are tried: nobody can know which of them is the function's own.
    apart = min(math.log2(largest) - math.log2(smallest), 60.0) if math.isfinite(largest) else 0.0
    with np.errstate(all="ignore"):
        steps = (x + 0.5 * largest * 0.5 ** np.arange(LEVELS + math.ceil(apart), dtype=float)) - x
    return steps if steps[-1] > 0.0 else steps[steps > 0.0]


def _extrapolate(f: Slice, scheme: Stencil) -> _Columns:
    with np.errstate(all="ignore"):
        offsets = all_offsets((scheme,))
        h, values = sample(f, offsets, halved_steps(f.x))
        column = combine(scheme, offsets, h, values)
        size = 0.5 * EPSILON * np.abs(values).max(axis=0, initial=0.0)
        noise = size * scheme.amplification / h**scheme.derivative
        columns, doubts = [column], [np.full(len(h), math.inf)]
        best, least, factor = (-1, -1), math.inf, 1.0
        for m in range(1, min(MOST_COLUMNS, len(h))):
            factor *= 4.0
            step = column[1:] - column[:-1]
            column = column[1:] + step / (factor - 1.0)
            # What the entry changed by, and what its two parents differ by at its order; and what no step can better.
            doubt = np.abs(step) / factor + noise[m:]
            columns.append(column)
            doubts.append(doubt)
            place = int(np.where(doubt == doubt, doubt, math.inf).argmin())
            if doubt[place] < least:
                best, least = (place + m, m), float(doubt[place])
    return _Columns(h, columns, doubts, best, values.size)


def tableau(f: Slice, scheme: Stencil = SCHEME["central"]) -> Tableau:
    """The tableau of a scheme that has even powers of h only, with steps on the scales of 1 and of |x|."""
    found = _extrapolate(f, scheme)
    rows, doubts = (
        tuple(tuple(float(columns[m][k - m]) for m in range(min(k + 1, len(columns)))) for k in range(len(found.steps)))
        for columns in (found.values, found.doubts)
    )
    return Tableau(tuple(found.steps.tolist()), rows, doubts, found.best, found.evaluations)


def richardson(f: Slice, scheme: Stencil = SCHEME["central"]) -> Estimate:
    """The best entry of the tableau, with its uncertainty: no bound, and far too small where f oscillates rapidly."""
    if not math.isfinite(f.here):
        return Estimate("richardson", NAN, 0.0, 1, note="f is not finite here")
    found = _extrapolate(f, scheme)
    row, m = found.best
    if row < 0:
        return Estimate("richardson", NAN, 0.0, found.evaluations, note="f is not finite around here")
    value, doubt = float(found.values[m][row - m]), float(found.doubts[m][row - m])
    return Estimate("richardson", value, float(found.steps[row]), found.evaluations, doubt)


def complex_step(f: Slice) -> Estimate:
    """Im f(x + ih)/h with h = 1e-100; ComplexStepInvalid where f is not complex differentiable."""
    value = float(f.imaginary(np.array([COMPLEX_STEP]))[0]) / COMPLEX_STEP
    if not math.isfinite(f.here):
        return Estimate("complex step", NAN, COMPLEX_STEP, 2, note="f is not finite here")
    if abs(value) > SMALL_SLOPE:
        return Estimate("complex step", value, COMPLEX_STEP, 1)
    value = float(_small_slopes([f.imaginary(steps) for steps in _PAIRS_OF_STEPS], f.x, f.here))
    note = "" if value == value else "its numbers underflow here"
    return Estimate("complex step", value, COMPLEX_STEP, 1 + 2 * len(_PAIRS_OF_STEPS), note=note)


@np.errstate(all="ignore")
def _small_slopes(parts: Sequence[NDArray[np.float64]], x: Any, here: Any) -> NDArray[np.float64]:
    """The complex step's numbers for derivatives so small that numbers on their way may underflow; NaN where they do.

    A quotient that shrinks like h² or h⁴ is truncation and nothing else: the derivative is 0, as x³'s at 0, unless x
    itself is as small as the steps.

    parts: for each pair of steps Im f at both of them, shape (2, …); x and here: the input and f, shape (…).
    """
    found = np.full(parts[0].shape[1:], NAN)
    largest = np.zeros(found.shape)
    aside = (x == 0.0) | (np.abs(x) > 1e-90)
    for steps, both in zip(_PAIRS_OF_STEPS, parts, strict=True):
        value, other = both[0] / steps[0], both[1] / steps[1]
        normal = np.all(np.abs(both) >= sys.float_info.min, axis=0)
        seen = normal & (np.abs(value - other) <= 1e-9 * np.abs(value))
        power = np.log(value / other) / np.log(steps[0] / steps[1])
        fades = normal & aside & (power > 1.5) & (np.abs(power - np.rint(power)) <= _OF_A_POWER)
        found = np.where(np.isnan(found) & (seen | fades), np.where(seen, value, 0.0), found)
        largest = np.maximum(largest, np.maximum(np.abs(value), np.abs(other)))
    none = largest * np.maximum(1.0, np.abs(x)) <= 4.0 * EPSILON * np.abs(here)  # 0, or the rounding of sin² + cos²
    return np.where(np.isnan(found) & none, 0.0, found)


def complex_step_knee(slope: float, third: float) -> float:
    """The step above which the complex step's truncation h²·|f‴|/6 is more than the rounding ε/2·|f′| of its result.

    Below it any step is as good as any other; ∞ without truncation, NaN where a derivative is not known.
    """
    if third == 0.0:
        return math.inf
    return math.sqrt(3.0 * EPSILON * abs(slope / third))


def central_jacobian(program: Program, point: Sequence[float]) -> list[list[float]]:
    """∂output/∂input by central differences at their default steps; rows are outputs."""
    columns = []
    for place in range(len(program.inputs)):
        known: dict[bytes, Sequence[NDArray[np.float64]]] = {}
        slices = (Slice(program, point, output, place, known) for output in range(len(program.outputs)))
        columns.append([estimate(f, SCHEME["central"]).value for f in slices])
    return [list(row) for row in zip(*columns, strict=True)] or [[] for _ in program.outputs]


@np.errstate(all="ignore")
def complex_step_jacobian(program: Program, point: Sequence[float]) -> list[list[float]]:
    """∂output/∂input by the complex step; ComplexStepInvalid where it is not valid for one of them.

    The program runs once, on the points that are moved by the step in one input each.
    """
    code = compiled(program).code
    inputs, outputs = len(program.inputs), len(program.outputs)
    here = np.array([values_at(program, point)]).T

    def parts(h: float) -> NDArray[np.float64]:
        moved = [x + 1j * h * np.eye(inputs)[place] for place, x in enumerate(point)]
        return np.array([np.broadcast_to(np.imag(value), inputs) for value in complex_values(code, moved)])

    if not inputs:
        return [[] for _ in range(outputs)]
    slopes = parts(COMPLEX_STEP) / COMPLEX_STEP
    small = np.abs(slopes) <= SMALL_SLOPE
    if small.any():
        pairs = [np.array([parts(steps[0]), parts(steps[1])]) for steps in _PAIRS_OF_STEPS]
        slopes = np.where(small, _small_slopes(pairs, np.array(point), here), slopes)
    # An infinite number is one that sinh, of a step times a slope of 1e102 and more, overflows to.
    return np.where(np.isfinite(here) & np.isfinite(slopes), slopes, NAN).tolist()  # type: ignore[no-any-return]


def one_sided_slopes(f: Slice) -> tuple[float, float]:
    """The slopes from the left and from the right, by second-order one-sided differences.

    NaN outside the domain and where f is infinite; ±∞ where the quotient keeps growing as the step shrinks (a jump, a
    vertical tangent).
    """
    if not math.isfinite(f.here):
        return NAN, NAN
    steps = _one_sided_step(f.x) / np.array([1.0, 8.0, 64.0])
    return _slope(f, LEFT, steps), _slope(f, RIGHT, steps)


def one_sided_rounding(f: Slice) -> float:
    """How far a one-sided slope may be off by the rounding of f to some units of its last place; 0 where f is not."""
    return RIGHT.rounding(_one_sided_step(f.x), 4.0 * UNIT_ROUNDOFF * abs(f.here)) if math.isfinite(f.here) else 0.0


def _one_sided_step(x: float) -> float:
    return exact_step(x, EPSILON ** (1 / 3) * max(1.0, abs(x)))


def _slope(f: Slice, side: Stencil, steps: NDArray[np.float64]) -> float:
    coarse, fine, finest = map(float, difference(f, side, steps))
    rise = abs(coarse) * float(steps[0])
    # Twice as steep with an eighth of the step, and by more than rounding could make it.
    if abs(fine) > 2.0 * abs(coarse) and rise > 1e-9 * max(1.0, abs(f.here)):
        return math.copysign(math.inf, fine)
    # Or steeper each time by as much again, as x ln x at 0: what converges does so by an eighth at least.
    first, second = abs(fine) - abs(coarse), abs(finest) - abs(fine)
    noise = side.rounding(float(steps[2]), 16.0 * UNIT_ROUNDOFF * abs(f.here))
    grows = coarse * fine > 0.0 and second > 0.5 * first > max(noise, 0.01 * abs(coarse))
    if grows:
        return math.copysign(math.inf, fine)
    # Smaller each time by the same factor, as |x|³ or |x|^1.5 at 0: a power of the step, and no slope.
    ratio = fine / coarse if coarse and math.isfinite(fine) else NAN
    return 0.0 if 0.0 < ratio < 0.9 and abs(finest / fine - ratio) <= 0.05 * ratio else coarse


def sweep_steps(x: float, count: int = 120) -> NDArray[np.float64]:
    """Step sizes for the error plot, even on a logarithmic axis from 1e-17·scale to 1·scale, scale = max(1, |x|)."""
    return np.logspace(-17, 0, count) * max(1.0, abs(x))
