"""The symbolic panel: SymPy's partial derivatives, typeset, with their values here and the sizes they swell to."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from explorer.language.notation import Notation, NotationBuilder
from explorer.ui.formula_view import FormulaView
from explorer.ui.panel import Panel, number_text
from explorer.ui.session import Question
from explorer.ui.worker import Crew
from explorer.work import questions
from explorer.work.ends import Done, End
from explorer.work.wire import Message

_SIZES = {
    "operations": ("operations", "SymPy's count_ops: sums, products, powers and calls"),
    "tree": ("tree", "nodes of the expression written as a tree, every repetition counted"),
    "dag": ("shared graph", "distinct sub-expressions: what is left when equal parts are stored once"),
    "after_cse": ("after CSE", "operations after common-subexpression elimination"),
    "characters": ("characters", "length of SymPy's text"),
}


class SymbolicPanel(Panel):
    """∂output/∂input for every pair, as SymPy differentiates, and the swell of f and of its derivative."""

    name = "symbolic"
    title = "Symbolic"
    headed = False
    budget_ms = 10_000

    def __init__(self, crew: Crew, parent: QWidget | None = None) -> None:
        super().__init__(crew, parent)
        self._entries: list[dict[str, Any]] = []
        self._names: tuple[list[str], list[str]] = ([], [])
        self.formula = FormulaView(greatest_height=10_000)
        self.formula.setObjectName("symbolic.formula")
        self.formula.setAccessibleName("Derivatives, typeset")
        for title, key in (("Copy as LaTeX", "latex"), ("Copy as SymPy", "text")):
            action = QAction(title, self.formula)
            action.setData(key)
            action.triggered.connect(self._copy_as)
            self.formula.addAction(action)
        self.sizes = QTableWidget(3, len(_SIZES))
        self.sizes.setObjectName("symbolic.sizes")
        self.sizes.setAccessibleName("Sizes of the function and of its derivative")
        self.sizes.setHorizontalHeaderLabels([label for label, _ in _SIZES.values()])
        for column, (_, meaning) in enumerate(_SIZES.values()):
            self.sizes.horizontalHeaderItem(column).setToolTip(meaning)
        self.sizes.setVerticalHeaderLabels(["f", "all partials of f", "growth"])
        self.sizes.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.sizes.setTabKeyNavigation(False)
        self.sizes.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.sizes.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        rows = sum(self.sizes.sizeHintForRow(row) for row in range(3))
        self.sizes.setFixedHeight(rows + self.sizes.horizontalHeader().sizeHint().height() + 3 * 8)
        self.sizes.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.body.addWidget(self.formula, 1)
        self.body.addWidget(self.sizes)

    def asks(self, question: Question) -> Message:
        return questions.symbolic(question.source, question.at)

    def set_dimmed(self, dimmed: bool) -> None:
        self.formula.set_dimmed(dimmed)
        self.sizes.setEnabled(not dimmed)

    def show_answer(self, answer: dict[str, Any]) -> None:
        if "function" in answer:
            self._entries = []
            self._names = (answer["outputs"], answer["inputs"])
            if not answer["inputs"]:
                self._show_constant(answer["outputs"])
        if "entry" in answer:
            self._entries.append(answer["entry"])
            # One layout for all entries of a small answer, and some intermediate ones for a large one.
            total = len(self._names[0]) * len(self._names[1])
            if len(self._entries) in (1, total) or len(self._entries) % 10 == 0:
                self._show_entries()
        if "swell" in answer:
            self._show_sizes(answer["swell"])

    def show_end(self, end: End) -> None:
        if not isinstance(end, Done):
            if self._entries:
                self._show_entries()
            self._show_sizes({})

    def _show_entries(self) -> None:
        builder = NotationBuilder()
        lines = [self._line(builder, entry) for entry in self._entries]
        if len(lines) > 1:
            builder.add("lines", children=tuple(lines))
        complete = all(entry["notation"]["complete"] for entry in self._entries)
        self.formula.show_notation(builder.finish(complete))
        if not complete:
            self.say("Too large to be shown whole: the sizes below are of all of it.")

    def _line(self, builder: NotationBuilder, entry: dict[str, Any]) -> int:
        """∂y/∂x = derivative = value."""
        outputs, inputs = self._names
        above = builder.add("row", children=(builder.add("symbol", "∂"), builder.add("name", outputs[entry["row"]])))
        below = builder.add("row", children=(builder.add("symbol", "∂"), builder.add("name", inputs[entry["column"]])))
        pieces = [builder.add("fraction", children=(above, below)), builder.add("operator", "=")]
        pieces.append(builder.include(Notation.from_json(entry["notation"])))
        value = entry["value"]
        shown = number_text(value) if value is not None else None
        constant = shown is not None and entry["text"] is not None and entry["text"].replace("-", "−") == shown
        if shown is not None and not constant:
            pieces.append(builder.add("operator", "="))
            if shown.startswith("−"):
                pieces.append(builder.add("prefix", "−"))
                shown = shown[1:]
            kind = "number" if shown[0].isdigit() else "word"
            pieces.append(builder.add(kind, shown.replace("−", "-")))
        return builder.add("row", children=tuple(pieces))

    def _show_constant(self, outputs: list[str]) -> None:
        builder = NotationBuilder()
        lines = []
        for name in outputs:
            pieces = (
                builder.add("name", name),
                builder.add("word", " is constant: there is nothing to differentiate."),
            )
            lines.append(builder.add("row", children=pieces))
        if len(lines) > 1:
            builder.add("lines", children=tuple(lines))
        self.formula.show_notation(builder.finish())

    def _show_sizes(self, swell: dict[str, Any]) -> None:
        for column, key in enumerate(_SIZES):
            before, after = (swell.get(part, {}).get(key) for part in ("function", "derivative"))
            growth = f"× {after / before:.3g}" if before and after else "–"
            for row, text in enumerate((_whole(before), _whole(after), growth)):
                item = QTableWidgetItem(text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.sizes.setItem(row, column, item)

    def _copy_as(self) -> None:
        action = self.sender()
        assert isinstance(action, QAction)
        texts = [entry[action.data()] for entry in self._entries if entry[action.data()] is not None]
        QGuiApplication.clipboard().setText("\n".join(texts))


def _whole(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"
