"""Growth laws: sequences whose law is known are called by its name."""

import math

import pytest

from explorer.calculus.growth import law


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (lambda n: 7, "constant"),
        (lambda n: 3 * n - 1, "linear"),
        (lambda n: n * (n + 3) // 2, "quadratic"),
        (lambda n: n**3 + 1, "cubic"),
        (lambda n: 5 * 2**n - 2, "doubles each step"),
        (lambda n: 3**n, "triples each step"),
        (lambda n: round(10 * 1.5**n), "times 1.5 each step"),
        (lambda n: n**2 * 2**n // 3, "about n² · 2ⁿ: times 2.38 at the last step"),
        (lambda n: math.factorial(n), "factorial: times n and more each step"),
        (lambda n: round(n**2.5), "about n^2.5"),
        (lambda n: 10 * n**2 + n % 3, "about quadratic"),
        (lambda n: 50 - n, "linear"),
    ],
)
def test_a_known_law_is_named(size, words):
    steps = list(range(1, 13))
    assert law(steps, [size(n) for n in steps]) == words


def test_the_first_terms_belong_to_no_law():
    assert law(range(1, 11), [9, 1, 4, 8, 10, 12, 14, 16, 18, 20]) == "linear"


def test_too_few_points_and_noise_have_no_law():
    assert law([1, 2, 3, 4], [1, 2, 3, 4]) == ""
    assert law(range(1, 9), [1, 90, 2, 70, 3, 80, 1, 99]).startswith("irregular")
    assert law([1, 2, 3, 4, 5, 6], [0, 0, 1, 2, 3, 4]) == ""
