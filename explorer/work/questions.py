"""What can be asked of a worker, one function a question: each makes the message that crosses the wall.

Importing this costs nothing: the window asks without loading what computes. Who answers is listed in
__main__.table. Each may also carry
"limits": {name: number}, where its runs are stopped other than usual.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from explorer.work.wire import Message

Point = Mapping[str, float]

STEPS_A_DECADE, STEP_DECADES = 12, 17  # down to where every step vanishes beside 1
# The grid of difference steps in units, increasing: 1, 1.2, 1.5, 1.8 …, so that a step is what is read of it.
STEPS = tuple(
    float(f"{10.0 ** (k / STEPS_A_DECADE - STEP_DECADES):.1e}") for k in range(STEP_DECADES * STEPS_A_DECADE + 1)
)


def step_place(step: float) -> int:
    """The place in the grid that is nearest to a step in units."""
    return min(max(round((math.log10(step) + STEP_DECADES) * STEPS_A_DECADE), 0), len(STEPS) - 1)


def symbolic(
    source: str,
    at: Point,
    what: str = "jacobian",
    by: Sequence[str] | None = None,
    output: int = 0,
    drawn: int | None = None,
    shared: bool = False,
    matrix: bool = False,
) -> Message:
    """SymPy's derivatives entry by entry, then the sizes.

    what: "jacobian" or "hessian" by the inputs `by` (None: all), or "partial", one derivative by each of `by` in turn.
    output: the number of the output, for all but the Jacobian. drawn: nodes of an entry that are typeset, None for what
    is quickly done. shared: give names to parts that occur more than once. matrix: what is copied of several rows is
    one matrix.
    """
    return {
        "ask": "symbolic",
        "source": source,
        "at": dict(at),
        "what": what,
        "by": None if by is None else list(by),
        "output": output,
        "drawn": drawn,
        "matrix": matrix,
        "shared": shared,
    }


def swell(source: str, at: Point, family: str, last: int, seconds: float, by: str = "") -> Message:
    """A family's sizes for n from 1 to `last`, begun within so many seconds.

    source, at and the input `by` (the first for "") are for the families of one's own f. family: "composed",
    "derivatives", "logistic", "sines", "product", "determinant", "network".
    """
    return {
        "ask": "swell",
        "source": source,
        "at": dict(at),
        "family": family,
        "last": last,
        "seconds": seconds,
        "by": by,
    }


def symbolic_text(derivatives: Message, form: str) -> Message:
    """What a question of `symbolic` asks for, as a text to be copied: form "latex", "text" or "python"."""
    return {**derivatives, "ask": "symbolic_text", "form": form}


def symbolic_steps(source: str, at: Point, output: int, input_: str) -> Message:
    """The steps of one first derivative, rule by rule."""
    return {"ask": "symbolic_steps", "source": source, "at": dict(at), "output": output, "by": [input_]}


def symbolic_graph(source: str, at: Point, output: int, input_: str, view: str) -> Message:
    """One first derivative as a graph, `view` "tree", "shared" or "cse", and whether AD's trace is the same graph."""
    return {"ask": "symbolic_graph", "source": source, "at": dict(at), "output": output, "by": [input_], "view": view}


def symbolic_form(source: str, at: Point, output: int, input_: str, form: str) -> Message:
    """One first derivative in one form: "differentiated", "simplified", "factored", "expanded", "horner", "cse"."""
    return {"ask": "symbolic_form", "source": source, "at": dict(at), "output": output, "by": [input_], "form": form}


def differences(source: str, at: Point, output: int, input_: str, options: Mapping[str, object] = {}) -> Message:
    """All schemes and their errors against the step for one output and input, and the parts that are asked for.

    options: parts (of secant, digits, tableau, precision, plane, taylor), derivative (1 or 2), scheme (whose digits,
    precisions), step (in units, to stand in the grid in place of the nearest), custom (offsets as typed), unit and
    scale (what a step of 1 means: "absolute", "relative", "both" or "own", which is `scale`), second (the other input
    of the plane), along ("gradient", or else the direction that is given), direction (input → number), planted (input
    → factor on its partial).
    """
    return {**options, "ask": "differences", "source": source, "at": dict(at), "output": output, "input": input_}


def graph(
    source: str,
    at: Point,
    *,
    mode: str = "reverse",
    seed: Point | None = None,
    weights: Sequence[float] = (),
    tree: bool = False,
    folds: Sequence[str] = (),
    fold_long: bool = False,
    known: str = "",
    naming: str = "inputs",
    wide: bool = False,
) -> Message:
    """The tape as a drawing with the film of a sweep: "forward", "reverse" or "second" (forward-over-reverse).

    seed: input → tangent; weights: one an output. tree: shared nodes are drawn once for each of their uses. folds: the
    keys of the parts that are drawn as one node each; fold_long: where there are none, and the graph is long, its loops
    are. known: the key of the drawing that need not be sent again.
    naming: "inputs" (x1, x2, v1) or "papers" (v₋₁, v₀, v₁). wide: nodes have room for 17 digits.
    """
    return {
        "ask": "graph",
        "source": source,
        "at": dict(at),
        "mode": mode,
        "seed": dict(seed or {}),
        "weights": list(weights),
        "tree": tree,
        "folds": list(folds),
        "fold_long": fold_long,
        "known": known,
        "naming": naming,
        "wide": wide,
    }


def sheet(name: str, source: str, at: Point, **options: object) -> Message:
    """What a sheet below the graph shows: "jacobian" (mode, output), "loops" (seed, weights), "calls" (weights),
    "adjoint", "memory" (strategy, snapshots), "paths" (op, output) or "nested" (inner, x, y, share), with the options
    of that sheet."""
    return {"ask": "sheet", "sheet": name, "source": source, "at": dict(at), **options}


def verdict(source: str, at: Point) -> Message:
    """The four engines side by side: the quick ones first, then SymPy's numbers."""
    return {"ask": "verdict", "source": source, "at": dict(at)}


def landscape(
    source: str,
    axes: Sequence[str],
    centre: Point,
    lows: Sequence[float],
    highs: Sequence[float],
    objective: Mapping[str, Any] | None = None,
    directions: Sequence[Sequence[float]] = (),
) -> Message:
    """The objective on a grid over one or two inputs, the others held at `centre`; or along directions through it."""
    return {
        "ask": "landscape",
        "source": source,
        "at": dict(centre),
        "axes": list(axes),
        "lows": list(lows),
        "highs": list(highs),
        "objective": dict(objective or {}),
        "directions": [list(direction) for direction in directions],
    }


def runs(source: str, objective: Mapping[str, Any], seed: int, asked: Sequence[Mapping[str, Any]], box: Any) -> Message:
    """Runs that take turns, each {"at": start, "legs": […]} (see work.task); they come in blocks of columns."""
    return {
        "ask": "runs",
        "source": source,
        "objective": dict(objective),
        "seed": seed,
        "runs": [dict(run) for run in asked],
        "box": box,
    }


def principal(source: str, objective: Mapping[str, Any], seed: int, asked: Sequence[Mapping[str, Any]]) -> Message:
    """The plane in which the paths of these runs lie best."""
    return {**runs(source, objective, seed, asked, None), "ask": "principal"}


def optimizer(ask: str, source: str, at: Point, objective: Mapping[str, Any], **options: Any) -> Message:
    """ "compare", "map", "fit", "curvature" or "stationary", with the options that its module in `work` names."""
    return {"ask": ask, "source": source, "at": dict(at), "objective": dict(objective), **options}


def descent(
    source: str, start: Point, rule: str, settings: Mapping[str, float | bool | str], steps: int, batch: int = 0
) -> Message:
    """A rule run from a start: iterates in parts, then why it stopped. batch: 0, all data, for a formula has none."""
    return {
        "ask": "descent",
        "source": source,
        "at": dict(start),
        "rule": rule,
        "settings": dict(settings),
        "steps": steps,
        "batch": batch,
    }


def report(source: str, at: Point, seed: Point | None, order: int, panels: Sequence[str] | None) -> Message:
    """One whole analysis in parts, the cheap ones first; `panels` restricts the work."""
    return {
        "ask": "report",
        "source": source,
        "at": dict(at),
        "seed": None if seed is None else dict(seed),
        "order": order,
        "panels": None if panels is None else list(panels),
    }


def export(source: str, to: str, output: int | None = None) -> Message:
    """A program with its derivatives as a module that stands alone: {"text", "title"}; `to`: see work.export.

    output: of several the one whose gradient is wanted, from 0; None: all, with the Jacobian.
    """
    return {"ask": "export", "source": source, "to": to, "output": output}
