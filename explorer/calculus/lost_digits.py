"""What doubles lose on the way, found by arithmetic with hundreds of digits: the referee of the referees."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from explorer.calculus.agreement import (
    EXACT_TOLERANCE,
    MOST_EXPLAINED,
    WORTH_A_WORD,
    Matrix,
    close,
    digits_agreed,
    entries_of,
)
from explorer.calculus.conditioning import slope_change, value_change
from explorer.calculus.reasons import DOUBTFUL, LOST, find_reasons
from explorer.calculus.stencils import UNIT_ROUNDOFF
from explorer.calculus.sweeps import adjoints, reverse_jacobian
from explorer.calculus.tape import INPUT, Op, Tape
from explorer.calculus.words import short
from explorer.language.names import pretty_name
from explorer.language.program import ExplorerError, Program

if TYPE_CHECKING:
    from explorer.calculus.multiprecision import Jet

# The largest double; and the least one that has all digits: below it a double has fewer, or none.
MOST = sys.float_info.max
LEAST_NORMAL = sys.float_info.min
# The square of what is smaller has no digits left, and its inverse's is ∞.
LEAST_ORDINARY = 1e-150
# A sum that is this much smaller than a rounded term has lost digits that may matter; many digits tell.
SUSPECT = 1e-4
# So many operations, in all entries that are looked at, many digits take some ten milliseconds for.
SMALL = 60
MANY_MORE = 400  # digits with which what may be rounding among many digits is looked at again

# And this part of an output changes its digits nearly all.
SURELY = 0.1
# Where AD goes by a convention: what differs by less is rounding.
CONVENTIONAL = 1e-3

_ON_THE_WAY = ": a number on the way is more than a double can hold"
_AT_A_POLE = ": SymPy's formula meets ∞ or the logarithm of 0 on the way"
# The exact methods, as a sentence names them.
_EXACT = {
    "reverse": "reverse AD",
    "forward": "forward AD",
    "symbolic": "SymPy's formula",
    "complex_step": "the complex step",
}


_ALIKE = ("reverse", "forward", "symbolic")  # of them those that do the same operations, or nearly


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


def lost_digits(program: Program, tape: Tape, jacobians: Mapping[str, Matrix | None]) -> Lost | None:
    """What doubles lose on the way to an output or its derivative.

    Methods that run the same operations lose the same digits and agree, so that the referee is arithmetic with hundreds
    of them: of small programs always, of others where a sum cancels, a rounding error is magnified, a number overflows
    or exact methods differ. None where the referee was not asked or cannot tell. A little over 50 lines: whom to ask,
    and what is made of each answer.
    """
    pairs = [(row, column) for row in range(len(tape.outputs)) for column in range(len(tape.inputs))][:MOST_EXPLAINED]
    cancels = any(_may_cancel(op, tape) for op in tape.operations)
    reasons = find_reasons(tape)
    # Where AD goes by a convention its derivative is another for that reason, and not for lost digits.
    by_convention = bool(DOUBTFUL & set(reasons))
    small = len(tape.operations) * len(pairs) <= SMALL and not by_convention
    differing, apart = _differing(jacobians, WORTH_A_WORD), _differing(jacobians, EXACT_TOLERANCE)
    if by_convention:  # conventions differ by more than rounding usually does
        differing = [pair for pair in differing if pair not in _differing(jacobians, CONVENTIONAL)]
    differing = differing[:MOST_EXPLAINED]
    if not small and not cancels and "overflow" not in reasons and not _magnifies_rounding(tape):
        pairs = []
    pairs += [pair for pair in differing if pair not in pairs]
    if not pairs:
        return _below_normal(tape)
    from explorer.calculus.multiprecision import jet  # loads mpmath, which is not wanted before the first verdict

    point = [op.value for op in tape.ops[: len(tape.inputs)]]
    extreme = not cancels and is_extreme(tape)
    notes: list[str] = []
    rounding = unnoticed = out_of_range = False
    for row, column in pairs:
        entries = {key: m[row][column] for key in _EXACT if (m := jacobians.get(key)) is not None}
        try:
            truth = jet(program, point, row, column, most=1)
        except ExplorerError:
            return _below_normal(tape) or _unsure(tape)
        differ = (row, column) in differing
        if truth.exact is None and by_convention and differ:
            name, shared = f"∂{tape.output_names[row]}/∂{tape.inputs[column]}", _shared_digits(entries)
            notes.append(f"{name}: the exact methods agree in {shared:.1f} digits, for rounding takes the others")
            rounding |= (row, column) in apart
            continue
        if truth.exact is None and close(truth.left, truth.right, CONVENTIONAL, 0.0) and not by_convention:
            # f is so flat that it takes more digits
            truth = jet(program, point, row, column, MANY_MORE, most=1)
        if truth.exact is None:
            return _below_normal(tape) or (None if by_convention else _unsure(tape))
        slope = truth.exact
        if 0 < abs(slope) < LEAST_NORMAL:  # or is it rounding even there?
            again = jet(program, point, row, column, MANY_MORE, most=1).exact
            slope = slope if again is not None and abs(slope - again) <= LOST * abs(again) else 0 * slope
        there = reverse_jacobian(tape)[row][column]
        off = _off(truth, slope, tape, row, column)
        untrue = bool(off)
        if (
            differ
            and not any(order for order, _, _ in off)
            and not _is_rounded(truth, slope, entries, tape, row, column)
        ):
            off.append((1, slope, there))
        if not off:
            continue
        at_edge = "domain-edge" in reasons and "overflow" not in reasons and not extreme
        why = _why_not_rounding(off, entries, slope, extreme, differ)
        if at_edge and why == _ON_THE_WAY:
            why = ""
        if not why and not math.isfinite(tape.values[row]):
            continue
        kept = ""
        if differ or (why and off[-1][0] and not _out_of_range(slope)):
            kept = _digits_kept(entries, float(slope))
        if why == _AT_A_POLE:
            pass
        elif why:
            out_of_range = True
        else:
            # The methods may differ in the twelfth digit, and share five that are right.
            alike = min(digits_agreed(there, entries[key]) for key in _ALIKE if key in entries)
            shared = differ and slope != 0 and alike > digits_agreed(there, float(slope)) + 1.0
            rounding |= untrue or shared or (row, column) in apart
            unnoticed |= shared or (not differ and any(order for order, _, _ in off))
            how = "a sum on the way cancels" if cancels else "rounding on the way is magnified"
            if at_edge and not math.isfinite(there):
                how = "rounding puts a number on the way onto the edge of a domain, where slopes are infinite"
            why = "" if kept else f": {how}, and all methods lose the same digits of it"
        names = (tape.output_names[row], f"∂{tape.output_names[row]}/∂{tape.inputs[column]}")
        what = " and ".join(f"{names[order]} = {_figure(number)}" for order, number, _ in off)
        notes.append(f"In arithmetic with hundreds of digits {what}{why}{kept}")
    return Lost(tuple(dict.fromkeys(notes)), rounding, unnoticed, out_of_range)


def _why_not_rounding(
    off: Sequence[tuple[int, Any, float]], entries: Mapping[str, float], slope: Any, extreme: bool, differ: bool
) -> str:
    """What else than rounding makes doubles differ from many digits; "" where it is that."""
    if why := next(filter(None, (_why_out_of_range(number, double) for _, number, double in off)), ""):
        return why
    if extreme and any(_is_an_end(entry, slope) for entry in entries.values()):
        return ": the square or product of numbers on the way is more or less than a double can hold"
    return _AT_A_POLE if differ and not math.isfinite(entries.get("symbolic", 0.0)) else ""


def _below_normal(tape: Tape) -> Lost | None:
    """What needs no referee: derivatives so small that a double has fewer digits, or none."""
    entries = [
        (f"∂{output}/∂{name}", value)
        for output, row in zip(tape.output_names, reverse_jacobian(tape), strict=True)
        for name, value in zip(tape.inputs, row, strict=True)
        if 0.0 < abs(value) < LEAST_NORMAL
    ]
    notes = [f"{name} is computed as {short(value)}{_why_out_of_range(value, value)}" for name, value in entries]
    return Lost(tuple(notes[:MOST_EXPLAINED]), range=True) if notes else None


def _off(truth: Jet, slope: Any, tape: Tape, row: int, column: int) -> list[tuple[int, Any, float]]:
    """Which of value (0) and slope (1), in many digits, doubles have lost: each with what they say, here and there.

    What rounded inputs would change as much has lost nothing.
    """
    off: list[tuple[int, Any, float]] = []
    value, here, there = truth.value, tape.values[row], reverse_jacobian(tape)[row][column]
    if _out_of_range(value) or not (
        close(float(value), here, LOST, 0.0) or abs(value - here) <= value_change(tape, row)
    ):
        off.append((0, value, here))
    if 0 < abs(slope) < LEAST_NORMAL:
        lost = not abs(slope - there) <= LOST * abs(slope)
    else:
        near = close(float(slope), there, LOST, 0.0) or abs(slope - there) <= truth.least
        lost = _out_of_range(slope) or not (near or abs(slope - there) <= slope_change(tape, row, column))
    if lost:
        off.append((1, slope, there))
    return off


def _is_rounded(truth: Jet, slope: Any, entries: Mapping[str, float], tape: Tape, row: int, column: int) -> bool:
    """Whether no method is further from the true slope than a rounded input would bring it, or many digits see it."""
    change = max(truth.least, slope_change(tape, row, column))
    exact = (entry for method, entry in entries.items() if method in _ALIKE or entry == entry)
    return all(abs(slope - entry) <= change for entry in exact)


def _out_of_range(number: Any) -> bool:
    """Whether a number of many digits is too large for a double."""
    return math.isinf(float(number))


def _why_out_of_range(number: Any, double: float) -> str:
    """Where a double cannot hold a number of many digits, or one on the way to it; empty where it can."""
    if _out_of_range(number):
        return f": more than a double can hold, {_figure(MOST)}"
    if 0 < abs(number) < LEAST_NORMAL:
        return f": below {_figure(LEAST_NORMAL)} a double has fewer digits, or none"
    return "" if math.isfinite(double) else _ON_THE_WAY


def _figure(number: Any) -> str:
    """A number in six digits, of any size."""
    if number != number or (math.isfinite(float(number)) and (number == 0 or abs(number) >= LEAST_NORMAL)):
        return short(float(number), 6)
    import mpmath

    mantissa, _, exponent = str(mpmath.nstr(number, 6)).partition("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}".replace("-", "−")


def _differing(jacobians: Mapping[str, Matrix | None], tolerance: float) -> list[tuple[int, int]]:
    """The entries, row and column, in which exact methods have numbers that differ by more than this, or SymPy none."""
    reverse, symbolic = jacobians.get("reverse"), jacobians.get("symbolic")
    if not reverse:
        return []
    off = {
        place
        for matrix in map(jacobians.get, _EXACT)
        for place, (a, b, scale) in enumerate(entries_of(reverse, matrix or reverse))
        if math.isfinite(a) and not close(a, b, tolerance, scale) and (math.isfinite(b) or matrix is symbolic)
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


def _shared_digits(entries: Mapping[str, float]) -> float:
    """The digits in which a derivative's numbers agree with that of reverse AD, all of them."""
    return min(digits_agreed(entries["reverse"], entry) for entry in entries.values() if entry == entry)


def _may_cancel(op: Op, tape: Tape) -> bool:
    """Whether a sum is much smaller than its terms, of which one is rounded: no input and no constant."""
    if op.function not in ("add", "sub"):
        return False
    rounded = any(isinstance(a, int) and tape.ops[a].function != INPUT for a in op.arguments)
    return rounded and abs(op.value) < SUSPECT * max(map(abs, tape.argument_values(op)))


def is_extreme(tape: Tape) -> bool:
    """Whether numbers are so large or small that their powers are no doubles, and no sum swallows one of its terms."""
    sizes = [abs(v) for op in tape.operations for v in (op.value, *tape.argument_values(op)) if v and math.isfinite(v)]
    swallows = any(
        op.function in ("add", "sub") and all(v := tape.argument_values(op)) and abs(op.value) in map(abs, v)
        for op in tape.operations
    )
    return not swallows and any(not LEAST_ORDINARY <= size <= 1.0 / LEAST_ORDINARY for size in sizes)


def _is_an_end(entry: float, truth: Any) -> bool:
    """Whether a method's number is where doubles end, and not the true one: 0, ∞ or none."""
    return (entry == 0.0 and truth != 0) or not math.isfinite(entry)


def _unsure(tape: Tape) -> Lost | None:
    """What needs no referee either, where there is none: an output that the rounding of one operation can change."""
    for row, op, carried in _magnified(tape, SURELY):
        name = tape.output_names[row]
        what = (
            f"The rounding of {pretty_name(op.name)} = {short(op.value)} alone can change {name} by {short(carried, 2)}"
        )
        return Lost((f"{what}: hardly a digit of {name} and its derivatives is sure",), True, True)
    return None


def _magnifies_rounding(tape: Tape) -> bool:
    """Whether the rounding error of some operation, carried on by its adjoint, is a large part of an output."""
    return any(True for _ in _magnified(tape, LOST))


def _magnified(tape: Tape, part: float) -> Iterator[tuple[int, Op, float]]:
    """The operations whose rounding error, carried on by its adjoint, is such a part of an output: (output, op, error).

    Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.3: v̄·v·u is what it adds to the output.
    """
    for row, value in enumerate(tape.values):
        reached = adjoints(tape, [float(k == row) for k in range(len(tape.outputs))])
        for op in tape.operations:
            carried = abs(op.value * (reached[op.index] or 0.0)) * UNIT_ROUNDOFF
            if carried > part * abs(value) and math.isfinite(carried):
                yield row, op, carried
