"""The font of formulas, STIX Two Math, with the measures that typesetting needs. All lengths are in em.

Qt tells a glyph's outline and advance; italic corrections and the taller forms of brackets and radicals stand in
the font's MATH table, which Qt does not read. Source: OpenType 1.9, "MATH - The Mathematical Typesetting Table".
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QFontDatabase, QPainterPath, QRawFont, QTransform

from explorer.ui.resources import resource

FILE = "fonts/STIXTwoMath-Regular.ttf"

# The outlines are asked for at one pixel a font unit, so that no rounding and no hinting gets in between.
UNITS = 1000.0

# MathConstants of STIX Two Math 2.11, in em. The file is ours, so they cannot change under us (a test reads them back).
AXIS_HEIGHT = 0.258
RULE_THICKNESS = 0.068  # of fraction bars and radicals alike
SUBSCRIPT_SHIFT_DOWN = 0.210
SUBSCRIPT_TOP_MAX = 0.368
SUBSCRIPT_BASELINE_DROP_MIN = 0.160
SUPERSCRIPT_SHIFT_UP = 0.360
SUPERSCRIPT_BOTTOM_MIN = 0.120
SUB_SUPERSCRIPT_GAP_MIN = 0.150
SPACE_AFTER_SCRIPT = 0.040
FRACTION_SHIFT_DISPLAY = 0.640  # up for the numerator, down for the denominator
FRACTION_SHIFT = 0.585
FRACTION_GAP_DISPLAY = 0.150
FRACTION_GAP = 0.068
RADICAL_GAP_DISPLAY = 0.170
RADICAL_GAP = 0.085
RADICAL_EXTRA_ASCENDER = 0.078
RADICAL_KERN_BEFORE_DEGREE = 0.065
RADICAL_KERN_AFTER_DEGREE = -0.335

# Scripts and scripts of scripts, relative to the text (ScriptPercentScaleDown, ScriptScriptPercentScaleDown).
SCALES = (1.0, 0.70, 0.55)


@dataclass(frozen=True, slots=True)
class Glyph:
    """One sign of the font: its number there, its advance, its ink above and below the baseline, and how far an
    italic letter leans out of its advance. `bottom` is positive below the baseline."""

    number: int
    advance: float
    top: float
    bottom: float
    italic: float


@dataclass(frozen=True, slots=True)
class Stretched:
    """A sign made as tall as was asked for: its outline with y down and the origin on its own baseline.

    `number` is the glyph that has this outline, None where it was put together from parts.
    """

    path: QPainterPath
    number: int | None
    advance: float
    top: float  # y of the highest ink, negative above the baseline
    bottom: float  # y of the lowest ink


class MathFont:
    """STIX Two Math as measured from its file. A QGuiApplication must exist."""

    def __init__(self) -> None:
        path = str(resource(FILE))
        # Other widgets may then use the family by its name.
        QFontDatabase.addApplicationFont(path)
        self.raw = QRawFont(path, UNITS, QFont.HintingPreference.PreferNoHinting)
        if not self.raw.isValid():
            raise OSError(f"the font of formulas cannot be read: {path}")
        table = bytes(self.raw.fontTable("MATH").data())
        self._italic = _italic_corrections(table)
        self._variants, self._parts = _vertical_constructions(table)
        self._glyphs: dict[str, Glyph | None] = {}
        self._outlines: dict[int, QPainterPath] = {}
        self._sized: dict[float, QRawFont] = {}
        self._stretched: dict[tuple[str, int], Stretched] = {}

    def glyph(self, character: str) -> Glyph | None:
        """The glyph of one character, None where the font has none."""
        if character in self._glyphs:
            return self._glyphs[character]
        numbers = self.raw.glyphIndexesForString(character)
        found = None
        if len(numbers) == 1 and numbers[0] != 0:
            number = numbers[0]
            ink = self.raw.boundingRect(number)
            found = Glyph(
                number,
                self.raw.advancesForGlyphIndexes([number])[0].x() / UNITS,
                -ink.top() / UNITS,
                ink.bottom() / UNITS,
                self._italic.get(number, 0) / UNITS,
            )
        self._glyphs[character] = found
        return found

    def outline(self, number: int) -> QPainterPath:
        """A glyph's outline in font units, y down, the origin on its baseline."""
        if number not in self._outlines:
            self._outlines[number] = self.raw.pathForGlyph(number)
        return self._outlines[number]

    def sized(self, pixels: float) -> QRawFont:
        """The font at this many pixels an em; every size shares the one file."""
        if pixels not in self._sized:
            if len(self._sized) > 60:  # twenty zoom steps of three script sizes; a wheel must not fill the memory
                self._sized.clear()
            font = QRawFont(self.raw)
            font.setPixelSize(pixels)
            self._sized[pixels] = font
        return self._sized[pixels]

    def stretched(self, character: str, height: float) -> Stretched:
        """The sign at the first of the font's sizes that is at least `height`, put together from parts above those."""
        sign = self.glyph(character)
        if sign is None:
            raise ValueError(f"no such sign in the font: {character!r}")
        units = round(height * UNITS)
        for number, size in self._variants.get(sign.number, ()):
            if size >= units:
                return self._variant(character, number)
        if sign.number not in self._parts:
            return self._variant(character, sign.number)
        key = (character, units)
        if key not in self._stretched:
            if len(self._stretched) > 2000:  # heights are arbitrary above the font's own sizes
                self._stretched.clear()
            self._stretched[key] = self._assembled(sign.number, units)
        return self._stretched[key]

    def _variant(self, character: str, number: int) -> Stretched:
        key = (character, -number)
        if key not in self._stretched:
            path = QTransform.fromScale(1 / UNITS, 1 / UNITS).map(self.raw.pathForGlyph(number))
            ink = path.boundingRect()
            advance = self.raw.advancesForGlyphIndexes([number])[0].x() / UNITS
            self._stretched[key] = Stretched(path, number, advance, ink.top(), ink.bottom())
        return self._stretched[key]

    def _assembled(self, number: int, units: int) -> Stretched:
        """The parts from the bottom up. The repeated part is a plain upright bar in every sign of this font, so one
        rectangle of the right length stands for all its repetitions: a tall sign costs no more than a low one."""
        parts = self._parts[number]
        inks = [self.raw.boundingRect(glyph) for glyph, _ in parts]
        slots = sum(repeated for _, repeated in parts)
        path = QPainterPath()
        path.setFillRule(Qt.FillRule.WindingFill)
        if slots == len(parts):
            # "|" and "‖" are upright bars all through: a bar drawn out in height keeps its breadth
            path = QTransform.fromScale(1.0, units / inks[0].height()).map(self.raw.pathForGlyph(number))
            ink = path.boundingRect()
            small = QTransform.fromScale(1 / UNITS, 1 / UNITS).map(path)
            advance = self.raw.advancesForGlyphIndexes([number])[0].x() / UNITS
            return Stretched(small, None, advance, ink.top() / UNITS, ink.bottom() / UNITS)
        fixed = sum(ink.height() for ink, (_, repeated) in zip(inks, parts, strict=True) if not repeated)
        gap = max(0.0, units - fixed) / slots
        y = 0.0
        overlap = 20.0  # so that no hairline shows where parts meet
        for (glyph, repeated), ink in zip(parts, inks, strict=True):
            if repeated:
                path.addRect(QRectF(ink.left(), y - gap - overlap, ink.width(), gap + 2 * overlap))
                y -= gap
            else:
                outline = self.raw.pathForGlyph(glyph)
                path.addPath(outline.translated(0, y - ink.bottom()))
                y -= ink.height()
        small = QTransform.fromScale(1 / UNITS, 1 / UNITS).map(path)
        advance = max(self.raw.advancesForGlyphIndexes([glyph])[0].x() for glyph, _ in parts) / UNITS
        return Stretched(small, None, advance, y / UNITS, 0.0)


@lru_cache(maxsize=1)
def math_font() -> MathFont:
    """The one MathFont of the process."""
    return MathFont()


def _italic_corrections(table: bytes) -> dict[int, int]:
    """Glyph number to italic correction in font units, from the MathItalicsCorrectionInfo table."""
    (info,) = struct.unpack_from(">H", table, 6)
    (offset,) = struct.unpack_from(">H", table, info)
    start = info + offset
    coverage, count = struct.unpack_from(">HH", table, start)
    glyphs = _covered(table, start + coverage)
    return {glyphs[i]: struct.unpack_from(">h", table, start + 4 + 4 * i)[0] for i in range(count)}


def _vertical_constructions(
    table: bytes,
) -> tuple[dict[int, list[tuple[int, int]]], dict[int, list[tuple[int, bool]]]]:
    """The taller forms of signs, from the MathVariants table: glyph to (glyph, height in font units) from small to
    tall, and glyph to its (part, is it repeated) from the bottom up."""
    variants: dict[int, list[tuple[int, int]]] = {}
    assemblies: dict[int, list[tuple[int, bool]]] = {}
    (start,) = struct.unpack_from(">H", table, 8)
    _, coverage, _, count, _ = struct.unpack_from(">5H", table, start)
    for index, glyph in enumerate(_covered(table, start + coverage)[:count]):
        (offset,) = struct.unpack_from(">H", table, start + 10 + 2 * index)
        construction = start + offset
        assembly, number = struct.unpack_from(">HH", table, construction)
        variants[glyph] = [struct.unpack_from(">HH", table, construction + 4 + 4 * i) for i in range(number)]
        if assembly:
            (parts,) = struct.unpack_from(">H", table, construction + assembly + 4)
            records = [struct.unpack_from(">5H", table, construction + assembly + 6 + 10 * i) for i in range(parts)]
            assemblies[glyph] = [(record[0], bool(record[4] & 1)) for record in records]
    return variants, assemblies


def _covered(table: bytes, start: int) -> list[int]:
    """The glyphs of a Coverage table, in its order."""
    form, count = struct.unpack_from(">HH", table, start)
    if form == 1:
        return list(struct.unpack_from(f">{count}H", table, start + 4))
    glyphs: list[int] = []
    for i in range(count):
        first, last, _ = struct.unpack_from(">3H", table, start + 4 + 6 * i)
        glyphs.extend(range(first, last + 1))
    return glyphs
