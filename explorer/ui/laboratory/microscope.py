"""The microscope: f around x at the width of the step, drawn here from samples at every magnification.

At small steps it shows what a double sees: a staircase, on which the secant has its feet.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.ui.figure_theme import series_colour
from explorer.ui.laboratory.reading import short, step_named, step_text

_MARGIN = 1.5  # of the scheme's reach, what is seen on either side
_TALLEST = 1e308  # near the largest double
_FEW = 60  # doubles in the picture: then each is a dot, and f stands on steps between them


@dataclass(frozen=True)
class Zooms:
    """Samples of f at growing magnification: dx from x and dy from f(x), a row a half width, widest first."""

    widths: Sequence[float]
    dx: Sequence[Sequence[float]]
    dy: Sequence[Sequence[float]]


@dataclass(frozen=True)
class View:
    """What is seen at one step: the scheme's points as differences from x and f(x), the slopes, the spacing of x."""

    h: float
    reach: float  # of the scheme, in units of h
    points: Sequence[tuple[float, float]]
    estimate: float
    truth: float
    slope: float  # f′, also where the second derivative is estimated
    derivative: int
    spacing: float


class Microscope(QWidget):
    """The curve, the tangent and the secant within a step of x."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("differences.microscope")
        self.setAccessibleName("f around x, as wide as the step")
        self.setMinimumSize(200, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._zooms: Zooms | None = None
        self._view: View | None = None

    def sizeHint(self) -> QSize:
        return QSize(420, 220)

    def set_zooms(self, zooms: Zooms | None) -> None:
        """Other samples."""
        self._zooms = zooms
        self.update()

    def set_view(self, view: View | None) -> None:
        """Another step."""
        self._view = view
        if view is not None:
            self.setAccessibleDescription(
                f"h = {step_named(view.h)}, slope of the secant {short(view.estimate, 6)}, exact {short(view.truth, 6)}"
            )
        self.update()

    def _samples(self, width: float) -> list[tuple[float, float]]:
        """The finest samples that cover the width, those inside of it and one on either side; each double once."""
        zooms = self._zooms
        if zooms is None:
            return []
        row = max((k for k, w in enumerate(zooms.widths) if w >= width), default=0)
        dx, dy = zooms.dx[row], zooms.dy[row]
        low = max(bisect.bisect_left(dx, -width) - 1, 0)
        high = min(bisect.bisect_right(dx, width) + 1, len(dx))
        return list(dict(zip(dx[low:high], dy[low:high], strict=True)).items())

    def paintEvent(self, event: QPaintEvent) -> None:
        palette, view = self.palette(), self._view
        ink, ground = palette.color(QPalette.ColorRole.Text), palette.color(QPalette.ColorRole.Base)
        with QPainter(self) as painter:
            painter.fillRect(event.rect(), ground)
            if view is None or not view.h > 0.0:
                return
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            line = painter.fontMetrics().height()
            frame = QRectF(8, line + 6, self.width() - 16, self.height() - 2 * line - 14)
            width = _MARGIN * view.reach * view.h
            samples = self._samples(width)
            height = self._height(view, samples, width)
            to = _Mapping(frame, width, height)
            pale = palette.color(QPalette.ColorRole.Mid)
            painter.setPen(QPen(pale, 1.0))
            painter.drawRect(frame)
            painter.drawLine(QLineF(to(-width, 0.0), to(width, 0.0)))
            painter.drawLine(QLineF(to(0.0, -height), to(0.0, height)))
            painter.save()
            painter.setClipRect(frame)
            self._paint_curve(painter, to, samples)
            self._paint_line(painter, to, width, view, view.truth, series_colour(palette, 2), Qt.PenStyle.DashLine)
            self._paint_line(painter, to, width, view, view.estimate, series_colour(palette, 1), Qt.PenStyle.SolidLine)
            painter.setPen(QPen(ground, 1.5))
            painter.setBrush(series_colour(palette, 1))
            for x, y in view.points:
                if math.isfinite(y):
                    painter.drawEllipse(to(x, y), 5.0, 5.0)
            painter.restore()
            self._paint_words(painter, frame, view, width, height, line)
            painter.setPen(ink)

    @staticmethod
    def _height(view: View, samples: Sequence[tuple[float, float]], width: float) -> float:
        """Half of what is seen upwards: all of f within the step, and the secant's points."""
        heights = [abs(y) for x, y in samples if abs(x) <= width and math.isfinite(y)]
        heights += [abs(y) for _, y in view.points if math.isfinite(y)]
        tall = max(heights, default=0.0)
        if math.isfinite(view.slope):
            tall = max(tall, abs(view.slope) * width)
        return min(1.1 * tall, _TALLEST) or width

    def _paint_curve(self, painter: QPainter, to: _Mapping, samples: Sequence[tuple[float, float]]) -> None:
        ink = self.palette().color(QPalette.ColorRole.Text)
        blue = series_colour(self.palette(), 0)
        painter.setPen(QPen(blue, 2.0))
        run: list[QPointF] = []
        few = len(samples) < _FEW
        for (x, y), following in pairwise([*samples, (math.nan, math.nan)]):
            if not math.isfinite(y):
                painter.drawPolyline(QPolygonF(run))
                run = []
                continue
            run.append(to(x, y))
            if few and math.isfinite(following[0]):  # between two doubles there is no x: f changes half way
                middle = 0.5 * (x + following[0])
                run += [to(middle, y), to(middle, following[1])] if math.isfinite(following[1]) else [to(middle, y)]
        painter.drawPolyline(QPolygonF(run))
        if few:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ink)
            for x, y in samples:
                if math.isfinite(y):
                    painter.drawEllipse(to(x, y), 2.2, 2.2)

    @staticmethod
    def _paint_line(
        painter: QPainter, to: _Mapping, width: float, view: View, value: float, colour: object, style: Qt.PenStyle
    ) -> None:
        """The line, or for a second derivative the parabola, that has this value."""
        if not math.isfinite(value):
            return
        painter.setPen(QPen(colour, 1.8, style))
        if view.derivative == 1:
            x0, y0 = _foot(view) if style is Qt.PenStyle.SolidLine else (0.0, 0.0)
            painter.drawLine(QLineF(to(-width, y0 + value * (-width - x0)), to(width, y0 + value * (width - x0))))
            return
        xs = [width * k / 20 for k in range(-20, 21)]
        painter.drawPolyline(QPolygonF([to(x, view.slope * x + 0.5 * value * x * x) for x in xs]))

    def _paint_words(
        self, painter: QPainter, frame: QRectF, view: View, width: float, height: float, line: int
    ) -> None:
        painter.setPen(self.palette().color(QPalette.ColorRole.Text))
        doubles = 2.0 * width / view.spacing if view.spacing else math.inf
        count = f"{doubles:,.0f}" if doubles < 1e6 else short(doubles)
        above = QRectF(frame.left(), 2, frame.width(), line)
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        painter.drawText(above, left, f"h = {step_named(view.h)}")
        painter.drawText(
            above, right, f"{count} doubles of x in this width" if doubles >= 1 else "no other double here"
        )
        below = QRectF(frame.left(), frame.bottom() + 3, frame.width(), line)
        painter.drawText(below, left, f"x − {step_text(width)}")
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, f"height ± {step_text(height)}")
        painter.drawText(below, right, f"x + {step_text(width)}")
        secant, tangent = "secant through the scheme's points", "tangent"
        if view.derivative == 2:
            secant, tangent = "parabola with the estimated f″", "parabola with the exact f″"
        place = QRectF(frame.left() + 6, frame.top() + 3, frame.width() - 12, line)
        lines = (("f", 0, 0.0), (secant, 1, view.estimate), (tangent, 2, view.truth))
        for words, colour, value in lines:
            if not math.isfinite(value):
                continue
            painter.setPen(series_colour(self.palette(), colour))
            painter.drawText(place, left, words)
            place.translate(0.0, line)


def _foot(view: View) -> tuple[float, float]:
    """A point that the secant goes through: its own first one where it has two, else the curve's."""
    return view.points[0] if len(view.points) == 2 and math.isfinite(view.points[0][1]) else (0.0, 0.0)


class _Mapping:
    """Differences from x and f(x) to pixels."""

    def __init__(self, frame: QRectF, width: float, height: float) -> None:
        self._centre = frame.center()
        self._across, self._up = frame.width() / 2.0 / width, frame.height() / 2.0 / height

    def __call__(self, x: float, y: float) -> QPointF:
        limit = 1e5  # pixels: beyond it Qt's own arithmetic overflows
        across = min(max(x * self._across, -limit), limit)
        up = min(max(y * self._up, -limit), limit)
        return QPointF(self._centre.x() + across, self._centre.y() - up)
