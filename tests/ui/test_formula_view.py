"""The widget that shows a formula."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette, QWheelEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from explorer.language.notation import Notation, NotationBuilder
from explorer.language.program import Span
from explorer.ui.formula_view import MARGIN, MOST_ZOOM, FormulaView


def sum_of_fractions(count: int) -> Notation:
    """x/1 + x/2 + …: the fraction with denominator i has ref i and span (1, i) to (1, i + 1)."""
    builder = NotationBuilder()
    parts = []
    for i in range(1, count + 1):
        if parts:
            parts.append(builder.add("operator", "+"))
        x, number = builder.add("name", "x"), builder.add("number", str(i))
        parts.append(builder.add("fraction", "", (x, number), Span(1, i, 1, i + 1), i))
    builder.add("row", "", tuple(parts), Span(1, 0, 1, count + 1), 0)
    return builder.finish()


def piece_index(notation: Notation, ref: int) -> int:
    return next(i for i, piece in enumerate(notation.pieces) if piece.ref == ref)


@pytest.fixture
def view(qtbot: QtBot) -> FormulaView:
    view = FormulaView()
    qtbot.addWidget(view)
    view.setAccessibleName("Formula")
    view.resize(400, 200)
    view.show()
    qtbot.waitExposed(view)
    return view


def show(view: FormulaView, notation: Notation) -> None:
    view.show_notation(notation)
    wait(view)


def wait(view: FormulaView) -> None:
    """A large formula is laid out in parts."""
    while view.laying_out:
        QApplication.processEvents()


def colours(view: FormulaView) -> set[str]:
    image = view.grab().toImage()
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def test_a_formula_is_drawn_in_the_palettes_text_colour(view: FormulaView) -> None:
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Base, QColor("#101010"))
    palette.setColor(QPalette.ColorRole.Text, QColor("#40ff40"))
    palette.setColor(QPalette.ColorRole.PlaceholderText, QColor("#0000ff"))
    view.setPalette(palette)
    assert colours(view) == {"#101010"}
    view.show_notation(sum_of_fractions(3))
    assert "#40ff40" in colours(view)
    view.set_dimmed(True)
    assert "#40ff40" not in colours(view)
    assert "#0000ff" in colours(view)
    view.set_dimmed(False)
    view.show_notation(None)
    assert colours(view) == {"#101010"}


def test_the_description_for_screen_readers_is_the_formula_as_text(view: FormulaView) -> None:
    view.show_notation(sum_of_fractions(2))
    assert view.accessibleDescription() == "x/1 + x/2"
    view.show_notation(Notation(sum_of_fractions(2).pieces, complete=False))
    assert "left out" in view.accessibleDescription()
    view.show_notation(None)
    assert view.accessibleDescription() == ""


def test_a_click_tells_the_innermost_piece_that_means_something(view: FormulaView, qtbot: QtBot) -> None:
    notation = sum_of_fractions(3)
    view.show_notation(notation)
    assert view.laid_out is not None
    place = view.laid_out.rects(piece_index(notation, 2))[0].center() + view._origin()
    with qtbot.waitSignal(view.piece_selected, timeout=1000) as caught:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place.toPoint())
    assert caught.args is not None
    assert caught.args[0].ref == 2


def test_a_click_beside_the_formula_tells_nothing(view: FormulaView, qtbot: QtBot) -> None:
    view.show_notation(sum_of_fractions(1))
    with qtbot.assertNotEmitted(view.piece_selected):
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(390, 190))


def test_highlighting_by_ref_and_by_span_marks_the_same_part(view: FormulaView) -> None:
    view.show_notation(sum_of_fractions(3))
    plain = view.grab().toImage()
    view.highlight(refs=[2])
    by_ref = view.grab().toImage()
    view.highlight(spans=[Span(1, 2, 1, 3)])
    by_span = view.grab().toImage()
    assert by_ref != plain
    assert by_ref == by_span
    view.highlight()
    assert view.grab().toImage() == plain


def test_a_span_that_no_part_has_marks_the_smallest_part_around_it(view: FormulaView) -> None:
    view.show_notation(sum_of_fractions(3))
    view.highlight(spans=[Span(1, 1, 1, 3)])
    around_two = view.grab().toImage()
    view.highlight(refs=[0])
    assert view.grab().toImage() == around_two


def test_thousands_of_places_are_found_at_once(view: FormulaView) -> None:
    view.show_notation(sum_of_fractions(2_000))
    began = time.thread_time()
    assert view.highlight(spans=[Span(1, k, 1, k + 1) for k in range(1, 2_001)]) == 2_000
    assert time.thread_time() - began < 0.2, "each place was compared with each part"


def test_a_highlighted_part_is_scrolled_into_view(view: FormulaView) -> None:
    show(view, sum_of_fractions(200))
    assert view.verticalScrollBar().maximum() > 0
    view.highlight(refs=[200])
    assert view.verticalScrollBar().value() > 0
    view.highlight(refs=[1])
    assert view.verticalScrollBar().value() < view.verticalScrollBar().pageStep()


def test_a_narrower_view_breaks_more_lines_and_needs_no_sideways_scrolling(view: FormulaView, qtbot: QtBot) -> None:
    view.show_notation(sum_of_fractions(40))
    assert view.laid_out is not None
    low = view.laid_out.height
    view.resize(200, 200)
    qtbot.waitUntil(lambda: not view.laying_out)  # a drag's widths are not all laid out
    assert view.laid_out is not None
    assert view.laid_out.height > low
    assert view.horizontalScrollBar().maximum() == 0
    assert view.laid_out.width + 2 * MARGIN <= view.viewport().width()


def test_the_height_grows_with_the_formula_up_to_its_limit(view: FormulaView) -> None:
    heights = []
    for count in (1, 30, 1000):
        view.show_notation(sum_of_fractions(count))
        heights.append(view.heightForWidth(400))
    assert heights[0] < heights[1] < heights[2] == view.greatest_height
    assert view.heightForWidth(200) >= view.heightForWidth(400)
    assert view.minimumSizeHint().height() <= heights[0]


def test_a_layout_gives_the_view_the_height_that_it_asks_for(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    view = FormulaView()
    view.show_notation(sum_of_fractions(30))
    column.addWidget(view)
    column.addStretch(1)
    window.resize(300, 600)
    window.show()
    qtbot.waitExposed(window)
    assert view.height() == view.heightForWidth(view.width())
    assert view.verticalScrollBar().maximum() == 0


def wheel(view: FormulaView, notches: int, modifiers: Qt.KeyboardModifier) -> None:
    place = QPointF(50, 50)
    event = QWheelEvent(
        place,
        view.viewport().mapToGlobal(place),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.viewport(), event)
    wait(view)


def test_the_wheel_zooms_with_ctrl_and_scrolls_without(view: FormulaView) -> None:
    show(view, sum_of_fractions(300))
    assert view.laid_out is not None
    size = view.laid_out.size
    wheel(view, 1, Qt.KeyboardModifier.ControlModifier)
    assert view.laid_out.size > size
    assert view.verticalScrollBar().value() == 0
    wheel(view, -1, Qt.KeyboardModifier.NoModifier)
    assert view.verticalScrollBar().value() > 0
    wheel(view, 100, Qt.KeyboardModifier.ControlModifier)
    assert view.zoom == MOST_ZOOM


def test_zoom_is_told_once_for_each_change(view: FormulaView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.zoom_changed, timeout=1000) as caught:
        view.set_zoom(2.0)
    assert caught.args == [2.0]
    with qtbot.assertNotEmitted(view.zoom_changed):
        view.set_zoom(2.0)


def test_the_formula_is_copied_as_text_and_as_an_image(view: FormulaView) -> None:
    assert not view.copy_text.isEnabled()
    view.show_notation(sum_of_fractions(2))
    view.copy_text.trigger()
    assert QGuiApplication.clipboard().text() == "x/1 + x/2"
    view.copy_image.trigger()
    image = QGuiApplication.clipboard().image()
    assert not image.isNull()
    assert image.pixelColor(0, 0) == QColor("white")
    assert any(image.pixelColor(x, y).value() < 100 for x in range(image.width()) for y in range(image.height()))


def test_a_copied_image_of_a_huge_formula_stays_within_memory(view: FormulaView) -> None:
    view.set_zoom(MOST_ZOOM)
    show(view, sum_of_fractions(1500))
    image = view.image()
    assert not image.isNull()
    assert image.width() * image.height() < 17e6


def test_the_callers_actions_stand_below_those_for_copying(view: FormulaView) -> None:
    action = view.addAction("Copy as LaTeX")
    assert view.actions() == [view.copy_text, view.copy_image, action]
    assert view.contextMenuPolicy() == Qt.ContextMenuPolicy.ActionsContextMenu


def test_the_keyboard_reaches_the_view_and_scrolls_it(view: FormulaView, qtbot: QtBot) -> None:
    show(view, sum_of_fractions(300))
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert view.verticalScrollBar().value() > 0


def test_another_font_size_gives_another_formula_size(view: FormulaView) -> None:
    view.show_notation(sum_of_fractions(3))
    assert view.laid_out is not None
    size = view.laid_out.size
    font = view.font()
    font.setPixelSize(30)
    view.setFont(font)
    assert view.laid_out.size > size
