"""Straight-line code of derivatives: the partials of PRIMITIVES run over a number kind that writes operations.

The order of operations is that of the sweeps over a tape: forward and reverse mode here and there give the same bits,
but where an operation that stands twice in a program is done once. A NaN is not looked after: where a value is not
defined, or is lost on the way to the output, the caller asks the interpreter.

Longer than 300 lines: reverse mode, forward mode and one over the other are three readings of the same partials.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

from explorer.calculus.straight_line import SWALLOWING, Branch, Builder, Item, Operand, StraightLine, same, swallowed
from explorer.language.primitives import PRIMITIVES, Partial, Primitive, partial_in_motion

MOST_CODE = 200_000  # operations of a derivative's code


class Writer:
    """The number kind of operands: its functions write operations; `choose` computes both sides."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder

    def __getattr__(self, name: str) -> Callable[..., Any]:
        rule = self.builder.rules.get(name)
        written = partial(self.builder.plain, name) if rule is None else partial(rule, self.builder)
        self.__dict__[name] = written  # found directly from now on
        return written

    def equal(self, a: Operand, b: Operand) -> int | bool:
        return self.compare("==", a, b)

    def less(self, a: Operand, b: Operand) -> int | bool:
        return self.compare("<", a, b)

    def compare(self, operator: str, a: Operand, b: Operand) -> int | bool:
        if isinstance(a, float) and isinstance(b, float):
            return a == b if operator == "==" else a < b
        return self.builder.operation(operator, (a, b))

    def choose(self, condition: int | bool, then: Operand, otherwise: Operand) -> Operand:
        if isinstance(condition, bool):
            return then if condition else otherwise
        return self.builder.operation("choose", (condition, then, otherwise))


class _Replay:
    """A program's code written again into a Builder, with `of` telling what has become of each operation.

    varies: the operations that depend on an input by which is differentiated.
    """

    def __init__(
        self,
        code: StraightLine,
        held: Sequence[int] = (),
        builder: Builder | None = None,
        inputs: Sequence[Operand] | None = None,
    ) -> None:
        """held: inputs by which nothing is differentiated; inputs: what stands for them in another's builder."""
        self.code = code
        self.builder = builder or Builder(code.inputs, MOST_CODE)
        self.writer = Writer(self.builder)
        self.of: dict[int, Operand] = dict(enumerate(range(code.inputs) if inputs is None else inputs))
        self.lost: list[int] = []  # the truths that a NaN was lost or a power of 0 met, each where that may be
        self.varies = {index for index in range(code.inputs) if index not in held}
        self.block(code.body)

    def __getitem__(self, operand: Operand) -> Operand:
        return self.of[operand] if isinstance(operand, int) else operand

    def operands(self, index: int) -> list[Operand]:
        """What the operation's arguments have become."""
        of = self.of
        return [of[a] if type(a) is int else a for a in self.code.arguments[index]]

    def block(self, items: Sequence[Item]) -> None:
        of, varies, builder = self.of, self.varies, self.builder
        functions, arguments, rules = self.code.functions, self.code.arguments, builder.rules
        for item in items:
            if type(item) is not int:
                self.branch(item)  # type: ignore[arg-type]
                continue
            function = functions[item]
            operands = [of[a] if type(a) is int else a for a in arguments[item]]
            rule = rules.get(function)
            if rule is not None:
                of[item] = rule(builder, *operands)
            elif function in PRIMITIVES:
                of[item] = builder.plain(function, *operands)
            else:
                of[item] = builder.operation(function, tuple(operands))
                continue
            for a in arguments[item]:
                if type(a) is int and a in varies:
                    varies.add(item)
                    break
            if function in SWALLOWING:
                self.watch(function, operands)
                if function == "pow" and arguments[item][1] in varies:
                    self.watch_zeros(operands)

    def watch(self, function: str, operands: Sequence[Operand]) -> None:
        for argument in swallowed(function, operands):
            if argument >= self.code.inputs:
                self.lost.append(self.builder.operation("!=", (argument, argument)))

    def watch_zeros(self, operands: Sequence[Operand]) -> None:
        """Of a power of 0 the interpreter knows whether it has a partial by its exponent (see needs_its_base)."""
        base, exponent = operands
        if isinstance(base, int):
            truths = (self.builder.operation(c, (o, 0.0)) for c, o in (("==", base), ("<=", exponent)))
            self.lost.append(self.builder.operation("and", tuple(truths)))

    def swallowed(self) -> Operand:
        """The truth that the interpreter must answer: a NaN was lost somewhere, or a power of 0 met.

        Anything on a side that is not taken; 0 where that cannot be.
        """
        if not self.lost:
            return 0.0
        return reduce(lambda a, b: self.builder.operation("or", (a, b)), self.lost)

    def branch(self, branch: Branch) -> None:
        condition = self.of[branch.condition]
        assert isinstance(condition, int)
        made = self.builder.branch(condition)
        with self.builder.side(made, True):
            self.block(branch.then)
        with self.builder.side(made, False):
            self.block(branch.otherwise)
        for select in branch.selects:
            _, then, otherwise = self.code.arguments[select]
            self.of[select] = self.builder.select(made, self[then], self[otherwise])
            if any(a in self.varies for a in (then, otherwise) if isinstance(a, int)):
                self.varies.add(select)

    def partials(self, index: int, moving: Container[Operand]) -> list[tuple[int, Operand]]:
        """The operation's arguments that are moving, each with the partial by it."""
        operands, result = self.operands(index), self.of[index]
        if self.code.functions[index] == "pow" and operands[0] == 0.0 and isinstance(operands[0], float):
            # By its exponent see needs_its_base; a base that is known to be 0 may be made of an input: x^0 − 1.
            base, exponent = self.code.arguments[index]
            slope = self.writer.choose(self.writer.less(0.0, operands[1]), 0.0, math.nan)
            by_base = PRIMITIVES["pow"].partials[0](self.writer, *operands, result)
            return [(o, by) for o, by in ((base, by_base), (exponent, slope)) if isinstance(o, int) and o in moving]
        return [
            (argument, written(self.writer, *operands, result))
            for argument, written in zip(
                self.code.arguments[index], PRIMITIVES[self.code.functions[index]].partials, strict=True
            )
            if type(argument) is int and argument in moving
        ]

    def finished(self, outputs: Sequence[Operand]) -> StraightLine:
        """The code of these outputs and, after them, the guards of the program's code."""
        return self.builder.finished([*outputs, *(self.of[guard] for guard, _ in self.code.guards)])


def value_code(code: StraightLine, outputs: Sequence[int] | None = None) -> StraightLine:
    """The outputs, or those with these numbers, with nothing to be differentiated any more."""
    replay = _Replay(code)
    wanted = code.outputs if outputs is None else [code.outputs[output] for output in outputs]
    return replay.finished([replay[output] for output in wanted])


def inlined(code: StraightLine, builder: Builder, inputs: Sequence[Operand]) -> list[Operand]:
    """The outputs of the code for these inputs, written into another builder."""
    replay = _Replay(code, builder=builder, inputs=inputs)
    return [replay[output] for output in code.outputs]


def operations_code(code: StraightLine, wanted: Sequence[Operand]) -> StraightLine:
    """The values of these operations, which stand on no side of a branch."""
    replay = _Replay(code)
    return replay.finished([replay[operand] for operand in wanted])


# An adjoint, and whether it is there: None where it surely is, else the truth (an operation) that says so at a point.
# An operation that only the side not taken needs has no adjoint: 0 would make 0·∞ out of a partial that is infinite.
_Adjoints = dict[int, tuple[Operand, int | None]]
_NEVER = -1  # in place of that truth: on this side of a branch it is not there


def _constant(row: Primitive, partial: Partial) -> float | None:
    """A partial that is the same number everywhere; None for others."""
    try:
        found = partial(None, *[None for _ in row.partials], None)
    except AttributeError:  # a function is asked for
        return None
    return found if isinstance(found, float) else None


# Each partial, and its value where that is known without a look at the operands: of sums it is 1 or −1.
_PARTIALS = {name: [(_constant(row, by), by) for by in row.partials] for name, row in PRIMITIVES.items()}


class _Reverse:
    """One reverse sweep, written after a program's replayed code."""

    def __init__(self, replay: _Replay) -> None:
        self.replay, self.builder, self.code = replay, replay.builder, replay.code

    def gradient(self, output: Operand, inputs: Sequence[int]) -> list[Operand]:
        """The partials of an output by these inputs; 0 where none depends on it."""
        adjoints: _Adjoints = {}
        if isinstance(output, int) and output in self.replay.varies:
            adjoints[output] = (1.0, None)
        self.block(self.code.body, adjoints)
        # + 0 as the sweep begins with: no derivative is −0
        return [self.builder.apply("add", 0.0, adjoints.get(index, (0.0, None))[0]) for index in inputs]

    def block(self, items: Sequence[Item], adjoints: _Adjoints) -> None:
        for item in reversed(items):
            if isinstance(item, Branch):
                self.branch(item, adjoints)
            elif item in adjoints:
                adjoint, there = adjoints[item]
                if there is None:
                    self.contribute(item, adjoint, adjoints)
                else:
                    self.where(there, item, adjoint, adjoints)

    def contribute(self, index: int, adjoint: Operand, adjoints: _Adjoints) -> None:
        """Pass an operation's adjoint on to its arguments."""
        replay, code = self.replay, self.code
        function, arguments = code.functions[index], code.arguments[index]
        of, varies, writer = replay.of, replay.varies, replay.writer
        if function == "pow":  # of which 0 is a base of its own kind
            for moving, by in replay.partials(index, varies):
                self.add(moving, writer.mul(adjoint, by), None, adjoints)
            return
        operands = [of[a] if type(a) is int else a for a in arguments]
        for argument, (constant, written) in zip(arguments, _PARTIALS[function], strict=True):
            if type(argument) is not int or argument not in varies:
                continue
            amount = adjoint
            if constant != 1.0:
                amount = writer.mul(adjoint, written(writer, *operands, of[index]))
            if argument in adjoints:
                self.add(argument, amount, None, adjoints)
            else:
                adjoints[argument] = (amount, None)

    def add(self, index: int, amount: Operand, there: int | None, adjoints: _Adjoints) -> None:
        """Add to an adjoint what is there where `there` says so, and is 0 elsewhere."""
        if index not in adjoints:
            adjoints[index] = (amount, there)
            return
        before, known = adjoints[index]
        both = None if there is None or known is None else self.builder.operation("or", (known, there))
        adjoints[index] = (self.replay.writer.add(before, amount), both)

    def branch(self, branch: Branch, adjoints: _Adjoints) -> None:
        """The sweep through both sides; what they leave for operations before the branch is joined."""
        incoming = [(select, *adjoints.pop(select)) for select in branch.selects if select in adjoints]
        if not incoming and not _reached(branch.then, adjoints) and not _reached(branch.otherwise, adjoints):
            return
        condition = self.replay.of[branch.condition]
        assert isinstance(condition, int)
        made = self.builder.branch(condition)
        sides: list[_Adjoints] = []
        for outcome, items, position in ((True, branch.then, 1), (False, branch.otherwise, 2)):
            side = dict(adjoints)
            with self.builder.side(made, outcome):
                for select, adjoint, there in incoming:
                    argument = self.code.arguments[select][position]
                    if isinstance(argument, int) and argument in self.replay.varies:
                        self.add(argument, adjoint, there, side)
                self.block(items, side)
            sides.append(side)
        self.join(made, condition, sides, adjoints)

    def where(self, condition: int, index: int, adjoint: Operand, adjoints: _Adjoints) -> None:
        """Pass on an adjoint that is there where a condition holds."""
        made = self.builder.branch(condition)
        side = dict(adjoints)
        with self.builder.side(made, True):
            self.contribute(index, adjoint, side)
        self.join(made, condition, [side, dict(adjoints)], adjoints)

    def join(self, made: Branch, condition: int, sides: list[_Adjoints], adjoints: _Adjoints) -> None:
        then, otherwise = sides
        for index in sorted({*then, *otherwise}, reverse=True):
            (a, a_there), (b, b_there) = then.get(index, (0.0, _NEVER)), otherwise.get(index, (0.0, _NEVER))
            if same(a, b) and a_there == b_there:
                adjoints[index] = (a, a_there)
                continue
            adjoint = self.builder.select(made, a, b)
            adjoints[index] = (adjoint, self.joined_truth(condition, a_there, b_there))

    def joined_truth(self, condition: int, then: int | None, otherwise: int | None) -> int | None:
        """Whether an adjoint is there after a join, from both sides' answers."""
        write = self.builder.operation
        if then is None and otherwise is None:
            return None
        if otherwise == _NEVER:
            return condition if then is None else write("and", (condition, then))
        opposite = write("not", (condition,))
        if then == _NEVER:
            return opposite if otherwise is None else write("and", (opposite, otherwise))
        if then is None:
            assert otherwise is not None
            return write("or", (condition, otherwise))
        if otherwise is None:
            return write("or", (opposite, then))
        return write("or", (write("and", (condition, then)), write("and", (opposite, otherwise))))


def _reached(items: Sequence[Item], adjoints: _Adjoints) -> bool:
    """Whether an operation of a side has an adjoint: what a side has computed may stand on a later one too."""
    waiting = list(items)
    while waiting:
        item = waiting.pop()
        if isinstance(item, Branch):
            waiting += [*item.selects, *item.then, *item.otherwise]
        elif item in adjoints:
            return True
    return False


def gradient_code(code: StraightLine, output: int, held: Sequence[int] = (), watched: bool = False) -> StraightLine:
    """The output's value, then its partials by the inputs that are not held.

    watched: and the truth that a NaN was an operand of a function that turns it into a number; 0 where that cannot be.
    """
    replay = _Replay(code, held)
    inputs = [index for index in range(code.inputs) if index not in held]
    partials = _Reverse(replay).gradient(code.outputs[output], inputs)
    return replay.finished([replay[code.outputs[output]], *partials, *([replay.swallowed()] if watched else [])])


def jacobian_code(code: StraightLine) -> StraightLine:
    """All outputs, then a row of partials for each, by one reverse sweep a row."""
    replay = _Replay(code)
    rows = [_Reverse(replay).gradient(output, range(code.inputs)) for output in code.outputs]
    return replay.finished([*(replay[o] for o in code.outputs), *(partial for row in rows for partial in row)])


# -- forward mode and forward over reverse, for code without branches --------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Pair:
    """A value with its tangent, both operands; a bare operand does not move."""

    value: Operand
    tangent: Operand


class _PairWriter:
    """The number kind of pairs, for partials that move with the direction (see sweeps.hessian_times)."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name in ("equal", "less"):
            compare = getattr(self.writer, name)
            return lambda *numbers: compare(*(_value(n) for n in numbers))
        return lambda *numbers: self.apply(name, *numbers)

    def choose(self, condition: Any, then: Any, otherwise: Any) -> Any:
        if isinstance(condition, bool):
            return then if condition else otherwise
        value = self.writer.choose(condition, _value(then), _value(otherwise))
        if not (isinstance(then, _Pair) or isinstance(otherwise, _Pair)):
            return value
        tangents = [n.tangent if isinstance(n, _Pair) else 0.0 for n in (then, otherwise)]
        return _Pair(value, self.writer.choose(condition, *tangents))

    def apply(self, name: str, *numbers: Any) -> Any:
        values = [_value(n) for n in numbers]
        value = self.writer.builder.apply(name, *values)
        if not any(isinstance(n, _Pair) for n in numbers):
            return value
        terms = [
            (by(self.writer, *values, value), number.tangent)
            for by, number in zip(PRIMITIVES[name].partials, numbers, strict=True)
            if isinstance(number, _Pair)
        ]
        return _Pair(value, _summed(self.writer, terms))


def _value(number: Any) -> Operand:
    value: Operand = number.value if isinstance(number, _Pair) else number
    return value


def _summed(writer: Writer, terms: Sequence[tuple[Operand, Operand]]) -> Operand:
    """The sum of products, from the left."""
    total: Operand | None = None
    for a, b in terms:
        amount = writer.mul(a, b)
        total = amount if total is None else writer.add(total, amount)
    return 0.0 if total is None else total


def _tangents(replay: _Replay, directions: dict[int, Operand]) -> dict[int, Operand]:
    """The tangent of each operation that moves with the direction (input → its entry)."""
    tangents = dict(directions)
    code = replay.code
    for index in code.body:
        assert isinstance(index, int)
        if code.functions[index] in PRIMITIVES:
            terms = [(by, tangents[argument]) for argument, by in replay.partials(index, tangents)]
            if terms:
                tangents[index] = _summed(replay.writer, terms)
    return tangents


def _with_directions(code: StraightLine, moving: Sequence[int]) -> tuple[StraightLine, dict[int, Operand]]:
    """The code with inputs for the entries of a direction appended (one for each moving input)."""
    shift = len(moving)

    def moved(operands: tuple[Operand, ...]) -> tuple[Operand, ...]:
        return tuple(o + shift if isinstance(o, int) and o >= code.inputs else o for o in operands)

    functions = [*code.functions[: code.inputs], *["input"] * shift, *code.functions[code.inputs :]]
    arguments = [*[()] * (code.inputs + shift), *(moved(a) for a in code.arguments[code.inputs :])]
    body: list[Item] = [index + shift for index in code.body if isinstance(index, int)]
    guards = tuple((guard + shift, outcome) for guard, outcome in code.guards)
    widened = StraightLine(code.inputs + shift, functions, arguments, body, moved(code.outputs), guards)
    return widened, {index: code.inputs + place for place, index in enumerate(moving)}


def tangent_code(code: StraightLine, moving: Sequence[int]) -> StraightLine:
    """The outputs, then their tangents; its inputs are the program's, then the direction's entries that are not 0."""
    code, directions = _with_directions(code, moving)
    replay = _Replay(code)
    tangents = _tangents(replay, directions)
    along = [tangents.get(o, 0.0) if isinstance(o, int) else 0.0 for o in code.outputs]
    return replay.finished([*(replay[o] for o in code.outputs), *(replay.builder.apply("add", 0.0, t) for t in along)])


def hessian_times_code(code: StraightLine, output: int, moving: Sequence[int]) -> StraightLine:
    """The output, then H·direction by forward over reverse; its inputs are those of `tangent_code`."""
    size = code.inputs
    code, directions = _with_directions(code, moving)
    replay = _Replay(code)
    place = code.outputs[output]
    return replay.finished([replay[place], *_bends(replay, _tangents(replay, directions), place, size)])


def hessian_code(code: StraightLine, output: int) -> StraightLine:
    """The output, its gradient, then the Hessian, a column an input's direction, by forward over reverse."""
    replay = _Replay(code)
    place = code.outputs[output]
    size = code.inputs
    columns = [_bends(replay, _tangents(replay, {index: 1.0}), place, size) for index in range(size)]
    partials = _Reverse(replay).gradient(place, range(size))
    return replay.finished([replay[place], *partials, *(entry for column in columns for entry in column)])


def _bends(replay: _Replay, tangents: dict[int, Operand], place: Operand, inputs: int) -> list[Operand]:
    """The tangents of the first inputs' adjoints: a reverse sweep run over pairs."""
    code, writer = replay.code, _PairWriter(replay.writer)

    def number(operand: Operand) -> Any:
        tangent = tangents.get(operand) if isinstance(operand, int) else None
        return replay[operand] if tangent is None else _Pair(replay[operand], tangent)

    adjoints: dict[int, Any] = {}
    if isinstance(place, int):
        adjoints[place] = 1.0
    varies = replay.varies.difference(range(inputs, code.inputs))
    for index in reversed(code.body):
        assert isinstance(index, int)
        if index not in adjoints:
            continue
        operands = [number(a) for a in code.arguments[index]]
        moving = [isinstance(o, _Pair) for o in operands]
        for position, argument in enumerate(code.arguments[index]):
            if isinstance(argument, int) and argument in varies:
                rule = partial_in_motion(code.functions[index], position, moving)
                by = rule(writer, *operands, number(index))
                amount = writer.apply("mul", adjoints[index], by)
                before = adjoints.get(argument)
                adjoints[argument] = amount if before is None else writer.apply("add", before, amount)

    def along(column: Any) -> Operand:
        """The tangent of an adjoint, NaN where the adjoint is."""
        if column is None:
            return 0.0
        tangent = replay.builder.apply("add", 0.0, column.tangent) if isinstance(column, _Pair) else 0.0
        value = _value(column)
        return replay.writer.choose(replay.writer.equal(value, value), tangent, math.nan)

    return [along(adjoints.get(index)) for index in range(inputs)]
