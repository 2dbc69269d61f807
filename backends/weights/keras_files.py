"""Keras 3's files of weights, read without Keras: which layer of the file is which of the graph."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, BinaryIO

import numpy as np

from ...compiler.cost import weight_bytes
from ...compiler.graph import Graph, Node
from ...spec.layers.base import Layer
from ...spec.layers.cells import StackedRNNCells
from ...spec.layers.recurrent import RNN
from ...spec.layers.wrappers import Bidirectional, TimeDistributed
from ...spec.named import snake_case
from ..dtypes import numpy_dtype
from ..extras import require
from .archives import open_zip, read_array
from .stored import Stored, Unreadable

H5_IN_KERAS = "model.weights.h5"

# An optimizer keeps up to four values for each weight, and the file its own tables.
PER_WEIGHT = 8
BESIDES = 64 << 20

# A reader that takes longer is taken for stuck.
SECONDS = 20
BYTES_PER_SECOND = 20 << 20

COUNTER = re.compile(r"(.+?)(?:_(\d+))?")


@dataclass(frozen=True)
class FileLayer:
    """A layer in a file: its group, the name it had, and all its weights in Keras's order."""

    group: str
    name: str | None
    variables: tuple[Stored, ...]

    @property
    def place(self) -> tuple[str, int]:
        """The class in snake case, and how many layers of it came before."""
        found = COUNTER.fullmatch(self.group)
        return (found[1], int(found[2] or 0)) if found else (self.group, 0)


@contextmanager
def keras(file: BinaryIO, graph: Graph) -> Iterator[dict[str, Stored]]:
    """The weights of a `.keras` file by the graph's keys."""
    limit = _limit(graph)
    with tempfile.TemporaryFile() as inner:
        with open_zip(file) as archive:
            if H5_IN_KERAS not in archive.namelist():
                raise Unreadable(f"it holds no {H5_IN_KERAS}", "save the model with Keras 3")
            with archive.open(H5_IN_KERAS) as member:
                _copy(member, inner, limit)
        with h5(inner, graph) as stored:
            yield stored


@contextmanager
def h5(file: BinaryIO, graph: Graph) -> Iterator[dict[str, Stored]]:
    """The weights of a `.weights.h5` file by the graph's keys."""
    require("h5py")
    limit = _limit(graph)
    with tempfile.TemporaryFile() as extract:
        _extract(file, limit, extract)
        with zipfile.ZipFile(extract) as archive:
            described = json.loads(archive.read("layers.json"))
            if "refused" in described:
                raise Unreadable(*described["refused"])
            yield keyed([_layer(layer, archive, limit) for layer in described["layers"]], graph)


def _limit(graph: Graph) -> int:
    """More bytes than a file of the graph's weights could have."""
    return PER_WEIGHT * weight_bytes(graph) + BESIDES


def _too_many(limit: int) -> Unreadable:
    return Unreadable(f"the weights in it have more than {limit:,} bytes, far more than the network's")


def _copy(source: IO[bytes], target: BinaryIO, limit: int) -> None:
    """Puts a member of a zip file into a file of its own, but no more than `limit` bytes of it."""
    while data := source.read(1 << 20):
        limit -= target.write(data)
        if limit < 0:
            raise _too_many(limit + target.tell())
    target.seek(0)


def _extract(file: BinaryIO, limit: int, target: BinaryIO) -> None:
    """What a child process reads in the file. Raises Unreadable."""
    command = [sys.executable, "-P", str(Path(__file__).with_name("hdf5.py")), str(limit)]
    seconds = SECONDS + limit / BYTES_PER_SECOND
    try:
        child = subprocess.run(
            command, stdin=file, stdout=target, stderr=subprocess.DEVNULL, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise Unreadable("reading it does not come to an end: the file is damaged") from None
    if child.returncode != 0:
        raise Unreadable("the file is damaged, or of another kind than its name says")


def _layer(described: dict[str, Any], archive: zipfile.ZipFile, limit: int) -> FileLayer:
    variables = tuple(_variable(variable, archive, limit) for variable in described["variables"])
    return FileLayer(described["group"], described["name"], variables)


def _variable(described: dict[str, Any], archive: zipfile.ZipFile, limit: int) -> Stored:
    member, dtype = described["member"], described["dtype"]

    def read() -> np.ndarray:
        if member is None:
            raise _too_many(limit)
        values = read_array(archive, archive.getinfo(member))
        return values.view(numpy_dtype(dtype)) if dtype == "bfloat16" else values

    return Stored(tuple(described["shape"]), dtype, read)


def keyed(layers: list[FileLayer], graph: Graph) -> dict[str, Stored]:
    """The layers' weights by the graph's keys; where it lacks a layer, by the file's own name for it."""
    pairs = pair(layers, graph)
    found: dict[str, Stored] = {}
    for layer in layers:
        node = pairs.get(layer.group)
        names = names_in_file(node) if node else []
        for number, variable in enumerate(_counted_once(layer.variables, names)):
            name = names[number] if number < len(names) else str(number)
            found[f"{node.name if node else layer.name or layer.group}/{name}"] = variable
    return found


def names_in_file(node: Node) -> list[str]:
    """The names of the node's weights in the order in which a file has them: Keras names the cells of a stack after
    their classes, and HDF5 puts names in order."""
    return sorted((weight.name for weight in node.weights), key=partial(_place, node.layer))


def _place(layer: Layer, name: str) -> tuple[str, ...]:
    """The names of the groups around a weight that decide where it stands; none where no stack is around it."""
    match layer, name.split("/"):
        case Bidirectional(), ["forward", *rest]:
            return ("0", *_place(layer.forward, "/".join(rest)))
        case Bidirectional(), ["backward", *rest]:
            return ("1", *_place(layer.backward, "/".join(rest)))
        case TimeDistributed(), _:
            return _place(layer.layer, name)
        case RNN(), _:
            return _place(layer.one_cell, name)
        case StackedRNNCells(), ["cells", number, *rest]:
            return (_group_names(layer)[int(number)], *_place(layer.cells[int(number)], "/".join(rest)))
    return ()


def _group_names(stack: StackedRNNCells) -> list[str]:
    """What Keras calls the groups of the cells: the class in snake case, numbered from its second one on."""
    classes = [snake_case(type(cell).__name__) for cell in stack.cells]
    before = [classes[:place].count(name) for place, name in enumerate(classes)]
    return [f"{name}_{count}" if count else name for name, count in zip(classes, before, strict=True)]


def _counted_once(variables: tuple[Stored, ...], names: list[str]) -> tuple[Stored, ...]:
    """The variables in Keras's order, without the kernel that SpectralNormalization stores a second time, behind its
    own two, as that of the layer in it."""
    twice = len(variables) == len(names) + 1 and len(names) > 1 and names[1].endswith("vector_u")
    return (*variables[:2], *variables[3:]) if twice else variables


def pair(layers: list[FileLayer], graph: Graph) -> dict[str, Node]:
    """The graph's layer for each group of the file: by name where the file has all names, else by class.

    A model that was built elsewhere has names of its own; its n-th layer of a class is the graph's n-th.
    """
    owned = {node.name: node for node in graph.nodes if not node.shares}
    by_name = {layer.group: owned[layer.name] for layer in layers if layer.name in owned}
    if _covers(by_name, layers, graph):
        return by_name
    by_class = _by_class(layers, graph)
    return by_class if _covers(by_class, layers, graph) or not by_name else by_name


def _covers(pairs: dict[str, Node], layers: list[FileLayer], graph: Graph) -> bool:
    """Whether every layer that has weights has its partner."""
    paired = {node.name for node in pairs.values()}
    needed = {node.name for node in graph.nodes if node.weights}
    return needed <= paired and all(layer.group in pairs for layer in layers if layer.variables)


def _by_class(layers: list[FileLayer], graph: Graph) -> dict[str, Node]:
    nodes: dict[str, list[Node]] = {}
    for node in keras_order(graph):
        nodes.setdefault(snake_case(node.kind), []).append(node)
    groups = {layer.place: layer.group for layer in layers}
    return {
        groups[kind, number]: node
        for kind, members in nodes.items()
        for number, node in enumerate(members)
        if (kind, number) in groups
    }


def keras_order(graph: Graph) -> list[Node]:
    """The nodes that own layers as a functional model lists these: those farthest from the outputs first, and of two
    equally far the one that a depth-first walk from the outputs meets first. A layer that is applied several times is
    as far as its farthest node, when the walk's nodes are looked at from the last."""
    met, finished = _walk(graph)
    depths: dict[str, int] = {}
    layers: dict[str, int] = {}
    for node in reversed(finished):
        depth = max(depths.get(node.name, 0), layers.get(node.owner, 0))
        layers[node.owner] = depth
        for value in node.inputs:
            depths[value.node] = max(depths.get(value.node, 0), depth + 1)
    owned = (node for node in graph.nodes if not node.shares)
    return sorted(owned, key=lambda node: (-layers.get(node.name, 0), met.get(node.name, -1)))


def _walk(graph: Graph) -> tuple[dict[str, int], list[Node]]:
    """A depth-first walk from the outputs back: the number of each layer in the order in which it met them, and the
    nodes in the order in which it left them, each one after its inputs."""
    met: dict[str, int] = {}
    finished: dict[str, Node] = {}
    waiting = [(output.value.node, False) for output in reversed(graph.outputs)]
    while waiting:
        name, is_left = waiting.pop()
        node = graph.by_name.get(name)
        if node is None or name in finished:
            continue
        if is_left:
            finished[name] = node
            continue
        met.setdefault(node.owner, len(met))
        waiting.append((name, True))
        waiting += [(value.node, False) for value in reversed(node.inputs)]
    return met, list(finished.values())
