"""The sheet with the generated adjoint program, each line linked with the source line that it belongs to."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import (
    QColor,
    QFontDatabase,
    QGuiApplication,
    QPainter,
    QPaintEvent,
    QSyntaxHighlighter,
    QTextCursor,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QToolButton

from explorer.language.program import Span
from explorer.ui.graph_answer import Progress
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
        self._source: list[str] = []
        self._quiet = False
        self.words = QLabel(objectName="graph.adjoint.words")
        self.words.setAccessibleName("How the adjoint program was made")
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        self.copy = QToolButton(objectName="graph.adjoint.copy", text="Copy")
        self.copy.setAccessibleName("Copy the adjoint program")
        self.copy.clicked.connect(self._copy)
        self.text = AdjointText()
        self.text.setObjectName("graph.adjoint.text")
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
            self.text.lines = []
            self.text.clear()
            words = "Forward run, then the adjoints of each line, the last line first."
            if not answer["structured"]:
                words = f"Written out as it ran at this point, because of {answer['why']}."
            self.words.setText(words)
        else:
            self.text.lines.extend(answer["rows"])
            self.text.appendPlainText("\n".join(line[0] for line in answer["rows"]))
            self.text.moveCursor(QTextCursor.MoveOperation.Start)
        self._quiet = False

    def show_refusal(self, message: str) -> None:
        self.words.setText(message)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText("\n".join(line[0] for line in self.text.lines) + "\n")

    def _cursor_moved(self) -> None:
        place = self.text.textCursor().blockNumber()
        if self._quiet or place >= len(self.text.lines):
            return
        line = self.text.lines[place][1]
        self.text.light(line)
        if line is not None and 0 < line <= len(self._source):
            text = self._source[line - 1]
            start = len(text) - len(text.lstrip())
            self.span_chosen.emit(Span(line, start, line, len(text)))

    def select(self, op: int | None, span: Span | None) -> None:
        """Light the lines of the selected operation's source line."""
        if self.built:
            self._go_to(span, True)

    def show_step(self, progress: Progress, changed: set[int]) -> None:
        """Light the lines of the source line that is at work: forward ones while values are computed, and then those
        of the operation whose adjoint is handed back."""
        if not self.built:
            return
        answer, row = progress.answer, progress.row
        if not row:
            self._go_to(None, False)
            return
        source = answer.sources[row - 1]
        op = answer.film_nodes[row - 1] if source is None else source
        self._go_to(answer.span(op), answer.kinds[row - 1] in "sa")

    def _go_to(self, span: Span | None, backward: bool) -> None:
        """Light the lines of a place of the text, and bring the first of them that runs this way into sight."""
        lit = span.line if span is not None else None
        self.text.light(lit)
        lines = enumerate(self.text.lines)
        first = next((place for place, line in lines if line[1] == lit and line[2] == backward), None)
        if first is not None and lit is not None:
            cursor = QTextCursor(self.text.document().findBlockByNumber(first))
            self._quiet = True
            self.text.setTextCursor(cursor)
            self.text.ensureCursorVisible()
            self._quiet = False


class AdjointText(QPlainTextEdit):
    """The lines as rows of text, source line and whether they run backward: those in the adjoints' colour, and lines
    of the lit source line on a ground of their own. It is painted under what is seen: thousands may be lit."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[list[Any]] = []
        self.lit: int | None = None
        self._colours = _Backward(self)

    def light(self, line: int | None) -> None:
        """Light what belongs to this source line."""
        if line != self.lit:
            self.lit = line
            self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        ground = QColor(colours_of(self.palette()).active)
        ground.setAlpha(70)
        block, width = self.firstVisibleBlock(), self.viewport().width()
        with QPainter(self.viewport()) as painter:
            while block.isValid() and self.lit is not None:
                place = self.blockBoundingGeometry(block).translated(self.contentOffset())
                if place.top() > event.rect().bottom():
                    break
                if block.blockNumber() < len(self.lines) and self.lines[block.blockNumber()][1] == self.lit:
                    place.setLeft(0)
                    place.setWidth(width)
                    painter.fillRect(place, ground)
                block = block.next()
        super().paintEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "_colours"):  # Qt changes it while we are made
            self._colours.take_colour()
            self._colours.rehighlight()


class _Backward(QSyntaxHighlighter):
    """Gives lines that run backward the adjoints' colour."""

    def __init__(self, text: AdjointText) -> None:
        super().__init__(text.document())
        self._text = text
        self.take_colour()

    def take_colour(self) -> None:
        """That of the palette as it is now; found once, for there may be thousands of lines."""
        self._colour = colours_of(self._text.palette()).adjoint

    def highlightBlock(self, text: str) -> None:
        place = self.currentBlock().blockNumber()
        if place < len(self._text.lines) and self._text.lines[place][2]:
            self.setFormat(0, len(text), self._colour)
