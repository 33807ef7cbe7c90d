"""The inputs of the function: for each a box for its value and a slider around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QSlider, QWidget

from explorer.ui.graph_view import pretty_name
from explorer.ui.number_box import NumberBox

_STEPS = 2000  # positions of a slider: finer than its pixels
_REACH = 10.0  # a slider reaches this far to both sides, or twice as far as the value if that is more


class Inputs(QScrollArea):
    """A row an input. Names come and go with the text; a row that stays keeps its place and its focus."""

    value_changed = Signal(str, object)  # name, value

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setAccessibleName("Inputs")
        self._inside = QWidget()
        self._grid = QGridLayout(self._inside)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(2, 1)
        self.setWidget(self._inside)
        self._rows: dict[str, _Row] = {}
        self._none = QLabel("No input occurs in this function.")
        self._none.hide()

    def show_inputs(self, values: Mapping[str, float]) -> None:
        """Show these inputs with these values, in this order."""
        for name in [n for n in self._rows if n not in values]:
            self._rows.pop(name).remove(self._grid)
        for place, (name, value) in enumerate(values.items()):
            row = self._rows.get(name)
            if row is None:
                row = self._rows[name] = _Row(name, self)
            row.place(self._grid, place)
            row.show_value(value)
        self._grid.addWidget(self._none, len(values), 0, 1, 3)
        self._none.setVisible(not values)
        for line in range(len(values) + 2):
            self._grid.setRowStretch(line, 0)
        self._grid.setRowStretch(len(values) + 1, 1)
        self._chain_focus(list(values))

    def _chain_focus(self, names: Sequence[str]) -> None:
        widgets = [w for name in names for w in (self._rows[name].box, self._rows[name].slider)]
        for first, second in pairwise(widgets):
            QWidget.setTabOrder(first, second)


class _Row:
    """Label, box and slider of one input."""

    def __init__(self, name: str, inputs: Inputs) -> None:
        self.name, self.inputs = name, inputs
        self.label = QLabel(pretty_name(name))
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.box = NumberBox()
        self.box.setObjectName(f"point.{name}")
        self.box.setAccessibleName(f"Value of {name}")
        self.label.setBuddy(self.box)
        self.slider = QSlider(Qt.Orientation.Horizontal, minimum=0, maximum=_STEPS)
        self.slider.setObjectName(f"point.{name}.slider")
        self.slider.setAccessibleName(f"Slider for {name}")
        self.slider.setMinimumWidth(60)
        self.low, self.high = -_REACH, _REACH
        self.box.valueChanged.connect(self._box_changed)
        self.slider.valueChanged.connect(self._slider_changed)

    def place(self, grid: QGridLayout, line: int) -> None:
        for column, widget in enumerate((self.label, self.box, self.slider)):
            grid.addWidget(widget, line, column)

    def remove(self, grid: QGridLayout) -> None:
        for widget in (self.label, self.box, self.slider):
            grid.removeWidget(widget)
            widget.hide()
            widget.deleteLater()

    def show_value(self, value: float) -> None:
        """Show a value that is already known outside."""
        if self.box.value() != value:
            with QSignalBlocker(self.box):
                self.box.setValue(value)
        self._follow(value)

    def _follow(self, value: float) -> None:
        """Put the slider where the value is; its range moves only when the value leaves it."""
        if not self.low < value < self.high:
            reach = max(_REACH, 2.0 * abs(value))
            self.low, self.high = -reach, reach
        place = round((value - self.low) / (self.high - self.low) * _STEPS)
        with QSignalBlocker(self.slider):
            self.slider.setValue(place)
        self.slider.setToolTip(f"{self.low:g} … {self.high:g}")

    def _box_changed(self, value: float) -> None:
        self._follow(value)
        self.inputs.value_changed.emit(self.name, value)

    def _slider_changed(self, place: int) -> None:
        step = (self.high - self.low) / _STEPS
        value = float(f"{self.low + place * step:.6g}")  # as round as the slider is coarse
        with QSignalBlocker(self.box):
            self.box.setValue(value)
        self.inputs.value_changed.emit(self.name, value)
