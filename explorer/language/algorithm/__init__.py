"""The reader of algorithms: a small part of Python, read with Python's own parser and a list of allowed nodes.

`ast.parse` builds a tree and evaluates nothing; every node of it that is not on the list is refused with its place and,
where there is one, the way to write it. Size limits are checked before the parser sees the text.

Each of its classes adds to the one before: `reading` has names and places, `lists` what loops run over, `calls` what
has brackets, `expressions` the rest of them, `assignments` and `statements` the functions, `whole` the text;
`functions` makes of functions that are given to functions such as take numbers only.
"""

from explorer.language.algorithm.idioms import as_remainder, as_truncation
from explorer.language.algorithm.reading import MAX_DEPTH
from explorer.language.algorithm.whole import is_algorithm, read_algorithm

__all__ = ["MAX_DEPTH", "as_remainder", "as_truncation", "is_algorithm", "read_algorithm"]
