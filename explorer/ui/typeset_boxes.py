"""The boxes of a formula and the rules that place their parts, kind by kind, after The TeXbook's Appendix G.

A box's own origin is its left end on the baseline; lengths are in em of the formula's main size; y grows downwards.
The numbers are those of the font where it has them (math_font), TeX's else, and ours where the comment says so.
The file is long because the kinds are many: one short rule each, and they share these numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QPainterPath, QTransform

from explorer.language.notation import Piece
from explorer.ui.math_font import (
    AXIS_HEIGHT,
    FRACTION_GAP,
    FRACTION_GAP_DISPLAY,
    FRACTION_SHIFT,
    FRACTION_SHIFT_DISPLAY,
    RADICAL_EXTRA_ASCENDER,
    RADICAL_GAP,
    RADICAL_GAP_DISPLAY,
    RADICAL_KERN_AFTER_DEGREE,
    RADICAL_KERN_BEFORE_DEGREE,
    RULE_THICKNESS,
    SCALES,
    SPACE_AFTER_SCRIPT,
    SUB_SUPERSCRIPT_GAP_MIN,
    SUBSCRIPT_BASELINE_DROP_MIN,
    SUBSCRIPT_SHIFT_DOWN,
    SUBSCRIPT_TOP_MAX,
    SUPERSCRIPT_BOTTOM_MIN,
    SUPERSCRIPT_SHIFT_UP,
    Stretched,
    math_font,
)
from explorer.ui.typeset_leaves import (
    BRACKET,
    COMMA,
    FUNCTION,
    INNER,
    LONG,
    NOTHING,
    ORDINARY,
    PREFIX,
    PRODUCT,
    RELATION,
    ROOT,
    SLASH,
    SUM,
    WORD,
    leaf,
    scientific,
)

THIN = 3 / 18
MEDIUM = 4 / 18
THICK = 5 / 18
QUAD = 1.0
# Ours: products stand closer than TeX's medium space, so that a sum of products reads as one at a glance.
PRODUCT_SPACE = 2.6 / 18
# Ours: TeX drops the spaces in scripts altogether; a little of them keeps x + 1 in an exponent legible.
SCRIPT_SPACE = 0.45
FRACTION_SIDE = 0.12  # \nulldelimiterspace, 1.2 pt of 10
BAR_OVERHANG = 0.04  # ours: the bar is a hair longer than what stands above and below
BRACKET_GROWTH = 0.92  # a sign covers this part of what it encloses (\delimiterfactor is 0.901) …
BRACKET_SHORTFALL = 0.35  # … or all but this (\delimitershortfall is 0.5)
# Ours: around what is no higher and no deeper than this (an exponent, an index) the plain bracket still looks right.
PLAIN_BRACKET_ASCENT = 0.98
PLAIN_BRACKET_DESCENT = 0.36
# Ours: TeX centres every bracket on the axis; around what hangs down or stands up further than this it would be mostly
# empty, and is centred on what it encloses.
LOPSIDED = 1.2
STRUT_ASCENT, STRUT_DESCENT = 0.70, 0.25  # the least line in matrices and cases: \strutbox
SUPERSCRIPT_DROP = 0.386  # sup1 of Computer Modern; with the font's own 0.23 exponents float above tall brackets
RADICAL_STRETCH = 1.06  # ours: the font's sizes of √ are far apart; drawn out by so much one looks as it did
DEGREE_RAISE = 0.63  # ours: at the font's own 0.55 the 3 of a cube root touches the hook of the smallest sign
LINE_GAP = 0.5  # ours: white between the lines of a broken formula
ROW_GAP = 0.28  # and between the rows of cases
MATRIX_ROW_GAP = 0.4  # and of matrices, whose rows are read by columns too …
TALL_ROW_GAP = 0.8  # … and more where a row holds fractions: what stands above a numerator must not join it
COLUMN_GAP = 1.0  # \arraycolsep on both sides
OPERATORS = frozenset((SUM, PRODUCT, RELATION, SLASH, PREFIX))


class Box:
    """One place where a piece is drawn: a shared piece has a box at each of its places.

    `limit` is the width it was asked to keep, None where its own is good; `least` the smallest that breaking can
    reach. A `spliced` row was taken apart: its children stand in the lines of the row around it. `items` are what a
    row's lines are made of, spliced rows replaced by their children. `placed` are (box, x, y) in this box.
    """

    __slots__ = (
        "ascent",
        "bars",
        "children",
        "descent",
        "fractions",
        "glyphs",
        "index",
        "index_top",
        "italic",
        "items",
        "kind",
        "least",
        "left",
        "level",
        "limit",
        "nucleus",
        "paths",
        "placed",
        "right",
        "scale",
        "spliced",
        "text",
        "width",
        "x",
        "y",
    )

    def __init__(self, index: int, piece: Piece, level: int, fractions: int) -> None:
        self.index = index
        self.kind = piece.kind
        self.text = piece.text
        self.level = level
        self.scale = SCALES[level]
        self.fractions = fractions  # how many fractions stand around it: from the third on they are set smaller
        self.children: Sequence[
            Box
        ] = ()  # not a list each: most boxes are leaves, and half of the time was their lists
        self.width = self.ascent = self.descent = self.x = self.y = self.italic = 0.0
        self.nucleus: float | None = None
        self.index_top: float | None = None
        self.left = self.right = ORDINARY
        self.limit: float | None = None
        self.least = 0.0
        self.spliced = False
        self.items: list[tuple[Box, int]] | None = None
        self.placed: Sequence[tuple[Box, float, float]] = ()
        self.glyphs: tuple[tuple[int, float, float, int], ...] = ()
        self.paths: tuple[tuple[QPainterPath, float, float], ...] = ()
        self.bars: Sequence[tuple[float, float, float, float, bool]] = ()  # x, y, width, height, is it a radical's

    def shape(self, width: float, ascent: float, descent: float) -> None:
        """Set the three lengths."""
        self.width = width
        self.ascent = ascent
        self.descent = descent


def _spaces() -> list[list[float]]:
    """SPACE[left][right] in em of the text: between two neighbours of a row, by their roles."""
    table = [[0.0] * NOTHING for _ in range(NOTHING)]
    for left in range(NOTHING):
        for right in range(NOTHING):
            table[left][right] = _space(left, right)
    return table


def _space(left: int, right: int) -> float:
    pair = (left, right)
    if right == COMMA:
        return 0.0
    if WORD in pair:
        return 0.33  # a space between words
    if left == COMMA:
        return THICK
    if RELATION in pair:
        return THICK
    if SUM in pair:
        return MEDIUM
    if PRODUCT in pair:
        return PRODUCT_SPACE
    if left == PREFIX and right == INNER:
        return 0.1  # a minus and a fraction's bar are two strokes
    if SLASH in pair or left == PREFIX:
        return 0.0
    if left == FUNCTION:
        return 0.0 if right == BRACKET else THIN
    if right == FUNCTION or LONG in pair:
        return THIN
    if INNER in pair:
        return 0.06  # fractions bring a space of their own
    if ROOT in pair:
        return 0.08
    if pair == (ORDINARY, ORDINARY):
        return 0.05  # ours: 2x and xy
    return 0.0


SPACE = _spaces()


def roles(items: Sequence[Box]) -> tuple[list[int], list[float]]:
    """Each item's role on its left side as its place makes it (a minus that follows nothing is a sign, not a
    difference), and the space before each in em of the formula."""
    found: list[int] = []
    gaps: list[float] = []
    previous = NOTHING
    for item in items:
        left, right = item.left, item.right
        if left == SUM and (previous == NOTHING or previous in OPERATORS or previous in (COMMA, WORD)):
            left = PREFIX
            if item.kind == "operator":
                right = PREFIX
        gap = 0.0
        if previous != NOTHING:
            gap = SPACE[previous][left] * item.scale
            if item.level:
                gap *= SCRIPT_SPACE
        found.append(left)
        gaps.append(gap)
        previous = right
    return found, gaps


def measure(box: Box) -> None:
    """Give a box its shape from its children's, which have theirs."""
    MEASURES.get(box.kind, _leaf)(box)


def _leaf(box: Box) -> None:
    found = leaf(box.kind, box.text, box.level)
    box.width = box.least = found.width
    box.ascent = found.ascent
    box.descent = found.descent
    box.glyphs = found.glyphs
    box.paths = found.paths
    box.italic = found.italic
    box.nucleus = found.nucleus
    box.index_top = found.index_top
    box.left = box.right = found.role


def _row(box: Box) -> None:
    x = ascent = descent = 0.0
    placed = []
    found, gaps = roles(box.children)
    for child, gap in zip(box.children, gaps, strict=True):
        x += gap
        placed.append((child, x, 0.0))
        x += child.width
        if child.ascent > ascent:
            ascent = child.ascent
        if child.descent > descent:
            descent = child.descent
    box.placed = placed
    box.shape(x, ascent, descent)
    if placed:
        box.left = found[0]
        last = box.children[-1]
        box.right = PREFIX if last.kind == "operator" and found[-1] == PREFIX else last.right


def stack(box: Box, rows: list[tuple[float, float]], gap: float) -> list[float]:
    """The baselines of (ascent, descent) rows one below the other, the whole centred on the axis as a matrix is;
    sets the box's ascent and descent."""
    total = sum(ascent + descent for ascent, descent in rows) + gap * (len(rows) - 1)
    y = -AXIS_HEIGHT * box.scale - total / 2
    box.ascent = -y
    box.descent = y + total
    baselines = []
    for ascent, descent in rows:
        y += ascent
        baselines.append(y)
        y += descent + gap
    return baselines


def _lines(box: Box) -> None:
    rows = [(child.ascent, child.descent) for child in box.children]
    box.left = box.right = INNER
    baselines = stack(box, rows, LINE_GAP * box.scale)
    box.placed = [(child, 0.0, y) for child, y in zip(box.children, baselines, strict=True)]
    box.width = max(child.width for child in box.children)


def _fraction(box: Box) -> None:
    numerator, denominator = box.children
    scale = box.scale
    shift, gap = (FRACTION_SHIFT_DISPLAY, FRACTION_GAP_DISPLAY) if box.level == 0 else (FRACTION_SHIFT, FRACTION_GAP)
    axis = AXIS_HEIGHT * scale
    half = RULE_THICKNESS * scale / 2
    up = max(shift * scale, axis + half + gap * scale + numerator.descent)
    down = max(shift * scale, half + gap * scale + denominator.ascent - axis)
    inner = max(numerator.width, denominator.width) + 2 * BAR_OVERHANG * scale
    side = FRACTION_SIDE * scale
    box.placed = [
        (numerator, side + (inner - numerator.width) / 2, -up),
        (denominator, side + (inner - denominator.width) / 2, down),
    ]
    box.bars = [(side, -axis - half, inner, 2 * half, False)]
    box.left = box.right = INNER
    box.shape(inner + 2 * side, up + numerator.ascent, down + denominator.descent)


def _power(box: Box) -> None:
    base, exponent = box.children
    scale, below = box.scale, exponent.scale
    x, shift_base = 0.0, 0.0
    box.glyphs = ()
    signs = None
    if base.kind == "number" and (scientific(base.text) or base.text.startswith("-")):
        # 1.5·10⁻⁵ squared is not 1.5·10⁻⁵²
        signs = math_font().stretched("(", 0.0), math_font().stretched(")", 0.0)
        shift_base = signs[0].advance * scale
        _put_sign(box, signs[0], 0.0, 0.0)
        _put_sign(box, signs[1], shift_base + base.width, 0.0)
    up = max(SUPERSCRIPT_SHIFT_UP * scale, exponent.descent + SUPERSCRIPT_BOTTOM_MIN * scale)
    x = base.width
    if signs:
        x += 2 * shift_base
    elif base.children and not (base.right == BRACKET and base.ascent <= PLAIN_BRACKET_ASCENT * scale):
        # an exponent to a plain bracket stands as high as one to a letter, whatever the bracket encloses
        up = max(up, base.ascent - SUPERSCRIPT_DROP * below)
    if base.nucleus is not None and base.index_top is not None and not signs:
        x = base.nucleus
        up = max(up, exponent.descent + SUB_SUPERSCRIPT_GAP_MIN * scale - base.index_top)
    box.placed = [(base, shift_base, 0.0), (exponent, x, -up)]
    box.left = BRACKET if signs else base.left
    box.right = FUNCTION if base.right == FUNCTION else ORDINARY
    width = max(base.width, x + exponent.width + SPACE_AFTER_SCRIPT * scale)
    ascent = max(base.ascent, up + exponent.ascent)
    descent = max(base.descent, exponent.descent - up)
    if signs:
        descent = max(descent, signs[0].bottom * scale)
    box.shape(width, ascent, descent)


def _subscript(box: Box) -> None:
    base, index = box.children
    scale = box.scale
    down = max(SUBSCRIPT_SHIFT_DOWN * scale, index.ascent - SUBSCRIPT_TOP_MAX * scale)
    if base.children:
        down = max(down, base.descent + SUBSCRIPT_BASELINE_DROP_MIN * index.scale)
    x = base.width - base.italic
    box.placed = [(base, 0.0, 0.0), (index, x, down)]
    box.nucleus = base.width
    box.index_top = down - index.ascent
    box.left = base.left
    box.right = FUNCTION if base.right == FUNCTION else ORDINARY
    box.shape(
        max(base.width, x + index.width + SPACE_AFTER_SCRIPT * scale),
        max(base.ascent, index.ascent - down),
        max(base.descent, down + index.descent),
    )


def _root(box: Box) -> None:
    radicand = box.children[0]
    scale = box.scale
    rule = RULE_THICKNESS * scale
    bare = radicand.ascent + radicand.descent + rule
    gap = (RADICAL_GAP_DISPLAY if box.level == 0 else RADICAL_GAP) * scale
    sign = math_font().stretched("√", (bare + gap) / scale)
    closer = math_font().stretched("√", (bare + RADICAL_GAP * scale) / scale / RADICAL_STRETCH)
    if closer.bottom - closer.top < sign.bottom - sign.top:  # x² + y² needs no sign for a fraction
        sign, gap = closer, RADICAL_GAP * scale
    height = bare + gap
    tall = (sign.bottom - sign.top) * scale
    stretch = max(1.0, height / tall)
    tall *= stretch
    gap += max(0.0, tall - height) / 2  # what the sign is taller than needed is shared out above and below
    top = -(radicand.ascent + gap + rule)
    x, ascent = 0.0, -top + RADICAL_EXTRA_ASCENDER * scale
    placed = []
    if len(box.children) > 1:
        index = box.children[1]
        before = RADICAL_KERN_BEFORE_DEGREE * scale
        x = max(0.0, before + index.width + RADICAL_KERN_AFTER_DEGREE * scale)
        bottom = top + tall * (1 - DEGREE_RAISE)
        # a short index stays at the hook's right end
        placed.append((index, max(0.0, x - index.width - RADICAL_KERN_AFTER_DEGREE * scale), bottom - index.descent))
        ascent = max(ascent, index.ascent + index.descent - bottom)
    inner = x + sign.advance * scale
    box.placed = [(radicand, inner, 0.0), *placed]
    box.glyphs = ()
    path = sign.path if stretch == 1.0 else QTransform.fromScale(1.0, stretch).map(sign.path)
    box.paths = ((path, x, top - sign.top * stretch * scale),)
    box.bars = [(inner, top, radicand.width + 0.06 * scale, rule, True)]
    box.left = box.right = ROOT
    box.shape(inner + radicand.width + 0.06 * scale, ascent, max(radicand.descent, top + tall))


def _put_sign(box: Box, sign: Stretched, x: float, y: float) -> None:
    """Draw a stretched sign with its own baseline at y."""
    if sign.number is not None:
        box.glyphs += ((sign.number, x, y, box.level),)
    else:
        box.paths += ((sign.path, x, y),)


def enclose(box: Box, left: str, right: str, inner: tuple[float, float, float], loose: bool) -> float:
    """Put the signs around (width, ascent, descent), set the box's shape, and return where the inside starts.

    A blank sign is drawn as nothing. `loose` signs need not reach as far as what they enclose.
    """
    scale = box.scale
    width, ascent, descent = inner
    axis = AXIS_HEIGHT * scale
    full, middle = 2 * max(ascent - axis, descent + axis), -axis
    if full - ascent - descent > LOPSIDED * scale:
        full, middle = ascent + descent, (descent - ascent) / 2
    height = max(BRACKET_GROWTH * full, full - BRACKET_SHORTFALL * scale) if loose else full
    is_plain = loose and ascent <= PLAIN_BRACKET_ASCENT * scale and descent <= PLAIN_BRACKET_DESCENT * scale
    if is_plain:
        height = 0.0
    box.glyphs, box.paths = (), ()
    x = start = 0.0
    for character, is_right in ((left, False), (right, True)):
        if is_right:
            start = x
            x += width
        if math_font().glyph(character) is None or character == " ":
            continue
        sign = math_font().stretched(character, height / scale)
        y = 0.0 if is_plain else middle - (sign.top + sign.bottom) / 2 * scale
        _put_sign(box, sign, x, y)
        x += sign.advance * scale
        ascent = max(ascent, -y - sign.top * scale)
        descent = max(descent, y + sign.bottom * scale)
    box.shape(x, ascent, descent)
    box.left, box.right = (BRACKET, BRACKET) if is_plain else (INNER, BRACKET)
    return start


def _bracket(box: Box) -> None:
    child = box.children[0]
    left, right = (box.text[0], box.text[-1]) if box.text else ("(", ")")
    start = enclose(box, left, right, (child.width, child.ascent, child.descent), loose=True)
    box.placed = [(child, start, 0.0)]


def _cases(box: Box) -> None:
    scale = box.scale
    children = box.children
    pairs = [children[i : i + 2] for i in range(0, len(children), 2)]
    rows = [
        (
            max([STRUT_ASCENT * scale, *(child.ascent for child in pair)]),
            max([STRUT_DESCENT * scale, *(child.descent for child in pair)]),
        )
        for pair in pairs
    ]
    baselines = stack(box, rows, ROW_GAP * scale)
    values = max(pair[0].width for pair in pairs)
    second = values + QUAD * scale
    width = max([values, *(second + pair[1].width for pair in pairs if len(pair) > 1)])
    start = enclose(box, "{", " ", (width, box.ascent, box.descent), loose=False) + 0.1 * scale
    box.placed = [
        (child, x, y)
        for pair, y in zip(pairs, baselines, strict=True)
        for child, x in zip(pair, (start, start + second), strict=False)
    ]
    box.width += 0.2 * scale  # as much on the right as behind the brace


def matrix_shape(box: Box) -> tuple[int, int]:
    """(rows, columns) from "2×3"; a single row where the text does not fit the number of children."""
    number = len(box.children)
    parts = box.text.replace("x", "×").split("×")
    if len(parts) == 2 and parts[0].isdecimal() and parts[1].isdecimal():
        rows, columns = int(parts[0]), int(parts[1])
        if rows * columns == number and number > 0:
            return rows, columns
    return 1, number


def _matrix(box: Box) -> None:
    scale = box.scale
    count, columns = matrix_shape(box)
    grid = [box.children[i * columns : (i + 1) * columns] for i in range(count)]
    rows = [
        (
            max([STRUT_ASCENT * scale, *(child.ascent for child in row)]),
            max([STRUT_DESCENT * scale, *(child.descent for child in row)]),
        )
        for row in grid
    ]
    tall = max(ascent + descent for ascent, descent in rows) > 1.5 * (STRUT_ASCENT + STRUT_DESCENT) * scale
    baselines = stack(box, rows, (TALL_ROW_GAP if tall else MATRIX_ROW_GAP) * scale)
    widths = [max(row[column].width for row in grid) for column in range(columns)]
    width = sum(widths) + COLUMN_GAP * scale * (columns - 1)
    pad = 0.12 * scale
    start = enclose(box, "[", "]", (width + 2 * pad, box.ascent, box.descent), loose=False) + pad
    placed = []
    for row, y in zip(grid, baselines, strict=True):
        x = start
        for child, column in zip(row, widths, strict=True):
            placed.append((child, x + (column - child.width) / 2, y))
            x += column + COLUMN_GAP * scale
    box.placed = placed


MEASURES = {
    "row": _row,
    "lines": _lines,
    "fraction": _fraction,
    "power": _power,
    "subscript": _subscript,
    "root": _root,
    "bracket": _bracket,
    "cases": _cases,
    "matrix": _matrix,
}
