"""The chosen scheme in every precision on one plot, with each one's ε, default step and optimum."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QSplitter, QVBoxLayout, QWidget

from explorer.language.names import pretty_name
from explorer.ui.laboratory.reading import Reading, numbers, short, step_text
from explorer.ui.laboratory.schemes_page import cell, plain_table, root_text
from explorer.ui.overlays import Overlay, Polyline
from explorer.ui.plot_view import PlotView
from explorer.ui.worker import Crew
from explorer.work.wire import number


class PrecisionPage(QWidget):
    """float16 to 50 digits, side by side."""

    title = "Precision"
    parts = ("precision",)
    step_chosen = Signal(float)

    def __init__(self, plots: Crew, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reading: Reading | None = None
        self._place = 0
        self._rows: list[dict[str, Any]] = []
        self.plot = PlotView(plots)
        self.plot.setObjectName("differences.precision")
        self.plot.setAccessibleName("Error against step size in every precision")
        self.plot.clicked.connect(lambda x, _: self.step_chosen.emit(x))
        self.plot.drawn.connect(self._overlay)
        columns = {
            "precision": "",
            "ε": "the spacing of its numbers at 1",
            "default h": "",
            "predicted": "the step with the least error by theory",
            "measured": "the step with the least error",
            "least error": "",
        }
        self.table = plain_table(list(columns), "differences.precisions", "Precisions, their steps and errors")
        for column, meaning in enumerate(columns.values()):
            self.table.horizontalHeaderItem(column).setToolTip(meaning)
        self.said = QLabel(objectName="differences.precision.said")
        self.said.setAccessibleName("What is compared")
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        self.said.setWordWrap(True)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.plot)
        split.addWidget(self.table)
        split.setSizes([300, 150])
        split.setChildrenCollapsible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.addWidget(split, 1)
        column.addWidget(self.said)

    def show_reading(self, reading: Reading, scheme: str, place: int) -> None:
        """A new answer; the precisions follow."""
        self._reading, self._place = reading, place

    def options(self) -> dict[str, Any]:
        """This page has none."""
        return {}

    def restore(self, options: Mapping[str, Any]) -> None:
        """This page has no options."""

    def numbers(self) -> Iterator[Sequence[object]]:
        """Each precision's estimate, in its own digits, and its error, for each of its steps."""
        yield ["precision", "epsilon", "h", "estimate", "error"]
        for row in self._rows:
            for h, estimate, error in zip(row["steps"], row["estimates"], row["errors"], strict=True):
                yield [row["precision"], row["epsilon"], h, estimate, error]

    def move_to(self, place: int) -> None:
        """The step has changed."""
        self._place = place
        self._overlay()

    def set_dimmed(self, dimmed: bool) -> None:
        self.plot.set_dimmed(dimmed)
        self.table.setEnabled(not dimmed)

    def show_part(self, name: str, answer: dict[str, Any]) -> None:
        """The curves, and a row a precision."""
        reading = self._reading
        if reading is None:
            return
        self._rows = rows = answer["rows"]
        scheme = reading.row(answer["scheme"])
        root = root_text(scheme.root) if scheme is not None and scheme.root else "ε^⅓"
        self.table.setRowCount(len(rows))
        for line, row in enumerate(rows):
            cells = (
                row["precision"],
                short(number(row["epsilon"])),
                step_text(number(row["default"])),
                _step(row["predicted"]),
                _step(row["measured"]),
                short(number(row["smallest"])) if number(row["smallest"]) == number(row["smallest"]) else "–",
            )
            for column, text in enumerate(cells):
                item = cell(self.table, line, column, right=column > 0)
                item.setText(text)
                item.setToolTip(row["note"] or text)
        notes = [f"{row['precision']}: {row['note']}." for row in rows if row["note"]]
        self.said.setText(
            " ".join(
                [
                    f"{answer['scheme']} differences; default h = {root} · unit, with each precision's ε. Point, "
                    "constants, f and quotient are all in that precision.",
                    *notes,
                ]
            )
        )
        drawn = [row for row in rows if row["steps"]]
        if not math.isfinite(reading.truth) or not drawn:
            self.plot.set_message(reading.none_here)
            return
        self.plot.show_figure(
            {
                "kind": "curves",
                "x_scale": "log",
                "y_scale": "log",
                "x_label": f"step h in {pretty_name(reading.input)}",
                "x_name": "h",
                "y_label": f"|estimate − {'exact' if reading.precise else 'reverse AD'}|",
                "y_name": "error",
                "series": [
                    {
                        "x": numbers(row["steps"]),
                        "y": numbers(row["errors"]),
                        "label": row["precision"],
                        "style": {"index": rows.index(row)},
                    }
                    for row in drawn
                ],
                "zero_note": "equal to the last digit",
            }
        )

    def _overlay(self) -> None:
        reading, axes = self._reading, self.plot.axes()
        parts: list[Overlay] = []
        if reading is not None and axes is not None:
            h = reading.steps[self._place]
            parts.append(Polyline((h, h), axes.y_limits, "text", 1.0))
        self.plot.set_overlay(parts)


def _step(value: Any) -> str:
    step = number(value)
    return "–" if step != step else "∞" if math.isinf(step) else step_text(step)
