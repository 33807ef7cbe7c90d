"""The reader of formulas: tokens become a Program by operator precedence (Pratt), nothing is ever evaluated.

It reads what people write: implicit products, |x|, superscripts, roots, functions without brackets, named
intermediates line by line, `f(x, y) = …`, several outputs. Where a writing can be read in two ways, it takes the usual
one and leaves a Note that says which.

Each of its classes adds to the one before: `reading` has the place and the names, `sums` what stands
in brackets, `calls` what a name stands for, `expressions` the operators, `lines` the whole text.
"""

from explorer.language.formula.lines import MAX_DEPTH, natural_order, read_formula
from explorer.language.formula.reading import CONSTANTS, FORMS, INVERSES, MAX_INPUTS, MAX_NESTING

__all__ = [
    "CONSTANTS",
    "FORMS",
    "INVERSES",
    "MAX_DEPTH",
    "MAX_INPUTS",
    "MAX_NESTING",
    "natural_order",
    "read_formula",
]
