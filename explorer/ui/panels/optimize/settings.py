"""What a run is made with besides its rule: schedule, clipping, the gradient's source, seed, bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QLineEdit, QSpinBox, QWidget

from explorer.optimize.rules.schedule import SCHEDULES
from explorer.ui import theme
from explorer.ui.choice_box import ChoiceBox
from explorer.ui.number_box import NumberBox

# The names of optimize.sources, which the window cannot import: it computes nothing.
SOURCES = {
    "reverse": "reverse AD",
    "forward": "forward AD",
    "symbolic": "SymPy",
    "forward-difference": "forward difference",
    "central-difference": "central difference",
    "complex-step": "complex step",
}
_STEPPED = ("forward-difference", "central-difference", "complex-step")


class MoreSettings(QWidget):
    """The settings below the rule's own, which most runs leave as they are."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.schedule = _combo("optimize.schedule", "Schedule of the rate", dict.fromkeys(SCHEDULES, ""))
        for place, words in enumerate(SCHEDULES.values()):
            self.schedule.setItemData(place, words, 3)  # the tooltip
        self.period = QSpinBox(objectName="optimize.period", minimum=1, maximum=1_000_000, value=50)
        self.gamma = _number("optimize.gamma", 0.1)
        self.clip = _number("optimize.clip", 0.0)
        self.source = _combo("optimize.source", "Where the gradient comes from", SOURCES)
        self.h = _number("optimize.h", 1e-6)
        self.seed = QSpinBox(objectName="optimize.seed", minimum=0, maximum=2**31 - 1, value=0)
        self.bounds = QLineEdit(objectName="optimize.bounds", placeholderText="none, or  x -1 2  y 0 5")
        form = QGridLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(3)
        form.setColumnStretch(1, 1)
        form.setColumnStretch(3, 1)
        for place, (words, tip, widget) in enumerate(
            (
                ("schedule", "How the rate changes from step to step", self.schedule),
                ("period T", "The schedule's period, in steps", self.period),
                ("factor γ", "The schedule's factor (see its tooltip)", self.gamma),
                ("clip |g| at", "Gradients are shortened to this norm; 0: never", self.clip),
                ("gradient", "Where the gradient comes from", self.source),
                ("step h", "The step of the differences", self.h),
                ("seed", "Decides data and batches; the same seed is the same run, bit for bit", self.seed),
                ("bounds", "An interval for some inputs, as x -1 2; steps are brought back to it", self.bounds),
            )
        ):
            label = QLabel(words)
            label.setToolTip(tip)
            label.setBuddy(widget)
            widget.setToolTip(tip)
            widget.setAccessibleName(tip)
            form.addWidget(label, place // 2, 2 * (place % 2))
            form.addWidget(widget, place // 2, 2 * (place % 2) + 1)
        for box in (self.gamma, self.clip, self.h, self.period, self.seed):
            box.valueChanged.connect(self._changed)
        for combo in (self.schedule, self.source):
            combo.currentIndexChanged.connect(self._changed)
        self.bounds.editingFinished.connect(self._changed)
        self._changed()

    def _changed(self) -> None:
        self.period.setEnabled(self.schedule.currentData() in ("step", "cosine", "restarts"))
        self.gamma.setEnabled(self.schedule.currentData() != "constant")
        self.h.setEnabled(self.source.currentData() in _STEPPED)
        self.changed.emit()

    def leg(self) -> dict[str, Any]:
        """The part of a leg that these settings make (see work.task.legs); only what is not usual."""
        part: dict[str, Any] = {}
        if self.schedule.currentData() != "constant":
            part["schedule"] = {
                "kind": self.schedule.currentData(),
                "period": self.period.value(),
                "gamma": self.gamma.value(),
            }
        if self.clip.value() != 0:
            part["clip"] = self.clip.value()
        if self.source.currentData() != "reverse":
            part["gradient"] = {"source": self.source.currentData(), "h": self.h.value()}
        return part

    def box(self, names: list[str]) -> dict[str, tuple[float, float]]:
        """The bounds by input; ValueError with a sentence where they are none."""
        words = self.bounds.text().replace(",", " ").split()
        if len(words) % 3:
            raise ValueError("Bounds are written as an input and two numbers: x -1 2.")
        found = {}
        for name, low, high in zip(words[::3], words[1::3], words[2::3], strict=True):
            if name not in names:
                raise ValueError(f"“{name}” is not an input.")
            try:
                found[name] = (float(low.replace("−", "-")), float(high.replace("−", "-")))
            except ValueError:
                raise ValueError(f"The bounds of {name} must be two numbers.") from None
            if not found[name][0] < found[name][1] or not all(map(math.isfinite, found[name])):
                raise ValueError(f"The lower bound of {name} must be below the upper one.")
        return found

    def said(self) -> str:
        """What is not usual, in words, so that a hidden setting is never silent."""
        part, words = self.leg(), []
        if "schedule" in part:
            words.append(f"schedule: {part['schedule']['kind']}")
        if "clip" in part:
            words.append(f"gradients clipped at {part['clip']:g}")
        if "gradient" in part:
            h = f", h = {part['gradient']['h']:g}" if self.h.isEnabled() else ""
            words.append(f"gradient: {SOURCES[part['gradient']['source']]}{h}")
        if self.bounds.text().strip():
            words.append(f"bounds: {self.bounds.text().strip()}")
        return "; ".join(words)

    def options(self) -> dict[str, Any]:
        """What a session file keeps."""
        return {**self.leg(), "seed": self.seed.value(), "bounds": self.bounds.text()}

    def restore(self, options: Mapping[str, Any]) -> None:
        """Take such options; what does not fit is passed over."""
        schedule, gradient = _part(options, "schedule"), _part(options, "gradient")
        _choose(self.schedule, schedule.get("kind", "constant"))
        _choose(self.source, gradient.get("source", "reverse"))
        for box, value in (
            (self.period, schedule.get("period")),
            (self.gamma, schedule.get("gamma")),
            (self.clip, options.get("clip", 0.0)),
            (self.h, gradient.get("h")),
            (self.seed, options.get("seed", 0)),
        ):
            if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**31:
                box.setValue(int(value) if isinstance(box, QSpinBox) else float(value))
        self.bounds.setText(str(options.get("bounds", ""))[:200])


def _part(options: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = options.get(key)
    return part if isinstance(part, Mapping) else {}


def _choose(combo: QComboBox, name: object) -> None:
    place = combo.findData(str(name))
    if place >= 0:
        combo.setCurrentIndex(place)


def _combo(name: str, words: str, entries: Mapping[str, str]) -> QComboBox:
    combo = ChoiceBox(objectName=name)
    combo.setAccessibleName(words)
    for key, text in entries.items():
        combo.addItem(text or key, key)
    theme.narrow(combo, 6)
    return combo


def _number(name: str, value: float) -> NumberBox:
    box = NumberBox()
    box.setObjectName(name)
    box.setValue(value)
    return box
