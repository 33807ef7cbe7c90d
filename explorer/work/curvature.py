"""Answers what a point's curvature says about a rule there, and where the stationary points are."""

from __future__ import annotations

import math
from collections.abc import Iterator

from explorer.language.program import ExplorerError
from explorer.optimize.analysis import contraction, curvature, optimal, stable_rate, stationary_points
from explorer.optimize.data_objective import DataObjective, gradient_noise
from explorer.optimize.rules.rule import GradientRule
from explorer.work.task import asked_rule, numbers, task, whole
from explorer.work.wire import Message

MOST_INPUTS = 200  # eigenvalues of a Hessian: each column is one more sweep


def answers(ask: Message) -> Iterator[Message]:
    """{"eigenvalues", "vectors", "condition", "stable_rate", "kind", …}; on data {"noise": …} beside."""
    about = task(ask, squares_allowed=True)
    if len(about.names) > MOST_INPUTS:
        raise ExplorerError(f"Second derivatives are taken of at most {MOST_INPUTS} inputs.", kind="limit")
    if not about.names:
        raise ExplorerError("A constant has no curvature.", kind="domain")
    bend = curvature(about.objective, about.start)
    rule = asked_rule(ask)
    known = all(map(math.isfinite, bend.eigenvalues))
    rate = rule.settings().get("rate")
    limit = stable_rate(rule, bend.eigenvalues[-1]) if known else None
    convex = known and bend.eigenvalues[0] > 0
    yield {
        "names": list(about.names),
        "eigenvalues": list(bend.eigenvalues),
        "vectors": [list(vector) for vector in bend.vectors],
        "norm": bend.norm,
        "condition": bend.condition if known else None,
        "gd_limit": bend.stable_rate if known else None,
        "limit": limit,
        "rate": rate if isinstance(rule, GradientRule) else None,
        "factor": contraction(rule, bend.eigenvalues, float(rate)) if convex and rate is not None else None,
        "optimal": optimal(bend.eigenvalues) if convex else None,
        "kind": bend.kind if known else "",
        "label": about.label,
    }
    if isinstance(about.objective, DataObjective):
        import numpy as np

        noise = gradient_noise(about.objective, np.array(about.start), whole(ask.get("seed", 0), "seed"))
        yield {
            "noise": {
                "norm": noise.norm,
                "spread": noise.spread,
                "scale": noise.scale,
                "batches": list(noise.batches),
                "predicted": list(noise.predicted),
                "measured": list(noise.measured),
                "draws": noise.draws,
            }
        }


def stationary_answers(ask: Message) -> Iterator[Message]:
    """{"points": [{"x", "f", "kind", "eigenvalues"}, …]}, the lowest first, within `lows` and `highs`."""
    about = task(ask, squares_allowed=True)
    n = len(about.names)
    found = stationary_points(about.objective, numbers(ask["lows"], n), numbers(ask["highs"], n))
    yield {
        "points": [
            {
                "x": dict(zip(about.names, p.x, strict=True)),
                "f": p.f,
                "kind": p.kind,
                "eigenvalues": list(p.eigenvalues),
            }
            for p in found
        ]
    }
