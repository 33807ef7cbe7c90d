"""An expression's value at a point in doubles, by an own walk over the shared graph.

SymPy's lambdify and evalf can explode as diff can.
"""

from __future__ import annotations

import contextlib
import functools
import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import sympy

from explorer.calculus.numbers import NAN, REAL
from explorer.calculus.symbolic import functions as own
from explorer.calculus.symbolic.functions import Expression
from explorer.calculus.symbolic.shared import postorder
from explorer.language.program import ExplorerError

_EVALUATE: dict[Any, Callable[..., float]] = {
    sympy.sin: REAL["sin"], sympy.cos: REAL["cos"], sympy.tan: REAL["tan"], sympy.asin: REAL["asin"],
    sympy.acos: REAL["acos"], sympy.atan: REAL["atan"], sympy.sinh: REAL["sinh"], sympy.cosh: REAL["cosh"],
    sympy.tanh: REAL["tanh"], sympy.asinh: REAL["asinh"], sympy.acosh: REAL["acosh"], sympy.atanh: REAL["atanh"],
    sympy.exp: REAL["exp"], sympy.log: REAL["log"], sympy.erf: REAL["erf"], sympy.Abs: REAL["abs"],
    sympy.cot: lambda a: REAL["div"](1.0, REAL["tan"](a)), sympy.sec: lambda a: REAL["div"](1.0, REAL["cos"](a)),
    sympy.csc: lambda a: REAL["div"](1.0, REAL["sin"](a)), sympy.coth: lambda a: REAL["div"](1.0, REAL["tanh"](a)),
    sympy.sech: lambda a: REAL["div"](1.0, REAL["cosh"](a)), sympy.csch: lambda a: REAL["div"](1.0, REAL["sinh"](a)),
    own.absolute: REAL["abs"], own.cbrt: REAL["cbrt"], own.sign: REAL["sign"],
    own.step: REAL["heaviside"], own.floor: REAL["floor"],
    own.ceil: REAL["ceil"], own.relu: REAL["relu"], own.softplus: REAL["softplus"], own.sigmoid: REAL["sigmoid"],
    own.expm1: REAL["expm1"], own.log1p: REAL["log1p"],
    own.maximum: REAL["max"], own.minimum: REAL["min"], own.atan2: REAL["atan2"],
    sympy.sign: REAL["sign"], own.delta: lambda a: 0.0 if a != 0.0 else NAN,
    sympy.Heaviside: lambda a, half: REAL["heaviside"](a), sympy.floor: REAL["floor"], sympy.ceiling: REAL["ceil"],
}  # fmt: skip
_HOLDS: dict[Any, Callable[[float, float], bool]] = {
    sympy.StrictLessThan: lambda a, b: a < b,
    sympy.LessThan: lambda a, b: a <= b,
    sympy.StrictGreaterThan: lambda a, b: a > b,
    sympy.GreaterThan: lambda a, b: a >= b,
    sympy.Equality: lambda a, b: a == b,
    sympy.Unequality: lambda a, b: a != b,
}


def evaluate(roots: Sequence[Expression], point: dict[Any, float], *, exact_sums: bool = True) -> list[float]:
    """The expressions' values in doubles at {symbol: number}, each shared part computed once.

    exact_sums: a sum of many terms is rounded once; else after each term, as code that is generated from it does.
    Raises ExplorerError for a part that has no number here (an unevaluated derivative, a distribution).
    """
    value: dict[Expression, Any] = {}
    for node in postorder(roots):
        arguments = [value[a] for a in node.args]
        value[node] = _value(node, arguments, point, exact_sums)
    return [float(value[root]) for root in roots]


def _value(node: Expression, arguments: list[Any], point: dict[Any, float], exact_sums: bool) -> Any:
    if node.is_Symbol:
        return point[node]
    if node.is_Number or node.is_NumberSymbol:
        if node is sympy.nan:
            return NAN
        return math.inf if node is sympy.zoo else float(node)
    if node.is_Add:
        if exact_sums and all(map(math.isfinite, arguments)):
            with contextlib.suppress(OverflowError):  # of a part of the sum
                return math.fsum(arguments)
        return functools.reduce(operator.add, arguments)  # Python's sum compensates the roundings from 3.12 on
    if node.is_Mul:
        return math.prod(arguments)
    if node.is_Pow:
        base, exponent = arguments
        if exponent == 0.5:
            return REAL["sqrt"](base)
        if exponent == -1.0:
            return REAL["div"](1.0, base)
        if exponent == -0.5:
            return REAL["div"](1.0, REAL["sqrt"](base))
        return REAL["pow"](base, exponent)
    if node.func in _EVALUATE:
        return _EVALUATE[node.func](*arguments)
    if node.is_Relational:
        return holds(node, *arguments)
    found = structure(node, arguments, NAN)
    if found is NotImplemented:
        raise ExplorerError(
            f"The symbolic derivative holds {node.func.__name__}, which has no number here.", kind="domain"
        )
    return found


def holds(relation: Expression, left: Any, right: Any) -> bool:
    """Whether a relation holds between two numbers of any kind."""
    return bool(_HOLDS[relation.func](left, right))


def structure(node: Expression, arguments: list[Any], undefined: Any) -> Any:
    """The value of what chooses and joins, for any kind of number; NotImplemented for anything else."""
    if isinstance(node, sympy.Piecewise):
        return next((value for value, condition in arguments if condition), undefined)
    if node.func.__name__ == "ExprCondPair":
        return tuple(arguments)
    if node is sympy.true or node is sympy.false:
        return bool(node)
    if isinstance(node, sympy.And | sympy.Or):
        return (all if isinstance(node, sympy.And) else any)(arguments)
    if isinstance(node, sympy.Not):
        return not arguments[0]
    if isinstance(node, sympy.ITE):
        return arguments[1] if arguments[0] else arguments[2]
    if node is sympy.I or node is sympy.zoo:
        return undefined
    return NotImplemented
