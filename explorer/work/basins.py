"""Answers the map: many starts, or rates and starts, run at once; the picture comes while they run."""

from __future__ import annotations

import base64
import math
import time
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from explorer.language.program import ExplorerError
from explorer.optimize.analysis import Stationary, stationary_points
from explorer.optimize.fleet import fleet
from explorer.work.task import Task, asked_rule, numbers, task, whole
from explorer.work.wire import Message, number

Array = NDArray[np.float64]

MOST_SIDE = 400
MOST_STEPS = 20_000
_PART_SECONDS = 0.25  # a new picture this often
_NEAR = 0.02  # of the map's extent: an end this near to a minimum belongs to it
_MOST_FITTED = 6  # parameters of a fit with minima that stand alone; a network's are many, or lie infinitely far
NOWHERE, LOST = 254, 255  # labels of what has reached no minimum, and of what has diverged


def answers(ask: Message) -> Iterator[Message]:
    """First {"minima": […]}; then pictures {"step", "labels", "shades", "width", "height"}, the last with "done".

    kind "basin": starts over two inputs; "rate": the rate (from `lowest` to `highest`, by decades) across, the start
    along one input upwards. labels: bytes, from the lowest row, the number of the minimum that a run is at, 254 none,
    255 diverged. shades: bytes, how near to it: 0 at the minimum's value, 255 at the start's median and above. lowest
    and top: the lowest value that a run is at, which stands for the minimum's where none is known, and that median.
    """
    about = task(ask)
    rule = asked_rule(ask)
    side, steps = whole(ask.get("side", 200), "side"), whole(ask["steps"], "steps")
    if not 2 <= side <= MOST_SIDE:
        raise ExplorerError(f"A map has between 2 and {MOST_SIDE} points a side.", kind="limit")
    if not 1 <= steps <= MOST_STEPS:
        raise ExplorerError(f"A map takes between 1 and {MOST_STEPS} steps.", kind="limit")
    starts, rates = _grid(about, ask, side)
    reach = _reach(about, starts)
    minima = []
    if about.data is None or len(about.names) <= _MOST_FITTED:
        minima = [p for p in _stationary(about, reach) if p.kind in ("minimum", "degenerate")]
    yield {"minima": [{"x": dict(zip(about.names, p.x, strict=True)), "f": p.f} for p in minima[:NOWHERE]]}
    sent = time.monotonic()
    top: float | None = None
    every = max(1, min(10, steps // 30))
    for state in fleet(about.objective, rule, starts, steps, rates=rates, every=every):
        if top is None:
            finite = state.loss[np.isfinite(state.loss)]
            if not finite.size:
                raise ExplorerError("At none of the starts is the function defined.", kind="domain")
            top = float(np.median(finite))
        last = state.step == steps
        if last or time.monotonic() - sent > _PART_SECONDS:
            picture = _picture(state.x, state.loss, minima, reach, top)
            lowest = float(np.where(np.isfinite(state.loss), state.loss, np.inf).min())
            head = {"step": state.step, "width": side, "height": side, "done": last, "lowest": lowest, "top": top}
            yield head | picture
            sent = time.monotonic()


def _grid(about: Task, ask: Message, side: int) -> tuple[Array, Array | None]:
    """The starts, shape (n, side²), row by row from the lowest, and a rate for each or None."""
    names = [str(name) for name in ask["axes"]]
    if any(name not in about.names for name in names):
        raise ExplorerError("A map is drawn over inputs of the function.", kind="request")
    starts = np.repeat(np.array(about.start)[:, None], side * side, axis=1)
    upright, across = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
    if str(ask.get("kind", "basin")) == "rate":
        lowest, highest = number(ask["lowest"]), number(ask["highest"])
        if not 0 < lowest < highest < math.inf:
            raise ExplorerError("The rates must lie between two finite numbers above 0.", kind="domain")
        ((low,), (high,)) = numbers(ask["lows"], 1), numbers(ask["highs"], 1)
        starts[about.names.index(names[0])] = (low + (high - low) * upright / (side - 1)).ravel()
        rates = lowest * (highest / lowest) ** (across / (side - 1))
        return starts, rates.ravel()
    if len(names) != 2:
        raise ExplorerError("A basin map needs two inputs.", kind="request")
    lows, highs = numbers(ask["lows"], 2), numbers(ask["highs"], 2)
    for name, place, low, high in zip(names, (across, upright), lows, highs, strict=True):
        starts[about.names.index(name)] = (low + (high - low) * place / (side - 1)).ravel()
    return starts, None


def _reach(about: Task, starts: Array) -> tuple[Array, Array]:
    """The box of the starts, with a margin, within which minima are looked for."""
    low, high = starts.min(axis=1), starts.max(axis=1)
    width = np.maximum(high - low, (high - low).max() or 1.0)
    return low - 0.5 * width, high + 0.5 * width


def _stationary(about: Task, reach: tuple[Array, Array]) -> Sequence[Stationary]:
    return stationary_points(about.objective, reach[0].tolist(), reach[1].tolist(), starts=64)


def _picture(x: Array, loss: Array, minima: Sequence[Stationary], reach: tuple[Array, Array], top: float) -> Message:
    extent = np.maximum(reach[1] - reach[0], 1e-300)
    labels = np.full(x.shape[1], NOWHERE, dtype=np.uint8)
    nearest = np.full(x.shape[1], np.inf)
    lowest = min((p.f for p in minima), default=float(np.where(np.isfinite(loss), loss, np.inf).min()))
    values = np.full(x.shape[1], lowest)
    with np.errstate(all="ignore"):
        for place, minimum in enumerate(minima[:NOWHERE]):
            away = np.abs((x - np.array(minimum.x)[:, None]) / extent[:, None]).max(axis=0)
            near = (away < nearest) & (away < _NEAR)
            labels[near] = place
            nearest[near] = away[near]
            values[near] = minimum.f
        labels[~np.isfinite(loss)] = LOST
        rise = np.maximum(loss - values, 0.0)
        # Logarithmic over eight decades below the median start.
        scale = max(top - float(values.min()), np.finfo(float).tiny)
        shades = 255 * (1 + np.log10(np.maximum(rise / scale, 1e-8)) / 8)
        if not minima and 0 < lowest < top:  # a loss, whose own size says how far it has come
            shades = 255 * np.log(loss / lowest) / np.log(top / lowest)
        shades = np.nan_to_num(shades, nan=255.0).clip(0, 255).astype(np.uint8)
    return {"labels": _bytes(labels), "shades": _bytes(shades)}


def _bytes(values: NDArray[np.uint8]) -> str:
    return base64.b64encode(values.tobytes()).decode("ascii")
