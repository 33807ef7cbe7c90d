"""The differences panel: every scheme's estimate for every input, and the error against the step size."""

from __future__ import annotations

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
    QWidget,
)

from explorer.ui.panel import Panel, narrow, number_text
from explorer.ui.plot_view import PlotView
from explorer.ui.session import Question
from explorer.ui.worker import Crew
from explorer.work import questions
from explorer.work.wire import Message

_COLUMNS = ("derivative", "scheme", "estimate", "|error|", "step h", "points", "remark")
_CURVES = ("forward", "backward", "central", "complex step")
_EPSILON = 2.220446049250313e-16  # the spacing of doubles at 1


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
            self.head.insertWidget(2 + place, widget)
        self.table = QTableWidget(0, len(_COLUMNS))
        self.table.setObjectName("differences.table")
        self.table.setAccessibleName("Estimates by finite differences")
        self.table.setHorizontalHeaderLabels(list(_COLUMNS))
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)
        self.table.setAlternatingRowColors(True)
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.currentCellChanged.connect(self._row_chosen)
        self.plot = PlotView(plots)
        self.plot.setObjectName("differences.plot")
        self.plot.setAccessibleName("Error against step size")
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.table)
        split.addWidget(self.plot)
        self.plot.setMinimumHeight(120)
        self.table.setMinimumHeight(80)
        for combo in (self.inputs, self.outputs):
            narrow(combo, 4)
        split.setSizes([190, 300])
        split.setChildrenCollapsible(False)
        self.body.addWidget(split, 1)
        self._rows: list[str] = []

    def asks(self, question: Question) -> Message:
        program = question.program
        for combo, names in ((self.inputs, program.inputs), (self.outputs, program.outputs)):
            if [combo.itemText(i) for i in range(combo.count())] != list(names):
                with QSignalBlocker(combo):
                    chosen = combo.currentText()
                    combo.clear()
                    combo.addItems(list(names))
                    combo.setCurrentIndex(max(combo.findText(chosen), 0) if names else -1)
        output = max(self.outputs.currentIndex(), 0)
        return questions.differences(question.source, question.at, output, self.inputs.currentText())

    def set_dimmed(self, dimmed: bool) -> None:
        self.table.setEnabled(not dimmed)
        self.plot.set_dimmed(dimmed)

    def show_answer(self, answer: dict[str, Any]) -> None:
        if "rows" in answer:
            self._show_rows(answer["output"], answer["rows"])
            if not answer["rows"]:
                self.plot.set_message("A constant has no derivative to estimate.")
        if "sweep" in answer:
            self.plot.show_figure(_figure(answer["sweep"]))

    def _show_rows(self, output: str, rows: list[dict[str, Any]]) -> None:
        self._rows = [row["input"] for row in rows for _ in row["estimates"]]
        with QSignalBlocker(self.table):
            self.table.setRowCount(len(self._rows))
            line = 0
            for row in rows:
                for count, estimate in enumerate(row["estimates"]):
                    uncertainty = estimate["uncertainty"]
                    remark = estimate["note"]
                    if not remark and uncertainty != "nan":
                        remark = f"± {number_text(uncertainty, 2)} by its own guess"
                    texts = (
                        f"∂{output}/∂{row['input']}" if count == 0 else "",
                        estimate["scheme"],
                        number_text(estimate["value"], 12),
                        number_text(estimate["error"], 2),
                        number_text(estimate["step"], 3),
                        str(estimate["evaluations"]),
                        remark,
                    )
                    for column, text in enumerate(texts):
                        item = QTableWidgetItem(text)
                        if column in (2, 3, 4, 5):
                            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                        item.setToolTip(text)
                        self.table.setItem(line, column, item)
                    line += 1
        header = self.table.horizontalHeader()
        header.resizeSections(QHeaderView.ResizeMode.ResizeToContents)
        self.table.verticalHeader().setDefaultSectionSize(self.table.fontMetrics().height() + 6)

    def _row_chosen(self, row: int, *_: int) -> None:
        if 0 <= row < len(self._rows):
            self.inputs.setCurrentText(self._rows[row])


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
        "x_label": f"step h in {sweep['input']}",
        "y_label": "|estimate − reverse AD|",
        "series": series,
        "zero_note": "equal to the last digit",
        "references": [{"axis": "x", "at": step, "label": f"h of {name}"} for name, step in defaults.items()],
    }
