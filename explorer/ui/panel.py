"""What all panels share: a heading with their state, a worker of their own, dimming, cancel."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from explorer.ui.session import Question
from explorer.ui.worker import Crew
from explorer.work.ends import Broken, Done, End
from explorer.work.wire import Message

# What is answered sooner needs no word about waiting: it would only flicker.
PATIENCE_MS = 150


class Panel(QWidget):
    """A room of the window that asks its own worker about the question and shows the answers.

    A subclass gives `name` and `title`, fills `body`, and defines `asks`, `show_answer` and `set_dimmed`. A hidden
    panel asks when it is shown.
    """

    name = ""
    title = ""
    budget_ms: int | None = 20_000
    status_in_head = False  # beside the title, where nothing else stands there
    headed = True  # whether the panel shows its title; a tab does that by itself

    answered = Signal()  # the question that was asked last has been answered to its end

    def __init__(self, crew: Crew, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"panel.{self.name}")
        self.setAccessibleName(f"{self.title} panel")
        self.crew = crew
        self.question: Question | None = None
        self._waiting: Question | None = None  # settled while hidden: asked when shown
        self._fresh = False  # whether an answer to the running question has come
        self._trace = ""
        self.worker = crew.worker(self.name)
        self.worker.answered.connect(self._take)
        self.worker.ended.connect(self._end)
        self.worker.busy_changed.connect(self._show_busy)

        self._heading = QLabel(self.title, self)
        self._heading.setTextFormat(Qt.TextFormat.PlainText)
        font = self._heading.font()
        font.setBold(True)
        self._heading.setFont(font)
        self.status = QLabel()
        self.status.setTextFormat(Qt.TextFormat.PlainText)
        self.status.setObjectName(f"status.{self.name}")
        self.status.setAccessibleName(f"{self.title}: state")
        self.status.setMinimumWidth(0)
        self.status.setWordWrap(True)
        # Busy and cancel float over the panel's corner: nothing moves or grows when they come and go.
        self._working = QFrame(self, frameShape=QFrame.Shape.StyledPanel, autoFillBackground=True)
        self._busy = QProgressBar(objectName=f"busy.{self.name}", minimum=0, maximum=0, textVisible=False)
        self._busy.setAccessibleName(f"{self.title}: computing")
        self._busy.setFixedSize(70, 10)
        self._cancel = QPushButton("Cancel", objectName=f"cancel.{self.name}")
        self._cancel.setAccessibleName(f"Cancel the {self.title} computation")
        self._cancel.clicked.connect(self.worker.cancel)
        working = QHBoxLayout(self._working)
        working.setContentsMargins(6, 4, 6, 4)
        working.addWidget(self._busy)
        working.addWidget(self._cancel)
        self._working.hide()
        self._copy = QPushButton("Copy details")
        self._copy.setAccessibleName("Copy the technical details of the fault")
        self._copy.clicked.connect(self._copy_details)
        self._copy.hide()
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._patience.timeout.connect(self._lose_patience)

        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._heading)
        self._heading.setVisible(self.headed)
        if self.status_in_head:
            head.addWidget(self.status, 1)
        else:
            head.addStretch(1)
            self.status.hide()
        head.addWidget(self._copy)
        self.head = head
        self.body = QVBoxLayout()
        self.body.setSpacing(6)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(8, 6, 8, 6)
        outer.setSpacing(4)
        outer.addLayout(head)
        if not self.status_in_head:
            outer.addWidget(self.status)
        outer.addLayout(self.body, 1)

    # -- for subclasses --------------------------------------------------------------------------------------------

    def asks(self, question: Question) -> Message | None:
        """The message for the worker; None where there is nothing to ask."""
        raise NotImplementedError

    def show_answer(self, answer: dict[str, Any]) -> None:
        """Show one answer."""
        raise NotImplementedError

    def set_dimmed(self, dimmed: bool) -> None:
        """Show that what is seen belongs to an earlier question (or no longer)."""
        raise NotImplementedError

    def show_end(self, end: End) -> None:
        """What the end of the question means for this panel; the heading already says a refusal."""

    # -- the flow --------------------------------------------------------------------------------------------------

    def settle(self, question: Question) -> None:
        """A new question: asked now, or when the panel is next seen."""
        self.set_dimmed(True)
        if self.isVisible():
            self._ask(question)
        else:
            self._waiting = question

    def ask_again(self) -> None:
        """Ask the same question again, with this panel's options as they are now."""
        if self.question is not None:
            self._ask(self.question)

    def _ask(self, question: Question) -> None:
        self.question, self._waiting, self._fresh = question, None, False
        message = self.asks(question)
        if message is None:
            self.set_dimmed(False)
            return
        self.say("")
        self.worker.ask(message, self.budget_ms)

    def _take(self, answer: dict[str, Any]) -> None:
        if not self._fresh:
            self._fresh = True
            self.set_dimmed(False)
        self.show_answer(answer)

    def _end(self, end: End) -> None:
        if isinstance(end, Broken):
            self._trace = end.traceback
            self._copy.show()
            self.say("Something failed in the program itself.")
        elif not isinstance(end, Done):
            self.say(end.message)
        self.show_end(end)
        self.answered.emit()

    def say(self, text: str) -> None:
        """Put a sentence into the heading."""
        self.status.setText(text)
        self.status.setVisible(bool(text) or self.status_in_head)
        if not text:
            self._copy.hide()

    def _show_busy(self, busy: bool) -> None:
        if busy:
            self._patience.start()
        else:
            self._patience.stop()
            self._working.hide()

    def _lose_patience(self) -> None:
        self._working.adjustSize()
        self._place_working()
        self._working.show()
        self._working.raise_()

    def _place_working(self) -> None:
        self._working.move(self.width() - self._working.width() - 14, self.height() - self._working.height() - 12)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_working()

    def _copy_details(self) -> None:
        QGuiApplication.clipboard().setText(self._trace)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._waiting is not None:
            self._ask(self._waiting)


def narrow(combo: QComboBox, characters: int) -> None:
    """Let a combo box be as narrow as this, whatever its longest entry; its list still shows all."""
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(characters)


def number_text(value: object, digits: int = 6) -> str:
    """A number of an answer as a cell shows it; "nan" is "undefined", None an en dash."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return {"nan": "undefined", "inf": "∞", "-inf": "−∞"}.get(value, value)
    if not isinstance(value, int | float):
        return str(value)
    number = float(value)
    if number != number:
        return "undefined"
    return f"{number:.{digits}g}".replace("-", "−")
