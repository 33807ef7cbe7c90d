"""The drawn computational graph: nodes with their values, edges with their partials, one step of a sweep lit.

The scene holds two items, one that draws all edges and one that draws all nodes: an item with a Python `paint` for each
node costs three to five times as much, and 10,000 of them can neither be built nor repainted while someone waits. Both
items draw only what lies in the exposed part, found in a grid of tiles, and less of it the farther away it is seen.
A step touches only the nodes and edges that changed. The file is longer than 300 lines because the two items, their
colours and the view that moves over them share one scene.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import atan2, ceil, cos, floor, pi, sin, sqrt
from typing import Any, Literal

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPalette,
    QPen,
    QPolygonF,
    QResizeEvent,
    QShowEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGraphicsItem,
    QGraphicsScene,
    QGraphicsView,
    QStyleOptionGraphicsItem,
    QToolTip,
    QWidget,
)

# Lengths are scene units: pixels at zoom 1.
TILE = 512.0  # side of a tile of the grid: about twenty nodes, so that a pan paints few nodes outside its strip
TEXT_FROM = 0.42  # zoom from which text is drawn: 13 px text is then 5.5 px high, the least that can be guessed at
LABEL_FROM = 0.55  # zoom from which partials are drawn
SHAPE_FROM = 0.22  # below this zoom nodes are plain rectangles and edges thin lines without heads
WHOLE_FROM = 0.62  # a graph that would have to be shown smaller than this opens at its inputs instead of as a whole …
READABLE = 0.7  # … and at this zoom
ZOOM_MOST, ZOOM_LEAST = 5.0, 0.004  # at 0.004 a node is a third of a pixel wide
FIT_MOST = 1.25  # a graph of three nodes is not blown up to fill the window
FIT_MARGIN = 12.0
ROAM = 400.0  # how far beyond the drawing one may pan
ZOOM_PER_DELTA = 1.0015  # per eighth of a degree of wheel: a notch (120) is 20 %
ZOOM_PER_KEY = 1.25
HEAD_LENGTH, HEAD_WIDTH = 10.0, 8.0
PILL_RADIUS = 18.0
REACH = 6.0  # screen pixels within which a click still hits an edge
NODE_PAD = 8.0  # how far a node's pens (border, ring) reach beyond its box
SAMPLES = 12  # points in which a cubic piece is looked at for clicks and for markers of direction
MARKER_EVERY = 100.0  # along an active edge: an edge to the next layer has none, one over three layers four
PLATE_HEIGHT = 17.0
LONG_PIECE = 2 * TILE  # a piece of curve longer than this is kept apart from the tiles
DOT_ABOVE, BARS_ABOVE = "\u0307", ("\u0304", "\u0305")  # combining marks of v̇ and v̄
ELIDE = Qt.TextElideMode.ElideRight
NOT_KNOWN = "—"  # what stands where a value is not computed yet; never a digit

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_NUMBERED = re.compile(r"([^\W\d_]+)_?(\d{1,4})")


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A node: its name ("v1", "x1"), its operation's sign ("ln", "×", "" for inputs), its value if it is known already.

    `detail` is a sentence for the tooltip, such as "v1 = ln x1, line 1". All texts are shown as they are.
    """

    kind: Literal["input", "operation", "output"]
    title: str
    operation: str = ""
    value: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """An edge from an operand to the operation that uses it, with the local partial ∂target/∂source as text."""

    source: int
    target: int
    partial: str = ""


@dataclass(frozen=True, slots=True)
class GraphModel:
    """A graph and its drawing: {"nodes": [[x, y, width, height]…], "edges": [[source, target, [x, y, …], [x, y]]…],
    "width", "height"}, edges in the order of `edges`, curves as control points of cubic pieces."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    drawing: dict[str, Any]


@dataclass(frozen=True, slots=True)
class GraphState:
    """What is known and what happens at one step; the picture depends on this and on nothing before it.

    `primals` and `seconds` have a text for each node, None where it is not computed yet; `seconds` is empty where there
    is nothing second. `second_label` says what it is ("v̇" or "v̄"). `reverse`: the sweep runs from outputs to inputs,
    seconds are adjoints and flow is marked towards the sources. `partials` replaces the edges' texts, None hides one;
    without it a partial appears with its target's value.
    """

    primals: tuple[str | None, ...]
    seconds: tuple[str | None, ...] = ()
    second_label: str = ""
    active_nodes: frozenset[int] = frozenset()
    active_edges: frozenset[int] = frozenset()
    finished: frozenset[int] = frozenset()
    reverse: bool = False
    partials: tuple[str | None, ...] | None = None


def pretty_name(name: str) -> str:
    """A name with its trailing number as a subscript: "v1" is v₁, "x_12" is x₁₂, "rate" is itself."""
    match = _NUMBERED.fullmatch(name)
    return f"{match[1]}{match[2].translate(_SUBSCRIPTS)}" if match else name


# ------------------------------------------------------------------------------------------------------------ geometry


@dataclass(frozen=True, slots=True)
class _Curve:
    """An edge as drawn: flat control points, the bounding box, where its text goes, both ends' directions."""

    source: int
    target: int
    points: tuple[QPointF, ...]
    box: QRectF
    label: QPointF


def _read_drawing(model: GraphModel) -> tuple[list[QRectF], list[_Curve], QRectF]:
    """The boxes and curves of a drawing; ValueError where it is not one of this graph."""
    try:
        boxes = [QRectF(x - w / 2, y - h / 2, w, h) for x, y, w, h in model.drawing["nodes"]]
        curves = []
        for edge, (source, target, flat, (x, y)) in zip(model.edges, model.drawing["edges"], strict=True):
            if (source, target) != (edge.source, edge.target) or len(flat) < 8 or len(flat) % 6 != 2:
                raise ValueError(f"the drawing's edge {source} → {target} is not the graph's")
            xs, ys = flat[::2], flat[1::2]
            left, top = min(xs), min(ys)
            box = QRectF(left, top, max(xs) - left, max(ys) - top)
            points = tuple(map(QPointF, xs, ys))
            curves.append(_Curve(source, target, points, box, QPointF(x, y)))
        if len(boxes) != len(model.nodes) or not all(0 <= c.source < len(boxes) > c.target >= 0 for c in curves):
            raise ValueError("the drawing's nodes are not the graph's")
        return boxes, curves, QRectF(0, 0, model.drawing["width"], model.drawing["height"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a drawing: {error}") from error


def _path(points: Sequence[QPointF]) -> QPainterPath:
    path = QPainterPath(points[0])
    for place in range(1, len(points), 3):
        path.cubicTo(points[place], points[place + 1], points[place + 2])
    return path


def _sampled(points: Sequence[QPointF]) -> Iterator[QPointF]:
    """Points along a curve, SAMPLES to a piece; a level piece has none between its ends."""
    yield points[0]
    for place in range(1, len(points), 3):
        a, b, c, d = points[place - 1 : place + 3]
        if a.y() == b.y() == c.y() == d.y():
            yield d
            continue
        for step in range(1, SAMPLES + 1):
            t = step / SAMPLES
            u = 1 - t
            yield a * (u * u * u) + b * (3 * u * u * t) + c * (3 * u * t * t) + d * (t * t * t)


def _markers(points: Sequence[QPointF]) -> Iterator[tuple[QPointF, float]]:
    """Places along a long curve where its direction (radians) is marked; none where the head alone shows it."""
    steps = [(before, after - before) for before, after in pairwise(_sampled(points))]
    lengths = [sqrt(step.x() * step.x() + step.y() * step.y()) for _, step in steps]
    total = sum(lengths)
    count = round(total / MARKER_EVERY) - 1
    walked, place = 0.0, 1
    for (before, step), length in zip(steps, lengths, strict=True):
        while place <= count and length and walked + length >= (along := place * total / (count + 1)):
            yield before + step * ((along - walked) / length), atan2(step.y(), step.x())
            place += 1
        walked += length


def _head(tip: QPointF, angle: float, size: float = 1.0) -> QPolygonF:
    """An arrow head whose tip points along the angle (radians, y downwards)."""
    back = QPointF(cos(angle), sin(angle)) * (HEAD_LENGTH * size)
    side = QPointF(-sin(angle), cos(angle)) * (HEAD_WIDTH * size / 2)
    return QPolygonF([tip, tip - back + side, tip - back - side])


def _tiles(box: QRectF) -> Iterator[tuple[int, int]]:
    for column in range(floor(box.left() / TILE), floor(box.right() / TILE) + 1):
        for row in range(floor(box.top() / TILE), floor(box.bottom() / TILE) + 1):
            yield column, row


class _Grid:
    """Numbers found by the tiles that their boxes touch."""

    def __init__(self, boxes: Iterable[QRectF]) -> None:
        self.boxes = list(boxes)
        self._tiles: dict[tuple[int, int], list[int]] = {}
        for number, box in enumerate(self.boxes):
            for tile in _tiles(box):
                self._tiles.setdefault(tile, []).append(number)

    def within(self, area: QRectF) -> Iterable[int]:
        """The numbers whose boxes may touch the area, each once."""
        count = ceil(area.width() / TILE + 1) * ceil(area.height() / TILE + 1)
        if count >= len(self._tiles):
            return range(len(self.boxes))
        return dict.fromkeys(number for tile in _tiles(area) for number in self._tiles.get(tile, ()))


# ------------------------------------------------------------------------------------------------------------- colours


@dataclass(frozen=True, slots=True)
class _Colours:
    """The colours of one theme: greys from the widget's palette, meanings from Okabe and Ito's colour-blind safe set,
    darkened on light ground and lightened on dark until text in them has a contrast of 4.5 or more."""

    ground: QColor
    text: QColor
    muted: QColor
    line: QColor
    box: QColor
    finished: QColor
    active: QColor
    active_border: QColor
    on_active: QColor
    tangent: QColor
    adjoint: QColor
    flow: QColor
    ring: QColor


def _mixed(a: QColor, b: QColor, share: float) -> QColor:
    """The colour between a (share 0) and b (share 1)."""
    return QColor(*(round(p + (q - p) * share) for p, q in zip(a.getRgb()[:3], b.getRgb()[:3], strict=True)))


def _colours(palette: QPalette) -> _Colours:
    ground, text = palette.color(QPalette.ColorRole.Base), palette.color(QPalette.ColorRole.Text)
    dark = ground.lightness() < 128
    return _Colours(
        ground=ground,
        text=text,
        muted=_mixed(text, ground, 0.4),
        line=_mixed(text, ground, 0.5),
        box=_mixed(ground, text, 0.05),
        finished=_mixed(ground, QColor("#56B4E9"), 0.22 if dark else 0.25),
        active=QColor("#E69F00"),
        active_border=QColor("#FFE0A0" if dark else "#7A4A00"),
        on_active=QColor("#000000"),
        tangent=QColor("#45D0A5" if dark else "#00694D"),
        adjoint=QColor("#F0A8D0" if dark else "#8A2F68"),
        flow=QColor("#E69F00" if dark else "#B24A00"),
        ring=palette.color(QPalette.ColorRole.Highlight),
    )


# --------------------------------------------------------------------------------------------------------------- items


class _Picture:
    """What both items draw: the graph, its geometry, the state shown, the colours and fonts."""

    def __init__(self, model: GraphModel, font: QFont, palette: QPalette) -> None:
        self.model = model
        self.boxes, self.curves, self.area = _read_drawing(model)
        self.names = [pretty_name(node.title) for node in model.nodes]
        self.state = GraphState(tuple(node.value for node in model.nodes))
        self.selected: int | None = None
        self.colours = _colours(palette)
        self.fonts: dict[str, QFont] = {}
        self.metrics: dict[str, QFontMetricsF] = {}
        for role, pixels, weight in (
            ("operation", 17, QFont.Weight.DemiBold),
            ("name", 12, QFont.Weight.Normal),
            ("value", 13, QFont.Weight.Normal),
            ("active", 13, QFont.Weight.DemiBold),
            ("partial", 11, QFont.Weight.Normal),
            ("flow", 11, QFont.Weight.Bold),
        ):
            face = QFont(font)
            face.setPixelSize(pixels)
            face.setWeight(weight)
            self.fonts[role] = face
            self.metrics[role] = QFontMetricsF(face)

    def known(self, node: int) -> bool:
        return self.state.primals[node] is not None

    def partial(self, edge: int) -> str | None:
        """The text on an edge, None where there is none yet."""
        if self.state.partials is not None:
            return self.state.partials[edge] or None
        return (self.model.edges[edge].partial or None) if self.known(self.curves[edge].target) else None

    def tip(self, edge: int) -> QPointF:
        """Where an edge meets its target's outline: a pill is rounder than the box in which the curve ends."""
        end = self.curves[edge].points[-1]
        box = self.boxes[self.curves[edge].target]
        radius = min(PILL_RADIUS, box.height() / 2, box.width() / 2)
        beyond = abs(end.y() - box.center().y()) - (box.height() / 2 - radius)
        if self.model.nodes[self.curves[edge].target].kind != "operation" or beyond <= 0:
            return end
        return QPointF(end.x() + radius - sqrt(max(0.0, radius * radius - beyond * beyond)), end.y())


class _Edges(QGraphicsItem):
    """All edges: idle ones as a few big paths, active ones and texts one by one."""

    def __init__(self, picture: _Picture) -> None:
        super().__init__()
        self.picture = picture
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)  # paint is told what is exposed
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self._batches = self._batched()
        self._labels = _Grid(QRectF(c.label.x() - 40, c.label.y() - 10, 80, 20) for c in picture.curves)

    def _batched(self) -> list[tuple[QRectF, QPainterPath, QPainterPath]]:
        """(box, lines, arrow heads) for each tile of the drawing, and one more of them for each very long piece."""
        picture = self.picture
        tiles: dict[tuple[int, int], tuple[QRectF, QPainterPath, QPainterPath]] = {}
        batches = []

        def tile_of(at: QPointF) -> tuple[QRectF, QPainterPath, QPainterPath]:
            key = (floor(at.x() / TILE), floor(at.y() / TILE))
            if key not in tiles:
                tiles[key] = (QRectF(), QPainterPath(), QPainterPath())
                tiles[key][2].setFillRule(Qt.FillRule.WindingFill)
            return tiles[key]

        drawn: set[tuple[float, float, float, float]] = set()  # pieces of shared trunks, which are drawn once
        for edge, curve in enumerate(picture.curves):
            points = curve.points
            tip = picture.tip(edge)
            for place in range(1, len(points), 3):
                a, b, c, d = points[place - 1], points[place], points[place + 1], points[place + 2]
                piece = (a.x(), a.y(), d.x(), d.y())
                if piece in drawn and b.y() == a.y() and c.y() == d.y():
                    continue
                drawn.add(piece)
                if d.x() - a.x() > LONG_PIECE or abs(d.y() - a.y()) > LONG_PIECE:
                    box = QRectF(a, d).normalized().adjusted(-1, -1, 1, 1)  # a level piece has no height of its own
                    batches.append((box, _path((a, b, c, d)), QPainterPath()))
                    continue
                box, lines, _ = tile_of(a)
                lines.moveTo(a)
                lines.cubicTo(b, c, d)
                top, bottom = min(p.y() for p in (a, b, c, d)), max(p.y() for p in (a, b, c, d))
                _grow(box, QRectF(a.x(), top, max(1.0, tip.x() - a.x(), d.x() - a.x()), max(1.0, bottom - top)))
            box, lines, heads = tile_of(points[-1])
            if tip.x() > points[-1].x():
                lines.moveTo(points[-1])
                lines.lineTo(tip)
            heads.addPolygon(_head(tip, 0.0))
            heads.closeSubpath()
            _grow(box, QRectF(tip.x() - HEAD_LENGTH, tip.y() - HEAD_WIDTH / 2, HEAD_LENGTH, HEAD_WIDTH))
        return batches + list(tiles.values())

    def boundingRect(self) -> QRectF:
        return self.picture.area.adjusted(-NODE_PAD, -NODE_PAD, NODE_PAD, NODE_PAD)

    def touch(self, edge: int) -> None:
        """Have one edge painted again."""
        curve = self.picture.curves[edge]
        self.update(curve.box.adjusted(-HEAD_LENGTH, -HEAD_LENGTH, HEAD_LENGTH + PILL_RADIUS, HEAD_LENGTH))
        self.touch_label(edge)

    def touch_label(self, edge: int) -> None:
        self.update(self._labels.boxes[edge].adjusted(-20, -2, 20, 2))

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        picture, colours = self.picture, self.picture.colours
        exposed = option.exposedRect.adjusted(-2, -2, 2, 2)
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        near = zoom >= SHAPE_FROM
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, near)
        pen = _flat_pen(colours.line, 1.3 if near else 0.0)
        for box, lines, heads in self._batches:
            if box.intersects(exposed):
                painter.strokePath(lines, pen)
                if near:
                    painter.fillPath(heads, colours.line)
        for edge in sorted(picture.state.active_edges):
            if picture.curves[edge].box.adjusted(-12, -12, 12, 12).intersects(exposed):
                self._paint_active(painter, edge, zoom)
        if zoom >= LABEL_FROM:
            for edge in self._labels.within(exposed):
                if edge not in picture.state.active_edges:
                    self._paint_label(painter, edge, active=False)
            for edge in sorted(picture.state.active_edges):
                self._paint_label(painter, edge, active=True)

    def _paint_active(self, painter: QPainter, edge: int, zoom: float) -> None:
        """An edge along which the step flows: thick, with heads in the direction of the flow."""
        picture = self.picture
        points, tip, colour = picture.curves[edge].points, picture.tip(edge), picture.colours.flow
        width = max(3.0, 1.5 / zoom)
        path = _path(points)
        if picture.state.reverse:
            path.lineTo(tip)
        painter.strokePath(path, _flat_pen(colour, width))
        heads = QPainterPath()
        heads.setFillRule(Qt.FillRule.WindingFill)
        turn = pi if picture.state.reverse else 0.0
        heads.addPolygon(_head(points[0], turn, 1.5) if picture.state.reverse else _head(tip, turn, 1.5))
        for at, direction in _markers(points):
            angle = direction + turn
            heads.addPolygon(_head(at + QPointF(cos(angle), sin(angle)) * (HEAD_LENGTH / 2), angle, 1.2))
        painter.fillPath(heads, colour)

    def _paint_label(self, painter: QPainter, edge: int, active: bool) -> None:
        """The local partial on a plate in the ground's colour."""
        picture, colours = self.picture, self.picture.colours
        text = picture.partial(edge)
        if text is None:
            return
        role = "flow" if active else "partial"
        metrics = picture.metrics[role]
        text = metrics.elidedText(text, ELIDE, 88)
        width = metrics.horizontalAdvance(text)
        at = picture.curves[edge].label
        plate = QRectF(at.x() - width / 2 - 4, at.y() - PLATE_HEIGHT / 2, width + 8, PLATE_HEIGHT)
        painter.setPen(QPen(colours.flow, 1.5) if active else Qt.PenStyle.NoPen)
        painter.setBrush(colours.ground)
        painter.drawRoundedRect(plate, 4, 4)
        painter.setPen(colours.flow if active else colours.muted)
        painter.setFont(picture.fonts[role])
        painter.drawText(QPointF(at.x() - width / 2, at.y() + (metrics.ascent() - metrics.descent()) / 2), text)


def _flat_pen(colour: QColor, width: float) -> QPen:
    """A pen that does not reach beyond the ends of a line, where arrow heads and nodes begin."""
    return QPen(QBrush(colour), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.RoundJoin)


def _grow(box: QRectF, by: QRectF) -> None:
    united = box.united(by)
    box.setRect(united.x(), united.y(), united.width(), united.height())


class _Nodes(QGraphicsItem):
    """All nodes; far away they are drawn as rectangles, one call for all that look the same."""

    def __init__(self, picture: _Picture) -> None:
        super().__init__()
        self.picture = picture
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.grid = _Grid(picture.boxes)

    def boundingRect(self) -> QRectF:
        return self.picture.area.adjusted(-NODE_PAD, -NODE_PAD, NODE_PAD, NODE_PAD)

    def touch(self, node: int) -> None:
        """Have one node painted again."""
        self.update(self.picture.boxes[node].adjusted(-NODE_PAD, -NODE_PAD, NODE_PAD, NODE_PAD))

    def look(self, node: int) -> str:
        """How a node is shown, strongest first: active, finished, known or unknown."""
        state = self.picture.state
        if node in state.active_nodes:
            return "active"
        if state.primals[node] is None:
            return "unknown"
        return "finished" if node in state.finished else "known"

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        picture = self.picture
        exposed = option.exposedRect.adjusted(-NODE_PAD, -NODE_PAD, NODE_PAD, NODE_PAD)
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        near = zoom >= SHAPE_FROM
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, near)
        alike: dict[str, list[int]] = {"unknown": [], "known": [], "finished": [], "active": []}
        boxes = picture.boxes
        for node in self.grid.within(exposed):
            if boxes[node].intersects(exposed):
                alike[self.look(node)].append(node)
        for look, nodes in alike.items():
            if nodes:
                pen, brush = self._style(look, zoom)
                painter.setPen(pen)
                painter.setBrush(brush)
                if near:
                    for node in nodes:
                        self._paint_shape(painter, node)
                else:
                    painter.drawRects([boxes[node] for node in nodes])
        if zoom >= TEXT_FROM:
            for look, nodes in alike.items():
                for node in nodes:
                    self._paint_text(painter, node, look)
        if picture.selected is not None:
            painter.setPen(QPen(picture.colours.ring, max(2.5, 2 / zoom)))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(boxes[picture.selected].adjusted(-5, -5, 5, 5), 8, 8)

    def _style(self, look: str, zoom: float) -> tuple[QPen, QBrush]:
        colours = self.picture.colours
        if zoom < SHAPE_FROM:  # no outline at all: a cosmetic pen would be wider than the box
            fill = {"unknown": colours.box, "known": colours.line, "finished": colours.tangent, "active": colours.flow}
            edge = QPen(colours.line, 0) if look == "unknown" else QPen(Qt.PenStyle.NoPen)
            return (QPen(colours.active_border, 3 / zoom) if look == "active" else edge), QBrush(fill[look])
        if look == "active":
            return QPen(colours.active_border, 3.0), QBrush(colours.active)
        if look == "unknown":
            return QPen(colours.muted, 1.3, Qt.PenStyle.DashLine), QBrush(colours.ground)
        return QPen(colours.text, 1.4), QBrush(colours.finished if look == "finished" else colours.box)

    def _paint_shape(self, painter: QPainter, node: int) -> None:
        """A square-cornered box for an input or output (an output's is doubled), a pill for an operation."""
        box, kind = self.picture.boxes[node], self.picture.model.nodes[node].kind
        if kind == "operation":
            radius = min(PILL_RADIUS, box.height() / 2, box.width() / 2)
            painter.drawRoundedRect(box, radius, radius)
            return
        painter.drawRect(box)
        if kind == "output":
            painter.drawRect(box.adjusted(3.5, 3.5, -3.5, -3.5))

    def _paint_text(self, painter: QPainter, node: int, look: str) -> None:
        """Name and operation, the value below, and the tangent or adjoint in a line of its own where there is one."""
        picture, colours, state = self.picture, self.picture.colours, self.picture.state
        box = picture.boxes[node]
        active = look == "active"
        strong = colours.on_active if active else colours.text if look != "unknown" else colours.muted
        quiet = colours.on_active if active else colours.muted
        second = bool(state.second_label) and bool(state.seconds)
        rows = 3 if second else 2
        middle, height = box.center().x(), (box.height() - 8) / rows
        self._paint_heading(painter, node, QPointF(middle, box.top() + 4 + height / 2), strong, quiet)
        role = "active" if active else "value"
        primal = state.primals[node]
        self._paint_line(
            painter, primal or NOT_KNOWN, role, strong if primal else quiet, box, box.top() + 4 + height * 1.5
        )
        if second:
            text = state.seconds[node]
            colour = quiet if text is None else colours.adjoint if state.reverse else colours.tangent
            line = f"{state.second_label} = {text or NOT_KNOWN}"
            self._paint_line(
                painter, line, role, colours.on_active if active else colour, box, box.top() + 4 + height * 2.5
            )

    def _paint_heading(self, painter: QPainter, node: int, at: QPointF, strong: QColor, quiet: QColor) -> None:
        """The operation's sign with the node's name small before it, or the name alone, large."""
        picture = self.picture
        name, operation = picture.names[node], picture.model.nodes[node].operation
        room = picture.boxes[node].width() - 14
        if not operation:
            name, operation = "", name
        small, large = picture.metrics["name"], picture.metrics["operation"]
        operation = large.elidedText(operation, ELIDE, room)
        large_width = large.horizontalAdvance(operation)
        name = small.elidedText(name, ELIDE, max(0.0, room - large_width - 7)) if name else ""
        small_width = small.horizontalAdvance(name) + 7 if name else 0.0
        left = at.x() - (small_width + large_width) / 2
        baseline = at.y() + (large.ascent() - large.descent()) / 2
        if name:
            painter.setFont(picture.fonts["name"])
            painter.setPen(quiet)
            painter.drawText(QPointF(left, baseline), name)
        painter.setFont(picture.fonts["operation"])
        painter.setPen(strong)
        painter.drawText(QPointF(left + small_width, baseline), operation)

    def _paint_line(self, painter: QPainter, text: str, role: str, colour: QColor, box: QRectF, middle: float) -> None:
        """A line of text in the middle of the box; a dot or bar over its first letter is drawn by hand.

        Combining accents land beside their letter, or get lost in a picture, with many fonts.
        """
        metrics = self.picture.metrics[role]
        accent = text[1:2] if text[1:2] in (DOT_ABOVE, *BARS_ABOVE) else ""
        text = metrics.elidedText(text.replace(accent, "", 1) if accent else text, ELIDE, box.width() - 6)
        painter.setFont(self.picture.fonts[role])
        painter.setPen(colour)
        left = box.center().x() - metrics.horizontalAdvance(text) / 2
        baseline = middle + (metrics.ascent() - metrics.descent()) / 2
        painter.drawText(QPointF(left, baseline), text)
        if accent:
            width, over = metrics.horizontalAdvance(text[0]), baseline - metrics.xHeight() - 2.6
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            if accent == DOT_ABOVE:
                painter.drawEllipse(QPointF(left + width / 2, over), 1.2, 1.2)
            else:
                painter.drawRect(QRectF(left + 1, over - 0.6, width - 2, 1.2))


# ---------------------------------------------------------------------------------------------------------------- view


class GraphView(QGraphicsView):
    """The view of one graph: zoom with the wheel, pan by dragging, walk along the edges with the arrow keys."""

    node_clicked = Signal(int)  # also when the keyboard walks to a node
    edge_clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setScene(QGraphicsScene(self))
        self.setAccessibleName("Computational graph")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.setDragMode(QGraphicsView.DragMode.ScrollHandDrag)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._picture: _Picture | None = None
        self._edges: _Edges | None = None
        self._nodes: _Nodes | None = None
        self._incoming: list[list[int]] = []  # edges by target
        self._outgoing: list[list[int]] = []  # edges by source
        self._framing: Literal["opening", "whole", "free"] = "opening"  # free once someone has zoomed or panned
        self._pressed: QPoint | None = None
        self._dimmed = False
        self.touched: tuple[frozenset[int], frozenset[int]] = (frozenset(), frozenset())
        self._theme()
        self._describe()

    # ------------------------------------------------------------------ what is shown

    def show_graph(self, graph: GraphModel) -> None:
        """Show another graph, from its inputs on; where the drawing is the same, the view stays where it is.

        ValueError where the drawing is not one of this graph; the old graph then stays.
        """
        picture = _Picture(graph, self.font(), self.palette())
        old = self._picture
        same = old is not None and old.model.drawing == graph.drawing
        if old is not None and same:
            picture.selected = old.selected
        self._edges = self._nodes = None  # before their items die
        self.scene().clear()
        self._picture = picture
        self._edges, self._nodes = _Edges(picture), _Nodes(picture)
        self.scene().addItem(self._edges)
        self.scene().addItem(self._nodes)
        self.scene().setSceneRect(picture.area.adjusted(-ROAM, -ROAM, ROAM, ROAM))
        self._incoming = [[] for _ in graph.nodes]
        self._outgoing = [[] for _ in graph.nodes]
        for edge, curve in enumerate(picture.curves):
            self._incoming[curve.target].append(edge)
            self._outgoing[curve.source].append(edge)
        self.touched = (frozenset(range(len(graph.nodes))), frozenset(range(len(graph.edges))))
        self.set_dimmed(self._dimmed)
        if not same:
            self._open()
        self._describe()

    def show_state(self, state: GraphState) -> None:
        """Show a step; only nodes and edges that look different are painted again. ValueError where sizes differ."""
        picture, edges, nodes = self._picture, self._edges, self._nodes
        if picture is None or edges is None or nodes is None:
            return
        count = len(picture.model.nodes)
        if len(state.primals) != count or len(state.seconds) not in (0, count):
            raise ValueError(f"a state of {len(state.primals)} nodes for a graph of {count}")
        if state.partials is not None and len(state.partials) != len(picture.curves):
            raise ValueError(f"{len(state.partials)} partials for {len(picture.curves)} edges")
        old, picture.state = picture.state, state
        changed = set(old.active_nodes ^ state.active_nodes) | (old.finished ^ state.finished)
        appeared = _different(old.primals, state.primals)
        changed |= appeared
        second = (old.second_label, old.reverse, bool(old.seconds)) != (
            state.second_label,
            state.reverse,
            bool(state.seconds),
        )
        changed |= set(range(count)) if second else _different(old.seconds, state.seconds)
        lit = set(old.active_edges ^ state.active_edges)
        if old.reverse != state.reverse:
            lit |= state.active_edges
        if old.partials is None and state.partials is None:
            labels = {edge for node in appeared for edge in self._incoming[node]}
        elif old.partials is None or state.partials is None:
            labels = set(range(len(picture.curves)))
        else:
            labels = _different(old.partials, state.partials)
        for node in changed:
            nodes.touch(node)
        for edge in lit:
            edges.touch(edge)
        for edge in labels - lit:
            edges.touch_label(edge)
        self.touched = (frozenset(changed), frozenset(lit | labels))
        self._follow(state.active_nodes - old.active_nodes)
        self._describe()

    def set_dimmed(self, dimmed: bool) -> None:
        """Show that this is the last answer while a newer question is being worked on."""
        self._dimmed = dimmed
        for item in (self._edges, self._nodes):
            if item is not None:
                item.setOpacity(0.4 if dimmed else 1.0)

    def select(self, node: int | None) -> None:
        """Ring a node, or none; no signal."""
        picture, nodes = self._picture, self._nodes
        if picture is None or nodes is None or picture.selected == node:
            return
        if node is not None and not 0 <= node < len(picture.boxes):
            raise ValueError(f"no node {node}")
        old, picture.selected = picture.selected, node
        for touched in (old, node):
            if touched is not None:
                nodes.touch(touched)
        if node is not None:
            self._follow({node})
        self._describe()

    @property
    def selected(self) -> int | None:
        """The ringed node."""
        return self._picture.selected if self._picture is not None else None

    # ------------------------------------------------------------------ zoom and pan

    def zoom(self) -> float:
        """Screen pixels for each unit of the drawing."""
        return self.transform().m11()

    def fit(self) -> None:
        """Show the whole graph, and go on doing so when the view is resized."""
        if self._picture is None:
            return
        area = self._picture.area
        room = self.viewport().rect().adjusted(0, 0, -round(2 * FIT_MARGIN), -round(2 * FIT_MARGIN))
        zoom = min(FIT_MOST, room.width() / max(area.width(), 1), room.height() / max(area.height(), 1))
        self._zoom_to(max(ZOOM_LEAST, zoom))
        self.centerOn(area.center())
        self._framing = "whole"

    def _open(self) -> None:
        """Fit a graph that is readable as a whole; show the start of a longer one."""
        self.fit()
        self._framing = "opening"
        if self._picture is not None and self.zoom() < WHOLE_FROM:
            self._zoom_to(READABLE)
            area = self._picture.area
            first = next((box for box in self._picture.boxes), area)
            half_width = self.viewport().width() / READABLE / 2
            half_height = self.viewport().height() / READABLE / 2
            x = area.center().x() if area.width() < 2 * half_width else area.left() + half_width
            self.centerOn(x, area.center().y() if area.height() < 2 * half_height else first.center().y())
            if self.isVisible():
                self._framing = "free"  # once seen, a resize no longer takes the reader back to the start

    def _zoom_to(self, zoom: float) -> None:
        self.setTransform(QTransform.fromScale(zoom, zoom))

    def _zoom_by(self, factor: float, fixed: QPoint | None = None) -> None:
        """Zoom with this place of the viewport fixed (the middle if None).

        By hand, since Qt's anchor under the mouse asks where the mouse is now, not where it was in the event.
        """
        fixed = self.viewport().rect().center() if fixed is None else fixed
        under = self.mapToScene(fixed)
        self._zoom_to(min(ZOOM_MOST, max(ZOOM_LEAST, self.zoom() * factor)))
        moved = self.mapFromScene(under) - fixed
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() + moved.x())
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + moved.y())
        self._framing = "free"

    def _follow(self, appeared: Iterable[int]) -> None:
        """Bring the first of these nodes into view if none of them is; never while someone drags."""
        if self._picture is None or self._pressed is not None or not self.isVisible():
            return
        boxes = [self._picture.boxes[node] for node in sorted(appeared)]
        seen = self.mapToScene(self.viewport().rect()).boundingRect()
        if boxes and not any(seen.contains(box) for box in boxes):
            margin = round(min(120.0, 0.2 * min(self.viewport().width(), self.viewport().height())))
            self.ensureVisible(boxes[0], margin, margin)

    # ------------------------------------------------------------------ what is where

    def node_at(self, at: QPointF) -> int | None:
        """The node at a place of the drawing."""
        if self._nodes is None or self._picture is None:
            return None
        for node in self._nodes.grid.within(QRectF(at, at)):
            if self._picture.boxes[node].contains(at):
                return node
        return None

    def edge_at(self, at: QPointF) -> int | None:
        """The nearest edge within reach of a place of the drawing, or the one whose text is there."""
        if self._picture is None:
            return None
        reach = REACH / self.zoom()
        nearest, least = None, reach * reach
        for edge, curve in enumerate(self._picture.curves):
            away = curve.label - at
            if abs(away.x()) < 30 and abs(away.y()) < PLATE_HEIGHT / 2 and self._picture.partial(edge):
                return edge
            if curve.box.adjusted(-reach, -reach, reach, reach).contains(at):
                samples = list(_sampled(curve.points))
                for a, b in pairwise(samples):
                    distance = _squared_distance(at, a, b)
                    if distance < least:
                        nearest, least = edge, distance
        return nearest

    def describe_node(self, node: int) -> str:
        """What is known about a node, in words, for the tooltip and for screen readers."""
        if self._picture is None:
            return ""
        drawn, state = self._picture.model.nodes[node], self._picture.state
        lines = [drawn.detail or f"{self._picture.names[node]}: {drawn.operation or drawn.kind}"]
        primal = state.primals[node]
        lines.append(f"value {primal}" if primal is not None else "value not computed yet")
        if state.second_label and state.seconds:
            second = state.seconds[node]
            name = "adjoint" if state.reverse else "tangent"
            lines.append(f"{name} {second}" if second is not None else f"{name} not computed yet")
        return "\n".join(lines)

    def _describe(self) -> None:
        """Tell screen readers in a line what is shown; a selected node comes first."""
        if self._picture is None:
            self.setAccessibleDescription("No graph")
            return
        model, state = self._picture.model, self._picture.state
        known = len(state.primals) - state.primals.count(None)
        parts = [f"{len(model.nodes)} nodes, {len(model.edges)} edges, {known} values known"]
        if state.active_nodes:
            few = sorted(state.active_nodes)[:3]
            parts.insert(0, "active: " + ", ".join(self.describe_node(node).replace("\n", ", ") for node in few))
        if self._picture.selected is not None:
            parts.insert(0, "selected: " + self.describe_node(self._picture.selected).replace("\n", ", "))
        self.setAccessibleDescription(". ".join(parts))

    def _announce(self) -> None:
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))

    # ------------------------------------------------------------------ events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows walk, + and − zoom, Ctrl+0 fits; all other keys belong to the window."""
        key, control = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        steps = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        if key in steps and not control:
            self._walk(*steps[Qt.Key(key)])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self._zoom_by(1 / ZOOM_PER_KEY if key == Qt.Key.Key_Minus else ZOOM_PER_KEY)
        elif key == Qt.Key.Key_0 and control:
            self.fit()
        else:
            event.ignore()
            return
        event.accept()

    def _walk(self, along: int, down: int) -> None:
        """Go to the operand or the user that lies most nearly level, or to the next node in the same column."""
        picture = self._picture
        if picture is None or not picture.boxes:
            return
        here = picture.selected
        if here is None:
            there: int | None = min(picture.state.active_nodes, default=0)
        elif along:
            edges = self._outgoing[here] if along > 0 else self._incoming[here]
            ends = {picture.curves[edge].target if along > 0 else picture.curves[edge].source for edge in edges}
            level = picture.boxes[here].center().y()
            there = min(ends, key=lambda node: (abs(picture.boxes[node].center().y() - level), node), default=None)
        else:
            x, y = picture.boxes[here].center().x(), picture.boxes[here].center().y()
            column = [
                (abs(box.center().y() - y), node)
                for node, box in enumerate(picture.boxes)
                if box.left() < x < box.right() and (box.center().y() - y) * down > 0
            ]
            there = min(column)[1] if column else None
        if there is not None:
            self.select(there)
            self._announce()
            self.node_clicked.emit(there)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom, with what is under the cursor staying there."""
        self._zoom_by(ZOOM_PER_DELTA ** event.angleDelta().y(), event.position().toPoint())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position().toPoint()
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        event.accept()
        pressed, self._pressed = self._pressed, None
        if pressed is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if (event.position().toPoint() - pressed).manhattanLength() >= QApplication.startDragDistance():
            self._framing = "free"
            return
        at = self.mapToScene(pressed)
        node = self.node_at(at)
        self.select(node)
        if node is not None:
            self.node_clicked.emit(node)
            return
        edge = self.edge_at(at)
        if edge is not None:
            self.edge_clicked.emit(edge)

    def viewportEvent(self, event: QEvent) -> bool:
        """Tooltips, always escaped: a name such as <b> is shown as it is."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text = self.tip_at(self.mapToScene(event.pos()))
            if text:
                QToolTip.showText(event.globalPos(), f"<qt>{html.escape(text)}</qt>".replace("\n", "<br>"), self)
            else:
                QToolTip.hideText()
            return True
        return super().viewportEvent(event)

    def tip_at(self, at: QPointF) -> str:
        """The plain text of the tooltip at a place of the drawing."""
        node = self.node_at(at)
        if node is not None:
            return self.describe_node(node)
        edge = self.edge_at(at)
        if edge is None or self._picture is None:
            return ""
        curve, names = self._picture.curves[edge], self._picture.names
        partial = self._picture.partial(edge)
        return f"∂{names[curve.target]}/∂{names[curve.source]} = {partial or 'not computed yet'}"

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._framing != "free":
            (self.fit if self._framing == "whole" else self._open)()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._framing == "opening":
            self._open()

    def changeEvent(self, event: QEvent) -> None:
        """Take over the colours of another theme, and another font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._theme()

    def _theme(self) -> None:
        self.setBackgroundBrush(self.palette().color(QPalette.ColorRole.Base))
        picture = getattr(self, "_picture", None)  # Qt changes the palette while the base class is being made
        if picture is not None:
            fresh = _Picture(picture.model, self.font(), self.palette())
            picture.colours, picture.fonts, picture.metrics = fresh.colours, fresh.fonts, fresh.metrics
            self.viewport().update()


def _different(old: Sequence[object], new: Sequence[object]) -> set[int]:
    """The places where two tuples of texts differ; all where one is empty."""
    if old is new:
        return set()
    if len(old) != len(new):
        return set(range(max(len(old), len(new))))
    return {place for place, (a, b) in enumerate(zip(old, new, strict=True)) if a != b}


def _squared_distance(at: QPointF, a: QPointF, b: QPointF) -> float:
    """Of a point from a line segment."""
    line, to = b - a, at - a
    length = line.x() * line.x() + line.y() * line.y()
    share = max(0.0, min(1.0, (to.x() * line.x() + to.y() * line.y()) / length)) if length else 0.0
    away = to - line * share
    return away.x() * away.x() + away.y() * away.y()
