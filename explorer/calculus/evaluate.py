"""The one walk: a Program's code run over any kind of number (its Algebra), with step and depth limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.calculus.lowering import Code, Instruction, Operation, Routine, lower
from explorer.calculus.numbers import ARRAY, COMPLEX, REAL, ComplexStepInvalid
from explorer.language.primitives import PRIMITIVES
from explorer.language.program import ExplorerError, Program, Span

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


class Algebra(Protocol):
    """A number kind as the walk needs it; T stands for its numbers.

    `decide` answers whether left operator right holds; or, where that is open (a symbol), any other object, and the
    walk follows both sides and joins them with `merge(condition, if true, if false)`.
    """

    def constant(self, value: float) -> Any:
        """The number kind's form of a literal."""

    def apply(self, function: str, arguments: list[Any], span: Span) -> Any:
        """The elementary function of these arguments."""

    def decide(self, operator: str, left: Any, right: Any, span: Span) -> Any:
        """True, False, or an open condition."""

    def merge(self, condition: Any, then: Any, otherwise: Any, span: Span) -> Any:
        """The number that is `then` where the condition holds, else `otherwise`."""

    def whole(self, value: Any) -> int | None:
        """The whole number that a count or an index is; None where the value is none, or is open (a symbol)."""

    def assigned(self, name: str, value: Any) -> None:
        """The source gave the value a name."""

    def at(self, iteration: tuple[int, ...], call: int) -> None:
        """The walk goes on in this iteration of the loops around it (from 1), in this call (0 is the main one)."""

    def called(self, call: int, caller: int, function: str, span: Span) -> None:
        """A call of an own function begins."""

    def looped(self, span: Span, iterations: int, call: int) -> None:
        """A loop has ended after so many iterations."""


@dataclass(frozen=True)
class Limits:
    """Where a run is stopped: instructions in all, calls inside each other, paths of open conditions, list items."""

    steps: int = 1_000_000
    depth: int = 1_000
    paths: int = 256
    items: int = 100_000


DEFAULT_LIMITS = Limits()


class Items:
    """A list of the program: not a Python list, so that no arithmetic takes it for numbers."""

    __slots__ = ("values",)

    def __init__(self, values: list[Any]) -> None:
        self.values = values


class _Cursor:
    """A place in a list or a range."""

    __slots__ = ("items", "place")

    def __init__(self, items: list[Any] | range, place: int = 0) -> None:
        self.items, self.place = items, place


class _Frame:
    """One call under way: its registers, the next instruction, where its result goes, and where it is for the trace."""

    __slots__ = ("call", "counter", "iteration", "registers", "routine", "target")

    def __init__(self, routine: Routine, registers: list[Any], target: int, call: int) -> None:
        self.routine, self.registers, self.target, self.call = routine, registers, target, call
        self.counter = 0
        self.iteration: tuple[int, ...] = ()

    def fork(self, counter: int) -> _Frame:
        """The same state, to be continued elsewhere: lists are copied, and stay shared where they were."""
        copies: dict[int, Any] = {}
        registers = []
        for value in self.registers:
            if isinstance(value, Items | _Cursor):
                if id(value) not in copies:
                    copies[id(value)] = _copied(value)
                value = copies[id(value)]
            registers.append(value)
        other = _Frame(self.routine, registers, self.target, self.call)
        other.counter, other.iteration = counter, self.iteration
        return other


def _copied(value: Any) -> Any:
    if isinstance(value, Items):
        return Items([_copied(v) if isinstance(v, Items) else v for v in value.values])
    return _Cursor(value.items, value.place)


class Run:
    """One evaluation of some code over an algebra."""

    def __init__(self, code: Code, algebra: Algebra, limits: Limits = DEFAULT_LIMITS) -> None:
        self.code = code
        self.algebra = algebra
        self.limits = limits
        self.steps = 0
        self.paths = 0
        self.calls = 0
        self.templates: dict[str, list[Any]] = {}

    def outputs(self, inputs: Sequence[Any]) -> tuple[Any, ...]:
        """The values that the main routine returns for these inputs."""
        result = self._execute(self._enter(self.code.main, inputs, -1, 0), stop=-1)
        assert result is not None
        if any(isinstance(value, Items) for value in result):
            raise ExplorerError("A list is returned: return its items one by one.", kind="domain")
        return result

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
                raise ExplorerError(
                    f"Stopped after {limits.steps:,} steps: this does not seem to end.", instruction.span, "limit"
                )
            if operation is Operation.APPLY:
                arguments = [registers[o] for o in instruction.operands]
                try:
                    registers[instruction.target] = algebra.apply(instruction.text, arguments, instruction.span)
                except (TypeError, AttributeError):
                    if any(isinstance(a, Items) for a in arguments):
                        raise ExplorerError("A list stands where a number is needed.", instruction.span) from None
                    raise
            elif operation is Operation.COPY:
                value = registers[instruction.operands[0]]
                registers[instruction.target] = value
                if instruction.name:
                    algebra.assigned(instruction.name, value)
            elif operation is Operation.TEST:
                left, right = (registers[o] for o in instruction.operands)
                if isinstance(left, Items) or isinstance(right, Items):
                    raise ExplorerError("Lists cannot be compared: compare their items.", instruction.span)
                outcome = algebra.decide(instruction.text, left, right, instruction.span)
                if outcome is True or outcome is False:
                    if outcome is not instruction.wanted:
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
            elif operation is Operation.JUMP:
                frame.counter = instruction.jump
                continue
            elif operation is Operation.CALL:
                if len(stack) >= limits.depth:
                    raise ExplorerError(
                        f"Stopped: calls more than {limits.depth:,} deep in {instruction.text}.",
                        instruction.span,
                        "limit",
                    )
                self.calls += 1
                algebra.called(self.calls, frame.call, instruction.text, instruction.span)
                arguments = [registers[o] for o in instruction.operands]
                routine = self.code.routines[instruction.text]
                frame = self._enter(routine, arguments, instruction.target, self.calls)
                algebra.at((), frame.call)
                stack.append(frame)
                continue
            elif operation is Operation.RETURN:
                values = tuple([registers[o] for o in instruction.operands])
                if frame is bottom:
                    return values
                stack.pop()
                frame = self._return(frame, stack[-1], values)
            elif operation is Operation.NEXT:
                cursor: _Cursor = registers[instruction.operands[0]]
                if cursor.place >= len(cursor.items):
                    frame.counter = instruction.jump
                    continue
                item = cursor.items[cursor.place]
                cursor.place += 1
                registers[instruction.target] = algebra.constant(float(item)) if isinstance(item, int) else item
            elif operation is Operation.TICK:
                frame.iteration = (*frame.iteration[:-1], frame.iteration[-1] + 1)
                algebra.at(frame.iteration, frame.call)
            elif operation is Operation.ENTER:
                frame.iteration = (*frame.iteration, 0)
            elif operation is Operation.LEAVE:
                algebra.looped(instruction.span, frame.iteration[-1], frame.call)
                frame.iteration = frame.iteration[:-1]
                algebra.at(frame.iteration, frame.call)
            else:
                self._rare(frame, instruction)
            frame.counter += 1

    def _return(self, frame: _Frame, caller: _Frame, values: tuple[Any, ...]) -> _Frame:
        """Hand a call's values to its caller, which goes on."""
        caller.registers[frame.target] = values[0] if len(values) == 1 else Items(list(values))
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
                registers[target] = Items(operands)
            case Operation.ITEM:
                items = self._items(operands[0], span)
                registers[target] = items[self._index(operands[1], items, span)]
            case Operation.SET_ITEM:
                items = self._items(operands[0], span)
                items[self._index(operands[1], items, span)] = operands[2]
            case Operation.APPEND:
                items = self._items(operands[0], span)
                self._check_length(len(items) + 1, span)
                items.append(operands[1])
            case Operation.LENGTH:
                registers[target] = self.algebra.constant(float(len(self._items(operands[0], span))))
            case Operation.REPEAT:
                items, count = self._items(operands[0], span), max(self._whole(operands[1], "A count", span), 0)
                self._check_length(len(items) * count, span)
                registers[target] = Items(items * count)
            case Operation.FOLD:
                registers[target] = self._fold(instruction.text, self._items(operands[0], span), span)
            case Operation.UNPACK:
                items = self._items(operands[0], span)
                places = instruction.operands[1:]
                if len(items) != len(places):
                    raise ExplorerError(f"{len(places)} names, and {len(items)} values.", span, "arity")
                for place, name, value in zip(places, instruction.text.split(","), items, strict=True):
                    registers[place] = value
                    self.algebra.assigned(name, value)
            case Operation.CURSOR:
                registers[target] = self._cursor(operands, span)

    def _cursor(self, operands: list[Any], span: Span) -> _Cursor:
        if len(operands) == 1:
            return _Cursor(self._items(operands[0], span))
        start, stop, step = (self._whole(o, "A bound of range", span) for o in operands)
        if step == 0:
            raise ExplorerError("The step of a range cannot be 0.", span, "domain")
        if max(abs(start), abs(stop), abs(step)) > 2**53:
            raise ExplorerError("This range is too long.", span, "limit")
        return _Cursor(range(start, stop, step))

    def _fold(self, function: str, items: list[Any], span: Span) -> Any:
        if not items:
            if function in ("min", "max"):
                raise ExplorerError(f"{function} of an empty list has no value.", span, "domain")
            return self.algebra.constant(0.0 if function == "add" else 1.0)
        self.steps += len(items)
        value = items[0]
        for item in items[1:]:
            value = self.algebra.apply(function, [value, item], span)
        return value

    def _items(self, value: Any, span: Span) -> list[Any]:
        if not isinstance(value, Items):
            raise ExplorerError("A number stands where a list is needed.", span)
        return value.values

    def _whole(self, value: Any, what: str, span: Span) -> int:
        whole = None if isinstance(value, Items) else self.algebra.whole(value)
        if whole is None:
            raise ExplorerError(f"{what} must be a whole number that depends on no input.", span, "domain")
        return whole

    def _index(self, value: Any, items: list[Any], span: Span) -> int:
        index = self._whole(value, "An index", span)
        if not -len(items) <= index < len(items):
            raise ExplorerError(f"Index {index} is outside of this list of {len(items)}.", span, "domain")
        return index

    def _check_length(self, length: int, span: Span) -> None:
        if length > self.limits.items:
            raise ExplorerError(f"A list may have at most {self.limits.items:,} items.", span, "limit")

    def _both(self, frame: _Frame, test: Instruction, condition: Any, stop: int) -> tuple[Any, ...] | None:
        """Follow both sides of an open condition to where they join, and merge what differs.

        Returns the merged values where the sides leave the function, else None with the frame at the join.
        """
        if test.loop:
            raise LoopOnInput(test.span)
        self.paths += 1
        if self.paths > self.limits.paths:
            raise ExplorerError(
                f"More than {self.limits.paths} conditions depend on an input: too many cases to write out.",
                test.span,
                "limit",
            )
        join = test.join if test.join >= 0 else stop
        sides: list[tuple[_Frame, tuple[Any, ...] | None]] = []
        for outcome in (True, False):
            side = frame.fork(frame.counter + 1 if outcome is test.wanted else test.jump)
            sides.append((side, self._execute(side, join)))
        (then, then_values), (otherwise, otherwise_values) = sides
        merge = self._merge_of(condition, test.span)
        if then_values is not None and otherwise_values is not None:
            return tuple(merge(a, b) for a, b in zip(then_values, otherwise_values, strict=True))
        for register, (a, b) in enumerate(zip(then.registers, otherwise.registers, strict=True)):
            if a is b or a is None or b is None or isinstance(a, _Cursor):
                frame.registers[register] = a if b is None else b
            else:
                frame.registers[register] = merge(a, b)
        frame.counter = join
        self.algebra.at(frame.iteration, frame.call)
        return None

    def _merge_of(self, condition: Any, span: Span) -> Callable[[Any, Any], Any]:
        """The merge of two values under a condition; lists merge item by item, each pair of lists once."""
        merged: dict[tuple[int, int], Items] = {}

        def merge(a: Any, b: Any) -> Any:
            if a is b:
                return a
            if isinstance(a, Items) and isinstance(b, Items) and len(a.values) == len(b.values):
                key = (id(a), id(b))
                if key not in merged:
                    merged[key] = Items([merge(x, y) for x, y in zip(a.values, b.values, strict=True)])
                return merged[key]
            if isinstance(a, Items) or isinstance(b, Items):
                raise ExplorerError("A list's length must not depend on an input.", span, "domain")
            return self.algebra.merge(condition, a, b, span)

        return merge


class LoopOnInput(ExplorerError):
    """How often a loop runs depends on an input, where the walk would need to follow all cases at once."""

    def __init__(self, span: Span) -> None:
        super().__init__(
            f"How often the loop in line {span.line} runs depends on an input: it has no one formula.", span, "domain"
        )


class Silent:
    """The parts of an algebra that only a recording needs, doing nothing."""

    def assigned(self, name: str, value: Any) -> None:
        pass

    def at(self, iteration: tuple[int, ...], call: int) -> None:
        pass

    def called(self, call: int, caller: int, function: str, span: Span) -> None:
        pass

    def looped(self, span: Span, iterations: int, call: int) -> None:
        pass


def whole_number(value: float) -> int | None:
    """The int that a float is, or None."""
    return int(value) if value == value and abs(value) < 2**63 and value == int(value) else None


class Numbers(Silent):
    """The algebra of a plain number kind, from its table of functions."""

    def __init__(self, functions: dict[str, Callable[..., Any]]) -> None:
        self.functions = functions

    def constant(self, value: float) -> Any:
        return value

    def apply(self, function: str, arguments: list[Any], span: Span) -> Any:
        return self.functions[function](*arguments)

    def decide(self, operator: str, left: Any, right: Any, span: Span) -> Any:
        return bool(COMPARE[operator](left, right))

    def merge(self, condition: Any, then: Any, otherwise: Any, span: Span) -> Any:
        raise NotImplementedError  # `decide` is never open here

    def whole(self, value: Any) -> int | None:
        return whole_number(value)


class ArrayNumbers(Numbers):
    """Arrays of points at once; where a comparison differs from point to point both sides are computed."""

    def __init__(self) -> None:
        super().__init__(ARRAY)

    def decide(self, operator: str, left: Any, right: Any, span: Span) -> Any:
        outcome = np.asarray(COMPARE[operator](left, right))
        if outcome.all():
            return True
        return outcome if outcome.any() else False

    def merge(self, condition: Any, then: Any, otherwise: Any, span: Span) -> Any:
        return np.where(condition, then, otherwise)

    def whole(self, value: Any) -> int | None:
        array = np.asarray(value, dtype=float)
        first = float(array.flat[0])
        return whole_number(first) if (array == first).all() else None


class ComplexNumbers(Numbers):
    """Complex arrays for the complex step; refuses what would lose the step (ComplexStepInvalid)."""

    def __init__(self) -> None:
        super().__init__(COMPLEX)

    def apply(self, function: str, arguments: list[Any], span: Span) -> Any:
        if not PRIMITIVES[function].analytic:
            if any(np.any(np.imag(a)) for a in arguments):
                raise ComplexStepInvalid(function, span)
            return ARRAY[function](*(np.real(a) for a in arguments))
        return self.functions[function](*arguments)

    def decide(self, operator: str, left: Any, right: Any, span: Span) -> Any:
        if np.any(np.imag(left)) or np.any(np.imag(right)):
            raise ComplexStepInvalid("a comparison", span)
        outcome = np.asarray(COMPARE[operator](np.real(left), np.real(right)))
        if outcome.all() or not outcome.any():
            return bool(outcome.all())
        raise ComplexStepInvalid("a comparison that differs from point to point", span)

    def whole(self, value: Any) -> int | None:
        array = np.asarray(value)
        if np.imag(array).any() or not (np.real(array) == np.real(array).flat[0]).all():
            return None
        return whole_number(float(np.real(array).flat[0]))


def values(program: Program, point: Sequence[float], limits: Limits = DEFAULT_LIMITS) -> tuple[float, ...]:
    """The outputs at one point (inputs in the program's order)."""
    return tuple(float(v) for v in Run(lower(program), Numbers(REAL), limits).outputs(list(point)))


def values_on(code: Code, columns: Sequence[Any], shape: tuple[int, ...]) -> tuple[NDArray[np.float64], ...]:
    """The outputs on arrays of points, each input a float or an array of `shape`; non-finite where not defined.

    Where the course of a loop differs from point to point, each point is computed by itself.
    """
    with np.errstate(all="ignore"):
        try:
            outputs = Run(code, ArrayNumbers()).outputs([np.asarray(c, dtype=float) for c in columns])
        except ExplorerError:
            return _point_by_point(code, columns, shape)
    return tuple(np.broadcast_to(np.asarray(v, dtype=float), shape) for v in outputs)


def _point_by_point(code: Code, columns: Sequence[Any], shape: tuple[int, ...]) -> tuple[NDArray[np.float64], ...]:
    """The outputs one point after another; NaN where a point is refused. ExplorerError if all of them are."""
    points = np.stack([np.broadcast_to(np.asarray(c, dtype=float), shape).ravel() for c in columns], axis=-1)
    rows: list[tuple[float, ...] | None] = []
    refusal: ExplorerError | None = None
    for point in points.tolist():
        try:
            rows.append(tuple(float(v) for v in Run(code, Numbers(REAL)).outputs(point)))
        except ExplorerError as error:
            refusal = error
            rows.append(None)
    width = next((len(row) for row in rows if row is not None), 0)
    if not width and refusal is not None:
        raise refusal
    filled = np.array([row if row is not None else (np.nan,) * width for row in rows])
    return tuple(filled[:, output].reshape(shape) for output in range(width))


def complex_values(code: Code, columns: Sequence[Any]) -> tuple[Any, ...]:
    """The outputs on complex arrays; ComplexStepInvalid where the step would be lost."""
    with np.errstate(all="ignore"):
        return Run(code, ComplexNumbers()).outputs(list(columns))
