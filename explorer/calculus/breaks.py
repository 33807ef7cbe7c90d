"""Where difference quotients break: each way is found by its own test, named, and given the steps that it spoils.

What is said of x itself comes from many digits (a jet) where they can be had; what is said of its surroundings from the
courses of the program at x ± h, for steps h over all decades.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.calculus.differences import Slice
from explorer.calculus.multiprecision import Jet
from explorer.calculus.numbers import ComplexStepInvalid
from explorer.calculus.reasons import loops_on_inputs
from explorer.calculus.stencils import EPSILON, SCHEME, UNIT_ROUNDOFF
from explorer.calculus.tape import Tape, record
from explorer.calculus.words import short
from explorer.language.primitives import PRIMITIVES
from explorer.language.program import ExplorerError, Program

FAR = 0.4  # of max(1, |x|): what is further away concerns no step that anyone takes
SHORT = 1e-2  # of max(1, |x|): an f that changes within less is not seen by steps that people call small
FEW_DIGITS = 7.0  # left by the best central step: half of what is usual
NOISY = 50.0  # f's error in units of its last place, beyond which it is not f's argument that was rounded
COARSE = 1.5e-8  # √ε: x whose neighbours are further apart than this has no room for the usual steps
HALVINGS = 24  # of the way between two steps: then seven digits of a step are right
MOST_OPERATIONS = 20_000  # recorded in all, at x ± h together: a tenth of a second


@dataclass(frozen=True)
class Break:
    """One way in which differences fail here.

    name: from NAMES. low, high: the steps that it spoils (0 and ∞ are ends; equal ones: none in particular). serious:
    the derivative, or f, does not exist; else the steps outside of low … high are as good as ever.
    """

    name: str
    sentence: str
    low: float = 0.0
    high: float = 0.0
    serious: bool = False


NAMES = (
    "undefined", "pole", "overflow", "underflow", "domain edge", "kink", "jump", "vertical tangent", "isolated branch",
    "kink nearby", "jump nearby", "branch boundary", "x + h = x", "oscillation", "short scale", "cancellation",
    "noise", "flat", "constant", "complex step", "loop",
)  # fmt: skip


@dataclass(frozen=True)
class Surroundings:
    """What the tests look at. tape: at the point. truth: the derivative, or NaN. noise: f's absolute error in doubles.

    steps: increasing; left, right: f there; shape (steps,).
    """

    program: Program
    point: Sequence[float]
    f: Slice
    tape: Tape
    jet: Jet | None
    steps: Sequence[float]
    left: Sequence[float]
    right: Sequence[float]
    noise: float

    @property
    def x(self) -> float:
        return self.f.x

    @property
    def scale(self) -> float:
        return max(1.0, abs(self.x))


def find_breaks(about: Surroundings) -> list[Break]:
    """Everything that breaks here, the most serious first."""
    place = about.tape.outputs[about.f.output]
    if not isinstance(place, int) or not _depends(about.tape, place, about.f.input):
        if not math.isfinite(about.f.here):
            return list(_at_the_point(about))
        same = {*about.left, *about.right} == {about.f.here}  # where f only compares it, farther off it is another
        if same and (about.jet is None or about.jet.derivatives[0] == 0.0):
            return [
                Break("constant", "f does not depend on this input: every difference is 0, and so is the derivative.")
            ]
    found = [*_at_the_point(about)]
    if math.isfinite(about.f.here):
        found += _sides(about)
        found += _nearby(about)
        found += _sizes(about)
    found += _complex_step(about)
    found.sort(key=lambda b: not b.serious)
    return found


def _depends(tape: Tape, place: int, input_: int) -> bool:
    """Whether an op depends on an input."""
    reached = {place}
    for op in reversed(tape.ops[: place + 1]):
        if op.index in reached:
            reached |= {edge.parent for edge in op.edges}
    return input_ in reached


def _text(number: float) -> str:
    return short(number, 3)


def _at_the_point(about: Surroundings) -> Iterator[Break]:
    """What f itself is at x."""
    here, jet, everywhere = about.f.here, about.jet, (0.0, math.inf)
    finite = jet is not None and abs(jet.value) < math.inf
    if not math.isfinite(here) and finite:
        assert jet is not None
        exact = _decimal(jet.value)
        doubles = _text(here) if here == here else "undefined"
        yield Break("overflow", f"A number on the way to f(x) is too large for doubles: f = {exact} in exact "
                    f"arithmetic, {doubles} in doubles.", *everywhere, serious=True)  # fmt: skip
    elif here != here:
        yield Break("undefined", f"f is not defined at {_text(about.x)}: nothing can be estimated.", *everywhere, True)
    elif math.isinf(here):
        exploding = [op for op in about.tape.operations if math.isinf(op.value)]
        by_size = exploding and exploding[0].function in ("exp", "mul", "pow", "sinh", "cosh", "expm1", "add")
        if by_size and not (exploding[0].function == "pow" and 0.0 in about.tape.argument_values(exploding[0])):
            yield Break("overflow", "f(x) is larger than the largest double, 1.8e308.", *everywhere, serious=True)
        elif not any(map(math.isfinite, (*about.left, *about.right))):
            yield Break(
                "pole", "f is infinite at x and around it: it has no slope along this input.", *everywhere, True
            )
        else:
            yield Break("pole", f"f has a pole at {_text(about.x)}: it grows without bound there.", *everywhere, True)
    elif here == 0.0 and finite and jet is not None and 0 < abs(jet.value) < 1e-300:
        yield Break("underflow", f"f(x) = {_decimal(jet.value)} is below the smallest double: differences see 0.",
                    *everywhere, serious=True)  # fmt: skip


def _decimal(value: object) -> str:
    """An mpf in three digits, of whatever size."""
    text = str(value)
    head, _, exponent = text.partition("e")
    if not exponent:
        return _text(float(text))
    return f"{float(head):.2f}e{int(exponent)}".replace("-", "−")


def _sides(about: Surroundings) -> Iterator[Break]:
    """What the two sides of x say, in many digits."""
    jet = about.jet
    if jet is None:
        return
    left, right, everywhere = jet.left, jet.right, (0.0, math.inf)
    if jet.jump:
        limits = f"{_text(jet.left_limit)} from the left, {_text(jet.right_limit)} from the right"
        yield Break("jump", f"f jumps at x ({limits}, f(x) = {_text(about.f.here)}): quotients across it grow "
                    "like 1/h.", *everywhere, serious=True)  # fmt: skip
    elif left != left or right != right:
        defined, slope = ("right", right) if left != left else ("left", left)
        if slope == slope:
            steep = ", with a vertical tangent" if math.isinf(slope) else f", with the slope {_text(slope)}"
            yield Break("domain edge", f"x is at the edge of the domain: f continues to the {defined} only{steep}. "
                        "A two-sided scheme has no number here.", *everywhere, serious=math.isinf(slope))  # fmt: skip
        else:
            yield Break("undefined", "f is defined at x alone, on neither side of it.", *everywhere, serious=True)
    elif math.isinf(left) or math.isinf(right):
        cusp = " from both sides to a cusp" if left == -right else ""
        yield Break("vertical tangent", f"f rises vertically at x{cusp}: the quotient grows for ever as h shrinks.",
                    *everywhere, serious=True)  # fmt: skip
    elif not jet.smooth:
        yield Break("kink", f"f has a corner at x: slope {_text(left)} on the left and {_text(right)} on the right. "
                    f"A central difference gives their mean, {_text(0.5 * (left + right))}, "
                    "which is no derivative.", *everywhere, serious=True)  # fmt: skip
    else:
        yield from _isolated(about, jet)


def _isolated(about: Surroundings, jet: Jet) -> Iterator[Break]:
    from explorer.calculus.sweeps import gradient

    slope, automatic = jet.derivatives[0], gradient(about.tape, about.f.output)[about.f.input]
    if not abs(slope - automatic) > 1e-9 * max(abs(slope), abs(automatic)):
        return
    if any(kink.margin == 0.0 for kink in about.tape.kinks):
        why = "Corners inside f cancel, and AD's conventions at them do not: it gives"
    elif any(d.margin == 0.0 for d in about.tape.decisions):
        why = "A condition is met at x alone: AD differentiates that branch and gives"
    else:
        return
    yield Break("isolated branch", f"{why} {_text(automatic)}; the slope of f is {_text(slope)}, as differences say.")


def _nearby(about: Surroundings) -> Iterator[Break]:
    """What the steps meet on their way out from x."""
    for side, values in (("left", about.left), ("right", about.right)):
        first = next((k for k, v in enumerate(values) if not math.isfinite(v)), None)
        if first is None or not 1e-15 * about.scale < about.steps[first] < FAR * about.scale:
            continue
        sign, beyond = "−" if side == "left" else "+", values[first + 1 :]
        h = _first_step(
            about, -1.0 if side == "left" else 1.0, about.steps[first - 1] if first else 0.0, about.steps[first]
        )
        if any(map(math.isfinite, beyond)):
            what = f"f has a pole or a gap at x {sign} {_text(h)}: larger steps reach over it."
            yield Break("pole", what, h, math.inf)
        elif any(v != v for v in beyond):
            what = f"To the {side} f ends: f(x {sign} h) is not defined from h ≈ {_text(h)} on."
            yield Break("domain edge", what, h, math.inf)
        else:
            yield Break("overflow", f"f(x {sign} h) is too large for doubles from h ≈ {_text(h)} on.", h, math.inf)
    yield from (b for b in _crossing(about) if b.low < FAR * about.scale)


def _first_step(about: Surroundings, sign: float, low: float, high: float) -> float:
    """The step between these at which f stops being finite, as near as doubles of x tell it."""
    for _ in range(7):
        steps = np.linspace(low, high, 41)
        with np.errstate(all="ignore"):
            finite = np.isfinite(about.f(about.x + sign * steps))
        place = max(int(np.argmin(finite)), 1)
        low, high = float(steps[place - 1]), float(steps[place])
    return high


@dataclass(frozen=True)
class _Course:
    """The way that the program takes at a point: the outcome of each condition, and the side of each kink."""

    decisions: tuple[tuple[int, int, bool], ...]
    kinks: tuple[tuple[str, bool, float], ...]
    rounds: tuple[int, ...]
    operations: int


def _course(tape: Tape) -> _Course:
    kinks = []
    for kink in tape.kinks:
        op = tape.ops[kink.op]
        jumping = PRIMITIVES[op.function].jump
        # A function that jumps stands on the same step as long as its value is the same, or an angle, nearly.
        side = op.value if jumping else float(np.sign(kink.margin))
        kinks.append((op.function, kink.jump, side))
    decisions = tuple((d.span.line, d.span.column, d.taken) for d in tape.decisions)
    return _Course(decisions, tuple(kinks), tuple(loop.iterations for loop in tape.loops), len(tape.operations))


def _crossing(about: Surroundings) -> Iterator[Break]:
    """The smallest steps at which the program takes another way than at x."""
    here = _course(about.tape)
    if not here.decisions and not here.kinks:
        return
    every = max(1, math.ceil(2 * here.operations * len(about.steps) / MOST_OPERATIONS), len(about.steps) // 70)
    at_x = any(d.margin == 0.0 for d in about.tape.decisions) or any(k.margin == 0.0 for k in about.tape.kinks)
    before = 0.0
    for h in list(about.steps)[::every]:
        if about.x + h == about.x:
            continue
        for sign in (-1.0, 1.0):
            if (said := _other_way(about, here, sign, h)) is not None:
                if not (at_x and h <= 4.0 * EPSILON * about.scale):  # what is at x itself has been said
                    yield _nearest(about, here, sign, before, said)
                return
        before = h


def _other_way(about: Surroundings, here: _Course, sign: float, h: float) -> Break | None:
    """What differs at x ± h; None where nothing does, or the program refuses it."""
    point = [*about.point]
    point[about.f.input] = about.x + sign * h
    try:
        there = _course(record(about.program, point))
    except ExplorerError:
        return None
    return _difference(about, here, there, h)


def _nearest(about: Surroundings, here: _Course, sign: float, low: float, found: Break) -> Break:
    """The same break at the smallest step, which is above `low`, that there is time to find."""
    for _ in range(min(HALVINGS, MOST_OPERATIONS // (2 * here.operations + 1))):
        middle = 0.5 * (low + found.low)
        if not low < middle < found.low:
            break
        nearer = _other_way(about, here, sign, middle)
        if nearer is None:
            low = middle
        else:
            found = nearer
    return found


def _difference(about: Surroundings, here: _Course, there: _Course, h: float) -> Break | None:
    if here.rounds != there.rounds and loops_on_inputs(about.tape):
        line = loops_on_inputs(about.tape)[0].span.line
        return Break("loop", f"The loop in line {line} runs another number of rounds from h ≈ {_text(h)} on: "
                     "f jumps by what one more round changes.", h, math.inf)  # fmt: skip
    if here.decisions != there.decisions:
        places = zip(here.decisions, there.decisions, strict=False)
        line = next((a[0] for a, b in places if a != b), here.decisions[0][0] if here.decisions else 1)
        where = f" in line {line}" if about.program.source.count("\n") else ""
        return Break("branch boundary", f"The condition{where} turns out otherwise from h ≈ {_text(h)} on: "
                     "larger steps mix two formulas.", h, math.inf)  # fmt: skip
    for a, b in zip(here.kinks, there.kinks, strict=False):
        crossed = abs(a[2] - b[2]) > math.pi if a[0] == b[0] == "atan2" else a != b
        if crossed and a[2] != 0.0:
            what, word = ("jump", "jumps") if a[1] else ("kink", "has a corner")
            return Break(f"{what} nearby", f"{a[0]} {word} near x: steps from h ≈ {_text(h)} on reach over it.",
                         h, math.inf)  # fmt: skip
    return None


def _sizes(about: Surroundings) -> Iterator[Break]:
    """What the sizes of x, of f and of its derivatives do to the steps."""
    spacing = float(np.spacing(abs(about.x)))
    jet = about.jet
    scaled = [] if jet is None else list(_scale(about, jet, spacing))
    yield from scaled
    if spacing > COARSE and all(each.name != "x + h = x" for each in scaled):
        yield Break("x + h = x", f"x is so large that doubles are {_text(spacing)} apart there: smaller steps vanish, "
                    "x + h = x.", 0.0, 0.5 * spacing)  # fmt: skip
    if jet is None:
        return
    if jet.smooth and jet.exact == 0:
        yield Break("flat", "f′ is 0 here: a relative error has no meaning, and the plot shows absolute ones.")
    value = abs(about.f.here)
    if about.noise > NOISY * UNIT_ROUNDOFF * value and about.noise > 0.0 and value > 0.0:
        digits = max(0.0, -math.log10(about.noise / value))
        yield Break("noise", f"f as computed in doubles is right to {digits:.0f} digits only, as rounding errors grow "
                    "inside it: the rounding side lies that much higher.")  # fmt: skip
    elif jet.smooth and jet.derivatives[0] and not (value == 0.0 and jet.value):  # what underflows has been said
        scheme = SCHEME["central"]
        best = min(scheme.best_step(jet.derivatives[2], about.noise), about.scale)
        if best > 0.0:
            error = scheme.truncation(best, jet.derivatives[2]) + scheme.rounding(best, about.noise)
            digits = -math.log10(error / abs(jet.derivatives[0])) if error else 16.0
            if digits < FEW_DIGITS:
                yield Break("cancellation", f"f is large beside its changes: f(x + h) and f(x − h) share so many "
                            f"digits that even the best central step leaves about {max(digits, 0.0):.0f}.")  # fmt: skip


def _scale(about: Surroundings, jet: Jet, spacing: float) -> Iterator[Break]:
    """Whether f changes on a scale far below that of x: as a wave, or as a pole or a front nearby does."""
    d = jet.derivatives
    rates = [math.sqrt(abs(c / a)) for a, c in ((d[0], d[2]), (d[1], d[3])) if a and math.isfinite(a) and c == c]
    rate = min(rates, default=0.0)
    if not rate or 1.0 / rate > SHORT * about.scale:
        return
    length = 1.0 / rate
    if length < 4.0 * spacing:
        yield Break("x + h = x", f"f changes within {_text(length)}, and doubles are {_text(spacing)} apart here: "
                    "no difference of doubles sees its slope.", 0.0, math.inf, serious=True)  # fmt: skip
        return
    with np.errstate(all="ignore"):
        around = about.f(about.x + length * np.linspace(-30.0, 30.0, 601))
    rises = np.sign(np.diff(around[np.isfinite(around)]))
    turns = int(np.count_nonzero(rises[1:] * rises[:-1] < 0.0))
    if turns >= 6:
        yield Break("oscillation", f"f oscillates with a period of about {_text(2.0 * math.pi * length)}: steps from "
                    f"h ≈ {_text(length)} on see other waves, and no estimate of error notices.",
                    length, math.inf)  # fmt: skip
    else:
        yield Break("short scale", f"f changes within {_text(length)}, which is short beside x (a pole nearby, a steep "
                    "front): larger steps do not see its slope.", length, math.inf)  # fmt: skip


def _complex_step(about: Surroundings) -> Iterator[Break]:
    try:
        about.f.imaginary(1e-20)
    except ComplexStepInvalid as error:
        yield Break("complex step", error.message)
    except ExplorerError:
        return
