"""Answers the graph panel: the tape as a drawing, in parts small enough to be taken in without a pause; then its film.

The parts in their order, each {"part": name, …}: `head`; `parts` (calls, rounds and names that may be folded); `ops`
(the trace, a row an op); `nodes` and `edges` of the graph as it is to be drawn; `places` and `routes` of the drawing,
left out where the asker knows it already; `film`; `drawn`, which says that all of it is there; and then `sentences`,
one a step.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any

from explorer.calculus.causes import first_causes
from explorer.calculus.endless import record_as_far
from explorer.calculus.films import Film, forward_film, reverse_film, second_film, sentences
from explorer.calculus.layout import Drawing, lay_out
from explorer.calculus.parts import Part, folded, parts_of
from explorer.calculus.sweeps import cost
from explorer.calculus.tape import INPUT, Op, Tape, operation_stem
from explorer.calculus.words import formula
from explorer.language.names import pretty_name
from explorer.language.notation import span_to_json
from explorer.language.primitives import PRIMITIVES
from explorer.language.program import NOWHERE, ExplorerError
from explorer.work.subject import Subject, numbers_by_name, subject
from explorer.work.wire import Message, number

# Above this many nodes the layout takes many seconds; folding rounds and calls brings any program below it.
MOST_DRAWN = 20_000
MOST_TREE_NODES = 2_000  # a tree of this many copies is already a wall
LONG = 400  # operations from which on loops are folded unless someone wants to see them whole
MOST_PARTS = 4_000  # as many as a menu or a search can be about
# Pixels at zoom 1: room for a name, a value and an adjoint, each a row of text.
NODE_WIDTH, NODE_HEIGHT = 96.0, 64.0
WIDE_NODE = 210.0  # for all 17 digits of a number and an exponent of three
DUAL_NODE = 192.0  # for a name and two numbers in a row
WIDE_DUAL_NODE = 424.0  # for two numbers with all 17 digits and exponents of three
ROWS = 150  # in a message: about 15 KB, which the window decodes and takes in within a few milliseconds
COORDINATES = 6_000  # of the curves in a message: one past hundreds of layers has as many pieces


@dataclass(slots=True)
class _Node:
    """A box of the drawing: whose number it shows (an op's, or an output's), and the ops that it stands for."""

    kind: str
    op: int | None
    title: str
    sign: str
    key: str = ""  # of the part that is folded in it
    first: int = -1
    last: int = -1
    value: float | None = None  # of an output, which may be no op


@dataclass(slots=True)
class _Edge:
    """A line of the drawing: the op's argument that it stands for, and the partial; None where it stands for many."""

    source: int
    target: int
    op: int | None
    position: int
    partial: float | None


def answers(ask: Message) -> Iterator[Message]:
    """The graph of one question in parts; see the module's text for their order."""
    about = subject(ask)
    tape, left = record_as_far(about.program, about.point)
    papers = ask.get("naming") == "papers"
    if papers:
        tape = named_as_in_papers(tape)
    film = _film(ask, about, tape)
    parts = parts_of(tape)
    folds = [str(key) for key in ask.get("folds") or []]
    if not folds and ask.get("fold_long") and len(tape.ops) > LONG:
        folds = [part.key for part in parts if part.kind == "loop"]
    nodes, edges = _graph(tape, folds, papers)
    too_large = None
    if ask.get("tree"):
        nodes, edges, too_large = _unshared(nodes, edges, len(tape.outputs))
    if too_large is None and len(nodes) > MOST_DRAWN:
        too_large = f"{len(nodes):,} nodes are too many to draw: fold rounds or calls. The table has all operations."
    narrow, wide = (DUAL_NODE, WIDE_DUAL_NODE) if film.mode == "second" else (NODE_WIDTH, WIDE_NODE)
    width = wide if ask.get("wide") else narrow
    drawing, key = (None, "") if too_large else _drawing(len(nodes), width, edges)
    same = drawing is not None and ask.get("known") == key
    yield {
        "part": "head",
        "mode": film.mode,
        "inputs": list(about.program.inputs),
        "outputs": list(about.program.outputs),
        "weights": _weights(ask, about),
        "count": len(tape.ops),
        "steps": len(film.steps),
        "too_large": too_large,
        "left": left,
        "key": key,
        "same": same,
        "folds": folds,
        "size": [drawing.width, drawing.height] if drawing is not None else [1.0, 1.0],
        "cost": asdict(cost(tape)),
        "causes": first_causes(tape, film),
    }
    yield from _rows("parts", ([p.kind, p.key, p.label, p.first, p.last, p.call] for p in _first(parts)))
    yield from _rows("ops", (_op(tape, op) for op in tape.ops))
    if drawing is not None:
        yield from _rows("nodes", ([n.kind, n.op, n.title, n.sign, n.key, n.first, n.last, n.value] for n in nodes))
        yield from _rows("edges", ([e.source, e.target, e.op, e.position, e.partial] for e in edges))
        if not same:
            yield from _rows("places", ([p.x, p.y, p.width, p.height] for p in drawing.nodes))
            yield from _routes([[c for at in r.points for c in at], list(r.label)] for r in drawing.edges)
    yield from _rows(
        "film",
        ([s.kind[0], s.node, s.source, s.position, s.after, s.after_tangent] for s in film.steps),
    )
    yield {"part": "drawn"}
    yield from _rows("sentences", sentences(tape, film))


def _first(parts: Sequence[Part]) -> list[Part]:
    """As many as can be told of, the loops before all others."""
    return sorted(parts, key=lambda part: part.kind != "loop")[:MOST_PARTS]


def _rows(part: str, rows: Iterable[Any]) -> Iterator[Message]:
    """The rows in messages of a bounded size."""
    all_rows = iter(rows)
    while some := list(islice(all_rows, ROWS)):
        yield {"part": part, "rows": some}


def _routes(rows: Iterable[list[Any]]) -> Iterator[Message]:
    """The edges' curves in messages of a bounded size, for curves are of any length."""
    some: list[Any] = []
    held = 0
    for row in rows:
        some.append(row)
        held += len(row[0])
        if len(some) == ROWS or held > COORDINATES:
            yield {"part": "routes", "rows": some}
            some, held = [], 0
    if some:
        yield {"part": "routes", "rows": some}


def _weights(ask: Message, about: Subject) -> list[float]:
    """The weight of each output in the reverse sweep; the first output alone where none is given."""
    outputs = about.program.outputs
    weights = [number(w) for w in ask.get("weights") or []] or [float(k == 0) for k in range(len(outputs))]
    if len(weights) != len(outputs):
        raise ExplorerError("A weight for each output is needed.", kind="request")
    return weights


def _film(ask: Message, about: Subject, tape: Tape) -> Film:
    inputs = about.program.inputs
    seeds = numbers_by_name(ask.get("seed") or {}, "seed")
    if not seeds and inputs:
        seeds = {inputs[0]: 1.0}
    direction = [seeds.get(name, 0.0) for name in inputs]
    match ask.get("mode"):
        case "forward":
            return forward_film(tape, direction)
        case "second":
            return second_film(tape, direction, _weights(ask, about))
        case "reverse" | None:
            return reverse_film(tape, _weights(ask, about))
    raise ExplorerError(f"There is no sweep called {ask.get('mode')!s:.40}.", kind="request")


def _op(tape: Tape, op: Op) -> list[Any]:
    """[name, formula, aliases, value, span, iteration, call, operands]; the formula of an input is empty."""
    return [
        op.name,
        "" if op.function == INPUT else formula(tape, op),
        list(op.aliases),
        op.value,
        None if op.span == NOWHERE else span_to_json(op.span),
        list(op.iteration),
        op.call,
        [edge.parent for edge in op.edges],
    ]


def _sign(op: Op, papers: bool) -> str:
    if op.function == INPUT:
        return pretty_name(op.aliases[0]) if papers else ""
    return PRIMITIVES[op.function].symbol


def named_as_in_papers(tape: Tape) -> Tape:
    """The same tape with its inputs called v₋₁, v₀ (Baydin et al. 2018): the last one is v₀, and v₁ follows."""
    stem, count = operation_stem(tape.inputs), len(tape.inputs)
    ops = []
    for op in tape.ops:
        if op.function == INPUT:
            number = op.index - count + 1
            name = f"{stem}{'−' if number < 0 else ''}{abs(number)}"
            names = (tape.inputs[op.index], *op.aliases)
            op = Op(op.index, name, INPUT, op.arguments, op.value, op.edges, op.span, names)
        ops.append(op)
    return replace(tape, ops=tuple(ops))


def _graph(tape: Tape, folds: Sequence[str], papers: bool) -> tuple[list[_Node], list[_Edge]]:
    """The nodes, folded parts among them, then a box for each output; and the edges, operand → operation."""
    by_first = {fold.part.first: fold for fold in folded(tape, folds)} if folds else {}
    nodes: list[_Node] = []
    home: list[int] = []  # each op's node
    results: dict[int, tuple[bool, dict[int, float]]] = {}  # for each node of a fold whether it has one result
    place = 0
    while place < len(tape.ops):
        op, fold = tape.ops[place], by_first.get(place)
        if fold is None:
            home.append(len(nodes))
            nodes.append(_Node("input" if op.function == INPUT else "operation", place, op.name, _sign(op, papers)))
            place += 1
            continue
        part = fold.part
        results[len(nodes)] = (fold.single, fold.partials)
        home.extend([len(nodes)] * (part.last - part.first + 1))
        sign = f"{part.label}()" if part.kind == "call" else f"× {part.rounds}" if part.rounds else part.label
        nodes.append(_Node("group", fold.op, tape.ops[fold.op].name, sign, part.key, part.first, part.last))
        place = part.last + 1
    edges: list[_Edge] = []
    joined: set[tuple[int, int]] = set()
    for op in tape.operations:
        for edge in op.edges:
            source, target = home[edge.parent], home[op.index]
            if source == target:
                continue
            if target in results:
                if (edge.parent, target) not in joined:
                    joined.add((edge.parent, target))
                    single, partials = results[target]
                    partial = partials.get(edge.parent, 0.0) if single else None
                    edges.append(_Edge(source, target, op.index, edge.position, partial))
            else:
                edges.append(_Edge(source, target, op.index, edge.position, edge.partial))
    for count, output in enumerate(tape.outputs):
        value = tape.ops[output].value if isinstance(output, int) else output
        if isinstance(output, int):
            edges.append(_Edge(home[output], len(nodes), None, 0, None))
        nodes.append(
            _Node("output", output if isinstance(output, int) else None, tape.output_names[count], "", value=value)
        )
    return nodes, edges


def _unshared(nodes: list[_Node], edges: list[_Edge], outputs: int) -> tuple[list[_Node], list[_Edge], str | None]:
    """The graph as a tree: every use of a node has its own copy, operands before their users. Refused when huge."""
    operands: list[list[_Edge]] = [[] for _ in nodes]
    for edge in edges:
        operands[edge.target].append(edge)
    copies: list[_Node] = []
    branches: list[_Edge] = []
    # Each entry: a node to copy, and the edge by which its user wants it; users first, turned round at the end.
    stack: list[tuple[int, int | None, _Edge | None]] = [
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
            branches.append(_Edge(len(copies) - 1, user, use.op, use.position, use.partial))
        stack.extend((e.source, len(copies) - 1, e) for e in reversed(operands[index]))
    last = len(copies) - 1
    for branch in branches:
        branch.source, branch.target = last - branch.source, last - branch.target
    return copies[::-1], branches[::-1], None


_last_drawings: dict[str, Drawing] = {}  # the last few, for a value that changes leaves the drawing as it is


def _drawing(count: int, width: float, edges: list[_Edge]) -> tuple[Drawing, str]:
    """The drawing and its key, the same for the same graph."""
    pairs = [(e.source, e.target) for e in edges]
    key = hashlib.blake2b(repr((count, width, pairs)).encode(), digest_size=12).hexdigest()
    drawing = _last_drawings.pop(key, None) or lay_out([(width, NODE_HEIGHT)] * count, pairs)
    _last_drawings[key] = drawing
    while len(_last_drawings) > 4:
        del _last_drawings[next(iter(_last_drawings))]
    return drawing, key
