"""Digit by digit: what cancels between f(x + h) and f(x), what survives, and which of the survivors are right."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from PySide6.QtCore import QLineF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from explorer.ui import theme
from explorer.ui.figure_theme import series_colour
from explorer.ui.laboratory.reading import Reading, numbers, short, step_named
from explorer.ui.panel import UNDEFINED, number_text

PLACES = 18  # digits of a number: a double is determined by 17, and the next shows that they are its own rounding
# What becomes of a digit.
CANCELS, SURVIVES, WRONG, ZERO, PLAIN = "cancels", "survives", "wrong", "zero", "plain"


@dataclass(frozen=True)
class Line:
    """A number as digits d.ddd…·10^exponent, and for each character what becomes of it."""

    label: str
    text: str
    marks: tuple[str, ...]


@dataclass(frozen=True)
class Cancellation:
    """The two sums, their difference, and what is left of it: lines to draw, and the count of good digits.

    cancelled: leading digits that are equal; all of them where equal is set. good: digits of the difference that are
    right, NaN where nothing is known; 16 where it has no error, as 0 of equal sums has.
    """

    lines: tuple[Line, ...]
    exponent: int
    cancelled: int
    good: float
    equal: bool


def cancellation(
    plus: float, minus: float, exact: tuple[str, str] | None, noise: float, labels: tuple[str, str]
) -> Cancellation | None:
    """What happens when minus is taken from plus; None where they are not finite.

    exact: the same two sums in decimal digits where they are known. noise: the error of either, where they are not.
    """
    if not (math.isfinite(plus) and math.isfinite(minus)):
        return None
    with localcontext() as context:
        context.prec = 400
        a, b = Decimal(plus), Decimal(minus)
        largest = max(abs(a), abs(b))
        exponent = largest.adjusted() if largest else 0
        texts = [_digits(v, exponent) for v in (a, b)]
        cancelled = _common(*texts)
        difference = a - b
        error: Decimal
        if exact is not None:
            true = Decimal(exact[0]) - Decimal(exact[1])
            error = abs(difference - true)
            size = abs(true)
        else:
            true, error, size = None, Decimal(2.0 * noise), abs(difference)
        good = 16.0 if not error else max(0.0, float((size / error).log10())) if size else 0.0
        lines = [
            Line(label, text, tuple(CANCELS if k < cancelled else SURVIVES for k in range(len(text))))
            for label, text in zip(labels, texts, strict=True)
        ]
        lines.append(_difference_line("difference", _digits(difference, exponent), error, exponent))
        if true is not None:
            text = _digits(true, exponent)
            lines.append(Line("exactly", text, tuple(_zero_or(text, k, PLAIN) for k in range(len(text)))))
    return Cancellation(tuple(lines), exponent, sum(c.isdigit() for c in texts[0][:cancelled]), min(good, 16.0), a == b)


def _digits(value: Decimal, exponent: int) -> str:
    """The number over 10^exponent with PLACES digits, its sign in front."""
    scaled = value.scaleb(-exponent)
    text = f"{abs(scaled):.{PLACES - 1}f}"
    return ("−" if scaled < 0 else " ") + text


def _common(a: str, b: str) -> int:
    """How many leading characters are the same."""
    if len(a) != len(b):
        return 0
    return next((k for k, (x, y) in enumerate(zip(a, b, strict=True)) if x != y), len(a))


def _zero_or(text: str, k: int, mark: str) -> str:
    """Leading zeros, the point among them and the sign say nothing."""
    return ZERO if all(c in "0. −" for c in text[: k + 1]) else mark


def _difference_line(label: str, text: str, error: Decimal, exponent: int) -> Line:
    """Digits whose place is above the error are right; those at it and below are rounding."""
    marks = []
    place = exponent
    for k, character in enumerate(text):
        mark = _zero_or(text, k, SURVIVES)
        if mark is SURVIVES and character.isdigit() and Decimal(1).scaleb(place) <= error:
            mark = WRONG
        marks.append(mark)
        if character.isdigit():
            place -= 1
    return Line(label, text, tuple(marks))


def sum_label(terms: Sequence[tuple[int, float]], sign: int) -> str:
    """8f(x+h) + f(x−2h): the terms of one sign as they are written."""
    words = []
    for weight, offset in terms:
        if weight * sign <= 0:
            continue
        size = abs(offset)
        step = "h" if size == 1.0 else f"{size:g}h"
        argument = "x" if not offset else f"x+{step}" if offset > 0 else f"x−{step}"
        words.append(f"{'' if abs(weight) == 1 else abs(weight)}f({argument})")
    return " + ".join(words) or "0"


class DigitsView(QWidget):
    """The lines of a cancellation in a grid of digits."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("differences.digits")
        self.setAccessibleName("f(x + h) and f(x) digit by digit")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 160)
        self.found: Cancellation | None = None
        self._message = ""

    def sizeHint(self) -> QSize:
        return QSize(420, 230)

    def show_cancellation(self, found: Cancellation | None, message: str) -> None:
        """Other digits; None: the message in their place."""
        self.found, self._message = found, message
        lines = [] if found is None else [f"{line.label}: {line.text.strip()}" for line in found.lines]
        self.setAccessibleDescription("; ".join(lines) or message)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        palette = self.palette()
        with QPainter(self) as painter:
            painter.fillRect(event.rect(), palette.color(QPalette.ColorRole.Base))
            if self.found is None:
                painter.setPen(palette.color(QPalette.ColorRole.Text))
                words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(self.rect().adjusted(12, 12, -12, -12), words, self._message)
                return
            font = theme.fixed_font(self)
            count = max(len(line.text) for line in self.found.lines)
            cell = (self.width() - 16.0) / count
            font.setPixelSize(round(min(cell * 1.3, 27.0)))
            each = min(self.height() / (len(self.found.lines) + 0.2), 2.9 * font.pixelSize() + 6)
            cell = min(cell, 0.82 * font.pixelSize())
            for k, line in enumerate(self.found.lines):
                self._paint_line(painter, line, font, QRectF(8, 4 + k * each, cell, each), k)

    def _paint_line(self, painter: QPainter, line: Line, font: object, first: QRectF, place: int) -> None:
        palette = self.palette()
        ink, pale = palette.color(QPalette.ColorRole.Text), palette.color(QPalette.ColorRole.PlaceholderText)
        painter.setFont(self.font())
        painter.setPen(pale)
        small = painter.fontMetrics().height()
        label = f"{'− ' if place == 1 else '= ' if place == 2 else ''}{line.label}"
        room = self.width() - 16
        power = f"× 10^{self._exponent()}".replace("-", "−") if self._exponent() else ""
        painter.drawText(QRectF(first.left(), first.top(), room, small), Qt.AlignmentFlag.AlignLeft, label)
        if place == 0 and power:
            painter.drawText(QRectF(first.left(), first.top(), room, small), Qt.AlignmentFlag.AlignRight, power)
        painter.setFont(font)
        height = QFontMetricsF(painter.font()).height()
        lit, wrong = series_colour(palette, 2), theme.error_colour(self)
        for k, (character, mark) in enumerate(zip(line.text, line.marks, strict=True)):
            box = QRectF(first.left() + k * first.width(), first.top() + small, first.width(), height)
            if mark is SURVIVES and character not in " −":
                ground = QColor(lit)
                ground.setAlphaF(0.24)
                painter.fillRect(box.adjusted(0.5, 0, -0.5, 0), ground)
            painter.setPen({CANCELS: pale, ZERO: pale, WRONG: wrong}.get(mark, ink))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, character)
            if mark is CANCELS and character.isdigit():
                painter.setPen(QPen(pale, 1.4))
                painter.drawLine(QLineF(box.left(), box.center().y() + 1, box.right(), box.center().y() + 1))
            if mark is WRONG and character.isdigit():
                painter.setPen(QPen(wrong, 1.4, Qt.PenStyle.DotLine))
                painter.drawLine(QLineF(box.left() + 1, box.bottom() - 2, box.right() - 1, box.bottom() - 2))
        if place == 1:
            painter.setPen(QPen(ink, 1.0))
            y = first.top() + small + height + 2
            painter.drawLine(QLineF(first.left(), y, first.left() + len(line.text) * first.width(), y))

    def _exponent(self) -> int:
        return self.found.exponent if self.found is not None else 0


class DigitsPage(QWidget):
    """The digits at the step h, and in words how many are left and where the error comes from."""

    title = "Digits"
    parts = ("digits",)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reading: Reading | None = None
        self._place = 0
        self._scheme = ""
        self._plus: list[float] = []
        self._minus: list[float] = []
        self._exact: list[tuple[str, str] | None] = []
        self._truncation: list[float] = []
        self._rounding: list[float] = []
        self._terms: list[tuple[int, float]] = []
        self._divisor = 1
        self.view = DigitsView()
        self.said = QLabel(objectName="differences.left")
        self.said.setAccessibleName("Digits that are left, and where the error comes from")
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        self.said.setWordWrap(True)
        self.said.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.said.setMinimumHeight(7 * self.said.fontMetrics().lineSpacing())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.addWidget(self.view, 1)
        column.addWidget(self.said)

    def show_reading(self, reading: Reading, scheme: str, place: int) -> None:
        """A new answer; the digits follow."""
        self._reading, self._place = reading, place

    def show_part(self, name: str, answer: dict[str, Any]) -> None:
        """The sums for every step."""
        self._scheme = answer["scheme"]
        self._plus, self._minus = numbers(answer["plus"]), numbers(answer["minus"])
        self._exact = [(pair[0], pair[1]) if pair else None for pair in answer["exact"]]
        self._truncation, self._rounding = numbers(answer["truncation"]), numbers(answer["rounding"])
        self._terms = [(int(w), float(o)) for w, o in answer["terms"]]
        self._divisor = int(answer["divisor"])
        self.move_to(self._place)

    def options(self) -> dict[str, Any]:
        """This page has none."""
        return {}

    def restore(self, options: Mapping[str, Any]) -> None:
        """This page has no options."""

    def numbers(self) -> Iterator[Sequence[object]]:
        """The two sums, in doubles and exactly, and what is left of them, for each step."""
        reading = self._reading
        if reading is None or not self._plus:
            return
        plus, minus = sum_label(self._terms, 1), sum_label(self._terms, -1)
        exactly = [f"{plus} exactly", f"{minus} exactly"]
        yield [
            "h as taken",
            plus,
            minus,
            "difference",
            *exactly,
            "digits cancelled",
            "good digits",
            "truncation",
            "rounding",
        ]
        for k, taken in enumerate(reading.taken):
            a, b = self._plus[k], self._minus[k]
            found = cancellation(a, b, self._exact[k], 2.0**-53 * max(abs(a), abs(b)), (plus, minus))
            left = (found.cancelled, found.good) if found is not None else (None, None)
            parts = self._truncation[k], self._rounding[k]
            yield [taken, a, b, a - b, *(self._exact[k] or (None, None)), *left, *parts]

    def set_dimmed(self, dimmed: bool) -> None:
        self.view.setEnabled(not dimmed)
        self.said.setEnabled(not dimmed)

    def move_to(self, place: int) -> None:
        """The step has changed."""
        self._place = place
        reading = self._reading
        if reading is None or not self._plus:
            return
        labels = sum_label(self._terms, 1), sum_label(self._terms, -1)
        noise = 2.0**-53 * max(abs(self._plus[place]), abs(self._minus[place]))
        found = cancellation(self._plus[place], self._minus[place], self._exact[place], noise, labels)
        self.view.show_cancellation(found, "f has no finite value at one of these points.")
        self.said.setText(self._words(reading, found))

    def _words(self, reading: Reading, found: Cancellation | None) -> str:
        place = self._place
        estimates = reading.estimates.get(self._scheme)
        if found is None or estimates is None:
            return ""
        power = "h" if reading.derivative == 1 else "h²"
        over = power if self._divisor == 1 else f"{self._divisor}{power}"
        lines = []
        if reading.taken[place] == 0.0:
            lines.append("x + h = x: the step vanishes, all digits cancel and nothing is left.")
        else:
            lines.append(_cancelled_words(found, self._exact[place]))
            lines.append(f"Over {over}: {_all_digits(estimates[place])}")
            if reading.comparable:
                lines.append(f"{reading.source}: {reading.mark} = {_all_digits(reading.truth)}")
                lines += _error_words(estimates[place] - reading.truth, self._truncation[place], self._rounding[place])
            else:
                lines.append(reading.none_here)
        return f"{self._scheme}, h = {step_named(reading.steps[place])}. " + "\n".join(lines)


def _cancelled_words(found: Cancellation, exact: tuple[str, str] | None) -> str:
    """How many digits cancel, and how many of those that are left are right."""
    if found.equal:
        if found.good:  # without any error
            return "Both are the same number, and their difference is 0, exactly."
        return "All 17 digits cancel: nothing is left of the difference."
    known = "" if exact else " at most"
    return (
        f"{found.cancelled} of 17 digits cancel. Good digits left in the difference: {math.floor(found.good)}{known}."
    )


def _error_words(error: float, truncation: float, rounding: float) -> list[str]:
    """The error as the sum of its two parts, and the larger of them; its size where they are not known."""
    if truncation != truncation or rounding != rounding:
        return [f"off by {short(abs(error))}"] if error == error else []
    if not truncation and not rounding:
        return ["There is no error at all."]
    sign = "−" if rounding < 0.0 else "+"
    worse = "rounding: h is too small" if abs(rounding) > abs(truncation) else "truncation: h is too large"
    return [
        f"error = {short(truncation)} truncation {sign} {short(abs(rounding))} rounding",
        f"More of it is {worse}.",
    ]


def _all_digits(value: float) -> str:
    return number_text(value, 16) if math.isfinite(value) else UNDEFINED
