"""Files that a spec names: found inside the root only, and read without running anything."""

from __future__ import annotations

import hashlib
import io
import math
import os
import stat
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError

from .initializers import FileLoader, Fixed

if TYPE_CHECKING:
    import numpy as np

MAX_WEIGHT_FILE = 1 << 30
NPY = b"\x93NUMPY"

# Opening must never wait, nor follow a link that was put there since the path was looked at.
FLAGS = os.O_RDONLY | sum(
    getattr(os, flag, 0) for flag in ("O_CLOEXEC", "O_NONBLOCK", "O_NOFOLLOW", "O_BINARY")
)


def file_loader(root: Path, folder: Path) -> FileLoader:
    """Reads `{file: …}` weights relative to `folder`, that of the file which names them; each once."""
    return cache(lambda path: read_fixed(root, path, folder))


def confined(root: Path, path: str, folder: Path) -> Path:
    """The file inside `root`, `path` being relative to `folder`. Raises PydanticCustomError for an absolute path,
    or one that leaves the root, by `..` or through a link."""
    if "\0" in path or not path:
        raise _refused(path, "it is not a path")
    if Path(path).is_absolute() or path.startswith("~"):
        raise _refused(path, "it is absolute", "give a path relative to the file that names it")
    base = Path(os.path.realpath(root))
    real = Path(os.path.realpath(folder / path))
    if not real.is_relative_to(base):
        help = "put the file inside, or widen the folder with --root"
        raise _refused(path, "it is outside the folder of the spec", help)
    return real


def read_regular(path: Path, shown: str, limit: int) -> bytes:
    """The bytes of a regular file. Raises PydanticCustomError for anything else, and beyond `limit` bytes."""
    try:
        handle = os.open(path, FLAGS)
    except OSError as error:
        raise _refused(shown, (error.strerror or "it cannot be opened").lower()) from None
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise _refused(shown, "it is not a regular file")
        if status.st_size > limit:
            raise _refused(shown, f"it has {status.st_size:,} bytes, and the limit is {limit:,}")
        with open(handle, "rb", closefd=False) as file:
            return file.read(limit)
    finally:
        os.close(handle)


def read_fixed(root: Path, path: str, folder: Path) -> Fixed:
    """The array of a `.npy` file inside the root, never unpickled, with its path from there. Raises
    PydanticCustomError."""
    real = confined(root, path, folder)
    data = read_regular(real, path, MAX_WEIGHT_FILE)
    if not data.startswith(NPY):
        raise _refused(path, "it is not a .npy file", "save an array with numpy.save")
    array = _array(data, path)
    import numpy as np

    if array.dtype.kind not in "fiub":
        raise _refused(path, "it does not hold numbers", "save an array of numbers with numpy.save")
    if not np.isfinite(array).all():
        context = {"path": path, "code": "NN305", "help": "look for NaN and infinity in it", "at": ("file",)}
        raise PydanticCustomError("fixed_file", '"{path}" holds values that are not finite', context)
    inside = real.relative_to(os.path.realpath(root)).as_posix()
    return Fixed(array, array.shape, inside, hashlib.sha256(data).hexdigest())


def _array(data: bytes, path: str) -> np.ndarray:
    """The array that the bytes hold. What a header claims is compared with their length before anything is
    made."""
    import numpy as np

    file = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(file)
        read_header = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }
        shape, fortran_order, dtype = read_header[version](file)
        if not dtype.hasobject and math.prod(shape) * dtype.itemsize == len(data) - file.tell():
            values = np.frombuffer(data, dtype, offset=file.tell())
            return values.reshape(shape, order="F" if fortran_order else "C")
    except Exception:
        # The header is Python's own notation, and what can go wrong in reading it is not bounded by a list.
        raise _refused(path, "its header is damaged", "save an array with numpy.save") from None
    reason = "it holds Python objects" if dtype.hasobject else "its size is not what its header says"
    raise _refused(path, reason, "save an array of numbers with numpy.save")


def _refused(
    path: str, reason: str, help: str = "name a file inside the folder of the spec"
) -> PydanticCustomError:
    context = {"path": path, "reason": reason, "help": help, "code": "NN301", "at": ("file",)}
    return PydanticCustomError("fixed_file", '"{path}" cannot be read: {reason}', context)
