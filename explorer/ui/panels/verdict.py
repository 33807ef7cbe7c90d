"""The verdict strip: the engines side by side for each derivative, the digits in which they agree, and why not."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLabel, QTableWidget, QTableWidgetItem, QWidget

from explorer.ui.panel import Panel, number_text
from explorer.ui.session import Question
from explorer.ui.worker import Crew
from explorer.work import questions
from explorer.work.ends import Done, End
from explorer.work.wire import Message

_ENGINES = {
    "symbolic": "Symbolic",
    "forward": "Forward AD",
    "reverse": "Reverse AD",
    "complex_step": "Complex step",
    "central": "Central difference",
}
_REASONS = {
    "kink": "a corner lies here: the slopes from the left and from the right differ",
    "branch-boundary": "the point lies on the boundary of a branch: AD follows one side only",
    "cancellation": "a sum cancels: most digits of its terms are lost",
    "overflow": "a number became too large for a double on the way",
    "domain-edge": "the point is outside the domain of a function on the way, or on its edge",
    "not-differentiable": "the function jumps here: it has no derivative",
    "iteration-not-converged": "a loop stopped before its derivative had settled",
    "complex-step-invalid": "the complex step is not valid through a comparison or a corner",
}


class VerdictPanel(Panel):
    """One row a derivative; exact engines to 17 digits, and the digits that each agrees with reverse AD."""

    name = "verdict"
    title = "Verdict"
    status_in_head = True
    budget_ms = 10_000

    def __init__(self, crew: Crew, parent: QWidget | None = None) -> None:
        super().__init__(crew, parent)
        self.table = QTableWidget(0, 2 + len(_ENGINES))
        self.table.setObjectName("verdict.table")
        self.table.setAccessibleName("The engines side by side")
        self.table.setHorizontalHeaderLabels(["", *_ENGINES.values(), "digits: exact · central"])
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.setAlternatingRowColors(True)
        self.table.verticalHeader().setDefaultSectionSize(self.table.fontMetrics().height() + 7)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setSectionResizeMode(
            self.table.columnCount() - 1, QHeaderView.ResizeMode.ResizeToContents
        )
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.table)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self._copy_table)
        self.reasons = QLabel()
        self.reasons.setObjectName("verdict.reasons")
        self.reasons.setAccessibleName("Why the methods differ")
        self.reasons.setTextFormat(Qt.TextFormat.PlainText)
        self.reasons.setWordWrap(True)
        self.reasons.hide()
        self.body.addWidget(self.table, 1)
        self.body.addWidget(self.reasons)
        self._verdict = ""

    def asks(self, question: Question) -> Message:
        return questions.verdict(question.source, question.at)

    def set_dimmed(self, dimmed: bool) -> None:
        self.table.setEnabled(not dimmed)
        self.reasons.setEnabled(not dimmed)

    def show_answer(self, answer: dict[str, Any]) -> None:
        outputs, inputs = answer["outputs"], answer["inputs"]
        pairs = [(row, column) for row in range(len(outputs)) for column in range(len(inputs))]
        values = "   ".join(f"{o} = {number_text(v, 17)}" for o, v in zip(outputs, answer["value"], strict=True))
        self.table.setRowCount(len(pairs))
        for line, (row, column) in enumerate(pairs):
            entries = {
                engine: None if answer["engines"][engine] is None else answer["engines"][engine][row][column]
                for engine in _ENGINES
            }
            self._put(line, 0, f"∂{outputs[row]}/∂{inputs[column]}", False)
            for place, (engine, value) in enumerate(entries.items()):
                waiting = engine == "symbolic" and value is None and not answer["complete"]
                text = "…" if waiting else number_text(value, 8 if engine == "central" else 17)
                item = self._put(line, 1 + place, text, True)
                item.setToolTip(answer["refused"].get(engine, text))
            self._put(line, 1 + len(entries), _agreement(answer["digits"], row, column), True)
        self._judge(answer, values)

    def _judge(self, answer: dict[str, Any], values: str) -> None:
        verdict = answer["verdict"]
        if not answer["inputs"]:
            said = "a constant: no input occurs in it"
        elif verdict["agree"]:
            said = f"all methods agree, the exact ones in {verdict['digits']:g} digits"
        else:
            said = "the methods disagree"
        self._verdict = f"{values}   —   {said}"
        self.say(self._verdict)
        lines = [_REASONS[reason] for reason in verdict["reasons"]]
        for slope in answer["slopes"]:
            left, right = number_text(slope["left"], 4), number_text(slope["right"], 4)
            lines.append(f"∂{slope['output']}/∂{slope['input']}: {left} from the left, {right} from the right")
        lines += [text for text in answer["refused"].values() if text not in lines]
        text = "; ".join(lines)
        self.reasons.setText(f"{text[:1].upper()}{text[1:]}." if text else "")
        self.reasons.setVisible(bool(text))

    def show_end(self, end: End) -> None:
        if not isinstance(end, Done) and self._verdict:
            for line in range(self.table.rowCount()):
                item = self.table.item(line, 1)
                if item is not None and item.text() == "…":
                    item.setText("stopped")

    def _put(self, line: int, column: int, text: str, right: bool) -> QTableWidgetItem:
        item = QTableWidgetItem(text)
        if right:
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.table.setItem(line, column, item)
        return item

    def _copy_table(self) -> None:
        rows = [
            "\t".join(item.text() if (item := self.table.item(row, column)) else "" for column in range(7))
            for row in range(self.table.rowCount())
        ]
        QGuiApplication.clipboard().setText("\n".join(rows))


def _agreement(digits: dict[str, Any], row: int, column: int) -> str:
    """Digits agreed with reverse AD: the least of the exact engines, and the central difference's besides."""
    exact = [digits[engine][row][column] for engine in ("symbolic", "forward") if digits[engine] is not None]
    central = digits["central"]
    coarse = "" if central is None else f"  ·  {central[row][column]:.1f}"
    return (f"{min(exact):.1f}" if exact else "–") + coarse
