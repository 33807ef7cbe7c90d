"""A box to choose an input or an output by its name."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox

from explorer.language.names import pretty_name


def fill(combo: QComboBox, names: tuple[str, ...]) -> None:
    """Offer these names, the chosen one again if it is among them, without telling anybody."""
    if [combo.itemData(place) for place in range(combo.count())] == list(names):
        return
    with QSignalBlocker(combo):
        chosen = combo.currentData()
        combo.clear()
        for name in names:
            combo.addItem(pretty_name(name), name)
        combo.setCurrentIndex(max(combo.findData(chosen), 0) if names else -1)
