"""The source editor: colours, an underline where something is wrong, and a door that huge pastes do not pass."""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QMimeData, QPoint, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtWidgets import QTextEdit, QToolTip, QWidget

from explorer.language.limits import MAX_CHARACTERS
from explorer.ui import theme
from explorer.ui.code_edit import CodeEdit

if TYPE_CHECKING:
    from explorer.language.program import Span

_TOKEN = re.compile(
    r"(?P<comment>#.*)|(?P<text>\"\"\".*?(?:\"\"\"|$)|'[^']*')|(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|(?P<name>[^\W\d]\w*)"
)
_LONG_TEXT, _COLOUR_MS = 400, 20  # a text of more characters is shown first, read, and then coloured
_SPECIAL = ("where", "piecewise", "clip", "sum", "prod", "len", "range", "zip", "enumerate", "reversed")
_KEYWORDS = (
    "and",
    "or",
    "not",
    "if",
    "elif",
    "else",
    "def",
    "return",
    "while",
    "for",
    "in",
    "break",
    "continue",
    "pass",
)
_COLOURS = {  # on light ground, on dark ground
    "comment": ("#6a737d", "#8b949e"),
    "number": ("#8a3800", "#f0a868"),
    "function": ("#005a8d", "#6cb8ea"),
    "keyword": ("#7a3e9d", "#c9a4e4"),
    "text": ("#6a737d", "#8b949e"),
}


@lru_cache
def _format(kind: str, dark: bool) -> QTextCharFormat:
    look = QTextCharFormat()
    look.setForeground(QColor(_COLOURS[kind][dark]))
    return look


class Highlighter(QSyntaxHighlighter):
    """Colours numbers, words, function names and comments."""

    def __init__(self, document: QTextDocument, dark: bool) -> None:
        super().__init__(document)
        self.dark = dark
        self.waits = False  # a long text is shown first, and coloured in a later turn

    def highlightBlock(self, text: str) -> None:
        if self.waits:
            return
        # With the first text: the window paints before it.
        from explorer.language.primitives import RECIPROCALS, function_named

        for match in _TOKEN.finditer(text):
            kind = match.lastgroup or ""
            if kind == "name":
                word = match.group()
                if word in _KEYWORDS:
                    kind = "keyword"
                elif word in _SPECIAL or word in RECIPROCALS or function_named(word) is not None:
                    kind = "function"
                else:
                    continue
            self.setFormat(match.start(), match.end() - match.start(), _format(kind, self.dark))


class Editor(CodeEdit):
    """The text of the function. Undo is the session's, for it restores more than the text."""

    too_long = Signal(int)  # characters of a text that was not let in
    undo_asked = Signal()
    redo_asked = Signal()
    span_clicked = Signal(int, int)  # line from 1, column from 0 of the character under the pointer

    def __init__(self, parent: QWidget | None = None) -> None:
        self._error: Span | None = None
        self._said = ""
        self._lit: tuple[Span, ...] = ()
        super().__init__(parent)
        self.setObjectName("editor")
        self.setAccessibleName("Function: a formula, or several lines with names")
        self.setPlaceholderText("Type a function of any variables, e.g. sin(x*y) + x^2, or choose an example")
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self.setFont(theme.fixed_font(self, 1.1))
        self._highlighter = Highlighter(self.document(), theme.is_dark(self))
        self._colour_soon = QTimer(self, singleShot=True, interval=_COLOUR_MS)
        self._colour_soon.timeout.connect(self._colour)

    def setPlainText(self, text: str) -> None:
        """Replace the text, unless it is too long: one line of 100,000 characters would freeze the window."""
        if self._admits(len(text)):
            super().setPlainText(text)

    def insertPlainText(self, text: str) -> None:
        """Insert at the cursor, unless the whole would become too long."""
        if self._admits(self._length() + len(text)):
            super().insertPlainText(text)

    def appendPlainText(self, text: str) -> None:
        """Add a paragraph, unless the whole would become too long."""
        if self._admits(self._length() + len(text)):
            super().appendPlainText(text)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Paste as plain text, unless the whole would become too long."""
        selected = len(self.textCursor().selectedText())
        if source.hasText() and self._admits(self._length() - selected + len(source.text())):
            super().insertPlainText(source.text())

    def show_text(self, text: str) -> None:
        """Show the session's text, with the cursor where it was if it can stay there."""
        if text == self.toPlainText():
            return
        place = min(self.textCursor().position(), len(text))
        if len(text) > _LONG_TEXT:
            self._highlighter.waits = True
            self._colour_soon.start()
        blocked = self.blockSignals(True)
        self.setPlainText(text)
        self.blockSignals(blocked)
        self.place_gutter()  # which the blocked signals would have told
        cursor = self.textCursor()
        cursor.setPosition(place)
        self.setTextCursor(cursor)

    def underline(self, span: Span | None, message: str = "") -> None:
        """Mark the place of an error, or none; the mouse over it shows the message."""
        self._error, self._said = span, message
        self.mark()

    def message_at(self, place: QPoint) -> str:
        """What is wrong with the text at this place of the viewport; empty where nothing is underlined."""
        if self._error is None:
            return ""
        marked = self._selection(self._error, QTextCharFormat())  # held: its cursor dies with it
        here = self.cursorForPosition(place).position()
        return self._said if marked.cursor.selectionStart() <= here <= marked.cursor.selectionEnd() else ""

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and (message := self.message_at(event.pos())):
            # A tip guesses HTML: here it is, escaped.
            QToolTip.showText(event.globalPos(), f"<p>{html.escape(message)}</p>", self.viewport())
            return True
        return super().viewportEvent(event)

    def light(self, *spans: Span) -> None:
        """Mark the parts of the text that belong to what is selected elsewhere, or none; one of them is seen."""
        self._lit = spans
        self.mark()
        self._show_lit()

    def _show_lit(self) -> None:
        """Scroll to the first lit part where none is seen; the text cursor stays, for nobody has moved it."""
        height = self.viewport().height()
        places = [self.cursorRect(self._cursor(span.line, span.column)) for span in self._lit]
        if places and not any(place.top() >= 0 and place.bottom() <= height for place in places):
            lines = (places[0].center().y() - height // 2) / self.fontMetrics().lineSpacing()
            bar = self.verticalScrollBar()  # its unit is a line, of a wrapped text too
            bar.setValue(bar.value() + round(lines))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo_asked.emit()
        elif event.matches(QKeySequence.StandardKey.Redo):
            self.redo_asked.emit()
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        cursor = self.textCursor()
        if not cursor.hasSelection():
            column = cursor.positionInBlock()
            beyond = cursor.atBlockEnd() or event.position().x() < self.cursorRect().left()  # the gap nearest to it
            self.span_clicked.emit(cursor.blockNumber() + 1, max(column - 1, 0) if beyond else column)

    def changeEvent(self, event: object) -> None:
        super().changeEvent(event)
        if hasattr(self, "_highlighter") and self._highlighter.dark != theme.is_dark(self):
            self._highlighter.dark = theme.is_dark(self)
            self._colour()
            self.mark()

    def _colour(self) -> None:
        self._highlighter.waits = False
        blocked = self.blockSignals(True)  # new colours are no edit
        self._highlighter.rehighlight()
        self.blockSignals(blocked)

    def _length(self) -> int:
        return self.document().characterCount() - 1

    def _admits(self, length: int) -> bool:
        if length <= MAX_CHARACTERS:
            return True
        self.too_long.emit(length)
        return False

    def mark(self) -> None:
        """Show what is selected elsewhere, what is wrong, and the brackets at the cursor."""
        marks = self.bracket_marks()
        if self._lit:
            lit = QTextCharFormat()
            ground = self.palette().highlight().color()
            ground.setAlpha(70)
            lit.setBackground(ground)
            marks += [self._selection(span, lit) for span in self._lit]
        if self._error is not None:
            wave = QTextCharFormat()
            wave.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            wave.setUnderlineColor(theme.error_colour(self))
            faint = theme.error_colour(self)
            faint.setAlpha(45)
            wave.setBackground(faint)
            marks.append(self._selection(self._error, wave))
        self.setExtraSelections(marks)

    def _selection(self, span: Span, look: QTextFormat) -> QTextEdit.ExtraSelection:
        selection = QTextEdit.ExtraSelection()
        cursor = QTextCursor(self.document())
        start = self._position(span.line, span.column)
        end = max(self._position(span.end_line, span.end_column), start)
        if start == end:  # an empty place is shown on the character before it, or after it at the start of a line
            at_start = self.document().findBlock(start).position() == start
            start, end = (start, min(end + 1, self._length())) if at_start else (start - 1, end)
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        selection.cursor = cursor
        selection.format = look
        return selection

    def _cursor(self, line: int, column: int) -> QTextCursor:
        cursor = QTextCursor(self.document())
        cursor.setPosition(self._position(line, column))
        return cursor

    def _position(self, line: int, column: int) -> int:
        block = self.document().findBlockByNumber(min(max(line - 1, 0), self.document().blockCount() - 1))
        return block.position() + min(_units(block.text(), column), max(block.length() - 1, 0))


def _units(text: str, column: int) -> int:
    """Qt counts UTF-16 units: characters beyond the basic plane are two. Hundreds of places may be asked for."""
    before = text[:column]
    return column + len(before.encode("utf-16-le", "surrogatepass")) // 2 - len(before)
