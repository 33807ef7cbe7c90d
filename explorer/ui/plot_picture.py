"""A plot's picture for elsewhere, overlays and all: as pixels, twice as fine as an ordinary screen, or as SVG or PDF.

Imported when first asked for: most windows are closed without.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QPoint, QRect, QSaveFile, QSize, QSizeF, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QPageSize, QPainter, QPdfWriter, QPixmap
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox, QToolTip

from explorer.ui.numbers_out import copy_numbers, save_numbers

if TYPE_CHECKING:
    from explorer.ui.plot_view import PlotView
    from explorer.ui.surface_view import SurfaceView

    Pictured = PlotView | SurfaceView

FORMATS = {"PNG, pixels (*.png)": "png", "SVG, lines (*.svg)": "svg", "PDF, lines (*.pdf)": "pdf"}


def show_menu(view: Pictured, place: QPoint) -> None:
    """The menu of a plot, at a place of the screen."""
    menu = QMenu(view, objectName="plot.menu")
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    copying = menu.addAction("Copy picture", lambda: copy(view))
    copying.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
    saving = menu.addAction("Save picture …", lambda: save(view))
    for action in (copying, saving):
        action.setEnabled(view.has_picture())
    if any(view.numbers()):
        menu.addSeparator()
        menu.addAction("Copy numbers", lambda: copy_numbers(view, view.numbers()))
        menu.addAction("Save numbers …", lambda: save_numbers(view, _name(view), view.numbers))
    menu.popup(place)


def _name(view: Pictured) -> str:
    return view.objectName().replace(".", "-") or "plot"


def copy(view: Pictured) -> None:
    """Put the picture on the clipboard."""
    view.draw_for_export(lambda pixmap: _copied(view, pixmap))


def _copied(view: Pictured, pixmap: QPixmap) -> None:
    QGuiApplication.clipboard().setPixmap(pixmap)
    QToolTip.showText(view.mapToGlobal(view.rect().center()), "The picture is on the clipboard.", view)


def save(view: Pictured) -> None:
    """Ask for a name and write the picture as what its ending says."""
    dialog = QFileDialog(view, "Save the picture of this plot", objectName="plot.save")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters(list(FORMATS))
    dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(FORMATS[chosen]))
    dialog.setDefaultSuffix("png")
    dialog.selectFile(_name(view))
    dialog.fileSelected.connect(lambda path: save_as(view, path))
    dialog.open()


def save_as(view: Pictured, path: str) -> None:
    """Write the picture as PNG, SVG or PDF, by the ending of the file's name."""
    ending = path.rpartition(".")[2].lower()
    if ending in ("svg", "pdf"):
        view.write_for_export(ending, lambda content: _write(view, path, content), lambda reason: _say(view, reason))
    elif ending == "png":
        view.draw_for_export(lambda pixmap: _write(view, path, _png(pixmap)))
    else:
        _say(view, f"a name that ends in .{ending} says neither PNG, SVG nor PDF")


def lines(kind: str, title: str, size: QSize, paint: Callable[[QPainter], None]) -> bytes:
    """What `paint` draws on this many logical pixels as the content of an "svg" or a "pdf"."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    painter = QPainter()
    if kind == "svg":
        from PySide6.QtSvg import QSvgGenerator

        drawing = QSvgGenerator()
        drawing.setOutputDevice(buffer)
        drawing.setResolution(96)  # a logical pixel is one of CSS
        drawing.setSize(size)
        drawing.setViewBox(QRect(QPoint(0, 0), size))
    else:
        drawing = QPdfWriter(buffer)
        page = QSizeF(size) * 0.75  # points: 72 to an inch, as there are 96 pixels
        drawing.setPageSize(QPageSize(page, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch))
        drawing.setPageMargins(QMarginsF(0, 0, 0, 0))
    drawing.setTitle(title)
    painter.begin(drawing)
    if kind == "pdf":
        painter.scale(drawing.width() / size.width(), drawing.height() / size.height())
    paint(painter)
    painter.end()
    return bytes(data.data())


def _png(pixmap: QPixmap) -> bytes:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    pixmap.save(buffer, "PNG")
    return bytes(data.data())


def _write(view: Pictured, path: str, content: bytes) -> None:
    """The file as a whole or not at all; a failure is said."""
    file = QSaveFile(path)
    if not (
        content
        and file.open(QIODevice.OpenModeFlag.WriteOnly)
        and file.write(content) == len(content)
        and file.commit()
    ):
        _say(view, file.errorString())


def _say(view: Pictured, reason: str) -> None:
    box = QMessageBox(view, text=f"The picture could not be written: {reason}.", objectName="plot.fault")
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.open()
