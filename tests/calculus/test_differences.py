"""Finite differences: published stencils, published error curves, and what is said where they cannot work."""

import math

import numpy as np
import pytest

from explorer.calculus.differences import (
    MOST_COLUMNS,
    Slice,
    central_jacobian,
    complex_step,
    complex_step_jacobian,
    difference,
    estimate,
    one_sided_slopes,
    richardson,
    sweep,
    sweep_steps,
    tableau,
)
from explorer.calculus.numbers import ComplexStepInvalid
from explorer.calculus.stencils import LEFT, RIGHT, SCHEME, SCHEMES, SECOND_SCHEMES, exact_step
from explorer.language.parser import parse

# The fourth logistic iterate, at 0.2 (Baydin et al. 2018, Figure 3), and its derivatives there.
LOGISTIC = "a = 4x(1 - x)\nb = 4a(1 - a)\n4b(1 - b)"
EXACT = 9.0660864
# e^x/√(sin³x + cos³x) at 1.5 (Squire & Trapp 1998).
SQUIRE_TRAPP = "exp(x)/sqrt(sin(x)^3 + cos(x)^3)"


def slice_of(text: str, *point: float, input_: int = 0, output: int = 0) -> Slice:
    return Slice(parse(text), point, output, input_)


def error(name: str, h: float) -> float:
    f = slice_of(LOGISTIC, 0.2)
    if name == "complex step":
        return abs(float(f.imaginary(np.array([h]))[0]) / h - EXACT)
    return abs(float(difference(f, SCHEME[name], np.array([h]))[0]) - EXACT)


def slope(name: str, large: float, small: float) -> float:
    """The exponent p with which the error goes like hᵖ between two steps."""
    return math.log10(error(name, large) / error(name, small)) / math.log10(large / small)


@pytest.mark.parametrize(
    ("h", "forward", "central"),
    [(1e-2, 2.7e-1, 6.6e-2), (1e-3, 3.3e-2, 6.6e-4), (1e-4, 3.4e-3, 6.6e-6), (1e-5, 3.4e-4, 6.6e-8)],
)
def test_truncation_errors_are_those_of_the_literature(h, forward, central):
    assert error("forward", h) == pytest.approx(forward, rel=0.03)
    assert error("central", h) == pytest.approx(central, rel=0.03)
    if h < 1e-2:
        assert error("complex step", h) == pytest.approx(central, rel=0.03)


def test_errors_fall_with_the_order_of_the_scheme_and_rise_again_by_rounding():
    assert slope("forward", 1e-3, 1e-6) == pytest.approx(1.0, abs=0.05)
    assert slope("central", 1e-2, 1e-5) == pytest.approx(2.0, abs=0.05)
    assert slope("complex step", 1e-3, 1e-6) == pytest.approx(2.0, abs=0.05)
    for name in ("forward", "central"):
        f = slice_of(LOGISTIC, 0.2)
        h = np.logspace(-13.5, -10.5, 200)
        scattered = np.log10(np.abs(difference(f, SCHEME[name], h) - EXACT))
        assert np.polyfit(np.log10(h), scattered, 1)[0] == pytest.approx(-1.0, abs=0.15)


@pytest.mark.parametrize(("name", "optimum"), [("forward", 1.4e-9), ("central", 2.9e-7)])
def test_the_best_step_lies_within_a_decade_of_where_theory_puts_it(name, optimum):
    """√(2εf/f″) and (3εf/f‴)^⅓ with f = 0.29, f″ = 68, f‴ = 3960 and ε = 1.1e-16, the unit roundoff."""
    f = slice_of(LOGISTIC, 0.2)
    h = np.logspace(-12, -3, 361)
    errors = np.abs(difference(f, SCHEME[name], h) - EXACT)
    smooth = np.convolve(np.log10(np.maximum(errors, 1e-18)), np.ones(21) / 21, "same")[10:-10]
    best = h[10:-10][int(np.argmin(smooth))]
    assert abs(math.log10(best / optimum)) < 1.0


@pytest.mark.parametrize("h", [1e-9, 1e-12, 1e-16, 1e-17, 1e-20, 1e-100, 1e-200])
def test_the_complex_step_has_no_rounding_side(h):
    assert error("complex step", h) < 1e-14
    f = slice_of(SQUIRE_TRAPP, 1.5)
    assert float(f.imaginary(np.array([h]))[0]) / h == pytest.approx(4.05342789389862066, rel=1e-15)


def test_squire_and_trapps_example_is_reproduced():
    f = slice_of(SQUIRE_TRAPP, 1.5)
    assert float(f(np.array([1.5]))[0]) == pytest.approx(4.497780053946161, rel=1e-15)
    assert complex_step(f).value == pytest.approx(4.05342789389862066, rel=1e-15)
    assert estimate(f, SCHEME["central"]).value == pytest.approx(4.05342789389862066, rel=1e-9)
    assert estimate(f, SCHEME["forward"]).value == pytest.approx(4.05342789389862066, rel=1e-6)
    assert richardson(f).value == pytest.approx(4.05342789389862066, rel=1e-11)


def test_the_second_classic_is_reproduced():
    assert complex_step(slice_of("cos(sin(sin(cos(x))))", 1.0)).value == pytest.approx(0.2967708904695361, rel=1e-15)


@pytest.mark.parametrize(("scheme", "rule"), [("forward", 1.49e-8), ("backward", 1.49e-8), ("central", 6.06e-6)])
def test_default_steps_follow_the_rule_of_thumb_and_grow_with_x(scheme, rule):
    assert SCHEME[scheme].step(0.0) == pytest.approx(rule, rel=2e-3)
    assert SCHEME[scheme].step(0.5) == pytest.approx(rule, rel=2e-3)
    assert SCHEME[scheme].step(-1e6) == pytest.approx(1e6 * rule, rel=2e-3)


def test_a_step_is_made_exact_so_that_the_sum_really_takes_it():
    for x in (0.1, 3.7, -1e5, 1e16):
        h = exact_step(x, 1e-7 * abs(x))
        assert (x + h) - x == h
    assert exact_step(1.0, 1e-17) == 0.0


def test_a_step_that_vanishes_gives_no_number():
    assert np.isnan(difference(slice_of(LOGISTIC, 0.2), SCHEME["central"], np.array([1e-18]))[0])
    at_infinity = estimate(slice_of("x^2", math.inf), SCHEME["central"])
    assert math.isnan(at_infinity.value)


def test_at_the_edge_of_the_domain_a_two_sided_scheme_becomes_one_sided_and_says_so():
    right = estimate(slice_of("x*sqrt(x)", 0.0), SCHEME["central"])
    assert abs(right.value) < 1e-2
    assert "from the right" in right.note
    left = estimate(slice_of("(1 - x)*sqrt(1 - x) + x", 1.0), SCHEME["central"])
    assert left.value == pytest.approx(1.0, abs=1e-2)
    assert "from the left" in left.note
    assert right.evaluations == 5


@pytest.mark.parametrize(
    ("text", "x"), [("log(x)", -1.0), ("sqrt(x)", -4.0), ("1/x", 0.0), ("exp(x)", 1000.0), ("asin(x)", 2.0)]
)
def test_where_the_function_is_not_finite_no_scheme_gives_a_finite_slope(text, x):
    f = slice_of(text, x)
    for found in (*(estimate(f, scheme) for scheme in SCHEMES), richardson(f), complex_step(f)):
        assert not math.isfinite(found.value), found


def test_the_complex_step_sees_no_slope_where_the_function_has_no_real_value():
    # log(−1 + ih) is iπ and a little: taken for a slope it would be 3e20.
    for text in ("log(x)", "sqrt(x)", "x^1.5", "acosh(x)", "log1p(2x)", "atanh(2x)"):
        assert math.isnan(complex_step(slice_of(text, -1.0)).value)


@pytest.mark.parametrize(
    ("text", "x", "slope"),
    [
        ("x*1e-250", 23.5, 1e-250),
        ("exp(-x^2)", 23.5, -47 * math.exp(-(23.5**2))),
        ("1 + 1e-280*x", 1.0, 1e-280),
        ("5 + 0*x", 1.0, 0.0),
        ("sin(x)^2 + cos(x)^2", 1.0, 0.0),
        ("x*1e-310", 2.0, math.nan),
        ("x^3", 1e-150, math.nan),  # 3e-300, beside the square of the step
        ("x^3", 0.0, 0.0),
        ("x*exp(-x)", 1.0, 0.0),  # at a maximum, where all that a small step sees cancels
    ],
)
def test_a_derivative_that_underflows_in_the_complex_step_is_seen_by_a_larger_step_or_not_at_all(text, x, slope):
    assert complex_step(slice_of(text, x)).value == pytest.approx(slope, rel=1e-9, abs=0.0, nan_ok=True)


def test_the_jacobians_of_many_outputs_are_those_of_their_slices():
    program = parse("a = x*y + 1e-250*z\nb = ln(z - 3)\nc = 7 + 0*x\nd = exp(x)^2*y^3")
    point = [0.7, 1.3, 2.9]
    slices = [[Slice(program, point, o, i) for i in range(3)] for o in range(4)]
    by_step = [[complex_step(f).value for f in row] for row in slices]
    by_difference = [[estimate(f, SCHEME["central"]).value for f in row] for row in slices]
    assert np.array_equal(complex_step_jacobian(program, point), by_step, equal_nan=True)
    assert np.array_equal(central_jacobian(program, point), by_difference, equal_nan=True)
    assert complex_step_jacobian(parse("(1, 2)"), []) == central_jacobian(parse("(1, 2)"), []) == [[], []]


@pytest.mark.parametrize("text", ["abs(x)", "max(x, 0)", "where(x > 0, x, 0)", "floor(x) + x"])
def test_the_complex_step_is_refused_through_what_is_not_complex_differentiable(text):
    with pytest.raises(ComplexStepInvalid):
        complex_step(slice_of(text, 1.0))
    with pytest.raises(ComplexStepInvalid):
        complex_step_jacobian(parse(text), [1.0])


@pytest.mark.parametrize(
    ("text", "x", "left", "right"),
    [
        ("|x|", 0.0, -1.0, 1.0),
        ("sqrt(x^2)", 0.0, -1.0, 1.0),
        ("where(x > 0, x, 2x)", 0.0, 2.0, 1.0),
        ("max(x, 3)", 3.0, 0.0, 1.0),
        ("sin(x)", 1.0, math.cos(1), math.cos(1)),
        ("x*sqrt(x)", 0.0, math.nan, 0.0),
        ("where(x > 0, x*log(x), 0)", 0.0, 0.0, -math.inf),  # steeper for ever, if slowly
        ("|x|^0.9", 0.0, -math.inf, math.inf),
        ("|sin(3x)| + x^3", 0.0, -3.0, 3.0),
        ("1/x", 0.0, math.nan, math.nan),
        ("|x*1e200|*1e100", 0.0, -1e300, 1e300),
    ],
)
def test_one_sided_slopes_differ_at_a_corner_and_nowhere_else(text, x, left, right):
    assert one_sided_slopes(slice_of(text, x)) == pytest.approx((left, right), rel=1e-9, abs=2e-3, nan_ok=True)


@pytest.mark.parametrize(("text", "x"), [("abs(x)^3", 0.0), ("abs(x)^1.1", 0.0), ("abs(x - 1)^3 + 1e6", 1.0)])
def test_a_power_above_the_first_has_the_slope_0_on_both_sides_and_not_what_the_step_leaves(text, x):
    assert one_sided_slopes(slice_of(text, x)) == (0.0, 0.0)


def test_richardson_is_better_than_central_differences_and_says_how_good_it_thinks_it_is():
    f = slice_of("sin(x)*exp(x)", 1.0)
    exact = math.exp(1) * (math.sin(1) + math.cos(1))
    found = richardson(f)
    assert abs(found.value - exact) < 1e-11 < abs(estimate(f, SCHEME["forward"]).value - exact)
    assert 0.0 <= found.uncertainty < 1e-9
    assert found.evaluations > 20


@pytest.mark.parametrize(("text", "x", "exact"), [("exp(x)", 1.0, math.e), ("1/x", 0.5, -4.0)])
def test_richardson_removes_the_even_powers_of_the_step_and_so_succeeds_with_large_steps(text, x, exact):
    # Central differences have even powers only: a tableau for all powers needs steps ten times smaller and loses by it.
    found = richardson(slice_of(text, x))
    assert found.value == pytest.approx(exact, rel=5e-14)
    assert found.step > 1e-3


def test_an_estimate_of_error_is_no_bound():
    # sin at 1e6 on the scale of x: a confident number, which need not be near cos 1e6; it must not be called certain.
    found = richardson(slice_of("sin(x)", 1e6))
    assert found.uncertainty > 0.0
    assert math.isfinite(found.value)


@pytest.mark.parametrize("x", [1.7e308, -1.7e308, 5e-324, 1e-300, 0.0, math.inf, math.nan])
def test_no_point_makes_a_scheme_warn_or_raise(x):
    for text in ("x", "x^2", "exp(x)", "log(x)", "1/x"):
        f = slice_of(text, x)
        for scheme in (*SCHEMES, LEFT, RIGHT):
            estimate(f, scheme)
            difference(f, scheme, sweep_steps(1.0))
        richardson(f)
        complex_step(f)
        one_sided_slopes(f)


def test_the_steps_of_the_error_plot_reach_from_rounding_to_the_scale_of_x():
    steps = sweep_steps(-50.0, 35)
    assert (len(steps), steps[0], steps[-1]) == (35, pytest.approx(5e-16), pytest.approx(50.0))
    assert np.ptp(np.diff(np.log10(steps))) < 1e-12
    assert len(sweep_steps(0.0)) == 120


def test_jacobians_have_a_row_an_output_and_a_column_an_input():
    program = parse("x*y, x + y^2, 7")
    expected = [[5.0, 2.0], [1.0, 10.0], [0.0, 0.0]]
    for jacobian in (central_jacobian(program, [2.0, 5.0]), complex_step_jacobian(program, [2.0, 5.0])):
        assert jacobian == [pytest.approx(row, rel=1e-9) for row in expected]
    f = slice_of("x*y, x + y^2, 7", 2.0, 5.0, input_=1, output=1)
    assert f.x == 5.0
    assert list(f(np.array([1.0, 3.0]))) == [3.0, 11.0]


def test_one_sweep_of_all_schemes_has_the_numbers_of_each_by_itself():
    f = slice_of(LOGISTIC, 0.2)
    steps = np.logspace(-12, -1, 50)
    together = sweep(f, SCHEMES, steps)
    for scheme in SCHEMES:
        assert np.array_equal(together[scheme.name], difference(f, scheme, steps))


def test_each_column_of_the_tableau_falls_two_orders_faster():
    found = tableau(slice_of("exp(x)", 0.5))
    assert [len(row) for row in found.rows] == [min(k + 1, MOST_COLUMNS) for k in range(len(found.steps))]
    assert found.steps[0] / found.steps[1] == pytest.approx(2.0)
    errors = [[abs(v - math.exp(0.5)) for v in row] for row in found.rows]
    for column in range(3):  # before rounding is met
        assert math.log2(errors[column + 1][column] / errors[column + 2][column]) == pytest.approx(
            2 * column + 2, abs=0.1
        )
    row, column = found.best
    assert found.uncertainty[row][column] == min(min(r) for r in found.uncertainty)
    assert errors[row][column] < 1e-13


def test_the_tableau_of_second_differences_gives_the_second_derivative():
    central = next(s for s in SECOND_SCHEMES if s.name == "central")
    found = richardson(slice_of("sin(2x)", 0.7), central)
    assert found.value == pytest.approx(-4.0 * math.sin(1.4), rel=1e-9)


def test_an_estimate_may_have_a_step_of_ones_own():
    found = estimate(slice_of("x^3", 1.0), SCHEME["central"], 0.5)
    assert (found.step, found.value) == (0.5, pytest.approx(3.25))
