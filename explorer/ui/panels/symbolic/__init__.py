"""The symbolic panel: SymPy's derivatives, their steps, forms and sizes, and the swell laboratory, a page each."""

from explorer.ui.panels.symbolic.panel import SymbolicPanel

__all__ = ["SymbolicPanel"]
