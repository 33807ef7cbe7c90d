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

    def assigned(self, name: str, value: Any) -> None:
        """The source gave the value a name."""


@dataclass(frozen=True)
class Limits:
    """Where a run is stopped: instructions in all, calls inside each other, paths of open conditions."""

    steps: int = 1_000_000
    depth: int = 1_000
    paths: int = 256


DEFAULT_LIMITS = Limits()


class _Frame:
    __slots__ = ("counter", "registers", "routine", "target")

    def __init__(self, routine: Routine, registers: list[Any], target: int, counter: int = 0) -> None:
        self.routine, self.registers, self.target, self.counter = routine, registers, target, counter


class Run:
    """One evaluation of some code over an algebra."""

    def __init__(self, code: Code, algebra: Algebra, limits: Limits = DEFAULT_LIMITS) -> None:
        self.code = code
        self.algebra = algebra
        self.limits = limits
        self.steps = 0
        self.paths = 0
        self.templates: dict[str, list[Any]] = {}

    def outputs(self, inputs: Sequence[Any]) -> tuple[Any, ...]:
        """The values that the main routine returns for these inputs."""
        frame = self._enter(self.code.main, inputs, -1)
        result = self._execute(frame, stop=-1)
        assert result is not None
        return result

    def _enter(self, routine: Routine, arguments: Sequence[Any], target: int) -> _Frame:
        template = self.templates.get(routine.name)
        if template is None:
            template = [None] * routine.registers
            for register, value in routine.constants:
                template[register] = self.algebra.constant(value)
            self.templates[routine.name] = template
        registers = template.copy()
        registers[: len(arguments)] = arguments
        return _Frame(routine, registers, target)

    def _execute(self, bottom: _Frame, stop: int) -> tuple[Any, ...] | None:
        """Run from the frame's counter until it returns (its values) or reaches `stop` (None)."""
        algebra, limits = self.algebra, self.limits
        stack = [bottom]
        frame = bottom
        while True:
            if frame is bottom and frame.counter == stop:
                return None
            instruction = frame.routine.instructions[frame.counter]
            registers = frame.registers
            self.steps += 1
            if self.steps > limits.steps:
                raise ExplorerError(
                    f"Stopped after {limits.steps:,} steps: this does not seem to end.", instruction.span, "limit"
                )
            match instruction.operation:
                case Operation.APPLY:
                    registers[instruction.target] = algebra.apply(
                        instruction.text, [registers[o] for o in instruction.operands], instruction.span
                    )
                case Operation.COPY:
                    value = registers[instruction.operands[0]]
                    registers[instruction.target] = value
                    if instruction.name:
                        algebra.assigned(instruction.name, value)
                case Operation.TEST:
                    left, right = (registers[o] for o in instruction.operands)
                    outcome = algebra.decide(instruction.text, left, right, instruction.span)
                    if outcome is True or outcome is False:
                        if outcome is not instruction.wanted:
                            frame.counter = instruction.jump
                            continue
                    else:
                        result = self._both(frame, instruction, outcome, stop if frame is bottom else -1)
                        if result is None:
                            if frame is bottom and frame.counter == stop:
                                return None
                            continue
                        if frame is bottom:
                            return result
                        stack.pop()
                        stack[-1].registers[frame.target] = result[0]
                        frame = stack[-1]
                case Operation.JUMP:
                    frame.counter = instruction.jump
                    continue
                case Operation.CALL:
                    if len(stack) >= limits.depth:
                        raise ExplorerError(
                            f"Stopped: calls more than {limits.depth:,} deep in {instruction.text}.",
                            instruction.span,
                            "limit",
                        )
                    arguments = [registers[o] for o in instruction.operands]
                    frame = self._enter(self.code.routines[instruction.text], arguments, instruction.target)
                    stack.append(frame)
                    continue
                case Operation.RETURN:
                    values = tuple([registers[o] for o in instruction.operands])
                    if frame is bottom:
                        return values
                    stack.pop()
                    stack[-1].registers[frame.target] = values[0]
                    frame = stack[-1]
            frame.counter += 1

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
        sides: list[tuple[_Frame, tuple[Any, ...] | None]] = []
        for outcome in (True, False):
            counter = frame.counter + 1 if outcome is test.wanted else test.jump
            side = _Frame(frame.routine, frame.registers.copy(), frame.target, counter)
            sides.append((side, self._execute(side, join)))
        (then, then_values), (otherwise, otherwise_values) = sides
        if then_values is not None and otherwise_values is not None:
            return tuple(
                self.algebra.merge(condition, a, b, test.span)
                for a, b in zip(then_values, otherwise_values, strict=True)
            )
        for register, (a, b) in enumerate(zip(then.registers, otherwise.registers, strict=True)):
            if a is b or a is None or b is None:
                frame.registers[register] = a if b is None else b
            else:
                frame.registers[register] = self.algebra.merge(condition, a, b, test.span)
        frame.counter = join
        return None


class Numbers:
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

    def assigned(self, name: str, value: Any) -> None:
        pass


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


def values(program: Program, point: Sequence[float], limits: Limits = DEFAULT_LIMITS) -> tuple[float, ...]:
    """The outputs at one point (inputs in the program's order)."""
    return tuple(float(v) for v in Run(lower(program), Numbers(REAL), limits).outputs(list(point)))


def values_on(code: Code, columns: Sequence[Any], shape: tuple[int, ...]) -> tuple[NDArray[np.float64], ...]:
    """The outputs on arrays of points, each input a float or an array of `shape`; non-finite where not defined."""
    with np.errstate(all="ignore"):
        outputs = Run(code, ArrayNumbers()).outputs([np.asarray(c, dtype=float) for c in columns])
    return tuple(np.broadcast_to(np.asarray(v, dtype=float), shape) for v in outputs)


def complex_values(code: Code, columns: Sequence[Any]) -> tuple[Any, ...]:
    """The outputs on complex arrays; ComplexStepInvalid where the step would be lost."""
    with np.errstate(all="ignore"):
        return Run(code, ComplexNumbers()).outputs(list(columns))
