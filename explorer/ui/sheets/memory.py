"""The memory sheet: live tape entries along the sweep, checkpoints with their recomputations, the cheap gradient."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QSlider

from explorer.ui.choice_box import ChoiceBox
from explorer.ui.graph_answer import GraphAnswer, Progress
from explorer.ui.session import Question
from explorer.ui.sheet import Sheet
from explorer.ui.small_plot import Curve, SmallPlot
from explorer.work import questions
from explorer.work.wire import Message

MOST_SNAPSHOTS = 40
_STRATEGIES = (("store all", "none"), ("√n checkpoints", "sqrt"), ("binomial (Revolve)", "binomial"))


class MemorySheet(Sheet):
    """What reverse mode remembers: all, or little and then computed again."""

    name = "memory"
    title = "Tape"

    def build(self) -> None:
        self.bar = QProgressBar(objectName="graph.memory.bar")
        self.bar.setAccessibleName("Live tape entries at this step of the sweep")
        self.bar.setFormat("%v of %m tape entries live")
        self.strategy = ChoiceBox(objectName="graph.memory.strategy")
        self.strategy.setAccessibleName("What is stored for the reverse sweep")
        for words, name in _STRATEGIES:
            self.strategy.addItem(words, name)
        self.strategy.currentIndexChanged.connect(self._changed)
        self.snapshots = QSlider(Qt.Orientation.Horizontal, objectName="graph.memory.snapshots")
        self.snapshots.setAccessibleName("Snapshots that fit into memory")
        self.snapshots.setRange(1, MOST_SNAPSHOTS)
        self.snapshots.setValue(3)
        self.snapshots.valueChanged.connect(self._changed)
        self.words = QLabel(objectName="graph.memory.words")
        self.words.setAccessibleName("What the strategy costs, beside the theory")
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        self.plot = SmallPlot("moves of the sweep", "stored entries")
        self.plot.setObjectName("graph.memory.plot")
        self.plot.setAccessibleName("Stored entries along the sweep")
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.strategy)
        row.addWidget(self.snapshots, 1)
        row.addWidget(self.bar, 1)
        self.body.addLayout(row)
        self.body.addWidget(self.words)
        self.body.addWidget(self.plot, 1)
        self._changed()

    def _changed(self) -> None:
        self.snapshots.setEnabled(self.strategy.currentData() == "binomial")
        self.wants_answer.emit()

    def asks(self, question: Question, selected: int | None) -> Message | None:
        binomial = self.strategy.currentData() == "binomial"
        return questions.sheet(
            self.name,
            question.source,
            question.at,
            strategy=self.strategy.currentData(),
            snapshots=self.snapshots.value() if binomial else 0,
        )

    def show_answer(self, answer: dict[str, Any]) -> None:
        if not answer["operations"]:
            self.words.setText("No operation depends on an input: nothing is stored.")
            self.plot.show_curves(())
            return
        steps, peak, again, theory = answer["steps"], answer["peak"], answer["recomputed"], answer["theory"]
        part = "" if steps == answer["operations"] else f" (shown for a chain of {steps:,})"
        text = f"{answer['operations']:,} operation{'s' * (answer['operations'] != 1)}{part}: "
        text += f"at most {peak:,} entries are stored, " if peak != 1 else "at most 1 entry is stored, "
        if answer["strategy"] == "none":
            text += "nothing is computed twice."
        else:
            count, binomial = answer["snapshots"], answer["strategy"] == "binomial"
            text += f"{again:,} steps are computed again ({again / steps:.2f} × the function) "
            text += f"with {count} snapshot{'s' * (count != 1)}; theory {theory:,} "
            text += (
                "(t·n − C(s+t, t−1), Griewank & Walther 2000)." if binomial else "(at most one more run, Chen 2016)."
            )
        cost, ratio = answer["cost"], answer["ratio"]
        text += f"  Cheap gradient: {cost['reverse']:,} / {cost['function']:,} operations = {ratio:.2f}, "
        # A quotient or atan2 is one operation here, and its partials are several.
        bound = "bound 5" if ratio <= 5 else "above 5, the bound where functions count what they cost: here each is 1"
        text += f"{bound}."
        self.words.setText(text)
        with QSignalBlocker(self.snapshots):
            self.snapshots.setMaximum(max(1, min(MOST_SNAPSHOTS, steps)))
        self.plot.show_curves([Curve("stored entries", answer["memory"], "adjoint", filled=True)])

    def show_refusal(self, message: str) -> None:
        self.words.setText(message)

    def show_graph(self, answer: GraphAnswer, progress: Progress) -> None:
        if self.built:
            inputs = sum(not formula for formula in answer.formulas)
            self.bar.setMaximum(max(len(answer.names) - inputs, 1))
            self._inputs = inputs

    def show_step(self, progress: Progress, changed: set[int]) -> None:
        """Forward the tape grows; in the reverse sweep an entry is given back when its operation has been passed."""
        if not self.built:
            return
        recorded = max(0, progress.known_count - self._inputs)
        if progress.answer.mode == "forward":
            self._say("forward mode keeps no tape")
            self.bar.setValue(0)
            return
        self._say("%v of %m tape entries live")
        if progress.boundary is not None:
            recorded = min(recorded, max(0, progress.boundary - self._inputs + 1))
        self.bar.setValue(recorded)

    def _say(self, words: str) -> None:
        """In the bar, which has room for the words also when it is full: Qt would cut them."""
        full = words.replace("%v", "%m").replace("%m", str(self.bar.maximum()))
        self.bar.setFormat(words)
        self.bar.setMinimumWidth(self.bar.fontMetrics().horizontalAdvance(f"  {full}  "))
