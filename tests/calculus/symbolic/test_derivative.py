"""The derivative by rules over the shared graph: the one that SymPy's diff gives, and the steps that made it."""

import math
from itertools import islice

import pytest
import sympy
from hypothesis import given, settings

from explorer.calculus import symbolic
from explorer.calculus.sweeps import reverse_jacobian
from explorer.calculus.symbolic.derivative import Differentiation
from explorer.calculus.symbolic.steps import line_notation, lines, replay
from explorer.calculus.symbolic.wanted import Entry, Progress, derivatives, hessian_entries
from explorer.calculus.tape import record
from explorer.language.parser import parse
from explorer.language.program import ExplorerError
from explorer.work.gallery import Example, examples
from tests.calculus.test_symbolic import TEXTS, logistic

# SymPy's diff walks every repetition of a part: beyond this many nodes it is not asked.
MOST_NODES = 300
GALLERY = [example for example in examples() if not example.refused]


def graph(text: str):
    outputs, inputs = symbolic.expressions(parse(text))
    return outputs, inputs


@pytest.mark.parametrize("example", GALLERY, ids=lambda example: example.title)
def test_each_example_is_differentiated_as_sympy_does_and_its_steps_lead_to_the_result(example: Example):
    """Every one has a symbolic form, if only of its course at its point."""
    program, given = parse(example.source), dict(example.point)
    point = [given.get(name, 1.0) for name in program.inputs]
    outputs, inputs, course = symbolic.expressions_at(program, point)
    tape = record(program, point)
    adjoints = reverse_jacobian(tape)
    for column, symbol in enumerate(inputs[:2]):
        walk = Differentiation(symbol)
        for row, output in enumerate(outputs[:2]):
            derivative = walk.of(output)
            if symbolic.tree_sizes(symbolic.postorder([output]))[output] <= MOST_NODES:
                assert derivative == sympy.diff(output, symbol)
            assert replay(walk, output) == derivative
            read = list(islice(lines(walk, output), 8))
            assert read[0].derivative == derivative if read else derivative == 0
            assert all(line_notation(line, symbol).pieces for line in read)
            (value,) = symbolic.evaluate([derivative], dict(zip(inputs, point, strict=True)))
            if math.isfinite(value) and (course or (not tape.kinks and not tape.decisions)):
                assert value == pytest.approx(adjoints[row][column], rel=1e-9, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(TEXTS)
def test_any_expression_is_differentiated_as_sympys_diff_does(text):
    try:
        (output,), inputs = graph(f"f(x, y) = {text}")
    except ExplorerError:
        return
    for symbol in inputs:
        assert Differentiation(symbol).of(output) == sympy.diff(output, symbol)


def test_a_tree_of_a_hundred_million_operations_is_differentiated_on_its_shared_graph():
    (output,), (x,) = graph(logistic(20))
    walk = Differentiation(x)
    derivative = walk.of(output)
    assert walk.count < 200
    assert symbolic.operations(derivative) == 136_445_952
    assert symbolic.characters(derivative) > 500_000_000


def test_a_hundred_sines_in_each_other_overflow_nothing():
    (output,), (x,) = graph("def f(x):\n    for k in range(100):\n        x = sin(x)\n    return x")
    derivative = Differentiation(x).of(output)
    assert symbolic.operations(derivative) == sum(range(1, 100)) + 199


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("x^2", ["power rule"]),
        ("sin(x)", ["table entry"]),
        ("sin(x^2)", ["chain rule", "power rule"]),
        ("x*sin(x)", ["product rule", "table entry"]),
        ("sin(x)/x", ["quotient rule", "power rule", "table entry"]),
        ("2^x", ["exponential rule"]),
        ("x^x", ["power rule, base and exponent"]),
        ("3x + ln(x)", ["sum rule", "table entry", "constant factor"]),
        ("where(x > 0, x^2, x)", ["case by case", "power rule"]),
    ],
)
def test_the_rules_are_called_by_their_names(text, rules):
    (output,), (x,) = graph(text)
    walk = Differentiation(x)
    walk.of(output)
    assert sorted(line.rule for line in lines(walk, output)) == sorted(rules)


def test_a_part_that_occurs_twice_is_explained_once():
    (output,), (x,) = graph("sin(x^2) + cos(x^2)")
    walk = Differentiation(x)
    walk.of(output)
    again = [line for line in lines(walk, output) if line.again]
    assert [str(line.node) for line in again] == ["x**2"]


def test_a_wrong_step_is_found_by_the_replay():
    (output,), (x,) = graph("x*sin(x)")
    walk = Differentiation(x)
    walk.of(output)
    step = walk.steps[output]
    walk.steps[output] = type(step)(step.node, step.rule, step.parts, step.derivative + 1)
    with pytest.raises(AssertionError, match="product rule"):
        replay(walk, output)


def test_mixed_and_higher_derivatives_are_sympys():
    outputs, inputs = graph("exp(x*y)*sin(z)")
    x, y, z = inputs
    wanted = [Entry(0, 0, 0, (0, 1, 1)), Entry(0, 0, 0, (2,) * 5), *hessian_entries(0, range(3))]
    found = [part for part in derivatives(outputs, inputs, wanted) if not isinstance(part, Progress)]
    expected = [outputs[0].diff(x, y, y), outputs[0].diff(z, 5)] + [
        outputs[0].diff(a, b) for a in inputs for b in inputs
    ]
    assert all(sympy.expand(mine[1] - sympys) == 0 for mine, sympys in zip(found, expected, strict=True))
    assert found[3][1] is found[5][1]  # ∂²/∂x∂y and ∂²/∂y∂x are one
    assert y in found[0][1].free_symbols
    assert z in found[1][1].free_symbols


def test_choices_that_depend_on_choices_are_written_out_for_the_point():
    bisection = next(example for example in examples() if "Bisection" in example.title)
    program = parse(bisection.source)
    with pytest.raises(ExplorerError, match=r"depend on each other more than 3 deep") as caught:
        symbolic.expressions(program)
    assert caught.value.kind == "limit"
    (middle, polished), inputs, course = symbolic.expressions_at(program, [2.0])
    assert middle.is_Number
    assert symbolic.evaluate([sympy.diff(polished, *inputs)], {inputs[0]: 2.0}) == [pytest.approx(0.125**0.5)]
    assert "written out as it runs at this point" in course
