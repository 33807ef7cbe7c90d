"""The widget that shows a typeset formula: it wraps at its width, zooms, copies, and tells which part was clicked.

Somewhat over 300 lines: one widget, and most of it are Qt's events, two or three lines each.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from time import perf_counter

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QFontInfo,
    QGuiApplication,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QSizePolicy, QWidget

from explorer.language.notation import Notation, Piece
from explorer.language.program import Span
from explorer.ui.collection import Hold
from explorer.ui.plain_text import plain_text
from explorer.ui.typeset import Layout, lay_out, laying_out
from explorer.ui.typeset_boxes import Box

# Letters of formulas are set this much larger than the widget's font, so that indices of indices stay legible.
FORMULA_SIZE = 1.35
MARGIN = 8  # pixels around the formula
LEAST_ZOOM, MOST_ZOOM = 0.5, 4.0
ZOOM_STEP = 1.1
LARGE = 200  # pieces of a formula: from here on it is laid out once, in parts, and not to find out what room it needs
MOST_SPOKEN = 1_500  # pieces that are written out for a screen reader
MANY_BOXES, RETIRED_A_TURN = 5_000, 1_000  # a layout that is taken apart in turns, for that too is felt
TURN_SECONDS = 0.008  # of layout in one turn of the event loop: half a frame
# Pieces of a formula whose layout is felt, beside all else that a resize moves: it is broken anew when the width has
# rested this long, and not for every width of a drag.
FELT, RESIZED_MS = 60, 60
HINTED_WIDTH = 560  # pixels: what sizeHint asks for at most, some 80 letters
HIGHLIGHT_SHARE = 0.35  # of the highlight colour in the background behind a highlighted part
# A copied picture has two pixels for one on the screen, but never more than some 16 million.
IMAGE_SCALE = 2.0
MOST_IMAGE_PIXELS = 16e6


class FormulaView(QAbstractScrollArea):
    """A formula, left aligned, as tall as it needs up to `greatest_height` pixels, scrolled beyond that.

    One that `fills` takes the room it is given, whatever the formula, and so spares the layouts that say what it needs;
    a large formula is taken to need the greatest height.
    Actions added by the caller (`addAction`) appear in the context menu below the two for copying.
    """

    piece_selected = Signal(object)  # the Piece clicked: the innermost one that has a ref or a span
    zoom_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None, greatest_height: int = 420, fills: bool = False) -> None:
        super().__init__(parent)
        self._notation: Notation | None = None
        self._laid: Layout | None = None
        self._dimmed = False
        self._zoom = 1.0
        self._highlighted: frozenset[int] = frozenset()
        self._marks: tuple[Layout, list[QRectF]] | None = None  # where the highlighted parts stand in a layout
        self.widens = False  # whether a click on what was clicked last takes the part around it
        self._clicked: Piece | None = None  # the innermost part that was clicked last …
        self._depth = 0  # … and how many parts, from the whole in, the one that was then taken is
        self._heights: dict[int, int] = {}
        self.greatest_height = greatest_height
        self._fills = fills
        self._work: Generator[None, None, Layout] | None = None
        self._hold = Hold()
        self._retired: list[Box] = []  # of a large layout that is no longer shown
        self._turns = QTimer(self, interval=0)
        self._turns.timeout.connect(self._lay_out_on)
        self._resized = QTimer(self, singleShot=True, interval=RESIZED_MS)
        self._resized.timeout.connect(self._lay_out)
        self._letters = 0  # pixels an em of the widget's font, 0 until it is asked for
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(not fills)
        self.setSizePolicy(policy)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.copy_text = QAction(self.tr("Copy as text"), self)
        self.copy_text.triggered.connect(self._copy_text)
        self.copy_image = QAction(self.tr("Copy as image"), self)
        self.copy_image.triggered.connect(self._copy_image)
        self.addActions([self.copy_text, self.copy_image])
        self.show_notation(None)

    def show_notation(self, notation: Notation | None) -> None:
        """Show another formula, or nothing; highlighting and scrolling start afresh."""
        self._notation = notation
        self._highlighted = frozenset()
        for action in (self.copy_text, self.copy_image):
            action.setEnabled(notation is not None)
        self._described = False
        if not self._large:
            self._describe()
        self._lay_out()
        self.horizontalScrollBar().setValue(0)
        self.verticalScrollBar().setValue(0)

    def _describe(self) -> None:
        """Write the formula out for a screen reader; a large one only when it is laid out, for both take time."""
        notation, description = self._notation, ""
        self._described = True
        if notation is not None:
            count = len(notation.pieces)
            description = plain_text(notation) if count <= MOST_SPOKEN else self.tr("A formula of %n signs", "", count)
        if notation is not None and not notation.complete:
            description += self.tr(" (parts are left out)")
        self.setAccessibleDescription(description)

    @property
    def notation(self) -> Notation | None:
        """What is shown."""
        return self._notation

    @property
    def laying_out(self) -> bool:
        """Whether a large formula is still being laid out; until then the one before it is seen."""
        return self._work is not None or self._resized.isActive()

    @property
    def laid_out(self) -> Layout | None:
        """The layout on the screen, None while nothing is shown."""
        return self._laid

    def set_dimmed(self, dimmed: bool) -> None:
        """Draw in the colour of placeholders: the answer to an earlier question."""
        self._dimmed = dimmed
        self.viewport().update()

    def highlight(self, spans: Iterable[Span] = (), refs: Iterable[int] = (), follow: bool = True) -> int:
        """Mark the parts that stand for these places in the source or these sub-expressions, and no others: how many.

        A span that no part has is taken for the smallest part around it. The first marked part is scrolled into view,
        if it is to be followed.
        """
        found: set[int] = set()
        if self._notation is not None:
            pieces = self._notation.pieces
            wanted = set(refs)
            found = {i for i, piece in enumerate(pieces) if piece.ref is not None and piece.ref in wanted}
            spans = set(spans)  # an input may be read in hundreds of places
            exact = {piece.span for piece in pieces} & spans
            found.update(i for i, piece in enumerate(pieces) if piece.span in exact)
            found.update(i for span in spans - exact if (i := _smallest_around(pieces, span)) is not None)
        self._highlighted, self._marks = frozenset(found), None
        if self._laid is not None and found and follow:
            rects = self._laid.rects(min(found))
            if rects:
                self._scroll_to(rects[0])
        self.viewport().update()
        return len(found)

    @property
    def zoom(self) -> float:
        """The size relative to the widget's font, 1 at first."""
        return self._zoom

    def set_zoom(self, zoom: float) -> None:
        """Show the formula larger or smaller, between LEAST_ZOOM and MOST_ZOOM."""
        zoom = min(max(zoom, LEAST_ZOOM), MOST_ZOOM)
        if zoom != self._zoom:
            self._zoom = zoom
            self._lay_out()
            self.zoom_changed.emit(zoom)

    def image(self, scale: float = IMAGE_SCALE) -> QImage:
        """The whole formula in black on white, as wide as it is laid out here; a null image while nothing is shown."""
        if self._laid is None:
            return QImage()
        width, height = self._laid.width + 2 * MARGIN, self._laid.height + 2 * MARGIN
        scale = min(scale, (MOST_IMAGE_PIXELS / (width * height)) ** 0.5)
        image = QImage(round(width * scale) or 1, round(height * scale) or 1, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(scale)
        image.fill(QColor("white"))
        with QPainter(image) as painter:
            painter.translate(MARGIN, MARGIN)
            self._laid.paint(painter, QColor("black"))
        return image

    def hasHeightForWidth(self) -> bool:
        """Whether a narrower view, which breaks more lines, asks for more height."""
        return not self._fills

    def heightForWidth(self, width: int) -> int:
        """The height in pixels at which nothing need be scrolled, at most `greatest_height`."""
        if width not in self._heights:
            frame = 2 * self.frameWidth()
            height = self._line_height()
            if self._large:
                height = self.greatest_height
            elif self._notation is not None:
                laid = self._laid_within(width - frame)
                height = max(height, round(laid.height + 0.5) + 2 * MARGIN)
                if laid.width > width - frame - 2 * MARGIN:
                    height += self.horizontalScrollBar().sizeHint().height()
            self._heights[width] = min(self.greatest_height, height + frame)
        return self._heights[width]

    def sizeHint(self) -> QSize:
        """As wide as the unbroken formula, at most HINTED_WIDTH."""
        if self._fills:
            return self.minimumSizeHint()
        width = HINTED_WIDTH
        if self._notation is not None and not self._large:
            natural = lay_out(self._notation, self._size()).width
            width = min(width, round(natural + 0.5) + 2 * MARGIN + 2 * self.frameWidth())
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        """One line of a short formula."""
        return QSize(8 * MARGIN, self._line_height() + 2 * self.frameWidth())

    @property
    def _large(self) -> bool:
        return self._notation is not None and len(self._notation.pieces) > LARGE

    def _size(self) -> float:
        """Pixels an em."""
        if not self._letters:  # kept: one resize asks a hundred times
            self._letters = QFontInfo(self.font()).pixelSize()
        return self._letters * FORMULA_SIZE * self._zoom

    def _line_height(self) -> int:
        return round(1.3 * self._size()) + 2 * MARGIN  # 1.3 em: letters with an exponent and an index

    def _laid_within(self, width: float) -> Layout:
        """The layout for this many pixels, margins included."""
        assert self._notation is not None
        room = max(1.0, width - 2 * MARGIN)
        laid = self._laid
        if laid is None or laid.notation is not self._notation or laid.size != self._size():
            return lay_out(self._notation, self._size(), room)
        if laid.room == room or (not laid.broken and laid.width <= room):
            return laid
        return lay_out(self._notation, self._size(), room)

    def _room_of_large(self) -> float:
        """The pixels between the margins, beside a scroll bar: a large formula is sure to need one."""
        width = self.maximumViewportSize().width() - self.verticalScrollBar().sizeHint().width() - 2 * MARGIN
        return max(1.0, width)

    def _lay_out(self) -> None:
        """Break lines for the present width, and give the scroll bars their ranges."""
        self._heights.clear()
        self._work = None
        self._turns.stop()
        self._resized.stop()
        self._hold.release()
        if self._laid is not None and len(self._laid.boxes) > MANY_BOXES and self._laid.notation is not self._notation:
            self._retired, self._laid = self._laid.boxes, None
            self._turns.start()
        if self._notation is None:
            self._laid = None
        elif self._large:
            room = self._room_of_large()
            laid = self._laid
            if laid is None or laid.notation is not self._notation or (laid.size, laid.room) != (self._size(), room):
                self._work = laying_out(self._notation, self._size(), room)
                self._hold.take()
                self._turns.start()
                self.updateGeometry()
                return
        else:
            # Measured without scroll bars first: their coming and going must not change what decides about them.
            free = self.maximumViewportSize()
            laid = self._laid_within(free.width())
            if laid.height + 2 * MARGIN > free.height():
                laid = self._laid_within(free.width() - self.verticalScrollBar().sizeHint().width())
            self._laid = laid
        self._set_ranges()
        self.updateGeometry()
        self.viewport().update()

    def _lay_out_on(self) -> None:
        """A few milliseconds of a large layout."""
        end = perf_counter() + TURN_SECONDS
        if self._retired:
            del self._retired[:RETIRED_A_TURN]  # parents first: each part dies by itself, and not all in one moment
            return
        if self._work is None:
            self._turns.stop()
        while self._work is not None and perf_counter() < end:
            try:
                next(self._work)
            except StopIteration as finished:
                self._work = None
                self._turns.stop()
                self._laid = finished.value
                self._hold.release()
                if not self._described:
                    self._describe()
                self._set_ranges()
                self.viewport().update()

    def _set_ranges(self) -> None:
        view = self.viewport().size()
        width = 0.0 if self._laid is None else self._laid.width + 2 * MARGIN
        height = 0.0 if self._laid is None else self._laid.height + 2 * MARGIN
        step = round(self._size())
        for bar, length, page in (
            (self.horizontalScrollBar(), width, view.width()),
            (self.verticalScrollBar(), height, view.height()),
        ):
            # Less than a pixel is nothing to scroll for.
            bar.setRange(0, max(0, round(length - page)))
            bar.setPageStep(page)
            bar.setSingleStep(step)

    def _origin(self) -> QPointF:
        """Where the layout's upper left corner is in the viewport; a low formula stands up to a line below the top."""
        spare = 0.0
        if self._laid is not None:
            spare = (self.viewport().height() - self._laid.height) / 2 - MARGIN
            spare = min(max(0.0, spare), float(self._line_height()))
        return QPointF(
            MARGIN - self.horizontalScrollBar().value(), MARGIN + round(spare) - self.verticalScrollBar().value()
        )

    def _scroll_to(self, rect: QRectF) -> None:
        place = rect.translated(self._origin())
        view = QRectF(self.viewport().rect())
        if not view.contains(place):
            horizontal, vertical = self.horizontalScrollBar(), self.verticalScrollBar()
            if place.left() < view.left() or place.right() > view.right():
                horizontal.setValue(horizontal.value() + round(place.left() - MARGIN))
            if place.top() < view.top() or place.bottom() > view.bottom():
                vertical.setValue(vertical.value() + round(place.top() - MARGIN))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the highlights, and the formula over them."""
        if self._laid is None:
            return
        palette = self.palette()
        with QPainter(self.viewport()) as painter:
            origin = self._origin()
            exposed = QRectF(event.rect()).translated(-origin)
            painter.translate(origin)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(_mixed(palette.highlight().color(), palette.base().color()))
            if self._highlighted:
                if self._marks is None or self._marks[0] is not self._laid:
                    self._marks = self._laid, self._laid.rects(*self._highlighted)
                for rect in self._marks[1]:
                    if rect.intersects(exposed):
                        painter.drawRoundedRect(rect.adjusted(-2, -2, 2, 2), 3, 3)
            role = QPalette.ColorRole.PlaceholderText if self._dimmed else QPalette.ColorRole.Text
            self._laid.paint(painter, palette.color(role), exposed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break the lines anew."""
        super().resizeEvent(event)
        laid = self._laid
        if laid is None or self._work is not None or len(laid.notation.pieces) <= FELT:
            self._lay_out()
            return
        self._set_ranges()
        if not self._large or laid.room != self._room_of_large():
            self._resized.start()

    def changeEvent(self, event: QEvent) -> None:
        """A new font or style gives another size; a new palette is drawn with as it is."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._letters = 0
            self._lay_out()
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell which part was clicked."""
        if event.button() == Qt.MouseButton.LeftButton and self._laid is not None and self._notation is not None:
            place = event.position() - self._origin()
            pieces = [self._laid.notation.pieces[i] for i in self._laid.pieces_at(place.x(), place.y())]
            meaning = [piece for piece in pieces if piece.ref is not None or piece.span is not None]
            if parts := meaning or pieces:
                again = self.widens and parts[-1] is self._clicked
                self._depth = self._depth - 1 if again and self._depth > 1 else len(parts)
                self._clicked = parts[-1]
                self.piece_selected.emit(parts[min(self._depth, len(parts)) - 1])
        # Not passed on: a click here is never meant for the window behind.
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Belongs to the press."""
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom with Ctrl, else scroll; what cannot be scrolled further goes to the window around."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            # 120 eighths of a degree are one notch of a wheel
            self.set_zoom(self._zoom * ZOOM_STEP ** (event.angleDelta().y() / 120))
            event.accept()
        else:
            super().wheelEvent(event)

    def _copy_text(self) -> None:
        if self._notation is not None:
            QGuiApplication.clipboard().setText(plain_text(self._notation))

    def _copy_image(self) -> None:
        if self._laid is not None:
            QGuiApplication.clipboard().setImage(self.image())


def _smallest_around(pieces: tuple[Piece, ...], span: Span) -> int | None:
    """The smallest piece around this place: children stand before their parents."""
    start, end = (span.line, span.column), (span.end_line, span.end_column)
    for i, piece in enumerate(pieces):
        own = piece.span
        if own is not None and (own.line, own.column) <= start and (own.end_line, own.end_column) >= end:
            return i
    return None


def _mixed(colour: QColor, ground: QColor) -> QColor:
    """The colour thinned with the ground, opaque: overlapping marks look like one."""
    share, rest = HIGHLIGHT_SHARE, 1 - HIGHLIGHT_SHARE
    return QColor.fromRgbF(
        share * colour.redF() + rest * ground.redF(),
        share * colour.greenF() + rest * ground.greenF(),
        share * colour.blueF() + rest * ground.blueF(),
    )
