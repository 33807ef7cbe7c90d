"""The seed of a sweep: one input or output by its name, or a direction that is typed, dragged or slid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import atan2, cos, hypot, isfinite, pi, sin
from typing import Any
from unicodedata import normalize

from PySide6.QtCore import QPointF, QRectF, QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QSizePolicy, QSlider, QWidget

from explorer.language.names import pretty_name
from explorer.ui.choice_box import ChoiceBox
from explorer.ui.graph_paint import BAR_ABOVE, DOT_ABOVE, SUBSCRIPTS
from explorer.ui.session import VALUE_PAUSE_MS

_DIRECTION = "direction …"  # the last entry: any numbers
MOST_SLIDERS = 4  # side by side; more numbers are typed
REACH = 1.5  # of the dial and the sliders, each way; a number beyond it is typed
_VECTOR = str.maketrans("−,;()[]", "-      ")
SIDE = 76  # pixels of the dial
TURN = pi / 36  # by an arrow key: 5 degrees


class Seed(QWidget):
    """`combo` and `output` stand where the panel puts them; this widget is the row for a direction, seen when one is
    chosen. `output`: of which one of several the second order is.

    `changed`: the sweep starts with other numbers.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.problem = ""  # with the direction that was typed, in a sentence
        self._names: tuple[str, ...] = ()
        self._reverse = True
        self._kept: str | None = None  # a name that was restored and waits for its program
        self.combo = ChoiceBox(objectName="graph.seed")
        self.combo.setAccessibleName("Seed: the input whose tangent is 1, or the output whose adjoint is 1")
        self.combo.setToolTip("The number that starts the sweep as 1; or a direction of your own")
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.combo.currentIndexChanged.connect(self._chosen)
        self.output = ChoiceBox(objectName="graph.output")
        self.output.setAccessibleName("Output whose second derivatives are computed")
        self.output.setToolTip("The output whose gradient is differentiated along the seed")
        self.output.currentIndexChanged.connect(self._output_chosen)
        self.output.hide()
        self._output = ""  # the one that was chosen last, in a reverse sweep or in second order
        self.typed = QLineEdit(objectName="graph.direction")
        self.typed.setAccessibleName("The seed's numbers, one for each input or output, separated by spaces")
        self.typed.setPlaceholderText("a number for each, such as 1 0.5")
        self.typed.editingFinished.connect(self._typing_finished)
        self._soon = QTimer(self, singleShot=True, interval=VALUE_PAUSE_MS)
        self._soon.timeout.connect(self.changed)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self.typed, 1)
        self._handle: Dial | Sliders | None = None
        self._wanted = True
        self.hide()

    def set_wanted(self, wanted: bool) -> None:
        """Whether the row may be seen: it is about the program's graph."""
        self._wanted = wanted
        self._show_direction()

    def offer(self, names: tuple[str, ...], reverse: bool) -> None:
        """Offer the outputs in reverse mode and else the inputs, the chosen one again where it is among them."""
        mark = BAR_ABOVE if reverse else DOT_ABOVE
        wanted = [_started(name, mark) for name in names] + ([_DIRECTION] if names else [])
        if [self.combo.itemText(i) for i in range(self.combo.count())] != wanted or self._kept is not None:
            with QSignalBlocker(self.combo):
                chosen = self.combo.currentData() if self._kept is None else self._kept
                if self._kept is None and reverse and not self._reverse and chosen != _DIRECTION:
                    chosen = self._output
                self._kept = None
                self.combo.clear()
                for words, name in zip(wanted, [*names, _DIRECTION], strict=False):
                    self.combo.addItem(words, name)
                self.combo.setCurrentIndex(max(self.combo.findData(chosen), 0) if names else -1)
        self._reverse = reverse
        if names != self._names:
            self._names = names
            self._fill_up()
            if self._handle is not None:
                self._handle.hide()
                self._handle.deleteLater()
                self._handle = None
        self._show_direction()

    def offer_outputs(self, names: tuple[str, ...]) -> None:
        """Offer these in second order, the chosen one again where it is among them; none in other sweeps."""
        if [self.output.itemData(i) for i in range(self.output.count())] != list(names):
            with QSignalBlocker(self.output):
                self.output.clear()
                for name in names:
                    self.output.addItem(f"of {pretty_name(name)}", name)
        with QSignalBlocker(self.output):
            self.output.setCurrentIndex(max(self.output.findData(self._output), 0) if names else -1)
        self.output.setVisible(len(names) > 1)

    @property
    def moving(self) -> bool:
        """Whether `changed` is about to be told."""
        return self._soon.isActive()

    def numbers(self) -> list[float]:
        """The tangent of each input, or the weight of each output; says in `problem` what is wrong with what was
        typed, and then gives the first."""
        self.problem = ""
        count = len(self._names)
        if self.combo.currentData() != _DIRECTION:
            return [float(k == self.combo.currentIndex()) for k in range(count)]
        numbers = self._read()
        if len(numbers) == count and all(map(isfinite, numbers)):
            return numbers
        names = "output" if self._reverse else "input"
        self.problem = f"The direction needs {count} finite numbers, one for each {names}; the first is taken."
        return [float(k == 0) for k in range(count)]

    def options(self) -> dict[str, Any]:
        """What is chosen, in JSON's terms."""
        seed = self._kept or self.combo.currentData() or ""
        return {"seed": seed, "direction": self.typed.text(), "output": self._output}

    def restore(self, options: Mapping[str, Any]) -> None:
        """Choose this again, when the names are offered next; no signal."""
        if isinstance(seed := options.get("seed"), str) and len(seed) < 100:
            self._kept = seed
        if isinstance(direction := options.get("direction"), str) and len(direction) < 10_000:
            self.typed.setText(direction)
        if isinstance(output := options.get("output"), str) and len(output) < 100:
            self._output = output

    def _output_chosen(self) -> None:
        self._output = self.output.currentData() or ""
        self.changed.emit()

    def _chosen(self) -> None:
        if self._reverse and self.combo.currentData() != _DIRECTION:
            self._output = self.combo.currentData() or ""
        self._fill_up()
        self._show_direction()
        self.changed.emit()

    def _fill_up(self) -> None:
        """A direction to begin with, where there is none for these names."""
        if self.combo.currentData() == _DIRECTION and len(self._read()) != len(self._names):
            self.typed.setText(" ".join("1" for _ in self._names))

    def _show_direction(self) -> None:
        own = self.combo.currentData() == _DIRECTION
        if own:
            if self._handle is None and len(self._names) <= MOST_SLIDERS:
                self._handle = Dial() if len(self._names) == 2 else Sliders(len(self._names))
                self._handle.moved.connect(self._moved)
                self._row.addWidget(self._handle, 0 if len(self._names) == 2 else 2)
            self._show_handle()
        self.setVisible(own and self._wanted)

    def _show_handle(self) -> None:
        if self._handle is not None:
            numbers = self._read()
            if len(numbers) == len(self._names) and all(map(isfinite, numbers)):
                self._handle.show_numbers(numbers, [pretty_name(name) for name in self._names])

    def _read(self) -> list[float]:
        """The numbers that are typed, or pasted as a vector; an empty list where one is none."""
        try:
            return [float(word) for word in self.typed.text().translate(_VECTOR).split()]
        except ValueError:
            return []

    def _typing_finished(self) -> None:
        self._show_handle()
        self.changed.emit()

    def _moved(self, numbers: list[float]) -> None:
        self.typed.setText(" ".join(f"{number:.2f}".rstrip("0").rstrip(".") for number in numbers))
        self._show_handle()
        if not self._soon.isActive():  # not started afresh at every pixel: the sweep follows the hand
            self._soon.start()


class Dial(QWidget):
    """Two numbers as an arrow that is dragged; arrow keys turn it and make it longer or shorter."""

    moved = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("graph.direction.dial")
        self.setFixedSize(SIDE, SIDE)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setToolTip("Drag the arrow; ← → turn it, ↑ ↓ make it longer or shorter. The circle is length 1.")
        self._at = (1.0, 1.0)
        self._names = ("", "")

    def show_numbers(self, numbers: Sequence[float], names: Sequence[str]) -> None:
        """Show these, to the right and upwards."""
        self._at, self._names = (numbers[0], numbers[1]), (names[0], names[1])
        self.setAccessibleName(
            f"Direction: {names[0]} {numbers[0]:.3g}, {names[1]} {numbers[1]:.3g}; arrow keys turn it"
        )
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(SIDE, SIDE)

    @property
    def _unit(self) -> float:
        return (SIDE / 2 - 3) / REACH

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._drag(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._drag(event)

    def _drag(self, event: QMouseEvent) -> None:
        middle = SIDE / 2
        across, up = (event.position().x() - middle) / self._unit, (middle - event.position().y()) / self._unit
        snapped = [0.0 if abs(n) < 0.06 else max(-REACH, min(REACH, n)) for n in (across, up)]
        self.moved.emit([round(number, 2) for number in snapped])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        turns = {Qt.Key.Key_Left: TURN, Qt.Key.Key_Right: -TURN}
        grows = {Qt.Key.Key_Up: 0.1, Qt.Key.Key_Down: -0.1}
        key = Qt.Key(event.key())
        if key not in turns and key not in grows:
            super().keyPressEvent(event)
            return
        angle = atan2(self._at[1], self._at[0]) + turns.get(key, 0.0)
        length = max(0.1, hypot(*self._at) + grows.get(key, 0.0))
        self.moved.emit([length * cos(angle) + 0.0, length * sin(angle) + 0.0])

    def paintEvent(self, event: QPaintEvent) -> None:
        palette, middle = self.palette(), QPointF(SIDE / 2, SIDE / 2)
        text, quiet = palette.color(QPalette.ColorRole.Text), palette.color(QPalette.ColorRole.PlaceholderText)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            edge = palette.color(QPalette.ColorRole.Highlight) if self.hasFocus() else quiet
            painter.setPen(edge)
            painter.setBrush(palette.color(QPalette.ColorRole.Base))
            painter.drawRoundedRect(QRectF(0.5, 0.5, SIDE - 1, SIDE - 1), 4, 4)
            painter.setPen(QPen(quiet, 1, Qt.PenStyle.DotLine))
            painter.drawEllipse(middle, self._unit, self._unit)
            painter.drawLine(QPointF(3, middle.y()), QPointF(SIDE - 3, middle.y()))
            painter.drawLine(QPointF(middle.x(), 3), QPointF(middle.x(), SIDE - 3))
            font = painter.font()
            font.setPixelSize(10)
            painter.setFont(font)
            painter.setPen(quiet)
            painter.drawText(QRectF(0, middle.y(), SIDE - 3, 14), Qt.AlignmentFlag.AlignRight, self._names[0])
            painter.drawText(QRectF(middle.x() + 3, 2, SIDE / 2, 14), Qt.AlignmentFlag.AlignLeft, self._names[1])
            length = hypot(*self._at)
            if not length:
                return
            shown = min(1.0, REACH * 0.97 / max(abs(self._at[0]), abs(self._at[1]))) * self._unit
            tip = middle + QPointF(self._at[0], -self._at[1]) * shown
            along = QPointF(self._at[0], -self._at[1]) / length
            across = QPointF(-along.y(), along.x())
            painter.setPen(QPen(text, 2))
            painter.drawLine(middle, tip - along * 6)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(text)
            painter.drawPolygon(QPolygonF([tip, tip - along * 8 + across * 4, tip - along * 8 - across * 4]))


class Sliders(QWidget):
    """One number, or three or four, each as a slider."""

    moved = Signal(list)

    def __init__(self, count: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self._labels, self._sliders = [], []
        for place in range(count):
            label = QLabel()
            label.setTextFormat(Qt.TextFormat.PlainText)
            slider = QSlider(Qt.Orientation.Horizontal, objectName=f"graph.direction.slider{place}")
            slider.setRange(round(-100 * REACH), round(100 * REACH))
            slider.setPageStep(25)
            slider.setMinimumWidth(30)
            slider.valueChanged.connect(self._slid)
            row.addWidget(label)
            row.addWidget(slider, 1)
            self._labels.append(label)
            self._sliders.append(slider)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_numbers(self, numbers: Sequence[float], names: Sequence[str]) -> None:
        """Show these under their names."""
        for label, slider, number, name in zip(self._labels, self._sliders, numbers, names, strict=True):
            label.setText(name)
            slider.setAccessibleName(f"Direction: {name}")
            with QSignalBlocker(slider):
                slider.setValue(round(100 * max(-REACH, min(REACH, number))))

    def _slid(self) -> None:
        self.moved.emit([slider.value() / 100 for slider in self._sliders])


def _started(name: str, mark: str) -> str:
    """x̄₁ = 1; a name of several letters, over which no font sets a bar, in words."""
    shown = pretty_name(name)
    if len(shown.rstrip(SUBSCRIPTS)) > 1:
        return f"{shown}: {'adjoint' if mark == BAR_ABOVE else 'tangent'} 1"
    return f"{_marked(name, mark)} = 1"


def _marked(name: str, mark: str) -> str:
    shown = pretty_name(name)
    return normalize("NFC", shown[:1] + mark + shown[1:])  # one sign where there is one: not all fonts place marks
