"""The box of the step h: shows it in few digits and holds all of them, takes any number, and steps along the grid."""

from __future__ import annotations

import math

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractSpinBox, QWidget

from explorer.ui.laboratory.reading import step_named
from explorer.ui.number_box import NumberBox


class StepBox(NumberBox):
    """A number box whose number comes from outside: it tells what is typed into it, and is shown what is taken."""

    typed = Signal(float)
    stepped = Signal(int)  # places of the grid, upwards

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._held = 0.0
        self.setKeyboardTracking(False)
        self.editingFinished.connect(self._finished)

    def show_step(self, h: float) -> None:
        """Show this step; nothing is told."""
        self._held = h
        blocked = self.blockSignals(True)
        self.setValue(h)
        self.blockSignals(blocked)

    def textFromValue(self, value: float) -> str:
        """The number in few digits: 1e−8, 6.05545e−6."""
        return step_named(value)

    def stepBy(self, steps: int) -> None:
        """Along the grid of steps, which is even on a logarithmic scale."""
        self.stepped.emit(steps)

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Both ways: where the grid ends nothing moves."""
        return QAbstractSpinBox.StepEnabledFlag.StepUpEnabled | QAbstractSpinBox.StepEnabledFlag.StepDownEnabled

    def _finished(self) -> None:
        """Tell a number that was typed; a text left as it was shown is no number, for it has fewer digits."""
        value = self.value()
        if self.text() != self.textFromValue(self._held) and math.isfinite(value):
            self.typed.emit(value)
        self.show_step(self._held)
