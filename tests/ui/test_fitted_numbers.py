"""A cell's number has as many digits as have room, and never a part of them."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QStyleOptionViewItem, QTableWidget, QTableWidgetItem

from explorer.ui.fitted_numbers import NUMBER, FittedNumbers
from explorer.ui.panel import ALL_DIGITS, number_text


@pytest.mark.parametrize("number", [1.7163378145367738, -6.234567891234e-16, 123456789.0, float("inf")])
def test_a_number_that_is_too_wide_is_rounded_and_not_cut(qtbot, number):
    table = QTableWidget(1, 1)
    qtbot.addWidget(table)
    item = QTableWidgetItem(number_text(number, ALL_DIGITS))
    item.setData(NUMBER, number)
    table.setItem(0, 0, item)
    shown = set()
    for width in range(60, 260, 10):
        option = QStyleOptionViewItem()
        option.initFrom(table)
        option.widget = table
        option.rect.setRect(0, 0, width, 20)
        FittedNumbers(table).initStyleOption(option, table.model().index(0, 0))
        assert option.fontMetrics.horizontalAdvance(option.text) <= width or width == 60
        shown.add(option.text)
        if number != float("inf"):
            assert float(option.text.replace("−", "-")) == pytest.approx(number, rel=0.05)
    assert number_text(number, ALL_DIGITS) in shown
