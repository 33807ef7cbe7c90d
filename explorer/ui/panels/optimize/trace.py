"""A run as the window holds it: columns of numbers, without NumPy, and what is read off them."""

from __future__ import annotations

import hashlib
import math
from array import array
from base64 import b64decode
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from explorer.optimize.rules.table import GradientRule, Rule, rule_from
from explorer.ui.panel import in_our_words

QUANTITIES = {
    "loss": "f",
    "norm": "|∇f|",
    "length": "step length |Δx|",
    "distance": "distance to a minimum",
}


def doubles(packed: Mapping[str, Any]) -> array[float]:
    """The numbers of a packed array (see explorer.work.task)."""
    numbers = array("d")
    numbers.frombytes(b64decode(packed["float64"]))
    return numbers


class Trace:
    """The iterates of one run that have come so far, and how it ended.

    spec: {"at": start, "legs": […]} as it was asked, from which the run can be repeated bit for bit.
    """

    def __init__(self, spec: Mapping[str, Any], names: Sequence[str], label: str = "") -> None:
        self.spec = dict(spec)
        self.names = list(names)
        self.label = label
        self.x = array("d")
        self.gradient = array("d")
        self.loss = array("d")
        self.norm = array("d")
        self.evaluations = array("d")
        self.stopped = ""
        self.sentence = ""
        self.cost: dict[str, float] = {}
        self._memory: list[tuple[int, int, list[Any], array[float], bool]] = []  # first step, leg, fields, numbers, raw
        self._lengths: array[float] | None = None

    def __len__(self) -> int:
        return len(self.loss)

    def take(self, answer: Mapping[str, Any]) -> None:
        """One answer about this run."""
        if "block" in answer:
            block = answer["block"]
            for name in ("x", "gradient", "loss", "norm", "evaluations"):
                getattr(self, name).extend(doubles(block[name]))
            part = (block["first"], block["leg"], block["fields"], doubles(block["memory"]), block["raw"])
            self._memory.append(part)
            self._lengths = None
        elif "stopped" in answer:
            self.stopped, self.cost = answer["stopped"], answer["evaluations"]
            self.sentence = in_our_words(answer["sentence"])
        elif "refused" in answer:
            self.stopped, self.sentence = "refused", in_our_words(answer["refused"])

    @property
    def complete(self) -> bool:
        """Whether there is nothing after the last iterate, however many steps were asked for."""
        return self.stopped not in ("", "steps")

    def point(self, step: int) -> list[float]:
        """The coordinates at a step."""
        n = len(self.names)
        return self.x[step * n : (step + 1) * n].tolist()

    def gradient_at(self, step: int) -> list[float]:
        """The gradient at a step."""
        n = len(self.names)
        return self.gradient[step * n : (step + 1) * n].tolist()

    def coordinate(self, name: str, first: int = 0) -> array[float]:
        """One coordinate at all steps from `first` on."""
        n = len(self.names)
        return self.x[first * n + self.names.index(name) :: n]

    def projected(self, centre: Sequence[float], direction: Sequence[float], first: int = 0) -> array[float]:
        """How far the points from step `first` on lie from the centre along a direction."""
        n = len(self.names)
        total = array("d", bytes(8 * (len(self) - first)))
        for place, (middle, part) in enumerate(zip(centre, direction, strict=True)):
            if part:
                column = self.x[first * n + place :: n]
                total = array("d", [t + part * (v - middle) for t, v in zip(total, column, strict=True)])
        return total

    def lengths(self) -> array[float]:
        """|Δx| of the step that follows each iterate but the last."""
        if self._lengths is None:
            n = len(self.names)
            squares = [0.0] * max(len(self) - 1, 0)
            for place in range(n):
                column = self.x[place::n]
                squares = [s + (b - a) ** 2 for s, a, b in zip(squares, column, column[1:], strict=False)]
            self._lengths = array("d", map(math.sqrt, squares))
        return self._lengths

    def values(self, quantity: str, places: Sequence[int], minima: Sequence[Sequence[float]]) -> list[float]:
        """A quantity of QUANTITIES at these steps; NaN where there is none."""
        if quantity == "length":
            lengths = self.lengths()
            return [lengths[k] if k < len(lengths) else math.nan for k in places]
        if quantity == "distance":
            return [min((math.dist(self.point(k), m) for m in minima), default=math.nan) for k in places]
        column = self.loss if quantity == "loss" else self.norm
        return [column[k] for k in places]

    def rule_at(self, step: int) -> Rule[Any]:
        """The rule of the leg that the step belongs to."""
        leg = self.spec["legs"][self.leg_at(step)]
        return rule_from(leg["rule"], leg.get("settings") or {})

    def leg_at(self, step: int) -> int:
        """The number of the leg that a step belongs to."""
        part = self._part(step)
        return part[1] if part else 0

    def _part(self, step: int) -> tuple[int, int, list[Any], array[float], bool] | None:
        place = bisect_right([part[0] for part in self._memory], step) - 1
        return self._memory[place] if place >= 0 else None

    def memory_at(self, step: int) -> list[tuple[str, list[float]]]:
        """(symbol, values) of the memory's fields as they came, at a step."""
        part = self._part(step)
        if part is None:
            return []
        first, _, fields, numbers, _ = part
        width = sum(size for _, size in fields)
        row = numbers[(step - first) * width : (step - first + 1) * width].tolist()
        result, place = [], 0
        for symbol, size in fields:
            result.append((symbol, row[place : place + size]))
            place += size
        return result

    def entries_at(self, step: int) -> list[tuple[str, list[float]]]:
        """(symbol, values) that an inspector shows at a step, with m̂ and the like."""
        kept = self.memory_at(step)
        part, rule = self._part(step), self.rule_at(step)
        if part is None or not part[4] or not isinstance(rule, GradientRule):
            return kept
        shown: dict[str, list[float]] = {}
        for place in range(len(self.names)):
            for symbol, value in rule.entries(memory_of(rule, kept, place)):
                shown.setdefault(symbol, []).append(value)
        singles = {symbol for symbol, values in kept if len(values) == 1} if len(self.names) > 1 else set()
        return [(symbol, values[:1] if symbol in singles else values) for symbol, values in shown.items()]


def digest(trace: Trace) -> str:
    """Of its iterates and losses, to tell whether a run that was repeated is the same, bit for bit."""
    return hashlib.sha256(trace.x.tobytes() + trace.loss.tobytes()).hexdigest()[:32]


def memory_of(rule: GradientRule[Any], kept: Sequence[tuple[str, Sequence[float]]], place: int) -> Any:
    """The memory of one coordinate as plain floats."""
    kind = type(rule.start(0.0))  # type: ignore[arg-type]
    fields = [values[place] if len(values) > place else values[0] for _, values in kept]
    return kind(*fields)


def thinned(values: Sequence[float], stretches: int) -> list[int]:
    """The places of a long curve that are drawn: of each stretch the least and the greatest."""
    stretch = max(1, -(-len(values) // stretches))
    if stretch == 1:
        return list(range(len(values)))
    places: list[int] = []
    for start in range(0, len(values), stretch):
        part = values[start : start + stretch]
        places += sorted({start + part.index(min(part)), start + part.index(max(part))})
    return places
