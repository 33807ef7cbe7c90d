"""The colours of figures: of their ground, and of their series on it."""

from __future__ import annotations

from typing import Any

from PySide6.QtGui import QColor, QFontInfo, QPalette
from PySide6.QtWidgets import QWidget

# Okabe & Ito, Color Universal Design (2008): told apart with every common colour vision. Those with too little
# contrast against the ground come last; yellow is left out on light ground, and the text's colour stands for black.
SERIES_ON_LIGHT = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
SERIES_ON_DARK = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#D55E00")


def theme_of(widget: QWidget) -> dict[str, Any]:
    """The colours and the font size of a figure that is to look like this widget (see `plots.figures`)."""
    palette = widget.palette()
    background, text = palette.color(QPalette.ColorRole.Base), palette.color(QPalette.ColorRole.Text)
    return {
        "background": background.name(),
        "text": text.name(),
        "grid": _mix(text, background, 0.16).name(),
        "accent": palette.color(QPalette.ColorRole.Highlight).name(),
        "series": _series(palette),
        # Beyond these, labels are unreadable or leave no room for the curves.
        "font_px": min(max(QFontInfo(widget.font()).pixelSize(), 10), 20),
    }


def _series(palette: QPalette) -> list[str]:
    background, text = palette.color(QPalette.ColorRole.Base), palette.color(QPalette.ColorRole.Text)
    dark = background.lightness() < text.lightness()
    return [*(SERIES_ON_DARK if dark else SERIES_ON_LIGHT), text.name()]


def series_colour(palette: QPalette, index: int) -> QColor:
    """The colour of a series on this palette's ground, the same as in a figure."""
    series = _series(palette)
    return QColor(series[index % len(series)])


def _mix(colour: QColor, other: QColor, part: float) -> QColor:
    return QColor.fromRgbF(
        colour.redF() * part + other.redF() * (1 - part),
        colour.greenF() * part + other.greenF() * (1 - part),
        colour.blueF() * part + other.blueF() * (1 - part),
    )
