"""The player under random actions: wherever they lead, the picture is that of jumping straight to the step."""

import random
import tracemalloc

import pytest

from explorer.ui.graph_answer import GraphAnswer, Progress
from explorer.ui.graph_state import StateMaker
from explorer.work import questions
from explorer.work.graph import answers

ACTIONS = {"reverse": 10_000, "forward": 2_000, "second": 2_000}  # by mode: only the first has all kinds of steps
SOURCE = "def f(x, y):\n    for i in range(4):\n        x = sin(x*y) + x\n        y = y - x\n    return x*y, x + y"


@pytest.fixture(scope="module", params=["forward", "reverse", "second"])
def answer(request, qapp):
    """An answer as the window takes it in, without a window."""
    ask = questions.graph(
        SOURCE, {"x": 0.4, "y": 1.3}, mode=request.param, weights=[1.0, 0.5], seed={"x": 1.0, "y": 2.0}
    )
    taken = None
    for message in answers(ask):
        if message["part"] == "head":
            taken = GraphAnswer(message, None)
        else:
            taken.take(message)
    return taken


def look(maker):
    """All that a step shows, in texts and numbers."""
    state = maker.state(True, None)
    nodes = range(len(state.primals))
    return (
        list(state.primals),
        list(state.seconds),
        [node in state.finished for node in nodes],
        state.active_nodes,
        state.active_edges,
        state.reverse,
        state.known,
    )


def test_thousands_of_random_actions_show_what_a_jump_shows(answer):
    luck, steps = random.Random(5), answer.steps
    played = Progress(answer)
    maker = StateMaker(answer, played, False)
    shown, changed_since = look(maker), set()
    wanted = {}
    for row in range(steps + 1):
        fresh = Progress(answer)
        fresh.go(row)
        wanted[row] = look(StateMaker(answer, fresh, False))
    for _ in range(ACTIONS[answer.mode]):
        row = played.row
        action = luck.choice(("next", "next", "previous", "scrub", "first", "last"))
        there = {
            "next": min(row + 1, steps),
            "previous": max(row - 1, 0),
            "scrub": luck.randint(0, steps),
            "first": 0,
            "last": steps,
        }[action]
        changed_since = played.go(there)
        now = look(maker)
        assert now == wanted[there]
        # What is painted again is enough: all else looks as it did.
        touched = {node for op in changed_since for node in answer.copies[op]} | maker.output_nodes
        for column in (0, 1, 2):
            differing = {k for k, (a, b) in enumerate(zip(shown[column], now[column], strict=True)) if a != b}
            assert differing <= touched
        shown = now


def test_playing_round_and_round_keeps_no_memory(answer):
    progress = Progress(answer)
    maker = StateMaker(answer, progress, False)

    def play_once():
        for row in range(answer.steps + 1):
            progress.go(row)
            look(maker)
        progress.go(0)

    play_once()
    tracemalloc.start()
    play_once()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(20):
        play_once()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 20_000
