"""Text becomes tokens, each with its Span; what no formula contains is refused here, by its place."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from explorer.language.limits import MAX_CHARACTERS, MAX_DIGITS, MAX_NAME_LENGTH, MAX_TOKENS
from explorer.language.names import GREEK, SUBSCRIPTS, plain_name
from explorer.language.program import NOWHERE, ExplorerError, Record, Span, maker, new_span

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
# Names that libraries of mathematics usually have; a function that is known here may follow their point.
MODULES = (
    "math", "np", "numpy", "cmath", "jnp", "jax", "torch", "F", "tf", "scipy", "sp", "sympy", "mp", "mpmath", "Math",
)  # fmt: skip
# What stands between such a library and its functions.
SUBMODULES = ("nn", "functional", "linalg", "special", "lax")
_METHOD = re.compile(r"\.(sin|cos|tan|exp|log|sqrt|abs|tanh|sigmoid|relu|pow|sum|mean|max|min|dot|norm|square|clamp)\(")
SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+", strict=True))
_LETTERS = f"A-Za-z{''.join(GREEK).replace('π', '')}"
# π is a sign of its own: 2πr is 2·π·r.
_BLANKS = " \t\r\u00a0\u2009\u202f"
_LOWERED = "".join(SUBSCRIPTS)
# A lowered number ends a name: x₁x₂ is x₁·x₂. An underline goes on: x₁_old.
_NAME = rf"π|[{_LETTERS}][{_LETTERS}0-9_]*(?:[{_LOWERED}]+(?:_[{_LETTERS}0-9_{_LOWERED}]*)?)?"
_NUMBER = r"(?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"  # 0..9 is a range
_SUPERSCRIPT = rf"[{''.join(SUPERSCRIPTS)}]+"
# The pieces of a line, each with the blanks before it: a remark, or one character that no formula has, is one too.
_PIECES = re.compile(rf"([{_BLANKS}]*)({_NAME}|{_NUMBER}|\.\.\.?|\*\*|<=|>=|==|!=|{_SUPERSCRIPT}|#.*|.)")
_OPERATORS = {o: (o, o) for o in ("..", "<=", ">=", "==", "!=", *"-+*/^()[],|=<>")}
_OPERATORS["**"] = ("^", "**")
_LEVELS = {"(": 1, "[": 1, ")": -1, "]": -1}
# A function that is written together with a Greek letter: sinθ.
_RUN = re.compile(
    rf"(?:arc|a)?(?:sin|cos|tan)h?(?=[{''.join(GREEK)}])|(?:exp|log|ln|sqrt|abs)(?=[{''.join(GREEK)}])",
)
_USUAL_NAME = re.compile("[A-Za-z][A-Za-z0-9]{0,20}")
_AFTER_NUMBERS = frozenset("._xXbBoO")  # what makes of a number's beginning something else


class Token(tuple[str, str, int, int, int, bool], metaclass=Record):
    """kind: "number", "name", "superscript", "newline", "end", or the operator itself; `text` is normalised.

    `spaced` is True where blank space stands before it: "x (3)" and "x(3)" read differently.
    """

    kind: str
    text: str
    line: int
    column: int
    end_column: int
    spaced: bool = False

    @property
    def span(self) -> Span:
        """Its place; made when it is asked for, which of most operators it is not."""
        return new_span((self[2], self[3], self[2], self[4]))


_new_token = maker(Token)


def tokenize(text: str) -> list[Token]:
    """The tokens of a formula text, ending in "newline" and "end"; newlines inside brackets are blank space.

    Raises ExplorerError at the first character that no formula has, and beyond the size limits.
    """
    if len(text) > MAX_CHARACTERS:
        raise ExplorerError(
            f"The text has {len(text):,} characters; at most {MAX_CHARACTERS:,} can be read.", NOWHERE, "limit"
        )
    if "\r" in text and (end := re.search(r"\r(?!\n|\Z)", text)) is not None:
        line = text[: end.start()].split("\n")[-1]
        place = Span(
            text.count("\n", 0, end.start()) + 1, len(line), text.count("\n", 0, end.start()) + 1, len(line) + 1
        )
        raise ExplorerError("A line ends here only on very old systems (U+000D): end it anew.", place)
    tokens: list[Token] = []
    depth = 0
    for number, line in enumerate(text.split("\n"), start=1):
        found, deeper = _tokens_of_line(number, line)
        tokens += found
        depth += deeper
        if len(tokens) > MAX_TOKENS:
            said = f"The text has more than {MAX_TOKENS:,} signs, names and numbers."
            raise ExplorerError(said, tokens[MAX_TOKENS].span, "limit")
        if depth <= 0 and tokens and tokens[-1].kind != "newline":
            tokens.append(_new_token(("newline", "", number, len(line), len(line), False)))
    if tokens and tokens[-1].kind != "newline":
        tokens.append(Token("newline", "", tokens[-1].line, tokens[-1].end_column, tokens[-1].end_column))
    tokens.append(Token("end", "", *(tokens[-1][2:5] if tokens else (1, 0, 0))))
    return tokens


@lru_cache(maxsize=1_000)  # a text is read at every key stroke, and all its lines but one are known then
def _tokens_of_line(number: int, line: str) -> tuple[tuple[Token, ...], int]:
    """The tokens of the line with this number, and how many brackets it opens more than it closes."""
    tokens: list[Token] = []
    depth = end = 0
    for blanks, piece in _PIECES.findall(line.rstrip(_BLANKS)):
        start = end + len(blanks)
        end = start + len(piece)
        known = _OPERATORS.get(piece) or _named_or_number(piece)
        if known is None:
            if piece[0] == "#":
                break
            if piece == "." and _of_a_module(tokens, line, start):  # math.sin(x) is sin(x)
                tokens.pop()
                continue
            if piece == "." and (method := _METHOD.match(line, start)) and tokens:
                said = f"Methods are not read: a function stands before its argument, {method[1]}(…)."
                raise ExplorerError(said, new_span((number, start, number, method.end(1))))
            if (run := _RUN.match(piece)) is not None:
                tokens.append(_new_token(("name", run[0], number, start, start + run.end(), blanks != "")))
                blanks, piece, start = "", piece[run.end() :], start + run.end()
            known = _normalised(piece, new_span((number, start, number, end)))
        kind, words = known
        if kind in _LEVELS:
            depth += _LEVELS[kind]
        elif kind == "number" and line[end : end + 1] in _AFTER_NUMBERS:
            _check_number(piece, line, end, new_span((number, start, number, end)))
        tokens.append(_new_token((kind, words, number, start, end, blanks != "")))
    return tuple(tokens), depth


@lru_cache(maxsize=1_000)
def _named_or_number(piece: str) -> tuple[str, str] | None:
    """Kind and text of a usual name or number; None of all else."""
    if _USUAL_NAME.fullmatch(piece):
        return "name", piece
    if "0" <= piece[0] <= "9" and piece.isdecimal() and len(piece) < MAX_DIGITS:
        return "number", piece
    return None


def _of_a_module(tokens: list[Token], line: str, point: int) -> bool:
    """Whether the point stands between a library, or a part of one, and a function or a number."""
    before, after = tokens[-1:], re.match(r"\.([A-Za-z][A-Za-z0-9_]+|e\b)( *\(|\.)?", line[point:])
    if not before or after is None or before[0].end_column != point:
        return False
    if before[0].text not in MODULES and before[0].text not in SUBMODULES:
        return False
    name, more = after[1], after[2]
    if more == ".":
        return name in SUBMODULES
    return name in ("pi", "e") or more is not None  # what it is will be seen, or refused, without the library's name


def _normalised(piece: str, span: Span) -> tuple[str, str]:
    """Kind and text of a piece: names in the letters of a Program, signs of unicode as those of ASCII."""
    if piece == "...":
        raise ExplorerError(_why_refused("…"), span)
    if piece in SIGNS:
        return SIGNS[piece], SIGNS[piece]
    if piece[0] in SUPERSCRIPTS:
        return "superscript", "".join(SUPERSCRIPTS[c] for c in piece)
    if piece[0].isdecimal() or (piece[0] == "." and len(piece) > 1):
        if piece[0] > "9":
            raise ExplorerError(_why_refused(piece), span, "syntax")
        _check_number(piece, "", 0, span)
        return "number", piece
    if piece[0] in GREEK or (piece[0].isascii() and piece[0].isalpha()):
        return "name", _name(piece, span)
    raise ExplorerError(_why_refused(piece), span, "syntax")


def _name(text: str, span: Span) -> str:
    if not text.isascii():
        text = plain_name(text)
    if len(text) > MAX_NAME_LENGTH:
        raise ExplorerError(f"A name may have at most {MAX_NAME_LENGTH} letters.", span, "limit")
    if "__" in text:
        raise ExplorerError("A name may not contain two underscores in a row.", span, "name")
    return text


def _check_number(text: str, line: str, end: int, span: Span) -> None:
    """Refuse a number that is too long or does not fit, or what follows it in its line and makes it another."""
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
    if (digits := re.match(r"(_[0-9]+)+", line[end:])) is not None:
        raise ExplorerError(f"A number is written without “_”: {text}{digits[0].replace('_', '')}.", span)
    if line[end : end + 1] == "." and line[end + 1 : end + 2].isdigit():
        raise ExplorerError("A number has one decimal point.", span)


def _why_refused(character: str) -> str:
    reasons = {
        "!": "The factorial is not an elementary function here; 5! is prod(k for k in range(1, 6)).",
        ";": "Each assignment has a line of its own, without “;”.",
        ":": "A “:” belongs in an algorithm that begins with “def f(x):”; a formula is written f(x) = ….",
        ".": "A point stands inside of numbers only: write * and ^ without it, and functions without what they are in.",
        **dict.fromkeys("…⋯", "Dots cannot be read: write all terms, or sum(x[i] for i in 1..5)."),
        "°": "Angles are in radians: write 30*pi/180.",
        "∇": "Type the function itself; its derivatives are computed.",
        "↦": "Write f(x) = ….",
        "→": "Write f(x) = ….",
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
        **dict.fromkeys("&∧", "Write “and” between conditions."),
        "∨": "Write “or” between conditions.",
        "¬": "Write “not” before a condition.",
    }
    if character in reasons:
        return reasons[character]
    code = f"U+{ord(character):04X}"
    name = unicodedata.name(character, "").lower() or code
    shown = character if character.isprintable() else code
    if shown == name:
        return f"The character {code} does not belong in a formula."
    if not character.isascii() and unicodedata.category(character).startswith(("L", "N")):
        return f"The letter or digit “{shown}” ({name}) is not one that is read: use Latin or Greek letters and 0 to 9."
    return f"The character “{shown}” ({name}) does not belong in a formula."
