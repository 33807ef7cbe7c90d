"""Answers the sheets below the graph: Jacobian, loops, calls and branches, adjoint program, memory, paths, nested ε."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from explorer.calculus.adjoint import adjoint_program
from explorer.calculus.checkpoints import MOST_STEPS, Strategy, schedule
from explorer.calculus.endless import record_as_far
from explorer.calculus.jacobians import Mode, advice, passes
from explorer.calculus.nested import INNER, demonstrate
from explorer.calculus.parts import loops_of
from explorer.calculus.paths import paths_to_output
from explorer.calculus.sweeps import adjoints, cost, tangents
from explorer.calculus.tape import Tape, record
from explorer.calculus.words import counted, factor, short
from explorer.language.names import pretty_name
from explorer.language.notation import span_to_json
from explorer.language.program import NOWHERE, ExplorerError, Program, Span
from explorer.work.subject import numbers_by_name, subject
from explorer.work.wire import Message, number

ROWS = 200  # in a message
MOST_ROUNDS = 2_000  # of a loop that are plotted
MOST_CALLS = 2_000
MOST_POINTS = 400  # of a curve of memory
MOST_PATH_OPS = 4_000  # in a message that is larger by one path at most: decoded within a few milliseconds


def answers(ask: Message) -> Iterator[Message]:
    """The answers to one sheet's question, by the sheet's name."""
    sheet = str(ask.get("sheet"))
    if sheet == "nested":
        yield _nested(ask)
        return
    about = subject(ask)
    if sheet == "adjoint":  # of the text as it stands, whose run must end
        yield from _adjoint(record(about.program, about.point), about.program)
        return
    tape, _ = record_as_far(about.program, about.point)
    match sheet:
        case "jacobian":
            yield from _jacobian(ask, tape)
        case "loops":
            yield from _loops(ask, tape)
        case "calls":
            yield from _calls(ask, tape, about.program)
        case "memory":
            yield _memory(ask, tape)
        case "paths":
            yield from _paths(ask, tape)
        case _:
            raise ExplorerError(f"There is no sheet called {sheet:.40}.", kind="request")


def _nested(ask: Message) -> Message:
    inner = next((name for name in INNER if name == ask.get("inner")), INNER[0])
    shown = demonstrate(inner, number(ask.get("x", 1.0)), number(ask.get("y", 1.0)), bool(ask.get("share")))
    return {
        "inner": inner,
        "result": shown.result,
        "truth": shown.truth,
        "lines": [[line.what, line.number, list(line.tags)] for line in shown.lines],
    }


def _jacobian(ask: Message, tape: Tape) -> Iterator[Message]:
    """The passes one by one, with what they have cost so far; then the advice."""
    modes: dict[str, Mode] = {"forward": "forward", "reverse": "reverse", "second": "second"}
    mode = modes.get(str(ask.get("mode")), "reverse")
    output = min(max(int(number(ask.get("output", 0))), 0), len(tape.outputs) - 1)
    yield {
        "part": "head",
        "mode": mode,
        "output": output,
        "inputs": list(tape.inputs),
        "outputs": list(tape.output_names),
        "advice": advice(tape),
    }
    total = 0
    for done in passes(tape, mode, output):
        total += done.operations
        yield {"part": "pass", "place": done.place, "numbers": list(done.numbers), "operations": total}


def _loops(ask: Message, tape: Tape) -> Iterator[Message]:
    """How many loops; then each with its rounds: for each name its value and its derivative along the seed."""
    seeds = numbers_by_name(ask.get("seed") or {}, "seed")
    if not seeds and tape.inputs:
        seeds = {tape.inputs[0]: 1.0}
    moved = tangents(tape, [seeds.get(name, 0.0) for name in tape.inputs])
    reached = _reached(ask, tape)
    loops = loops_of(tape)[:ROWS]
    yield {"part": "head", "count": len(loops), "seed": seeds, "trap": _trap(tape)}
    for loop in loops:
        names = list(dict.fromkeys(name for names in loop.rounds for name in names))
        columns: dict[str, Any] = {}
        for name in names:
            ops = [names.get(name) for names in loop.rounds[:MOST_ROUNDS]]
            columns[name] = {
                "ops": ops,
                "values": [None if op is None else tape.ops[op].value for op in ops],
                "derivatives": [None if op is None else 0.0 if (t := moved[op]) is None else t for op in ops],
                "adjoints": [None if op is None else reached[op] for op in ops],
            }
        yield {
            "part": "loop",
            "span": span_to_json(loop.span),
            "outer": list(loop.outer),
            "rounds": len(loop.rounds),
            "begins": list(loop.begins[: MOST_ROUNDS + 1]),
            "names": columns,
        }


def _reached(ask: Message, tape: Tape) -> list[float | None]:
    """The adjoints for the outputs' weights; of the first output alone where none are given."""
    weights, count = [number(weight) for weight in ask.get("weights") or []], len(tape.outputs)
    return adjoints(tape, weights if len(weights) == count else [float(k == 0) for k in range(count)])


def _trap(tape: Tape) -> list[str]:
    """Loops that ran no round, and so hand on nothing of what their body would depend on."""
    return [
        f"The loop in line {loop.span.line} ran no round: its result does not depend on what the body would compute."
        for loop in tape.loops
        if loop.iterations == 0
    ]


def _calls(ask: Message, tape: Tape, program: Program) -> Iterator[Message]:
    """How many calls and decisions; then each call with its arguments, its result and the adjoint of that, and each
    decision with its margin, in messages that the window takes in within a few milliseconds."""
    reached = _reached(ask, tape)
    sizes = Counter(op.call for op in tape.operations)
    began = {event.call: event.before for event in tape.events if event.kind == "call"}
    calls = []
    for call in tape.calls[:MOST_CALLS]:
        result = call.results[0] if len(call.results) == 1 else None
        place = result if isinstance(result, int) else None
        handed_back = place is not None and place < began[call.number]
        calls.append(
            {
                "number": call.number,
                "caller": call.caller,
                "function": call.function,
                "arguments": list(call.arguments),
                "span": _place(call.span),
                "op": place,
                "value": result if place is None else tape.ops[place].value,
                # Of what is handed back as it was given the adjoint is that of all its other uses too.
                "adjoint": None if place is None or handed_back else reached[place],
                "handed_back": handed_back,
                "before": began[call.number],
                "operations": sizes[call.number],
            }
        )
    lines = program.source.split("\n")
    decisions: list[Message] = []
    for event in tape.events:
        if event.kind == "decision" and len(decisions) < MOST_CALLS:
            decision = tape.decisions[event.op]
            span = decision.span
            text = lines[span.line - 1][span.column : span.end_column] if 0 < span.line <= len(lines) else ""
            decisions.append(
                {
                    "span": _place(span),
                    "text": text,
                    "left": decision.left,
                    "operator": decision.operator,
                    "right": decision.right,
                    "taken": decision.taken,
                    "margin": decision.margin,
                    "before": event.before,
                    "iteration": list(event.iteration),
                }
            )
    cut = len(tape.calls) > len(calls) or len(tape.decisions) > len(decisions)
    head = {"part": "head", "main": program.main.name, "calls": len(tape.calls), "decisions": len(tape.decisions)}
    yield {**head, "cut": cut}
    for part, rows in (("calls", calls), ("decisions", decisions)):
        for start in range(0, len(rows), ROWS):
            yield {"part": part, "rows": rows[start : start + ROWS]}


def _place(span: Span) -> Any:
    return None if span == NOWHERE else span_to_json(span)


def _adjoint(tape: Tape, program: Program) -> Iterator[Message]:
    """The lines of the adjoint program, with the source lines that they belong to."""
    code = adjoint_program(program, tape)
    yield {"part": "head", "structured": code.structured, "why": code.why, "count": len(code.lines)}
    for start in range(0, len(code.lines), ROWS):
        rows = [[line.text, line.line, line.backward] for line in code.lines[start : start + ROWS]]
        yield {"part": "lines", "rows": rows}


def _memory(ask: Message, tape: Tape) -> Message:
    """What reverse mode stores along the sweep, with and without checkpoints; and the cheap-gradient ratio."""
    operations = len(tape.operations)
    steps = min(operations, MOST_STEPS)
    wanted = str(ask.get("strategy"))
    strategies: dict[str, Strategy] = {"none": "none", "sqrt": "sqrt", "binomial": "binomial"}
    strategy = strategies.get(wanted, "none")
    snapshots = max(0, min(int(number(ask.get("snapshots") or 0)), steps))
    counted = cost(tape)
    if not steps:
        return {"operations": 0, "steps": 0}
    if strategy == "binomial" and snapshots == 1 and steps > 600:
        snapshots = 2  # with one, n²/2 steps are computed: not even simulated
    plan = schedule(steps, strategy, snapshots)
    stride = max(1, math.ceil(len(plan.memory) / MOST_POINTS))
    # Of each stretch the largest: a peak must not fall between two points.
    curve = [max(plan.memory[k : k + stride]) for k in range(0, len(plan.memory), stride)]
    return {
        "operations": operations,
        "steps": steps,
        "strategy": strategy,
        "snapshots": plan.snapshots,
        "recomputed": plan.recomputed,
        "theory": plan.theory,
        "peak": plan.peak,
        "memory": curve,
        "moves": len(plan.memory),
        "cost": asdict(counted),
        "ratio": counted.reverse / max(counted.function, 1),
    }


def _paths(ask: Message, tape: Tape) -> Iterator[Message]:
    """All paths from an op to an output: how many, and the sum; then the first of them with their products."""
    node, output = int(number(ask.get("op", 0))), int(number(ask.get("output", 0)))
    if not 0 <= node < len(tape.ops) or not 0 <= output < len(tape.outputs):
        yield {"part": "head", "count": "0", "name": ""}
        return
    found = paths_to_output(tape, node, output)
    reached = adjoints(tape, [float(k == output) for k in range(len(tape.outputs))])
    yield {
        "part": "head",
        "name": tape.ops[node].name,
        "op": node,
        "output": tape.output_names[output],
        "count": counted(found.count),
        "multiplications": counted(found.multiplications),
        "edges": found.edges,
        "adjoint": 0.0 if (a := reached[node]) is None else a,
        "sum": math.fsum(p.product for p in found.listed) if all(map(_finite, found.listed)) else math.nan,
        "complete": found.count == len(found.listed),
        "listed": len(found.listed),
    }
    some: list[Message] = []
    held = 0
    for path in found.listed:
        some.append(
            {
                "ops": list(path.ops),
                "edges": [list(edge) for edge in path.edges],
                "words": " → ".join(pretty_name(tape.ops[op].name) for op in path.ops[:40]),
                "product": path.product,
                "factors": " · ".join(factor(p) for p in path.partials[:40]) or short(1.0),
            }
        )
        held += len(path.ops)
        if held > MOST_PATH_OPS:
            yield {"part": "paths", "rows": some}
            some, held = [], 0
    if some:
        yield {"part": "paths", "rows": some}


def _finite(path: Any) -> bool:
    return math.isfinite(path.product)
