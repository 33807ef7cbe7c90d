"""The Taylor-remainder test: three slopes, an error that can be planted in the gradient, and a verdict without an ε."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QSlider, QToolButton, QVBoxLayout, QWidget

from explorer.language.names import pretty_name
from explorer.ui import theme
from explorer.ui.choice_box import ChoiceBox
from explorer.ui.laboratory.options import direction_of
from explorer.ui.laboratory.reading import Reading, numbers, short
from explorer.ui.panel import ALL_DIGITS, number_text
from explorer.ui.plot_view import PlotView
from explorer.ui.worker import Crew
from explorer.work.wire import number

_SMALLEST = -12  # the power of ten of the smallest error that can be planted
_PER_DECADE = 4
_NAMES = ("R₀ = |f(x+hv) − f|", "R₁ = |… − h g·v|", "R₂ = |… − ½h² vᵀHv|")
_CSV_NAMES = ("h", "R0", "R1", "R2", "slope of R0 from 2h", "slope of R1 from 2h", "slope of R2 from 2h")
_PRESETS = {"ones": "ones", "random": "random", "gradient": "the gradient", "own": "numbers"}


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
        self._vector: dict[str, float] = {}  # of a random direction, or of numbers that were typed
        self._wish: dict[str, Any] = {}  # a session's direction and planted error, until the inputs are known
        self._answer: dict[str, list[float]] = {}  # steps, remainders and slopes by name, as they are written out
        self.direction = ChoiceBox(objectName="differences.direction")
        self.direction.setAccessibleName("Direction of the test")
        theme.narrow(self.direction, 7)
        self.direction.activated.connect(lambda _: self._preset_chosen())
        self.vector = QLineEdit(objectName="differences.direction.numbers")
        self.vector.setAccessibleName("The direction's numbers, one for each input")
        self.vector.setToolTip("One number for each input, in their order")
        self.vector.setMaxLength(20_000)
        self.vector.editingFinished.connect(self._vector_typed)
        self.refused = QLabel(objectName="differences.direction.refused")
        self.refused.setAccessibleName("Why these numbers are no direction")
        self.refused.setTextFormat(Qt.TextFormat.PlainText)
        self.refused.setWordWrap(True)
        self.refused.hide()
        self.component = ChoiceBox(objectName="differences.planted.input")
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
        first.addWidget(self.vector, 1)
        second.addWidget(_label("&plant: ∂/∂", self.component))
        second.addWidget(self.component)
        second.addWidget(self.error, 1)
        second.addWidget(self.size)
        second.addWidget(clear)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.addLayout(first)
        column.addWidget(self.refused)
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

    @property
    def along(self) -> str:
        """What the direction is: one of `options.DIRECTIONS`, or an input's name."""
        return str(self.direction.currentData() or "ones")

    def options(self) -> dict[str, Any]:
        """The direction and the planted error, as they are asked for and as a session keeps them."""
        if self._wish:
            return dict(self._wish)
        direction = self._vector if self.along in ("random", "own") else {}
        if self.along not in _PRESETS:
            direction = {self.along: 1.0}
        name = self.component.currentData()
        planted = {name: 1.0 + self.planted} if name and self.planted else {}
        return {"along": self.along, "direction": dict(direction), "planted": planted}

    def restore(self, options: Mapping[str, Any]) -> None:
        """The direction and the planted error of a session, for the inputs of the next answer."""
        self._wish = {"along": "ones", "direction": {}, "planted": {}}
        self._wish |= {key: options[key] for key in self._wish if key in options}
        self._refuse("")
        self.vector.setModified(False)

    def numbers(self) -> Iterator[Sequence[object]]:
        """The remainders and their local slopes for each step along the direction."""
        yield list(self._answer)
        yield from zip(*self._answer.values(), strict=True)

    def _preset_chosen(self) -> None:
        names = self._reading.inputs if self._reading is not None else ()
        if self.along == "random":
            # Two decimals each, so that what is read is what is taken; never all 0.
            self._vector = {name: round(random.uniform(-1.0, 1.0), 2) or 0.01 for name in names}
        elif self.along == "own":
            self._vector_typed()
            self.vector.setFocus()
            self.vector.selectAll()
            return
        self._refuse("")
        self.asked.emit()

    def _vector_typed(self) -> None:
        """Take the numbers as a direction, or say why they are none; the one before stays."""
        if self._reading is None or (self.along != "own" and not self.vector.isModified()):
            return
        self.vector.setModified(False)
        try:
            self._vector = direction_of(self.vector.text(), self._reading.inputs)
        except ValueError as error:
            self._refuse(str(error))
            return
        self._refuse("")
        self.direction.setCurrentIndex(self.direction.findData("own"))
        self.asked.emit()

    def _refuse(self, reason: str) -> None:
        self.refused.setText(reason)
        self.refused.setVisible(bool(reason))

    def _changed(self) -> None:
        self._say_size()
        self.asked.emit()

    def _say_size(self) -> None:
        self.size.setText(f"× (1 + {short(self.planted)})" if self.planted else "no error")

    def show_reading(self, reading: Reading, scheme: str, place: int) -> None:
        """A new answer; the remainders follow."""
        self._reading = reading
        self._list_inputs(reading)

    def _list_inputs(self, reading: Reading) -> None:
        """The inputs in both lists, and in them what a session wants."""
        wish, self._wish = self._wish, {}
        names = [(pretty_name(n), n) for n in reading.inputs]
        presets = [(words, key) for key, words in _PRESETS.items()]
        along = [*presets, *((f"{words} only", name) for words, name in names if len(names) > 1)]
        wanted = (wish.get("along"), next(iter(wish.get("planted", {})), None))
        for combo, entries, chosen in ((self.direction, along, wanted[0]), (self.component, names, wanted[1])):
            with QSignalBlocker(combo):
                chosen = chosen or combo.currentData()
                if [combo.itemData(k) for k in range(combo.count())] != [data for _, data in entries]:
                    combo.clear()
                    for words, data in entries:
                        combo.addItem(words, data)
                combo.setCurrentIndex(max(combo.findData(chosen), 0))
        if wish:
            self._vector = dict(wish["direction"])
            factor = next(iter(wish["planted"].values()), 1.0)
            decades = math.log10(factor - 1.0) - _SMALLEST if factor > 1.0 else 0.0
            with QSignalBlocker(self.error):
                self.error.setValue(round(decades * _PER_DECADE))
            self._say_size()
        if self.along in ("random", "own") and not set(self._vector) & set(reading.inputs):
            with QSignalBlocker(self.direction):  # numbers for other inputs: the worker takes ones as well
                self.direction.setCurrentIndex(0)

    def move_to(self, place: int) -> None:
        """The test has steps of its own."""

    def set_dimmed(self, dimmed: bool) -> None:
        self.plot.set_dimmed(dimmed)
        for label in (self.verdict, self.said):
            label.setEnabled(not dimmed)

    def show_part(self, name: str, answer: dict[str, Any]) -> None:
        """The remainders, their slopes, the verdict."""
        reading = self._reading
        if reading is None:
            return
        steps = numbers(answer["steps"])
        rows = [numbers(row) for row in answer["values"]]
        local = [numbers(row) for row in answer["local"]]
        slopes = numbers(answer["slopes"])
        columns = [steps, *rows, *([math.nan, *row] for row in local)]
        self._answer = dict(zip(_CSV_NAMES, columns, strict=True))
        self._show_vector(reading, numbers(answer["direction"]))
        verdict, digits = answer["verdict"], number(answer["digits"])
        colour = theme.error_colour(self.verdict) if verdict == "wrong" else self.palette().text().color()
        palette = self.verdict.palette()
        palette.setColor(self.verdict.foregroundRole(), colour)
        self.verdict.setPalette(palette)
        self.verdict.setText(_verdict_words(verdict, slopes, digits, numbers(answer["sides"]), len(reading.inputs)))
        parts = [
            f"{mark} {', '.join(f'{s:.3f}' for s in row if s == s) if len(row) < 5 else _some(row)}"
            for mark, row in zip(("R₀:", "R₁:", "R₂:"), local, strict=True)
        ]
        how = "Many digits" if answer["precise"] else "Doubles"
        self.said.setText(f"Slopes from h to h/2 ({how.lower()}): " + ";  ".join(parts))
        if not any(r > 0.0 and math.isfinite(r) for row in rows for r in row):
            self.plot.set_message("There is nothing to draw along this direction.")
            return
        self.plot.show_figure(_figure(steps, rows))

    def _show_vector(self, reading: Reading, direction: list[float]) -> None:
        """The direction in numbers, unless somebody is typing another one."""
        if self.along in ("random", "own"):
            self._vector = dict(zip(reading.inputs, direction, strict=True))
        if self.vector.isModified() or not self.refused.isHidden():
            return
        self.vector.setText(", ".join(number_text(v, 6 if self.along == "gradient" else ALL_DIGITS) for v in direction))
        self.vector.setCursorPosition(0)


def _some(row: list[float]) -> str:
    """The first three local slopes and the last."""
    known = [s for s in row if s == s]
    if not known:
        return "–"
    return ", ".join(f"{s:.3f}" for s in known[:3]) + (f" … {known[-1]:.3f}" if len(known) > 3 else "")


def _verdict_words(verdict: str, slopes: list[float], digits: float, sides: Sequence[float], inputs: int) -> str:
    count = math.floor(digits) if digits == digits else 0
    known = f", to at least {count} digit{'s' if count > 1 else ''}" if count >= 1 else ""
    none = "There is no gradient to test."
    match verdict:
        case "right":
            return f"The gradient is right{known}: R₁ falls with slope {slopes[1]:.2f}."
        case "rough":
            at = f"R₁ falls with slope {slopes[1]:.2f}"
            return f"The gradient is right: {at}, which is above 1, and below 2 as f has no second derivative here."
        case "wrong":
            at = f" It is off by about {short(10.0**-digits)} of itself." if digits == digits else ""
            return f"The gradient is WRONG: R₁ falls with slope {slopes[1]:.2f} and not 2.{at}"
        case "exact":
            return "The gradient is right: nothing remains, f is linear here along this direction."
        case "constant":
            return "The gradient is right: f does not change here along this direction, and g·v is 0."
        case "corner":
            behind, ahead = (short(slope, 3) for slope in sides)
            return f"f has a corner here: along v its slope is {behind} behind and {ahead} ahead. {none}"
        case "jump":
            return f"f jumps here. {none}"
        case "vertical":
            return f"f rises vertically along this direction. {none}"
        case "edge":
            return "f is not defined along this direction. Choose another one."
        case "unknown":
            return f"AD's g·v is {number_text(math.nan)} here. {none}"
        case "still":
            return "This direction is 0 and leads nowhere. Choose another one."
        case "blind" if inputs == 1:
            return f"The gradient is right: it is 0, and R₀ falls with slope {slopes[0]:.2f}, faster than h."
        case "blind":
            fast = f"R₀ falls with slope {slopes[0]:.2f} already"
            return f"This direction cannot tell: g·v is 0, so {fast}. Choose another one."
        case _:
            return "There is nothing to test: f is not finite here."


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


def _label(words: str, buddy: QWidget) -> QLabel:
    label = QLabel(words)
    label.setBuddy(buddy)
    return label
