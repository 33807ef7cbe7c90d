"""What a worker does before its first question, so that the answer is as quick as the second."""

from __future__ import annotations

import sympy

from explorer.calculus.symbolic.functions import BUILD
from explorer.calculus.symbolic.notations import notation
from explorer.calculus.symbolic.sizes import size
from explorer.calculus.symbolic.texts import latex, text
from explorer.calculus.symbolic.values import evaluate
from explorer.language.primitives import PRIMITIVES


def warm_up() -> None:
    """Touch what the first question will need, so that a forked worker has it already."""
    x = sympy.Symbol("x", real=True)
    f = sympy.sin(x * x) / sympy.exp(x) + sympy.log(1 + x**2) + sympy.Piecewise((x, x > 0), (0, True))
    for primitive in PRIMITIVES:
        if PRIMITIVES[primitive].arity == 1 and primitive in BUILD:
            sympy.diff(BUILD[primitive](x), x)
    derivative = sympy.diff(f, x)
    size([derivative])
    text(derivative)
    latex(derivative)
    notation(derivative)
    evaluate([derivative], {x: 0.5})
