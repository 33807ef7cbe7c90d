"""The paths sheet: all ways from the selected node to the output, their products, and the sum that is the adjoint."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHeaderView, QLabel, QTreeWidget, QTreeWidgetItem, QWidget

from explorer.language.names import pretty_name
from explorer.ui.fitted_numbers import NUMBER, FittedNumbers
from explorer.ui.graph_answer import GraphAnswer, Progress
from explorer.ui.panel import number_text
from explorer.ui.session import Question
from explorer.ui.sheet import Sheet
from explorer.work import questions
from explorer.work.wire import Message


class PathsSheet(Sheet):
    """The chain rule as a sum over paths; how many there are shows why reverse mode is not computed like that."""

    name = "paths"
    title = "Paths"
    about_selection = True

    lit = Signal(object, object)  # the ops of a path, and its edges as (operation, position)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._output = 0

    def build(self) -> None:
        self._paths: list[dict[str, Any]] = []
        self.words = QLabel(objectName="graph.paths.words")
        self.words.setAccessibleName("How many paths there are, and their sum")
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        self.table = QTreeWidget(objectName="graph.paths.table")
        self.table.setAccessibleName("Paths with the product of their partials")
        self.table.setHeaderLabels(["path", "partials", "product"])
        self.table.setRootIsDecorated(False)
        self.table.setUniformRowHeights(True)
        self.table.header().setStretchLastSection(False)
        self.table.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.header().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.table.setColumnWidth(2, 92)
        self.table.setItemDelegate(FittedNumbers(self.table))
        self.table.currentItemChanged.connect(self._chosen)
        self.body.addWidget(self.words)
        self.body.addWidget(self.table, 1)

    def asks(self, question: Question, selected: int | None) -> Message | None:
        self.lit.emit((), ())
        return questions.sheet(self.name, question.source, question.at, op=selected or 0, output=self._output)

    def show_answer(self, answer: dict[str, Any]) -> None:
        if answer["part"] == "paths":
            self._add(answer["rows"])
            return
        self._paths = []
        with QSignalBlocker(self.table):  # else each row that goes lights the next
            self.table.clear()
        count, name = answer["count"], pretty_name(answer["name"])
        if count == "0":
            self.words.setText(f"No path leads from {name or 'here'} to the output: its adjoint is 0.")
            return
        output = pretty_name(answer["output"])
        text = f"{count} path{'s' * (count != '1')} from {name} to {output}. "
        if answer["complete"]:
            text += f"The sum of the products is {number_text(answer['sum'], 10)}, "
            text += f"the adjoint {number_text(answer['adjoint'], 10)}. "
        else:
            text += f"The first {answer['listed']} are listed; the adjoint is {number_text(answer['adjoint'], 10)}. "
        text += f"Path by path: {answer['multiplications']} multiplications; "
        text += f"reverse mode visits each of the {answer['edges']:,} edges once."
        self.words.setText(text + ("" if self.isHidden() else "  Select another node for its paths."))

    def _add(self, paths: list[dict[str, Any]]) -> None:
        self._paths += paths
        for path in paths:
            item = QTreeWidgetItem([path["words"], path["factors"], number_text(path["product"], 8)])
            item.setData(2, NUMBER, path["product"])
            item.setTextAlignment(2, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            for column in (0, 1):
                item.setToolTip(column, item.text(column))
            self.table.addTopLevelItem(item)

    def show_graph(self, answer: GraphAnswer, progress: Progress) -> None:
        """The paths are those to the output at which the sweep starts, the first of several."""
        self._output = next((place for place, weight in enumerate(answer.head["weights"]) if weight), 0)

    def show_refusal(self, message: str) -> None:
        self.words.setText(message)

    def _chosen(self, item: QTreeWidgetItem | None) -> None:
        place = self.table.indexOfTopLevelItem(item) if item is not None else -1
        if 0 <= place < len(self._paths):
            path = self._paths[place]
            self.lit.emit(tuple(path["ops"]), tuple((op, position) for op, position in path["edges"]))
