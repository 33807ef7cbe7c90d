"""The worker process: answers every question of explorer.work.questions until its asker is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module

from explorer.language.program import ExplorerError
from explorer.work.ends import Answers
from explorer.work.serve import serve
from explorer.work.wire import Message

WORKED_EXAMPLE = {"source": "ln(x1) + x1*x2 - sin(x2)", "at": {"x1": 2.0, "x2": 5.0}}


# Who answers which question; nothing is imported before it is asked for.
_ANSWERED_BY: dict[str, Callable[[], Answers]] = {
    "symbolic": lambda: import_module("explorer.work.symbolic").answers,
    "symbolic_text": lambda: import_module("explorer.work.symbolic").text_answers,
    "symbolic_steps": lambda: import_module("explorer.work.symbolic").steps_answers,
    "symbolic_form": lambda: import_module("explorer.work.symbolic").form_answers,
    "symbolic_graph": lambda: import_module("explorer.work.symbolic_graph").answers,
    "swell": lambda: import_module("explorer.work.swell").answers,
    "differences": lambda: import_module("explorer.work.differences").answers,
    "graph": lambda: import_module("explorer.work.graph").answers,
    "sheet": lambda: import_module("explorer.work.sheets").answers,
    "verdict": lambda: import_module("explorer.work.verdict").answers,
    "landscape": lambda: import_module("explorer.work.descent").landscape_answers,
    "descent": lambda: import_module("explorer.work.descent").descent_answers,
    "runs": lambda: import_module("explorer.work.descent").runs_answers,
    "principal": lambda: import_module("explorer.work.descent").principal_answers,
    "fit": lambda: import_module("explorer.work.fit").answers,
    "compare": lambda: import_module("explorer.work.compare").answers,
    "map": lambda: import_module("explorer.work.basins").answers,
    "curvature": lambda: import_module("explorer.work.curvature").answers,
    "stationary": lambda: import_module("explorer.work.curvature").stationary_answers,
    "report": lambda: import_module("explorer.work.report").answers,
    "export": lambda: import_module("explorer.work.export").answers,
}


@cache
def answerer(question: str) -> Answers:
    """Who answers this question; imported at its first use, when `serve` already guards the process."""
    return _ANSWERED_BY[question]()


def answers(ask: Message) -> Iterator[Message]:
    """The answers to a question, by its name."""
    question = str(ask.get("ask"))
    if question not in _ANSWERED_BY:
        raise ExplorerError(f"There is no question “{ask.get('ask')}”.", kind="request")
    return answerer(question)(ask)


def warm(*questions: str) -> None:
    """Load what answers these questions; without any, load and run everything once, so that a forked worker's first
    answer is as quick as its second."""
    for question in questions or _ANSWERED_BY:
        answerer(question)
    if questions:
        return
    from explorer.calculus import symbolic as engine

    engine.warm_up()
    for _ in rehearsal():
        pass


def rehearsal() -> Iterator[None]:
    """The worked example, asked of all that is seen at the start; an item after each answer."""
    for question in ("symbolic", "verdict", "graph", "differences"):
        for _ in answers({"ask": question, **WORKED_EXAMPLE}):
            yield


if __name__ == "__main__":
    serve(answers, warm, rehearsal)
