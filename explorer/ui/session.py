"""The session: the one document, immutable, with its history; and the text's way from a key stroke to a question.

A key stroke is parsed at once. An error is said at once and changes nothing else. A text that reads well is settled
after a short pause, and only then do the panels ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from explorer.language.parser import parse
from explorer.language.program import ExplorerError, Program

# A pause in typing this long means: compute. A slider's movement is a finished value each time.
TYPING_PAUSE_MS = 250
VALUE_PAUSE_MS = 30
# Edits closer together than this are one step for undo.
UNDO_JOIN_MS = 700
# Characters: a longer text that is opened is shown in one turn of the event loop, and read in the next.
LONG_TEXT = 400
MOST_UNDO = 500

WORKED_EXAMPLE = "ln(x1) + x1*x2 - sin(x2)"
WORKED_POINT = (("x1", 2.0), ("x2", 5.0))
_TEXT = ""  # what was edited: the text, which no input's name equals
ASSUMED = 1.0  # the value of an input that has none yet


@dataclass(frozen=True)
class Session:
    """The document: the text and the value of every input name met so far, which undo restores.

    panels: the options of each panel that has some, by its name, as the file that was opened had them (see
    `Panel.options`) or as they were last changed; while the window is open they live in the panels. unknown: what else
    that file held.
    """

    source: str = WORKED_EXAMPLE
    point: tuple[tuple[str, float], ...] = WORKED_POINT
    panels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False)
    unknown: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def value(self, name: str) -> float:
        """The value of an input."""
        return dict(self.point).get(name, ASSUMED)

    def with_value(self, name: str, value: float) -> Session:
        """The same session with another value of one input."""
        return replace(self, point=tuple({**dict(self.point), name: value}.items()))

    def with_options(self, panel: str, options: Mapping[str, Any]) -> Session:
        """The same session with other options of one panel."""
        return replace(self, panels={**self.panels, panel: options})


@dataclass(frozen=True)
class Question:
    """What the panels are asked about: a text that reads well, its program, and a value for each input."""

    source: str
    program: Program
    at: dict[str, float]


class Document(QObject):
    """The session as it changes: edits go in, and what follows from them comes out as signals."""

    read = Signal(object)  # Program: the text reads well (after every edit that does)
    refused = Signal(object)  # ExplorerError: it does not
    emptied = Signal()  # there is no text
    restored = Signal(object)  # Session: undo, redo or opening replaced it; editors must follow
    settled = Signal(object)  # Question: time to compute
    changed = Signal(object)  # Session: it is another; said before anything else shows it
    history_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = Session(source="", point=())
        self._program: Program | None = None
        self._reads_well = False  # whether `_program` is that of the text as it is now
        self._past: list[Session] = []
        self._future: list[Session] = []
        self._pause = QTimer(self, singleShot=True)
        self._pause.timeout.connect(self._settle)
        self._reading = QTimer(self, singleShot=True, interval=0)
        self._reading.timeout.connect(lambda: self._read(0))
        self._edited: str | None = None  # _TEXT or an input's name; None after undo, redo and opening
        self._joining = QTimer(self, singleShot=True, interval=UNDO_JOIN_MS)

    @property
    def session(self) -> Session:
        """The document as it is now."""
        return self._session

    @property
    def program(self) -> Program | None:
        """The last text that read well, or None before the first."""
        return self._program

    def open(self, session: Session) -> None:
        """Replace everything, as a step that can be undone, and compute at once."""
        if self._session.source or self._session.point:
            self._remember(None)
        self._show(session)

    def edit_source(self, text: str) -> None:
        """The text has changed."""
        if text == self._session.source:
            return
        self._remember(_TEXT)
        self._session = replace(self._session, source=text)
        self.changed.emit(self._session)
        self._read(TYPING_PAUSE_MS)

    def edit_value(self, name: str, value: float) -> None:
        """An input's value has changed."""
        if self._session.value(name) == value and name in dict(self._session.point):
            return
        self._remember(name)
        self._session = self._session.with_value(name, value)
        self.changed.emit(self._session)
        # Not started afresh at every value: a slider that is being dragged would then be answered when it rests.
        if self._reads_well and not self._pause.isActive():
            self._pause.start(VALUE_PAUSE_MS)

    def edit_panel(self, name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """A panel's options have changed: a step that can be undone."""
        self._session = self._session.with_options(name, before)
        self._remember(f"panel {name}")
        self._session = self._session.with_options(name, after)
        self.changed.emit(self._session)

    @property
    def settling(self) -> bool:
        """Whether a text is about to be read, or a question to be settled when the typing pauses."""
        return self._pause.isActive() or self._reading.isActive()

    @property
    def can_undo(self) -> bool:
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        return bool(self._future)

    def undo(self) -> None:
        """Go one step back."""
        if self._past:
            self._future.append(self._session)
            self._show(self._past.pop())

    def redo(self) -> None:
        """Take back one undo."""
        if self._future:
            self._past.append(self._session)
            self._show(self._future.pop())

    def _remember(self, edited: str | None) -> None:
        """Make the present session a step of the history, unless the same thing was edited a moment ago."""
        if edited is None or edited != self._edited or not self._joining.isActive():
            self._past.append(self._session)
            del self._past[:-MOST_UNDO]
        self._edited = edited
        self._joining.start()
        self._future.clear()
        self.history_changed.emit()

    def _show(self, session: Session) -> None:
        self._edited = None
        self._session = session
        self.changed.emit(session)
        self.restored.emit(session)
        if len(session.source) > LONG_TEXT:
            self._reads_well = False
            self._pause.stop()
            self._reading.start()
        else:
            self._read(0)
        self.history_changed.emit()

    def _read(self, pause_ms: int) -> None:
        text = self._session.source
        self._reads_well = False
        self._reading.stop()
        if not text.strip():
            self._pause.stop()
            self.emptied.emit()
            return
        try:
            self._program = parse(text)
        except ExplorerError as error:
            self._pause.stop()
            self.refused.emit(error)
            return
        self._reads_well = True
        self.read.emit(self._program)
        self._pause.start(pause_ms)

    def _settle(self) -> None:
        program = self._program
        if program is None:
            return
        at = {name: self._session.value(name) for name in program.inputs}
        self.settled.emit(Question(program.source, program, at))
