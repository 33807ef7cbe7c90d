"""Answers the graph question: the tape as a drawing, its two films, its trace table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from explorer.calculus.layout import lay_out
from explorer.calculus.sweeps import Film, cost, formula, forward_film, partial_equation, reverse_film
from explorer.calculus.tape import INPUT, Op, Tape, record
from explorer.language.notation import span_to_json
from explorer.language.primitives import PRIMITIVES
from explorer.language.program import NOWHERE, ExplorerError
from explorer.work.subject import numbers_by_name, subject
from explorer.work.wire import Message, number

# Above this many operations the drawing is one that nobody reads, and its layout takes seconds.
MOST_DRAWN = 2_000
MOST_TREE_NODES = 600  # a tree of this many copies is already a wall
# Pixels at zoom 1: room for a name, a value and an adjoint, each a row of text.
NODE_WIDTH, NODE_HEIGHT = 96.0, 64.0


def answers(ask: Message) -> Iterator[Message]:
    """One answer: nodes, edges, drawing (null with a reason where too large), trace, films, cost."""
    about = subject(ask)
    program = about.program
    tape = record(program, about.point)
    seeds = numbers_by_name(ask.get("seed") or {}, "seed")
    if not seeds and program.inputs:
        seeds = {program.inputs[0]: 1.0}
    weights = [number(w) for w in ask.get("weights") or []] or [float(k == 0) for k in range(len(program.outputs))]
    if len(weights) != len(program.outputs):
        raise ExplorerError("A weight for each output is needed.", kind="request")
    nodes, edges = [_node(tape, op) for op in tape.ops] + _outputs(tape), _edges(tape)
    too_large = None
    if ask.get("tree"):
        nodes, edges, too_large = _unshared(nodes, edges, len(tape.outputs))
    if too_large is None and len(nodes) > MOST_DRAWN:
        too_large = f"{len(nodes):,} nodes are too many to draw; the table has all operations."
    yield {
        "inputs": list(program.inputs),
        "outputs": list(program.outputs),
        "nodes": nodes,
        "edges": edges,
        "trace": [_node(tape, op) for op in tape.ops],
        "drawing": None if too_large else _drawing(len(nodes), edges),
        "too_large": too_large,
        "forward": _film(forward_film(tape, [seeds.get(name, 0.0) for name in program.inputs])),
        "reverse": _film(reverse_film(tape, weights)),
        "cost": asdict(cost(tape)),
    }


def _node(tape: Tape, op: Op) -> dict[str, Any]:
    is_input = op.function == INPUT
    return {
        "kind": "input" if is_input else "operation",
        "name": op.name,
        "operation": "" if is_input else PRIMITIVES[op.function].symbol,
        "formula": "" if is_input else formula(tape, op),
        "aliases": list(op.aliases),
        "value": op.value,
        "span": None if op.span == NOWHERE else span_to_json(op.span),
        "op": op.index,
    }


def _outputs(tape: Tape) -> list[dict[str, Any]]:
    """A box for each output, after the ops; one that depends on no input has no edge."""
    return [
        {
            "kind": "output",
            "name": name,
            "operation": "",
            "formula": tape.ops[place].name if isinstance(place, int) else "",
            "aliases": [],
            "value": value,
            "span": None,
            "op": place if isinstance(place, int) else None,
        }
        for name, place, value in zip(tape.output_names, tape.outputs, tape.values, strict=True)
    ]


def _edges(tape: Tape) -> list[dict[str, Any]]:
    """Operand → operation with its partial, and op → output box, whose partial is 1."""
    edges = [
        {
            "source": edge.parent,
            "target": op.index,
            "op": op.index,
            "position": edge.position,
            "partial": edge.partial,
            "words": partial_equation(tape, op, edge),
        }
        for op in tape.ops
        for edge in op.edges
    ]
    for count, place in enumerate(tape.outputs):
        if isinstance(place, int):
            target = len(tape.ops) + count
            edges.append({"source": place, "target": target, "op": None, "position": 0, "partial": 1.0, "words": ""})
    return edges


def _unshared(
    nodes: list[dict[str, Any]], edges: list[dict[str, Any]], outputs: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], str | None]:
    """The graph as a tree: every use of a node has its own copy, operands before their users. Refused when huge."""
    operands: list[list[dict[str, Any]]] = [[] for _ in nodes]
    for edge in edges:
        operands[edge["target"]].append(edge)
    copies: list[dict[str, Any]] = []
    branches: list[dict[str, Any]] = []
    # Each entry: a node to copy, and the edge by which its user wants it; users first, turned round at the end.
    stack: list[tuple[int, int | None, dict[str, Any] | None]] = [
        (index, None, None) for index in range(len(nodes) - 1, len(nodes) - 1 - outputs, -1)
    ]
    while stack:
        index, user, use = stack.pop()
        copies.append(nodes[index])
        if len(copies) > MOST_TREE_NODES:
            return (
                nodes,
                edges,
                f"As a tree this graph has more than {MOST_TREE_NODES:,} nodes: only shared it can be drawn.",
            )
        if use is not None and user is not None:
            branches.append({**use, "source": len(copies) - 1, "target": user})
        stack.extend((e["source"], len(copies) - 1, e) for e in reversed(operands[index]))
    last = len(copies) - 1
    for branch in branches:
        branch["source"], branch["target"] = last - branch["source"], last - branch["target"]
    return copies[::-1], branches[::-1], None


def _drawing(count: int, edges: list[dict[str, Any]]) -> Any:
    sizes = [(NODE_WIDTH, NODE_HEIGHT)] * count
    return lay_out(sizes, [(e["source"], e["target"]) for e in edges]).to_json()


def _film(film: Film) -> dict[str, Any]:
    return {"mode": film.mode, "steps": [asdict(step) for step in film.steps]}
