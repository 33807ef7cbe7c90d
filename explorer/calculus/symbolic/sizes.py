"""How large expressions are, measured on their shared graph and never on strings."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import sympy

from explorer.calculus.symbolic.functions import Expression
from explorer.calculus.symbolic.shared import postorder, tree_sizes
from explorer.calculus.symbolic.texts import characters

MAX_CSE_NODES = 20_000  # distinct sub-expressions; CSE is quadratic in some of its steps


@dataclass(frozen=True)
class Size:
    """How large some expressions are together.

    operations: SymPy's count_ops; tree: nodes with every repetition; dag: distinct sub-expressions; after_cse:
    operations after common-subexpression elimination; characters: of SymPy's text. None where it would take too long.
    """

    operations: int
    tree: int
    dag: int
    after_cse: int | None
    characters: int | None


def size(roots: Sequence[Expression]) -> Size:
    """The sizes, computed on the shared graph: a tree of a million nodes is measured and never printed."""
    *_, last = measured(roots)
    return last


def measured(roots: Sequence[Expression]) -> Iterator[Size]:
    """The sizes as they become known: what a walk gives, then what CSE leaves, then the length of the text."""
    order = postorder(roots)
    tree = tree_sizes(order)
    total = sum(tree[r] for r in roots)
    found = Size(sum(map(operations, roots)), total, len(order), None, None)
    yield found
    if len(order) <= MAX_CSE_NODES:
        found = replace(found, after_cse=sum(map(operations, after_cse(roots))))
        yield found
        with contextlib.suppress(RecursionError):  # deeper than this process's stack allows
            found = replace(found, characters=sum(map(characters, roots)))
    yield found


def after_cse(roots: Sequence[Expression]) -> list[Expression]:
    """What common-subexpression elimination makes of the expressions: the named parts, then the reduced ones.

    order="none": SymPy's canonical order of the factors walks the whole tree, and changes no count.
    """
    named, reduced = sympy.cse(list(roots), order="none")
    return [part for _, part in named] + list(reduced)


def operations(root: Expression) -> int:
    """SymPy's count_ops(root), by its own rules, with each distinct sub-expression counted once and remembered."""
    counted: dict[Expression, int] = {}
    stack = [root]
    while stack:
        node = stack[-1]
        if node in counted:
            stack.pop()
            continue
        own, parts = _own_operations(node)
        missing = [p for p in parts if p not in counted]
        if missing:
            stack.extend(missing)
            continue
        counted[node] = own + sum(counted[p] for p in parts)
        stack.pop()
    return counted[root]


def _own_operations(node: Expression) -> tuple[int, list[Expression]]:
    """Operations that count_ops sees at this node itself, and the expressions it goes on with."""
    if node.is_Rational:
        return (0 if node is sympy.S.One else int(node.p < 0) + int(node.q != 1)), []
    if node is sympy.E:  # counted as the exponential of 1
        return 1, []
    if node.is_Add:
        parts = [-a if a.could_extract_minus_sign() and negative(a) else a for a in node.args]
        negatives = sum(map(negative, node.args))
        return len(node.args) - 1 + int(negatives == len(node.args)), parts
    if node.is_Mul:
        own = 0
        if negative(node):
            own += 1
            node = node.as_two_terms()[1] if node.args[0] is sympy.S.NegativeOne else -node
        numerator, denominator = sympy.fraction(node)
        if numerator.is_Integer:
            return own + 1 + int(bool(numerator < 0)), [denominator]
        if denominator is not sympy.S.One:
            return own + 1, [numerator] if denominator.is_Integer else [denominator, numerator]
        if node.is_Mul:
            return own + len(node.args) - 1, list(node.args)
        return own, [node]
    if node.is_Pow and node.exp is sympy.S.NegativeOne:
        return 1, [node.base]
    if node.is_Symbol or not node.args:
        return 0, []
    if node.is_Relational or node.func.__name__ == "ExprCondPair":
        return 0, list(node.args)
    return 1, list(node.args)


def negative(node: Expression) -> bool:
    """Whether the node is written with a minus in front."""
    return bool(node.is_Number and node.is_extended_negative) or bool(
        node.is_Mul and node.args[0].is_Number and node.args[0].is_extended_negative
    )
