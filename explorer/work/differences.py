"""Answers the differences question: the schemes with their errors against the step, and the parts that are looked at.

The window moves h over a fixed grid of steps, a picture at each: all that it shows for any of them is sent at once.
"""

from __future__ import annotations

import base64
import contextlib
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.calculus.breaks import Surroundings, find_breaks
from explorer.calculus.differences import (
    Estimate,
    Slice,
    all_offsets,
    combine,
    complex_step,
    complex_step_knee,
    estimate,
    halved_steps,
    richardson,
    sample,
    tableau,
)
from explorer.calculus.evaluate import values_on
from explorer.calculus.multiprecision import LIMITS as MANY_DIGIT_LIMITS
from explorer.calculus.multiprecision import Jet, PreciseSlice, jet
from explorer.calculus.numbers import NAN, ComplexStepInvalid
from explorer.calculus.precision import (
    FLOAT64,
    LONGDOUBLE_IS_DOUBLE,
    PRECISIONS,
    Precision,
    noise_in_doubles,
    steps_for,
    sweep_in,
)
from explorer.calculus.stencils import SCHEMES, SECOND_SCHEMES, UNIT_ROUNDOFF, Stencil, custom_stencil
from explorer.calculus.sweeps import cost, gradient, hessian_times
from explorer.calculus.tape import record
from explorer.calculus.taylor import along, remainders
from explorer.language.program import ExplorerError
from explorer.work.questions import STEP_DECADES, STEPS, step_place
from explorer.work.subject import Subject, numbers_by_name, subject
from explorer.work.wire import Message, WireError, number

COMPLEX, RICHARDSON = "complex step", "richardson"
UNITS = ("absolute", "relative", "both", "own")
PRECISE_SECONDS = 0.5  # for one part's numbers in many digits; of slower programs fewer steps are computed
REACH = 1.3  # of the unit, the half width of the widest picture
ZOOMS = tuple(REACH * 10.0 ** (-k / 2) for k in range(2 * STEP_DECADES + 3))  # half widths of the microscope's pictures
DIGITS = 80  # the truncation of a fourth-order scheme is 1e−68 where its step vanishes beside x
LARGEST = 1e300  # digits of what no double comes near are not shown
ZOOM_POINTS, CURVE_POINTS, PLANE_POINTS = 161, 401, 23


def answers(ask: Message) -> Iterator[Message]:
    """{"base": …}, then each of the parts that `parts` names; {"base": None} for a program without inputs."""
    about = subject(ask)
    output = int(ask.get("output", 0))
    if not 0 <= output < len(about.program.outputs):
        raise ExplorerError(f"There is no output number {output + 1}.", kind="request")
    if not about.program.inputs:
        yield {"base": None}
        return
    chosen = ask.get("input")
    index = about.program.inputs.index(chosen) if chosen in about.program.inputs else 0
    study = _Study(about, output, index, _Options.read(ask))
    yield {"base": study.base()}
    for part in ask.get("parts") or ():
        if part in _PARTS:
            yield {part: _PARTS[part](study)}


@dataclass(frozen=True)
class _Options:
    derivative: int
    scheme: str
    custom: str
    unit: str
    scale: float
    step: float | None
    second: str
    along: str
    direction: Mapping[str, float]
    planted: Mapping[str, float]

    @staticmethod
    def read(ask: Message) -> _Options:
        """What a message says, the defaults where it says nothing; ExplorerError for what nobody can mean."""
        derivative, unit = ask.get("derivative", 1), ask.get("unit", "both")
        if derivative not in (1, 2):
            raise ExplorerError("The derivative must be the first or the second.", kind="request")
        if unit not in UNITS:
            raise ExplorerError(f"A step is one of {', '.join(UNITS)}.", kind="request")
        try:
            scale = number(ask.get("scale", 1.0))
        except WireError:
            scale = NAN
        if not 0.0 < scale < math.inf:
            raise ExplorerError("The scale of a step must be a number above 0.", kind="request")
        step = ask.get("step")
        if step is not None and not (type(step) in (int, float) and STEPS[0] <= step <= STEPS[-1]):
            raise ExplorerError("A step must be a number from 1e−17 to 1, in its unit.", kind="request")
        return _Options(
            int(derivative),
            str(ask.get("scheme", "central")),
            str(ask.get("custom", "")),
            str(unit),
            scale,
            step,
            str(ask.get("second", "")),
            str(ask.get("along", "")),
            numbers_by_name(ask.get("direction") or {}, "direction"),
            numbers_by_name(ask.get("planted") or {}, "planted"),
        )


class _Study:
    """One output along one input, and what several parts need of it."""

    def __init__(self, about: Subject, output: int, index: int, options: _Options) -> None:
        self.about, self.output, self.index, self.options = about, output, index, options
        self.f = Slice(about.program, about.point, output, index)
        self.tape = record(about.program, about.point)
        self.jet: Jet | None = None
        self.why_not = ""
        self.noise = UNIT_ROUNDOFF * abs(self.f.here)
        try:
            self.jet = jet(self.f.code, about.point, output, index)
            self.noise = max(noise_in_doubles(self.f), self.noise)
        except ExplorerError as error:
            long = error.kind == "limit" and "steps" in error.message  # the run itself ends: it is on the tape
            many = f"more than {MANY_DIGIT_LIMITS.steps:,} operations are not run with many digits"
            self.why_not = many if long else error.message.rstrip(".")
        self.refused = ""
        self.schemes = [*(SCHEMES if options.derivative == 1 else SECOND_SCHEMES)]
        if options.custom.strip():
            try:
                self.schemes.append(custom_stencil(options.custom, options.derivative))
            except ExplorerError as error:
                self.refused = error.message
        self.chosen = next((s for s in self.schemes if s.name == options.scheme), self.schemes[2])
        self.central = next(s for s in self.schemes if s.name == "central")
        x = abs(self.f.x)
        self.unit = {"absolute": 1.0, "relative": x, "both": max(1.0, x), "own": options.scale}[options.unit]
        self.steps: NDArray[np.float64] = np.array(self._grid()) * self.unit

    def _grid(self) -> list[float]:
        """The steps in units, with the one that was typed among them."""
        grid, step = list(STEPS), self.options.step
        if step is not None:
            grid[step_place(step)] = step
        return grid

    @cached_property
    def truth(self) -> tuple[float, Any]:
        """The derivative as a double and as exactly as it is known; NaN where many digits say that there is none."""
        if not math.isfinite(self.f.here):
            return NAN, NAN
        if self.precise:
            assert self.jet is not None
            exact = self.jet.exactly(self.options.derivative)
            if exact is not None:
                return float(exact), exact
            slope = self._one_sided(self.jet)
            return slope, slope
        if self.options.derivative == 1:
            slope = gradient(self.tape, self.output)[self.index]
            return slope, slope
        direction = [float(k == self.index) for k in range(len(self.about.point))]
        bend = hessian_times(self.tape, direction, self.output)[self.index]
        return bend, bend

    @property
    def precise(self) -> bool:
        """Whether many digits say what the derivative is; if not, reverse AD does."""
        return self.jet is not None and math.isfinite(self.f.here)

    def _one_sided(self, jet: Jet) -> float:
        """The slope of the one side on which f is defined, where it is finite; else NaN."""
        sides = [slope for slope in (jet.left, jet.right) if slope == slope]
        only = self.options.derivative == 1 and len(sides) == 1 and math.isfinite(sides[0])
        return sides[0] if only else NAN

    @cached_property
    def samples(self) -> tuple[list[float], NDArray[np.float64], NDArray[np.float64]]:
        """Offsets, the steps as taken, and f there, a row an offset."""
        offsets = sorted({*all_offsets(self.schemes), -1.0, 0.0, 1.0})
        return offsets, *sample(self.f, offsets, self.steps)

    def higher(self, scheme: Stencil) -> float:
        """f⁽ᵈ⁺ᵖ⁾(x), which sets the scheme's truncation; NaN where it is not known, or below the smallest double."""
        place = scheme.order + scheme.derivative - 1
        if self.jet is None or place >= len(self.jet.derivatives):
            return NAN
        value = self.jet.derivatives[place]
        vanished = value == 0.0 and place < len(self.jet.many) and self.jet.many[place] != 0
        return NAN if vanished else value

    def base(self) -> Message:
        """Everything but the parts: truth, estimates for each step, the table of schemes, what breaks."""
        offsets, taken, values = self.samples
        estimates = {s.name: combine(s, offsets, taken, values) for s in self.schemes}
        complex_note = ""
        if self.options.derivative == 1:
            try:
                complex_step(self.f)  # steps of 0 take no complex way, and would not be refused
                with np.errstate(all="ignore"):
                    estimates[COMPLEX] = self.f.imaginary(self.steps) / self.steps
            except ComplexStepInvalid as error:
                complex_note = error.message
        truth = self.truth[0]
        with np.errstate(all="ignore"):
            errors = {name: np.abs(found - truth) for name, found in estimates.items()}
        rows = [self._row(s, errors[s.name]) for s in self.schemes]
        each = len(all_offsets((self.central,)))
        calls = each * sum(len(halved_steps(x)) for x in self.about.point)
        rows.append(self._other(richardson(self.f, self.central), calls))
        if self.options.derivative == 1:
            if complex_note:
                rows.append(self._other(Estimate(COMPLEX, NAN, 0.0, 0, note=complex_note), 1))
            else:
                rows.append(self._complex_row())
        operations = cost(self.tape)
        program = self.about.program
        return {
            "input": program.inputs[self.index],
            "output": program.outputs[self.output],
            "inputs": list(program.inputs),
            "derivative": self.options.derivative,
            "x": self.f.x,
            "value": self.f.here,
            "unit": self.unit,
            "steps": self.steps.tolist(),
            "taken": taken.tolist(),
            "truth": self._truth_told(),
            "noise": self.noise,
            "estimates": {name: found.tolist() for name, found in estimates.items()},
            "rows": rows,
            "refused": self.refused,
            "breaks": [asdict(b) for b in self._breaks()],
            "cost": asdict(operations),
        }

    def _truth_told(self) -> Message:
        precise = self.precise
        digits = self.jet.digits(self.options.derivative) if precise and self.jet is not None else ""
        why = self.why_not or "f is not finite here"
        slopes = [self.jet.left, self.jet.right] if self.jet is not None and self.options.derivative == 1 else []
        return {
            "value": self.truth[0],
            "digits": digits,
            "precise": precise,
            "why": "" if precise else why,
            "slopes": slopes,
        }

    def _row(self, scheme: Stencil, errors: NDArray[np.float64]) -> Message:
        found = estimate(self.f, scheme, scheme.default_step() * self.unit)
        higher = self.higher(scheme)
        centre = any(offset == 0.0 for _, offset in scheme.terms)
        each = scheme.evaluations - centre
        return {
            **self._other(found, each * len(self.about.point) + centre),
            "offsets": [str(o) for o in scheme.offsets],
            "weights": [str(w) for w in scheme.weights],
            "order": scheme.order,
            "constant": str(scheme.error_constant),
            "root": scheme.order + scheme.derivative,
            "truncation": scheme.truncation(1.0, higher),
            "rounding": scheme.rounding(1.0, self.noise),
            "predicted": scheme.best_step(higher, self.noise) if higher == higher else NAN,
            "measured": least(self.steps, errors)[0],
        }

    def _complex_row(self) -> Message:
        third = self.jet.derivatives[2] if self.jet is not None else NAN
        return {
            **self._other(complex_step(self.f), len(self.about.point)),
            "truncation": abs(third) / 6.0,
            "predicted": complex_step_knee(self.truth[0], third),
        }

    def _other(self, found: Estimate, gradient_evaluations: int) -> Message:
        return {
            "scheme": found.scheme,
            "estimate": found.value,
            "error": abs(found.value - self.truth[0]),
            "step": found.step,
            "evaluations": found.evaluations,
            "gradient_evaluations": gradient_evaluations,
            "uncertainty": found.uncertainty,
            "note": found.note,
        }

    def _breaks(self) -> Any:
        offsets, _, values = self.samples
        left, right = values[offsets.index(-1.0)], values[offsets.index(1.0)]
        about = Surroundings(
            self.about.program, self.about.point, self.f, self.tape, self.jet,
            self.steps.tolist(), left.tolist(), right.tolist(), self.noise,
        )  # fmt: skip
        return find_breaks(about)


@np.errstate(all="ignore")
def least(steps: NDArray[np.float64], errors: NDArray[np.float64]) -> tuple[float, float]:
    """The step with the smallest error and that error, by the mean over half a decade.

    An error of exactly 0 is luck, of round numbers mostly, and does not count. steps: evenly on a logarithmic axis.
    (NaN, NaN) where there is none, for no step differs from another.
    """
    if errors.size < 3:
        return NAN, NAN
    each = math.log10(steps[-1] / steps[0]) / (steps.size - 1) if steps[0] else 1.0
    window = max(3, min(round(0.5 / each), errors.size - 1) | 1)
    known = np.where(np.isfinite(errors), errors, math.inf)
    if len({*known[(known > 0.0) & (known < math.inf)].tolist()}) < 2:
        return NAN, NAN
    windows = np.lib.stride_tricks.sliding_window_view(known, window)
    counted = np.count_nonzero(windows, axis=1)
    means = np.where(counted, windows.sum(axis=1) / np.maximum(counted, 1), math.inf)
    if not np.isfinite(means).any():
        return NAN, NAN
    smallest = np.flatnonzero(means == means.min())
    place = int(smallest[len(smallest) // 2])  # of equally good ones, the middle
    return float(steps[place + window // 2]), float(means[place])


def packed(values: NDArray[np.float64]) -> str:
    """Doubles as base64 of their little-endian bytes, which the window reads in one go."""
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f8").tobytes()).decode("ascii")


def _secant(study: _Study) -> Message:
    """The curve around x, the microscope's pictures (differences from x and f(x), exact), and f at x + offset·h."""
    f, unit = study.f, study.unit or 1.0
    with np.errstate(all="ignore"):
        xs = np.linspace(f.x - REACH * unit, f.x + REACH * unit, CURVE_POINTS)
        places = f.x + np.multiply.outer(np.array(ZOOMS) * unit, np.linspace(-1.0, 1.0, ZOOM_POINTS))
        heights = f(places)
        offsets, _, values = study.samples
        return {
            "x": packed(xs),
            "y": packed(f(xs)),
            "zooms": [z * unit for z in ZOOMS],
            "dx": packed(places - f.x),
            "dy": packed(heights - f.here),
            "offsets": offsets,
            "values": packed(values),
            "schemes": {s.name: [list(term) for term in s.terms] for s in study.schemes},
        }


def _digits(study: _Study) -> Message:
    """For the chosen scheme, the two sums whose difference is taken: in doubles, and as exact decimal digits.

    With whole weights: the positive terms minus the negative ones, over divisor·hᵈ. exact is None where it was not
    computed; truncation is the error of the scheme in exact arithmetic, rounding what the estimate differs from that.
    """
    scheme = study.chosen
    offsets, taken, values = study.samples
    divisor = math.lcm(*(w.denominator for w in scheme.weights))
    terms = [(int(w * divisor), float(o)) for w, o in zip(scheme.weights, scheme.offsets, strict=True) if w]
    sums = []
    for sign in (1, -1):
        total = np.zeros_like(taken)
        for weight, offset in terms:
            if weight * sign > 0:
                with np.errstate(all="ignore"):
                    total = total + abs(weight) * values[offsets.index(offset)]
        sums.append(total)
    exact: list[list[str] | None] = [None] * len(taken)
    truncation, rounding = np.full(len(taken), NAN), np.full(len(taken), NAN)
    estimates = _estimates(study, scheme)
    if study.jet is not None:
        f = PreciseSlice(study.f.code, study.about.point, study.output, study.index, DIGITS)
        with contextlib.suppress(ExplorerError):
            stride = _stride(_seconds(f), len(taken) * len(terms))
            for k in range(0, len(taken), stride):
                h = f.mp.mpf(float(taken[k]))
                parts = [(w, f(f.mp.mpf(study.f.x + o * float(taken[k])))) for w, o in terms]
                plus, minus = (sum((abs(w) * v for w, v in parts if w * s > 0), f.mp.mpf(0)) for s in (1, -1))
                if not (f.mp.isfinite(plus) and f.mp.isfinite(minus)):
                    continue
                if max(abs(plus), abs(minus)) < LARGEST and (not plus or abs(plus) > 1.0 / LARGEST):
                    exact[k] = [f.mp.nstr(v, 34) for v in (plus, minus)]
                if h:
                    over = divisor * h**scheme.derivative
                    quotient = (plus - minus) / over
                    truncation[k] = float(quotient - study.truth[1])
                    # Below its own digits, and those of the truth, a difference is dust of the arithmetic here.
                    dust = (abs(plus) + abs(minus)) / abs(over) * f.mp.mpf(10) ** (2 - DIGITS)
                    if plus != minus and abs(truncation[k]) <= dust + abs(study.truth[1]) * 1e-50:
                        truncation[k] = 0.0 if dust <= abs(study.truth[1]) * 1e-20 else NAN
                    rounding[k] = float(f.mp.mpf(float(estimates[k])) - quotient)
    return {
        "scheme": scheme.name,
        "terms": [list(term) for term in terms],
        "divisor": divisor,
        "plus": sums[0].tolist(),
        "minus": sums[1].tolist(),
        "exact": exact,
        "truncation": truncation.tolist(),
        "rounding": rounding.tolist(),
    }


def _seconds(f: PreciseSlice) -> float:
    """How long one value takes, of this thread alone: a busy machine must not cost digits."""
    times = []
    for _ in range(2):
        start = time.thread_time()
        f(f.x)
        times.append(time.thread_time() - start)
    return min(times)


def _stride(seconds_each: float, count: int) -> int:
    """Every how many of so many things there is time for."""
    return max(1, math.ceil(seconds_each * count / PRECISE_SECONDS))


def _tableau(study: _Study) -> Message:
    """Richardson's tableau with the error of each entry."""
    found = tableau(study.f, study.central)
    truth = study.truth[0]
    return {
        "steps": list(found.steps),
        "rows": [list(row) for row in found.rows],
        "errors": [[abs(v - truth) for v in row] for row in found.rows],
        "uncertainty": [list(row) for row in found.uncertainty],
        "best": list(found.best),
    }


def _precision(study: _Study) -> Message:
    """The chosen scheme in each precision, at the point and against the derivative as that precision has them."""
    scheme = study.chosen
    return {"scheme": scheme.name, "rows": [_in_precision(study, scheme, p) for p in PRECISIONS]}


def _in_precision(study: _Study, scheme: Stencil, precision: Precision) -> Message:
    point = precision.rounded(study.about.point)
    default = scheme.default_step(precision.epsilon) * study.unit
    row: dict[str, Any] = {
        "precision": precision.name, "epsilon": precision.epsilon, "x": point[study.index], "default": default,
        "steps": [], "estimates": [], "errors": [], "predicted": NAN, "measured": NAN, "smallest": NAN, "note": "",
    }  # fmt: skip
    if precision.name == "longdouble" and LONGDOUBLE_IS_DOUBLE:
        row["note"] = "this machine has none: it is float64"
    if not all(map(math.isfinite, point)):
        row["note"] = "the point is beyond its largest number"
        return row
    same = precision.dtype is None or point == list(study.about.point)
    try:
        here = study.jet if same else jet(study.f.code, point, study.output, study.index)
    except ExplorerError as error:
        here, row["note"] = None, error.message
    truth = study.truth[1] if same else None
    if truth is None and here is not None:
        truth = here.exactly(scheme.derivative)
    if truth is None:
        truth = study.truth[1] if here is None else NAN
    per_decade = 8
    if precision is FLOAT64:  # the sweep that the other pages show
        estimates = _estimates(study, scheme)
        with np.errstate(all="ignore"):
            errors = np.abs(estimates - study.truth[0])
        row["steps"], row["errors"] = study.steps.tolist(), errors.tolist()
        row["estimates"] = [str(e) for e in estimates]
        return _with_best(study, scheme, precision, row)
    if precision.dtype is None:
        if study.jet is None:
            row["note"] = study.why_not
            return row
        f = PreciseSlice(study.f.code, point, study.output, study.index, precision.digits)
        stride = _stride(_seconds(f), 200 * scheme.evaluations)
        if stride > 8:
            row["note"] = "many digits would take too long here"
            return row
        per_decade = max(1, 4 // stride)
    steps = [h * (study.unit / max(1.0, abs(study.f.x))) for h in steps_for(precision, study.f.x, per_decade)]
    found = sweep_in(precision, study.f.code, point, study.output, study.index, scheme, steps, truth)
    row["steps"], row["estimates"], row["errors"] = steps, found.estimates, found.errors
    return _with_best(study, scheme, precision, row)


def _estimates(study: _Study, scheme: Stencil) -> NDArray[np.float64]:
    offsets, taken, values = study.samples
    return combine(scheme, offsets, taken, values)


def _with_best(study: _Study, scheme: Stencil, precision: Precision, row: dict[str, Any]) -> Message:
    """The row with its best step as theory predicts it, and as it is measured on its own curve."""
    # Doubles' own noise in units of their rounding tells by how much f magnifies rounding, in any precision.
    least_noise = UNIT_ROUNDOFF * abs(study.f.here)
    grown = study.noise / least_noise if least_noise else 1.0
    noise = 0.5 * precision.epsilon * abs(study.f.here) * grown
    higher = study.higher(scheme)
    row["predicted"] = scheme.best_step(higher, noise) if higher == higher else NAN
    row["measured"], row["smallest"] = least(np.array(row["steps"]), np.array(row["errors"]))
    return row


@np.errstate(all="ignore")  # beside 1e308
def _plane(study: _Study) -> Message:
    """f over two inputs around the point, its gradient there, and f one step along the second input, for each step."""
    names = study.about.program.inputs
    others = [k for k in range(len(names)) if k != study.index]
    if not others:
        return {"second": ""}
    wanted = study.options.second
    second = names.index(wanted) if wanted in names and names.index(wanted) != study.index else others[0]
    point = study.about.point
    units = [
        study.unit or 1.0,
        (study.unit or 1.0) if study.options.unit in ("absolute", "own") else max(1.0, abs(point[second])),
    ]
    axes = [
        point[k] + REACH * u * np.linspace(-1.0, 1.0, PLANE_POINTS)
        for k, u in zip((study.index, second), units, strict=True)
    ]
    columns: list[Any] = list(point)
    columns[study.index], columns[second] = np.meshgrid(*axes)
    shape = (PLANE_POINTS, PLANE_POINTS)
    heights = values_on(study.f.code, columns, shape)[study.output]
    slopes = gradient(study.tape, study.output)
    steps = study.steps / (units[0] or 1.0) * units[1]
    other = Slice(study.about.program, point, study.output, second)
    _, values = sample(other, [1.0], steps)
    return {
        "second": names[second],
        "x": packed(axes[0]),
        "y": packed(axes[1]),
        "z": packed(heights),
        "at": [point[study.index], point[second], study.f.here],
        "slopes": [slopes[study.index], slopes[second]],
        "second_steps": packed((point[second] + steps) - point[second]),
        "second_values": packed(values[0]),
    }


def _taylor(study: _Study) -> Message:
    """The Taylor-remainder test of AD's gradient, with the errors that were planted in it."""
    program, point = study.about.program, study.about.point
    given = {name: v for name, v in study.options.direction.items() if name in program.inputs}
    slopes = gradient(study.tape, study.output)
    direction = [given.get(name, 0.0 if given else 1.0) for name in program.inputs]
    if study.options.along == "gradient":
        direction = list(slopes)
    tested = [g * study.options.planted.get(name, 1.0) for name, g in zip(program.inputs, slopes, strict=True)]
    curvature: Sequence[float] = hessian_times(study.tape, direction, study.output)
    found = remainders(program, point, direction, study.output, tested, curvature)
    return {
        **asdict(found),
        "direction": direction,
        "gradient": slopes,
        "tested": tested,
        "along": along(tested, direction),
    }


_PARTS = {
    "secant": _secant,
    "digits": _digits,
    "tableau": _tableau,
    "precision": _precision,
    "plane": _plane,
    "taylor": _taylor,
}
