"""The swell laboratory: how the derivative of a family of functions grows with n, beside what AD takes for the same."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSpinBox,
    QToolButton,
    QWidget,
)

from explorer.ui import theme
from explorer.ui.choice_box import ChoiceBox
from explorer.ui.name_box import fill
from explorer.ui.panels.symbolic.page import Page
from explorer.ui.plot_view import PlotView
from explorer.ui.session import Question
from explorer.ui.worker import Crew
from explorer.work import questions
from explorer.work.ends import Done, End
from explorer.work.wire import Message

# As in calculus.symbolic.families: name → words, the largest n, and the n at first.
_FAMILIES = {
    "composed": ("your f composed with itself", 40, 10),
    "derivatives": ("n-th derivative of your f", 20, 8),
    "logistic": ("logistic map", 60, 12),
    "sines": ("nested sines", 100, 20),
    "product": ("product of n inputs", 60, 20),
    "determinant": ("determinant, n × n", 7, 5),
    "network": ("deep network, n layers", 12, 8),
}
_OWN = ("composed", "derivatives")
# Curves: key → words, whether drawn at first. The order gives their colours and marks.
_CURVES = {
    "f′ operations": ("f′ as a tree: operations", True),
    "f′ dag": ("f′ shared graph: nodes", True),
    "f′ after_cse": ("f′ after CSE: operations", True),
    "forward": ("forward AD: operations", True),
    "reverse": ("reverse AD: operations", True),
    "f operations": ("f as a tree: operations", True),
    "f dag": ("f shared graph: nodes", False),
    "f after_cse": ("f after CSE: operations", False),
    "f′ tree": ("f′: nodes of the tree", False),
    "f tree": ("f: nodes of the tree", False),
    "f′ characters": ("f′: characters", False),
    "f characters": ("f: characters", False),
}
_GRACE_SECONDS = 2.0  # beyond the budget, for the point that is under way


class SwellPage(Page):
    """A family, n and a budget; the curves as they come; their laws in words."""

    name = "swell"
    title = "Swell"
    budget_ms = None  # each run has its own

    def __init__(self, crew: Crew, plots: Crew, parent: QWidget | None = None) -> None:
        super().__init__(crew, parent)
        self.family = ChoiceBox(objectName="swell.family")
        self.family.setAccessibleName("Family of functions")
        for key, (words, _, _) in _FAMILIES.items():
            self.family.addItem(words, key)
        theme.narrow(self.family, 14)
        self.family.currentIndexChanged.connect(self._family_chosen)
        self.last = QSpinBox(objectName="swell.last", minimum=1, prefix="n ≤ ")
        self.last.setAccessibleName("Largest n")
        self.seconds = QDoubleSpinBox(
            objectName="swell.budget", minimum=0.5, maximum=300.0, value=10.0, decimals=1, suffix=" s"
        )
        self.seconds.setAccessibleName("Budget in seconds")
        self.input = ChoiceBox(objectName="swell.input")
        self.input.setAccessibleName("Input in which your f is composed or differentiated")
        theme.narrow(self.input, 2)
        self.in_label = QLabel("in")
        self.run_button = QPushButton("Run", objectName="swell.run")
        self.run_button.setAccessibleName("Run or cancel the measurement")
        self.run_button.clicked.connect(self._run_or_cancel)
        self.worker.busy_changed.connect(self._busy_changed)
        self.curves = QToolButton(objectName="swell.curves", text="Curves")
        self.curves.setAccessibleName("Curves to draw")
        self.curves.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.curves)
        self._actions: dict[str, QAction] = {}
        for key, (words, shown) in _CURVES.items():
            action = QAction(words, menu)
            action.setCheckable(True)
            action.setChecked(shown)
            action.toggled.connect(self._draw)
            menu.addAction(action)
            self._actions[key] = action
        menu.addSeparator()
        menu.addAction("Copy the table", self._copy_table)
        self.curves.setMenu(menu)
        above, below = QHBoxLayout(), QHBoxLayout()
        for row in (above, below):
            row.setSpacing(4)
        above.addWidget(self.family, 1)
        above.addWidget(self.run_button)
        for label, widget in ((None, self.last), (QLabel("budget"), self.seconds)):
            if label is not None:
                below.addWidget(label)
            below.addWidget(widget)
        below.addWidget(self.in_label)
        below.addWidget(self.input)
        below.addStretch(1)
        below.addWidget(self.curves)
        self.plot = PlotView(plots)
        self.plot.setObjectName("swell.plot")
        self.plot.setAccessibleName("Sizes against n")
        self.words = QLabel(objectName="swell.words", wordWrap=True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setAccessibleName("Growth laws")
        self.state = QLabel(objectName="swell.state", wordWrap=True)
        self.state.setTextFormat(Qt.TextFormat.PlainText)
        self.state.setAccessibleName("State of the measurement")
        self.column.addLayout(above)
        self.column.addLayout(below)
        self.column.addWidget(self.plot, 1)
        self.column.addWidget(self.words)
        self.column.addWidget(self.state)
        self._points: list[dict[str, Any]] = []
        self._laws: dict[str, str] = {}
        self._measured: tuple[str, str] = ("", "")  # the family and, for one's own, the source of what is shown
        self.family.setCurrentIndex(list(_FAMILIES).index("logistic"))

    def settle(self, question: Question) -> None:
        """A new question: a run of one's own f belongs to the last one; nothing runs unasked but the first time."""
        changed = question.source != (self.question.source if self.question else "")
        self.question, self._waiting = question, None
        self._show_inputs()
        if changed and self._key() in _OWN and self._points:
            self.worker.cancel()
            self.set_dimmed(True)
            self.state.setText("The function has changed: run again.")

    def ask(self, question: Question | None = None) -> None:
        """The first run, when the page is first seen."""
        self.question = question or self.question
        self._show_inputs()
        if not self._points and not self.worker.busy and self.question is not None:
            self.run()

    def asks(self, question: Question) -> Message | None:
        raise AssertionError("runs are asked by `run`")

    def _show_inputs(self) -> None:
        names = self.question.program.inputs if self.question else ()
        fill(self.input, names)
        for widget in (self.in_label, self.input):
            widget.setVisible(self._key() in _OWN and len(names) > 1)

    def _key(self) -> str:
        return str(self.family.currentData())

    def _family_chosen(self) -> None:
        _, largest, first = _FAMILIES[self._key()]
        self.last.setMaximum(largest)
        self.last.setValue(first)
        self._show_inputs()
        if self.isVisible():
            self.run()

    def _run_or_cancel(self) -> None:
        if self.worker.busy:
            self.worker.cancel()
        else:
            self.run()

    def run(self) -> None:
        """Measure the family from n = 1 on."""
        if self.question is None:
            return
        self._points, self._laws = [], {}
        self._draw()
        self.words.clear()
        self.state.setText("n = 1")
        self.set_dimmed(False)
        seconds = self.seconds.value()
        by = self.input.currentData() or ""
        about = self.question
        asked = questions.swell(about.source, about.at, self._key(), self.last.value(), seconds, by)
        self.worker.ask(asked, round((seconds + _GRACE_SECONDS) * 1000))

    def _busy_changed(self, busy: bool) -> None:
        self.run_button.setText("Cancel" if busy else "Run")

    def show_answer(self, answer: dict[str, Any]) -> None:
        if "stopped" in answer:
            self.state.setText(answer["stopped"])
            return
        self._points.append(answer["point"])
        self._laws = answer["laws"]
        self._draw()
        self.words.setText(self._said())
        point = answer["point"]
        self.state.setText(
            f"n = {point['n']}: f′ has {point['derivative']['operations']:,} operations as a tree, "
            f"{point['derivative']['dag']:,} nodes shared; measured in {point['seconds']:.2g} s"
        )

    def show_end(self, end: End) -> None:
        if not isinstance(end, Done):
            self.said.emit("")
            message = getattr(end, "message", "Something failed in the program itself.")
            kept = f" The {len(self._points)} points measured so far stay." if self._points else ""
            self.state.setText(f"{message}{kept}")
        if not self._points:
            self.plot.set_message(self.state.text())

    def _size(self, point: dict[str, Any], key: str) -> int | None:
        part, _, measure = key.partition(" ")
        if not measure:
            return int(point[part])
        size = point["function" if part == "f" else "derivative"][measure]
        return None if size is None else int(size)

    def _draw(self) -> None:
        """The chosen curves of what has been measured."""
        if not self._points:
            return
        series = []
        for index, (key, action) in enumerate(self._actions.items()):
            known = [(point["n"], size) for point in self._points if (size := self._size(point, key)) is not None]
            if action.isChecked() and known:
                x, y = ([float(value) for value in values] for values in zip(*known, strict=True))
                series.append(
                    {"x": x, "y": y, "label": _CURVES[key][0].replace(": operations", ""), "style": {"index": index}}
                )
        if not series:
            self.plot.set_message("No curve is chosen.")
            return
        words = _FAMILIES[self._key()][0]
        self.plot.show_figure(
            {
                "kind": "curves",
                "x_scale": "linear",
                "y_scale": "log",
                "x_label": f"n ({words})",
                "x_whole": True,
                "y_label": "operations or nodes",
                "series": series,
                "zero_note": "0: nothing to do",
            }
        )

    def _said(self) -> str:
        """The laws of what matters most, in the order of the legend."""
        told = (("f′ operations", "f′ as a tree"), ("f′ dag", "shared"), ("f′ after_cse", "after CSE"),
                ("forward", "forward AD"), ("reverse", "reverse AD"))  # fmt: skip
        laws = [f"{words}: {self._laws[key]}" for key, words in told if self._laws.get(key)]
        return "; ".join(laws) + "." if laws else "Five points are needed to name a law."

    def _copy_table(self) -> None:
        """All numbers as a table with tabs, as spreadsheets paste it."""
        lines = ["\t".join(["n", *_CURVES])]
        for point in self._points:
            sizes = (self._size(point, key) for key in _CURVES)
            lines.append("\t".join([str(point["n"]), *("" if size is None else str(size) for size in sizes)]))
        QGuiApplication.clipboard().setText("\n".join(lines))

    def set_dimmed(self, dimmed: bool) -> None:
        if not dimmed or self._key() in _OWN:
            self.plot.set_dimmed(dimmed)
            self.words.setEnabled(not dimmed)
