"""The program's own icons, drawn in the palette's text colour: desktops without an icon theme have none to lend."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QIcon, QPainter, QPalette, QPixmap, QPolygonF
from PySide6.QtWidgets import QWidget

_SIDE = 24
# Polygons in a square of 24 units, filled with the text's colour.
_SHAPES = {
    "first": (((5, 5), (7.5, 5), (7.5, 19), (5, 19)), ((19, 5), (19, 19), (9, 12))),
    "previous": (((18, 5), (18, 19), (7, 12)),),
    "play": (((7, 4.5), (7, 19.5), (19, 12)),),
    "pause": (((6, 5), (10.2, 5), (10.2, 19), (6, 19)), ((13.8, 5), (18, 5), (18, 19), (13.8, 19))),
    "next": (((6, 5), (6, 19), (17, 12)),),
    "menu": (
        ((4, 6), (20, 6), (20, 8), (4, 8)),
        ((4, 11), (20, 11), (20, 13), (4, 13)),
        ((4, 16), (20, 16), (20, 18), (4, 18)),
    ),
    "last": (((16.5, 5), (19, 5), (19, 19), (16.5, 19)), ((5, 5), (5, 19), (15, 12))),
}


def icon(name: str, widget: QWidget) -> QIcon:
    """The icon in this widget's colours, crisp at double resolution too."""
    result = QIcon()
    for group, mode in (
        (QPalette.ColorGroup.Active, QIcon.Mode.Normal),
        (QPalette.ColorGroup.Disabled, QIcon.Mode.Disabled),
    ):
        for scale in (1, 2):
            pixmap = QPixmap(_SIDE * scale, _SIDE * scale)
            pixmap.fill(Qt.GlobalColor.transparent)
            with QPainter(pixmap) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(widget.palette().color(group, QPalette.ColorRole.ButtonText))
                painter.scale(scale, scale)
                for corners in _SHAPES[name]:
                    painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in corners]))
            pixmap.setDevicePixelRatio(scale)
            result.addPixmap(pixmap, mode)
    return result
