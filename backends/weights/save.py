"""Writing weights to a file: the same weights give the same bytes."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from ...spec.diagnostics import fail
from ..extras import require
from ..files import write_atomically

# The earliest time that a zip file can hold.
NO_TIME = (1980, 1, 1, 0, 0, 0)
READABLE = 0o644 << 16
UNIX = 3


def save(weights: Mapping[str, np.ndarray], path: str | Path) -> None:
    """Writes a store as `.npz` or `.safetensors`, whole or not at all.

    NumPy's file cannot hold bfloat16, and has float32 in its place, which is as exact. Raises SpecError:
    NN404 for a file that cannot be written, NN401 where a package is missing.
    """
    suffix = os.path.splitext(str(path))[1].lower()
    if suffix not in WRITERS:
        known = " or ".join(WRITERS)
        raise fail(
            "NN404", f'cannot write "{path}": weights are written as {known}', help=f"name it …{known[:4]}"
        )
    arrays = {key: _plain(weights[key]) for key in sorted(weights)}
    write_atomically(path, WRITERS[suffix](arrays))


def to_npz(arrays: Mapping[str, np.ndarray]) -> bytes:
    """A `.npz` file without times."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for key, array in arrays.items():
            member = zipfile.ZipInfo(f"{key}.npy", NO_TIME)
            member.external_attr, member.create_system = READABLE, UNIX
            with archive.open(member, "w", force_zip64=True) as file:
                npy.write_array(file, _widened(array), allow_pickle=False)
    return buffer.getvalue()


def to_safetensors(arrays: Mapping[str, np.ndarray]) -> bytes:
    """A `.safetensors` file."""
    require("safetensors")
    from safetensors.numpy import save as serialized

    return serialized(dict(arrays))


WRITERS: dict[str, Callable[[Mapping[str, np.ndarray]], bytes]] = {
    ".npz": to_npz,
    ".safetensors": to_safetensors,
}


def _plain(array: np.ndarray) -> np.ndarray:
    """The array in rows and little-endian, whatever way it lay in memory."""
    rows = np.asarray(array, order="C")
    return rows if rows.dtype.name == "bfloat16" else rows.astype(rows.dtype.newbyteorder("<"), copy=False)


def _widened(array: np.ndarray) -> np.ndarray:
    return array.astype("<f4") if array.dtype.name == "bfloat16" else array
