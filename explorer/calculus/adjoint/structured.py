"""The structured form: each construct of the language has its forward and its backward lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from explorer.calculus.adjoint.expressions import Expressions
from explorer.calculus.adjoint.lines import CodeLine, NotCovered, Writer
from explorer.calculus.adjoint.python_text import OWN, Printer, Text, own_name
from explorer.calculus.adjoint.shape import assigned_in, mentions, returns_last, with_python_names
from explorer.language.program import (
    Assign,
    AssignSeveral,
    Call,
    Condition,
    Expression,
    For,
    Function,
    If,
    ListOf,
    Program,
    Range,
    Return,
    Span,
    Statement,
    While,
)


def structured(program: Program) -> list[CodeLine]:
    """The lines of a program's adjoint; NotCovered where it has a construct that has none."""
    program = with_python_names(program)
    printer = Printer()
    names = {function.name for function in program.functions}
    calls = set(_calls(program.main.body))
    called: list[CodeLine] = []
    for function in program.functions:
        main = function is program.main
        results = len(program.outputs) if main else 1
        if not main or function.name in calls:
            called.extend(_plain_function(function, printer))
            called.append(CodeLine(""))
        called.extend(_Adjoint(function, printer, names).lines(results))
        called.append(CodeLine(""))
    head = [CodeLine("import math"), CodeLine("")]
    for name in sorted(printer.own_functions):
        head.append(CodeLine(OWN[name]))
    if printer.own_functions:
        head.append(CodeLine(""))
    return [*head, *called[:-1]]


def _calls(part: object) -> Iterator[str]:
    """The own functions that a part of a program calls."""
    if isinstance(part, Call):
        yield part.function
    if isinstance(part, tuple) and not isinstance(part, Span):
        for inner in part:
            yield from _calls(inner)


def _plain_function(function: Function, printer: Printer) -> list[CodeLine]:
    """An own function as it is, for the forward run of whoever calls it."""
    adjoint = _Adjoint(function, printer, set())
    writer = Writer(False, 0)
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
                case For(str() as variable, Range() as counted, inner, span):
                    writer.put(f"for {variable} in {adjoint.range(counted)}:", span)
                    inside(inner)
                case _:
                    raise NotCovered("lists, break and continue, several results of an own function")

    def inside(body: Sequence[Statement]) -> None:
        writer.depth += 1
        block(body)
        if not body:
            writer.put("pass")
        writer.depth -= 1

    block(function.body)
    return writer.lines


class _Adjoint(Expressions):
    """The adjoint of one function: its statements forward, and backward."""

    def lines(self, results: int) -> list[CodeLine]:
        function = self.function
        body = returns_last(function.body)
        forward = Writer(False)
        self.results = [f"result{k + 1}" if results > 1 else "result" for k in range(results)]
        # All names that get a value, so that their adjoints exist from the start.
        self.active += assigned_in(body, counters=False)
        self.taken |= {*assigned_in(body), *self.active, *self.results}
        back = self.block(body, forward)
        bars = [f"{r}_bar=1.0" if results == 1 else f"{r}_bar=0.0" for r in self.results]
        head = Writer(False, 0)
        head.put(
            f"def {own_name(function.name, self.taken)}_adjoint({', '.join([*function.parameters, *bars])}):",
            function.span,
        )
        head.depth = 1
        if any("stack.append" in line.text for line in forward.lines):
            head.put("stack = []")
        if self.unset:
            head.put(" = ".join(sorted(self.unset)) + " = 0.0  # before their first value")
        seeds = Writer(True)
        inner = [n for n in dict.fromkeys(self.active) if n not in self.results]
        if inner:
            seeds.put(" = ".join(f"{n}_bar" for n in inner) + " = 0.0")
        back.depth = 1
        end = Writer(True)
        bars = [f"{p}_bar" for p in function.parameters]
        end.put(f"return {', '.join([*self.results, *bars])}")
        return [*head.lines, *forward.lines, *seeds.lines, *back.lines, *end.lines]

    def block(self, body: Sequence[Statement], forward: Writer) -> Writer:
        """Write a block forward; its backward lines, at the same depth."""
        pieces: list[list[CodeLine]] = []
        for statement in body:
            back = Writer(True, forward.depth)
            self.statement(statement, forward, back)
            pieces.append(back.lines)
        result = Writer(True, forward.depth)
        for lines in reversed(pieces):
            result.lines.extend(lines)
        if not body:
            forward.put("pass")
        if not result.lines:
            result.put("pass")
        return result

    def statement(self, statement: Statement, forward: Writer, back: Writer) -> None:
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
                self.loop(f"while {self.condition(condition)}:", None, False, body, span, forward, back)
            case For(str() as variable, Range() as counted, body, span):
                head = f"for {variable} in {self.range(counted)}:"
                elsewhere = mentions(self.function, variable) > mentions(statement, variable)
                self.loop(head, variable, elsewhere, body, span, forward, back)
            case _:
                raise NotCovered("lists, break and continue")

    def range(self, counted: Range) -> str:
        """A range with as few bounds as say it. They are whole numbers and run forward only: none has an adjoint."""
        parts = [self.plain(p).text for p in (counted.start, counted.stop, counted.step)]
        parts = parts[:2] if parts[2] == "1" else parts
        return f"range({', '.join(parts[1:] if len(parts) == 2 and parts[0] == '0' else parts)})"

    def assign(
        self,
        names: list[str],
        values: list[Expression],
        span: Span,
        forward: Writer,
        back: Writer,
        result: bool = False,
    ) -> None:
        """names = values, all at once."""
        kept = [] if result else self.keep(names, span, forward)
        self.assigned.update(names)
        self.sure.update(names)
        right = ", ".join(self.plain(value).text for value in values)
        forward.put(f"{', '.join(names)} = {right}", span)
        if kept:
            back.put(f"{', '.join(kept)} = stack.pop()", span)
        seeds: list[Text] = []
        for name in reversed(names):  # of a, a = x, y the last counts
            seed = bar = f"{name}_bar"
            if not result:
                seed = f"{self.fresh()}_bar"
                back.put(f"{seed}, {bar} = {bar}, 0.0", span)
            seeds.insert(0, Text(seed))
        for seed_text, value in zip(seeds, values, strict=True):
            self.spread(value, seed_text, span, back)

    def keep(self, names: list[str], span: Span, forward: Writer) -> list[str]:
        """Put on the stack what is about to be overwritten; the names of it."""
        kept = [n for n in names if n in self.assigned or self.loops]
        self.unset.update(n for n in kept if n not in self.sure)
        if kept:
            forward.put(f"stack.append({_tuple(kept)})", span)
        return kept

    def branch(
        self,
        condition: Condition,
        then: tuple[Statement, ...],
        otherwise: tuple[Statement, ...],
        span: Span,
        forward: Writer,
        back: Writer,
    ) -> None:
        taken = self.fresh("taken")
        forward.put(f"{taken} = {self.condition(condition)}", span)
        forward.put(f"if {taken}:", span)
        back.put("if stack.pop():", span)
        before, after = set(self.assigned), set(self.assigned)
        sure, on_all = set(self.sure), []
        for side, word in ((then, ""), (otherwise, "else:")):
            if word and side:
                forward.put(word, span)
                back.put(word, span)
            self.assigned, self.sure = set(before), set(sure)
            if side or not word:
                forward.depth += 1
                inner = self.block(side, forward)
                forward.depth -= 1
                back.lines.extend(inner.lines)
            after |= self.assigned
            on_all.append(self.sure)
        self.assigned, self.sure = after, set.intersection(*on_all)
        forward.put(f"stack.append({taken})", span)

    def loop(
        self,
        head: str,
        variable: str | None,
        elsewhere: bool,
        body: tuple[Statement, ...],
        span: Span,
        forward: Writer,
        back: Writer,
    ) -> None:
        """elsewhere: whether the name of the counter is that of something outside the loop too, to which it comes
        back when the loop has been reversed."""
        kept = self.keep([variable], span, forward) if variable is not None and elsewhere else []
        rounds = self.fresh("rounds")
        forward.put(f"{rounds} = 0", span)
        forward.put(head, span)
        forward.depth += 1
        if variable is not None:
            self.taken.add(variable)
            self.assigned.add(variable)
        sure = set(self.sure)
        self.sure.update([variable] if variable is not None else [])
        self.loops += 1
        inner = self.block(body, forward)
        self.loops -= 1
        self.sure = sure  # there may be no round
        if variable is not None:
            forward.put(f"stack.append({variable})", span)
        forward.put(f"{rounds} += 1", span)
        forward.depth -= 1
        forward.put(f"stack.append({rounds})", span)
        back.put("for _ in range(stack.pop()):", span)
        if variable is not None:
            back.lines.append(CodeLine("    " * (back.depth + 1) + f"{variable} = stack.pop()", span.line, True))
        back.lines.extend(inner.lines)
        if variable in self.active:  # what comes to a counter goes no further
            back.lines.append(CodeLine("    " * (back.depth + 1) + f"{variable}_bar = 0.0", span.line, True))
        if kept:
            back.put(f"{variable} = stack.pop()", span)


def _tuple(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"({', '.join(names)})"
