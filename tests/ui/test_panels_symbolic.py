"""The symbolic panel: SymPy's derivatives as typeset, their values, and the sizes of the literature."""

import pytest
from PySide6.QtGui import QGuiApplication

LOGISTIC_4 = "l2 = 4*x*(1 - x)\nl3 = 4*l2*(1 - l2)\nl4 = 4*l3*(1 - l3)"


def formula(find):
    return find("symbolic.formula").accessibleDescription()


def test_the_worked_example_has_both_partials_with_their_values(window, find):
    assert formula(find).splitlines() == [
        "∂ y/(∂ x1) = x2 + 1/x1 = 5.5",
        "∂ y/(∂ x2) = x1 - cos(x2) = 1.71634",
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x^2 + x", "∂ y/(∂ x) = 2 * x + 1 = 3"),
        ("f(x) = x", "∂ f/(∂ x) = 1"),
        ("f(x, y) = x^2", "∂ f/(∂ y) = 0"),
        ("tanh(x)", "= 0.419974"),
    ],
)
def test_a_derivative_and_its_value_at_1(window, find, write, text, line):
    write(text)
    assert line in formula(find)


def test_a_constant_has_nothing_to_differentiate(window, find, write):
    write("2^0.5")
    assert "constant" in formula(find)


def test_the_value_is_undefined_where_the_function_is(window, find, write, settle):
    write("ln(x)")
    find("point.x").setValue(-1.0)
    settle()
    assert formula(find) == "∂ y/(∂ x) = 1/x = undefined"


def test_the_sizes_are_those_of_the_swell_table(window, find, write, cells):
    write(LOGISTIC_4)
    find("point.x").setValue(0.3)
    # Baydin et al. 2018, Table 1: the fourth iterate, composed; its derivative by SymPy's diff alone.
    assert cells("symbolic.sizes")[0][:3] == ["18", "38", "13"]
    assert cells("symbolic.sizes")[1] == ["82", "166", "26", "27", "315"]
    assert cells("symbolic.sizes")[2][0] == "× 4.56"


def test_the_derivatives_can_be_copied(window, find):
    actions = {action.text(): action for action in find("symbolic.formula").actions()}
    actions["Copy as SymPy"].trigger()
    assert QGuiApplication.clipboard().text() == "x2 + 1/x1\nx1 - cos(x2)"
    actions["Copy as LaTeX"].trigger()
    assert r"\frac{1}" in QGuiApplication.clipboard().text()


def test_a_derivative_too_large_to_be_drawn_is_measured_and_said_to_be(window, find, write, cells):
    write("*".join(f"sin({k}*x)" for k in range(1, 60)))
    assert "Too large" in find("status.symbolic").text()
    assert int(cells("symbolic.sizes")[1][0].replace(",", "")) > 1_000
