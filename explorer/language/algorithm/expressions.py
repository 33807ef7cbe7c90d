"""Expressions and conditions: each allowed node of the tree has its few lines."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Callable, Sequence
from typing import Any

from explorer.language.algorithm.calls import Calls, is_module
from explorer.language.algorithm.idioms import remainder
from explorer.language.algorithm.reading import MAX_DEPTH
from explorer.language.formula import CONSTANTS
from explorer.language.primitives import function_named
from explorer.language.program import (
    Apply,
    Choose,
    Collect,
    Compare,
    Condition,
    Constant,
    ExplorerError,
    Expression,
    ListOf,
    Logic,
    Name,
    Repeat,
    Span,
    new_apply,
    new_choose,
    new_compare,
    new_constant,
    new_item,
    new_logic,
    new_name,
)

MAX_CHAIN = 1_500  # operators in one chain of sums, which Python reads as a tree as deep as the chain is long
_NUMBER = (int, float)
_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.Pow: "pow",
}
_PLAIN = (ast.Add, ast.Sub, ast.Div, ast.Pow)  # a product may also be a list that is repeated,
_SINGLE = (Name, Constant, Apply)  # but not with these alone
_RELATIONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


class Expressions(Calls):
    """Numbers, names, arithmetic, choices and comparisons."""

    def __init__(self, text: str, lines: Sequence[str], tree: ast.Module) -> None:
        super().__init__(text, lines, tree)
        self.readers: dict[type[ast.expr], Callable[[Any], Expression]] = {
            ast.Name: self.read_name,
            ast.BinOp: self.chain,
            ast.Constant: self.constant,
            ast.Call: self.call,
            ast.Subscript: self.item,
            ast.IfExp: self.choice,
            ast.List: self.listed_values,
            ast.Tuple: self.listed_values,
        }

    def expression(self, node: ast.expr) -> Expression:
        """The expression that a node stands for, not nested more than MAX_DEPTH levels."""
        kind = type(node)
        if kind is ast.Name and node.id in self.assigned:  # type: ignore[attr-defined]  # most
            return new_name((node.id, self.span(node)))  # type: ignore[attr-defined]
        if self.depth >= MAX_DEPTH:
            raise ExplorerError(f"This is nested more than {MAX_DEPTH} levels deep.", self.span(node), "limit")
        read = self.readers.get(kind)
        self.depth += 1
        value = self.read_expression(node) if read is None else read(node)
        self.depth -= 1
        return value

    def read_expression(self, node: ast.expr) -> Expression:
        """One of the rarer expressions."""
        span = self.span(node)
        match node:
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return new_apply(("neg", (self.expression(operand),), span))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.expression(operand)
            case ast.ListComp(elt=term, generators=generators) | ast.GeneratorExp(elt=term, generators=generators):
                return self.collect(term, generators, span)
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                raise ExplorerError("A comparison is not a number: write 1.0 if … else 0.0.", span)
            case ast.Attribute(value=module, attr=name) if is_module(module) and name in CONSTANTS:
                return Constant(CONSTANTS[name], name, span)
            case ast.Attribute(attr="inf" | "nan" as name):
                what = "Infinity" if name == "inf" else "What is no number"
                raise ExplorerError(f"{what} cannot be differentiated: for a bound take a large number, 1e300.", span)
            case _:
                self._refuse(node)

    def constant(self, node: ast.Constant) -> Expression:
        """A number; no text, and nothing that is one of Python's own words."""
        value, span = node.value, self.span(node)
        if type(value) in _NUMBER:
            return self.number(value, span)  # type: ignore[arg-type]
        if isinstance(value, bool):
            raise ExplorerError("True and False are not numbers here: write 1.0 or 0.0.", span)
        if isinstance(value, str | bytes):
            raise ExplorerError("Texts are not read: an algorithm here computes numbers.", span)
        raise ExplorerError("Only real numbers are read here.", span)

    def value(self, node: ast.expr) -> Expression:
        """What a name or a parameter gets: an expression; for a flag True, False, or a condition, 1 where it holds."""
        kind = type(node)
        if kind is ast.Constant and type(node.value) is bool:  # type: ignore[attr-defined]
            return Constant(float(node.value), str(node.value), self.span(node))  # type: ignore[attr-defined]
        if kind is ast.Compare or kind is ast.BoolOp:
            span = self.span(node)
            return Choose(self.condition(node), Constant(1.0, "1", span), Constant(0.0, "0", span), span)
        return self.expression(node)

    def number(self, value: float, span: Span) -> Expression:
        if abs(value) > 1.7976931348623157e308:
            raise ExplorerError("This number does not fit a double: its size must lie below 1.8e308.", span, "limit")
        text = self.lines[span[0] - 1][span[1] : span[3]]
        if "_" in text:
            text = text.replace("_", "")
        if value == 0.0 and len(text) > 3 and re.match(r"[0.]*[1-9]", text):
            raise ExplorerError("This number does not fit a double: its size must lie above 5e-324.", span, "limit")
        return new_constant((float(value), text, span))

    def read_name(self, node: ast.Name) -> Expression:
        text, span = node.id, self.span(node)
        if text in self.assigned:
            return new_name((text, span))
        name = self.name(text, node)
        if name in self.assigned:
            return Name(name, span)
        if name in CONSTANTS:
            return Constant(CONSTANTS[name], name, span)
        if name in self.signatures or function_named(name) is not None:
            raise ExplorerError(f"{name} is a function: write {name}(…).", span, "name")
        close = difflib.get_close_matches(name, self.assigned, 1, 0.6)
        hint = f" Did you mean {close[0]}?" if close else " Give it a value first, or make it a parameter."
        where = f"in {self.function}" if self.function else "here"
        raise ExplorerError(f"“{name}” is not known {where}.{hint}", span, "name")

    def item(self, node: ast.Subscript) -> Expression:
        if type(node.slice) is ast.Slice:
            return self.part(node, self.span(node))
        return new_item((self.expression(node.value), self.expression(node.slice), self.span(node)))

    def choice(self, node: ast.IfExp) -> Expression:
        condition = self.condition(node.test)
        return new_choose((condition, self.expression(node.body), self.expression(node.orelse), self.span(node)))

    # -- arithmetic ----------------------------------------------------------------------------------------------------

    def chain(self, node: ast.BinOp) -> Expression:
        """A chain of operators from the left; a loop, because a sum of 1,000 terms is a tree 1,000 deep."""
        links: list[ast.BinOp] = []
        head: ast.expr = node
        remainders = 0
        while type(head) is ast.BinOp:
            links.append(head)
            remainders += type(head.op) is ast.Mod
            head = head.left
        if len(links) > MAX_CHAIN:
            raise ExplorerError(f"More than {MAX_CHAIN:,} operators in one expression.", self.span(node), "limit")
        if remainders:
            self.doublings += remainders
            self.check_doublings(node)
        value = self.expression(head)
        for link in reversed(links):
            right, operator = self.expression(link.right), type(link.op)
            if operator in _PLAIN or (operator is ast.Mult and type(value) in _SINGLE and type(right) in _SINGLE):
                value = new_apply((_OPERATORS[operator], (value, right), self.span(link)))
                continue
            value = self.arithmetic(link.op, value, right, self.span(link))
            self.doublings -= operator is ast.Mod
        return value

    def arithmetic(self, operator: ast.operator, left: Expression, right: Expression, span: Span) -> Expression:
        lists = ListOf | Repeat | Collect
        if isinstance(operator, ast.Mult) and (isinstance(left, lists) or isinstance(right, lists)):
            items, count = (left, right) if isinstance(left, lists) else (right, left)
            return Repeat(items, count, span)
        if type(operator) in _OPERATORS:
            return Apply(_OPERATORS[type(operator)], (left, right), span)
        if isinstance(operator, ast.FloorDiv):
            return Apply("floor", (Apply("div", (left, right), span),), span)
        if isinstance(operator, ast.Mod):
            return remainder(left, right, span)
        if isinstance(operator, ast.BitXor):
            raise ExplorerError("A power is written ** in an algorithm: x**2.", span)
        if isinstance(operator, ast.MatMult):
            raise ExplorerError("@ is not read: write dot(a, b), or [dot(row, b) for row in a].", span)
        raise ExplorerError("Bits are not read: use numbers and + − * / **.", span)

    # -- conditions ----------------------------------------------------------------------------------------------------

    def condition(self, node: ast.expr) -> Condition:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExplorerError(f"This is nested more than {MAX_DEPTH} levels deep.", self.span(node), "limit")
        condition = self.read_condition(node)
        self.depth -= 1
        return condition

    def read_condition(self, node: ast.expr) -> Condition:
        span = self.span(node)
        if type(node) is ast.Compare and len(node.ops) == 1 and (sign := _RELATIONS.get(type(node.ops[0]))) is not None:
            return new_compare((sign, self.expression(node.left), self.expression(node.comparators[0]), span))
        match node:
            case ast.Compare(left=left, ops=[ast.In() | ast.NotIn() as sought], comparators=[ast.List(elts=items)]):
                value = self.expression(left)
                if not isinstance(value, Name | Constant):  # it is compared with each
                    raise ExplorerError("Before “in” stands a name: k = …, then k in [1, 2].", self.span(left))
                equal = tuple(Compare("==", value, self.expression(item), span) for item in items)
                within = Logic("or", equal, span)
                return within if isinstance(sought, ast.In) else Logic("not", (within,), span)
            case ast.Compare(left=left, ops=operators, comparators=rights):
                parts: list[Condition] = []
                chained = len(operators) > 1
                self.doublings += chained
                if chained:
                    self.check_doublings(node)
                before = self.expression(left)
                for operator, right in zip(operators, rights, strict=True):
                    if type(operator) not in _RELATIONS:
                        raise ExplorerError("“in” and “is” are not read: compare with < <= > >= == !=.", span)
                    after = self.expression(right)
                    parts.append(Compare(_RELATIONS[type(operator)], before, after, before.span.to(after.span)))
                    before = after
                self.doublings -= chained
                return parts[0] if len(parts) == 1 else Logic("and", tuple(parts), span)
            case ast.BoolOp(op=connective, values=values):
                word = "and" if isinstance(connective, ast.And) else "or"
                return new_logic((word, tuple([self.condition(v) for v in values]), span))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return new_logic(("not", (self.condition(operand),), span))
            case ast.Constant(value=bool() as value):
                return Logic("and" if value else "or", (), span)  # all of no conditions hold, and none of them does
            case ast.Constant(value=int() as value):  # while 1
                return Logic("and" if value else "or", (), span)
            case ast.Name() | ast.BinOp() | ast.Call() | ast.Subscript():  # a flag, or a remainder: true unless it is 0
                return Compare("!=", self.expression(node), Constant(0.0, "0", span), span)
        raise ExplorerError("A condition is needed here, for example x > 0 or n != 0.", span)
