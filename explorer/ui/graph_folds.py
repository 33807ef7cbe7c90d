"""The parts of a graph that may be folded into one node each: calls, rounds of loops, named values; and their menu."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from explorer.ui.graph_answer import GraphAnswer

_KINDS = (
    ("name", "Fold all &named values"),
    ("call", "Fold all &calls"),
    ("loop", "Fold all &loops"),
    ("round", "Fold all &rounds"),
)
_MOST_FUNCTIONS = 12  # that have an entry of their own
_MOST_AROUND = 6


class FoldMenu(QMenu):
    """All that may be folded at once. `folds`: the keys of the parts that someone has folded."""

    wanted = Signal(list)  # the folds as they are to be

    def __init__(self, parent: QWidget) -> None:
        super().__init__("F&old", parent)
        self.graph: GraphAnswer | None = None
        self.folds: list[str] = []
        self.aboutToShow.connect(self._fill)

    def _fill(self) -> None:
        self.clear()
        parts = self.graph.parts if self.graph is not None else []
        for kind, words in _KINDS:
            self._add(words, [part[1] for part in parts if part[0] == kind])
        for name in list(dict.fromkeys(part[2] for part in parts if part[0] == "call"))[:_MOST_FUNCTIONS]:
            keys = [part[1] for part in parts if part[0] == "call" and part[2] == name]
            self._add(f"Fold calls of {name.replace('&', '&&')}", keys)
        self.addSeparator()
        unfold = self.addAction("&Unfold all", self._unfold)
        unfold.setEnabled(self.graph is not None and bool(self.graph.head["folds"]))
        hint = self.addAction("A double click folds the part around a node, or unfolds one")
        hint.setEnabled(False)

    def _add(self, words: str, keys: list[str]) -> None:
        action = self.addAction(f"{words} ({len(keys):,})", self._fold)
        action.setEnabled(bool(keys))
        action.setData(keys)

    def _fold(self) -> None:
        self.wanted.emit([*self.folds, *self.sender().data()])

    def _unfold(self) -> None:
        self.wanted.emit([])


def parts_around(graph: GraphAnswer, op: int | None) -> Sequence[list[Any]]:
    """The parts that hold an operation, the smallest first: [kind, key, label, first, last, call]."""
    around = [part for part in graph.parts if op is not None and part[3] <= op <= part[4]]
    return sorted(around, key=lambda part: part[4] - part[3])[:_MOST_AROUND]


def fold_words(part: list[Any]) -> str:
    """What folding this part is called in a menu."""
    words = {"name": "the value", "call": "the call of", "loop": "", "round": ""}[part[0]]
    return f"Fold {words} {part[2].replace('&', '&&')}".replace("  ", " ")
