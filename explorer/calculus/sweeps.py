"""Sweeps over a tape: tangents forward, adjoints backward, and each of them as a Film that can be played.

A Film's steps stand in execution order (Baydin et al. 2018, Tables 2 and 3). What a step says in words is made from the
numbers that it computes with.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from explorer.calculus.numbers import Real
from explorer.calculus.tape import INPUT, Dual, DualNumbers, Edge, Op, Tape
from explorer.language.primitives import PRIMITIVES
from explorer.language.program import NOWHERE


def tangents(tape: Tape, seed: Sequence[float]) -> list[float | None]:
    """The tangent of every op for a direction in the inputs; None where an op does not move with it."""
    moving: list[float | None] = [s if s != 0.0 else None for s in seed]
    for op in tape.operations:
        total: float | None = None
        for edge in op.edges:
            tangent = moving[edge.parent]
            if tangent is not None:
                total = (total or 0.0) + edge.partial * tangent
        moving.append(total)
    return moving


def adjoints(tape: Tape, weights: Sequence[float]) -> list[float | None]:
    """The adjoint of every op for a weight on each output; None where no weighted output depends on it."""
    reached: list[float | None] = [None] * len(tape.ops)
    for output, weight in zip(tape.outputs, weights, strict=True):
        if isinstance(output, int) and weight != 0.0:
            reached[output] = (reached[output] or 0.0) + weight
    for op in reversed(tape.operations):
        adjoint = reached[op.index]
        if adjoint is None:
            continue
        for edge in op.edges:
            reached[edge.parent] = (reached[edge.parent] or 0.0) + adjoint * edge.partial
    return reached


def reverse_jacobian(tape: Tape) -> list[list[float]]:
    """The Jacobian by one reverse sweep an output; rows are outputs, columns inputs."""
    return [gradient(tape, index) for index in range(len(tape.outputs))]


def gradient(tape: Tape, output: int = 0) -> list[float]:
    """The gradient of one output by one reverse sweep; an undefined output has no derivative by any input."""
    weights = [float(k == output) for k in range(len(tape.outputs))]
    value = tape.values[output]
    unreached = 0.0 if value == value else math.nan
    return [a if a is not None else unreached for a in adjoints(tape, weights)[: len(tape.inputs)]]


class _DualFunctions:
    """Elementary functions on Duals and floats, for partials that move with the seed."""

    def __getattr__(self, name: str) -> Any:
        if name == "choose":
            return Real.choose
        if name in ("equal", "less"):
            compare = getattr(Real, name)
            return lambda a, b: compare(*(v.value if isinstance(v, Dual) else v for v in (a, b)))
        return lambda *arguments: _DUAL.apply(name, list(arguments), NOWHERE)


_DUAL = DualNumbers()


def hessian_times(tape: Tape, direction: Sequence[float], output: int = 0) -> list[float]:
    """H·direction for one output by forward-over-reverse: the reverse sweep run on dual numbers; shape (inputs,)."""
    place = tape.outputs[output]
    if not isinstance(place, int):
        return [0.0] * len(tape.inputs)
    moved = tangents(tape, direction)
    duals = [op.value if (t := moved[op.index]) is None else Dual(op.value, t) for op in tape.ops]
    reached: list[Any] = [None] * len(tape.ops)
    reached[place] = 1.0
    functions = _DualFunctions()
    for op in reversed(tape.operations):
        if reached[op.index] is None:
            continue
        arguments = [duals[a] if isinstance(a, int) else a for a in op.arguments]
        for edge in op.edges:
            partial: Any = edge.partial
            if edge.partial == edge.partial:  # outside the domain the partial stays undefined
                partial = PRIMITIVES[op.function].partials[edge.position](functions, *arguments, duals[op.index])
            amount = functions.mul(reached[op.index], partial)
            before = reached[edge.parent]
            reached[edge.parent] = amount if before is None else functions.add(before, amount)
    return [
        r.tangent if isinstance(r, Dual) else (0.0 if r is None or r == r else math.nan)
        for r in reached[: len(tape.inputs)]
    ]


def hessian(tape: Tape, output: int = 0) -> list[list[float]]:
    """The matrix of second derivatives of one output, a column an input's direction."""
    size = len(tape.inputs)
    columns = [hessian_times(tape, [float(i == j) for i in range(size)], output) for j in range(size)]
    return [[columns[j][i] for j in range(size)] for i in range(size)]


@dataclass(frozen=True, slots=True)
class Step:
    """One row of a film: what becomes known, from what, and a sentence with the numbers in it.

    kind: "value" (an op's value), "dual" (its value and tangent together), "seed" and "adjoint" (an addition to an
    adjoint, from `source` through the edge at `position`). `after` is the tangent or adjoint then.
    """

    kind: str
    node: int
    sentence: str
    after: float | None = None
    source: int | None = None
    position: int | None = None
    amount: float | None = None


@dataclass(frozen=True)
class Film:
    """A sweep as steps; row 0 is before the first step, row k after step k."""

    mode: str
    steps: tuple[Step, ...]


def forward_film(tape: Tape, seed: Sequence[float]) -> Film:
    """The forward sweep with dual numbers: value and tangent of each op together."""
    moved = tangents(tape, seed)
    steps = []
    for op in tape.ops:
        tangent = moved[op.index]
        shown = 0.0 if tangent is None else tangent
        if op.function == INPUT:
            given = f"{dotted(op.name)} = {short(shown)}"
            text = f"{subscripted(op.name)} = {short(op.value)}; its tangent is the seed {given}."
        else:
            text = f"{equation(tape, op)} = {short(op.value)};  {_tangent_sentence(tape, op, moved, shown)}."
        steps.append(Step("dual", op.index, text, shown))
    return Film("forward", tuple(steps))


def _tangent_sentence(tape: Tape, op: Op, moved: Sequence[float | None], shown: float) -> str:
    terms, numbers = [], []
    for edge in op.edges:
        parent, tangent = tape.ops[edge.parent], moved[edge.parent]
        terms.append(f"{factor(edge.partial)} · {dotted(parent.name)}")
        numbers.append(f"{factor(edge.partial)} · {factor(0.0 if tangent is None else tangent)}")
    return f"{dotted(op.name)} = {' + '.join(terms)} = {' + '.join(numbers)} = {short(shown)}"


def reverse_film(tape: Tape, weights: Sequence[float]) -> Film:
    """The reverse sweep: first every value, then the seeds, then each addition to an adjoint as its own step."""
    steps = []
    for op in tape.ops:
        text = f"{subscripted(op.name)} = {short(op.value)} is given." if op.function == INPUT else ""
        steps.append(Step("value", op.index, text or f"{equation(tape, op)} = {short(op.value)} is recorded."))
    known: dict[int, float] = {}
    for name, output, weight in zip(tape.output_names, tape.outputs, weights, strict=True):
        if not isinstance(output, int) or weight == 0.0:
            continue
        node, total = tape.ops[output].name, known.get(output, 0.0) + weight
        same = "" if node == name else f"{barred(node)} = "
        verb = f"The sweep starts at the output: {same}{barred(name)} = {short(weight)}."
        if output in known:
            verb = f"{barred(node)} adds the seed {barred(name)} = {short(weight)}, so far {short(total)}."
        known[output] = total
        steps.append(Step("seed", output, verb, total, amount=weight))
    for op in reversed(tape.operations):
        if op.index not in known:
            continue
        adjoint = known[op.index]
        for edge in op.edges:
            amount = adjoint * edge.partial
            parent = tape.ops[edge.parent].name
            first = edge.parent not in known
            total = known.get(edge.parent, 0.0) + amount
            known[edge.parent] = total
            text = (
                f"{barred(parent)} adds {barred(op.name)} · {factor(edge.partial)} "
                f"= {factor(adjoint)} · {factor(edge.partial)} = {short(amount)}"
            )
            text += "" if first else f", so far {short(total)}"
            text += f"; for {partial_equation(tape, op, edge)}."
            steps.append(Step("adjoint", edge.parent, text, total, op.index, edge.position, amount))
    return Film("reverse", tuple(steps))


@dataclass(frozen=True, slots=True)
class Cost:
    """Elementary operations, counted: of the function, of one forward sweep with it, of one reverse sweep with it.

    A sweep also evaluates the partials (1/x for ln: one division). Forward, an operation multiplies each partial that
    is not ±1 by a tangent and adds the products; in reverse, each edge is one multiply-add into an adjoint.
    """

    function: int
    forward: int
    reverse: int


def cost(tape: Tape) -> Cost:
    """What a tape's sweeps cost, for the operations that depend on an input."""
    function = len(tape.operations)
    forward = reverse = function
    for op in tape.operations:
        arguments = tape.argument_values(op)
        partials = sum(_partial_cost(op.function, e.position, arguments, op.value) for e in op.edges)
        scaled = sum(1 for e in op.edges if abs(e.partial) != 1.0 or op.function not in ("add", "sub", "neg"))
        forward += partials + scaled + len(op.edges) - 1
        reverse += partials + len(op.edges)
    return Cost(function, forward, reverse)


class _Counting:
    """Functions of floats that count how often they are called; choices are free."""

    def __init__(self) -> None:
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        function = getattr(Real, name)
        if name in ("choose", "equal", "less"):
            return function

        def counted(*arguments: float) -> float:
            self.calls += 1
            return float(function(*arguments))

        return counted


def _partial_cost(function: str, position: int, arguments: list[float], value: float) -> int:
    counting = _Counting()
    PRIMITIVES[function].partials[position](counting, *arguments, value)
    return counting.calls


# -- words ---------------------------------------------------------------------------------------------------------

DIGITS = 4  # significant digits in a sentence: enough to follow by hand, short enough to read


def short(number: float) -> str:
    """A number as a sentence shows it: −0.2837, 1.2e−05, ∞, undefined."""
    if number != number:
        return "undefined"
    if math.isinf(number):
        return "∞" if number > 0 else "−∞"
    text = f"{number:.{DIGITS}g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        text = f"{mantissa}e{int(exponent)}"
    return text.replace("-", "−")


def factor(number: float) -> str:
    """A number inside a product: negative ones in brackets."""
    text = short(number)
    return f"({text})" if text.startswith("−") else text


_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def subscripted(name: str) -> str:
    """v12 as v₁₂."""
    stem = name.rstrip("0123456789")
    return stem + name[len(stem) :].translate(_SUBSCRIPT)


def _marked(name: str, mark: str) -> str:
    stem = name.rstrip("0123456789")
    return (
        (stem if len(stem) > 1 else stem + mark)
        + name[len(stem) :].translate(_SUBSCRIPT)
        + (mark if len(stem) > 1 else "")
    )


def barred(name: str) -> str:
    """The adjoint's name: v̄₂."""
    return _marked(name, "\u0304")


def dotted(name: str) -> str:
    """The tangent's name: v̇₂."""
    return _marked(name, "\u0307")


def equation(tape: Tape, op: Op) -> str:
    """v₂ = x₁ · x₂, with the program's own names."""
    return f"{subscripted(op.name)} = {formula(tape, op)}"


def formula(tape: Tape, op: Op) -> str:
    """The operation on its arguments' names: x₁ · x₂, ln v₁, atan2(y, x)."""
    names = [subscripted(a) if isinstance(a, str) else factor(a) for a in tape.argument_names(op)]
    symbol = PRIMITIVES[op.function].symbol
    match op.function:
        case "add" | "sub" | "mul" | "div":
            return f"{names[0]} {symbol} {names[1]}"
        case "neg":
            return f"−{names[0]}"
        case "pow":
            return f"{names[0]}^{names[1]}"
        case "sqrt" | "cbrt":
            return f"{symbol}{names[0]}"
        case "abs":
            return f"|{names[0]}|"
        case _ if len(names) == 1:
            return f"{symbol} {names[0]}"
        case _:
            return f"{symbol}({', '.join(names)})"


@dataclass(frozen=True, slots=True)
class _Term:
    """A piece of a partial's formula in words, with its value, which decides between cases; binding as in school."""

    text: str
    value: float
    binding: int = 9  # 1 sum, 2 product, 3 sign and power, 9 a name or a call

    def inside(self, binding: int) -> str:
        return self.text if self.binding >= binding else f"({self.text})"


class _Words:
    """Elementary functions on terms: the table's partials become formulas that a person can read."""

    def __getattr__(self, name: str) -> Any:
        def function(*arguments: Any) -> Any:
            terms = [a if isinstance(a, _Term) else _Term(factor(a), float(a)) for a in arguments]
            values = [t.value for t in terms]
            match name:
                case "equal" | "less":
                    return getattr(Real, name)(*values)
                case "add" | "sub":
                    sign = "+" if name == "add" else "−"
                    text, binding = f"{terms[0].inside(1)} {sign} {terms[1].inside(2)}", 1
                case "mul":
                    text, binding = f"{terms[0].inside(2)} · {terms[1].inside(3)}", 2
                case "div":
                    text, binding = f"{terms[0].inside(2)}/{terms[1].inside(3)}", 2
                case "neg":
                    text, binding = f"−{terms[0].inside(2)}", 1
                case "pow":
                    text, binding = f"{terms[0].inside(9)}^{terms[1].inside(9)}", 3
                case "sqrt" | "cbrt":
                    text, binding = f"{PRIMITIVES[name].symbol}{terms[0].inside(9)}", 3
                case _ if len(terms) == 1:
                    text, binding = f"{PRIMITIVES[name].symbol} {terms[0].inside(3)}", 3
                case _:
                    text, binding = f"{PRIMITIVES[name].symbol}({', '.join(t.text for t in terms)})", 9
            return _Term(text, getattr(Real, name)(*values), binding)

        if name == "choose":
            return lambda condition, then, otherwise: then if condition else otherwise
        return function


def partial_equation(tape: Tape, op: Op, edge: Edge) -> str:
    """∂v₃/∂x₂ = cos x₂ = 0.2837: the partial's formula with the program's names, and its value."""
    names = [
        _Term(subscripted(a) if isinstance(a, str) else factor(a), value)
        for a, value in zip(tape.argument_names(op), tape.argument_values(op), strict=True)
    ]
    result = PRIMITIVES[op.function].partials[edge.position](_Words(), *names, _Term(subscripted(op.name), op.value))
    head = f"∂{subscripted(op.name)}/∂{subscripted(tape.ops[edge.parent].name)}"
    number = short(edge.partial)
    if isinstance(result, _Term) and result.text != number:
        return f"{head} = {result.text} = {number}"
    return f"{head} = {number}"
