"""The adjoint program: run here, and only here, it gives what the tape gives, on every example and own constructs."""

import pytest

from explorer.calculus.adjoint import adjoint_program
from explorer.calculus.sweeps import gradient
from explorer.calculus.tape import record
from explorer.language.parser import parse
from explorer.language.program import ExplorerError
from explorer.work.gallery import examples

RECURSION = """def power(x, n):
    if n < 1:
        return 1
    if n > 2.5:
        h = power(x, n - 2)
        return h*x*x
    return x*power(x, n - 1)
def f(x, y):
    s = power(x, 5)
    a, b = y, x
    while s > 10:
        s = s/2 + sin(a)
        a, b = b, a
    return s*b
"""
BRANCHES = """def f(x, y):
    z = x
    for i in range(4):
        if z > y and not z > 5:
            z = z*y
            t = z + i
        else:
            t = exp(-z)
            z = t + x if x > 1 else t*x
    return z + t
"""


def run(source: str, point: list[float]) -> tuple[list[float], list[float], bool]:
    """The derivatives by the adjoint program and by the tape, and whether it is structured."""
    program = parse(source)
    tape = record(program, point)
    code = adjoint_program(program, tape)
    names: dict[str, object] = {}
    exec(str(code), names)
    adjoint = [value for name, value in names.items() if name.endswith("_adjoint")][-1]
    outputs = len(program.outputs)
    weights = [] if outputs == 1 else [1.0] + [0.0] * (outputs - 1)
    return list(adjoint(*point, *weights)[outputs:]), gradient(tape), code.structured


@pytest.mark.parametrize(
    "example", [e for e in examples() if "cut by" not in e.title], ids=lambda example: example.title
)
def test_the_adjoint_program_of_every_example_gives_its_gradient(example):
    try:
        program = parse(example.source)
        point = [dict(example.point).get(name, 1.0) for name in program.inputs]
        record(program, point)
    except ExplorerError:
        pytest.skip("is refused on purpose")
    got, expected, _ = run(example.source, point)
    assert got == pytest.approx(expected, rel=1e-11, abs=1e-13, nan_ok=True)


@pytest.mark.parametrize(
    ("source", "point"),
    [
        (RECURSION, [1.7, 0.4]),
        (BRANCHES, [1.5, 1.2]),
        (BRANCHES, [0.3, 2.0]),
        ("def f(x):\n    return x if x > 5 else x*f(2*x)", [1.5]),  # the differentiated function calls itself
        ("def f(x, y):\n    a, a = x, x*y\n    return a*x", [1.5, 2.0]),
        ("def f(x):\n    if True and not False:\n        x = x*x\n    return x", [1.5]),
        # choices within an expression, and within one another
        (
            "def f(x, y):\n    z = sin(2 if x > 5 else x*(y if y > 3 else 3*x))\n    return z*(x if y > 0 else z)",
            [1.3, 2.0],
        ),
        ("def f(x):\n    return x*(sqrt(x) if x > 0 else 0)", [-1.3]),
        # no adjoint of a counter: the slope of a power by its exponent is a logarithm, here of a negative number
        ("def f(x):\n    s = 0\n    for k in range(4):\n        s += (-1)**k*x**(2*k + 1)\n    return s", [-1.5]),
    ],
)
def test_branches_loops_calls_and_exchanges_are_reversed(source, point):
    got, expected, structured = run(source, point)
    assert structured
    assert got == pytest.approx(expected, rel=1e-12)


def test_the_bounds_of_a_loop_may_be_computed():
    source = (
        "def g(x, n):\n    for i in range(1, n + 1):\n        x = x*sin(i*x)\n    return x\n"
        "def f(x):\n    n = 3\n    for i in range(5, 2*n - 6, -2):\n        x = x*i + g(x, i)\n    return x"
    )
    got, expected, structured = run(source, [1.3])
    assert structured
    assert got == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize(
    "source",
    [
        "def f(x):\n    a = [x, x*x]\n    return a[0]*a[1]",
        "def f(x):\n    for i in range(5):\n        x = x*x\n        if x > 3:\n            break\n    return x",
        "def f(x):\n    for i in range(5):\n        x = x*x\n        if x > 3:\n            return x\n    return x",
    ],
)
def test_what_has_no_structured_form_is_written_out_as_it_ran(source):
    got, expected, structured = run(source, [1.5])
    assert not structured
    assert got == pytest.approx(expected, rel=1e-12)


def test_each_line_knows_its_source_line():
    program = parse(BRANCHES)
    code = adjoint_program(program, record(program, [1.5, 1.2]))
    backward = [line for line in code.lines if line.backward and line.line == 5]
    assert any("z_bar" in line.text for line in backward)
    assert all(line.line is None or 1 <= line.line <= 10 for line in code.lines)


@pytest.mark.parametrize(
    ("source", "point"),
    [
        ("λ*x^2 + sin(λ)", [0.7, 1.3]),
        (
            "def f(x, math):\n    stack = exp(x)*math\n    for i in range(3):\n        stack *= x\n    return stack",
            [1.1, 0.4],
        ),
        ("def f(lambda_, abs):\n    max = abs*lambda_\n    return max - sin(max)", [1.5, 2.0]),
        ("def f(is_, range):\n    a = [is_, range]\n    return a[0]*exp(a[1])", [1.5, 2.0]),
        (" + ".join(["x*x"] * 700), [1.5]),
        ("f(x) = x^2\nf(x) + f(3x)", [1.5]),
        ("def f(x, a):\n    return x*a\ndef main(x):\n    return f(x, 2)*x", [1.5]),
    ],
)
def test_names_that_python_keeps_and_long_sums_are_no_obstacle(source, point):
    got, expected, _ = run(source, point)
    assert got == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("source", "point"),
    [
        # what a counter overwrites comes back when its loop has been reversed
        ("def f(x):\n    k = 3*x\n    a = k*x\n    for k in range(2):\n        a = a*x\n    return a", [1.3]),
        ("def f(x):\n    for k in range(3):\n        x = x*x\n    y = k*x\n    k = x\n    return k*y", [1.3]),
        (
            "def f(x):\n    a = x\n    for i in range(1, 3):\n        a = a*(x + i)\n        for i in range(1, 4):\n"
            "            a = a + i*x*a\n    return a",
            [1.3],
        ),
        (
            "def f(x):\n    a = x\n    for i in range(3):\n        for j in range(2):\n            a = a*x + j\n"
            "        a = a*(j + x)\n    return a",
            [1.3],
        ),
        # of the counter that is a parameter too, and of one that a round changes, nothing goes back beyond the round
        ("def f(x, n):\n    a = n*x\n    for n in range(3):\n        a = a*x + n\n    return a", [1.3, 2.0]),
        ("def f(x):\n    a = 1\n    for i in range(3):\n        i = i*x\n        a = a + i*x\n    return a", [1.3]),
        # a name that only a branch which is not taken has given a value
        (
            "def f(x):\n    if x > 5:\n        k = x*x\n        x = x*k\n    if x < 5:\n        k = 2*x\n"
            "        x = k*x\n    return x",
            [1.3],
        ),
        ("def f(x):\n    if x > 1:\n        a = x\n    else:\n        b = x\n    b = 3\n    return a*b", [1.3]),
    ],
)
def test_a_name_that_stands_for_several_things_is_given_back_each_of_them(source, point):
    got, expected, structured = run(source, point)
    assert structured
    assert got == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("source", "point"),
    [
        ("result = x*x\nresult*2", [1.3]),
        (
            "def f(x):\n    result = x*x\n    for i in range(3):\n        result = result*x + 1\n    return result*2",
            [1.3],
        ),
        ("def f(x, y):\n    result1 = x*y\n    result2 = result1*x\n    return result2, result1", [1.3, 2.0]),
        ("def f(x):\n    result1 = [x, x*x]\n    result2 = result1[0]*x\n    return result2, result1[1]", [1.3]),
        ("def f(x, x_bar):\n    y = x*x_bar\n    return sin(y)*x_bar", [1.3, 2.0]),
        ("def f(x, taken2):\n    if x > 1:\n        taken1 = x\n    return x*taken2*taken1", [1.3, 2.0]),
        ("def g(x):\n    return x*x\ndef g_adjoint(x):\n    return x\ndef f(x):\n    return g(x)*g_adjoint(x)", [1.3]),
        ("def sign(x):\n    return x*x\ndef f(x):\n    return sign(x)*abs(x)", [1.3]),
        ("def sigmoid(x):\n    return x*x\ndef f(x):\n    return sigmoid(x)*softplus(x)", [1.3]),
        ("def math(x):\n    return x*x\ndef f(x):\n    return math(x)*sin(x)", [1.3]),
        ("lambda(x) = x^2\nlambda(x)*x", [1.3]),
    ],
)
def test_names_of_the_adjoint_program_itself_can_be_the_programs_too(source, point):
    got, expected, _ = run(source, point)
    assert got == pytest.approx(expected, rel=1e-12)


def test_what_is_constant_in_a_partial_is_worked_out():
    program = parse("x^2*y + 3*x")
    lines = str(adjoint_program(program, record(program, [2.0, 5.0]))).split("\n")
    assert "    x_bar += v1_bar*(2*x)" in lines
    assert not any("stack" in line for line in lines)
