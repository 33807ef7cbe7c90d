"""The form of a rule: its name, and a field for each of its hyper-parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLabel, QWidget

from explorer.optimize.rules.table import RULES
from explorer.ui import theme
from explorer.ui.choice_box import ChoiceBox
from explorer.ui.number_box import NumberBox
from explorer.ui.panel import number_text

# Rates at which 200 steps are seen to learn, for rules whose steps are as long as the gradient and for those whose
# steps are about as long as the rate. The rules' own defaults are for large networks and many steps.
FIRST_RATES = {"line": (0.01, 0.05), "sine": (0.2, 0.1), "blobs": (0.5, 0.1), "circles": (1.0, 0.2)}
_PLAIN = ("gd", "momentum", "nesterov")
_ADAPTIVE = ("adagrad", "rmsprop", "adam", "adamax", "nadam", "amsgrad", "adamw", "lion")
_LION = 0.1  # of the rate of the others: its every step is a sign (Chen et al. 2023, section 5: 3 to 10 times smaller)

Setting = float | bool | str
Field = NumberBox | QCheckBox | QComboBox


def first_rate(rule: str, data: str) -> float | None:
    """The rate with which a rule begins, on the data set of this name or else on a function; None without a rate."""
    if data in FIRST_RATES and rule in (*_PLAIN, *_ADAPTIVE):
        plain, adaptive = FIRST_RATES[data]
        return plain if rule in _PLAIN else adaptive * (_LION if rule == "lion" else 1.0)
    rate = RULES[rule].defaults().get("rate")
    return None if rate is None else float(rate)


def reach(rule: str, rate: float, steps: int) -> float | None:
    """About how far so many steps go along each input, where a step is about as long as the rate; else None."""
    if rule not in _ADAPTIVE:
        return None
    return 2 * rate * math.sqrt(steps) if rule == "adagrad" else rate * steps


class RuleForm(QWidget):
    """The fields of the rule that the combo box `rule` names; `rule` itself and the rate stand elsewhere."""

    changed = Signal()  # another rule, or another number

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rule = ChoiceBox(objectName="optimize.rule")
        self.rule.setAccessibleName("Rule")
        for name, kind in RULES.items():
            self.rule.addItem(name, name)
            self.rule.setItemData(self.rule.count() - 1, f"{kind.title} ({kind.source})", Qt.ItemDataRole.ToolTipRole)
        theme.narrow(self.rule, 8)
        self.rule.currentIndexChanged.connect(self._rule_chosen)
        self._data = ""  # the name of the data set
        self.chosen: dict[str, dict[str, Setting]] = {}  # of each rule that was set by hand, what it was set to
        self.rate = NumberBox(self)
        self.rate.setObjectName("optimize.rate")
        self.rate.setAccessibleName("Rate")
        self.rate.valueChanged.connect(self._edited)
        self.rate_label = QLabel("rate")
        self.rate_label.setBuddy(self.rate)
        self._form = QGridLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setVerticalSpacing(3)
        for column in (1, 3):
            self._form.setColumnStretch(column, 1)
        self.fields: dict[str, Field] = {}
        self._rule_chosen()

    def _rule_chosen(self) -> None:
        kind = RULES[self.rule.currentData()]
        defaults = kind.defaults()
        if "rate" in defaults:
            defaults["rate"] = first_rate(kind.name, self._data)
        while self._form.count():
            widget = self._form.takeAt(0).widget()
            widget.hide()
            widget.deleteLater()
        self.fields = {}
        place = 0
        for field, about in kind.hyperparameters().items():
            box = self._field(field, defaults[field], about.choices)
            box.setAccessibleName(about.words)
            box.setToolTip(about.meaning)
            self.fields[field] = box
            if box is self.rate:
                continue
            box.setObjectName(f"optimize.set.{field}")
            label = QLabel(about.words)
            label.setToolTip(about.meaning)
            label.setBuddy(box)
            self._form.addWidget(label, place // 2, 2 * (place % 2))
            self._form.addWidget(box, place // 2, 2 * (place % 2) + 1)
            place += 1
        for widget in (self.rate, self.rate_label):
            widget.setVisible("rate" in self.fields)
        self.changed.emit()

    def suit(self, data: str) -> None:
        """A rate that nobody has set is from now on the one for this data set, or with "" the rule's own."""
        untouched = self.rate.value() == first_rate(self.rule.currentData(), self._data)
        self._data = data
        if untouched and (rate := first_rate(self.rule.currentData(), data)) is not None:
            with QSignalBlocker(self.rate):
                self.rate.setValue(rate)

    def _edited(self) -> None:
        self.chosen[self.rule.currentData()] = self.settings()
        self.changed.emit()

    def said(self) -> str:
        """The hyper-parameters beside the rate, in words."""
        return said(self.rule.currentData(), self.settings())

    def _field(self, name: str, default: Setting, choices: tuple[str, ...]) -> Field:
        if choices:
            combo = ChoiceBox()
            combo.addItems(choices)
            combo.setCurrentText(str(default))
            theme.narrow(combo, 6)
            combo.currentIndexChanged.connect(self._edited)
            return combo
        if isinstance(default, bool):
            check = QCheckBox()
            check.setChecked(default)
            check.toggled.connect(self._edited)
            return check
        box = self.rate if name == "rate" else NumberBox()
        with QSignalBlocker(box):
            box.setValue(float(default))
        if box is not self.rate:
            box.valueChanged.connect(self._edited)
        return box

    def settings(self) -> dict[str, Setting]:
        """The hyper-parameters as they stand."""
        return {field: _chosen(box) for field, box in self.fields.items()}

    def refusal(self) -> str:
        """What is wrong with the numbers, as a sentence; empty if nothing is."""
        kind = RULES[self.rule.currentData()]
        defaults, about = kind.defaults(), kind.hyperparameters()
        refusals = (about[field].refusal(value, defaults[field]) for field, value in self.settings().items())
        return next((refusal for refusal in refusals if refusal), "")

    def take(self, rule: str, settings: Mapping[str, Any]) -> None:
        """Show a rule and its settings; what does not fit is passed over."""
        if rule not in RULES:
            return
        self.rule.setCurrentIndex(self.rule.findData(rule))
        for field, value in settings.items():
            box = self.fields.get(field)
            if isinstance(box, QComboBox) and isinstance(value, str):
                box.setCurrentText(value)
            elif isinstance(box, QCheckBox) and isinstance(value, bool):
                box.setChecked(value)
            elif isinstance(box, NumberBox) and isinstance(value, int | float) and abs(value) < 1.7e308:
                box.setValue(float(value))


def said(rule: str, settings: Mapping[str, Setting]) -> str:
    """These settings of a rule, all but the rate, in words."""
    about, words = RULES[rule].hyperparameters(), []
    for field, value in settings.items():
        if isinstance(value, bool):
            words.append(about[field].words if value else f"no {about[field].words}")
        elif field != "rate":
            words.append(f"{about[field].words} {value if isinstance(value, str) else number_text(value, 4)}")
    return ", ".join(words)


def _chosen(box: Field) -> Setting:
    if isinstance(box, QComboBox):
        return box.currentText()
    return box.isChecked() if isinstance(box, QCheckBox) else box.value()
