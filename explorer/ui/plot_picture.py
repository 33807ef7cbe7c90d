"""A plot's picture for elsewhere, overlays and all: as pixels, twice as fine as an ordinary screen, or as SVG or PDF.

Imported when first asked for: most windows are closed without.
"""

from __future__ import annotations

import base64
import zlib
from array import array
from typing import Any

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QSaveFile, Qt
from PySide6.QtGui import QGuiApplication, QImage, QKeySequence, QPixmap
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox, QToolTip

from explorer.ui.plot_view import Marker, Overlay, PlotView, Polyline

FORMATS = {"PNG, pixels (*.png)": "png", "SVG, lines (*.svg)": "svg", "PDF, lines (*.pdf)": "pdf"}


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
    """Ask for a name and write the picture as what its ending says."""
    dialog = QFileDialog(view, "Save the picture of this plot", objectName="plot.save")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters(list(FORMATS))
    dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(FORMATS[chosen]))
    dialog.setDefaultSuffix("png")
    dialog.selectFile(view.objectName().replace(".", "-") or "plot")
    dialog.fileSelected.connect(lambda path: save_as(view, path))
    dialog.open()


def save_as(view: PlotView, path: str) -> None:
    """Write the picture as PNG, SVG or PDF, by the ending of the file's name."""
    ending = path.rpartition(".")[2].lower()
    if ending in ("svg", "pdf"):
        asks = {"format": ending, "overlay": [_plain(part, colour) for part, colour in view.overlay()]}
        view.write_for_export(asks, lambda content: _write(view, path, content), lambda reason: _say(view, reason))
    elif ending == "png":
        view.draw_for_export(lambda pixmap: _write(view, path, _png(pixmap)))
    else:
        _say(view, f"a name that ends in .{ending} says neither PNG, SVG nor PDF")


def _png(pixmap: QPixmap) -> bytes:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    pixmap.save(buffer, "PNG")
    return bytes(data.data())


def _plain(part: Overlay, colour: str) -> dict[str, Any]:
    """A part of the overlay in JSON's terms, as `plots.overlays` draws it."""
    if isinstance(part, Polyline):
        x, y = ({"float64": base64.b64encode(array("d", values)).decode("ascii")} for values in (part.x, part.y))
        look = {"width": part.width, "dashed": part.dashed, "arrow": part.arrow}
        return {"kind": "line", "x": x, "y": y, "colour": colour, **look}
    if isinstance(part, Marker):
        place = [repr(value) for value in (float(part.x), float(part.y))]
        look = {"shape": part.shape, "label": part.label}
        return {"kind": "marker", "x": place[0], "y": place[1], "colour": colour, **look}
    image = part.image.convertToFormat(QImage.Format.Format_RGBA8888)
    rows = b"".join(bytes(image.constScanLine(row))[: 4 * image.width()] for row in range(image.height()))
    return {
        "kind": "raster",
        "rgba": base64.b64encode(zlib.compress(rows, 1)).decode("ascii"),
        "width": image.width(),
        "height": image.height(),
        "x_limits": list(part.x_limits),
        "y_limits": list(part.y_limits),
    }


def _write(view: PlotView, path: str, content: bytes) -> None:
    """The file as a whole or not at all; a failure is said."""
    file = QSaveFile(path)
    if not (
        content
        and file.open(QIODevice.OpenModeFlag.WriteOnly)
        and file.write(content) == len(content)
        and file.commit()
    ):
        _say(view, file.errorString())


def _say(view: PlotView, reason: str) -> None:
    box = QMessageBox(view, text=f"The picture could not be written: {reason}.", objectName="plot.fault")
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.open()
