"""This step in numbers: a rule's step run over numbers that say how they came about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from explorer.language.names import pretty_name
from explorer.optimize.rules.schedule import Schedule
from explorer.optimize.rules.table import GradientRule
from explorer.ui.panel import number_text
from explorer.ui.panels.optimize.trace import Trace, memory_of

_DIGITS = 4
_SUPERSCRIPTS = str.maketrans("0123456789.−", "⁰¹²³⁴⁵⁶⁷⁸⁹·⁻")
# How strongly an operation binds: a weaker operand gets parentheses.
_SUM, _PRODUCT, _POWER, _ATOM = 1, 2, 3, 4


class Said:
    """A number with the words of its last operations; a number of `known` stands for itself."""

    __slots__ = ("binding", "known", "text", "value")

    def __init__(
        self, value: float, text: str = "", binding: int = _ATOM, known: frozenset[float] = frozenset()
    ) -> None:
        self.value, self.known = value, known
        self.text = text or _number(value)
        self.binding = binding if text else (_SUM if value < 0 else _ATOM)

    def _new(self, value: float, text: str, binding: int) -> Said:
        if value in self.known:
            return Said(value, known=self.known)
        return Said(value, text, binding, self.known)

    def _of(self, other: Any) -> Said:
        return other if isinstance(other, Said) else Said(float(other), known=self.known)

    def inside(self, binding: int) -> str:
        """Its words as an operand."""
        return self.text if self.binding >= binding else f"({self.text})"

    def __add__(self, other: Any) -> Said:
        o = self._of(other)
        if o.value == 0 and o.binding == _ATOM:
            return self
        return self._new(self.value + o.value, f"{self.inside(_SUM)} + {o.inside(_PRODUCT)}", _SUM)

    def __radd__(self, other: Any) -> Said:
        return self._of(other) + self

    def __sub__(self, other: Any) -> Said:
        o = self._of(other)
        return self._new(self.value - o.value, f"{self.inside(_SUM)} − {o.inside(_PRODUCT)}", _SUM)

    def __rsub__(self, other: Any) -> Said:
        return self._of(other) - self

    def __mul__(self, other: Any) -> Said:
        if isinstance(other, bool):
            return Said(self.value * other, known=self.known)
        o = self._of(other)
        return self._new(self.value * o.value, f"{self.inside(_PRODUCT)}·{o.inside(_PRODUCT)}", _PRODUCT)

    def __rmul__(self, other: Any) -> Said:
        return self._of(other) * self

    def __truediv__(self, other: Any) -> Said:
        o = self._of(other)
        value = self.value / o.value if o.value else float("nan")
        return self._new(value, f"{self.inside(_PRODUCT)} / {o.inside(_POWER)}", _PRODUCT)

    def __rtruediv__(self, other: Any) -> Said:
        return self._of(other) / self

    def __pow__(self, exponent: Any) -> Said:
        if exponent == 0.5:
            value = self.value**0.5 if self.value >= 0 else float("nan")
            return self._new(value, f"√{self.inside(_ATOM)}", _POWER)
        e = self._of(exponent)
        try:
            value = self.value**e.value
        except OverflowError:
            value = float("inf")
        return self._new(value, self.inside(_ATOM) + e.text.translate(_SUPERSCRIPTS), _POWER)

    def __rpow__(self, base: Any) -> Said:
        return self._of(base) ** self

    def __neg__(self) -> Said:
        return self._new(-self.value, f"−{self.inside(_PRODUCT)}", _SUM)

    def __abs__(self) -> Said:
        return self._new(abs(self.value), f"|{self.text}|", _ATOM)

    def __gt__(self, other: Any) -> bool:
        return self.value > self._of(other).value

    def __lt__(self, other: Any) -> bool:
        return self.value < self._of(other).value

    def __ge__(self, other: Any) -> bool:
        return self.value >= self._of(other).value

    def __eq__(self, other: object) -> bool:
        return self.value == self._of(other).value

    __hash__ = None  # type: ignore[assignment]

    def clip(self, low: Any, high: Any = None) -> Said:
        """At least `low`, at most `high`."""
        lowest = self._of(low)
        raised = max(self.value, lowest.value)
        if high is None:
            return self._new(raised, f"max({self.text}, {lowest.text})", _ATOM)
        return Said(min(raised, self._of(high).value), known=self.known)


def _number(value: float) -> str:
    return number_text(value, _DIGITS)


def step_in_numbers(trace: Trace, step: int, coordinates: int) -> list[str]:
    """Lines that give the step after this iterate with its numbers, for the first coordinates; none after the last."""
    rule = trace.rule_at(step)
    if step + 1 >= len(trace):
        return []
    if not isinstance(rule, GradientRule):
        return _searched(trace, step)
    schedule = trace.spec["legs"][trace.leg_at(step)].get("schedule")
    if schedule:
        factor = Schedule(schedule["kind"], schedule["period"], schedule["gamma"]).factor(step)
        if factor > 0:
            rule = replace(rule, rate=float(rule.settings()["rate"]) * factor)
    lines = []
    kept, after = trace.memory_at(step), dict(trace.memory_at(step + 1))
    x, g = trace.point(step), trace.gradient_at(step)
    clip = trace.spec["legs"][trace.leg_at(step)].get("clip")
    if clip is not None and trace.norm[step] > clip:
        g = [value * clip / trace.norm[step] for value in g]
        lines.append(f"g is clipped from {_number(trace.norm[step])} to the norm {_number(clip)}")
    if rule.name == "nesterov" and getattr(rule, "at_look_ahead", False) and step:
        return _looked_ahead(trace, step)
    if trace.spec["legs"][trace.leg_at(step)].get("batch"):
        lines.append("On a batch: the numbers below are those of the whole data's gradient.")
    for place, name in enumerate(trace.names[:coordinates]):
        known = frozenset(values[place if len(values) > place else 0] for values in after.values())
        memory = memory_of(rule, [(symbol, [Said(v, known=known) for v in values]) for symbol, values in kept], place)
        delta, new = rule.step(Said(g[place], known=known), Said(x[place], known=known), memory)  # type: ignore[arg-type]
        plain = memory_of(rule, [(symbol, [Said(v) for v in values]) for symbol, values in kept], place)
        _, said = rule.step(Said(g[place]), Said(x[place]), plain)  # type: ignore[arg-type]
        for symbol, words in zip(type(new)._fields, said, strict=True):
            if isinstance(words, Said) and words.binding < _ATOM and symbol not in ("t", "product"):
                lines.append(f"{symbol} ← {words.text} = {_number(words.value)}")
        if isinstance(delta, Said):
            lines.append(f"Δ{pretty_name(name)} = {delta.text} = {_number(delta.value)}")
    return lines


def _looked_ahead(trace: Trace, step: int) -> list[str]:
    """Nesterov's gradient is taken ahead and not kept: it follows from the velocity before and after."""
    rule = trace.rule_at(step)
    rate, beta = float(rule.settings()["rate"]), float(rule.settings()["beta"])
    before, after = dict(trace.memory_at(step))["m"], dict(trace.memory_at(step + 1))["m"]
    lines = []
    for place, name in enumerate(trace.names[:2]):
        ahead = trace.point(step)[place] + rate * beta * before[place]
        g = beta * before[place] - after[place]
        lines.append(f"{name} + ηβm = {_number(ahead)}, the gradient there: {_number(g)}")
        lines.append(f"m ← {_number(beta)}·{Said(before[place]).inside(_PRODUCT)} − {Said(g).inside(_PRODUCT)}")
        product = f"{_number(rate)}·{Said(after[place]).inside(_PRODUCT)}"
        lines.append(f"Δ{pretty_name(name)} = {product} = {_number(rate * after[place])}")
    return lines


def _searched(trace: Trace, step: int) -> list[str]:
    """What a searching rule has done: its step length, its direction, and what that cost."""
    entries = dict(trace.entries_at(step + 1))
    lines = []
    if "a" in entries and "d" in entries:
        direction = ", ".join(_number(v) for v in entries["d"][:4])
        lines.append(f"a = {_number(entries['a'][0])},  d = ({direction}{', …' if len(entries['d']) > 4 else ''})")
    moved: Sequence[float] = [b - a for a, b in zip(trace.point(step), trace.point(step + 1), strict=True)]
    said = ", ".join(
        f"Δ{pretty_name(name)} = {_number(v)}" for name, v in list(zip(trace.names, moved, strict=True))[:4]
    )
    lines.append(said)
    lines.append(f"f: {_number(trace.loss[step])} → {_number(trace.loss[step + 1])}")
    spent = trace.evaluations[step + 1] - trace.evaluations[step]
    lines.append(f"{spent:g} gradient{'s' if spent != 1 else ''} for this step")
    return lines
