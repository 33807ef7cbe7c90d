"""Agreement: in how many digits numbers agree, and how many the methods owe one another."""

from __future__ import annotations

import math

Matrix = list[list[float]]

# A double has 53 binary digits: −log₁₀ 2⁻⁵³. Equal numbers agree in all of them.
FULL_DIGITS = 15.9
# Agreement that exact methods owe (symbolic, forward, reverse), and that central differences owe, relative.
EXACT_TOLERANCE = 1e-9
DIFFERENCE_TOLERANCE = 1e-4
# A difference so much smaller than the gradient is rounding.
DUST = 1e-12
# Agreement of exact methods that needs no word.
WORTH_A_WORD = 1e-11
# So many entries of a Jacobian are explained in sentences.
MOST_EXPLAINED = 3


def digits_agreed(a: float, b: float, scale: float = 0.0) -> float:
    """Decimal digits in which two numbers agree: −log₁₀ of their difference, relative to the larger of them or of
    `scale`; 0 … 15.9.

    Two undefined numbers agree; an undefined one agrees with no other.
    """
    if a == b or (a != a and b != b):
        return FULL_DIGITS
    if not (math.isfinite(a) and math.isfinite(b)):
        return 0.0
    size = max(abs(a), abs(b), scale)
    difference = abs(a / size - b / size)
    return min(FULL_DIGITS, max(0.0, math.floor(-10.0 * math.log10(difference)) / 10.0)) if difference else FULL_DIGITS


def entries_of(a: Matrix, b: Matrix) -> list[tuple[float, float, float]]:
    """Both entries, and the size of the output's row: an entry near 0 is judged by the largest of its gradient."""
    found = []
    for left, right in zip(a, b, strict=True):
        scale = max((abs(v) for v in (*left, *right) if math.isfinite(v)), default=0.0)
        found += [(x, y, scale) for x, y in zip(left, right, strict=True)]
    return found


def all_close(
    exact: Matrix, other: Matrix, tolerance: float, estimates: bool = False, slack: Matrix | None = None
) -> bool:
    """Whether all entries agree, or are as near as `slack` allows.

    estimates: the other's are; where such a one has no number it gives no answer, which is no disagreement, and an
    infinite slope it can only be near.
    """
    slacks = [entry for row in slack for entry in row] if slack else [0.0] * sum(map(len, exact))
    return all(
        close(a, b, tolerance, max(scale, further))
        for (a, b, scale), further in zip(entries_of(exact, other), slacks, strict=True)
        if not (estimates and (b != b or math.isinf(a)))
    )


def close(a: float, b: float, tolerance: float, scale: float) -> bool:
    """Whether two numbers differ by no more than this part of the largest of them and `scale`, or none is defined."""
    if a == b or (a != a and b != b):
        return True
    if not (math.isfinite(a) and math.isfinite(b)):
        return False
    return abs(a - b) <= tolerance * max(abs(a), abs(b), scale, 1e-300)
