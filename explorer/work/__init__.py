"""Across the process wall: what is asked of a worker process, what comes back, and the wire between them.

May import the floors below. Knows no Qt: the command line uses it as the window does.
"""
