"""The verdict strip: the engines side by side for each derivative, the digits in which they agree, and why not."""

from __future__ import annotations

import itertools
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from explorer.language.names import pretty_name
from explorer.ui.fitted_numbers import NUMBER, FittedNumbers
from explorer.ui.panel import ALL_DIGITS, UNDEFINED, Panel, number_text
from explorer.ui.session import Question
from explorer.ui.worker import Crew
from explorer.work import questions
from explorer.work.ends import Done, End
from explorer.work.wire import Message

_ENGINES = {
    "symbolic": "Symbolic",
    "forward": "Forward AD",
    "reverse": "Reverse AD",
    "complex_step": "Complex step",
    "central": "Central difference",
}
_COLUMNS = {
    "derivative": "",
    "Symbolic": "SymPy's derivative, evaluated",
    "Forward AD": "dual numbers: one sweep for each input",
    "Reverse AD": "adjoints: one sweep for each output",
    "Complex step": "Im f(x + ih)/h with a tiny h",
    "Central difference": "(f(x + h) − f(x − h)) / 2h",
    "exact ones agree in": "significant digits that symbolic, forward and reverse AD share; 15.9 is all of a double",
    "central agrees in": "significant digits that the central difference shares with reverse AD",
}
_REASONS = {  # of a corner and of a branch's boundary the notes say which and what AD makes of it
    "cancellation": (
        "digits are lost on the way: nearly equal numbers are subtracted, in the function, in a partial such as "
        "1 − tanh² or in a sum of adjoints, or rounding is magnified"
    ),
    "overflow": "a number, or a slope, became too large for a double on the way, or too small",
    "domain-edge": "an operation on the way is outside its domain here, at its edge or at a pole",
    "not-differentiable": "the function jumps here: it has no derivative",
    "iteration-not-converged": "a loop stopped before its derivative had settled",
    "complex-step-invalid": "the complex step is not valid through a comparison or a corner",
}
_ONE_SIDED = {"kink", "branch-boundary"}
_ALL_BUT = 9.0  # digits in which the exact methods agree for all that anyone would say
_MOST_VALUES = 4  # of outputs before what is made of them; the trace has all
_MOST_LINES = 3  # of sentences that are seen at once: the table above them keeps its rows


class VerdictPanel(Panel):
    """One row a derivative: what each engine gives, in all digits, and in how many digits they agree."""

    name = "verdict"
    title = "Verdict"
    status_in_head = True
    busy_at_top = False
    budget_ms = 10_000

    def __init__(self, crew: Crew, parent: QWidget | None = None) -> None:
        super().__init__(crew, parent)
        self.table = QTableWidget(0, len(_COLUMNS))
        self.table.setObjectName("verdict.table")
        self.table.setAccessibleName("The engines side by side")
        self.table.setHorizontalHeaderLabels(list(_COLUMNS))
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setTextElideMode(Qt.TextElideMode.ElideRight)
        for column, meaning in enumerate(_COLUMNS.values()):
            self.table.horizontalHeaderItem(column).setToolTip(meaning)
        self._fit_columns(QHeaderView.ResizeMode.ResizeToContents)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(self.table.fontMetrics().height() + 7)
        self.table.setItemDelegate(FittedNumbers(self.table))
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.setAlternatingRowColors(True)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.table)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self._copy_table)
        self.reasons = QLabel()
        self.reasons.setObjectName("verdict.reasons")
        self.reasons.setAccessibleName("Why the methods differ")
        self.reasons.setTextFormat(Qt.TextFormat.PlainText)
        self.reasons.setWordWrap(True)
        self._sentences = _Sentences(self.reasons)
        self._sentences.hide()
        self.body.addWidget(self.table, 1)
        self.body.addWidget(self._sentences)
        self._summary = ""

    def asks(self, question: Question) -> Message:
        return questions.verdict(question.source, question.at)

    def set_dimmed(self, dimmed: bool) -> None:
        self.table.setEnabled(not dimmed)
        self.reasons.setEnabled(not dimmed)

    def show_answer(self, answer: dict[str, Any]) -> None:
        outputs, inputs = answer["outputs"], answer["inputs"]
        pairs = [(row, column) for row in range(len(outputs)) for column in range(len(inputs))]
        self.table.setRowCount(len(pairs))
        self._fit_columns(QHeaderView.ResizeMode.Fixed)  # else each word that changes has all its column measured
        for line, (row, column) in enumerate(pairs):
            self._put(line, 0, f"∂{pretty_name(outputs[row])}/∂{pretty_name(inputs[column])}", False)
            for place, engine in enumerate(_ENGINES):
                matrix = answer["engines"][engine]
                value = None if matrix is None else matrix[row][column]
                waiting = value is None and engine not in answer["refused"] and not answer["complete"]
                # A difference quotient's further digits are noise.
                text = "…" if waiting else number_text(value, 8 if engine == "central" else ALL_DIGITS)
                item = self._put(line, 1 + place, text, True)
                item.setToolTip(answer["refused"].get(engine, text))
                item.setData(NUMBER, value)
            for place, engines in enumerate((("symbolic", "forward"), ("central",))):
                agreed = _agreed(answer, engines, row, column)
                self._put(line, 1 + len(_ENGINES) + place, agreed, True).setToolTip("")
        self._fit_columns(QHeaderView.ResizeMode.ResizeToContents)
        self._summary = _summary(answer)
        self.say(self._summary)
        self.reasons.setText(_reasons(answer))
        self._sentences.setVisible(bool(self.reasons.text()))
        self._sentences.updateGeometry()
        self.brighten()

    def show_end(self, end: End) -> None:
        if not isinstance(end, Done) and self._fresh:
            self.say(f"{self._summary}   —   symbolic: {getattr(end, 'message', 'failed').rstrip('.').lower()}")
            for line, place in itertools.product(range(self.table.rowCount()), range(1, 1 + len(_ENGINES))):
                item = self.table.item(line, place)
                if item is not None and item.text() == "…":
                    item.setText("stopped")

    def _fit_columns(self, mode: QHeaderView.ResizeMode) -> None:
        """How the columns beside the numbers get their widths."""
        for column in (0, *range(1 + len(_ENGINES), len(_COLUMNS))):
            self.table.horizontalHeader().setSectionResizeMode(column, mode)

    def _put(self, line: int, column: int, text: str, right: bool) -> QTableWidgetItem:
        item = self.table.item(line, column)
        if item is None:
            item = QTableWidgetItem()
            if right:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.table.setItem(line, column, item)
        item.setText(text)
        return item

    def _copy_table(self) -> None:
        rows = [
            "\t".join(item.text() if (item := self.table.item(row, column)) else "" for column in range(len(_COLUMNS)))
            for row in range(self.table.rowCount())
        ]
        QGuiApplication.clipboard().setText("\n".join(["\t".join(_COLUMNS), *rows]))


class _Sentences(QScrollArea):
    """A text as high as it is, up to _MOST_LINES lines; what is longer is scrolled."""

    def __init__(self, label: QLabel) -> None:
        super().__init__(widgetResizable=True, frameShape=QScrollArea.Shape.NoFrame)
        self.setWidget(label)
        label.setAlignment(Qt.AlignmentFlag.AlignTop)
        for widget in (self.viewport(), label):
            widget.setAutoFillBackground(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        lines = _MOST_LINES * self.fontMetrics().lineSpacing()
        return QSize(0, min(self.widget().heightForWidth(self.viewport().width()), lines))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()


def _summary(answer: dict[str, Any]) -> str:
    """The value of each output, and in a few words what the engines make of the derivative."""
    values = list(zip(answer["outputs"], answer["value"], strict=True))
    some = values if len(values) <= _MOST_VALUES else values[: _MOST_VALUES - 1]
    shown = ",  ".join(f"{pretty_name(name)} = {number_text(value, ALL_DIGITS)}" for name, value in some)
    shown += f", … ({len(values)} outputs)" if len(some) < len(values) else ""
    verdict = answer["verdict"]
    if not answer["inputs"]:
        finite = {"nan", "inf", "-inf"}.isdisjoint(answer["value"])
        said = "a constant: no input occurs in it" if finite else "a constant, and not a finite number"
    elif verdict["lost"] == "range":
        said = "a number here, or on the way, is more or less than a double can hold"
    elif "nan" in answer["value"]:
        said = "the function is not defined at this point, and has no derivative here"
    elif "not-differentiable" in verdict["reasons"] or any(slope["differ"] for slope in answer["slopes"]):
        said = "there is no derivative at this point"
    elif verdict["lost"] == "digits" and verdict["agree"]:
        said = "what the methods agree on has lost its digits"
    elif not {"inf", "-inf"}.isdisjoint(answer["value"]):
        said = "the function is infinite at this point"
    elif any(value in ("inf", "-inf") for row in answer["engines"]["reverse"] for value in row):
        said = "the slope is infinite at this point"
    elif verdict["agree"] and not verdict["central_agrees"]:
        said = f"the exact methods agree to {verdict['digits']:g} digits, the central difference does not"
    elif verdict["agree"]:
        said = f"all methods agree, the exact ones to {verdict['digits']:g} digits"
        central = [digits for row in answer["digits"]["central"] or () for digits in row]
        if central and min(central) < verdict["digits"]:
            said += f", the central difference to {min(central):g}"
    elif _ONE_SIDED & set(verdict["reasons"]):
        said = "the methods disagree: at a corner, or where a program branches, AD follows one side"
    elif "cancellation" in verdict["reasons"] and verdict["notes"]:
        said = "the methods disagree: they lose digits on the way"
        if not verdict["central_agrees"] and verdict["digits"] >= _ALL_BUT:
            exact = f"the exact methods agree to {verdict['digits']:g} digits"
            said = f"digits are lost on the way: {exact}, the central difference does not"
    else:
        said = "the methods disagree"
    return f"{shown}   —   {said}"


def _reasons(answer: dict[str, Any]) -> str:
    """Why the engines differ, in sentences; empty where there is nothing to explain."""
    refused = {engine: text.rstrip(".") for engine, text in answer["refused"].items()}
    reasons = [reason for reason in answer["verdict"]["reasons"] if reason != "complex-step-invalid" or not refused]
    words = [_REASONS[reason] for reason in reasons if reason in _REASONS]
    said = [] if _ONE_SIDED & set(reasons) else words
    for slope in answer["slopes"]:
        left, right = number_text(slope["left"]), number_text(slope["right"])
        name = f"∂{pretty_name(slope['output'])}/∂{pretty_name(slope['input'])}"
        if slope["differ"]:
            said.append(f"{name} is {left} from the left and {right} from the right")
        elif left != UNDEFINED:
            said.append(f"{name} is {left} from both sides")
    said += [note.rstrip(".") for note in answer["verdict"]["notes"]]
    said += [] if said[: len(words)] == words else words  # of less weight than the side that AD follows
    said += refused.values()
    return " ".join(f"{text[:1].upper()}{text[1:]}." for text in said)


def _agreed(answer: dict[str, Any], engines: tuple[str, ...], row: int, column: int) -> str:
    """The digits in which all these engines agree with reverse AD; a dash where one has no finite number."""
    known = [answer["digits"][engine][row][column] for engine in engines if answer["digits"][engine] is not None]
    values = [answer["engines"][engine][row][column] for engine in (*engines, "reverse") if answer["engines"][engine]]
    return f"{min(known):.1f} digits" if known and {"nan", "inf", "-inf"}.isdisjoint(values) else "–"
