"""Functions that are given to functions: newton(f, df, 1.0) calls a newton in which f and df stand for what was given.

Each function that takes others is read once for each of them, so that the rest of the program knows numbers only.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Given:
    """What stands for a parameter that is a function: a name (or math.sin), and what it needs besides its arguments.

    `needs` are names of the function that gives it: those that a lambda has from around it.
    """

    function: ast.expr
    parameters: tuple[str, ...] = ()  # of a lambda, without its needs
    needs: tuple[str, ...] = ()


def as_definition(node: ast.Lambda, name: str, needs: Sequence[str]) -> ast.FunctionDef:
    """A lambda as a function with a name, that gets what it needs from around it as further arguments."""
    value = ast.copy_location(ast.Return(node.body), node.body)
    arguments = copied(node.args)
    arguments.args = [*arguments.args, *(ast.copy_location(ast.arg(need), node) for need in needs)]
    return ast.copy_location(ast.FunctionDef(name, arguments, [value], [], None), node)


def bound(definition: ast.FunctionDef, name: str, given: Mapping[str, Given]) -> ast.FunctionDef:
    """The function with another name, and without the parameters that are given; what they need it has first."""
    made: ast.FunctionDef = copied(definition)
    taken = {part.id for part in ast.walk(made) if isinstance(part, ast.Name)} | {a.arg for a in made.args.args}
    inside: dict[str, dict[str, str]] = {}  # by parameter: what is needed, and its name in the function
    needed: list[ast.arg] = []
    for parameter, each in given.items():
        inside[parameter] = {}
        for need in each.needs:
            inside[parameter][need] = own = unused(need, taken)
            taken.add(own)
            needed.append(ast.copy_location(ast.arg(own), made))
    made.name, made.decorator_list = name, []
    plain = len(made.args.args) - len(made.args.defaults)
    defaults: list[ast.expr | None] = [None] * plain + [*made.args.defaults]
    kept = [(a, d) for a, d in zip(made.args.args, defaults, strict=True) if a.arg not in given]
    made.args.args = [*needed, *(a for a, _ in kept)]
    made.args.defaults = [d for _, d in kept if d is not None]
    bind = _Bind(given, inside)
    made.body = [bind.visit(statement) for statement in made.body]
    return made


def copied(node: Any) -> Any:
    """A part of the tree once more, with the places of the first."""
    if isinstance(node, list):
        return [copied(part) for part in node]
    if not isinstance(node, ast.AST):
        return node
    return ast.copy_location(type(node)(*(copied(getattr(node, name, None)) for name in node._fields)), node)


def unused(name: str, taken: Container[str]) -> str:
    """The name, with a number behind it where it is taken."""
    return next(n for k in itertools.count() if (n := f"{name}{k + 1 if k else ''}") not in taken)


class _Bind(ast.NodeTransformer):
    """Puts what is given in the place of parameters."""

    def __init__(self, given: Mapping[str, Given], inside: Mapping[str, Mapping[str, str]]) -> None:
        self.given = given
        self.inside = inside

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id in self.given:
            name = node.func.id
            node.args = [*(self.visit(a) for a in node.args), *self._needs(name, node.func)]
            node.keywords = [self.visit(k) for k in node.keywords]
            node.func = ast.copy_location(copied(self.given[name].function), node.func)
            return node
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id not in self.given or not isinstance(node.ctx, ast.Load):
            return node
        each = self.given[node.id]
        function: ast.expr = ast.copy_location(copied(each.function), node)
        if not each.needs:
            return function
        own: list[ast.expr] = [ast.copy_location(ast.Name(p, ast.Load()), node) for p in each.parameters]
        parameters = [ast.copy_location(ast.arg(p), node) for p in each.parameters]
        call = ast.copy_location(ast.Call(function, own + self._needs(node.id, node), []), node)
        return ast.copy_location(ast.Lambda(ast.arguments([], parameters, None, [], [], None, []), call), node)

    def _needs(self, parameter: str, place: ast.expr) -> list[ast.expr]:
        return [ast.copy_location(ast.Name(own, ast.Load()), place) for own in self.inside[parameter].values()]
