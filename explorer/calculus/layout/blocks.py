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

STRAIGHT = -1


@dataclass(slots=True)
class Blocks:
    """Blocks 0 … nodes−1 are the nodes; those after them lanes from layer `first` to layer `last`.

    `left` and `right` are each block's neighbours beside its ends, each with the number of edges between; `carried` the
    number of edges along a lane. `ends[e]` is the last block of edge e before its target, from which the way back leads
    over the only left neighbours of lanes; STRAIGHT where the edge is drawn straight through.
    """

    nodes: int
    first: list[int]
    last: list[int]
    carried: list[int]
    left: list[list[tuple[int, int]]]
    right: list[list[tuple[int, int]]]
    ends: list[int]

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
    ends = lanes.shared(count, edges) if shared else lanes.of_their_own(edges)
    left: list[dict[int, int]] = [{} for _ in lanes.first]
    right: list[dict[int, int]] = [{} for _ in lanes.first]
    carried = [0] * len(left)
    for (_, target), end in zip(edges, ends, strict=True):
        if end != STRAIGHT:
            new, lane = [], end
            while lane >= count and not left[lane]:
                new.append(lane)
                lane = lanes.before[lane - count]
                left[new[-1]][lane] = 0
            for lane in reversed(new):
                right[lanes.before[lane - count]][lane] = 0
            left[target][end] = right[end][target] = right[end].get(target, 0) + 1
            carried[end] += 1
    for lane in range(len(left) - 1, count - 1, -1):
        before = lanes.before[lane - count]
        left[lane][before] = right[before][lane] = carried[lane]
        carried[before] += carried[lane]
    carried[:count] = [0] * count
    return Blocks(
        count,
        lanes.first,
        lanes.last,
        carried,
        [list(near.items()) for near in left],
        [list(near.items()) for near in right],
        ends,
    )


class _Lanes:
    """The first and last layers of the nodes, and of the lanes as they are made, each after the block `before` it."""

    def __init__(self, layer: list[int]) -> None:
        self.first, self.last = layer, list(layer)
        self.before: list[int] = []

    def _lane(self, before: int, last: int) -> int:
        """A lane from behind that block to this layer."""
        self.first.append(self.last[before] + 1)
        self.last.append(last)
        self.before.append(before)
        return len(self.first) - 1

    def of_their_own(self, edges: Sequence[tuple[int, int]]) -> list[int]:
        """The last block of every edge before its target: each long edge has a lane; equal edges share one."""
        lanes: dict[tuple[int, int], int] = {}
        ends = []
        for source, target in edges:
            end, last = source, self.first[target] - 1
            if self.last[source] < last:
                end = lanes.get((source, target), STRAIGHT)
                if end == STRAIGHT:
                    end = lanes[source, target] = self._lane(source, last)
            ends.append(end)
        return ends

    def shared(self, count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
        """The same where every source has a trunk, as long as its longest edge that is routed."""
        lengths: list[set[int]] = [set() for _ in range(count)]
        for source, target in edges:
            lengths[source].add(self.first[target] - self.first[source] - 1)
        longest = _longest_routed([sorted(own - {0}) for own in lengths])
        trunks: list[dict[int, int]] = []  # where each ends after so many layers
        for source, own in enumerate(lengths):
            end, trunk = source, {0: source}
            for length in sorted(own - {0}):
                if length <= longest:
                    end = trunk[length] = self._lane(end, self.first[source] + length)
            trunks.append(trunk)
        return [trunks[source].get(self.first[target] - self.first[source] - 1, STRAIGHT) for source, target in edges]


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
