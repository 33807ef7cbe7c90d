"""The menu of how the graph is drawn, of pictures of it, and of its trace on the clipboard."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget


class DrawingMenu(QMenu):
    """What is chosen here undo leaves alone; what is asked for here the panel does."""

    texts_changed = Signal()
    names_changed = Signal()  # or their digits: the drawing is another
    map_changed = Signal()
    cause_wanted = Signal()
    picture_wanted = Signal()
    film_wanted = Signal()
    copy_wanted = Signal(str)  # "CSV", "LaTeX" or "Markdown"

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.values = self._choice("&Values in the nodes", True)
        self.seconds = self._choice("&Tangents and adjoints in the nodes", True)
        self.partials = self._choice("&Partials on the edges", True)
        for texts in (self.values, self.seconds, self.partials):
            texts.toggled.connect(self.texts_changed)
        self.all_digits = self._choice("All &17 digits", False)
        self.all_digits.toggled.connect(self.names_changed)
        self.show_map = self._choice("&Map in the corner", True)
        self.show_map.toggled.connect(self.map_changed)
        self.addSeparator()
        names = QActionGroup(self)
        self.plain_names = self._choice("Names &x₁, x₂, v₁ …", True, names)
        self.paper_names = self._choice("Names v₋₁, v₀, v₁ … (&Baydin et al.)", False, names)
        self.paper_names.toggled.connect(self.names_changed)
        self.addSeparator()
        self.to_cause = self.addAction("&Go to the first cause of what is not finite", self.cause_wanted.emit)
        self.to_cause.setEnabled(False)
        self.addAction("Save a &picture of this step …", self.picture_wanted.emit)
        self.addAction("Save the sweep as a &film …", self.film_wanted.emit)
        self.addSeparator()
        for words, form in (
            ("Copy the trace as &CSV", "CSV"),
            ("Copy the trace as &LaTeX", "LaTeX"),
            ("Copy the trace as Mark&down", "Markdown"),
        ):
            self.addAction(words).triggered.connect(partial(self._copy, form))

    def _copy(self, form: str) -> None:
        self.copy_wanted.emit(form)

    def _choice(self, words: str, on: bool, group: QActionGroup | None = None) -> QAction:
        action = self.addAction(words)
        action.setCheckable(True)
        action.setChecked(on)
        if group is not None:
            group.addAction(action)
        return action

    def hidden(self) -> frozenset[str]:
        """Which of the nodes' texts are not to be seen: "values", "seconds"."""
        shown = {"values": self.values, "seconds": self.seconds}
        return frozenset(name for name, action in shown.items() if not action.isChecked())

    def choices(self) -> dict[str, QAction]:
        """What can be chosen, by its name in a session file."""
        return {
            "values": self.values,
            "seconds": self.seconds,
            "partials": self.partials,
            "all_digits": self.all_digits,
            "map": self.show_map,
            "papers_names": self.paper_names,
        }
