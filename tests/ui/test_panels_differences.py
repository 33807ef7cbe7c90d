"""The differences panel: every scheme for every input, and the curve of the chosen one."""

import pytest

from tests.ui.conftest import PATIENCE_MS

SCHEMES = ["forward", "backward", "central", "richardson", "complex step"]
EXACT = {"x₁": 5.5, "x₂": 1.7163378145367738}


@pytest.fixture
def differences(window, settle):
    window.tabs.setCurrentIndex(1)
    settle()
    return window.differences


def number(text):
    return float(text.replace("−", "-"))


def test_every_scheme_estimates_every_input(differences, cells):
    rows = cells("differences.table")
    assert [row[1] for row in rows] == SCHEMES * 2
    assert [row[0] for row in rows if row[0]] == ["x₁", "x₂"]
    for place, row in enumerate(rows):
        exact = EXACT["x₁" if place < 5 else "x₂"]
        assert number(row[2]) == pytest.approx(exact, rel=1e-6)
        assert number(row[3]) == pytest.approx(abs(number(row[2]) - exact), rel=0.05, abs=2e-11 * exact)
        assert int(row[5]) >= 1
    assert number(rows[9][3]) < 1e-15, "the complex step is exact to rounding"


def test_no_scrolling_sideways(differences, find):
    assert find("differences.table").horizontalScrollBar().maximum() == 0


def test_the_curve_is_drawn_for_the_chosen_input(qtbot, differences, find):
    plot = find("differences.plot")
    qtbot.waitUntil(lambda: plot.axes() is not None, timeout=PATIENCE_MS)
    assert plot.axes().x_log
    assert plot.axes().y_log
    assert "x₁" in plot.accessibleDescription()
    with qtbot.waitSignal(plot.drawn, timeout=PATIENCE_MS):
        find("differences.input").setCurrentIndex(1)
    assert "x₂" in plot.accessibleDescription()


def test_a_row_chosen_in_the_table_is_the_curves_input(differences, find):
    find("differences.table").setCurrentCell(6, 1)
    assert find("differences.input").currentText() == "x₂"
    find("differences.table").setCurrentCell(0, 1)
    assert find("differences.input").currentText() == "x₁"


def test_the_output_can_be_chosen(differences, find, write, settle, cells):
    write("(x^2, x^3)")
    assert number(cells("differences.table")[2][2]) == pytest.approx(2.0)
    find("differences.output").setCurrentIndex(1)
    settle()
    assert number(cells("differences.table")[2][2]) == pytest.approx(3.0)


def test_why_a_scheme_has_no_number_is_said(differences, find, write, cells):
    write("|x|")
    assert cells("differences.table")[4][2] == "undefined"
    assert "complex step in x" in find("differences.remarks").text()
    assert "abs" in find("differences.remarks").text()
    write("x^2")
    assert not find("differences.remarks").isVisible()


def test_where_there_is_no_derivative_there_is_no_curve(differences, find, write, settle):
    write("ln(x)")
    find("point.x").setValue(-1.0)
    settle()
    assert "no derivative" in find("differences.plot").accessibleDescription()
    assert find("differences.remarks").text() == "F is not finite here."


def test_a_constant_has_no_derivative_to_estimate(differences, find, write):
    write("3")
    assert "constant" in find("differences.plot").accessibleDescription()
    assert find("differences.table").rowCount() == 0
