"""The Program: what a text says, as a small frozen tree, each node with its place in the text."""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self, TypeVar, Union, cast, dataclass_transform

from explorer.language.limits import RUN_LIMITS

ErrorKind = Literal["syntax", "name", "arity", "domain", "limit", "timeout", "request", "internal"]


# What reads the first, second … place of a tuple: namedtuple's own, which is done in half of a property's time.
_ROW = vars(namedtuple("Row", "a b c d e f g h i j k l"))
_PLACES = [_ROW[name] for name in "abcdefghijkl"]


@dataclass_transform(frozen_default=True)
class Record(type):
    """Makes a kind of record of its annotations: a tuple with a name for each place, and the defaults given there.

    A text of 200 lines has 6,000 tokens, places and nodes: a frozen dataclass is made in four times as long as these,
    and the 26 kinds of nodes took longer to be declared than the rest of this floor.
    """

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> Record:
        fields = tuple(body.get("__annotations__", ()))
        defaults = {field: body[field] for field in fields if field in body}
        body.update(zip(fields, _PLACES[: len(fields)], strict=True))
        return super().__new__(
            mcs, name, bases, {**body, "__slots__": (), "__match_args__": fields, "_defaults": defaults}
        )

    if not TYPE_CHECKING:  # for a type checker each kind has the fields that it declares

        def __call__(cls, *values, **named):
            names = cls.__match_args__
            if named or len(values) != len(names):
                rest = names[len(values) :]
                given = cls._defaults | named
                if not named.keys() <= set(rest) <= given.keys() or len(values) > len(names):
                    raise TypeError(f"{cls.__name__} has the fields {', '.join(names)}")
                values += tuple(given[name] for name in rest)
            return type.__call__(cls, values)


_R = TypeVar("_R")


def maker(kind: type[_R]) -> Callable[[tuple[Any, ...]], _R]:
    """kind(*values) for a tuple of all values of a Record, unchecked: in a fifth of the time, for the readers."""
    made: Callable[[tuple[Any, ...]], _R] = type.__call__.__get__(kind)
    return made


class Span(tuple[int, int, int, int], metaclass=Record):
    """A place in the source: lines count from 1, columns from 0, as in Python; the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int

    def to(self, other: Span) -> Span:
        """The span from the start of this one to the end of the other."""
        return new_span((self[0], self[1], other[2], other[3]))

    def __repr__(self) -> str:
        return f"Span({', '.join(map(str, self))})"


new_span = maker(Span)


NOWHERE = Span(1, 0, 1, 0)


class ExplorerError(Exception):
    """What the user can repair: a sentence in plain words, its place, and its kind (see shared contract).

    `repair` is the whole text as it was probably meant, where that can be said; else empty.
    """

    def __init__(self, message: str, span: Span = NOWHERE, kind: ErrorKind = "syntax", repair: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.kind: ErrorKind = kind
        self.repair = repair


if TYPE_CHECKING:
    Fields = object  # that a record is a tuple is nobody's business
else:
    Fields = tuple


class Node(Fields, metaclass=Record):
    """A part of a Program; its last field is its place, which takes no part in comparisons."""

    if not TYPE_CHECKING:

        def __eq__(self, other):
            return type(self) is type(other) and self[:-1] == other[:-1]

        def __ne__(self, other):
            return not self == other

        def __hash__(self):
            return hash((type(self), self[:-1]))

    def at(self, span: Span) -> Self:
        """The same node in another place."""
        kind: Any = type(self)
        values: Any = self
        return cast("Self", kind(*values[:-1], span))

    def __repr__(self) -> str:
        kind: Any = type(self)
        values: Any = self
        fields = zip(kind.__match_args__, values, strict=True)
        return f"{kind.__name__}({', '.join(f'{name}={value!r}' for name, value in fields)})"


class Constant(Node):
    """A number. `text` is how it was written ("pi", "0.1"), for display only."""

    value: float
    text: str
    span: Span = NOWHERE


class Name(Node):
    """An input or an assigned name."""

    name: str
    span: Span = NOWHERE


class Apply(Node):
    """An elementary function, by its canonical name in PRIMITIVES ("add", "log"), on arguments."""

    function: str
    arguments: tuple[Expression, ...]
    span: Span = NOWHERE


class Compare(Node):
    """left operator right, operator one of < <= > >= == !=. Chains are And of Compares."""

    operator: str
    left: Expression
    right: Expression
    span: Span = NOWHERE


class Logic(Node):
    """operator "and", "or" (two or more conditions) or "not" (one), evaluated from the left, lazily."""

    operator: str
    conditions: tuple[Condition, ...]
    span: Span = NOWHERE


class Choose(Node):
    """`then if condition else otherwise`: only the side taken is evaluated."""

    condition: Condition
    then: Expression
    otherwise: Expression
    span: Span = NOWHERE


class Call(Node):
    """A call of one of the program's own functions."""

    function: str
    arguments: tuple[Expression, ...]
    span: Span = NOWHERE


class ListOf(Node):
    """A list of numbers, written out."""

    items: tuple[Expression, ...]
    span: Span = NOWHERE


class Item(Node):
    """items[index]; a negative index counts from the end."""

    items: Expression
    index: Expression
    span: Span = NOWHERE


class Length(Node):
    """len(items)."""

    items: Expression
    span: Span = NOWHERE


class Repeat(Node):
    """[items] * count: a list repeated a number of times that depends on no input."""

    items: Expression
    count: Expression
    span: Span = NOWHERE


class Range(Node):
    """range(start, stop, step): whole numbers that depend on no input."""

    start: Expression
    stop: Expression
    step: Expression
    span: Span = NOWHERE


class Zip(Node):
    """zip(items, …): lists that a loop goes through side by side, as far as the shortest; stands in a for only."""

    items: tuple[Expression, ...]
    span: Span = NOWHERE


class Enumerate(Node):
    """enumerate(items, start): a loop counts beside the items; stands in a for only."""

    items: Expression
    start: Expression
    span: Span = NOWHERE


class Collect(Node):
    """[value for variable in items]."""

    value: Expression
    variable: Target
    items: Expression
    span: Span = NOWHERE


class Fold(Node):
    """The items of a list combined from the left by "add", "mul", "min" or "max"."""

    function: str
    items: Expression
    span: Span = NOWHERE


Condition = Compare | Logic
# What a loop assigns to: a name, or several in round brackets for an item that is a list, or for lists side by side.
Target = Union[str, tuple["Target", ...]]  # noqa: UP007 - it names itself
Expression = (
    Constant | Name | Apply | Choose | Call | ListOf | Item | Length | Repeat | Range | Zip | Enumerate | Collect | Fold
)


class Assign(Node):
    """name = value."""

    name: str
    value: Expression
    span: Span = NOWHERE


class AssignSeveral(Node):
    """names = value, a list with as many items (a, b = b, a)."""

    names: tuple[str, ...]
    value: Expression
    span: Span = NOWHERE


class AssignItem(Node):
    """name[index] = value."""

    name: str
    index: Expression
    value: Expression
    span: Span = NOWHERE


class Append(Node):
    """name.append(value): the list gets one item more."""

    name: str
    value: Expression
    span: Span = NOWHERE


class If(Node):
    """if condition: then else: otherwise."""

    condition: Condition
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]
    span: Span = NOWHERE


class While(Node):
    """while condition: body."""

    condition: Condition
    body: tuple[Statement, ...]
    span: Span = NOWHERE


class For(Node):
    """for variable in items: body."""

    variable: Target
    items: Expression
    body: tuple[Statement, ...]
    span: Span = NOWHERE


class Break(Node):
    """break."""

    span: Span = NOWHERE


class Continue(Node):
    """continue."""

    span: Span = NOWHERE


class Return(Node):
    """return values (one or several)."""

    values: tuple[Expression, ...]
    span: Span = NOWHERE


# For the readers, which make thousands of them.
new_constant = maker(Constant)
new_name = maker(Name)
new_apply = maker(Apply)
new_compare = maker(Compare)
new_logic = maker(Logic)
new_choose = maker(Choose)
new_list = maker(ListOf)
new_item = maker(Item)
new_range = maker(Range)
new_assign = maker(Assign)
new_assign_several = maker(AssignSeveral)
new_if = maker(If)
new_while = maker(While)
new_for = maker(For)

Statement = Assign | AssignSeveral | AssignItem | Append | If | While | For | Break | Continue | Return


class Function(Node):
    """A function of the program; the parameters of the last one are the program's inputs."""

    name: str
    parameters: tuple[str, ...]
    body: tuple[Statement, ...]
    span: Span = NOWHERE


class Note(NamedTuple):
    """How an ambiguous writing was read, in words, with its place."""

    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a run of a Program is stopped; RUN_LIMITS says what each number counts."""

    steps: int = RUN_LIMITS["steps"][0]
    depth: int = RUN_LIMITS["depth"][0]
    operations: int = RUN_LIMITS["operations"][0]
    items: int = RUN_LIMITS["items"][0]
    paths: int = RUN_LIMITS["paths"][0]

    @staticmethod
    def of(numbers: object) -> Limits:
        """The limits with these numbers in place of the usual ones; ExplorerError where one is none or out of range."""
        if not isinstance(numbers, Mapping):
            raise ExplorerError("“limits” must give a number for each name.", kind="request")
        for name, number in numbers.items():
            if name not in RUN_LIMITS:
                raise ExplorerError(f"There is no limit “{name}”; limits: {', '.join(RUN_LIMITS)}.", kind="request")
            _, least, most, _ = RUN_LIMITS[name]
            if not isinstance(number, int) or isinstance(number, bool) or not least <= number <= most:
                said = f"The limit “{name}” is a whole number from {least:,} to {most:,}."
                raise ExplorerError(said, kind="request")
        return Limits(**numbers)


DEFAULT_LIMITS = Limits()


def names_in(target: Target) -> tuple[str, ...]:
    """The names that a loop assigns to, from the left."""
    return (target,) if isinstance(target, str) else tuple(name for part in target for name in names_in(part))


@dataclass(frozen=True, slots=True)
class Program:
    """A validated text. The last of `functions` is the one that is differentiated.

    Two texts that say the same compare equal: source, spans, notes and limits do not take part.
    """

    source: str = field(compare=False)
    functions: tuple[Function, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    notes: tuple[Note, ...] = field(compare=False, default=())
    limits: Limits = field(compare=False, default=DEFAULT_LIMITS)

    def __eq__(self, other: object) -> bool:
        """By a loop: a sum of 1,200 terms is a tree 1,200 deep, on which the generated comparison overflows."""
        if not isinstance(other, Program):
            return NotImplemented
        pairs: list[tuple[Any, Any]] = [
            ((self.functions, self.inputs, self.outputs), (other.functions, other.inputs, other.outputs))
        ]
        while pairs:
            a, b = pairs.pop()
            if type(a) is not type(b):
                return False
            if isinstance(a, Node):
                a, b = a[:-1], b[:-1]  # type: ignore[index]
            if isinstance(a, tuple) and isinstance(b, tuple):
                if len(a) != len(b):
                    return False
                pairs.extend(zip(a, b, strict=True))
            elif a != b:
                return False
        return True

    def __hash__(self) -> int:
        return hash((self.inputs, self.outputs, len(self.functions)))

    @property
    def main(self) -> Function:
        """The function that is differentiated."""
        return self.functions[-1]


def places_of(program: Program, name: str) -> tuple[Span, ...]:
    """Where the function that is differentiated reads a name, in the order of the text."""
    found: set[Span] = set()
    parts: list[Any] = [program.main.body]
    while parts:
        part = parts.pop()
        if isinstance(part, Name) and part.name == name:
            found.add(part.span)
        else:
            parts.extend(_within(part))
    return tuple(sorted(found))


def input_at(program: Program, span: Span) -> str | None:
    """The input that the function's first line names, or that it reads, at this place; none where it gives the name
    another value somewhere."""
    if _holds(program.main.span, span) and (word := _word_at(program.source, span)) in program.inputs:
        return word
    read: str | None = None
    assigned: set[str] = set()
    parts: list[Any] = [program.main.body]
    while parts:
        part = parts.pop()
        if isinstance(part, Name):
            if _holds(part.span, span):
                read = part.name
        elif isinstance(part, Assign | AssignItem | Append):
            assigned.add(part.name)
        elif isinstance(part, AssignSeveral):
            assigned.update(part.names)
        elif isinstance(part, For):
            assigned.update(names_in(part.variable))
        parts.extend(_within(part))
    return read if read in program.inputs and read not in assigned else None


def name_at(program: Program, span: Span) -> tuple[str, Span] | None:
    """The name that is read at this place, or that is given a value there, with the place of the value then."""
    word = _word_at(program.source, span)
    parts: list[Any] = [function.body for function in program.functions]
    while parts:
        part = parts.pop()
        if isinstance(part, Name) and _holds(part.span, span):
            return part.name, NOWHERE
        if isinstance(part, Assign) and _holds(part.span, span) and not _holds(part.value.span, span):
            return part.name, part.value.span
        if isinstance(part, AssignSeveral) and _holds(part.span, span) and word in part.names:
            return word, part.value.span
        parts.extend(_within(part))
    return None


def _within(part: Any) -> Iterator[Any]:
    """The parts of a part, but for its texts, numbers and places: nine tenths of all that there is."""
    return (inner for inner in part if isinstance(inner, tuple) and not isinstance(inner, Span))


def _holds(outer: Span, inner: Span) -> bool:
    return outer[:2] <= inner[:2] and inner[2:] <= outer[2:]


def _word_at(source: str, span: Span) -> str:
    lines = source.split("\n")
    words = re.finditer(r"\w+", lines[span.line - 1] if span.line <= len(lines) else "")
    return next((word[0] for word in words if word.start() <= span.column < word.end()), "")
