"""The page of forms: one derivative written in six ways, each made when asked, with size, time and rounding error."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from explorer.language.notation import Notation, NotationBuilder
from explorer.ui import theme
from explorer.ui.choice_box import ChoiceBox
from explorer.ui.formula_view import FormulaView
from explorer.ui.name_box import chosen, fill, wish
from explorer.ui.panel import count_text, number_text
from explorer.ui.panels.symbolic.page import Page, shifted
from explorer.ui.session import Question
from explorer.ui.worker import Crew
from explorer.work import questions
from explorer.work.ends import Done, End
from explorer.work.wire import Message

FORMS = {
    "differentiated": "as differentiated",
    "simplified": "simplified",
    "factored": "factored",
    "expanded": "expanded",
    "horner": "Horner",
    "cse": "after CSE",
}
_COLUMNS = {
    "form": "",
    "ops": "operations",
    "chars": "characters of SymPy's text",
    "time": "processor time that SymPy took to make it",
    "error": "relative error in double precision at the point, against 50 digits; ulp: units in the last place",
}


_ROUNDING = 2.0**-53  # half a unit in the last place, relative: what the best form has
_MUCH_WORSE = 100.0  # two digits more lost than in the best form are worth a word


class FormsPage(Page):
    """A table of the forms, and below it the chosen one, or the button that has it made."""

    name = "forms"
    title = "Forms"

    def __init__(self, crew: Crew, parent: QWidget | None = None) -> None:
        super().__init__(crew, parent)
        self.output = self._combo("forms.output", "Output whose derivative is written")
        self.input = self._combo("forms.input", "Input by which to differentiate")
        self.make = QPushButton("Make this form", objectName="forms.make")
        self.make.setAccessibleName("Make the chosen form")
        self.make.clicked.connect(self._make)
        row = QHBoxLayout()
        row.setSpacing(4)
        for widget in (QLabel("∂"), self.output, QLabel("/ ∂"), self.input):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.make)
        self.table = QTableWidget(len(FORMS), len(_COLUMNS), objectName="forms.table")
        self.table.setAccessibleName("Forms of the derivative")
        self.table.setHorizontalHeaderLabels(["form", "ops", "chars", "time", "error at the point"])
        for column, meaning in enumerate(_COLUMNS.values()):
            self.table.horizontalHeaderItem(column).setToolTip(meaning)
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(len(_COLUMNS) - 1, QHeaderView.ResizeMode.Stretch)
        line = self.table.fontMetrics().height() + 6
        self.table.verticalHeader().setDefaultSectionSize(line)
        self.table.setFixedHeight(header.sizeHint().height() + len(FORMS) * line + 2 * self.table.frameWidth())
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.formula = FormulaView(fills=True)
        self.formula.setObjectName("forms.formula")
        self.formula.setAccessibleName("The derivative in the chosen form")
        self.remark = QLabel(objectName="forms.remark", wordWrap=True)
        self.remark.setTextFormat(Qt.TextFormat.PlainText)
        self.remark.setAccessibleName("What the forms show")
        self.column.addLayout(row)
        self.column.addWidget(self.table)
        self.column.addWidget(self.remark)
        self.column.addWidget(self.formula, 1)
        self._made: dict[str, dict[str, Any]] = {}
        self._drawn: dict[str, Notation] = {}
        self._failed: dict[str, str] = {}
        self._asked = "differentiated"
        self._next = "differentiated"
        self._named: list[tuple[str, list[Any]]] = []
        self.table.setCurrentCell(0, 0)
        self.table.currentCellChanged.connect(self._row_chosen)
        self.table.cellActivated.connect(self._make)
        self._show_table()

    def _combo(self, name: str, words: str) -> QComboBox:
        combo = ChoiceBox(objectName=name)
        combo.setAccessibleName(words)
        theme.narrow(combo, 3)
        combo.currentIndexChanged.connect(self._another_derivative)
        return combo

    def _another_derivative(self) -> None:
        self._next = "differentiated"
        self._forget()
        self.ask()

    def settle(self, question: Question) -> None:
        """Another question: what was made belongs to the last one."""
        self._next = "differentiated"
        super().settle(question)
        if self.isVisible():
            self.table.setCurrentCell(0, 0)

    def options(self) -> dict[str, Any]:
        return {"output": chosen(self.output), "input": chosen(self.input)}

    def restore(self, options: Mapping[str, Any]) -> None:
        wish(self.output, options.get("output"))
        wish(self.input, options.get("input"))

    def asks(self, question: Question) -> Message | None:
        fill(self.output, question.program.outputs)
        fill(self.input, question.program.inputs)
        if self._next == "differentiated":
            self._forget()
        self._asked, self._next = self._next, "differentiated"
        if not question.program.inputs:
            self.remark.setText("A constant has nothing to differentiate.")
            return None
        output = max(self.output.currentIndex(), 0)
        return questions.symbolic_form(question.source, question.at, output, self.input.currentData(), self._asked)

    def begin(self) -> None:
        self._named = []
        self._failed.pop(self._asked, None)
        self._show_table(busy=self._asked)

    def _forget(self) -> None:
        self._made.clear()
        self._drawn.clear()
        self._failed.clear()

    def show_answer(self, answer: dict[str, Any]) -> None:
        if "named" in answer:
            self._named.append((answer["named"], [*self._pieces, *answer["notation"]["pieces"]]))
            self._pieces = []
            return
        self._made[answer["form"]] = answer
        self._drawn[answer["form"]] = self._written(answer)
        self.set_dimmed(False)
        self._show_table()
        self._show_chosen()

    def show_end(self, end: End) -> None:
        if not isinstance(end, Done):
            message = getattr(end, "message", "failed")
            self._failed[self._asked] = message
            self._show_table()
            self._show_chosen()

    def _written(self, answer: dict[str, Any]) -> Notation:
        """The form's assignments, a line each, and last the expression."""
        builder = NotationBuilder()
        lines = []
        for name, pieces in [*self._named, ("", [*self._pieces, *answer["notation"]["pieces"]])]:
            shift = len(builder.pieces)
            builder.pieces.extend(shifted(piece, shift) for piece in pieces)
            last = len(builder.pieces) - 1
            if name:
                left, sign = builder.add("name", name), builder.add("operator", "=")
                last = builder.add("row", children=(left, sign, last))
            lines.append(last)
        self._pieces = []
        if len(lines) > 1:
            builder.add("lines", children=tuple(lines))
        return builder.finish(answer["notation"]["complete"])

    def _chosen(self) -> str:
        return list(FORMS)[max(self.table.currentRow(), 0)]

    def _make(self) -> None:
        if self._chosen() not in self._made:
            self._next = self._chosen()
            self.ask()

    def _row_chosen(self) -> None:
        self._show_chosen()

    def _show_chosen(self) -> None:
        """The chosen form; while it is not made, the derivative as it was differentiated, which the remark says."""
        chosen = self._chosen()
        self.make.setEnabled(chosen not in self._made)
        self.make.setText("Made" if chosen in self._made else f"Make “{FORMS[chosen]}”")
        shown = self._drawn.get(chosen) or self._drawn.get("differentiated")
        if shown is not None and shown is not self.formula.notation:
            self.formula.show_notation(shown)
        if chosen in self._failed:
            self.remark.setText(f"{self._failed[chosen]} Below: as differentiated.")
        elif chosen not in self._made:
            self.remark.setText("Not made yet: below, the derivative as differentiated.")
        else:
            self.remark.setText(_comparison(self._made) if len(self._made) > 1 else "")

    def _show_table(self, busy: str = "") -> None:
        for row, (key, words) in enumerate(FORMS.items()):
            made = self._made.get(key)
            texts = [words, "", "", "", ""]
            if made is not None:
                texts[1:4] = (
                    _count(made["size"]["operations"]),
                    _count(made["size"]["characters"]),
                    _time(made["seconds"]),
                )
                texts[4] = _error(made["accuracy"])
            elif key == busy:
                texts[4] = "…"
            elif key in self._failed:
                texts[4] = self._failed[key]
            else:
                texts[4] = "not made"
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                if 0 < column < 4 or (column == 4 and made is not None):
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                item.setToolTip(text)
                self.table.setItem(row, column, item)
        self._show_chosen()

    def set_dimmed(self, dimmed: bool) -> None:
        self.table.setEnabled(not dimmed)
        self.formula.set_dimmed(dimmed)
        self.remark.setEnabled(not dimmed)


def _count(size: int | None) -> str:
    return "–" if size is None else count_text(size)


def _time(seconds: float) -> str:
    if 0.0 < seconds < 1e-3:
        return f"{seconds * 1e6:.0f} µs"
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _error(accuracy: dict[str, Any] | None) -> str:
    if accuracy is None or accuracy["error"] == "nan":
        return "no value"
    if accuracy["error"] == 0:
        return "0"
    units = "" if accuracy["units"] == "nan" else f"  ({number_text(accuracy['units'], 2)} ulp)"
    return f"{number_text(accuracy['error'], 2)}{units}"


def _comparison(made: dict[str, dict[str, Any]]) -> str:
    """Which of the forms is the smallest, and which the most accurate."""
    smallest = min(made, key=lambda key: made[key]["size"]["operations"])
    known = {
        key: answer["accuracy"]["error"]
        for key, answer in made.items()
        if answer["accuracy"] is not None and isinstance(answer["accuracy"]["error"], int | float)
    }
    if not known:
        return f"Smallest so far: {FORMS[smallest]}."
    best = min(known, key=lambda key: known[key])
    worst = max(known, key=lambda key: known[key])
    warning = ""
    if known[worst] > _MUCH_WORSE * max(known[best], _ROUNDING):
        written = "by Horner's scheme" if worst == "horner" else FORMS[worst]
        warning = f" {written[:1].upper()}{written[1:]}, it has lost {_digits_lost(known[worst])} of 16 digits."
    if known.get(smallest, 1.0) <= known[best] * 1.5:
        return f"Smallest so far, and as accurate as any: {FORMS[smallest]}.{warning}"
    return f"Smallest so far: {FORMS[smallest]}; most accurate at this point: {FORMS[best]}.{warning}"


def _digits_lost(error: float) -> int:
    """Decimal digits that a relative error makes wrong, of the 16 that a double has."""
    return min(16, max(0, round(math.log10(error / _ROUNDING))))
