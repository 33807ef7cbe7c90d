"""Where the nodes and edges of a computational graph are drawn: a layered drawing, inputs left, outputs right.

The method is Sugiyama's (Sugiyama, Tagawa, Toda 1981) in the shape of Gansner, Koutsofios, North, Vo 1993 ("A technique
for drawing directed graphs"): layers, order within the layers, coordinates, routes. What is our own:

- All long edges of one source share one chain of bends (a trunk that branches off to each target), so that an input
  that is used a hundred times has one lane through the drawing and not a hundred.
- Coordinates come from isotonic regressions layer by layer, which keep long programs flat, and are then straightened.
- Curves bend only between two layers and all in the same shape, so two of them cross only where the orders of the two
  layers demand it, and a curve never runs over a node.

Everything is deterministic, nothing recurses, and effort is bounded by counts of work, never by a clock. The file is
longer than 300 lines because the phases share one representation, which nobody else should see.
"""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from operator import itemgetter
from typing import Any

# All lengths are pixels at zoom 1.
NODE_GAP = 26.0  # between two boxes of a layer: an edge's label (LABEL_HEIGHT) and air fit between
LANE_GAP = 16.0  # around a long edge's lane: the label of one lane just misses the next
LANE_HEIGHT = 4.0  # the thickest pen with which an edge is drawn
LAYER_GAP = 70.0  # between two layers: a label of LABEL_WIDTH, an arrow head, and room for the curve on both sides
STEEP = 0.22  # a gap widens with the tallest curve in it, so that the curve stays flatter than about 1 : 4 …
LAYER_GAP_MOST = 260.0  # … up to this, where a wide gap hurts more than a steep curve
MARGIN = 24.0  # around the whole drawing
PORT_SPREAD = 11.0  # between two arrow heads at one node: an arrow head is 9 px wide
TWIN_BOW = 17.0  # half of the distance between the middles of x·x's two edges: their labels do not touch
LABEL_WIDTH, LABEL_HEIGHT = 50.0, 18.0  # "−0.000123" in a 10 px font, and its plate
LABEL_PLACES = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82)  # along the last bend of an edge, the best first

# So many inputs stand together on the left, in small graphs as in textbooks, in large ones because their lanes are long
# anyway; graphs in between have a tenth fewer crossings where each input stands next to its first use.
FIRST_LAYER_SOURCES, TEXTBOOK, LARGE = 12, 14, 300
MOST_BENDS = 60_000  # of shared chains: beyond this the longest edges are drawn straight through instead
ORDER_WORK = 150_000  # pairs that ordering may compare, about 1 µs each: many tries for small graphs, few for large
ORDER_WORK_EACH = 20  # and this for each vertex with its bends: about two rounds of sweeps, however large the graph
# Twice as many of each saved a few percent of the crossings of graphs of 20 to 100 nodes.
TRIES, PATIENCE, TRANSPOSITIONS, SIFTINGS = 16, 4, 10, 4
STIFFNESS = (1.0, 2.0, 8.0)  # of a line between two nodes, a node and a bend, two bends: Gansner et al. 1993, section 4
RELAXATIONS, STRAIGHTENINGS = 24, 3  # passes over all layers: enough to level a sum of 112 terms
FEWEST_RELAXATIONS, RELAX_WORK = 4, 40_000  # with that many vertices to move in all passes, about 2 µs each
LOOSE = 0.01  # the weight of a vertex without neighbours: it makes room for all others
ALMOST_LEVEL = 14.0  # a line that rises less looks like a mistake and is made level
SIFT_REACH = 24  # places that a vertex moves in one sifting, so that a pass stays linear in very tall layers


@dataclass(frozen=True, slots=True)
class Place:
    """A node's box: its centre and its size, in pixels at zoom 1, y downwards."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Route:
    """An edge's curve from the source's right side to the target's left side.

    `points` are the control points of a piecewise cubic Bézier curve: the start, then three for each piece. `label` is
    the centre of the local partial's text.
    """

    source: int
    target: int
    points: tuple[tuple[float, float], ...]
    label: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawn graph: places in the order of the nodes, routes in the order of the edges, the whole from (0, 0)."""

    nodes: tuple[Place, ...]
    edges: tuple[Route, ...]
    width: float
    height: float

    def to_json(self) -> dict[str, Any]:
        """Plain lists: a node is [x, y, width, height], an edge [source, target, [x, y, x, y, …], [x, y]]."""
        return {
            "nodes": [[p.x, p.y, p.width, p.height] for p in self.nodes],
            "edges": [
                [r.source, r.target, [c for point in r.points for c in point], list(r.label)] for r in self.edges
            ],
            "width": self.width,
            "height": self.height,
        }

    @staticmethod
    def from_json(value: Any) -> Drawing:
        """The Drawing that `to_json` wrote; ValueError where the value is not one."""
        try:
            nodes = tuple(Place(*(float(c) for c in row)) for row in value["nodes"])
            edges = []
            for source, target, flat, (x, y) in value["edges"]:
                points = tuple((float(flat[i]), float(flat[i + 1])) for i in range(0, len(flat), 2))
                if len(points) < 4 or len(points) % 3 != 1:
                    raise ValueError(f"{len(points)} points are no cubic curve")
                if not (0 <= source < len(nodes) and 0 <= target < len(nodes)):
                    raise ValueError(f"an edge to nowhere: {source} → {target}")
                edges.append(Route(source, target, points, (float(x), float(y))))
            return Drawing(nodes, tuple(edges), float(value["width"]), float(value["height"]))
        except (KeyError, IndexError, TypeError) as error:
            raise ValueError(f"not a drawing: {error}") from error


@dataclass(slots=True)
class _Layered:
    """The graph with bends: vertices 0 … n−1 are the nodes, those after them bends of long edges.

    `left` and `right` are each vertex's distinct neighbours in the layers beside it; `chains[e]` the bends of edge e
    from source to target, None where the edge is drawn straight through.
    """

    nodes: int
    layer_of: list[int]
    layers: list[list[int]]
    left: list[list[int]]
    right: list[list[int]]
    chains: list[list[int] | None]


def lay_out(sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]]) -> Drawing:
    """The drawing of a graph whose nodes have these sizes (width, height); every edge leads to a higher index.

    Two equal edges (x·x) are drawn apart. ValueError where an edge leads back or to no node.
    """
    count = len(sizes)
    for source, target in edges:
        if not 0 <= source < target < count:
            raise ValueError(f"edge {source} → {target} does not lead to a later node of {count}")
    if not count:
        return Drawing((), (), 2 * MARGIN, 2 * MARGIN)
    graph = _with_bends(count, edges, _layering(count, edges))
    _order(graph, edges)
    heights = [height for _, height in sizes] + [LANE_HEIGHT] * (len(graph.layer_of) - count)
    y = _coordinates(graph, heights)
    shift = MARGIN - min(centre - height / 2 for centre, height in zip(y, heights, strict=True))
    y = [centre + shift for centre in y]
    starts, ends = _columns(graph, sizes, y)
    nodes = []
    for node, (width, height) in enumerate(sizes):
        column = graph.layer_of[node]
        nodes.append(Place(round((starts[column] + ends[column]) / 2, 2), round(y[node], 2), width, height))
    curves = _curves(graph, edges, nodes, y, starts, ends)
    labels = _labels(nodes, edges, curves)
    routes = tuple(
        Route(source, target, tuple(points), label)
        for (source, target), points, label in zip(edges, curves, labels, strict=True)
    )
    bottom = max(centre + height / 2 for centre, height in zip(y, heights, strict=True))
    lowest = max((point[1] for points in curves for point in points), default=0.0)
    return Drawing(tuple(nodes), routes, round(ends[-1] + MARGIN, 2), round(max(bottom, lowest) + MARGIN, 2))


# ------------------------------------------------------------------------------------------------------------- layers


def _layering(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Each node's layer, so that the chains of bends are short: nodes as near to their targets as they can, then back.

    A node's chain of bends reaches from it to its farthest target. Moving a node one layer to the left lengthens its
    own chain by one and shortens those of the operands of which it is the only farthest target. So every node first
    stands just before its first target, then (operands first) moves left while that shortens at least one chain.
    On random expressions further passes in both directions saved less than 1 % of the bends. Outputs stay where the
    longest path to them ends.
    """
    operands: list[set[int]] = [set() for _ in range(count)]
    targets: list[set[int]] = [set() for _ in range(count)]
    for source, target in edges:
        operands[target].add(source)
        targets[source].add(target)
    layer = [0] * count
    for node in range(count):
        layer[node] = max((layer[operand] + 1 for operand in operands[node]), default=0)
    inputs = sum(not sources and bool(used) for sources, used in zip(operands, targets, strict=True))
    together = inputs <= FIRST_LAYER_SOURCES and (count <= TEXTBOOK or count > LARGE)
    for node in range(count - 1, -1, -1):
        if targets[node] and (operands[node] or not together):
            layer[node] = min(layer[target] for target in targets[node]) - 1
    reached = [sorted(layer[target] for target in used) for used in targets]

    def elsewhere(operand: int, node: int) -> int:
        """The layer that the operand's chain reaches without this target; the operand's own where it has no other."""
        used = reached[operand]
        if len(used) < 2:
            return layer[operand]
        return used[-2] if used[-1] == layer[node] else used[-1]

    for node in range(count):
        if operands[node]:
            least = max(layer[operand] for operand in operands[node]) + 1
            least = max(least, min(elsewhere(operand, node) for operand in operands[node]))
            if least < layer[node]:
                for operand in operands[node]:
                    used = reached[operand]
                    del used[bisect_left(used, layer[node])]
                    insort(used, least)
                layer[node] = least
    first = min(layer)
    return [place - first for place in layer]


def _with_bends(count: int, edges: Sequence[tuple[int, int]], layer: list[int]) -> _Layered:
    """The layered graph whose long edges are chains of bends, one shared chain for each source."""
    longest = _longest_routed(count, edges, layer)
    layer_of = list(layer)
    left: list[list[int]] = [[] for _ in range(count)]
    right: list[list[int]] = [[] for _ in range(count)]
    trunks: list[list[int]] = [[] for _ in range(count)]
    chains: list[list[int] | None] = []
    joined: set[tuple[int, int]] = set()
    for source, target in edges:
        bends = layer[target] - layer[source] - 1
        if bends > longest:
            chains.append(None)
            continue
        trunk = trunks[source]
        while len(trunk) < bends:
            before, bend = trunk[-1] if trunk else source, len(layer_of)
            layer_of.append(layer_of[before] + 1)
            left.append([before])
            right.append([])
            right[before].append(bend)
            trunk.append(bend)
        last = trunk[bends - 1] if bends else source
        if (last, target) not in joined:
            joined.add((last, target))
            right[last].append(target)
            left[target].append(last)
        chains.append(trunk[:bends])
    layers: list[list[int]] = [[] for _ in range(max(layer_of) + 1)]
    for vertex, place in enumerate(layer_of):
        layers[place].append(vertex)
    return _Layered(count, layer_of, layers, left, right, chains)


def _longest_routed(count: int, edges: Sequence[tuple[int, int]], layer: list[int]) -> int:
    """The number of bends up to which an edge is routed, so that all chains together have at most MOST_BENDS."""
    bends = sorted({layer[target] - layer[source] - 1 for source, target in edges}, reverse=True)
    if not bends:
        return 0
    by_source: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        by_source[source].append(layer[target] - layer[source] - 1)
    for own in by_source:
        own.sort()

    def total(limit: int) -> int:
        return sum(own[place - 1] for own in by_source if (place := bisect_right(own, limit)))

    low, high = 0, len(bends) - 1  # bends fall, so do the totals: look for the first that is small enough
    while low < high:
        middle = (low + high) // 2
        if total(bends[middle]) <= MOST_BENDS:
            high = middle
        else:
            low = middle + 1
    return bends[low]


# -------------------------------------------------------------------------------------------------------------- order

_Near = list[
    list[tuple[int, int]]
]  # for each vertex its neighbours on one side, each with the number of edges it carries


def _order(graph: _Layered, edges: Sequence[tuple[int, int]]) -> None:
    """Sort the vertices within `graph.layers` so that few edges cross (a shared trunk counts for all its edges).

    The best of several tries, each from another start: along the expressions, along the uses, along the program, then
    shuffled with a fixed seed. A try sweeps barycentres to and fro with transpositions until nothing improves, and ends
    with siftings. ORDER_WORK bounds them all: small graphs get every try, very large ones a part of the first.
    """
    left, right = _weighted(graph, edges)
    size = len(graph.layer_of)
    luck = random.Random(1993)  # any fixed seed: the same graph is always drawn in the same way
    work = ORDER_WORK + ORDER_WORK_EACH * size
    fewest, best = -1, graph.layers
    for attempt in range(TRIES):
        if attempt == 0:
            key: list[float] = _depth_first(graph.left, [v for v in range(size - 1, -1, -1) if not right[v]])
        elif attempt == 1:
            key = _depth_first(graph.right, [v for v in range(size) if not left[v]])
        elif attempt == 2:
            key = list(range(size))
        else:
            key = [luck.random() for _ in range(size)]
        layers = [sorted(layer, key=key.__getitem__) for layer in graph.layers]
        crossings, layers, work = _improve(layers, left, right, size, work)
        if fewest < 0 or crossings < fewest:
            fewest, best = crossings, layers
        if not fewest or work <= 0:
            break
    graph.layers = best


def _weighted(graph: _Layered, edges: Sequence[tuple[int, int]]) -> tuple[_Near, _Near]:
    """Each vertex's neighbours to the left and to the right, with the number of edges on the line between."""
    carried: dict[tuple[int, int], int] = {}
    for (source, target), chain in zip(edges, graph.chains, strict=True):
        if chain is not None:
            for line in pairwise((source, *chain, target)):
                carried[line] = carried.get(line, 0) + 1
    left: _Near = [[(other, carried[other, v]) for other in near] for v, near in enumerate(graph.left)]
    right: _Near = [[(other, carried[v, other]) for other in near] for v, near in enumerate(graph.right)]
    return left, right


def _depth_first(near: list[list[int]], roots: list[int]) -> list[float]:
    """Each vertex's number in a depth-first walk from the roots: a tree walked so is drawn without crossings."""
    unseen = float(len(near))
    number = [unseen] * len(near)
    following = 0.0
    stack = roots[::-1]
    while stack:
        vertex = stack.pop()
        if number[vertex] == unseen:
            number[vertex] = following
            following += 1
            stack.extend(reversed(near[vertex]))
    return number


def _improve(
    layers: list[list[int]], left: _Near, right: _Near, size: int, work: int
) -> tuple[int, list[list[int]], int]:
    """The fewest crossings reached from this start, the layers so ordered, and the work that is left."""
    position = [0] * size
    for layer in layers:
        _number(layer, position)
    fewest, best = _crossings(layers, right, position), [list(layer) for layer in layers]
    stale, turn = 0, 0
    while fewest and stale < PATIENCE and work > 0:
        near, order = (left, layers[1:]) if turn % 2 == 0 else (right, layers[-2::-1])
        for layer in order:
            _by_barycentre(layer, near, position, reverse_ties=turn % 4 >= 2)
        work -= size
        restless = list(range(len(layers)))
        for again in range(TRANSPOSITIONS):
            work -= sum([len(layers[place]) for place in restless])
            restless = _transpose(layers, restless, left, right, position, again == 0 and turn % 2 == 1)
            if not restless or work <= 0:
                break
        crossings = _crossings(layers, right, position)
        stale, turn = stale + 1, turn + 1
        if crossings < fewest:
            fewest, best, stale = crossings, [list(layer) for layer in layers], 0
    for layer in best:
        _number(layer, position)
    restless = list(range(len(best)))
    for _ in range(SIFTINGS):
        if not fewest or work <= 0 or not restless:
            break
        gain, compared, restless = _sift(best, restless, left, right, position)
        fewest, work = fewest - gain, work - compared
    return fewest, best, work


def _number(layer: list[int], position: list[int]) -> None:
    for place, vertex in enumerate(layer):
        position[vertex] = place


def _by_barycentre(layer: list[int], near: _Near, position: list[int], reverse_ties: bool) -> None:
    """Sort a layer by the mean position of the neighbours on one side; vertices without any keep their place."""
    keyed: list[tuple[float, int]] = []
    for vertex in layer:
        beside = near[vertex]
        if len(beside) == 1:
            keyed.append((position[beside[0][0]], vertex))
        elif beside:
            keyed.append((sum([position[other] for other, _ in beside]) / len(beside), vertex))
    if reverse_ties:
        keyed.reverse()
    keyed.sort(key=itemgetter(0))
    moved = iter(keyed)
    layer[:] = [next(moved)[1] if near[vertex] else vertex for vertex in layer]
    _number(layer, position)


def _gain(above: int, below: int, left: _Near, right: _Near, position: list[int]) -> int:
    """How many crossings go away when these two change places."""
    gain = 0
    for near in (left, right):
        for other, weight in near[above]:
            place = position[other]
            for rival, rival_weight in near[below]:
                beside = position[rival]
                if place > beside:
                    gain += weight * rival_weight
                elif place < beside:
                    gain -= weight * rival_weight
    return gain


def _transpose(
    layers: list[list[int]], restless: Iterable[int], left: _Near, right: _Near, position: list[int], swap_ties: bool
) -> list[int]:
    """Exchange neighbours in these layers where that saves crossings; swapping ties too moves on from a plateau.

    The layers in which there may be more to save now: those that changed, and those beside them.
    """
    changed: set[int] = set()
    for number in restless:
        layer, saved = layers[number], 0
        for place in range(len(layer) - 1):
            above, below = layer[place], layer[place + 1]
            gain = _gain(above, below, left, right, position)
            if gain > 0 or (swap_ties and not gain):
                layer[place], layer[place + 1] = below, above
                position[above], position[below] = place + 1, place
                saved += gain
        if saved:
            changed.add(number)
    return _with_neighbours(changed, len(layers))


def _with_neighbours(numbers: set[int], count: int) -> list[int]:
    """These layers and those beside them, in order."""
    return sorted({n for number in numbers for n in (number - 1, number, number + 1) if 0 <= n < count})


def _sift(
    layers: list[list[int]], restless: Iterable[int], left: _Near, right: _Near, position: list[int]
) -> tuple[int, int, list[int]]:
    """The crossings saved by moving each vertex of these layers to its best place within SIFT_REACH, the pairs
    compared, and the layers in which there may be more to save now.

    Of equally good places the farthest is taken, which moves on from a plateau as swapping ties does.
    """
    saved, compared = 0, 0
    changed: set[int] = set()
    for number in restless:
        layer = layers[number]
        for vertex in tuple(layer):
            place = position[vertex]
            best_gain, best_place = 0, place
            gain = 0
            for other in range(place - 1, max(-1, place - 1 - SIFT_REACH), -1):
                gain += _gain(layer[other], vertex, left, right, position)
                compared += 1
                if gain >= best_gain:
                    best_gain, best_place = gain, other
            gain = 0
            for other in range(place + 1, min(len(layer), place + 1 + SIFT_REACH)):
                gain += _gain(vertex, layer[other], left, right, position)
                compared += 1
                if gain > best_gain:
                    best_gain, best_place = gain, other
            if best_place != place:
                layer.insert(best_place, layer.pop(place))
                for moved in range(min(place, best_place), max(place, best_place) + 1):
                    position[layer[moved]] = moved
                saved += best_gain
                if best_gain:
                    changed.add(number)
    return saved, compared, _with_neighbours(changed, len(layers))


def _crossings(layers: list[list[int]], right: _Near, position: list[int]) -> int:
    """Pairs of edges that cross, by a Fenwick tree over each layer: O(lines × log of the layer's size).

    Barth, Mutzel, Jünger 2004, "Simple and efficient bilayer cross counting", with weights.
    """
    total = 0
    for layer in layers:
        ends = [
            (position[other], weight)
            for vertex in layer
            for other, weight in (right[vertex] if len(right[vertex]) < 2 else _sorted(right[vertex], position))
        ]
        if all(before[0] <= after[0] for before, after in pairwise(ends)):
            continue  # the common case in long programs, and much cheaper than the tree
        tree = [0] * (max(ends)[0] + 2)
        passed = 0
        for place, weight in ends:
            above, node = 0, place + 1
            while node:
                above += tree[node]
                node &= node - 1
            total += weight * (passed - above)
            passed += weight
            node = place + 1
            while node < len(tree):
                tree[node] += weight
                node += node & -node
    return total


def _sorted(beside: list[tuple[int, int]], position: list[int]) -> list[tuple[int, int]]:
    return sorted(beside, key=lambda line: position[line[0]])


# -------------------------------------------------------------------------------------------------------- coordinates


def _coordinates(graph: _Layered, heights: list[float]) -> list[float]:
    """Each vertex's y: every layer centred, then moved towards the means of its neighbours without changing its order.

    One layer's best places, given its neighbours', are a weighted isotonic regression, found by pooling adjacent
    violators (Ayer et al. 1955). Aligned drawings (Brandes and Köpf 2001) have straighter edges, but climb like a
    staircase where a sum takes up term after term: 20,000 px where these take 1,600. Straight edges come afterwards.
    """
    y = [0.0] * len(graph.layer_of)
    stacks = []  # for each layer how far each vertex is below the first when they stand as close as they may
    for layer in graph.layers:
        stack = [0.0] * len(layer)
        for place, (upper, lower) in enumerate(pairwise(layer)):
            stack[place + 1] = stack[place] + _distance(graph, heights, upper, lower)
        stacks.append(stack)
        for vertex, depth in zip(layer, stack, strict=True):
            y[vertex] = depth - stack[-1] / 2 if layer else 0.0
    nodes = graph.nodes
    beside = []
    for vertex in range(len(y)):
        near = (*graph.left[vertex], *graph.right[vertex])
        lines = [(other, STIFFNESS[(vertex >= nodes) + (other >= nodes)]) for other in near]
        beside.append((lines, sum([stiff for _, stiff in lines])))
    order = list(zip(graph.layers, stacks, strict=True))
    for _ in range(min(RELAXATIONS, max(FEWEST_RELAXATIONS, RELAX_WORK // len(y)))):
        order.reverse()
        for layer, stack in order:
            _pool(layer, stack, beside, y)
    for _ in range(STRAIGHTENINGS):
        _straighten(graph, heights, y)
    return y


def _distance(graph: _Layered, heights: list[float], upper: int, lower: int) -> float:
    """The least distance between the middles of two vertices, one below the other in a layer."""
    gap = NODE_GAP if upper < graph.nodes and lower < graph.nodes else LANE_GAP
    return (heights[upper] + heights[lower]) / 2 + gap


def _pool(
    layer: list[int], stack: list[float], beside: list[tuple[list[tuple[int, float]], float]], y: list[float]
) -> None:
    """Move a layer's vertices to where their neighbours pull them; those that would overlap move as one pool."""
    pools: list[tuple[float, float, int]] = []  # mean of the wishes less the stack, weight, size
    for vertex, depth in zip(layer, stack, strict=True):
        lines, weight = beside[vertex]
        wish = sum([stiff * y[other] for other, stiff in lines]) / weight if lines else y[vertex]
        mean, weight, count = wish - depth, weight or LOOSE, 1
        while pools and pools[-1][0] > mean:
            before, before_weight, before_count = pools.pop()
            mean = (mean * weight + before * before_weight) / (weight + before_weight)
            weight, count = weight + before_weight, count + before_count
        pools.append((mean, weight, count))
    place = 0
    for mean, _, count in pools:
        for vertex, depth in zip(layer[place : place + count], stack[place : place + count], strict=True):
            y[vertex] = mean + depth
        place += count


def _straighten(graph: _Layered, heights: list[float], y: list[float]) -> None:
    """Put runs of vertices that are almost level on one level, as far as the vertices above and below allow it.

    A run follows a chain of bends, and from a node the line that falls or rises least.
    """
    above: list[tuple[int, float]] = [(-1, 0.0)] * len(y)
    below: list[tuple[int, float]] = [(-1, 0.0)] * len(y)
    for layer in graph.layers:
        for upper, lower in pairwise(layer):
            distance = _distance(graph, heights, upper, lower)
            above[lower], below[upper] = (upper, distance), (lower, distance)
    claimed = [False] * len(y)
    for layer in graph.layers:
        for first in layer:
            if claimed[first]:
                continue
            run: list[int] = []
            low, high = -inf, inf
            vertex: int | None = first
            while vertex is not None:
                claimed[vertex] = True
                upper, distance = above[vertex]
                least = y[upper] + distance if upper >= 0 else -inf
                lower, distance = below[vertex]
                most = y[lower] - distance if lower >= 0 else inf
                if max(low, least) > min(high, most):
                    _level_run(run, low, high, y)
                    run, low, high = [], -inf, inf
                run.append(vertex)
                low, high = max(low, least), min(high, most)
                vertex = _next_of_run(graph, vertex, claimed, y)
            _level_run(run, low, high, y)


def _next_of_run(graph: _Layered, vertex: int, claimed: list[bool], y: list[float]) -> int | None:
    """The vertex with which a run goes on: the next bend, else the most level neighbour; None where it ends."""
    best, best_rise = None, ALMOST_LEVEL
    for other in graph.right[vertex]:
        if not claimed[other]:
            if vertex >= graph.nodes and other >= graph.nodes:
                return other
            rise = abs(y[other] - y[vertex])
            if rise < best_rise:
                best, best_rise = other, rise
    return best


def _level_run(run: list[int], low: float, high: float, y: list[float]) -> None:
    """Give a run its mean level, or the nearest that is free."""
    if len(run) > 1:
        level = min(max(sum([y[vertex] for vertex in run]) / len(run), low), high)
        for vertex in run:
            y[vertex] = level


# ------------------------------------------------------------------------------------------------- columns and curves

_Point = tuple[float, float]


def _columns(graph: _Layered, sizes: Sequence[tuple[float, float]], y: list[float]) -> tuple[list[float], list[float]]:
    """The left and right borders of each layer's column; the gaps between are as wide as their tallest curves need."""
    starts, ends = [], []
    x = MARGIN
    for layer in graph.layers:
        width = max((sizes[vertex][0] for vertex in layer if vertex < graph.nodes), default=0.0)
        starts.append(round(x, 2))
        ends.append(round(x + width, 2))
        tallest = max((abs(y[vertex] - y[other]) for vertex in layer for other in graph.right[vertex]), default=0.0)
        x += width + min(LAYER_GAP_MOST, max(LAYER_GAP, STEEP * tallest))
    return starts, ends


def _ports(
    graph: _Layered, edges: Sequence[tuple[int, int]], nodes: Sequence[Place], y: list[float]
) -> tuple[list[float], list[float]]:
    """For each edge how far from its target's middle it ends, and how far its last bend bows out (twins only).

    Arrow heads stand side by side in the order in which their curves come in; one coming straight stays in the middle.
    """
    arriving: dict[int, list[tuple[float, int]]] = {}
    twins: dict[tuple[int, int], list[int]] = {}
    for edge, ((source, target), chain) in enumerate(zip(edges, graph.chains, strict=True)):
        arriving.setdefault(target, []).append((y[chain[-1] if chain else source], edge))
        twins.setdefault((source, target), []).append(edge)
    offset, bow = [0.0] * len(edges), [0.0] * len(edges)
    for target, incoming in arriving.items():
        if len(incoming) > 1:
            incoming.sort()
            straight = [place for place, (start, _) in enumerate(incoming) if abs(start - y[target]) < 0.5]
            middle = straight[0] if len(straight) == 1 and len(incoming) < 4 else (len(incoming) - 1) / 2
            farthest = max(middle, len(incoming) - 1 - middle)
            spread = min(PORT_SPREAD, 0.45 * nodes[target].height / farthest)  # never round the corner
            for place, (_, edge) in enumerate(incoming):
                offset[edge] = (place - middle) * spread
    for pair in twins.values():
        for place, edge in enumerate(pair):
            bow[edge] = (2 * place - len(pair) + 1) * TWIN_BOW
    return offset, bow


def _curves(
    graph: _Layered,
    edges: Sequence[tuple[int, int]],
    nodes: Sequence[Place],
    y: list[float],
    starts: list[float],
    ends: list[float],
) -> list[list[_Point]]:
    """Each edge's control points: level across the columns, S-shaped across the gaps between them."""
    offset, bow = _ports(graph, edges, nodes, y)
    curves = []
    for edge, ((source, target), chain) in enumerate(zip(edges, graph.chains, strict=True)):
        begin, end = nodes[source], nodes[target]
        points: list[_Point] = [(round(begin.x + begin.width / 2, 2), begin.y)]
        arrival = round(end.y + offset[edge], 2)
        if chain is not None:
            column = graph.layer_of[source]
            for bend in chain:
                _level(points, ends[column])
                column += 1
                _bend(points, starts[column], round(y[bend], 2), 0.0)
            _level(points, ends[column])
            _bend(points, starts[column + 1], arrival, bow[edge])
            _level(points, round(end.x - end.width / 2, 2))
        else:
            _bend(points, round(end.x - end.width / 2, 2), arrival, bow[edge])
        curves.append(points)
    return curves


def _level(points: list[_Point], x: float) -> None:
    """Go on level to x; a level piece before it grows instead of getting a successor."""
    from_x, y = points[-1]
    if x - from_x < 0.01:
        return
    if len(points) > 3 and points[-4][1] == points[-3][1] == points[-2][1] == y:
        del points[-3:]
        from_x = points[-1][0]
    third = round((x - from_x) / 3, 2)
    points.extend(((from_x + third, y), (x - third, y), (x, y)))


def _bend(points: list[_Point], x: float, y: float, bow: float) -> None:
    """Go on to (x, y), leaving and arriving level; `bow` moves the middle of the curve up or down."""
    from_x, from_y = points[-1]
    if y == from_y and not bow:
        _level(points, x)
        return
    half = (x - from_x) / 2
    lift = bow / 0.75  # the middle of a cubic is moved by 3/4 of what both inner control points are
    points.extend(
        ((round(from_x + half, 2), round(from_y + lift, 2)), (round(x - half, 2), round(y + lift, 2)), (x, y))
    )


# ------------------------------------------------------------------------------------------------------------- labels


def _labels(nodes: Sequence[Place], edges: Sequence[tuple[int, int]], curves: list[list[_Point]]) -> list[_Point]:
    """Where each edge's text goes: on its last bend, where it hides no other text and, if it can, no other curve.

    Each label tries LABEL_PLACES along its curve; texts and curves are looked up in cells of the size of a label.
    """
    bends = [_last_bend(points) for points in curves]
    crossed: dict[tuple[int, int], set[int]] = {}  # cells → edges whose last bends pass there
    for edge, bend in enumerate(bends):
        for step in range(
            13
        ):  # a gap of 92 px in steps of 8: no cell of 29 px is jumped over unless the curve is steep
            crossed.setdefault(_cell(_on_curve(bend, step / 12)), set()).add(edge)
    taken: dict[tuple[int, int], list[_Point]] = {}  # cells → labels placed there
    labels: list[_Point] = [(0.0, 0.0)] * len(edges)
    for edge in sorted(range(len(edges)), key=lambda edge: _on_curve(bends[edge], 0.5)):
        best: tuple[float, _Point] | None = None
        for rank, along in enumerate(LABEL_PLACES):
            at = _on_curve(bends[edge], along)
            column, row = _cell(at)
            around = [(column + i, row + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
            hidden = sum(
                max(0.0, LABEL_WIDTH - abs(x - at[0])) * max(0.0, LABEL_HEIGHT - abs(y - at[1]))
                for cell in around
                for x, y in taken.get(cell, ())
            )
            rivals = {other for cell in around[3:6] for other in crossed.get(cell, ())} - {edge}
            over = sum(_passes(bends[rival], at) for rival in rivals)
            outside = max(0.0, bends[edge][0][0] + LABEL_WIDTH / 2 - at[0], at[0] + LABEL_WIDTH / 2 - bends[edge][3][0])
            cost = 10.0 * hidden + 60.0 * over + 40.0 * outside + rank  # texts over texts are worst, then nodes
            if best is None or cost < best[0]:
                best = (cost, at)
            if cost == rank:
                break
        assert best is not None
        labels[edge] = (round(best[1][0], 2), round(best[1][1], 2))
        taken.setdefault(_cell(best[1]), []).append(best[1])
    return labels


def _last_bend(points: list[_Point]) -> tuple[_Point, _Point, _Point, _Point]:
    """The piece of a curve that carries its label: the last one that is not level, else the end of the level one."""
    for start in range(len(points) - 4, -1, -3):
        a, b, c, d = points[start : start + 4]
        if not a[1] == b[1] == c[1] == d[1]:
            return a, b, c, d
    (x, y) = points[-1]
    before = max(points[0][0], x - LAYER_GAP)
    third = (x - before) / 3
    return (before, y), (before + third, y), (x - third, y), (x, y)


def _on_curve(bend: tuple[_Point, _Point, _Point, _Point], t: float) -> _Point:
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = bend
    u = 1 - t
    a, b, c, d = u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
    return a * ax + b * bx + c * cx + d * dx, a * ay + b * by + c * cy + d * dy


def _passes(bend: tuple[_Point, _Point, _Point, _Point], at: _Point) -> bool:
    """Whether the curve runs through the label's box; curves are monotone in x, so one look at its x will do."""
    start, end = bend[0][0], bend[3][0]
    if not start <= at[0] <= end:
        return False
    return abs(_on_curve(bend, (at[0] - start) / (end - start or 1.0))[1] - at[1]) < LABEL_HEIGHT / 2 + 2


def _cell(at: _Point) -> tuple[int, int]:
    return int(at[0] // LABEL_WIDTH), int(at[1] // LABEL_HEIGHT)
