"""The page of steps: the rules that made one derivative, from the outside in, each to be opened and closed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from time import perf_counter
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QToolButton, QTreeWidget, QTreeWidgetItem, QWidget

from explorer.language.notation import Notation
from explorer.ui import theme
from explorer.ui.choice_box import ChoiceBox
from explorer.ui.formula_view import FormulaView
from explorer.ui.name_box import chosen, fill, wish
from explorer.ui.panels.symbolic.formula_rows import HEADING, NOTATION, FormulaRows
from explorer.ui.panels.symbolic.page import Page
from explorer.ui.plain_text import plain_text
from explorer.ui.session import Question
from explorer.ui.worker import Crew
from explorer.work import questions
from explorer.work.ends import Done, End
from explorer.work.wire import Message

_OPEN_LEVELS = 2  # that are open at first: the outermost rule and its parts
_TURN_SECONDS = 0.008  # of putting rows into the tree in one turn of the event loop: each is laid out then
_RESULT_HEIGHT = 150  # pixels: the last line scrolls beyond that


class StepsPage(Page):
    """One derivative explained by the computation that made it, and the last line checked."""

    name = "steps"
    title = "Steps"

    def __init__(self, crew: Crew, parent: QWidget | None = None) -> None:
        super().__init__(crew, parent)
        self.output = self._combo("steps.output", "Output whose derivative is explained")
        self.input = self._combo("steps.input", "Input by which to differentiate")
        row = QHBoxLayout()
        row.setSpacing(4)
        for widget in (QLabel("∂"), self.output, QLabel("/ ∂"), self.input):
            row.addWidget(widget)
        row.addStretch(1)
        for name, words, text in (
            ("steps.open", "Open all steps", "Open all"),
            ("steps.close", "Close all steps", "Close"),
        ):
            button = QToolButton(objectName=name, text=text)
            button.setAccessibleName(words)
            row.addWidget(button)
            button.clicked.connect(self._open_all if name == "steps.open" else self._close_all)
        self.tree = QTreeWidget(objectName="steps.tree", headerHidden=True, uniformRowHeights=False)
        self.tree.setAccessibleName("Steps of the differentiation")
        self.tree.setVerticalScrollMode(QTreeWidget.ScrollMode.ScrollPerPixel)
        self.tree.setHorizontalScrollMode(QTreeWidget.ScrollMode.ScrollPerPixel)
        self.tree.setIndentation(16)
        self.rows = FormulaRows(self.tree)
        self.tree.setItemDelegate(self.rows)
        self.result = FormulaView(greatest_height=_RESULT_HEIGHT)
        self.result.setObjectName("steps.result")
        self.result.setAccessibleName("Result of the steps")
        self.verdict = QLabel(objectName="steps.checked", wordWrap=True)
        self.verdict.setTextFormat(Qt.TextFormat.PlainText)
        self.verdict.setAccessibleName("What the check of the steps says")
        self.column.addLayout(row)
        self.column.addWidget(self.tree, 1)
        self.column.addWidget(self.result)
        self.column.addWidget(self.verdict)
        self._items: dict[int, QTreeWidgetItem] = {}
        self._queue: deque[dict[str, Any]] = deque()
        self._adding: Iterator[None] | None = None
        self._turn = QTimer(self, interval=0)
        self._turn.timeout.connect(self._add_some)
        self._resized = QTimer(self, singleShot=True, interval=60)
        self._resized.timeout.connect(self._lay_out_again)
        self._narrow: deque[QTreeWidgetItem] = deque()  # rows that are laid out for another width
        self._again = QTimer(self, interval=0)
        self._again.timeout.connect(self._lay_some_out_again)

    def _combo(self, name: str, words: str) -> QComboBox:
        combo = ChoiceBox(objectName=name)
        combo.setAccessibleName(words)
        theme.narrow(combo, 3)
        combo.currentIndexChanged.connect(lambda _: self.ask())
        return combo

    def options(self) -> dict[str, Any]:
        return {"output": chosen(self.output), "input": chosen(self.input)}

    def restore(self, options: Mapping[str, Any]) -> None:
        wish(self.output, options.get("output"))
        wish(self.input, options.get("input"))

    def asks(self, question: Question) -> Message | None:
        fill(self.output, question.program.outputs)
        fill(self.input, question.program.inputs)
        if not question.program.inputs:
            self._clear()
            self.result.show_notation(None)
            self.verdict.setText("A constant has nothing to differentiate.")
            return None
        output = max(self.output.currentIndex(), 0)
        return questions.symbolic_steps(question.source, question.at, output, self.input.currentData())

    def begin(self) -> None:
        self._first = True

    def _clear(self) -> None:
        self._turn.stop()
        self._again.stop()
        self._adding = None
        self._queue.clear()
        self._narrow.clear()
        self._items.clear()
        self.tree.clear()
        self.rows.forget()

    def show_answer(self, answer: dict[str, Any]) -> None:
        if self._first:
            self._first = False
            self._clear()
            self.set_dimmed(False)
        if "step" in answer:
            self._queue.append(answer)
            if not self._turn.isActive():
                self._turn.start()
            return
        result = answer["result"]
        if result is None:
            self.result.show_notation(None)
            self.verdict.setText("This output does not depend on that input: the derivative is 0.")
            return
        self.result.show_notation(self.notation(answer))
        self.verdict.setText(_checked(result))

    def show_end(self, end: End) -> None:
        if not isinstance(end, Done):
            self.verdict.setText(f"{end.message} These are the steps so far." if hasattr(end, "message") else "")

    def _add_some(self) -> None:
        """Put some of the steps that have come into the tree, each laid out before."""
        end = perf_counter() + _TURN_SECONDS
        while perf_counter() < end and (self._adding is not None or self._queue):
            if self._adding is None:
                self._adding = self._add(self._queue.popleft())
            if next(self._adding, True):
                self._adding = None
        if self._adding is None and not self._queue:
            self._turn.stop()

    def _add(self, answer: dict[str, Any]) -> Iterator[None]:
        step = answer["step"]
        notation = Notation.from_json(answer["notation"])
        item = QTreeWidgetItem()
        again = f" · as in step {step['again']}" if step["again"] else ""
        heading = f"{step['number']}  {step['rule']}{again}"
        item.setData(0, HEADING, heading)
        item.setData(0, NOTATION, notation)
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, f"{heading}: {plain_text(notation)}")
        above = self._items.get(step["inside"])
        depth, parent = 1, above
        while parent is not None:
            depth, parent = depth + 1, parent.parent()
        yield from self.rows.preparing(notation, depth)
        (self.tree.invisibleRootItem() if above is None else above).addChild(item)
        self._items[step["number"]] = item
        item.setExpanded(depth <= _OPEN_LEVELS)

    def _open_all(self) -> None:
        self.tree.expandAll()

    def _close_all(self) -> None:
        self.tree.collapseAll()

    def set_dimmed(self, dimmed: bool) -> None:
        self.rows.dimmed = dimmed
        self.tree.viewport().update()
        self.result.set_dimmed(dimmed)
        self.verdict.setEnabled(not dimmed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._resized.start()

    def _lay_out_again(self) -> None:
        self._narrow = deque(self._items.values())
        self._again.start()

    def _lay_some_out_again(self) -> None:
        """Some of the rows for the present width; the tree moves them when all are done."""
        end = perf_counter() + _TURN_SECONDS
        while self._narrow and perf_counter() < end:
            self.rows.prepare(*self.rows.row(self.tree.indexFromItem(self._narrow.popleft())))
        if not self._narrow:
            self._again.stop()
            self.tree.scheduleDelayedItemsLayout()


def _checked(result: dict[str, Any]) -> str:
    """What the two checks have said."""
    shown = f"{result['shown']} of the steps are shown. " if result["shown"] >= 300 else ""
    rules = f"The {result['steps']} rules, applied again" if result["steps"] != 1 else "The rule, applied again"
    if not result["replayed"]:
        return f"{shown}{rules}, do not give this result: that is a fault of the program."
    if result["confirmed"] is None:
        return f"{shown}✓ {rules}, give this result; it is too large for SymPy's own diff to be asked as well."
    if not result["confirmed"]:
        return f"{shown}{rules}, give this result, but SymPy's own diff another one: that is a fault of the program."
    return f"{shown}✓ Checked: {rules[0].lower()}{rules[1:]}, give this result, and SymPy's own diff gives the same."
