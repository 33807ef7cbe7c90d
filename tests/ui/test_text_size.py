"""The size of all texts: everything follows, and goes back to what it was."""

import pytest
from PySide6.QtGui import QAction

from explorer.ui import text_size


@pytest.fixture
def usual(window, monkeypatch):
    """A wide screen; at the end all is as it was."""
    size = window.size()
    monkeypatch.setattr(text_size, "_room", lambda _: 2600)
    yield
    text_size.step(window, 0)
    window.resize(size)


def chosen(window, words):
    """Choose a command of the View menu."""
    (found,) = [a for a in window.findChildren(QAction) if a.text().replace("&", "") == words]
    found.trigger()


def seen(find, window):
    """Sizes of a text of each kind: a label, the editor, a sentence under the graph, a row and a column of a table."""
    trace = find("graph.trace")
    return (
        find("verdict.table").font().pointSizeF(),
        find("editor").font().pointSizeF(),
        find("examples").fontMetrics().height(),  # has a style sheet
        find("symbolic.sizes").height(),
        window.graph.explain._font.pixelSize(),
        trace.verticalHeader().defaultSectionSize(),
        trace.columnWidth(0),
    )


def test_larger_text_is_larger_everywhere_and_the_usual_one_is_as_it_was(window, find, usual):
    before = seen(find, window)
    chosen(window, "Larger text")
    chosen(window, "Larger text")
    larger = seen(find, window)
    assert all(b > a for a, b in zip(before, larger, strict=True)), (before, larger)
    assert larger[:2] == pytest.approx([1.3 * size for size in before[:2]], rel=0.02)
    chosen(window, "Usual text")
    assert seen(find, window) == pytest.approx(before, abs=1)


def test_the_choice_is_kept_for_the_next_start_and_has_ends(window, usual):
    for _ in range(20):
        text_size.step(window, -1)
    assert text_size.chosen() == text_size.SIZES[0]
    for _ in range(20):
        text_size.step(window, 1)
    assert text_size.chosen() == text_size.SIZES[-1]


def test_no_size_makes_the_window_wider_than_its_screen(window, usual, monkeypatch):
    monkeypatch.setattr(text_size, "_room", lambda _: 1280)
    window.resize(1280, 800)
    for place in range(window.tabs.count()):
        window.tabs.setCurrentIndex(place)
    for _ in text_size.SIZES:
        text_size.step(window, 1)
    assert window.width() == 1280
    assert 1.0 < text_size.chosen() < text_size.SIZES[-1]


def test_with_larger_text_the_verdict_keeps_its_rows_and_no_heading_is_cut(window, find, usual):
    table, heading = find("verdict.table"), window.graph._heading
    window.resize(1280, 800)
    window.default_layout()
    assert heading.text() == "Computational graph"
    chosen(window, "Larger text")
    chosen(window, "Larger text")
    assert table.viewport().height() >= 2 * table.verticalHeader().defaultSectionSize()
    assert heading.text() == "Graph"
    assert heading.width() >= heading.fontMetrics().horizontalAdvance("Graph")
    chosen(window, "Usual text")
    window.resize(1280, 800)
    window.default_layout()
    assert heading.text() == "Computational graph"
