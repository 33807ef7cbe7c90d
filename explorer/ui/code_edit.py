"""A plain text edit for short programs: line numbers, matching brackets, completion with meanings, indentation."""

from __future__ import annotations

import re
from functools import lru_cache

from PySide6.QtCore import QModelIndex, QRect, QSize, QStringListModel, Qt
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import (
    QCompleter,
    QListView,
    QPlainTextEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTextEdit,
    QWidget,
)

INDENT = 4  # spaces, as in Python
_FIRST_LETTERS = 2  # a list of names appears from here on: after one letter it would be in the way
_PAIRS = {"(": ")", "[": "]", ")": "(", "]": "["}
_ROW_MARGIN = 16  # pixels beside the words of a row in the list of names
_WORD = re.compile(r"[^\W\d]\w*$")
_NAMES = re.compile(r"[^\W\d]\w*")
_KEYWORDS = {
    "def": "begins a function: def f(x, y):",
    "return": "gives the function's value, or several",
    "while": "repeats as long as a condition holds",
    "for": "repeats over range(n) or a list",
    "range": "whole numbers: range(stop), range(start, stop, step)",
    "zip": "lists side by side: for x, y in zip(xs, ys)",
    "enumerate": "items with their number: for i, x in enumerate(xs)",
    "reversed": "items from the last to the first: for x in reversed(xs)",
    "sum": "of a list, of x[0..9], or of terms: sum(x[i]*i for i in range(10))",
    "prod": "product, written as sum is",
}


@lru_cache(maxsize=1)
def meanings() -> dict[str, str]:
    """What can be typed, with its meaning in one line."""
    # At the first completion: the window paints before it.
    from explorer.language.formula import CONSTANTS, FORMS
    from explorer.language.primitives import OPERATORS, PRIMITIVES, RECIPROCALS

    found = {row.name: row.meaning for row in PRIMITIVES.values() if row.name not in OPERATORS}
    found["ln"] = PRIMITIVES["log"].meaning
    found |= {name: f"1/{under}(x)" for name, under in RECIPROCALS.items()}
    return found | FORMS | dict.fromkeys(CONSTANTS, "constant") | _KEYWORDS


class _NameWithMeaning(QStyledItemDelegate):
    """A row of the list of names: the name, and beside it in a fainter colour what it means."""

    def _meaning(self, name: str) -> str:
        return meanings().get(name, "a name of this text")

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        hint = super().sizeHint(option, index)
        words = f"{index.data()}   {self._meaning(index.data())}"
        return QSize(option.fontMetrics.horizontalAdvance(words) + _ROW_MARGIN, hint.height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        super().paint(painter, option, index)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        colour = option.palette.highlightedText() if chosen else option.palette.placeholderText()
        place = option.rect.adjusted(option.fontMetrics.horizontalAdvance(f"{index.data()}   ") + 4, 0, -4, 0)
        painter.save()
        painter.setPen(colour.color())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, self._meaning(index.data()))
        painter.restore()


class _Gutter(QWidget):
    """The line numbers, painted by the edit that they belong to."""

    def __init__(self, edit: CodeEdit) -> None:
        super().__init__(edit)
        self._edit = edit

    def sizeHint(self) -> QSize:
        return QSize(self._edit.gutter_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._edit.paint_gutter(self, event)


class CodeEdit(QPlainTextEdit):
    """The editing itself; what the text means is its subclass's."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._gutter = _Gutter(self)
        self.completer = QCompleter(self)
        self.completer.setWidget(self)
        self.completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._names = QStringListModel(self.completer)
        self.completer.setModel(self._names)
        list_view = QListView()
        list_view.setAccessibleName("Completions")
        self.completer.setPopup(list_view)
        list_view.setItemDelegate(_NameWithMeaning(list_view))  # after setPopup, which sets its own
        self.completer.activated.connect(self._complete)
        self.blockCountChanged.connect(self.place_gutter)
        self.updateRequest.connect(self._scroll_gutter)
        self.cursorPositionChanged.connect(self.mark)
        self.place_gutter()

    def mark(self) -> None:
        """Show the extra selections: here the matching brackets; a subclass adds its own."""
        self.setExtraSelections(self.bracket_marks())

    # -- line numbers ----------------------------------------------------------------------------------------------

    def gutter_width(self) -> int:
        """Pixels for the largest line number; 0 for a single line, which needs none."""
        lines = self.blockCount()
        if lines < 2:
            return 0
        return 10 + self.fontMetrics().horizontalAdvance("9") * len(str(lines))

    def paint_gutter(self, gutter: QWidget, event: QPaintEvent) -> None:
        """The numbers of the lines that are seen."""
        with QPainter(gutter) as painter:
            painter.fillRect(event.rect(), self.palette().alternateBase())
            painter.setFont(self.font())
            block = self.firstVisibleBlock()
            top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
            height = self.fontMetrics().height()
            while block.isValid() and top <= event.rect().bottom():
                here = block.blockNumber() == self.textCursor().blockNumber()
                painter.setPen(self.palette().text().color() if here else self.palette().placeholderText().color())
                place = QRect(0, round(top), gutter.width() - 5, height)
                painter.drawText(place, Qt.AlignmentFlag.AlignRight, str(block.blockNumber() + 1))
                top += self.blockBoundingRect(block).height()
                block = block.next()

    def place_gutter(self) -> None:
        """Make the room that the largest line number needs."""
        width = self.gutter_width()
        self.setViewportMargins(width, 0, 0, 0)
        inside = self.contentsRect()
        self._gutter.setGeometry(QRect(inside.left(), inside.top(), width, inside.height()))
        self._gutter.setVisible(width > 0)

    def _scroll_gutter(self, area: QRect, down: int) -> None:
        if down:
            self._gutter.scroll(0, down)
        else:
            self._gutter.update(0, area.y(), self._gutter.width(), area.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.place_gutter()

    # -- brackets --------------------------------------------------------------------------------------------------

    def bracket_marks(self) -> list[QTextEdit.ExtraSelection]:
        """The bracket at the cursor and its partner, or the bracket alone, as an error, where it has none."""
        if not self.hasFocus():  # nobody looks at this cursor
            return []
        text, cursor = self.toPlainText(), self.textCursor()
        for place in (cursor.position() - 1, cursor.position()):
            if 0 <= place < len(text) and text[place] in _PAIRS:
                partner = _partner(text, place)
                ground = self.palette().highlight().color() if partner is not None else QColor("#b3261e")
                ground.setAlpha(90)
                look = QTextCharFormat()
                look.setBackground(ground)
                return [self._one(p, look) for p in (place, partner) if p is not None]
        return []

    def _one(self, place: int, look: QTextCharFormat) -> QTextEdit.ExtraSelection:
        selection = QTextEdit.ExtraSelection()
        cursor = QTextCursor(self.document())
        cursor.setPosition(place)
        cursor.setPosition(place + 1, QTextCursor.MoveMode.KeepAnchor)
        selection.cursor, selection.format = cursor, look
        return selection

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.mark()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.mark()

    # -- keys ------------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter indents, Tab indents inside an algorithm's margin, the list of names takes its own keys."""
        key = event.key()
        popup = self.completer.popup()
        if popup.isVisible() and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab, Qt.Key.Key_Escape):
            event.ignore()  # the completer handles them
            return
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._break_line()
        elif key == Qt.Key.Key_Tab and self._in_margin():
            self.insertPlainText(" " * (INDENT - self.textCursor().positionInBlock() % INDENT))
        elif key == Qt.Key.Key_Backspace and self._in_margin() and self.textCursor().positionInBlock():
            self._unindent()
        else:
            asked = key == Qt.Key.Key_Space and bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            if not asked:
                super().keyPressEvent(event)
            self._offer(asked, typed=bool(event.text().strip()))
            return
        popup.hide()

    def _in_margin(self) -> bool:
        """Whether only blank space stands before the cursor, in a text of several lines that is an algorithm."""
        cursor = self.textCursor()
        before = cursor.block().text()[: cursor.positionInBlock()]
        return not before.strip() and not cursor.hasSelection() and "def " in self.toPlainText()

    def _break_line(self) -> None:
        cursor = self.textCursor()
        before = cursor.block().text()[: cursor.positionInBlock()]
        margin = len(before) - len(before.lstrip(" "))
        last = before.strip()
        if last.endswith(":"):
            margin += INDENT
        elif last.split(" ")[0] in ("return", "break", "continue"):
            margin = max(0, margin - INDENT)
        self.insertPlainText("\n" + " " * margin)
        self.ensureCursorVisible()

    def _unindent(self) -> None:
        cursor = self.textCursor()
        count = (cursor.positionInBlock() - 1) % INDENT + 1
        cursor.movePosition(QTextCursor.MoveOperation.Left, QTextCursor.MoveMode.KeepAnchor, count)
        cursor.removeSelectedText()

    # -- completion ------------------------------------------------------------------------------------------------

    def _offer(self, asked: bool, typed: bool) -> None:
        """Show the names that begin with the word before the cursor: functions, keywords, and the text's own."""
        popup = self.completer.popup()
        cursor = self.textCursor()
        match = _WORD.search(cursor.block().text()[: cursor.positionInBlock()])
        word = match.group() if match else ""
        if not asked and (not typed or len(word) < _FIRST_LETTERS):
            popup.hide()
            return
        own = set(_NAMES.findall(self.toPlainText())) - {word}
        self._names.setStringList(sorted({*meanings(), *own}, key=str.lower))
        self.completer.setCompletionPrefix(word)
        count = self.completer.completionCount()
        if count == 0 or (count == 1 and self.completer.currentCompletion() == word):
            popup.hide()
            return
        place = self.cursorRect()
        place.translate(self.viewport().pos())
        place.setWidth(popup.sizeHintForColumn(0) + 40)
        self.completer.complete(place)

    def _complete(self, name: str) -> None:
        cursor = self.textCursor()
        cursor.movePosition(
            QTextCursor.MoveOperation.Left, QTextCursor.MoveMode.KeepAnchor, len(self.completer.completionPrefix())
        )
        cursor.insertText(name)
        self.setTextCursor(cursor)


def _partner(text: str, place: int) -> int | None:
    """Where the bracket at `place` has its partner, or None."""
    own, other = text[place], _PAIRS[text[place]]
    step = 1 if own in "([" else -1
    depth = 0
    while 0 <= place < len(text):
        depth += (text[place] == own) - (text[place] == other)
        if depth == 0:
            return place
        place += step
    return None
