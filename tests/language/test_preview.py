"""The reader's understanding as notation: a valid Notation for every program, and what its lines say."""

import json

import pytest
from hypothesis import given, settings

from explorer.language.notation import Notation, Piece
from explorer.language.parser import parse
from explorer.language.preview import MOST_PIECES, preview
from explorer.language.program import ExplorerError, Span
from tests.language.algorithms import ALGORITHMS
from tests.language.test_algorithm import EXCHANGES, body, lines_of_code

FORMULAS = [
    "x^2",
    "5",
    "3 sin x + |x|/2",
    "a = x^2\nb = sqrt(a)\na*b, b/a",
    "square(t) = t^2\nsquare(x) + 1",
    "f(x, y) = x*y",
    "where(x > 0 and x < 2, x, -x)",
    "-x^2 - (-x)^2 - (1 - x)",
    "cbrt(x) + exp(x) + floor(x) + max(x, 1)",
]


def flat(notation: Notation) -> str:
    """The notation in one line of plain signs, its structure in brackets: a fraction is (a)/(b)."""
    texts: list[str] = []
    for piece in notation.pieces:
        inner = [texts[child] for child in piece.children]
        match piece.kind:
            case "row":
                texts.append("".join(inner))
            case "lines":
                texts.append("\n".join(inner))
            case "operator":
                texts.append(f" {piece.text} ")
            case "comma":
                texts.append(", ")
            case "fraction":
                texts.append("({})/({})".format(*inner))
            case "power":
                texts.append("{}^{{{}}}".format(*inner))
            case "subscript":
                texts.append("{}_{{{}}}".format(*inner))
            case "root":
                texts.append("√" + ":".join(reversed(inner)))
            case "bracket":
                texts.append(piece.text[0] + inner[0] + piece.text[1])
            case "cases":
                pairs = zip(inner[::2], inner[1::2], strict=True)
                texts.append("{" + "; ".join(" ".join(pair) for pair in pairs) + "}")
            case _:
                texts.append(piece.text)
    return texts[-1]


def shown(lines: str) -> list[str]:
    return flat(preview(parse(lines))).split("\n")


@pytest.mark.parametrize("text", [*(a.text for a in ALGORITHMS), *FORMULAS, lines_of_code(200)])
def test_every_program_has_a_valid_notation_that_survives_the_wire(text):
    notation = preview(parse(text))
    assert Notation.from_json(json.loads(json.dumps(notation.to_json()))) == notation
    assert notation.complete == (len(text) < 4_000)
    _check(notation, text)


def test_of_a_long_program_the_first_lines_are_shown_and_then_dots():
    notation = preview(parse(lines_of_code(200)))
    assert MOST_PIECES < len(notation.pieces) < MOST_PIECES + 100
    assert flat(notation).split("\n")[-1].strip() == "…"
    short = preview(parse(lines_of_code(40)))
    assert short.complete
    assert "…" not in flat(short)


def _check(notation: Notation, text: str) -> None:
    """Each piece but the last is the child of exactly one; each place lies in the text."""
    children = [child for piece in notation.pieces for child in piece.children]
    assert sorted(children) == list(range(len(notation.pieces) - 1))
    lines = text.split("\n")
    for piece in notation.pieces:
        assert _arity(piece)
        if piece.span is not None:
            assert piece.span.end_line <= len(lines)
            assert piece.span.end_column <= len(lines[piece.span.end_line - 1])


def _arity(piece: Piece) -> bool:
    count = len(piece.children)
    match piece.kind:
        case "fraction" | "power" | "subscript":
            return count == 2
        case "root":
            return count in (1, 2)
        case "bracket":
            return count == 1 and len(piece.text) == 2
        case "cases":
            return count >= 4 and count % 2 == 0
        case "row" | "lines":
            return True
        case _:
            return count == 0 and (piece.text != "" or piece.kind == "comma")


@given(EXCHANGES)
@settings(max_examples=150, deadline=None)
def test_whatever_is_read_can_be_shown(text):
    try:
        program = parse(text)
    except ExplorerError:
        return
    notation = preview(program)
    assert Notation.from_json(notation.to_json()) == notation
    _check(notation, text)


def test_the_lines_of_an_algorithm():
    text = (
        "def g(t): return t**2\n\n"
        "def f(x, y):\n    a, b = y, [x, 2]\n    b[0] += 1\n    if 0 < x <= 1 and not y == 2:\n        x = g(x)\n"
        "    elif x != 5:\n        x = -x\n    for i in range(3):\n        while True:\n            break\n"
        "        continue\n    return x, 2*y/3"
    )
    assert shown(text) == [
        "g(t) = t^{2}",
        "f(x, y) :",
        " a, b = y, [x, 2]".replace(" ", "\u2003", 1),
        "\u2003b_{0} = b_{0} + 1",
        "\u2003if (0 < x ≤ 1) and (not y = 2) :",
        "\u2003\u2003x = g(x)",
        "\u2003else :",
        "\u2003\u2003if x ≠ 5 :",
        "\u2003\u2003\u2003x = −x",
        "\u2003for i in range(0, 3) :",
        "\u2003\u2003while true :",
        "\u2003\u2003\u2003break",
        "\u2003\u2003continue",
        "\u2003return x, (2y)/(3)",
    ]


@pytest.mark.parametrize(
    ("written", "shows"),
    [
        ("x % 3", "x mod 3"),
        ("(x + 1) % (2 - x)", "(x + 1) mod (2 − x)"),
        ("x % 3 % 2", "(x mod 3) mod 2"),
        ("2*(x % 3) + x % 2", "2 · (x mod 3) + x mod 2"),
        ("-(x % 3)", "−x mod 3"),
        ("x // 2", "⌊(x)/(2)⌋"),
        ("int(x)*2", "int(x) · 2"),
        ("x - (1 - x)", "x − (1 − x)"),
        ("(x - 1) - x", "x − 1 − x"),
        ("x/(2*x)/3", "((x)/(2x))/(3)"),
        ("(x**2)**3", "(x^{2})^{3}"),
        ("x**2**3", "x^{2^{3}}"),
        ("(-x)**2", "(−x)^{2}"),
        ("sqrt(x) + abs(x) + exp(x)", "√x + |x| + e^{x}"),
        ("1 if x > 0 else 2 if x > -1 else 3", "{1 if x > 0; 2 if x > −1; 3 otherwise}"),
        ("sum([x, 1])", "sum([x, 1])"),
        ("len([])", "len([])"),
        (
            "sum(i*a*b*x for i, (a, b) in enumerate(zip([1], [2])))",
            "sum([i · a · b · x for i, (a, b) in enumerate(zip([1], [2]))])",
        ),
        ("max(i*x for i in range(1, 9, 2))", "max([i · x for i in range(1, 9, 2)])"),
        ("([x]*2)[-1]", "([x] · 2)_{−1}"),
        ("pi*x + e", "π · x + e"),
        ("1e-3*x", "1e-3x"),
        ("x if 0 < x < 2 < 3 else 1", "{x if 0 < x < 2 < 3; 1 otherwise}"),
        ("x if x > 1 or not (x < 0 and x > -1) else 1", "{x if x > 1 or (not (x < 0 and x > −1)); 1 otherwise}"),
        ("x if False else 1", "{x if false; 1 otherwise}"),
    ],
)
def test_expressions(written, shows):
    assert shown(body(f"return {written}")) == [f"f(x) = {shows}"]


def test_a_function_called_main_is_an_algorithm_like_any_other():
    text = "def main(x):\n    if x > 0:\n        return x\n    return 2"
    assert shown(text)[0] == "main(x) :"
    assert shown("x^2") == ["y = x^{2}"]


def test_a_piece_knows_the_place_that_it_stands_for():
    text = body("return x*sin(x)")
    notation = preview(parse(text))
    places = {piece.span for piece in notation.pieces}
    assert {Span(2, 11, 2, 12), Span(2, 13, 2, 19), Span(2, 11, 2, 19), Span(2, 17, 2, 18)} <= places
