"""The page of sizes: f and its derivatives as bars on one logarithmic scale, with the factor between them."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from explorer.ui.figure_theme import SERIES_ON_DARK, SERIES_ON_LIGHT
from explorer.ui.panel import count_text
from explorer.ui.panels.symbolic.page import Page
from explorer.ui.session import Question
from explorer.ui.theme import is_dark
from explorer.ui.worker import Crew
from explorer.work.ends import End
from explorer.work.wire import Message

_MEASURES = (
    ("operations", "operations", "sums, products, powers and calls, as SymPy counts them"),
    ("tree", "nodes of the tree", "every repetition written out"),
    ("dag", "shared graph", "each distinct sub-expression once"),
    ("after_cse", "operations after CSE", "common parts named and computed once"),
    ("characters", "characters", "of SymPy's text, measured without being written"),
)
_MIN_BAR = 3.0  # pixels: a size of 1 is still seen


class SizesPage(Page):
    """The bars, and below them what they say."""

    name = "sizes"
    title = "Sizes"

    def __init__(self, crew: Crew, parent: QWidget | None = None) -> None:
        super().__init__(crew, parent)
        self.bars = Bars()
        self.words = QLabel(objectName="sizes.words", wordWrap=True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setAccessibleName("What the sizes show")
        self.column.addWidget(self.bars, 1)
        self.column.addWidget(self.words)

    def asks(self, question: Question) -> Message | None:
        return None  # the panel hands on what its first page is answered

    def show_answer(self, answer: dict[str, Any]) -> None:
        """The sizes {"function": …, "derivative": …} as far as they are known; {} for none."""
        self.bars.show_sizes(answer)
        self.words.setText(_said(answer))
        self.set_dimmed(False)

    def show_end(self, end: End) -> None:
        pass

    def set_dimmed(self, dimmed: bool) -> None:
        self.bars.setEnabled(not dimmed)
        self.words.setEnabled(not dimmed)


class Bars(QWidget):
    """Two bars a measure, of f and of its derivatives together, from 1 on a logarithmic scale."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sizes.bars")
        self.setAccessibleName("Sizes of the function and of its derivatives, as bars")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._sizes: dict[str, Any] = {}

    def show_sizes(self, sizes: dict[str, Any]) -> None:
        """Draw these."""
        self._sizes = sizes
        self.setAccessibleDescription("; ".join(self._line(key, words) for key, words, _ in _MEASURES))
        self.update()

    def _pair(self, key: str) -> tuple[int | None, int | None]:
        before, after = (self._sizes.get(part, {}).get(key) for part in ("function", "derivative"))
        return before, after

    def _line(self, key: str, words: str) -> str:
        before, after = self._pair(key)
        return f"{words}: {before if before is not None else '…'} and {after if after is not None else '…'}"

    def minimumSizeHint(self) -> QSize:
        """Five measures, three lines each."""
        return QSize(220, round(5 * 3.3 * self.fontMetrics().height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        palette = self.palette()
        text = palette.color(QPalette.ColorRole.Text if self.isEnabled() else QPalette.ColorRole.PlaceholderText)
        faint = palette.color(QPalette.ColorRole.PlaceholderText)
        series = SERIES_ON_DARK if is_dark(self) else SERIES_ON_LIGHT
        colours = (QColor(series[0]), QColor(series[1])) if self.isEnabled() else (faint, faint)
        sizes = [size for key, _, _ in _MEASURES for size in self._pair(key) if size]
        most = math.log10(max([10, *sizes]))
        line = self.fontMetrics().height()
        number = self.fontMetrics().horizontalAdvance("000,000,000") + 8
        room = self.width() - number - self.fontMetrics().horizontalAdvance("f′ ") - 4
        height = min(self.height() / len(_MEASURES), 4.6 * line)
        bold = QFont(self.font())
        bold.setBold(True)
        left = self.fontMetrics().horizontalAdvance("f′ ") + 2
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for place, (key, words, meaning) in enumerate(_MEASURES):
                top = place * height
                before, after = self._pair(key)
                painter.setPen(text)
                painter.setFont(bold)
                painter.drawText(QRectF(0, top, self.width(), line), words)
                growth = f"× {after / before:.3g}" if before and after else ""
                painter.drawText(QRectF(0, top, self.width(), line), Qt.AlignmentFlag.AlignRight, growth)
                painter.setFont(self.font())
                painter.setPen(faint)
                shift = self.fontMetrics().horizontalAdvance(words) * 1.1 + 10
                space = self.width() - shift - self.fontMetrics().horizontalAdvance(growth) * 1.2 - 6
                cut = self.fontMetrics().elidedText(meaning, Qt.TextElideMode.ElideRight, round(max(space, 0)))
                painter.drawText(QRectF(shift, top, space, line), cut)
                bar = min(line, (height - line) / 2 - 3)
                for row, (name, size, colour) in enumerate((("f", before, colours[0]), ("f′", after, colours[1]))):
                    y = top + line + 2 + row * (bar + 2)
                    painter.setPen(text)
                    painter.drawText(QRectF(0, y, left, bar), Qt.AlignmentFlag.AlignVCenter, name)
                    if size is None:
                        painter.drawText(QRectF(left, y, 60, bar), Qt.AlignmentFlag.AlignVCenter, "…")
                        continue
                    width = max(_MIN_BAR, room * math.log10(max(size, 1)) / most) if size else 0.0
                    painter.fillRect(QRectF(left, y + 1, width, bar - 2), colour)
                    painter.drawText(
                        QRectF(left + width + 5, y, number, bar), Qt.AlignmentFlag.AlignVCenter, count_text(size)
                    )


def _said(sizes: dict[str, Any]) -> str:
    """What the sizes mean, in a sentence or two."""
    before, after = sizes.get("function"), sizes.get("derivative")
    if not before or not after:
        return ""
    words = "Bars on a logarithmic scale; f′: all derivatives shown on the first page together."
    if after["after_cse"] is None or not after["operations"]:
        return words
    repeated = after["operations"] / max(after["after_cse"], 1)
    if repeated >= 1.5:
        return f"{words} Written as a tree, f′ repeats itself: shared, it needs {repeated:.3g} times fewer operations."
    return f"{words} f′ hardly repeats itself: sharing saves little here."
