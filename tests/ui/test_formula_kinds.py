"""Formulas of all kinds, from text to boxes: none falls back silently, and each can be drawn in any size."""

import math

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from explorer.calculus import symbolic
from explorer.language.notation import KINDS, Notation, NotationBuilder
from explorer.language.parser import parse
from explorer.language.program import ExplorerError
from explorer.ui.formula_view import FormulaView
from explorer.ui.math_font import math_font
from explorer.ui.typeset import lay_out

# What each is to show: a text of the program's language, whose derivative by its first input is drawn as well.
FORMULAS = {
    "fraction in a fraction": "1/(1 + 1/(1 + 1/x))",
    "continued fraction": "1/(2 + 1/(3 + 1/(4 + 1/(5 + x))))",
    "fraction of sums": "(x^2 + 3x + 1)/(x - 1)",
    "square root": "sqrt(x + 1)",
    "roots in roots": "sqrt(1 + sqrt(1 + sqrt(1 + x)))",
    "cube root": "cbrt(x^2 + 1)",
    "root in a denominator": "1/sqrt(x^2 + y^2)",
    "power of a power": "(x^y)^z",
    "tower": "2^(3^x)",
    "negative power": "x^(-3) + y^(-1/2)",
    "power of a fraction": "((x + 1)/(x - 1))^3",
    "exponential of a fraction": "exp(-(x - mu)^2/(2 sigma^2))",
    "absolute value": "|x| + |x - |y||",
    "cases": "where(x > 0, x^2, -x)",
    "cases in a fraction": "where(x > 0, x, 1)/where(y < 2, y, 3)",
    "conditions joined": "where(x > 0 and y < 1 or x != y, x, y)",
    "Greek": "alpha*sin(omega*t + phi)",
    "subscripts": "x1*x2 + alpha_1*theta_2",
    "long names": "learning_rate*gradient_norm",
    "floor and ceiling": "floor(x) + ceil(y)",
    "sign and step": "sign(x)*heaviside(y)",
    "min and max": "min(x, max(y, z))",
    "two arguments": "atan2(y, x) + hypot(x, y)",
    "logarithms": "ln(x) + log2(y) + log10(z)",
    "hyperbolic": "tanh(x)*cosh(y) + asinh(z)",
    "special": "erf(x) + sigmoid(y)*softplus(z)",
    "constants": "pi*x + e^x + 1.5e-7*y + 0.1*z",
    "negative coefficients": "-3x - 2y*(-z) - (-x)^2",
    "product of brackets": "(x + 1)*(y - 2)*(z + 3)",
    "very long sum": " + ".join(f"sin({k}x)/{k}" for k in range(1, 40)),
    "very long product": "*".join(f"(x + {k})" for k in range(1, 30)),
    "deep nest": "sin(cos(" * 8 + "x" + "))" * 8,
    "swell": "l2 = 4*x*(1 - x)\nl3 = 4*l2*(1 - l2)\nl4 = 4*l3*(1 - l3)\nl4",
}


def expressions_of(text: str):
    (output, *_), inputs = symbolic.expressions(parse(text))
    return [output, symbolic.differentiated(output, inputs[0])]


def ink(laid, width: int, scale: float) -> tuple[int, int]:
    """How many pixels are dark, and how many of them lie on the picture's left and right rims."""
    image = QImage(round((width + 8) * scale), max(1, round((laid.height + 8) * scale)), QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    with QPainter(image) as painter:
        painter.scale(scale, scale)
        painter.translate(4, 4)
        laid.paint(painter, QColor("black"), QRectF(0, 0, width, laid.height))
    step = max(1, round(scale))
    dark = sum(
        image.pixelColor(x, y).lightness() < 128
        for x in range(0, image.width(), step)
        for y in range(0, image.height(), step)
    )
    rim = sum(image.pixelColor(x, y).lightness() < 128 for x in (0, image.width() - 1) for y in range(image.height()))
    return dark, rim


def check(notation: Notation) -> None:
    """All of it is notation, each sign is in the font, and every piece has its box."""
    assert notation.complete
    names = {piece.text for piece in notation.pieces if piece.kind == "word"}
    assert not {name for name in names if "(" in name or name[:1].isupper()}, "SymPy's text instead of notation"
    assert {piece.kind for piece in notation.pieces} <= set(KINDS)
    for piece in notation.pieces:
        for character in piece.text if piece.kind in ("symbol", "operator", "prefix") else "":
            assert math_font().glyph(character) is not None, f"no glyph for {character!r}"
    laid = lay_out(notation, 20, 400)
    assert laid.complete
    assert len(laid.boxes) >= len(notation.pieces)
    assert all(math.isfinite(box.width) and box.width >= 0 for box in laid.boxes)


@pytest.mark.parametrize("text", FORMULAS.values(), ids=FORMULAS)
def test_a_formula_and_its_derivative_are_typeset_without_falling_back(qapp, text):
    for expression in expressions_of(text):
        check(symbolic.notation(expression, symbolic.MAX_ALL_DRAWN_NODES))


@pytest.mark.parametrize("kind", ["fraction in a fraction", "cases", "swell", "roots in roots"])
def test_twice_as_large_is_twice_as_sharp_and_nothing_is_cut(qapp, kind):
    notation = symbolic.notation(expressions_of(FORMULAS[kind])[1])
    laid = lay_out(notation, 20, 400)
    once, rim = ink(laid, 400, 1.0)
    twice, rim_twice = ink(laid, 400, 2.0)
    assert once > 30
    assert rim == rim_twice == 0
    assert 0.6 < twice / once < 1.6  # sampled at the same places: the same letters


def matrix(text: str, second: bool) -> Notation:
    """The Hessian of the first output, or the Jacobian of all, as one matrix."""
    outputs, inputs = symbolic.expressions(parse(text))
    rows = [symbolic.differentiated(outputs[0], symbol) for symbol in inputs] if second else outputs
    builder = NotationBuilder()
    cells = [builder.include(symbolic.notation(symbolic.differentiated(row, x))) for row in rows for x in inputs]
    builder.add("matrix", f"{len(rows)}×{len(inputs)}", tuple(cells))
    return builder.finish()


@pytest.mark.parametrize(
    ("text", "second"), [("ln(x1) + x1*x2 - sin(x2)", True), ("sqrt(x^2 + y^2), where(x > 0, x*y, -y)", False)]
)
def test_a_matrix_is_typeset_without_falling_back_in_rows_and_columns(qapp, text, second):
    check(matrix(text, second))
    laid = lay_out(matrix(text, second), 20)
    centres = [(laid.rect(box).center().x(), laid.rect(box).center().y()) for box in laid.boxes[0].children]
    assert centres[0][0] == pytest.approx(centres[2][0])
    assert centres[0][1] < centres[2][1]
    assert centres[0][0] < centres[1][0]


def test_in_a_narrow_matrix_sums_are_broken_and_fractions_are_not(qapp):
    notation = matrix("sqrt(x^2 + y^2 + z^2)", True)
    laid = lay_out(notation, 20, 400)
    assert laid.broken
    assert not any(box.limit is not None for box in laid.boxes if box.kind in ("fraction", "bracket", "root"))
    assert laid.height > 1.3 * lay_out(notation, 20).height


def test_a_large_formula_is_laid_out_in_turns_and_is_the_same(qtbot):
    text = "l1 = x\n" + "".join(f"l{k + 1} = 4l{k}*(1 - l{k})\n" for k in range(1, 8)) + "l8"
    try:
        notation = symbolic.notation(expressions_of(text)[1], symbolic.MAX_ALL_DRAWN_NODES)
    except ExplorerError as refusal:
        pytest.fail(refusal.message)
    view = FormulaView(fills=True)
    qtbot.addWidget(view)
    view.resize(440, 300)
    view.show()
    view.show_notation(notation)
    assert view.laying_out
    assert view.laid_out is None
    qtbot.waitUntil(lambda: not view.laying_out, timeout=30_000)
    at_once = lay_out(notation, view._size(), view.laid_out.room)
    assert len(view.laid_out.boxes) == len(at_once.boxes) > 15_000
    assert (view.laid_out.width, view.laid_out.height) == (at_once.width, at_once.height)
    assert view.laid_out.complete
    assert view.verticalScrollBar().maximum() > 5_000
    laid = view.laid_out
    view.resize(440, 350)  # higher only: nothing to break anew
    assert view.laid_out is laid
    assert not view.laying_out
    view.show_notation(None)
    assert view.laid_out is None
