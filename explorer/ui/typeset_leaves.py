"""Pieces without children as glyphs: numbers, names with their indices and Greek letters, signs, words.

Lengths are in em of the formula's main size, y grows downwards from the baseline.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtGui import QFont, QPainterPath, QTransform

from explorer.language.names import LETTERS
from explorer.ui.math_font import (
    SCALES,
    SUBSCRIPT_SHIFT_DOWN,
    SUBSCRIPT_TOP_MAX,
    SUPERSCRIPT_SHIFT_UP,
    math_font,
)

# What a box is to its neighbours in a row (the atoms of TeX, Appendix G, with products set closer than sums).
ORDINARY, LONG, FUNCTION, SUM, PRODUCT, RELATION, SLASH, BRACKET, INNER, ROOT, COMMA, PREFIX, WORD, NOTHING = range(14)

# How signs are typed, and how they are printed.
PRINTED = {
    "-": "−",
    "*": "·",
    "<=": "≤",
    ">=": "≥",
    "!=": "≠",
    "==": "=",
    "->": "→",
    "**": "^",
    "inf": "∞",
    "-inf": "−∞",
}

PRODUCT_SIGNS = frozenset("·×⋅∗∘÷")
SLASH_SIGNS = frozenset("/!^'′")
SUM_SIGNS = frozenset("+−±∓∧∨∪∩")

# Words that connect sentences, not names of functions: a whole space stands before and after them.
CONNECTIVES = frozenset(
    ("if", "otherwise", "and", "or", "not", "for", "where", "else", "with", "then", "while", "in", "is", "when", "at")
)

# Variable forms that TeX calls \varepsilon and so on stand in their own places among the italic Greek letters.
_ITALIC_GREEK_FORMS = {"∂": 0x1D715, "ϵ": 0x1D716, "ϑ": 0x1D717, "ϰ": 0x1D718, "ϕ": 0x1D719, "ϱ": 0x1D71A, "ϖ": 0x1D71B}

_NAME = re.compile(r"([^\W\d_]+)(?:_?(\d+)|_(\w*[^\W_]))?")
_SCIENTIFIC = re.compile(r"([+-]?)(\d+(?:\.\d*)?|\.\d+)[eE]([+-]?)0*(\d+)")


@dataclass(frozen=True, slots=True)
class Leaf:
    """Glyphs (number, x, y, script level), and outlines (path, x, y) for signs that the font lacks.

    `width` includes the italic correction `italic` of the last letter. `nucleus` is where a superscript starts and
    `index_top` the y of a subscript's upper edge where the leaf has one, so that x₁² gets its signs above each other.
    """

    width: float
    ascent: float
    descent: float
    glyphs: tuple[tuple[int, float, float, int], ...]
    paths: tuple[tuple[QPainterPath, float, float], ...]
    italic: float
    nucleus: float
    index_top: float | None
    role: int


class _Setter:
    """The leaf being set: glyphs added from left to right."""

    def __init__(self) -> None:
        self.glyphs: list[tuple[int, float, float, int]] = []
        self.paths: list[tuple[QPainterPath, float, float]] = []
        self.x = 0.0
        self.ascent = 0.0
        self.descent = 0.0
        self.italic = 0.0

    def add(self, text: str, level: int, y: float = 0.0) -> None:
        """Set the text with its baseline at y."""
        font = math_font()
        scale = SCALES[level]
        for character in text:
            glyph = font.glyph(character)
            if glyph is None:
                self._add_foreign(character, scale, y)
                continue
            self.glyphs.append((glyph.number, self.x, y, level))
            self.x += glyph.advance * scale
            self.ascent = max(self.ascent, glyph.top * scale - y)
            self.descent = max(self.descent, glyph.bottom * scale + y)
            self.italic = glyph.italic * scale

    def _add_foreign(self, character: str, scale: float, y: float) -> None:
        """A sign that the font of formulas lacks, as the outline that the system's fonts have for it."""
        font = QFont()
        font.setPixelSize(100)  # outlines are smooth enough at this size, and scaled down from it
        path = QPainterPath()
        path.addText(0, 0, font, character)
        small = QTransform.fromScale(scale / 100, scale / 100).map(path)
        ink = small.boundingRect()
        self.paths.append((small, self.x, y))
        self.x += max(ink.right(), 0.3 * scale) + 0.05 * scale
        self.ascent = max(self.ascent, -ink.top() - y)
        self.descent = max(self.descent, ink.bottom() + y)
        self.italic = 0.0


@lru_cache(maxsize=8192)
def leaf(kind: str, text: str, level: int) -> Leaf:
    """The glyphs of one piece without children, at script level 0, 1 or 2."""
    setter = _Setter()
    nucleus: float | None = None
    index_top: float | None = None
    role = ORDINARY
    if kind == "number":
        _set_number(setter, text, level)
    elif kind == "name":
        letter, italic, index = split_name(text)
        role = ORDINARY if italic or len(letter) == 1 else LONG
        setter.add(_italic(letter) if italic else letter, level)
        if index:
            # as for a subscript piece: the index may not reach above the font's SubscriptTopMax
            nucleus = setter.x + setter.italic
            below = min(level + 1, 2)
            shift = max(SUBSCRIPT_SHIFT_DOWN * SCALES[level], 0.69 * SCALES[below] - SUBSCRIPT_TOP_MAX * SCALES[level])
            # 0.69: the height of digits and most letters of the font; with it all indices stand on one line
            index_top = shift - 0.69 * SCALES[below]
            setter.italic = 0.0
            setter.add(_index_letters(index), below, shift)
    elif kind == "comma":
        setter.add(text.strip() or ",", level)
        role = COMMA
    elif kind in ("operator", "prefix"):
        sign = PRINTED.get(text.strip(), text.strip())
        setter.add(sign, level)
        role = PREFIX if kind == "prefix" else operator_role(sign)
    elif kind == "word":
        setter.add(text.strip(), level)
        role = WORD if text.split(" ")[0].lower() in CONNECTIVES or " " in text.strip() else FUNCTION
    else:
        setter.add(PRINTED.get(text, text), level)
    if nucleus is None:
        nucleus = setter.x + setter.italic
    width = setter.x + setter.italic
    # An "x" without ascender still gets an x-height, and a dot or a minus is no lower than that.
    ascent = max(setter.ascent, 0.45 * SCALES[level])
    return Leaf(
        width,
        ascent,
        max(setter.descent, 0.0),
        tuple(setter.glyphs),
        tuple(setter.paths),
        setter.italic,
        nucleus,
        index_top,
        role,
    )


def operator_role(sign: str) -> int:
    """What an infix sign is to its neighbours: a sum, a product, a relation, a word …"""
    if sign in PRODUCT_SIGNS:
        return PRODUCT
    if sign in SLASH_SIGNS:
        return SLASH
    if sign in SUM_SIGNS:
        return SUM
    if sign.isalpha():
        return WORD
    return RELATION


def split_name(text: str) -> tuple[str, bool, str]:
    """(letter or word, is it an italic letter, index or ""): "x_1" is x with index 1, "learning_rate" stays whole."""
    found = _NAME.fullmatch("lambda" if text == "lambda_" else text)  # Python does not let one write "lambda"
    if found is None:
        return text, False, ""
    stem, digits, rest = found.groups()
    letter = LETTERS.get(stem, stem)
    if len(letter) > 1:
        return text, False, ""
    return letter, True, digits or ",".join(part for part in (rest or "").split("_") if part)


def scientific(text: str) -> tuple[str, str] | None:
    """("1.5", "−20") for "1.5e-20", None for a number written without a power of ten."""
    found = _SCIENTIFIC.fullmatch(text)
    if found is None:
        return None
    sign, mantissa, exponent_sign, exponent = ((group or "").replace("-", "−") for group in found.groups())
    return sign.replace("+", "") + mantissa, exponent_sign.replace("+", "") + exponent


def _set_number(setter: _Setter, text: str, level: int) -> None:
    parts = scientific(text)
    if parts is None:
        setter.add(PRINTED.get(text, text.replace("-", "−")), level)
        return
    mantissa, exponent = parts
    scale = SCALES[level]
    if mantissa.lstrip("−") in ("1", "1.", "1.0"):
        setter.add(mantissa.rstrip(".10"), level)  # 10⁻⁵ says all that 1·10⁻⁵ does; a sign stays
    else:
        setter.add(mantissa, level)
        setter.x += 0.08 * scale
        setter.add("·", level)
        setter.x += 0.08 * scale
    setter.add("10", level)
    setter.add(exponent, min(level + 1, 2), -SUPERSCRIPT_SHIFT_UP * scale)


def _italic(letter: str) -> str:
    """The letter's form among Unicode's mathematical italics; capital Greek stays upright, as TeX has it."""
    code = ord(letter)
    if letter == "h":
        return "ℎ"  # U+1D455 is a hole: Planck's constant was there first
    if "a" <= letter <= "z":
        return chr(0x1D44E + code - ord("a"))
    if "A" <= letter <= "Z":
        return chr(0x1D434 + code - ord("A"))
    if "α" <= letter <= "ω":
        return chr(0x1D6FC + code - ord("α"))
    return chr(_ITALIC_GREEK_FORMS.get(letter, code))


def _index_letters(index: str) -> str:
    """Indices of one or two letters are variables (i, ij) and italic, longer ones are words (max) and upright."""
    parts = []
    for part in index.split(","):
        letter = LETTERS.get(part, part)
        parts.append("".join(map(_italic, letter)) if letter.isalpha() and len(letter) <= 2 else letter)
    return ",".join(parts)
