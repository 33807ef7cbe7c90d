"""An expression as a tape: its shared graph evaluated at a point, recorded operation by operation.

So what AD costs is counted on a derivative too, which has no Program of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import sympy

from explorer.calculus.symbolic import functions as own
from explorer.calculus.symbolic.functions import Expression
from explorer.calculus.symbolic.shared import postorder
from explorer.calculus.symbolic.values import holds, structure
from explorer.calculus.tape import Recorder, Tape, Traced
from explorer.language.program import NOWHERE, ExplorerError

_NAMES = {
    sympy.sin: "sin", sympy.cos: "cos", sympy.tan: "tan", sympy.asin: "asin", sympy.acos: "acos", sympy.atan: "atan",
    sympy.sinh: "sinh", sympy.cosh: "cosh", sympy.tanh: "tanh", sympy.asinh: "asinh", sympy.acosh: "acosh",
    sympy.atanh: "atanh", sympy.exp: "exp", sympy.log: "log", sympy.erf: "erf", sympy.Abs: "abs", sympy.sign: "sign",
    sympy.floor: "floor", sympy.ceiling: "ceil", own.sigmoid: "sigmoid", own.sign: "sign", own.absolute: "abs",
    own.expm1: "expm1", own.log1p: "log1p", own.cbrt: "cbrt", own.step: "heaviside", own.floor: "floor",
    own.ceil: "ceil", own.relu: "relu", own.softplus: "softplus", own.maximum: "max", own.minimum: "min",
    own.atan2: "atan2",
}  # fmt: skip


def taped(roots: Sequence[Expression], inputs: Sequence[Any], point: Sequence[float]) -> Tape:
    """The tape of the expressions at a point. ExplorerError for a part that has no elementary function."""
    names = [str(symbol) for symbol in inputs]
    recorder = Recorder(names, point)
    values: dict[Expression, Any] = dict(zip(inputs, recorder.inputs(), strict=True))
    for node in postorder(roots):
        if node not in values:
            values[node] = _recorded(recorder, node, [values[a] for a in node.args])
    results = [values[root] for root in roots]
    outputs = tuple(r.index if isinstance(r, Traced) else float(r) for r in results)
    labels = tuple(f"y{k}" for k in range(1, len(outputs) + 1))
    return Tape(tuple(recorder.ops), tuple(names), labels, outputs, (), tuple(recorder.kinks), (), ())


def _recorded(recorder: Recorder, node: Expression, arguments: list[Any]) -> Any:
    def apply(function: str, *operands: Any) -> Any:
        return recorder.apply(function, list(operands), NOWHERE)

    if node.is_Number or node.is_NumberSymbol:
        return float("nan") if node in (sympy.nan, sympy.zoo) else float(node)
    if node.is_Add:
        return reduce(lambda a, b: apply("add", a, b), arguments)
    if node.is_Mul:
        return reduce(lambda a, b: apply("mul", a, b), arguments)
    if node.is_Pow:
        base, exponent = arguments
        if exponent == -1.0:
            return apply("div", 1.0, base)
        return apply("sqrt", base) if exponent == 0.5 else apply("pow", base, exponent)
    if node.func in _NAMES:
        return apply(_NAMES[node.func], *arguments)
    if node.is_Relational:
        left, right = (a.value if isinstance(a, Traced) else a for a in arguments)
        return holds(node, left, right)
    found = structure(node, arguments, float("nan"))
    if found is NotImplemented:
        raise ExplorerError(f"{node.func.__name__} is no elementary function here.", kind="domain")
    return found
