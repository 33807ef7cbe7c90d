"""Where numbers that are not finite come from: the first operation that made one, named."""

from __future__ import annotations

import math
from typing import Any

from explorer.calculus.sweeps import adjoints
from explorer.calculus.tape import Edge, Op, Tape
from explorer.calculus.words import barred, factor, formula, short
from explorer.language.names import pretty_name
from explorer.language.primitives import PRIMITIVES
from explorer.language.program import NOWHERE


def first_causes(tape: Tape) -> list[dict[str, Any]]:
    """{"op", "what", "sentence"} of the first value, partial and adjoint that is not finite, where there is one.

    First in the order in which they are computed: values and partials forward, adjoints of the first output backward.
    What is not finite only because its arguments are not is no cause.
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
    if not causes and (place := _overflowing_adjoint(tape)) is not None:
        bar = barred(tape.ops[place].name)
        text = f"The adjoint {bar} is the first that is not finite: the products of partials on the way overflow."
        causes.append({"op": place, "what": "adjoint", "sentence": text})
    return causes


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


def _overflowing_adjoint(tape: Tape) -> int | None:
    weights = [float(k == 0) for k in range(len(tape.outputs))]
    reached = adjoints(tape, weights)
    return next(
        (k for k in range(len(reached) - 1, -1, -1) if (a := reached[k]) is not None and not math.isfinite(a)), None
    )
