"""The one walk: a Program's code run over any kind of number (its Algebra), with step and depth limits.

One file of more than 300 lines: the walk, its state, and what it does at an open condition.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.calculus.algebras import (
    Algebra,
    ArrayNumbers,
    ComplexNumbers,
    Numbers,
)
from explorer.calculus.lowering import Code, Instruction, Operation, Routine, lower
from explorer.calculus.numbers import NAN, REAL, ComplexStepInvalid
from explorer.language.program import NOWHERE, ExplorerError, Limits, Program, Span

# Under names of their own: Python 3.11 takes a tenth of a microsecond to find an enum's member.
_APPLY, _COPY, _TEST, _JUMP, _CALL, _RETURN, _NEXT = (
    Operation.APPLY,
    Operation.COPY,
    Operation.TEST,
    Operation.JUMP,
    Operation.CALL,
    Operation.RETURN,
    Operation.NEXT,
)
_TICK, _ENTER, _LEAVE = Operation.TICK, Operation.ENTER, Operation.LEAVE


class Items:
    """A list of the program: not a Python list, so that no arithmetic takes it for numbers.

    born: how many lists the run had made before. frozen: which of several lists it is depends on an open condition, so
    that its items can be read and not be assigned to.
    """

    __slots__ = ("born", "frozen", "values")

    def __init__(self, values: list[Any], born: int = 0) -> None:
        self.values, self.born, self.frozen = values, born, False


class _Cursor:
    """A place in a list, which may change under way, or in a range."""

    __slots__ = ("items", "place")

    def __init__(self, items: Items | range, place: int = 0) -> None:
        self.items, self.place = items, place

    def next(self) -> Any:
        """The item at the place, which moves on; None at the end."""
        items = self.items if isinstance(self.items, range) else self.items.values
        if self.place >= len(items):
            return None
        self.place += 1
        return items[self.place - 1]


class _Frame:
    """One call under way: its registers, the next instruction, where its result goes, and where it is for the trace."""

    __slots__ = ("call", "counter", "iteration", "registers", "routine", "target")

    def __init__(self, routine: Routine, registers: list[Any], target: int, call: int) -> None:
        self.routine, self.registers, self.target, self.call = routine, registers, target, call
        self.counter = 0
        self.iteration: tuple[int, ...] = ()

    def fork(self, counter: int) -> _Frame:
        """The same state, to be continued elsewhere; lists stay the same lists (see Run._both)."""
        registers = [_Cursor(r.items, r.place) if isinstance(r, _Cursor) else r for r in self.registers]
        other = _Frame(self.routine, registers, self.target, self.call)
        other.counter, other.iteration = counter, self.iteration
        return other


@dataclass
class _Journal:
    """The lists that one side of an open condition has changed: each with its items as they were before.

    Only lists that are older than the condition count: a later one is known to this side alone.
    """

    newest: int  # lists born later are the side's own
    before: dict[int, tuple[Items, list[Any]]] = field(default_factory=dict)

    def note(self, items: Items) -> None:
        """The list is about to change."""
        if items.born <= self.newest and id(items) not in self.before:
            self.before[id(items)] = (items, items.values.copy())


class Run:
    """One evaluation of some code over an algebra, within the program's limits or others."""

    def __init__(self, code: Code, algebra: Algebra, limits: Limits | None = None) -> None:
        self.code = code
        self.algebra = algebra
        self.limits = limits or code.limits
        self.steps = 0
        self.paths = 0
        self.calls = 0
        self.lists = 0
        self.journal: _Journal | None = None  # of the innermost open condition
        self.returned = NOWHERE  # the place of the last return
        self.templates: dict[str, list[Any]] = {}

    def outputs(self, inputs: Sequence[Any]) -> tuple[Any, ...]:
        """The values that the main routine returns for these inputs."""
        try:
            result = self._execute(self._enter(self.code.main, inputs, -1, 0), stop=-1)
        except RecursionError:  # sides of open conditions inside each other, deep in the caller's stack
            raise ExplorerError("Too many conditions inside each other depend on an input.", kind="limit") from None
        assert result is not None
        if any(isinstance(value, Items) for value in result):
            raise ExplorerError("A list is returned: return its items one by one.", self.returned, "domain")
        return result

    def _too_many_items(self, span: Span) -> ExplorerError:
        return ExplorerError(f"A list may have at most {self.limits.items:,} items.", span, "limit")

    def _new(self, values: list[Any], span: Span) -> Items:
        """A new list; its items count as steps, for they take time and memory."""
        if len(values) > self.limits.items:
            raise self._too_many_items(span)
        self.steps += len(values)
        self.lists += 1
        return Items(values, self.lists)

    def _enter(self, routine: Routine, arguments: Sequence[Any], target: int, call: int) -> _Frame:
        template = self.templates.get(routine.name)
        if template is None:
            template = [None] * routine.registers
            for register, value in routine.constants:
                template[register] = self.algebra.constant(value)
            self.templates[routine.name] = template
        registers = template.copy()
        registers[: len(arguments)] = arguments
        return _Frame(routine, registers, target, call)

    def _execute(self, bottom: _Frame, stop: int) -> tuple[Any, ...] | None:
        """Run from the frame's counter until it returns (its values) or reaches `stop` (None).

        Longer than other functions: it is the one loop over the instructions, the frequent ones first.
        """
        algebra, limits = self.algebra, self.limits
        stack = [bottom]
        frame = bottom
        while True:
            if frame.counter == stop and frame is bottom:
                return None
            instruction = frame.routine.instructions[frame.counter]
            registers = frame.registers
            operation = instruction.operation
            self.steps += 1
            if self.steps > limits.steps:
                line = instruction.span.line
                said = f"Stopped after {limits.steps:,} steps, in line {line}: this does not seem to end."
                raise ExplorerError(said, instruction.span, "limit")
            if operation is _APPLY:
                arguments = [registers[o] for o in instruction.operands]
                try:
                    registers[instruction.target] = algebra.apply(instruction.text, arguments, instruction.span)
                except (TypeError, AttributeError):  # asked only where it fails, for speed
                    if any(isinstance(a, Items) for a in arguments):
                        raise _list_refused(instruction) from None
                    raise
            elif operation is _COPY:
                value = registers[instruction.operands[0]]
                registers[instruction.target] = value
                if instruction.name:
                    algebra.assigned(instruction.name, value)
            elif operation is _TEST:
                left, right = (registers[o] for o in instruction.operands)
                if isinstance(left, Items) or isinstance(right, Items):
                    raise ExplorerError("Lists cannot be compared: compare their items.", instruction.span)
                outcome = algebra.decide(instruction.text, left, right, instruction.span)
                if outcome is True or outcome is False:
                    if outcome is not instruction.wanted:
                        frame.counter = instruction.jump
                        continue
                elif instruction.loop:
                    if algebra.follow(outcome, instruction.span) is not instruction.wanted:
                        frame.counter = instruction.jump
                        continue
                else:
                    result = self._both(frame, instruction, outcome, stop if frame is bottom else -1)
                    if result is None:
                        continue
                    if frame is bottom:
                        return result
                    stack.pop()
                    frame = self._return(frame, stack[-1], result)
            elif operation is _JUMP:
                frame.counter = instruction.jump
                continue
            elif operation is _CALL:
                if len(stack) >= limits.depth:
                    raise ExplorerError(
                        f"Stopped: calls more than {limits.depth:,} deep in {instruction.text}.",
                        instruction.span,
                        "limit",
                    )
                self.calls += 1
                arguments = [registers[o] for o in instruction.operands]
                algebra.called(self.calls, frame.call, instruction.text, instruction.span, arguments)
                routine = self.code.routines[instruction.text]
                frame = self._enter(routine, arguments, instruction.target, self.calls)
                algebra.at((), frame.call)
                stack.append(frame)
                continue
            elif operation is _RETURN:
                values = tuple([registers[o] for o in instruction.operands])
                self.returned = instruction.span
                if frame is bottom:
                    return values
                stack.pop()
                frame = self._return(frame, stack[-1], values)
            elif operation is _NEXT:
                item = registers[instruction.operands[0]].next()
                if item is None:
                    frame.counter = instruction.jump
                    continue
                registers[instruction.target] = algebra.constant(float(item)) if isinstance(item, int) else item
            elif operation is _TICK:
                frame.iteration = (*frame.iteration[:-1], frame.iteration[-1] + 1)
                algebra.at(frame.iteration, frame.call)
            elif operation is _ENTER:
                frame.iteration = (*frame.iteration, 0)
            elif operation is _LEAVE:
                algebra.looped(instruction.span, frame.iteration[-1], frame.call)
                frame.iteration = frame.iteration[:-1]
                algebra.at(frame.iteration, frame.call)
            else:
                self._rare(frame, instruction)
            frame.counter += 1

    def _return(self, frame: _Frame, caller: _Frame, values: tuple[Any, ...]) -> _Frame:
        """Hand a call's values to its caller, which goes on."""
        single = len(values) == 1
        caller.registers[frame.target] = values[0] if single else self._new(list(values), self.returned)
        self.algebra.returned(frame.call, values)
        self.algebra.at(caller.iteration, caller.call)
        return caller

    def _rare(self, frame: _Frame, instruction: Instruction) -> None:
        """Lists, cursors, checks."""
        registers, span = frame.registers, instruction.span
        operands = [registers[o] for o in instruction.operands]
        target = instruction.target
        match instruction.operation:
            case Operation.CHECK:
                if operands[0] is None:
                    raise ExplorerError(f"“{instruction.text}” has no value yet on this way.", span, "name")
            case Operation.FAIL:
                raise ExplorerError(f"{instruction.text} ends here without a return.", span, "domain")
            case Operation.LIST:
                registers[target] = self._new(operands, span)
            case Operation.ITEM:
                items = self._items(operands[0], span).values
                registers[target] = items[self._index(operands[1], items, span)]
            case Operation.SET_ITEM:
                self._set_item(operands, span)
            case Operation.APPEND:
                items = self._items(operands[0], span).values
                items.append(operands[1])
                if len(items) > self.limits.items:
                    raise self._too_many_items(span)
            case Operation.LENGTH:
                registers[target] = self.algebra.constant(float(len(self._items(operands[0], span).values)))
            case Operation.REPEAT:
                items, count = self._items(operands[0], span).values, self._whole(operands[1], "A count", span)
                # One item more than allowed is enough to be refused: nothing longer is built.
                count = min(max(count, 0), self.limits.items // max(len(items), 1) + 1)
                registers[target] = self._new(items * count, span)
            case Operation.FOLD:
                registers[target] = self._fold(instruction.text, self._items(operands[0], span).values, span)
            case Operation.UNPACK:
                items = self._items(operands[0], span).values
                places = instruction.operands[1:]
                if len(items) != len(places):
                    raise ExplorerError(f"{len(places)} names, and {len(items)} values.", span, "arity")
                for place, name, value in zip(places, instruction.text.split(","), items, strict=True):
                    registers[place] = value
                    self.algebra.assigned(name, value)
            case Operation.CURSOR:
                registers[target] = self._cursor(operands, span, becomes_list=instruction.text == "list")

    def _cursor(self, operands: list[Any], span: Span, becomes_list: bool) -> _Cursor:
        if len(operands) == 1:
            return _Cursor(self._items(operands[0], span))
        start, stop, step = (self._whole(o, "A bound of range", span) for o in operands)
        if step == 0:
            raise ExplorerError("The step of a range cannot be 0.", span, "domain")
        places = range(start, stop, step)
        if becomes_list and len(places) > self.limits.items:  # else that takes a while to be found out
            raise self._too_many_items(span)
        return _Cursor(places)

    def _fold(self, function: str, items: list[Any], span: Span) -> Any:
        if not items:
            if function in ("min", "max"):
                raise ExplorerError(f"{function} of an empty list has no value.", span, "domain")
            return self.algebra.constant(0.0 if function == "add" else 1.0)
        self.steps += len(items)
        if any(isinstance(item, Items) for item in items):
            raise ExplorerError("A list stands where a number is needed.", span)
        value = items[0]
        for item in items[1:]:
            value = self.algebra.apply(function, [value, item], span)
        return value

    def _set_item(self, operands: list[Any], span: Span) -> None:
        items = self._items(operands[0], span)
        index = self._index(operands[1], items.values, span)
        if items.frozen:
            raise ExplorerError("Which list is changed here depends on an input.", span, "domain")
        if self.journal is not None:
            self.journal.note(items)
        items.values[index] = operands[2]

    def _items(self, value: Any, span: Span) -> Items:
        if not isinstance(value, Items):
            raise ExplorerError("A number stands where a list is needed.", span)
        return value

    def _whole(self, value: Any, what: str, span: Span) -> int:
        if isinstance(value, Items):
            raise ExplorerError(f"{what} must be a number, and is a list.", span)
        try:
            whole = self.algebra.whole(value)
        except ComplexStepInvalid:
            raise ComplexStepInvalid("a number that must be whole", span) from None
        if whole is None:
            number = getattr(value, "value", value)  # of a float, or of a number that is being differentiated
            if isinstance(number, float) and 2.0**53 < abs(number) < math.inf:
                raise ExplorerError(f"{what} must not be as large as {float(number)!r}.", span, "limit")
            known = f", and is {float(number)!r} here" if isinstance(number, float) else " that depends on no input"
            raise ExplorerError(f"{what} must be a whole number{known}.", span, "domain")
        return whole

    def _index(self, value: Any, items: list[Any], span: Span) -> int:
        index = self._whole(value, "An index", span)
        if not -len(items) <= index < len(items):
            raise ExplorerError(f"Index {index} is outside of this list of {len(items)}.", span, "domain")
        return index

    def _both(self, frame: _Frame, test: Instruction, condition: Any, stop: int) -> tuple[Any, ...] | None:
        """Follow both sides of an open condition to where they join, and merge what differs.

        Returns the merged values where the sides leave the function, else None with the frame at the join.
        """
        self.paths += 1
        if self.paths > self.limits.paths:
            raise ExplorerError(
                f"More than {self.limits.paths} conditions depend on an input: too many cases to write out.",
                test.span,
                "limit",
            )
        join = test.join if test.join >= 0 else stop
        outer, newest = self.journal, self.lists
        sides: list[tuple[_Frame, tuple[Any, ...] | None, dict[int, list[Any]]]] = []
        touched: dict[int, tuple[Items, list[Any]]] = {}
        for outcome in (True, False):
            self.journal = _Journal(newest)
            self.algebra.side(condition, outcome)
            side = frame.fork(frame.counter + 1 if outcome is test.wanted else test.jump)
            values = self._execute(side, join)
            changed = {key: items.values for key, (items, _) in self.journal.before.items()}
            sides.append((side, values, changed))
            for key, (items, before) in self.journal.before.items():
                items.values = before  # the other side starts with the lists as they were
                touched[key] = (items, before)
        self.algebra.joined(condition)
        self.journal = outer
        (then, then_values, then_lists), (otherwise, otherwise_values, otherwise_lists) = sides
        merge = self._merge_of(condition, newest, test.span)
        for key, (items, before) in touched.items():
            if outer is not None:
                outer.note(items)
            pairs = zip(then_lists.get(key, before), otherwise_lists.get(key, before), strict=True)
            items.values = [merge(a, b) for a, b in pairs]
        if then_values is not None and otherwise_values is not None:
            if len(then_values) != len(otherwise_values):
                raise ExplorerError("How many values are returned depends on an input.", test.span, "domain")
            return tuple(merge(a, b) for a, b in zip(then_values, otherwise_values, strict=True))
        for register in frame.routine.kept:
            a, b = then.registers[register], otherwise.registers[register]
            # A name without a value on one side has none: what a later condition may guard, this walk cannot know.
            frame.registers[register] = None if a is None or b is None else merge(a, b)
        frame.counter = join
        self.algebra.at(frame.iteration, frame.call)
        return None

    def _merge_of(self, condition: Any, newest: int, span: Span) -> Callable[[Any, Any], Any]:
        """The merge of two values under a condition; lists merge item by item, each pair of lists once.

        What two names for one list mean is lost where the lists differ: then they can only be read.
        """
        merged: dict[tuple[int, int], Items] = {}
        partners: dict[int, Items] = {}  # the list that each of the sides' lists has become

        def merge(a: Any, b: Any) -> Any:
            if a is b:
                return a
            if isinstance(a, Items) and isinstance(b, Items) and len(a.values) == len(b.values):
                key = (id(a), id(b))
                if key not in merged:
                    both = merged[key] = self._new([None] * len(a.values), span)
                    others = [partners[id(x)] for x in (a, b) if id(x) in partners]
                    if others or min(a.born, b.born) <= newest or a.frozen or b.frozen:
                        for items in (a, b, both, *others):
                            items.frozen = True
                    partners[id(a)] = partners[id(b)] = both
                    both.values = [merge(x, y) for x, y in zip(a.values, b.values, strict=True)]
                return merged[key]
            if isinstance(a, Items) or isinstance(b, Items):
                raise ExplorerError("A list's length must not depend on an input.", span, "domain")
            return self.algebra.merge(condition, a, b, span)

        return merge


def values(program: Program, point: Sequence[float], limits: Limits | None = None) -> tuple[float, ...]:
    """The outputs at one point (inputs in the program's order)."""
    return tuple(float(v) for v in Run(lower(program), Numbers(REAL), limits).outputs(list(point)))


def values_on(code: Code, columns: Sequence[Any], shape: tuple[int, ...]) -> tuple[NDArray[np.float64], ...]:
    """The outputs on arrays of points, each input a float or an array of `shape`; non-finite where not defined.

    Where the course of a loop differs from point to point, each point is computed by itself: NaN where it is refused,
    so that one point's endless loop does not hide the others.
    """
    with np.errstate(all="ignore"):
        try:
            outputs = Run(code, ArrayNumbers()).outputs([np.asarray(c, dtype=float) for c in columns])
        except ExplorerError:
            return _point_by_point(code, columns, shape)
    return tuple(np.broadcast_to(np.asarray(v, dtype=float), shape) for v in outputs)


def _list_refused(instruction: Instruction) -> ExplorerError:
    """The error of arithmetic on a list."""
    hint = "[… for v in a] does something to each item"
    if instruction.text == "add":
        hint = "a = a + [x] joins a list and one that is written out"
    return ExplorerError(f"A list stands where a number is needed: {hint}.", instruction.span)


def _point_by_point(code: Code, columns: Sequence[Any], shape: tuple[int, ...]) -> tuple[NDArray[np.float64], ...]:
    """The outputs one point after another; NaN where a point is refused."""
    width = next(len(i.operands) for i in code.main.instructions if i.operation is Operation.RETURN)
    points = np.empty((math.prod(shape), len(columns)))
    for column, values_of_one in enumerate(columns):
        points[:, column] = np.broadcast_to(np.asarray(values_of_one, dtype=float), shape).ravel()
    filled = np.full((len(points), width), NAN)
    usual = code.limits.steps
    late, longest = [], 0
    for place, point in enumerate(points.tolist()):
        run = Run(code, Numbers(REAL), replace(code.limits, steps=min(usual, _QUICK_STEPS)))
        try:
            filled[place] = run.outputs(point)
            longest = max(longest, run.steps)
        except ExplorerError as error:
            if error.kind == "limit":
                late.append((place, point))
    # Many endless loops may take no longer than two, and little where other points have shown how long a run is.
    steps = min(usual, _MANY_TIMES * longest) if longest else usual
    for place, point in late:
        if steps <= _QUICK_STEPS:  # which it had already
            break
        try:
            filled[place] = Run(code, Numbers(REAL), replace(code.limits, steps=steps)).outputs(point)
        except ExplorerError:
            steps = max(steps // 2, min(usual, _QUICK_STEPS))
    return tuple(filled[:, output].reshape(shape) for output in range(width))


_QUICK_STEPS = 2_000  # a thousandth of a second, and more than most programs take
_MANY_TIMES = 1_000  # as long as the longest quick run a late one may take, at first


def complex_values(code: Code, columns: Sequence[Any]) -> tuple[Any, ...]:
    """The outputs on complex arrays; ComplexStepInvalid where the step would be lost."""
    with np.errstate(all="ignore"):
        return Run(code, ComplexNumbers()).outputs(list(columns))
