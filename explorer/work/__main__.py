"""The worker process: answers every question of explorer.work.questions until its asker is gone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from explorer.language.program import ExplorerError
from explorer.work.ends import Answers
from explorer.work.serve import serve
from explorer.work.wire import Message

WORKED_EXAMPLE = {"source": "ln(x1) + x1*x2 - sin(x2)", "at": {"x1": 2.0, "x2": 5.0}}


@cache
def table() -> dict[str, Answers]:
    """Who answers which question; imported at the first use, when `serve` already guards the process."""
    from explorer.work import (
        basins,
        compare,
        curvature,
        descent,
        differences,
        export,
        graph,
        report,
        sheets,
        swell,
        symbolic,
        symbolic_graph,
        verdict,
    )

    return {
        "symbolic": symbolic.answers,
        "symbolic_text": symbolic.text_answers,
        "symbolic_steps": symbolic.steps_answers,
        "symbolic_form": symbolic.form_answers,
        "symbolic_graph": symbolic_graph.answers,
        "swell": swell.answers,
        "differences": differences.answers,
        "graph": graph.answers,
        "sheet": sheets.answers,
        "verdict": verdict.answers,
        "landscape": descent.landscape_answers,
        "descent": descent.descent_answers,
        "runs": descent.runs_answers,
        "principal": descent.principal_answers,
        "compare": compare.answers,
        "map": basins.answers,
        "curvature": curvature.answers,
        "stationary": curvature.stationary_answers,
        "report": report.answers,
        "export": export.answers,
    }


def answers(ask: Message) -> Iterator[Message]:
    """The answers to a question, by its name."""
    answer = table().get(str(ask.get("ask")))
    if answer is None:
        raise ExplorerError(f"There is no question “{ask.get('ask')}”.", kind="request")
    return answer(ask)


def warm() -> None:
    """Load and run everything once, so that a forked worker's first answer is as quick as its second."""
    from explorer.calculus import symbolic as engine

    engine.warm_up()
    for name in ("graph", "verdict", "differences", "symbolic"):
        for _ in answers({"ask": name, **WORKED_EXAMPLE}):
            pass


if __name__ == "__main__":
    serve(answers, warm)
