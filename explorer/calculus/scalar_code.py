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

_INFIX = {c: c for c in (*COMPARISONS, "and", "or")}
# The sign, and how strongly it binds: parentheses stand only where they are needed, they cost the compiler much.
_SUM, _PRODUCT, _ALONE = 1, 2, 3
_BINDING = {"add": ("+", _SUM), "sub": ("-", _SUM), "mul": ("*", _PRODUCT), "div": ("/", _PRODUCT)}
_TEMPLATES = {
    "not": "(not {0})",
    "choose": "({1} if {0} else {2})",
    "relu": "({0} if {0} > 0.0 or {0} != {0} else 0.0)",
}
_DEEPEST = 12  # expressions inside each other


class ScalarWriter:
    """The lines of one function.

    safe: every function as the interpreter has it, which raises nothing outside of its domain.
    """

    def __init__(self, code: StraightLine, safe: bool = False) -> None:
        self.code, self.safe = code, safe
        self.lines: list[str] = []
        self.functions: dict[str, str] = {}  # elementary function → numbered global
        self.uses = _uses(code)
        self.texts = {index: f"x{index}" for index in range(code.inputs)}  # names, and expressions used once
        self.depths: dict[int, int] = {}  # of the expressions
        self.levels: dict[int, int] = {}  # how strongly the expressions bind, where that is less than _ALONE
        self.count = 0

    def source(self) -> str:
        """The function `run`, of the inputs, which returns the outputs as a tuple."""
        parameters = ", ".join(f"x{index}" for index in range(self.code.inputs))
        return "\n".join([f"def run({parameters}):", *self.statements("    ", "return")]) + "\n"

    def statements(self, indent: str, last: str) -> list[str]:
        """The lines that compute the outputs; in the last one they stand as a tuple after these words."""
        self.block(self.code.body, indent)
        outputs = "".join(f"{self.text(o)}, " for o in self.code.outputs)
        return names_used_again([*self.lines, f"{indent}{last} ({outputs})"])

    def globals(self) -> dict[str, Any]:
        """What the source's names stand for, once it is written."""
        table = {**(REAL if self.safe else FAST), RAISED: math.pow}
        functions = {name: table[function] for function, name in self.functions.items()}
        return {"inf": math.inf, "nan": math.nan, "e0": ValueError, **functions}

    def block(self, items: Sequence[Item], indent: str) -> None:
        for item in items:
            if isinstance(item, Branch):
                self.branch(item, indent)
            else:
                self.operation(item, indent)

    def operation(self, index: int, indent: str) -> None:
        function, arguments = self.code.functions[index], self.code.arguments[index]
        if function in SWALLOWING and not self.safe:
            for lost in swallowed(function, arguments):
                if lost >= self.code.inputs:
                    name = self.named(lost, indent)
                    self.lines.append(f"{indent}if {name} != {name}: raise e0")
        if function == "relu":  # its template has the operand three times
            for a in arguments:
                if isinstance(a, int):
                    self.named(a, indent)
        depth = 1
        texts, levels = [], []
        for a in arguments:
            if type(a) is int:
                texts.append(self.texts[a])
                levels.append(self.levels.get(a, _ALONE))
                depth = max(depth, self.depths.get(a, 0) + 1)
            else:
                texts.append(number_text(a))
                levels.append(_ALONE)
        if function == "pow" and isinstance(arguments[1], float) and not self.safe:
            function = RAISED  # no small exponent, or it would be a product by now
        expression, level = self.expression(function, texts, levels)
        if self.uses.get(index) == 1 and depth < _DEEPEST:
            self.texts[index], self.depths[index] = expression, depth
            if level < _ALONE:
                self.levels[index] = level
        else:
            self.assign(index, expression, indent)

    def expression(self, function: str, texts: list[str], levels: list[int]) -> tuple[str, int]:
        """The operation on these texts, and how strongly it binds."""
        binding = _BINDING.get(function)
        if binding is not None and not (self.safe and function == "div"):
            sign, level = binding
            left, right = texts
            if levels[0] < level:
                left = f"({left})"
            if levels[1] <= level:  # a − (b + c), and a + (b + c) too: sums of floats are done in this order
                right = f"({right})"
            return f"{left} {sign} {right}", level
        if function == "neg":
            return f"-{texts[0]}" if levels[0] == _ALONE else f"-({texts[0]})", _SUM
        if function in _INFIX:
            return f"({texts[0]} {_INFIX[function]} {texts[1]})", _ALONE
        if function in _TEMPLATES:
            return _TEMPLATES[function].format(*texts), _ALONE
        name = self.functions.setdefault(function, f"f{len(self.functions)}")
        return f"{name}({', '.join(texts)})", _ALONE

    def assign(self, index: int, expression: str, indent: str) -> None:
        """A name for the operation, with this value."""
        self.texts[index] = name = f"v{self.count}"
        self.levels.pop(index, None)
        self.count += 1
        self.lines.append(f"{indent}{name} = {expression}")

    def named(self, index: int, indent: str) -> str:
        """The name of an operation, which gets one if it was to stand inside an expression."""
        if self.depths.pop(index, 0):
            self.assign(index, self.texts[index], indent)
        return self.texts[index]

    def text(self, operand: Operand) -> str:
        return self.texts[operand] if isinstance(operand, int) else number_text(operand)

    def branch(self, branch: Branch, indent: str) -> None:
        inner = indent + "    "
        for select in branch.selects:  # one name for both sides
            self.texts[select] = f"v{self.count}"
            self.count += 1
        self.lines.append(f"{indent}if {self.text(branch.condition)}:")
        for items, position in ((branch.then, 1), (branch.otherwise, 2)):
            self.block(items, inner)
            for select in branch.selects:
                value = self.text(self.code.arguments[select][position])
                self.lines.append(f"{inner}{self.texts[select]} = {value}")
            if position == 1:
                self.lines.append(f"{indent}else:")


_NAME = re.compile(r"\b(v[0-9]+)")


def names_used_again(lines: list[str]) -> list[str]:
    """The lines with as few names v0, v1, … as do: a name is free after the last line that has it.

    Valid for lines without loops, where no way through the branches goes back to an earlier line.
    """
    split = [_NAME.split(line) for line in lines]  # at the odd places the names
    last = {name: place for place, parts in enumerate(split) for name in parts[1::2]}
    given: dict[str, str] = {}
    free: list[int] = []
    count = 0
    result = []
    for place, parts in enumerate(split):
        names = parts[1::2]
        target = names.pop(0) if names and parts[2].startswith(" = ") and not parts[0].strip() else ""
        parts[3 if target else 1 :: 2] = [given[name] for name in names]
        for name in names:
            if last[name] == place and name in given and name != target:
                heapq.heappush(free, int(given.pop(name)[1:]))
        if target:
            if target not in given:
                if free:
                    given[target] = f"v{heapq.heappop(free)}"
                else:
                    given[target] = f"v{count}"
                    count += 1
            parts[1] = given[target]
            if last[target] == place:  # assigned to on one side, and never read
                heapq.heappush(free, int(given.pop(target)[1:]))
        result.append("".join(parts))
    return result


def number_text(value: float) -> str:
    """A float as it stands in source: what repr gives, negative ones in parentheses, inf and nan as names."""
    text = repr(value)
    return f"({text})" if text.startswith("-") else text


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
