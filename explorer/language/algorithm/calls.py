"""Calls: elementary functions, own functions, special forms, and what is said of a name that is none."""

from __future__ import annotations

import ast
import difflib

from explorer.language.advice import ELSEWHERE, INSTEAD, instead, wrong_count
from explorer.language.algorithm.idioms import truncation
from explorer.language.algorithm.lists import Lists
from explorer.language.algorithm.words import INSTEAD_ON_LISTS, OF_LISTS, OF_PYTHON, SAME, SUBMODULES
from explorer.language.formula import FORMS
from explorer.language.names import plain_name
from explorer.language.primitives import OPERATORS, PRIMITIVES, RECIPROCALS, function_named, shown_as
from explorer.language.program import (
    Apply,
    Call,
    Choose,
    Constant,
    ExplorerError,
    Expression,
    Fold,
    Length,
    Span,
    new_apply,
)
from explorer.language.tokens import MODULES

_ARITIES = {name: row.arity for name, row in PRIMITIVES.items() if name not in OPERATORS}


class Calls(Lists):
    """Whatever has brackets behind its name."""

    def call(self, node: ast.Call) -> Expression:
        span, called = self.span(node), node.func
        if type(called) is ast.Name and not node.keywords:
            text = called.id
            if _ARITIES.get(text) == len(node.args) and text not in self.assigned and text not in self.signatures:
                return new_apply((text, tuple([self.expression(a) for a in node.args]), span))
        if node.keywords and not (type(called) is ast.Name and called.id in self.signatures):
            raise ExplorerError("Arguments are given by their place, without names.", self.span(node.keywords[0].value))
        match node.func:
            case ast.Name(id=text):
                name = self.name(text, node.func)
                if name in self.assigned:
                    said = f"“{name}” is a value in {self.function}, and no function that can be called."
                    raise ExplorerError(said, self.span(node.func), "name")
            case ast.Attribute(value=before, attr=text) if is_module(before):
                name = text
            case ast.Attribute(value=before, attr=text) if function_named(text) is not None or text in OF_LISTS:
                place = self.span(before)
                argument = self.lines[place.line - 1][place.column : place.end_column] or "…"
                said = f"Methods are not read: a function stands before its argument, {text}({argument})."
                raise ExplorerError(said if len(argument) <= 40 else f"{said.partition(',')[0]}.", span)
            case ast.Call() | ast.Subscript() | ast.Constant():
                raise ExplorerError("Only a function's name can stand before “(”.", self.span(node.func))
            case _:
                self._refuse(node.func)
        if name in self.signatures and isinstance(node.func, ast.Name):
            self.calls.add(name)
            return Call(name, self.arguments(name, node, span), span)
        name = SAME.get(name, name)
        if name in FORMS:
            return self.form(name, node)
        if name in ("sum", "prod") or (name in ("min", "max") and len(node.args) == 1):
            if len(node.args) != 1:
                raise ExplorerError(
                    f"{name} takes a list or a generator: {name}(x*i for i in range(3)).", span, "arity"
                )
            function = {"sum": "add", "prod": "mul"}.get(name, name)
            return Fold(function, self.items(node.args[0]), span)
        if name in OF_LISTS and node.args:
            return self.of_lists(name, node)
        if name not in OF_PYTHON and name not in RECIPROCALS and function_named(name) is None:
            raise self.unknown(name, node)
        if name in ("range", "zip", "enumerate"):
            raise ExplorerError(f"{name} stands in a for only.", span)
        if name == "int" and len(node.args) == 1:
            self.doublings += 1
            self.check_doublings(node)
            value = self.expression(node.args[0])
            self.doublings -= 1
            return truncation(value, span)
        arguments = tuple(self.expression(a) for a in node.args)
        if name == "len" and len(arguments) == 1:
            return Length(arguments[0], span)
        if name == "float" and len(arguments) == 1:
            return arguments[0]
        if name == "pow" and len(arguments) == 2:
            return Apply("pow", arguments, span)
        return self.elementary(name, arguments, span)

    def arguments(self, name: str, node: ast.Call, span: Span) -> tuple[Expression, ...]:
        """The arguments of a call of an own function, each in its parameter's place, the defaults too."""
        parameters, defaults = self.signatures[name]
        values = [self.value(a) for a in node.args]
        if node.keywords:
            named: dict[str, Expression] = {}
            for keyword in node.keywords:
                place = self.span(keyword.value)
                if keyword.arg is None:
                    raise ExplorerError("** before a value is not read: write the values out.", place)
                parameter = plain_name(keyword.arg)
                if parameter not in parameters[len(values) :] or parameter in named:
                    what = "is given twice" if parameter in parameters else f"is no parameter of {name}"
                    raise ExplorerError(f"“{parameter}” {what}.", place, "name")
                named[parameter] = self.value(keyword.value)
            given = dict(zip(parameters[len(parameters) - len(defaults) :], defaults, strict=True)) | named
            values += [given[p] for p in parameters[len(values) :] if p in given]
        elif len(values) < len(parameters):
            values += defaults[max(0, len(values) - len(parameters) + len(defaults)) :]
        if len(values) != len(parameters):
            raise wrong_count(name, len(parameters), len(node.args) + len(node.keywords), span)
        return tuple(values)

    def elementary(self, name: str, arguments: tuple[Expression, ...], span: Span) -> Expression:
        if name in RECIPROCALS and len(arguments) == 1:
            under = RECIPROCALS[name]
            self.note_once(f"{name}(…) reads as 1/{under}(…)", span)
            return Apply("div", (Constant(1.0, "1", span), Apply(under, arguments, span)), span)
        primitive = function_named(name)
        if primitive is None:  # a function of Python, or one of RECIPROCALS
            raise wrong_count(name, 2 if name == "pow" else 1, len(arguments), span)
        if shown := shown_as(name):
            self.note_once(f"{name} is called {shown} here", span)
        if primitive.name in ("min", "max") and len(arguments) > 2:
            value = arguments[0]
            for argument in arguments[1:]:
                value = Apply(primitive.name, (value, argument), span)
            return value
        if primitive.name == "log" and len(arguments) == 2:
            return Apply("div", tuple(Apply("log", (a,), span) for a in arguments), span)
        if len(arguments) != primitive.arity:
            raise wrong_count(name, primitive.arity, len(arguments), span)
        return Apply(primitive.name, arguments, span)

    def form(self, name: str, node: ast.Call) -> Expression:
        span, count = self.span(node), len(node.args)
        if name == "clip" and count == 3:
            value, low, high = (self.expression(a) for a in node.args)
            return Apply("min", (Apply("max", (value, low), span), high), span)
        if (name == "where" and count == 3) or (name == "piecewise" and count >= 3 and count % 2):
            chosen = self.expression(node.args[-1])
            for index in range(count - 3, -1, -2):
                chosen = Choose(self.condition(node.args[index]), self.expression(node.args[index + 1]), chosen, span)
            return chosen
        raise ExplorerError(f"{name} is written {FORMS[name]}.", span, "arity")

    # -- functions that are not here -----------------------------------------------------------------------------------

    def unknown(self, name: str, node: ast.Call) -> ExplorerError:
        if name in INSTEAD_ON_LISTS:
            said = f"There is no function “{name}” here: write {INSTEAD_ON_LISTS[name]}."
            return ExplorerError(said, self.span(node.func), "name")
        if name in INSTEAD:
            said = f"There is no function “{name}” here: write {INSTEAD[name].replace('^', '**')}."
            return ExplorerError(said, self.span(node.func), "name", self.written_instead(name, node))
        if name in ELSEWHERE:
            said = f"There is no function “{name}” here: write {ELSEWHERE[name]}(…)."
            return ExplorerError(said, self.span(node.func), "name")
        known = [*_ARITIES, *FORMS, *self.signatures, "sum", "prod", "len", "range", "zip", "enumerate"]
        close = difflib.get_close_matches(name, known, 1, 0.6)
        hint = f" Did you mean {close[0]}?" if close else ""
        return ExplorerError(f"Unknown function “{name}”.{hint}", self.span(node.func), "name")

    def written_instead(self, name: str, node: ast.Call) -> str:
        """The text with what is written here for a call in one line; "" where there is no one way."""
        span = self.span(node)
        arguments = [self.lines[s.line - 1][s.column : s.end_column] for s in map(self.span, node.args)]
        written = instead(name, arguments).replace("^", "**")
        if not written or span.line != span.end_line:
            return ""
        line = self.lines[span.line - 1]
        changed = line[: span.column] + written + line[span.end_column :]
        return "\n".join([*self.lines[: span.line - 1], changed, *self.lines[span.line :]])


def is_module(node: ast.expr) -> bool:
    """Whether a library of mathematics, or a part of one, is named: np, torch.nn.functional."""
    if isinstance(node, ast.Attribute):
        return node.attr in SUBMODULES and is_module(node.value)
    return isinstance(node, ast.Name) and node.id in MODULES
