"""The font of formulas: its licence, its table, its stretching signs."""

from __future__ import annotations

import struct

import pytest

from explorer.ui import math_font as font
from explorer.ui.resources import resource

pytestmark = pytest.mark.usefixtures("qapp")

# Where MathValueRecords stand in the MathConstants table, counted after its first four numbers.
CONSTANTS = {
    1: "AXIS_HEIGHT",
    4: "SUBSCRIPT_SHIFT_DOWN",
    5: "SUBSCRIPT_TOP_MAX",
    6: "SUBSCRIPT_BASELINE_DROP_MIN",
    7: "SUPERSCRIPT_SHIFT_UP",
    9: "SUPERSCRIPT_BOTTOM_MIN",
    11: "SUB_SUPERSCRIPT_GAP_MIN",
    13: "SPACE_AFTER_SCRIPT",
    28: "FRACTION_SHIFT",
    29: "FRACTION_SHIFT_DISPLAY",
    32: "FRACTION_GAP",
    33: "FRACTION_GAP_DISPLAY",
    34: "RULE_THICKNESS",
    45: "RADICAL_GAP",
    46: "RADICAL_GAP_DISPLAY",
    47: "RULE_THICKNESS",
    48: "RADICAL_EXTRA_ASCENDER",
    49: "RADICAL_KERN_BEFORE_DEGREE",
    50: "RADICAL_KERN_AFTER_DEGREE",
}


def test_the_fonts_licence_lies_beside_it() -> None:
    text = resource("fonts/OFL.txt").read_text(encoding="utf-8")
    assert "The STIX Fonts Project Authors" in text
    assert "SIL OPEN FONT LICENSE Version 1.1" in text


def test_a_missing_file_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.ttf"):
        resource("fonts/nothing.ttf")


@pytest.mark.parametrize(("position", "name"), CONSTANTS.items())
def test_the_constants_are_those_of_the_font(position: int, name: str) -> None:
    table = bytes(font.math_font().raw.fontTable("MATH").data())
    (start,) = struct.unpack_from(">H", table, 4)
    (value,) = struct.unpack_from(">h", table, start + 8 + 4 * position)
    assert getattr(font, name) == pytest.approx(value / font.UNITS)


@pytest.mark.parametrize("character", "()[]{}|‖⌊⌋⌈⌉√")
@pytest.mark.parametrize("height", [0.5, 1.0, 1.8, 2.6, 3.7, 5.0, 12.3, 400.0])
def test_signs_reach_the_height_that_was_asked_for(character: str, height: float) -> None:
    sign = font.math_font().stretched(character, height)
    assert sign.bottom - sign.top >= height - 0.02
    if height > 4:  # put together: exactly as tall
        assert sign.bottom - sign.top == pytest.approx(height, abs=0.05)
    ink = sign.path.boundingRect()
    assert ink.top() == pytest.approx(sign.top, abs=0.03)
    assert ink.bottom() == pytest.approx(sign.bottom, abs=0.03)
    assert 0 < ink.width() < 1.3


def test_glyphs_have_the_measures_of_the_font() -> None:
    glyph = font.math_font().glyph("𝑓")
    assert glyph is not None
    assert (glyph.advance, glyph.top, glyph.bottom) == pytest.approx((0.577, 0.711, 0.225))
    assert glyph.italic == pytest.approx(0.02)
    assert font.math_font().glyph("变") is None
