"""The derivative's shared graph and the trace of reverse AD: where they are one graph, and where they are not."""

import pytest

from explorer.calculus import symbolic
from explorer.calculus.sweeps import cost
from explorer.calculus.symbolic.trace import compare
from explorer.calculus.tape import record
from explorer.language.parser import parse
from explorer.language.program import ExplorerError
from tests.calculus.test_symbolic import logistic


def compared(text: str):
    program = parse(text)
    outputs, inputs = symbolic.expressions(program)
    return compare(program, [entry for _, _, entry in symbolic.jacobian(outputs, inputs)])


@pytest.mark.parametrize("text", ["ln(x1) + x1*x2 - sin(x2)", "exp(sin(x))", "sin(x*y)", "x^2", "sin(x)*exp(x)"])
def test_for_these_the_two_graphs_are_the_same_up_to_names(text):
    assert compared(text).same


@pytest.mark.parametrize("n", [1, 3, 6])
def test_chains_are_the_same_and_cost_what_laue_counts(n):
    found = compared("sin(" * n + "x" + ")" * n)
    assert found.same
    assert found.symbolic == 3 * n - 1


@pytest.mark.parametrize("n", [3, 4, 6])
def test_products_are_not_for_only_ad_shares_the_parts_of_a_product(n):
    found = compared("*".join(f"x{k}" for k in range(1, n + 1)))
    assert (found.missing, found.extra) == (0, 0)
    assert found.symbolic == n * (n - 2) + n - 1  # Laue's count of the partials, and f
    assert found.reverse < found.symbolic
    assert not found.same


def test_the_logistic_map_is_not_for_sympy_multiplies_out_on_its_way():
    found = compared(logistic(4))
    assert found.missing > 0
    assert found.reverse < found.symbolic
    assert found.reverse <= cost(record(parse(logistic(4)), [0.3])).reverse


def test_a_branch_on_an_input_is_not_compared():
    with pytest.raises(ExplorerError, match="input"):
        compared("where(x > 0, x, x^2)")
    with pytest.raises(ExplorerError, match="input"):
        compared("max(x, y)")
