"""A Program as code: the order of the operations, and jumps that mean what the conditions say."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.calculus.evaluate import values, values_on
from explorer.calculus.lowering import Operation, lower
from explorer.language.parser import parse
from explorer.language.program import (
    Apply,
    Assign,
    Choose,
    Compare,
    Constant,
    Function,
    If,
    Logic,
    Name,
    Program,
    Return,
    While,
)


def applied(text: str) -> list[str]:
    """The elementary functions in the order in which they are computed."""
    return [i.text for i in lower(parse(text)).main.instructions if i.operation is Operation.APPLY]


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("ln(x1) + x1*x2 - sin(x2)", "log mul sin add sub"),  # Baydin et al. 2018, Table 2
        ("sin(x)*cos(x)/exp(x)", "sin cos exp mul div"),
        ("(sin(x) + cos(x)) + exp(x)", "sin cos exp add add"),
        ("sin(x) + (cos(x) + exp(x))", "sin cos exp add add"),
        ("x - (y - sin(x))", "sin sub sub"),
        ("-sin(x)^2", "sin pow neg"),
        ("sin(cos(x))", "cos sin"),
        ("max(sin(x), cos(y), x)", "sin cos max max"),
    ],
)
def test_the_terms_of_a_sum_or_product_come_before_it_is_formed_from_the_left(text, order):
    assert applied(text) == order.split()


def test_parameters_are_the_first_registers_and_each_literal_has_its_own():
    routine = lower(parse("f(x, y) = 2x + 2y")).main
    assert routine.parameters == ("x", "y")
    assert sorted(value for _, value in routine.constants) == [2.0, 2.0]
    assert min(register for register, _ in routine.constants) >= 2
    written = [i.target for i in routine.instructions if i.operation is Operation.APPLY]
    assert len(set(written)) == len(written)
    assert max(written) < routine.registers


def test_an_assignment_is_a_copy_that_carries_its_name():
    copies = [i for i in lower(parse("a = x^2\na + a")).main.instructions if i.operation is Operation.COPY]
    assert [c.name for c in copies] == ["a"]


def test_each_function_of_the_program_is_a_routine():
    code = lower(parse("square(t) = t^2\nsquare(x) + 1"))
    assert set(code.routines) == {"square", "main"}
    calls = [i for i in code.main.instructions if i.operation is Operation.CALL]
    assert [(c.text, len(c.operands)) for c in calls] == [("square", 1)]


def test_every_instruction_of_a_formula_has_a_place_in_the_source():
    text = "a = where(x > 0, sin(x), 2)\na*x"
    for instruction in lower(parse(text)).main.instructions:
        assert 1 <= instruction.span.line <= 2


def test_tests_know_where_their_sides_meet_again():
    instructions = lower(parse("where(x > 0 and y > 0, where(x > 1, 2, 3), 4) + 1")).main.instructions
    tests = [i for i in instructions if i.operation is Operation.TEST]
    assert [len(tests), len({t.join for t in tests})] == [3, 2]
    assert all(t.join > t.jump > 0 for t in tests)


# -- conditions, against Python's own and, or, not --------------------------------------------------------------------

NAMES = ("x", "y")
COMPARISONS = st.builds(
    Compare,
    st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
    st.sampled_from([Name(n) for n in NAMES]),
    st.sampled_from([Name("y"), Constant(0.0, "0"), Constant(1.0, "1")]),
)
CONDITIONS = st.recursive(
    COMPARISONS,
    lambda inner: (
        st.builds(Logic, st.just("not"), st.tuples(inner))
        | st.builds(Logic, st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=8,
)
GRID = list(itertools.product([-1.0, 0.0, 0.5, 1.0, 2.0], repeat=2))


def holds(node, names: dict[str, float]) -> bool:
    """The condition by Python's own operators."""
    if isinstance(node, Logic):
        parts = [holds(c, names) for c in node.conditions]
        return not parts[0] if node.operator == "not" else all(parts) if node.operator == "and" else any(parts)
    left, right = (names[n.name] if isinstance(n, Name) else n.value for n in (node.left, node.right))
    return {
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
        "==": left == right,
        "!=": left != right,
    }[node.operator]


def program_of(*body) -> Program:
    return Program("", (Function("main", NAMES, body),), NAMES, ("out",))


ONE, TWO = Constant(1.0, "1"), Constant(2.0, "2")


@settings(max_examples=25, deadline=None)
@given(CONDITIONS)
def test_a_choice_takes_the_side_that_pythons_logic_takes(condition):
    chosen = program_of(Return((Choose(condition, ONE, TWO),)))
    branched = program_of(If(condition, (Return((ONE,)),), (Return((TWO,)),)))
    assigned = program_of(If(condition, (Assign("a", ONE),), (Assign("a", TWO),)), Return((Name("a"),)))
    expected = [1.0 if holds(condition, dict(zip(NAMES, point, strict=True))) else 2.0 for point in GRID]
    for program in (chosen, branched, assigned):
        assert [values(program, point)[0] for point in GRID] == expected


@settings(max_examples=25, deadline=None)
@given(CONDITIONS, CONDITIONS)
def test_on_arrays_every_point_takes_its_own_side(first, second):
    inner = Choose(second, Name("x"), Apply("mul", (Name("y"), TWO)))
    program = program_of(
        Assign("a", Choose(first, inner, ONE)),
        If(second, (Assign("b", Name("a")),), (Assign("b", Apply("add", (Name("a"), ONE))),)),
        If(first, (Return((Name("b"),)),), (Return((Apply("neg", (Name("b"),)),)),)),
    )
    columns = np.array(GRID).T
    (together,) = values_on(lower(program), list(columns), columns[0].shape)
    assert list(together) == [values(program, point)[0] for point in GRID]


@settings(max_examples=15, deadline=None)
@given(CONDITIONS)
def test_a_loop_runs_while_pythons_logic_holds(condition):
    step = Assign("x", Apply("add", (Name("x"), Constant(0.75, "0.75"))))
    guard = Logic("and", (condition, Compare("<", Name("x"), Constant(5.0, "5"))))
    program = program_of(While(guard, (step,)), Return((Name("x"),)))
    for x, y in GRID:
        expected = x
        while holds(condition, {"x": expected, "y": y}) and expected < 5.0:
            expected += 0.75
        assert values(program, (x, y)) == (expected,)
