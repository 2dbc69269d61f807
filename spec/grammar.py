"""The grammar of expressions: Python's, of which a closed list of parts is allowed.

Nothing of a text runs here. It is parsed to a tree, and a tree that holds anything beyond the list is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from .diagnostics import did_you_mean
from .nodes import ScalarValue, shorten
from .operations import ARITHMETIC, COMPARISONS, FUNCTIONS, LARGEST, SIGNS

if TYPE_CHECKING:
    import ast

MAX_TEXT = 1000
MAX_DEPTH = 64
# How many texts are parsed once only; the trees of longer texts take up to 200 kB.
KEPT = 2048
LONGEST_WRITTEN = 80

SPACE = " \t\r\n"
CONSTANTS: dict[str, ScalarValue] = {"true": True, "false": False, "null": None}
# Line ends are spaces, as they are to YAML in most texts of several lines.
LINE_ENDS = str.maketrans("\r\n", "  ")
# Patterns, which are compiled only once something is wrong.
QUOTE = r"['\"]"
STRING = r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\""
OPERAND_END = r"[\w'\")\]]\s*$"
OPERAND_START = r"[\w'\"(\[]"
TOKEN = r"\w+|\S"
CLOSERS = {"(": ")", "[": "]", "{": "}"}

PARTS = frozenset({"Name", "List", "IfExp", "BoolOp", "Subscript"})
OPERATORS = {*ARITHMETIC, *SIGNS, "Not", *COMPARISONS}
OTHER_OPERATORS: dict[str, tuple[str, str]] = {
    "BitXor": ("^", "write `**` for a power"),
    "LShift": ("<<", "write `* 2 ** n`"),
    "RShift": (">>", "write `// 2 ** n`"),
    "BitAnd": ("&", "write `and`"),
    "BitOr": ("|", "write `or`"),
    "Invert": ("~", "write `not`"),
    "MatMult": ("@", "write `*`"),
    "Is": ("is", "write `==`"),
    "IsNot": ("is not", "write `!=`"),
}

SPLIT_IT = "split it, and give its parts names under params"
KINDS = "an expression has numbers, strings, names, lists, operators, and functions such as max(a, b)"
TEXT = 'a text that begins with "=" is written as an expression: \'="=text"\''
QUOTE_ALL = 'where YAML cut it short, put quotes around the expression, as in "=max(8, classes)"'

# What else Python's grammar has, by its class: what it is, and what to do.
REFUSED: dict[str, tuple[str, str]] = {
    "Attribute": ("reads an attribute", "an expression has no dots: names stand alone"),
    "Tuple": ("is a tuple", "write a list in [ ]; the decimal mark of a number is a point"),
    "Slice": ("is a slice", "take one element, as in sizes[0]"),
    "Set": ("is a set", "write a list in [ ]"),
    "Dict": ("is a mapping", "write a list in [ ]"),
    "JoinedStr": ("is an f-string", "join strings with `+`"),
    "NamedExpr": ("gives a name to a value", "declare the name under params"),
    "Lambda": ("is a function", KINDS),
    "Starred": ("has a star", "write the values one by one, or give the list itself"),
    **dict.fromkeys(
        ("ListComp", "SetComp", "DictComp", "GeneratorExp"),
        ("is a loop", "write out its values; items repeat with `repeat`"),
    ),
}

# What is often written for something else, outside strings and in what Python could not parse.
SLIPS: tuple[tuple[str, str], ...] = (
    (r"^=+", TEXT),
    (r"&&", "write `and`"),
    (r"\|\|", "write `or`"),
    (r"!(?!=)", "write `not`"),
    (r"\?", "write `a if condition else b`"),
    (r"=<", "write `<=`"),
    (r"=>", "write `>=`"),
    (r"<>", "write `!=`"),
    (r"(?<![=!<>:])=(?!=)", "write `==` to compare"),
    (r"\$", "names stand alone, without a mark"),
    (r"\b(?:AND|OR|NOT)\b", "`and`, `or` and `not` are in lower case"),
    (r"\bif\b(?!.*\belse\b)", "an `if` needs an `else`: write `a if condition else b`"),
    (r"(?<![\w.])0\d+(?![\w.])", "write the number without zeros in front"),
    # 0x1F and 1e3 are numbers.
    (
        r"(?<![\w.])(?!0[xXoObB][\da-fA-F]|[\d.]+[eE][-+]?\d)\d[\d.]*[A-Za-z]\w*",
        "put an operator or a space after the number",
    ),
    (r"\0", "leave out this character, which no text has"),
)


class Parsed(NamedTuple):
    tree: ast.expr
    names: tuple[str, ...]


class Flaw(NamedTuple):
    """Why a text is no expression, and which part of it the message is about."""

    message: str
    help: str
    start: int
    end: int


def extent(text: str, node: ast.AST) -> tuple[int, int]:
    """Where a part of the tree begins and ends in the text. Python counts bytes, from the first that is no space."""
    before = len(text) - len(_code(text))
    ends = (getattr(node, "col_offset", 0), getattr(node, "end_col_offset", 0))
    if not text.isascii():
        code = _code(text).encode(errors="surrogatepass")
        ends = tuple(len(code[:end].decode(errors="surrogatepass")) for end in ends)
    return before + ends[0], before + ends[1]


def names_in(node: ast.expr) -> list[ast.Name]:
    """The names that a part of a tree refers to, in order of appearance; functions are not among them."""
    parts = [node]
    for part in parts:
        parts += _children(part)
    return _names(parts)


def _names(parts: Iterable[ast.expr]) -> list[ast.Name]:
    import ast

    return sorted((part for part in parts if isinstance(part, ast.Name)), key=lambda name: name.col_offset)


def _children(part: ast.expr) -> Iterator[ast.expr]:
    """The expressions in one, without the function of a call."""
    import ast

    if isinstance(part, ast.Call):
        yield from part.args
        yield from (keyword.value for keyword in part.keywords)
        return
    yield from (child for child in ast.iter_child_nodes(part) if isinstance(child, ast.expr))


def _code(text: str) -> str:
    return text[1:].lstrip(SPACE)


def parsed(text: str) -> Parsed | Flaw:
    """The tree of a text that begins with `=`, or what is wrong with it first."""
    if len(text) <= MAX_TEXT:
        return _parsed(text)
    message = f"the expression has {len(text):,} characters; the limit is {MAX_TEXT:,}"
    return Flaw(message, SPLIT_IT, 0, len(text))


@lru_cache(KEPT)
def _parsed(text: str) -> Parsed | Flaw:
    code = _code(text).translate(LINE_ENDS)
    if not code.strip():
        return Flaw("there is no expression after the `=`", TEXT, 0, len(text))
    tree = _tree(code, len(text) - len(code))
    if isinstance(tree, Flaw):
        return tree
    parts = _parts(tree, text)
    if isinstance(parts, Flaw):
        return parts
    names = tuple(dict.fromkeys(name.id for name in _names(parts)))
    if CONSTANTS.keys().isdisjoint(names):
        return Parsed(tree, names)
    return Parsed(_with_constants()(tree), tuple(name for name in names if name not in CONSTANTS))


def _tree(code: str, before: int) -> ast.expr | Flaw:
    """What Python's parser makes of the code, which stands `before` characters into the text."""
    import ast
    import warnings

    try:
        with warnings.catch_warnings():
            # What Python only warns of in one version, such as "\d", is an error in another.
            warnings.simplefilter("error")
            tree = ast.parse(code, mode="eval").body
    except SyntaxError as error:
        return _explained(error, code, before)
    except (MemoryError, RecursionError):
        return _too_deep(before + len(code))
    except ValueError:
        return Flaw("the expression holds a character that no text has", KINDS, 0, before + len(code))
    if "#" in code and (at := _bare(code).find("#")) >= 0:
        return Flaw("an expression has no comments", "leave out the `#`", before + at, before + len(code))
    return tree


@cache
def _with_constants() -> Callable[[ast.expr], ast.expr]:
    """What makes of `true`, `false` and `null` in a tree the constants that Python has for them."""
    import ast

    class Constants(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            if node.id not in CONSTANTS:
                return node
            return ast.copy_location(ast.Constant(CONSTANTS[node.id]), node)

    return Constants().visit


def _bare(code: str) -> str:
    """The code with blanks for strings."""
    return re.sub(STRING, lambda string: " " * len(string[0]), code)


def _too_deep(end: int) -> Flaw:
    return Flaw(f"the expression is nested too deep; the limit is {MAX_DEPTH} levels", SPLIT_IT, 0, end)


# --- what Python cannot parse


def _explained(error: SyntaxError, code: str, before: int) -> Flaw:
    """Own words: Python's are about Python, and differ between its versions."""
    bare = _bare(code)
    flaw = _bracket(bare) or _string(bare, error) or _slip(bare) or _stop(code, error)
    return flaw._replace(start=before + flaw.start, end=before + flaw.end)


def _bracket(bare: str) -> Flaw | None:
    """A bracket that is not closed, or closes nothing."""
    opened: list[int] = []
    for at, char in enumerate(bare):
        if char in CLOSERS:
            opened.append(at)
        elif char in CLOSERS.values() and (not opened or CLOSERS[bare[opened.pop()]] != char):
            return Flaw(f'this "{char}" closes nothing', "leave it out, or open it before", at, at + 1)
        if len(opened) > MAX_DEPTH:
            return _too_deep(len(bare))
    if not opened:
        return None
    at = opened[-1]
    help = f'close it with "{CLOSERS[bare[at]]}"; {QUOTE_ALL}'
    return Flaw(f'the "{bare[at]}" is not closed', help, at, at + 1)


def _string(bare: str, error: SyntaxError) -> Flaw | None:
    """A quote that is not closed, or a backslash that means nothing."""
    if (quote := re.search(QUOTE, bare)) is not None:
        at = quote.start()
        return Flaw("the string is not closed", f"close it with {quote[0]}; {QUOTE_ALL}", at, len(bare))
    if "escape" not in error.msg:
        return None
    return Flaw("a backslash in a string begins no known escape", r"write \\ for a backslash", 0, len(bare))


def _slip(bare: str) -> Flaw | None:
    """The first thing that other languages have, or that is left out in haste."""
    found = ((match, help) for pattern, help in SLIPS if (match := re.search(pattern, bare)) is not None)
    match, help = next(found, (None, ""))
    if match is None:
        return None
    return Flaw(f"an expression cannot have `{match[0]}` here", help, *match.span())


def _stop(code: str, error: SyntaxError) -> Flaw:
    """Where Python's parser could not go on."""
    if "comma" in error.msg and error.offset and error.end_offset:
        start, end = error.offset - 1, error.end_offset - 1
        message = f"something is missing between the parts of `{shorten(code[start:end])}`"
        return Flaw(message, "put a comma or an operator there", start, end)
    token = re.compile(TOKEN).search(code, error.offset - 1) if error.offset else None
    if token is None:
        return Flaw("the expression ends too early", KINDS, 0, len(code.rstrip()))
    side_by_side = re.search(OPERAND_END, code[: token.start()]) and re.match(OPERAND_START, token[0])
    help = f"put an operator before it; {TEXT}" if side_by_side else KINDS
    return Flaw(f"an expression cannot have `{shorten(token[0])}` here", help, *token.span())


# --- what Python has, and an expression has not


def _parts(tree: ast.expr, text: str) -> list[ast.expr] | Flaw:
    """All parts of the tree, or the outermost that is not allowed; without recursion, however deep the tree is."""
    parts, depth, begin = [tree], 0, 0
    while begin < len(parts):
        depth, end = depth + 1, len(parts)
        if depth > MAX_DEPTH:
            return _too_deep(len(text))
        for part in parts[begin:end]:
            if (said := _refused(part)) is not None:
                start, stop = extent(text, part)
                return Flaw(f"`{shorten(text[start:stop], LONGEST_WRITTEN)}` {said[0]}", said[1], start, stop)
            parts += _children(part)
        begin = end
    return parts


def _refused(part: ast.expr) -> tuple[str, str] | None:
    """What is wrong with a part by itself, and what to do."""
    import ast

    match part:
        case ast.Constant(value=value):
            return _constant(value)
        case ast.Call():
            return _called(part)
        case ast.BinOp(op=op) | ast.UnaryOp(op=op):
            return _operators([op])
        case ast.Compare(ops=ops):
            return _operators(ops)
    kind = type(part).__name__
    return None if kind in PARTS else REFUSED.get(kind, ("cannot be in an expression", KINDS))


def _operators(operators: Sequence[ast.AST]) -> tuple[str, str] | None:
    others = (name for op in operators if (name := type(op).__name__) not in OPERATORS)
    if (other := next(others, None)) is None:
        return None
    sign, help = OTHER_OPERATORS[other]
    return f"has `{sign}`, which is no operator of expressions", help


def _constant(value: object) -> tuple[str, str] | None:
    match value:
        case None | bool() | str():
            return None
        case int() if value < LARGEST:
            return None
        case int():
            return "is too large: an integer stays below 2**63", "write a float, such as 1e20"
        case float() if value < float("inf"):
            return None
        case float():
            return "is beyond the range of float64", "write a smaller number"
    return "is no number, string, boolean or null", KINDS


def _called(node: ast.Call) -> tuple[str, str] | None:
    name = getattr(node.func, "id", None)
    if name is None:
        return "calls what is no function", "write `*` to multiply; a function is called by its name"
    if name not in FUNCTIONS:
        return "calls an unknown function", did_you_mean(name, FUNCTIONS, "functions")
    function = FUNCTIONS[name]
    keywords = [keyword.arg for keyword in node.keywords]
    if keywords and (name, keywords) != ("divisible", ["by"]):
        return "names an argument", f"write {function.usage}"
    count = len(node.args) + len(keywords)
    if function.least <= count <= function.most:
        return None
    return f"gives {count} argument{'' if count == 1 else 's'}", f"write {function.usage}"
