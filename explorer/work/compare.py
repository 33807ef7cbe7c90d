"""Answers the fair comparison: every rule the same budget of gradients, its rate swept, the same starts and seeds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.language.program import ExplorerError
from explorer.optimize.data_objective import BatchObjective
from explorer.optimize.descent import Iterate, descend_legs
from explorer.optimize.fleet import MOST_RUNS, fleet
from explorer.optimize.rules.rule import GradientRule
from explorer.optimize.rules.table import Rule, rule_from
from explorer.work.task import Task, legs, numbers, task, whole
from explorer.work.wire import Message, number

Array = NDArray[np.float64]

MOST_BUDGET = 20_000
MOST_STARTS = 500
_MOST_SEARCHED = 40  # starts of a rule that searches: each is a run by itself
_POINTS = 60  # of a median curve


def answers(ask: Message) -> Iterator[Message]:
    """First {"starts", "left_out", "rates"}; then for each rule {"rule": …}, a {"summary": …} of each rule that has run
    and {"target", "lowest"}: of what was found so far, for a comparison that is stopped.

    With a batch every rule gets so many gradients of batches, the same for all; one that searches needs whole ones,
    which count as many.

    Of each rule: "rates" with the quartiles of the last losses over all starts, "best" (the rate with the lowest
    median), for that rate "solved" (the part of the starts that reached the target), "evaluations" to the target for
    each start (inf: never), and "curve": gradients spent against the quartiles of the loss.
    """
    about = task(ask)
    budget, count = whole(ask["budget"], "budget"), whole(ask["starts"], "starts")
    per_decade = whole(ask.get("per_decade", 2), "per_decade")
    seed = whole(ask.get("seed", 0), "seed")
    if not 1 <= budget <= MOST_BUDGET:
        raise ExplorerError(f"The budget must be between 1 and {MOST_BUDGET} gradients.", kind="limit")
    if not 1 <= count <= MOST_STARTS:
        raise ExplorerError(f"The number of starts must be between 1 and {MOST_STARTS}.", kind="limit")
    first, last = sorted((number(ask["lowest"]), number(ask["highest"])))
    if not (first > 0 and math.isfinite(last) and 1 <= per_decade <= 10 and last / first <= 1e30):
        raise ExplorerError("The rates must be swept between two finite numbers above 0.", kind="domain")
    rates = np.union1d(_sweep(first, last, per_decade), _also(ask))
    starts = _starts(about, ask, count, seed)
    with np.errstate(all="ignore"):
        begun = about.many(starts)
    starts = starts[:, np.isfinite(begun)]
    if not starts.shape[1]:
        raise ExplorerError("At none of the starts is the function defined.", kind="domain")
    lowest = float(np.nanmin(begun))
    target = ask.get("target")
    yield {"starts": starts.shape[1], "left_out": count - starts.shape[1], "rates": rates.tolist()}
    found: list[tuple[str, Array, Array, Array]] = []
    for asked in ask["rules"]:
        name = str(asked["rule"])
        rule = rule_from(name, {**_settings(asked)})
        spent, curves = _tried(about, rule, starts, rates, budget, asked, seed)
        table = curves[-1]
        found.append((name, table, curves, spent))
        lowest = min(lowest, float(np.nanmin(np.where(np.isfinite(table), table, np.inf))))
        yield {"rule": name, "rates": _rates_of(rule, rates).tolist(), "quartiles": _quartiles(table).tolist()}
        # Solved is what comes within a thousandth of the way from the median start down to the best that anyone found.
        above = float(np.median(begun[np.isfinite(begun)])) - lowest
        goal = number(target) if target is not None else lowest + 1e-3 * above
        for so_far in found:
            yield _summary(*so_far, goal)
        yield {"target": goal, "lowest": lowest}


def _settings(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (asked.get("settings") or {}).items() if name != "rate"}


def _sweep(first: float, last: float, per_decade: int) -> Array:
    decades = math.log10(last / first)
    return first * 10.0 ** np.linspace(0, decades, max(1, round(decades * per_decade) + 1))


def _also(ask: Message) -> Array:
    """Rates that are tried besides those of the sweep."""
    also = np.array([number(rate) for rate in ask.get("also", ())])
    if not (np.isfinite(also) & (also > 0)).all():
        raise ExplorerError("The rates must be swept between two finite numbers above 0.", kind="domain")
    return also


def _rates_of(rule: Rule[Any], rates: Array) -> Array:
    """A rule that finds its own step length has nothing to sweep."""
    return rates if isinstance(rule, GradientRule) else np.array([1.0])


def _starts(about: Task, ask: Message, count: int, seed: int) -> Array:
    n = len(about.names)
    lows, highs = np.array(numbers(ask["lows"], n)), np.array(numbers(ask["highs"], n))
    if not (lows < highs).all():
        raise ExplorerError("A range of starts must have its lower end below its upper one.", kind="domain")
    if count == 1:
        return np.array(about.start)[:, None]
    generator = np.random.default_rng([seed, 4])
    points: Array = lows[:, None] + (highs - lows)[:, None] * generator.random((n, count))
    return points


def _tried(
    about: Task, rule: Rule[Any], starts: Array, rates: Array, budget: int, asked: Mapping[str, Any], seed: int
) -> tuple[Array, Array]:
    """(gradients spent, shape (points,); losses there, shape (points, rates, starts)); inf where diverged."""
    count = starts.shape[1]
    batch = whole(asked.get("batch", 0), "batch")
    objective, part = about.objective, 1.0
    if about.data is not None and 0 < batch < about.data.rows:
        objective = BatchObjective(about.data, batch, seed)
        part = objective.batch_part
    if isinstance(rule, GradientRule):
        if len(rates) * count > MOST_RUNS:
            raise ExplorerError(f"So many rates and starts are more than {MOST_RUNS} runs.", kind="limit")
        every = max(1, budget // _POINTS)
        repeated = np.tile(starts, len(rates))
        losses = [
            state.loss for state in fleet(objective, rule, repeated, budget, rates=np.repeat(rates, count), every=every)
        ]
        curves = np.array(losses).reshape(len(losses), len(rates), count)
        spent = np.minimum(every * np.arange(len(losses)), budget)
    else:
        chosen = starts[:, :_MOST_SEARCHED]
        spent = np.linspace(0, budget, _POINTS + 1)
        curves = np.full((_POINTS + 1, 1, chosen.shape[1]), np.inf)
        leg = {"rule": rule.name, "settings": dict(rule.settings()), "steps": budget}
        for place in range(chosen.shape[1]):
            curves[:, 0, place] = _alone(about, leg, chosen[:, place], budget, part, seed + place)
    curves = np.where(np.isfinite(curves), curves, np.inf)
    return spent, curves


def _alone(about: Task, leg: Mapping[str, Any], start: Array, budget: int, part: float, seed: int) -> Array:
    """The loss of one run at _POINTS + 1 even shares of the budget, the best so far known at each.

    part: what of a whole gradient the budget counts as one.
    """
    grid = np.linspace(0, budget, _POINTS + 1)
    spent: list[float] = []
    losses: list[float] = []
    broken = False
    try:
        for item in descend_legs(about.objective, legs(about, [leg], seed), start.tolist(), evaluation_budget=None):
            if isinstance(item, Iterate):
                if item.evaluations / part > budget and spent:
                    break
                spent.append(item.evaluations / part)
                losses.append(item.loss)
            else:
                broken = item.reason == "diverged"
    except ExplorerError:
        return np.full(_POINTS + 1, np.inf)
    places = np.searchsorted(np.array(spent, dtype=float), grid, side="right") - 1
    row = np.array(losses)[np.maximum(places, 0)]
    if broken:
        row[grid > spent[-1]] = np.inf
    return row


def _quartiles(table: Array) -> Array:
    """Lower quartile, median, upper quartile of each row; with inf among the numbers, hence no interpolation."""
    return np.quantile(table, (0.25, 0.5, 0.75), axis=-1, method="nearest").T


def _summary(name: str, table: Array, curves: Array, grid: Array, target: float) -> Message:
    medians = _quartiles(table)[:, 1]
    best = int(np.argmin(np.where(np.isfinite(medians), medians, np.inf)))
    chosen = curves[:, best, :]
    reached = np.minimum.accumulate(chosen, axis=0) <= target
    first = np.where(reached.any(axis=0), grid[reached.argmax(axis=0)], np.inf)
    low, middle, high = _quartiles(table)[best].tolist()
    return {
        "summary": name,
        "best": best,
        "median": middle,
        "low": low,
        "high": high,
        "diverged": float(np.isinf(table[best]).mean()),
        "solved": float(reached.any(axis=0).mean()),
        "evaluations": sorted(first.tolist()),
        "curve": {"x": grid.tolist(), "quartiles": _quartiles(chosen).tolist()},
    }
