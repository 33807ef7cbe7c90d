"""Films: Baydin's tables in value and in order, second order against the Hessian, and words with their numbers."""

import math

import pytest

from explorer.calculus.films import forward_film, reverse_film, second_film, sentences
from explorer.calculus.sweeps import adjoints, hessian_times
from explorer.calculus.tape import Tape, record
from explorer.calculus.words import barred, dotted, equation, factor, partial_equation, short
from explorer.language.names import pretty_name
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


def said(tape, film):
    return list(zip(film.steps, sentences(tape, film), strict=True))


@pytest.mark.parametrize(("text", "point"), CASES)
def test_every_sentence_holds_the_numbers_of_its_step(text, point):
    tape = tape_of(text, *point)
    for step, sentence in said(tape, forward_film(tape, [1.0] + [0.5] * (len(point) - 1))):
        assert short(step.after) in sentence
        assert short(tape.ops[step.node].value) in sentence
    for step, sentence in said(tape, reverse_film(tape, [1.0] * len(tape.outputs))):
        assert sentence.endswith(".")
        if step.kind == "value":
            assert short(tape.ops[step.node].value) in sentence
        else:
            assert short(step.amount) in sentence
            assert barred(tape.ops[step.node].name) in sentence
        if step.kind == "adjoint":
            edge = next(e for e in tape.ops[step.source].edges if e.position == step.position)
            assert factor(edge.partial) in sentence
            assert barred(tape.ops[step.source].name) in sentence


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
    forward = [s.split("\n") for s in sentences(tape, forward_film(tape, [1.0, 0.0]))]
    assert forward[0] == [f"x₁ = 2; its tangent is the seed {dotted('x1')} = 1.", "As a dual number: 2 + 1ε."]
    assert forward[3][1] == "(2 + 1ε) · (5 + 0ε) = 10 + (2 · 0 + 1 · 5)ε + 1 · 0 · ε² = 10 + 5ε, for ε² = 0."
    assert forward[2][1] == "ln(2 + 1ε) = ln 2 + 0.5 · 1 ε = 0.6931 + 0.5ε."
    assert forward[3][0] == marked("v₂ = x₁ · x₂ = 10;  v*₂ = 5 · x*₁ + 2 · x*₂ = 5 · 1 + 2 · 0 = 5.", "\u0307")
    reverse = list(sentences(tape, reverse_film(tape, [1.0])))
    assert reverse[7] == marked("The sweep starts at the output: v*₅ = y* = 1.", "\u0304")
    assert reverse[12] == marked(
        "x*₂ adds v*₃ · 0.2837 = (−1) · 0.2837 = −0.2837; for ∂v₃/∂x₂ = cos x₂ = 0.2837.", "\u0304"
    )
    assert reverse[14] == marked("x*₂ adds v*₂ · 2 = 1 · 2 = 2, so far 1.716; for ∂v₂/∂x₂ = x₁ = 2.", "\u0304")


@pytest.mark.parametrize(
    ("text", "point", "words"),
    [
        ("x/y", [-2.0, -4.0], "(−2 + 1ε) / (−4 + 0.5ε) = 0.5 + ((−0.25) · 1 + 0.125 · 0.5)ε = 0.5 − 0.1875ε."),
        ("x^y", [1.0, 3.0], "(1 + 1ε)^(3 + 0.5ε) = 1 + (3 · 1 + 0 · 0.5)ε = 1 + 3ε."),
        ("x^3 + 0*y", [2.0, 0.0], "(2 + 1ε)^3 = 8 + 12 · 1 ε = 8 + 12ε."),
        ("e^x + 0*y", [0.0, 0.0], "e^(0 + 1ε) = 1 + 1 · 1 ε = 1 + 1ε."),
        ("hypot(x, y)", [3.0, 4.0], "hypot(3 + 1ε, 4 + 0.5ε) = 5 + (0.6 · 1 + 0.8 · 0.5)ε = 5 + 1ε."),
    ],
)
def test_the_algebra_of_dual_numbers_is_written_out_for_every_operation(text, point, words):
    """Of quotients, powers and functions of two numbers only the result was said, and e was 2.718."""
    tape = tape_of(text, *point)
    assert words in [said.partition("\n")[2] for said in sentences(tape, forward_film(tape, [1.0, 0.5]))]


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
    assert (pretty_name("v12"), barred("v2"), dotted("x1"), barred("y")) == ("v₁₂", "v\u0304₂", "x\u0307₁", "y\u0304")
    assert (barred("theta1"), barred("lambda"), barred("rate1")) == ("θ\u0304₁", "λ\u0304", "rate₁\u0304")
    assert [pretty_name(n) for n in ("x_1", "v−1", "Omega", "Alpha", "rate", "a_b", "v100001")] == [
        "x₁", "v₋₁", "Ω", "Α", "rate", "a_b", "v₁₀₀₀₀₁",
    ]  # fmt: skip


# -- second order -----------------------------------------------------------------------------------------------------


def test_the_second_film_of_the_worked_example_ends_in_hessian_times_direction():
    tape = tape_of(WORKED, 2.0, 5.0)
    for direction, expected in (([1.0, 0.0], [-0.25, 1.0]), ([0.0, 1.0], [1.0, -0.9589242746631385])):
        last = {step.node: step for step in second_film(tape, direction, [1.0]).steps if step.kind != "dual"}
        assert [last[k].after for k in (0, 1)] == pytest.approx([5.5, 1.7163378145367738], rel=1e-15)
        assert [last[k].after_tangent for k in (0, 1)] == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(("text", "point"), [case for case in CASES if "log(y)" not in case[0]])
def test_the_second_film_goes_step_for_step_with_the_reverse_one(text, point):
    tape = tape_of(text, *point)
    weights, direction = [1.0] * len(tape.outputs), [1.0, -0.5][: len(point)]
    first, second = reverse_film(tape, weights).steps, second_film(tape, direction, weights).steps
    assert [(s.node, s.source, s.position) for s in first] == [(s.node, s.source, s.position) for s in second]
    assert len(list(sentences(tape, second_film(tape, direction, weights)))) == len(second)
    last = {step.node: step for step in second if step.kind != "dual"}
    expected = [
        sum(column) for column in zip(*(hessian_times(tape, direction, k) for k in range(len(weights))), strict=True)
    ]
    got = [last[k].after_tangent if k in last else 0.0 for k in range(len(point))]
    assert got == pytest.approx(expected, rel=1e-13, nan_ok=True)


@pytest.mark.parametrize(
    ("text", "point", "direction"),
    [
        ("ln(x) + x*y", [-0.3, 1.0], [1.0, 0.0]),
        ("x*ln(y)", [1.0, -1.0], [1.0, 0.0]),
        ("sqrt(x)*y", [0.0, 2.0], [1.0, 1.0]),
        ("x^1.5 + x*y", [0.0, 1.0], [1.0, 0.0]),
    ],
)
def test_where_an_adjoint_is_undefined_so_is_its_slope_in_the_film(text, point, direction):
    """It was said to be 0: ln x at −0.3 had the second derivative 0."""
    tape = record(parse(text), point)
    last = {step.node: step.after_tangent for step in second_film(tape, direction, [1.0]).steps if step.kind != "dual"}
    expected = hessian_times(tape, direction)
    assert [last[node] for node in range(2)] == pytest.approx(expected, nan_ok=True)


def test_a_sentence_shows_a_negative_zero_as_zero():
    assert [short(number) for number in (-0.0, 0.0, -1e-9)] == ["0", "0", "−1e−9"]
    assert factor(-0.0) == "0"
