"""The Taylor-remainder test: published slopes, and verdicts on gradients that are right, wrong, or untestable."""

import math

import pytest

from explorer.calculus.sweeps import gradient, hessian_times
from explorer.calculus.tape import record
from explorer.calculus.taylor import remainders
from explorer.language.parser import parse

WORKED = "ln(x1) + x1*x2 - sin(x2)"


def remainders_of(text, point, direction, factor):
    program = parse(text)
    tape = record(program, point)
    slopes = gradient(tape)
    slopes[0] *= factor
    return remainders(program, point, direction, 0, slopes, hessian_times(tape, direction))


def test_the_slopes_of_the_worked_example_are_the_published_ones():
    found = remainders_of(WORKED, [2.0, 5.0], [1.0, 1.0], 1.0)
    assert found.steps[:3] == pytest.approx((0.1, 0.05, 0.025))
    assert found.local[1][:5] == pytest.approx((2.017, 2.008, 2.004, 2.002, 2.001), abs=6e-4)
    assert found.local[2][:3] == pytest.approx((3.020, 3.010, 3.005), abs=6e-4)
    assert found.slopes == pytest.approx((1.0, 2.0, 3.0), abs=0.02)
    assert (found.verdict, found.precise) == ("right", True)
    assert found.digits > 8


def test_a_gradient_three_percent_off_loses_a_slope():
    found = remainders_of(WORKED, [2.0, 5.0], [1.0, 1.0], 1.03)
    assert found.local[1][:4] == pytest.approx((0.780, 0.903, 0.954, 0.978), abs=6e-4)
    assert found.verdict == "wrong"
    # The whole error is 3 % of 5.5, the product g·v 5.665 + 1.716.
    assert 10.0**-found.digits == pytest.approx(0.03 * 5.5 / (1.03 * 5.5 + 1.7163378), rel=0.01)


@pytest.mark.parametrize("error", [1e-1, 1e-3, 1e-5, 1e-7, -1e-6])
def test_an_error_of_any_size_that_the_steps_reach_is_called_wrong(error):
    assert remainders_of(WORKED, [2.0, 5.0], [1.0, 1.0], 1.0 + error).verdict == "wrong"


def test_an_error_below_what_the_steps_reach_is_said_to_be_that_small():
    found = remainders_of(WORKED, [2.0, 5.0], [1.0, 1.0], 1.0 + 1e-13)
    assert found.verdict == "right"
    assert found.digits < 13


@pytest.mark.parametrize(
    ("text", "point", "direction", "factor", "verdict"),
    [
        ("x + y", [2.0, 5.0], [1.0, 1.0], 1.0, "exact"),
        ("x + y", [2.0, 5.0], [1.0, 1.0], 1.01, "wrong"),
        ("x^2", [0.0], [1.0], 1.0, "blind"),
        ("ln(x)", [-1.0], [1.0], 1.0, "undefined"),
        ("1/x", [0.0], [1.0], 1.0, "undefined"),
        ("x*0", [1.0], [1.0], 1.0, "constant"),
        ("x*0 + y", [1.0, 1.0], [1.0, 0.0], 1.0, "constant"),
        ("|x|", [0.0], [1.0], 1.0, "corner"),
        ("|x|", [0.0], [-1.0], 1.0, "corner"),
        ("relu(x)", [0.0], [-1.0], 1.0, "corner"),
        ("hypot(x, y)", [0.0, 0.0], [1.0, 1.0], 1.0, "corner"),
        ("|x| + y^2", [0.0, 1.0], [0.0, 1.0], 1.0, "right"),
        ("floor(x)", [2.0], [1.0], 1.0, "jump"),
        ("x^2", [1e10], [1.0], 1.0, "right"),  # R₁ = h² is soon less than the rounding of 2·10¹⁰
        ("x/3", [1e10], [1.0], 1.0, "exact"),
        ("cbrt(x)", [0.0], [1.0], 1.0, "vertical"),
        ("sqrt(x)", [0.0], [-1.0], 1.0, "edge"),
        ("x*sqrt(x)", [0.0], [1.0], 1.0, "unknown"),
        ("x^1.2 + x", [0.0], [1.0], 1.0, "rough"),
        ("x^1.2 + x", [0.0], [1.0], 1.1, "wrong"),
        ("sqrt(x)", [1e-10], [1.0], 1.0, "right"),
        ("sqrt(x)", [1e-10], [1.0], 1.001, "wrong"),
        ("sin(1e6x)", [1.0], [1.0], 1.0, "right"),
        ("x", [1e300], [1.0], 1.0, "exact"),
        ("sqrt(x)", [1e300], [1.0], 1.0, "right"),
        ("sqrt(x)", [1e300], [1.0], 1.01, "wrong"),
        ("x/y", [2.0, 0.0], [1.0, 1.0], 1.0, "undefined"),
        ("floor(x)", [1.9999999], [1.0], 1.0, "constant"),
        ("|x|", [-1e-6], [1.0], 1.0, "exact"),
        ("|x|", [-1e-6], [1.0], 1.01, "wrong"),
        ("x^2*y", [2.0, 5.0], [0.0, 1.0], 1.0, "exact"),
        ("hypot(x, x)/x", [1e6], [1.0], 1.0, "constant"),  # whose gradient is rounding
        ("sin(cos(atan2(x, x)*2*y))", [0.5, -2.0], [1.0, 2.0], 1.0, "blind"),  # sin π is
        ("x + 1e14", [1.0], [1.0], 1.03, "wrong"),
        ("exp(exp(exp(x)))", [1.0], [1.0], 1.0, "right"),
        ("exp(exp(exp(x)))", [1.0], [1.0], 1.001, "wrong"),
    ],
)
def test_verdicts(text, point, direction, factor, verdict):
    assert remainders_of(text, point, direction, factor).verdict == verdict


def test_a_corners_slopes_are_those_of_its_two_sides():
    assert remainders_of("max(2x, 5x) + y", [0.0, 1.0], [1.0, 1.0], 1.0).sides == (3.0, 6.0)


def test_where_f_changes_within_a_short_length_the_steps_are_shorter():
    assert remainders_of("sqrt(x)", [1e-10], [1.0], 1.0).digits > 6


LONG = "def f(x):\n    t = x\n    for k in range(1600):\n        t = t + sin(x)/1600\n    return t"


def test_where_many_digits_take_too_long_a_corner_is_none_the_less_seen():
    found = remainders_of(LONG.replace("t = x", "t = abs(x - 1)"), [1.0], [1.0], 1.0)
    assert (found.precise, found.verdict) == (False, "corner")
    assert found.sides == pytest.approx((math.cos(1.0) - 1.0, math.cos(1.0) + 1.0), abs=1e-4)


def test_where_many_digits_take_too_long_doubles_are_enough():
    right, wrong = remainders_of(LONG, [1.0], [1.0], 1.0), remainders_of(LONG, [1.0], [1.0], 1.03)
    assert not right.precise
    assert (right.verdict, wrong.verdict) == ("right", "wrong")
    assert any(math.isnan(r) for r in right.values[1]), "what is rounding is left out"
