"""Text becomes tokens with their places, or is refused by the place of its first strange character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.language.limits import MAX_CHARACTERS, MAX_TOKENS
from explorer.language.names import GREEK, plain_name
from explorer.language.program import ExplorerError, Span
from explorer.language.tokens import SIGNS, tokenize


def pairs(text: str) -> list[tuple[str, str]]:
    return [(t.kind, t.text) for t in tokenize(text)[:-2]]  # without the newline and the end


def refusal(text: str) -> ExplorerError:
    with pytest.raises(ExplorerError) as caught:
        tokenize(text)
    return caught.value


def test_numbers_names_and_operators_are_told_apart():
    assert pairs("3.5x_1 >= .5e-3**2") == [
        ("number", "3.5"),
        ("name", "x_1"),
        (">=", ">="),
        ("number", ".5e-3"),
        ("^", "**"),
        ("number", "2"),
    ]


def test_each_token_says_its_line_its_columns_and_whether_space_stands_before_it():
    first, operator, second, _, third, *_ = tokenize("ab +c\n  3")
    assert (first.span, first.spaced) == (Span(1, 0, 1, 2), False)
    assert (operator.span, operator.spaced) == (Span(1, 3, 1, 4), True)
    assert (second.span, second.spaced) == (Span(1, 4, 1, 5), False)
    assert (third.span, third.spaced) == (Span(2, 2, 2, 3), True)


def test_lines_end_in_a_newline_but_not_inside_brackets():
    assert [t.kind for t in tokenize("a\n\nb")] == ["name", "newline", "name", "newline", "end"]
    assert [t.kind for t in tokenize("(a\n+b)")] == ["(", "name", "+", "name", ")", "newline", "end"]
    assert [t.kind for t in tokenize("(a\n")] == ["(", "name", "newline", "end"]


def test_an_empty_text_and_a_comment_are_only_an_end():
    assert [t.kind for t in tokenize("")] == ["end"]
    assert [t.kind for t in tokenize(" \t\r\n# a comment: $ ! %")] == ["end"]


@pytest.mark.parametrize(("written", "read"), [(s, r) for s, r in SIGNS.items()])
def test_signs_of_print_are_operators(written, read):
    assert pairs(f"x{written}y")[1][0] == read


@pytest.mark.parametrize(("letter", "word"), GREEK.items())
def test_greek_letters_are_their_names(letter, word):
    assert pairs(letter) == [("name", word)]
    assert plain_name(letter) == word


def test_subscripts_belong_to_the_name_and_superscripts_do_not():
    assert pairs("x₁x₂_a") == [("name", "x1"), ("name", "x2_a")]
    assert pairs("x₁₂²") == [("name", "x12"), ("superscript", "2")]
    assert pairs("θ₁⁻¹³") == [("name", "theta1"), ("superscript", "-13")]


def test_pi_is_a_sign_of_its_own_so_that_two_pi_r_is_a_product():
    assert pairs("2πr") == [("number", "2"), ("name", "pi"), ("name", "r")]
    assert pairs("aπ") == [("name", "a"), ("name", "pi")]


def test_blank_space_may_be_of_any_kind_that_is_pasted():
    assert pairs("a\u00a0+\u2009b\r") == [("name", "a"), ("+", "+"), ("name", "b")]


@pytest.mark.parametrize(
    ("text", "column", "kind", "words"),
    [
        ("x; y", 1, "syntax", "line of its own"),
        ("9!", 1, "syntax", "factorial"),
        ("x % 2", 2, "syntax", "floor"),
        ("$x$", 0, "syntax", "LaTeX"),
        ("\\frac", 0, "syntax", "LaTeX"),
        ("x{", 1, "syntax", "round brackets"),
        ("_x", 0, "syntax", "begins with a letter"),
        ("∂x", 0, "syntax", "derivatives are computed"),
        ("x:y", 1, "syntax", "algorithm"),
        ("a & b", 2, "syntax", "and"),
        ("х + x", 0, "syntax", "cyrillic"),
        ("x\u2066+y", 1, "syntax", "U+2066"),
        ("x\u0000", 1, "syntax", "U+0000"),
        ("１+x", 0, "syntax", "fullwidth"),
        ("\ud800", 0, "syntax", "U+D800"),
        ("x + ℯ", 4, "syntax", "Latin or Greek"),
        ("0x1F", 0, "syntax", "decimal"),
        ("1.2.3", 0, "syntax", "one decimal point"),
        ("1e999", 0, "limit", "double"),
        ("1e-999", 0, "limit", "double"),
        ("1e99999999", 0, "limit", "digits"),
        ("1" * 51, 0, "limit", "digits"),
        ("a" * 33, 0, "limit", "32"),
        ("a__b", 0, "name", "underscores"),
    ],
)
def test_what_no_formula_contains_is_refused_by_its_place_and_in_words(text, column, kind, words):
    error = refusal(text)
    assert (error.span.line, error.span.column, error.kind) == (1, column, kind)
    assert words in error.message


def test_a_text_may_be_long_but_not_longer_than_the_limits():
    assert len(tokenize("x " * (MAX_CHARACTERS // 2))) == MAX_CHARACTERS // 2 + 2 == MAX_TOKENS + 2
    assert refusal("x " * (MAX_CHARACTERS // 2) + " ").kind == "limit"
    assert refusal("x+" * (MAX_TOKENS // 2) + "x").kind == "limit"


@given(st.text(alphabet=st.sampled_from("ab12.e+-*/^()|,<>=√²₁π \n#"), max_size=60))
def test_tokens_stand_in_order_and_their_spans_cut_their_text_out_of_the_line(text):
    lines = text.split("\n")
    end = (1, 0)
    try:
        tokens = tokenize(text)
    except ExplorerError:
        return
    for token in tokens:
        span = token.span
        assert span.line == span.end_line <= len(lines)
        assert end <= (span.line, span.column) <= (span.end_line, span.end_column)
        assert span.end_column <= len(lines[span.line - 1])
        end = (span.end_line, span.end_column)
        if token.kind not in ("newline", "end", "superscript"):
            assert plain_name(lines[span.line - 1][span.column : span.end_column]) == token.text
