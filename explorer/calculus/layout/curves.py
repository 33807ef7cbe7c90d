"""The columns of the layers and the curves of the edges between them.

Curves bend only between two layers and all in the same shape, so two of them cross only where the orders of the two
layers demand it, and a curve never runs over a node. Lengths are whole hundredths of a pixel here: what is drawn needs
no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.calculus.layout.blocks import STRAIGHT
from explorer.calculus.layout.order import Layered

# All lengths are pixels at zoom 1.
LAYER_GAP = 70.0  # between two layers: a label of LABEL_WIDTH, an arrow head, and room for the curve on both sides
FEW_LINES, CROWDED, MORE_ROOM = 4, 6.0, 48.0  # each line to a node more than a few widens the gap, for its label
STEEP = 0.22  # a gap widens with the tallest curve in it, so that the curve stays flatter than about 1 : 4 …
LAYER_GAP_MOST = 260.0  # … up to this, where a wide gap hurts more than a steep curve
MARGIN = 24.0  # around the whole drawing
PORT_SPREAD = 11.0  # between two arrow heads at one node: an arrow head is 9 px wide
LEVEL = 50  # hundredths of a pixel: a curve that rises less comes in straight
TWIN_BOW = 38.0  # of each of x·x's two edges: 3/8 of it in their middle, so that their labels do not touch

HUNDREDTHS = 100  # of a pixel

Point = tuple[float, float]
Numbers = NDArray[np.int64]


@dataclass(slots=True, frozen=True)
class Curves:
    """All that is drawn: the middles of the nodes and the edges' control `points` (n × 2).

    `stops` says after how many points each edge ends. The middles of the edges' texts, `labels`, are in pixels, all
    else in hundredths of one.
    """

    x: list[int]
    y: list[int]
    points: Numbers
    stops: Numbers
    labels: list[Point]
    width: int
    height: int


def columns(graph: Layered, sizes: Sequence[tuple[float, float]], y: list[int]) -> tuple[list[int], list[int]]:
    """The left and right borders of each layer's column; the gaps between as wide as their curves need."""
    starts, ends = [], []
    nodes, right = graph.nodes, graph.right
    x = round(MARGIN * HUNDREDTHS)
    for layer in graph.layers:
        width = 0.0
        labelled = tallest = 0
        for vertex in layer:
            if vertex < nodes and sizes[vertex][0] > width:
                width = sizes[vertex][0]
            here = y[vertex]
            for other in right[vertex]:
                labelled += other < nodes
                rise = y[other] - here
                if not -tallest <= rise <= tallest:
                    tallest = abs(rise)
        starts.append(x)
        x += round(width * HUNDREDTHS)
        ends.append(x)
        roomy = LAYER_GAP + min(MORE_ROOM, CROWDED * max(0, labelled - FEW_LINES))
        x += round(min(LAYER_GAP_MOST * HUNDREDTHS, max(roomy * HUNDREDTHS, STEEP * tallest)))
    return starts, ends


def _ports(edges: Numbers, before: Numbers, heights: NDArray[np.float64], y: Numbers) -> Numbers:
    """For each edge, whose last vertex `before` its target is known, how far from the target's middle it ends.

    Arrow heads stand side by side in the order in which their curves come in; one coming straight stays in the middle.
    """
    target = edges[:, 1]
    start = y[before]
    order = np.lexsort((start, target))
    count = np.bincount(target)
    place = np.arange(len(target)) - (np.cumsum(count) - count)[target[order]]
    straight = np.abs(start - y[target])[order] < LEVEL
    at = target[order]
    alone = (np.bincount(at, straight) == 1) & (count < 4)
    middle = np.where(alone, np.bincount(at, place * straight), (count - 1) / 2)
    widest = np.maximum(np.maximum(middle, count - 1 - middle), 0.5)
    spread = np.minimum(PORT_SPREAD, 0.45 * heights[: len(count)] / widest)  # never round the corner
    offset = np.empty_like(target)
    offset[order] = np.rint((place - middle[at]) * spread[at] * HUNDREDTHS)
    return offset


def _bows(graph: Layered, edges: Sequence[tuple[int, int]], y: list[int]) -> list[int]:
    """How far each edge's last bend bows out: equal edges are bent apart, others are not.

    Never as far as to a sibling, an edge that leaves with them for another target.
    """
    bow = [0] * len(edges)
    if len(set(edges)) == len(edges):
        return bow
    twins: dict[tuple[int, int], list[int]] = {}
    for edge, ends in enumerate(edges):
        twins.setdefault(ends, []).append(edge)
    farthest = round(TWIN_BOW * HUNDREDTHS)
    for (source, target), pair in twins.items():
        if len(pair) > 1:
            end = graph.ends[pair[0]]
            near = graph.right[source if end == STRAIGHT else end]
            beside = [y[other] - y[target] for other in near if other != target]
            up = min([farthest, *(-rise for rise in beside if rise < 0)])
            down = min([farthest, *(rise for rise in beside if rise > 0)])
            for place, edge in enumerate(pair):
                outward = (2 * place - len(pair) + 1) / (len(pair) - 1)
                bow[edge] = round(outward * (up if outward < 0 else down))
    return bow


def drawn_curves(
    graph: Layered,
    edges: Sequence[tuple[int, int]],
    sizes: Sequence[tuple[float, float]],
    levels: list[int],
    starts: list[int],
    ends: list[int],
) -> tuple[Numbers, Numbers, Numbers]:
    """The control points of all edges (n × 2), after how many each edge ends, and the last bend of each (edges × 6).

    A last bend is the gap in which the edge last goes up or down, else the last; its left and right border; the y
    there, and the bow. Gap −1: the edge is drawn straight through.
    """
    y, left, right = np.array(levels), np.array(starts), np.array(ends)
    layer = np.array(graph.layer_of)
    width, height = np.array(sizes).T
    middle = (left + right)[layer[: graph.nodes]] / 2
    begin_x = np.rint(middle + width / 2 * HUNDREDTHS).astype(np.int64)
    end_x = np.rint(middle - width / 2 * HUNDREDTHS).astype(np.int64)
    pairs = np.array(edges, dtype=np.int64).reshape(-1, 2)
    source, target = pairs.T
    # What leads to the target comes last, before it the bends where the way from the source changes its level.
    end = np.array(graph.ends, dtype=np.int64)
    through = end == STRAIGHT
    end[through] = source[through]
    arrival, bow = y[target] + _ports(pairs, end, height, y), np.array(_bows(graph, edges, levels), dtype=np.int64)
    gap, from_x, to_x = layer[end], right[layer[end]], left[layer[end] + 1]
    gap[through], from_x[through], to_x[through] = -1, begin_x[source[through]], end_x[target[through]]
    last = np.stack((gap, from_x, to_x, y[end], arrival, bow))
    bent = np.flatnonzero((y[end] != arrival) | (bow != 0) | through)
    edge, before, after = _turns(graph, levels, end)
    gap = layer[before]
    turns = np.stack((gap, right[gap], left[gap + 1], y[before], y[after], np.zeros_like(gap)))
    edge, bends = np.concatenate((edge, bent)), np.concatenate((turns, last[:, bent]), axis=1)
    order = np.lexsort((bends[0], edge))
    edge, bends = edge[order], bends[:, order]
    points, stops = _joined(np.stack((begin_x[source], y[source], end_x[target])), bends[1:], edge)
    count = np.bincount(edge, minlength=len(end))
    last[:, count > 0] = bends[:, (np.cumsum(count) - 1)[count > 0]]
    return points, stops, last.T


def _turns(graph: Layered, y: list[int], ends: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Where edges change their level on their way to these vertices: the edge, the vertex before, and that after."""
    nodes = graph.nodes
    before = [*range(nodes), *(near[0] for near in graph.left[nodes:])]
    turn = list(range(nodes))  # the last vertex on the way to each that is not on the level of the one before it
    for bend in range(nodes, len(y)):
        other = before[bend]
        turn.append(turn[other] if y[bend] == y[other] else bend)
    came, turned = np.array(before), np.array(turn)
    edge, here = np.arange(len(ends)), turned[ends]
    edges, turns = [edge[:0]], [here[:0]]
    while len(edge):
        bent = here >= nodes
        edge, here = edge[bent], here[bent]
        edges.append(edge)
        turns.append(here)
        here = turned[came[here]]
    after = np.concatenate(turns)
    return np.concatenate(edges), came[after], after


def _joined(ends: Numbers, bends: Numbers, edge: Numbers) -> tuple[Numbers, Numbers]:
    """The control points of edges, level but for their bends, and after how many each edge ends.

    `ends` are the x and y where each begins, and the x where it ends; `bends` the x where each bend begins and ends,
    the y there, and its bow; `edge` to which edge it belongs, in order.
    """
    count = np.bincount(edge, minlength=ends.shape[1])
    last = np.cumsum(count + 1) - 1
    first = last - count
    # By turns what comes before a level piece, a bend or the edge's first point, and that piece.
    before = np.arange(len(edge)) + edge
    x, y, end = np.empty((3, len(edge) + len(count)), dtype=np.int64)
    x[first], y[first], end[last] = ends
    from_x, to_x, from_y, to_y, bow = bends
    x[before + 1], y[before + 1], end[before] = to_x, to_y, from_x
    third, half = (end - x) // 3, (to_x - from_x) // 2
    pieces = np.empty((len(x), 2, 3, 2), dtype=np.int64)
    pieces[:, 0, 2] = np.stack((x, y), axis=1)
    pieces[before + 1, 0, 0] = np.stack((from_x + half, from_y), axis=1)
    pieces[before + 1, 0, 1] = np.stack((to_x - half, to_y + bow), axis=1)
    pieces[:, 1, :, 0] = np.stack((x + third, end - third, end), axis=1)
    pieces[:, 1, :, 1] = y[:, None]
    drawn = np.ones((len(x), 2, 3), dtype=bool)
    drawn[first, 0, :2] = False
    drawn[:, 1] = (end > x)[:, None]
    return pieces[drawn], np.cumsum(drawn.sum(axis=(1, 2)))[last]
