"""The map in the corner of a graph's view: the whole drawing small, and the part that is seen."""

from __future__ import annotations

from collections.abc import Callable, Collection

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QGraphicsView, QWidget

from explorer.ui.graph_paint import Style
from explorer.ui.graph_picture import Picture

MOST_WIDTH, MOST_HEIGHT, LEAST_HEIGHT = 168, 92, 14  # pixels
PAD = 4
GAP = 8  # to the view's corner


class GraphMap(QWidget):
    """A map that is a cached pixmap with a frame over it; a click or a drag goes to that place."""

    gone_to = Signal(QPointF)  # a place of the drawing

    def __init__(self, parent: QGraphicsView) -> None:
        super().__init__(parent)
        self.setObjectName("graph.map")
        self.setAccessibleName("Map of the graph; click to go there")
        self.setToolTip("The whole graph: click or drag to go there")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.wanted = True  # whether it may be seen at all
        self._of_use = False  # while there is more of the graph than is seen, and room beside it
        self._pixmap = QPixmap()
        self._scale_x = self._scale_y = 1.0
        self._frame = QRectF()
        self._active: list[QPointF] = []
        self._picture: Picture | None = None
        self._style: Style | None = None
        self.hide()

    def show_picture(self, picture: Picture, style: Style) -> None:
        """Draw the map anew."""
        self._picture, self._style = picture, style
        width, height = max(picture.area.width(), 1.0), max(picture.area.height(), 1.0)
        scale = min((MOST_WIDTH - 2 * PAD) / width, (MOST_HEIGHT - 2 * PAD) / height)
        # A very long drawing is squeezed lengthwise only: a band of a pixel's height shows nothing.
        self._scale_x = scale
        self._scale_y = max(scale, min(0.2, (LEAST_HEIGHT - 2 * PAD) / height))
        size = (round(width * self._scale_x) + 2 * PAD, round(height * self._scale_y) + 2 * PAD)
        self._pixmap = QPixmap(*size)
        self._pixmap.fill(Qt.GlobalColor.transparent)
        with QPainter(self._pixmap) as painter:
            painter.setPen(QPen(style.colours.line, 0))  # as wide as a pixel, however small the box
            painter.setBrush(style.colours.line)
            painter.translate(PAD, PAD)
            painter.scale(self._scale_x, self._scale_y)
            painter.drawRects(picture.boxes)
        self.resize(*size)
        self.show_active(picture.state.active_nodes)

    def _small(self, box: QRectF) -> QRectF:
        return QRectF(
            box.x() * self._scale_x,
            box.y() * self._scale_y,
            max(1.0, box.width() * self._scale_x),
            max(1.0, box.height() * self._scale_y),
        )

    def show_frame(self, seen: QRectF, whole: bool, room: QRect, free: Callable[[QRect], bool]) -> None:
        """Mark the part that is seen; the map hides when that is all of it, or where it would cover a node.

        `free` tells whether there is no node below a part of the `room`, the view's pixels.
        """
        self._frame = seen
        self._of_use = not whole and self._picture is not None and self._settle(room, free)
        self.setVisible(self.wanted and self._of_use)
        self.update()

    def _settle(self, room: QRect, free: Callable[[QRect], bool]) -> bool:
        """Stand where nothing is covered, if possible where it stands already; whether there is such a corner."""
        lower_left = QPoint(room.left() + GAP, room.bottom() - GAP - self.height())
        upper_right = QPoint(room.right() - GAP - self.width(), room.top() + GAP)
        for corner in sorted((lower_left, upper_right), key=lambda corner: corner != self.pos()):
            if free(QRect(corner, self.size())):
                self.move(corner)
                return True
        return False

    def show_active(self, nodes: Collection[int]) -> None:
        """Mark the nodes of the present step."""
        if self._picture is not None:
            self._active = [self._picture.boxes[node].center() for node in nodes]
            self.update()

    def set_wanted(self, wanted: bool) -> None:
        """Show the map where it is of use, or never."""
        self.wanted = wanted
        self.setVisible(wanted and self._of_use)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._style is None:
            return
        colours = self._style.colours
        with QPainter(self) as painter:
            ground = QColor(colours.ground)
            ground.setAlpha(230)
            painter.setPen(QPen(colours.muted, 1))
            painter.setBrush(ground)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
            painter.drawPixmap(0, 0, self._pixmap)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.flow)
            for at in self._active:
                painter.drawEllipse(QPointF(PAD + at.x() * self._scale_x, PAD + at.y() * self._scale_y), 2.5, 2.5)
            painter.setPen(QPen(colours.ring, 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            frame = self._small(self._frame).translated(PAD, PAD)
            painter.drawRect(frame.intersected(QRectF(self.rect()).adjusted(1, 1, -2, -2)))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go where the pointer is."""
        at = event.position()
        self.gone_to.emit(QPointF((at.x() - PAD) / self._scale_x, (at.y() - PAD) / self._scale_y))
        event.accept()
