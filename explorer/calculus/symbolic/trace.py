"""The trace of reverse AD with symbols in the place of numbers, and whether it is the derivative's shared graph.

Laue 2019 (arXiv 1904.02990): automatic and symbolic differentiation do the same operations, once equal parts of the
derivative are stored once. Here that is looked up, function by function: the values that one reverse sweep computes
are written as expressions and compared with the distinct sub-expressions of f and its derivatives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from explorer.calculus.algebras import Silent, whole_number
from explorer.calculus.evaluate import Run
from explorer.calculus.lowering import lower
from explorer.calculus.symbolic.functions import BUILD, Expression
from explorer.calculus.symbolic.shared import postorder
from explorer.calculus.symbolic.sizes import negative
from explorer.calculus.symbolic.walk import number, power
from explorer.language.primitives import PRIMITIVES
from explorer.language.program import ExplorerError, Program, Span

MAX_OPERATIONS = 4_000  # of the trace: more is neither looked at nor drawn


class _Symbols(Silent):
    """The algebra that computes with SymPy expressions and records each operation: (function, arguments, value)."""

    def __init__(self) -> None:
        self.ops: list[tuple[str, tuple[Expression, ...], Expression]] = []

    def constant(self, value: float) -> Expression:
        return number(value)

    def apply(self, function: str, arguments: list[Any], span: Span) -> Expression:
        value = power(arguments[0], arguments[1], None) if function == "pow" else BUILD[function](*arguments)
        if not value.is_Number:
            self.ops.append((function, tuple(arguments), value))
            if len(self.ops) > MAX_OPERATIONS:
                raise ExplorerError("The trace is too long to be compared.", span, "limit")
        return value

    def decide(self, operator: str, left: Any, right: Any, span: Span) -> bool:
        if left.is_Number and right.is_Number:
            return bool(sympy.Rel(left, right, operator))
        raise ExplorerError("A branch depends on an input: the trace is another elsewhere.", span, "domain")

    def merge(self, condition: Any, then: Any, otherwise: Any, span: Span) -> Any:
        raise NotImplementedError  # `decide` is never open here

    def whole(self, value: Any) -> int | None:
        return whole_number(float(value)) if value.is_Number else None


class _Functions:
    """The elementary functions for the table's partials, computed on expressions; every value is noted."""

    def __init__(self) -> None:
        self.values: list[Expression] = []

    def __getattr__(self, name: str) -> Any:
        def function(*arguments: Any) -> Expression:
            exact = [number(a) if isinstance(a, float) else a for a in arguments]
            value = power(exact[0], exact[1], None) if name == "pow" else BUILD[name](*exact)
            self.values.append(value)
            return value

        return function

    def choose(self, condition: Any, then: Any, otherwise: Any) -> Any:
        return then if condition else otherwise

    def equal(self, left: Any, right: Any) -> bool:
        """For a power's exponent 0 and its value 0, which an expression with an input in it is not everywhere."""
        return bool(sympy.sympify(left) == sympy.sympify(right))

    def less(self, left: Any, right: Any) -> bool:
        raise ExplorerError(
            "Which case holds depends on an input: the trace differs from point to point.", kind="domain"
        )


@dataclass(frozen=True)
class Comparison:
    """The derivative's shared graph beside the trace of reverse AD, both with the function.

    symbolic, reverse: operations (a sum of k terms is k − 1; a sign costs nothing). missing: sub-expressions of the
    derivative that AD never computes; extra: values of AD that are no part of it (a part of a sum or product is one).
    """

    symbolic: int
    reverse: int
    missing: int
    extra: int

    @property
    def same(self) -> bool:
        """Whether the two graphs are the same up to names, and up to the order in which a sum or product is taken."""
        return self.missing == self.extra == 0 and self.symbolic == self.reverse


def compare(program: Program, derivatives: Sequence[Expression], output: int = 0) -> Comparison:
    """Compare the gradient of one output, as expressions by all inputs, with the reverse sweep of the program."""
    algebra = _Symbols()
    inputs = [sympy.Symbol(name, real=True) for name in program.inputs]
    results = Run(lower(program), algebra).outputs(inputs)
    swept = _reverse(algebra, results[output])
    traced = {_unsigned(value) for value in [*(value for _, _, value in algebra.ops), *swept]}
    traced = {value for value in traced if not value.is_Atom}
    graph = {_unsigned(node) for node in postorder([results[output], *derivatives])}
    graph = {node for node in graph if not node.is_Atom}
    inside = {_unsigned(node) for node in postorder(sorted(traced, key=sympy.default_sort_key))}
    missing = [node for node in graph if node not in inside]
    extra = [value for value in traced if value not in graph and not _part_of_one(value, graph)]
    return Comparison(sum(map(_operations, graph)), len(traced), len(missing), len(extra))


def _reverse(algebra: _Symbols, output: Expression) -> list[Expression]:
    """The values of one reverse sweep: partials, their products with adjoints, and the adjoints' sums."""
    values: list[Expression] = []
    adjoint: dict[Expression, Expression] = {output: sympy.S.One}
    done: set[tuple[str, tuple[Expression, ...]]] = set()
    for function, arguments, value in reversed(algebra.ops):
        above = adjoint.get(value)
        if above is None or (function, arguments) in done:
            continue
        done.add((function, arguments))
        functions = _Functions()
        for argument, partial in zip(arguments, PRIMITIVES[function].partials, strict=True):
            if argument.is_Number:
                continue
            slope = partial(functions, *arguments, value)
            slope = number(slope) if isinstance(slope, float) else slope
            functions.values.append(above * slope)
            adjoint[argument] = adjoint.get(argument, sympy.S.Zero) + above * slope
            functions.values.append(adjoint[argument])
        values += functions.values
    return values


def _unsigned(node: Expression) -> Expression:
    """The node without a minus in front: a sign is no operation."""
    return -node if negative(node) else node


def _operations(node: Expression) -> int:
    if node.is_Add or node.is_Mul:
        return len(node.args) - 1
    return 0 if node.func.__name__ == "ExprCondPair" or node.is_Relational else 1


def _part_of_one(value: Expression, graph: set[Expression]) -> bool:
    """Whether a sum or product is the beginning of a larger one in the graph, taken in some order."""
    if not (value.is_Add or value.is_Mul):
        return False
    terms = set(value.args)
    return any(node.func is value.func and terms < set(node.args) for node in graph)
