"""The graph of a derivative: its three views count what the sizes count."""

import pytest

from explorer.work import questions
from explorer.work.symbolic_graph import answers

LOGISTIC_4 = "l2 = 4*x*(1 - x)\nl3 = 4*l2*(1 - l2)\nl4 = 4*l3*(1 - l3)"


def asked(view: str, source: str = LOGISTIC_4):
    return list(answers(questions.symbolic_graph(source, {"x": 0.3}, 0, "x", view)))


def rows(parts, part: str):
    """All rows of one part of the graph."""
    return [row for answer in parts for row in answer.get(part, ())]


@pytest.mark.parametrize(("view", "count"), [("tree", 166), ("shared", 26)])
def test_a_view_has_as_many_nodes_as_the_sizes_say(view, count):
    parts = asked(view)
    nodes = rows(parts, "nodes")
    assert len(nodes) == count
    assert nodes[-1][3] == pytest.approx(1.3090816)  # Baydin et al. 2018, Table 1: l4′ at 0.3
    assert all(source < target < count for source, target, *_ in rows(parts, "edges"))
    assert all(len(answer.get("nodes", ())) <= 100 for answer in parts)  # none is felt in the window


def test_shared_nodes_say_how_often_they_are_used_and_a_tree_has_none():
    assert max(node[5] for node in rows(asked("shared"), "nodes")) > 2
    assert {node[5] for node in rows(asked("tree"), "nodes")} == {1}


def test_after_cse_the_named_parts_are_nodes_of_that_name():
    nodes = rows(asked("cse"), "nodes")
    assert {"u1", "u2"} <= {node[1] for node in nodes}
    assert len(nodes) < 60
    assert nodes[-1][3] == pytest.approx(1.3090816)  # by way of the named parts


def test_what_is_too_large_is_said_to_be_and_the_comparison_comes_all_the_same():
    source = "l1 = 4*x*(1 - x)\n" + "".join(f"l{k} = 4*l{k - 1}*(1 - l{k - 1})\n" for k in range(2, 9))
    parts = asked("tree", source)
    assert "too many to draw" in parts[0]["too_large"]
    assert parts[1]["comparison"]["same"] is False
