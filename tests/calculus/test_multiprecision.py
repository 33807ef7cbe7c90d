"""Many digits: the elementary functions against Python's, derivatives against other rules, and the sides of a point."""

import math
import random

import mpmath
import pytest

from explorer.calculus.evaluate import values
from explorer.calculus.multiprecision import Multiprecision, PreciseSlice, TooManyDigits, jet
from explorer.calculus.numbers import REAL
from explorer.language.parser import parse
from explorer.language.primitives import PRIMITIVES
from explorer.language.program import NOWHERE, ExplorerError

EDGES = (0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 1e300, -1e-300, math.inf, -math.inf, math.nan)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_an_elementary_function_has_the_value_that_doubles_have(name):
    """Also at poles, at domain edges, at ∞ and NaN; only where a double overflows there is a number here."""
    algebra = Multiprecision(50)
    generator = random.Random(name)
    arity = PRIMITIVES[name].arity
    points = [[a] * arity for a in EDGES] if arity == 1 else [[a, b] for a in EDGES for b in EDGES]
    points += [[generator.uniform(-4.0, 4.0) for _ in range(arity)] for _ in range(40)]
    for point in points:
        expected = REAL[name](*point)
        try:
            found = float(algebra.apply(name, [algebra.constant(v) for v in point], NOWHERE))
        except TooManyDigits:  # a double makes it ∞ or 0, or loses the angle
            assert max(map(abs, point)) > 1e19
            continue
        if math.isinf(expected) and all(map(math.isfinite, point)) and not math.isinf(found):
            continue
        # The sign of a zero is not kept: poles and angles that depend on it have either.
        if 0.0 in point and (name == "atan2" or (math.isinf(expected) and math.isinf(found))):
            continue
        assert found == pytest.approx(expected, rel=1e-14, abs=1e-300, nan_ok=True), point


@pytest.mark.parametrize(
    ("text", "x", "derivatives"),
    [  # from the series by hand: what is 0 is 0, and no rest of a fit
        ("sinh(x^4)", 0.0, (0, 0, 0, 24, 0, 0, 0, 0)),
        ("tanh(x)^5", 0.0, (0, 0, 0, 0, 120, 0, -8400, 0)),
        ("tanh(x)^6", 0.0, (0, 0, 0, 0, 0, 720, 0, -80640)),
        ("(x - 3)^3*x", 3.0, (0, 0, 18, 24, 0, 0, 0, 0)),
        ("x^4 + 1e-100*x^2", 0.0, (0, 2e-100, 0, 24, 0, 0, 0, 0)),
        ("x^3*|x| + x", 0.0, (1, 0, 0, *[math.nan] * 5)),
        ("|x|^1.5", 0.0, (0, *[math.nan] * 7)),
    ],
)
def test_a_derivative_that_is_0_is_0_and_what_lies_beyond_a_corner_is_none(text, x, derivatives):
    assert jet(parse(text), [x], 0, 0).derivatives == pytest.approx(derivatives, rel=1e-15, abs=1e-290, nan_ok=True)


def test_beside_a_pole_f_has_no_finite_limit():
    found = jet(parse("min(1/x, 2)"), [0.0], 0, 0)
    assert (found.jump, found.left_limit, found.right_limit) == (True, -math.inf, 2.0)


def test_derivatives_have_fifty_digits():
    """d/dx of Squire and Trapp's example and of l₄ in digits that mpmath's own differentiation gives."""
    point = 1.5
    found = jet(parse("exp(x)/sqrt(sin(x)^3 + cos(x)^3)"), [point], 0, 0)
    with mpmath.workdps(80):
        x = mpmath.mpf(point)
        # The quotient rule by hand: f·(1 − (3/2)·sin x·cos x·(sin x − cos x)/(sin³x + cos³x)).
        s, c = mpmath.sin(x), mpmath.cos(x)
        exact = mpmath.exp(x) / mpmath.sqrt(s**3 + c**3) * (1 - 1.5 * s * c * (s - c) / (s**3 + c**3))
        assert abs(mpmath.mpf(found.exact) - exact) < mpmath.mpf(10) ** -55
    assert found.derivatives[0] == pytest.approx(4.05342789389862066, rel=1e-16)


def test_derivatives_of_all_orders_are_right():
    found = jet(parse("exp(2x)*y"), [0.75, 3.0], 0, 0)
    for order, value in enumerate(found.derivatives, 1):
        assert value == pytest.approx(3.0 * 2.0**order * math.exp(1.5), rel=1e-14)
    assert jet(parse("x + 1e8"), [0.5], 0, 0).derivatives == (1.0, *[0.0] * 7)


@pytest.mark.parametrize(
    ("text", "x", "left", "right", "jump", "smooth"),
    [
        ("|x|", 0.0, -1.0, 1.0, False, False),
        ("|x|", 1e-9, 1.0, 1.0, False, True),
        ("sqrt(|x|)", 0.0, -math.inf, math.inf, False, False),
        ("cbrt(x)", 0.0, math.inf, math.inf, False, False),
        ("x*sqrt(x)", 0.0, math.nan, 0.0, False, False),
        ("sqrt(x)", 0.0, math.nan, math.inf, False, False),
        ("floor(x)", 2.0, math.inf, 0.0, True, False),
        ("floor(x)", 2.5, 0.0, 0.0, False, True),
        ("1/x", 0.0, math.nan, math.nan, False, False),
        ("where(x > 0, x, 2x)", 0.0, 2.0, 1.0, False, False),
        ("where(x == 0, 0, x)", 0.0, 1.0, 1.0, False, True),
        ("x*|x|", 0.0, 0.0, 0.0, False, True),
        ("x^2", 0.0, 0.0, 0.0, False, True),
        ("sin(x)", 1e6, math.cos(1e6), math.cos(1e6), False, True),
        ("ln(x)", -1.0, math.nan, math.nan, False, False),
    ],
)
def test_the_sides_of_a_point_are_told_apart(text, x, left, right, jump, smooth):
    found = jet(parse(text), [x], 0, 0)
    assert (found.left, found.right) == pytest.approx((left, right), rel=1e-15, nan_ok=True)
    assert (found.jump, found.smooth) == (jump, smooth)


def test_the_limits_at_a_jump_are_known():
    found = jet(parse("floor(x)"), [2.0], 0, 0)
    assert (found.left_limit, found.right_limit, float(found.value)) == (1.0, 2.0, 2.0)


def test_nothing_overflows_where_a_double_would():
    assert values(parse("exp(x)"), [1000.0]) == (math.inf,)
    assert mpmath.isfinite(jet(parse("exp(x)"), [1000.0], 0, 0).exact)
    assert float(jet(parse("1/(1 + exp(-x))"), [-800.0], 0, 0).exact) == 0.0


@pytest.mark.parametrize("text", ["exp(exp(exp(x)))", "sin(exp(exp(x)))", "x^(10^x)^9", "2^(x^20)"])
def test_a_number_too_large_to_compute_is_refused_at_once(text):
    with pytest.raises(ExplorerError, match="too large"):
        jet(parse(text), [10.0], 0, 0)


def test_an_endless_loop_is_refused():
    program = parse("def f(x):\n    while x > 0:\n        x = x + 1\n    return x")
    with pytest.raises(ExplorerError, match="steps"):
        PreciseSlice(program, [1.0], 0, 0, 50)(1)
