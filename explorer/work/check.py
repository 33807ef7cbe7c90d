"""The sub-command `check`: published tables are computed anew, by the floors that the window uses, a line each.

    ok   Baydin et al. 2018, Table 2: the forward trace … (max. difference 0)
    FAIL Goh 2017: …
    note … (a size that depends on SymPy's release is shown and never failed)

The numbers stand in explorer.work.published and in the files of the gallery. What needs SymPy is asked of a worker,
with a budget, as the window does it.

One file of more than 300 lines: a short function a table, in the order of `TABLES`.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from explorer.calculus.differences import Slice, difference
from explorer.calculus.evaluate import values
from explorer.calculus.films import reverse_film
from explorer.calculus.stencils import SCHEME
from explorer.calculus.sweeps import gradient, hessian, hessian_times, tangents
from explorer.calculus.tape import Tape, derivative_along, record
from explorer.language.parser import parse
from explorer.language.program import ExplorerError, Program
from explorer.optimize.descent import Iterate, descend
from explorer.optimize.objectives import ProgramObjective
from explorer.optimize.rules.table import rule_from
from explorer.work import published, questions
from explorer.work.ends import Broken, Refused
from explorer.work.gallery import EXACT, Example, examples
from explorer.work.pool import Pool
from explorer.work.published import Printed, Steps, TestFunction, Tuned
from explorer.work.wire import Message, number

# For SymPy on one program: most take a hundredth of this; four examples of the gallery are there to explode.
SYMBOLIC_SECONDS = 1.5
# For the other engines, should they need longer on a busy machine; also what a million steps may take.
PATIENCE_SECONDS = 60.0
# Central differences at their default step are good to about ε^(2/3) = 4e-11 times the third derivative.
CENTRAL = 1e-5


@dataclass(frozen=True)
class Row:
    """One number of a table, and the same computed here; NaN is expected as NaN. The tolerance is absolute."""

    name: str
    published: float
    computed: float
    tolerance: float

    @property
    def difference(self) -> float:
        """|computed − published|; 0 where both are NaN or the same infinity, ∞ where one of them is not finite."""
        if self.published == self.computed or (self.published != self.published and self.computed != self.computed):
            return 0.0
        distance = abs(self.computed - self.published)
        return distance if math.isfinite(distance) else math.inf

    @property
    def holds(self) -> bool:
        """Whether the two are the same within the tolerance."""
        return self.difference <= self.tolerance


Rows = Iterator[Row]


@dataclass(frozen=True)
class Table:
    """One line of the check: its source, what it is about, and how its rows are computed (workers for SymPy)."""

    source: str
    about: str
    rows: Callable[[Pool], Rows]


@dataclass(frozen=True)
class Outcome:
    """What came of a table: the largest difference, the rows that fail, or the sentence with which it was refused."""

    source: str
    about: str
    difference: float
    failed: tuple[Row, ...]
    refused: str = ""

    @property
    def ok(self) -> bool:
        """Whether the table was reproduced."""
        return not self.failed and not self.refused

    def __str__(self) -> str:
        """The line, and below it a line for each number that is not the published one."""
        line = f"{'ok  ' if self.ok else 'FAIL'} {self.source}: {self.about}"
        lines = [f"{line} ({self.refused or f'max. difference {self.difference:.2g}'})"]
        lines += [f"       {r.name}: {r.published!r} is published, {r.computed!r} computed" for r in self.failed]
        return "\n".join(lines)


def run(arguments: Sequence[str]) -> int:
    """Run `check [--json]`; 0 when every table is reproduced, else 1."""
    parser = argparse.ArgumentParser(prog="explorer check", description="Reproduce the published tables, a line each.")
    parser.add_argument("--json", action="store_true", help="the lines as JSON")
    options = parser.parse_args(arguments)
    outcomes = []
    with Pool(spares=0) as pool:
        for table in (*TABLES, *gallery_tables()):
            outcomes.append(outcome(table, pool))
            if not options.json:
                print(outcomes[-1], flush=True)
        notes = list(sizes(pool))
    failed = sum(not each.ok for each in outcomes)
    if options.json:
        answer = {"tables": [_as_json(each) for each in outcomes], "notes": notes}
        print(json.dumps(answer, ensure_ascii=False, indent=1))
    else:
        print("\n".join(f"note {note}" for note in notes))
        print(f"{len(outcomes)} tables, {failed or 'none'} failed.")
    return 1 if failed else 0


def outcome(table: Table, pool: Pool) -> Outcome:
    """What comes of computing a table."""
    try:
        rows = list(table.rows(pool))
    except ExplorerError as error:
        return Outcome(table.source, table.about, math.inf, (), error.message)
    if not rows:
        return Outcome(table.source, table.about, math.inf, (), "it has no number that could be checked")
    largest = max(each.difference for each in rows)
    return Outcome(table.source, table.about, largest, tuple(each for each in rows if not each.holds))


def _as_json(each: Outcome) -> Message:
    rows = [{"name": r.name, "published": repr(r.published), "computed": repr(r.computed)} for r in each.failed]
    difference = each.difference if math.isfinite(each.difference) else None
    return {
        "source": each.source,
        "about": each.about,
        "ok": each.ok,
        "difference": difference,
        "failed": rows,
        "refused": each.refused or None,
    }


# -- numbers as they are printed -------------------------------------------------------------------------------------


def row(name: str, printed: Printed, computed: float, tolerance: float | None = None) -> Row:
    """The row of a printed number: a text is good to one unit of its last digit, a float to a few roundings."""
    value = float(printed)
    if tolerance is None:
        digits = printed.partition(".")[2] if isinstance(printed, str) else ""
        tolerance = 10.0 ** -len(digits) if digits else EXACT * max(1.0, abs(value))
    return Row(name, value, computed, tolerance)


# -- what the window asks of its workers -----------------------------------------------------------------------------


def verdict(pool: Pool, source: str, at: Mapping[str, float]) -> Message:
    """The engines side by side, with SymPy's where its budget sufficed; ExplorerError where all was refused."""
    question = questions.verdict(source, at)
    answers, end = pool.ask(question, SYMBOLIC_SECONDS)
    if not answers and isinstance(end, Refused) and end.kind == "timeout":
        answers, end = pool.ask(question, PATIENCE_SECONDS)
    if answers:
        return answers[-1]
    if isinstance(end, Refused):
        raise ExplorerError(end.message, kind=end.kind)
    raise ExplorerError(end.traceback if isinstance(end, Broken) else "There was no answer.", kind="internal")


def partials(answer: Message, output: int, input_: int) -> dict[str, float]:
    """One entry of the Jacobian by each engine that has it."""
    return {n: number(matrix[output][input_]) for n, matrix in answer["engines"].items() if matrix is not None}


def partial_rows(answer: Message, name: str, output: int, input_: int, printed: Printed) -> Rows:
    """One partial by every engine but central differences, which do not owe these digits."""
    for engine, value in partials(answer, output, input_).items():
        if engine != "central":
            yield row(f"{name}, {engine}", printed, value)


# -- Baydin et al. 2018 ----------------------------------------------------------------------------------------------


def composed(n: int) -> str:
    """The program of the n-th logistic iterate, line by line."""
    lines = [f"l{k} = 4*l{k - 1}*(1 - l{k - 1})" for k in range(2, n + 1)]
    return "\n".join(["l1 = x", *lines])


def expression_swell(pool: Pool) -> Rows:
    """Table 1: each iterate and its derivative, against the printed formulas and by every engine."""
    for x, expected in published.ITERATES_AT.items():
        for (n, iterate, product, simplified), (value, slope) in zip(published.ITERATES, expected, strict=True):
            answer = verdict(pool, composed(n), {"x": x})
            yield row(f"l{n}({x})", value, number(answer["value"][0]))
            yield from partial_rows(answer, f"l{n}′({x})", 0, 0, slope)
            for name, text, wanted in (
                (f"l{n}({x}) as printed", iterate, value),
                (f"l{n}′({x}) by the product rule", product, slope),
                (f"l{n}′({x}) simplified", simplified, slope),
            ):
                yield row(name, wanted, values(parse(text), [x])[0])


def worked_tape() -> Tape:
    """The worked example's recording."""
    return record(parse(published.WORKED), list(published.WORKED_AT.values()))


def forward_trace(pool: Pool) -> Rows:
    """Table 2: values and tangents, for both seeds."""
    tape = worked_tape()
    for seed, trace in published.FORWARD_TRACE.items():
        moved = tangents(tape, [float(name == seed) for name in tape.inputs])
        for op, (name, value, tangent) in zip(tape.ops, trace, strict=True):
            yield row(f"{name}, which is {op.name} here", value, op.value)
            yield row(f"tangent of {name} for the seed {seed}", tangent, moved[op.index] or 0.0)


def reverse_trace(pool: Pool) -> Rows:
    """Table 3: each addition to an adjoint, in order."""
    tape = worked_tape()
    names = [op.name for op in tape.ops]
    steps = [step for step in reverse_film(tape, [1.0]).steps if step.amount is not None]
    yield row("number of steps", len(published.REVERSE_TRACE), len(steps))
    for count, (step, (name, amount, after)) in enumerate(zip(steps, published.REVERSE_TRACE, strict=False), start=1):
        yield row(f"node of step {count}", names.index(name), step.node)
        yield row(f"step {count}, added to {name}", amount, step.amount or 0.0)
        yield row(f"adjoint of {name} after step {count}", after, math.nan if step.after is None else step.after)


def second_derivatives(pool: Pool) -> Rows:
    """The worked example's Hessian, whole and by Hessian-vector products."""
    tape = worked_tape()
    whole = hessian(tape)
    for i, wanted in enumerate(published.SECOND_DERIVATIVES):
        along = hessian_times(tape, [float(k == i) for k in range(len(wanted))])
        for j, value in enumerate(wanted):
            yield row(f"H[{i}][{j}]", value, whole[i][j])
            yield row(f"H·e{i}, entry {j}", value, along[j])


def tanh_derivatives(pool: Pool) -> Rows:
    """tanh′ and tanh″ at 2."""
    tape = record(parse("tanh(x)"), [2.0])
    yield row("tanh′(2)", published.TANH_AT_2[0], gradient(tape)[0])
    yield row("tanh″(2)", published.TANH_AT_2[1], hessian(tape)[0][0])


def error_curves(pool: Pool) -> Rows:
    """Figure 3: slopes of the error of l₄′(0.2) against h, and the decade of its minimum."""
    f = Slice(parse(composed(4)), [0.2], 0, 0)
    exact = published.ITERATES_AT[0.2][3][1]
    steps = np.logspace(-17, -1, 321)  # 20 a decade: rounding errors are noise, and a median needs some
    for scheme, (truncation, rounding, best) in published.ERROR_CURVES.items():
        complex_step = scheme == "complex step"
        found = f.imaginary(steps) / steps if complex_step else difference(f, SCHEME[scheme], steps)
        error = np.abs(found - exact)
        order, low, high = truncation
        yield row(f"{scheme}, order of truncation", order, slope(steps, error, low, high), 0.1)
        if rounding is not None:
            power, low, high = rounding
            yield row(f"{scheme}, power of rounding", power, slope(steps, error, low, high), 0.2)
        if best is not None:
            decades = np.round(np.log10(steps)).astype(int)
            median = {int(d): float(np.nanmedian(error[decades == d])) for d in range(-15, 0)}
            yield row(f"{scheme}, decade of the best step", best, min(median, key=median.__getitem__), 1.0)


def slope(steps: Any, error: Any, low: float, high: float) -> float:
    """The power of h with which the error goes between two steps: least squares in logarithms."""
    use = (steps >= low) & (steps <= high) & (error > 0.0)
    return float(np.polyfit(np.log10(steps[use]), np.log10(error[use]), 1)[0])


# -- other tables of derivatives -------------------------------------------------------------------------------------


def taylor_test(pool: Pool) -> Rows:
    """Slopes of the Taylor remainders: a wrong gradient drops them to 1."""
    program, tape = parse(published.WORKED), worked_tape()
    point, f0 = list(published.WORKED_AT.values()), tape.values[0]
    g = sum(gradient(tape))
    curved = sum(hessian_times(tape, [1.0, 1.0]))
    steps = [0.1 * 0.5**k for k in range(6)]
    rise = [values(program, [x + h for x in point])[0] - f0 for h in steps]

    def slopes(remainders: list[float]) -> list[float]:
        return [math.log2(abs(a / b)) for a, b in pairwise(remainders)]

    first = [r - h * g for r, h in zip(rise, steps, strict=True)]
    second = [r - 0.5 * h * h * curved for r, h in zip(first, steps, strict=True)]
    wrong = [r - h * 0.03 * gradient(tape)[0] for r, h in zip(first, steps, strict=True)]
    for name, remainders, wanted in (
        ("with the gradient", first, published.TAYLOR_FIRST),
        ("with the Hessian", second, published.TAYLOR_SECOND),
        ("with a gradient 3 % off", wrong, published.TAYLOR_WRONG),
    ):
        for k, (printed, found) in enumerate(zip(wanted, slopes(remainders), strict=False)):
            yield row(f"slope {k + 1} {name}", printed, found)


def squire_trapp(pool: Pool) -> Rows:
    """The complex step's classic: every engine, and the complex step down to where h² is far below the doubles."""
    at, wanted = published.SQUIRE_TRAPP_AT, published.SQUIRE_TRAPP_DERIVATIVE
    yield from partial_rows(verdict(pool, published.SQUIRE_TRAPP, {"x": at}), "f′", 0, 0, wanted)
    f = Slice(parse(published.SQUIRE_TRAPP), [at], 0, 0)
    h = 1e-8
    while h >= published.SMALLEST_STEP:
        found = float(f.imaginary(np.array([h]))[0]) / h
        yield row(f"f′ by h = {h:.0e}", wanted, found)
        h *= 1e-16


def speelpenning(pool: Pool) -> Rows:
    """The ten partials of a product of ten by one reverse sweep, and the same by SymPy."""
    names = [f"x{i}" for i in range(1, len(published.SPEELPENNING) + 1)]
    at = {name: float(i) for i, name in enumerate(names, start=1)}
    answer = verdict(pool, "*".join(names), at)
    for index, wanted in enumerate(published.SPEELPENNING):
        yield from partial_rows(answer, f"∂/∂{names[index]}", 0, index, wanted)


HERON_LOOP = """\
def root(x):
    t = (1 + x)/2
    for k in range({rounds}):
        t = (t + x/t)/2
    return t"""
HERON_STOPPED_LOOP = """\
def root(x):
    t = {start}
    while abs(t*t - x) > 1e-3:
        t = (t + x/t)/2
    return t"""


def heron(pool: Pool) -> Rows:
    """Heron's iterates with their derivatives; the stopped loop, and the loop that does not run."""
    for rounds, (value, derivative) in enumerate(published.HERON):
        program = parse(HERON_LOOP.format(rounds=rounds))
        yield row(f"iterate {rounds + 1}", value, values(program, [2.0])[0])
        yield row(f"its derivative, reverse {rounds + 1}", derivative, gradient(record(program, [2.0]))[0])
        yield row(f"its derivative, forward {rounds + 1}", derivative, derivative_along(program, [2.0], [1.0])[0])
    tape = record(parse(HERON_STOPPED_LOOP.format(start="(1 + x)/2")), [2.0])
    yield row("error of the stopped loop", published.HERON_STOPPED[0], abs(tape.values[0] - math.sqrt(2.0)))
    error = abs(gradient(tape)[0] - 0.5 / math.sqrt(2.0))
    yield row("error of its derivative", published.HERON_STOPPED[1], error)
    at_once = record(parse(HERON_STOPPED_LOOP.format(start="1")), [1.0])
    at_once = record(parse(HERON_STOPPED_LOOP.format(start="1")), [1.0])
    yield row("derivative of no iteration", 0.0, gradient(at_once)[0])


def test_function(pool: Pool, about: TestFunction) -> Rows:
    """Value and gradient by every engine; the stationary points, and the Hessian's eigenvalues there."""
    answer = verdict(pool, about.text, dict(zip("xy", about.point, strict=True)))
    yield row("f", about.value, number(answer["value"][0]))
    size = max(1.0, *(abs(float(printed)) for printed in about.gradient))
    for index, (name, printed) in enumerate(zip("xy", about.gradient, strict=True)):
        yield from partial_rows(answer, f"∂f/∂{name}", 0, index, printed)
        central = partials(answer, 0, index)["central"]
        yield row(f"∂f/∂{name}, central", float(printed), central, CENTRAL * size)
    for x, y, value, eigenvalues in about.stationary:
        tape = record(parse(about.text), [x, y])
        curvature = np.linalg.eigvalsh(np.array(hessian(tape)))
        # The points are printed to nine digits: a gradient is as large as their error times the curvature.
        tolerance = 1e-8 * float(np.max(np.abs(curvature)))
        yield row(f"f({x}, {y})", value, tape.values[0], tolerance if isinstance(value, float) else None)
        for name, slope_there in zip("xy", gradient(tape), strict=True):
            yield row(f"∂f/∂{name}({x}, {y})", 0.0, slope_there, tolerance)
        for printed, found in zip(eigenvalues, curvature.tolist(), strict=False):
            yield row(f"eigenvalue at ({x}, {y})", printed, found)


# -- optimizers ------------------------------------------------------------------------------------------------------


def points(
    program: Program, rule: str, settings: Mapping[str, float], start: Sequence[float], steps: int
) -> list[Iterate]:
    """The iterates of a run, as the optimizer's panel shows them."""
    descent = descend(ProgramObjective(program), rule_from(rule, settings), start, steps, gradient_tolerance=0.0)
    return [item for item in descent if isinstance(item, Iterate)]


def first_steps(pool: Pool, about: Steps) -> Rows:
    """The first steps of a rule on Rosenbrock's valley."""
    program = parse(published.ROSENBROCK)
    found = points(program, about.rule, about.settings, published.ROSENBROCK_START, len(about.points))
    for count, (wanted, item) in enumerate(zip(about.points, found[1:], strict=True), start=1):
        for name, printed, value in zip("xy", wanted, item.x, strict=True):
            yield row(f"{name} after step {count}", printed, value)


def goh(pool: Pool, about: Tuned) -> Rows:
    """The best settings for a condition number of 100, the rate that they promise, the steps that are taken."""
    low, high = published.GOH_EIGENVALUES
    roots = math.sqrt(low), math.sqrt(high)
    if about.rule == "gd":
        settings = {"rate": 2.0 / (low + high)}
        convergence = (high / low - 1.0) / (high / low + 1.0)
    else:
        settings = {"rate": (2.0 / sum(roots)) ** 2, "beta": ((roots[1] - roots[0]) / sum(roots)) ** 2}
        convergence = (roots[1] / roots[0] - 1.0) / (roots[1] / roots[0] + 1.0)
    for name, printed in about.printed.items():
        yield row(name, printed, settings[name])
    yield row("rate of convergence", about.convergence, convergence)
    found = points(parse(published.GOH), about.rule, settings, published.GOH_START, about.steps + 1)
    enough = (item.step for item in found if all(abs(x) <= published.GOH_ENOUGH for x in item.x))
    yield row("steps", about.steps, next(enough, math.nan))


def least_squares(pool: Pool) -> Rows:
    """Gradient descent on five points of a line, by hand; inputs in order: b, w."""
    program = parse(published.LEAST_SQUARES)
    settings = {"rate": published.LEAST_SQUARES_RATE}
    found = points(program, "gd", settings, [0.0, 0.0], len(published.LEAST_SQUARES_STEPS) - 1)
    for item, (w, b, loss) in zip(found, published.LEAST_SQUARES_STEPS, strict=True):
        for name, printed, value in (("w", w, item.x[1]), ("b", b, item.x[0]), ("loss", loss, item.loss)):
            yield row(f"{name} after step {item.step}", printed, value)
    curvature = hessian(record(program, [0.0, 0.0]))
    for i, wanted in enumerate(published.LEAST_SQUARES_HESSIAN):
        for j, value in enumerate(wanted):
            yield row(f"H[{i}][{j}]", value, curvature[i][j])
    eigenvalues = np.linalg.eigvalsh(np.array(curvature)).tolist()
    for printed, value in zip(published.LEAST_SQUARES_EIGENVALUES, eigenvalues, strict=True):
        yield row("eigenvalue", printed, value)


# -- this program's own word -----------------------------------------------------------------------------------------


def conventions(pool: Pool) -> Rows:
    """What forward and reverse answer where calculus is silent."""
    for text, at, wanted in published.CONVENTIONS:
        answer = verdict(pool, text, at)
        for index, printed in enumerate(wanted):
            found = partials(answer, 0, index)
            for engine in ("forward", "reverse"):
                yield row(f"{text} at {at}, by {answer['inputs'][index]}, {engine}", printed, found[engine])


def gallery_tables(folder: Path | None = None) -> list[Table]:
    """A table for each example of the gallery, or of another folder."""
    return [
        Table(f"Gallery, “{example.title}”", example.expected_by, partial(gallery_rows, example=example))
        for example in examples(folder)
    ]


def gallery_rows(pool: Pool, example: Example) -> Rows:
    """An example's values, partials by every engine that has them, one-sided slopes, reasons; or its refusal."""
    try:
        answer = verdict(pool, example.source, dict(example.point))
    except ExplorerError as error:
        if not example.refused:
            raise
        yield row(f"refused with “{example.refused}”", 1.0, float(example.refused in error.message))
        return
    if example.refused:
        yield row(f"refused with “{example.refused}”", 1.0, 0.0)
    sides = {(s["output"], s["input"]): s for s in answer["slopes"]}
    for each in example.expected:
        output = answer["outputs"].index(each.output)
        if not each.input:
            found = {"": number(answer["value"][output])}
        elif each.side:
            found = {"": number(sides[each.output, each.input][each.side])}
        else:
            found = partials(answer, output, answer["inputs"].index(each.input))
            found.pop("central")  # on a kink it is another number, and rightly so
        for engine, value in found.items():
            yield Row(f"{each}, {engine}" if engine else str(each), each.number, value, each.tolerance)
    for reason in example.reasons:
        yield row(f"the verdict names {reason}", 1.0, float(reason in answer["verdict"]["reasons"]))


# -- sizes, noted ----------------------------------------------------------------------------------------------------


def sizes(pool: Pool) -> Iterator[str]:
    """Operations of SymPy's derivatives beside those of SymPy 1.14; they depend on the release and decide nothing."""
    factored = {n: text for n, text, _, _ in published.ITERATES}
    families: list[tuple[str, Callable[[int], str], dict[int, int]]] = [
        ("Baydin et al. 2018, Table 1: lₙ′ of the composed lₙ", composed, published.LOGISTIC_OPERATIONS),
        ("Baydin et al. 2018, Table 1: lₙ′ of the factored lₙ", factored.__getitem__, published.FACTORED_OPERATIONS),
        ("Laue 2019: all partials of x1·…·xn", _product, published.PRODUCT_OPERATIONS),
        ("Laue 2019: the derivative of sin of … of sin x", _nested_sine, published.SINE_OPERATIONS),
    ]
    for about, text, wanted in families:
        found = [_operations(pool, text(n)) for n in wanted]
        said = ", ".join("–" if f is None else str(f) for f in found)
        same = "as" if found == list(wanted.values()) else f"unlike {', '.join(map(str, wanted.values()))}"
        yield f"{about}, n = {', '.join(map(str, wanted))}: {said} operations ({same} with SymPy 1.14)"


def _product(n: int) -> str:
    return "*".join(f"x{i}" for i in range(1, n + 1))


def _nested_sine(n: int) -> str:
    return "sin(" * n + "x" + ")" * n


def _operations(pool: Pool, source: str) -> int | None:
    """SymPy's count_ops of all partials together; None where that takes too long."""
    answers, _ = pool.ask(questions.report(source, {}, None, 1, ["symbolic"]), SYMBOLIC_SECONDS)
    swells = [part["symbolic"]["swell"] for part in answers if part.get("symbolic") and part["symbolic"]["swell"]]
    return int(swells[-1]["derivative"]["operations"]) if swells else None


BAYDIN = "Baydin et al. 2018"
TABLES: tuple[Table, ...] = (
    Table(f"{BAYDIN}, Table 1", "logistic iterates and derivatives, by formulas and engines", expression_swell),
    Table(f"{BAYDIN}, Table 2", "forward trace of ln x1 + x1·x2 − sin x2 at (2, 5), both seeds", forward_trace),
    Table(f"{BAYDIN}, Table 3", "reverse trace of the same, each addition to an adjoint", reverse_trace),
    Table(f"{BAYDIN}, Figure 3", "slopes of the error curves and the best steps", error_curves),
    Table("by hand", "Hessian of the worked example, and Hessian-vector products", second_derivatives),
    Table("JAX autodiff cookbook", "tanh′ and tanh″ at 2", tanh_derivatives),
    Table("Farrell et al. 2013", "Taylor test: slopes 2 and 3, and less with a wrong gradient", taylor_test),
    Table("Squire & Trapp 1998", "eˣ/√(sin³x + cos³x) at 1.5, complex step down to 1e-200", squire_trapp),
    Table("Speelpenning 1980, Laue 2019", "ten partials of a product of ten", speelpenning),
    Table("Heron; Beck 1994", "square root iterates and their derivatives; loops that stop early", heron),
    *(
        Table(source, "value, gradient and stationary points", partial(test_function, about=about))
        for source, about in published.TEST_FUNCTIONS.items()
    ),
    *(
        Table("Ruder 2016", f"first steps on Rosenbrock: {name}", partial(first_steps, about=about))
        for name, about in published.FIRST_STEPS.items()
    ),
    *(
        Table("Goh 2017", f"λ = 1 and 100: {about.rule} takes {about.steps} steps", partial(goh, about=about))
        for about in published.GOH_TUNED
    ),
    Table("by hand", "least squares on five points, three steps of gradient descent", least_squares),
    Table("this program", "conventions at kinks, ties and edges", conventions),
)
