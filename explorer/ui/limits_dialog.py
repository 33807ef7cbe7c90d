"""The limits of a run as the person sets them: kept in the settings, changed in a small dialog."""

from __future__ import annotations

from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from explorer.language.limits import RUN_LIMITS

_WORDS = {
    "steps": "&Steps",
    "depth": "&Depth of calls",
    "operations": "&Operations",
    "items": "&Items of a list",
    "paths": "Open &conditions",
}


def saved_limits() -> dict[str, int]:
    """The limits that differ from the usual ones, by name; a setting that is no number in range is left out."""
    settings, found = QSettings(), {}
    for name, (usual, least, most, _) in RUN_LIMITS.items():
        text = str(settings.value(f"limits/{name}", ""))
        if text.isascii() and text.isdigit() and len(text) < 12 and least <= int(text) <= most and int(text) != usual:
            found[name] = int(text)
    return found


def save_limits(limits: dict[str, int]) -> None:
    """Keep these limits; those that are not named are the usual ones again."""
    settings = QSettings()
    for name, (usual, *_) in RUN_LIMITS.items():
        if limits.get(name, usual) == usual:
            settings.remove(f"limits/{name}")
        else:
            settings.setValue(f"limits/{name}", limits[name])


class LimitsDialog(QDialog):
    """A number for each limit, with what it counts; what is accepted is kept and is in `limits`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("limits")
        self.setWindowTitle("Limits")
        self.setMinimumWidth(460)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.limits = saved_limits()
        self.boxes: dict[str, QSpinBox] = {}
        form = QFormLayout()
        for name, (usual, least, most, meaning) in RUN_LIMITS.items():
            box = QSpinBox(objectName=f"limits.{name}")
            box.setRange(least, most)
            box.setGroupSeparatorShown(True)
            box.setStepType(QSpinBox.StepType.AdaptiveDecimalStepType)
            box.setValue(self.limits.get(name, usual))
            box.setAccessibleName(f"The most {meaning}")
            form.addRow(_WORDS[name], box)
            form.addRow("", _small(f"The most {meaning}. Usual: {usual:,}."))
            self.boxes[name] = box
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok
            | QDialogButtonBox.StandardButton.Cancel
            | QDialogButtonBox.StandardButton.RestoreDefaults
        )
        for button, words in (("Ok", "ok"), ("Cancel", "cancel"), ("RestoreDefaults", "defaults")):
            widget = buttons.button(QDialogButtonBox.StandardButton[button])
            widget.setObjectName(f"limits.{words}")
            widget.setAccessibleName(widget.text().replace("&", ""))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        buttons.button(QDialogButtonBox.StandardButton.RestoreDefaults).clicked.connect(self._restore)
        outer = QVBoxLayout(self)
        outer.addWidget(_small("An algorithm that passes one of these is stopped, with the line on which it was."))
        outer.addLayout(form)
        outer.addWidget(buttons)

    def accept(self) -> None:
        self.limits = {name: box.value() for name, box in self.boxes.items() if box.value() != RUN_LIMITS[name][0]}
        save_limits(self.limits)
        super().accept()

    def _restore(self) -> None:
        for name, box in self.boxes.items():
            box.setValue(RUN_LIMITS[name][0])


def _small(words: str) -> QLabel:
    label = QLabel(words)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label
