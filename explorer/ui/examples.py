"""The gallery: one text file an example in resources/examples, and how functions are written, in words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPalette
from PySide6.QtWidgets import QComboBox, QStyledItemDelegate, QStyleOptionViewItem

from explorer.ui.resources import resource

SYNTAX = """A formula of any variables:  ln(x1) + x1*x2 - sin(x2)

+  −  *  /  ^ (or **), brackets, |x|, √x, x², 2x, 3 sin x
Constants: pi, e.  Greek letters as they are, or spelled out: theta.
Several lines: give a name to a line and use it below:
    r = x^2 + y^2
    exp(-r) / (1 + r)
Several outputs: (r*cos(t), r*sin(t))
Inputs in an order of your own: f(x, y) = x^2*y
Cases: where(x > 0, x^2, 0), or x^2 if x > 0 else 0
Vectors and sums: sum(x[0..9]), sum(x[i]*i for i in range(10)), prod(x[i] for i in 1..5)
LaTeX can be pasted, and is offered as the formula it reads as.

An algorithm, in a part of Python: def with return, if, while, for … in range(n), zip, enumerate, lists.
    def heron(x):
        t = (1 + x)/2
        for k in range(4):
            t = (t + x/t)/2
        return t

Functions: sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp expm1 log (ln) log1p log2 log10 \
sqrt cbrt hypot abs sign heaviside min max clip floor ceil erf sigmoid relu softplus where piecewise"""


_SEEN = 22  # examples in the open gallery: it fits below its box in a window of 800 pixels

# The gallery's groups, by the beginning of the first file's name in each.
_GROUPS = (
    ("01", "First steps"),
    ("03", "Functions to minimise"),
    ("08", "Chains and products"),
    ("10", "Several outputs"),
    ("11", "Networks and fits"),
    ("12", "Corners, branches, oscillation"),
    ("15", "Loops and recursion"),
)


@dataclass(frozen=True)
class Example:
    """A file's name, the group it belongs to, a title, a text and a point."""

    name: str
    group: str
    title: str
    source: str
    point: tuple[tuple[str, float], ...]


_Index = QModelIndex | QPersistentModelIndex


class Grouped(QStyledItemDelegate):
    """Draws the name of a group above its first example; the entries stay what they are, and count as before."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        if heading := _heading(index):
            strip, below = QRect(option.rect), QStyleOptionViewItem(option)
            strip.setHeight(_row_height(option))
            below.rect = QRect(option.rect)
            below.rect.setTop(strip.bottom() + 1)
            painter.save()
            font = QFont(option.font)
            font.setBold(True)
            painter.setFont(font)
            painter.setPen(option.palette.color(QPalette.ColorRole.Text))
            painter.drawText(strip.adjusted(4, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, heading)
            painter.restore()
            option = below
        option.rect = option.rect.adjusted(10, 0, 0, 0)
        super().paint(painter, option, index)

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        size = super().sizeHint(option, index)
        return QSize(size.width() + 10, _row_height(option) * (2 if _heading(index) else 1))


def _row_height(option: QStyleOptionViewItem) -> int:
    return option.fontMetrics.height() + 5


def _heading(index: _Index) -> str:
    """The group that begins with this entry, or nothing."""
    group = index.data(Qt.ItemDataRole.UserRole).group
    before = index.sibling(index.row() - 1, 0).data(Qt.ItemDataRole.UserRole)
    return group if before is None or before.group != group else ""


def fill(gallery: QComboBox) -> None:
    """Put all examples into the gallery, under the names of their groups."""
    for place, example in enumerate(titles()):
        gallery.addItem(example.title, example)
        gallery.setItemData(place, example.group, Qt.ItemDataRole.AccessibleDescriptionRole)
    gallery.setCurrentIndex(-1)
    gallery.setItemDelegate(Grouped(gallery))
    gallery.setMaxVisibleItems(_SEEN)
    gallery.setStyleSheet("QComboBox { combobox-popup: 0; }")  # a list that scrolls, and not one as high as the screen


def titles() -> list[Example]:
    """All examples in the order of their file names."""
    return [_read(path) for path in sorted(resource("examples").glob("*.txt"))]


def _read(path: Path) -> Example:
    """First line "# title", second "# at x=1 y=2"; the rest is the text, but for the numbers that it must give.

    Those (see explorer.work.gallery) are for checks, and would push the text itself out of the editor.
    """
    text, _, _ = path.read_text(encoding="utf-8").partition("\n# Expected")
    title, at, *lines = text.splitlines()
    pairs = (pair.split("=") for pair in at.removeprefix("# at").split())
    point = tuple((name, float(value)) for name, value in pairs)
    group = [words for first, words in _GROUPS if first <= path.stem][-1]
    return Example(path.stem, group, title.removeprefix("# "), "\n".join(lines).strip(), point)
