"""The order of a large graph: what repeats, as the rounds of a loop do, is ordered once and drawn alike each time.

A period of layers is found and its first rounds are ordered. Of these that window goes on through all others which has
the fewest crossings then: it may be some periods long, and its last layer must fit its first.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from random import Random

import numpy as np

from explorer.calculus.layout.blocks import Blocks
from explorer.calculus.layout.ranks import walked_from_outputs
from explorer.calculus.layout.sweeps import Mesh, Numbers, crossings_of, mesh_of

LUCK = 1  # fixed, so that the same graph is always drawn in the same way
LARGE = 600  # nodes
# Orders improved at once, at most, and the vertices of all together; None: as many as the graph has.
IN_LARGE, IN_PART, IN_OTHERS = (3, None), (12, 4_000), (12, 8_000)
SWEEPS = 4  # in the second half ties are moved too
SHORT = 2.0  # layers that edges cross for each node: up to here one sweep finds most of what there is to find
# Passes after a sweep, at most: as many as look at so many vertices; and so many times fewer with ties at the end.
PASSES, FEWEST_PASSES, WORK, LAST = 60, 8, 200_000, 3
FREE = 1  # last rounds of a part that need not be as those before
ROUNDS, SHARE, SHARE_OF_PART = (4, 3), 0.5, 0.8  # ordered: as many as have at most this share of all vertices
PERIODS = (1, 2)  # in a window
BEST = 16  # windows that are improved once more, so that so many passes are enough before:
BEFORE, BEFORE_IN_PART = 20, 10
DISTANCES = 50  # tried as a period


@dataclass(slots=True, frozen=True)
class Repetition:
    """Layers `begin` … `end`−1 are such that each has the lines to its right that the one a `period` later has.

    Those before `ordered` are the first rounds, which are ordered.
    """

    begin: int
    end: int
    period: int
    ordered: int


@dataclass(slots=True, frozen=True)
class Window:
    """Of an order of the first layers, `length` from `begin` on: they can go on to the end of the repetition.

    All layers have so many crossings then, of which those `before` it.
    """

    crossings: float
    before: float
    begin: int
    length: int
    order: Numbers


def swept_order(blocks: Blocks, part: bool) -> list[list[int]]:
    """The blocks of each layer from above, in an order in which few edges cross."""
    mesh, block = mesh_of(blocks)
    mesh.stand(np.lexsort((walked_from_outputs(blocks)[block], mesh.layer)))
    if not mesh.crossings().any():
        return _layers(mesh, block)
    repetition = _repetition(mesh, SHARE_OF_PART if part else SHARE)
    layers = repetition.ordered if repetition else mesh.layers
    number, vertices = IN_PART if part else IN_LARGE if blocks.nodes > LARGE else IN_OTHERS
    short = (part or blocks.nodes > LARGE) and mesh.weights.sum() <= SHORT * blocks.nodes
    copies = 1 if short else max(1, min(number, (vertices or mesh.size) // mesh.work(layers)))
    most = PASSES if repetition is None else BEFORE_IN_PART if part else BEFORE
    windows = _improved(mesh.part(layers, copies), repetition, 1 if short else SWEEPS, most)
    held = range(0)
    if repetition is None:
        mesh.stand(windows[0].order)
    else:
        begin = _stand_repeated(mesh, repetition, windows[:BEST])
        if part:
            held = range(begin, repetition.end - FREE * repetition.period)
    if repetition and repetition.end < mesh.layers:
        mesh.sweep(rightwards=True, turned=False, first=repetition.end)
    if not mesh.transpose(ties=True, most=_passes(mesh) // LAST, held=held):
        mesh.transpose(ties=False, most=_passes(mesh), held=held)
    return _layers(mesh, block)


def _layers(mesh: Mesh, block: Numbers) -> list[list[int]]:
    """The blocks of each layer from above, as the mesh stands."""
    found = block[mesh.at].tolist()
    return [found[begin:end] for begin, end in pairwise(mesh.begin.tolist())]


def _passes(mesh: Mesh) -> int:
    return min(PASSES, max(FEWEST_PASSES, WORK // len(mesh.at)))


def _improved(mesh: Mesh, repetition: Repetition | None, sweeps: int, most: int) -> list[Window]:
    """All windows, the best first, of the orders through which so many sweeps lead; so many passes with ties."""
    mesh.walk_and_shuffle(Random(LUCK))
    windows: list[Window] = []
    for turn in range(sweeps):
        loose = turn >= SWEEPS // 2
        mesh.sweep(rightwards=turn % 2 == 0, turned=not loose)
        mesh.transpose(ties=loose, most=min(_passes(mesh), most) if loose else _passes(mesh))
        windows += _windows(mesh, repetition)
        if not all(window.crossings for window in windows):
            break
    return sorted(windows, key=lambda window: window.crossings)


def _windows(mesh: Mesh, repetition: Repetition | None) -> list[Window]:
    """For each copy and each length of a window that which, repeated, has the fewest crossings of all layers.

    Where nothing repeats, the whole of each copy.
    """
    orders = mesh.at.reshape(mesh.copies, -1) - np.arange(mesh.copies)[:, None] * mesh.size
    crossings = mesh.crossings()
    before = np.cumsum(crossings, axis=1) - crossings
    if repetition is None:
        return [Window(all_, all_, 0, 0, order) for all_, order in zip(before[:, -1].tolist(), orders, strict=True)]
    windows = []
    layer = mesh.layer[mesh.start]
    copy, gap = np.divmod(layer, mesh.layers)
    for periods in PERIODS:
        length = periods * repetition.period
        begin = np.arange(repetition.begin, mesh.layers - length)
        last = begin + length - 1
        some = (gap >= last[0]) & (gap <= last[-1])
        end = mesh.end[some]
        fitted = end - mesh.begin[layer[some] + 1] + mesh.begin[layer[some] + 1 - length]  # where the first layer ends
        group = copy[some] * len(begin) + gap[some] - last[0]
        start, end = mesh.slot[mesh.start[some]], mesh.slot[fitted]
        joint = crossings_of(start, end, mesh.load[some], group, mesh.copies * len(begin))
        inside = before[:, last] - before[:, begin] + joint.reshape(mesh.copies, -1)
        total = before[:, begin] + inside * ((repetition.end - begin) / length)
        for number, place in enumerate(np.argmin(total, axis=1).tolist()):
            first = int(begin[place])
            windows.append(Window(total[number, place], before[number, first], first, length, orders[number]))
    return windows


def _stand_repeated(mesh: Mesh, repetition: Repetition, windows: list[Window]) -> int:
    """Repeat the window with the fewest crossings to the end of the repetition; the layer where it begins.

    All are improved at once, as if their end were their beginning; some have to be taken twice for that.
    """
    first, length = repetition.begin, max(PERIODS) * repetition.period
    begin, end = mesh.begin[[first, first + length]].tolist()
    inside = (mesh.lines[0] >= begin) & (mesh.lines[0] < end)
    lines = mesh.lines[:, inside] - begin
    lines[1] %= end - begin
    turn = Mesh(mesh.sizes[first : first + length], lines, mesh.weights[inside], len(windows), turned=True)
    starts = [
        _again(mesh, window.order, range(first, first + length), window.begin, window.length) for window in windows
    ]
    turn.stand(np.concatenate([start - begin + copy * turn.size for copy, start in enumerate(starts)]))
    if not turn.transpose(ties=True, most=_passes(turn)):
        turn.transpose(ties=False, most=_passes(turn))
    inside = turn.crossings().sum(axis=1) * ((repetition.end - first) / length)
    best = int(np.argmin(inside + [window.before for window in windows]))
    window, order = windows[best], turn.at[best * turn.size :][: turn.size] - best * turn.size + begin
    order = np.concatenate((window.order[:begin], order))
    order = _again(mesh, order, range(window.begin, repetition.end), first, length)
    parts = (window.order[: mesh.begin[window.begin]], order, np.arange(mesh.begin[repetition.end], mesh.size))
    mesh.stand(np.concatenate(parts))
    return window.begin


def _again(mesh: Mesh, order: Numbers, layers: range, begin: int, length: int) -> Numbers:
    """The order of these layers when so many from `begin` on are repeated."""
    parts = []
    for layer in layers:
        like = begin + (layer - begin) % length
        parts.append(order[mesh.begin[like] : mesh.begin[like + 1]] + (mesh.begin[layer] - mesh.begin[like]))
    return np.concatenate(parts)


def _repetition(mesh: Mesh, share: float) -> Repetition | None:
    """The longest run of layers that repeat, of the periods for that the shortest.

    None where there is none, or too few rounds to order only some.
    """
    kind = _kinds(mesh)
    begin = end = best = 0
    middle = len(kind) // 2
    for period in (np.flatnonzero(kind[middle + 1 :] == kind[middle]) + 1)[:DISTANCES].tolist():
        same = np.concatenate(([0], kind[period:] == kind[:-period], [0]))
        turns = np.flatnonzero(np.diff(same))
        run = int(np.argmax(turns[1::2] - turns[::2]))
        first, last = int(turns[2 * run]), int(turns[2 * run + 1]) + period
        if last - first > end - begin:
            begin, end, best = first, last, period
    for rounds in ROUNDS:
        ordered = begin + rounds * best + 1
        if ordered < end and mesh.begin[ordered] <= share * mesh.size:
            return Repetition(begin, end, best, ordered)
    return None


def _kinds(mesh: Mesh) -> Numbers:
    """A number for each layer but the last, the same where they are alike and have the same lines to their right."""
    start, end = mesh.lines
    layer = mesh.layer[start]
    lines = np.stack((start - mesh.begin[layer], end - mesh.begin[layer + 1]), axis=1)
    ends = np.searchsorted(layer, np.arange(mesh.layers))
    kinds: dict[tuple[int, bytes], int] = {}
    return np.array(
        [
            kinds.setdefault((size, lines[begin:end].tobytes()), len(kinds))
            for size, (begin, end) in zip(mesh.sizes.tolist(), pairwise(ends), strict=False)
        ]
    )
