"""Reading weights from a file, of any kind that is known by its name, and running nothing that it holds."""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO, TypeAlias

from ...compiler.graph import Graph
from ...spec.diagnostics import fail, system_reason
from ...spec.reader import kind_of
from . import archives, keras_files
from .stored import Stored, Unreadable, Weights, take

Reader: TypeAlias = Callable[[BinaryIO, Graph], AbstractContextManager[Mapping[str, Stored]]]

READERS: dict[str, Reader] = {
    ".npz": archives.npz,
    ".safetensors": archives.safetensors,
    ".keras": keras_files.keras,
    ".h5": keras_files.h5,
}

# What the libraries raise for files that are damaged, or made to do damage.
DAMAGE = (
    *(OSError, EOFError, ValueError, KeyError, TypeError, RuntimeError, MemoryError, OverflowError),
    *(zipfile.BadZipFile, zlib.error),
)

FLAGS = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)


def load(path: str | Path, graph: Graph) -> Weights:
    """The graph's weights from a `.npz`, `.safetensors`, `.weights.h5` or `.keras` file.

    Nothing is unpickled, and no array is read whose shape is not the weight's. Raises SpecError: NN301 for a
    file that cannot be read, NN401 where a package is missing, and all of NN302 to NN305 that there are.
    """
    name = os.path.basename(str(path)) or str(path)
    try:
        reader = _reader(str(path))
        with opened(str(path)) as file, reader(file, graph) as stored:
            return take(stored, graph, name)
    except Unreadable as error:
        raise fail("NN301", f'cannot read "{path}": {error}', help=error.help) from None
    except DAMAGE as error:
        raise fail("NN301", f'cannot read "{path}": {words(error)}') from None


def words(error: BaseException) -> str:
    """What is wrong with a file that a library cannot read."""
    if isinstance(error, OSError) and error.strerror:
        return system_reason(error)
    return "the file is damaged, or of another kind than its name says"


def _reader(path: str) -> Reader:
    suffix = os.path.splitext(path)[1].lower()
    if suffix in READERS:
        return READERS[suffix]
    what = f'no kind of weights is named "{suffix}"' if suffix else "its name does not say what kind it is"
    raise Unreadable(what, "known are .npz, .safetensors, .weights.h5 and .keras")


@contextmanager
def opened(path: str) -> Iterator[BinaryIO]:
    """A regular file, opened without waiting and without following a link."""
    if os.path.islink(path):
        raise Unreadable("it is a link", "name the file itself")
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | FLAGS)) as file:
        mode = os.fstat(file.fileno()).st_mode
        if not stat.S_ISREG(mode):
            raise Unreadable(f"it is {kind_of(mode)}")
        yield file
