"""Numbers, names and partials in the words of a step: v̄₂, −0.2837, ∂v₃/∂x₂ = cos x₂ = 0.2837.

What a step says is made from the numbers that it computes with.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from explorer.calculus.numbers import Real
from explorer.calculus.tape import Edge, Op, Tape
from explorer.language.names import pretty_name
from explorer.language.primitives import PRIMITIVES

NAMED = {math.e: "e", math.pi: "π"}  # constants that have a name
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
DIGITS = 4  # significant digits in a sentence: enough to follow by hand, short enough to read


def short(number: float, digits: int = DIGITS) -> str:
    """A number as a sentence shows it: −0.2837, 1.2e−5, ∞, undefined; −0 is 0."""
    if number == 0:
        return "0"
    if number != number:
        return "undefined"
    if math.isinf(number):
        return "∞" if number > 0 else "−∞"
    text = f"{number:.{digits}g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        text = f"{mantissa}e{int(exponent)}"
    return text.replace("-", "−")


def counted(number: int) -> str:
    """A count: 1,024, and of thousands of digits, for which neither floats nor str are made, about 1.126 · 10¹⁵."""
    if number < 10**9:
        return f"{number:,}"
    mantissa, exponent = f"{Decimal(number):.3e}".split("e+")
    return f"about {mantissa} · 10{exponent.translate(SUPERSCRIPT)}"


def factor(number: float) -> str:
    """A number inside a product: negative ones in brackets."""
    text = short(number)
    return f"({text})" if text.startswith("−") else text


def barred(name: str) -> str:
    """The adjoint's name: v̄₂."""
    return pretty_name(name, "\u0304")


def dotted(name: str) -> str:
    """The tangent's name: v̇₂."""
    return pretty_name(name, "\u0307")


def equation(tape: Tape, op: Op) -> str:
    """v₂ = x₁ · x₂, with the program's own names."""
    return f"{pretty_name(op.name)} = {formula(tape, op)}"


def formula(tape: Tape, op: Op) -> str:
    """The operation on its arguments' names: x₁ · x₂, ln v₁, atan2(y, x)."""
    names = [pretty_name(a) if isinstance(a, str) else NAMED.get(a) or factor(a) for a in tape.argument_names(op)]
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
        _Term(pretty_name(a) if isinstance(a, str) else NAMED.get(a) or factor(a), value)
        for a, value in zip(tape.argument_names(op), tape.argument_values(op), strict=True)
    ]
    result = PRIMITIVES[op.function].partials[edge.position](_Words(), *names, _Term(pretty_name(op.name), op.value))
    head = f"∂{pretty_name(op.name)}/∂{pretty_name(tape.ops[edge.parent].name)}"
    number = short(edge.partial)
    if isinstance(result, _Term) and result.text not in (number, factor(edge.partial)):  # of v · (−2) that is (−2)
        return f"{head} = {result.text} = {number}"
    return f"{head} = {number}"


def with_epsilon(value: float, tangent: float) -> str:
    """A dual number: 2 + 1ε, 0.5 − 3ε."""
    if tangent < 0:
        return f"{short(value)} − {short(-tangent)}ε"
    return f"{short(value)} + {short(tangent)}ε" if tangent == tangent else f"{short(value)} + undefined ε"
