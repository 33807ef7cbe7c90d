"""A run that does not end, recorded as far as it can be looked at: its while loops are left after some rounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from explorer.calculus.evaluate import values
from explorer.calculus.tape import Tape, record
from explorer.language.program import (
    Apply,
    Assign,
    Compare,
    Constant,
    ExplorerError,
    For,
    Function,
    If,
    Logic,
    Name,
    Program,
    Statement,
    While,
)

ROUNDS = 40  # enough to see a cycle or a slow drift, few enough to be read as a film


def record_as_far(program: Program, point: Sequence[float]) -> tuple[Tape, str]:
    """The tape, and "" or a sentence: which loop does not end, and after how many rounds it was left.

    Where it was left, the numbers are those of the program that stops there, which is not the one in the text.
    ExplorerError where the run has another reason to be refused than a while loop that goes on.
    """
    if not any(_has_while(function.body) for function in program.functions):
        return record(program, point), ""
    try:
        values(program, point)  # without a record a run takes a tenth of the time, and here it may be to the last step
    except ExplorerError as error:
        if error.kind != "limit":
            raise
        try:
            tape = record(left_early(program, ROUNDS), point)
        except ExplorerError:
            raise error from None
        loop = next((loop for loop in tape.loops if loop.iterations == ROUNDS), None)
        if loop is None:
            raise
        return tape, (
            f"The loop in line {loop.span.line} does not end here. What is shown leaves it after {ROUNDS} rounds: "
            "the numbers are those of the loop left there, for the function has none."
        )
    return record(program, point), ""


def left_early(program: Program, rounds: int) -> Program:
    """The program with every while loop left after so many rounds, as if its condition had failed."""
    functions = tuple(Function(f.name, f.parameters, _bounded(f.body, rounds), f.span) for f in program.functions)
    return replace(program, functions=functions)


def _has_while(body: tuple[Statement, ...]) -> bool:
    return any(
        isinstance(statement, While)
        or (isinstance(statement, For) and _has_while(statement.body))
        or (isinstance(statement, If) and (_has_while(statement.then) or _has_while(statement.otherwise)))
        for statement in body
    )


def _bounded(body: tuple[Statement, ...], rounds: int) -> tuple[Statement, ...]:
    result: list[Statement] = []
    for statement in body:
        match statement:
            case While(condition, inner, span):
                counter = f"·{span.line}.{span.column}"  # no name that a text can have
                count = Assign(counter, Apply("add", (Name(counter, span), Constant(1.0, "1", span)), span), span)
                more = Compare("<", Name(counter, span), Constant(float(rounds), str(rounds), span), span)
                result.append(Assign(counter, Constant(0.0, "0", span), span))
                inner = (count, *_bounded(inner, rounds))
                result.append(While(Logic("and", (more, condition), span), inner, span))
            case For(variable, items, inner, span):
                result.append(For(variable, items, _bounded(inner, rounds), span))
            case If(condition, then, otherwise, span):
                result.append(If(condition, _bounded(then, rounds), _bounded(otherwise, rounds), span))
            case _:
                result.append(statement)
    return tuple(result)
