"""Checkpointing: reverse mode with less memory, by computing values again from stored ones.

The chain is that of a tape's operations. Strategies: "none" stores every operation; "sqrt" stores the state at about
√n places and records one segment after the other (Chen et al. 2016, arXiv 1604.06174); "binomial" is Revolve
(Griewank & Walther 2000, ACM TOMS 26:19), optimal for a given number of snapshots. The counts come from a schedule that
is really executed, step by step, and are shown beside the theory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, comb, isqrt
from typing import Literal

Strategy = Literal["none", "sqrt", "binomial"]
MOST_STEPS = 4_000  # of the chain that is simulated; a longer one is cut into so many equal steps


@dataclass(frozen=True, slots=True)
class Action:
    """One move of a schedule. "snapshot": the state before step `place` is stored; "drop": it is forgotten;
    "advance": step `place` is computed and not recorded; "record": it is computed with its tape entry; "reverse": its
    adjoint is computed and the entry given back."""

    kind: Literal["snapshot", "drop", "advance", "record", "reverse"]
    place: int


@dataclass(frozen=True)
class Schedule:
    """A reversal of `steps` steps: what it computes again, what it stores at most, and both along the way.

    recomputed: forward steps beyond the first run over all of them. peak: stored snapshots and tape entries together.
    memory: stored entries after each action that changes them. theory: forward steps beyond the first, by formula.
    """

    steps: int
    snapshots: int
    recomputed: int
    peak: int
    memory: tuple[int, ...]
    theory: int
    order: tuple[int, ...]  # of the reversed steps: the last first, each once


def most_steps(snapshots: int, repeats: int) -> int:
    """C(s + t, s): so many steps can be reversed with s snapshots and at most t evaluations of each step."""
    return comb(snapshots + repeats, snapshots)


def binomial_theory(steps: int, snapshots: int) -> int:
    """The least number of forward steps that advance and are not recorded: t·n − C(s + t, t − 1), Griewank & Walther.

    t is the least number of repeats with C(s + t, s) ≥ n; the recording of each step is not counted.
    """
    if steps <= 1:
        return 0
    repeats = 0
    while most_steps(snapshots, repeats) < steps:
        repeats += 1
    return repeats * steps - comb(snapshots + repeats, repeats - 1)


def schedule(steps: int, strategy: Strategy, snapshots: int = 0) -> Schedule:
    """The reversal of a chain, executed. `snapshots` counts the start, which must be stored; 0 means what fits."""
    if strategy == "none":
        actions: Iterator[Action] = _store_all(steps)
        snapshots, theory = 1, 0
    elif strategy == "sqrt":
        snapshots = snapshots or max(1, isqrt(steps))
        actions = _segments(steps, snapshots)
        length = ceil(steps / snapshots)
        theory = (ceil(steps / length) - 1) * length  # all segments but the last are run twice
    else:
        snapshots = snapshots or max(1, steps.bit_length())
        actions = _revolve(steps, snapshots)
        theory = binomial_theory(steps, snapshots)
    return _execute(steps, snapshots, actions, theory)


def _store_all(steps: int) -> Iterator[Action]:
    for place in range(steps):
        yield Action("record", place)
    for place in range(steps - 1, -1, -1):
        yield Action("reverse", place)


def _segments(steps: int, snapshots: int) -> Iterator[Action]:
    """Snapshots at equal distances; the last segment is recorded on the way, the others from their snapshots."""
    length = ceil(steps / snapshots)
    starts = list(range(0, steps, length))
    for start in starts[:-1]:
        yield Action("snapshot", start)
        for place in range(start, start + length):
            yield Action("advance", place)
    for number, start in enumerate(reversed(starts)):
        end = min(start + length, steps)
        for place in range(start, end):
            yield Action("record", place)
        if number:
            yield Action("drop", start)
        for place in range(end - 1, start - 1, -1):
            yield Action("reverse", place)


def _revolve(steps: int, snapshots: int) -> Iterator[Action]:
    """Reverse all steps with so many snapshots, that of the start among them; a stack takes the place of recursion."""
    yield Action("snapshot", 0)
    stack: list[tuple[Literal["range", "drop"], int, int, int]] = [("drop", 0, 0, 0), ("range", 0, steps, snapshots)]
    while stack:
        kind, first, end, snapshots = stack.pop()
        if kind == "drop":
            yield Action("drop", first)
        elif end - first == 1 or snapshots == 1:  # each step is reached from the snapshot at `first`
            for target in range(end - 1, first - 1, -1):
                for place in range(first, target):
                    yield Action("advance", place)
                yield Action("record", target)
                yield Action("reverse", target)
        else:
            middle = first + _first_part(end - first, snapshots)
            for place in range(first, middle):
                yield Action("advance", place)
            yield Action("snapshot", middle)
            stack += [("range", first, middle, snapshots), ("drop", middle, 0, 0)]
            stack.append(("range", middle, end, snapshots - 1))


def _first_part(count: int, snapshots: int) -> int:
    """How far to advance before the next snapshot: then both parts can be reversed within the repeats of the whole."""
    repeats = 0
    while most_steps(snapshots, repeats) < count:
        repeats += 1
    shortest = most_steps(snapshots, repeats - 2) if repeats > 1 else 1
    part = max(shortest, count - most_steps(snapshots - 1, repeats))
    return max(1, min(part, most_steps(snapshots, repeats - 1), count - 1))


def _execute(steps: int, snapshots: int, actions: Iterator[Action], theory: int) -> Schedule:
    """Follow a schedule and check that each move is possible: the state is there, the order of reversals is right."""
    stored: set[int] = set()
    entries: set[int] = set()
    state = 0
    forward = peak = 0
    memory: list[int] = []
    order: list[int] = []
    for action in actions:
        place = action.place
        match action.kind:
            case "snapshot":
                stored.add(place)
            case "drop":
                stored.discard(place)
            case "advance" | "record":
                if state != place and place not in stored and place != 0:
                    raise AssertionError(f"step {place} is computed from nowhere")
                state = place + 1
                forward += 1
                if action.kind == "record":
                    entries.add(place)
            case "reverse":
                if place not in entries or (order and order[-1] != place + 1):
                    raise AssertionError(f"step {place} is reversed out of its order")
                entries.discard(place)
                order.append(place)
                state = -1
        if action.kind != "advance":
            memory.append(len(stored) + len(entries))
            peak = max(peak, memory[-1])
    return Schedule(steps, snapshots, forward - steps, peak, tuple(memory), theory, tuple(order))
