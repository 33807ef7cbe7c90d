"""What all panels share: a heading with their state, a worker of their own, dimming, cancel."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from explorer.ui.session import Question
from explorer.ui.worker import Crew, Worker
from explorer.work.ends import Broken, Done, End
from explorer.work.wire import Message

# What is answered sooner needs no word about waiting: it would only flicker.
PATIENCE_MS = 150
# The same for dimming while a slider moves; a change of the text dims at once, for the text says something else then.
DIM_MS = 80
OLD = "What is shown belongs to the question before."
ALL_DIGITS = 17  # that determine any double
UNDEFINED = "undefined"  # NaN has this one word in the whole window
_NODE_CHARACTERS = 7  # "−0.9589" and "−1.2e−5" fit into a node after "v̄ = "
LINE_CHARACTERS = 11  # "−1.23e−300" fits into a line of a node to itself
_MINUS = re.compile(r"(?<=\de)-(?=\d)|(?<!\w)-(?=\d|inf)")  # not the hyphen of look-ahead
_NOT_FINITE = re.compile(r"\bnan\b|\binf\b")
_EXPONENT = re.compile(r"(?<=\d)e(−?)\+?0*(?=\d)")  # e−05, e+20: the sign of + and leading zeros only take room


class Panel(QWidget):
    """A room of the window that asks its own worker about the question and shows the answers.

    A subclass gives `name` and `title`, fills `body`, and defines `asks`, `show_answer` and `set_dimmed`. A hidden
    panel asks when it is shown.
    """

    name = ""
    title = ""
    brief = ""  # the title where there is no room for all of it beside what else stands there
    budget_ms: int | None = 20_000
    status_in_head = False  # beside the title, where nothing else stands there
    busy_at_top = True  # where the sign of work covers least
    undoable = False  # whether undo restores its options
    headed = True  # whether the panel shows its title; a tab does that by itself

    answered = Signal()  # the question that was asked last has been answered to its end
    options_changed = Signal(object, object)  # a person changed options that undo takes back: as they were, as they are

    def __init__(self, crew: Crew, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"panel.{self.name}")
        self.setAccessibleName(f"{self.title} panel")
        self.crew = crew
        self.question: Question | None = None
        self._waiting: Question | None = None  # settled while hidden: asked when shown
        self._shown = False  # whether anything has ever been answered
        self._fresh = False  # whether an answer to the running question has come
        self._outdated = False  # whether the text has changed since the question
        self._trace = ""
        self.worker = crew.worker(self.name)
        self.worker.answered.connect(self._take)
        self.worker.ended.connect(self._end)
        self._workers: list[Worker] = []
        self._mind(self.worker)

        self._heading = QLabel(self.title, self)
        self._heading.setTextFormat(Qt.TextFormat.PlainText)
        font = self._heading.font()
        font.setBold(True)
        self._heading.setFont(font)
        if self.brief:
            self._heading.setMinimumWidth(self._heading.fontMetrics().horizontalAdvance(self.brief))
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
        self._cancel.clicked.connect(self.cancel)
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
        self._dim_soon = QTimer(self, singleShot=True, interval=DIM_MS)
        self._dim_soon.timeout.connect(self._dim_late)

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
        """The message for the worker; None where the panel sees to the question, and to being dimmed, by itself."""
        raise NotImplementedError

    def show_answer(self, answer: dict[str, Any]) -> None:
        """Show one answer, and call `brighten` when what is seen is the new answer's."""
        raise NotImplementedError

    def set_dimmed(self, dimmed: bool) -> None:
        """Show that what is seen belongs to an earlier question (or no longer)."""
        raise NotImplementedError

    def options(self) -> dict[str, Any]:
        """What a session file keeps of this panel, in JSON's terms; nothing, unless a subclass has options."""
        return {}

    def restore(self, options: Mapping[str, Any]) -> None:
        """Take the options of a session file, which a stranger may have written: what does not fit is passed over."""

    def show_end(self, end: End) -> None:
        """What the end of the question means for this panel; the heading already says a refusal."""

    # -- the flow --------------------------------------------------------------------------------------------------

    def outdate(self) -> None:
        """The text has changed: what is seen, and what may still come, belongs to an earlier one."""
        self._outdated = True
        self._dim(True)

    def settle(self, question: Question) -> None:
        """A new question: asked now, or when the panel is next seen."""
        if self.isVisible():
            self._ask(question)
        else:
            self._dim(True)
            self._waiting = question

    def ask_again(self) -> None:
        """Ask the same question again, with this panel's options as they are now."""
        question = self._waiting or self.question
        if question is not None and not self._outdated:
            self._ask(question)

    @property
    def busy(self) -> bool:
        """Whether an answer is still waited for."""
        return any(worker.busy for worker in self._workers)

    def cancel(self) -> None:
        """Stop what is being computed."""
        for worker in self._workers:
            worker.cancel()

    def _mind(self, worker: Worker) -> None:
        """Let the panel look busy while this worker is, and its cancel button stop it."""
        self._workers.append(worker)
        worker.busy_changed.connect(self._show_busy)

    def _ask(self, question: Question) -> None:
        self.question, self._waiting, self._fresh, self._outdated = question, None, False, False
        message = self.asks(question)
        if message is not None:
            self._dim_soon.start()
            self.worker.ask(message, self.budget_ms)

    def _dim(self, dimmed: bool) -> None:
        self._dim_soon.stop()
        self.set_dimmed(dimmed)
        self.status.setEnabled(not dimmed)

    def _dim_late(self) -> None:
        self._dim(True)

    def _take(self, answer: dict[str, Any]) -> None:
        if not self._fresh:
            self.say("")
        self._fresh = self._shown = True
        self.show_answer(answer)

    def brighten(self) -> None:
        """What is seen answers the newest question; unless the text has changed meanwhile."""
        if not self._outdated:
            self._dim(False)

    def _end(self, end: End) -> None:
        if self._dim_soon.isActive():  # ended before it answered
            self._dim(True)
        if not isinstance(end, Done):
            self.status.setEnabled(True)
        if isinstance(end, Broken):
            self._trace = end.traceback
            self._copy.show()
            self.say("Something failed in the program itself.")
        elif not isinstance(end, Done):
            self.say(end.message if self._fresh or not self._shown else f"{end.message} {OLD}")
        self.show_end(end)
        self.answered.emit()

    def say(self, text: str) -> None:
        """Put a sentence into the heading."""
        self.status.setText(text)
        self.status.setVisible(bool(text) or self.status_in_head)
        if not text:
            self._copy.hide()

    def _show_busy(self) -> None:
        if any(worker.busy for worker in self._workers):
            if not self._working.isVisible():
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
        top = self.body.geometry().top() + 8
        bottom = self.height() - self._working.height() - 12
        self._working.move(self.width() - self._working.width() - 16, top if self.busy_at_top else bottom)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_working()
        self._fit_heading()

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() is QEvent.Type.LayoutRequest:  # what stands beside the heading may need more room, or less …
            self._fit_heading()
            if self._working.isVisible():
                self._place_working()  # … and what stands below it may have moved
        return handled

    def _fit_heading(self) -> None:
        if self.brief:
            margins = self.layout().contentsMargins()
            beside = self.head.sizeHint().width() - self._heading.sizeHint().width()
            room = self.width() - margins.left() - margins.right() - beside
            metrics = self._heading.fontMetrics()
            self._heading.setText(self.title if metrics.horizontalAdvance(self.title) <= room else self.brief)
            self._heading.setMinimumWidth(metrics.horizontalAdvance(self.brief))  # the panel may become narrower

    def _copy_details(self) -> None:
        QGuiApplication.clipboard().setText(self._trace)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._waiting is not None:
            self._ask(self._waiting)


def count_text(count: int) -> str:
    """A count as a cell or a bar shows it: of a billion and more the first five digits."""
    if count < 10**9:
        return f"{count:,}"
    digits = str(round(count, 5 - len(str(count))))
    return f"{digits[0]}.{digits[1:5]}e{len(digits) - 1}"


def number_text(value: object, digits: int = 6) -> str:
    """A number of an answer as a cell shows it; "nan" is "undefined", None an en dash.

    With ALL_DIGITS it is the shortest text that determines the double.
    """
    if value is None:
        return "–"
    if isinstance(value, str):
        return {"nan": UNDEFINED, "inf": "∞", "-inf": "−∞"}.get(value, value)
    if not isinstance(value, int | float):
        return str(value)
    number = float(value) + 0.0  # −0 is written 0
    if number != number:
        return UNDEFINED
    if number in (math.inf, -math.inf):
        return "∞" if number > 0 else "−∞"
    text = repr(number).removesuffix(".0") if digits >= ALL_DIGITS else f"{number:.{digits}g}"
    return plain_exponents(text)


def plain_exponents(text: str) -> str:
    """Words with their numbers written as everywhere: 2.5e−9 and 1e20, not 2.5e-09 and 1e+20."""
    text = text.replace("-", "−")
    return _EXPONENT.sub(r"e\1", text) if "e" in text else text


def in_our_words(sentence: str) -> str:
    """A sentence of the floors below with its numbers as the window writes them: undefined, ∞, −2.5e−9."""
    signed = _EXPONENT.sub(r"e\1", _MINUS.sub("−", sentence))
    return _NOT_FINITE.sub(lambda found: number_text(found[0]), signed)


def short_text(value: object, room: int = _NODE_CHARACTERS, least: int = 1) -> str:
    """A number in as many characters as have room: 3 digits after the point from 0.1 to 1,000 and 3 in all elsewhere,
    fewer beside an exponent, but `least`: one where two would be longer than "−1.2e−5".

    "undefined" has room without a name before it; the sign of −0 is left to the tables.
    """
    if value == 0:
        return "0"
    if value == "nan" or value != value:
        return UNDEFINED
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < 1e7
        plain = f"{value:.0f}" if whole else f"{value:.3f}".rstrip("0").rstrip(".")
        if (whole or 0.1 <= abs(value) < 1000) and _fits(text := plain.replace("-", "−"), room):
            return text
    for digits in (4 if isinstance(value, float) and abs(value) >= 100 else 3, 3, 2, 1):
        text = number_text(value, digits)
        if _fits(text, room):
            break
        if digits == 2 and isinstance(value, float):
            # −0.000656 is −6.6e−4: with one digit, −0.0007, it would be wrong by a tenth, and −1.5e−5 by a third.
            text = plain_exponents(f"{value:.1e}")
            if len(text) <= room or least == 2:
                break
    return text


def _fits(text: str, room: int) -> bool:
    return len(text) + text.count("−") // 2 <= room  # a minus is wide
