"""The loops sheet: a slider over the rounds of a loop, with the value and the derivative of a name in each round."""

from __future__ import annotations

from bisect import bisect
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QSlider, QWidget

from explorer.language.names import pretty_name
from explorer.language.notation import span_from_json
from explorer.language.program import Span
from explorer.ui.choice_box import ChoiceBox
from explorer.ui.graph_answer import GraphAnswer, Progress
from explorer.ui.panel import number_text
from explorer.ui.session import Question
from explorer.ui.sheet import Sheet
from explorer.ui.small_plot import Curve, SmallPlot
from explorer.work import questions
from explorer.work.wire import Message

LEAST_BOX, LEAST_SLIDER = 60, 110  # pixels: long names give way to a slider that can be dragged
UNLIKE = 1e3  # times as large: then value and derivative stand on a logarithmic axis


class LoopsSheet(Sheet):
    """Value and derivative by round; on a logarithmic axis, how far each still is from where the loop stopped."""

    name = "loops"
    title = "Loops"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._weights: list[float] = []

    def build(self) -> None:
        self._loops: list[dict[str, Any]] = []
        self._head: dict[str, Any] = {}
        self._coming: list[dict[str, Any]] = []  # the loops of an answer, until all are there
        self._traps: list[str] = []
        self.loop = ChoiceBox(objectName="graph.loops.loop")
        self.loop.setAccessibleName("Loop")
        self.loop.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.loop.currentIndexChanged.connect(self._loop_chosen)
        self.variable = ChoiceBox(objectName="graph.loops.name")
        self.variable.setAccessibleName("Name whose values are plotted")
        self.variable.currentIndexChanged.connect(self._show)
        self.input = ChoiceBox(objectName="graph.loops.input")
        self.input.setAccessibleName("Input by which the derivatives are taken")
        self.input.setToolTip("By which input the derivatives are taken")
        self.input.currentIndexChanged.connect(self.wants_answer)
        self.error = QCheckBox("error", objectName="graph.loops.error")
        self.error.setAccessibleName("Plot the distance to the last round, on a logarithmic axis")
        self.error.setToolTip("How far each round is from the last one: does the derivative lag behind the value?")
        self.error.toggled.connect(self._show)
        self.slider = QSlider(Qt.Orientation.Horizontal, objectName="graph.loops.round")
        self.slider.setAccessibleName("Round of the loop")
        self.slider.setMinimum(1)
        self.slider.valueChanged.connect(self._round_chosen)
        self.words = QLabel(objectName="graph.loops.words")
        self.words.setAccessibleName("Value and derivative in this round")
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        self.plot = SmallPlot("round", "value")
        self.plot.setObjectName("graph.loops.plot")
        self.plot.setAccessibleName("Value and derivative by round")
        self.plot.place_clicked.connect(self.slider.setValue)
        row = QHBoxLayout()
        row.setSpacing(6)
        for widget in (self.loop, self.variable, self.input, self.error):
            row.addWidget(widget)
        for box in (self.loop, self.variable, self.input):
            box.setMinimumWidth(LEAST_BOX)
        self.slider.setMinimumWidth(LEAST_SLIDER)
        row.addWidget(self.slider, 1)
        self.body.addLayout(row)
        self.body.addWidget(self.words)
        self.body.addWidget(self.plot, 1)

    def asks(self, question: Question, selected: int | None) -> Message | None:
        inputs = question.program.inputs
        if [self.input.itemData(place) for place in range(self.input.count())] != list(inputs):
            chosen = self.input.currentData()
            with QSignalBlocker(self.input):
                self.input.clear()
                for name in inputs:
                    self.input.addItem(f"by {pretty_name(name)}", name)
                self.input.setCurrentIndex(max(self.input.findData(chosen), 0) if inputs else -1)
        self.input.setVisible(len(inputs) > 1)
        seed = {self.input.currentData(): 1.0} if inputs else {}
        return questions.sheet(self.name, question.source, question.at, seed=seed, weights=self._weights)

    def show_graph(self, answer: GraphAnswer, progress: Progress) -> None:
        """The adjoints are those of the sweep above."""
        self._weights = answer.head["weights"]

    def show_answer(self, answer: dict[str, Any]) -> None:
        if answer["part"] == "head":
            self._head, self._coming = answer, []
        else:
            self._coming.append(answer)
        if len(self._coming) < self._head["count"]:
            return
        self._loops, self._traps = self._coming, self._head["trap"]
        seed = ", ".join(pretty_name(name) for name, number in self._head["seed"].items() if number)
        self._by = seed or "x"
        with QSignalBlocker(self.loop):
            chosen = max(self.loop.currentIndex(), 0)
            self.loop.clear()
            for loop in self._loops:
                rounds = loop["rounds"]
                outer = f", round {'.'.join(map(str, loop['outer']))} outside" if loop["outer"] else ""
                self.loop.addItem(f"line {loop['span'][0]}: {rounds} round{'s' * (rounds != 1)}{outer}")
            self.loop.setCurrentIndex(min(chosen, len(self._loops) - 1))
        for widget in (self.loop, self.variable, self.error, self.slider):
            widget.setEnabled(bool(self._loops))
        self._loop_chosen()

    def show_refusal(self, message: str) -> None:
        self.words.setText(message)

    def _loop(self) -> dict[str, Any] | None:
        index = self.loop.currentIndex()
        return self._loops[index] if 0 <= index < len(self._loops) else None

    def _loop_chosen(self) -> None:
        loop = self._loop()
        with QSignalBlocker(self.variable):
            chosen = self.variable.currentText()
            self.variable.clear()
            self.variable.addItems(list(loop["names"]) if loop else [])
            self.variable.setCurrentIndex(max(self.variable.findText(chosen), 0) if self.variable.count() else -1)
        with QSignalBlocker(self.slider):
            self.slider.setMaximum(max(loop["rounds"] if loop else 1, 1))
            self.slider.setValue(self.slider.maximum())
        self._show()

    def _column(self) -> dict[str, Any] | None:
        loop = self._loop()
        return loop["names"].get(self.variable.currentText()) if loop is not None else None

    def _show(self) -> None:
        column = self._column()
        if column is None:
            self.plot.show_curves(())
            self.words.setText("  ".join(self._traps) or "There is no loop here that gives values to names.")
            return
        name = pretty_name(self.variable.currentText())
        values, derivatives = column["values"], column["derivatives"]
        if self.error.isChecked():
            curves = (
                Curve(f"|{name} − last|", _distances(values), "path"),
                Curve(f"|d{name}/d{self._by} − last|", _distances(derivatives), "flow", dashed=True),
            )
            self.plot.show_curves(curves, log=True, y_label="distance to the last round")
        elif _unlike(values, derivatives):
            curves = (
                Curve(f"|{name}|", values, "path"),
                Curve(f"|d{name}/d{self._by}|", derivatives, "flow", dashed=True),
            )
            self.plot.show_curves(curves, log=True, y_label="sizes of value and derivative")
        else:
            curves = (Curve(name, values, "path"), Curve(f"d{name}/d{self._by}", derivatives, "flow", dashed=True))
            self.plot.show_curves(curves, y_label="value and derivative")
        self._tell()

    def _round_chosen(self) -> None:
        self._tell()
        column = self._column()
        op = self._op(column)
        if op is not None:
            self.op_chosen.emit(op)
        loop = self._loop()
        if loop is not None and op is None:
            self.span_chosen.emit(span_from_json(loop["span"]))

    def _op(self, column: dict[str, Any] | None) -> int | None:
        place = self.slider.value() - 1
        return column["ops"][place] if column is not None and place < len(column["ops"]) else None

    def _tell(self) -> None:
        """The numbers of this round, and at the last one how the two have converged."""
        column, place = self._column(), self.slider.value() - 1
        self.plot.mark(self.slider.value())
        if column is None or place >= len(column["values"]):
            return
        name, values, derivatives = pretty_name(self.variable.currentText()), column["values"], column["derivatives"]
        text = f"Round {place + 1}: {name} = {number_text(values[place], 10)}, "
        text += f"d{name}/d{self._by} = {number_text(derivatives[place], 10)}"
        adjoint, period = column["adjoints"][place], _period(values)
        text += "." if adjoint is None else f", adjoint {number_text(adjoint, 6)}."
        moved = _moved(values, place), _moved(derivatives, place)
        if moved[0] is not None and moved[1] is not None:
            by = number_text(moved[0], 2), number_text(moved[1], 2)
            text += f"  The round moved the value by {by[0]}, the derivative by {by[1]}"
            lags = place == len(values) - 1 and moved[1] > 3 * moved[0] > 0 and not period
            text += ": a test of the value alone stops before the derivative has settled." if lags else "."
        if period:
            text += f"  The values come back every {period} rounds: this does not converge."
        self.words.setText("  ".join([text, *self._traps]))

    def show_step(self, progress: Progress, changed: set[int]) -> None:
        """The round that the player is in."""
        if self.built and progress.row and (loop := self._loop()) is not None:
            self._go_to(_round(loop, progress.answer.film_nodes[progress.row - 1]))

    def select(self, op: int | None, span: Span | None) -> None:
        """The round in which the op was computed, itself or in a call; of another loop where it is not in this one."""
        loop = self._loop() if self.built else None
        if loop is None or op is None:
            return
        if not _round(loop, op):  # inner loops are told before those around them
            place = next((place for place, other in enumerate(self._loops) if _round(other, op)), None)
            if place is None:
                return
            self.loop.setCurrentIndex(place)
            loop = self._loops[place]
        self._go_to(_round(loop, op))

    def _go_to(self, number: int) -> None:
        """Show a round; 0 is none."""
        if number and number != self.slider.value():
            with QSignalBlocker(self.slider):
                self.slider.setValue(number)
            self._tell()


def _round(loop: dict[str, Any], op: int) -> int:
    """The round of the loop in which the op was computed, itself or in a call; 0 where it was in none."""
    begins = loop["begins"]
    return bisect(begins, op) if begins and begins[0] <= op < begins[-1] else 0


def _unlike(*columns: list[Any]) -> bool:
    """Whether the columns are of such different sizes that on one axis one of them would be a line at 0."""
    largest = [max([abs(n) for n in numbers if isinstance(n, int | float)], default=0.0) for numbers in columns]
    return min(largest) > 0 and max(largest) > UNLIKE * min(largest)


def _distances(numbers: list[Any]) -> list[Any]:
    finite = [n for n in numbers if isinstance(n, int | float)]
    if not finite:
        return []
    return [abs(n - finite[-1]) if isinstance(n, int | float) else None for n in numbers]


def _period(numbers: list[Any]) -> int:
    """After how many rounds, from 2 to 8, the last numbers come back; 0 where they do not."""
    last = [n for n in numbers[-24:] if isinstance(n, int | float)]
    if len(last) < 24:
        return 0
    near = 1e-9 * max(map(abs, last))
    if max(last) - min(last) <= 1e3 * near:  # at rest
        return 0
    repeats = (p for p in range(2, 9) if all(abs(a - b) <= near for a, b in zip(last, last[p:], strict=False)))
    return next(repeats, 0)


def _moved(numbers: list[Any], place: int) -> float | None:
    if place and isinstance(numbers[place], int | float) and isinstance(numbers[place - 1], int | float):
        return abs(numbers[place] - numbers[place - 1])
    return None
