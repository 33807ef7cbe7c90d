"""Every command of every menu: it can be chosen, and nothing fails in what it calls."""

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication

from explorer.ui import text_size

LEAVES = {"Quit"}  # what would end the test


def test_every_command_of_every_menu_does_something_without_a_fault(qtbot, window, application):
    # pytest-qt fails a test in whose slots an exception is raised.
    for place in range(window.tabs.count()):
        window.tabs.setCurrentIndex(place)
        qtbot.wait(1)
    chosen = 0
    for action in window.findChildren(QAction):
        words = action.text().replace("&", "")
        if not words or action.isSeparator() or action.menu() is not None or words in LEAVES or not action.isEnabled():
            continue
        action.trigger()
        chosen += 1
        QApplication.processEvents()
        for other in QApplication.topLevelWidgets():
            if other is not window and other.isVisible():
                other.close()
    assert chosen > 60
    text_size.step(window, 0)
    window.choose_theme(False)
