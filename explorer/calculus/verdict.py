"""The verdict: do the methods agree, in how many digits, and if not, why.

Reasons are those of a fixed list: kink, branch-boundary, cancellation, overflow, domain-edge, not-differentiable,
iteration-not-converged, complex-step-invalid.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from explorer.calculus.differences import Slice, estimate, one_sided_slopes, sweep, sweep_steps
from explorer.calculus.stencils import SCHEME
from explorer.calculus.sweeps import adjoints, reverse_jacobian
from explorer.calculus.tape import INPUT, Decision, Loop, Op, Tape
from explorer.language.primitives import needs_its_base
from explorer.language.program import ExplorerError, Program, Span

Matrix = list[list[float]]

# A double has 53 binary digits: −log₁₀ 2⁻⁵³. Equal numbers agree in all of them.
FULL_DIGITS = 15.9
UNIT_ROUNDOFF = 2.0**-53
# Margins below this fraction of the compared numbers count as on the boundary: rounding can tip them.
NEAR = 1e-9
# A sum that is this much smaller than its terms has lost half of the digits.
LOST = 1e-8
# Below it a double has fewer digits, or none.
LEAST_NORMAL = 2.0**-1022
# Agreement that exact methods owe (symbolic, forward, reverse), and that central differences owe, relative.
EXACT_TOLERANCE = 1e-9
# A difference so much smaller than the gradient is rounding.
DUST = 1e-12
DIFFERENCE_TOLERANCE = 1e-4
# Agreement of exact methods that needs no word.
WORTH_A_WORD = 1e-11
# One-sided differences of second order are good to about 1e-9; a corner's slopes differ by far more.
SLOPE_TOLERANCE = 1e-6

# Of the central difference: entries that are explained, digits that make a step worth naming, and how long the function
# may take for a sweep of a hundred steps to be waited for.
MOST_EXPLAINED = 3
# A sum that is this much smaller than a rounded term has lost digits that may matter; many digits tell.
SUSPECT = 1e-4
# So many operations, in all entries that are looked at, many digits take some ten milliseconds for.
SMALL = 60
# How far from the point, relative to it, the function's steepness beside it is looked for.
BESIDE = 1e-2
USEFUL_DIGITS = 3.0
MANY_MORE = 400  # digits with which what may be rounding among many digits is looked at again
SLOW_SECONDS = 0.005

MOST = math.ldexp(1.0 - UNIT_ROUNDOFF, 1024)  # the largest double
# Operations that have a pole where this argument is 0; elsewhere an infinite partial of theirs has overflowed.
_POLE_AT_ZERO = {"div": 1, "pow": 0, "log": 0, "log2": 0, "log10": 0}
_OVERFLOWING = ("add", "sub", "mul", "exp", "expm1", "sinh", "cosh", "hypot")


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
class Lost:
    """What arithmetic with hundreds of digits finds that doubles lose: in sentences, and by what.

    rounding: whether rounding took digits; unnoticed: whether all methods agree on what has lost them; range: whether
    a number is too large or too small for a double, at the end or on the way to it.
    """

    notes: tuple[str, ...] = ()
    rounding: bool = False
    unnoticed: bool = False
    range: bool = False


def digits_agreed(a: float, b: float, scale: float = 0.0) -> float:
    """Decimal digits in which two numbers agree: −log₁₀ of their difference, relative to the larger of them or of
    `scale`; 0 … 15.9.

    Two undefined numbers agree; an undefined one agrees with no other.
    """
    if a == b or (a != a and b != b):
        return FULL_DIGITS
    if not (math.isfinite(a) and math.isfinite(b)):
        return 0.0
    size = max(abs(a), abs(b), scale)
    difference = abs(a / size - b / size)
    return min(FULL_DIGITS, max(0.0, math.floor(-10.0 * math.log10(difference)) / 10.0)) if difference else FULL_DIGITS


# Where the derivative is only one side's, or a convention: what central differences give there is no fault of theirs.
_DOUBTFUL = {"kink", "branch-boundary", "not-differentiable"}


@dataclass(frozen=True)
class Slopes:
    """∂output/∂input from the left and from the right; NaN on a side that is outside the domain."""

    output: str
    input: str
    left: float
    right: float

    @property
    def differ(self) -> bool:
        """Whether both exist and are not the same; an infinite one is a jump."""
        if self.left == self.right or math.isnan(self.left) or math.isnan(self.right):
            return False
        largest = max(abs(self.left), abs(self.right))
        return math.isinf(largest) or abs(self.left - self.right) > SLOPE_TOLERANCE * largest

    def to_json(self) -> dict[str, str | float | bool]:
        """Plain entries for the wire."""
        return {**asdict(self), "differ": self.differ}

    def is_near(self, jacobian: Matrix, tape: Tape) -> bool:
        """Whether the Jacobian has the slope of both sides."""
        here = jacobian[tape.output_names.index(self.output)][tape.inputs.index(self.input)]
        return all(abs(here - side) <= SLOPE_TOLERANCE * max(abs(side), abs(here)) for side in (self.left, self.right))


def find_slopes(program: Program, tape: Tape) -> list[Slopes]:
    """The one-sided slopes where the tape has a kink, a boundary or an undefined derivative at the point."""
    doubtful = _DOUBTFUL & set(find_reasons(tape))
    point = [op.value for op in tape.ops[: len(tape.inputs)]]
    found = []
    for row, partials in enumerate(reverse_jacobian(tape)):
        for column, value in enumerate(partials):
            if doubtful or value != value:
                left, right = one_sided_slopes(Slice(program, point, row, column))
                found.append(Slopes(program.outputs[row], program.inputs[column], left, right))
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
    if invalid_step:
        reasons.append("complex-step-invalid")
    exact = [m for m in (jacobians.get(n) for n in ("reverse", "forward", "symbolic")) if m is not None]
    complex_step = jacobians.get("complex_step")
    central = jacobians.get("central")
    digits, agree = FULL_DIGITS, True
    for other in exact[1:]:
        for a, b, scale in _entries(exact[0], other):
            # Rounding alone, as 0 and 1e-19 beside 1e-5 in one gradient, is measured by the gradient's largest.
            rounding = abs(a - b) <= DUST * scale
            digits = min(digits, digits_agreed(a, b, scale if rounding else 0.0))
        agree = agree and _all_close(exact[0], other, EXACT_TOLERANCE)
    if exact and complex_step is not None:
        agree = agree and _all_close(exact[0], complex_step, EXACT_TOLERANCE, estimates=True)
    central_agrees = True
    if exact and central is not None:
        # Where both sides have AD's slope, that settles it: across a branch a difference quotient errs by more.
        settled = {(s.output, s.input) for s in slopes if not s.differ and s.is_near(exact[0], tape)}
        estimates = _without(central, settled, tape)
        central_agrees = _all_close(exact[0], estimates, DIFFERENCE_TOLERANCE, estimates=True, slack=slack)
        # Off with nothing on the tape to explain it, a difference quotient has the wrong step: its own fault.
        agree = agree and (central_agrees or not reasons)
    lost = lost or Lost()
    what = "range" if lost.range else "digits" if lost.unnoticed else ""
    return Verdict(agree, digits, tuple(reasons), (*explain(tape, slopes), *notes, *lost.notes), central_agrees, what)


# The exact methods, as a sentence names them.
_EXACT = {
    "reverse": "reverse AD",
    "forward": "forward AD",
    "symbolic": "SymPy's formula",
    "complex_step": "the complex step",
}


def lost_digits(program: Program, tape: Tape, jacobians: Mapping[str, Matrix | None]) -> Lost | None:
    """What doubles lose on the way to an output or its derivative.

    Methods that run the same operations lose the same digits and agree, so that the referee is arithmetic with hundreds
    of them: of small programs always, of others where a sum cancels, a rounding error is magnified, a number overflows
    or exact methods differ. None where the referee was not asked or cannot tell.
    """
    pairs = [(row, column) for row in range(len(tape.outputs)) for column in range(len(tape.inputs))][:MOST_EXPLAINED]
    cancels = any(_may_cancel(op, tape) for op in tape.operations)
    reasons = find_reasons(tape)
    # Where AD goes by a convention its derivative is another for that reason, and not for lost digits.
    by_convention = bool(_DOUBTFUL & set(reasons))
    small = len(tape.operations) * len(pairs) <= SMALL and not by_convention
    differing = [] if by_convention else _differing(jacobians, WORTH_A_WORD)[:MOST_EXPLAINED]
    apart = _differing(jacobians, EXACT_TOLERANCE)
    if not small and not cancels and "overflow" not in reasons and not _magnifies_rounding(tape):
        pairs = []
    pairs += [pair for pair in differing if pair not in pairs]
    if not pairs:
        return None
    from explorer.calculus.multiprecision import jet  # loads mpmath, which is not wanted before the first verdict

    point = [op.value for op in tape.ops[: len(tape.inputs)]]
    notes: list[str] = []
    rounding = unnoticed = out_of_range = False
    for row, column in pairs:
        try:
            truth = jet(program, point, row, column)
        except ExplorerError:
            return None
        if truth.exact is None:
            return None
        slope = truth.exact
        if 0 < abs(slope) < LEAST_NORMAL:  # or is it rounding even there?
            again = jet(program, point, row, column, MANY_MORE).exact
            slope = slope if again is not None and abs(slope - again) <= LOST * abs(again) else 0 * slope
        differ = (row, column) in differing
        there = reverse_jacobian(tape)[row][column]
        off = _off(truth.value, slope, tape.values[row], there, max(abs(point[column]), 1.0))
        untrue = bool(off)
        if differ and not any(order for order, _, _ in off):
            off.append((1, slope, there))
        if not off:
            continue
        why = next(filter(None, (_why_out_of_range(number, double) for _, number, double in off)), "")
        if not why and not math.isfinite(tape.values[row]):
            continue
        kept = ""
        if differ or (why and off[-1][0] and not _out_of_range(slope)):
            entries = {key: m[row][column] for key in _EXACT if (m := jacobians.get(key)) is not None}
            kept = _digits_kept(entries, float(slope))
        if why:
            out_of_range = True
        else:
            rounding |= untrue or (row, column) in apart
            unnoticed |= not differ
            how = "a sum on the way cancels" if cancels else "rounding on the way is magnified"
            why = "" if kept else f": {how}, and all methods lose the same digits of it"
        names = (tape.output_names[row], f"∂{tape.output_names[row]}/∂{tape.inputs[column]}")
        what = " and ".join(f"{names[order]} = {_figure(number)}" for order, number, _ in off)
        notes.append(f"In arithmetic with hundreds of digits {what}{why}{kept}")
    return Lost(tuple(notes), rounding, unnoticed, out_of_range)


def _off(value: Any, slope: Any, here: float, there: float, size: float) -> list[tuple[int, Any, float]]:
    """Which of value (0) and slope (1), in many digits, doubles have lost: each with what they say, here and there.

    size: of the input. A residual that is 0 but for rounding has lost nothing that a rounded input would not take.
    """
    off = []
    if _out_of_range(value) or not _close(float(value), here, LOST, abs(float(slope)) * size):
        off.append((0, value, here))
    if 0 < abs(slope) < LEAST_NORMAL:
        lost = not abs(slope - there) <= LOST * abs(slope)
    else:
        lost = _out_of_range(slope) or not _close(float(slope), there, LOST, abs(float(value)) / size)
    if lost:
        off.append((1, slope, there))
    return off


def _out_of_range(number: Any) -> bool:
    """Whether a number of many digits is too large for a double."""
    return math.isinf(float(number))


def _why_out_of_range(number: Any, double: float) -> str:
    """Where a double cannot hold a number of many digits, or one on the way to it; empty where it can."""
    if _out_of_range(number):
        return f": more than a double can hold, {_figure(MOST)}"
    if 0 < abs(number) < LEAST_NORMAL:
        return f": below {_figure(LEAST_NORMAL)} a double has fewer digits, or none"
    return "" if math.isfinite(double) else ": a number on the way is more than a double can hold"


def _figure(number: Any) -> str:
    """A number in six digits, of any size."""
    if number != number:
        return "undefined"
    plain = math.isfinite(float(number)) and (number == 0 or abs(number) >= LEAST_NORMAL)
    if plain:
        return f"{float(number):.6g}".replace("-", "−")
    import mpmath

    return str(mpmath.nstr(number, 6)).replace("-", "−")


def _differing(jacobians: Mapping[str, Matrix | None], tolerance: float) -> list[tuple[int, int]]:
    """The entries, row and column, in which exact methods have numbers that differ by more than this."""
    reverse = jacobians.get("reverse")
    if not reverse:
        return []
    off = {
        place
        for matrix in map(jacobians.get, _EXACT)
        for place, (a, b, scale) in enumerate(_entries(reverse, matrix or reverse))
        if math.isfinite(a) and math.isfinite(b) and not _close(a, b, tolerance, scale)
    }
    return [divmod(place, len(reverse[0])) for place in sorted(off)]


def _digits_kept(entries: Mapping[str, float], truth: float) -> str:
    """How many of its digits each method has, the best first."""
    having: dict[float, list[str]] = {}
    for method, value in entries.items():
        having.setdefault(digits_agreed(value, truth), []).append(_EXACT[method])
    counts = ", ".join(
        f"{', '.join(names[:-1])}{' and ' if names[1:] else ''}{names[-1]} {digits:.1f}"
        for digits, names in sorted(having.items(), reverse=True)
    )
    return f". Of its digits are right: {counts}"


def _may_cancel(op: Op, tape: Tape) -> bool:
    """Whether a sum is much smaller than its terms, of which one is rounded: no input and no constant."""
    if op.function not in ("add", "sub"):
        return False
    rounded = any(isinstance(a, int) and tape.ops[a].function != INPUT for a in op.arguments)
    return rounded and abs(op.value) < SUSPECT * max(map(abs, tape.argument_values(op)))


def _magnifies_rounding(tape: Tape) -> bool:
    """Whether the rounding error of some operation, carried on by its adjoint, is a large part of an output.

    Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.3: v̄·v·u is what it adds to the output.
    """
    for row, value in enumerate(tape.values):
        reached = adjoints(tape, [float(k == row) for k in range(len(tape.outputs))])
        for op in tape.operations:
            carried = abs(op.value * (reached[op.index] or 0.0)) * UNIT_ROUNDOFF
            if carried > LOST * abs(value) and math.isfinite(carried):
                return True
    return False


def central_slack(program: Program, tape: Tape, central: Matrix | None) -> Matrix | None:
    """How steep the function is beside the point, for entries in which the central difference is off; 0 elsewhere.

    Where the slope itself is 0, at a minimum, an error has nothing else to be measured by.
    """
    if central is None:
        return None
    point = [op.value for op in tape.ops[: len(tape.inputs)]]
    slack: Matrix = []
    for row, (exacts, estimates) in enumerate(zip(reverse_jacobian(tape), central, strict=True)):
        slack.append([0.0] * len(exacts))
        for column, (exact, central_one) in enumerate(zip(exacts, estimates, strict=True)):
            if math.isfinite(exact) and not _close(exact, central_one, DIFFERENCE_TOLERANCE, max(map(abs, exacts))):
                f = Slice(program, point, row, column)
                away = BESIDE * max(1.0, abs(f.x))
                with np.errstate(invalid="ignore"):  # ∞ − ∞
                    rises = abs(f(np.array([f.x - away, f.x + away])) - f.here) / away
                slack[row][column] = float(np.max(rises[np.isfinite(rises)], initial=0.0))
    return slack


def explain_central(program: Program, tape: Tape, central: Matrix | None, slack: Matrix | None = None) -> list[str]:
    """Sentences on central differences that are off where the exact methods are not: which step would do, or that none.

    Read from a sweep of steps, one for each of the first entries that are off; nothing where the function takes so long
    that a sweep would hold up the verdict.
    """
    if central is None or _DOUBTFUL & set(find_reasons(tape)):
        return []
    off = [
        (row, column, exact)
        for row, (exacts, estimates) in enumerate(zip(reverse_jacobian(tape), central, strict=True))
        for column, (exact, estimate) in enumerate(zip(exacts, estimates, strict=True))
        if math.isfinite(exact)
        and math.isfinite(tape.values[row])
        and not _close(
            exact, estimate, DIFFERENCE_TOLERANCE, max(*map(abs, exacts), slack[row][column] if slack else 0.0)
        )
    ]
    point = [op.value for op in tape.ops[: len(tape.inputs)]]
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
        best = int(np.argmin(windows)) + 1
        usual, there = estimate(f, SCHEME["central"]), digits_agreed(exact, exact + float(windows[best - 1]))
        if not there >= USEFUL_DIGITS:
            notes.append(
                f"{name}: no step makes the central difference agree in more than {there:.1f} digits: rounding takes "
                "over before the truncation error is small"
            )
        elif steps[best] < usual.step:
            notes.append(
                f"{name}: the function changes on a smaller scale than the usual step h = {usual.step:.1e} of the "
                f"central difference; with h = {steps[best]:.1e} it agrees in {there:.1f} digits"
            )
        else:
            notes.append(
                f"{name}: rounding drowns the usual step h = {usual.step:.1e} of the central difference; with "
                f"h = {steps[best]:.1e} it agrees in {there:.1f} digits"
            )
    return notes


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
            if here != here:
                why = "its chain of factors has 0·∞, of which there is no value, where the limit has one."
            said = f"∂{each.output}/∂{each.input}: the slope is {side:.4g} from both sides, and AD gives {here:.4g}: "
            notes.append(said + why)
    return notes


def explain_edges(program: Program, tape: Tape) -> list[str]:
    """Sentences on the corners and branch boundaries on which the point lies: which, and what AD makes of each."""
    lines = program.source.split("\n")
    several = len(lines) > 1
    notes = []
    for kink in tape.kinks:
        op = tape.ops[kink.op]
        if abs(kink.margin) <= NEAR * kink.scale and not kink.jump:
            what = "a tie" if op.function in ("min", "max") else "its corner"
            where = f" in line {op.span.line}" if several else ""
            taken = ", ".join(f"{edge.partial:.4g}" for edge in op.edges)
            notes.append(f"{op.function}{where} has {what} exactly here: AD takes its slope as {taken} by convention.")
    for op in tape.operations:
        base, exponent = (*tape.argument_values(op), math.nan)[:2]
        if needs_its_base(op.function, (base, exponent)) and any(e.partial != e.partial for e in op.edges):
            where = f" in line {op.span.line}" if several else ""
            notes.append(
                f"The power{where} is 0^{exponent:.4g}, undefined by its exponent alone: 0^b is 1 at b = 0, 0 above it "
                "and ∞ below. Where the base grows from 0 with the exponent, as in x^x, the slope is −∞."
            )
    near: dict[Span, list[Decision]] = {}
    for decision in filter(_on_boundary, tape.decisions):
        near.setdefault(decision.span, []).append(decision)
    for decisions in near.values():
        decision = min(decisions, key=lambda each: abs(each.margin))
        span = decision.span
        text = lines[span.line - 1][span.column : span.end_column if span.end_line == span.line else None]
        where = f"Line {span.line}: " if several else ""
        holds = "holds" if decision.taken else "does not hold"
        margin = f"{decision.margin:.3g}".replace("-", "−")
        held = f"{where}“{text}” {holds} with a margin of {margin}"
        lies = "lies on this branch's boundary"
        if decision.margin:
            lies = "is so near to this branch's boundary that rounding may tip it"
        times = f", {len(decisions)} times" if len(decisions) > 1 else ""
        notes.append(f"{held}: the point {lies}{times}, and AD follows the side that is taken.")
    return list(dict.fromkeys(notes))[:MOST_EXPLAINED]


def _on_boundary(decision: Decision) -> bool:
    """Whether rounding could tip it: left and right are equal, or nearly."""
    return abs(decision.margin) <= NEAR * max(abs(decision.left), abs(decision.right))


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


def _entries(a: Matrix, b: Matrix) -> list[tuple[float, float, float]]:
    """Both entries, and the size of the output's row: an entry near 0 is judged by the largest of its gradient."""
    found = []
    for left, right in zip(a, b, strict=True):
        scale = max((abs(v) for v in (*left, *right) if math.isfinite(v)), default=0.0)
        found += [(x, y, scale) for x, y in zip(left, right, strict=True)]
    return found


def _all_close(
    exact: Matrix, other: Matrix, tolerance: float, estimates: bool = False, slack: Matrix | None = None
) -> bool:
    """Whether all entries agree, or are as near as `slack` allows.

    estimates: the other's are; where such a one has no number it gives no answer, which is no disagreement, and an
    infinite slope it can only be near.
    """
    slacks = [entry for row in slack for entry in row] if slack else [0.0] * sum(map(len, exact))
    return all(
        _close(a, b, tolerance, max(scale, further))
        for (a, b, scale), further in zip(_entries(exact, other), slacks, strict=True)
        if not (estimates and (b != b or math.isinf(a)))
    )


def _without(matrix: Matrix, entries: set[tuple[str, str]], tape: Tape) -> Matrix:
    """The matrix with NaN, which is no answer, in some of its entries (output, input)."""
    return [
        [math.nan if (output, name) in entries else value for name, value in zip(tape.inputs, row, strict=True)]
        for output, row in zip(tape.output_names, matrix, strict=True)
    ]


def _close(a: float, b: float, tolerance: float, scale: float) -> bool:
    if a == b or (a != a and b != b):
        return True
    if not (math.isfinite(a) and math.isfinite(b)):
        return False
    return abs(a - b) <= tolerance * max(abs(a), abs(b), scale, 1e-300)


def find_reasons(tape: Tape) -> list[str]:
    """What on the tape can make methods disagree or the derivative not exist, in the fixed list's words."""
    found: set[str] = set()
    for kink in tape.kinks:
        if abs(kink.margin) <= NEAR * kink.scale:
            found.add("not-differentiable" if kink.jump else "kink")
    for decision in tape.decisions:
        if _on_boundary(decision):
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
        if op.function in ("add", "sub") and 0.0 < abs(op.value) < LOST * max(map(abs, arguments)):
            found.add("cancellation")
    order = ("kink", "branch-boundary", "cancellation", "overflow", "domain-edge", "not-differentiable")
    return [reason for reason in order if reason in found]
