"""A plot in the window: a picture from the plotting process, and over it what moves, drawn here.

The window never loads matplotlib, and nothing here waits: the picture is asked for, arrives when it is ready, and until
then the one before it stands in its place, stretched to the new size.

Longer than 300 lines: what is asked, what arrives and what the mouse does are of one widget's state.
"""

from __future__ import annotations

import base64
import binascii
import itertools
import math
import sys
import zlib
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPixmap,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.ui.figure_theme import series_colour, theme_of
from explorer.ui.overlays import Overlay, Polyline, Raster, paint_stroke, prepare
from explorer.ui.panel import number_text
from explorer.ui.plot_axes import Axes
from explorer.ui.trails import Trail, Trails
from explorer.ui.worker import Crew
from explorer.work.ends import Done, End, Refused

SETTLE_MS = 80  # a window's edge being dragged sends a size every 16 ms; a picture takes 50 to 150
PATIENCE_MS = 150  # what arrives sooner needs no word about waiting, and one would only flicker
BUDGET_MS = 10_000  # a hundred times what a picture takes: only a process that hangs reaches it
EXPORT_RATIO = 2.0  # pixels for each logical one of a picture that is copied or saved
LARGEST_PICTURE = 8192 * 8192 * 4  # bytes; the plotting process draws none larger
MOST_IN_FILE = 120_000  # points of all paths in a file of lines: what is asked has at most 4 MiB


def _listed(values: Any) -> Sequence[Any]:
    """The numbers of a spec, in either of the forms that `plots.arrays` reads."""
    if not isinstance(values, dict):
        return list(values)
    unpacked = array("d", base64.b64decode(values["float64"]))
    if sys.byteorder == "big":
        unpacked.byteswap()
    return unpacked


@dataclass(frozen=True, slots=True)
class Picture:
    """What the plotting process sent: a pixmap that knows its device pixel ratio, its logical size, its axes."""

    pixmap: QPixmap
    width: float
    height: float
    axes: Axes

    @staticmethod
    def from_json(answer: dict[str, Any]) -> Picture:
        """The Picture in an answer; ValueError where it is none."""
        try:
            width, height, ratio = int(answer["width"]), int(answer["height"]), float(answer["ratio"])
            size = width * height * 4
            if not (width > 0 and height > 0 and ratio > 0 and size <= LARGEST_PICTURE):
                raise ValueError(f"not the size of a picture: {width} × {height}")
            # One byte more than is due is enough to see that it is too much.
            pixels = zlib.decompressobj().decompress(base64.b64decode(answer["pixels"], validate=True), size + 1)
            axes = Axes.from_json(answer["axes"][0])
        except (KeyError, TypeError, IndexError, zlib.error, binascii.Error) as error:
            raise ValueError(f"not a picture: {error}") from error
        if len(pixels) != size:
            raise ValueError(f"{len(pixels)} bytes are not a picture of {width} × {height} pixels")
        # The figure's ground is opaque: without the alpha channel Qt copies instead of blending.
        image = QImage(pixels, width, height, width * 4, QImage.Format.Format_RGBX8888)
        pixmap = QPixmap.fromImage(image)
        pixmap.setDevicePixelRatio(ratio)
        return Picture(pixmap, width / ratio, height / ratio, axes)


@dataclass(frozen=True, slots=True)
class _Export:
    """A picture for elsewhere: what is asked beside the spec, who takes the answer, and who hears why there is none."""

    asks: dict[str, Any]
    take: Callable[[dict[str, Any]], None]  # ValueError: it is no answer
    fail: Callable[[str], None]


def _reason(end: End) -> str:
    """Why there is no picture; the last line of a traceback says what broke, the others where."""
    if isinstance(end, Done):
        return "the answer holds none"
    return end.message if isinstance(end, Refused) else end.traceback.strip().splitlines()[-1]


_numbers = itertools.count(1)


class PlotView(QWidget):
    """A figure that is drawn elsewhere, the overlay over it, and the mouse in data coordinates.

    The read-out says x_name and y_name of the spec, or else its labels; the accessible description is the spec's
    `description`, or else made from its labels.

    Each view has one worker of its own. A new figure waits for the picture under way (which takes a tenth of a second)
    rather than killing it: else a stream of figures, a loss curve that grows, would never show one.
    """

    clicked = Signal(object, object)  # x, y in data coordinates: float; only inside the axes
    hovered = Signal(object, object)  # the same, or None, None where the mouse leaves the axes
    drawn = Signal()  # a picture arrived and is shown

    def __init__(self, crew: Crew, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # The name must be this view's alone: views that shared a worker would show each other's pictures.
        self._worker = crew.worker(f"plot.{next(_numbers)}")
        self._worker.answered.connect(self._receive)
        self._worker.ended.connect(self._finish)
        self._spec: dict[str, Any] | None = None
        self._picture: Picture | None = None
        self._asked: dict[str, Any] | None = None  # what the picture answers, or the one under way will
        self._message = ""
        self._overlay: tuple[Overlay, ...] = ()
        self._marks: tuple[Overlay, ...] = ()  # below the trails; they stay while those move
        self._marks_layer: QPixmap | None = None
        self._mark_words: list[QRectF] = []
        self._trails = Trails()
        self._layer: QPixmap | None = None  # the overlay as painted, so that the read-out does not paint it again
        self._dimmed = False
        self._busy = False  # a question is with the worker
        self._stale = False  # what was asked, or shown, is no longer what is wanted
        self._wanted: _Export | None = None  # to be drawn for elsewhere, when the question under way is answered
        self._exporting: _Export | None = None  # the question under way is for this one
        self._late = False  # the picture has been waited for longer than PATIENCE_MS
        self._cursor: QPointF | None = None
        self._framed = False  # the keyboard came here: a frame shows it
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._ask)
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._patience.timeout.connect(self._lose_patience)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # its menu is the keyboard's too
        self.setMinimumSize(240, 180)  # below it labels and legend are all there is
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # the picture, or the ground, covers all of it
        self.setAccessibleName("plot")

    # ---- what the panel says

    def show_figure(self, spec: dict[str, Any]) -> None:
        """Show a figure: a spec without size and theme, which are the view's. It is drawn once the view is visible."""
        self._spec = dict(spec)
        self._message = ""
        self.setAccessibleDescription(_describe(spec))
        self._settle.stop()
        self._ask()
        self.update()

    def set_overlay(self, overlay: Sequence[Overlay]) -> None:
        """Draw these over the picture, the last on top; they replace those before. Cheap enough for every frame."""
        self._overlay = tuple(overlay)
        self._layer = None
        self.update()

    @property
    def overlay(self) -> tuple[Overlay, ...]:
        """What is drawn over the picture on top."""
        return self._overlay

    def set_marks(self, marks: Sequence[Overlay]) -> None:
        """Draw these over the picture and below all else; painted once for as long as they are the same."""
        if tuple(marks) != self._marks:
            self._marks = tuple(marks)
            self._forget_layers()
            self.update()

    def set_trails(self, trails: Sequence[Trail]) -> None:
        """Draw these paths below the overlay: of any length, a frame costs what is new of them."""
        self._trails.show(trails)
        self.update()

    def set_message(self, text: str) -> None:
        """Show words instead of a figure (plain text); "" leaves the view empty."""
        self._spec = self._picture = None
        self._forget_layers()
        self._message = text
        self._stale = self._late = False
        self._asked = None
        self._settle.stop()
        self._patience.stop()
        self.setAccessibleDescription(text)
        self.update()

    def set_dimmed(self, dimmed: bool) -> None:
        """Show the figure pale: it belongs to a question that is no longer asked."""
        if dimmed != self._dimmed:
            self._dimmed = dimmed
            self.update()

    @property
    def drawing(self) -> bool:
        """Whether another picture than the one that is seen is on its way."""
        return self._spec is not None and (self._busy or self._stale or self._settle.isActive())

    def has_picture(self) -> bool:
        """Whether there is something to be copied or saved."""
        return self._picture is not None

    def axes(self) -> Axes | None:
        """The axes as they are on the screen now, None before the first picture."""
        if self._picture is None:
            return None
        return self._picture.axes.scaled(self.width() / self._picture.width, self.height() / self._picture.height)

    def to_pixel(self, x: float, y: float) -> QPointF | None:
        """The place of a data point in the view (perhaps outside the axes); None before the first picture."""
        if (axes := self.axes()) is None:
            return None
        return QPointF(*axes.across((x,)), *axes.down((y,)))

    def to_data(self, point: QPointF) -> tuple[float, float] | None:
        """The data coordinates of a place in the view; None before the first picture."""
        axes = self.axes()
        return None if axes is None else axes.value(QPointF(point))

    def draw_for_export(self, take: Callable[[QPixmap], None]) -> None:
        """Hand over figure and overlay with EXPORT_RATIO pixels for each logical one, once they are drawn."""

        def finer(answer: dict[str, Any]) -> None:
            take(self._with_overlay(Picture.from_json(answer)))

        def none_finer(_reason: str) -> None:
            if self._picture is not None:
                take(self._with_overlay(self._picture))

        self._want(_Export({"ratio": max(EXPORT_RATIO, self.devicePixelRatioF())}, finer, none_finer))

    def write_for_export(self, kind: str, take: Callable[[bytes], None], fail: Callable[[str], None]) -> None:
        """Hand over a file of lines and letters ("svg" or "pdf"), or the reason why there is none."""

        def whole(answer: dict[str, Any]) -> None:
            try:
                content = base64.b64decode(answer["file"], validate=True)
            except (KeyError, TypeError, binascii.Error) as error:
                raise ValueError(f"not a file: {error}") from error
            take(content)

        drawn = self._drawn_over()
        colours = ["" if isinstance(part, Raster) else self._colour(part.colour).name() for part in drawn]
        most = MOST_IN_FILE // max(len(drawn), 1)
        parts = [part.message(colour, most) for part, colour in zip(drawn, colours, strict=True)]
        self._want(_Export({"ratio": 1.0, "format": kind, "overlay": parts}, whole, fail))

    def _drawn_over(self) -> tuple[Overlay, ...]:
        """All that is drawn over the picture."""
        trails = (
            Polyline(*(column[: trail.stop + 1] for column in trail.columns[:2]), trail.colour)
            for trail in self._trails
        )
        return (*self._marks, *trails, *self._overlay)

    def numbers(self) -> Iterator[Sequence[object]]:
        """The curves that are drawn, a row a point, below the names of the columns; nothing of a contour plot."""
        spec = self._spec or {}
        curves = spec.get("series") or ([spec] if spec.get("kind") == "curve_1d" else [])
        if curves:
            yield ["curve", *(str(spec.get(f"{axis}_name", spec.get(f"{axis}_label", axis))) for axis in ("x", "y"))]
        for curve in curves:
            name = curve.get("label", spec.get("name", ""))
            for x, y in zip(_listed(curve["x"]), _listed(curve["y"]), strict=True):
                yield [name, x, y]

    def _want(self, export: _Export) -> None:
        if self._spec is None or self._picture is None:
            return
        self._wanted = export
        if not self._busy:
            self._ask_export()

    # ---- the plotting process

    def _question(self, ratio: float) -> dict[str, Any]:
        size = {"width_px": self.width(), "height_px": self.height(), "ratio": ratio}
        return {**(self._spec or {}), **size, "theme": theme_of(self)}

    def _ask_export(self) -> None:
        assert self._wanted is not None
        self._busy, self._exporting, self._wanted = True, self._wanted, None
        self._worker.ask({**self._question(1.0), **self._exporting.asks}, BUDGET_MS)

    def _with_overlay(self, picture: Picture) -> QPixmap:
        pixmap = QPixmap(picture.pixmap)
        with QPainter(pixmap) as painter:
            self._paint_overlay(painter, picture.axes, self._drawn_over(), [])
        return pixmap

    def _ask(self) -> None:
        """Send the newest spec, or note that it must be sent: after the one under way, or when the view is shown."""
        if self._spec is None:
            return
        self._stale = self._busy or not self.isVisible()
        if self.isVisible() and not self._patience.isActive() and not self._late:
            self._patience.start()
        if self._stale:
            return
        question = self._question(self.devicePixelRatioF())
        if question == self._asked:  # a window that is shown gets sizes and palettes that change nothing
            self._calm()
            return
        self._busy, self._asked = True, question
        self._worker.ask(question, BUDGET_MS)

    def _receive(self, answer: Any) -> None:
        if self._exporting is not None:
            with suppress(ValueError):  # then its end says so
                self._exporting.take(answer)
                self._exporting = None
            return
        if self._asked is None:  # the figure was taken away meanwhile
            return
        try:
            self._picture = Picture.from_json(answer)
            self._message = ""
        except ValueError as error:
            self._message, self._asked = str(error), None
        self._forget_layers()
        if not self._stale:
            self._calm()
        self.update()
        self.drawn.emit()

    def _finish(self, end: End) -> None:
        exported, self._busy, self._exporting = self._exporting, False, None
        if exported is not None:
            exported.fail(_reason(end))
        if self._stale:
            self._ask()
            return
        if self._wanted is not None and self._spec is not None:
            self._calm()
            self._ask_export()
            return
        if exported is not None:
            return
        self._calm()
        if self._asked is not None and not isinstance(end, Done):
            self._message, self._asked = f"This plot could not be drawn: {_reason(end)}", None
        self.update()

    def _calm(self) -> None:
        self._patience.stop()
        self._late = False

    def _lose_patience(self) -> None:
        self._late = True
        self.update()

    # ---- what Qt says

    def sizeHint(self) -> QSize:
        return QSize(420, 300)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._forget_layers()
        self._settle.start()
        super().resizeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        if self._stale or self._picture is None:
            self._settle.stop()
            self._ask()
        super().showEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() in (
            QEvent.Type.PaletteChange,
            QEvent.Type.FontChange,
            QEvent.Type.DevicePixelRatioChange,
        ):
            self._forget_layers()
            self._settle.start()
            self.update()
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(event.position())
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        axes = self.axes()
        if event.button() == Qt.MouseButton.LeftButton and axes is not None and axes.rect().contains(event.position()):
            self.clicked.emit(*axes.value(event.position()))
            event.accept()
        else:
            super().mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        from explorer.ui.plot_picture import show_menu

        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        show_menu(self, self.mapToGlobal(self.rect().center()) if by_key else event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            from explorer.ui.plot_picture import copy

            copy(self)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        if event.reason() not in (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason):
            self._framed = event.reason() != Qt.FocusReason.MouseFocusReason  # else as it was before it went
        super().focusInEvent(event)

    def _hover(self, place: QPointF | None) -> None:
        axes = self.axes()
        if place is not None and (axes is None or not axes.rect().contains(place)):
            place = None
        if place is None and self._cursor is None:
            return
        self._cursor = place
        if axes is not None:
            # The read-out stands in this strip; the overlay below it is not painted again.
            strip = axes.rect().adjusted(0, 0, 0, self._line_height() + 8 - axes.rect().height())
            self.update(strip.toAlignedRect())
        if place is None or axes is None:
            self.hovered.emit(None, None)
        else:
            self.hovered.emit(*axes.value(place))

    # ---- painting

    def _line_height(self) -> int:
        return self.fontMetrics().height()

    def paintEvent(self, event: QPaintEvent) -> None:
        self._paint_picture(event)
        if self._framed and self.hasFocus():
            with QPainter(self) as painter:
                painter.setPen(self.palette().color(QPalette.ColorRole.Highlight))
                painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _paint_picture(self, event: QPaintEvent) -> None:
        palette = self.palette()
        background = palette.color(QPalette.ColorRole.Base)
        with QPainter(self) as painter:
            axes = self.axes()
            if self._picture is None or axes is None:
                painter.fillRect(event.rect(), background)
                self._paint_words(painter, self._message or ("drawing…" if self._late else ""))
                return
            if (self._picture.width, self._picture.height) == (self.width(), self.height()):
                painter.drawPixmap(0, 0, self._picture.pixmap)
            else:
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                source = QRectF(self._picture.pixmap.rect())
                painter.drawPixmap(QRectF(self.rect()), self._picture.pixmap, source)
            if self._marks:
                if self._marks_layer is None:
                    self._mark_words = []
                    self._marks_layer = self._paint_layer(axes, self._marks, self._mark_words)
                painter.drawPixmap(0, 0, self._marks_layer)
            if self._trails and not self._paint_trails(painter, axes):
                QTimer.singleShot(0, self, self.update)
            if self._overlay:
                if self._layer is None:
                    self._layer = self._paint_layer(axes, self._overlay, list(self._mark_words))
                painter.drawPixmap(0, 0, self._layer)
            if self._dimmed or self._late or self._message:
                veil = QColor(background)
                veil.setAlphaF(0.55)  # pale enough to be noticed, still readable
                painter.fillRect(event.rect(), veil)
            if self._message:
                self._paint_words(painter, self._message)
            elif self._cursor is not None:
                self._paint_read_out(painter, axes, self._cursor)

    def _paint_trails(self, painter: QPainter, axes: Axes) -> bool:
        def pixels(columns: Sequence[Sequence[float]], first: int, end: int) -> Iterator[tuple[float, float]]:
            return zip(axes.across(columns[0][first:end]), axes.down(columns[1][first:end]), strict=True)

        ground = self.palette().color(QPalette.ColorRole.Base)
        return self._trails.paint(painter, (axes, axes.rect(), pixels), self._colour, ground)

    def _paint_words(self, painter: QPainter, words: str) -> None:
        painter.setPen(self.palette().color(QPalette.ColorRole.Text))
        room = self.rect().adjusted(12, 12, -12, -12)
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words)

    def _paint_read_out(self, painter: QPainter, axes: Axes, place: QPointF) -> None:
        x, y = axes.value(place)
        spec = self._spec or {}
        names = (spec.get(f"{axis}_name", spec.get(f"{axis}_label", axis)) for axis in ("x", "y"))
        words = "   ".join(f"{name} = {_digits(value)}" for name, value in zip(names, (x, y), strict=True))
        inner = axes.rect().toAlignedRect().adjusted(4, 3, -4, 0)
        words = self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, inner.width() - 8)
        box = QRect(0, 0, self.fontMetrics().horizontalAdvance(words) + 8, self._line_height() + 2)
        box.moveTopRight(inner.topRight())
        if box.adjusted(-20, -20, 20, 20).contains(place.toPoint()):
            box.moveTopLeft(inner.topLeft())
        ground = self.palette().color(QPalette.ColorRole.Base)
        ground.setAlphaF(0.85)
        painter.fillRect(box, ground)
        painter.setPen(self.palette().color(QPalette.ColorRole.Text))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

    def _colour(self, role: int | str) -> QColor:
        palette = self.palette()
        if role == "text":
            return palette.color(QPalette.ColorRole.Text)
        if role == "accent":
            return palette.color(QPalette.ColorRole.Highlight)
        return series_colour(palette, int(role))

    def _forget_layers(self) -> None:
        self._layer = self._marks_layer = None

    def _paint_layer(self, axes: Axes, overlay: Sequence[Overlay], words: list[QRectF]) -> QPixmap:
        ratio = self.devicePixelRatioF()
        layer = QPixmap(math.ceil(self.width() * ratio), math.ceil(self.height() * ratio))
        layer.setDevicePixelRatio(ratio)
        layer.fill(Qt.GlobalColor.transparent)
        with QPainter(layer) as painter:
            self._paint_overlay(painter, axes, overlay, words)
        return layer

    def _paint_overlay(self, painter: QPainter, axes: Axes, overlay: Sequence[Overlay], words: list[QRectF]) -> None:
        """words: where some stand already; more are added."""
        ground = self.palette().color(QPalette.ColorRole.Base)
        painter.setFont(self.font())
        painter.setClipRect(axes.rect())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for part in overlay:
            if isinstance(part, Raster):
                left, right = axes.across(part.x_limits)
                bottom, top = axes.down(part.y_limits)
                painter.drawImage(QRectF(QPointF(left, top), QPointF(right, bottom)), part.image)
                continue
            colours = (self._colour(part.colour), self._colour("text"), ground)
            paint_stroke(painter, prepare(part, axes), colours, axes, words)


def _digits(value: float) -> str:
    """A coordinate with the four digits that a pixel can tell apart."""
    return number_text(value, 4)


def _describe(spec: dict[str, Any]) -> str:
    """What a figure shows, in a sentence for those who cannot see it."""
    if spec.get("description"):
        return str(spec["description"])
    x, y = spec.get("x_label", "x"), spec.get("y_label", "y")
    match spec.get("kind"):
        case "contour":
            return f"Contour lines of {spec.get('name', 'f')} over {x} and {y}"
        case "curves":
            labels = ", ".join(str(row.get("label", "")) for row in spec.get("series", ()))
            return f"{y} over {x}: {labels}"
    return f"{y} over {x}"
