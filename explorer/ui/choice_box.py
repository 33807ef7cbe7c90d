"""A combo box that says by "…" that it is too narrow for what is chosen; Fusion's cuts the last letters off."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox

_BESIDE = 4  # pixels that Fusion leaves beside the text, inside of what it calls its field


class ChoiceBox(QComboBox):
    """The list that opens shows every entry whole."""

    def initStyleOption(self, option: QStyleOptionComboBox) -> None:
        super().initStyleOption(option)
        combo, field = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(combo, option, field, self).width() - _BESIDE
        option.currentText = self.fontMetrics().elidedText(option.currentText, Qt.TextElideMode.ElideRight, room)
