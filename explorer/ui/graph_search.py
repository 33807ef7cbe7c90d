"""The line in which a node is looked for, by its name, operation, formula or value."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from explorer.ui.graph_answer import GraphAnswer


class NodeSearch(QLineEdit):
    """The line; Escape leaves it."""

    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("graph.search")
        self.setAccessibleName("Find a node by its name, operation or value")
        self.setPlaceholderText("Find a node")
        # Only with the first text: its icon is looked for in the desktop's whole theme, a quarter of the panel's time.
        self.textChanged.connect(lambda: self.setClearButtonEnabled(True))
        self.setMinimumWidth(70)

    def start(self) -> None:
        """Be ready for other words."""
        self.setFocus()
        self.selectAll()

    def found(self, graph: GraphAnswer, value: Callable[[int], str | None]) -> list[int]:
        """The nodes that the words are for, in the order of the graph; `value` is the text of a node's."""
        text = self.text().strip().casefold()
        if not text:
            return []
        picture, found = graph.picture, []
        for node in range(len(picture.nodes)):
            op = graph.node_ops[node]
            words = [picture.names[node], picture.nodes[node].title, picture.nodes[node].operation]
            words += graph.aliases[op] if op is not None else []
            if any(text == word.casefold() for word in words) or (
                op is not None and (text in graph.formulas[op].casefold() or text == value(node))
            ):
                found.append(node)
        return found

    def event(self, event: QEvent) -> bool:
        """Escape is ours here, and cancels nothing."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                self.left.emit()
                return True
        return super().event(event)
