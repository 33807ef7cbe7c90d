"""Kinds of numbers as the walk through a program needs them: floats, arrays, complex numbers for the complex step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from explorer.calculus.numbers import ARRAY, COMPLEX, NAN, ComplexStepInvalid
from explorer.language.primitives import PRIMITIVES
from explorer.language.program import NOWHERE, ExplorerError, Span

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

    def side(self, condition: Any, outcome: bool) -> None:
        """The walk follows this side of an open condition now: first the one where it holds, then the other."""

    def joined(self, condition: Any) -> None:
        """Both sides have been followed to where they meet; merges come next."""

    def follow(self, condition: Any, span: Span) -> bool:
        """Which way a loop goes at an open condition; LoopOnInput where both ways would have to be followed."""

    def merge(self, condition: Any, then: Any, otherwise: Any, span: Span) -> Any:
        """The number that is `then` where the condition holds, else `otherwise`."""

    def whole(self, value: Any) -> int | None:
        """The whole number that a count or an index is; None where the value is none, or is open (a symbol)."""

    def assigned(self, name: str, value: Any) -> None:
        """The source gave the value a name."""

    def at(self, iteration: tuple[int, ...], call: int) -> None:
        """The walk goes on in this iteration of the loops around it (from 1), in this call (0 is the main one)."""

    def called(self, call: int, caller: int, function: str, span: Span, arguments: Sequence[Any]) -> None:
        """A call of an own function begins."""

    def returned(self, call: int, values: Sequence[Any]) -> None:
        """It has ended with these values."""

    def looped(self, span: Span, iterations: int, call: int) -> None:
        """A loop has ended after so many iterations."""


class LoopOnInput(ExplorerError):
    """How often a loop runs depends on an input, where the walk would need to follow all cases at once."""

    def __init__(self, span: Span) -> None:
        super().__init__(
            f"How often the loop in line {span.line} runs depends on an input: it has no one formula.", span, "domain"
        )


class Silent:
    """The parts of an algebra that only some need: nothing to record, and no way for a loop at an open condition."""

    def follow(self, condition: Any, span: Span) -> bool:
        raise LoopOnInput(span)

    def side(self, condition: Any, outcome: bool) -> None:
        pass

    def joined(self, condition: Any) -> None:
        pass

    def assigned(self, name: str, value: Any) -> None:
        pass

    def at(self, iteration: tuple[int, ...], call: int) -> None:
        pass

    def called(self, call: int, caller: int, function: str, span: Span, arguments: Sequence[Any]) -> None:
        pass

    def returned(self, call: int, values: Sequence[Any]) -> None:
        pass

    def looped(self, span: Span, iterations: int, call: int) -> None:
        pass


def whole_number(value: float) -> int | None:
    """The int that a float is, or None; beyond 2⁵³ a double does not say which."""
    return int(value) if abs(value) <= 2.0**53 and value == int(value) else None


def _common_whole(values: Any) -> int | None:
    """The whole number that all of an array are, or None."""
    array = np.asarray(values, dtype=float)
    first = float(array.flat[0]) if array.size else NAN
    return whole_number(first) if (array == first).all() else None


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
        return _common_whole(value)


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
        if np.any(np.imag(value)):
            raise ComplexStepInvalid("a number that must be whole", NOWHERE)
        return _common_whole(np.real(value))
