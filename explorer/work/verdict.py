"""Answers the verdict question: the engines side by side, the quick ones at once, SymPy's numbers when they come."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict

from explorer.calculus.agreement import Matrix, digits_agreed
from explorer.calculus.differences import central_jacobian, complex_step_jacobian
from explorer.calculus.lost_digits import Lost, lost_digits
from explorer.calculus.numbers import ComplexStepInvalid
from explorer.calculus.sweeps import reverse_jacobian
from explorer.calculus.tape import Op, Tape, forward_jacobian, record
from explorer.calculus.verdict import explain_edges, find_slopes, judge
from explorer.calculus.wrong_step import central_slack, explain_central
from explorer.language.program import ExplorerError
from explorer.work.subject import Subject, subject
from explorer.work.wire import Message

_MANY = 100  # operations, whose derivative SymPy may take long for
_VERY_MANY = 5_000  # operations, that the complex step takes a tenth of a second and more for


def answers(ask: Message) -> Iterator[Message]:
    """The table of engines, as they come: at last with the symbolic column (null with a reason where there is none)."""
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
    slopes = find_slopes(about.program, tape)
    edges = explain_edges(about.program, tape)
    slack = central_slack(about.program, tape, engines["central"])
    lost: Lost | None = None
    notes = edges
    course = ""

    def explain() -> None:
        nonlocal lost, notes
        lost = lost_digits(about.program, tape, engines)
        notes = [*edges]
        if lost is None or not lost.notes:
            notes += explain_central(about.program, tape, engines["central"], slack)
        notes += [course] if course else []

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

    if len(tape.operations) > _VERY_MANY:
        yield table(False)
    try:
        engines["complex_step"] = complex_step_jacobian(about.program, about.point)
    except ComplexStepInvalid as error:
        refused["complex_step"] = error.message
    quick = table(False)
    yield quick
    if len(tape.operations) > _MANY or not (quick["verdict"]["agree"] and quick["verdict"]["central_agrees"]):
        explain()  # SymPy's numbers may never come
        yield table(False)
    try:
        engines["symbolic"], course = symbolic_jacobian(about, tape)
    except ExplorerError as error:
        refused["symbolic"] = error.message
    explain()
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
    rows: Matrix = [[math.nan] * len(inputs) for _ in outputs]
    point, known = dict(zip(inputs, about.point, strict=True)), reverse_jacobian(tape)
    for row, column, derivative in symbolic.jacobian(outputs, inputs):
        if not undefined_at(tape, row, known[row][column]):
            value = symbolic.evaluate([derivative], point)[0]
            rows[row][column] = along_one_input(about, tape, row, column, value)
    return rows, course


def undefined_at(tape: Tape, output: int, slope: float) -> bool:
    """Whether a formula's value is none, for the function has none here (1/x for ln x at −1), or jumps (floor at 1).

    slope: what AD says, which has none there either; but it has where only an overflow takes the value away.
    """
    jumps = any(kink.jump and kink.margin == 0.0 for kink in tape.kinks)
    return math.isnan(slope) and (jumps or math.isnan(tape.values[output]))


def along_one_input(about: Subject, tape: Tape, output: int, input_: int, value: float) -> float:
    """The value of a partial's formula; of the function of that input alone where a power of 0 leaves it none."""
    if math.isfinite(value) or len(about.point) == 1 or not any(_is_power_of_zero(tape, op) for op in tape.operations):
        return value
    from explorer.calculus import symbolic

    return symbolic.partial_along(about.program, about.point, output, input_)


def _is_power_of_zero(tape: Tape, op: Op) -> bool:
    """Whether it is 0 to a power that an input moves, whose formulas hold 0·∞ and ln 0."""
    return op.function == "pow" and isinstance(op.arguments[1], int) and tape.argument_values(op)[0] == 0.0
