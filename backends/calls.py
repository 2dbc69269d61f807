"""How Keras is called: each layer as data that `keras` runs and `python` writes down.

A layer is spelled by its class's name with those fields that differ from their defaults; a row in SPELLED where the
Keras call is anything else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic.fields import FieldInfo

from ..compiler.graph import Node, Preset
from ..spec.fields import PerAxis
from ..spec.initializers import Fixed
from ..spec.layers.base import Layer
from ..spec.named import Named


@dataclass(frozen=True)
class KerasCall:
    """A call of something in Keras, by its dotted name. The first `positional` arguments need no keyword."""

    function: str
    arguments: tuple[tuple[str, Any], ...] = ()
    positional: int = 0


@dataclass(frozen=True)
class Partial:
    """A function with some arguments filled in, `functools.partial` in Python."""

    call: KerasCall


@dataclass(frozen=True)
class Spelling:
    """A layer: how it is made, and what its call takes besides its inputs. A function has no `constructor`."""

    constructor: KerasCall | None
    call: tuple[tuple[str, Any], ...] = ()
    function: KerasCall | None = None


Spell: TypeAlias = Callable[[Layer], Spelling]

DEFAULT_DTYPE = "float32"

# Activation functions whose arguments Keras can only save as those of a layer.
ACTIVATION_LAYERS = {"elu": "ELU", "leaky_relu": "LeakyReLU", "relu": "ReLU", "softmax": "Softmax"}


def spell(layer: Layer) -> Spelling:
    """The layer's Keras calls."""
    row = SPELLED.get(type(layer).__name__)
    return row(layer) if row else Spelling(constructor(layer))


def spell_preset(preset: Preset) -> KerasCall:
    """The arguments that a preset fills in, as a call of its layer."""
    full = constructor(preset.layer)
    kept = tuple((name, value) for name, value in full.arguments if name in preset.fields)
    return KerasCall(full.function, kept)


def constructor(layer: Layer, leave_out: tuple[str, ...] = ()) -> KerasCall:
    """The class's call: required fields, and those that are not at their default."""
    cls = type(layer)
    names = [name for name in [*cls.own_fields(), "trainable", "dtype"] if name not in leave_out]
    given = [(name, getattr(layer, name), cls.model_fields[name]) for name in names]
    arguments = tuple((name, argument(value, info)) for name, value, info in given if _is_given(name, value, info))
    return KerasCall(f"keras.layers.{cls.__name__}", arguments, _positional(cls, arguments))


def argument(value: Any, info: FieldInfo | None = None) -> Any:
    """A field's value as Keras takes it."""
    match value:
        case Named():
            return _named(value)
        case Fixed():
            return KerasCall("keras.initializers.Constant", (("value", value),), positional=1)
        case Layer():
            return spell(value).constructor
        case tuple() if info and PerAxis in info.metadata and len(set(value)) == 1:
            return value[0]
    return value


def _named(named: Named) -> Any:
    if not named.arguments:
        return named.identifier
    arguments = tuple((key, argument(value)) for key, value in named.arguments)
    if named.catalogue.module != "keras.activations":
        return KerasCall(f"{named.catalogue.module}.{named.name}", arguments)
    if named.name in ACTIVATION_LAYERS:
        return KerasCall(f"keras.layers.{ACTIVATION_LAYERS[named.name]}", arguments)
    return Partial(KerasCall(f"keras.activations.{named.name}", arguments))


def _is_given(name: str, value: Any, info: FieldInfo) -> bool:
    if name == "dtype":
        return value not in (None, DEFAULT_DTYPE)
    return info.is_required() or value != info.default


def _positional(cls: type[Layer], arguments: tuple[tuple[str, Any], ...]) -> int:
    """The leading arguments that people write without a keyword: the first field, and required ones after it."""
    count = 0
    for (name, _), field in zip(arguments, cls.own_fields(), strict=False):
        if name != field or (count and not cls.model_fields[field].is_required()):
            break
        count += 1
    return count


def function(layer: Layer, name: str) -> Spelling:
    """A function of `keras.ops`, called on its input with the layer's fields."""
    call = constructor(layer)
    return Spelling(None, function=KerasCall(f"keras.ops.{name}", call.arguments))


SPELLED: dict[str, Spell] = {}


def call_arguments(node: Node) -> tuple[tuple[str, tuple[Any, ...] | Any], ...]:
    """What the node's layer is called with: (keyword or "", value or tuple of values). The first has no keyword."""
    found: list[tuple[str, Any]] = []
    for number, port in enumerate(node.layer.ports):
        values = tuple(a.value for a in node.arguments if a.port == port.name)
        if values:
            found.append(("" if number == 0 else port.name, values if port.many else values[0]))
    return tuple(found)
