"""The graph as a worker's answer tells of it, taken in part by part, and how far its film has been played."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from itertools import islice
from typing import Any

from explorer.language.names import pretty_name
from explorer.language.notation import span_from_json
from explorer.language.program import NOWHERE, Span
from explorer.ui.graph_picture import Curve, GraphEdge, GraphNode, Picture
from explorer.ui.panel import ALL_DIGITS, number_text, short_text


class GraphAnswer:
    """The parts of one answer; complete when `take` has been given the part "drawn", but for the sentences.

    Columns of the trace have an entry an op: names, formulas, aliases, values, spans, iterations, calls, operands.
    Columns of the film an entry a step: kinds ("v", "d", "s" or "a"), film_nodes, sources, positions, after, before,
    and the ε parts after_tangent, before_tangent. `copies`: for each op its nodes in the drawing.
    """

    def __init__(self, head: dict[str, Any], before: GraphAnswer | None) -> None:
        """`before`: the answer whose picture is taken over where the drawing is the same."""
        self.head = head
        self.mode: str = head["mode"]
        self.names: list[str] = []
        self.formulas: list[str] = []
        self.aliases: list[list[str]] = []
        self.values: list[float | str] = []
        self.places: list[Span | None] = []
        self._first_at: dict[Span, int] = {}  # the first op of each place: a loop's rounds share theirs
        self.iterations: list[list[int]] = []
        self.calls: list[int] = []
        self.operands: list[list[int]] = []
        self.parts: list[list[Any]] = []
        self.kinds: list[str] = []
        self.film_nodes: list[int] = []
        self.sources: list[int | None] = []
        self.positions: list[int | None] = []
        self.after: list[Any] = []
        self.before: list[Any] = []
        self.after_tangent: list[Any] = []
        self.before_tangent: list[Any] = []
        self.sentences: list[str] = []
        self.node_ops: list[int | None] = []
        self.node_keys: list[str] = []  # of the parts that are folded in the nodes
        self.node_values: list[Any] = []  # of output boxes
        self.copies: list[list[int]] = [[] for _ in range(head["count"])]
        self.edges_of: dict[tuple[int, int], list[int]] = {}  # by operation and position
        self.output_edges: dict[int, list[int]] = {}  # by op
        self._nodes: list[GraphNode] = []
        self._edges: list[GraphEdge] = []
        self._last: list[tuple[Any, Any]] = [(None, None)] * head["count"]
        self._placed = self._routed = 0
        same = head["same"] and before is not None
        self.picture = before.picture if same and before is not None else Picture(*head["size"])
        self.same_drawing = same

    def take(self, answer: dict[str, Any]) -> bool:
        """One more part; whether the graph is complete with it."""
        rows = answer.get("rows", ())
        match answer["part"]:
            case "parts":
                self.parts.extend(rows)
            case "ops":
                for name, formula, aliases, value, span, iteration, call, operands in rows:
                    self.names.append(name)
                    self.formulas.append(formula)
                    self.aliases.append(aliases)
                    self.values.append(value)
                    self._take_place(span)
                    self.iterations.append(iteration)
                    self.calls.append(call)
                    self.operands.append(operands)
            case "nodes":
                self._take_nodes(rows)
            case "edges":
                self._take_edges(rows)
            case "places":
                self.picture.add_nodes(self._nodes[self._placed : self._placed + len(rows)], rows)
                self._placed += len(rows)
            case "routes":
                self.picture.add_edges(self._edges[self._routed : self._routed + len(rows)], rows)
                self._routed += len(rows)
            case "film":
                self._take_film(rows)
            case "sentences":
                self.sentences.extend(rows)
            case "drawn":
                self._complete()
                return True
        return False

    def _take_place(self, place: Any) -> None:
        span = span_from_json(place)
        if span is not None:
            self._first_at.setdefault(span, len(self.places))
        self.places.append(span)

    def _take_nodes(self, rows: Sequence[Any]) -> None:
        for kind, op, title, sign, key, first, last, value in rows:
            number = len(self._nodes)
            formula = self.formulas[op] if op is not None and kind != "output" else ""
            detail = f"{pretty_name(title)} = {formula}" if formula else ""
            if kind == "group":
                detail = f"{sign}: {last - first + 1:,} operations, of which {pretty_name(title)} is the result"
                self._fold(first, last, number)
            elif op is not None and kind != "output":
                self.copies[op].append(number)
            self._nodes.append(GraphNode(kind, title, sign, None, detail))
            self.node_ops.append(op)
            self.node_keys.append(key)
            self.node_values.append(value)

    def _fold(self, first: int, last: int, node: int) -> None:
        for op in range(first, last + 1):
            self.copies[op].append(node)

    def _take_edges(self, rows: Sequence[Any]) -> None:
        for source, target, op, position, partial in rows:
            number = len(self._edges)
            texts = ("", "") if partial is None else (short_text(partial, least=2), number_text(partial, ALL_DIGITS))
            self._edges.append(GraphEdge(source, target, *texts))
            if op is None:
                self.output_edges.setdefault(self.node_ops[source] or 0, []).append(number)
            else:
                self.edges_of.setdefault((op, position), []).append(number)

    def _take_film(self, rows: Sequence[Any]) -> None:
        last = self._last
        for kind, node, source, position, after, after_tangent in rows:
            self.kinds.append(kind)
            self.film_nodes.append(node)
            self.sources.append(source)
            self.positions.append(position)
            self.after.append(after)
            self.after_tangent.append(after_tangent)
            before = last[node] if kind in "sa" else (None, None)
            self.before.append(before[0])
            self.before_tangent.append(before[1])
            if kind in "sa":
                last[node] = (after, after_tangent)

    def _complete(self) -> None:
        if self.same_drawing:
            self.picture.nodes, self.picture.edges = self._nodes, self._edges
            self.picture.names = [pretty_name(node.title) for node in self._nodes]
        else:
            self.picture.begin_state()

    @property
    def curves(self) -> list[Curve]:
        """Of the picture."""
        return self.picture.curves

    def edges_between(self, operands: Sequence[int], op: int) -> list[int]:
        """The edges from the nodes of ops to another's: into a folded part there is one for all uses of an operand."""
        incoming, sources = self.picture.incoming, {node for operand in operands for node in self.copies[operand]}
        edges = (edge for node in self.copies[op] for edge in incoming[node])
        return [edge for edge in edges if self.curves[edge].source in sources]

    @property
    def steps(self) -> int:
        """Of the film."""
        return len(self.kinds)

    def span(self, op: int) -> Span | None:
        """Where the op stands in the text."""
        return self.places[op]

    def op_around(self, span: Span) -> int | None:
        """The op with the smallest place in the text around this one."""
        sizes = (
            ((own.end_line - own.line) * 100_000 + own.end_column - own.column, op)
            for own, op in self._first_at.items()
            if _contains(own, span)
        )
        smallest = min(sizes, default=None)
        return None if smallest is None else smallest[1]

    def op_called(self, name: str, place: Span, value: Span) -> int | None:
        """The op that has this name where it is read at `place`: of several the last that stands above it. Where it is
        given the value at `value`, the first op of that; none where it is not, in a branch that was not taken."""
        called = [op for op, aliases in enumerate(self.aliases) if name in aliases]
        spans = [(op, own) for op in called if (own := self.places[op]) is not None]
        if value != NOWHERE:
            return next((op for op, own in spans if _contains(value, own)), None)
        above = [op for op, own in spans if own[:2] < place[:2]]
        return (above or called or [None])[-1]

    def row_of(self, other: GraphAnswer, row: int) -> int:
        """The row after the step that is another film's last before its row; the last where there is no such step."""

        def steps(answer: GraphAnswer, first: int) -> Iterator[tuple[Any, ...]]:
            columns = (answer.kinds, answer.film_nodes, answer.sources, answer.positions)
            return zip(*(islice(column, first, None) for column in columns), strict=True)

        if not row:
            return 0
        wanted = next(steps(other, row - 1))
        return next((place for place, step in enumerate(steps(self, 0), 1) if step == wanted), self.steps)

    def sentence(self, row: int) -> str:
        """What the step before this row says (row 1 is after the first step)."""
        return self.sentences[row - 1] if row - 1 < len(self.sentences) else "…"


class Progress:
    """What is known after `row` steps: values, and tangents (of dual steps) and adjoints with their ε parts."""

    def __init__(self, answer: GraphAnswer) -> None:
        self.answer = answer
        count = len(answer.names)
        self.row = 0
        self.known = bytearray(count)  # whether the value is
        self.known_count = 0
        self.tangents: list[Any] = [None] * count
        self.adjoints: list[Any] = [None] * count
        self.adjoint_tangents: list[Any] = [None] * count
        self.boundary: int | None = None  # in the reverse sweep: ops behind this one are finished
        self._unreached: list[int] = []  # at its end: the ops to which nothing was added

    def still(self) -> Progress:
        """What is known now, whatever is played later."""
        now = copy(self)
        now.known = self.known[:]
        now.tangents, now.adjoints = self.tangents[:], self.adjoints[:]
        now.adjoint_tangents = self.adjoint_tangents[:]
        return now

    def go(self, row: int) -> set[int]:
        """Play to a row, forward or back; the ops that look different now."""
        answer, changed = self.answer, set()
        nodes, kinds = answer.film_nodes, answer.kinds
        for step in range(self.row, row):
            node, kind = nodes[step], kinds[step]
            changed.add(node)
            if kind in "vd":
                self.known[node] = 1
                self.known_count += 1
                if kind == "d":
                    self.tangents[node] = answer.after[step]
            else:
                self.adjoints[node] = answer.after[step]
                self.adjoint_tangents[node] = answer.after_tangent[step]
        for step in range(self.row - 1, row - 1, -1):
            node, kind = nodes[step], kinds[step]
            changed.add(node)
            if kind in "vd":
                self.known[node] = 0
                self.known_count -= 1
                self.tangents[node] = None
            else:
                self.adjoints[node] = answer.before[step]
                self.adjoint_tangents[node] = answer.before_tangent[step]
        self.row = row
        changed |= self._move_boundary()
        return changed

    def _move_boundary(self) -> set[int]:
        """Where the reverse sweep stands now; the ops that became finished by it, or ceased to be."""
        answer, old = self.answer, self.boundary
        if self.row and self.row == answer.steps and answer.mode != "forward":  # no more to come for the inputs either
            new = -1
        elif not self.row or answer.kinds[self.row - 1] in "vd":
            new = None
        else:
            source = answer.sources[self.row - 1]
            new = len(answer.names) if source is None else source
        self.boundary = new
        if old == new:
            return set()
        unreached = self._settle_unreached(new == -1)
        if old is None or new is None:
            return set(range(len(answer.names)))
        turned = range(max(0, min(old, new)), min(max(old, new) + 1, len(answer.names)))
        return {*turned, *unreached}

    def _settle_unreached(self, at_end: bool) -> list[int]:
        """At the end of the reverse sweep an adjoint to which nothing was added is 0, and not known before; which."""
        if at_end:
            self._unreached = [op for op, adjoint in enumerate(self.adjoints) if adjoint is None]
        for op in self._unreached:
            self.adjoints[op] = 0.0 if at_end else None
            if self.answer.mode == "second":
                self.adjoint_tangents[op] = self.adjoints[op]
        settled = self._unreached
        if not at_end:
            self._unreached = []
        return settled

    @property
    def swept(self) -> bool:
        """Whether the reverse sweep has begun."""
        return self.boundary is not None

    def finished(self, op: int) -> bool:
        """Whether nothing will be added to what the op has: its value, or in the reverse sweep its adjoint."""
        return bool(self.known[op]) and (self.boundary is None or op > self.boundary)


def _contains(outer: Span, inner: Span) -> bool:
    return (outer.line, outer.column) <= (inner.line, inner.column) and (inner.end_line, inner.end_column) <= (
        outer.end_line,
        outer.end_column,
    )
