"""The gallery: one text file an example in resources/examples, each with the numbers that it must give.

A file is "# title", "# at x=1 y=2", the text with its remarks, and last what is expected, for people to read and for
`examples` alike:

    # Expected (Baydin et al. 2018, Table 2):
    #   y = 11.652071455223084
    #   ∂y/∂x1 = 5.5
    #   ∂y/∂x1 from the left = 5.5
    #   reason: kink
    #   refused: Stopped after 1,000,000 steps

A number is meant as exactly as doubles allow; one that ends in "…" to the digits that it shows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import explorer

# Some dozens of roundings of 1.1e-16 each, in sums that cancel a digit or two.
EXACT = 1e-12
# One-sided slopes are measured by differences, which are good to about 1e-9 times the third derivative.
SLOPE = 1e-6

_HEAD = re.compile(r"# Expected \((?P<source>.+)\):")
_NUMBER = re.compile(
    r"#   (?:(?P<value>\w+)|∂(?P<output>\w+)/∂(?P<input>\w+)(?: from the (?P<side>left|right))?)"
    r" = (?P<number>-?\d+(?:\.(?P<decimals>\d+))?)(?P<more>…?)"
)
_WORDS = re.compile(r"#   (?P<kind>reason|refused): (?P<words>.+)")


@dataclass(frozen=True)
class Expected:
    """One number that an example must give: an output's value, a partial, or a one-sided slope.

    input is empty for a value; side is empty for the derivative that AD gives. The tolerance is absolute.
    """

    output: str
    input: str
    side: Literal["", "left", "right"]
    number: float
    tolerance: float

    def __str__(self) -> str:
        """∂y/∂x from the left."""
        name = f"∂{self.output}/∂{self.input}" if self.input else self.output
        return f"{name} from the {self.side}" if self.side else name


@dataclass(frozen=True)
class Example:
    """A title, a text and a point, with what must come out.

    expected_by: the source of the numbers. reasons: what the verdict must name, in its own words. refused: a part of
    the sentence with which the whole analysis is refused, or empty.
    """

    title: str
    source: str
    point: tuple[tuple[str, float], ...]
    expected: tuple[Expected, ...] = ()
    expected_by: str = ""
    reasons: tuple[str, ...] = ()
    refused: str = ""


def examples(folder: Path | None = None) -> list[Example]:
    """The examples of the program, or of a folder, in the order of their file names."""
    return [read(path.read_text(encoding="utf-8")) for path in sorted((folder or _folder()).glob("*.txt"))]


def _folder() -> Path:
    """Where the examples are: within an installed package, beside a source checkout."""
    package = Path(explorer.__file__).resolve().parent
    for root in (package, package.parent):
        if (root / "resources" / "examples").is_dir():
            return root / "resources" / "examples"
    raise FileNotFoundError("the program's own folder resources/examples is missing")


def read(text: str) -> Example:
    """The example of a file's text; ValueError with the line that is not as it should be."""
    title, at, *lines = text.rstrip().split("\n")
    if not title.startswith("# ") or not at.startswith("# at"):
        raise ValueError(f"an example begins with “# title” and “# at …”, and not with “{title}”, “{at}”")
    pairs = (pair.split("=") for pair in at.removeprefix("# at").split())
    point = tuple((name, float(value)) for name, value in pairs)
    heads = [index for index, line in enumerate(lines) if line.startswith("# Expected")]
    end = heads[0] if heads else len(lines)
    example = Example(title.removeprefix("# "), "\n".join(lines[:end]).strip(), point)
    return _with_expected(example, lines[end], lines[end + 1 :]) if heads else example


def _with_expected(example: Example, head: str, lines: list[str]) -> Example:
    """The example with what the comments from “# Expected (source):” to the end of the file say."""
    by = _HEAD.fullmatch(head)
    if by is None:
        raise ValueError(f"“# Expected (source):” is written otherwise here: “{head}”")
    expected: list[Expected] = []
    reasons: list[str] = []
    refused = ""
    for line in lines:
        words = _WORDS.fullmatch(line)
        if words is None:
            expected.append(_number(line))
        elif words["kind"] == "reason":
            reasons.append(words["words"])
        else:
            refused = words["words"]
    return replace(example, expected_by=by["source"], expected=tuple(expected), reasons=tuple(reasons), refused=refused)


def _number(line: str) -> Expected:
    """The number that a line expects, with its tolerance."""
    found = _NUMBER.fullmatch(line)
    if found is None:
        raise ValueError(f"no number is expected by “{line}”")
    value = float(found["number"])
    last_digit = 10.0 ** -len(found["decimals"] or "")
    side: Literal["", "left", "right"] = "left" if found["side"] == "left" else "right" if found["side"] else ""
    tolerance = last_digit if found["more"] else SLOPE if side else EXACT * max(abs(value), 1.0)
    return Expected(found["value"] or found["output"], found["input"] or "", side, value, tolerance)
