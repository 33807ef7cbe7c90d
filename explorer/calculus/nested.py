"""Nested dual numbers, and what happens when two derivatives share one ε (Siskind & Pearlmutter 2005).

d/dx [x · d/dy (x ∘ y)] at y: the inner derivative must not see the outer perturbation of x. Every derivative therefore
has a tag of its own. With one tag for both, the ε of x passes for that of y: perturbation confusion.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from explorer.calculus.words import short

Inner = Literal["x + y", "x · y", "x · y²"]
INNER: tuple[Inner, ...] = ("x + y", "x · y", "x · y²")


@dataclass(frozen=True, slots=True)
class Tagged:
    """value + tangent·ε_tag; both may be Tagged themselves, with smaller tags."""

    tag: int
    value: Number
    tangent: Number


Number = float | Tagged


def add(a: Number, b: Number) -> Number:
    """a + b."""
    tag = _tag(a, b)
    if not tag:
        return _float(a) + _float(b)
    return Tagged(tag, add(_value(a, tag), _value(b, tag)), add(_tangent(a, tag), _tangent(b, tag)))


def mul(a: Number, b: Number) -> Number:
    """a·b, with ε² = 0 of each tag."""
    tag = _tag(a, b)
    if not tag:
        return _float(a) * _float(b)
    x, y = _value(a, tag), _value(b, tag)
    return Tagged(tag, mul(x, y), add(mul(_tangent(a, tag), y), mul(x, _tangent(b, tag))))


def _float(a: Number) -> float:
    assert isinstance(a, float)
    return a


def _tag(a: Number, b: Number) -> int:
    return max(a.tag if isinstance(a, Tagged) else 0, b.tag if isinstance(b, Tagged) else 0)


def _value(a: Number, tag: int) -> Number:
    return a.value if isinstance(a, Tagged) and a.tag == tag else a


def _tangent(a: Number, tag: int) -> Number:
    return a.tangent if isinstance(a, Tagged) and a.tag == tag else 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """A step of the computation: what is computed, and its number written with tagged ε. tags: those in it."""

    what: str
    number: str
    tags: tuple[int, ...]


@dataclass(frozen=True)
class Demonstration:
    """The nested derivative as computed, the truth, and the steps."""

    result: float
    truth: float
    lines: tuple[Line, ...]


def demonstrate(inner: Inner, x: float, y: float, share: bool) -> Demonstration:
    """d/dx [x · d/dy inner(x, y)] at (x, y) by forward mode in forward mode; share: both derivatives use one ε."""
    outer_tag, inner_tag = 1, 1 if share else 2
    lines: list[Line] = []

    def tell(what: str, number: Number) -> None:
        lines.append(Line(what, written(number, share), _tags(number)))

    moved: Number = Tagged(outer_tag, x, 1.0)
    tell("x, with the outer perturbation", moved)
    inside: Number = Tagged(inner_tag, y, 1.0)
    tell("y, with the inner perturbation", inside)
    functions: dict[str, Callable[[Number, Number], Number]] = {
        "x + y": add,
        "x · y": mul,
        "x · y²": lambda a, b: mul(a, mul(b, b)),
    }
    value = functions[inner](moved, inside)
    tell(inner, value)
    slope = _tangent(value, inner_tag)
    tell(f"d/dy ({inner}), read off from ε{'' if share else '₂'}", slope)
    product = mul(moved, slope)
    tell(f"x · d/dy ({inner})", product)
    result = _tangent(product, outer_tag)
    tell(f"d/dx of that, read off from ε{'' if share else '₁'}", result)
    truth = {"x + y": 1.0, "x · y": 2 * x, "x · y²": 4 * x * y}[inner]
    assert isinstance(result, float)
    return Demonstration(result, truth, tuple(lines))


def written(number: Number, share: bool) -> str:
    """A nested dual number: (1 + 1ε₁) + 1ε₂."""
    if not isinstance(number, Tagged):
        return short(number)
    name = "ε" if share else f"ε{'₀₁₂'[number.tag]}"
    value, tangent = written(number.value, share), written(number.tangent, share)
    if isinstance(number.value, Tagged):
        value = f"({value})"
    if isinstance(number.tangent, Tagged):
        tangent = f"({tangent})"
    elif number.tangent < 0:
        return f"{value} − {short(-number.tangent)}{name}"
    return f"{value} + {tangent}{name}"


def _tags(number: Number) -> tuple[int, ...]:
    if not isinstance(number, Tagged):
        return ()
    return tuple(sorted({number.tag, *_tags(number.value), *_tags(number.tangent)}))
