"""What doubles lose on the way, told by arithmetic with hundreds of digits, and what is no loss."""

import math
from contextlib import suppress

import pytest

from explorer.calculus.differences import central_jacobian, complex_step_jacobian
from explorer.calculus.lost_digits import Lost, lost_digits
from explorer.calculus.numbers import ComplexStepInvalid
from explorer.calculus.sweeps import reverse_jacobian
from explorer.calculus.tape import forward_jacobian, record
from explorer.calculus.verdict import Verdict, find_slopes, judge
from explorer.calculus.words import short
from explorer.calculus.wrong_step import central_slack, explain_central
from explorer.language.parser import parse


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
    assert f"∂y/∂x = {short(exact, 6)}. Of its digits are right: the complex step " in note
    assert ", reverse AD and forward AD 5." in note


def test_a_flat_function_whose_chain_has_an_infinite_factor_is_explained_by_it():
    (note,) = judged_whole("exp(-1/x^2)", 0.0).notes
    assert "the slope is 0 from both sides, and AD gives no number: its chain of factors has 0·∞" in note


@pytest.mark.parametrize(("text", "x"), [("sin(1e8*x)", 1.3), ("relu(x) - relu(-x)", 0.0)])
def test_steepness_and_a_convention_are_no_lost_digits(text, x):
    program = parse(text)
    lost = lost_digits(program, record(program, [x]), {})
    assert lost is None or lost == Lost()


def test_a_long_loop_whose_derivative_underflows_is_explained_without_many_digits():
    verdict = judged_whole("def f(x):\n    for k in range(3000):\n        x = sin(x) + 0.1\n    return x", 0.5)
    assert verdict.agree
    assert verdict.lost == "range"
    (note,) = verdict.notes
    assert "is computed as 4.941e−324: below 2.22507e−308 a double has fewer digits" in note


def test_a_derivative_of_which_the_complex_step_has_no_digits_is_no_disagreement():
    verdict = judged_whole("exp(-x^2)*1e-60", 23.5)
    assert verdict.agree
    assert "is so small that the numbers of the complex step underflow: it has none." in " ".join(verdict.notes)


def test_the_last_rounds_of_a_chaotic_loop_are_rounding():
    (note,) = judged_whole("def f(x):\n    for k in range(80):\n        x = 3.9*x*(1-x)\n    return x", 0.3).notes
    assert "∂f/∂x = −3.81674e16" in note


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("ln(x1) + x1*x2 - sin(x2)", (2.0, 5.0)),
        ("(1-x)^2 + 100*(y - x^2)^2", (1.0, 1.0)),
        ("x^3 - 3*x", (1.0,)),
        ("x^4 - 4*x", (1.0,)),
        ("t = x^2\nt - 2 + 1e-30*x", (math.sqrt(2.0),)),
        ("(x^2 + y - 11)^2 + (x + y^2 - 7)^2", (3.58442834033, -1.848126526964)),  # the slope is 5e−11 of its terms
        ("sin(x)*exp(-x)", (math.pi / 4,)),
        ("x*exp(-x)", (1.0000000000000002,)),
        ("expm1(x) - x*exp(0*x) + 3", (1e-3,)),
    ],
)
def test_a_stationary_point_or_a_sum_that_cancels_without_harm_is_no_alarm(text, point):
    verdict = judged_whole(text, *point)
    assert verdict.agree
    assert verdict.central_agrees
    assert verdict.notes == ()


@pytest.mark.parametrize(
    ("text", "point", "reasons", "said"),
    [
        # each number by hand: 800 + ln(1 + e^−800); σ(1); −2·27·e^−729; −1/x²; 1/√2; e^710
        ("ln(1 + exp(x))", (800.0,), ("overflow",), "y = 800 and ∂y/∂x = 1: a number on the way is more than"),
        ("ln(exp(x) + exp(y))", (1000.0, 1001.0), ("overflow",), "∂f/∂y = 0.731059: a number on the way"),
        ("exp(-x^2)", (27.0,), (), "∂y/∂x = −1.3543e−315: below 2.22507e−308"),
        ("1/x", (1e-200,), ("overflow",), "∂y/∂x = −1e400: more than a double can hold"),
        ("sqrt(x^2 + y^2)", (1e200, 1e200), ("overflow",), "f = 1.41421e200 and ∂f/∂x = 0.707107: a number on"),
        ("exp(x)", (710.0,), ("overflow",), "∂y/∂x = 2.23399e308: more than a double can hold"),
        ("x^3", (1e-200,), (), "∂y/∂x = 3e−400: below"),
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


@pytest.mark.parametrize(
    ("text", "x", "said"),
    [
        # 1 − e^−x/2 and e^−x/2; e·(1/(2x²) − 11/(12x³)) after ln(1 + 1/x); 4e^−40
        ("exp(x)*log(1 + exp(-x))", 700.0, "y = 1 and ∂y/∂x = 4.92984e−305"),
        ("(1 + 1/x)^x", 1e6, "∂y/∂x = 1.35914e−12. Of its digits are right: reverse AD, forward AD"),
        # 10⁻⁶x/12, a slope far below the value
        ("1 - (1 - cos(x*1e-3))/(x*1e-3)^2", -0.8292475064493514, "∂y/∂x = −6.9104e−8"),
        ("tanh(x)", 20.0, "∂y/∂x = 1.69934e−17. Of its digits are right: the complex step 15.9, reverse AD"),
    ],
)
def test_methods_that_share_more_digits_than_are_right_have_lost_them(text, x, said):
    verdict = judged_whole(text, x)
    assert verdict.lost == "digits"
    assert "cancellation" in verdict.reasons
    assert said in " ".join(verdict.notes)


@pytest.mark.parametrize(("text", "point"), [("sin(x*exp(y))", (1e200, 0.1)), ("cos(x - y)", (1e308, -0.0426))])
def test_where_many_digits_cannot_tell_a_rounding_error_of_more_than_the_output_can(text, point):
    verdict = judged_whole(text, *point)
    assert verdict.lost == "digits"
    assert "hardly a digit of f and its derivatives is sure" in verdict.notes[0]
    assert judged_whole("sin(x)", 1e200).lost == ""  # of an input that is meant as it stands, all are


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


@pytest.mark.parametrize("text", ["1e-190*x + x^3", "1e-210*x + x^3", "1e-210*x + x^2", "1e-250*x + x^3"])
def test_a_slope_too_small_beside_the_rise_of_f_is_not_called_0_by_many_digits(text):
    """They do not see it, and are no referee of it: AD, which has all its digits, was said to have none."""
    verdict = judged_whole(text, 0.0)
    assert verdict.agree
    assert not verdict.reasons
    assert not any("hundreds of digits" in note for note in verdict.notes)
