"""The code dialog on the real window and its workers."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from explorer.ui.code_dialog import LANGUAGES
from explorer.work.export import TARGETS
from tests.ui.conftest import PATIENCE_MS


@pytest.fixture
def code(window, find, qtbot):
    """Opens the dialog on the present function; its widgets are then found by name."""

    def opened():
        window.show_code()
        qtbot.waitUntil(lambda: not window.crew.worker("code").busy, timeout=PATIENCE_MS)
        return find("code")

    return opened


def test_the_code_of_the_worked_example_is_shown_copied_and_saved(code, find, qtbot, tmp_path):
    dialog = code()
    assert "def value_and_gradient(x1, x2):" in find("code.text").toPlainText()
    find("code.language").setCurrentIndex(1)
    qtbot.waitUntil(lambda: "import numpy" in find("code.text").toPlainText(), timeout=PATIENCE_MS)
    qtbot.waitUntil(find("code.copy").isEnabled, timeout=PATIENCE_MS)
    qtbot.mouseClick(find("code.copy"), Qt.MouseButton.LeftButton)
    assert "values_and_gradients(x1, x2)" in QApplication.clipboard().text()
    dialog._save(str(tmp_path / "gradient.py"))
    assert (tmp_path / "gradient.py").read_text(encoding="utf-8") == find("code.text").toPlainText()
    qtbot.mouseClick(find("code.close"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dialog_is_open(dialog), timeout=PATIENCE_MS)


def dialog_is_open(dialog) -> bool:
    try:
        return dialog.isVisible()
    except RuntimeError:  # deleted
        return False


def test_a_loop_that_an_input_ends_has_no_one_code_and_that_is_said(code, find, write):
    write("def f(x):\n    while x > 1:\n        x = x/2\n    return x\n")
    dialog = code()
    assert "no one code" in find("code.message").text()
    assert not find("code.save").isEnabled()
    dialog.close()


def test_all_that_can_be_exported_is_offered():
    assert set(LANGUAGES) == set(TARGETS)


def test_the_code_for_another_system_is_that_of_the_command_line_and_its_file_has_that_systems_ending(
    code, find, qtbot
):
    dialog = code()
    language = find("code.language")
    language.setCurrentIndex(language.findData("pytorch"))
    qtbot.waitUntil(lambda: "torch.autograd.grad" in find("code.text").toPlainText(), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: "PyTorch differentiates" in find("code.message").text(), timeout=PATIENCE_MS)
    language.setCurrentIndex(language.findData("latex"))
    qtbot.waitUntil(lambda: "align*" in find("code.text").toPlainText(), timeout=PATIENCE_MS)
    qtbot.waitUntil(find("code.save").isEnabled, timeout=PATIENCE_MS)
    qtbot.mouseClick(find("code.save"), Qt.MouseButton.LeftButton)
    asked = find("code.file")
    assert asked.selectedFiles()[0].endswith("gradient.tex")
    asked.reject()
    dialog.close()
