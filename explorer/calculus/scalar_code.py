"""Straight-line code as a Python function of floats.

What is used once stands inside the expression that uses it; the rest goes through local names, used again as soon as
their value is no longer needed, so that few floats are alive. Inside the domain of every function the numbers are
the interpreter's, bit for bit. Outside of it math raises an ArithmeticError or a ValueError, and so does this code
where a function would swallow a NaN, as 0 swallows it in NaN^0: the caller then asks the interpreter.
"""

from __future__ import annotations

import heapq
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from explorer.calculus import generated
from explorer.calculus.numbers import FAST, REAL
from explorer.calculus.straight_line import (
    COMPARISONS,
    RAISED,
    SWALLOWING,
    Branch,
    Item,
    Operand,
    StraightLine,
    swallowed,
)

_LOGIC = {c: c for c in (*COMPARISONS, "and", "or")}
# The sign, and how strongly it binds: parentheses stand only where they are needed, they cost the compiler much.
_SUM, _PRODUCT, _ALONE = 1, 2, 3
_INFIX = {"add": ("+", _SUM), "sub": ("-", _SUM), "mul": ("*", _PRODUCT), "div": ("/", _PRODUCT)}
_SAFE_INFIX = {function: infix for function, infix in _INFIX.items() if function != "div"}  # which raises at 0
_TEMPLATES = {
    "not": "(not {0})",
    "choose": "({1} if {0} else {2})",
    "relu": "({0} if {0} > 0.0 or {0} != {0} else 0.0)",
}
_DEEPEST = 12  # expressions inside each other


# How an operation stands in the source, under a name or as the expression that computes it: its text, how strongly that
# binds, its depth (of expressions inside each other, 0 of a name), and the operations that it mentions by name, each as
# often as it does. A bare tuple: a NamedTuple takes four times as long to make.
_Text = tuple[str, int, int, tuple[int, ...]]


class ScalarWriter:
    """The lines of one function.

    A name is free for another operation after the line with the last use of its own: on no way through the branches is
    an earlier line done after it.

    safe: every function as the interpreter has it, which raises nothing outside of its domain.
    """

    def __init__(self, code: StraightLine, safe: bool = False) -> None:
        self.code, self.safe = code, safe
        self.infix = _SAFE_INFIX if safe else _INFIX
        self.lines: list[str] = []
        self.functions: dict[str, str] = {}  # elementary function → numbered global
        self.uses = _uses(code)
        self.left = self.uses.copy()  # uses that are still to be written
        self.texts: dict[int, _Text] = {index: (f"x{index}", _ALONE, 0, ()) for index in range(code.inputs)}
        self.places: dict[int, int] = {}  # the numbers of the names that operations have
        self.free: list[int] = []  # numbers of names
        self.count = 0

    def source(self) -> str:
        """The function `run`, of the inputs, which returns the outputs as a tuple."""
        parameters = ", ".join(f"x{index}" for index in range(self.code.inputs))
        return "\n".join([f"def run({parameters}):", *self.returned("    ")]) + "\n"

    def returned(self, indent: str) -> list[str]:
        """The lines that compute the outputs and return them as a tuple."""
        self.block(self.code.body, indent)
        outputs = "".join(f"{self.text(o)}, " for o in self.code.outputs)
        return [*self.lines, f"{indent}return ({outputs})"]

    def assignments(self, indent: str, names: Sequence[str]) -> list[str]:
        """The lines that compute the outputs and give them to these names, which may be those of inputs."""
        self.block(self.code.body, indent)
        texts = [self.text(o) for o in self.code.outputs]
        if set(names).isdisjoint(re.findall(r"\w+", " ".join(texts))):  # one by one, which saves a tuple
            return [*self.lines, *[f"{indent}{name} = {text}" for name, text in zip(names, texts, strict=True)]]
        return [*self.lines, f"{indent}{', '.join(names)}, = {', '.join(texts)},"]

    def globals(self) -> dict[str, Any]:
        """What the source's names stand for, once it is written."""
        table = {**(REAL if self.safe else FAST), RAISED: math.pow}
        functions = {name: table[function] for function, name in self.functions.items()}
        return {"inf": math.inf, "nan": math.nan, "e0": ValueError, **functions}

    def block(self, items: Sequence[Item], indent: str) -> None:
        for item in items:
            if type(item) is int:
                self.operation(item, indent)
            else:
                self.branch(item, indent)  # type: ignore[arg-type]

    def operation(self, index: int, indent: str) -> None:
        function, arguments, texts = self.code.functions[index], self.code.arguments[index], self.texts
        infix = self.infix.get(function)
        if infix is not None:
            sign, binds = infix
            a, b = arguments
            left, left_binds, depth, names = texts[a] if type(a) is int else (number_text(a), _ALONE, 0, ())
            right, right_binds, inside, mentioned = texts[b] if type(b) is int else (number_text(b), _ALONE, 0, ())
            if left_binds < binds:
                left = f"({left})"
            if right_binds <= binds:  # a − (b + c), and a + (b + c) too: sums of floats are done in this order
                right = f"({right})"
            expression = f"{left} {sign} {right}"
            depth = (depth if depth > inside else inside) + 1
            names += mentioned
        else:
            expression, binds, depth, names = self.called(function, arguments, indent)
        if depth < _DEEPEST and self.uses.get(index) == 1:
            texts[index] = (expression, binds, depth, names)
        else:
            self.assign(index, expression, names, indent)

    def called(self, function: str, arguments: tuple[Operand, ...], indent: str) -> _Text:
        """The text of any other operation."""
        if function in SWALLOWING and not self.safe:
            for lost in swallowed(function, arguments):
                if lost >= self.code.inputs:
                    name = self.named(lost, indent)
                    self.lines.append(f"{indent}if {name} != {name}: raise e0")
        if function == "relu":  # its template has the operand three times
            for a in arguments:
                if isinstance(a, int):
                    self.named(a, indent)
        if function == "pow" and isinstance(arguments[1], float) and not self.safe:
            function = RAISED  # no small exponent, or it would be a product by now
        parts = [self.texts[a] if type(a) is int else (number_text(a), _ALONE, 0, ()) for a in arguments]
        depth = 1
        names: tuple[int, ...] = ()
        for _, _, inside, mentioned in parts:
            names += mentioned
            if inside >= depth:
                depth = inside + 1
        return *self.expression(function, parts), depth, names

    def expression(self, function: str, parts: Sequence[_Text]) -> tuple[str, int]:
        """The operation on these operands, and how strongly it binds."""
        texts = [text for text, _, _, _ in parts]
        if function == "neg":
            return f"-{texts[0]}" if parts[0][1] == _ALONE else f"-({texts[0]})", _PRODUCT
        if function in _LOGIC:
            return f"({texts[0]} {_LOGIC[function]} {texts[1]})", _ALONE
        if function in _TEMPLATES:
            return _TEMPLATES[function].format(*texts), _ALONE
        name = self.functions.setdefault(function, f"f{len(self.functions)}")
        return f"{name}({', '.join(texts)})", _ALONE

    def assign(self, index: int, expression: str, names: tuple[int, ...], indent: str) -> None:
        """A line that gives the operation a name, perhaps that of an operand which ends here."""
        self.written(names)
        name = self.name(index)
        self.lines.append(f"{indent}{name} = {expression}")
        if not self.left.get(index):
            heapq.heappush(self.free, self.places[index])

    def name(self, index: int) -> str:
        """A name for the operation, from now on."""
        if self.free:
            place = heapq.heappop(self.free)
        else:
            place = self.count
            self.count += 1
        self.places[index] = place
        name = f"v{place}"
        self.texts[index] = (name, _ALONE, 0, (index,))
        return name

    def written(self, names: Sequence[int]) -> None:
        """The names that a line mentions; those whose last use it has are free."""
        left = self.left
        for index in names:
            left[index] -= 1
            if not left[index]:
                heapq.heappush(self.free, self.places[index])

    def named(self, index: int, indent: str) -> str:
        """The name of an operation, which gets one if it was to stand inside an expression."""
        text, _, depth, names = self.texts[index]
        if depth:
            self.assign(index, text, names, indent)
        return self.texts[index][0]

    def text(self, operand: Operand) -> str:
        """An operand's text in the next line."""
        if not isinstance(operand, int):
            return number_text(operand)
        text, _, _, names = self.texts[operand]
        self.written(names)
        return text

    def branch(self, branch: Branch, indent: str) -> None:
        inner = indent + "    "
        for select in branch.selects:  # one name for both sides
            self.name(select)
        lines = self.lines
        lines.append(f"{indent}if {self.text(branch.condition)}:")
        for items, position in ((branch.then, 1), (branch.otherwise, 2)):
            start = len(lines)
            self.block(items, inner)
            for select in branch.selects:
                name = self.texts[select][0]
                lines.append(f"{inner}{name} = {self.text(self.code.arguments[select][position])}")
            if len(lines) == start:  # all that is done here stands inside an expression of a later branch
                lines.append(f"{inner}0")
            if position == 1:
                lines.append(f"{indent}else:")


def number_text(value: float) -> str:
    """A float as it stands in source: what repr gives, inf and nan as names; a sign binds more strongly than ·."""
    return repr(value)


def _uses(code: StraightLine) -> dict[int, int]:
    """How often each operation is used; a value that goes through a branch counts as used often."""
    uses: dict[int, int] = {}
    get, arguments = uses.get, code.arguments
    read: list[Operand] = [*code.outputs]
    pending: list[Item] = list(code.body)
    while pending:
        item = pending.pop()
        if isinstance(item, Branch):
            read.append(item.condition)
            for select in item.selects:
                read += arguments[select][1:]
            pending += item.then
            pending += item.otherwise
        else:
            read += arguments[item]
    for o in read:
        if type(o) is int:
            uses[o] = get(o, 0) + 1
    return uses


def scalar_function(code: StraightLine, safe: bool = False) -> Callable[..., tuple[float, ...]]:
    """The compiled function: of floats, one an input, it returns the outputs; see this module for what it raises."""
    writer = ScalarWriter(code, safe)
    return generated.function(writer.source(), writer.globals())
