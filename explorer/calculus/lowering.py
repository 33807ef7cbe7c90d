"""A Program as flat code for a small register machine: the one walk is a loop over it and never recurses.

Chains of sums and of products first compute all their terms and then combine them from the left, as a person does on
paper: ln x1 + x1·x2 − sin x2 has v1 = ln x1, v2 = x1·x2, v3 = sin x2, v4 = v1 + v2, v5 = v4 − v3 (Baydin et al. 2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, auto
from typing import NamedTuple

from explorer.language.program import (
    NOWHERE,
    Apply,
    Assign,
    Call,
    Choose,
    Compare,
    Condition,
    Constant,
    Expression,
    Function,
    If,
    Name,
    Program,
    Return,
    Span,
    Statement,
    While,
)


class Operation(IntEnum):
    """What an instruction does."""

    APPLY = auto()  # target ← function(operands)
    COPY = auto()  # target ← operand
    TEST = auto()  # go on if the comparison of the operands has the outcome `wanted`, else jump
    JUMP = auto()
    CALL = auto()  # target ← own function(operands)
    RETURN = auto()  # the operands are the values


class Instruction(NamedTuple):
    """One step of a function's code; operands and target are register numbers.

    text: the elementary or own function's name, or the comparison's operator.
    jump: where to go on (JUMP, and TEST when its outcome is not `wanted`).
    join: for a TEST the place where both sides meet again, −1 where a side leaves the function.
    name: the source's name for the target where it is an assignment, else "".
    """

    operation: Operation
    span: Span
    target: int = -1
    operands: tuple[int, ...] = ()
    text: str = ""
    jump: int = -1
    wanted: bool = True
    join: int = -1
    name: str = ""


@dataclass(frozen=True)
class Routine:
    """The code of one function: registers 0 … len(parameters) − 1 hold the arguments at the start."""

    name: str
    parameters: tuple[str, ...]
    registers: int
    constants: tuple[tuple[int, float], ...]
    instructions: tuple[Instruction, ...]


@dataclass(frozen=True)
class Code:
    """The routines of a Program by name; `main` is the one that is differentiated."""

    routines: dict[str, Routine]
    main: Routine


def lower(program: Program) -> Code:
    """The register code of a Program."""
    routines = {function.name: _Lowering(function).routine() for function in program.functions}
    return Code(routines, routines[program.main.name])


_CHAINS = {"add": ("add", "sub"), "sub": ("add", "sub"), "mul": ("mul", "div"), "div": ("mul", "div")}


class _Lowering:
    def __init__(self, function: Function) -> None:
        self.function = function
        self.names = {name: index for index, name in enumerate(function.parameters)}
        self.registers = len(self.names)
        self.constants: dict[int, float] = {}
        self.instructions: list[Instruction] = []

    def routine(self) -> Routine:
        for statement in self.function.body:
            self.statement(statement)
        return Routine(
            self.function.name,
            self.function.parameters,
            self.registers,
            tuple(self.constants.items()),
            tuple(self.instructions),
        )

    def fresh(self) -> int:
        self.registers += 1
        return self.registers - 1

    def emit(self, instruction: Instruction) -> int:
        self.instructions.append(instruction)
        return len(self.instructions) - 1

    def patch(self, index: int, **changes: int) -> None:
        self.instructions[index] = self.instructions[index]._replace(**changes)  # type: ignore[arg-type]

    def statement(self, statement: Statement) -> None:
        match statement:
            case Assign(name, value, span):
                source = self.expression(value)
                if name not in self.names:
                    self.names[name] = self.fresh()
                self.emit(Instruction(Operation.COPY, span, self.names[name], (source,), name=name))
            case Return(values, span):
                operands = tuple([self.expression(value) for value in values])
                self.emit(Instruction(Operation.RETURN, span, operands=operands))
            case If(condition, then, otherwise, _):
                self.branch(condition, then, otherwise)
            case While(condition, body, span):
                start = len(self.instructions)
                tests = self.condition(condition, True)
                for inner in body:
                    self.statement(inner)
                self.emit(Instruction(Operation.JUMP, span, jump=start))
                for test in tests:
                    self.patch(test, jump=len(self.instructions))

    def branch(self, condition: Condition, then: tuple[Statement, ...], otherwise: tuple[Statement, ...]) -> None:
        start = len(self.instructions)
        tests = self.condition(condition, True)
        tested = len(self.instructions)
        for inner in then:
            self.statement(inner)
        leave = self.emit(Instruction(Operation.JUMP, NOWHERE))
        for test in tests:
            self.patch(test, jump=len(self.instructions))
        for inner in otherwise:
            self.statement(inner)
        end = len(self.instructions)
        self.patch(leave, jump=end)
        self.join(start, tested, -1 if _leaves(then) or _leaves(otherwise) else end)

    def expression(self, node: Expression) -> int:
        """Code for the expression; the register that holds its value."""
        match node:
            case Constant(value, _, _):
                register = self.fresh()
                self.constants[register] = value
                return register
            case Name(name, _):
                return self.names[name]
            case Apply(function, _, _) if function in _CHAINS:
                return self.chain(node, _CHAINS[function])
            case Apply(function, arguments, span):
                operands = tuple([self.expression(a) for a in arguments])
                return self.apply(function, operands, span)
            case Call(function, arguments, span):
                operands = tuple([self.expression(a) for a in arguments])
                target = self.fresh()
                self.emit(Instruction(Operation.CALL, span, target, operands, function))
                return target
            case Choose():
                return self.choose(node)

    def apply(self, function: str, operands: tuple[int, ...], span: Span) -> int:
        target = self.fresh()
        self.emit(Instruction(Operation.APPLY, span, target, operands, function))
        return target

    def chain(self, node: Apply, family: tuple[str, ...]) -> int:
        """a ± b ± c …: the terms from the left, then the operations from the left; a loop, for chains are long."""
        links: list[Apply] = []
        head: Expression = node
        while isinstance(head, Apply) and head.function in family:
            links.append(head)
            head = head.arguments[0]
        links.reverse()
        value = self.expression(head)
        terms = [self.expression(link.arguments[1]) for link in links]
        for link, term in zip(links, terms, strict=True):
            value = self.apply(link.function, (value, term), link.span)
        return value

    def choose(self, node: Choose) -> int:
        target = self.fresh()
        start = len(self.instructions)
        tests = self.condition(node.condition, True)
        tested = len(self.instructions)
        value = self.expression(node.then)
        self.emit(Instruction(Operation.COPY, node.then.span, target, (value,)))
        leave = self.emit(Instruction(Operation.JUMP, node.span))
        for test in tests:
            self.patch(test, jump=len(self.instructions))
        value = self.expression(node.otherwise)
        self.emit(Instruction(Operation.COPY, node.otherwise.span, target, (value,)))
        end = len(self.instructions)
        self.patch(leave, jump=end)
        self.join(start, tested, end)
        return target

    def join(self, start: int, end: int, place: int) -> None:
        """Tell the tests of one condition where its two sides meet; tests inside its operands know their own."""
        for index in range(start, end):
            if self.instructions[index].operation is Operation.TEST and self.instructions[index].join < 0:
                self.patch(index, join=place)

    def condition(self, node: Condition, wanted: bool) -> list[int]:
        """Tests that fall through where the condition's truth is `wanted`; the indices of those left to patch."""
        if isinstance(node, Compare):
            operands = (self.expression(node.left), self.expression(node.right))
            return [self.emit(Instruction(Operation.TEST, node.span, -1, operands, node.operator, wanted=wanted))]
        if node.operator == "not":
            return self.condition(node.conditions[0], not wanted)
        if (node.operator == "and") == wanted:  # every part must have the wanted outcome
            return [test for part in node.conditions for test in self.condition(part, wanted)]
        # One part with the wanted outcome is enough: its opposite jumps to the next part, success jumps past them.
        successes: list[int] = []
        for part in node.conditions[:-1]:
            failures = self.condition(part, wanted)
            successes.append(self.emit(Instruction(Operation.JUMP, part.span)))
            for test in failures:
                self.patch(test, jump=len(self.instructions))
        last = self.condition(node.conditions[-1], wanted)
        for jump in successes:
            self.patch(jump, jump=len(self.instructions))
        return last


def _leaves(statements: tuple[Statement, ...]) -> bool:
    """Whether a block can leave its function from inside."""
    return any(
        isinstance(s, Return)
        or (isinstance(s, If) and (_leaves(s.then) or _leaves(s.otherwise)))
        or (isinstance(s, While) and _leaves(s.body))
        for s in statements
    )
