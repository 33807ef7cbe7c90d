"""The row of controls that says which derivative is wanted, by which inputs, of which output."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QMenu, QSpinBox, QToolButton, QWidget

from explorer.language.names import pretty_name
from explorer.language.program import Program
from explorer.ui import theme
from explorer.ui.choice_box import ChoiceBox
from explorer.ui.name_box import fill

JACOBIAN, HESSIAN, NTH, MIXED = "jacobian", "hessian", "nth", "mixed"
_KINDS = {
    JACOBIAN: ("Jacobian", "each output by each chosen input; for one output: the gradient"),
    HESSIAN: ("Hessian", "second derivatives of one output by each pair of the chosen inputs"),
    NTH: ("n-th derivative", "of one output by one input, n times"),
    MIXED: ("Mixed partial", "of one output by inputs in turn: x1, x2, x2"),
}
_MOST_ORDER = 20
_LONGEST = 1_000  # characters of a mixed partial's inputs in a session
_POWER = re.compile(r"(?P<name>\w+?)(?:\s*\^\s*(?P<times>\d{1,2}))?")


class Choice(QWidget):
    """Which derivatives are wanted; `changed` when that is another one."""

    changed = Signal()
    refused = Signal(str)  # a mixed partial that names no input

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._left_out: frozenset[str] = frozenset()
        self._wanted: dict[str, Any] = {"what": JACOBIAN, "by": None, "output": 0}
        self._wish: Mapping[str, Any] | None = None  # of a session, until its program is known
        self.kind = self._combo("symbolic.what", "Which derivatives")
        for place, (key, (words, meaning)) in enumerate(_KINDS.items()):
            self.kind.addItem(words, key)
            self.kind.setItemData(place, meaning, Qt.ItemDataRole.ToolTipRole)
        self.output = self._combo("symbolic.output", "Output that is differentiated")
        self.inputs = QToolButton(objectName="symbolic.inputs", text="by all inputs")
        self.inputs.setAccessibleName("Inputs by which to differentiate")
        self.inputs.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(self.inputs)
        self.inputs.setMenu(self.menu)
        self.input = self._combo("symbolic.input", "Input by which to differentiate")
        self.order = QSpinBox(objectName="symbolic.order", minimum=1, maximum=_MOST_ORDER, value=2, prefix="n = ")
        self.order.setAccessibleName("Order n of the derivative")
        self.by = QLineEdit(objectName="symbolic.by", placeholderText="x1, x2^2")
        self.by.setAccessibleName("Inputs of the mixed partial, in turn")
        self.by_label, self.of_label = QLabel("by"), QLabel("of")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for widget in (self.kind, self.of_label, self.output, self.inputs, self.by_label, self.input, self.order):
            row.addWidget(widget)
        row.addWidget(self.by, 1)
        row.addStretch(0)
        self.kind.currentIndexChanged.connect(self._change)
        self.output.currentIndexChanged.connect(self._change)
        self.input.currentIndexChanged.connect(self._change)
        self.order.valueChanged.connect(self._change)
        self.by.editingFinished.connect(self._change)
        self._show_fitting()

    def _combo(self, name: str, words: str) -> QComboBox:
        combo = ChoiceBox(objectName=name)
        combo.setAccessibleName(words)
        if name != "symbolic.what":
            theme.narrow(combo, 3)
        return combo

    def wanted(self) -> dict[str, Any]:
        """`what`, `by` and `output` for the question; the last that could be read."""
        return self._wanted

    def set_program(self, program: Program) -> None:
        """Offer the program's inputs and outputs."""
        if program.inputs != self._names:
            self._names = program.inputs
            self._left_out &= frozenset(program.inputs)
            self.menu.clear()
            for name in program.inputs:
                action = QAction(pretty_name(name).replace("&", "&&"), self.menu)
                action.setCheckable(True)
                action.setChecked(name not in self._left_out)
                action.setData(name)
                action.toggled.connect(self._input_toggled)
                self.menu.addAction(action)
            with QSignalBlocker(self.by):
                self.by.setText(", ".join(program.inputs[:2] if len(program.inputs) > 1 else program.inputs * 2))
        fill(self.input, program.inputs)
        fill(self.output, program.outputs)
        if self._wish is not None:
            wish, self._wish = self._wish, None
            self._grant(wish)
        self._show_fitting()
        self._wanted = self._read() or {"what": JACOBIAN, "by": None, "output": 0}

    def options(self) -> dict[str, Any]:
        """What is chosen, in JSON's terms; or what will be, when its program is known."""
        chosen = {
            "what": self.kind.currentData(),
            "output": self.output.currentData() or "",
            "input": self.input.currentData() or "",
            "order": self.order.value(),
            "by": self.by.text(),
            "left_out": sorted(self._left_out),
        }
        return {key: (self._wish or {}).get(key, value) for key, value in chosen.items()}

    def restore(self, options: Mapping[str, Any]) -> None:
        """Choose this again, when the program is known; what does not fit is passed over."""
        self._wish = dict(options)

    def _grant(self, wish: Mapping[str, Any]) -> None:
        left_out, order, by = wish.get("left_out"), wish.get("order"), wish.get("by")
        names = [name for name in left_out if isinstance(name, str)] if isinstance(left_out, list) else []
        self._left_out = frozenset(names) & frozenset(self._names)
        for action in self.menu.actions():
            with QSignalBlocker(action):
                action.setChecked(action.data() not in self._left_out)
        for combo, key in ((self.kind, "what"), (self.output, "output"), (self.input, "input")):
            with QSignalBlocker(combo):
                combo.setCurrentIndex(max(combo.findData(str(wish.get(key))), 0 if combo.count() else -1))
        with QSignalBlocker(self.order), QSignalBlocker(self.by):
            if isinstance(order, int) and not isinstance(order, bool):
                self.order.setValue(min(max(order, 1), _MOST_ORDER))
            if isinstance(by, str) and by:
                self.by.setText(by[:_LONGEST])

    def _input_toggled(self) -> None:
        chosen = {action.data() for action in self.menu.actions() if action.isChecked()}
        self._left_out = frozenset(self._names) - chosen
        self._change()

    def _change(self) -> None:
        self._show_fitting()
        wanted = self._read()
        if wanted is not None and wanted != self._wanted:
            self._wanted = wanted
            self.changed.emit()

    def _show_fitting(self) -> None:
        """Show the controls that the kind of derivative has."""
        kind = self.kind.currentData()
        several = self.output.count() > 1
        for widget, shown in (
            (self.of_label, several and kind != JACOBIAN),
            (self.output, several and kind != JACOBIAN),
            (self.inputs, kind in (JACOBIAN, HESSIAN) and len(self._names) > 1),
            (self.by_label, kind in (NTH, MIXED)),
            (self.input, kind == NTH),
            (self.order, kind == NTH),
            (self.by, kind == MIXED),
        ):
            widget.setVisible(shown)
        chosen = [name for name in self._names if name not in self._left_out]
        every = len(chosen) == len(self._names)
        self.inputs.setText("by all inputs" if every else f"by {len(chosen)} of {len(self._names)}")

    def _read(self) -> dict[str, Any] | None:
        kind = self.kind.currentData()
        output = 0 if kind == JACOBIAN else max(self.output.currentIndex(), 0)
        if kind in (JACOBIAN, HESSIAN):
            by = [name for name in self._names if name not in self._left_out] if self._left_out else None
            return {"what": kind, "by": by, "output": output}
        if kind == NTH:
            turns = [self.input.currentData()] * self.order.value() if self._names else []
        else:
            try:
                turns = list(self._turns())
            except ValueError as error:
                self.refused.emit(str(error))
                return None
        return {"what": "partial", "by": turns, "output": output} if turns else None

    def _turns(self) -> Iterator[str]:
        """The inputs of the mixed partial in turn; ValueError with a sentence for a name that is none."""
        words = [word for word in re.split(r"[\s,·*]+", self.by.text().strip()) if word]
        count = 0
        for word in words:
            read = _POWER.fullmatch(word)
            if read is None or read["name"] not in self._names:
                raise ValueError(f"“{word[:40]}” is not an input; write for instance: {', '.join(self._names[:3])}")
            times = int(read["times"] or 1)
            count += times
            if count > _MOST_ORDER:
                raise ValueError(f"A derivative of an order above {_MOST_ORDER} is not asked for.")
            yield from [read["name"]] * times
        if not count:
            raise ValueError(f"Name the inputs in turn, for instance: {', '.join(self._names[:3])}")
