"""Where Tab goes: what is built late would come behind all that was there before, wherever it stands."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QTabWidget, QWidget

_ROW = 12  # pixels: what is in the middle of a row is not farther apart


def in_place(inside: QWidget) -> None:
    """Let Tab reach what was made in a page right behind the tabs to which the page belongs, as it is read there.

    It is put there once it is seen: before, nothing of it has a place.
    """
    if inside.isVisible():
        _laid_out(inside)
    else:
        inside.installEventFilter(_Seen(inside))


class _Seen(QObject):
    """Waits until a widget is shown for the first time."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget):
            watched.removeEventFilter(self)
            self.deleteLater()
            _laid_out(watched)
        return False


def _laid_out(inside: QWidget) -> None:
    """Put it in place in the next turn, when it has been laid out; if it is gone from sight by then, the next time."""
    QTimer.singleShot(0, inside, lambda: _put_in_place(inside) if inside.isVisible() else in_place(inside))


def _put_in_place(inside: QWidget) -> None:
    tabs = inside.parentWidget()
    while tabs is not None and not isinstance(tabs, QTabWidget):
        tabs = tabs.parentWidget()
    if tabs is None:
        return
    window, before = inside.window(), tabs.tabBar()
    # Not by nextInFocusChain: each call would make its answer a part of the widget that was asked, for Python.
    reached = [
        widget
        for widget in inside.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not _part(widget) and widget.window() == window
    ]

    def place(widget: QWidget) -> tuple[bool, int, int]:
        seen = widget.tabBar() if isinstance(widget, QTabWidget) else widget  # the bar stands for the frame
        middle = seen.mapTo(inside, seen.rect().center())
        return not widget.isVisible(), middle.y() // _ROW, middle.x()

    for widget in sorted(reached, key=place):
        QWidget.setTabOrder(before, widget)
        before = widget


def _part(widget: QWidget) -> bool:
    """Whether it is the line of a box, which goes where the box goes."""
    return isinstance(widget.parentWidget(), QAbstractSpinBox | QComboBox)
