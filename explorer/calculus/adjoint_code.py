"""The adjoint program: readable Python that computes value and gradient, made from the source line by line.

Each assignment is run forward after the value that it overwrites is put on a stack; backward, the value comes back from
the stack, the intermediate values of the line are computed again, and their adjoints follow in reverse order. Branches
put their outcome on the stack, loops their number of rounds (Griewank & Walther 2008, sections 4.3 and 6.2). It is
shown, and never run by this program. What this form does not cover (lists, break, a return inside a loop) is written
out as the straight line of operations that was recorded at the point.

Longer than 300 lines: each construct of the language has its forward and its backward lines here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from explorer.calculus.tape import INPUT, Tape
from explorer.language.primitives import PRIMITIVES
from explorer.language.program import (
    Apply,
    Assign,
    AssignSeveral,
    Call,
    Choose,
    Compare,
    Condition,
    Constant,
    Expression,
    For,
    Function,
    If,
    ListOf,
    Logic,
    Name,
    Program,
    Range,
    Return,
    Span,
    Statement,
    While,
)

MOST_STRAIGHT = 2_000  # operations written out one by one


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A line of the adjoint program, the source line that it belongs to (None for none), and which way it runs."""

    text: str
    line: int | None = None
    backward: bool = False


@dataclass(frozen=True)
class AdjointProgram:
    """The lines; `structured` is False where the recorded operations are written out, for the reason `why`."""

    lines: tuple[CodeLine, ...]
    structured: bool
    why: str = ""

    def __str__(self) -> str:
        return "\n".join(line.text for line in self.lines)


class _NotCovered(Exception):
    """A construct that the structured form has no lines for."""


def adjoint_program(program: Program, tape: Tape) -> AdjointProgram:
    """The adjoint program of a Program; where it must be written out, as it ran on this tape."""
    try:
        lines = _structured(program)
    except _NotCovered as reason:
        return _straight(program, tape, str(reason))
    return AdjointProgram(tuple(lines), True)


# -- expressions as Python text --------------------------------------------------------------------------------------

_OPERATORS = {"add": ("+", 1), "sub": ("-", 1), "mul": ("*", 2), "div": ("/", 2)}
_PYTHON = {
    "log": "math.log", "sqrt": "math.sqrt", "abs": "abs", "min": "min", "max": "max", "floor": "math.floor",
    "ceil": "math.ceil", "cbrt": "math.cbrt", "erf": "math.erf",
}  # fmt: skip
_OWN = {  # what Python's math lacks
    "sign": "def sign(x): return (x > 0) - (x < 0)",
    "heaviside": "def heaviside(x): return 0.5 if x == 0 else float(x > 0)",
    "sigmoid": "def sigmoid(x): return 0.5*(1 + math.tanh(0.5*x))",
    "relu": "def relu(x): return max(x, 0.0)",
    "softplus": "def softplus(x): return max(x, 0.0) + math.log1p(math.exp(-abs(x)))",
    "cbrt": "def cbrt(x): return math.copysign(abs(x)**(1/3), x)",
}


@dataclass(frozen=True, slots=True)
class _Text:
    """A piece of Python with how tightly it binds: 0 a choice, 1 a sum, 2 a product, 3 a sign, 4 a power, 9 a name."""

    text: str
    binding: int = 9

    def inside(self, binding: int) -> str:
        return self.text if self.binding >= binding else f"({self.text})"


class _Printer:
    """The elementary functions on texts: a primitive's partial becomes Python. Collects the own functions it needs."""

    def __init__(self) -> None:
        self.own_functions: set[str] = set()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name == "choose":
            return self._choose
        if name in ("equal", "less"):
            sign = "==" if name == "equal" else "<"
            return lambda a, b: _Text(f"{_text(a).inside(1)} {sign} {_text(b).inside(1)}", 0)
        return lambda *arguments: self.apply(name, [_text(a) for a in arguments])

    def _choose(self, condition: Any, then: Any, otherwise: Any) -> _Text:
        return _Text(f"{_text(then).inside(1)} if {condition.text} else {_text(otherwise).inside(1)}", 0)

    def apply(self, name: str, arguments: list[_Text]) -> _Text:
        """The call of an elementary function as Python writes it."""
        if name in _OPERATORS:
            sign, binding = _OPERATORS[name]
            left, right = arguments[0].inside(binding), arguments[1].inside(binding + (name in ("sub", "div")))
            if name == "mul" and "1" in (left, right):
                return arguments[1] if left == "1" else arguments[0]
            space = " " if binding == 1 else ""
            return _Text(f"{left}{space}{sign}{space}{right}", binding)
        if name == "neg":
            return _Text(f"-{arguments[0].inside(3)}", 3)
        if name == "pow":
            return _Text(f"{arguments[0].inside(9)}**{arguments[1].inside(4)}", 4)
        if name in _OWN:
            self.own_functions.add(name)
            function = name
        else:
            function = _PYTHON.get(name, f"math.{name}")
        return _Text(f"{function}({', '.join(a.text for a in arguments)})")


def _text(value: Any) -> _Text:
    if isinstance(value, _Text):
        return value
    number = float(value)
    if number != number:
        return _Text("math.nan")
    if number in (float("inf"), float("-inf")):
        return _Text("math.inf" if number > 0 else "-math.inf", 9 if number > 0 else 3)
    text = repr(number).removesuffix(".0")
    return _Text(text, 3 if text.startswith("-") else 9)


# -- the structured form ---------------------------------------------------------------------------------------------


@dataclass
class _Writer:
    """The lines of one direction, with their indentation."""

    backward: bool
    depth: int = 1
    lines: list[CodeLine] = field(default_factory=list)

    def put(self, text: str, span: Span | None = None) -> None:
        line = span.line if span is not None and span.line else None
        self.lines.append(CodeLine("    " * self.depth + text, line, self.backward))


@dataclass(frozen=True, slots=True)
class _Named:
    """A value of a line, for its reverse: the name of the temporary, the function and the texts of its arguments."""

    name: str
    function: str
    arguments: tuple[_Text, ...]
    span: Span
    own: bool = False  # a call of the program's own function


class _Adjoint:
    """The adjoint of one function."""

    def __init__(self, function: Function, printer: _Printer, names: set[str]) -> None:
        self.function = function
        self.printer = printer
        self.taken = {*names, *function.parameters, "math", "stack"}
        self.count = 0
        self.active: list[str] = list(function.parameters)  # names that have adjoints
        self.assigned = set(function.parameters)  # names that may have a value at this place
        self.unset: set[str] = set()  # names that are put on the stack before they surely have one
        self.loops = 0  # around this place
        self.temporaries: set[str] = set()  # the names of values within lines

    def fresh(self) -> str:
        while True:
            self.count += 1
            name = f"v{self.count}"
            if name not in self.taken:
                return name

    def lines(self, results: int) -> list[CodeLine]:
        function = self.function
        body = _tail(function.body)
        forward = _Writer(False)
        self.results = [f"result{k + 1}" if results > 1 else "result" for k in range(results)]
        self.declare(body)
        back = self.block(body, forward)
        bars = [f"{r}_bar=1.0" if results == 1 else f"{r}_bar=0.0" for r in self.results]
        head = _Writer(False, 0)
        head.put(f"def {_own_name(function.name)}_adjoint({', '.join([*function.parameters, *bars])}):", function.span)
        head.depth = 1
        head.put("stack = []")
        if self.unset:
            head.put(" = ".join(sorted(self.unset)) + " = 0.0  # before their first round")
        seeds = _Writer(True)
        inner = [n for n in dict.fromkeys(self.active) if n not in self.results]
        if inner:
            seeds.put(" = ".join(f"{n}_bar" for n in inner) + " = 0.0")
        back.depth = 1
        end = _Writer(True)
        bars = [f"{p}_bar" for p in function.parameters]
        end.put(f"return {', '.join([*self.results, *bars])}")
        return [*head.lines, *forward.lines, *seeds.lines, *back.lines, *end.lines]

    def declare(self, body: Sequence[Statement]) -> None:
        """All names that get a value, so that their adjoints exist from the start."""
        for statement in body:
            match statement:
                case Assign(name, _, _):
                    self.active.append(name)
                case AssignSeveral(names, _, _):
                    self.active.extend(names)
                case If(_, then, otherwise, _):
                    self.declare(then)
                    self.declare(otherwise)
                case While(_, inner, _) | For(_, _, inner, _):
                    self.declare(inner)
        self.taken |= set(self.active) | set(self.results)

    def block(self, body: Sequence[Statement], forward: _Writer) -> _Writer:
        """Write a block forward; its backward lines, at the same depth."""
        pieces: list[list[CodeLine]] = []
        for statement in body:
            back = _Writer(True, forward.depth)
            self.statement(statement, forward, back)
            pieces.append(back.lines)
        result = _Writer(True, forward.depth)
        for lines in reversed(pieces):
            result.lines.extend(lines)
        if not body:
            forward.put("pass")
        if not result.lines:
            result.put("pass")
        return result

    def statement(self, statement: Statement, forward: _Writer, back: _Writer) -> None:
        match statement:
            case Assign(name, value, span):
                self.assign([name], [value], span, forward, back)
            case AssignSeveral(names, ListOf(items, _), span) if len(items) == len(names):
                self.assign(list(names), list(items), span, forward, back)
            case Return(values, span):
                self.assign(self.results, list(values), span, forward, back, result=True)
            case If(condition, then, otherwise, span):
                self.branch(condition, then, otherwise, span, forward, back)
            case While(condition, body, span):
                self.loop(f"while {self.condition(condition)}:", None, body, span, forward, back)
            case For(str() as variable, Range(start, stop, step, _), body, span):
                if any(not isinstance(part, Constant | Name) for part in (start, stop, step)):
                    raise _NotCovered("a range with computed bounds")
                parts = [self.plain(p).text for p in (start, stop, step)]
                parts = parts[:2] if parts[2] == "1" else parts
                parts = parts[1:] if len(parts) == 2 and parts[0] == "0" else parts
                self.loop(f"for {variable} in range({', '.join(parts)}):", variable, body, span, forward, back)
            case _:
                raise _NotCovered("lists, break and continue")

    def assign(
        self,
        names: list[str],
        values: list[Expression],
        span: Span,
        forward: _Writer,
        back: _Writer,
        result: bool = False,
    ) -> None:
        """names = values, all at once."""
        kept = [] if result else [n for n in names if n in self.assigned or self.loops]
        self.unset.update(n for n in kept if n not in self.assigned)
        self.assigned.update(names)
        if kept:
            forward.put(f"stack.append({_tuple(kept)})", span)
        right = ", ".join(self.plain(value).text for value in values)
        forward.put(f"{', '.join(names)} = {right}", span)
        if kept:
            back.put(f"{', '.join(kept)} = stack.pop()", span)
        work: list[tuple[_Text, str]] = []
        for name in names:
            bar = f"{name}_bar"
            if result:
                work.append((_Text(bar), name))
                continue
            held = f"{self.fresh()}_bar"
            back.put(f"{held}, {bar} = {bar}, 0.0", span)
            work.append((_Text(held), name))
        for (seed, _), value in zip(work, values, strict=True):
            self.spread(value, seed, span, back)

    def spread(self, value: Expression, seed: _Text, span: Span, back: _Writer) -> None:
        """Add `seed` times the derivative of an expression to the adjoints of its names."""
        match value:
            case Constant():
                return
            case Name(name, _):
                if name in self.active:
                    back.put(f"{name}_bar += {seed.text}", span)
                return
            case Choose():
                back.put(f"if {self.condition(value.condition)}:", span)
                for side, word in ((value.then, ""), (value.otherwise, "else:")):
                    if word:
                        back.put(word, span)
                    back.depth += 1
                    before = len(back.lines)
                    self.spread(side, seed, span, back)
                    if len(back.lines) == before:
                        back.put("pass", span)
                    back.depth -= 1
                return
        values: list[_Named] = []
        self.name_values(value, values)
        for one in values[:-1]:
            back.put(f"{one.name} = {self.call_text(one).text}", one.span)
        top = values[-1]
        if self.uses_own_value(top):
            back.put(f"{top.name} = {self.call_text(top).text}", top.span)
        bars = {top.name: seed.text}
        # A value of the line is used once, so that its adjoint is assigned and not added to.
        for one in reversed(values):
            bar = _Text(bars[one.name])
            if one.own:
                self.spread_call(one, bar, bars, back)
                continue
            y = _Text(one.name)
            for position, argument in enumerate(one.arguments):
                partial = PRIMITIVES[one.function].partials[position](self.printer, *one.arguments, y)
                self.give(argument, self.times(bar, _text(partial)), one.span, bars, back)

    def times(self, bar: _Text, partial: _Text) -> _Text:
        if partial.text == "1":
            return bar
        if partial.text == "-1":
            return _Text(f"-{bar.inside(3)}", 3)
        return _Text(f"{bar.inside(2)}*{partial.inside(3)}", 2)

    def give(self, argument: _Text, amount: _Text, span: Span, bars: dict[str, str], back: _Writer) -> None:
        """Add an amount to the adjoint of a name, or make it that of a value of this line."""
        name = argument.text
        if name in self.active:
            back.put(f"{name}_bar += {amount.text}", span)
        elif name in self.temporaries:
            back.put(f"{name}_bar = {amount.text}", span)
            bars[name] = f"{name}_bar"

    def spread_call(self, one: _Named, bar: _Text, bars: dict[str, str], back: _Writer) -> None:
        """The adjoint of a call of an own function: its adjoint function, which runs it again."""
        parts = []
        for argument in one.arguments:
            parts.append(f"{argument.text}_bar" if argument.text in self.temporaries else self.fresh() + "_bar")
        call = f"{one.function}_adjoint({', '.join([a.text for a in one.arguments] + [bar.text])})"
        back.put(f"_, {', '.join(parts)} = {call}", one.span)
        for argument, part in zip(one.arguments, parts, strict=True):
            if argument.text in self.temporaries:
                bars[argument.text] = part
            elif argument.text in self.active:
                back.put(f"{argument.text}_bar += {part}", one.span)

    def uses_own_value(self, one: _Named) -> bool:
        """Whether a partial of the function needs the value itself, as that of exp does."""
        if one.own:
            return False
        y = _Text("\0")
        partials = (p(self.printer, *one.arguments, y) for p in PRIMITIVES[one.function].partials)
        return any("\0" in _text(p).text for p in partials)

    def name_values(self, value: Expression, values: list[_Named]) -> _Text:
        """Give each operation of an expression a name, operands first."""
        match value:
            case Constant(number, _, _):
                return _text(number)
            case Name(name, _):
                return _Text(name)
            case Apply(function, arguments, span) | Call(function, arguments, span):
                texts = tuple([self.name_values(argument, values) for argument in arguments])
                name = self.fresh()
                self.temporaries.add(name)
                values.append(_Named(name, function, texts, span, isinstance(value, Call)))
                return _Text(name)
            case Choose():
                raise _NotCovered("a choice inside an expression")
        raise _NotCovered("lists")

    def call_text(self, one: _Named) -> _Text:
        if one.own:
            return _Text(f"{one.function}({', '.join(a.text for a in one.arguments)})")
        return self.printer.apply(one.function, list(one.arguments))

    def plain(self, value: Expression) -> _Text:
        """An expression as Python writes it."""
        match value:
            case Constant(number, _, _):
                return _text(number)
            case Name(name, _):
                return _Text(name)
            case Apply(function, arguments, _):
                return self.printer.apply(function, [self.plain(argument) for argument in arguments])
            case Call(function, arguments, _):
                return _Text(f"{function}({', '.join(self.plain(argument).text for argument in arguments)})")
            case Choose(condition, then, otherwise, _):
                sides = self.plain(then).inside(1), self.plain(otherwise).inside(1)
                return _Text(f"{sides[0]} if {self.condition(condition)} else {sides[1]}", 0)
        raise _NotCovered("lists")

    def condition(self, condition: Condition) -> str:
        match condition:
            case Compare(operator, left, right, _):
                return f"{self.plain(left).inside(1)} {operator} {self.plain(right).inside(1)}"
            case Logic():
                return self.logic(condition)
        raise _NotCovered("this condition")

    def logic(self, condition: Logic) -> str:
        parts = [self.condition(part) for part in condition.conditions]
        if condition.operator == "not":
            return f"not ({parts[0]})"
        return f" {condition.operator} ".join(f"({part})" for part in parts)

    def branch(
        self,
        condition: Condition,
        then: tuple[Statement, ...],
        otherwise: tuple[Statement, ...],
        span: Span,
        forward: _Writer,
        back: _Writer,
    ) -> None:
        taken = self.fresh().replace("v", "taken")
        forward.put(f"{taken} = {self.condition(condition)}", span)
        forward.put(f"if {taken}:", span)
        back.put("if stack.pop():", span)
        before, after = set(self.assigned), set(self.assigned)
        for side, word in ((then, ""), (otherwise, "else:")):
            if word and side:
                forward.put(word, span)
                back.put(word, span)
            if side or not word:
                self.assigned = set(before)
                forward.depth += 1
                inner = self.block(side, forward)
                forward.depth -= 1
                back.lines.extend(inner.lines)
                after |= self.assigned
        self.assigned = after
        forward.put(f"stack.append({taken})", span)

    def loop(
        self,
        head: str,
        variable: str | None,
        body: tuple[Statement, ...],
        span: Span,
        forward: _Writer,
        back: _Writer,
    ) -> None:
        rounds = self.fresh().replace("v", "rounds")
        forward.put(f"{rounds} = 0", span)
        forward.put(head, span)
        forward.depth += 1
        if variable is not None:
            self.taken.add(variable)
        self.loops += 1
        inner = self.block(body, forward)
        self.loops -= 1
        if variable is not None:
            forward.put(f"stack.append({variable})", span)
        forward.put(f"{rounds} += 1", span)
        forward.depth -= 1
        forward.put(f"stack.append({rounds})", span)
        back.put("for _ in range(stack.pop()):", span)
        if variable is not None:
            back.lines.append(CodeLine("    " * (back.depth + 1) + f"{variable} = stack.pop()", span.line, True))
        back.lines.extend(inner.lines)


def _own_name(name: str) -> str:
    """A function's name; a formula, which has none, is called f."""
    return "f" if name in ("", "main") else _safe(name)


def _tuple(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"({', '.join(names)})"


def _tail(body: Sequence[Statement]) -> tuple[Statement, ...]:
    """The same body with returns only at the ends of its branches: what follows an `if` that returns is its else."""
    result: list[Statement] = []
    for place, statement in enumerate(body):
        if isinstance(statement, Return):
            return (*result, statement)
        if isinstance(statement, If) and (_returns(statement.then) or _returns(statement.otherwise)):
            rest = body[place + 1 :]
            then = statement.then if _always(statement.then) else (*statement.then, *rest)
            otherwise = statement.otherwise if _always(statement.otherwise) else (*statement.otherwise, *rest)
            return (*result, If(statement.condition, _tail(then), _tail(otherwise), statement.span))
        if isinstance(statement, While | For) and _returns(statement.body):
            raise _NotCovered("a return inside a loop")
        result.append(statement)
    return tuple(result)


def _returns(body: Sequence[Statement]) -> bool:
    """Whether a block returns anywhere."""
    for statement in body:
        match statement:
            case Return():
                return True
            case If(_, then, otherwise, _):
                if _returns(then) or _returns(otherwise):
                    return True
            case While(_, inner, _) | For(_, _, inner, _):
                if _returns(inner):
                    return True
    return False


def _always(body: Sequence[Statement]) -> bool:
    """Whether a block returns on every way."""
    if not body:
        return False
    last = body[-1]
    return isinstance(last, Return) or (isinstance(last, If) and _always(last.then) and _always(last.otherwise))


def _structured(program: Program) -> list[CodeLine]:
    printer = _Printer()
    names = {function.name for function in program.functions}
    called: list[CodeLine] = []
    for function in program.functions:
        main = function is program.main
        results = len(program.outputs) if main else 1
        if not main:
            called.extend(_plain_function(function, printer))
            called.append(CodeLine(""))
        called.extend(_Adjoint(function, printer, names).lines(results))
        called.append(CodeLine(""))
    head = [CodeLine("import math"), CodeLine("")]
    for name in sorted(printer.own_functions):
        head.append(CodeLine(_OWN[name]))
    if printer.own_functions:
        head.append(CodeLine(""))
    return [*head, *called[:-1]]


def _plain_function(function: Function, printer: _Printer) -> list[CodeLine]:
    """An own function as it is, for the forward run of whoever calls it."""
    adjoint = _Adjoint(function, printer, set())
    writer = _Writer(False, 0)
    writer.put(f"def {function.name}({', '.join(function.parameters)}):", function.span)
    writer.depth = 1

    def block(body: Sequence[Statement]) -> None:
        for statement in body:
            match statement:
                case Assign(name, value, span):
                    writer.put(f"{name} = {adjoint.plain(value).text}", span)
                case AssignSeveral(names, ListOf(items, _), span):
                    writer.put(f"{', '.join(names)} = {', '.join(adjoint.plain(i).text for i in items)}", span)
                case Return(values, span) if len(values) == 1:
                    writer.put(f"return {adjoint.plain(values[0]).text}", span)
                case If(condition, then, otherwise, span):
                    writer.put(f"if {adjoint.condition(condition)}:", span)
                    inside(then)
                    if otherwise:
                        writer.put("else:", span)
                        inside(otherwise)
                case While(condition, inner, span):
                    writer.put(f"while {adjoint.condition(condition)}:", span)
                    inside(inner)
                case For(str() as variable, Range(start, stop, step, _), inner, span):
                    parts = [adjoint.plain(p).text for p in (start, stop, step)]
                    writer.put(f"for {variable} in range({', '.join(parts)}):", span)
                    inside(inner)
                case _:
                    raise _NotCovered("lists, break and continue, several results of an own function")

    def inside(body: Sequence[Statement]) -> None:
        writer.depth += 1
        block(body)
        if not body:
            writer.put("pass")
        writer.depth -= 1

    block(function.body)
    return writer.lines


# -- the straight line -----------------------------------------------------------------------------------------------


def _straight(program: Program, tape: Tape, why: str) -> AdjointProgram:
    """The recorded operations one by one, then their adjoints; right at every point that takes the same branches."""
    if len(tape.operations) > MOST_STRAIGHT:
        text = f"# {len(tape.operations):,} operations are too many to be written out ({why})."
        return AdjointProgram((CodeLine(text),), False, why)
    printer = _Printer()
    names = {op.index: _safe(op.name) for op in tape.ops}
    outputs = len(tape.outputs)
    bars = [f"result{k + 1}_bar={'1.0' if k == 0 else '0.0'}" for k in range(outputs)]
    parameters = ", ".join([*(names[k] for k in range(len(tape.inputs))), *bars])
    lines = [CodeLine(f"def {_own_name(program.main.name)}_adjoint({parameters}):", None)]
    back: list[CodeLine] = []
    for op in tape.operations:
        arguments = [_Text(names[a]) if isinstance(a, int) else _text(a) for a in op.arguments]
        text = printer.apply(op.function, arguments).text
        lines.append(CodeLine(f"    {names[op.index]} = {text}", op.span.line or None))
    zero = " = ".join(f"{names[op.index]}_bar" for op in tape.ops)
    if zero:
        back.append(CodeLine(f"    {zero} = 0.0", None, True))
    for count, output in enumerate(tape.outputs):
        if isinstance(output, int):
            back.append(CodeLine(f"    {names[output]}_bar += result{count + 1}_bar", None, True))
    for op in reversed(tape.operations):
        arguments = [_Text(names[a]) if isinstance(a, int) else _text(a) for a in op.arguments]
        for edge in op.edges:
            partial = PRIMITIVES[op.function].partials[edge.position](printer, *arguments, _Text(names[op.index]))
            bar, by = f"{names[op.index]}_bar", _text(partial)
            amount = bar if by.text == "1" else f"{bar}*{by.inside(3)}"
            back.append(CodeLine(f"    {names[edge.parent]}_bar += {amount}", op.span.line or None, True))
    values = [names[o] if isinstance(o, int) else _text(o).text for o in tape.outputs]
    gradient = [f"{names[op.index]}_bar" for op in tape.ops if op.function == INPUT]
    back.append(CodeLine(f"    return {', '.join([*values, *gradient])}", None, True))
    head = [CodeLine("import math"), CodeLine(""), *(CodeLine(_OWN[h]) for h in sorted(printer.own_functions))]
    return AdjointProgram((*head, *lines, *back), False, why)


def _safe(name: str) -> str:
    """A name that Python reads."""
    return name if name.isidentifier() else "".join(c if c.isalnum() else "_" for c in name)
