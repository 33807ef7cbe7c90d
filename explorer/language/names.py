"""Names of values: as they are typed, as a Program has them, and as a line of text shows them.

A Program's names are ASCII: θ₁ and theta1 are both theta1, and both are shown as θ₁.
"""

from __future__ import annotations

import re

_SMALL = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "omicron": "ο", "pi": "π", "rho": "ρ",
    "varsigma": "ς", "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
}  # fmt: skip
# The letter of each name, and in which of their forms letters are read; those like Latin ones are not.
LETTERS = _SMALL | {name.capitalize(): letter.upper() for name, letter in _SMALL.items() if name != "varsigma"}
_VARIANTS = {"ϵ": "epsilon", "ϑ": "theta", "µ": "mu", "ϕ": "phi"}
_LIKE_LATIN = "οςΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"
GREEK = {letter: name for name, letter in LETTERS.items() if letter not in _LIKE_LATIN} | _VARIANTS
SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))

_LOWERED = str.maketrans("0123456789-−", "₀₁₂₃₄₅₆₇₈₉₋₋")
_NUMBERED = re.compile(r"([^\W\d_]+)(?:_?(\d{1,9})|([-−]\d{1,9}))")


def plain_name(text: str) -> str:
    """A name in the letters that a Program uses: θ₁ is theta1."""
    return "".join(GREEK.get(character) or SUBSCRIPTS.get(character) or character for character in text)


def pretty_name(name: str, mark: str = "") -> str:
    """A name as a line of text shows it: v1 is v₁, v−1 is v₋₁, theta1 is θ₁, rate is itself.

    mark: a sign over a single letter, such as the bar of an adjoint; behind a longer name.
    """
    found = _NUMBERED.fullmatch(name)
    stem, index = (found[1], (found[2] or found[3]).translate(_LOWERED)) if found else (name, "")
    stem = LETTERS.get("lambda" if stem == "lambda_" else stem, stem)
    return f"{stem}{mark}{index}" if len(stem) == 1 else f"{stem}{index}{mark}"
