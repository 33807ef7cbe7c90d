"""The sheet with the trace table, which is there from the start."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

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

    def show_graph(self, answer: GraphAnswer, progress: Progress) -> None:
        self.table.show_answer(answer, progress)

    def show_step(self, progress: Progress, changed: set[int]) -> None:
        self.table.trace.touch(changed)

    def select(self, op: int | None, span: Span | None) -> None:
        self.table.select(op)
