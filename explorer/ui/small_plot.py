"""A small plot that the window draws itself: a few curves over whole numbers, with a marked place and labelled axes.

For what is looked at beside the graph; figures that are studied and exported are drawn by the plots' own process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.ui.graph_paint import colours_of, mixed
from explorer.ui.panel import number_text

PAD = 6


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve: its name, its values from x = first on (None or a non-finite one is a gap), and how it is drawn."""

    name: str
    values: Sequence[Any]
    role: str = "path"  # a colour of graph_paint.Colours
    dashed: bool = False
    filled: bool = False


class SmallPlot(QWidget):
    """Curves over 1, 2, 3, …; a click tells the place.

    All but the mark is drawn once: thousands of rounds take 40 ms, and the mark moves with every step of a film.
    """

    place_clicked = Signal(int)

    def __init__(self, x_label: str, y_label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._x_label, self._y_label = x_label, y_label
        self._curves: tuple[Curve, ...] = ()
        self._log = False
        self._place: int | None = None
        self._first = 1
        self._length = 0  # of the longest curve
        self._range = (0.0, 1.0)
        self._drawn: QPixmap | None = None
        self.setMinimumHeight(84)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(240, 120)

    def show_curves(self, curves: Sequence[Curve], *, log: bool = False, first: int = 1, y_label: str = "") -> None:
        """Draw these; `log`: sizes on a logarithmic axis."""
        self._curves, self._log, self._first = tuple(curves), log, first
        self._y_label = y_label or self._y_label
        self._length = max((len(curve.values) for curve in curves), default=0)
        self._range = self._found_range()
        self._drawn = None
        self.setAccessibleDescription(
            "; ".join(f"{c.name} from {_word(c.values[0])} to {_word(c.values[-1])}" for c in curves if c.values)
        )
        self.update()

    def mark(self, place: int | None) -> None:
        """Mark a place on the horizontal axis."""
        if place != self._place:
            self._place = place
            self.update()

    # -- geometry ----------------------------------------------------------------------------------------------------

    def _height_of(self, value: Any) -> float | None:
        """A value on the vertical axis, None where it has no place."""
        if value is None or isinstance(value, str) or not isfinite(value):
            return None
        if self._log:
            return log10(abs(value)) if value else None
        return float(value)

    def _found_range(self) -> tuple[float, float]:
        heights = [h for curve in self._curves for v in curve.values if (h := self._height_of(v)) is not None]
        if any(curve.filled for curve in self._curves):
            heights.append(0.0)
        low, high = min(heights, default=0.0), max(heights, default=1.0)
        if self._log and heights:  # whole decades, so that there is something to read off
            low, high = float(floor(low)), float(ceil(high)) if ceil(high) > floor(low) else low + 1.0
        elif high - low < 1e-12 * max(abs(high), abs(low), 1e-300):
            low, high = low - 0.5 * (abs(low) or 1.0), high + 0.5 * (abs(high) or 1.0)
        return low, high

    def _frame(self) -> QRectF:
        metrics = self.fontMetrics()
        low, high = self._range
        texts = [self._tick(t, low, high) for t in (low, high, *_ticks(low, high, self._log))]
        wide = max(map(metrics.horizontalAdvance, texts))
        line = metrics.height()
        return QRectF(self.rect()).adjusted(PAD + wide + 6, PAD + 1.5 * line, -PAD - 4, -PAD - 2 * line)

    def _x(self, frame: QRectF, index: float) -> float:
        return frame.left() + frame.width() * index / max(self._length - 1, 1)

    def _tick(self, value: float, low: float, high: float) -> str:
        """The number beside a line, with as many digits as tell it from the next."""
        if self._log:
            return f"10{str(round(value)).translate(_SUPER)}"
        return number_text(value, max(3, ceil(log10(max(abs(low), abs(high)) / (high - low))) + 2))

    # -- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = colours_of(self.palette())
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), colours.ground)
            if not self._length:
                return
            frame = self._frame()
            if self._place is not None and 0 <= self._place - self._first < self._length:
                x = self._x(frame, self._place - self._first)
                painter.setPen(QPen(colours.muted, 1))  # grey and thin: no data
                painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))
            if self._drawn is None or self._drawn.deviceIndependentSize() != self.size():
                self._drawn = self._draw(frame)
            painter.drawPixmap(0, 0, self._drawn)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self._drawn = None  # colours or fonts are others

    def _draw(self, frame: QRectF) -> QPixmap:
        """Axes and curves, on nothing."""
        colours, metrics, (low, high) = colours_of(self.palette()), self.fontMetrics(), self._range
        drawn = QPixmap(self.size() * self.devicePixelRatio())
        drawn.setDevicePixelRatio(self.devicePixelRatio())
        drawn.fill(Qt.GlobalColor.transparent)
        with QPainter(drawn) as painter:
            painter.setFont(self.font())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            scale = frame.height() / (high - low)
            painter.setPen(colours.muted)
            painter.drawText(QPointF(PAD, PAD + metrics.ascent()), self._y_label)
            bottom = frame.bottom() + metrics.height() + metrics.ascent()
            right = frame.right() - metrics.horizontalAdvance(self._x_label)
            painter.drawText(QPointF(right, bottom + 1), self._x_label)
            rows = int(frame.height() / metrics.height())  # of texts that do not touch each other
            for tick in _ticks(low, high, self._log, max(2, min(4, rows))):
                y = frame.bottom() - (tick - low) * scale
                painter.setPen(QPen(mixed(colours.line, colours.ground, 0.7), 1))
                painter.drawLine(QPointF(frame.left(), y), QPointF(frame.right(), y))
                painter.setPen(colours.muted)
                text = self._tick(tick, low, high)
                place = QPointF(frame.left() - 5 - metrics.horizontalAdvance(text), y + metrics.ascent() / 2 - 1)
                painter.drawText(place, text)
            self._draw_places(painter, frame, colours.muted)
            painter.setPen(QPen(colours.line, 1))
            painter.drawRect(frame)
            left = frame.left()
            for curve in self._curves:
                colour = getattr(colours, curve.role)
                self._draw_curve(painter, frame, low, scale, curve, colour)
                painter.setPen(QPen(colour, 2, Qt.PenStyle.DashLine if curve.dashed else Qt.PenStyle.SolidLine))
                y = bottom - metrics.ascent() / 2 + 1
                painter.drawLine(QPointF(left, y), QPointF(left + 18, y))
                painter.setPen(colours.text)
                painter.drawText(QPointF(left + 22, bottom + 1), curve.name)
                left += 34 + metrics.horizontalAdvance(curve.name)
        return drawn

    def _draw_places(self, painter: QPainter, frame: QRectF, colour: QColor) -> None:
        metrics = self.fontMetrics()
        count = self._length
        for index in sorted({0, count - 1, *(round(t) for t in _ticks(0, count - 1, False) if t == round(t))}):
            text = str(index + self._first)
            x = self._x(frame, index) - metrics.horizontalAdvance(text) / 2
            if index not in (0, count - 1) and not (
                frame.left() + 24 < x < frame.right() - metrics.horizontalAdvance(text) - 24
            ):
                continue
            painter.setPen(colour)
            x = min(x, self.width() - metrics.horizontalAdvance(text) - 2.0)  # the last one may be long
            painter.drawText(QPointF(x, frame.bottom() + metrics.ascent() + 2), text)

    def _draw_curve(
        self, painter: QPainter, frame: QRectF, low: float, scale: float, curve: Curve, colour: QColor
    ) -> None:
        runs: list[list[QPointF]] = [[]]
        for index, value in enumerate(curve.values):
            height = self._height_of(value)
            if height is None:
                runs.append([])
            else:
                runs[-1].append(QPointF(self._x(frame, index), frame.bottom() - (height - low) * scale))
        painter.setPen(QPen(colour, 1.8, Qt.PenStyle.DashLine if curve.dashed else Qt.PenStyle.SolidLine))
        for run in runs:
            if curve.filled and run:
                area = QPolygonF([QPointF(run[0].x(), frame.bottom()), *run, QPointF(run[-1].x(), frame.bottom())])
                shade = QColor(colour)
                shade.setAlpha(70)
                painter.setBrush(QBrush(shade))
                pen = painter.pen()
                painter.setPen(Qt.PenStyle.NoPen)
                painter.drawPolygon(area)
                painter.setPen(pen)
            painter.drawPolyline(run)
            if len(run) <= 60 and not curve.filled:
                painter.setBrush(colour)
                for at in run:
                    painter.drawEllipse(at, 2.2, 2.2)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell the place under the pointer."""
        frame = self._frame()
        if self._length and frame.width() > 0:
            share = (event.position().x() - frame.left()) / frame.width()
            index = round(share * (self._length - 1))
            self.place_clicked.emit(max(0, min(index, self._length - 1)) + self._first)
        event.accept()


_SUPER = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def _word(value: Any) -> str:
    return number_text(value, 4)


def _ticks(low: float, high: float, log: bool, most: int = 4) -> list[float]:
    """A few round numbers between two, at most so many steps apart; whole decades on a logarithmic axis."""
    span = high - low
    if span <= 0 or not isfinite(span):
        return []
    power = 10.0 ** floor(log10(max(span / most, 1) if log else span / most))
    step = next((m * power for m in (1, 2, 5) if m * power >= span / most), 10 * power)
    if log:
        return [float(k) for k in range(ceil(low), floor(high) + 1) if k % step == 0]
    return [k * step for k in range(ceil(low / step), floor(high / step) + 1)]
