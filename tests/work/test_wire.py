"""The wire: what goes in comes out, and what a hostile peer sends is refused."""

import json
import math
import socket
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.work.wire import Frames, TooLong, WireError, encode, number, plain, read_frame, write_frame

TEXTS = st.text('a"\\\n\0ä€\u2028😀', max_size=6)  # one to four bytes each, and what JSON escapes
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)
MESSAGES = st.dictionaries(TEXTS, JSON_VALUES, max_size=4)


def framed(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


@settings(deadline=None, max_examples=20)
@given(st.lists(MESSAGES, max_size=5), st.lists(st.integers(0, 400)))
def test_messages_survive_a_stream_cut_anywhere(messages, cuts):
    stream = b"".join(map(encode, messages))
    borders = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    frames = Frames()
    received = [message for start, end in pairwise(borders) for message in frames.feed(stream[start:end])]
    assert received == messages


def test_numbers_that_are_not_finite_travel_as_words():
    message = {"values": [math.inf, -math.inf, math.nan, 0.1], "nested": ({"x": math.nan},)}
    (received,) = Frames().feed(encode(message))
    assert received == {"values": ["inf", "-inf", "nan", 0.1], "nested": [{"x": "nan"}]}
    assert received == plain(message)


@settings(deadline=None, max_examples=40)
@given(st.floats())
def test_a_float_comes_back_bit_for_bit(value):
    (received,) = Frames().feed(encode({"value": value}))
    assert repr(number(received["value"])) == repr(value)


@pytest.mark.parametrize("value", [None, True, "1", "Infinity", "NaN", [1.0], {}, 10**400])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(WireError):
        number(value)


@pytest.mark.parametrize(
    "value", [{1, 2}, b"bytes", object(), [math.inf, {1}], 10**5000], ids=lambda value: type(value).__name__
)
def test_what_json_cannot_say_is_not_sent(value):
    with pytest.raises(WireError):
        encode({"value": value})


def test_half_a_surrogate_pair_is_sent_as_a_question_mark():
    (received,) = Frames().feed(encode({"text": "a\ud800b"}))
    assert received == {"text": "a?b"}


def test_a_message_beyond_the_cap_is_not_sent():
    with pytest.raises(TooLong):
        encode({"text": "x" * 1000}, limit=1000)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"1",
        b'"text"',
        b"null",
        b'{"a": 1} {}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": "\xff"}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": ' + b"[" * 200_000,
        b'{"a": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        json.dumps({"a": 1}).encode("utf-16"),
    ],
    ids=lambda body: repr(body[:16]),
)
def test_a_frame_that_is_no_json_object_is_refused(body):
    with pytest.raises(WireError):
        Frames().feed(framed(body))


def test_an_announced_length_beyond_the_cap_is_refused_before_it_arrives():
    with pytest.raises(TooLong):
        Frames(limit=1000).feed((1001).to_bytes(4, "big"))


def test_blocking_reads_give_each_message_and_then_the_end():
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            write_frame(theirs, {"first": 1})
            write_frame(theirs, {"second": "é"})
        assert [read_frame(ours) for _ in range(3)] == [{"first": 1}, {"second": "é"}, None]


@pytest.mark.parametrize("torn", [b"\0\0", framed(b'{"a": 1}')[:-1], (2**31).to_bytes(4, "big")])
def test_a_torn_or_oversized_frame_is_refused_by_blocking_reads(torn):
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            theirs.sendall(torn)
        with pytest.raises(WireError):
            read_frame(ours)
