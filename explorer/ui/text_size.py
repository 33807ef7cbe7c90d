"""How large all texts are: for a projector, or for eyes that need it. The graph has a zoom of its own."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QSettings, Qt
from PySide6.QtWidgets import QApplication, QHeaderView, QTableView, QWidget

SIZES = (0.8, 0.9, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0)  # of the size that the desktop has
_FILLED = 0.95  # of the screen's width, at most; the rest is for longer texts that come later
_ROW = 6  # pixels by which a table's row is higher than its text


def chosen() -> float:
    """What was chosen last."""
    try:
        size = float(str(QSettings().value("text_size", 1.0)))
    except ValueError:
        return 1.0
    return min(SIZES, key=lambda known: abs(known - size))


def current() -> float:
    """How large texts are now."""
    application = _application()
    usual = application.property("usual_text_size")
    return float(application.font().pointSizeF() / usual) if usual else 1.0


def step(window: QWidget, direction: int) -> None:
    """The next larger (1) or smaller (−1) size, or the usual one (0), now and at the next start.

    Nothing larger than what fits: with it the window would be wider than its screen.
    """
    size = window.size()
    usual = SIZES.index(1.0)
    place = SIZES.index(chosen()) + direction if direction else usual
    place = max(0, min(place, len(SIZES) - 1))
    _laid_out(window, SIZES[place])
    room = _room(window)
    while direction > 0 and place > usual and window.minimumSizeHint().width() > _FILLED * room:
        place -= 1
        _laid_out(window, SIZES[place])
    QSettings().setValue("text_size", SIZES[place])
    if not window.isMaximized():
        window.resize(min(size.width(), room), size.height())  # it has grown where it had to


def _laid_out(window: QWidget, wanted: float) -> None:
    """Give all texts a size, and let the window know at once how much room it needs with it."""
    apply(_application(), wanted)
    for widget in window.findChildren(QWidget):
        if widget.layout() is not None:
            widget.layout().invalidate()  # what is on a hidden page tells nobody that it has grown
    QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
    window.layout().activate()


def _application() -> QApplication:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    return application


def _room(window: QWidget) -> int:
    """How wide the window can be on its screens, in pixels."""
    return window.screen().availableVirtualSize().width()


def apply(application: QApplication, size: float) -> None:
    """Give all texts this size; what took its own from theirs follows, and so do rows and columns of tables."""
    font = application.font()
    before = font.pointSizeF()
    usual = application.property("usual_text_size") or before
    application.setProperty("usual_text_size", usual)
    ratio = usual * size / before
    if ratio == 1.0:
        return
    own = [
        (w, w.font().pointSizeF()) for w in application.allWidgets() if w.testAttribute(Qt.WidgetAttribute.WA_SetFont)
    ]
    font.setPointSizeF(usual * size)
    application.setFont(font)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.ApplicationFontChange)  # the widgets learn of it
    for widget, points in own:
        if widget.font().pointSizeF() == points:  # it has a size of its own, and not only a weight
            changed = widget.font()
            changed.setPointSizeF(points * ratio)
            widget.setFont(changed)
    for widget in application.allWidgets():
        if widget.styleSheet():  # a style sheet keeps the font with which it was set
            widget.setStyleSheet(widget.styleSheet())
        if isinstance(widget, QTableView):
            rows, columns = widget.verticalHeader(), widget.horizontalHeader()
            rows.setDefaultSectionSize(widget.fontMetrics().height() + _ROW)
            for column in range(columns.count()):
                if columns.sectionResizeMode(column) in (
                    QHeaderView.ResizeMode.Interactive,
                    QHeaderView.ResizeMode.Fixed,
                ):
                    columns.resizeSection(column, round(columns.sectionSize(column) * ratio))
