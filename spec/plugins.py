"""Plugins: layers that other packages bring, each package by an entry point of the group `nnspec.layers`.

A plugin is used where the caller names it, and never because a spec does or because it is installed: loading one runs
its code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from .diagnostics import SpecError, fail, listed
from .layers import find, is_reserved
from .layers.base import Layer, LayerError
from .size import SizeTooLong

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "nnspec.layers"


class PluginLayer(NamedTuple):
    """A layer of a plugin, in the three places that nnspec's own layers have.

    `keras` is the dotted name of the Keras layer that takes the fields of `layer`, `package.module.LayerScale`, or a
    function of the layer to a Spelling. `onnx` is the lowering, called as `infer` is, with a Context and the layer
    before the tensors; or the reason why there is none.
    """

    layer: type[Layer]
    keras: str | Callable[[Any], Any]
    onnx: Callable[..., Any] | str

    @property
    def name(self) -> str:
        return self.layer.__name__


class Plugin(NamedTuple):
    """What an entry point of the group names: the layers of one package."""

    layers: tuple[PluginLayer, ...]


class Plugins(NamedTuple):
    """The plugins in use for a file and those that it includes, and the layers by name that they add to nnspec's."""

    names: tuple[str, ...] = ()
    layers: Mapping[str, type[Layer]] = {}

    def find(self, name: str) -> type[Layer] | None:
        """The class of a layer by its name, an alias of Keras's among them; None for a name that is none."""
        return self.layers.get(name) or find(name)

    @property
    def unused(self) -> list[str]:
        """The plugins that are installed and not in use."""
        return sorted(set(_installed()) - set(self.names))


class _Source(NamedTuple):
    plugin: str
    row: PluginLayer


NONE = Plugins()

# What the plugins that were loaded say of their layers. A layer of such a class comes only from a file that its plugin
# was in use for.
_sources: dict[type[Layer], _Source] = {}


def load(names: Iterable[str]) -> Plugins:
    """The plugins of these names. Raises SpecError (NN406) for one that is not installed, or cannot be used."""
    found: dict[str, _Source] = {}
    chosen = tuple(dict.fromkeys(names))
    for name in chosen:
        for row in _rows(name, _plugin(name)):
            if row.name in found:
                other = found[row.name].plugin
                raise _unusable(name, f'its layer {row.name} is one of the plugin "{other}" too')
            found[row.name] = _Source(name, row)
    _sources.update({source.row.layer: source for source in found.values()})
    return Plugins(chosen, {name: source.row.layer for name, source in found.items()})


def row_of(layer: Layer) -> PluginLayer | None:
    """What its plugin says of a layer; None for one of nnspec's own."""
    source = _sources.get(type(layer))
    return source.row if source else None


@contextmanager
def blaming(layer: Layer) -> Iterator[None]:
    """For calls of a layer's own code: what a plugin's layer raises is an error of the plugin's, and not of nnspec's.

    Raises SpecError (NN406) in its place."""
    try:
        yield
    except (LayerError, SpecError, SizeTooLong):
        raise
    except Exception as error:
        source = next((_sources[type(one)] for one in layer.with_held() if type(one) in _sources), None)
        if source is None:
            raise
        raise _unusable(source.plugin, f"{source.row.name} raises {_told(error)}") from error


def _plugin(name: str) -> object:
    """What the entry point of that name stands for, imported."""
    entries = _installed()
    if name not in entries:
        known = listed(sorted(entries))
        help = (
            f"installed plugins: {known}" if known else f"no installed package has an entry point in {GROUP}"
        )
        raise fail("NN406", f'there is no plugin "{name}"', help=help)
    if len(entries[name]) > 1:
        raise _unusable(name, f"{len(entries[name])} installed packages have one of that name")
    try:
        return entries[name][0].load()
    except (Exception, SystemExit) as error:
        raise _unusable(name, f"importing it raises {_told(error)}") from error


def _rows(name: str, plugin: object) -> Iterator[PluginLayer]:
    """The plugin's layers. Raises SpecError for what cannot stand beside nnspec's."""
    if not isinstance(plugin, Plugin):
        raise _unusable(name, f"it is of the type {type(plugin).__name__}, and not a nnspec.plugins.Plugin")
    for row in plugin.layers:
        problem = _problem(row)
        if problem is not None:
            raise _unusable(name, problem)
        source = _sources.get(row.layer)
        if source is not None and source != (name, row):
            raise _unusable(name, f'its layer {row.name} is one of the plugin "{source.plugin}" too')
        yield row


def _problem(row: object) -> str | None:
    """What is wrong with a layer of a plugin."""
    if not isinstance(row, PluginLayer) or not (isinstance(row.layer, type) and issubclass(row.layer, Layer)):
        return "one of its layers is not a PluginLayer of a subclass of Layer"
    if not row.name[0].isupper():
        return f"the name of its layer {row.name} does not begin with a capital letter"
    if is_reserved(row.name):
        return f"its layer {row.name} has the name of one of Keras's"
    if not (callable(row.keras) or (isinstance(row.keras, str) and "." in row.keras)):
        return f"the Keras call of {row.name} is neither a function nor a dotted name"
    if not (callable(row.onnx) or isinstance(row.onnx, str)):
        return f"the lowering of {row.name} is neither a function nor a reason"
    return None


def _installed() -> dict[str, list[EntryPoint]]:
    """The group's entry points by name. What they name is not imported."""
    from importlib.metadata import entry_points

    found: dict[str, list[EntryPoint]] = {}
    for entry in entry_points(group=GROUP):
        found.setdefault(entry.name, []).append(entry)
    return found


def _unusable(name: str, reason: str) -> SpecError:
    help = "leave the plugin out, or tell its author"
    return fail("NN406", f'the plugin "{name}" cannot be used: {reason}', help=help)


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
