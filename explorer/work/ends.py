"""How a question ends: done, refused in words that help the user, or broken by a fault of ours.

The frames of one question are any number of {"answer": {...}} and then exactly one end:

    {"end": "done"}
    {"end": "refused", "message": "...", "kind": "domain", "span": [line, column, end_line, end_column] or null}
    {"end": "broken", "traceback": "..."}
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import get_args

from explorer.language.notation import span_from_json, span_to_json
from explorer.language.program import NOWHERE, ErrorKind, ExplorerError, Span
from explorer.work.wire import Message, TooLong, WireError

# What a worker does: a question becomes a stream of answers; it raises ExplorerError to refuse.
Answers = Callable[[Message], Iterator[Message]]

# The innermost frames say where it broke; a message that quotes a large expression must not fill the wire.
_TRACEBACK_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True)
class Done:
    """All answers were given."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The question cannot be answered, for a reason the user can act on; `span` is the place in the source."""

    message: str
    kind: ErrorKind = "request"
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """A fault of the program: what Python said of it, or a sentence where the process died without a word."""

    traceback: str


End = Done | Refused | Broken

TOO_LONG = Refused("This is too long to be worked on.", "limit")
STOPPED = Refused("Stopped.", "timeout")
DIED = Broken("The worker process ran out of memory or crashed. The next question starts a new one.")


def out_of_time(seconds: float) -> Refused:
    """The end of a question that used up its budget."""
    return Refused(f"Stopped after {seconds:g} s.", "timeout")


def end_from_json(frame: Message) -> End:
    """The End that an end frame tells of; WireError where it is none."""
    match frame:
        case {"end": "done"}:
            return Done()
        case {"end": "refused", "message": str(message), "kind": str(kind), "span": place}:
            for known in get_args(ErrorKind):
                if kind == known:
                    return Refused(message, known, _span(place))
        case {"end": "broken", "traceback": str(said)}:
            return Broken(said)
    raise WireError(f"not an end: {frame!r:.200}")


def _span(place: object) -> Span | None:
    try:
        return span_from_json(place)
    except ValueError as error:
        raise WireError(str(error)) from error


def answers_to(answers: Answers, ask: Message) -> Generator[Message, None, None]:
    """The frames that answer one question: {"answer": {...}} as they come, then exactly one end.

    An error thrown in at a yield (an answer that could not be sent) ends the question like one raised by `answers`.
    """
    end: Message
    try:
        for answer in answers(ask):
            yield {"answer": answer}
        end = {"end": "done"}
    except ExplorerError as error:
        # NOWHERE is the default of an error without a place.
        end = _refused(error.message, error.kind, None if error.span == NOWHERE else error.span)
    except RecursionError:
        end = _refused("This is nested too deeply to be computed.", "limit")
    except MemoryError:
        end = _refused("This needs more memory than one computation may use.", "limit")
    except TooLong:
        end = _refused("The answer is too large to be shown.", "limit")
    except Exception:  # a fault of ours, whatever it is, is told with its traceback and must not end the worker
        end = {"end": "broken", "traceback": traceback.format_exc()[-_TRACEBACK_CHARACTERS:]}
    # Only here, after the except clause has let go of the traceback and so of all that its frames held.
    yield end


def _refused(message: str, kind: ErrorKind, span: Span | None = None) -> Message:
    return {"end": "refused", "message": message, "kind": kind, "span": span_to_json(span)}
