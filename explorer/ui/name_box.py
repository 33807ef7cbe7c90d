"""A box to choose an input or an output by its name."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox

from explorer.language.names import pretty_name

_WISH = "wished name"


def wish(combo: QComboBox, name: object) -> None:
    """Have a name chosen when it is next offered, as that of a session; what is no name is passed over."""
    if isinstance(name, str) and name:
        combo.setProperty(_WISH, name)


def chosen(combo: QComboBox) -> str:
    """The name that is chosen, or that will be; "" for none."""
    return str(combo.property(_WISH) or combo.currentData() or "")


def fill(combo: QComboBox, names: tuple[str, ...]) -> None:
    """Offer these names, the chosen one again if it is among them, without telling anybody."""
    wished = combo.property(_WISH)
    if wished is None and [combo.itemData(place) for place in range(combo.count())] == list(names):
        return
    with QSignalBlocker(combo):
        before = wished or combo.currentData()
        combo.setProperty(_WISH, None)
        combo.clear()
        for name in names:
            combo.addItem(pretty_name(name), name)
        combo.setCurrentIndex(max(combo.findData(before), 0) if names else -1)
