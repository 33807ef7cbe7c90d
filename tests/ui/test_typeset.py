"""The layout of formulas: places, lines, signs and what is drawn."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from PySide6.QtCore import QBuffer, QIODevice, QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QApplication

from explorer.language.notation import KINDS, Notation, NotationBuilder, Piece
from explorer.ui.math_font import math_font
from explorer.ui.typeset import MOST_BOXES, Layout, lay_out
from explorer.ui.typeset_leaves import leaf, scientific, split_name

pytestmark = pytest.mark.usefixtures("qapp")

SIZE = 20.0
# Places are sums of a few dozen floats of order 1 em.
TOLERANCE = 1e-6

PARENTS = {
    "row": 3,
    "fraction": 2,
    "power": 2,
    "subscript": 2,
    "root": 2,
    "bracket": 1,
    "cases": 4,
    "matrix": 4,
    "lines": 3,
}
TEXTS = {
    "number": ["0", "12.5", "1e-05", "-1.5e+20", "-3"],
    "name": ["x", "x1", "theta", "learning_rate", "f"],
    "symbol": ["π", "∞", "…"],
    "word": ["sin", "if"],
    "operator": ["+", "−", "·", "=", "<", "and"],
    "prefix": ["−"],
    "comma": [", "],
    "bracket": ["()", "||", "⌊⌋", "⌈⌉", "[]", "{}"],
    "matrix": ["2×2", "4×1"],
}


def sample(kind: str) -> Notation:
    """One piece of the kind, on names where it has children."""
    builder = NotationBuilder()
    children = tuple(builder.add("name", "xyzw"[i]) for i in range(PARENTS.get(kind, 0)))
    builder.add(kind, TEXTS.get(kind, [""])[0], children)
    return builder.finish()


def sum_of(builder: NotationBuilder, terms: list[int]) -> int:
    """A row of the terms with plus signs between them."""
    parts = [terms[0]]
    for term in terms[1:]:
        parts += [builder.add("operator", "+"), term]
    return builder.add("row", "", tuple(parts))


def names(builder: NotationBuilder, count: int) -> list[int]:
    return [builder.add("name", f"a_{i}") for i in range(count)]


def drawn(laid: Layout, ratio: float = 1.0, margin: int = 6) -> QImage:
    """The layout in black on white, with a margin that shows what sticks out."""
    image = QImage(
        round((laid.width + 2 * margin) * ratio) + 1,
        round((laid.height + 2 * margin) * ratio) + 1,
        QImage.Format.Format_Grayscale8,
    )
    image.setDevicePixelRatio(ratio)
    image.fill(QColor("white"))
    with QPainter(image) as painter:
        painter.translate(margin, margin)
        laid.paint(painter, QColor("black"))
    return image


def ink(image: QImage) -> QRectF:
    """The rectangle around all dark pixels."""
    dark = [(x, y) for y in range(image.height()) for x in range(image.width()) if image.pixelColor(x, y).value() < 128]
    if not dark:
        return QRectF()
    xs, ys = [x for x, _ in dark], [y for _, y in dark]
    return QRectF(min(xs), min(ys), max(xs) - min(xs) + 1, max(ys) - min(ys) + 1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ratio", [1.0, 2.0, 5.0])  # at 5 Qt itself would draw outlines, see MOST_GLYPH_PIXELS
def test_every_kind_has_a_size_and_leaves_ink_within_it(kind: str, ratio: float) -> None:
    laid = lay_out(sample(kind), SIZE)
    assert laid.width > 0
    assert laid.height > 0
    around = ink(drawn(laid, ratio))
    assert not around.isEmpty()
    # Antialiasing and the side bearing of italic letters reach a pixel or two beyond.
    allowed = QRectF(4 * ratio, 4 * ratio, (laid.width + 4) * ratio + 1, (laid.height + 4) * ratio + 1)
    assert allowed.contains(around)


def leaves() -> st.SearchStrategy[tuple]:
    kinds = [kind for kind in KINDS if kind not in PARENTS]
    return st.sampled_from(kinds).flatmap(lambda kind: st.tuples(st.just(kind), st.sampled_from(TEXTS[kind])))


def trees() -> st.SearchStrategy[tuple]:
    """(kind, text) or (kind, text, children) of any shape."""

    def extend(children: st.SearchStrategy[tuple]) -> st.SearchStrategy[tuple]:
        def of(kind: str) -> st.SearchStrategy[tuple]:
            least, most = (1, 6) if kind in ("row", "lines", "cases") else (PARENTS[kind],) * 2
            parts = st.lists(children, min_size=least, max_size=most)
            return st.tuples(st.just(kind), st.sampled_from(TEXTS.get(kind, [""])), parts)

        return st.sampled_from(sorted(PARENTS)).flatmap(of)

    return st.recursive(leaves(), extend, max_leaves=25)


def build(tree: tuple) -> Notation:
    builder = NotationBuilder()

    def add(node: tuple) -> int:
        children = tuple(add(child) for child in node[2]) if len(node) == 3 else ()
        return builder.add(node[0], node[1], children)

    add(tree)
    return builder.finish()


def assert_well_formed(laid: Layout) -> None:
    for box in laid.boxes:
        outer = laid.rect(box).adjusted(-TOLERANCE, -TOLERANCE, TOLERANCE, TOLERANCE)
        for child in box.children:
            assert outer.contains(laid.rect(child)), (box.kind, child.kind)
        if box.kind in ("row", "lines", "matrix", "cases"):
            placed = [child for child, _, _ in box.placed]
            for i, one in enumerate(placed):
                for other in placed[i + 1 :]:
                    shared = laid.rect(one).intersected(laid.rect(other))
                    assert min(shared.width(), shared.height()) < TOLERANCE, (box.kind, one.text, other.text)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tree=trees(), width=st.sampled_from([None, 40.0, 150.0, 400.0]))
def test_children_lie_within_their_parents_and_do_not_overlap(tree: tuple, width: float | None) -> None:
    assert_well_formed(lay_out(build(tree), SIZE, width))


def test_a_long_sum_is_broken_within_the_width_and_keeps_its_terms() -> None:
    builder = NotationBuilder()
    sum_of(builder, names(builder, 60))
    notation = builder.finish()
    whole = lay_out(notation, SIZE)
    laid = lay_out(notation, SIZE, 300)
    assert whole.width > 300
    assert not whole.broken
    assert laid.broken
    assert laid.width <= 300 + TOLERANCE
    assert len(laid.boxes) == len(whole.boxes)
    assert len(laid.rects(len(notation.pieces) - 1)) > 3
    assert_well_formed(laid)


def test_continuation_lines_start_with_an_operator_and_are_indented() -> None:
    builder = NotationBuilder()
    sum_of(builder, names(builder, 30))
    laid = lay_out(builder.finish(), SIZE, 200)
    lines: dict[float, list] = {}
    for child, _, _ in laid.boxes[0].placed:
        lines.setdefault(child.y, []).append(child)
    first, *others = (min(line, key=lambda box: box.x) for _, line in sorted(lines.items()))
    assert first.kind == "name"
    assert first.x == 0
    assert {box.kind for box in others} == {"operator"}
    assert all(box.x > 0 for box in others)


@pytest.mark.parametrize("kind", ["fraction", "bracket", "root", "power", "cases", "matrix", "row"])
def test_a_long_sum_inside_another_piece_is_broken_too(kind: str) -> None:
    builder = NotationBuilder()
    long = sum_of(builder, names(builder, 60))
    others = tuple(builder.add("number", str(i)) for i in range(PARENTS[kind] - 1))
    inner = builder.add(kind, TEXTS.get(kind, [""])[0], (long, *others) if kind != "root" else (long,))
    lead = builder.add("name", "y")
    builder.add("row", "", (lead, builder.add("operator", "="), inner))
    laid = lay_out(builder.finish(), SIZE, 400)
    assert laid.width <= 400 + TOLERANCE
    assert_well_formed(laid)


def test_the_terms_of_a_spliced_row_are_found_in_the_lines_of_the_row_around_it() -> None:
    builder = NotationBuilder()
    inner = sum_of(builder, names(builder, 60))
    sign = builder.add("prefix", "−")
    builder.add("row", "", (sign, inner))
    laid = lay_out(builder.finish(), SIZE, 300)
    rects = laid.rects(inner)
    assert len(rects) > 3
    assert all(rect.right() <= 300 + TOLERANCE for rect in rects)
    assert [rect.top() for rect in rects] == sorted(rect.top() for rect in rects)
    assert_well_formed(laid)


@pytest.mark.parametrize(
    "kind", ["row", "fraction", "power", "subscript", "root", "bracket", "matrix", "cases", "lines"]
)
@pytest.mark.parametrize("width", [None, 300.0])
def test_nesting_a_thousand_deep_is_laid_out_without_recursion(kind: str, width: float | None) -> None:
    builder = NotationBuilder()
    inner = builder.add("name", "x")
    for _ in range(1000):
        one = builder.add("number", "1")
        children = {"row": (one, builder.add("operator", "+"), inner), "bracket": (inner,), "root": (inner,)}
        inner = builder.add(kind, "1×2" if kind == "matrix" else "", children.get(kind, (inner, one)))
    laid = lay_out(builder.finish(), SIZE, width)
    assert laid.width > 0
    assert laid.piece_at(laid.width / 2, laid.ascent) is not None
    assert laid.rects(inner)
    image = QImage(200, 200, QImage.Format.Format_RGB32)
    with QPainter(image) as painter:
        laid.paint(painter, QColor("black"), QRectF(0, 0, 200, 200))


def test_shared_parts_that_would_unfold_without_bound_are_left_out_and_said_to_be() -> None:
    builder = NotationBuilder()
    inner = builder.add("name", "x")
    for _ in range(64):
        inner = builder.add("fraction", "", (inner, inner))
    laid = lay_out(builder.finish(), SIZE, 500)
    assert len(laid.boxes) <= MOST_BOXES
    assert not laid.complete
    assert lay_out(sample("fraction"), SIZE).complete


def test_a_row_of_more_children_than_can_be_drawn_is_drawn_as_dots() -> None:
    x = Piece("name", "x")
    laid = lay_out(Notation((x, Piece("row", "", (0,) * (MOST_BOXES + 1)))), SIZE, 500)
    assert len(laid.boxes) == 1
    assert not laid.complete


def test_pieces_with_the_wrong_number_of_children_are_rows() -> None:
    x = Piece("name", "x")
    for piece in (Piece("fraction", "", (0,)), Piece("bracket", "()"), Piece("matrix", "7×9", (0,)), Piece("row")):
        laid = lay_out(Notation((x, piece)), SIZE, 5)
        drawn(laid)


def test_the_piece_at_the_middle_of_each_leaf_is_that_leaf() -> None:
    builder = NotationBuilder()
    x, one = builder.add("name", "x"), builder.add("number", "1")
    bottom = builder.add(
        "row", "", (builder.add("name", "y"), builder.add("operator", "+"), builder.add("number", "2"))
    )
    fraction = builder.add("fraction", "", (one, bottom))
    builder.add("row", "", (x, builder.add("operator", "="), builder.add("bracket", "()", (fraction,))))
    notation = builder.finish()
    laid = lay_out(notation, SIZE)
    for index, piece in enumerate(notation.pieces):
        if not piece.children:
            (rect,) = laid.rects(index)
            assert laid.piece_at(rect.center().x(), rect.center().y()) == index
            assert laid.pieces_at(rect.center().x(), rect.center().y())[0] == len(notation.pieces) - 1
    assert laid.piece_at(-5, -5) is None
    assert laid.piece_at(laid.width + 5, 0) is None


def test_a_shared_piece_has_a_rectangle_at_each_of_its_places() -> None:
    builder = NotationBuilder()
    x = builder.add("name", "x")
    builder.add("row", "", (x, builder.add("operator", "+"), x))
    first, second = lay_out(builder.finish(), SIZE).rects(x)
    assert first.right() < second.left()
    assert first.top() == second.top()


def test_scripts_shrink_twice_and_then_stay() -> None:
    builder = NotationBuilder()
    inner = builder.add("name", "x")
    for _ in range(4):
        inner = builder.add("power", "", (builder.add("name", "x"), inner))
    laid = lay_out(builder.finish(), SIZE)
    widths = [laid.rect(box).width() for box in laid.boxes if box.kind == "name"]
    assert widths[0] * 0.7 == pytest.approx(widths[1])
    assert widths[0] * 0.55 == pytest.approx(widths[2])
    assert widths[2:] == pytest.approx([widths[2]] * 3)


def test_a_fractions_bar_is_at_the_height_of_the_minus_sign() -> None:
    (bar,) = lay_out(sample("fraction"), SIZE)._bars
    minus = math_font().glyph("−")
    assert minus is not None
    # the glyph is drawn to a hundredth of an em, as its designer liked it
    assert -bar.center().y() / SIZE == pytest.approx((minus.top - minus.bottom) / 2, abs=0.012)


@pytest.mark.parametrize("text", ["()", "[]", "{}", "||", "⌊⌋", "⌈⌉"])
@pytest.mark.parametrize("depth", [1, 2, 4, 12])
def test_brackets_grow_with_what_they_enclose(text: str, depth: int) -> None:
    builder = NotationBuilder()
    inner = builder.add("name", "x")
    for _ in range(depth):
        inner = builder.add("fraction", "", (inner, inner) if depth < 5 else (builder.add("number", "1"), inner))
    bracket = builder.add("bracket", text, (inner,))
    laid = lay_out(builder.finish(), SIZE)
    (outside,), content = laid.rects(bracket), laid.rects(inner)[0]
    around = ink(drawn(laid, margin=0))
    sign = ink(drawn(laid, margin=0).copy(0, 0, int(content.left()), round(laid.height) + 1))
    assert sign.height() >= 0.85 * content.height()
    assert sign.height() <= outside.height() + 2
    assert around.height() <= outside.height() + 2


def test_a_root_covers_its_radicand() -> None:
    builder = NotationBuilder()
    half = builder.add("fraction", "", (builder.add("name", "x"), builder.add("name", "y")))
    root = builder.add("root", "", (half,))
    laid = lay_out(builder.finish(), SIZE)
    (outside,), (inside,) = laid.rects(root), laid.rects(half)
    assert outside.contains(inside)
    image = drawn(laid, margin=0)
    column = round(inside.center().x())
    assert any(image.pixelColor(column, y).value() < 128 for y in range(round(inside.top())))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x", ("x", True, "")),
        ("x1", ("x", True, "1")),
        ("x_1", ("x", True, "1")),
        ("x_12", ("x", True, "12")),
        ("x_max", ("x", True, "max")),
        ("x_1_2", ("x", True, "1,2")),
        ("theta", ("θ", True, "")),
        ("Omega", ("Ω", True, "")),
        ("alpha_1", ("α", True, "1")),
        ("lambda", ("λ", True, "")),
        ("lambda_", ("λ", True, "")),
        ("θ2", ("θ", True, "2")),
        ("learning_rate", ("learning_rate", False, "")),
        ("loss", ("loss", False, "")),
        ("loss_1", ("loss_1", False, "")),
        ("x_", ("x_", False, "")),
        ("_x", ("_x", False, "")),
    ],
)
def test_names_become_letters_with_indices_or_stay_whole(text: str, expected: tuple[str, bool, str]) -> None:
    assert split_name(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e-05", ("1", "−5")),
        ("1.5e+20", ("1.5", "20")),
        ("-2.5E-7", ("−2.5", "−7")),
        ("3e100", ("3", "100")),
        ("0.1", None),
        ("inf", None),
    ],
)
def test_powers_of_ten_are_told_apart_from_digits(text: str, expected: tuple[str, str] | None) -> None:
    assert scientific(text) == expected


def glyphs_of(kind: str, text: str) -> list[int]:
    return [number for number, _, _, _ in leaf(kind, text, 0).glyphs]


def numbers_of(text: str) -> list[int]:
    return [glyph.number for glyph in map(math_font().glyph, text) if glyph is not None]


@pytest.mark.parametrize(
    ("kind", "text", "signs"),
    [
        ("number", "1e-05", "10−5"),
        ("number", "1.5e+20", "1.5·1020"),
        ("number", "-3", "−3"),
        ("number", "inf", "∞"),
        ("name", "x", "𝑥"),
        ("name", "h", "ℎ"),
        ("name", "theta_1", "𝜃1"),
        ("name", "x_i", "𝑥𝑖"),
        ("name", "loss", "loss"),
        ("operator", "*", "·"),
        ("operator", "<=", "≤"),
        ("word", "sin", "sin"),
    ],
)
def test_leaves_are_set_in_the_signs_of_print(kind: str, text: str, signs: str) -> None:
    assert glyphs_of(kind, text) == numbers_of(signs)


def test_signs_that_the_font_lacks_are_drawn_by_the_systems_fonts() -> None:
    found = leaf("name", "变", 0)
    assert found.glyphs == ()
    assert len(found.paths) == 1
    assert found.width > 0


def test_a_number_with_a_power_of_ten_is_bracketed_under_an_exponent() -> None:
    def width(text: str) -> float:
        builder = NotationBuilder()
        builder.add("power", "", (builder.add("number", text), builder.add("number", "2")))
        return lay_out(builder.finish(), SIZE).width - lay_out(Notation((Piece("number", text),)), SIZE).width

    assert width("1e-05") > width("15") + 0.5 * SIZE


def test_a_minus_that_follows_nothing_has_no_space_behind_it() -> None:
    def gap(*signs: str) -> float:
        builder = NotationBuilder()
        parts = [builder.add("operator" if sign in "−=" else "name", sign) for sign in signs]
        builder.add("row", "", tuple(parts))
        boxes = lay_out(builder.finish(), SIZE).boxes
        return boxes[-1].x - boxes[-2].x - boxes[-2].width

    assert gap("−", "x") == pytest.approx(0)
    assert gap("y", "=", "−", "x") == pytest.approx(0)
    assert gap("y", "−", "x") > 0.1


def test_the_formula_is_painted_in_the_ink_that_is_asked_for() -> None:
    laid = lay_out(sample("fraction"), SIZE)
    image = QImage(60, 60, QImage.Format.Format_RGB32)
    image.fill(QColor("black"))
    with QPainter(image) as painter:
        laid.paint(painter, QColor(0, 255, 0))
    colours = {image.pixelColor(x, y).name() for x in range(60) for y in range(60)}
    assert "#00ff00" in colours
    assert all(colour.startswith("#00") and colour.endswith("00") for colour in colours)


def test_other_engines_than_pixels_get_outlines_and_need_no_font() -> None:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    with QPainter(generator) as painter:
        lay_out(sample("root"), SIZE).paint(painter, QColor("black"))
    text = bytes(buffer.data().data()).decode()
    assert "<path" in text
    assert "<text" not in text


def test_the_outline_fills_what_the_glyphs_fill() -> None:
    laid = lay_out(sample("row"), SIZE)
    outline = laid.outline().boundingRect().translated(6, 6 + laid.ascent)
    around = ink(drawn(laid))
    assert abs(outline.left() - around.left()) < 2
    assert abs(outline.bottom() - around.bottom()) < 2


def test_a_large_derivative_does_not_freeze_the_window() -> None:
    builder = NotationBuilder()
    terms = []
    for i in range(150):
        x = builder.add("name", f"x{i}")
        sine = builder.add("row", "", (builder.add("word", "sin"), builder.add("bracket", "()", (x,))))
        power = builder.add("power", "", (sine, builder.add("number", "2")))
        product = builder.add("row", "", (builder.add("number", str(i)), builder.add("operator", "·"), power))
        terms.append(builder.add("fraction", "", (product, builder.add("root", "", (x,)))))
    sum_of(builder, terms)
    notation = builder.finish()
    assert len(notation.pieces) >= 1800
    laid = lay_out(notation, SIZE, 700)
    assert laid.width <= 700
    QApplication.processEvents()
