"""Text becomes tokens, each with its Span; what no formula contains is refused here, by its place."""

from __future__ import annotations

import re
import unicodedata
from functools import partial
from typing import NamedTuple

from explorer.language.limits import MAX_CHARACTERS, MAX_DIGITS, MAX_NAME_LENGTH, MAX_TOKENS
from explorer.language.primitives import function_named
from explorer.language.program import NOWHERE, ExplorerError, Span, new_span

SIGNS = {
    "×": "*",
    "·": "*",
    "⋅": "*",
    "∗": "*",
    "÷": "/",
    "∕": "/",
    "−": "-",
    "–": "-",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "√": "√",
    "∛": "∛",
}
MODULES = ("math", "np", "numpy", "cmath")
SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+", strict=True))
SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ϵ": "epsilon", "ζ": "zeta", "η": "eta",
    "θ": "theta", "ϑ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "µ": "mu", "ν": "nu", "ξ": "xi",
    "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "ϕ": "phi", "χ": "chi", "ψ": "psi",
    "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma",
    "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip

_LETTERS = f"A-Za-z{''.join(GREEK).replace('π', '')}"
# π is a sign of its own: 2πr is 2·π·r.
_BLANK = r"[ \t\r\f\u00a0\u2009\u202f]*"
_BLANKS = re.compile(_BLANK)
_TOKEN = re.compile(
    rf"{_BLANK}(?:"
    rf"(?P<name>π|[{_LETTERS}][{_LETTERS}0-9_{''.join(SUBSCRIPTS)}]*)"
    r"|(?P<number>(?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"  # 0..9 is a range
    r"|(?P<operator>\.\.|\*\*|<=|>=|==|!=|[-+*/^()\[\],|=<>])"
    rf"|(?P<superscript>[{''.join(SUPERSCRIPTS)}]+)|(?P<sign>[{''.join(SIGNS)}])|(?P<remark>#.*))"
)


class Token(NamedTuple):
    """kind: "number", "name", "superscript", "newline", "end", or the operator itself; `text` is normalised.

    `spaced` is True where blank space stands before it: "x (3)" and "x(3)" read differently.
    """

    kind: str
    text: str
    span: Span
    spaced: bool = False


_new_token = partial(tuple.__new__, Token)


def _end_of_blanks(line: str, position: int) -> int:
    match = _BLANKS.match(line, position)
    return match.end() if match else position


def tokenize(text: str) -> list[Token]:
    """The tokens of a formula text, ending in "newline" and "end"; newlines inside brackets are blank space.

    Raises ExplorerError at the first character that no formula has, and beyond the size limits.
    """
    if len(text) > MAX_CHARACTERS:
        raise ExplorerError(
            f"The text has {len(text):,} characters; at most {MAX_CHARACTERS:,} can be read.", NOWHERE, "limit"
        )
    tokens: list[Token] = []
    names: dict[str, str] = {}  # those that were met, as they are called in a Program
    depth = 0
    for number, line in enumerate(text.split("\n"), start=1):
        position, length = 0, len(line)
        while position < length:
            match = _TOKEN.match(line, position)
            if match is None:
                place = _end_of_blanks(line, position)
                if place == length:
                    break
                if _of_a_module(tokens, line, place):  # math.sin(x) is sin(x)
                    tokens.pop()
                    position = place + 1
                    continue
                raise ExplorerError(_why_refused(line[place]), Span(number, place, number, place + 1), "syntax")
            kind = match.lastgroup or ""
            if kind == "remark":
                break
            start, end = match.span(kind)
            spaced, position, text = start > position, end, line[start:end]
            span = new_span((number, start, number, end))
            if kind == "operator":  # the frequent ones first: this is read at every key stroke
                if text in "()[]":
                    depth += 1 if text in "([" else -1
                tokens.append(_new_token(("^" if text == "**" else text, text, span, spaced)))
            elif kind == "name":
                if text not in names:
                    names[text] = _name(text, span)
                tokens.append(_new_token((kind, names[text], span, spaced)))
            else:
                tokens.append(_token(kind, text, span, spaced, line))
            if len(tokens) > MAX_TOKENS:
                raise ExplorerError(f"The text has more than {MAX_TOKENS:,} signs, names and numbers.", span, "limit")
        if depth <= 0 and tokens and tokens[-1].kind != "newline":
            tokens.append(Token("newline", "", Span(number, len(line), number, len(line))))
    last = tokens[-1].span if tokens else NOWHERE
    if tokens and tokens[-1].kind != "newline":
        last = Span(last.end_line, last.end_column, last.end_line, last.end_column)
        tokens.append(Token("newline", "", last))
    tokens.append(Token("end", "", last))
    return tokens


def _of_a_module(tokens: list[Token], line: str, point: int) -> bool:
    """Whether the point stands between math, np or numpy and a function or a number that is known here."""
    before, after = tokens[-1:], re.match(r"\.([a-z][a-z0-9]*)", line[point:])
    if not before or after is None or before[0].text not in MODULES or before[0].span.end_column != point:
        return False
    return after[1] in ("pi", "e") or function_named(after[1]) is not None


def _token(kind: str, text: str, span: Span, spaced: bool, line: str) -> Token:
    """The token of a number, a superscript or a sign of unicode, normalised."""
    if kind == "number":
        _check_number(text, line, span.end_column, span)
        return Token("number", text, span, spaced)
    if kind == "superscript":
        return Token("superscript", "".join(SUPERSCRIPTS[c] for c in text), span, spaced)
    return Token(SIGNS[text], text, span, spaced)


def plain_name(text: str) -> str:
    """A name in the letters that a Program uses: θ₁ is theta1."""
    return "".join(GREEK.get(character) or SUBSCRIPTS.get(character) or character for character in text)


def _name(text: str, span: Span) -> str:
    if not text.isascii():
        text = plain_name(text)
    if len(text) > MAX_NAME_LENGTH:
        raise ExplorerError(f"A name may have at most {MAX_NAME_LENGTH} letters.", span, "limit")
    if "__" in text:
        raise ExplorerError("A name may not contain two underscores in a row.", span, "name")
    return text


def _check_number(text: str, line: str, end: int, span: Span) -> None:
    if len(text) < 16 and text.isdigit() and line[end : end + 1] not in tuple(".xXbBoO"):
        return  # the usual ones
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > MAX_DIGITS or len(exponent) > 5:
        raise ExplorerError(f"A number may have at most {MAX_DIGITS} digits.", span, "limit")
    value = float(text)
    if value == float("inf") or (value == 0.0 and mantissa.strip("0.") != ""):
        raise ExplorerError(
            "This number does not fit a double: its size must lie between 5e-324 and 1.8e308.", span, "limit"
        )
    if text == "0" and line[end : end + 1] in ("x", "X") and line[end + 1 : end + 2].isalnum():
        raise ExplorerError("Hexadecimal numbers are not read: write the number in decimal.", span)
    if text == "0" and line[end : end + 1] in tuple("bBoO") and line[end + 1 : end + 2].isdigit():
        raise ExplorerError("Binary and octal numbers are not read: write the number in decimal.", span)
    if line[end : end + 1] == "." and line[end + 1 : end + 2].isdigit():
        raise ExplorerError("A number has one decimal point.", span)


def _why_refused(character: str) -> str:
    reasons = {
        "!": "The factorial is not an elementary function here; write the product.",
        ";": "Write each assignment on a line of its own, without “;”.",
        ":": "A “:” belongs in an algorithm that begins with “def f(x):”.",
        "%": "The remainder % is not differentiable here; use x - y*floor(x/y).",
        "$": "LaTeX dollar signs are not needed: write the formula itself.",
        "\\": "This looks like LaTeX: write the formula as plain text, for example sqrt(x) or x^2.",
        "_": "A name begins with a letter.",
        "'": "Type the function itself; its derivatives are computed. Texts are not read.",
        '"': "Texts are not read: a formula computes numbers.",
        "′": "Type the function itself; its derivatives are computed.",
        "?": "A choice is written where(condition, value, otherwise).",
        "∫": "An integral is not read; a sum over a range is: sum(x[i] for i in range(10)).",
        "∑": "A sum is written sum(x[i]*i for i in range(10)).",
        "∏": "A product is written prod(x[i] for i in range(10)).",
        "⌊": "Write floor(x).",
        "⌈": "Write ceil(x).",
        "½": "Write 1/2 or 0.5.",
        "∂": "Type the function itself; its derivatives are computed.",
        "∞": "Infinity is not a number that can be differentiated.",
        "{": "Use round brackets ( ).",
        "}": "Use round brackets ( ).",
        "&": "Write “and” between conditions.",
    }
    if character in reasons:
        return reasons[character]
    name = unicodedata.name(character, f"U+{ord(character):04X}").lower()
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    if not character.isascii() and unicodedata.category(character).startswith(("L", "N")):
        return f"The letter or digit “{shown}” ({name}) is not one that is read: use Latin or Greek letters and 0 to 9."
    return f"The character “{shown}” ({name}) does not belong in a formula."
