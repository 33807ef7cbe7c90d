"""The forms of a derivative: the same function each, measured, and refused in words where there is none."""

import random

import mpmath
import pytest
import sympy

from explorer.calculus import symbolic
from explorer.calculus.symbolic.derivative import Differentiation
from explorer.calculus.symbolic.forms import FORMS, accuracy, form, named_parts
from explorer.calculus.symbolic.precise import evaluate_precisely
from explorer.language.parser import parse
from explorer.language.program import ExplorerError
from tests.calculus.test_symbolic import TEXTS, logistic  # noqa: F401


def derivative(text: str):
    (output,), inputs = symbolic.expressions(parse(text))
    return Differentiation(inputs[0]).of(output), inputs


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("text", ["64x*(1-x)*(1-2x)^2", "(x-1)^5*(x+2)", "x^3*y + x*y^2"])
def test_every_form_has_the_derivatives_value(name, text):
    found, inputs = derivative(text)
    made = form(name, found, inputs)
    chance = random.Random(7)
    for _ in range(3):
        at = {symbol: chance.uniform(-1.5, 1.5) for symbol in inputs}
        (exact,) = evaluate_precisely([found], at)
        for symbol, part in made.assignments:
            (at[symbol],) = symbolic.evaluate([part], at)
        assert symbolic.evaluate([made.expression], at)[0] == pytest.approx(float(exact), rel=1e-9, abs=1e-9)


def test_the_smallest_form_is_not_the_most_accurate():
    """Expanded, (x − 1)⁷ cancels near 1: the classic of rounding (Moler, “Floating points”, 1996)."""
    found, inputs = derivative("(x-1)^8/8")
    at = {inputs[0]: 1.01}
    factored = accuracy(form("factored", found, inputs), found, at)
    expanded = accuracy(form("expanded", found, inputs), found, at)
    assert factored.error < 1e-14
    assert expanded.error > 1e-4
    assert abs(float(evaluate_precisely([found], at)[0]) / (1.01 - 1) ** 7 - 1) < 1e-13


def test_horners_scheme_is_for_polynomials_only():
    found, inputs = derivative("x*sin(x)")
    with pytest.raises(ExplorerError, match="polynomials"):
        form("horner", found, inputs)
    found, inputs = derivative("x^5 + 3x^2")
    assert str(form("horner", found, inputs).expression) == "x*(5*x**3 + 6)"


def test_after_cse_the_assignments_give_the_expression_back():
    found, inputs = derivative(logistic(5))
    made = form("cse", found, inputs)
    assert sum(map(symbolic.operations, made.parts)) == 45  # the published count
    whole = made.expression
    for symbol, part in reversed(made.assignments):
        whole = whole.xreplace({symbol: part})
    assert sympy.expand(whole - found) == 0


def test_named_parts_take_a_letter_that_no_input_has():
    _, (x, _) = derivative("x*u1")
    (name, _), *_ = named_parts([sympy.sin(x) + sympy.cos(sympy.sin(x))], [x, sympy.Symbol("u1", real=True)])[0]
    assert str(name) == "w1"


@pytest.mark.parametrize(
    "text",
    ["sigmoid(x)*softplus(x)", "cbrt(x)+erf(x)", "log1p(x)*expm1(x)", "atan2(x, 2)+hypot(x, 3)", "tanh(x)/cosh(x)",
     "max(x, 1)*min(x, 3)+relu(x)", "where(x > 1, x^2, x)", "|x|+floor(x)", "x^x", "sqrt(x)^3*log10(x)"],
)  # fmt: skip
def test_fifty_digits_agree_with_doubles_and_with_mpmaths_own_derivative(text):
    found, (x,) = derivative(text)
    (precise,) = evaluate_precisely([found], {x: 1.7})
    assert float(precise) == pytest.approx(symbolic.evaluate([found], {x: 1.7})[0], rel=1e-13)
    (output,), _ = symbolic.expressions(parse(text))
    with mpmath.workdps(60):
        slope = mpmath.diff(
            lambda t: evaluate_precisely([output], {x: t}, 60)[0], mpmath.mpf(1.7), h=mpmath.mpf(10) ** -20
        )
        assert mpmath.almosteq(slope, precise, 1e-15)
