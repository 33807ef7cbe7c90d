"""Which layer each node stands in: all edges together as short as can be, by the network simplex method.

Gansner, Koutsofios, North, Vo 1993 ("A technique for drawing directed graphs"), section 2. A tree of tight edges (those
that span one layer) spans each connected part; the part of the tree behind an edge moves where that shortens more edges
than it lengthens, until there is none. What an edge of the tree would gain is a sum over the nodes behind it, of the
edges that leave less those that arrive, so that no cut values need to be kept.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import inf
from operator import mul

# So many inputs stand together on the left, in small graphs as in textbooks, in large ones because their lanes are long
# anyway; graphs in between have fewer crossings where each input stands next to its first use.
FIRST_LAYER_SOURCES, TEXTBOOK, LARGE = 12, 14, 300
SIMPLEX_WORK = 30  # nodes that may move for each node of the graph: random programs need 1 to 10


def inputs_stand_first(count: int, edges: Sequence[tuple[int, int]]) -> bool:
    """Whether all inputs stand together in the first layer."""
    if TEXTBOOK < count <= LARGE:
        return False
    return len({source for source, _ in edges} - {target for _, target in edges}) <= FIRST_LAYER_SOURCES


def layering(count: int, edges: Sequence[tuple[int, int]], inputs_first: bool, many: int, large: bool) -> list[int]:
    """Each node's layer, from 0; an edge leads at least one layer on.

    A value that so `many` use has a lane through the drawing: what is computed of such values stands beside its use.
    In a `large` graph, or a part of one, so does what is computed of any values that are used farther on.
    """
    operands: list[list[int]] = [[] for _ in range(count)]
    targets: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        operands[target].append(source)
        targets[source].append(target)
    layer = _longest_paths(operands)
    if all(layer[target] - layer[source] == 1 for source, target in edges):
        return layer  # nothing can be shorter: many programs are only chains and diamonds
    layer = _first_layering(operands, targets, layer)
    tree = _Tree(operands, targets, layer)
    tree.shorten()
    for part in tree.parts:
        first = min([layer[node] for node in part])
        for node in part:
            layer[node] -= first
    _beside_their_use(operands, targets, layer, many, large)
    if inputs_first:
        for node in range(count):
            if targets[node] and not operands[node]:
                layer[node] = 0
    return layer


def _beside_their_use(
    operands: list[list[int]], targets: list[list[int]], layer: list[int], many: int, large: bool
) -> None:
    """Move what is computed of values that many use, as a loop's parameters, or that are used farther on, to its use.

    That lengthens edges, but these share a lane, and what is computed in every round of a loop needs none of its own.
    Where the lanes would be longer in all, as between the layers of a network, the first is left.
    """
    shared = _computed_of_shared(operands, targets, many)
    if any(shared):
        moved = list(layer)
        _move_on(operands, targets, moved, shared, large)
        if _lanes(moved, targets) <= _lanes(layer, targets):
            layer[:] = moved
            return
    if large:
        _move_on(operands, targets, layer, [False] * len(layer), large)


def _computed_of_shared(operands: list[list[int]], targets: list[list[int]], many: int) -> list[bool]:
    """Which nodes are computed only of values that so many use."""
    wide = [len(own) >= many and len(set(own)) >= many for own in targets]
    shared = [False] * len(wide)
    if any(wide):
        for node, own in enumerate(operands):
            shared[node] = bool(own) and all(wide[other] or shared[other] for other in own)
    return shared


def _move_on(
    operands: list[list[int]], targets: list[list[int]], layer: list[int], shared: list[bool], large: bool
) -> None:
    """Move to their use what is `shared`, and in a large graph what is computed of values that are used farther on."""
    for node in range(len(layer) - 1, -1, -1):
        own = targets[node]
        if not own or not operands[node]:
            continue
        there = (layer[own[0]] if len(own) == 1 else min([layer[target] for target in own])) - 1
        if there > layer[node] and (
            shared[node]
            or (
                large
                and all(
                    any(layer[other] >= there and other != node for other in targets[operand])
                    for operand in operands[node]
                )
            )
        ):
            layer[node] = there


def _lanes(layer: list[int], targets: list[list[int]]) -> int:
    """How many layers the lanes of all nodes cross, one of each to the last that uses it."""
    return sum([max([layer[target] for target in own]) - layer[node] - 1 for node, own in enumerate(targets) if own])


def _longest_paths(operands: list[list[int]]) -> list[int]:
    """Each node as far left as it can stand."""
    layer = [0] * len(operands)
    for node, own in enumerate(operands):
        if own:
            layer[node] = max([layer[other] for other in own]) + 1
    return layer


def _first_layering(operands: list[list[int]], targets: list[list[int]], longest: list[int]) -> list[int]:
    """The shortest of three: as it is, and each node to the side where it has more edges, or first to its targets."""
    arriving = [len(own) - len(other) for own, other in zip(operands, targets, strict=True)]
    later = [node for node, own in enumerate(operands) if own and arriving[node] >= 0]
    best, shortest = longest, sum(map(mul, longest, arriving))
    for least in (0, -inf):
        layer = list(longest)
        for node in range(len(layer) - 1, -1, -1):
            own = targets[node]
            if own and -arriving[node] >= least:
                layer[node] = (layer[own[0]] if len(own) == 1 else min([layer[other] for other in own])) - 1
        for node in later:
            own = operands[node]
            layer[node] = (layer[own[0]] if len(own) == 1 else max([layer[other] for other in own])) + 1
        length = sum(map(mul, layer, arriving))
        if length < shortest:
            best, shortest = layer, length
    return best


class _Tree:
    """A spanning tree of tight edges for each connected part, hung up at a root; `layer` is changed in place."""

    def __init__(self, operands: list[list[int]], targets: list[list[int]], layer: list[int]) -> None:
        self.operands, self.targets, self.layer = operands, targets, layer
        count = len(layer)
        self.home = list(range(count))  # each node's tree, while there are several
        self.trees = [[node] for node in range(count)]
        self.tied: list[list[int]] = [[] for _ in range(count)]
        self._tie()
        self.parts = [tree for tree in self.trees if tree]
        self.parent = [-1] * count
        self.children: list[list[int]] = [[] for _ in range(count)]
        self.pull = [len(targets[node]) - len(operands[node]) for node in range(count)]  # of all that hangs at a node
        # Hung up in the middle, for then little hangs at most nodes.
        walk = [sorted(part, key=layer.__getitem__)[len(part) // 2] for part in self.parts]
        for node in walk:
            for other in self.tied[node]:
                if other != self.parent[node]:
                    self.parent[other] = node
                    self.children[node].append(other)
                    walk.append(other)
        for node in reversed(walk):
            if self.parent[node] >= 0:
                self.pull[self.parent[node]] += self.pull[node]

    def shorten(self) -> None:
        """Move what hangs at an edge as far as it can go, while that shortens the edges; bounded by SIMPLEX_WORK."""
        layer, parent, pull = self.layer, self.parent, self.pull
        count = len(layer)
        work = SIMPLEX_WORK * count
        node, idle = 0, 0
        while idle < count and work > 0:
            above = parent[node]
            if above >= 0 and (pull[node] > 0 if layer[node] > layer[above] else pull[node] < 0):
                work -= self._swing(node)
                idle = 0
            idle += 1
            node = (node + 1) % count

    def _swing(self, node: int) -> int:
        """Cut the tree above this node, move what hangs at it and tie it where it is held; the nodes moved."""
        moved = [node]
        for member in moved:
            moved.extend(self.children[member])
        inside = set(moved)
        slack, near, far = self._held(moved, inside.__contains__, forward=self.pull[node] > 0)
        if slack:
            for member in moved:
                self.layer[member] += slack
        pull = self.pull[node]
        self._add(self.parent[node], -pull)
        self.children[self.parent[node]].remove(node)
        path = [near]
        while path[-1] != node:
            path.append(self.parent[path[-1]])
        for above, below in pairwise(reversed(path)):  # hang it up at `near`: the path to there turns round
            self.children[above].remove(below)
            self.children[below].append(above)
            self.parent[above] = below
            self.pull[above] -= self.pull[below]
            self.pull[below] = pull
        self.parent[near] = far
        self.children[far].append(near)
        self._add(far, pull)
        return len(moved)

    def _add(self, node: int, pull: int) -> None:
        while node >= 0:
            self.pull[node] += pull
            node = self.parent[node]

    def _held(self, members: list[int], inside: Callable[[int], bool], forward: bool) -> tuple[int, int, int]:
        """How far these nodes can move forward or back, and the edge that holds them; (0, −1, −1) where none does.

        Back is a negative distance. Of equally short edges the first counts.
        """
        layer = self.layer
        best = (0, -1, -1)
        least = inf
        for node in members:
            here = layer[node]
            for other in self.targets[node] if forward else self.operands[node]:
                slack = abs(layer[other] - here) - 1
                if slack < least and not inside(other):
                    least = slack
                    best = (slack if forward else -slack, node, other)
                    if not slack:
                        return best
        return best

    def _tie(self) -> None:
        """Tie what is tight; then move the smallest tree to the edge that is nearest to tight, until none is left."""
        layer, home, trees = self.layer, self.home, self.trees
        for source, targets in enumerate(self.targets):
            for target in targets:
                if layer[target] - layer[source] == 1 and home[source] != home[target]:
                    self._unite(source, target)
        waiting = [(len(tree), number) for number, tree in enumerate(trees) if tree]
        heapq.heapify(waiting)
        while waiting:
            size, number = heapq.heappop(waiting)
            tree = trees[number]
            if size != len(tree):
                continue  # it has grown, and waits a second time
            inside = set(tree).__contains__
            found = [held for ahead in (True, False) if (held := self._held(tree, inside, ahead))[1] >= 0]
            if found:
                shift, node, other = min(found, key=lambda held: abs(held[0]))
                for member in tree:
                    layer[member] += shift
                self._unite(node, other)
                heapq.heappush(waiting, (len(trees[home[node]]), home[node]))

    def _unite(self, one: int, other: int) -> None:
        self.tied[one].append(other)
        self.tied[other].append(one)
        large, small = self.home[one], self.home[other]
        if len(self.trees[large]) < len(self.trees[small]):
            large, small = small, large
        for node in self.trees[small]:
            self.home[node] = large
        self.trees[large].extend(self.trees[small])
        self.trees[small] = []
