"""What kind of value an expression has, as far as it can be told without running it.

A kind is the annotation that Python would have: `int`, `float`, `bool`, `str`, `list[int]`; ANY where it is not known.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from ....spec.expressions import is_expression, parse_expression
from ....spec.nodes import Node, Scalar, Sequence
from ....spec.params import Param

ANY = "any"
NUMBERS = ("int", "float")

# What functions of expressions give, whatever they take.
RESULTS = {
    "floor": "int",
    "ceil": "int",
    "int": "int",
    "len": "int",
    "divisible": "int",
    "float": "float",
    "range": "list[int]",
}
LIST = "list["


def list_of(kind: str) -> str:
    return f"{LIST}{kind}]"


def element(kind: str) -> str:
    """The kind of a list's elements."""
    return kind[len(LIST) : -1] if kind.startswith(LIST) else "str" if kind == "str" else ANY


def joined(kinds: Iterable[str]) -> str:
    """The kind of what may be of any of these; an integer is a float too."""
    found = set(kinds)
    if len(found) == 1:
        return found.pop()
    if found and found <= set(NUMBERS):
        return "float"
    if found and all(kind.startswith(LIST) for kind in found):
        return list_of(joined(element(kind) for kind in found if kind != list_of(ANY)))
    return ANY


def kind_of_value(value: object) -> str:
    match value:
        case bool():
            return "bool"
        case int() | float() | str():
            return type(value).__name__
        case list():
            return list_of(joined(map(kind_of_value, value)))
    return ANY


def kind_of_param(param: Param) -> str:
    """What a param is declared to be, or is by its default."""
    if param.kind not in (None, "list"):
        return param.kind
    return kind_of_node(param.default, {}) if param.default is not None else ANY


def kind_of_node(node: Node, kinds: Mapping[str, str]) -> str:
    """The kind of a value with expressions in it; `kinds` are those of the names."""
    match node:
        case Scalar() if is_expression(node):
            expression = parse_expression(node, lambda _: None)
            return kind_of_tree(expression.tree, kinds) if expression else ANY
        case Scalar(value=value):
            return kind_of_value(value)
        case Sequence(items=items):
            return list_of(joined(kind_of_node(item, kinds) for item in items))
    return ANY


def kind_of_tree(node: ast.expr, kinds: Mapping[str, str]) -> str:
    """The kind of an expression."""
    match node:
        case ast.Constant(value=value):
            return kind_of_value(value)
        case ast.Name(id=name):
            return kinds.get(name, ANY)
        case ast.List(elts=items):
            return list_of(joined(kind_of_tree(item, kinds) for item in items))
        case ast.UnaryOp(op=ast.Not()) | ast.Compare() | ast.BoolOp():
            return "bool"
        case ast.UnaryOp(operand=operand):
            return kind_of_tree(operand, kinds)
        case ast.IfExp(body=body, orelse=other):
            return joined((kind_of_tree(body, kinds), kind_of_tree(other, kinds)))
        case ast.Subscript(value=value):
            return element(kind_of_tree(value, kinds))
        case ast.BinOp():
            return _of_operation(node, kinds)
        case ast.Call():
            return _of_call(node, kinds)
    return ANY


def _of_operation(node: ast.BinOp, kinds: Mapping[str, str]) -> str:
    left, right = kind_of_tree(node.left, kinds), kind_of_tree(node.right, kinds)
    match node.op:
        case ast.Div():
            return "float"
        case ast.Mult() if LIST in (left[: len(LIST)], right[: len(LIST)]):
            return left if left.startswith(LIST) else right
    return joined((left, right))


def _of_call(node: ast.Call, kinds: Mapping[str, str]) -> str:
    assert isinstance(node.func, ast.Name)
    name, given = node.func.id, [kind_of_tree(argument, kinds) for argument in node.args]
    if name in RESULTS:
        return RESULTS[name]
    if name == "round":
        return "int" if len(given) == 1 else given[0]
    if name in ("min", "max") and len(given) == 1:
        return element(given[0])
    return joined(given)


def names_computed_with(node: ast.expr) -> set[str]:
    """The names that an integer is computed from, where an expression is to be one."""
    match node:
        case ast.Name(id=name):
            return {name}
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.FloorDiv() | ast.Mod()):
            return names_computed_with(node.left) | names_computed_with(node.right)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            return names_computed_with(operand)
        case ast.IfExp(body=body, orelse=other):
            return names_computed_with(body) | names_computed_with(other)
        case ast.Call(func=ast.Name(id="min" | "max" | "abs"), args=arguments):
            return {name for argument in arguments for name in names_computed_with(argument)}
    return set()
