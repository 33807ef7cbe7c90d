"""Lessons: one for each panel, and each of its links opens an example."""

import re

import pytest
from PySide6.QtCore import QUrl

from explorer.ui.examples import titles
from explorer.ui.resources import resource

LESSONS = ("function", "graph", "symbolic", "differences", "optimize", "verdict")


@pytest.mark.parametrize("name", LESSONS)
def test_every_link_of_a_lesson_names_an_example(name):
    text = resource(f"lessons/{name}.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]*)\)", text)
    names = {f"example:{example.name}" for example in titles()}
    assert links
    assert set(links) <= names


def test_every_panel_has_a_lesson(window):
    for panel in window.panels:
        assert resource(f"lessons/{panel.name}.md").exists()


def test_f1_shows_the_lesson_of_the_panel_in_focus_and_its_link_opens_the_example(window, find, qtbot, settle):
    find("verdict.table").setFocus()
    window.show_lesson()
    assert window._lesson.windowTitle() == "Do the methods agree?"
    window._lesson.page.anchorClicked.emit(QUrl("example:12-kink"))
    settle()
    assert "abs" in window.editor.toPlainText() or "|" in window.editor.toPlainText()
    window._lesson.page.anchorClicked.emit(QUrl("https://example.org/"))  # nothing is ever fetched
    find("editor").setFocus()
    window.show_lesson()
    assert window._lesson.windowTitle() == "Writing a function"
    window._lesson.close()
