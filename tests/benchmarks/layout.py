"""Time and crossings of the layout beside Graphviz's dot, where that is installed; it is never needed to run.

    python -m tests.benchmarks.layout [graphs]

Both draw the same graphs with the same boxes, and with a text at each edge, the local partial. dot's time is that of
its process, from the text to its JSON, with the curves of the edges, as ours has them; ours is that of `lay_out` in a
process that runs, as the window's worker does; both in seconds of the processor, which other programs disturb less.
dot is asked a second time without the texts, which is less work for it, and crossings are compared with the fewer of
the two; they are counted on the curves as they are drawn, by the same count. Exits with 1 where a target is missed:
kinds of about 1,000 operations at least 10 × as fast as `dot -Tjson` with at most 1.1 × its crossings and no box over
another; 20 to 100 nodes: each graph at most 1.2 × its crossings, or one more where there are fewer than five. Those
that are less than 10 × as fast as dot without the texts are named, too.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.calculus import layout
from explorer.calculus.layout import Drawing, lay_out
from explorer.calculus.tape import Tape, record
from explorer.language.parser import parse
from tests.language.algorithms import ALGORITHMS

WIDTH, HEIGHT = 96.0, 64.0
DOT_SECONDS = 120.0
ROUNDS = 3  # of the large graphs, ours just before and just after dot's without texts: the middle of the ratios counts
TIMES = 10  # as fast as dot
SAMPLES = 7  # straight pieces of a cubic; an odd number, or mirrored curves would cross where two pieces meet
PHASES = ("rounds_of", "layering", "in_order", "y_coordinates", "columns", "drawn_curves", "label_places", "inserted")

Edges = list[tuple[int, int]]
Line = list[tuple[float, float]]
Points = NDArray[np.float64]


def graph_of(source: str, point: float = 0.4) -> tuple[int, Edges]:
    """The graph of a text's tape, without output boxes."""
    program = parse(source)
    tape = record(program, [point + 0.01 * k for k in range(len(program.inputs))])
    return len(tape.ops), edges_of(tape)


def edges_of(tape: Tape) -> Edges:
    return [(e.parent, op.index) for op in tape.ops for e in op.edges]


def random_program(operations: int, inputs: int, seed: int) -> str:
    """An algorithm that goes round a list and mixes its entries, as a simulation does."""
    luck = random.Random(seed)
    names = ", ".join(f"x{k}" for k in range(inputs))
    lines = [f"def f({names}):", f"    a = [{names}]", f"    for i in range({operations // (3 * inputs)}):"]
    for k in range(inputs):
        a, b, c = (luck.randrange(inputs) for _ in range(3))
        lines.append(f"        a[{k}] = sin(a[{a}]*a[{b}]) + a[{c}]")
    lines.append("    return " + " + ".join(f"a[{k}]" for k in range(inputs)))
    return "\n".join(lines)


def rosenbrock(inputs: int) -> str:
    """The sum over neighbouring inputs, 9 operations a term."""
    names = ", ".join(f"x{k}" for k in range(inputs))
    return f"f({names}) = " + " + ".join(f"100*(x{k + 1} - x{k}^2)^2 + (1 - x{k})^2" for k in range(inputs - 1))


def network(width: int, depth: int) -> str:
    """tanh of weighted sums, layer after layer, of two inputs: all of a layer's units enter all of the next."""
    lines = ["def f(x, y):", *[f"    h0_{k} = tanh({k + 1}*x - {k + 2}*y)" for k in range(width)]]
    for layer in range(1, depth):
        for k in range(width):
            terms = " + ".join(f"{(j + k) % 5 - 1.5}*h{layer - 1}_{j}" for j in range(width))
            lines.append(f"    h{layer}_{k} = tanh({terms})")
    return "\n".join([*lines, "    return " + " + ".join(f"h{depth - 1}_{k}" for k in range(width))])


def any_earlier(nodes: int, inputs: int, seed: int) -> tuple[int, Edges]:
    """Operations that take any two earlier values: few layers, each very tall."""
    luck = random.Random(seed)
    return nodes, [(luck.randrange(node), node) for node in range(inputs, nodes) for _ in range(2)]


def random_graph(nodes: int, seed: int) -> tuple[int, Edges]:
    """Operations with one or two operands, most of them recent, as in an expression that shares its parts."""
    luck = random.Random(seed)
    inputs = luck.randint(2, 5)
    edges: Edges = []
    used: set[int] = set()
    for node in range(inputs, nodes):
        for _ in range(1 if luck.random() < 0.3 else 2):
            spare = [k for k in range(node) if k not in used]
            recent = spare[-4:] if spare and luck.random() < 0.6 else range(max(0, node - 12), node)
            operand = luck.choice(list(recent)) if luck.random() < 0.85 else luck.randrange(inputs)
            edges.append((operand, node))
            used.add(operand)
    return nodes, edges


def small_graphs(count: int) -> Iterator[tuple[str, tuple[int, Edges]]]:
    """So many random ones of 20 to 100 nodes, and those of the tests' algorithms that are of that size."""
    for seed in range(count):
        yield f"random {seed}", random_graph(20 + 2 * seed % 82, seed)
    for algorithm in ALGORITHMS:
        if algorithm.points:
            tape = record(parse(algorithm.text), algorithm.points[0])
            if 20 <= len(tape.ops) <= 100:
                yield algorithm.name[:24], (len(tape.ops), edges_of(tape))


def own_lines(drawing: Drawing) -> list[Line]:
    return [bezier(list(route.points)) for route in drawing.edges]


def bezier(points: list[tuple[float, float]]) -> Line:
    line = [points[0]]
    for k in range(0, len(points) - 1, 3):
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = points[k : k + 4]
        for step in range(1, SAMPLES + 1):
            t = step / SAMPLES
            u = 1 - t
            w = (u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t)
            line.append((w[0] * ax + w[1] * bx + w[2] * cx + w[3] * dx, w[0] * ay + w[1] * by + w[2] * cy + w[3] * dy))
    return line


def dot(nodes: int, edges: Edges, texts: bool = False) -> tuple[float, list[Line]] | None:
    """Seconds and curves of dot, to the tips of their arrows, None where it takes too long.

    With `texts` it finds room for one at each edge.
    """
    box = f"node [shape=box fixedsize=true width={WIDTH / 72:.3f} height={HEIGHT / 72:.3f}];"
    text = ["digraph {rankdir=LR; " + box]
    if texts:
        text.append('edge [fontsize=10 label="-0.000123"];')
    text += [f"n{k};" for k in range(nodes)]
    text += [f"n{a} -> n{b};" for a, b in edges]
    start = children_seconds()
    try:
        done = subprocess.run(
            ["dot", "-Tjson"], input="\n".join([*text, "}"]), capture_output=True, text=True, timeout=DOT_SECONDS
        )
    except subprocess.TimeoutExpired:
        return None
    seconds = children_seconds() - start
    lines = []
    for edge in json.loads(done.stdout).get("edges", []):
        points = next(item["points"] for item in edge["_draw_"] if item["op"] in "bB")
        tip = next(item["points"] for item in edge["_hdraw_"] if item["op"] in "pP")[1]  # a triangle: side, tip, side
        lines.append([*bezier([(x, y) for x, y in points]), (tip[0], tip[1])])
    return seconds, lines


def children_seconds() -> float:
    """The processor's time of all processes that were run from here."""
    spent = os.times()
    return spent.children_user + spent.children_system


def crossings(lines: list[Line]) -> int:
    """How often different curves cross, in cells; curves that touch or share a part of their way are looked at anew."""
    cell = 60.0
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)
    segments = []
    for number, line in enumerate(lines):
        for (ax, ay), (bx, by) in pairwise(line):
            if (ax, ay) != (bx, by):
                index = len(segments)
                segments.append((number, ax, ay, bx, by))
                for i in range(int(min(ax, bx) // cell), int(max(ax, bx) // cell) + 1):
                    for j in range(int(min(ay, by) // cell), int(max(ay, by) // cell) + 1):
                        cells[i, j].append(index)
    found: set[tuple[int, int]] = set()
    touching: set[tuple[int, int]] = set()
    for inside in cells.values():
        for place, one in enumerate(inside):
            number, ax, ay, bx, by = segments[one]
            left, right, low, high = min(ax, bx), max(ax, bx), min(ay, by), max(ay, by)
            for other in inside[place + 1 :]:
                rival, cx, cy, dx, dy = segments[other]
                if number == rival or max(cx, dx) < left or min(cx, dx) > right:
                    continue
                if max(cy, dy) < low or min(cy, dy) > high:
                    continue
                d1 = side((ax, ay, bx, by), cx, cy)
                d2 = side((ax, ay, bx, by), dx, dy)
                d3 = side((cx, cy, dx, dy), ax, ay)
                d4 = side((cx, cy, dx, dy), bx, by)
                if d1 * d2 < 0 and d3 * d4 < 0:
                    found.add((one, other))
                elif d1 * d2 <= 0 and d3 * d4 <= 0:
                    touching.add((number, rival))
    clear = sum((segments[one][0], segments[other][0]) not in touching for one, other in found)
    return clear + sum(crossings_of_two(lines[one], lines[other]) for one, other in touching)


def crossings_of_two(one: Line, other: Line) -> int:
    """How often two curves cross that touch somewhere: the fewest when one is moved by a hair in any direction.

    So a crossing counts where both have a joint, and it does not count that they leave or arrive together.
    """
    c, d = np.array(other[:-1]), np.array(other[1:])
    counts = []
    for dx, dy in ((0.013, 0.0371), (-0.013, 0.0371), (0.013, -0.0371), (-0.013, -0.0371)):
        moved = np.array(one) + np.array((dx, dy))
        a, b = moved[:-1, None], moved[1:, None]
        counts.append(int(((area(a, b, c) * area(a, b, d) < 0) & (area(c, d, a) * area(c, d, b) < 0)).sum()))
    return min(counts)


def area(a: Points, b: Points, c: Points) -> Points:
    """Twice the area of the triangle, negative when it is walked clockwise."""
    product: Points = (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (
        c[..., 0] - a[..., 0]
    )
    return product


def side(line: tuple[float, float, float, float], x: float, y: float) -> int:
    """On which side of the line a point lies, 0 on it."""
    ax, ay, bx, by = line
    twice = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
    return 0 if abs(twice) < 1e-6 * (abs(bx - ax) + abs(by - ay)) else 1 if twice > 0 else -1


def overlapping(drawing: Drawing) -> int:
    """Pairs of boxes that touch."""
    boxes = sorted(drawing.nodes, key=lambda p: p.x)
    count = 0
    for place, a in enumerate(boxes):
        for b in boxes[place + 1 :]:
            if b.x - a.x >= (a.width + b.width) / 2:
                break
            count += abs(a.y - b.y) < (a.height + b.height) / 2
    return count


def phases(sizes: list[tuple[float, float]], edges: Edges) -> str:
    """Milliseconds of each phase of the layout."""
    spent: dict[str, float] = {}

    def timed(name: str, phase: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **named: Any) -> Any:
            start = time.process_time()
            result = phase(*args, **named)
            spent[name] = spent.get(name, 0.0) + time.process_time() - start
            return result

        return run

    plain = {name: getattr(layout, name) for name in PHASES}
    try:
        for name, phase in plain.items():
            setattr(layout, name, timed(name, phase))
        lay_out(sizes, edges)
    finally:
        for name, phase in plain.items():
            setattr(layout, name, phase)
    return ", ".join(f"{name.replace('_', ' ')} {s * 1000:.0f}" for name, s in spent.items())


def _timed(sizes: list[tuple[float, float]], edges: Edges) -> tuple[float, Drawing]:
    start = time.process_time()
    drawing = lay_out(sizes, edges)
    return time.process_time() - start, drawing


@dataclass(frozen=True)
class Compared:
    """How many times as fast as dot ours is, with texts and without, the crossings of both, boxes over one another."""

    with_texts: float
    without: float
    own: int
    theirs: int
    over: int


def compare(name: str, nodes: int, edges: Edges, rounds: int = 1) -> Compared:
    """Both on a graph, printed in a line; in one of several `rounds` dot is asked for the texts as well."""
    sizes = [(WIDTH, HEIGHT)] * nodes
    times: list[tuple[float, float]] = []  # ours and dot's, by round
    theirs = []
    for _ in range(rounds):
        before, drawing = _timed(sizes, edges)
        result = dot(nodes, edges)
        after, drawing = _timed(sizes, edges)
        times.append(((before + after) / 2, DOT_SECONDS if result is None else result[0]))
        if result is None:
            break
        theirs = [crossings(result[1])]
    own_seconds, seconds = sorted(times, key=lambda pair: pair[1] / pair[0])[len(times) // 2]
    texts_seconds = seconds
    if rounds > 1:
        result = dot(nodes, edges, texts=True)
        texts_seconds = DOT_SECONDS if result is None else result[0]
        theirs += [] if result is None else [crossings(result[1])]
    own, fewest = crossings(own_lines(drawing)), min(theirs, default=-1)
    over = overlapping(drawing)
    print(
        f"{name:24} {nodes:5} nodes {len(edges):5} edges   ours {own_seconds * 1000:7.0f} ms {own:6}   "
        f"dot {seconds * 1000:8.0f} ms {fewest:6}   {seconds / own_seconds:6.1f} × as fast, "
        f"{own / fewest if fewest > 0 else float(own):5.2f} × the crossings, {over} boxes overlap",
        flush=True,
    )
    if rounds > 1:
        print(f"    dot with texts {texts_seconds * 1000:.0f} ms: {texts_seconds / own_seconds:.1f} × as fast")
        print(f"    {phases(sizes, edges)}", flush=True)
    return Compared(texts_seconds / own_seconds, seconds / own_seconds, own, fewest, over)


def main() -> int:
    if shutil.which("dot") is None:
        print("dot is not installed: nothing to compare with.")
        return 0
    failures, slower = [], []
    for name, (nodes, edges) in (
        ("program", graph_of(random_program(1000, 6, 1))),
        ("dense program", graph_of(random_program(1000, 12, 2))),
        ("narrow program", graph_of(random_program(1000, 3, 11))),
        ("logistic map", graph_of("def f(x):\n    for i in range(333):\n        x = 4*x*(1-x)\n    return x")),
        ("Rosenbrock", graph_of(rosenbrock(112))),
        ("network, 8 × 8", graph_of(network(8, 8))),
        ("network, 4 × 12", graph_of(network(12, 4))),
        ("any earlier values", any_earlier(1000, 10, 1)),
    ):
        both = compare(name, nodes, edges, ROUNDS)
        if (
            both.over
            or both.with_texts < TIMES
            or (both.theirs >= 0 and both.own > max(1.1 * both.theirs, both.theirs + 1))
        ):
            failures.append(name)
        if both.without < TIMES:
            slower.append(f"{name} ({both.without:.1f})")
    total = [0, 0]
    worse = []
    for name, (nodes, edges) in small_graphs(int(sys.argv[1]) if len(sys.argv) > 1 else 40):
        both = compare(name, nodes, edges)
        total[0] += both.own
        total[1] += both.theirs
        if both.own > max(1.2 * both.theirs, both.theirs + 1):
            worse.append(name)
        if both.over:
            failures.append(name)
    print(f"20 to 100 nodes together: {total[0]} crossings, dot {total[1]}; more than 1.2 × in {len(worse)} graphs")
    failures += worse
    if slower:
        print(f"less than {TIMES} × as fast as dot without the texts: " + ", ".join(slower))
    print("missed: " + ", ".join(failures) if failures else "all targets met")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
