"""The numbers of a spec as arrays."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np


def array(value: Any) -> np.ndarray:
    """The float64 array of a list (numbers, or "nan", "inf", "-inf", null as NaN) or of base64 little-endian float64.

    The second is {"float64": "...", "shape": [...]}; its shape is optional. ValueError where it is neither.
    """
    if isinstance(value, dict):
        flat = np.frombuffer(base64.b64decode(value["float64"], validate=True), dtype="<f8")
        return flat.reshape(value["shape"]) if "shape" in value else flat
    return np.asarray(value, dtype=np.float64)
