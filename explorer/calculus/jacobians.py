"""The Jacobian as its passes fill it: columns by forward sweeps, rows by reverse ones; which is cheaper."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from explorer.calculus.sweeps import adjoints, cost, hessian_times, tangents
from explorer.calculus.tape import Tape

Mode = Literal["forward", "reverse", "second"]
REPEATS = 3  # of a measured pass; the quickest counts, since all else is the machine's doing
MOST_SECONDS = 0.4  # for measuring


@dataclass(frozen=True, slots=True)
class Pass:
    """One sweep: the column (forward, second) or row (reverse) that it fills, and its elementary operations."""

    place: int
    numbers: tuple[float, ...]
    operations: int


def passes(tape: Tape, mode: Mode, output: int = 0) -> list[Pass]:
    """All sweeps of a mode in order. Forward: a column of the Jacobian each, by one input's unit seed; reverse: a row,
    by one output's unit weight; second: a column of the Hessian of one output, by forward-over-reverse."""
    inputs, outputs = len(tape.inputs), len(tape.outputs)
    counted = cost(tape)
    if mode == "forward":
        return [Pass(k, column(tape, [float(k == j) for j in range(inputs)]), counted.forward) for k in range(inputs)]
    if mode == "reverse":
        return [Pass(k, row(tape, k), counted.reverse) for k in range(outputs)]
    # Each operation of the reverse sweep is done on dual numbers: a value and a tangent.
    twice = 2 * counted.reverse + counted.forward - counted.function
    return [
        Pass(k, tuple(hessian_times(tape, [float(k == j) for j in range(inputs)], output)), twice)
        for k in range(inputs)
    ]


def column(tape: Tape, seed: Sequence[float]) -> tuple[float, ...]:
    """J·seed by one forward sweep; NaN where an output is undefined."""
    moved = tangents(tape, seed)
    numbers = []
    for place in tape.outputs:
        value = tape.ops[place].value if isinstance(place, int) else place
        tangent = moved[place] if isinstance(place, int) else None
        numbers.append(float("nan") if value != value else 0.0 if tangent is None else tangent)
    return tuple(numbers)


def row(tape: Tape, output: int) -> tuple[float, ...]:
    """The gradient of one output by one reverse sweep; NaN where it is undefined."""
    place = tape.outputs[output]
    value = tape.ops[place].value if isinstance(place, int) else place
    if value != value:
        return (float("nan"),) * len(tape.inputs)
    reached = adjoints(tape, [float(k == output) for k in range(len(tape.outputs))])
    return tuple(0.0 if (a := reached[k]) is None else a for k in range(len(tape.inputs)))


def advice(tape: Tape) -> dict[str, Any]:
    """What the whole Jacobian costs by each way: passes, elementary operations, and measured seconds.

    Differences are counted as n + 1 evaluations (one-sided), and not measured: they run other code.
    """
    inputs, outputs, counted = len(tape.inputs), len(tape.outputs), cost(tape)
    forward = measured(lambda: tangents(tape, [1.0] * inputs))
    reverse = measured(lambda: adjoints(tape, [1.0] * outputs))
    ways: dict[str, dict[str, Any]] = {
        "forward": {"passes": inputs, "operations": inputs * counted.forward, "seconds": inputs * forward},
        "reverse": {"passes": outputs, "operations": outputs * counted.reverse, "seconds": outputs * reverse},
        "differences": {"passes": inputs + 1, "operations": (inputs + 1) * counted.function, "seconds": None},
    }
    cheaper = min(("forward", "reverse"), key=lambda way: int(ways[way]["operations"]))
    return {
        "inputs": inputs,
        "outputs": outputs,
        "ways": ways,
        "cheaper": cheaper,
        "ratio_forward": counted.forward / max(counted.function, 1),
        "ratio_reverse": counted.reverse / max(counted.function, 1),
        "operations": counted.function,
    }


def measured(sweep: Any) -> float:
    """Seconds of the quickest of a few runs."""
    best, started = float("inf"), time.perf_counter()
    for _ in range(REPEATS):
        begin = time.perf_counter()
        sweep()
        best = min(best, time.perf_counter() - begin)
        if time.perf_counter() - started > MOST_SECONDS:
            break
    return best
