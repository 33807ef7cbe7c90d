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
# Orders improved at once: of the first rounds so many as have no more vertices than the graph, of a graph that is not
# large so many of so many vertices, of a large one a single one, for that takes long enough.
MOST_OF_ROUNDS, MOST, ENOUGH, LARGE = 8, 32, 8_000, 1_000
SWEEPS = 4  # in the second half ties are moved too
PASSES, FEWEST_PASSES, WORK = (
    60,
    8,
    300_000,
)  # at most, after a sweep: in large graphs as many as look at so many vertices
LAST = 3  # so many times fewer for all layers at the end
ROUNDS, SHARE = (4, 3), 0.5  # ordered: as many as have at most this share of all vertices
PERIODS = (1, 2, 3)  # in a window
DISTANCES = 50  # tried as a period


@dataclass(slots=True, frozen=True)
class Repetition:
    """Layers `begin` … `end`−1 are such that each has the lines to its right that the one a `period` later has."""

    begin: int
    end: int
    period: int


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
    first = repetition and _first_rounds(mesh, repetition)
    if first and repetition:
        mesh.stand(_repeated(mesh, repetition, first))
        if repetition.end < mesh.layers:
            mesh.sweep(rightwards=True, turned=False, first=repetition.end)
    else:
        mesh.stand(
            _improved(mesh.part(mesh.layers, min(MOST, ENOUGH // mesh.size) if mesh.size <= LARGE else 1), None)[1]
        )
    mesh.transpose(ties=True, most=_passes(mesh) // LAST)
    mesh.transpose(ties=False, most=_passes(mesh))
    order, ends = block[mesh.at].tolist(), mesh.begin.tolist()
    return [order[begin:end] for begin, end in pairwise(ends)]


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


def _repeated(mesh: Mesh, repetition: Repetition, first: Mesh) -> Numbers:
    """The order of all layers in which the best window of the first goes on to the end of the repetition."""
    window, order = _improved(first, repetition)
    place = order - first.begin[first.layer[: first.size]]
    begin, orders = mesh.begin, []
    for layer in range(repetition.end):
        like = layer if layer < window.begin else window.begin + (layer - window.begin) % window.length
        orders.append(begin[layer] + place[begin[like] : begin[like + 1]])
    return np.concatenate([*orders, np.arange(begin[repetition.end], mesh.size)])


def _first_rounds(mesh: Mesh, repetition: Repetition) -> Mesh | None:
    """Copies of the layers up to the end of some rounds; None where even few are much of the graph."""
    for rounds in ROUNDS:
        layers = repetition.begin + rounds * repetition.period + 1
        if layers < repetition.end and mesh.begin[layers] <= SHARE * mesh.size:
            return mesh.part(layers, min(MOST_OF_ROUNDS, mesh.size // int(mesh.begin[layers])))
    return None


def _repetition(mesh: Mesh) -> Repetition | None:
    """The longest run of layers that repeat; of the periods for that the shortest."""
    start, end = mesh.lines
    layer = mesh.layer[start]
    lines = np.stack((start - mesh.begin[layer], end - mesh.begin[layer + 1]), axis=1)
    ends = np.searchsorted(layer, np.arange(mesh.layers))
    kinds: dict[tuple[int, bytes], int] = {}
    kind = np.array(
        [
            kinds.setdefault((size, lines[begin:end].tobytes()), len(kinds))
            for size, (begin, end) in zip(mesh.sizes.tolist(), pairwise(ends), strict=False)
        ]
    )
    best = None
    middle = len(kind) // 2
    for period in (np.flatnonzero(kind[middle + 1 :] == kind[middle]) + 1)[:DISTANCES].tolist():
        same = np.concatenate(([0], kind[period:] == kind[:-period], [0]))
        turns = np.flatnonzero(np.diff(same))
        run = int(np.argmax(turns[1::2] - turns[::2]))
        begin, end = int(turns[2 * run]), int(turns[2 * run + 1]) + period
        if best is None or end - begin > best.end - best.begin:
            best = Repetition(begin, end, period)
    return best
