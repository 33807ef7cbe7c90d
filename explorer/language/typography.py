"""The signs of print and of other alphabets' widths, as they are typed."""

from __future__ import annotations

import re
import unicodedata

from explorer.language.tokens import SUPERSCRIPTS

_SIGNS = {
    **dict.fromkeys("‐‑‒—﹣－", "-"),
    **dict.fromkeys("•∙⁎‧●∗⋆", "*"),
    **dict.fromkeys("⁄∶", "/"),
    **dict.fromkeys("∣｜", "|"),
    **dict.fromkeys("≔⩴", ":="),
    "\u2062": "*",  # invisible times
    "\u2064": "+",  # invisible plus
    "⩽": "<=",
    "⩾": ">=",
    "∧": " and ",
    "∨": " or ",
    "¬": " not ",
}


def plain(text: str) -> str:
    """The text with the signs of print and of other alphabets' widths as they are typed.

    Raised and lowered letters become powers and subscripts, ½ becomes (1/2) and 1½ their sum, mathematical italics
    their letters, blanks of every width a blank; what is not seen (soft hyphens, zero-width blanks, direction marks)
    is left out. Letters that only look like others (Cyrillic ones) stay.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub(r"\^(?=[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺])", "", text)
    text = re.sub(r"(?<![\w.])(\d+)([¼½¾⅐-⅞])", r"(\1+\2)", text)
    parts = []
    for raised, lowered, other in re.findall(rf"([{_RAISED}]+)|([{_LOWERED}]+)|(.)", text, re.DOTALL):
        if raised:
            parts.append(raised if set(raised) <= set(SUPERSCRIPTS) else f"^({_decomposed(raised)})")
        elif lowered:
            parts.append(f"_{_decomposed(lowered)}")
        else:
            parts.append(_plain_character(other))
    return "".join(parts)


_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱᵃᵇᶜᵈᵉᵏᵐᵖʳˢᵗᵘˣʸᶻ"
_LOWERED = "₊₋ₐₑₒₓₕₖₗₘₙₚₛₜᵢⱼᵣᵤᵥ"


def _decomposed(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("\u2212", "-")


def _plain_character(character: str) -> str:
    if character.isascii():
        return character
    if character in _SIGNS:
        return _SIGNS[character]
    kind = unicodedata.decomposition(character).partition(">")[0]
    if kind == "<fraction":
        return f"({_decomposed(character).replace(chr(0x2044), '/')})"
    if kind in ("<wide", "<font", "<small"):
        return _decomposed(character)
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    return "" if category == "Cf" or "\ufe00" <= character <= "\ufe0f" else character
