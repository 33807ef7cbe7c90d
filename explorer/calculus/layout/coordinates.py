"""How high each node and bend stands, so that edges are straight and long programs flat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import inf

from explorer.calculus.layout.order import Layered

# All lengths are pixels at zoom 1.
NODE_GAP = 26.0  # between two boxes of a layer: an edge's label (LABEL_HEIGHT) and air fit between
LANE_GAP = 16.0  # around a long edge's lane: the label of one lane just misses the next
LANE_HEIGHT = 4.0  # the thickest pen with which an edge is drawn
STIFFNESS = (1.0, 2.0, 8.0)  # of a line between two nodes, a node and a bend, two bends: Gansner et al. 1993, section 4
RELAXATIONS, STRAIGHTENINGS = 24, 3  # passes over all layers in small graphs: enough to level a sum of 24 terms
# In large ones as many of each as move so many vertices, about 1 µs each, but at least two: the first do the most.
FEWEST, RELAX_WORK, STRAIGHTEN_WORK = 2, 3_000, 2_000
STILL = 0.5  # pixels: where nothing moves more, nobody sees a further pass
LOOSE, HEAVY = 0.01, 1e9  # the weight of a vertex without neighbours, which makes room for all others, and of one held
ALMOST_LEVEL = 14.0  # a line that rises less looks like a mistake and is made level


def y_coordinates(
    graph: Layered, sizes: Sequence[tuple[float, float]], held: Mapping[int, float] | None = None
) -> list[float]:
    """Each vertex's y: every layer centred, then moved towards the means of its neighbours without changing its order.

    Vertices may be `held` where there is room for them.

    One layer's best places, given its neighbours', are a weighted isotonic regression, found by pooling adjacent
    violators (Ayer et al. 1955). Aligned drawings (Brandes and Köpf 2001) have straighter edges, but climb like a
    staircase where a sum takes up term after term: 20,000 px where these take 1,600. Straight edges come afterwards.
    """
    size = len(graph.layer_of)
    y = [0.0] * size
    room = [0.0] * size  # for each vertex how far its middle is below that of the one above it, at least
    order = list(zip(graph.layers, stacks(graph, sizes), strict=True))
    for layer, stack in order:
        middle, before = stack[-1] / 2, 0.0
        for vertex, under in zip(layer, stack, strict=True):
            y[vertex] = under - middle
            room[vertex] = under - before
            before = under
    held = held or {}
    for vertex, there in held.items():
        y[vertex] = there
    lines = _lines(graph)
    for vertex in held:
        lines[vertex] = [], None, HEAVY
    numbers = [number for number, layer in enumerate(graph.layers) if not all(vertex in held for vertex in layer)]
    unrest = [True] * (len(order) + 2)  # for each layer, and one on each side, whether a layer beside it has moved
    for _ in range(min(RELAXATIONS, max(FEWEST, RELAX_WORK // size))):
        numbers.reverse()
        moved = False
        for number in numbers:
            if unrest[number + 1]:
                unrest[number + 1] = False
                if _pool(*order[number], lines, y) >= STILL:
                    unrest[number] = unrest[number + 2] = moved = True
        if not moved:
            break
    for vertex, there in held.items():
        y[vertex] = there  # to the last bit
    above, below = [-1] * size, [-1] * size
    for layer in graph.layers:
        for upper, lower in pairwise(layer):
            above[lower], below[upper] = upper, lower
    for _ in range(min(STRAIGHTENINGS, max(FEWEST, STRAIGHTEN_WORK // size))):
        if not _straighten(graph, above, below, room, y, held):
            break
    return y


def stacks(graph: Layered, sizes: Sequence[tuple[float, float]]) -> list[list[float]]:
    """For each layer how far each vertex is below the first when they stand as close as they may."""
    nodes = graph.nodes
    heights = [height for _, height in sizes] + [LANE_HEIGHT] * (len(graph.layer_of) - nodes)
    found = []
    for layer in graph.layers:
        depth, before = 0.0, -1
        stack = []
        for vertex in layer:
            if before >= 0:
                gap = NODE_GAP if before < nodes and vertex < nodes else LANE_GAP
                depth += (heights[before] + heights[vertex]) / 2 + gap
            stack.append(depth)
            before = vertex
        found.append(stack)
    return found


# For each vertex its neighbours, the stiffnesses of the lines to them, None where all are alike, and their sum.
_Lines = list[tuple[list[int], list[float] | None, float]]


def _lines(graph: Layered) -> _Lines:
    nodes = graph.nodes
    to_node, to_bend, between_bends = STIFFNESS
    lines: _Lines = []
    for vertex, (left, right) in enumerate(zip(graph.left, graph.right, strict=True)):
        near = left + right
        to_nodes, to_bends = (to_node, to_bend) if vertex < nodes else (to_bend, between_bends)
        if not near:
            lines.append((near, None, LOOSE))
        elif max(near) < nodes:
            lines.append((near, None, to_nodes * len(near)))
        else:
            stiff = [to_nodes if other < nodes else to_bends for other in near]
            lines.append((near, stiff, sum(stiff)))
    return lines


def _pool(layer: list[int], stack: list[float], lines: _Lines, y: list[float]) -> float:
    """Move a layer's vertices to where their neighbours pull them; those that would overlap move as one pool.

    The farthest that one of them moves.
    """
    pools: list[tuple[float, float, int]] = []  # mean of the wishes less the stack, weight, size
    for vertex, depth in zip(layer, stack, strict=True):
        near, stiff, weight = lines[vertex]
        if stiff:
            wish = 0.0
            for other, pull in zip(near, stiff, strict=True):
                wish += pull * y[other]
            mean = wish / weight - depth
        elif near:
            mean = sum([y[other] for other in near]) / len(near) - depth
        else:
            mean = y[vertex] - depth
        count = 1
        while pools and pools[-1][0] > mean:
            above, before_weight, before_count = pools.pop()
            mean = (mean * weight + above * before_weight) / (weight + before_weight)
            weight += before_weight
            count += before_count
        pools.append((mean, weight, count))
    place, farthest = 0, 0.0
    for mean, _, count in pools:
        for vertex, depth in zip(layer[place : place + count], stack[place : place + count], strict=True):
            there = mean + depth
            if not -farthest <= there - y[vertex] <= farthest:
                farthest = abs(there - y[vertex])
            y[vertex] = there
        place += count
    return farthest


def _straighten(
    graph: Layered, above: list[int], below: list[int], room: list[float], y: list[float], held: Mapping[int, float]
) -> bool:
    """Put runs of vertices that are almost level on one level, as far as the vertices above and below allow it.

    A run follows a chain of bends, and from a node the line that falls or rises least. Whether there was one.
    """
    found = False
    claimed = [False] * len(y)
    for layer in graph.layers:
        for first in layer:
            if claimed[first] or _next_of_run(graph, first, claimed, y) is None:
                continue
            run: list[int] = []
            bounds = low, high = -inf, inf  # within which the run so far can be level
            vertex: int | None = first
            while vertex is not None:
                claimed[vertex] = True
                upper, lower = above[vertex], below[vertex]
                if upper >= 0 and (least := y[upper] + room[vertex]) > low:
                    low = least
                if lower >= 0 and (most := y[lower] - room[lower]) < high:
                    high = most
                if vertex in held:
                    low, high = max(low, held[vertex]), min(high, held[vertex])
                if low > high and run:
                    found |= _level_run(run, *bounds, y)
                    run = []
                    low = y[upper] + room[vertex] if upper >= 0 else -inf
                    high = y[lower] - room[lower] if lower >= 0 else inf
                    if vertex in held:
                        low = high = held[vertex]
                run.append(vertex)
                bounds = low, high
                vertex = _next_of_run(graph, vertex, claimed, y)
            found |= _level_run(run, *bounds, y)
    return found


def _next_of_run(graph: Layered, vertex: int, claimed: list[bool], y: list[float]) -> int | None:
    """The vertex with which a run goes on: the next bend, else the most level neighbour; None where it ends."""
    best, best_rise = None, ALMOST_LEVEL
    nodes, here = graph.nodes, y[vertex]
    for other in graph.right[vertex]:
        of_bends = vertex >= nodes and other >= nodes
        rise = y[other] - here
        if (of_bends or -best_rise < rise < best_rise) and not claimed[other]:
            if of_bends:
                return other
            best, best_rise = other, abs(rise)
    return best


def _level_run(run: list[int], low: float, high: float, y: list[float]) -> bool:
    """Give a run its mean level, or the nearest that is free; whether that moves it."""
    if len(run) < 2:
        return False
    level = min(max(sum([y[vertex] for vertex in run]) / len(run), low), high)
    moved = False
    for vertex in run:
        moved = moved or abs(y[vertex] - level) > STILL
        y[vertex] = level
    return moved
