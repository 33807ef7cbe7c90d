from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QPainterPath, QPalette, QWheelEvent
from PySide6.QtWidgets import QApplication

from explorer.calculus.layout import lay_out
from explorer.language.names import pretty_name
from explorer.ui.graph_heat import colour_of
from explorer.ui.graph_paint import BAR_ABOVE, DOT_ABOVE, ink_on
from explorer.ui.graph_picture import GraphEdge, GraphNode, GraphState, Picture
from explorer.ui.graph_view import GraphView

# f = ln x1 + x1·x2 − sin x2 at (2, 5)
EDGES = [(0, 2), (0, 3), (1, 3), (1, 4), (2, 5), (3, 5), (5, 6), (4, 6), (6, 7)]
PARTIALS = ["0.5", "5", "2", "0.284", "1", "1", "1", "−1", "1"]
NODES = (
    GraphNode("input", "x1"),
    GraphNode("input", "x2"),
    GraphNode("operation", "v1", "ln"),
    GraphNode("operation", "v2", "×"),
    GraphNode("operation", "v3", "sin"),
    GraphNode("operation", "v4", "+"),
    GraphNode("operation", "v5", "−"),
    GraphNode("output", "y"),
)
VALUES = ("2", "5", "0.693", "10", "−0.959", "10.693", "11.652", "11.652")


def graph(nodes=NODES, edges=EDGES, partials=PARTIALS) -> Picture:
    drawing = lay_out([(96.0, 64.0)] * len(nodes), edges).to_json()
    picture = Picture(drawing["width"], drawing["height"])
    picture.add_nodes(nodes, drawing["nodes"])
    ends = [GraphEdge(s, t, p) for (s, t), p in zip(edges, partials, strict=True)]
    picture.add_edges(ends, [route[2:] for route in drawing["edges"]])
    picture.begin_state()
    return picture


def forward(step: int) -> GraphState:
    """The forward sweep after so many nodes."""
    known = tuple(value if node < step else None for node, value in enumerate(VALUES))
    return GraphState(
        known,
        active_nodes=frozenset({step - 1} if step else ()),
        active_edges=frozenset(edge for edge, (_, target) in enumerate(EDGES) if target == step - 1),
        finished=frozenset(range(max(0, step - 1))),
    )


@pytest.fixture
def view(qtbot):
    widget = GraphView()
    qtbot.addWidget(widget)
    widget.resize(960, 340)
    widget.show_picture(graph())
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def at(view: GraphView, node: int) -> QPoint:
    """The middle of a node in the viewport."""
    centre = view.picture.boxes[node].center()
    return view.mapFromScene(centre)


def pixels(view: GraphView, node: int) -> bytes:
    """What a node's part of the viewport looks like."""
    box = view.mapFromScene(view.picture.boxes[node]).boundingRect()
    return bytes(view.viewport().grab(box).toImage().constBits())


def test_a_step_touches_only_what_changes(view):
    view.show_state(forward(3))
    view.show_state(forward(4))
    nodes, edges = view.touched
    assert nodes == {2, 3}
    assert edges == {0, 1, 2}
    view.show_state(forward(4))
    assert view.touched == (frozenset(), frozenset())


def test_what_is_painted_after_steps_is_what_a_jump_paints(view, qtbot):
    view.show_state(forward(8))
    jumped = view.viewport().grab().toImage()
    for step in (0, 5, 2, 7, 8):
        view.show_state(forward(step))
        QApplication.processEvents()
    assert view.viewport().grab().toImage() == jumped


def test_a_value_not_computed_does_not_look_like_zero(view):
    view.show_state(GraphState((None,) * 8))
    unknown = pixels(view, 3)
    assert "not computed yet" in view.describe_node(3)
    view.show_state(GraphState((None, None, None, "0", None, None, None, None)))
    assert pixels(view, 3) != unknown
    assert "value 0" in view.describe_node(3)
    assert pixels(view, 4) != pixels(view, 3)


def test_a_number_that_is_its_own_value_is_not_said_to_be_unknown(view, monkeypatch):
    written = []
    monkeypatch.setattr(type(view.style_of_graph), "write", lambda *arguments: written.append(arguments[4]))
    nodes = (GraphNode("operation", "", "−1", ""), GraphNode("output", "y"))
    view.show_picture(graph(nodes, [(0, 1)], [None]))
    view.grab()
    assert "−1" in written
    assert written.count("—") == 1, "of y only"
    assert "value" not in view.describe_node(0)


def test_an_adjoint_not_known_is_said_to_be_so(view):
    view.show_state(GraphState(VALUES, (None,) * 7 + ("1",), BAR_ABOVE, reverse=True))
    assert "adjoint not computed yet" in view.describe_node(0)
    assert "adjoint 1" in view.describe_node(7)


def test_active_finished_and_known_nodes_look_different(view):
    looks = set()
    for state in (
        GraphState(VALUES),
        GraphState(VALUES, active_nodes=frozenset({3})),
        GraphState(VALUES, finished=frozenset({3})),
        GraphState((None,) * 8),
    ):
        view.show_state(state)
        looks.add(pixels(view, 3))
    assert len(looks) == 4


def test_the_direction_of_the_sweep_shows_on_the_active_edge(view):
    view.show_state(GraphState(VALUES, active_edges=frozenset({7})))
    there = view.viewport().grab().toImage()
    view.show_state(GraphState(VALUES, active_edges=frozenset({7}), reverse=True))
    assert 7 in view.touched[1]
    assert view.viewport().grab().toImage() != there


def test_a_partial_appears_with_its_targets_value(view):
    middle = QPointF(*view.picture.curves[1].label)
    view.show_state(GraphState((None,) * 8))
    assert view.tip_at(middle) == "∂v₂/∂x₁ = not computed yet"
    view.show_state(forward(4))
    assert view.tip_at(middle) == "∂v₂/∂x₁ = 5"


def test_positions_and_zoom_stay_when_values_change(view):
    view._zoom_by(1.5)
    before = view.transform(), view.mapToScene(0, 0)
    view.show_state(GraphState(VALUES))
    other = tuple(GraphNode(n.kind, n.title, n.operation, "1") for n in NODES)
    view.show_picture(graph(nodes=other))
    assert (view.transform(), view.mapToScene(0, 0)) == before


def test_arrow_keys_walk_along_the_edges(view, qtbot):
    walked = []
    view.node_clicked.connect(walked.append)
    view.setFocus()
    view.select(0)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right):
        qtbot.keyClick(view, key)
    assert walked[-1] == 7
    for source, target in zip([0, *walked], walked, strict=False):
        assert (source, target) in EDGES
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.selected == 7
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert view.selected == 6
    view.select(2)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert view.selected == 3
    qtbot.keyClick(view, Qt.Key.Key_Up)
    assert view.selected == 2
    assert view.accessibleDescription().startswith("selected: v₁: ln")


@pytest.mark.parametrize("key", [Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_F5, Qt.Key.Key_Space, Qt.Key.Key_Escape])
def test_the_players_keys_are_left_to_the_window(view, key):
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QKeyEvent

    event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier)
    view.keyPressEvent(event)
    assert not event.isAccepted()


def test_a_click_on_a_node_selects_and_reports_it(view, qtbot):
    with qtbot.waitSignal(view.node_clicked) as caught:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at(view, 4))
    assert caught.args == [4]
    assert view.selected == 4
    with qtbot.assertNotEmitted(view.node_clicked):
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    assert view.selected is None


def test_a_click_on_an_edge_reports_it(view, qtbot):
    x, y = view.picture.curves[8].label
    with qtbot.waitSignal(view.edge_clicked) as caught:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.mapFromScene(QPointF(x, y)))
    assert caught.args == [8]


def test_selecting_from_outside_emits_nothing_and_shows_a_ring(view, qtbot):
    plain = view.viewport().grab().toImage()
    with qtbot.assertNotEmitted(view.node_clicked):
        view.select(3)
    assert view.viewport().grab().toImage() != plain
    view.select(None)
    assert view.viewport().grab().toImage() == plain


def test_the_wheel_zooms_to_the_cursor(view):
    place = QPointF(at(view, 5))
    under = view.mapToScene(place.toPoint())
    event = QWheelEvent(
        place,
        QPointF(view.viewport().mapToGlobal(place.toPoint())),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    zoom = view.zoom()
    QApplication.sendEvent(view.viewport(), event)
    assert view.zoom() == pytest.approx(zoom * 1.0015**120)
    moved = view.mapFromScene(under) - place.toPoint()
    assert moved.manhattanLength() <= 3


def test_control_zero_fits_and_plus_and_minus_zoom(view, qtbot):
    fitted = view.zoom()
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    assert view.zoom() > fitted
    qtbot.keyClick(view, Qt.Key.Key_Minus)
    assert view.zoom() == pytest.approx(fitted)
    qtbot.keyClick(view, Qt.Key.Key_Minus)
    qtbot.keyClick(view, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert view.zoom() == pytest.approx(fitted)


def test_a_resize_fits_again_until_someone_has_zoomed(view):
    before = view.zoom()
    view.resize(600, 340)
    assert view.zoom() < before
    view._zoom_by(1.3)
    zoomed = view.zoom()
    view.resize(900, 340)
    assert view.zoom() == zoomed


def chain(count: int) -> Picture:
    nodes = tuple(GraphNode("operation", f"v{node}", "+", "1") for node in range(count))
    edges = [(node, node + 1) for node in range(count - 1)]
    return graph(nodes, edges, ["1"] * len(edges))


def test_a_long_chain_opens_readable_at_its_start_and_follows_the_active_node(view):
    view.show_picture(chain(200))
    assert view.zoom() >= 0.7
    seen = view.viewport().rect()
    assert seen.contains(at(view, 0))
    view.show_state(GraphState(("1",) * 200, active_nodes=frozenset({150})))
    assert seen.contains(at(view, 150))
    view.fit()
    assert seen.contains(at(view, 0))
    assert seen.contains(at(view, 199))


def test_a_tree_opens_at_its_left_column_wherever_its_first_node_stands(view):
    wide = 40  # a comb: each pair is added to the sum so far, and the first node comes to the last of the sums
    sums = [(2 * wide + k, 2 * wide + k + 1) for k in range(wide - 1)]
    leaves = [(k, 3 * wide - 1 - k // 2) for k in range(2 * wide)]
    kinds = ["input"] * 2 * wide + ["operation"] * wide
    nodes = tuple(GraphNode(kind, f"v{node}", "", "1") for node, kind in enumerate(kinds))
    view.show_picture(graph(nodes, sums + leaves, ["1"] * len(sums + leaves)))
    boxes, seen = view.picture.boxes, view.mapToScene(view.viewport().rect()).boundingRect()
    assert boxes[0].center().x() > 3_000, "else there is nothing to be seen here"
    left = min(boxes, key=lambda box: box.left())
    assert seen.contains(left)


def test_a_step_of_a_graph_shown_as_specks_is_gone_to_unless_someone_has_zoomed(view):
    view.show_picture(chain(200))
    view.fit()
    view.show_state(GraphState(("1",) * 200, active_nodes=frozenset({150})))
    view.zoom_out()
    view.follow_step()
    assert view.zoom() < 0.1
    view.fit()
    view.follow_step()
    assert view.zoom() >= 0.7
    assert view.viewport().rect().contains(at(view, 150))


def test_a_node_that_is_looked_for_moves_the_view_only_where_it_is_not_seen(view):
    before = view.transform()
    view.look_at(5)
    assert (view.selected, view.transform()) == (5, before)
    view.show_picture(chain(200))
    view.look_at(120)
    assert view.viewport().rect().contains(at(view, 120))
    view.fit()
    view.look_at(120)
    assert view.zoom() >= 0.7


def test_the_map_stands_where_it_covers_no_node_and_hides_where_it_would(view):
    view.show_picture(chain(200))
    assert view.map.isVisible()
    for node in range(0, 200, 20):
        view.centerOn(view.picture.boxes[node].bottomLeft() + QPointF(300, -100))
        corner = view.mapToScene(view.map.geometry()).boundingRect()
        covered = any(box.intersects(corner) for box in view.picture.boxes)
        assert not (view.map.isVisible() and covered)
    view.resize(300, 200)
    view.look_at(100)
    for _ in range(10):
        view.zoom_in()
    assert not view.map.isVisible()


def theme(ground: str, text: str) -> QPalette:
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Base, QColor(ground))
    palette.setColor(QPalette.ColorRole.Text, QColor(text))
    return palette


def contrast(a: QColor, b: QColor) -> float:
    """WCAG 2.1 contrast ratio."""

    def luminance(colour):
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.getRgbF()[:3]]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("ground", "text"),
    [("#ffffff", "#1b1b1b"), ("#1e1f22", "#e6e6e6"), ("#ffffff", "#1b1f24"), ("#17191c", "#e8eaed")],
)
def test_another_palette_recolours_everything_and_stays_readable(view, ground, text):
    view.setPalette(theme(ground, text))
    view.show_state(GraphState(VALUES, ("1",) * 8, BAR_ABOVE, frozenset({3}), frozenset({7}), frozenset({5, 6}), True))
    image = view.viewport().grab().toImage()
    assert image.pixelColor(1, 1).name() == ground
    colours = view.style_of_graph.colours
    for ink, paper in (
        (colours.text, colours.box),
        (colours.text, colours.finished),
        (colours.on_active, colours.active),
        (colours.tangent, colours.box),
        (colours.tangent, colours.finished),
        (colours.adjoint, colours.box),
        (colours.adjoint, colours.finished),
        (colours.muted, colours.ground),
        (colours.muted, colours.box),
        (colours.muted, colours.finished),
        (colours.flow, colours.ground),
    ):
        assert contrast(ink, paper) >= 4.5


@pytest.mark.parametrize("number", [0.0, 1e-5, 1e-4, 0.01, 1.0, 100.0, 1e4, 1e5, 1e9, "nan", "inf"])
def test_what_is_written_on_heat_is_readable(number):
    hot = colour_of(number)
    assert contrast(ink_on(hot), hot) >= 4.5


def test_dimming_shows_and_goes(view):
    plain = view.viewport().grab().toImage()
    view.set_dimmed(True)
    assert view.viewport().grab().toImage() != plain
    view.set_dimmed(False)
    assert view.viewport().grab().toImage() == plain


def test_names_are_shown_as_text_whatever_they_look_like(view, monkeypatch):
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QHelpEvent

    shown = []
    monkeypatch.setattr("explorer.ui.graph_view.QToolTip.showText", lambda place, text, widget: shown.append(text))
    nodes = (GraphNode("input", "<b>x</b>"), GraphNode("output", "y"))
    view.show_picture(graph(nodes, [(0, 1)], ["<img src=x>"]))
    place = at(view, 0)
    QApplication.sendEvent(view.viewport(), QHelpEvent(QEvent.Type.ToolTip, place, view.viewport().mapToGlobal(place)))
    assert "&lt;b&gt;x&lt;/b&gt;" in shown[0]
    assert "<b>" not in shown[0]


def test_the_lane_of_a_parameter_that_hundreds_use_is_painted_once():
    """A path for every edge that lies there took 0.2 s of each repaint with 2,000 rounds."""
    rounds = 400
    nodes = [GraphNode("input", "x"), GraphNode("input", "p"), *[GraphNode("operation", "v", "×")] * rounds]
    edges = [end for k in range(rounds) for end in ((k + 1 if k else 0, k + 2), (1, k + 2))]
    picture = graph(nodes, edges, [""] * len(edges))

    def pieces(path):
        elements = [path.elementAt(k) for k in range(path.elementCount())]
        return [
            ((a.x, a.y), (b.x, b.y)) for a, b in pairwise(elements) if b.type != QPainterPath.ElementType.MoveToElement
        ]

    drawn = [piece for tile in picture.layer for piece in pieces(tile.far)]
    level = sorted((a[1], a[0], b[0]) for a, b in drawn if a[1] == b[1])
    width = picture.area.width()
    assert max(end for _, _, end in level) > width - 1_000
    assert all(before[0] < after[0] or before[2] <= after[1] for before, after in pairwise(level))
    assert width - 1_000 < sum(end - begin for _, begin, end in level) < 3 * width


def test_two_edges_of_a_square_are_both_found(view):
    nodes = (GraphNode("input", "x", value="3"), GraphNode("operation", "v1", "×", "9"))
    view.show_picture(graph(nodes, [(0, 1), (0, 1)], ["3", "3"]))
    found = {view.edge_at(QPointF(*curve.label)) for curve in view.picture.curves}
    assert found == {0, 1}


def test_the_description_says_in_a_line_what_is_shown(view):
    view.show_state(forward(4))
    assert view.accessibleName()
    assert view.accessibleDescription() == "active: v₂: ×, value 10. 8 nodes, 9 edges, 4 values known"


def test_empty_and_single_node_graphs_are_shown(view):
    view.show_picture(graph((), [], []))
    view.fit()
    view.viewport().grab()
    view.show_picture(graph((GraphNode("input", "x", value="1"),), [], []))
    view.viewport().grab()
    assert view.zoom() <= 1.25


def test_a_drawing_of_another_graph_is_refused_and_the_old_one_stays(view):
    places = [[0.0, 0.0, 96.0, 64.0]] * 8
    with pytest.raises(ValueError, match="drawing"):
        Picture(1.0, 1.0).add_nodes(NODES[:5], places)
    other = Picture(1.0, 1.0)
    other.add_nodes(NODES, places)
    for source, points in ((8, [0.0] * 8), (0, [0.0] * 7)):
        with pytest.raises(ValueError, match="drawing"):
            other.add_edges([GraphEdge(source, 7)], [[points, [0.0, 0.0]]])
    with pytest.raises(ValueError, match="a state of 3 nodes"):
        view.show_state(GraphState(("1",) * 3))
    assert len(view.picture.nodes) == 8


@pytest.mark.parametrize("zoom", [0.01, 0.1, 0.3, 0.5, 1.0, 4.0])
def test_every_level_of_detail_paints(view, zoom):
    view.show_state(GraphState(VALUES, ("1",) * 8, DOT_ABOVE, frozenset({3}), frozenset({7}), frozenset({5, 6})))
    view._zoom_to(zoom)
    image = view.viewport().grab().toImage()
    assert not image.isNull()


@pytest.mark.parametrize(
    ("name", "shown"), [("v1", "v₁"), ("x_12", "x₁₂"), ("rate", "rate"), ("learning_rate", "learning_rate"), ("7", "7")]
)
def test_trailing_numbers_become_subscripts(name, shown):
    assert pretty_name(name) == shown


def test_a_thousand_nodes_show_and_step_without_freezing(view, qtbot):
    view.show_picture(chain(1000))
    view.show_state(GraphState(("1",) * 1000, active_nodes=frozenset({3})))
    view.show_state(GraphState(("1",) * 1000, active_nodes=frozenset({4})))
    assert view.touched[0] == {3, 4}


def test_a_screen_reader_hears_of_an_adjoint_while_the_values_are_recorded(view):
    view.show_state(GraphState(["2"] * len(NODES), [None] * len(NODES), BAR_ABOVE))
    assert "adjoint not computed yet" in view.describe_node(0)


@pytest.mark.parametrize(
    ("name", "number", "shown"),
    [
        ("x₁", "5.5", ("x", "x₁ = 5.5")),
        ("v₋₁", "1", ("v", "v₋₁ = 1")),
        ("v₁₀₀₀", "−0.0123", ("v", "v = −0.0123")),  # the number is never cut, and the whole name stands above
        ("x₁", "−0.0094 + 6.27e−5ε", ("", "−0.0094 + 6.27e−5ε")),
    ],
)
def test_a_tangent_or_adjoint_is_called_as_its_node_is(view, name, number, shown):
    assert view.style_of_graph.named(name, number, "value", 90.0) == shown


def test_no_number_is_cut_in_bold_either(view):
    style = view.style_of_graph
    for number in ("1814400", "−0.9589", "3628800", "−1.2e−5"):
        label = style.named("x₂", number, "active", 90.0)[1]
        assert label.endswith(number)
        assert style.fitted(label, "active", 90.0)[0] == label


def test_a_long_name_gives_way_to_its_number(view):
    stem, label = view.style_of_graph.named("temperature", "−0.284", "value", 90.0)
    assert stem.endswith("…")
    assert label == f"{stem} = −0.284"
