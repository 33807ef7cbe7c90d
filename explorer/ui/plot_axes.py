"""The axes of a picture: from data to pixels and back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QPointF, QRectF


@dataclass(frozen=True, slots=True)
class Axes:
    """Where a picture's axes are (logical pixels from its top left) and what they show."""

    left: float
    top: float
    right: float
    bottom: float
    x_limits: tuple[float, float]
    y_limits: tuple[float, float]
    x_log: bool = False
    y_log: bool = False

    @staticmethod
    def from_json(place: dict[str, Any]) -> Axes:
        """The Axes that the plotting process tells of; KeyError, TypeError or ValueError where it is none."""
        left, top, right, bottom = (float(place[side]) for side in ("left", "top", "right", "bottom"))
        (x_low, x_high), (y_low, y_high) = place["x_limits"], place["y_limits"]
        x_log, y_log = place["x_scale"] == "log", place["y_scale"] == "log"
        if not (left < right and top < bottom and x_low < x_high and y_low < y_high):
            raise ValueError("axes without an area")
        if (x_log and x_low <= 0) or (y_log and y_low <= 0):
            raise ValueError("a log axis that begins at 0 or below")
        return Axes(left, top, right, bottom, (x_low, x_high), (y_low, y_high), x_log, y_log)

    def across(self, values: Iterable[float]) -> Iterator[float]:
        """The horizontal pixels of x values; −inf for 0 and NaN for less on a log axis."""
        return _pixels(values, self.x_limits, self.x_log, self.left, self.right)

    def down(self, values: Iterable[float]) -> Iterator[float]:
        """The vertical pixels of y values; inf for 0 and NaN for less on a log axis."""
        return _pixels(values, self.y_limits, self.y_log, self.bottom, self.top)

    def value(self, point: QPointF) -> tuple[float, float]:
        """The data coordinates of a pixel."""
        across = (point.x() - self.left) / (self.right - self.left)
        up = (self.bottom - point.y()) / (self.bottom - self.top)
        return _value(across, self.x_limits, self.x_log), _value(up, self.y_limits, self.y_log)

    def rect(self) -> QRectF:
        return QRectF(QPointF(self.left, self.top), QPointF(self.right, self.bottom))

    def scaled(self, across: float, down: float) -> Axes:
        """The same axes in a picture stretched by these factors."""
        return Axes(
            self.left * across,
            self.top * down,
            self.right * across,
            self.bottom * down,
            self.x_limits,
            self.y_limits,
            self.x_log,
            self.y_log,
        )


def _pixels(
    values: Iterable[float], limits: tuple[float, float], log: bool, start: float, end: float
) -> Iterator[float]:
    low, high = map(math.log10, limits) if log else limits
    # Divided first: the product of a large value and the length may overflow where the pixel does not.
    if log:
        for value in values:
            place = math.log10(value) if value > 0 else -math.inf if value == 0 else math.nan
            yield start + (place - low) / (high - low) * (end - start)
    else:
        for value in values:
            yield start + (value - low) / (high - low) * (end - start)


def _value(part: float, limits: tuple[float, float], log: bool) -> float:
    low, high = map(math.log10, limits) if log else limits
    place = low + part * (high - low)
    return 10.0 ** min(place, 308.0) if log else place
