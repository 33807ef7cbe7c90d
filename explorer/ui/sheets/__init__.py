"""The sheets of the graph panel, in the order of their tabs; the trace stands before them."""

from __future__ import annotations

from explorer.ui.sheet import Sheet

SHEETS: tuple[type[Sheet], ...] = ()
