"""Programs compiled: values, gradients, Jacobians, directional and second derivatives as generated code.

`compiled(program)` gives the same Compiled for equal programs. Each function is generated when it is first asked for.
Numbers, NaN and inf included, are those of the interpreter (tape and sweeps, the array walk): where generated code
meets the edge of a domain, the interpreter answers for that point. A program whose course depends on the point (a loop
that an input ends) is compiled for the courses that points take; what cannot be compiled is interpreted.

Longer than 300 lines: one point and many points are the two halves of one promise, and share what each has generated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from explorer.calculus import evaluate
from explorer.calculus.algebras import ArrayNumbers
from explorer.calculus.block_code import Blocks
from explorer.calculus.courses import EDGE, ArraysByCourse, ByCourse, Column, Make
from explorer.calculus.derivative_code import (
    gradient_code,
    hessian_code,
    hessian_times_code,
    jacobian_code,
    operations_code,
    tangent_code,
    value_code,
)
from explorer.calculus.lowering import Code, lower
from explorer.calculus.scalar_code import ScalarWriter, scalar_function
from explorer.calculus.straight_line import StraightLine, TooLarge
from explorer.calculus.sweeps import gradient, hessian, hessian_times, reverse_jacobian
from explorer.calculus.tape import derivative_along, record
from explorer.calculus.tracing import RefusedEverywhere, trace
from explorer.language.collection import uncollected
from explorer.language.primitives import PRIMITIVES
from explorer.language.program import ExplorerError, Limits, Program

Array = NDArray[np.float64]
Way = Literal["compiled", "by course", "interpreted"]
Places = NDArray[np.intp]


# What an operation costs: in the array walk, a point more in it, and to be generated and compiled. Blocks are generated
# once the walks have cost as much, so that a single sweep of a hundred steps never waits for a compiler.
_WALK_NANOSECONDS, _POINT_NANOSECONDS, _GENERATION_NANOSECONDS = 1_500, 2, 20_000

_FEWEST_STEPS = 10_000  # a hundredth of a second, and far more than most programs take


class Compiled:
    """A program with its generated functions; see `compiled`.

    A point is a sequence of floats, one an input, in the program's order. Not for several threads at once.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.refusal = ""  # why the program has no one straight-line code; "" where it has, or before it was asked for
        self.code: Code = lower(program)  # for the walks over other number kinds
        self._scalar: dict[Any, Callable[..., tuple[float, ...]]] = {}
        self._gradients: dict[int, Callable[..., tuple[float, ...]]] = {}
        self._blocks: dict[Any, Blocks] = {}
        self._courses: dict[Any, ArraysByCourse] = {}
        # What array walks have taken, by the inputs that are held, where generated blocks could have done it.
        self._walked: dict[tuple[int, ...], float] = {}
        self._walks = True  # whether the array walk has not been refused yet
        self._too_large = self._nowhere = False
        self._limits = program.limits  # of points one by one: smaller after some that do not end

    @cached_property
    def _straight(self) -> StraightLine | None:
        """The program as straight-line code, None where it has no one such."""
        try:
            with uncollected():
                return trace(self.program, self.code)
        except ExplorerError as error:
            self.refusal = error.message
            self._too_large, self._nowhere = isinstance(error, TooLarge), isinstance(error, RefusedEverywhere)
        except RecursionError:
            self.refusal = "Too many conditions inside each other."
        return None

    @property
    def way(self) -> Way:
        """How points are computed; unless it is "compiled", `refusal` says why."""
        if self._straight is not None:
            return "compiled"
        return "interpreted" if self._too_large else "by course"

    def gradient_code(self, output: int = 0) -> StraightLine | None:
        """An output's value and its partials by all inputs as straight-line code; None where there is no one such."""
        return None if self._straight is None else gradient_code(self._straight, output)

    def jacobian_code(self) -> StraightLine | None:
        """All outputs, then the rows of the Jacobian, as straight-line code; None where there is no one such."""
        return None if self._straight is None else jacobian_code(self._straight)

    def source(self, output: int = 0) -> str:
        """The generated code of an output's value and gradient at one point; "" where the program has no one code."""
        code = self.gradient_code(output)
        return "" if code is None else ScalarWriter(code).source()

    # -- one point -----------------------------------------------------------------------------------------------------

    @uncollected()
    def _generated(self, make: Make, branches: bool) -> Callable[..., tuple[float, ...]]:
        """A function that computes, or raises an edge's error where the interpreter must answer.

        branches: whether `make` can deal with open conditions.
        """
        straight = self._straight
        if straight is not None and (branches or not straight.branches):
            return scalar_function(make(straight))
        return _nothing if self._too_large else ByCourse(self.program, make)

    def _function(self, key: Any, make: Make, branches: bool = True) -> Callable[..., tuple[float, ...]]:
        """The scalar function for this key, generated once."""
        function = self._scalar.get(key)
        if function is None:
            self._scalar[key] = function = self._generated(make, branches)
        return function

    def values(self, point: Sequence[float]) -> tuple[float, ...]:
        """The outputs; ExplorerError where the program is refused at this point, as by the interpreter."""
        try:
            result = self._function("values", value_code)(*point)
        except EDGE:
            return evaluate.values(self.program, point)
        return result if all(v == v for v in result) else evaluate.values(self.program, point)

    def value_and_gradient(self, point: Sequence[float], output: int = 0) -> tuple[float, list[float]]:
        """One output and its gradient (reverse mode), shape (inputs,)."""
        function = self._gradients.get(output)
        if function is None:
            self._gradients[output] = function = self._generated(lambda code: gradient_code(code, output), True)
        try:
            value, *partials = function(*point)
            if value == value:
                return value, partials
        except EDGE:
            pass
        tape = record(self.program, point)
        return tape.values[output], gradient(tape, output)

    def jacobian(self, point: Sequence[float]) -> list[list[float]]:
        """All partials by one reverse sweep an output; rows are outputs, columns inputs."""
        return self.values_and_jacobian(point)[1]

    def values_and_jacobian(self, point: Sequence[float]) -> tuple[tuple[float, ...], list[list[float]]]:
        """All outputs, and the Jacobian."""
        outputs, inputs = len(self.program.outputs), len(self.program.inputs)
        try:
            result = self._function("jacobian", jacobian_code)(*point)
            if all(v == v for v in result[:outputs]):
                starts = [outputs + row * inputs for row in range(outputs)]
                return result[:outputs], [list(result[start : start + inputs]) for start in starts]
        except EDGE:
            pass
        tape = record(self.program, point)
        return tape.values, reverse_jacobian(tape)

    def jvp(self, point: Sequence[float], direction: Sequence[float]) -> tuple[float, ...]:
        """The directional derivatives of all outputs by one forward sweep; shape (outputs,)."""
        moving = tuple(index for index, d in enumerate(direction) if d != 0.0)
        try:
            function = self._function(("jvp", moving), lambda code: tangent_code(code, moving), branches=False)
            result = function(*point, *(direction[index] for index in moving))
            size = len(result) // 2
            if all(v == v for v in result[:size]):
                return result[size:]
        except EDGE:
            pass
        return derivative_along(self.program, point, direction)

    def hvp(self, point: Sequence[float], direction: Sequence[float], output: int = 0) -> list[float]:
        """H·direction of one output, by forward over reverse; shape (inputs,)."""
        moving = tuple(index for index, d in enumerate(direction) if d != 0.0)
        try:
            make: Make = lambda code: hessian_times_code(code, output, moving)  # noqa: E731
            function = self._function(("hvp", output, moving), make, branches=False)
            value, *column = function(*point, *(direction[index] for index in moving))
            if value == value:
                return column
        except EDGE:
            pass
        return hessian_times(record(self.program, point), direction, output)

    def hessian(self, point: Sequence[float], output: int = 0) -> list[list[float]]:
        """The matrix of second derivatives of one output, as sweeps.hessian has it; rows are inputs, columns too."""
        size = len(self.program.inputs)
        try:
            function = self._function(("hessian", output), lambda code: hessian_code(code, output), branches=False)
            value, *rest = function(*point)
            if value == value:
                return [rest[size + row :: size] for row in range(size)]
        except EDGE:
            pass
        return hessian(record(self.program, point), output)

    # -- many points ---------------------------------------------------------------------------------------------------

    def values_on(self, columns: Sequence[Column], shape: tuple[int, ...]) -> tuple[Array, ...]:
        """The outputs on arrays of points, each input a float or an array of `shape`; non-finite where not defined.

        A point at which the program is refused has NaN.
        """
        return self._values_on(columns, shape, tuple(range(len(self.program.outputs))))

    def value_on(self, columns: Sequence[Column], shape: tuple[int, ...], output: int = 0) -> Array:
        """One output as `values_on` has it, without the work for the others."""
        return self._values_on(columns, shape, (output,))[0]

    def _values_on(
        self, columns: Sequence[Column], shape: tuple[int, ...], outputs: tuple[int, ...]
    ) -> tuple[Array, ...]:
        held, flat = _flat(columns, shape)
        key, count = ("values", held, outputs), math.prod(shape)
        if key not in self._blocks:
            walked = self._walked.get(held, 0.0) + _WALK_NANOSECONDS + count * _POINT_NANOSECONDS
            self._walked[held] = walked
            cheap = self._walks and (walked < _GENERATION_NANOSECONDS or self.way == "interpreted")
            if cheap and (found := self._walk(columns, shape)):
                return tuple(found[output] for output in outputs)
            if self._straight is None:
                return tuple(v.reshape(shape) for v in self._values_by_course(held, flat, count, outputs))
        blocks = self._blocks_for(key, lambda code: value_code(code, outputs), held)
        return tuple(v.reshape(shape) for v in blocks(flat, count))

    def _blocks_for(self, key: Any, make: Make, held: tuple[int, ...]) -> Blocks:
        """The array function for this key, generated once; held: the inputs that are floats."""
        blocks = self._blocks.get(key)
        if blocks is None:
            assert self._straight is not None
            with uncollected():
                self._blocks[key] = blocks = Blocks(make(self._straight), held)
        return blocks

    def _walk(self, columns: Sequence[Column], shape: tuple[int, ...]) -> tuple[Array, ...] | None:
        """The outputs by one walk over arrays; None where that is refused, which then is not tried again."""
        with np.errstate(all="ignore"):
            try:
                run = evaluate.Run(self.code, ArrayNumbers())
                outputs = run.outputs([np.asarray(column, dtype=float) for column in columns])
            except ExplorerError:
                self._walks = False
                return None
        return tuple(np.broadcast_to(np.asarray(v, dtype=float), shape).copy() for v in outputs)

    def _values_by_course(
        self, held: tuple[int, ...], flat: list[Column], count: int, outputs: tuple[int, ...]
    ) -> list[Array]:
        if self._nowhere:
            return [np.full(count, math.nan)] * len(outputs)
        if self._too_large:
            found = evaluate.values_on(self.code, flat, (count,))
            return [found[output].copy() for output in outputs]
        key = ("values", held, outputs)
        if key not in self._courses:
            make: Make = lambda code: value_code(code, outputs)  # noqa: E731
            self._courses[key] = ArraysByCourse(self.program, make, held, len(outputs))
        filled, left = self._courses[key](flat, count)
        if left.size:
            found = evaluate.values_on(self.code, _at(left, flat), (left.size,))
            for row, output in zip(filled, outputs, strict=True):
                row[left] = found[output]
        return filled

    def _one_by_one(
        self, flat: list[Column], count: int, row_at: Callable[[list[float]], Sequence[float]], width: int
    ) -> Array:
        """A row of numbers for each point, as columns, shape (width, count); NaN where a point is refused."""
        points = np.empty((count, len(flat)))
        for index, column in enumerate(flat):
            points[:, index] = column
        filled = np.full((width, count), math.nan)
        for place, point in enumerate(points.tolist()):
            try:
                filled[:, place] = row_at(point)
            except ExplorerError as error:
                if error.kind == "limit":  # many endless loops may take no longer than two
                    self._limits = replace(self._limits, steps=max(self._limits.steps // 2, _FEWEST_STEPS))
        return filled

    def values_and_gradients_on(
        self, columns: Sequence[Column], shape: tuple[int, ...], output: int = 0, held: Sequence[int] = ()
    ) -> tuple[Array, list[Array]]:
        """One output on arrays of points and its partials there by every input that is not in `held`.

        columns: for each input a float or an array of `shape`. A float may be differentiated by as well: a model's
        parameter, while samples are arrays; each partial has `shape`. Where the value is NaN so are the partials, but
        where only an overflow (∞ − ∞) made it NaN; a point at which the program is refused has NaN.
        """
        count = math.prod(shape)
        scalars, flat = _flat(columns, shape)
        wanted = [index for index in range(len(columns)) if index not in set(held)]
        if self._straight is None and self._nowhere:
            return np.full(shape, math.nan), [np.full(shape, math.nan) for _ in wanted]
        if self._straight is None:
            values, partials = self._gradients_by_course(scalars, flat, count, output, tuple(held), wanted)
        else:
            key = ("gradient", output, tuple(held), scalars)
            blocks = self._blocks_for(key, lambda code: gradient_code(code, output, held, watched=True), scalars)
            values, *partials, lost = blocks(flat, count)
            undefined = np.isnan(values)
            if undefined.any():
                self._mend_undefined(np.flatnonzero(undefined), flat, scalars, output, wanted, partials)
            if lost.any():
                self._mend(np.flatnonzero(lost), flat, output, wanted, partials)
        return values.reshape(shape), [p.reshape(shape) for p in partials]

    def _gradients_by_course(
        self,
        scalars: tuple[int, ...],
        flat: list[Column],
        count: int,
        output: int,
        held: tuple[int, ...],
        wanted: Sequence[int],
    ) -> tuple[Array, list[Array]]:
        if self._too_large:
            return self._point_by_point(flat, count, output, wanted)
        key = ("gradient", output, held, scalars)
        if key not in self._courses:
            make: Make = lambda code: gradient_code(code, output, held, watched=True)  # noqa: E731
            self._courses[key] = ArraysByCourse(self.program, make, scalars, 2 + len(wanted))
        (values, *partials, lost), left = self._courses[key](flat, count)
        # One by one: points of rare courses, and those with a NaN, which may be undefined, refused or an overflow.
        left = np.union1d(left, np.flatnonzero(np.isnan(values) | (lost != 0.0)))
        if left.size:
            values[left], mended = self._point_by_point(_at(left, flat), left.size, output, wanted)
            for partial, column in zip(partials, mended, strict=True):
                partial[left] = column
        return values, partials

    def _mend_undefined(
        self,
        places: Places,
        flat: list[Column],
        scalars: tuple[int, ...],
        output: int,
        wanted: Sequence[int],
        partials: list[Array],
    ) -> None:
        """Make the partials NaN where the value is; but where the last operation made it NaN out of infinities alone.

        This is what numbers.linearize says of the last operation, and the adjoints bring it to the inputs.
        """
        assert self._straight is not None
        last = self._straight.outputs[output]
        if not (isinstance(last, int) and self._straight.functions[last] in PRIMITIVES):
            self._mend(places, flat, output, wanted, partials)
            return
        key = ("arguments", output, scalars)
        blocks = self._blocks_for(key, lambda code: operations_code(code, code.arguments[last]), scalars)
        arguments = np.array(blocks(_at(places, flat), places.size))
        overflow = ~np.isnan(arguments).any(axis=0) & np.isinf(arguments).any(axis=0)
        for partial in partials:
            partial[places[~overflow]] = math.nan
        if self._straight.branches or any(not partial[places].all() for partial in partials):
            # 0 may stand for an input that is not reached there, which is undefined like the value
            self._mend(places[overflow], flat, output, wanted, partials)

    def _mend(
        self, places: Places, flat: list[Column], output: int, wanted: Sequence[int], partials: list[Array]
    ) -> None:
        """Let the interpreter answer at these places."""
        _, mended = self._point_by_point(_at(places, flat), places.size, output, wanted)
        for partial, column in zip(partials, mended, strict=True):
            partial[places] = column

    def _point_by_point(
        self, flat: list[Column], count: int, output: int, wanted: Sequence[int]
    ) -> tuple[Array, list[Array]]:
        """Values and partials by the tape, one point after another; NaN where a point is refused."""

        def row_at(point: list[float]) -> list[float]:
            tape = record(self.program, point, self._limits)
            row = gradient(tape, output)
            return [tape.values[output], *(row[index] for index in wanted)]

        values, *partials = self._one_by_one(flat, count, row_at, 1 + len(wanted))
        return values, partials


def _at(places: Places, flat: list[Column]) -> list[Column]:
    """The columns at these places."""
    return [column if isinstance(column, float) else column[places] for column in flat]


def _nothing(*point: float) -> tuple[float, ...]:
    """Stands for a scalar function of a program that is interpreted."""
    raise ArithmeticError


def _flat(columns: Sequence[Column], shape: tuple[int, ...]) -> tuple[tuple[int, ...], list[Column]]:
    """Which columns are floats, and all of them as floats or arrays without axes to spare."""
    held: list[int] = []
    flat: list[Column] = []
    for index, column in enumerate(columns):
        if isinstance(column, float | int):
            held.append(index)
            flat.append(float(column))
        else:
            array = np.asarray(column, dtype=float)
            flat.append(np.ascontiguousarray(np.broadcast_to(array, shape)).reshape(-1))
    return tuple(held), flat


def compiled(program: Program) -> Compiled:
    """The program's Compiled, one for equal programs with equal limits."""
    return _compiled(program, program.limits)


@lru_cache(maxsize=64)  # the programs of a session, and those of the panels' own objectives
def _compiled(program: Program, limits: Limits) -> Compiled:
    return Compiled(program)
