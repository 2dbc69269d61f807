"""Expressions of a spec as expressions of Python."""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from ....spec.expressions import Expression, is_expression, parse_expression
from ....spec.nodes import Node, Scalar, Sequence
from ..expressions import expression as literal
from ..layout import Brackets, Expr
from ..text import string
from .kinds import ANY, kind_of_node, kind_of_tree

# What a module that uses them has to define or import.
MATH, DIVISIBLE, PARTIAL, SHARED = "math", "divisible", "partial", "shared"
IN_MATH = ("floor", "ceil")

# Numbers of a spec are finite, so that what is not less is at least as much.
_PAIRS: tuple[tuple[type[ast.cmpop], type[ast.cmpop]], ...] = (
    (ast.Eq, ast.NotEq),
    (ast.Lt, ast.GtE),
    (ast.Gt, ast.LtE),
    (ast.In, ast.NotIn),
    (ast.Is, ast.IsNot),
)
OPPOSITES = {**dict(_PAIRS), **{b: a for a, b in _PAIRS}}


class Variable(NamedTuple):
    """What a name of the spec is called in Python, and the kind of its value."""

    text: str
    kind: str = ANY


Names: TypeAlias = Mapping[str, Variable]


class Translated(NamedTuple):
    text: str
    kind: str


def kinds_of(names: Names) -> dict[str, str]:
    return {name: variable.kind for name, variable in names.items()}


def translate(expression: Expression, names: Names, uses: set[str]) -> Translated:
    """The expression in Python, and its kind. What it needs of the module is added to `uses`."""
    names = {name: names[name] for name in expression.names if name in names}
    kind = kind_of_tree(expression.tree, kinds_of(names))
    tree = _Python(names, uses).visit(copy.deepcopy(expression.tree))
    return Translated(ast.unparse(tree), kind)


def negated(scalar: Scalar, names: Names, uses: set[str]) -> str:
    """The opposite of a condition."""
    expression = parse_expression(scalar, lambda _: None)
    assert expression is not None
    return ast.unparse(_opposite(_Python(names, uses).visit(copy.deepcopy(expression.tree))))


def _opposite(tree: ast.expr) -> ast.expr:
    match tree:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return operand
        case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in OPPOSITES:
            return ast.Compare(left, [OPPOSITES[type(operator)]()], [right])
    return ast.UnaryOp(ast.Not(), tree)


def as_integer(given: Translated, maybe: bool = False) -> str:
    """The text where an integer is asked for: what may be a float there is a whole one. With `maybe`, a list of
    integers or nothing will do too."""
    if given.kind in ("int", "list[int]") or (maybe and given.kind == ANY):
        return given.text
    if given.kind.startswith("list["):
        return f"[int(value) for value in {given.text}]"
    return f"int({given.text})"


def of_scalar(scalar: Scalar, names: Names, uses: set[str]) -> Translated:
    """An expression that was checked."""
    expression = parse_expression(scalar, lambda _: None)
    assert expression is not None
    return translate(expression, names, uses)


def of_node(
    node: Node,
    names: Names,
    uses: set[str],
    *,
    integer: bool = False,
    maybe: bool = False,
    frozen: bool = False,
) -> Expr:
    """A value with expressions in it. With `integer`, numbers in it are to be integers; with `maybe`, what may be null
    is left as it is. `frozen` makes tuples of lists, as arguments of functions are."""
    match node:
        case Scalar() if is_expression(node):
            given = of_scalar(node, names, uses)
            return (as_integer(given, maybe) if integer else given.text,)
        case Sequence(items=items):
            inner = integer and kind_of_node(node, kinds_of(names)) != "list[int]"
            kind = "tuple" if frozen else "list"
            parts = (of_node(item, names, uses, integer=inner, frozen=frozen) for item in items)
            return (Brackets(kind, tuple(parts)),)
        case Scalar(value=float() as value) if integer and value.is_integer():
            return literal(int(value))
        case Scalar(value=value):
            return literal(value)
    raise TypeError("a mapping is not a value")


class _Python(ast.NodeTransformer):
    """Turns names and functions into Python's."""

    def __init__(self, names: Names, uses: set[str]) -> None:
        self.names, self.uses, self.kinds = names, uses, kinds_of(names)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Name(self.names[node.id].text if node.id in self.names else node.id)

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        # As a name, it is written in the quotes of the rest of the module.
        return ast.Name(string(node.value)) if isinstance(node.value, str) else node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        """`is None`, as Python's own style asks for it."""
        operators = [_identity(op, value) for op, value in zip(node.ops, node.comparators, strict=True)]
        left, *values = [self.as_list(value) for value in (node.left, *node.comparators)]
        return ast.Compare(left, operators, values)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        match node:
            case ast.UnaryOp(op=ast.USub(), operand=ast.UnaryOp(op=ast.USub(), operand=operand)):
                # Two of them in a row would read as another language's decrement.
                return self.visit(operand)
        return ast.UnaryOp(node.op, self.visit(node.operand))

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        left, right = self.as_list(node.left), self.as_list(node.right)
        if not isinstance(node.op, ast.Pow):
            return ast.BinOp(left, node.op, right)
        if isinstance(node.left, ast.BinOp) and isinstance(left, ast.Name):
            left = ast.Name(f"({left.id})")
        # The formatter puts no spaces around a power of simple things.
        simple = _is_simple(node.left) and _is_simple(node.right)
        return (
            ast.Name(f"{ast.unparse(left)}**{ast.unparse(right)}")
            if simple
            else ast.BinOp(left, node.op, right)
        )

    def as_list(self, node: ast.expr) -> ast.expr:
        """An operand: a list that is an argument is a tuple, which goes together with no list."""
        seen = self.visit(node)
        is_list = isinstance(node, ast.Name | ast.Subscript) and kind_of_tree(node, self.kinds).startswith(
            "list["
        )
        return ast.Call(ast.Name("list"), [seen], []) if is_list else seen

    def visit_Call(self, node: ast.Call) -> ast.expr:
        assert isinstance(node.func, ast.Name)
        name = node.func.id
        arguments = [self.visit(argument) for argument in node.args]
        keywords = [ast.keyword(keyword.arg, self.visit(keyword.value)) for keyword in node.keywords]
        function: ast.expr = ast.Name(name)
        if name in IN_MATH:
            self.uses.add(MATH)
            function = ast.Attribute(ast.Name(MATH), name)
        if name == DIVISIBLE:
            self.uses.add(DIVISIBLE)
        called = ast.Call(function, arguments, keywords)
        return ast.Call(ast.Name("list"), [called], []) if name == "range" else called


def _identity(operator: ast.cmpop, value: ast.expr) -> ast.cmpop:
    if not (isinstance(value, ast.Constant) and value.value is None):
        return operator
    return (
        ast.Is()
        if isinstance(operator, ast.Eq)
        else ast.IsNot()
        if isinstance(operator, ast.NotEq)
        else operator
    )


def _is_simple(node: ast.expr) -> bool:
    number = isinstance(node, ast.Constant) and isinstance(node.value, int | float) and node.value >= 0
    return isinstance(node, ast.Name) or number
