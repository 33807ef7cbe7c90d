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
from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate
from math import inf

from explorer.calculus.layout.blocks import Blocks
from explorer.calculus.layout.ranks import ranked

KEEP, HIGHEST, LOWEST = 0, 1, 2  # where a block goes when several places are equally good
CLOSE = 1e-6  # between two ranks: then all become whole numbers again before the next round


class _Side:
    """The lines on one side of every block, the ranks between which they end, and how many edges they carry."""

    def __init__(self, lines: list[list[tuple[int, int]]], rank: list[float]) -> None:
        self.lines = lines
        self.count = [sum([weight for _, weight in own]) for own in lines]
        self.low, self.high = [inf] * len(lines), [-inf] * len(lines)  # so where there are none: above and below all
        self.look(rank, range(len(lines)))

    def look(self, rank: list[float], some: range | list[int]) -> None:
        """See where the lines of some blocks end now."""
        low, high = self.low, self.high
        for block in some:
            own = self.lines[block]
            if len(own) == 1:
                low[block] = high[block] = rank[own[0][0]]
            elif own:
                ends = [rank[other] for other, _ in own]
                low[block], high[block] = min(ends), max(ends)


class Sifting:
    """The blocks in an order that gets better, once it has begun from one."""

    def __init__(self, blocks: Blocks, layers: list[list[int]], reach: int) -> None:
        self.blocks = blocks
        self.reach = reach  # blocks that one may pass in each direction
        self._layers = layers
        self._beside: dict[int, list[int]] = {}
        self.near = [
            ([other for other, _ in left], [other for other, _ in right])
            for left, right in zip(blocks.left, blocks.right, strict=True)
        ]
        self.compared = 0  # pairs of blocks, and of their lines a second time: that is what takes the time
        self.restless: set[int] = set()  # blocks that may save crossings elsewhere
        self.luck = random.Random(3)  # any fixed seed: the same graph is always drawn in the same way

    def begin(self, rank: list[float]) -> None:
        """Go on from this order."""
        self.rank = list(rank)
        self.restless.clear()
        self.left, self.right = _Side(self.blocks.left, self.rank), _Side(self.blocks.right, self.rank)
        self.crowded = False
        self.moves: list[tuple[int, float]] = []  # since `mark`: which block, and its rank before

    def beside(self, block: int) -> list[int]:
        """All blocks that have a layer in common with this one, itself too, nearly in their order."""
        found = self._beside.get(block)
        if found is None:
            own = self._layers[self.blocks.first[block] : self.blocks.last[block] + 1]
            found = self._beside[block] = own[0] if len(own) == 1 else list(set().union(*own))
        return found

    def mark(self) -> None:
        """Where `undo` goes back to."""
        if self.crowded:
            self.begin(ranked(self.rank))
        self.moves.clear()

    def undo(self) -> None:
        """Take back all moves since `mark`."""
        while self.moves:
            block, rank = self.moves.pop()
            self._put(block, rank)
            self.moves.pop()

    def round(self, ties: int = KEEP, some: Iterable[int] | None = None) -> int:
        """Sift some or all blocks in a random order; the crossings saved. Those that it disturbs are restless then."""
        self.mark()
        self.restless = set(range(len(self.rank)) if some is None else some)
        return self.settle(ties)

    def settle(self, ties: int = KEEP) -> int:
        """Sift the restless blocks once, in a random order; the crossings saved."""
        restless = self.restless
        some = sorted(restless)
        self.luck.shuffle(some)
        saved = 0
        for block in some:
            restless.discard(block)
            saved += self._sift(block, ties)
        return saved

    def _sift(self, block: int, ties: int) -> int:
        """Move a block to its best place; the crossings saved."""
        rank = self.rank
        beside = self.beside(block)
        beside.sort(key=rank.__getitem__)  # it was sorted before, and few have moved since
        at = bisect_left(beside, rank[block], key=rank.__getitem__)
        start = max(0, at - self.reach)
        passed = beside[start:at] + beside[at + 1 : at + self.reach + 1]
        self.compared += len(passed)
        cost = list(accumulate(self._passing(block, passed), initial=0))
        least = min(cost)
        here = at - start
        gain = cost[here] - least
        if not gain and not ties:
            return 0
        to = len(passed) - cost[::-1].index(least) if ties == LOWEST else cost.index(least)
        if to == here:
            return 0
        above = rank[passed[to - 1]] if to else rank[beside[start - 1]] if start else rank[passed[0]] - 2.0
        if to < len(passed):
            below = rank[passed[to]]
        else:
            beyond = at + self.reach + 1
            below = rank[beside[beyond]] if beyond < len(beside) else rank[passed[-1]] + 2.0
        self._put(block, above + (below - above) * (0.25 + 0.5 * self.luck.random()))
        if below - above < CLOSE:
            self.crowded = True
        if gain:
            self._disturb(block)
            for other in passed[min(here, to) : max(here, to)]:
                self._disturb(other)
            self.restless.discard(block)
        return gain

    def _put(self, block: int, rank: float) -> None:
        self.moves.append((block, self.rank[block]))
        self.rank[block] = rank
        left, right = self.near[block]
        self.right.look(self.rank, left)
        self.left.look(self.rank, right)

    def _disturb(self, block: int) -> None:
        left, right = self.near[block]
        self.restless.add(block)
        self.restless.update(left)
        self.restless.update(right)

    def _passing(self, block: int, order: list[int]) -> list[int]:
        """For each of the other blocks the crossings that come when the block goes from just above it to just below.

        Negative where more go than come. See the module's text for which lines count; mostly all lines of one end on
        the same side of all lines of the other.
        """
        rank, blocks = self.rank, self.blocks
        firsts, lasts, carried = blocks.first, blocks.last, blocks.carried
        first, last, along = firsts[block], lasts[block], carried[block]
        lows, highs, counts = self.right.low, self.right.high, self.right.count
        out_low, out_high, out_count = lows[block], highs[block], counts[block]
        left_lows, left_highs, left_counts = self.left.low, self.left.high, self.left.count
        in_low, in_high, in_count = left_lows[block], left_highs[block], left_counts[block]
        right_lines, left_lines = self.right.lines, self.left.lines
        outs = [(rank[beyond], weight) for beyond, weight in right_lines[block]]
        ins = [(rank[beyond], weight) for beyond, weight in left_lines[block]]
        changes = []
        for other in order:
            end = lasts[other]
            if end == last:
                if lows[other] > out_high:
                    change = counts[other] * out_count
                elif highs[other] < out_low:
                    change = -counts[other] * out_count
                else:
                    change = self._inverted(outs, right_lines[other])
            elif end < last:
                here = rank[other]
                if lows[other] > here:
                    change = counts[other] * along
                elif highs[other] < here:
                    change = -counts[other] * along
                else:
                    change = along * self._beyond(right_lines[other], here)
            else:
                here = rank[other]
                if out_high < here:
                    change = carried[other] * out_count
                elif out_low > here:
                    change = -carried[other] * out_count
                else:
                    change = -carried[other] * self._beyond(right_lines[block], here)
            start = firsts[other]
            if start == first:
                if left_lows[other] > in_high:
                    change += left_counts[other] * in_count
                elif left_highs[other] < in_low:
                    change -= left_counts[other] * in_count
                else:
                    change += self._inverted(ins, left_lines[other])
            elif start > first:
                here = rank[other]
                if left_lows[other] > here:
                    change += left_counts[other] * along
                elif left_highs[other] < here:
                    change -= left_counts[other] * along
                else:
                    change += along * self._beyond(left_lines[other], here)
            else:
                here = rank[other]
                if in_high < here:
                    change += carried[other] * in_count
                elif in_low > here:
                    change -= carried[other] * in_count
                else:
                    change -= carried[other] * self._beyond(left_lines[block], here)
            changes.append(change)
        return changes

    def _inverted(self, ends: list[tuple[float, int]], others: list[tuple[int, int]]) -> int:
        """Pairs of which the other line ends below the own, less those of which it ends above: edges for edges."""
        self.compared += 1
        rank = self.rank
        total = 0
        for block, weight in others:
            place = rank[block]
            for end, carried in ends:
                if end < place:
                    total += weight * carried
                elif end > place:
                    total -= weight * carried
        return total

    def _beyond(self, lines: list[tuple[int, int]], here: float) -> int:
        """The edges along lines that end below a rank, less those that end above it."""
        rank = self.rank
        return sum([weight if rank[block] > here else -weight for block, weight in lines])

    def kick(self, block: int, beside: int) -> int:
        """Put a block next to another; the crossings that this adds."""
        before = self._crossings_of(block)
        self._put(block, self.rank[beside] + (self.luck.random() - 0.5) * 1e-3)
        self._disturb(block)
        return self._crossings_of(block) - before

    def _crossings_of(self, block: int) -> int:
        """The crossings of a block's lines with others, its lane's too."""
        rank, blocks = self.rank, self.blocks
        here, first, last, along = rank[block], blocks.first[block], blocks.last[block], blocks.carried[block]
        ins = [(rank[other], weight) for other, weight in blocks.left[block]]
        outs = [(rank[other], weight) for other, weight in blocks.right[block]]
        total = 0
        for other in self.beside(block):
            if other == block:
                continue
            below = rank[other] > here
            lane = [(other, blocks.carried[other])]
            if blocks.last[other] < last:
                for beyond, weight in blocks.right[other]:
                    if (rank[beyond] > here) != below:
                        total += weight * along
            else:
                total += self._across(outs, blocks.right[other] if blocks.last[other] == last else lane, below)
            if blocks.first[other] <= first:
                total += self._across(ins, blocks.left[other] if blocks.first[other] == first else lane, below)
        return total

    def _across(self, ends: list[tuple[float, int]], lines: list[tuple[int, int]], below: bool) -> int:
        """Edges of another block that cross those with these ends: they begin above and end below, or the reverse."""
        total = 0
        for block, weight in lines:
            place = self.rank[block]
            for end, carried in ends:
                if end != place and (place > end) != below:
                    total += weight * carried
        return total
