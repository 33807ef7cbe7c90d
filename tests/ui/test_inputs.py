"""The boxes and sliders of the inputs: every double by key and by paste, and nothing that moves by accident."""

import math

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QValidator, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSlider, QToolTip, QWidget

from explorer.ui.inputs import Inputs
from explorer.ui.number_box import NumberBox


@pytest.fixture
def box(qtbot, application):
    box = NumberBox()
    qtbot.addWidget(box)
    box.show()
    return box


@pytest.fixture
def inputs(qtbot, application):
    inputs = Inputs()
    qtbot.addWidget(inputs)
    inputs.show_inputs({"x": 2.0, "y": 5.0})
    inputs.resize(260, 200)
    inputs.show()
    return inputs


def type_into(box, text):
    box.selectAll()
    QTest.keyClicks(box, text)


def part(inputs, name, kind=QWidget):
    return inputs.findChild(kind, name)


def test_an_emptied_box_says_which_number_stays(box):
    type_into(box, "3")
    QTest.keyClick(box, Qt.Key.Key_Backspace)
    assert box.text() == ""
    assert box.value() == 3.0
    assert QToolTip.text() == "Only a finite number can stand here: it stays 3."


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("1e-160", 1e-160),
        ("-1e-320", -1e-320),
        ("1.7e308", 1.7e308),
        ("-0", -0.0),
        ("0.1", 0.1),
        (".5", 0.5),
        ("3,25", 3.25),
        ("1E5", 1e5),
    ],
)
def test_a_number_is_taken_as_typed(box, typed, value):
    type_into(box, typed)
    assert box.value() == value
    assert math.copysign(1.0, box.value()) == math.copysign(1.0, value)


@pytest.mark.parametrize("typed", ["abc", "1e400", "nan", "inf", "1_000", "0x10", "--1"])
def test_what_is_no_double_is_left_out(box, typed):
    box.setValue(7.0)
    QGuiApplication.clipboard().setText(typed)
    box.selectAll()
    box.lineEdit().paste()
    box.clearFocus()
    assert box.value() == 7.0
    assert math.isfinite(box.value())


@pytest.mark.parametrize(
    ("pasted", "value"), [("3.25\n", 3.25), (" 4 ", 4.0), ("−2.5e−3", -2.5e-3), ("4,5", 4.5), ("+1", 1.0)]
)
def test_a_pasted_number_may_have_blanks_around_a_real_minus_or_a_comma(box, pasted, value):
    QGuiApplication.clipboard().setText(pasted)
    box.selectAll()
    box.lineEdit().paste()
    assert box.value() == value


@pytest.mark.parametrize("text", ["", "-", "1e", "1e-", "+", "."])
def test_a_number_that_is_begun_waits_and_leaving_restores_the_last(box, text):
    box.setValue(7.0)
    assert box.validate(text, 0)[0] == QValidator.State.Intermediate
    box.lineEdit().setText(text)
    box.clearFocus()
    QApplication.processEvents()
    assert box.value() == 7.0


@pytest.mark.parametrize(
    ("value", "stepped"), [(2.0, 2.1), (25.0, 26.0), (0.0, 0.1), (1e-160, 0.01), (1234.0, 1334.0), (0.3, 0.31)]
)
def test_a_step_is_a_tenth_of_the_values_order_of_magnitude(box, value, stepped):
    box.setValue(value)
    box.stepBy(1)
    assert box.value() == pytest.approx(stepped, rel=1e-15)


def test_all_digits_are_kept_though_twelve_are_shown(box):
    box.setValue(0.1 + 0.2)
    assert box.text() == "0.3"
    assert box.value() == 0.1 + 0.2


def wheel(widget, notches=1):
    middle = QPointF(widget.rect().center())
    event = QWheelEvent(
        middle,
        widget.mapToGlobal(middle),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def test_the_wheel_moves_no_number_that_has_not_the_focus(inputs):
    box, slider = part(inputs, "point.y"), part(inputs, "point.y.slider")
    box.clearFocus()
    wheel(box)
    wheel(slider)
    assert box.value() == 5.0


# ------------------------------------------------------------------------------------------------------------- rows


def test_each_input_has_a_row_with_its_name_in_words(inputs):
    assert part(inputs, "point.x").accessibleName() == "Value of x"
    assert part(inputs, "point.x.slider").accessibleName() == "Slider for x"
    assert part(inputs, "point.x").value() == 2.0
    assert part(inputs, "point.x.slider").value() == 1200  # of 2000 over −10 … 10


def test_the_slider_tells_a_round_value(inputs, qtbot):
    told = []
    inputs.value_changed.connect(lambda name, value: told.append((name, value)))
    part(inputs, "point.x.slider").setValue(1333)
    assert told == [("x", 3.33)]
    assert part(inputs, "point.x").value() == 3.33


def test_the_slider_follows_the_box_out_of_its_range_and_back(inputs):
    box, slider = part(inputs, "point.x"), part(inputs, "point.x.slider")
    for value, place in ((100.0, 1500), (-1.0, 900), (1.7e308, 2000), (-1.7e308, 0), (0.0, 1000), (1e-160, 1000)):
        box.setValue(value)
        assert slider.value() == place, value
        assert box.value() == value, "the slider is coarse, the value is not"


def test_showing_a_known_value_tells_nobody(inputs):
    told = []
    inputs.value_changed.connect(lambda *value: told.append(value))
    inputs.show_inputs({"x": 3.0, "y": 5.0})
    assert part(inputs, "point.x").value() == 3.0
    assert told == []


def test_a_row_that_stays_is_the_same_and_one_that_goes_is_gone(inputs, qtbot):
    x = part(inputs, "point.x")
    inputs.show_inputs({"z": 1.0, "x": 2.0})
    assert part(inputs, "point.x") is x
    qtbot.waitUntil(lambda: part(inputs, "point.y") is None)
    assert not any(isinstance(w, QSlider) for w in inputs.findChildren(QWidget, "point.y.slider"))


def test_no_input_is_said(inputs):
    inputs.show_inputs({})
    assert inputs._none.isVisible()
    inputs.show_inputs({"x": 1.0})
    assert not inputs._none.isVisible()


def test_a_long_name_does_not_push_its_box_out(inputs):
    inputs.show_inputs({"a_very_long_name_of_an_input_32": 1.0})
    QApplication.processEvents()
    assert inputs.horizontalScrollBar().maximum() == 0


def test_the_left_column_gives_the_inputs_what_they_need_until_a_person_divides_it(window, write):
    window._left_divided = False
    write("x")
    few = window.left.sizes()[2]
    write("a + b + c + d + g + h")
    assert window.left.sizes()[2] > few
    assert not window.inputs.verticalScrollBar().isVisible()
    window.left.splitterMoved.emit(100, 1)
    before = window.left.sizes()
    write("x")
    assert window.left.sizes() == before
    window._left_divided = False
