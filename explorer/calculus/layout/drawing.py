"""A drawn graph as plain data: where its boxes stand and which way its edges go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple


class Place(NamedTuple):
    """A node's box: its centre and its size, in pixels at zoom 1, y downwards."""

    x: float
    y: float
    width: float
    height: float


class Route(NamedTuple):
    """An edge's curve from the source's right side to the target's left side.

    `points` are the control points of a piecewise cubic Bézier curve: the start, then three for each piece. `label` is
    the centre of the local partial's text.
    """

    source: int
    target: int
    points: tuple[tuple[float, float], ...]
    label: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawn graph: places in the order of the nodes, routes in the order of the edges, the whole from (0, 0)."""

    nodes: tuple[Place, ...]
    edges: tuple[Route, ...]
    width: float
    height: float

    def to_json(self) -> dict[str, Any]:
        """Plain lists: a node is [x, y, width, height], an edge [source, target, [x, y, x, y, …], [x, y]]."""
        return {
            "nodes": [list(place) for place in self.nodes],
            "edges": [
                [r.source, r.target, [c for point in r.points for c in point], list(r.label)] for r in self.edges
            ],
            "width": self.width,
            "height": self.height,
        }

    @staticmethod
    def from_json(value: Any) -> Drawing:
        """The Drawing that `to_json` wrote; ValueError where the value is not one."""
        try:
            nodes = tuple(Place(*(float(c) for c in row)) for row in value["nodes"])
            edges = []
            for source, target, flat, (x, y) in value["edges"]:
                points = tuple((float(flat[i]), float(flat[i + 1])) for i in range(0, len(flat), 2))
                if len(points) < 4 or len(points) % 3 != 1:
                    raise ValueError(f"{len(points)} points are no cubic curve")
                if not (0 <= source < len(nodes) and 0 <= target < len(nodes)):
                    raise ValueError(f"an edge to nowhere: {source} → {target}")
                edges.append(Route(source, target, points, (float(x), float(y))))
            return Drawing(nodes, tuple(edges), float(value["width"]), float(value["height"]))
        except (KeyError, IndexError, TypeError) as error:
            raise ValueError(f"not a drawing: {error}") from error
