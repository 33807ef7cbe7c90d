"""Partial derivatives as SymPy's diff gives them: the Jacobian entry by entry, and the Hessian."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sympy

from explorer.calculus.symbolic.functions import Expression
from explorer.calculus.symbolic.walk import compared


def differentiated(expression: Expression, symbol: Any) -> Expression:
    """SymPy's diff; a comparison inside with what is not real is refused in words."""
    return compared(lambda: sympy.diff(expression, symbol))


def jacobian(outputs: Sequence[Expression], inputs: Sequence[Any]) -> Iterator[tuple[int, int, Expression]]:
    """(row, column, ∂output/∂input) one by one, as SymPy's diff gives it."""
    for row, output in enumerate(outputs):
        for column, symbol in enumerate(inputs):
            yield row, column, differentiated(output, symbol)


def hessian(output: Expression, inputs: Sequence[Any]) -> list[list[Expression]]:
    """The matrix of second derivatives, each mixed one differentiated once."""
    size = len(inputs)
    first = [differentiated(output, symbol) for symbol in inputs]
    second: dict[tuple[int, int], Expression] = {}
    for i in range(size):
        for j in range(i, size):
            second[i, j] = second[j, i] = differentiated(first[i], inputs[j])
    return [[second[i, j] for j in range(size)] for i in range(size)]
