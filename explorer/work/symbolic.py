"""Answers the symbolic question: SymPy's Jacobian, entry by entry as it comes, then the sizes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from explorer.calculus import symbolic
from explorer.calculus.tape import record
from explorer.language.program import ExplorerError
from explorer.work.subject import subject
from explorer.work.wire import Message


def answers(ask: Message) -> Iterator[Message]:
    """{"function": …}, then {"entry": …} for each partial, then {"swell": {"function": …, "derivative": …}}."""
    about = subject(ask)
    outputs, inputs = symbolic.expressions(about.program)
    yield {
        "function": [written(f) for f in outputs],
        "inputs": list(about.program.inputs),
        "outputs": list(about.program.outputs),
    }
    point = dict(zip(inputs, about.point, strict=True))
    tape = record(about.program, about.point)
    undefined = tape.undefined()
    derivatives = []
    for row, column, derivative in symbolic.jacobian(outputs, inputs):
        derivatives.append(derivative)
        value, refused = value_at(derivative, point)
        if undefined is not None and tape.values[row] != tape.values[row]:
            value, refused = float("nan"), "the function is not defined here"
        yield {"entry": {"row": row, "column": column, "value": value, "refused": refused, **written(derivative)}}
    yield {"swell": {"function": asdict(symbolic.size(outputs)), "derivative": asdict(symbolic.size(derivatives))}}


def written(expression: Any) -> Message:
    """An expression in its three forms: notation to be drawn, SymPy's text, LaTeX (null where too large)."""
    return {
        "notation": symbolic.notation(expression).to_json(),
        "text": symbolic.text(expression),
        "latex": symbolic.latex(expression),
    }


def value_at(expression: Any, point: dict[Any, float]) -> tuple[float | None, str | None]:
    """The expression's value in doubles, or None with the reason why it has none."""
    try:
        return symbolic.evaluate([expression], point)[0], None
    except ExplorerError as error:
        return None, error.message
