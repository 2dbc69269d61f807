"""What `expand` gives: the layers one after another, each made and named, their inputs found, nothing
inferred."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..spec.dims import Dim
from ..spec.document import InputDecl
from ..spec.layers.base import Layer
from ..spec.source import Source
from ..spec.training import Training
from .graph import Argument, Origin, Output, Place, Preset, Value


class Step(NamedTuple):
    """One layer. `layer` or `arguments` is None where an error has been reported: its output is unknown, and
    nothing more is said of what depends on it."""

    name: str
    layer: Layer | None
    arguments: tuple[Argument, ...] | None
    place: Place
    preset: Preset | None = None
    named: bool = False
    shares: str | None = None


class Expected(NamedTuple):
    """A value that goes into a file which says of what shape and dtype it is."""

    value: Value
    declared: InputDecl
    place: Place


class Program(NamedTuple):
    name: str
    description: str
    dtype: str
    source: Source
    inputs: tuple[InputDecl, ...]
    steps: tuple[Step, ...]
    outputs: tuple[Output, ...]
    training: Training | None
    expected: tuple[Expected, ...] = ()
    origin: Origin | None = None
    dims: Mapping[str, Dim] = {}
    # Nodes that something would take which is left out with these params.
    spared: frozenset[str] = frozenset()
