"""Difference schemes: published weights, what they are exact for, and offsets that give no derivative."""

import math
from fractions import Fraction

import pytest

from explorer.calculus.stencils import (
    SCHEME,
    SCHEMES,
    SECOND_SCHEMES,
    Stencil,
    custom_stencil,
)
from explorer.language.program import ExplorerError


# Fornberg 1988, “Generation of finite difference formulas on arbitrarily spaced grids”, Tables 1 and 3; the error
# constant is the first one that the scheme does not get right, Σ wᵢ·oᵢᵖ⁺¹/(p + 1)!.
@pytest.mark.parametrize(
    ("offsets", "weights", "order", "constant"),
    [
        ((0, 1), "-1 1", 1, "1/2"),
        ((-1, 0), "-1 1", 1, "-1/2"),
        ((-1, 1), "-1/2 1/2", 2, "1/6"),
        ((-1, 0, 1), "-1/2 0 1/2", 2, "1/6"),
        ((0, 1, 2), "-3/2 2 -1/2", 2, "-1/3"),
        ((-2, -1, 0), "1/2 -2 3/2", 2, "-1/3"),
        ((0, 1, 2, 3), "-11/6 3 -3/2 1/3", 3, "1/4"),
        ((0, 1, 2, 3, 4), "-25/12 4 -3 4/3 -1/4", 4, "-1/5"),
        ((-2, -1, 0, 1, 2), "1/12 -2/3 0 2/3 -1/12", 4, "-1/30"),
        ((-2, -1, 1, 2), "1/12 -2/3 2/3 -1/12", 4, "-1/30"),
        ((-3, -2, -1, 1, 2, 3), "-1/60 3/20 -3/4 3/4 -3/20 1/60", 6, "1/140"),
    ],
)
def test_weights_order_and_error_constant_are_the_published_ones(offsets, weights, order, constant):
    stencil = Stencil("any", offsets)
    assert stencil.weights == tuple(map(Fraction, weights.split()))
    assert (stencil.order, stencil.error_constant) == (order, Fraction(constant))


@pytest.mark.parametrize("scheme", [*SCHEMES, Stencil("any", (-2, -1, 0, 1, 2))])
def test_a_scheme_is_exact_for_polynomials_up_to_its_order_and_not_beyond(scheme):
    h, x = Fraction(1, 7), Fraction(2, 3)
    for degree in range(scheme.order + 2):
        quotient = sum(w * (x + o * h) ** degree for w, o in zip(scheme.weights, scheme.offsets, strict=True)) / h
        assert (quotient == degree * x ** max(degree - 1, 0)) == (degree <= scheme.order)


def test_schemes_have_names_by_which_they_are_found():
    assert [s.name for s in SCHEMES] == list(SCHEME)
    assert {"forward", "backward", "central"} <= set(SCHEME)


# Fornberg 1988, Tables 1 and 3, for the second derivative.
@pytest.mark.parametrize(
    ("offsets", "weights", "order", "constant"),
    [
        ((-1, 0, 1), "1 -2 1", 2, "1/12"),
        ((-2, -1, 0, 1, 2), "-1/12 4/3 -5/2 4/3 -1/12", 4, "-1/90"),
        ((-3, -2, -1, 0, 1, 2, 3), "1/90 -3/20 3/2 -49/18 3/2 -3/20 1/90", 6, "1/560"),
        ((0, 1, 2), "1 -2 1", 1, "1"),
        ((0, 1, 2, 3), "2 -5 4 -1", 2, "-11/12"),
    ],
)
def test_second_derivatives_have_the_published_weights(offsets, weights, order, constant):
    stencil = Stencil("any", offsets, 2)
    assert stencil.weights == tuple(map(Fraction, weights.split()))
    assert (stencil.order, stencil.error_constant) == (order, Fraction(constant))


def test_every_second_scheme_is_exact_up_to_its_order_plus_one():
    h, x = Fraction(1, 7), Fraction(2, 3)
    for scheme in SECOND_SCHEMES:
        for degree in range(scheme.order + 3):
            quotient = (
                sum(w * (x + o * h) ** degree for w, o in zip(scheme.weights, scheme.offsets, strict=True)) / h**2
            )
            exact = degree * (degree - 1) * x ** max(degree - 2, 0)
            assert (quotient == exact) == (degree <= scheme.order + 1)


def test_the_custom_stencil_from_minus_2_to_2_has_the_published_weights():
    for text in ("-2..2", "−2 … 2".replace(" … ", "…"), "-2 -1 0 1 2", "2, 1; 0, -1, -2"):
        stencil = custom_stencil(text)
        assert stencil.weights == tuple(map(Fraction, ["1/12", "-2/3", "0", "2/3", "-1/12"]))
        assert (stencil.order, stencil.error_constant, stencil.evaluations) == (4, Fraction(-1, 30), 4)


def test_offsets_may_be_fractions():
    stencil = custom_stencil("-1/2 0.5")
    assert stencil.weights == (-1, 1)
    assert (stencil.order, stencil.error_constant) == (2, Fraction(1, 24))


@pytest.mark.parametrize(
    ("text", "derivative", "reason"),
    [
        ("", 1, "at least 2 different offsets"),
        ("3", 1, "at least 2 different offsets"),
        ("-1 1", 2, "at least 3 different offsets"),
        ("0 1 1", 1, "stands twice"),
        ("0 1/2 0.5", 1, "stands twice"),
        ("0 one", 1, "no offset"),
        ("0 1/0", 1, "divides by 0"),
        ("0 1e5", 1, "no offset"),
        ("0 100000", 1, "too far"),
        ("-20..20", 1, "no range"),
        ("3..1", 1, "no range"),
        ("1..2..3", 1, "no range"),
        (" ".join(map(str, range(16))), 1, "too many"),
        ("0 " * 1000, 1, "too many characters"),
        ("0 1", 7, "must be one of"),
    ],
)
def test_offsets_that_cannot_give_a_derivative_are_refused_with_the_reason(text, derivative, reason):
    with pytest.raises(ExplorerError, match=reason):
        custom_stencil(text, derivative)


def test_the_predicted_step_is_where_truncation_and_rounding_add_up_to_least():
    for scheme in (*SCHEMES, *SECOND_SCHEMES):
        best = scheme.best_step(3.0, 1e-16)
        total = [scheme.truncation(h, 3.0) + scheme.rounding(h, 1e-16) for h in (best / 1.01, best, best * 1.01)]
        assert min(total) == total[1]
    assert SCHEME["forward"].best_step(0.0, 1e-16) == math.inf


@pytest.mark.parametrize(("scheme", "rule"), [("forward", 2.0**-26), ("central", 2.0 ** (-52 / 3))])
def test_default_steps_are_the_roots_of_epsilon(scheme, rule):
    assert SCHEME[scheme].default_step() == pytest.approx(rule)
    assert SCHEME[scheme].default_step(2.0**-23) == pytest.approx(rule ** (23 / 52))
    second = next(s for s in SECOND_SCHEMES if s.name == "central")
    assert second.default_step() == pytest.approx(2.0**-13)  # 1.22e-4, ε^¼
