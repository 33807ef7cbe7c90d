"""The sheets below the graph, through the window and its real workers."""

import json
import math
import time
from itertools import pairwise
from unicodedata import normalize

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QStyleOptionViewItem, QToolTip

from explorer.calculus.jacobians import advice
from explorer.calculus.nested import demonstrate
from explorer.calculus.tape import record
from explorer.language.parser import parse
from explorer.language.program import Span
from explorer.ui.graph_heat import colour_of
from explorer.ui.graph_paint import colours_of
from explorer.ui.graph_picture import GraphState
from explorer.ui.graph_trace import _latex
from explorer.ui.panel import OLD
from explorer.ui.session import Session
from explorer.ui.sheets import adjoint, calls
from explorer.ui.sheets.adjoint import AdjointSheet
from explorer.ui.sheets.jacobian import CostBars, JacobianSheet
from explorer.ui.small_plot import Curve, SmallPlot, _ticks
from explorer.work import questions
from explorer.work.ends import Refused
from explorer.work.sheets import answers
from tests.ui.conftest import PATIENCE_MS

HERON = "def heron(x):\n    t = (1 + x)/2\n    while abs(t*t - x) > 1e-3:\n        t = (t + x/t)/2\n    return t"
POWER = (
    "def power(x, n):\n    if n < 1:\n        return 1\n    return x*power(x, n - 1)\n"
    "def f(x):\n    y = power(x, 4)\n    if y > 1:\n        y = y/2\n    return y"
)


@pytest.fixture
def show(window, find, settle):
    """Bring a sheet to the front and wait for what it asks."""

    def to_front(name):
        sheets = find("graph.sheets")
        sheets.setCurrentWidget(find(f"graph.sheet.{name}"))
        settle()

    yield to_front
    find("graph.sheets").setCurrentIndex(0)
    settle()


def test_the_jacobian_fills_by_rows_in_reverse_and_by_columns_forward(window, find, show, cells, write, settle):
    write("(x*y, x + y)")
    show("jacobian")
    find("point.x").setValue(3.0)
    find("point.y").setValue(2.0)
    settle()
    assert cells("graph.jacobian.table") == [["2", "3"], ["1", "1"]]
    find("graph.jacobian.clear").click()
    find("graph.jacobian.next").click()
    assert cells("graph.jacobian.table") == [["2", "3"], ["", ""]]
    assert "1 of 2 passes" in find("graph.jacobian.counter").text()
    find("graph.mode.forward").click()
    settle()
    find("graph.jacobian.clear").click()
    find("graph.jacobian.next").click()
    assert cells("graph.jacobian.table") == [["2", ""], ["1", ""]]


def test_in_second_order_the_hessian_fills_and_the_trace_ends_in_hessian_times_direction(
    window, find, show, cells, settle
):
    find("graph.mode.second").click()
    settle()
    show("jacobian")
    assert cells("graph.jacobian.table") == [["−0.25", "1"], ["1", "−0.9589242747"]]
    rows = cells("graph.trace")
    assert [row[2:] for row in rows[:2]] == [["2", "1", "5.5", "−0.25"], ["5", "0", "1.716337815", "1"]]


def test_second_order_is_of_the_output_that_is_chosen(window, find, write, settle, cells, show):
    write("x^2*y + sin(x), x*y^3, x")
    find("point.x").setValue(2.0)
    find("point.y").setValue(5.0)
    settle()
    seed, output, second = find("graph.seed"), find("graph.output"), find("graph.mode.second")
    assert not output.isVisible()
    seed.setCurrentIndex(1)
    second.click()
    settle()
    assert (output.isVisible(), output.currentText()) == (True, "of y₂"), "the one that the reverse sweep was of"
    assert [row[5] for row in cells("graph.trace")][:2] == ["0", "75"]
    show("jacobian")
    assert find("graph.jacobian.advice").text().startswith("The Hessian of y₂")
    assert cells("graph.jacobian.table") == [["0", "75"], ["75", "60"]]
    output.setCurrentIndex(0)
    settle()
    assert find("graph.jacobian.advice").text().startswith("The Hessian of y₁")
    assert cells("graph.jacobian.table") == [["9.090702573", "4"], ["4", "0"]]
    assert window.graph.options()["output"] == "y1"
    output.setCurrentIndex(1)
    settle()
    steps = 0
    while window.graph.mode == "second":  # one step, or on a busy machine one for each choice
        window.document.undo()
        settle()
        steps += 1
    assert (window.graph.mode, seed.currentData()) == ("reverse", "y1")
    for _ in range(steps):
        window.document.redo()
        settle()
    assert (output.currentText(), cells("graph.jacobian.table")) == ("of y₂", [["0", "75"], ["75", "60"]])
    find("graph.mode.reverse").click()
    settle()
    assert (seed.currentData(), output.isVisible()) == ("y2", False)
    write("x^2")
    second.click()
    settle()
    assert not output.isVisible(), "there is one only"


def test_a_small_number_of_second_order_keeps_its_exponent(window, find, write, settle, cells):
    write("x*1.2345678e-30")
    find("graph.mode.second").click()
    settle()
    table, option = find("graph.trace"), QStyleOptionViewItem()
    option.initFrom(table)
    option.widget = table
    option.rect = table.visualRect(table.model().index(0, 4))
    table.itemDelegate().initStyleOption(option, table.model().index(0, 4))
    assert option.text.startswith("1.2")
    assert option.text.endswith("e−30")


def test_a_typed_direction_seeds_the_sweep(window, find, cells, settle):
    find("graph.mode.forward").click()
    settle()
    find("graph.seed").setCurrentIndex(2)
    find("graph.direction").setText("1 -0.5")
    find("graph.direction").editingFinished.emit()
    settle()
    assert [row[3] for row in cells("graph.trace")][:2] == ["1", "−0.5"]
    assert [row[3] for row in cells("graph.trace")][-1] == f"{5.5 - 0.5 * 1.7163378145367738:.10g}"
    find("graph.direction").setText("1 two")
    find("graph.direction").editingFinished.emit()
    settle()
    assert "needs 2 finite numbers" in find("status.graph").text()
    find("graph.seed").setCurrentIndex(0)
    settle()


def test_the_loop_sheet_shows_herons_rounds_and_that_the_derivative_lags(window, find, show, write, settle):
    write(HERON)
    find("point.x").setValue(2.0)
    settle()
    show("loops")
    find("graph.loops.round").setValue(1)
    assert find("graph.loops.words").text().startswith("Round 1: t = 1.416666667, dt/dx = 0.3611111111")
    find("graph.loops.round").setValue(2)
    assert "before the derivative has settled" in find("graph.loops.words").text()
    find("point.x").setValue(1.0)
    settle()
    assert "ran no round" in find("graph.loops.words").text()


def test_a_sheet_stays_dimmed_until_its_own_answer_has_come(window, find, show, write, settle, monkeypatch):
    """The graph's comes first: the loops of the text before were seen beside it, as if they were its own."""
    graph = window.graph
    show("loops")
    write("def f(x):\n    for k in range(3):\n        x = sin(x)\n    return x")
    assert graph._sheet().isEnabled()
    asked = []
    with monkeypatch.context() as patch:
        patch.setattr(graph.sheet_worker, "ask", lambda *question: asked.append(question))
        write("def f(x):\n    for k in range(5):\n        x = cos(x)\n    return x")
        assert asked
        assert not graph._sheet().isEnabled()
        assert graph.trace_sheet.isEnabled(), "what the graph's answer is enough for"
    graph._end_sheet(Refused("No."))
    assert find("graph.loops.words").text() == f"No. {OLD}"
    assert graph._sheet().isEnabled(), "what was refused may be chosen otherwise"
    graph._ask_sheet()
    settle()
    assert find("graph.loops.loop").currentText() == "line 2: 5 rounds"


def test_the_loop_sheet_takes_the_derivative_by_any_input(window, find, show, write, settle):
    write("def f(x, a):\n    t = 1\n    for k in range(2):\n        t = t*x + a\n    return t")
    find("point.x").setValue(3.0)
    find("point.a").setValue(5.0)
    show("loops")
    words, by = find("graph.loops.words"), find("graph.loops.input")
    assert words.text().startswith("Round 2: t = 29, dt/dx = 11,")  # t = x² + a·x + a
    by.setCurrentIndex(1)
    settle()
    assert words.text().startswith("Round 2: t = 29, dt/da = 4,")
    write(
        "def f(temperature_inside, b):\n    long_name = b\n    for k in range(2):\n        for j in range(3):\n"
        "            long_name = long_name*temperature_inside\n    return long_name"
    )
    assert find("graph.loops.round").width() >= 100, "long names leave it room"
    write(HERON)
    assert not by.isVisible(), "there is one input only"
    assert ", dt/dx = " in words.text()


def test_calls_and_loops_have_the_adjoints_of_the_sweep_above(window, find, show, write, settle):
    write(
        "def g(a):\n    return a*a\ndef f(x):\n    t = x\n    for k in range(2):\n        t = t*3\n"
        "    return g(x), 5*t + 7*g(x)"
    )
    show("calls")
    calls = find("graph.calls.tree").topLevelItem(0)
    adjoints = [[calls.child(k).text(2) for k in range(2)]]
    find("graph.seed").setCurrentIndex(1)
    settle()
    calls = find("graph.calls.tree").topLevelItem(0)
    adjoints.append([calls.child(k).text(2) for k in range(2)])
    assert adjoints == [["1", "0"], ["0", "7"]]
    show("loops")
    assert ", adjoint 5." in find("graph.loops.words").text()


def test_a_selected_node_shows_its_round_from_within_a_call_and_in_another_loop_too(window, find, show, write, settle):
    write(
        "def g(a):\n    return sin(a)*a\ndef f(x):\n    for k in range(3):\n        x = x + g(x)\n"
        "    for k in range(4):\n        x = cos(x)\n    return x"
    )
    show("loops")
    rounds, loop = find("graph.loops.round"), find("graph.loops.loop")
    seen = []
    for op in (1, 5, 8, 10, 13, 3):  # in g, in g, in g; in the second loop; and back
        window.graph._op_chosen(op)
        seen.append((loop.currentText()[:6], rounds.value()))
    assert seen == [("line 4", 1), ("line 4", 2), ("line 4", 3), ("line 6", 1), ("line 6", 4), ("line 4", 1)]
    window.graph.player.go(12)
    assert rounds.value() == 1, "the player leaves the loop that was chosen"
    window.graph.player.go(6)
    assert (loop.currentText()[:6], rounds.value()) == ("line 4", 2)


def test_recursion_is_a_call_tree_and_branches_have_margins(window, find, show, write, settle):
    write(POWER)
    find("point.x").setValue(1.01)
    settle()
    show("calls")
    tree, depth = find("graph.calls.tree"), 0
    item = tree.topLevelItem(0)
    while item.childCount():
        item, depth = item.child(0), depth + 1
    assert depth == 5
    assert tree.topLevelItem(0).child(0).text(0) == "power(1.01, 4)"
    assert [item.text(k) for k in range(3)] == ["power(1.01, 0)", "1", "–"], "the base case gives back a constant"
    branches = find("graph.calls.branches")
    row = branches.topLevelItem(0)
    assert [row.text(k) for k in range(3)] == ["7", "y > 1", "yes"]
    assert row.text(3).endswith("!"), "0.04 from the boundary is close"
    write("def f(x):\n    if x > 0:\n        x = x*x\n    if x > 1:\n        x = x - 1\n    return x")
    branches.setCurrentItem(branches.topLevelItem(1))
    lit = []
    window.graph.span_selected.connect(lit.append)
    write(POWER)
    window.graph.span_selected.disconnect(lit.append)
    assert not any(lit), "a row that goes with its text chooses no other"


def test_results_and_adjoints_flow_through_the_call_tree_as_the_film_is_played(window, find, show, write, settle):
    write(POWER.partition("def f")[0].replace("n < 1", "n == 0") + "def f(x):\n    return power(x, 3)")
    find("point.x").setValue(2.0)
    settle()
    show("calls")
    tree, slider = find("graph.calls.tree"), find("graph.slider")

    def seen():
        item, numbers = tree.topLevelItem(0), []
        for _ in range(3):
            item = item.child(0)
            numbers.append((item.text(1), item.text(2)))
        return numbers, tree.currentItem().text(0) if tree.currentItem() is not None else None

    slider.setValue(0)
    assert seen() == ([("·", "·")] * 3, None)
    slider.setValue(2)
    assert seen() == ([("·", "·"), ("·", "·"), ("2", "·")], "power(2, 1)")
    slider.setValue(5)  # the seed
    assert seen() == ([("8", "1"), ("4", "·"), ("2", "·")], "power(2, 3)")
    slider.setValue(slider.maximum())
    assert seen()[0] == [("8", "1"), ("4", "2"), ("2", "4")]
    find("graph.mode.forward").click()
    settle()
    assert tree.headerItem().text(2) == "tangent"
    assert seen()[0] == [("8", "12"), ("4", "4"), ("2", "1")]


def test_a_constant_result_is_not_known_before_it_has_been_given_back(window, find, show, write, settle):
    write(POWER.replace("y = power(x, 4)", "y = power(x*x + 1, 1)"))
    show("calls")
    tree, slider = find("graph.calls.tree"), find("graph.slider")
    base = tree.topLevelItem(0).child(0).child(0)
    seen = []
    for row in (5, 0, 2, 3, 2):  # the call is made when x, v₁ and v₂ are there
        slider.setValue(row)
        seen.append((base.text(0), base.text(1)))
    assert seen == [("power(2, 0)", shown) for shown in ("1", "·", "·", "1", "·")]


def test_results_of_calls_that_stay_as_they_were_are_not_written_again(window, find, show, write, monkeypatch):
    write("def g(a):\n    return a*a\ndef f(x):\n    for k in range(100):\n        x = g(x)\n    return x")
    show("calls")
    written, number_text = [], calls.number_text
    monkeypatch.setattr(calls, "number_text", lambda *arguments: written.append(arguments) or number_text(*arguments))
    find("graph.slider").setValue(101)  # before the seed: no adjoint is known, all results are
    assert len(written) < 5
    last = find("graph.calls.tree").topLevelItem(0).child(99)
    assert (last.text(1), last.text(2)) == ("1", "·")


def test_calls_follow_the_steps_of_the_last_graph_while_the_text_cannot_be_read(window, find, show, write, settle):
    write("def g(a):\n    return a*a\ndef f(x):\n    return g(x)")
    show("calls")
    find("editor").insertPlainText("(")
    find("graph.sheets").setCurrentIndex(0)
    find("graph.sheets").setCurrentWidget(find("graph.sheet.calls"))
    call, seen = find("graph.calls.tree").topLevelItem(0).child(0), []
    for row in (0, 2):
        find("graph.slider").setValue(row)
        seen.append(call.text(1))
    assert seen == ["·", "1"]
    window.document.undo()
    settle()


def test_another_value_writes_each_number_of_the_calls_once(window, find, show, write, settle, monkeypatch):
    """Those of the rows that will be replaced were written too, all within the turn that shows the graph."""
    write("def g(a):\n    return a*a*0.9\ndef f(x):\n    for k in range(100):\n        x = g(x) + 0.2\n    return x")
    show("calls")
    written, number_text = [], calls.number_text
    monkeypatch.setattr(calls, "number_text", lambda *arguments: written.append(arguments) or number_text(*arguments))
    find("point.x").setValue(0.7)
    settle()
    first = find("graph.calls.tree").topLevelItem(0).child(0)
    assert (first.text(0), first.text(1)) == ("g(0.7)", "0.441")
    assert sum(arguments[1:] == (6,) for arguments in written) <= 200


@pytest.mark.parametrize(
    ("sheet", "source"),
    [
        (
            "loops",
            "def f(x):\n    for i in range(40):\n        for k in range(500):\n            x = x*0.9\n    return x",
        ),
        ("paths", "def f(x):\n    for k in range(2000):\n        x = 3.7*x*(1 - x)\n    return x"),
        ("calls", "def g(a):\n    return a*a\ndef f(x):\n    for k in range(1500):\n        x = g(x)\n    return x"),
        ("calls", "def f(x):\n    for k in range(1500):\n        if x > 0:\n            x = x*0.9\n    return x"),
    ],
)
def test_a_long_answer_comes_in_messages_that_are_taken_in_at_once(sheet, source):
    sizes = [len(json.dumps(message)) for message in answers(questions.sheet(sheet, source, {"x": 0.3}))]
    assert len(sizes) > 5
    assert max(sizes) < 150_000


def test_a_number_of_the_call_tree_that_has_no_room_is_rounded_and_not_cut(window, find, show, write, settle):
    write("def f(x):\n    return g(x)*0.0396187234\n\ndef g(x):\n    return x*x")
    show("calls")
    tree = find("graph.calls.tree")
    call = tree.topLevelItem(0).child(0)
    assert call.text(2) == "0.0396187"
    tree.setColumnWidth(2, 60)
    option = QStyleOptionViewItem()
    option.initFrom(tree)
    option.widget = tree
    option.rect.setRect(0, 0, 60, 20)
    tree.itemDelegate().initStyleOption(option, tree.indexFromItem(call, 2))
    assert option.text in ("0.04", "0.0396", "0.03962")
    tree.setColumnWidth(2, 68)


def test_the_adjoint_program_is_linked_with_the_text_both_ways(window, find, show, write, settle):
    write(HERON)
    show("adjoint")
    text = find("graph.adjoint.text")
    lines = text.toPlainText().split("\n")
    assert lines[2] == "def heron_adjoint(x, result_bar=1.0):"
    told = []
    window.graph.span_selected.connect(told.append)
    place = next(k for k, line in enumerate(lines) if "x/t" in line)
    cursor = text.textCursor()
    cursor.setPosition(text.document().findBlockByNumber(place).position())
    text.setTextCursor(cursor)
    assert [span.line for span in told] == [4]
    window.graph.span_selected.disconnect(told.append)
    assert text.lit == 4
    window.graph.select_span(Span(2, 8, 2, 15))
    assert text.lit == 2


def test_the_adjoint_programs_lines_are_lit_while_the_film_is_played(window, find, show, write):
    write("def f(x):\n    y = sin(x)\n    return y*y")
    show("adjoint")
    text = find("graph.adjoint.text")

    def lit(row):
        """The lit source line, and the line of the adjoint program that is in sight."""
        find("graph.slider").setValue(row)
        return text.lit, text.textCursor().block().text().strip()

    assert lit(0)[0] is None
    assert lit(2) == (2, "y = math.sin(x)")
    assert lit(3) == (3, "result = y*y")
    assert lit(5) == (3, "y_bar += result_bar*y")
    assert lit(7) == (2, "v1_bar, y_bar = y_bar, 0.0")
    ground = text.palette().base().color()
    text.centerCursor()  # wherever the height of the window had put it
    line = text.cursorRect().center()
    picture = text.viewport().grab().toImage()
    seen = [picture.pixelColor(picture.width() - 5, line.y() + k * text.fontMetrics().height()) for k in (0, 1, 2)]
    assert [colour == ground for colour in seen] == [False, False, True]
    assert text.document().findBlockByNumber(6).layout().formats()[0].format.foreground().color().name() != "#000000"


def test_thousands_of_lit_lines_take_no_time(qtbot):
    sheet = AdjointSheet()
    qtbot.addWidget(sheet)
    sheet.ensure_built()
    sheet.show_answer({"part": "head", "structured": False, "why": "a reason"})
    for _ in range(30):
        sheet.show_answer({"part": "lines", "rows": [["x_bar += 1", 3, True]] * 200})
    sheet.show()
    sheet.text.viewport().repaint()
    began = time.thread_time()
    for line in (3, 4, 3):
        sheet.select(1, Span(line, 0, line, 1))
        sheet.text.viewport().repaint()
    assert time.thread_time() - began < 0.05


def test_the_colour_of_thousands_of_lines_is_found_once(qtbot, monkeypatch):
    """For each line it took 0.3 s of 6,000, when they came and with each change of the theme."""
    found = []
    monkeypatch.setattr(adjoint, "colours_of", lambda palette: found.append(1) or colours_of(palette))
    sheet = AdjointSheet()
    qtbot.addWidget(sheet)
    sheet.ensure_built()
    sheet.show_answer({"part": "head", "structured": False, "why": "a reason"})
    sheet.show_answer({"part": "lines", "rows": [["x = 1", 3, False], *[["x_bar += 1", 3, True]] * 200]})

    def colours():
        formats = [sheet.text.document().findBlockByNumber(line).layout().formats() for line in (0, 1, 200)]
        return [lines[0].format.foreground().color() if lines else None for lines in formats]

    for ground in (Qt.GlobalColor.white, Qt.GlobalColor.black):
        palette = sheet.palette()
        palette.setColor(QPalette.ColorRole.Base, ground)
        sheet.setPalette(palette)
        assert colours() == [None, *[colours_of(palette).adjoint] * 2]
    assert len(found) < 10


def test_checkpoints_are_counted_beside_the_theory(window, find, show, write, settle):
    write("def f(x):\n    for i in range(20):\n        x = sin(x)\n    return x")
    show("memory")
    assert "at most 20 entries" in find("graph.memory.words").text()
    find("graph.memory.strategy").setCurrentIndex(2)
    find("graph.memory.snapshots").setValue(3)
    settle()
    # 3 snapshots reverse C(6, 3) = 20 steps with 3 repeats: 3·20 − C(6, 2) = 45 steps again.
    assert "45 steps are computed again" in find("graph.memory.words").text()
    assert "theory 45" in find("graph.memory.words").text()


def test_what_the_bar_of_the_tape_says_is_not_cut(window, find, show, write, settle):
    write("def f(x):\n    for i in range(1200):\n        x = sin(x)\n    return x")
    show("memory")
    bar, slider = find("graph.memory.bar"), find("graph.slider")
    for mode, step, words in (
        ("reverse", 1201, "1200 of 1200 tape entries live"),
        ("forward", 1, "forward mode keeps no tape"),
    ):
        find(f"graph.mode.{mode}").click()
        settle()
        slider.setValue(step)
        QApplication.processEvents()
        assert bar.text() == words
        assert bar.width() > bar.fontMetrics().horizontalAdvance(words) + 4


def test_paths_of_the_selected_node_are_listed_and_light_up(window, find, show):
    window.graph._op_chosen(1)
    show("paths")
    table = find("graph.paths.table")
    assert table.topLevelItemCount() == 2
    assert find("graph.paths.words").text().startswith("2 paths from x₂ to y.")
    table.setCurrentItem(table.topLevelItem(0))
    assert window.graph.view.picture.state.lit == {1, 3, 5, 6}
    assert len(window.graph.view.picture.state.lit_edges) == 3


def test_a_gradient_that_costs_more_than_its_bound_is_said_to(window, find, show, write):
    show("memory")
    find("graph.memory.strategy").setCurrentIndex(0)
    assert find("graph.memory.words").text().endswith("operations = 3.00, bound 5.")
    write("atan2(x, y)")
    words = find("graph.memory.words").text()
    assert words.startswith("1 operation: at most 1 entry is stored, ")
    assert "12 / 1 operations = 12.00, above 5, the bound where" in words


def test_all_bars_of_the_jacobians_cost_are_seen_where_there_is_little_room(qtbot):
    bars = CostBars()
    qtbot.addWidget(bars)
    bars.show_ways({name: {"operations": 9, "seconds": None} for name in ("forward", "reverse", "differences")}, "")
    for height in (bars.minimumHeight(), 110, 300):
        bars.resize(196, height)
        picture = bars.grab().toImage()
        column = [picture.pixelColor(190, y) == colours_of(bars.palette()).line for y in range(height)]
        assert sum(now and not before for before, now in pairwise([False, *column])) == 3, height
        assert not column[-1], height


def test_the_mark_of_a_plot_moves_without_its_curves_being_drawn_again(qtbot):
    plot = SmallPlot("round", "value")
    qtbot.addWidget(plot)
    plot.resize(480, 200)
    plot.show_curves(
        [Curve("t", [math.sin(k / 50) for k in range(4_000)]), Curve("u", [k / 4_000 for k in range(4_000)])]
    )
    plot.mark(1)
    looks = [plot.grab().toImage()]
    began = time.thread_time()
    for place in range(2, 60):
        plot.mark(place)
        plot.repaint()
        plot.grab()
    assert time.thread_time() - began < 0.5
    plot.mark(2_000)
    looks.append(plot.grab().toImage())
    plot.show_curves([Curve("t", [1.0, 2.0])])
    looks.append(plot.grab().toImage())
    plot.setPalette(QPalette(Qt.GlobalColor.black))
    looks.append(plot.grab().toImage())
    plot.resize(300, 200)
    looks.append(plot.grab().toImage())
    assert all(one != other for one, other in pairwise(looks))


def test_the_row_or_column_of_the_last_pass_is_lit_until_all_are_there(window, find, show, write):
    write("def f(x, y, z):\n    return x*y, y*z")
    show("jacobian")
    table = find("graph.jacobian.table")

    def lit():
        places = [(row, column) for row in range(2) for column in range(3)]
        return [
            at for at in places if table.item(*at) and table.item(*at).background().style() != Qt.BrushStyle.NoBrush
        ]

    assert lit() == []
    find("graph.jacobian.next").click()
    assert lit() == [(0, 0), (0, 1), (0, 2)]
    find("graph.jacobian.next").click()
    assert lit() == []
    find("graph.jacobian.clear").click()
    find("graph.mode.forward").click()
    show("jacobian")
    for column in (0, 1):
        find("graph.jacobian.next").click()
        assert lit() == [(0, column), (1, column)]


@pytest.mark.parametrize(("sheet", "column"), [("jacobian", 0), ("paths", 2)])
def test_a_number_of_a_sheet_that_has_no_room_is_rounded_and_not_cut(window, find, show, write, sheet, column):
    write("x*3.9840638068064885e-123")
    show(sheet)
    table = find(f"graph.{sheet}.table")
    index, option = table.model().index(0, column), QStyleOptionViewItem()
    option.initFrom(table)
    option.widget = table
    option.rect = QRect(0, 0, 74, 20)
    table.itemDelegate().initStyleOption(option, index)
    assert index.data().startswith("3.98406")
    assert float(option.text.replace("−", "-")) == pytest.approx(3.98406e-123, rel=0.01), "a rounded number"
    assert option.fontMetrics.horizontalAdvance(option.text) < 74


def test_a_large_hessian_fills_in_a_few_milliseconds_a_pass(qtbot):
    sheet, names, found = JacobianSheet(), [f"x{k}" for k in range(150)], advice(record(parse("x*x"), [1.0]))
    qtbot.addWidget(sheet)
    sheet.ensure_built()
    head = {"part": "head", "mode": "second", "inputs": names, "outputs": ["y"], "output": 0, "advice": found}
    sheet.show_answer(head)
    began = time.thread_time()
    for place in range(150):
        sheet.show_answer({"part": "pass", "place": place, "numbers": [0.1 * place] * 150, "operations": place})
    assert time.thread_time() - began < 150 * 0.015
    sheet._fill()
    assert sheet.counter.text().startswith("0 of 150 passes"), "the window lives on while it fills"
    qtbot.waitUntil(lambda: sheet.counter.text().startswith("150 of 150 passes"), timeout=PATIENCE_MS)
    assert sheet.table.item(149, 149).text() == "14.9"


def test_one_shared_epsilon_gives_2_for_1(window, find, show, settle):
    show("nested")
    assert find("graph.nested.words").text().startswith("The result is 1, which is right")
    steps = [find("graph.nested.steps").topLevelItem(place) for place in range(6)]
    coloured = [item.foreground(1).style() != Qt.BrushStyle.NoBrush for item in steps]
    assert coloured == [True, True, True, False, True, False], "no ε, no colour of its own"
    assert len({item.foreground(1).color().name() for item in steps[:3]}) == 3
    find("graph.nested.share").click()
    settle()
    assert find("graph.nested.words").text().startswith("The result is 2, and the truth is 1")
    find("graph.nested.inner").setCurrentIndex(2)
    find("graph.nested.y").setValue(0.0)
    settle()
    assert find("graph.nested.words").text().startswith("The result is 0, right here by chance: the inner derivative")


def test_the_tags_have_other_colours_in_the_dark(window, find, show, settle):
    show("nested")
    sheet, steps, colours = find("graph.sheet.nested"), find("graph.nested.steps"), []
    for ground in (Qt.GlobalColor.white, Qt.GlobalColor.black, Qt.GlobalColor.white):
        palette = sheet.palette()
        palette.setColor(QPalette.ColorRole.Base, ground)
        sheet.setPalette(palette)
        settle()
        colours.append(steps.topLevelItem(0).foreground(1).color().name())
    sheet.setPalette(QPalette())
    assert colours == ["#00694d", "#45d0a5", "#00694d"]


def test_a_dual_number_with_a_negative_epsilon_is_written_as_a_difference():
    numbers = [line.number for line in demonstrate("x · y²", -1.0, -3.0, False).lines]
    assert numbers[2:5] == ["(−9 + 9ε₁) + (6 − 6ε₁)ε₂", "6 − 6ε₁", "−6 + 12ε₁"]


def test_folding_a_call_makes_it_one_node_and_a_double_click_opens_it(window, find, write, settle):
    write("def g(a):\n    return sin(a)*a\ndef f(x):\n    return g(x) + g(x*x)")
    view = window.graph.view
    assert len(view.picture.nodes) == 8
    window.graph._set_folds([part[1] for part in window.graph._graph.parts if part[0] == "call"])
    settle()
    assert [node.kind for node in view.picture.nodes].count("group") == 2
    assert len(view.picture.nodes) == 6
    group = next(k for k, node in enumerate(view.picture.nodes) if node.kind == "group")
    place = view.mapFromScene(view.picture.boxes[group].center())
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    settle()
    assert [node.kind for node in view.picture.nodes].count("group") == 1
    window.graph._set_folds([])
    settle()


def test_each_adjoint_that_leaves_a_folded_call_lights_its_edge(window, write, settle):
    """Only the first use of an operand within it did: there is one edge for all of them."""
    write("def g(a, b):\n    c = a*a + b\n    return c*a + b\n\ndef f(x, y):\n    u = x + y\n    return g(u, y) + x\n")
    graph = window.graph
    graph._set_folds([part[1] for part in graph.answer.parts if part[0] == "call"])
    settle()
    answer, crossings = graph.answer, 0
    for row in range(1, answer.steps + 1):
        graph.player.go(row)
        if answer.kinds[row - 1] == "a":
            ends = answer.copies[answer.film_nodes[row - 1]], answer.copies[answer.sources[row - 1]]
            lit = [answer.curves[edge] for edge in graph.view.picture.state.active_edges]
            assert [([curve.source], [curve.target]) for curve in lit] == ([ends] if ends[0] != ends[1] else [])
            crossings += ends[0] != ends[1]
    assert crossings == 9


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("-0.959", ["v₃"]),
        ("-0.9589", ["v₃"]),
        ("10.6931", ["v₄"]),
        ("10.6932", []),
        ("5", ["x₂"]),
        ("x1*x2", ["v₂"]),
        ("X1 * x2", ["v₂"]),
        ("ln(x1)", ["v₁"]),
        ("v3", ["v₃"]),
        ("*", ["v₂"]),
        ("-", ["v₅", "y"]),
        ("v4-v3", ["v₅"]),
        ("1e400", []),
        (" ", []),
    ],
)
def test_what_is_typed_finds_what_is_shown(window, find, typed, found):
    """A keyboard has no −, · and ₁, and a number may be known with more digits than its node shows."""
    graph, search = window.graph, find("graph.search")
    search.setText(typed)
    names = {graph.answer.picture.names[node] for node in search.found(graph.answer, graph._state.texts.primal)}
    search.clear()
    assert names - {"y"} == set(found) - {"y"}


def test_each_path_into_a_folded_call_lights_its_edge(window, write, settle, find, show):
    """Only the first use of an operand within it did."""
    write("def g(a):\n    return a*sin(a) + a\n\ndef f(x):\n    return g(2*x)\n")
    graph = window.graph
    graph._set_folds([part[1] for part in graph.answer.parts if part[0] == "call"])
    settle()
    show("paths")
    graph._op_chosen(0)
    settle()
    table, answer, lit = find("graph.paths.table"), graph.answer, []
    for row in range(table.topLevelItemCount()):
        table.setCurrentItem(table.topLevelItem(row))
        lit.append([(answer.curves[e].source, answer.curves[e].target) for e in graph.view.picture.state.lit_edges])
    assert [sorted(edges) for edges in lit] == 3 * [[(0, 1), (1, 2)]]


@pytest.mark.parametrize("mode", ["forward", "reverse", "second"])
def test_each_operation_in_a_folded_call_lights_the_edges_of_its_operands(window, write, settle, find, mode):
    """Only the first use of an operand did, in the forward sweep and where values are recorded."""
    source = (
        "def g(a, b):\n    c = a*a + b\n    return c*a + b\n\ndef f(x, y):\n    u = x + y\n    return g(u, y) + x\n"
    )
    write(source)
    graph = window.graph
    find(f"graph.mode.{mode}").click()
    settle()
    graph._set_folds([part[1] for part in graph.answer.parts if part[0] == "call"])
    settle()
    answer, crossings = graph.answer, 0
    for op in record(parse(source), [2.0, 5.0]).ops:
        graph.player.go(op.index + 1)
        ends = {(answer.copies[edge.parent][0], answer.copies[op.index][0]) for edge in op.edges}
        ends -= {(node, node) for node in range(len(answer.node_ops))}
        lit = [answer.curves[edge] for edge in graph.view.picture.state.active_edges]
        assert sorted((curve.source, curve.target) for curve in lit) == sorted(ends)
        crossings += len(ends)
    assert crossings == 8


def test_how_many_nodes_a_search_has_found_is_seen(window, find):
    """What found nothing looked like what had found the node that was selected before."""
    search = find("graph.search")
    QTest.keyClicks(search, "x1")
    assert search.accessibleDescription().startswith("1 found")
    QTest.keyClicks(search, "q")
    assert search.accessibleDescription() == "No node fits"
    seen = search.grab().toImage()
    search.setText("x1")
    search.setText("x1q")
    assert search.accessibleDescription() == "", "nobody has looked for it"
    assert search.grab().toImage() != seen
    search.clear()


def test_search_goes_from_one_node_to_the_next(window, find):
    search = find("graph.search")
    search.setText("x₂")
    QTest.keyClick(search, Qt.Key.Key_Return)
    first = window.graph.view.selected
    QTest.keyClick(search, Qt.Key.Key_Return)
    assert {first, window.graph.view.selected} == {1, 3}
    search.clear()


def test_a_dragged_node_takes_its_edges_along_and_stays_when_a_value_changes(window, find, settle):
    view = window.graph.view
    before = view.picture.boxes[2].center()
    start = view.mapFromScene(before)
    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=start)
    for step in (15, 30, 40):
        QTest.mouseMove(view.viewport(), start + QPoint(0, -step))
        QApplication.processEvents()
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=start + QPoint(0, -40))
    moved = view.picture.boxes[2].center()
    assert moved.y() < before.y() - 20
    (edge,) = view.picture.incoming[2]
    assert view.picture.curves[edge].points[-1] == pytest.approx(moved.y(), abs=30)
    find("point.x1").setValue(3.0)
    settle()
    assert view.picture.boxes[2].center() == moved


def test_heat_has_a_legend_and_names_can_be_those_of_the_papers(window, find, settle, cells):
    find("graph.heat").click()
    assert find("graph.heat.legend").isVisible()
    assert isinstance(window.graph.view.picture.state, GraphState)
    find("graph.heat").click()
    window.graph.looks.paper_names.trigger()
    settle()
    assert [row[0] for row in cells("graph.trace")][:3] == ["x₁ = v₋₁", "x₂ = v₀", "v₁"]
    assert normalize("NFC", find("graph.explain").text()).startswith(normalize("NFC", "v̄₋₁ adds v̄₁"))
    window.graph.looks.plain_names.trigger()
    settle()


def test_heat_is_of_values_until_adjoints_are_swept_and_then_of_these_alone(window, find):
    graph = window.graph
    find("graph.heat").click()
    graph.player.go(7)
    assert [graph.heat.colour(node) for node in (1, 3)] == [colour_of(5.0), colour_of(10.0)]
    assert find("graph.heat.legend").accessibleName().startswith("Colours of values")
    graph.player.go(9)
    assert [graph.heat.colour(node) for node in (1, 3, 5)] == [None, None, colour_of(1.0)]
    assert find("graph.heat.legend").accessibleName().startswith("Colours of adjoints")
    find("graph.heat").click()


def test_an_output_has_the_heat_of_the_adjoint_that_stands_in_it(window, write):
    write("def f(x):\n    u = 1000*x\n    return u**2 + sin(u), u")
    answer, heat = window.graph.answer, window.graph.heat
    place = [node.kind for node in answer.picture.nodes].index("output") + 1
    assert window.graph.view.picture.state.seconds[place] == "0"
    assert heat.colour(place) == colour_of(0.0)


def test_the_trace_is_copied_in_three_forms(window, qtbot):
    window.graph.looks.copy_wanted.emit("CSV")
    text = QApplication.clipboard().text()
    assert text.splitlines()[0] == "name,operation,value,adjoint"
    assert text.splitlines()[2] == "x2,input,5.0,1.7163378145367738"
    window.graph.looks.copy_wanted.emit("Markdown")
    assert QApplication.clipboard().text().splitlines()[2] == "| x₁ | input | 2 | 5.5 |"
    window.graph.looks.copy_wanted.emit("LaTeX")
    assert r"$v_{1}$ & $\operatorname{ln} x_{1}$ & $0.6931471806$ & $1$ \\" in QApplication.clipboard().text()


def test_a_long_trace_is_copied_in_turns_as_it_was_when_it_was_asked_for(window, write, qtbot, monkeypatch):
    monkeypatch.setattr("explorer.ui.graph_trace._TURN_SECONDS", 0.0)
    graph, board = window.graph, QApplication.clipboard()
    written = {}
    for form in ("CSV", "Markdown", "LaTeX"):
        board.setText("nothing")
        graph.looks.copy_wanted.emit(form)
        assert board.text() == "nothing", "one line a turn"
        graph.player.go(4)
        with qtbot.waitSignal(graph.trace.copied, timeout=PATIENCE_MS):
            pass
        written[form] = board.text()
        assert QToolTip.text() == "The trace is on the clipboard."
        graph.player.go(graph.player.steps)
    assert written["CSV"].splitlines()[1] == "x1,input,2.0,5.5"
    assert written["Markdown"].splitlines()[2] == "| x₁ | input | 2 | 5.5 |"
    assert r"$x_{1}$ & $\text{input}$ & $2$ & $5.5$ \\" in written["LaTeX"]


def test_in_the_papers_notation_inputs_keep_their_own_names_when_copied(window, settle):
    window.graph.looks.paper_names.trigger()
    settle()
    window.graph.looks.copy_wanted.emit("CSV")
    copied = QApplication.clipboard().text().splitlines()
    window.graph.looks.plain_names.trigger()
    settle()
    assert [line.partition(",")[0] for line in copied[1:4]] == ["x1 = v−1", "x2 = v0", "v1"]


@pytest.mark.parametrize(
    ("cell", "latex"),
    [
        ("x^10", "x^{10}"),
        ("v₂^(−0.5)", "v_{2}^{-0.5}"),
        ("√v₁₂", r"\sqrt{v_{12}}"),
        ("learning_rate · v₋₁", r"\mathit{learning\_rate} \cdot v_{-1}"),
        ("atan2(y, x)", r"\operatorname{atan2}(y, x)"),
        ("−1.5e−5", r"-1.5 \times 10^{-5}"),
        ("x / 3e−5", r"x / (3 \times 10^{-5})"),
        ("h = v₄", "h = v_{4}"),
        ("sin θ₁ · λ", r"\operatorname{sin} \theta_{1} \cdot \lambda"),
    ],
)
def test_a_cell_of_the_trace_is_latex_that_means_the_same(cell, latex):
    assert _latex(cell) == latex


def test_the_first_cause_of_an_undefined_value_is_said(window, find, write, settle):
    write("log(x - 3) + x")
    find("point.x").setValue(1.0)
    settle()
    assert "ln of −2 at line 1 is undefined" in find("status.graph").text()
    assert any(line.endswith("undefined") for line in window.graph.view.describe_node(1).splitlines())
    QTest.mouseClick(find("graph.cause"), Qt.MouseButton.LeftButton)
    assert window.graph.view.describe_node(window.graph.view.selected).startswith("v₂ = ln v₁")
    assert "is the first cause" in find("graph.explain").text()
    find("point.x").setValue(4.0)
    settle()
    assert not find("graph.cause").isVisible()


def test_a_long_loop_is_folded_until_someone_wants_it_whole_also_after_an_edit_and_plays_either_way(
    qtbot, window, find
):
    text = "def f(x):\n    for i in range(300):\n        x = 4*x*(1-x)\n    return x"
    window.document.open(Session(text, (("x", 0.3),)))
    qtbot.waitUntil(lambda: window.graph.view.picture.names[0] == "x", timeout=PATIENCE_MS)
    assert len(window.graph.view.picture.nodes) == 12
    assert "Rounds 3–299 are folded" in find("status.graph").text()
    (fold,) = [k for k, node in enumerate(window.graph.view.picture.nodes) if node.kind == "group"]
    assert "891 operations" in window.graph.view.describe_node(fold)
    window.graph.view.node_opened.emit(fold)
    qtbot.waitUntil(lambda: len(window.graph.view.picture.nodes) == 902, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not window.graph.busy, timeout=PATIENCE_MS)
    assert find("status.graph").text() == ""
    assert find("graph.map").isVisible()
    find("graph.slider").setValue(500)
    assert "500 values known" in window.graph.view.accessibleDescription()
    window.graph.first()
    assert "0 values known" in window.graph.view.accessibleDescription()
    window.document.edit_source(text.replace("return x", "return 2*x"))
    qtbot.waitUntil(lambda: len(window.graph.view.picture.nodes) == 903, timeout=PATIENCE_MS)
    window.document.undo()
    window.document.undo()
    qtbot.waitUntil(lambda: len(window.graph.view.picture.nodes) == 12, timeout=PATIENCE_MS)


@pytest.mark.parametrize(("low", "high"), [(1.0000001, 1.000004), (-3.0, 3.0), (1e6, 1e6 + 3), (0.0, 1e-9)])
def test_no_two_numbers_beside_a_plot_are_the_same(qtbot, low, high):
    """They were 1 and 1 for values that grow by a millionth."""
    plot = SmallPlot("round", "value")
    qtbot.addWidget(plot)
    ticks = _ticks(low, high, False)
    texts = [plot._tick(tick, low, high).replace("−", "-") for tick in ticks]
    assert len(set(texts)) == len(ticks) > 1
    assert [float(text) for text in texts] == pytest.approx(ticks, abs=(high - low) / 100)


@pytest.mark.parametrize(("low", "high", "most"), [(0.0, 4.0, 2), (-3.7, 1250.0, 4), (0.0, 1e-7, 3)])
def test_a_plot_has_no_more_round_numbers_than_have_room(low, high, most):
    ticks = _ticks(low, high, False, most)
    assert 2 <= len(ticks) <= most + 1
    assert low <= ticks[0] < ticks[-1] <= high * (1 + 1e-12)
