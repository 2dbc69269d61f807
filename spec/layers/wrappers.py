"""Bidirectional, TimeDistributed and SpectralNormalization: layers that hold a layer, and have its weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic_core import PydanticCustomError

from ..fields import PositiveInt
from ..initializers import INITIALIZERS
from ..records import doc
from ..schemas import After
from ..types import Signature, TensorType, WeightSpec, Window, is_float
from .base import Layer, LayerError, Port, check_activations, check_penalties, require_representable
from .functions import Function
from .recurrent import Recurrent

# What SpectralNormalization calls the weight that it divides, and how the vector begins by which it finds its norm.
NORMALIZED = ("kernel", "embeddings")
SMALL = INITIALIZERS.named("TruncatedNormal", stddev=0.02)

# Activations whose arguments Keras can copy, as those of a layer.
COPIED = ("elu", "leaky_relu", "relu", "softmax")


def recurrent(layer: Layer) -> Recurrent:
    """What Bidirectional may hold. Raises PydanticCustomError for any other layer."""
    if isinstance(layer, Recurrent):
        return layer
    context = {
        "name": type(layer).__name__,
        "code": "NN112",
        "help": "hold a recurrent layer: {layer: {LSTM: 20}}",
    }
    raise PydanticCustomError("held_layer", "Bidirectional holds a recurrent layer, not {name}", context)


def one_to_one(wrapper: str) -> Callable[[Layer], Layer]:
    """What a wrapper may hold that makes one tensor of one. Raises PydanticCustomError for any other layer."""

    def check(layer: Layer) -> Layer:
        name = type(layer).__name__
        first, *others = layer.ports
        if first.many or any(not port.optional for port in others) or isinstance(layer, Function):
            raise PydanticCustomError(
                "held_layer",
                "{wrapper} holds layers of one input, and {name} is none",
                {"wrapper": wrapper, "name": name, "code": "NN112", "help": ALONE[wrapper]},
            )
        if wrapper == "TimeDistributed" and name in NOT_BY_STEPS:
            context = {"name": name, "code": "NN112", "help": NOT_BY_STEPS[name]}
            raise PydanticCustomError("held_layer", "TimeDistributed cannot hold {name}", context)
        if len(layer.output_names) > 1:
            help = "leave out return_state, or whatever else gives it several outputs"
            raise PydanticCustomError(
                "held_layer",
                "{wrapper} holds layers of one output, and {name} has {count}",
                {
                    "wrapper": wrapper,
                    "name": name,
                    "count": len(layer.output_names),
                    "code": "NN112",
                    "help": help,
                },
            )
        return layer

    return check


# What to do instead of holding a layer that is not one-to-one.
ALONE = {
    "Pipeline": "let it stand alone, as an item of its own",
    "TimeDistributed": "let it stand alone: give it all steps at once",
    "SpectralNormalization": "hold Dense, Embedding, or a convolution, separable ones aside",
}


# What makes one tensor of one, and TimeDistributed cannot hold, each with what to do.
NOT_BY_STEPS = {
    "Equalization": "Keras takes it for a Pipeline: equalize before the network",
    "MelSpectrogram": "its decibels are measured from the loudest value of all steps: let it stand alone",
    "Pipeline": "Keras knows no output shape of it: hold each of its layers",
}


class Wrapper(Layer):
    """What layers that hold a layer share. The held layer computes in the wrapper's dtype."""

    def held(self, field: str, layer: Layer, inputs: TensorType, **others: Any) -> Signature:
        """The signature of a layer that is held in `field`. Raises LayerError there."""
        self._require_same_dtype(field, layer)
        try:
            signature = layer.infer(inputs, **others)
            require_representable(layer)
            check_activations(layer, signature)
            check_penalties(layer, signature)
        except LayerError as error:
            raise LayerError(error.message, code=error.code, field=field, help=error.help) from None
        return signature

    def _require_same_dtype(self, field: str, layer: Layer) -> None:
        """Raises LayerError where the two compute in different dtypes: what Keras then declares is wrong."""
        own, inner = self.policy.compute, layer.policy.compute
        if own != inner:
            message = (
                f"{type(self).__name__} computes in {own}, and the {type(layer).__name__} in it in {inner}"
            )
            raise LayerError(message, code="NN202", field=field, help="give both the same dtype")

    def own(self, weight: WeightSpec, prefix: str = "") -> WeightSpec:
        """A held layer's weight as the wrapper's: it is trained where both layers are."""
        return weight._replace(name=prefix + weight.name, trainable=weight.trainable and self.trainable)


class Bidirectional(Wrapper):
    """Goes through the steps in both directions, each with weights of its own, and merges the outputs."""

    layer: Annotated[Layer, After(recurrent)] = doc("The recurrent layer; it goes forward.")
    merge_mode: Literal["concat", "sum", "mul", "ave"] | None = doc(
        "How the two outputs become one; null keeps both.", "concat"
    )
    backward_layer: Annotated[Layer, After(recurrent)] | None = doc(
        "The layer that goes backwards; by default one like `layer`.", None
    )

    ports: ClassVar[tuple[Port, ...]] = Recurrent.ports
    mask_source: ClassVar[Literal["call", "tensor"] | None] = "call"
    refused: ClassVar[dict[str, str]] = {
        "weights": "values are fixed in the held layer, with kernel_initializer: {file: kernel.npy}"
    }

    @classmethod
    def layer_fields(cls) -> list[str]:
        return ["layer", "backward_layer"]

    @property
    def forward(self) -> Recurrent:
        assert isinstance(self.layer, Recurrent)
        return self.in_keras(self.layer)

    @property
    def backward(self) -> Recurrent:
        if self.backward_layer is None:
            return self.forward.changed(go_backwards=True)
        assert isinstance(self.backward_layer, Recurrent)
        return self.in_keras(self.backward_layer)

    def in_keras(self, layer: Recurrent) -> Recurrent:
        """The layer as Keras changes it: masked steps are zeros wherever all steps are given."""
        return layer.changed(zero_output_for_mask=layer.return_sequences)

    @property
    def output_names(self) -> tuple[str, ...]:
        outputs = ("output",) if self.merge_mode else ("forward", "backward")
        return (*outputs, *self.state_names) if self.forward.return_state else outputs

    @property
    def state_names(self) -> tuple[str, ...]:
        """`forward_h`, `forward_c`, … for an LSTM, else `forward_state` and `backward_state`."""
        both = (("forward", self.forward), ("backward", self.backward))
        return tuple(
            f"{way}_{state.removeprefix('state_')}" for way, layer in both for state in layer.state_names
        )

    def infer(self, sequences: TensorType, initial_state: Sequence[TensorType] = ()) -> Signature:
        self._require_matching_layers(bool(initial_state))
        self._require_copyable()
        half = len(self.forward.state_names) if initial_state else 0
        ahead = self.held("layer", self.forward, sequences, initial_state=initial_state[:half])
        field = "backward_layer" if self.backward_layer else "layer"
        back = self.held(field, self.backward, sequences, initial_state=initial_state[half:])
        self._require_same_shape(ahead.output, back.output)
        weights = [self.own(w, "forward/") for w in ahead.weights] + [
            self.own(w, "backward/") for w in back.weights
        ]
        states = (*ahead.outputs[1:], *back.outputs[1:])
        return Signature((*self.merged(ahead.output), *states), tuple(weights), ahead.macs + back.macs, "all")

    def merged(self, output: TensorType) -> tuple[TensorType, ...]:
        """The outputs, of one direction's."""
        match self.merge_mode:
            case None:
                return (output, output)
            case "concat":
                return (output.with_shape(*output.shape[:-1], 2 * output.shape[-1]),)
        return (output,)

    @property
    def masked_outputs(self) -> int:
        return 1 if self.merge_mode else 2

    def output_mask(self, *inputs: TensorType) -> bool:
        return self.forward.output_mask(*inputs)

    def nested(self, port: str, values: tuple[Any, ...]) -> tuple[Any, ...]:
        half = len(self.forward.state_names)
        return (*self.forward.nested(port, values[:half]), *self.backward.nested(port, values[half:]))

    def nested_outputs(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        count = 1 if self.merge_mode else 2
        return (*values[:count], *self.nested("initial_state", values[count:]))

    def _require_matching_layers(self, stateful_start: bool) -> None:
        """Raises LayerError where the two layers do not go together."""
        forward, backward = self.forward, self.backward
        if forward.go_backwards == backward.go_backwards:
            field = "backward_layer" if self.backward_layer else "layer"
            way = "backwards" if forward.go_backwards else "forward"
            alone = "leave go_backwards out: a backward layer is made of the same kind"
            help = "give one of them go_backwards: true" if self.backward_layer else alone
            raise LayerError(f"both layers go {way}", code="NN112", field=field, help=help)
        for name in ("return_sequences", "return_state", "output_size"):
            here, there = getattr(forward, name), getattr(backward, name)
            if here != there:
                word = "units" if name == "output_size" else name
                message = f"{word} is {_word(here)} in the layer, and {_word(there)} in the backward layer"
                raise LayerError(
                    message, code="NN203", field="backward_layer", help=f"give {word} the same value in both"
                )
        if (stateful_start or forward.return_state) and forward.state_names != backward.state_names:
            message = "layers with different states cannot share initial_state, nor return_state"
            raise LayerError(
                message, code="NN203", field="backward_layer", help="take two layers of one kind"
            )

    def _require_same_shape(self, ahead: TensorType, back: TensorType) -> None:
        """Raises LayerError unless both layers give the same shape."""
        if ahead.shape != back.shape:
            message = f"the layer gives {ahead}, and the backward layer {back}"
            help = "give both the same kernel_size, strides, padding and data_format"
            raise LayerError(message, code="NN203", field="backward_layer", help=help)

    def _require_copyable(self) -> None:
        """Raises LayerError for an activation that Keras cannot copy with the layer."""
        held = self.forward.with_held()
        for activation in (activation for layer in held for activation in layer.activations.values()):
            if activation.arguments and activation.name not in COPIED:
                message = (
                    f"Bidirectional copies its layer, and Keras cannot copy {activation.name} with arguments"
                )
                help = f"leave out the arguments of {activation.name}"
                raise LayerError(message, code="NN112", field="layer", help=help)


class TimeDistributed(Wrapper):
    """Applies a layer to every step of [batch, time, …], with the same weights."""

    layer: Annotated[Layer, After(one_to_one("TimeDistributed"))] = doc("The layer that is applied.")

    mask_source: ClassVar[Literal["call", "tensor"] | None] = "call"

    @classmethod
    def layer_fields(cls) -> list[str]:
        return ["layer"]

    def infer(self, inputs: TensorType) -> Signature:
        if inputs.rank < 3:
            message = f"TimeDistributed takes [batch, time, …], of rank 3 or more, not of rank {inputs.rank}"
            help = f"use {type(self.layer).__name__} alone, or give the input a time axis"
            raise LayerError(message, code="NN201", help=help)
        inner = self.one_step(inputs)
        batch, time, *_ = inputs.shape
        output = TensorType((batch, time, *inner.output.features), inner.output.dtype)
        self._require_mask_fits(inputs, output)
        reach = (Window(1), *inner.reach) if isinstance(inner.reach, tuple) else inner.reach
        return Signature((output,), tuple(self.own(w) for w in inner.weights), time * inner.macs, reach)

    def one_step(self, inputs: TensorType) -> Signature:
        """The held layer's signature, the steps being samples of its batch."""
        batch, time, *rest = inputs.shape
        step = inputs._replace(shape=(batch * time, *rest))
        return self.held("layer", self.layer, step)

    def output_mask(self, *inputs: TensorType) -> bool:
        return inputs[0].masked

    def settles(self, ranks: tuple[int, ...]) -> object:
        return self.layer.settles(tuple(rank - 1 for rank in ranks))

    def _require_mask_fits(self, inputs: TensorType, output: TensorType) -> None:
        """Raises LayerError where Keras hands the mask, which has all axes but the last, on to a misfit."""
        if inputs.masked and inputs.shape[:-1] != output.shape[:-1]:
            raise LayerError(
                f"the mask of the input goes on to the output, and does not fit it: {output}",
                code="NN203",
                field="layer",
                help="set mask_zero: false in the Embedding that the mask comes from",
            )


class SpectralNormalization(Wrapper):
    """Keeps the spectral norm of a layer's kernel at 1: training divides the kernel by an estimate of its norm.

    Source: Miyato et al., "Spectral Normalization for Generative Adversarial Networks", 2018. At inference it is the
    layer that it holds, with the kernel that training left.
    """

    # The layer in it leaves its mask on the tensor that is passed on.
    declares_mask: ClassVar[bool] = False

    layer: Annotated[Layer, After(one_to_one("SpectralNormalization"))] = doc(
        "The layer, which has a kernel or embeddings."
    )
    power_iterations: PositiveInt = doc("How often a step of training improves the estimate.", 1)

    @classmethod
    def layer_fields(cls) -> list[str]:
        return ["layer"]

    def infer(self, inputs: TensorType) -> Signature:
        inner = self.held("layer", self.layer, inputs)
        kernel = next((w for w in inner.weights if w.name in NORMALIZED), None)
        if kernel is None or isinstance(self.layer, Recurrent | Wrapper):
            message = f"{type(self.layer).__name__} has no kernel and no embeddings of its own"
            raise LayerError(message, code="NN112", field="layer", help=ALONE["SpectralNormalization"])
        if not is_float(inputs.dtype):
            message = f"SpectralNormalization casts its output to the dtype of the input, {inputs.dtype}"
            help = "give the input the dtype float32: Embedding takes whole numbers of it too"
            raise LayerError(message, code="NN202", help=help)
        vector = WeightSpec("vector_u", (1, kernel.shape[-1]), SMALL, False, kernel.dtype)
        first, *others = (self.own(w) for w in inner.weights)
        return inner._replace(weights=(first, vector, *others))

    def output_mask(self, *inputs: TensorType) -> bool:
        return self.layer.output_mask(*inputs)

    def settles(self, ranks: tuple[int, ...]) -> object:
        return self.layer.settles(ranks)


def _word(value: object) -> str:
    """A value as a spec has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
