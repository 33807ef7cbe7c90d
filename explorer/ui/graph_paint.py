"""How a graph is painted: colours and fonts, one item for all edges and one for all nodes.

An item with a Python `paint` for each node costs three to five times as much, and 10,000 of them can neither be built
nor repainted while someone waits. Both items draw only what lies in the exposed part, found by tiles, and less of it
the farther away it is seen. Longer than 300 lines: what the two items draw in which colour is one matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, sin
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from explorer.ui.graph_picture import HEAD_LENGTH, HEAD_WIDTH, PILL_RADIUS, Picture

TEXT_FROM = 0.42  # zoom from which text is drawn: 13 px text is then 5.5 px high, the least that can be guessed at
LABEL_FROM = 0.43  # zoom from which partials are drawn
LARGER_BELOW, LARGER = 0.75, 1.2  # below this zoom texts are this much larger in the drawing, where they have room
SHAPE_FROM = 0.22  # below this zoom nodes are plain rectangles and edges thin lines without heads
NODE_PAD = 9.0  # how far a node's pens (border, ring, the sheets behind a group) reach beyond its box
PLATE_HEIGHT = 17.0
LARGE_LABEL = 52.0  # what a partial in larger letters may be wide: the gap between two layers less an arrow head
BAR_ABOVE, DOT_ABOVE = "\u0304", "\u0307"  # combining marks of v̄ and v̇
SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉₋"
ELIDE = Qt.TextElideMode.ElideRight
NOT_KNOWN = "—"  # what stands where a value is not computed yet; never a digit

Look = Literal["unknown", "known", "finished", "active"]


# ------------------------------------------------------------------------------------------------- colours and fonts


@dataclass(frozen=True, slots=True)
class Colours:
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
    path: QColor
    ring: QColor
    dark: bool


def mixed(a: QColor, b: QColor, share: float) -> QColor:
    """The colour between a (share 0) and b (share 1)."""
    return QColor(*(round(p + (q - p) * share) for p, q in zip(a.getRgb()[:3], b.getRgb()[:3], strict=True)))


def ink_on(ground: QColor) -> QColor:
    """Black or white, whichever has more contrast with a colour (WCAG 2.1: at a luminance of 0.179 both have 4.58)."""
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in ground.getRgbF()[:3])
    return QColor("#000000" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 else "#FFFFFF")


def colours_of(palette: QPalette) -> Colours:
    """The colours that go with a palette."""
    ground, text = palette.color(QPalette.ColorRole.Base), palette.color(QPalette.ColorRole.Text)
    dark = ground.lightness() < 128
    return Colours(
        ground=ground,
        text=text,
        muted=mixed(text, ground, 0.3),  # names in finished nodes too
        line=mixed(text, ground, 0.5),
        box=mixed(ground, text, 0.05),
        finished=mixed(ground, QColor("#56B4E9"), 0.22 if dark else 0.25),
        active=QColor("#E69F00"),
        active_border=QColor("#FFE0A0" if dark else "#7A4A00"),
        on_active=QColor("#000000"),
        tangent=QColor("#45D0A5" if dark else "#00694D"),
        adjoint=QColor("#F0A8D0" if dark else "#8A2F68"),
        flow=QColor("#E69F00" if dark else "#B24A00"),
        path=QColor("#56B4E9" if dark else "#0072B2"),
        ring=palette.color(QPalette.ColorRole.Highlight),
        dark=dark,
    )


class Style:
    """Colours and fonts of a theme. `outlines`: texts are drawn as shapes, for files that others open without them."""

    def __init__(self, font: QFont, palette: QPalette, *, outlines: bool = False) -> None:
        self.colours = colours_of(palette)
        self.outlines = outlines
        self.fonts: dict[str, QFont] = {}
        self.metrics: dict[str, QFontMetricsF] = {}
        self._fitted: dict[tuple[str, str, float], tuple[str, float]] = {}
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
            larger = QFont(face)
            larger.setPixelSize(round(pixels * (LARGER if pixels < 15 else 1.06)))  # a sign is large already
            self.fonts[role + "+"] = larger
            self.metrics[role + "+"] = QFontMetricsF(larger)

    def fitted(self, text: str, role: str, room: float) -> tuple[str, float]:
        """The text, shortened where it is wider than the room, and its width; remembered, for shaping is dear."""
        key = (text, role, room)
        found = self._fitted.get(key)
        if found is None:
            metrics = self.metrics[role]
            width = metrics.horizontalAdvance(text)
            if width > room:
                text = metrics.elidedText(text, ELIDE, room)
                width = metrics.horizontalAdvance(text)
            if len(self._fitted) > 20_000:
                self._fitted.clear()
            found = self._fitted[key] = (text, width)
        return found

    def role(self, text: str, role: str, room: float, zoom: float) -> str:
        """The role in larger letters where the drawing is seen small and they have room."""
        larger = role + "+"
        return larger if zoom < LARGER_BELOW and self.fitted(text, larger, room)[0] == text else role

    def named(self, name: str, number: str, role: str, room: float) -> tuple[str, str]:
        """The letters that bear the dot or bar, and "name = number": what has no room gives way in the name, which
        stands above in full; beside a number that needs all the room there is none."""
        stem = name.rstrip(SUBSCRIPTS) or name
        for short in (name, stem):
            label = f"{short} = {number}"
            if self.fitted(label, role, room)[0] == label:
                return stem, label
        left = room - self.fitted(f" = {number}", role, 10 * room)[1]
        stem = self.fitted(stem, role, left)[0] if left > 0 else ""
        label = f"{stem} = {number}"
        return (stem, label) if stem.strip("…") and self.fitted(label, role, room)[0] == label else ("", number)

    def baseline(self, role: str) -> float:
        """How far below the middle of a line its baseline is."""
        metrics = self.metrics[role]
        return (metrics.ascent() - metrics.descent()) / 2

    def write(self, painter: QPainter, x: float, y: float, text: str, role: str, colour: QColor) -> None:
        """Draw a text from x on its baseline y."""
        if self.outlines:
            path = QPainterPath()
            path.addText(QPointF(x, y), self.fonts[role], text)
            painter.fillPath(path, colour)
            return
        painter.setFont(self.fonts[role])
        painter.setPen(colour)
        painter.drawText(QPointF(x, y), text)


def _flat_pen(colour: QColor, width: float) -> QPen:
    """A pen that does not reach beyond the ends of a line, where arrow heads and nodes begin."""
    return QPen(QBrush(colour), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.RoundJoin)


def _head(x: float, y: float, angle: float, size: float) -> QPolygonF:
    """An arrow head whose tip points along the angle (radians, y downwards)."""
    tip = QPointF(x, y)
    back = QPointF(cos(angle), sin(angle)) * (HEAD_LENGTH * size)
    side = QPointF(-sin(angle), cos(angle)) * (HEAD_WIDTH * size / 2)
    return QPolygonF([tip, tip - back + side, tip - back - side])


# --------------------------------------------------------------------------------------------------------------- items


class _Item(QGraphicsItem):
    """An item as large as the drawing that knows the picture and its style."""

    def __init__(self, picture: Picture, style: Style) -> None:
        super().__init__()
        self.picture = picture
        self.style = style
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)  # paint is told what is exposed
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def boundingRect(self) -> QRectF:
        return self.picture.area.adjusted(-NODE_PAD, -NODE_PAD, NODE_PAD, NODE_PAD)


class Edges(_Item):
    """All edges: idle ones as a few big paths, active ones and texts one by one."""

    def touch(self, edge: int) -> None:
        """Have one edge painted again."""
        box = self.picture.curves[edge].box
        self.update(box.adjusted(-HEAD_LENGTH, -HEAD_LENGTH, HEAD_LENGTH + PILL_RADIUS, HEAD_LENGTH))
        self.touch_label(edge)

    def touch_label(self, edge: int) -> None:
        """Have the text of an edge painted again."""
        x, y = self.picture.curves[edge].label
        self.update(QRectF(x - 60, y - 12, 120, 24))

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        exposed = option.exposedRect.adjusted(-2, -2, 2, 2)
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        self.draw(painter, exposed, zoom)

    def draw(self, painter: QPainter, exposed: QRectF, zoom: float) -> None:
        """Draw the part of all edges that lies in the exposed area."""
        picture, colours = self.picture, self.style.colours
        near = zoom >= SHAPE_FROM
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, near)
        pen = _flat_pen(colours.line, 1.3 if near else 0.0)
        left, top, right, bottom = exposed.left(), exposed.top(), exposed.right(), exposed.bottom()
        for tile in picture.layer:
            if tile.left < right and tile.right > left and tile.top < bottom and tile.bottom > top:
                painter.strokePath(tile.lines if near else tile.far, pen)
                if near:
                    painter.fillPath(tile.heads, colours.line)
        for edge in picture.loose:
            painter.strokePath(picture.curves[edge].path(), pen)
        state = picture.state
        for edge in sorted(state.lit_edges):
            if picture.curves[edge].box.adjusted(-6, -6, 6, 6).intersects(exposed):
                painter.strokePath(picture.curves[edge].path(), _flat_pen(colours.path, max(2.4, 1.5 / zoom)))
        for edge in sorted(state.active_edges):
            if picture.curves[edge].box.adjusted(-12, -12, 12, 12).intersects(exposed):
                self._draw_active(painter, edge, zoom)
        if zoom >= LABEL_FROM:
            for edge in picture.label_grid.within(exposed):
                if edge not in state.active_edges:
                    self._draw_label(painter, edge, zoom, active=False)
            for edge in sorted(state.active_edges):
                self._draw_label(painter, edge, zoom, active=True)

    def _draw_active(self, painter: QPainter, edge: int, zoom: float) -> None:
        """An edge along which the step flows: thick, with heads in the direction of the flow."""
        picture, colour = self.picture, self.style.colours.flow
        curve, tip, reverse = picture.curves[edge], picture.tip(edge), picture.state.reverse
        path = curve.path()
        end = curve.points[-1]
        if reverse:
            path.lineTo(tip, end)
        painter.strokePath(path, _flat_pen(colour, max(3.0, 1.5 / zoom)))
        heads = QPainterPath()
        heads.setFillRule(Qt.FillRule.WindingFill)
        turn = pi if reverse else 0.0
        heads.addPolygon(_head(*curve.points[:2], turn, 1.5) if reverse else _head(tip, end, turn, 1.5))
        for x, y, direction in curve.markers():
            angle = direction + turn
            ahead = HEAD_LENGTH / 2
            heads.addPolygon(_head(x + cos(angle) * ahead, y + sin(angle) * ahead, angle, 1.2))
        painter.fillPath(heads, colour)

    def _draw_label(self, painter: QPainter, edge: int, zoom: float, active: bool) -> None:
        """The local partial on a plate in the ground's colour."""
        style, colours = self.style, self.style.colours
        text = self.picture.partial(edge)
        if text is None:
            return
        role = style.role(text, "flow" if active else "partial", LARGE_LABEL, zoom)
        text, width = style.fitted(text, role, 88)
        x, y = self.picture.curves[edge].label
        plate = QRectF(x - width / 2 - 4, y - PLATE_HEIGHT / 2, width + 8, PLATE_HEIGHT)
        painter.setPen(QPen(colours.flow, 1.5) if active else Qt.PenStyle.NoPen)
        painter.setBrush(colours.ground)
        painter.drawRoundedRect(plate, 4, 4)
        colour = colours.flow if active else colours.muted
        style.write(painter, x - width / 2, y + style.baseline(role), text, role, colour)


class Nodes(_Item):
    """All nodes; far away they are drawn as rectangles, one call for all that look the same."""

    def touch(self, node: int) -> None:
        """Have one node painted again."""
        self.update(self.picture.boxes[node].adjusted(-NODE_PAD, -NODE_PAD, NODE_PAD, NODE_PAD))

    def look(self, node: int) -> Look:
        """How a node is shown, strongest first: active, finished, known or unknown."""
        state = self.picture.state
        if node in state.active_nodes:
            return "active"
        if not self.picture.known(node):
            return "unknown"
        return "finished" if node in state.finished else "known"

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        exposed = option.exposedRect.adjusted(-NODE_PAD, -NODE_PAD, NODE_PAD, NODE_PAD)
        self.draw(painter, exposed, option.levelOfDetailFromTransform(painter.worldTransform()))

    def draw(self, painter: QPainter, exposed: QRectF, zoom: float) -> None:
        """Draw all nodes that touch the exposed area."""
        picture = self.picture
        near = zoom >= SHAPE_FROM
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, near)
        alike: dict[Look, list[int]] = {"unknown": [], "known": [], "finished": [], "active": []}
        boxes = picture.boxes
        everything = exposed.contains(picture.area)
        for node in picture.node_grid.within(exposed):
            if everything or boxes[node].intersects(exposed):
                alike[self.look(node)].append(node)
        heat = picture.state.heat
        for look, nodes in alike.items():
            if not nodes:
                continue
            pen, brush = self._style(look, zoom)
            painter.setPen(pen)
            painter.setBrush(brush)
            if not near and heat is None:
                painter.drawRects([boxes[node] for node in nodes])
                continue
            for node in nodes:
                hot = heat(node) if heat is not None and look != "active" else None
                painter.setBrush(brush if hot is None else hot)
                if near:
                    self._draw_shape(painter, node)
                else:
                    painter.drawRect(boxes[node])
        if zoom >= TEXT_FROM:
            for look, nodes in alike.items():
                for node in nodes:
                    self._draw_text(painter, node, look, zoom)
        self._draw_rings(painter, zoom)

    def _draw_rings(self, painter: QPainter, zoom: float) -> None:
        """Around the selected node, and around those of the part that is lit."""
        picture, colours = self.picture, self.style.colours
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if picture.state.lit:
            painter.setPen(QPen(colours.path, max(2.0, 1.5 / zoom)))
            for node in picture.state.lit:
                painter.drawRoundedRect(picture.boxes[node].adjusted(-4, -4, 4, 4), 8, 8)
        if picture.selected is not None:
            painter.setPen(QPen(colours.ring, max(2.5, 2 / zoom)))
            painter.drawRoundedRect(picture.boxes[picture.selected].adjusted(-5, -5, 5, 5), 8, 8)

    def _style(self, look: Look, zoom: float) -> tuple[QPen, QBrush]:
        colours = self.style.colours
        if zoom < SHAPE_FROM:  # no outline at all: a cosmetic pen would be wider than the box
            fill = {"unknown": colours.box, "known": colours.line, "finished": colours.tangent, "active": colours.flow}
            edge = QPen(colours.line, 0) if look == "unknown" else QPen(Qt.PenStyle.NoPen)
            return (QPen(colours.active_border, 3 / zoom) if look == "active" else edge), QBrush(fill[look])
        if look == "active":
            return QPen(colours.active_border, 3.0), QBrush(colours.active)
        if look == "unknown":
            return QPen(colours.muted, 1.3, Qt.PenStyle.DashLine), QBrush(colours.ground)
        return QPen(colours.text, 1.4), QBrush(colours.finished if look == "finished" else colours.box)

    def _draw_shape(self, painter: QPainter, node: int) -> None:
        """A square-cornered box for an input or output (an output's is doubled), a pill for an operation, and a pill
        before another for a group of them."""
        box, kind = self.picture.boxes[node], self.picture.nodes[node].kind
        if kind in ("operation", "group"):
            radius = min(PILL_RADIUS, box.height() / 2, box.width() / 2)
            if kind == "group":
                painter.drawRoundedRect(box.adjusted(5, -4, 5, -4), radius, radius)
            painter.drawRoundedRect(box, radius, radius)
            return
        painter.drawRect(box)
        if kind == "output":
            painter.drawRect(box.adjusted(3.5, 3.5, -3.5, -3.5))

    def _draw_text(self, painter: QPainter, node: int, look: Look, zoom: float) -> None:
        """Name and operation, the value below, and the tangent or adjoint in a line of its own where there is one."""
        picture, colours = self.picture, self.style.colours
        state, box = picture.state, picture.boxes[node]
        active = look == "active"
        strong = colours.on_active if active else colours.text if look != "unknown" else colours.muted
        quiet = colours.on_active if active else colours.muted
        if state.heat is not None and not active:
            hot = state.heat(node)
            if hot is not None:
                strong = quiet = ink_on(hot)
        primal = state.primals[node]
        value = primal != "" and "values" not in state.hidden  # "" where none is to be shown: a number is its own
        second = bool(state.second_mark) and bool(state.seconds) and "seconds" not in state.hidden
        height = (box.height() - 8) / (1 + value + second)
        self._draw_heading(painter, node, box.top() + 4 + height / 2, strong, quiet, zoom)
        role = "active" if active else "value"
        middle = box.top() + 4 + height * 1.5
        if value:
            self._draw_line(painter, primal or NOT_KNOWN, role, strong if primal else quiet, box, middle, zoom)
            middle += height
        if second:
            text = state.seconds[node]
            colour = quiet if text is None else colours.adjoint if state.reverse else colours.tangent
            if active or strong is quiet:
                colour = strong
            self._draw_second(painter, node, text or NOT_KNOWN, role, colour, middle, zoom)

    def _draw_heading(self, painter: QPainter, node: int, y: float, strong: QColor, quiet: QColor, zoom: float) -> None:
        """The operation's sign with the node's name small before it, or the name alone, large."""
        picture, style = self.picture, self.style
        name, operation = picture.names[node], picture.nodes[node].operation
        room = picture.boxes[node].width() - 14
        if not operation:
            name, operation = "", name
        base = "operation"
        if not name and style.fitted(operation, base, room)[0] != operation:
            base, room = "active", room + 8  # smaller: rather all of a name than the beginning of it
        large = style.role(operation, base, room - 30 if name else room, zoom)
        operation, large_width = style.fitted(operation, large, room)
        small = style.role(name, "name", room - large_width - 7, zoom) if name else "name"
        whole = name
        name, small_width = style.fitted(name, small, max(0.0, room - large_width - 7)) if name else ("", 0.0)
        if name != whole and picture.nodes[node].kind == "group":  # a part of a name says nothing
            name, small_width = "", 0.0
        small_width += 7 if name else 0.0
        left = picture.boxes[node].center().x() - (small_width + large_width) / 2
        baseline = y + style.baseline(large)
        if name:
            style.write(painter, left, baseline, name, small, quiet)
        style.write(painter, left + small_width, baseline, operation, large, strong)

    def _draw_line(
        self, painter: QPainter, text: str, role: str, colour: QColor, box: QRectF, middle: float, zoom: float
    ) -> tuple[float, float, str]:
        """A line of text in the middle of the box: its left end, its baseline and its role."""
        style = self.style
        room = box.width() - 6
        if role == "active" and style.fitted(text, role, room)[0] != text:  # bold where that costs no letter
            role = "value"
        role = style.role(text, role, room, zoom)
        text, width = style.fitted(text, role, room)
        left, baseline = box.center().x() - width / 2, middle + style.baseline(role)
        style.write(painter, left, baseline, text, role, colour)
        return left, baseline, role

    def _draw_second(
        self, painter: QPainter, node: int, text: str, role: str, colour: QColor, middle: float, zoom: float
    ) -> None:
        """The tangent or adjoint behind its name, x̄₁ or v̇₅; its dot or bar is drawn by hand.

        Combining accents land beside their letter, or get lost in a picture, with many fonts.
        """
        picture, style = self.picture, self.style
        box, mark = picture.boxes[node], picture.state.second_mark
        stem, label = style.named(picture.names[node], text, role, box.width() - 6)
        if role == "active":  # bold where that costs no letter
            lighter = style.named(picture.names[node], text, "value", box.width() - 6)
            if len(lighter[1]) > len(label):
                role, (stem, label) = "value", lighter
        left, baseline, role = self._draw_line(painter, label, role, colour, box, middle, zoom)
        if not stem:
            return
        metrics = style.metrics[role]
        width, over = metrics.horizontalAdvance(stem), baseline - metrics.xHeight() - 2.6
        if stem != stem.lower() or not stem.isascii() or set(stem) & set("bdfhklt"):
            over = baseline - metrics.capHeight() - 2.6  # clear of tall letters
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        if mark == DOT_ABOVE:
            painter.drawEllipse(QPointF(left + width / 2, over), 1.2, 1.2)
        else:
            painter.drawRect(QRectF(left + 1, over - 0.6, width - 2, 1.2))
