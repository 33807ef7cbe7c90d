"""Text becomes a Program: its tree, the table of elementary functions, the readers, the notation.

Imports nothing of ours from other floors, and neither NumPy nor SymPy: the window loads it before it paints.
"""
