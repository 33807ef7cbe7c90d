"""The tape: the operations that one evaluation at one point performs, as data, with the decisions taken on the way.

One file of a little more than 300 lines: the recording and the dual numbers are the two readings of one partial.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from explorer.calculus.algebras import COMPARE, Silent, whole_number
from explorer.calculus.evaluate import Run
from explorer.calculus.lowering import lower
from explorer.calculus.numbers import NAN, REAL, Real, linearize
from explorer.language.primitives import PRIMITIVES
from explorer.language.program import (
    DEFAULT_LIMITS,
    NOWHERE,
    ExplorerError,
    Fields,
    Limits,
    Program,
    Record,
    Span,
    maker,
)

INPUT = "input"


class Edge(Fields, metaclass=Record):
    """One number: the partial of an operation by one of its arguments that depends on an input."""

    parent: int
    partial: float
    position: int  # which argument of the operation, from 0


class Op(Fields, metaclass=Record):
    """One recorded operation, or an input (function INPUT).

    arguments: the index of an earlier op, or a float that depends on no input.
    aliases: names that the source gives this value.
    iteration: which round of each loop around it, from 1, the outer loop first; call: which call, 0 the main one.
    """

    index: int
    name: str
    function: str
    arguments: tuple[int | float, ...]
    value: float
    edges: tuple[Edge, ...]
    span: Span
    aliases: tuple[str, ...] = ()
    iteration: tuple[int, ...] = ()
    call: int = 0

    def called(self, names: tuple[str, ...]) -> Op:
        """The same operation with these other names."""
        return Op(
            self.index, self.name, self.function, self.arguments, self.value, self.edges, self.span, names,
            self.iteration, self.call,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an own function: its number, the call that made it, the function, the place.

    arguments: their numbers. results: what it gave back, each an op or, where that depends on no input, a number; empty
    while it runs. None in both: a list.
    """

    number: int
    caller: int
    function: str
    span: Span
    arguments: tuple[float | None, ...] = ()
    results: tuple[int | float | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Loop:
    """One loop that ended, and how often it ran."""

    span: Span
    iterations: int
    call: int


class Decision(Fields, metaclass=Record):
    """A comparison that depends on an input: which way it went, and margin = left − right."""

    span: Span
    left: float
    operator: str
    right: float
    taken: bool

    @property
    def margin(self) -> float:
        """left − right: 0 on the boundary."""
        return self.left - self.right


class Kink(Fields, metaclass=Record):
    """An operation with a corner or a jump nearby: margin is 0 exactly there, scale the size of its arguments."""

    op: int
    margin: float
    scale: float
    jump: bool


class Event(Fields, metaclass=Record):
    """Something that happened between two ops, `before` of which were recorded already.

    kind: "call" (call `call` begins), "at" (the walk goes on in this iteration and call), "loop" (the loop at `span`
    has ended), "name" (`name` was given the value of `op`) and "decision" (the one with this number, `op`).
    """

    before: int
    kind: Literal["call", "at", "loop", "name", "decision"]
    iteration: tuple[int, ...] = ()
    call: int = 0
    name: str = ""
    op: int = 0
    span: Span = NOWHERE


_edge, _op, _decision, _kink, _event = maker(Edge), maker(Op), maker(Decision), maker(Kink), maker(Event)


@dataclass(frozen=True)
class Tape:
    """A recorded evaluation: ops in execution order, the inputs first.

    outputs: for each output its op's index, or its value where it depends on no input.
    """

    ops: tuple[Op, ...]
    inputs: tuple[str, ...]
    output_names: tuple[str, ...]
    outputs: tuple[int | float, ...]
    decisions: tuple[Decision, ...] = ()
    kinks: tuple[Kink, ...] = ()
    calls: tuple[Call, ...] = ()
    loops: tuple[Loop, ...] = ()
    events: tuple[Event, ...] = ()

    @property
    def values(self) -> tuple[float, ...]:
        """The outputs' values."""
        return tuple(self.ops[o].value if isinstance(o, int) else o for o in self.outputs)

    @property
    def operations(self) -> tuple[Op, ...]:
        """The ops that are not inputs."""
        return self.ops[len(self.inputs) :]

    def undefined(self) -> Op | None:
        """The first op that is outside its domain (NaN out of finite arguments), or None."""
        for op in self.operations:
            if op.value != op.value and all(map(math.isfinite, self.argument_values(op))):
                return op
        return None

    def argument_values(self, op: Op) -> list[float]:
        """The op's arguments as numbers."""
        return [self.ops[a].value if isinstance(a, int) else a for a in op.arguments]

    def argument_names(self, op: Op) -> list[str | float]:
        """The op's arguments as names of ops, or numbers."""
        return [self.ops[a].name if isinstance(a, int) else a for a in op.arguments]

    def __str__(self) -> str:
        """A line an op: name, operation, value, partials."""
        lines = []
        for op in self.ops:
            arguments = ", ".join(str(a) for a in self.argument_names(op))
            partials = ", ".join(f"{e.partial!r}" for e in op.edges)
            lines.append(f"{op.name} = {op.function}({arguments}) = {op.value!r}  [{partials}]")
        return "\n".join(lines)


@dataclass(slots=True)  # one an operation, and frozen it would take three times as long
class Traced:
    """A number under recording that depends on an input: its op. Never changed."""

    index: int
    value: float


class Recorder(Silent):
    """The algebra that records: a number is a Traced, or a plain float that depends on no input."""

    def __init__(self, inputs: Sequence[str], point: Sequence[float], limits: Limits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        self.ops: list[Op] = []
        self.flat: list[bool] = []  # for each op whether it stays the same when the inputs move a little (a floor does)
        self.counts: set[int] = set()  # ops whose value was needed as a whole number
        self.decisions: list[Decision] = []
        self.kinks: list[Kink] = []
        self.aliases: dict[int, list[str]] = {}
        self.calls: list[Call] = []
        self.loops: list[Loop] = []
        self.events: list[Event] = []
        self.iteration: tuple[int, ...] = ()
        self.call = 0
        self.stem = operation_stem(inputs)
        self.count_inputs = len(inputs)
        for name, value in zip(inputs, point, strict=True):
            self.ops.append(Op(len(self.ops), name, INPUT, (), float(value), (), NOWHERE))
            self.flat.append(False)

    def inputs(self) -> list[Traced]:
        """The traced inputs, in order."""
        return [Traced(op.index, op.value) for op in self.ops[: self.count_inputs]]

    def constant(self, value: float) -> float:
        return value

    def apply(self, function: str, arguments: list[Any], span: Span) -> Traced | float:
        traced = [type(a) is Traced for a in arguments]
        numbers = [a.value if t else a for a, t in zip(arguments, traced, strict=True)]
        if True not in traced:
            return REAL[function](*numbers)
        value, partials = linearize(function, numbers, traced, lambda: self.share_an_input(arguments))
        parents = [a.index if t else a for a, t in zip(arguments, traced, strict=True)]
        edges, flat = [], True
        for position, partial in enumerate(partials):
            if partial is not None:
                edges.append(_edge((parents[position], partial, position)))
                flat = flat and (partial == 0.0 or self.flat[parents[position]])
        index = len(self.ops)
        number = index - self.count_inputs + 1
        if number > self.limits.operations:
            raise ExplorerError(f"More than {self.limits.operations:,} operations to record.", span, "limit")
        name, place = f"{self.stem}{number}", (self.iteration, self.call)
        self.ops.append(_op((index, name, function, tuple(parents), value, tuple(edges), span, (), *place)))
        self.flat.append(flat)
        primitive = PRIMITIVES[function]
        if primitive.kink is not None:
            scale = max((abs(n) for n in numbers), default=0.0)
            self.kinks.append(_kink((index, float(primitive.kink(Real, *numbers)), scale, primitive.jump)))
        return Traced(index, value)

    def share_an_input(self, arguments: Sequence[Traced]) -> bool:
        """Whether there is an input on which all of these depend."""
        reached = [{argument.index} for argument in arguments]
        for places in reached:
            waiting = list(places)
            while waiting:
                parents = {edge.parent for edge in self.ops[waiting.pop()].edges} - places
                places |= parents
                waiting += parents
        return any(place < self.count_inputs for place in set.intersection(*reached))

    def decide(self, operator: str, left: Any, right: Any, span: Span) -> bool:
        a = left.value if isinstance(left, Traced) else left
        b = right.value if isinstance(right, Traced) else right
        taken = bool(COMPARE[operator](a, b))
        if isinstance(left, Traced) or isinstance(right, Traced):
            self._happened("decision", self.iteration, op=len(self.decisions), span=span)
            self.decisions.append(_decision((span, a, operator, b, taken)))
        return taken

    def merge(self, condition: Any, then: Any, otherwise: Any, span: Span) -> Any:
        raise NotImplementedError  # `decide` is never open here

    def whole(self, value: Any) -> int | None:
        """A count that moves with an input has no derivative: between whole numbers there is no function."""
        if not isinstance(value, Traced):
            return whole_number(value)
        if not self.flat[value.index] and value.index not in self.counts:
            self.counts.add(value.index)
            self.kinks.append(_kink((value.index, 0.0, 1.0, True)))
        return whole_number(value.value)

    def assigned(self, name: str, value: Any) -> None:
        if not isinstance(value, Traced):
            return
        self._happened("name", self.iteration, name, value.index)
        if name not in self.aliases.get(value.index, ()):
            self.aliases.setdefault(value.index, []).append(name)

    def at(self, iteration: tuple[int, ...], call: int) -> None:
        self.iteration, self.call = iteration, call
        self._happened("at", iteration)

    def called(self, call: int, caller: int, function: str, span: Span, arguments: Sequence[Any]) -> None:
        given = [a.value if isinstance(a, Traced) else a if isinstance(a, float) else None for a in arguments]
        self.calls.append(Call(call, caller, function, span, tuple(given)))
        self.events.append(_event((len(self.ops), "call", (), call, function, 0, span)))

    def returned(self, call: int, values: Sequence[Any]) -> None:
        results = [v.index if isinstance(v, Traced) else v if isinstance(v, float) else None for v in values]
        self.calls[call - 1] = replace(self.calls[call - 1], results=tuple(results))

    def looped(self, span: Span, iterations: int, call: int) -> None:
        self.loops.append(Loop(span, iterations, call))
        self.events.append(_event((len(self.ops), "loop", self.iteration, call, "", 0, span)))

    def _happened(
        self, kind: str, iteration: tuple[int, ...], name: str = "", op: int = 0, span: Span = NOWHERE
    ) -> None:
        self.events.append(_event((len(self.ops), kind, iteration, self.call, name, op, span)))


def operation_stem(inputs: Sequence[str]) -> str:
    """The letter of the operations' names v1, v2, …: one with which no input of the form letter-number begins."""
    taken = {name.rstrip("0123456789") for name in inputs if name[-1:].isdigit()}
    spare = (f"op{index}_" for index in range(len(taken)))
    return next(stem for stem in ("v", "w", "t", "u", "n", "op", *spare) if stem not in taken)


def record(program: Program, point: Sequence[float], limits: Limits | None = None) -> Tape:
    """The tape of the program at a point (inputs in the program's order)."""
    recorder = Recorder(program.inputs, point, limits or program.limits)
    results = Run(lower(program), recorder, limits).outputs(recorder.inputs())
    ops = recorder.ops
    for index, names in recorder.aliases.items():
        ops[index] = ops[index].called(tuple(names))
    outputs = tuple(r.index if isinstance(r, Traced) else float(r) for r in results)
    return Tape(
        tuple(ops),
        program.inputs,
        program.outputs,
        outputs,
        tuple(recorder.decisions),
        tuple(recorder.kinks),
        tuple(recorder.calls),
        tuple(recorder.loops),
        tuple(recorder.events),
    )


@dataclass(frozen=True, slots=True)
class Dual:
    """value + tangent·ε with ε² = 0; a plain float stands for a number that does not move with the seed."""

    value: float
    tangent: float


class DualNumbers(Silent):
    """The algebra of forward mode.

    A number that does not depend on a seeded input is a plain float and not a Dual with tangent 0: 0 times an infinite
    partial would be NaN where the derivative is 0.
    """

    def constant(self, value: float) -> float:
        return value

    def apply(self, function: str, arguments: list[Any], span: Span) -> Dual | float:
        moving = [isinstance(a, Dual) for a in arguments]
        numbers = [a.value if m else a for a, m in zip(arguments, moving, strict=True)]
        if not any(moving):
            return REAL[function](*numbers)
        value, partials = linearize(function, numbers, moving)
        tangent = 0.0
        for argument, partial in zip(arguments, partials, strict=True):
            if partial is not None:
                tangent += partial * argument.tangent
        return Dual(value, tangent)

    def decide(self, operator: str, left: Any, right: Any, span: Span) -> bool:
        a = left.value if isinstance(left, Dual) else left
        b = right.value if isinstance(right, Dual) else right
        return bool(COMPARE[operator](a, b))

    def merge(self, condition: Any, then: Any, otherwise: Any, span: Span) -> Any:
        raise NotImplementedError  # `decide` is never open here

    def whole(self, value: Any) -> int | None:
        return whole_number(value.value if isinstance(value, Dual) else value)


def derivative_along(
    program: Program, point: Sequence[float], direction: Sequence[float], limits: Limits | None = None
) -> tuple[float, ...]:
    """The directional derivatives of all outputs by one run with dual numbers; shape (outputs,).

    NaN where a value is outside the domain of a function on its way.
    """
    inputs = [Dual(float(x), float(d)) if d != 0.0 else float(x) for x, d in zip(point, direction, strict=True)]
    results = Run(lower(program), DualNumbers(), limits).outputs(inputs)
    return tuple(r.tangent if isinstance(r, Dual) else (0.0 if r == r else NAN) for r in results)


def forward_jacobian(program: Program, point: Sequence[float], limits: Limits | None = None) -> list[list[float]]:
    """The Jacobian by one dual-number run an input; rows are outputs, columns inputs."""
    size = len(program.inputs)
    columns = [derivative_along(program, point, [float(i == j) for i in range(size)], limits) for j in range(size)]
    return [[column[row] for column in columns] for row in range(len(program.outputs))]
