"""A generated module on disk, with the files that it reads beside it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic_core import PydanticCustomError

from ..compiler.graph import Graph
from ..spec.diagnostics import fail, system_reason
from ..spec.files import MAX_WEIGHT_FILE, confined, read_regular
from .files import write_atomically
from .python import emit, needed_files


def write_module(graph: Graph, path: Path, root: Path, *, flat: bool = False) -> tuple[Path, ...]:
    """The Python module at `path`, and beside it the files that it reads, copied from `root`.

    Gives what was written, the module first. Raises SpecError (NN301, NN404).
    """
    return write_with_files(emit(graph, flat=flat).encode(), path, needed_files(graph), root)


def write_with_files(data: bytes, path: Path, names: Iterable[str], root: Path) -> tuple[Path, ...]:
    """A file at `path`, and beside it those that it names, copied from `root` unless that is where they are.

    Gives what was written, the file itself first. Raises SpecError (NN301, NN404).
    """
    places = {name: _place_for(path.parent, name) for name in names}
    copies = {
        place: _needed(root, name) for name, place in places.items() if not _is_same(place, root / name)
    }
    for target, copied in copies.items():
        make_folder(target.parent)
        write_atomically(target, copied)
    write_atomically(path, data)
    return path, *copies


def _is_same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def make_folder(folder: Path) -> None:
    """A folder, with those above it, where there is none. Raises SpecError (NN404)."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise fail("NN404", f'cannot make the folder "{folder}": {system_reason(error)}') from None


def _needed(root: Path, name: str) -> bytes:
    try:
        return read_regular(confined(root, name, root), name, MAX_WEIGHT_FILE)
    except PydanticCustomError as error:
        raise fail("NN301", error.message()) from None


def _place_for(folder: Path, name: str) -> Path:
    """Where a file goes that a module in `folder` reads: inside it, whatever the name and its links say."""
    try:
        confined(folder, name, folder)
    except PydanticCustomError as error:
        raise fail("NN404", f"cannot copy a file beside the module: {error.message()}") from None
    return folder / name
