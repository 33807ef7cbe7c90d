"""The verdict: digits, agreement, and the reasons that a tape gives for the lack of it."""

import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.calculus.differences import central_jacobian, complex_step_jacobian
from explorer.calculus.numbers import ComplexStepInvalid
from explorer.calculus.sweeps import reverse_jacobian
from explorer.calculus.tape import forward_jacobian, record
from explorer.calculus.verdict import (
    FULL_DIGITS,
    Lost,
    Verdict,
    central_slack,
    digits_agreed,
    explain_central,
    find_reasons,
    find_slopes,
    judge,
    lost_digits,
)
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


def test_programs_without_inputs_or_with_one_engine_are_judged_too():
    tape = record(parse("5"), [])
    assert judge(tape, {"reverse": [[]], "forward": [[]], "symbolic": None, "central": [[]]}, [], False).agree
    assert judge(tape, {}, [], False) == Verdict(True, FULL_DIGITS, ())


@pytest.mark.parametrize(
    ("text", "x", "words"),
    [
        ("sin(1/x)", 1e-3, "smaller scale than the usual step"),
        ("sin(1e6*x)", 1.0, "smaller scale than the usual step"),
        ("x^2 + 1e16 - 1e16", 1.0, "no step makes the central difference agree"),
        ("x^2", 3.0, ""),
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


def test_the_step_that_is_named_does_agree():
    program = parse("sin(1/x)")
    (note,) = explain_central(program, record(program, [1e-3]), central_jacobian(program, [1e-3]))
    step = float(note.partition("with h = ")[2].split()[0])
    slope = (math.sin(1 / (1e-3 + step)) - math.sin(1 / (1e-3 - step))) / ((1e-3 + step) - (1e-3 - step))
    assert slope == pytest.approx(-1e6 * math.cos(1e3), rel=1e-6)


def test_central_differences_are_not_blamed_where_the_function_itself_overflows():
    program = parse("x*10 - x*10")
    assert explain_central(program, record(program, [1e308]), [[math.nan]]) == []


def judged_whole(text: str, *point: float) -> Verdict:
    """The verdict as the window has it: with the step's notes, and with many digits where a sum cancels."""
    program = parse(text)
    tape = record(program, point)
    central = central_jacobian(program, point)
    slack = central_slack(program, tape, central)
    engines = {"reverse": reverse_jacobian(tape), "forward": forward_jacobian(program, point), "central": central}
    with suppress(ComplexStepInvalid):
        engines["complex_step"] = complex_step_jacobian(program, point)
    lost = lost_digits(program, tape, engines)
    notes = [] if lost and lost.notes else explain_central(program, tape, central, slack)
    return judge(tape, engines, find_slopes(program, tape), False, notes, lost, slack)


def test_agreement_on_what_cancellation_has_destroyed_is_no_truth():
    verdict = judged_whole("(1 - cos(x))/x^2", 1e-8)
    assert verdict.reasons == ("cancellation",)
    (note,) = verdict.notes
    assert "y = 0.5" in note
    assert "−8.33333e−10" in note  # the series ½ − x²/24 has the slope −x/12


@pytest.mark.parametrize(
    ("text", "x", "said"),
    [
        ("(1 + 1/x)^x", 1e9, "y = 2.71828 and ∂y/∂x = 1.35914e−18"),  # e − e/(2x) + …
        ("log(1 + x)/x", 1e-12, "y = 1 and ∂y/∂x = −0.5"),
        ("log1p(x)/x", 1e-12, "digits ∂y/∂x = −0.5"),  # the value is right, and the derivative is not
    ],
)
def test_a_rounding_error_that_is_magnified_is_told_where_no_sum_cancels(text, x, said):
    verdict = judged_whole(text, x)
    assert verdict.reasons == ("cancellation",)
    (note,) = verdict.notes
    assert said in note
    assert "rounding on the way is magnified" in note or "Of its digits are right: " in note


@pytest.mark.parametrize(
    ("text", "x", "exact"),
    [
        ("tanh(7*x)", 1.9, 28 / (math.exp(13.3) + math.exp(-13.3)) ** 2),
        ("sin(x)/x", 1e-5, -1e-5 / 3),  # − x/3 + x³/30 − …
        ("1 - tanh(x)^2", 13.0, -8 * math.tanh(13.0) / (math.exp(13.0) + math.exp(-13.0)) ** 2),
    ],
)
def test_exact_methods_that_differ_are_told_apart_by_many_digits(text, x, exact):
    verdict = judged_whole(text, x)
    assert not verdict.agree
    assert verdict.reasons == ("cancellation",)
    (note,) = verdict.notes
    assert f"∂y/∂x = {exact:.6g}".replace("-", "−") + ". Of its digits are right: the complex step " in note
    assert ", reverse AD and forward AD 5." in note


def test_a_flat_function_whose_chain_has_an_infinite_factor_is_explained_by_it():
    (note,) = judged_whole("exp(-1/x^2)", 0.0).notes
    assert "the slope is 0 from both sides, and AD gives nan: its chain of factors has 0·∞" in note


@pytest.mark.parametrize(("text", "x"), [("sin(1e8*x)", 1.3), ("relu(x) - relu(-x)", 0.0)])
def test_steepness_and_a_convention_are_no_lost_digits(text, x):
    program = parse(text)
    lost = lost_digits(program, record(program, [x]), {})
    assert lost is None or lost == Lost()


def test_the_last_rounds_of_a_chaotic_loop_are_rounding():
    (note,) = judged_whole("def f(x):\n    for k in range(80):\n        x = 3.9*x*(1-x)\n    return x", 0.3).notes
    assert "∂f/∂x = −3.81674e+16" in note


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("ln(x1) + x1*x2 - sin(x2)", (2.0, 5.0)),
        ("(1-x)^2 + 100*(y - x^2)^2", (1.0, 1.0)),
        ("x^3 - 3*x", (1.0,)),
        ("x^4 - 4*x", (1.0,)),
        ("t = x^2\nt - 2 + 1e-30*x", (math.sqrt(2.0),)),
        ("expm1(x) - x*exp(0*x) + 3", (1e-3,)),
    ],
)
def test_a_stationary_point_or_a_sum_that_cancels_without_harm_is_no_alarm(text, point):
    verdict = judged_whole(text, *point)
    assert verdict.agree
    assert verdict.central_agrees
    assert verdict.notes == ()


def test_an_infinite_slope_is_agreed_on_where_estimates_can_only_be_large():
    verdict = judged("asin(x)", 1.0)
    assert verdict.agree
    assert verdict.reasons == ("domain-edge",)


@pytest.mark.parametrize(
    ("text", "point", "reasons", "said"),
    [
        # each number by hand: 800 + ln(1 + e^−800); σ(1); −2·27·e^−729; −1/x²; 1/√2; e^710
        ("ln(1 + exp(x))", (800.0,), ("overflow",), "y = 800 and ∂y/∂x = 1: a number on the way is more than"),
        ("ln(exp(x) + exp(y))", (1000.0, 1001.0), ("overflow",), "∂f/∂y = 0.731059: a number on the way"),
        ("exp(-x^2)", (27.0,), (), "∂y/∂x = −1.3543e−315: below 2.22507e−308"),
        ("1/x", (1e-200,), ("overflow",), "∂y/∂x = −1.0e+400: more than a double can hold"),
        ("sqrt(x^2 + y^2)", (1e200, 1e200), ("overflow",), "f = 1.41421e+200 and ∂f/∂x = 0.707107: a number on"),
        ("exp(x)", (710.0,), ("overflow",), "∂y/∂x = 2.23399e+308: more than a double can hold"),
        ("x^3", (1e-200,), (), "∂y/∂x = 3.0e−400: below"),
    ],
)
def test_a_number_that_exists_and_no_double_can_hold_on_the_way_is_told(text, point, reasons, said):
    verdict = judged_whole(text, *point)
    assert verdict.lost == "range"
    assert verdict.reasons == reasons
    assert any(said in note for note in verdict.notes)


@pytest.mark.parametrize(("text", "x"), [("1/x", 0.0), ("ln(x)", 0.0), ("exp(1/x)", 0.0), ("tan(x)", 1.5)])
def test_a_pole_is_no_number_that_a_double_cannot_hold(text, x):
    assert judged_whole(text, x).lost == ""


def test_a_formula_that_loses_some_digits_is_told_and_is_no_disagreement():
    program, x = parse("acos(x)"), 0.9999999999
    tape = record(program, [x])
    slope = -1 / math.sqrt((1 - x) * (1 + x))
    engines = {"reverse": [[slope]], "forward": [[slope]], "symbolic": [[-1 / math.sqrt(1 - x**2)]]}
    lost = lost_digits(program, tape, engines)
    assert lost == Lost(
        (
            "In arithmetic with hundreds of digits ∂y/∂x = −70710.7. Of its digits are right: "
            "reverse AD and forward AD 15.6, SymPy's formula 10.6",
        )
    )
    assert judge(tape, engines, (), False, (), lost).agree
