"""The table of schemes at their default steps, the chosen one in full, Richardson's tableau, and own offsets."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QSplitter,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from explorer.language.names import pretty_name
from explorer.ui.figure_theme import series_colour
from explorer.ui.laboratory.reading import Reading, Row, numbers, short, step_text
from explorer.ui.panel import number_text

_COLUMNS = {
    "scheme": "",
    "estimate": "at the scheme's default step",
    "|error|": "distance from the truth",
    "step h": "the scheme's default: √ε, ε^⅓ …",
    "f": "evaluations of f for this derivative",
    "∇f": "evaluations of f for the derivatives by all inputs",
}
_ESTIMATE = 1  # the column that takes the room that is left
_MOST_LEVELS = 10  # rows of the tableau that are shown: around the best one
_ROOTS = {2: "√ε", 3: "ε^⅓", 4: "ε^¼", 5: "ε^⅕", 6: "ε^⅙", 7: "ε^(1/7)", 8: "ε^⅛"}


def root_text(root: int) -> str:
    """ε^(1/root) as it is written."""
    return _ROOTS.get(root, f"ε^(1/{root})")


class SchemesPage(QWidget):
    """Every scheme's estimate, cost and step; the chosen one's weights, order and error constant."""

    title = "Schemes"
    parts = ("tableau",)
    scheme_chosen = Signal(str)
    custom_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reading: Reading | None = None
        self._chosen = self._current = "central"  # the panel's scheme; the row that is seen, which may have no weights
        self._tableau: tuple[list[Any], ...] = ([], [], [], [])  # steps, entries, their errors and uncertainties
        self.table = plain_table(list(_COLUMNS), "differences.table", "Estimates by finite differences")
        for column, meaning in enumerate(_COLUMNS.values()):
            self.table.horizontalHeaderItem(column).setToolTip(meaning)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(_ESTIMATE, QHeaderView.ResizeMode.Stretch)
        self.table.currentCellChanged.connect(self._row_chosen)
        self.detail = QLabel(objectName="differences.scheme.detail")
        self.detail.setAccessibleName("The chosen scheme: weights, order, error")
        self.detail.setTextFormat(Qt.TextFormat.PlainText)
        self.detail.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.detail.setWordWrap(True)
        self.detail.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.tableau = plain_table([], "differences.tableau", "Richardson's tableau: the error of each entry")
        self.bar = QLabel(objectName="differences.bar")
        self.bar.setAccessibleName("Richardson's estimate with its error bar")
        self.bar.setTextFormat(Qt.TextFormat.PlainText)
        self.bar.setWordWrap(True)
        extrapolation = QWidget()
        column = QVBoxLayout(extrapolation)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.bar)
        column.addWidget(self.tableau, 1)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.detail)
        self.stack.addWidget(extrapolation)
        self.custom = QLineEdit(objectName="differences.custom")
        self.custom.setAccessibleName("Offsets of a scheme of your own")
        self.custom.setPlaceholderText("offsets, e.g. −2..2 or 0, 1, 3/2")
        self.custom.setMaxLength(300)
        self.custom.editingFinished.connect(self.custom_changed)
        self.refused = QLabel(objectName="differences.refused")
        self.refused.setAccessibleName("Why these offsets give no derivative")
        self.refused.setTextFormat(Qt.TextFormat.PlainText)
        self.refused.setWordWrap(True)
        self.refused.hide()
        own = QHBoxLayout()
        label = QLabel("Own &offsets")
        label.setBuddy(self.custom)
        own.addWidget(label)
        own.addWidget(self.custom, 1)
        self.cost = QLabel(objectName="differences.cost")
        self.cost.setAccessibleName("Cost of a whole gradient")
        self.cost.setTextFormat(Qt.TextFormat.PlainText)
        self.cost.setWordWrap(True)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.table)
        split.addWidget(self.stack)
        split.setSizes([235, 195])
        split.setChildrenCollapsible(False)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 4, 0, 0)
        whole.addWidget(split, 1)
        whole.addLayout(own)
        whole.addWidget(self.refused)
        whole.addWidget(self.cost)

    def options(self) -> dict[str, Any]:
        return {"custom": self.custom.text()}

    def restore(self, options: Mapping[str, Any]) -> None:
        """The offsets of a session."""
        self.custom.setText(options.get("custom", ""))

    def numbers(self) -> Iterator[Sequence[object]]:
        """Richardson's tableau where that is seen, or else the table of schemes in full."""
        if self._reading is None:
            return
        if self._extrapolated:
            steps, values, errors, doubts = self._tableau
            powers = [2 * m + 2 for m in range(max(map(len, values), default=0))]
            yield ["h", *(f"h^{p}{what}" for p in powers for what in ("", ": error", ": its own estimate of it"))]
            for h, *row in zip(steps, values, errors, doubts, strict=True):
                yield [h, *(v for entry in zip(*row, strict=True) for v in entry)]
            return
        names = (
            "scheme", "estimate", "error", "step", "evaluations", "gradient_evaluations", "order", "constant",
            "predicted", "measured", "uncertainty", "note",
        )  # fmt: skip
        yield ["exact", *names, "offsets", "weights"]
        for each in self._reading.rows:
            told = [getattr(each, name) for name in names]
            yield [self._reading.digits or self._reading.truth, *told, " ".join(each.offsets), " ".join(each.weights)]

    def set_dimmed(self, dimmed: bool) -> None:
        for widget in (self.table, self.stack, self.cost):
            widget.setEnabled(not dimmed)

    def move_to(self, place: int) -> None:
        """The table is at the default steps, whatever h is."""

    def show_reading(self, reading: Reading, scheme: str, place: int) -> None:
        """A new answer; the tableau follows."""
        self._reading = reading
        if scheme != self._chosen or reading.row(self._current) is None:
            self._chosen = self._current = scheme
        self.refused.setText(reading.refused)
        self.refused.setVisible(bool(reading.refused))
        with QSignalBlocker(self.table):
            self.table.setRowCount(len(reading.rows))
            for line, row in enumerate(reading.rows):
                self._fill(line, row)
            self.table.selectRow(next((k for k, r in enumerate(reading.rows) if r.scheme == self._current), 0))
        self._show_detail()
        self.cost.setText(_cost_words(reading))

    def _fill(self, line: int, row: Row) -> None:
        texts = (
            row.scheme,
            number_text(row.estimate, 11),
            short(row.error) if row.error == row.error else "–",
            step_text(row.step) if row.step else "–",
            str(row.evaluations),
            str(row.gradient_evaluations),
        )
        for column, text in enumerate(texts):
            item = cell(self.table, line, column, right=column >= _ESTIMATE)
            item.setText(text)
            item.setToolTip(row.note or text)

    def _row_chosen(self, line: int, *_: int) -> None:
        if self._reading is None or not 0 <= line < len(self._reading.rows):
            return
        row = self._reading.rows[line]
        self._current = row.scheme
        self._show_detail()
        if row.order:
            self._chosen = row.scheme
            self.scheme_chosen.emit(row.scheme)

    @property
    def _extrapolated(self) -> bool:
        return self._current == "richardson"

    def _show_detail(self) -> None:
        self.stack.setCurrentIndex(int(self._extrapolated))
        row = self._reading.row(self._current) if self._reading is not None else None
        if row is not None and self._reading is not None:
            self.detail.setText(_detail(self._reading, row))

    def show_part(self, name: str, answer: dict[str, Any]) -> None:
        """Richardson's tableau: errors as powers of ten, the best entry marked; values in the tooltips."""
        reading = self._reading
        if reading is None:
            return
        errors = [numbers(row) for row in answer["errors"]]
        values = [numbers(row) for row in answer["rows"]]
        steps = numbers(answer["steps"])
        self._tableau = (steps, values, errors, [numbers(row) for row in answer["uncertainty"]])
        best_row, best_column = answer["best"]
        first = min(max(0, best_row - _MOST_LEVELS + 3), max(0, len(steps) - _MOST_LEVELS))
        rows = range(first, min(first + _MOST_LEVELS, len(steps)))
        columns = max((len(errors[k]) for k in rows), default=0)
        self.tableau.setColumnCount(columns + 1)
        self.tableau.setHorizontalHeaderLabels(["step h", *[f"h{_power(2 * m + 2)}" for m in range(columns)]])
        self.tableau.setRowCount(len(rows))
        good = series_colour(self.palette(), 2)
        for line, k in enumerate(rows):
            entries = [short(e, 1) for e in errors[k]] if reading.comparable else [short(v, 3) for v in values[k]]
            cells = [step_text(steps[k]), *entries]
            for column in range(columns + 1):
                item = cell(self.tableau, line, column, right=True)
                item.setText(cells[column] if column < len(cells) else "")
                known = 0 < column < len(cells)
                item.setToolTip(number_text(values[k][column - 1], 17) if known else "")
                shade = QBrush(_shade(good, errors[k][column - 1], reading.truth)) if known else QBrush()
                item.setBackground(shade)
                font = self.tableau.font()
                font.setBold((k, column - 1) == (best_row, best_column))
                item.setFont(font)
        self.bar.setText(_bar_words(reading))


def plain_table(columns: list[str], name: str, words: str) -> QTableWidget:
    """A table to be read, with these columns, as wide as what is in them."""
    table = QTableWidget(0, len(columns))
    table.setObjectName(name)
    table.setAccessibleName(words)
    table.setHorizontalHeaderLabels(columns)
    table.verticalHeader().hide()
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setTabKeyNavigation(False)
    table.setAlternatingRowColors(True)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    table.horizontalHeader().setMinimumSectionSize(20)
    table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 5)
    table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.setMinimumHeight(60)
    return table


def cell(table: QTableWidget, line: int, column: int, right: bool) -> QTableWidgetItem:
    """The item of a place, made where there is none: to change a text is a tenth of the work of a new item."""
    item = table.item(line, column)
    if item is None:
        item = QTableWidgetItem()
        if right:
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        table.setItem(line, column, item)
    return item


def _shade(colour: QColor, error: float, truth: float) -> QColor:
    """The more digits are right, the deeper."""
    shade = QColor(colour)
    relative = error / abs(truth) if truth else error
    digits = 16.0 if relative == 0.0 else -math.log10(relative) if math.isfinite(relative) else 0.0
    shade.setAlphaF(min(max(digits, 0.0), 16.0) / 16.0 * 0.45)
    return shade


_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def _power(exponent: int) -> str:
    return str(exponent).translate(_SUPERSCRIPTS) if exponent != 1 else ""


def _detail(reading: Reading, row: Row) -> str:
    """A scheme in full: its formula, order, error, default step and best step."""
    if row.note and not row.order:
        return row.note
    if row.scheme == "complex step":
        knee = row.predicted
        best = (
            f"every h below {step_text(knee)} is as good as any; above it the error grows like h²"
            if math.isfinite(knee) and knee
            else "h = 1e−100 is as good as any"
        )
        return (
            f"Im f(x + ih)/h: nothing is subtracted, so nothing cancels, and {best}. "
            "Valid where f is complex differentiable: not through |x|, min, max or comparisons."
        )
    if not row.order:
        return ""
    p, d = row.order, reading.derivative
    derivative = f"f⁽{str(p + d).translate(_SUPERSCRIPTS)}⁾(x)"
    lines = [
        f"{reading.mark}(x) ≈ [{_formula(row)}] / h{_power(d)}",
        f"Order {p}: error ≈ {row.constant.replace('-', '−')} · h{_power(p)} · {derivative}",
        f"Default h = {root_text(row.root)} · unit = {step_text(row.step)}, with ε the spacing of doubles at 1",
    ]
    if row.predicted == row.predicted:
        best = "the larger, the better" if math.isinf(row.predicted) else f"h = {step_text(row.predicted)}"
        known = row.measured == row.measured
        measured = f"h = {step_text(row.measured)}" if known else "no step is better than another"
        lines.append(f"Best by theory: {best}; measured: {measured}")
    if row.note:
        lines.append(row.note)
    return "\n".join(lines)


def _formula(row: Row) -> str:
    """The weights and offsets as a sum."""
    words = ""
    for weight, offset in zip(row.weights, row.offsets, strict=True):
        if weight == "0":
            continue
        sign = "−" if weight.startswith("-") else "+" if words else ""
        size = weight.lstrip("-")
        size = "" if size == "1" else f"{size}·"
        step = offset.lstrip("-")
        step = "" if step == "1" else f"({step})" if "/" in step else step
        argument = "x" if offset == "0" else f"x{'−' if offset.startswith('-') else '+'}{step}h"
        words += f" {sign} {size}f({argument})" if words else f"{sign}{size}f({argument})"
    return words


def _bar_words(reading: Reading) -> str:
    row = reading.row("richardson")
    if row is None or row.note:
        return row.note if row is not None else ""
    if not reading.comparable:
        bar = f"{number_text(row.estimate, 16)} ± {short(row.uncertainty)} by its own estimate"
        return f"{bar}. {reading.none_here} Entries: the estimates."
    held = "holds" if row.error <= row.uncertainty else "does not hold: it is an estimate, and no bound"
    return (
        f"{number_text(row.estimate, 16)} ± {short(row.uncertainty)} by its own estimate; the error is "
        f"{short(row.error)}, so the bar {held}. Entries: |error|."
    )


def _cost_words(reading: Reading) -> str:
    count = len(reading.inputs)
    costs = [(row.scheme, row.gradient_evaluations) for row in reading.rows if row.scheme in ("forward", "central")]
    said = ", ".join(f"{name} {calls}" for name, calls in costs)
    function, reverse = reading.cost
    ratio = f"{reverse / function:.1f}" if function else "0"
    inputs = f"its {count} inputs" if count > 1 else f"its input {pretty_name(reading.input)}"
    if reading.derivative == 2:
        return f"The second derivatives by {inputs}, each by itself, cost evaluations of f: {said}."
    return (
        f"A gradient by {inputs} costs evaluations of f: {said}; reverse AD as much as {ratio}, "
        "whatever the number of inputs."
    )
