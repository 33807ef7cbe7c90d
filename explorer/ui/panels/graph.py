"""The graph panel: the computational graph with a sweep played on it, the trace table, and what each step does.

Longer than 300 lines: graph, player, sentence and table all show one row of one film, and are told of it in one place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from unicodedata import normalize

from PySide6.QtCore import QEvent, QRectF, QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QRadioButton,
    QSlider,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explorer.language.notation import span_from_json
from explorer.language.program import Span
from explorer.ui import icons
from explorer.ui.graph_view import GraphEdge, GraphModel, GraphNode, GraphState, GraphView, pretty_name
from explorer.ui.math_label import MathLabel
from explorer.ui.panel import Panel, number_text, short_text
from explorer.ui.session import Question
from explorer.ui.worker import Crew
from explorer.work import questions
from explorer.work.wire import Message

_COLUMNS = ("name", "operation", "value", "")
_TRACE_DIGITS = 10
_STEPS_A_SECOND = 1.5  # slow enough to read a step's sentence
_SLACK = 30.0  # the drawing's own margin around the nodes, in its units: cut off, it hides nothing
_BAR, _DOT = "\u0304", "\u0307"


@dataclass
class _Progress:
    """What is known after some steps of a film: a number or None an op, for values and for tangents or adjoints.

    `second_texts` are these as the nodes show them: a step writes one, where writing all would slow down large graphs.
    """

    values: list[Any]
    seconds: list[Any]
    second_texts: list[str | None]
    row: int = 0

    @staticmethod
    def none(count: int) -> _Progress:
        """Before the first step of a film over so many ops."""
        return _Progress([None] * count, [None] * count, [None] * count)


class GraphPanel(Panel):
    """Graph, player, sentence and trace. What is not computed yet is shown as such, never as 0."""

    name = "graph"
    title = "Computational graph"

    span_selected = Signal(object)  # Span or None: the part of the text that belongs to what was selected here

    def __init__(self, crew: Crew, parent: QWidget | None = None) -> None:
        super().__init__(crew, parent)
        self._graph: dict[str, Any] | None = None
        self._progress = _Progress.none(0)
        self._value_texts: list[str] = []  # of the nodes in the drawing
        self._copies: list[list[int]] = []  # for each op its nodes in the drawing
        self._build_options()
        self.view = GraphView()
        self.view.setObjectName("graph.view")
        self.view.setAccessibleName("Computational graph")
        self.view.node_clicked.connect(self._node_clicked)
        # Over the corner of the view, while there is more of the graph than is seen.
        self.fit = QToolButton(self.view, objectName="graph.fit", text="Show all")
        self.fit.setAccessibleName("Show the whole graph")
        self.fit.setToolTip("Show the whole graph (Ctrl+0); the wheel zooms, dragging moves")
        self.fit.clicked.connect(self.view.fit)
        self.fit.hide()
        for bar in (self.view.horizontalScrollBar(), self.view.verticalScrollBar()):
            bar.valueChanged.connect(self._offer_fit)
            bar.rangeChanged.connect(self._offer_fit)
        self.explain = MathLabel(2)
        self.explain.setObjectName("graph.explain")
        self.explain.setAccessibleName("What this step does")
        self.trace = QTableWidget(0, len(_COLUMNS))
        self.trace.setObjectName("graph.trace")
        self.trace.setAccessibleName("Trace: each operation with its value and its tangent or adjoint")
        self.trace.verticalHeader().hide()
        self.trace.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.trace.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.trace.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.trace.setTabKeyNavigation(False)
        self.trace.setAlternatingRowColors(True)
        self.trace.verticalHeader().setDefaultSectionSize(self.trace.fontMetrics().height() + 6)
        self.trace.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.trace.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.trace.currentCellChanged.connect(self._row_chosen)
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._player())
        column.addWidget(self.explain)
        column.addWidget(self.trace, 1)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.view)
        split.addWidget(below)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        split.setSizes([360, 270])
        split.setChildrenCollapsible(False)
        self.body.addWidget(split, 1)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._show_row(0)

    def _build_options(self) -> None:
        self.forward = QRadioButton("Forward", objectName="graph.mode.forward")
        self.forward.setAccessibleName("Forward sweep with dual numbers")
        self.reverse = QRadioButton("Reverse", objectName="graph.mode.reverse")
        self.reverse.setAccessibleName("Reverse sweep with adjoints")
        self.reverse.setChecked(True)
        self.tree = QCheckBox("Tree", objectName="graph.mode.tree")
        self.tree.setAccessibleName("Draw shared nodes once for each use")
        self.tree.setToolTip("Draw a shared node once for each of its uses")
        modes = QButtonGroup(self)
        for button in (self.forward, self.reverse):
            modes.addButton(button)
        self.forward.toggled.connect(self._mode_changed)
        self.tree.toggled.connect(self.ask_again)
        self.seed = QComboBox(objectName="graph.seed")
        self.seed.setAccessibleName("Seed: the input whose tangent is 1, or the output whose adjoint is 1")
        self.seed.setToolTip("The number that starts the sweep as 1")
        self.seed.currentIndexChanged.connect(self.ask_again)
        seed_label = QLabel("seed")
        seed_label.setBuddy(self.seed)
        for place, widget in enumerate((self.forward, self.reverse, self.tree, seed_label, self.seed)):
            self.head.insertWidget(2 + place, widget)

    def _player(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(3)
        self._buttons: dict[str, QToolButton] = {}
        actions = (
            ("first", "First step (Home)", self.first),
            ("previous", "Previous step (Shift+F10)", self.previous),
            ("play", "Play or pause (F5)", self.play),
            ("next", "Next step (F10)", self.next),
            ("last", "Last step (End)", self.last),
        )
        for name, words, slot in actions:
            button = QToolButton(objectName=f"graph.{name}")
            button.setIcon(icons.icon(name, self))
            button.setIconSize(QSize(18, 18))
            button.setToolTip(words)
            button.setAccessibleName(words)
            button.setAutoRaise(True)
            button.setAutoRepeat(name in ("previous", "next"))
            button.clicked.connect(slot)
            self._buttons[name] = button
            row.addWidget(button)
        self.slider = QSlider(Qt.Orientation.Horizontal, objectName="graph.slider")
        self.slider.setAccessibleName("Step of the sweep")
        self.slider.setPageStep(1)
        self.slider.valueChanged.connect(self._show_row)
        self.counter = QLabel()
        self.counter.setMinimumWidth(self.counter.fontMetrics().horizontalAdvance("step 000 of 000"))
        self.speed = QDoubleSpinBox(objectName="graph.speed", minimum=0.2, maximum=30.0, value=_STEPS_A_SECOND)
        self.speed.setAccessibleName("Steps a second")
        self.speed.setSuffix(" steps/s")
        self.speed.setDecimals(1)
        self.speed.setSingleStep(0.5)
        self.speed.valueChanged.connect(self._pace)
        row.addWidget(self.slider, 1)
        row.addWidget(self.counter)
        row.addWidget(self.speed)
        keys = (("F5", self.play), ("F10", self.next), ("Shift+F10", self.previous))
        for key, slot in keys:
            QShortcut(QKeySequence(key), self, slot, context=Qt.ShortcutContext.WindowShortcut)
        for key, slot in (("Home", self.first), ("End", self.last)):
            QShortcut(QKeySequence(key), self, slot, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        return row

    # -- asking and answering --------------------------------------------------------------------------------------

    def asks(self, question: Question) -> Message:
        program = question.program
        names = program.inputs if self.forward.isChecked() else program.outputs
        if [self.seed.itemData(i) for i in range(self.seed.count())] != list(names):
            with QSignalBlocker(self.seed):
                chosen = self.seed.currentData()
                self.seed.clear()
                mark = _DOT if self.forward.isChecked() else _BAR
                for name in names:
                    self.seed.addItem(f"{_marked(name, mark)} = 1", name)
                self.seed.setCurrentIndex(max(self.seed.findData(chosen), 0) if names else -1)
        index = max(self.seed.currentIndex(), 0)
        forward = self.forward.isChecked()
        seed = {program.inputs[index]: 1.0} if forward and program.inputs else {}
        weights = [float(k == (0 if forward else index)) for k in range(len(program.outputs))]
        return questions.graph(question.source, question.at, seed, weights, self.tree.isChecked())

    def set_dimmed(self, dimmed: bool) -> None:
        self.view.set_dimmed(dimmed)
        self.trace.setEnabled(not dimmed)
        self.explain.setEnabled(not dimmed)

    def show_answer(self, answer: dict[str, Any]) -> None:
        same_shape = self._graph is not None and self._graph["drawing"] == answer["drawing"]
        row = self.slider.value()
        at_end = self._graph is None or row == self.slider.maximum()
        if not same_shape:
            self._stop()
        self._graph = answer
        if answer["too_large"]:
            self.say(answer["too_large"])
        self._value_texts = [short_text(node["value"]) for node in answer["nodes"]]
        self._copies = [[] for _ in answer["trace"]]
        for index, node in enumerate(answer["nodes"]):
            if node["op"] is not None and node["kind"] != "output":
                self._copies[node["op"]].append(index)
        selected = self.view.selected if same_shape else None
        self.view.show_graph(_model(answer))
        if selected is not None:
            self.view.select(selected)
        self._offer_fit()
        self._fill_trace()
        steps = len(self._film())
        with QSignalBlocker(self.slider):
            self.slider.setMaximum(steps)
            self.slider.setValue(steps if at_end or not same_shape else min(row, steps))
        self._progress.row = -1
        metrics = self.counter.fontMetrics()
        self.counter.setMinimumWidth(metrics.horizontalAdvance(f"step {max(steps, 100)} of {max(steps, 100)}"))
        self._show_row(self.slider.value())
        self.brighten()

    def cancel(self) -> None:
        """Stop what is being computed, and what is being played."""
        self._stop()
        super().cancel()

    def _film(self) -> list[dict[str, Any]]:
        if self._graph is None:
            return []
        return self._graph["forward" if self.forward.isChecked() else "reverse"]["steps"]

    # -- the player ------------------------------------------------------------------------------------------------

    def first(self) -> None:
        """Before the first step."""
        self._stop()
        self.slider.setValue(0)

    def previous(self) -> None:
        """One step back."""
        self._stop()
        self.slider.setValue(self.slider.value() - 1)

    def next(self) -> None:
        """One step on."""
        self._stop()
        self.slider.setValue(self.slider.value() + 1)

    def last(self) -> None:
        """After the last step."""
        self._stop()
        self.slider.setValue(self.slider.maximum())

    def play(self) -> None:
        """Play from here, or from the start when at the end; pause when playing."""
        if self._timer.isActive():
            self._stop()
            return
        if self.slider.value() == self.slider.maximum():
            self.slider.setValue(0)
        self._pace()
        self._timer.start()
        self._buttons["play"].setIcon(icons.icon("pause", self))

    def _stop(self) -> None:
        self._timer.stop()
        self._buttons["play"].setIcon(icons.icon("play", self))

    def _pace(self) -> None:
        self._timer.setInterval(round(1000 / self.speed.value()))

    def _tick(self) -> None:
        self.slider.setValue(self.slider.value() + 1)
        if self.slider.value() == self.slider.maximum():
            self._stop()

    def _mode_changed(self) -> None:
        self._stop()
        if self._graph is not None:
            steps = len(self._film())
            with QSignalBlocker(self.slider):
                self.slider.setMaximum(steps)
                self.slider.setValue(steps)
            self._fill_trace()
            self._progress.row = -1
            self._show_row(steps)
        self.ask_again()

    # -- one row of the film ---------------------------------------------------------------------------------------

    def _show_row(self, row: int) -> None:
        steps = self._film()
        self.counter.setText(f"step {row} of {len(steps)}")
        if self._graph is None:
            return
        self._advance(row, steps)
        step = steps[row - 1] if row else None
        if not steps:
            self.explain.setText("No operation here depends on an input: there is nothing to sweep.")
        elif step is None:
            start = "forward sweep starts with the inputs" if self.forward.isChecked() else "values are recorded first"
            self.explain.setText(f"Nothing is computed yet: the {start}. Press F10 for the next step, F5 to play.")
        else:
            self.explain.setText(step["sentence"])
        self.view.show_state(self._state(step, row))
        self._show_trace(step)

    def _advance(self, row: int, steps: list[dict[str, Any]]) -> None:
        """Bring `_progress` to a row: forward from where it is, or from the start."""
        count = len(self._graph["trace"]) if self._graph else 0
        if self._progress.row < 0 or row < self._progress.row:
            self._progress = _Progress.none(count)
        for step in steps[self._progress.row : row]:
            node = step["node"]
            if step["kind"] in ("value", "dual"):
                self._progress.values[node] = self._graph["trace"][node]["value"]
            if step["kind"] != "value":
                self._progress.seconds[node] = step["after"]
                self._progress.second_texts[node] = short_text(step["after"])
        self._progress.row = row

    def _state(self, step: dict[str, Any] | None, row: int) -> GraphState:
        graph = self._graph
        values = self._progress.values
        forward = self.forward.isChecked()
        sweeping = step is not None and step["kind"] in ("seed", "adjoint")
        active_nodes: set[int] = set()
        active_edges: set[int] = set()
        if step is not None:
            active_nodes.update(self._copies[step["node"]])
            for index, edge in enumerate(graph["edges"]):
                if step["kind"] in ("value", "dual"):
                    lit = edge["op"] is not None and edge["op"] == step["node"]
                elif step["kind"] == "adjoint":
                    lit = (
                        edge["op"] is not None and edge["op"] == step["source"] and edge["position"] == step["position"]
                    )
                else:
                    lit = edge["op"] is None and graph["nodes"][edge["source"]]["op"] == step["node"]
                if lit:
                    active_edges.add(index)
            if step["kind"] == "adjoint":
                active_nodes.update(self._copies[step["source"]])
        finished = {
            index
            for index, node in enumerate(graph["nodes"])
            if node["op"] is not None
            and values[node["op"]] is not None
            and (not sweeping or (step["source"] is not None and node["op"] > step["source"]))
        }
        primal_texts: list[str | None] = []
        second_texts: list[str | None] = []
        for node, value_text in zip(graph["nodes"], self._value_texts, strict=True):
            op = node["op"]
            known = values[op] is not None if op is not None else row > 0
            primal_texts.append(value_text if known else None)
            second = self._progress.second_texts[op] if op is not None else None
            if node["kind"] == "output" and not forward and second is not None:
                second = self._weight(node["name"])
            second_texts.append(second)
        return GraphState(
            tuple(primal_texts),
            tuple(second_texts),
            f"v{_DOT if forward else _BAR}",
            frozenset(active_nodes),
            frozenset(active_edges),
            frozenset(finished - active_nodes),
            reverse=sweeping,
        )

    def _weight(self, output: str) -> str:
        return "1" if self.seed.currentData() == output else "0"

    # -- the trace -------------------------------------------------------------------------------------------------

    def _fill_trace(self) -> None:
        second = "tangent" if self.forward.isChecked() else "adjoint"
        self.trace.setHorizontalHeaderLabels([*_COLUMNS[:-1], second])
        trace = self._graph["trace"]
        with QSignalBlocker(self.trace):
            self.trace.setRowCount(len(trace))
            for line, node in enumerate(trace):
                names = " = ".join([*(pretty_name(a) for a in node["aliases"]), pretty_name(node["name"])])
                operation = node["formula"] or "input"
                for column, text in enumerate((names, operation, "", "")):
                    item = QTableWidgetItem(text)
                    if column >= 2:
                        item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                    self.trace.setItem(line, column, item)
        self._shown_trace: list[tuple[Any, Any]] = [(object(), object())] * len(trace)

    def _show_trace(self, step: dict[str, Any] | None) -> None:
        """Write what changed: a cell that is not computed yet is empty with a dot, never 0."""
        for line, pair in enumerate(zip(self._progress.values, self._progress.seconds, strict=True)):
            if pair == self._shown_trace[line]:
                continue
            self._shown_trace[line] = pair
            for column, value in enumerate(pair):
                item = self.trace.item(line, 2 + column)
                item.setText("·" if value is None else number_text(value, _TRACE_DIGITS))
        with QSignalBlocker(self.trace):
            if step is None:
                self.trace.clearSelection()
                self.trace.setCurrentItem(None)
            else:
                self.trace.selectRow(step["node"])
                self.trace.scrollToItem(self.trace.item(step["node"], 0))

    # -- selection -------------------------------------------------------------------------------------------------

    def select_span(self, span: Span | None) -> None:
        """Select the operation that the text at this span stands for (the smallest around it), or nothing."""
        if self._graph is None or self._outdated:
            return
        best: tuple[int, int] | None = None
        for op, node in enumerate(self._graph["trace"]):
            own = span_from_json(node["span"])
            if own is not None and span is not None and _contains(own, span):
                size = (own.end_line - own.line) * 100_000 + own.end_column - own.column
                if best is None or size < best[0]:
                    best = (size, op)
        self._select(None if best is None else best[1])

    def _select(self, op: int | None) -> None:
        copies = self._copies[op] if op is not None else []
        self.view.select(copies[0] if copies else None)
        with QSignalBlocker(self.trace):
            if op is None:
                self.trace.clearSelection()
            else:
                self.trace.selectRow(op)
        if op is not None and self._graph is not None:
            self._tell_why(op)

    def _tell_why(self, op: int) -> None:
        """All steps that made the selected op's number, in one sentence."""
        said = [s["sentence"] for s in self._film()[: self._progress.row] if s["node"] == op]
        if said:
            self.explain.setText("  ".join(said))

    def _tell_place(self, op: int) -> None:
        if self._graph is not None and not self._outdated:  # else its place is one in another text
            self.span_selected.emit(span_from_json(self._graph["trace"][op]["span"]))

    def _offer_fit(self) -> None:
        """Show the button that shows the whole graph, where there is more of it than is seen."""
        drawing = self._graph["drawing"] if self._graph is not None else None
        whole = QRectF(0.0, 0.0, drawing["width"], drawing["height"]) if drawing is not None else QRectF()
        seen = self.view.mapToScene(self.view.viewport().rect()).boundingRect()
        self.fit.setVisible(not seen.adjusted(-_SLACK, -_SLACK, _SLACK, _SLACK).contains(whole))
        corner = self.view.viewport().rect().bottomRight()
        self.fit.adjustSize()
        self.fit.move(corner.x() - self.fit.width() - 8, corner.y() - self.fit.height() - 8)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "_timer"):  # Qt changes it while we are made
            for name, button in self._buttons.items():
                button.setIcon(icons.icon("pause" if name == "play" and self._timer.isActive() else name, self))

    def _node_clicked(self, index: int) -> None:
        if self._graph is None:
            return
        op = self._graph["nodes"][index]["op"]
        with QSignalBlocker(self.trace):
            if op is not None:
                self.trace.selectRow(op)
        if op is not None:
            self._tell_why(op)
            self._tell_place(op)

    def _row_chosen(self, row: int, *_: int) -> None:
        if self._graph is not None and 0 <= row < len(self._graph["trace"]):
            self._select(row)
            self._tell_place(row)


def _model(answer: dict[str, Any]) -> GraphModel:
    nodes = tuple(
        GraphNode(
            node["kind"],
            node["name"],
            node["operation"],
            None,
            f"{pretty_name(node['name'])} = {node['formula']}" if node["formula"] else "",
        )
        for node in answer["nodes"]
    )
    edges = tuple(
        GraphEdge(edge["source"], edge["target"], short_text(edge["partial"]) if edge["words"] else "")
        for edge in answer["edges"]
    )
    if answer["drawing"] is None:
        return GraphModel((), (), {"nodes": [], "edges": [], "width": 1.0, "height": 1.0})
    return GraphModel(nodes, edges, answer["drawing"])


def _marked(name: str, mark: str) -> str:
    shown = pretty_name(name)
    return normalize("NFC", shown[:1] + mark + shown[1:])  # one sign where there is one: not all fonts place marks


def _contains(outer: Span, inner: Span) -> bool:
    return (outer.line, outer.column) <= (inner.line, inner.column) and (inner.end_line, inner.end_column) <= (
        outer.end_line,
        outer.end_column,
    )
