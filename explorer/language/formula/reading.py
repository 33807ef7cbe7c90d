"""What the reading of a formula has at hand: its place among the tokens, names, constants and notes."""

from __future__ import annotations

import keyword
import math
from collections.abc import Callable
from functools import cached_property

from explorer.language.advice import decimal_comma, unexpected, unknown_function
from explorer.language.primitives import ALIASES, OPERATORS, PRIMITIVES, function_named
from explorer.language.program import (
    Compare,
    Condition,
    ExplorerError,
    Expression,
    Function,
    Logic,
    Note,
    Span,
    new_apply,
    new_constant,
)
from explorer.language.tokens import Token, tokenize

# Brackets, calls and powers inside each other; SymPy's own walks overflow a little above this.
MAX_NESTING = 100
MAX_INPUTS = 200
FOLDS = {"sum": "add", "prod": "mul"}
CONSTANTS = {"pi": math.pi, "e": math.e}
INVERSES = {"sin": "asin", "cos": "acos", "tan": "atan", "sinh": "asinh", "cosh": "acosh", "tanh": "atanh"}
# Special forms: how each is written, for completion and for messages.
FORMS = {
    "where": "where(condition, value if true, value if false)",
    "piecewise": "piecewise(condition, value, …, value otherwise)",
    "clip": "clip(x, low, high)",
}
FUNCTIONS = {n: p for n in (*PRIMITIVES, *ALIASES) if (p := function_named(n)) is not None}  # by every name
_NO_VARIABLES = {*FUNCTIONS, *FORMS, *CONSTANTS, *keyword.kwlist} - {"lambda"}
CONDITIONS = (Compare, Logic)

# How tightly each operator holds its operands; a higher number binds tighter.
TERNARY, OR, AND, NOT, RELATION, SUM, PRODUCT, SIGN, POWER = 1, 2, 3, 4, 5, 10, 20, 25, 30

Node = Expression | Condition


class Reading:
    """One pass over one text: the position among the tokens, the names met so far, and what is said of them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split("\n")
        self.tokens = tokenize(text)
        self.position = 0
        self.nesting = 0
        self.line_began = 0
        self.alone = True  # whether the line that is read means the same in every text that has its names as variables
        self.deep = False  # whether the tree may be deeper than MAX_DEPTH
        self.bars = 0
        self.notes: list[Note] = []
        self.assigned: dict[str, Span] = {}
        self.functions: dict[str, Function] = {}
        self.parameters: tuple[str, ...] = ()
        self.bound: dict[str, int] = {}  # variables of the sums around this place, with their present values
        self.variables: set[str] = set()  # names that were found to be inputs or assigned above
        self.vectors: set[str] = set()  # names whose components a sum or a slice names
        self.loose: list[tuple[str, int, Span]] = []  # components named outside of sums
        self.clauses: dict[int, int] | None = None  # see _clauses; made where it is needed first
        self.expanded = 0  # terms that sums and products have been written out to
        self.used_here: set[str] = set()  # names that the current line reads
        self.used: dict[str, None] = {}  # names read and not assigned, in order of appearance
        self.values: dict[int, tuple[Node, float]] = {}  # value of each constant node; the node keeps its id alive

    @cached_property
    def plain_names(self) -> set[str]:
        """The names that stand somewhere without a bracket behind them."""
        pairs = zip(self.tokens, self.tokens[1:], strict=False)
        return {token.text for token, after in pairs if token.kind == "name" and after.kind != "("}

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def expression(self, binding: int) -> Node:
        """Read one operand and all operators that bind tighter than `binding`."""
        raise NotImplementedError

    def _nested(self, read: Callable[[], Node], span: Span) -> Node:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise ExplorerError(f"The formula is nested more than {MAX_NESTING} deep.", span, "limit")
        node = read()
        self.nesting -= 1
        return node

    def _inner(self, opening: Token) -> Node:
        """What stands in brackets; an absolute value may begin there anew."""
        if self.nesting >= MAX_NESTING:
            raise ExplorerError(f"The formula is nested more than {MAX_NESTING} deep.", opening.span, "limit")
        self.nesting += 1
        outer, self.bars = self.bars, 0
        node = self.expression(0)
        self.bars = outer
        self.nesting -= 1
        return node

    def _inside_bars(self, bars: int, read: Callable[[], Node]) -> Node:
        """Read with `bars` open absolute values: inside round brackets a bar opens again."""
        outer, self.bars = self.bars, bars
        node = read()
        self.bars = outer
        return node

    def _expect(self, kind: str, opening: Token) -> Span:
        if self.token.kind == kind:
            self.position += 1
            return self.tokens[self.position - 1].span
        if self.token.kind in ("newline", "end"):
            raise ExplorerError(f"This “{opening.text}” is not closed: “{kind}” is missing.", opening.span)
        raise self._unexpected()

    def _source(self, span: Span) -> str:
        """What stands at a place of one line."""
        return self.lines[span.line - 1][span.column : span.end_column] if span.line == span.end_line else "…"

    # -- nodes ---------------------------------------------------------------------------------------------------------

    def _constant(self, value: float, text: str, span: Span) -> Expression:
        node = new_constant((value, text, span))
        self.values[id(node)] = (node, value)
        return node

    def _placed(self, node: Node, span: Span) -> Node:
        """The same node with another span, as brackets around it give it."""
        placed = node.at(span)
        if id(node) in self.values:
            self.values[id(placed)] = (placed, self.values[id(node)][1])
        return placed

    def _apply(self, function: str, arguments: tuple[Expression, ...], span: Span) -> Expression:
        node = new_apply((function, arguments, span))
        for argument in arguments:
            if id(argument) not in self.values:
                return node
        value = _folded(function, [self.values[id(a)][1] for a in arguments])
        if value is not None:
            self.values[id(node)] = (node, value)
        return node

    def _power(self, base: Expression, exponent: Expression) -> Expression:
        span = base.span.to(exponent.span)
        node = self._apply("pow", (base, exponent), span)
        known = self.values.get(id(base)), self.values.get(id(exponent))
        if known[0] is not None and known[1] is not None and known[0][1] != 0.0:
            value = self.values[id(node)][1]
            if math.isfinite(known[0][1]) and math.isfinite(known[1][1]) and (math.isinf(value) or value == 0.0):
                raise ExplorerError("This constant power does not fit a double.", span, "limit")
        return node

    def _superscript(self, token: Token) -> Expression:
        digits = token.text.lstrip("+-")
        if not digits or not token.text[len(token.text) - len(digits) :].isdigit() or len(digits) > 6:
            raise ExplorerError("A superscript is a whole number of at most 6 digits.", token.span)
        if len(token.text) - len(digits) > 1:
            raise ExplorerError("A superscript has one sign.", token.span)
        number = self._constant(float(digits), digits, token.span)
        return self._apply("neg", (number,), token.span) if token.text[0] == "-" else number

    def number(self, node: Node) -> Expression:
        """The node as a number; a condition is refused with the way to make a number of it."""
        if type(node) in CONDITIONS:
            raise ExplorerError(
                "A comparison is not a number: where(condition, 1, 0) makes one of it.", node.span, "syntax"
            )
        return node  # type: ignore[return-value]

    def condition(self, node: Node) -> Condition:
        """The node as a condition; a number is refused."""
        if isinstance(node, CONDITIONS):
            return node
        raise ExplorerError("A condition is needed here, for example x > 0.", node.span, "syntax")

    # -- names and notes -----------------------------------------------------------------------------------------------

    def _note(self, message: str, span: Span) -> None:
        self.alone = False
        self.notes.append(Note(message, span))

    def _note_once(self, message: str, span: Span) -> None:
        if all(note.message != message for note in self.notes):
            self._note(message, span)

    def _check_word(self, token: Token) -> None:
        if token.text == "if":
            said = "“if” stands after a value: a if condition else b; or write where(condition, a, b)."
            raise ExplorerError(said, token.span)
        if keyword.iskeyword(token.text) and token.text != "lambda":
            raise ExplorerError(f"“{token.text}” is a word of algorithms, not a name in a formula.", token.span)

    def _check_assignable(self, token: Token, assigned: bool = True) -> None:
        if token.text in _NO_VARIABLES:
            self._check_word(token)
            what = "constant" if token.text in CONSTANTS else "function"
            raise ExplorerError(f"“{token.text}” is a {what}: choose another name.", token.span, "name")
        if assigned and token.text in self.assigned:
            raise ExplorerError(f"“{token.text}” is assigned twice: choose a new name.", token.span, "name")
        if assigned and token.text in self.used:
            raise ExplorerError(
                f"“{token.text}” was already used as an input above: give this one a new name.", token.span, "name"
            )

    # -- refusals ------------------------------------------------------------------------------------------------------

    def _decimal_comma(self) -> ExplorerError | None:
        return decimal_comma(self.text, self.tokens, self.position)

    def _unexpected(self) -> ExplorerError:
        return unexpected(self.text, self.tokens, self.position)

    def _unknown_function(self, token: Token) -> ExplorerError:
        known = [*(name for name in PRIMITIVES if name not in OPERATORS), *FORMS, *FOLDS, *self.functions]
        return unknown_function(self.text, self.tokens, self.position, token, known)


def _folded(function: str, values: list[float]) -> float | None:
    """The value of arithmetic on constants, for the size guard; None where it is not arithmetic."""
    try:
        match function:
            case "add":
                return values[0] + values[1]
            case "sub":
                return values[0] - values[1]
            case "mul":
                return values[0] * values[1]
            case "div":
                return values[0] / values[1]
            case "neg":
                return -values[0]
            case "pow":
                return math.pow(values[0], values[1])
            case "exp":
                return math.exp(values[0])
    except OverflowError:
        return math.inf
    except (ZeroDivisionError, ValueError):
        return math.nan
    return None
