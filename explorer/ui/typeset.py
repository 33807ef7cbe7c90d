"""A Notation laid out as boxes and drawn with a painter, in STIX Two Math.

The way: pieces are unfolded into boxes, parents first; shapes are measured from the children up; where the whole is
too wide, lines are broken (typeset_lines) and the broken boxes are measured again; places are handed down from the
whole to its parts. All four are loops over a list, so that no depth of nesting overflows.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from typing import cast

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QGlyphRun, QPaintEngine, QPainter, QPainterPath, QTransform

from explorer.language.notation import Notation, Piece
from explorer.ui.math_font import SCALES, UNITS, math_font
from explorer.ui.typeset_boxes import Box, measure
from explorer.ui.typeset_lines import break_lines

# Some seconds of layout, in parts; a formula of that many signs is looked at, not read. What is deeper is drawn as "…".
MOST_BOXES = 60_000
PAUSE = 250  # boxes between two pauses of a layout in parts: some 2 ms
LEFT_OUT = Piece("symbol", "…")

# How many fractions may stand in each other at full size; those inside are set as small as an index.
FULL_SIZE_FRACTIONS = 2

_CHILDREN = {"fraction": (2, 2), "power": (2, 2), "subscript": (2, 2), "root": (1, 2), "bracket": (1, 1)}
_PARENTS = frozenset(("row", "cases", "matrix", "lines", *_CHILDREN))

# Glyphs are handed to Qt in bands of this many em of height, so that scrolling paints what is seen only.
_BAND = 24.0

# Engines that draw glyphs from the font; others (SVG, PDF, recording) get outlines and need no font to show them.
_GLYPH_ENGINES = (QPaintEngine.Type.Raster, QPaintEngine.Type.OpenGL, QPaintEngine.Type.OpenGL2)

# Qt 6.11 draws glyphs of 64 device pixels and more as outlines, and those of a QRawFont not at all.
MOST_GLYPH_PIXELS = 60


class Layout:
    """A formula laid out: x from 0 to `width`, y from 0 to `height` pixels downwards, its baseline at y = `ascent`.

    `complete` is False where parts were left out, by the maker of the notation or here for their number. `broken` says
    whether it was too wide for its `room` (pixels, None for any). `boxes` have the whole first; their lengths are in em
    of `size`, their places relative to the left end of the baseline.
    """

    def __init__(self, notation: Notation, boxes: list[Box], size: float, room: float | None, complete: bool) -> None:
        whole = boxes[0]
        self.notation = notation
        self.boxes = boxes
        self.size = size
        self.complete = complete
        self.room = room
        self.broken = whole.limit is not None
        self.width = whole.width * size
        self.ascent = whole.ascent * size
        self.height = (whole.ascent + whole.descent) * size
        self._runs: list[tuple[float, float, QGlyphRun]] = []  # top, bottom in pixels from the baseline
        self._bars: list[QRectF] = []
        self._radicals: list[tuple[QPainterPath, float, float, QRectF]] = []
        self._paths: list[tuple[QPainterPath, float, float]] = []

    def collect(self) -> Iterator[None]:
        """Gather what is drawn: glyphs of one size and band in one run, since each call of Qt has its price."""
        size = self.size
        bands: dict[tuple[int, int], tuple[list[int], list[QPointF]]] = {}
        for count, box in enumerate(self.boxes, start=1):
            if count % PAUSE == 0:
                yield
            left, y = box.x, box.y
            for number, dx, dy, level in box.glyphs:
                key = (int((y + dy) // _BAND), level)
                if key not in bands:
                    bands[key] = ([], [])
                numbers, places = bands[key]
                numbers.append(number)
                places.append(QPointF((left + dx) * size, (y + dy) * size))
            scale = size * box.scale
            for path, dx, dy in box.paths:
                factor = size if box.kind not in _PARENTS else scale  # leaves bring their script size with them
                drawn = QTransform.fromScale(factor, factor).map(path)
                place = (left + dx) * size, (y + dy) * size
                if box.kind == "root":
                    bar_x, bar_y, width, height, _ = box.bars[0]
                    bar = QRectF((left + bar_x) * size, (y + bar_y) * size, width * size, height * size)
                    self._radicals.append((drawn, *place, bar))
                else:
                    self._paths.append((drawn, *place))
            for bar_x, bar_y, width, height, radical in box.bars:
                if not radical:
                    self._bars.append(QRectF((left + bar_x) * size, (y + bar_y) * size, width * size, height * size))
        font = math_font()
        for count, ((band, level), (numbers, places)) in enumerate(bands.items(), start=1):
            if count % 20 == 0:
                yield
            run = QGlyphRun()
            run.setRawFont(font.sized(size * SCALES[level]))
            run.setGlyphIndexes(numbers)
            run.setPositions(places)
            # Glyphs reach at most 2.2 em above their baseline (the tallest brackets), and less below.
            self._runs.append(((band * _BAND - 3) * size, ((band + 1) * _BAND + 3) * size, run))

    def paint(self, painter: QPainter, ink: QColor, exposed: QRectF | None = None) -> None:
        """Draw in one colour with the painter's origin at the layout's upper left corner.

        `exposed` is what can be seen, in the same coordinates; None for all.
        """
        engine = painter.paintEngine()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(0, self.ascent)
        if engine is None or engine.type() not in _GLYPH_ENGINES:
            painter.fillPath(self.outline(), ink)
            painter.restore()
            return
        top, bottom = (-1e9, 1e9)
        if exposed is not None:
            top, bottom = exposed.top() - self.ascent, exposed.bottom() - self.ascent
        painter.setPen(ink)
        device = painter.deviceTransform()
        factor, shift = device.m22() or 1.0, device.dy()
        for run_top, run_bottom, run in self._runs:
            if run_top < bottom and run_bottom > top:
                if run.rawFont().pixelSize() * factor < MOST_GLYPH_PIXELS:
                    painter.drawGlyphRun(QPointF(0, 0), run)
                else:
                    painter.fillPath(_run_outline(run), ink)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        for path, x, y in self._paths:
            reach = path.boundingRect()
            if y + reach.top() < bottom and y + reach.bottom() > top:
                painter.translate(x, y)
                painter.drawPath(path)
                painter.translate(-x, -y)
        # Bars start on a device pixel and fill whole ones: a blurred bar beside sharp letters looks dirty.
        for path, x, y, bar in self._radicals:
            snapped = (round(bar.top() * factor + shift) - shift) / factor - bar.top()
            painter.translate(x, y + snapped)
            painter.drawPath(path)
            painter.translate(-x, -y - snapped)
            painter.drawRect(bar.translated(0, snapped))
        for bar in self._bars:
            if bar.top() < bottom and bar.bottom() > top:
                height = max(1, round(bar.height() * factor)) / factor
                y = (round((bar.center().y() - height / 2) * factor + shift) - shift) / factor
                painter.drawRect(QRectF(bar.left(), y, bar.width(), height))
        painter.restore()

    def outline(self) -> QPainterPath:
        """The whole formula as one path, the origin at the left end of the baseline: for SVG and PDF."""
        whole = QPainterPath()
        whole.setFillRule(Qt.FillRule.WindingFill)
        for _, _, run in self._runs:
            whole.addPath(_run_outline(run))
        for path, x, y in self._paths:
            whole.addPath(path.translated(x, y))
        for path, x, y, bar in self._radicals:
            whole.addPath(path.translated(x, y))
            whole.addRect(bar)
        for bar in self._bars:
            whole.addRect(bar)
        return whole

    def rect(self, box: Box) -> QRectF:
        """A box's place in pixels from the layout's upper left corner."""
        size = self.size
        return QRectF(
            box.x * size,
            (box.y - box.ascent) * size + self.ascent,
            box.width * size,
            (box.ascent + box.descent) * size,
        )

    def rects(self, *indices: int) -> list[QRectF]:
        """Where pieces stand: one rectangle for each of their places, and for each line that they are broken over."""
        wanted = set(indices)
        found: list[QRectF] = []
        for box in self.boxes:
            if box.index in wanted:
                found.extend(self._line_rects(box))
        return found

    def _line_rects(self, box: Box) -> list[QRectF]:
        if not box.spliced and (box.items is None or len({y for _, _, y in box.placed}) < 2):
            return [self.rect(box)]
        lines: dict[float, QRectF] = {}
        waiting = list(box.children)
        while waiting:
            child = waiting.pop()
            if child.spliced:
                waiting.extend(child.children)
            else:
                lines[child.y] = lines.get(child.y, QRectF()).united(self.rect(child))
        return [lines[y] for y in sorted(lines)]

    def pieces_at(self, x: float, y: float) -> list[int]:
        """The pieces at a point in pixels, the whole first and the innermost last."""
        em_x, em_y = x / self.size, (y - self.ascent) / self.size
        found: list[int] = []
        hit: set[Box] = set()
        for box in reversed(self.boxes):  # children first: a spliced row is where its terms are
            if box.spliced:
                inside = any(child in hit for child in box.children)
            else:
                inside = box.x <= em_x <= box.x + box.width and -box.ascent <= em_y - box.y <= box.descent
            if inside:
                hit.add(box)
                found.append(box.index)
        return found[::-1]

    def piece_at(self, x: float, y: float) -> int | None:
        """The innermost piece at a point in pixels, None beside the formula."""
        found = self.pieces_at(x, y)
        return found[-1] if found else None


def _run_outline(run: QGlyphRun) -> QPainterPath:
    font = math_font()
    factor = run.rawFont().pixelSize() / UNITS
    whole = QPainterPath()
    whole.setFillRule(Qt.FillRule.WindingFill)
    for number, place in zip(run.glyphIndexes(), run.positions(), strict=True):
        whole.addPath(QTransform(factor, 0, 0, factor, place.x(), place.y()).map(font.outline(number)))
    return whole


def lay_out(notation: Notation, size_px: float, width_px: float | None = None) -> Layout:
    """The notation in letters of `size_px` pixels an em, its lines broken to `width_px` where that can be done."""
    work = laying_out(notation, size_px, width_px)
    while True:
        try:
            next(work)
        except StopIteration as end:
            return cast(Layout, end.value)


def laying_out(notation: Notation, size_px: float, width_px: float | None = None) -> Generator[None, None, Layout]:
    """The same in parts of a few milliseconds: a generator that returns the layout, for a window that stays alive."""
    boxes, complete = yield from _unfold(notation)
    for count, box in enumerate(reversed(boxes), start=1):
        measure(box)
        if count % PAUSE == 0:
            yield
    if width_px is not None and boxes[0].width * size_px > width_px:
        yield from break_lines(boxes, width_px / size_px, PAUSE)
    yield from _place(boxes)
    layout = Layout(notation, boxes, size_px, width_px, complete and notation.complete)
    yield from layout.collect()
    return layout


def _unfold(notation: Notation) -> Generator[None, None, tuple[list[Box], bool]]:
    """A box for every place where a piece is drawn, breadth first: what is left out for number is the deepest."""
    pieces = notation.pieces
    boxes = [Box(len(pieces) - 1, pieces[-1], 0, 0)]
    complete = True
    for count, box in enumerate(boxes, start=1):  # grows while it is read
        if count % PAUSE == 0:
            yield
        if box.kind not in _PARENTS:
            continue
        children = pieces[box.index].children
        least, most = _CHILDREN.get(box.kind, (1, len(children)))
        if not least <= len(children) <= most:
            box.kind = "row"
        kind = box.kind
        if len(boxes) + len(children) > MOST_BOXES:
            box.kind, box.text = LEFT_OUT.kind, LEFT_OUT.text
            complete = False
            continue
        level, fractions = box.level, box.fractions
        if kind == "fraction":
            fractions += 1
            if fractions > FULL_SIZE_FRACTIONS:
                level = max(level, 1)
        own = []
        for position, child in enumerate(children):
            inner = level
            if position == 1 and kind in ("power", "subscript"):
                inner = min(level + 1, 2)
            elif position == 1 and kind == "root":
                inner = 2
            own.append(Box(child, pieces[child], inner, fractions))
        box.children = own
        boxes.extend(own)
    return boxes, complete


def _place(boxes: list[Box]) -> Iterator[None]:
    """Hand places down, and give spliced rows the rectangle around their parts."""
    spliced = []
    for count, box in enumerate(boxes, start=1):
        if count % PAUSE == 0:
            yield
        x, y = box.x, box.y
        for child, dx, dy in box.placed:
            child.x = x + dx
            child.y = y + dy
        if box.spliced:
            spliced.append(box)
    for box in reversed(spliced):
        _surround(box, box.children)


def _surround(box: Box, parts: Iterable[Box]) -> None:
    parts = list(parts)
    box.x = min(part.x for part in parts)
    box.y = parts[0].y
    box.width = max(part.x + part.width for part in parts) - box.x
    box.ascent = box.y - min(part.y - part.ascent for part in parts)
    box.descent = max(part.y + part.descent for part in parts) - box.y
