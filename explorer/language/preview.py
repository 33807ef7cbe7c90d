"""A Program as notation: what the reader understood, typeset, each piece with its place in the text."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.language.notation import Notation, NotationBuilder
from explorer.language.primitives import PRIMITIVES
from explorer.language.program import (
    Apply,
    Assign,
    Call,
    Choose,
    Compare,
    Condition,
    Constant,
    Expression,
    If,
    Logic,
    Name,
    Program,
    Return,
    Span,
    Statement,
    While,
)

# How tightly a piece holds together, for brackets.
_SUM, _PRODUCT, _POWER, _ATOM = 1, 2, 3, 9
_SIGNS = {"<": "<", "<=": "≤", ">": ">", ">=": "≥", "==": "=", "!=": "≠"}
_BRACKETS = {"abs": "||", "floor": "⌊⌋", "ceil": "⌈⌉"}


def preview(program: Program) -> Notation:
    """The program's lines: each assignment, and each output after its name."""
    writer = _Writer()
    lines: list[int] = []
    for function in program.functions[:-1]:
        body = writer.statements(function.body)
        head = writer.call_head(function.name, [Name(p, function.span) for p in function.parameters], function.span)
        lines += [writer.row([head, writer.add("operator", "="), piece]) for piece in body]
    for statement in program.main.body:
        if isinstance(statement, Return):
            lines += writer.outputs(program, statement)
        else:
            lines += writer.statements((statement,))
    writer.add("lines", children=lines) if len(lines) != 1 else None
    return writer.builder.finish()


class _Writer:
    def __init__(self) -> None:
        self.builder = NotationBuilder()

    def add(self, kind: str, text: str = "", children: Sequence[int] = (), span: Span | None = None) -> int:
        return self.builder.add(kind, text, tuple(children), span)

    def row(self, children: Sequence[int], span: Span | None = None) -> int:
        return self.add("row", children=children, span=span)

    def outputs(self, program: Program, statement: Return) -> list[int]:
        lines = []
        for name, value in zip(program.outputs, statement.values, strict=True):
            if isinstance(value, Name) and value.name == name:
                continue  # its assignment already stands above
            head = self.add("name", name)
            lines.append(self.row([head, self.add("operator", "="), self.write(value)[0]], value.span))
        return lines or [self.add("name", program.outputs[-1], span=statement.span)]

    def statements(self, body: Sequence[Statement]) -> list[int]:
        lines: list[int] = []
        for statement in body:
            match statement:
                case Assign(name, value, span):
                    head = self.add("name", name, span=span)
                    lines.append(self.row([head, self.add("operator", "="), self.write(value)[0]], span))
                case Return(values, _):
                    lines += [self.write(value)[0] for value in values]
                case If() | While():
                    raise NotImplementedError  # formulas have no statements of control
        return lines

    def inside(self, node: Expression, binding: int) -> int:
        piece, own = self.write(node)
        return piece if own >= binding else self.add("bracket", "()", [piece], node.span)

    def write(self, node: Expression) -> tuple[int, int]:
        """The piece of an expression and how tightly it holds together."""
        match node:
            case Constant(_, text, span):
                return self.constant(text, span), _ATOM
            case Name(name, span):
                return self.add("name", name, span=span), _ATOM
            case Choose():
                return self.cases(node), _ATOM
            case Call(function, arguments, span):
                return self.call_head(function, arguments, span), _ATOM
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
            case Logic("not", (inner,), span):
                return self.row([self.add("word", "not "), self.bracketed(inner)], span)
            case Logic(operator, conditions, span):
                children: list[int] = []
                for part in conditions:
                    if children:
                        children.append(self.add("word", f" {operator} "))
                    children.append(self.bracketed(part))
                return self.row(children, span)

    def bracketed(self, node: Condition) -> int:
        piece = self.condition(node)
        return piece if isinstance(node, Compare) else self.add("bracket", "()", [piece])


def _chain(node: Apply, family: tuple[str, ...]) -> tuple[Expression, list[Apply]]:
    """The first operand of a chain of operators, and the operators from the left."""
    links: list[Apply] = []
    head: Expression = node
    while isinstance(head, Apply) and head.function in family:
        links.append(head)
        head = head.arguments[0]
    return head, links[::-1]


def _begins_with_name(node: Expression) -> bool:
    if isinstance(node, Apply) and node.function == "pow":
        return isinstance(node.arguments[0], Name)
    return isinstance(node, Name)
