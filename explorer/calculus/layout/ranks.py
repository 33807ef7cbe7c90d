"""An order of all blocks as a rank for each, no two the same; the layers show the part of it that is in them.

Where sifting begins: a walk through the graph, smoothed; and how many edges cross in an order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from random import Random

import numpy as np
from numpy.typing import NDArray

from explorer.calculus.layout.blocks import Blocks

SMOOTHINGS = (5, 15)  # as many, then so many more: the fewest crossings before sifting are mostly the fewest after it
FEW = 100  # lines between two layers of which all pairs are looked at together

_Numbers = NDArray[np.intp]
_Ranks = NDArray[np.float64]


def ranked(key: list[float]) -> list[float]:
    """The ranks 0, 1, 2 … by this key; of equal ones the first comes first."""
    rank = [0.0] * len(key)
    for place, block in enumerate(sorted(range(len(key)), key=key.__getitem__)):
        rank[block] = float(place)
    return rank


class Starts:
    """Orders to begin with, each with its crossings."""

    def __init__(self, blocks: Blocks, layers: list[list[int]]) -> None:
        self.blocks = blocks
        self._crossings = Crossings(blocks, layers)

    @cached_property
    def _smoothing(self) -> _Smoothing:
        return _Smoothing(self.blocks)

    def walked(self) -> Iterator[list[tuple[int, list[float]]]]:
        """Along what computes the outputs, then along what uses the inputs: as walked, a little and much smoothed.

        Only as walked where nothing crosses.
        """
        count = len(self.blocks.first)
        outputs = [block for block in range(count) if not self.blocks.right[block]]
        inputs = [block for block in range(count - 1, -1, -1) if not self.blocks.left[block]]
        for near, roots in ((self.blocks.left, outputs), (self.blocks.right, inputs)):
            rank = _depth_first(near, roots)
            orders = [(self._crossings.of(rank), rank.tolist())]
            for rounds in SMOOTHINGS if orders[0][0] else ():
                rank = self._smoothing.smoothed(rank, rounds)
                orders.append((self._crossings.of(rank), rank.tolist()))
            yield orders

    def shuffled(self, luck: Random) -> tuple[int, list[float]]:
        """Any order, a little smoothed."""
        count = len(self.blocks.first)
        rank = self._smoothing.smoothed(np.array(luck.sample(range(count), count), dtype=np.float64), SMOOTHINGS[0])
        return self._crossings.of(rank), rank.tolist()


def _depth_first(near: list[list[tuple[int, int]]], roots: Iterable[int]) -> _Ranks:
    """The ranks in which a depth-first walk from the roots finds the blocks: a tree walked so has no crossings."""
    unseen = float(len(near))
    number = [unseen] * len(near)
    following = 0.0
    stack = list(roots)
    while stack:
        block = stack.pop()
        if number[block] == unseen:
            number[block] = following
            following += 1
            stack.extend([other for other, _ in reversed(near[block])])
    return np.array(number)


class _Smoothing:
    """The neighbours of all blocks, to rank each by the mean of the means on the left and on the right."""

    def __init__(self, blocks: Blocks) -> None:
        self.sides = [_Means(blocks.left), _Means(blocks.right)]
        self.count = sum((side.count > 0).astype(np.float64) for side in self.sides)

    def smoothed(self, rank: _Ranks, rounds: int) -> _Ranks:
        ranks = np.arange(len(rank), dtype=np.float64)
        for _ in range(rounds):
            wish = (self.sides[0].of(rank) + self.sides[1].of(rank)) / np.maximum(self.count, 1)
            order = np.argsort(np.where(self.count > 0, wish, rank), kind="stable")
            rank = np.empty_like(rank)
            rank[order] = ranks
        return rank


class _Means:
    """For each block the mean of its neighbours' ranks on one side, 0 where there are none."""

    def __init__(self, near: list[list[tuple[int, int]]]) -> None:
        self.count = np.array([len(own) for own in near], dtype=np.float64)
        self.block = np.repeat(np.arange(len(near)), self.count.astype(np.intp))
        self.other = np.array([other for own in near for other, _ in own], dtype=np.intp)

    def of(self, rank: _Ranks) -> _Ranks:
        total = np.bincount(self.block, rank[self.other], len(self.count))
        mean: _Ranks = total / np.maximum(self.count, 1)
        return mean


class Crossings:
    """All pairs of lines between the same two layers that may cross, to count those that do in any order.

    Where there are many, each layer is sorted instead.
    """

    def __init__(self, blocks: Blocks, layers: list[list[int]]) -> None:
        starts: list[int] = []
        ends: list[int] = []
        weights: list[int] = []
        firsts, seconds = [], []
        self.tall: list[tuple[int, int]] = []  # from which line to which
        for number, layer in enumerate(layers):
            begin = len(starts)
            for block in layer:
                if blocks.last[block] > number:
                    starts.append(block)
                    ends.append(block)
                    weights.append(blocks.carried[block])
                else:
                    for other, weight in blocks.right[block]:
                        starts.append(block)
                        ends.append(other)
                        weights.append(weight)
            count = len(starts) - begin
            if count > FEW:
                self.tall.append((begin, len(starts)))
            elif count > 1:
                first, second = _pairs(count)
                firsts.append(first + begin)
                seconds.append(second + begin)
        self.starts, self.ends = np.array(starts, dtype=np.intp), np.array(ends, dtype=np.intp)
        self.weights = np.array(weights, dtype=np.int64)
        self.first, self.second = (np.concatenate(some) if some else np.zeros(0, np.intp) for some in (firsts, seconds))
        self.weight = self.weights[self.first] * self.weights[self.second]

    def of(self, rank: _Ranks) -> int:
        """Pairs of edges that cross when the blocks have these ranks."""
        start, end = rank[self.starts], rank[self.ends]
        first, second = self.first, self.second
        crossed = (start[first] - start[second]) * (end[first] - end[second]) < 0
        total = int(self.weight[crossed].sum())
        for begin, stop in self.tall:
            order = np.lexsort((end[begin:stop], start[begin:stop]))
            total += _inversions(end[begin:stop][order], self.weights[begin:stop][order])
        return total


@cache
def _pairs(count: int) -> tuple[_Numbers, _Numbers]:
    return np.triu_indices(count, 1)


def _inversions(places: _Ranks, weights: NDArray[np.int64]) -> int:
    """The pairs of which the first is greater than a later one, each as often as its weights say together."""
    total = 0
    for place in range(len(places) - 1):
        total += int(weights[place]) * int(weights[place + 1 :][places[place + 1 :] < places[place]].sum())
    return total
