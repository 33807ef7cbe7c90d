"""Answers the optimizer's questions: the landscape that it runs on, and the run itself in parts."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from explorer.language.program import ExplorerError
from explorer.optimize.descent import Iterate, Stopped, descend
from explorer.optimize.ground import Objective
from explorer.optimize.objectives import ProgramObjective, SquaresObjective, on_grid
from explorer.optimize.rules import Rule, rule_from
from explorer.work.subject import numbers_by_name, subject
from explorer.work.wire import Message, number

# Points an axis: 1 a few pixels of a plot, so that a contour is smooth at the size of a panel.
GRID = 120
CURVE = 600
# A part of the run goes out this often: faster than the eye follows, slow enough for the window to draw each.
PART_SECONDS = 0.05


def landscape_answers(ask: Message) -> Iterator[Message]:
    """One answer: the coordinates an axis and the values, row by row from the lowest second coordinate."""
    about = subject(ask)
    names = [str(name) for name in ask["axes"]]
    strange = [name for name in names if name not in about.program.inputs]
    if strange or len(names) not in (1, 2):
        raise ExplorerError("A landscape is drawn over one or two of the inputs.", kind="request")
    count = CURVE if len(names) == 1 else GRID
    spans = zip(ask["lows"], ask["highs"], strict=True)
    coordinates = [np.linspace(number(low), number(high), count) for low, high in spans]
    axes = [about.program.inputs.index(name) for name in names]
    values = on_grid(about.program, about.point, axes, coordinates)
    yield {
        "axes": names,
        "coordinates": [packed(c) for c in coordinates],
        "values": packed(values),
        "centre": dict(zip(about.program.inputs, about.point, strict=True)),
    }


def packed(array: Any) -> dict[str, Any]:
    """An array for the plotting process: base64 of little-endian doubles, with its shape."""
    doubles = np.ascontiguousarray(array, dtype="<f8")
    return {"float64": base64.b64encode(doubles.tobytes()).decode("ascii"), "shape": list(doubles.shape)}


def descent_answers(ask: Message) -> Iterator[Message]:
    """{"iterates": [...]} in parts, then {"stopped": …, "sentence": …, "evaluations": …, "rule": …}."""
    about = subject(ask)
    if len(about.program.outputs) != 1 and ask.get("rule") != "levenberg-marquardt":
        raise ExplorerError(
            "An optimizer needs one number to make small; this function has "
            f"{len(about.program.outputs)} outputs. Minimise one of them, or their squares' sum.",
            kind="domain",
        )
    rule = asked_rule(ask)
    if len(about.program.outputs) != 1:
        objective: Objective = SquaresObjective(about.program)
    else:
        objective = ProgramObjective(about.program)
    run = descend(objective, rule, list(about.point), int(ask["steps"]), names=about.program.inputs)
    part: list[Message] = []
    sent = time.monotonic()
    for item in run:
        if isinstance(item, Stopped):
            yield {"iterates": part}
            yield {
                "stopped": item.reason,
                "sentence": item.sentence,
                "step": item.step,
                "evaluations": {"function": item.function_evaluations, "gradient": item.gradient_evaluations},
                "rule": {"name": rule.name, **rule.settings()},
            }
            return
        part.append(_iterate(item, about.program.inputs))
        if time.monotonic() - sent > PART_SECONDS:
            yield {"iterates": part}
            part, sent = [], time.monotonic()


def asked_rule(ask: Message) -> Rule[Any]:
    """The rule of a question, from its name and its settings: numbers, switches and choices by name."""
    settings = ask.get("settings") or {}
    plain = {name: value for name, value in settings.items() if isinstance(value, bool | str)}
    kept = {name: value for name, value in plain.items() if value not in ("nan", "inf", "-inf")}
    numbers = numbers_by_name({n: v for n, v in settings.items() if n not in kept}, "settings")
    return rule_from(str(ask["rule"]), {**numbers, **kept})


def _iterate(item: Iterate, names: tuple[str, ...]) -> Message:
    row = asdict(item)
    row["x"] = dict(zip(names, item.x, strict=True))
    row["gradient"] = dict(zip(names, item.gradient, strict=True))
    return row
