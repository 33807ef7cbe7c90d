"""Where the nodes and edges of a computational graph are drawn: a layered drawing, inputs left, outputs right.

The method is Sugiyama's (Sugiyama, Tagawa, Toda 1981) in the shape of Gansner, Koutsofios, North, Vo 1993 ("A technique
for drawing directed graphs"), a module for each phase: `layers`, the `order` within them (of `blocks`, by `sifting`),
`coordinates`, `curves` and `labels`. What is our own:

- Long edges of one source share one chain of bends (a trunk that branches off to each target) as far as they run side
  by side, so that an input that is used a hundred times has one lane through the drawing and not a hundred.
- Coordinates come from isotonic regressions layer by layer, which keep long programs flat, and are then straightened.

Everything is deterministic, nothing recurses, and effort is bounded by counts of work, never by a clock.
"""

from __future__ import annotations

from collections.abc import Sequence

from explorer.calculus.layout.coordinates import LANE_HEIGHT, y_coordinates
from explorer.calculus.layout.curves import MARGIN, columns, drawn_curves
from explorer.calculus.layout.drawing import Drawing, Place, Route
from explorer.calculus.layout.labels import LABEL_HEIGHT, LABEL_WIDTH, label_places
from explorer.calculus.layout.layers import layering
from explorer.calculus.layout.order import in_order

__all__ = ["LABEL_HEIGHT", "LABEL_WIDTH", "Drawing", "Place", "Route", "lay_out"]


def lay_out(sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]]) -> Drawing:
    """The drawing of a graph whose nodes have these sizes (width, height); every edge leads to a higher index.

    Two equal edges (x·x) are drawn apart. ValueError where an edge leads back or to no node.
    """
    count = len(sizes)
    for source, target in edges:
        if not 0 <= source < target < count:
            raise ValueError(f"edge {source} → {target} does not lead to a later node of {count}")
    if not count:
        return Drawing((), (), 2 * MARGIN, 2 * MARGIN)
    graph = in_order(count, edges, layering(count, edges))
    heights = [height for _, height in sizes] + [LANE_HEIGHT] * (len(graph.layer_of) - count)
    y = y_coordinates(graph, heights)
    shift = MARGIN - min([centre - height / 2 for centre, height in zip(y, heights, strict=True)])
    y = [centre + shift for centre in y]
    starts, ends = columns(graph, sizes, y)
    nodes = []
    for node, (width, height) in enumerate(sizes):
        column = graph.layer_of[node]
        nodes.append(Place(round((starts[column] + ends[column]) / 2, 2), round(y[node], 2), width, height))
    drawn = drawn_curves(graph, edges, nodes, y, starts, ends)
    labels = label_places(edges, drawn)
    routes = tuple(
        Route(source, target, tuple(points), label)
        for (source, target), points, label in zip(edges, drawn, labels, strict=True)
    )
    bottom = max([centre + height / 2 for centre, height in zip(y, heights, strict=True)])
    lowest = max([point[1] for points in drawn for point in points], default=0.0)
    return Drawing(tuple(nodes), routes, round(ends[-1] + MARGIN, 2), round(max(bottom, lowest) + MARGIN, 2))
