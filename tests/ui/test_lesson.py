"""Lessons: one for each panel, and each of its links opens an example."""

import re

import pytest
from PySide6.QtCore import Qt, QUrl

from explorer.calculus.films import reverse_film
from explorer.calculus.tape import record
from explorer.language.parser import parse
from explorer.optimize.descent import Stopped, descend
from explorer.optimize.objectives import ProgramObjective
from explorer.optimize.rules.table import rule_from
from explorer.ui.examples import titles
from explorer.ui.lesson import LESSONS
from explorer.ui.resources import resource
from explorer.ui.session import WORKED_EXAMPLE


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
    window.activateWindow()
    find("editor").setFocus()
    qtbot.waitUntil(find("editor").hasFocus)
    window.show_lesson()
    assert window._lesson.windowTitle() == "Writing a function"
    window._lesson.page.anchorClicked.emit(QUrl("lesson:optimize"))
    assert window._lesson.windowTitle() == "From gradients to steps"
    assert window.tabs.currentWidget() is window.optimize
    window._lesson.close()


def test_the_keys_of_which_a_lesson_tells_work_while_it_is_read_and_escape_closes_it(window, find, qtbot, settle):
    settle()
    window.show_lesson("graph")
    lesson, slider = window._lesson, find("graph.slider")
    lesson.activateWindow()
    lesson.page.setFocus()
    qtbot.waitUntil(lesson.page.hasFocus)
    before = slider.value()
    qtbot.keyClick(lesson.page, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    assert slider.value() == before - 1
    qtbot.keyClick(lesson.page, Qt.Key.Key_F1)
    assert lesson.name == "graph"
    qtbot.keyClick(lesson.page, Qt.Key.Key_Escape)
    assert not lesson.isVisible()
    window.show_lesson("graph")
    settle()
    window.cancel_all()  # the Escape of the program, as where no window manager gives the lesson its keys
    assert not lesson.isVisible()


def test_the_steps_of_which_the_lesson_on_the_graph_tells_are_those_of_the_sweep():
    text = " ".join(resource("lessons/graph.md").read_text(encoding="utf-8").split())
    film = reverse_film(record(parse(WORKED_EXAMPLE), [2.0, 5.0]), [1.0])
    added = {place: step.amount for place, step in enumerate(film.steps, start=1) if step.kind == "adjoint"}
    to_x1 = {place: amount for place, amount in added.items() if film.steps[place - 1].node == 0}
    assert to_x1 == {14: 5.0, 16: 0.5}
    assert "step 14 brings x₂ = 5 from the product x₁·x₂, and step 16 brings 1/x₁ = 0.5" in text


def test_the_runs_of_which_the_lesson_on_optimizers_tells_end_as_it_says():
    text = " ".join(resource("lessons/optimize.md").read_text(encoding="utf-8").split())
    valley = parse("(1 - x)^2 + 100*(y - x^2)^2")

    def end(rule, rate):
        *iterates, stopped = descend(ProgramObjective(valley), rule_from(rule, {"rate": rate}), (-1.2, 1.0), 200)
        assert isinstance(stopped, Stopped)
        return iterates[-1].loss, stopped.reason

    assert f"from f = 24.2 to {end('gd', 0.001)[0]:.2f}." in text
    assert end("gd", 0.003)[1] == "steps"
    assert end("gd", 0.01)[1] == "diverged"
    assert f"comes to f = {end('momentum', 0.001)[0]:.3f}, Adam with 0.3 to {end('adam', 0.3)[0]:.3f}." in text
