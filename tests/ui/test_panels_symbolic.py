"""The symbolic panel: SymPy's derivatives as typeset, their values, and the sizes of the literature."""

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from explorer.ui.fitted_numbers import NUMBER
from explorer.ui.panel import count_text
from explorer.ui.session import Session

LOGISTIC_4 = "l2 = 4*x*(1 - x)\nl3 = 4*l2*(1 - l2)\nl4 = 4*l3*(1 - l3)"


def formula(find):
    return find("symbolic.formula").accessibleDescription()


def test_the_worked_example_has_both_partials_with_their_values(window, find):
    assert formula(find).splitlines() == [
        "∂ y/(∂ x1) = x2 + 1/x1 = 5.5",
        "∂ y/(∂ x2) = x1 - cos(x2) = 1.71634",
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x^2 + x", "∂ y/(∂ x) = 2 x + 1 = 3"),
        ("f(x) = x", "∂ f/(∂ x) = 1"),
        ("f(x, y) = x^2", "∂ f/(∂ y) = 0"),
        ("tanh(x)", "= 0.419974"),
    ],
)
def test_a_derivative_and_its_value_at_1(window, find, write, text, line):
    write(text)
    assert line in formula(find)


def test_a_constant_has_nothing_to_differentiate(window, find, write):
    write("2^0.5")
    assert "constant" in formula(find)


def test_the_value_is_undefined_where_the_function_is(window, find, write, settle):
    write("ln(x)")
    find("point.x").setValue(-1.0)
    settle()
    assert formula(find) == "∂ y/(∂ x) = 1/x = undefined"


def test_the_sizes_are_those_of_the_swell_table(window, find, write, cells):
    write(LOGISTIC_4)
    find("point.x").setValue(0.3)
    # Baydin et al. 2018, Table 1: the fourth iterate, composed; its derivative by SymPy's diff alone.
    assert cells("symbolic.sizes")[0][:3] == ["18", "38", "13"]
    assert cells("symbolic.sizes")[1] == ["82", "166", "26", "27", "315"]
    assert cells("symbolic.sizes")[2][0] == "× 4.56"
    assert find("symbolic.sizes").item(1, 4).data(NUMBER) == 315.0  # where it has no room it has fewer digits


def test_a_count_beyond_a_billion_is_told_by_its_first_digits():
    """A bar's number was cut in the middle: 36,472,996,377,170,786,403 looked like 36 million."""
    assert count_text(999_999_999) == "999,999,999"
    assert count_text(36_472_996_377_170_786_403) == "3.6473e19"
    assert count_text(9_999_960_000) == "1.0000e10"
    assert count_text(10**9) == "1.0000e9"


def test_the_derivatives_can_be_copied(window, find):
    actions = {action.text(): action for action in find("symbolic.formula").actions()}
    actions["Copy as SymPy"].trigger()
    assert QGuiApplication.clipboard().text() == "x2 + 1/x1\nx1 - cos(x2)"
    actions["Copy as LaTeX"].trigger()
    assert r"\frac{1}" in QGuiApplication.clipboard().text()


def test_python_code_and_large_texts_come_from_the_worker(window, find, write, settle):
    actions = {action.text(): action for action in find("symbolic.formula").actions()}
    actions["Copy as Python code"].trigger()
    settle()
    assert "return x2 + 1/x1, x1 - math.cos(x2)" in QGuiApplication.clipboard().text()
    write("l2 = 4*x*(1 - x)\n" + "".join(f"l{k + 1} = 4*l{k}*(1 - l{k})\n" for k in range(2, 8)) + "l8")
    actions["Copy as SymPy"].trigger()
    settle()
    assert len(QGuiApplication.clipboard().text()) == 21_435  # Baydin et al. 2018, Table 1, continued


def test_of_a_new_text_the_derivative_is_asked_for_before_the_rest(window, find, write):
    told = []

    def note():
        told.append((window.graph.busy, window.verdict.busy, formula(find)))

    window.symbolic.typeset.connect(note)
    write("x^3")
    window.symbolic.typeset.disconnect(note)
    assert told[0] == (False, False, "∂ y/(∂ x) = 3 x^2 = 3")
    assert find("graph.trace").model().rowCount() == 2


def test_a_click_lights_a_part_at_all_its_places_and_the_next_click_what_is_around_it(window, find, write, qtbot):
    write("x^2*sin(x^2)")
    view = find("symbolic.formula")
    pieces = view.notation.pieces
    exponent = next(k for k, piece in enumerate(pieces) if piece.text == "2" and pieces[k + 1].kind == "power")
    place = (view.laid_out.rects(exponent)[0].center() + view._origin()).toPoint()
    for said in ("2", "x^2"):
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
        lit = [pieces[k] for k in view._highlighted]
        assert len(lit) > 1
        assert find("symbolic.part").text() == f"this part: {len(lit)} times"
        assert {piece.kind for piece in lit} == ({"number"} if said == "2" else {"power"})


def choose(combo, text):
    combo.setCurrentIndex(combo.findText(text))


def test_the_hessian_and_a_choice_of_inputs(window, find, settle):
    choose(find("symbolic.what"), "Hessian")
    settle()
    matrix = (
        "[[-1/x1^2, 1], [1, sin(x2)]] = [[-0.25, 1], [1, -0.958924]]"  # Baydin et al. 2018: their example's Hessian
    )
    assert formula(find) == f"∂^2 y/(∂ (x1, x2)^2) = {matrix}"
    actions = {action.text(): action for action in find("symbolic.formula").actions()}
    actions["Copy as SymPy"].trigger()
    assert QGuiApplication.clipboard().text() == "Matrix([[-1/x1**2, 1],\n        [1, sin(x2)]])"
    actions["Copy as LaTeX"].trigger()
    assert QGuiApplication.clipboard().text().count("&") == 2
    actions["Copy as Python code"].trigger()
    settle()
    assert "return [[-1/x1**2, 1], [1, math.sin(x2)]]" in QGuiApplication.clipboard().text()
    find("symbolic.matrix").setChecked(False)
    settle()
    assert formula(find).splitlines()[0] == "∂^2 y/(∂ x1^2) = -1/x1^2 = -0.25"
    assert len(formula(find).splitlines()) == 4
    find("symbolic.matrix").setChecked(True)
    find("symbolic.inputs").menu().actions()[0].setChecked(False)
    settle()
    assert formula(find) == "∂^2 y/(∂ x2^2) = sin(x2) = -0.958924"
    find("symbolic.inputs").menu().actions()[0].setChecked(True)
    choose(find("symbolic.what"), "Jacobian")
    settle()


def test_the_nth_derivative_and_a_mixed_one(window, find, write, settle, qtbot):
    write("sin(x)*y^3")
    choose(find("symbolic.what"), "n-th derivative")
    find("symbolic.order").setValue(5)
    settle()
    assert formula(find).startswith("∂^5 f/(∂ x^5) = y^3 * cos(x) = ")
    choose(find("symbolic.what"), "Mixed partial")
    find("symbolic.by").setText("x, y^2")
    find("symbolic.by").editingFinished.emit()
    settle()
    assert formula(find).startswith("∂^3 f/(∂ x ∂ y^2) = 6 y * cos(x) = ")
    find("symbolic.by").setText("x, q")
    find("symbolic.by").editingFinished.emit()
    assert "“q” is not an input" in find("status.symbolic").text()
    choose(find("symbolic.what"), "Jacobian")
    settle()


def test_shared_parts_get_names(window, find, write, settle):
    write("sin(x^2)*exp(x^2)")
    find("symbolic.shared").setChecked(True)
    settle()
    assert formula(find).splitlines()[0] == "u1 = x^2"
    find("symbolic.shared").setChecked(False)
    settle()


@pytest.fixture
def page(find, settle):
    """Bring a page of the panel to the front, and go back to the first one afterwards."""
    pages = find("symbolic.pages")

    def front(title):
        pages.setCurrentIndex([pages.tabText(place) for place in range(pages.count())].index(title))
        settle()

    yield front
    pages.setCurrentIndex(0)


def items(tree):
    waiting, found = [tree.topLevelItem(place) for place in range(tree.topLevelItemCount())], []
    while waiting:
        item = waiting.pop(0)
        found.append(item.data(0, Qt.ItemDataRole.AccessibleTextRole))
        waiting = [item.child(place) for place in range(item.childCount())] + waiting
    return found


def test_the_steps_lead_to_the_checked_result(window, find, write, settle, page, qtbot):
    page("Steps")
    write("x*sin(x^2)")
    qtbot.waitUntil(lambda: len(items(find("steps.tree"))) == 3)
    first, second, third = items(find("steps.tree"))
    assert first.startswith("1  product rule: d/(d x) (x * sin(x^2)) = ")
    assert second.startswith("2  chain rule: d/(d x) (sin(x^2)) = ")
    assert third == "3  power rule: d/(d x) (x^2) = 2 x"
    assert find("steps.result").accessibleDescription().endswith("= 2 x^2 * cos(x^2) + sin(x^2)")
    assert find("steps.checked").text().startswith("✓ Checked")


def test_forms_are_made_when_asked_and_compared(window, find, write, settle, page, cells):
    page("Forms")
    write("(x-1)^8/8")
    find("point.x").setValue(1.01)
    settle()
    assert cells("forms.table")[0][1] == "2"
    assert cells("forms.table")[3][4] == "not made"
    find("forms.table").setCurrentCell(3, 0)
    find("forms.make").click()
    settle()
    assert int(cells("forms.table")[3][1]) > 10
    remark = find("forms.remark").text()
    assert "as accurate as any: as differentiated" in remark
    assert "Expanded, it has lost 1" in remark
    find("forms.table").setCurrentCell(4, 0)
    find("forms.make").click()
    settle()
    assert "x * (" in find("forms.formula").accessibleDescription()


def test_the_bars_say_the_sizes(window, find, write, page):
    page("Sizes")
    write(LOGISTIC_4)
    assert "operations: 18 and 82" in find("sizes.bars").accessibleDescription()
    assert "times fewer operations" in find("sizes.words").text()


def test_a_derivative_too_large_to_be_drawn_is_measured_and_said_to_be(window, find, write, cells):
    write("*".join(f"sin({k}*x)" for k in range(1, 33)))
    assert "Too large" in find("status.symbolic").text()
    assert int(cells("symbolic.sizes")[1][0].replace(",", "")) > 1_000


def test_the_swell_laboratory_measures_says_the_law_and_can_be_cancelled(window, find, settle, page, qtbot):
    page("Swell")
    qtbot.waitUntil(lambda: find("swell.run").text() == "Run", timeout=30_000)
    assert "f′ as a tree: about n² · 2ⁿ" in find("swell.words").text()
    assert "reverse AD: linear" in find("swell.words").text()
    assert "195,072 operations" in find("swell.state").text()
    choose(find("swell.family"), "determinant, n × n")
    find("swell.last").setValue(7)
    find("swell.run").click()
    find("swell.run").click()
    qtbot.waitUntil(lambda: find("swell.state").text().startswith("n = 3"), timeout=30_000)
    find("swell.run").click()
    assert find("swell.run").text() == "Run"
    assert "points measured so far stay" in find("swell.state").text()
    choose(find("swell.family"), "logistic map")  # which runs
    find("swell.run").click()
    settle()


def test_the_derivatives_graph_is_drawn_shared_as_a_tree_and_compared_with_the_trace(window, find, write, settle, page):
    page("Graph")
    write("sin(sin(sin(x)))")
    assert find("symbolic.graph.words").text().startswith("7 nodes, 2 of them used more than once")
    assert "same up to names" in find("symbolic.graph.same").text()
    find("symbolic.graph.tree").click()
    settle()
    assert find("symbolic.graph.words").text().startswith("10 nodes, none")
    write("a*b*c*d")
    assert "Not the same graph" in find("symbolic.graph.same").text()
    find("symbolic.graph.shared").click()
    settle()


def test_the_window_names_the_families_and_forms_that_there_are():
    from explorer.calculus.symbolic.families import FAMILIES
    from explorer.calculus.symbolic.forms import FORMS
    from explorer.ui.panels.symbolic import forms, swell

    assert {key: largest for key, (_, largest, _) in swell._FAMILIES.items()} == {
        key: family.largest for key, family in FAMILIES.items()
    }
    assert {key for key in swell._FAMILIES if key in swell._OWN} == {key for key in FAMILIES if FAMILIES[key].own}
    assert forms.FORMS == FORMS


def test_a_session_keeps_of_which_output_its_pages_are(window, find, write, settle):
    write("a = x*y\nb = x + y")
    titles = [window.symbolic.pages.tabText(place) for place in range(window.symbolic.pages.count())]
    for title, name in (("Steps", "steps"), ("Forms", "forms"), ("Graph", "symbolic.graph")):
        window.symbolic.pages.setCurrentIndex(titles.index(title))
        find(f"{name}.output").setCurrentIndex(1)
        find(f"{name}.input").setCurrentIndex(1)
    find("symbolic.graph.tree").click()
    settle()
    kept = json.loads(json.dumps(window.symbolic.options()))
    window._open(Session("u = s\nv = t", ()))
    window._open(Session("a = x*y\nb = x + y", (), {"symbolic": kept}))
    settle()
    assert find("symbolic.graph.tree").isChecked()
    for name in ("symbolic.graph", "steps", "forms"):
        window.symbolic.pages.setCurrentIndex(titles.index(name.removeprefix("symbolic.").capitalize()))
        settle()
        assert (find(f"{name}.output").currentData(), find(f"{name}.input").currentData()) == ("b", "y")
    window._open(Session("x", (), {"symbolic": {"pages": {"steps": {"output": 5}, "forms": 7}}}))


def test_a_session_keeps_which_derivatives_are_wanted_and_undo_takes_the_choice_back(window, find, write, settle):
    write("x^2*y^3*z")
    what, order = find("symbolic.what"), find("symbolic.order")
    what.setCurrentIndex(what.findData("nth"))
    find("symbolic.input").setCurrentIndex(1)
    order.setValue(3)
    find("symbolic.shared").setChecked(True)
    settle()
    kept = json.loads(json.dumps(window.symbolic.options()))
    window.document._joining.stop()  # as after a while
    what.setCurrentIndex(what.findData("hessian"))
    settle()
    window.document.undo()
    settle()
    assert what.currentData() == "nth"
    assert window.symbolic.choice.wanted() == {"what": "partial", "by": ["y"] * 3, "output": 0}
    window._open(Session("x^2*y^3*z + 1", ()))
    settle()
    assert what.currentData() == "jacobian"
    assert not find("symbolic.shared").isChecked()
    window.tabs.setCurrentIndex(1)
    window._open(Session("y^4*z", (), {"symbolic": kept, "window": {"tab": "Symbolic"}}))
    settle()
    assert window.tabs.currentWidget() is window.symbolic
    assert window.symbolic.choice.wanted() == {"what": "partial", "by": ["y"] * 3, "output": 0}
    for nonsense in ({"what": 5, "left_out": [1], "order": 1e300, "by": 7, "page": []}, {"left_out": "x", "order": -4}):
        window._open(Session("y^4*z", (), {"symbolic": nonsense}))
        settle()
        assert what.currentData() == "jacobian"
