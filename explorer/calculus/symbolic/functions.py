"""The elementary functions as SymPy has them, and own ones where SymPy lacks or rewrites them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from sympy.core.function import ArgumentIndexError

from explorer.calculus.numbers import REAL

Expression = Any  # a SymPy expression; SymPy carries no types


def _function(name: str, arity: int, partial: Callable[..., Expression]) -> Any:
    """A SymPy function that stays as it is, with its derivative by position from `partial(position, *args)`."""

    def fdiff(self: Any, argindex: int = 1) -> Expression:
        if not 1 <= argindex <= arity:
            raise ArgumentIndexError(self, argindex)
        return partial(argindex, *self.args)

    def evaluated(self: Any, bits: int) -> Expression:
        """The number of constants, without which SymPy cannot decide a comparison and searches for minutes."""
        if name not in REAL or not all(a.is_number and a.is_real for a in self.args):
            return None
        return sympy.Float(REAL[name](*(float(a) for a in self.args)), 17)

    body = {"nargs": arity, "fdiff": fdiff, "_eval_evalf": evaluated, "is_real": True, "__slots__": ()}
    return type(name, (sympy.Function,), body)


sigmoid: Any = _function("sigmoid", 1, lambda i, a: sigmoid(a) * (1 - sigmoid(a)))
delta: Any = _function("delta", 1, lambda i, a: sympy.nan)  # Dirac's, the derivative of a unit jump
sign: Any = _function("sign", 1, lambda i, a: 2 * delta(a))
absolute: Any = _function("abs", 1, lambda i, a: sign(a))
expm1: Any = _function("expm1", 1, lambda i, a: sympy.exp(a))  # exp(a) − 1 would lose what it is there to keep
log1p: Any = _function("log1p", 1, lambda i, a: 1 / (1 + a))
cbrt: Any = _function("cbrt", 1, lambda i, a: 1 / (3 * cbrt(a) ** 2))
step: Any = _function("heaviside", 1, lambda i, a: delta(a))
floor: Any = _function("floor", 1, lambda i, a: sympy.S.Zero)
ceil: Any = _function("ceil", 1, lambda i, a: sympy.S.Zero)
relu: Any = _function("relu", 1, lambda i, a: sympy.Piecewise((1, a > 0), (0, True)))
softplus: Any = _function("softplus", 1, lambda i, a: sigmoid(a))
maximum: Any = _function("max", 2, lambda i, a, b: step(a - b) if i == 1 else step(b - a))
minimum: Any = _function("min", 2, lambda i, a, b: step(b - a) if i == 1 else step(a - b))
atan2: Any = _function("atan2", 2, lambda i, a, b: (b if i == 1 else -a) / (a**2 + b**2))

BUILD: dict[str, Callable[..., Expression]] = {
    "add": lambda a, b: sympy.Add(a, b),
    "sub": lambda a, b: sympy.Add(a, -b),
    "mul": lambda a, b: sympy.Mul(a, b),
    "div": lambda a, b: sympy.Mul(a, sympy.Pow(b, -1)),
    "neg": lambda a: -a,
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": sympy.tan,
    "asin": sympy.asin,
    "acos": sympy.acos,
    "atan": sympy.atan,
    "atan2": atan2,
    "sinh": sympy.sinh,
    "cosh": sympy.cosh,
    "tanh": sympy.tanh,
    "asinh": sympy.asinh,
    "acosh": sympy.acosh,
    "atanh": sympy.atanh,
    "exp": sympy.exp,
    "expm1": expm1,
    "log": sympy.log,
    "log1p": log1p,
    "log2": lambda a: sympy.log(a) / sympy.log(2),
    "log10": lambda a: sympy.log(a) / sympy.log(10),
    "sqrt": sympy.sqrt,
    "cbrt": cbrt,
    "hypot": lambda a, b: sympy.sqrt(a**2 + b**2),
    "abs": absolute,
    "sign": sign,
    "heaviside": step,
    "floor": floor,
    "ceil": ceil,
    "min": minimum,
    "max": maximum,
    "erf": sympy.erf,
    "sigmoid": sigmoid,
    "relu": relu,
    "softplus": softplus,
}
RELATION: dict[str, Any] = {
    "<": sympy.StrictLessThan,
    "<=": sympy.LessThan,
    ">": sympy.StrictGreaterThan,
    ">=": sympy.GreaterThan,
    "==": sympy.Eq,
    "!=": sympy.Ne,
}
