"""Every row of the table against SymPy and mpmath: a row without a referee here fails the first test."""

import itertools
import math
import random

import mpmath
import numpy as np
import pytest
import sympy

from explorer.calculus.numbers import ARRAY, REAL, Real, linearize
from explorer.calculus.sweeps import reverse_jacobian
from explorer.calculus.tape import forward_jacobian, record
from explorer.language.parser import parse
from explorer.language.primitives import ALIASES, OPERATORS, PRIMITIVES, function_named

A, B = sympy.symbols("a b", real=True)
THIRD = sympy.Rational(1, 3)

# What each function is, said without the table: an expression of SymPy in a and b, and where to look at it.
REFEREES: dict[str, tuple[sympy.Expr, tuple[tuple[float, float], ...]]] = {
    "add": (A + B, ((-9, 9), (-9, 9))),
    "sub": (A - B, ((-9, 9), (-9, 9))),
    "mul": (A * B, ((-9, 9), (-9, 9))),
    "div": (A / B, ((-9, 9), (0.1, 9))),
    "neg": (-A, ((-9, 9),)),
    "pow": (A**B, ((0.1, 9), (-5, 5))),
    "sin": (sympy.sin(A), ((-30, 30),)),
    "cos": (sympy.cos(A), ((-30, 30),)),
    "tan": (sympy.sin(A) / sympy.cos(A), ((-1.5, 1.5),)),
    "asin": (sympy.asin(A), ((-0.99, 0.99),)),
    "acos": (sympy.acos(A), ((-0.99, 0.99),)),
    "atan": (sympy.atan(A), ((-30, 30),)),
    "atan2": (2 * sympy.atan(A / (sympy.sqrt(A**2 + B**2) + B)), ((-9, 9), (0.1, 9))),
    "sinh": ((sympy.exp(A) - sympy.exp(-A)) / 2, ((-9, 9),)),
    "cosh": ((sympy.exp(A) + sympy.exp(-A)) / 2, ((-9, 9),)),
    "tanh": (1 - 2 / (sympy.exp(2 * A) + 1), ((-4, 4),)),
    "asinh": (sympy.asinh(A), ((-30, 30),)),
    "acosh": (sympy.acosh(A), ((1.01, 30),)),
    "atanh": (sympy.log((1 + A) / (1 - A)) / 2, ((-0.99, 0.99),)),
    "exp": (sympy.exp(A), ((-30, 30),)),
    "expm1": (sympy.exp(A) - 1, ((-9, 9),)),
    "log": (sympy.log(A), ((0.01, 30),)),
    "log1p": (sympy.log(1 + A), ((-0.9, 30),)),
    "log2": (sympy.log(A) / sympy.log(2), ((0.01, 30),)),
    "log10": (sympy.log(A) / sympy.log(10), ((0.01, 30),)),
    "sqrt": (A ** sympy.Rational(1, 2), ((0.01, 30),)),
    "cbrt": (sympy.Piecewise((A**THIRD, A > 0), (-((-A) ** THIRD), True)), ((-30, 30),)),
    "hypot": (sympy.sqrt(A**2 + B**2), ((-9, 9), (0.1, 9))),
    "abs": (sympy.Abs(A), ((-9, 9),)),
    "sign": (sympy.sign(A), ((-9, 9),)),
    "heaviside": (sympy.Heaviside(A), ((-9, 9),)),
    "floor": (sympy.floor(A), ((-9, 9),)),
    "ceil": (sympy.ceiling(A), ((-9, 9),)),
    "min": (sympy.Min(A, B), ((-9, 9), (-9, 9))),
    "max": (sympy.Max(A, B), ((-9, 9), (-9, 9))),
    "erf": (sympy.erf(A), ((-4, 4),)),
    "sigmoid": (1 / (1 + sympy.exp(-A)), ((-30, 30),)),
    "relu": (sympy.Max(A, 0), ((-9, 9),)),
    "softplus": (sympy.log(1 + sympy.exp(A)), ((-30, 30),)),
}
OPERATOR_TEXT = {"add": "a + b", "sub": "a - b", "mul": "a*b", "div": "a/b", "neg": "-a", "pow": "a^b"}
EDGES = (0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, 1e308, -1e308, 5e-324, 710.0, math.inf, -math.inf, math.nan)


def text_of(name: str) -> str:
    return OPERATOR_TEXT.get(name) or f"{name}({', '.join('ab'[: PRIMITIVES[name].arity])})"


def points(name: str, count: int) -> list[list[float]]:
    """Points in the referee's region, the same in every run, and none on a kink."""
    chance = random.Random(name)
    return [[chance.uniform(*bounds) for bounds in REFEREES[name][1]] for _ in range(count)]


def test_each_row_has_a_referee_here_and_no_other_does():
    assert set(REFEREES) == set(PRIMITIVES)
    assert all(len(REFEREES[name][1]) == row.arity for name, row in PRIMITIVES.items())


@pytest.mark.parametrize("name", PRIMITIVES)
def test_value_and_partials_are_those_of_sympy_and_of_differences_at_fifty_digits(name):
    expression, _ = REFEREES[name]
    symbols = (A, B)[: PRIMITIVES[name].arity]
    value = sympy.lambdify(symbols, expression, "mpmath")
    steps = name in ("sign", "heaviside", "floor", "ceil")  # SymPy's derivative there is a distribution or unevaluated
    slopes = [sympy.lambdify(symbols, 0 if steps else sympy.diff(expression, s), "mpmath") for s in symbols]
    for point in points(name, 12):
        with mpmath.workdps(50):
            exact = [mpmath.mpf(x) for x in point]
            expected = float(value(*exact))
            partials = [float(slope(*exact)) for slope in slopes]
            differences = [
                float(mpmath.diff(value, tuple(exact), tuple(int(i == k) for i in range(len(point)))))
                for k in range(len(point))
            ]
        result, own = linearize(name, point, [True] * len(point))
        assert result == pytest.approx(expected, rel=2e-15, abs=1e-300)
        assert own == pytest.approx(partials, rel=4e-13, abs=1e-300)
        assert own == pytest.approx(differences, rel=4e-13, abs=1e-20)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_forward_and_reverse_mode_both_give_the_partials(name):
    program = parse(text_of(name))
    for point in points(name, 3):
        _, partials = linearize(name, point, [True] * len(point))
        assert reverse_jacobian(record(program, point)) == [pytest.approx(partials, rel=1e-15)]
        assert forward_jacobian(program, point) == [pytest.approx(partials, rel=1e-15)]


@pytest.mark.parametrize("name", PRIMITIVES)
def test_no_number_makes_a_function_or_its_partials_raise(name):
    row = PRIMITIVES[name]
    program = parse(text_of(name))
    for arguments in itertools.product(EDGES, repeat=row.arity):
        value = REAL[name](*arguments)
        assert isinstance(value, float)
        for partial in row.partials:
            assert isinstance(float(partial(Real, *arguments, value)), float)
        if row.kink is not None:
            assert isinstance(float(row.kink(Real, *arguments)), float)
        record(program, arguments)
        forward_jacobian(program, arguments)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_arrays_have_the_same_edges_as_floats(name):
    columns = np.array(list(itertools.product(EDGES, repeat=PRIMITIVES[name].arity))).T
    with np.errstate(all="ignore"):
        on_array = ARRAY[name](*columns)
    for arguments, value in zip(columns.T, on_array, strict=True):
        assert float(value) == pytest.approx(REAL[name](*map(float, arguments)), rel=1e-15, nan_ok=True), arguments


@pytest.mark.parametrize("name", PRIMITIVES)
def test_where_a_function_is_not_defined_neither_are_its_partials(name):
    arity = PRIMITIVES[name].arity
    for arguments in itertools.product([e for e in EDGES if math.isfinite(e)], repeat=arity):
        value, partials = linearize(name, list(arguments), [True] * arity)
        if math.isnan(value):
            assert all(p is not None and math.isnan(p) for p in partials)


def test_undefined_arguments_make_undefined_partials_but_an_overflow_does_not():
    assert all(map(math.isnan, linearize("add", [1.0, math.nan], [True, True])[1]))
    assert linearize("sub", [math.inf, math.inf], [True, True])[1] == [1.0, -1.0]


@pytest.mark.parametrize(
    ("name", "arguments", "partials"),
    [
        ("abs", [0.0], [0.0]),
        ("relu", [0.0], [0.0]),
        ("max", [2.0, 2.0], [0.5, 0.5]),
        ("min", [2.0, 2.0], [0.5, 0.5]),
        ("pow", [0.0, 0.0], [0.0, -math.inf]),
        ("pow", [0.0, 2.0], [0.0, 0.0]),
        ("pow", [0.0, 1.0], [1.0, 0.0]),
        ("pow", [-2.0, 3.0], [12.0, math.nan]),
        ("pow", [0.0, 0.5], [math.inf, 0.0]),
        ("sqrt", [0.0], [math.inf]),
        ("sign", [0.0], [math.nan]),
        ("heaviside", [0.0], [math.nan]),
        ("floor", [3.0], [math.nan]),
        ("ceil", [-3.0], [math.nan]),
        ("floor", [3.5], [0.0]),
        ("hypot", [0.0, 0.0], [math.nan, math.nan]),
        ("atan2", [0.0, 0.0], [math.nan, math.nan]),
        ("sigmoid", [-1000.0], [0.0]),
        ("softplus", [1000.0], [1.0]),
        ("asin", [1.0], [math.inf]),
        ("acos", [-1.0], [-math.inf]),
    ],
)
def test_the_conventions_at_kinks_jumps_and_edges_are_these(name, arguments, partials):
    assert linearize(name, arguments, [True] * len(arguments))[1] == pytest.approx(partials, nan_ok=True)


@pytest.mark.parametrize("name", [n for n, row in PRIMITIVES.items() if row.kink])
def test_the_kink_is_zero_on_the_corner_or_jump_and_not_beside_it(name):
    row = PRIMITIVES[name]
    assert row.kink is not None
    corner = [1.0, 1.0] if row.arity == 2 else [2.0 if name in ("floor", "ceil") else 0.0]
    if name == "atan2":
        corner = [0.0, -1.0]
    assert row.kink(Real, *corner) == 0.0
    assert row.kink(Real, corner[0] + 0.25, *corner[1:]) == pytest.approx(0.25)
    assert row.kink(Real, corner[0] - 0.25, *corner[1:]) == pytest.approx(-0.25)
    assert not row.analytic or name == "atan2"  # whose formula holds on both sides of the cut


def test_names_and_aliases_are_words_and_no_two_rows_share_one():
    words = [*PRIMITIVES, *(alias for row in PRIMITIVES.values() for alias in row.aliases)]
    assert len(set(words)) == len(words)
    assert all(word.isidentifier() and word.islower() for word in words)
    assert all(row.meaning and row.symbol and row.domain and row.partials for row in PRIMITIVES.values())


def test_a_function_is_found_by_name_and_alias_and_an_operator_by_neither():
    assert all(function_named(alias) is PRIMITIVES[name] for alias, name in ALIASES.items())
    assert all(function_named(name) is None for name in OPERATORS)
    assert function_named("foo") is None
