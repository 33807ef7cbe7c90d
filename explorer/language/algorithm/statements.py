"""Functions and their statements."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from explorer.language.algorithm.assignments import Assignments, as_list
from explorer.language.algorithm.reading import MAX_DEPTH, TakesFunctions
from explorer.language.algorithm.words import REFUSED
from explorer.language.names import plain_name
from explorer.language.program import (
    Append,
    Break,
    Continue,
    ExplorerError,
    Function,
    Return,
    Statement,
    new_for,
    new_if,
    new_while,
)
from explorer.language.python_tree import assigned_names

# Statements of functions that were read, without a note and a return: by place, text and the names that are known
# there, with the own functions that they call. A text is read at every key stroke, and all of it but one is known.
_STATEMENTS: dict[tuple[object, ...], tuple[tuple[Statement, ...], frozenset[str]]] = {}
_MOST_STATEMENTS = 1_000


class Statements(Assignments):
    """Functions, and the statements in them."""

    def __init__(self, text: str, lines: Sequence[str], tree: ast.Module) -> None:
        super().__init__(text, lines, tree)
        self.statements: dict[type[ast.stmt], Callable[[Any], Statement | list[Statement]]] = {
            ast.Assign: self.assign,
            ast.AugAssign: self.augmented,
            ast.If: self.branch,
            ast.For: self.counted,
            ast.While: self.repeated,
            ast.Break: self.ended,
            ast.Continue: self.ended,
            ast.Return: self.returned,
        }

    def read_function(self, node: ast.FunctionDef) -> Function:
        if node.decorator_list:
            raise ExplorerError("Decorators are not read.", self.span(node.decorator_list[0]))
        arguments = node.args
        if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs:
            raise ExplorerError("Parameters are plain names here: def f(x, y):, without *.", self._head(node))
        if hidden := [a for a in arguments.args if plain_name(a.arg) in self.signatures]:
            said = f"“{hidden[0].arg}” is a function here: choose another name."
            raise TakesFunctions(said, self.span(hidden[0]), "name")
        parameters = tuple(self.target(a.arg, a) for a in arguments.args)
        if len(set(parameters)) < len(parameters):
            raise ExplorerError("A parameter stands twice in this definition.", self._head(node), "name")
        self.function = self.name(node.name, node)
        self.returns = self.returns_of[self.function] = []
        self.assigned = set(parameters)
        for target in assigned_names(node.body, []):
            self.assigned.add(self.target(target.id, target))
        body = node.body
        if (
            isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
            and isinstance(body[0].value.value, str)
        ):
            body = body[1:]
        self.borrowed = self.needed_constants(node) if self.constants else set()
        self.assigned |= self.borrowed
        body = [*(given for name, given in self.constants.items() if name in self.borrowed), *body]
        self.context = (
            self.function,
            frozenset(self.assigned),
            tuple(self.signatures.items()),
            self.spread,
            *self.bound,
        )
        statements = self.body(body)
        function = Function(self.function, parameters, statements, self._head(node))
        if not self.returns:
            raise ExplorerError(f"{self.function} has no return: say what it computes.", self._head(node))
        return function

    def needed_constants(self, node: ast.FunctionDef) -> set[str]:
        """Which constants a function reads, and those of which they are made."""
        needed = _names_in(node) & self.constants.keys() - self.assigned
        for name in reversed(self.constants):  # each is made of earlier ones
            if name in needed and (value := self.constants[name].value) is not None:
                needed |= _names_in(value) & self.constants.keys()
        if hidden := needed & self.assigned:
            said = f"“{min(hidden)}” has a value in {self.function}, and another one outside: choose another name."
            raise ExplorerError(said, self._head(node), "name")
        return needed

    def body(self, body: Sequence[ast.stmt]) -> tuple[Statement, ...]:
        """The statements of a function; one that stands in the same place with the same text as before is as it was."""
        statements: list[Statement] = []
        for node in body:
            line, end = node.lineno, node.end_lineno or node.lineno
            key = (line, node.col_offset, node.end_col_offset, *self.lines[line - 1 : end], self.context)
            known = _STATEMENTS.get(key)
            if known is None:
                said, self.calls = (len(self.notes), len(self.returns), len(self.coming)), set()
                known = self.block((node,)), frozenset(self.calls)
                if said == (len(self.notes), len(self.returns), len(self.coming)):
                    if len(_STATEMENTS) >= _MOST_STATEMENTS:
                        _STATEMENTS.clear()
                    _STATEMENTS[key] = known
            statements += known[0]
            for name in known[1]:
                self.called_by.setdefault(name, set()).add(self.function)
        return tuple(statements)

    def block(self, body: Sequence[ast.stmt]) -> tuple[Statement, ...]:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExplorerError(f"This is nested more than {MAX_DEPTH} levels deep.", self.span(body[0]), "limit")
        statements: list[Statement] = []
        for node in body:
            read = self.statements.get(type(node))
            if type(node) is ast.Assign and len(node.targets) > 1:
                statements += self.assign_alike(node)
            elif read is not None:
                made = read(node)
                if type(made) is list:
                    statements += made
                else:
                    statements.append(made)  # type: ignore[arg-type]
            else:
                statements += self.statement(node)
        self.depth -= 1
        return tuple(statements)

    def loop(self, body: Sequence[ast.stmt]) -> tuple[Statement, ...]:
        """The body of a loop, in which break and continue may stand."""
        self.loops += 1
        statements = self.block(body)
        self.loops -= 1
        return statements

    def statement(self, node: ast.stmt) -> list[Statement]:
        """What one of the rarer statements becomes: one statement or none; long, for it has a case for each kind."""
        span = self.span(node)
        match node:
            case ast.AnnAssign(target=target, value=value) if value is not None:
                return as_list(self.assignment(target, value, span))
            case ast.Pass():
                return []
            case ast.Import() | ast.ImportFrom() if self.is_harmless(node):
                return []
            case ast.Expr(value=ast.Constant(value=str())):
                return []
            case ast.Expr(value=ast.Call(func=ast.Name(id="print"))):
                raise ExplorerError("print is not read: return the value to see it.", span)
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(value=ast.Name() | ast.Subscript() as items, attr="append"),
                    args=[item],
                    keywords=[],
                )
            ):
                name, before = self.listed(items)
                return [*before, Append(name, self.expression(item), span)]
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(value=ast.Name() | ast.Subscript() as items, attr="extend"),
                    args=[ast.List() as more],
                    keywords=[],
                )
            ):
                name, before = self.listed(items)
                return [*before, *self.appended(name, more, span)]
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method))) if (
                name in self.assigned
            ):
                one = "append takes one item." if method == "append" else ""
                raise ExplorerError(one or f"{method} is not read: of the methods of a list only append is.", span)
            case ast.Expr(value=value) if type(value).__name__ in REFUSED:
                self._refuse(value)
            case ast.Expr():
                raise ExplorerError("This line computes something and does not keep it: write name = ….", span)
            case ast.FunctionDef():
                raise ExplorerError(
                    "A function inside a function is not read: put it before this one.", self._head(node)
                )
            case _:
                self._refuse(node)

    # -- choices, loops and ends ---------------------------------------------------------------------------------------

    def branch(self, node: ast.If) -> Statement:
        otherwise = self.block(node.orelse) if node.orelse else ()
        return new_if((self.condition(node.test), self.block(node.body), otherwise, self.span(node.test)))

    def counted(self, node: ast.For) -> Statement:
        if node.orelse:
            raise ExplorerError("else after a loop is not read: use an if behind the loop.", self.span(node))
        variable, source = self.side_by_side(node.target, node.iter)
        return new_for((variable, source, self.loop(node.body), self.span(node.target).to(self.span(node.iter))))

    def repeated(self, node: ast.While) -> Statement:
        if node.orelse:
            raise ExplorerError("else after a loop is not read: use an if behind the loop.", self.span(node))
        return new_while((self.condition(node.test), self.loop(node.body), self.span(node.test)))

    def ended(self, node: ast.Break | ast.Continue) -> Statement:
        kind, word = (Break, "break") if isinstance(node, ast.Break) else (Continue, "continue")
        if not self.loops:
            raise ExplorerError(f"{word} stands inside of a loop only.", self.span(node))
        return kind(self.span(node))

    def returned(self, node: ast.Return) -> Statement:
        value, span = node.value, self.span(node)
        if value is None:
            raise ExplorerError("return needs a value.", span)
        values = [value]
        if (isinstance(value, ast.Tuple) or (self.spread and isinstance(value, ast.List))) and value.elts:
            values = value.elts
            if len(values) == 1:
                raise ExplorerError("A comma at the end makes a list of one value: leave it out.", span)
            self.note_comma(value)
        statement = Return(tuple(self.expression(v) for v in values), span)
        self.returns.append(statement)
        return statement


def _names_in(node: ast.AST) -> set[str]:
    """The names that occur in a part of the tree."""
    return {plain_name(part.id) for part in ast.walk(node) if isinstance(part, ast.Name)}
