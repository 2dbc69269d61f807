"""Options that several commands have, and what they come to."""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import click

from ..backends import PROVIDERS, TOLERANCE
from ..backends.onnx import DEFAULT_OPSET, LAYOUTS, OPSETS, Form
from ..spec.limits import Limits
from .streams import show_diagnostics

if TYPE_CHECKING:
    from ..backends.weights import Weights
    from ..compiler.graph import Graph
    from ..compiler.pipeline import Checked
    from ..compiler.settings import Settings
    from ..spec.plugins import Plugins
    from ..spec.source import Source

Command: TypeAlias = Callable[..., Any]

LIMITS = {
    "file_bytes": "Most bytes of a file.",
    "depth": "Deepest nesting of lists and mappings.",
    "nodes": "Most values in a file, with aliases expanded.",
    "includes": "Most files that a file includes, and those that they do.",
    "layers": "Most layers of a network.",
    "bytes": "Most bytes of weights and of one sample's activations.",
}
# `nchw` has the channels behind the batch, whatever the number of axes.
LYING = click.Choice(LAYOUTS)
# Who walks the tree does so by recursion, and Python's stack ends not far above this.
GREATEST = {"depth": 256}


class Reading(NamedTuple):
    """How specs are read: `root` is the folder that files named in a spec are in, None for the spec's own. `given` has
    the names and values of params as they are written, `variant` the chosen one, `plugins` those to use."""

    root: Path | None
    limits: Limits
    given: tuple[tuple[str, str], ...] = ()
    variant: str | None = None
    plugins: tuple[str, ...] = ()

    def folder(self, file: str) -> Path:
        """The root of one file; that of standard input is the working folder."""
        return self.root or Path(file).parent

    def settings(self) -> Settings | None:
        """The values of params, and the variant; None where neither is given. Raises SpecError for bad values."""
        if not self.given and self.variant is None:
            return None
        from ..compiler.given import from_words

        return from_words(self.given, self.variant, self.limits)

    def loaded(self) -> Plugins:
        """The plugins. Raises SpecError for one that cannot be used."""
        from ..spec.plugins import load

        return load(self.plugins)

    @property
    def words(self) -> list[str]:
        """The options of the command line that choose among a spec's networks, and where its files are."""
        root = ["--root", str(self.root)] if self.root else []
        variant = ["--variant", self.variant] if self.variant is not None else []
        given = (word for name, text in self.given for word in ("--set", f"{name}={text}"))
        plugins = (word for name in self.plugins for word in ("--plugin", name))
        return [*root, *variant, *given, *plugins]

    def source(self, file: str) -> Source:
        """A file's text. Raises SpecError for one that cannot be read."""
        from ..spec.reader import read_file

        return read_file(file, self.limits)

    def check(self, file: str) -> Checked:
        """What the front end makes of a file, in every variant where nothing is set. Raises SpecError for a file that
        cannot be read, and for bad values of params."""
        from ..compiler.pipeline import check

        settings = self.settings()
        return check(self.source(file), self.folder(file), self.limits, settings, self.loaded())

    def graph(self, file: str) -> Graph:
        """The graph of a file, its warnings shown. Raises SpecError with all that is wrong with it."""
        from ..compiler.pipeline import check, network
        from ..compiler.settings import Settings

        settings, source = self.settings() or Settings(), self.source(file)
        checked = check(source, self.folder(file), self.limits, settings, self.loaded())
        graph = network(checked, source)
        show_diagnostics(checked.diagnostics, sys.stderr)
        return graph

    def defaults(self, graph: Graph) -> Graph | None:
        """The graph of the same file with the defaults of its params; None where it has none, or they make none."""
        from ..compiler.pipeline import check
        from ..compiler.settings import Settings

        if self.settings() is None and graph.origin is not None and graph.origin.variant is None:
            return graph
        folder = self.folder(graph.source.name)
        return check(graph.source, folder, self.limits, Settings(), self.loaded()).graph

    def graphs(self, file: str) -> tuple[Graph, ...]:
        """The graphs of a file with its defaults and in every variant, or the one that is asked for; their warnings
        shown, each once. Raises SpecError with all that is wrong with the file."""
        from ..compiler.pipeline import check_each, network
        from ..spec.diagnostics import in_order

        if self.settings() is not None:
            return (self.graph(file),)
        source = self.source(file)
        checked = check_each(source, self.folder(file), self.limits, self.loaded())
        graphs = tuple(network(one, source) for one in checked)
        show_diagnostics(in_order(d for one in checked for d in one.diagnostics), sys.stderr)
        return graphs


class Weighing(NamedTuple):
    """Where weights come from: a file, or a seed."""

    path: Path | None
    seed: int

    def weights(self, graph: Graph) -> Weights:
        """The weights. Raises SpecError where they do not fit the network."""
        from ..backends.weights import initialize, load

        return load(self.path, graph) if self.path else initialize(graph, self.seed)


def reads_specs(function: Command) -> Command:
    """Adds `--root`, `--set`, `--variant`, `--plugin` and a `--max-…` for each limit; the command takes them as
    `reading`."""

    @functools.wraps(function)
    def call(
        root: Path | None,
        given: tuple[tuple[str, str], ...],
        variant: str | None,
        plugins: tuple[str, ...],
        **rest: Any,
    ) -> Any:
        limits = Limits(**{name: rest.pop(f"max_{name}") for name in LIMITS})
        return function(reading=Reading(root, limits, given, variant, plugins), **rest)

    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    root = click.option(
        "--root", type=folder, help="Folder of files that a spec names.  [default: the spec's]"
    )
    variant = click.option("--variant", metavar="NAME", help="Set params as the spec's variant of that name.")
    given = click.option(
        "--set",
        "given",
        multiple=True,
        metavar="NAME=VALUE",
        callback=assignments,
        help="Give a param a value, written as in a spec; any number of times.",
    )
    limits = [_limit(field.name, field.default, LIMITS[field.name]) for field in fields(Limits)]
    options = [*reversed(limits), plugin_option, root, variant, given]
    return functools.reduce(lambda command, option: option(command), options, call)


plugin_option = click.option(
    "--plugin",
    "plugins",
    multiple=True,
    metavar="NAME",
    help="Let specs use the layers of an installed plugin, whose code is run for that; any number of times.",
)


def assignments(
    _context: click.Context, _option: click.Parameter, words: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """Names and values of `NAME=VALUE`. What stands behind a second `=` belongs to the value."""
    given: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not (name and equals):
            raise click.BadParameter(f'"{word}" is not of the form NAME=VALUE')
        if name in given:
            raise click.BadParameter(f'"{name}" is set twice')
        given[name] = value
    return tuple(given.items())


def takes_weights(function: Command) -> Command:
    """Adds `--weights` and `--seed`; the command takes them as `weighing`."""
    from_file = click.Path(dir_okay=False, path_type=Path)
    seeds = click.IntRange(0, 2**31 - 1)

    @click.option(
        "--weights", type=from_file, help="File of weights: .keras, .weights.h5, .safetensors or .npz."
    )
    @click.option("--seed", type=seeds, default=0, show_default=True, help="Seed of weights without a file.")
    @functools.wraps(function)
    def call(weights: Path | None, seed: int, **rest: Any) -> Any:
        return function(weighing=Weighing(weights, seed), **rest)

    return call


def takes_form(function: Command) -> Command:
    """Adds `--inputs` and `--outputs`; the command takes them as `form`."""

    @click.option(
        "--inputs",
        type=LYING,
        default=LAYOUTS[0],
        show_default=True,
        help="How images go into the ONNX model.",
    )
    @click.option(
        "--outputs", type=LYING, default=LAYOUTS[0], show_default=True, help="How images come out of it."
    )
    @functools.wraps(function)
    def call(inputs: str, outputs: str, **rest: Any) -> Any:
        return function(form=Form(inputs, outputs), **rest)

    return call


def _limit(name: str, default: Any, help: str) -> Callable[[Command], Command]:
    option = f"--max-{name.replace('_', '-')}"
    sizes = click.IntRange(1, GREATEST.get(name))
    return click.option(option, type=sizes, default=default, show_default=True, help=help)


def one_file(function: Command) -> Command:
    return click.argument("file", type=click.Path(path_type=str))(function)


def target(
    suffix: str, option: str = "--output", *, required: bool = False, help: str = "The file to write, in {}."
) -> Callable[[Command], Command]:
    """An option that takes a file to write. Its suffix keeps a slip of the finger from overwriting a spec."""

    def checked(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
        if path is not None and path.suffix != suffix:
            raise click.BadParameter(f'"{path}" does not end in {suffix}')
        if path is not None and path.name.endswith(".nn.json"):
            raise click.BadParameter(f'"{path}" is the name of a spec')
        return path

    names = ("-o", option) if option == "--output" else (option,)
    kind = click.Path(dir_okay=False, path_type=Path)
    return click.option(*names, type=kind, required=required, callback=checked, help=help.format(suffix))


opset_option = click.option(
    "--opset", type=int, help=f"ONNX opset, {OPSETS[0]} to {OPSETS[-1]}.  [default: {DEFAULT_OPSET}]"
)
provider_option = click.option(
    "--provider",
    type=click.Choice(tuple(PROVIDERS)),
    default=next(iter(PROVIDERS)),
    show_default=True,
    help="Where onnxruntime runs.",
)


def finite(_context: click.Context, _option: click.Parameter, value: float | None) -> float | None:
    """A positive number: `nan` and `inf` would make every comparison come out the same."""
    if value is not None and not (math.isfinite(value) and value > 0):
        raise click.BadParameter(f"{value} is not a positive number")
    return value


tolerance_option = click.option(
    "--tolerance",
    type=float,
    default=TOLERANCE,
    show_default=True,
    callback=finite,
    help="Greatest difference, times the greatest magnitude where that is above 1.",
)
