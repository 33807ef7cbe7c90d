"""The optimizer panel: the literature's iterates through its buttons, wrong numbers, clicks, any number of inputs."""

import re

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from explorer.ui.session import Session
from tests.ui.conftest import PATIENCE_MS

ROSENBROCK = "(1-x)^2 + 100*(y-x^2)^2"
OPENING, TAB = Session(ROSENBROCK, (("x", -1.2), ("y", 1.0))), 2  # of the window in these tests
# From (−1.2, 1): recomputed with PyTorch's float64, momentum as in the slides of Pesquet's course (0.9), RMSprop and
# Adam with PyTorch's places of ε.
GOLDEN = {
    "gd": [(-0.9844, 1.088), (-1.027271567, 1.064208672), (-1.026883068, 1.062424312)],
    "momentum": [(-0.9844, 1.088), (-0.8332315666, 1.143408672), (-0.8432065067, 1.103449711)],
    "rmsprop": [(-1.196837722, 1.003162278), (-1.194572932, 1.005429387), (-1.192691362, 1.007314016)],
    "adam": [(-1.199, 1.001), (-1.198000228, 1.00199979), (-1.197000839, 1.00299923)],
}


@pytest.fixture
def optimize(window, find, settle):
    """The panel in front, on Rosenbrock's function from (−1.2, 1)."""
    find("optimize.steps").setValue(200)
    find("optimize.rate").setValue(1e-3)
    settle()
    return window.optimize


@pytest.fixture
def press(find, settle):
    def press(name):
        QTest.mouseClick(find(f"optimize.{name}"), Qt.MouseButton.LeftButton)
        settle()

    return press


def shown(find):
    """The numbers of the first line: the step, x, y, f."""
    line = find("optimize.state").text().splitlines()[0].replace("−", "-")
    return [float(text) for text in re.findall(r"-?\d+(?:\.\d+)?(?:e[+-]\d+)?", line)]


@pytest.mark.parametrize("rule", GOLDEN)
def test_the_first_three_iterates_are_those_of_the_literature(optimize, find, press, rule):
    optimize.window().resize(1280, 800)  # so wide that all digits have room
    optimize.window().default_layout()
    find("optimize.rule").setCurrentText(rule)
    find("optimize.rate").setValue(1e-3)
    if rule == "rmsprop":
        find("optimize.set.rho").setValue(0.9)
    for step, point in enumerate(GOLDEN[rule], start=1):
        press("step")
        said = shown(find)
        assert said[0] == step
        assert said[1:3] == pytest.approx(point, rel=1e-9)


def test_back_and_step_walk_over_the_run_and_reset_forgets_it(optimize, find, press):
    press("run")
    assert shown(find)[0] == 200
    press("back")
    press("back")
    assert shown(find)[0] == 198
    press("step")
    assert shown(find)[0] == 199
    find("optimize.slider").setValue(1)
    assert shown(find)[1:3] == pytest.approx(GOLDEN["gd"][0], rel=1e-9)
    press("reset")
    assert find("optimize.state").text().startswith("Start: x = −1.2, y = 1.")
    assert not find("optimize.back").isEnabled()
    assert not find("optimize.fit").isEnabled()


def test_the_landscape_and_the_loss_are_drawn(qtbot, optimize, find, press):
    plot, loss = find("optimize.plot"), find("optimize.loss")
    qtbot.waitUntil(lambda: plot.axes() is not None and plot.axes().x_limits[0] < -3.0, timeout=PATIENCE_MS)
    with qtbot.waitSignal(loss.drawn, timeout=PATIENCE_MS):
        press("run")
    assert loss.axes().x_limits[1] >= 200
    low, high = plot.axes().x_limits
    assert low < -1.2 < high
    press("fit")  # the run's last drawing may still come before the one that is asked for here
    qtbot.waitUntil(lambda: plot.axes().x_limits != (low, high), timeout=PATIENCE_MS)


def test_a_click_into_the_landscape_is_the_start(qtbot, optimize, find, press):
    plot = find("optimize.plot")
    # The picture of this function, and not of the one before.
    qtbot.waitUntil(lambda: plot.axes() is not None and plot.axes().x_limits[0] < -3.0, timeout=PATIENCE_MS)
    with qtbot.waitSignal(plot.clicked, timeout=PATIENCE_MS) as clicked:
        QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=plot.to_pixel(0.3, 0.2).toPoint())
    x, y = clicked.args
    press("step")
    find("optimize.slider").setValue(0)
    assert shown(find)[1:3] == pytest.approx([x, y], rel=1e-3)
    press("reset")
    assert "x = −1.2" in find("optimize.state").text()


def test_a_new_function_or_point_forgets_the_run(optimize, find, press, settle):
    press("run")
    find("point.x").setValue(0.5)
    settle()
    assert find("optimize.state").text().startswith("Start: x = 0.5, y = 1.")


@pytest.mark.parametrize("rate", [0.0, -1.0])
def test_a_rate_that_cannot_be_is_refused_in_words_before_anything_runs(optimize, find, press, rate):
    find("optimize.rate").setValue(rate)
    assert find("status.optimize").text() == "The rate must be a finite number above 0."
    assert not find("optimize.run").isEnabled()
    assert not find("optimize.step").isEnabled()
    find("optimize.rate").setValue(1e-3)
    assert find("status.optimize").text() == ""
    press("run")
    assert shown(find)[0] == 200


def test_a_run_that_diverges_stops_and_says_where(optimize, find, press):
    find("optimize.rate").setValue(1e308)
    press("run")
    assert "Diverged at step 1" in find("optimize.state").text()
    assert not find("optimize.step").isEnabled()


def test_a_start_where_the_function_is_not_defined_is_refused(optimize, find, write, press, settle):
    write("ln(x)")
    find("point.x").setValue(-1.0)
    settle()
    press("run")
    assert "cannot start there" in find("status.optimize").text()


def test_every_rule_has_its_form_and_runs(optimize, find, press):
    rules = find("optimize.rule")
    find("optimize.steps").setValue(3)
    for place in range(rules.count()):
        rules.setCurrentIndex(place)
        press("run")
        assert shown(find)[0] == 3, rules.itemText(place)
        assert find("optimize.formula").text()
        for box in optimize.form.fields.values():
            assert box.accessibleName()


@pytest.mark.parametrize(("text", "said"), [("x^2", ""), ("x^2+y^2+z^2", "3 inputs"), ("a+b+c+d+p+q", "6 inputs")])
def test_any_number_of_inputs_can_be_optimized(qtbot, optimize, find, write, press, text, said):
    write(text)
    assert said in find("optimize.plot").accessibleDescription()
    find("optimize.steps").setValue(5)
    with qtbot.waitSignal(find("optimize.loss").drawn, timeout=PATIENCE_MS):
        press("run")
    assert shown(find)[0] == 5


@pytest.mark.parametrize(("text", "said"), [("(x, y)", "Several outputs"), ("5", "constant")])
def test_what_has_nothing_to_be_optimized_says_so(optimize, find, write, text, said):
    write(text)
    assert said in find("optimize.plot").accessibleDescription()
    assert not find("optimize.run").isEnabled()


def test_a_run_asked_for_while_the_data_is_read_begins_when_it_is_known(qtbot, optimize, find, settle, write):
    objective = find("optimize.objective")
    place = objective.findText("two blobs", Qt.MatchFlag.MatchStartsWith)
    objective.setCurrentIndex(place)
    objective.activated.emit(place)
    assert not optimize.allowed
    QTest.mouseClick(find("optimize.run"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: optimize.run_page.current is not None and optimize.run_page.current.stopped != "")
    settle()
    assert shown(find)[0] == 200
    assert optimize.on_data
    write("x^2 + y^4")  # with which the data have nothing to do
    assert shown(find)[0] == 200
    assert find("optimize.step").isEnabled()
    objective.setCurrentIndex(0)
    objective.activated.emit(0)
    settle()


def test_a_path_that_leaves_the_picture_is_shown_whole_after_its_run(optimize, find, press, window, settle):
    window.document.open(Session("0.5*(x^2+25*y^2)", (("x", 10.0), ("y", 1.0))))
    find("optimize.rate").setValue(0.075)
    settle()
    paths = optimize.run_page.paths
    assert paths.view[0][0] > 0.0
    press("run")
    for (low, high), start in zip(paths.view, (10.0, 1.0), strict=True):
        assert low < 0.0 < start < high
    before = paths.view
    find("optimize.rate").setValue(0.081)  # above the limit 2/25: its loss grows, though not yet without end
    press("run")
    assert paths.view == before


def test_undo_takes_back_rule_rate_and_objective(optimize, find, window, settle):
    def apart():  # else edits close together are one step
        window.document._joining.stop()

    apart()
    find("optimize.rule").setCurrentText("adam")
    apart()
    find("optimize.rate").setValue(0.3)
    apart()
    find("optimize.objective").setCurrentIndex(find("optimize.objective").findText("two circles"))
    find("optimize.objective").activated.emit(find("optimize.objective").currentIndex())
    settle()
    undo, redo = window.document.undo, window.document.redo
    for step, expected in (
        (undo, ("adam", 0.3, 0)),
        (undo, ("adam", 1e-3, 0)),
        (undo, ("gd", 1e-3, 0)),
        (redo, ("adam", 1e-3, 0)),
        (redo, ("adam", 0.3, 0)),
    ):
        step()
        settle()
        chosen = find("optimize.rule").currentText(), find("optimize.rate").value()
        assert (*chosen, find("optimize.objective").currentIndex()) == expected
    assert find("editor").toPlainText() == ROSENBROCK
