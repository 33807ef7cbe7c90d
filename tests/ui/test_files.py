"""Files: sessions come back as they were, hostile ones are refused in words, nothing is lost by a save or an end."""

import errno
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QPushButton

from explorer.language.limits import MAX_CHARACTERS
from explorer.language.program import ExplorerError
from explorer.ui import journal as journal_module
from explorer.ui.files import FORMAT, open_file, save_file, session_from_text, session_text
from explorer.ui.journal import Journal, left_behind
from explorer.ui.session import Session

OPTIONS = {"optimize": {"rule": "adam", "rate": 0.01, "seed": 7, "starts": [[1.0, 2.0]]}}


@pytest.fixture(autouse=True)
def journals_apart(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr("explorer.ui.file_menu.journal_folder", lambda: tmp_path / "recovery")
    return tmp_path / "recovery"


names = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True)


@given(st.text(max_size=60), st.dictionaries(names, st.floats(allow_nan=False), max_size=5))
def test_a_session_is_read_as_it_was_written(source, point):
    session = Session(source.encode("utf-8", "replace").decode(), tuple(point.items()), OPTIONS)
    assert session_from_text(session_text(session), "x") == session


def test_what_a_newer_program_added_is_kept(tmp_path):
    content = json.loads(session_text(Session("x^2", (("x", 3.0),)))) | {"lesson": {"page": 3}}
    path = tmp_path / "a.explorer"
    path.write_text(json.dumps(content))
    assert json.loads(session_text(open_file(str(path))))["lesson"] == {"page": 3}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": "other"}, "no session of this program"),
        ({"version": 2}, "newer version"),
        ({"version": True}, "version is missing"),
        ({"source": 3}, "another kind"),
        ({"source": "x" * (MAX_CHARACTERS + 1)}, "more than 10,000 characters"),
        ({"point": {"x": "3"}}, "another kind"),
        ({"point": {"x": True}}, "another kind"),
        ({"point": [1]}, "another kind"),
        ({"panels": {"graph": 3}}, "another kind"),
    ],
)
def test_a_session_with_a_wrong_part_is_refused_in_words(change, words):
    content = json.loads(session_text(Session())) | change
    with pytest.raises(ExplorerError, match=words):
        session_from_text(json.dumps(content), "a.explorer")


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{" * 100_000,
        '{"format": "' + FORMAT + '", "version": 1, "source": "x", "source": "y"}',
        '{"format": "' + FORMAT + '", "version": 1, "source": "x", "point": {"x": NaN}}',
        '{"format": "' + FORMAT + '", "version": ' + "9" * 5000 + "}",
        "{}",
    ],
)
def test_what_is_no_session_is_refused(text):
    with pytest.raises(ExplorerError, match="no session"):
        session_from_text(text, "a.explorer")


def test_a_lone_surrogate_does_not_make_the_next_save_fail(tmp_path):
    content = session_text(Session("x")).replace('"x"', '"x + \\ud800"')
    session = session_from_text(content, "a")
    save_file(str(tmp_path / "b.explorer"), session_text(session))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_a_device_and_a_folder_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path, tmp_path / "missing", Path("a\0b")):
        with pytest.raises(ExplorerError):
            open_file(str(path))


def test_a_full_disk_leaves_the_old_file():
    """/dev/full accepts no byte; QSaveFile writes to a file beside the target, so the target is a folder's file."""
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with pytest.raises(ExplorerError, match="cannot be written"):
        save_file("/dev/full/a.explorer", "text")


def test_a_short_write_is_no_save(tmp_path, monkeypatch):
    path = tmp_path / "a.explorer"
    path.write_text("good")
    monkeypatch.setattr("explorer.ui.files.QSaveFile.write", lambda self, content: len(content) - 1)
    with pytest.raises(ExplorerError, match="full"):
        save_file(str(path), "new text")
    assert path.read_text() == "good"


# -- the journal -------------------------------------------------------------------------------------------------------


def test_a_journal_without_a_proper_end_gives_back_the_last_state(tmp_path):
    journal = Journal(tmp_path)
    for k in range(5):
        journal.note(Session(f"x + {k}", ()))
    os.close(journal._file)  # as a kill would
    journal._lock.unlock()
    assert [left.session.source for left in left_behind(tmp_path)] == ["x + 4"]


def test_a_journal_of_a_window_that_is_open_is_not_offered(tmp_path):
    journal = Journal(tmp_path)
    journal.note(Session("x", ()))
    assert left_behind(tmp_path) == []
    journal.close(keep=True)
    assert len(left_behind(tmp_path)) == 1


@given(st.binary(max_size=200), st.integers(0, 400))
def test_a_garbled_journal_gives_back_a_state_that_was_written_or_none(tmp_path_factory, noise, place):
    folder = tmp_path_factory.mktemp("garbled")
    journal = Journal(folder)
    states = [f"x^{k} + y" for k in range(4)]
    for state in states:
        journal.note(Session(state, ()))
    path = journal._path
    journal.close(keep=True)
    content = path.read_bytes()
    path.write_bytes(content[:place] + noise + content[place + len(noise) // 2 :])
    assert all(left.session.source in states for left in left_behind(folder))


def test_a_long_session_keeps_its_journal_small(tmp_path, monkeypatch):
    monkeypatch.setattr(journal_module, "_COMPACT_BYTES", 2000)
    journal = Journal(tmp_path)
    for k in range(100):
        journal.note(Session(f"x + {k}", ()))
        assert journal._path.stat().st_size < 3000
    journal.close(keep=True)
    assert left_behind(tmp_path)[0].session.source == "x + 99"


def test_a_disk_that_takes_nothing_more_is_said(tmp_path, monkeypatch):
    journal = Journal(tmp_path)
    journal.note(Session("x", ()))

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("explorer.ui.journal.os.write", full)
    journal.note(Session("x + 1", ()))
    assert "No space left" in journal.problem
    journal.close(keep=False)
    assert list(tmp_path.glob("*.journal")) == []


# -- the window --------------------------------------------------------------------------------------------------------


def test_a_session_saved_by_the_window_opens_as_it_was(window, write, tmp_path, settle):
    write("x^2 + y")
    window.document.edit_value("y", 4.0)
    path = tmp_path / "a.explorer"
    window.files.save_path(str(path))
    assert not window.files.unsaved
    assert "a.explorer" in window.windowTitle()
    window.files.worked_example()
    window.files.open_path(str(path))
    settle()
    assert window.editor.toPlainText() == "x^2 + y"
    assert window.document.session.value("y") == 4.0
    assert window.files.recent()[0] == str(path)
    window.document.edit_value("y", 5.0)
    assert window.isWindowModified()
    window.document.undo()
    assert not window.isWindowModified()


def test_a_session_is_saved_with_its_ending_and_nothing_is_written_over_unasked(window, find, tmp_path):
    window.files.save_named(str(tmp_path / "lesson1.dx"))
    assert window.files.path == str(tmp_path / "lesson1.dx.explorer")
    assert window.windowTitle().startswith("lesson1.dx.explorer[*]")
    (tmp_path / "b.explorer").write_text("another's")
    window.files.save_named(str(tmp_path / "b"))
    assert "b.explorer is there already" in find("message").text()
    assert (tmp_path / "b.explorer").read_text() == "another's"
    assert window.files.path == str(tmp_path / "lesson1.dx.explorer")


def test_a_file_that_cannot_be_opened_changes_nothing_and_is_said(window, find, tmp_path):
    path = tmp_path / "a.explorer"
    path.write_text('{"format": 1}')
    before = window.document.session
    window.files.open_path(str(path))
    assert window.document.session == before
    assert "no session" in find("message").text()


def test_what_a_killed_window_left_is_brought_back(window, journals_apart, settle):
    journal = Journal(journals_apart)
    journal.note(Session("sin(q)*7", (("q", 2.0),)))
    journal.close(keep=True)
    window.files.journal.folder = journals_apart
    window._tell_left()
    button = window.findChildren(QPushButton, "left")[-1]
    assert button.isVisible()
    assert "sin(q)*7" in button.accessibleName()
    window._tell_left()  # it is told once
    assert window.findChildren(QPushButton, "left")[-1] is button
    window.files._fill_left()
    action = next(a for a in window.files._left.actions() if "sin(q)*7" in a.text())
    assert action.isEnabled()
    button.click()
    settle()
    assert not button.isVisible()
    assert window.editor.toPlainText() == "sin(q)*7"
    assert window.windowTitle().startswith("Not saved")
    assert not any("sin(q)" in left.session.source for left in left_behind(journals_apart))


def test_the_palette_finds_a_command_by_a_part_of_its_name_and_takes_it(window, qtbot):
    window.show_palette()
    from explorer.ui.palette import CommandPalette

    palette = window.findChild(CommandPalette)
    qtbot.keyClicks(palette.line, "view dark")
    shown = [palette.list.item(row) for row in range(palette.list.count())]
    assert [item.text() for item in shown if not item.isHidden()] == ["View › Dark"]
    palette.line.clear()
    qtbot.keyClicks(palette.line, "optimize")
    from PySide6.QtCore import Qt

    first = palette.list.currentRow()
    qtbot.keyClick(palette.line, Qt.Key.Key_Down)
    assert palette.list.currentRow() != first
    qtbot.keyClicks(palette.line, "zz")
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert palette.none.isVisible()
    assert palette.isVisible(), "what was typed may be mended"
    palette.line.setText("optimize")
    qtbot.keyClicks(palette.line, "r")
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert window.tabs.currentWidget() is window.optimize


def test_what_is_only_looked_at_is_nothing_to_save_and_what_is_taken_back_neither(window, find, settle):
    window.files.worked_example()
    settle()
    for place in (1, 2, 0):
        window.tabs.setCurrentIndex(place)
    find("graph.sheets").setCurrentIndex(1)
    find("symbolic.pages").setCurrentIndex(1)
    settle()
    window.files._judge()
    assert not window.files.unsaved
    what = find("symbolic.what")
    what.setCurrentIndex(what.findData("hessian"))
    assert window.files.unsaved
    settle()
    window.document.undo()
    assert not window.files.unsaved
    find("point.x1").setValue(3.0)
    assert window.files.unsaved
    settle()
    for tabs in (find("graph.sheets"), find("symbolic.pages")):
        tabs.setCurrentIndex(0)
