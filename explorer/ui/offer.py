"""The offer: one click, or Alt+U, puts in the text that was probably meant (LaTeX as a formula, 3,5 as 3.5)."""

from __future__ import annotations

import html

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

_MARGIN = 20  # pixels beside the words


class Offer(QPushButton):
    """A button that shows the text it would put in; it is seen only while there is one."""

    taken = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("offer")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.offered = ""
        self.clicked.connect(lambda: self.taken.emit(self.offered))
        self.hide()

    def make(self, text: str) -> None:
        """Offer a text; the empty one withdraws the offer."""
        self.offered = text
        self.setAccessibleName(f"Use instead: {text}")
        self.setToolTip(f"<pre>{html.escape(text)}</pre>")  # a tip guesses HTML: here it is, escaped
        self._show_words()
        self.setVisible(bool(text))

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(min(hint.width(), 200), hint.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_words()

    def _show_words(self) -> None:
        words = "Use this algorithm" if "\n    " in self.offered else "Use " + self.offered.replace("\n", ";  ")
        shown = self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, self.width() - _MARGIN)
        self.setText("&" + shown.replace("&", "&&"))
