"""What an optimizer's question is about: the objective, its inputs and their start, and the legs of a run."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.language.names import plain_name
from explorer.language.parser import parse
from explorer.language.program import ExplorerError, Limits
from explorer.optimize.data_objective import BatchObjective, DataObjective
from explorer.optimize.datasets import DataSet, dataset, own_data
from explorer.optimize.descent import Box, Leg
from explorer.optimize.objectives import ProgramObjective, SquaresObjective
from explorer.optimize.rules.schedule import Schedule
from explorer.optimize.rules.table import Rule, rule_from
from explorer.optimize.sources import sourced
from explorer.work.subject import ASSUMED, numbers_by_name
from explorer.work.wire import Message, WireError, number

Array = NDArray[np.float64]
Objective = ProgramObjective | SquaresObjective | DataObjective


@dataclass(frozen=True)
class Task:
    """An objective with the names of its inputs and a value for each; `data` where it is a mean over rows."""

    objective: Objective
    names: tuple[str, ...]
    start: tuple[float, ...]
    label: str
    notes: tuple[str, ...] = ()
    data: DataSet | None = None

    def many(self, points: Array) -> Array:
        """f at points of shape (n, points)."""
        if isinstance(self.objective, ProgramObjective):
            return self.objective.compiled.value_on(list(points), points.shape[1:], self.objective.output)
        values, _ = self.objective.many(points)
        return values


def task(ask: Message, *, squares_allowed: bool = False) -> Task:
    """That of a question's `source`, `at` and `objective`; ExplorerError in words where it is none.

    objective: absent, or {"kind": "output", "index": k}, {"kind": "squares"}, {"kind": "data", "name", "seed"},
    {"kind": "table", "text"}. Of several outputs one must be chosen, or their squares' sum; squares_allowed: that sum
    is meant where nothing is said.
    """
    chosen = ask.get("objective") or {}
    kind = str(chosen.get("kind", ""))
    if kind == "data":
        data = dataset(str(chosen["name"]), whole(chosen.get("seed", 0), "seed"))
        return _of_data(ask, data, "mean loss")
    program = parse(str(ask["source"]), Limits.of(ask.get("limits") or {}))
    if kind == "table":
        return _of_data(ask, own_data(program, str(chosen["text"])), "mean of " + program.outputs[0])
    names, start = program.inputs, _start(ask, program.inputs, {})
    if kind == "squares" or (not kind and len(program.outputs) > 1 and squares_allowed):
        return Task(SquaresObjective(program), names, start, "sum of squares")
    if kind == "output":
        index = whole(chosen.get("index", 0), "output")
        if not 0 <= index < len(program.outputs):
            raise ExplorerError("There is no such output.", kind="request")
        return Task(ProgramObjective(program, index), names, start, program.outputs[index])
    if len(program.outputs) != 1:
        raise ExplorerError(
            "An optimizer needs one number to make small; this function has "
            f"{len(program.outputs)} outputs. Minimise one of them, or their squares' sum.",
            kind="domain",
        )
    return Task(ProgramObjective(program), names, start, program.outputs[0])


def _of_data(ask: Message, data: DataSet, label: str) -> Task:
    objective = DataObjective(data)
    return Task(objective, objective.names, _start(ask, objective.names, data.start), label, data.notes, data)


def _start(ask: Message, names: Sequence[str], defaults: Mapping[str, float]) -> tuple[float, ...]:
    given = numbers_by_name(ask.get("at") or {}, "at")
    strange = [name for name in given if name not in names]
    if strange and not defaults:
        inputs = ", ".join(names) or "none"
        raise ExplorerError(f"“{strange[0]}” is not an input of this function; its inputs: {inputs}.", kind="request")
    return tuple(given.get(name, defaults.get(name, ASSUMED)) for name in names)


def start_of(about: Task, at: Mapping[str, Any]) -> tuple[float, ...]:
    """A start given by name, with the task's own values for what is missing."""
    given = numbers_by_name(at, "at")
    return tuple(given.get(name, value) for name, value in zip(about.names, about.start, strict=True))


def asked_rule(ask: Mapping[str, Any]) -> Rule[Any]:
    """The rule of a question or of a leg, from its name and its settings: numbers, switches and choices by name."""
    settings = ask.get("settings") or {}
    plain = {name: value for name, value in settings.items() if isinstance(value, bool | str)}
    kept = {plain_name(name): value for name, value in plain.items() if value not in ("nan", "inf", "-inf")}
    numbers = numbers_by_name({n: v for n, v in settings.items() if n not in kept}, "settings")
    return rule_from(str(ask["rule"]), {**numbers, **kept})


def legs(about: Task, asked: Sequence[Mapping[str, Any]], seed: int) -> list[Leg]:
    """The legs: each {"rule", "settings", "steps"}, and optionally "schedule", "clip", "gradient", "batch"."""
    made = []
    for leg in asked:
        schedule = leg.get("schedule") or {}
        clip = leg.get("clip")
        made.append(
            Leg(
                asked_rule(leg),
                whole(leg["steps"], "steps"),
                Schedule(
                    str(schedule.get("kind", "constant")),
                    whole(schedule.get("period", 50), "period"),
                    number(schedule.get("gamma", 0.1)),
                ),
                None if clip is None else number(clip),
                _objective(about, leg, seed),
            )
        )
    return made


def _objective(about: Task, leg: Mapping[str, Any], seed: int) -> Objective:
    """The task's objective with the gradient's source or the batch of a leg."""
    gradient = leg.get("gradient") or {}
    source = str(gradient.get("source", "reverse"))
    batch = whole(leg.get("batch", 0), "batch")
    if batch < 0:
        raise ExplorerError("A batch has at least one row.", kind="domain")
    if about.data is not None:
        if source != "reverse":
            raise ExplorerError("On data the gradient comes from reverse-mode AD only.", kind="domain")
        return BatchObjective(about.data, batch, seed) if 0 < batch < about.data.rows else about.objective
    if source == "reverse":
        return about.objective
    if not isinstance(about.objective, ProgramObjective):
        raise ExplorerError("A sum of squares has its gradient from reverse-mode AD only.", kind="domain")
    return sourced(about.objective, source, number(gradient.get("h", 1e-6)))


def box_of(about: Task, asked: Mapping[str, Any] | None) -> Box | None:
    """Bounds by name: {"x": [low, high]}; what is not named has none."""
    if not asked:
        return None
    lows, highs = [], []
    for name in about.names:
        low, high = asked.get(name) or (-1e150, 1e150)
        lows.append(number(low))
        highs.append(number(high))
    return Box(tuple(lows), tuple(highs))


def whole(value: object, what: str) -> int:
    """A whole number of a message."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ExplorerError(f"“{what}” must be a whole number.", kind="request")
    return value


def numbers(values: object, count: int) -> list[float]:
    """So many numbers of a message."""
    if not isinstance(values, list) or len(values) != count:
        raise WireError(f"not {count} numbers")
    return [number(value) for value in values]


def packed(array: Any) -> dict[str, Any]:
    """An array for the window and the plotting process: base64 of little-endian doubles, with its shape."""
    doubles = np.ascontiguousarray(array, dtype="<f8")
    return {"float64": base64.b64encode(doubles.tobytes()).decode("ascii"), "shape": list(doubles.shape)}
