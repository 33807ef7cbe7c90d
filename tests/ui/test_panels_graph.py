"""The graph panel: the tables of the literature in the trace, the film through the player, what is not known yet."""

import gc
import weakref
from math import atan2, radians
from unicodedata import normalize

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from explorer.calculus.films import forward_film, sentences
from explorer.calculus.tape import record
from explorer.language.parser import parse
from explorer.language.program import Span
from explorer.ui import theme
from explorer.ui.math_label import MathLabel
from explorer.ui.palette import commands
from explorer.ui.panel import in_our_words, short_text
from tests.ui.conftest import PATIENCE_MS

# Baydin et al. 2018, Tables 2 and 3, at (2, 5).
VALUES = [2, 5, 0.6931471805599453, 10, -0.9589242746631385, 10.693147180559945, 11.652071455223084]
ADJOINTS = [5.5, 1.7163378145367738, 1, 1, -1, 1, 1]
TANGENTS_X1 = [1, 0, 0.5, 5, 0, 5.5, 5.5]
TANGENTS_X2 = [0, 1, 0, 2, 0.28366218546322625, 2, 1.7163378145367738]


def printed(numbers):
    """As the trace prints them: ten digits, and a minus sign."""
    return [f"{number:.10g}".replace("-", "−") for number in numbers]


def column(cells, number):
    return [row[number] for row in cells("graph.trace")]


def said(find):
    """The sentence, with each accented letter as one sign where there is one."""
    return normalize("NFC", find("graph.explain").text())


def press(find, name):
    QTest.mouseClick(find(f"graph.{name}"), Qt.MouseButton.LeftButton)


def test_the_trace_holds_the_values_and_adjoints_of_the_literature(window, cells):
    assert column(cells, 0) == ["x₁", "x₂", "v₁", "v₂", "v₃", "v₄", "v₅"]
    assert column(cells, 1)[2:] == ["ln x₁", "x₁ · x₂", "sin x₂", "v₁ + v₂", "v₄ − v₃"]
    assert column(cells, 2) == printed(VALUES)
    assert column(cells, 3) == printed(ADJOINTS)


def test_the_trace_holds_the_tangents_for_each_seed(window, find, cells, settle):
    find("graph.mode.forward").click()
    settle()
    assert find("graph.trace").model().headerData(3, Qt.Orientation.Horizontal) == "tangent"
    assert column(cells, 2) == printed(VALUES)
    assert column(cells, 3) == printed(TANGENTS_X1)
    find("graph.seed").setCurrentIndex(1)
    settle()
    assert column(cells, 3) == printed(TANGENTS_X2)


def test_before_the_first_step_nothing_is_known_and_nothing_is_0(window, find, cells):
    press(find, "first")
    assert column(cells, 2) == ["·"] * 7
    assert column(cells, 3) == ["·"] * 7
    assert find("graph.explain").text().startswith("Nothing is computed yet")
    assert "0 values known" in find("graph.view").accessibleDescription()


def test_the_reverse_sweep_records_the_values_and_then_adds_up_the_adjoints(window, find, cells):
    press(find, "first")
    for _ in range(7):
        press(find, "next")
    assert column(cells, 2) == printed(VALUES)
    assert column(cells, 3) == ["·"] * 7, "no adjoint before the seed"
    sentences, adjoints = [], []
    while find("graph.slider").value() < find("graph.slider").maximum():
        press(find, "next")
        sentences.append(said(find))
        adjoints.append(column(cells, 3))
    assert sentences[0] == normalize("NFC", "The sweep starts at the output: v̄₅ = ȳ = 1.")
    assert any(sentence.startswith("v̄₂ adds v̄₄ · 1 = 1 · 1 = 1") for sentence in sentences)
    assert any(sentence.startswith("x̄₂ adds v̄₃ · 0.2837 = (−1) · 0.2837 = −0.2837") for sentence in sentences)
    assert sentences[-1].startswith("x̄₁ adds v̄₁ · 0.5 = 1 · 0.5 = 0.5, so far 5.5")
    known = [sum(text != "·" for text in texts) for texts in adjoints]
    assert known == sorted(known)
    assert adjoints[0] == ["·"] * 6 + ["1"]
    # x₂ has two uses: its adjoint is not finished after the first.
    assert "−0.2836621855" in [texts[1] for texts in adjoints]
    assert adjoints[-1] == printed(ADJOINTS)
    assert all(node in window.graph.view.picture.state.finished for node in range(8)), "the inputs too, at the end"


def test_a_step_back_unlearns_what_the_step_had_told(window, find, cells):
    at_end = find("graph.explain").text()
    press(find, "previous")
    assert column(cells, 3)[0] == "5"
    press(find, "next")
    assert find("graph.explain").text() == at_end
    assert column(cells, 3)[0] == "5.5"


def test_the_sentence_of_a_forward_step_has_the_rule_and_the_numbers(window, find, settle):
    find("graph.mode.forward").click()
    settle()
    assert find("graph.slider").maximum() == 7
    assert find("graph.explain").text().startswith("v₅ = v₄ − v₃ = 11.65;")
    assert "= 1 · 5.5 + (−1) · 0 = 5.5" in find("graph.explain").text()


def test_the_keys_play_the_film(qtbot, window, find):
    slider, trace = find("graph.slider"), find("graph.trace")
    trace.setFocus()
    QTest.keyClick(trace, Qt.Key.Key_Home)
    assert slider.value() == 0
    QTest.keyClick(trace, Qt.Key.Key_F10)
    QTest.keyClick(trace, Qt.Key.Key_F10)
    assert slider.value() == 2
    QTest.keyClick(trace, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    assert slider.value() == 1
    QTest.keyClick(trace, Qt.Key.Key_End)
    assert slider.value() == slider.maximum()
    find("graph.speed").setValue(30.0)
    QTest.keyClick(trace, Qt.Key.Key_F5)
    assert slider.value() == 0, "from the start again"
    qtbot.waitUntil(lambda: slider.value() >= 3, timeout=PATIENCE_MS)
    QTest.keyClick(trace, Qt.Key.Key_F5)
    paused = slider.value()
    QTest.keyClick(trace, Qt.Key.Key_F5)
    assert slider.value() == paused
    qtbot.waitUntil(lambda: slider.value() == slider.maximum(), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not window.graph.player.playing, timeout=PATIENCE_MS)


def test_the_slider_goes_to_any_step(window, find, cells):
    find("graph.slider").setValue(3)
    assert [text != "·" for text in column(cells, 2)] == [True] * 3 + [False] * 4


def test_a_value_that_changes_leaves_the_player_where_it_is(window, find, settle, cells):
    find("graph.slider").setValue(5)
    find("point.x1").setValue(4.0)
    settle()
    assert find("graph.slider").value() == 5
    assert column(cells, 2)[:4] == printed([4.0, 5.0, 1.3862943611198906, 20.0])
    assert column(cells, 2)[5:] == ["·"] * 2


def test_as_a_tree_each_use_has_its_own_node(window, find, settle):
    shared = find("graph.view").accessibleDescription()
    find("graph.mode.tree").click()
    settle()
    assert "8 nodes, 9 edges" in shared
    assert "10 nodes, 9 edges" in find("graph.view").accessibleDescription()


def test_every_output_can_be_the_seed(window, find, write, settle, cells):
    write("(x*y, x + y)")
    seed = find("graph.seed")
    assert [seed.itemText(k) for k in range(seed.count())] == ["ȳ₁ = 1", "ȳ₂ = 1", "direction …"]
    find("point.x").setValue(3.0)
    settle()
    assert column(cells, 3)[:2] == ["1", "3"]
    seed.setCurrentIndex(1)
    settle()
    assert column(cells, 3)[:2] == ["1", "1"]


def test_what_is_lit_is_about_the_step_that_is_shown_also_with_another_seed_or_sweep(window, find, write, settle):
    write("(sin(x), cos(y))")
    graph, seed = window.graph, find("graph.seed")

    def lit():
        return [mark.cursor.selectedText() for mark in find("editor").extraSelections()]

    graph.player.go(0)
    graph.player.go(6)
    assert lit() == ["x"]
    seed.setCurrentIndex(1)
    settle()
    assert graph.player.row == 6
    assert lit() == ["y"], "the sweep of the other output"
    graph._op_chosen(2)
    seed.setCurrentIndex(0)
    settle()
    assert lit() == ["sin(x)"], "what was selected stays"
    find("graph.mode.forward").click()
    settle()
    assert lit() == ["sin(x)"], "it is the same operation in the other sweep …"
    assert graph.view.selected == 2
    graph.player.previous()
    find("graph.mode.reverse").click()
    settle()
    assert lit() == [], "… but the step of the one is none of the other"


def test_the_player_stays_at_its_step_when_the_same_film_is_drawn_otherwise(window, find, write, settle):
    """It went to the end when a part was folded, all digits were written, or a loop took a round more."""
    write("def f(x):\n    t = x\n    while t < 100:\n        t = t*x + 1\n    return t")
    find("point.x").setValue(2.0)
    settle()
    graph = window.graph
    said = find("graph.explain").text
    for row in (0, graph.player.steps - 4):
        graph.player.go(row)
        words = said()
        for change in (
            graph.looks.all_digits.trigger,
            graph.tree.click,
            lambda: graph._set_folds([graph.answer.parts[0][1]]),
        ):
            change()
            settle()
            assert (graph.player.row, said()) == (row, words)
        graph.tree.click()
        graph.looks.all_digits.trigger()
        graph._set_folds([])
        settle()
    graph.player.go(4)
    find("point.x").setValue(1.5)
    settle()
    assert graph.player.row == 4
    graph.player.go(graph.player.steps - 4)
    words = said().partition(" adds ")[0]
    find("point.x").setValue(2.0)
    settle()
    assert graph.player.row == graph.player.steps - 4
    assert said().startswith(words)
    graph.player.last()
    find("point.x").setValue(1.5)
    settle()
    assert graph.player.row == graph.player.steps, "from the end to the end"


def test_a_fold_leaves_the_player_playing_and_the_selection_where_it_is(window, find, write, settle):
    write("def f(x):\n    t = x\n    for k in range(6):\n        t = t*x + 1\n    return t")
    graph, editor = window.graph, find("editor")
    lit = lambda: [mark.cursor.selectedText() for mark in editor.extraSelections()]  # noqa: E731
    graph._op_chosen(8)
    graph.player.go(3)
    graph.play()
    graph._set_folds([graph.answer.parts[0][1]])
    settle()
    assert graph.player.playing
    graph.player.stop()
    assert graph._selected == 8
    assert graph.view.selected == graph.answer.copies[8][0]
    graph._op_chosen(8)
    graph._set_folds([])
    settle()
    assert (graph._selected, graph.view.selected, lit()) == (8, 8, ["t*x + 1"])
    find("graph.mode.second").click()
    settle()
    assert (graph._selected, lit()) == (None, [])


def test_what_is_looked_at_stays_where_it_is_when_a_loop_takes_another_round_or_a_part_folds(
    window, find, write, settle
):
    write("def f(x):\n    t = x\n    while t < 100:\n        t = t*x + 1\n    return t")
    find("point.x").setValue(2.0)
    settle()
    graph, view = window.graph, window.graph.view
    view._zoom_by(1.5)
    view.centerOn(view.picture.boxes[5].center())

    def seen(node):
        return view.mapFromScene(view.picture.boxes[node].center()), view.zoom()

    before, count = seen(5), len(view.picture.boxes)
    find("point.x").setValue(1.5)
    settle()
    assert len(view.picture.boxes) > count
    assert seen(5)[1] == before[1]
    assert (seen(5)[0] - before[0]).manhattanLength() <= 2
    graph._set_folds([graph.answer.parts[0][1]])
    settle()
    assert (seen(graph.answer.copies[5][0])[0] - before[0]).manhattanLength() <= 2
    write("sin(x) + x")
    assert view._framing != "free", "another text is shown from its start"


def test_where_each_weight_is_0_no_output_is_said_to_depend_on_nothing(window, find, write, settle):
    write("(x*y, x + y)")
    find("graph.seed").setCurrentIndex(2)
    settle()
    direction = find("graph.direction")
    for typed, words in (("0 0", "Each weight is 0"), ("[0; 1]", "adds"), ("(1, 0)", "adds")):
        direction.setText(typed)
        direction.editingFinished.emit()
        settle()
        assert words in find("graph.explain").text()
        assert "depends on no input" not in find("graph.explain").text()
        assert not find("status.graph").text()


def test_a_constant_has_nothing_to_sweep(window, find, write):
    write("2^0.5")
    assert "depends on an input" in find("graph.explain").text()
    assert find("graph.slider").maximum() == 0


@pytest.mark.parametrize("text", ["f(x) = x", "(x, x)", "f(x, y) = x^2"])
def test_a_function_that_only_hands_on_or_leaves_out_an_input_has_no_nan(window, write, cells, text):
    write(text)
    assert not any("undef" in text for row in cells("graph.trace") for text in row)


def test_a_wide_graph_offers_to_be_shown_whole(qtbot, window, find, write):
    write("x")
    assert not find("graph.fit").isVisible()
    write("sin(cos(sin(cos(sin(cos(sin(cos(x))))))))")
    assert find("graph.fit").isVisible()
    press(find, "fit")
    assert not find("graph.fit").isVisible()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-0.0, "0"),
        (0.0, "0"),
        ("nan", "undefined"),
        ("-inf", "−∞"),
        (-0.9589242746631385, "−0.959"),
        (11.652071455, "11.652"),
        (-0.01234, "−0.0123"),
        (1e20, "1e20"),
        (-0.000656, "−6.6e−4"),
        (-1.2345e-5, "−1.2e−5"),
        (-0.0001, "−0.0001"),
        (-0.00099999, "−0.001"),
        (-1.23e-10, "−1e−10"),
    ],
)
def test_a_number_in_a_node_is_short_and_zero_has_no_sign(value, text):
    assert short_text(value) == text


@pytest.mark.parametrize(
    ("x", "value"), [(-1.23456e-10, "−1.23e−10"), (-0.00123456, "−0.00123"), (4.5e-300, "4.5e−300")]
)
def test_a_value_has_three_digits_in_its_node_and_an_adjoint_two_at_least(window, find, write, settle, x, value):
    write("3*x + x*y")
    window.document.edit_value("x", x)
    window.document.edit_value("y", -3 - 1.26e-10)
    settle()
    state, style = window.graph.view.picture.state, window.graph.view.style_of_graph
    assert state.primals[0] == value
    assert style.fitted(value, "value", 90.0)[0] == value
    assert state.seconds[0] == "−1.3e−10"
    assert style.named("x", state.seconds[0], "value", 90.0)[1].endswith(state.seconds[0])


def test_a_sentence_of_a_run_has_the_numbers_of_the_window():
    said = "Diverged at step 2: at the look-ahead point the loss is -inf at x = -2.5e-09, y = 1e+20; it was nan."
    assert in_our_words(said) == (
        "Diverged at step 2: at the look-ahead point the loss is −∞ at x = −2.5e−9, y = 1e20; it was undefined."
    )


def test_the_trace_heading_that_is_cut_short_says_all_in_its_tooltip(window, find, settle):
    find("graph.mode.second").click()
    settle()
    header = find("graph.trace").model().headerData
    assert header(5, Qt.Orientation.Horizontal) == "adjoint’s ε"
    assert header(5, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole) == "adjoint’s tangent"


def test_icons_and_the_maps_marks_outlast_another_palette(qapp, window, find):
    def brightest():
        image = find("graph.more").icon().pixmap(24, 24).toImage()
        return max(image.pixelColor(x, y).lightness() for x in range(24) for y in range(24) if image.pixel(x, y) >> 24)

    marks = len(window.graph.view.map._active)
    assert marks
    assert brightest() < 100
    try:
        theme.apply(qapp, dark=True)
        qapp.processEvents()
        assert brightest() > 200
        assert len(window.graph.view.map._active) == marks
    finally:
        theme.apply(qapp, dark=False)


def test_a_direction_is_dragged_on_a_dial_and_turned_by_keys(window, find, settle, cells):
    find("graph.mode.forward").click()
    find("graph.seed").setCurrentIndex(2)
    settle()
    dial = find("graph.direction.dial")
    QTest.mouseClick(dial, Qt.MouseButton.LeftButton, pos=QPoint(dial.width() // 2, 14))  # straight up
    first, second = map(float, find("graph.direction").text().split())
    assert first == 0.0
    assert second > 0.8
    QTest.keyClick(dial, Qt.Key.Key_Right)
    settle()
    turned = [float(row[3].replace("−", "-")) for row in cells("graph.trace")[:2]]
    assert atan2(turned[0], turned[1]) == pytest.approx(radians(5), abs=0.01)
    find("graph.seed").setCurrentIndex(0)
    settle()


def test_undo_takes_back_a_fold_and_a_session_opens_with_the_same_view(window, find, write, settle):
    write("def f(x):\n    for i in range(3):\n        x = x*x\n    return x")
    unfolded = len(window.graph.answer.picture.nodes)
    window.graph._set_folds([part[1] for part in window.graph.answer.parts if part[0] == "round"])
    settle()
    folded = len(window.graph.answer.picture.nodes)
    find("graph.heat").setChecked(True)
    window.graph.player.go(2)
    kept = window.session()
    window.document.undo()
    settle()
    assert not find("graph.heat").isChecked()
    assert len(window.graph.answer.picture.nodes) == unfolded
    window._open(kept)
    settle()
    assert find("graph.heat.legend").isVisible()
    assert len(window.graph.answer.picture.nodes) == folded
    assert window.graph.player.row == 2
    window.graph.last()
    window.document.edit_value("x", 0.5)
    window.document.undo()  # how one looks at it stays
    settle()
    assert window.graph.player.row == window.graph.player.steps
    window.document.undo()
    find("graph.heat").setChecked(False)
    window.graph._set_folds([])
    settle()


def test_the_graph_panel_draws_the_derivatives_own_graph_too(window, find, settle, tmp_path):
    find("graph.drawn").setCurrentIndex(1)
    settle()
    assert find("graph.derivative.words").text() == "5 nodes, none of them used more than once."
    assert "same up to names" in find("graph.derivative.same").text()
    assert not find("graph.search").isVisible()
    search, view = find("graph.derivative.search"), find("graph.derivative.view")
    QTest.keyClicks(search, "0.5")
    assert view.picture.state.primals[view.selected] == "0.5", "1/x₁ at 2"
    QTest.mouseClick(find("graph.derivative.save"), Qt.MouseButton.LeftButton)
    (dialog,) = find("panel.graph").findChildren(QFileDialog)
    dialog.selectFile(str(tmp_path / "slope.svg"))
    dialog.accept()
    assert "<path" in (tmp_path / "slope.svg").read_text()
    search.clear()
    find("graph.drawn").setCurrentIndex(0)
    assert find("graph.view").isVisible()


@pytest.mark.parametrize("junk", [{"mode": 3, "folds": "all", "seed": ["x"], "drawn": None, "step": -1, "heat": "on"}])
def test_options_that_a_stranger_wrote_change_nothing(window, junk):
    before = window.graph.options()
    window.graph.restore(junk)
    assert window.graph.options() == before


def test_the_palette_finds_what_the_graphs_own_menus_offer(window, find, write):
    write("def f(x):\n    for i in range(3):\n        x = x*x + x\n    return x")
    found = [words for words, _ in commands(window.menuBar())]
    for words in ("Copy the trace as LaTeX", "Fold all rounds (3)", "Save the sweep as a film …"):
        assert any(entry.endswith(words) for entry in found), words


def test_escape_leaves_the_search_for_the_graph(window, find):
    find("graph.search").setFocus()
    QTest.keyClick(find("graph.search"), Qt.Key.Key_Escape)
    assert find("graph.view").hasFocus()


def test_an_input_is_lit_wherever_the_text_reads_it(window, find, settle):
    graph = window.graph
    graph._node_clicked(graph.answer.node_ops.index(1))  # x2
    lit = [mark.cursor.selectedText() for mark in find("editor").extraSelections()]
    assert lit.count("x2") == 2  # of ln(x1) + x1*x2 - sin(x2)


@pytest.mark.parametrize(
    ("text", "place", "shift", "row"),
    [
        ("ln(x1) + x1*x2 - sin(x2)", 9, 1, "x₁"),
        ("ln(x1) + x1*x2 - sin(x2)", 9, 15, "x₁"),  # the right half of the 1, nearer to the gap behind it
        ("ln(x1) + x1*x2 - sin(x2)", 11, 1, "v₂"),
        ("ln(x1) + x1*x2 - sin(x2)", 11, 7, "v₂"),  # the right half of the sign
        ("ln(x1) + x1*x2 - sin(x2)", 1, 1, "v₁"),
        ("ln(x1) + x1*x2 - sin(x2)", 24, 60, "v₃"),  # beyond the end of the line
        ("sin(x1)*x1", 7, 1, "v₂"),
        ("def f(x1):\n    x1 = x1*2\n    return x1 + 1", 36, 1, "v₂"),  # what is no longer the input's value
        ("def f(x1):\n    t = x1*2\n    return t", 6, 1, "x₁"),
        ("def f(x1):\n    t = x1*2\n    return t", 15, 1, "v₁"),
        ("def f(x1):\n    t = x1*2\n    return t", 35, 1, "v₁"),
        ("def f(x1):\n    t = x1*2\n    if t > 1:\n        t = t*t\n    return t", 31, 1, "v₁"),
        ("def f(x1):\n    t = x1*2\n    if t > 1:\n        t = t*t\n    return t", 65, 1, "v₂"),
        ("u = x1*2\nv = u*u", 0, 1, "v₁"),
    ],
)
def test_a_click_in_the_text_selects_the_input_that_is_read_there_or_the_operation(
    window, find, write, settle, text, place, shift, row
):
    write(text)
    editor = find("editor")
    cursor = editor.textCursor()
    cursor.setPosition(place)
    at = editor.cursorRect(cursor).center() + QPoint(shift, 0)
    QTest.mouseClick(editor.viewport(), Qt.MouseButton.LeftButton, pos=at)
    graph = window.graph
    assert graph.view.picture.names[graph.view.selected] == row


def test_of_an_input_that_each_round_uses_no_more_is_said_than_has_room(window, find, write):
    """All its sentences were laid out: 150 ms for thousands of rounds."""
    write("def f(x):\n    t = x\n    for i in range(300):\n        t = sin(t) + x\n    return t")
    find("editor").span_clicked.emit(1, 6)
    assert window.graph._selected == 0
    assert find("graph.explain").text().endswith("  …")
    assert len(find("graph.explain").text()) < 3_000
    find("editor").span_clicked.emit(4, 12)
    assert window.graph.answer.places[window.graph._selected] == Span(4, 12, 4, 18)
    assert window.graph.answer.iterations[window.graph._selected][-1] == 1, "the first of its rounds"


def test_a_name_in_a_branch_that_was_not_taken_selects_nothing(window, write):
    write("def f(x1):\n    if x1 > 9:\n        t = x1*2\n    else:\n        t = x1*3\n    return t")
    window.graph.select_span(Span(3, 8, 3, 9))
    assert window.graph.view.selected is None
    window.graph.select_span(Span(5, 8, 5, 9))
    assert window.graph.view.selected == 1


def test_a_click_in_the_text_lights_what_it_selects_and_nothing_else(window, find, settle):
    editor, graph = find("editor"), window.graph

    def lit():
        return [mark.cursor.selectedText() for mark in editor.extraSelections()]

    graph._node_clicked(2)
    assert lit() == ["ln(x1)"]
    editor.span_clicked.emit(1, 18)
    assert lit() == ["sin(x2)"], "the light of the node that is no longer selected has gone"
    editor.span_clicked.emit(1, 3)
    assert lit() == ["x1", "x1"], "an input is lit wherever it is read"
    source = "def f(x1):\n    # a comment\n    return x1*2"
    editor.setPlainText(source)
    settle()
    editor.span_clicked.emit(3, 13)
    assert lit() == ["x1*2"]
    editor.span_clicked.emit(2, 8)
    assert lit() == []


def test_home_and_end_in_a_box_of_choices_choose_and_do_not_play(window, find, qtbot, settle):
    window.editor.setPlainText("(x*y, x + y)")
    settle()
    window.activateWindow()
    seed, slider = find("graph.seed"), find("graph.slider")
    seed.setFocus()
    qtbot.waitUntil(seed.hasFocus)
    shown = slider.value()
    qtbot.keyClick(seed, Qt.Key.Key_End)
    assert seed.currentIndex() == seed.count() - 1
    assert slider.value() == shown


def test_the_bar_of_a_long_name_is_over_all_of_it_in_the_sentence_and_the_seed_says_it_in_words(
    window, find, write, qtbot
):
    write("loss = (rate*x1 + 1)^2")
    seed = find("graph.seed")
    assert seed.itemText(0) == "loss: adjoint 1"
    find("graph.slider").setValue(0)
    label = MathLabel(1)
    qtbot.addWidget(label)
    label.resize(300, label.height())

    def ink(text):
        label.setText(text)
        image = label.grab().toImage()
        ground = image.pixel(299, 1)
        rows = range(round(0.35 * image.height()))
        return {x for x in range(image.width()) for y in rows if image.pixel(x, y) != ground}

    over = ink("nanorac\u0304 + v") - ink("nanorac + v")  # no letter is tall
    assert len(over) == max(over) - min(over) + 1 >= 30
    write("rate*x1 + 2")
    find("graph.mode.forward").click()
    assert seed.itemText(0) == "rate: tangent 1"
    assert seed.itemText(1) == "ẋ₁ = 1"


def test_a_sentence_that_goes_on_beyond_its_lines_says_so(application, qtbot):
    label = MathLabel(2)
    qtbot.addWidget(label)
    label.resize(200, label.height())

    def picture(text):
        label.setText(text)
        return label.grab().toImage(), label.toolTip()

    words = "v adds w · 1 = 0.1 " * 6
    assert label.needs(words) > 2
    cut, tip = picture(words)
    assert tip == words
    assert picture(words + "and more")[0] == cut
    two = next(words[:end] for end in range(len(words), 0, -1) if label.needs(words[:end]) == 2)
    whole, tip = picture(two)
    assert tip == ""
    columns = range(150, 200)  # at the end of the second line stand the dots that say that there is more
    below = range(label.height() // 2, label.height())
    assert any(cut.pixel(x, y) != whole.pixel(x, y) for x in columns for y in below)


def test_a_sentence_runs_on_where_its_second_line_would_have_no_room(application, qtbot):
    """Of a product of numbers with four digits both lines need another: the last, the sum of all of it, was cut off."""
    label = MathLabel(3)
    qtbot.addWidget(label)
    label.resize(501, label.height())
    told = list(sentences(tape := record(parse("x*y"), [0.5621, 0.4379]), forward_film(tape, [0.6236, -0.0614])))
    label.setText(told[1])
    assert "\n" in label.text(), "two lines where they fit"
    assert label.needs(told[2]) > 3
    label.setText(told[2])
    assert label.text() == told[2].replace("\n", "   ")
    assert (label.needs(label.text()), label.toolTip()) == (3, "")
    label.resize(300, label.height())
    label.setText(told[2])
    assert label.text() == label.toolTip() == told[2]


def test_what_no_sweep_reaches_has_the_adjoint_0_at_its_end_and_none_before(window, find, write, cells):
    write("def f(x, y):\n    t = 1\n    if x < y:\n        t = x*x\n    s = y + 1\n    return t")
    find("graph.mode.reverse").click()
    slider = find("graph.slider")

    def adjoints():
        return [row[3] for row in cells("graph.trace")]

    assert slider.value() == slider.maximum()
    assert adjoints() == ["0", "0", "0"]
    assert "The output depends on no input here" in find("graph.explain").text()
    slider.setValue(slider.maximum() - 1)
    assert "0" not in adjoints()
    slider.setValue(slider.maximum())
    assert adjoints() == ["0", "0", "0"]
    find("graph.mode.second").click()


@pytest.mark.parametrize("mode", ["forward", "reverse", "second"])
def test_all_17_digits_have_room_in_a_node(window, find, write, settle, mode):
    write("sin(x/3*1e-120) * cos(y/7) + 0.1*exp(x - y)")
    find(f"graph.mode.{mode}").click()
    window.graph.looks.all_digits.trigger()
    settle()
    view, cut = window.graph.view, []
    state, style = view.picture.state, view.style_of_graph
    for node, box in enumerate(view.picture.boxes):
        texts = [text for text in (state.primals[node], state.seconds[node]) if text]
        cut += [text for text in texts if style.fitted(text, "value", box.width() - 6)[0] != text]
    window.graph.looks.all_digits.trigger()
    settle()
    assert cut == []


def test_an_edge_that_is_asked_about_tells_its_partial_with_all_digits(window, find, write, settle):
    """Also where partials are not seen: there, and on the way to an output, it was said not to be computed yet."""
    graph, view = window.graph, window.graph.view

    def told(source, target):
        names = view.picture.names
        ends = [(names[curve.source], names[curve.target]) for curve in view.picture.curves]
        graph._edge_clicked(ends.index((source, target)))
        return find("graph.explain").text()

    assert told("x₂", "v₃") == "∂v₃/∂x₂ = 0.28366218546322625"
    graph.looks.partials.trigger()
    assert told("x₂", "v₃") == "∂v₃/∂x₂ = 0.28366218546322625"
    graph.player.go(3)
    assert told("x₂", "v₃") == "∂v₃/∂x₂ = not computed yet"
    graph.looks.partials.trigger()
    graph.player.last()
    assert told("v₅", "y") == "y = v₅"
    write("def f(x):\n    for k in range(3):\n        u = x*x\n        x = u + 1\n    return x + u")
    graph._set_folds([part[1] for part in graph.answer.parts])
    settle()
    last = next(place for place, edge in enumerate(view.picture.edges) if not edge.partial)
    graph._edge_clicked(last)
    assert "there is no one partial" in find("graph.explain").text()


def test_values_and_adjoints_in_the_nodes_are_shown_or_left_out(window, monkeypatch):
    view, looks, written = window.graph.view, window.graph.looks, []
    monkeypatch.setattr(type(view.style_of_graph), "write", lambda *arguments: written.append(arguments[4]))

    def seen():
        written.clear()
        view.viewport().grab()
        return "11.652" in written, any("= 5.5" in text for text in written)

    assert seen() == (True, True)
    looks.values.trigger()
    assert seen() == (False, True)
    looks.seconds.trigger()
    assert seen() == (False, False)
    assert {"values": False, "seconds": False}.items() <= window.graph.options().items(), "kept in a session"
    assert "value 11.652" in view.describe_node(6), "a screen reader hears all the same"
    looks.values.trigger()
    assert seen() == (True, False)
    looks.seconds.trigger()
    assert seen() == (True, True)


def test_an_answer_goes_at_once_when_another_is_shown(window, write, settle):
    """Each of 10,000 operations stayed, 30 MB: its picture's state held it, and the collector is told to pass it by."""
    answers = []
    gc.disable()
    try:
        for rounds in (3, 4, 5):
            write(f"def f(x):\n    for k in range({rounds}):\n        x = sin(x)*x\n    return x")
            answers.append(weakref.ref(window.graph.answer))
        assert [answer() is None for answer in answers] == [True, True, False]
    finally:
        gc.enable()
