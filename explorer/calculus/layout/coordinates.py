"""How high each node and bend stands, so that edges are straight and long programs flat."""

from __future__ import annotations

from itertools import pairwise
from math import inf

from explorer.calculus.layout.order import Layered

# All lengths are pixels at zoom 1.
NODE_GAP = 26.0  # between two boxes of a layer: an edge's label (LABEL_HEIGHT) and air fit between
LANE_GAP = 16.0  # around a long edge's lane: the label of one lane just misses the next
LANE_HEIGHT = 4.0  # the thickest pen with which an edge is drawn
STIFFNESS = (1.0, 2.0, 8.0)  # of a line between two nodes, a node and a bend, two bends: Gansner et al. 1993, section 4
RELAXATIONS, STRAIGHTENINGS = 24, 3  # passes over all layers: enough to level a sum of 112 terms
FEWEST_RELAXATIONS, RELAX_WORK = 4, 40_000  # with that many vertices to move in all passes, about 2 µs each
LOOSE = 0.01  # the weight of a vertex without neighbours: it makes room for all others
ALMOST_LEVEL = 14.0  # a line that rises less looks like a mistake and is made level


def coordinates(graph: Layered, heights: list[float]) -> list[float]:
    """Each vertex's y: every layer centred, then moved towards the means of its neighbours without changing its order.

    One layer's best places, given its neighbours', are a weighted isotonic regression, found by pooling adjacent
    violators (Ayer et al. 1955). Aligned drawings (Brandes and Köpf 2001) have straighter edges, but climb like a
    staircase where a sum takes up term after term: 20,000 px where these take 1,600. Straight edges come afterwards.
    """
    y = [0.0] * len(graph.layer_of)
    stacks = []  # for each layer how far each vertex is below the first when they stand as close as they may
    for layer in graph.layers:
        stack = [0.0] * len(layer)
        for place, (upper, lower) in enumerate(pairwise(layer)):
            stack[place + 1] = stack[place] + _distance(graph, heights, upper, lower)
        stacks.append(stack)
        for vertex, depth in zip(layer, stack, strict=True):
            y[vertex] = depth - stack[-1] / 2 if layer else 0.0
    nodes = graph.nodes
    beside = []
    for vertex in range(len(y)):
        near = (*graph.left[vertex], *graph.right[vertex])
        lines = [(other, STIFFNESS[(vertex >= nodes) + (other >= nodes)]) for other in near]
        beside.append((lines, sum([stiff for _, stiff in lines])))
    order = list(zip(graph.layers, stacks, strict=True))
    for _ in range(min(RELAXATIONS, max(FEWEST_RELAXATIONS, RELAX_WORK // len(y)))):
        order.reverse()
        for layer, stack in order:
            _pool(layer, stack, beside, y)
    for _ in range(STRAIGHTENINGS):
        _straighten(graph, heights, y)
    return y


def _distance(graph: Layered, heights: list[float], upper: int, lower: int) -> float:
    """The least distance between the middles of two vertices, one below the other in a layer."""
    gap = NODE_GAP if upper < graph.nodes and lower < graph.nodes else LANE_GAP
    return (heights[upper] + heights[lower]) / 2 + gap


def _pool(
    layer: list[int], stack: list[float], beside: list[tuple[list[tuple[int, float]], float]], y: list[float]
) -> None:
    """Move a layer's vertices to where their neighbours pull them; those that would overlap move as one pool."""
    pools: list[tuple[float, float, int]] = []  # mean of the wishes less the stack, weight, size
    for vertex, depth in zip(layer, stack, strict=True):
        lines, weight = beside[vertex]
        wish = sum([stiff * y[other] for other, stiff in lines]) / weight if lines else y[vertex]
        mean, weight, count = wish - depth, weight or LOOSE, 1
        while pools and pools[-1][0] > mean:
            before, before_weight, before_count = pools.pop()
            mean = (mean * weight + before * before_weight) / (weight + before_weight)
            weight, count = weight + before_weight, count + before_count
        pools.append((mean, weight, count))
    place = 0
    for mean, _, count in pools:
        for vertex, depth in zip(layer[place : place + count], stack[place : place + count], strict=True):
            y[vertex] = mean + depth
        place += count


def _straighten(graph: Layered, heights: list[float], y: list[float]) -> None:
    """Put runs of vertices that are almost level on one level, as far as the vertices above and below allow it.

    A run follows a chain of bends, and from a node the line that falls or rises least.
    """
    above: list[tuple[int, float]] = [(-1, 0.0)] * len(y)
    below: list[tuple[int, float]] = [(-1, 0.0)] * len(y)
    for layer in graph.layers:
        for upper, lower in pairwise(layer):
            distance = _distance(graph, heights, upper, lower)
            above[lower], below[upper] = (upper, distance), (lower, distance)
    claimed = [False] * len(y)
    for layer in graph.layers:
        for first in layer:
            if claimed[first]:
                continue
            run: list[int] = []
            low, high = -inf, inf
            vertex: int | None = first
            while vertex is not None:
                claimed[vertex] = True
                upper, distance = above[vertex]
                least = y[upper] + distance if upper >= 0 else -inf
                lower, distance = below[vertex]
                most = y[lower] - distance if lower >= 0 else inf
                if max(low, least) > min(high, most):
                    _level_run(run, low, high, y)
                    run, low, high = [], -inf, inf
                run.append(vertex)
                low, high = max(low, least), min(high, most)
                vertex = _next_of_run(graph, vertex, claimed, y)
            _level_run(run, low, high, y)


def _next_of_run(graph: Layered, vertex: int, claimed: list[bool], y: list[float]) -> int | None:
    """The vertex with which a run goes on: the next bend, else the most level neighbour; None where it ends."""
    best, best_rise = None, ALMOST_LEVEL
    for other in graph.right[vertex]:
        if not claimed[other]:
            if vertex >= graph.nodes and other >= graph.nodes:
                return other
            rise = abs(y[other] - y[vertex])
            if rise < best_rise:
                best, best_rise = other, rise
    return best


def _level_run(run: list[int], low: float, high: float, y: list[float]) -> None:
    """Give a run its mean level, or the nearest that is free."""
    if len(run) > 1:
        level = min(max(sum([y[vertex] for vertex in run]) / len(run), low), high)
        for vertex in run:
            y[vertex] = level
