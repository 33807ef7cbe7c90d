"""An order of all blocks as a rank for each, no two the same; the layers show the part of it that is in them.

Where sifting begins: a walk through the graph, smoothed; and how many edges cross in an order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from random import Random

import numpy as np
from numpy.typing import NDArray

from explorer.calculus.layout.blocks import Blocks

SMOOTHINGS = (5, 15)  # as many, then so many more: the fewest crossings before sifting are mostly the fewest after it

Start = tuple[int, list[float]]  # an order, as a rank for each block, after its crossings
_Numbers = NDArray[np.int64]
_Ranks = NDArray[np.float64]


def ranked(key: list[float]) -> list[float]:
    """The ranks 0, 1, 2 … by this key; of equal ones the first comes first."""
    rank = [0.0] * len(key)
    for place, block in enumerate(sorted(range(len(key)), key=key.__getitem__)):
        rank[block] = float(place)
    return rank


class Starts:
    """Orders to begin with, each with its crossings."""

    def __init__(self, blocks: Blocks) -> None:
        self.blocks = blocks
        self.crossings = Crossings(blocks)

    @cached_property
    def _smoothing(self) -> _Smoothing:
        return _Smoothing(self.blocks)

    def walked(self) -> Iterator[Start]:
        """Along what computes the outputs, then along what uses the inputs."""
        yield self._with_crossings(walked_from_outputs(self.blocks))
        inputs = [block for block, own in enumerate(self.blocks.left) if not own]
        yield self._with_crossings(_depth_first(self.blocks.right, reversed(inputs)))

    def smoothed(self, start: Start) -> list[Start]:
        """A little and much smoothed."""
        orders = []
        rank = np.array(start[1])
        for rounds in SMOOTHINGS:
            rank = self._smoothing.smoothed(rank, rounds)
            orders.append(self._with_crossings(rank))
        return orders

    def shuffled(self, luck: Random) -> Start:
        """Any order, a little smoothed."""
        count = len(self.blocks.first)
        rank = np.array(luck.sample(range(count), count), dtype=np.float64)
        return self._with_crossings(self._smoothing.smoothed(rank, SMOOTHINGS[0]))

    def _with_crossings(self, rank: _Ranks) -> Start:
        return self.crossings.of(rank), rank.tolist()


def walked_from_outputs(blocks: Blocks) -> _Ranks:
    """The ranks in which a depth-first walk along what computes the outputs finds the blocks."""
    return _depth_first(blocks.left, [block for block, own in enumerate(blocks.right) if not own])


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
    """All lines between two layers, to count those that cross in an order of the blocks."""

    def __init__(self, blocks: Blocks) -> None:
        self.count = len(blocks.first)
        block = np.arange(self.count)
        first, last = np.array(blocks.first, dtype=np.int64), np.array(blocks.last, dtype=np.int64)
        source = np.repeat(block, [len(own) for own in blocks.right])
        target = np.array([other for own in blocks.right for other, _ in own], dtype=np.int64)
        weight = np.array([weight for own in blocks.right for _, weight in own], dtype=np.int64)
        length = last - first
        lane = np.repeat(block, length)  # a lane is a line to itself in each gap that it crosses
        along = np.arange(len(lane)) - np.repeat(np.cumsum(length) - length, length)
        self.starts, self.ends = np.concatenate((source, lane)), np.concatenate((target, lane))
        gap = np.concatenate((last[source], first[lane] + along))
        self.gap = gap * self.count
        sizes = np.bincount(gap)
        self.begin = np.repeat(np.cumsum(sizes) - sizes, sizes)  # for the lines gap by gap where theirs begins
        self.weights = np.concatenate((weight, np.array(blocks.carried, dtype=np.int64)[lane]))

    def of(self, rank: _Ranks) -> int:
        """Pairs of edges that cross when the blocks have these ranks."""
        whole = rank.astype(np.int64)
        start, end = self.gap + whole[self.starts], self.gap + whole[self.ends]
        order = np.argsort(start * self.count + whole[self.ends])  # gap by gap as the lines start, from above
        place = np.empty(
            len(order), dtype=np.int64
        )  # of each where they end: two cross where the first has the greater
        place[np.argsort(end[order], kind="stable")] = np.arange(len(order))
        return int(inversions(place - self.begin, self.weights[order], self.begin).sum())


def inversions(places: _Numbers, weights: _Numbers, begin: _Numbers) -> _Numbers:
    """Pairs of a group of which the first has the greater place, each as often as its weights say together.

    They are spread over the places of their group: its sum is what counts. The places of a group are 0 … n−1; `begin`
    is where each one's group begins. They are sorted bit by bit, from the highest on, and pairs are counted where
    their bits first differ: those that share the higher ones stand together.
    """
    here = np.arange(len(places))
    crossed = np.zeros(len(places), dtype=np.int64)
    for bit in reversed(range(int(places.max(initial=0)).bit_length())):
        start = begin + (places >> (bit + 1) << (bit + 1))
        high = places >> bit & 1
        ones, loads = np.zeros(len(places) + 1, dtype=np.int64), np.zeros(len(places) + 1, dtype=np.int64)
        np.cumsum(high, out=ones[1:])
        np.cumsum(high * weights, out=loads[1:])
        crossed += weights * (1 - high) * (loads[here] - loads[start])
        if bit:
            before = ones[here] - ones[start]
            to = np.where(high == 1, start + (1 << bit) + before, here - before)
            moved, moved_weights = np.empty_like(places), np.empty_like(weights)
            moved[to], moved_weights[to] = places, weights
            places, weights = moved, moved_weights
    return crossed
