"""Keras 3's files of weights, read without Keras.

A `.weights.h5` file has a group for each layer of the model, `layers/dense_1`: the layer's class, and how
many of that class came before it. Its own weights are `vars/0`, `vars/1`, …, and its name is an attribute of
`vars`; layers inside it are groups in it, under the names of the attributes that hold them. A `.keras` file
is a zip file with such a file in it.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

from ...compiler.graph import Graph, Node
from ...spec.named import snake_case
from ..extras import require
from .archives import open_zip
from .stored import Stored, Unreadable, numpy_dtype, size_in_bytes

H5_IN_KERAS = "model.weights.h5"

# An optimizer keeps up to four values for each weight, and the file its own tables.
PER_WEIGHT = 8
BESIDES = 64 << 20

# The attributes under which layers hold others, in the order in which Keras counts their weights.
INNER = (
    *("forward_layer", "backward_layer", "layer", "cell"),
    *("query_dense", "key_dense", "value_dense", "output_dense"),
)

# Filters that come with HDF5; any other would be a plugin, which is code.
FILTERS = (1, 2, 3)

COUNTER = re.compile(r"(.+?)(?:_(\d+))?")


@dataclass(frozen=True)
class FileLayer:
    """A layer in a file: its group, the name it had, and all its weights in Keras's order."""

    group: str
    name: str | None
    variables: tuple[Stored, ...]

    @property
    def kind(self) -> str:
        """The class in snake case."""
        return self._parts()[0]

    @property
    def number(self) -> int:
        """How many layers of the class came before it."""
        return self._parts()[1]

    def _parts(self) -> tuple[str, int]:
        found = COUNTER.fullmatch(self.group)
        return (found[1], int(found[2] or 0)) if found else (self.group, 0)


@contextmanager
def keras(file: BinaryIO, graph: Graph) -> Iterator[dict[str, Stored]]:
    """The weights of a `.keras` file by the graph's keys."""
    with open_zip(file) as archive:
        data = _weights_file(archive, PER_WEIGHT * size_in_bytes(graph) + BESIDES)
    with h5(io.BytesIO(data), graph) as stored:
        yield stored


def _weights_file(archive: zipfile.ZipFile, limit: int) -> bytes:
    if H5_IN_KERAS not in archive.namelist():
        raise Unreadable(f"it holds no {H5_IN_KERAS}", "save the model with Keras 3")
    with archive.open(H5_IN_KERAS) as member:
        data = member.read(limit + 1)
    if len(data) > limit:
        raise Unreadable(f"the weights in it have more than {limit:,} bytes, far more than the network's")
    return data


@contextmanager
def h5(file: BinaryIO, graph: Graph) -> Iterator[dict[str, Stored]]:
    """The weights of a `.weights.h5` file by the graph's keys."""
    with require("h5py").File(file, "r") as root:
        yield keyed(file_layers(root), graph)


def file_layers(root: Any) -> list[FileLayer]:
    """The layers of an open HDF5 file, in the order of their groups' names. Raises Unreadable."""
    if "layers" not in root:
        raise Unreadable(
            "it is not laid out as Keras 3 does it", "load it into Keras 3 and save it as .weights.h5"
        )
    seen: set[Any] = set()
    groups = _member(root, "layers", "Group")
    return [_file_layer(name, _member(groups, name, "Group"), seen) for name in groups]


def _file_layer(name: str, group: Any, seen: set[Any]) -> FileLayer:
    attributes = _member(group, "vars", "Group").attrs if "vars" in group else {}
    given = attributes.get("name")
    return FileLayer(name, given if isinstance(given, str) else None, tuple(_variables(group, seen)))


def _variables(group: Any, seen: set[Any]) -> Iterator[Stored]:
    """The weights in a layer's group and in those inside it."""
    address = require("h5py").h5o.get_info(group.id).addr
    if address in seen:
        raise Unreadable("a group in it stands in two places")
    seen.add(address)
    if "vars" in group:
        own = _member(group, "vars", "Group")
        yield from (_stored(_member(own, name, "Dataset")) for name in sorted(own, key=_position))
    for name in sorted(group, key=lambda name: (INNER.index(name) if name in INNER else len(INNER), name)):
        if name not in ("vars", "seed_generator"):
            yield from _variables(_member(group, name, "Group"), seen)


def _position(name: str) -> tuple[int, str]:
    return (int(name) if name.isascii() and name.isdigit() and len(name) < 10 else 10**10, name)


def _member(group: Any, name: str, kind: str) -> Any:
    """The Group or Dataset that a group holds itself; a link may lead into another file."""
    library = require("h5py")
    if not isinstance(group.get(name, getlink=True), library.HardLink):
        raise Unreadable(f'"{name}" in it is a link, which is not followed')
    if not isinstance(member := group[name], getattr(library, kind)):
        raise Unreadable(f'"{name}" in it is not where Keras puts a {kind.lower()}')
    return member


def _stored(dataset: Any) -> Stored:
    """An array of the file. Raises Unreadable for values that come from elsewhere, or through a plugin."""
    plan = dataset.id.get_create_plist()
    filters = [plan.get_filter(i)[0] for i in range(plan.get_nfilters())]
    if dataset.is_virtual or dataset.external or any(number not in FILTERS for number in filters):
        raise Unreadable(f'"{dataset.name}" in it has its values outside, or in an unusual form')
    if dataset.chunks and any(
        chunk > max(size, 1) for chunk, size in zip(dataset.chunks, dataset.shape, strict=True)
    ):
        raise Unreadable(f'"{dataset.name}" in it is larger than it says')
    if dataset.attrs.get("dtype") == "bfloat16" and dataset.dtype.itemsize == 2:
        return Stored(dataset.shape, "bfloat16", lambda: dataset[()].view(numpy_dtype("bfloat16")))
    return Stored(dataset.shape, dataset.dtype.name, lambda: dataset[()])


def keyed(layers: list[FileLayer], graph: Graph) -> dict[str, Stored]:
    """The layers' weights by the graph's keys; where it lacks a layer, by the file's own name for it."""
    pairs = pair(layers, graph)
    found: dict[str, Stored] = {}
    for layer in layers:
        node = pairs.get(layer.group)
        names = [weight.name for weight in node.signature.weights] if node else []
        for number, variable in enumerate(layer.variables):
            name = names[number] if number < len(names) else str(number)
            found[f"{node.name if node else layer.name or layer.group}/{name}"] = variable
    return found


def pair(layers: list[FileLayer], graph: Graph) -> dict[str, Node]:
    """The graph's layer for each group of the file: by name where the file has all names, else by class.

    A model that was built elsewhere has names of its own; its n-th layer of a class is the graph's n-th.
    """
    by_name = {layer.group: graph.by_name[layer.name] for layer in layers if layer.name in graph.by_name}
    if _covers(by_name, layers, graph):
        return by_name
    by_class = _by_class(layers, graph)
    return by_class if _covers(by_class, layers, graph) or not by_name else by_name


def _covers(pairs: dict[str, Node], layers: list[FileLayer], graph: Graph) -> bool:
    """Whether every layer that has weights has its partner."""
    paired = {node.name for node in pairs.values()}
    needed = {node.name for node in graph.nodes if node.signature.weights}
    return needed <= paired and all(layer.group in pairs for layer in layers if layer.variables)


def _by_class(layers: list[FileLayer], graph: Graph) -> dict[str, Node]:
    nodes: dict[str, list[Node]] = {}
    for node in keras_order(graph):
        nodes.setdefault(snake_case(node.kind), []).append(node)
    found = {(layer.kind, layer.number): layer.group for layer in layers}
    return {
        found[kind, number]: node
        for kind, members in nodes.items()
        for number, node in enumerate(members)
        if (kind, number) in found
    }


def keras_order(graph: Graph) -> list[Node]:
    """The nodes as a functional model lists its layers: those farthest from the outputs first, and of two
    equally far the one that a depth-first walk from the outputs meets first."""
    depths = {node.name: 0 for node in graph.nodes}
    for node in reversed(graph.nodes):
        for value in node.inputs:
            if value.node in depths:
                depths[value.node] = max(depths[value.node], depths[node.name] + 1)
    met = {name: number for number, name in enumerate(_walk(graph))}
    return sorted(graph.nodes, key=lambda node: (-depths[node.name], met.get(node.name, -1)))


def _walk(graph: Graph) -> Iterator[str]:
    """The names of nodes from the outputs back, each one before its inputs, each once."""
    waiting = [output.value.node for output in reversed(graph.outputs)]
    met: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in met or name not in graph.by_name:
            continue
        met.add(name)
        yield name
        waiting.extend(value.node for value in reversed(graph.by_name[name].inputs))
