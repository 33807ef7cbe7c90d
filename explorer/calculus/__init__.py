"""A Program becomes derivatives: evaluation over number kinds, tape, sweeps, differences, symbolic, layout.

May import explorer.language only. SymPy is imported in `symbolic` alone.
"""
