"""A program in the shape that its adjoint can be written in: names that Python reads, returns at the ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from explorer.calculus.adjoint.lines import NotCovered
from explorer.calculus.adjoint.python_text import python_names
from explorer.language.program import (
    Append,
    Assign,
    AssignItem,
    AssignSeveral,
    Call,
    Collect,
    For,
    Function,
    If,
    Name,
    Program,
    Return,
    Span,
    Statement,
    While,
    names_in,
)

# Nodes whose texts are names of values or of own functions.
_NAMING = (Name, Assign, AssignSeveral, AssignItem, Append, For, Collect, Call)


def with_python_names(program: Program) -> Program:
    """The program with other names for those that Python would not read, or that hide what its adjoint needs."""
    names: dict[str, None] = dict.fromkeys(name for f in program.functions for name in (f.name, *f.parameters))
    for function in program.functions:
        names |= dict.fromkeys(assigned_in(function.body))
    new = {old: name for old, name in python_names(names).items() if old != name}
    if not new:
        return program
    functions = tuple(
        Function(new.get(f.name, f.name), tuple(new.get(p, p) for p in f.parameters), _renamed(f.body, new), f.span)
        for f in program.functions
    )
    return replace(program, functions=functions)


def assigned_in(body: Sequence[Statement], counters: bool = True) -> Iterator[str]:
    """The names that get a value in a block, in those inside it too; with those that loops count by, or without."""
    for statement in body:
        match statement:
            case Assign(name, _, _):
                yield name
            case AssignSeveral(names, _, _):
                yield from names
            case If(_, then, otherwise, _):
                yield from assigned_in(then, counters)
                yield from assigned_in(otherwise, counters)
            case While(_, inner, _):
                yield from assigned_in(inner, counters)
            case For(variable, _, inner, _):
                if counters:
                    yield from names_in(variable)
                yield from assigned_in(inner, counters)


def mentions(part: Any, name: str) -> int:
    """How often a name stands in a part of a program."""
    if isinstance(part, str):
        return part == name
    return sum(mentions(inner, name) for inner in part) if isinstance(part, tuple) else 0


def _renamed(part: Any, new: Mapping[str, str], naming: bool = False) -> Any:
    """A part of a program with other names; naming: whether texts in it are names."""
    if isinstance(part, str):
        return new.get(part, part) if naming else part
    if not isinstance(part, tuple) or isinstance(part, Span):
        return part
    kind: type = type(part)
    values = [_renamed(value, new, naming if kind is tuple else kind in _NAMING) for value in part]
    return tuple(values) if kind is tuple else kind(*values)


def returns_last(body: Sequence[Statement]) -> tuple[Statement, ...]:
    """The same body with returns only at the ends of its branches: what follows an `if` that returns is its else."""
    result: list[Statement] = []
    for place, statement in enumerate(body):
        if isinstance(statement, Return):
            return (*result, statement)
        if isinstance(statement, If) and (_returns(statement.then) or _returns(statement.otherwise)):
            rest = body[place + 1 :]
            then = statement.then if _always(statement.then) else (*statement.then, *rest)
            otherwise = statement.otherwise if _always(statement.otherwise) else (*statement.otherwise, *rest)
            return (*result, If(statement.condition, returns_last(then), returns_last(otherwise), statement.span))
        if isinstance(statement, While | For) and _returns(statement.body):
            raise NotCovered("a return inside a loop")
        result.append(statement)
    return tuple(result)


def _returns(body: Sequence[Statement]) -> bool:
    """Whether a block returns anywhere."""
    for statement in body:
        match statement:
            case Return():
                return True
            case If(_, then, otherwise, _):
                if _returns(then) or _returns(otherwise):
                    return True
            case While(_, inner, _) | For(_, _, inner, _):
                if _returns(inner):
                    return True
    return False


def _always(body: Sequence[Statement]) -> bool:
    """Whether a block returns on every way."""
    if not body:
        return False
    last = body[-1]
    return isinstance(last, Return) or (isinstance(last, If) and _always(last.then) and _always(last.otherwise))
