"""A box for any double: writes 1e-160 as such, steps in the last but one leading digit, never rounds what it holds."""

from __future__ import annotations

import math

from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QDoubleSpinBox, QWidget

# What a box shows; the value itself keeps all its digits.
_SHOWN_DIGITS = 12
# QDoubleSpinBox rounds its value to this many decimals: the most it takes, so that it never does.
_DECIMALS = 323


class NumberBox(QDoubleSpinBox):
    """A spin box over all finite doubles, always with a decimal point, whatever the desktop's language."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDecimals(_DECIMALS)
        self.setRange(-1.7e308, 1.7e308)
        self.setKeyboardTracking(True)
        self.setAccelerated(True)
        self.setMinimumWidth(84)

    def textFromValue(self, value: float) -> str:
        """The shortest text for the number."""
        return f"{value:.{_SHOWN_DIGITS}g}"

    def valueFromText(self, text: str) -> float:
        """The number of a text that `validate` accepted."""
        value = _number(text)
        return self.value() if value is None else value

    def validate(self, text: str, position: int) -> object:
        """A comma, a lone sign or an open exponent can still become a number; letters cannot."""
        if _number(text) is not None:
            return QValidator.State.Acceptable, text, position
        open_ended = all(character in "0123456789.+-−eE " for character in text)
        return (QValidator.State.Intermediate if open_ended else QValidator.State.Invalid), text, position

    def stepBy(self, steps: int) -> None:
        """Up and down by a tenth of the value's order of magnitude."""
        size = abs(self.value())
        step = 10.0 ** (math.floor(math.log10(size)) - 1) if size >= 0.1 else 0.01 if size else 0.1
        # A sum of steps stays as short to write as the steps are.
        self.setValue(float(f"{self.value() + steps * step:.12g}"))


def _number(text: str) -> float | None:
    try:
        value = float(text.strip().replace("−", "-"))
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None
