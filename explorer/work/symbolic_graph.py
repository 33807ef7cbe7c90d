"""Answers with the graph of a derivative itself: as a tree, as the shared graph, or after CSE; and AD's beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from explorer.calculus import symbolic
from explorer.calculus.layout import lay_out
from explorer.calculus.symbolic.forms import named_parts
from explorer.calculus.symbolic.trace import compare
from explorer.calculus.symbolic.wanted import derivatives
from explorer.language.program import ExplorerError
from explorer.work.symbolic import Wanted, value_at, wanted
from explorer.work.wire import Message

NODE_WIDTH, NODE_HEIGHT = 66.0, 44.0
MOST_NODES = 600  # drawn: more is neither read nor quickly laid out
ROWS = 100  # in a message: the window takes them in within a few milliseconds
_SIGNS = {"Add": "+", "Mul": "·", "Pow": "^", "log": "ln", "ExprCondPair": "if", "Piecewise": "cases", "Abs": "abs"}


@dataclass(frozen=True)
class Graph:
    """Nodes as (expression, name or "", uses), edges as pairs of their numbers, operand → user; the named parts."""

    nodes: list[tuple[Any, str, int]]
    edges: list[tuple[int, int]]
    named: Sequence[tuple[Any, Any]] = ()


def answers(ask: Message) -> Iterator[Message]:
    """{"too_large": sentence}, or {"graph": {"width", "height"}} and then, some at a time, its {"nodes": rows},
    its {"edges": rows} and {"drawn": true}; at last {"comparison": …}.

    `view` is tree, shared or cse. A node is [kind, title, sign, value, detail, uses, [x, y, width, height]], its value
    a number, null where it has none, "" where none is to be shown; an edge [source, target, [x, y, x, y, …], [x, y]]:
    the curve's points and the middle of its text.
    """
    about = wanted({**ask, "what": "partial"})
    (found,) = [part[1] for part in derivatives(about.outputs, about.inputs, about.entries) if isinstance(part, tuple)]
    order = symbolic.postorder([found])
    tree = symbolic.tree_sizes(order)[found]
    name = f"∂{about.about.program.outputs[about.entries[0].output]}"
    count, graph = _viewed(str(ask["view"]), found, about, order, tree)
    if graph is None:
        yield {"too_large": f"{count:,} nodes are too many to draw; the sizes are on the page beside."}
    else:
        yield from _drawn(graph, about, name)
    yield {"comparison": _compared(about)}


def _viewed(view: str, found: Any, about: Wanted, order: Sequence[Any], tree: int) -> tuple[int, Graph | None]:
    """How many nodes the view has, and the graph unless they are too many."""
    if view == "tree":
        return tree, _tree(found) if tree <= MOST_NODES else None
    if view == "cse":
        named, (reduced,) = named_parts([found], about.inputs)
        graph = _after_cse(named, reduced)
        return len(graph.nodes), graph if len(graph.nodes) <= MOST_NODES else None
    return len(order), _shared(order) if len(order) <= MOST_NODES else None


def _shared(order: Sequence[Any]) -> Graph:
    """Each distinct sub-expression once, with how often it is used."""
    place = {node: index for index, node in enumerate(order)}
    edges = [(place[argument], place[node]) for node in order for argument in dict.fromkeys(node.args)]
    uses = Counter(argument for node in order for argument in node.args)
    return Graph([(node, "", uses[node]) for node in order], edges)


def _tree(root: Any) -> Graph:
    """Every repetition written out."""
    nodes: list[tuple[Any, str, int]] = []
    edges: list[tuple[int, int]] = []
    stack: list[tuple[Any, int | None]] = [(root, None)]
    while stack:
        node, user = stack.pop()
        nodes.append((node, "", 1))
        if user is not None:
            edges.append((len(nodes) - 1, user))
        stack.extend((argument, len(nodes) - 1) for argument in reversed(node.args))
    last = len(nodes) - 1  # operands are to stand before their users
    return Graph(nodes[::-1], [(last - a, last - b) for a, b in reversed(edges)])


def _after_cse(named: Sequence[tuple[Any, Any]], reduced: Any) -> Graph:
    """What is computed after common-subexpression elimination; a named part once, whatever else is equal."""
    nodes: list[tuple[Any, str, int]] = []
    edges: list[tuple[int, int]] = []
    home: dict[Any, int] = {}
    uses: Counter[Any] = Counter()
    names = {symbol for symbol, _ in named}
    for symbol, root in [*named, (None, reduced)]:
        for node in symbolic.postorder([root]):
            if node in names or (node.is_Atom and node in home):
                continue
            here = len(nodes)
            nodes.append((node, str(symbol) if symbol is not None and node is root else "", 1))
            for argument in dict.fromkeys(node.args):
                edges.append((home[argument], here))
                uses[home[argument]] += 1
            home[node] = here
        if symbol is not None:
            home[symbol] = home[root]
    return Graph([(node, name, max(uses[index], 1)) for index, (node, name, _) in enumerate(nodes)], edges, named)


def _drawn(graph: Graph, about: Wanted, name: str) -> Iterator[Message]:
    """The graph with its drawing, in parts; the root is the output's box."""
    point = dict(about.point)
    for symbol, part in graph.named:
        number = value_at(part, point)[0]
        if number is not None:
            point[symbol] = number
    nodes = []
    for index, (node, called, uses) in enumerate(graph.nodes):
        kind = "input" if node.is_Symbol else "output" if index == len(graph.nodes) - 1 else "operation"
        title = str(node) if node.is_Symbol else called
        value = _value(node, point)
        nodes.append([kind, title or (name if kind == "output" else ""), _sign(node), value, _detail(node, uses), uses])
    drawing = lay_out([(NODE_WIDTH, NODE_HEIGHT)] * len(nodes), graph.edges).to_json()
    yield {"graph": {"width": drawing["width"], "height": drawing["height"]}}
    placed = [[*node, place] for node, place in zip(nodes, drawing["nodes"], strict=True)]
    for part, rows in (("nodes", placed), ("edges", drawing["edges"])):
        for start in range(0, len(rows), ROWS):
            yield {part: rows[start : start + ROWS]}
    yield {"drawn": True}


def _value(node: Any, point: dict[Any, float]) -> float | str | None:
    """The node's number at the point, None where it has none there; "" for conditions and for numbers themselves."""
    if node.is_Symbol:
        return point.get(node)
    if not node.args or node.is_Relational or node.func.__name__ == "ExprCondPair" or node.is_Boolean:
        return ""
    return value_at(node, point)[0]


def _sign(node: Any) -> str:
    if node.is_Symbol:
        return ""
    if node.is_Number or node.is_NumberSymbol:
        written = symbolic.text(node) or ""
        return (written if len(written) <= 9 else f"{float(node):.4g}").replace("-", "−")
    if node.is_Relational:
        return str(node.rel_op)
    name = str(node.func.__name__)
    return _SIGNS.get(name, name)


def _detail(node: Any, uses: int) -> str:
    if symbolic.tree_sizes(symbolic.postorder([node]))[node] <= 60:
        said = symbolic.text(node) or ""
    else:
        said = f"{symbolic.operations(node):,} operations"
    return f"{said}\nused {uses} times: shared" if uses > 1 else said


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}{'s' * (count != 1)}"


def _compared(about: Wanted) -> Message:
    """{"said": a sentence on whether AD's trace is the same graph, "same": true, false or null}."""
    entry = about.entries[0]
    try:
        gradient = [part for _, _, part in symbolic.jacobian([about.outputs[entry.output]], about.inputs)]
        result = compare(about.about.program, gradient, entry.output)
    except ExplorerError as error:
        return {
            "said": f"Not compared with the trace of AD: {error.message[:1].lower()}{error.message[1:]}",
            "same": None,
        }
    if result.same:
        return {
            "said": f"These two graphs are the same up to names: f with all its partials, equal parts stored once, and "
            f"the trace of reverse AD do the same {_counted(result.symbolic, 'operation')}.",
            "same": True,
        }
    parts = []
    if result.missing:
        parts.append(f"{_counted(result.missing, 'part')} of the partials AD never computes")
    if result.extra:
        parts.append(f"{_counted(result.extra, 'value')} of AD they do not have")
    if not parts:
        parts.append("AD also shares parts of sums and products, which the graph of whole sums and products cannot")
    return {
        "said": "Not the same graph as the trace of reverse AD: f with all its partials, equal parts stored once, "
        f"takes {result.symbolic} operations, and reverse AD has {result.reverse} different values (equal ones are "
        f"computed anew there, and counted once here); {' and '.join(parts)}.",
        "same": False,
    }
