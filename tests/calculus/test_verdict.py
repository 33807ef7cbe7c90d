"""The verdict: digits, agreement, and the reasons that a tape gives for the lack of it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.calculus.agreement import FULL_DIGITS, digits_agreed
from explorer.calculus.differences import central_jacobian, complex_step_jacobian
from explorer.calculus.numbers import ComplexStepInvalid
from explorer.calculus.reasons import find_reasons
from explorer.calculus.sweeps import reverse_jacobian
from explorer.calculus.tape import forward_jacobian, record
from explorer.calculus.verdict import Verdict, find_slopes, judge
from explorer.language.parser import parse

REASONS = {"kink", "branch-boundary", "cancellation", "overflow", "domain-edge", "not-differentiable",
           "iteration-not-converged", "complex-step-invalid"}  # fmt: skip


def judged(text: str, *point: float, **changed: list[list[float]]) -> Verdict:
    """The verdict on the methods of this program, `changed` put in the place of what they give."""
    program = parse(text)
    tape = record(program, point)
    engines = {
        "forward": forward_jacobian(program, point),
        "reverse": reverse_jacobian(tape),
        "central": central_jacobian(program, point),
        "complex_step": None,
    }
    try:
        engines["complex_step"] = complex_step_jacobian(program, point)
        invalid = False
    except ComplexStepInvalid:
        invalid = True
    return judge(tape, {**engines, **changed}, find_slopes(program, tape), invalid)


@pytest.mark.parametrize(
    ("a", "b", "digits"),
    [
        (1.0, 1.0, FULL_DIGITS),
        (0.0, -0.0, FULL_DIGITS),
        (math.nan, math.nan, FULL_DIGITS),
        (math.inf, math.inf, FULL_DIGITS),
        (math.nan, 1.0, 0.0),
        (math.inf, -math.inf, 0.0),
        (1.0, math.inf, 0.0),
        (1.0, -1.0, 0.0),
        (1.0, 0.0, 0.0),
        (1.0, 1.001, 3.0),
        (1e-300, 1.000001e-300, 6.0),
        (1e308, -1e308, 0.0),
        (5e-324, 1e-323, 0.3),
    ],
)
def test_digits_are_counted_from_the_relative_difference(a, b, digits):
    assert digits_agreed(a, b) == digits_agreed(b, a) == pytest.approx(digits, abs=0.11)


@given(st.floats(), st.floats())
def test_digits_are_always_between_none_and_all(a, b):
    assert 0.0 <= digits_agreed(a, b) <= FULL_DIGITS


def test_the_worked_example_agrees_in_all_digits_for_no_reason():
    verdict = judged("ln(x1) + x1*x2 - sin(x2)", 2.0, 5.0)
    assert verdict.agree
    assert verdict.digits > 15
    assert verdict.reasons == ()


@pytest.mark.parametrize("engine", ["forward", "complex_step", "symbolic"])
def test_a_wrong_exact_method_is_found_out(engine):
    assert not judged("ln(x1) + x1*x2 - sin(x2)", 2.0, 5.0, **{engine: [[5.5, 1.72]]}).agree
    assert not judged("ln(x1) + x1*x2 - sin(x2)", 2.0, 5.0, **{engine: [[math.inf, 1.7163378145367738]]}).agree


def test_the_rounding_of_a_value_is_no_disagreement_about_a_slope_of_0():
    assert judged("exp(x)*(x - 2)", 1.0, complex_step=[[-2.1e-16]]).agree
    assert not judged("exp(x)*(x - 2)", 1.0, complex_step=[[-2.1e-13]]).agree


def test_digits_are_those_of_the_worst_entry():
    assert judged("x*y", 2.0, 5.0, symbolic=[[5.0, 2.0002]]).digits == pytest.approx(4.0, abs=0.11)


@pytest.mark.parametrize(
    ("text", "point", "reasons"),
    [
        ("|x|", [0.0], {"kink"}),
        ("|x|", [1e-3], set()),
        ("max(x, y)", [2.0, 2.0], {"kink"}),
        ("relu(x)", [0.0], {"kink"}),
        ("where(x > 0, x, 2x)", [0.0], {"branch-boundary"}),
        ("where(x > 3, x, 2x)", [3.0], {"branch-boundary"}),
        ("where(x > 3, x, 2x)", [3.1], set()),
        ("floor(x)", [2.0], {"not-differentiable"}),
        ("sign(x)", [0.0], {"not-differentiable"}),
        ("atan2(y, x)", [-1.0, 0.0], {"not-differentiable"}),  # its jump of 2π
        ("atan2(y, x)", [1.0, 0.0], set()),
        ("1/0*x", [2.0], {"domain-edge"}),
        ("heaviside(x - 1)", [1.0], {"not-differentiable"}),
        ("(x + 1)^2 - x^2 - 2x - 1", [1e9], {"cancellation"}),
        ("x - y", [1.0, 1.0 - 1e-9], {"cancellation"}),
        ("x - y", [1.0, 1.0 - 1e-7], set()),
        ("x - y", [1.0, 1.0], set()),
        ("exp(x)", [1000.0], {"overflow"}),
        ("x*x", [1e200], {"overflow"}),
        ("x^2", [1e200], {"overflow"}),
        ("1/x", [0.0], {"domain-edge"}),
        ("x^-1", [0.0], {"domain-edge"}),
        ("log(x)", [0.0], {"domain-edge"}),
        ("log(x)", [-1.0], {"domain-edge"}),
        ("sqrt(x)", [0.0], {"domain-edge"}),
        ("x^y", [0.0, 2.0], {"domain-edge"}),
        ("x^y", [0.0, 0.0], {"not-differentiable"}),
        ("x^x", [0.0], {"domain-edge"}),
        ("x^2", [0.0], set()),
        ("hypot(x, y)", [0.0, 0.0], {"not-differentiable"}),
        ("atan2(x, y)", [0.0, 0.0], {"not-differentiable"}),
        ("x^y", [-2.0, 3.0], {"not-differentiable"}),
        ("asin(x)", [1.0], {"domain-edge"}),
        ("sin(x)*exp(y)", [1.0, 2.0], set()),
    ],
)
def test_the_tape_gives_its_reasons(text, point, reasons):
    assert set(find_reasons(record(parse(text), point))) == reasons <= REASONS


@pytest.mark.parametrize(
    ("text", "x"), [("|x|", 0.0), ("sqrt(x^2)", 0.0), ("relu(x) - relu(-x)", 0.0), ("floor(x)", 1.0)]
)
def test_where_there_is_no_derivative_a_reason_is_given_whether_the_numbers_agree_or_not(text, x):
    verdict = judged(text, x)
    assert verdict.reasons
    assert set(verdict.reasons) <= REASONS


def test_one_sided_slopes_show_a_corner_that_no_operation_has():
    program = parse("sqrt(x^2)")
    (slopes,) = find_slopes(program, record(program, [0.0]))
    assert (slopes.output, slopes.input, slopes.differ) == ("y", "x", True)
    assert (slopes.left, slopes.right) == pytest.approx((-1.0, 1.0), rel=1e-6)
    assert "kink" in judged("sqrt(x^2)", 0.0).reasons


def test_no_slopes_are_measured_where_all_is_smooth():
    program = parse("sin(x)*y")
    assert find_slopes(program, record(program, [1.0, 2.0])) == []


def test_the_complex_step_that_is_not_valid_is_a_reason_and_no_disagreement():
    verdict = judged("|x|*y", 3.0, 2.0)
    assert verdict.agree
    assert "complex-step-invalid" in verdict.reasons


def test_a_derivative_that_is_too_large_is_no_corner():
    verdict = judged("def f(x):\n    for k in range(2000):\n        x = 3.9*x*(1-x)\n    return x", 0.3)
    assert verdict.reasons == ("overflow",)


def test_a_central_difference_that_is_off_is_no_disagreement_for_the_complex_step_being_invalid():
    verdict = judged("|tanh((y + 7)*x)|", 2.611, 0.0)
    assert verdict.agree
    assert not verdict.central_agrees
    assert verdict.reasons == ("complex-step-invalid",)


def test_programs_without_inputs_or_with_one_engine_are_judged_too():
    tape = record(parse("5"), [])
    assert judge(tape, {"reverse": [[]], "forward": [[]], "symbolic": None, "central": [[]]}, [], False).agree
    assert judge(tape, {}, [], False) == Verdict(True, FULL_DIGITS, ())


def test_an_infinite_slope_is_agreed_on_where_estimates_can_only_be_large():
    verdict = judged("asin(x)", 1.0)
    assert verdict.agree
    assert verdict.reasons == ("domain-edge",)
