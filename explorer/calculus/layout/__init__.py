"""Where the nodes and edges of a computational graph are drawn: a layered drawing, inputs left, outputs right.

The method is Sugiyama's (Sugiyama, Tagawa, Toda 1981) in the shape of Gansner, Koutsofios, North, Vo 1993 ("A technique
for drawing directed graphs"), a module for each phase: `layers`, the `order` within them (of `blocks`, in small
graphs by `sifting`, in others by `sweeps` of what `repeats` finds), `coordinates`, `curves` and `labels`. What is our
own:

- Long edges of one source share one chain of bends (a trunk that branches off to each target) as far as they run side
  by side, so that an input that is used a hundred times has one lane through the drawing and not a hundred.
- What repeats from layer to layer, as the rounds of a loop do, is ordered once and drawn alike each time.
- Coordinates come from isotonic regressions layer by layer, which keep long programs flat, and are then straightened.

Everything is deterministic, nothing recurses, and effort is bounded by counts of work, never by a clock.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explorer.calculus.layout.coordinates import LANE_HEIGHT, y_coordinates
from explorer.calculus.layout.curves import HUNDREDTHS, MARGIN, columns, drawn_curves
from explorer.calculus.layout.drawing import Drawing, Place, Route
from explorer.calculus.layout.labels import LABEL_HEIGHT, LABEL_WIDTH, label_places
from explorer.calculus.layout.layers import layering
from explorer.calculus.layout.order import in_order
from explorer.language.collection import uncollected

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
    with uncollected():
        return _laid_out(sizes, edges)


def _laid_out(sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]]) -> Drawing:
    count = len(sizes)
    graph = in_order(count, edges, layering(count, edges))
    heights = [height for _, height in sizes] + [LANE_HEIGHT] * (len(graph.layer_of) - count)
    middles = y_coordinates(graph, heights)
    top = min([y - height / 2 for y, height in zip(middles, heights, strict=True)]) - MARGIN
    levels = [round((y - top) * HUNDREDTHS) for y in middles]
    starts, ends = columns(graph, sizes, levels)
    places = tuple(
        Place((starts[column] + ends[column]) // 2 / HUNDREDTHS, level / HUNDREDTHS, width, height)
        for (width, height), column, level in zip(sizes, graph.layer_of, levels, strict=False)
    )
    line, stops, bends = drawn_curves(graph, edges, sizes, levels, starts, ends)
    x, y = np.array(line).reshape(-1, 2).T / HUNDREDTHS
    points = list(zip(x.tolist(), y.tolist(), strict=True))
    routes = tuple(
        Route(source, target, tuple(points[begin:end]), label)
        for (source, target), begin, end, label in zip(edges, [0, *stops], stops, label_places(bends), strict=False)
    )
    lowest = max([y + height / 2 for y, height in zip(middles, heights, strict=True)]) - top
    lowest = max(lowest, y.max(initial=0.0))
    return Drawing(places, routes, round(ends[-1] / HUNDREDTHS + MARGIN, 2), round(float(lowest) + MARGIN, 2))
