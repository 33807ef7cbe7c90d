"""The application around the window: its names, its look, and a fault of ours that is told once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication, QMessageBox

from explorer.ui import app

ROOT = Path(__file__).parents[1]

STARTED = """
import sys
from PySide6.QtCore import QSettings
QSettings.setDefaultFormat(QSettings.Format.IniFormat)
QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, sys.argv[1])
from explorer.ui import theme
from explorer.ui.app import make_application
application = make_application(["explorer"])
from PySide6.QtWidgets import QWidget
names = application.organizationName(), application.applicationName(), application.style().name()
print(*names, theme.is_dark(QWidget()))
QSettings().setValue("theme", sys.argv[2])
"""


def test_the_application_has_its_names_and_the_theme_that_was_chosen_last(tmp_path):
    def start(choice):
        command = [sys.executable, "-c", STARTED, str(tmp_path), choice]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()

    assert start("dark") == ["DifferentiationExplorer", "explorer", "fusion", "False"]
    assert start("light")[-1] == "True"
    assert start("light")[-1] == "False"


def boxes():
    return [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, QMessageBox)]


def told_of(error):
    app._tell(type(error), error, error.__traceback__)


@pytest.fixture
def no_box_left(qapp):
    yield
    for box in boxes():
        box.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_a_fault_of_ours_is_shown_once_with_its_details_and_the_program_goes_on(qtbot, no_box_left, capsys):
    for name in ("<b>first</b>", "second"):
        try:
            raise ValueError(name)
        except ValueError as error:
            told_of(error)
    (box,) = boxes()
    assert box.textFormat() == Qt.TextFormat.PlainText
    assert "ValueError: <b>first</b>" in box.detailedText()
    assert box.isVisible()
    said = capsys.readouterr().err
    assert "first" in said
    assert "second" in said


def test_no_source_is_read_while_the_window_imports_its_modules():
    """PySide looks into each module for `__feature__`; that took as long as the imports themselves."""
    code = """
import inspect, sys
from explorer.ui.app import spare_imports_the_scan
spare_imports_the_scan()
read = []
original = inspect.getsource
inspect.getsource = lambda module: (read.append(module.__name__), original(module))[1]
import explorer.ui.panels.graph
assert "explorer.ui.panels.graph" in sys.modules
print(read)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
