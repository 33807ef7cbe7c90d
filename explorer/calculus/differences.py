"""Finite differences: schemes as data, their error against the step, extrapolation, and the complex step.

A scheme is its offsets; weights, order and error constant are solved exactly in rationals (Fornberg 1988). All sweeps
evaluate the program once on an array of points.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.calculus.evaluate import complex_values, values_on
from explorer.calculus.lowering import Code, lower
from explorer.calculus.numbers import NAN
from explorer.language.program import Program

EPSILON = float(np.finfo(float).eps)  # 2.2e-16, the spacing of doubles at 1
COMPLEX_STEP = 1e-20  # its square vanishes beside 1, and nothing is subtracted, so no larger step is ever better


@dataclass(frozen=True)
class Stencil:
    """A first-derivative scheme: f′(x) ≈ Σ weights·f(x + offset·h) / h, exact for polynomials up to its order."""

    name: str
    offsets: tuple[int, ...]

    @cached_property
    def weights(self) -> tuple[Fraction, ...]:
        """The exact weights, from the moment equations Σ wᵢ·oᵢᵏ = [k = 1]."""
        size = len(self.offsets)
        rows = [[Fraction(o) ** k for o in self.offsets] + [Fraction(int(k == 1))] for k in range(size)]
        for pivot in range(size):  # Gauss–Jordan; the matrix is Vandermonde's, regular for distinct offsets
            best = next(r for r in range(pivot, size) if rows[r][pivot] != 0)
            rows[pivot], rows[best] = rows[best], rows[pivot]
            scale = rows[pivot][pivot]
            rows[pivot] = [v / scale for v in rows[pivot]]
            for row in range(size):
                if row != pivot and rows[row][pivot] != 0:
                    times = rows[row][pivot]
                    rows[row] = [v - times * p for v, p in zip(rows[row], rows[pivot], strict=True)]
        return tuple(row[-1] for row in rows)

    def moment(self, power: int) -> Fraction:
        """Σ wᵢ·oᵢ^power."""
        return sum((w * Fraction(o) ** power for w, o in zip(self.weights, self.offsets, strict=True)), Fraction(0))

    @cached_property
    def order(self) -> int:
        """The power of h with which the truncation error falls."""
        power = 2
        while self.moment(power) == 0:
            power += 1
        return power - 1

    @cached_property
    def error_constant(self) -> Fraction:
        """c in truncation error ≈ c·h^order·f^(order+1)(x)."""
        return self.moment(self.order + 1) / math.factorial(self.order + 1)

    def step(self, x: float) -> float:
        """The default step ε^(1/(order+1))·max(1, |x|), made exact: x + h is a double whose distance from x is h."""
        return exact_step(x, EPSILON ** (1.0 / (self.order + 1)) * max(1.0, abs(x)))


SCHEMES = (
    Stencil("forward", (0, 1)),
    Stencil("backward", (-1, 0)),
    Stencil("central", (-1, 1)),
)
SCHEME = {scheme.name: scheme for scheme in SCHEMES}
# Second-order one-sided schemes: where only one side is in the domain, and for the slopes at a kink.
RIGHT = Stencil("right", (0, 1, 2))
LEFT = Stencil("left", (-2, -1, 0))


def exact_step(x: float, h: float) -> float:
    """(x + h) − x as computed: the step that the sum really takes; 0 where it vanishes beside x."""
    return (x + h) - x


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
    """A program's output along one input, the others held: what difference schemes look at."""

    def __init__(self, program: Program, point: Sequence[float], output: int, input_: int) -> None:
        self.code: Code = lower(program)
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
        columns: list[Any] = list(self.point)
        columns[self.input] = xs
        return values_on(self.code, columns, xs.shape)[self.output]

    def imaginary(self, h: float | NDArray[np.float64]) -> NDArray[np.float64]:
        """Im f(x + ih) for each step; ComplexStepInvalid where f is not complex differentiable on the way.

        NaN where f has no real value at x: the complex log(−1) = iπ would be taken for a slope of π/h.
        """
        columns: list[Any] = [complex(x) for x in self.point]
        columns[self.input] = self.x + 1j * np.asarray(h, dtype=float)
        value = complex_values(self.code, columns)[self.output]
        defined = not np.isnan(self(np.array([self.x]))[0])
        return np.broadcast_to(np.asarray(np.imag(value) if defined else NAN, dtype=float), np.shape(h))


def difference(f: Slice, scheme: Stencil, steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """The scheme's quotient for each step, shape of `steps`; steps that vanish beside x give NaN."""
    with np.errstate(all="ignore"):
        h = (f.x + steps) - f.x
        total = np.zeros_like(h)
        for weight, offset in zip(scheme.weights, scheme.offsets, strict=True):
            total = total + float(weight) * f(f.x + offset * h)
        return np.where(h == 0.0, NAN, total / np.where(h == 0.0, 1.0, h))


def estimate(f: Slice, scheme: Stencil) -> Estimate:
    """The scheme at its default step; a two-sided one falls back to one side at the edge of the domain."""
    h = scheme.step(f.x)
    if h == 0.0:
        return Estimate(scheme.name, NAN, h, 0, note="the step vanishes beside x")
    evaluations = len(scheme.offsets)
    if not math.isfinite(f.here):  # a quotient across a pole or a gap is a number that means nothing
        return Estimate(scheme.name, NAN, h, 1, note="f is not finite here")
    value = float(difference(f, scheme, np.array([h]))[0])
    if math.isfinite(value) or not min(scheme.offsets) < 0 < max(scheme.offsets):
        return Estimate(scheme.name, value, h, evaluations)
    for side, words in ((RIGHT, "right"), (LEFT, "left")):
        one_sided = float(difference(f, side, np.array([h]))[0])
        if math.isfinite(one_sided):
            note = f"one-sided, from the {words}: the other side is outside the domain"
            return Estimate(scheme.name, one_sided, h, evaluations + 3, note=note)
    return Estimate(scheme.name, value, h, evaluations)


_LEVELS = 12  # halvings: from 0.1·scale down to 5e-5·scale, where rounding has taken over


def richardson(f: Slice) -> Estimate:
    """Richardson extrapolation of central differences, halving the step; the entry that changed least is taken.

    Tableaux are tried for steps on the scales of 1 and of |x|. The last change is the uncertainty: it is no bound, and
    for a rapidly oscillating f it can be far too small.
    """
    if not math.isfinite(f.here):
        return Estimate("richardson", NAN, 0.0, 1, note="f is not finite here")
    with np.errstate(all="ignore"):
        return _richardson(f)


def _richardson(f: Slice) -> Estimate:
    best = Estimate("richardson", NAN, 0.0, 0)
    evaluations = 0
    scales = {1.0, abs(f.x)} - {0.0}
    smallest = math.inf
    for scale in sorted(scales, reverse=True):
        steps: NDArray[np.float64] = (f.x + 0.1 * scale * 0.5 ** np.arange(_LEVELS, dtype=float)) - f.x
        steps = steps[steps > 0.0]
        row = difference(f, SCHEME["central"], steps)
        evaluations += 2 * len(steps)
        finite = np.isfinite(row)
        steps, column = steps[finite], row[finite]
        factor = 1.0
        while len(column) >= 2:
            factor *= 4.0  # central differences have even powers of h only
            refined = column[1:] + (column[1:] - column[:-1]) / (factor - 1.0)
            change = np.maximum(np.abs(refined - column[1:]), np.abs(refined - column[:-1]))
            relative = change / np.maximum(np.abs(refined), np.finfo(float).tiny)
            index = int(np.argmin(relative))
            if relative[index] < smallest:
                smallest = float(relative[index])
                step = float(steps[len(steps) - len(refined) + index])
                best = Estimate("richardson", float(refined[index]), step, 0, float(change[index]))
            column = refined
    note = "" if math.isfinite(best.value) else "f is not finite around here"
    return Estimate("richardson", best.value, best.step, evaluations, best.uncertainty, note)


def complex_step(f: Slice) -> Estimate:
    """Im f(x + ih)/h with h = 1e-20; ComplexStepInvalid where f is not complex differentiable."""
    value = float(f.imaginary(np.array([COMPLEX_STEP]))[0]) / COMPLEX_STEP
    if not math.isfinite(f.here):
        return Estimate("complex step", NAN, COMPLEX_STEP, 2, note="f is not finite here")
    return Estimate("complex step", value, COMPLEX_STEP, 1)


def central_jacobian(program: Program, point: Sequence[float]) -> list[list[float]]:
    """∂output/∂input by central differences at their default steps; rows are outputs."""
    return [
        [estimate(Slice(program, point, o, i), SCHEME["central"]).value for i in range(len(program.inputs))]
        for o in range(len(program.outputs))
    ]


def complex_step_jacobian(program: Program, point: Sequence[float]) -> list[list[float]]:
    """∂output/∂input by the complex step; ComplexStepInvalid where it is not valid for one of them."""
    return [
        [complex_step(Slice(program, point, o, i)).value for i in range(len(program.inputs))]
        for o in range(len(program.outputs))
    ]


def one_sided_slopes(f: Slice) -> tuple[float, float]:
    """The slopes from the left and from the right, by second-order one-sided differences.

    NaN outside the domain; ±∞ where the quotient keeps growing as the step shrinks (a jump, a vertical tangent).
    """
    h = exact_step(f.x, EPSILON ** (1 / 3) * max(1.0, abs(f.x)))
    steps = np.array([h, h / 8.0])
    return _slope(f, LEFT, steps), _slope(f, RIGHT, steps)


def _slope(f: Slice, side: Stencil, steps: NDArray[np.float64]) -> float:
    coarse, fine = map(float, difference(f, side, steps))
    rise = abs(coarse) * float(steps[0])
    # Twice as steep with an eighth of the step, and by more than rounding could make it.
    if abs(fine) > 2.0 * abs(coarse) and rise > 1e-9 * max(1.0, abs(f.here)):
        return math.copysign(math.inf, fine)
    return coarse


def sweep_steps(x: float, count: int = 120) -> NDArray[np.float64]:
    """Step sizes for the error plot, even on a logarithmic axis from 1e-17·scale to 1·scale, scale = max(1, |x|)."""
    return np.logspace(-17, 0, count) * max(1.0, abs(x))
