"""The sheet of calls and branches: recursion as a call tree with adjoints, and each decision with its margin."""

from __future__ import annotations

from bisect import bisect
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QHeaderView, QLabel, QSplitter, QTreeWidget, QTreeWidgetItem, QWidget

from explorer.language.notation import span_from_json
from explorer.language.program import Span
from explorer.ui.fitted_numbers import NUMBER, FittedNumbers
from explorer.ui.graph_answer import GraphAnswer, Progress
from explorer.ui.graph_trace import NOT_KNOWN
from explorer.ui.panel import number_text
from explorer.ui.session import Question
from explorer.ui.sheet import Sheet
from explorer.work import questions
from explorer.work.wire import Message

_OP, _SPAN, _HANDED_BACK = (Qt.ItemDataRole.UserRole + k for k in range(3))
NEAR = 0.05  # a margin that is this small a part of the compared numbers is called close


class CallsSheet(Sheet):
    """Who called whom with which result and adjoint; which way each branch went, and by how much."""

    name = "calls"
    title = "Calls"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._weights: list[float] = []
        self._progress: Progress | None = None
        self._own = False  # whether the rows are about the graph that is shown

    def build(self) -> None:
        self.tree = QTreeWidget(objectName="graph.calls.tree")
        self.tree.setAccessibleName("Call tree: each call with its result and the adjoint of it")
        self.tree.setHeaderLabels(["call", "result", "adjoint", "operations"])
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setStretchLastSection(False)
        self.tree.setUniformRowHeights(True)
        self.tree.setItemDelegate(FittedNumbers(self.tree))
        self.tree.setIndentation(11)
        self.tree.header().setMinimumSectionSize(40)
        self.tree.currentItemChanged.connect(self._chosen)
        self.branches = QTreeWidget(objectName="graph.calls.branches")
        self.branches.setAccessibleName("Branches: each condition, whether it held, and its margin")
        self.branches.setHeaderLabels(["line", "condition", "held", "margin"])
        self.branches.header().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.branches.header().setStretchLastSection(False)
        self.branches.setRootIsDecorated(False)
        self.branches.setUniformRowHeights(True)
        self.branches.currentItemChanged.connect(self._chosen)
        for tree, widths in ((self.tree, {1: 68, 2: 68, 3: 74}), (self.branches, {0: 36, 2: 38, 3: 72})):
            for column, width in widths.items():
                tree.setColumnWidth(column, width)
        self.words = QLabel(objectName="graph.calls.words")
        self.words.setAccessibleName("What there is of calls and branches")
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.addWidget(self.branches)
        self.split.addWidget(self.tree)
        self.split.setChildrenCollapsible(False)
        self.split.setSizes([2, 3])  # a call's arguments stand behind all its callers
        self.body.addWidget(self.words)
        self.body.addWidget(self.split, 1)
        self._head: dict[str, Any] = {}
        self._close = 0  # decisions that are close to their boundary
        self._before: list[int] = []  # of each decision how many operations were made before it
        self._items: dict[int, QTreeWidgetItem] = {}  # of each call
        self._results: dict[int, list[QTreeWidgetItem]] = {}  # of each op the calls whose result it is
        # Calls whose result is a constant, with how many operations were made before them; and how many are shown.
        self._constants: list[tuple[int, QTreeWidgetItem, Any]] = []
        self._told = 0

    def asks(self, question: Question, selected: int | None) -> Message | None:
        return questions.sheet(self.name, question.source, question.at, weights=self._weights)

    def show_answer(self, answer: dict[str, Any]) -> None:
        match answer["part"]:
            case "head":
                self._begin(answer)
            case "calls":
                self._add_calls(answer["rows"])
            case "decisions":
                self._add_decisions(answer["rows"])

    def _begin(self, head: dict[str, Any]) -> None:
        for tree in (self.tree, self.branches):
            with QSignalBlocker(tree):  # else each row that goes hands the choice on to the next, of the old text
                tree.clear()
        self._head, self._close, self._own = head, 0, True
        self._before, self._results, self._constants, self._told = [], {}, [], 0
        root = QTreeWidgetItem([head["main"]])
        self.tree.addTopLevelItem(root)
        self._items = {0: root}
        self._say()
        self.branches.setVisible(bool(head["decisions"]) or not head["calls"])
        self.tree.setVisible(bool(head["calls"]))
        self.tree.setColumnHidden(3, bool(head["decisions"]))

    def _add_calls(self, calls: list[dict[str, Any]]) -> None:
        items = self._items
        for call in calls:
            texts = [
                f"{call['function']}({', '.join(_argument(value) for value in call['arguments'])})",
                "",
                "",
                str(call["operations"]),
            ]
            item = QTreeWidgetItem(texts)
            _write(item, 1, None)
            _write(item, 2, call["adjoint"])
            if call["handed_back"]:
                item.setToolTip(2, "The result is an argument as it was given: its adjoint is that of all its uses")
            elif call["op"] is None and call["value"] is not None:
                item.setToolTip(2, "The result depends on no input: it is a constant to the sweeps")
                item.setText(1, NOT_KNOWN)
                self._constants.append((call["before"], item, call["value"]))
            item.setData(0, _OP, call["op"])
            item.setData(0, _SPAN, call["span"])
            _align(item, (1, 2, 3))
            items[call["number"]] = item
            if call["op"] is not None:
                self._results.setdefault(call["op"], []).append(item)
            item.setData(0, _HANDED_BACK, call["handed_back"])
            items.get(call["caller"], items[0]).addChild(item)
        if self._head["calls"] <= 200:
            self.tree.expandAll()
        else:
            self.tree.expandToDepth(2)
        self._show_calls({call["op"] for call in calls})

    def _add_decisions(self, decisions: list[dict[str, Any]]) -> None:
        for decision in decisions:
            left, right, margin = decision["left"], decision["right"], decision["margin"]
            near = _near(left, right, margin)
            self._close += near
            words = "yes" if decision["taken"] else "no"
            item = QTreeWidgetItem(
                [
                    str((decision["span"] or [0])[0]),
                    decision["text"],
                    words,
                    number_text(margin, 3) + (" !" if near else ""),
                ]
            )
            sides = f"{number_text(left, 10)} {decision['operator']} {number_text(right, 10)}"
            item.setToolTip(1, sides)
            item.setToolTip(3, "left − right; 0 is on the boundary, where the derivative may jump")
            item.setData(0, _SPAN, decision["span"])
            _align(item, (3,))
            self.branches.addTopLevelItem(item)
            self._before.append(decision["before"])
        self._say()

    def _say(self) -> None:
        """How many calls and decisions there are."""
        calls, decisions = self._head["calls"], self._head["decisions"]
        text = f"{decisions:,} decision{'s' * (decisions != 1)} that depend{'s' * (decisions == 1)} on an input"
        text += f", {self._close} of them close to the boundary (!)" if self._close else ""
        text += f"; {calls:,} call{'s' * (calls != 1)} of own functions." if calls else "; no calls of own functions."
        self.words.setText(text + " The first ones are listed." * self._head["cut"])

    def show_refusal(self, message: str) -> None:
        self.words.setText(message)

    def _chosen(self, item: QTreeWidgetItem | None) -> None:
        if item is None or not self.isVisible():
            return
        op, span = item.data(0, _OP), item.data(0, _SPAN)
        if op is not None:
            self.op_chosen.emit(op)
        if span is not None:
            self.span_chosen.emit(span_from_json(span))

    def show_graph(self, answer: GraphAnswer, progress: Progress) -> None:
        """The adjoints are those of the sweep above. Rows of the graph before stay as they are until their own come."""
        self._own = self._own and progress is self._progress
        self._progress = progress
        self._weights = answer.head["weights"]

    def show_step(self, progress: Progress, changed: set[int]) -> None:
        """What the calls have given back so far, and the adjoints that have come to them; which one is at work.

        While values are computed, the last decision that has been made is the current one.
        """
        if not self.built:
            return
        self._progress = progress
        self._show_calls(changed or None)
        if not self._before or not progress.row:
            return
        answer = progress.answer
        if answer.kinds[progress.row - 1] in "vd":
            done = sum(before <= answer.film_nodes[progress.row - 1] + 1 for before in self._before)
            with QSignalBlocker(self.branches):
                self.branches.setCurrentItem(self.branches.topLevelItem(done - 1) if done else None)

    def _show_calls(self, changed: set[int] | None) -> None:
        """The numbers of the present step; `changed` ops, None where all may have."""
        progress = self._progress
        if progress is None or not self._own or any(op >= len(progress.known) for op in self._results):
            return  # the rows are of another program
        answer, forward = progress.answer, progress.answer.mode == "forward"
        self.tree.headerItem().setText(2, "tangent" if forward else "adjoint")
        beside = progress.tangents if forward else progress.adjoints
        for op in self._results if changed is None else changed & self._results.keys():
            for item in self._results[op]:
                _write(item, 1, answer.values[op] if progress.known[op] else None, NOT_KNOWN)
                if forward or not item.data(0, _HANDED_BACK):
                    _write(item, 2, beside[op], NOT_KNOWN)
        begun = bisect(self._constants, progress.known_count, key=lambda constant: constant[0]) if progress.row else 0
        for place in range(min(begun, self._told), max(begun, self._told)):
            _, item, value = self._constants[place]
            _write(item, 1, value if place < begun else None, NOT_KNOWN)
        self._told = begun
        at_work = self._items.get(answer.calls[answer.film_nodes[progress.row - 1]]) if progress.row else None
        with QSignalBlocker(self.tree):
            self.tree.setCurrentItem(at_work)
        if at_work is not None:
            self.tree.scrollToItem(at_work)

    def select(self, op: int | None, span: Span | None) -> None:
        """Nothing: an operation belongs to a call, and the tree is long."""


def _write(item: QTreeWidgetItem, column: int, value: Any, missing: str = "–") -> None:
    """Put a number into a cell, which may have room for fewer digits, or what stands for one that there is not."""
    if value is not None and item.data(column, NUMBER) == value:  # most of a thousand are as they were
        return
    item.setText(column, missing if value is None else number_text(value, 6))
    item.setData(column, NUMBER, value)


def _argument(value: Any) -> str:
    return "[…]" if value is None else number_text(value, 4)


def _near(left: Any, right: Any, margin: Any) -> bool:
    if any(isinstance(v, str) for v in (left, right, margin)):
        return False
    return abs(margin) <= NEAR * max(abs(left), abs(right))


def _align(item: QTreeWidgetItem, columns: tuple[int, ...]) -> None:
    for column in columns:
        item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
