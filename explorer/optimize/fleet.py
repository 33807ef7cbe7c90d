"""Many runs at once as one array computation: starts × steps, rates × starts, basins of attraction.

Rules work coordinate by coordinate, so that one step of ten thousand runs is a handful of NumPy calls. The numbers are
those of single runs, bit for bit, but for the sums inside a gradient of data.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.language.program import ExplorerError
from explorer.optimize.recorded import Fleet, QuickFleet
from explorer.optimize.rules.rule import GradientRule, Rule
from explorer.optimize.rules.schedule import CONSTANT, Schedule

Array = NDArray[np.float64]

MOST_RUNS = 250_000
MOST_NUMBERS = 50_000_000  # of kept trajectories: 400 MB


class Many(Protocol):
    """An objective at many points: f of shape (points,), ∇f of shape (n, points), for points of shape (n, points)."""

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
    blocks = getattr(objective, "gradient_blocks", lambda: None)()
    if blocks is None:
        states = _stepwise(objective, rule, x, rate, factors)
    else:
        states = _quick(objective, QuickFleet(blocks, rule, x, rate), x, factors, every)
    lost = np.zeros(starts.shape[1], dtype=bool)
    for state in states:
        lost |= ~np.isfinite(state.loss)
        if state.step % every == 0 or state.step == steps:
            # A run that has left the domain is over, wherever its coordinates go from there.
            yield replace(state, loss=np.where(lost, np.nan, state.loss)) if lost.any() else state


def _stepwise(objective: Many, rule: GradientRule[Any], x: Array, rate: Any, factors: list[float]) -> Iterator[State]:
    """One step after the other, for any objective."""
    steps_of = Fleet(rule, many_rates=isinstance(rate, np.ndarray))
    base = np.tile(rate, len(x)) if isinstance(rate, np.ndarray) else rate
    memory = [f if isinstance(f, np.ndarray) else float(f) for f in rule.start(x)]
    with np.errstate(all="ignore"):
        loss, gradients = objective.many(x)
        yield State(0, x, loss)
        for step, factor in enumerate(factors):
            now = base * factor
            if rule.looks_ahead:
                _, gradients = objective.many(steps_of.look(now, x, memory))
            x, memory = steps_of.step(now, x, gradients, memory)
            loss, gradients = objective.many(x)
            yield State(step + 1, x, loss)


def _quick(objective: Many, runs: QuickFleet, x: Array, factors: list[float], every: int) -> Iterator[State]:
    """`every` steps at a time. A state's loss is NaN where the run has left the domain since the state before."""
    done = 0
    lost = np.zeros(x.shape[1], dtype=bool)
    while done < len(factors):
        part = factors[done : done + every]
        points, losses = np.empty((1, *x.shape)), np.empty((len(part), x.shape[1]))
        runs.advance(part, points, losses)
        yield State(done, x, np.where(lost, np.nan, losses[0]) if lost.any() else losses[0])
        lost |= ~np.isfinite(losses).all(axis=0)
        x, done = points[-1], done + len(part)
    loss, _ = objective.many(x)
    yield State(done, x, np.where(lost, np.nan, loss))


def trajectories(objective: Many, rule: Rule[Any], starts: Array, steps: int, **options: Any) -> tuple[Array, Array]:
    """All points, shape (steps + 1, n, runs), and losses, shape (steps + 1, runs), of `fleet` with its options.

    A loss is NaN from the step on at which a run leaves the domain.
    """
    n, runs = starts.shape
    if (steps + 1) * n * runs > MOST_NUMBERS:
        raise ExplorerError("So many points do not fit into memory: fewer steps or runs.", kind="limit")
    points, losses = np.empty((steps + 1, n, runs)), np.empty((steps + 1, runs))
    blocks = getattr(objective, "gradient_blocks", lambda: None)()
    if blocks is not None and not options and isinstance(rule, GradientRule) and runs <= MOST_RUNS:
        points[0] = starts
        runs_of = QuickFleet(blocks, rule, points[0], float(rule.settings()["rate"]))
        runs_of.advance([1.0] * steps, points[1:], losses[:-1])
        losses[-1], _ = objective.many(points[-1])
        if not np.isfinite(losses).all():
            lost = np.logical_or.accumulate(~np.isfinite(losses), axis=0)
            losses[lost] = np.nan
        return points, losses
    for state in fleet(objective, rule, starts, steps, **options):
        points[state.step], losses[state.step] = state.x, state.loss
    return points, losses
