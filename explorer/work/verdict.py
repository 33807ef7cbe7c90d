"""Answers the verdict question: the engines side by side, the quick ones at once, SymPy's numbers when they come."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict

from explorer.calculus.differences import central_jacobian, complex_step_jacobian
from explorer.calculus.numbers import ComplexStepInvalid
from explorer.calculus.sweeps import reverse_jacobian
from explorer.calculus.tape import Tape, forward_jacobian, record
from explorer.calculus.verdict import (
    Matrix,
    central_slack,
    digits_agreed,
    explain_central,
    explain_edges,
    find_slopes,
    judge,
    lost_digits,
)
from explorer.language.program import ExplorerError
from explorer.work.subject import Subject, subject
from explorer.work.wire import Message


def answers(ask: Message) -> Iterator[Message]:
    """The table of engines twice: without the symbolic column, and with it (null with a reason where there is none)."""
    about = subject(ask)
    tape = record(about.program, about.point)
    engines: dict[str, Matrix | None] = {
        "symbolic": None,
        "forward": forward_jacobian(about.program, about.point),
        "reverse": reverse_jacobian(tape),
        "central": central_jacobian(about.program, about.point),
        "complex_step": None,
    }
    refused: dict[str, str] = {}
    try:
        engines["complex_step"] = complex_step_jacobian(about.program, about.point)
    except ComplexStepInvalid as error:
        refused["complex_step"] = error.message
    slopes = find_slopes(about.program, tape)
    notes = explain_edges(about.program, tape)
    slack = central_slack(about.program, tape, engines["central"])
    lost: list[str] | None = None

    def table(complete: bool) -> Message:
        verdict = judge(tape, engines, slopes, "complex_step" in refused, notes, lost, slack)
        return {
            "inputs": list(about.program.inputs),
            "outputs": list(about.program.outputs),
            "value": list(tape.values),
            "engines": engines,
            "refused": refused,
            "digits": {
                name: _digits(engines["reverse"], matrix, slack if name == "central" else None)
                for name, matrix in engines.items()
            },
            "slopes": [s.to_json() for s in slopes],
            "verdict": asdict(verdict),
            "complete": complete,
        }

    yield table(False)
    course = ""
    try:
        engines["symbolic"], course = symbolic_jacobian(about, tape)
    except ExplorerError as error:
        refused["symbolic"] = error.message
    lost = lost_digits(about.program, tape, engines)
    if not lost:
        notes += explain_central(about.program, tape, engines["central"], slack)
    notes += [course] if course else []
    yield table(True)


def _digits(reference: Matrix | None, other: Matrix | None, slack: Matrix | None) -> Matrix | None:
    """Digits agreed, entry by entry; counted in the slack where that is larger than the numbers."""
    if reference is None or other is None:
        return None
    scales = slack or [[0.0] * len(row) for row in reference]
    return [
        [digits_agreed(a, b, scale) for a, b, scale in zip(*rows, strict=True)]
        for rows in zip(reference, other, scales, strict=True)
    ]


def symbolic_jacobian(about: Subject, tape: Tape) -> tuple[Matrix, str]:
    """SymPy's derivative at the point; undefined wherever the function itself is, whatever its formula says.

    And a sentence where the formula is that of the program's course at this point; else it is empty.
    """
    from explorer.calculus import symbolic  # loads SymPy, which the quick part need not wait for

    outputs, inputs, course = symbolic.expressions_at(about.program, about.point)
    rows: Matrix = [[float("nan")] * len(inputs) for _ in outputs]
    point, known = dict(zip(inputs, about.point, strict=True)), reverse_jacobian(tape)
    for row, column, derivative in symbolic.jacobian(outputs, inputs):
        # SymPy's formula may have a value where the function has none (1/x for ln x at −1). AD has none there either,
        # but where an overflow is all that takes the value away.
        if not (math.isnan(tape.values[row]) and math.isnan(known[row][column])):
            rows[row][column] = symbolic.evaluate([derivative], point)[0]
            if not math.isfinite(rows[row][column]) and len(inputs) > 1:
                rows[row][column] = symbolic.partial_along(about.program, about.point, row, column)
    return rows, course
