"""A rule's step as straight-line code: the rule is run once over numbers that write down what is done to them.

From it a loop over many steps is generated for one start (`loop`), and array code for many (`fleet_code`). Both do the
same arithmetic as the rule itself on NumPy arrays, bit for bit; where a number leaves the floats, or a coordinate its
bounds, the loop ends before that step, and the run takes it by itself and says what broke.

Longer than 300 lines: the recorder is long for the arithmetic that it must stand for.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.calculus import generated
from explorer.calculus.scalar_code import scalar_function
from explorer.calculus.straight_line import RAISED, Builder, Operand, StraightLine
from explorer.optimize.rules.rule import GradientRule

Array = NDArray[np.float64]

# Operations of a step: a few dozen a coordinate, so that 50 inputs stay far below.
_MOST_OPERATIONS = 20_000
MOST_COORDINATES = 64  # of a generated loop: beyond, NumPy's arrays are as fast
LARGEST_COORDINATE = 1e150  # as in optimize.descent, which says why


class _Truth:
    """A comparison; times a number it is that number or 0."""

    __slots__ = ("builder", "operand")

    def __init__(self, builder: Builder, operand: Operand) -> None:
        self.builder, self.operand = builder, operand

    def __mul__(self, other: float) -> Number:
        return Number(self.builder, self.builder.apply("choose", self.operand, float(other), 0.0))


class Number:
    """A number of which only its operation is known; it has what arrays have that rules use."""

    __slots__ = ("builder", "operand")

    def __init__(self, builder: Builder, operand: Operand) -> None:
        self.builder, self.operand = builder, operand

    def _apply(self, function: str, *arguments: Any) -> Number:
        return Number(self.builder, self.builder.apply(function, *map(_operand, arguments)))

    def _compared(self, operator: str, other: float) -> _Truth:
        return _Truth(self.builder, self.builder.operation(operator, (self.operand, float(other))))

    def __add__(self, other: Any) -> Number:
        return self._apply("add", self, other)

    def __radd__(self, other: Any) -> Number:
        return self._apply("add", other, self)

    def __sub__(self, other: Any) -> Number:
        return self._apply("sub", self, other)

    def __rsub__(self, other: Any) -> Number:
        return self._apply("sub", other, self)

    def __mul__(self, other: Any) -> Number:
        return self._apply("mul", self, other * 1.0 if isinstance(other, _Truth) else other)

    def __rmul__(self, other: Any) -> Number:
        return self._apply("mul", other, self)

    def __truediv__(self, other: Any) -> Number:
        return self._apply("div", self, other)

    def __rtruediv__(self, other: Any) -> Number:
        return self._apply("div", other, self)

    def __pow__(self, exponent: Any) -> Number:
        return self._apply("sqrt", self) if exponent == 0.5 else self._apply(RAISED, self, exponent)

    def __rpow__(self, base: Any) -> Number:
        return self._apply(RAISED, base, self)

    def __neg__(self) -> Number:
        return self._apply("neg", self)

    def __abs__(self) -> Number:
        return self._apply("abs", self)

    def __gt__(self, other: float) -> _Truth:
        return self._compared(">", other)

    def __lt__(self, other: float) -> _Truth:
        return self._compared("<", other)

    def __ge__(self, other: float) -> _Truth:
        return self._compared(">=", other)

    def __eq__(self, other: object) -> Any:  # a comparison to be recorded, and no equality of objects
        return self._compared("==", float(other))  # type: ignore[arg-type]

    __hash__ = None  # type: ignore[assignment]

    def clip(self, low: Any, high: Any = None) -> Number:
        """At least `low`, and at most `high` if that is given."""
        raised = self._apply("max", self, low)
        return raised if high is None else self._apply("min", raised, high)


def _operand(value: Any) -> Operand:
    return value.operand if isinstance(value, Number) else float(value)


def at_rate(rule: GradientRule[Any], rate: Any) -> GradientRule[Any]:
    """The rule at another rate, which a schedule may also bring down to 0: it is not checked."""
    other = object.__new__(type(rule))
    other.__dict__.update(rule.__dict__, rate=rate)
    return other


@dataclass(frozen=True)
class Memory:
    """How a rule's memory lies in a row: its type, and of each field whether it has a value a coordinate."""

    kind: Any
    wide: tuple[bool, ...]
    whole: tuple[bool, ...]  # a count, as t

    @staticmethod
    @lru_cache(maxsize=64)
    def of(rule: GradientRule[Any]) -> Memory:
        """That of a rule."""
        fields = rule.start(np.zeros(1))
        return Memory(
            type(fields),
            tuple(isinstance(f, np.ndarray) for f in fields),
            tuple(isinstance(f, int) for f in fields),
        )

    def flat(self, memory: Sequence[Any]) -> list[float]:
        """The numbers of a memory, field after field."""
        row: list[float] = []
        for field, wide in zip(memory, self.wide, strict=True):
            row += field.tolist() if wide else [float(field)]
        return row

    def back(self, row: Sequence[float], coordinates: int) -> Any:
        """The memory of such numbers."""
        fields: list[Any] = []
        place = 0
        for wide, whole in zip(self.wide, self.whole, strict=True):
            if wide:
                fields.append(np.array(row[place : place + coordinates]))
                place += coordinates
            else:
                fields.append(int(row[place]) if whole else row[place])
                place += 1
        return self.kind(*fields)


class _Recording:
    """A builder with the inputs of a step: the rate, the memory's single numbers, then x, g and the wide fields."""

    def __init__(self, rule: GradientRule[Any], coordinates: int) -> None:
        self.memory = Memory.of(rule)
        singles = self.memory.wide.count(False)
        wides = self.memory.wide.count(True)
        self.builder = Builder(1 + singles + coordinates * (2 + wides), _MOST_OPERATIONS)
        numbers = iter([Number(self.builder, place) for place in range(self.builder.inputs)])
        self.rule = at_rate(rule, next(numbers))
        self.singles = [next(numbers) for _ in range(singles)]
        self.x = [next(numbers) for _ in range(coordinates)]
        self.g = [next(numbers) for _ in range(coordinates)]
        self.wides = [[next(numbers) for _ in range(coordinates)] for _ in range(wides)]

    def memory_of(self, coordinate: int) -> Any:
        singles, wides = iter(self.singles), iter(self.wides)
        return self.memory.kind(*(next(wides)[coordinate] if wide else next(singles) for wide in self.memory.wide))

    def finished(self, outputs: Sequence[Any]) -> StraightLine:
        return self.builder.finished([_operand(each) for each in outputs])


def step_code(rule: GradientRule[Any], coordinates: int) -> tuple[StraightLine, StraightLine]:
    """(the step, the look ahead) as code of (rate, single memory fields, x, g, wide memory fields).

    The step's outputs: x + Δx, then the memory field after field; the look's: the point of the gradient.
    """
    recording = _Recording(rule, coordinates)
    moved: list[Any] = []
    memories: list[Any] = []
    for place in range(coordinates):
        delta, memory = recording.rule.step(recording.g[place], recording.x[place], recording.memory_of(place))  # type: ignore[arg-type]
        moved.append(recording.x[place] + delta)
        memories.append(memory)
    fields: list[Any] = []
    for number, wide in enumerate(recording.memory.wide):
        fields += [memory[number] for memory in memories] if wide else [memories[0][number]]
    step = recording.finished([*moved, *fields])
    recording = _Recording(rule, coordinates)
    points = [
        recording.rule.look(recording.x[place], recording.memory_of(place))  # type: ignore[arg-type]
        for place in range(coordinates)
    ]
    return step, recording.finished(points)


Gradient = Callable[[Sequence[float]], tuple[float, list[float]]]
Row = tuple[float, ...]


@dataclass(frozen=True)
class Loop:
    """A generated loop over the steps of a rule in n coordinates; see `loop`."""

    run: Callable[..., None]
    memory: Memory
    coordinates: int

    def rows(
        self, gradient: Gradient, row: Row, rates: Sequence[float], clip: float | None, tolerance: float
    ) -> list[Row]:
        """The rows after `row`, one a rate, up to the first whose gradient's norm is at most `tolerance`.

        A row is x, f, g, |g|, then the memory field after field. Fewer rows come back where a step met something that
        is not finite or out of bounds.
        """
        rows: list[Row] = []
        n = self.coordinates
        longest = math.inf if clip is None else clip
        x, after = row[:n], row[n + 1 :]
        # At the edge of a domain: all rows before it are whole.
        with contextlib.suppress(ArithmeticError, ValueError):
            self.run(rows.append, rates, gradient, longest, tolerance, *x, *after)
        return rows


@lru_cache(maxsize=64)
def loop(rule: GradientRule[Any], coordinates: int) -> Loop:
    """The loop for a rule, whose own rate is not used: each step's is handed over."""
    step, look = step_code(rule, coordinates)
    memory = Memory.of(rule)
    n, wides, singles = coordinates, memory.wide.count(True), memory.wide.count(False)
    xs, gs = [f"x{i}" for i in range(n)], [f"g{i}" for i in range(n)]
    fields: list[list[str]] = []
    for number, wide in enumerate(memory.wide):
        fields.append([f"m{number * n + i}" for i in range(n)] if wide else [f"t{number}"])
    flat = [name for field in fields for name in field]
    alone = [field[0] for field, wide in zip(fields, memory.wide, strict=True) if not wide]
    spread = [name for field, wide in zip(fields, memory.wide, strict=True) if wide for name in field]
    assert (len(alone), len(spread)) == (singles, wides * n)

    def arguments(gradients: Sequence[str]) -> str:
        return ", ".join(["r0", *alone, *xs, *gradients, *spread])

    lines = [f"def run({', '.join(['a0', 'q0', 'v0', 'c0', 'e0', *xs, *gs, 'n0', *flat])}):", "    for r0 in q0:"]
    used = gs
    if rule.looks_ahead:
        used = [f"h{i}" for i in range(n)]
        points = [f"y{i}" for i in range(n)]
        lines += [
            f"        ({_row(points)}) = l0({arguments(gs)})",
            f"        b0, ({_row(used)}) = v0(({_row(points)}))",
            f"        k0 = b0 + {' + '.join(used)}",
            "        if k0 - k0 != 0.0: return",
            f"        w0 = n1({', '.join(used)})",
        ]
    else:
        lines.append("        w0 = n0")
    shortened = [f"u{i}" for i in range(n)]
    lines += ["        if w0 > c0:", "            k0 = c0 / w0"]
    lines += [f"            {s} = {g} * k0" for s, g in zip(shortened, used, strict=True)]
    lines += ["        else:"] + [f"            {s} = {g}" for s, g in zip(shortened, used, strict=True)]
    lines += [f"        ({_row([*xs, *flat])}) = s0({arguments(shortened)})"]
    lines += [f"        if not (-1e150 <= {x} <= 1e150): return" for x in xs]
    lines += [
        f"        b0, ({_row(gs)}) = v0(({_row(xs)}))",
        f"        n0 = n1({', '.join(gs)})",
        f"        k0 = {' + '.join(['b0', 'n0', *flat])}",
        "        if k0 - k0 != 0.0: return",
        f"        a0(({_row([*xs, 'b0', *gs, 'n0', *flat])}))",
        "        if n0 <= e0: return",
    ]
    names = {"s0": scalar_function(step), "l0": scalar_function(look), "n1": math.hypot}
    return Loop(generated.function("\n".join(lines) + "\n", names), memory, n)


def _row(names: Sequence[str]) -> str:
    return "".join(f"{name}, " for name in names)
