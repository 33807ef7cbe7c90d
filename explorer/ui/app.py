"""The application around the window: style, settings, and the last place where an exception is caught."""

from __future__ import annotations

import sys
import traceback
from types import TracebackType

from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QApplication, QMessageBox

from explorer.ui import text_size, theme


def make_application(arguments: list[str]) -> QApplication:
    """The QApplication with our names (settings are kept under them) and our look."""
    application = QApplication(arguments)
    application.setOrganizationName("DifferentiationExplorer")
    application.setApplicationName("explorer")
    application.setApplicationDisplayName("Differentiation Explorer")
    chosen = QSettings().value("theme")
    theme.apply(application, theme.prefers_dark(application) if chosen is None else chosen == "dark")
    text_size.apply(application, text_size.chosen())
    return application


def spare_imports_the_scan() -> None:
    """Tell PySide that every module may hold its names as they are, so that it need not look.

    It reads the source of each module that is imported after it, Python's own too, for the word PySide6, because one
    might use `__feature__`; that takes longer than the import itself. A PySide that does this differently goes on
    doing so: slower, and no fault.
    """
    feature = sys.modules.get("shibokensupport.feature")
    if feature is not None:
        feature._mod_uses_pyside = lambda module: True


def open_window(path: str | None) -> int:
    """Open the window on the worked example, a text or a file, and run until it is closed; the exit code."""
    spare_imports_the_scan()
    application = make_application(sys.argv[:1])
    sys.excepthook = _tell
    from explorer.ui.window import MainWindow  # after the application: fonts and palettes need it

    window = MainWindow(path, at_once=False)
    window.show()
    return application.exec()


def _tell(kind: type[BaseException], error: BaseException, at: TracebackType | None) -> None:
    """A fault of ours is shown with its details, and the window goes on; one box at a time, however many there are."""
    if issubclass(kind, KeyboardInterrupt):
        QApplication.quit()
        return
    details = "".join(traceback.format_exception(kind, error, at))
    print(details, file=sys.stderr)
    if any(isinstance(widget, _FaultBox) for widget in QApplication.topLevelWidgets()):
        return
    box = _FaultBox(QMessageBox.Icon.Warning, "Differentiation Explorer", "Something failed in the program itself.")
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText("Your text is as it was. The details can be copied for a report.")
    box.setDetailedText(details)
    _FaultBox.shown = box
    box.open()  # not exec: an exception in a slot must not start a second event loop


class _FaultBox(QMessageBox):
    """Tells of a fault; `shown` keeps it, for Python deletes a box that nobody holds."""

    shown: _FaultBox | None = None
