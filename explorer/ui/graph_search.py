"""The line in which a node is looked for, by its name, operation, formula or value."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from explorer.ui.graph_answer import GraphAnswer
from explorer.ui.graph_picture import Picture


class NodeSearch(QLineEdit):
    """The line; Escape leaves it."""

    left = Signal()

    def __init__(self, name: str = "graph.search", parent: QWidget | None = None) -> None:
        """name: the widget's objectName."""
        super().__init__(parent)
        self.setObjectName(name)
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

    def found_in(self, picture: Picture) -> list[int]:
        """The nodes of a picture that the words are for, where all that is known of them is drawn or told of them."""
        text = self.text().strip().casefold()
        return [
            number
            for number, node in enumerate(picture.nodes if text else ())
            if text in (picture.names[number].casefold(), node.title.casefold(), node.operation.casefold(), node.value)
            or text in node.detail.casefold()
        ]

    def next_of(self, found: list[int], here: int | None, from_here: bool) -> int | None:
        """The one of these nodes after the one that is selected, or that one itself `from_here`; round and round."""
        self.setToolTip(f"{len(found)} found; Return goes to the next" if self.text() else "")
        self.setProperty("wrong", bool(self.text()) and not found)
        after = -1 if here is None else here - 1 if from_here else here
        return next((node for node in found if node > after), found[0] if found else None)

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
