"""Difference schemes as data: a scheme is its offsets, and everything else about it is solved exactly in rationals.

Fornberg 1988, "Generation of finite difference formulas on arbitrarily spaced grids".
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from explorer.language.program import ExplorerError

EPSILON = 2.0**-52  # the spacing of doubles at 1
UNIT_ROUNDOFF = 0.5 * EPSILON
MOST_OFFSETS = 15  # the weights of more are larger than what they can gain, and their solving would be felt
LARGEST_OFFSET = 1000
MOST_DERIVATIVE = 4


@dataclass(frozen=True)
class Stencil:
    """A scheme for the d-th derivative: f⁽ᵈ⁾(x) ≈ Σ weights·f(x + offset·h) / hᵈ, with more than d distinct offsets."""

    name: str
    offsets: tuple[Fraction | int, ...]
    derivative: int = 1

    @cached_property
    def weights(self) -> tuple[Fraction, ...]:
        """The exact weights, from the moment equations Σ wᵢ·oᵢᵏ = d!·[k = d] for k below the number of offsets."""
        size = len(self.offsets)
        goal = math.factorial(self.derivative)
        rows = [
            [Fraction(o) ** k for o in self.offsets] + [Fraction(goal if k == self.derivative else 0)]
            for k in range(size)
        ]
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

    @cached_property
    def terms(self) -> tuple[tuple[float, float], ...]:
        """(weight, offset) as doubles where the weight is not 0: the points at which f must be known."""
        pairs = zip(self.weights, self.offsets, strict=True)
        return tuple((float(w), float(o)) for w, o in pairs if w != 0)

    def moment(self, power: int) -> Fraction:
        """Σ wᵢ·oᵢ^power."""
        return sum((w * Fraction(o) ** power for w, o in zip(self.weights, self.offsets, strict=True)), Fraction(0))

    @cached_property
    def order(self) -> int:
        """The power p of h with which the truncation error falls."""
        power = self.derivative + 1
        while self.moment(power) == 0:
            power += 1
        return power - self.derivative

    @cached_property
    def error_constant(self) -> Fraction:
        """c in truncation error ≈ c·hᵖ·f⁽ᵈ⁺ᵖ⁾(x)."""
        power = self.derivative + self.order
        return self.moment(power) / math.factorial(power)

    @cached_property
    def amplification(self) -> float:
        """Σ|wᵢ|: by how much errors of f are multiplied, before they are divided by hᵈ."""
        return float(sum(map(abs, self.weights)))

    @property
    def evaluations(self) -> int:
        """How often f is computed."""
        return len(self.terms)

    @property
    def two_sided(self) -> bool:
        """Whether it looks to both sides of x."""
        return min(o for _, o in self.terms) < 0.0 < max(o for _, o in self.terms)

    def default_step(self, epsilon: float = EPSILON) -> float:
        """ε^(1/(p+d)), where truncation hᵖ and rounding ε/hᵈ are equally large for a function of the size of 1."""
        return float(epsilon ** (1.0 / (self.order + self.derivative)))

    def step(self, x: float) -> float:
        """The default step for doubles, times max(1, |x|), made exact: x + h is a double whose distance from x is h."""
        return exact_step(x, self.default_step() * max(1.0, abs(x)))

    def truncation(self, h: float, derivative: float) -> float:
        """|c|·hᵖ·|f⁽ᵈ⁺ᵖ⁾|: the error that a large step makes."""
        error = abs(float(self.error_constant)) * abs(derivative)
        for _ in range(self.order):  # a product may be ∞ or 0; a power of floats would raise an error
            error *= h
        return error

    def rounding(self, h: float, noise: float) -> float:
        """Σ|w|·noise/hᵈ: the error that a small step makes, where noise is the absolute error of f as computed."""
        error = self.amplification * noise
        for _ in range(self.derivative):
            error /= h
        return error

    def best_step(self, derivative: float, noise: float) -> float:
        """The step with the smallest sum of truncation and rounding; ∞ without truncation, NaN where unknown."""
        p, d = self.order, self.derivative
        bottom = p * abs(float(self.error_constant) * derivative)
        if bottom == 0.0:
            return math.inf
        return float((d * self.amplification * noise / bottom) ** (1.0 / (p + d)))


def exact_step(x: float, h: float) -> float:
    """(x + h) − x as computed: the step that the sum really takes; 0 where it vanishes beside x."""
    return (x + h) - x


SCHEMES = (
    Stencil("forward", (0, 1)),
    Stencil("backward", (-1, 0)),
    Stencil("central", (-1, 1)),
    Stencil("five-point", (-2, -1, 1, 2)),
    Stencil("seven-point", (-3, -2, -1, 1, 2, 3)),
    Stencil("right, order 2", (0, 1, 2)),
    Stencil("left, order 2", (-2, -1, 0)),
    Stencil("right, order 4", (0, 1, 2, 3, 4)),
    Stencil("left, order 4", (-4, -3, -2, -1, 0)),
)
SECOND_SCHEMES = (
    Stencil("forward", (0, 1, 2), 2),
    Stencil("backward", (-2, -1, 0), 2),
    Stencil("central", (-1, 0, 1), 2),
    Stencil("five-point", (-2, -1, 0, 1, 2), 2),
    Stencil("seven-point", (-3, -2, -1, 0, 1, 2, 3), 2),
    Stencil("right, order 2", (0, 1, 2, 3), 2),
    Stencil("left, order 2", (-3, -2, -1, 0), 2),
)
SCHEME = {scheme.name: scheme for scheme in SCHEMES}
# For the slopes at a kink, and where only one side is in the domain.
RIGHT, LEFT = SCHEME["right, order 2"], SCHEME["left, order 2"]
CUSTOM = "custom"

_OFFSET = re.compile(r"[+-]?(\d{1,6}(/\d{1,6})?|\d{0,6}\.\d{1,6})")


def custom_stencil(text: str, derivative: int = 1) -> Stencil:
    """The scheme of offsets that were typed: −2..2, or −1, 0, 1/2; ExplorerError says why there is none."""
    if not 1 <= derivative <= MOST_DERIVATIVE:
        raise _refused(f"The derivative must be one of 1 to {MOST_DERIVATIVE}.")
    if len(text) > 300:
        raise _refused("These are too many characters for offsets.")
    offsets: list[Fraction] = []
    for word in re.split(r"[,;\s]+", text.replace("−", "-").replace("…", "..").strip(" ,;[](){}")):
        ends = [_offset(end) for end in word.split("..")] if word else []
        if len(ends) == 2 and ends[0] < ends[1] <= ends[0] + MOST_OFFSETS:
            offsets += [ends[0] + k for k in range(int(ends[1] - ends[0]) + 1)]
        elif len(ends) > 1:
            raise _refused(f"“{word}” is no range from a smaller to a larger offset, {MOST_OFFSETS} at most.")
        else:
            offsets += ends
    return stencil_of(offsets, derivative)


def stencil_of(offsets: Sequence[Fraction], derivative: int) -> Stencil:
    """The scheme of these offsets; ExplorerError says why there is none."""
    twice = sorted({o for o in offsets if offsets.count(o) > 1})
    if twice:
        raise _refused(f"The offset {twice[0]} stands twice: f there counts once, and the equations have no solution.")
    if len(offsets) > MOST_OFFSETS:
        raise _refused(f"{len(offsets)} offsets are too many: {MOST_OFFSETS} at most.")
    if len(offsets) <= derivative:
        points = "no point" if not offsets else "1 point" if len(offsets) == 1 else f"{len(offsets)} points"
        what = ("slope", "second derivative", "third derivative", "fourth derivative")[derivative - 1]
        raise _refused(
            f"A {what} needs at least {derivative + 1} different offsets: through {points} "
            f"goes a polynomial of a degree below {derivative}, which has none."
        )
    return Stencil(CUSTOM, tuple(sorted(offsets)), derivative)


def _offset(word: str) -> Fraction:
    if not _OFFSET.fullmatch(word):
        raise _refused(f"“{word[:20]}” is no offset: write whole numbers, fractions like 1/2, or a range like −2..2.")
    try:
        value = Fraction(word)
    except ZeroDivisionError:
        raise _refused(f"“{word}” divides by 0.") from None
    if abs(value) > LARGEST_OFFSET:
        raise _refused(f"The offset {word} is too far away: ±{LARGEST_OFFSET} at most.")
    return value


def _refused(message: str) -> ExplorerError:
    return ExplorerError(message, kind="request")
