"""A Program as flat code for a small register machine: the one walk is a loop over it and never recurses.

Chains of sums and of products first compute all their terms and then combine them from the left, as a person does on
paper: ln x1 + x1·x2 − sin x2 has v1 = ln x1, v2 = x1·x2, v3 = sin x2, v4 = v1 + v2, v5 = v4 − v3 (Baydin et al. 2018).

One file of more than 300 lines: each construct of the language has its few lines of code here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum, auto
from typing import NamedTuple

from explorer.language.algorithm import as_remainder, as_truncation
from explorer.language.program import (
    DEFAULT_LIMITS,
    Append,
    Apply,
    Assign,
    AssignItem,
    AssignSeveral,
    Break,
    Call,
    Choose,
    Collect,
    Compare,
    Condition,
    Constant,
    Continue,
    Enumerate,
    Expression,
    Fold,
    For,
    Function,
    If,
    Item,
    Length,
    Limits,
    ListOf,
    Logic,
    Name,
    Program,
    Range,
    Repeat,
    Return,
    Span,
    Statement,
    Target,
    While,
    Zip,
    names_in,
)


class Operation(IntEnum):
    """What an instruction does."""

    APPLY = auto()  # target ← function(operands)
    COPY = auto()  # target ← operand
    TEST = auto()  # go on if the comparison of the operands has the outcome `wanted`, else jump
    JUMP = auto()
    CALL = auto()  # target ← own function(operands)
    RETURN = auto()  # the operands are the values
    CHECK = auto()  # the operand, called `text`, must have a value
    FAIL = auto()  # the function ends here without a return
    LIST = auto()  # target ← list of the operands
    ITEM = auto()  # target ← operands[0][operands[1]]
    SET_ITEM = auto()  # operands[0][operands[1]] ← operands[2]
    APPEND = auto()  # operands[0] gets operands[1] at its end
    LENGTH = auto()  # target ← number of items
    REPEAT = auto()  # target ← operands[0] repeated operands[1] times
    FOLD = auto()  # target ← the items combined by the elementary function `text`
    UNPACK = auto()  # the registers operands[1:] ← the items of operands[0]; their names in `text`
    CURSOR = (
        auto()
    )  # target ← a place in a list (one operand) or in a range (start, stop, step); text: “list” if it becomes one
    NEXT = auto()  # target ← the next item of the cursor, or jump at its end
    ENTER = auto()  # a loop begins
    TICK = auto()  # its next iteration begins
    LEAVE = auto()  # it has ended


class Instruction(NamedTuple):
    """One step of a function's code; operands and target are register numbers.

    text: the elementary or own function's name, or the comparison's operator.
    jump: where to go on (JUMP, and TEST when its outcome is not `wanted`).
    join: for a TEST the place where both sides meet again, −1 where a side returns from the function.
    loop: for a TEST that it decides how often a loop runs.
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
    loop: bool = False
    name: str = ""


@dataclass(frozen=True)
class Routine:
    """The code of one function: registers 0 … len(parameters) − 1 hold the arguments at the start.

    kept: the registers that can be read after a join, of names and choices; all others are read before it.
    """

    name: str
    parameters: tuple[str, ...]
    registers: int
    kept: tuple[int, ...]
    constants: tuple[tuple[int, float], ...]
    instructions: tuple[Instruction, ...]


@dataclass(frozen=True)
class Code:
    """The routines of a Program by name; `main` is the one that is differentiated."""

    routines: dict[str, Routine]
    main: Routine
    limits: Limits = DEFAULT_LIMITS


def lower(program: Program) -> Code:
    """The register code of a Program."""
    routines = {function.name: _Lowering(function).routine() for function in program.functions}
    return Code(routines, routines[program.main.name], program.limits)


_MANY = 2.0**50  # more than a loop that counts its items can have
_CHAINS = {"add": ("add", "sub"), "sub": ("add", "sub"), "mul": ("mul", "div"), "div": ("mul", "div")}


@dataclass
class _Loop:
    """An open loop: its first instruction, how its body can be left, and what is still to be told its end."""

    start: int
    exits: frozenset[str]
    breaks: list[int] = field(default_factory=list)  # jumps that leave it
    tests: list[tuple[int, int]] = field(default_factory=list)  # from, to: tests whose sides meet at its end


class _Lowering:
    def __init__(self, function: Function) -> None:
        self.function = function
        self.names = {name: index for index, name in enumerate(function.parameters)}
        self.registers = len(self.names)
        self.kept = set(self.names.values())
        self.constants: dict[int, float] = {}
        self.instructions: list[Instruction] = []
        self.sure = set(self.names)  # names that have a value on every way to here
        self.loops: list[_Loop] = []  # the open ones, the innermost last
        self.given: tuple[Expression, int] | None = None  # an expression that is already in a register

    def routine(self) -> Routine:
        self.block(self.function.body)
        self.emit(Instruction(Operation.FAIL, self.function.span, text=self.function.name))
        return Routine(
            self.function.name,
            self.function.parameters,
            self.registers,
            tuple(sorted(self.kept)),
            tuple(self.constants.items()),
            tuple(self.instructions),
        )

    def fresh(self) -> int:
        self.registers += 1
        return self.registers - 1

    def emit(self, instruction: Instruction) -> int:
        self.instructions.append(instruction)
        return len(self.instructions) - 1

    def patch(self, index: int, **changes: int | str) -> None:
        self.instructions[index] = self.instructions[index]._replace(**changes)  # type: ignore[arg-type]

    def block(self, body: tuple[Statement, ...]) -> None:
        for statement in body:
            self.statement(statement)

    def register(self, name: str) -> int:
        """The register of a name, which may not have a value yet."""
        if name not in self.names:
            self.names[name] = self.fresh()
            self.kept.add(self.names[name])
        return self.names[name]

    def read(self, name: str, span: Span) -> int:
        """The register of a name that must have a value here."""
        register = self.register(name)
        if name not in self.sure:
            self.emit(Instruction(Operation.CHECK, span, operands=(register,), text=name))
        return register

    def statement(self, statement: Statement) -> None:
        match statement:
            case Assign(name, value, span):
                source = self.expression(value)
                self.emit(Instruction(Operation.COPY, span, self.register(name), (source,), name=name))
                self.sure.add(name)
            case AssignSeveral(names, value, span):
                source = self.expression(value)
                targets = tuple([self.register(name) for name in names])
                self.emit(Instruction(Operation.UNPACK, span, operands=(source, *targets), text=",".join(names)))
                self.sure.update(names)
            case AssignItem():
                self.set_item(statement)
            case Append(name, value, span):
                items = self.read(name, span)
                self.emit(Instruction(Operation.APPEND, span, operands=(items, self.expression(value))))
            case Return(values, span):
                operands = tuple([self.expression(value) for value in values])
                self.emit(Instruction(Operation.RETURN, span, operands=operands))
            case If():
                self.branch(statement)
            case While(condition, body, span):
                self.loop(lambda: self.repeated(condition), body, span)
            case For(variable, items, body, span):
                self.loop(self.cursor(variable, items, span), body, span)
                self.sure.difference_update(names_in(variable))
            case Break(span):
                self.loops[-1].breaks.append(self.emit(Instruction(Operation.JUMP, span)))
            case Continue(span):
                self.emit(Instruction(Operation.JUMP, span, jump=self.loops[-1].start))

    def set_item(self, statement: AssignItem) -> None:
        """As in Python: the value before the list and its index; but name[index] += change finds its item first."""
        name, index, value, span = statement.name, statement.index, statement.value, statement.span
        if _updates(value, index):
            items, place = self.read(name, span), self.expression(index)
            self.given = (index, place)
            result = self.expression(value)
            self.given = None
        else:
            result = self.expression(value)
            items, place = self.read(name, span), self.expression(index)
        self.emit(Instruction(Operation.SET_ITEM, span, operands=(items, place, result)))

    def loop(self, head: Callable[[], list[int]], body: tuple[Statement, ...], span: Span) -> None:
        """ENTER; start: head, TICK, body, jump to start; end: LEAVE. `head` gives the jumps that end the loop."""
        before = set(self.sure)
        self.emit(Instruction(Operation.ENTER, span))
        loop = _Loop(len(self.instructions), _exits(body))
        ends = head()
        self.emit(Instruction(Operation.TICK, span))
        self.loops.append(loop)
        self.block(body)
        self.loops.pop()
        self.emit(Instruction(Operation.JUMP, span, jump=loop.start))
        end = len(self.instructions)
        for jump in (*ends, *loop.breaks):
            self.patch(jump, jump=end)
        for first, last in loop.tests:
            self.join(first, last, end)
        self.emit(Instruction(Operation.LEAVE, span))
        self.sure = before  # the body may not have run at all

    def repeated(self, condition: Condition) -> list[int]:
        start = len(self.instructions)
        tests = self.condition(condition, True)
        for index in range(start, len(self.instructions)):
            if self.instructions[index].operation is Operation.TEST and self.instructions[index].join < 0:
                self.instructions[index] = self.instructions[index]._replace(loop=True)
        return tests

    def cursor(self, variable: Target, source: Expression, span: Span) -> Callable[[], list[int]]:
        """Code for the items, now; and the head of the loop over them."""
        places = self.cursors(variable, source)

        def head() -> list[int]:
            if len(places) == 1 and isinstance(variable, str):
                target = self.register(variable)
                self.sure.add(variable)
                return [self.emit(Instruction(Operation.NEXT, span, target, (places[0][1],)))]
            # All lists must have a next item before any name gets its own.
            items = [self.fresh() for _ in places]
            ends = [
                self.emit(Instruction(Operation.NEXT, span, item, (place,)))
                for item, (_, place) in zip(items, places, strict=True)
            ]
            for item, (part, _) in zip(items, places, strict=True):
                self.give(part, item, span)
            return ends

        return head

    def cursors(self, target: Target, items: Expression) -> list[tuple[Target, int]]:
        """Code for a place in each of the lists that a loop goes through side by side; each with its target."""
        match items:
            case Zip(parts, _):
                pairs = zip(target, parts, strict=True)
                return [cursor for one, part in pairs for cursor in self.cursors(one, part)]
            case Enumerate(inner, start, span):
                counted = Range(start, Constant(_MANY, "", span), Constant(1.0, "1", span), span)
                counter = self.cursors(target[0], counted)
                return counter + self.cursors(target[1], inner)
            case Range(start, stop, step, _):
                operands = tuple([self.expression(part) for part in (start, stop, step)])
            case _:
                operands = (self.expression(items),)
        return [(target, self.into(Operation.CURSOR, items.span, operands))]

    def give(self, target: Target, item: int, span: Span) -> None:
        """Code that gives a name an item, or names the items of it."""
        if isinstance(target, str):
            self.emit(Instruction(Operation.COPY, span, self.register(target), (item,)))
            self.sure.add(target)
            return
        inner = tuple([self.register(part) if isinstance(part, str) else self.fresh() for part in target])
        names = ",".join(part if isinstance(part, str) else "" for part in target)
        self.emit(Instruction(Operation.UNPACK, span, operands=(item, *inner), text=names))
        for part, register in zip(target, inner, strict=True):
            if isinstance(part, str):
                self.sure.add(part)
            else:
                self.give(part, register, span)

    def branch(self, node: If) -> None:
        start = len(self.instructions)
        tests = self.condition(node.condition, True)
        tested = len(self.instructions)
        before = set(self.sure)
        self.block(node.then)
        then, self.sure = self.sure, set(before)
        leave = self.emit(Instruction(Operation.JUMP, node.span))
        for test in tests:
            self.patch(test, jump=len(self.instructions))
        self.block(node.otherwise)
        if _ends(node.otherwise):
            self.sure = then
        elif not _ends(node.then):
            self.sure &= then
        self.patch(leave, jump=len(self.instructions))
        self.meet(start, tested, _exits(node.then) | _exits(node.otherwise))

    def meet(self, start: int, tested: int, exits: frozenset[str]) -> None:
        """Where the sides of an if meet again: here, or as early as all that can leave them allows."""
        if not exits:
            self.join(start, tested, len(self.instructions))
        elif "return" in exits or "return" in self.loops[-1].exits:
            self.join(start, tested, -1)
        elif "break" in self.loops[-1].exits:
            self.loops[-1].tests.append((start, tested))
        else:
            self.join(start, tested, self.loops[-1].start)

    def expression(self, node: Expression) -> int:
        """Code for the expression; the register that holds its value."""
        if self.given is not None and node is self.given[0]:
            return self.given[1]
        match node:
            case Constant(value, _, _):
                register = self.fresh()
                self.constants[register] = value
                return register
            case Name(name, span):
                return self.read(name, span)
            case Apply(function, _, _) if function in _CHAINS:
                once = self.twice(node)
                return self.chain(node, _CHAINS[function]) if once is None else once
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
            case ListOf(items, span):
                return self.into(Operation.LIST, span, tuple([self.expression(item) for item in items]))
            case Item(items, index, span):
                return self.into(Operation.ITEM, span, (self.expression(items), self.expression(index)))
            case Length(items, span):
                return self.into(Operation.LENGTH, span, (self.expression(items),))
            case Repeat(items, count, span):
                return self.into(Operation.REPEAT, span, (self.expression(items), self.expression(count)))
            case Fold(function, items, span):
                return self.into(Operation.FOLD, span, (self.expression(items),), function)
            case Range(_, _, _, span):
                return self.collect(Collect(Name("", span), "", node, span))
            case Collect():
                return self.collect(node)
            case Zip() | Enumerate():
                raise AssertionError("zip and enumerate stand in a for only")  # the reader sees to that

    def into(self, operation: Operation, span: Span, operands: tuple[int, ...], text: str = "") -> int:
        """Code for an operation with a result; the register that holds it."""
        target = self.fresh()
        self.emit(Instruction(operation, span, target, operands, text))
        return target

    def collect(self, node: Collect) -> int:
        """A list built item by item; its variable is known inside only."""
        result = self.into(Operation.LIST, node.span, ())
        head = self.cursor(node.variable, node.items, node.span)  # where the variable is not yet the list's own
        if isinstance(node.items, Range):
            self.patch(len(self.instructions) - 1, text="list")
        inside = names_in(node.variable)
        outer = {name: self.names.pop(name) for name in inside if name in self.names}
        surely = self.sure.intersection(inside)
        self.emit(Instruction(Operation.ENTER, node.span))
        start = len(self.instructions)
        ends = head()
        self.emit(Instruction(Operation.TICK, node.span))
        value = self.expression(node.value)
        self.emit(Instruction(Operation.APPEND, node.span, operands=(result, value)))
        self.emit(Instruction(Operation.JUMP, node.span, jump=start))
        for jump in ends:
            self.patch(jump, jump=len(self.instructions))
        self.emit(Instruction(Operation.LEAVE, node.span))
        for name in inside:
            self.kept.discard(self.names.pop(name, -1))
        self.sure.difference_update(inside)
        self.names |= outer
        self.sure |= surely
        return result

    def apply(self, function: str, operands: tuple[int, ...], span: Span) -> int:
        target = self.fresh()
        self.emit(Instruction(Operation.APPLY, span, target, operands, function))
        return target

    def twice(self, node: Apply) -> int | None:
        """Code for a remainder or a truncation, whose operands stand twice in the tree and are computed once."""
        span = node.span
        if (pair := as_remainder(node)) is not None:
            left, right = [self.expression(operand) for operand in pair]
            whole = self.apply("floor", (self.apply("div", (left, right), span),), span)
            return self.apply("sub", (left, self.apply("mul", (right, whole), span)), span)
        if (operand := as_truncation(node)) is not None:
            value = self.expression(operand)
            size = self.apply("floor", (self.apply("abs", (value,), span),), span)
            return self.apply("mul", (self.apply("sign", (value,), span), size), span)
        return None

    def chain(self, node: Apply, family: tuple[str, ...]) -> int:
        """a ± b ± c …: the terms from the left, then the operations from the left; a loop, for chains are long."""
        links: list[Apply] = []
        head: Expression = node
        while isinstance(head, Apply) and head.function in family:
            if as_remainder(head) is not None or as_truncation(head) is not None:
                break
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
        self.kept.add(target)
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

    def condition(self, node: Condition, wanted: bool, known: tuple[Expression, int] | None = None) -> list[int]:
        """Tests that fall through where the condition's truth is `wanted`; the indices of those left to patch.

        known: an operand that is already in a register, the middle of a < b < c.
        """
        if isinstance(node, Compare):
            left = known[1] if known is not None and known[0] is node.left else self.expression(node.left)
            operands = (left, self.expression(node.right))
            return [self.emit(Instruction(Operation.TEST, node.span, -1, operands, node.operator, wanted=wanted))]
        if not node.conditions:  # True or False itself
            return [] if (node.operator == "and") == wanted else [self.emit(Instruction(Operation.JUMP, node.span))]
        if node.operator == "not":
            return self.condition(node.conditions[0], not wanted)
        if (node.operator == "and") == wanted:  # every part must have the wanted outcome
            return [test for tests in self.parts(node, wanted) for test in tests]
        # One part with the wanted outcome is enough: its opposite jumps to the next part, success jumps past them.
        successes: list[int] = []
        failures: list[int] = []
        for index, tests in enumerate(self.parts(node, wanted)):
            failures = tests
            if index < len(node.conditions) - 1:
                successes.append(self.emit(Instruction(Operation.JUMP, node.span)))
                for test in tests:
                    self.patch(test, jump=len(self.instructions))
        for jump in successes:
            self.patch(jump, jump=len(self.instructions))
        return failures

    def parts(self, node: Logic, wanted: bool) -> Iterator[list[int]]:
        """The tests of each part; an operand that the next part begins with is computed once."""
        known: tuple[Expression, int] | None = None
        for part in node.conditions:
            tests = self.condition(part, wanted, known)
            known = (part.right, self.instructions[-1].operands[1]) if isinstance(part, Compare) else None
            yield tests


def _updates(value: Expression, index: Expression) -> bool:
    """Whether a value was written name[index] += change: it begins with the item of the very same index."""
    while isinstance(value, Apply):
        value = value.arguments[0]
    return isinstance(value, Item) and value.index is index


def _exits(statements: tuple[Statement, ...]) -> frozenset[str]:
    """The ways in which a block can be left from inside: "return", "break", "continue"."""
    found: set[str] = set()
    for statement in statements:
        match statement:
            case Return():
                found.add("return")
            case Break():
                found.add("break")
            case Continue():
                found.add("continue")
            case If(_, then, otherwise, _):
                found |= _exits(then) | _exits(otherwise)
            case While(_, body, _) | For(_, _, body, _):
                found |= _exits(body) & {"return"}
    return frozenset(found)


def _ends(statements: tuple[Statement, ...]) -> bool:
    """Whether what stands behind a block is never reached from it."""
    return any(
        isinstance(s, Return | Break | Continue) or (isinstance(s, If) and _ends(s.then) and _ends(s.otherwise))
        for s in statements
    )
