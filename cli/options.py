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
from ..backends.onnx import DEFAULT_OPSET, OPSETS
from ..spec.limits import Limits
from .streams import show_diagnostics

if TYPE_CHECKING:
    from ..backends.weights import Weights
    from ..compiler.graph import Graph
    from ..compiler.pipeline import Checked

Command: TypeAlias = Callable[..., Any]

LIMITS = {
    "file_bytes": "Most bytes of a file.",
    "depth": "Deepest nesting of lists and mappings.",
    "nodes": "Most values in a file, with aliases expanded.",
    "includes": "Most files that a file includes, and those that they do.",
    "layers": "Most layers of a network.",
    "bytes": "Most bytes of weights and of one sample's activations.",
}
# Who walks the tree does so by recursion, and Python's stack ends not far above this.
GREATEST = {"depth": 256}


class Reading(NamedTuple):
    """How specs are read: `root` is the folder that files named in a spec are in, None for the spec's own."""

    root: Path | None
    limits: Limits

    def folder(self, file: str) -> Path:
        """The root of one file; that of standard input is the working folder."""
        return self.root or Path(file).parent

    def check(self, file: str) -> Checked:
        """What the front end makes of a file. Raises SpecError for one that cannot be read."""
        from ..compiler.pipeline import check
        from ..spec.reader import read_file

        return check(read_file(file, self.limits), self.folder(file), self.limits)

    def graph(self, file: str) -> Graph:
        """The graph of a file, its warnings shown. Raises SpecError with all that is wrong with it."""
        from ..spec.diagnostics import SpecError

        checked = self.check(file)
        if checked.graph is None:
            raise SpecError(checked.diagnostics)
        show_diagnostics(checked.diagnostics, sys.stderr)
        return checked.graph


class Weighing(NamedTuple):
    """Where weights come from: a file, or a seed."""

    path: Path | None
    seed: int

    def weights(self, graph: Graph) -> Weights:
        """The weights. Raises SpecError where they do not fit the network."""
        from ..backends.weights import initialize, load

        return load(self.path, graph) if self.path else initialize(graph, self.seed)


def reads_specs(function: Command) -> Command:
    """Adds `--root` and a `--max-…` for each limit; the command takes them as `reading`."""

    @functools.wraps(function)
    def call(root: Path | None, **rest: Any) -> Any:
        limits = Limits(**{name: rest.pop(f"max_{name}") for name in LIMITS})
        return function(reading=Reading(root, limits), **rest)

    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    root = click.option(
        "--root", type=folder, help="Folder of files that a spec names.  [default: the spec's]"
    )
    limits = [_limit(field.name, field.default, LIMITS[field.name]) for field in fields(Limits)]
    return functools.reduce(lambda command, option: option(command), [*reversed(limits), root], call)


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


def finite(_context: click.Context, _option: click.Parameter, value: float) -> float:
    """A positive number: `nan` and `inf` would make every comparison come out the same."""
    if not (math.isfinite(value) and value > 0):
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
