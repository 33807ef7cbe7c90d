"""The window as a person and as a script meet it: texts, values, errors, undo, examples, keys, processes, names."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QSettings, Qt, QTimer
from PySide6.QtGui import QAccessible, QAction, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QStyleOptionViewItem, QTabBar, QTabWidget, QWidget

from explorer.language.limits import MAX_CHARACTERS
from explorer.ui import theme
from explorer.ui.palette import commands
from explorer.ui.plain_text import plain_text
from explorer.ui.session import WORKED_EXAMPLE
from tests.ui.conftest import PATIENCE_MS, child_processes, linux_only

ROOT = Path(__file__).parents[2]

# What scripts, accessibility tools and other people's tests find widgets by.
NAMES = """
    editor preview message examples verdict.table point.x1 point.x1.slider point.x2 point.x2.slider
    panel.symbolic panel.differences panel.graph panel.optimize panel.verdict
    graph.mode.forward graph.mode.reverse graph.mode.tree graph.first graph.previous graph.play graph.next graph.last
    graph.slider graph.speed graph.view graph.trace graph.explain
    optimize.objective optimize.rule optimize.rate optimize.batch optimize.run optimize.step optimize.back
    optimize.reset optimize.plot optimize.loss optimize.state
    busy.symbolic busy.differences busy.graph busy.optimize busy.verdict
    cancel.symbolic cancel.differences cancel.graph cancel.optimize cancel.verdict
"""

# SymPy needs seconds for its derivative, and far longer for the sizes of it.
HANG = "+".join(f"x^{i}/({i}+y)" for i in range(1, 400))


def name_of(widget):
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name) if interface is not None else ""


@pytest.mark.parametrize("name", NAMES.split())
def test_every_name_of_the_contract_exists_and_is_named_in_words(find, name):
    assert find(name).accessibleName().strip()
    assert name_of(find(name)).strip()


def test_whatever_takes_the_focus_has_a_name_for_screen_readers(window, find):
    unnamed = []
    for tab in range(window.tabs.count()):
        window.tabs.setCurrentIndex(tab)
        unnamed += [
            f"{type(widget).__name__} {widget.objectName()}"
            for widget in window.findChildren(QWidget)
            if widget.focusPolicy() != Qt.FocusPolicy.NoFocus
            and widget.focusProxy() is None  # the line within a spin box hands it on
            and widget.isVisible()
            and not isinstance(widget, QTabBar)  # its tabs have the names
            and not name_of(widget).strip()
        ]
    assert not unnamed


def test_tab_goes_from_the_text_to_the_values_to_the_graph_and_round(window, find):
    find("editor").setFocus()
    order = []
    for _ in range(40):
        order.append(QApplication.focusWidget().objectName())
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        if QApplication.focusWidget() is find("editor"):
            break
    else:
        pytest.fail(f"Tab does not come back: {order}")
    assert order[:6] == ["editor", "preview", "point.x1", "point.x1.slider", "point.x2", "point.x2.slider"]
    assert order.index("graph.view") < order.index("graph.trace") < order.index("verdict.table")


def test_f6_goes_round_the_rooms(window, find):
    find("editor").setFocus()
    rooms = []
    for _ in range(4):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_F6)
        rooms.append(QApplication.focusWidget())
    assert rooms[0] is find("graph.view")
    assert window.tabs.isAncestorOf(rooms[1])
    assert rooms[2:] == [find("verdict.table"), find("editor")]


# ------------------------------------------------------------------------------------------------- text and answers


def test_the_worked_example_is_there_answered_and_named_in_the_gallery(window, find, cells):
    assert find("editor").toPlainText() == WORKED_EXAMPLE
    assert find("examples").currentText().startswith("Worked example")
    assert find("message").text() == ""
    assert "11.652071455223084" in find("status.verdict").text()
    assert cells("verdict.table")[0][:5] == ["∂y/∂x₁", "5.5", "5.5", "5.5", "5.5"]
    assert cells("verdict.table")[1][:5] == ["∂y/∂x₂", *["1.7163378145367738"] * 4]


def test_a_text_typed_key_by_key_is_answered_when_the_typing_pauses(qtbot, window, find, cells, settle):
    editor = find("editor")
    editor.setFocus()
    editor.selectAll()
    settled = []
    window.document.settled.connect(settled.append)
    QTest.keyClicks(editor, "x^2*y + sin(y)")
    assert window.panels[0].status.isEnabled() is False, "what is seen belongs to the text before"
    settle()
    window.document.settled.disconnect(settled.append)
    assert [question.source for question in settled][-1] == "x^2*y + sin(y)"
    assert [row[:3] for row in cells("verdict.table")] == [
        ["∂f/∂x", "2", "2"],
        ["∂f/∂y", "1.5403023058681398", "1.5403023058681398"],
    ]
    assert find("point.y").value() == 1.0
    assert find("examples").currentIndex() == -1


def test_inputs_come_and_go_with_the_settled_text_and_keep_their_values(window, find, write):
    find("point.x1").setValue(3.0)
    write("x1 + z")
    assert find("point.x1").value() == 3.0
    assert find("point.z").value() == 1.0
    write("z^2")
    assert not window.inputs.findChildren(QWidget, "point.x1")
    write("x1 + z")
    assert find("point.x1").value() == 3.0


@pytest.mark.parametrize(
    ("text", "said", "column"),
    [
        ("sin(", "not closed", 3),
        ("foo(x)", "foo", 0),
        ("x +* y", "*", 3),
        ("__import__('os')", "", 0),
        ("().__class__", "", 2),
        ("9**9**9**9", "power", 3),
        ("(" * 2000 + "x" + ")" * 2000, "", None),
        ("x==y", "comparison", 0),
    ],
)
def test_an_error_is_said_and_underlined_while_the_last_answers_stay_dimmed(
    window, find, settle, cells, text, said, column
):
    before = cells("verdict.table"), find("symbolic.formula").accessibleDescription(), cells("graph.trace")
    find("editor").setPlainText(text)
    message = find("message")
    assert message.text().startswith("Column ")
    assert said in message.text()
    if column is not None:
        assert f"Column {column + 1}:" in message.text()
    marks = find("editor").extraSelections()
    assert any(mark.format.underlineStyle() != mark.format.UnderlineStyle.NoUnderline for mark in marks)
    settle()
    assert (cells("verdict.table"), find("symbolic.formula").accessibleDescription(), cells("graph.trace")) == before
    for name in ("verdict.table", "graph.trace", "symbolic.sizes", "graph.explain", "status.verdict"):
        assert not find(name).isEnabled(), name


def test_an_answer_that_arrives_after_the_text_went_wrong_stays_dimmed(window, find, qtbot, settle):
    with qtbot.waitSignal(window.document.settled, timeout=PATIENCE_MS):
        find("editor").setPlainText("x^3")
    find("editor").setPlainText("x^3 +")
    settle()
    assert not find("verdict.table").isEnabled()


def test_an_empty_text_is_no_error_and_takes_nothing_away(window, find, settle, cells):
    find("editor").setPlainText("")
    settle()
    said = find("message").text()
    assert "the function that was here before" in said
    assert "Type a function" not in said  # the placeholder says so
    assert "Type a function" in find("editor").placeholderText()
    assert not find("message").property("wrong")
    assert cells("verdict.table")[0][1] == "5.5"
    assert not find("verdict.table").isEnabled()


@pytest.mark.parametrize("way", ["setPlainText", "paste"])
def test_a_hundred_thousand_characters_are_left_out_and_counted(window, find, settle, way):
    editor, text = find("editor"), "x+" * 50_000
    started = time.monotonic()
    if way == "paste":
        clipboard = QMimeData()
        clipboard.setText(text)
        editor.insertFromMimeData(clipboard)
    else:
        editor.setPlainText(text)
    assert time.monotonic() - started < 2.0  # the widget itself would take many seconds
    assert "100,0" in find("message").text()
    assert f"{MAX_CHARACTERS:,}" in find("message").text()
    assert editor.toPlainText() == WORKED_EXAMPLE
    settle()
    assert find("verdict.table").isEnabled()


def test_ten_thousand_brackets_are_refused(find, write):
    find("editor").setPlainText("(" * 10_000 + "x" + ")" * 10_000)
    assert find("message").property("wrong")
    assert find("editor").toPlainText() == WORKED_EXAMPLE


def test_how_a_text_was_read_is_said_without_being_an_error(find, write):
    write("a b")
    assert "a b reads as a·b" in find("message").text()
    assert not find("message").property("wrong")


def test_the_window_goes_on_while_texts_are_typed_and_answered(qtbot, window, find, settle):
    longest, last = [0.0], [time.monotonic()]
    timer = QTimer(window, interval=5)

    def beat():
        now = time.monotonic()
        longest[0], last[0] = max(longest[0], now - last[0]), now

    timer.timeout.connect(beat)
    timer.start()
    for text in ("x^2", "x^2*y", "exp(-x^2)*sin(3*y)", "sin(", "(x, x*y)", WORKED_EXAMPLE):
        find("editor").setPlainText(text)
        settle()
    timer.stop()
    assert longest[0] < 1.0  # frozen is what someone notices; measured: 20 to 50 ms


def test_a_long_text_is_typeset_when_the_typing_pauses_and_a_short_one_at_once(window, find, settle):
    find("editor").setPlainText("x^3")
    assert "3" in plain_text(find("preview").notation)
    long = "def f(x):\n" + "    x = x + 7\n" * 100 + "    return x"
    find("editor").setPlainText(long)
    assert "7" not in plain_text(find("preview").notation)
    settle()
    assert "7" in plain_text(find("preview").notation)
    find("editor").setPlainText(long + " + 1")
    find("editor").setPlainText("x^")  # wrong before the pause: the longer one is not shown any more
    settle()
    assert find("message").property("wrong")


# ----------------------------------------------------------------------------------------------------------- values


def test_a_slider_being_dragged_is_answered_on_the_way(qtbot, window, find, cells):
    answers = []
    window.verdict.worker.answered.connect(answers.append)
    slider = find("point.x1.slider")
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while len(answers) < 4:  # two questions
        assert time.monotonic() < deadline
        slider.setValue(1201 if slider.value() == 1200 else 1200)
        qtbot.wait(5)
    window.verdict.worker.answered.disconnect(answers.append)


def test_slider_and_box_and_answers_say_the_same(find, settle, cells):
    find("point.x1.slider").setValue(1400)  # of 0 … 2000 over −10 … 10
    assert find("point.x1").value() == 4.0
    settle()
    assert cells("verdict.table")[0][3] == "5.25"  # 1/4 + 5
    assert cells("graph.trace")[0][2] == "4"
    find("point.x1").setValue(0.5)
    settle()
    assert find("point.x1.slider").value() == 1050
    assert cells("verdict.table")[0][3] == "7"
    assert cells("graph.trace")[0][2] == "0.5"


@pytest.mark.parametrize(("typed", "value", "slope"), [("1e-160", 1e-160, "1e160"), ("-0", -0.0, "−∞")])
def test_a_number_typed_into_a_box_is_taken_as_it_is(find, write, settle, cells, typed, value, slope):
    write("ln(x1)*1")
    box = find("point.x1")
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, typed)
    assert str(box.value()) == str(value)
    settle()
    assert cells("verdict.table")[0][2] == slope
    assert box.text() == typed


# ------------------------------------------------------------------------------------------------------- undo, redo


def test_undo_and_redo_restore_text_values_and_answers(window, find, write, settle, cells):
    write("x1^2")
    find("point.x1").setValue(7.0)
    settle()
    assert cells("verdict.table")[0][3] == "14"
    editor = find("editor")
    QTest.keyClick(editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert find("point.x1").value() == 2.0
    assert cells("verdict.table")[0][3] == "4"
    QTest.keyClick(editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert editor.toPlainText() == WORKED_EXAMPLE
    assert find("point.x2").value() == 5.0
    assert find("examples").currentText().startswith("Worked example")
    QTest.keyClick(editor, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    settle()
    assert editor.toPlainText() == "x1^2"
    assert cells("verdict.table")[0][3] == "14"
    assert not window.document.can_redo


def test_undo_in_a_value_box_is_the_sessions(window, find, settle):
    box = find("point.x1")
    box.setFocus()
    box.setValue(9.0)
    settle()
    QTest.keyClick(box, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert find("point.x1").value() == 9.0 or window.document.session.value("x1") == 2.0
    settle()
    assert box.value() == 2.0


# --------------------------------------------------------------------------------------------------------- examples


@pytest.mark.parametrize(
    ("title", "slope"),
    [("x² + x", "7"), ("Rosenbrock", "−215.6"), ("A corner", "0"), ("Polar", "0.8660254037844387")],
)
def test_an_example_brings_text_and_point(find, settle, cells, title, slope):
    examples = find("examples")
    place = next(k for k in range(examples.count()) if examples.itemText(k).startswith(title))
    examples.setCurrentIndex(place)
    examples.activated.emit(place)
    settle()
    assert cells("verdict.table")[0][1] == slope
    assert examples.currentIndex() == place
    find("editor").appendPlainText("# mine")
    assert examples.currentIndex() == -1


def test_the_gallery_is_grouped_in_its_box_and_in_the_menu(window, find):
    gallery = find("examples")
    groups = [gallery.itemData(place).group for place in range(gallery.count())]
    assert groups == sorted(groups, key=groups.index)  # each is in one piece
    option = QStyleOptionViewItem()
    heights = [
        gallery.itemDelegate().sizeHint(option, gallery.model().index(k, 0)).height() for k in range(gallery.count())
    ]
    assert heights.count(max(heights)) == len(set(groups)) == 7  # those with the name of their group above them
    found = dict(commands(window.menuBar()))
    found["File › Examples › Functions to minimise › Beale"].trigger()
    assert gallery.currentText() == "Beale"


def test_every_example_reads_well(window, find):
    from explorer.language.parser import parse

    examples = find("examples")
    for place in range(examples.count()):
        example = examples.itemData(place)
        assert set(dict(example.point)) <= set(parse(example.source).inputs), example.title
        assert "Expected" not in example.source


# --------------------------------------------------------------------------------------------------- what takes long


def test_what_sympy_hangs_on_can_be_cancelled_and_the_next_text_is_answered(qtbot, window, find, settle, cells):
    find("editor").setPlainText(HANG)
    cancel = find("cancel.symbolic")
    qtbot.waitUntil(cancel.isVisible, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: cells("verdict.table")[0][2].startswith("393.43"), timeout=PATIENCE_MS)
    assert cells("verdict.table")[0][1] == "…", "what is not computed yet looks so"
    assert find("busy.symbolic").isVisible()
    QTest.mouseClick(cancel, Qt.MouseButton.LeftButton)
    assert not window.symbolic.worker.busy
    assert "Stopped" in find("status.symbolic").text()
    QTest.keyClick(find("editor"), Qt.Key.Key_Escape)  # the others too
    assert not any(panel.busy for panel in window.panels)
    find("editor").setPlainText("x^2*y")
    settle()
    assert "2 x * y = 2" in find("symbolic.formula").accessibleDescription()
    assert cells("verdict.table")[0][1:4] == ["2", "2", "2"]
    assert not cancel.isVisible()


def test_a_part_that_was_stopped_says_so_and_the_rest_stays(qtbot, window, find, settle, cells):
    find("editor").setPlainText(HANG)
    qtbot.waitUntil(lambda: cells("verdict.table")[0][2].startswith("393.43"), timeout=PATIENCE_MS)
    window.verdict.cancel()
    assert cells("verdict.table")[0][1] == "stopped"
    assert cells("verdict.table")[0][2].startswith("393.43")
    assert "stopped" in find("status.verdict").text()
    window.document.undo()
    settle()
    assert cells("verdict.table")[0][1] == "5.5"


# -------------------------------------------------------------------------------------------------- linked selection


def place_of(view, node):
    """A pixel of the view on this node."""
    pixels = (QPoint(x, y) for y in range(0, view.height(), 8) for x in range(0, view.width(), 8))
    return next(pixel for pixel in pixels if view.node_at(view.mapToScene(pixel)) == node)


def test_a_click_on_a_node_lights_its_place_in_text_formula_and_table(window, find):
    view = find("graph.view")
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place_of(view, 4))
    assert view.selected == 4
    lit = [m.cursor.selectedText() for m in find("editor").extraSelections()]
    assert "sin(x2)" in lit
    assert find("graph.trace").currentIndex().row() == 4
    assert find("graph.explain").text().startswith("v₃ = sin x₂ = −0.9589")


def test_a_row_of_the_table_and_a_click_into_the_text_select_the_node(window, find):
    trace = find("graph.trace")
    place = trace.visualRect(trace.model().index(3, 1)).center()
    QTest.mouseClick(trace.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert window.graph.view.selected == 3
    assert "x1*x2" in [m.cursor.selectedText() for m in find("editor").extraSelections()]
    editor = find("editor")
    cursor = QTextCursor(editor.document())
    cursor.setPosition(1)  # within ln(
    QTest.mouseClick(editor.viewport(), Qt.MouseButton.LeftButton, pos=editor.cursorRect(cursor).center())
    assert window.graph.view.selected == 2


def test_a_click_on_the_typeset_formula_selects_the_node(window, find):
    window.graph.view.select(None)
    preview = find("preview")
    laid = preview.laid_out
    spans = [piece.span for piece in laid.notation.pieces]
    sine = next(k for k, span in enumerate(spans) if span is not None and (span.column, span.end_column) == (17, 24))
    place = laid.rects(sine)[0].center() + preview._origin()
    QTest.mouseClick(preview.viewport(), Qt.MouseButton.LeftButton, pos=place.toPoint())
    assert window.graph.view.describe_node(window.graph.view.selected).startswith("v₃ = sin x₂")


def test_a_click_into_a_text_that_is_wrong_selects_nothing_of_the_graph_before(window, find):
    window.graph.view.select(None)
    editor = find("editor")
    editor.setPlainText("ln(x1) +")
    QTest.mouseClick(editor.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, 12))
    assert window.graph.view.selected is None


# ---------------------------------------------------------------------------------------------------- looks and keys


def contrast(widget):
    """Of the text's luminance against the ground's, as in WCAG 2."""

    def luminance(colour):
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.getRgbF()[:3]]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    palette = widget.palette()
    a, b = luminance(palette.windowText().color()), luminance(palette.window().color())
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)


@pytest.fixture
def choose_theme(window, qtbot):
    """Choose it in the menu and wait until the window wears it; the light one afterwards."""

    def choose(name):
        next(action for action in window.findChildren(QAction) if action.data() == name).trigger()
        qtbot.waitUntil(lambda: theme.is_dark(window) is (name == "dark"), timeout=PATIENCE_MS)

    yield choose
    choose("light")


def test_the_message_is_readable_in_both_themes_whenever_they_change(find, choose_theme):
    find("editor").setPlainText("sin(")
    for name in ("dark", "light", "dark"):
        choose_theme(name)
        assert contrast(find("message")) > 4.5


def test_the_theme_changes_while_everything_is_shown(window, settle, choose_theme):
    for tab in range(window.tabs.count()):
        window.tabs.setCurrentIndex(tab)
        settle()
        choose_theme("dark")
        assert window.grab().toImage().pixelColor(3, window.height() - 3).lightness() < 128
        choose_theme("light")


def test_the_panels_go_with_the_window_size(window, find, settle):
    for size in ((1920, 1080), (1280, 800)):
        window.resize(*size)
        QApplication.processEvents()
        window.tabs.setCurrentIndex(1)
        settle()
        assert (window.width(), window.height()) == size, "a panel that needs more room would widen the window"
        assert find("verdict.table").horizontalScrollBar().maximum() == 0
    window.tabs.setCurrentIndex(0)
    sizes = find("symbolic.sizes")
    for column in range(sizes.columnCount()):
        assert sizes.sizeHintForColumn(column) <= sizes.columnWidth(column)


@pytest.mark.parametrize("at_once", [True, False])
def test_the_columns_share_the_width_however_the_window_is_built(qtbot, application, at_once):
    from explorer.ui.window import MainWindow

    QSettings().remove("layout")
    window = MainWindow(at_once=at_once)
    try:
        window.show()
        qtbot.waitUntil(lambda: window.built and not window.busy, timeout=PATIENCE_MS)
        left, graph, tabs = window.columns.sizes()
        assert (left >= 256, graph > tabs) == (True, True)
        assert not window.graph.fit.isVisible(), "the worked example is seen whole"
        window.resize(1920, 1080)
        qtbot.waitUntil(lambda: sum(window.columns.sizes()) > 1800, timeout=PATIENCE_MS)
        wider = window.columns.sizes()
        assert wider[0] > left + 80, "a program's lines have room"
        assert wider[1] > graph + 200
        assert wider[2] > tabs + 180
        assert window.rows.sizes()[1] < 200
    finally:
        window.close()
        window.deleteLater()


def test_how_to_write_a_function_is_shown_as_plain_text(window, qtbot):
    window.show_syntax()
    box = window.findChild(QMessageBox)
    assert box.textFormat() == Qt.TextFormat.PlainText
    assert "Several outputs" in box.text()
    box.close()
    qtbot.waitUntil(lambda: window.findChild(QMessageBox) is None, timeout=PATIENCE_MS)


def test_ctrl_return_runs_the_optimizer_from_anywhere(window, find, settle):
    QTest.keyClick(find("verdict.table"), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert window.tabs.currentWidget() is find("panel.optimize")
    assert find("optimize.state").text().startswith("Step 200:")


# ---------------------------------------------------------------------------------------------------------- opening


@pytest.fixture
def opened(application):
    from explorer.ui.window import MainWindow

    windows = []

    def open_window(path):
        windows.append(MainWindow(path))
        return windows[-1]

    yield open_window
    for window in windows:
        window.close()
        window.deleteLater()


def test_a_program_text_file_is_opened(opened, tmp_path):
    file = tmp_path / "f.txt"
    file.write_text("r = x^2 + y^2\r\nexp(-r)\r\n", encoding="utf-8")
    window = opened(str(file))
    assert window.editor.toPlainText() == "r = x^2 + y^2\nexp(-r)\n"
    assert window.document.program.inputs == ("x", "y")


def test_a_formula_in_place_of_a_path_is_the_text(opened):
    assert opened("x^2 + 1").editor.toPlainText() == "x^2 + 1"


@pytest.mark.parametrize(("content", "said"), [(b"\xff\xfe\x00", "UTF-8"), (b"x+" * 8_000, "characters")])
def test_a_file_that_cannot_be_read_is_said(opened, tmp_path, content, said):
    file = tmp_path / "f.txt"
    file.write_bytes(content)
    window = opened(str(file))
    assert window.editor.toPlainText() == ""
    assert said in window.message.text()
    assert window.message.property("wrong")


def test_the_window_comes_back_with_its_layout(opened):
    window = opened(None)
    window.show()
    window.columns.setSizes([300, 500, 460])
    kept = window.columns.sizes()
    window.close()
    again = opened(None)
    again.show()
    assert again.columns.sizes() == kept


# --------------------------------------------------------------------------------------------------------- processes

DRIVEN = """
import os, sys, time
from PySide6.QtCore import QSettings, QTimer
QSettings.setDefaultFormat(QSettings.Format.IniFormat)
QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, sys.argv[1])
from explorer.ui.app import make_application
application = make_application(["explorer"])
from explorer.ui.window import MainWindow
window = MainWindow()
window.show()

def until(condition):
    while not condition():
        application.processEvents()
        time.sleep(0.005)  # the workers need the processor

def idle():
    until(lambda: not window.busy)

idle()
"""
USED = """
from explorer.ui.plot_view import PlotView

def plotted(name):
    found = window.findChildren(PlotView, name)
    return bool(found) and found[0].axes() is not None

for tab in range(window.tabs.count()):
    window.tabs.setCurrentIndex(tab)
    idle()
    until(lambda: tab != 1 or plotted("differences.plot"))
window.optimize.run()
until(lambda: plotted("optimize.plot") and plotted("optimize.loss"))
window.graph.forward.setChecked(True)
window.graph.tree.setChecked(True)
idle()
window.editor.setPlainText("sin(")
window.examples.activated.emit(2)
idle()
loaded = [name for name in ("sympy", "matplotlib", "scipy", "numpy", "mpmath") if name in sys.modules]
window.close()
print("loaded:", loaded)
print("children:", open(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read().split())
"""
KILLED = """
window.editor.setPlainText("+".join(f"x^{i}/({i}+y)" for i in range(1, 400)))
until(lambda: window.symbolic.busy and not window.document.settling)
print(os.getpid(), flush=True)
until(lambda: False)
"""


def run(script, tmp_path, **more):
    command = [sys.executable, "-c", DRIVEN + script, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, **more)


@linux_only
def test_the_window_process_never_loads_the_big_libraries_and_closing_ends_all_processes(tmp_path):
    process = run(USED, tmp_path)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert said.splitlines() == ["loaded: []", "children: []"]


def descendants(pid):
    found = []
    for listing in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in listing.read_text().split():
            found += [int(child), *descendants(child)]
    return found


def alive(pid):
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@linux_only
def test_a_window_killed_while_it_computes_leaves_no_process(tmp_path, qtbot):
    process = run(KILLED, tmp_path)
    try:
        pid = int(process.stdout.readline())
        children = descendants(pid)
        assert len(children) >= 3  # the fork servers, and a worker
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    qtbot.waitUntil(lambda: not any(map(alive, children)), timeout=PATIENCE_MS)


@linux_only
def test_closing_while_something_computes_ends_all_processes(own_servers, opened, qtbot):
    before = child_processes()
    window = opened(HANG)
    window.show()
    qtbot.waitUntil(lambda: window.symbolic.worker.busy and not window.document.settling, timeout=PATIENCE_MS)
    assert child_processes() > before
    window.close()
    assert child_processes() <= before


@pytest.mark.parametrize(
    ("tab", "page", "before", "after"),
    [
        (0, "Steps", "steps.output", "steps.result"),
        (1, "Schemes", "differences.output", "differences.table"),
        (2, "Map", "map.kind", "map.plot"),
    ],
)
def test_tab_goes_through_what_is_built_late_before_it_leaves_its_panel(
    window, settle, qtbot, tab, page, before, after
):
    window.tabs.setCurrentIndex(tab)
    settle()
    pages = next(tabs for tabs in window.tabs.widget(tab).findChildren(QTabWidget) if tabs.isVisible())
    pages.setCurrentIndex(next(place for place in range(pages.count()) if pages.tabText(place) == page))
    settle()
    window.activateWindow()

    def in_order():
        """Once it is laid out; on a busy machine that takes a while."""
        window.tabs.tabBar().setFocus()
        chain = [""]
        while chain[-1] != "verdict.table" and len(chain) < 40:
            qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Tab)
            chain.append(focus.objectName() if (focus := QApplication.focusWidget()) else "")
        return [name for name in chain if name in (before, after, "verdict.table")] == [before, after, "verdict.table"]

    qtbot.waitUntil(in_order, timeout=PATIENCE_MS)
    pages.setCurrentIndex(0)
    window.tabs.setCurrentIndex(0)


def test_the_sign_of_work_keeps_its_place_when_a_sentence_comes(window):
    """It stood over the search and the button of the menu when the sentence above had moved them down."""
    for panel in (window.graph, window.symbolic):
        panel._lose_patience()
        before = panel._working.y()
        panel.say("A sentence of the worker, while it goes on.")
        QApplication.processEvents()
        moved = panel._working.y() - before
        panel._working.hide()
        panel.say("")
        assert moved > 10
