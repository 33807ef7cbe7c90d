"""A typeset formula as plain pieces: what the window draws, whoever made it (a Program, SymPy).

A Notation is a flat tuple of Pieces in post-order: children stand before their parent, so that a walk needs no
recursion, shared parts may be shared, and JSON stays shallow.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from explorer.language.program import Span

KINDS = (
    "number",  # text: digits as written
    "name",  # text: a variable's name, "x1", "theta", "learning_rate"; the typesetter makes subscripts and Greek
    "symbol",  # text: an upright sign as it is: "π", "∞", "…", "?"
    "word",  # text: upright words, e.g. a function's name "sin" or "if"
    "operator",  # text: a binary sign or relation with space around it: "+", "−", "·", "=", "<"; lines break before it
    "prefix",  # text: a sign without space after it: "−"
    "comma",  # ", "
    "row",  # children side by side
    "fraction",  # numerator, denominator
    "power",  # base, exponent
    "subscript",  # base, index
    "root",  # radicand, or radicand and index (cube root: a "3")
    "bracket",  # one child between the two signs of text: "()", "||", "⌊⌋", "⌈⌉", "[]", "{}"
    "cases",  # value, condition, value, condition …: one pair a line, after one large brace
    "matrix",  # text "rows×columns"; children row by row
    "lines",  # children, one below the other, left aligned
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One box: its kind (KINDS), its text or "", its children's indices, and what it stands for.

    `span` is its place in the source, None where it has none. `ref` numbers the sub-expression it stands for
    in whatever made it, for selection; None where it has no meaning of its own.
    """

    kind: str
    text: str = ""
    children: tuple[int, ...] = ()
    span: Span | None = None
    ref: int | None = None


@dataclass(frozen=True, slots=True)
class Notation:
    """A formula ready to be typeset; the last piece is the whole. `complete` is False where parts were left out."""

    pieces: tuple[Piece, ...]
    complete: bool = True

    def to_json(self) -> dict[str, Any]:
        """Plain lists for the wire: a piece is [kind, text, children, span or null, ref or null]."""
        return {
            "complete": self.complete,
            "pieces": [[p.kind, p.text, list(p.children), span_to_json(p.span), p.ref] for p in self.pieces],
        }

    @staticmethod
    def from_json(value: Any) -> Notation:
        """The Notation that `to_json` wrote; ValueError where the value is not one."""
        pieces = []
        for index, row in enumerate(value["pieces"]):
            kind, text, children, span, ref = row
            if kind not in KINDS or not all(isinstance(c, int) and 0 <= c < index for c in children):
                raise ValueError(f"not a piece of notation: {row!r}")
            pieces.append(Piece(kind, str(text), tuple(children), span_from_json(span), ref))
        if not pieces:
            raise ValueError("an empty notation")
        return Notation(tuple(pieces), bool(value["complete"]))


class NotationBuilder:
    """Collects pieces; `add` returns the index by which a parent names its child."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []

    def add(
        self,
        kind: str,
        text: str = "",
        children: tuple[int, ...] = (),
        span: Span | None = None,
        ref: int | None = None,
    ) -> int:
        """Append one piece and return its index."""
        self.pieces.append(Piece(kind, text, children, span, ref))
        return len(self.pieces) - 1

    def include(self, notation: Notation) -> int:
        """Append all pieces of another notation and return the index of its whole."""
        shift = len(self.pieces)
        for piece in notation.pieces:
            self.pieces.append(replace(piece, children=tuple(child + shift for child in piece.children)))
        return len(self.pieces) - 1

    def finish(self, complete: bool = True) -> Notation:
        """The Notation whose whole is the piece added last."""
        return Notation(tuple(self.pieces), complete)


def span_to_json(span: Span | None) -> list[int] | None:
    """[line, column, end_line, end_column], or null."""
    return None if span is None else [span.line, span.column, span.end_line, span.end_column]


def span_from_json(value: Any) -> Span | None:
    """The Span that `span_to_json` wrote; ValueError where the value is not one."""
    if value is None:
        return None
    if not (isinstance(value, list) and len(value) == 4 and all(isinstance(v, int) for v in value)):
        raise ValueError(f"not a span: {value!r}")
    return Span(*value)
