"""The rules that look for their next point: Polyak's step, line searches, conjugate gradients, quasi-Newton, Newton.

Own implementations of the textbook algorithms: each step is shown with its numbers, taken back and branched, while
SciPy's run to their end. [N&W] is Nocedal & Wright, Numerical Optimization, 2nd ed. 2006. In a formula ∇²f is the
matrix of second derivatives, s the last Δx, y the last change of the gradient, a the step length.

Longer than 300 lines, as the other table of rules: they read best side by side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from explorer.language.program import ExplorerError
from explorer.optimize.rules.line_search import SEARCHES, dot, search
from explorer.optimize.rules.rule import (
    POSITIVE,
    SWITCH,
    Ground,
    Interval,
    SearchRule,
    Spot,
    Stall,
    about,
)

if TYPE_CHECKING:
    from explorer.optimize.rules.rule import Array

_FIRST = about("a₀", "rate", POSITIVE, "The step length that is tried first; without a search, the one that is taken.")
_SEARCH = about(
    "a",
    "line search",
    SWITCH,
    "wolfe: low enough and flat enough. armijo: low enough. none: the rate itself.",
    SEARCHES,
)
_CURVATURE = about("c₂", "flatness c₂", Interval(0.0, 1.0, True, True), "Wolfe: how much of the slope may be left.")
_RELAXATION = about("η", "rate", Interval(0.0, 2.0, True, True), "1 is Polyak's step; it converges below 2.")
_LOWEST = about("f*", "lowest value f*", Interval(-math.inf, math.inf), "The minimum of f, which this step must know.")
_BETA_FORM = about(
    "β",
    "form of β",
    SWITCH,
    "How the last direction is weighed; polak-ribiere is kept at 0 and above, which restarts by itself.",
    ("polak-ribiere", "fletcher-reeves", "hestenes-stiefel"),
)
_HISTORY = about("m", "pairs kept", Interval(1.0, 1000.0), "How many of the last (s, y) stand for the curvature.")
_ABSOLUTE = about(
    "|λ|",
    "|eigenvalues|",
    SWITCH,
    "Yes: with |λ| of ∇²f, so that saddles and maxima repel. No: Newton's own step, which they attract.",
)
_DAMPING = about("τ", "damping τ", POSITIVE, "The first damping, relative to the largest entry of JᵀJ's diagonal.")

# A pair (s, y) with less curvature than this part of |s||y| says nothing but rounding: it is left out.
_LEAST_CURVATURE = 1e-10


class Searched(NamedTuple):
    """a: the step length taken; d: the direction; 0 before the first step."""

    a: float
    d: Array


class Pairs(NamedTuple):
    """The same with the pairs (s, y), the newest last."""

    a: float
    d: Array
    pairs: tuple[tuple[Array, Array], ...]


class InverseHessian(NamedTuple):
    """The same with H, which stands for (∇²f)⁻¹; None before the first step: the unit matrix."""

    a: float
    d: Array
    H: Array | None


class Damped(NamedTuple):
    """mu: the damping μ for the next step, 0 before the first; nu: by what it grows if a step is refused."""

    mu: float
    nu: float


@dataclass(frozen=True)
class Polyak(SearchRule[Searched]):
    """Polyak's step for a known lowest value (Polyak 1969), with his relaxation.

    Δx = −η (f − f*) / |g|² · g.
    """

    name: ClassVar[str] = "polyak"
    title: ClassVar[str] = "Polyak's step"
    formula: ClassVar[str] = "a = (f − f*) / |g|²\nΔx = −ηa g"
    source: ClassVar[str] = "Polyak 1969; needs the lowest value f*"

    rate: float = field(default=1.0, metadata=_RELAXATION)
    lowest: float = field(default=0.0, metadata=_LOWEST)

    def start(self, x: Array) -> Searched:
        return Searched(0.0, x - x)

    def advance(self, spot: Spot, memory: Searched, ground: Ground) -> tuple[Spot, Searched]:
        if spot.f < self.lowest:
            raise Stall(f"the loss {spot.f:.6g} is below the lowest value f* = {self.lowest:.6g} that was given")
        a = self.rate * (spot.f - self.lowest) / dot(spot.g, spot.g)
        return ground.at(spot.x - a * spot.g), Searched(a, -spot.g)


@dataclass(frozen=True)
class SteepestDescent(SearchRule[Searched]):
    """Gradient descent with a line search ([N&W] chapter 3); each search begins at twice the last step length.

    Δx = −a g with a from the search.
    """

    name: ClassVar[str] = "steepest"
    title: ClassVar[str] = "Steepest descent with a line search"
    formula: ClassVar[str] = "Δx = −a g,  a from a line search"
    source: ClassVar[str] = "Nocedal & Wright 2006, chapter 3"

    rate: float = field(default=1.0, metadata=_FIRST)
    search: str = field(default="armijo", metadata=_SEARCH)
    curvature: float = field(default=0.9, metadata=_CURVATURE)

    def start(self, x: Array) -> Searched:
        return Searched(0.0, x - x)

    def advance(self, spot: Spot, memory: Searched, ground: Ground) -> tuple[Spot, Searched]:
        first = self.rate if self.search == "none" or not memory.a else 2 * memory.a
        found = search(self.search, ground, spot, -spot.g, first, self.curvature)
        return found.spot, Searched(found.a, -spot.g)


@dataclass(frozen=True)
class ConjugateGradient(SearchRule[Pairs]):
    """Non-linear conjugate gradients: Polak–Ribière+, Fletcher–Reeves, Hestenes–Stiefel ([N&W] section 5.2).

    d ← −g + βd,  Δx = a d; y is the change of g since the last step. PR⁺: β = max(0, g·y / |g_last|²);
    FR: |g|²/|g_last|²; HS: g·y / d·y. A direction that does not lead downwards is replaced by −g.
    """

    name: ClassVar[str] = "cg"
    title: ClassVar[str] = "Conjugate gradients"
    formula: ClassVar[str] = "β = max(0, g·y / |g₋|²)\nd ← −g + βd,  Δx = a d"
    source: ClassVar[str] = "Polak & Ribière 1969 with Powell's restart; Nocedal & Wright 2006, section 5.2"

    rate: float = field(default=1.0, metadata=_FIRST)
    form: str = field(default="polak-ribiere", metadata=_BETA_FORM)
    search: str = field(default="wolfe", metadata=_SEARCH)
    # [N&W]: conjugacy suffers from sloppy searches, 0.1 instead of the 0.9 that suits quasi-Newton.
    curvature: float = field(default=0.1, metadata=_CURVATURE)

    @property
    def written(self) -> str:
        beta = {"fletcher-reeves": "|g|² / |g₋|²", "hestenes-stiefel": "g·y / d·y"}.get(self.form)
        return f"β = {beta}\nd ← −g + βd,  Δx = a d" if beta else self.formula

    def start(self, x: Array) -> Pairs:
        return Pairs(0.0, x - x, ())

    def advance(self, spot: Spot, memory: Pairs, ground: Ground) -> tuple[Spot, Pairs]:
        direction, first = -spot.g, min(1.0, 1.0 / _length(spot.g)) * self.rate
        if memory.a:
            ((_, last),) = memory.pairs  # the gradient before this one
            direction = direction + self._beta(spot.g, last, memory.d) * memory.d
            if not dot(spot.g, direction) < 0:
                direction = -spot.g
            # The first-order change is taken to be that of the last step ([N&W] section 3.5).
            first = memory.a * dot(last, memory.d) / dot(spot.g, direction)
        if self.search == "none":
            first = self.rate
        found = search(self.search, ground, spot, direction, first, self.curvature)
        return found.spot, Pairs(found.a, direction, ((found.spot.x - spot.x, spot.g),))

    def _beta(self, g: Array, last: Array, d: Array) -> float:
        y = g - last
        if self.form == "fletcher-reeves":
            return dot(g, g) / dot(last, last)
        if self.form == "hestenes-stiefel":
            along = dot(d, y)
            return dot(g, y) / along if along else 0.0
        return max(0.0, dot(g, y) / dot(last, last))

    def entries(self, memory: Pairs) -> tuple[tuple[str, Any], ...]:
        return (("a", memory.a), ("d", memory.d))


@dataclass(frozen=True)
class LBFGS(SearchRule[Pairs]):
    """Limited-memory BFGS, the two-loop recursion with γ = s·y/y·y (Liu & Nocedal 1989; [N&W] algorithm 7.4).

    d = −Hg with H from the last m pairs (s, y),  Δx = a d. Without a search it takes the steps of torch.optim.LBFGS
    with line_search_fn=None: the first is min(1, 1/|g|₁)·rate long.
    """

    name: ClassVar[str] = "lbfgs"
    title: ClassVar[str] = "L-BFGS"
    formula: ClassVar[str] = "d = −H g,  H from the last m pairs (s, y)\nΔx = a d"
    source: ClassVar[str] = "Liu & Nocedal 1989; without a search as torch.optim.LBFGS"

    rate: float = field(default=1.0, metadata=_FIRST)
    history: float = field(default=10.0, metadata=_HISTORY)
    search: str = field(default="wolfe", metadata=_SEARCH)
    curvature: float = field(default=0.9, metadata=_CURVATURE)

    def start(self, x: Array) -> Pairs:
        return Pairs(0.0, x - x, ())

    def advance(self, spot: Spot, memory: Pairs, ground: Ground) -> tuple[Spot, Pairs]:
        direction, first = -spot.g, self.rate
        if not memory.pairs:
            first *= min(1.0, 1.0 / float(abs(spot.g).sum()))
        else:
            direction = -_two_loops(spot.g, memory.pairs)
        found = search(self.search, ground, spot, direction, first, self.curvature)
        s, y = found.spot.x - spot.x, found.spot.g - spot.g
        pairs = memory.pairs
        if _curved(s, y):
            pairs = (*pairs, (s, y))[-int(self.history) :]
        return found.spot, Pairs(found.a, direction, pairs)

    def entries(self, memory: Pairs) -> tuple[tuple[str, Any], ...]:
        return (("a", memory.a), ("d", memory.d), ("pairs", float(len(memory.pairs))))


@dataclass(frozen=True)
class BFGS(SearchRule[InverseHessian]):
    """BFGS on the inverse Hessian, first scaled by s·y/y·y ([N&W] algorithm 6.1 and equation 6.20).

    d = −Hg,  Δx = a d,  H ← (1 − ρsyᵀ) H (1 − ρysᵀ) + ρssᵀ with ρ = 1/(y·s).
    """

    name: ClassVar[str] = "bfgs"
    title: ClassVar[str] = "BFGS"
    formula: ClassVar[str] = "Δx = −a H g\nH ← (1 − ρsyᵀ) H (1 − ρysᵀ) + ρssᵀ,  ρ = 1/(y·s)"
    source: ClassVar[str] = "Broyden, Fletcher, Goldfarb & Shanno 1970; Nocedal & Wright 2006, algorithm 6.1"

    rate: float = field(default=1.0, metadata=_FIRST)
    search: str = field(default="wolfe", metadata=_SEARCH)
    curvature: float = field(default=0.9, metadata=_CURVATURE)

    def start(self, x: Array) -> InverseHessian:
        return InverseHessian(0.0, x - x, None)

    def advance(self, spot: Spot, memory: InverseHessian, ground: Ground) -> tuple[Spot, InverseHessian]:
        inverse, direction, first = memory.H, -spot.g, self.rate
        if inverse is None:
            first *= min(1.0, 1.0 / _length(spot.g))
        else:
            direction = -(inverse @ spot.g)
        found = search(self.search, ground, spot, direction, first, self.curvature)
        s, y = found.spot.x - spot.x, found.spot.g - spot.g
        if _curved(s, y):
            if inverse is None:
                inverse = dot(s, y) / dot(y, y) * ground.identity(len(s))
            inverse = _updated(inverse, s, y)
        return found.spot, InverseHessian(found.a, direction, inverse)

    def entries(self, memory: InverseHessian) -> tuple[tuple[str, Any], ...]:
        shown = (("a", memory.a), ("d", memory.d))
        return shown if memory.H is None else (*shown, ("H", memory.H.ravel()))


@dataclass(frozen=True)
class Newton(SearchRule[Searched]):
    """Newton's method, with |λ| for the Hessian's eigenvalues λ or plain ([N&W] chapter 3; Dauphin et al. 2014).

    Δx = −a |∇²f|⁻¹ g, which saddles and maxima repel; plain, Δx = −a (∇²f)⁻¹ g, which they attract. Where a plain
    direction does not lead downwards, a search cannot be used, and a = rate.
    """

    name: ClassVar[str] = "newton"
    title: ClassVar[str] = "Newton's method"
    formula: ClassVar[str] = "Δx = −a |∇²f|⁻¹ g"
    source: ClassVar[str] = "Nocedal & Wright 2006, chapter 3; |λ| as in Dauphin et al. 2014"

    rate: float = field(default=1.0, metadata=_FIRST)
    absolute: bool = field(default=True, metadata=_ABSOLUTE)
    search: str = field(default="armijo", metadata=_SEARCH)
    curvature: float = field(default=0.9, metadata=_CURVATURE)

    @property
    def written(self) -> str:
        return self.formula if self.absolute else "Δx = −a (∇²f)⁻¹ g"

    def start(self, x: Array) -> Searched:
        return Searched(0.0, x - x)

    def advance(self, spot: Spot, memory: Searched, ground: Ground) -> tuple[Spot, Searched]:
        matrix = ground.hessian(spot.x)
        solved = ground.solve(ground.absolute(matrix) if self.absolute else matrix, spot.g)
        if solved is None:
            raise Stall("the Hessian is singular or not finite here, so that Newton's step is not determined")
        kind = self.search if dot(spot.g, -solved) < 0 else "none"
        found = search(kind, ground, spot, -solved, self.rate, self.curvature)
        return found.spot, Searched(found.a, -solved)


@dataclass(frozen=True)
class LevenbergMarquardt(SearchRule[Damped]):
    """Levenberg–Marquardt for f = Σ r² with Nielsen's damping (Madsen, Nielsen & Tingleff 2004, algorithm 3.16).

    Solves (JᵀJ + μ1) Δx = −Jᵀr; a step that lowers f is taken and μ shrinks, another is refused and μ grows.
    """

    name: ClassVar[str] = "levenberg-marquardt"
    title: ClassVar[str] = "Levenberg–Marquardt (least squares)"
    formula: ClassVar[str] = "(JᵀJ + μ1) Δx = −Jᵀr,  f = Σ r²\nμ shrinks after a success, grows after a failure"
    source: ClassVar[str] = "Levenberg 1944, Marquardt 1963; Madsen, Nielsen & Tingleff 2004, algorithm 3.16"

    tau: float = field(default=1e-3, metadata=_DAMPING)

    def start(self, x: Array) -> Damped:
        return Damped(0.0, 2.0)

    def advance(self, spot: Spot, memory: Damped, ground: Ground) -> tuple[Spot, Damped]:
        residuals, jacobian = ground.residuals(spot.x)
        normal, slope = jacobian.T @ jacobian, jacobian.T @ residuals
        unit = ground.identity(len(spot.x))
        mu, nu = memory.mu or self.tau * float(normal.diagonal().max()), memory.nu
        for _ in range(60):  # μ has then grown beyond all floats
            step = ground.solve(normal + mu * unit, -slope)
            if step is None:
                raise Stall("the normal equations are not finite here")
            there = ground.at(spot.x + step)
            promised = dot(step, mu * step - slope)
            if math.isfinite(there.f) and promised > 0 and (gain := (spot.f - there.f) / promised) > 0:
                return there, Damped(mu * max(1 / 3, 1 - (2 * gain - 1) ** 3), 2.0)
            mu, nu = mu * nu, 2 * nu
        raise Stall("no damped step lowers the sum of squares")

    def entries(self, memory: Damped) -> tuple[tuple[str, Any], ...]:
        return (("μ", memory.mu),)

    def validate(self) -> None:
        super().validate()
        if not self.tau < 1e12:
            raise ExplorerError("The damping τ must be below 1e12: the first step would vanish.", kind="domain")


def _length(a: Array) -> float:
    return math.sqrt(dot(a, a))


def _curved(s: Array, y: Array) -> bool:
    return dot(s, y) > _LEAST_CURVATURE * _length(s) * _length(y)


def _updated(inverse: Array, s: Array, y: Array) -> Array:
    """BFGS's next inverse Hessian, its product written out: two outer products instead of two matrix products."""
    rho = 1 / dot(s, y)
    turned = inverse @ y
    outer = s[:, None] * turned[None, :]
    return inverse - rho * (outer + outer.T) + (rho * rho * dot(y, turned) + rho) * s[:, None] * s[None, :]


def _two_loops(g: Array, pairs: tuple[tuple[Array, Array], ...]) -> Array:
    """H g without H."""
    q, weights = g, []
    for s, y in reversed(pairs):
        weight = dot(s, q) / dot(s, y)
        q = q - weight * y
        weights.append(weight)
    s, y = pairs[-1]
    q = dot(s, y) / dot(y, y) * q
    for (s, y), weight in zip(pairs, reversed(weights), strict=True):
        q = q + (weight - dot(y, q) / dot(s, y)) * s
    return q
