"""Central differences that are off by their step, and what is said of them."""

import math

import pytest

from explorer.calculus.differences import central_jacobian
from explorer.calculus.sweeps import reverse_jacobian
from explorer.calculus.tape import record
from explorer.calculus.verdict import judge
from explorer.calculus.wrong_step import central_slack, explain_central
from explorer.language.parser import parse


@pytest.mark.parametrize(
    ("text", "x", "words"),
    [
        ("sin(1/x)", 1e-3, "smaller scale than the usual step"),
        ("sin(1e6*x)", 1.0, "smaller scale than the usual step"),
        ("x^2 + 1e16 - 1e16", 1.0, "no step makes the central difference agree"),
        ("x^2", 3.0, ""),
        ("1/x", math.inf, ""),
    ],
)
def test_a_central_difference_that_is_off_alone_is_explained_by_its_step(text, x, words):
    program = parse(text)
    tape = record(program, [x])
    central = central_jacobian(program, [x])
    notes = explain_central(program, tape, central)
    assert [words in note for note in notes] == ([True] if words else [])
    verdict = judge(tape, {"reverse": reverse_jacobian(tape), "central": central}, [], False, notes)
    assert verdict.agree
    assert verdict.central_agrees is not bool(words)


def test_a_slope_of_0_is_measured_by_the_largest_of_the_gradient_and_at_a_minimum_by_what_is_around():
    program = parse("2*x^2 + x*y + y^2")
    tape = record(program, [2.0, -1.0])
    assert central_slack(program, tape, [[7.0 + 1e-9, 1e-11]]) == [[0.0, 7.0]]
    least = record(program, [0.0, 0.0])
    ((along_x, along_y),) = central_slack(program, least, [[1e-11, 0.0]])
    assert along_x == pytest.approx(2e-2)
    assert along_y == 0.0


def test_the_rounding_of_a_constant_is_no_scale_on_which_it_changes():
    program = parse("sin(x)^2 + cos(x)^2")
    tape, central = record(program, [1.1]), central_jacobian(program, [1.1])
    assert abs(central[0][0]) > 1e-12
    slack = central_slack(program, tape, central)
    assert explain_central(program, tape, central, slack) == []
    assert judge(tape, {"reverse": [[0.0]], "central": central}, [], False, slack=slack).central_agrees
    # A slope that is there is one, however large f is beside it.
    program = parse("x - y")
    (note,) = explain_central(program, record(program, [1e308, 0.1]), [[1.0, 0.0]])
    assert "∂f/∂y: no step" in note


def test_the_step_that_is_named_does_agree():
    program = parse("sin(1/x)")
    (note,) = explain_central(program, record(program, [1e-3]), central_jacobian(program, [1e-3]))
    step = float(note.partition("with h = ")[2].split()[0].replace("−", "-"))
    slope = (math.sin(1 / (1e-3 + step)) - math.sin(1 / (1e-3 - step))) / ((1e-3 + step) - (1e-3 - step))
    assert slope == pytest.approx(-1e6 * math.cos(1e3), rel=1e-6)


def test_central_differences_are_not_blamed_where_the_function_itself_overflows():
    program = parse("x*10 - x*10")
    assert explain_central(program, record(program, [1e308]), [[math.nan]]) == []
