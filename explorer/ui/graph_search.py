"""The line in which a node is looked for, by its name, operation, formula or value."""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QLineEdit, QWidget

from explorer.language.names import pretty_name
from explorer.ui.graph_answer import GraphAnswer
from explorer.ui.graph_picture import Picture
from explorer.ui.panel import UNDEFINED

_ROUNDED = 0.1  # by so much of itself a number may be off as it is written, and not by more
_SIGNS = str.maketrans(
    {"-": "−", "*": "·", " ": None, "(": None, ")": None}
)  # as they are typed, and as they are shown
_WORD = re.compile(r"[^\W\d]\w*")
_WORDS = {"nan": UNDEFINED, "inf": "∞", "infinity": "∞", "-inf": "−∞", "-∞": "−∞"}


def _shown(text: str) -> str:
    """What is typed with the signs of the window: x1*x2 as x₁·x₂."""
    return _WORD.sub(lambda word: pretty_name(word[0]), text.replace("**", "^")).translate(_SIGNS)


def _last_digit(text: str) -> float:
    """Half of one in the last digit that was typed; 0 where no part of a number was, for 5 is 5 and not 5.3."""
    number = Decimal(text)
    exponent = number.as_tuple().exponent
    parted = isinstance(exponent, int) and ("." in text or "e" in text)
    return 0.5 * 10.0**exponent if parted else 0.0


class _Index:
    """What the nodes of a graph are found by, gathered once: ten thousand are searched with every key."""

    def __init__(self, graph: GraphAnswer) -> None:
        self.graph = graph
        picture = graph.picture
        # Columns of words, each with the nodes that its entries are of.
        everywhere = range(len(picture.nodes))
        aliased = [(alias, n) for n, op in enumerate(graph.node_ops) if op is not None for alias in graph.aliases[op]]
        self._words: list[tuple[list[str], Sequence[int]]] = [
            ([name.casefold() for name in picture.names], everywhere),
            ([drawn.title.casefold() for drawn in picture.nodes], everywhere),
            ([drawn.operation.casefold() for drawn in picture.nodes], everywhere),
            ([alias.casefold() for alias, _ in aliased], [node for _, node in aliased]),
        ]
        self._nodes_of: dict[int, list[int]] = {}
        for node, op in enumerate(graph.node_ops):
            if op is not None:
                self._nodes_of.setdefault(op, []).append(node)
        formulas = [formula.casefold().translate(_SIGNS) for formula in graph.formulas]
        self._formulas = "\n".join(formulas)
        self._ends = list(itertools.accumulate(len(formula) + 1 for formula in formulas))

    def named(self, text: str) -> Iterator[int]:
        """The nodes with this name, title, operation or other name."""
        for words, nodes in self._words:
            yield from (node for word, node in zip(words, nodes, strict=True) if word == text)

    def with_formula(self, text: str) -> Iterator[int]:
        """The nodes whose formula has the text in it."""
        place = self._formulas.find(text)
        while place >= 0:
            op = bisect.bisect_right(self._ends, place)
            yield from self._nodes_of.get(op, ())
            place = self._formulas.find(text, self._ends[op])

    def worth(self, text: str) -> Iterator[int]:
        """The nodes whose value rounds to the number that was typed, with as many digits."""
        try:
            number, half = float(text), _last_digit(text) * (1 + 1e-9)
        except (ValueError, ArithmeticError):
            return
        for op, nodes in self._nodes_of.items():
            value = self.graph.values[op]
            if half and isinstance(value, float | int) and abs(value - number) <= half:
                yield from nodes

    def near(self, text: str) -> Iterator[int]:
        """The nodes whose value may be written as the text; all, where it is not a plain number's."""
        try:
            number = float(text.replace("−", "-"))
        except ValueError:
            if text == UNDEFINED or "∞" in text or "ε" in text:
                yield from range(len(self.graph.node_ops))
            return
        for op, nodes in self._nodes_of.items():
            value = self.graph.values[op]
            if isinstance(value, float | int) and abs(value - number) <= _ROUNDED * abs(number):
                yield from nodes


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
        self._index: _Index | None = None
        self._count: int | None = None  # of the nodes that were found, None where none have been looked for …
        self._looked_for = ""  # … with these words
        self.textChanged.connect(lambda text: None if text == self._looked_for else self._tell(None))

    def start(self) -> None:
        """Be ready for other words."""
        self.setFocus()
        self.selectAll()

    def found(self, graph: GraphAnswer, value: Callable[[int], str | None]) -> list[int]:
        """The nodes that the words are for, in the order of the graph; `value` is the text of a node's."""
        text = self.text().strip().casefold()
        if not text:
            return []
        if self._index is None or self._index.graph is not graph:
            self._index = _Index(graph)
        shown, named = _shown(text), set(self._index.named(text))
        found = {*named, *self._index.named(shown), *self._index.worth(text.replace("−", "-"))}
        # Of log10 the digits are no subscript; and v3 is the node of that name, not those that use it.
        for formula in {text.translate(_SIGNS), "" if named else shown} - {""}:
            found.update(self._index.with_formula(formula))
        text = _WORDS.get(text, text.replace("-", "−"))
        found.update(node for node in self._index.near(text) if text == value(node))
        return sorted(found)

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
        self._tell(len(found) if self.text().strip() else None)
        after = -1 if here is None else here - 1 if from_here else here
        return next((node for node in found if node > after), found[0] if found else None)

    def _tell(self, count: int | None) -> None:
        """Say how many were found; None: nothing."""
        self._count, self._looked_for = count, self.text()
        words = "" if count is None else f"{count:,} found; Return goes to the next" if count else "No node fits"
        self.setToolTip(words)
        self.setAccessibleDescription(words)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """How many were found stands behind what is typed, where it has room."""
        super().paintEvent(event)
        if self._count is None:
            return
        words, metrics = f"{self._count:,}" if self._count else "none", self.fontMetrics()
        typed = metrics.horizontalAdvance(self.text()) + 2 * metrics.averageCharWidth()
        room = self.rect().adjusted(typed, 0, -self.height() - 4, 0)  # before the button that clears
        if metrics.horizontalAdvance(words) <= room.width():
            with QPainter(self) as painter:
                painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
                painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)

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
