"""Assignments: to names, to items of lists, and to several of them at once."""

from __future__ import annotations

import ast
import re

from explorer.language.algorithm.expressions import Expressions
from explorer.language.program import (
    Append,
    Assign,
    AssignItem,
    Collect,
    ExplorerError,
    Expression,
    Item,
    Name,
    Note,
    Span,
    Statement,
    new_assign,
    new_assign_several,
    new_list,
)


def as_list(statements: Statement | list[Statement]) -> list[Statement]:
    """What was read of one statement of Python, as a list."""
    return statements if isinstance(statements, list) else [statements]


class Assignments(Expressions):
    """What gives a value."""

    def assign(self, node: ast.Assign) -> Statement | list[Statement]:
        return self.assignment(node.targets[0], node.value, self.span(node))

    def assign_alike(self, node: ast.Assign) -> list[Statement]:
        """a = b = value as a = value and b = a, so that it is computed once."""
        span = self.span(node)
        for target in node.targets:
            if not isinstance(target, ast.Name):
                raise ExplorerError("Write one assignment a line: a[0] = 1, then b = 1.", self.span(target))
        statements: list[Statement] = [*as_list(self.assign(node))]
        names = [self.target(t.id, t) for t in node.targets if isinstance(t, ast.Name)]
        return statements + [Assign(name, Name(names[0], span), span) for name in names[1:]]

    def assignment(self, target: ast.expr, value: ast.expr, span: Span) -> Statement | list[Statement]:
        if isinstance(target, ast.Name) and not isinstance(value, ast.Tuple):
            name = target.id if target.id in self.assigned else self.target(target.id, target)
            if type(value) is ast.BinOp and type(value.op) is ast.Add and type(value.right) is ast.List:
                return self.joined(name, value.left, value.right, span)
            return new_assign((name, self.value(value), span))
        self.note_comma(value)
        match target:
            case ast.Name(id=name):
                return Assign(self.target(name, target), self.expression(value), span)
            case ast.Subscript():
                return self.put(target, self.expression(value), span)
            case ast.Tuple(elts=elements) | ast.List(elts=elements) if elements:
                for element in elements:
                    self.check_plain(element)
                values = value.elts if isinstance(value, ast.Tuple | ast.List) else None
                if values is not None and len(values) != len(elements):
                    raise ExplorerError(f"{len(elements)} names, and {len(values)} values.", span, "arity")
                whole = (
                    self.expression(value) if values is None else new_list((tuple(map(self.expression, values)), span))
                )
                if all(isinstance(element, ast.Name) for element in elements):
                    names = tuple(self.target(e.id, e) for e in elements if isinstance(e, ast.Name))
                    return new_assign_several((names, whole, span))
                spares = self.spare_names("new", len(elements))  # all values are known before the first is put in place
                statements: list[Statement] = [new_assign_several((spares, whole, span))]
                for element, spare in zip(elements, spares, strict=True):
                    statements += as_list(self.put(element, Name(spare, span), span))
                return statements
        raise ExplorerError("Only names, and items of lists, can be assigned to.", self.span(target))

    def joined(self, name: str, left: ast.expr, right: ast.List, span: Span) -> list[Statement]:
        """name = left + [x, y]: a new list with the items of both."""
        first, new, item = self.expression(left), self.spare_name("joined"), self.spare_name("item")
        copy = Collect(Name(item, span), item, first, span)
        return [Assign(new, copy, span), *self.appended(new, right, span), Assign(name, Name(new, span), span)]

    def appended(self, name: str, items: ast.List, span: Span) -> list[Statement]:
        """name += [x, y]; all are known before the first is put in place."""
        if len(items.elts) < 2:
            return [Append(name, self.expression(item), span) for item in items.elts]
        spares = self.spare_names("new", len(items.elts))
        appended = [Append(name, Name(spare, span), span) for spare in spares]
        return [new_assign_several((spares, self.expression(items), span)), *appended]

    def put(self, target: ast.expr, value: Expression, span: Span) -> Statement | list[Statement]:
        """A value put into a name or an item of a list."""
        if isinstance(target, ast.Name):
            return Assign(self.target(target.id, target), value, span)
        assert isinstance(target, ast.Subscript)
        name, before = self.listed(target.value)
        return (
            [*before, AssignItem(name, self.index(target), value, span)]
            if before
            else AssignItem(name, self.index(target), value, span)
        )

    def augmented(self, node: ast.AugAssign) -> Statement | list[Statement]:
        target, operator, span = node.target, node.op, self.span(node)
        if isinstance(node.value, ast.List) and isinstance(operator, ast.Add) and not isinstance(target, ast.Attribute):
            name, before = self.listed(target)
            return [*before, *self.appended(name, node.value, span)]
        change = self.expression(node.value)
        match target:
            case ast.Name(id=name):
                old: Expression = self.read_name(target)
                return Assign(self.name(name, target), self.arithmetic(operator, old, change, span), span)
            case ast.Subscript(value=items):
                name, before = self.listed(items)
                place = self.index(target)
                old = Item(Name(name, self.span(items)), place, self.span(target))
                changed = AssignItem(name, place, self.arithmetic(operator, old, change, span), span)
                return [*before, changed] if before else changed
        raise ExplorerError("Only names, and items of lists, can be assigned to.", self.span(target))

    def index(self, target: ast.Subscript) -> Expression:
        if isinstance(target.slice, ast.Slice):
            raise ExplorerError(
                "Items of a list are assigned one by one: in a loop, a[i] = ….", self.span(target.slice)
            )
        return self.expression(target.slice)

    def check_plain(self, target: ast.expr) -> None:
        """Of several targets each must be a name or an item."""
        if isinstance(target, ast.Name | ast.Subscript):
            return
        said = "Only names can be assigned together: give the inner values a line of their own."
        if isinstance(target, ast.Starred):
            said = "* before a name is not read: write a name for each value."
        raise ExplorerError(said, self.span(target))

    def listed(self, node: ast.expr) -> tuple[str, list[Statement]]:
        """The name of a list whose item is assigned, and what gives a list inside of another one a name."""
        span = self.span(node)
        if not isinstance(node, ast.Name):
            row = self.spare_name("row")
            return row, [Assign(row, self.expression(node), span)]
        name = self.read_name(node)
        if not isinstance(name, Name):
            raise ExplorerError("A number stands where a list is needed.", span)
        if name.name in self.borrowed:
            said = f"“{name.name}” stands outside of this function, and stays as it is there: take list({name.name})."
            raise ExplorerError(said, span)
        return name.name, []

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
