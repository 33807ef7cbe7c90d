"""Sessions and program texts as files: read as if a stranger had written them, and written so that nothing is lost.

A session is JSON: {"format": FORMAT, "version": 1, "source": text, "point": {input: number}, "panels": {name: {…}}}.
It holds no path, no code but the program's text, and nothing that is run when it is opened. Every other file is taken
for the text of a program. What a newer version of the program has added to a session is kept when it is saved again.
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

from PySide6.QtCore import QIODevice, QSaveFile

from explorer.language.limits import MAX_CHARACTERS
from explorer.language.program import ExplorerError
from explorer.ui.session import Session
from explorer.work.wire import WireError, number, plain

SUFFIX = ".explorer"
FORMAT = "differentiation-explorer-session"
VERSION = 1
_MOST_BYTES = 5 * 2**20  # of a session; the options of all panels take some kilobytes
_MOST_LEVELS = 40  # of brackets inside each other: the JSON reader itself recurses
_MOST_INPUTS = 10_000
_LONGEST_INTEGER = 30  # digits: a longer one takes time that grows with its square
_KNOWN = ("format", "version", "source", "point", "panels")


def open_file(path: str) -> Session:
    """The session in a file, or a session on the program text that it holds; ExplorerError says why there is none."""
    text = _text_of(path)
    if text.lstrip().startswith("{"):
        return session_from_text(text, path)
    if len(text) > MAX_CHARACTERS:
        raise ExplorerError(f"{_name(path)} has more than {MAX_CHARACTERS:,} characters.", kind="limit")
    return Session(text, ())


def session_from_text(text: str, path: str) -> Session:
    """The session that JSON text says; ExplorerError where it says none, or one of a newer program."""
    name = _name(path)
    if _levels(text) > _MOST_LEVELS:
        raise ExplorerError(f"{name} is no session: its brackets are nested too deeply.", kind="request")
    try:
        content = json.loads(
            text, parse_constant=_refuse_constant, parse_int=_integer, object_pairs_hook=_object_without_repeats
        )
    except (ValueError, RecursionError):
        raise ExplorerError(f"{name} is no session: it cannot be read as JSON.", kind="request") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ExplorerError(f"{name} is no session of this program.", kind="request")
    version = content.get("version")
    if type(version) is not int or version < 1:
        raise ExplorerError(f"{name} is no session: its version is missing.", kind="request")
    if version > VERSION:
        raise ExplorerError(f"{name} was saved by a newer version of this program.", kind="request")
    source, point, panels = content.get("source"), content.get("point", {}), content.get("panels", {})
    values = _values(point)
    if not isinstance(source, str) or values is None or not _is_panels(panels):
        raise ExplorerError(f"{name} is no session: a part of it is missing or of another kind.", kind="request")
    if len(source) > MAX_CHARACTERS:
        raise ExplorerError(f"The text in {name} has more than {MAX_CHARACTERS:,} characters.", kind="limit")
    # A lone surrogate passes the JSON reader, and would make the next save fail.
    source = source.encode("utf-8", "replace").decode("utf-8")
    unknown = {key: value for key, value in content.items() if key not in _KNOWN}
    return Session(source, values, panels, unknown)


def session_text(session: Session) -> str:
    """A session as the JSON that `session_from_text` reads."""
    content: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "source": session.source,
        "point": dict(session.point),
        "panels": dict(session.panels),
    }
    return json.dumps(plain(content | dict(session.unknown)), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def save_file(path: str, text: str) -> None:
    """Write a file whole or not at all; ExplorerError says why not, and the old file is as it was."""
    content = text.encode("utf-8")
    file = QSaveFile(path)
    if not file.open(QIODevice.OpenModeFlag.WriteOnly):
        raise ExplorerError(f"{_name(path)} cannot be written: {file.errorString()}.", kind="request")
    # On a full disk a short write is no error to commit(), which would replace the good file by a part of this one.
    if file.write(content) != len(content) or not file.flush():
        file.cancelWriting()
        raise ExplorerError(f"{_name(path)} cannot be written: the disk is full.", kind="request")
    if not file.commit():
        raise ExplorerError(f"{_name(path)} cannot be written: {file.errorString()}.", kind="request")


def _text_of(path: str) -> str:
    """The content of a regular file of a readable size, in UTF-8."""
    try:
        # Not blocking: a pipe or a device must be refused and not waited for.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ExplorerError(f"{_name(path)} is not a file.", kind="request")
            content = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its name is not possible"
        raise ExplorerError(f"{_name(path)} cannot be read: {reason}.", kind="request") from None
    if len(content) > _MOST_BYTES:
        raise ExplorerError(f"{_name(path)} is too large for a session or a program.", kind="limit")
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise ExplorerError(f"{_name(path)} is not a text in UTF-8.", kind="request") from None


def _name(path: str) -> str:
    """A file's name as a sentence shows it."""
    return Path(path).name[:60] or "The file"


def _levels(text: str) -> int:
    """How deep the brackets stand inside each other; those within strings count too, which only refuses more."""
    depth = deepest = 0
    for character in text:
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _refuse_constant(word: str) -> None:
    raise ValueError(word)


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_INTEGER:
        raise ValueError("a number of too many digits")
    return int(digits)


def _object_without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a key stands twice")
    return content


def _values(point: object) -> tuple[tuple[str, float], ...] | None:
    """The values of the inputs; None where they are none."""
    if not isinstance(point, dict) or len(point) > _MOST_INPUTS:
        return None
    try:
        return tuple((name, number(value)) for name, value in point.items())
    except WireError:
        return None


def _is_panels(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(options, dict) for options in value.values())
