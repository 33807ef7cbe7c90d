"""The page of the derivative's own graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QWidget

from explorer.ui.derivative_graph import DerivativeGraph
from explorer.ui.panels.symbolic.page import Page
from explorer.ui.session import Question
from explorer.ui.worker import Crew
from explorer.work.ends import Done, End
from explorer.work.wire import Message


class GraphPage(Page):
    """One derivative as a graph; the graph panel has the same beside the program's."""

    name = "graph"
    title = "Graph"

    def __init__(self, crew: Crew, parent: QWidget | None = None) -> None:
        super().__init__(crew, parent)
        self.drawn = DerivativeGraph("symbolic.graph")
        self.drawn.wanted.connect(self.ask)
        self.column.addWidget(self.drawn, 1)

    def asks(self, question: Question) -> Message | None:
        return self.drawn.asks(question)

    def options(self) -> dict[str, Any]:
        return self.drawn.options()

    def restore(self, options: Mapping[str, Any]) -> None:
        self.drawn.restore(options)

    def show_answer(self, answer: dict[str, Any]) -> None:
        self.drawn.show_answer(answer)

    def show_end(self, end: End) -> None:
        if not isinstance(end, Done):
            self.drawn.words.setText(getattr(end, "message", ""))

    def set_dimmed(self, dimmed: bool) -> None:
        self.drawn.set_dimmed(dimmed)
