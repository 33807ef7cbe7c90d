"""An order of all blocks in which few edges cross, by global sifting.

Bachmaier, Brandenburg, Brunner, Hübner 2011 ("Global k-level crossing reduction"): a block, long edges with all their
bends too, moves as a whole past every block that has a layer in common with it, and stays where it saves most
crossings. Sorting one layer at a time cannot do that: a bend is held where it is by the bends beside it.

Two lines of the same gap between layers cross when the orders of their ends differ. So when block A goes from just
above B to just below it, only lines change that end at one of them in a gap where the other is: at their right ends if
these are in the same layer; else, where B ends earlier, those of B and A's lane beside them; and so on the left.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate
from math import inf

from explorer.calculus.layout.blocks import Blocks

REACH = 30  # blocks that one may pass in each direction, so that a round stays linear in very tall layers
KEEP, HIGHEST, LOWEST = 0, 1, 2  # where a block goes when several places are equally good


class Sifting:
    """An order of all blocks: a rank for each, no two the same. The layers show the part of it that is in them."""

    def __init__(self, blocks: Blocks) -> None:
        self.blocks = blocks
        count = len(blocks.first)
        self.layers = blocks.layers()
        self.beside = [
            self.layers[first] if first == last else list(set().union(*self.layers[first : last + 1]))
            for first, last in zip(blocks.first, blocks.last, strict=True)
        ]  # for each block all that have a layer in common with it, itself too
        self.near = [
            [*(other for other, _ in left), *(other for other, _ in right)]
            for left, right in zip(blocks.left, blocks.right, strict=True)
        ]
        self.rank = [float(block) for block in range(count)]
        self.restless = set(range(count))  # blocks that may save crossings elsewhere
        self.compared = 0  # pairs of blocks, which is what takes the time
        self.luck = random.Random(1993)  # any fixed seed: the same graph is always drawn in the same way

    def sort(self, key: list[float]) -> None:
        """Rank the blocks by this key; of equal ones the first comes first."""
        for place, block in enumerate(sorted(range(len(key)), key=key.__getitem__)):
            self.rank[block] = float(place)

    def along(self, near: list[list[tuple[int, int]]], roots: Iterable[int]) -> None:
        """Rank the blocks as a depth-first walk from the roots finds them: a tree walked so has no crossings."""
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
        self.sort(number)

    def smooth(self, rounds: int) -> None:
        """Rank every block by the mean of its neighbours on the left and of those on the right."""
        near = self.near
        for _ in range(rounds):
            rank = self.rank
            key = []
            for block, (left, right) in enumerate(zip(self.blocks.left, self.blocks.right, strict=True)):
                count, others = len(left), near[block]
                if not others:
                    key.append(rank[block])
                elif len(others) == 2:
                    key.append((rank[others[0]] + rank[others[1]]) / 2)
                else:
                    key.append(
                        (
                            (sum([rank[other] for other in others[:count]]) / count if left else 0.0)
                            + (sum([rank[other] for other in others[count:]]) / len(right) if right else 0.0)
                        )
                        / (bool(left) + bool(right))
                    )
            self.sort(key)

    def crossings(self) -> int:
        """Pairs of edges that cross."""
        rank, last, carried, right = self.rank, self.blocks.last, self.blocks.carried, self.blocks.right
        total = 0
        for number, layer in enumerate(self.layers):
            lines: list[tuple[float, float, int]] = []
            for block in layer:
                if last[block] > number:
                    lines.append((rank[block], rank[block], carried[block]))
                else:
                    lines.extend([(rank[block], rank[other], weight) for other, weight in right[block]])
            lines.sort()
            total += _inversions([end for _, end, _ in lines], [weight for _, _, weight in lines])
        return total

    def round(self, ties: int = KEEP) -> int:
        """Sift all blocks in a random order; the crossings saved. Those that it disturbs are restless afterwards."""
        self.restless = set(range(len(self.rank)))
        return self.settle(ties)

    def settle(self, ties: int = KEEP) -> int:
        """Sift the restless blocks once, in a random order; the crossings saved."""
        restless = self.restless
        some = sorted(restless)
        self.luck.shuffle(some)
        saved = 0
        for block in some:
            restless.discard(block)
            saved += self.sift(block, ties)
        return saved

    def sift(self, block: int, ties: int) -> int:
        """Move a block to its best place; the crossings saved."""
        rank = self.rank
        order = sorted(self.beside[block], key=rank.__getitem__)
        at = order.index(block)
        del order[at]
        start = max(0, at - REACH)
        passed = order[start : at + REACH]
        self.compared += len(passed)
        cost = list(accumulate(self._passing(block, passed), initial=0))
        least = min(cost)
        gain = cost[at - start] - least
        if not gain and not ties:
            return 0
        to = start + (len(cost) - 1 - cost[::-1].index(least) if ties == LOWEST else cost.index(least))
        if to == at:
            return 0
        above = rank[order[to - 1]] if to else rank[order[0]] - 2.0
        below = rank[order[to]] if to < len(order) else rank[order[-1]] + 2.0
        rank[block] = above + (below - above) * (0.25 + 0.5 * self.luck.random())
        if gain:
            self._disturb(block)
            for other in order[min(at, to) : max(at, to)]:
                self._disturb(other)
            self.restless.discard(block)
        return gain

    def _disturb(self, block: int) -> None:
        self.restless.add(block)
        self.restless.update(self.near[block])

    def _passing(self, block: int, order: list[int]) -> list[int]:
        """For each of the other blocks the crossings that come when the block goes from just above it to just below.

        Negative where more go than come. See the module's text for which lines count.
        """
        rank, blocks = self.rank, self.blocks
        firsts, lasts, lefts, rights, carried = blocks.first, blocks.last, blocks.left, blocks.right, blocks.carried
        first, last, along = firsts[block], lasts[block], carried[block]
        ins, in_low, in_high, in_count = self._ends(lefts[block])
        outs, out_low, out_high, out_count = self._ends(rights[block])
        changes = []
        for other in order:
            here = rank[other]
            change = 0
            end = lasts[other]
            if end < last:
                for next_to, weight in rights[other]:
                    change += weight * along if rank[next_to] > here else -weight * along
            elif end > last:
                if here > out_high:
                    change += carried[other] * out_count
                elif here < out_low:
                    change -= carried[other] * out_count
                else:
                    for own, own_weight in outs:
                        change += carried[other] * own_weight if own < here else -carried[other] * own_weight
            else:
                for next_to, weight in rights[other]:
                    place = rank[next_to]
                    if place > out_high:
                        change += weight * out_count
                    elif place < out_low:
                        change -= weight * out_count
                    else:
                        for own, own_weight in outs:
                            if own < place:
                                change += weight * own_weight
                            elif own > place:
                                change -= weight * own_weight
            start = firsts[other]
            if start > first:
                for next_to, weight in lefts[other]:
                    change += weight * along if rank[next_to] > here else -weight * along
            elif start < first:
                if here > in_high:
                    change += carried[other] * in_count
                elif here < in_low:
                    change -= carried[other] * in_count
                else:
                    for own, own_weight in ins:
                        change += carried[other] * own_weight if own < here else -carried[other] * own_weight
            else:
                for next_to, weight in lefts[other]:
                    place = rank[next_to]
                    if place > in_high:
                        change += weight * in_count
                    elif place < in_low:
                        change -= weight * in_count
                    else:
                        for own, own_weight in ins:
                            if own < place:
                                change += weight * own_weight
                            elif own > place:
                                change -= weight * own_weight
            changes.append(change)
        return changes

    def _ends(self, near: list[tuple[int, int]]) -> tuple[list[tuple[float, int]], float, float, int]:
        """Where the lines to these neighbours end, with the edges along each; the first, the last, and all edges."""
        rank = self.rank
        if len(near) == 1:
            ((other, weight),) = near
            return [(rank[other], weight)], rank[other], rank[other], weight
        ends = [(rank[other], weight) for other, weight in near]
        if not ends:
            return ends, -inf, inf, 0
        return ends, min(ends)[0], max(ends)[0], sum([weight for _, weight in ends])

    def move(self, block: int, beside: int) -> int:
        """Put a block next to another; the crossings that this adds."""
        before = self._crossings_of(block)
        self.rank[block] = self.rank[beside] + (self.luck.random() - 0.5) * 1e-3
        self._disturb(block)
        return self._crossings_of(block) - before

    def _crossings_of(self, block: int) -> int:
        """The crossings of a block's lines with others; its lane too."""
        rank, blocks = self.rank, self.blocks
        firsts, lasts, lefts, rights, carried = blocks.first, blocks.last, blocks.left, blocks.right, blocks.carried
        here, first, last, along = rank[block], firsts[block], lasts[block], carried[block]
        ins = [(rank[other], weight) for other, weight in lefts[block]]
        outs = [(rank[other], weight) for other, weight in rights[block]]
        total = 0
        for other in self.beside[block]:
            there = rank[other]
            below = there > here
            if lasts[other] < last:
                for next_to, weight in rights[other]:
                    if (rank[next_to] > here) != below:
                        total += weight * along
            elif other != block:
                ends = rights[other] if lasts[other] == last else [(other, carried[other])]
                for next_to, weight in ends:
                    place = rank[next_to]
                    for own, own_weight in outs:
                        if own != place and (place > own) != below:
                            total += weight * own_weight
            if other != block and firsts[other] <= first:
                starts = lefts[other] if firsts[other] == first else [(other, carried[other])]
                for next_to, weight in starts:
                    place = rank[next_to]
                    for own, own_weight in ins:
                        if own != place and (place > own) != below:
                            total += weight * own_weight
        return total


def _inversions(places: list[float], weights: list[int]) -> int:
    """The pairs of which the first is greater than a later one, each as often as its weights say together.

    By insertion, from the end: the lines of a layer are few, and those that go far back are counted in one sum.
    """
    total = 0
    passed: list[float] = []
    held: list[int] = []
    for place, weight in zip(places, weights, strict=True):
        at = bisect_right(passed, place)
        if at < len(passed):
            total += weight * sum(held[at:])
        passed.insert(at, place)
        held.insert(at, weight)
    return total
