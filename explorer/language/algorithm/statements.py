"""Functions and their statements."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from typing import Any

from explorer.language.algorithm.expressions import Expressions
from explorer.language.algorithm.reading import MAX_DEPTH
from explorer.language.algorithm.words import REFUSED
from explorer.language.program import (
    Append,
    Assign,
    AssignItem,
    Break,
    Continue,
    ExplorerError,
    Expression,
    Function,
    Item,
    Name,
    Note,
    Return,
    Span,
    Statement,
    new_assign,
    new_assign_several,
    new_for,
    new_if,
    new_list,
    new_while,
)
from explorer.language.python_tree import assigned_names

# Statements of functions that were read, without a note and a return: by place, text and the names that are known
# there, with the own functions that they call. A text is read at every key stroke, and all of it but one is known.
_STATEMENTS: dict[tuple[object, ...], tuple[tuple[Statement, ...], frozenset[str]]] = {}
_MOST_STATEMENTS = 1_000


class Statements(Expressions):
    """Functions, and the statements in them."""

    def __init__(self, text: str, lines: Sequence[str], tree: ast.Module) -> None:
        super().__init__(text, lines, tree)
        self.statements: dict[type[ast.stmt], Callable[[Any], Statement]] = {
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
        if arguments.defaults:
            first = arguments.args[len(arguments.args) - len(arguments.defaults)].arg
            said = f"Default values are not read: leave {first} an input, or give it its value in the first line below."
            raise ExplorerError(said, self._head(node))
        if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs:
            raise ExplorerError("Parameters are plain names here: def f(x, y):, without *.", self._head(node))
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
        self.context = (self.function, frozenset(self.assigned), tuple(self.signatures.items()))
        statements = self.body(body)
        function = Function(self.function, parameters, statements, self._head(node))
        if not self.returns:
            raise ExplorerError(f"{self.function} has no return: say what it computes.", self._head(node))
        return function

    def body(self, body: Sequence[ast.stmt]) -> tuple[Statement, ...]:
        """The statements of a function; one that stands in the same place with the same text as before is as it was."""
        statements: list[Statement] = []
        for node in body:
            line, end = node.lineno, node.end_lineno or node.lineno
            key = (line, node.col_offset, node.end_col_offset, *self.lines[line - 1 : end], self.context)
            known = _STATEMENTS.get(key)
            if known is None:
                said, self.calls = (len(self.notes), len(self.returns)), set()
                known = self.block((node,)), frozenset(self.calls)
                if said == (len(self.notes), len(self.returns)):
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
                statements.append(read(node))
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
                return [self.assignment(target, value, span)]
            case ast.Pass():
                return []
            case ast.Expr(value=ast.Constant(value=str())):
                return []
            case ast.Expr(value=ast.Call(func=ast.Name(id="print"))):
                raise ExplorerError("print is not read: return the value to see it.", span)
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=ast.Name() as items, attr="append"), args=[item], keywords=[])
            ):
                return [Append(self.listed(items), self.expression(item), span)]
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

    # -- assignments ---------------------------------------------------------------------------------------------------

    def assign(self, node: ast.Assign) -> Statement:
        return self.assignment(node.targets[0], node.value, self.span(node))

    def assign_alike(self, node: ast.Assign) -> list[Statement]:
        """a = b = value as a = value and b = a, so that it is computed once."""
        span = self.span(node)
        for target in node.targets:
            if not isinstance(target, ast.Name):
                raise ExplorerError("Write one assignment a line: a[0] = 1, then b = 1.", self.span(target))
        statements = [self.assign(node)]
        names = [self.target(t.id, t) for t in node.targets if isinstance(t, ast.Name)]
        return statements + [Assign(name, Name(names[0], span), span) for name in names[1:]]

    def assignment(self, target: ast.expr, value: ast.expr, span: Span) -> Statement:
        if isinstance(target, ast.Name) and not isinstance(value, ast.Tuple):
            name = target.id if target.id in self.assigned else self.target(target.id, target)
            return new_assign((name, self.expression(value), span))
        self.note_comma(value)
        match target:
            case ast.Name(id=name):
                return Assign(self.target(name, target), self.expression(value), span)
            case ast.Subscript(value=ast.Name() as items, slice=index):
                name = self.listed(items)
                return AssignItem(name, self.expression(index), self.expression(value), span)
            case ast.Subscript():
                raise ExplorerError("Give the inner list a name first: row = a[i], then row[j] = ….", self.span(target))
            case ast.Tuple(elts=elements) | ast.List(elts=elements) if elements:
                for element in elements:
                    self.check_plain(element)
                names = tuple(self.target(e.id, e) for e in elements if isinstance(e, ast.Name))
                if isinstance(value, ast.Tuple | ast.List):
                    if len(value.elts) != len(names):
                        raise ExplorerError(f"{len(names)} names, and {len(value.elts)} values.", span, "arity")
                    return new_assign_several((names, new_list((tuple(map(self.expression, value.elts)), span)), span))
                return new_assign_several((names, self.expression(value), span))
        raise ExplorerError("Only names, and items of lists, can be assigned to.", self.span(target))

    def augmented(self, node: ast.AugAssign) -> Statement:
        target, operator, span = node.target, node.op, self.span(node)
        change = self.expression(node.value)
        match target:
            case ast.Name(id=name):
                old: Expression = self.read_name(target)
                return Assign(self.name(name, target), self.arithmetic(operator, old, change, span), span)
            case ast.Subscript(value=ast.Name() as items, slice=index):
                name, place = self.listed(items), self.expression(index)
                old = Item(Name(name, self.span(items)), place, self.span(target))
                return AssignItem(name, place, self.arithmetic(operator, old, change, span), span)
            case ast.Subscript():
                raise ExplorerError("Give the inner list a name first: row = a[i], then row[j] = ….", self.span(target))
        raise ExplorerError("Only names, and items of lists, can be assigned to.", self.span(target))

    def check_plain(self, target: ast.expr) -> None:
        """Of several targets each must be a name."""
        if isinstance(target, ast.Name):
            return
        said = "Only names can be assigned together: give the inner values a line of their own."
        if isinstance(target, ast.Starred):
            said = "* before a name is not read: write a name for each value."
        elif isinstance(target, ast.Subscript):
            said = "Items of a list are assigned one by one: t = a[0], then a[0] = a[1], then a[1] = t."
        raise ExplorerError(said, self.span(target))

    def listed(self, node: ast.Name) -> str:
        """The name of a list whose item is assigned."""
        name = self.read_name(node)
        if not isinstance(name, Name):
            raise ExplorerError("A number stands where a list is needed.", self.span(node))
        return name.name

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
        if isinstance(value, ast.Tuple) and value.elts:
            values = value.elts
            if len(values) == 1:
                raise ExplorerError("A comma at the end makes a list of one value: leave it out.", span)
            self.note_comma(value)
        statement = Return(tuple(self.expression(v) for v in values), span)
        self.returns.append(statement)
        return statement

    def note_comma(self, node: ast.expr | None) -> None:
        """Say of a bare 3,5 that it is two values: where decimals have a comma it is one."""
        if not isinstance(node, ast.Tuple) or not any(type(element) is ast.Constant for element in node.elts):
            return
        span = self.span(node)
        found = re.search(r"(?<![\w.])(\d+),(\d+)(?![\w.])", self.lines[span.line - 1][span.column :])
        if found is not None and span.line == span.end_line:
            first, second = found.groups()
            said = f"{found[0]} reads as two values, {first} and {second}; a decimal is written {first}.{second}"
            self.notes.append(Note(said, span))
