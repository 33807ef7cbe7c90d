"""What the Wolfram language, spreadsheets, web pages and a Cyrillic keyboard write, as a formula of this language."""

from __future__ import annotations

import re

_GREEK_SIGN = re.compile(r"\\\[(Capital)?([A-Z][a-z]+)\]")
_ITEM = r"(?:[^{}\[\],]|\[[^\[\]]*\])+"  # an expression without commas but in one bracket


def has_wolfram_signs(text: str) -> bool:
    r"""Whether a text names Greek letters as the Wolfram language does, \[Alpha]; in LaTeX \[ begins a display."""
    return _GREEK_SIGN.search(text) is not None


def from_wolfram(text: str) -> str:
    """The text with sin(x) for the Wolfram language's Sin[x]; what is differentiated there is what is typed here."""
    text = _GREEK_SIGN.sub(lambda sign: sign[2] if sign[1] else sign[2].lower(), text)
    if not re.search(r"\b[A-Z][A-Za-z]*\[(?!\s*\d+\s*\])", text) or "[[" in text:  # A[0] is an item
        return text
    text = re.sub(r"\AD\[(.*),\s*[A-Za-z]\w*\]\Z", r"\1", text.strip(), flags=re.DOTALL)
    for there, here in (("Sum", "sum"), ("Product", "prod")):
        pattern = rf"\b{there}\[({_ITEM}),\s*\{{\s*(\w+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\}}\s*\]"
        text = re.sub(pattern, rf"{here}(\1 for \2 in \3..\4)", text)
    text = re.sub(rf"\bArcTan\[({_ITEM}),\s*({_ITEM})\]", r"atan2(\2, \1)", text)
    pieces = rf"\bPiecewise\[\{{((?:\{{{_ITEM},{_ITEM}\}},?\s*)+)\}}(?:,\s*({_ITEM}))?\]"
    text = re.sub(pieces, _piecewise, text)
    text = re.sub(r"\bArc(?=[A-Z])", "A", text)
    text = re.sub(r"\b([A-Z][A-Za-z]*)\[", lambda name: f"{name[1].lower()}[", text)
    text = re.sub(r"\bE(?=\s*\^)", "e", re.sub(r"\bPi\b", "pi", text))
    return text.replace("[", "(").replace("]", ")")


def _piecewise(found: re.Match[str]) -> str:
    pieces = re.findall(rf"\{{({_ITEM}),\s*({_ITEM})\}}", found[1])
    return f"piecewise[{', '.join(f'{condition}, {value}' for value, condition in pieces)}, {found[2] or '0'}]"


# Functions of spreadsheets, in some of the languages that they speak.
_OF_SHEETS = {
    **dict.fromkeys(("IF", "WENN", "SI", "ЕСЛИ"), "where"),
    **dict.fromkeys(("POWER", "POTENZ", "PUISSANCE", "СТЕПЕНЬ"), "pow"),
    **dict.fromkeys(("SQRT", "WURZEL", "RACINE", "КОРЕНЬ"), "sqrt"),
    **dict.fromkeys(("SUM", "SUMME", "SOMME", "СУММ"), "sum"),
    **dict.fromkeys(("PRODUCT", "PRODUKT", "PRODUIT", "ПРОИЗВЕД"), "prod"),
    **{"ARCTAN": "atan", "ARCSIN": "asin", "ARCCOS": "acos", "LOG": "log10"},
}


def from_sheet(text: str) -> str:
    """The formula of a spreadsheet's cell, =SUMME(A1:A3;2,5), with cells as names."""
    if not re.match(r"\s*=(?!=)", text) or "\n" in text.strip():
        return text
    written = text.strip().removeprefix("=").replace("$", "")
    if ";" in written:  # the arguments' sign where decimals have a comma
        written = re.sub(r"(\d),(\d)", r"\1.\2", written).replace(";", ", ")
    written = re.sub(r"\bPI\(\)", "pi", written)
    written = re.sub(r"\b([A-Z]+)([1-9]\d?):\1([1-9]\d?)\b", _cells, written)
    written = re.sub(r"(\d+(?:\.\d+)?)%", r"(\1/100)", written).replace("<>", "!=")
    return re.sub(r"\b([^\W\d_]+)(?=\()", lambda name: _OF_SHEETS.get(name[1], name[1].lower()), written)


def _cells(found: re.Match[str]) -> str:
    return ", ".join(f"{found[1]}{row}" for row in range(int(found[2]), int(found[3]) + 1))


def from_html(text: str) -> str:
    """The text that a page's source shows: x<sup>2</sup> &minus; y."""
    written = re.sub(r"<sup>([^<>]*)</sup>", r"^(\1)", text)
    written = re.sub(r"<sub>(\w+)</sub>", r"_\1", written)
    written = re.sub(r"<br\s*/?>", "\n", written)
    written = re.sub(r"</?(?:i|b|em|strong|var|span|math|p|div|code|pre|mi|mo|mn|mrow)(?:\s[^<>]*)?>", "", written)
    if re.search(r"&#?\w+;", written):
        from html import unescape  # with its two thousand names

        written = unescape(written)
    return written


_CYRILLIC = dict(zip("асеорхуАВЕКМНОРСТХ", "aceopxyABEKMHOPCTX", strict=True))


def from_cyrillic(text: str) -> str:
    """The text with Latin letters for the Cyrillic ones that look like them; as it is where both are in it."""
    if any(letter in text and latin in text for letter, latin in _CYRILLIC.items()):
        return text  # two names for a computer, and one for the eye
    return "".join(_CYRILLIC.get(character, character) for character in text)


def with_semicolons_read(text: str) -> str:
    """The text with a line for each statement before a “;”, and commas for those inside of brackets."""
    depth, inside = 0, False
    parts = []
    for character in re.sub(r"[ \t]*;[ \t]*", ";", text):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(character, 0)
        inside = inside or (character == ";" and depth > 0)
        parts.append(("\0" if depth > 0 else "\n") if character == ";" else character)
    written = "".join(parts)
    if inside:  # decimals have a comma where arguments have a semicolon
        written = re.sub(r"(\d),(\d)", r"\1.\2", written).replace("\0", ", ")
    return written
