"""All paths from a node to the output: the sum over paths of the products of their partials is the node's adjoint.

Reverse mode computes that sum without ever listing a path; how many there are is counted by one pass over the tape.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from explorer.calculus.tape import Edge, Tape

MOST_LISTED = 200


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
    ways = [0] * len(tape.ops)  # paths from an op to the output
    lengths = [0] * len(tape.ops)  # all their edges
    ways[end] = 1
    for index in range(end - 1, node - 1, -1):
        for user, _ in users[index]:
            ways[index] += ways[user]
            lengths[index] += lengths[user] + ways[user]
    reached = [False] * len(tape.ops)
    reached[node] = True
    edges = 0
    for index in range(node, end + 1):
        if reached[index] and ways[index]:
            for user, _ in users[index]:
                if ways[user]:
                    reached[user] = True
                    edges += 1
    listed = tuple(_listed(users, ways, node, end))
    return Paths(ways[node], max(lengths[node] - ways[node], 0), edges, listed)


def _listed(users: list[list[tuple[int, Edge]]], ways: list[int], node: int, end: int) -> Iterator[Path]:
    """The first MOST_LISTED paths, by a walk with a stack of its own."""
    if not ways[node]:
        return
    count = 0
    stack: list[tuple[tuple[int, ...], tuple[float, ...], tuple[tuple[int, int], ...]]] = [((node,), (), ())]
    while stack and count < MOST_LISTED:
        ops, partials, edges = stack.pop()
        if ops[-1] == end:
            count += 1
            yield Path(ops, partials, edges)
            continue
        for user, edge in reversed(users[ops[-1]]):
            if ways[user]:
                stack.append(((*ops, user), (*partials, edge.partial), (*edges, (user, edge.position))))
