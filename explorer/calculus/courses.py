"""Programs whose course depends on the point, compiled course by course.

A loop that an input ends has no one straight-line code, but on each course through it there is one, and it holds for
all points that take the same decisions: those are computed along with the result, and compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from explorer.calculus.block_code import Blocks
from explorer.calculus.scalar_code import scalar_function
from explorer.calculus.straight_line import StraightLine
from explorer.calculus.tracing import follow
from explorer.language.collection import uncollected
from explorer.language.program import ExplorerError, Program

Array = NDArray[np.float64]
Column = Array | float
Make = Callable[[StraightLine], StraightLine]

EDGE = (ArithmeticError, ValueError)  # what generated scalar code raises at the edge of a domain

_MOST_COURSES = 8  # of scalar code; each of those known is tried
_MOST_ARRAY_COURSES = 64
_FEWEST_POINTS = 16  # that a course must have to be worth its compilation, twice in a row
_MOST_REFUSED = 4  # points after which the rest goes one by one
_MOST_STEPS = 50_000  # of a course that is to be compiled: far more than those of MOST_OPERATIONS


class ByCourse:
    """A scalar function by the known courses; ArithmeticError where none fits, and the interpreter must answer.

    A course is learnt at the second point that none fits, the fourth, the eighth: courses that are never met again then
    cost little beside the interpreter.
    """

    def __init__(self, program: Program, make: Make) -> None:
        self.program, self.make = program, make
        self.known: list[tuple[Callable[..., tuple[float, ...]], tuple[bool, ...]]] = []
        self.missed = 0

    def __call__(self, *arguments: float) -> tuple[float, ...]:
        for place, (function, outcomes) in enumerate(self.known):
            try:
                result = function(*arguments)
            except EDGE:
                continue
            size = len(result) - len(outcomes)
            if result[size:] == outcomes:
                if place:
                    self.known.insert(0, self.known.pop(place))
                return result[:size]
        self.missed += 1
        if self.missed & (self.missed - 1) == 0 and self.missed > 1:
            self.learn(arguments[: len(self.program.inputs)])
        raise ArithmeticError

    @uncollected()
    def learn(self, point: Sequence[float]) -> None:
        """Compile the course at this point; a point that is refused is left to the interpreter."""
        try:
            code = follow(self.program, point)
            made = scalar_function(self.make(code))
        except ExplorerError:
            return
        self.known.insert(0, (made, tuple(outcome for _, outcome in code.guards)))
        del self.known[_MOST_COURSES:]


class ArraysByCourse:
    """An array function by courses, which are learnt at the points themselves."""

    def __init__(self, program: Program, make: Make, held: Sequence[int], width: int) -> None:
        """width: how many outputs `make` gives."""
        self.program, self.make, self.held, self.width = program, make, held, width
        self.known: list[tuple[Blocks, tuple[bool, ...]]] = []
        self.refused = 0  # points, in all calls

    def __call__(self, columns: Sequence[Column], count: int) -> tuple[list[Array], NDArray[np.intp]]:
        """The outputs, shape (count,), NaN where there is none; and the points left to be computed one by one."""
        filled = np.full((self.width, count), math.nan)
        left = np.arange(count)
        for blocks, outcomes in self.known:
            left = self._fill(filled, left, columns, blocks, outcomes)
        limits = replace(self.program.limits, steps=min(self.program.limits.steps, _MOST_STEPS))
        refused: list[int] = []
        poor = tries = 0
        while left.size and poor < 2 and self.refused < _MOST_REFUSED and len(self.known) < _MOST_ARRAY_COURSES:
            # From all over the points: neighbours often take one course, or are refused alike.
            place = int(left[int(left.size * ((0.5 + 0.618034 * tries) % 1.0))])
            tries += 1
            point = [float(c) if isinstance(c, float) else float(c[place]) for c in columns]
            try:
                code = follow(self.program, point, limits)
                blocks = Blocks(self.make(code), self.held)
            except ExplorerError:  # refused, or too long for a course
                self.refused += 1
                refused.append(place)
                left = left[left != place]
                continue
            outcomes = tuple(outcome for _, outcome in code.guards)
            self.known.append((blocks, outcomes))
            before = left.size
            left = self._fill(filled, left, columns, blocks, outcomes)
            poor = poor + 1 if before - left.size < _FEWEST_POINTS else 0
        return list(filled), np.union1d(np.array(refused, dtype=np.intp), left)

    def _fill(
        self,
        filled: Array,
        left: NDArray[np.intp],
        columns: Sequence[Column],
        blocks: Blocks,
        outcomes: tuple[bool, ...],
    ) -> NDArray[np.intp]:
        """Fill in the outputs of the points that take this course; those that do not."""
        if not left.size:
            return left
        results = blocks([c if isinstance(c, float) else c[left] for c in columns], left.size)
        fits = np.ones(left.size, dtype=bool)
        for truth, outcome in zip(results[self.width :], outcomes, strict=True):
            fits &= truth == outcome
        for row, result in zip(filled, results, strict=False):
            row[left[fits]] = result[fits]
        return left[~fits]
