"""Answers the swell laboratory: a family's derivative measured for n = 1, 2, …, with what AD takes for the same."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from explorer.calculus import symbolic
from explorer.calculus.growth import law
from explorer.calculus.sweeps import cost
from explorer.calculus.symbolic.families import FAMILIES, NTH, Family
from explorer.calculus.symbolic.taped import taped
from explorer.calculus.tape import Tape, record
from explorer.language.program import ExplorerError, Program
from explorer.work.subject import Subject, subject
from explorer.work.wire import Message

SIZES = ("operations", "tree", "dag", "after_cse", "characters")
POINT = 0.3  # of every input of a family of ours: the published point of the logistic map, and no kink of any


def answers(ask: Message) -> Iterator[Message]:
    """{"point": …} for each n as it is measured, with {"laws": …} said anew after each; {"stage": …} before each.

    A point has n, the sizes of "function" and "derivative" (all partials together), the elementary operations that
    "forward" AD takes (a sweep an input, with the function) and "reverse" AD (one sweep), and the seconds it took.
    "seconds" of the question are spent at most, and no point is begun after them.
    """
    about = subject(ask)
    family = FAMILIES.get(str(ask["family"]))
    if family is None:
        raise ExplorerError(f"There is no family “{ask['family']}”.", kind="request")
    by = str(ask.get("by") or next(iter(about.program.inputs), ""))
    if family.own and by not in about.program.inputs:
        raise ExplorerError("A function of an input is needed.", kind="request")
    curves: dict[str, list[int | None]] = {}
    steps: list[int] = []
    start = time.monotonic()
    measured = _orders(about, by) if ask["family"] == NTH else None
    for n in range(1, min(int(ask["last"]), family.largest) + 1):
        if time.monotonic() - start > float(ask["seconds"]):
            yield {"stopped": f"n = {n} was not begun: the {float(ask['seconds']):g} s were used up."}
            return
        yield {"stage": f"n = {n}"}
        began = time.monotonic()
        if measured is not None:
            before, found, tape, inputs = next(measured)
        else:
            before, found, tape, inputs = _member(family, n, about, by)
        counted = cost(tape)
        point = {
            "n": n,
            "function": asdict(symbolic.size(before)),
            "derivative": asdict(symbolic.size(found)),
            # Each forward sweep computes the function too; a person who wants all partials runs one an input.
            "forward": inputs * counted.forward,
            "reverse": counted.reverse,
            "seconds": time.monotonic() - began,
        }
        steps.append(n)
        for name, size in _flat(point).items():
            curves.setdefault(name, []).append(size)
        yield {"point": point, "laws": {name: _law(steps, sizes) for name, sizes in curves.items()}}


def _flat(point: Message) -> dict[str, int | None]:
    return {
        **{f"f {key}": point["function"][key] for key in SIZES},
        **{f"f′ {key}": point["derivative"][key] for key in SIZES},
        "forward": point["forward"],
        "reverse": point["reverse"],
    }


def _law(steps: list[int], sizes: list[int | None]) -> str:
    known = [(n, size) for n, size in zip(steps, sizes, strict=True) if size is not None]
    return law([n for n, _ in known], [size for _, size in known])


def _member(family: Family, n: int, about: Subject, by: str) -> tuple[list[Any], list[Any], Tape, int]:
    """The function, its wanted partials, its tape, and how many partials there are."""
    program: Program = family.program(n, about.program, by)
    outputs, inputs = symbolic.expressions(program)
    wanted = [symbol for symbol in inputs if str(symbol) == by] if family.by_one else inputs
    found = [derivative for _, _, derivative in symbolic.jacobian(outputs, wanted)]
    point = about.point if family.own else tuple(POINT for _ in inputs)
    return outputs, found, record(program, point), len(wanted)


def _orders(about: Subject, by: str) -> Iterator[tuple[list[Any], list[Any], Tape, int]]:
    """f⁽ⁿ⁻¹⁾ and its derivative f⁽ⁿ⁾ by one input, n from 1 up, and the tape of the former's shared graph."""
    outputs, inputs = symbolic.expressions(about.program)
    if len(outputs) != 1 or not inputs:
        raise ExplorerError("The n-th derivative is that of one output.", kind="domain")
    (before,) = outputs
    while True:
        found = symbolic.differentiated(before, inputs[about.program.inputs.index(by)])
        yield [before], [found], taped([before], inputs, about.point), 1
        before = found
