"""The limits of runs as a person sees and changes them: the dialog, what is kept, what a run says."""

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog

from explorer.language.limits import RUN_LIMITS
from explorer.ui.limits_dialog import LimitsDialog, save_limits, saved_limits

COUNT = "def f(x):\n    t = x\n    for k in range(300):\n        t = t + x\n    return t"


@pytest.fixture
def usual_limits(shared_window):
    yield
    save_limits({})
    shared_window._limit({})


@pytest.fixture
def dialog(window, qtbot, usual_limits):
    action = next(a for menu in window._menus.values() for a in menu.actions() if a.text() == "&Limits …")
    action.trigger()
    found = window.findChild(QDialog, "limits")
    qtbot.waitUntil(found.isVisible)
    return found


def press(dialog, name):
    QTest.mouseClick(dialog.findChild(object, f"limits.{name}"), Qt.MouseButton.LeftButton)


def test_a_lower_limit_stops_a_run_with_its_line_and_is_kept(window, find, settle, dialog):
    window.editor.setPlainText(COUNT)
    settle()
    assert "301" in find("verdict.table").item(0, 3).text()
    dialog.boxes["steps"].setValue(1_000)
    press(dialog, "ok")
    settle()
    assert "Stopped after 1,000 steps, in line 4" in find("panel.verdict").status.text()
    assert saved_limits() == {"steps": 1_000}
    window.show_limits()
    again = [d for d in window.findChildren(LimitsDialog) if d.isVisible()][-1]
    assert again.boxes["steps"].value() == 1_000
    press(again, "defaults")
    press(again, "ok")
    settle()
    assert saved_limits() == {}
    assert "301" in find("verdict.table").item(0, 3).text()


def test_cancel_changes_nothing(dialog):
    dialog.boxes["depth"].setValue(20)
    press(dialog, "cancel")
    assert saved_limits() == {}


def test_a_setting_that_is_no_limit_is_left_out(usual_limits, application):
    for text in ("many", "-5", "0", "9" * 30, "1e3", "٣٣٣٣"):
        QSettings().setValue("limits/steps", text)
        assert saved_limits() == {}


def test_each_limit_is_seen_with_its_usual_value(dialog):
    assert {name: box.value() for name, box in dialog.boxes.items()} == {n: row[0] for n, row in RUN_LIMITS.items()}
    assert all(box.accessibleName() for box in dialog.boxes.values())
