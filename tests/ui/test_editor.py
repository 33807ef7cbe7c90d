"""The editor: where an error is underlined, what is lit, what is not let in, and whose undo it is."""

import time

import pytest
from PySide6.QtCore import QEvent, QMimeData, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from explorer.language.limits import MAX_CHARACTERS
from explorer.language.program import Span
from explorer.ui.editor import Editor


@pytest.fixture
def editor(qtbot, application):
    editor = Editor()
    qtbot.addWidget(editor)
    editor.show()
    return editor


def marked(editor):
    marks = editor.extraSelections()  # held: a mark's cursor dies with it
    return [(m.cursor.selectionStart(), m.cursor.selectionEnd(), m.cursor.selectedText()) for m in marks]


def test_an_error_is_underlined_at_its_span(editor):
    editor.setPlainText("x +* y")
    editor.underline(Span(1, 3, 1, 4))
    assert marked(editor) == [(3, 4, "*")]
    editor.underline(None)
    assert marked(editor) == []


@pytest.mark.parametrize(
    ("text", "span", "lit"),
    [
        ("x +", Span(1, 3, 1, 3), "+"),  # after the last character: shown on it
        ("x\ny +", Span(2, 3, 2, 3), "+"),
        ("x +", Span(1, 0, 1, 0), "x"),  # at the start of a line: shown on what follows
        ("𝑥 + y", Span(1, 4, 1, 5), "y"),  # columns count characters, Qt counts UTF-16 units
        ("a\nb", Span(1, 0, 2, 1), "a\u2029b"),
        ("x", Span(7, 3, 9, 9), "x"),  # a place that the text has no longer
    ],
)
def test_every_span_has_a_place_to_be_seen(editor, text, span, lit):
    editor.setPlainText(text)
    editor.underline(span)
    assert [piece for *_, piece in marked(editor)] == [lit]


def test_an_error_and_a_selection_can_be_marked_at_once(editor):
    editor.setPlainText("sin(x) +")
    editor.underline(Span(1, 7, 1, 8))
    editor.light(Span(1, 0, 1, 6))
    assert sorted(piece for *_, piece in marked(editor)) == ["+", "sin(x)"]


def test_hundreds_of_lit_places_take_no_time(editor):
    editor.setPlainText(" + ".join(["sin(x)"] * 1_000))
    began = time.thread_time()
    editor.light(*(Span(1, 9 * k + 4, 1, 9 * k + 5) for k in range(1_000)))
    assert time.thread_time() - began < 0.25, "each place was counted from the start of its line, a character a time"
    assert [piece for *_, piece in marked(editor)] == ["x"] * 1_000


def test_what_is_lit_is_scrolled_to_and_the_cursor_stays(editor):
    lines = [f"    a{k} = x + {' + '.join(['x*x'] * (1 + k % 30))}" for k in range(120)]  # some of them are wrapped
    editor.setPlainText("\n".join(["def f(x):", *lines, "    return x"]))
    editor.resize(260, 200)
    QApplication.processEvents()
    for line in (90, 122, 2, 60, 59):
        editor.light(Span(line, 4, line, 5))
        QApplication.processEvents()
        (mark,) = editor.extraSelections()
        assert editor.viewport().rect().contains(editor.cursorRect(mark.cursor).center()), line
        assert editor.textCursor().position() == 0
    seen = editor.verticalScrollBar().value()
    editor.light(Span(1, 0, 1, 3), Span(59, 4, 59, 5))
    editor.light()
    assert editor.verticalScrollBar().value() == seen, "a part is seen, or none is lit"


@pytest.mark.parametrize("way", ["setPlainText", "insertPlainText", "appendPlainText", "paste"])
def test_a_text_that_is_too_long_does_not_get_in(qtbot, editor, way):
    editor.setPlainText("x")
    text = "y" * 100_000
    with qtbot.waitSignal(editor.too_long) as told:
        if way == "paste":
            clipboard = QMimeData()
            clipboard.setText(text)
            editor.insertFromMimeData(clipboard)
        else:
            getattr(editor, way)(text)
    assert told.args[0] >= 100_000
    assert editor.toPlainText() == "x"


def test_the_longest_text_gets_in_and_replaces_a_selection(editor):
    editor.setPlainText("y" * (MAX_CHARACTERS - 1))
    editor.selectAll()
    clipboard = QMimeData()
    clipboard.setText("x" * MAX_CHARACTERS)
    editor.insertFromMimeData(clipboard)
    assert editor.toPlainText() == "x" * MAX_CHARACTERS


def test_undo_and_redo_are_asked_of_the_session(qtbot, editor):
    QTest.keyClicks(editor, "x^2")
    with qtbot.waitSignal(editor.undo_asked):
        QTest.keyClick(editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert editor.toPlainText() == "x^2"
    with qtbot.waitSignal(editor.redo_asked):
        QTest.keyClick(editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)


def test_showing_the_sessions_text_is_no_edit_and_keeps_the_cursor(editor):
    edits = []
    editor.textChanged.connect(lambda: edits.append(1))
    QTest.keyClicks(editor, "x^2")
    count = len(edits)
    editor.show_text("x^2 + y")
    assert len(edits) == count
    assert editor.textCursor().position() == 3
    editor.show_text("x")
    assert editor.textCursor().position() == 1


def test_a_click_tells_its_line_and_column(qtbot, editor):
    editor.setPlainText("a\nbcd")
    cursor = editor.textCursor()
    cursor.setPosition(4)
    with qtbot.waitSignal(editor.span_clicked) as clicked:
        QTest.mouseClick(editor.viewport(), Qt.MouseButton.LeftButton, pos=editor.cursorRect(cursor).center())
    assert clicked.args == [2, 2]


def test_new_colours_are_no_edit(editor):
    editor.setPlainText("sin(x) # comment")
    edits = []
    editor.textChanged.connect(lambda: edits.append(1))
    dark = editor.palette()
    dark.setColor(dark.ColorRole.Base, Qt.GlobalColor.black)
    editor.setPalette(dark)
    assert edits == []


def test_the_message_is_told_at_the_underlined_place_only(qtbot, editor):
    editor.setPlainText("x + <y> + z")
    editor.underline(Span(1, 4, 1, 5), "“<” cannot stand here.")

    def place(column):
        cursor = editor.textCursor()
        cursor.setPosition(column)
        return editor.cursorRect(cursor).center()

    assert editor.message_at(place(5)) == "“<” cannot stand here."
    assert editor.message_at(place(11)) == ""
    QApplication.sendEvent(
        editor.viewport(), QHelpEvent(QEvent.Type.ToolTip, place(5), editor.viewport().mapToGlobal(place(5)))
    )
    qtbot.waitUntil(lambda: "&lt;" in QToolTip.text())
    QToolTip.hideText()
    editor.underline(None)
    assert editor.message_at(place(5)) == ""
