"""The steps of a differentiation for people to read: the very rules that made the answer, from the outside in.

Each step's line is written by the code that computed it, run once more with a name in the place of each part's
derivative: what is shown cannot differ from what was done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from explorer.calculus.symbolic.derivative import TABLE, VARIABLE, ZERO, Differentiation, Step, rule_of
from explorer.calculus.symbolic.functions import Expression
from explorer.calculus.symbolic.notations import Writer
from explorer.language.notation import Notation

# Sub-expressions of a line larger than this many nodes are shown in part: the step is about their form, not about them.
MAX_LINE_NODES = 60


@dataclass(frozen=True)
class Line:
    """One step as it is read.

    number: from 1, in the order of reading; inside: the number of the step whose part this is, 0 for the first.
    rule: its name. pattern: the rule written out with the derivatives of the parts still to be found; None where
    there is nothing left to find. again: the number of the step that has shown the same part before, else 0.
    """

    number: int
    inside: int
    rule: str
    node: Expression
    pattern: Expression | None
    derivative: Expression
    again: int


def lines(differentiation: Differentiation, root: Expression) -> Iterator[Line]:
    """The steps that led to ∂root, outermost first, each shared part explained once. Inputs alone are no step."""
    shown: dict[Expression, int] = {}
    stack: list[tuple[Expression, int]] = [(root, 0)]
    number = 0
    while stack:
        node, inside = stack.pop()
        step = differentiation.steps[node]
        if step is None or (step.rule == VARIABLE and inside):
            continue
        number += 1
        again = shown.get(node, 0)
        shown.setdefault(node, number)
        yield Line(number, inside, step.rule, node, pattern(differentiation, step), step.derivative, again)
        if not again:
            stack.extend((part, number) for part in reversed(step.parts))


def pattern(differentiation: Differentiation, step: Step) -> Expression | None:
    """The rule of a step with a mark for each derivative that it needs, by the code that applied it."""
    open_parts = [part for part in step.parts if part != differentiation.symbol]
    if not open_parts or step.rule == TABLE:
        return None
    apply, _ = rule_of(step.node)

    def marked(part: Expression) -> Expression:
        if part == differentiation.symbol:
            return sympy.S.One
        return Mark(part, differentiation.symbol) if differentiation.steps[part] is not None else ZERO

    return apply(step.node, marked, differentiation.symbol)


class Mark(sympy.Function):  # type: ignore[misc]
    """A derivative still to be found, of the first argument by the second: it stays as it is."""

    nargs = 2
    is_real = True
    is_commutative = True


def replay(differentiation: Differentiation, root: Expression) -> Expression:
    """The derivative made again from the steps alone: each rule applied to the results of the steps before it.

    AssertionError where a step's result is not what its rule gives.
    """
    found: dict[Expression, Expression] = {}
    for node, step in differentiation.steps.items():
        if step is None:
            found[node] = ZERO
        elif step.rule == VARIABLE:
            found[node] = sympy.S.One
        else:
            apply, _ = rule_of(node)
            found[node] = apply(node, found.__getitem__, differentiation.symbol)
            if found[node] != step.derivative:
                raise AssertionError(f"the {step.rule} does not give what the step says")
    return found[root]


class StepWriter(Writer):
    """Writes expressions in which Marks stand for d/dx of a part, or ∂/∂x where there are other inputs."""

    def __init__(self, roots: Sequence[Expression], partial: bool) -> None:
        super().__init__(roots)
        self.sign = "∂" if partial else "d"

    def call(self, node: Expression, allowance: int) -> int:
        if isinstance(node, Mark):
            return self.operator(node.args[0], node.args[1], allowance)
        return super().call(node, allowance)

    def operator(self, node: Expression, symbol: Any, allowance: int) -> int:
        """d/dx of the node in brackets."""
        above = self.add("symbol", self.sign)
        below = self.add("row", children=[self.add("symbol", self.sign), self.add("name", str(symbol))])
        fraction = self.add("fraction", children=[above, below])
        inner = self.write(node, allowance)[0]
        return self.add("row", children=[fraction, self.add("bracket", "()", [inner])])


def line_notation(line: Line, symbol: Any, whole: bool = False, partial: bool = False) -> Notation:
    """d/dx(node) = pattern = derivative, large parts left out; `whole` for the last line, which is the result.

    partial: whether there are other inputs, so that it is ∂/∂x.
    """
    allowance = MAX_LINE_NODES * (20 if whole else 1)
    roots = [line.node, line.derivative] + ([line.pattern] if line.pattern is not None else [])
    writer = StepWriter(roots, partial)
    pieces = [writer.operator(line.node, symbol, allowance)]
    if line.pattern is not None and not whole:
        pieces += [writer.add("operator", "="), writer.write(line.pattern, allowance)[0]]
    if line.pattern != line.derivative or whole:
        pieces += [writer.add("operator", "="), writer.write(line.derivative, allowance)[0]]
    writer.add("row", children=pieces)
    return writer.builder.finish(writer.complete)
