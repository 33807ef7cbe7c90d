"""An expression's shared graph: each distinct sub-expression once, operands before their users."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.calculus.symbolic.functions import Expression


def postorder(roots: Sequence[Expression]) -> list[Expression]:
    """Each distinct sub-expression once, operands first; a loop, for SymPy's trees can be deep."""
    done: set[Expression] = set()
    order: list[Expression] = []
    stack: list[tuple[Expression, bool]] = [(root, False) for root in reversed(roots)]
    while stack:
        node, ready = stack.pop()
        if node in done:
            continue
        if ready:
            done.add(node)
            order.append(node)
        else:
            stack.append((node, True))
            stack.extend((a, False) for a in reversed(node.args) if a not in done)
    return order


def tree_sizes(order: Sequence[Expression]) -> dict[Expression, int]:
    """The number of nodes of each expression's tree, operands before their users."""
    sizes: dict[Expression, int] = {}
    for node in order:
        sizes[node] = 1 + sum(sizes[a] for a in node.args)
    return sizes
