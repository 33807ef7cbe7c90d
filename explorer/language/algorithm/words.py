"""What an algorithm may say beside the elementary functions, and what is said of the rest."""

from __future__ import annotations

OF_PYTHON = ("len", "float", "int", "pow", "range", "zip", "enumerate")
# What may be imported, for it is not needed; and what stands between such a library and its functions.
LIBRARIES = ("math", "cmath", "numpy", "jax", "torch", "tensorflow", "scipy", "sympy", "mpmath")
SUBMODULES = ("nn", "functional", "linalg", "math", "special", "numpy")
# Functions on lists that are written out, with the number of their arguments; as NumPy, PyTorch and math name them.
OF_LISTS = {
    **dict.fromkeys(("array", "asarray", "tensor", "list", "mean", "norm", "factorial", "zeros", "ones"), 1),
    "dot": 2,
}
# Other names of functions that are read: NumPy's and PyTorch's.
SAME = {
    **{"power": "pow", "clamp": "clip", "absolute": "abs", "fsum": "sum"},
    **dict.fromkeys(("fmax", "amax"), "max"),
    **dict.fromkeys(("fmin", "amin"), "min"),
}
INSTEAD_ON_LISTS = {
    "arange": "range(n)",
    "logsumexp": "log(sum(exp(v) for v in a))",
    "softmax": "[exp(v) for v in a], and divide each by their sum",
    "var": "sum((v - mean(a))**2 for v in a)/len(a)",
    "std": "sqrt(sum((v - mean(a))**2 for v in a)/len(a))",
    "linspace": "[low + (high - low)*i/(n - 1) for i in range(n)]",
    "matmul": "[dot(row, b) for row in a]",
    "reversed": "a[::-1]",
    "sorted": "[min(x, y), max(x, y)]",
    "map": "[v*v for v in a]",
    "filter": "sum(v if v > 0 else 0 for v in a)",
    "divmod": "a // b and a % b",
    "any": "a > 0 or b > 0",
    "all": "a > 0 and b > 0",
}
# What is said of the parts of Python that are not read, by the name of their node.
REFUSED: dict[str, str] = {
    "Lambda": "Write a function of its own with def instead of lambda.",
    "Try": "try is not read: write an if for the case that fails.",
    "With": "with is not read: an algorithm here only computes.",
    "Import": "Only math, numpy, torch and their kin may be imported, and need not be: sin, exp, … are known.",
    "ImportFrom": "Only math, numpy, torch and their kin may be imported, and need not be: sin, exp, … are known.",
    "ClassDef": "Classes are not read: write functions.",
    "AsyncFunctionDef": "async is not read: write def.",
    "Global": "global is not read: pass the value as an argument and return it.",
    "Nonlocal": "nonlocal is not read: pass the value as an argument and return it.",
    "Delete": "del is not read: give the next value a name of its own.",
    "Raise": "raise is not read: return a value for this case too.",
    "Assert": "assert is not read: leave it out.",
    "Match": "match is not read: write if and elif.",
    "Dict": "Dictionaries are not read: use names, or a list of numbers.",
    "Set": "Sets are not read: use a list of numbers.",
    "JoinedStr": "Texts are not read: an algorithm here computes numbers.",
    "Attribute": "Methods and attributes are not read: only numbers and lists of numbers are known.",
    "Await": "await is not read.",
    "Yield": "yield is not read: return the values together.",
    "YieldFrom": "yield is not read: return the values together.",
    "Starred": "* before a value is not read: write the values out.",
    "Slice": "A part of a list (a[1:3]) is not read: take its items one by one.",
    "NamedExpr": "“:=” is not read: assign on a line of its own.",
    "SetComp": "Sets are not read: use a list.",
    "DictComp": "Dictionaries are not read: use a list.",
    "AnnAssign": "A type alone gives no value: write name = ….",
    "TypeAlias": "Types are not read: leave this line out.",
    "TryStar": "try is not read: write an if for the case that fails.",
    "AsyncFor": "async is not read.",
    "AsyncWith": "async is not read.",
}
