"""The sheets of the graph panel, in the order of their tabs; the trace stands before them."""

from __future__ import annotations

from explorer.ui.sheet import Sheet
from explorer.ui.sheets.adjoint import AdjointSheet
from explorer.ui.sheets.calls import CallsSheet
from explorer.ui.sheets.jacobian import JacobianSheet
from explorer.ui.sheets.loops import LoopsSheet
from explorer.ui.sheets.memory import MemorySheet
from explorer.ui.sheets.nested import NestedSheet
from explorer.ui.sheets.paths import PathsSheet

SHEETS: tuple[type[Sheet], ...] = (
    JacobianSheet,
    LoopsSheet,
    CallsSheet,
    AdjointSheet,
    MemorySheet,
    PathsSheet,
    NestedSheet,
)
