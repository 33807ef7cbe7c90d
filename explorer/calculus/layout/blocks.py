"""What is ordered as a whole: blocks, each a node or the straight lane of long edges through the layers between.

The term is that of Bachmaier, Brandenburg, Brunner, Hübner 2011 ("Global k-level crossing reduction"). Each long edge
has a lane of its own where there are few; else all long edges of a source share a trunk, cut into a block from each
place where some of them leave it to the next, so that an input that is used a hundred times has not a hundred lanes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

MOST_BENDS = 60_000  # layers that all lanes cross together: beyond it the longest edges are drawn straight through
# Layers crossed for each node up to which every edge has a lane of its own. In a large graph sweeps cannot move many
# lanes together, and a value that all rounds of a loop use would make no round like another.
OWN_LANES, OWN_LANES_IN_LARGE = 8, 3


@dataclass(slots=True)
class Blocks:
    """Blocks 0 … nodes−1 are the nodes; those after them lanes from layer `first` to layer `last`.

    `left` and `right` are each block's neighbours beside its ends, each with the number of edges between; `carried` the
    number of edges along a lane; `ways[e]` the lanes of edge e in their order, None where it is drawn straight through.
    """

    nodes: int
    first: list[int]
    last: list[int]
    carried: list[int]
    left: list[list[tuple[int, int]]]
    right: list[list[tuple[int, int]]]
    ways: list[list[int] | None]

    def layers(self) -> list[list[int]]:
        """The blocks of each layer, in the order of their numbers."""
        layers: list[list[int]] = [[] for _ in range(max(self.last) + 1)]
        for block, (first, last) in enumerate(zip(self.first, self.last, strict=True)):
            for layer in layers[first : last + 1]:
                layer.append(block)
        return layers


def in_blocks(count: int, edges: Sequence[tuple[int, int]], layer: Sequence[int], large: bool, shared: bool) -> Blocks:
    """The blocks of a graph, or of a part of a `large` one, whose nodes stand in these layers.

    Trunks are `shared` also where there are few.
    """
    lanes = _Lanes(list(layer))
    own_lanes = OWN_LANES_IN_LARGE if large else OWN_LANES
    shared = shared or sum([layer[target] - layer[source] - 1 for source, target in set(edges)]) > own_lanes * count
    ways = lanes.shared(count, edges) if shared else lanes.of_their_own(edges)
    carried = [0] * len(lanes.first)
    left: list[dict[int, int]] = [{} for _ in carried]
    right: list[dict[int, int]] = [{} for _ in carried]
    for (before, target), way in zip(edges, ways, strict=True):
        if way is not None:
            for lane in way:
                carried[lane] += 1
                left[lane][before] = right[before][lane] = right[before].get(lane, 0) + 1
                before = lane
            left[target][before] = right[before][target] = right[before].get(target, 0) + 1
    return Blocks(
        count,
        lanes.first,
        lanes.last,
        carried,
        [list(near.items()) for near in left],
        [list(near.items()) for near in right],
        ways,
    )


class _Lanes:
    """The first and last layers of the nodes, and of the lanes as they are made."""

    def __init__(self, layer: list[int]) -> None:
        self.first, self.last = layer, list(layer)

    def _lane(self, first: int, last: int) -> int:
        self.first.append(first)
        self.last.append(last)
        return len(self.first) - 1

    def of_their_own(self, edges: Sequence[tuple[int, int]]) -> list[list[int] | None]:
        """A lane for every long edge; equal edges share one."""
        lanes: dict[tuple[int, int], list[int]] = {}
        ways: list[list[int] | None] = []
        for source, target in edges:
            way: list[int] = []
            first, last = self.last[source] + 1, self.first[target] - 1
            if first <= last:
                way = lanes.get((source, target), way)
                if not way:
                    way = lanes[source, target] = [self._lane(first, last)]
            ways.append(way)
        return ways

    def shared(self, count: int, edges: Sequence[tuple[int, int]]) -> list[list[int] | None]:
        """A trunk for every source, as long as its longest edge that is routed."""
        lengths: list[set[int]] = [set() for _ in range(count)]
        for source, target in edges:
            lengths[source].add(self.first[target] - self.first[source] - 1)
        longest = _longest_routed([sorted(own - {0}) for own in lengths])
        trunks: list[list[int]] = []
        for source, own in enumerate(lengths):
            trunk, first = [], self.first[source] + 1
            for length in sorted(own - {0}):
                if length <= longest:
                    last = self.first[source] + length
                    trunk.append(self._lane(first, last))
                    first = last + 1
            trunks.append(trunk)
        ways: list[list[int] | None] = []
        for source, target in edges:
            last = self.first[target] - 1
            ways.append(
                [lane for lane in trunks[source] if self.last[lane] <= last]
                if last - self.first[source] <= longest
                else None
            )
        return ways


def _longest_routed(lengths: list[list[int]]) -> int:
    """The length up to which edges are routed, so that all trunks together cross at most MOST_BENDS layers.

    `lengths` are those of each source's long edges, sorted.
    """
    tried = sorted({length for own in lengths for length in own}, reverse=True)
    if not tried:
        return 0

    def total(limit: int) -> int:
        return sum([own[place - 1] for own in lengths if (place := bisect_right(own, limit))])

    low, high = 0, len(tried) - 1  # lengths fall, so do the totals: look for the first that is small enough
    while low < high:
        middle = (low + high) // 2
        if total(tried[middle]) <= MOST_BENDS:
            high = middle
        else:
            low = middle + 1
    return tried[low]
