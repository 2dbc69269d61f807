"""Files that hold arrays by name: NumPy's `.npz`, and `.safetensors`."""

from __future__ import annotations

import math
import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any, BinaryIO, cast

import numpy as np
from numpy.lib import format as npy

from ...compiler.graph import Graph
from ..extras import require
from .stored import Stored, Unreadable

# More than any network has; each one costs memory before it is known to be wanted.
MAX_MEMBERS = 100_000
# The longest table of contents that is read: of a zip file, or of a safetensors file.
MAX_TABLE = 64 << 20

# The others ask for as much memory as a hostile file likes.
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED = 1

HEADERS: dict[tuple[int, int], Callable[..., tuple[tuple[int, ...], bool, np.dtype]]] = {
    (1, 0): npy.read_array_header_1_0,
    (2, 0): npy.read_array_header_2_0,
}

# The names of dtypes in safetensors.
SAFE_DTYPES = {
    **{f"F{bits}": f"float{bits}" for bits in (16, 32, 64)},
    **{f"I{bits}": f"int{bits}" for bits in (8, 16, 32, 64)},
    **{f"U{bits}": f"uint{bits}" for bits in (8, 16, 32, 64)},
    "BF16": "bfloat16",
    "BOOL": "bool",
}


class BoundedReads:
    """A file that refuses to give very much at once: `zipfile` reads a table of contents whole."""

    def __init__(self, file: BinaryIO) -> None:
        self.seek, self.tell, self._read = file.seek, file.tell, file.read

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size > MAX_TABLE:
            raise Unreadable(f"its table of contents has {size:,} bytes, and the limit is {MAX_TABLE:,}")
        return self._read(size)


@contextmanager
def npz(file: BinaryIO, graph: Graph) -> Iterator[dict[str, Stored]]:
    """The arrays of a `.npz` file by name."""
    with open_zip(file) as archive:
        found: dict[str, Stored] = {}
        for member in archive.infolist():
            key = member.filename.removesuffix(".npy")
            if key in found:
                raise Unreadable(f'it holds "{key}" twice')
            found[key] = _array(archive, member)
        yield found


def open_zip(file: BinaryIO) -> zipfile.ZipFile:
    """A zip file of plain members, not too many. Raises Unreadable."""
    archive = zipfile.ZipFile(cast(IO[bytes], BoundedReads(file)))
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise Unreadable(f"it holds {len(members):,} files, and the limit is {MAX_MEMBERS:,}")
    for member in members:
        if member.compress_type not in COMPRESSIONS or member.flag_bits & ENCRYPTED:
            raise Unreadable(f'"{member.filename}" in it is encrypted, or compressed in an unusual way')
    return archive


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Stored:
    with archive.open(member) as file:
        shape, _, dtype = _header(file, member.filename)
    return Stored(shape, str(dtype.name), lambda: read_array(archive, member))


def _header(file: IO[bytes], name: str) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, whether columns come first, and dtype. The header's length is limited by NumPy."""
    version = npy.read_magic(file)
    if version not in HEADERS:
        raise Unreadable(f'"{name}" in it is of an unknown version of .npy')
    shape, fortran, dtype = HEADERS[version](file)
    if dtype.hasobject:
        raise Unreadable(
            f'"{name}" in it holds Python objects, which are never unpickled', "save arrays of numbers"
        )
    return shape, fortran, dtype


def read_array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    """The array that a member holds. Raises Unreadable."""
    with archive.open(member) as file:
        shape, fortran, dtype = _header(file, member.filename)
        size = math.prod(shape) * dtype.itemsize
        data = file.read(size)
        # At the end of the member zipfile compares its checksum.
        if len(data) != size or file.read(1):
            raise Unreadable(f'"{member.filename}" in it is not as long as it says')
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")


@contextmanager
def safetensors(file: BinaryIO, graph: Graph) -> Iterator[dict[str, Stored]]:
    """The arrays of a `.safetensors` file by name."""
    library = require("safetensors")
    prefix = file.read(8)
    if len(prefix) < 8 or struct.unpack("<Q", prefix)[0] > MAX_TABLE:
        raise Unreadable("the file is damaged, or of another kind than its name says")
    try:
        with library.safe_open(file.name, "np") as tensors:
            names = list(tensors.keys())
            yield {name: _tensor(tensors, name) for name in names}
    except library.SafetensorError as error:
        raise Unreadable(f"the file is damaged: {error}") from None


def _tensor(tensors: Any, name: str) -> Stored:
    view = tensors.get_slice(name)
    shape, dtype = tuple(view.get_shape()), str(view.get_dtype())
    return Stored(shape, SAFE_DTYPES.get(dtype, dtype), lambda: tensors.get_tensor(name))
