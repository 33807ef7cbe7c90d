"""Expressions and their reverse: values in a line are named, and adjoints handed back through them."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.calculus.adjoint.lines import NotCovered, Writer
from explorer.calculus.adjoint.python_text import Printer, Text, text_of
from explorer.language.primitives import PRIMITIVES
from explorer.language.program import (
    Apply,
    Call,
    Choose,
    Compare,
    Condition,
    Constant,
    Expression,
    Function,
    Logic,
    Name,
    Span,
)


@dataclass(frozen=True, slots=True)
class _Named:
    """A value of a line, for its reverse: the name of the temporary, the function and the texts of its arguments.

    Of a choice the expression itself: each side has its own reverse, which names its values anew.
    """

    name: str
    function: str
    arguments: tuple[Text, ...]
    span: Span
    own: bool = False  # a call of the program's own function
    choice: Choose | None = None


class Expressions:
    """Expressions of one function as Python text, and the lines that reverse them."""

    def __init__(self, function: Function, printer: Printer, names: set[str]) -> None:
        self.function = function
        self.printer = printer
        self.taken = {*names, *function.parameters, "math", "stack"}
        self.count = 0
        self.active: list[str] = list(function.parameters)  # names that have adjoints
        self.assigned = set(function.parameters)  # names that may have a value at this place
        self.sure = set(function.parameters)  # those of them that have one whichever way the run has come here
        self.unset: set[str] = set()  # names that are put on the stack before they surely have one
        self.loops = 0  # around this place
        self.temporaries: set[str] = set()  # the names of values within lines that depend on names with adjoints

    def fresh(self, stem: str = "v") -> str:
        while True:
            self.count += 1
            name = f"{stem}{self.count}"
            if name not in self.taken:
                return name

    def plain(self, value: Expression) -> Text:
        """An expression as Python writes it."""
        match value:
            case Constant(number, _, _):
                return text_of(number)
            case Name(name, _):
                return Text(name)
            case Apply(function, arguments, _):
                return self.printer.apply(function, [self.plain(argument) for argument in arguments])
            case Call(function, arguments, _):
                return Text(f"{function}({', '.join(self.plain(argument).text for argument in arguments)})")
            case Choose(condition, then, otherwise, _):
                sides = self.plain(then).inside(1), self.plain(otherwise).inside(1)
                return Text(f"{sides[0]} if {self.condition(condition)} else {sides[1]}", 0)
        raise NotCovered("lists")

    def condition(self, condition: Condition) -> str:
        match condition:
            case Compare(operator, left, right, _):
                return f"{self.plain(left).inside(1)} {operator} {self.plain(right).inside(1)}"
            case Logic():
                return self.logic(condition)
        raise NotCovered("this condition")

    def logic(self, condition: Logic) -> str:
        if not condition.conditions:  # True and False
            return str(condition.operator == "and")
        parts = [self.condition(part) for part in condition.conditions]
        if condition.operator == "not":
            return f"not ({parts[0]})"
        return f" {condition.operator} ".join(f"({part})" for part in parts)

    def spread(self, value: Expression, seed: Text, span: Span, back: Writer) -> None:
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
            if one.name not in bars:
                continue
            bar = Text(bars[one.name])
            if one.choice is not None:
                self.spread(one.choice, bar, one.span, back)
                continue
            if one.own:
                self.spread_call(one, bar, bars, back)
                continue
            y = Text(one.name)
            for position, argument in enumerate(one.arguments):
                partial = PRIMITIVES[one.function].partials[position](self.printer, *one.arguments, y)
                self.give(argument, self.times(bar, text_of(partial)), one.span, bars, back)

    def times(self, bar: Text, partial: Text) -> Text:
        if partial.text == "1":
            return bar
        if partial.text == "-1":
            return Text(f"-{bar.inside(3)}", 3)
        return Text(f"{bar.inside(2)}*{partial.inside(3)}", 2)

    def give(self, argument: Text, amount: Text, span: Span, bars: dict[str, str], back: Writer) -> None:
        """Add an amount to the adjoint of a name, or make it that of a value of this line."""
        name = argument.text
        if name in self.active:
            back.put(f"{name}_bar += {amount.text}", span)
        elif name in self.temporaries:
            back.put(f"{name}_bar = {amount.text}", span)
            bars[name] = f"{name}_bar"

    def spread_call(self, one: _Named, bar: Text, bars: dict[str, str], back: Writer) -> None:
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
        y = Text("\0")
        partials = (p(self.printer, *one.arguments, y) for p in PRIMITIVES[one.function].partials)
        return any("\0" in text_of(p).text for p in partials)

    def name_values(self, value: Expression, values: list[_Named]) -> Text:
        """Give each operation of an expression a name, operands first."""
        match value:
            case Constant(number, _, _):
                return text_of(number)
            case Name(name, _):
                return Text(name)
            case Apply(function, arguments, span) | Call(function, arguments, span):
                texts = tuple([self.name_values(argument, values) for argument in arguments])
                name = self.fresh()
                if any(text.text in self.active or text.text in self.temporaries for text in texts):
                    self.temporaries.add(name)
                values.append(_Named(name, function, texts, span, isinstance(value, Call)))
                return Text(name)
            case Choose():
                name = self.fresh()
                self.temporaries.add(name)
                values.append(_Named(name, "", (), value.span, choice=value))
                return Text(name)
        raise NotCovered("lists")

    def call_text(self, one: _Named) -> Text:
        if one.choice is not None:
            return self.plain(one.choice)
        if one.own:
            return Text(f"{one.function}({', '.join(a.text for a in one.arguments)})")
        return self.printer.apply(one.function, list(one.arguments))
