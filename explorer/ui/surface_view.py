"""A function of two inputs as a surface in space, turned by the mouse, with paths on it and its tangent plane.

Drawn here and not by the plotting process: a surface that is turned needs thirty pictures a second. The surface is
kept as a picture while only what lies on it moves.

Longer than 300 lines: one widget with its projection, its painting and its turning.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.ui.figure_theme import SERIES_ON_DARK, SERIES_ON_LIGHT
from explorer.ui.panel import number_text
from explorer.ui.plot_view import EXPORT_RATIO
from explorer.ui.trails import Trail, Trails

_MOST_SIDE = 40  # cells a side: 1,600 of them are drawn in some 15 ms
_MOVING_SIDE = 20  # while it is turned
_FLOOR = 1e-4  # of the range: where the logarithm of the height above the minimum begins
_DEGREES = 0.5  # of a turn, for a pixel of the mouse
_STEP_DEGREES = 6.0  # for a key


@dataclass(frozen=True)
class TangentPlane:
    """The plane through (x, y, z) with the slopes of the gradient there."""

    x: float
    y: float
    z: float
    slope_x: float
    slope_y: float


class SurfaceView(QWidget):
    """Heights over a grid as a shaded surface. Drag or the arrow keys turn it, the wheel comes nearer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.azimuth, self.elevation, self.zoom = -60.0, 32.0, 1.0
        self._x: list[float] = []
        self._y: list[float] = []
        self._z: list[list[float]] = []  # rows of y; NaN where there is no height
        self._low, self._high = 0.0, 1.0
        self._log = False
        self._labels = ("x", "y", "f")
        self._trails = Trails()
        self._plane: TangentPlane | None = None
        self._picture: QPixmap | None = None
        self._dragged: QPointF | None = None
        self._dimmed = False
        self.setMinimumSize(200, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip("Drag to turn, wheel to come nearer; right click to save the picture")

    def show_surface(
        self, x: Sequence[float], y: Sequence[float], z: Sequence[float], labels: tuple[str, str, str]
    ) -> None:
        """z row by row from the lowest y. Heights that span decades are shown by their logarithm above the lowest."""
        across, up = _chosen(len(x)), _chosen(len(y))
        self._x, self._y = [x[i] for i in across], [y[j] for j in up]
        rows = [[z[j * len(x) + i] for i in across] for j in up]
        finite = sorted(v for row in rows for v in row if math.isfinite(v))
        self._low, self._high = (finite[0], finite[-1]) if finite else (0.0, 1.0)
        span = self._high - self._low
        middle = finite[len(finite) // 2] if finite else 0.0
        self._log = span > 0 and (middle - self._low) < 0.04 * span
        self._labels = labels
        self._z = [[self._height(v) for v in row] for row in rows]
        self._forget()

    def set_paths(self, paths: Sequence[Trail], plane: TangentPlane | None = None) -> None:
        """Draw these over the surface; they replace those before. Their columns are x, y and the height."""
        self._trails.show(paths)
        self._plane = plane
        self.update()

    def set_dimmed(self, dimmed: bool) -> None:
        """Show it pale: it belongs to a question that is no longer asked."""
        if dimmed != self._dimmed:
            self._dimmed = dimmed
            self.update()

    def _forget(self) -> None:
        self._picture = None
        self.update()

    # -- from numbers to the screen ----------------------------------------------------------------------------------

    def _height(self, value: float) -> float:
        """The height from 0 to 1, and beyond for what is outside the range."""
        if not math.isfinite(value):
            return math.nan
        span = self._high - self._low or 1.0
        part = (value - self._low) / span
        if not self._log:
            return part
        return 1 - math.log10(max(part, 0.0) + _FLOOR) / math.log10(_FLOOR) if part < 1e6 else 3.0

    def _projection(self) -> tuple[float, ...]:
        a, e = math.radians(self.azimuth), math.radians(self.elevation)
        scale = 0.54 * min(self.width(), self.height() * 1.25) * self.zoom
        return math.cos(a), math.sin(a), math.cos(e), math.sin(e), scale, self.width() / 2, self.height() * 0.52

    def _pixels(self, points: Iterable[tuple[float, float, float]]) -> list[QPointF]:
        """The places of points of the unit cube."""
        ca, sa, ce, se, scale, x0, y0 = self._projection()
        result = []
        for x, y, z in points:
            u, v, w = x - 0.5, y - 0.5, 0.62 * (z - 0.5)
            side, depth = u * ca - v * sa, u * sa + v * ca
            result.append(QPointF(x0 + scale * side, y0 - scale * (w * ce + depth * se)))
        return result

    def _unit(self, x: float, y: float) -> tuple[float, float]:
        width, height = self._x[-1] - self._x[0], self._y[-1] - self._y[0]
        return (x - self._x[0]) / width, (y - self._y[0]) / height

    # -- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        palette = self.palette()
        with QPainter(self) as painter:
            if not self._z:
                painter.fillRect(self.rect(), palette.color(QPalette.ColorRole.Base))
                return
            if self._picture is None or self._picture.deviceIndependentSize().toSize() != self.size():
                self._picture = self._paint_surface(_MOVING_SIDE if self._dragged is not None else _MOST_SIDE)
            painter.drawPixmap(0, 0, self._picture)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._plane is not None:
                self._paint_plane(painter, self._plane)
            if self._trails and not self._paint_trails(painter):
                QTimer.singleShot(0, self, self.update)
            if self._dimmed:
                veil = QColor(palette.color(QPalette.ColorRole.Base))
                veil.setAlphaF(0.55)
                painter.fillRect(self.rect(), veil)

    def has_picture(self) -> bool:
        """Whether there is something to be copied or saved."""
        return bool(self._z)

    def numbers(self) -> Iterator[Sequence[object]]:
        """The last point of each path, below the names of the columns."""
        if self._trails:
            yield ["step", *self._labels]
        for trail in self._trails:
            yield [trail.stop, *(column[trail.stop] for column in trail.columns)]

    def draw_for_export(self, take: Callable[[QPixmap], None]) -> None:
        """Hand over the picture with EXPORT_RATIO pixels for each logical one."""
        picture = self._empty_picture(max(EXPORT_RATIO, self.devicePixelRatioF()))
        with QPainter(picture) as painter:
            self._paint_all(painter)
        take(picture)

    def write_for_export(self, kind: str, take: Callable[[bytes], None], fail: Callable[[str], None]) -> None:
        """Hand over a file of lines and letters ("svg" or "pdf"), or the reason why there is none."""
        from explorer.ui.plot_picture import lines

        take(lines(kind, f"{self._labels[2]} as a surface", self.size(), self._paint_all))

    def _paint_all(self, painter: QPainter) -> None:
        """Everything at once, as it is written into a file."""
        ground = self.palette().color(QPalette.ColorRole.Base)
        painter.fillRect(self.rect(), ground)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font())
        self._draw_surface(painter, _MOST_SIDE)
        if self._plane is not None:
            self._paint_plane(painter, self._plane)
        self._trails.paint_whole(painter, QRectF(self.rect()), self._places, self._colour, ground)
        self._paint_ends(painter)

    def _empty_picture(self, ratio: float) -> QPixmap:
        picture = QPixmap(math.ceil(self.width() * ratio), math.ceil(self.height() * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(self.palette().color(QPalette.ColorRole.Base))
        return picture

    def _paint_surface(self, side: int) -> QPixmap:
        picture = self._empty_picture(self.devicePixelRatioF())
        with QPainter(picture) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._draw_surface(painter, side)
        return picture

    def _draw_surface(self, painter: QPainter, side: int) -> None:
        stride = max(1, (len(self._x) - 1) // side)
        across, up = range(0, len(self._x), stride), range(0, len(self._y), stride)
        grid = [self._pixels((*self._unit(self._x[i], self._y[j]), self._z[j][i]) for i in across) for j in up]
        heights = [[self._z[j][i] for i in across] for j in up]
        ca, sa = self._projection()[:2]
        # From the back: depth grows with u sin a + v cos a.
        columns, rows = range(len(across) - 1), range(len(up) - 1)
        columns = columns[::-1] if sa > 0 else columns
        rows = rows[::-1] if ca > 0 else rows
        self._paint_box(painter)
        line = QColor(self.palette().color(QPalette.ColorRole.Text))
        line.setAlphaF(0.28)
        painter.setPen(QPen(line, 0.5))
        shades = self._shades()
        for j in rows:
            low, high = grid[j], grid[j + 1]
            for i in columns:
                middle = (heights[j][i] + heights[j][i + 1] + heights[j + 1][i] + heights[j + 1][i + 1]) / 4
                if middle != middle:
                    continue
                painter.setBrush(shades[min(max(int(middle * 31), 0), 31)])
                painter.drawPolygon(QPolygonF([low[i], low[i + 1], high[i + 1], high[i]]))

    def _shades(self) -> list[QColor]:
        """From deep to pale, as the contour plot has them."""
        palette = self.palette()
        accent, ground = palette.color(QPalette.ColorRole.Highlight), palette.color(QPalette.ColorRole.Base)
        shades = []
        for k in range(32):
            part = 0.8 - 0.72 * k / 31
            shades.append(
                QColor.fromRgbF(
                    *(
                        accent_part * part + ground_part * (1 - part)
                        for accent_part, ground_part in zip(accent.getRgbF()[:3], ground.getRgbF()[:3], strict=True)
                    )
                )
            )
        return shades

    def _paint_box(self, painter: QPainter) -> None:
        """The floor's edges with the ranges of both inputs, and the range of heights beside."""
        corners = self._pixels([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)])
        text = self.palette().color(QPalette.ColorRole.Text)
        painter.setPen(QPen(text, 0.8))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolygon(QPolygonF(corners))
        ends = ((self._x[0], self._x[-1]), (self._y[0], self._y[-1]))
        # The two edges nearest to the viewer carry the numbers.
        lowest = max(range(4), key=lambda k: corners[k].y())
        for other in ((lowest + 1) % 4, (lowest - 1) % 4):
            axis = 0 if {lowest, other} in ({0, 1}, {2, 3}) else 1
            near, far = corners[lowest], corners[other]
            first, last = ends[axis]
            values = (first, last) if (lowest in (0, 3) if axis == 0 else lowest in (0, 1)) else (last, first)
            middle = (near + far) / 2
            self._label(painter, middle, f"{self._labels[axis]}", 14)
            self._label(painter, near * 0.82 + far * 0.18, _digits(values[0]), 12)
            self._label(painter, near * 0.18 + far * 0.82, _digits(values[1]), 12)
        name = self._labels[2]
        height = f"log of {name} above its lowest" if self._log else f"height: {name}"
        words = f"{height},  {_digits(self._low)} to {_digits(self._high)}"
        metrics = painter.fontMetrics()
        painter.drawText(
            QPointF(8, 4 + metrics.ascent()), metrics.elidedText(words, Qt.TextElideMode.ElideRight, self.width() - 16)
        )

    def _label(self, painter: QPainter, place: QPointF, words: str, below: float) -> None:
        width = painter.fontMetrics().horizontalAdvance(words)
        x = min(max(place.x() - width / 2, 2), self.width() - width - 2)
        painter.drawText(QPointF(x, min(place.y() + below, self.height() - 3)), words)

    def _colour(self, index: int | str) -> QColor:
        palette = self.palette()
        dark = palette.color(QPalette.ColorRole.Base).lightness() < palette.color(QPalette.ColorRole.Text).lightness()
        series = SERIES_ON_DARK if dark else SERIES_ON_LIGHT
        return QColor(series[(int(index) + 1) % len(series)])  # the first is the surface's own

    def _paint_trails(self, painter: QPainter) -> bool:
        """The paths, each with a square at its start and a ball at its step; whether there was time for all."""
        ground = self.palette().color(QPalette.ColorRole.Base)
        key = (self._projection(), self._x[0], self._x[-1], self._y[0], self._y[-1], self._low, self._high, self._log)
        whole = self._trails.paint(painter, (key, QRectF(self.rect()), self._places), self._colour, ground)
        self._paint_ends(painter)
        return whole

    def _paint_ends(self, painter: QPainter) -> None:
        ground = self.palette().color(QPalette.ColorRole.Base)
        for trail in self._trails:
            painter.setPen(QPen(ground, 1.0))
            painter.setBrush(self._colour(trail.colour))
            for step in (0, trail.stop):
                ((x, y),) = self._places(trail.columns, step, step + 1)
                if not math.hypot(x, y) < 1e6:
                    continue
                if step == 0:
                    painter.drawRect(round(x) - 4, round(y) - 4, 8, 8)
                if step == trail.stop:
                    painter.drawEllipse(QPointF(x, y), 5, 5)

    def _places(self, columns: Sequence[Sequence[float]], first: int, end: int) -> list[tuple[float, float]]:
        """The pixels of a path's points; NaN where they have none."""
        ca, sa, ce, se, scale, x0, y0 = self._projection()
        left, width = self._x[0], self._x[-1] - self._x[0]
        low, depth = self._y[0], self._y[-1] - self._y[0]
        result = []
        for x, y, z in zip(*(column[first:end] for column in columns), strict=True):
            u, v, w = (x - left) / width - 0.5, (y - low) / depth - 0.5, 0.62 * (self._height(z) - 0.5)
            result.append((x0 + scale * (u * ca - v * sa), y0 - scale * (w * ce + (u * sa + v * ca) * se)))
        return result

    def _paint_plane(self, painter: QPainter, plane: TangentPlane) -> None:
        half_x, half_y = 0.12 * (self._x[-1] - self._x[0]), 0.12 * (self._y[-1] - self._y[0])
        corners = []
        for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
            dx, dy = a * half_x, b * half_y
            height = self._height(plane.z)
            if self._log:
                # The tangent plane of the logarithm, which is what is drawn.
                rise = (plane.slope_x * dx + plane.slope_y * dy) / (self._high - self._low or 1.0)
                part = max((plane.z - self._low) / (self._high - self._low or 1.0), 0.0) + _FLOOR
                height += -rise / part / math.log(10) / math.log10(_FLOOR)
            else:
                height = self._height(plane.z + plane.slope_x * dx + plane.slope_y * dy)
            if not math.isfinite(height) or abs(height) > 50:
                return
            corners.append((*self._unit(plane.x + dx, plane.y + dy), height))
        colour = self._colour(2)
        painter.setPen(QPen(colour, 1.2))
        colour.setAlphaF(0.35)
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF(self._pixels(corners)))

    # -- turning -----------------------------------------------------------------------------------------------------

    def turn(self, azimuth: float, elevation: float) -> None:
        """Turn by these degrees."""
        self.azimuth = (self.azimuth + azimuth + 180) % 360 - 180
        self.elevation = min(max(self.elevation + elevation, 5.0), 89.0)
        self._forget()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragged = event.position()
            event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged is not None:
            moved = event.position() - self._dragged
            self._dragged = event.position()
            self.turn(_DEGREES * moved.x(), _DEGREES * moved.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragged = None
        self._forget()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoom = min(max(self.zoom * 1.001 ** event.angleDelta().y(), 0.4), 5.0)
        self._forget()
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        from explorer.ui.plot_picture import show_menu

        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        show_menu(self, self.mapToGlobal(self.rect().center()) if by_key else event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            from explorer.ui.plot_picture import copy

            copy(self)
            return
        turns = {
            Qt.Key.Key_Left: (-_STEP_DEGREES, 0.0),
            Qt.Key.Key_Right: (_STEP_DEGREES, 0.0),
            Qt.Key.Key_Up: (0.0, _STEP_DEGREES),
            Qt.Key.Key_Down: (0.0, -_STEP_DEGREES),
        }
        if event.key() in turns:
            self.turn(*turns[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._picture = None

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._forget()


def _chosen(count: int) -> list[int]:
    """At most _MOST_SIDE + 1 places, both ends among them."""
    if count <= _MOST_SIDE + 1:
        return list(range(count))
    return [round(k * (count - 1) / _MOST_SIDE) for k in range(_MOST_SIDE + 1)]


def _digits(value: float) -> str:
    return number_text(value, 3)
