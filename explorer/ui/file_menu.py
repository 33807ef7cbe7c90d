"""The File menu: new, open, save, what was open lately, and what earlier windows left unsaved."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from explorer.language.program import ExplorerError
from explorer.ui.files import SUFFIX, open_file, save_file, session_text
from explorer.ui.journal import Journal, Left, journal_folder, left_behind, newest_left
from explorer.ui.session import Document, Session

_MOST_RECENT = 8
_FILTER = f"Sessions (*{SUFFIX});;Programs (*.txt *.py);;All files (*)"


class Files(QObject):
    """The document's file: its path (empty for none), whether it has changes that no file has, and the menu for it."""

    opened = Signal(object)  # Session: to be shown instead of the present one
    failed = Signal(str)  # a sentence
    changed = Signal()  # the path, or whether there are unsaved changes

    def __init__(self, document: Document, session: Callable[[], Session], window: QWidget) -> None:
        """session: the document as it is now, with all of the panels' options, those of looking at them too."""
        super().__init__(window)
        self.path = ""
        self._document, self._session = document, session
        self._window = window
        self._saved = Session("", ())  # the document as it was opened or saved
        self._untouched: dict[str, Mapping[str, Any]] = {}  # the options of a panel before anyone changed them
        self._settled = True
        self.journal = Journal(journal_folder())
        self._recent: QMenu | None = None

    @property
    def unsaved(self) -> bool:
        """Whether the document has changes that no file has."""
        return not self._settled

    def fill(self, menu: QMenu) -> None:
        """Add the actions to the File menu."""
        keys = QKeySequence.StandardKey
        for words, key, slot in (
            ("&New", keys.New, self.new),
            ("&Worked example", None, self.worked_example),
            ("&Open …", keys.Open, self.open),
        ):
            self._add(menu, words, key, slot)
        self._recent = menu.addMenu("Open &recent")
        self._recent.aboutToShow.connect(self._fill_recent)
        self._left = menu.addMenu("Bring &back")
        self._left.aboutToShow.connect(self._fill_left)
        menu.addSeparator()
        self._add(menu, "&Save", keys.Save, self.save)
        self._add(menu, "Save &as …", keys.SaveAs, self.save_as)
        menu.addSeparator()

    def _add(self, menu: QMenu, words: str, key: QKeySequence.StandardKey | None, slot: Callable[[], object]) -> None:
        action = menu.addAction(words)
        if key is not None:
            action.setShortcut(key)
        action.triggered.connect(lambda _checked=False: slot())

    def new(self) -> None:
        """An empty document, to be typed into at once."""
        self._take(Session("", ()), "")
        self._window.editor.setFocus()

    def worked_example(self) -> None:
        """The document with which the program begins."""
        self._take(Session(), "")

    def open(self) -> None:
        """Ask for a file and open it."""
        self._ask(QFileDialog.AcceptMode.AcceptOpen, self.open_path)

    def open_path(self, path: str) -> None:
        """Open a session or a program's text; what is wrong with it is said, and the document stays as it was."""
        try:
            session = open_file(path)
        except ExplorerError as error:
            self.failed.emit(error.message)
            return
        self._take(session, path)
        self._remember(path)

    def save(self) -> None:
        """Write the session to its file, or ask for one."""
        if self.path.endswith(SUFFIX):
            self.save_path(self.path)
        else:  # a program's text was opened: its file is not overwritten by a session
            self.save_as()

    def save_as(self) -> None:
        """Ask for a file and write the session to it."""
        self._ask(QFileDialog.AcceptMode.AcceptSave, self.save_named)

    def save_named(self, path: str) -> None:
        """Write the session to a file that a person has named; whatever ending that has, a session's is added.

        By that the program and its dialogs know a session. A file that nobody was asked about is not written over.
        """
        if not path.endswith(SUFFIX):
            path += SUFFIX
            if Path(path).exists():
                self.failed.emit(f"{Path(path).name} is there already; nothing was saved.")
                return
        self.save_path(path)

    def save_path(self, path: str) -> None:
        """Write the session to this file."""
        text = session_text(self._session())
        try:
            save_file(path, text)
        except ExplorerError as error:
            self.failed.emit(error.message)
            return
        self.path = path
        self._remember(path)
        self._keep()

    def note(self, session: Session) -> None:
        """The document has changed: keep it at once, and say whether its file has it."""
        self.journal.note(session)
        if self.journal.problem:
            self.failed.emit(self.journal.problem)
        self._judge()

    def close(self) -> None:
        """The window closes: what is saved nowhere else stays to be brought back."""
        self._judge()
        self.journal.close(keep=self.unsaved)

    def begin(self, path: str = "") -> None:
        """The document was opened with the window: it is as its file has it."""
        self.path = path
        self._keep()

    def note_choice(self, panel: str, before: Mapping[str, Any], _after: Mapping[str, Any]) -> None:
        """A person has changed this panel's options, which were these."""
        self._untouched.setdefault(panel, before)

    def _take(self, session: Session, path: str) -> None:
        self.path = path
        self.opened.emit(session)
        self._keep()

    def _keep(self) -> None:
        """The document as it is now is in its file, or was just begun."""
        self._saved, self._untouched = self._document.session, {}
        self._judge()

    def _judge(self) -> None:
        """Whether there is anything to save: a text, a value or a choice; another look at them is nothing to save."""
        now, saved = self._document.session, self._saved
        same = (now.source, now.point) == (saved.source, saved.point)
        self._settled = (
            same and {**self._untouched, **now.panels} == {**self._untouched, **saved.panels}
        ) or not now.source.strip()
        self.changed.emit()

    def _ask(self, mode: QFileDialog.AcceptMode, then: Callable[[str], None]) -> None:
        """A file dialog that does not block: `exec` would start an event loop inside a slot."""
        dialog = QFileDialog(self._window, filter=_FILTER)
        dialog.setObjectName("file.dialog")
        dialog.setAcceptMode(mode)
        saving = mode == QFileDialog.AcceptMode.AcceptSave
        dialog.setFileMode(QFileDialog.FileMode.AnyFile if saving else QFileDialog.FileMode.ExistingFile)
        dialog.setDirectory(str(Path(self.path).parent) if self.path else str(Path.home()))
        if saving:
            dialog.setDefaultSuffix(SUFFIX.removeprefix("."))
            dialog.selectFile(f"{Path(self.path).stem}{SUFFIX}" if self.path else f"function{SUFFIX}")
        dialog.fileSelected.connect(then)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _remember(self, path: str) -> None:
        place = str(Path(path).absolute())
        paths = [place, *(p for p in self.recent() if p != place)]
        QSettings().setValue("recent", paths[:_MOST_RECENT])

    def recent(self) -> list[str]:
        """The files that were opened or saved last, the newest first."""
        saved = QSettings().value("recent")
        paths = [saved] if isinstance(saved, str) else saved
        return [path for path in paths if isinstance(path, str)] if isinstance(paths, list) else []

    def _fill_recent(self) -> None:
        assert self._recent is not None
        self._recent.clear()
        for path in self.recent():
            action = self._recent.addAction(path.replace("&", "&&"))
            action.triggered.connect(lambda _checked=False, path=path: self.open_path(path))
        if self._recent.isEmpty():
            self._recent.addAction("nothing yet").setEnabled(False)

    def _fill_left(self) -> None:
        """What earlier windows left unsaved, by its first line."""
        self._left.clear()
        for left in left_behind(self.journal.folder):
            when = time.strftime("%d %b %H:%M", time.localtime(left.at))
            action = self._left.addAction(f"{when}   {left.first_line}".replace("&", "&&"))
            action.triggered.connect(lambda _checked=False, left=left: self.bring_back(left))
        if self._left.isEmpty():
            self._left.addAction("nothing was left unsaved").setEnabled(False)

    def newly_left(self) -> Left | None:
        """What an earlier window left unsaved and no window has told of yet; each is told of once."""
        settings = QSettings()
        left = newest_left(self.journal.folder, str(settings.value("told", "")))
        if left is not None:
            settings.setValue("told", left.path.name)
        return left

    def bring_back(self, left: Left) -> None:
        """Open what an earlier window left."""
        self.path, self._saved = "", Session("", ())
        self.opened.emit(left.session)  # which our own journal has now
        if not self.journal.problem:
            left.path.unlink(missing_ok=True)
        self._judge()
