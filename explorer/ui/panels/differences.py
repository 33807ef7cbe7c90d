"""The differences panel: every scheme's estimate for every input, and the error against the step size."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QLabel,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from explorer.ui import theme
from explorer.ui.graph_picture import pretty_name
from explorer.ui.panel import Panel, number_text
from explorer.ui.plot_view import PlotView
from explorer.ui.session import Question
from explorer.ui.worker import Crew
from explorer.work import questions
from explorer.work.wire import Message, number

_COLUMNS = {
    "in": "the input",
    "scheme": "",
    "estimate": "",
    "|error|": "distance from reverse AD, which is exact but for rounding",
    "step h": "the scheme's own choice",
    "calls": "evaluations of f",
}
_ESTIMATE = 2  # the column that takes the room that is left
_MOST_NAMED = 3  # estimates that a remark names
_CURVES = ("forward", "backward", "central", "complex step")


class DifferencesPanel(Panel):
    """A table of estimates against reverse AD, and a log-log plot of the error for the chosen input."""

    name = "differences"
    title = "Finite differences"
    headed = False

    def __init__(self, crew: Crew, plots: Crew, parent: QWidget | None = None) -> None:
        super().__init__(crew, parent)
        self.inputs = QComboBox()
        self.inputs.setObjectName("differences.input")
        self.inputs.setAccessibleName("Input whose error curve is drawn")
        self.inputs.currentIndexChanged.connect(self.ask_again)
        self.outputs = QComboBox()
        self.outputs.setObjectName("differences.output")
        self.outputs.setAccessibleName("Output that is differentiated")
        self.outputs.currentIndexChanged.connect(self.ask_again)
        label = QLabel("∂")
        slash = QLabel("/ ∂")
        for place, widget in enumerate((label, self.outputs, slash, self.inputs)):
            self.head.insertWidget(1 + place, widget)  # after the hidden title
        self.table = QTableWidget(0, len(_COLUMNS))
        self.table.setObjectName("differences.table")
        self.table.setAccessibleName("Estimates by finite differences")
        self.table.setHorizontalHeaderLabels(list(_COLUMNS))
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)
        self.table.setAlternatingRowColors(True)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_ESTIMATE, QHeaderView.ResizeMode.Stretch)
        for column, meaning in enumerate(_COLUMNS.values()):
            self.table.horizontalHeaderItem(column).setToolTip(meaning)
        self.table.verticalHeader().setDefaultSectionSize(self.table.fontMetrics().height() + 6)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.currentCellChanged.connect(self._row_chosen)
        self.remarks = QLabel(objectName="differences.remarks")
        self.remarks.setAccessibleName("Remarks on the estimates")
        self.remarks.setTextFormat(Qt.TextFormat.PlainText)
        self.remarks.setWordWrap(True)
        self.remarks.hide()
        above = QWidget()
        column = QVBoxLayout(above)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table, 1)
        column.addWidget(self.remarks)
        self.plot = PlotView(plots)
        self.plot.setObjectName("differences.plot")
        self.plot.setAccessibleName("Error against step size")
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(above)
        split.addWidget(self.plot)
        self.plot.setMinimumHeight(120)
        self.table.setMinimumHeight(80)
        for combo in (self.inputs, self.outputs):
            theme.narrow(combo, 4)
        split.setSizes([240, 300])
        split.setChildrenCollapsible(False)
        self.body.addWidget(split, 1)
        self._rows: list[str] = []

    def asks(self, question: Question) -> Message:
        program = question.program
        for combo, names in ((self.inputs, program.inputs), (self.outputs, program.outputs)):
            if [combo.itemData(place) for place in range(combo.count())] != list(names):
                with QSignalBlocker(combo):
                    chosen = combo.currentData()
                    combo.clear()
                    for name in names:
                        combo.addItem(pretty_name(name), name)
                    combo.setCurrentIndex(max(combo.findData(chosen), 0) if names else -1)
            combo.setEnabled(bool(names))
        output = max(self.outputs.currentIndex(), 0)
        return questions.differences(question.source, question.at, output, self.inputs.currentData() or "")

    def set_dimmed(self, dimmed: bool) -> None:
        self.table.setEnabled(not dimmed)
        self.remarks.setEnabled(not dimmed)
        self.plot.set_dimmed(dimmed)

    def show_answer(self, answer: dict[str, Any]) -> None:
        if "rows" in answer:
            self._show_rows(answer["rows"])
            if not answer["rows"]:
                self.plot.set_message("A constant has no derivative to estimate.")
            self.brighten()
        if "sweep" in answer:
            if math.isfinite(number(answer["sweep"]["reference"])):
                self.plot.show_figure(_figure(answer["sweep"]))
            else:
                self.plot.set_message("There is no derivative here that estimates could be compared with.")

    def _show_rows(self, rows: list[dict[str, Any]]) -> None:
        self._rows = [row["input"] for row in rows for _ in row["estimates"]]
        remarks: dict[str, list[str]] = {}
        with QSignalBlocker(self.table):
            self.table.setRowCount(len(self._rows))
            line = 0
            for row in rows:
                for count, estimate in enumerate(row["estimates"]):
                    said = _remark(estimate)
                    if estimate["note"]:
                        remarks.setdefault(estimate["note"].rstrip("."), []).append(
                            f"{estimate['scheme']} in {pretty_name(row['input'])}"
                        )
                    texts = (
                        pretty_name(row["input"]) if count == 0 else "",
                        estimate["scheme"],
                        number_text(estimate["value"], 12),
                        number_text(estimate["error"], 2),
                        number_text(estimate["step"], 3) if estimate["step"] else "–",
                        str(estimate["evaluations"]),
                    )
                    for column, text in enumerate(texts):
                        item = QTableWidgetItem(text)
                        if column >= _ESTIMATE:
                            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                        item.setToolTip(said or text)
                        self.table.setItem(line, column, item)
                    line += 1
        self.remarks.setText("\n".join(_said(text, where, len(self._rows)) for text, where in remarks.items()))
        self.remarks.setVisible(bool(remarks))

    def _row_chosen(self, row: int, *_: int) -> None:
        if 0 <= row < len(self._rows):
            self.inputs.setCurrentIndex(self.inputs.findData(self._rows[row]))


def _said(text: str, where: list[str], rows: int) -> str:
    """A remark with the estimates that it is about, of so many."""
    if len(where) == rows:
        return f"{text[:1].upper()}{text[1:]}."
    more = f" and {len(where) - _MOST_NAMED} more" if len(where) > _MOST_NAMED else ""
    return f"{', '.join(where[:_MOST_NAMED])}{more}: {text}."


def _remark(estimate: dict[str, Any]) -> str:
    """What the scheme says of its own number."""
    if estimate["note"]:
        return str(estimate["note"])
    if estimate["uncertainty"] == "nan":
        return ""
    return f"± {number_text(estimate['uncertainty'], 2)} by its own guess, which is no bound"


def _figure(sweep: dict[str, Any]) -> dict[str, Any]:
    """The error curves as a figure; theory: rounding falls like ε/h, whatever the scheme."""
    series = [
        {"x": sweep["steps"], "y": sweep["errors"][name], "label": name, "style": {"index": _CURVES.index(name)}}
        for name in _CURVES
        if name in sweep["errors"]
    ]
    defaults = {name: step for name, step in sweep["defaults"].items() if name in ("forward", "central") and step}
    return {
        "kind": "curves",
        "x_scale": "log",
        "y_scale": "log",
        "x_label": f"step h in {pretty_name(sweep['input'])}",
        "y_label": "|estimate − reverse AD|",
        "series": series,
        "zero_note": "equal to the last digit",
        "references": [{"axis": "x", "at": step, "label": f"h of {name}"} for name, step in defaults.items()],
    }
