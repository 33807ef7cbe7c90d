"""How a sequence of sizes grows, in words: constant, linear, quadratic, doubling, factorial.

A law is fitted to the later half of the sequence, for the first terms belong to no law. What is a polynomial exactly
(its differences vanish) is said to be one; else log y = a + p·ln n + n·ln r by least squares, with p or r left out
where the simpler law fits nearly as well, or where the fuller one would only describe noise.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from explorer.calculus.words import SUPERSCRIPT

LEAST = 5  # points below which nothing is said
_EXACTLY = {0: "constant", 1: "linear", 2: "quadratic", 3: "cubic"}
_TIMES = {2: "doubles each step", 3: "triples each step", 4: "fourfold each step"}
_NEAR = 0.08  # of a whole number: within this it is meant
_FLAT = 0.012  # residual (in ln y) that still counts as a fit: a percent
_NOISE = 0.1  # residual above which no law is claimed
_BASE = 1.3  # an exponential below this cannot be told from a power over some dozen points
_PURE = 0.15  # a power below this is none
_BETTER = 2.0  # a simpler law is kept if its residual is at most this many times the fuller one's


def law(steps: Sequence[int], sizes: Sequence[int]) -> str:
    """The growth of `sizes` (positive, at the consecutive `steps` from 1 up), in words; empty for too few points."""
    pairs = [(n, y) for n, y in zip(steps, sizes, strict=True) if y > 0]
    if len(pairs) < LEAST:
        return ""
    late = pairs[-max(LEAST, (len(pairs) + 1) // 2) :]
    values = [y for _, y in late]
    for degree, word in _EXACTLY.items():
        if len(values) >= degree + 3 and not any(_differences(values, degree + 1)):
            return word
    if values[-1] < values[0]:
        return "falls"
    return _fitted(np.array([n for n, _ in late], float), np.log(np.array(values, float)))


def _differences(values: Sequence[int], order: int) -> list[int]:
    found = list(values)
    for _ in range(order):
        found = [b - a for a, b in itertools.pairwise(found)]
    return found


def _fitted(n: np.ndarray, log_y: np.ndarray) -> str:
    one, log_n = np.ones_like(n), np.log(n)
    power, power_left = _least_squares([one, log_n], log_y)
    growth, growth_left = _least_squares([one, n], log_y)
    factorial, factorial_left = _least_squares([one, n * log_n - n, log_n], log_y)
    both, both_left = _least_squares([one, log_n, n], log_y)
    ratio, now = math.exp(both[2]), math.exp(log_y[-1] - log_y[-2])
    if both_left > _NOISE:
        return f"irregular: times {now:.3g} at the last step"
    if min(power_left, growth_left) <= max(_BETTER * both_left, _FLAT):
        return _polynomial(power[1]) if power_left <= growth_left else _exponential(math.exp(growth[1]))
    if abs(factorial[1] - 1) < _NEAR and factorial_left < both_left:
        return "factorial: times n and more each step"
    if ratio < _BASE and both[1] > 0:
        return _polynomial(power[1])
    if both[1] < 0:
        return f"times {now:.3g} at the last step"
    if both[1] < _PURE:
        return _exponential(ratio)
    return f"about {_power('n', both[1])} · {_base(ratio)}ⁿ: times {now:.3g} at the last step"


def _least_squares(columns: list[np.ndarray], values: np.ndarray) -> tuple[np.ndarray, float]:
    """The coefficients, and the root mean square of what is left over."""
    matrix = np.stack(columns, axis=1)
    found = np.linalg.lstsq(matrix, values, rcond=None)[0]
    left = values - matrix @ found
    return found, float(np.sqrt(np.mean(left**2)))


def _polynomial(power: float) -> str:
    whole = round(power)
    if whole in _EXACTLY and abs(power - whole) < 2 * _NEAR:
        return f"about {_EXACTLY[whole]}"
    return f"about {_power('n', power)}"


def _power(base: str, power: float) -> str:
    whole = round(power)
    if abs(power - whole) < 2 * _NEAR:
        return base if whole == 1 else base + str(whole).translate(SUPERSCRIPT)
    return f"{base}^{power:.1f}"


def _base(ratio: float) -> str:
    whole = round(ratio)
    return str(whole) if whole and abs(ratio / whole - 1) < 0.03 else f"{ratio:.2f}"


def _exponential(ratio: float) -> str:
    whole = round(ratio)
    if whole in _TIMES and abs(ratio / whole - 1) < 0.03:
        return _TIMES[whole]
    return f"times {ratio:.3g} each step"
