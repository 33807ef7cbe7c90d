"""Lists: what a loop runs over, lists built by a for, and the words that NumPy has for them."""

from __future__ import annotations

import ast

from explorer.language.advice import wrong_count
from explorer.language.algorithm.reading import Reading
from explorer.language.algorithm.words import OF_LISTS
from explorer.language.program import (
    Apply,
    Choose,
    Collect,
    Compare,
    Constant,
    Enumerate,
    ExplorerError,
    Expression,
    Fold,
    Item,
    Length,
    ListOf,
    Name,
    Range,
    Repeat,
    Span,
    Target,
    Zip,
    names_in,
    new_constant,
    new_list,
    new_range,
)


class Lists(Reading):
    """Loops over ranges and lists, zip and enumerate, and functions on lists written out."""

    def items(self, node: ast.expr) -> Expression:
        """What a loop runs over: range(…), or an expression that is a list."""
        match node:
            case ast.Call(func=ast.Name(id="range"), args=arguments, keywords=[]) if 1 <= len(arguments) <= 3:
                values = [self.expression(a) for a in arguments]
                span = self.span(node)
                if len(values) == 1:
                    values.insert(0, new_constant((0.0, "0", span)))
                if len(values) == 2:
                    values.append(new_constant((1.0, "1", span)))
                return new_range((*values, span))
            case ast.Constant(value=int() as count):
                raise ExplorerError(f"A loop over numbers is written for … in range({count}):.", self.span(node))
            case ast.Call(func=ast.Name(id="range")):
                raise ExplorerError("range takes one to three numbers.", self.span(node), "arity")
            case ast.Call(func=ast.Name(id="reversed"), args=[items], keywords=[]):
                return self.backwards(items, self.span(node))
            case ast.Call(func=ast.Name(id=("reversed" | "sorted") as name)):
                raise ExplorerError(f"{name} is not read: loop over range(len(…)).", self.span(node))
        return self.expression(node)

    def backwards(self, node: ast.expr, span: Span) -> Expression:
        """reversed(…) of a range that counts by one, of a list with a name, or of a list that is written out."""
        items = self.items(node)
        if isinstance(items, ListOf):
            return ListOf(items.items[::-1], span)
        minus = Constant(-1.0, "-1", span)
        if isinstance(items, Range) and isinstance(items.step, Constant) and items.step.value == 1.0:
            first, last = (Apply("sub", (end, Constant(1.0, "1", span)), span) for end in (items.start, items.stop))
            return Range(last, first, minus, span)
        if isinstance(items, Name):
            last = Apply("sub", (Length(items, span), Constant(1.0, "1", span)), span)
            place = self.spare_name("place")
            return Collect(Item(items, Name(place, span), span), place, Range(last, minus, minus, span), span)
        raise ExplorerError("This is not read backwards: give the list a name, or loop over range(len(…)).", span)

    def part(self, node: ast.Subscript, span: Span) -> Expression:
        """a[start:stop:step], a list of these items; its ends may count from the end or lie outside, as in Python."""
        items, part = self.expression(node.value), node.slice
        assert isinstance(part, ast.Slice)
        if not isinstance(items, Name):
            raise ExplorerError("A part is taken of a list with a name: a = …, then a[1:3].", span)
        step = Constant(1.0, "1", span) if part.step is None else self.expression(part.step)
        self.doublings += 2  # an end stands three times in the tree
        self.check_doublings(node)
        length, place = Length(items, span), self.spare_name("place")
        zero, one = Constant(0.0, "0", span), Constant(1.0, "1", span)
        if _number(step) == -1.0 and part.lower is None and part.upper is None:
            ends: tuple[Expression, Expression] = Apply("sub", (length, one), span), Constant(-1.0, "-1", span)
        elif (_number(step) or 0.0) > 0.0:
            ends = (
                zero if part.lower is None else self.place_in(part.lower, length, span, is_start=True),
                length if part.upper is None else self.place_in(part.upper, length, span),
            )
        else:
            raise ExplorerError("Steps of a part are numbers above 0, or a[::-1]: loop over range(…).", span)
        self.doublings -= 2
        return Collect(Item(items, Name(place, span), span), place, Range(*ends, step, span), span)

    def place_in(self, node: ast.expr, length: Expression, span: Span, is_start: bool = False) -> Expression:
        """An end of a part, from 0 to the length; a start may lie behind the length, for nothing begins there."""
        value = self.expression(node)
        if is_start and isinstance(value, Constant):
            return value
        if isinstance(value, Apply) and value.function == "neg" and (_number(value.arguments[0]) or 0.0) > 0.0:
            return Apply("max", (Apply("add", (length, value), span), Constant(0.0, "0", span)), span)
        if _number(value) is None:  # known only when it runs
            from_end = Apply("max", (Apply("add", (length, value), span), Constant(0.0, "0", span)), span)
            value = Choose(Compare("<", value, Constant(0.0, "0", span), span), from_end, value, span)
        return Apply("min", (value, length), span)

    def side_by_side(self, target: ast.expr, node: ast.expr) -> tuple[Target, Expression]:
        """What a for assigns to and what it runs over: items, or zip and enumerate with a name for each part."""
        parts = target.elts if isinstance(target, ast.Tuple | ast.List) else None
        span = self.span(node)
        match node:
            case ast.Call(func=ast.Name(id=("zip" | "enumerate") as name)) if name not in self.signatures:
                pass
            case _:
                items = self.items(node)
                if parts is not None and isinstance(items, Range):
                    raise ExplorerError("range gives one number at a time: for i in ….", self.span(target))
                return self.loop_target(target), items
        if name == "zip":
            if len(node.args) < 2 or node.keywords:
                raise ExplorerError("zip takes two or more lists: for x, y in zip(a, b).", span, "arity")
            if parts is None or len(parts) != len(node.args):
                said = f"zip of {len(node.args)} lists needs as many names: for x, y in zip(a, b)."
                raise ExplorerError(said, self.span(target), "arity")
            pairs = [self.side_by_side(part, items) for part, items in zip(parts, node.args, strict=True)]
            return tuple(variable for variable, _ in pairs), Zip(tuple(items for _, items in pairs), span)
        starts = [*node.args[1:], *(keyword.value for keyword in node.keywords if keyword.arg == "start")]
        if not node.args or len(starts) != len(node.args) - 1 + len(node.keywords) or len(starts) > 1:
            raise ExplorerError("enumerate takes a list, and a start if it is not 0.", span, "arity")
        if parts is None or len(parts) != 2:
            raise ExplorerError("enumerate needs two names: for i, x in enumerate(a).", self.span(target), "arity")
        variable, items = self.side_by_side(parts[1], node.args[0])
        start = self.expression(starts[0]) if starts else Constant(0.0, "0", span)
        return (self.loop_target(parts[0]), variable), Enumerate(items, start, span)

    def loop_target(self, node: ast.expr) -> Target:
        """A name, or names for the items of an item."""
        if isinstance(node, ast.Tuple | ast.List) and node.elts:
            return tuple(self.loop_target(element) for element in node.elts)
        if not isinstance(node, ast.Name):
            raise ExplorerError("A loop assigns to names only: for i in …, or for x, y in ….", self.span(node))
        return self.target(node.id, node)

    def collect(self, value: ast.expr, generators: list[ast.comprehension], span: Span) -> Expression:
        first = generators[0]
        if len(generators) != 1 or first.ifs or first.is_async:
            raise ExplorerError("A list is built by one for, without if.", span)
        variable, items = self.side_by_side(first.target, first.iter)
        known = self.assigned
        self.assigned = known.union(names_in(variable))  # inside only
        collected = Collect(self.expression(value), variable, items, span)
        self.assigned = known
        return collected

    def folded_items(self, function: str, node: ast.expr, span: Span) -> Expression:
        """What is summed or multiplied: a list, or terms with several for and if; 0, or 1, for what is left out."""
        if not isinstance(node, ast.ListComp | ast.GeneratorExp) or function not in ("add", "mul"):
            return self.items(node)
        nothing = Constant(0.0, "0", span) if function == "add" else Constant(1.0, "1", span)
        return self.terms(function, node.elt, node.generators, nothing, span)

    def terms(
        self, function: str, term: ast.expr, generators: list[ast.comprehension], nothing: Constant, span: Span
    ) -> Expression:
        """The terms of the first for, each made of those of the others."""
        first, *others = generators
        if first.is_async:
            raise ExplorerError("async is not read.", span)
        variable, items = self.side_by_side(first.target, first.iter)
        known = self.assigned
        self.assigned = known.union(names_in(variable))  # inside only
        conditions = [self.condition(test) for test in first.ifs]
        if others:
            value: Expression = Fold(function, self.terms(function, term, others, nothing, span), span)
        else:
            value = self.expression(term)
        for condition in reversed(conditions):
            value = Choose(condition, value, nothing, span)
        self.assigned = known
        return Collect(value, variable, items, span)

    def listed_values(self, node: ast.List | ast.Tuple) -> Expression:
        return new_list((tuple([self.expression(item) for item in node.elts]), self.span(node)))

    def of_lists(self, name: str, node: ast.Call) -> Expression:
        """What NumPy, math and Python say in one word of lists, written out."""
        span, first = self.span(node), node.args[0]
        if len(node.args) != OF_LISTS[name]:
            raise wrong_count(name, OF_LISTS[name], len(node.args), span)
        if name == "factorial":
            one = Constant(1.0, "1", span)
            return Fold("mul", Range(one, Apply("add", (self.expression(first), one), span), one, span), span)
        if name in ("zeros", "ones"):
            value = Constant(float(name == "ones"), "1.0" if name == "ones" else "0.0", span)
            return Repeat(ListOf((value,), span), self.expression(first), span)
        if name == "dot":
            a, b = self.spare_name("a"), self.spare_name("b")
            pairs = Zip((self.items(first), self.items(node.args[1])), span)
            return Fold("add", Collect(Apply("mul", (Name(a, span), Name(b, span)), span), (a, b), pairs, span), span)
        items, item = self.items(first), self.spare_name("item")
        if name == "norm":
            square = Apply("pow", (Name(item, span), Constant(2.0, "2", span)), span)
            return Apply("sqrt", (Fold("add", Collect(square, item, items, span), span),), span)
        if name == "mean":
            counted: Expression = items
            if isinstance(items, Collect) and _is_cheap(items.items):
                counted = Collect(Constant(1.0, "1", span), items.variable, items.items, span)
            elif not isinstance(items, Name | ListOf):
                said = "mean takes a list, as [(a - b)**2 for a, b in zip(x, y)]: lists have no arithmetic."
                raise ExplorerError(said, span)
            return Apply("div", (Fold("add", items, span), Length(counted, span)), span)
        if isinstance(items, Name):  # another list with the same items
            return Collect(Name(item, span), item, items, span)
        return items


def _number(node: Expression) -> float | None:
    if isinstance(node, Apply) and node.function == "neg" and isinstance(node.arguments[0], Constant):
        return -node.arguments[0].value
    return node.value if isinstance(node, Constant) else None


def _is_cheap(items: Expression) -> bool:
    """Whether a loop goes over what costs nothing to be looked at twice."""
    parts = items.items if isinstance(items, Zip) else (items.items,) if isinstance(items, Enumerate) else (items,)
    return all(
        isinstance(part, Name | Range)
        or (isinstance(part, ListOf) and all(isinstance(i, Constant) for i in part.items))
        for part in parts
    )
