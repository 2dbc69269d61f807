"""Receptive fields: how much of the input one position of a value depends on."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias

from ..spec.types import Reach, Window
from .graph import Graph, Value


@dataclass(frozen=True, slots=True)
class Axis:
    """Along one spatial axis, in positions of the input: what a position sees, and the step to the next one.

    It sees `base` positions, and `extent` more in whole steps of `grain`, which upsampling repeated.
    """

    base: int = 1
    extent: Fraction = Fraction(0)
    grain: Fraction = Fraction(1)
    jump: Fraction = Fraction(1)

    @property
    def size(self) -> int:
        return math.ceil(self.base + math.ceil(self.extent / self.grain) * self.grain)


# No axis before the first window; None where every position is seen.
Field: TypeAlias = tuple[Axis, ...] | None


def receptive_fields(graph: Graph) -> dict[Value, tuple[int, ...] | None]:
    """For each value, how many of the input's positions one of its own depends on, along each spatial axis.

    None where no window bounds it: before the first layer with a window, where no axis is spatial yet, and
    after one that sees every position (Flatten, recurrence, attention, global pooling). A field begins at 1;
    a window of size k adds (k - 1) jumps, and its stride multiplies the jump: Araujo, Norris and Sim,
    "Computing Receptive Fields of Convolutional Neural Networks", Distill, 2019. Upsampling by s has stride
    1/s; as it repeats positions, windows after it add whole ones, exactly where strides around it divide each
    other. Where branches meet, the greatest counts. Padding counts as positions, so that a field may be
    larger than its input.
    """
    fields: dict[Value, Field] = {Value(i.name): () for i in graph.inputs}
    for node in graph.nodes:
        seen = _beyond(_joined(fields[value] for value in node.inputs), node.signature.reach)
        fields.update(dict.fromkeys(node.values, seen))
    return {value: tuple(axis.size for axis in field) if field else None for value, field in fields.items()}


def _joined(fields: Iterable[Field]) -> Field:
    """The greatest of several fields; None where one is, or where they have other axes than each other."""
    met = set(fields) - {()}
    known = [field for field in met if field]
    if len(known) < len(met) or len({len(field) for field in known}) > 1:
        return None
    return tuple(max(axes, key=lambda axis: (axis.size, axis.jump)) for axes in zip(*known, strict=True))


def _beyond(field: Field, reach: Reach) -> Field:
    """The field of a layer's outputs from that of its inputs."""
    if reach == "point" or field is None:
        return field
    if reach == "all" or (field and len(field) != len(reach)):
        return None
    axes = field or (Axis(),) * len(reach)
    return tuple(_through(axis, window) for axis, window in zip(axes, reach, strict=True))


def _through(axis: Axis, window: Window) -> Axis:
    seen = replace(axis, extent=axis.extent + (window.size - 1) * axis.jump, jump=axis.jump * window.stride)
    if window.stride >= 1 or axis.jump <= axis.grain:
        return seen
    return replace(seen, base=seen.size, extent=Fraction(0), grain=axis.jump)
