"""The lessons: a page of text for each panel, with links that open examples beside it."""

from __future__ import annotations

from PySide6.QtCore import QUrl, Signal
from PySide6.QtWidgets import QDialog, QTextBrowser, QVBoxLayout, QWidget

from explorer.ui.resources import resource

_WIDTH, _HEIGHT = 520, 560  # pixels: lines of some 75 letters, and most lessons whole
_EXAMPLE = "example"  # the links' scheme; what follows it is the name of a file in resources/examples


class LessonView(QDialog):
    """One lesson, in a window of its own beside the program's; it stays open while its examples are looked at."""

    example_asked = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("lesson")
        self.resize(_WIDTH, _HEIGHT)
        self.page = QTextBrowser(objectName="lesson.page")
        self.page.setAccessibleName("Lesson")
        self.page.setOpenLinks(False)
        self.page.anchorClicked.connect(self._follow)
        self.page.document().setDocumentMargin(14)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.page)

    def show_lesson(self, name: str) -> None:
        """Show the lesson of this panel; the texts are the program's own, so that Markdown is safe."""
        text = resource(f"lessons/{name}.md").read_text(encoding="utf-8")
        self.setWindowTitle(text.partition("\n")[0].removeprefix("# "))
        self.page.setMarkdown(text)
        self.show()
        self.raise_()

    def _follow(self, link: QUrl) -> None:
        if link.scheme() == _EXAMPLE:
            self.example_asked.emit(link.path())
