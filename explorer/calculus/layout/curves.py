"""The columns of the layers and the curves of the edges between them.

Curves bend only between two layers and all in the same shape, so two of them cross only where the orders of the two
layers demand it, and a curve never runs over a node. Lengths are whole hundredths of a pixel here: what is drawn needs
no more, and thousands of numbers need not be rounded one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from explorer.calculus.layout.order import Layered

# All lengths are pixels at zoom 1.
LAYER_GAP = 70.0  # between two layers: a label of LABEL_WIDTH, an arrow head, and room for the curve on both sides
FEW_LINES, CROWDED, MORE_ROOM = 4, 6.0, 48.0  # each line to a node more than a few widens the gap, for its label
STEEP = 0.22  # a gap widens with the tallest curve in it, so that the curve stays flatter than about 1 : 4 …
LAYER_GAP_MOST = 260.0  # … up to this, where a wide gap hurts more than a steep curve
MARGIN = 24.0  # around the whole drawing
PORT_SPREAD = 11.0  # between two arrow heads at one node: an arrow head is 9 px wide
STRAIGHT = 50  # hundredths of a pixel: a curve that rises less comes in straight
TWIN_BOW = 38.0  # of each of x·x's two edges: 3/8 of it in their middle, so that their labels do not touch

HUNDREDTHS = 100  # of a pixel

Point = tuple[float, float]
# The gap in which an edge last goes up or down, else the last; its left and right border; the y there, and the bow.
# Gap −1: the edge is drawn straight through.
LastBend = tuple[int, int, int, int, int, int]


@dataclass(slots=True, frozen=True)
class Curves:
    """All that is drawn: the middles of the nodes and the edges' control points.

    `line` has the x and y of all points by turns, `stops` after how many points each edge ends. The middles of the
    edges' texts, `labels`, are in pixels, all else in hundredths of one.
    """

    x: list[int]
    y: list[int]
    line: list[int]
    stops: list[int]
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


def _ports(
    graph: Layered, edges: Sequence[tuple[int, int]], heights: Sequence[float], y: list[int]
) -> tuple[list[int], list[int]]:
    """For each edge how far from its target's middle it ends, and how far its last bend bows out (twins only).

    Arrow heads stand side by side in the order in which their curves come in; one coming straight stays in the middle.
    """
    arriving: list[list[tuple[int, int]]] = [[] for _ in range(graph.nodes)]
    for edge, ((source, target), chain) in enumerate(zip(edges, graph.chains, strict=True)):
        arriving[target].append((y[chain[-1] if chain else source], edge))
    offset, bow = [0] * len(edges), [0] * len(edges)
    for target, incoming in enumerate(arriving):
        count = len(incoming)
        if count < 2:
            continue
        incoming.sort()
        level = y[target]
        straight = [place for place, (start, _) in enumerate(incoming) if -STRAIGHT < start - level < STRAIGHT]
        middle = straight[0] if len(straight) == 1 and count < 4 else (count - 1) / 2
        spread = min(PORT_SPREAD, 0.45 * heights[target] / max(middle, count - 1 - middle))  # never round the corner
        for place, (_, edge) in enumerate(incoming):
            offset[edge] = round((place - middle) * spread * HUNDREDTHS)
    if len(set(edges)) < len(edges):
        _bow_twins(graph, edges, y, bow)
    return offset, bow


def _bow_twins(graph: Layered, edges: Sequence[tuple[int, int]], y: list[int], bow: list[int]) -> None:
    """Bend equal edges apart, never as far as to a sibling, an edge that leaves with them for another target."""
    twins: dict[tuple[int, int], list[int]] = {}
    for edge, ends in enumerate(edges):
        twins.setdefault(ends, []).append(edge)
    farthest = round(TWIN_BOW * HUNDREDTHS)
    for (source, target), pair in twins.items():
        if len(pair) > 1:
            chain = graph.chains[pair[0]]
            beside = [y[other] - y[target] for other in graph.right[chain[-1] if chain else source] if other != target]
            up = min([farthest, *(-rise for rise in beside if rise < 0)])
            down = min([farthest, *(rise for rise in beside if rise > 0)])
            for place, edge in enumerate(pair):
                outward = (2 * place - len(pair) + 1) / (len(pair) - 1)
                bow[edge] = round(outward * (up if outward < 0 else down))


def drawn_curves(
    graph: Layered,
    edges: Sequence[tuple[int, int]],
    sizes: Sequence[tuple[float, float]],
    y: list[int],
    starts: list[int],
    ends: list[int],
) -> tuple[list[int], list[int], list[LastBend]]:
    """The control points of all edges, x and y by turns, where those of each edge end, and the last bend of each.

    Curves are level across the columns and S-shaped across the gaps between them.
    """
    offset, bow = _ports(graph, edges, [height for _, height in sizes], y)
    layer_of = graph.layer_of
    lefts, rights = [], []
    for node, (width, _) in enumerate(sizes):
        column, half = layer_of[node], width / 2 * HUNDREDTHS
        middle = (starts[column] + ends[column]) / 2
        lefts.append(round(middle - half))
        rights.append(round(middle + half))
    line: list[int] = []
    stops: list[int] = []
    bends: list[LastBend] = []
    for edge, ((source, target), chain) in enumerate(zip(edges, graph.chains, strict=True)):
        here, arrival, border = y[source], y[target] + offset[edge], lefts[target]
        line += (rights[source], here)
        if chain is None:
            bends.append((-1, rights[source], border, here, arrival, bow[edge]))
            _bend(line, border, arrival, bow[edge])
        else:
            column = layer_of[source]
            last: LastBend | None = None
            for bend in chain:
                if y[bend] != here:
                    last = (column, ends[column], starts[column + 1], here, y[bend], 0)
                    here = y[bend]
                    _level(line, ends[column])
                    _bend(line, starts[column + 1], here, 0)
                column += 1
            if arrival != here or bow[edge]:
                last = (column, ends[column], starts[column + 1], here, arrival, bow[edge])
                _level(line, ends[column])
                _bend(line, starts[column + 1], arrival, bow[edge])
            _level(line, border)
            bends.append(last or (column, ends[column], starts[column + 1], here, here, 0))
        stops.append(len(line) // 2)
    return line, stops, bends


def _level(line: list[int], x: int) -> None:
    """Go on level to x."""
    from_x, y = line[-2:]
    if x > from_x:
        third = (x - from_x) // 3
        line += (from_x + third, y, x - third, y, x, y)


def _bend(line: list[int], x: int, y: int, bow: int) -> None:
    """Go on to (x, y), leaving level, and arriving level too unless there is a `bow`: then from that side."""
    from_x, from_y = line[-2:]
    half = (x - from_x) // 2
    line += (from_x + half, from_y, x - half, y + bow, x, y)
