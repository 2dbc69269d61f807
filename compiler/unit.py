"""A file with those that it includes, each read once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from pydantic_core import PydanticCustomError

from ..spec.blocks import Block
from ..spec.diagnostics import Diagnostic, Note, SpecError
from ..spec.document import Document, Include, parse
from ..spec.files import confined, read_regular
from ..spec.items import Call
from ..spec.layers import canonical
from ..spec.layers.base import Layer
from ..spec.limits import Limits, beyond
from ..spec.locate import Report
from ..spec.nodes import Scalar
from ..spec.plugins import NONE, Plugins
from ..spec.reader import decode, read
from ..spec.source import Source

# How many presets may be made from each other; beyond it is a slip, and a deep recursion.
MOST_PRESETS = 64


class Unit(NamedTuple):
    """A document, the folder that its paths are relative to, and what it includes: None for what cannot be read.
    `plugins` are in use for it, and for what it includes."""

    document: Document
    folder: Path
    includes: Mapping[str, Unit | None]
    blocks: Mapping[str, Block]
    presets: Mapping[str, Call | None]
    plugins: Plugins = NONE

    @property
    def whole_file(self) -> Block:
        """The file as a block, of its params, inputs and layers."""
        document = self.document
        inputs = tuple(Scalar(i.key.value, i.key.span) for i in document.inputs)
        span = document.span
        items, outputs = document.items, document.outputs
        return Block(document.name, span, document.params, inputs, items, outputs, document.description)

    @property
    def sources(self) -> tuple[Source, ...]:
        """The file, and all that it includes, each once."""
        others = (source for unit in self.includes.values() if unit is not None for source in unit.sources)
        return tuple(dict.fromkeys((self.document.source, *others)))

    def find_block(self, name: str) -> tuple[Unit, Block] | None:
        """The block that an item calls, and the file that it is in: `stage`, `resnet.stage`, or `resnet` itself."""
        if name in self.blocks:
            return self, self.blocks[name]
        owner, dot, inner = name.partition(".")
        included = self.includes.get(owner)
        if included is None:
            return None
        if not dot:
            return None if included.document.library else (included, included.whole_file)
        return (included, included.blocks[inner]) if inner in included.blocks else None

    def find_preset(self, name: str) -> tuple[Unit, Call | None] | None:
        """The preset that an item names, and the file that it is in."""
        if name in self.presets:
            return self, self.presets[name]
        owner, _, inner = name.partition(".")
        included = self.includes.get(owner)
        return (included, included.presets[inner]) if included and inner in included.presets else None

    def layer_name(self, name: str) -> str:
        """The layer that a name stands for, through presets; empty for a preset that could not be read."""
        unit = self
        for _ in range(MOST_PRESETS):
            found = unit.find_preset(name)
            if found is None:
                break
            unit, call = found
            name = call.name if call else ""
        return name

    def find_layer(self, name: str) -> type[Layer] | None:
        """The class that a name stands for, through presets; None for none."""
        return self.plugins.find(self.layer_name(name))

    def canonical(self, name: str) -> str | None:
        """The name of a layer by that name or an alias of it, without its module being imported; None for none."""
        return name if name in self.plugins.layers else canonical(name)

    def is_unreadable(self, name: str) -> bool:
        """Whether a name is of a file that could not be read, which was reported."""
        return name.partition(".")[0] in self.includes and self.includes[name.partition(".")[0]] is None

    @property
    def callables(self) -> list[str]:
        """Every name that an item can call besides those of nnspec's own layers."""
        own = [*self.plugins.layers, *self.presets, *self.blocks]
        for name, unit in self.includes.items():
            if unit is not None:
                own += [] if unit.document.library else [name]
                own += [f"{name}.{inner}" for inner in (*unit.presets, *unit.blocks)]
        return own

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


def load_unit(
    source: Source, root: Path, folder: Path, limits: Limits, report: Report, plugins: Plugins = NONE
) -> Unit:
    """A file and all that it includes. What is wrong is reported; raises SpecError where the file itself cannot be
    read, or there are more includes than the limit."""
    return _Loader(root, limits, plugins).load(source, folder, (Path(os.path.realpath(source.name)),), report)


class _Loader:
    """Reads files, each once. `count` is how many were included."""

    def __init__(self, root: Path, limits: Limits, plugins: Plugins) -> None:
        self.root, self.limits, self.plugins, self.count = root, limits, plugins, 0
        self.units: dict[Path, Unit] = {}

    def load(self, source: Source, folder: Path, above: tuple[Path, ...], report: Report) -> Unit:
        """`above` are the files on the way here, in which none may include itself."""
        document = parse(source, read(source, self.limits), report)
        check_plugin_names(document, self.plugins, report)
        includes = {i.name: self._include(i, folder, above, report) for i in document.includes}
        blocks = {block.name: block for block in document.blocks}
        return Unit(document, folder, includes, blocks, dict(document.presets), self.plugins)

    def _include(
        self, include: Include, folder: Path, above: tuple[Path, ...], report: Report
    ) -> Unit | None:
        self.count += 1
        if self.count > self.limits.includes:
            raise SpecError(
                [beyond(self.limits, "includes", "there are too many includes", include.path.span)]
            )
        if len(above) > self.limits.depth:
            raise SpecError([beyond(self.limits, "depth", "includes are nested too deep", include.path.span)])
        written = str(include.path.value)
        try:
            path = confined(self.root, written, folder)
            if path in above:
                report(_cycle(include))
                return None
            if path not in self.units:
                data = read_regular(path, written, self.limits.file_bytes)
                self.units[path] = self._read(include, data, path, (*above, path), report)
            return self.units[path]
        except PydanticCustomError as error:
            help = (error.context or {}).get("help", "")
            report(Diagnostic("NN117", error.message(), include.path.span, help=help))
        except SpecError as error:
            for diagnostic in error.diagnostics:
                if diagnostic.span is not None and diagnostic.span.source is include.span.source:
                    raise
                noting(include, report)(diagnostic)
        return None

    def _read(
        self, include: Include, data: bytes, path: Path, above: tuple[Path, ...], report: Report
    ) -> Unit:
        name = _shown(include)
        return self.load(decode(data, name, self.limits), path.parent, above, noting(include, report))


def check_plugin_names(document: Document, plugins: Plugins, report: Report) -> None:
    """Reports what the file calls as a plugin in use calls a layer."""
    for name, span, what in document.declared:
        if name in plugins.layers:
            message = f'{what} "{name}" has the name of a layer of a plugin in use'
            report(Diagnostic("NN106", message, span, help="give it a name of its own"))


def _shown(include: Include) -> str:
    """What messages call an included file: its path from where the including file's own is."""
    before, slash, _ = include.span.source.name.rpartition("/")
    written = str(include.path.value).removeprefix("./")
    while slash and written.startswith("../") and before and not before.endswith(".."):
        before, slash, _ = before.rpartition("/")
        written = written.removeprefix("../")
    return f"{before}{slash}{written}"


def noting(include: Include, report: Report) -> Report:
    """A report that says of each finding in an included file where it is included."""
    note = Note(f'the file is included as "{include.name}" here', include.path.span)
    return lambda diagnostic: report(diagnostic._replace(notes=(*diagnostic.notes, note)))


def _cycle(include: Include) -> Diagnostic:
    message = f'"{include.path.value}" is a file that this one is included by'
    help = "move what both need into a third file, and include that in both"
    return Diagnostic("NN116", message, include.path.span, help=help)
