"""The sheet of nested ε: a derivative inside a derivative, with tags of their own or with one ε for both."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QHeaderView, QLabel, QTreeWidget, QTreeWidgetItem

from explorer.ui.choice_box import ChoiceBox
from explorer.ui.graph_paint import colours_of
from explorer.ui.number_box import NumberBox
from explorer.ui.panel import number_text
from explorer.ui.session import Question
from explorer.ui.sheet import Sheet
from explorer.work import questions
from explorer.work.wire import Message

_INNER = ("x + y", "x · y", "x · y²")


class NestedSheet(Sheet):
    """Perturbation confusion: d/dx [x · d/dy (x + y)] is 1, and 2 where both derivatives share one ε."""

    name = "nested"
    title = "ε, ε"

    def build(self) -> None:
        self.inner = ChoiceBox(objectName="graph.nested.inner")
        self.inner.setAccessibleName("The inner function")
        self.inner.addItems(_INNER)
        self.inner.currentIndexChanged.connect(self.wants_answer)
        self.x, self.y = NumberBox(), NumberBox()
        for box, name in ((self.x, "x"), (self.y, "y")):
            box.setObjectName(f"graph.nested.{name}")
            box.setAccessibleName(f"Value of {name}")
            box.setValue(1.0)
            box.setMinimumWidth(56)
            box.valueChanged.connect(self.wants_answer)
        self.share = QCheckBox("share one ε", objectName="graph.nested.share")
        self.share.setAccessibleName("Let both derivatives use the same ε, which is wrong")
        self.share.toggled.connect(self.wants_answer)
        row = QHBoxLayout()
        row.setSpacing(5)
        for widget in (
            QLabel("d/dx [ x · d/dy ("),
            self.inner,
            QLabel(") ] at x"),
            self.x,
            QLabel("y"),
            self.y,
        ):
            row.addWidget(widget)
        row.addStretch(1)
        self.words = QLabel(objectName="graph.nested.words")
        self.words.setAccessibleName("What comes out, and what is right")
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        self.steps = QTreeWidget(objectName="graph.nested.steps")
        self.steps.setAccessibleName("The steps, with tagged ε")
        self.steps.setHeaderLabels(["step", "number", "tags"])
        self.steps.setRootIsDecorated(False)
        self.steps.header().setStretchLastSection(False)
        self.steps.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.steps.header().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        said = QHBoxLayout()
        said.addWidget(self.words, 1)
        said.addWidget(self.share)
        self.body.addLayout(row)
        self.body.addLayout(said)
        self.body.addWidget(self.steps, 1)

    def asks(self, question: Question, selected: int | None) -> Message | None:
        return questions.sheet(
            self.name,
            question.source,
            question.at,
            inner=self.inner.currentText(),
            x=self.x.value(),
            y=self.y.value(),
            share=self.share.isChecked(),
        )

    def show_answer(self, answer: dict[str, Any]) -> None:
        result, truth = answer["result"], answer["truth"]
        right = result == truth
        words = f"The result is {number_text(result, 10)}"
        if not self.share.isChecked():
            words += ", which is right: each derivative reads off its own ε only."
        else:
            words += ", right here by chance" if right else f", and the truth is {number_text(truth, 10)}"
            words += ": the inner derivative has read the ε of x as if it were that of y (perturbation confusion)."
        self.words.setText(words)
        colours = colours_of(self.palette())
        self.steps.clear()
        for what, number, tags in answer["lines"]:
            names = " ".join("ε" if self.share.isChecked() else f"ε{'₀₁₂'[tag]}" for tag in tags)
            item = QTreeWidgetItem([what, number, names])
            if tags:  # else the text's own colour, which is another while the sheet waits
                colour = {(1,): colours.tangent, (2,): colours.adjoint}.get(tuple(tags), colours.flow)
                item.setForeground(1, colour)
                item.setForeground(2, colour)
            item.setTextAlignment(2, Qt.AlignmentFlag.AlignCenter)
            self.steps.addTopLevelItem(item)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and getattr(self, "built", False):  # Qt changes it in between
            self.wants_answer.emit()  # for the tags have other colours on another ground

    def show_refusal(self, message: str) -> None:
        self.words.setText(message)
