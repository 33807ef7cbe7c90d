"""The lines that an adjoint program is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from explorer.language.program import Span


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A line of the adjoint program, the source line that it belongs to (None for none), and which way it runs."""

    text: str
    line: int | None = None
    backward: bool = False


@dataclass(frozen=True)
class AdjointProgram:
    """The lines; `structured` is False where the recorded operations are written out, for the reason `why`."""

    lines: tuple[CodeLine, ...]
    structured: bool
    why: str = ""

    def __str__(self) -> str:
        return "\n".join(line.text for line in self.lines)


class NotCovered(Exception):
    """A construct that the structured form has no lines for."""


@dataclass
class Writer:
    """The lines of one direction, with their indentation."""

    backward: bool
    depth: int = 1
    lines: list[CodeLine] = field(default_factory=list)

    def put(self, text: str, span: Span | None = None) -> None:
        line = span.line if span is not None and span.line else None
        self.lines.append(CodeLine("    " * self.depth + text, line, self.backward))
