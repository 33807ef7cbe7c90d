"""Gradients become steps: rules, objectives, descent.

May import explorer.calculus and explorer.language. `rules` imports no NumPy, for the window reads its fields.
"""
