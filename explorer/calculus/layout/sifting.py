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
from bisect import insort
from collections.abc import Collection
from math import inf

from explorer.calculus.layout.blocks import Blocks
from explorer.calculus.layout.ranks import ranked

KEEP, HIGHEST, LOWEST = 0, 1, 2  # where a block goes when several places are equally good

REACH = 30  # blocks that one may pass in each direction
LINES = 16  # pairs of lines of two blocks that take as long as all else of comparing these
LUCK = 2  # fixed, so that the same graph is always drawn in the same way; any would do, this came out well against dot

CLOSE = 1e-6  # between two ranks: then all become whole numbers again before the next round

_Ends = list[tuple[float, int]]  # the ranks at which lines end, and how many edges each carries


class _Side:
    """The lines on one side of every block, the ranks between which they end, and how many edges they carry."""

    def __init__(self, lines: list[list[tuple[int, int]]], rank: list[float]) -> None:
        self.lines = lines
        self.count = [sum([weight for _, weight in own]) for own in lines]
        self.span = [(inf, -inf)] * len(lines)  # so where there are none: above and below all
        self.look(rank, range(len(lines)))

    def look(self, rank: list[float], some: range | list[int]) -> None:
        """See where the lines of some blocks end now."""
        span = self.span
        for block in some:
            own = self.lines[block]
            if len(own) == 1:
                end = rank[own[0][0]]
                span[block] = end, end
            elif own:
                ends = [rank[other] for other, _ in own]
                span[block] = min(ends), max(ends)


class Sifting:
    """The blocks in an order that gets better, once it has begun from one."""

    def __init__(self, blocks: Blocks, layers: list[list[int]]) -> None:
        self.blocks = blocks
        self.layers = layers  # the blocks of each, sorted by rank from `begin` on
        self._beside: dict[int, list[int]] = {}
        self.on_left = [[other for other, _ in own] for own in blocks.left]
        self.on_right = [[other for other, _ in own] for own in blocks.right]
        self.compared = 0  # pairs of blocks, and of their lines a second time: that is what takes the time
        self.restless: set[int] = set()  # blocks that may save crossings elsewhere
        self.luck = random.Random(LUCK)

    def begin(self, rank: list[float]) -> None:
        """Go on from this order."""
        self.rank = list(rank)
        for members in self.layers:
            members.sort(key=self.rank.__getitem__)
        self.restless.clear()
        self.left, self.right = _Side(self.blocks.left, self.rank), _Side(self.blocks.right, self.rank)
        self.crowded = False
        self.moves: list[tuple[int, float]] = []  # since `mark`: which block, and its rank before

    def beside(self, block: int) -> list[int]:
        """All blocks that have a layer in common with this one, itself too."""
        found = self._beside.get(block)
        if found is None:
            own = self.layers[self.blocks.first[block] : self.blocks.last[block] + 1]
            found = self._beside[block] = own[0] if len(own) == 1 else list(set().union(*own))
        return found

    def _nearest(self, block: int) -> tuple[list[int], list[int]]:
        """Those of them that are next above and next below, the nearest first: one more than may be passed."""
        most = REACH + 1
        above: list[int] = []
        below: list[int] = []
        layers = self.layers[self.blocks.first[block] : self.blocks.last[block] + 1]
        for members in layers:
            at = members.index(block)
            above += members[max(0, at - most) : at]
            below += members[at + 1 : at + 1 + most]
        if len(layers) > 1:
            above, below = sorted(set(above), key=self.rank.__getitem__), sorted(set(below), key=self.rank.__getitem__)
        return above[: -most - 1 : -1], below[:most]

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

    def round(self, ties: int = KEEP) -> int:
        """Sift all blocks in a random order; the crossings saved. Those that it disturbs are restless then."""
        self.mark()
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
            saved += self._sift(block, ties)
        return saved

    def _sift(self, block: int, ties: int) -> int:
        """Move a block to its best place; the crossings saved."""
        rank = self.rank
        above, below = self._nearest(block)
        ends = (
            [(rank[beyond], weight) for beyond, weight in self.left.lines[block]],
            [(rank[beyond], weight) for beyond, weight in self.right.lines[block]],
        )
        up = self._passing(block, ends, above[:REACH], -1)
        down = self._passing(block, ends, below[:REACH], 1)
        self.compared += len(up) + len(down)
        cost = [*reversed(up), 0, *down]
        least = min(cost)
        gain = -least
        if not gain and not ties:
            return 0
        here = len(up)
        to = len(cost) - 1 - cost[::-1].index(least) if ties == LOWEST else cost.index(least)
        if to == here:
            return 0
        if to < here:
            passed = above[: here - to]
            low = rank[passed[-1]]
            high = rank[above[here - to]] if len(above) > here - to else low - 2.0
        else:
            passed = below[: to - here]
            low = rank[passed[-1]]
            high = rank[below[to - here]] if len(below) > to - here else low + 2.0
        self._put(block, low + (high - low) * (0.25 + 0.5 * self.luck.random()))
        if abs(high - low) < CLOSE:
            self.crowded = True
        if gain:
            self.restless.update(*self._with_neighbours([block, *passed]))
            self.restless.discard(block)
        return gain

    def _put(self, block: int, rank: float) -> None:
        self.moves.append((block, self.rank[block]))
        self.rank[block] = rank
        for members in self.layers[self.blocks.first[block] : self.blocks.last[block] + 1]:
            members.remove(block)
            insort(members, block, key=self.rank.__getitem__)
        self.right.look(self.rank, self.on_left[block])
        self.left.look(self.rank, self.on_right[block])

    def _with_neighbours(self, some: Collection[int]) -> list[Collection[int]]:
        """These blocks, and in a list for each those on its left and those on its right."""
        return [some, *[self.on_left[block] for block in some], *[self.on_right[block] for block in some]]

    def _passing(self, block: int, ends: tuple[_Ends, _Ends], others: list[int], downwards: int) -> list[int]:
        """The crossings more than now when the block has passed the first of these, the first two, and so on.

        `ends` are those of its lines on the left and on the right; `downwards` is 1, or −1 when it goes up. See
        the module's text for which lines count; mostly all lines of one end on the same side of all lines of the other.
        """
        rank, blocks = self.rank, self.blocks
        firsts, lasts, carried = blocks.first, blocks.last, blocks.carried
        first, last, along = firsts[block], lasts[block], carried[block]
        out_spans, out_counts, out_lines = self.right.span, self.right.count, self.right.lines
        in_spans, in_counts, in_lines = self.left.span, self.left.count, self.left.lines
        (out_low, out_high), out_count = out_spans[block], out_counts[block]
        (in_low, in_high), in_count = in_spans[block], in_counts[block]
        ins, outs = ends
        costs = []
        cost = 0
        for other in others:
            end = lasts[other]
            if end == last:
                low, high = out_spans[other]
                if low > out_high:
                    change = out_counts[other] * out_count
                elif high < out_low:
                    change = -out_counts[other] * out_count
                else:
                    change = self._inverted(outs, out_lines[other])
            elif end < last:
                change = along * self._beyond(out_lines[other], out_spans[other], out_counts[other], rank[other])
            else:
                change = -carried[other] * self._beyond(out_lines[block], out_spans[block], out_count, rank[other])
            start = firsts[other]
            if start == first:
                low, high = in_spans[other]
                if low > in_high:
                    change += in_counts[other] * in_count
                elif high < in_low:
                    change -= in_counts[other] * in_count
                else:
                    change += self._inverted(ins, in_lines[other])
            elif start > first:
                change += along * self._beyond(in_lines[other], in_spans[other], in_counts[other], rank[other])
            else:
                change -= carried[other] * self._beyond(in_lines[block], in_spans[block], in_count, rank[other])
            cost += change * downwards
            costs.append(cost)
        return costs

    def _inverted(self, ends: _Ends, others: list[tuple[int, int]]) -> int:
        """Pairs of which the other line ends below the own, less those of which it ends above: edges for edges."""
        self.compared += 1 + len(ends) * len(others) // LINES
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

    def _beyond(self, lines: list[tuple[int, int]], span: tuple[float, float], count: int, here: float) -> int:
        """The edges along lines that end below a rank, less those that end above it."""
        if span[0] > here:
            return count
        if span[1] < here:
            return -count
        rank = self.rank
        return sum([weight if rank[block] > here else -weight for block, weight in lines])

    def kick(self, block: int, beside: int) -> int:
        """Put a block next to another; the crossings that this adds."""
        before = self._crossings_of(block)
        self._put(block, self.rank[beside] + (self.luck.random() - 0.5) * 1e-3)
        self.restless.update(*self._with_neighbours([block]))
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

    def _across(self, ends: _Ends, lines: list[tuple[int, int]], below: bool) -> int:
        """Edges of another block that cross those with these ends: they begin above and end below, or the reverse."""
        total = 0
        for block, weight in lines:
            place = self.rank[block]
            for end, carried in ends:
                if end != place and (place > end) != below:
                    total += weight * carried
        return total
