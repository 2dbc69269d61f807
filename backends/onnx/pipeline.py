"""A pipeline is its layers in ONNX."""

from __future__ import annotations

from dataclasses import replace

from ...compiler.graph import Place
from ...spec.layers.base import Layer
from ...spec.layers.pipeline import Pipeline, given_to
from ...spec.types import Signature
from .context import Context
from .layout import Tensor


def pipeline(ctx: Context, layer: Pipeline, inputs: Tensor) -> Tensor:
    for held, signature in zip(layer.layers, layer.steps(inputs.type), strict=True):
        inputs = _applied(ctx, held, signature, inputs)
    return inputs


def _applied(ctx: Context, held: Layer, signature: Signature, inputs: Tensor) -> Tensor:
    """One layer's operators, under the pipeline's name."""
    from .lowerings import lowering

    place = Place(ctx.node.place.of("layers"))
    node = ctx.node._replace(layer=held, arguments=(), signature=signature, place=place)
    given = given_to(held, inputs.type)
    if given != inputs.type:
        name, form = inputs.as_is
        inputs = Tensor(given, {form: ctx.cast(name, given.dtype)})
    result = lowering(held)(replace(ctx, node=node), held, **{held.ports[0].name: inputs})
    return result[0] if isinstance(result, tuple) else result
