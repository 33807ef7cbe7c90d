"""Central differences that are off where the exact methods are not: which step would do, or that none does."""

from __future__ import annotations

import math
import time

import numpy as np

from explorer.calculus.agreement import DIFFERENCE_TOLERANCE, MOST_EXPLAINED, Matrix, close, digits_agreed
from explorer.calculus.differences import Slice, estimate, sweep, sweep_steps
from explorer.calculus.reasons import DOUBTFUL, find_reasons
from explorer.calculus.stencils import SCHEME, UNIT_ROUNDOFF
from explorer.calculus.sweeps import reverse_jacobian
from explorer.calculus.tape import Tape
from explorer.calculus.words import short
from explorer.language.program import Program

# How far from the point, relative to it, the function's steepness beside it is looked for.
BESIDE = 1e-2
USEFUL_DIGITS = 3.0
# How long a function may take for a sweep of a hundred steps to be waited for.
SLOW_SECONDS = 0.005


def central_slack(program: Program, tape: Tape, central: Matrix | None) -> Matrix | None:
    """What an entry of the central difference is to be measured by beside itself; 0 where by itself.

    Where a slope is 0 or nearly, that is the largest slope of its output, and where that does not do, as at a minimum,
    how steep the function is beside the point; at least so much that the function's rounding is allowed for.
    """
    if central is None:
        return None
    point = [op.value for op in tape.ops[: len(tape.inputs)]]
    slack: Matrix = []
    for row, (exacts, estimates) in enumerate(zip(reverse_jacobian(tape), central, strict=True)):
        slack.append([0.0] * len(exacts))
        largest = max(map(abs, exacts), default=0.0)
        for column, (exact, central_one) in enumerate(zip(exacts, estimates, strict=True)):
            if not math.isfinite(exact) or close(exact, central_one, DIFFERENCE_TOLERANCE, 0.0):
                continue
            if close(exact, central_one, DIFFERENCE_TOLERANCE, largest):
                slack[row][column] = largest
            else:
                f = Slice(program, point, row, column)
                away = BESIDE * max(1.0, abs(f.x))
                with np.errstate(invalid="ignore"):  # ∞ − ∞
                    rises = abs(f(np.array([f.x - away, f.x + away])) - f.here) / away
                steepest = float(np.max(rises[np.isfinite(rises)], initial=0.0))
                none = abs(exact) <= min(abs(central_one), 8.0 * UNIT_ROUNDOFF * abs(f.here) / max(1.0, abs(f.x)))
                slack[row][column] = max(steepest, _noise(f) / DIFFERENCE_TOLERANCE if none else 0.0)
    return slack


def _noise(f: Slice) -> float:
    """The error of the central difference with the usual step by the rounding of f to some units of its last place."""
    central = SCHEME["central"]
    return central.rounding(central.step(f.x), 8.0 * UNIT_ROUNDOFF * abs(f.here))


def explain_central(program: Program, tape: Tape, central: Matrix | None, slack: Matrix | None = None) -> list[str]:
    """Sentences on central differences that are off where the exact methods are not: which step would do, or that none.

    Read from a sweep of steps, one for each of the first entries that are off; nothing where the function takes so long
    that a sweep would hold up the verdict.
    """
    if central is None or DOUBTFUL & set(find_reasons(tape)):
        return []
    point = [op.value for op in tape.ops[: len(tape.inputs)]]
    off = [
        (row, column, exact)
        for row, (exacts, estimates) in enumerate(zip(reverse_jacobian(tape), central, strict=True))
        for column, (exact, estimate) in enumerate(zip(exacts, estimates, strict=True))
        if math.isfinite(exact)
        and math.isfinite(tape.values[row])
        and math.isfinite(point[column])  # no step leads away from infinity
        and not close(
            exact, estimate, DIFFERENCE_TOLERANCE, max(*map(abs, exacts), slack[row][column] if slack else 0.0)
        )
    ]
    notes = []
    for row, column, exact in off[:MOST_EXPLAINED]:
        f = Slice(program, point, row, column)
        _ = f.here  # the first time is not the usual one
        began = time.perf_counter()
        f(np.array([f.x]))
        if time.perf_counter() - began > SLOW_SECONDS:
            break
        steps = sweep_steps(f.x)
        steps = steps[steps > 8.0 * np.spacing(abs(f.x))]  # with less, what is hit is hit by chance
        errors = abs(sweep(f, [SCHEME["central"]], steps)["central"] - exact)
        name = f"∂{program.outputs[row]}/∂{program.inputs[column]}"
        # A single step can hit by chance: what counts is the worst of it and its neighbours.
        windows = np.lib.stride_tricks.sliding_window_view(np.where(errors == errors, errors, np.inf), 3).max(axis=1)
        usual = estimate(f, SCHEME["central"])
        if abs(usual.value - exact) <= _noise(f):  # where rounding drowns it, it does so more with smaller steps
            windows = np.where(steps[1:-1] < usual.step, np.inf, windows)
        best = int(np.argmin(windows)) + 1
        there = digits_agreed(exact, exact + float(windows[best - 1]))
        if not there >= USEFUL_DIGITS:
            notes.append(
                f"{name}: no step makes the central difference agree in more than {there:.1f} digits: rounding takes "
                "over before the truncation error is small"
            )
        elif steps[best] < usual.step:
            notes.append(
                f"{name}: the function changes on a smaller scale than the usual step h = {_step(usual.step)} of the "
                f"central difference; with h = {_step(steps[best])} it agrees in {there:.1f} digits"
            )
        else:
            notes.append(
                f"{name}: rounding drowns the usual step h = {_step(usual.step)} of the central difference; with "
                f"h = {_step(steps[best])} it agrees in {there:.1f} digits"
            )
    return notes


def _step(h: float) -> str:
    """A step in two digits."""
    return short(h, 2)
