"""An expression's value at a point in 50-digit arithmetic: the referee of what doubles make of its forms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import sympy

from explorer.calculus.symbolic import functions as own
from explorer.calculus.symbolic.functions import Expression
from explorer.calculus.symbolic.shared import postorder
from explorer.calculus.symbolic.values import holds, structure
from explorer.language.program import ExplorerError

DIGITS = 50

_HALF = mpmath.mpf(1) / 2


def _sign(a: Any) -> Any:
    return mpmath.sign(a)


def _step(a: Any, _at_zero: Any = None) -> Any:
    return _HALF if a == 0 else mpmath.mpf(a > 0)


def _delta(a: Any) -> Any:
    return mpmath.nan if a == 0 else mpmath.mpf(0)


_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    sympy.sin: mpmath.sin, sympy.cos: mpmath.cos, sympy.tan: mpmath.tan, sympy.cot: mpmath.cot, sympy.sec: mpmath.sec,
    sympy.csc: mpmath.csc, sympy.asin: mpmath.asin, sympy.acos: mpmath.acos, sympy.atan: mpmath.atan,
    sympy.sinh: mpmath.sinh, sympy.cosh: mpmath.cosh, sympy.tanh: mpmath.tanh, sympy.coth: mpmath.coth,
    sympy.sech: mpmath.sech, sympy.csch: mpmath.csch, sympy.asinh: mpmath.asinh, sympy.acosh: mpmath.acosh,
    sympy.atanh: mpmath.atanh, sympy.exp: mpmath.exp, sympy.log: mpmath.log, sympy.erf: mpmath.erf,
    sympy.Abs: abs, sympy.sign: _sign, sympy.Heaviside: _step, sympy.floor: mpmath.floor, sympy.ceiling: mpmath.ceil,
    sympy.DiracDelta: _delta, own.absolute: abs, own.sign: _sign, own.step: _step, own.delta: _delta,
    own.cbrt: lambda a: mpmath.sign(a) * mpmath.cbrt(abs(a)), own.floor: mpmath.floor, own.ceil: mpmath.ceil,
    own.relu: lambda a: max(a, mpmath.mpf(0)), own.softplus: lambda a: mpmath.log1p(mpmath.exp(a)),
    own.sigmoid: lambda a: 1 / (1 + mpmath.exp(-a)), own.expm1: mpmath.expm1, own.log1p: mpmath.log1p,
    own.maximum: max, own.minimum: min, own.atan2: mpmath.atan2, sympy.Max: max, sympy.Min: min,
}  # fmt: skip


def evaluate_precisely(roots: Sequence[Expression], point: dict[Any, float], digits: int = DIGITS) -> list[Any]:
    """The expressions' values as mpmath numbers at {symbol: double}; NaN where a part is not real.

    ExplorerError for a part that has no number here.
    """
    with mpmath.workdps(digits):
        value: dict[Expression, Any] = {}
        for node in postorder(roots):
            try:
                found = _value(node, [value[a] for a in node.args], point)
            except (ZeroDivisionError, ValueError, OverflowError, TypeError):
                found = mpmath.nan
            value[node] = mpmath.nan if isinstance(found, mpmath.mpc) else found
        return [+value[root] for root in roots]


def _value(node: Expression, arguments: list[Any], point: dict[Any, float]) -> Any:
    if node.is_Symbol:
        return mpmath.mpf(point[node])
    if node.is_Rational:
        return mpmath.mpf(int(node.p)) / int(node.q)
    if node.is_Number or node.is_NumberSymbol:
        return mpmath.nan if node in (sympy.nan, sympy.zoo) else node._to_mpmath(mpmath.mp.prec)
    if node.is_Add:
        return mpmath.fsum(arguments)
    if node.is_Mul:
        return mpmath.fprod(arguments)
    if node.is_Pow:
        return mpmath.power(*arguments)
    if node.func in _FUNCTIONS:
        return _FUNCTIONS[node.func](*arguments)
    if node.is_Relational:
        return holds(node, *arguments)
    found = structure(node, arguments, mpmath.nan)
    if found is NotImplemented:
        raise ExplorerError(f"The derivative holds {node.func.__name__}, which has no number here.", kind="domain")
    return found
