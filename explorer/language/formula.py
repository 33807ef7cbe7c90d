"""The reader of formulas: tokens become a Program by operator precedence (Pratt), nothing is ever evaluated.

It reads what people write: implicit products, |x|, superscripts, roots, functions without brackets, named
intermediates line by line, `f(x, y) = …`, several outputs. Where a writing can be read in two ways, it takes the usual
one and leaves a Note that says which.
"""

from __future__ import annotations

import itertools
import keyword
import math
import re
from collections.abc import Callable, Sequence
from functools import cached_property

from explorer.language.advice import (
    ELSEWHERE,
    INSTEAD,
    NO_NUMBERS,
    RUN_TOGETHER,
    decimal_comma,
    unexpected,
    unknown_function,
    with_decimal,
)
from explorer.language.primitives import (
    ALIASES,
    OPERATORS,
    PRIMITIVES,
    RECIPROCALS,
    Primitive,
    function_named,
    shown_as,
)
from explorer.language.program import (
    Apply,
    Assign,
    Call,
    Choose,
    Compare,
    Condition,
    Constant,
    ExplorerError,
    Expression,
    Function,
    Logic,
    Name,
    Note,
    Program,
    Return,
    Span,
    Statement,
    new_apply,
    new_assign,
    new_constant,
    new_name,
    new_span,
)
from explorer.language.tokens import GREEK, Token, tokenize

# Brackets, calls and powers inside each other; SymPy's own walks overflow a little above this.
MAX_NESTING = 100
# Levels of the tree that is read, a chain of + or of * being one. Nested signs, n-ary max and long piecewise deepen it
# without brackets; walks over it recurse a few Python frames a level, of which there are 1,000.
MAX_DEPTH = 200
MAX_INPUTS = 200

MAX_EXPANDED = 2_000  # terms that sums and products over a range are written out to
FOLDS = {"sum": "add", "prod": "mul"}
CONSTANTS = {"pi": math.pi, "e": math.e}
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
INVERSES = {"sin": "asin", "cos": "acos", "tan": "atan", "sinh": "asinh", "cosh": "acosh", "tanh": "atanh"}
# Special forms: how each is written, for completion and for messages.
FORMS = {
    "where": "where(condition, value if true, value if false)",
    "piecewise": "piecewise(condition, value, …, value otherwise)",
    "clip": "clip(x, low, high)",
}

# How tightly each operator holds its operands; a higher number binds tighter.
TERNARY, OR, AND, NOT, RELATION, SUM, PRODUCT, SIGN, POWER = 1, 2, 3, 4, 5, 10, 20, 25, 30

_LONGEST_QUOTED = 40  # characters of a formula in a note
_NAMED = ("Gamma", "zeta", "Phi")  # letters that usually name a function: Γ(x) is no product
_ENDS = frozenset((")", "]", ",", "=", "newline", "end"))  # behind what no expression goes on
_OPENING = ("(", "[")
_CONDITIONS = (Compare, Logic)
_FUNCTIONS = {n: p for n in (*PRIMITIVES, *ALIASES) if (p := function_named(n)) is not None}  # by every name
_NO_VARIABLES = {*_FUNCTIONS, *FORMS, *CONSTANTS, *keyword.kwlist} - {"lambda"}
_FAMILY = {"add": "sum", "sub": "sum", "mul": "product", "div": "product"}  # what reads as one chain

_SIGNS = {"+": ("add", SUM), "-": ("sub", SUM), "*": ("mul", PRODUCT), "/": ("div", PRODUCT)}

Node = Expression | Condition

# Lines “name = value” that were read and may be taken again: by number and text, the value, the names and the number of
# tokens. A text is read at every key stroke, and all its lines but one are known then.
_LINES: dict[tuple[int, str], tuple[Expression, frozenset[str], int]] = {}
_MOST_LINES = 1_000


def read_formula(text: str) -> Program:
    """The Program of a formula text; ExplorerError with the place where it cannot be read."""
    return _Reader(text).program()


def natural_order(name: str) -> list[tuple[int, int, str]]:
    """Sort key that puts x2 before x10."""
    return [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in re.split(r"(\d+)", name) if p]


class _Reader:
    """One pass over one text: the position among the tokens and the names met so far."""

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

    # -- lines ---------------------------------------------------------------------------------------------------

    def program(self) -> Program:
        body: list[Statement] = []
        outputs: tuple[Expression, ...] | None = None
        names: tuple[str, ...] = ()
        read_by_line: list[set[str]] = []
        assigned_by_line: list[str] = []
        while (kind := self.tokens[self.position][0]) != "end":
            if kind == "newline":
                self.position += 1
                continue
            if outputs is not None:
                raise ExplorerError(
                    "Only the last line may be without a name: write “name = …” on the lines before it.",
                    outputs[0].span,
                )
            following = self.tokens[self.position + 1][0]
            if kind == "name" and following == "(" and (definition := self._definition_head()) is not None:
                name, parameters, span = definition
                value = self._defined_value(name, parameters, span)
                if value is not None:  # the last line: its right side is what is differentiated
                    outputs, names = (value,), (name,)
                    self.parameters = parameters
                continue
            if kind == "name" and following == "=":
                target = self.token
                self._check_assignable(target)
                value = self._assigned_value(target)
                if target.text in self.used_here:
                    raise ExplorerError(
                        f"“{target.text}” stands on both sides: give the result a new name.", target.span, "name"
                    )
                place = target.span
                body.append(new_assign((target.text, value, place.to(value.span))))
                read_by_line.append(self.used_here)
                assigned_by_line.append(target.text)
                self.assigned[target.text] = place
                self.variables.add(target.text)
                continue
            self.used_here = set()
            outputs = self._outputs()
            read_by_line.append(self.used_here)
        if outputs is None:
            if not assigned_by_line:
                raise ExplorerError("Nothing to differentiate yet: type a function, for example x^2 + sin(x*y).")
            names = tuple(
                name
                for index, name in enumerate(assigned_by_line)
                if not any(name in read for read in read_by_line[index + 1 :])
                and name not in assigned_by_line[index + 1 :]
            )
            outputs = tuple(Name(name, self.assigned[name]) for name in names)
        for stem, index, span in self.loose:
            if stem not in self.vectors:
                raise ExplorerError(
                    f"{stem} is no vector here: write {stem}{index}, or name all components, as in sum({stem}[0..9]).",
                    span,
                )
        inputs = self._inputs()
        if not inputs:
            self._note_constants(body)
        if not names:
            names = self._output_names(outputs, inputs)
        body.append(Return(outputs, outputs[0].span.to(outputs[-1].span)))
        if self.deep:
            for function in self.functions.values():
                _check_depth(function.body)
            _check_depth(body)
        whole = Span(1, 0, self.tokens[-1].span.end_line, self.tokens[-1].span.end_column)
        main = Function("main", inputs, tuple(body), whole)
        return Program(self.text, (*self.functions.values(), main), inputs, names, tuple(dict.fromkeys(self.notes)))

    def _assigned_value(self, target: Token) -> Expression:
        """Read “name = value” to the end of the line; what was read of the same line before is taken as it was.

        That may be done where nothing but the line itself has a say in what it means, and where its names are known.
        """
        line = (target.line, self.lines[target.line - 1])
        known = _LINES.get(line)
        if known is not None and known[1] <= self.variables:
            value, names, tokens = known
            self.used_here = set(names)
            self.position += tokens
        else:
            self.used_here, self.alone, began = set(), True, self.position
            self.position += 2
            value = self.number(self.expression(0))
            if self.alone and self.tokens[self.position].line == target.line and self.token.kind == "newline":
                if len(_LINES) >= _MOST_LINES:
                    _LINES.clear()
                _LINES[line] = value, frozenset(self.used_here), self.position - began
        self._end_of_line()
        return value

    def _note_constants(self, body: Sequence[Statement]) -> None:
        """Say of a number that has a name that it is no input: x = 3 above y = x^2."""
        for statement in body:
            if isinstance(statement, Assign) and isinstance(statement.value, Constant):
                name, text = statement.name, statement.value.text
                self._note(
                    f"{name} is a constant by its line {name} = {text}; without that it is an input", statement.span
                )

    def _inputs(self) -> tuple[str, ...]:
        free = sorted((name for name in self.used if name not in self.parameters), key=natural_order)
        inputs = (*self.parameters, *free)
        if len(inputs) > MAX_INPUTS:
            raise ExplorerError(f"At most {MAX_INPUTS} inputs can be differentiated.", kind="limit")
        return inputs

    def _output_names(self, outputs: tuple[Expression, ...], inputs: tuple[str, ...]) -> tuple[str, ...]:
        taken = {*inputs, *self.assigned}
        if len(outputs) == 1:
            own = outputs[0].name if isinstance(outputs[0], Name) and outputs[0].name in self.assigned else None
            numbered = (f"y{index}" for index in itertools.count(1))
            return (own or next(n for n in itertools.chain(("y", "f", "F"), numbered) if n not in taken),)
        if all(isinstance(o, Name) and o.name in self.assigned for o in outputs) and len(set(outputs)) == len(outputs):
            return tuple(o.name for o in outputs if isinstance(o, Name))
        for stem in itertools.chain(("y", "f", "F"), (f"y{index}_" for index in itertools.count(1))):
            names = tuple(f"{stem}{index}" for index in range(1, len(outputs) + 1))
            if not taken & set(names):
                break
        return names

    def _definition_head(self) -> tuple[str, tuple[str, ...], Span] | None:
        """name(parameters) = where “name(” begins a line, or None with the position unchanged."""
        index, parameters = self.position + 2, []
        while self.tokens[index].kind == "name":
            parameters.append(self.tokens[index])
            index += 1
            if self.tokens[index].kind != ",":
                break
            index += 1
        if not parameters or self.tokens[index].kind != ")" or self.tokens[index + 1].kind != "=":
            return None
        head = self.token
        if head.text in self.functions:
            raise ExplorerError(f"“{head.text}” is defined twice.", head.span, "name")
        self._check_assignable(head)
        for parameter in parameters:
            self._check_assignable(parameter, assigned=False)
        names = tuple(p.text for p in parameters)
        if len(set(names)) < len(names):
            raise ExplorerError("A parameter stands twice in this definition.", head.span, "name")
        self.position = index + 2
        return head.text, names, head.span

    def _defined_value(self, name: str, parameters: tuple[str, ...], span: Span) -> Expression | None:
        """Read the right side; on the last line return it, else keep it as a function of the program."""
        outer_used, outer_parameters = self.used, self.parameters
        self.used, self.parameters, self.used_here = {}, parameters, set()
        value = self.number(self.expression(0))
        self._end_of_line()
        if name in self.used:
            raise ExplorerError(
                f"“{name}” stands in its own definition: only an algorithm may call itself.", span, "name"
            )
        last = all(t.kind in ("newline", "end") for t in self.tokens[self.position :])
        if last:
            self.used = {**outer_used, **self.used}
            return value
        strange = [n for n in self.used if n not in parameters]
        self.used, self.parameters = outer_used, outer_parameters
        if strange:
            raise ExplorerError(
                f"“{strange[0]}” is not a parameter: write {name}({', '.join((*parameters, strange[0]))}) = ….",
                span,
                "name",
            )
        body = (Return((value,), value.span),)
        self.functions[name] = Function(name, parameters, body, span.to(value.span))
        return None

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

    def _outputs(self) -> tuple[Expression, ...]:
        """One expression, or several with commas, in brackets or not."""
        start, notes = self.position, len(self.notes)
        if self.token.kind in "([":
            closing = ")" if self.token.kind == "(" else "]"
            self.position += 1
            enclosed = self._comma_list(closing)
            square = closing == "]"
            if self.token.kind == "newline" and (len(enclosed) > 1 or square):
                self.position += 1
                return tuple(self.number(v) for v in enclosed)
            if square or len(enclosed) > 1:
                what = "Square brackets" if square else "Several values in brackets"
                raise ExplorerError(f"{what} can only enclose all the outputs.", self.tokens[start].span)
            self.position = start
            del self.notes[notes:]
        values = [self.number(self.expression(0))]
        while self.token.kind == ",":
            if (meant := self._decimal_comma()) is not None:
                raise meant
            self.position += 1
            values.append(self.number(self.expression(0)))
        self._end_of_line()
        return tuple(values)

    def _end_of_line(self) -> None:
        if self.position - self.line_began > MAX_DEPTH or self.vectors:
            self.deep = True  # perhaps: each level is written in a sign, but for the components of vectors
        if self.tokens[self.position][0] != "newline":
            raise self._unexpected()
        self.position += 1
        self.line_began = self.position

    # -- expressions ---------------------------------------------------------------------------------------------

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def expression(self, binding: int) -> Node:
        """Read one operand and all operators that bind tighter than `binding`."""
        tokens, values = self.tokens, self.values
        left = self._operand()
        while True:
            kind = tokens[self.position][0]
            if kind in _ENDS:
                return left
            if (sign := _SIGNS.get(kind)) is not None:
                function, level = sign
                if binding >= level:
                    return left
                self.position += 1
                right = self.expression(level)
                if type(right) in _CONDITIONS or type(left) in _CONDITIONS:
                    right, left = self.number(right), self.number(left)
                begin, end = left[-1], right[-1]  # type: ignore[index]
                span = new_span((begin[0], begin[1], end[2], end[3]))
                if id(left) in values and id(right) in values:  # else there is nothing for _apply to look after
                    left = self._apply(function, (left, right), span)  # type: ignore[arg-type]
                else:
                    left = new_apply((function, (left, right), span))
                continue
            token = tokens[self.position]
            if kind == "^" and binding < POWER:
                self.position += 1
                exponent = self._nested(lambda: self.expression(SIGN - 1), token.span)
                left = self._power(self.number(left), self.number(exponent))
            elif token.kind == "superscript":
                self.position += 1
                left = self._power(self.number(left), self._superscript(token))
                if self.token.kind == "superscript":
                    raise ExplorerError("Two superscripts in a row: write brackets, (x²)³.", self.token.span)
            elif token.kind in COMPARISONS and binding < RELATION:
                left = self._comparison(left)
            elif token.kind == "name" and token.text in ("and", "or") and binding < (OR if token.text == "or" else AND):
                left = self._logic(token.text, left)
            elif token.kind == "name" and token.text == "if" and binding < TERNARY:
                left = self._ternary(left)
            elif binding < PRODUCT and self._begins_factor(token):
                left = self._implicit_product(left)
            else:
                return left

    def _operand(self) -> Node:
        token = self.tokens[self.position]
        kind, text, line, column, end_column, _ = token
        if kind == "name":
            if (
                text in self.variables
                and self.tokens[self.position + 1][0] not in _OPENING
                and not self.bound
                and not self.parameters
            ):
                self.position += 1
                self.used_here.add(text)
                return new_name((text, new_span((line, column, line, end_column))))
            return self._named()
        if kind == "number":
            self.position += 1
            return self._constant(float(text), text, new_span((line, column, line, end_column)))
        if kind in "+-":
            return self._signed()
        if token.kind == "(":
            self.position += 1
            inner = self._inner(token)
            if self.token.kind == ",":
                raise self._decimal_comma() or ExplorerError(
                    "A comma separates a function's arguments; here is no function.", self.token.span
                )
            return self._placed(inner, token.span.to(self._expect(")", token)))
        if token.kind == "|":
            self.position += 1
            inner = self.number(
                self._nested(lambda: self._inside_bars(self.bars + 1, lambda: self.expression(0)), token.span)
            )
            end = self._expect("|", token)
            return self._apply("abs", (inner,), token.span.to(end))
        if token.kind in ("√", "∛"):
            self.position += 1
            inner = self.number(self._nested(lambda: self.expression(SIGN), token.span))
            return self._apply("sqrt" if token.kind == "√" else "cbrt", (inner,), token.span.to(inner.span))
        raise self._unexpected()

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

    def _signed(self) -> Node:
        signs: list[Token] = []
        while self.token.kind in "+-":
            signs.append(self.token)
            self.position += 1
        if self.token.kind in ("*", "/", "^", ")", "newline", "end", ",", "="):
            raise self._unexpected()
        node: Node = self.number(self._nested(lambda: self.expression(SIGN - 1), signs[0].span))
        for sign in reversed(signs):
            if sign.kind == "-":
                node = self._apply("neg", (self.number(node),), sign.span.to(node.span))
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

    def _comparison(self, left: Node) -> Condition:
        parts: list[Condition] = []
        while self.token.kind in COMPARISONS:
            operator = self.token
            self.position += 1
            right = self.number(self.expression(RELATION))
            left = self.number(left)
            parts.append(Compare(operator.kind, left, right, left.span.to(right.span)))
            left = right
        return parts[0] if len(parts) == 1 else Logic("and", tuple(parts), parts[0].span.to(parts[-1].span))

    def _logic(self, operator: str, left: Node) -> Condition:
        conditions = [self.condition(left)]
        while self.token.kind == "name" and self.token.text == operator:
            self.position += 1
            conditions.append(self.condition(self.expression(OR if operator == "or" else AND)))
        return Logic(operator, tuple(conditions), conditions[0].span.to(conditions[-1].span))

    def _ternary(self, then: Node) -> Expression:
        self.position += 1
        condition = self.condition(self._nested(lambda: self.expression(TERNARY), self.token.span))
        if not (self.token.kind == "name" and self.token.text == "else"):
            raise ExplorerError("“if” needs an “else”: write “a if condition else b”.", self.token.span)
        otherwise_at = self.token.span
        self.position += 1
        otherwise = self.number(self._nested(lambda: self.expression(0), otherwise_at))
        value = self.number(then)
        return Choose(condition, value, otherwise, value.span.to(otherwise.span))

    # -- names, calls, implicit products -------------------------------------------------------------------------

    def _named(self) -> Node:
        token = self.tokens[self.position]
        name = token[1]
        called = self.tokens[self.position + 1][0] == "("
        if called and name in _FUNCTIONS and name not in self.parameters and name not in self.bound:
            self.position += 1
            return self._called(token, _FUNCTIONS[name])
        if name == "not":
            self.position += 1
            condition = self.condition(self._nested(lambda: self.expression(NOT), token.span))
            return Logic("not", (condition,), token.span.to(condition.span))
        self._check_word(token)
        self.position += 1
        if name in self.bound:
            return self._constant(float(self.bound[name]), str(self.bound[name]), token.span)
        if called and name in self.functions:
            return self._own_call(token)
        if called and name in FOLDS and name not in self.plain_names:
            return self._fold(token)
        if called and name in FORMS:
            return self._form(token)
        if (function_named(name) is not None or self._is_reciprocal(token)) and name not in self.parameters:
            return self._function(token)
        if name in CONSTANTS and name not in self.parameters:
            return self._constant(CONSTANTS[name], name, token.span)
        if called and name == "pow" and not self._is_variable(token):
            return self._power_called(token)
        if called and not self._is_variable(token):
            raise self._unknown_function(token)
        if self.token.kind == "[" and name not in self.assigned:
            return self._item(token)
        if name not in self.assigned:
            if name not in self.used and name not in self.parameters:
                self._note_name(token)
            self.used.setdefault(name)
        elif self.parameters:
            raise ExplorerError(
                f"“{name}” is assigned above; a definition reads its own parameters only.", token.span, "name"
            )
        if not self.parameters:
            self.variables.add(name)
        self.used_here.add(name)
        return Name(name, token.span)

    def _note_name(self, token: Token) -> None:
        """Say of a name that may be meant as a product or a call (xy, ax beside bx, sinx) that it is one name."""
        name = token.text
        stem = next((f for f in RUN_TOGETHER if name.startswith(f) and 0 < len(name) - len(f) <= 2), "")
        if stem:
            self._note(f"{name} reads as one name; write {stem}({name[len(stem) :]}) for the function", token.span)
            return
        known = name in RECIPROCALS or ELSEWHERE.get(name, "pow") != "pow"
        if name in INSTEAD or (known and name not in GREEK.values()):
            written = INSTEAD.get(name) or f"{ELSEWHERE.get(name, name)}(x)"
            self._note(f"{name} reads as a name; for the function write {written}", token.span)
        if name in NO_NUMBERS:
            self._note(f"{name} reads as a name, {NO_NUMBERS[name]}", token.span)
        if len(name) != 2 or not (name.isalpha() and name.islower()) or name in GREEK.values():
            return
        others = {letter for other in self.plain_names - {name} if len(other) < 3 for letter in other}
        coefficient = name[0] in "abckmnpqrw" and name[1] in "xyzt"
        raised = name[1] == "e" and self.token.kind == "^"
        if set(name) <= set("xyzuvt") or (name[1] in others and name[1] in "xyzt") or coefficient or raised:
            self._note(f"{name} reads as one name; write {name[0]}*{name[1]} for a product", token.span)

    def _note_alias(self, token: Token) -> None:
        """Say once of a function called by another name how the program calls it."""
        if shown := shown_as(token.text):
            self._note_once(f"{token.text} is called {shown} here", token.span)

    def _check_word(self, token: Token) -> None:
        if token.text == "if":
            said = "“if” stands after a value: a if condition else b; or write where(condition, a, b)."
            raise ExplorerError(said, token.span)
        if keyword.iskeyword(token.text) and token.text != "lambda":
            raise ExplorerError(f"“{token.text}” is a word of algorithms, not a name in a formula.", token.span)

    def _is_variable(self, token: Token) -> bool:
        """Whether name( … ) is a product: a single letter that is no usual function's, or used as a variable.

        θ is a letter; theta( … ) could be a function that somebody expects here, as gamma( … ) is.
        """
        name, self.alone = token.text, False
        if name in self.assigned or name in self.parameters or name in self.plain_names:
            return True
        letters = name.rstrip("0123456789_")
        if letters in GREEK.values():
            return token.end_column - token.column == 1 + len(name) - len(letters) and letters not in _NAMED
        return len(letters) == 1 and letters not in "fghFGH"

    def _function(self, token: Token) -> Expression:
        """A call of an elementary function, with or without brackets, perhaps raised: sin(x), sin x, sin² x."""
        primitive = function_named(RECIPROCALS.get(token.text, token.text))
        assert primitive is not None
        exponent: Expression | None = None
        if self.token.kind == "superscript":
            mark = self.token
            self.position += 1
            if mark.text == "-1":
                primitive = self._inverse(token, primitive, "⁻¹", mark)
            else:
                exponent = self._superscript(mark)
        elif self.token.kind == "^" and [t.text for t in self.tokens[self.position + 1 :][:2]] == ["-", "1"]:
            self.position += 3
            primitive = self._inverse(token, primitive, "^-1", self.tokens[self.position - 1])
        elif self.token.kind == "^":
            self.position += 1
            if self.token.kind != "number":
                raise ExplorerError(f"Write ({token.text}(x))^… for a power of {token.text}.", self.token.span)
            exponent = self._constant(float(self.token.text), self.token.text, self.token.span)
            self.position += 1
        if self.token.kind == "(":
            node = self._called(token, primitive)
        else:
            argument = self._bare_argument(token)
            node = self._call(primitive.name, token, [argument], token.span.to(argument.span))
        return node if exponent is None else self._power_of_call(node, exponent)

    def _inverse(self, token: Token, primitive: Primitive, raised: str, mark: Token) -> Primitive:
        """The function that sin⁻¹ is; ⁻¹ on one that is not undone here could as well be a power."""
        if primitive.name not in INVERSES or token.text in RECIPROCALS:
            raise ExplorerError(f"{token.text}{raised} could mean two things: write 1/{token.text}(x).", mark.span)
        inverse = PRIMITIVES[INVERSES[primitive.name]]
        self._note(f"{token.text}{raised} reads as {inverse.name}", token.span.to(mark.span))
        return inverse

    def _called(self, token: Token, primitive: Primitive) -> Expression:
        """A call with brackets, which begin here."""
        self.position += 1
        arguments = [self.number(a) for a in self._arguments(token)]
        return self._call(primitive.name, token, arguments, self._up_to_here(token))

    def _up_to_here(self, token: Token) -> Span:
        """From a token to the end of what was read last."""
        last = self.tokens[self.position - 1]
        return new_span((token[2], token[3], last[2], last[4]))

    def _power_called(self, token: Token) -> Expression:
        """pow(base, exponent), as other languages write it."""
        self.position += 1
        arguments = [self.number(a) for a in self._arguments(token)]
        if len(arguments) != 2:
            said = f"pow takes 2 arguments; here it has {_count(len(arguments))}."
            raise ExplorerError(said, token.span, "arity")
        base, exponent = arguments
        return self.number(self._placed(self._power(base, exponent), self._up_to_here(token)))

    def _power_of_call(self, node: Expression, exponent: Expression) -> Expression:
        return self._apply("pow", (node, exponent), node.span)

    def _bare_argument(self, function: Token) -> Expression:
        """What follows a function without brackets: a product of factors, up to an operator or another function."""
        token = self.token
        if token.kind not in ("number", "name", "√", "∛", "|") or (token.kind == "|" and self.bars):
            raise ExplorerError(f"{function.text} needs an argument: {function.text}(x).", function.span)
        argument = self.number(self._nested(lambda: self.expression(PRODUCT), function.span))
        factors = 1
        while self.token.kind in ("number", "name", "√", "∛") and not self._is_function_name(self.token):
            if self.token.kind == "name" and self.token.text in ("and", "or", "if", "else", "not"):
                break
            factor = self.number(self.expression(PRODUCT))
            argument = self._apply("mul", (argument, factor), argument.span.to(factor.span))
            factors += 1
        if factors > 1 and token.kind != "number":
            self._note(
                f"{function.text} takes the whole product that follows it; write {function.text}(…) to say less",
                function.span.to(argument.span),
            )
        return argument

    def _is_function_name(self, token: Token) -> bool:
        name = token.text
        known = name in FORMS or name in RECIPROCALS or function_named(name) is not None
        return token.kind == "name" and known and name not in self.assigned

    def _is_reciprocal(self, token: Token) -> bool:
        """Whether a name just passed is sec or one of its kind and an argument follows, perhaps behind a power.

        Without one it is a name as any other: 5 sec.
        """
        if token.text not in RECIPROCALS or token.text in self.assigned:
            return False
        kinds = [t.kind for t in self.tokens[self.position :][:4]]
        if kinds[:1] == ["superscript"]:
            return self._begins_factor(self.tokens[self.position + 1])
        if kinds[:3] == ["^", "-", "number"] or kinds[:2] == ["^", "number"]:
            return self._begins_factor(self.tokens[self.position + (3 if kinds[1] == "-" else 2)])
        return self._begins_factor(self.token)

    def _call(self, name: str, token: Token, arguments: list[Expression], span: Span) -> Expression:
        count = len(arguments)
        if token.text in ALIASES:
            self._note_alias(token)
        if name in ("min", "max") and count >= 2:
            node = arguments[0]
            for argument in arguments[1:]:
                node = self._apply(name, (node, argument), span)
            return node
        if name == "log" and count == 2:
            base = arguments[1]
            known = base.value if isinstance(base, Constant) else None
            if known in (2.0, 10.0):
                return self._apply("log2" if known == 2.0 else "log10", (arguments[0],), span)
            quotient = tuple(self._apply("log", (a,), span) for a in arguments)
            return self._apply("div", quotient, span)
        arity = PRIMITIVES[name].arity
        if count != arity:
            wanted = "two or more arguments" if name in ("min", "max") else _count(arity)
            said = f"{token.text} takes {wanted}; here it has {_count(count)}."
            raise with_decimal(self.text, self.tokens, ExplorerError(said, span, "arity"))
        value = self._apply(name, tuple(arguments), span)
        if token.text in RECIPROCALS:
            self._note_once(f"{token.text}(…) reads as 1/{name}(…)", token.span)
            value = self._apply("div", (self._constant(1.0, "1", span), value), span)
        return value

    def _own_call(self, token: Token) -> Expression:
        self.position, self.alone = self.position + 1, False
        arguments = tuple(self.number(a) for a in self._arguments(token))
        span = self._up_to_here(token)
        wanted = len(self.functions[token.text].parameters)
        if len(arguments) != wanted:
            raise ExplorerError(
                f"{token.text} takes {_count(wanted)}; here it has {_count(len(arguments))}.", span, "arity"
            )
        return Call(token.text, arguments, span)

    def _form(self, token: Token) -> Expression:
        self.position += 1
        arguments = self._arguments(token)
        span = self._up_to_here(token)
        if token.text == "clip" and len(arguments) == 3:
            value, low, high = (self.number(a) for a in arguments)
            return self._apply("min", (self._apply("max", (value, low), span), high), span)
        if (token.text == "where" and len(arguments) == 3) or (
            token.text == "piecewise" and len(arguments) >= 3 and len(arguments) % 2 == 1
        ):
            node = self.number(arguments[-1])
            for index in range(len(arguments) - 3, -1, -2):
                node = Choose(self.condition(arguments[index]), self.number(arguments[index + 1]), node, span)
            return node
        raise ExplorerError(f"{token.text} is written {FORMS[token.text]}.", span, "arity")

    def _arguments(self, function: Token) -> list[Node]:
        if self.tokens[self.position][0] == ")":
            raise ExplorerError(f"{function.text} needs an argument: {function.text}(x).", function.span, "arity")
        return self._comma_list(")")

    def _item(self, token: Token) -> Expression:
        """x[3] is the input x3; the index is a constant, or made of the variables of sums."""
        if (meant := function_named(token.text.lower())) is not None:  # Sin[x]
            raise ExplorerError(f"A function has round brackets: {meant.name}(x).", token.span)
        opening = self.token
        self.position, self.alone = self.position + 1, False
        index = self.number(self._inner(opening))
        end = self._expect("]", opening)
        known = self.values.get(id(index))
        if known is None or not known[1].is_integer() or not 0 <= known[1] < MAX_INPUTS:
            raise ExplorerError(
                f"An index is a whole number from 0 to {MAX_INPUTS - 1} that depends on no input.", index.span
            )
        span = token.span.to(end)
        if self.bound:
            self.vectors.add(token.text)
        else:
            self.loose.append((token.text, int(known[1]), span))
        return self._component(token.text, int(known[1]), span)

    def _component(self, stem: str, index: int, span: Span) -> Expression:
        name = f"{stem}_{index}" if stem[-1].isdigit() else f"{stem}{index}"
        if name not in self.assigned:
            self.used.setdefault(name)
        self.used_here.add(name)
        return Name(name, span)

    def _slice(self) -> list[Node]:
        """The components of x[0..9] if that is what stands here, else none."""
        ahead = self.tokens[self.position : self.position + 6]
        if [t.kind for t in ahead] != ["name", "[", "number", "..", "number", "]"]:
            return []
        span = ahead[0].span.to(ahead[5].span)
        low, high = (float(ahead[k].text) for k in (2, 4))
        if not (low == int(low) and high == int(high) and 0 <= low <= high < MAX_INPUTS):
            raise ExplorerError(f"A vector is x[0..n] with n below {MAX_INPUTS}.", span)
        self._check_word(ahead[0])
        self.vectors.add(ahead[0].text)
        self.position, self.alone = self.position + 6, False
        return [self._component(ahead[0].text, k, span) for k in range(int(low), int(high) + 1)]

    def _fold(self, token: Token) -> Expression:
        """sum(x[0..9]), sum(a, b, c), sum(x[i]*i for i in range(10)); prod likewise."""
        self.position, self.alone = self.position + 1, False
        clause = self._generator()
        terms = self._arguments(token) if clause is None else self._generated(clause)
        span = self._up_to_here(token)
        if not terms:
            return self._constant(0.0 if token.text == "sum" else 1.0, "0" if token.text == "sum" else "1", span)
        value = self.number(terms[0])
        for term in terms[1:]:
            value = self._apply(FOLDS[token.text], (value, self.number(term)), span)
        return value

    def _generator(self) -> int | None:
        """Where the “for” of this bracket stands, or None."""
        if self.clauses is None:
            self.clauses = _clauses(self.tokens)
        return self.clauses.get(self.position)

    def _generated(self, clause: int) -> list[Node]:
        """The terms of “term for i in range(…)”, the term read once for each value of i."""
        body, opening = self.position, self.tokens[self.position - 1]
        self.position = clause + 1
        variable = self.token
        ahead = self.tokens[clause + 2 : clause + 6]
        if variable.kind != "name" or ahead[0].text != "in":
            raise ExplorerError("A sum over many terms is written sum(x[i]*i for i in range(10)).", variable.span)
        self._check_assignable(variable)
        if [t.kind for t in ahead] == ["name", "number", "..", "number"]:  # 1..10 has both ends, as in x[1..10]
            low, high = float(ahead[1].text), float(ahead[3].text)
            self.position = clause + 6
            numbers: list[float | None] = [low, high + 1.0]
        elif [t.text for t in ahead[1:3]] == ["range", "("]:
            self.position = clause + 5
            known = [self.values.get(id(node)) for node in self._comma_list(")")]
            numbers = [None if k is None else k[1] for k in known]
        else:
            raise ExplorerError("A sum over many terms is written sum(x[i]*i for i in range(10)).", variable.span)
        if not 1 <= len(numbers) <= 3 or any(n is None or abs(n) > 1e9 or not n.is_integer() for n in numbers):
            raise ExplorerError("range takes one to three whole numbers.", variable.span)
        if len(numbers) == 3 and numbers[2] == 0:
            raise ExplorerError("The step of a range cannot be 0.", variable.span)
        values = range(*(int(n) for n in numbers if n is not None))
        self._expect(")", opening)
        after, outer = self.position, self.bound
        terms: list[Node] = []
        self.expanded += len(values)
        if self.expanded > MAX_EXPANDED:
            raise ExplorerError(f"Sums are written out to at most {MAX_EXPANDED:,} terms.", variable.span, "limit")
        for value in values:
            self.bound, self.position = {**outer, variable.text: value}, body
            terms.append(self._inner(opening))
            if self.position != clause:
                raise self._unexpected()
        self.bound, self.position = outer, after
        return terms

    def _comma_list(self, closing: str) -> list[Node]:
        opening, tokens = self.tokens[self.position - 1], self.tokens
        values: list[Node] = []
        while True:
            if tokens[self.position + 1][0] == "[" and (components := self._slice()):
                values += components
            else:
                values.append(self._inner(opening))
            kind = tokens[self.position][0]
            if kind != ",":
                break
            self.position += 1
        if kind == closing:
            self.position += 1
        else:
            self._expect(closing, opening)
        return values

    def _begins_factor(self, token: Token) -> bool:
        if token.kind == "|":
            return self.bars == 0
        if token.kind == "name":
            return token.text not in ("and", "or", "if", "else", "not", "for", "in", "is")
        return token.kind in ("(", "number", "√", "∛")

    def _implicit_product(self, left: Node) -> Expression:
        left = self.number(left)
        before, token = self.tokens[self.position - 1], self.token
        if token.kind == "number":
            raise ExplorerError(
                f"A number after “{before.text or ')'}” needs an operator: write * for a product, ^ for a power.",
                token.span,
            )
        if before.text[:1] == "d" and [t.text for t in self.tokens[self.position - 3 :][:2]] == ["d", "/"]:
            raise ExplorerError("Type the function itself; its derivatives are computed.", left.span)
        if before.kind == "name" and token.kind == "name" and not self._is_function_name(token):
            for name in (before, token):
                self._check_word(name)
                if name.text in INSTEAD or (len(name.text) > 2 and name.text in ELSEWHERE):  # cot x
                    raise self._unknown_function(name)
                letters = name.text.rstrip("0123456789_")
                if len(letters) > 2 and letters not in GREEK.values() and letters not in CONSTANTS:
                    raise ExplorerError(
                        f"Two names side by side: write {before.text}*{token.text} for a product.", token.span
                    )
        divided = isinstance(left, Apply) and left.function == "div" and not self._closed(before)
        right = self.number(self.expression(PRODUCT))
        ambiguous = divided or (before.kind == "name" and self._source(before.span) != "π")
        product = self._apply("mul", (left, right), left.span.to(right.span))
        if ambiguous and before.kind in ("name", "number") and not self._is_function_name(token) and token.kind != "|":
            self._note_product(product, divided)
        return product

    def _note_product(self, product: Expression, divided: bool) -> None:
        """Say how a product without signs reads, once for each chain of factors: its last product says it all."""
        last = self.notes[-1] if self.notes else None
        if last is not None and last.span[:2] == product.span[:2] and "·" in last.message.partition(" reads as ")[2]:
            self.notes.pop()
        source = self._source(product.span)
        factors: list[str] = []
        node: Node = product
        while isinstance(node, Apply) and node.function == "mul":
            factors.insert(0, self._source(node.arguments[1].span))
            node = node.arguments[0]
        first = self._source(node.span)
        reading = "·".join([f"({first})" if divided else first, *factors])
        if max(len(source), len(reading)) > _LONGEST_QUOTED:
            return
        more = ", the product after the division; for the other way write brackets, 1/(2x)" if divided else ""
        self._note(f"{source} reads as {reading}{more}", product.span)

    def _source(self, span: Span) -> str:
        """What stands at a place of one line."""
        return self.lines[span.line - 1][span.column : span.end_column] if span.line == span.end_line else "…"

    def _closed(self, token: Token) -> bool:
        return token.kind == ")"

    # -- small things --------------------------------------------------------------------------------------------

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
        value = _fold(function, [self.values[id(a)][1] for a in arguments])
        if value is not None:
            self.values[id(node)] = (node, value)
        return node

    def number(self, node: Node) -> Expression:
        """The node as a number; a condition is refused with the way to make a number of it."""
        if type(node) in _CONDITIONS:
            raise ExplorerError(
                "A comparison is not a number: where(condition, 1, 0) makes one of it.", node.span, "syntax"
            )
        return node  # type: ignore[return-value]

    def condition(self, node: Node) -> Condition:
        """The node as a condition; a number is refused."""
        if isinstance(node, _CONDITIONS):
            return node
        raise ExplorerError("A condition is needed here, for example x > 0.", node.span, "syntax")

    def _note(self, message: str, span: Span) -> None:
        self.alone = False
        self.notes.append(Note(message, span))

    def _note_once(self, message: str, span: Span) -> None:
        if all(note.message != message for note in self.notes):
            self._note(message, span)

    def _expect(self, kind: str, opening: Token) -> Span:
        if self.token.kind == kind:
            self.position += 1
            return self.tokens[self.position - 1].span
        if self.token.kind in ("newline", "end"):
            raise ExplorerError(f"This “{opening.text}” is not closed: “{kind}” is missing.", opening.span)
        raise self._unexpected()

    # -- refusals ------------------------------------------------------------------------------------------------

    def _decimal_comma(self) -> ExplorerError | None:
        return decimal_comma(self.text, self.tokens, self.position)

    def _unexpected(self) -> ExplorerError:
        return unexpected(self.text, self.tokens, self.position)

    def _unknown_function(self, token: Token) -> ExplorerError:
        known = [*(name for name in PRIMITIVES if name not in OPERATORS), *FORMS, *FOLDS, *self.functions]
        return unknown_function(self.text, self.tokens, self.position, token, known)


def _check_depth(body: Sequence[Statement]) -> None:
    """Refuse a body whose tree is deeper than MAX_DEPTH; a loop, for it is the guard of everything that recurses."""
    roots = [
        e for s in body for e in ((s.value,) if isinstance(s, Assign) else s.values if isinstance(s, Return) else ())
    ]
    stack: list[tuple[Node, int]] = [(root, 1) for root in roots]
    while stack:
        node, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise ExplorerError(f"The formula is nested more than {MAX_DEPTH} deep.", node.span, "limit")
        if type(node) in (Name, Constant):
            continue
        if isinstance(node, Apply):
            head, family = node.arguments[0], _FAMILY.get(node.function)
            chained = family is not None and isinstance(head, Apply) and _FAMILY.get(head.function) == family
            stack.append((head, depth if chained else depth + 1))
            stack.extend([(other, depth + 1) for other in node.arguments[1:]])
            continue
        match node:
            case Call(_, arguments, _):
                stack.extend((argument, depth + 1) for argument in arguments)
            case Choose(condition, then, otherwise, _):
                stack.extend((part, depth + 1) for part in (condition, then, otherwise))
            case Compare(_, left, right, _):
                stack.extend((part, depth + 1) for part in (left, right))
            case Logic(_, conditions, _):
                stack.extend((condition, depth + 1) for condition in conditions)


def _clauses(tokens: Sequence[Token]) -> dict[int, int]:
    """For the place after each bracket that holds a “for” of its own: where that stands."""
    found: dict[int, int] = {}
    open_at: list[int] = []
    for place, token in enumerate(tokens):
        if token.kind == "newline":
            open_at.clear()
        elif token.kind in ("(", "["):
            open_at.append(place + 1)
        elif token.kind in (")", "]"):
            if open_at:
                open_at.pop()
        elif token.text == "for" and token.kind == "name" and open_at:
            found.setdefault(open_at[-1], place)
    return found


def _count(number: int) -> str:
    return "1 argument" if number == 1 else f"{number} arguments"


def _fold(function: str, values: list[float]) -> float | None:
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
