"""Answers the report question: one whole analysis in parts, the cheap ones first: what is ready is not lost."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict
from typing import Any

from explorer.calculus.agreement import Matrix
from explorer.calculus.differences import central_jacobian, complex_step_jacobian
from explorer.calculus.evaluate import values
from explorer.calculus.lost_digits import lost_digits
from explorer.calculus.numbers import ComplexStepInvalid
from explorer.calculus.sweeps import adjoints, cost, hessian, reverse_jacobian, tangents
from explorer.calculus.tape import Tape, forward_jacobian, record
from explorer.calculus.verdict import explain_edges, find_slopes, judge
from explorer.calculus.wrong_step import central_slack, explain_central
from explorer.language.program import ExplorerError, Program
from explorer.work.subject import Subject, numbers_by_name, subject
from explorer.work.verdict import symbolic_jacobian
from explorer.work.wire import Message

PANELS = ("symbolic", "forward", "reverse", "central", "complex_step", "tape", "verdict")
ENGINES = ("symbolic", "forward", "reverse", "central", "complex_step")


def empty(source: str) -> dict[str, Any]:
    """A report of which nothing is known yet; each part replaces some of its entries."""
    return {
        "source": source,
        "inputs": [],
        "outputs": [],
        "at": {},
        "assumed": [],
        "notes": [],
        "value": None,
        "jacobian": dict.fromkeys(ENGINES),
        "hessian": None,
        "symbolic": None,
        "tape": None,
        "decisions": [],
        "cost": None,
        "verdict": None,
        "refused": {},
        "error": None,
    }


def merge(report: dict[str, Any], part: Message) -> None:
    """Put one part into a report; "jacobian" and "refused" gather entries, all else is replaced."""
    for key, value in part.items():
        if key in ("jacobian", "refused"):
            report[key].update(value)
        else:
            report[key] = value


def answers(ask: Message) -> Iterator[Message]:
    """The parts of a report (see `merge`); `panels` restricts what is computed."""
    about = subject(ask)
    wanted = _panels(ask.get("panels"))
    program = about.program
    seed = numbers_by_name(ask["seed"], "seed") if ask.get("seed") is not None else {}
    strange = [name for name in seed if name not in program.inputs]
    if strange:
        raise ExplorerError(f"The seed names “{strange[0]}”, which is no input.", kind="request")
    if not seed and program.inputs:
        seed = {program.inputs[0]: 1.0}
    yield {
        "inputs": list(program.inputs),
        "outputs": list(program.outputs),
        "at": dict(zip(program.inputs, about.point, strict=True)),
        "assumed": list(about.assumed),
        "notes": [{"message": n.message, "line": n.span.line, "column": n.span.column} for n in program.notes],
        "value": list(values(program, about.point)),
    }
    try:
        tape = record(program, about.point)
    except ExplorerError as error:  # more operations than are recorded: the rest needs no record
        yield from _without_tape(about, wanted, error.message)
        return
    yield {"decisions": decisions(program, tape), "cost": asdict(cost(tape))}
    engines: dict[str, Matrix | None] = dict.fromkeys(ENGINES)
    invalid_step = False
    for engine in ("forward", "reverse", "central", "complex_step"):
        if engine not in wanted and "verdict" not in wanted:
            continue
        try:
            engines[engine] = _numeric(engine, about, tape)
        except ComplexStepInvalid as error:
            invalid_step = True
            if engine in wanted:
                yield {"refused": {engine: error.message}}
        if engine in wanted:
            yield {"jacobian": {engine: engines[engine]}}
    if "verdict" in wanted:
        yield {"verdict": _verdict(about, tape, engines, invalid_step, "")}
    if "tape" in wanted:  # a megabyte for 5,000 operations
        yield {"tape": tape_rows(tape, [seed.get(name, 0.0) for name in program.inputs])}
    if ask.get("order") == 2 and len(program.outputs) == 1:
        yield {"hessian": hessian(tape)}
    if "symbolic" in wanted:
        course = yield from _symbolic(about, tape, engines)
        if "verdict" in wanted:
            yield {"verdict": _verdict(about, tape, engines, invalid_step, course)}


def _without_tape(about: Subject, wanted: tuple[str, ...], reason: str) -> Iterator[Message]:
    """What runs of the program alone give: tangents and differences."""
    yield {"refused": {name: reason for name in wanted if name in ("symbolic", "reverse", "tape", "verdict")}}
    runs: dict[str, Callable[[Program, tuple[float, ...]], Matrix]] = {
        "forward": forward_jacobian,
        "central": central_jacobian,
        "complex_step": complex_step_jacobian,
    }
    for engine, run in runs.items():
        if engine in wanted:
            try:
                yield {"jacobian": {engine: run(about.program, about.point)}}
            except ExplorerError as error:
                yield {"refused": {engine: error.message}}


def _panels(value: object) -> tuple[str, ...]:
    if value is None:
        return PANELS
    if not isinstance(value, list) or not all(name in PANELS for name in value):
        raise ExplorerError(f"“panels” is a list of: {', '.join(PANELS)}.", kind="request")
    return tuple(value)


def _numeric(engine: str, about: Subject, tape: Tape) -> Matrix:
    match engine:
        case "forward":
            return forward_jacobian(about.program, about.point)
        case "reverse":
            return reverse_jacobian(tape)
        case "central":
            return central_jacobian(about.program, about.point)
        case _:
            return complex_step_jacobian(about.program, about.point)


def _symbolic(about: Subject, tape: Tape, engines: dict[str, Matrix | None]) -> Generator[Message, None, str]:
    """The numbers first, then texts, then sizes: each may be the one that takes too long.

    Returns a sentence where the formula is that of the program's course at this point, else an empty one.
    """
    from explorer.calculus import symbolic  # loads SymPy only where it is wanted

    try:
        engines["symbolic"], course = symbolic_jacobian(about, tape)
        yield {"jacobian": {"symbolic": engines["symbolic"]}}
    except ExplorerError as error:
        yield {"refused": {"symbolic": error.message}}
        return ""
    outputs, inputs, _ = symbolic.expressions_at(about.program, about.point)
    columns = len(inputs)
    entries = [derivative for _, _, derivative in symbolic.jacobian(outputs, inputs)]
    rows = [entries[row * columns : (row + 1) * columns] for row in range(len(outputs))]
    texts = [[symbolic.text(e) for e in row] for row in rows]
    part: dict[str, Any] = {"text": texts, "latex": None, "swell": None, "course": course}
    yield {"symbolic": dict(part)}
    part["swell"] = {"function": asdict(symbolic.size(outputs)), "derivative": asdict(symbolic.size(entries))}
    yield {"symbolic": dict(part)}
    part["latex"] = [[symbolic.latex(e) for e in row] for row in rows]
    yield {"symbolic": part}
    return course


def _verdict(about: Subject, tape: Tape, engines: dict[str, Matrix | None], invalid_step: bool, course: str) -> Message:
    slopes = find_slopes(about.program, tape)
    notes = explain_edges(about.program, tape)
    slack = central_slack(about.program, tape, engines["central"])
    lost = lost_digits(about.program, tape, engines)
    if lost is None or not lost.notes:
        notes += explain_central(about.program, tape, engines["central"], slack)
    notes += [course] if course else []
    verdict = judge(tape, engines, slopes, invalid_step, notes, lost, slack)
    return {**asdict(verdict), "slopes": [s.to_json() for s in slopes]}


def tape_rows(tape: Tape, seed: list[float]) -> list[Message]:
    """The operations in order, with tangents along the seed and adjoints of the first output (0 where not reached)."""
    moved = tangents(tape, seed)
    reached = adjoints(tape, [float(k == 0) for k in range(len(tape.outputs))])
    rows = []
    for op in tape.operations:
        partials: list[float | None] = [None] * len(op.arguments)
        for edge in op.edges:
            partials[edge.position] = edge.partial
        rows.append(
            {
                "name": op.name,
                "operation": op.function,
                "arguments": tape.argument_names(op),
                "value": op.value,
                "partials": partials,
                "tangent": moved[op.index] or 0.0,
                "adjoint": reached[op.index] or 0.0,
                "line": op.span.line,
                "column": op.span.column,
            }
        )
    return rows


def decisions(program: Program, tape: Tape) -> list[Message]:
    """The comparisons that depend on an input, with the side taken and the margin left − right."""
    lines = program.source.split("\n")
    return [
        {
            "line": d.span.line,
            "text": lines[d.span.line - 1][d.span.column : d.span.end_column],
            "taken": d.taken,
            "margin": d.margin,
        }
        for d in tape.decisions
    ]
