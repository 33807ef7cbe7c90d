"""Calls: elementary functions, own functions, special forms, and what is said of a name that is none."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Sequence

from explorer.language.advice import ELSEWHERE, INSTEAD, instead, wrong_count
from explorer.language.algorithm.functions import Given, as_definition, bound, unused
from explorer.language.algorithm.idioms import truncation
from explorer.language.algorithm.lists import Lists
from explorer.language.algorithm.reading import Signature, TakesFunctions
from explorer.language.algorithm.words import INSTEAD_ON_LISTS, OF_LISTS, OF_PYTHON, SAME, SUBMODULES
from explorer.language.formula import CONSTANTS, FORMS, MAX_INPUTS
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
MAX_FUNCTIONS = 50
MAX_BOUND = 6_000  # nodes of Python's tree in functions that are read once more for what they are given
_MAYBE_FUNCTIONS = (ast.Name, ast.Attribute, ast.Lambda)


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
                    place = self.span(node.func)
                    if self.function in self.signatures and name in self.signatures[self.function].parameters:
                        said = f"“{name}” is called in {self.function}, and nothing says which function it is: write"
                        raise TakesFunctions(f"{said} def {name}(…), or a function that calls {self.function}.", place)
                    said = f"“{name}” is a value in {self.function}, and no function that can be called."
                    raise ExplorerError(said, place, "name")
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
            if functions := self.functions_in(node):
                name, node = self.given(name, node, functions)
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
            return Fold(function, self.folded_items(function, node.args[0], span), span)
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

    def signature(self, definition: ast.FunctionDef) -> Signature:
        """How a function is called; its default values are numbers."""
        if len(definition.args.args) > MAX_INPUTS:
            raise ExplorerError(
                f"A function may have at most {MAX_INPUTS} parameters.", self._head(definition), "limit"
            )
        defaults = []
        for node in definition.args.defaults:
            value = self.value(node)
            if isinstance(value, Apply) and value.function == "neg" and isinstance(value.arguments[0], Constant):
                value = Constant(-value.arguments[0].value, f"-{value.arguments[0].text}", value.span)
            if not isinstance(value, Constant):
                raise ExplorerError("A default value is a number here.", self.span(node))
            defaults.append(value)
        return Signature(tuple(plain_name(a.arg) for a in definition.args.args), tuple(defaults))

    def functions_in(self, node: ast.Call) -> list[ast.expr]:
        """The arguments of a call that are functions."""
        arguments = node.args if not node.keywords else [*node.args, *(k.value for k in node.keywords)]
        return [a for a in arguments if type(a) in _MAYBE_FUNCTIONS and self.is_function(a)]

    def is_function(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Name):
            name = plain_name(node.id)
            if name in self.assigned or name in CONSTANTS:
                return False
            return name in self.signatures or function_named(name) is not None
        return isinstance(node, ast.Lambda) or (
            isinstance(node, ast.Attribute) and is_module(node.value) and function_named(node.attr) is not None
        )

    def given(self, name: str, node: ast.Call, functions: Sequence[ast.expr]) -> tuple[str, ast.Call]:
        """A call without the functions among its arguments, and the name of the function in which they stand."""
        parameters = [a.arg for a in self.definitions[name].args.args] if name in self.definitions else []
        named: dict[str | None, ast.expr] = dict(zip(parameters, node.args, strict=False))
        named |= {keyword.arg: keyword.value for keyword in node.keywords}
        given: dict[str, Given] = {}
        for parameter, argument in named.items():
            if parameter is not None and argument in functions:
                given[parameter] = self.function_for(parameter, argument)
        if len(given) < len(functions):
            raise ExplorerError(f"{name} takes no function there.", self.span(functions[-1]), "arity")
        key = (name, *(f"{parameter}={ast.unparse(each.function)}" for parameter, each in given.items()))
        if key not in self.bound:
            first = name not in self.bound.values()
            self.bound[key] = own = name if first else unused(name, self.signatures)
            self.bound_size += sum(1 for _ in ast.walk(self.definitions[name]))
            if len(self.bound) > MAX_FUNCTIONS or self.bound_size > MAX_BOUND:
                said = "Functions are given to functions too often: write the lambda as a function of its own with def."
                raise ExplorerError(said, self.span(node), "limit")
            made = bound(self.definitions[name], own, given)
            self.signatures[own] = self.signature(made)
            self.coming.append(made)
        arguments: list[ast.expr] = [
            ast.copy_location(ast.Name(need, ast.Load()), node) for each in given.values() for need in each.needs
        ]
        arguments += [a for a in node.args if a not in functions]
        keywords = [k for k in node.keywords if k.value not in functions]
        return self.bound[key], ast.copy_location(ast.Call(node.func, arguments, keywords), node)

    def function_for(self, parameter: str, node: ast.expr) -> Given:
        """What stands for a parameter: a function by its name, or a lambda, which becomes one with a name."""
        if not isinstance(node, ast.Lambda):
            return Given(node)
        parameters = tuple(a.arg for a in node.args.args)
        names = {part.id for part in ast.walk(node.body) if isinstance(part, ast.Name)}
        needs = tuple(sorted(names & self.assigned - {*parameters} - self.borrowed))
        own = unused(parameter, {*self.signatures, *self.assigned})
        made = as_definition(node, own, needs)
        self.signatures[own] = self.signature(made)
        self.coming.append(made)
        return Given(ast.Name(own, ast.Load()), parameters, needs)

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
