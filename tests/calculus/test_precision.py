"""Differences in every precision: slopes on both sides and the optimum within a decade of theory, as published."""

import math
from itertools import pairwise

import numpy as np
import pytest

from explorer.calculus.differences import Slice, complex_step_knee
from explorer.calculus.lowering import lower
from explorer.calculus.multiprecision import jet
from explorer.calculus.precision import (
    LONGDOUBLE_IS_DOUBLE,
    PRECISIONS,
    TypedNumbers,
    sweep_in,
    typed_values,
)
from explorer.calculus.stencils import SCHEME, SCHEMES, SECOND_SCHEMES, custom_stencil
from explorer.language.parser import parse

# The fourth logistic iterate at 0.2 (Baydin et al. 2018, Figure 3).
LOGISTIC = lower(parse("a = 4x(1 - x)\nb = 4a(1 - a)\n4b(1 - b)"))
BY_NAME = {p.name: p for p in PRECISIONS}


ROOM = 0.85  # decades on one side of the optimum in which a slope can be told
# Sides without: in the smaller types the best step of a high order lies so far out that within a decade of it the next
# order's term is met, or float16's largest number.
NO_TRUNCATION = {
    "float16": {
        "five-point1", "seven-point1", "right, order 41", "left, order 41", "five-point2", "seven-point2",
        "right, order 22", "left, order 22",
    },
    "float32": {
        "five-point1", "seven-point1", "right, order 41", "left, order 41", "central2", "five-point2", "seven-point2",
        "right, order 22", "left, order 22",
    },
    "float64": {"seven-point1", "seven-point2"},
    "longdouble": {"seven-point2"},
}  # fmt: skip


def measured(precision, code, scheme, low, high, found):
    """(steps, errors, best step by theory, and theory's two lines) between two steps; found: the jet at the point."""
    steps = np.logspace(
        math.log10(low), math.log10(high), max(round((12 if precision.dtype else 4) * math.log10(high / low)), 12)
    )
    truth = found.exactly(scheme.derivative)
    point = precision.rounded([0.2])
    errors = sweep_in(precision, code, point, 0, 0, scheme, steps.tolist(), truth).errors
    noise = 0.5 * precision.epsilon * abs(float(found.value))
    higher = found.derivatives[scheme.order + scheme.derivative - 1]
    lines = scheme.truncation(1.0, higher) * steps**scheme.order, scheme.rounding(1.0, noise) / steps**scheme.derivative
    errors = np.array(errors)
    # Where f is the same at all places the estimate is 0, and there is no rounding to be seen.
    errors[np.isclose(errors, abs(float(truth)), rtol=1e-6) | (errors == 0.0)] = math.nan
    return steps, errors, scheme.best_step(higher, noise), lines


def slope(steps, errors, inside):
    inside = inside & np.isfinite(errors)
    return float(np.polyfit(np.log10(steps[inside]), np.log10(errors[inside]), 1)[0])


@pytest.mark.parametrize("precision", PRECISIONS, ids=lambda p: p.name)
def test_every_scheme_has_the_slopes_of_theory_and_its_least_error_within_a_decade_of_the_prediction(precision):
    here = jet(LOGISTIC, precision.rounded([0.2]), 0, 0)
    without = set()
    scatter = 0.5 if precision.name == "float16" else 0.35  # its steps are few, and its rounding is no noise
    for scheme in (*SCHEMES, *SECOND_SCHEMES):
        name, (order, derivative) = f"{scheme.name}{scheme.derivative}", (scheme.order, scheme.derivative)
        reach = max(abs(offset) for _, offset in scheme.terms)
        code, found, high = LOGISTIC, here, 0.02 / reach  # beyond, the next order's term is a part of this one's
        if precision.name == "float16":  # no next order, and so as much room as its largest number leaves
            code = lower(parse(f"1 + x + x^{order + derivative}"))
            found = jet(code, precision.rounded([0.2]), 0, 0)
            high = 0.7 * 65504.0 ** (1.0 / (order + derivative)) / reach
        noise = 0.5 * precision.epsilon * abs(float(found.value))
        best = scheme.best_step(found.derivatives[order + derivative - 1], noise)
        low = max(1e-4 * best, precision.epsilon)
        steps, errors, best, (above, below) = measured(
            precision, code, scheme, low, max(min(high, 1e3 * best), 10.0 * best), found
        )
        windows = [errors[max(k - 2, 0) : k + 3] for k in range(len(errors))]
        smooth = [np.nanmean(w) if np.isfinite(w).any() else math.inf for w in windows]
        least = steps[int(np.argmin(smooth))]
        assert abs(math.log10(least / best)) < 1.0, name
        rounding = steps < best / 3
        assert slope(steps, errors, rounding) == pytest.approx(-derivative, abs=scatter), name
        # f is rounded at each of its operations, which is more than the half unit of its value.
        assert -0.8 < np.nanmedian(np.log10(errors[rounding] / below[rounding])) < 1.0, name
        if math.log10(high / (4 * best)) < ROOM:
            without.add(name)
            continue
        truncation = (steps > 4 * best) & (steps < high)
        assert slope(steps, errors, truncation) == pytest.approx(order, abs=0.25), name
        assert abs(np.nanmedian(np.log10(errors[truncation] / above[truncation]))) < 0.1, name
    assert without == NO_TRUNCATION.get(precision.name, set())


def test_the_complex_step_falls_like_its_square_to_the_predicted_step_and_stays():
    """In doubles alone: nothing is subtracted, so that another type would only move the level at which it stays."""
    program = parse("a = 4x(1 - x)\nb = 4a(1 - a)\n4b(1 - b)")
    f, found = Slice(program, [0.2], 0, 0), jet(program, [0.2], 0, 0)
    exact = float(found.exact)
    steps = np.logspace(-17, -2, 121)
    errors = np.abs(f.imaginary(steps) / steps - exact)
    knee = complex_step_knee(exact, found.derivatives[2])
    assert knee == pytest.approx(1.2e-9, rel=0.1)  # √(3ε·f′/f‴) with f′ = 9.07 and f‴ = 3960
    assert slope(steps, errors, steps > 10 * knee) == pytest.approx(2.0, abs=0.02)
    assert errors[steps < knee].max() <= 4 * np.spacing(exact)
    first = steps[errors > 2 * 4 * np.spacing(exact)].min()
    assert abs(math.log10(first / knee)) < 1.0


def test_more_digits_give_smaller_errors():
    central, least = SCHEME["central"], []
    for p in PRECISIONS:
        best = central.default_step(p.epsilon)
        found = jet(LOGISTIC, p.rounded([0.2]), 0, 0)
        least.append(np.nanmin(measured(p, LOGISTIC, central, 0.01 * best, best, found)[1]))
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
