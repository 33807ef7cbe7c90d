"""The number kind of many digits: a Program over mpmath's numbers, and the derivatives that they give to 50 digits.

With enough digits a plain difference quotient has no rounding side: what it gives is the truth for all other methods,
found without their rules. NaN and ∞ are values here too; but nothing overflows where a double would.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import mpmath

from explorer.calculus.algebras import Numbers, whole_number
from explorer.calculus.evaluate import Run
from explorer.calculus.lowering import Code, lower
from explorer.calculus.numbers import NAN, REAL
from explorer.calculus.stencils import Stencil
from explorer.language.primitives import PRIMITIVES
from explorer.language.program import DEFAULT_LIMITS, ExplorerError, Program, Span

# An instruction takes ten to a hundred times as long as with doubles.
LIMITS = replace(DEFAULT_LIMITS, steps=4_000)
LARGEST_POWER = 64  # exp of a number beyond 2^64 has more digits in its exponent than anyone will wait for
LARGEST_ANGLE = 4096  # sin of a number beyond 2^4096 needs as many digits of π


class TooManyDigits(ExplorerError):
    """A number on the way is too large to be computed in many digits."""

    def __init__(self, span: Span) -> None:
        super().__init__("A number on the way is too large for multiprecision arithmetic.", span, "limit")


class Multiprecision(Numbers):
    """The algebra of mpmath's real numbers with so many decimal digits."""

    def __init__(self, digits: int) -> None:
        self.context = mpmath.mp.clone()
        self.context.dps = digits
        functions = _Functions(self.context)
        super().__init__({name: getattr(functions, name) for name in PRIMITIVES})

    def constant(self, value: float) -> Any:
        return self.context.mpf(value)

    def apply(self, function: str, arguments: list[Any], span: Span) -> Any:
        if not all(map(self.context.isfinite, arguments)):  # IEEE 754 says what becomes of ∞ and NaN
            return self.context.mpf(REAL[function](*map(float, arguments)))
        try:
            return self.functions[function](*arguments)
        except (OverflowError, MemoryError):
            raise TooManyDigits(span) from None

    def whole(self, value: Any) -> int | None:
        return whole_number(float(value)) if self.context.isint(value) else None


class _Functions:
    """Elementary functions on finite mpf numbers: NaN outside the domain, ∞ at poles, as IEEE 754 has it."""

    def __init__(self, context: Any) -> None:
        self.mp = context
        self.nan, self.inf = context.nan, context.inf
        self.sin, self.cos, self.tan = (self._angle(getattr(context, n)) for n in ("sin", "cos", "tan"))
        self.asin = self._within(context.asin, -1, 1)
        self.acos = self._within(context.acos, -1, 1)
        self.acosh = self._within(context.acosh, 1, self.inf)
        self.atan, self.atan2, self.asinh = context.atan, context.atan2, context.asinh
        self.sinh, self.cosh = self._bounded(context.sinh), self._bounded(context.cosh)
        self.exp, self.expm1 = self._bounded(context.exp), self._bounded(context.expm1)
        self.erf, self.hypot = context.erf, context.hypot
        self.sqrt = self._within(context.sqrt, 0, self.inf)

    def _within(self, function: Callable[[Any], Any], low: Any, high: Any) -> Callable[[Any], Any]:
        return lambda a: function(a) if low <= a <= high else self.nan

    def _bounded(self, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def bounded(a: Any) -> Any:
            if self.mp.mag(a) > LARGEST_POWER:
                raise OverflowError
            return function(a)

        return bounded

    def _angle(self, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def of_angle(a: Any) -> Any:
            if self.mp.mag(a) > LARGEST_ANGLE:
                raise OverflowError
            return function(a)

        return of_angle

    def add(self, a: Any, b: Any) -> Any:
        return a + b

    def sub(self, a: Any, b: Any) -> Any:
        return a - b

    def mul(self, a: Any, b: Any) -> Any:
        return a * b

    def div(self, a: Any, b: Any) -> Any:
        if b == 0:
            return self.nan if a == 0 else self.inf * self.mp.sign(a)
        return a / b

    def neg(self, a: Any) -> Any:
        return -a

    def pow(self, a: Any, b: Any) -> Any:
        if b == 0 or a == 1:
            return self.mp.mpf(1)
        if a == 0:
            return self.inf if b < 0 else self.mp.mpf(0)
        whole = self.mp.isint(b)
        if a < 0 and not whole:
            return self.nan
        if self.mp.mag(b) + abs(self.mp.mag(a)).bit_length() > 64:
            raise OverflowError
        return a ** (int(b) if whole and abs(b) < 2**53 else b)

    def log(self, a: Any) -> Any:
        return self.mp.ln(a) if a > 0 else -self.inf if a == 0 else self.nan

    def log1p(self, a: Any) -> Any:
        return self.mp.log1p(a) if a > -1 else -self.inf if a == -1 else self.nan

    def log2(self, a: Any) -> Any:
        return self.log(a) / self.mp.ln2

    def log10(self, a: Any) -> Any:
        return self.log(a) / self.mp.ln10

    def atanh(self, a: Any) -> Any:
        return self.mp.atanh(a) if abs(a) < 1 else self.inf * self.mp.sign(a) if abs(a) == 1 else self.nan

    def tanh(self, a: Any) -> Any:
        if abs(a) > 2**20:  # beyond it all digits that there are here are those of ±1
            return self.mp.sign(a)
        return self.mp.tanh(a)

    def cbrt(self, a: Any) -> Any:
        return self.mp.cbrt(a) if a >= 0 else -self.mp.cbrt(-a)

    def abs(self, a: Any) -> Any:
        return abs(a)

    def sign(self, a: Any) -> Any:
        return self.mp.sign(a)

    def heaviside(self, a: Any) -> Any:
        return (self.mp.sign(a) + 1) / 2

    def floor(self, a: Any) -> Any:
        return self.mp.floor(a)

    def ceil(self, a: Any) -> Any:
        return self.mp.ceil(a)

    def min(self, a: Any, b: Any) -> Any:
        return a if a <= b else b

    def max(self, a: Any, b: Any) -> Any:
        return a if a >= b else b

    def sigmoid(self, a: Any) -> Any:
        if self.mp.mag(a) > LARGEST_POWER:  # as for tanh
            return self.heaviside(a)
        return 1 / (1 + self.exp(-a))

    def relu(self, a: Any) -> Any:
        return a if a > 0 else self.mp.mpf(0)

    def softplus(self, a: Any) -> Any:
        if self.mp.mag(a) > LARGEST_POWER:
            return self.relu(a)
        return self.max(a, self.mp.mpf(0)) + self.mp.log1p(self.exp(-abs(a)))


class PreciseSlice:
    """A program's output along one input in so many digits, the others held."""

    def __init__(self, program: Program | Code, point: Sequence[float], output: int, input_: int, digits: int) -> None:
        self.code = program if isinstance(program, Code) else lower(program)
        self.algebra = Multiprecision(digits)
        self.mp = self.algebra.context
        self.point = [self.mp.mpf(x) for x in point]
        self.output, self.input = output, input_

    @property
    def x(self) -> Any:
        """The input's value."""
        return self.point[self.input]

    def __call__(self, x: Any) -> Any:
        """The output at this value of the input; ExplorerError where the program refuses it or takes too long."""
        return self.at([*self.point[: self.input], x, *self.point[self.input + 1 :]])

    def at(self, point: Sequence[Any]) -> Any:
        """The output at a point."""
        return Run(self.code, self.algebra, LIMITS).outputs(list(point))[self.output]


_REACH = 5  # samples on either side: derivatives to the 8th, the first to the tenth order of the step
DERIVATIVES = 8
SMALL = 32  # decimal digits by which the step is smaller than x: what is left of x√x beside a slope is 1e−16
NEGLIGIBLE = 100  # decimal digits by which a derivative may be smaller than those beside it


@cache
def _fit(derivative: int, low: int, high: int) -> Stencil:
    return Stencil("samples", tuple(range(low, high + 1)), derivative)


@dataclass(frozen=True)
class Jet:
    """What many digits say of f at x: value and derivatives, on both sides.

    derivatives[d − 1] is f⁽ᵈ⁾(x), NaN from the first on that is another on the other side; many: those that there are
    as mpf, f′ and f″ with over 50 digits. left, right: the slopes of the sides, ±∞ where they grow without bound, NaN
    where f is not defined on that side. value: f(x) as an mpf. jump: f itself is not continuous here; left_limit and
    right_limit are its limits. least: an mpf, below which a slope is not seen.
    """

    value: Any
    many: tuple[Any, ...]
    derivatives: tuple[float, ...]
    left: float
    right: float
    jump: bool
    left_limit: float
    right_limit: float
    least: Any

    def exactly(self, derivative: int) -> Any:
        """The d-th derivative as an mpf; None where there is none."""
        return self.many[derivative - 1] if derivative <= len(self.many) else None

    def digits(self, derivative: int) -> str:
        """The d-th derivative in 50 digits; "" where there is none."""
        exact = self.exactly(derivative)
        return "" if exact is None else str(mpmath.nstr(exact, 50))

    @property
    def exact(self) -> Any:
        """f′(x) as an mpf; None where there is none."""
        return self.exactly(1)

    @property
    def smooth(self) -> bool:
        """Whether there is a finite derivative."""
        return bool(self.many)


def jet(
    program: Program | Code, point: Sequence[float], output: int, input_: int, digits: int = 60, most: int = DERIVATIVES
) -> Jet:
    """The jet of an output along one input; ExplorerError where it cannot be had (too long, too large, not finite).

    digits: how many more than those that differences of the steps cancel. most: the highest derivative that is wanted.
    """
    x = point[input_]
    if not all(map(math.isfinite, point)):
        raise ExplorerError("Many digits need a finite point.", kind="domain")
    shift = SMALL - (math.floor(math.log10(abs(x))) if x else 0)  # h = 10^−shift
    f = PreciseSlice(program, point, output, input_, digits + (DERIVATIVES + 1) * max(shift, SMALL))
    h = f.mp.mpf(10) ** -shift
    fan = _Fan(f.mp, h, [f(f.x + k * h) for k in range(-_REACH, _REACH + 1)])
    left, right = fan.side(-1), fan.side(1)
    derivatives: list[Any] = []
    if left.finite and right.finite and fan.same(left.slope, right.slope, 1):
        derivatives = fan.of_both_sides((left.slope + right.slope) / 2, most)
    numbers = tuple(map(_double, derivatives)) + (NAN,) * (DERIVATIVES - len(derivatives))
    jump = left.jump or right.jump
    sides = (_double(left.slope), _double(right.slope), jump, _double(left.limit), _double(right.limit))
    return Jet(fan.here, tuple(derivatives), numbers, *sides, fan.least)


@dataclass(frozen=True)
class Along:
    """The slopes of f along a direction v, behind x and ahead of it, as `Jet` has those of an input.

    corner: they are two numbers. jump: f itself is not continuous here.
    """

    behind: float
    ahead: float
    corner: bool
    jump: bool


def slopes_along(
    program: Program, point: Sequence[float], direction: Sequence[float], output: int, digits: int = 60
) -> Along:
    """The two slopes along a direction that is not 0; ExplorerError as `jet`."""
    if not all(map(math.isfinite, (*point, *direction))):
        raise ExplorerError("Many digits need a finite point and direction.", kind="domain")
    near = min((abs(x / v) for x, v in zip(point, direction, strict=True) if x and v), default=1.0)
    shift = SMALL - math.floor(math.log10(near or 1.0))
    f = PreciseSlice(program, point, output, 0, digits + 2 * max(shift, SMALL))
    h = f.mp.mpf(10) ** -shift
    ways = range(-_REACH, _REACH + 1)
    fan = _Fan(f.mp, h, [f.at([x + k * h * v for x, v in zip(f.point, direction, strict=True)]) for k in ways])
    behind, ahead = fan.side(-1), fan.side(1)
    corner = behind.finite and ahead.finite and not fan.same(behind.slope, ahead.slope, 1)
    return Along(_double(behind.slope), _double(ahead.slope), corner, behind.jump or ahead.jump)


def _double(value: Any) -> float:
    return float(value) if value == value else NAN


@dataclass(frozen=True)
class _Side:
    slope: Any  # ±∞ where it grows without bound, NaN where f is not defined
    limit: Any  # of f
    jump: bool = False

    @property
    def finite(self) -> bool:
        return not self.jump and bool(self.slope == self.slope) and abs(self.slope) != math.inf


class _Fan:
    """Values of f at x − 5h … x + 5h in many digits, and what they say."""

    def __init__(self, context: Any, h: Any, values: list[Any]) -> None:
        self.mp, self.h, self.values = context, h, values
        self.here = values[_REACH]
        largest = max((abs(v) for v in values if context.isfinite(v)), default=context.one)
        self.dust = largest * context.mpf(10) ** (5 - context.dps)  # below it differences of values are rounding

    @property
    def least(self) -> Any:
        """Below it a slope is not seen: beside rounding, or beside what else makes f rise, as x³ at 0."""
        far = max((abs(self.values[k] - self.here) for k in (0, -1)), default=self.mp.zero)
        unseen = far * self.mp.mpf(10) ** -NEGLIGIBLE if self.mp.isfinite(far) else self.mp.zero
        return max(self.dust, unseen) / self.h

    def derivative(self, d: int, low: int, high: int) -> Any:
        """The d-th from the values at low·h … high·h; 0 where it is rounding alone."""
        scheme = _fit(d, low, high)
        common = math.lcm(*(w.denominator for w in scheme.weights))  # whole weights: a constant gives exactly 0
        places = zip(scheme.weights, range(low, high + 1), strict=True)
        total = sum((int(w * common) * self.values[_REACH + k] for w, k in places), self.mp.mpf(0)) / common
        return self.mp.mpf(0) if abs(total) <= self.dust else total / self.h**d

    def steady(self, d: int, low: int, high: int) -> Any:
        """The d-th derivative as above, and 0 also where it is only what the fit neglects, or rounding inside f.

        What is neglected is another number with fewer values, and far smaller than f's rise over them, or f rises like
        a higher power; else there is no such derivative, and it is NaN.
        """
        found = self.derivative(d, low, high)
        near, far = (
            max(abs(self.values[_REACH + k] - self.here) for k in (-reach, reach) if low <= k <= high)
            for reach in (1, _REACH)
        )
        term, ten = abs(found) * self.h**d, self.mp.mpf(10)
        if term < far * ten ** (-NEGLIGIBLE - SMALL * (d - 1)):
            return self.mp.mpf(0)
        if abs(self.derivative(d, min(low + 1, 0), max(high - 1, 0)) - found) <= abs(found) * 1e-6:
            return found
        small = term < far * ten**-SMALL
        high_power = 0 < near < far and self.mp.ln(far / near) > (d + 0.01) * self.mp.ln(_REACH)
        return self.mp.mpf(0) if small or high_power else self.mp.nan

    def of_both_sides(self, slope: Any, most: int) -> list[Any]:
        """The derivatives, this slope first, up to one that is another on the other side, or to so many."""
        agreed = [slope]
        for d in range(2, min(most + 2, _REACH)):
            behind, ahead = self.steady(d, -_REACH, 0), self.steady(d, 0, _REACH)
            if not self.same(behind, ahead, d):
                return agreed[:most]  # a fit through both sides would see the corner
            agreed.append((behind + ahead) / 2)
        return [self.steady(d, -_REACH, _REACH) for d in range(1, most + 1)]

    def same(self, a: Any, b: Any, d: int) -> bool:
        """Whether the d-th derivatives from both sides are one; NaN is the same as nothing."""
        return bool(abs(a - b) <= max(abs(a), abs(b)) * 1e-10 + self.dust / self.h**d)

    def side(self, sign: int) -> _Side:
        """One side's slope and limit: how the rise of f grows from one step to five tells a slope from a jump."""
        near, far = self.values[_REACH + sign], self.values[_REACH + sign * _REACH]
        if not self.mp.isfinite(self.here) or not (self.mp.isfinite(near) and self.mp.isfinite(far)):
            return _Side(self.mp.nan, near)
        rise, longer = near - self.here, far - self.here
        if abs(rise) <= self.dust or abs(longer) <= self.dust:
            return _Side(self.mp.mpf(0), self.here)
        growth = self.mp.ln(abs(longer / rise)) / self.mp.ln(_REACH)
        if growth < 1e-3:  # and below 0 at a pole
            limit = near if growth > -1e-3 else self.mp.inf * self.mp.sign(near)
            return _Side(self.mp.inf * self.mp.sign(rise) * sign, limit, jump=True)
        if growth < 0.99:  # like a root: a vertical tangent
            return _Side(self.mp.inf * self.mp.sign(rise) * sign, self.here)
        if growth > 1.01:  # like a power above the first: flat
            return _Side(self.mp.mpf(0), self.here)
        low, high = (0, _REACH) if sign > 0 else (-_REACH, 0)
        return _Side(self.derivative(1, low, high), self.here)
