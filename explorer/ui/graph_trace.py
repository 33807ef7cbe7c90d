"""The trace table: a row an operation, in the notation of the literature, and the same as CSV, LaTeX or Markdown."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from time import perf_counter
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from explorer.language.names import GREEK, pretty_name
from explorer.language.primitives import PRIMITIVES
from explorer.ui.fitted_numbers import NUMBER, FittedNumbers
from explorer.ui.graph_answer import GraphAnswer, Progress
from explorer.ui.graph_paint import SUBSCRIPTS
from explorer.ui.panel import ALL_DIGITS, number_text

DIGITS = 10  # where they have room; the tooltip has all
NOT_KNOWN = "·"  # never 0
_Index = QModelIndex | QPersistentModelIndex

_NUMBERS = {  # by the film's mode: the columns after name and operation
    "forward": ("value", "tangent"),
    "reverse": ("value", "adjoint"),
    "second": ("value", "tangent", "adjoint", "adjoint’s tangent"),
}
_SAMPLE = 40  # rows at either end by whose names the first column is as wide as it is
_TURN_SECONDS = 0.008  # of writing the trace as text, between other events
_HEADINGS = {"adjoint’s tangent": "adjoint’s ε"}  # where the title has no room; the tooltip says all of it


class TraceModel(QAbstractTableModel):
    """The trace of an answer as far as its film has been played."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.answer: GraphAnswer | None = None
        self.progress: Progress | None = None

    def show(self, answer: GraphAnswer, progress: Progress) -> None:
        """Show another answer."""
        self.beginResetModel()
        self.answer, self.progress = answer, progress
        self.endResetModel()

    def touch(self, ops: Collection[int]) -> None:
        """These ops have other numbers."""
        if ops:
            self.dataChanged.emit(self.index(min(ops), 2), self.index(max(ops), self.columnCount() - 1))

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if self.answer is None or parent.isValid() else len(self.answer.names)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 2 + len(self.numbers)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The titles of the columns with numbers."""
        return _NUMBERS["reverse" if self.answer is None else self.answer.mode]

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        title = self._titles()[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return _HEADINGS.get(title, title)
        return title if role == Qt.ItemDataRole.ToolTipRole and title in _HEADINGS else None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(index.row(), index.column(), DIGITS)
        if role == NUMBER and index.column() >= 2:
            return self.number(index.row(), index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() >= 2:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.text(index.row(), index.column(), ALL_DIGITS)
        return None

    def text(self, row: int, column: int, digits: int) -> str:
        """A cell; a number that is not computed yet is a dot."""
        answer = self.answer
        if answer is None:
            return ""
        if column == 0:
            return " = ".join([*map(pretty_name, answer.aliases[row]), pretty_name(answer.names[row])])
        if column == 1:
            return answer.formulas[row] or "input"
        value = self.number(row, column)
        return NOT_KNOWN if value is None else number_text(value, digits)

    def number(self, row: int, column: int) -> Any:
        """The number of a cell, None where it is not known yet."""
        progress = self.progress
        assert progress is not None
        match self.numbers[column - 2]:
            case "value":
                return progress.answer.values[row] if progress.known[row] else None
            case "tangent":
                return progress.tangents[row]
            case "adjoint":
                return progress.adjoints[row]
        return progress.adjoint_tangents[row]

    # -- as text -----------------------------------------------------------------------------------------------------

    def _titles(self) -> list[str]:
        return ["name", "operation", *self.numbers]

    def lines(self, form: str) -> Iterator[str]:
        """The table as it is now, as "CSV", "Markdown" or "LaTeX". In CSV names are plain, numbers have all digits, and
        what is not known yet is empty."""
        now = TraceModel()
        if self.answer is not None and self.progress is not None:
            now.answer, now.progress = self.answer, self.progress.still()
        return {"CSV": now._csv_lines, "Markdown": now._markdown_lines, "LaTeX": now._latex_lines}[form]()

    def _cells(self) -> Iterator[list[str]]:
        for row in range(self.rowCount()):
            yield [self.text(row, column, DIGITS) for column in range(self.columnCount())]

    def _csv_lines(self) -> Iterator[str]:
        from explorer.ui.numbers_out import csv_text

        yield csv_text([self._titles()])
        for row in range(self.rowCount()):
            assert self.answer is not None
            names = " = ".join([*self.answer.aliases[row], self.answer.names[row]])
            numbers = [self.number(row, column) for column in range(2, self.columnCount())]
            yield csv_text([[names, self.answer.formulas[row] or "input", *numbers]])

    def _markdown_lines(self) -> Iterator[str]:
        yield "| " + " | ".join(self._titles()) + " |\n"
        yield "|---|---|" + "---:|" * len(self.numbers) + "\n"
        for cells in self._cells():
            yield "| " + " | ".join(c.replace("|", r"\|") for c in cells) + " |\n"

    def _latex_lines(self) -> Iterator[str]:
        yield r"\begin{tabular}{ll" + "r" * len(self.numbers) + "}\n"
        yield " & ".join(self._titles()) + r" \\ \hline" + "\n"
        for cells in self._cells():
            yield " & ".join(f"${_latex(cell)}$" for cell in cells) + r" \\" + "\n"
        yield r"\end{tabular}" + "\n"


_SUBSCRIPTS = {ord(s): p for s, p in zip(SUBSCRIPTS, "0123456789-", strict=True)}
_TOKEN = re.compile(r"(?P<number>\d+(?:\.\d*)?)(?:e(?P<exponent>−?\d+))?|(?P<name>[^\W\d][\w₋]*)|(?P<sign>\S)")
_SIGNS = {"·": r"\cdot", "−": "-", "∞": r"\infty", "%": r"\%", "#": r"\#", "&": r"\&"}
_ROOTS = {"√": r"\sqrt", "∛": r"\sqrt[3]"}
_UPRIGHT = {primitive.symbol for primitive in PRIMITIVES.values()}


def _latex(text: str) -> str:
    """A cell in LaTeX's mathematics: subscripts in braces, functions upright, all of an exponent raised."""
    if text == NOT_KNOWN:
        return r"\cdot"
    tokens = list(_TOKEN.finditer(text))[::-1]
    words: list[str] = []
    while tokens:
        token = tokens.pop()
        word = _latex_word(token)
        if word in ("^", *_ROOTS.values()):  # bind what follows, which may stand in brackets
            word += f"{{{_latex_operand(tokens)}}}"
        elif token["exponent"] and words[-1:] == ["/"]:  # x / 3 · 10⁻⁵ would be another number
            word = f"({word})"
        words += [" " * (token.start() > 0 and text[token.start() - 1] == " "), word]
    return "".join(words)


def _latex_operand(tokens: list[re.Match[str]]) -> str:
    """The next name or number, or what is in the next brackets; the next token is the last of the list."""
    if not tokens or tokens[-1].group() != "(":
        return _latex_word(tokens.pop()) if tokens else ""
    tokens.pop()
    words = []
    while tokens and (token := tokens.pop()).group() != ")":
        words.append(_latex_word(token))
    return "".join(words)


def _latex_word(token: re.Match[str]) -> str:
    if number := token["number"]:
        power = token["exponent"]
        return number if power is None else rf"{number} \times 10^{{{power.replace('−', '-')}}}"
    name = token["name"]
    if name is None:
        sign = token.group()
        return _SIGNS.get(sign) or _ROOTS.get(sign, sign)
    if name in ("undefined", "input"):
        return rf"\text{{{name}}}"
    if name in _UPRIGHT:
        return rf"\operatorname{{{name}}}"
    stem = name.rstrip(SUBSCRIPTS)
    letters = f"\\{GREEK[stem]}" if stem in GREEK else stem.replace("_", r"\_")
    below = name[len(stem) :].translate(_SUBSCRIPTS)
    return (letters if len(stem) == 1 else rf"\mathit{{{letters}}}") + (f"_{{{below}}}" if below else "")


class TraceTable(QTableView):
    """The trace as a table; choosing a row by mouse or keyboard is told, selecting one from outside is not."""

    chosen = Signal(int)
    copied = Signal()  # the trace is on the clipboard

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.trace = TraceModel(self)
        self.setModel(self.trace)
        self.setItemDelegate(FittedNumbers(self))
        self._quiet = False
        self._lines: Iterator[str] = iter(())  # of the trace that is being copied, and those that are written
        self._written: list[str] = []
        self._turns = QTimer(self, interval=0)
        self._turns.timeout.connect(self._write_on)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 6)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        header = self.horizontalHeader()
        header.setTextElideMode(Qt.TextElideMode.ElideRight)  # else a title with no room is cut at both ends
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        self.selectionModel().currentRowChanged.connect(self._row_chosen)

    def show_answer(self, answer: GraphAnswer, progress: Progress) -> None:
        """Show another answer, with nothing selected."""
        self._quiet = True
        self.trace.show(answer, progress)
        rows = len(answer.names)
        some = {*range(min(rows, _SAMPLE)), *range(max(0, rows - _SAMPLE), rows)}  # the last have the longest numbers
        names = (self.trace.text(row, 0, DIGITS) for row in some)
        width = max((self.fontMetrics().horizontalAdvance(name) for name in names), default=0) + 12
        most = self.width() // (3 if len(self.trace.numbers) < 3 else 5)  # numbers need the room more than names do
        self.setColumnWidth(0, min(max(width, 44), most))
        self._quiet = False

    def select(self, op: int | None, *, follow: bool = True) -> None:
        """Select a row, or none; no signal."""
        self._quiet = True
        if op is None or op >= self.trace.rowCount():
            self.selectionModel().clear()
        else:
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            index = self.trace.index(op, 0)
            self.selectionModel().setCurrentIndex(index, flags)
            if follow:
                self.scrollTo(index)
        self._quiet = False

    def _row_chosen(self, index: QModelIndex) -> None:
        if not self._quiet and index.isValid():
            self.chosen.emit(index.row())

    def copy(self, form: str) -> None:
        """Put the trace as it is now on the clipboard, as "CSV", "LaTeX" or "Markdown"; 10,000 rows in many turns."""
        self._lines, self._written = self.trace.lines(form), []
        self._turns.start()
        self._write_on()

    def _write_on(self) -> None:
        end = perf_counter() + _TURN_SECONDS
        for line in self._lines:
            self._written.append(line)
            if perf_counter() > end:
                return
        self._turns.stop()
        QGuiApplication.clipboard().setText("".join(self._written))
        self._written = []
        self.copied.emit()
