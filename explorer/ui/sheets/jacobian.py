"""The Jacobian sheet: the matrix fills pass by pass, what the passes cost so far, and which mode is cheaper."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from explorer.language.names import pretty_name
from explorer.ui.fitted_numbers import NUMBER, FittedNumbers
from explorer.ui.graph_answer import GraphAnswer, Progress
from explorer.ui.graph_paint import colours_of
from explorer.ui.panel import ALL_DIGITS, number_text
from explorer.ui.session import Question
from explorer.ui.sheet import Sheet
from explorer.work import questions
from explorer.work.wire import Message

MOST_SIDE = 200  # rows or columns that are shown
FILL_MS = 350  # between two passes, slow enough to be followed
_LEAST_BAR, _GAP = 4, 6  # pixels: the height of a bar where there is little room, and what is free below it


class JacobianSheet(Sheet):
    """A column for each forward pass, a row for each reverse pass; in second order the Hessian, column by column."""

    name = "jacobian"
    title = "Jacobian"

    def build(self) -> None:
        self._mode, self._output = "reverse", 0
        self._head: dict[str, Any] | None = None
        self._passes: list[dict[str, Any]] = []
        self._shown = 0
        self._lit: tuple[bool, int] | None = None  # whether a row is lit, and which row or column
        self.advice = QLabel(objectName="graph.jacobian.advice")
        self.advice.setAccessibleName("Which mode is cheaper here")
        self.advice.setTextFormat(Qt.TextFormat.PlainText)
        self.advice.setWordWrap(True)
        self.counter = QLabel(objectName="graph.jacobian.counter")
        self.counter.setAccessibleName("Passes made and elementary operations counted")
        self.counter.setTextFormat(Qt.TextFormat.PlainText)
        row = QHBoxLayout()
        row.setSpacing(4)
        self.buttons = []
        for name, words, slot in (
            ("clear", "Empty", self._clear),
            ("next", "Next pass", self._next),
            ("fill", "Fill", self._fill),
        ):
            button = QPushButton(words, objectName=f"graph.jacobian.{name}")
            button.setAccessibleName(f"{words} of the Jacobian")
            button.clicked.connect(slot)
            button.setMinimumWidth(button.fontMetrics().horizontalAdvance(words) + 14)  # Fusion's own is 80
            row.addWidget(button)
            self.buttons.append(button)
        row.addWidget(self.counter, 1)
        self.table = QTableWidget(objectName="graph.jacobian.table")
        self.table.setAccessibleName("The Jacobian: a row for each output, a column for each input")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setItemDelegate(FittedNumbers(self.table))
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setMinimumSectionSize(74)
        self.body.addWidget(self.advice)
        self.body.addLayout(row)
        self.bars = CostBars()
        beside = QHBoxLayout()
        beside.addWidget(self.table, 1)
        beside.addWidget(self.bars)
        self.body.addLayout(beside, 1)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)

    def show_graph(self, answer: GraphAnswer, progress: Progress) -> None:
        if self.built:
            self._output = next((place for place, weight in enumerate(answer.head["weights"]) if weight), 0)
            if answer.mode != self._mode:
                self._mode = answer.mode
                self.wants_answer.emit()

    def asks(self, question: Question, selected: int | None) -> Message | None:
        return questions.sheet(self.name, question.source, question.at, mode=self._mode, output=self._output)

    def show_answer(self, answer: dict[str, Any]) -> None:
        if answer["part"] == "pass":
            self._passes.append(answer)
            self._show_next()
            return
        self._timer.stop()
        self._head, self._passes, self._shown, self._lit = answer, [], 0, None
        second = answer["mode"] == "second"
        rows = answer["inputs"] if second else answer["outputs"]
        columns = answer["inputs"]
        self.table.clear()
        self.table.setRowCount(min(len(rows), MOST_SIDE))
        self.table.setColumnCount(min(len(columns), MOST_SIDE))
        by = "∂²/∂" if second else "∂/∂"
        self.table.setHorizontalHeaderLabels([f"{by}{pretty_name(name)}" for name in columns[:MOST_SIDE]])
        self.table.setVerticalHeaderLabels(
            [f"∂{pretty_name(n)}" if second else pretty_name(n) for n in rows[:MOST_SIDE]]
        )
        self._say(answer)
        self._count()

    def show_refusal(self, message: str) -> None:
        self.advice.setText(message)

    def _say(self, head: dict[str, Any]) -> None:
        found = head["advice"]
        self.bars.show_ways(found["ways"], found["cheaper"])
        self.bars.setVisible(head["mode"] != "second")  # they are about first derivatives
        ways = found["ways"]
        forward, reverse, differences = ways["forward"], ways["reverse"], ways["differences"]
        n, m = found["inputs"], found["outputs"]
        sizes = f"{n} input{'s' * (n != 1)}, {m} output{'s' * (m != 1)}"
        if head["mode"] == "second":
            self.advice.setText(
                f"The Hessian of {pretty_name(head['outputs'][head['output']])}, a column a pass: {n} of"
                " forward-over-reverse, each a Hessian-vector product that needs no Hessian."
            )
            self.advice.setToolTip("")
            return
        cheaper = found["cheaper"]
        measured = (
            f"; measured {_time(forward['seconds'])} and {_time(reverse['seconds'])}"
            if forward["seconds"] is not None
            else ""
        )
        self.advice.setText(
            f"{sizes}: forward needs {_passes(forward)}, reverse {_passes(reverse)}{measured}. "
            f"{cheaper.capitalize()} is cheaper for all of it{_counted(ways, cheaper)}. "
            f"Differences: {differences['passes']} evaluations."
        )
        self.advice.setToolTip(
            f"One forward pass costs {found['ratio_forward']:.2f}, one reverse pass {found['ratio_reverse']:.2f} times "
            f"the {found['operations']:,} operations of the function; theory: below 6 times, for any number of inputs "
            "(Baydin et al. 2018, section 3.2), 5 times in Griewank & Walther’s count. Here all functions count as "
            "one operation, whatever they cost."
        )

    def _clear(self) -> None:
        self._timer.stop()
        self._shown, self._lit = 0, None
        self.table.clearContents()
        self._count()

    def _next(self) -> None:
        self._timer.stop()
        if self._shown == len(self._passes):
            self._clear()
        self._show_next()

    def _fill(self) -> None:
        """Pass by pass; without a pause where that would take too long to watch."""
        if self._shown == len(self._passes):
            self._clear()
        self._timer.start(0 if len(self._passes) - self._shown > 30 else FILL_MS)

    def _tick(self) -> None:
        self._show_next()
        if self._shown >= len(self._passes):
            self._timer.stop()

    def _show_next(self) -> None:
        if self._shown >= len(self._passes) or self._head is None:
            return
        done = self._passes[self._shown]
        self._shown += 1
        by_row = self._head["mode"] == "reverse"
        for place, number in enumerate(done["numbers"]):
            row, column = (done["place"], place) if by_row else (place, done["place"])
            if row < self.table.rowCount() and column < self.table.columnCount():
                item = QTableWidgetItem(number_text(number, 10))
                item.setData(NUMBER, number)
                item.setToolTip(number_text(number, ALL_DIGITS))
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(row, column, item)
        if self._lit is not None:
            self._mark(*self._lit, QBrush())
            self._lit = None
        if self._shown < len(self._passes):
            self._lit = (by_row, done["place"])
            self._mark(*self._lit, QBrush(QColor(230, 159, 0, 70)))
        self._count()

    def _mark(self, by_row: bool, place: int, ground: QBrush) -> None:
        """Put a row or a column on a ground: the last pass filled it, or no longer the last."""
        for other in range(self.table.columnCount() if by_row else self.table.rowCount()):
            item = self.table.item(place, other) if by_row else self.table.item(other, place)
            if item is not None:
                item.setBackground(ground)

    def _count(self) -> None:
        operations = self._passes[self._shown - 1]["operations"] if self._shown else 0
        self.counter.setText(f"{self._shown} of {len(self._passes)} passes, {operations:,} operations")


class CostBars(QWidget):
    """What the whole Jacobian costs by each way, as bars: elementary operations, with the measured time beside."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("graph.jacobian.bars")
        self.setAccessibleName("Elementary operations for the whole Jacobian by each way")
        self.setFixedWidth(196)
        self.setMinimumHeight(3 * (self.fontMetrics().height() + _LEAST_BAR + _GAP))
        self._ways: dict[str, dict[str, Any]] = {}
        self._cheaper = ""

    def show_ways(self, ways: dict[str, dict[str, Any]], cheaper: str) -> None:
        """Draw these."""
        self._ways, self._cheaper = ways, cheaper
        words = [f"{name}: {way['operations']:,} operations" for name, way in ways.items()]
        self.setAccessibleDescription("; ".join(words))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours, metrics = colours_of(self.palette()), self.fontMetrics()
        most = max((way["operations"] for way in self._ways.values()), default=0) or 1
        line = metrics.height()
        bar = max(_LEAST_BAR, min(line - 4, self.height() // 3 - line - _GAP))
        with QPainter(self) as painter:
            for place, (name, way) in enumerate(self._ways.items()):
                top = place * (line + bar + _GAP)
                measured = "" if way["seconds"] is None else f", {_time(way['seconds'])}"
                painter.setPen(colours.text)
                painter.drawText(0, top + metrics.ascent(), f"{name}: {way['operations']:,}{measured}")
                width = max(2, round((self.width() - 2) * way["operations"] / most))
                colour = colours.path if name == self._cheaper else colours.line
                painter.fillRect(QRect(0, top + line + 1, width, bar), colour)


def _passes(way: dict[str, Any]) -> str:
    passes = way["passes"]
    return f"{passes} pass{'es' * (passes != 1)} ({way['operations']:,} operations)"


def _counted(ways: dict[str, dict[str, Any]], cheaper: str) -> str:
    """By what the cheaper way is cheaper, where the clock says otherwise: small programs take no time but calls'."""
    seconds = [ways[way]["seconds"] for way in (cheaper, "reverse" if cheaper == "forward" else "forward")]
    return " in operations, though not in time" if None not in seconds and seconds[0] > seconds[1] else ""


def _time(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} µs" if seconds < 1e-3 else f"{seconds * 1e3:.1f} ms"
