"""The command palette: every action of the menus, found by a part of its name."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QMenuBar,
    QVBoxLayout,
    QWidget,
)

_WIDTH, _HEIGHT = 460, 340  # pixels: the longest name with its keys; a dozen rows


def commands(bar: QMenuBar) -> Iterator[tuple[str, QAction]]:
    """Each action that can be taken now, with its way through the menus: "View › Fit the graph"."""
    for action in bar.actions():
        yield from _commands(action, ())


def _commands(action: QAction, way: tuple[str, ...]) -> Iterator[tuple[str, QAction]]:
    words = action.text().partition("\t")[0].replace("&", "")
    menu = action.menu()
    if isinstance(menu, QMenu):
        menu.aboutToShow.emit()  # some are filled only then
        for inside in menu.actions():
            yield from _commands(inside, (*way, words))
    elif words and action.isEnabled() and not action.isSeparator():
        yield " › ".join((*way, words)), action


class CommandPalette(QDialog):
    """A line to type into, and below it the commands that have all of its words in their names."""

    def __init__(self, bar: QMenuBar, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("palette")
        self.setWindowTitle("Commands")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(_WIDTH, _HEIGHT)
        self.line = QLineEdit(objectName="palette.line")
        self.line.setAccessibleName("Part of a command's name")
        self.line.setPlaceholderText("Part of a command's name")
        self.list = QListWidget(objectName="palette.list")
        self.list.setAccessibleName("Commands")
        self.none = QLabel("No command has all of these words in its name.")
        self.none.setTextFormat(Qt.TextFormat.PlainText)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(8, 8, 8, 8)
        inside.addWidget(self.line)
        inside.addWidget(self.none)
        inside.addWidget(self.list)
        for words, action in commands(bar):
            keys = action.shortcut().toString() or action.text().partition("\t")[2]
            item = QListWidgetItem(f"{words}    {keys}" if keys else words, self.list)
            item.setData(Qt.ItemDataRole.UserRole, action)
        self.line.textChanged.connect(self._filter)
        self.line.returnPressed.connect(self._take)
        self.list.itemActivated.connect(self._take)
        self.line.installEventFilter(self)
        self._filter("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up and Down walk the list while the line keeps the focus."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
            if step:
                self._walk(step)
                return True
        return super().eventFilter(watched, event)

    def _filter(self, text: str) -> None:
        words = text.lower().split()
        rows = [self.list.item(row) for row in range(self.list.count())]
        for item in rows:
            item.setHidden(not all(word in item.text().lower() for word in words))
        first = next((item for item in rows if not item.isHidden()), None)
        self.list.setCurrentItem(first)
        self.none.setVisible(first is None)

    def _walk(self, step: int) -> None:
        shown = [row for row in range(self.list.count()) if not self.list.item(row).isHidden()]
        if shown:
            here = shown.index(self.list.currentRow()) if self.list.currentRow() in shown else 0
            self.list.setCurrentRow(shown[(here + step) % len(shown)])

    def _take(self) -> None:
        item = self.list.currentItem()
        if item is None:  # what was typed may be mended
            return
        self.close()
        self.parentWidget().activateWindow()  # where no window manager gives the focus back
        item.data(Qt.ItemDataRole.UserRole).trigger()
