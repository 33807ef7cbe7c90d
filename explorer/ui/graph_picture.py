"""A drawn graph as the view holds it: nodes, curves, the state shown, and what lies where.

It is filled part by part, as the parts of an answer come in, so that 10,000 nodes never keep the window busy for long;
lines and arrow heads of a tile of the drawing are one path each, which is what makes them quick to paint.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import atan2, ceil, floor, sqrt
from typing import Any, Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainterPath

from explorer.language.names import pretty_name

# Lengths are scene units: pixels at zoom 1.
TILE = 512.0  # side of a tile of the grid: about twenty nodes, so that a pan paints few nodes outside its strip
LONG_PIECE = 2 * TILE  # a piece of curve longer than this is kept apart from the tiles
HEAD_LENGTH, HEAD_WIDTH = 10.0, 8.0
PILL_RADIUS = 18.0
SAMPLES = 12  # points in which a cubic piece is looked at for clicks and for markers of direction
MARKER_EVERY = 100.0  # along an active edge: an edge to the next layer has none, one over three layers four
LABEL_HALF_WIDTH, LABEL_HALF_HEIGHT = 40.0, 10.0


@dataclass(slots=True)
class GraphNode:
    """A node: its name ("v1", "x1"), its operation's sign ("ln", "×", "" for inputs), its value if it is known already.

    `detail` is a sentence for the tooltip, such as "v1 = ln x1, line 1". All texts are shown as they are. A group
    stands for several operations that were folded into one box.
    """

    kind: Literal["input", "operation", "output", "group"]
    title: str
    operation: str = ""
    value: str | None = None
    detail: str = ""


@dataclass(slots=True)
class GraphEdge:
    """An edge from an operand to the operation that uses it, with the local partial ∂target/∂source as text; `exact`:
    with all its digits, where it is asked about."""

    source: int
    target: int
    partial: str = ""
    exact: str = ""


@dataclass(frozen=True, slots=True)
class GraphState:
    """What is known and what happens at one step; the picture depends on this and on nothing before it.

    `primals` and `seconds` have a text for each node, None where it is not computed yet; `seconds` is empty where there
    is nothing second. `second_mark` stands over the node's name there: a dot (ẋ₁) or a bar (x̄₁). `reverse`: the sweep
    runs from outputs to inputs, seconds are adjoints and flow is marked towards the sources. `partials` replaces the
    edges' texts, None hides one; without it a partial appears with its target's value. `heat` colours nodes by what
    they hold, None leaves one as it is; `heat_of` is what that is, where a legend is to say it. `lit` is the path or
    part that was selected. `known` is how many values are known, where it need not be counted; `is_known` says whether
    a node's value is known, quicker than its text. `hidden` names the texts that the nodes leave out: "values",
    "seconds".
    """

    primals: Sequence[str | None]
    seconds: Sequence[str | None] = ()
    second_mark: str = ""
    active_nodes: frozenset[int] = frozenset()
    active_edges: frozenset[int] = frozenset()
    finished: Container[int] = frozenset()
    reverse: bool = False
    partials: Sequence[str | None] | None = None
    heat: Callable[[int], QColor | None] | None = None
    heat_of: str = ""
    lit: frozenset[int] = frozenset()
    lit_edges: frozenset[int] = frozenset()
    known: int | None = None
    is_known: Callable[[int], bool] | None = None
    hidden: frozenset[str] = frozenset()


class Curve:
    """An edge as drawn: flat control points x, y, x, y, … and the middle of its text."""

    __slots__ = ("label", "points", "source", "target")

    def __init__(self, source: int, target: int, points: list[float], label: tuple[float, float]) -> None:
        self.source = source
        self.target = target
        self.points = points
        self.label = label

    @property
    def box(self) -> QRectF:
        """Of its control points."""
        xs, ys = self.points[::2], self.points[1::2]
        left, top = min(xs), min(ys)
        return QRectF(left, top, max(xs) - left, max(ys) - top)

    def path(self) -> QPainterPath:
        """The whole curve."""
        p = self.points
        path = QPainterPath(QPointF(p[0], p[1]))
        for k in range(2, len(p), 6):
            path.cubicTo(p[k], p[k + 1], p[k + 2], p[k + 3], p[k + 4], p[k + 5])
        return path

    def sampled(self) -> list[tuple[float, float]]:
        """Points along the curve, SAMPLES to a piece; a level piece has none between its ends."""
        p = self.points
        ax, ay = p[0], p[1]
        points = [(ax, ay)]
        for k in range(2, len(p), 6):
            bx, by, cx, cy, dx, dy = p[k : k + 6]
            if ay == by == cy == dy:
                points.append((dx, dy))
            else:
                for step in range(1, SAMPLES + 1):
                    t = step / SAMPLES
                    u = 1 - t
                    w0, w1, w2, w3 = u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
                    points.append((w0 * ax + w1 * bx + w2 * cx + w3 * dx, w0 * ay + w1 * by + w2 * cy + w3 * dy))
            ax, ay = dx, dy
        return points

    def markers(self) -> Iterator[tuple[float, float, float]]:
        """Places x, y along a long curve where its direction (radians) is marked; none where a head alone shows it."""
        steps = [(x, y, u - x, v - y, sqrt((u - x) ** 2 + (v - y) ** 2)) for (x, y), (u, v) in pairwise(self.sampled())]
        total = sum(step[4] for step in steps)
        count = round(total / MARKER_EVERY) - 1
        walked, place = 0.0, 1
        for x, y, along_x, along_y, length in steps:
            while place <= count and length and walked + length >= (along := place * total / (count + 1)):
                share = (along - walked) / length
                yield x + along_x * share, y + along_y * share, atan2(along_y, along_x)
                place += 1
            walked += length

    def distance(self, x: float, y: float, reach: float) -> float:
        """Of a place from the curve; infinite where it is clearly beyond reach."""
        p = self.points
        ys = p[1::2]
        if not (p[0] - reach <= x <= p[-2] + reach and min(ys) - reach <= y <= max(ys) + reach):
            return float("inf")
        return min(_from_segment(x, y, a, b) for a, b in pairwise(self.sampled()))


def _from_segment(x: float, y: float, a: tuple[float, float], b: tuple[float, float]) -> float:
    along_x, along_y, to_x, to_y = b[0] - a[0], b[1] - a[1], x - a[0], y - a[1]
    length = along_x * along_x + along_y * along_y
    share = max(0.0, min(1.0, (to_x * along_x + to_y * along_y) / length)) if length else 0.0
    return sqrt((to_x - along_x * share) ** 2 + (to_y - along_y * share) ** 2)


class Tile:
    """All pieces of curves that begin in one tile of the drawing, with their arrow heads; left, top, right, bottom.

    `edges` are those of the pieces, ascending.
    """

    __slots__ = ("bottom", "edges", "far", "heads", "left", "lines", "right", "top")

    def __init__(self) -> None:
        self.edges: list[int] = []
        self.lines = QPainterPath()
        self.far = QPainterPath()  # the same as straight lines: seen from afar nobody can tell, and it is quicker
        self.heads = QPainterPath()
        self.heads.setFillRule(Qt.FillRule.WindingFill)
        self.left = self.top = float("inf")
        self.right = self.bottom = float("-inf")

    def take(self, edge: int, left: float, top: float, right: float, bottom: float) -> None:
        """Reach as far as this piece of an edge."""
        if not self.edges or self.edges[-1] != edge:
            self.edges.append(edge)
        self.left, self.top = min(self.left, left), min(self.top, top)
        self.right, self.bottom = max(self.right, right), max(self.bottom, bottom)


@dataclass(slots=True)
class Layer:
    """The lines of all curves, by tiles, and each very long piece as a tile of its own."""

    tiles: dict[tuple[int, int], Tile] = field(default_factory=dict)
    long: list[Tile] = field(default_factory=list)
    # Edges that share a trunk are drawn there once: the bends that are, and for each begin how far a level piece is.
    bends: set[tuple[float, float, float, float]] = field(default_factory=set)
    level: dict[tuple[float, float], float] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Tile]:
        yield from self.long
        yield from self.tiles.values()

    def tile(self, x: float, y: float) -> Tile:
        """The tile in which a place lies."""
        key = (floor(x / TILE), floor(y / TILE))
        tile = self.tiles.get(key)
        if tile is None:
            tile = self.tiles[key] = Tile()
        return tile

    def _tile_of_piece(self, ax: float, ay: float, dx: float, dy: float) -> Tile:
        """The tile of a piece of a curve from there to there: one of its own if it is very long."""
        if dx - ax <= LONG_PIECE and abs(dy - ay) <= LONG_PIECE:
            return self.tile(ax, ay)
        tile = Tile()
        self.long.append(tile)
        return tile

    def add(self, edge: int, curve: Curve, tip: float) -> None:
        """Take in the curve of an edge whose arrow head's point is at x = tip."""
        p = curve.points
        ax, ay = p[0], p[1]
        for k in range(2, len(p), 6):
            bx, by, cx, cy, dx, dy = p[k : k + 6]
            piece = (ax, ay, dx, dy)
            if ay == by == cy == dy:
                done = self.level.get((ax, ay), ax)
                if dx > done:
                    self.level[ax, ay] = dx
                    tile = self._tile_of_piece(done, ay, dx, dy)
                    for path in (tile.lines, tile.far):
                        path.moveTo(done, ay)
                        path.lineTo(dx, dy)
                    tile.take(edge, done, ay - 1, dx, ay + 1)
            elif not (piece in self.bends and by == ay and cy == dy):
                self.bends.add(piece)
                tile = self._tile_of_piece(*piece)
                tile.lines.moveTo(ax, ay)
                tile.lines.cubicTo(bx, by, cx, cy, dx, dy)
                tile.far.moveTo(ax, ay)
                tile.far.lineTo(dx, dy)
                tile.take(edge, ax, min(ay, by, cy, dy) - 1, dx, max(ay, by, cy, dy) + 1)
            ax, ay = dx, dy
        tile = self.tile(ax, ay)
        if tip > ax:
            tile.lines.moveTo(ax, ay)
            tile.lines.lineTo(tip, ay)
            tile.take(edge, ax, ay - 1, tip, ay + 1)
        heads, half = tile.heads, HEAD_WIDTH / 2
        heads.moveTo(tip, ay)
        heads.lineTo(tip - HEAD_LENGTH, ay + half)
        heads.lineTo(tip - HEAD_LENGTH, ay - half)
        heads.closeSubpath()
        tile.take(edge, tip - HEAD_LENGTH, ay - half, tip, ay + half)


class Grid:
    """Numbers found by the tiles that their boxes touch."""

    def __init__(self) -> None:
        self._tiles: dict[tuple[int, int], list[int]] = {}
        self._count = 0

    def add(self, number: int, left: float, top: float, right: float, bottom: float) -> None:
        """A number, given in ascending order, with its box."""
        self._count = number + 1
        rows = range(floor(top / TILE), floor(bottom / TILE) + 1)
        for column in range(floor(left / TILE), floor(right / TILE) + 1):
            for row in rows:
                self._tiles.setdefault((column, row), []).append(number)

    def within(self, area: QRectF) -> Iterable[int]:
        """The numbers whose boxes may touch the area, each once."""
        count = ceil(area.width() / TILE + 1) * ceil(area.height() / TILE + 1)
        if count >= len(self._tiles):
            return range(self._count)
        columns = range(floor(area.left() / TILE), floor(area.right() / TILE) + 1)
        rows = range(floor(area.top() / TILE), floor(area.bottom() / TILE) + 1)
        return dict.fromkeys(n for column in columns for row in rows for n in self._tiles.get((column, row), ()))


class Picture:
    """The graph, its geometry and the state shown; nodes and edges are added in the order of their numbers."""

    def __init__(self, width: float, height: float) -> None:
        self.area = QRectF(0.0, 0.0, width, height)
        self.nodes: list[GraphNode] = []
        self.names: list[str] = []
        self.boxes: list[QRectF] = []
        self.edges: list[GraphEdge] = []
        self.curves: list[Curve] = []
        self.incoming: list[list[int]] = []  # edges by target
        self.outgoing: list[list[int]] = []  # edges by source
        self.layer = Layer()
        self.node_grid = Grid()
        self.label_grid = Grid()
        self.state = GraphState(())
        self.selected: int | None = None
        self.loose: frozenset[int] = frozenset()  # edges that are being moved, and not in the layer

    def add_nodes(self, nodes: Sequence[GraphNode], places: Sequence[Sequence[float]]) -> None:
        """The next nodes with their places [x, y, width, height]; ValueError where they do not match."""
        if len(nodes) != len(places):
            raise ValueError("the drawing's nodes are not the graph's")
        for node, (x, y, width, height) in zip(nodes, places, strict=True):
            half_width, half_height = width / 2, height / 2
            self.node_grid.add(len(self.nodes), x - half_width, y - half_height, x + half_width, y + half_height)
            self.nodes.append(node)
            self.names.append(pretty_name(node.title))
            self.boxes.append(QRectF(x - half_width, y - half_height, width, height))
            self.incoming.append([])
            self.outgoing.append([])

    def add_edges(self, edges: Sequence[GraphEdge], routes: Sequence[Sequence[Any]]) -> None:
        """The next edges, after all nodes, with their routes [points, label]; ValueError where they do not match."""
        count = len(self.nodes)
        if len(edges) != len(routes):
            raise ValueError("the drawing's edges are not the graph's")
        for edge, (points, label) in zip(edges, routes, strict=True):
            if not (0 <= edge.source < count > edge.target >= 0) or len(points) < 8 or len(points) % 6 != 2:
                raise ValueError(f"the drawing's edge {edge.source} → {edge.target} is not the graph's")
            number = len(self.edges)
            curve = Curve(edge.source, edge.target, points, (label[0], label[1]))
            self.edges.append(edge)
            self.curves.append(curve)
            self.incoming[edge.target].append(number)
            self.outgoing[edge.source].append(number)
            self.layer.add(number, curve, self.tip(number))
            x, y = curve.label
            self.label_grid.add(
                number, x - LABEL_HALF_WIDTH, y - LABEL_HALF_HEIGHT, x + LABEL_HALF_WIDTH, y + LABEL_HALF_HEIGHT
            )

    def begin_state(self) -> None:
        """All nodes have come: what is known at first is what they were made with."""
        self.state = GraphState([node.value for node in self.nodes])

    def known(self, node: int) -> bool:
        is_known = self.state.is_known
        return self.state.primals[node] is not None if is_known is None else is_known(node)

    def partial(self, edge: int) -> str | None:
        """The text on an edge, None where there is none yet."""
        if self.state.partials is not None:
            return self.state.partials[edge] or None
        return (self.edges[edge].partial or None) if self.known(self.curves[edge].target) else None

    def tip(self, edge: int) -> float:
        """The x at which an edge meets its target's outline: a pill is rounder than the box in which the curve ends."""
        curve = self.curves[edge]
        x, y = curve.points[-2:]
        if self.nodes[curve.target].kind not in ("operation", "group"):
            return x
        box = self.boxes[curve.target]
        radius = min(PILL_RADIUS, box.height() / 2, box.width() / 2)
        beyond = abs(y - box.center().y()) - (box.height() / 2 - radius)
        return x if beyond <= 0 else x + radius - sqrt(max(0.0, radius * radius - beyond * beyond))

    def node_at(self, x: float, y: float) -> int | None:
        """The node at a place of the drawing."""
        at = QPointF(x, y)
        for node in self.node_grid.within(QRectF(x, y, 0.0, 0.0)):
            if self.boxes[node].contains(at):
                return node
        return None

    def edge_at(self, x: float, y: float, reach: float) -> int | None:
        """The nearest edge within reach of a place of the drawing, or the one whose text is there."""
        for edge in sorted(self.label_grid.within(QRectF(x, y, 0.0, 0.0))):
            label = self.curves[edge].label
            if abs(label[0] - x) < 30 and abs(label[1] - y) < 8.5 and self.partial(edge):
                return edge
        near = set(self.loose)
        for tile in self.layer:
            if tile.left - reach < x < tile.right + reach and tile.top - reach < y < tile.bottom + reach:
                near.update(tile.edges)
        nearest, least = None, reach
        for edge in sorted(near):
            if (distance := self.curves[edge].distance(x, y, reach)) < least:
                nearest, least = edge, distance
        return nearest

    # -- moving a node by hand ---------------------------------------------------------------------------------------

    def move(self, node: int, x: float, y: float) -> None:
        """Shift a node; its edges follow with their ends. The layer still shows the old ones: see `relayered`."""
        self.boxes[node].translate(x, y)
        for edge in self.incoming[node]:
            _shift(self.curves[edge], (-2, -4), x, y)
        for edge in self.outgoing[node]:
            _shift(self.curves[edge], (0, 2), x, y)
        self.area = self.area.united(self.boxes[node].adjusted(-24, -24, 24, 24))

    def relayered(self, but: frozenset[int] = frozenset()) -> Iterator[None]:
        """Build layer and grids anew without the edges in `but`, a few hundred at a time; the last step takes them."""
        layer, node_grid, label_grid = Layer(), Grid(), Grid()
        for node, box in enumerate(self.boxes):
            node_grid.add(node, box.left(), box.top(), box.right(), box.bottom())
        for number, curve in enumerate(self.curves):
            x, y = curve.label
            label_grid.add(
                number, x - LABEL_HALF_WIDTH, y - LABEL_HALF_HEIGHT, x + LABEL_HALF_WIDTH, y + LABEL_HALF_HEIGHT
            )
            if number not in but:
                layer.add(number, curve, self.tip(number))
            if number % 400 == 399:
                yield
        self.layer, self.node_grid, self.label_grid, self.loose = layer, node_grid, label_grid, but


def _shift(curve: Curve, places: tuple[int, int], x: float, y: float) -> None:
    """Move an end of a curve and the control point beside it; the text goes half of the way."""
    for place in places:
        curve.points[place] += x
        curve.points[place + 1] += y
    if len(curve.points) == 8 or places[0] < 0:
        curve.label = (curve.label[0] + x / 2, curve.label[1] + y / 2)
