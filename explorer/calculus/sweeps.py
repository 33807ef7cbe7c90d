"""Sweeps over a tape: tangents forward, adjoints backward, both at once for second derivatives, and what they cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from explorer.calculus.numbers import Real
from explorer.calculus.tape import Dual, DualNumbers, Tape
from explorer.language.primitives import PRIMITIVES, partial_in_motion
from explorer.language.program import NOWHERE


def tangents(tape: Tape, seed: Sequence[float]) -> list[float | None]:
    """The tangent of every op for a direction in the inputs; None where an op does not move with it."""
    moving: list[float | None] = [s if s != 0.0 else None for s in seed]
    for op in tape.operations:
        total: float | None = None
        for edge in op.edges:
            tangent = moving[edge.parent]
            if tangent is not None:
                total = (total or 0.0) + edge.partial * tangent
        moving.append(total)
    return moving


def adjoints(tape: Tape, weights: Sequence[float]) -> list[float | None]:
    """The adjoint of every op for a weight on each output; None where no weighted output depends on it."""
    reached: list[float | None] = [None] * len(tape.ops)
    for output, weight in zip(tape.outputs, weights, strict=True):
        if isinstance(output, int) and weight != 0.0:
            reached[output] = (reached[output] or 0.0) + weight
    for op in reversed(tape.operations):
        adjoint = reached[op.index]
        if adjoint is None:
            continue
        for edge in op.edges:
            reached[edge.parent] = (reached[edge.parent] or 0.0) + adjoint * edge.partial
    return reached


def reverse_jacobian(tape: Tape) -> list[list[float]]:
    """The Jacobian by one reverse sweep an output; rows are outputs, columns inputs."""
    return [gradient(tape, index) for index in range(len(tape.outputs))]


def gradient(tape: Tape, output: int = 0) -> list[float]:
    """The gradient of one output by one reverse sweep; an undefined output has no derivative by any input."""
    weights = [float(k == output) for k in range(len(tape.outputs))]
    value = tape.values[output]
    unreached = 0.0 if value == value else math.nan
    return [a if a is not None else unreached for a in adjoints(tape, weights)[: len(tape.inputs)]]


class _DualFunctions:
    """Elementary functions on Duals and floats, for partials that move with the seed."""

    def __getattr__(self, name: str) -> Any:
        if name == "choose":
            return Real.choose
        if name in ("equal", "less"):
            compare = getattr(Real, name)
            return lambda a, b: compare(*(v.value if isinstance(v, Dual) else v for v in (a, b)))
        return lambda *arguments: _DUAL.apply(name, list(arguments), NOWHERE)


_DUAL = DualNumbers()
DUAL_FUNCTIONS = _DualFunctions()


def hessian_times(tape: Tape, direction: Sequence[float], output: int = 0) -> list[float]:
    """H·direction for one output by forward-over-reverse: the reverse sweep run on dual numbers; shape (inputs,)."""
    place = tape.outputs[output]
    if not isinstance(place, int):
        return [0.0] * len(tape.inputs)
    moved = tangents(tape, direction)
    duals = [op.value if (t := moved[op.index]) is None else Dual(op.value, t) for op in tape.ops]
    reached: list[Any] = [None] * len(tape.ops)
    reached[place] = 1.0
    functions = DUAL_FUNCTIONS
    for op in reversed(tape.operations):
        if reached[op.index] is None:
            continue
        arguments = [duals[a] if isinstance(a, int) else a for a in op.arguments]
        for edge in op.edges:
            partial: Any = edge.partial
            if edge.partial == edge.partial:  # outside the domain the partial stays undefined
                rule = partial_in_motion(op.function, edge.position, [isinstance(a, Dual) for a in arguments])
                partial = rule(functions, *arguments, duals[op.index])
            amount = functions.mul(reached[op.index], partial)
            before = reached[edge.parent]
            reached[edge.parent] = amount if before is None else functions.add(before, amount)
    return [_bend(r) for r in reached[: len(tape.inputs)]]


def _bend(adjoint: Dual | float | None) -> float:
    """The tangent of an adjoint; undefined where the adjoint is."""
    if adjoint is None:
        return 0.0
    tangent, value = (adjoint.tangent, adjoint.value) if isinstance(adjoint, Dual) else (0.0, adjoint)
    return tangent if value == value else math.nan


def hessian(tape: Tape, output: int = 0) -> list[list[float]]:
    """The matrix of second derivatives of one output, a column an input's direction."""
    size = len(tape.inputs)
    columns = [hessian_times(tape, [float(i == j) for i in range(size)], output) for j in range(size)]
    return [[columns[j][i] for j in range(size)] for i in range(size)]


@dataclass(frozen=True, slots=True)
class Cost:
    """Elementary operations, counted: of the function, of one forward sweep with it, of one reverse sweep with it.

    A sweep also evaluates the partials (1/x for ln: one division). Forward, an operation multiplies each partial that
    is not ±1 by a tangent and adds the products; in reverse, each edge is one multiply-add into an adjoint.
    """

    function: int
    forward: int
    reverse: int


def cost(tape: Tape) -> Cost:
    """What a tape's sweeps cost, for the operations that depend on an input."""
    function = len(tape.operations)
    forward = reverse = function
    for op in tape.operations:
        arguments = tape.argument_values(op)
        partials = sum(_partial_cost(op.function, e.position, arguments, op.value) for e in op.edges)
        scaled = sum(1 for e in op.edges if abs(e.partial) != 1.0 or op.function not in ("add", "sub", "neg"))
        forward += partials + scaled + len(op.edges) - 1
        reverse += partials + len(op.edges)
    return Cost(function, forward, reverse)


class _Counting:
    """Functions of floats that count how often they are called; choices are free."""

    def __init__(self) -> None:
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        function = getattr(Real, name)
        if name in ("choose", "equal", "less"):
            return function

        def counted(*arguments: float) -> float:
            self.calls += 1
            return float(function(*arguments))

        return counted


def _partial_cost(function: str, position: int, arguments: list[float], value: float) -> int:
    counting = _Counting()
    PRIMITIVES[function].partials[position](counting, *arguments, value)
    return counting.calls
