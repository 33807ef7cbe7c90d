"""The state of the drawing at a row of the film, as the view wants it: texts are made only where they are painted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, overload

from explorer.ui.graph_answer import GraphAnswer, Progress
from explorer.ui.graph_heat import Heat
from explorer.ui.graph_paint import BAR_ABOVE, DOT_ABOVE
from explorer.ui.graph_picture import GraphState
from explorer.ui.panel import ALL_DIGITS, LINE_CHARACTERS, number_text, short_text


@dataclass(frozen=True, slots=True)
class Looks:
    """What of the numbers is seen, as the graph's menu has it; `hidden`: "values", "seconds" of the nodes."""

    partials: bool = True
    hidden: frozenset[str] = frozenset()
    all_digits: bool = False
    heat: bool = False


class _Texts(Sequence[str | None]):
    """A text for each node, made when it is asked for."""

    def __init__(self, count: int, text: Callable[[int], str | None]) -> None:
        self._count = count
        self._text = text

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> str | None: ...
    @overload
    def __getitem__(self, place: slice) -> list[str | None]: ...
    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return [self._text(k) for k in range(*place.indices(self._count))]
        if place >= self._count:
            raise IndexError(place)
        return self._text(place)


class _Shown(dict[Any, str]):
    """Numbers in the few characters of a node, remembered: 0 and −0 have one text, as they have one key."""

    def __init__(self, show: Callable[[object], str]) -> None:
        super().__init__()
        self._show = show

    def __missing__(self, value: Any) -> str:
        if len(self) > 50_000:
            self.clear()
        text = self[value] = self._show(value)
        return text


class _Finished:
    """The nodes to which nothing will be added."""

    def __init__(self, answer: GraphAnswer, progress: Progress) -> None:
        self._ops = answer.node_ops
        self._progress = progress

    def __contains__(self, node: object) -> bool:
        op = self._ops[node] if isinstance(node, int) else None
        return op is not None and self._progress.finished(op)


class NodeTexts:
    """The texts of one answer's nodes, as far as its film has been played."""

    def __init__(self, answer: GraphAnswer, progress: Progress, all_digits: bool) -> None:
        self.answer = answer
        self.progress = progress
        self._values = _Shown(_long if all_digits else _alone)  # a line of the node is theirs
        self._seconds = _Shown(_long if all_digits else _named)
        self._outputs = dict(zip(answer.head["outputs"], answer.head["weights"], strict=True))

    def known(self, node: int) -> bool:
        """Whether the node's value is known."""
        op = self.answer.node_ops[node]
        return bool(self.progress.row) if op is None else bool(self.progress.known[op])

    def primal(self, node: int) -> str | None:
        """The node's value, with its tangent in second order."""
        if not self.known(node):
            return None
        answer, op = self.answer, self.answer.node_ops[node]
        if op is None:
            return self._values[answer.node_values[node]]
        if answer.mode == "second":
            return _dual(self._seconds[answer.values[op]], self._seconds[self.progress.tangents[op]])
        return self._values[answer.values[op]]

    def second(self, node: int) -> str | None:
        """The node's tangent or adjoint."""
        answer, progress = self.answer, self.progress
        op = answer.node_ops[node]
        if op is None:
            return None
        if answer.mode == "forward":
            value = progress.tangents[op]
            return None if value is None else self._seconds[value]
        adjoint = progress.adjoints[op]
        if adjoint is None:
            return None
        drawn = answer.picture.nodes[node]
        if drawn.kind == "output":  # what its weight gives it, of all that its operation gets
            return self._seconds[self._outputs.get(drawn.title, adjoint)]
        if answer.mode == "second":
            return _dual(self._seconds[adjoint], self._seconds[progress.adjoint_tangents[op]])
        return self._seconds[adjoint]


class StateMaker:
    """Makes the view's states of one answer. Nothing here refers back to it, so that an old one goes at once."""

    def __init__(self, answer: GraphAnswer, progress: Progress, all_digits: bool) -> None:
        self.answer = answer
        self.progress = progress
        self.texts = NodeTexts(answer, progress, all_digits)
        self.lit: frozenset[int] = frozenset()  # nodes and edges of a path that was chosen
        self.lit_edges: frozenset[int] = frozenset()
        count = len(answer.picture.nodes)
        self._primals = _Texts(count, self.texts.primal)
        self._seconds = _Texts(count, self.texts.second)
        self._none = _Texts(len(answer.curves), _nothing)
        self._finished = _Finished(answer, progress)
        nodes = answer.picture.nodes
        self.output_nodes = {node for node in range(count) if nodes[node].kind == "output"}

    def state(self, partials: bool, heat: Heat | None, hidden: frozenset[str] = frozenset()) -> GraphState:
        """The drawing at the present row."""
        answer, progress, row = self.answer, self.progress, self.progress.row
        active_nodes: set[int] = set()
        active_edges: set[int] = set()
        sweeping = False
        if row:
            kind, node = answer.kinds[row - 1], answer.film_nodes[row - 1]
            source, position = answer.sources[row - 1], answer.positions[row - 1]
            sweeping = kind in "sa"
            active_nodes.update(answer.copies[node])
            if not sweeping:
                active_edges.update(answer.edges_between(answer.operands[node], node))
            elif source is None or position is None:
                active_edges.update(answer.output_edges.get(node, ()))
            else:
                active_nodes.update(answer.copies[source])
                active_edges.update(answer.edges_of.get((source, position)) or answer.edges_between([node], source))
        return GraphState(
            self._primals,
            self._seconds,
            DOT_ABOVE if answer.mode == "forward" else BAR_ABOVE,
            frozenset(active_nodes),
            frozenset(active_edges),
            self._finished,
            reverse=sweeping,
            partials=None if partials else self._none,
            heat=None if heat is None else heat.colour,
            heat_of="" if heat is None else heat.what,
            lit=self.lit,
            lit_edges=self.lit_edges,
            known=progress.known_count,
            is_known=self.texts.known,
            hidden=hidden,
        )


def _alone(value: object) -> str:
    return short_text(value, LINE_CHARACTERS)


def _named(value: object) -> str:
    return short_text(value, least=2)


def _long(value: object) -> str:
    return "0" if value == 0 else number_text(value, ALL_DIGITS)


def _nothing(edge: int) -> None:
    return None


def _dual(value: str, tangent: str) -> str:
    if tangent.startswith("−"):
        return f"{value} − {tangent[1:]}ε"
    return f"{value} + {tangent}ε"
