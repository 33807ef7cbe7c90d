"""The order of the nodes and bends within each layer, chosen so that few edges cross.

A large graph is swept (see `sweeps` and `repeats`). In a small one several starts are sifted (see `sifting`), then
blocks are kicked out of their places and all that this disturbs is sifted again, which is kept unless it is worse
(iterated local search: Lourenço, Martin, Stützle 2003); where that finds no more, it goes on from another start. Effort
is bounded by the pairs of blocks compared, never by a clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from explorer.calculus.layout.blocks import STRAIGHT, Blocks, in_blocks
from explorer.calculus.layout.layers import LARGE
from explorer.calculus.layout.ranks import Start, Starts
from explorer.calculus.layout.repeats import swept_order
from explorer.calculus.layout.sifting import HIGHEST, KEEP, LOWEST, Sifting

SMALL = 150  # blocks: up to here kicks pay
PAIRS_IN_SMALL, PAIRS = 2_000, 130_000  # compared, about 1 µs each: for each block, and at most in all
STALE = 2  # rounds without a gain, with ties moved in one direction and the other, after which the order stands
TIES = (HIGHEST, LOWEST)  # in turn: moving where it makes no difference leads out of many dead ends
ROUNDS = 3  # from each start in small graphs
KICKED = 3  # blocks that leave their places together
PATIENCE = 0.3  # kicks in vain for each block, after which another start promises more


@dataclass(slots=True)
class Layered:
    """The graph with bends: vertices 0 … n−1 are the nodes, those after them bends of long edges.

    `left` and `right` are each vertex's distinct neighbours in the layers beside it; `ends[e]` the last vertex of
    edge e before its target, from which the way back leads over the only left neighbours of bends; STRAIGHT where the
    edge is drawn straight through.
    """

    nodes: int
    layer_of: list[int]
    layers: list[list[int]]
    left: list[list[int]]
    right: list[list[int]]
    ends: list[int]


def in_order(
    count: int, edges: Sequence[tuple[int, int]], layer: Sequence[int], part: bool = False, shared: bool = False
) -> Layered:
    """The graph whose nodes stand in these layers, with bends, all in an order in which few edges cross.

    Kicks pay in a small graph, unless it is only `part` of a large one, where long edges may have `shared` lanes too.
    """
    blocks = in_blocks(count, edges, layer, part or count > LARGE, shared)
    return _with_bends(blocks, edges, _few_crossings(blocks, part))


def _few_crossings(blocks: Blocks, part: bool) -> list[list[int]]:
    """The blocks of each layer from above."""
    if part or len(blocks.first) > SMALL:
        return swept_order(blocks, part)
    starts = Starts(blocks)
    walked: list[Start] = []
    for start in starts.walked():
        if not start[0]:
            return _by_rank(blocks, start[1])
        walked.append(start)
    sifting = Sifting(blocks, blocks.layers())
    tried = [_sifted(sifting, start, ROUNDS) for walk in walked for start in starts.smoothed(walk)]
    return _by_rank(blocks, _best_of_many(sifting, starts, sorted(tried, reverse=True)))


def _by_rank(blocks: Blocks, rank: list[float]) -> list[list[int]]:
    layers = blocks.layers()
    for members in layers:
        members.sort(key=rank.__getitem__)
    return layers


def _sifted(sifting: Sifting, start: Start, rounds: int) -> Start:
    """What so many rounds make of an order with its crossings, or fewer where they save no more."""
    crossings, rank = start
    sifting.begin(rank)
    stale = turn = 0
    while crossings and turn < rounds and stale < STALE:
        saved = sifting.round(TIES[turn % len(TIES)])
        crossings -= saved
        turn, stale = turn + 1, 0 if saved else stale + 1
    return crossings, sifting.rank


def _best_of_many(sifting: Sifting, starts: Starts, tried: list[Start]) -> list[float]:
    """The best order to which kicks lead from these, taken from the last on, and then from any others."""
    fewest, best = tried[-1]
    pairs = min(PAIRS, PAIRS_IN_SMALL * len(best))
    while fewest and sifting.compared < pairs:
        start = tried.pop() if tried else _sifted(sifting, starts.shuffled(sifting.luck), ROUNDS)
        crossings, rank = _kicked(sifting, start, pairs)
        if crossings < fewest:
            fewest, best = crossings, rank
    return best


def _kicked(sifting: Sifting, start: Start, pairs: int) -> Start:
    """Move some blocks at random and sift what this disturbs, again and again; what is worse is undone."""
    crossings, rank = start
    sifting.begin(rank)
    luck, count = sifting.luck, len(rank)
    step = idle = 0
    while crossings and sifting.compared < pairs and idle < PATIENCE * count:
        sifting.mark()
        now = crossings
        block = luck.randrange(count)
        beside = sifting.beside(block)
        for kicked in (block, *luck.sample(beside, min(KICKED - 1, len(beside)))):
            to = luck.choice(sifting.beside(kicked))
            if to != kicked:
                now += sifting.kick(kicked, to)
        while saved := sifting.settle((KEEP, *TIES)[step % 3]):
            now -= saved
        idle = 0 if now < crossings else idle + 1
        if now > crossings:
            sifting.undo()
        else:
            crossings = now
        step += 1
    return crossings, sifting.rank


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
    ends = [end if end < nodes else bends[end][-1] for end in blocks.ends]
    twins = len(set(edges)) < len(edges)
    for (_, target), end in zip(edges, ends, strict=True):
        if end != STRAIGHT and not (twins and end in left[target]):
            right[end].append(target)
            left[target].append(end)
    return Layered(nodes, layer_of, layers, left, right, ends)
