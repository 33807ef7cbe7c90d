"""The columns of the layers and the curves of the edges between them.

Curves bend only between two layers and all in the same shape, so two of them cross only where the orders of the two
layers demand it, and a curve never runs over a node.
"""

from __future__ import annotations

from collections.abc import Sequence

from explorer.calculus.layout.drawing import Place
from explorer.calculus.layout.order import Layered

# All lengths are pixels at zoom 1.
LAYER_GAP = 70.0  # between two layers: a label of LABEL_WIDTH, an arrow head, and room for the curve on both sides
FEW_LINES, CROWDED, MORE_ROOM = 6, 6.0, 48.0  # each line to a node more than a few widens the gap, for its label
STEEP = 0.22  # a gap widens with the tallest curve in it, so that the curve stays flatter than about 1 : 4 …
LAYER_GAP_MOST = 260.0  # … up to this, where a wide gap hurts more than a steep curve
MARGIN = 24.0  # around the whole drawing
PORT_SPREAD = 11.0  # between two arrow heads at one node: an arrow head is 9 px wide
TWIN_BOW = 38.0  # of each of x·x's two edges: 3/8 of it in their middle, so that their labels do not touch

Point = tuple[float, float]


def columns(graph: Layered, sizes: Sequence[tuple[float, float]], y: list[float]) -> tuple[list[float], list[float]]:
    """The left and right borders of each layer's column; the gaps between as wide as their curves need."""
    starts, ends = [], []
    x = MARGIN
    for layer in graph.layers:
        width = max([sizes[vertex][0] for vertex in layer if vertex < graph.nodes], default=0.0)
        starts.append(round(x, 2))
        ends.append(round(x + width, 2))
        rises = [(abs(y[vertex] - y[other]), other) for vertex in layer for other in graph.right[vertex]]
        labelled = sum([other < graph.nodes for _, other in rises])
        roomy = LAYER_GAP + min(MORE_ROOM, CROWDED * max(0, labelled - FEW_LINES))
        x += width + min(LAYER_GAP_MOST, max(roomy, STEEP * max(rises, default=(0.0, 0))[0]))
    return starts, ends


def _ports(
    graph: Layered, edges: Sequence[tuple[int, int]], nodes: Sequence[Place], y: list[float]
) -> tuple[list[float], list[float]]:
    """For each edge how far from its target's middle it ends, and how far its last bend bows out (twins only).

    Arrow heads stand side by side in the order in which their curves come in; one coming straight stays in the middle.
    Twins never bow as far as to a sibling, an edge that leaves together with them for another target.
    """
    arriving: dict[int, list[tuple[float, int]]] = {}
    twins: dict[tuple[int, int], list[int]] = {}
    for edge, ((source, target), chain) in enumerate(zip(edges, graph.chains, strict=True)):
        arriving.setdefault(target, []).append((y[chain[-1] if chain else source], edge))
        twins.setdefault((source, target), []).append(edge)
    offset, bow = [0.0] * len(edges), [0.0] * len(edges)
    for target, incoming in arriving.items():
        if len(incoming) > 1:
            incoming.sort()
            straight = [place for place, (start, _) in enumerate(incoming) if abs(start - y[target]) < 0.5]
            middle = straight[0] if len(straight) == 1 and len(incoming) < 4 else (len(incoming) - 1) / 2
            farthest = max(middle, len(incoming) - 1 - middle)
            spread = min(PORT_SPREAD, 0.45 * nodes[target].height / farthest)  # never round the corner
            for place, (_, edge) in enumerate(incoming):
                offset[edge] = (place - middle) * spread
    for (source, target), pair in twins.items():
        if len(pair) > 1:
            chain = graph.chains[pair[0]]
            beside = [y[other] - y[target] for other in graph.right[chain[-1] if chain else source] if other != target]
            up = min([TWIN_BOW, *(-rise for rise in beside if rise < 0)])
            down = min([TWIN_BOW, *(rise for rise in beside if rise > 0)])
            for place, edge in enumerate(pair):
                outward = (2 * place - len(pair) + 1) / (len(pair) - 1)
                bow[edge] = outward * (up if outward < 0 else down)
    return offset, bow


def drawn_curves(
    graph: Layered,
    edges: Sequence[tuple[int, int]],
    nodes: Sequence[Place],
    y: list[float],
    starts: list[float],
    ends: list[float],
) -> list[list[Point]]:
    """Each edge's control points: level across the columns, S-shaped across the gaps between them."""
    offset, bow = _ports(graph, edges, nodes, y)
    level = [round(there, 2) for there in y]
    curves = []
    for edge, ((source, target), chain) in enumerate(zip(edges, graph.chains, strict=True)):
        begin, end = nodes[source], nodes[target]
        here = begin.y
        points: list[Point] = [(round(begin.x + begin.width / 2, 2), here)]
        arrival, border = round(end.y + offset[edge], 2), round(end.x - end.width / 2, 2)
        if chain is not None:
            column = graph.layer_of[source]
            for bend in chain:
                if level[bend] != here:
                    here = level[bend]
                    _level(points, ends[column])
                    _bend(points, starts[column + 1], here, 0.0)
                column += 1
            if arrival != here or bow[edge]:
                _level(points, ends[column])
                _bend(points, starts[column + 1], arrival, bow[edge])
            _level(points, border)
        else:
            _bend(points, border, arrival, bow[edge])
        curves.append(points)
    return curves


def _level(points: list[Point], x: float) -> None:
    """Go on level to x."""
    from_x, y = points[-1]
    if x - from_x >= 0.01:
        third = round((x - from_x) / 3, 2)
        points.extend(((from_x + third, y), (x - third, y), (x, y)))


def _bend(points: list[Point], x: float, y: float, bow: float) -> None:
    """Go on to (x, y), leaving level, and arriving level too unless there is a `bow`: then from that side."""
    from_x, from_y = points[-1]
    half = (x - from_x) / 2
    points.extend(((round(from_x + half, 2), from_y), (round(x - half, 2), round(y + bow, 2)), (x, y)))
