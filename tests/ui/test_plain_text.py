"""Formulas as typed text."""

from __future__ import annotations

import pytest

from explorer.language.notation import Notation, NotationBuilder, Piece
from explorer.ui.plain_text import MOST_CHARACTERS, plain_text


class Formula(NotationBuilder):
    """A builder with the short words that tests read by."""

    def row(self, *parts: int | str) -> int:
        """Strings are operators where they are signs, words where they are longer, names else."""
        indices = []
        for part in parts:
            if isinstance(part, int):
                indices.append(part)
            elif part in "+−·=<≤,/":
                indices.append(self.add("comma", ", ") if part == "," else self.add("operator", part))
            elif part in ("sin", "cos", "log", "if", "and", "otherwise"):
                indices.append(self.add("word", part))
            else:
                indices.append(self.leaf(part))
        return self.add("row", "", tuple(indices))

    def leaf(self, text: str) -> int:
        return self.add("number" if text[0].isdigit() else "name", text)

    def of(self, kind: str, *parts: int | str, text: str = "") -> int:
        return self.add(kind, text, tuple(self.leaf(part) if isinstance(part, str) else part for part in parts))


CASES = [
    (lambda f: f.row("x", "+", "2", "·", "y"), "x + 2 * y"),
    (lambda f: f.row("−", "x", "−", "y"), "-x - y"),
    (lambda f: f.of("fraction", f.row("x", "+", "1"), f.row("2", "·", "y")), "(x + 1)/(2 * y)"),
    (lambda f: f.of("fraction", "x", f.of("fraction", "y", "z")), "x/(y/z)"),
    (lambda f: f.of("power", f.row("x", "+", "1"), "2"), "(x + 1)^2"),
    (lambda f: f.of("power", f.of("bracket", f.row("x", "+", "1"), text="()"), "2"), "(x + 1)^2"),
    (lambda f: f.of("power", "x", f.of("power", "y", "z")), "x^(y^z)"),
    (lambda f: f.of("power", "1e-05", "2"), "(1e-05)^2"),
    (lambda f: f.row("sin", f.of("bracket", "x", text="()")), "sin(x)"),
    (lambda f: f.of("power", f.row("sin", f.of("bracket", "x", text="()")), "2"), "sin(x)^2"),
    (lambda f: f.row("sin", "x"), "sin(x)"),
    (lambda f: f.row("2", "x"), "2 x"),
    (lambda f: f.of("root", f.row("x", "+", "y")), "sqrt(x + y)"),
    (lambda f: f.of("root", "x", "3"), "cbrt(x)"),
    (lambda f: f.of("root", "x", "5"), "root(x, 5)"),
    (lambda f: f.of("bracket", "x", text="||"), "abs(x)"),
    (lambda f: f.of("bracket", "x", text="⌊⌋"), "floor(x)"),
    (lambda f: f.of("subscript", "a", f.row("i", "+", "1")), "a_(i + 1)"),
    (lambda f: f.of("matrix", "a", "b", "c", "d", text="2×2"), "[[a, b], [c, d]]"),
    (
        lambda f: f.of("cases", "x", f.row("if", "x", "<", "0"), "0", f.add("word", "otherwise")),
        "{x, if x < 0; 0, otherwise}",
    ),
    (lambda f: f.of("lines", f.row("u", "=", "x"), f.row("v", "=", "y")), "u = x\nv = y"),
    (lambda f: f.row("x", "≤", "y"), "x <= y"),
    (lambda f: f.row("x", ",", "y"), "x, y"),
]


@pytest.mark.parametrize(("make", "text"), CASES, ids=[text for _, text in CASES])
def test_a_formula_is_written_as_it_would_be_typed(make, text: str) -> None:  # type: ignore[no-untyped-def]
    formula = Formula()
    make(formula)
    assert plain_text(formula.finish()) == text


def test_shared_parts_do_not_make_endless_texts() -> None:
    pieces = [Piece("name", "x")]
    for i in range(200):
        pieces.append(Piece("fraction", "", (i, i)))
    text = plain_text(Notation(tuple(pieces)))
    assert len(text) <= MOST_CHARACTERS + 1
    assert text.endswith("…")


def test_nesting_ten_thousand_deep_is_written_without_recursion() -> None:
    pieces = [Piece("name", "x")]
    for i in range(10_000):
        pieces.append(Piece("root", "", (i,)))
    assert plain_text(Notation(tuple(pieces))).startswith("sqrt(")
