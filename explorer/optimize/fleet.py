"""Many runs at once as one array computation: starts × steps, rates × starts, basins of attraction.

Rules work coordinate by coordinate, so that one step of ten thousand runs is a handful of NumPy calls. The numbers are
those of single runs, bit for bit, but for the sums inside a gradient of data and for functions as tanh, which NumPy
computes otherwise than the C library.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.calculus.block_code import aligned
from explorer.language.program import ExplorerError
from explorer.optimize.fleet_code import Fleet, QuickFleet, quick_fleet
from explorer.optimize.rules.rule import GradientRule, Rule
from explorer.optimize.rules.schedule import CONSTANT, Schedule

Array = NDArray[np.float64]

MOST_RUNS = 250_000
# Of the points of many steps at a time: so few numbers that they stay in cache, unless these are few steps.
_TOGETHER, _MOST_TOGETHER, _FEWEST_STEPS = 50_000, 1_000_000, 12


class Many(Protocol):
    """An objective at many points: f of shape (points,), ∇f of shape (n, points), for points of shape (n, points).

    One of which a step sees a batch only has the same on it as `many_on_batch(points, step)`.
    """

    def many(self, points: Array) -> tuple[Array, Array]:
        """NaN where it is not defined."""


@dataclass(frozen=True)
class State:
    """All runs after `step` steps: x of shape (n, runs), loss (runs,), not finite where a run has diverged."""

    step: int
    x: Array
    loss: Array


def fleet(
    objective: Many,
    rule: Rule[Any],
    starts: Array,
    steps: int,
    rates: Array | float | None = None,
    schedule: Schedule = CONSTANT,
    every: int = 1,
) -> Iterator[State]:
    """The states of all runs, the starts first, then those of each `every` steps and the last.

    starts: shape (n, runs); rates: one, or one a run, default the rule's.

    The arrays of a State are not changed afterwards. Raises ExplorerError for a rule that searches, (limit) for too
    many runs.
    """
    if not isinstance(rule, GradientRule):
        raise ExplorerError(
            f"The rule {rule.name} searches, each run by itself: it cannot take many runs at once.", kind="domain"
        )
    if starts.shape[1] > MOST_RUNS:
        raise ExplorerError(f"At most {MOST_RUNS} runs at once; {starts.shape[1]} were asked for.", kind="limit")
    rate = float(rule.settings()["rate"]) if rates is None else rates
    factors = [schedule.factor(step) for step in range(steps)]
    x = np.array(starts, dtype=float)
    gradient = getattr(objective, "gradient_blocks", lambda: None)()
    runs = None if gradient is None else quick_fleet(gradient, rule, x, rate)
    if runs is not None:
        yield from _quick(runs, x, factors, every)
        return
    lost = np.zeros(starts.shape[1], dtype=bool)
    for state in _stepwise(objective, rule, x, rate, factors, every):
        lost |= ~np.isfinite(state.loss)
        if state.step % every == 0 or state.step == steps:
            # A run that has left the domain is over, wherever its coordinates go from there.
            yield replace(state, loss=np.where(lost, np.nan, state.loss)) if lost.any() else state


def _stepwise(
    objective: Many, rule: GradientRule[Any], x: Array, rate: Any, factors: list[float], every: int
) -> Iterator[State]:
    """One step after the other, for any objective. On batches the loss of those steps that are not wanted is that of
    the batch before them."""
    on_batch = getattr(objective, "many_on_batch", None)
    steps_of = Fleet(rule, many_rates=isinstance(rate, np.ndarray))
    base = np.tile(rate, len(x)) if isinstance(rate, np.ndarray) else rate
    memory = [f if isinstance(f, np.ndarray) else float(f) for f in rule.start(x)]
    with np.errstate(all="ignore"):
        loss, gradients = objective.many(x)
        yield State(0, x, loss)
        for step, factor in enumerate(factors):
            now = base * factor
            point = steps_of.look(now, x, memory) if rule.looks_ahead else x
            if on_batch is not None:
                loss, gradients = on_batch(point, step)
            elif rule.looks_ahead:
                _, gradients = objective.many(point)
            x, memory = steps_of.step(now, x, gradients, memory)
            if on_batch is None or (step + 1) % every == 0 or step + 1 == len(factors):
                loss, gradients = objective.many(x)
            yield State(step + 1, x, loss)


def _quick(runs: QuickFleet, x: Array, factors: list[float], every: int) -> Iterator[State]:
    """Many steps at a time, for a function whose gradient is straight-line code."""
    lost = np.zeros(x.shape[1], dtype=bool)
    span = every * max(_TOGETHER // x.size, min(_FEWEST_STEPS // every, _MOST_TOGETHER // x.size), 1)
    buffer = aligned(min(span, len(factors)), x.shape[1])  # new memory each time takes as long as the steps
    for done in range(0, len(factors), span):
        part = factors[done : done + span]
        losses = buffer[: len(part)]
        points = runs.advance(part, losses, every)
        finite = np.isfinite(losses)
        if lost.any() or not finite.all():
            gone = np.logical_or.accumulate(~finite, axis=0) | lost
            losses[gone], lost = np.nan, gone[-1]
        for place, (after, loss) in enumerate(zip(points, losses[::every].copy(), strict=True)):
            yield State(done + place * every, x, loss)
            x = after
    loss = runs.losses()
    yield State(len(factors), x, np.where(lost | ~np.isfinite(loss), np.nan, loss))
