"""A sheet: one of the graph panel's lower tabs, which asks the panel's second worker a question of its own."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from explorer.language.program import Span
from explorer.ui.graph_answer import GraphAnswer, Progress
from explorer.ui.session import Question
from explorer.work.wire import Message


class Sheet(QWidget):
    """What a tab of the graph panel shows; it is asked about only while it is seen.

    A subclass gives `name` and `title`, builds its widgets in `build`, and defines `asks` and `show_answer` or, where
    the graph's own answer is enough, `show_graph` and `show_step`.
    """

    name = ""
    title = ""

    op_chosen = Signal(int)  # an operation was chosen in the sheet
    span_chosen = Signal(object)  # Span: a place of the text was
    wants_answer = Signal()  # the sheet's options have changed: ask again

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"graph.sheet.{self.name}")
        self.setAccessibleName(self.title)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(0, 4, 0, 0)
        self.body.setSpacing(4)
        self.built = False
        self.answered = False  # whether it shows what was once answered

    def ensure_built(self) -> None:
        """Build what is inside, when it is first seen."""
        if not self.built:
            self.built = True
            self.build()

    def build(self) -> None:
        """Make the widgets."""

    def asks(self, question: Question, selected: int | None) -> Message | None:
        """The message for the worker, or None where there is nothing to ask; `selected` is the op that is."""
        return None

    def show_answer(self, answer: dict[str, Any]) -> None:
        """Show one answer of the worker."""

    def show_refusal(self, message: str) -> None:
        """The worker cannot answer, for this reason."""

    def show_graph(self, answer: GraphAnswer, progress: Progress) -> None:
        """The graph panel has a new graph."""

    def show_step(self, progress: Progress, changed: set[int]) -> None:
        """The player has moved."""

    def select(self, op: int | None, span: Span | None) -> None:
        """An operation was selected elsewhere."""

    def set_dimmed(self, dimmed: bool) -> None:
        """What is seen belongs to an earlier question."""
        self.setEnabled(not dimmed)
