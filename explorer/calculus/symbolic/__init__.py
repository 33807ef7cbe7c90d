"""SymPy's derivative of a Program, its sizes, its value at a point and its notation; the only package that loads SymPy.

Everything here may be slow or use much memory for some input, so it is called in a worker process that can be killed.
"""

from explorer.calculus.symbolic.derivative import Differentiation, diff, differentiated, hessian, jacobian
from explorer.calculus.symbolic.functions import Expression
from explorer.calculus.symbolic.notations import MAX_ALL_DRAWN_NODES, MAX_DRAWN_NODES, notation
from explorer.calculus.symbolic.shared import postorder, tree_sizes
from explorer.calculus.symbolic.sizes import Size, measured, operations, size
from explorer.calculus.symbolic.texts import MAX_CHARACTERS, characters, latex, pasted, python, text
from explorer.calculus.symbolic.values import evaluate
from explorer.calculus.symbolic.walk import expressions, expressions_at
from explorer.calculus.symbolic.wanted import partial_along
from explorer.calculus.symbolic.warming import warm_up

__all__ = [
    "MAX_ALL_DRAWN_NODES",
    "MAX_CHARACTERS",
    "MAX_DRAWN_NODES",
    "Differentiation",
    "Expression",
    "Size",
    "characters",
    "diff",
    "differentiated",
    "evaluate",
    "expressions",
    "expressions_at",
    "hessian",
    "jacobian",
    "latex",
    "measured",
    "notation",
    "operations",
    "partial_along",
    "pasted",
    "postorder",
    "python",
    "size",
    "text",
    "tree_sizes",
    "warm_up",
]
