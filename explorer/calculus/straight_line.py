"""Straight-line code as data: operations in the order of their execution, with branches where a condition is open.

It stands between a Program and generated code. `Builder` makes it: constants are folded with the interpreter's own
functions, an operation that is already there is not done again, and only those identities are used that hold for
every float, bit for bit: a·1 = a, a + (−b) = a − b, (−a)·b = −(a·b).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from explorer.calculus.numbers import REAL, product, small_power
from explorer.language.program import ExplorerError

Operand = int | float  # the index of an operation, or a number
SELECT = "select"  # condition, then, otherwise: the value where the sides of a branch meet
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
TRUTHS = frozenset((*COMPARISONS, "not", "and", "or"))  # what results in a bool


@dataclass
class Branch:
    """Two sides of an open condition (an operation's index), and the selects where they meet, in order."""

    condition: int
    then: list[Item] = field(default_factory=list)
    otherwise: list[Item] = field(default_factory=list)
    selects: list[int] = field(default_factory=list)


Item = int | Branch


@dataclass
class StraightLine:
    """Operations 0 … inputs − 1 are the inputs; `body` holds the others in order of execution, branches nested.

    An operation is a name of PRIMITIVES, a comparison, "choose" (both sides are computed) or SELECT, on operands.
    """

    inputs: int
    functions: list[str]
    arguments: list[tuple[Operand, ...]]
    body: list[Item]
    outputs: tuple[Operand, ...]

    @property
    def size(self) -> int:
        """How many operations it has, the inputs left out."""
        return len(self.functions) - self.inputs

    @property
    def branches(self) -> bool:
        """Whether a condition is open."""
        return any(isinstance(item, Branch) for item in self.body)


def swallowed(function: str, operands: Sequence[Operand]) -> list[int]:
    """The operands whose NaN the function may turn into a number: NaN^0 is 1, 1^NaN is 1, hypot(∞, NaN) is ∞."""
    if function == "pow":
        base, exponent = operands
        found = [base] if isinstance(exponent, int) or exponent == 0.0 else []
        found += [exponent] if isinstance(base, int) or base == 1.0 else []
        return [o for o in found if isinstance(o, int)]
    return [o for o in operands if isinstance(o, int)] if function == "hypot" else []


class TooLarge(ExplorerError):
    """More operations than are worth compiling."""

    def __init__(self, most: int) -> None:
        super().__init__(f"more than {most:,} operations", kind="limit")


class Builder:
    """Writes StraightLine code, operation after operation.

    exact: keep every operation as the interpreter does it, for code that is still to be differentiated; else products
    and signs are simplified and small powers become products.
    """

    def __init__(self, inputs: int, most: int, exact: bool = False) -> None:
        self.inputs, self.most, self.exact = inputs, most, exact
        self.functions = ["input"] * inputs
        self.arguments: list[tuple[Operand, ...]] = [()] * inputs
        self.body: list[Item] = []
        self._block = self.body
        self._scopes: list[dict[tuple[object, ...], int]] = [{}]
        self._path: tuple[tuple[int, bool], ...] = ()
        self._sides: dict[tuple[tuple[int, bool], ...], dict[tuple[object, ...], int]] = {}

    def finished(self, outputs: Sequence[Operand]) -> StraightLine:
        """The code, without what no output needs, and with what only one side of a branch needs in that side."""
        code = StraightLine(self.inputs, self.functions, self.arguments, self.body, tuple(outputs))
        needed: dict[int, object] = {o: code for o in outputs if isinstance(o, int)}
        code.body = _only_needed(code, self.body, [needed], code)[::-1]
        return code

    def apply(self, function: str, *operands: Operand) -> Operand:
        """The operation's result: an operation, or a number where that is known."""
        if not self.exact:
            simpler = self._simplified(function, operands)
            if simpler is not None:
                return simpler
        if function in REAL and not any(isinstance(o, int) for o in operands):
            return REAL[function](*operands)
        return self.operation(function, operands)

    def operation(self, function: str, operands: tuple[Operand, ...]) -> int:
        """The index of the operation, which is there already or is appended."""
        keys: list[object] = [o if isinstance(o, int) else (o, math.copysign(1.0, o)) for o in operands]
        if function in ("add", "mul"):
            keys.sort(key=str)
        key = (function, *keys)
        for scope in reversed(self._scopes):
            if key in scope:
                return scope[key]
        index = self._append(function, operands)
        self._block.append(index)
        self._scopes[-1][key] = index
        return index

    def _append(self, function: str, operands: tuple[Operand, ...]) -> int:
        if len(self.functions) - self.inputs >= self.most:
            raise TooLarge(self.most)
        self.functions.append(function)
        self.arguments.append(operands)
        return len(self.functions) - 1

    # -- branches ------------------------------------------------------------------------------------------------------

    def branch(self, condition: int) -> Branch:
        """A branch begins; fill its sides with `side`, then join with `select`."""
        made = Branch(condition)
        self._block.append(made)
        return made

    @contextmanager
    def side(self, branch: Branch, outcome: bool) -> Iterator[None]:
        """What is written here is done where the condition has the outcome only.

        What an earlier branch on the same condition has computed on that side is known on this one.
        """
        block, path = self._block, self._path
        self._block = branch.then if outcome else branch.otherwise
        self._path = (*path, (branch.condition, outcome))
        self._scopes.append(self._sides.setdefault(self._path, {}))
        try:
            yield
        finally:
            self._scopes.pop()
            self._block, self._path = block, path

    def known(self, condition: int) -> bool | None:
        """How the condition came out, where this place is inside of a branch on it."""
        return next((outcome for open_, outcome in self._path if open_ == condition), None)

    def select(self, branch: Branch, then: Operand, otherwise: Operand) -> Operand:
        """The value after the branch."""
        if same(then, otherwise):
            return then
        index = self._append(SELECT, (branch.condition, then, otherwise))
        branch.selects.append(index)
        return index

    # -- identities that hold bit for bit ------------------------------------------------------------------------------

    def _simplified(self, function: str, operands: tuple[Operand, ...]) -> Operand | None:
        rule = _IDENTITIES.get(function)
        return rule(self, *operands) if rule is not None else None

    def negated(self, operand: Operand) -> Operand | None:
        """a where the operand is the operation −a, else None."""
        return self.arguments[operand][0] if isinstance(operand, int) and self.functions[operand] == "neg" else None


def same(a: Operand, b: Operand) -> bool:
    """Whether two operands are the same operation or the same number: 1 the index is not 1.0, and 0.0 is not −0.0."""
    if isinstance(a, int) or isinstance(b, int):
        return isinstance(a, int) and isinstance(b, int) and a == b
    return a == b and math.copysign(1.0, a) == math.copysign(1.0, b)


def _add(b: Builder, x: Operand, y: Operand) -> Operand | None:
    if (positive := b.negated(y)) is not None:
        return b.apply("sub", x, positive)
    return b.apply("sub", y, positive) if (positive := b.negated(x)) is not None else None


def _sub(b: Builder, x: Operand, y: Operand) -> Operand | None:
    return b.apply("add", x, positive) if (positive := b.negated(y)) is not None else None


def _neg(b: Builder, x: Operand) -> Operand | None:
    return b.negated(x)


def _mul(b: Builder, x: Operand, y: Operand) -> Operand | None:
    for one, other in ((x, y), (y, x)):
        if isinstance(one, float) and abs(one) == 1.0:
            return other if one == 1.0 else b.apply("neg", other)
    return _signs(b, "mul", x, y)


def _div(b: Builder, x: Operand, y: Operand) -> Operand | None:
    if isinstance(y, float) and abs(y) == 1.0:
        return x if y == 1.0 else b.apply("neg", x)
    return _signs(b, "div", x, y)


def _signs(b: Builder, function: str, x: Operand, y: Operand) -> Operand | None:
    """Signs move to the outside of a product or quotient, where a sum absorbs them."""
    p, q = b.negated(x), b.negated(y)
    if p is not None and q is not None:
        return b.apply(function, p, q)
    if p is not None:
        return b.apply(function, p, -y) if isinstance(y, float) else b.apply("neg", b.apply(function, p, y))
    if q is not None:
        return b.apply(function, -x, q) if isinstance(x, float) else b.apply("neg", b.apply(function, x, q))
    return None


def _pow(b: Builder, x: Operand, y: Operand) -> Operand | None:
    if not (isinstance(x, int) and isinstance(y, float)):
        return None
    if y == 1.0:
        return x
    if y == 0.0 and x < b.inputs:  # another operation may be NaN, which the power would swallow
        return 1.0
    return product(lambda p, q: b.apply("mul", p, q), x, int(y)) if small_power(y) else None


_IDENTITIES: dict[str, Callable[..., Operand | None]] = {
    "add": _add, "sub": _sub, "neg": _neg, "mul": _mul, "div": _div, "pow": _pow,
}  # fmt: skip


def _only_needed(code: StraightLine, block: list[Item], needs: list[dict[int, object]], here: object) -> list[Item]:
    """The items of a block that something needs, the last first.

    needs: for this block and those around it, the innermost last, each needed operation with the place that needs it:
    `here` of that block, or the list of one side for what only that side needs, where it is moved to. An operation of a
    side may be needed outside of it, on a later side of the same condition.
    """
    kept: list[Item] = []
    needed = needs[-1]

    def need(operands: Iterable[Operand], place: object) -> None:
        for o in operands:
            if isinstance(o, int):
                needed[o] = place if needed.get(o, place) is place else here

    for item in reversed(block):
        if isinstance(item, int):
            places = [outer.pop(item, None) for outer in needs]
            if any(place is not None for place in places):
                place = here if any(place is not None for place in places[:-1]) else places[-1]
                (place if isinstance(place, list) else kept).append(item)
                need(code.arguments[item], place)
            continue
        selects = []
        for select in item.selects:
            places = [outer.pop(select, None) for outer in needs]
            if any(place is not None for place in places):
                selects.append(select)
        item.selects = selects
        sides: list[list[Item]] = []
        for position, side in ((1, item.then), (2, item.otherwise)):
            within: dict[int, object] = {}
            for select in item.selects:
                if isinstance(operand := code.arguments[select][position], int):
                    within[operand] = within
            sides.append(_only_needed(code, side, [*needs, within], within))
            need(within, sides[-1])
        item.then, item.otherwise = sides
        if item.selects or item.then or item.otherwise:
            need((item.condition,), here)
            kept.append(item)
    for item in kept:
        if isinstance(item, Branch):
            item.then.reverse()
            item.otherwise.reverse()
    return kept
