r"""LaTeX as people paste it becomes the text of a formula: \frac{x}{2y} is x/(2*y).

An own tokenizer and descent: no macro is expanded and nothing is evaluated. What has no formula here is refused with
its place. The result is text of our own language, to be offered, seen and parsed like any other.

One file of more than 300 lines: each construct of LaTeX has its few lines here.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import NamedTuple

from explorer.language.formula import CONSTANTS, FORMS, INVERSES
from explorer.language.latex_tokens import Token, latex_tokens
from explorer.language.names import GREEK
from explorer.language.primitives import ALIASES, PRIMITIVES, RECIPROCALS, function_named
from explorer.language.program import ExplorerError, Span

MAX_NESTING = 40  # groups inside each other; each takes some ten Python frames of the 1,000 that there are

_NAMED = ("Gamma", "zeta", "Phi")  # letters that usually name a function: Γ(x) is no product
_LONGEST_FUNCTION = max(map(len, (*PRIMITIVES, *ALIASES, *FORMS)))

_COLUMNS = {"matrix", "pmatrix", "bmatrix", "smallmatrix", "array"}
_FRACTIONS = ("frac", "dfrac", "tfrac", "cfrac")
_ACCENTS = ("hat", "bar", "tilde", "overline", "widehat", "widetilde", "check", "breve")
_ROUNDINGS = {"lfloor": ("floor", "rfloor"), "lceil": ("ceil", "rceil")}
_REPEATED = {"sum": "sum", "prod": "prod"}
_RELATIONS = ("<", "<=", ">", ">=", "!=", "=")
_WORDS = re.compile(r"if|for|when|and|or|falls|für|wenn|otherwise|else|sonst|true", re.IGNORECASE)
_OTHERWISE = re.compile(r"otherwise|else|sonst|true", re.IGNORECASE)
_CLOSINGS = {"(": ")", "[": "]", "\\{": "\\}", "{": "}"}
_DERIVED = "Type the function itself; its derivatives are computed."
_REFUSED = {
    **dict.fromkeys(("partial", "nabla", "dot", "ddot", "prime"), _DERIVED),
    "int": "An integral is not read; a sum over a range is: \\sum_{i=1}^{10}.",
    "lim": "A limit is not read: write the function itself.",
    "infty": "Infinity is not a number that can be differentiated.",
    "pm": "± gives two functions: write + or −.",
    "mp": "± gives two functions: write + or −.",
    "binom": "A binomial coefficient is not read: write its number.",
    **dict.fromkeys(("|", "lVert", "rVert", "Vert"), "A norm is not read: write \\sqrt{x^2 + y^2}."),
    **dict.fromkeys(("in", "forall", "exists", "to", "mapsto", "rightarrow"), "This is a statement, not a formula."),
    **dict.fromkeys(("dots", "ldots", "cdots"), "Dots cannot be read: write all terms, or a \\sum with its bounds."),
}
_FONTS = {"mathrm", "mathit", "mathbf", "mathsf", "mathtt", "mathcal", "boldsymbol", "bm", "mathop", "operatorname"}
_FONTS |= {"text", "textrm", "textit", "mbox"}
# How strongly a text holds together; what is weaker than its place asks for gets brackets.
SUM, PRODUCT, RAISED, WHOLE = range(4)


class _Text(NamedTuple):
    """A part of the formula as it will be written, and how strongly it holds together."""

    text: str
    strength: int = WHOLE


def read_latex(text: str) -> str:
    """The formula's text that a LaTeX text means; ExplorerError with the place of what cannot be meant here."""
    try:
        return _Reader(text).lines()
    except RecursionError:
        raise ExplorerError("This LaTeX is nested too deeply to be read.", kind="limit") from None


def _held(part: _Text, least: int) -> str:
    return part.text if part.strength >= least else f"({part.text})"


class _Reader:
    """One pass over one text: the position among its tokens, and the names that lines and sums have given."""

    def __init__(self, text: str) -> None:
        self.tokens = latex_tokens(text)
        self.position = 0
        self.nesting = 0
        self.bars = 0  # absolute values that are open at this place
        self.bound: set[str] = set()  # variables of the sums around this place
        self.defined: set[str] = set()  # functions that lines above define

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def take(self, kind: str, text: str | None = None) -> bool:
        """Step over the token if it is this one."""
        if self.token.kind != kind or (text is not None and self.token.text != text):
            return False
        self.position += 1
        return True

    def expect(self, kind: str, opening: Token) -> None:
        if self.take(kind):
            return
        if self.token.kind == "end":
            raise ExplorerError(f"This “{opening.text}” is not closed: “{kind}” is missing.", opening.span)
        raise self.unexpected()

    def unexpected(self) -> ExplorerError:
        token = self.token
        if token.kind == "end":
            before = self.tokens[max(self.position - 1, 0)]
            return ExplorerError("Something is missing at the end of this LaTeX.", before.span)
        if token.kind == "command":
            said = _REFUSED.get(token.text, f"\\{token.text} has no meaning in a formula here.")
            return ExplorerError(said, token.span)
        if token.kind in _RELATIONS and token.kind != "=":
            said = "A comparison is a condition and not a function: it stands in \\begin{cases}."
            return ExplorerError(said, token.span)
        known = {"!": "The factorial is not an elementary function here.", "'": _DERIVED}
        return ExplorerError(known.get(token.kind, f"“{token.text}” cannot stand here in LaTeX."), token.span)

    def nested(self, read: Callable[[], _Text]) -> _Text:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise ExplorerError(f"This LaTeX is nested more than {MAX_NESTING} deep.", self.token.span, "limit")
        result = read()
        self.nesting -= 1
        return result

    # -- lines -----------------------------------------------------------------------------------------------------

    def lines(self) -> str:
        """Each row of the text as a line of the formula."""
        written = []
        while True:
            while self.token.kind in ("row", ".", ",", ";"):
                self.position += 1
            if self.token.kind == "end":
                break
            written.append(self.line())
            if self.token.kind not in ("row", ".", ",", ";", "end"):
                raise self.unexpected()
        if not written:
            raise ExplorerError("There is no formula in this LaTeX.", self.token.span)
        return "\n".join(written)

    def line(self) -> str:
        head = self.head()
        value = self.values()
        if self.token.kind == "=":
            said = "One “=” a line: name = …." if head else "An equation is not a function: write name = …."
            raise ExplorerError(said, self.token.span)
        return f"{head} = {value}" if head else value

    def head(self) -> str:
        """“y” or “f(x, y)” before an “=”, which is stepped over; empty where the line has none."""
        start = self.position
        parameters: list[str] = []
        if self.token.kind not in ("letter", "command") or self.token.text in CONSTANTS:
            return ""
        try:
            name = self.symbol()
            if self.take("("):
                while not parameters or self.take(","):
                    parameters.append(self.symbol())
                self.expect(")", self.token)
        except ExplorerError:  # no head, but the beginning of a formula
            self.position = start
            return ""
        self.take(":")
        if not self.take("="):
            self.position = start
            return ""
        if parameters:
            self.defined.add(name)
        return f"{name}({', '.join(parameters)})" if parameters else name

    def values(self) -> str:
        written = [self.expression().text]
        while self.token.kind == "," and self.tokens[self.position + 1].kind not in ("end", "row"):
            self.position += 1
            written.append(self.expression().text)
        return ", ".join(written)

    # -- expressions -----------------------------------------------------------------------------------------------

    def expression(self) -> _Text:
        """Terms with + and − between them."""
        total = self.signed(self.term)
        while self.token.kind in ("+", "-"):
            sign = self.token.kind
            self.position += 1
            total = _Text(f"{_held(total, SUM)} {sign} {_held(self.signed(self.term), PRODUCT)}", SUM)
        return total

    def signed(self, read: Callable[[], _Text]) -> _Text:
        minus = False
        while self.token.kind in ("+", "-"):
            minus ^= self.token.kind == "-"
            self.position += 1
        value = read()
        return _Text(f"-{_held(value, PRODUCT)}", SUM) if minus else value

    def term(self) -> _Text:
        """Factors with signs or nothing between them."""
        product = self.factor()
        while True:
            if self.token.kind in ("*", "/"):
                sign = self.token.kind
                self.position += 1
                other = self.signed(self.factor)
                product = _Text(f"{_held(product, PRODUCT)}{sign}{_held(other, RAISED)}", PRODUCT)
            elif self.begins_factor():
                if self.token.kind == "number" and self.tokens[self.position - 1].kind == "number":
                    raise ExplorerError("Two numbers side by side: write \\cdot between them.", self.token.span)
                product = _Text(f"{_held(product, PRODUCT)}*{_held(self.factor(), RAISED)}", PRODUCT)
            else:
                return product

    def begins_factor(self) -> bool:
        token = self.token
        if token.kind == "|":
            return self.bars == 0
        if token.kind == "command":
            return token.text not in ("text", "mbox", *(close for _, close in _ROUNDINGS.values()))
        return token.kind in ("number", "letter", "begin", *_CLOSINGS)

    def factor(self) -> _Text:
        """An operand with its exponent."""
        begin = self.token
        base = self.nested(self.operand)
        if self.take("^"):
            if self.is_transpose(begin):
                said = "A transpose is not read: a product of vectors is sum(w[i]*x[i] for i in range(3))."
                raise ExplorerError(said, self.tokens[self.position - 1].span)
            base = _Text(f"{_held(base, WHOLE)}^{_held(self.argument('exponent'), WHOLE)}", RAISED)
            if self.token.kind == "^":
                raise ExplorerError("Two exponents in a row: write braces, {x^2}^3.", self.token.span)
        if self.token.kind in ("'", "!"):
            raise self.unexpected()
        return base

    def is_transpose(self, base: Token) -> bool:
        r"""Whether the exponent at hand is a T that is no number: upright, \top, or behind a bold letter."""
        words = "".join(token.text for token in self.tokens[self.position : self.position + 6])
        found = re.match(r"(\{?)(?:(mathsf|mathrm|text)(\{?))?(T|top|intercal)(\}*)", words)
        if found is None or len(found[5]) < len(found[1] + (found[3] or "")):
            return False
        return found[4] != "T" or bool(found[2]) or base.text in ("mathbf", "boldsymbol", "bm", "vec")

    def operand(self) -> _Text:
        token = self.token
        if token.kind == "number":
            self.position += 1
            return _Text(token.text)
        if token.kind in _CLOSINGS:
            self.position += 1
            return _listed(self.enclosed(token, _CLOSINGS[token.kind]))
        if token.kind == "|":
            self.position += 1
            return self.absolute(token)
        if token.kind == "letter":
            word = self.spelled()
            return self.function(word) if word else self.named()
        if token.kind == "command":
            return self.command()
        if token.kind == "begin":
            return self.environment()
        raise self.unexpected()

    def enclosed(self, opening: Token, closing: str) -> list[_Text]:
        """The values in brackets, in which bars open anew."""
        outer, self.bars = self.bars, 0
        values = [self.expression()]
        while self.take(","):
            values.append(self.expression())
        self.expect(closing, opening)
        self.bars = outer
        return values

    def absolute(self, opening: Token) -> _Text:
        outer, self.bars = self.bars, 1
        inner = self.expression()
        self.expect("|", opening)
        self.bars = outer
        return _Text(f"abs({inner.text})")

    def command(self) -> _Text:
        token, name = self.token, self.token.text
        if name in _REFUSED:
            raise self.unexpected()
        if name in _FRACTIONS:
            self.position += 1
            above = self.argument("numerator")
            if above.text == "d":
                raise ExplorerError(_DERIVED, token.span)
            return _Text(f"{_held(above, PRODUCT)}/{_held(self.argument('denominator'), RAISED)}", PRODUCT)
        if name == "sqrt":
            self.position += 1
            index = self.enclosed(self.tokens[self.position - 1], "]")[0] if self.take("[") else None
            return _root(self.argument("radicand"), index)
        if name in _ROUNDINGS:
            self.position += 1
            inner = self.expression()
            if not self.take("command", _ROUNDINGS[name][1]):
                raise ExplorerError(f"This \\{name} is not closed: \\{_ROUNDINGS[name][1]} is missing.", token.span)
            return _Text(f"{_ROUNDINGS[name][0]}({inner.text})")
        if name in _REPEATED:
            return self.repeated()
        if name in RECIPROCALS or name == "lg" or self.is_function(name):
            self.position += 1
            return self.function(name)
        if name in _FONTS:
            start = self.position
            self.position += 1
            word = self.with_number(self.word())
            if word in RECIPROCALS or self.is_function(word):
                return self.function(word)
            if name == "operatorname" and self.token.kind in _CLOSINGS:
                raise ExplorerError(f"“{word}” is not a function that is known here.", token.span, "name")
            self.position = start
        return self.named()

    def with_number(self, word: str) -> str:
        """expm1, atan2 and the like, whose number SymPy writes as an index; else the word as it is."""
        start = self.position
        if self.take("_") and self.token.kind in ("number", "{"):
            named = word + self.argument("index").text
            if self.is_function(named):
                return named
        self.position = start
        return word

    def is_function(self, name: str) -> bool:
        return function_named(name) is not None or name in FORMS

    def spelled(self) -> str:
        """A function's name in letters of their own, as in sin(x), stepped over; empty where none stands here."""
        end, start = self.position, self.position
        while self.tokens[end].kind == "letter" and not (end > start and self.tokens[end].spaced):
            end += 1
            if end - start > _LONGEST_FUNCTION:
                return ""
        word = "".join(t.text for t in self.tokens[self.position : end])
        if len(word) < 2 or not self.is_function(word):
            return ""
        self.position = end
        return word

    # -- functions -------------------------------------------------------------------------------------------------

    def function(self, name: str) -> _Text:
        r"""A function, perhaps raised or to a base, with its argument: \sin x, \sin^2(x), \log_2 x, \max(x, y)."""
        base = exponent = None
        place = self.token.span
        for _ in range(2):
            if self.take("_"):
                base = self.argument("base")
            elif self.take("^"):
                exponent = self.argument("exponent")
        if base is not None and name != "log":
            raise ExplorerError(f"\\{name} has no index: write {name}(…).", place)
        if exponent is not None and exponent.text == "-1":
            if name not in INVERSES:
                raise ExplorerError(f"\\{name}^{{-1}} could mean two things: write 1/\\{name}(x).", place)
            name, exponent = INVERSES[name], None
        call = _called(name, self.arguments(name), base)
        if exponent is None:
            return call
        return _Text(f"{_held(call, WHOLE)}^{_held(exponent, WHOLE)}", RAISED)

    def arguments(self, name: str) -> str:
        """What stands in brackets, or the product that follows up to a sign, a bracket or another function."""
        opening = self.token
        if opening.kind == "{" and self.holds_bracket():  # \max{\left(x, y\right)}
            self.position += 1
            inner = self.nested(lambda: _Text(self.arguments(name)))
            self.expect("}", opening)
            return inner.text
        if opening.kind in _CLOSINGS:
            self.position += 1
            values = self.enclosed(opening, _CLOSINGS[opening.kind])
            return ", ".join(value.text for value in values)
        if not self.begins_factor() and opening.kind != "-":
            raise ExplorerError(f"{name} needs an argument.", opening.span)
        product = self.signed(self.factor)
        while self.begins_factor() and self.token.kind not in (*_CLOSINGS, "|") and not self.begins_function():
            product = _Text(f"{_held(product, PRODUCT)}*{_held(self.factor(), RAISED)}", PRODUCT)
        return product.text

    def holds_bracket(self) -> bool:
        """Whether the braces that begin here hold one pair of brackets and nothing else."""
        closings: list[str] = []
        for place in range(self.position + 1, len(self.tokens)):
            kind = self.tokens[place].kind
            if kind in _CLOSINGS:
                closings.append(_CLOSINGS[kind])
            elif closings and kind == closings[-1]:
                closings.pop()
            if not closings:
                return place > self.position + 1 and self.tokens[place + 1].kind == "}"
        return False

    def begins_function(self) -> bool:
        token = self.token
        if token.kind == "command":
            known = (*RECIPROCALS, *_REPEATED, "lg", "operatorname")
            return token.text in known or self.is_function(token.text)
        start = self.position
        found = token.kind == "letter" and bool(self.spelled())
        self.position = start
        return found

    # -- names, indices, groups ------------------------------------------------------------------------------------

    def argument(self, what: str) -> _Text:
        """What belongs to ^, _, \\frac and \\sqrt: a group in braces, or one sign."""
        token = self.token
        if token.kind == "{":
            self.position += 1
            return self.nested(lambda: _listed(self.enclosed(token, "}")))
        if token.kind == "number" and len(token.text) > 1:
            if what in ("exponent", "base"):
                raise ExplorerError(f"Only {token.text[0]} is raised here: write {{{token.text}}}.", token.span)
            digit, rest = token.text[0], token.text[1:]  # \\frac12
            self.tokens[self.position] = token._replace(text=rest)
            return _Text(digit)
        if token.kind == "number" or token.kind == "letter":
            self.position += 1
            return _Text(token.text if token.kind == "number" else self.plain(token))
        if token.kind == "command":
            return self.nested(self.command)
        raise ExplorerError(f"The {what} is missing: write it in braces.", token.span)

    def plain(self, token: Token) -> str:
        """A letter or \\alpha as the name that a formula has for it."""
        if token.kind == "letter" and (token.text.isascii() or token.text in GREEK):
            return GREEK.get(token.text, token.text)
        if token.kind == "command" and token.text in GREEK.values():
            after = self.tokens[self.tokens.index(token) + 1] if token.text in _NAMED else token
            if after.kind == "(":
                said = f"\\{token.text} of something is not an elementary function here; for a product write \\cdot."
                raise ExplorerError(said, token.span, "name")
            return token.text
        raise self.unexpected()

    def word(self) -> str:
        """The letters and digits of a group, as in \\mathrm{max} or \\begin{cases}."""
        opening, written = self.token, ""
        after = self.tokens[self.position + 1 : self.position + 2]
        if opening.kind == "letter" and not any(t.kind == "letter" and not t.spaced for t in after):  # \hat y
            self.position += 1
            return opening.text
        if not self.take("{"):
            raise ExplorerError("Braces are missing here.", opening.span)
        while self.token.kind != "}":
            if self.token.kind == "end":
                raise ExplorerError("This “{” is not closed: “}” is missing.", opening.span)
            if self.token.kind == "command" and self.token.text in _FONTS:
                self.position += 1
                written += self.word()
                continue
            written += (" " if self.token.spaced and written else "") + self.token.text
            self.position += 1
        self.position += 1
        return written

    def symbol(self) -> str:
        """A name with its index: x_1 is x1, v_{max} is v_max, \\hat{y} is y_hat."""
        token = self.token
        self.position += 1
        if token.kind == "command" and token.text in _FONTS:
            name = self.word()
            if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", name):
                raise ExplorerError(f"“{name}” is not a name.", token.span)
        elif token.kind == "command" and token.text in (*_ACCENTS, "vec"):
            accented = self.word()
            name = accented if token.text == "vec" else f"{accented}_{token.text}"
        else:
            self.position -= 1  # back, for the place of what is refused
            name = self.plain(token)
            self.position += 1
        if not self.take("_"):
            return name
        index = self.token
        if index.kind != "{":
            written = index.text if index.kind == "number" else self.plain(index)
            self.position += 1
            return _indexed(name, written, index.span)
        if self.bound:
            inside = itertools.takewhile(lambda t: t.kind != "}", self.tokens[self.position :])
            if any(t.text in self.bound for t in inside):
                return f"{name}[{self.argument('index').text}]"
        return _indexed(name, self.word(), index.span)

    def named(self) -> _Text:
        """A name; in a sum x_i is x[i]; a function that a line above defines takes its arguments."""
        token = self.token
        ahead = self.tokens[self.position + 1 : self.position + 3]
        if token.kind == "letter" and len(ahead) == 2 and ahead[0].kind == "_" and ahead[1].text in self.bound:
            name = self.plain(token)
            self.position += 3
            return _Text(f"{name}[{ahead[1].text}]")
        name = self.symbol()
        opening = self.token
        if opening.kind == "(" and (name in self.defined or name in ("f", "g", "h")):
            if name not in self.defined:
                raise ExplorerError(f"Say what {name} is on a line before: {name}(x) = ….", token.span, "name")
            self.position += 1
            values = self.enclosed(opening, ")")
            return _Text(f"{name}({', '.join(v.text for v in values)})")
        return _Text(name)

    # -- sums and cases --------------------------------------------------------------------------------------------

    def repeated(self) -> _Text:
        r"""\sum_{i=1}^{n} of the product that follows, for whole numbers 1 and n."""
        token = self.token
        self.position += 1
        how = f"\\{token.text} is written \\{token.text}_{{i=1}}^{{10}} ….", token.span
        if not (self.take("_") and self.take("{") and self.token.kind == "letter"):
            raise ExplorerError(*how)
        variable = self.plain(self.token)
        self.position += 1
        if not self.take("="):
            raise ExplorerError(*how)
        low = self.expression()
        if not (self.take("}") and self.take("^")):
            raise ExplorerError(*how)
        high = self.argument("bound")
        outer = self.bound
        self.bound = outer | {variable}
        body = self.signed(self.term)
        self.bound = outer
        stop = str(int(high.text) + 1) if high.text.isdecimal() and len(high.text) < 9 else f"{_held(high, SUM)} + 1"
        return _Text(f"{token.text}({body.text} for {variable} in range({low.text}, {stop}))")

    def environment(self) -> _Text:
        """Cases, or a column of several outputs."""
        token = self.token
        self.position += 1
        if token.text in ("cases", "dcases"):
            return self.cases(token)
        if token.text not in _COLUMNS:
            raise ExplorerError(f"The environment {token.text} has no meaning in a formula here.", token.span)
        values = []
        while not self.take("close"):
            values.append(self.expression())
            if not self.take("row") and self.token.kind != "close":
                raise ExplorerError("A column of values is read, one a row; a matrix is not.", self.token.span)
        return _listed(values)

    def cases(self, token: Token) -> _Text:
        """piecewise(condition, value, …): the last case is taken where no other holds."""
        parts: list[str] = []
        while True:
            value = self.expression().text
            comma = self.take(",")  # before the “&”, or in its place
            condition = self.condition() if self.take("&") or comma else ""
            while self.take(".") or self.take(","):
                pass
            if self.take("row") and self.token.kind != "close":
                if not condition:
                    raise ExplorerError("Only the last case may be without a condition.", self.token.span)
                parts += [condition, value]
            elif self.take("close"):
                return _Text(f"piecewise({', '.join((*parts, value))})" if parts else f"({value})")
            elif self.token.kind == "end":
                raise ExplorerError("\\begin{cases} is not closed: \\end{cases} is missing.", token.span)
            else:
                raise self.unexpected()

    def condition(self) -> str:
        """Comparisons with “and” and “or” between them; empty for “otherwise”."""
        written = ""
        while True:
            word = self.remark()
            if _OTHERWISE.fullmatch(word):
                return ""
            written += self.expression().text
            if self.token.kind not in _RELATIONS:
                raise ExplorerError("A condition is needed here, for example x > 0.", self.token.span)
            while self.token.kind in _RELATIONS:
                sign = "==" if self.token.kind == "=" else self.token.kind
                self.position += 1
                written += f" {sign} {self.expression().text}"
            connective = self.token.kind if self.token.kind in ("and", "or") else self.remark()
            if connective not in ("and", "or"):
                return written
            self.position += self.token.kind == connective
            written += f" {connective} "

    def remark(self) -> str:
        r"""The words of \\text{…} at this place, which is stepped over; empty where there are none."""
        token, start = self.token, self.position
        if token.kind != "command" or token.text not in _FONTS:
            return ""
        self.position += 1
        word = self.word()
        if not _WORDS.fullmatch(word):
            self.position = start  # a name
            return ""
        return word


def _listed(values: list[_Text]) -> _Text:
    return values[0] if len(values) == 1 else _Text(f"({', '.join(v.text for v in values)})")


def _root(radicand: _Text, index: _Text | None) -> _Text:
    if index is None or index.text == "2":
        return _Text(f"sqrt({radicand.text})")
    if index.text == "3":
        return _Text(f"cbrt({radicand.text})")
    return _Text(f"{_held(radicand, WHOLE)}^(1/{_held(index, RAISED)})", RAISED)


def _called(name: str, arguments: str, base: _Text | None) -> _Text:
    if base is not None:
        return _Text(f"log{base.text}({arguments})" if base.text in ("2", "10") else f"log({arguments}, {base.text})")
    if name == "lg":
        return _Text(f"log10({arguments})")
    if name in RECIPROCALS:
        return _Text(f"1/{RECIPROCALS[name]}({arguments})", PRODUCT)
    return _Text(f"{name}({arguments})")


def _indexed(name: str, index: str, span: Span) -> str:
    """The name that a formula has for one with an index; a number is written to it as it is."""
    index = re.sub(r"[ ,]+", "_", index)
    if not re.fullmatch(r"[A-Za-z0-9]+(?:_[A-Za-z0-9]+)*", index):
        raise ExplorerError("An index is a number or a word.", span)
    return f"{name}{index}" if index.isdigit() and not name[-1].isdigit() else f"{name}_{index}"
