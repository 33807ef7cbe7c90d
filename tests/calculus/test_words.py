"""The words of numbers in sentences."""

import pytest

from explorer.calculus.tape import record
from explorer.calculus.words import counted, partial_equation
from explorer.language.parser import parse


@pytest.mark.parametrize(
    ("base", "exponent", "text"),
    [
        (1, 1, "1"),
        (2, 10, "1,024"),
        (10, 9, "about 1.000 · 10⁹"),
        (2, 50, "about 1.126 · 10¹⁵"),
        (10, 5000, "about 1.000 · 10⁵⁰⁰⁰"),
    ],
)
def test_a_count_is_exact_while_it_can_be_read_and_of_any_size(base, exponent, text):
    assert counted(base**exponent) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x*(-2)", "∂v₁/∂x = −2"),
        ("x*2", "∂v₁/∂x = 2"),
        ("(x + 0)*x*(-0.25)", "∂v₃/∂v₂ = −0.25"),
        ("x/3", "∂v₁/∂x = 1/3 = 0.3333"),
    ],
)
def test_a_partial_that_is_a_number_of_the_text_is_said_once(text, said):
    tape = record(parse(text), [3.0])
    op = tape.ops[-1]
    assert partial_equation(tape, op, op.edges[0]) == said
