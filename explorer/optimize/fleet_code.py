"""A rule's step over many runs at once as array code: for any objective, and with a gradient that is code too.

It does the same arithmetic as the rule itself, bit for bit (see `recorded`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.calculus.block_code import Blocks, BlockWriter, aligned
from explorer.calculus.scalar_code import scalar_function
from explorer.calculus.straight_line import StraightLine, same
from explorer.optimize.recorded import Memory, at_rate, step_code
from explorer.optimize.rules.rule import GradientRule

Array = NDArray[np.float64]


class GradientBlocks(Blocks):
    """f and its partials as array code that leaves to the caller what ends a sweep, 0 + a partial which may be −0.

    signed: the partials from the first to the last of these; over many runs one call adds 0 to all of them.
    """

    def __init__(self, gradient: StraightLine) -> None:
        first, *partials = gradient.outputs
        places = []
        for place, o in enumerate(partials):
            if type(o) is int and gradient.functions[o] == "add" and same(gradient.arguments[o][0], 0.0):
                places.append(place)
                partials[place] = gradient.arguments[o][1]
        self.signed = slice(min(places, default=0), max(places, default=-1) + 1)
        outputs = (first, *partials)
        super().__init__(gradient if gradient.branches else pruned(replace(gradient, outputs=outputs)))


@dataclass(frozen=True)
class _StepBlocks:
    """A rule's step and look as array code, the scalar code of its single fields, and which fields are which.

    turn: of rate and single fields, 0 for all else: the scalars of a step, then the single fields after it.
    """

    step: Blocks
    look: Blocks
    count: Callable[..., tuple[float, ...]]
    turn: Callable[..., tuple[float, ...]]
    wide: list[int]
    single: list[int]
    in_place: bool  # whether x and the wide fields may be written over what they follow


@lru_cache(maxsize=64)
def _step_blocks(rule: GradientRule[Any], many_rates: bool) -> _StepBlocks:
    """That of a rule, whose own rate is not used; with many_rates the rate is an array."""
    step, look = step_code(rule, 1)
    layout = Memory.of(rule)
    fields = range(len(layout.wide))
    wide = [number for number in fields if layout.wide[number]]
    single = [number for number in fields if not layout.wide[number]]
    first = 1 + len(single)
    held = range(1 if many_rates else 0, first)
    moved = with_outputs(step, [0, *(1 + number for number in wide)])
    writer, followed = BlockWriter(moved, held), [first, *range(first + 2, first + 2 + len(wide))]
    blocks, after = exact_blocks(moved, held), [1 + number for number in single]
    turn = (*blocks.scalars, *(step.outputs[place] for place in after))
    return _StepBlocks(
        blocks,
        exact_blocks(look, held),
        scalar_function(with_outputs(step, after)),
        scalar_function(pruned(replace(step, outputs=turn))),
        wide,
        single,
        all(writer.may_replace(place, index) for place, index in enumerate(followed)),
    )


class Fleet:
    """A rule's step over many runs at once: arrays of shape (n, runs), all its coordinates alike.

    The rate is a float, or an array with a rate for each of the n·runs numbers.
    """

    def __init__(self, rule: GradientRule[Any], many_rates: bool) -> None:
        code = _step_blocks(at_rate(rule, 1.0), many_rates)
        self._step, self._look, self._count = code.step, code.look, code.count
        self._wide, self._single = code.wide, code.single
        self._looks_ahead = rule.looks_ahead

    def _columns(self, rate: Any, x: Array, g: Array, memory: Sequence[Any]) -> list[Any]:
        singles = [memory[number] for number in self._single]
        return [rate, *singles, x.reshape(-1), g.reshape(-1), *(memory[number].reshape(-1) for number in self._wide)]

    def look(self, rate: Any, x: Array, memory: Sequence[Any]) -> Array:
        """Where the gradients of the next step are taken."""
        if not self._looks_ahead:
            return x
        return self._look(self._columns(rate, x, x, memory), x.size)[0].reshape(x.shape)

    def step(self, rate: Any, x: Array, g: Array, memory: Sequence[Any]) -> tuple[Array, list[Any]]:
        """(x + Δx, memory) for the gradients g taken at look(x)."""
        columns = self._columns(rate, x, g, memory)
        moved, *fields = self._step(columns, x.size)
        after = list(memory)
        for number, field in zip(self._wide, fields, strict=True):
            after[number] = field.reshape(x.shape)
        point = [0.0 if isinstance(column, np.ndarray) else float(column) for column in columns]
        for number, value in zip(self._single, self._count(*point), strict=True):
            after[number] = value
        return moved.reshape(x.shape), after


_Turn = tuple[float, Sequence[float], Sequence[float]]  # the factor on the rate, the scalars of a step and of a look
_CHUNK = 10_000  # runs that take many steps before the others do: their numbers stay in cache


class QuickFleet:
    """Many runs of a rule on a function whose gradient is straight-line code, chunk by chunk of runs; see quick_fleet.

    The numbers are those of Fleet.
    """

    def __init__(
        self, code: _StepBlocks, gradient: GradientBlocks, rule: GradientRule[Any], starts: Array, rate: Any
    ) -> None:
        many = isinstance(rate, np.ndarray)
        memory = rule.start(starts[:, :1])
        self._code, self._shape, self._rate = code, starts.shape, None if many else float(rate)
        self._singles: Sequence[float] = [float(memory[number]) for number in code.single]
        self._idle = [0.0] * (2 + len(code.wide))
        self._looks = rule.looks_ahead
        _, values, ahead = self._turn(1.0)[0]
        # Always the same arrays without axes: then what is called has the same arguments every time.
        scalars = [np.array(v) for v in values[: len(code.step.scalars)]], [np.array(v) for v in ahead]
        size = min(_CHUNK, starts.shape[1])
        widths = (gradient, size), (code.step, len(starts) * size), (code.look, len(starts) * size)
        spare = [blocks.spare(width) for blocks, width in widths]
        self._chunks = [
            _Chunk(
                code, gradient, rule, starts[:, a : a + _CHUNK], rate[a : a + _CHUNK] if many else None, scalars, spare
            )
            for a in range(0, starts.shape[1], _CHUNK)
        ]

    def _turn(self, factor: float) -> tuple[_Turn, Sequence[float]]:
        """What a step with this factor on the rate takes, and the single fields of memory after it."""
        rate = 0.0 if self._rate is None else self._rate * factor
        values = self._code.turn(rate, *self._singles, *self._idle)
        ahead: Sequence[float] = ()
        if self._looks:
            ahead = self._code.look.once(*(self._singles if self._rate is None else (rate, *self._singles)))
        return (factor, values, ahead), values[len(values) - len(self._singles) :]

    def advance(self, factors: Sequence[float], losses: Array, every: int) -> Array:
        """Take a step for each factor on the rate.

        Gives the points after each `every` steps and after the last, shape (their number, n, runs), and writes the
        losses before each step into `losses`, shape (steps, runs).
        """
        turns = []
        for factor in factors:
            turn, self._singles = self._turn(factor)
            turns.append(turn)
        points = np.empty((-(-len(turns) // every), *self._shape))
        with np.errstate(all="ignore"):
            for here, chunk in self._placed():
                chunk.advance(turns, points[:, :, here], losses[:, here], every)
        return points

    def losses(self) -> Array:
        """The losses where the runs are, shape (runs,)."""
        losses = np.empty(self._shape[1])
        with np.errstate(all="ignore"):
            for here, chunk in self._placed():
                chunk.gradient(losses[here], *chunk.at_x)
        return losses

    def _placed(self) -> Iterator[tuple[slice, _Chunk]]:
        for place, chunk in enumerate(self._chunks):
            yield slice(place * _CHUNK, (place + 1) * _CHUNK), chunk


class _Chunk:
    """The runs of a chunk: points, gradients and wide memory fields, which a step writes over; all calls' arguments.

    scalars, spare: what all chunks share, see QuickFleet; rate: of shape (runs,) where each run has one.
    """

    def __init__(
        self,
        code: _StepBlocks,
        gradient: GradientBlocks,
        rule: GradientRule[Any],
        starts: Array,
        rate: Array | None,
        scalars: tuple[list[Array], list[Array]],
        spare: list[list[Array]],
    ) -> None:
        n, runs = starts.shape
        memory = rule.start(starts)
        fields = [starts, *(memory[number] for number in code.wide)]
        ahead, flat_g, flat_x, *wide = aligned(2 + len(fields), starts.size)
        for row, field in zip((flat_x, *wide), fields, strict=True):
            row[:] = field.reshape(-1)
        self.x = flat_x.reshape(n, runs)
        self.rates = None if rate is None else np.tile(rate, n)
        self.rate = [] if rate is None else [np.empty(starts.size)]
        self.scalars, self.scalars_ahead = scalars
        gradient_spare, step_spare, look_spare = [
            [buffer[:width] for buffer in buffers]
            for buffers, width in zip(spare, (runs, starts.size, starts.size), strict=True)
        ]
        read = (*self.rate, flat_x, flat_g, *wide)
        g = flat_g.reshape(n, runs)
        self.signed = g[gradient.signed].reshape(-1)
        self.gradient, self.step = gradient.run, code.step.run
        self.look = code.look.run if rule.looks_ahead else None
        self.at_x = (*g, *self.x, *gradient_spare)
        self.for_step = (flat_x, *wide, *read, *self.scalars, *step_spare)
        self.for_look = (ahead, *read, *self.scalars_ahead, *look_spare)
        self.at_ahead = (np.empty(runs), *g, *ahead.reshape(n, runs), *gradient_spare)

    def advance(self, turns: Sequence[_Turn], points: Array, losses: Array, every: int) -> None:
        """Take all steps; for a thousand runs a step is little but its calls: nothing else is in the loop."""
        gradient, step, look, at_x, for_step = self.gradient, self.step, self.look, self.at_x, self.for_step
        add, zero, signed, scalars = np.add, np.array(0.0), self.signed, self.scalars
        places = range(len(scalars))
        keep = every - 1
        for place, (factor, values, ahead) in enumerate(turns):
            gradient(losses[place], *at_x)
            if self.rates is not None:
                np.multiply(self.rates, factor, *self.rate)
            if look:
                for i, value in enumerate(ahead):
                    self.scalars_ahead[i][()] = value
                look(*self.for_look)
                gradient(*self.at_ahead)
            if signed.size:
                add(zero, signed, signed)
            for i in places:
                scalars[i][()] = values[i]
            step(*for_step)
            if place == keep:
                points[place // every][...] = self.x
                keep += every
        points[-1][...] = self.x


def quick_fleet(gradient: GradientBlocks, rule: GradientRule[Any], starts: Array, rate: Any) -> QuickFleet | None:
    """Runs from starts, shape (n, runs), at a rate or one a run; None for a rule that reads what it has written over.

    The gradient's code writes the partials next to each other, so that a step is one call for all coordinates.
    """
    code = _step_blocks(at_rate(rule, 1.0), isinstance(rate, np.ndarray))
    return QuickFleet(code, gradient, rule, starts, rate) if code.in_place else None


def exact_blocks(code: StraightLine, held: range) -> Blocks:
    """The Blocks of a code whose held part is computed as Python's floats do: a power as a power, not as a product."""
    blocks = Blocks(code, held)
    if blocks.scalars:
        once = scalar_function(pruned(replace(code, outputs=tuple(blocks.scalars))))
        before, after = [0.0] * held.start, [0.0] * (code.inputs - held.stop)
        blocks.once = lambda *values: once(*before, *values, *after)
    return blocks


def with_outputs(code: StraightLine, places: Sequence[int]) -> StraightLine:
    """The code with only these of its outputs, and what they need."""
    return pruned(replace(code, outputs=tuple(code.outputs[place] for place in places)))


def pruned(code: StraightLine) -> StraightLine:
    """The code (without branches) without the operations that no output needs."""
    needed = {o for o in code.outputs if isinstance(o, int)}
    body: list[Any] = []
    for item in reversed(code.body):
        assert isinstance(item, int)
        if item in needed:
            body.append(item)
            needed.update(a for a in code.arguments[item] if isinstance(a, int))
    return replace(code, body=body[::-1])
