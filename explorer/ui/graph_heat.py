"""Heat: nodes coloured by the size of what they hold, from vanishing over 1 to exploding, and what is not finite."""

from __future__ import annotations

from math import isfinite, log10
from typing import Any

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QWidget

from explorer.ui.graph_answer import GraphAnswer, Progress
from explorer.ui.graph_paint import mixed

DECADES = 6.0  # from 1 to the full colour
SMALL, ONE, LARGE, NOT_FINITE = QColor("#0072B2"), QColor("#F5F5F0"), QColor("#D55E00"), QColor("#8A2BE2")


def colour_of(number: Any) -> QColor | None:
    """The colour of a number's size; None for one that is not known. 0 is as small as it gets."""
    if number is None:
        return None
    if isinstance(number, str) or not isfinite(number):
        return NOT_FINITE
    size = -DECADES if number == 0.0 else max(-DECADES, min(DECADES, log10(abs(number))))
    return mixed(ONE, LARGE if size > 0 else SMALL, abs(size) / DECADES)


class Heat:
    """The colours of one answer's nodes: of tangents, or of adjoints once they are swept, and of values before.

    Of one of them at a time: a value of 1,000 beside an adjoint of 1 would look like one that explodes.
    """

    def __init__(self) -> None:
        self._answer: GraphAnswer | None = None
        self._progress: Progress | None = None
        self._weights: dict[str, float] = {}

    def follow(self, answer: GraphAnswer, progress: Progress) -> None:
        """Colour this answer."""
        self._answer, self._progress = answer, progress
        self._weights = dict(zip(answer.head["outputs"], answer.head["weights"], strict=True))

    def colour(self, node: int) -> QColor | None:
        """A node's colour, None where nothing of it is known."""
        answer, progress = self._answer, self._progress
        if answer is None or progress is None:
            return None
        op = answer.node_ops[node]
        if op is None:
            return None
        match self.what:
            case "tangents":
                number = progress.tangents[op]
            case "adjoints":
                number, drawn = progress.adjoints[op], answer.picture.nodes[node]
                if drawn.kind == "output" and number is not None:  # what its weight gives it
                    number = self._weights.get(drawn.title, number)
            case _:
                number = answer.values[op] if progress.known[op] else None
        return colour_of(number)

    @property
    def what(self) -> str:
        """What is coloured at the present row: "values", "tangents" or "adjoints"."""
        if self._answer is None or self._progress is None:
            return "values"
        return "tangents" if self._answer.mode == "forward" else "adjoints" if self._progress.swept else "values"


class HeatLegend(QWidget):
    """What the colours mean, in the upper left corner of the view."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("graph.heat.legend")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.tell("values")
        self.hide()

    def tell(self, what: str) -> None:
        """Say what is coloured."""
        self._what = what
        self.setAccessibleName(
            f"Colours of {what}: blue is near 0, white is about 1, orange is large, purple not finite"
        )
        width = self.fontMetrics().horizontalAdvance(f"10⁻⁶10⁶not finite{what}") + 170
        self.setGeometry(8, 8, width, self.fontMetrics().height() + 10)
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.tell(self._what)

    def paintEvent(self, event: QPaintEvent) -> None:
        metrics = self.fontMetrics()
        with QPainter(self) as painter:
            ground = self.palette().color(QPalette.ColorRole.Base)
            ground.setAlpha(220)
            painter.fillRect(self.rect(), ground)
            x, height = 6.0, self.height() - 10.0
            baseline = 5 + metrics.ascent()

            def word(text: str) -> None:
                nonlocal x
                painter.drawText(round(x), baseline, text)
                x += metrics.horizontalAdvance(text) + 5

            word(f"{self._what}:")
            word("10⁻⁶")
            bar = QRectF(x, 5, 90, height)
            shades = QLinearGradient(bar.topLeft(), bar.topRight())
            for share, colour in ((0.0, SMALL), (0.5, ONE), (1.0, LARGE)):
                shades.setColorAt(share, colour)
            painter.fillRect(bar, shades)
            painter.setPen(QColor("#000000"))
            painter.drawText(bar, Qt.AlignmentFlag.AlignCenter, "1")
            painter.setPen(self.palette().color(QPalette.ColorRole.Text))
            x += 95
            word("10⁶")
            painter.fillRect(QRectF(x + 4, 5, height, height), NOT_FINITE)
            x += height + 9
            word("not finite")
