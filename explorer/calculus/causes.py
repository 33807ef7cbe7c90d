"""Where numbers that are not finite come from: the first operation that made one, named."""

from __future__ import annotations

import math
from typing import Any

from explorer.calculus.films import Film, Step
from explorer.calculus.tape import Edge, Op, Tape
from explorer.calculus.words import barred, dotted, factor, formula, short
from explorer.language.names import pretty_name
from explorer.language.primitives import PRIMITIVES
from explorer.language.program import NOWHERE


def first_causes(tape: Tape, film: Film) -> list[dict[str, Any]]:
    """{"op", "what", "sentence"} of the first value and the first partial that is not finite, where there is one; else
    of the first tangent or adjoint of the film.

    First in the order in which they are computed. What is not finite only because its arguments are not is no cause.
    """
    causes = []
    op = next((o for o in tape.operations if not math.isfinite(o.value) and _arguments_finite(tape, o)), None)
    if op is not None:
        causes.append({"op": op.index, "what": "value", "sentence": _value_sentence(tape, op)})
    found = next(
        ((o, e) for o in tape.operations if math.isfinite(o.value) for e in o.edges if not math.isfinite(e.partial)),
        None,
    )
    if found is not None:
        causes.append({"op": found[0].index, "what": "partial", "sentence": _partial_sentence(tape, *found)})
    if not causes and (step := next(filter(_overflows, film.steps), None)) is not None:
        what = "tangent" if step.kind == "dual" else "adjoint"
        causes.append({"op": step.node, "what": what, "sentence": _sweep_sentence(tape, step)})
    return causes


def _overflows(step: Step) -> bool:
    return not all(number is None or math.isfinite(number) for number in (step.after, step.after_tangent))


def _arguments_finite(tape: Tape, op: Op) -> bool:
    return all(map(math.isfinite, tape.argument_values(op)))


def _value_sentence(tape: Tape, op: Op) -> str:
    name, values = PRIMITIVES[op.function].symbol, tape.argument_values(op)
    what = f"{name} of {' and '.join(map(short, values))}"
    match op.function:
        case "add" | "sub" | "mul" | "div" | "pow":
            what = f"{factor(values[0])} {name} {factor(values[1])}"
    how = "is undefined" if op.value != op.value else f"overflows to {short(op.value)}"
    if (op.function == "div" and values[1] == 0.0) or (op.function == "log" and values[0] == 0.0):
        how = f"is {short(op.value)}" if op.value == op.value else "is undefined"
    where = f" at line {op.span.line}" if op.span != NOWHERE else ""
    domain = PRIMITIVES[op.function].domain
    needs = f" (it needs {domain})" if op.value != op.value and domain != "every real number" else ""
    return f"{what}{where} {how}{needs}: {pretty_name(op.name)} = {formula(tape, op)} is the first cause."


def _partial_sentence(tape: Tape, op: Op, edge: Edge) -> str:
    parent = tape.ops[edge.parent]
    where = f" at line {op.span.line}" if op.span != NOWHERE else ""
    return (
        f"∂{pretty_name(op.name)}/∂{pretty_name(parent.name)} is {short(edge.partial)}: {formula(tape, op)}{where} "
        f"has no finite slope at {pretty_name(parent.name)} = {short(parent.value)}."
    )


def _sweep_sentence(tape: Tape, step: Step) -> str:
    target = tape.ops[step.node]
    what = f"tangent {dotted(target.name)}" if step.kind == "dual" else f"adjoint {barred(target.name)}"
    if step.after is not None and math.isfinite(step.after):
        what = f"ε part of the {what}"
        if step.source is not None and not math.isfinite(step.partial_tangent or 0.0):
            op = tape.ops[step.source]
            where = f" at line {op.span.line}" if op.span != NOWHERE else ""
            slope = f"{formula(tape, op)}{where} has no finite second derivative"
            there = f"{pretty_name(target.name)} = {short(target.value)}"
            return f"The {what} is the first that is not finite: {slope} at {there}."
    return f"The {what} is the first that is not finite: the products of partials on the way overflow."
