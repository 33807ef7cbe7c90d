"""The symbolic panel: SymPy's partial derivatives, typeset, with their values here and the sizes they swell to."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from explorer.language.notation import Notation, NotationBuilder
from explorer.ui.formula_view import FormulaView
from explorer.ui.panel import PATIENCE_MS, Panel, number_text
from explorer.ui.session import Question
from explorer.ui.worker import Crew
from explorer.work import questions
from explorer.work.ends import Done, End
from explorer.work.wire import Message

# Pieces of formulas that are drawn: laying out more is felt, and nobody reads so much.
_MOST_PIECES = 2_500
_MOST_MISSING = 20  # lines for what has not come yet: more would only be scrolled past
_SIZES = {
    "operations": ("operations", "SymPy's count_ops: sums, products, powers and calls"),
    "tree": ("tree", "nodes of the expression written as a tree, every repetition counted"),
    "dag": ("shared", "distinct sub-expressions: what is left when equal parts are stored once"),
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
        self._names: tuple[list[str], list[str]] = ([], [])
        self.formula = FormulaView(fills=True)
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
        row = self.sizes.fontMetrics().height() + 6
        self.sizes.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.sizes.verticalHeader().setDefaultSectionSize(row)
        head = self.sizes.horizontalHeader().sizeHint().height()
        self.sizes.setFixedHeight(head + 3 * row + 2 * self.sizes.frameWidth())
        self.sizes.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.body.addWidget(self.formula, 1)
        self.body.addWidget(self.sizes)
        # What comes sooner is shown at once and whole: half an answer would only flicker.
        self._part = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._part.timeout.connect(self._show_entries)
        self._unsized = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._unsized.timeout.connect(self._show_sizes)
        self._begin()

    def asks(self, question: Question) -> Message:
        self._part.stop()  # what would be shown belongs to the question before
        return questions.symbolic(question.source, question.at)

    def set_dimmed(self, dimmed: bool) -> None:
        self.formula.set_dimmed(dimmed)
        self.sizes.setEnabled(not dimmed)

    @property
    def busy(self) -> bool:
        """Also while an answer that has come is not typeset yet."""
        return super().busy or self._part.isActive()

    def show_answer(self, answer: dict[str, Any]) -> None:
        if "function" in answer:
            self._begin()
            self._names = (answer["outputs"], answer["inputs"])
            if answer["inputs"]:
                self._part.start(PATIENCE_MS)
            else:
                self._show_constant(answer["outputs"])
        if "entry" in answer:
            entry = answer["entry"]
            self._entries.append(entry)
            self._lines.append(self._line(entry))
            if len(self._entries) == len(self._names[0]) * len(self._names[1]):
                self._part.start(0)  # in a turn of its own: putting together and laying out each take their time
            elif not self._part.isActive():
                self._part.start(PATIENCE_MS)
        if "swell" in answer:
            self._swell = answer["swell"]
            self._show_sizes()

    def show_end(self, end: End) -> None:
        if not isinstance(end, Done) and self._fresh:
            self._show_entries()
            self._show_sizes("–")

    def _begin(self) -> None:
        """Forget the entries; what is seen stays until new ones are typeset."""
        self._part.stop()
        self._unsized.stop()
        self._entries: list[dict[str, Any]] = []
        self._builder = NotationBuilder()
        self._lines: list[int] = []
        self._complete = True
        self._swell: dict[str, Any] = {}

    def _show_entries(self) -> None:
        """Typeset what has come so far; the rest is seen to be missing."""
        self._part.stop()
        builder = NotationBuilder()
        builder.pieces = [*self._builder.pieces]
        outputs, inputs = self._names
        pairs = [(row, column) for row in range(len(outputs)) for column in range(len(inputs))]
        come = {(entry["row"], entry["column"]) for entry in self._entries}
        lines = [*self._lines]
        for row, column in pairs:
            if (row, column) not in come and len(lines) < _MOST_MISSING + len(self._lines):
                pieces = (*self._head(builder, row, column), builder.add("symbol", "…"))
                lines.append(builder.add("row", children=pieces))
        if not lines:
            return
        builder.add("lines", children=tuple(lines)) if len(lines) > 1 else None
        self.formula.show_notation(builder.finish(self._complete))
        if not self._swell:
            self._unsized.start()
        if not self._complete:
            self.say("Too large to be shown whole: the sizes below are of all of it.")
        self.brighten()

    def _head(self, builder: NotationBuilder, row: int, column: int) -> tuple[int, int]:
        """∂y/∂x =."""
        outputs, inputs = self._names
        above = builder.add("row", children=(builder.add("symbol", "∂"), builder.add("name", outputs[row])))
        below = builder.add("row", children=(builder.add("symbol", "∂"), builder.add("name", inputs[column])))
        return builder.add("fraction", children=(above, below)), builder.add("operator", "=")

    def _line(self, entry: dict[str, Any]) -> int:
        """∂y/∂x = derivative = value."""
        builder = self._builder
        pieces = [*self._head(builder, entry["row"], entry["column"])]
        notation = Notation.from_json(entry["notation"])
        if self._lines and len(builder.pieces) + len(notation.pieces) > _MOST_PIECES:
            pieces.append(builder.add("symbol", "…"))
            self._complete = False
        else:
            pieces.append(builder.include(notation))
            self._complete = self._complete and notation.complete
        shown = number_text(entry["value"]) if entry["value"] is not None else None
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
        self.brighten()

    def _show_sizes(self, missing: str = "…") -> None:
        self._unsized.stop()
        missing = "–" if self._swell else missing
        for column, key in enumerate(_SIZES):
            before, after = (self._swell.get(part, {}).get(key) for part in ("function", "derivative"))
            growth = f"× {after / before:.3g}" if before and after else missing
            whole = (missing if size is None else f"{size:,}" for size in (before, after))
            for row, text in enumerate((*whole, growth)):
                item = QTableWidgetItem(text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.sizes.setItem(row, column, item)

    def _copy_as(self) -> None:
        action = self.sender()
        assert isinstance(action, QAction)
        texts = [entry[action.data()] for entry in self._entries if entry[action.data()] is not None]
        QGuiApplication.clipboard().setText("\n".join(texts))
