"""How the program looks: own light and dark palettes on Fusion, because bare X11 offers no colour scheme to follow."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QComboBox, QWidget

_ROLES = QPalette.ColorRole
_LIGHT = {
    _ROLES.Window: "#f4f5f7",
    _ROLES.WindowText: "#1b1f24",
    _ROLES.Base: "#ffffff",
    _ROLES.AlternateBase: "#f0f2f5",
    _ROLES.Text: "#1b1f24",
    _ROLES.PlaceholderText: "#737b86",
    _ROLES.Button: "#e9ebef",
    _ROLES.ButtonText: "#1b1f24",
    _ROLES.BrightText: "#ffffff",
    _ROLES.Highlight: "#0072b2",
    _ROLES.HighlightedText: "#ffffff",
    _ROLES.Link: "#005a8d",
    _ROLES.LinkVisited: "#6b4a8d",
    _ROLES.ToolTipBase: "#ffffff",
    _ROLES.ToolTipText: "#1b1f24",
    _ROLES.Light: "#ffffff",
    _ROLES.Midlight: "#f0f1f4",
    _ROLES.Mid: "#c3c8cf",
    _ROLES.Dark: "#9aa1aa",
    _ROLES.Shadow: "#6b7280",
    _ROLES.Accent: "#0072b2",
}
_DARK = {
    _ROLES.Window: "#202327",
    _ROLES.WindowText: "#e8eaed",
    _ROLES.Base: "#17191c",
    _ROLES.AlternateBase: "#1e2125",
    _ROLES.Text: "#e8eaed",
    _ROLES.PlaceholderText: "#8b939d",
    _ROLES.Button: "#2d3136",
    _ROLES.ButtonText: "#e8eaed",
    _ROLES.BrightText: "#ffffff",
    _ROLES.Highlight: "#2f8fd0",
    _ROLES.HighlightedText: "#ffffff",
    _ROLES.Link: "#6cb8ea",
    _ROLES.LinkVisited: "#b79ad6",
    _ROLES.ToolTipBase: "#2d3136",
    _ROLES.ToolTipText: "#e8eaed",
    _ROLES.Light: "#3a3f45",
    _ROLES.Midlight: "#33383d",
    _ROLES.Mid: "#4a5058",
    _ROLES.Dark: "#121416",
    _ROLES.Shadow: "#000000",
    _ROLES.Accent: "#56b4e9",
}
_RIMS = {"QCheckBox": "#8b939d", "QRadioButton": "#8b939d", "QListView": "#8b939d", "QTableView": "#3f454c"}
# Said besides by words and underlines, never by the colour alone.
_ERROR = {False: "#b3261e", True: "#ff8a80"}
_NOTE = {False: "#7a5200", True: "#e6b450"}


def palette(dark: bool) -> QPalette:
    """The program's palette."""
    result = QPalette()
    colours = _DARK if dark else _LIGHT
    for role, colour in colours.items():
        result.setColor(role, QColor(colour))
    for role in (_ROLES.WindowText, _ROLES.Text, _ROLES.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, role, QColor(colours[_ROLES.PlaceholderText]))
    # A selected row of a dimmed table is dimmed too.
    result.setColor(QPalette.ColorGroup.Disabled, _ROLES.Highlight, QColor(colours[_ROLES.Mid]))
    result.setColor(QPalette.ColorGroup.Disabled, _ROLES.HighlightedText, QColor(colours[_ROLES.Text]))
    return result


def is_dark(widget: QWidget) -> bool:
    """Whether a widget stands on dark ground."""
    return widget.palette().color(_ROLES.Base).lightness() < 128


def prefers_dark(application: QApplication) -> bool:
    """What the desktop asks for, where it says."""
    return application.styleHints().colorScheme() is Qt.ColorScheme.Dark


def apply(application: QApplication, dark: bool) -> None:
    """Give the whole program the light or the dark look."""
    if application.style().name().lower() != "fusion":
        application.setStyle("Fusion")
    application.setPalette(palette(dark))
    # Fusion draws the rims of these in a darker shade of the window: on dark ground nobody would see them.
    for kind, rim in _RIMS.items():
        rimmed = palette(dark)
        if dark:
            rimmed.setColor(_ROLES.Window, QColor(rim))
        application.setPalette(rimmed, kind)


def error_colour(widget: QWidget) -> QColor:
    """For what is wrong, on this widget's ground."""
    return QColor(_ERROR[is_dark(widget)])


def note_colour(widget: QWidget) -> QColor:
    """For what is worth knowing, on this widget's ground."""
    return QColor(_NOTE[is_dark(widget)])


def fixed_font(widget: QWidget, scale: float = 1.0) -> QFont:
    """The font of program texts and of numbers that stand below each other."""
    font = QFont("DejaVu Sans Mono")
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setPointSizeF(widget.font().pointSizeF() * scale)
    return font


def narrow(combo: QComboBox, characters: int) -> None:
    """Let a combo box be as narrow as this, whatever its longest entry; its list still shows all."""
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(characters)
