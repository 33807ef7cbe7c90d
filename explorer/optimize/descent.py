"""Descent: a rule applied step after step to an objective, as a lazy run of iterates that ends by saying why.

A run is deterministic: the same objective, rule and start give the same iterates, bit for bit, on one machine.
It never hides trouble: it stops at the first number that is not finite, keeps the last finite point, and says in
which step what broke.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.language.program import ErrorKind, ExplorerError
from explorer.optimize.rules import Rule

Array = NDArray[np.float64]
Reason = Literal["steps", "converged", "diverged", "budget"]

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


class Objective(Protocol):
    """What is minimised: a scalar function of x, shape (n,), with its gradient, shape (n,).

    Where it is not defined it returns nan or inf and does not raise; it may raise ExplorerError for a broken limit.
    """

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        """f(x) and ∇f(x). x is read-only."""


@dataclass(frozen=True)
class Iterate:
    """One point of a run, all its numbers finite: x, f and ∇f there, and the rule's memory after arriving there.

    `memory` is (symbol, values) by Rule.entries; a count, as t, has one value. `evaluations` counts the values and
    gradients taken so far, always one of each together: the fair axis to compare rules on.
    """

    step: int
    x: tuple[float, ...]
    loss: float
    gradient: tuple[float, ...]
    gradient_norm: float
    memory: tuple[tuple[str, tuple[float, ...]], ...]
    evaluations: int


@dataclass(frozen=True)
class Stopped:
    """The end of a run: why, in a word and in a sentence, at which step, and what it has cost.

    When diverged, `step` is the one that broke, and the last finite iterate is that of step − 1.
    """

    reason: Reason
    sentence: str
    step: int
    function_evaluations: int
    gradient_evaluations: int


@dataclass(frozen=True)
class _Place:
    """Where a run is: x, f(x), ∇f(x) and its norm, and the rule's memory, all finite."""

    x: Array
    loss: float
    gradient: Array
    norm: float
    memory: tuple[Any, ...]


class _Counted:
    """An objective that counts its evaluations."""

    def __init__(self, objective: Objective) -> None:
        self.objective = objective
        self.evaluations = 0

    def __call__(self, x: Array) -> tuple[float, Array]:
        """(f, ∇f) at x; the gradient is a copy, for an objective may use one buffer for all its answers."""
        self.evaluations += 1
        x.setflags(write=False)
        with np.errstate(all="ignore"):  # non-finite numbers are looked for below, and reported in words
            value, gradient = self.objective.value_and_gradient(x)
        gradient = np.array(gradient, dtype=np.float64)
        if gradient.shape != x.shape:  # would be broadcast in silence
            raise ValueError(f"the gradient has shape {gradient.shape}, x has {x.shape}")
        return float(value), gradient


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
    finite or a coordinate beyond 1e150; or before a step that would need more than `evaluation_budget` evaluations.
    `names` are the coordinates' names in sentences.
    Raises ExplorerError: at once (limit) for more than 100,000 steps, (domain) for an empty or non-finite start and
    other wrong numbers; with the first iterate (domain) for a start at which f or ∇f is not finite.
    """
    _check(steps, start, gradient_tolerance, evaluation_budget)
    x = np.array(start, dtype=np.float64)
    if not names:
        names = ("x",) if len(x) == 1 else tuple(f"x{i}" for i in range(1, len(x) + 1))
    trouble = _trouble_in_point(x, names)
    if trouble:
        raise ExplorerError(f"The start cannot be used: {trouble}.", kind="domain")
    return _run(_Counted(objective), rule, x, steps, gradient_tolerance, evaluation_budget, names)


def _check(steps: int, start: Sequence[float], tolerance: float, budget: int | None) -> None:
    """Refuse in words what is wrong with the numbers of a run, before it begins."""
    refusals: list[tuple[bool, str, ErrorKind]] = [
        (len(start) == 0, "There is nothing to optimize: the start has no coordinates.", "domain"),
        (not _whole(steps) or steps < 0, "The number of steps must be a whole number of at least 0.", "domain"),
        (steps > MOST_STEPS, f"One run takes at most {MOST_STEPS} steps; {steps} were asked for.", "limit"),
        (not 0 <= tolerance < math.inf, "The gradient tolerance must be a finite number of at least 0.", "domain"),
        (
            budget is not None and (not _whole(budget) or budget < 1),
            "The evaluation budget must be a whole number of at least 1.",
            "domain",
        ),
    ]
    for refused, sentence, kind in refusals:
        if refused:
            raise ExplorerError(sentence, kind=kind)


def _whole(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool)


def _run(
    evaluate: _Counted,
    rule: Rule[Any],
    x: Array,
    steps: int,
    tolerance: float,
    budget: int | None,
    names: Sequence[str],
) -> Iterator[Iterate | Stopped]:
    """The generator behind `descend`, for arguments already checked."""
    step, resting = 0, False
    place = _arrive(evaluate, x, rule.start(x), names)
    if isinstance(place, str):
        raise ExplorerError(f"The run cannot start there: {place}.", kind="domain")
    while True:
        yield _iterate(step, place, rule, evaluate.evaluations)
        if place.norm <= tolerance:  # a norm of 0 is at most any tolerance
            ending = _ended("converged", _converged(step, place, tolerance, rule), step, evaluate)
            break
        if step == steps:
            ending = _ended("steps", _all_steps(steps, resting), step, evaluate)
            break
        with np.errstate(all="ignore"):
            point = rule.look(place.x, place.memory)
        looks_ahead = not np.array_equal(point, place.x)
        if budget is not None and evaluate.evaluations + 1 + looks_ahead > budget:
            sentence = f"The budget of {budget} evaluations was used up after step {step}."
            ending = _ended("budget", sentence, step, evaluate)
            break
        following = _advance(evaluate, rule, place, point if looks_ahead else None, names)
        step += 1
        if isinstance(following, str):
            sentence = f"Diverged at step {step}: {following}. The last finite point is that of step {step - 1}."
            ending = _ended("diverged", sentence, step, evaluate)
            break
        resting = np.array_equal(following.x, place.x)
        place = following
    yield ending


def _advance(
    evaluate: _Counted, rule: Rule[Any], place: _Place, ahead: Array | None, names: Sequence[str]
) -> _Place | str:
    """The place one step on, its gradient taken at `ahead` if that is given; or what broke, in words."""
    gradient = place.gradient
    if ahead is not None:
        trouble = _trouble_in_point(ahead, names)
        if not trouble:
            loss, gradient = evaluate(ahead)
            trouble = _trouble_in_values(ahead, loss, gradient, names)
        if trouble:
            return f"at the look-ahead point {trouble}"
    with np.errstate(all="ignore"):
        delta, memory = rule.step(gradient, place.x, place.memory)
        x = place.x + delta
    trouble = _trouble_in_point(x, names) or _trouble_in_memory(memory, names)
    return trouble or _arrive(evaluate, x, memory, names)


def _arrive(evaluate: _Counted, x: Array, memory: tuple[Any, ...], names: Sequence[str]) -> _Place | str:
    """The place at x, or what is not finite there, in words."""
    loss, gradient = evaluate(x)
    trouble = _trouble_in_values(x, loss, gradient, names)
    # hypot scales before it squares: the norm overflows only if it is itself beyond the floats.
    return trouble or _Place(x, loss, gradient, math.hypot(*gradient.tolist()), memory)


def _iterate(step: int, place: _Place, rule: Rule[Any], evaluations: int) -> Iterate:
    """The place as plain numbers."""
    memory = tuple((symbol, _plain(values)) for symbol, values in rule.entries(place.memory))
    return Iterate(step, _plain(place.x), place.loss, _plain(place.gradient), place.norm, memory, evaluations)


def _plain(values: Array | float) -> tuple[float, ...]:
    return tuple(values.tolist()) if isinstance(values, np.ndarray) else (float(values),)


def _ended(reason: Reason, sentence: str, step: int, evaluate: _Counted) -> Stopped:
    return Stopped(reason, sentence, step, evaluate.evaluations, evaluate.evaluations)


def _converged(step: int, place: _Place, tolerance: float, rule: Rule[Any]) -> str:
    """What can honestly be said of a point whose gradient vanishes, or nearly."""
    if place.norm > 0:
        return (
            f"Converged at step {step}: the gradient's norm, {place.norm:.3g}, is at most the tolerance "
            f"{tolerance:g}. The point is nearly stationary, not necessarily near a minimum."
        )
    said = f"Converged at step {step}: the gradient is exactly 0. The point is stationary, not necessarily a minimum."
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
