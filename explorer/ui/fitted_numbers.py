"""Cells whose numbers are written with as many digits as have room: half of a number is none."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from explorer.ui.panel import ALL_DIGITS, number_text

_GRID = 2  # pixels: the line between cells, and what the width of a text is rounded by
NUMBER = Qt.ItemDataRole.UserRole  # under which a cell has its number, as number_text takes it


class FittedNumbers(QStyledItemDelegate):
    """Writes a number that is wider than its cell with fewer digits, two at least."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._found: dict[tuple[float, str, int], str] = {}

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        super().initStyleOption(option, index)
        number = index.data(NUMBER)
        if not isinstance(number, float) or not option.text:
            return
        style, widget = option.widget.style(), option.widget
        margin = style.pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin, None, widget) + 1
        room = option.rect.width() - 2 * margin - _GRID
        if option.fontMetrics.horizontalAdvance(option.text) <= room:
            return
        key = (number, option.text, room)
        if key not in self._found:
            if len(self._found) > 5_000:
                self._found.clear()
            self._found[key] = self._fitted(number, option, room)
        option.text = self._found[key]

    @staticmethod
    def _fitted(number: float, option: QStyleOptionViewItem, room: int) -> str:
        text = option.text
        for digits in range(min(len(text), ALL_DIGITS) - 1, 1, -1):
            text = number_text(number, digits)
            if option.fontMetrics.horizontalAdvance(text) <= room:
                break
        return text
