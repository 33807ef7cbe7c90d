"""The rounds of a loop in a graph, and the graph without most of them, which alone needs to be laid out.

Rounds are runs of nodes one after the other that are alike: each edge of a later one comes from a node as much later or
from the same node (a parameter). See `copies` for how the drawing becomes that of the whole graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

PERIODS = (1, 2, 4)  # rounds after which a drawing may repeat
KEPT = (12, 24)  # rounds that are laid out, or a few more; and as many where they are so short that many stand abreast
FEW_NODES = 300  # in the second case
WORTH = 2  # times as many rounds: with fewer there is little to gain
REACH = 3  # rounds back from which a value may come
COMPARED = 200  # nodes in the middle of the graph, at least, by which a round is looked for …
ALIKE = 0.7  # … of which so many have as many operands, as far back, as those a round later

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(slots=True, frozen=True)
class Rounds:
    """A graph, its rounds, and its part, of which some of those in the middle are `missing`.

    Nodes are numbered so that rounds follow one another: `place[v]` is the new number of node v. There are `count`
    rounds from node `begin` on, each of `period` nodes and `round_edges` edges. `target` are the edges' targets,
    sorted, and `source` their sources; `order` tells which edges they were. `sizes` and `part` are the nodes and edges
    of the part: there a node of the last rounds, or after them, has as much smaller a number as nodes are missing.
    `parameters` says whether all rounds use some node.
    """

    place: Numbers
    begin: int
    period: int
    count: int
    missing: int
    source: Numbers
    target: Numbers
    order: Numbers
    round_edges: int
    sizes: list[tuple[float, float]]
    part: list[tuple[int, int]]
    parameters: bool


def rounds_of(sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]], kept: int) -> Rounds | None:
    """The most rounds that follow one another, of which so many are kept.

    None where there are few, or where others use what most of them do. They are looked for in the order of the nodes,
    then in that in which the outputs need them, as in a long sum.
    """
    ends, own_sizes = np.array(edges, dtype=np.int64).reshape(-1, 2), np.array(sizes)
    for numbered in (_by_first_use, _by_need):
        place = numbered(len(sizes), ends)
        size = np.empty_like(own_sizes)
        size[place] = own_sizes
        if found := _in_order(place, size, ends, kept):
            return found
    return None


def _by_first_use(count: int, ends: Numbers) -> Numbers:
    """Places as they are, but inputs just before the first that uses them."""
    source, target = ends[np.argsort(ends[:, 1], kind="stable")[::-1]].T
    key = np.arange(count, dtype=np.float64)
    inputs = np.full(count, True)
    inputs[target] = False
    first = key.copy()
    first[source] = target - 0.5
    return _places(np.argsort(np.where(inputs, first, key), kind="stable"))


def _by_need(count: int, ends: Numbers) -> Numbers:
    """Places in a depth-first walk from the outputs, each node after what it needs."""
    operands: list[list[int]] = [[] for _ in range(count)]
    used = [False] * count
    for source, target in ends.tolist():
        operands[target].append(source)
        used[source] = True
    seen = [False] * count
    walk: list[int] = []
    stack = [node for node in reversed(range(count)) if not used[node]]
    while stack:
        node = stack.pop()
        if node < 0:
            walk.append(~node)
        elif not seen[node]:
            seen[node] = True
            stack.append(~node)
            stack.extend([other for other in reversed(operands[node]) if not seen[other]])
    return _places(np.array(walk))


def _places(walk: Numbers) -> Numbers:
    place = np.empty_like(walk)
    place[walk] = np.arange(len(walk))
    return place


def _in_order(place: Numbers, size: NDArray[np.float64], ends: Numbers, keep: int) -> Rounds | None:
    """The rounds that follow one another when the nodes have these places; `size` has theirs in the new order."""
    count = len(place)
    ends = place[ends]
    order = np.argsort(ends[:, 1], kind="stable")
    source, target = ends[order].T
    operands = np.bincount(target, minlength=count)
    first = np.cumsum(operands) - operands  # of each node's edges
    period = _period(source, target, operands, first)
    if not period:
        return None
    same = np.zeros(count, dtype=bool)
    same[:-period] = (operands[period:] == operands[:-period]) & (size[period:] == size[:-period]).all(axis=1)
    begin, rounds = _run(source, target, same, first, period)
    if rounds < WORTH * keep:
        return None
    missing = rounds - keep
    missing -= missing % max(PERIODS)
    left, right, end = (begin + rounds_before * period for rounds_before in (REACH, REACH + missing, rounds))
    # All edges of a round come from a few rounds before, or always from the same node.
    edges = int(first[begin + period] - first[begin])
    last = int(first[begin]) + (rounds - 1) * edges
    before, step = source[last : last + edges], source[last : last + edges] - source[last - edges : last]
    near = (step == period) & (before >= end - (REACH + 1) * period)
    if not (near | (step == 0) & (before < left)).all():
        return None
    kept = (target < left) | (target >= right)
    inner = kept & (source >= left) & (source < right)
    if (target[inner] >= end).any():
        return None
    start = np.where((source >= right) | inner, source - missing * period, source)[kept]
    stop = np.where(target >= right, target - missing * period, target)[kept]
    part = list(zip(start.tolist(), stop.tolist(), strict=True))
    sizes = [(width, height) for width, height in np.concatenate((size[:left], size[right:])).tolist()]
    return Rounds(
        place, begin, period, rounds, missing, source, target, order, edges, sizes, part, bool((step == 0).any())
    )


def _period(source: Numbers, target: Numbers, operands: Numbers, first: Numbers) -> int:
    """How many nodes a round has, as the middle of the graph suggests; 0 where nothing does."""
    count = len(operands)
    most = count // (WORTH * KEPT[0])
    compared = min(max(COMPARED, 2 * most), count // 4)
    middle = count // 2 - compared
    back = np.where(operands[source] > 0, target - source, 0)  # inputs may be at any distance
    inner = operands > 0
    far, all_back = np.zeros((2, count), dtype=np.int64)
    far[inner] = np.maximum.reduceat(back, first[inner])
    all_back[inner] = np.add.reduceat(back, first[inner])
    alike = np.zeros(most)
    for look in (operands, far, all_back):
        later = sliding_window_view(look[middle + 1 : middle + most + compared], compared)
        alike += (later == look[middle : middle + compared]).mean(axis=1) / 3
    best = int(np.argmax(alike))
    return best + 1 if alike[best] > ALIKE else 0


def _run(source: Numbers, target: Numbers, same: Flags, first: Numbers, period: int) -> tuple[int, int]:
    """Where the longest run of rounds begins, and how many they are."""
    count = len(same)
    whole = same[target]
    later = np.where(whole, np.arange(len(source)) + first[(target + period) % count] - first[target], 0)
    steps = source[later] - source
    steady = whole & whole[later] & (steps[later] == steps)
    alike = same.copy()
    alike[:-period] &= same[period:]
    alike[target[~steady]] = False
    turns = np.flatnonzero(np.diff(np.concatenate(([0], alike, [0]))))
    if not len(turns):
        return 0, 0
    longest = int(np.argmax(turns[1::2] - turns[::2]))
    begin, end = int(turns[2 * longest]), int(turns[2 * longest + 1])
    return begin, (end - begin) // period + 2
