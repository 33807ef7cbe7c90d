"""The differences panel driven as a person does: its step, its pages, and what it says where differences break."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget

from explorer.ui.session import Session
from tests.ui.conftest import PATIENCE_MS

SCHEMES = [
    "forward", "backward", "central", "five-point", "seven-point", "right, order 2", "left, order 2", "right, order 4",
    "left, order 4", "richardson", "complex step",
]  # fmt: skip
EXACT = {"x₁": 5.5, "x₂": 1.7163378145367738}
ERROR, SECANT, DIGITS, SCHEMES_PAGE, PRECISION, TAYLOR = range(6)


@pytest.fixture
def differences(window, settle):
    window.tabs.setCurrentIndex(1)
    settle()
    panel = window.differences
    for name in ("order", "inputs", "outputs"):
        getattr(panel, name).setCurrentIndex(0)
    panel.unit.setCurrentIndex(2)
    panel.scheme.setCurrentIndex(panel.scheme.findData("central"))
    panel.tabs.setCurrentIndex(ERROR)
    settle()
    return panel


@pytest.fixture
def page(differences, settle):
    def show(place):
        differences.tabs.setCurrentIndex(place)
        settle()
        return differences.tabs.widget(place)

    return show


@pytest.fixture
def at(window, settle):
    """Open a text at these values."""

    def open_at(source, **point):
        window.document.open(Session(source, tuple((name, float(value)) for name, value in point.items())))
        settle()

    return open_at


def number(text):
    return float(text.replace("−", "-"))


def drawn(qtbot, plot):
    qtbot.waitUntil(lambda: plot.axes() is not None, timeout=PATIENCE_MS)


def test_every_scheme_estimates_the_chosen_input(differences, page, cells, find, settle):
    page(SCHEMES_PAGE)
    for input_, exact in EXACT.items():
        find("differences.input").setCurrentText(input_)
        settle()
        rows = cells("differences.table")
        assert [row[0] for row in rows] == SCHEMES
        for row in rows:
            assert number(row[1]) == pytest.approx(exact, rel=1e-6)
            assert abs(number(row[1]) - exact) <= number(row[2]) * 1.05 + 2e-10
        assert number(rows[-1][2]) < 1e-15, "the complex step is exact to rounding"
    assert "3.0" in find("differences.cost").text()
    assert find("differences.table").horizontalScrollBar().maximum() == 0


def test_the_chosen_scheme_is_told_in_full(differences, page, find, settle):
    page(SCHEMES_PAGE)
    find("differences.scheme").setCurrentText("five-point")
    settle()
    text = find("differences.scheme.detail").text()
    assert "1/12·f(x−2h) − 2/3·f(x−h) + 2/3·f(x+h) − 1/12·f(x+2h)" in text
    assert "Order 4: error ≈ −1/30 · h⁴" in text
    find("differences.table").setCurrentCell(2, 0)
    assert differences.chosen_scheme == "central"


def test_offsets_of_ones_own_become_a_scheme_or_are_refused_with_the_reason(qtbot, differences, page, find, settle):
    page(SCHEMES_PAGE)
    custom = find("differences.custom")
    custom.setText("1 1")
    qtbot.keyClick(custom, Qt.Key.Key_Return)
    settle()
    assert "stands twice" in find("differences.refused").text()
    custom.setText("−2..2")
    qtbot.keyClick(custom, Qt.Key.Key_Return)
    settle()
    assert not find("differences.refused").isVisible()
    find("differences.scheme").setCurrentText("custom")
    assert "1/12·f(x−2h)" in find("differences.scheme.detail").text()
    custom.clear()
    qtbot.keyClick(custom, Qt.Key.Key_Return)
    settle()
    assert "custom" not in [differences.scheme.itemData(k) for k in range(differences.scheme.count())]


def test_richardsons_tableau_has_its_best_entry_in_bold_and_an_error_bar(differences, page, find):
    page(SCHEMES_PAGE)
    find("differences.table").setCurrentCell(SCHEMES.index("richardson"), 0)
    tableau = find("differences.tableau")
    items = [tableau.item(r, c) for r in range(tableau.rowCount()) for c in range(tableau.columnCount())]
    bold = [item for item in items if item is not None and item.font().bold()]
    assert len(bold) == 1
    assert number(bold[0].text()) < 1e-12
    assert "±" in find("differences.bar").text()
    find("differences.table").setCurrentCell(2, 0)


def test_a_click_on_the_plot_sets_the_step_and_hovering_tells_the_dot(qtbot, differences, find):
    plot = find("differences.plot")
    drawn(qtbot, plot)
    assert plot.axes().x_log
    assert plot.axes().y_log
    target = plot.to_pixel(1e-5, 1e-8)
    qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=QPoint(round(target.x()), round(target.y())))
    reading = differences._reading  # a pixel and a tick of its slider are a tenth each
    assert reading.steps[differences.slider.value()] == pytest.approx(1e-5, rel=0.2)
    dot = plot.to_pixel(reading.steps[150], reading.errors["forward"][150])
    qtbot.mouseMove(plot, QPoint(round(dot.x()), round(dot.y())))
    qtbot.waitUntil(lambda: find("differences.dot").text().startswith("forward"), timeout=PATIENCE_MS)
    assert f"{reading.estimates['forward'][150]:.17g}"[:12] in find("differences.dot").text()


def test_the_default_button_sets_the_schemes_own_step(differences, find):
    find("differences.default").click()
    assert find("differences.h").text() == "h = 1.1e−5"  # of 1.2e−5, on a grid of 12 a decade


def test_the_step_moves_every_page_without_a_question(qtbot, differences, page, find):
    """What is drawn at each step was sent beforehand; tests.benchmarks.differences measures the frames a second."""
    for place in (ERROR, SECANT, DIGITS):
        page(place)
        name = {ERROR: "plot", SECANT: "curve", DIGITS: "digits"}[place]
        view = find(f"differences.{name}")
        if place != DIGITS:
            drawn(qtbot, view)
        seen = set()
        for value in range(180, 60, -20):
            differences.slider.setValue(value)
            assert not differences.busy
            seen.add(view.grab().toImage().cacheKey() if place != DIGITS else view.accessibleDescription())
        assert len(seen) == 6


def test_play_lets_the_step_shrink_to_the_end(qtbot, differences, find):
    differences.slider.setValue(4)
    find("differences.play").click()
    qtbot.waitUntil(lambda: differences.slider.value() == 0, timeout=PATIENCE_MS)
    assert not differences._play.isActive()


def test_the_digits_that_cancel_are_struck_out(differences, page, find):
    page(DIGITS)
    differences.set_step(1e-8)
    found = find("differences.digits").found
    assert found.cancelled == 8
    assert 6.0 < found.good < 9.0
    assert found.lines[0].marks.count("cancels") > 8 < found.lines[0].marks.count("survives") + 1
    assert "8 of 17 digits cancel" in find("differences.left").text()
    differences.set_step(1e-17)
    assert "the step vanishes" in find("differences.left").text()


def test_every_precision_has_its_curve_and_row(qtbot, differences, page, find, cells):
    page(PRECISION)
    rows = cells("differences.precisions")
    assert [row[0] for row in rows] == ["float16", "float32", "float64", "longdouble", "30 digits", "50 digits"]
    plot = find("differences.precision")
    drawn(qtbot, plot)
    assert "50 digits" in plot.accessibleDescription()
    assert plot.axes().x_limits[0] < 1e-40


def test_a_planted_error_is_called_wrong_and_taken_out_it_is_right_again(differences, page, find, settle):
    page(TAYLOR)
    assert find("differences.verdict").text().startswith("The gradient is right")
    assert "2.017, 2.008, 2.004" in find("differences.remainders").text()
    find("differences.planted").setValue(42)  # 3 %
    settle()
    assert "WRONG" in find("differences.verdict").text()
    find("differences.planted.clear").click()
    settle()
    assert find("differences.verdict").text().startswith("The gradient is right")


def test_the_tangent_plane_is_for_two_inputs(differences, page, find, at):
    page(SECANT)
    find("differences.show.surface").click()
    at("x^2", x=1)
    assert not find("differences.show.surface").isEnabled()
    assert find("differences.microscope").isVisible()
    at("x^2*y", x=1, y=2)
    assert find("differences.show.surface").isEnabled()


def test_the_second_derivative_and_the_output_can_be_chosen(differences, page, find, at, settle, cells):
    page(SCHEMES_PAGE)
    at("(x^2, x^3)", x=1)
    find("differences.output").setCurrentIndex(1)
    find("differences.derivative").setCurrentIndex(1)
    settle()
    row = cells("differences.table")[2]
    assert (row[0], number(row[1])) == ("central", pytest.approx(6.0, rel=1e-6))


def test_a_step_may_be_relative_and_an_input_has_its_own_scale(qtbot, differences, find, at, settle):
    at("x^2", x=1000)
    differences.set_step(1e-3)
    find("differences.unit").setCurrentIndex(1)
    settle()
    assert differences._reading.unit == 1000.0
    find("differences.unit").setCurrentIndex(3)
    find("differences.scale").setValue(50.0)
    qtbot.keyClick(find("differences.scale"), Qt.Key.Key_Return)
    settle()
    assert differences._reading.unit == 50.0
    find("differences.unit").setCurrentIndex(1)
    at("x^2", x=0)
    assert "relative to x = 0" in find("differences.plot").accessibleDescription()


def test_a_constant_has_no_derivative_to_estimate(differences, find, at):
    at("3")
    assert "constant" in find("differences.message").text()
    at("x")
    assert find("differences.tabs").isVisible()


# The pathologies by name; each with what must be said of it.
PATHOLOGIES = [
    ("|x|", 0.0, "Kink", "slope −1 on the left and 1 on the right"),
    ("floor(x)", 2.0, "Jump", "1 from the left, 2 from the right"),
    ("cbrt(x)", 0.0, "Vertical tangent", "rises vertically"),
    ("x*sqrt(x)", 0.0, "Domain edge", "to the right only"),
    ("ln(x)", -1.0, "Undefined", "not defined at −1"),
    ("1/x", 0.0, "Pole", "pole at 0"),
    ("exp(x)", 1000.0, "Overflow", "1.97e434"),
    ("exp(-x)", 800.0, "Underflow", "below the smallest double"),
    ("where(x > 0, x^2, -x^2)", 1e-3, "Branch boundary", "turns out otherwise from h ≈ 0.001"),
    ("sin(x)", 1e17, "x + h = x", "16 apart"),
    ("sin(1e6x)", 1.0, "Oscillation", "period of about 6.28e−6"),
    ("sin(x) + 1e12", 1.0, "Cancellation", "so many digits"),
    ("(1 - cos(x))/x^2", 1e-5, "Noise", "right to 7 digits"),
    ("relu(x) - relu(-x)", 0.0, "Isolated branch", "the slope of f is 1"),
    ("x^2", 0.0, "Flat", "relative error has no meaning"),
]


@pytest.mark.parametrize(("text", "x", "name", "words"), PATHOLOGIES, ids=[row[2] for row in PATHOLOGIES])
def test_each_pathology_is_named_and_explained(differences, find, at, text, x, name, words):
    at(text, x=x)
    remarks = find("differences.remarks").toolTip()
    assert f"{name}: " in remarks
    assert words in remarks


def test_the_worked_example_has_nothing_to_remark(differences, find):
    assert not find("differences.remarks").isVisible()


def test_every_widget_that_can_be_used_has_a_name_in_words(differences, page):
    for place in range(6):
        page(place)
    for widget in differences.findChildren(QWidget):
        if widget.objectName().startswith("differences.") and "message" not in widget.objectName():
            assert widget.accessibleName(), widget.objectName()
