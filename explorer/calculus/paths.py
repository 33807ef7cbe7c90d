"""All paths from a node to the output: the sum over paths of the products of their partials is the node's adjoint.

Reverse mode computes that sum without ever listing a path; how many there are is counted by one pass over the tape.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from explorer.calculus.tape import Edge, Tape

MOST_LISTED = 200
MOST_EDGES_LISTED = 100_000  # of all listed paths together; the first path is always listed


@dataclass(frozen=True, slots=True)
class Path:
    """The ops from the node to the output, the partials of the edges between them, and their product."""

    ops: tuple[int, ...]
    partials: tuple[float, ...]
    edges: tuple[tuple[int, int], ...]  # (operation, position) of each edge

    @property
    def product(self) -> float:
        return prod(self.partials)


@dataclass(frozen=True, slots=True)
class Paths:
    """How many paths lead from a node to an output, the first of them, and the multiplications of all of them.

    edges: how many edges lie on any of the paths, each of which reverse mode visits once.
    """

    count: int
    multiplications: int
    edges: int
    listed: tuple[Path, ...]


def paths_to_output(tape: Tape, node: int, output: int = 0) -> Paths:
    """The paths from a node to an output; none where the output does not depend on it."""
    end = tape.outputs[output]
    if not isinstance(end, int) or end < node:
        return Paths(0, 0, 0, ())
    users: list[list[tuple[int, Edge]]] = [[] for _ in tape.ops]
    for op in tape.ops[: end + 1]:
        for edge in op.edges:
            if edge.parent >= node:
                users[edge.parent].append((op.index, edge))
    count, all_edges, leads = _counted(tape, users, node, end)
    reached = [False] * len(tape.ops)
    reached[node] = True
    edges = 0
    for index in range(node, end + 1):
        if reached[index] and leads[index]:
            for user, _ in users[index]:
                if leads[user]:
                    reached[user] = True
                    edges += 1
    listed = tuple(_listed(users, leads, node, end)) if count else ()
    return Paths(count, max(all_edges - count, 0), edges, listed)


def _counted(tape: Tape, users: list[list[tuple[int, Edge]]], node: int, end: int) -> tuple[int, int, list[bool]]:
    """How many paths lead from the node to the end, their edges in all, and of each op whether it leads there.

    These numbers have thousands of digits in a long loop: each is forgotten when the last that needs it has had it.
    """
    ways, edges, leads = [0] * len(tape.ops), [0] * len(tape.ops), [False] * len(tape.ops)
    ways[end], leads[end] = 1, True
    wanted = [sum(edge.parent >= node for edge in op.edges) for op in tape.ops]
    for index in range(end - 1, node - 1, -1):
        for user, _ in users[index]:
            ways[index] += ways[user]
            edges[index] += edges[user] + ways[user]
            wanted[user] -= 1
            if not wanted[user]:
                ways[user] = edges[user] = 0
        leads[index] = ways[index] > 0
    return ways[node], edges[node], leads


def _listed(users: list[list[tuple[int, Edge]]], leads: list[bool], node: int, end: int) -> Iterator[Path]:
    """The first paths, by a walk that keeps the one on which it is, and what else is to be tried from its ops."""
    ops: list[int] = [node]
    partials: list[float] = []
    edges: list[tuple[int, int]] = []
    count = listed = 0
    untried = [(0, user, edge) for user, edge in reversed(users[node]) if leads[user]]
    while True:
        if ops[-1] == end:
            count, listed = count + 1, listed + len(edges)
            if count > 1 and listed > MOST_EDGES_LISTED:
                return
            yield Path(tuple(ops), tuple(partials), tuple(edges))
        if not untried or count == MOST_LISTED:
            return
        depth, user, edge = untried.pop()
        ops[depth + 1 :], partials[depth:], edges[depth:] = [user], [edge.partial], [(user, edge.position)]
        untried += [(depth + 1, further, edge) for further, edge in reversed(users[user]) if leads[further]]
