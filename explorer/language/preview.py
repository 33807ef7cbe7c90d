"""A Program as notation: what the reader understood, typeset, each piece with its place in the text.

One file of a little more than 300 lines: each construct of the language has its few lines here.
"""

from __future__ import annotations

from collections.abc import Sequence

from explorer.language.algorithm import as_remainder, as_truncation, is_algorithm
from explorer.language.notation import Notation, NotationBuilder
from explorer.language.primitives import PRIMITIVES
from explorer.language.program import (
    Append,
    Apply,
    Assign,
    AssignItem,
    AssignSeveral,
    Break,
    Call,
    Choose,
    Collect,
    Compare,
    Condition,
    Constant,
    Continue,
    Enumerate,
    Expression,
    Fold,
    For,
    If,
    Item,
    Length,
    ListOf,
    Logic,
    Name,
    Program,
    Range,
    Repeat,
    Return,
    Span,
    Statement,
    Target,
    While,
    Zip,
)

# How tightly a piece holds together, for brackets.
_SUM, _PRODUCT, _POWER, _ATOM = 1, 2, 3, 9
_SIGNS = {"<": "<", "<=": "≤", ">": ">", ">=": "≥", "==": "=", "!=": "≠"}
_BRACKETS = {"abs": "||", "floor": "⌊⌋", "ceil": "⌈⌉"}


# Typeset within a few milliseconds, for it is done at every key stroke; some fifty lines, more than is seen at once.
MOST_PIECES = 1_000


def preview(program: Program) -> Notation:
    """The program's lines: of a formula each assignment, and each output after its name; of an algorithm each step.

    Of a long program only the first lines, and then “…”.
    """
    writer = _Writer()
    lines: list[int] = []
    for function in program.functions:
        if writer.full:
            break
        if function.name == "main" and not is_algorithm(program.source):  # the name that formulas have
            lines += writer.formula(program)
            continue
        head = writer.call_head(function.name, [Name(p, function.span) for p in function.parameters], function.span)
        if len(function.body) == 1 and isinstance(function.body[0], Return) and len(function.body[0].values) == 1:
            value = function.body[0].values[0]
            lines.append(writer.row([head, writer.add("operator", "="), writer.write(value)[0]], function.span))
        else:
            lines.append(writer.row([head, writer.add("word", " :")], function.span))
            lines += writer.statements(function.body, 1)
    if len(lines) != 1:
        writer.add("lines", children=lines)
    return writer.builder.finish(not writer.full)


class _Writer:
    def __init__(self) -> None:
        self.builder = NotationBuilder()
        self.full = False  # whether lines were left out

    def add(self, kind: str, text: str = "", children: Sequence[int] = (), span: Span | None = None) -> int:
        return self.builder.add(kind, text, tuple(children), span)

    def row(self, children: Sequence[int], span: Span | None = None) -> int:
        return self.add("row", children=children, span=span)

    def formula(self, program: Program) -> list[int]:
        """A formula's assignments, and its outputs after their names."""
        lines = self.statements(program.main.body[:-1], 0)
        last = program.main.body[-1]
        assert isinstance(last, Return)
        for name, value in zip(program.outputs, last.values, strict=True):
            if isinstance(value, Name) and value.name == name:
                continue  # its assignment already stands above
            head = self.add("name", name)
            lines.append(self.row([head, self.add("operator", "="), self.write(value)[0]], value.span))
        return lines or [self.add("name", program.outputs[-1], span=last.span)]

    def statements(self, body: Sequence[Statement], level: int) -> list[int]:
        """A line a statement, those inside others indented."""
        lines: list[int] = []
        for statement in body:
            if self.full:
                break
            if len(self.builder.pieces) > MOST_PIECES:
                self.full = True
                lines.append(self.add("symbol", "…", span=statement.span))
                break
            pieces: list[int] = [self.add("symbol", "\u2003" * level)] if level else []
            inner: list[int] = []
            match statement:
                case Assign(name, value, _):
                    pieces += [self.add("name", name), self.add("operator", "="), self.write(value)[0]]
                case AssignSeveral(names, value, _):
                    values = value.items if isinstance(value, ListOf) else (value,)
                    pieces += self.listed([Name(name, statement.span) for name in names])
                    pieces += [self.add("operator", "="), *self.listed(values)]
                case AssignItem(name, index, value, span):
                    pieces += [self.item(Name(name, span), index), self.add("operator", "="), self.write(value)[0]]
                case Append(name, value, _):
                    pieces += [self.add("word", "append "), self.write(value)[0], self.add("word", " to ")]
                    pieces.append(self.add("name", name))
                case Return(values, _):
                    pieces += [self.add("word", "return "), *self.listed(values)]
                case If(condition, then, otherwise, _):
                    pieces += [self.add("word", "if "), self.condition(condition), self.add("word", " :")]
                    inner = self.statements(then, level + 1)
                    if otherwise:
                        margin = [self.add("symbol", "\u2003" * level)] if level else []
                        inner.append(self.row([*margin, self.add("word", "else :")]))
                        inner += self.statements(otherwise, level + 1)
                case While(condition, loop, _):
                    pieces += [self.add("word", "while "), self.condition(condition), self.add("word", " :")]
                    inner = self.statements(loop, level + 1)
                case For(variable, items, loop, _):
                    pieces += [self.add("word", "for "), *self.target(variable), self.add("word", " in ")]
                    pieces += [self.write(items)[0], self.add("word", " :")]
                    inner = self.statements(loop, level + 1)
                case Break():
                    pieces.append(self.add("word", "break"))
                case Continue():
                    pieces.append(self.add("word", "continue"))
            lines += [self.row(pieces, statement.span), *inner]
        return lines

    def listed(self, nodes: Sequence[Expression]) -> list[int]:
        """Expressions with commas between them."""
        pieces: list[int] = []
        for node in nodes:
            if pieces:
                pieces.append(self.add("comma"))
            pieces.append(self.write(node)[0])
        return pieces

    def item(self, items: Expression, index: Expression) -> int:
        return self.add("subscript", children=[self.inside(items, _ATOM), self.write(index)[0]])

    def inside(self, node: Expression, binding: int) -> int:
        piece, own = self.write(node)
        return piece if own >= binding else self.add("bracket", "()", [piece], node.span)

    def write(self, node: Expression) -> tuple[int, int]:
        """The piece of an expression and how tightly it holds together; long, for it has a case for each kind."""
        match node:
            case Constant(_, text, span):
                return self.constant(text, span), _ATOM
            case Name(name, span):
                return self.add("name", name, span=span), _ATOM
            case Choose():
                return self.cases(node), _ATOM
            case Call(function, arguments, span):
                return self.call_head(function, arguments, span), _ATOM
            case ListOf(listed, span):
                return self.add("bracket", "[]", [self.row(self.listed(listed))], span), _ATOM
            case Item(items, index, _):
                return self.item(items, index), _ATOM
            case Length(items, span):
                return self.call_head("len", (items,), span), _ATOM
            case Repeat(items, count, span):
                return self.row(
                    [self.inside(items, _POWER), self.add("operator", "·"), self.inside(count, _POWER)], span
                ), _PRODUCT
            case Range(start, stop, step, span):
                bounds = [start, stop] if isinstance(step, Constant) and step.value == 1.0 else [start, stop, step]
                return self.call_head("range", bounds, span), _ATOM
            case Zip(items, span):
                return self.call_head("zip", items, span), _ATOM
            case Enumerate(items, start, span):
                counted = (items,) if isinstance(start, Constant) and start.value == 0.0 else (items, start)
                return self.call_head("enumerate", counted, span), _ATOM
            case Collect(value, variable, items, span):
                pieces = [self.write(value)[0], self.add("word", " for "), *self.target(variable)]
                pieces += [self.add("word", " in "), self.write(items)[0]]
                return self.add("bracket", "[]", [self.row(pieces)], span), _ATOM
            case Fold(function, items, span):
                words = {"add": "sum", "mul": "prod"}.get(function, function)
                return self.call_head(words, (items,), span), _ATOM
            case Apply("sub" | "mul", _, _) if (once := self.once(node)) is not None:
                return once
            case Apply("add" | "sub", _, _):
                return self.sum(node), _SUM
            case Apply("mul" | "div", _, _):
                return self.product(node), _PRODUCT
            case Apply("neg", (operand,), span):
                return self.row([self.add("prefix", "−"), self.inside(operand, _PRODUCT)], span), _SUM
            case Apply("pow", (below, above), span):
                return self.power(below, above, span), _POWER
            case Apply("sqrt", (operand,), span):
                return self.add("root", children=[self.write(operand)[0]], span=span), _ATOM
            case Apply("cbrt", (operand,), span):
                children = [self.write(operand)[0], self.add("number", "3")]
                return self.add("root", children=children, span=span), _ATOM
            case Apply("exp", (operand,), span):
                base = self.add("symbol", "e")
                return self.add("power", children=[base, self.write(operand)[0]], span=span), _POWER
            case Apply(function, arguments, span) if function in _BRACKETS:
                return self.add("bracket", _BRACKETS[function], [self.write(arguments[0])[0]], span), _ATOM
            case Apply(function, arguments, span):
                return self.call_head(PRIMITIVES[function].symbol, arguments, span), _ATOM

    def target(self, target: Target) -> list[int]:
        """What a for assigns to: names with commas, inner ones in brackets."""
        if isinstance(target, str):
            return [self.add("name", target)]
        pieces: list[int] = []
        for part in target:
            if pieces:
                pieces.append(self.add("comma"))
            inner = self.target(part)
            pieces += inner if isinstance(part, str) else [self.add("bracket", "()", [self.row(inner)])]
        return pieces

    def constant(self, text: str, span: Span) -> int:
        if text in ("pi", "e"):
            return self.add("symbol", "π" if text == "pi" else "e", span=span)
        return self.add("number", text, span=span)

    def call_head(self, name: str, arguments: Sequence[Expression], span: Span) -> int:
        inner: list[int] = []
        for argument in arguments:
            if inner:
                inner.append(self.add("comma"))
            inner.append(self.write(argument)[0])
        word = self.add("word", name)
        content = inner[0] if len(inner) == 1 else self.row(inner)
        return self.row([word, self.add("bracket", "()", [content])], span)

    def power(self, base: Expression, exponent: Expression, span: Span) -> int:
        return self.add("power", children=[self.inside(base, _ATOM), self.write(exponent)[0]], span=span)

    def once(self, node: Apply) -> tuple[int, int] | None:
        """A remainder or a truncation in its own words, where its tree has each operand twice."""
        if (pair := as_remainder(node)) is not None:
            left, right = [self.inside(operand, _POWER) for operand in pair]
            return self.row([left, self.add("operator", "mod"), right], node.span), _PRODUCT
        if (operand := as_truncation(node)) is not None:
            return self.call_head("int", (operand,), node.span), _ATOM
        return None

    def sum(self, node: Apply) -> int:
        """a ± b ± c …, in one row; a loop, for sums are long."""
        head, links = _chain(node, ("add", "sub"))
        children = [self.inside(head, _SUM)]
        for link in links:
            children.append(self.add("operator", "+" if link.function == "add" else "−"))
            children.append(self.inside(link.arguments[1], _PRODUCT))
        return self.row(children, node.span)

    def product(self, node: Apply) -> int:
        """a · b / c …, read from the left: what stands before a division is its numerator."""
        head, links = _chain(node, ("mul", "div"))
        alone = bool(links) and links[0].function == "div"
        whole = self.write(head)[0] if alone else self.inside(head, _PRODUCT)
        left: Expression = head
        for link in links:
            right = link.arguments[1]
            if link.function == "div":
                whole = self.add("fraction", children=[whole, self.write(right)[0]], span=link.span)
            else:
                children = [whole]
                # 2x is written together where nothing can be misread: a number before a name or its power.
                if not (isinstance(left, Constant) and left.text not in ("pi", "e") and _begins_with_name(right)):
                    children.append(self.add("operator", "·"))
                whole = self.row([*children, self.inside(right, _POWER)], link.span)
            left = link
        return whole

    def cases(self, node: Choose) -> int:
        children: list[int] = []
        rest: Expression = node
        while isinstance(rest, Choose):
            condition = self.row([self.add("word", "if "), self.condition(rest.condition)], rest.condition.span)
            children += [self.write(rest.then)[0], condition]
            rest = rest.otherwise
        children += [self.write(rest)[0], self.add("word", "otherwise")]
        return self.add("cases", children=children, span=node.span)

    def condition(self, node: Condition) -> int:
        match node:
            case Compare(operator, left, right, span):
                sign = self.add("operator", _SIGNS[operator])
                return self.row([self.write(left)[0], sign, self.write(right)[0]], span)
            case Logic(operator, (), span):
                return self.add("word", "true" if operator == "and" else "false", span=span)
            case Logic("not", (inner,), span):
                return self.row([self.add("word", "not "), self.bracketed(inner)], span)
            case Logic(operator, conditions, span):
                children: list[int] = []
                for before, part in zip((None, *conditions), conditions, strict=False):
                    if operator == "and" and isinstance(part, Compare) and _continues(before, part):
                        children += [self.add("operator", _SIGNS[part.operator]), self.write(part.right)[0]]
                        continue
                    if children:
                        children.append(self.add("word", f" {operator} "))
                    children.append(self.bracketed(part))
                return self.row(children, span)

    def bracketed(self, node: Condition) -> int:
        piece = self.condition(node)
        return piece if isinstance(node, Compare) else self.add("bracket", "()", [piece])


def _continues(before: Condition | None, part: Compare) -> bool:
    """Whether a comparison goes on from the one before, as in a < b < c."""
    return isinstance(before, Compare) and part.left is before.right


def _chain(node: Apply, family: tuple[str, ...]) -> tuple[Expression, list[Apply]]:
    """The first operand of a chain of operators, and the operators from the left."""
    links: list[Apply] = []
    head: Expression = node
    while isinstance(head, Apply) and head.function in family:
        if as_remainder(head) is not None or as_truncation(head) is not None:
            break
        links.append(head)
        head = head.arguments[0]
    return head, links[::-1]


def _begins_with_name(node: Expression) -> bool:
    if isinstance(node, Apply) and node.function == "pow":
        return isinstance(node.arguments[0], Name)
    return isinstance(node, Name)
