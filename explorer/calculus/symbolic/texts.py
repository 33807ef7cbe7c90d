"""An expression as text to be copied: SymPy's own and LaTeX, none for trees too large to read."""

from __future__ import annotations

import sympy

from explorer.calculus.symbolic.functions import Expression
from explorer.calculus.symbolic.shared import postorder, tree_sizes

# Nobody reads the text of larger trees, and printing them is slow.
MAX_TEXT_NODES = 5_000
MAX_LATEX_NODES = 2_000


def text(root: Expression) -> str | None:
    """SymPy's text, or None for a tree too large to read."""
    return sympy.sstr(root) if tree_sizes(postorder([root]))[root] <= MAX_TEXT_NODES else None


def latex(root: Expression) -> str | None:
    """LaTeX, or None for a tree too large to typeset."""
    return sympy.latex(root) if tree_sizes(postorder([root]))[root] <= MAX_LATEX_NODES else None
