"""Operations of Python that are several here: each shape is made, and known again, in one place."""

from __future__ import annotations

from explorer.language.program import Apply, Expression, Span


def remainder(left: Expression, right: Expression, span: Span) -> Expression:
    """left − right·⌊left/right⌋, with the sign of right, as Python's % has it; each operand is one node, twice."""
    whole = Apply("floor", (Apply("div", (left, right), span),), span)
    return Apply("sub", (left, Apply("mul", (right, whole), span)), span)


def as_remainder(node: Expression) -> tuple[Expression, Expression] | None:
    """The operands of what `remainder` made, else None; they are to be evaluated once."""
    match node:
        case Apply("sub", (left, Apply("mul", (right, Apply("floor", (Apply("div", (again, below)),)))))):
            return (left, right) if left is again and right is below else None
    return None


def truncation(value: Expression, span: Span) -> Expression:
    """sign(value)·⌊|value|⌋, as Python's int has it; the value is one node, twice."""
    size = Apply("floor", (Apply("abs", (value,), span),), span)
    return Apply("mul", (Apply("sign", (value,), span), size), span)


def as_truncation(node: Expression) -> Expression | None:
    """The operand of what `truncation` made, else None; it is to be evaluated once."""
    match node:
        case Apply("mul", (Apply("sign", (value,)), Apply("floor", (Apply("abs", (again,)),)))):
            return value if value is again else None
    return None
