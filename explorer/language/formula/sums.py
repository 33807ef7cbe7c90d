"""What stands between the brackets of a call; where(…), sum(… for …), x[0..9], and x[3]."""

from __future__ import annotations

import re
from collections.abc import Sequence

from explorer.language.formula.reading import FOLDS, FORMS, MAX_INPUTS, Node, Reading
from explorer.language.primitives import function_named
from explorer.language.program import Choose, Constant, ExplorerError, Expression, Name, Span, new_span
from explorer.language.tokens import Token

_OF_LISTS = ("sum", "prod", "min", "max", "maximum", "minimum")
MAX_EXPANDED = 2_000  # terms that sums and products over a range are written out to


class Sums(Reading):
    """Lists of arguments, special forms, sums and products, and the components of vectors."""

    def _arguments(self, function: Token) -> list[Node]:
        if self.tokens[self.position][0] == ")":
            raise ExplorerError(f"{function.text} needs an argument: {function.text}(x).", function.span, "arity")
        opening = self.token
        if opening.kind != "[" or function.text not in _OF_LISTS:
            return self._comma_list(")")
        self.position += 1  # max([x, y])
        clause = self._generator()
        values = self._comma_list("]") if clause is None else self._generated(clause)
        self._expect(")", self.tokens[self.position - 1])
        return values

    def _comma_list(self, closing: str) -> list[Node]:
        opening, tokens = self.tokens[self.position - 1], self.tokens
        values: list[Node] = []
        while True:
            if tokens[self.position + 1][0] == "[" and (components := self._slice()):
                values += components
            else:
                values.append(self._inner(opening))
            kind = tokens[self.position][0]
            if kind != ",":
                break
            self.position += 1
        if kind == closing:
            self.position += 1
        else:
            self._expect(closing, opening)
        return values

    def _up_to_here(self, token: Token) -> Span:
        """From a token to the end of what was read last."""
        last = self.tokens[self.position - 1]
        return new_span((token[2], token[3], last[2], last[4]))

    def _form(self, token: Token) -> Expression:
        self.position += 1
        arguments = self._arguments(token)
        span = self._up_to_here(token)
        if token.text == "clip" and len(arguments) == 3:
            value, low, high = (self.number(a) for a in arguments)
            return self._apply("min", (self._apply("max", (value, low), span), high), span)
        if (token.text == "where" and len(arguments) == 3) or (
            token.text == "piecewise" and len(arguments) >= 3 and len(arguments) % 2 == 1
        ):
            node = self.number(arguments[-1])
            for index in range(len(arguments) - 3, -1, -2):
                node = Choose(self.condition(arguments[index]), self.number(arguments[index + 1]), node, span)
            return node
        raise ExplorerError(f"{token.text} is written {FORMS[token.text]}.", span, "arity")

    # -- sums and vectors ----------------------------------------------------------------------------------------------

    def _item(self, token: Token) -> Expression:
        """x[3] is the input x3; the index is a constant, or made of the variables of sums."""
        if (meant := function_named(token.text.lower())) is not None:  # Sin[x]
            raise ExplorerError(f"A function has round brackets: {meant.name}(x).", token.span)
        opening = self.token
        self.position, self.alone = self.position + 1, False
        index = self.number(self._inner(opening))
        end = self._expect("]", opening)
        known = self.values.get(id(index))
        if known is None or not known[1].is_integer() or not 0 <= known[1] < MAX_INPUTS:
            raise ExplorerError(
                f"An index is a whole number from 0 to {MAX_INPUTS - 1} that depends on no input.", index.span
            )
        span = token.span.to(end)
        if self.bound:
            self.vectors.add(token.text)
        else:
            self.loose.append((token.text, int(known[1]), span))
        return self._component(token.text, int(known[1]), span)

    def _component(self, stem: str, index: int, span: Span) -> Expression:
        name = f"{stem}_{index}" if stem[-1].isdigit() else f"{stem}{index}"
        if name not in self.assigned:
            self.used.setdefault(name)
        self.used_here.add(name)
        return Name(name, span)

    def _slice(self) -> list[Node]:
        """The components of x[0..9] if that is what stands here, else none."""
        ahead = self.tokens[self.position : self.position + 6]
        if [t.kind for t in ahead] != ["name", "[", "number", "..", "number", "]"]:
            return []
        span = ahead[0].span.to(ahead[5].span)
        low, high = (float(ahead[k].text) for k in (2, 4))
        if not (low == int(low) and high == int(high) and 0 <= low <= high < MAX_INPUTS):
            raise ExplorerError(f"A vector is x[0..n] with n below {MAX_INPUTS}.", span)
        self._check_word(ahead[0])
        self.vectors.add(ahead[0].text)
        self.position, self.alone = self.position + 6, False
        return [self._component(ahead[0].text, k, span) for k in range(int(low), int(high) + 1)]

    def _fold(self, token: Token) -> Expression:
        """sum(x[0..9]), sum(a, b, c), sum(x[i]*i for i in range(10)); prod likewise."""
        self.position, self.alone = self.position + 1, False
        clause = self._generator()
        terms = self._arguments(token) if clause is None else self._generated(clause)
        span = self._up_to_here(token)
        if clause is None and len(terms) == 4 and isinstance(terms[1], Name):  # sum(x^k, k, 0, 3)
            low, high = terms[2:]
            counted = terms[1].name in re.findall(r"\w+", self._source(terms[0].span))
            if counted and isinstance(low, Constant) and isinstance(high, Constant):
                written = f"{token.text}(… for {terms[1].name} in {low.text}..{high.text})"
                self._note(f"{token.text} takes these four as they are; over a range it is {written}", span)
        if not terms:
            return self._constant(0.0 if token.text == "sum" else 1.0, "0" if token.text == "sum" else "1", span)
        value = self.number(terms[0])
        for term in terms[1:]:
            value = self._apply(FOLDS[token.text], (value, self.number(term)), span)
        return value

    def _generator(self) -> int | None:
        """Where the “for” of this bracket stands, or None."""
        if self.clauses is None:
            self.clauses = _clauses(self.tokens)
        return self.clauses.get(self.position)

    def _generated(self, clause: int) -> list[Node]:
        """The terms of “term for i in range(…)”, the term read once for each value of i."""
        opening = self.tokens[self.position - 1]
        terms = self._terms(self.position, clause, clause, opening)
        self._expect(")" if opening.kind == "(" else "]", opening)
        return terms

    def _terms(self, body: int, end: int, clause: int, opening: Token) -> list[Node]:
        """The terms from `body` to `end` for each value of what stands at `clause`, and of the clauses behind that."""
        variable, values = self._clause(clause)
        after, outer = self.position, self.bound
        inner = self.token.kind == "name" and self.token.text == "for"
        terms: list[Node] = []
        self.expanded += len(values)
        if self.expanded > MAX_EXPANDED:
            raise ExplorerError(f"Sums are written out to at most {MAX_EXPANDED:,} terms.", variable.span, "limit")
        for value in values or range(inner):  # clauses behind one without values are passed
            self.bound, self.position = {**outer, variable.text: value}, body
            if inner:
                terms += self._terms(body, end, after, opening)
                continue
            terms.append(self._inner(opening))
            if self.position != end:
                raise self._unexpected()
        self.bound = outer
        if not inner:
            self.position = after
        return terms if values else []

    def _clause(self, clause: int) -> tuple[Token, range]:
        """The variable of “for i in range(…)” and its values."""
        self.position = clause + 1
        variable = self.token
        ahead = self.tokens[clause + 2 : clause + 6]
        if variable.kind != "name" or ahead[0].text != "in":
            raise ExplorerError("A sum over many terms is written sum(x[i]*i for i in range(10)).", variable.span)
        self._check_assignable(variable)
        if [t.kind for t in ahead] == ["name", "number", "..", "number"]:  # 1..10 has both ends, as in x[1..10]
            low, high = float(ahead[1].text), float(ahead[3].text)
            self.position = clause + 6
            numbers: list[float | None] = [low, high + 1.0]
        elif [t.text for t in ahead[1:3]] == ["range", "("]:
            self.position = clause + 5
            known = [self.values.get(id(node)) for node in self._comma_list(")")]
            numbers = [None if k is None else k[1] for k in known]
        else:
            raise ExplorerError("A sum over many terms is written sum(x[i]*i for i in range(10)).", variable.span)
        if not 1 <= len(numbers) <= 3 or any(n is None or abs(n) > 1e9 or not n.is_integer() for n in numbers):
            raise ExplorerError("range takes one to three whole numbers.", variable.span)
        if len(numbers) == 3 and numbers[2] == 0:
            raise ExplorerError("The step of a range cannot be 0.", variable.span)
        return variable, range(*(int(n) for n in numbers if n is not None))


def _clauses(tokens: Sequence[Token]) -> dict[int, int]:
    """For the place after each bracket that holds a “for” of its own: where that stands."""
    found: dict[int, int] = {}
    open_at: list[int] = []
    for place, token in enumerate(tokens):
        if token.kind == "newline":
            open_at.clear()
        elif token.kind in ("(", "["):
            open_at.append(place + 1)
        elif token.kind in (")", "]"):
            if open_at:
                open_at.pop()
        elif token.text == "for" and token.kind == "name" and open_at:
            found.setdefault(open_at[-1], place)
    return found
