"""What lies over a plot and moves in every frame: paths, marks and images, in data coordinates, painted in pixels."""

from __future__ import annotations

import base64
import math
import sys
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QPolygonF

from explorer.ui.plot_axes import Axes
from explorer.ui.trails import clip

MOST_POINTS = 20_000  # mapping 10,000 takes 9 ms and drawing them 10 to 30, of the 50 that the window may be busy
SMOOTH_INK = 1.5e6  # device pixels covered by lines with smooth edges: 30 ms; jagged and thin they take a third
RIMMED_INK = 5e5  # the same for lines with a rim of the ground's colour, which costs as much again, twice as wide
DASHED_INK = 1e4  # logical pixels of dashed line: Qt strokes dashes as one path, in more than linear time
FAR_PX = 50.0  # clipping this far outside keeps a thick line's end out of sight and Qt's coordinates small


@dataclass(frozen=True, slots=True)
class Polyline:
    """A path in data coordinates. A NaN or infinite point breaks it; an arrow at the edge says that it ends outside.

    `colour` is the index of a series or "accent" or "text"; `width` is in logical pixels; `arrow`: a head at its end.
    Of more than MOST_POINTS some are left out; a path with very much ink is drawn thin, and never dashed.
    """

    x: Sequence[float]
    y: Sequence[float]
    colour: int | str = 0
    width: float = 2.0
    arrow: bool = False
    dashed: bool = False

    def message(self, colour: str, most: int) -> dict[str, Any]:
        """It as `plots.overlays` draws it, with at most about so many points."""
        stride = math.ceil(len(self.x) / most) | 1
        thin = (_doubles(_thinned(values, stride)) for values in (self.x, self.y))
        x, y = ({"float64": base64.b64encode(values).decode("ascii")} for values in thin)
        look = {"width": self.width, "dashed": self.dashed, "arrow": self.arrow}
        return {"kind": "line", "x": x, "y": y, "colour": colour, **look}


@dataclass(frozen=True, slots=True)
class Marker:
    """A point in data coordinates; outside the axes it becomes an arrow at the edge, NaN is said in words.

    `shape`: "circle", "square", "diamond", "cross", "crosshair" (lines through the whole of the axes), "none" (words).
    """

    x: float
    y: float
    shape: str = "circle"
    label: str = ""
    colour: int | str = "text"

    def message(self, colour: str, _most: int) -> dict[str, Any]:
        """It as `plots.overlays` draws it."""
        place = {"x": repr(float(self.x)), "y": repr(float(self.y))}
        return {"kind": "marker", **place, "shape": self.shape, "label": self.label, "colour": colour}


@dataclass(frozen=True, slots=True)
class Raster:
    """An image between limits in data coordinates, its first row on top."""

    image: QImage
    x_limits: tuple[float, float]
    y_limits: tuple[float, float]

    def message(self, _colour: str, _most: int) -> dict[str, Any]:
        """It as `plots.overlays` draws it."""
        image = self.image.convertToFormat(QImage.Format.Format_RGBA8888)
        rows = b"".join(bytes(image.constScanLine(row))[: 4 * image.width()] for row in range(image.height()))
        limits = {"x_limits": list(self.x_limits), "y_limits": list(self.y_limits)}
        rgba = base64.b64encode(zlib.compress(rows, 1)).decode("ascii")
        return {"kind": "raster", "rgba": rgba, "width": image.width(), "height": image.height(), **limits}


def _doubles(values: Sequence[float]) -> bytes:
    """Little-endian doubles."""
    packed = array("d", values)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


Overlay = Polyline | Marker | Raster


@dataclass(frozen=True, slots=True)
class Stroke:
    """An overlay ready to be painted, in pixels: its polylines, a filled shape, and a label at a place."""

    pieces: tuple[Sequence[tuple[float, float]], ...] = ()
    width: float = 2.0
    dashed: bool = False
    shape: QPainterPath | None = None
    label: str = ""
    place: QPointF | None = None


def prepare(part: Polyline | Marker, axes: Axes) -> Stroke:
    """A path or a mark in the pixels of these axes."""
    if isinstance(part, Polyline):
        return _prepare_polyline(part, axes)
    x, y = next(axes.across((part.x,))), next(axes.down((part.y,)))
    if math.isnan(x) or math.isnan(y):
        corner = QPointF(axes.left + 8, axes.bottom - 8)
        return Stroke(label=f"{part.label or 'point'}: not on these axes", place=corner)
    rect = axes.rect()
    # A hundredth of a pixel: a point on the very limit is inside, whatever the rounding.
    if not rect.adjusted(-0.01, -0.01, 0.01, 0.01).contains(QPointF(_near(x), _near(y))):
        head, place = _edge_arrow(x, y, axes)
        return Stroke(shape=head, label=part.label, place=place)
    place = QPointF(x, y)
    lines = (((axes.left, y), (axes.right, y)), ((x, axes.top), (x, axes.bottom))) if part.shape == "crosshair" else ()
    return Stroke(lines, 1.0, shape=_symbol(part.shape, place), label=part.label, place=place)


def _prepare_polyline(part: Polyline, axes: Axes) -> Stroke:
    pieces: list[list[tuple[float, float]]] = [[]]
    rect = axes.rect().adjusted(-FAR_PX, -FAR_PX, FAR_PX, FAR_PX)
    left, top, right, bottom = rect.left(), rect.top(), rect.right(), rect.bottom()
    before: tuple[float, float] | None = None
    inside = False
    last = (math.nan, math.nan)
    # Every odd-numbered-th: an even stride would see only one side of a path that jumps to and fro.
    stride = math.ceil(len(part.x) / MOST_POINTS) | 1
    for x, y in zip(axes.across(_thinned(part.x, stride)), axes.down(_thinned(part.y, stride)), strict=True):
        last = (x, y)
        if not (math.isfinite(x) and math.isfinite(y)):
            pieces.append([])
            before = None
            continue
        was_inside, inside = inside, left <= x <= right and top <= y <= bottom
        if before is None:
            pieces[-1].append((x, y)) if inside else None
        elif inside and was_inside:
            # What moves less than half a pixel cannot be seen, and most of a long path's end does not.
            shown = pieces[-1][-1]
            if abs(x - shown[0]) + abs(y - shown[1]) < 0.5:
                before = (x, y)
                continue
            pieces[-1].append((x, y))
        elif segment := clip(before, (x, y), rect):
            if not was_inside:
                pieces.append([segment[0]])
            pieces[-1].append(segment[1])
        before = (x, y)
    if before is not None and inside and pieces[-1] and pieces[-1][-1] != before:
        pieces[-1].append(before)
    drawn = tuple(piece for piece in pieces if piece)
    head: QPainterPath | None = None
    if not any(map(math.isnan, last)):
        if not axes.rect().contains(QPointF(_near(last[0]), _near(last[1]))):
            head, _ = _edge_arrow(*last, axes)
        elif part.arrow and drawn and len(drawn[-1]) > 1:
            head = _head(QPointF(*drawn[-1][-2]), QPointF(*drawn[-1][-1]), 3.5 + 2.5 * part.width)
    return Stroke(drawn, part.width, part.dashed, head)


def _thinned(values: Sequence[float], stride: int) -> Sequence[float]:
    """Every stride-th value and the last."""
    return values if stride == 1 else [*values[:-1:stride], *values[-1:]]


def _near(pixel: float) -> float:
    """The pixel, or a far one in its direction: QPointF takes infinities, QRectF's arithmetic does not."""
    return min(max(pixel, -1e6), 1e6)


def _edge_arrow(x: float, y: float, axes: Axes) -> tuple[QPainterPath, QPointF]:
    """An arrow head at the edge of the axes towards a point outside, and the place of its tip."""
    tip = QPointF(min(max(x, axes.left), axes.right), min(max(y, axes.top), axes.bottom))
    dx, dy = _near(x) - tip.x(), _near(y) - tip.y()
    length = math.hypot(dx, dy)
    return _head(QPointF(tip.x() - dx / length, tip.y() - dy / length), tip, 11.0), tip


def _head(start: QPointF, tip: QPointF, size: float) -> QPainterPath:
    """A filled triangle, `size` logical pixels long, that points from `start` to `tip`."""
    dx, dy = tip.x() - start.x(), tip.y() - start.y()
    length = math.hypot(dx, dy) or 1.0
    dx, dy = dx / length * size, dy / length * size
    base = QPointF(tip.x() - dx, tip.y() - dy)
    side = QPointF(-dy * 0.45, dx * 0.45)
    path = QPainterPath()
    path.addPolygon(QPolygonF([tip, base + side, base - side, tip]))
    return path


def _symbol(shape: str, place: QPointF) -> QPainterPath:
    """A marker of about ten logical pixels; ValueError where there is no such shape."""
    path = QPainterPath()
    match shape:
        case "circle" | "crosshair":
            path.addEllipse(place, 4.5, 4.5)
        case "none":
            pass
        case "square":
            path.addRect(QRectF(place.x() - 4.5, place.y() - 4.5, 9, 9))
        case "diamond":
            corners = ((0, -6.5), (6.5, 0), (0, 6.5), (-6.5, 0), (0, -6.5))
            path.addPolygon(QPolygonF([place + QPointF(*corner) for corner in corners]))
        case "cross":
            for turn in (45.0, 135.0):
                arm = QPointF(7 * math.cos(math.radians(turn)), 7 * math.sin(math.radians(turn)))
                side = QPointF(-arm.y(), arm.x()) * 0.2
                path.addPolygon(
                    QPolygonF([place + arm + side, place + arm - side, place - arm - side, place - arm + side])
                )
            path.setFillRule(Qt.FillRule.WindingFill)
        case _:
            raise ValueError(f"no such marker: {shape!r}")
    return path


def paint_stroke(
    painter: QPainter, stroke: Stroke, colours: tuple[QColor, QColor, QColor], axes: Axes, labels: list[QRectF]
) -> None:
    """Lines, shape and label, each with a rim of the ground's colour that keeps it apart from what is below.

    colours: its own, that of words beside a shape, and the ground's. labels: where words stand already; this stroke's
    are added.
    """
    colour, words, ground = colours
    segments = [QLineF(*a, *b) for piece in stroke.pieces for a, b in pairwise(piece)]
    ink = sum(segment.length() for segment in segments)
    ratio = painter.device().devicePixelRatioF()
    covered = ink * stroke.width * ratio**2
    if covered > SMOOTH_INK:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        pen = QPen(colour, 2.0)  # of device pixels
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawLines(segments)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    else:
        # Segments by themselves, with square ends that meet: one path that crosses itself takes 100 times as long.
        if covered < RIMMED_INK:
            painter.setPen(QPen(ground, stroke.width + 2.0))
            painter.drawLines(segments)
        painter.setPen(QPen(colour, stroke.width))
        if stroke.dashed and ink < DASHED_INK:
            painter.setPen(QPen(colour, stroke.width, Qt.PenStyle.DashLine, Qt.PenCapStyle.FlatCap))
            for piece in stroke.pieces:
                painter.drawPolyline(QPolygonF([QPointF(*point) for point in piece]))
        else:
            painter.drawLines(segments)
    painter.setPen(QPen(colour, stroke.width))
    painter.drawPoints([QPointF(*piece[0]) for piece in stroke.pieces if len(piece) == 1])
    if stroke.shape is not None:
        painter.strokePath(stroke.shape, QPen(ground, 3.0))
        painter.fillPath(stroke.shape, colour)
    if stroke.label and stroke.place is not None:
        beside = stroke.shape is not None and not stroke.shape.isEmpty()  # else the words are the mark
        _paint_label(painter, stroke.label, stroke.place, words if beside else colour, ground, axes, labels)


def _paint_label(
    painter: QPainter, label: str, place: QPointF, colour: QColor, ground: QColor, axes: Axes, labels: list[QRectF]
) -> None:
    """Words beside a place, on the side where the axes have room for them, and below words that stand there already."""
    metrics = painter.fontMetrics()
    width, gap = metrics.horizontalAdvance(label), 9.0
    x = place.x() + gap if place.x() + gap + width <= axes.right - 2 else place.x() - gap - width
    y = min(max(place.y() - 6.0, axes.top + metrics.ascent() + 2), axes.bottom - metrics.descent() - 2)
    path = QPainterPath()
    path.addText(QPointF(max(x, axes.left + 2), y), painter.font(), label)
    while any(path.boundingRect().intersects(other) for other in labels) and y < axes.bottom:
        y += metrics.height()
        path.translate(0.0, metrics.height())
    labels.append(path.boundingRect())
    painter.strokePath(path, QPen(ground, 3.0))
    painter.fillPath(path, colour)
