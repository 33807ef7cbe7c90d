"""A box for any double: writes 1e-160 as such, steps in the last but one leading digit, never rounds what it holds."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QValidator, QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QToolTip, QWidget

# What a box shows; the value itself keeps all its digits.
_SHOWN_DIGITS = 12
# QDoubleSpinBox rounds its value to this many decimals: the most it takes, so that it never does.
_DECIMALS = 323
_LARGEST = 1.7e308  # a round number just below the largest double
_BEGUN = frozenset("0123456789.+-−eE")  # what a number that is still being typed can consist of


class NumberBox(QDoubleSpinBox):
    """A spin box over all finite doubles, always with a decimal point, whatever the desktop's language."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDecimals(_DECIMALS)
        self.setRange(-_LARGEST, _LARGEST)
        self.setKeyboardTracking(True)
        self.setAccelerated(True)
        self.setMinimumWidth(84)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # not by the wheel
        self.lineEdit().inputRejected.connect(self._say_what_stays)
        self.lineEdit().textEdited.connect(lambda text: self._say_what_stays() if not text.strip() else None)

    def _say_what_stays(self) -> None:
        """A key that does nothing would be a riddle, and so would an empty box."""
        said = f"Only a finite number can stand here: it stays {self.textFromValue(self.value())}."
        QToolTip.showText(self.mapToGlobal(self.rect().bottomLeft()), said, self)

    def textFromValue(self, value: float) -> str:
        """The shortest text for the number."""
        return f"{value:.{_SHOWN_DIGITS}g}"

    def valueFromText(self, text: str) -> float:
        """The number of a text that `validate` accepted."""
        value = _number(text)
        return self.value() if value is None else value

    def validate(self, text: str, position: int) -> object:
        """A lone sign or an open exponent can still become a number; letters cannot. A comma is shown as the point."""
        text = text.strip().replace(",", ".")
        position = min(position, len(text))
        if _number(text) is not None:
            return QValidator.State.Acceptable, text, position
        begun = _BEGUN.issuperset(text)
        return (QValidator.State.Intermediate if begun else QValidator.State.Invalid), text, position

    def stepBy(self, steps: int) -> None:
        """Up and down by a tenth of the value's order of magnitude."""
        size = abs(self.value())
        step = 10.0 ** (math.floor(math.log10(size)) - 1) if size >= 0.1 else 0.01 if size else 0.1
        # A sum of steps stays as short to write as the steps are.
        self.setValue(float(f"{self.value() + steps * step:.12g}"))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Change the number where the box has the focus; elsewhere the wheel scrolls what the box is in."""
        event.ignore() if not self.hasFocus() else super().wheelEvent(event)

    def event(self, event: QEvent) -> bool:
        """Undo and redo are the session's: the line within would take these keys for its own text."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            standard = QKeySequence.StandardKey
            if event.matches(standard.Undo) or event.matches(standard.Redo):
                event.ignore()
                return False
        return super().event(event)


def _number(text: str) -> float | None:
    try:
        value = float(text.strip().replace("−", "-"))
    except ValueError:
        return None
    return value if abs(value) <= _LARGEST and "_" not in text else None
