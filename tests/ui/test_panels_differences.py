"""The differences panel driven as a person does: its step, its pages, and what it says where differences break."""

import csv
import io
import json
import math
from decimal import Decimal

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from explorer.ui.files import session_from_text, session_text
from explorer.ui.numbers_out import write_numbers
from explorer.ui.session import Session
from tests.ui.conftest import PATIENCE_MS

TAB = 1  # the one that is in front in these tests
SCHEMES = [
    "forward", "backward", "central", "five-point", "seven-point", "right, order 2", "left, order 2", "right, order 4",
    "left, order 4", "richardson", "complex step",
]  # fmt: skip
EXACT = {"x₁": 5.5, "x₂": 1.7163378145367738}
ERROR, SECANT, DIGITS, SCHEMES_PAGE, PRECISION, TAYLOR = range(6)


@pytest.fixture
def differences(window, settle):
    panel = window.differences
    panel.restore({"page": "Error"})
    panel.ask_again()
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
    assert find("differences.scheme").currentText() == "custom"
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


def test_a_row_without_weights_stays_chosen_when_there_is_a_new_answer(differences, page, find, at):
    page(SCHEMES_PAGE)
    table = find("differences.table")
    table.setCurrentCell(SCHEMES.index("complex step"), 0)
    at("sin(x)", x=2)
    assert table.currentRow() == SCHEMES.index("complex step")
    # √(3ε·|cos 2/cos 2|) = 2.6e−8
    assert "every h below 2.6e−8 is as good as any" in find("differences.scheme.detail").text()
    table.setCurrentCell(2, 0)


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
    # 2 ε^⅓, as the sum 2 + h takes it: no step of the grid.
    assert find("differences.h").text() == "1.21109e−5"
    assert differences._step * 2.0 == (2.0 + 2.0 * (2.0**-52) ** (1 / 3)) - 2.0


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


def test_a_session_reopens_the_laboratory_as_it_was(window, differences, page, find, at, settle):
    at("(x^2 + y, x*y^2)", x=3, y=2)
    page(SCHEMES_PAGE)
    find("differences.custom").setText("-1, 0, 2")
    find("differences.custom").editingFinished.emit()
    page(TAYLOR)
    find("differences.direction.numbers").setText("1, −0.5")
    find("differences.direction.numbers").setModified(True)
    find("differences.direction.numbers").editingFinished.emit()
    find("differences.planted.input").setCurrentIndex(1)
    find("differences.planted").setValue(42)
    differences.outputs.setCurrentIndex(1)
    differences.inputs.setCurrentIndex(1)
    differences.unit.setCurrentIndex(3)
    differences.scale.setValue(20.0)
    differences.scale.editingFinished.emit()
    settle()
    differences.scheme.setCurrentText("custom")
    differences.slider.setValue(77)
    settle()
    kept = session_text(window.session())
    verdict = find("differences.verdict").text()
    assert "WRONG" in verdict
    window._open(session_from_text(session_text(Session("a*b", (("a", 1.0), ("b", 1.0)))), "plain"))
    settle()
    assert (differences.unit.currentData(), differences.chosen_scheme) == ("both", "central")
    assert "WRONG" not in find("differences.verdict").text()
    differences._pages.pop(SCHEMES_PAGE).deleteLater()  # what is asked does not wait for the page that it is set on
    window._open(session_from_text(kept, "kept"))
    settle()
    again = json.loads(session_text(window.session()))["panels"]["differences"]
    assert again == json.loads(kept)["panels"]["differences"]
    assert differences._reading.output == differences.outputs.currentData() == window.document.program.outputs[1]
    assert (differences._reading.input, differences._reading.unit) == ("y", 20.0)
    assert differences._reading.row("custom").offsets == ("-1", "0", "2")
    assert differences.tabs.currentIndex() == TAYLOR
    assert find("differences.verdict").text() == verdict


def test_what_a_stranger_wrote_into_a_session_is_passed_over(window, differences, settle):
    wild = {"page": 3, "step": "x", "scheme": ["a"], "unit": "mile", "scales": {"x1": -1}, "curves": [1], "plane": 7}
    wild |= {"direction": {"x1": "far"}, "planted": [1], "custom": 5, "derivative": 9, "output": "none", "input": {}}
    differences.restore(wild)
    window.document.open(Session())
    settle()
    assert (differences.chosen_scheme, differences.unit.currentData()) == ("central", "both")
    assert differences._reading.derivative == 1


def test_undo_takes_an_option_back_and_leaves_the_page(window, differences, page, find, settle):
    page(DIGITS)
    before = differences.slider.value()
    differences.scheme.setCurrentText("five-point")
    differences._note()
    window.document._joining.stop()
    differences.slider.setValue(90)
    differences._note()
    settle()
    window.document.undo()
    settle()
    assert (differences.slider.value(), differences.chosen_scheme) == (before, "five-point")
    window.document.undo()
    settle()
    assert differences.chosen_scheme == "central"
    assert "f(x+2h)" not in find("differences.digits").accessibleDescription()
    window.document.redo()
    settle()
    assert differences.chosen_scheme == "five-point"
    assert "f(x+2h)" in find("differences.digits").accessibleDescription()
    assert differences.tabs.currentIndex() == DIGITS


def test_the_numbers_of_each_page_are_copied_with_all_digits(differences, page):
    headings = {}
    for place in range(6):
        page(place)
        if place == SCHEMES_PAGE:
            differences.scheme.setCurrentText("central")
        differences.copy_numbers()
        names, *rows = csv.reader(io.StringIO(QGuiApplication.clipboard().text()))
        assert len(rows) > 8
        assert {len(row) for row in rows} == {len(names)}
        headings[place] = names
        if place == ERROR:
            reading = differences._reading
            k, column = 100, names.index("central")
            assert [float(v) for v in rows[k][column : column + 2]] == [
                reading.estimates["central"][k], reading.errors["central"][k],
            ]  # fmt: skip
            assert rows[k][2].startswith("5.5")
        if place == PRECISION:
            many = [row for row in rows if row[0] == "50 digits" and row[4] != "nan"]
            closest = min(many, key=lambda row: float(row[4]))
            assert float(closest[4]) < 1e-30
            assert float(abs(Decimal(closest[3]) - Decimal("5.5"))) == pytest.approx(float(closest[4]), rel=1e-3)
        if place == TAYLOR:
            assert float(rows[1][4]) == pytest.approx(math.log2(float(rows[0][1]) / float(rows[1][1])))
    assert headings[DIGITS][1:3] == ["f(x+h)", "f(x−h)"]


def test_richardsons_tableau_is_written_to_a_file(differences, page, find, tmp_path):
    page(SCHEMES_PAGE)
    find("differences.table").setCurrentCell(SCHEMES.index("richardson"), 0)
    path = tmp_path / "tableau.csv"
    write_numbers(differences, str(path), differences.numbers())
    names, *rows = csv.reader(io.StringIO(path.read_text()))
    assert names[:4] == ["h", "h^2", "h^2: error", "h^2: its own estimate of it"]
    assert min(float(row[-2]) for row in rows if len(row) == len(names)) < 1e-12
    find("differences.table").setCurrentCell(2, 0)


def test_a_direction_is_a_preset_or_numbers_of_ones_own(differences, page, find, at, settle):
    at("(x*y, x^2*y + z)", x=1, y=2, z=3)
    page(TAYLOR)
    choose, typed = find("differences.direction"), find("differences.direction.numbers")
    assert typed.text() == "1, 1, 1"
    differences.outputs.setCurrentIndex(1)
    settle()
    for preset, shown in (("gradient", "4, 1, 1"), ("y", "0, 1, 0")):
        choose.setCurrentIndex(choose.findData(preset))
        choose.activated.emit(choose.currentIndex())
        settle()
        assert typed.text() == shown
        assert find("differences.verdict").text().startswith("The gradient is right")
    choose.setCurrentIndex(choose.findData("random"))
    choose.activated.emit(choose.currentIndex())
    settle()
    assert all(abs(number(word)) <= 1.0 for word in typed.text().split(","))
    for words, reason in (("1 2", "each of the 3 inputs"), ("1, a, 2", "no number"), ("0 0 0", "nowhere")):
        typed.setText(words)
        typed.setModified(True)
        typed.editingFinished.emit()
        assert reason in find("differences.direction.refused").text()
        assert choose.currentData() == "random"
    typed.setText("1 −1 2.5")
    typed.setModified(True)
    typed.editingFinished.emit()
    settle()
    assert not find("differences.direction.refused").isVisible()
    assert (choose.currentData(), typed.text()) == ("own", "1, −1, 2.5")
    differences.outputs.setCurrentIndex(0)
    settle()
    at("a^2 + b^2", a=0, b=0)
    choose.setCurrentIndex(choose.findData("gradient"))
    choose.activated.emit(choose.currentIndex())
    settle()
    assert "leads nowhere" in find("differences.verdict").text()


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
    ("sqrt(x)", 1e-10, "Domain edge", "is not defined from h ≈ 1e−10 on"),
    ("sqrt(x)", 1e-10, "Domain edge", "central at its default h = 6.1e−6: one-sided, from the right"),
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


def test_at_a_corner_no_page_speaks_of_an_exact_derivative(differences, page, find, at, cells):
    at("|x|", x=0)
    none = "f has no derivative here: slope −1 on the left, 1 on the right."
    for place, name in ((ERROR, "dot"), (SECANT, "slopes"), (DIGITS, "left")):
        page(place)
        said = find(f"differences.{name}").text()
        assert none in said
        assert "exact " not in said
        assert "error" not in said
    page(SCHEMES_PAGE)
    assert {row[2] for row in cells("differences.table")} == {"–"}


def test_a_constant_difference_is_exact_and_nothing_of_it_is_lost(differences, page, find, at):
    at("x*0 + 1", x=1)
    page(DIGITS)
    said = find("differences.left").text()
    assert "Both are the same number, and their difference is 0, exactly." in said
    assert "There is no error at all." in said
    at("x + 1e20", x=1)  # here all digits do cancel, and f′ = 1
    assert "nothing is left" in find("differences.left").text()


@pytest.mark.parametrize(
    ("text", "x", "words"),
    [
        ("|x|", 0.0, "f has a corner here: along v its slope is −1 behind and 1 ahead."),
        ("x*0", 1.0, "The gradient is right: f does not change here along this direction"),
        ("floor(x)", 2.0, "f jumps here."),
    ],
)
def test_the_taylor_test_does_not_blame_the_gradient_for_what_f_is(differences, page, find, at, text, x, words):
    at(text, x=x)
    page(TAYLOR)
    assert find("differences.verdict").text().startswith(words)


def typed_step(qtbot, box, text):
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, text)
    qtbot.keyClick(box, Qt.Key.Key_Return)


def test_a_step_is_typed_and_is_the_one_that_every_page_shows(qtbot, window, differences, page, find, settle, at):
    at("sin(x)", x=1)
    box = find("differences.h")
    typed_step(qtbot, box, "3.3e-5")
    settle()
    k = differences.slider.value()
    h = (1.0 + 3.3e-5) - 1.0
    assert differences._reading.steps[k] == 3.3e-5
    assert find("differences.dot").text().startswith("central at h = 3.3e−5: ")
    assert differences._reading.estimates["central"][k] == (math.sin(1.0 + h) - math.sin(1.0 - h)) / (2.0 * h)
    qtbot.keyClick(box, Qt.Key.Key_Up)
    assert (differences.slider.value(), box.text()) == (k + 1, "3.8e−5")
    qtbot.keyClick(box, Qt.Key.Key_Down)
    assert box.text() == "3.3e−5"
    assert differences.options()["step"] == 3.3e-5
    kept = session_text(window.session())
    typed_step(qtbot, box, "1e-8")
    settle()
    assert differences._reading.steps[differences.slider.value()] == 1e-8
    window._open(session_from_text(kept, "kept"))
    settle()
    assert (box.text(), differences._reading.steps[k]) == ("3.3e−5", 3.3e-5)


def test_a_step_that_nobody_can_take_is_refused_in_words_and_the_step_stays(qtbot, differences, find, at):
    at("sin(x)", x=1)
    differences.set_step(1e-3)
    for wrong in ("5", "0", "1e-40"):
        typed_step(qtbot, find("differences.h"), wrong)
        assert "between 1e−17 and 1" in find("status.differences").text()
        assert find("differences.h").text() == "0.001"


def test_the_chosen_scheme_is_painted_last(differences, page):
    differences.scheme.setCurrentText("forward")
    assert differences._page(ERROR)._shown[-1] == "forward"
    differences.scheme.setCurrentText("central")
    assert differences._page(ERROR)._shown[-1] == "central"


def test_no_page_breaks_or_claims_a_derivative_where_doubles_end(qtbot, differences, page, find, at):
    at("x^2", x=1e300)
    for place in range(6):
        page(place)
        assert not find("status.differences").text()
    page(SECANT)
    find("differences.microscope").grab()
    assert "f is not finite here." in find("differences.slopes").text()
    assert "Compared" not in find("differences.remarks").toolTip()
    find("differences.derivative").setCurrentIndex(1)
    at("x + relu(x)", x=1e300)  # the square of what the plot shows is ∞, and no error
    find("differences.derivative").setCurrentIndex(0)
    at("exp(-1/x^2)", x=0)  # f is flat there, and 0: AD and many digits cannot tell
    assert "No derivative is known here" in find("differences.slopes").text()
    page(SCHEMES_PAGE)
    page(TAYLOR)
    at("exp(x)", x=800)
    assert find("differences.verdict").text().endswith("f is not finite here.")  # defined it is: e^800
    at("x^3", x=0)  # a single input has no other direction
    assert (
        find("differences.verdict").text()
        == "The gradient is right: it is 0, and R₀ falls with slope 3.00, faster than h."
    )
    page(SCHEMES_PAGE)
    at("x*0", x=1)
    assert "no step is better than another" in find("differences.scheme.detail").text()
