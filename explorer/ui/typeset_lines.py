"""Breaking a formula that is wider than its place into lines: before operators, outermost ones first.

A row that is too wide is broken before its operators; rows within it that are themselves too wide are spliced into it,
so that their terms go on in the same lines. What is left too wide (a fraction, a bracket) is broken within itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from explorer.ui.typeset_boxes import (
    COLUMN_GAP,
    FRACTION_SIDE,
    LINE_GAP,
    QUAD,
    STRUT_ASCENT,
    STRUT_DESCENT,
    Box,
    matrix_shape,
    measure,
    roles,
    stack,
)
from explorer.ui.typeset_leaves import COMMA, INNER, PREFIX, PRODUCT, SLASH

INDENT = 1.6  # em, of every line of a row but its first
# A bracket that encloses several lines is up to this wide (the widest size of the font's signs).
TALL_SIGN = 0.66
# A line is broken at a less good place only where the better one would leave it shorter than this part.
FILLED = 0.45
SIGN = 1.1  # em: what an operator before a term takes, with its spaces
# A term that is broken within itself stays behind others in its line where it gets this part of the line.
BREADTH = 0.6


def break_lines(boxes: list[Box], width: float, pause: int) -> Iterator[None]:
    """Measure again, within `width`, what is too wide. `boxes` stand parents first and have their natural shapes.

    Hands back control after every `pause` boxes.
    """
    for count, box in enumerate(reversed(boxes), start=1):
        box.least = _least(box)
        if count % pause == 0:
            yield
    boxes[0].limit = width
    touched = []
    for count, box in enumerate(boxes, start=1):
        if count % pause == 0:
            yield
        if box.limit is not None and not box.spliced and box.children:
            touched.append(box)
            LIMITS.get(box.kind, _limit_first)(box, box.limit)
    for count, box in enumerate(reversed(touched), start=1):
        if count % pause == 0:
            yield
        if box.items is None:
            measure(box)
        else:
            _set_lines(box)


def _least(box: Box) -> float:
    """An estimate of the smallest width that breaking can reach."""
    children = box.children
    if not children:
        return box.width
    scale = box.scale
    most = max(child.least for child in children)
    if box.kind == "row":
        widest = chunk = 0.0
        found, gaps = roles(children)
        for i, child in enumerate(children):
            if i and _breakable(children, found, i):
                chunk = 0.0
            chunk += child.least + gaps[i]
            widest = max(widest, chunk)
        return min(box.width, widest + INDENT * scale)
    if box.kind in ("power", "subscript"):
        return box.width - box.children[0].width + box.children[0].least
    if box.kind == "bracket":
        return min(box.width, most + 2 * TALL_SIGN * scale)
    if box.kind == "cases":
        return min(box.width, sum(max(c.least for c in children[i::2]) for i in (0, 1) if children[i:]) + 2 * scale)
    if box.kind == "matrix":
        _, columns = matrix_shape(box)
        gaps_wide = (columns - 1) * COLUMN_GAP + 2 * TALL_SIGN + 0.3
        return min(
            box.width, sum(max(c.least for c in children[i::columns]) for i in range(columns)) + gaps_wide * scale
        )
    return min(box.width, box.width - max(child.width for child in children) + most)


def _breakable(items: Sequence[Box], found: list[int], i: int) -> bool:
    """Whether a line may end before item i: before an infix operator, after a comma."""
    return (items[i].kind == "operator" and found[i] not in (PREFIX, SLASH)) or items[i - 1].right == COMMA


def _penalty(item: Box, depth: int) -> float:
    """How bad a break before the item is: better between terms than within them, between sums than products."""
    return depth + (0.5 if item.left == PRODUCT else 0.0)


def _level(widths: list[float], leasts: list[float], room: float) -> list[float]:
    """The widths cut down to one common breadth, none below its least, so that they fit the room if they can."""
    low, high = 0.0, max(widths)
    for _ in range(30):  # bisection: 30 halvings of any width on a screen are far below a pixel
        breadth = (low + high) / 2
        if sum(max(least, min(width, breadth)) for width, least in zip(widths, leasts, strict=True)) > room:
            high = breadth
        else:
            low = breadth
    return [max(least, min(width, low)) for width, least in zip(widths, leasts, strict=True)]


def _share(children: Sequence[Box], overflow: float) -> None:
    """Ask the children to give up `overflow` of their width, the widest first."""
    if children:
        widths = [child.width for child in children]
        for child, width in zip(
            children, _level(widths, [child.least for child in children], sum(widths) - overflow), strict=True
        ):
            if width < child.width:
                child.limit = width


def _limit_row(box: Box, limit: float) -> None:
    """Splice rows that are too wide, then ask single items for width where no operator helps."""
    indent = INDENT * box.scale
    room = limit - indent - SIGN * box.scale
    items: list[tuple[Box, int]] = []
    waiting = [(child, 0) for child in reversed(box.children)]
    while waiting:
        item, depth = waiting.pop()
        if item.kind == "row" and item.children and item.width > room:
            item.spliced = True
            item.placed = ()
            waiting.extend((child, depth + 1) for child in reversed(item.children))
        else:
            items.append((item, depth))
    box.items = items
    flat = [item for item, _ in items]
    found, gaps = roles(flat)
    start = 0
    x = 0.0
    for i in range(1, len(flat) + 1):
        if i < len(flat) and not _breakable(flat, found, i):
            continue
        chunk = flat[start:i]
        width = sum(item.width for item in chunk) + sum(gaps[start + 1 : i])
        left = limit - x - (gaps[start] if x else 0.0)
        whole = limit - (indent if start else 0.0)
        if width <= left:
            x = limit - left + width
        elif width <= whole:
            x = indent + width
        else:
            # it may follow in the same line and be broken within itself, if it then still has some breadth
            overflow = width - (left if left >= BREADTH * limit else whole)
            _share([item for item in chunk if item.children], overflow)
            x = limit
        start = i


def _limit_first(box: Box, limit: float) -> None:
    """Power, subscript, root, bracket: the first child gives up what is too much. Signs that grow with the lines
    inside need a little more."""
    child = box.children[0]
    around = box.width - child.width
    if box.kind == "bracket":
        around = 2 * TALL_SIGN * box.scale
    elif box.kind == "root":
        around = max(around, 1.3 * box.scale)  # the radical's widest form and the bar's overhang
    if child.width > limit - around:
        child.limit = max(limit - around, child.least)
    if box.kind == "power" and limit - around < child.least:
        _share(box.children, box.width - limit)


def _limit_each(box: Box, limit: float) -> None:
    """Fraction, lines: every child keeps within the width, less the fraction's sides."""
    around = 0.0 if box.kind == "lines" else (2 * FRACTION_SIDE + 0.1) * box.scale
    for child in box.children:
        if child.width > limit - around:
            child.limit = limit - around


def _limit_cases(box: Box, limit: float) -> None:
    """Values give way first; conditions keep their width up to two fifths."""
    values, conditions = box.children[0::2], box.children[1::2]
    room = limit - (QUAD + TALL_SIGN + 0.2) * box.scale
    right = max([0.0, *(child.width for child in conditions)])
    right = max(min(right, 0.4 * room), *(child.least for child in conditions)) if conditions else 0.0
    for child in values:
        if child.width > room - right:
            child.limit = room - right
    for child in conditions:
        if child.width > right:
            child.limit = right


def _limit_matrix(box: Box, limit: float) -> None:
    """The widest columns give up width."""
    _, columns = matrix_shape(box)
    cells = [box.children[i::columns] for i in range(columns)]
    widths = [max(child.width for child in cell) for cell in cells]
    leasts = [max(_unbroken(child) for child in cell) for cell in cells]
    room = limit - ((columns - 1) * COLUMN_GAP + 2 * TALL_SIGN + 0.3) * box.scale
    for cell, width in zip(cells, _level(widths, leasts, room), strict=True):
        for child in cell:
            if child.width > width:
                child.limit = width


def _unbroken(cell: Box) -> float:
    """The width of a cell whose sums alone are broken: fractions and brackets in splinters are not read, a wide matrix
    is scrolled."""
    if cell.kind != "row":
        return cell.width
    found, gaps = roles(cell.children)
    widest = chunk = 0.0
    for i, child in enumerate(cell.children):
        chunk = chunk + gaps[i] + child.width if i and not _breakable(cell.children, found, i) else child.width
        widest = max(widest, chunk)
    return min(cell.width, widest + (INDENT + SIGN) * cell.scale)


LIMITS = {
    "row": _limit_row,
    "fraction": _limit_each,
    "lines": _limit_each,
    "cases": _limit_cases,
    "matrix": _limit_matrix,
}


def _line_starts(box: Box, flat: list[Box], found: list[int], gaps: list[float]) -> list[int]:
    """The first item of each line: greedily full lines, ended at the best break in their later half."""
    assert box.items is not None
    assert box.limit is not None
    indent = INDENT * box.scale
    starts = [0]
    i, x = 0, 0.0
    candidates: list[tuple[float, int, float]] = []
    while i < len(flat):
        start = starts[-1]
        room = box.limit - (indent if start else 0.0)
        gap = gaps[i] if i > start else 0.0
        if i > start and _breakable(flat, found, i):
            candidates.append((_penalty(flat[i], box.items[i][1]), i, x))
        if x + gap + flat[i].width > room + 1e-9 and candidates:
            full = [c for c in candidates if c[2] >= FILLED * room] or candidates[-1:]
            best = min(penalty for penalty, _, _ in full)
            i = max(at for penalty, at, _ in full if penalty == best)
            starts.append(i)
            x = 0.0
            candidates = []
            continue
        x += gap + flat[i].width
        i += 1
    return starts


def _set_lines(box: Box) -> None:
    """Give a broken row its shape: lines one below the other, all but the first indented."""
    assert box.items is not None
    flat = [item for item, _ in box.items]
    found, gaps = roles(flat)
    starts = _line_starts(box, flat, found, gaps)
    scale = box.scale
    lines = []
    widest = 0.0
    for start, end in zip(starts, [*starts[1:], len(flat)], strict=True):
        x = INDENT * scale if start else 0.0
        line = []
        for i in range(start, end):
            if i > start:
                x += gaps[i]
            line.append((flat[i], x))
            x += flat[i].width
        widest = max(widest, x)
        lines.append(line)
    rows = [
        (
            max([STRUT_ASCENT * scale, *(item.ascent for item, _ in line)]),
            max([STRUT_DESCENT * scale, *(item.descent for item, _ in line)]),
        )
        for line in lines
    ]
    if len(rows) == 1:
        box.ascent, box.descent = max(i.ascent for i in flat), max(i.descent for i in flat)
        baselines = [0.0]
    else:
        baselines = stack(box, rows, LINE_GAP * scale)
        box.left = box.right = INNER
    box.placed = [(item, x, y) for line, y in zip(lines, baselines, strict=True) for item, x in line]
    box.width = widest
