"""Differentiation Explorer: one function, four derivatives, its graph played, optimizers running on it.

Five floors; an import only points down (tests/test_architecture.py checks it):

    ui        windows, panels, plots       the only floor that knows Qt and matplotlib
    work      questions across processes   what is asked of a worker and what comes back
    optimize  gradients become steps       rules, objectives, descent
    calculus  a Program becomes derivatives
    language  text becomes a Program

The house plan, the flow of an edit and "Where do I add…" are in README.md beside this file.
"""
