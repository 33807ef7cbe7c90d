"""The offer of the text that was probably meant: LaTeX as a formula, a decimal comma as a point."""

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtTest import QTest

from explorer.ui.plain_text import plain_text


def paste(editor, text):
    editor.selectAll()
    clipboard = QMimeData()
    clipboard.setText(text)
    editor.insertFromMimeData(clipboard)


def test_pasted_latex_is_offered_as_a_formula_shown_typeset_and_taken_by_a_click(window, find, settle):
    latex = r"\frac{x_1^2}{2} + \sqrt{x_2}"
    paste(find("editor"), latex)
    offer = find("offer")
    assert offer.isVisible()
    assert offer.offered == "x1^2/2 + sqrt(x2)"
    assert offer.offered in find("message").text()
    assert "sqrt" in plain_text(find("preview").notation)
    assert find("editor").toPlainText() == latex  # nothing is changed unasked
    QTest.mouseClick(offer, Qt.MouseButton.LeftButton)
    settle()
    assert find("editor").toPlainText() == "x1^2/2 + sqrt(x2)"
    assert not offer.isVisible()
    assert find("verdict.table").item(0, 3).text() == "2"
    window.document.undo()
    assert find("editor").toPlainText() == latex
    assert offer.isVisible()


@pytest.mark.parametrize(
    ("text", "offered"),
    [("3,5*x", "3.5*x"), ("y = 0,5x", "y = 0.5x"), ("sin(1,5) + x", "sin(1.5) + x"), ("Max(x, 1)", "max(x, 1)")],
)
def test_small_slips_are_offered_mended(find, text, offered):
    paste(find("editor"), text)
    assert find("offer").isVisible()
    assert find("offer").offered == offered


@pytest.mark.parametrize("text", [r"\int x", "x +", "", "x^2"])
def test_without_a_better_text_nothing_is_offered(find, text):
    paste(find("editor"), r"\frac{x}{2}")
    paste(find("editor"), text)
    assert not find("offer").isVisible()


def test_latex_that_cannot_be_read_is_underlined_at_its_place(find):
    paste(find("editor"), r"x + \int x")
    assert "integral" in find("message").text()
    assert [m.cursor.selectedText() for m in find("editor").extraSelections()] == ["\\int"]
