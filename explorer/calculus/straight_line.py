"""Straight-line code as data: operations in the order of their execution, with branches where a condition is open.

It stands between a Program and generated code. `Builder` makes it: constants are folded with the interpreter's own
functions, an operation that is already there is not done again, and only those identities are used that hold for
every float, bit for bit: a·1 = a, a + (−b) = a − b, (−a)·b = −(a·b), 100·(2·a) = 200·a,
0 + (−a − b) = 0 − (a + b), 0 + a² = a² (it is never −0).

A little longer than 300 lines: the identities and what is not needed belong to the Builder that uses them.
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
RAISED = (
    "raised"  # a power as C's pow computes it, whatever the exponent; a program's "pow" is a product for small ones
)
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

    An operation is a name of PRIMITIVES, a comparison, "choose" (both sides are computed), SELECT or RAISED.
    guards: comparisons that must have these outcomes where the code is to be that of its program.
    """

    inputs: int
    functions: list[str]
    arguments: list[tuple[Operand, ...]]
    body: list[Item]
    outputs: tuple[Operand, ...]
    guards: tuple[tuple[int, bool], ...] = ()

    @property
    def size(self) -> int:
        """How many operations it has, the inputs left out."""
        return len(self.functions) - self.inputs

    @property
    def branches(self) -> bool:
        """Whether a condition is open."""
        return any(isinstance(item, Branch) for item in self.body)


SWALLOWING = ("pow", "hypot")


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
        self._end = inputs + most
        self.rules = {} if exact else _IDENTITIES
        self._branched = False
        self.functions = ["input"] * inputs
        self.arguments: list[tuple[Operand, ...]] = [()] * inputs
        self.body: list[Item] = []
        self._block = self.body
        self._scopes: list[dict[tuple[object, ...], int]] = [{}]
        self._path: tuple[tuple[int, bool], ...] = ()
        self._sides: dict[tuple[tuple[int, bool], ...], dict[tuple[object, ...], int]] = {}

    def finished(self, outputs: Sequence[Operand], guards: Iterable[tuple[int, bool]] = ()) -> StraightLine:
        """The code, without what no output needs, and with what only one side of a branch needs in that side."""
        code = StraightLine(self.inputs, self.functions, self.arguments, self.body, tuple(outputs), tuple(guards))
        if not self._branched:
            code.body = _needed_of(code)
            return code
        needed: dict[int, object] = {o: code for o in (*outputs, *dict(code.guards)) if isinstance(o, int)}
        code.body = _only_needed(code, self.body, [needed], code)[::-1]
        return code

    def apply(self, function: str, *operands: Operand) -> Operand:
        """The operation's result: an operation, or a number where that is known."""
        rule = self.rules.get(function)
        return self.plain(function, *operands) if rule is None else rule(self, *operands)

    def plain(self, function: str, *operands: Operand) -> Operand:
        """The same without simplification."""
        for o in operands:
            if type(o) is int:
                return self.operation(function, operands)
        return REAL[function](*operands)

    def operation(self, function: str, operands: tuple[Operand, ...]) -> int:
        """The index of the operation, which is there already or is appended."""
        key: tuple[object, ...]
        if len(operands) == 2:
            a, b = operands
            if type(a) is int and type(b) is int:
                key = (function, b, a) if b < a and function in _COMMUTATIVE else (function, a, b)
            else:
                key = _key(function, a, b)
        else:
            key = (function, *[o if type(o) is int else _distinct(o) for o in operands])
        for scope in self._scopes:
            if key in scope:
                return scope[key]
        functions = self.functions
        index = len(functions)
        if index >= self._end:
            raise TooLarge(self.most)
        functions.append(function)
        self.arguments.append(operands)
        self._block.append(index)
        scope[key] = index
        return index

    # -- branches ------------------------------------------------------------------------------------------------------

    def branch(self, condition: int) -> Branch:
        """A branch begins; fill its sides with `side`, then join with `select`."""
        made = Branch(condition)
        self._branched = True
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
        index = len(self.functions)
        if index >= self._end:
            raise TooLarge(self.most)
        self.functions.append(SELECT)
        self.arguments.append((branch.condition, then, otherwise))
        branch.selects.append(index)
        return index


_COMMUTATIVE = ("add", "mul")


def _key(function: str, a: Operand, b: Operand) -> tuple[object, ...]:
    """What tells this operation, one of whose operands is a number, from others."""
    if type(a) is not int:
        if type(b) is not int:
            return (function, _distinct(a), _distinct(b))
        return (function, b, a if a else _distinct(a), function in _COMMUTATIVE)
    return (function, a, b if b else _distinct(b), True)


def _distinct(number: float) -> complex:
    """A key for a number: 1.0 is another one than the operation 1, and −0.0 than 0.0."""
    return complex(number, math.copysign(1.0, number))


def same(a: Operand, b: Operand) -> bool:
    """Whether two operands are the same operation or the same number: 1 the index is not 1.0, and 0.0 is not −0.0."""
    if isinstance(a, int) or isinstance(b, int):
        return isinstance(a, int) and isinstance(b, int) and a == b
    return a == b and math.copysign(1.0, a) == math.copysign(1.0, b)


# -- identities that hold bit for bit ------------------------------------------------------------------------------


def _negated(b: Builder, operand: Operand) -> Operand | None:
    """a where the operand is the operation −a, else None."""
    return b.arguments[operand][0] if type(operand) is int and b.functions[operand] == "neg" else None


def _add(b: Builder, x: Operand, y: Operand) -> Operand:
    functions = b.functions
    if type(y) is int:
        if functions[y] == "neg":
            return _sub(b, x, b.arguments[y][0])
        if type(x) is not int:
            if functions[y] == "sub" and x == 0.0 and math.copysign(1.0, x) > 0:
                # Where a sweep ends: 0 + (−p − q) = 0 − (p + q), zeros included, which 0 + makes positive.
                left, right = b.arguments[y]
                if (positive := _negated(b, left)) is not None:
                    return _sub(b, x, _add(b, positive, right))
            if x == 0.0 and _never_minus_zero(b, y):
                return y
            return b.operation("add", (x, y))
    elif type(x) is not int:
        return x + y
    return _sub(b, y, b.arguments[x][0]) if functions[x] == "neg" else b.operation("add", (x, y))


def _never_minus_zero(b: Builder, operand: Operand, depth: int = 3) -> bool:
    """Whether no point makes the operand −0, as far as the last few operations show; then 0 + it is it, bit for bit."""
    if type(operand) is not int:
        return operand != 0.0 or math.copysign(1.0, operand) > 0
    function, arguments = b.functions[operand], b.arguments[operand]
    if function in ("exp", "abs"):
        return True
    if not depth or function not in ("add", "sub", "mul"):
        return False
    x, y = arguments
    if function == "mul":
        if type(x) is not int:
            x, y = y, x
        # A number below 1 may bring one below 0 down to −0.
        return same(x, y) or (type(y) is not int and y >= 1.0 and _never_minus_zero(b, x, depth - 1))
    if function == "sub" and type(y) is not int:
        return y != 0.0 or _never_minus_zero(b, x, depth - 1)
    return _never_minus_zero(b, x, depth - 1) or (function == "add" and _never_minus_zero(b, y, depth - 1))


def _sub(b: Builder, x: Operand, y: Operand) -> Operand:
    if type(y) is int:
        if b.functions[y] == "neg":
            return _add(b, x, b.arguments[y][0])
        if type(x) is int and b.functions[x] == "neg" and b.arguments[x][0] == y:
            return _mul(b, -2.0, y)
    elif type(x) is not int:
        return x - y
    return b.operation("sub", (x, y))


def _neg(b: Builder, x: Operand) -> Operand:
    if type(x) is not int:
        return -x
    return b.arguments[x][0] if b.functions[x] == "neg" else b.operation("neg", (x,))


def _mul(b: Builder, x: Operand, y: Operand) -> Operand:
    if type(x) is int:
        if type(y) is int:
            if b.functions[x] == "neg" or b.functions[y] == "neg":
                return _signs(b, "mul", x, y)
            return b.operation("mul", (x, y))
        number, operand = y, x
    elif type(y) is int:
        number, operand = x, y
    else:
        return x * y
    if number == 1.0:
        return operand
    if number == -1.0:
        return _neg(b, operand)
    inner = b.functions[operand]
    if inner == "mul" and (scaled := _scaled(b, number, operand)) is not None:
        return scaled
    return _signs(b, "mul", x, y) if inner == "neg" else b.operation("mul", (x, y))


def _scaled(b: Builder, outer: float, y: int) -> Operand | None:
    """outer·(2ⁿ·a) as one product, where neither factor can bring a result back from ∞ or lose digits below."""
    p, q = b.arguments[y]
    if type(p) is int:
        p, q = q, p
    if type(p) is int or not 1.0 <= abs(outer) <= 1e100:
        return None
    return _mul(b, outer * p, q) if 1.0 < abs(p) <= 1e100 and abs(math.frexp(p)[0]) == 0.5 else None


def _div(b: Builder, x: Operand, y: Operand) -> Operand:
    if type(y) is not int:
        if type(x) is not int:
            return b.plain("div", x, y)
        if y == 1.0:
            return x
        if y == -1.0:
            return _neg(b, x)
    return _signs(b, "div", x, y)


def _signs(b: Builder, function: str, x: Operand, y: Operand) -> Operand:
    """A product or quotient with its signs moved to the outside, where a sum absorbs them."""
    p, q = _negated(b, x), _negated(b, y)
    if p is None:
        if q is None:
            return b.operation(function, (x, y))
        return b.apply(function, -x, q) if type(x) is float else _neg(b, b.apply(function, x, q))
    if q is not None:
        return b.apply(function, p, q)
    return b.apply(function, p, -y) if type(y) is float else _neg(b, b.apply(function, p, y))


def _pow(b: Builder, x: Operand, y: Operand) -> Operand:
    if type(x) is int and type(y) is float:
        if y == 1.0:
            return x
        if y == 0.0 and x < b.inputs:  # another operation may be NaN, which the power would swallow
            return 1.0
        if small_power(y):
            power: Operand = product(lambda p, q: _mul(b, p, q), x, int(y))
            return power
    return b.plain("pow", x, y)


_IDENTITIES: dict[str, Callable[..., Operand]] = {
    "add": _add, "sub": _sub, "neg": _neg, "mul": _mul, "div": _div, "pow": _pow,
}  # fmt: skip


def _needed_of(code: StraightLine) -> list[Item]:
    """The body of a code without branches, without what no output or guard needs."""
    needed = {o for o in (*code.outputs, *dict(code.guards)) if type(o) is int}
    arguments = code.arguments
    kept: list[Item] = []
    for item in reversed(code.body):
        if item in needed:
            kept.append(item)
            for o in arguments[item]:
                if type(o) is int:
                    needed.add(o)
    return kept[::-1]


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
        if len(needs) == 1 and isinstance(item, int):
            place = needed.pop(item, None)
            if place is here:
                kept.append(item)
                for o in code.arguments[item]:
                    if type(o) is int:
                        needed[o] = here
            elif place is not None:
                assert isinstance(place, list)
                place.append(item)
                need(code.arguments[item], place)
            continue
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
