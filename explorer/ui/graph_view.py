"""The view of a computational graph: it is looked at, walked through, searched and rearranged here.

A step touches only the nodes and edges that changed. Longer than 300 lines: all ways to move over one picture share its
zoom and its selection.
"""

from __future__ import annotations

import html
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Literal

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
    QShowEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QFrame, QGraphicsScene, QGraphicsView, QToolTip, QWidget

from explorer.ui.graph_map import GraphMap
from explorer.ui.graph_paint import DOT_ABOVE, Edges, Nodes, Style
from explorer.ui.graph_picture import GraphState, Picture

WHOLE_FROM = 0.44  # a graph that would have to be shown smaller than this opens at its inputs instead of as a whole …
READABLE = 0.7  # … and at this zoom
ZOOM_MOST, ZOOM_LEAST = 5.0, 0.0001  # at 0.0001 a drawing of five million pixels fits
FIT_MOST = 1.25  # a graph of three nodes is not blown up to fill the window
FIT_MARGIN, TRIM = 4.0, 14.0  # around a graph that is shown whole: pixels; and what is cut off the drawing's own margin
FOLLOW_FROM = 0.1  # a graph shown smaller than this is left for the step that is played: its nodes are specks
ROAM = 400.0  # how far beyond the drawing one may pan
ZOOM_PER_DELTA = 1.0015  # per eighth of a degree of wheel: a notch (120) is 20 %
ZOOM_PER_KEY = 1.25
REACH = 6.0  # screen pixels within which a click still hits an edge
SLACK = 30.0  # the drawing's own margin around the nodes, in its units: cut off, it hides nothing
MANY = 400  # so many changed nodes are painted by painting all that is seen


class GraphView(QGraphicsView):
    """The view of one graph: zoom with the wheel, pan by dragging, walk along the edges with the arrow keys."""

    node_clicked = Signal(int)  # also when the keyboard walks to a node
    edge_clicked = Signal(int)
    node_opened = Signal(int)  # a double click, or Return on the selected node
    menu_asked = Signal(object, QPoint)  # node (int) or None, global position
    whole_seen = Signal(bool)  # whether all of the drawing is in view

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setScene(QGraphicsScene(self))
        self.setAccessibleName("Computational graph")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.setDragMode(QGraphicsView.DragMode.ScrollHandDrag)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.style_of_graph = Style(self.font(), self.palette())
        self._picture: Picture | None = None
        self._edges: Edges | None = None
        self._nodes: Nodes | None = None
        # "start": at the inputs of a graph too large to be seen as a whole; "free": someone has zoomed or panned.
        self._framing: Literal["opening", "whole", "start", "free"] = "opening"
        self._reframing = False  # while several steps lead to a place: the map is told of the last
        self._pressed: QPoint | None = None
        self._moved: int | None = None  # the node that is being dragged
        self._grabbed = QPointF()  # where it was last, in the drawing
        self._dimmed = False
        self._relayering: Iterator[None] | None = None
        self._relayer_timer = QTimer(self, interval=0)
        self._relayer_timer.timeout.connect(self._relayer_on)
        self.touched: tuple[frozenset[int], frozenset[int]] = (frozenset(), frozenset())
        self.map = GraphMap(self)
        self.map.gone_to.connect(self._go_to)
        for bar in (self.horizontalScrollBar(), self.verticalScrollBar()):
            bar.valueChanged.connect(self._frame_changed)
            bar.rangeChanged.connect(self._frame_changed)
        self._theme()
        self._describe()

    # ------------------------------------------------------------------ what is shown

    def show_picture(self, picture: Picture) -> None:
        """Show another graph, from its inputs on; where the drawing is the same, the view stays where it is."""
        old = self._picture
        same = old is not None and _same_places(old, picture)
        if old is not None and same:
            picture.selected = old.selected
        if old is not None and old is not picture:
            old.begin_state()  # the step's holds the whole answer, and that the picture: a circle that nobody collects
        self._relayer_timer.stop()
        self._relayering, self._moved = None, None
        self._edges = self._nodes = None  # before their items die
        self.scene().clear()
        self._picture = picture
        self._edges, self._nodes = Edges(picture, self.style_of_graph), Nodes(picture, self.style_of_graph)
        self.scene().addItem(self._edges)
        self.scene().addItem(self._nodes)
        self.scene().setSceneRect(picture.area.adjusted(-ROAM, -ROAM, ROAM, ROAM))
        self.touched = (frozenset(range(len(picture.nodes))), frozenset(range(len(picture.edges))))
        self.set_dimmed(self._dimmed)
        self.map.show_picture(picture, self.style_of_graph)
        self._reframing = True
        if not same:
            self._open()
        self._reframing = False
        self._frame_changed()
        self._describe()

    def show_state(self, state: GraphState, changed: Collection[int] | None = None) -> None:
        """Show a step; only nodes and edges that look different are painted again. ValueError where sizes differ.

        `changed`: the nodes whose texts may differ from the last state's; without it all of them are compared.
        """
        picture, edges, nodes = self._picture, self._edges, self._nodes
        if picture is None or edges is None or nodes is None:
            return
        count = len(picture.nodes)
        if len(state.primals) != count or len(state.seconds) not in (0, count):
            raise ValueError(f"a state of {len(state.primals)} nodes for a graph of {count}")
        if state.partials is not None and len(state.partials) != len(picture.curves):
            raise ValueError(f"{len(state.partials)} partials for {len(picture.curves)} edges")
        old, picture.state = picture.state, state
        everything = (
            (old.second_mark, old.reverse, bool(old.seconds), old.heat, old.hidden)
            != (state.second_mark, state.reverse, bool(state.seconds), state.heat, state.hidden)
            or (old.partials is None) != (state.partials is None)
            or (changed is not None and len(changed) > MANY)
            or old.lit != state.lit
            or old.lit_edges != state.lit_edges
        )
        if everything:
            self.touched = (frozenset(range(count)), frozenset(range(len(picture.curves))))
            self.viewport().update()
        else:
            self._touch_changed(old, state, changed)
        self._follow(state.active_nodes - old.active_nodes)
        self.map.show_active(state.active_nodes)
        self._describe()

    def _touch_changed(self, old: GraphState, state: GraphState, changed: Collection[int] | None) -> None:
        """Have what differs between two states painted again."""
        picture, edges, nodes = self._picture, self._edges, self._nodes
        assert picture is not None
        assert edges is not None
        assert nodes is not None
        lit = set(old.active_edges ^ state.active_edges)
        labels: set[int]
        touched = set(old.active_nodes ^ state.active_nodes)
        if changed is not None:
            touched |= set(changed)
            labels = {edge for node in changed for edge in picture.incoming[node]}
        else:
            appeared = _different(old.primals, state.primals)
            touched |= appeared | _different(old.seconds, state.seconds)
            if isinstance(old.finished, frozenset) and isinstance(state.finished, frozenset):
                touched |= old.finished ^ state.finished
            if old.partials is not None and state.partials is not None:
                labels = _different(old.partials, state.partials)
            else:
                labels = {edge for node in appeared for edge in picture.incoming[node]}
        for node in touched:
            nodes.touch(node)
        for edge in lit:
            edges.touch(edge)
        for edge in labels - lit:
            edges.touch_label(edge)
        self.touched = (frozenset(touched), frozenset(lit | labels))

    def set_dimmed(self, dimmed: bool) -> None:
        """Show that this is the last answer while a newer question is being worked on."""
        self._dimmed = dimmed
        for item in (self._edges, self._nodes):
            if item is not None:
                item.setOpacity(0.4 if dimmed else 1.0)

    def rename(self, names: Sequence[str]) -> None:
        """Show other names on the nodes."""
        if self._picture is not None:
            self._picture.names = list(names)
            self.viewport().update()

    def select(self, node: int | None) -> None:
        """Ring a node, or none; no signal."""
        picture, nodes = self._picture, self._nodes
        if picture is None or nodes is None or picture.selected == node:
            return
        if node is not None and not 0 <= node < len(picture.boxes):
            raise ValueError(f"no node {node}")
        old, picture.selected = picture.selected, node
        for touched in (old, node):
            if touched is not None:
                nodes.touch(touched)
        if node is not None:
            self._follow({node})
        self._describe()

    def look_at(self, node: int) -> None:
        """Select a node and, where it is not in view or too small to be read, bring it into the middle."""
        in_view = self._picture is not None and self._seen().contains(self._picture.boxes[node])
        self.select(node)
        if self._picture is None or (in_view and self.zoom() >= WHOLE_FROM):
            return
        if self.zoom() < READABLE:
            self._zoom_to(READABLE)
        self.centerOn(self._picture.boxes[node].center())
        self._framing = "free"

    @property
    def selected(self) -> int | None:
        """The ringed node."""
        return self._picture.selected if self._picture is not None else None

    @property
    def picture(self) -> Picture | None:
        """What is shown, or None before the first graph."""
        return self._picture

    # ------------------------------------------------------------------ zoom and pan

    def zoom(self) -> float:
        """Screen pixels for each unit of the drawing."""
        return self.transform().m11()

    def zoom_in(self) -> None:
        """A little nearer."""
        self._zoom_by(ZOOM_PER_KEY)

    def zoom_out(self) -> None:
        """A little farther away."""
        self._zoom_by(1 / ZOOM_PER_KEY)

    def fit(self) -> None:
        """Show the whole graph, and go on doing so when the view is resized."""
        if self._picture is None:
            return
        area = self._picture.area
        if min(area.width(), area.height()) > 3 * TRIM:
            area = area.adjusted(TRIM, TRIM, -TRIM, -TRIM)
        room = self.viewport().rect().adjusted(0, 0, -round(2 * FIT_MARGIN), -round(2 * FIT_MARGIN))
        zoom = min(FIT_MOST, room.width() / max(area.width(), 1), room.height() / max(area.height(), 1))
        self._zoom_to(max(ZOOM_LEAST, zoom))
        self.centerOn(area.center())
        self._framing = "whole"

    def held(self) -> tuple[int, QPointF, float] | None:
        """Where someone has zoomed or panned to: the node nearest to the middle, how far it is from there, the zoom;
        None where the view has been left alone."""
        picture = self._picture
        if picture is None or self._framing != "free" or not picture.boxes:
            return None
        seen = self._seen()
        near = [node for node in picture.node_grid.within(seen) if picture.boxes[node].intersects(seen)]
        away = {node: picture.boxes[node].center() - seen.center() for node in near or range(len(picture.boxes))}
        node = min(away, key=lambda n: (away[n].manhattanLength(), n))
        return node, away[node], self.zoom()

    def hold(self, node: int, away: QPointF, zoom: float) -> None:
        """Show a node where another drawing had it."""
        if self._picture is not None:
            self._zoom_to(zoom)
            self.centerOn(self._picture.boxes[node].center() - away)
            self._framing = "free"

    def _open(self) -> None:
        """Fit a graph that is readable as a whole; show the start of a longer one."""
        self.fit()
        self._framing = "opening"
        if self._picture is not None and self.zoom() < WHOLE_FROM:
            self._zoom_to(READABLE)
            area = self._picture.area
            # The first of the left column: in a tree the first node's copies may stand anywhere.
            first = min(self._picture.boxes, key=lambda box: round(box.center().x()), default=area)
            half_width = self.viewport().width() / READABLE / 2
            half_height = self.viewport().height() / READABLE / 2
            x = area.center().x() if area.width() < 2 * half_width else area.left() + half_width
            self.centerOn(x, area.center().y() if area.height() < 2 * half_height else first.center().y())
            if self.isVisible():
                self._framing = "start"  # once seen, a resize no longer takes the reader back to the start

    def _zoom_to(self, zoom: float) -> None:
        self.setTransform(QTransform.fromScale(zoom, zoom))
        self._frame_changed()

    def _zoom_by(self, factor: float, fixed: QPoint | None = None) -> None:
        """Zoom with this place of the viewport fixed (the middle if None).

        By hand, since Qt's anchor under the mouse asks where the mouse is now, not where it was in the event.
        """
        fixed = self.viewport().rect().center() if fixed is None else fixed
        under = self.mapToScene(fixed)
        self._zoom_to(min(ZOOM_MOST, max(ZOOM_LEAST, self.zoom() * factor)))
        moved = self.mapFromScene(under) - fixed
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() + moved.x())
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + moved.y())
        self._framing = "free"

    def _go_to(self, at: QPointF) -> None:
        self.centerOn(at)
        self._framing = "free"

    def _seen(self) -> QRectF:
        return self.mapToScene(self.viewport().rect()).boundingRect()

    def _frame_changed(self) -> None:
        """Tell where in the drawing we are, once it is settled."""
        if self._reframing:
            return
        seen = self._seen()
        whole = self._picture is None or seen.adjusted(-SLACK, -SLACK, SLACK, SLACK).contains(self._picture.area)
        self.map.show_frame(seen, whole, self.viewport().rect(), self._no_node_in)
        self.whole_seen.emit(whole)

    def _no_node_in(self, part: QRect) -> bool:
        """Whether no node is drawn in a part of the viewport."""
        picture, area = self._picture, self.mapToScene(part).boundingRect()
        return picture is None or not any(
            picture.boxes[node].intersects(area) for node in picture.node_grid.within(area)
        )

    def follow_step(self) -> None:
        """Go near to the step that is shown where its nodes are too small to be seen, unless someone chose the zoom."""
        picture = self._picture
        if picture is None or self._framing == "free" or self.zoom() >= FOLLOW_FROM or not picture.state.active_nodes:
            return
        self._zoom_to(READABLE)
        self.centerOn(picture.boxes[min(picture.state.active_nodes)].center())
        self._framing = "start"

    def _follow(self, appeared: Iterable[int]) -> None:
        """Bring the first of these nodes into view if none of them is; never while someone drags."""
        if self._picture is None or self._pressed is not None or not self.isVisible():
            return
        boxes = [self._picture.boxes[node] for node in sorted(appeared)]
        seen = self._seen()
        if boxes and not any(seen.contains(box) for box in boxes):
            margin = round(min(120.0, 0.2 * min(self.viewport().width(), self.viewport().height())))
            self.ensureVisible(boxes[0], margin, margin)

    # ------------------------------------------------------------------ what is where

    def node_at(self, at: QPointF) -> int | None:
        """The node at a place of the drawing."""
        return None if self._picture is None else self._picture.node_at(at.x(), at.y())

    def edge_at(self, at: QPointF) -> int | None:
        """The nearest edge within reach of a place of the drawing, or the one whose text is there."""
        return None if self._picture is None else self._picture.edge_at(at.x(), at.y(), REACH / self.zoom())

    def describe_node(self, node: int) -> str:
        """What is known about a node, in words, for the tooltip and for screen readers."""
        if self._picture is None:
            return ""
        drawn, state = self._picture.nodes[node], self._picture.state
        lines = [drawn.detail or f"{self._picture.names[node]}: {drawn.operation or drawn.kind}"]
        primal = state.primals[node]
        if primal != "":  # of a number, whose name says it
            lines.append("value not computed yet" if primal is None else f"value {primal}")
        if state.second_mark and state.seconds:
            second = state.seconds[node]
            name = "tangent" if state.second_mark == DOT_ABOVE else "adjoint"
            lines.append(f"{name} {second}" if second is not None else f"{name} not computed yet")
        return "\n".join(lines)

    def _describe(self) -> None:
        """Tell screen readers in a line what is shown; a selected node comes first."""
        if self._picture is None:
            self.setAccessibleDescription("No graph")
            return
        picture, state = self._picture, self._picture.state
        known = state.known
        if known is None:
            known = sum(primal is not None for primal in state.primals)
        parts = [f"{len(picture.nodes)} nodes, {len(picture.edges)} edges, {known} values known"]
        if state.active_nodes:
            few = sorted(state.active_nodes)[:3]
            parts.insert(0, "active: " + ", ".join(self.describe_node(node).replace("\n", ", ") for node in few))
        if picture.selected is not None:
            parts.insert(0, "selected: " + self.describe_node(picture.selected).replace("\n", ", "))
        self.setAccessibleDescription(". ".join(parts))

    def _announce(self) -> None:
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))

    # ------------------------------------------------------------------ events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows walk, + and − zoom, Ctrl+0 fits, Return opens; all other keys belong to the window."""
        key, control = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        steps = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        if key in steps and not control:
            self._walk(*steps[Qt.Key(key)])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self._zoom_by(1 / ZOOM_PER_KEY if key == Qt.Key.Key_Minus else ZOOM_PER_KEY)
        elif key == Qt.Key.Key_0 and control:
            self.fit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not control and self.selected is not None:
            self.node_opened.emit(self.selected)
        else:
            event.ignore()
            return
        event.accept()

    def _walk(self, along: int, down: int) -> None:
        """Go to the operand or the user that lies most nearly level, or to the next node in the same column."""
        picture = self._picture
        if picture is None or not picture.boxes:
            return
        here = picture.selected
        if here is None:
            there: int | None = min(picture.state.active_nodes, default=0)
        elif along:
            edges = picture.outgoing[here] if along > 0 else picture.incoming[here]
            ends = {picture.curves[edge].target if along > 0 else picture.curves[edge].source for edge in edges}
            level = picture.boxes[here].center().y()
            there = min(ends, key=lambda node: (abs(picture.boxes[node].center().y() - level), node), default=None)
        else:
            x, y = picture.boxes[here].center().x(), picture.boxes[here].center().y()
            column = [
                (abs(box.center().y() - y), node)
                for node, box in enumerate(picture.boxes)
                if box.left() < x < box.right() and (box.center().y() - y) * down > 0
            ]
            there = min(column)[1] if column else None
        if there is not None:
            self.select(there)
            self._announce()
            self.node_clicked.emit(there)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom, with what is under the cursor staying there."""
        self._zoom_by(ZOOM_PER_DELTA ** event.angleDelta().y(), event.position().toPoint())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position().toPoint()
            at = self.mapToScene(self._pressed)
            self._moved = self.node_at(at)
            self._grabbed = at
            if self._moved is not None:
                event.accept()
                return  # a node is dragged, not the ground
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag a node, with its edges; anything else pans."""
        if self._moved is None or self._pressed is None or self._picture is None:
            super().mouseMoveEvent(event)
            return
        place = event.position().toPoint()
        picture = self._picture
        started = bool(picture.loose) or self._relayering is not None
        if not started and (place - self._pressed).manhattanLength() < QApplication.startDragDistance():
            return
        if not started:
            self._relayer(frozenset(picture.incoming[self._moved] + picture.outgoing[self._moved]))
        at = self.mapToScene(place)
        moved = at - self._grabbed
        self._grabbed = at
        for item in (self._edges, self._nodes):
            if item is not None:
                item.prepareGeometryChange()
        picture.move(self._moved, moved.x(), moved.y())
        self.viewport().update()

    def _relayer(self, but: frozenset[int]) -> None:
        """Draw the lines anew without these edges; a small drawing at once, a large one in slices."""
        if self._picture is None:
            return
        self._relayering = self._picture.relayered(but)
        self._relayer_on()
        if self._relayering is not None:
            self._relayer_timer.start()

    def _relayer_on(self) -> None:
        if self._relayering is None:
            self._relayer_timer.stop()
            return
        try:
            next(self._relayering)
        except StopIteration:
            self._relayering = None
            self._relayer_timer.stop()
            self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        event.accept()
        pressed, self._pressed = self._pressed, None
        moved, self._moved = self._moved, None
        if pressed is None or event.button() != Qt.MouseButton.LeftButton or self._picture is None:
            return
        if (event.position().toPoint() - pressed).manhattanLength() >= QApplication.startDragDistance():
            if moved is not None:
                self._relayer(frozenset())
                self.scene().setSceneRect(self._picture.area.adjusted(-ROAM, -ROAM, ROAM, ROAM))
                self.map.show_picture(self._picture, self.style_of_graph)
            self._framing = "free"
            self._frame_changed()
            return
        if self._picture.loose or self._relayering is not None:
            self._relayer(frozenset())
        at = self.mapToScene(pressed)
        node = self.node_at(at)
        self.select(node)
        if node is not None:
            self.node_clicked.emit(node)
            return
        edge = self.edge_at(at)
        if edge is not None:
            self.edge_clicked.emit(edge)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        node = self.node_at(self.mapToScene(event.position().toPoint()))
        if node is not None and event.button() == Qt.MouseButton.LeftButton:
            self.node_opened.emit(node)
            event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The menu of a node or of the ground; by keyboard, of the selected node."""
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            node = self.selected
            place = self.viewport().rect().center()
            if node is not None and self._picture is not None:
                place = self.mapFromScene(self._picture.boxes[node].center())
            self.menu_asked.emit(node, self.viewport().mapToGlobal(place))
        else:
            self.menu_asked.emit(self.node_at(self.mapToScene(event.pos())), event.globalPos())
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        """Tooltips, always escaped: a name such as <b> is shown as it is."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text = self.tip_at(self.mapToScene(event.pos()))
            if text:
                QToolTip.showText(event.globalPos(), f"<qt>{html.escape(text)}</qt>".replace("\n", "<br>"), self)
            else:
                QToolTip.hideText()
            return True
        return super().viewportEvent(event)

    def tip_at(self, at: QPointF) -> str:
        """The plain text of the tooltip at a place of the drawing."""
        node = self.node_at(at)
        if node is not None:
            return self.describe_node(node)
        edge = self.edge_at(at)
        return "" if edge is None else self.describe_edge(edge)

    def describe_edge(self, edge: int) -> str:
        """The partial of an edge in words, also where it is not to be seen; empty where an edge has none."""
        if self._picture is None:
            return ""
        curve, names, drawn = self._picture.curves[edge], self._picture.names, self._picture.edges[edge]
        source, target = names[curve.source], names[curve.target]
        if not drawn.partial:
            kind = self._picture.nodes[curve.target].kind
            several = f"Several results of {target} depend on {source}: there is no one partial."
            return {"output": f"{target} = {source}", "group": several}.get(kind, "")
        known = self._picture.partial(edge) or self._picture.known(curve.target)
        return f"∂{target}/∂{source} = {drawn.exact or drawn.partial if known else 'not computed yet'}"

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._reframing = True
        super().resizeEvent(event)
        if self._framing in ("opening", "whole"):
            (self.fit if self._framing == "whole" else self._open)()
        self._reframing = False
        self._frame_changed()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._framing == "opening":
            self._open()

    def changeEvent(self, event: QEvent) -> None:
        """Take over the colours of another theme, and another font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._theme()

    def _theme(self) -> None:
        self.setBackgroundBrush(self.palette().color(self.palette().ColorRole.Base))
        if getattr(self, "map", None) is None:  # Qt changes the palette while the base class is being made
            return
        self.style_of_graph = Style(self.font(), self.palette())
        for item in (self._edges, self._nodes):
            if item is not None:
                item.style = self.style_of_graph
        if self._picture is not None:
            self.map.show_picture(self._picture, self.style_of_graph)
            self._frame_changed()
        self.viewport().update()


def _same_places(old: Picture, new: Picture) -> bool:
    """Whether two pictures show the same drawing, whatever stands in its nodes."""
    return old.area == new.area and old.boxes == new.boxes and len(old.curves) == len(new.curves)


def _different(old: Sequence[object], new: Sequence[object]) -> set[int]:
    """The places where two tuples of texts differ; all where one is empty."""
    if old is new:
        return set()
    if len(old) != len(new):
        return set(range(max(len(old), len(new))))
    return {place for place, (a, b) in enumerate(zip(old, new, strict=True)) if a != b}
