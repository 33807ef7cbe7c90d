"""Sweeps: tangents and adjoints of the literature, costs, second derivatives, long chains."""

import inspect
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from explorer.calculus.compiled import compiled
from explorer.calculus.films import forward_film, reverse_film, second_film
from explorer.calculus.sweeps import (
    adjoints,
    cost,
    gradient,
    hessian,
    hessian_times,
    reverse_jacobian,
    tangents,
)
from explorer.calculus.tape import Tape, forward_jacobian, record
from explorer.language.parser import parse

WORKED = "ln(x1) + x1*x2 - sin(x2)"
COS5 = 0.28366218546322625


def tape_of(text: str, *point: float) -> Tape:
    return record(parse(text), point)


# Baydin, Pearlmutter, Radul, Siskind 2018, “Automatic differentiation in machine learning: a survey”, Tables 2 and 3.
TABLE_2_X1 = [1.0, 0.0, 0.5, 5.0, 0.0, 5.5, 5.5]
TABLE_2_X2 = [0.0, 1.0, 0.0, 2.0, COS5, 2.0, 1.7163378145367738]
TABLE_3 = [  # whose adjoint, from which operation, the contribution, the running value
    ("v5", None, 1.0, 1.0),
    ("v4", "v5", 1.0, 1.0),
    ("v3", "v5", -1.0, -1.0),
    ("v1", "v4", 1.0, 1.0),
    ("v2", "v4", 1.0, 1.0),
    ("x2", "v3", -COS5, -COS5),
    ("x1", "v2", 5.0, 5.0),
    ("x2", "v2", 2.0, 1.7163378145367738),
    ("x1", "v1", 0.5, 5.5),
]


def test_the_last_adjoints_and_tangents_are_the_gradient():
    tape = tape_of(WORKED, 2.0, 5.0)
    assert adjoints(tape, [1.0]) == pytest.approx([5.5, 1.7163378145367738, 1.0, 1.0, -1.0, 1.0, 1.0], rel=1e-15)
    assert tangents(tape, [1.0, 0.0])[-1] == 5.5
    assert gradient(tape) == pytest.approx([5.5, 1.7163378145367738], rel=1e-15)


@pytest.mark.parametrize(
    ("text", "point", "expected"),
    [
        # The README of micrograd (Karpathy).
        ("c = a + b\nd = a*b + b^3\nc1 = c + c + 1\nc2 = c1 + 1 + c1 - a\nd1 = d + 2d + relu(b + a)\n"
         "d2 = d1 + 3d1 + relu(b - a)\ne1 = c2 - d2\nf = e1^2\ng = f/2 + 10/f",
         [-4.0, 2.0], [24.70408163265306, 138.83381924198252, 645.5772594752186]),
        # A sigmoid neuron (Stanford CS231n): w = (2, −3), bias −3, x = (−1, −2).
        ("f(w0, x0, w1, x1, w2) = sigmoid(w0*x0 + w1*x1 + w2)",
         [2.0, -1.0, -3.0, -2.0, -3.0],
         [0.7310585786300049, -0.19661193, 0.39322387, -0.39322387, -0.58983580, 0.19661193]),
        ("f(w, x, b) = w*x + b", [2.0, 1.0, 3.0], [5.0, 1.0, 2.0, 1.0]),
    ],
)  # fmt: skip
def test_published_gradients_are_reproduced(text, point, expected):
    tape = tape_of(text, *point)
    assert [*tape.values, *gradient(tape)] == pytest.approx(expected, rel=2e-8)


def test_the_jacobian_of_the_polar_map_is_the_published_one():
    rows = reverse_jacobian(tape_of("f = r*cos(t)\ng = r*sin(t)\nf, g", 2.0, math.pi / 6))
    assert rows == [pytest.approx([0.8660254, -1.0], rel=1e-7), pytest.approx([0.5, 1.7320508], rel=1e-7)]
    assert rows[0][0] * rows[1][1] - rows[0][1] * rows[1][0] == pytest.approx(2.0, rel=1e-15)


def test_speelpennings_product_has_its_gradient_in_one_sweep():
    factors = [f"x{k}" for k in range(1, 11)]
    tape = tape_of("*".join(factors), *map(float, range(1, 11)))
    assert tape.values == (3628800.0,)
    assert gradient(tape) == pytest.approx([3628800 / k for k in range(1, 11)], rel=1e-15)
    assert len(tape.operations) == 9
    # Cheap: a few operations an edge, whatever the number of inputs (Baur & Strassen 1983).
    assert cost(tape).reverse <= 4 * cost(tape).function


def test_tangents_and_adjoints_are_transposes_of_one_another():
    text = "sin(x*y) + exp(z)/x, x*y*z, tanh(x - z)"
    tape = tape_of(text, 0.7, 1.3, -0.4)
    seed, weights = [0.3, -1.1, 0.8], [0.9, 0.2, -0.5]
    forward = [tangents(tape, seed)[o] for o in tape.outputs]
    reverse = adjoints(tape, weights)[:3]
    assert sum(w * t for w, t in zip(weights, forward, strict=True)) == pytest.approx(
        sum(a * s for a, s in zip(reverse, seed, strict=True)), rel=1e-14
    )


def test_what_does_not_move_and_what_is_not_reached_is_unknown_and_not_zero():
    tape = tape_of("sin(x), cos(y)", 1.0, 2.0)
    assert tangents(tape, [1.0, 0.0])[1::2] == [None, None]
    assert adjoints(tape, [1.0, 0.0]) == [pytest.approx(math.cos(1.0)), None, 1.0, None]


def test_the_worked_example_costs_five_fourteen_and_fifteen_operations():
    counted = cost(tape_of(WORKED, 2.0, 5.0))
    assert (counted.function, counted.forward, counted.reverse) == (5, 14, 15)


def test_constants_cost_nothing_and_sums_need_no_partials():
    counted = cost(tape_of("x + y + 2*3", 1.0, 2.0))
    assert (counted.function, counted.forward, counted.reverse) == (2, 3, 5)


# -- long chains, second derivatives ----------------------------------------------------------------------------------


@contextmanager
def few_frames(spare: int = 90) -> Iterator[None]:
    """A recursion limit just above the present depth: what recurses along a chain overflows at once."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + spare)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


@pytest.mark.parametrize(("operator", "value", "slope"), [("+", 1201 * 1.0001, 1201.0), ("*", 1.0001**1201, None)])
def test_a_chain_of_1200_operations_recurses_nowhere(operator, value, slope):
    text = operator.join(["x"] * 1201)
    with few_frames():
        program = parse(text)
        tape = record(program, [1.0001])
        forward, reverse = forward_jacobian(program, [1.0001]), reverse_jacobian(tape)
        films = forward_film(tape, [1.0]), reverse_film(tape, [1.0])
        counted = cost(tape)
        second = hessian_times(tape, [1.0])
    assert len(tape.operations) == counted.function == 1200
    assert tape.values[0] == pytest.approx(value, rel=1e-12)
    assert forward[0][0] == pytest.approx(slope or 1201 * 1.0001**1200, rel=1e-12)
    assert reverse[0][0] == pytest.approx(forward[0][0], rel=1e-12)
    assert second == [pytest.approx(0.0 if slope else 1201 * 1200 * 1.0001**1199, rel=1e-11)]
    assert [len(f.steps) for f in films] == [1201, 1201 + 1 + 2400]


def test_the_hessian_of_the_worked_example_is_the_published_one():
    tape = tape_of(WORKED, 2.0, 5.0)
    assert hessian(tape) == [
        pytest.approx([-0.25, 1.0], rel=1e-15),
        pytest.approx([1.0, -0.9589242746631385], rel=1e-15),
    ]
    assert hessian_times(tape, [1.0, 0.0]) == pytest.approx([-0.25, 1.0])
    assert hessian_times(tape, [0.0, 1.0]) == pytest.approx([1.0, -0.9589242746631385])


@pytest.mark.parametrize(
    ("text", "x", "second"),
    [
        ("tanh(x)", 2.0, -2 * math.tanh(2) * (1 - math.tanh(2) ** 2)),
        ("x^3", 2.0, 12.0),
        ("x^x", 2.0, 4 * (math.log(2) + 1) ** 2 + 2),
        ("x", 2.0, 0.0),
        ("7 + 0x", 2.0, 0.0),
        ("x^2", -1.0, 2.0),
        ("x^2", 0.0, 2.0),
        ("|x|", -3.0, 0.0),
        ("max(x^2, x)", 3.0, 2.0),
        ("1/x", 0.5, 16.0),
        ("cbrt(x)", -8.0, 2 / 9 / 32),
        ("erf(x)", 0.5, -2 / math.sqrt(math.pi) * math.exp(-0.25)),
        ("where(x > 0, x^3, 0)", 2.0, 12.0),
    ],
)
def test_second_derivatives_of_one_input_are_these(text, x, second):
    assert hessian(record(parse(f"f(x) = {text}"), [x])) == [[pytest.approx(second, rel=1e-12, abs=1e-15)]]


@pytest.mark.parametrize(("x", "y"), [(2.0, 0.0), (0.7, 0.0), (0.7, 1.0), (0.0, 2.5)])
def test_a_power_bends_as_by_hand_where_a_partial_of_it_is_0_at_this_point_only(x, y):
    program, ln = parse("x^y"), math.log(x or 1.0)  # at x = 0 every term has a power of x before it
    mixed = x ** (y - 1) * (1 + y * ln)
    by_hand = [[y * (y - 1) * x ** (y - 2), mixed], [mixed, x**y * ln**2]]
    expected = [pytest.approx(row, rel=1e-14, abs=1e-300) for row in by_hand]
    tape = record(program, [x, y])
    assert hessian(tape) == expected
    assert compiled(program).hessian([x, y]) == expected
    for column, direction in enumerate(([1.0, 0.0], [0.0, 1.0])):
        bends = {s.node: s.after_tangent for s in second_film(tape, direction, [1.0]).steps if s.kind == "adjoint"}
        assert [bends[0], bends[1]] == expected[column]


def test_the_second_derivative_of_an_undefined_function_is_undefined():
    assert math.isnan(hessian(tape_of("log(x)", -1.0))[0][0])
    assert hessian(tape_of("f(x, y) = x", 1.0, 2.0)) == [[0.0, 0.0], [0.0, 0.0]]
    assert hessian(tape_of("f(x) = 7", 1.0)) == [[0.0]]
