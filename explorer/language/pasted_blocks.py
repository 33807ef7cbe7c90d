"""Loops and choices as C and its kin, MATLAB, Julia and Lua write them, as the indented lines of an algorithm.

They are rewritten line by line, by patterns, and what comes out is only ever offered: it need not be right for each
text, but what it does not know it leaves as it is, so that the reader refuses the whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from explorer.language.program import ExplorerError, Program

_N = r"[A-Za-z]\w*"
TYPES = r"(?:long\s+)?(?:double|float|int|auto|real|void|f64|f32|number|Float64)"
_DECLARES = rf"^(?:(?:const|let|var|final|mut|local|unsigned|static|{TYPES})\s+)+(?={_N}\s*(?:[=:,;]|$))"
_COMMENTS = r"/\*.*?\*/|//.*?$"
_COMMENTS_WITH_END = r"(?:[%#]|(?<=\s)--\s).*?$"
_HEAD = re.compile(r"(for|while|if|elseif|elif|else\s+if|else)\b")
_MOST_INPUTS = 10

# A for of each language: (pattern of what follows the word, start, stop, step, whether stop is inside).
_COUNTED = (
    re.compile(
        rf"\(?\s*(?:{TYPES}\s+|let\s+|var\s+)?(?P<name>{_N})\s*=\s*(?P<start>[^;]+);"
        r"\s*(?P=name)\s*(?P<sign><=?|>=?|!=)\s*(?P<stop>[^;]+);"
        r"\s*(?:\+\+(?P=name)|(?P=name)\s*\+\+|--(?P<down>(?P=name))|(?P=name)\s*(?P<down2>--)"
        r"|(?P=name)\s*(?P<change>[+-])=\s*(?P<by>[^;]+?))\s*\)?"
    ),
    re.compile(rf"(?P<name>{_N})\s+in\s+(?P<start>[^.]+?)\s*\.\.(?P<sign>=?)\s*(?P<stop>[^.]+)"),  # Rust
    re.compile(rf"\(?\s*(?P<name>{_N})\s*(?:=|in\b|∈)\s*(?P<start>[^:,]+):(?:(?P<by>[^:,]+):)?(?P<stop>[^:,]+?)\s*\)?"),
    re.compile(  # Lua
        rf"(?P<name>{_N})\s*=\s*(?P<start>[^:,]+),\s*(?P<stop>[^:,]+?)(?:,\s*(?P<by>[^:,]+?))?\s*(?:do)?"
    ),
)


def lines_of(body: str, power: bool) -> list[str]:
    """The body of a function with braces, or with “end”, as indented lines; `power` where its ^ is a power.

    Without any line where there is no such block in it, or one does not end.
    """
    if "{" in body or re.search(r"\b(?:for|while|if)\s*\(.*;", body):
        statements = _braced(re.sub(_COMMENTS, "", body, flags=re.DOTALL | re.MULTILINE))
    elif re.search(r"\w\s*\[", body):  # items are counted from 1 there
        return []
    else:
        statements = _ended(re.sub(_COMMENTS_WITH_END, "", body, flags=re.MULTILINE))
    lines: list[str] = []
    for depth, statement in statements or ():
        if power:
            statement = re.sub(r"\.?\^", "**", re.sub(r"\.(?=[*/])", "", statement))
        lines += [f"{'    ' * depth}{line}" for line in _lines(statement)]
    return lines


def _braced(body: str) -> list[tuple[int, str]] | None:
    """The statements of a text with braces, with the number of blocks around each; None where a block does not end."""
    found: list[tuple[int, str]] = []
    depth = brackets = 0
    piece = ""
    semicolons = ";" in re.sub(r"\([^()]*\)", "", body)
    for character in f"{body}\n;":
        brackets += (character in "([") - (character in ")]")
        ends = character in ";{}" or (character == "\n" and not semicolons and piece.strip())
        if brackets or not ends:
            piece += " " if character == "\n" else character
            continue
        _add(found, depth, piece.strip(), character == "{")
        piece = ""
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return None
    return found if depth == 0 else None


def _add(found: list[tuple[int, str]], depth: int, statement: str, opens: bool) -> None:
    """Add a statement; one that stands without braces behind its if or for stands a level deeper."""
    while (head := _HEAD.match(statement)) is not None:
        condition, rest = _head_and_rest(statement, head)
        if not rest:
            break
        found.append((depth, condition))
        depth, statement = depth + 1, rest
    if statement or opens:
        found.append((depth, statement))


def _head_and_rest(statement: str, head: re.Match[str]) -> tuple[str, str]:
    """“if (x > 0) y = x” as its two parts; the second is empty where nothing stands behind the bracket."""
    if head[1] == "else":
        return "else", statement[head.end() :].strip()
    level = 0
    for place in range(head.end(), len(statement)):
        level += (statement[place] == "(") - (statement[place] == ")")
        if level == 0 and statement[place] == ")":
            rest = statement[place + 1 :].strip()
            if re.match(r"[-+*/<>=!&|^%]", rest):  # the bracket was a part of the condition
                return statement, ""
            return statement[: place + 1], rest
        if level == 0 and not statement[place].isspace() and statement[place] != "(":
            return statement, ""
    return statement, ""


def _ended(body: str) -> list[tuple[int, str]] | None:
    """The same of a text whose blocks end with “end”."""
    found: list[tuple[int, str]] = []
    depth = 0
    body = re.sub(r"\b(?:then|do|else(?!\s*if\b)|end)\b", r"\n\g<0>\n", body)
    body = re.sub(r"\s*\n(then|do)\b", r" \1", body)
    for line in re.split(r"[;\n]", body):
        statement = line.strip()
        if not statement:
            continue
        if depth < 0:
            return None
        if statement in ("end", "endif", "endfor", "endwhile"):
            depth -= 1  # at last the function's own
        elif (head := _HEAD.match(statement)) is not None:
            middle = head[1].startswith("el")
            found.append((depth - middle, statement))
            depth += not middle
        else:
            found.append((depth, statement))
    return found if depth <= 0 else None


def _lines(statement: str) -> list[str]:
    """One statement as it is written here; several where it declares several names, none where it only declares."""
    statement = re.sub(r"\b(?:std::|f64::|Math\.)(?=[a-z])", "", statement)
    statement = re.sub(r"\b(\d+\.?\d*)(?:f|_f64|_f32|L)\b", r"\1", statement)
    statement = re.sub(r"\s+as\s+(?:f64|f32|[iu](?:8|16|32|64|size))\b", "", statement)
    statement = re.sub(rf"^({_N})\s*(?:<-|:=)\s*", r"\1 = ", statement)
    statement = _conditions(statement)
    head = _HEAD.match(statement)
    if head is not None:
        return [_head(head[1], statement[head.end() :].strip())]
    declared = re.match(_DECLARES, statement)
    if declared is not None:
        parts = re.split(r",(?![^(\[]*[)\]])", statement[declared.end() :])
        given = [re.sub(r"\s*:\s*\w+\s*(?==)", " ", part.strip()) for part in parts if "=" in part]
        return [line for part in given for line in _lines(part)]
    counted = re.fullmatch(rf"({_N})\s*(\+\+|--)|(\+\+|--)({_N})", statement)
    if counted is not None:
        return [f"{counted[1] or counted[4]} {(counted[2] or counted[3])[0]}= 1"]
    chosen = re.fullmatch(r"(return\s+|[^=?]+=(?!=)\s*)([^?]+)\?([^?:]+):([^?:]+)", statement)
    if chosen is not None:
        return [f"{chosen[1]}{chosen[3].strip()} if {chosen[2].strip()} else {chosen[4].strip()}"]
    return [statement] if statement else []


def _conditions(statement: str) -> str:
    """The statement with and, or and not as words."""
    statement = re.sub(r"\s*&&\s*", " and ", statement)
    statement = re.sub(r"\s*\|\|\s*", " or ", statement)
    statement = re.sub(r"[!=]==", lambda m: m[0][:2], statement)
    statement = re.sub(r"~=", "!=", statement)
    return re.sub(r"[!~](?!=)\s*", "not ", statement)


def _head(word: str, rest: str) -> str:
    """The line that begins a block."""
    if word == "else":
        return "else:"
    if word == "for":
        for pattern in _COUNTED:
            if (found := pattern.fullmatch(rest)) is not None:
                return f"for {found['name']} in {_range(found.groupdict())}:"
        return f"for {rest}:"
    condition = re.sub(r"\s*\b(?:then|do)$", "", rest)
    if re.fullmatch(r"\((?:[^()]|\([^()]*\))*\)", condition):
        condition = condition[1:-1].strip()
    return f"{'elif' if word.startswith('el') else word} {condition}:"


def _range(counted: dict[str, str | None]) -> str:
    """range( … ) for what a for counts through; a stop that is inside of it is moved by one."""
    start, stop, by, sign = ((counted.get(k) or "").strip() for k in ("start", "stop", "by", "sign"))
    down = bool(counted.get("down") or counted.get("down2") or counted.get("change") == "-" or by.startswith("-"))
    if by and counted.get("change") == "-":
        by = f"-({by})" if re.search(r"\W", by) else f"-{by}"
    step = by or ("-1" if down else "1")
    if "sign" not in counted or sign in ("=", "<=", ">="):
        stop = str(int(stop) - 1 if down else int(stop) + 1) if stop.isdecimal() else f"{stop} {'-' if down else '+'} 1"
    if step == "1":
        return f"range({stop})" if start == "0" else f"range({start}, {stop})"
    return f"range({start}, {stop}, {step})"


def script(text: str, read: Callable[[str], Program]) -> str:
    """A script without a function as one, of the names that it reads and has not set; "" where that is none.

    The lines may be Python's own, or have braces or “end”. What it last sets, or prints, or names, is returned.
    """
    if not re.search(r"(?:^|[;{])\s*(?:for|while|if)\b", text, re.MULTILINE):
        return ""
    python = re.search(r"^\s*(?:for|while|if)\b.*:\s*(?:#.*)?$", text, re.MULTILINE) is not None
    lines = [line.rstrip() for line in text.split("\n") if line.strip()] if python else lines_of(text, "{" not in text)
    lines = [line for line in lines if not re.match(r"(?:import|from)\b", line)]
    if lines and (printed := re.fullmatch(r"(?:print|disp|console\.log)\s*\(([^,]+)\)", lines[-1])) is not None:
        lines[-1] = f"return {printed[1]}"
    inputs, assigned = _inputs_and_assigned(lines)
    if not assigned:
        return ""
    if re.fullmatch(_N, lines[-1]):
        lines[-1] = f"return {lines[-1]}"
    elif not lines[-1].startswith("return"):
        lines.append(f"return {assigned[-1]}")
    body = "".join(f"\n    {line}" for line in lines)
    for _ in range(_MOST_INPUTS):
        written = f"def f({', '.join(inputs)}):{body}"
        try:
            return written if read(written).inputs else ""
        except ExplorerError as error:
            unknown = re.match(rf"“({_N})” is not known in f\.", error.message)
            if unknown is None:
                return ""
            inputs.append(unknown[1])
    return ""


def _inputs_and_assigned(lines: list[str]) -> tuple[list[str], list[str]]:
    """Names that the lines set, in order; and before, those among them that they read first."""
    set_here: list[str] = []
    read_first: list[str] = []
    for line in lines:
        found = re.match(rf"\s*({_N})\s*([-+*/]?|\*\*)=(?!=)(.*)|\s*for\s+({_N})\s+in\b(.*)", line)
        target, rest = ((found[1] or found[4]), (found[3] or found[5] or "")) if found is not None else ("", line)
        if found is not None and found[2]:
            rest += f" {target}"
        read_first += [name for name in re.findall(_N, rest) if name not in set_here]
        set_here += [target] if target else []
    return [name for name in dict.fromkeys(read_first) if name in set_here], set_here
