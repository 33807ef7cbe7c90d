"""A derivative's own graph: as a tree, shared, or after CSE; and whether the trace of AD is the same graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explorer.ui import theme
from explorer.ui.choice_box import ChoiceBox
from explorer.ui.graph_picture import GraphEdge, GraphNode, Picture
from explorer.ui.graph_search import NodeSearch
from explorer.ui.graph_view import GraphView
from explorer.ui.name_box import chosen, fill, wish
from explorer.ui.panel import short_text
from explorer.ui.session import Question
from explorer.work import questions
from explorer.work.wire import Message

_VIEWS = (
    ("tree", "Tree", "every repetition written out"),
    ("shared", "Shared", "each distinct sub-expression once"),
    ("cse", "After CSE", "what is computed once common parts have names"),
)
_SEARCH_WIDTH = 130  # pixels
_NARROW_NAME = 50  # pixels to which a box of names gives way in a narrow window
_WHOLE = 40  # nodes that are legible when all are in view
_SHARED = {False: "#cfe8d5", True: "#1f5a3a"}  # the ground of a node that is used more than once


class DerivativeGraph(QWidget):
    """One first derivative as a graph; shared nodes are coloured and say how often they are used.

    It asks for nothing itself: `wanted` says that something else was chosen, `asks` makes the message.
    """

    wanted = Signal()

    def __init__(self, prefix: str, parent: QWidget | None = None) -> None:
        """prefix: of the widgets' objectNames."""
        super().__init__(parent)
        self._coming = Picture(0.0, 0.0)  # the graph that is being taken in
        self._uses: list[int] = []  # of each of its nodes
        self.output = self._combo(f"{prefix}.output", "Output whose derivative is drawn")
        self.input = self._combo(f"{prefix}.input", "Input by which to differentiate")
        row = QHBoxLayout()
        row.setSpacing(3)
        for widget in (QLabel("∂"), self.output, QLabel("/∂"), self.input):
            row.addWidget(widget)
        row.addStretch(1)
        self.views = QButtonGroup(self)
        for place, (key, words, meaning) in enumerate(_VIEWS):
            button = QRadioButton(words, objectName=f"{prefix}.{key}")
            button.setAccessibleName(f"The derivative's graph: {words}")
            button.setToolTip(meaning)
            button.setChecked(key == "shared")
            self.views.addButton(button, place)
            row.addWidget(button)
        self.views.idClicked.connect(lambda _: self.wanted.emit())
        self.view = GraphView()
        self.view.setObjectName(f"{prefix}.view")
        self.view.setAccessibleName("Graph of the derivative")
        self.words = QLabel(objectName=f"{prefix}.words", wordWrap=True)
        self.words.setAccessibleName("What the graph shows")
        self.same = QLabel(objectName=f"{prefix}.same", wordWrap=True)
        self.same.setAccessibleName("Whether the trace of AD is the same graph")
        for label in (self.words, self.same):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.search = NodeSearch(f"{prefix}.search")
        self.search.setFixedWidth(_SEARCH_WIDTH)
        self.search.left.connect(lambda: self.view.setFocus())
        self.search.textEdited.connect(lambda _: self._look_for(from_here=True))
        self.search.returnPressed.connect(self._look_for)
        self.save = QToolButton(objectName=f"{prefix}.save", text="Save …")
        self.save.setAccessibleName("Save a picture of the derivative's graph")
        self.save.setToolTip("Save a picture of this graph: PNG, SVG or PDF")
        self.save.clicked.connect(self._save)
        told = QHBoxLayout()
        told.addWidget(self.words, 1)
        told.addWidget(self.search)
        row.addWidget(self.save)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(row)
        column.addLayout(told)
        column.addWidget(self.view, 1)
        column.addWidget(self.same)

    def _look_for(self, from_here: bool = False) -> None:
        """Go to the next node that fits."""
        if (picture := self.view.picture) is not None:
            node = self.search.next_of(self.search.found_in(picture), self.view.selected, from_here)
            if node is not None:
                self.view.look_at(node)

    def _save(self) -> None:
        from explorer.ui.picture_dialogs import save_picture

        save_picture(self, self.view)

    def _combo(self, name: str, words: str) -> QComboBox:
        combo = ChoiceBox(objectName=name)
        combo.setAccessibleName(words)
        theme.narrow(combo, 2)
        combo.setMinimumWidth(_NARROW_NAME)
        combo.currentIndexChanged.connect(lambda _: self.wanted.emit())
        return combo

    def options(self) -> dict[str, Any]:
        """Which derivative is drawn and how, in JSON's terms."""
        view = _VIEWS[self.views.checkedId()][0]
        return {"output": chosen(self.output), "input": chosen(self.input), "view": view}

    def restore(self, options: Mapping[str, Any]) -> None:
        """Choose this again; the names when the program is next known."""
        wish(self.output, options.get("output"))
        wish(self.input, options.get("input"))
        for place, (key, _, _) in enumerate(_VIEWS):
            if options.get("view") == key:
                self.views.button(place).setChecked(True)

    def asks(self, question: Question) -> Message | None:
        """The message for a worker; None where nothing can be differentiated, which is then said."""
        fill(self.output, question.program.outputs)
        fill(self.input, question.program.inputs)
        if not question.program.inputs:
            self.words.setText("A constant has nothing to differentiate.")
            return None
        output = max(self.output.currentIndex(), 0)
        view = _VIEWS[self.views.checkedId()][0]
        return questions.symbolic_graph(question.source, question.at, output, self.input.currentData(), view)

    def show_answer(self, answer: dict[str, Any]) -> None:
        """Show the graph, or the comparison, or why there is none."""
        if "comparison" in answer:
            self.same.setText(answer["comparison"]["said"])
        elif "too_large" in answer:
            self.view.hide()
            self.words.setText(answer["too_large"])
        elif "graph" in answer:
            graph = answer["graph"]
            self._coming, self._uses = Picture(graph["width"], graph["height"]), []
        elif "nodes" in answer:
            self._take_nodes(answer["nodes"])
        elif "edges" in answer:
            rows = answer["edges"]
            self._coming.add_edges([GraphEdge(*row[:2]) for row in rows], [row[2:] for row in rows])
        elif "drawn" in answer:
            self._show_graph()

    def _take_nodes(self, rows: list[Any]) -> None:
        nodes = [
            GraphNode(kind, title, sign, None if value is None else short_text(value), detail)
            for kind, title, sign, value, detail, _, _ in rows
        ]
        self._coming.add_nodes(nodes, [row[-1] for row in rows])
        self._uses += [row[-2] for row in rows]

    def _show_graph(self) -> None:
        """All of the graph has come."""
        picture = self._coming
        picture.begin_state()
        self.view.show()
        self.view.show_picture(picture)
        if len(picture.nodes) <= _WHOLE:
            self.view.fit()
        shared = {node for node, uses in enumerate(self._uses) if uses > 1}
        ground = QColor(_SHARED[theme.is_dark(self)])
        self.view.show_state(replace(picture.state, heat=lambda node: ground if node in shared else None))
        told = f"{len(shared)} of them used more than once (coloured)" if shared else "none of them used more than once"
        count = len(picture.nodes)
        self.words.setText(f"{count:,} nodes, {told}." if count > 1 else "1 node.")
        self.set_dimmed(False)

    def set_dimmed(self, dimmed: bool) -> None:
        """Show that what is seen belongs to an earlier question."""
        self.view.set_dimmed(dimmed)
        for label in (self.words, self.same):
            label.setEnabled(not dimmed)
