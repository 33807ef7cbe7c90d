"""A plot's picture for elsewhere: on the clipboard or in a file, twice as fine as an ordinary screen, overlays and all.

Imported when first asked for: most windows are closed without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QSaveFile, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QPixmap
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox, QToolTip

if TYPE_CHECKING:
    from explorer.ui.plot_view import PlotView


def show_menu(view: PlotView, place: QPoint) -> None:
    """The menu of a plot, at a place of the screen."""
    menu = QMenu(view, objectName="plot.menu")
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    copying = menu.addAction("Copy picture", lambda: copy(view))
    copying.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
    saving = menu.addAction("Save picture …", lambda: save(view))
    for action in (copying, saving):
        action.setEnabled(view.axes() is not None)
    menu.popup(place)


def copy(view: PlotView) -> None:
    """Put the picture on the clipboard."""
    view.draw_for_export(lambda pixmap: _copied(view, pixmap))


def _copied(view: PlotView, pixmap: QPixmap) -> None:
    QGuiApplication.clipboard().setPixmap(pixmap)
    QToolTip.showText(view.mapToGlobal(view.rect().center()), "The picture is on the clipboard.", view)


def save(view: PlotView) -> None:
    """Ask for a name and write the picture as PNG."""
    dialog = QFileDialog(view, "Save the picture of this plot", objectName="plot.save")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters(["PNG (*.png)"])
    dialog.setDefaultSuffix("png")
    dialog.selectFile(f"{view.objectName().replace('.', '-') or 'plot'}.png")
    dialog.fileSelected.connect(lambda path: view.draw_for_export(lambda pixmap: _write(view, path, pixmap)))
    dialog.open()


def _write(view: PlotView, path: str, pixmap: QPixmap) -> None:
    """The file as a whole or not at all; a failure is said."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    file = QSaveFile(path)
    if not (
        pixmap.save(buffer, "PNG")
        and file.open(QIODevice.OpenModeFlag.WriteOnly)
        and file.write(data) == data.size()
        and file.commit()
    ):
        box = QMessageBox(view, text=f"The picture could not be written: {file.errorString()}.")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.open()
