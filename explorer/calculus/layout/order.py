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
from explorer.calculus.layout.ranks import starts
from explorer.calculus.layout.sifting import HIGHEST, KEEP, LOWEST, Sifting

SMALL = 300  # blocks up to which kicks pay
PAIRS, PAIRS_EACH = 80_000, 60  # compared in small graphs, and for each block of large ones, about 1 µs each
REACH, SHORT_REACH = 30, 8  # blocks that one may pass in each direction, in small and in large graphs
STALE = 2  # rounds without a gain, with ties moved in one direction and the other, after which the order stands
TIES = (HIGHEST, LOWEST)  # in turn: moving where it makes no difference leads out of many dead ends
ROUNDS = 6  # of each start in small graphs
KICKED = 3  # blocks that leave their places together
PATIENCE = 5  # kicks in vain for each block, after which the order stands


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
    layers = blocks.layers()
    rank = _few_crossings(blocks, layers)
    for members in layers:
        members.sort(key=rank.__getitem__)
    return _with_bends(blocks, edges, layers)


def _few_crossings(blocks: Blocks, layers: list[list[int]]) -> list[float]:
    """Ranks for the blocks."""
    size = len(blocks.first)
    small = size <= SMALL
    most = PAIRS if small else PAIRS_EACH * size
    sifting: Sifting | None = None
    tried: list[tuple[int, list[float]]] = []
    for crossings, rank in starts(blocks, layers):
        if not crossings:
            return rank
        if sifting is None:
            sifting = Sifting(blocks, layers, rank, REACH if small else SHORT_REACH)
        else:
            sifting.begin(rank)
        left = _sifted(sifting, crossings, ROUNDS if small else 1, most)
        if not left:
            return sifting.rank
        tried.append((left, sifting.rank))
    assert sifting is not None
    crossings, rank = min(tried)
    sifting.begin(rank)
    if small:
        _kicked(sifting, crossings, most)
    else:
        _sifted(sifting, crossings, inf, most)
    return sifting.rank


def _sifted(sifting: Sifting, crossings: int, rounds: float, most: int) -> int:
    """Sift until that saves no more, or in so many rounds, or with so many comparisons; the crossings that are left."""
    stale, turn = 0, 0
    while crossings and turn < rounds and stale < STALE and sifting.compared < most:
        saved = sifting.round(TIES[turn % 2])
        crossings -= saved
        turn, stale = turn + 1, 0 if saved else stale + 1
    return crossings


def _kicked(sifting: Sifting, crossings: int, most: int) -> None:
    """Move some blocks at random and sift what this disturbs, again and again; what is worse is undone."""
    luck, count = sifting.luck, len(sifting.rank)
    sifting.restless.clear()
    step = idle = 0
    while crossings and sifting.compared < most and idle < PATIENCE * count:
        sifting.mark()
        block = luck.randrange(count)
        beside = sifting.beside[block]
        now = crossings
        for kicked in (block, *luck.sample(beside, min(KICKED - 1, len(beside)))):
            to = luck.choice(sifting.beside[kicked])
            if to != kicked:
                now += sifting.kick(kicked, to)
        ties = (KEEP, *TIES)[step % 3]
        while saved := sifting.settle(ties):
            now -= saved
        idle = 0 if now < crossings else idle + 1
        if now > crossings:
            sifting.undo()
        else:
            crossings = now
        step += 1


def _with_bends(blocks: Blocks, edges: Sequence[tuple[int, int]], order: list[list[int]]) -> Layered:
    """The layered graph with its blocks in this order: a lane becomes a bend in every layer that it crosses.

    Lanes of one source that run side by side from it on share their bends, until another line comes between them.
    """
    nodes = blocks.nodes
    layer_of = blocks.first[:nodes]
    left: list[list[int]] = [[] for _ in range(nodes)]
    right: list[list[int]] = [[] for _ in range(nodes)]
    bends: list[list[int]] = [[] for _ in blocks.first]
    layers = []
    for number, members in enumerate(order):
        layer: list[int] = []
        for block in members:
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
