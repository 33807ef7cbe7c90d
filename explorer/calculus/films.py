"""A sweep as a Film that can be played: one row a step, in execution order (Baydin et al. 2018, Tables 2 and 3).

The numbers of all steps are there at once; what a step says in words is made when it is asked for, from these numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from explorer.calculus.sweeps import DUAL_FUNCTIONS, tangents
from explorer.calculus.tape import INPUT, Dual, Op, Tape
from explorer.calculus.words import (
    NAMED,
    barred,
    dotted,
    equation,
    factor,
    partial_equation,
    short,
    with_epsilon,
)
from explorer.language.names import pretty_name
from explorer.language.primitives import PRIMITIVES, partial_in_motion

Kind = Literal["value", "dual", "seed", "adjoint"]


@dataclass(frozen=True, slots=True)
class Step:
    """One row of a film: what becomes known, and from what.

    kind: "value" (an op's value), "dual" (its value and tangent together), "seed" and "adjoint" (an addition to an
    adjoint, from `source` through the edge at `position`). `after` is the tangent or adjoint then, `before` the
    adjoint as it was, None where there was none; `carried` is the adjoint of `source`, `amount` what is added. In a
    film of second order the three of them have an ε part too: the derivatives of the adjoints along the direction.
    """

    kind: Kind
    node: int
    after: float | None = None
    source: int | None = None
    position: int | None = None
    amount: float | None = None
    before: float | None = None
    carried: float | None = None
    after_tangent: float | None = None
    amount_tangent: float | None = None
    carried_tangent: float | None = None
    partial_tangent: float | None = None


@dataclass(frozen=True)
class Film:
    """A sweep as steps; row 0 is before the first step, row k after step k.

    mode: "forward", "reverse" or "second" (forward-over-reverse). tangents: of every op along the direction, None where
    an op does not move with it; empty for a reverse film.
    """

    mode: Literal["forward", "reverse", "second"]
    steps: tuple[Step, ...]
    tangents: tuple[float | None, ...] = ()


def forward_film(tape: Tape, seed: Sequence[float]) -> Film:
    """The forward sweep with dual numbers: value and tangent of each op together."""
    moved = tuple(tangents(tape, seed))
    steps = tuple(Step("dual", op.index, 0.0 if moved[op.index] is None else moved[op.index]) for op in tape.ops)
    return Film("forward", steps, moved)


def reverse_film(tape: Tape, weights: Sequence[float]) -> Film:
    """The reverse sweep: first every value, then the seeds, then each addition to an adjoint as its own step."""
    steps = [Step("value", op.index) for op in tape.ops]
    known: dict[int, float] = {}
    for output, weight in zip(tape.outputs, weights, strict=True):
        if isinstance(output, int) and weight != 0.0:
            before = known.get(output)
            known[output] = weight if before is None else before + weight
            steps.append(Step("seed", output, known[output], amount=weight, before=before))
    for op in reversed(tape.operations):
        adjoint = known.get(op.index)
        if adjoint is None:
            continue
        for edge in op.edges:
            amount = adjoint * edge.partial
            before = known.get(edge.parent)
            known[edge.parent] = total = amount if before is None else before + amount
            steps.append(Step("adjoint", edge.parent, total, op.index, edge.position, amount, before, adjoint))
    return Film("reverse", tuple(steps))


def second_film(tape: Tape, seed: Sequence[float], weights: Sequence[float]) -> Film:
    """Forward-over-reverse: a forward sweep with dual numbers, then the reverse sweep with them.

    The ε parts of the inputs' adjoints are H·seed, for the weighted sum of the outputs. In step for step the order of
    `reverse_film`.
    """
    moved = tuple(tangents(tape, seed))
    steps = [Step("dual", op.index, 0.0 if (t := moved[op.index]) is None else t) for op in tape.ops]
    duals = [op.value if (t := moved[op.index]) is None else Dual(op.value, t) for op in tape.ops]
    functions = DUAL_FUNCTIONS
    known: dict[int, Dual | float] = {}

    def parts(number: Dual | float) -> tuple[float, float]:
        """Value and ε part; what is undefined has no defined slope, as in `hessian_times`."""
        value, tangent = (number.value, number.tangent) if isinstance(number, Dual) else (number, 0.0)
        return value, tangent if value == value else math.nan

    for output, weight in zip(tape.outputs, weights, strict=True):
        if isinstance(output, int) and weight != 0.0:
            before = known.get(output)
            known[output] = weight if before is None else functions.add(before, weight)
            value, tangent = parts(known[output])
            was = None if before is None else parts(before)[0]
            steps.append(Step("seed", output, value, amount=weight, before=was, after_tangent=tangent))
    for op in reversed(tape.operations):
        adjoint = known.get(op.index)
        if adjoint is None:
            continue
        arguments = [duals[a] if isinstance(a, int) else a for a in op.arguments]
        for edge in op.edges:
            partial: Dual | float = edge.partial
            if edge.partial == edge.partial:  # outside the domain the partial stays undefined
                rule = partial_in_motion(op.function, edge.position, [isinstance(a, Dual) for a in arguments])
                partial = rule(functions, *arguments, duals[op.index])
            amount = functions.mul(adjoint, partial)
            before = known.get(edge.parent)
            known[edge.parent] = total = amount if before is None else functions.add(before, amount)
            (value, tangent), (gain, gain_tangent) = parts(total), parts(amount)
            (carried, carried_tangent) = parts(adjoint)
            steps.append(
                Step(
                    "adjoint",
                    edge.parent,
                    value,
                    op.index,
                    edge.position,
                    gain,
                    None if before is None else parts(before)[0],
                    carried,
                    tangent,
                    gain_tangent,
                    carried_tangent,
                    parts(partial)[1],
                )
            )
    return Film("second", tuple(steps), moved)


# -- words ---------------------------------------------------------------------------------------------------------


def sentences(tape: Tape, film: Film) -> Iterator[str]:
    """What each step says, in order; a second line, where there is one, is the algebra of dual numbers."""
    seeds = _seed_words(tape, film)
    for step in film.steps:
        match step.kind:
            case "value":
                yield _value_sentence(tape, tape.ops[step.node])
            case "dual":
                yield _dual_sentence(tape, tape.ops[step.node], film.tangents)
            case "seed":
                yield next(seeds)
            case "adjoint":
                yield _adjoint_sentence(tape, step)


def _value_sentence(tape: Tape, op: Op) -> str:
    if op.function == INPUT:
        return f"{pretty_name(op.name)} = {short(op.value)} is given."
    return f"{equation(tape, op)} = {short(op.value)} is recorded."


def _dual_sentence(tape: Tape, op: Op, moved: Sequence[float | None]) -> str:
    """The rule with its numbers, and in a second line the same as a product of dual numbers."""
    tangent = moved[op.index]
    shown = 0.0 if tangent is None else tangent
    if op.function == INPUT:
        given = f"{dotted(op.name)} = {short(shown)}"
        dual = with_epsilon(op.value, shown)
        return (
            f"{pretty_name(op.name)} = {short(op.value)}; its tangent is the seed {given}.\nAs a dual number: {dual}."
        )
    terms, numbers = [], []
    for edge in op.edges:
        parent, by = tape.ops[edge.parent], moved[edge.parent]
        terms.append(f"{factor(edge.partial)} · {dotted(parent.name)}")
        numbers.append(f"{factor(edge.partial)} · {factor(0.0 if by is None else by)}")
    rule = f"{dotted(op.name)} = {' + '.join(terms)} = {' + '.join(numbers)} = {short(shown)}"
    return f"{equation(tape, op)} = {short(op.value)};  {rule}.\n{dual_algebra(tape, op, moved)}."


def dual_algebra(tape: Tape, op: Op, moved: Sequence[float | None]) -> str:
    """(2 + 1ε)·(5 + 0ε) = 10 + (2·0 + 1·5)ε + 1·0·ε² = 10 + 5ε: how the op's value and tangent come out of ε² = 0.

    But for sums and products of two that move: f(a + bε) = f(a) + f′(a)·b ε, with each operand's partial.
    """
    values = tape.argument_values(op)
    moves = [(moved[a] or 0.0) if isinstance(a, int) else None for a in op.arguments]
    fixed = [NAMED.get(v) or short(v) for v in values]
    duals = [c if m is None else with_epsilon(v, m) for c, v, m in zip(fixed, values, moves, strict=True)]
    inside = [d if m is None and v >= 0 else f"({d})" for d, v, m in zip(duals, values, moves, strict=True)]
    result = with_epsilon(op.value, moved[op.index] or 0.0)
    symbol = PRIMITIVES[op.function].symbol
    terms = [f"{factor(edge.partial)} · {factor(moves[edge.position] or 0.0)}" for edge in op.edges]
    slopes = f"{terms[0]} ε" if len(terms) == 1 else f"({' + '.join(terms)})ε"
    match op.function, moves:
        case "add" | "sub", _:
            return f"{inside[0]} {symbol} {inside[1]} = {result}"
        case "mul", [float() as a, float() as b]:
            x, y = values
            cross = f"({factor(x)} · {factor(b)} + {factor(a)} · {factor(y)})ε"
            square = f"{factor(a)} · {factor(b)} · ε²"
            return f"{inside[0]} · {inside[1]} = {short(op.value)} + {cross} + {square} = {result}, for ε² = 0"
        case "mul" | "div", _:
            return f"{inside[0]} {symbol} {inside[1]} = {short(op.value)} + {slopes} = {result}"
        case "neg", _:
            return f"−{inside[0]} = {short(op.value)} + {slopes} = {result}"
        case _, [_]:
            return f"{symbol}{inside[0]} = {symbol} {factor(values[0])} + {slopes} = {result}"
        case "pow", _:
            return f"{inside[0]}^{inside[1]} = {short(op.value)} + {slopes} = {result}"
        case _:
            return f"{symbol}({', '.join(duals)}) = {short(op.value)} + {slopes} = {result}"


def _seed_words(tape: Tape, film: Film) -> Iterator[str]:
    """The sentences of the seeds, in the outputs' order."""
    seeds = [step for step in film.steps if step.kind == "seed"]
    place = 0
    for name, output in zip(tape.output_names, tape.outputs, strict=True):
        if place == len(seeds) or not isinstance(output, int) or seeds[place].node != output:
            continue
        step = seeds[place]
        assert step.amount is not None
        assert step.after is not None
        place += 1
        node = tape.ops[output].name
        if step.before is not None:
            yield f"{barred(node)} adds the seed {barred(name)} = {short(step.amount)}, so far {short(step.after)}."
        else:
            same = "" if node == name else f"{barred(node)} = "
            yield f"The sweep starts at the output: {same}{barred(name)} = {short(step.amount)}."


def _adjoint_sentence(tape: Tape, step: Step) -> str:
    assert step.source is not None
    assert step.carried is not None
    assert step.amount is not None
    assert step.after is not None
    op, parent = tape.ops[step.source], tape.ops[step.node].name
    edge = next(e for e in op.edges if e.position == step.position)
    text = f"{barred(parent)} adds {barred(op.name)} · {factor(edge.partial)} "
    if step.after_tangent is not None:
        assert step.amount_tangent is not None
        assert step.carried_tangent is not None
        assert step.partial_tangent is not None
        carried = with_epsilon(step.carried, step.carried_tangent)
        partial = with_epsilon(edge.partial, step.partial_tangent)
        text = f"{barred(parent)} adds {barred(op.name)} · ∂ = ({carried}) · ({partial}) "
        text += f"= {with_epsilon(step.amount, step.amount_tangent)}"
        text += "" if step.before is None else f", so far {with_epsilon(step.after, step.after_tangent)}"
        return f"{text};\n{partial_equation(tape, op, edge)}, and its ε part is how that changes along the direction."
    text += f"= {factor(step.carried)} · {factor(edge.partial)} = {short(step.amount)}"
    text += "" if step.before is None else f", so far {short(step.after)}"
    return f"{text}; for {partial_equation(tape, op, edge)}."
