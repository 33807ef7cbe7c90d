"""Expressions as Python writes them."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from typing import Any

from explorer.calculus.numbers import REAL

_WORKED_OUT = ("add", "sub", "mul", "neg")  # where all arguments are numbers
_OPERATORS = {"add": ("+", 1), "sub": ("-", 1), "mul": ("*", 2), "div": ("/", 2)}
_PYTHON = {
    "log": "math.log", "sqrt": "math.sqrt", "abs": "abs", "min": "min", "max": "max", "floor": "math.floor",
    "ceil": "math.ceil", "cbrt": "math.cbrt", "erf": "math.erf",
}  # fmt: skip
OWN = {  # what Python's math lacks
    "sign": "def sign(x): return (x > 0) - (x < 0)",
    "heaviside": "def heaviside(x): return 0.5 if x == 0 else float(x > 0)",
    "sigmoid": "def sigmoid(x): return 0.5*(1 + math.tanh(0.5*x))",
    "relu": "def relu(x): return max(x, 0.0)",
    "softplus": "def softplus(x): return max(x, 0.0) + math.log1p(math.exp(-abs(x)))",
    "cbrt": "def cbrt(x): return math.copysign(abs(x)**(1/3), x)",
}

_RESERVED = {"math", "stack", "abs", "min", "max", "range", *OWN, *keyword.kwlist}
_OURS = re.compile(r"result\d*|.*_(bar|adjoint)")  # names that an adjoint program gives itself


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of Python with how tightly it binds: 0 a choice, 1 a sum, 2 a product, 3 a sign, 4 a power, 9 a name."""

    text: str
    binding: int = 9
    value: float | None = None  # of a number

    def inside(self, binding: int) -> str:
        return self.text if self.binding >= binding else f"({self.text})"


class Printer:
    """The elementary functions on texts: a primitive's partial becomes Python, with what is constant in it worked out.

    Collects the own functions that it needs.
    """

    def __init__(self) -> None:
        self.own_functions: set[str] = set()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name == "choose":
            return self._choose
        if name in ("equal", "less"):
            return lambda a, b: self._compared("==" if name == "equal" else "<", text_of(a), text_of(b))
        return lambda *arguments: self._partial(name, [text_of(a) for a in arguments])

    def _compared(self, sign: str, a: Text, b: Text) -> Text:
        if a.value is not None and b.value is not None:
            return text_of(a.value == b.value if sign == "==" else a.value < b.value)
        return Text(f"{a.inside(1)} {sign} {b.inside(1)}", 0)

    def _partial(self, name: str, arguments: list[Text]) -> Text:
        """A call in a partial: with numbers alone it is one, and a first power is its base."""
        values = [a.value for a in arguments if a.value is not None]
        if name in _WORKED_OUT and len(values) == len(arguments):
            return text_of(REAL[name](*values))
        if name == "pow" and arguments[1].value in (0.0, 1.0):
            return arguments[0] if arguments[1].value else text_of(1.0)
        return self.apply(name, arguments)

    def _choose(self, condition: Text, then: Any, otherwise: Any) -> Text:
        if condition.value is not None:
            return text_of(then if condition.value else otherwise)
        return Text(f"{text_of(then).inside(1)} if {condition.text} else {text_of(otherwise).inside(1)}", 0)

    def apply(self, name: str, arguments: list[Text]) -> Text:
        """The call of an elementary function as Python writes it."""
        if name in _OPERATORS:
            sign, binding = _OPERATORS[name]
            left, right = arguments[0].inside(binding), arguments[1].inside(binding + (name in ("sub", "div")))
            if name == "mul" and "1" in (left, right):
                return arguments[1] if left == "1" else arguments[0]
            space = " " if binding == 1 else ""
            return Text(f"{left}{space}{sign}{space}{right}", binding)
        if name == "neg":
            return Text(f"-{arguments[0].inside(3)}", 3)
        if name == "pow":
            return Text(f"{arguments[0].inside(9)}**{arguments[1].inside(4)}", 4)
        if name in OWN:
            self.own_functions.add(name)
            function = name
        else:
            function = _PYTHON.get(name, f"math.{name}")
        return Text(f"{function}({', '.join(a.text for a in arguments)})")


def text_of(value: Any) -> Text:
    """A text as it is, or a number as Python writes it."""
    if isinstance(value, Text):
        return value
    number = float(value)
    if number != number:
        return Text("math.nan")
    if number in (float("inf"), float("-inf")):
        return Text("math.inf" if number > 0 else "-math.inf", 9 if number > 0 else 3)
    text = repr(number).removesuffix(".0")
    return Text(text, 3 if text.startswith("-") else 9, number)


def own_name(name: str, others: Container[str] = ()) -> str:
    """A function's name; a formula, which has none, is called f where no other is."""
    return "f" if name in ("", "main") and "f" not in others else name


def python_names(names: Iterable[str]) -> dict[str, str]:
    """For each name one that Python reads and that hides nothing which the program needs: lambda is lambda_."""
    taken, found = set(names), {}
    for name in names:
        known = name if name.isidentifier() else "".join(c if c.isalnum() else "_" for c in name)
        while known in _RESERVED or _OURS.fullmatch(known) or (known != name and known in taken):
            known += "_"
        taken.add(known)
        found[name] = known
    return found
