"""The order of the nodes and bends within each layer, chosen so that few edges cross.

Several starts are sifted (see `sifting`) and the best is gone on with. Then, in small graphs, blocks are kicked out of
their places and all that this disturbs is sifted again, which is kept unless it is worse (iterated local search:
Lourenço, Martin, Stützle 2003). Effort is bounded by the pairs of blocks compared, never by a clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from explorer.calculus.layout.blocks import Blocks, in_blocks
from explorer.calculus.layout.sifting import HIGHEST, KEEP, LOWEST, Sifting

SMOOTHINGS = 5  # of a start: more did not help
# Pairs compared, about 1 µs each: many for small graphs, few rounds for large ones.
PAIRS, PAIRS_EACH = 70_000, 60
SMALL = 300  # blocks up to which more starts pay
STALE = 2  # rounds without a gain, with ties moved in one direction and the other, after which the order stands
TIES = (KEEP, HIGHEST, LOWEST)  # in turn
ROUNDS = 6  # of each start in small graphs
KICKED = 3  # blocks that leave their places together


@dataclass(slots=True)
class Layered:
    """The graph with bends: vertices 0 … n−1 are the nodes, those after them bends of long edges.

    `left` and `right` are each vertex's distinct neighbours in the layers beside it; `chains[e]` the bends of edge e
    from source to target, None where the edge is drawn straight through.
    """

    nodes: int
    layer_of: list[int]
    layers: list[list[int]]
    left: list[list[int]]
    right: list[list[int]]
    chains: list[list[int] | None]


def in_order(count: int, edges: Sequence[tuple[int, int]], layer: Sequence[int]) -> Layered:
    """The graph whose nodes stand in these layers, with bends, all in an order in which few edges cross."""
    blocks = in_blocks(count, edges, layer)
    sifting = Sifting(blocks)
    _sift(sifting, PAIRS + PAIRS_EACH * len(blocks.first))
    return _with_bends(blocks, edges, sifting)


def _sift(sifting: Sifting, pairs: int) -> None:
    """Rank the blocks well, with about so many comparisons."""
    blocks = sifting.blocks
    count = len(blocks.first)
    outputs = [block for block in range(count) if not blocks.right[block]]
    inputs = [block for block in range(count - 1, -1, -1) if not blocks.left[block]]
    tried: list[tuple[int, list[float]]] = []
    for near, roots in ((blocks.left, outputs), (blocks.right, inputs)):
        sifting.along(near, roots)
        sifting.smooth(SMOOTHINGS)
        crossings = _rounds(sifting, sifting.crossings(), ROUNDS if count < SMALL else 1, pairs)
        if not crossings:
            return
        tried.append((crossings, list(sifting.rank)))
    crossings, rank = min(tried)
    sifting.sort(rank)
    if count < SMALL:
        _kick(sifting, crossings, pairs)
    else:
        _rounds(sifting, crossings, inf, pairs)


def _rounds(sifting: Sifting, crossings: int, most: float, pairs: int) -> int:
    """Sift all blocks until that saves no more, or in so many rounds; the crossings that are left."""
    sifting.restless = set(range(len(sifting.rank)))
    stale, turn = 0, 0
    while crossings and turn < most and stale <= STALE and sifting.compared < pairs:
        ties = TIES[turn % len(TIES)]
        saved = sifting.round(ties) if ties else sifting.settle()
        sifting.sort(list(sifting.rank))
        crossings -= saved
        turn, stale = turn + 1, 0 if saved else stale + 1
    return crossings


def _kick(sifting: Sifting, crossings: int, pairs: int) -> None:
    """Move some blocks at random and sift what this disturbs, again and again; what is worse is undone."""
    luck, count = sifting.luck, len(sifting.rank)
    sifting.restless.clear()
    step = 0
    while crossings and sifting.compared < pairs:
        before = list(sifting.rank)
        block = luck.randrange(count)
        beside = sifting.beside[block]
        now = crossings
        for kicked in (block, *luck.sample(beside, min(KICKED - 1, len(beside)))):
            to = luck.choice(sifting.beside[kicked])
            if to != kicked:
                now += sifting.move(kicked, to)
        ties = TIES[step % len(TIES)]
        while saved := sifting.settle(ties):
            now -= saved
        if now > crossings:
            sifting.rank = before
        else:
            crossings = now
        step += 1
        if step % 16 == 0:
            sifting.sort(list(sifting.rank))  # back to whole numbers, before they come too close together


def _with_bends(blocks: Blocks, edges: Sequence[tuple[int, int]], sifting: Sifting) -> Layered:
    """The layered graph in this order: a lane becomes a bend in every layer that it crosses.

    Lanes of one source that run side by side from it on share their bends, until another line comes between them.
    """
    rank, nodes = sifting.rank, blocks.nodes
    layer_of = blocks.first[:nodes]
    left: list[list[int]] = [[] for _ in range(nodes)]
    right: list[list[int]] = [[] for _ in range(nodes)]
    bends: list[list[int]] = [[] for _ in blocks.first]
    layers = []
    for number, members in enumerate(sifting.layers):
        layer: list[int] = []
        for block in sorted(members, key=rank.__getitem__):
            if block < nodes:
                layer.append(block)
                continue
            lane = bends[block]
            before = lane[-1] if lane else (bends[start][-1] if (start := blocks.left[block][0][0]) >= nodes else start)
            bend = layer[-1] if layer else -1
            if bend < nodes or left[bend] != [before]:
                bend = len(layer_of)
                layer_of.append(number)
                left.append([before])
                right.append([])
                right[before].append(bend)
                layer.append(bend)
            lane.append(bend)
        layers.append(layer)
    chains: list[list[int] | None] = []
    joined: set[tuple[int, int]] = set()
    for (start, target), way in zip(edges, blocks.ways, strict=True):
        if way is None:
            chains.append(None)
            continue
        chain = [bend for lane in way for bend in bends[lane]]
        last = chain[-1] if chain else start
        if (last, target) not in joined:
            joined.add((last, target))
            right[last].append(target)
            left[target].append(last)
        chains.append(chain)
    return Layered(nodes, layer_of, layers, left, right, chains)
