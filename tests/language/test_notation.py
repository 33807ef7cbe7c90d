"""Notation is plain: it survives JSON, and nothing else passes for it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.language.notation import KINDS, Notation, NotationBuilder, Piece, span_from_json, span_to_json
from explorer.language.program import Span

SPANS = st.none() | st.builds(Span, *[st.integers(0, 99)] * 4)


@st.composite
def notations(draw) -> Notation:
    pieces: list[Piece] = []
    for index in range(draw(st.integers(1, 12))):
        children = tuple(draw(st.lists(st.integers(0, index - 1), max_size=3))) if index else ()
        kind, text = draw(st.sampled_from(KINDS)), draw(st.text(max_size=4))
        pieces.append(Piece(kind, text, children, draw(SPANS), draw(st.none() | st.integers(0, 9))))
    return Notation(tuple(pieces), draw(st.booleans()))


@given(notations())
def test_a_notation_comes_back_from_json_as_it_was(notation):
    assert Notation.from_json(json.loads(json.dumps(notation.to_json()))) == notation


def test_the_builder_names_children_by_index_and_the_last_piece_is_the_whole():
    builder = NotationBuilder()
    base = builder.add("name", "x", span=Span(1, 0, 1, 1), ref=7)
    power = builder.add("power", children=(base, builder.add("number", "2")))
    notation = builder.finish(complete=False)
    assert power == 2
    assert notation.pieces[-1].children == (0, 1)
    assert notation.pieces[0] == Piece("name", "x", (), Span(1, 0, 1, 1), 7)
    assert not notation.complete


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [["nonsense", "", [], None, None]],
        [["row", "", [0], None, None]],
        [["row", "", [1], None, None], ["number", "1", [], None, None]],
        [["row", "", [-1], None, None]],
        [["row", "", ["0"], None, None]],
        [["row", "", []]],
        [["name", "x", [], [1, 2, 3], None]],
        [["name", "x", [], "here", None]],
    ],
)
def test_what_is_no_notation_is_refused(pieces):
    with pytest.raises(ValueError):  # noqa: PT011
        Notation.from_json({"complete": True, "pieces": pieces})


@given(SPANS)
def test_spans_survive_json(span):
    assert span_from_json(span_to_json(span)) == span
