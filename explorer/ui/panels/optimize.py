"""The optimize panel: a rule runs on the function itself; its path on the landscape, the loss, its state.

Longer than 300 lines: form, run and pictures share the run's iterates, and what makes them stale.
"""

from __future__ import annotations

import base64
import math
import struct
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QSpinBox,
    QSplitter,
    QWidget,
)

from explorer.language.program import Program
from explorer.optimize.rules import RULES
from explorer.ui import theme
from explorer.ui.graph_picture import pretty_name
from explorer.ui.math_label import MathLabel
from explorer.ui.number_box import NumberBox
from explorer.ui.panel import Panel, number_text
from explorer.ui.plot_view import Marker, Overlay, PlotView, Polyline
from explorer.ui.session import Question
from explorer.ui.worker import Crew
from explorer.work import questions
from explorer.work.ends import Done, End
from explorer.work.wire import Message

_STEPS = 200
_REACH = 2.5  # the picture shows at least this far around the start
_MARGIN = 0.15  # of the path's extent, around it
_MOST_STRETCHES = 1_500  # of a long loss curve: more than its plot has pixels
_POINT_DIGITS = 10  # of an iterate: what the literature's tables have


class OptimizePanel(Panel):
    """Rule, its hyper-parameters, run/step/back/reset, two plots, and what happened in words."""

    name = "optimize"
    title = "Optimize"
    headed = False
    budget_ms = 60_000

    def __init__(self, crew: Crew, plots: Crew, parent: QWidget | None = None) -> None:
        super().__init__(crew, parent)
        self._start: dict[str, float] = {}
        self._iterates: list[dict[str, Any]] = []
        self._columns: list[list[float]] = []  # of the path in the picture: a list an axis
        self._complete = False  # whether the run went on to its own end, or only to the step that was looked at
        self._sentence = ""
        self._asked = 0  # steps of the run under way
        self._view: list[tuple[float, float]] = []  # what the landscape shows, an interval an axis
        self._drawn: Program | None = None  # what it is a landscape of
        self._curve: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())  # of one input: its points
        self.landscapes = crew.worker("optimize.landscape")
        self.landscapes.answered.connect(self._show_landscape)
        self.landscapes.ended.connect(self._landscape_ended)
        self._mind(self.landscapes)
        self._build_controls()
        self.plot = PlotView(plots)
        self.plot.setObjectName("optimize.plot")
        self.plot.setAccessibleName("Landscape of the function with the path of the run")
        self.plot.clicked.connect(self._clicked)
        self.loss = PlotView(plots)
        self.loss.setObjectName("optimize.loss")
        self.loss.setAccessibleName("Loss against step")
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.plot)
        split.addWidget(self.loss)
        self.plot.setMinimumHeight(120)
        self.loss.setMinimumHeight(80)
        split.setSizes([300, 160])
        split.setChildrenCollapsible(False)
        self.body.addWidget(split, 1)
        self.scrub = QSlider(Qt.Orientation.Horizontal, objectName="optimize.slider")
        self.scrub.setAccessibleName("Step of the run")
        self.scrub.setMaximum(0)
        self.scrub.valueChanged.connect(self._show_step)
        self.body.addWidget(self.scrub)
        self.state = MathLabel(4)
        self.state.setObjectName("optimize.state")
        self.state.setAccessibleName("State of the run")
        self.body.addWidget(self.state)

    def _build_controls(self) -> None:
        self.objective = QComboBox(objectName="optimize.objective")
        self.objective.setAccessibleName("What is minimised")
        self.objective.addItem("this function")
        self.rule = QComboBox(objectName="optimize.rule")
        self.rule.setAccessibleName("Rule")
        for name, kind in RULES.items():
            self.rule.addItem(name, name)
            self.rule.setItemData(self.rule.count() - 1, kind.title, Qt.ItemDataRole.ToolTipRole)
        self.rule.currentIndexChanged.connect(self._rule_chosen)
        theme.narrow(self.rule, 8)
        theme.narrow(self.objective, 4)
        self.rate = NumberBox()
        self.rate.setObjectName("optimize.rate")
        self.rate.setAccessibleName("Rate")
        self.steps = QSpinBox(objectName="optimize.steps", minimum=1, maximum=100_000, value=_STEPS)
        self.steps.setAccessibleName("Steps of a run")
        self.batch = QSpinBox(objectName="optimize.batch", minimum=0, maximum=1_000_000, value=0)
        self.batch.setAccessibleName("Batch size")
        self.batch.setSpecialValueText("all")
        self.batch.setEnabled(False)
        self.batch.setToolTip("A formula has no data to take batches of")
        self._form = QGridLayout()
        self._form.setContentsMargins(0, 0, 0, 0)
        for column in (1, 3):
            self._form.setColumnStretch(column, 1)
        self._fields: dict[str, NumberBox | QCheckBox | QComboBox] = {}
        for place, (words, widget) in enumerate(
            (("minimise", self.objective), ("by", self.rule), ("batch", self.batch))
        ):
            label = QLabel(words)
            label.setBuddy(widget)
            self.head.insertWidget(2 * place, label)
            self.head.insertWidget(2 * place + 1, widget)
        self.formula = MathLabel(3)
        self.formula.setObjectName("optimize.formula")
        self.formula.setAccessibleName("Formula of the rule")
        self.body.addWidget(self.formula)
        self.body.addLayout(self._form)
        buttons = QHBoxLayout()
        self._buttons: dict[str, QPushButton] = {}
        for name, words, tip, slot in (
            ("run", "Run", "Run all steps (Ctrl+Return)", self.run),
            ("step", "Step", "One step on", self.step),
            ("back", "Back", "One step back", self.back),
            ("reset", "Reset", "Back to the start, and forget the run", self.reset),
            ("fit", "Fit view", "Show the whole path", self.fit),
        ):
            button = QPushButton(words, objectName=f"optimize.{name}")
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.setMinimumWidth(button.fontMetrics().horizontalAdvance(words) + 18)  # Fusion's own is 80
            button.clicked.connect(slot)
            buttons.addWidget(button)
            self._buttons[name] = button
        buttons.addStretch(1)
        buttons.addWidget(QLabel("steps"))
        buttons.addWidget(self.steps)
        self.body.addLayout(buttons)
        self.rate.valueChanged.connect(self._forget)
        self._rule_chosen()

    def _rule_chosen(self) -> None:
        kind = RULES[self.rule.currentData()]
        defaults = kind.defaults()
        while self._form.count():
            widget = self._form.takeAt(0).widget()
            if widget is not self.rate:
                widget.hide()
                widget.deleteLater()
        self._fields = {}
        for place, (field, about) in enumerate(kind.hyperparameters().items()):
            label = QLabel(about.words)
            label.setToolTip(about.meaning)
            box: NumberBox | QCheckBox | QComboBox
            if about.choices:
                box = QComboBox()
                box.addItems(about.choices)
                box.setCurrentText(str(defaults[field]))
                box.currentIndexChanged.connect(self._forget)
            elif isinstance(defaults[field], bool):
                box = QCheckBox()
                box.setChecked(bool(defaults[field]))
                box.toggled.connect(self._forget)
            else:
                box = self.rate if field == "rate" else NumberBox()
                with QSignalBlocker(box):
                    box.setValue(float(defaults[field]))
                if box is not self.rate:
                    box.valueChanged.connect(self._forget)
            if box is not self.rate:
                box.setObjectName(f"optimize.set.{field}")
                box.setAccessibleName(about.words)
            box.setToolTip(about.meaning)
            label.setBuddy(box)
            self._form.addWidget(label, place // 2, 2 * (place % 2))
            self._form.addWidget(box, place // 2, 2 * (place % 2) + 1)
            self._fields[field] = box
        self.rate.setVisible("rate" in self._fields)
        self.formula.setText(f"{kind.title}\n{kind.formula}")
        self._forget()

    def _refusal(self) -> str:
        """What is wrong with the rule's numbers, as a sentence; empty if nothing is."""
        kind = RULES[self.rule.currentData()]
        defaults, about = kind.defaults(), kind.hyperparameters()
        refusals = (about[field].refusal(value, defaults[field]) for field, value in self._settings().items())
        return next((refusal for refusal in refusals if refusal), "")

    def _settings(self) -> dict[str, float | bool | str]:
        return {field: _chosen(box) for field, box in self._fields.items()}

    # -- a new function or point -----------------------------------------------------------------------------------

    def asks(self, question: Question) -> Message | None:
        """A new function or point is a new start; the run itself waits for its button."""
        self._start = dict(question.at)
        self._forget()
        outputs = question.program.outputs
        self.objective.setItemText(0, pretty_name(outputs[0]) if len(outputs) == 1 else f"{len(outputs)} outputs")
        inside = len(self._view) == len(self._start) and all(
            low + _MARGIN * (high - low) < value < high - _MARGIN * (high - low)
            for (low, high), value in zip(self._view, self._start.values(), strict=True)
        )
        if self._drawn == question.program and inside and len(self._start) in (1, 2):
            self._draw_path()  # the picture is the same: only the start has moved in it
            self.brighten()
        else:
            self._view = [_around(value) for value in self._start.values()]
            self._ask_landscape()
        return None

    def set_dimmed(self, dimmed: bool) -> None:
        self.plot.set_dimmed(dimmed)
        self.loss.set_dimmed(dimmed)
        self.state.setEnabled(not dimmed)

    def _ask_landscape(self) -> None:
        if self.question is None:
            return
        names, outputs = list(self._start), self.question.program.outputs
        self._drawn = None
        if len(outputs) == 1 and len(names) in (1, 2):
            lows, highs = zip(*self._view, strict=True)
            self._dim_soon.start()
            self.landscapes.ask(questions.landscape(self.question.source, names, self._start, lows, highs), 10_000)
            return
        self.landscapes.cancel()
        if len(outputs) != 1:
            self.plot.set_message("Several outputs: an optimizer needs one number to make small.")
        elif not names:
            self.plot.set_message("A constant has nothing to be optimized.")
        else:
            self.plot.set_message(f"{len(names)} inputs: a landscape can be drawn for one or two.\nThe loss is below.")
        self.brighten()

    def _show_landscape(self, answer: dict[str, Any]) -> None:
        names, coordinates = answer["axes"], answer["coordinates"]
        output = pretty_name(self.question.program.outputs[0]) if self.question else "f"
        spec: dict[str, Any] = {"name": output, "x_label": pretty_name(names[0])}
        if len(names) == 2:
            spec |= {"kind": "contour", "x": coordinates[0], "y": coordinates[1], "z": answer["values"]}
            spec["y_label"] = pretty_name(names[1])
        else:
            spec |= {"kind": "curve_1d", "x": coordinates[0], "y": answer["values"], "y_label": output}
            self._curve = (_unpacked(coordinates[0]), _unpacked(answer["values"]))
        self.plot.show_figure(spec)
        self._draw_path()
        self._drawn = self.question.program if self.question else None
        self.brighten()

    def _landscape_ended(self, end: End) -> None:
        if not isinstance(end, Done):
            self._dim_soon.stop()
            self.plot.set_message(getattr(end, "message", "The landscape could not be drawn."))

    # -- the run ---------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """All steps from the start."""
        self._run_to(self.steps.value())

    def step(self) -> None:
        """One step on: shown if it is known, else computed by replaying the run, which is deterministic."""
        shown = self.scrub.value()
        if shown + 1 < len(self._iterates):
            self.scrub.setValue(shown + 1)
        elif not self._complete:
            self._run_to(shown + 1)

    def back(self) -> None:
        """One step back."""
        self.scrub.setValue(self.scrub.value() - 1)

    def reset(self) -> None:
        """Forget the run and begin where the inputs are."""
        if self.question is not None:
            self._start = dict(self.question.at)
            self._view = [_around(value) for value in self._start.values()]
            self._ask_landscape()
        self._forget()

    def fit(self) -> None:
        """Show the whole path in the landscape."""
        if not self._iterates:
            return
        self._view = []
        for name in self._start:
            path = [row["x"][name] for row in self._iterates]
            low, high = min(path), max(path)
            margin = _MARGIN * (high - low) or _REACH
            self._view.append((low - margin, high + margin))
        self._ask_landscape()

    def _run_to(self, steps: int) -> None:
        refusal = self._refusal()
        if self.question is None or self._outdated or refusal or not self._start:
            return
        self._clear()
        self._asked = steps
        question = questions.descent(
            self.question.source, self._start, self.rule.currentData(), self._settings(), steps, self.batch.value()
        )
        self._fresh = False
        self.worker.ask(question, self.budget_ms)

    def show_answer(self, answer: dict[str, Any]) -> None:
        if "iterates" in answer:
            rows = answer["iterates"]
            self._iterates += rows
            names = list(self._start)
            if len(names) in (1, 2):
                self._columns[0] += [row["x"][names[0]] for row in rows]
                self._columns[1] += [row["x"][names[1]] if len(names) == 2 else row["loss"] for row in rows]
            self._follow_run()
        if "stopped" in answer:
            self._complete = answer["stopped"] != "steps"
            # That all steps were taken goes without saying where one was asked for.
            self._sentence = answer["sentence"] if self._complete or self._asked == self.steps.value() else ""
            self._show_loss()
            self._show_step(self.scrub.value())

    def show_end(self, end: End) -> None:
        if not isinstance(end, Done) and self._iterates:
            self._show_loss()

    def _clear(self) -> None:
        self._iterates, self._complete, self._sentence = [], False, ""
        self._columns = [[], []]

    def _follow_run(self) -> None:
        last = len(self._iterates) - 1
        with QSignalBlocker(self.scrub):
            self.scrub.setMaximum(max(last, 0))
            self.scrub.setValue(max(last, 0))
        self._show_step(last)

    def _forget(self) -> None:
        """Something that the run depends on has changed: its path no longer says anything."""
        self._clear()
        if not hasattr(self, "state"):  # still being built
            return
        self.worker.cancel()
        with QSignalBlocker(self.scrub):
            self.scrub.setMaximum(0)
        self.loss.set_message("Run to see the loss against the step.")
        self._show_step(0)
        self.say(self._refusal())

    def _clicked(self, x: float, y: float) -> None:
        """A click is a new start."""
        names = list(self._start)
        if names:
            self._start[names[0]] = float(f"{x:.4g}")
        if len(names) == 2:
            self._start[names[1]] = float(f"{y:.4g}")
        self._forget()

    # -- pictures and words ----------------------------------------------------------------------------------------

    def _show_step(self, step: int) -> None:
        self._draw_path()
        one = self.question is not None and len(self.question.program.outputs) == 1
        allowed = one and bool(self._start) and not self._refusal()
        self._buttons["run"].setEnabled(allowed)
        self._buttons["back"].setEnabled(step > 0)
        self._buttons["step"].setEnabled(allowed and (step + 1 < len(self._iterates) or not self._complete))
        self._buttons["fit"].setEnabled(len(self._iterates) > 1 and len(self._start) in (1, 2))
        if not self._iterates:
            start = ", ".join(f"{pretty_name(name)} = {number_text(value)}" for name, value in self._start.items())
            how = " Click the landscape to move it." if one and len(self._start) in (1, 2) else ""
            self.state.setText(f"Start: {start}.{how}" if start else "")
            return
        row = self._iterates[min(max(step, 0), len(self._iterates) - 1)]
        loss = pretty_name(self.question.program.outputs[0]) if self.question else "loss"
        point = {**{pretty_name(name): value for name, value in row["x"].items()}, loss: row["loss"]}
        numbers = ",  ".join(f"{name} = {number_text(value, _POINT_DIGITS)}" for name, value in point.items())
        lines = [f"Step {row['step']}:  {numbers}"]
        if self._sentence and step == len(self._iterates) - 1:
            lines.append(self._sentence.replace("-", "−"))
        memory = [
            f"{symbol} = {', '.join(number_text(value, 3) for value in values[:4])}{' …' if len(values) > 4 else ''}"
            for symbol, values in row["memory"]
            if symbol != "t"  # the number of the step
        ]
        lines.append("   ".join([f"|∇{loss}| = {number_text(row['gradient_norm'], 4)}", *memory]))
        self.state.setText("\n".join(lines))

    def _draw_path(self) -> None:
        names = list(self._start)
        if len(names) not in (1, 2) or not hasattr(self, "plot"):
            return
        shown = self.scrub.value() + 1
        overlay: list[Overlay] = []
        rows = [column[:shown] for column in self._columns]
        if rows[0]:
            overlay.append(Polyline(rows[0], rows[1], "accent", 2.0))
            overlay.append(Marker(rows[0][0], rows[1][0], "square", "start"))
            overlay.append(Marker(rows[0][-1], rows[1][-1], "circle", "", "accent"))
        else:
            x = self._start[names[0]]
            height = self._start[names[1]] if len(names) == 2 else _interpolated(*self._curve, x)
            overlay.append(Marker(x, height, "square", "start"))
        self.plot.set_overlay(overlay)

    def _show_loss(self) -> None:
        rows = [self._iterates[place] for place in _extremes([row["loss"] for row in self._iterates])]
        steps = [row["step"] for row in rows]
        losses = [row["loss"] for row in rows]
        numbers = [float(value) for value in losses]
        decades = min(numbers) > 0.0 and max(numbers) > 100.0 * min(numbers)
        output = pretty_name(self.question.program.outputs[0]) if self.question else "f"
        self.loss.show_figure(
            {
                "kind": "curves",
                "x_scale": "linear",
                "y_scale": "log" if decades else "linear",
                "x_label": "step",
                "y_label": output,
                "series": [
                    {
                        "x": steps,
                        "y": losses,
                        "label": "",  # the rule's name stands above
                        "style": {"index": 0, "markers": len(steps) < 30},
                    }
                ],
            }
        )


def _chosen(box: NumberBox | QCheckBox | QComboBox) -> float | bool | str:
    """What a field of the form says."""
    if isinstance(box, QComboBox):
        return box.currentText()
    return box.isChecked() if isinstance(box, QCheckBox) else box.value()


def _extremes(values: Sequence[float]) -> Iterator[int]:
    """The places of a curve's points that are drawn: all, or of a long curve the least and greatest of each stretch."""
    stretch = max(1, -(-len(values) // _MOST_STRETCHES))
    for start in range(0, len(values), stretch):
        places = range(start, min(start + stretch, len(values)))
        yield from sorted({min(places, key=values.__getitem__), max(places, key=values.__getitem__)})


def _around(value: float) -> tuple[float, float]:
    reach = max(_REACH, 0.75 * abs(value))
    return value - reach, value + reach


def _unpacked(array: dict[str, Any]) -> tuple[float, ...]:
    """The doubles of a packed array (see explorer.work.descent)."""
    content = base64.b64decode(array["float64"])
    return struct.unpack(f"<{len(content) // 8}d", content)


def _interpolated(xs: Sequence[float], ys: Sequence[float], x: float) -> float:
    """The height of a curve at x; NaN outside it."""
    place = bisect_right(xs, x)
    if not 0 < place < len(xs):
        return math.nan
    part = (x - xs[place - 1]) / (xs[place] - xs[place - 1])
    return ys[place - 1] + part * (ys[place] - ys[place - 1])
