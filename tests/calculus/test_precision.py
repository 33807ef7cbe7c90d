"""Differences in every precision: slopes on both sides and the optimum within a decade of theory, as published."""

import math
from itertools import pairwise

import numpy as np
import pytest

from explorer.calculus.lowering import lower
from explorer.calculus.multiprecision import jet
from explorer.calculus.precision import (
    LONGDOUBLE_IS_DOUBLE,
    PRECISIONS,
    TypedNumbers,
    steps_for,
    sweep_in,
    typed_values,
)
from explorer.calculus.stencils import SCHEME, SECOND_SCHEMES, custom_stencil
from explorer.language.parser import parse

# The fourth logistic iterate at 0.2 (Baydin et al. 2018, Figure 3).
LOGISTIC = lower(parse("a = 4x(1 - x)\nb = 4a(1 - a)\n4b(1 - b)"))
BY_NAME = {p.name: p for p in PRECISIONS}
SECOND = next(s for s in SECOND_SCHEMES if s.name == "central")


def sides(precision, scheme):
    """(steps, errors, predicted best step, theory's line) at the point as this precision has it."""
    point = precision.rounded([0.2])
    truth = jet(LOGISTIC, point, 0, 0)
    steps = np.array(steps_for(precision, 0.2, 12 if precision.dtype else 4))
    errors = sweep_in(precision, LOGISTIC, point, 0, 0, scheme, steps.tolist(), truth.exactly(scheme.derivative)).errors
    noise = 0.5 * precision.epsilon * abs(float(truth.value))
    higher = truth.derivatives[scheme.order + scheme.derivative - 1]
    line = [scheme.truncation(h, higher) + scheme.rounding(h, noise) for h in steps.tolist()]
    return steps, np.array(errors), scheme.best_step(higher, noise), np.array(line)


def fitted(steps, errors, low, high):
    inside = (steps > low) & (steps < high) & (errors > 0)
    assert np.count_nonzero(inside) >= 4
    return np.polyfit(np.log10(steps[inside]), np.log10(errors[inside]), 1)[0]


@pytest.mark.parametrize("precision", PRECISIONS, ids=lambda p: p.name)
@pytest.mark.parametrize(
    "scheme",
    [SCHEME["forward"], SCHEME["backward"], SCHEME["central"], SECOND],
    ids=lambda s: f"{s.name}{s.derivative}",
)
def test_the_error_has_the_slopes_of_theory_and_its_least_within_a_decade_of_the_prediction(precision, scheme):
    steps, errors, best, line = sides(precision, scheme)
    smooth = np.convolve(np.log10(np.maximum(errors, 1e-300)), np.ones(5) / 5, "valid")
    measured = steps[2:-2][int(np.nanargmin(smooth))]
    assert abs(math.log10(measured / best)) < 1.0
    # Where the line is straight on either side; where f is the same at all places the estimate is 0, and no rounding.
    slope = float(jet(LOGISTIC, precision.rounded([0.2]), 0, 0).exactly(scheme.derivative))
    truncation = (steps > 2 * best) & (steps < max(0.05, 4 * best))
    rounding = (steps < best / 2) & (errors > 0) & ~np.isclose(errors, abs(slope), rtol=1e-9)
    assert abs(np.median(np.log10(errors[truncation] / line[truncation]))) < 0.5
    assert abs(np.median(np.log10(errors[rounding] / line[rounding]))) < 1.0  # f is rounded at each of its operations
    if precision.name == "float16":  # which has a decade on either side, so that only the height can be told
        return
    assert np.polyfit(np.log10(steps[rounding]), np.log10(errors[rounding]), 1)[0] == pytest.approx(
        -scheme.derivative, abs=0.25
    )
    if precision.name != "float32" or scheme.derivative == 1:  # its second derivative has half a decade there
        assert fitted(steps, errors, 8 * best, min(1e-2, 1e6 * best)) == pytest.approx(scheme.order, abs=0.15)


def test_more_digits_give_smaller_errors():
    least = [np.nanmin(sides(p, SCHEME["central"])[1]) for p in PRECISIONS]
    assert all(a > 10 * b for a, b in pairwise(least) if not LONGDOUBLE_IS_DOUBLE)
    assert least[-1] < 1e-32


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble])
def test_all_arithmetic_is_in_the_type(dtype):
    code = lower(parse("erf(x)/3 + where(x > 0.5, sqrt(x), 0.1)*sigmoid(-x) + max(x, 0.3)^2"))
    xs = np.linspace(0.1, 0.9, 9).astype(dtype)
    found = typed_values(code, dtype, [0.1], 0, xs, 0)
    assert found.dtype == dtype
    x = xs.astype(float)
    erf = np.array([math.erf(v) for v in x])
    chosen = np.where(x > 0.5, np.sqrt(x), 0.1)
    exact = erf / 3 + chosen / (1 + np.exp(x)) + np.maximum(x, 0.3) ** 2
    assert np.allclose(found.astype(float), exact, rtol=8 * float(np.finfo(dtype).eps) + 1e-15)
    assert TypedNumbers(dtype).constant(0.1).dtype == dtype


def test_a_loop_whose_length_differs_from_point_to_point_is_walked_point_by_point():
    code = lower(parse("def f(x):\n    while x < 1:\n        x = 2*x\n    return x"))
    found = typed_values(code, np.float32, [0.3], 0, np.array([0.3, 0.7, 2.0], np.float32), 0)
    assert found.tolist() == pytest.approx([1.2, 1.4, 2.0])


def test_a_step_that_vanishes_has_no_error_and_float16_overflows_as_it_does():
    half = BY_NAME["float16"]
    code = lower(parse("x^2"))
    errors = sweep_in(half, code, [200.0], 0, 0, SCHEME["forward"], [1e-3, 1.0, 100.0], 400.0).errors
    assert math.isnan(errors[0])
    assert errors[1] < 33.0
    assert math.isinf(errors[2])


def test_a_point_is_rounded_to_what_the_precision_has():
    assert BY_NAME["float16"].rounded([0.2, 1e9]) == [0.199951171875, math.inf]
    assert BY_NAME["50 digits"].rounded([0.2]) == [0.2]


def test_a_custom_stencil_works_with_fractions_in_every_precision():
    half_step = custom_stencil("-1/2 1/2")
    for precision in PRECISIONS:
        point = precision.rounded([0.2])
        truth = jet(LOGISTIC, point, 0, 0).exact
        h = 10 * half_step.default_step(precision.epsilon)
        assert sweep_in(precision, LOGISTIC, point, 0, 0, half_step, [h], truth).errors[0] < 3000 * h * h
