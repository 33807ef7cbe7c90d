"""The parts of a tape that belong together in the source: a call, a loop, a round of one, a named intermediate.

A part is an interval of ops in execution order. Contracting an interval of a topological order makes no cycle, so that
any parts may be folded into one node each.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from explorer.calculus.tape import Event, Tape
from explorer.language.program import NOWHERE, Span

FEWEST_OPS = 2  # a part of one op is that op
# Of a loop all rounds but its first and its last ones are a part: how it begins and how it ends is what is looked at.
FIRST_ROUNDS, LAST_ROUNDS, FEWEST_ROUNDS = 2, 1, 6

_Kind = Literal["call", "loop", "round", "name"]


@dataclass(frozen=True, slots=True)
class Part:
    """The ops `first` to `last` (inclusive) that one call, round or assignment made, or the middle rounds of a loop.

    key: the same for the same place of the program, whatever the values and whatever is edited before it: "call 3", the
        first loop's "loop 2//0" and its rounds "round 2/4/0", "name 2/4/t/0".
    rounds: of a loop how many it stands for.
    op: whose value the part has: of a call or a name its result, of a round the last that was named in it.
    """

    kind: _Kind
    key: str
    label: str
    first: int
    last: int
    span: Span
    iteration: tuple[int, ...]
    call: int
    rounds: int = 0


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop as it ran: its place, the call in which it stands, its rounds around it, and what each round named.

    rounds: for each round the names it gave values with the op of the last value, in the order of their first naming.
    begins: the first op of each round, those of the calls in it among them; and last the op after the last round.
    """

    span: Span
    call: int
    outer: tuple[int, ...]
    rounds: tuple[dict[str, int], ...]
    begins: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Round:
    """The ops `first` to `end` (exclusive) of a round, and what it named."""

    first: int
    end: int
    names: dict[str, int]


@dataclass(slots=True)
class _Open:
    """A call while it runs: where its present statement and its open rounds began."""

    call: int
    name: str
    span: Span
    first: int
    statement: int
    rounds: list[tuple[int, dict[str, int]]] = field(default_factory=list)  # first op, names
    finished: list[list[_Round]] = field(default_factory=list)  # for each open loop its rounds so far
    iteration: tuple[int, ...] = ()


class _Reading:
    """The events of a tape, read once from the front."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.parts: list[Part] = []
        self.loops: list[Loop] = []
        self.stack = [_Open(0, "", NOWHERE, 0, len(tape.inputs))]
        self.ended: dict[tuple[int, tuple[int, ...]], int] = {}  # how many loops of a call, or of a round in it
        self.named: dict[str, int] = {}  # how often a call or a round has named a value so
        self.labels: dict[str, int] = {}  # how often a name has been given, which tells its parts apart

    def read(self) -> None:
        for event in self.tape.events:
            match event.kind:
                case "call":
                    self.stack.append(_Open(event.call, event.name, event.span, event.before, event.before))
                case "at":
                    self.at(event)
                case "loop":
                    self.end_loop(event)
                case "name":
                    self.name(event)
                case "decision":
                    self.stack[-1].statement = event.before
        while len(self.stack) > 1:
            self.leave(len(self.tape.ops))

    def at(self, event: Event) -> None:
        while self.stack[-1].call != event.call:
            self.leave(event.before)
        frame = self.stack[-1]
        if frame.iteration == event.iteration:  # back from a call, or into one
            return
        depth = len(event.iteration)
        while len(frame.rounds) > depth or (len(frame.rounds) == depth and frame.iteration != event.iteration):
            self.end_round(frame, event.before)
            if len(frame.rounds) < depth:
                break
        del frame.finished[depth:]
        if depth and event.iteration[-1] > 0 and len(frame.rounds) < depth:
            frame.rounds.append((event.before, {}))
            while len(frame.finished) < depth:
                frame.finished.append([])
        frame.iteration = event.iteration
        frame.statement = event.before

    def end_round(self, frame: _Open, end: int) -> None:
        first, names = frame.rounds.pop()
        iteration = frame.iteration[: len(frame.rounds) + 1]
        frame.finished[len(frame.rounds)].append(_Round(first, end, names))
        number = ".".join(map(str, iteration))
        loop = self.ended.get((frame.call, iteration[:-1]), 0)
        self.keep("round", f"round {frame.call}/{number}/{loop}", f"round {iteration[-1]}", first, end - 1, frame)

    def end_loop(self, event: Event) -> None:
        """The loop's last round ends with it."""
        frame = self.stack[-1]
        depth = len(event.iteration)
        if len(frame.rounds) == depth and depth:
            self.end_round(frame, event.before)
        rounds = tuple(frame.finished[depth - 1]) if 0 < depth <= len(frame.finished) else ()
        outer = event.iteration[:-1]
        begins = (*(done.first for done in rounds), rounds[-1].end) if rounds else ()
        self.loops.append(Loop(event.span, frame.call, outer, tuple(done.names for done in rounds), begins))
        if len(rounds) >= FEWEST_ROUNDS:
            middle = rounds[FIRST_ROUNDS:-LAST_ROUNDS]
            key = f"loop {frame.call}/{'.'.join(map(str, outer))}/{self.ended.get((frame.call, outer), 0)}"
            label = f"rounds {FIRST_ROUNDS + 1}–{len(rounds) - LAST_ROUNDS}"
            self.keep("loop", key, label, middle[0].first, middle[-1].end - 1, frame, event.span, len(middle))
        self.ended[frame.call, outer] = self.ended.get((frame.call, outer), 0) + 1
        del frame.finished[max(depth - 1, 0) :]
        frame.iteration = event.iteration[:-1]

    def leave(self, end: int) -> None:
        frame = self.stack.pop()
        while frame.rounds:
            self.end_round(frame, end)
        self.keep("call", f"call {frame.call}", frame.name, frame.first, end - 1, frame)

    def name(self, event: Event) -> None:
        frame = self.stack[-1]
        if frame.rounds:
            frame.rounds[-1][1][event.name] = event.op
        if event.op == event.before - 1:
            place = f"name {frame.call}/{'.'.join(map(str, frame.iteration))}/{event.name}"
            count = self.named[place] = self.named.get(place, -1) + 1
            span = self.tape.ops[event.op].span
            self.keep("name", f"{place}/{count}", event.name, frame.statement, event.op, frame, span)
        frame.statement = event.before

    def keep(
        self,
        kind: _Kind,
        key: str,
        label: str,
        first: int,
        last: int,
        frame: _Open,
        span: Span | None = None,
        rounds: int = 0,
    ) -> None:
        first = max(first, len(self.tape.inputs))
        if last - first + 1 >= FEWEST_OPS:
            place = frame.span if span is None else span
            self.parts.append(Part(kind, key, label, first, last, place, frame.iteration, frame.call, rounds))


def parts_of(tape: Tape) -> tuple[Part, ...]:
    """All parts of a tape, inner ones before those around them."""
    reading = _Reading(tape)
    reading.read()
    return tuple(reading.parts)


def loops_of(tape: Tape) -> tuple[Loop, ...]:
    """The loops of a tape in the order in which they ended."""
    reading = _Reading(tape)
    reading.read()
    return tuple(reading.loops)


@dataclass(frozen=True, slots=True)
class Fold:
    """A part as one node: its result `op`, and whether it is the only op of the part that anything else uses.

    partials: for each op outside that the part uses, ∂(result)/∂(that op) by all paths inside; empty unless `single`.
    """

    part: Part
    op: int
    single: bool
    partials: dict[int, float]


def folded(tape: Tape, keys: Collection[str]) -> list[Fold]:
    """The outermost of the parts with these keys, in the order of their ops, none overlapping another."""
    wanted = sorted((p for p in parts_of(tape) if p.key in keys), key=lambda p: (p.first, -p.last))
    kept: list[Part] = []
    for part in wanted:
        if not kept or part.first > kept[-1].last:
            kept.append(part)
    inside: dict[int, int] = {}
    for number, part in enumerate(kept):
        inside.update(dict.fromkeys(range(part.first, part.last + 1), number))
    used: list[set[int]] = [set() for _ in kept]
    for op in tape.operations:
        for edge in op.edges:
            home = inside.get(edge.parent)
            if home is not None and inside.get(op.index) != home:
                used[home].add(edge.parent)
    for output in tape.outputs:
        if isinstance(output, int) and output in inside:
            used[inside[output]].add(output)
    return [_fold(tape, part, outside) for part, outside in zip(kept, used, strict=True)]


def _fold(tape: Tape, part: Part, used: set[int]) -> Fold:
    result = max(used, default=part.last)
    if len(used) > 1:
        return Fold(part, result, False, {})
    adjoint = {result: 1.0}
    partials: dict[int, float] = {}
    for op in reversed(tape.ops[part.first : result + 1]):
        own = adjoint.get(op.index)
        if own is None:
            continue
        for edge in op.edges:
            side = adjoint if edge.parent >= part.first else partials
            side[edge.parent] = side.get(edge.parent, 0.0) + own * edge.partial
    return Fold(part, result, True, partials)
