"""The optimizer's laboratory through its widgets: branches, starts, data, race, comparison, map, sessions."""

import json
import re

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest

from explorer.ui.panel import number_text
from explorer.ui.panels.optimize.compare_page import ComparePage
from explorer.ui.panels.optimize.form import FIRST_RATES, first_rate
from explorer.ui.panels.optimize.map_page import MapPage
from explorer.ui.panels.optimize.paths import Subject
from explorer.ui.panels.optimize.trace import Trace, doubles
from explorer.ui.panels.optimize.words import step_in_numbers
from explorer.ui.plot_picture import save_as
from explorer.ui.session import Session
from explorer.work import questions
from explorer.work.descent import runs_answers
from tests.ui.conftest import PATIENCE_MS

ROSENBROCK = "(1-x)^2 + 100*(y-x^2)^2"
OPENING, TAB = Session(ROSENBROCK, (("x", -1.2), ("y", 1.0))), 2  # of the window in these tests
HIMMELBLAU = "(x^2+y-11)^2 + (x+y^2-7)^2"


@pytest.fixture
def optimize(window, settle):
    """The panel in front on its Run page, on Rosenbrock's function from (−1.2, 1), with its own settings."""
    window.optimize.restore({})
    window.optimize.pages.setCurrentIndex(0)
    settle()
    yield window.optimize
    window.optimize.restore({})
    window.optimize.pages.setCurrentIndex(0)


@pytest.fixture
def press(find, settle):
    def press(name):
        QTest.mouseClick(find(name), Qt.MouseButton.LeftButton)
        settle()

    return press


@pytest.fixture
def page(optimize, settle):
    def show(title):
        pages = optimize.pages
        pages.setCurrentIndex(next(k for k in range(pages.count()) if pages.tabText(k) == title))
        settle()
        return pages.currentWidget()

    return show


def test_stationary_points_of_one_kind_that_stand_together_have_one_word(optimize):
    paths = optimize.run_page.paths
    before = paths.stationary
    (left, right), (low, high) = paths._view
    x, y = (left + right) / 2, (low + high) / 2
    places = [("saddle", x, y), ("saddle", x + 0.01 * (right - left), y), ("minimum", x, y), ("saddle", left, low)]
    paths.mark([{"kind": kind, "x": {"x": a, "y": b}, "f": 0.0} for kind, a, b in places])
    assert [mark.label for mark in paths._marks()] == ["saddle", "", "minimum", "saddle"]
    paths.mark(before)


def test_a_branch_goes_on_from_the_shown_step_with_the_new_settings_and_the_run_stays(optimize, find, press):
    press("optimize.run")
    find("optimize.slider").setValue(50)
    find("optimize.rule").setCurrentText("adam")
    assert "Branch goes on from here" in find("optimize.state").text()
    press("optimize.branch")
    first, second = optimize.run_page.traces
    assert (len(first), len(second)) == (201, 251)
    assert second.x[: 2 * 51] == first.x[: 2 * 51]
    assert second.point(51) != first.point(51)
    assert [leg["rule"] for leg in second.spec["legs"]] == ["gd", "adam"]
    assert find("optimize.which").count() == 2


def test_the_gradients_source_is_switched_in_the_same_run_and_a_bad_step_is_seen_to_hurt(optimize, find, press):
    find("optimize.steps").setValue(20)
    press("optimize.run")
    find("optimize.slider").setValue(10)
    find("optimize.more").setChecked(True)
    source = find("optimize.source")
    source.setCurrentIndex(source.findData("forward-difference"))
    find("optimize.h").setValue(0.5)
    press("optimize.branch")
    find("optimize.more").setChecked(False)
    assert "gradient: forward difference, h = 0.5" in find("optimize.hidden").text()
    exact, hurt = optimize.run_page.traces
    assert hurt.point(10) == exact.point(10)
    assert abs(hurt.point(11)[0] - exact.point(11)[0]) > 1e-3


def test_shift_and_click_add_a_start_and_all_starts_run(qtbot, optimize, find, press, settle):
    plot = find("optimize.plot")
    qtbot.waitUntil(lambda: plot.axes() is not None and plot.axes().x_limits[0] < -3.0, timeout=PATIENCE_MS)
    QTest.mouseClick(
        plot, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, plot.to_pixel(0.3, 0.2).toPoint()
    )
    assert find("optimize.state").text().startswith("2 starts")
    press("optimize.run")
    one, two = optimize.run_page.traces
    assert one.point(0) == [-1.2, 1.0]
    assert two.point(0) == pytest.approx([0.3, 0.2], abs=0.05)
    assert len(one) == len(two) == 201


def test_a_session_repeats_its_runs_bit_for_bit_stochastic_ones_too(optimize, find, press, settle, window):
    objective = find("optimize.objective")
    objective.setCurrentIndex(objective.findText("two blobs"))
    objective.activated.emit(objective.currentIndex())
    settle()
    find("optimize.more").setChecked(True)
    find("optimize.seed").setValue(7)
    settle()
    find("optimize.rate").setValue(0.5)
    find("optimize.batch").setValue(16)
    find("optimize.steps").setValue(60)
    press("optimize.run")
    before = optimize.run_page.traces[0]
    assert before.names == ["b", "w1", "w2"]
    assert before.evaluations[-1] == pytest.approx(60 / 13)
    kept = json.loads(json.dumps(optimize.options()))
    optimize.restore({})
    find("optimize.more").setChecked(False)
    press("optimize.reset")
    assert not optimize.run_page.traces
    optimize.restore(kept)
    optimize.ask_again()
    settle()
    settle()
    (after,) = optimize.run_page.traces
    assert after.x == before.x
    assert after.loss == before.loss
    assert find("status.optimize").text() == ""


def test_what_a_stranger_wrote_into_a_session_is_passed_over(optimize, settle):
    for options in (
        {"rule": "none", "runs": [1]},
        {"runs": [{"at": {}, "legs": [{}]}]},
        {"settings": 3, "more": 4, "batch": "x"},
        {"objective": [1], "runs": [{"at": {}, "legs": [{"rule": ["gd"], "steps": 1}]}]},
        {"more": {"schedule": "s", "gradient": 5, "seed": -1}, "race": {"ticked": None, "rates": 7}, "runs": []},
        {"more": {"schedule": {"kind": 10**20}, "gradient": {"source": 10**20}}},
    ):
        optimize.restore(options)
    optimize.ask_again()
    settle()
    assert not optimize.run_page.traces


def test_after_a_run_the_step_that_led_to_its_end_is_there_in_numbers(optimize, find, press):
    find("optimize.steps").setValue(5)
    press("optimize.run")
    curve = find("optimize.curve")
    curve.setCurrentIndex(curve.findData("numbers"))
    assert find("optimize.slider").value() == 5
    assert find("optimize.numbers").text().splitlines()[0] == "From step 4 to step 5:"
    assert "Δx = " in find("optimize.numbers").text()
    find("optimize.slider").setValue(2)
    assert find("optimize.numbers").text().startswith("From step 2 to step 3:")
    curve.setCurrentIndex(0)


def test_this_step_in_numbers_is_the_step(optimize, find, press):
    for rule in ("momentum", "nesterov", "adam", "amsgrad", "nadam"):
        find("optimize.rule").setCurrentText(rule)
        find("optimize.steps").setValue(5)
        press("optimize.run")
        (trace,) = optimize.run_page.traces
        lines = step_in_numbers(trace, 2, 1)
        moved = trace.point(3)[0] - trace.point(2)[0]
        said = next(line for line in lines if line.startswith("Δx")).rpartition("=")[2].replace("−", "-")
        assert float(said) == pytest.approx(moved, rel=1e-3), rule


def test_the_surface_turns_holds_the_path_and_its_tangent_plane_and_is_saved(optimize, find, press, settle, tmp_path):
    press("optimize.run")
    find("optimize.picture").setCurrentText("surface")
    settle()
    surface = find("optimize.surface")
    assert surface.isVisible()
    before = surface.grab().toImage()
    QTest.keyClick(surface, Qt.Key.Key_Right)
    assert surface.grab().toImage() != before
    assert surface._plane is not None
    assert len(list(surface._trails)) == 1
    assert [row[0] for row in surface.numbers()] == ["step", 200]
    for ending in ("png", "svg", "pdf"):
        save_as(surface, str(tmp_path / f"surface.{ending}"))
    assert QImage(str(tmp_path / "surface.png")).width() == 2 * surface.width()
    assert (tmp_path / "surface.svg").read_text().count("<polygon") > 1000  # the surface in cells, not as a photograph
    assert (tmp_path / "surface.pdf").read_bytes().startswith(b"%PDF")
    find("optimize.picture").setCurrentText("contour")


def test_more_inputs_have_a_chosen_or_a_principal_plane(qtbot, optimize, find, write, press, settle):
    write("a^2 + 2*b^2 + 3*c^2 + (a*b*c)^2")
    over, up = find("optimize.over"), find("optimize.up")
    assert over.isVisible()
    assert up.isVisible()
    with qtbot.waitSignal(find("optimize.plot").drawn, timeout=PATIENCE_MS):
        up.setCurrentIndex(2)
        up.activated.emit(2)
    assert optimize.run_page.paths.plane.names == ["a", "c"]
    with qtbot.waitSignal(find("optimize.plot").drawn, timeout=PATIENCE_MS):
        over.setCurrentIndex(2)  # which the other axis has: they change places
        over.activated.emit(2)
    assert optimize.run_page.paths.plane.names == ["c", "a"]
    assert up.currentText() == "a"
    find("optimize.rate").setValue(0.05)
    press("optimize.run")
    with qtbot.waitSignal(optimize.run_page.paths.drawn, timeout=PATIENCE_MS):
        over.setCurrentIndex(over.count() - 1)
        over.activated.emit(over.count() - 1)
    assert len(optimize.run_page.paths.plane.directions) == 2
    assert not up.isEnabled()
    press("optimize.reset")
    assert optimize.run_page.paths.plane.names == ["a", "b"]
    assert up.isEnabled()


def test_a_rate_beyond_the_stable_one_is_said_before_it_diverges(qtbot, optimize, find, write):
    source, note = find("editor").toPlainText(), find("optimize.note")
    find("optimize.rate").setValue(0.002)
    qtbot.waitUntil(lambda: "1.51 × the largest stable one" in note.text(), timeout=PATIENCE_MS)
    write("(x, y)")  # which has no rate
    qtbot.waitUntil(lambda: note.isHidden(), timeout=PATIENCE_MS)
    write(source)
    qtbot.waitUntil(lambda: not note.isHidden(), timeout=PATIENCE_MS)
    find("optimize.rate").setValue(0.001)
    qtbot.waitUntil(lambda: note.isHidden(), timeout=PATIENCE_MS)


def test_a_rate_far_below_the_stable_one_is_said_and_a_good_one_is_taken_at_a_click(
    qtbot, optimize, find, write, window
):
    write("x^2/2 + 50*y^2")  # its curvature is 1 and 100: 2/100 is the limit
    note, take = find("optimize.note"), find("optimize.note.take")
    find("optimize.rate").setValue(2e-5)
    qtbot.waitUntil(lambda: "1000 × below the largest stable one, 0.02" in note.text())
    assert find("optimize.rate").value() == 2e-5
    window.document._joining.stop()  # else the click and the number before it are one step of undo
    assert take.text() == "Use 0.01"
    QTest.mouseClick(take, Qt.MouseButton.LeftButton)
    assert find("optimize.rate").value() == 0.01
    qtbot.waitUntil(lambda: note.isHidden() and take.isHidden(), timeout=PATIENCE_MS)
    window.document.undo()
    assert find("optimize.rate").value() == 2e-5
    find("optimize.rule").setCurrentText("adam")  # of which no limit is known
    qtbot.waitUntil(lambda: note.isHidden(), timeout=PATIENCE_MS)


def test_a_setting_that_cannot_be_is_said_and_nothing_is_lost(optimize, find, press):
    press("optimize.run")
    bounds, clip = find("optimize.bounds"), find("optimize.clip")
    for text, said in (
        ("x 2 1", "below the upper one"),
        ("q 1 2", "not an input"),
        ("x 1", "an input and two numbers"),
    ):
        bounds.setText(text)
        bounds.editingFinished.emit()
        assert said in find("status.optimize").text()
        assert not find("optimize.run").isEnabled()
    bounds.clear()
    bounds.editingFinished.emit()
    clip.setValue(-1.0)
    assert "must be above 0" in find("status.optimize").text()
    assert not find("optimize.run").isEnabled()
    assert len(optimize.run_page.traces[0]) == 201


def test_the_race_has_a_run_of_every_ticked_rule_and_says_how_each_ended(optimize, page, press, find, cells):
    find("optimize.rate").setValue(2e-3)
    race = page("Race")
    press("race.run")
    assert [trace.spec["legs"][0]["settings"].get("rate") for trace in race.traces][:2] == [2e-3, 1e-3]
    assert [trace.label for trace in race.traces] == ["gd", "momentum", "nesterov", "rmsprop", "adam", "bfgs"]
    rows = {row[0]: row for row in cells("race.table")}
    assert rows["bfgs"][3].startswith("converged at step 39")
    assert rows["adagrad"][3] == ""
    assert find("race.status").text() == "lowest: bfgs"
    table = find("race.table")
    assert table.horizontalHeaderItem(2).text() == "f"
    assert [table.item(row, 0).text() for row in range(6)] == [trace.label for trace in race.traces]  # on top


def test_a_comparison_ranks_the_rules_and_exports_its_numbers(optimize, page, press, find, cells):
    page("Compare")
    find("compare.starts").setValue(6)
    find("compare.budget").setValue(150)
    press("compare.run")
    rows = cells("compare.table")
    assert {row[0] for row in rows} == {"gd", "momentum", "nesterov", "adam", "rprop", "bfgs"}
    assert rows[0][0] == "bfgs"
    assert rows[0][5] == "100 %"
    assert find("compare.status").text().startswith("Solved: f ≤")
    press("compare.copy")
    table = QGuiApplication.clipboard().text().splitlines()
    assert table[0].startswith("rule,rate,lower quartile,median")
    assert len(table) == 1 + 5 * 9 + 1
    for kind in range(find("compare.plot.kind").count()):
        find("compare.plot.kind").setCurrentIndex(kind)


def test_a_map_shows_the_basins_and_a_click_runs_from_there(qtbot, optimize, write, page, press, find, settle):
    write(HIMMELBLAU)
    find("optimize.rate").setValue(0.01)
    map_page = page("Map")
    find("map.side").setValue(40)
    press("map.run")
    said = find("map.status").text()
    assert len(map_page._minima) == 4
    shares = [int(number) for number in re.findall(r"\): (\d+) %", said)]
    assert len(shares) == 4
    assert sum(shares) > 90
    plot = find("map.plot")
    qtbot.waitUntil(lambda: plot.axes() is not None, timeout=PATIENCE_MS)
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=plot.to_pixel(3.5, 3.0).toPoint())
    settle()
    assert optimize.pages.currentWidget() is optimize.run_page
    (trace,) = optimize.run_page.traces
    assert trace.point(len(trace) - 1) == pytest.approx([3, 2], abs=1e-3)


def test_understand_says_what_the_curvature_means_and_finds_the_stationary_points(
    qtbot, optimize, write, page, press, find, cells
):
    write("x^2/2 + 50*y^2")
    find("optimize.rate").setValue(0.018)
    press("optimize.run")
    page("Understand")
    words = find("understand.words")
    qtbot.waitUntil(lambda: "κ = 100" in words.text(), timeout=PATIENCE_MS)
    assert "2/λmax = 0.02" in words.text()
    assert "0.9 × its largest stable one" in words.text()
    # The slow direction decides: 1 − 0.018.
    assert "×0.982 a step, measured over the last steps ×0.982" in words.text()
    assert [row[1] for row in cells("understand.eigenvalues")] == ["y", "x"]
    write(HIMMELBLAU)
    assert "κ = 100" not in words.text()
    press("understand.find")
    kinds = [row[0] for row in cells("understand.points")]
    assert (kinds.count("minimum"), kinds.count("saddle"), kinds.count("maximum")) == (4, 4, 1)


def test_a_trace_reads_blocks_and_knows_its_lengths() -> None:
    trace = Trace({"at": {}, "legs": [{"rule": "gd", "settings": {}, "steps": 2}]}, ["x", "y"])
    trace.x.extend([0, 0, 3, 4, 3, 4])
    trace.loss.extend([3, 2, 1])
    assert list(trace.lengths()) == [5, 0]
    assert trace.values("distance", [0, 1], [[3, 4]]) == [5, 0]


def test_on_data_the_fit_is_seen_first_beside_its_model_and_follows_the_step(optimize, find, press, settle, qtbot):
    objective, paths = find("optimize.objective"), optimize.run_page.paths
    objective.setCurrentText("fit a line")
    objective.activated.emit(objective.currentIndex())
    settle()
    assert find("optimize.about").text() == "Mean squared error of a straight line over 15 rows; parameters b, w"
    assert find("optimize.model").isVisible()
    assert find("optimize.model").accessibleDescription() == "loss = (w * x + b - y)^2"
    assert paths.picture.currentText() == "fit"
    assert paths.upper.currentWidget() is paths.fit_view
    find("optimize.steps").setValue(60)
    press("optimize.run")
    assert paths.curve.currentText() == "mean loss"
    assert paths.loss.isVisible()

    def ends_are_those_of(step):
        b, w = optimize.run_page.current.point(step)
        line = next(iter(paths.fit_view.plot.overlay), None)
        return line is not None and [line.y[0], line.y[-1]] == pytest.approx(
            [w * x + b for x in (line.x[0], line.x[-1])]
        )

    for step in (60, 3):
        paths.slider.setValue(step)
        qtbot.waitUntil(lambda step=step: ends_are_those_of(step), timeout=PATIENCE_MS)
    objective.setCurrentIndex(0)
    objective.activated.emit(0)
    settle()
    assert paths.picture.currentText() == "contour"
    assert [paths.curve.itemText(place) for place in range(2)] == ["f", "|∇f|"]
    assert paths.curve.findData("model") < 0
    assert find("optimize.about").isHidden()


def test_of_the_state_of_many_inputs_nothing_is_cut(optimize, find, write, press):
    write("mean_loss = " + " + ".join(f"(p{k} - {k})^2" for k in range(1, 14)))
    find("optimize.rule").setCurrentText("adam")
    find("optimize.steps").setValue(30)
    press("optimize.run")
    state = find("optimize.state")
    assert "30 steps" in state.text()
    assert all(f"{symbol}\u00a0=" in state.text() for symbol in ("m", "v"))
    assert not state.toolTip()  # which would hold what has no room


def test_a_race_of_a_session_is_repeated_bit_for_bit_with_its_ticks_and_rates(window, page, find, press, settle):
    race = page("Race")
    race.table.item(0, 1).setText("0.0005")
    race.table.item(1, 0).setCheckState(Qt.CheckState.Unchecked)
    press("race.run")
    before = [(trace.label, trace.x.tobytes(), trace.loss.tobytes()) for trace in race.traces]
    kept = json.loads(json.dumps(window.optimize.options()))
    race.table.item(0, 1).setText("0.001")
    race.table.item(1, 0).setCheckState(Qt.CheckState.Checked)
    race.traces = []
    window.optimize.restore(kept)
    window.optimize._tell_page()
    settle()
    assert race.table.item(0, 1).text() == "0.0005"
    assert race.table.item(1, 0).checkState() is Qt.CheckState.Unchecked
    assert [(trace.label, trace.x.tobytes(), trace.loss.tobytes()) for trace in race.traces] == before
    assert find("race.status").text().startswith("lowest")


@pytest.mark.parametrize("data", FIRST_RATES)
@pytest.mark.parametrize("rule", ["gd", "momentum", "nesterov", "rmsprop", "adam", "adamw"])
def test_a_data_set_is_learnt_with_the_rate_that_stands_there_at_first(data, rule):
    objective = {"kind": "data", "name": data, "seed": 0}
    start = next(runs_answers(questions.runs("x", objective, 0, [], None)))["start"]
    leg = {"rule": rule, "settings": {"rate": first_rate(rule, data)}, "steps": 200}
    parts = list(runs_answers(questions.runs("x", objective, 0, [{"at": start, "legs": [leg]}], None)))
    losses = [loss for part in parts if "block" in part for loss in doubles(part["block"]["loss"])]
    assert losses[-1] < 0.15 * losses[0]


@pytest.mark.parametrize(("rows", "side"), [(1, 200), (500, 25), (100_000, 24)])
def test_a_map_on_many_rows_is_coarser_at_first(rows, side):
    assert MapPage._usual_side(Subject("x", {}, {}, "f", rows=rows)) == side


@pytest.mark.parametrize(("rows", "starts"), [(1, 25), (200, 25), (500, 11), (100_000, 8)])
def test_a_comparison_on_many_rows_has_fewer_starts_at_first(rows, starts):
    assert ComparePage._usual_starts(Subject("x", {}, {}, "f", rows=rows)) == starts


def test_the_rate_of_a_data_set_comes_and_goes_with_it_unless_it_was_set_by_hand(window, optimize, page, find, settle):
    rate, objective, race = find("optimize.rate"), find("optimize.objective"), page("Race")

    def choose(words):
        objective.setCurrentText(words)
        objective.activated.emit(objective.currentIndex())

    usual = rate.value()
    race.table.item(0, 1).setText(number_text(usual))  # as in a race that nobody has changed
    choose("two circles")
    assert rate.value() == first_rate("gd", "circles") != usual
    assert race.table.item(0, 1).text() == "1"
    find("optimize.rule").setCurrentText("adam")
    assert rate.value() == first_rate("adam", "circles")
    find("optimize.rule").setCurrentText("gd")
    rate.setValue(0.3)
    choose("fit a line")
    assert rate.value() == 0.3
    rate.setValue(first_rate("gd", "line"))
    window.document._joining.stop()  # as after a while
    choose(objective.itemText(0))
    assert rate.value() == usual
    window.document.undo()
    assert objective.currentText() == "fit a line"
    assert rate.value() == first_rate("gd", "line")
    settle()


def test_steps_that_get_nowhere_are_said_before_they_are_taken(qtbot, optimize, find):
    note, take = find("optimize.note"), find("optimize.note.take")
    find("optimize.rule").setCurrentText("adam")
    words = "A step is about as long as the rate: 200 of them go about 0.2 far along each input."
    qtbot.waitUntil(lambda: note.text() == words, timeout=PATIENCE_MS)
    qtbot.mouseClick(take, Qt.MouseButton.LeftButton)
    assert find("optimize.rate").value() == 0.1
    qtbot.waitUntil(note.isHidden, timeout=PATIENCE_MS)
