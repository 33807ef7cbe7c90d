"""The editing of short programs, typed key by key."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor

from explorer.ui.code_edit import meanings
from explorer.ui.editor import Editor


@pytest.fixture
def editor(qtbot):
    edit = Editor()
    qtbot.addWidget(edit)
    edit.resize(420, 260)
    with qtbot.waitExposed(edit):
        edit.show()
    edit.setFocus()
    return edit


def write(qtbot, editor, text):
    """Type a text; names are not completed, lines are broken with Enter."""
    for character in text:
        if character == "\n":
            editor.completer.popup().hide()
            qtbot.keyClick(editor, Qt.Key.Key_Return)
        else:
            qtbot.keyClick(editor, character)
    editor.completer.popup().hide()


def marked(editor):
    return sorted(s.cursor.selectedText() for s in editor.extraSelections())


def test_enter_keeps_the_indentation_and_deepens_it_after_a_colon(qtbot, editor):
    write(qtbot, editor, "def f(x):\nwhile x > 1:\nx = x/2\n")
    assert editor.toPlainText() == "def f(x):\n    while x > 1:\n        x = x/2\n        "


def test_backspace_in_the_margin_takes_back_one_level_and_return_does_too(qtbot, editor):
    write(qtbot, editor, "def f(x):\nif x > 1:\nx = 1\n")
    qtbot.keyClick(editor, Qt.Key.Key_Backspace)
    write(qtbot, editor, "return x\n")
    assert editor.toPlainText() == "def f(x):\n    if x > 1:\n        x = 1\n    return x\n"


def test_tab_indents_in_the_margin_of_an_algorithm_and_elsewhere_moves_the_focus_on(qtbot, editor):
    write(qtbot, editor, "def f(x):\n")
    qtbot.keyClick(editor, Qt.Key.Key_Tab)
    assert editor.toPlainText() == "def f(x):\n        "
    assert editor.tabChangesFocus()


def test_names_are_offered_from_the_second_letter_on_with_their_meaning(qtbot, editor):
    qtbot.keyClick(editor, "t")
    assert not editor.completer.popup().isVisible()
    qtbot.keyClick(editor, "a")
    assert editor.completer.popup().isVisible()
    offered = [
        editor.completer.completionModel().index(row, 0).data() for row in range(editor.completer.completionCount())
    ]
    assert offered == ["tan", "tanh"]
    assert all(meanings()[name] for name in offered)


def test_a_completion_replaces_the_word_that_was_begun(qtbot, editor):
    write(qtbot, editor, "2*")
    qtbot.keyClick(editor, "s")
    qtbot.keyClick(editor, "o")
    qtbot.keyClick(editor.completer.popup(), Qt.Key.Key_Down)
    qtbot.keyClick(editor.completer.popup(), Qt.Key.Key_Return)
    assert editor.toPlainText() == "2*softplus"


def test_the_names_of_the_text_itself_are_offered_too(qtbot, editor):
    write(qtbot, editor, "velocity + 1 - ")
    qtbot.keyClick(editor, "v")
    qtbot.keyClick(editor, "e")
    model = editor.completer.completionModel()
    assert [model.index(row, 0).data() for row in range(model.rowCount())] == ["velocity"]


def test_the_bracket_at_the_cursor_shows_its_partner_and_a_lone_one_stands_out(qtbot, editor):
    editor.setPlainText("sin(x*(1 + y))")
    cursor = editor.textCursor()
    cursor.setPosition(4)
    editor.setTextCursor(cursor)
    assert [s.cursor.position() for s in editor.extraSelections()] == [4, 14]
    editor.setPlainText("sin(x")
    cursor = editor.textCursor()
    cursor.setPosition(4)
    editor.setTextCursor(cursor)
    assert marked(editor) == ["("]


def test_lines_are_numbered_from_the_second_on(qtbot, editor):
    editor.setPlainText("x")
    assert editor.gutter_width() == 0
    editor.setPlainText("\n".join("x" * 12))
    assert editor.gutter_width() > 0
    assert editor.viewport().x() >= editor.gutter_width()
    editor.moveCursor(QTextCursor.MoveOperation.End)
    editor.grab()  # paints the gutter


def test_a_text_that_is_opened_has_line_numbers_at_once(window):
    from explorer.ui.session import Session

    window.document.open(Session("x", ()))
    assert window.editor.gutter_width() == 0
    window.document.open(Session("a = x\na + 1", ()))
    assert window.editor.gutter_width() > 0
    assert window.editor.viewportMargins().left() == window.editor.gutter_width()
