"""Schedules: the factor on a rule's rate, step by step. Pure functions of the step, so that a run can be replayed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from explorer.language.program import ExplorerError

# name → (words, what it is, with its source)
SCHEDULES: Mapping[str, str] = {
    "constant": "the rate stays",
    "step": "×γ every T steps (torch StepLR)",
    "cosine": "half a cosine wave from 1 down to γ in T steps (Loshchilov & Hutter 2017)",
    "restarts": "cosine from 1 to γ, begun again after T, 2T, 4T … steps (SGDR, Loshchilov & Hutter 2017)",
    "inverse": "1 / (1 + γ t) (Robbins & Monro 1951)",
}


@dataclass(frozen=True, slots=True)
class Schedule:
    """kind: a name in SCHEDULES; period T in steps; gamma γ as the kind's words say."""

    kind: str = "constant"
    period: int = 50
    gamma: float = 0.1

    def __post_init__(self) -> None:
        if self.kind not in SCHEDULES:
            raise ExplorerError(
                f"There is no schedule “{self.kind}”; the schedules: {', '.join(SCHEDULES)}.", kind="name"
            )
        if isinstance(self.period, bool) or not isinstance(self.period, int) or not 1 <= self.period <= 10**9:
            raise ExplorerError("The period of a schedule must be a whole number of at least 1.", kind="domain")
        if not 0 <= self.gamma < math.inf:
            raise ExplorerError("The factor γ of a schedule must be a finite number of at least 0.", kind="domain")

    def factor(self, step: int) -> float:
        """What the rate is multiplied by in the step number `step`, from 0."""
        match self.kind:
            case "step":
                return self.gamma ** (step // self.period)
            case "cosine":
                return self._wave(min(step / self.period, 1.0))
            case "restarts":
                done, length = step, self.period
                while done >= length:
                    done, length = done - length, 2 * length
                return self._wave(done / length)
            case "inverse":
                return 1 / (1 + self.gamma * step)
        return 1.0

    def _wave(self, part: float) -> float:
        return self.gamma + (1 - self.gamma) * 0.5 * (1 + math.cos(math.pi * part))


CONSTANT = Schedule()
