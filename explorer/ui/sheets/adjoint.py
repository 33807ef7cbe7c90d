"""The sheet with the generated adjoint program, each line linked with the source line that it belongs to."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontDatabase, QGuiApplication, QTextCharFormat, QTextCursor, QTextFormat
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QTextEdit, QToolButton

from explorer.language.program import Span
from explorer.ui.graph_paint import colours_of
from explorer.ui.session import Question
from explorer.ui.sheet import Sheet
from explorer.work import questions
from explorer.work.wire import Message


class AdjointSheet(Sheet):
    """Readable Python: the forward run with its stack, then the adjoints line by line in reverse."""

    name = "adjoint"
    title = "Code"

    def build(self) -> None:
        self._lines: list[list[Any]] = []
        self._source: list[str] = []
        self._lit: int | None = None
        self._quiet = False
        self.words = QLabel(objectName="graph.adjoint.words")
        self.words.setAccessibleName("How the adjoint program was made")
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        self.copy = QToolButton(objectName="graph.adjoint.copy", text="Copy")
        self.copy.setAccessibleName("Copy the adjoint program")
        self.copy.clicked.connect(self._copy)
        self.text = QPlainTextEdit(objectName="graph.adjoint.text")
        self.text.setAccessibleName("The adjoint program; a click shows the source line")
        self.text.setReadOnly(True)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.cursorPositionChanged.connect(self._cursor_moved)
        row = QHBoxLayout()
        row.addWidget(self.words, 1)
        row.addWidget(self.copy)
        self.body.addLayout(row)
        self.body.addWidget(self.text, 1)

    def asks(self, question: Question, selected: int | None) -> Message | None:
        self._source = question.source.split("\n")
        return questions.sheet(self.name, question.source, question.at)

    def show_answer(self, answer: dict[str, Any]) -> None:
        self._quiet = True
        if answer["part"] == "head":
            self._lines, self._lit = [], None
            self.text.clear()
            words = "Forward run, then the adjoints of each line, the last line first."
            if not answer["structured"]:
                words = f"Written out as it ran at this point, because of {answer['why']}."
            self.words.setText(words)
        else:
            self._lines.extend(answer["rows"])
            self.text.appendPlainText("\n".join(line[0] for line in answer["rows"]))
            self.text.moveCursor(QTextCursor.MoveOperation.Start)
        self._quiet = False
        self._paint()

    def show_refusal(self, message: str) -> None:
        self.words.setText(message)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText("\n".join(line[0] for line in self._lines) + "\n")

    def _cursor_moved(self) -> None:
        place = self.text.textCursor().blockNumber()
        if self._quiet or place >= len(self._lines):
            return
        line = self._lines[place][1]
        self._lit = line
        self._paint()
        if line is not None and 0 < line <= len(self._source):
            text = self._source[line - 1]
            start = len(text) - len(text.lstrip())
            self.span_chosen.emit(Span(line, start, line, len(text)))

    def select(self, op: int | None, span: Span | None) -> None:
        """Light the lines of the selected operation's source line."""
        if not self.built:
            return
        self._lit = span.line if span is not None else None
        self._paint()
        first = next((k for k, line in enumerate(self._lines) if line[1] == self._lit and line[2]), None)
        if first is not None and self._lit is not None:
            cursor = QTextCursor(self.text.document().findBlockByNumber(first))
            self._quiet = True
            self.text.setTextCursor(cursor)
            self.text.ensureCursorVisible()
            self._quiet = False

    def _paint(self) -> None:
        """Backward lines in the adjoints' colour, lines of the lit source line on a ground of their own."""
        colours = colours_of(self.palette())
        marks = []
        ground = QColor(colours.active)
        ground.setAlpha(70)
        for place, (_, line, backward) in enumerate(self._lines):
            lit = self._lit is not None and line == self._lit
            if not backward and not lit:
                continue
            mark = QTextEdit.ExtraSelection()
            shape = QTextCharFormat()
            if backward:
                shape.setForeground(colours.adjoint)
            if lit:
                shape.setBackground(ground)
                shape.setProperty(QTextFormat.Property.FullWidthSelection, True)
            cursor = QTextCursor(self.text.document().findBlockByNumber(place))
            cursor.select(QTextCursor.SelectionType.LineUnderCursor)
            mark.cursor, mark.format = cursor, shape
            marks.append(mark)
        self.text.setExtraSelections(marks)
