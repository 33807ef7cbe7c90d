"""What is minimised: one output of a Program or the sum of their squares, with its gradient by reverse AD."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.calculus.compiled import compiled
from explorer.language.program import Apply, Constant, ExplorerError, Expression, Function, Program, Return
from explorer.optimize.fleet_code import GradientBlocks
from explorer.optimize.fused import fused_loop
from explorer.optimize.ground import NO_SQUARES
from explorer.optimize.recorded import Loop
from explorer.optimize.rules.rule import GradientRule

Array = NDArray[np.float64]


class ProgramObjective:
    """A program's output number `output` as a function of all its inputs (see optimize.ground.Objective)."""

    def __init__(self, program: Program, output: int = 0) -> None:
        refuse_constant(program)
        self.program = program
        self.output = output
        self.compiled = compiled(program)
        self._blocks: tuple[GradientBlocks | None] | None = None
        self._squares: Program | None = None
        self._loops: dict[GradientRule[Any], Loop | None] = {}

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        """f(x) and ∇f(x), by reverse mode."""
        value, partials = self.compiled.value_and_gradient(x.tolist(), self.output)
        return value, np.array(partials)

    def quick_gradient(self, point: Sequence[float]) -> tuple[float, list[float]]:
        """The same on plain numbers, for generated loops."""
        return self.compiled.value_and_gradient(point, self.output)

    def loop_of(self, rule: GradientRule[Any]) -> Loop | None:
        """Steps of the rule (at any rate) and this gradient as one generated loop; None where there is no such."""
        if rule not in self._loops:
            code = self.compiled.gradient_code(self.output)
            self._loops[rule] = None if code is None else fused_loop(rule, code)
        return self._loops[rule]

    def many(self, points: Array) -> tuple[Array, Array]:
        """f, shape (points,), and ∇f, shape (n, points), at points of shape (n, points)."""
        values, partials = self.compiled.values_and_gradients_on(list(points), points.shape[1:], self.output)
        return values, np.array(partials)

    def gradient_blocks(self) -> GradientBlocks | None:
        """f and its partials as array code for many runs; None where the program is no straight line."""
        if self._blocks is None:
            code = self.compiled.gradient_code(self.output)
            self._blocks = (None if code is None else GradientBlocks(code),)
        return self._blocks[0]

    def hessian(self, x: Array) -> Array:
        """∇²f(x), a column an input, forward over reverse."""
        point = x.tolist()
        columns = [self.compiled.hvp(point, direction, self.output) for direction in np.eye(len(point)).tolist()]
        matrix = np.array(columns)
        symmetric: Array = 0.5 * (matrix + matrix.T)
        return symmetric

    def residuals(self, x: Array) -> tuple[Array, Array]:
        """r(x) and its Jacobian where the output is written as a sum of squares; ExplorerError where it is not."""
        if self._squares is None:
            self._squares = as_residuals(self.program, self.output)
        if self._squares is None:
            raise ExplorerError(NO_SQUARES, kind="domain")
        return _residuals(self._squares, x)


class SquaresObjective:
    """f = Σ r² over all outputs r of a program: least squares."""

    def __init__(self, program: Program) -> None:
        refuse_constant(program)
        self.program = program
        self.compiled = compiled(program)

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        """f(x) and ∇f(x) = 2Jᵀr."""
        residuals, jacobian = self.residuals(x)
        return float(residuals @ residuals), 2 * (residuals @ jacobian)

    def many(self, points: Array) -> tuple[Array, Array]:
        """f, shape (points,), and ∇f, shape (n, points), at points of shape (n, points)."""
        total, gradients = np.zeros(points.shape[1]), np.zeros(points.shape)
        for output in range(len(self.program.outputs)):
            values, partials = self.compiled.values_and_gradients_on(list(points), points.shape[1:], output)
            with np.errstate(all="ignore"):
                total += values * values
                gradients += 2 * values * np.array(partials)
        return total, gradients

    def hessian(self, x: Array) -> Array:
        """∇²f(x) = 2JᵀJ + 2Σ r ∇²r."""
        residuals, jacobian = self.residuals(x)
        matrix = jacobian.T @ jacobian
        for place, r in enumerate(residuals.tolist()):
            matrix = matrix + r * ProgramObjective(self.program, place).hessian(x)
        return 2 * matrix

    def residuals(self, x: Array) -> tuple[Array, Array]:
        """r(x) and its Jacobian."""
        return _residuals(self.program, x)


def refuse_constant(program: Program) -> None:
    """Raise ExplorerError for a program without inputs."""
    if not program.inputs:
        raise ExplorerError("A constant has nothing to be optimized: no input occurs in it.", kind="domain")


def _residuals(program: Program, x: Array) -> tuple[Array, Array]:
    residuals, jacobian = compiled(program).values_and_jacobian(x.tolist())
    return np.array(residuals), np.array(jacobian)


def as_residuals(program: Program, output: int = 0) -> Program | None:
    """The program whose outputs r have Σ r² = f, if the formula of f is a sum of c(…)² with c ≥ 0 or constants ≥ 0.

    Rosenbrock's (1−x)² + 100(y−x²)² becomes (1−x, 10(y−x²)). None for every other formula, and for algorithms.
    """
    body = program.main.body
    if len(body) != 1 or not isinstance(body[0], Return) or len(program.functions) != 1:
        return None
    terms: list[Expression] = []
    waiting = [body[0].values[output]]
    while waiting:
        term = waiting.pop()
        if isinstance(term, Apply) and term.function == "add":
            waiting.extend(term.arguments)
        else:
            root = _square_root(term)
            if root is None:
                return None
            terms.append(root)
    terms.reverse()
    main = program.main
    return Program(
        program.source,
        (Function(main.name, main.parameters, (Return(tuple(terms)),)),),
        program.inputs,
        tuple(f"r{place}" for place in range(1, len(terms) + 1)),
    )


def _square_root(term: Expression) -> Expression | None:
    """r with r² = term, for what is written as a square times a number that is not negative."""
    if isinstance(term, Constant):
        return Constant(math.sqrt(term.value), "") if term.value >= 0 else None
    if not isinstance(term, Apply):
        return None
    if term.function == "pow" and isinstance(power := term.arguments[1], Constant):
        half = power.value / 2
        if half == 1:
            return term.arguments[0]
        return Apply("pow", (term.arguments[0], Constant(half, ""))) if half > 0 and half.is_integer() else None
    if term.function == "mul":
        roots = [_square_root(factor) for factor in term.arguments]
        if term.arguments[0] == term.arguments[1]:
            return term.arguments[0]
        return None if None in roots else Apply("mul", tuple(root for root in roots if root is not None))
    if term.function == "div" and isinstance(term.arguments[1], Constant) and term.arguments[1].value > 0:
        top = _square_root(term.arguments[0])
        return top and Apply("div", (top, Constant(math.sqrt(term.arguments[1].value), "")))
    return None
