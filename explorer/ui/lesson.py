"""The lessons: a page of text for each panel, with links that open examples beside it, and the other lessons."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QUrl, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QTextBrowser, QVBoxLayout, QWidget

from explorer.ui.resources import resource

_WIDTH, _HEIGHT = 520, 560  # pixels: lines of some 75 letters, and most lessons whole
# The links' schemes; what follows is the name of a file in resources/examples, or in resources/lessons.
_EXAMPLE, _LESSON = "example", "lesson"
LESSONS = ("function", "graph", "symbolic", "differences", "optimize", "verdict")  # in the order in which one learns


def title(name: str) -> str:
    """What a lesson is called: its first line."""
    return _text(name).partition("\n")[0].removeprefix("# ")


def _text(name: str) -> str:
    return resource(f"lessons/{name}.md").read_text(encoding="utf-8")


class LessonView(QDialog):
    """One lesson, in a window of its own beside the program's; it stays open while its examples are looked at.

    A tool window: the keys of the program, which the lessons tell of, work in it too.
    """

    example_asked = Signal(str)
    lesson_asked = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Tool)
        self.setObjectName("lesson")
        self.name = ""
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
        others = " · ".join(f"[{title(other)}]({_LESSON}:{other})" for other in LESSONS if other != name)
        self.name = name
        self.setWindowTitle(title(name))
        self.page.setMarkdown(f"{_text(name)}\n---\n\nOther lessons: {others}\n")
        self.show()
        self.raise_()

    def event(self, event: QEvent) -> bool:
        """Escape closes this window; it is not the program's Escape, which cancels."""
        override = event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if override and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def _follow(self, link: QUrl) -> None:
        if link.scheme() == _EXAMPLE:
            self.example_asked.emit(link.path())
        elif link.scheme() == _LESSON:
            self.lesson_asked.emit(link.path())
