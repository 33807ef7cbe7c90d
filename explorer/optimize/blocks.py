"""A run as blocks of columns: what a window shows of 100,000 steps, without an object for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.optimize.descent import Box, Leg, Place, Stopped, prepared
from explorer.optimize.ground import Objective
from explorer.optimize.recorded import Memory, Row
from explorer.optimize.rules.rule import GradientRule

Array = NDArray[np.float64]
Fields = tuple[tuple[str, int], ...]

_MOST_ROWS = 1_000  # of a block


@dataclass(frozen=True)
class Block:
    """Consecutive iterates of one leg, k of them: `first` is the step of the first.

    x and gradient have shape (k, n), loss, norm and evaluations (k,). memory has shape (k, w): the fields (symbol,
    width) one after the other. raw: they are the memory's own fields, from which Rule.entries makes what is shown.
    """

    first: int
    leg: int
    x: Array
    loss: Array
    gradient: Array
    norm: Array
    evaluations: Array
    fields: Fields
    memory: Array
    raw: bool


def descend_blocks(
    objective: Objective, legs: Sequence[Leg], start: Sequence[float], names: Sequence[str] = (), box: Box | None = None
) -> Iterator[Block | Stopped]:
    """The run of descend_legs in blocks, quick where its objective offers `quick_gradient`, with the same numbers."""
    run, x = prepared(objective, legs, start, names=names, box=box)
    n = len(x)
    pending: list[tuple[int, int, list[float], float, Fields, bool]] = []
    for event in run.events(x, quick=True):
        if isinstance(event, Stopped):
            if pending:
                yield _gathered(pending, n)
            yield event
            return
        step, number, what = event
        rule = run.legs[number].rule
        if isinstance(what, Place):
            fields, memory, raw = _memory_of(rule, what.memory, n)
            if pending and (pending[-1][1], pending[-1][4]) != (number, fields):
                yield _gathered(pending, n)
                pending = []
            row = [*what.x.tolist(), what.loss, *what.gradient.tolist(), what.norm, *memory]
            pending.append((step, number, row, what.evaluations, fields, raw))
            if len(pending) >= _MOST_ROWS:
                yield _gathered(pending, n)
                pending = []
        else:
            if pending:
                yield _gathered(pending, n)
                pending = []
            assert isinstance(rule, GradientRule)
            spent = 2 if rule.looks_ahead else 1
            before = run.evaluate.gradients - spent * len(what)
            yield _block(step, number, what, before + spent * np.arange(1.0, len(what) + 1), _fields(rule, n), True, n)


def _memory_of(rule: Any, memory: Any, n: int) -> tuple[Fields, list[float], bool]:
    if isinstance(rule, GradientRule):
        return _fields(rule, n), Memory.of(rule).flat(memory), True
    shown = [(symbol, np.atleast_1d(np.asarray(values, dtype=float))) for symbol, values in rule.entries(memory)]
    return tuple((symbol, v.size) for symbol, v in shown), [x for _, v in shown for x in v.ravel().tolist()], False


def _fields(rule: GradientRule[Any], n: int) -> Fields:
    layout = Memory.of(rule)
    return tuple((name, n if wide else 1) for name, wide in zip(layout.kind._fields, layout.wide, strict=True))


def _gathered(pending: list[tuple[int, int, list[float], float, Fields, bool]], n: int) -> Block:
    step, number, _, _, fields, raw = pending[0]
    evaluations = np.array([row[3] for row in pending], dtype=float)
    return _block(step, number, [row[2] for row in pending], evaluations, fields, raw, n)


def _block(
    first: int,
    leg: int,
    rows: Sequence[Row] | Sequence[list[float]],
    evaluations: Array,
    fields: Fields,
    raw: bool,
    n: int,
) -> Block:
    packed = Struct(f"{len(rows[0])}d").pack  # in a fifth of the time of np.array(rows)
    table = np.frombuffer(bytearray().join([packed(*row) for row in rows])).reshape(len(rows), -1)
    return Block(
        first,
        leg,
        table[:, :n],
        table[:, n],
        table[:, n + 1 : 2 * n + 1],
        table[:, 2 * n + 1],
        evaluations,
        fields,
        table[:, 2 * n + 2 :],
        raw,
    )
