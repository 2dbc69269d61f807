"""The section `dims`: bounds of named dynamic axes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .diagnostics import Diagnostic, did_you_mean
from .fields import PositiveInt
from .locate import Report, validate
from .nodes import Mapping as MappingNode
from .nodes import Node, Scalar, describe, shorten
from .problems import Problem
from .records import Record, doc
from .size import Expr, symbol
from .source import Span

HELP = "write dims: {time: {min: 1, max: 512, multiple_of: 8}}"


class Dim(NamedTuple):
    """A bounded axis: its size is a multiple of `unit` from `least` to `most`, which are multiples too; a `most` of
    None is no upper bound. `span` is where it is declared."""

    name: str
    span: Span
    unit: int = 1
    least: int = 1
    most: int | None = None

    @property
    def size(self) -> Expr:
        """The axis as a size."""
        return symbol(self.name, unit=self.unit, least=self.least, most=self.most)

    def __str__(self) -> str:
        """`time is from 8 to 512, in steps of 8`."""
        upwards = f"{self.least} or more" if self.most is None else f"from {self.least} to {self.most}"
        return f"{self.name} is {upwards}" + (f", in steps of {self.unit}" if self.unit > 1 else "")


Dims = Mapping[str, Dim]


class DimForm(Record):
    """What a spec says of an axis."""

    min: PositiveInt = doc("The least size of the axis.", 1)
    max: PositiveInt | None = doc("The greatest size of the axis; null for no bound.", None)
    multiple_of: PositiveInt = doc("What every size of the axis is a multiple of.", 1)

    @property
    def least(self) -> int:
        """The first multiple from `min` on."""
        return -(-self.min // self.multiple_of) * self.multiple_of

    @property
    def most(self) -> int | None:
        """The last multiple up to `max`."""
        return None if self.max is None else self.max // self.multiple_of * self.multiple_of

    def problems(self) -> list[Problem]:
        if self.max is None or self.least <= self.max:
            return []
        if self.max < self.min:
            help = "give the greatest size as max, and the least as min"
            message = f"must be at least min, which is {self.min}, not {self.max}"
            return [{"type": "bounds", "loc": ("max",), "msg": message, "ctx": {"help": help}}]
        between = f"is {self.min}" if self.min == self.max else f"lies from {self.min} to {self.max}"
        context = {"help": f"give a max of at least {self.least}"}
        message = f"no multiple of {self.multiple_of} {between}"
        return [{"type": "bounds", "loc": ("multiple_of",), "msg": message, "ctx": context}]


def parse_dims(node: Node | None, report: Report) -> dict[str, Dim]:
    """The bounded axes by name. What is wrong is reported, and left out."""
    if node is None:
        return {}
    if not isinstance(node, MappingNode):
        report(Diagnostic("NN103", f"dims must be a mapping, not {describe(node)}", node.span, help=HELP))
        return {}
    dims = (_dim(key, value, report) for key, value in node.entries)
    return {dim.name: dim for dim in dims if dim is not None}


def _dim(key: Scalar, value: Node, report: Report) -> Dim | None:
    name = str(key.value)
    if not isinstance(value, MappingNode):
        message = f"the bounds of an axis are a mapping, not {describe(value)}"
        help = f"write {shorten(name)}: {{min: 1, max: 512}}, with multiple_of if need be"
        report(Diagnostic("NN103", message, value.span, help=help))
        return None
    form = validate(DimForm, value, key.span, report, title=f"dim {shorten(name)}")
    return Dim(name, key.span, form.multiple_of, form.least, form.most) if form else None


def check_dims(dims: Dims, shapes: Iterable[Iterable[int | str | None]], report: Report) -> None:
    """Reports (NN101) each dim that names no axis of the inputs, which have these shapes."""
    axes = {axis for shape in shapes for axis in shape if isinstance(axis, str)}
    for dim in dims.values():
        if dim.name not in axes:
            message = f'no input has an axis "{shorten(dim.name)}"'
            report(Diagnostic("NN101", message, dim.span, help=did_you_mean(dim.name, axes, "axes")))
