"""The drawing of a whole graph from that of a part with few rounds of a loop (see `rounds`).

Where the part's drawing repeats, layer by layer, as often as there are missing rounds it is repeated more; what follows
moves to the right, and edges that pass by become longer. So the drawing of 10,000 operations takes little longer than
that of 100, and all rounds look alike.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from explorer.calculus.layout.coordinates import stacks, y_coordinates
from explorer.calculus.layout.curves import HUNDREDTHS, Curves
from explorer.calculus.layout.order import Layered
from explorer.calculus.layout.rounds import PERIODS, Numbers, Rounds


@dataclass(slots=True, frozen=True)
class Strip:
    """Layers `begin` … `end`, where a drawing is alike after `period` layers and as many `rounds` of the loop.

    What is missing has its place before round `left`.
    """

    begin: int
    end: int
    period: int
    rounds: int
    left: int

    def heights(self, graph: Layered, sizes: Sequence[tuple[float, float]], level: bool) -> dict[int, float]:
        """The y of all vertices in the strip, which come again after each period; lanes that pass by may be `level`."""
        layers = graph.layers[self.begin : self.begin + self.period]
        members = sorted([vertex for layer in layers for vertex in layer])
        number = {vertex: place for place, vertex in enumerate(members)}
        for first, after in zip(layers[0], graph.layers[self.begin + self.period], strict=True):
            number[after] = number[first]  # where the period ends it begins
        right = [[number[near] for near in graph.right[vertex]] for vertex in members]
        left: list[list[int]] = [[] for _ in members]
        for place, near in enumerate(right):
            for other in near:
                left[other].append(place)
        nodes = bisect_left(members, graph.nodes)
        layer_of = [graph.layer_of[vertex] - self.begin for vertex in members]
        turn = Layered(nodes, layer_of, [[number[vertex] for vertex in layer] for layer in layers], left, right, [])
        within = [sizes[vertex] for vertex in members[:nodes]]
        y = y_coordinates(turn, within, _level_lanes(turn, within) if level else None)
        return {
            vertex: y[number[like]]
            for layer in range(self.begin, self.end + 1)
            for vertex, like in zip(graph.layers[layer], layers[(layer - self.begin) % self.period], strict=True)
        }


def _level_lanes(turn: Layered, sizes: Sequence[tuple[float, float]]) -> dict[int, float]:
    """The y of all bends of lanes that pass by a whole period, as a parameter's, with room for what is between.

    None where such lanes cross one another.
    """
    lanes: list[list[int]] = []
    for first in turn.layers[0]:
        lane = [first]
        while lane[-1] >= turn.nodes and len(lane) <= len(turn.layers):
            following = [near for near in turn.right[lane[-1]] if near >= turn.nodes]
            if len(following) != 1:
                break
            lane.append(following[0])
        if len(lane) == len(turn.layers) + 1 and lane[-1] == first:
            lanes.append(lane[:-1])
    if not lanes:
        return {}
    room = [0.0] * len(lanes)  # of each lane below the one above it, at least
    for number, depths in enumerate(stacks(turn, sizes)):
        depth = dict(zip(turn.layers[number], depths, strict=True))
        here = [depth[lane[number]] for lane in lanes]
        if here != sorted(here):
            return {}
        room = [max(least, low - high) for least, low, high in zip(room, here, [0.0, *here[:-1]], strict=True)]
    y = list(accumulate(room[1:], initial=0.0))
    return {vertex: there for lane, there in zip(lanes, y, strict=False) for vertex in lane}


def strip_of(graph: Layered, rounds: Rounds) -> Strip | None:
    """Where the drawing of the part is alike long enough, nearest to its middle; None where it is not."""
    begin, size = rounds.begin, rounds.period
    layers = np.array(graph.layer_of)[begin : begin + (rounds.count - rounds.missing) * size].reshape(-1, size)
    middle = len(layers) // 2
    for apart in PERIODS:
        steps = layers[apart:] - layers[:-apart]
        period = int(steps[middle, 0])
        if period <= 0:
            continue
        alike = _alike(graph, period, range(begin, begin + layers.size), apart * size)
        for left in sorted(range(apart, len(layers) - apart + 1), key=lambda left: abs(left - middle)):
            first, last = int(layers[left - apart].min()), int(layers[left + apart - 1].max())
            if (steps[left - apart : left] == period).all() and all(alike[first : last - period + 1]):
                while first and alike[first - 1]:
                    first -= 1
                while alike[last - period + 1]:
                    last += 1
                return Strip(first, last, period, apart, left)
    return None


def _alike(graph: Layered, period: int, inside: range, later: int) -> list[bool]:
    """For each layer whether the same stands a period later, joined to the next layer by the same lines.

    Of the nodes in rounds, which these are `inside`, the same is so much `later`.
    """
    nodes, layers, right = graph.nodes, graph.layers, graph.right
    place = [0] * len(right)
    for layer in layers:
        for at, vertex in enumerate(layer):
            place[vertex] = at
    return [
        len(layer) == len(other_layer)
        and all(
            (one in inside and other in inside and one + later == other if one < nodes else other >= nodes)
            and sorted([place[near] for near in right[one]]) == sorted([place[near] for near in right[other]])
            for one, other in zip(layer, other_layer, strict=True)
        )
        for layer, other_layer in zip(layers, layers[period:], strict=False)
    ] + [False]


def inserted(curves: Curves, graph: Layered, rounds: Rounds, strip: Strip) -> Curves | None:
    """The curves of the whole graph from those of the part.

    None where an edge that passes by is not level there.
    """
    size = strip.rounds * rounds.period
    left = rounds.begin + strip.left * rounds.period
    right = left + rounds.missing * rounds.period
    node = left - size
    borders = curves.x[node], curves.x[node + size]
    step = borders[1] - borders[0]
    whole = rounds.missing // strip.rounds * step
    # What is missing is like what stands in the last rounds before, so many periods further on.
    nodes = np.arange(len(rounds.place))
    missing = (nodes >= left) & (nodes < right)
    turns = np.where(missing, (nodes - left) // size + 1, 0)
    like = np.where(nodes >= right, nodes - (right - left), nodes - turns * size)
    in_rounds = (nodes >= rounds.begin) & (nodes < rounds.begin + rounds.count * rounds.period)
    later = np.where(in_rounds, nodes >= right, np.array(graph.layer_of)[like] > strip.end)
    shift = np.where(missing, turns * step, np.where(later, whole, 0))
    place = np.array((curves.x, curves.y))[:, like]
    place[0] += shift
    source, target = rounds.source, rounds.target
    beside = strip.rounds * rounds.round_edges
    edge = (np.cumsum(~missing[target]) - 1)[np.arange(len(source)) - turns[target] * beside]  # that each is like
    moved = shift[target]
    start = np.array((curves.x, curves.y))[:, [first for first, _ in rounds.part]][:, edge]
    passing = (moved > 0) & (place[:, source] == start).all(axis=0)
    start[0] += np.where(passing, 0, moved)
    if (place[:, source] != start).any():
        return None
    points, ends = curves.points, curves.stops
    splits = _Splits(points, ends, *borders)
    split = np.zeros(len(edge), dtype=np.int64)
    for one in np.flatnonzero(passing).tolist():
        in_round = in_rounds[target[one]]
        split[one] = splits.of(int(edge[one]), (beside if missing[target[one]] else -beside) if in_round else 0)
    if split.min(initial=0) < 0:
        return None
    back = np.argsort(rounds.order)
    points, stops = _drawn_out(points, ends, edge[back], moved[back], split[back])
    labels = np.array(curves.labels)[edge[back]]
    labels[:, 0] += moved[back] / HUNDREDTHS
    labels = np.rint(labels * HUNDREDTHS) / HUNDREDTHS  # as they were
    x, y = place[:, rounds.place].tolist()
    texts = list(zip(*labels.T.tolist(), strict=True))
    return Curves(x, y, points, stops, texts, curves.width + whole, curves.height)


def _drawn_out(
    points: Numbers, ends: Numbers, edge: Numbers, moved: Numbers, split: Numbers
) -> tuple[Numbers, Numbers]:
    """The points of all edges, of which each is like one of these, moved to the right from its split on; their ends."""
    lengths = np.diff(ends, prepend=0)[edge]
    stops = np.cumsum(lengths)
    along = np.arange(stops[-1]) - np.repeat(stops - lengths, lengths)
    line = points[np.repeat(ends[edge] - lengths, lengths) + along]
    line[:, 0] += np.where(along >= np.repeat(split, lengths), np.repeat(moved, lengths), 0)
    return line, stops


class _Splits:
    """At which of its points each edge that passes by the missing rounds is drawn out: from there on all move."""

    def __init__(self, points: Numbers, ends: Numbers, left: int, right: int) -> None:
        """The curves' points, where those of each end, and a period before the missing rounds, from left to right."""
        self.points, self.ends, self.left, self.right = points, ends, left, right
        self.found: dict[int, int] = {}

    def of(self, edge: int, beside: int) -> int:
        """The split of this edge; −1 where it is nowhere level. So many edges on, unless 0, is that a period later."""
        if edge not in self.found:
            split = self._against(edge, edge + beside) if beside else -1
            self.found[edge] = self._level(edge) if split < 0 else split
        return self.found[edge]

    def _route(self, edge: int) -> Numbers:
        return self.points[self.ends[edge - 1] if edge else 0 : self.ends[edge]]

    def _against(self, edge: int, other: int) -> int:
        """The end of the only piece that has another length than that of its like in the next or last period."""
        short, long = self._route(min(edge, other)), self._route(max(edge, other))
        if len(short) != len(long):
            return -1
        differ = np.flatnonzero((short[::3] != long[::3]).any(axis=1))
        if not len(differ) or not differ[0]:
            return -1
        end = 3 * int(differ[0])
        level = (np.concatenate((short[end - 3 : end + 1, 1], long[end - 3 : end + 1, 1])) == short[end, 1]).all()
        before = (short[: end - 2] == long[: end - 2]).all()
        after = (long[end:] - short[end:] == np.array((self.right - self.left, 0))).all()
        return end - 1 if level and before and after else -1

    def _level(self, edge: int) -> int:
        """The end of the piece that is level all along the period before the missing rounds."""
        route = self._route(edge)
        for begin in range(0, len(route) - 1, 3):
            piece = route[begin : begin + 4]
            if (piece[:, 1] == piece[0, 1]).all() and piece[0, 0] <= self.left and piece[3, 0] >= self.right:
                return begin + 2
        return -1
