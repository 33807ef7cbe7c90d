"""Compiled programs against the interpreter: tape and sweeps at a point, the walk over arrays on many."""

import math
import struct

import numpy as np
import pytest

from explorer.calculus import tracing
from explorer.calculus.compiled import Compiled, compiled
from explorer.calculus.evaluate import values, values_on
from explorer.calculus.lowering import lower
from explorer.calculus.sweeps import gradient, hessian, hessian_times, reverse_jacobian
from explorer.calculus.tape import derivative_along, record
from explorer.language.parser import parse
from explorer.language.program import ExplorerError
from explorer.work.gallery import examples


def bits(numbers) -> list[str]:
    """Each number's bits; all NaNs are one."""
    return ["nan" if x != x else struct.pack(">d", x).hex() for x in np.ravel(numbers)]


BRANCHES = """def f(x, y):
    s = sqrt(x)
    t = 0
    if y > 0 and x < 10:
        t = s*y
    if y > 1 or x*y < -2:
        t = t + s
    return t, s*t
"""
HUBER = """def f(a, b):
    total = 0
    for r in [a - 1, 2*a + b - 3, b - a, a*b]:
        if abs(r) < 1:
            total += r**2/2
        else:
            total += abs(r) - 1/2
    return total
"""
NESTED = """def f(x, y):
    a = hypot(x/2, min(x, y)) if x < 1 and y > 0 else -1
    b = (x*y)**a if x > 0 else hypot(x*y, a*a)
    return max(a, b, 0.5)
"""
FORMULAS = [
    "ln(x)^0.5 + y",
    "ln(x)^1.5*y",
    NESTED,
    "ln(x1) + x1*x2 - sin(x2)",
    "(1 - x)^2 + 100(y - x^2)^2",
    "x^y + y^3 - x^(-2) + x^0.5",
    "hypot(x - 1, y)/(x + y)",
    "max(x, y, x*y) + min(x, 1)*abs(y)",
    "relu(x)*sigmoid(y) + softplus(x - y) + floor(x)*sign(y)",
    "atan2(y, x) + erf(x)*cbrt(y) + log1p(x) + expm1(-y)",
    "where(x > 0, sqrt(x)*y, y^3)",
    "piecewise(x < -1, -x, x < 2, x^2*y, 4x - 4)",
    "x*y, x/y, x + y",
    "log(x)^0 + y/y",
    "a = exp(x*100)\na/(1 + a) + y",
    BRANCHES,
    HUBER,
]
POINTS = [*np.random.default_rng(5).uniform(-3, 3, (16, 2)).tolist()]
EDGES = [
    [0.0, 0.0],
    [-0.0, 1.0],
    [1.0, -1.0],
    [0.0, -2.0],
    [1e308, 1e308],
    [math.inf, 1.0],
    [1.0, math.nan],
    [2.0, 2.0],
]


@pytest.mark.parametrize("text", FORMULAS, ids=[text.replace("\n", "; ")[:40] for text in FORMULAS])
def test_scalar_code_gives_the_interpreters_bits(text):
    program = parse(text)
    code = Compiled(program)
    assert code.way == "compiled"
    for point in POINTS + EDGES:
        tape = record(program, point)
        assert bits(code.values(point)) == bits(values(program, point)) == bits(tape.values)
        for output in range(len(program.outputs)):
            value, partials = code.value_and_gradient(point, output)
            assert bits([value, *partials]) == bits([tape.values[output], *gradient(tape, output)]), point
        assert bits(code.jacobian(point)) == bits(reverse_jacobian(tape))
        assert bits(code.hessian(point)) == bits(hessian(tape))
        for direction in ([1.0, 0.0], [0.3, -1.5]):
            assert bits(code.jvp(point, direction)) == bits(derivative_along(program, point, direction))
            assert bits(code.hvp(point, direction)) == bits(hessian_times(tape, direction))


@pytest.mark.parametrize("text", FORMULAS, ids=[text.replace("\n", "; ")[:40] for text in FORMULAS])
def test_blocks_give_what_points_give(text):
    program = parse(text)
    code = Compiled(program)
    points = np.array(POINTS + EDGES)
    columns, shape = [points[:, 0].copy(), points[:, 1].copy()], (len(points),)
    walked = values_on(lower(program), columns, shape)
    for _ in range(20):  # until the walk has cost as much as a compilation
        found = code.values_on(columns, shape)
        assert bits(found) == bits(walked)
    for output in range(len(program.outputs)):
        assert bits(code.value_on(columns, shape, output)) == bits(walked[output])
        values_, partials = code.values_and_gradients_on(columns, shape, output)
        for place, point in enumerate(points.tolist()):
            value, row = code.value_and_gradient(point, output)
            assert [values_[place], *(p[place] for p in partials)] == pytest.approx(
                [value, *row], rel=1e-13, nan_ok=True
            )


HERON = """def f(x, y):
    t = (1 + x)/2
    while abs(t*t - x) > 1e-9:
        t = (t + x/t)/2
    return t*y
"""
LOOKED_UP = """def f(x, y):
    table = [x, y, x*y, x - y]
    i = floor(abs(x))
    if i > 3:
        i = 3
    return table[i]**2 + y
"""
REFUSED = """def f(x, y):
    n = 0
    while x > 0:
        x = x - 1
        n = n + 1
    if n == 2:
        return [1, 2][n]*y
    return x*y
"""


@pytest.mark.parametrize("text", [HERON, LOOKED_UP, REFUSED], ids=["heron", "looked up", "refused"])
def test_what_has_no_one_code_is_compiled_by_course(text):
    program = parse(text)
    code = Compiled(program)
    assert code.way == "by course"
    assert code.refusal
    points = np.random.default_rng(2).uniform(0.1, 6.0, (225, 2))
    expected = []
    for point in points.tolist():
        try:
            tape = record(program, point)
            row = [*tape.values, *gradient(tape)]
            value, partials = code.value_and_gradient(point)
            assert bits([value, *partials]) == bits(row)
            assert bits(code.hvp(point, [1.0, 0.5])) == bits(hessian_times(tape, [1.0, 0.5]))
        except ExplorerError as refusal:
            row = [math.nan] * 3
            with pytest.raises(ExplorerError, match=refusal.message):
                code.values(point)
        expected.append(row)
    columns, shape = [points[:, 0].reshape(15, 15), points[:, 1].reshape(15, 15)], (15, 15)
    for _ in range(20):
        found = code.value_on(columns, shape)
        assert np.allclose(found.ravel(), np.array(expected)[:, 0], rtol=1e-13, equal_nan=True)
    value, partials = code.values_and_gradients_on(columns, shape)
    for one, other in zip([value, *partials], np.array(expected).T, strict=True):
        assert np.allclose(one.ravel(), other, rtol=1e-13, equal_nan=True)


def test_a_program_that_is_too_large_is_interpreted_and_says_so(monkeypatch):
    monkeypatch.setattr(tracing, "MOST_OPERATIONS", 50)
    code = Compiled(parse("def f(x):\n    for i in range(17):\n        x = x*0.999 + sin(x)\n    return x\n"))
    assert code.way == "interpreted"
    assert code.refusal == "more than 50 operations"
    tape = record(code.program, [0.3])
    assert code.value_and_gradient([0.3]) == (tape.values[0], gradient(tape))
    value, (partial,) = code.values_and_gradients_on([np.array([0.3, 0.7])], (2,))
    assert [value[0], partial[0]] == [tape.values[0], *gradient(tape)]
    assert code.value_on([np.array([0.3, 0.7])], (2,))[0] == tape.values[0]


@pytest.mark.parametrize("text", ["tan(ln(x^0))^(-1)", "(x^0 - 1)^(-1)", "(x^0 - 1)^y"])
def test_a_base_that_is_known_to_be_zero_moves_where_the_tape_says_so(text):
    program = parse(text)
    point = [0.5, -1.0][: len(program.inputs)]
    code, tape = Compiled(program), record(program, point)
    value, partials = code.value_and_gradient(point)
    assert repr((value, partials)) == repr((tape.values[0], gradient(tape)))
    assert repr(list(code.jvp(point, [1.0] * len(point)))) == repr(
        list(derivative_along(program, point, [1.0] * len(point)))
    )
    _, columns = code.values_and_gradients_on([np.array([x]) for x in point], (1,))
    assert repr([float(column[0]) for column in columns]) == repr(gradient(tape))


def test_the_hessian_is_undefined_where_the_gradient_is():
    program = parse("(1/x - 1/x)*y^2*x")  # 0·∞ at y = ∞
    code = Compiled(program)
    point = [-3.0, math.inf]
    assert math.isnan(gradient(record(program, point))[0])
    for matrix in (hessian(record(program, point)), code.hessian(point)):
        assert all(map(math.isnan, matrix[0]))


def test_a_held_input_is_computed_once_and_gives_the_same():
    code = compiled(parse("sin(a)*x^2 + exp(a)*y + where(a > 0, x, y)*b"))
    x, y = np.random.default_rng(1).normal(size=(2, 3000))
    for a in (-1.5, 0.0, 2.0):
        held = code.values_and_gradients_on([a, x, y, 0.5], (3000,))
        arrays = code.values_and_gradients_on([np.full(3000, a), x, y, np.full(3000, 0.5)], (3000,))
        assert np.allclose(held[0], arrays[0], rtol=1e-14)
        for one, other in zip(held[1], arrays[1], strict=True):
            assert np.allclose(one, other, rtol=1e-14)
        _, partials = code.values_and_gradients_on([a, x, y, 0.5], (3000,), held=[1, 2])
        assert np.array_equal(partials[0], held[1][0])
        assert np.array_equal(partials[1], held[1][3])


SIDE_COMPUTED_EARLIER = """def f(x, y):
    b = y
    a = x
    if y < x:
        a = 2*x
    else:
        for i in range(2):
            if x < 0:
                y = b
            else:
                y = a + a
            unused = y*y
        a = -y
    return b*b/(a if a < 0 else x)
"""


@pytest.mark.parametrize("point", [[1.0, 2.0], [-1.5, 1.5], [1.0, 0.5], [-3.0, -4.0]])
def test_what_a_side_has_computed_for_a_later_side_passes_its_adjoint_on(point):
    program = parse(SIDE_COMPUTED_EARLIER)
    code, tape = Compiled(program), record(program, point)
    assert code.value_and_gradient(point) == (tape.values[0], gradient(tape))
    assert "x0 + x0" in code.source()  # in the later side; the earlier one is empty
    _, partials = code.values_and_gradients_on([np.array([x]) for x in point], (1,))
    assert [p[0] for p in partials] == gradient(tape)


@pytest.mark.parametrize("parameter", [-1.0, 2.0])
@pytest.mark.parametrize(
    "text",
    [
        "atan2(x, where(p > 0, 0.9, tanh(p)) + x)",  # what the branch selects is known before any sample
        "x*where(p > 0, where(p > 1, p^2, 3), sin(p))",
        "where(p > 0, where(p > 1, x*p, 3), sin(p*x)) + where(p > 0, 1, p)",
    ],
)
def test_a_branch_on_a_held_input_selects_as_at_each_point(text, parameter):
    code = Compiled(parse(text))
    parameters = [{"x": np.array([-0.3, 0.4, 1.7]), "p": parameter}[name] for name in code.program.inputs]
    value, partials = code.values_and_gradients_on(parameters, (3,))
    for place, x in enumerate([-0.3, 0.4, 1.7]):
        point = [{"x": x, "p": parameter}[name] for name in code.program.inputs]
        tape = record(code.program, point)
        assert np.allclose([value[place], *(p[place] for p in partials)], [tape.values[0], *gradient(tape)], rtol=1e-14)
        assert code.value_on(parameters, (3,))[place] == pytest.approx(tape.values[0], rel=1e-14)


def test_an_output_of_held_inputs_alone_fills_its_array():
    code = compiled(parse("x*y, sin(a)^2, a, 3, x"))
    x, y = np.random.default_rng(1).normal(size=(2, 50_000))
    for columns in ([0.3, x, y], [0.7, x, y]):
        found = code.values_on(columns, x.shape)
        a = columns[0]
        for one, expected in zip(
            found, [x * y, np.full_like(x, math.sin(a) ** 2), a + 0 * x, 3 + 0 * x, x], strict=True
        ):
            assert np.allclose(one, expected, rtol=1e-15)
    values_, partials = code.values_and_gradients_on([0.3, x, y], x.shape, output=1)
    assert np.allclose([values_[5], *(p[5] for p in partials)], [math.sin(0.3) ** 2, math.sin(0.6), 0.0, 0.0])


def test_products_by_powers_of_two_are_one_product_and_keep_their_bits():
    code = Compiled(parse("100*(y - x^2)^2 + 1.7*(2*x)"))
    assert "200.0 * " in code.source()
    assert "3.4 * " in code.source()
    for point in ([1e308, 0.0], [1e154, -1e300], [5e-324, 1e-310], [-0.0, 0.3], [1e200, math.inf]):
        tape = record(code.program, point)
        value, partials = code.value_and_gradient(point)
        assert bits([value, *partials]) == bits([tape.values[0], *gradient(tape)])


def test_zero_is_added_to_no_partial_that_is_never_minus_zero_and_zeros_keep_their_signs():
    assert "0.0 + " not in Compiled(parse("(x^2 + y - 11)^2 + (x + y^2 - 7)^2")).source()
    assert "0.0 + " in Compiled(parse("x*y + x")).source()
    grid = np.meshgrid(*[[0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324]] * 2)
    x, y = (axis.ravel() for axis in grid)
    for text in ("(x - y)^2", "x^2*y^2/2", "exp(x)*y + abs(y)*x", "(x^2 - y^2)^2", "abs(x*y)*abs(x)", "2*(x^2 + y)"):
        program = parse(text)
        _, partials = compiled(program).values_and_gradients_on([x, y], x.shape)
        for place, point in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
            row = gradient(record(program, point), 0)
            assert bits(row) == bits(compiled(program).value_and_gradient(point)[1]), (text, point)
            assert bits(row) == bits([partial[place] for partial in partials]), (text, point)


def test_the_gallery_is_compiled_or_says_why_not_and_agrees_with_the_tape():
    for example in examples():
        if example.refused:
            continue
        program = parse(example.source)
        at = dict(example.point)
        point = [at.get(name, 1.0) for name in program.inputs]
        code = compiled(program)
        assert (code.way == "compiled") == (code.refusal == "")
        tape = record(program, point)
        assert bits(code.values(point)) == bits(tape.values)
        assert np.allclose(code.jacobian(point), reverse_jacobian(tape), rtol=1e-13, equal_nan=True)


def test_equal_programs_share_what_is_generated():
    assert compiled(parse("x^2 + y")) is compiled(parse("x^2 +  y"))
    assert compiled(parse("x^2 + y")) is not compiled(parse("x^2 - y"))
