"""The number kinds agree with each other where all of them apply."""

import math
import random

import mpmath
import numpy as np
import pytest

from explorer.calculus.numbers import ARRAY, COMPLEX, REAL, Complex, ComplexStepInvalid, Real, linearize
from explorer.language.primitives import PRIMITIVES
from explorer.language.program import NOWHERE, ExplorerError

DOMAINS = {
    "asin": (-1.0, 1.0),
    "acos": (-1.0, 1.0),
    "acosh": (1.001, 20.0),
    "atanh": (-0.99, 0.99),
    "log": (1e-3, 50.0),
    "log2": (1e-3, 50.0),
    "log10": (1e-3, 50.0),
    "log1p": (-0.99, 50.0),
    "sqrt": (1e-6, 50.0),
    "pow": (0.1, 5.0),
}
STEP = 1e-20
# Units in the last place: a double's is 2.2e-16 of it; complex powers go through exp and log and lose a little more.
FEW_ULPS = 1e-15
ULPS_OF_POWER = 4e-15


def points(name: str, count: int = 60) -> list[list[float]]:
    chance = random.Random(name)
    low, high = DOMAINS.get(name, (-6.0, 6.0))
    found = [[chance.uniform(low, high) for _ in range(PRIMITIVES[name].arity)] for _ in range(count)]
    if low < 0.0:  # near 0 too, where digits get lost
        found += [[x * 10 ** chance.uniform(-9, 0) for x in point] for point in found]
    return found


@pytest.mark.parametrize("name", PRIMITIVES)
def test_arrays_equal_floats_to_two_units_in_the_last_place(name):
    columns = np.array(points(name)).T
    with np.errstate(all="ignore"):
        on_array = ARRAY[name](*columns)
    assert list(on_array) == pytest.approx([REAL[name](*map(float, p)) for p in columns.T], rel=4.5e-16, abs=0.0)


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_numbers_on_the_real_axis_equal_floats(name):
    for point in points(name):
        with np.errstate(all="ignore"):
            value = complex(np.ravel(COMPLEX[name](*(complex(x) for x in point)))[0])
        tolerance = ULPS_OF_POWER if name in ("pow", "cbrt") else FEW_ULPS
        assert value.real == pytest.approx(REAL[name](*point), rel=tolerance, abs=0.0)
        assert value.imag == pytest.approx(0.0, abs=1e-300)


@pytest.mark.parametrize("name", COMPLEX)
def test_the_imaginary_part_of_a_tiny_step_is_the_partial(name):
    for point in points(name):
        for place in range(len(point)):
            stepped = [np.array([x + (1j * STEP if k == place else 0.0)]) for k, x in enumerate(point)]
            with np.errstate(all="ignore"):
                slope = float(np.imag(np.ravel(COMPLEX[name](*stepped))[0])) / STEP
            partial = linearize(name, point, [True] * len(point))[1][place]
            # tanh: the partial 1 − y² itself loses digits where |y| is near 1.
            tolerance = 1e-11 if name == "tanh" else 1e-14
            assert slope == pytest.approx(partial, rel=tolerance, abs=0.0)


def test_only_functions_that_are_complex_differentiable_are_in_the_complex_table():
    assert set(COMPLEX) == {name for name, row in PRIMITIVES.items() if row.analytic}
    assert not {"abs", "min", "max", "sign", "floor", "ceil", "relu", "heaviside"} & set(COMPLEX)


@pytest.mark.parametrize("z", [0.5 + 0.25j, -3 + 0.7j, 1e-9 + 1e-3j, 6 + 1j, 0.3j, -5.9 + 1e-8j, 2 - 0.5j])
def test_the_complex_error_function_is_that_of_mpmath(z):
    with mpmath.workdps(60):
        expected = mpmath.erf(mpmath.mpc(z))
        parts = float(expected.real), float(expected.imag)
    value = complex(Complex.erf(z))
    assert (value.real, value.imag) == pytest.approx(parts, rel=1e-13)


@pytest.mark.parametrize("z", [1e-12 + 1e-20j, -0.4 + 0.1j, 0.49j, 3 + 2j, -0.999999 + 1e-20j])
def test_the_complex_log1p_keeps_the_digits_of_a_small_argument(z):
    with mpmath.workdps(60):
        expected = mpmath.log(1 + mpmath.mpc(z))
        parts = float(expected.real), float(expected.imag)
    value = complex(Complex.log1p(z))
    assert (value.real, value.imag) == pytest.approx(parts, rel=1e-14)


def test_a_complex_power_of_a_negative_base_needs_a_whole_exponent():
    assert complex(Complex.pow(-2.0 + 1e-20j, 3.0)) == pytest.approx(-8.0 + 12e-20j)
    assert complex(Complex.pow(-2.0 + 1e-20j, 3.0)).imag == pytest.approx(12e-20, rel=1e-14)
    assert np.isnan(Complex.pow(-2.0, 0.5))
    assert complex(Complex.pow(0.0, 0.0)) == 1.0


@pytest.mark.parametrize(
    ("call", "value"),
    [
        (lambda: Real.div(1.0, 0.0), math.inf),
        (lambda: Real.div(1.0, -0.0), -math.inf),
        (lambda: Real.div(-2.0, 0.0), -math.inf),
        (lambda: Real.div(0.0, 0.0), math.nan),
        (lambda: Real.log(0.0), -math.inf),
        (lambda: Real.log(-1.0), math.nan),
        (lambda: Real.exp(1000.0), math.inf),
        (lambda: Real.pow(0.0, -1.0), math.inf),
        (lambda: Real.pow(-8.0, 1 / 3), math.nan),
        (lambda: Real.pow(0.0, 0.0), 1.0),
        (lambda: Real.pow(10.0, 400.0), math.inf),
        (lambda: Real.cosh(-1000.0), math.inf),
        (lambda: Real.atanh(1.0), math.inf),
        (lambda: Real.sin(math.inf), math.nan),
        (lambda: Real.sin(1e22), -0.8522008497671888),
        (lambda: Real.cbrt(-8.0), -2.0),
        (lambda: Real.hypot(3e200, 4e200), 5e200),
        (lambda: Real.sigmoid(-1000.0), 0.0),
        (lambda: Real.softplus(1000.0), 1000.0),
        (lambda: Real.softplus(-50.0), 1.9287498479639178e-22),
        (lambda: Real.max(math.nan, 1.0), math.nan),
        (lambda: Real.floor(-0.5), -1.0),
        (lambda: Real.ceil(math.inf), math.inf),
    ],
)
def test_floats_follow_ieee_754_and_never_raise(call, value):
    assert call() == pytest.approx(value, nan_ok=True, rel=1e-15)


def test_no_partial_is_computed_for_an_argument_that_does_not_vary():
    value, partials = linearize("pow", [-1.0, 2.0], [True, False])
    assert (value, partials) == (1.0, [-2.0, None])


def test_an_invalid_complex_step_is_the_users_to_read():
    error = ComplexStepInvalid("abs", NOWHERE)
    assert isinstance(error, ExplorerError)
    assert error.kind == "domain"
    assert "abs" in error.message
