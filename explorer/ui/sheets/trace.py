"""The sheet with the trace table, which is there from the start."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from explorer.language.program import Span
from explorer.ui.graph_answer import GraphAnswer, Progress
from explorer.ui.graph_trace import TraceTable
from explorer.ui.sheet import Sheet


class TraceSheet(Sheet):
    """A row for each operation; the present step's row is selected."""

    name = "trace"
    title = "Trace"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.built = True
        self.table = TraceTable()
        self.table.setObjectName("graph.trace")
        self.table.setAccessibleName("Trace: each operation with its value and its tangent or adjoint")
        self.table.chosen.connect(self.op_chosen)
        self.body.addWidget(self.table, 1)
        self.copy = QToolButton(objectName="graph.trace.copy", text="Copy")
        self.copy.setAccessibleName("Copy the trace as CSV, LaTeX or Markdown")
        self.copy.setToolTip("Copy the table as CSV, LaTeX or Markdown")
        self.copy.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.copy)
        menu.addAction("Copy as &CSV", self._copy_csv)
        menu.addAction("Copy as &LaTeX", self._copy_latex)
        menu.addAction("Copy as &Markdown", self._copy_markdown)
        self.copy.setMenu(menu)

    def _copy_csv(self) -> None:
        QGuiApplication.clipboard().setText(self.table.trace.as_csv())

    def _copy_latex(self) -> None:
        QGuiApplication.clipboard().setText(self.table.trace.as_latex())

    def _copy_markdown(self) -> None:
        QGuiApplication.clipboard().setText(self.table.trace.as_markdown())

    def show_graph(self, answer: GraphAnswer, progress: Progress) -> None:
        self.table.show_answer(answer, progress)

    def show_step(self, progress: Progress, changed: set[int]) -> None:
        self.table.trace.touch(changed)

    def select(self, op: int | None, span: Span | None) -> None:
        self.table.select(op)
