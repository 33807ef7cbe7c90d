"""An expression as notation, ready to be typeset; what exceeds an allowance is left out and counted."""

from __future__ import annotations

from collections.abc import Sequence

import sympy

from explorer.calculus.symbolic.functions import Expression
from explorer.calculus.symbolic.shared import postorder, tree_sizes
from explorer.calculus.symbolic.sizes import negative
from explorer.language.notation import Notation, NotationBuilder

MAX_DRAWN_NODES = 1_600  # the sixth iterate of the logistic map has 1,538
MAX_ALL_DRAWN_NODES = 40_000  # what “show all” shows: more is scrolled past, and not read

_SUM, _PRODUCT, _POWER, _ATOM = 1, 2, 3, 9
_RELATION_SIGN = {"<": "<", "<=": "≤", ">": ">", ">=": "≥", "==": "=", "!=": "≠"}
_NAMES = {"log": "ln", "delta": "δ"}


class Writer:
    """SymPy expressions as notation; parts that do not fit into the allowance become an ellipsis that counts them."""

    def __init__(self, roots: Sequence[Expression]) -> None:
        self.builder = NotationBuilder()
        order = postorder(roots)
        self.sizes = tree_sizes(order)
        self.refs = {node: index for index, node in enumerate(order)}
        self.complete = True
        self.depth = 0

    def add(self, kind: str, text: str = "", children: Sequence[int] = (), ref: Expression | None = None) -> int:
        return self.builder.add(kind, text, tuple(children), None, self.refs.get(ref))

    def inside(self, node: Expression, binding: int, allowance: int) -> int:
        """The node, in brackets if it binds less than `binding`."""
        piece, own = self.write(node, allowance)
        return piece if own >= binding else self.add("bracket", "()", [piece])

    def write(self, node: Expression, allowance: int) -> tuple[int, int]:
        """The piece of a node and how tightly it binds."""
        if allowance < 1 or (self.sizes.get(node, 1) > allowance and not (node.is_Add or node.is_Mul or node.is_Pow)):
            self.complete = False
            return self.add("symbol", "…", ref=node), _ATOM
        if node.is_Symbol:
            return self.add("name", node.name, ref=node), _ATOM
        if node.is_Number or node.is_NumberSymbol or not node.args:
            return self.number(node)
        if node.is_Add:
            return self.sum(node, allowance), _SUM
        if node.is_Mul:
            return self.product(node, allowance)
        if node.is_Pow:
            return self.power(node, allowance)
        if isinstance(node, sympy.Piecewise):
            return self.cases(node, allowance), 0  # what follows the last case would be read as part of it
        if node.is_Relational:
            return self.relation(node, allowance), 0
        if isinstance(node, sympy.exp):
            base = self.add("symbol", "e")
            return self.add("power", children=[base, self.write(node.args[0], allowance - 2)[0]], ref=node), _POWER
        return self.call(node, allowance), _ATOM

    def number(self, node: Expression) -> tuple[int, int]:
        if node.is_Rational and not node.is_Integer:
            if node < 0:
                part = self.number(-node)[0]
                return self.add("row", children=[self.add("prefix", "−"), part], ref=node), _SUM
            parts = [self.add("number", str(node.p)), self.add("number", str(node.q))]
            return self.add("fraction", children=parts, ref=node), _PRODUCT
        if node.is_Number and node is not sympy.nan and not node.is_infinite:
            written = str(node) if node.is_Integer else repr(float(node))
            if written.startswith("-"):
                digits = self.add("number", written[1:])
                return self.add("row", children=[self.add("prefix", "−"), digits], ref=node), _SUM
            return self.add("number", written, ref=node), _ATOM
        signs = {sympy.pi: "π", sympy.E: "e", sympy.oo: "∞", sympy.zoo: "∞", sympy.I: "i", sympy.nan: "undefined"}
        if node in signs:
            return self.add("symbol", signs[node], ref=node), _ATOM
        return self.add("word", str(node), ref=node), _ATOM

    def sum(self, node: Expression, allowance: int) -> int:
        terms = node.as_ordered_terms() if len(node.args) <= 60 else list(node.args)
        if len(terms) == 2 and negative(terms[0]) and not negative(terms[1]):
            terms.reverse()  # x − μ
        children: list[int] = []
        for count, term in enumerate(terms):
            if self.sizes.get(term, 1) > allowance:
                rest = len(terms) - count
                if children or rest < len(terms):
                    self.complete = False
                    children.append(self.add("operator", "+"))
                    children.append(self.add("word", f"… ({rest:,} more term{'s' * (rest > 1)})"))
                    break
            allowance -= self.sizes.get(term, 1)
            minus = negative(term)
            if children:
                children.append(self.add("operator", "−" if minus else "+"))
            elif minus:
                children.append(self.add("prefix", "−"))
            children.append(self.inside(-term if minus else term, _PRODUCT, max(allowance, 2) + 200))
        return self.add("row", children=children, ref=node)

    def product(self, node: Expression, allowance: int) -> tuple[int, int]:
        if negative(node):
            inner = self.inside(-node, _PRODUCT, allowance)
            return self.add("row", children=[self.add("prefix", "−"), inner], ref=node), _SUM
        above: list[Expression] = []
        below: list[Expression] = []
        for factor in node.args:
            if factor.is_Rational and not factor.is_Integer:
                above += [sympy.Integer(factor.p)] if factor.p != 1 else []
                below.append(sympy.Integer(factor.q))
            elif factor.is_Pow and factor.exp.is_Rational and factor.exp < 0:
                below.append(sympy.Pow(factor.base, -factor.exp, evaluate=False) if factor.exp != -1 else factor.base)
            else:
                above.append(factor)
        if not below:
            return self.factors(above, allowance, node), _PRODUCT
        top = self.factors(above, allowance, None, alone=True) if above else self.add("number", "1")
        bottom = self.factors(below, allowance, None, alone=True)
        return self.add("fraction", children=[top, bottom], ref=node), _PRODUCT

    def factors(self, nodes: list[Expression], allowance: int, ref: Expression | None, alone: bool = False) -> int:
        if len(nodes) == 1:
            return self.inside(nodes[0], 0 if alone else _PRODUCT, allowance)
        # Numbers, π, then names and powers, then calls and sums: as a person orders factors.
        nodes = sorted(
            nodes, key=lambda n: (not n.is_Number, not n.is_NumberSymbol, n.is_Add, not (n.is_Symbol or n.is_Pow))
        )
        children: list[int] = []
        for count, factor in enumerate(nodes):
            if self.sizes.get(factor, 1) > allowance and count:
                self.complete = False
                rest = len(nodes) - count
                more = f"… ({rest:,} more factor{'s' * (rest > 1)})"
                children += [self.add("operator", "·"), self.add("word", more)]
                break
            allowance -= self.sizes.get(factor, 1)
            if count and not (nodes[count - 1].is_Number and _begins_with_name(factor)):
                children.append(self.add("operator", "·"))
            children.append(self.inside(factor, _PRODUCT, max(allowance, 2) + 200))
        return self.add("row", children=children, ref=ref)

    def power(self, node: Expression, allowance: int) -> tuple[int, int]:
        base, exponent = node.base, node.exp
        if exponent.is_Rational and exponent < 0:
            below = sympy.Pow(base, -exponent, evaluate=False) if exponent != -1 else base
            self.sizes.setdefault(below, self.sizes.get(node, 3))
            bottom = self.write(below, allowance)[0]
            return self.add("fraction", children=[self.add("number", "1"), bottom], ref=node), _PRODUCT
        if exponent == sympy.Rational(1, 2):
            return self.add("root", children=[self.write(base, allowance)[0]], ref=node), _ATOM
        if self.sizes.get(base, 1) > allowance and not base.is_Add and not base.is_Mul:
            self.complete = False
            return self.add("symbol", "…", ref=node), _ATOM
        # Beside a root's bar an exponent could be the radicand's.
        tight = _ATOM + 1 if base.func.__name__ == "cbrt" else _ATOM
        raised = self.inside(base, tight, allowance - 2)
        if exponent.is_Rational and not exponent.is_Integer:  # a bar would stand as high as a line
            parts = [
                self.add("number", str(exponent.p)),
                self.add("operator", "/"),
                self.add("number", str(exponent.q)),
            ]
            above = self.add("row", children=parts, ref=exponent)
        else:
            above = self.write(exponent, allowance - 2)[0]
        return self.add("power", children=[raised, above], ref=node), _POWER

    def call(self, node: Expression, allowance: int) -> int:
        name = node.func.__name__
        if name in ("abs", "Abs"):
            return self.add("bracket", "||", [self.write(node.args[0], allowance - 1)[0]], node)
        if name in ("floor", "ceil"):
            sign = "⌊⌋" if name == "floor" else "⌈⌉"
            return self.add("bracket", sign, [self.write(node.args[0], allowance - 1)[0]], node)
        if name == "cbrt":
            return self.add(
                "root", children=[self.write(node.args[0], allowance - 1)[0], self.add("number", "3")], ref=node
            )
        arguments: list[int] = []
        for argument in node.args:
            if arguments:
                arguments.append(self.add("comma"))
            arguments.append(self.write(argument, allowance - 1)[0])
        inner = arguments[0] if len(arguments) == 1 else self.add("row", children=arguments)
        word = self.add("word", _NAMES.get(name, name))
        return self.add("row", children=[word, self.add("bracket", "()", [inner])], ref=node)

    def cases(self, node: Expression, allowance: int) -> int:
        children: list[int] = []
        for value, condition in node.args:
            children.append(self.write(value, allowance - 2)[0])
            if condition is sympy.true:
                children.append(self.add("word", "otherwise"))
            else:
                children.append(
                    self.add("row", children=[self.add("word", "if "), self.relation(condition, allowance)])
                )
        return self.add("cases", children=children, ref=node)

    def relation(self, node: Expression, allowance: int, inside: bool = False) -> int:
        """A condition; one of several parts stands in brackets where it is `inside` another."""
        if not node.is_Relational:
            parts = [self.relation(argument, allowance, inside=True) for argument in node.args]
            if isinstance(node, sympy.Not):
                children = [self.add("word", "not "), *parts]
            elif isinstance(node, sympy.ITE):
                condition, then, otherwise = parts
                children = [then, self.add("word", " if "), condition, self.add("word", " else "), otherwise]
            elif isinstance(node, sympy.And | sympy.Or):
                joint = " and " if isinstance(node, sympy.And) else " or "
                children = [p for part in parts for p in (self.add("word", joint), part)][1:]
            else:
                return self.add("word", str(node).lower(), ref=node)  # true or false
            row = self.add("row", children=children, ref=node)
            return self.add("bracket", "()", [row]) if inside else row
        left, right = (self.write(a, allowance - 1)[0] for a in node.args)
        sign = _RELATION_SIGN[node.rel_op]
        return self.add("row", children=[left, self.add("operator", sign), right], ref=node)


def _begins_with_name(factor: Expression) -> bool:
    """Whether a factor is a name, π or a power of one, drawn as such: behind a number it needs no dot, as 2x does."""
    if factor.is_Pow and factor.exp != sympy.Rational(1, 2):
        factor = factor.base
    return bool(factor.is_Symbol or factor is sympy.pi)


def notation(root: Expression, allowance: int = MAX_DRAWN_NODES) -> Notation:
    """The expression ready to be typeset; parts beyond about `allowance` tree nodes are left out and counted."""
    writer = Writer([root])
    writer.write(root, allowance)
    return writer.builder.finish(writer.complete)
