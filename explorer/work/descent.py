"""Answers the optimizer's questions: the landscape that it runs on, and the runs themselves in parts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.language.program import ExplorerError
from explorer.optimize.blocks import Block, descend_blocks
from explorer.optimize.descent import Iterate, Stopped, descend
from explorer.work.task import Task, asked_rule, box_of, legs, numbers, packed, start_of, task, whole
from explorer.work.wire import Message

Array = NDArray[np.float64]

# Points an axis: 1 a few pixels of a plot, so that a contour is smooth at the size of a panel.
GRID = 120
CURVE = 600
# A part of the run goes out this often: faster than the eye follows, slow enough for the window to draw each.
PART_SECONDS = 0.05
MOST_RUNS = 64  # in one question: more than a plot has colours
_MOST_SEEN = 1_500_000  # rows of data times points of a landscape: about a second
_MOST_PRINCIPAL = 20_000  # points of paths that the principal directions are taken of


def landscape_answers(ask: Message) -> Iterator[Message]:
    """One answer: the coordinates an axis and the values, row by row from the lowest second coordinate.

    The axes are inputs by name, or `directions`, vectors through the centre, along which the coordinates count.
    """
    about = task(ask, squares_allowed=True)
    centre = np.array(about.start)
    if ask.get("directions"):
        directions = [np.array(numbers(d, len(centre))) for d in ask["directions"]]
        offset = centre
        names = [f"direction {place + 1}" for place in range(len(directions))]
    else:
        names = [str(name) for name in ask["axes"]]
        if any(name not in about.names for name in names):
            raise ExplorerError("A landscape is drawn over inputs of the function.", kind="request")
        directions = [np.eye(len(centre))[about.names.index(name)] for name in names]
        offset = centre.copy()
        for name in names:
            offset[about.names.index(name)] = 0.0
    if len(directions) not in (1, 2):
        raise ExplorerError("A landscape is drawn over one or two of the inputs.", kind="request")
    count = CURVE if len(directions) == 1 else GRID
    if about.data is not None:
        count = max(20, min(count, int((_MOST_SEEN / about.data.rows) ** (1 / len(directions)))))
    lows, highs = numbers(ask["lows"], len(directions)), numbers(ask["highs"], len(directions))
    coordinates = [np.linspace(low, high, count) for low, high in zip(lows, highs, strict=True)]
    mesh = np.meshgrid(*coordinates)
    points = offset[:, None] + sum(d[:, None] * m.ravel()[None, :] for d, m in zip(directions, mesh, strict=True))
    with np.errstate(all="ignore"):
        values = about.many(points).reshape(mesh[0].shape)
    yield {
        "axes": names,
        "coordinates": [packed(c) for c in coordinates],
        "values": packed(values),
        "centre": dict(zip(about.names, about.start, strict=True)),
        "label": about.label,
    }


def descent_answers(ask: Message) -> Iterator[Message]:
    """{"iterates": [...]} in parts, then {"stopped": …, "sentence": …, "evaluations": …, "rule": …}."""
    about = task(ask, squares_allowed=ask.get("rule") == "levenberg-marquardt")
    rule = asked_rule(ask)
    run = descend(about.objective, rule, about.start, whole(ask["steps"], "steps"), names=about.names)
    part: list[Message] = []
    sent = time.monotonic()
    for item in run:
        if isinstance(item, Stopped):
            yield {"iterates": part}
            yield {**_ending(item), "rule": {"name": rule.name, **rule.settings()}}
            return
        part.append(_iterate(item, about.names))
        if time.monotonic() - sent > PART_SECONDS:
            yield {"iterates": part}
            part, sent = [], time.monotonic()


def _iterate(item: Iterate, names: tuple[str, ...]) -> Message:
    row = asdict(item)
    row["x"] = dict(zip(names, item.x, strict=True))
    row["gradient"] = dict(zip(names, item.gradient, strict=True))
    return row


def _ending(item: Stopped) -> Message:
    return {
        "stopped": item.reason,
        "sentence": item.sentence,
        "step": item.step,
        "evaluations": {
            "function": item.function_evaluations,
            "gradient": item.gradient_evaluations,
            "hessian": item.hessian_evaluations,
        },
    }


def runs_answers(ask: Message) -> Iterator[Message]:
    """First {"names", "start", "label", "notes"}, on data with its "about", "model" and "rows"; then, the runs taking
    turns, for each {"run": k} with a "block", at its end "stopped" and "sentence", or "refused", a sentence why it
    could not be.
    """
    about = task(ask, squares_allowed=_all_squares(ask))
    yield {
        "names": list(about.names),
        "start": dict(zip(about.names, about.start, strict=True)),
        "label": about.label,
        "notes": list(about.notes),
        "rows": about.data.rows if about.data is not None else None,
        "about": about.data.about if about.data is not None else "",
        "model": about.data.model if about.data is not None else "",
    }
    asked = list(ask["runs"])
    if len(asked) > MOST_RUNS:
        raise ExplorerError(f"At most {MOST_RUNS} runs at once.", kind="limit")
    waiting = [(place, _one_run(about, ask, run)) for place, run in enumerate(asked)]
    while waiting:
        following = []
        for place, parts in waiting:
            part = next(parts, None)
            if part is not None:
                yield {"run": place, **part}
                following.append((place, parts))
        waiting = following


def _all_squares(ask: Message) -> bool:
    rules = {leg.get("rule") for run in ask.get("runs", ()) for leg in run.get("legs", ())}
    return rules == {"levenberg-marquardt"}


def _one_run(about: Task, ask: Message, run: dict[str, Any]) -> Iterator[Message]:
    try:
        made = legs(about, run["legs"], whole(ask.get("seed", 0), "seed"))
        start = start_of(about, run.get("at") or {})
        items = descend_blocks(about.objective, made, start, about.names, box_of(about, ask.get("box")))
        held: list[Block] = []
        sent = time.monotonic()
        for item in items:
            if isinstance(item, Stopped):
                for block in held:
                    yield {"block": _block(block)}
                yield _ending(item)
                return
            held.append(item)
            if time.monotonic() - sent > PART_SECONDS:
                for block in held:
                    yield {"block": _block(block)}
                held, sent = [], time.monotonic()
    except ExplorerError as error:
        yield {"refused": error.message}


def _block(block: Block) -> Message:
    steps = np.zeros(len(block.loss))
    steps[1:] = np.sqrt((np.diff(block.x, axis=0) ** 2).sum(axis=1))
    return {
        "first": block.first,
        "leg": block.leg,
        "x": packed(block.x),
        "loss": packed(block.loss),
        "gradient": packed(block.gradient),
        "norm": packed(block.norm),
        "evaluations": packed(block.evaluations),
        "fields": [list(field) for field in block.fields],
        "memory": packed(block.memory),
        "raw": block.raw,
    }


def principal_answers(ask: Message) -> Iterator[Message]:
    """The plane in which the paths of some runs lie best: {"centre", "directions", "explained", "lows", "highs"}.

    explained: the parts of the paths' variance along the two directions (principal components, by SVD).
    """
    about = task(ask, squares_allowed=_all_squares(ask))
    paths = []
    for run in ask["runs"]:
        try:
            made = legs(about, run["legs"], whole(ask.get("seed", 0), "seed"))
            blocks = descend_blocks(about.objective, made, start_of(about, run.get("at") or {}), about.names)
            paths += [block.x for block in blocks if isinstance(block, Block)]
        except ExplorerError:
            continue
    if not paths:
        raise ExplorerError("There is no run whose directions could be taken.", kind="domain")
    points = np.concatenate(paths)
    points = points[:: max(1, len(points) // _MOST_PRINCIPAL)]
    centre = points[-1]
    away = points - centre
    _, sizes, directions = np.linalg.svd(away - away.mean(axis=0), full_matrices=False)
    shares = sizes**2 / max(float((sizes**2).sum()), np.finfo(float).tiny)
    if len(directions) < 2 or len(centre) < 2:
        raise ExplorerError("Two directions need two inputs.", kind="domain")
    # A sign is free: the larger entry is positive, so that the picture does not turn over from run to run.
    axes = [d if d[np.abs(d).argmax()] > 0 else -d for d in directions[:2]]
    across = np.stack([away @ d for d in axes])
    yield {
        "centre": dict(zip(about.names, centre.tolist(), strict=True)),
        "directions": [d.tolist() for d in axes],
        "explained": shares[:2].tolist(),
        "lows": across.min(axis=1).tolist(),
        "highs": across.max(axis=1).tolist(),
    }
