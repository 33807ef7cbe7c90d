"""The verdict strip: the engines side by side, the digits in which they agree, and why not."""

import pytest

from explorer.ui.fitted_numbers import FittedNumbers
from explorer.ui.session import Session


@pytest.fixture
def at(write, find, settle):
    def text_at(source, **values):
        write(source)
        for name, value in values.items():
            find(f"point.{name}").setValue(value)
        settle()

    return text_at


def test_the_digits_of_the_exact_ones_and_of_the_central_difference_stand_apart(window, cells):
    first = cells("verdict.table")[0]
    assert first[-2] == "15.9 digits"
    assert float(first[-1].removesuffix(" digits")) > 6.0


def test_all_digits_of_a_double_are_shown_and_no_more(find, cells, at):
    at("tanh(x)", x=0.5)
    assert cells("verdict.table")[0][2] == "0.7864477329659274"
    at("sin(x)*cos(y)", x=1.0)
    assert "0.4546487134128409 " in find("status.verdict").text()


@pytest.mark.parametrize("text", ["x^x", "x*x", "x**2"])
def test_powers_at_minus_1_agree_in_all_engines(find, cells, at, text):
    at(text, x=-1.0)
    row = cells("verdict.table")[0]
    if text == "x^x":
        assert row[3] in ("−1", "undefined")  # ln(−1) is not real, and ∂/∂exponent needs it
    else:
        assert row[1:5] == ["−2"] * 4


def test_a_corner_has_no_derivative_but_two_slopes(find, cells, at):
    at("|x|", x=0.0)
    assert "no derivative" in find("status.verdict").text()
    reasons = find("verdict.reasons").text()
    assert "∂y/∂x is −1 from the left and 1 from the right." in reasons
    assert ".." not in reasons
    assert reasons.count("complex step") == 1


def test_conventions_that_do_not_compose_are_told_from_a_corner(find, cells, at):
    at("relu(x) - relu(-x)", x=0.0)
    assert "disagree" in find("status.verdict").text()
    assert "∂y/∂x is 1 from both sides." in find("verdict.reasons").text()


def test_of_many_outputs_the_first_are_named_and_the_verdict_is_not_crowded_out(find, at):
    at("\n".join(f"y{k} = {k}*x" for k in range(9)), x=2.0)
    said = find("status.verdict").text()
    assert said.startswith("y₀ = 0,  y₁ = 2,  y₂ = 4, … (9 outputs)   —   all methods agree")


def test_digits_that_a_sum_loses_are_no_disagreement_of_the_exact_methods(find, cells, at):
    at("1 - erf(2x)", x=3.0)  # y is 0 and should be 2e-17; the exact methods have every digit of its slope
    assert "digits are lost on the way: the exact methods agree to 15.9" in find("status.verdict").text()
    at("x*1e300 + y", x=1e300, y=1.0)
    assert find("verdict.reasons").text().count("In arithmetic with hundreds of digits") == 1


def test_outside_the_domain_nothing_is_said_to_agree(find, cells, at):
    at("ln(x)", x=-1.0)
    assert "not defined" in find("status.verdict").text()
    assert "agree" not in find("status.verdict").text()
    assert cells("verdict.table")[0][1:] == ["undefined"] * 5 + ["–", "–"]


def test_a_pole_is_infinite_and_explained(find, at):
    at("1/x", x=0.0)
    assert "∞" in find("status.verdict").text()
    assert "pole" in find("verdict.reasons").text()


def test_a_constant_is_called_so(find, cells, at):
    at("1/0")
    assert "not a finite number" in find("status.verdict").text()
    assert cells("verdict.table") == []
    at("2*3")
    assert "constant" in find("status.verdict").text()


def test_reasons_go_when_there_are_none(find, at):
    at("|x|", x=0.0)
    at("x^2")
    assert not find("verdict.reasons").isVisible()


def test_every_output_has_a_row_for_every_input(cells, at):
    at("(r*cos(t), r*sin(t), 1)")
    assert [row[0] for row in cells("verdict.table")] == [
        f"∂{output}/∂{name}" for output in ("y₁", "y₂", "y₃") for name in ("r", "t")
    ]


def test_a_long_columns_width_is_found_once_and_not_for_each_of_its_words(window, settle):
    """Each number of digits that changed had all rows measured: 60 rows took 0.06 s."""
    panel, measured = window.verdict, []
    window.document.open(Session(" + ".join(f"x{k}**2*x{k + 1}" for k in range(1, 60)), ()))
    settle()

    class Counting(FittedNumbers):
        def sizeHint(self, option, index):
            measured.append(index)
            return super().sizeHint(option, index)

    kept, counting = panel.table.itemDelegate(), Counting(panel.table)
    panel.table.setItemDelegate(counting)
    answers = []
    panel.worker.answered.connect(answers.append)
    window.document.edit_value("x1", 2.5)
    settle()
    panel.worker.answered.disconnect(answers.append)
    panel.table.setItemDelegate(kept)
    assert len(measured) <= 5 * 180 * len(answers)
