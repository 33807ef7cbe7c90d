"""What other languages, web pages and printed pages write, as a text of this one.

Asked only where the readers refuse a text. What is found is offered and never taken unasked, so that it may guess: the
person sees the whole text before it is theirs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from explorer.language.algorithm import is_algorithm
from explorer.language.elsewhere import from_cyrillic, from_html, from_sheet, from_wolfram, with_semicolons_read
from explorer.language.mended import is_read, mended
from explorer.language.pasted_blocks import TYPES, lines_of, script
from explorer.language.program import ExplorerError, Program
from explorer.language.typography import plain

NO_LIMIT = "A limit is not computed: type the function itself, and look at the point."
MAX_PASTED = 1_000  # characters of a text that is looked at: some patterns below take its square of steps

# -- functions of other languages --------------------------------------------------------------------------------------

_N = r"[A-Za-z]\w*"
_HEADS = (
    ("C or Java", rf"(?:(?:public|private|static|inline|constexpr|const|final)\s+)*{TYPES}\s+(?P<name>{_N})\s*"
                  r"\((?P<parameters>[^()]*)\)\s*\{?(?P<body>.*?)\}?"),
    ("Rust", rf"(?:pub\s+)?fn\s+(?P<name>{_N})\s*\((?P<parameters>[^()]*)\)\s*(?:->\s*\w+\s*)?"
             r"\{(?P<body>.*?)\}?"),
    ("MATLAB", rf"function\s+\[?(?P<result>{_N})\]?\s*=\s*(?P<name>{_N})\s*\((?P<parameters>[^()]*)\)(?P<body>.*)"),
    ("MATLAB", rf"(?:(?P<name>{_N})\s*=\s*)?@\s*\((?P<parameters>[^()]*)\)(?P<body>.*)"),
    ("Mathematica", rf"(?P<name>{_N})\s*\[(?P<parameters>[\w\s,]*_[\w\s,]*)\]\s*:?=(?P<body>.*)"),
    ("R", rf"(?P<name>{_N})\s*<-\s*function\s*\((?P<parameters>[^()]*)\)\s*\{{?(?P<body>.*?)\}}?"),
    ("JavaScript", rf"(?:export\s+)?function\s+(?P<name>{_N})\s*\((?P<parameters>[^()]*)\)\s*"
                   r"\{(?P<body>.*?)\}?"),
    ("Lua", rf"(?:local\s+)?function\s+(?P<name>{_N})\s*\((?P<parameters>[^()]*)\)(?P<body>.*\b(?:then|do|local)\b.*)"),
    ("Julia", rf"function\s+(?P<name>{_N})\s*\((?P<parameters>[^()]*)\)(?P<body>.*)"),
    ("JavaScript", rf"(?:(?:const|let|var)\s+)?(?:(?P<name>{_N})\s*=\s*)?\(?(?P<parameters>[\w\s,]+)\)?\s*=>"
                   r"\s*\{?(?P<body>.*?)\}?"),
    ("Python", rf"(?:(?P<name>{_N})\s*=\s*)?lambda\s(?P<parameters>[\w\s,]*):(?P<body>.*)"),
    ("mathematics", rf"(?:(?P<name>{_N})\s*(?::=|:|=)\s*)?\\?\(?(?P<parameters>[\w\s,]+)\)?\s*"
                    r"(?:->|→|↦|\|->)(?P<body>.*)"),
    ("mathematics", rf"(?P<name>{_N})\s*\((?P<parameters>[\w\s,]*)\)\s*(?:->|→|↦|:=|<-)(?P<body>.*)"),
    ("Haskell", rf"(?:let\s+)?(?P<name>{_N})(?P<parameters>(?:[ ]+{_N})+)[ ]*=(?P<body>[^=].*)"),
)  # fmt: skip
_WITH_POWERS = ("MATLAB", "Julia", "R", "mathematics", "Haskell", "Lua")  # where ^ is a power, and no bit is changed
_FLOW = r"\b(?:if|for|while|switch|do|elseif|case|loop|repeat)\b"


def _function(text: str) -> tuple[str, str] | None:
    """(language, the function as it is written here) of a text that defines one elsewhere; "" where it is too much."""
    for language, pattern in _HEADS:
        found = re.fullmatch(pattern, text.strip(), re.DOTALL)
        if found is not None:
            groups = found.groupdict()
            if language == "mathematics" and not re.search("[A-Za-z]", groups["body"]):
                return None  # x → 0 is a limit
            return language, _definition(language, groups)
    return None


def _definition(language: str, groups: dict[str, str]) -> str:
    """The function of these parts (name, parameters, body, result) in one line, or as an algorithm; "" if it cannot."""
    name, parameters, body = groups.get("name") or "f", groups["parameters"], groups["body"]
    names = re.split(r"[\s,]+" if "," not in parameters and ":" not in parameters else ",", parameters.strip())
    if re.search(TYPES, parameters):
        names = parameters.split(",")
    plain_names = [(re.findall(r"[A-Za-z]\w*", n.partition(":")[0]) or [""])[-1].rstrip("_") for n in names]
    if not all(plain_names):
        return ""
    if re.search(_FLOW, body):
        return _with_blocks(f"def {name}({', '.join(plain_names)}):", body, groups, language)
    lines = [line.strip() for line in re.split(r"[;\n]", body) if line.strip() not in ("", "end", "}")]
    if not lines:
        return ""
    lines = [re.sub(rf"^(?:(?:const|let|var|final|{TYPES})\s+)+(?={_N}\s*=)", "", line) for line in lines]
    last = re.sub(r"^return\b\s*", "", lines[-1])
    if groups.get("result"):
        last = re.sub(rf"^{groups['result']}\s*=\s*", "", last)
    if len(lines) == 1:
        return f"{name}({', '.join(plain_names)}) = {last}"
    steps = "\n".join(f"    {line}" for line in (*lines[:-1], f"return {last}"))
    return f"def {name}({', '.join(plain_names)}):\n{steps}".replace("^", "**")


def _with_blocks(head: str, body: str, groups: dict[str, str], language: str) -> str:
    """An algorithm of a body with loops and choices; a last line that is a value is returned."""
    lines = lines_of(body, power=language in _WITH_POWERS)
    if lines and groups.get("result"):
        lines.append(f"return {groups['result']}")
    elif lines and not re.search(r"^\s|^return\b|=", lines[-1]):
        lines[-1] = f"return {lines[-1]}"
    return "".join(f"{line}\n" for line in (head, *(f"    {line}" for line in lines))).rstrip() if lines else ""


# -- single signs and words --------------------------------------------------------------------------------------------

# (what is said, a pattern, what stands in its place), each tried after those before it.
_WAYS: tuple[tuple[str, str, str | Callable[[re.Match[str]], str]], ...] = (
    ("A text is written without quotes around it.", r"\A\s*(?:```|[`“”‘’\"'])(.*?)(?:```|[`“”‘’\"'])\s*\Z", r"\1"),
    ("A line of backticks is no part of a formula.", r"\A\s*```\w*[ \t]*\n([\s\S]*?)\n[ \t]*```\s*\Z", r"\1"),
    ("A function of several lines begins with def.", r"\A([A-Za-z]\w*\([\w, ]*\)):[ \t]*\n", r"def \1:\n"),
    ("A prompt is no part of a formula.", r"^[ \t]*(?:>>>|\.\.\.|(?:In|Out) ?\[\d*\](?::=|:|=))[ ]?", ""),
    ("Functions have no library before them.", r"\b(?:std|f32|f64)::", ""),
    ("Constants have no sign before them.", r"%(?=(?:pi|e)\b)", ""),
    (
        "The function itself is typed, and no words around it.",
        r"\A\s*(?i:(?:the|find|compute|calculate|derivative|gradient|differentiate|derive|plot|draw|graph|minimi[sz]e|"
        r"maximi[sz]e|optimi[sz]e|simplify|solve|function|of|let|Ableitung|von|dérivée|de)\s+)+",
        "",
    ),
    ("A square is written ^2.", r"\s+squared\b", "^2"),
    ("A cube is written ^3.", r"\s+cubed\b", "^3"),
    ("A function has its argument in brackets or behind it.", r"\b(sin|cos|tan)(?:e|gent)?\s+of\s+", r"\1 "),
    ("A root is written sqrt(x).", r"\b(?:the\s+)?square root of\s+", "sqrt "),
    ("A formula has no “return”.", r"\A\s*return\b\s*", ""),
    (
        "A number has no mark between its digits.",
        r"(?<![\w.])\d{1,3}(?:(['’ ])\d{3})(?:\1\d{3})*(?![\w])",
        lambda n: re.sub(r"\D", "", n[0]),
    ),
    (
        "A sum over a range is written sum(x^i for i in 1..3).",
        r"\b([Ss]um|[Pp]rod)(?:uct)?\(((?:[^(),]|\([^()]*\))+),\s*(\w+)\s*=\s*(\d+)\s*\.\.\s*(\d+)\)",
        lambda s: f"{s[1].lower()}({s[2]} for {s[3]} in {s[4]}..{s[5]})",
    ),
    ("A comment begins with #.", r"(?:(?<=\s)(?://|%)\s*[A-Za-z]+[\s,:]+[A-Za-z]|(?<=;)\s*(?://|%)).*$", ""),
    ("A comment begins with #.", r"/\*.*?\*/[ \t]*|^[ \t]*//.*\n?", ""),
    ("A line has no “;” at its end.", r"\s*;+\s*$", ""),
    (
        "Each assignment has a line of its own, and “,” parts arguments.",
        r"\A.*;.*\Z",
        lambda text: with_semicolons_read(text[0]),
    ),
    ("Nothing is imported or printed.", r"^\s*(?:import|from)\b.*$|^\s*print\s*\((.*)\)\s*$", r"\1"),
    ("An operator has no point before it.", r"\.(?=[*/^])", ""),
    ("Math.PI is written pi.", r"\bMath\.PI\b", "pi"),
    ("Math.E is written e.", r"\bMath\.E\b", "e"),
    ("A formula has no “=” before it.", r"\A\s*=(?!=)\s*", ""),
    ("A name is given with “=”.", r"^(\s*[A-Za-z]\w*\s*)(?::=|<-)", r"\1="),
    (
        "A choice is written where(condition, value, otherwise).",
        r"^((?:[^=<>!?\n]*=(?!=))?)([^?:\n]+)\?([^?:\n]+):([^?:\n]+)$",
        r"\1where(\2,\3,\4)",
    ),
    (
        "A choice is written where(condition, value, otherwise).",
        r"\bif\s+([^\n]{1,200}?)\s+then\s+([^\n]{1,200}?)\s+else\s+([^\n]+)$",
        r"where(\1, \2, \3)",
    ),
    (
        "A choice is written where(condition, value, otherwise).",
        r"\b[Pp]iecewise\(\(([^(),]+),\s*([^(),]*[<>=][^(),]*)\),\s*\(([^(),]+),\s*True\)\)",
        r"where(\2, \1, \3)",
    ),
    ("A choice is written where(condition, value, otherwise).", r"\b(?:IF|If|if|iif|ifelse)\s*\(", "where("),
    ("Write floor(x).", r"⌊([^⌊⌋\n]*)⌋", r"floor(\1)"),
    ("Write ceil(x).", r"⌈([^⌈⌉\n]*)⌉", r"ceil(\1)"),
    ("A mixed number is written as a sum.", r"\b(\d+) (\d+)/(\d+)\b", r"(\1+\2/\3)"),
    ("A cube root is written ∛x.", r"³√", "∛"),
    ("Brackets are round.", r"\{([^{}\n]*)\}", r"(\1)"),
)


# (what is said, what makes a formula of such a text and leaves others alone), each tried after those before it.
_SYSTEMS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("A function has a small letter and round brackets.", from_wolfram),
    ("A formula has no “=” before it, and its functions have small letters.", from_sheet),
    ("This is the source of a web page.", from_html),
    (
        "The letters of a formula are Latin or Greek, and some of these are Cyrillic and only look like Latin ones.",
        from_cyrillic,
    ),
)


def _candidates(text: str, message: str) -> Iterator[tuple[str, str]]:
    """What may be meant, each with its sentence, the surest first."""
    written, said = plain(text), ""
    if written != text:
        said = message
        yield said, written
    if re.match(r"\s*def\b", written):
        from textwrap import dedent

        written, said = dedent(written), "An algorithm begins at the margin."
        yield said, written
    for sentence, translated in _SYSTEMS:
        other = translated(written)
        if other != written:
            written, said = other, sentence
            yield said, written
    for sentence, pattern, put in _WAYS:
        other = re.sub(pattern, put, written, flags=re.MULTILINE)
        if other != written:
            written, said = other, f"{said} {sentence}".strip()
            yield said, written
    if difference := _difference(written):
        yield (
            f"{said} An equation is no function: the difference of its sides is one, and is 0 where it holds.".strip(),
            difference,
        )


def _difference(text: str) -> str:
    """left − right of an equation; "" where a text is none, or gives a name to something."""
    left, _, right = (part.strip() for part in text.partition("="))
    if not left or not right or re.search(r"[=<>!\n]", left + right) or left[-1] in "-+*/^":
        return ""
    if re.fullmatch(rf"{_N}(?:\s*\([^()]*\))?", left, re.ASCII):  # a name, or a definition
        return ""
    return left if right == "0" else f"{left} - {right}" if re.fullmatch(r"\w+", right) else f"{left} - ({right})"


def meant(text: str, error: ExplorerError, read: Callable[[str], Program]) -> ExplorerError | None:
    """The error that offers what a refused text probably says, if something is known that `read` takes."""
    if is_algorithm(text):
        return mended(text, error, read)
    if re.match(r"\s*[d∂](?:\^?\d)?\w*\s*/\s*[d∂]\w+(?:\^\d)?\s*(?:\([^()]*\))?\s*=", text):
        return ExplorerError("Type the function itself; its derivatives are computed.", error.span)
    if re.match(r"\s*lim\b", text):
        return ExplorerError(NO_LIMIT, error.span)
    if len(text) > MAX_PASTED or (error.repair and is_read(error.repair, read)):
        return None
    found = _function(plain(text))
    if found is not None:
        language, written = found
        said = f"This is a function as {language} has it" if language != "mathematics" else "This is a function"
        for _, candidate in ((said, written), *_candidates(written, said)) if written else ():
            if is_read(candidate, read):
                first, _, more = candidate.partition("\n")
                here = f"here it is an algorithm, {first} …" if more else f"here it is written {first}"
                return ExplorerError(f"{said}; {here}", error.span, error.kind, candidate)
        if language not in ("mathematics", "Haskell"):
            how = "write f(x) = … for one expression, or def f(x): with the steps in indented lines below it."
            return ExplorerError(f"{said}: {how}", error.span, error.kind)
    if written := script(plain(text), read):
        said = "An algorithm is a function: its first line is def f(x):, its last one return."
        return ExplorerError(said, error.span, error.kind, written)
    for said, candidate in _candidates(text, error.message):
        if is_read(candidate, read):
            lines = candidate.strip().split("\n")
            written = (
                f"Written so: {lines[0]}" if len(lines) == 1 else f"Written so, in {len(lines)} lines: {lines[0]} …"
            )
            return ExplorerError(f"{said} {written}", error.span, error.kind, candidate)
    return None
