"""The precisions that differences are computed in, side by side: NumPy's float types, and 30 and 50 decimal digits.

A sweep in a precision has everything in it: the point, the constants, the program's arithmetic, the quotient.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
from numpy.typing import NDArray

from explorer.calculus.algebras import ArrayNumbers
from explorer.calculus.differences import Slice
from explorer.calculus.evaluate import Run
from explorer.calculus.lowering import Code
from explorer.calculus.multiprecision import PreciseSlice
from explorer.calculus.numbers import NAN
from explorer.calculus.stencils import Stencil
from explorer.language.program import DEFAULT_LIMITS, ExplorerError, Limits, Span


@dataclass(frozen=True)
class Precision:
    """A precision: epsilon is the spacing of its numbers at 1; dtype is NumPy's, or None for `digits` decimal ones."""

    name: str
    epsilon: float
    dtype: type[np.floating[Any]] | None = None
    digits: int = 0

    def rounded(self, values: Sequence[float]) -> list[float]:
        """The doubles that this precision has in place of these."""
        if self.dtype is None:
            return list(values)
        with np.errstate(all="ignore"):
            return [float(self.dtype(v)) for v in values]


def _of_type(name: str, dtype: type[np.floating[Any]]) -> Precision:
    return Precision(name, float(np.finfo(dtype).eps), dtype)


def _of_digits(digits: int) -> Precision:
    return Precision(f"{digits} digits", 2.0 ** (1 - mpmath.libmp.dps_to_prec(digits)), digits=digits)


FLOAT64 = _of_type("float64", np.float64)
PRECISIONS = (
    _of_type("float16", np.float16),
    _of_type("float32", np.float32),
    FLOAT64,
    _of_type("longdouble", np.longdouble),
    _of_digits(30),
    _of_digits(50),
)
# Where the platform has nothing longer, it is the double under another name.
LONGDOUBLE_IS_DOUBLE = bool(np.finfo(np.longdouble).eps == np.finfo(np.float64).eps)


class TypedNumbers(ArrayNumbers):
    """Arrays of one float type: every constant and every result is rounded to it."""

    def __init__(self, dtype: type[np.floating[Any]]) -> None:
        super().__init__()
        self.dtype = dtype

    def constant(self, value: float) -> Any:
        return self.dtype(value)

    def apply(self, function: str, arguments: list[Any], span: Span) -> Any:
        # NumPy's erf is none: one that knows doubles only would give a longdouble the noise of a double.
        if function == "erf" and self.dtype is np.longdouble:
            return _long_erf(*arguments)
        return np.asarray(self.functions[function](*arguments)).astype(self.dtype, copy=False)

    def merge(self, condition: Any, then: Any, otherwise: Any, span: Span) -> Any:
        return np.where(condition, then, otherwise).astype(self.dtype, copy=False)


def _long_erf(values: Any) -> Any:
    array = np.asarray(values, dtype=np.longdouble)
    if LONGDOUBLE_IS_DOUBLE or not np.isfinite(array).all():
        return np.vectorize(math.erf, otypes=[np.longdouble])(array)
    with mpmath.workdps(25):
        found = [np.longdouble(mpmath.nstr(mpmath.erf(mpmath.mpf(str(v))), 24)) for v in array.flat]
    return np.array(found, dtype=np.longdouble).reshape(array.shape)


GOLDEN = 1.6180339887498949  # neighbours at round steps have few digits, and their products no rounding


def noise_in_doubles(f: Slice) -> float:
    """The mean error of f as doubles compute it, at x and eight neighbours; ExplorerError where many digits fail.

    What is rounded alike at all of them is not seen: the rounding of f's own value is the least that it can be.
    """
    h = 2.0**-26 * max(abs(f.x), 2.0**-26)
    xs = f.x + h * GOLDEN * np.arange(-4.0, 5.0)
    precise = PreciseSlice(f.code, f.point, f.output, f.input, 40)
    values = f(xs)
    pairs = [(v, x) for v, x in zip(values.tolist(), xs.tolist(), strict=True) if math.isfinite(v)]
    errors = [abs(float(precise(precise.mp.mpf(x)) - v)) for v, x in pairs]
    errors = [e for e in errors if math.isfinite(e)]
    return math.fsum(errors) / len(errors) if errors else NAN


def typed_values(
    code: Code, dtype: type[np.floating[Any]], point: Sequence[float], input_: int, xs: NDArray[Any], output: int
) -> NDArray[Any]:
    """The output at these values of one input, all in this float type; NaN at a point that the program refuses."""
    algebra = TypedNumbers(dtype)
    columns: list[Any] = [dtype(v) for v in point]
    with np.errstate(all="ignore"):
        columns[input_] = xs
        try:
            value = Run(code, algebra).outputs(columns)[output]
        except ExplorerError:  # the course of a loop differs from point to point
            return _one_by_one(code, algebra, columns, input_, xs, output)
    return np.broadcast_to(np.asarray(value, dtype=dtype), xs.shape)


_STEPS_IN_ALL = 100_000  # of all points together, where each is walked by itself: a fifth of a second


def _one_by_one(
    code: Code, algebra: TypedNumbers, columns: list[Any], input_: int, xs: NDArray[Any], output: int
) -> NDArray[Any]:
    found = np.full(xs.size, NAN, dtype=algebra.dtype)
    left = _STEPS_IN_ALL
    for place, x in enumerate(xs.flat):
        point = [*columns]
        point[input_] = x
        run = Run(code, algebra, Limits(steps=min(left, DEFAULT_LIMITS.steps // 10)))
        with contextlib.suppress(ExplorerError):
            found[place] = run.outputs(point)[output]
        left -= run.steps
        if left <= 0:
            break
    return found.reshape(xs.shape)


@dataclass(frozen=True)
class Sweep:
    """A scheme in one precision for each step: its estimates in that precision's digits, and |estimate − truth|.

    "nan" and NaN where the step vanishes.
    """

    estimates: list[str]
    errors: list[float]


def sweep_in(
    precision: Precision,
    code: Code,
    point: Sequence[float],
    output: int,
    input_: int,
    scheme: Stencil,
    steps: Sequence[float],
    truth: Any,
) -> Sweep:
    """The scheme with all arithmetic in this precision.

    truth: the derivative (an mpf, or a double) at the point as this precision has it.
    """
    if precision.dtype is None:
        return _precise_sweep(precision, code, point, output, input_, scheme, steps, truth)
    dtype = precision.dtype
    with np.errstate(all="ignore"):
        x = dtype(point[input_])
        h = ((x + np.asarray(steps, dtype=np.float64).astype(dtype)) - x).astype(dtype)
        # As quotients in the type itself: a double's 1/12 would be the noise of a longdouble's sum.
        pairs = [(w, o) for w, o in zip(scheme.weights, scheme.offsets, strict=True) if w]
        weights, offsets = (
            np.array([dtype(r.numerator) / dtype(r.denominator) for r in map(Fraction, column)], dtype=dtype)
            for column in zip(*pairs, strict=True)
        )
        values = typed_values(code, dtype, point, input_, x + np.multiply.outer(offsets, h), output)
        total = np.zeros_like(h)
        for weight, row in zip(weights, values, strict=True):
            total = (total + weight * row).astype(dtype)
        quotient = np.where(h == 0, dtype(NAN), total / np.where(h == 0, dtype(1), h ** dtype(scheme.derivative)))
        exact = np.longdouble(mpmath.nstr(mpmath.mpf(truth), 25))
        errors = np.abs(quotient.astype(np.longdouble) - exact)
        return Sweep([str(q) for q in quotient], [float(e) for e in errors])


def _precise_sweep(
    precision: Precision,
    code: Code,
    point: Sequence[float],
    output: int,
    input_: int,
    scheme: Stencil,
    steps: Sequence[float],
    truth: Any,
) -> Sweep:
    f = PreciseSlice(code, point, output, input_, precision.digits)
    found = Sweep([], [])
    # A step with the 53 bits of a double would be a round number here, and its sums exact.
    full = f.mp.sqrt(2) / math.sqrt(2.0)
    for step in steps:
        h = (f.x + full * step) - f.x
        if h == 0:
            found.estimates.append("nan")
            found.errors.append(NAN)
            continue
        pairs = zip(scheme.weights, scheme.offsets, strict=True)
        values = [(w, f(f.x + o.numerator * h / o.denominator)) for w, o in pairs if w]
        total = sum((w.numerator * v / w.denominator for w, v in values), f.mp.mpf(0))
        quotient = total / h**scheme.derivative
        found.estimates.append(f.mp.nstr(quotient, precision.digits))
        found.errors.append(float(abs(quotient - f.mp.mpf(truth))))
    return found


def steps_for(precision: Precision, x: float, per_decade: int = 6) -> list[float]:
    """Steps from where they vanish beside x up to max(1, |x|), evenly on a logarithmic axis."""
    decades = -math.log10(precision.epsilon) + 1.0
    count = max(int(decades * per_decade), 2)
    scale = max(1.0, abs(x))
    return [10.0 ** (-decades * k / (count - 1)) * scale for k in reversed(range(count))]
