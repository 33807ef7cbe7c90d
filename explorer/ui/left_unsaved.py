"""One line about what an earlier window left unsaved: a click brings it back, another puts the line away."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QToolButton, QWidget

from explorer.ui.journal import Left

_MARGIN = 20  # pixels beside the words


class LeftUnsaved(QWidget):
    """Names the text by its first line; it hides when it was answered."""

    taken = Signal(object)  # the Left that is to be brought back

    def __init__(self, left: Left, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        when = time.strftime("%d %b %H:%M", time.localtime(left.at))
        self._words = f"Bring back unsaved: {left.first_line}"
        self.button = QPushButton(objectName="left")
        self.button.setAccessibleName(f"Bring back what was not saved on {when}: {left.first_line}")
        self.button.setToolTip(f"Not saved on {when}; File › Bring back has older ones too")
        self.button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.button.clicked.connect(lambda: self._take(left))
        away = QToolButton(text="✕", objectName="left.away", autoRaise=True)
        away.setAccessibleName("Leave it where it is")
        away.setToolTip("Leave it where it is: File › Bring back has it")
        away.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(self.button, 1)
        row.addWidget(away)

    def _take(self, left: Left) -> None:
        self.hide()
        self.taken.emit(left)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = self.button.width() - _MARGIN
        shown = self.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, room)
        self.button.setText(shown.replace("&", "&&"))
