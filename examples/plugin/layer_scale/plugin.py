"""The layers as nnspec knows them: what each means, how Keras is called, and how ONNX computes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from nnspec.plugins import (
    INITIALIZERS,
    Float,
    Layer,
    Plugin,
    PluginLayer,
    Rate,
    Seed,
    Signature,
    TensorType,
    doc,
    known,
    require_float,
)

if TYPE_CHECKING:
    from nnspec.plugins import Context, Tensor


class LayerScale(Layer):
    """Multiplies each channel by a number of its own: `inputs · gamma`."""

    init_value: Float = doc("What gamma begins as.", 1e-4)

    passes_mask: ClassVar[bool] = True
    stepwise: ClassVar[bool] = True

    def infer(self, inputs: TensorType) -> Signature:
        channels = known(inputs.shape[-1], "the last axis of the input")
        initializer = INITIALIZERS.named("constant", value=self.init_value)
        gamma = self.weight("gamma", (channels,), initializer)
        return Signature((inputs.with_dtype(self.policy.compute),), (gamma,))


class StochasticDepth(Layer):
    """In training sets whole samples to 0, and scales the others up by `1 / (1 - rate)`."""

    rate: Rate = doc("Part of the samples that is set to 0.")
    seed: Seed = doc("Seed of the draws.", None)

    passes_mask: ClassVar[bool] = True

    def infer(self, inputs: TensorType) -> Signature:
        require_float(inputs, "StochasticDepth")
        return Signature((inputs,))


def layer_scale(ctx: Context, layer: LayerScale, inputs: Tensor) -> Tensor:
    """Mul by gamma along the last axis, in the order of the spec."""
    gamma = ctx.constant(ctx.weight("gamma"), "gamma")
    return ctx.tensor(ctx.op("Mul", ctx.logical(inputs), gamma))


def stochastic_depth(ctx: Context, layer: StochasticDepth, inputs: Tensor) -> Tensor:
    """Nothing: at inference a sample stays as it is."""
    return inputs


PLUGIN = Plugin(
    (
        PluginLayer(LayerScale, "layer_scale.layers.LayerScale", layer_scale),
        PluginLayer(StochasticDepth, "layer_scale.layers.StochasticDepth", stochastic_depth),
    )
)
