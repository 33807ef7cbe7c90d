"""Where the nodes and edges of a computational graph are drawn: a layered drawing, inputs left, outputs right.

The method is Sugiyama's (Sugiyama, Tagawa, Toda 1981) in the shape of Gansner, Koutsofios, North, Vo 1993 ("A technique
for drawing directed graphs"), a module for each phase: `layers`, the `order` within them (of `blocks`, in small
graphs by `sifting`, in others by `sweeps` of what `repeats` finds), `coordinates`, `curves` and `labels`. What is our
own:

- Long edges of one source share one chain of bends (a trunk that branches off to each target) as far as they run side
  by side, so that an input that is used a hundred times has one lane through the drawing and not a hundred.
- Of a loop of many `rounds` a few are laid out, and the others are `copies` of these. Where that cannot be, what
  repeats from layer to layer is still ordered once.
- Coordinates come from isotonic regressions layer by layer, which keep long programs flat, and are then straightened.

Everything is deterministic, nothing recurses, and effort is bounded by counts of work, never by a clock.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explorer.calculus.layout.coordinates import LANE_HEIGHT, y_coordinates
from explorer.calculus.layout.copies import inserted, strip_of
from explorer.calculus.layout.curves import HUNDREDTHS, MARGIN, Curves, columns, drawn_curves
from explorer.calculus.layout.drawing import Drawing, Place, Route
from explorer.calculus.layout.labels import LABEL_HEIGHT, LABEL_WIDTH, label_places
from explorer.calculus.layout.layers import LARGE, inputs_stand_first, layering
from explorer.calculus.layout.order import Layered, in_order
from explorer.calculus.layout.rounds import FEW_NODES, KEPT, Rounds, rounds_of
from explorer.language.collection import uncollected

__all__ = ["LABEL_HEIGHT", "LABEL_WIDTH", "Drawing", "Place", "Route", "lay_out"]


MANY, MANY_IN_LARGE = 8, 20  # uses of a value from which on it counts as one that many use


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
        return _drawing(_drawn(sizes, edges), sizes, edges)


def _drawn(sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]]) -> Curves:
    inputs_first = inputs_stand_first(len(sizes), edges)
    large = len(sizes) > LARGE
    for kept in KEPT if large else ():
        rounds = rounds_of(sizes, edges, kept)
        if rounds is None or (kept > KEPT[0] and len(rounds.sizes) > FEW_NODES):
            break
        if drawn := _of_rounds(rounds, inputs_first):
            return drawn
    graph = in_order(
        len(sizes), edges, layering(len(sizes), edges, inputs_first, MANY_IN_LARGE if large else MANY, large)
    )
    return _curves(graph, edges, sizes, y_coordinates(graph, sizes))


def _of_rounds(rounds: Rounds, inputs_first: bool) -> Curves | None:
    """What is drawn of a graph of which a part is laid out; None where the drawing of this does not repeat."""
    sizes, edges = rounds.sizes, rounds.part
    layer = layering(len(sizes), edges, inputs_first, KEPT[0], large=True)
    graph = in_order(len(sizes), edges, layer, part=True, shared=rounds.parameters)
    strip = strip_of(graph, rounds)
    if strip is None:
        return None
    for level in (False, True):  # a lane that bent in each round would bend as often on the way to each later one
        y = y_coordinates(graph, sizes, strip.heights(graph, sizes, level))
        if whole := inserted(_curves(graph, edges, sizes, y), graph, rounds, strip):
            return whole
    return None


def _curves(
    graph: Layered, edges: Sequence[tuple[int, int]], sizes: Sequence[tuple[float, float]], middles: Sequence[float]
) -> Curves:
    """The curves of the graph whose vertices' middles are so high."""
    nodes = graph.nodes
    y, tall = np.array(middles), np.full(len(middles), LANE_HEIGHT / 2)
    tall[:nodes] = [height / 2 for _, height in sizes]
    top = (y - tall).min() - MARGIN
    levels = np.rint((y - top) * HUNDREDTHS).astype(np.int64).tolist()
    starts, ends = columns(graph, sizes, levels)
    points, stops, bends = drawn_curves(graph, edges, sizes, levels, starts, ends)
    x = [(starts[column] + ends[column]) // 2 for column in graph.layer_of[:nodes]]
    lowest = max(round(((y + tall).max() - top) * HUNDREDTHS), int(points[:, 1].max(initial=0)))
    margin = round(MARGIN * HUNDREDTHS)
    return Curves(x, levels[:nodes], points, stops, label_places(bends), ends[-1] + margin, lowest + margin)


def _drawing(curves: Curves, sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]]) -> Drawing:
    """The same in pixels."""
    places = [
        Place(x / HUNDREDTHS, y / HUNDREDTHS, width, height)
        for x, y, (width, height) in zip(curves.x, curves.y, sizes, strict=True)
    ]
    points = list(zip(*(curves.points.T / HUNDREDTHS).tolist(), strict=True))
    stops = curves.stops.tolist()
    routes = [
        Route(source, target, tuple(points[begin:end]), label)
        for (source, target), begin, end, label in zip(edges, [0, *stops], stops, curves.labels, strict=False)
    ]
    return Drawing(tuple(places), tuple(routes), curves.width / HUNDREDTHS, curves.height / HUNDREDTHS)
