"""What has no one formula, written out as it runs at a point: loops that an input ends, recursion on an input."""

import pytest
import sympy

from explorer.calculus import symbolic
from explorer.calculus.algebras import LoopOnInput
from explorer.calculus.sweeps import reverse_jacobian
from explorer.calculus.symbolic import walk
from explorer.calculus.tape import record
from explorer.language.parser import parse
from explorer.language.program import ExplorerError, Limits

HERON = "def heron(x):\n    t = (1 + x)/2\n    while abs(t*t - x) > 1e-3:\n        t = (t + x/t)/2\n    return t"
FACTORIAL = "def f(x):\n    if x <= 1:\n        return x\n    return x*f(x - 1)"
TWO_LOOPS = """def f(x):
    n = 0
    while x > 1:
        x = x/2
        if x > 1.5:
            n = n + x
    while n < 5 and x > 0:
        n = n + x*x
    return n
"""


def at(text: str, x: float):
    (output,), (symbol,), course = symbolic.expressions_at(parse(text), [x])
    return output, symbol, course


def test_a_loop_that_an_input_ends_is_written_out_with_its_rounds_and_says_so():
    with pytest.raises(LoopOnInput):
        symbolic.expressions(parse(HERON))
    for x, rounds in ((1.0, "0 rounds"), (1.2, "1 round "), (2.0, "2 rounds"), (4.5, "3 rounds")):
        output, symbol, course = at(HERON, x)
        assert f"The loop in line 3 is written out with the {rounds}" in course
        expected = reverse_jacobian(record(parse(HERON), [x]))[0][0]
        assert float(sympy.diff(output, symbol).subs(symbol, x)) == pytest.approx(expected, rel=1e-13)


def test_ifs_in_such_a_loop_stay_piecewise_and_each_loop_is_named():
    output, symbol, course = at(TWO_LOOPS, 7.0)
    assert "line 3" in course
    assert "line 7" in course
    assert output.has(sympy.Piecewise)
    tape = record(parse(TWO_LOOPS), [7.0])
    assert float(output.subs(symbol, 7.0)) == pytest.approx(tape.values[0], rel=1e-14)
    assert float(sympy.diff(output, symbol).subs(symbol, 7.0)) == pytest.approx(reverse_jacobian(tape)[0][0], rel=1e-13)


def test_recursion_that_an_input_ends_follows_every_comparison_of_the_point():
    output, symbol, course = at(FACTORIAL, 4.5)
    assert "as it runs at this point" in course
    assert sympy.expand(output - symbol * (symbol - 1) * (symbol - 2) * (symbol - 3) * (symbol - 4)) == 0


@pytest.mark.parametrize(
    "text", ["x^2", "where(x > 0, x, -x)", "def f(x):\n    for k in range(3):\n        x = x*x\n    return x"]
)
def test_what_has_a_formula_is_the_same_as_without_a_point(text):
    output, _, course = at(text, 2.0)
    assert course == ""
    assert output == symbolic.expressions(parse(text))[0][0]


def test_what_does_not_end_at_the_point_either_is_refused_as_before():
    program = parse("def f(x):\n    while x > 0:\n        x = x + 1\n    return x", Limits(steps=2_000))
    with pytest.raises(ExplorerError, match="depends on an input"):
        symbolic.expressions_at(program, [1.0])
    program = parse("def f(x):\n    return f(x + 1) if x > 0 else x", Limits(depth=50))
    with pytest.raises(ExplorerError) as caught:
        symbolic.expressions_at(program, [1.0])
    assert caught.value.kind == "limit"


def test_an_index_that_is_an_input_is_taken_from_the_point():
    output, symbol, course = at("def f(x):\n    a = [x, x**2, x**3]\n    return a[x]", 2.0)
    assert "all that an input decides" in course
    assert output == symbol**3


def test_what_no_input_decides_is_not_tried_again_at_the_point(monkeypatch):
    runs = []
    run = walk.Run
    monkeypatch.setattr(walk, "Run", lambda code, algebra: runs.append(1) or run(code, algebra))
    program = parse("def f(x):\n    n = 1\n    while n > 0:\n        n = n + 1\n    return n*x", Limits(steps=1_000))
    with pytest.raises(ExplorerError, match="Stopped after 1,000 steps"):
        symbolic.expressions_at(program, [1.0])
    assert len(runs) == 1
