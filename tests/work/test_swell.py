"""The swell laboratory: published counts (Baydin et al. 2018; Laue 2019), laws, families, budget and cancelling."""

import time

import pytest

from explorer.calculus.sweeps import reverse_jacobian
from explorer.calculus.symbolic import expressions
from explorer.calculus.symbolic.families import FAMILIES
from explorer.calculus.symbolic.taped import taped
from explorer.calculus.tape import record
from explorer.language.parser import parse
from explorer.language.program import ExplorerError
from explorer.work import questions
from explorer.work.swell import answers


def run(family: str, last: int, source: str = "sin(x)*x", at=None, seconds: float = 20.0, by: str = ""):
    parts = list(answers(questions.swell(source, at or {"x": 2.0}, family, last, seconds, by)))
    points = [part["point"] for part in parts if "point" in part]
    laws = [part["laws"] for part in parts if "laws" in part]
    return points, laws[-1] if laws else {}


def test_the_logistic_map_swells_as_published_and_stays_small_when_shared():
    points, laws = run("logistic", 12)
    derivative = [point["derivative"] for point in points]
    assert [sizes["operations"] for sizes in derivative[1:10]] == [2, 21, 82, 264, 768, 2096, 5472, 13824, 34048]
    assert [sizes["after_cse"] for sizes in derivative[1:8]] == [2, 12, 27, 45, 67, 93, 123]
    assert [sizes["dag"] for sizes in derivative[1:10]] == [5, 17, 26, 36, 47, 59, 72, 86, 101]
    assert laws["f′ operations"].startswith("about n² · 2ⁿ")
    assert laws["f′ dag"] == "quadratic"
    assert laws["forward"] == laws["reverse"] == "linear"


def test_nested_sines_are_quadratic_as_a_tree_and_linear_when_shared():
    points, laws = run("sines", 10)
    assert [point["derivative"]["operations"] for point in points] == [1, 4, 8, 13, 19, 26, 34, 43, 53, 64]
    assert (laws["f′ operations"], laws["f′ dag"], laws["reverse"]) == ("quadratic", "linear", "linear")


def test_a_product_stays_quadratic_under_cse_and_is_linear_in_reverse_mode():
    points, laws = run("product", 10)
    assert [point["derivative"]["operations"] for point in points[2:]] == [n * (n - 2) for n in range(3, 11)]
    assert [points[n - 1]["derivative"]["after_cse"] for n in (3, 5, 10)] == [3, 11, 45]
    assert (laws["reverse"], laws["forward"]) == ("linear", "quadratic")
    assert points[9]["reverse"] == 3 * 9  # a multiplication and two multiply-adds each


def test_the_persons_own_function_is_composed_in_one_input():
    points, _ = run("composed", 3, "4*x*(1 - x)*r", {"x": 0.3, "r": 0.9}, by="x")
    program = FAMILIES["composed"].program(2, parse("f(x, r) = 4*x*(1 - x)*r"), "x")
    inner = 4 * 0.3 * 0.7 * 0.9
    assert record(program, [0.3, 0.9]).values == (4 * inner * (1 - inner) * 0.9,)
    assert len(points) == 3
    with pytest.raises(ExplorerError, match="one output"):
        run("composed", 3, "x, 2x")


def test_the_nth_derivative_is_that_of_the_one_before():
    points, _ = run("derivatives", 4, "x^5")
    assert [point["derivative"]["characters"] for point in points] == [
        len(t) for t in ("5*x**4", "20*x**3", "60*x**2", "120*x")
    ]
    assert points[1]["function"] == points[0]["derivative"]


@pytest.mark.parametrize("family", ["determinant", "network"])
def test_families_of_many_inputs_have_the_gradient_of_their_tape(family):
    program = FAMILIES[family].program(3, parse("x"), "x")
    outputs, inputs = expressions(program)
    point = [0.3 + 0.1 * k for k in range(len(inputs))]
    mine, theirs = taped(outputs, inputs, point), record(program, point)
    assert mine.values == pytest.approx(theirs.values, rel=1e-14)
    assert reverse_jacobian(mine)[0] == pytest.approx(reverse_jacobian(theirs)[0], rel=1e-12)
    assert len(run(family, 3)[0]) == 3


def test_a_determinant_is_the_determinant():
    point = [2.0, -1.0, 0.5, 1.0, 3.0, 2.0, 0.0, 1.0, 4.0]
    expected = 2 * (3 * 4 - 2 * 1) + 1 * (1 * 4 - 0) + 0.5 * (1 * 1 - 0)
    assert record(FAMILIES["determinant"].program(3, parse("x"), "x"), point).values == (pytest.approx(expected),)


def test_no_point_is_begun_after_the_budget_and_what_was_measured_stays():
    start = time.monotonic()
    parts = list(answers(questions.swell("x", {"x": 1.0}, "determinant", 7, 0.05)))
    assert time.monotonic() - start < 10
    assert "used up" in parts[-1]["stopped"]
    assert any("point" in part for part in parts)
