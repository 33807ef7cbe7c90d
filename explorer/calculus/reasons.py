"""What on a tape can make methods disagree, or the derivative not exist.

Reasons are those of a fixed list: kink, branch-boundary, cancellation, overflow, domain-edge, not-differentiable; the
verdict adds iteration-not-converged and complex-step-invalid.
"""

from __future__ import annotations

import math

from explorer.calculus.sweeps import reverse_jacobian
from explorer.calculus.tape import Decision, Loop, Tape
from explorer.language.program import Span

# Margins below this fraction of the compared numbers count as on the boundary: rounding can tip them.
NEAR = 1e-9
# A sum that is this much smaller than its terms has lost half of the digits.
LOST = 1e-8
# Where the derivative is only one side's, or a convention: what central differences give there is no fault of theirs.
DOUBTFUL = {"kink", "branch-boundary", "not-differentiable"}
# Operations that have a pole where this argument is 0; elsewhere an infinite partial of theirs has overflowed.
_POLE_AT_ZERO = {"div": 1, "pow": 0, "log": 0, "log2": 0, "log10": 0}
_OVERFLOWING = ("add", "sub", "mul", "exp", "expm1", "sinh", "cosh", "hypot")


def find_reasons(tape: Tape) -> list[str]:
    """What on the tape can make methods disagree or the derivative not exist, in the fixed list's words."""
    found: set[str] = set()
    for kink in tape.kinks:
        if abs(kink.margin) <= NEAR * kink.scale < math.inf:
            found.add("not-differentiable" if kink.jump else "kink")
    for decision in tape.decisions:
        if on_boundary(decision):
            found.add("branch-boundary")
    for op in tape.operations:
        arguments = tape.argument_values(op)
        finite = all(map(math.isfinite, arguments))
        if finite and math.isinf(op.value):
            pole = op.function not in _OVERFLOWING and not (op.function == "pow" and arguments[0] != 0.0)
            found.add("domain-edge" if pole and not (op.function == "div" and arguments[1] != 0.0) else "overflow")
        elif finite and (op.value != op.value or any(math.isinf(e.partial) for e in op.edges)):
            place = _POLE_AT_ZERO.get(op.function)
            overflows = op.value == op.value and place is not None and arguments[place] != 0.0
            found.add("overflow" if overflows else "domain-edge")
        elif finite and any(e.partial != e.partial for e in op.edges):
            found.add("not-differentiable")
        elif op.function == "pow" and arguments[0] == 0.0 and any(e.position == 1 for e in op.edges):
            found.add("domain-edge")  # 0^y is no power of e: y·ln 0 is 0·∞ in formulas
        elif any(isinstance(a, float) and not math.isfinite(a) for a in op.arguments):
            found.add("domain-edge")  # the text itself has a number that is none: 1/0
        if op.function in ("add", "sub") and 0.0 < abs(op.value) < LOST * max(map(abs, arguments)):
            found.add("cancellation")
    if not found and any(not math.isfinite(partial) for row in reverse_jacobian(tape) for partial in row):
        found.add("overflow")  # of a product of partials, each of which fits a double
    order = ("kink", "branch-boundary", "cancellation", "overflow", "domain-edge", "not-differentiable")
    return [reason for reason in order if reason in found]


def loops_on_inputs(tape: Tape) -> list[Loop]:
    """The last run of each loop whose length depends on an input, in the order of the text."""
    places = {decision.span for decision in tape.decisions}
    last = {loop.span: loop for loop in tape.loops if any(_within(place, loop.span) for place in places)}
    return [last[span] for span in sorted(last, key=lambda s: (s.line, s.column))]


def _within(inner: Span, outer: Span) -> bool:
    return (outer.line, outer.column) <= (inner.line, inner.column) and (inner.end_line, inner.end_column) <= (
        outer.end_line,
        outer.end_column,
    )


def on_boundary(decision: Decision) -> bool:
    """Whether rounding could tip it: left and right are equal, or nearly."""
    return math.isfinite(decision.margin) and abs(decision.margin) <= NEAR * max(
        abs(decision.left), abs(decision.right)
    )
