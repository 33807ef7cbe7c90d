"""Tables of numbers for elsewhere: on the clipboard or in a file, as CSV with all digits.

Imported when first asked for.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import QPoint, QSaveFile, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMessageBox, QToolTip, QWidget

Rows = Iterable[Sequence[object]]


def csv_text(rows: Rows) -> str:
    """The rows as CSV; floats with the digits that determine them, NaN and ∞ as nan and inf, None as nothing."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def copy_numbers(widget: QWidget, rows: Rows) -> None:
    """Put the rows on the clipboard."""
    QGuiApplication.clipboard().setText(csv_text(rows))
    QToolTip.showText(widget.mapToGlobal(QPoint(0, widget.height())), "The numbers are on the clipboard.", widget)


def save_numbers(widget: QWidget, name: str, rows: Callable[[], Rows]) -> None:
    """Ask for a file's name, with this one offered, and write the rows as they are then."""
    dialog = QFileDialog(widget, "Save these numbers", objectName="numbers.save")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters(["CSV (*.csv)"])
    dialog.setDefaultSuffix("csv")
    dialog.selectFile(f"{name}.csv")
    dialog.fileSelected.connect(lambda path: write_numbers(widget, path, rows()))
    dialog.open()


def write_numbers(widget: QWidget, path: str, rows: Rows) -> None:
    """The file as a whole or not at all; a failure is said."""
    content = csv_text(rows).encode()
    file = QSaveFile(path)
    if not (file.open(QSaveFile.OpenModeFlag.WriteOnly) and file.write(content) == len(content) and file.commit()):
        box = QMessageBox(widget, text=f"The numbers could not be written: {file.errorString()}.")
        box.setObjectName("numbers.fault")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.open()
