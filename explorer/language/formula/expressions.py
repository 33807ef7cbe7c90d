"""Expressions and conditions by operator precedence."""

from __future__ import annotations

from explorer.language.advice import ELSEWHERE, INSTEAD
from explorer.language.formula.calls import Calls
from explorer.language.formula.reading import (
    AND,
    CONDITIONS,
    CONSTANTS,
    OR,
    POWER,
    PRODUCT,
    RELATION,
    SIGN,
    SUM,
    TERNARY,
    Node,
)
from explorer.language.names import GREEK
from explorer.language.primitives import function_named
from explorer.language.program import (
    Apply,
    Choose,
    Compare,
    Condition,
    Constant,
    ExplorerError,
    Expression,
    Logic,
    new_apply,
    new_name,
    new_span,
)
from explorer.language.tokens import Token

COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
_LONGEST_QUOTED = 40  # characters of a formula in a note
_ENDS = frozenset((")", "]", ",", "=", "newline", "end"))  # behind what no expression goes on
_OPENING = ("(", "[")
_SIGNS = {"+": ("add", SUM), "-": ("sub", SUM), "*": ("mul", PRODUCT), "/": ("div", PRODUCT)}


class Expressions(Calls):
    """Operators by how tightly they hold their operands (Pratt), and products without a sign."""

    def expression(self, binding: int) -> Node:
        """Read one operand and all operators that bind tighter than `binding`."""
        tokens, values = self.tokens, self.values
        left = self._operand()
        while True:
            kind = tokens[self.position][0]
            if kind in _ENDS:
                return left
            if (sign := _SIGNS.get(kind)) is not None:
                function, level = sign
                if binding >= level:
                    return left
                self.position += 1
                right = self.expression(level)
                if type(right) in CONDITIONS or type(left) in CONDITIONS:
                    right, left = self.number(right), self.number(left)
                begin, end = left[-1], right[-1]  # type: ignore[index]
                span = new_span((begin[0], begin[1], end[2], end[3]))
                if id(left) in values and id(right) in values:  # else there is nothing for _apply to look after
                    left = self._apply(function, (left, right), span)  # type: ignore[arg-type]
                else:
                    left = new_apply((function, (left, right), span))
                continue
            token = tokens[self.position]
            if kind == "^" and binding < POWER:
                self.position += 1
                exponent = self._nested(lambda: self.expression(SIGN - 1), token.span)
                if self.token.kind == "/" and isinstance(exponent, Constant) and exponent.text == "1":
                    base, below = self._source(left.span), self.tokens[self.position + 1].text
                    said = f"{base}^1/{below} reads as ({base}^1)/{below}; for a root write {base}^(1/{below})"
                    self._note(said, left.span.to(exponent.span))
                left = self._power(self.number(left), self.number(exponent))
            elif token.kind == "superscript":
                self.position += 1
                left = self._power(self.number(left), self._superscript(token))
                if self.token.kind == "superscript":
                    raise ExplorerError("Two superscripts in a row: write brackets, (x²)³.", self.token.span)
            elif token.kind in COMPARISONS and binding < RELATION:
                left = self._comparison(left)
            elif token.kind == "name" and token.text in ("and", "or") and binding < (OR if token.text == "or" else AND):
                left = self._logic(token.text, left)
            elif token.kind == "name" and token.text == "if" and binding < TERNARY:
                left = self._ternary(left)
            elif binding < PRODUCT and self._begins_factor(token):
                left = self._implicit_product(left)
            else:
                return left

    def _operand(self) -> Node:
        token = self.tokens[self.position]
        kind, text, line, column, end_column, _ = token
        if kind == "name":
            if (
                text in self.variables
                and self.tokens[self.position + 1][0] not in _OPENING
                and not self.bound
                and not self.parameters
            ):
                self.position += 1
                self.used_here.add(text)
                return new_name((text, new_span((line, column, line, end_column))))
            return self._named()
        if kind == "number":
            self.position += 1
            return self._constant(float(text), text, new_span((line, column, line, end_column)))
        if kind in "+-":
            return self._signed()
        if token.kind == "(":
            self.position += 1
            inner = self._inner(token)
            if self.token.kind == ",":
                raise self._decimal_comma() or ExplorerError(
                    "A comma separates a function's arguments; here is no function.", self.token.span
                )
            return self._placed(inner, token.span.to(self._expect(")", token)))
        if token.kind == "|":
            self.position += 1
            inner = self.number(
                self._nested(lambda: self._inside_bars(self.bars + 1, lambda: self.expression(0)), token.span)
            )
            end = self._expect("|", token)
            return self._apply("abs", (inner,), token.span.to(end))
        if token.kind in ("√", "∛"):
            self.position += 1
            inner = self.number(self._nested(lambda: self.expression(SIGN), token.span))
            return self._apply("sqrt" if token.kind == "√" else "cbrt", (inner,), token.span.to(inner.span))
        raise self._unexpected()

    def _signed(self) -> Node:
        signs: list[Token] = []
        while self.token.kind in "+-":
            signs.append(self.token)
            self.position += 1
        if self.token.kind in ("*", "/", "^", ")", "newline", "end", ",", "="):
            raise self._unexpected()
        node: Node = self.number(self._nested(lambda: self.expression(SIGN - 1), signs[0].span))
        for sign in reversed(signs):
            if sign.kind == "-":
                node = self._apply("neg", (self.number(node),), sign.span.to(node.span))
        return node

    def _comparison(self, left: Node) -> Condition:
        parts: list[Condition] = []
        while self.token.kind in COMPARISONS:
            operator = self.token
            self.position += 1
            right = self.number(self.expression(RELATION))
            left = self.number(left)
            parts.append(Compare(operator.kind, left, right, left.span.to(right.span)))
            left = right
        return parts[0] if len(parts) == 1 else Logic("and", tuple(parts), parts[0].span.to(parts[-1].span))

    def _logic(self, operator: str, left: Node) -> Condition:
        conditions = [self.condition(left)]
        while self.token.kind == "name" and self.token.text == operator:
            self.position += 1
            conditions.append(self.condition(self.expression(OR if operator == "or" else AND)))
        return Logic(operator, tuple(conditions), conditions[0].span.to(conditions[-1].span))

    def _ternary(self, then: Node) -> Expression:
        self.position += 1
        condition = self.condition(self._nested(lambda: self.expression(TERNARY), self.token.span))
        if not (self.token.kind == "name" and self.token.text == "else"):
            raise ExplorerError("“if” needs an “else”: write “a if condition else b”.", self.token.span)
        otherwise_at = self.token.span
        self.position += 1
        otherwise = self.number(self._nested(lambda: self.expression(0), otherwise_at))
        value = self.number(then)
        return Choose(condition, value, otherwise, value.span.to(otherwise.span))

    def _implicit_product(self, left: Node) -> Expression:
        left = self.number(left)
        before, token = self.tokens[self.position - 1], self.token
        if token.kind == "number":
            raise ExplorerError(
                f"A number after “{before.text or ')'}” needs an operator: write * for a product, ^ for a power.",
                token.span,
            )
        if before.text[:1] == "d" and [t.text for t in self.tokens[self.position - 3 :][:2]] == ["d", "/"]:
            raise ExplorerError("Type the function itself; its derivatives are computed.", left.span)
        if before.kind == "name" and token.kind == "name" and not self._is_function_name(token):
            for name in (before, token):
                self._check_word(name)
                capital = not name.text.islower() and function_named(name.text.lower()) is not None  # COS x
                if capital or name.text in INSTEAD or (len(name.text) > 2 and name.text in ELSEWHERE):  # cot x
                    raise self._unknown_function(name)
                letters = name.text.rstrip("0123456789_")
                if len(letters) > 2 and letters not in GREEK.values() and letters not in CONSTANTS:
                    raise ExplorerError(
                        f"Two names side by side: write {before.text}*{token.text} for a product.", token.span
                    )
        divided = isinstance(left, Apply) and left.function == "div" and before.kind != ")"
        right = self.number(self.expression(PRODUCT))
        ambiguous = divided or (before.kind == "name" and self._source(before.span) != "π")
        product = self._apply("mul", (left, right), left.span.to(right.span))
        if ambiguous and before.kind in ("name", "number") and not self._is_function_name(token) and token.kind != "|":
            self._note_product(product, divided)
        return product

    def _note_product(self, product: Expression, divided: bool) -> None:
        """Say how a product without signs reads, once for each chain of factors: its last product says it all."""
        last = self.notes[-1] if self.notes else None
        if last is not None and last.span[:2] == product.span[:2] and "·" in last.message.partition(" reads as ")[2]:
            self.notes.pop()
        source = self._source(product.span)
        factors: list[str] = []
        node: Node = product
        while isinstance(node, Apply) and node.function == "mul":
            factors.insert(0, self._source(node.arguments[1].span))
            node = node.arguments[0]
        first = self._source(node.span)
        reading = "·".join([f"({first})" if divided else first, *factors])
        if max(len(source), len(reading)) > _LONGEST_QUOTED:
            return
        more = ", the product after the division; for the other way write brackets, 1/(2x)" if divided else ""
        self._note(f"{source} reads as {reading}{more}", product.span)
