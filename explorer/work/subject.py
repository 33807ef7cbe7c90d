"""What every question is about: a Program at a point, read from the message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from explorer.language.names import plain_name
from explorer.language.parser import parse
from explorer.language.program import ExplorerError, Limits, Program
from explorer.work.wire import Message, WireError, number

# The value of an input that nobody gave one: defined for most functions and neither 0 nor a pole of 1/x.
ASSUMED = 1.0


@dataclass(frozen=True)
class Subject:
    """A program and a value for each input, in the program's order; `assumed` lists those that nobody gave."""

    program: Program
    point: tuple[float, ...]
    assumed: tuple[str, ...]


def subject(message: Message) -> Subject:
    """The subject of a question's `source`, `at` and `limits` (may be absent); ExplorerError where one is not right."""
    program = parse(str(message["source"]), Limits.of(message.get("limits") or {}))
    given = numbers_by_name(message.get("at") or {}, "at")
    strange = [name for name in given if name not in program.inputs]
    if strange:
        inputs = ", ".join(program.inputs) or "none"
        raise ExplorerError(f"“{strange[0]}” is not an input of this function; its inputs: {inputs}.", kind="request")
    assumed = tuple(name for name in program.inputs if name not in given)
    return Subject(program, tuple(given.get(name, ASSUMED) for name in program.inputs), assumed)


def numbers_by_name(value: object, what: str) -> dict[str, float]:
    """{name: number} of a message; ExplorerError(kind="request") where it is something else."""
    if not isinstance(value, Mapping):
        raise ExplorerError(f"“{what}” must give a number for each name.", kind="request")
    result = {}
    for name, entry in value.items():
        try:
            result[plain_name(str(name))] = number(entry)
        except WireError:
            raise ExplorerError(f"“{what}”: the value of {name} is not a number.", kind="request") from None
    return result
