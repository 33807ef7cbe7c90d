"""Answers what a model says at some parameters, as a picture of its data shows it."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import numpy as np

from explorer.language.program import ExplorerError
from explorer.optimize.fit import SIDE, fit, limits
from explorer.work.task import packed, task
from explorer.work.wire import Message


def answers(ask: Message) -> Iterator[Message]:
    """Where `points` are asked for {"features", "target", "limits", "points", "units"}; then the fit.

    That is {"x", "curve"}, or {"side", "shades", "boundary", "hidden", "right"}: shades are bytes row by row from the
    top, 255 where the model is sure of class 1; boundary and hidden are segments of four numbers each.
    """
    about = task(ask)
    data = about.data
    if data is None:
        raise ExplorerError("A fit is that of a model to data.", kind="request")
    found = fit(data, dict(zip(about.names, about.start, strict=True)))
    if ask.get("points"):
        columns = [packed(data.columns[name]) for name in (*data.features, data.target)]
        yield {
            "features": list(data.features),
            "target": data.target,
            "limits": limits(data),
            "points": columns,
            "units": len(found.hidden),
        }
    if found.right is None:
        yield {"x": packed(found.x), "curve": packed(found.values)}
        return
    with np.errstate(over="ignore"):
        probability = 1 / (1 + np.exp(-found.values[::-1]))
    shades = np.nan_to_num(255 * probability, nan=127.5).round().astype(np.uint8)
    yield {
        "side": SIDE,
        "shades": base64.b64encode(shades.tobytes()).decode("ascii"),
        "boundary": packed(found.boundary),
        "hidden": [packed(unit) for unit in found.hidden],
        "right": found.right,
    }
