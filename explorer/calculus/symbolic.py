"""SymPy's derivative of a Program, its sizes, its value at a point and its notation; the only module that loads SymPy.

No text reaches SymPy: expressions are built from the Program's own operations. Everything here may be slow or use much
memory for some input, so it is called in a worker process that can be killed. Numbers come from an own walk over the
shared graph: printing, lambdify and evalf can explode as diff can.

This file is long because SymPy may be known in one place only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from sympy.core.function import ArgumentIndexError

from explorer.calculus.evaluate import COMPARE, Run, Silent, whole_number
from explorer.calculus.lowering import lower
from explorer.calculus.numbers import NAN, REAL
from explorer.language.notation import Notation, NotationBuilder
from explorer.language.primitives import PRIMITIVES
from explorer.language.program import ExplorerError, Program, Span

Expression = Any  # a SymPy expression; SymPy carries no types

# Exact integers beyond this many bits are never built: the constant is a double there.
MAX_BITS = 4096
# Texts and typeset forms of larger trees are cut or left out: nobody reads them, and printing them is slow.
MAX_TEXT_NODES = 5_000
MAX_LATEX_NODES = 2_000
MAX_DRAWN_NODES = 1_500
MAX_CSE_NODES = 20_000  # distinct sub-expressions; CSE is quadratic in some of its steps


# -- elementary functions that SymPy lacks or rewrites -------------------------------------------------------------


def _function(name: str, arity: int, partial: Callable[..., Expression]) -> Any:
    """A SymPy function that stays as it is, with its derivative by position from `partial(position, *args)`."""

    def fdiff(self: Any, argindex: int = 1) -> Expression:
        if not 1 <= argindex <= arity:
            raise ArgumentIndexError(self, argindex)
        return partial(argindex, *self.args)

    def evaluated(self: Any, bits: int) -> Expression:
        """The number of constants, without which SymPy cannot decide a comparison and searches for minutes."""
        if name not in REAL or not all(a.is_number and a.is_real for a in self.args):
            return None
        return sympy.Float(REAL[name](*(float(a) for a in self.args)), 17)

    body = {"nargs": arity, "fdiff": fdiff, "_eval_evalf": evaluated, "is_real": True, "__slots__": ()}
    return type(name, (sympy.Function,), body)


_H = sympy.Heaviside
_sigmoid: Any = _function("sigmoid", 1, lambda i, a: _sigmoid(a) * (1 - _sigmoid(a)))
_delta: Any = _function("delta", 1, lambda i, a: sympy.nan)  # Dirac's, the derivative of a unit jump
_sign: Any = _function("sign", 1, lambda i, a: 2 * _delta(a))
_abs: Any = _function("abs", 1, lambda i, a: _sign(a))
_expm1: Any = _function("expm1", 1, lambda i, a: sympy.exp(a))  # exp(a) − 1 would lose what it is there to keep
_log1p: Any = _function("log1p", 1, lambda i, a: 1 / (1 + a))
_cbrt: Any = _function("cbrt", 1, lambda i, a: 1 / (3 * _cbrt(a) ** 2))
_step: Any = _function("heaviside", 1, lambda i, a: _delta(a))
_floor: Any = _function("floor", 1, lambda i, a: sympy.S.Zero)
_ceil: Any = _function("ceil", 1, lambda i, a: sympy.S.Zero)
_relu: Any = _function("relu", 1, lambda i, a: sympy.Piecewise((1, a > 0), (0, True)))
_softplus: Any = _function("softplus", 1, lambda i, a: _sigmoid(a))
_max: Any = _function("max", 2, lambda i, a, b: _step(a - b) if i == 1 else _step(b - a))
_min: Any = _function("min", 2, lambda i, a, b: _step(b - a) if i == 1 else _step(a - b))
_atan2: Any = _function("atan2", 2, lambda i, a, b: (b if i == 1 else -a) / (a**2 + b**2))
_erf = sympy.erf

_BUILD: dict[str, Callable[..., Expression]] = {
    "add": lambda a, b: sympy.Add(a, b),
    "sub": lambda a, b: sympy.Add(a, -b),
    "mul": lambda a, b: sympy.Mul(a, b),
    "div": lambda a, b: sympy.Mul(a, sympy.Pow(b, -1)),
    "neg": lambda a: -a,
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": sympy.tan,
    "asin": sympy.asin,
    "acos": sympy.acos,
    "atan": sympy.atan,
    "atan2": _atan2,
    "sinh": sympy.sinh,
    "cosh": sympy.cosh,
    "tanh": sympy.tanh,
    "asinh": sympy.asinh,
    "acosh": sympy.acosh,
    "atanh": sympy.atanh,
    "exp": sympy.exp,
    "expm1": _expm1,
    "log": sympy.log,
    "log1p": _log1p,
    "log2": lambda a: sympy.log(a) / sympy.log(2),
    "log10": lambda a: sympy.log(a) / sympy.log(10),
    "sqrt": sympy.sqrt,
    "cbrt": _cbrt,
    "hypot": lambda a, b: sympy.sqrt(a**2 + b**2),
    "abs": _abs,
    "sign": _sign,
    "heaviside": _step,
    "floor": _floor,
    "ceil": _ceil,
    "min": _min,
    "max": _max,
    "erf": sympy.erf,
    "sigmoid": _sigmoid,
    "relu": _relu,
    "softplus": _softplus,
}
_RELATION: dict[str, Any] = {
    "<": sympy.StrictLessThan,
    "<=": sympy.LessThan,
    ">": sympy.StrictGreaterThan,
    ">=": sympy.GreaterThan,
    "==": sympy.Eq,
    "!=": sympy.Ne,
}


# -- Program → SymPy -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Node:
    """A number of the symbolic walk: its place in the list of distinct operations."""

    index: int


class _Symbols(Silent):
    """The algebra that writes operations down without a point, each distinct one once.

    rows: (function, arguments) with "input", "constant", "relation" and "choose" besides the elementary functions;
    known: the value of a row that depends on no input.
    """

    def __init__(self) -> None:
        self.rows: list[tuple[Any, ...]] = []
        self.known: list[float | None] = []
        self.index: dict[tuple[Any, ...], int] = {}

    def row(self, key: tuple[Any, ...], known: float | None) -> _Node:
        found = self.index.get(key)
        if found is None:
            found = self.index[key] = len(self.rows)
            self.rows.append(key)
            self.known.append(known)
        return _Node(found)

    def constant(self, value: float) -> _Node:
        return self.row(("constant", value, math.copysign(1.0, value)), value)

    def apply(self, function: str, arguments: list[Any], span: Span) -> _Node:
        places = tuple(a.index for a in arguments)
        known = [self.known[p] for p in places]
        value = REAL[function](*known) if None not in known else None
        return self.row((function, *places), value)

    def decide(self, operator: str, left: _Node, right: _Node, span: Span) -> Any:
        a, b = self.known[left.index], self.known[right.index]
        if a is not None and b is not None:
            return bool(COMPARE[operator](a, b))
        return self.row(("relation", operator, left.index, right.index), None)

    def merge(self, condition: _Node, then: _Node, otherwise: _Node, span: Span) -> _Node:
        return self.row(("choose", condition.index, then.index, otherwise.index), None)

    def whole(self, value: _Node) -> int | None:
        known = self.known[value.index]
        return None if known is None else whole_number(known)


def expressions(program: Program) -> tuple[list[Expression], list[Any]]:
    """The program's outputs as SymPy expressions, and its inputs as (real) symbols.

    ExplorerError where a constant would need an exact number of more than MAX_BITS bits.
    """
    algebra = _Symbols()
    nodes = [algebra.row(("input", name), None) for name in program.inputs]
    outputs = Run(lower(program), algebra).outputs(nodes)
    symbols = {name: sympy.Symbol(name, real=True) for name in program.inputs}
    built = _build(algebra, symbols, [o.index for o in outputs])
    return [built[o.index] for o in outputs], [symbols[name] for name in program.inputs]


def _build(algebra: _Symbols, symbols: dict[str, Any], roots: list[int]) -> dict[int, Expression]:
    """SymPy expressions of the rows that the roots need, operands first.

    Sums are collected and built at once: adding 1,000 terms one by one costs seconds.
    """
    needed = _needed(algebra.rows, roots)
    uses: dict[int, list[str]] = {}
    for index in needed:
        for argument in _arguments(algebra.rows[index]):
            uses.setdefault(argument, []).append(algebra.rows[index][0])
    built: dict[int, Expression] = {}
    terms: dict[int, list[Expression]] = {}  # sums not yet built, for their only user is a sum
    for index in needed:
        function, *arguments = algebra.rows[index]
        if function in ("add", "sub"):
            a, b = arguments
            right = terms.pop(b, None) or [built[b]]
            parts = (terms.pop(a, None) or [built[a]]) + ([-t for t in right] if function == "sub" else right)
            if uses.get(index) in (["add"], ["sub"]) and index not in roots:
                terms[index] = parts
            else:
                built[index] = sympy.Add(*parts)
        elif function == "input":
            built[index] = symbols[arguments[0]]
        elif function == "constant":
            built[index] = _number(arguments[0])
        elif function == "relation":
            operator, a, b = arguments
            built[index] = _compared(lambda: _RELATION[operator](built[a], built[b]))  # noqa: B023 - called at once
        elif function == "choose":
            condition, a, b = (built[argument] for argument in arguments)
            built[index] = _compared(lambda: sympy.Piecewise((a, condition), (b, True)))  # noqa: B023
        elif function == "pow":
            built[index] = _power(built[arguments[0]], built[arguments[1]], algebra.known[index])
        else:
            built[index] = _BUILD[function](*(built[argument] for argument in arguments))
    return built


def _compared(build: Callable[[], Expression]) -> Expression:
    """What `build` gives; SymPy raises TypeError for comparisons with a number that is not real, also deep inside."""
    try:
        return build()
    except TypeError as error:
        if "comparison" not in str(error):  # another fault, and ours
            raise
        raise ExplorerError(
            "A comparison with a number that is not real has no symbolic form.", kind="domain"
        ) from None


def _arguments(row: tuple[Any, ...]) -> tuple[int, ...]:
    match row[0]:
        case "input" | "constant":
            return ()
        case "relation":
            return row[2:]
        case _:
            return row[1:]


def _needed(rows: list[tuple[Any, ...]], roots: list[int]) -> list[int]:
    """The rows that the roots depend on, in order (operands before their users)."""
    marked = set(roots)
    for index in range(len(rows) - 1, -1, -1):
        if index in marked:
            marked.update(_arguments(rows[index]))
    return sorted(marked)


def _number(value: float) -> Expression:
    """A literal: whole numbers and short decimals exactly, π and e by name, others as the double they are."""
    if value == math.pi:
        return sympy.pi
    if value == math.e:
        return sympy.E
    if not math.isfinite(value):
        return sympy.Float(value)
    if value == int(value) and abs(value) < 2**53:
        return sympy.Integer(int(value))
    text = repr(value)
    if "e" not in text and len(text) <= 8:  # 0.1 is meant as 1/10
        return sympy.Rational(text)
    return sympy.Float(value, 17)


def _power(base: Expression, exponent: Expression, known: float | None) -> Expression:
    if exponent.is_Integer:
        coefficient = base if base.is_Number else base.as_coeff_Mul()[0]
        if coefficient.is_Rational and coefficient not in (0, 1, -1):
            bits = sum(int(part).bit_length() for part in coefficient.as_numer_denom())
            if bits * abs(int(exponent)) > MAX_BITS:
                if known is not None:
                    return sympy.Float(known, 17)
                raise ExplorerError(
                    "The symbolic form would hold a whole number of more than a thousand digits.", kind="limit"
                )
    elif (
        base.is_Rational
        and exponent.is_Rational
        and known is not None
        and max(abs(int(part)) for part in (*base.as_numer_denom(), *exponent.as_numer_denom())) > 10_000
    ):
        return sympy.Float(known, 17)
    return sympy.Pow(base, exponent)


def _differentiated(expression: Expression, symbol: Any) -> Expression:
    return _compared(lambda: sympy.diff(expression, symbol))


def jacobian(outputs: Sequence[Expression], inputs: Sequence[Any]) -> Iterator[tuple[int, int, Expression]]:
    """(row, column, ∂output/∂input) one by one, as SymPy's diff gives it."""
    for row, output in enumerate(outputs):
        for column, symbol in enumerate(inputs):
            yield row, column, _differentiated(output, symbol)


def hessian(output: Expression, inputs: Sequence[Any]) -> list[list[Expression]]:
    """The matrix of second derivatives, each mixed one differentiated once."""
    size = len(inputs)
    first = [_differentiated(output, symbol) for symbol in inputs]
    second: dict[tuple[int, int], Expression] = {}
    for i in range(size):
        for j in range(i, size):
            second[i, j] = second[j, i] = _differentiated(first[i], inputs[j])
    return [[second[i, j] for j in range(size)] for i in range(size)]


# -- the value at a point ------------------------------------------------------------------------------------------

_EVALUATE: dict[Any, Callable[..., float]] = {
    sympy.sin: REAL["sin"], sympy.cos: REAL["cos"], sympy.tan: REAL["tan"], sympy.asin: REAL["asin"],
    sympy.acos: REAL["acos"], sympy.atan: REAL["atan"], sympy.sinh: REAL["sinh"], sympy.cosh: REAL["cosh"],
    sympy.tanh: REAL["tanh"], sympy.asinh: REAL["asinh"], sympy.acosh: REAL["acosh"], sympy.atanh: REAL["atanh"],
    sympy.exp: REAL["exp"], sympy.log: REAL["log"], sympy.erf: REAL["erf"], sympy.Abs: REAL["abs"],
    sympy.cot: lambda a: REAL["div"](1.0, REAL["tan"](a)), sympy.sec: lambda a: REAL["div"](1.0, REAL["cos"](a)),
    sympy.csc: lambda a: REAL["div"](1.0, REAL["sin"](a)), sympy.coth: lambda a: REAL["div"](1.0, REAL["tanh"](a)),
    sympy.sech: lambda a: REAL["div"](1.0, REAL["cosh"](a)), sympy.csch: lambda a: REAL["div"](1.0, REAL["sinh"](a)),
    _abs: REAL["abs"], _cbrt: REAL["cbrt"], _sign: REAL["sign"], _step: REAL["heaviside"], _floor: REAL["floor"],
    _ceil: REAL["ceil"], _relu: REAL["relu"], _softplus: REAL["softplus"], _sigmoid: REAL["sigmoid"],
    _expm1: REAL["expm1"], _log1p: REAL["log1p"], _max: REAL["max"], _min: REAL["min"], _atan2: REAL["atan2"],
    sympy.sign: REAL["sign"], _delta: lambda a: 0.0 if a != 0.0 else NAN,
    sympy.Heaviside: lambda a, half: REAL["heaviside"](a), sympy.floor: REAL["floor"], sympy.ceiling: REAL["ceil"],
}  # fmt: skip
_HOLDS: dict[Any, Callable[[float, float], bool]] = {
    sympy.StrictLessThan: lambda a, b: a < b,
    sympy.LessThan: lambda a, b: a <= b,
    sympy.StrictGreaterThan: lambda a, b: a > b,
    sympy.GreaterThan: lambda a, b: a >= b,
    sympy.Equality: lambda a, b: a == b,
    sympy.Unequality: lambda a, b: a != b,
}


def postorder(roots: Sequence[Expression]) -> list[Expression]:
    """Each distinct sub-expression once, operands first; a loop, for SymPy's trees can be deep."""
    done: set[Expression] = set()
    order: list[Expression] = []
    stack: list[tuple[Expression, bool]] = [(root, False) for root in reversed(roots)]
    while stack:
        node, ready = stack.pop()
        if node in done:
            continue
        if ready:
            done.add(node)
            order.append(node)
        else:
            stack.append((node, True))
            stack.extend((a, False) for a in reversed(node.args) if a not in done)
    return order


def evaluate(roots: Sequence[Expression], point: dict[Any, float]) -> list[float]:
    """The expressions' values in doubles at {symbol: number}, each shared part computed once.

    Raises ExplorerError for a part that has no number here (an unevaluated derivative, a distribution).
    """
    value: dict[Expression, Any] = {}
    for node in postorder(roots):
        arguments = [value[a] for a in node.args]
        value[node] = _value(node, arguments, point)
    return [float(value[root]) for root in roots]


def _value(node: Expression, arguments: list[Any], point: dict[Any, float]) -> Any:
    if node.is_Symbol:
        return point[node]
    if node.is_Number or node.is_NumberSymbol:
        if node is sympy.nan:
            return NAN
        return math.inf if node is sympy.zoo else float(node)
    if node.is_Add:
        return math.fsum(arguments) if all(map(math.isfinite, arguments)) else sum(arguments)
    if node.is_Mul:
        return math.prod(arguments)
    if node.is_Pow:
        base, exponent = arguments
        if exponent == 0.5:
            return REAL["sqrt"](base)
        if exponent == -1.0:
            return REAL["div"](1.0, base)
        if exponent == -0.5:
            return REAL["div"](1.0, REAL["sqrt"](base))
        return REAL["pow"](base, exponent)
    if node.func in _EVALUATE:
        return _EVALUATE[node.func](*arguments)
    if node.is_Relational:
        return _HOLDS[node.func](*arguments)
    if isinstance(node, sympy.Piecewise):
        return next((v for v, holds in arguments if holds), NAN)
    if node.func.__name__ == "ExprCondPair":
        return tuple(arguments)
    if node is sympy.true or node is sympy.false:
        return bool(node)
    if isinstance(node, sympy.And | sympy.Or):
        return (all if isinstance(node, sympy.And) else any)(arguments)
    if isinstance(node, sympy.Not):
        return not arguments[0]
    if isinstance(node, sympy.ITE):
        return arguments[1] if arguments[0] else arguments[2]
    if node is sympy.I or node is sympy.zoo:
        return NAN
    raise ExplorerError(f"The symbolic derivative holds {node.func.__name__}, which has no number here.", kind="domain")


# -- sizes ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Size:
    """How large some expressions are together.

    operations: SymPy's count_ops; tree: nodes with every repetition; dag: distinct sub-expressions; after_cse:
    operations after common-subexpression elimination; characters: of SymPy's text. None where it would take too long.
    """

    operations: int
    tree: int
    dag: int
    after_cse: int | None
    characters: int | None


def size(roots: Sequence[Expression]) -> Size:
    """The sizes, computed on the shared graph: a tree of a million nodes is measured and never printed."""
    order = postorder(roots)
    tree = tree_sizes(order)
    total = sum(tree[r] for r in roots)
    after_cse = None
    if len(order) <= MAX_CSE_NODES:
        replaced, reduced = sympy.cse(list(roots))
        after_cse = sum(map(operations, [e for _, e in replaced])) + sum(map(operations, reduced))
    characters = sum(len(sympy.sstr(r)) for r in roots) if total <= MAX_TEXT_NODES else None
    return Size(sum(map(operations, roots)), total, len(order), after_cse, characters)


def tree_sizes(order: Sequence[Expression]) -> dict[Expression, int]:
    """The number of nodes of each expression's tree, operands before their users."""
    sizes: dict[Expression, int] = {}
    for node in order:
        sizes[node] = 1 + sum(sizes[a] for a in node.args)
    return sizes


def operations(root: Expression) -> int:
    """SymPy's count_ops(root), by its own rules, with each distinct sub-expression counted once and remembered."""
    counted: dict[Expression, int] = {}
    stack = [root]
    while stack:
        node = stack[-1]
        if node in counted:
            stack.pop()
            continue
        own, parts = _own_operations(node)
        missing = [p for p in parts if p not in counted]
        if missing:
            stack.extend(missing)
            continue
        counted[node] = own + sum(counted[p] for p in parts)
        stack.pop()
    return counted[root]


def _own_operations(node: Expression) -> tuple[int, list[Expression]]:
    """Operations that count_ops sees at this node itself, and the expressions it goes on with."""
    if node.is_Rational:
        return (0 if node is sympy.S.One else int(node.p < 0) + int(node.q != 1)), []
    if node is sympy.E:  # counted as the exponential of 1
        return 1, []
    if node.is_Add:
        parts = [-a if a.could_extract_minus_sign() and _negative(a) else a for a in node.args]
        negatives = sum(map(_negative, node.args))
        return len(node.args) - 1 + int(negatives == len(node.args)), parts
    if node.is_Mul:
        own = 0
        if _negative(node):
            own += 1
            node = node.as_two_terms()[1] if node.args[0] is sympy.S.NegativeOne else -node
        numerator, denominator = sympy.fraction(node)
        if numerator.is_Integer:
            return own + 1 + int(bool(numerator < 0)), [denominator]
        if denominator is not sympy.S.One:
            return own + 1, [numerator] if denominator.is_Integer else [denominator, numerator]
        if node.is_Mul:
            return own + len(node.args) - 1, list(node.args)
        return own, [node]
    if node.is_Pow and node.exp is sympy.S.NegativeOne:
        return 1, [node.base]
    if node.is_Symbol or not node.args:
        return 0, []
    if node.is_Relational or node.func.__name__ == "ExprCondPair":
        return 0, list(node.args)
    return 1, list(node.args)


def _negative(node: Expression) -> bool:
    return bool(node.is_Number and node.is_extended_negative) or bool(
        node.is_Mul and node.args[0].is_Number and node.args[0].is_extended_negative
    )


# -- texts and notation --------------------------------------------------------------------------------------------


def text(root: Expression) -> str | None:
    """SymPy's text, or None for a tree too large to read."""
    return sympy.sstr(root) if tree_sizes(postorder([root]))[root] <= MAX_TEXT_NODES else None


def latex(root: Expression) -> str | None:
    """LaTeX, or None for a tree too large to typeset."""
    return sympy.latex(root) if tree_sizes(postorder([root]))[root] <= MAX_LATEX_NODES else None


_SUM, _PRODUCT, _POWER, _ATOM = 1, 2, 3, 9
_RELATION_SIGN = {"<": "<", "<=": "≤", ">": ">", ">=": "≥", "==": "=", "!=": "≠"}
_NAMES = {"log": "ln", "exp": "exp", "ceil": "ceil"}


class _Writer:
    """SymPy expressions as notation; parts that do not fit into the allowance become an ellipsis that counts them."""

    def __init__(self, roots: Sequence[Expression]) -> None:
        self.builder = NotationBuilder()
        order = postorder(roots)
        self.sizes = tree_sizes(order)
        self.refs = {node: index for index, node in enumerate(order)}
        self.complete = True
        self.depth = 0

    def add(self, kind: str, text: str = "", children: Sequence[int] = (), ref: Expression | None = None) -> int:
        return self.builder.add(kind, text, tuple(children), None, self.refs.get(ref))

    def inside(self, node: Expression, binding: int, allowance: int) -> int:
        """The node, in brackets if it binds less than `binding`."""
        piece, own = self.write(node, allowance)
        return piece if own >= binding else self.add("bracket", "()", [piece])

    def write(self, node: Expression, allowance: int) -> tuple[int, int]:
        """The piece of a node and how tightly it binds."""
        if allowance < 1 or (self.sizes.get(node, 1) > allowance and not (node.is_Add or node.is_Mul or node.is_Pow)):
            self.complete = False
            return self.add("symbol", "…", ref=node), _ATOM
        if node.is_Symbol:
            return self.add("name", node.name, ref=node), _ATOM
        if node.is_Number or node.is_NumberSymbol or not node.args:
            return self.number(node)
        if node.is_Add:
            return self.sum(node, allowance), _SUM
        if node.is_Mul:
            return self.product(node, allowance)
        if node.is_Pow:
            return self.power(node, allowance)
        if isinstance(node, sympy.Piecewise):
            return self.cases(node, allowance), _ATOM
        if node.is_Relational:
            return self.relation(node, allowance), 0
        if isinstance(node, sympy.exp):
            base = self.add("symbol", "e")
            return self.add("power", children=[base, self.write(node.args[0], allowance - 2)[0]], ref=node), _POWER
        return self.call(node, allowance), _ATOM

    def number(self, node: Expression) -> tuple[int, int]:
        if node.is_Rational and not node.is_Integer:
            if node < 0:
                part = self.number(-node)[0]
                return self.add("row", children=[self.add("prefix", "−"), part], ref=node), _SUM
            parts = [self.add("number", str(node.p)), self.add("number", str(node.q))]
            return self.add("fraction", children=parts, ref=node), _PRODUCT
        if node.is_Number and node is not sympy.nan and not node.is_infinite:
            written = str(node) if node.is_Integer else repr(float(node))
            if written.startswith("-"):
                digits = self.add("number", written[1:])
                return self.add("row", children=[self.add("prefix", "−"), digits], ref=node), _SUM
            return self.add("number", written, ref=node), _ATOM
        signs = {sympy.pi: "π", sympy.E: "e", sympy.oo: "∞", sympy.zoo: "∞", sympy.I: "i", sympy.nan: "undefined"}
        if node in signs:
            return self.add("symbol", signs[node], ref=node), _ATOM
        return self.add("word", str(node), ref=node), _ATOM

    def sum(self, node: Expression, allowance: int) -> int:
        terms = node.as_ordered_terms() if len(node.args) <= 60 else list(node.args)
        children: list[int] = []
        for count, term in enumerate(terms):
            if self.sizes.get(term, 1) > allowance:
                rest = len(terms) - count
                if children or rest < len(terms):
                    self.complete = False
                    children.append(self.add("operator", "+"))
                    children.append(self.add("word", f"… ({rest:,} more terms)"))
                    break
            allowance -= self.sizes.get(term, 1)
            negative = _negative(term)
            if children:
                children.append(self.add("operator", "−" if negative else "+"))
            elif negative:
                children.append(self.add("prefix", "−"))
            children.append(self.inside(-term if negative else term, _PRODUCT, max(allowance, 2) + 200))
        return self.add("row", children=children, ref=node)

    def product(self, node: Expression, allowance: int) -> tuple[int, int]:
        if _negative(node):
            inner = self.inside(-node, _PRODUCT, allowance)
            return self.add("row", children=[self.add("prefix", "−"), inner], ref=node), _SUM
        above: list[Expression] = []
        below: list[Expression] = []
        for factor in node.args:
            if factor.is_Rational and not factor.is_Integer:
                above += [sympy.Integer(factor.p)] if factor.p != 1 else []
                below.append(sympy.Integer(factor.q))
            elif factor.is_Pow and factor.exp.is_Rational and factor.exp < 0:
                below.append(sympy.Pow(factor.base, -factor.exp, evaluate=False) if factor.exp != -1 else factor.base)
            else:
                above.append(factor)
        if not below:
            return self.factors(above, allowance, node), _PRODUCT
        top = self.factors(above, allowance, None, alone=True) if above else self.add("number", "1")
        bottom = self.factors(below, allowance, None, alone=True)
        return self.add("fraction", children=[top, bottom], ref=node), _PRODUCT

    def factors(self, nodes: list[Expression], allowance: int, ref: Expression | None, alone: bool = False) -> int:
        if len(nodes) == 1:
            return self.inside(nodes[0], 0 if alone else _PRODUCT, allowance)
        # Numbers, π, then names and powers, then calls and sums: as a person orders factors.
        nodes = sorted(
            nodes, key=lambda n: (not n.is_Number, not n.is_NumberSymbol, n.is_Add, not (n.is_Symbol or n.is_Pow))
        )
        children: list[int] = []
        for count, factor in enumerate(nodes):
            if self.sizes.get(factor, 1) > allowance and count:
                self.complete = False
                children += [self.add("operator", "·"), self.add("word", f"… ({len(nodes) - count:,} more factors)")]
                break
            allowance -= self.sizes.get(factor, 1)
            if children:
                children.append(self.add("operator", "·"))
            children.append(self.inside(factor, _PRODUCT, max(allowance, 2) + 200))
        return self.add("row", children=children, ref=ref)

    def power(self, node: Expression, allowance: int) -> tuple[int, int]:
        base, exponent = node.base, node.exp
        if exponent.is_Rational and exponent < 0:
            below = sympy.Pow(base, -exponent, evaluate=False) if exponent != -1 else base
            self.sizes.setdefault(below, self.sizes.get(node, 3))
            bottom = self.write(below, allowance)[0]
            return self.add("fraction", children=[self.add("number", "1"), bottom], ref=node), _PRODUCT
        if exponent == sympy.Rational(1, 2):
            return self.add("root", children=[self.write(base, allowance)[0]], ref=node), _ATOM
        if self.sizes.get(base, 1) > allowance and not base.is_Add and not base.is_Mul:
            self.complete = False
            return self.add("symbol", "…", ref=node), _ATOM
        children = [self.inside(base, _ATOM, allowance - 2), self.write(exponent, allowance - 2)[0]]
        return self.add("power", children=children, ref=node), _POWER

    def call(self, node: Expression, allowance: int) -> int:
        name = node.func.__name__
        if name in ("abs", "Abs"):
            return self.add("bracket", "||", [self.write(node.args[0], allowance - 1)[0]], node)
        if name in ("floor", "ceil"):
            sign = "⌊⌋" if name == "floor" else "⌈⌉"
            return self.add("bracket", sign, [self.write(node.args[0], allowance - 1)[0]], node)
        if name == "cbrt":
            return self.add(
                "root", children=[self.write(node.args[0], allowance - 1)[0], self.add("number", "3")], ref=node
            )
        arguments: list[int] = []
        for argument in node.args:
            if arguments:
                arguments.append(self.add("comma"))
            arguments.append(self.write(argument, allowance - 1)[0])
        inner = arguments[0] if len(arguments) == 1 else self.add("row", children=arguments)
        word = self.add("word", _NAMES.get(name, name))
        return self.add("row", children=[word, self.add("bracket", "()", [inner])], ref=node)

    def cases(self, node: Expression, allowance: int) -> int:
        children: list[int] = []
        for value, condition in node.args:
            children.append(self.write(value, allowance - 2)[0])
            if condition is sympy.true:
                children.append(self.add("word", "otherwise"))
            else:
                children.append(
                    self.add("row", children=[self.add("word", "if "), self.relation(condition, allowance)])
                )
        return self.add("cases", children=children, ref=node)

    def relation(self, node: Expression, allowance: int, inside: bool = False) -> int:
        """A condition; one of several parts stands in brackets where it is `inside` another."""
        if not node.is_Relational:
            parts = [self.relation(argument, allowance, inside=True) for argument in node.args]
            if isinstance(node, sympy.Not):
                children = [self.add("word", "not "), *parts]
            elif isinstance(node, sympy.ITE):
                condition, then, otherwise = parts
                children = [then, self.add("word", " if "), condition, self.add("word", " else "), otherwise]
            elif isinstance(node, sympy.And | sympy.Or):
                joint = " and " if isinstance(node, sympy.And) else " or "
                children = [p for part in parts for p in (self.add("word", joint), part)][1:]
            else:
                return self.add("word", str(node).lower(), ref=node)  # true or false
            row = self.add("row", children=children, ref=node)
            return self.add("bracket", "()", [row]) if inside else row
        left, right = (self.write(a, allowance - 1)[0] for a in node.args)
        sign = _RELATION_SIGN[node.rel_op]
        return self.add("row", children=[left, self.add("operator", sign), right], ref=node)


def notation(root: Expression, allowance: int = MAX_DRAWN_NODES) -> Notation:
    """The expression ready to be typeset; parts beyond about `allowance` tree nodes are left out and counted."""
    writer = _Writer([root])
    writer.write(root, allowance)
    return writer.builder.finish(writer.complete)


def warm_up() -> None:
    """Touch what the first question will need, so that a forked worker has it already."""
    x = sympy.Symbol("x", real=True)
    f = sympy.sin(x * x) / sympy.exp(x) + sympy.log(1 + x**2) + sympy.Piecewise((x, x > 0), (0, True))
    for primitive in PRIMITIVES:
        if PRIMITIVES[primitive].arity == 1 and primitive in _BUILD:
            sympy.diff(_BUILD[primitive](x), x)
    derivative = sympy.diff(f, x)
    size([derivative])
    text(derivative)
    latex(derivative)
    notation(derivative)
    evaluate([derivative], {x: 0.5})
