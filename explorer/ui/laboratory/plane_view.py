"""The surface of f over two inputs with its tangent plane, and the plane of difference quotients that becomes it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QPixmap, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.ui.figure_theme import series_colour

_TILT_LIMITS = (0.1, 1.5)  # radians above the ground: from almost level to almost from above


@dataclass(frozen=True)
class Surface:
    """Heights z (a row a value of y) over x and y, the point (x, y, f) and the two partials there."""

    x: Sequence[float]
    y: Sequence[float]
    z: Sequence[float]
    at: tuple[float, float, float]
    slopes: tuple[float, float]


class PlaneView(QWidget):
    """A wire surface, turned by dragging; the planes are drawn over a picture of it that is kept."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("differences.plane")
        self.setAccessibleName("Surface with tangent plane")
        self.setAccessibleDescription("Drag to turn it")
        self.setMinimumSize(200, 160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._surface: Surface | None = None
        self._feet: tuple[tuple[float, float], tuple[float, float]] | None = None
        self._names = ("x", "y")
        self._turn, self._tilt = -0.9, 0.5
        self._drag: QPointF | None = None
        self._picture: QPixmap | None = None

    def sizeHint(self) -> QSize:
        return QSize(420, 300)

    def show_surface(self, surface: Surface | None, names: tuple[str, str]) -> None:
        """Another surface; None: there is none."""
        self._surface, self._names, self._feet = surface, names, None
        self._picture = None
        self.update()

    def set_feet(self, first: tuple[float, float], second: tuple[float, float]) -> None:
        """The steps along both inputs: (step, rise of f) each."""
        self._feet = (first, second)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._picture = None
        super().resizeEvent(event)

    def changeEvent(self, event: object) -> None:
        self._picture = None
        super().changeEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._drag = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag = None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is None:
            return
        moved = event.position() - self._drag
        self._drag = event.position()
        self._turn += 0.01 * moved.x()
        self._tilt = min(max(self._tilt + 0.01 * moved.y(), _TILT_LIMITS[0]), _TILT_LIMITS[1])
        self._picture = None
        self.update()

    # ---- the projection

    def _heights(self) -> tuple[float, float]:
        """The z that are shown: the middle of the finite ones, so that a pole does not flatten the rest."""
        assert self._surface is not None
        finite = sorted(z for z in self._surface.z if math.isfinite(z))
        if not finite:
            return -1.0, 1.0
        low, high = finite[len(finite) // 50], finite[-1 - len(finite) // 50]
        here = self._surface.at[2]
        low, high = min(low, here), max(high, here)
        room = 0.05 * (high - low) or max(abs(low), 1.0) * 0.1
        return low - room, high + room

    def _project(self, x: float, y: float, z: float) -> tuple[QPointF, float]:
        """The pixel of a point in the cube of ±1, and its depth (larger is nearer)."""
        c, s = math.cos(self._turn), math.sin(self._turn)
        across, away = c * x - s * y, s * x + c * y
        up = z * 0.75 * math.cos(self._tilt) + away * math.sin(self._tilt)
        depth = z * 0.75 * math.sin(self._tilt) - away * math.cos(self._tilt)
        size = min(self.width() / 3.0, self.height() / 2.6)
        return QPointF(self.width() / 2.0 + size * across, self.height() / 2.0 - size * up), depth

    def _cube(self, x: float, y: float, z: float) -> tuple[float, float, float]:
        surface = self._surface
        assert surface is not None
        low, high = self._limits
        return (
            2.0 * (x - surface.x[0]) / (surface.x[-1] - surface.x[0]) - 1.0,
            2.0 * (y - surface.y[0]) / (surface.y[-1] - surface.y[0]) - 1.0,
            2.0 * (z - low) / (high - low) - 1.0,
        )

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        palette = self.palette()
        with QPainter(self) as painter:
            painter.fillRect(event.rect(), palette.color(QPalette.ColorRole.Base))
            if self._surface is None:
                return
            if self._picture is None:
                self._picture = self._paint_surface()
            painter.drawPixmap(0, 0, self._picture)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if all(map(math.isfinite, (*self._surface.slopes, self._surface.at[2]))):
                self._paint_plane(painter, self._surface.slopes, series_colour(palette, 2), dashed=True)
            if self._feet is not None:
                (h, rise), (k, lift) = self._feet
                if h and k and math.isfinite(rise) and math.isfinite(lift):
                    self._paint_plane(painter, (rise / h, lift / k), series_colour(palette, 1), dashed=False)
                    self._paint_feet(painter, self._feet)
            place = QPointF(8.0, painter.fontMetrics().ascent() + 6.0)
            for words, colour in (("plane through f at x, x + h, y + h", 1), ("tangent plane", 2)):
                painter.setPen(series_colour(palette, colour))
                painter.drawText(place, words)
                place += QPointF(0.0, painter.fontMetrics().lineSpacing())

    def _paint_surface(self) -> QPixmap:
        surface = self._surface
        assert surface is not None
        self._limits = self._heights()
        low, high = self._limits
        ratio = self.devicePixelRatioF()
        picture = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        across = len(surface.x)
        places = [
            self._project(*self._cube(x, y, min(max(surface.z[j * across + i], low), high)))
            if math.isfinite(surface.z[j * across + i])
            else None
            for j, y in enumerate(surface.y)
            for i, x in enumerate(surface.x)
        ]
        tiles = []
        for j in range(len(surface.y) - 1):
            for i in range(across - 1):
                corners = [
                    places[k]
                    for k in (j * across + i, j * across + i + 1, (j + 1) * across + i + 1, (j + 1) * across + i)
                ]
                if all(corner is not None for corner in corners):
                    known = [corner for corner in corners if corner is not None]
                    level = (surface.z[j * across + i] - low) / (high - low)
                    tiles.append((sum(c[1] for c in known), QPolygonF([c[0] for c in known]), level))
        tiles.sort(key=lambda tile: tile[0])
        base, accent = self.palette().color(QPalette.ColorRole.Base), series_colour(self.palette(), 0)
        with QPainter(picture) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            rim = QColor(self.palette().color(QPalette.ColorRole.Text))
            rim.setAlphaF(0.25)
            painter.setPen(QPen(rim, 0.7))
            for _, tile, level in tiles:
                painter.setBrush(_between(base, accent, 0.12 + 0.6 * min(max(level, 0.0), 1.0)))
                painter.drawPolygon(tile)
            self._paint_ground(painter)
        return picture

    def _paint_ground(self, painter: QPainter) -> None:
        """The two axes' names, at the edges of the ground that are nearer."""
        painter.setPen(self.palette().color(QPalette.ColorRole.Text))
        for name, ends in ((self._names[0], ((-1, -1), (1, -1))), (self._names[1], ((1, -1), (1, 1)))):
            first, second = (self._project(x, y, -1.0)[0] for x, y in ends)
            painter.drawLine(first, second)
            middle = (first + second) / 2.0
            painter.drawText(middle + QPointF(4, painter.fontMetrics().height() + 2), name)

    def _paint_plane(self, painter: QPainter, slopes: tuple[float, float], colour: QColor, dashed: bool) -> None:
        surface = self._surface
        assert surface is not None
        x0, y0, z0 = surface.at
        half = (0.42 * (surface.x[-1] - surface.x[0]), 0.42 * (surface.y[-1] - surface.y[0]))
        # Of a steep plane only the part within the box is drawn.
        rise = sum(abs(s) * w for s, w in zip(slopes, half, strict=True))
        part = min(1.0, 0.9 * (self._limits[1] - self._limits[0]) / rise) if rise else 1.0
        corners = []
        for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
            dx, dy = i * half[0] * part, j * half[1] * part
            corners.append(self._project(*self._cube(x0 + dx, y0 + dy, z0 + slopes[0] * dx + slopes[1] * dy))[0])
        fill = QColor(colour)
        fill.setAlphaF(0.22)
        painter.setPen(QPen(colour, 1.8, Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine))
        painter.setBrush(fill)
        painter.drawPolygon(QPolygonF(corners))

    def _paint_feet(self, painter: QPainter, feet: tuple[tuple[float, float], tuple[float, float]]) -> None:
        surface = self._surface
        assert surface is not None
        x0, y0, z0 = surface.at
        (h, rise), (k, lift) = feet
        points = ((x0, y0, z0), (x0 + h, y0, z0 + rise), (x0, y0 + k, z0 + lift))
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Base), 1.5))
        painter.setBrush(series_colour(self.palette(), 1))
        for x, y, z in points:
            if x <= surface.x[-1] and y <= surface.y[-1]:
                painter.drawEllipse(self._project(*self._cube(x, y, z))[0], 4.5, 4.5)


def _between(ground: QColor, colour: QColor, part: float) -> QColor:
    return QColor.fromRgbF(
        ground.redF() * (1 - part) + colour.redF() * part,
        ground.greenF() * (1 - part) + colour.greenF() * part,
        ground.blueF() * (1 - part) + colour.blueF() * part,
    )
