"""The worker's answer about differences as the window reads it: plain floats, by grid place k of the step h."""

from __future__ import annotations

import base64
import math
import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from explorer.ui.panel import number_text
from explorer.work.wire import number

# The place of a scheme among the colours, the same in every picture.
_COLOURS = (
    "forward", "central", "five-point", "complex step", "custom", "seven-point", "backward", "right, order 2",
    "left, order 2", "right, order 4", "left, order 4",
)  # fmt: skip
SHOWN_AT_FIRST = ("forward", "central", "five-point", "complex step", "custom")


def colour_of(scheme: str) -> int:
    """The index of a scheme's colour."""
    return _COLOURS.index(scheme) if scheme in _COLOURS else len(_COLOURS)


def numbers(values: Iterable[Any]) -> list[float]:
    """Floats of a message, in which the non-finite are words."""
    return [v if type(v) is float else number(v) for v in values]


def unpacked(text: str) -> array[float]:
    """The doubles of base64 little-endian bytes."""
    values = array("d", base64.b64decode(text))
    if sys.byteorder == "big":
        values.byteswap()
    return values


@dataclass(frozen=True)
class Row:
    """A scheme at its default step; weights, offsets and the rest are empty or NaN for Richardson and complex step."""

    scheme: str
    estimate: float
    error: float
    step: float
    evaluations: int
    gradient_evaluations: int
    uncertainty: float
    note: str
    offsets: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    order: int = 0
    constant: str = ""
    root: int = 0
    truncation: float = math.nan
    rounding: float = math.nan
    predicted: float = math.nan
    measured: float = math.nan


_FLOATS = ("estimate", "error", "step", "uncertainty", "truncation", "rounding", "predicted", "measured")


@dataclass(frozen=True)
class Break:
    """One way in which differences fail here, and the steps that it spoils."""

    name: str
    sentence: str
    low: float
    high: float
    serious: bool


@dataclass(frozen=True)
class Reading:
    """One output along one input: estimates by scheme and step, the truth, the table, what breaks."""

    input: str
    output: str
    inputs: tuple[str, ...]
    derivative: int
    x: float
    value: float
    unit: float
    steps: tuple[float, ...]
    taken: tuple[float, ...]
    truth: float
    digits: str
    precise: bool
    why: str
    estimates: Mapping[str, Sequence[float]]
    rows: tuple[Row, ...]
    refused: str
    breaks: tuple[Break, ...]
    cost: tuple[int, int]  # elementary operations of f, and of f with one reverse sweep
    slopes: tuple[float, ...] = ()  # from the left and from the right, where they are known

    @staticmethod
    def from_json(base: Mapping[str, Any]) -> Reading:
        """The reading of a `base` answer."""
        truth = base["truth"]
        rows = []
        for row in base["rows"]:
            floats = {name: number(row[name]) for name in _FLOATS if name in row}
            lists = {name: tuple(row.get(name, ())) for name in ("offsets", "weights")}
            rows.append(Row(**{**row, **floats, **lists}))
        return Reading(
            base["input"],
            base["output"],
            tuple(base["inputs"]),
            base["derivative"],
            number(base["x"]),
            number(base["value"]),
            number(base["unit"]),
            tuple(numbers(base["steps"])),
            tuple(numbers(base["taken"])),
            number(truth["value"]),
            truth["digits"],
            truth["precise"],
            truth["why"],
            {name: numbers(values) for name, values in base["estimates"].items()},
            tuple(rows),
            base["refused"],
            tuple(Break(**{**b, "low": number(b["low"]), "high": number(b["high"])}) for b in base["breaks"]),
            (base["cost"]["function"], base["cost"]["reverse"]),
            tuple(numbers(truth["slopes"])),
        )

    @property
    def comparable(self) -> bool:
        """Whether there is a derivative that estimates can be compared with: not at a corner, a jump, a cusp."""
        return math.isfinite(self.truth)

    @property
    def none_here(self) -> str:
        """A sentence where there is no derivative to compare with; the panel's remarks say the rest."""
        if not math.isfinite(self.value):
            return "f is not finite here."
        if not self.precise:
            return f"No derivative is known here: reverse AD gives none. {self.why}."
        if self.derivative == 2:
            return "f has no second derivative here."
        if len(self.slopes) == 2 and all(map(math.isfinite, self.slopes)):
            left, right = (short(slope, 3) for slope in self.slopes)
            return f"f has no derivative here: slope {left} on the left, {right} on the right."
        return "f has no derivative here."

    @property
    def source(self) -> str:
        """Where the truth comes from."""
        return "50-digit arithmetic" if self.precise else "reverse AD"

    @cached_property
    def errors(self) -> dict[str, list[float]]:
        """|estimate − truth| by scheme and step."""
        return {name: [abs(v - self.truth) for v in values] for name, values in self.estimates.items()}

    @cached_property
    def sizes(self) -> dict[str, list[float]]:
        """|estimate| by scheme and step."""
        return {name: [abs(v) for v in values] for name, values in self.estimates.items()}

    def row(self, scheme: str) -> Row | None:
        """A scheme's row."""
        return next((row for row in self.rows if row.scheme == scheme), None)

    def place(self, h: float) -> int:
        """The grid place nearest to a step."""
        if not (h > 0.0 and self.unit > 0.0) or math.isinf(h):
            return len(self.steps) - 1 if h > 0.0 else 0
        logs = math.log10(self.steps[0]), math.log10(self.steps[-1])
        part = (math.log10(h) - logs[0]) / (logs[1] - logs[0])
        return min(max(round(part * (len(self.steps) - 1)), 0), len(self.steps) - 1)

    @property
    def mark(self) -> str:
        """The derivative's short name: f′ or f″."""
        return "f′" if self.derivative == 1 else "f″"


def step_text(h: float) -> str:
    """A step in two digits: 1e−8, 2.2e−5, 0.05."""
    if not 0.0 < h < math.inf:
        return "∞" if h > 0.0 else "0"
    text = f"{h:.1e}"
    mantissa, exponent = text.split("e")
    if -3 < int(exponent) < 3:
        return number_text(float(text), 2)
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}".replace("-", "−")


def step_named(h: float) -> str:
    """A step as its box shows it: what was typed is seen again."""
    return short(h, 6)


def short(value: float, digits: int = 2) -> str:
    """A number with few digits."""
    return number_text(value, digits)
