"""The inputs of the function: for each a box for its value and a slider around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QSlider, QWidget

from explorer.language.names import pretty_name
from explorer.ui.number_box import NumberBox

_STEPS = 2000  # positions of a slider: finer than its pixels
_REACH = 10.0  # a slider reaches this far to both sides, or twice as far as the value if that is more
_LARGEST_REACH = 1.7e308  # what a box can hold
_NAME_WIDTH = 90  # pixels; a longer name would push box and slider out of the column
_ROWS_A_TURN = 3  # new ones: some 8 ms
_LOST = 50.0  # a value smaller than the reach by this factor sits on the slider's middle, whatever it is


class Inputs(QScrollArea):
    """A row an input. Names come and go with the text; a row that stays keeps its place and its focus."""

    value_changed = Signal(str, object)  # name, value
    built = Signal()  # all rows are there that were to be shown

    def __init__(self, after: QWidget | None = None, parent: QWidget | None = None) -> None:
        """after: the widget from which Tab comes to the first row."""
        super().__init__(parent)
        self._after = after
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setAccessibleName("Inputs")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its rows take the focus
        self._inside = QWidget()
        self._grid = QGridLayout(self._inside)
        self._grid.setContentsMargins(0, 0, 0, 0)
        for column in (1, 2):
            self._grid.setColumnStretch(column, 1)
        self.setWidget(self._inside)
        self._rows: dict[str, _Row] = {}
        self._values: dict[str, float] = {}  # what is to be shown
        self._places: dict[str, int] = {}  # in which line
        self._coming: list[str] = []  # those of them that have no row yet
        self._turn = QTimer(self, singleShot=True, interval=0)
        self._turn.timeout.connect(self._build_some)
        self._none = QLabel("No input occurs in this function.")
        self._none.hide()

    def show_inputs(self, values: Mapping[str, float]) -> None:
        """Show these inputs with these values, in this order; more than a few new rows are built over some turns."""
        for name in [n for n in self._rows if n not in values]:
            self._rows.pop(name).remove(self._grid)
        self._values = dict(values)
        self._places = {name: place for place, name in enumerate(values)}
        for name in self._rows:
            self._put(name)
        self._coming = [name for name in values if name not in self._rows]
        for line in range(len(values) + 2):
            self._grid.setRowStretch(line, 0)
        self._grid.setRowStretch(len(values) + 1, 1)
        self._grid.addWidget(self._none, len(values), 0, 1, 3)
        self._none.setVisible(not values)
        self._build_some()

    @property
    def building(self) -> bool:
        """Whether rows are still to come."""
        return bool(self._coming)

    def _build_some(self) -> None:
        """Some of the new rows; each takes milliseconds."""
        self._turn.stop()
        for name in self._coming[:_ROWS_A_TURN]:
            self._rows[name] = _Row(name, self)
            self._put(name)
        del self._coming[:_ROWS_A_TURN]
        if self._coming:
            self._turn.start()
        else:
            self._chain_focus(list(self._values))
            self.built.emit()

    def _put(self, name: str) -> None:
        self._rows[name].place(self._grid, self._places[name])
        self._rows[name].show_value(self._values[name])

    def wanted_height(self) -> int:
        """Pixels that show all rows without scrolling."""
        # Not the layout's hint: rows that are new count in it only when they have been shown.
        heights = [row.box.sizeHint().height() + self._grid.verticalSpacing() for row in self._rows.values()]
        return sum(heights) if heights else self._none.sizeHint().height()

    def _chain_focus(self, names: Sequence[str]) -> None:
        """Tab goes through the rows from above; Qt would put new widgets behind all others of the window."""
        widgets = [w for name in names for w in (self._rows[name].box, self._rows[name].slider)]
        for first, second in pairwise(widgets if self._after is None else [self._after, *widgets]):
            QWidget.setTabOrder(first, second)


class _Slider(QSlider):
    """A slider that a wheel turning over it does not move: the wheel is scrolling the list."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore() if not self.hasFocus() else super().wheelEvent(event)


class _Row:
    """Label, box and slider of one input."""

    def __init__(self, name: str, inputs: Inputs) -> None:
        self.name, self.inputs = name, inputs
        shown = pretty_name(name)
        self.label = QLabel()
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setText(self.label.fontMetrics().elidedText(shown, Qt.TextElideMode.ElideRight, _NAME_WIDTH))
        self.label.setToolTip(shown if self.label.text() != shown else "")  # names are letters, digits and _: no HTML
        self.box = NumberBox()
        self.box.setObjectName(f"point.{name}")
        self.box.setAccessibleName(f"Value of {name}")
        self.label.setBuddy(self.box)
        self.slider = _Slider(Qt.Orientation.Horizontal, minimum=0, maximum=_STEPS)
        self.slider.setPageStep(_STEPS // 40)
        self.slider.setObjectName(f"point.{name}.slider")
        self.slider.setAccessibleName(f"Slider for {name}")
        self.slider.setMinimumWidth(60)
        self.reach = _REACH
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
        """Put the slider where the value is; its range changes only when the value leaves it or is lost in it."""
        if not self.reach / _LOST < abs(value) < self.reach:
            self.reach = min(max(_REACH, 2.0 * abs(value)), _LARGEST_REACH)
        with QSignalBlocker(self.slider):
            self.slider.setValue(round((value / self.reach + 1.0) / 2.0 * _STEPS))
        self.slider.setToolTip(f"−{self.reach:g} … {self.reach:g}")

    def _box_changed(self, value: float) -> None:
        self._follow(value)
        self.inputs.value_changed.emit(self.name, value)

    def _slider_changed(self, place: int) -> None:
        value = float(f"{(2.0 * place / _STEPS - 1.0) * self.reach:.6g}")  # as round as the slider is coarse
        with QSignalBlocker(self.box):
            self.box.setValue(value)
        self.inputs.value_changed.emit(self.name, value)
