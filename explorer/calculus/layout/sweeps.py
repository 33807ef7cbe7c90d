"""An order of the vertices of a large graph, layer by layer, in which few edges cross.

Gansner, Koutsofios, North, Vo 1993 ("A technique for drawing directed graphs"), section 3: sweeps to the right and to
the left sort each layer by the means of the neighbours' places in the layer before. After each, vertices that stand
next to one another change places as long as that saves crossings; in the later ones also where it makes no difference,
which leads out of many dead ends. What sifting cannot do, they can: move a value to another place in all rounds of a
loop. NumPy swaps in all layers at once (odd-even transposition): every second pair of every second layer, for of these
none has to do with another.

Several orders to begin with are improved together, as copies of the graph side by side.
"""

from __future__ import annotations

from itertools import pairwise
from random import Random

import numpy as np
from numpy.typing import NDArray

from explorer.calculus.layout.blocks import Blocks
from explorer.calculus.layout.ranks import inversions

IDLE = 2  # passes with ties that save nothing, after which there is no more to hope for
MOST_PAIRS = 100_000  # of lines of two vertices that may change places: others stand where sweeps put them
PAIRS = 6  # of lines, which take as long to be looked at as a vertex
Numbers = NDArray[np.int64]


class Mesh:
    """Vertices, numbered layer by layer, the lines between layers that are neighbours, and orders of the copies.

    `at[slot]` is the vertex that stands there, `slot[vertex]` the reverse; slots are numbered as the vertices are. The
    copies follow one another, as if they were further layers.
    """

    def __init__(self, sizes: Numbers, lines: Numbers, weights: Numbers, copies: int = 1, turned: bool = False) -> None:
        """Layers of these sizes, the first and last vertices of the lines (2 × m), and the edges along each.

        In one that is `turned` back on itself, of which there is an even number of layers, lines lead from the last to
        the first; it can only be transposed.
        """
        self.turned = turned
        self.sizes, self.lines, self.weights, self.copies = sizes, lines, weights, copies
        self.layers, self.size = len(sizes), int(sizes.sum())
        sizes = np.tile(sizes, copies)
        self.begin = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(sizes)))
        self.layer = np.repeat(np.arange(len(sizes)), sizes)
        shift = np.repeat(np.arange(copies) * self.size, len(weights))
        self.start, self.end = np.tile(lines, copies) + shift
        self.load = np.tile(weights, copies)
        # The lines at each vertex, first those to the left of all, then those to the right: where they end.
        side = np.concatenate((self.end, self.start + len(self.layer)))
        order = np.argsort(side, kind="stable")
        self._there = np.concatenate((self.start, self.end))[order]
        self._loads = np.tile(self.load, 2)[order]
        self._count = np.bincount(side, minlength=2 * len(self.layer))
        self._first = np.cumsum(self._count) - self._count
        self._hubs = bool(self._count.max(initial=0) ** 2 > MOST_PAIRS)
        self._lists: list[list[list[int]]] = []
        place = np.arange(len(self.layer)) - self.begin[self.layer]
        paired = place < sizes[self.layer] - 1
        self._phases = [
            np.flatnonzero(paired & (self.layer % 2 == odd_layer) & (place % 2 == odd_place))
            for odd_layer in (0, 1)
            for odd_place in (0, 1)
        ]

    def work(self, layers: int) -> int:
        """What a pass over the first layers takes: their vertices, or more where some have many lines."""
        some = int(self.begin[layers])
        lines = self._count.reshape(2, -1)[:, :some]
        return max(some, int((lines * lines).sum()) // PAIRS)

    def part(self, layers: int, copies: int) -> Mesh:
        """Copies of the first layers."""
        inside = self.lines[1] < self.begin[layers]
        return Mesh(self.sizes[:layers], self.lines[:, inside], self.weights[inside], copies)

    def stand(self, at: Numbers) -> None:
        """Take this order."""
        self.at = at
        self.slot = np.empty_like(at)
        self.slot[at] = np.arange(len(at))

    def walk_and_shuffle(self, luck: Random) -> None:
        """Take, for the first copy, the order in which a breadth-first walk from the left finds it; for others any.

        Of cells that stand beside one another, and have to do with these only, the walk makes parallel tracks.
        """
        walk = np.array(self._walked(), dtype=np.int64)
        any_order: list[int] = []
        for begin, end in list(pairwise(self.begin.tolist()))[self.layers :]:
            any_order += luck.sample(range(begin, end), end - begin)
        self.stand(np.concatenate((walk[np.argsort(self.layer[walk], kind="stable")], any_order)).astype(np.int64))

    def _walked(self) -> list[int]:
        """The vertices of a copy as a breadth-first walk from those that have none on their left finds them."""
        left, right = self._neighbours()
        walk = [vertex for vertex, near in enumerate(left) if not near]
        seen = [not near for near in left]
        for vertex in walk:
            for other in right[vertex]:
                if not seen[other]:
                    seen[other] = True
                    walk.append(other)
        return walk

    def crossings(self) -> Numbers:
        """The crossings to the right of each layer: copies × layers."""
        slot, layer = self.slot, self.layer[self.start]
        crossed = crossings_of(slot[self.start], slot[self.end], self.load, layer, len(self.begin) - 1)
        return crossed.reshape(self.copies, self.layers)

    def sweep(self, rightwards: bool, turned: bool, first: int = 1) -> None:
        """Sort layer after layer by the means of the neighbours' slots in the one before; equal ones turned round.

        Rightwards from layer `first` on. A vertex without neighbours there goes with the one above it.
        """
        near = self._neighbours()[0 if rightwards else 1]
        borders = list(pairwise(self.begin[: self.layers + 1].tolist()))
        borders = borders[first:] if rightwards else borders[-2::-1]
        orders = []
        for copy in self.at.reshape(self.copies, -1) - np.arange(self.copies)[:, None] * self.size:
            orders.append(_swept(copy.tolist(), near, borders, turned))
        self.stand((np.array(orders) + np.arange(self.copies)[:, None] * self.size).ravel())

    def transpose(self, ties: bool, most: int, held: range = range(0)) -> bool:
        """Swap neighbours where that saves crossings, or with `ties` costs none, until none is saved; most passes.

        Layers may be `held` as they are. False where so many passes were not enough.
        """
        restless = np.ones(len(self.begin) + 1, dtype=bool)  # for each layer, and one on each side
        phases = [phase[(self.layer[phase] < held.start) | (self.layer[phase] >= held.stop)] for phase in self._phases]
        idle = 0
        for _ in range(most):
            moved = np.zeros_like(restless)
            saved = 0
            for phase in phases:
                layer = self.layer[phase] + 1
                slots = phase[restless[layer] | moved[layer]]
                if self._hubs:
                    slots = slots[self._pairs_of_lines(self.at[slots], self.at[slots + 1]) <= MOST_PAIRS]
                gain = self._gain(self.at[slots], self.at[slots + 1])
                swapped = gain >= 0 if ties else gain > 0
                upper = slots[swapped]
                saved += int(gain[swapped].sum())
                one, other = self.at[upper], self.at[upper + 1]
                self.at[upper], self.at[upper + 1] = other, one
                self.slot[other], self.slot[one] = upper, upper + 1
                layer = self.layer[upper] + 1
                moved[layer - 1] = moved[layer] = moved[layer + 1] = True
                if self.turned:
                    moved[1] |= moved[-1]
                    moved[-2] |= moved[0]
            restless = moved
            idle = 0 if saved else idle + 1
            if idle > (IDLE if ties else 0):
                return True
        return False

    def _pairs_of_lines(self, upper: Numbers, lower: Numbers) -> Numbers:
        """How many pairs of lines a swap has to look at."""
        count = self._count.reshape(2, -1)
        pairs: Numbers = (count[:, upper] * count[:, lower]).sum(axis=0)
        return pairs

    def _gain(self, upper: Numbers, lower: Numbers) -> NDArray[np.float64]:
        """The crossings saved where such a pair changes places."""
        count = len(upper)
        upper = np.concatenate((upper, upper + len(self.layer)))
        lower = np.concatenate((lower, lower + len(self.layer)))
        pair = np.repeat(np.arange(2 * count), self._count[upper])
        times = self._count[lower][pair]
        along = np.repeat(_runs(self._first[upper], self._count[upper]), times)
        beside = _runs(self._first[lower][pair], times)
        below = np.sign(self.slot[self._there[along]] - self.slot[self._there[beside]])
        gain = np.bincount(np.repeat(pair, times), below * self._loads[along] * self._loads[beside], 2 * count)
        both: NDArray[np.float64] = gain.reshape(2, -1).sum(axis=0)
        return both

    def _neighbours(self) -> list[list[list[int]]]:
        """Those of each vertex of a copy on the left and on the right."""
        if not self._lists:
            there = self._there.tolist()
            for begin in (0, len(self.layer)):
                some = slice(begin, begin + self.size)
                ends = zip(self._first[some].tolist(), self._count[some].tolist(), strict=True)
                self._lists.append([there[first : first + count] for first, count in ends])
        return self._lists


def crossings_of(start: Numbers, end: Numbers, load: Numbers, group: Numbers, groups: int) -> Numbers:
    """The crossings in each group of lines from these slots to those, where all of a group start before the next.

    Not counted between lines of several groups.
    """
    order = np.lexsort((end, start))
    sizes = np.bincount(group, minlength=groups)
    begin = np.repeat(np.cumsum(sizes) - sizes, sizes)
    place = np.empty_like(order)
    group = group[order]
    place[np.lexsort((end[order], group))] = np.arange(len(order))
    return np.bincount(group, inversions(place - begin, load[order], begin), groups).astype(np.int64)


def _runs(first: Numbers, count: Numbers) -> Numbers:
    """first, first + 1 … first + count − 1 for each."""
    runs: Numbers = np.arange(count.sum()) + np.repeat(first - np.cumsum(count) + count, count)
    return runs


def _swept(at: list[int], near: list[list[int]], borders: list[tuple[int, int]], turned: bool) -> list[int]:
    slot = [0] * len(at)
    for place, vertex in enumerate(at):
        slot[vertex] = place
    mean = [0.0] * len(at)
    for begin, end in borders:
        layer = at[begin:end]
        here = -1.0
        for vertex in layer:
            own = near[vertex]
            if len(own) == 1:
                here = slot[own[0]]
            elif own:
                here = sum([slot[other] for other in own]) / len(own)
            mean[vertex] = here
        if turned:
            layer.reverse()
        layer.sort(key=mean.__getitem__)
        at[begin:end] = layer
        for place, vertex in enumerate(layer, begin):
            slot[vertex] = place
    return at


def mesh_of(blocks: Blocks) -> tuple[Mesh, Numbers]:
    """A mesh with a vertex for every layer of every block, and their blocks; in each layer in the order of these."""
    first, last = np.array(blocks.first), np.array(blocks.last)
    length = last - first + 1
    block = np.repeat(np.arange(len(first)), length)
    head = np.cumsum(length) - length
    layer = first[block] + np.arange(len(block)) - head[block]
    order = np.argsort(layer, kind="stable")
    number = np.empty_like(order)
    number[order] = np.arange(len(order))
    source = np.repeat(np.arange(len(first)), [len(own) for own in blocks.right])
    lines = np.array([line for own in blocks.right for line in own], dtype=np.int64).reshape(-1, 2)
    inner = np.flatnonzero(block[1:] == block[:-1])
    start = np.concatenate((number[head[source] + length[source] - 1], number[inner]))
    end = np.concatenate((number[head[lines[:, 0]]], number[inner + 1]))
    weights = np.concatenate((lines[:, 1], np.array(blocks.carried)[block[inner]]))
    sort = np.lexsort((end, start))
    return Mesh(np.bincount(layer), np.stack((start, end))[:, sort], weights[sort]), block[order]
