"""Rows of a tree or table that show a word and, below it, a typeset formula, wrapped at the row's width."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontInfo, QFontMetrics, QPainter, QPalette
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTreeWidget

from explorer.language.notation import Notation
from explorer.ui.typeset import Layout, laying_out

NOTATION = Qt.ItemDataRole.UserRole + 1
HEADING = Qt.ItemDataRole.UserRole + 2
_SIZE = 1.2  # of the formula's letters, relative to the view's font
_MARGIN = 3  # pixels above and below a row's contents
_GAP = 2  # pixels between the heading and its formula
_LEAST = 120.0  # pixels: deep inside, a formula is scrolled rather than broken into splinters

Index = QModelIndex | QPersistentModelIndex


class FormulaRows(QStyledItemDelegate):
    """Draws an index's HEADING and below it its NOTATION."""

    def __init__(self, tree: QTreeWidget) -> None:
        super().__init__(tree)
        self._tree = tree
        # By the notation's id, which it keeps as long as it is held here: with the width it was laid out for.
        self._laid: dict[int, tuple[Notation, int, Layout]] = {}
        self.dimmed = False

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        laid = self._layout(index)
        heading = QFontMetrics(self._small()).height()
        return QSize(round(laid.width) + 8, round(heading + _GAP + laid.height) + 2 * _MARGIN)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        style = self._tree.style()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, self._tree)
        palette = self._tree.palette()
        rect: QRect = option.rect  # type: ignore[attr-defined]
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)  # type: ignore[attr-defined]
        ink = QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.Text
        faint = ink if chosen else QPalette.ColorRole.PlaceholderText
        laid = self._layout(index)
        small = self._small()
        heading = QFontMetrics(small).height()
        painter.save()
        painter.setFont(small)
        painter.setPen(palette.color(faint))
        place = QRectF(rect.left() + 2, rect.top() + _MARGIN, rect.width() - 2, heading)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), index.data(HEADING))
        painter.translate(QPointF(rect.left() + 2, rect.top() + _MARGIN + heading + _GAP))
        laid.paint(painter, palette.color(faint if self.dimmed else ink))
        painter.restore()

    def forget(self) -> None:
        """Other rows."""
        self._laid.clear()

    def row(self, index: Index) -> tuple[Notation, int]:
        """An index's notation, and how deep it stands in the tree: 1 for the outermost."""
        depth, above = 1, index.parent()
        while above.isValid():
            depth, above = depth + 1, above.parent()
        return index.data(NOTATION), depth

    def prepare(self, notation: Notation, depth: int) -> None:
        """Lay a row out for the present width. Until then it is drawn as it was laid out for another one."""
        for _ in self.preparing(notation, depth):
            pass

    def preparing(self, notation: Notation, depth: int) -> Iterator[None]:
        """The same in parts, before the row is needed: all rows at once would be felt, and even a long one."""
        width = self._tree.viewport().width() - depth * self._tree.indentation() - 10
        laid = self._laid.get(id(notation))
        if laid is None or laid[1] != width:
            size = QFontInfo(self._tree.font()).pixelSize() * _SIZE
            layout = yield from laying_out(notation, size, max(_LEAST, width))
            layout.boxes.clear()  # nobody selects in a row, and to let go of all of them at once is felt too
            self._laid[id(notation)] = (notation, width, layout)

    def _small(self) -> QFont:
        font = QFont(self._tree.font())
        font.setPointSizeF(font.pointSizeF() * 0.9)
        return font

    def _layout(self, index: Index) -> Layout:
        key = id(index.data(NOTATION))
        if key not in self._laid:
            self.prepare(*self.row(index))
        return self._laid[key][2]
