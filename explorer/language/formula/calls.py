"""What a name in a formula stands for, and what follows it: x, sin x, sin² x, f(x, y)."""

from __future__ import annotations

import re

from explorer.language.advice import ELSEWHERE, INSTEAD, NO_NUMBERS, RUN_TOGETHER, with_decimal, wrong_count
from explorer.language.formula.reading import CONSTANTS, FOLDS, FORMS, FUNCTIONS, INVERSES, NOT, PRODUCT, Node
from explorer.language.formula.sums import Sums
from explorer.language.names import GREEK
from explorer.language.primitives import ALIASES, PRIMITIVES, RECIPROCALS, Primitive, function_named, shown_as
from explorer.language.program import Call, Constant, ExplorerError, Expression, Logic, Name, Span
from explorer.language.tokens import Token

_NUMBERED = re.compile(r"[^\W\d_]_?\d+")
_SEVERAL_NUMBERED = re.compile(rf"(?:{_NUMBERED.pattern}){{2,}}")  # x1x2, x_1x_2
_NAMED = ("Gamma", "zeta", "Phi")  # letters that usually name a function: Γ(x) is no product


class Calls(Sums):
    """Names of every kind: inputs, constants, and functions with brackets and without."""

    def _named(self) -> Node:
        token = self.tokens[self.position]
        name = token[1]
        called = self.tokens[self.position + 1][0] == "("
        if called and name in FUNCTIONS and name not in self.parameters and name not in self.bound:
            self.position += 1
            return self._called(token, FUNCTIONS[name])
        if name == "not":
            self.position += 1
            condition = self.condition(self._nested(lambda: self.expression(NOT), token.span))
            return Logic("not", (condition,), token.span.to(condition.span))
        self._check_word(token)
        self.position += 1
        if name in self.bound:
            return self._constant(float(self.bound[name]), str(self.bound[name]), token.span)
        if called and name in self.functions:
            return self._own_call(token)
        if called and name in FOLDS and name not in self.plain_names:
            return self._fold(token)
        if called and name in FORMS:
            return self._form(token)
        if (function_named(name) is not None or self._is_reciprocal(token)) and name not in self.parameters:
            return self._function(token)
        if name in CONSTANTS and name not in self.parameters:
            return self._constant(CONSTANTS[name], name, token.span)
        if called and name in ("pow", "power") and not self._is_variable(token):
            return self._power_called(token)
        if called and not self._is_variable(token):
            raise self._unknown_function(token)
        if self.token.kind == "[" and name not in self.assigned:
            return self._item(token)
        if name not in self.assigned:
            if name not in self.used and name not in self.parameters:
                self._note_name(token)
            self.used.setdefault(name)
        elif self.parameters:
            raise ExplorerError(
                f"“{name}” is assigned above; a definition reads its own parameters only.", token.span, "name"
            )
        if not self.parameters:
            self.variables.add(name)
        self.used_here.add(name)
        return Name(name, token.span)

    def _is_variable(self, token: Token) -> bool:
        """Whether name( … ) is a product: a single letter that is no usual function's, or used as a variable.

        θ is a letter; theta( … ) could be a function that somebody expects here, as gamma( … ) is.
        """
        name, self.alone = token.text, False
        if name in self.assigned or name in self.parameters or name in self.plain_names:
            return True
        letters = name.rstrip("0123456789_")
        if letters in GREEK.values():
            return token.end_column - token.column == 1 + len(name) - len(letters) and letters not in _NAMED
        return len(letters) == 1 and letters not in "fghFGH"

    def _note_name(self, token: Token) -> None:
        """Say of a name that may be meant as a product or a call (xy, ax beside bx, sinx) that it is one name."""
        name = token.text
        stem = next((f for f in RUN_TOGETHER if name.startswith(f) and 0 < len(name) - len(f) <= 2), "")
        if stem:
            self._note(f"{name} reads as one name; write {stem}({name[len(stem) :]}) for the function", token.span)
            return
        if name == "arc" and self.token.text in ("sin", "cos", "tan"):
            self._note(f"arc reads as a name; for the function write arc{self.token.text}(…)", token.span)
        known = name in RECIPROCALS or ELSEWHERE.get(name, "pow") != "pow"
        if name in INSTEAD or (known and name not in GREEK.values()):
            written = INSTEAD.get(name) or f"{ELSEWHERE.get(name, name)}(x)"
            self._note(f"{name} reads as a name; for the function write {written}", token.span)
        if name in NO_NUMBERS:
            self._note(f"{name} reads as a name, {NO_NUMBERS[name]}", token.span)
        written = self._source(token.span)
        if len(written) == 2 < len(name):  # ωt and αβ, but Δx is a name
            letter, other = written[0], written[1]
            if letter in GREEK and letter not in "Δδ" and other.isalpha():
                self._note(f"{letter}{other} reads as one name; write {letter}*{other} for a product", token.span)
        elif _SEVERAL_NUMBERED.fullmatch(written):
            product = "*".join(_NUMBERED.findall(written))
            self._note(f"{written} reads as one name; write {product} for a product", token.span)
        if len(name) != 2 or not (name.isalpha() and name.islower()) or name in GREEK.values():
            return
        others = {letter for other in self.plain_names - {name} if len(other) < 3 for letter in other}
        factors = bool(self.plain_names & set(name))  # ac beside a
        coefficient = name[0] in "abckmnpqrw" and name[1] in "xyzt"
        raised = name[1] == "e" and self.token.kind == "^"
        if factors or set(name) <= set("xyzuvt") or (name[1] in others and name[1] in "xyzt") or coefficient or raised:
            self._note(f"{name} reads as one name; write {name[0]}*{name[1]} for a product", token.span)

    def _note_alias(self, token: Token) -> None:
        """Say once of a function called by another name how the program calls it."""
        if shown := shown_as(token.text):
            self._note_once(f"{token.text} is called {shown} here", token.span)

    def _own_call(self, token: Token) -> Expression:
        self.position, self.alone = self.position + 1, False
        arguments = tuple(self.number(a) for a in self._arguments(token))
        span = self._up_to_here(token)
        wanted = len(self.functions[token.text].parameters)
        if len(arguments) != wanted:
            raise wrong_count(token.text, wanted, len(arguments), span)
        return Call(token.text, arguments, span)

    # -- functions -----------------------------------------------------------------------------------------------------

    def _function(self, token: Token) -> Expression:
        """A call of an elementary function, with or without brackets, perhaps raised: sin(x), sin x, sin² x."""
        primitive = function_named(RECIPROCALS.get(token.text, token.text))
        assert primitive is not None
        exponent: Expression | None = None
        if self.token.kind == "superscript":
            mark = self.token
            self.position += 1
            if mark.text == "-1":
                primitive = self._inverse(token, primitive, "⁻¹", mark)
            else:
                exponent = self._superscript(mark)
        elif self.token.kind == "^" and [t.text for t in self.tokens[self.position + 1 :][:2]] == ["-", "1"]:
            self.position += 3
            primitive = self._inverse(token, primitive, "^-1", self.tokens[self.position - 1])
        elif self.token.kind == "^":
            self.position += 1
            if self.token.kind != "number":
                raise ExplorerError(f"Write ({token.text}(x))^… for a power of {token.text}.", self.token.span)
            exponent = self._constant(float(self.token.text), self.token.text, self.token.span)
            self.position += 1
        if self.token.kind == "(":
            node = self._called(token, primitive)
        else:
            argument = self._bare_argument(token)
            node = self._call(primitive.name, token, [argument], token.span.to(argument.span))
        return node if exponent is None else self._apply("pow", (node, exponent), node.span)

    def _inverse(self, token: Token, primitive: Primitive, raised: str, mark: Token) -> Primitive:
        """The function that sin⁻¹ is; ⁻¹ on one that is not undone here could as well be a power."""
        if primitive.name not in INVERSES or token.text in RECIPROCALS:
            raise ExplorerError(f"{token.text}{raised} could mean two things: write 1/{token.text}(x).", mark.span)
        inverse = PRIMITIVES[INVERSES[primitive.name]]
        self._note(f"{token.text}{raised} reads as {inverse.name}", token.span.to(mark.span))
        return inverse

    def _called(self, token: Token, primitive: Primitive) -> Expression:
        """A call with brackets, which begin here."""
        self.position += 1
        arguments = [self.number(a) for a in self._arguments(token)]
        return self._call(primitive.name, token, arguments, self._up_to_here(token))

    def _call(self, name: str, token: Token, arguments: list[Expression], span: Span) -> Expression:
        count = len(arguments)
        if token.text in ALIASES:
            self._note_alias(token)
        if name in ("min", "max") and count >= 2:
            node = arguments[0]
            for argument in arguments[1:]:
                node = self._apply(name, (node, argument), span)
            return node
        if name == "log" and count == 2:
            base = arguments[1]
            known = base.value if isinstance(base, Constant) else None
            if known in (2.0, 10.0):
                return self._apply("log2" if known == 2.0 else "log10", (arguments[0],), span)
            quotient = tuple(self._apply("log", (a,), span) for a in arguments)
            return self._apply("div", quotient, span)
        arity = PRIMITIVES[name].arity
        if count != arity:
            wanted = "two or more arguments" if name in ("min", "max") else arity
            raise with_decimal(self.text, self.tokens, wrong_count(token.text, wanted, count, span))
        value = self._apply(name, tuple(arguments), span)
        if token.text in RECIPROCALS:
            self._note_once(f"{token.text}(…) reads as 1/{name}(…)", token.span)
            value = self._apply("div", (self._constant(1.0, "1", span), value), span)
        return value

    def _power_called(self, token: Token) -> Expression:
        """pow(base, exponent), as other languages write it."""
        self.position += 1
        arguments = [self.number(a) for a in self._arguments(token)]
        if len(arguments) != 2:
            raise wrong_count("pow", 2, len(arguments), token.span)
        base, exponent = arguments
        return self.number(self._placed(self._power(base, exponent), self._up_to_here(token)))

    def _bare_argument(self, function: Token) -> Expression:
        """What follows a function without brackets: a product of factors, up to an operator or another function."""
        token = self.token
        if token.kind not in ("number", "name", "√", "∛", "|") or (token.kind == "|" and self.bars):
            name = function.text
            said = f"{name} needs an argument: {name}(x)."
            if token.kind == "-":
                said = f"{name} needs brackets around what begins with a sign: {name}(-x)."
            raise ExplorerError(said, function.span)
        argument = self.number(self._nested(lambda: self.expression(PRODUCT), function.span))
        factors = 1
        while self.token.kind in ("number", "name", "√", "∛") and not self._is_function_name(self.token):
            if self.token.kind == "name" and self.token.text in ("and", "or", "if", "else", "not"):
                break
            factor = self.number(self.expression(PRODUCT))
            argument = self._apply("mul", (argument, factor), argument.span.to(factor.span))
            factors += 1
        if factors > 1 and token.kind != "number":
            self._note(
                f"{function.text} takes the whole product that follows it; write {function.text}(…) to say less",
                function.span.to(argument.span),
            )
        return argument

    def _is_function_name(self, token: Token) -> bool:
        name = token.text
        known = name in FORMS or name in RECIPROCALS or function_named(name) is not None
        return token.kind == "name" and known and name not in self.assigned

    def _is_reciprocal(self, token: Token) -> bool:
        """Whether a name just passed is sec or one of its kind and an argument follows, perhaps behind a power.

        Without one it is a name as any other: 5 sec.
        """
        if token.text not in RECIPROCALS or token.text in self.assigned:
            return False
        kinds = [t.kind for t in self.tokens[self.position :][:4]]
        if kinds[:1] == ["superscript"]:
            return self._begins_factor(self.tokens[self.position + 1])
        if kinds[:3] == ["^", "-", "number"] or kinds[:2] == ["^", "number"]:
            return self._begins_factor(self.tokens[self.position + (3 if kinds[1] == "-" else 2)])
        return self._begins_factor(self.token)

    def _begins_factor(self, token: Token) -> bool:
        if token.kind == "|":
            return self.bars == 0
        if token.kind == "name":
            return token.text not in ("and", "or", "if", "else", "not", "for", "in", "is")
        return token.kind in ("(", "number", "√", "∛")
