"""The words of numbers in sentences."""

import pytest

from explorer.calculus.words import counted


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
