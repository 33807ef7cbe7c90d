"""Heat: nodes coloured by the size of what they hold, from vanishing over 1 to exploding, and what is not finite."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, isfinite, log10
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QWidget

from explorer.ui.graph_answer import GraphAnswer, Progress
from explorer.ui.graph_paint import mixed

DECADES = 6.0  # from 1 to the full colour
_BAR = 90  # pixels of the legend's colours
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


def legend_size(what: str, metrics: QFontMetricsF) -> QSizeF:
    """The room that the legend of what is coloured needs."""
    return QSizeF(ceil(metrics.horizontalAdvance(f"10⁻⁶10⁶not finite{what}")) + 170, ceil(metrics.height()) + 10)


def draw_legend(
    painter: QPainter,
    what: str,
    metrics: QFontMetricsF,
    ink: QColor,
    write: Callable[[float, float, str, QColor], None],
) -> None:
    """What the colours mean, from (0, 0) on; `write` puts a text of these metrics from x on its baseline y."""
    x, height, baseline = 6.0, metrics.height(), 5 + metrics.ascent()

    def word(text: str) -> None:
        nonlocal x
        write(x, baseline, text, ink)
        x += metrics.horizontalAdvance(text) + 5

    word(f"{what}:")
    word("10⁻⁶")
    for left in range(0, _BAR, 2):  # stripes, for a gradient is lost in a PDF
        colour = colour_of(10.0 ** (DECADES * (2 * left / (_BAR - 2) - 1)))
        painter.fillRect(QRectF(x + left, 5, _BAR - left, height), colour or ONE)
    write(x + (_BAR - metrics.horizontalAdvance("1")) / 2, baseline, "1", QColor("#000000"))
    x += _BAR + 5
    word("10⁶")
    painter.fillRect(QRectF(x + 4, 5, height, height), NOT_FINITE)
    x += height + 9
    word("not finite")


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
        size = legend_size(what, QFontMetricsF(self.font())).toSize()
        self.setGeometry(8, 8, size.width(), size.height())
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.tell(self._what)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            ground = self.palette().color(QPalette.ColorRole.Base)
            ground.setAlpha(220)
            painter.fillRect(self.rect(), ground)

            def write(x: float, y: float, text: str, colour: QColor) -> None:
                painter.setPen(colour)
                painter.drawText(QPointF(x, y), text)

            draw_legend(
                painter, self._what, QFontMetricsF(self.font()), self.palette().color(QPalette.ColorRole.Text), write
            )
