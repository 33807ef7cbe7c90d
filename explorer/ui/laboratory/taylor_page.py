"""The Taylor-remainder test: three slopes, an error that can be planted in the gradient, and a verdict without an ε."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSlider, QToolButton, QVBoxLayout, QWidget

from explorer.ui import theme
from explorer.ui.graph_picture import pretty_name
from explorer.ui.laboratory.reading import Reading, numbers, short
from explorer.ui.plot_view import PlotView
from explorer.ui.worker import Crew
from explorer.work.wire import number

_SMALLEST = -12  # the power of ten of the smallest error that can be planted
_PER_DECADE = 4
_NAMES = ("R₀ = |f(x+hv) − f|", "R₁ = |… − h g·v|", "R₂ = |… − ½h² vᵀHv|")
_ALL = "all"


class TaylorPage(QWidget):
    """Remainders along a direction, with theory's slopes, and what they say of the gradient."""

    title = "Taylor"
    parts = ("taylor",)
    asked = Signal()

    def __init__(self, plots: Crew, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reading: Reading | None = None
        self.plot = PlotView(plots)
        self.plot.setObjectName("differences.taylor")
        self.plot.setAccessibleName("Taylor remainders against step size")
        self.direction = QComboBox(objectName="differences.direction")
        self.direction.setAccessibleName("Direction of the test")
        theme.narrow(self.direction, 6)
        self.direction.activated.connect(lambda _: self.asked.emit())
        self.component = QComboBox(objectName="differences.planted.input")
        self.component.setAccessibleName("The partial derivative that is made wrong")
        theme.narrow(self.component, 4)
        self.component.activated.connect(lambda _: self._changed())
        self.error = QSlider(Qt.Orientation.Horizontal, objectName="differences.planted")
        self.error.setAccessibleName("Size of the planted error")
        self.error.setRange(0, -_SMALLEST * _PER_DECADE)
        self.error.setPageStep(_PER_DECADE)
        self.error.valueChanged.connect(self._changed)
        self.size = QLabel(objectName="differences.planted.size")
        self.size.setAccessibleName("The planted error")
        self.size.setTextFormat(Qt.TextFormat.PlainText)
        self.size.setMinimumWidth(self.size.fontMetrics().horizontalAdvance("× (1 + 1.8e−12)"))
        clear = QToolButton(objectName="differences.planted.clear", text="Right again")
        clear.setAccessibleName("Take the planted error out")
        clear.clicked.connect(lambda: self.error.setValue(0))
        self.verdict = QLabel(objectName="differences.verdict")
        self.verdict.setAccessibleName("Verdict on the gradient")
        self.verdict.setTextFormat(Qt.TextFormat.PlainText)
        self.verdict.setWordWrap(True)
        font = self.verdict.font()
        font.setBold(True)
        self.verdict.setFont(font)
        self.said = QLabel(objectName="differences.remainders")
        self.said.setAccessibleName("Slopes of the remainders")
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        self.said.setWordWrap(True)
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(_label("along &v =", self.direction))
        first.addWidget(self.direction)
        first.addStretch(1)
        first.addWidget(clear)
        second.addWidget(_label("&plant: ∂/∂", self.component))
        second.addWidget(self.component)
        second.addWidget(self.error, 1)
        second.addWidget(self.size)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.addLayout(first)
        column.addLayout(second)
        column.addWidget(self.plot, 1)
        column.addWidget(self.verdict)
        column.addWidget(self.said)
        self._say_size()

    @property
    def planted(self) -> float:
        """The relative error in the chosen partial: 0, or 1e−12 to 1."""
        value = self.error.value()
        return float(10.0 ** (_SMALLEST + value / _PER_DECADE)) if value else 0.0

    def options(self) -> dict[str, Any]:
        chosen = self.direction.currentData()
        direction = {} if chosen in (None, _ALL) else {chosen: 1.0}
        name = self.component.currentData()
        return {"direction": direction, "planted": {name: 1.0 + self.planted} if name and self.planted else {}}

    def _changed(self) -> None:
        self._say_size()
        self.asked.emit()

    def _say_size(self) -> None:
        self.size.setText(f"× (1 + {short(self.planted)})" if self.planted else "no error")

    def show_reading(self, reading: Reading, scheme: str, place: int) -> None:
        """A new answer; the remainders follow."""
        self._reading = reading
        names = [(pretty_name(n), n) for n in reading.inputs]
        ones = f"({', '.join('1' for _ in names)})" if len(names) < 5 else "(1, …, 1)"
        for combo, entries in ((self.component, names), (self.direction, [(ones, _ALL), *_unit_vectors(names)])):
            if [combo.itemData(k) for k in range(combo.count())] != [data for _, data in entries]:
                with QSignalBlocker(combo):
                    chosen = combo.currentData()
                    combo.clear()
                    for words, data in entries:
                        combo.addItem(words, data)
                    combo.setCurrentIndex(max(combo.findData(chosen), 0))

    def move_to(self, place: int) -> None:
        """The test has steps of its own."""

    def set_dimmed(self, dimmed: bool) -> None:
        self.plot.set_dimmed(dimmed)
        for label in (self.verdict, self.said):
            label.setEnabled(not dimmed)

    def show_part(self, name: str, answer: dict[str, Any]) -> None:
        """The remainders, their slopes, the verdict."""
        steps = numbers(answer["steps"])
        rows = [numbers(row) for row in answer["values"]]
        local = [numbers(row) for row in answer["local"]]
        slopes = numbers(answer["slopes"])
        verdict, digits = answer["verdict"], number(answer["digits"])
        colour = theme.error_colour(self.verdict) if verdict == "wrong" else self.palette().text().color()
        palette = self.verdict.palette()
        palette.setColor(self.verdict.foregroundRole(), colour)
        self.verdict.setPalette(palette)
        self.verdict.setText(_verdict_words(verdict, slopes, digits))
        parts = [
            f"{mark} {', '.join(f'{s:.3f}' for s in row if s == s) if len(row) < 5 else _some(row)}"
            for mark, row in zip(("R₀:", "R₁:", "R₂:"), local, strict=True)
        ]
        how = "Many digits" if answer["precise"] else "Doubles"
        self.said.setText(f"Slopes from h to h/2 ({how.lower()}): " + ";  ".join(parts))
        if verdict == "undefined":
            self.plot.set_message("f is not defined along this direction.")
            return
        self.plot.show_figure(_figure(steps, rows))


def _some(row: list[float]) -> str:
    """The first three local slopes and the last."""
    known = [s for s in row if s == s]
    if not known:
        return "–"
    return ", ".join(f"{s:.3f}" for s in known[:3]) + (f" … {known[-1]:.3f}" if len(known) > 3 else "")


def _verdict_words(verdict: str, slopes: list[float], digits: float) -> str:
    known = f", to at least {math.floor(digits)} digits" if digits == digits and digits >= 1 else ""
    match verdict:
        case "right":
            return f"The gradient is right{known}: R₁ falls with slope {slopes[1]:.2f}."
        case "wrong":
            at = f" It is off by about {short(10.0**-digits)} of itself." if digits == digits else ""
            return f"The gradient is WRONG: R₁ falls with slope {slopes[1]:.2f} and not 2.{at}"
        case "exact":
            return "The gradient is right: nothing remains, f is linear along this direction."
        case "blind":
            return "This direction cannot tell: g·v is 0, so R₀ falls like h² as well. Choose another one."
        case _:
            return "There is nothing to test: f is not defined here."


def _figure(steps: list[float], rows: list[list[float]]) -> dict[str, Any]:
    """The remainders as dots, and through the first of each a line with the slope that it should have."""
    series: list[dict[str, Any]] = [
        {"x": steps, "y": row, "label": name, "style": {"index": k}}
        for k, (name, row) in enumerate(zip(_NAMES, rows, strict=True))
        if any(r > 0.0 for r in row)
    ]
    for k, row in enumerate(rows):
        # From a large step on: a gradient that is wrong leaves its line as h shrinks.
        start = next((p for p in range(min(2, len(row) - 1), -1, -1) if row[p] > 0.0), None)
        if start is None:
            continue
        ends = (steps[-1], steps[0])
        heights = [row[start] * (h / steps[start]) ** (k + 1) for h in ends]
        if min(heights) > 1e-290:
            series.append({"x": ends, "y": heights, "label": "", "style": {"index": k, "dashed": True}})
    return {
        "kind": "curves",
        "x_scale": "log",
        "y_scale": "log",
        "x_label": "step h along v",
        "x_name": "h",
        "y_label": "remainder",
        "series": series,
        "zero_note": "nothing remains",
        "description": "Taylor remainders of order 0, 1 and 2 against the step along the direction",
    }


def _unit_vectors(names: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(f"{words} only", name) for words, name in names] if len(names) > 1 else []


def _label(words: str, buddy: QWidget) -> QLabel:
    label = QLabel(words)
    label.setBuddy(buddy)
    return label
