"""What the symbolic panel's pages share: a page asks when it is seen, of a worker of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from explorer.language.notation import Notation, Piece
from explorer.ui.session import Question
from explorer.ui.worker import Crew, Worker
from explorer.work.ends import Broken, Done, End
from explorer.work.wire import Message


class Page(QWidget):
    """One page of the panel. A subclass defines `asks`, `begin`, `show_answer`, `show_end` and `set_dimmed`.

    `said` carries a sentence for the panel's heading, or "" to take it back; `stage` what is being done.
    """

    name = ""
    title = ""
    budget_ms: int | None = 20_000

    said = Signal(str)
    stage = Signal(str)
    broken = Signal(object)  # Broken: a fault of ours, for the panel to show

    def __init__(self, crew: Crew, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"symbolic.page.{self.name}")
        self.setAccessibleName(self.title)
        self.worker: Worker = crew.worker(f"symbolic.{self.name}")
        self.worker.answered.connect(self._take)
        self.worker.ended.connect(self._end)
        self.question: Question | None = None
        self._waiting: Question | None = None
        self._pieces: list[Any] = []
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 4, 0, 0)
        self.column.setSpacing(6)

    def asks(self, question: Question) -> Message | None:
        """The message for the worker, None where there is nothing to ask (yet)."""
        raise NotImplementedError

    def options(self) -> dict[str, Any]:
        """What a session file keeps of this page, in JSON's terms."""
        return {}

    def restore(self, options: Mapping[str, Any]) -> None:
        """Take the options of a session file; what does not fit is passed over."""

    def begin(self) -> None:
        """A question has been asked: what was answered before is forgotten."""

    def show_answer(self, answer: dict[str, Any]) -> None:
        raise NotImplementedError

    def show_end(self, end: End) -> None:
        """The question has ended; the panel says why if it was not answered in full."""

    def set_dimmed(self, dimmed: bool) -> None:
        raise NotImplementedError

    def settle(self, question: Question) -> None:
        """A new question: asked now, or when the page is next seen."""
        if self.isVisible():
            self.ask(question)
        else:
            self.worker.cancel()
            self._waiting = question
            self.set_dimmed(True)

    def ask(self, question: Question | None = None) -> None:
        """Ask, the same question again by default, with the page's options as they are now."""
        question = question or self._waiting or self.question
        if question is None:
            return
        self.question, self._waiting = question, None
        message = self.asks(question)
        if message is not None:
            self._pieces = []
            self.begin()
            self.worker.ask(message, self.budget_ms)

    def notation(self, answer: dict[str, Any]) -> Notation:
        """The notation of an answer, with the pieces that came before it."""
        pieces, self._pieces = self._pieces, []
        found = Notation.from_json(answer["notation"]) if not pieces else None
        if found is None:
            whole = {"complete": answer["notation"]["complete"], "pieces": [*pieces, *answer["notation"]["pieces"]]}
            found = Notation.from_json(whole)
        return found

    def _take(self, answer: dict[str, Any]) -> None:
        if "pieces" in answer:
            self._pieces += answer["pieces"]
        elif "stage" in answer:
            self.stage.emit(answer["stage"])
        else:
            self.show_answer(answer)

    def _end(self, end: End) -> None:
        if isinstance(end, Broken):
            self.broken.emit(end)
        elif not isinstance(end, Done):
            self.said.emit(end.message)
        self.show_end(end)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._waiting is not None:
            self.ask()


def shifted(piece: list[Any], shift: int, refs: int = 0) -> Piece:
    """A piece of the wire whose children stand `shift` further on, its sub-expression numbered from `refs` on."""
    kind, text, children, _, ref = piece
    return Piece(kind, text, tuple(child + shift for child in children), None, None if ref is None else ref + refs)
