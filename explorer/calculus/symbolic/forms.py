"""The forms of a derivative, each with its size, its time and what doubles make of it at a point.

The smallest form is not always the most accurate: that is measured against 50-digit arithmetic on the derivative as it
was differentiated. Everything here may take for ever and is asked one form at a time.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import sympy
from sympy.polys.polyerrors import PolynomialError

from explorer.calculus.symbolic.functions import Expression
from explorer.calculus.symbolic.precise import evaluate_precisely
from explorer.calculus.symbolic.shared import postorder
from explorer.calculus.symbolic.values import evaluate
from explorer.language.program import ExplorerError

# By name: what a person reads, and what it does.
FORMS = {
    "differentiated": "as differentiated",
    "simplified": "simplified",
    "factored": "factored",
    "expanded": "expanded",
    "horner": "Horner",
    "cse": "after CSE",
}
_ULP = 2.0**-52


@dataclass(frozen=True)
class Form:
    """A derivative in another form: assignments (symbol, part) to be made in order, and the expression that uses them.

    seconds: processor time that SymPy took to make it.
    """

    assignments: tuple[tuple[Any, Expression], ...]
    expression: Expression
    seconds: float

    @property
    def parts(self) -> list[Expression]:
        """All expressions that are to be computed."""
        return [*(part for _, part in self.assignments), self.expression]


def form(name: str, derivative: Expression, inputs: Sequence[Any]) -> Form:
    """The derivative in a form of FORMS. ExplorerError where it has none."""
    start = time.process_time()
    assignments: tuple[tuple[Any, Expression], ...] = ()
    found = derivative
    try:
        match name:
            case "simplified":
                found = sympy.simplify(derivative)
            case "factored":
                found = sympy.factor(derivative)
            case "expanded":
                found = sympy.expand(derivative)
            case "horner":
                found = _horner(derivative, inputs)
            case "cse":
                assignments, found = named_parts([derivative], inputs)
                (found,) = found
    except PolynomialError as error:
        raise ExplorerError(f"SymPy finds no such form: {str(error).splitlines()[0][:200]}", kind="domain") from None
    return Form(assignments, found, time.process_time() - start)


def _horner(derivative: Expression, inputs: Sequence[Any]) -> Expression:
    """Nested multiplication, in the inputs that the derivative has, the first outermost."""
    there = set(postorder([derivative]))
    variables = [symbol for symbol in inputs if symbol in there]
    if not variables or not derivative.is_polynomial(*variables):
        raise ExplorerError("Horner's scheme is for polynomials, and this derivative is none.", kind="domain")
    return sympy.horner(derivative, *variables)


def named_parts(
    roots: Sequence[Expression], inputs: Sequence[Any], letter: str = "u"
) -> tuple[tuple[tuple[Any, Expression], ...], list[Expression]]:
    """The expressions after common-subexpression elimination, the shared parts called u1, u2, …"""
    taken = {str(symbol) for symbol in inputs}
    letter = next(
        c for c in (letter, "w", "z", "q", "shared") if not any(name.rstrip("0123456789") == c for name in taken)
    )
    symbols = (sympy.Symbol(f"{letter}{count}", real=True) for count in itertools.count(1))
    named, reduced = sympy.cse(list(roots), symbols=symbols, order="none")
    return tuple(named), list(reduced)


@dataclass(frozen=True)
class Accuracy:
    """What doubles make of a form at a point: its value, and its distance from the exact one.

    error: relative to the exact value (absolute where that is 0); units: the error in units of the last place of the
    exact value. NaN where one of the two has no value.
    """

    value: float
    error: float
    units: float


def accuracy(found: Form, derivative: Expression, point: dict[Any, float]) -> Accuracy:
    """The form computed in doubles as it stands, one rounding an operation, against 50 digits of the derivative."""
    at = dict(point)
    for symbol, part in found.assignments:
        (at[symbol],) = evaluate([part], at, exact_sums=False)
    (value,) = evaluate([found.expression], at, exact_sums=False)
    (exact,) = evaluate_precisely([derivative], point)
    if not (mpmath.isfinite(exact) and math.isfinite(value)):
        return Accuracy(value, math.nan, math.nan)
    distance = abs(mpmath.mpf(value) - exact)
    relative = float(distance / abs(exact)) if exact else float(distance)
    units = float(distance / (mpmath.mpf(2) ** (math.frexp(float(exact))[1] - 1) * _ULP)) if exact else math.nan
    return Accuracy(value, relative, units)
