"""The number kinds that a Program runs on: floats, complex numbers, arrays; each with all the elementary functions.

IEEE 754 throughout: 1/0 is ∞ and log(−1) is NaN, values and not exceptions. The functions carry the names of
PRIMITIVES, and `choose`, `equal`, `less` besides, which the partial derivatives use.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from explorer.language.primitives import PRIMITIVES, needs_its_base
from explorer.language.program import ExplorerError, Span

NAN = math.nan


def _ieee(fast: Callable[..., float], edge: Callable[..., Any]) -> Callable[..., float]:
    """math's function, which is quick, with NumPy's value where math raises (poles, domain edges, overflow)."""

    def function(*arguments: float) -> float:
        try:
            return fast(*arguments)
        except (ValueError, OverflowError):
            with np.errstate(all="ignore"):
                return float(edge(*arguments))

    function.fast = fast  # type: ignore[attr-defined]
    return function


_ieee_power = _ieee(math.pow, np.power)
MOST_FACTORS = 6  # of a power that is a product: its error is below 3 units in the last place, and it is 10 × faster


def small_power(exponent: float) -> bool:
    """Whether a power with this exponent is a product, 2 ≤ exponent ≤ MOST_FACTORS."""
    return 2.0 <= exponent <= MOST_FACTORS and exponent == int(exponent)


def product(mul: Callable[[Any, Any], Any], a: Any, exponent: int) -> Any:
    """a^exponent for 2 ≤ exponent by squares and products; every number kind and all generated code does it so."""
    square = mul(a, a)
    if exponent < 4:
        return square if exponent == 2 else mul(square, a)
    high = mul(square, square)
    return high if exponent == 4 else mul(high, a if exponent == 5 else square)


def _power(a: float, b: float) -> float:
    return product(operator.mul, a, int(b)) if small_power(b) else _ieee_power(a, b)


def _fast_power(a: float, b: float) -> float:
    return product(operator.mul, a, int(b)) if small_power(b) else math.pow(a, b)


_power.fast = _fast_power  # type: ignore[attr-defined]


class Real:
    """Elementary functions on Python floats."""

    sin = staticmethod(_ieee(math.sin, np.sin))
    cos = staticmethod(_ieee(math.cos, np.cos))
    tan = staticmethod(_ieee(math.tan, np.tan))
    asin = staticmethod(_ieee(math.asin, np.arcsin))
    acos = staticmethod(_ieee(math.acos, np.arccos))
    atan = staticmethod(math.atan)
    atan2 = staticmethod(math.atan2)
    sinh = staticmethod(_ieee(math.sinh, np.sinh))
    cosh = staticmethod(_ieee(math.cosh, np.cosh))
    tanh = staticmethod(math.tanh)
    asinh = staticmethod(math.asinh)
    acosh = staticmethod(_ieee(math.acosh, np.arccosh))
    atanh = staticmethod(_ieee(math.atanh, np.arctanh))
    exp = staticmethod(_ieee(math.exp, np.exp))
    expm1 = staticmethod(_ieee(math.expm1, np.expm1))
    log = staticmethod(_ieee(math.log, np.log))
    log1p = staticmethod(_ieee(math.log1p, np.log1p))
    log2 = staticmethod(_ieee(math.log2, np.log2))
    log10 = staticmethod(_ieee(math.log10, np.log10))
    sqrt = staticmethod(_ieee(math.sqrt, np.sqrt))
    cbrt = staticmethod(math.cbrt)
    pow = staticmethod(_power)
    hypot = staticmethod(math.hypot)
    abs = staticmethod(math.fabs)
    erf = staticmethod(math.erf)

    @staticmethod
    def add(a: float, b: float) -> float:
        return a + b

    @staticmethod
    def sub(a: float, b: float) -> float:
        return a - b

    @staticmethod
    def mul(a: float, b: float) -> float:
        return a * b

    @staticmethod
    def div(a: float, b: float) -> float:
        try:
            return a / b
        except ZeroDivisionError:
            if a == 0.0 or a != a:
                return NAN
            return math.copysign(math.inf, a) * math.copysign(1.0, b)

    @staticmethod
    def neg(a: float) -> float:
        return -a

    @staticmethod
    def sign(a: float) -> float:
        return a if a != a else float((a > 0.0) - (a < 0.0))

    @staticmethod
    def heaviside(a: float) -> float:
        return a if a != a else (0.5 if a == 0.0 else float(a > 0.0))

    @staticmethod
    def floor(a: float) -> float:
        return math.copysign(math.floor(a), a) if math.isfinite(a) else a  # the sign of a zero is kept

    @staticmethod
    def ceil(a: float) -> float:
        return math.copysign(math.ceil(a), a) if math.isfinite(a) else a

    @staticmethod
    def min(a: float, b: float) -> float:
        return NAN if a != a or b != b else (a if a < b else b)  # the second of −0 and 0, as NumPy has it

    @staticmethod
    def max(a: float, b: float) -> float:
        return NAN if a != a or b != b else (a if a > b else b)

    @staticmethod
    def sigmoid(a: float) -> float:
        if a >= 0.0:
            return 1.0 / (1.0 + math.exp(-a))
        small = math.exp(a)
        return small / (1.0 + small)

    @staticmethod
    def relu(a: float) -> float:
        return a if a > 0.0 or a != a else 0.0

    @staticmethod
    def softplus(a: float) -> float:
        return (a if a > 0.0 else 0.0) + math.log1p(math.exp(-abs(a))) if a == a else a

    @staticmethod
    def choose(condition: bool, then: float, otherwise: float) -> float:
        return then if condition else otherwise

    @staticmethod
    def equal(a: float, b: float) -> bool:
        return a == b

    @staticmethod
    def less(a: float, b: float) -> bool:
        return a < b


class Array:
    """Elementary functions on float64 arrays and floats, elementwise; the caller sets np.errstate."""

    add = staticmethod(np.add)
    sub = staticmethod(np.subtract)
    mul = staticmethod(np.multiply)
    div = staticmethod(np.divide)
    neg = staticmethod(np.negative)
    sin = staticmethod(np.sin)
    cos = staticmethod(np.cos)
    tan = staticmethod(np.tan)
    asin = staticmethod(np.arcsin)
    acos = staticmethod(np.arccos)
    atan = staticmethod(np.arctan)
    atan2 = staticmethod(np.arctan2)
    sinh = staticmethod(np.sinh)
    cosh = staticmethod(np.cosh)
    tanh = staticmethod(np.tanh)
    asinh = staticmethod(np.arcsinh)
    acosh = staticmethod(np.arccosh)
    atanh = staticmethod(np.arctanh)
    exp = staticmethod(np.exp)
    expm1 = staticmethod(np.expm1)
    log = staticmethod(np.log)
    log1p = staticmethod(np.log1p)
    log2 = staticmethod(np.log2)
    log10 = staticmethod(np.log10)
    sqrt = staticmethod(np.sqrt)
    cbrt = staticmethod(np.cbrt)
    hypot = staticmethod(np.hypot)
    abs = staticmethod(np.abs)
    sign = staticmethod(np.sign)
    floor = staticmethod(np.floor)
    ceil = staticmethod(np.ceil)
    min = staticmethod(np.minimum)
    max = staticmethod(np.maximum)
    choose = staticmethod(np.where)
    equal = staticmethod(np.equal)
    less = staticmethod(np.less)

    @staticmethod
    def erf(a: Any) -> Any:
        """By math's, point after point: NumPy has none, and this takes a third of np.vectorize."""
        array = np.asarray(a, dtype=float)
        flat = np.fromiter(map(math.erf, array.ravel().tolist()), dtype=float, count=array.size)
        return flat.reshape(array.shape)

    @staticmethod
    def pow(a: Any, b: Any) -> Any:
        if isinstance(b, float) and small_power(b):
            return product(np.multiply, a, int(b))
        return np.float_power(a, b)  # np.power takes the root for 0.5, which has no value at −∞

    @staticmethod
    def heaviside(a: Any) -> Any:
        return np.heaviside(a, 0.5)

    @staticmethod
    def sigmoid(a: Any) -> Any:
        small = np.exp(-np.abs(a))
        return np.where(np.greater_equal(a, 0.0), 1.0, small) / (1.0 + small)

    @staticmethod
    def relu(a: Any) -> Any:
        return np.maximum(a, 0.0)

    @staticmethod
    def softplus(a: Any) -> Any:
        return np.maximum(a, 0.0) + np.log1p(np.exp(-np.abs(a)))


class ComplexStepInvalid(ExplorerError):
    """The complex step met a function or comparison that is not complex differentiable."""

    def __init__(self, what: str, span: Span) -> None:
        super().__init__(f"The complex step is not valid through {what}.", span, "domain")


class Complex:
    """The analytic elementary functions on complex numbers or arrays with small imaginary parts (Squire & Trapp 1998).

    Where NumPy lacks one it is the analytic continuation from the real axis; `np.errstate` is the caller's.
    """

    add, sub, mul, div, neg = Array.add, Array.sub, Array.mul, Array.div, Array.neg
    sin, cos, tan, asin, acos, atan = Array.sin, Array.cos, Array.tan, Array.asin, Array.acos, Array.atan
    sinh, cosh, tanh = Array.sinh, Array.cosh, Array.tanh
    asinh, acosh, atanh = Array.asinh, Array.acosh, Array.atanh
    exp, expm1, log, log2, log10, sqrt = (
        Array.exp, Array.expm1, Array.log, Array.log2, Array.log10, Array.sqrt,
    )  # fmt: skip

    @staticmethod
    def log1p(a: Any) -> Any:
        """ln(1 + a); NumPy's own adds the 1 first and so loses the digits of a small a."""
        a = np.asarray(a, dtype=complex)
        x, y = a.real, a.imag
        # ln|1 + a| = ½ ln(1 + (x(2 + x) + y²)), where that is far from ln 0.
        small = np.abs(a) < 0.5
        size = np.where(small, 0.5 * np.log1p(np.where(small, x * (2.0 + x) + y * y, 0.0)), np.log(np.abs(1.0 + a)))
        return size + 1j * np.arctan2(y, 1.0 + x)

    @staticmethod
    def pow(a: Any, b: Any) -> Any:
        """a^b; a negative base has a real power for a whole exponent only, and loses no digit of the step then."""
        a, b = np.asarray(a, dtype=complex), np.asarray(b, dtype=complex)
        whole = (b.imag == 0.0) & (b.real == np.floor(b.real))
        negative = a.real < 0.0
        size = np.power(np.where(negative, -a, a), b)
        odd = np.mod(b.real, 2.0) == 1.0
        signed = np.where(negative & odd, -size, size)
        return np.where(negative & ~whole, complex(NAN, NAN), np.where(b == 0.0, 1.0, signed))

    @staticmethod
    def cbrt(a: Any) -> Any:
        a = np.asarray(a, dtype=complex)
        root = np.power(np.where(a.real < 0.0, -a, a), 1.0 / 3.0)
        return np.where(a.real < 0.0, -root, root)

    @staticmethod
    def hypot(a: Any, b: Any) -> Any:
        return np.sqrt(np.multiply(a, a) + np.multiply(b, b))

    @staticmethod
    def atan2(a: Any, b: Any) -> Any:
        """The angle by first order around the real point: exact to the order of the squared step."""
        a, b = np.asarray(a, dtype=complex), np.asarray(b, dtype=complex)
        square = a.real * a.real + b.real * b.real
        return np.arctan2(a.real, b.real) + 1j * ((b.real * a.imag - a.real * b.imag) / square)

    @staticmethod
    def erf(a: Any) -> Any:
        """Salzer's series (Abramowitz & Stegun 1964, 7.1.29), whose imaginary part keeps all digits of a tiny step."""
        a = np.asarray(a, dtype=complex)
        x, y = a.real, a.imag
        cosine, sine = np.cos(2.0 * x * y), np.sin(2.0 * x * y)
        # (1 − cos 2xy)/2πx and sin 2xy/2πx, written so that x = 0 is no special case: np.sinc(t) is sin(πt)/πt.
        real = y * np.sin(x * y) * np.sinc(x * y / np.pi) / np.pi
        imaginary = y * np.sinc(2.0 * x * y / np.pi) / np.pi
        for n in range(1, 31):  # e^(−n²/4)·cosh(ny) is below 1e−19 then for |y| < 6
            weight = 2.0 / np.pi * np.exp(-0.25 * n * n) / (n * n + 4.0 * x * x)
            growth, slope = np.cosh(n * y), n * np.sinh(n * y)
            real = real + weight * (2.0 * x * (1.0 - growth * cosine) + slope * sine)
            imaginary = imaginary + weight * (2.0 * x * growth * sine + slope * cosine)
        return Array.erf(x) + np.exp(-x * x) * (real + 1j * imaginary)

    @staticmethod
    def sigmoid(a: Any) -> Any:
        a = np.asarray(a, dtype=complex)
        small = np.exp(np.where(a.real >= 0.0, -a, a))
        return np.where(a.real >= 0.0, 1.0, small) / (1.0 + small)

    @staticmethod
    def softplus(a: Any) -> Any:
        a = np.asarray(a, dtype=complex)
        positive = a.real >= 0.0
        return np.where(positive, a, 0.0) + Complex.log1p(np.exp(np.where(positive, -a, a)))


REAL: dict[str, Callable[..., float]] = {name: getattr(Real, name) for name in PRIMITIVES}
ARRAY: dict[str, Callable[..., Any]] = {name: getattr(Array, name) for name in PRIMITIVES}
# REAL's functions as they are inside their domain; outside of it they raise an ArithmeticError or a ValueError.
FAST: dict[str, Callable[..., float]] = {name: getattr(f, "fast", f) for name, f in REAL.items()}
COMPLEX: dict[str, Callable[..., Any]] = {
    name: getattr(Complex, name) for name in PRIMITIVES if PRIMITIVES[name].analytic
}


def linearize(
    name: str, arguments: list[float], varying: list[bool], together: Callable[[], bool] = lambda: True
) -> tuple[float, list[float | None]]:
    """The value of an elementary function and its partials by the varying arguments (None by the others).

    together: whether the arguments move with an input that they share; asked of a power of 0 (see needs_its_base).

    Where the value is not defined, because the function is not (NaN out of finite arguments) or an argument is not, the
    partials are NaN as well: the derivative formula may have a value there (1/x for log at −1), the function has not.
    NaN out of infinities alone is an overflow, through which partials may still be right.
    """
    value = REAL[name](*arguments)
    if value != value and (any(map(math.isnan, arguments)) or not any(map(math.isinf, arguments))):
        return value, [NAN if v else None for v in varying]
    partials: list[float | None] = [
        partial(Real, *arguments, value) if v else None
        for partial, v in zip(PRIMITIVES[name].partials, varying, strict=True)
    ]
    if needs_its_base(name, arguments) and varying[1] and not (varying[0] and together()):
        partials[1] = NAN
    return value, partials
