"""The wire: messages as length-prefixed JSON, the same on a Unix socket and on a loopback connection.

A frame is four bytes, the body's length (big-endian), and the body, one JSON object in UTF-8. JSON has no word for
the non-finite numbers: they travel as "nan", "inf", "-inf". What is read is checked as if the peer were hostile,
because a worker chews on what a stranger typed; never pickle, which executes what it reads.
"""

from __future__ import annotations

import json
import math
import re
import socket
from typing import Any, NoReturn

Message = dict[str, Any]

# A question is a text and some options; an answer may hold every step of a long sweep. Both caps lie far above
# what the window can show, and low enough to be held in memory several times.
ASK_BYTES = 4 * 2**20
ANSWER_BYTES = 64 * 2**20

# A process that connects back proves with this secret that it is the one that was started; unlike its arguments, its
# environment is not for every user of the machine to read.
TOKEN_VARIABLE = "EXPLORER_WORKER_TOKEN"

_PREFIX_BYTES = 4
_NON_FINITE = ("nan", "inf", "-inf")
# What a number beyond the doubles has in it: an exponent of three digits, or hundreds of digits.
_LONG_NUMBER = re.compile(rb"[eE]\+?0*[1-9]\d\d|\d{200}")


class WireError(Exception):
    """What was to be sent, or what came in, is no message of this wire."""


class TooLong(WireError):
    """A message that exceeds the cap of its direction."""


def plain(value: Any) -> Any:
    """The same value in JSON's own terms: tuples as lists, non-finite floats as "nan", "inf", "-inf"."""
    if isinstance(value, float) and not math.isfinite(value):
        return repr(float(value))
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, str | int | float):
        return value
    raise WireError(f"a {type(value).__name__} cannot be sent")


def number(value: Any) -> float:
    """The float that `plain` wrote; WireError where the value is no number."""
    if isinstance(value, str) and value in _NON_FINITE:
        return float(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            pass  # an integer beyond the doubles
    raise WireError(f"not a number: {value!r:.80}")


def encode(message: Message, limit: int = ANSWER_BYTES) -> bytes:
    """The frame of a message. WireError where it holds what JSON cannot say, TooLong beyond `limit` bytes."""
    try:
        try:
            text = _dumps(message)
        except ValueError:  # most messages are finite throughout and need no walk in Python
            text = _dumps(plain(message))
    except (TypeError, ValueError) as error:
        raise WireError(str(error)) from error
    # Half a surrogate pair, which a paste can bring, has no UTF-8: a question mark takes its place.
    body = text.encode("utf-8", "replace")
    if len(body) > limit:
        raise TooLong(f"a message of {len(body):,} bytes; the limit is {limit:,}")
    return len(body).to_bytes(_PREFIX_BYTES, "big") + body


def _dumps(message: Message) -> str:
    return json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _decode(body: bytes) -> Message:
    try:
        checked = _finite if _LONG_NUMBER.search(body) else None  # a call for each number takes as long as all else
        message = json.loads(body.decode("utf-8"), parse_float=checked, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise WireError(f"not JSON: {error!s:.200}") from error
    if not isinstance(message, dict):
        raise WireError(f"not an object: {message!r:.80}")
    return message


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):  # 1e999
        raise ValueError(f"{text:.40} is beyond the doubles")
    return value


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _size(prefix: bytes | bytearray, limit: int) -> int:
    """The length of the body that follows; refused before anything of it is read."""
    size = int.from_bytes(prefix, "big")
    if size > limit:
        raise TooLong(f"a frame of {size:,} bytes is announced; the limit is {limit:,}")
    return size


class Frames:
    """The messages in a stream of bytes that arrives in pieces. After a WireError the stream is lost."""

    def __init__(self, limit: int = ANSWER_BYTES) -> None:
        self._limit = limit
        self._buffer = bytearray()

    def feed(self, received: bytes) -> list[Message]:
        """Take what was received and give the messages that are complete with it."""
        self._buffer += received
        messages = []
        while len(self._buffer) >= _PREFIX_BYTES:
            end = _PREFIX_BYTES + _size(self._buffer[:_PREFIX_BYTES], self._limit)
            if len(self._buffer) < end:
                break
            messages.append(_decode(bytes(self._buffer[_PREFIX_BYTES:end])))
            del self._buffer[:end]
        return messages


def read_frame(sock: socket.socket, limit: int = ASK_BYTES) -> Message | None:
    """The next message of a blocking socket, None at the end of the stream; WireError if it ends within a frame."""
    prefix = _read_exactly(sock, _PREFIX_BYTES)
    if not prefix:
        return None
    size = _size(prefix, limit)
    body = _read_exactly(sock, size)
    if len(prefix) < _PREFIX_BYTES or len(body) < size:
        raise WireError("the stream ends within a frame")
    return _decode(body)


def _read_exactly(sock: socket.socket, count: int) -> bytes:
    """`count` bytes, fewer only at the end of the stream."""
    received = bytearray()
    # 64 KB at a time: what a peer announces is not allocated before it arrives.
    while len(received) < count and (piece := sock.recv(min(count - len(received), 2**16))):
        received += piece
    return bytes(received)


def write_frame(sock: socket.socket, message: Message, limit: int = ANSWER_BYTES) -> None:
    """Send one message on a blocking socket."""
    sock.sendall(encode(message, limit))
