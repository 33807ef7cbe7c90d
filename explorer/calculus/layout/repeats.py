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
from explorer.calculus.layout.sweeps import Mesh, Numbers, mesh_of

LUCK = 1  # fixed, so that the same graph is always drawn in the same way
LARGE = 600  # nodes
# Orders improved at once, at most, and the vertices of all together; None: as many as the graph has.
IN_LARGE, IN_OTHERS = (6, None), (32, 8_000)
SWEEPS = 4  # in the second half ties are moved too
# Passes after a sweep, at most: as many as look at so many vertices; and so many times fewer with ties at the end.
PASSES, FEWEST_PASSES, WORK, LAST = 60, 8, 200_000, 3
ROUNDS, SHARE = (4, 3), 0.5  # ordered: as many as have at most this share of all vertices
PERIODS = (1, 2)  # in a window
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
    """Layers of one copy of a mesh, and the crossings of all layers when they repeat to the end."""

    crossings: float
    copy: int
    begin: int = 0
    length: int = 0


def swept_order(blocks: Blocks) -> list[list[int]]:
    """The blocks of each layer from above, in an order in which few edges cross."""
    mesh, block = mesh_of(blocks)
    repetition = _repetition(mesh)
    layers = repetition.ordered if repetition else mesh.layers
    most, vertices = IN_LARGE if blocks.nodes > LARGE else IN_OTHERS
    copies = max(1, min(most, (vertices or mesh.size) // int(mesh.begin[layers])))
    window, order = _improved(mesh.part(layers, copies), repetition)
    if repetition:
        order = _repeated(mesh, repetition, window, order)
    mesh.stand(order)
    if repetition and repetition.end < mesh.layers:
        mesh.sweep(rightwards=True, turned=False, first=repetition.end)
    mesh.transpose(ties=True, most=_passes(mesh) // LAST)
    mesh.transpose(ties=False, most=_passes(mesh))
    found, ends = block[mesh.at].tolist(), mesh.begin.tolist()
    return [found[begin:end] for begin, end in pairwise(ends)]


def _passes(mesh: Mesh) -> int:
    return min(PASSES, max(FEWEST_PASSES, WORK // len(mesh.at)))


def _improved(mesh: Mesh, repetition: Repetition | None) -> tuple[Window, Numbers]:
    """The best order of one copy to which sweeps lead from random ones, and its best window."""
    mesh.shuffle(Random(LUCK))
    best = Window(np.inf, 0)
    order = mesh.at
    for turn in range(SWEEPS):
        loose = turn >= SWEEPS // 2
        mesh.sweep(rightwards=turn % 2 == 0, turned=not loose)
        mesh.transpose(ties=loose, most=_passes(mesh))
        if loose and (window := _best_window(mesh, repetition)).crossings < best.crossings:
            best = window
            order = mesh.at[window.copy * mesh.size :][: mesh.size] - window.copy * mesh.size
    return best, order


def _best_window(mesh: Mesh, repetition: Repetition | None) -> Window:
    """The window of all copies with the fewest crossings of all layers; where nothing repeats, the best copy."""
    crossings = mesh.crossings()
    before = np.cumsum(crossings, axis=1) - crossings
    if repetition is None:
        copy = int(np.argmin(before[:, -1]))
        return Window(float(before[copy, -1]), copy)
    best = Window(np.inf, 0)
    layer = mesh.layer[mesh.start]
    copy, gap = np.divmod(layer, mesh.layers)
    for periods in PERIODS:
        length = periods * repetition.period
        begin = np.arange(repetition.begin, mesh.layers - length)
        if not len(begin):
            break
        last = begin + length - 1
        some = (gap >= last[0]) & (gap <= last[-1])
        end = mesh.end[some]
        fitted = end - mesh.begin[layer[some] + 1] + mesh.begin[layer[some] + 1 - length]  # where the first layer ends
        group = copy[some] * len(begin) + gap[some] - last[0]
        joint = mesh.crossings_of(mesh.start[some], fitted, mesh.load[some], group, mesh.copies * len(begin))
        inside = before[:, last] - before[:, begin] + joint.reshape(mesh.copies, -1)
        total = before[:, begin] + inside * ((repetition.end - begin) / length)
        at, place = np.unravel_index(int(np.argmin(total)), total.shape)
        if total[at, place] < best.crossings:
            best = Window(float(total[at, place]), int(at), int(begin[place]), length)
    return best


def _repeated(mesh: Mesh, repetition: Repetition, window: Window, order: Numbers) -> Numbers:
    """The order of all layers in which a window of an order of the first goes on to the end of the repetition."""
    begin, orders = mesh.begin, []
    for layer in range(repetition.end):
        like = layer if layer < window.begin else window.begin + (layer - window.begin) % window.length
        orders.append(order[begin[like] : begin[like + 1]] + (begin[layer] - begin[like]))
    return np.concatenate([*orders, np.arange(begin[repetition.end], mesh.size)])


def _repetition(mesh: Mesh) -> Repetition | None:
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
        if ordered < end and mesh.begin[ordered] <= SHARE * mesh.size:
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
