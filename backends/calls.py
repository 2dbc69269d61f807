"""How Keras is called: each layer as data that `keras` runs and `python` writes down.

A layer is spelled by its class's name with those fields that differ from their defaults; a row in SPELLED where the
Keras call is anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from ..compiler.graph import Preset
from ..spec.fields import Margins, OneOrMany, PerAxis
from ..spec.initializers import Fixed
from ..spec.layers.activation import Activation
from ..spec.layers.base import Layer
from ..spec.layers.cells import ForgetGate
from ..spec.layers.color_augmentation import Equalization, RandomColorJitter
from ..spec.layers.constants import Constant
from ..spec.layers.functions import Function
from ..spec.layers.headed import Headed
from ..spec.layers.images import Resize
from ..spec.layers.lookup import Lookup
from ..spec.layers.pipeline import Pipeline
from ..spec.layers.plain_attention import PlainAttention
from ..spec.layers.recurrent import RNN
from ..spec.layers.resizing import Resizing
from ..spec.named import Named
from ..spec.plugins import blaming, row_of
from ..spec.records import metadata
from ..spec.types import Policy


@dataclass(frozen=True)
class KerasCall:
    """A call of something in Keras, by its dotted name. The first `positional` arguments need no keyword.
    `within` names the layers that a layer of Keras makes for itself when it is built; `hands_name_on` says that these
    bear its name where the code states one."""

    function: str
    arguments: tuple[tuple[str, Any], ...] = ()
    positional: int = 0
    within: tuple[str, ...] = ()
    hands_name_on: bool = False


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

    @property
    def first(self) -> KerasCall:
        """The call that makes the layer, or that of the function."""
        made = self.constructor or self.function
        assert made is not None
        return made


# Called with a layer of the class that its row in SPELLED is for.
Spell: TypeAlias = Callable[[Any], Spelling]

DEFAULT_DTYPE = "float32"

# Activation functions whose arguments Keras can only save as those of a layer.
ACTIVATION_LAYERS = {"elu": "ELU", "leaky_relu": "LeakyReLU", "relu": "ReLU", "softmax": "Softmax"}

# Objects that Keras cannot make of their name alone, although all their arguments have defaults.
NEVER_BARE = frozenset({"Constant"})


def spell(layer: Layer) -> Spelling:
    """The layer's Keras calls."""
    own = row_of(layer)
    if own is not None:
        return _of_plugin(layer, own.keras)
    row = SPELLED.get(type(layer).__name__)
    if row is not None:
        return row(layer)
    return function(layer) if isinstance(layer, Function) else Spelling(constructor(layer))


def _of_plugin(layer: Layer, keras: str | Spell) -> Spelling:
    if isinstance(keras, str):
        return Spelling(constructor(layer, function=keras))
    with blaming(layer):
        return keras(layer)


def is_keras(call: KerasCall) -> bool:
    """Whether the function is Keras's own, and not of a plugin's module."""
    return call.function.startswith("keras.")


def makes_layer(call: KerasCall) -> bool:
    """Whether the call makes a layer, which Keras counts by its class. A plugin's calls all do, but for functions."""
    return call.function.startswith("keras.layers.") or not is_keras(call)


def spell_preset(preset: Preset) -> KerasCall:
    """The arguments that a preset fills in, as a call of its layer or function."""
    full = spell(preset.layer).first
    given = ((name, value) for name, value in full.arguments if name in preset.fields)
    return KerasCall(full.function, tuple((name, value) for name, value in given if _is_shareable(value)))


def through_preset(layer: Layer, filled: KerasCall) -> KerasCall:
    """The layer's call with what `filled`, its preset, does not give it: the rest, and what it overrides."""
    full = spell(layer).first
    preset, own = dict(filled.arguments), dict(full.arguments)
    reset = [name for name in preset if name not in own]
    back = [(name, field_argument(layer, name)) for name in reset]
    kept = [(name, value) for name, value in full.arguments if name not in preset or preset[name] != value]
    leading = [name not in preset for name, _ in full.arguments[: full.positional]]
    return KerasCall(full.function, (*kept, *back), [*leading, False].index(False))


def _is_shareable(value: Any) -> bool:
    """Whether one value can serve every layer of a preset: an initializer would begin them all alike, and a
    layer would be the same one in all of them."""
    if not isinstance(value, KerasCall):
        return True
    return not (makes_layer(value) or value.function.startswith("keras.initializers."))


def constructor(layer: Layer, leave_out: tuple[str, ...] = (), function: str | None = None) -> KerasCall:
    """The class's call: required fields, and those that are not at their default. `function` is its dotted name where
    it is not the layer's in `keras.layers`."""
    cls = type(layer)
    # What holds layers does not hand its own `trainable` on to them.
    layer = layer if layer.trainable else layer.at_rest()
    names = [
        name for name in dict.fromkeys([*cls.own_fields(), "trainable", "dtype"]) if name not in leave_out
    ]
    arguments = tuple((name, field_argument(layer, name)) for name in names if _is_given(layer, name))
    return KerasCall(function or f"keras.layers.{cls.__name__}", arguments, _positional(cls, arguments))


def field_argument(layer: Layer, name: str) -> Any:
    """A layer's field as Keras takes it."""
    return argument(getattr(layer, name), metadata(type(layer), name), layer.dtype)


def argument(value: Any, marks: tuple[Any, ...] = (), dtype: str | None = None) -> Any:
    """A value as Keras takes it, in a layer of that dtype; `marks` says how a field may be spelled shorter."""
    match value:
        case Named():
            return _named(value, dtype)
        case Fixed():
            return KerasCall("keras.initializers.Constant", (("value", value),), positional=1)
        case Layer():
            return spell(value).constructor
        case (Layer(), *_):
            return [argument(layer) for layer in value]
        case tuple() if PerAxis in marks and len(set(value)) == 1:
            return value[0]
        case (only,) if OneOrMany in marks and only is not None:
            return only
        case tuple() if Margins in marks:
            return short_margins(value)
    return value


def short_margins(margins: tuple[tuple[int, int], ...]) -> Any:
    """One number for all margins where they are equal, one for both sides of an axis where these are. A single axis
    is not in a tuple."""
    sides = tuple(before if before == after else (before, after) for before, after in margins)
    alike = len(sides) == 1 or (len(set(sides)) == 1 and isinstance(sides[0], int))
    return sides[0] if alike else sides


def _named(named: Named, dtype: str | None) -> Any:
    if not named.arguments and named.name not in NEVER_BARE:
        return named.identifier
    arguments = tuple((key, argument(value)) for key, value in named.arguments)
    if named.catalogue.module != "keras.activations":
        return KerasCall(f"{named.catalogue.module}.{named.name}", arguments)
    if named.name in ACTIVATION_LAYERS:
        # A layer would cast what the layer around it has computed back to float32.
        own = (("dtype", Policy.named(dtype).compute),) if dtype not in (None, DEFAULT_DTYPE) else ()
        return KerasCall(f"keras.layers.{ACTIVATION_LAYERS[named.name]}", (*arguments, *own))
    return Partial(KerasCall(f"keras.activations.{named.name}", arguments))


def _is_given(layer: Layer, name: str) -> bool:
    field, value = layer.fields[name], getattr(layer, name)
    if name == "dtype" and not layer.is_function:
        return value not in (None, DEFAULT_DTYPE)
    return field.required or (value != field.default and field_argument(layer, name) != field.default)


def _positional(cls: type[Layer], arguments: tuple[tuple[str, Any], ...]) -> int:
    """The leading arguments that people write without a keyword: the first field, and required ones after it."""
    count = 0
    for (name, _), field in zip(arguments, cls.own_fields(), strict=False):
        if name != field or (count and not cls.fields[field].required):
            break
        count += 1
    return count


def function(layer: Function) -> Spelling:
    """A function of `keras.ops`, called on its inputs with the layer's fields."""
    own = type(layer).own_fields()
    call = constructor(layer, leave_out=tuple(name for name in Layer.fields if name not in own))
    count = call.positional if _is_plain(layer, call.arguments) else 0
    return Spelling(None, function=KerasCall(f"keras.ops.{layer.op}", call.arguments, count))


def _is_plain(layer: Function, arguments: tuple[tuple[str, Any], ...]) -> bool:
    """Whether people write the first arguments without a keyword: where they stand before all inputs, or in place of
    the second of two."""
    if not layer.ports or layer.ports[0].spread:
        return True
    return len(layer.ports) == 2 and [name for name, _ in arguments[:1]] == [layer.ports[1].name]


def with_call(layer: Layer, *fields: str) -> Spelling:
    """A layer of which some fields are arguments of its call, and not of its class."""
    given = constructor(layer).arguments
    return Spelling(constructor(layer, leave_out=fields), tuple(a for a in given if a[0] in fields))


def plain_attention(layer: PlainAttention) -> Spelling:
    """Keras asks for scores and causality in the call."""
    return with_call(layer, "return_attention_scores", "use_causal_mask")


def attention(layer: Headed) -> Spelling:
    """Keras asks for scores and causality in the call."""
    spelling = with_call(layer, "return_attention_scores", "use_causal_mask")
    assert spelling.constructor is not None
    return replace(spelling, constructor=replace(spelling.constructor, within=("Softmax", "Dropout")))


def rnn(layer: RNN) -> Spelling:
    """Of a list of cells Keras makes a stack that computes in float32, whatever the layer and the cells do."""
    if layer.dtype not in (None, DEFAULT_DTYPE):
        layer = layer.changed(cell=layer.one_cell)
    made = ("StackedRNNCells",) if isinstance(layer.cell, tuple) else ()
    return Spelling(replace(constructor(layer), within=made))


def forget_gate(layer: ForgetGate) -> Spelling:
    """Keras makes the bias of parts unless told not to, and a fixed bias is whole."""
    call = constructor(layer)
    if isinstance(layer.bias_initializer, Fixed):
        call = replace(call, arguments=(*call.arguments, ("unit_forget_bias", False)))
    return Spelling(call)


def color_jitter(layer: RandomColorJitter) -> Spelling:
    """Keras makes a layer for each factor."""
    kinds = ("brightness", "contrast", "saturation", "hue")
    made = tuple(f"Random{k.capitalize()}" for k in kinds if getattr(layer, f"{k}_factor") is not None)
    return Spelling(replace(constructor(layer), within=made))


def random_changes(layer: Layer, *left_out: str) -> Spelling:
    """Keras makes all the layers that it chooses from."""
    made = tuple(name for name in CHANGES if name not in left_out)
    return Spelling(replace(constructor(layer), within=made, hands_name_on=True))


def equalization(layer: Equalization) -> Spelling:
    """A pipeline of the one layer: by itself, Keras takes its output for its input, and builds no model."""
    call = KerasCall("keras.layers.Pipeline", (("layers", [constructor(layer)]),), positional=1)
    return Spelling(call)


def pipeline(layer: Pipeline) -> Spelling:
    return Spelling(constructor(layer, leave_out=("trainable", "dtype")))


def lookup(layer: Lookup) -> Spelling:
    """The class's call; Keras takes a dtype too, and heeds it in nothing."""
    call = constructor(layer, leave_out=("trainable", "dtype"))
    arguments = (
        (name, list(v) if name in ("vocabulary", "idf_weights") else v) for name, v in call.arguments
    )
    return Spelling(replace(call, arguments=tuple(arguments)))


def activation(layer: Activation) -> Spelling:
    """The layer; glu as a function, since the layer takes its output for as large as its input."""
    if layer.activation.name != "glu":
        return Spelling(constructor(layer))
    return Spelling(None, function=KerasCall("keras.ops.glu", layer.activation.arguments))


def constant(layer: Constant) -> Spelling:
    """The numbers as they stand in the spec, or out of their file, in a dtype that is said."""
    values = layer.values if layer.values.file else layer.values.values
    arguments = (("x", values), ("dtype", layer.given_dtype()))
    return Spelling(None, function=KerasCall("keras.ops.convert_to_tensor", arguments, positional=1))


def resizing(layer: Resizing | Resize) -> Spelling:
    """Keras's own fill value is a 0.0, with which it cannot pad whole numbers."""
    spelling = function(layer) if isinstance(layer, Resize) else Spelling(constructor(layer))
    if not layer.pad_to_aspect_ratio or layer.fill_value != 0:
        return spelling
    call = replace(spelling.first, arguments=(*spelling.first.arguments, ("fill_value", 0)))
    return Spelling(None, function=call) if isinstance(layer, Resize) else Spelling(call)


# The layers that AugMix and RandAugment choose from; the last four are those that `all_ops` adds to AugMix.
CHANGES = (
    *("RandomShear", "RandomTranslation", "RandomRotation", "Solarization", "RandomPosterization"),
    *("AutoContrast", "Equalization"),
    *("RandomBrightness", "RandomColorDegeneration", "RandomContrast", "RandomSharpness"),
)


SPELLED: dict[str, Spell] = {
    "Activation": activation,
    "AdditiveAttention": plain_attention,
    "Attention": plain_attention,
    "AugMix": lambda layer: random_changes(layer, *(() if layer.all_ops else CHANGES[-4:])),
    "Constant": constant,
    "Equalization": equalization,
    "GroupQueryAttention": attention,
    **dict.fromkeys(("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "LSTM", "LSTMCell"), forget_gate),
    "IntegerLookup": lookup,
    "MultiHeadAttention": attention,
    "Pipeline": pipeline,
    "RNN": rnn,
    "RandAugment": random_changes,
    "RandomColorJitter": color_jitter,
    "Resize": resizing,
    "Resizing": resizing,
    "StringLookup": lookup,
}


def calls_in(value: Any) -> Iterator[KerasCall | Partial | Fixed]:
    """Every call and fixed weight in a value, those inside before those around them, as Python makes them."""
    match value:
        case KerasCall():
            yield from calls_in([inner for _, inner in value.arguments])
            yield value
        case Partial() | Fixed():
            yield value
        case Mapping():
            yield from calls_in(list(value.values()))
        case list() | tuple():
            for item in value:
                yield from calls_in(item)


def plugin_modules(value: Any) -> set[str]:
    """The modules of plugins that the calls in a value are of."""
    calls = (found for found in calls_in(value) if isinstance(found, KerasCall) and not is_keras(found))
    return {call.function.rpartition(".")[0] for call in calls}
