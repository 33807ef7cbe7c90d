"""Tapes: what is recorded, in which order, with which partials; and dual numbers, which record nothing."""

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.calculus.sweeps import reverse_jacobian
from explorer.calculus.tape import INPUT, Tape, derivative_along, forward_jacobian, operation_stem, record
from explorer.language.parser import parse

TAPES = sorted((Path(__file__).parent / "tapes").glob("*.txt"))
WORKED = "ln(x1) + x1*x2 - sin(x2)"


def tape_of(text: str, *point: float) -> Tape:
    return record(parse(text), point)


@pytest.mark.parametrize("path", TAPES, ids=lambda path: path.stem)
def test_the_tape_of_a_file_is_as_it_was_printed(path):
    """A file is the formula and its point after “# ”, then the printed tape; a new case is a new file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    head = [line[2:] for line in lines if line.startswith("# ")]
    program = parse("\n".join(head[:-1]))
    at = dict(pair.split("=") for pair in head[-1].removeprefix("at ").split(", "))
    assert list(at) == list(program.inputs)
    tape = record(program, [float(value) for value in at.values()])
    assert str(tape).splitlines() == lines[len(head) :]


def test_there_are_tapes_to_compare_with():
    assert len(TAPES) >= 10


def test_the_worked_example_has_the_primal_trace_of_baydins_table_2():
    tape = tape_of(WORKED, 2.0, 5.0)
    assert [op.name for op in tape.ops] == ["x1", "x2", "v1", "v2", "v3", "v4", "v5"]
    assert [op.function for op in tape.ops] == [INPUT, INPUT, "log", "mul", "sin", "add", "sub"]
    expected = [2.0, 5.0, 0.6931471805599453, 10.0, -0.9589242746631385, 10.693147180559945, 11.652071455223084]
    assert [op.value for op in tape.ops] == pytest.approx(expected, rel=1e-15)
    assert [op.arguments for op in tape.operations] == [(0,), (0, 1), (1,), (2, 3), (5, 4)]
    assert (tape.outputs, tape.values) == ((6,), (pytest.approx(11.652071455223084, rel=1e-15),))


def test_each_operation_knows_its_place_in_the_source():
    tape = tape_of(WORKED, 2.0, 5.0)
    assert [WORKED[op.span.column : op.span.end_column] for op in tape.operations] == [
        "ln(x1)",
        "x1*x2",
        "sin(x2)",
        "ln(x1) + x1*x2",
        WORKED,
    ]


@pytest.mark.parametrize(
    ("text", "point", "value", "derivative"),
    [
        ("x*x", [3.0], 9.0, [6.0]),
        ("x^2 + x", [3.0], 12.0, [7.0]),
        ("x**2", [-1.0], 1.0, [-2.0]),
        ("x^x", [2.0], 4.0, [6.772588722239781]),
        ("tanh(x)", [0.5], 0.46211715726000973, [0.7864477329659274]),
        ("5", [], 5.0, []),
        ("f(x) = x", [2.0], 2.0, [1.0]),
        ("f(x, y) = x", [2.0, 3.0], 2.0, [1.0, 0.0]),
        ("f(x, y) = 7", [2.0, 3.0], 7.0, [0.0, 0.0]),
        ("x*0", [1.0], 0.0, [0.0]),
        ("x^0", [0.0], 1.0, [0.0]),
        ("0 + x", [1.0], 1.0, [1.0]),
        ("x - x", [2.0], 0.0, [0.0]),
        ("x/x", [2.0], 1.0, [0.0]),
        ("|x|", [0.0], 0.0, [0.0]),
        ("max(x, 0)", [0.0], 0.0, [0.5]),
        ("relu(x) - relu(-x)", [0.0], 0.0, [0.0]),
        ("where(x > 0, x, 2x)", [0.0], 0.0, [2.0]),
        ("clip(x, 0, 1)", [0.5], 0.5, [1.0]),
        ("cbrt(x)", [-8.0], -2.0, [1 / 12]),
    ],
)
def test_value_and_derivative_of_small_cases(text, point, value, derivative):
    tape = tape_of(text, *point)
    assert tape.values == (pytest.approx(value, rel=1e-15),)
    assert reverse_jacobian(tape) == [pytest.approx(derivative, rel=1e-15)]
    assert forward_jacobian(parse(text), point) == [pytest.approx(derivative, rel=1e-15)]


def test_an_output_may_be_an_input_a_constant_or_stand_twice():
    tape = tape_of("x, x, 7, x^2", 3.0)
    assert tape.outputs == (0, 0, 7.0, 1)
    assert (tape.values, reverse_jacobian(tape)) == ((3.0, 3.0, 7.0, 9.0), [[1.0], [1.0], [0.0], [6.0]])
    assert forward_jacobian(parse("x, x, 7, x^2"), [3.0]) == [[1.0], [1.0], [0.0], [6.0]]


def test_there_is_no_edge_to_what_depends_on_no_input():
    (power,) = tape_of("x^2", -1.0).operations
    assert [e.position for e in power.edges] == [0]
    assert power.arguments == (0, 2.0)
    assert tape_of("sin(1) + 2", *()).ops == ()


def test_an_input_that_stands_twice_in_an_operation_has_two_edges():
    (product,) = tape_of("x*x", 3.0).operations
    assert [(e.parent, e.position, e.partial) for e in product.edges] == [(0, 0, 3.0), (0, 1, 3.0)]


def test_the_source_names_of_a_value_are_kept():
    tape = tape_of("a = x^2\nb = a\nc = x\nb + c", 3.0)
    assert [op.aliases for op in tape.ops] == [("c",), ("a", "b"), ()]


def test_comparisons_that_depend_on_an_input_are_decisions_with_a_margin():
    text = "where(x > 2 and 1 < 2, where(y <= x, 1, 2), 3)"
    tape = tape_of(text, 2.5, 7.0)
    assert [(d.operator, d.left, d.right, d.taken, d.margin) for d in tape.decisions] == [
        (">", 2.5, 2.0, True, 0.5),
        ("<=", 7.0, 2.5, False, 4.5),
    ]
    assert [text[d.span.column : d.span.end_column] for d in tape.decisions] == ["x > 2", "y <= x"]


def test_corners_and_jumps_are_kinks_with_their_margin_and_scale():
    tape = tape_of("abs(x) + floor(y) + max(x, y)", -0.5, 2.25)
    kinks = {tape.ops[k.op].function: (k.margin, k.scale, k.jump) for k in tape.kinks}
    assert kinks == {"abs": (-0.5, 0.5, False), "floor": (0.25, 2.25, True), "max": (-2.75, 2.25, False)}


def test_the_first_operation_outside_its_domain_is_found():
    undefined = tape_of("sin(x) + log(y) + sqrt(y)", 1.0, -1.0).undefined()
    assert undefined is not None
    assert undefined.function == "log"
    assert tape_of("x/y + exp(1000x)", 1.0, 0.0).undefined() is None


@pytest.mark.parametrize(
    "text", ["x + log(y)", "x*log(y)", "log(y)", "max(x, log(y))", "x - x + sqrt(y)", "x + sqrt(-1)"]
)
def test_where_the_function_is_undefined_no_derivative_is_a_number(text):
    program = parse(f"f(x, y) = {text}")
    reverse, forward = reverse_jacobian(record(program, [1.0, -1.0])), forward_jacobian(program, [1.0, -1.0])
    for row in (*reverse, *forward):
        assert all(map(math.isnan, row))


def test_only_the_outputs_that_are_undefined_lose_their_derivatives():
    program = parse("f(x, y) = x^2\ng = f(x, y)\ng, log(y)")
    (first, second) = reverse_jacobian(record(program, [3.0, -1.0]))
    assert first == [6.0, 0.0]
    assert all(map(math.isnan, second))


@pytest.mark.parametrize(
    ("inputs", "stem"),
    [
        (["x", "y"], "v"),
        (["v", "w"], "v"),
        (["v1", "x"], "w"),
        (["v1", "w2"], "t"),
        (["v1", "w1", "t1", "u1", "n1", "op1"], "op0_"),
        (["v1", "w1", "t1", "u1", "n1", "op1", "op0_1"], "op1_"),
    ],
)
def test_operations_are_named_by_a_letter_that_no_input_uses_that_way(inputs, stem):
    assert operation_stem(inputs) == stem


@given(st.lists(st.from_regex(r"\A[vwtunop]{1,2}[0-9]?_?[0-9]{0,2}\Z"), min_size=1, max_size=12, unique=True))
def test_no_operation_has_the_name_of_an_input(names):
    stem = operation_stem(names)
    assert not {f"{stem}{k}" for k in range(200)} & set(names)


def test_recording_and_dual_numbers_agree_along_any_direction():
    program = parse("sin(x*y)/y + exp(x - y)^2, x*y")
    jacobian = reverse_jacobian(record(program, [0.3, 1.7]))
    direction = [0.6, -0.8]
    expected = [sum(a * d for a, d in zip(row, direction, strict=True)) for row in jacobian]
    assert derivative_along(program, [0.3, 1.7], direction) == pytest.approx(expected, rel=1e-14)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(allow_nan=True), min_size=2, max_size=2))
def test_no_point_makes_recording_raise(point):
    program = parse("a = x^y\nb = where(a > x, log(a)/y, hypot(x, y))\nb*sin(x) + floor(y)*max(a, b)")
    tape = record(program, point)
    reverse, forward = reverse_jacobian(tape)[0], forward_jacobian(program, point)[0]
    assert len(reverse) == len(forward) == 2


def test_a_call_knows_its_numbers_and_what_it_gave_back_which_need_not_be_what_it_computed_last():
    text = (
        "def first(a, n):\n    kept = 2*a\n    spare = kept*n\n    return kept\n"
        "def same(a):\n    return a\n"
        "def both(a):\n    return a, 3\n"
        "def f(x):\n    p, q = both(x)\n    return first(x, 7) + same(p)*q"
    )
    tape = record(parse(text), [1.5])
    both, first, same = tape.calls
    assert (both.arguments, both.results) == ((1.5,), (0, 3.0))
    assert first.arguments == (1.5, 7.0)
    assert [tape.ops[result].value for result in first.results] == [3.0]
    assert same.results == (0,)
