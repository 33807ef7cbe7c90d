"""Derivatives by SymPy's own rules, each distinct sub-expression differentiated once, and every rule remembered.

SymPy's diff applies the same rules by recursion; here they run over the shared graph in a loop, so that no depth
overflows, a shared part costs once, and the steps shown to a person are those of the computation itself. The result is
the expression that diff gives, to the last bracket (tests compare them).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from explorer.calculus.symbolic.functions import Expression
from explorer.calculus.symbolic.walk import compared

ZERO, ONE = sympy.S.Zero, sympy.S.One
_NO_NUMBERS = (sympy.nan, sympy.zoo)

# The rules by name; a function of the input itself is a table entry, of anything else the chain rule.
VARIABLE = "variable"
SUM = "sum rule"
FACTOR = "constant factor"
PRODUCT = "product rule"
QUOTIENT = "quotient rule"
POWER = "power rule"
EXPONENT = "exponential rule"
BOTH = "power rule, base and exponent"
TABLE = "table entry"
CHAIN = "chain rule"
CASES = "case by case"
OTHER = "table of SymPy"


@dataclass(frozen=True, slots=True)
class Step:
    """One rule applied: ∂node/∂input = derivative, out of the derivatives of `parts`, which depend on the input."""

    node: Expression
    rule: str
    parts: tuple[Expression, ...]
    derivative: Expression


class Differentiation:
    """Derivatives with respect to one input, remembered for every sub-expression met: node → its Step.

    `count` tells how many distinct sub-expressions are done; a step that the expression at hand does not need is not
    taken, and a sub-expression without the input is no step but the constant 0.
    """

    def __init__(self, symbol: Any) -> None:
        self.symbol = symbol
        self.steps: dict[Expression, Step | None] = {}

    def of(self, root: Expression) -> Expression:
        """∂root/∂symbol. ExplorerError where a comparison inside has no real meaning."""
        for _ in self.gradually(root):
            pass
        return self.derivative(root)

    def derivative(self, node: Expression) -> Expression:
        """What was found for a sub-expression: 0 for one without the input."""
        step = self.steps[node]
        return ZERO if step is None else step.derivative

    @property
    def count(self) -> int:
        """Distinct sub-expressions differentiated so far."""
        return len(self.steps)

    def gradually(self, root: Expression) -> Iterator[int]:
        """Differentiate, handing back the count after each sub-expression: a place to report from or to stop."""
        stack: list[tuple[Expression, bool]] = [(root, False)]
        while stack:
            node, ready = stack.pop()
            if node in self.steps:
                continue
            parts = inner_parts(node)
            if not ready:
                stack.append((node, True))
                stack.extend((part, False) for part in reversed(parts) if part not in self.steps)
                continue
            moving = tuple(dict.fromkeys(part for part in parts if self.steps[part] is not None))
            self.steps[node] = self._step(node, moving)
            yield len(self.steps)

    def _step(self, node: Expression, moving: tuple[Expression, ...]) -> Step | None:
        if node == self.symbol:
            return Step(node, VARIABLE, (), ONE)
        if not moving and node not in _NO_NUMBERS:
            return None
        apply, name = rule_of(node)
        derivative = compared(lambda: apply(node, self.derivative, self.symbol))
        return Step(node, name(node, moving, self.symbol), moving, derivative)


def inner_parts(node: Expression) -> tuple[Expression, ...]:
    """The sub-expressions whose derivatives a node's needs: of cases the values and not the conditions."""
    if isinstance(node, sympy.Piecewise):
        return tuple(value for value, _ in node.args)
    return tuple(node.args)


Rule = Callable[[Expression, Callable[[Expression], Expression], Any], Expression]
Naming = Callable[[Expression, tuple[Expression, ...], Any], str]


def rule_of(node: Expression) -> tuple[Rule, Naming]:
    """How a node is differentiated, given its parts' derivatives, and what that rule is called."""
    if node in _NO_NUMBERS:
        return _none, lambda *_: OTHER
    if node.is_Add:
        return _sum, lambda *_: SUM
    if node.is_Mul:
        return _product, _name_of_product
    if node.is_Pow:
        return _power, _name_of_power
    if isinstance(node, sympy.Piecewise):
        return _cases, lambda *_: CASES
    if isinstance(node, sympy.Function) and type(node)._eval_derivative is sympy.Function._eval_derivative:
        return _function, lambda node, moving, symbol: TABLE if node.args == (symbol,) else CHAIN
    return _by_sympy, lambda *_: OTHER


def _none(node: Expression, derivative: Callable[[Expression], Expression], symbol: Any) -> Expression:
    """A constant that is no number, as 1/0, has no slope; SymPy's diff says 0."""
    return sympy.nan


def _sum(node: Expression, derivative: Callable[[Expression], Expression], symbol: Any) -> Expression:
    return sympy.Add(*(derivative(term) for term in node.args))


def _product(node: Expression, derivative: Callable[[Expression], Expression], symbol: Any) -> Expression:
    """Σ of the products in which one factor is replaced by its derivative."""
    factors = node.args
    terms = []
    for place, factor in enumerate(factors):
        inner = derivative(factor)
        if inner is not ZERO:
            terms.append(sympy.Mul(*factors[:place], inner, *factors[place + 1 :]))
    return sympy.Add(*terms)


def _name_of_product(node: Expression, moving: tuple[Expression, ...], symbol: Any) -> str:
    below = [factor for factor in moving if is_divisor(factor)]
    if len(moving) == 1 and not below:
        return FACTOR
    return QUOTIENT if below else PRODUCT


def is_divisor(factor: Expression) -> bool:
    """Whether a factor stands below the fraction bar."""
    return bool(factor.is_Pow and factor.exp.is_Rational and factor.exp.is_negative)


def _power(node: Expression, derivative: Callable[[Expression], Expression], symbol: Any) -> Expression:
    """bᵉ·(e′·ln b + b′·e/b); 0^e is 0 as far as it is a function at all, where e > 0."""
    base, exponent = node.base, node.exp
    if base is ZERO:  # SymPy's ln 0 would make NaN of it everywhere
        return sympy.Piecewise((ZERO, exponent > 0), (sympy.nan, True))
    return node * (derivative(exponent) * sympy.log(base) + derivative(base) * exponent / base)


def _name_of_power(node: Expression, moving: tuple[Expression, ...], symbol: Any) -> str:
    if node.base in moving and node.exp in moving:
        return BOTH
    return POWER if node.base in moving else EXPONENT


def _cases(node: Expression, derivative: Callable[[Expression], Expression], symbol: Any) -> Expression:
    return sympy.Piecewise(*((derivative(value), holds) for value, holds in node.args))


def _function(node: Expression, derivative: Callable[[Expression], Expression], symbol: Any) -> Expression:
    """Σ of ∂f/∂argument · argument′, the first from the function's own table."""
    terms = []
    for position, argument in enumerate(node.args, start=1):
        inner = derivative(argument)
        if inner is not ZERO:
            terms.append(outer(node, position) * inner)
    return sympy.Add(*terms)


def outer(node: Expression, position: int) -> Expression:
    """The function's partial derivative by its argument at a position (from 1), at its arguments."""
    return compared(lambda: node.fdiff(position))


def _by_sympy(node: Expression, derivative: Callable[[Expression], Expression], symbol: Any) -> Expression:
    """What has rules of its own in SymPy."""
    return diff(node, symbol)


def diff(expression: Expression, symbol: Any) -> Expression:
    """SymPy's own diff, which walks the tree: the referee of what is found here."""
    return compared(lambda: sympy.diff(expression, symbol))


def differentiated(expression: Expression, symbol: Any, order: int = 1) -> Expression:
    """∂ⁿexpression/∂symbolⁿ, differentiated n times with nothing collected in between."""
    for _ in range(order):
        expression = Differentiation(symbol).of(expression)
    return expression


def jacobian(outputs: Sequence[Expression], inputs: Sequence[Any]) -> Iterator[tuple[int, int, Expression]]:
    """(row, column, ∂output/∂input) one by one, in the form that SymPy's diff gives."""
    found = [Differentiation(symbol) for symbol in inputs]
    for row, output in enumerate(outputs):
        for column, differentiation in enumerate(found):
            yield row, column, differentiation.of(output)


def hessian(output: Expression, inputs: Sequence[Any]) -> list[list[Expression]]:
    """The matrix of second derivatives, each mixed one differentiated once."""
    size = len(inputs)
    found = [Differentiation(symbol) for symbol in inputs]
    first = [differentiation.of(output) for differentiation in found]
    second: dict[tuple[int, int], Expression] = {}
    for i in range(size):
        for j in range(i, size):
            second[i, j] = second[j, i] = found[j].of(first[i])
    return [[second[i, j] for j in range(size)] for i in range(size)]
