"""A Notation as one line of plain text, written as one would type it: for the clipboard and for screen readers."""

from __future__ import annotations

from explorer.language.notation import Notation, Piece
from explorer.ui.typeset_leaves import (
    COMMA,
    CONNECTIVES,
    FUNCTION,
    PREFIX,
    PRODUCT,
    RELATION,
    SLASH,
    SUM,
    WORD,
    operator_role,
)

# Nobody listens to more, and the shared parts of a notation may multiply without bound when written out.
MOST_CHARACTERS = 20_000

TYPED = {"−": "-", "·": "*", "×": "*", "⋅": "*", "≤": "<=", "≥": ">=", "≠": "!=", "→": "->", "π": "pi", "∞": "inf"}
NAMED_BRACKETS = {"||": "abs", "⌊⌋": "floor", "⌈⌉": "ceil"}
ROOTS = {"3": "cbrt"}

# How strongly a text holds together: what is weaker than its place asks for is put in brackets.
RELATED, SUMMED, MULTIPLIED, RAISED, WHOLE = range(5)

Written = tuple[str, int]


def plain_text(notation: Notation) -> str:
    """The formula in the signs of a keyboard: "(x + 1)/sqrt(y)", "x_1^2", "[[a, b], [c, d]]"."""
    pieces = notation.pieces
    last_use = {child: index for index, piece in enumerate(pieces) for child in piece.children}
    written: dict[int, Written] = {}
    for index, piece in enumerate(pieces):
        text, strength = _write(piece, [(pieces[child], *written[child]) for child in piece.children])
        if len(text) > MOST_CHARACTERS:
            text, strength = text[:MOST_CHARACTERS] + "…", WHOLE
        written[index] = (text, strength)
        for child in set(piece.children):
            if last_use[child] == index:
                del written[child]  # a long chain of long texts would else all stay in memory
    return written[len(pieces) - 1][0]


def _write(piece: Piece, children: list[tuple[Piece, str, int]]) -> Written:
    """One piece from its children's texts."""
    kind = piece.kind
    if not children:
        return TYPED.get(piece.text, piece.text.replace("−", "-")), WHOLE
    parts = [(text, strength) for _, text, strength in children]
    if kind == "fraction" and len(parts) == 2:
        return f"{_held(parts[0], MULTIPLIED)}/{_held(parts[1], RAISED)}", MULTIPLIED
    if kind == "power" and len(parts) == 2:
        base = children[0][0]
        if base.kind == "number" and not base.text.replace(".", "").isdecimal():
            parts[0] = f"({parts[0][0]})", WHOLE
        return f"{_held(parts[0], WHOLE)}^{_held(parts[1], WHOLE)}", RAISED
    if kind == "subscript" and len(parts) == 2:
        return f"{_held(parts[0], WHOLE)}_{_held(parts[1], WHOLE)}", WHOLE
    if kind == "root":
        if len(parts) == 1:
            return f"sqrt({parts[0][0]})", WHOLE
        name = ROOTS.get(parts[1][0])
        return (f"{name}({parts[0][0]})" if name else f"root({parts[0][0]}, {parts[1][0]})"), WHOLE
    if kind == "bracket":
        left, right = (piece.text[0], piece.text[-1]) if piece.text else ("(", ")")
        if left + right in NAMED_BRACKETS:
            return f"{NAMED_BRACKETS[left + right]}({parts[0][0]})", WHOLE
        return f"{left}{parts[0][0]}{right}".strip(), WHOLE
    if kind == "cases":
        texts = [text for text, _ in parts]
        return "{" + "; ".join(", ".join(texts[i : i + 2]) for i in range(0, len(texts), 2)) + "}", WHOLE
    if kind == "matrix":
        columns = piece.text.replace("x", "×").split("×")[-1]
        step = max(1, int(columns)) if columns.isdecimal() and len(columns) < 6 else len(parts)
        rows = [", ".join(text for text, _ in parts[i : i + step]) for i in range(0, len(parts), step)]
        return "[" + ", ".join(f"[{row}]" for row in rows) + "]", WHOLE
    if kind == "lines":
        return "\n".join(text for text, _ in parts), RELATED
    return _write_row(children)


def _held(part: Written, least: int) -> str:
    """The text, in brackets where it holds together less than asked for."""
    text, strength = part
    return text if strength >= least else f"({text})"


def _write_row(children: list[tuple[Piece, str, int]]) -> Written:
    if len(children) == 1:
        return children[0][1], children[0][2]
    strength = WHOLE
    text = ""
    before: int | None = None  # the role of what stands before, None at the start and after a sign
    for piece, part, own in children:
        role = _role(piece)
        if role == COMMA:
            text = text.rstrip() + ", "
            strength = RELATED
            before = None
        elif role == PREFIX or (role == SUM and before is None):
            text += part
            strength = min(strength, SUMMED)
            before = None
        elif role in (SUM, RELATION, PRODUCT, WORD):
            text = f"{text.rstrip()} {part.strip()} " if text else f"{part.strip()} "
            strength = min(strength, {SUM: SUMMED, PRODUCT: MULTIPLIED}.get(role, RELATED))
            before = None
        elif role == SLASH:
            text += part
            strength = min(strength, MULTIPLIED)
            before = None
        elif before == FUNCTION:
            text += part if piece.kind == "bracket" and part.startswith("(") else f"({part})"
            before = role
        else:
            if before is not None and not (before == _CALLABLE and piece.kind == "bracket"):
                text += " "
                strength = min(strength, MULTIPLIED)
            text += part
            strength = min(strength, own)
            before = role
    return text.strip(), strength


# Roles of their own: behind a name a bracket may be a call, and no space parts them.
_CALLABLE, _OPERAND = -1, -2


def _role(piece: Piece) -> int:
    if piece.kind == "operator":
        sign = piece.text.strip()
        return operator_role({"-": "−", "*": "·"}.get(sign, sign))
    if piece.kind == "prefix":
        return PREFIX
    if piece.kind == "comma":
        return COMMA
    if piece.kind == "word":
        return WORD if piece.text.strip().split(" ")[0].lower() in CONNECTIVES else FUNCTION
    return _CALLABLE if piece.kind in ("name", "symbol") else _OPERAND
