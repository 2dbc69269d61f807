"""Pipeline: layers that prepare inputs, one after another, as one layer."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic_core import PydanticCustomError

from ..records import doc
from ..schemas import Parsed
from ..types import Reach, Signature, TensorType, is_float
from .base import Layer, LayerError, check_activations, require_representable
from .wrappers import one_to_one


def parse_layers(value: Any) -> tuple[Layer, ...]:
    """The layers of a pipeline. Raises PydanticCustomError for anything else than a list of layers that make one tensor
    of one."""
    layers = tuple(value) if isinstance(value, list | tuple) else (value,)
    if not layers or not all(isinstance(layer, Layer) and layer.stands_alone for layer in layers):
        context = {"code": "NN112", "help": "write [{Rescaling: 0.1}, {RandomFlip: horizontal}]"}
        raise PydanticCustomError("held_layer", "Pipeline holds a list of one layer or more", context)
    return tuple(map(one_to_one("Pipeline"), layers))


class Pipeline(Layer):
    """Applies layers one after another. They have no weights: others are items of `layers` themselves."""

    layers: Annotated[Any, Parsed(parse_layers, words="list of layers")] = doc("The layers, in order.")

    # Each of them casts what it is given for itself.
    autocast: ClassVar[bool] = False
    refused: ClassVar[dict[str, str]] = {
        "trainable": "it has no weights: leave it out",
        "dtype": "its layers have dtypes of their own",
    }

    @classmethod
    def layer_fields(cls) -> list[str]:
        return ["layers"]

    @classmethod
    def layer_lists(cls) -> list[str]:
        return ["layers"]

    def infer(self, inputs: TensorType) -> Signature:
        if inputs.masked:
            help = "set mask_zero: false in the Embedding that the mask comes from"
            raise LayerError("Pipeline does not take a masked input", code="NN112", help=help)
        steps = self.steps(inputs)
        return Signature((steps[-1].output,), macs=sum(step.macs for step in steps), reach=_reach_of(steps))

    def steps(self, inputs: TensorType) -> list[Signature]:
        """What each layer infers of what the one before it gives. Raises LayerError at the field."""
        found: list[Signature] = []
        for layer in self.layers:
            try:
                found.append(_inferred(layer, given_to(layer, inputs)))
            except LayerError as error:
                raise LayerError(error.message, code=error.code, field="layers", help=error.help) from None
            inputs = found[-1].output
        return found


def _reach_of(steps: list[Signature]) -> Reach:
    """How far an output position sees through all layers; "all" where several of them see more than a point."""
    further: list[Reach] = [step.reach for step in steps if step.reach != "point"]
    if len(further) > 1:
        return "all"
    return further[0] if further else "point"


def given_to(layer: Layer, inputs: TensorType) -> TensorType:
    """The input as the layer casts it."""
    casts = layer.autocast and is_float(inputs.dtype)
    return inputs.with_dtype(layer.policy.compute) if casts else inputs


def _inferred(layer: Layer, inputs: TensorType) -> Signature:
    name = type(layer).__name__
    if inputs.dtype == "string" and not layer.takes_strings:
        help = "put a StringLookup before it, which numbers them"
        raise LayerError(f"{name} takes numbers, not strings", code="NN202", help=help)
    signature = layer.infer(inputs)
    require_representable(layer)
    check_activations(layer, signature)
    if signature.weights:
        message = f"{name} has weights, and a Pipeline holds layers without"
        raise LayerError(message, code="NN112", help=f"write {name} as an item of its own")
    return signature
