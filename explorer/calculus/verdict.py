"""The verdict: do the methods agree, in how many digits, and if not, why."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from explorer.calculus.agreement import (
    DIFFERENCE_TOLERANCE,
    DUST,
    EXACT_TOLERANCE,
    FULL_DIGITS,
    MOST_EXPLAINED,
    Matrix,
    all_close,
    digits_agreed,
    entries_of,
)
from explorer.calculus.conditioning import slope_changes
from explorer.calculus.differences import SMALL_SLOPE, Slice, one_sided_rounding, one_sided_slopes
from explorer.calculus.lost_digits import LEAST_NORMAL, Lost, is_extreme
from explorer.calculus.numbers import NAN
from explorer.calculus.reasons import DOUBTFUL, NEAR, find_reasons, loops_on_inputs, on_boundary
from explorer.calculus.sweeps import reverse_jacobian
from explorer.calculus.tape import Decision, Tape
from explorer.calculus.words import short
from explorer.language.primitives import needs_its_base
from explorer.language.program import Program, Span

# One-sided differences of second order are good to about 1e-9; a corner's slopes differ by far more.
SLOPE_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Verdict:
    """agree: all methods within what they owe. digits: agreed by the exact methods over all entries.

    notes: sentences about this program at this point, for what the reasons say in general. central_agrees: whether the
    central difference is within what it owes; with no reason on the tape a wrong step is its own fault, and no
    disagreement. lost: what is lost on the way without any of the methods noticing: "digits", by rounding, "range",
    where a number that exists is too large or too small for a double, or "".
    """

    agree: bool
    digits: float
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()
    central_agrees: bool = True
    lost: str = ""


@dataclass(frozen=True)
class Slopes:
    """∂output/∂input from the left and from the right, each within `rounding`; NaN on a side outside the domain."""

    output: str
    input: str
    left: float
    right: float
    rounding: float = 0.0

    @property
    def differ(self) -> bool:
        """Whether both exist and are not the same; an infinite one is a jump."""
        if self.left == self.right or math.isnan(self.left) or math.isnan(self.right):
            return False
        largest = max(abs(self.left), abs(self.right))
        return math.isinf(largest) or abs(self.left - self.right) > SLOPE_TOLERANCE * largest + self.rounding

    def to_json(self) -> dict[str, str | float | bool]:
        """Plain entries for the wire."""
        return {**asdict(self), "differ": self.differ}

    def is_near(self, jacobian: Matrix, tape: Tape) -> bool:
        """Whether the Jacobian has the slope of both sides."""
        here = jacobian[tape.output_names.index(self.output)][tape.inputs.index(self.input)]
        return all(
            abs(here - side) <= SLOPE_TOLERANCE * max(abs(side), abs(here)) + self.rounding
            for side in (self.left, self.right)
        )


def find_slopes(program: Program, tape: Tape) -> list[Slopes]:
    """The one-sided slopes where the tape has a kink, a boundary or an undefined derivative at the point."""
    reasons = set(find_reasons(tape))
    doubtful = DOUBTFUL & reasons
    point = [op.value for op in tape.ops[: len(tape.inputs)]]
    found = []
    known: list[dict[bytes, Any]] = [{} for _ in tape.inputs]  # all outputs' values along each input
    for row, partials in enumerate(reverse_jacobian(tape)):
        for column, value in enumerate(partials):
            if doubtful or (value != value and "overflow" not in reasons):
                f = Slice(program, point, row, column, known[column])
                (left, right), rounding = one_sided_slopes(f), one_sided_rounding(f)
                if value != value:  # no derivative beside which rounding would be seen as such
                    left, right = (0.0 if abs(side) <= rounding else side for side in (left, right))
                found.append(Slopes(program.outputs[row], program.inputs[column], left, right, rounding))
    return found


def judge(
    tape: Tape,
    jacobians: Mapping[str, Matrix | None],
    slopes: Sequence[Slopes],
    invalid_step: bool,
    notes: Sequence[str] = (),
    lost: Lost | None = None,
    slack: Matrix | None = None,
) -> Verdict:
    """The verdict on the Jacobians of the methods (None where one could not be had); `notes` stand after its own.

    lost: what `lost_digits` found; slack: what `central_slack` found.
    """
    reasons = find_reasons(tape)
    if lost is not None:  # many digits have said whether what cancels matters
        reasons = [reason for reason in reasons if reason != "cancellation"] + ["cancellation"] * lost.rounding
    if "kink" not in reasons and any(s.differ for s in slopes):
        reasons.insert(0, "kink")
    if any(loop.iterations == 0 for loop in loops_on_inputs(tape)):
        reasons.append("iteration-not-converged")
    exact = [m for m in (jacobians.get(n) for n in ("reverse", "forward", "symbolic")) if m is not None]
    complex_step = jacobians.get("complex_step")
    central = jacobians.get("central")
    digits, agree = FULL_DIGITS, True
    for other in exact[1:]:
        for a, b, scale in entries_of(exact[0], other):
            # Rounding alone, as 0 and 1e-19 beside 1e-5 in one gradient, is measured by the gradient's largest.
            rounding = abs(a - b) <= DUST * scale
            digits = min(digits, digits_agreed(a, b, scale if rounding else 0.0))
        agree = agree and _agree(exact[0], other, tape)
    if exact and complex_step is not None:
        agree = agree and _agree(exact[0], _where_told(exact[0], complex_step), tape, estimates=True)
        notes = [*notes, *_too_small(exact[0], complex_step, tape)]
    central_agrees = True
    if exact and central is not None:
        # Where both sides have AD's slope, that settles it: across a branch a difference quotient errs by more.
        settled = {(s.output, s.input) for s in slopes if not s.differ and s.is_near(exact[0], tape)}
        estimates = _without(central, settled, tape)
        central_agrees = all_close(exact[0], estimates, DIFFERENCE_TOLERANCE, estimates=True, slack=slack)
        # Off with nothing on the tape to explain it, a difference quotient has the wrong step: its own fault.
        agree = agree and (central_agrees or not reasons)
    if invalid_step:
        reasons.append("complex-step-invalid")  # which is no reason for others to be off
    lost = lost or Lost()
    if not agree and not reasons:  # then it is arithmetic, also where many digits cannot tell
        beyond = lost.range or is_extreme(tape) or any(not math.isfinite(v) for m in exact for row in m for v in row)
        reasons.append("overflow" if beyond else "cancellation")
    what = "range" if lost.range else "digits" if lost.unnoticed else ""
    return Verdict(agree, digits, tuple(reasons), (*explain(tape, slopes), *notes, *lost.notes), central_agrees, what)


def _agree(exact: Matrix, other: Matrix, tape: Tape, estimates: bool = False) -> bool:
    """Whether two exact methods agree, or differ where what is left of a slope is rounding: at a stationary point."""
    if all_close(exact, other, EXACT_TOLERANCE, estimates):
        return True
    slack = [[change / EXACT_TOLERANCE for change in row] for row in slope_changes(tape)]
    return all_close(exact, other, EXACT_TOLERANCE, estimates, slack)


def _is_unseen(value: float, other: float) -> bool:
    """Whether the complex step has 0 for a slope, of all digits, that is too small beside what the step neglects."""
    return other == 0.0 and LEAST_NORMAL <= abs(value) < SMALL_SLOPE


def _where_told(exact: Matrix, complex_step: Matrix) -> Matrix:
    """The complex step's numbers but where it does not see the slope."""
    return [
        [NAN if _is_unseen(value, other) else other for value, other in zip(*rows, strict=True)]
        for rows in zip(exact, complex_step, strict=True)
    ]


def _too_small(exact: Matrix, complex_step: Matrix, tape: Tape) -> list[str]:
    """Of which derivatives the complex step has no digits, for its numbers underflow; in sentences."""
    return [
        f"∂{output}/∂{name} = {short(value)} is so small that "
        + ("the numbers of the complex step underflow: it has none." if other else "the complex step sees none of it.")
        for output, row, others in zip(tape.output_names, exact, complex_step, strict=True)
        for name, value, other in zip(tape.inputs, row, others, strict=True)
        if (other != other and 0.0 < abs(value) < SMALL_SLOPE) or _is_unseen(value, other)
    ][:MOST_EXPLAINED]


def _without(matrix: Matrix, entries: set[tuple[str, str]], tape: Tape) -> Matrix:
    """The matrix with NaN, which is no answer, in some of its entries (output, input)."""
    return [
        [math.nan if (output, name) in entries else value for name, value in zip(tape.inputs, row, strict=True)]
        for output, row in zip(tape.output_names, matrix, strict=True)
    ]


def explain(tape: Tape, slopes: Sequence[Slopes]) -> list[str]:
    """Sentences on what AD does here that a reader of the function would not expect."""
    notes = []
    for loop in loops_on_inputs(tape):
        line = loop.span.line
        if loop.iterations == 0:
            constant = ": that of a constant" if all(isinstance(o, float) for o in tape.outputs) else ""
            notes.append(
                f"The loop in line {line} did not run, so the derivative is that of what stood before it{constant}."
            )
        else:
            rounds = "1 round" if loop.iterations == 1 else f"{loop.iterations} rounds"
            notes.append(
                f"The loop in line {line} ended after {rounds} because of an input's value: "
                "AD differentiates these rounds, and not the limit they approach."
            )
    jacobian = reverse_jacobian(tape)
    for each in slopes:
        row, column = tape.output_names.index(each.output), tape.inputs.index(each.input)
        here, side = jacobian[row][column], 0.5 * (each.left + each.right)
        if math.isfinite(side) and not each.differ and not each.is_near(jacobian, tape):
            why = "at this very point it follows one branch, or a corner's convention, and these do not compose."
            if here != here and any(kink.jump and kink.margin == 0.0 for kink in tape.kinks):
                why = "a function on the way jumps here, and has none."
            elif here != here:
                why = "its chain of factors has 0·∞, of which there is no value, where the limit has one."
            name, gives = f"∂{each.output}/∂{each.input}", "no number" if here != here else short(here)
            notes.append(f"{name}: the slope is {short(side)} from both sides, and AD gives {gives}: {why}")
    return notes


def explain_edges(program: Program, tape: Tape) -> list[str]:
    """Sentences on the corners and branch boundaries on which the point lies: which, and what AD makes of each."""
    lines = program.source.split("\n")
    several = len(lines) > 1
    notes = []
    for kink in tape.kinks:
        op = tape.ops[kink.op]
        if abs(kink.margin) <= NEAR * kink.scale < math.inf and not kink.jump:
            what = "a tie" if op.function in ("min", "max") else "its corner"
            where = f" in line {op.span.line}" if several else ""
            taken = ", ".join(short(edge.partial) for edge in op.edges)
            notes.append(f"{op.function}{where} has {what} exactly here: AD takes its slope as {taken} by convention.")
    for op in tape.operations:
        base, exponent = (*tape.argument_values(op), math.nan)[:2]
        if needs_its_base(op.function, (base, exponent)) and any(e.partial != e.partial for e in op.edges):
            where = f" in line {op.span.line}" if several else ""
            notes.append(
                f"The power{where} is 0^{short(exponent)}, undefined by its exponent alone: 0^b is 1 at b = 0, 0 above "
                "it and ∞ below. Where the base grows from 0 with the exponent, as in x^x, the slope is −∞."
            )
    near: dict[Span, list[Decision]] = {}
    for decision in filter(on_boundary, tape.decisions):
        near.setdefault(decision.span, []).append(decision)
    for decisions in near.values():
        decision = min(decisions, key=lambda each: abs(each.margin))
        span = decision.span
        text = lines[span.line - 1][span.column : span.end_column if span.end_line == span.line else None]
        where = f"Line {span.line}: " if several else ""
        holds = "holds" if decision.taken else "does not hold"
        held = f"{where}“{text}” {holds} with a margin of {short(decision.margin)}"
        lies = "lies on this branch's boundary"
        if decision.margin:
            lies = "is so near to this branch's boundary that rounding may tip it"
        times = f", {len(decisions)} times" if len(decisions) > 1 else ""
        notes.append(f"{held}: the point {lies}{times}, and AD follows the side that is taken.")
    return list(dict.fromkeys(notes))[:MOST_EXPLAINED]
