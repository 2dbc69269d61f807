"""Reads Keras's weights in a process of its own: `python hdf5.py LIMIT < m.weights.h5 > weights.zip`.

HDF5's library can run on for ever, or crash, on a damaged file. What it makes of a good one is a zip file:
`layers.json`, which describes the layers, and an array for each weight, of no more than LIMIT bytes together.
Stands alone: what is imported here is waited for at each file.

A `.weights.h5` file has a group for each layer of the model, `layers/dense_1`: the layer's class, and how
many of that class came before it. Its own weights are `vars/0`, `vars/1`, …, and its name is an attribute of
`vars`; layers inside it are groups in it, under the names of the attributes that hold them.
"""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.lib import format as npy

if TYPE_CHECKING:
    import h5py

LAYERS = "layers.json"

# The attributes under which layers hold others, in the order in which Keras counts their weights.
INNER = (
    *("forward_layer", "backward_layer", "layer", "cell"),
    *("query_dense", "key_dense", "gate_dense", "value_dense", "output_dense"),
)

# What Python, NumPy and HDF5 may map beside the weights.
MEMORY = 4 << 30

# Filters that come with HDF5; any other would be a plugin, which is code.
FILTERS = (1, 2, 3)


class Refused(Exception):
    """Why a file is not read, and what to do about it."""


def main(limit: int, source: BinaryIO, target: BinaryIO) -> None:
    """Reads the file, and writes what is in it, or why it is not read."""
    import h5py

    _limit_memory(MEMORY + 4 * limit)
    with zipfile.ZipFile(target, "w") as archive:
        try:
            with h5py.File(source, "r") as root:
                described = {"layers": _extract(root, limit, archive)}
        except Refused as error:
            described = {"refused": error.args}
        archive.writestr(LAYERS, json.dumps(described))


def _limit_memory(size: int) -> None:
    """Keeps a file from asking for all memory there is, on systems that can do so."""
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (size if hard < 0 else min(size, hard), hard))


def _extract(root: h5py.File, limit: int, archive: zipfile.ZipFile) -> list[dict[str, Any]]:
    """The layers' descriptions; their arrays go to the archive."""
    layers: list[dict[str, Any]] = []
    for group, name, datasets in file_layers(root):
        variables: list[dict[str, Any]] = []
        for number, dataset in enumerate(datasets):
            fits = dataset.nbytes <= limit and not dataset.dtype.hasobject
            member = f"{group}/{number}" if fits else None
            dtype = "bfloat16" if _is_bfloat16(dataset) else dataset.dtype.name
            variables.append({"shape": dataset.shape, "dtype": dtype, "member": member})
            if member is not None:
                limit -= dataset.nbytes
                _write(archive, member, dataset)
        layers.append({"group": group, "name": name, "variables": variables})
    return layers


def _write(archive: zipfile.ZipFile, member: str, dataset: h5py.Dataset) -> None:
    values = dataset[()]
    # NumPy has no bfloat16 of its own, and HDF5 has bytes in its place.
    plain = values.view("<u2") if _is_bfloat16(dataset) else values
    with archive.open(member, "w", force_zip64=True) as file:
        npy.write_array(file, np.asarray(plain), allow_pickle=False)


def _is_bfloat16(dataset: h5py.Dataset) -> bool:
    return (
        dataset.dtype.kind == "V" and dataset.dtype.itemsize == 2 and dataset.attrs.get("dtype") == "bfloat16"
    )


def file_layers(root: h5py.File) -> Iterator[tuple[str, str | None, list[h5py.Dataset]]]:
    """Each layer's group, name, and weights in Keras's order. Raises Refused."""
    if "layers" not in root:
        raise Refused(
            "it is not laid out as Keras 3 does it", "load it into Keras 3 and save it as .weights.h5"
        )
    seen: set[Any] = set()
    groups = _member(root, "layers", "Group")
    for name in groups:
        group = _member(groups, name, "Group")
        yield name, _given_name(group), list(_datasets(group, seen))


def _given_name(group: h5py.Group) -> str | None:
    """The name that the layer had in the model."""
    given = _member(group, "vars", "Group").attrs.get("name") if "vars" in group else None
    return given if isinstance(given, str) else None


def _datasets(group: h5py.Group, seen: set[Any]) -> Iterator[h5py.Dataset]:
    """The weights in a layer's group and in those inside it."""
    from h5py import h5o  # type: ignore[attr-defined]

    address = h5o.get_info(group.id).addr
    if address in seen:
        raise Refused("a group in it stands in two places")
    seen.add(address)
    if "vars" in group:
        own = _member(group, "vars", "Group")
        yield from (_checked(_member(own, name, "Dataset")) for name in sorted(own, key=_position))
    for name in sorted(group, key=_rank):
        if name not in ("vars", "seed_generator"):
            yield from _datasets(_member(group, name, "Group"), seen)


def _rank(name: str) -> tuple[int, str]:
    """Where a layer inside another stands; Keras has some attributes under their private names."""
    public = name.lstrip("_")
    return (INNER.index(public) if public in INNER else len(INNER), name)


def _position(name: str) -> tuple[int, str]:
    return (int(name) if name.isascii() and name.isdigit() and len(name) < 10 else 10**10, name)


def _member(group: h5py.Group, name: str, kind: str) -> Any:
    """The Group or Dataset that a group holds itself; a link may lead into another file."""
    import h5py

    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise Refused(f'"{name}" in it is a link, which is not followed')
    if not isinstance(member := group[name], getattr(h5py, kind)):
        raise Refused(f'"{name}" in it is not where Keras puts a {kind.lower()}')
    return member


def _checked(dataset: h5py.Dataset) -> h5py.Dataset:
    """The dataset. Raises Refused where its values come from elsewhere, or through a plugin."""
    plan = dataset.id.get_create_plist()
    filters = [plan.get_filter(i)[0] for i in range(plan.get_nfilters())]
    if dataset.is_virtual or dataset.external or any(number not in FILTERS for number in filters):
        raise Refused(f'"{dataset.name}" in it has its values outside, or in an unusual form')
    if any(chunk > max(size, 1) for chunk, size in zip(dataset.chunks or (), dataset.shape, strict=False)):
        raise Refused(f'"{dataset.name}" in it is larger than it says')
    return dataset


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.stdin.buffer, sys.stdout.buffer)
