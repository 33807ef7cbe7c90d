"""Answers the differences question: every scheme for every input, and the error against the step for one of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from explorer.calculus.differences import (
    Estimate,
    Slice,
    complex_step,
    difference,
    estimate,
    richardson,
    sweep_steps,
)
from explorer.calculus.numbers import ComplexStepInvalid
from explorer.calculus.stencils import SCHEMES
from explorer.calculus.sweeps import gradient
from explorer.calculus.tape import record
from explorer.language.program import ExplorerError
from explorer.work.subject import Subject, subject
from explorer.work.wire import Message


def answers(ask: Message) -> Iterator[Message]:
    """{"rows": …}: the estimates for each input with their error against reverse AD; then {"sweep": …}."""
    about = subject(ask)
    output = int(ask.get("output", 0))
    if not 0 <= output < len(about.program.outputs):
        raise ExplorerError(f"There is no output number {output + 1}.", kind="request")
    reference = gradient(record(about.program, about.point), output)
    rows = []
    for index, name in enumerate(about.program.inputs):
        estimates = all_estimates(Slice(about.program, about.point, output, index))
        rows.append(
            {
                "input": name,
                "reference": reference[index],
                "estimates": [{**asdict(e), "error": abs(e.value - reference[index])} for e in estimates],
            }
        )
    yield {"output": about.program.outputs[output], "rows": rows}
    if about.program.inputs:
        chosen = ask.get("input")
        index = about.program.inputs.index(chosen) if chosen in about.program.inputs else 0
        yield {"sweep": _sweep(about, output, index, reference[index])}


def all_estimates(f: Slice) -> list[Estimate]:
    """Every scheme's number at its default step; where the complex step is not valid, its note says why."""
    estimates = [*(estimate(f, scheme) for scheme in SCHEMES), richardson(f)]
    try:
        estimates.append(complex_step(f))
    except ComplexStepInvalid as error:
        estimates.append(Estimate("complex step", float("nan"), 0.0, 0, note=error.message))
    return estimates


def _sweep(about: Subject, output: int, index: int, reference: float) -> dict[str, Any]:
    """|error| of each scheme for each step: measured against reverse AD, whose own error is about one rounding."""
    f = Slice(about.program, about.point, output, index)
    steps = sweep_steps(f.x)
    errors = {s.name: np.abs(difference(f, s, steps) - reference).tolist() for s in SCHEMES}
    with contextlib.suppress(ComplexStepInvalid):  # the table's note says it
        errors["complex step"] = np.abs(f.imaginary(steps) / steps - reference).tolist()
    return {
        "input": about.program.inputs[index],
        "reference": reference,
        "steps": steps.tolist(),
        "errors": errors,
        "orders": {s.name: s.order for s in SCHEMES},
        "defaults": {s.name: s.step(f.x) for s in SCHEMES},
    }
