"""A label for words with m̂, v̄ and v̇ in them, in the formulas' font: the usual ones misplace or lose these marks.

The mark of a name of several letters stands behind it in the text, and is drawn over all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QFont,
    QFontInfo,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QPalette,
    QTextLayout,
    QTextLine,
    QTextOption,
)
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from explorer.ui.math_font import math_font

_SCALE = 1.18  # STIX looks smaller than a sans serif of the same size
# Of the font's size. Its own line spacing is made for integrals, more than three times that.
_LINE = 1.32
_BASELINE = 1.0
_SIDE = 2  # pixels: the bar of t̄ is wider than its letter
_MORE = " …"  # the rest is in the tooltip
_BAR, _DOT = "\u0304", "\u0307"
_LONG = re.compile(rf"([^\W\d]\w+)([{_BAR}{_DOT}])")
_THICKNESS, _CLEAR = 0.07, 0.06  # of the font's size: that of a bar, half of a dot, and how far they are above the name


class MathLabel(QLabel):
    """Plain text in STIX Two Math, wrapped, with a fixed number of lines, so that nothing moves when the text does."""

    def __init__(self, lines: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        math_font()  # makes the family known
        self._font = QFont("STIX Two Math")
        self.set_lines(lines)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_lines(self, lines: int) -> None:
        """Have room for so many lines from now on."""
        self._most = lines
        self._font.setPixelSize(round(QFontInfo(self.font()).pixelSize() * _SCALE))
        self._height = round(lines * _LINE * self._font.pixelSize()) + 2
        self.setFixedHeight(self._height)

    def setText(self, text: str) -> None:
        """Show a text, its paragraphs run together where they would need more lines than there are; all of it is in the
        tooltip too, should that not be enough."""
        needed, together = self.needs(text), text.replace("\n", "   ")
        if needed > self._most >= (fewer := self.needs(together)):
            text, needed = together, fewer
        super().setText(text)
        self.setToolTip(text if needed > self._most else "")
        self.setAccessibleDescription(text)

    def sizeHint(self) -> QSize:
        return QSize(200, self._height)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.set_lines(self._most)

    def needs(self, text: str) -> int:
        """How many lines a text takes at the present width."""
        return len(list(self._lines(text)))

    def _lines(self, text: str, shortened: int = -1) -> Iterator[tuple[QTextLayout, int]]:
        """Each line to be drawn, as a layout and the line's number in it; without the marks of long names.

        The line of the number `shortened` leaves room for the sign that more follows.
        """
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WordWrap)
        place = 0
        for paragraph in text.split("\n"):
            layout = QTextLayout(_LONG.sub(r"\1", paragraph), self._font)
            layout.setTextOption(option)
            layout.beginLayout()
            while (line := layout.createLine()).isValid():
                room = QFontMetricsF(self._font).horizontalAdvance(_MORE) if place == shortened else 0.0
                line.setLineWidth(max(self.width() - 2 * _SIDE - room, 40))
                place += 1
            layout.endLayout()
            for number in range(layout.lineCount()):
                yield layout, number

    def paintEvent(self, event: QPaintEvent) -> None:
        size = self._font.pixelSize()
        role = QPalette.ColorRole.WindowText if self.isEnabled() else QPalette.ColorRole.PlaceholderText
        marks = [list(_marks(paragraph)) for paragraph in self.text().split("\n")]
        paragraph = -1
        with QPainter(self) as painter:
            painter.setPen(self.palette().color(role))
            painter.setBrush(self.palette().color(role))
            painter.setClipRect(QRectF(self.rect()))
            lines, last = list(self._lines(self.text())), -1
            if len(lines) > self._most:
                last = self._most - 1
                lines = list(self._lines(self.text(), shortened=last))[: self._most]
            for place, (layout, number) in enumerate(lines):
                paragraph += number == 0
                line = layout.lineAt(number)
                baseline = place * _LINE * size + _BASELINE * size
                line.draw(painter, QPointF(_SIDE, baseline - line.ascent() - line.y()))
                if place == last:
                    painter.setFont(self._font)
                    painter.drawText(QPointF(_SIDE + line.naturalTextWidth(), baseline), _MORE)
                for start, end, mark in marks[paragraph]:
                    if line.textStart() <= start and end <= line.textStart() + line.textLength():
                        self._draw_mark(painter, line, start, end, mark, baseline)

    def _draw_mark(self, painter: QPainter, line: QTextLine, start: int, end: int, mark: str, baseline: float) -> None:
        """The bar over these letters of the line, or the dot over their middle."""
        size = self._font.pixelSize()
        left, right = (_SIDE + line.cursorToX(place)[0] for place in (start, end))
        over = baseline - QFontMetricsF(self._font).capHeight() - _CLEAR * size
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if mark == _BAR:
            painter.drawRect(QRectF(left, over - _THICKNESS * size, right - left, _THICKNESS * size))
        else:
            painter.drawEllipse(QPointF((left + right) / 2, over - _THICKNESS * size), *2 * [_THICKNESS * size])
        painter.restore()


def _marks(paragraph: str) -> Iterator[tuple[int, int, str]]:
    """The marks of the long names: from where to where, in the text without these marks, and which."""
    for gone, found in enumerate(_LONG.finditer(paragraph)):
        yield found.start() - gone, found.end(1) - gone, found[2]
