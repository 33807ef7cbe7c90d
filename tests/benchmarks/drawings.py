"""Layout beside Graphviz's dot, for the table: graphs that dot draws in seconds. `layout` has the large ones too."""

from __future__ import annotations

import shutil
import time

from explorer.calculus.layout import lay_out
from tests.benchmarks.layout import HEIGHT, WIDTH, Edges, crossings, dot, graph_of, own_lines, random_graph

LOGISTIC = "def f(x):\n    for i in range(333):\n        x = 4*x*(1-x)\n    return x"


def both(graphs: list[tuple[int, Edges]]) -> tuple[float, float]:
    """dot's time over ours, and our crossings over dot's, for all graphs together."""
    own_seconds = seconds = 0.0
    own = theirs = 0
    for nodes, edges in graphs:
        sizes = [(WIDTH, HEIGHT)] * nodes
        start = time.perf_counter()
        drawing = lay_out(sizes, edges)
        own_seconds += time.perf_counter() - start
        own += crossings(own_lines(drawing))
        drawn = dot(nodes, edges)
        assert drawn is not None
        seconds += drawn[0]
        theirs += crossings(drawn[1])
    return seconds / own_seconds, own / max(theirs, 1)


def rows() -> list[tuple[str, float, float | None]]:
    """What, figure, and the least figure wanted."""
    if shutil.which("dot") is None:
        raise ModuleNotFoundError(name="Graphviz (dot)")
    both([graph_of("x*x")])
    small = both([random_graph(20 + 8 * seed, seed) for seed in range(10)])
    large = both([graph_of(LOGISTIC)])
    return [
        ("layout of the logistic map's graph, 1,000 nodes: Graphviz dot's time / ours", large[0], None),
        ("layout of 10 graphs of 20 to 92 nodes: Graphviz dot's time / ours", small[0], None),
        ("the same 10: dot's crossings / ours", 1 / small[1], 1 / 1.2),
    ]
