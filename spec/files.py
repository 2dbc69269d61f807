"""Files that a spec names: found inside the root only, and read without running anything."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from pydantic_core import PydanticCustomError

from .initializers import FileLoader, Fixed

MAX_WEIGHT_FILE = 1 << 30


def file_loader(root: Path) -> FileLoader:
    """Reads `{file: …}` weights relative to `root`, the folder of the outermost spec."""
    return lambda path: read_fixed(root, path)


def confined(root: Path, path: str) -> Path:
    """The file inside `root`. Raises PydanticCustomError for an absolute path, or one that leaves the root, by
    `..` or through a link."""
    if "\0" in path or not path:
        raise _refused(path, "it is not a path")
    if Path(path).is_absolute() or path.startswith("~"):
        raise _refused(path, "it is absolute", "give a path relative to the spec's folder")
    base = Path(os.path.realpath(root))
    real = Path(os.path.realpath(base / path))
    if not real.is_relative_to(base):
        raise _refused(path, "it is outside the spec's folder", "put the file beside the spec")
    return real


def read_regular(path: Path, shown: str, limit: int) -> bytes:
    """The bytes of a regular file. Raises PydanticCustomError for anything else, and beyond `limit` bytes."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))
    except OSError as error:
        raise _refused(shown, (error.strerror or "it cannot be opened").lower()) from None
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise _refused(shown, "it is not a regular file")
        if status.st_size > limit:
            raise _refused(shown, f"it has {status.st_size} bytes, and the limit is {limit}")
        return file.read(limit)


def read_fixed(root: Path, path: str) -> Fixed:
    """The array of a `.npy` file inside the root, never unpickled."""
    data = read_regular(confined(root, path), path, MAX_WEIGHT_FILE)
    import io

    import numpy as np

    try:
        array = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, OSError, EOFError, MemoryError):
        raise _refused(path, "it is not a .npy file of numbers", "save it with numpy.save") from None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
        raise _refused(path, "it does not hold one array of numbers", "save it with numpy.save")
    if not np.isfinite(array).all():
        raise _refused(path, "it holds values that are not finite", "look for NaN and infinity in it")
    return Fixed(array, array.shape, path, hashlib.sha256(data).hexdigest())


def _refused(path: str, reason: str, help: str = "name a .npy file inside the spec's folder") -> PydanticCustomError:
    context = {"path": path, "reason": reason, "help": help, "code": "NN301"}
    return PydanticCustomError("fixed_file", '"{path}" cannot be read: {reason}', context)
