"""Sweeps and films: Baydin's tables in value and in order, words with their numbers, costs, second derivatives."""

import inspect
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from explorer.calculus.sweeps import (
    adjoints,
    barred,
    cost,
    dotted,
    equation,
    factor,
    forward_film,
    gradient,
    hessian,
    hessian_times,
    partial_equation,
    reverse_film,
    reverse_jacobian,
    short,
    subscripted,
    tangents,
)
from explorer.calculus.tape import Tape, forward_jacobian, record
from explorer.language.parser import parse
from explorer.language.primitives import PRIMITIVES

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


@pytest.mark.parametrize(("seed", "column"), [([1.0, 0.0], TABLE_2_X1), ([0.0, 1.0], TABLE_2_X2)])
def test_the_forward_film_is_baydins_table_2(seed, column):
    tape = tape_of(WORKED, 2.0, 5.0)
    film = forward_film(tape, seed)
    assert film.mode == "forward"
    assert [tape.ops[s.node].name for s in film.steps] == ["x1", "x2", "v1", "v2", "v3", "v4", "v5"]
    assert [s.after for s in film.steps] == pytest.approx(column, rel=1e-15)
    assert {s.kind for s in film.steps} == {"dual"}


def test_the_reverse_film_is_baydins_table_3_after_the_values():
    tape = tape_of(WORKED, 2.0, 5.0)
    steps = reverse_film(tape, [1.0]).steps
    assert [s.kind for s in steps] == ["value"] * 7 + ["seed"] + ["adjoint"] * 8
    assert [s.node for s in steps[:7]] == list(range(7))
    rows = [
        (tape.ops[s.node].name, None if s.source is None else tape.ops[s.source].name, s.amount, s.after)
        for s in steps[7:]
    ]
    assert [row[:2] for row in rows] == [row[:2] for row in TABLE_3]
    for own, published in zip(rows, TABLE_3, strict=True):
        assert own[2:] == pytest.approx(published[2:], rel=1e-15)


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


# -- films in words ---------------------------------------------------------------------------------------------------

CASES = [
    (WORKED, [2.0, 5.0]),
    ("x*x + x^x", [1.5]),
    ("atan2(y, x)/hypot(x, y) - max(x, 2y)", [0.4, -1.2]),
    ("sqrt(x)*cbrt(y) + |x - y| + 3^x", [2.0, 5.0]),
    ("where(x > 0, log(x), x) + 2", [1e-7]),
    ("x, x, x^2, 4", [3.0]),
    ("exp(1000x)/y", [1.0, 0.0]),
    ("x + log(y)", [1.0, -1.0]),
]


@pytest.mark.parametrize(("text", "point"), CASES)
def test_every_sentence_holds_the_numbers_of_its_step(text, point):
    tape = tape_of(text, *point)
    for step in forward_film(tape, [1.0] + [0.5] * (len(point) - 1)).steps:
        assert short(step.after) in step.sentence
        assert short(tape.ops[step.node].value) in step.sentence
    for step in reverse_film(tape, [1.0] * len(tape.outputs)).steps:
        assert step.sentence.endswith(".")
        if step.kind == "value":
            assert short(tape.ops[step.node].value) in step.sentence
        else:
            assert short(step.amount) in step.sentence
            assert barred(tape.ops[step.node].name) in step.sentence
        if step.kind == "adjoint":
            edge = next(e for e in tape.ops[step.source].edges if e.position == step.position)
            assert factor(edge.partial) in step.sentence
            assert barred(tape.ops[step.source].name) in step.sentence


@pytest.mark.parametrize(("text", "point"), CASES)
def test_running_values_of_the_reverse_film_end_in_the_adjoints(text, point):
    tape = tape_of(text, *point)
    weights = [1.0] * len(tape.outputs)
    last = {step.node: step.after for step in reverse_film(tape, weights).steps if step.kind != "value"}
    expected = {i: a for i, a in enumerate(adjoints(tape, weights)) if a is not None}
    assert last == {i: pytest.approx(a, rel=1e-15, nan_ok=True) for i, a in expected.items()}


def marked(text: str, mark: str) -> str:
    """The text with a combining mark for each *, which no eye can check in the source."""
    return text.replace("*", mark)


def test_the_words_of_the_worked_example_are_these():
    tape = tape_of(WORKED, 2.0, 5.0)
    forward = forward_film(tape, [1.0, 0.0]).steps
    assert forward[0].sentence == f"x₁ = 2; its tangent is the seed {dotted('x1')} = 1."
    assert forward[3].sentence == marked("v₂ = x₁ · x₂ = 10;  v*₂ = 5 · x*₁ + 2 · x*₂ = 5 · 1 + 2 · 0 = 5.", "\u0307")
    reverse = [s.sentence for s in reverse_film(tape, [1.0]).steps]
    assert reverse[7] == marked("The sweep starts at the output: v*₅ = y* = 1.", "\u0304")
    assert reverse[12] == marked(
        "x*₂ adds v*₃ · 0.2837 = (−1) · 0.2837 = −0.2837; for ∂v₃/∂x₂ = cos x₂ = 0.2837.", "\u0304"
    )
    assert reverse[14] == marked("x*₂ adds v*₂ · 2 = 1 · 2 = 2, so far 1.716; for ∂v₂/∂x₂ = x₁ = 2.", "\u0304")


@pytest.mark.parametrize("name", PRIMITIVES)
def test_every_partial_can_be_said_in_words_also_where_it_is_not_finite(name):
    row = PRIMITIVES[name]
    text = {"add": "a + b", "sub": "a - b", "mul": "a*b", "div": "a/b", "neg": "-a", "pow": "a^b"}.get(name)
    program = parse(text or f"{name}({', '.join('ab'[: row.arity])})")
    for value in (0.5, 1.5, 0.0, -1.0, 1e300, math.inf):
        tape = record(program, [value] * row.arity)
        (op,) = tape.operations
        assert equation(tape, op).startswith("v₁ = ")
        for edge in op.edges:
            words = partial_equation(tape, op, edge)
            assert words.startswith(f"∂v₁/∂{'ab'[edge.position]} = ")
            assert words.endswith(short(edge.partial))


@pytest.mark.parametrize(
    ("number", "words"),
    [(0.28366218546322625, "0.2837"), (-1.0, "−1"), (1.2e-5, "1.2e−5"), (100000.0, "1e5"), (0.0, "0"),
     (math.inf, "∞"), (-math.inf, "−∞"), (math.nan, "undefined"), (1234.5, "1234")],
)  # fmt: skip
def test_numbers_are_short_in_sentences(number, words):
    assert short(number) == words


def test_names_carry_their_marks_where_they_can_be_read():
    assert (subscripted("v12"), barred("v2"), dotted("x1"), barred("y")) == ("v₁₂", "v\u0304₂", "x\u0307₁", "y\u0304")
    assert barred("theta1") == "theta₁\u0304"


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


def test_the_second_derivative_of_an_undefined_function_is_undefined():
    assert math.isnan(hessian(tape_of("log(x)", -1.0))[0][0])
    assert hessian(tape_of("f(x, y) = x", 1.0, 2.0)) == [[0.0, 0.0], [0.0, 0.0]]
    assert hessian(tape_of("f(x) = 7", 1.0)) == [[0.0]]
