"""Descent: a rule applied step after step to an objective, as a lazy run of iterates that ends by saying why.

A run is deterministic: the same objective, rule and start give the same iterates, bit for bit, on one machine.
It never hides trouble: it stops at the first number that is not finite, keeps the last finite point, and says in
which step what broke.

Longer than 300 lines: every way to end has its sentence here, beside the step that meets it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from explorer.language.program import ExplorerError
from explorer.optimize.ground import Counted, Objective, OutOfBudget
from explorer.optimize.recorded import MOST_COORDINATES, Row, at_rate, loop
from explorer.optimize.rules.rule import GradientRule, Rule, SearchRule, Spot, Stall
from explorer.optimize.rules.schedule import CONSTANT, Schedule

Array = NDArray[np.float64]
Reason = Literal["steps", "converged", "diverged", "stalled", "budget"]

# More iterates than a plot has pixels, and a few seconds of work: who needs more starts again from the last point.
MOST_STEPS = 100_000

# Squares overflow beyond √(largest float) = 1.3e154; four digits of room are left for coefficients and sums.
LARGEST_COORDINATE = 1e150

# For an objective scaled to the order of 1, a gradient this small leaves about g²/2λ = 1e-20/2λ above the minimum:
# invisible in any plot, and yet well above the 1e-16 at which rounding can stop the gradient from shrinking. It is
# in the objective's own units, hence a parameter, and 0 turns it off.
GRADIENT_TOLERANCE = 1e-10

# A sentence stays readable with this many coordinates of a point in it.
_COORDINATES_SAID = 4


@dataclass(frozen=True)
class Iterate:
    """One point of a run, all its numbers finite: x, f and ∇f there, and the rule's memory after arriving there.

    `memory` is (symbol, values) by Rule.entries; a count, as t, has one value. `evaluations` counts the gradients taken
    so far, a batch's as its part of the data: the fair axis to compare rules on. `leg` is the part of the run, from 0.
    """

    step: int
    x: tuple[float, ...]
    loss: float
    gradient: tuple[float, ...]
    gradient_norm: float
    memory: tuple[tuple[str, tuple[float, ...]], ...]
    evaluations: float
    leg: int = 0


@dataclass(frozen=True)
class Stopped:
    """The end of a run: why, in a word and in a sentence, at which step, and what it has cost.

    When diverged, `step` is the one that broke, and the last finite iterate is that of step − 1.
    """

    reason: Reason
    sentence: str
    step: int
    function_evaluations: int
    gradient_evaluations: float
    hessian_evaluations: int = 0


@dataclass(frozen=True)
class Place:
    """Where a run is: x, f(x), ∇f(x) and its norm, and the rule's memory, all finite."""

    x: Array
    loss: float
    gradient: Array
    norm: float
    memory: tuple[Any, ...]
    evaluations: float = 0  # gradients until here


@dataclass(frozen=True)
class Leg:
    """A part of a run under one rule: `steps` steps, the rate times `schedule`, gradients no longer than `clip`.

    `objective` replaces the run's own from here on: the same function with its gradient from elsewhere, or in other
    batches. A leg whose rule has the kind of memory that the one before left goes on with it; else it starts afresh.
    """

    rule: Rule[Any]
    steps: int
    schedule: Schedule = CONSTANT
    clip: float | None = None
    objective: Objective | None = None

    def __post_init__(self) -> None:
        _check_steps(self.steps)
        if self.clip is not None and not 0 < self.clip < math.inf:
            raise ExplorerError("The longest gradient that clipping lets through must be above 0.", kind="domain")
        if isinstance(self.rule, SearchRule) and (self.clip is not None or self.schedule.kind != "constant"):
            raise ExplorerError(
                f"The rule {self.rule.name} finds its own step length: schedules and clipping are for the other rules.",
                kind="domain",
            )


@dataclass(frozen=True)
class Box:
    """Lower and upper bounds of every coordinate: a step that leaves them is brought back to their edge."""

    lows: tuple[float, ...]
    highs: tuple[float, ...]

    def __post_init__(self) -> None:
        if not all(low < high for low, high in zip(self.lows, self.highs, strict=True)):
            raise ExplorerError("A bound's lower end must be below its upper one.", kind="domain")


def descend(
    objective: Objective,
    rule: Rule[Any],
    start: Sequence[float],
    steps: int,
    *,
    gradient_tolerance: float = GRADIENT_TOLERANCE,
    evaluation_budget: int | None = None,
    names: Sequence[str] = (),
) -> Iterator[Iterate | Stopped]:
    """The run of `rule` from `start`: lazily its iterates, the start first, and one Stopped at the end.

    `*iterates, stopped = descend(…)` takes it whole. It ends after `steps` steps; converged, where the gradient's
    norm is exactly 0 or at most `gradient_tolerance`; diverged, before the first iterate with a number that is not
    finite or a coordinate beyond 1e150; stalled, where a searching rule finds no next point; or before a step that
    would need more than `evaluation_budget` gradients. `names` are the coordinates' names in sentences.
    Raises ExplorerError: at once (limit) for more than 100,000 steps, (domain) for an empty or non-finite start and
    other wrong numbers; with the first iterate (domain) for a start at which f or ∇f is not finite.
    """
    return descend_legs(
        objective,
        [Leg(rule, steps)],
        start,
        gradient_tolerance=gradient_tolerance,
        evaluation_budget=evaluation_budget,
        names=names,
    )


def descend_legs(
    objective: Objective,
    legs: Sequence[Leg],
    start: Sequence[float],
    *,
    gradient_tolerance: float = GRADIENT_TOLERANCE,
    evaluation_budget: int | None = None,
    names: Sequence[str] = (),
    box: Box | None = None,
) -> Iterator[Iterate | Stopped]:
    """The same for a run of several legs, within a box if there is one. Only its first leg decides where it starts."""
    run, x = prepared(objective, legs, start, gradient_tolerance, evaluation_budget, names, box)
    return run.iterates(x)


def prepared(
    objective: Objective,
    legs: Sequence[Leg],
    start: Sequence[float],
    gradient_tolerance: float = GRADIENT_TOLERANCE,
    evaluation_budget: int | None = None,
    names: Sequence[str] = (),
    box: Box | None = None,
) -> tuple[Run, Array]:
    """The run and the point that it starts from, after all that can be refused at once."""
    total = sum(leg.steps for leg in legs)
    _check_steps(total)
    _check(start, gradient_tolerance, evaluation_budget)
    x = np.array(start, dtype=np.float64)
    if not names:
        names = ("x",) if len(x) == 1 else tuple(f"x{i}" for i in range(1, len(x) + 1))
    trouble = _trouble_in_point(x, names)
    if trouble:
        raise ExplorerError(f"The start cannot be used: {trouble}.", kind="domain")
    if box is not None:
        if len(box.lows) != len(x):
            raise ExplorerError("The bounds must be given for every input.", kind="domain")
        if any(isinstance(leg.rule, SearchRule) for leg in legs):
            raise ExplorerError("Bounds are kept by the rules without a line search only.", kind="domain")
        x = x.clip(box.lows, box.highs)
    return Run(Counted(objective, evaluation_budget), tuple(legs), gradient_tolerance, tuple(names), box), x


def _check_steps(steps: int) -> None:
    if not _whole(steps) or steps < 0:
        raise ExplorerError("The number of steps must be a whole number of at least 0.", kind="domain")
    if steps > MOST_STEPS:
        raise ExplorerError(f"One run takes at most {MOST_STEPS} steps; {steps} were asked for.", kind="limit")


def _check(start: Sequence[float], tolerance: float, budget: int | None) -> None:
    """Refuse in words what is wrong with the numbers of a run, before it begins."""
    refusals = [
        (len(start) == 0, "There is nothing to optimize: the start has no coordinates."),
        (not 0 <= tolerance < math.inf, "The gradient tolerance must be a finite number of at least 0."),
        (
            budget is not None and (not _whole(budget) or budget < 1),
            "The evaluation budget must be a whole number of at least 1.",
        ),
    ]
    for refused, sentence in refusals:
        if refused:
            raise ExplorerError(sentence, kind="domain")


def _whole(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool)


@dataclass(frozen=True)
class Run:
    """What does not change while a run goes on, for arguments already checked."""

    evaluate: Counted
    legs: tuple[Leg, ...]
    tolerance: float
    names: tuple[str, ...]
    box: Box | None

    def iterates(self, x: Array) -> Iterator[Iterate | Stopped]:
        """The generator behind `descend`."""
        for event in self.events(x, quick=False):
            if isinstance(event, Stopped):
                yield event
            else:
                step, number, place = event
                assert isinstance(place, Place)
                yield _iterate(step, place, self.legs[number].rule, place.evaluations, number)

    def events(self, x: Array, quick: bool) -> Iterator[tuple[int, int, Place | list[Row]] | Stopped]:
        """(step, leg, what): a place, or with `quick` a list of rows of the generated loop (see optimize.recorded)."""
        step, resting = 0, False
        total = sum(leg.steps for leg in self.legs)
        self._turn_to(self.legs[0])
        place = self._arrive(x, self.legs[0].rule.start(x))
        if isinstance(place, str):
            raise ExplorerError(f"The run cannot start there: {place}.", kind="domain")
        number, left = 0, self.legs[0].steps
        while True:
            while left == 0 and number + 1 < len(self.legs):
                number += 1
                left = self.legs[number].steps
                place = self._change(place, self.legs[number])
            leg = self.legs[number]
            yield step, number, place
            if quick and left > 1:
                for rows, after in self._quick_rows(leg, place, step, left - 1):
                    yield step + 1, number, rows
                    resting = len(rows) > 1 and rows[-1][: len(x)] == rows[-2][: len(x)]
                    step, left, place = step + len(rows), left - len(rows), after
            if place.norm <= self.tolerance and not self.evaluate.sampled:  # a norm of 0 is at most any tolerance
                yield self._ended("converged", _converged(step, place, self.tolerance, leg.rule), step)
                return
            if step == total:
                yield self._ended("steps", _all_steps(total, resting), step)
                return
            following = self._advance(leg, place, step)
            if isinstance(following, _End):
                step += following.reason == "diverged"
                yield self._ended(following.reason, following.sentence.format(step=step, last=step - 1), step)
                return
            step, left = step + 1, left - 1
            resting = np.array_equal(following.x, place.x)
            place = following

    def _quick_rows(self, leg: Leg, place: Place, step: int, most: int) -> Iterator[tuple[list[Row], Place]]:
        """Lists of at most 1,000 rows after `place`, each with the place of its last; none where no loop can help.

        They end where a step meets something that is not finite, which the run then takes by itself, or a minimum.
        """
        rule, evaluate, n = leg.rule, self.evaluate, len(place.x)
        gradient = getattr(evaluate.objective, "quick_gradient", None)
        if (
            gradient is None
            or not isinstance(rule, GradientRule)
            or self.box is not None
            or evaluate.budget is not None
            or n > MOST_COORDINATES
            or place.norm <= self.tolerance
        ):
            return
        if rule.looks_ahead and np.array_equal(rule.look(place.x, place.memory), place.x):
            return  # the first step, which needs no second gradient
        rate = float(rule.settings()["rate"])
        fused = getattr(evaluate.objective, "loop_of", None) if leg.clip is None else None
        run = (fused and fused(at_rate(rule, 1.0))) or loop(at_rate(rule, 1.0), n)
        while most > 0:
            asked = min(most, 1000)
            steady = leg.schedule.kind == "constant"
            rates = [rate] * asked if steady else [rate * leg.schedule.factor(step + k) for k in range(asked)]
            row = (*place.x.tolist(), place.loss, *place.gradient.tolist(), place.norm, *run.memory.flat(place.memory))
            rows = run.rows(gradient, row, rates, leg.clip, self.tolerance)
            if not rows:
                return
            spent = len(rows) * (2 if rule.looks_ahead else 1)
            evaluate.functions += spent
            evaluate.gradients += spent
            last = rows[-1]
            place = Place(
                np.array(last[:n]),
                last[n],
                np.array(last[n + 1 : 2 * n + 1]),
                last[2 * n + 1],
                run.memory.back(last[2 * n + 2 :], n),
                evaluate.gradients,
            )
            yield rows, place
            if len(rows) < asked or place.norm <= self.tolerance:
                return
            step, most = step + asked, most - asked

    def _turn_to(self, leg: Leg) -> None:
        if leg.objective is not None:
            self.evaluate.objective = leg.objective

    def _change(self, place: Place, leg: Leg) -> Place:
        """The same place under another leg: its rule's memory if it is of the same kind, its objective's gradient."""
        self._turn_to(leg)
        fresh = leg.rule.start(place.x)
        memory = place.memory if type(place.memory) is type(fresh) else fresh
        there = self._arrive(place.x, memory) if leg.objective is not None else None
        return there if isinstance(there, Place) else replace(place, memory=memory)

    def _advance(self, leg: Leg, place: Place, step: int) -> Place | _End:
        """The place one step on, or why there is none."""
        try:
            if isinstance(leg.rule, SearchRule):
                following = self._search(leg.rule, place)
            else:
                following = self._step(leg, place, step)
        except OutOfBudget:
            return _End("budget", f"The budget of {self.evaluate.budget} evaluations was used up after step {{step}}.")
        except Stall as stall:
            return _End("stalled", f"Stopped after step {{step}}: {_braced(str(stall))}.")
        if isinstance(following, str):
            said = f"{_braced(following)}. The last finite point is that of step {{last}}."
            return _End("diverged", f"Diverged at step {{step}}: {said}")
        return following

    def _search(self, rule: SearchRule[Any], place: Place) -> Place | str:
        with np.errstate(all="ignore"):
            spot, memory = rule.advance(Spot(place.x, place.loss, place.gradient), place.memory, self.evaluate)
        trouble = _trouble_in_point(spot.x, self.names) or _trouble_in_values(spot.x, spot.f, spot.g, self.names)
        return trouble or Place(spot.x, spot.f, spot.g, math.hypot(*spot.g.tolist()), memory, self.evaluate.gradients)

    def _step(self, leg: Leg, place: Place, step: int) -> Place | str:
        evaluate, rule, gradient = self.evaluate, leg.rule, place.gradient
        assert isinstance(rule, GradientRule)
        if leg.schedule.kind != "constant":
            rule = at_rate(rule, float(rule.settings()["rate"]) * leg.schedule.factor(step))
        with np.errstate(all="ignore"):
            point = rule.look(place.x, place.memory)
        looks_ahead = not np.array_equal(point, place.x)
        if evaluate.budget is not None and evaluate.gradients + 1 + looks_ahead > evaluate.budget:
            raise OutOfBudget
        if looks_ahead and (trouble := _trouble_in_point(point, self.names)):
            return f"at the look-ahead point {trouble}"
        if evaluate.sampled:
            gradient = evaluate.batch(point, step)
        elif looks_ahead:
            loss, gradient = evaluate(point)
            if trouble := _trouble_in_values(point, loss, gradient, self.names):
                return f"at the look-ahead point {trouble}"
        with np.errstate(all="ignore"):
            if leg.clip is not None:
                gradient = clipped(gradient, leg.clip)
            delta, memory = rule.step(gradient, place.x, place.memory)
            x = place.x + delta
            if self.box is not None:
                x = x.clip(self.box.lows, self.box.highs)
        trouble = _trouble_in_point(x, self.names) or _trouble_in_memory(memory, self.names)
        return trouble or self._arrive(x, memory)

    def _arrive(self, x: Array, memory: tuple[Any, ...]) -> Place | str:
        """The place at x, or what is not finite there, in words."""
        loss, gradient = self.evaluate(x)
        trouble = _trouble_in_values(x, loss, gradient, self.names)
        # hypot scales before it squares: the norm overflows only if it is itself beyond the floats.
        return trouble or Place(x, loss, gradient, math.hypot(*gradient.tolist()), memory, self.evaluate.gradients)

    def _ended(self, reason: Reason, sentence: str, step: int) -> Stopped:
        counted = self.evaluate
        return Stopped(reason, sentence, step, counted.functions, counted.gradients, counted.hessians)


@dataclass(frozen=True)
class _End:
    """Why there is no next place; {step} and {last} stand for the step that was tried and the one before."""

    reason: Reason
    sentence: str


def _braced(said: str) -> str:
    return said.replace("{", "{{").replace("}", "}}")


def clipped(gradient: Array, longest: float) -> Array:
    """The gradient, shortened to this norm if it is longer (Pascanu, Mikolov & Bengio 2013)."""
    norm = math.hypot(*gradient.tolist())
    return gradient * (longest / norm) if norm > longest else gradient


def _iterate(step: int, place: Place, rule: Rule[Any], evaluations: float, leg: int) -> Iterate:
    """The place as plain numbers."""
    memory = tuple((symbol, _plain(values)) for symbol, values in rule.entries(place.memory))
    return Iterate(step, _plain(place.x), place.loss, _plain(place.gradient), place.norm, memory, evaluations, leg)


def _plain(values: Array | float) -> tuple[float, ...]:
    return tuple(values.tolist()) if isinstance(values, np.ndarray) else (float(values),)


def _converged(step: int, place: Place, tolerance: float, rule: Rule[Any]) -> str:
    """What can honestly be said of a point whose gradient vanishes, or nearly."""
    if place.norm > 0:
        return (
            f"Converged at step {step}: the gradient's norm, {place.norm:.3g}, is at most the tolerance "
            f"{tolerance:g}. The point is nearly stationary, not necessarily near a minimum."
        )
    said = f"Converged at step {step}: the gradient is exactly 0. The point is stationary, not necessarily a minimum."
    if not isinstance(rule, GradientRule):
        return said
    with np.errstate(all="ignore"):
        delta, _ = rule.step(place.gradient, place.x, place.memory)
    return f"{said} The rule itself would still have moved on." if np.any(delta != 0) else said


def _all_steps(steps: int, resting: bool) -> str:
    said = f"All {steps} steps were taken."
    return f"{said} The last one changed nothing: it was smaller than the spacing of the floats." if resting else said


def _trouble_in_point(x: Array, names: Sequence[str]) -> str | None:
    """Which coordinate is not finite or is too large, in words."""
    for name, value in zip(names, x.tolist(), strict=True):
        if not math.isfinite(value):
            return f"{name} is {value}"
        if abs(value) > LARGEST_COORDINATE:
            return f"{name} = {value:.3g} is beyond ±{LARGEST_COORDINATE:g}"
    return None


def _trouble_in_values(x: Array, loss: float, gradient: Array, names: Sequence[str]) -> str | None:
    """What of f(x) and ∇f(x) is not finite, in words."""
    if not math.isfinite(loss):
        return f"the loss is {loss} at {_said(x, names)}"
    for name, partial in zip(names, gradient.tolist(), strict=True):
        if not math.isfinite(partial):
            return f"the derivative with respect to {name} is {partial} at {_said(x, names)}"
    if not math.isfinite(math.hypot(*gradient.tolist())):
        return f"the norm of the gradient is inf at {_said(x, names)}"
    return None


def _trouble_in_memory(memory: tuple[Any, ...], names: Sequence[str]) -> str | None:
    """What of the rule's memory is not finite, in words: an infinite v would stop the run in silence, Δx being 0."""
    for symbol, values in zip(type(memory)._fields, memory, strict=True):  # type: ignore[attr-defined]
        for name, value in zip(names, _plain(values), strict=False):  # a count has one value
            if not math.isfinite(value):
                return f"{symbol} of the rule's memory is {value} for {name}"
    return None


def _said(x: Array, names: Sequence[str]) -> str:
    """The point in words: its first coordinates."""
    pairs = list(zip(names, x.tolist(), strict=True))
    said = ", ".join(f"{name} = {value:.6g}" for name, value in pairs[:_COORDINATES_SAID])
    return said + (", …" if len(pairs) > _COORDINATES_SAID else "")
