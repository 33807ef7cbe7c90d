"""The journal: every change of the document on disk before the screen confirms it, so that no end loses it.

A journal is a file of lines, each the whole session as JSON behind its checksum; the last line that is whole counts, so
that a torn or garbled one costs no more than itself. It is removed when there is nothing in it that is not saved
elsewhere. What earlier windows left can be opened again, and is never opened, let alone run, by itself.
"""

from __future__ import annotations

import contextlib
import os
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QLockFile, QStandardPaths

from explorer.language.program import ExplorerError
from explorer.ui.files import session_from_text, session_text
from explorer.ui.session import Session

_COMPACT_BYTES = 256 * 1024  # some hundreds of states; the last is the one that counts
_MOST_KEPT = 20  # journals of earlier windows; older ones go
_SUFFIX = ".journal"


def journal_folder() -> Path:
    """Where journals lie: the program's folder of this user's data."""
    base = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppLocalDataLocation)
    return Path(base) / "recovery"


class Journal:
    """The journal of one window. `problem` says why nothing more can be kept, or is empty."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problem = ""
        self._path: Path | None = None  # made at the first change: a window that was only looked at leaves none
        self._file = -1
        self._lock: QLockFile | None = None
        self._size = 0

    def note(self, session: Session) -> None:
        """Add the session as it is now."""
        line = _line(session)
        try:
            if self._file < 0:
                self._begin()
            elif self._size > _COMPACT_BYTES:
                self._compact(line)
                return
            if os.write(self._file, line) != len(line):
                raise OSError(0, "the disk is full")
            self._size += len(line)
            self.problem = ""
        except OSError as error:
            self.problem = f"Unsaved changes are not being kept: {error.strerror}."

    def close(self, keep: bool) -> None:
        """End the journal. keep: something in it is saved nowhere else."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        if self._path is not None and not keep:
            self._path.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.unlock()
        self._path = self._lock = None

    def _begin(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._path = self.folder / f"{time.time_ns()}-{os.getpid()}{_SUFFIX}"
        self._lock = _lock_of(self._path)
        self._lock.tryLock(0)
        self._open(os.O_CREAT | os.O_EXCL)

    def _open(self, how: int) -> None:
        assert self._path is not None
        # O_BINARY, where there is one, keeps line ends as they are.
        flags = os.O_WRONLY | os.O_APPEND | how | getattr(os, "O_BINARY", 0)
        self._file = os.open(self._path, flags, 0o600)
        self._size = 0

    def _compact(self, line: bytes) -> None:
        """Begin again with the newest state alone; the old file stays until the new one is whole."""
        assert self._path is not None
        fresh = self._path.with_suffix(".fresh")
        fresh.write_bytes(line)
        os.close(self._file)
        os.replace(fresh, self._path)
        self._open(0)
        self._size = len(line)


@dataclass(frozen=True)
class Left:
    """What an earlier window left: its journal, when that was last written (seconds, as time.time), the session."""

    path: Path
    at: float
    session: Session

    @property
    def first_line(self) -> str:
        """The first line of the text that is not empty, cut where it is long."""
        return next((line.strip() for line in self.session.source.splitlines() if line.strip()), "")[:60]


def left_behind(folder: Path) -> list[Left]:
    """What earlier windows left, the newest first; journals of windows that are still open are passed over."""
    found = []
    for path in sorted(folder.glob(f"*{_SUFFIX}"), reverse=True):
        lock = _lock_of(path)
        if not lock.tryLock(0):
            continue
        with contextlib.suppress(OSError):
            session = _last_whole(path)
            if session is None or len(found) >= _MOST_KEPT:
                path.unlink(missing_ok=True)
            else:
                found.append(Left(path, path.stat().st_mtime, session))
        lock.unlock()
    return found


def newest_left(folder: Path, since: str = "") -> Left | None:
    """The newest that an earlier window left, if its file's name comes after `since`; one that can be read."""
    for path in sorted(folder.glob(f"*{_SUFFIX}"), reverse=True):
        if path.name <= since:
            break
        lock = _lock_of(path)
        if not lock.tryLock(0):
            continue
        session, at = None, 0.0
        with contextlib.suppress(OSError):
            session, at = _last_whole(path), path.stat().st_mtime
        lock.unlock()
        if session is not None and session.source.strip():
            return Left(path, at, session)
    return None


def _lock_of(path: Path) -> QLockFile:
    lock = QLockFile(f"{path}.lock")
    lock.setStaleLockTime(0)  # a lock is dropped when its process is gone, however long that was open
    return lock


def _line(session: Session) -> bytes:
    content = " ".join(session_text(session).splitlines()).encode()
    return b"%08x %b\n" % (zlib.crc32(content), content)


def _last_whole(path: Path) -> Session | None:
    """The last state that was written whole."""
    for checksum, content in _lines_from_the_end(path):
        if checksum == b"%08x" % zlib.crc32(content):
            with contextlib.suppress(ExplorerError, UnicodeDecodeError):
                return session_from_text(content.decode(), path.name)
    return None


def _lines_from_the_end(path: Path) -> Iterator[tuple[bytes, bytes]]:
    with open(path, "rb") as file:
        content = file.read(4 * _COMPACT_BYTES)  # nothing that we wrote is longer
    for line in reversed(content.splitlines()):
        checksum, _, rest = line.partition(b" ")
        yield checksum, rest
