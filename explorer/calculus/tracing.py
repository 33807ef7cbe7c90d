"""Programs traced into straight-line code: the one walk, run over numbers that write down what is done to them.

A comparison that depends on an input stays open: the walk follows both sides, which become the two sides of a Branch.
Where that is not possible, because an input decides how often a loop runs or which item is meant, one course is
followed at one point: the operations that are done there, with the decisions under which it is the same elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from explorer.calculus.algebras import COMPARE, Silent, whole_number
from explorer.calculus.evaluate import Run
from explorer.calculus.lowering import Code, lower
from explorer.calculus.numbers import REAL
from explorer.calculus.straight_line import Branch, Builder, Operand, StraightLine, TooLarge
from explorer.language.program import ExplorerError, Limits, Program, Span

MOST_OPERATIONS = 12_000  # about a quarter of a second of compilation
_MOST_NESTED = 40  # branches inside each other; Python's own limit is 100 levels of indentation


class RefusedEverywhere(ExplorerError):
    """The program passes a limit before it has looked at an input: it does so at every point."""


class Symbol:
    """A number that depends on an input: its operation, and on a course its value at the point."""

    __slots__ = ("index", "value")

    def __init__(self, index: int, value: float = 0.0) -> None:
        self.index, self.value = index, value


class _Open:
    """An open condition on the walk: its operation, and the branch once a side is begun."""

    __slots__ = ("branch", "index")

    def __init__(self, index: int) -> None:
        self.index = index
        self.branch: Branch | None = None


class _Tracer(Silent):
    """The algebra that writes straight-line code; a plain float depends on no input."""

    def __init__(self, inputs: int, most: int) -> None:
        self.builder = Builder(inputs, most, exact=True)
        self.decided = False  # whether something depended on an input
        self.open: list[tuple[_Open, Any]] = []  # the conditions with a side under way, and the way out of the side

    def constant(self, value: float) -> float:
        return value

    def apply(self, function: str, arguments: list[Any], span: Span) -> Symbol | float:
        operands = tuple([a.index if type(a) is Symbol else operand(a) for a in arguments])
        for o in operands:
            if type(o) is int:
                return Symbol(self.builder.operation(function, operands))
        return REAL[function](*operands)

    def decide(self, operator: str, left: Any, right: Any, span: Span) -> Any:
        if not (isinstance(left, Symbol) or isinstance(right, Symbol)):
            return bool(COMPARE[operator](left, right))
        self.decided = True
        index = self.builder.operation(operator, (operand(left), operand(right)))
        known = self.builder.known(index)
        return _Open(index) if known is None else known

    def side(self, condition: _Open, outcome: bool) -> None:
        """The walk follows this side of the condition now."""
        if condition.branch is None:
            condition.branch = self.builder.branch(condition.index)
        else:
            self._leave()
        if len(self.open) >= _MOST_NESTED:
            raise RecursionError
        way_out = self.builder.side(condition.branch, outcome)
        way_out.__enter__()
        self.open.append((condition, way_out))

    def joined(self, condition: _Open) -> None:
        """Both sides are done."""
        self._leave()

    def _leave(self) -> None:
        _, way_out = self.open.pop()
        way_out.__exit__(None, None, None)

    def merge(self, condition: _Open, then: Any, otherwise: Any, span: Span) -> Symbol | float:
        assert condition.branch is not None
        result = self.builder.select(condition.branch, operand(then), operand(otherwise))
        return Symbol(result) if isinstance(result, int) else result

    def whole(self, value: Any) -> int | None:
        self.decided |= isinstance(value, Symbol)
        return None if isinstance(value, Symbol) else whole_number(value)


def operand(value: Any) -> Operand:
    """The operand that a traced number is; TypeError for a list, which the walk then puts into words."""
    if isinstance(value, Symbol):
        return value.index
    if isinstance(value, float):
        return value
    raise TypeError


def trace(program: Program, code: Code | None = None) -> StraightLine:
    """The program for all points at once; ExplorerError where its course depends on the point, or it is too large.

    code: the lowered program, where that is there already. RefusedEverywhere where no point has a value.
    """
    tracer = _Tracer(len(program.inputs), min(MOST_OPERATIONS, program.limits.operations))
    inputs = [Symbol(index) for index in range(len(program.inputs))]
    try:
        results = Run(code or lower(program), tracer).outputs(inputs)
    except TooLarge:
        raise
    except ExplorerError as error:
        if error.kind == "limit" and not tracer.decided:
            raise RefusedEverywhere(error.message, error.span, error.kind) from None
        raise
    return tracer.builder.finished([operand(result) for result in results])


class _Follower(Silent):
    """The algebra that writes down the course at one point: numbers are Symbols with their values."""

    def __init__(self, inputs: int, most: int) -> None:
        self.builder = Builder(inputs, most, exact=True)
        self.guards: dict[int, bool] = {}

    def constant(self, value: float) -> float:
        return value

    def apply(self, function: str, arguments: list[Any], span: Span) -> Symbol | float:
        result = self.builder.apply(function, *[operand(a) for a in arguments])
        if isinstance(result, float):
            return result
        return Symbol(result, REAL[function](*[_value(a) for a in arguments]))

    def decide(self, operator: str, left: Any, right: Any, span: Span) -> bool:
        outcome = bool(COMPARE[operator](_value(left), _value(right)))
        if isinstance(left, Symbol) or isinstance(right, Symbol):
            self.guards[self.builder.operation(operator, (operand(left), operand(right)))] = outcome
        return outcome

    def merge(self, condition: Any, then: Any, otherwise: Any, span: Span) -> Any:
        raise NotImplementedError  # `decide` is never open here

    def whole(self, value: Any) -> int | None:
        """The whole number here; the course is another one where it is another."""
        whole = whole_number(_value(value))
        if isinstance(value, Symbol) and whole is not None:
            self.guards[self.builder.operation("==", (value.index, float(whole)))] = True
        return whole


def _value(number: Any) -> float:
    value: float = number.value if isinstance(number, Symbol) else number
    return value


def follow(program: Program, point: Sequence[float], limits: Limits | None = None) -> StraightLine:
    """The course of the program at this point: code without branches, with its decisions as guards.

    ExplorerError where the program is refused there, TooLarge where the course is too long to be compiled.
    """
    follower = _Follower(len(program.inputs), min(MOST_OPERATIONS, program.limits.operations))
    inputs = [Symbol(index, float(value)) for index, value in enumerate(point)]
    results = Run(lower(program), follower, limits).outputs(inputs)
    return follower.builder.finished([operand(result) for result in results], follower.guards.items())
