"""The one walk: values, loops, recursion, and the limits that stop it."""

import math

import numpy as np
import pytest

from explorer.calculus.evaluate import complex_values, values, values_on
from explorer.calculus.lowering import lower
from explorer.calculus.numbers import ComplexStepInvalid
from explorer.calculus.sweeps import reverse_jacobian
from explorer.calculus.tape import forward_jacobian, record
from explorer.language.parser import parse
from explorer.language.program import (
    Apply,
    Assign,
    Call,
    Compare,
    Constant,
    ExplorerError,
    Function,
    If,
    Limits,
    Name,
    Program,
    Return,
    While,
)

X, T, K, N = Name("x"), Name("t"), Name("k"), Name("n")


def number(value: float) -> Constant:
    return Constant(value, str(value))


def apply(function: str, *arguments) -> Apply:
    return Apply(function, arguments)


# t = (1 + x)/2, then t = (t + x/t)/2: Heron's square root, as the literature on automatic differentiation has it.
HALF_MORE = Assign("t", apply("div", apply("add", number(1.0), X), number(2.0)))
BETTER = Assign("t", apply("div", apply("add", T, apply("div", X, T)), number(2.0)))


def heron(times: int) -> Program:
    count = Assign("k", apply("add", K, number(1.0)))
    body = (
        HALF_MORE,
        Assign("k", number(0.0)),
        While(Compare("<", K, number(float(times))), (BETTER, count)),
        Return((T,)),
    )
    return Program("", (Function("main", ("x",), body),), ("x",), ("t",))


def heron_to(tolerance: float, start: Assign = HALF_MORE) -> Program:
    error = apply("abs", apply("sub", apply("mul", T, T), X))
    body = (start, While(Compare(">", error, number(tolerance)), (BETTER,)), Return((T,)))
    return Program("", (Function("main", ("x",), body),), ("x",), ("t",))


def power_by_calls() -> Program:
    """power(x, n) = 1 if n < 1 else x·power(x, n − 1)."""
    again = Call("power", (X, apply("sub", N, number(1.0))))
    body = (If(Compare("<", N, number(1.0)), (Return((number(1.0),)),), ()), Return((apply("mul", X, again),)))
    main = Function("main", ("x", "n"), (Return((Call("power", (X, N)),)),))
    return Program("", (Function("power", ("x", "n"), body), main), ("x", "n"), ("y",))


def test_the_worked_example_has_its_value():
    assert values(parse("ln(x1) + x1*x2 - sin(x2)"), [2.0, 5.0]) == (11.652071455223084,)


@pytest.mark.parametrize(
    ("times", "value", "derivative"),
    [
        (0, 1.5, 0.5),
        (1, 1.4166666666666667, 0.3611111111111111),
        (2, 1.4142156863, 0.3535659362),
        (3, 1.41421356237469, 0.35355339061),
        (4, 1.414213562373095, 0.3535533905932738),
    ],
)
def test_herons_iterates_and_their_derivatives_are_those_of_the_literature(times, value, derivative):
    program = heron(times)
    assert values(program, [2.0]) == (pytest.approx(value, rel=1e-10),)
    assert forward_jacobian(program, [2.0]) == [[pytest.approx(derivative, rel=1e-10)]]
    assert reverse_jacobian(record(program, [2.0])) == [[pytest.approx(derivative, rel=1e-10)]]


def test_the_derivative_of_a_loop_that_stops_at_a_tolerance_lags_behind_its_value():
    program = heron_to(1e-3)
    tape = record(program, [2.0])
    assert abs(tape.values[0] - math.sqrt(2)) == pytest.approx(2.1e-6, rel=0.02)
    assert abs(reverse_jacobian(tape)[0][0] - 0.5 / math.sqrt(2)) == pytest.approx(1.25e-5, rel=0.02)


def test_a_loop_that_does_not_run_has_the_derivative_of_its_start_which_is_wrong():
    # √x has slope ½ at 1, but the loop leaves the start t = 1 as it is, and that is a constant.
    tape = record(heron_to(1e-3, start=Assign("t", number(1.0))), [1.0])
    assert (tape.values, reverse_jacobian(tape)) == ((1.0,), [[0.0]])


def test_a_function_may_call_itself():
    program = power_by_calls()
    assert values(program, [3.0, 4.0]) == (81.0,)
    assert forward_jacobian(program, [3.0, 4.0]) == [[108.0, 0.0]]
    assert reverse_jacobian(record(program, [3.0, 4.0])) == [[108.0, 0.0]]


def test_calls_deeper_than_the_limit_are_stopped_in_words():
    with pytest.raises(ExplorerError, match="1,000 deep in power") as caught:
        values(power_by_calls(), [1.0, 5000.0])
    assert caught.value.kind == "limit"
    assert values(power_by_calls(), [1.0, 900.0]) == (1.0,)


def test_a_loop_that_does_not_end_is_stopped_in_words():
    program = Program("", (Function("main", ("x",), (While(Compare("==", X, X), ()), Return((X,)))),), ("x",), ("y",))
    with pytest.raises(ExplorerError, match="Stopped after 5,000 steps") as caught:
        values(program, [1.0], Limits(steps=5_000))
    assert caught.value.kind == "limit"
    with pytest.raises(ExplorerError, match="Stopped"):
        record(program, [1.0], Limits(steps=5_000))


def test_undefined_and_infinite_values_are_values_and_raise_nothing():
    assert math.isnan(values(parse("log(x)"), [-1.0])[0])
    assert values(parse("1/x"), [0.0]) == (math.inf,)
    assert values(parse("exp(x)"), [1000.0]) == (math.inf,)
    assert values(parse("x^y"), [0.0, 0.0]) == (1.0,)
    assert math.isnan(values(parse("where(x > 0, 1, log(x))"), [math.nan])[0])


def test_only_the_taken_side_of_a_choice_is_evaluated():
    program = parse("where(x > 0, sqrt(x), 0)")
    assert values(program, [-1.0]) == (0.0,)
    assert reverse_jacobian(record(program, [-1.0])) == [[0.0]]


def test_arrays_give_at_each_point_what_floats_give_there():
    program = parse("a = where(x > y, x^2, sin(y))\nmax(a, x)*y + clip(x, -1, 1), 7, x")
    xs, ys = np.random.default_rng(5).normal(size=(2, 40))
    together = values_on(lower(program), [xs, ys], xs.shape)
    assert all(v.shape == (40,) and v.dtype == float for v in together)
    for index in range(40):
        apart = values(program, [float(xs[index]), float(ys[index])])
        assert [float(v[index]) for v in together] == pytest.approx(apart, rel=1e-15)


def test_arrays_warn_of_nothing_outside_the_domain():
    (result,) = values_on(lower(parse("log(x) + 1/x + sqrt(x) + asin(x) + exp(1000x)")), [np.array([-2.0, 0.0])], (2,))
    assert not np.isfinite(result).any()


@pytest.mark.parametrize(
    ("text", "what"),
    [("abs(x)", "abs"), ("max(x, 1)", "max"), ("where(x > 0, x, 0)", "comparison"), ("relu(x)", "relu")],
)
def test_the_complex_step_is_refused_where_it_would_be_lost(text, what):
    with pytest.raises(ComplexStepInvalid, match=what) as caught:
        complex_values(lower(parse(text)), [1.0 + 1e-20j])
    assert caught.value.span.line == 1


def test_the_complex_step_passes_what_does_not_depend_on_it():
    program = parse("abs(y)*x + where(y > 0, x, 2) + floor(y)")
    (value,) = complex_values(lower(program), [2.0 + 1e-20j, 3.0 + 0j])
    assert complex(value).imag == pytest.approx(4e-20, rel=1e-15)
