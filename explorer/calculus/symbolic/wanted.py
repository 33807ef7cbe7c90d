"""Which derivatives are wanted (first partials, second ones, the n-th, a mixed one), and their computation in parts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from explorer.calculus.symbolic.derivative import Differentiation
from explorer.calculus.symbolic.functions import Expression
from explorer.calculus.symbolic.values import evaluate
from explorer.calculus.symbolic.walk import expressions_at
from explorer.language.program import ExplorerError, Program

# Each order multiplies the size; the budget ends what this still allows.
MAX_ORDER = 20


@dataclass(frozen=True)
class Entry:
    """One derivative: its place in the table (row, column), the output's number, and by which inputs, in order."""

    row: int
    column: int
    output: int
    by: tuple[int, ...]


def jacobian_entries(outputs: int, chosen: Sequence[int]) -> list[Entry]:
    """Each output by each chosen input: the gradient, for one output."""
    return [Entry(row, column, row, (i,)) for row in range(outputs) for column, i in enumerate(chosen)]


def hessian_entries(output: int, chosen: Sequence[int]) -> list[Entry]:
    """The second derivatives of one output, row by row."""
    return [Entry(row, column, output, (i, j)) for row, i in enumerate(chosen) for column, j in enumerate(chosen)]


@dataclass(frozen=True)
class Progress:
    """What is being done, and how far it is: distinct sub-expressions differentiated in this order."""

    entry: Entry
    order: int
    count: int


def derivatives(
    outputs: Sequence[Expression], inputs: Sequence[Any], entries: Sequence[Entry]
) -> Iterator[Progress | tuple[Entry, Expression]]:
    """Each entry with its derivative, as it comes; between them, after every few sub-expressions, the progress.

    What two entries share (∂f/∂x of both ∂²f/∂x² and ∂²f/∂x∂y, and a mixed derivative in either order) is found once.
    """
    found: dict[tuple[int, tuple[int, ...]], Expression] = {(k, ()): output for k, output in enumerate(outputs)}
    walks = [Differentiation(symbol) for symbol in inputs]
    for entry in entries:
        by = tuple(sorted(entry.by)) if len(entry.by) == 2 else entry.by
        for order in range(1, len(by) + 1):
            key = (entry.output, by[:order])
            if key in found:
                continue
            walk = walks[by[order - 1]]
            inner = found[entry.output, by[: order - 1]]
            for count in walk.gradually(inner):
                if count % 16 == 0:
                    yield Progress(entry, order, count)
            found[key] = walk.derivative(inner)
        yield entry, found[entry.output, by]


def partial_along(program: Program, point: Sequence[float], output: int, input_: int) -> float:
    """SymPy's partial as what it is by definition: the derivative of f of the one input, the others put in first.

    Of all inputs the formula may hold 0·∞ at the point, as x^y·y/x does at x = 0, or ln of a base that is held at 0.
    """
    try:
        outputs, inputs, _ = expressions_at(program, point, only=program.inputs[input_])
        derivative = Differentiation(inputs[input_]).of(outputs[output])
        return evaluate([derivative], {inputs[input_]: point[input_]})[0]
    except ExplorerError:
        return math.nan
