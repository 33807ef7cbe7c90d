"""The laboratory's pages without a window: digits that cancel, and the figures that they ask for."""

import math

import pytest

from explorer.ui.laboratory.digits_page import CANCELS, SURVIVES, WRONG, ZERO, cancellation, sum_label
from explorer.ui.laboratory.error_page import error_figure, estimates_figure
from explorer.ui.laboratory.reading import Reading, short, step_text
from explorer.work import questions
from explorer.work.differences import answers


def reading_of(source, **at):
    message = questions.differences(source, {name: float(v) for name, v in at.items()}, 0, "")
    return Reading.from_json(next(iter(answers(message)))["base"])


def test_what_cancels_survives_and_is_wrong_is_marked_digit_by_digit():
    # 1.250000000|116415… is 1.25 + 2⁻³³, and should have been 1.250000000|116410.
    found = cancellation(1.25 + 2.0**-33, 1.25, ("1.25000000011641", "1.25"), 0.0, ("a", "b"))
    upper, lower, difference, exact = found.lines
    assert upper.text.startswith(" 1.2500000001164153")
    assert upper.marks[:12] == (CANCELS,) * 12
    assert set(upper.marks[12:]) == set(lower.marks[12:]) == {SURVIVES}
    assert found.cancelled == 10
    assert difference.marks[:12] == (ZERO,) * 12
    assert difference.marks[12] == SURVIVES
    assert difference.marks[-1] == WRONG
    # 1.164153e−10 with an error of 5.3e−15: four digits are right.
    assert found.good == pytest.approx(math.log10(1.1641e-10 / 5.3218e-15), abs=0.01)
    assert exact.text.replace(".", "").lstrip(" 0").startswith("11641")


def test_numbers_of_any_size_share_one_power_of_ten():
    for size in (1e-300, 1e-5, 1.0, 1e17, 1e300):
        found = cancellation(3.0 * size, 2.5 * size, None, 1e-16 * size, ("a", "b"))
        assert [line.text[1:5] for line in found.lines] == ["3.00", "2.50", "0.50"] or found.lines[0].text[1] in "23"
        assert found.exponent == math.floor(math.log10(3.0 * size))
        assert found.cancelled == 0


def test_equal_numbers_leave_nothing():
    found = cancellation(5.25, 5.25, None, 1e-16, ("a", "b"))
    assert set(found.lines[0].marks) == {CANCELS}
    assert found.good == 0.0
    assert cancellation(math.nan, 1.0, None, 0.0, ("a", "b")) is None


def test_signs_that_differ_cancel_nothing():
    found = cancellation(1.0, -1.0, None, 1e-16, ("a", "b"))
    assert found.cancelled == 0
    assert found.lines[1].text.startswith("−1.0")


def test_sums_are_labelled_as_they_are_written():
    terms = [(1, -2.0), (-8, -1.0), (8, 1.0), (-1, 2.0), (3, 0.0)]
    assert sum_label(terms, 1) == "f(x−2h) + 8f(x+h) + 3f(x)"
    assert sum_label(terms, -1) == "8f(x−h) + f(x+2h)"
    assert sum_label([(1, 1.0)], -1) == "0"


def test_the_error_figure_has_dots_theory_and_the_optimum():
    reading = reading_of("sin(x)*exp(x)", x=1)
    figure = error_figure(reading, ["forward", "central"], "central", theory=True)
    measured = [row for row in figure["series"] if not row["style"].get("dashed")]
    theory = [row for row in figure["series"] if row["style"].get("dashed")]
    assert [row["label"] for row in measured] == ["forward", "central"]
    assert len(theory) == 4
    # Between the optimum and 1 central differences have no other error than theory's c·h²·f‴.
    line = next(row for row in theory if row["style"]["index"] == measured[1]["style"]["index"])
    slope = math.log(line["y"][1] / line["y"][0]) / math.log(line["x"][1] / line["x"][0])
    assert slope == pytest.approx(2.0)
    k = 160
    expected = line["y"][1] * (reading.steps[k] / line["x"][1]) ** 2
    assert measured[1]["y"][k] == pytest.approx(expected, rel=0.01)
    words = [reference["label"] for reference in figure["references"]]
    assert [w.rpartition(" ")[0] for w in words] == ["best, predicted", "best, measured", "default"]
    assert len(error_figure(reading, ["forward"], "central", theory=False)["series"]) == 1


def test_where_there_is_no_derivative_the_estimates_themselves_are_drawn():
    reading = reading_of("floor(x)", x=2)
    assert not reading.comparable
    figure = estimates_figure(reading, ["central"])
    sizes = figure["series"][0]["y"]
    # A jump of 1 looks like a slope of 1/2h.
    assert sizes[100] * reading.taken[100] == pytest.approx(0.5)
    assert figure["spans"][0]["label"] == "jump"
    corner = estimates_figure(reading_of("|x|", x=0), ["forward"])
    assert corner["references"] == [{"axis": "y", "at": 1.0, "label": "slopes −1 and 1"}]


def test_the_grid_place_of_a_step_is_the_nearest():
    reading = reading_of("sin(x)", x=50)
    for k in (0, 17, 100, 204):
        assert reading.place(reading.steps[k] * 1.02) == k
    assert reading.place(0.0) == 0
    assert reading.place(1e9) == len(reading.steps) - 1


def test_steps_and_errors_are_written_shortly():
    assert [step_text(h) for h in (1e-8, 2.26e-5, 0.05, 1.0, 0.0)] == ["1e−8", "2.3e−5", "0.05", "1", "0"]
    assert [short(v) for v in (1.23e-10, math.nan, math.inf, 0.0)] == ["1.2e−10", "undefined", "∞", "0"]
