"""All paths: their products add up to the adjoint; how many there are is counted and not enumerated."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.calculus.causes import first_causes
from explorer.calculus.films import forward_film, reverse_film, second_film
from explorer.calculus.jacobians import advice, passes
from explorer.calculus.nested import INNER, demonstrate
from explorer.calculus.paths import MOST_EDGES_LISTED, MOST_LISTED, paths_to_output
from explorer.calculus.sweeps import adjoints, hessian, reverse_jacobian
from explorer.calculus.tape import Tape, record
from explorer.language.parser import parse

LOGISTIC = "def f(x):\n    for i in range({}):\n        x = 4*x*(1-x)\n    return x"


def tape_of(text: str, *point: float) -> Tape:
    return record(parse(text), point)


def test_the_worked_example_has_two_paths_from_each_input():
    tape = tape_of("ln(x1) + x1*x2 - sin(x2)", 2.0, 5.0)
    assert [[path.product for path in paths_to_output(tape, node).listed] for node in (0, 1)] == [
        [0.5, 5.0],
        [2.0, pytest.approx(-0.28366218546322625)],
    ]
    assert paths_to_output(tape, 0).multiplications == 4


@settings(max_examples=40, deadline=None)
@given(st.floats(0.1, 2.0), st.floats(0.1, 2.0))
def test_the_products_add_up_to_the_adjoint_of_every_node(x, y):
    tape = tape_of("a = x*y + sin(x)\nb = a/y - a*x\na*b + exp(-a), b", x, y)
    for output in (0, 1):
        reached = adjoints(tape, [float(k == output) for k in (0, 1)])
        for op in tape.ops:
            found = paths_to_output(tape, op.index, output)
            assert found.count == len(found.listed)
            assert sum(p.product for p in found.listed) == pytest.approx(reached[op.index] or 0.0, rel=1e-9, abs=1e-9)


def test_the_paths_of_the_logistic_map_double_with_each_round_and_are_only_counted():
    found = paths_to_output(tape_of(LOGISTIC.format(200), 0.3), 0)
    assert found.count == 2**200
    assert len(found.listed) == MOST_LISTED
    assert found.edges == 4 * 200


@pytest.mark.parametrize("text", ["f = r*cos(t)\ng = r*sin(t)\nf, g", "x*y*z, x + y, z, 7", "ln(x1) + x1*x2 - sin(x2)"])
def test_passes_fill_the_jacobian_from_both_sides(text):
    program = parse(text)
    tape = record(program, [1.5 + k for k in range(len(program.inputs))])
    expected = reverse_jacobian(tape)
    columns = [done.numbers for done in passes(tape, "forward")]
    assert [list(row) for row in zip(*columns, strict=True)] == [pytest.approx(row) for row in expected]
    assert [list(done.numbers) for done in passes(tape, "reverse")] == [pytest.approx(row) for row in expected]
    second = [list(done.numbers) for done in passes(tape, "second")]
    assert second == [pytest.approx(row) for row in hessian(tape)]
    told = advice(tape)
    assert (told["ways"]["forward"]["passes"], told["ways"]["reverse"]["passes"]) == (len(columns), len(expected))


def test_the_advice_is_reverse_for_many_inputs_and_forward_for_many_outputs():
    assert advice(tape_of("*".join(f"x{k}" for k in range(1, 9)), *[1.1] * 8))["cheaper"] == "reverse"
    assert advice(tape_of("x, x^2, x^3, sin(x), cos(x)", 0.5))["cheaper"] == "forward"


@pytest.mark.parametrize(("inner", "truth", "confused"), [("x + y", 1.0, 2.0), ("x · y", 2.0, 3.0)])
def test_one_shared_epsilon_confuses_the_two_derivatives(inner, truth, confused):
    """Siskind & Pearlmutter's example is the first: 1, and 2 where both share one ε."""
    assert inner in INNER
    right, wrong = demonstrate(inner, 1.0, 2.0, False), demonstrate(inner, 1.0, 2.0, True)
    assert (right.result, right.truth, wrong.result) == (truth, truth, confused)


@pytest.mark.parametrize(
    ("text", "point", "words"),
    [
        ("a = x - 1\nb = 2*a\nlog(b)", [0.85], "ln of −0.3 at line 3 is undefined"),
        ("exp(1000*x) + x", [1.0], "exp of 1000 at line 1 overflows to ∞"),
        ("1/x + x", [0.0], "1 / 0 at line 1"),
        ("x + sqrt(x)", [0.0], "has no finite slope"),
    ],
)
def test_the_first_cause_of_what_is_not_finite_is_named(text, point, words):
    tape = record(parse(text), point)
    assert words in first_causes(tape, reverse_film(tape, [1.0]))[0]["sentence"]


def test_what_is_finite_throughout_has_no_cause():
    tape = tape_of("x*x + exp(x)", 1.0)
    assert first_causes(tape, reverse_film(tape, [1.0])) == []


def test_the_first_cause_is_one_of_the_sweep_that_is_played():
    """Values and partials are finite here, and only the second output's adjoints overflow, or the tangent along x."""
    tape = tape_of("c = x + y\na = x*1e200\nb = a*1e200", 1e-200, 0.25)
    (adjoint,) = first_causes(tape, reverse_film(tape, [0.0, 1.0]))
    (tangent,) = first_causes(tape, forward_film(tape, [1.0, 0.0]))
    assert "The adjoint x\u0304 is the first" in adjoint["sentence"]
    assert (adjoint["op"], tangent["op"]) == (0, 4)
    assert "The tangent" in tangent["sentence"]
    assert first_causes(tape, reverse_film(tape, [1.0, 0.0])) == []
    assert first_causes(tape, forward_film(tape, [0.0, 1.0])) == []


def test_a_second_derivative_that_is_not_finite_is_the_cause_in_second_order():
    tape = tape_of("x^1.5 + x", 0.0)
    assert first_causes(tape, reverse_film(tape, [1.0])) == []
    (cause,) = first_causes(tape, second_film(tape, [1.0], [1.0]))
    assert "x^1.5 at line 1 has no finite second derivative at x = 0" in cause["sentence"]


def test_of_the_paths_of_a_long_loop_as_many_are_listed_as_have_room():
    found = paths_to_output(tape_of(LOGISTIC.format(3_000), 0.3), 0)
    assert found.count == 2**3_000
    assert found.multiplications == 2**3_000 * (2 * 3_000 - 1)  # a round is two edges, by 4x or by 1 − x
    assert 0 < sum(len(path.edges) for path in found.listed) <= MOST_EDGES_LISTED
    assert len({path.edges for path in found.listed}) == len(found.listed)
