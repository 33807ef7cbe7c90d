"""A Program as SymPy expressions: the one walk, taken without a point, written down and then built.

No text reaches SymPy: expressions are built from the Program's own operations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import sympy

from explorer.calculus.algebras import COMPARE, LoopOnInput, Silent, whole_number
from explorer.calculus.evaluate import Run
from explorer.calculus.lowering import lower
from explorer.calculus.numbers import REAL
from explorer.calculus.symbolic.functions import BUILD, RELATION, Expression
from explorer.language.program import ExplorerError, Program, Span

# Choices that depend on earlier choices, so many deep: SymPy takes a second to join the cases of three, and 10 of four.
MOST_CHOICES = 3
# Exact integers beyond this many bits are never built: the constant is a double there.
MAX_BITS = 4096


class TooManyCases(ExplorerError):
    """The choices of a program depend on its choices, so that one formula would have to list too many cases."""

    def __init__(self, span: Span) -> None:
        super().__init__(
            f"The choices in line {span.line} depend on each other more than {MOST_CHOICES} deep: one formula would "
            "have too many cases.",
            span,
            "limit",
        )


@dataclass(frozen=True, slots=True)
class _Node:
    """A number of the symbolic walk: its place in the list of distinct operations."""

    index: int


class _Symbols(Silent):
    """The algebra that writes operations down without a point, each distinct one once.

    rows: (function, arguments) with "input", "constant", "relation" and "choose" besides the elementary functions;
    known: the value of a row that depends on no input; choices: how many there are that depend on each other, on the
    way to a row. With a point, `here` has the value of each row there, and decides how often loops run, and with
    `every_way` all else that an input decides.
    """

    def __init__(
        self,
        point: Mapping[str, float] | None = None,
        every_way: bool = False,
        most_choices: float = MOST_CHOICES,
    ) -> None:
        self.rows: list[tuple[Any, ...]] = []
        self.known: list[float | None] = []
        self.choices: list[int] = []
        self.index: dict[tuple[Any, ...], int] = {}
        self.point, self.every_way, self.most_choices = point, every_way, most_choices
        self.here: list[float] = []
        self.open = False  # whether an input has had a say in what the program does
        self.followed: list[Span] = []  # the places of loops' conditions that the point decided
        self.rounds: dict[Span, int] = {}  # of each loop, at its last run

    def row(self, key: tuple[Any, ...], known: float | None) -> _Node:
        found = self.index.get(key)
        if found is None:
            found = self.index[key] = len(self.rows)
            self.rows.append(key)
            self.known.append(known)
            self.choices.append(self._choices_of(key))
            if self.point is not None:
                self.here.append(self._value_here(key) if known is None else known)
        return _Node(found)

    def _choices_of(self, key: tuple[Any, ...]) -> int:
        function, *places = key
        if function in ("input", "constant"):
            return 0
        if function == "relation":
            places = places[1:]
        depths = [self.choices[place] for place in places]
        if function == "choose":
            depths[0] += 1
        return max(depths, default=0)

    def _value_here(self, key: tuple[Any, ...]) -> float:
        assert self.point is not None
        match key:
            case ("input", str(name)):
                return self.point[name]
            case ("relation", operator, a, b):
                return float(COMPARE[operator](self.here[a], self.here[b]))
            case ("choose", condition, then, otherwise):
                return float(self.here[then] if self.here[condition] else self.here[otherwise])
            case (function, *places):
                return float(REAL[function](*(self.here[place] for place in places)))
        raise AssertionError(key)

    def constant(self, value: float) -> _Node:
        return self.row(("constant", value, math.copysign(1.0, value)), value)

    def apply(self, function: str, arguments: list[Any], span: Span) -> _Node:
        places = tuple(a.index for a in arguments)
        known = [self.known[p] for p in places]
        value = REAL[function](*known) if None not in known else None
        return self.row((function, *places), value)

    def decide(self, operator: str, left: _Node, right: _Node, span: Span) -> Any:
        a, b = self.known[left.index], self.known[right.index]
        if a is not None and b is not None:
            return bool(COMPARE[operator](a, b))
        condition = self.row(("relation", operator, left.index, right.index), None)
        self.open = True
        return bool(self.here[condition.index]) if self.every_way else condition

    def follow(self, condition: _Node, span: Span) -> bool:
        if self.point is None:
            raise LoopOnInput(span)
        self.followed.append(span)
        return bool(self.here[condition.index])

    def looped(self, span: Span, iterations: int, call: int) -> None:
        self.rounds[span] = iterations

    def merge(self, condition: _Node, then: _Node, otherwise: _Node, span: Span) -> _Node:
        chosen = self.row(("choose", condition.index, then.index, otherwise.index), None)
        if self.choices[chosen.index] > self.most_choices:
            raise TooManyCases(span)
        return chosen

    def whole(self, value: _Node) -> int | None:
        known = self.here[value.index] if self.every_way else self.known[value.index]
        self.open = self.open or known is None
        return None if known is None else whole_number(known)

    def course(self) -> str:
        """A sentence on what the point has decided; empty where it has decided nothing."""
        if self.every_way:
            return (
                "The program is written out as it runs at this point: the formula holds where all that an input "
                "decides turns out the same."
            )
        spans = sorted(s for s in self.rounds if any(_holds(s, test) for test in self.followed))
        said = [
            f"the loop in line {span.line} is written out with the "
            f"{self.rounds[span]} round{'s' * (self.rounds[span] != 1)} that it has at this point"
            for span in spans
        ]
        if not said:
            return ""
        text = "; ".join(said)
        return f"{text[0].upper()}{text[1:]}: the formula holds where it runs as often."


def _holds(outer: Span, inner: Span) -> bool:
    return (outer.line, outer.column) <= (inner.line, inner.column) and (inner.end_line, inner.end_column) <= (
        outer.end_line,
        outer.end_column,
    )


def expressions(program: Program) -> tuple[list[Expression], list[Any]]:
    """The program's outputs as SymPy expressions, and its inputs as (real) symbols.

    ExplorerError where a constant would need an exact number of more than MAX_BITS bits, and where what the program
    does depends on an input in a way that no one formula has (LoopOnInput and others).
    """
    algebra = _Symbols()
    return _as_expressions(program, algebra, _walk(program, algebra))


def expressions_at(
    program: Program, point: Sequence[float], only: str | None = None
) -> tuple[list[Expression], list[Any], str]:
    """As `expressions`; but what has no one formula is written out for this point, and a sentence says so.

    First only how often loops run is taken from the point; where that does not do (a recursion that an input ends, an
    index that is one, choices that depend on choices), every comparison and every whole number is. With `only` an
    input the others have their numbers at the point.
    """
    at = dict(zip(program.inputs, point, strict=True))
    algebra = _Symbols()
    try:
        outputs = _walk(program, algebra)
    except ExplorerError as refusal:
        if not algebra.open:  # no point would change its course
            raise
        for every_way in (False, True) if isinstance(refusal, LoopOnInput) else (True,):
            algebra = _Symbols(at, every_way)
            try:
                outputs = _walk(program, algebra)
                break
            except ExplorerError:
                pass
        else:
            raise
    held = {name: number(value) for name, value in at.items() if only not in (None, name)}
    return (*_as_expressions(program, algebra, outputs, held), algebra.course())


def _walk(program: Program, algebra: _Symbols) -> list[int]:
    """The rows of the outputs."""
    inputs = [algebra.row(("input", name), None) for name in program.inputs]
    return [output.index for output in Run(lower(program), algebra).outputs(inputs)]


def _as_expressions(
    program: Program, algebra: _Symbols, outputs: list[int], held: Mapping[str, Expression] | None = None
) -> tuple[list[Expression], list[Any]]:
    symbols = {name: sympy.Symbol(name, real=True) for name in program.inputs}
    built = compared(lambda: _build(algebra, {**symbols, **(held or {})}, outputs))
    return [built[output] for output in outputs], [symbols[name] for name in program.inputs]


def operations_of(program: Program, outputs: Sequence[int]) -> tuple[dict[int, tuple[Any, ...]], list[int]]:
    """The distinct operations that some outputs need, without a point, operands first, and the outputs' numbers.

    An operation is (function, its operands' numbers …), ("input", name), ("constant", number, sign), ("relation",
    operator, left, right) or ("choose", condition, if true, if false).
    """
    algebra = _Symbols(most_choices=math.inf)
    nodes = [algebra.row(("input", name), None) for name in program.inputs]
    every = Run(lower(program), algebra).outputs(nodes)
    roots = [every[output].index for output in outputs]
    return {index: algebra.rows[index] for index in _needed(algebra.rows, roots)}, roots


def _build(algebra: _Symbols, symbols: dict[str, Any], roots: list[int]) -> dict[int, Expression]:
    """SymPy expressions of the rows that the roots need, operands first.

    Sums are collected and built at once: adding 1,000 terms one by one costs seconds.
    """
    needed = _needed(algebra.rows, roots)
    uses: dict[int, list[str]] = {}
    for index in needed:
        for argument in _arguments(algebra.rows[index]):
            uses.setdefault(argument, []).append(algebra.rows[index][0])
    built: dict[int, Expression] = {}
    terms: dict[int, list[Expression]] = {}  # sums not yet built, for their only user is a sum
    for index in needed:
        function, *arguments = algebra.rows[index]
        if function in ("add", "sub"):
            a, b = arguments
            right = terms.pop(b, None) or [built[b]]
            parts = (terms.pop(a, None) or [built[a]]) + ([-t for t in right] if function == "sub" else right)
            if uses.get(index) in (["add"], ["sub"]) and index not in roots:
                terms[index] = parts
            else:
                built[index] = sympy.Add(*parts)
        elif function == "input":
            built[index] = symbols[arguments[0]]
        elif function == "constant":
            built[index] = number(arguments[0])
        elif function == "relation":
            operator, a, b = arguments
            built[index] = RELATION[operator](built[a], built[b])
        elif function == "choose":
            condition, a, b = (built[argument] for argument in arguments)
            built[index] = sympy.Piecewise((a, condition), (b, True))
        elif function == "pow":
            built[index] = power(built[arguments[0]], built[arguments[1]], algebra.known[index])
        else:
            built[index] = BUILD[function](*(built[argument] for argument in arguments))
    return built


Built = TypeVar("Built")


def compared(build: Callable[[], Built]) -> Built:
    """What `build` gives; SymPy raises TypeError for comparisons with a number that is not real, also deep inside."""
    try:
        return build()
    except TypeError as error:
        if "comparison" not in str(error):  # another fault, and ours
            raise
        raise ExplorerError(
            "A comparison with a number that is not real has no symbolic form.", kind="domain"
        ) from None


def _arguments(row: tuple[Any, ...]) -> tuple[int, ...]:
    match row[0]:
        case "input" | "constant":
            return ()
        case "relation":
            return row[2:]
        case _:
            return row[1:]


def _needed(rows: list[tuple[Any, ...]], roots: list[int]) -> list[int]:
    """The rows that the roots depend on, in order (operands before their users)."""
    marked = set(roots)
    for index in range(len(rows) - 1, -1, -1):
        if index in marked:
            marked.update(_arguments(rows[index]))
    return sorted(marked)


def number(value: float) -> Expression:
    """A literal: whole numbers and short decimals exactly, π and e by name, others as the double they are."""
    if value == math.pi:
        return sympy.pi
    if value == math.e:
        return sympy.E
    if not math.isfinite(value):
        return sympy.Float(value)
    if value == int(value) and abs(value) < 2**53:
        return sympy.Integer(int(value))
    text = repr(value)
    if "e" not in text and len(text) <= 8:  # 0.1 is meant as 1/10
        return sympy.Rational(text)
    return sympy.Float(value, 17)


def power(base: Expression, exponent: Expression, known: float | None) -> Expression:
    """base^exponent; where it would be an exact number of too many digits, the double that is `known`, or a refusal."""
    if exponent.is_Integer:
        coefficient = base if base.is_Number else base.as_coeff_Mul()[0]
        if coefficient.is_Rational and coefficient not in (0, 1, -1):
            bits = sum(int(part).bit_length() for part in coefficient.as_numer_denom())
            if bits * abs(int(exponent)) > MAX_BITS:
                if known is not None:
                    return sympy.Float(known, 17)
                raise ExplorerError(
                    "The symbolic form would hold a whole number of more than a thousand digits.", kind="limit"
                )
    elif (
        base.is_Rational
        and exponent.is_Rational
        and known is not None
        and max(abs(int(part)) for part in (*base.as_numer_denom(), *exponent.as_numer_denom())) > 10_000
    ):
        return sympy.Float(known, 17)
    return sympy.Pow(base, exponent)
