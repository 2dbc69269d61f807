"""What Keras itself is known to compute wrongly, so that a difference from it is not blamed on others."""

from __future__ import annotations

from ..compiler.graph import Graph, Node
from ..spec.layers.conv import Conv2D, Conv3D
from ..spec.layers.conv_lstm import ConvLSTM3D
from ..spec.layers.merge import Add, Average
from ..spec.size import Size


def known_fault(node: Node, graph: Graph) -> str | None:
    """What Keras 3.15 gets wrong in a layer, and what to do instead; None where nothing is known.

    Its `ops.add` on TensorFlow takes a second operand with only one axis longer than 1 for a bias, and adds it along
    the last axis, or the second, wherever that has as many elements: whichever axis the operand itself has them on.
    """
    if _adds_bias_along_the_width(node):
        return (
            "Keras 3.15 itself adds the bias along the width where that is as long as the channels: use channels_last, "
            "or use_bias: false"
        )
    if isinstance(node.layer, Conv2D) and _reads_beyond(node.layer, node, graph):
        return (
            "TensorFlow itself takes numbers from beyond an image of one channel on a CPU where windows move along its "
            "width only, and there is one along it: the other paths are right"
        )
    if isinstance(node.layer, Conv3D | ConvLSTM3D) and _begins_late(node.layer):
        return (
            "TensorFlow itself begins with a later position of the input in float16 and float64, where the stride is "
            "above the kernel size by 2 or more: use padding: valid, or dtype: float32"
        )
    if isinstance(node.layer, Add | Average) and len({graph.types[v].features for v in node.inputs}) > 1:
        return (
            "Keras 3.15 itself adds along the wrong axis in a batch of one, or as long as an axis: give the inputs "
            "one shape, e.g. with UpSampling1D, RepeatVector or Reshape"
        )
    return None


def _adds_bias_along_the_width(node: Node) -> bool:
    if (
        not getattr(node.layer, "use_bias", False)
        or getattr(node.layer, "data_format", "") != "channels_first"
    ):
        return False
    _, channels, *sizes = node.signature.output.shape
    return bool(sizes) and _may_equal(sizes[-1], channels)


def _reads_beyond(layer: Conv2D, node: Node, graph: Graph) -> bool:
    """Whether oneDNN may compute with numbers that are not the image's."""
    channels = graph.types[node.inputs[0]].shape[layer.channel_axis]
    width = layer.spatial(node.signature.output)[-1]
    down, across = layer.strides
    return channels == 1 and down == 1 and across > 1 and (width == 1 or not isinstance(width, int))


def _begins_late(layer: Conv3D | ConvLSTM3D) -> bool:
    """Whether TensorFlow, which without oneDNN adds less than nothing for `same`, may do so by a position or more."""
    axes = zip(layer.spans, layer.strides, strict=True)
    without = layer.padding == "same" and layer.policy.compute in ("float16", "float64")
    return without and any(stride - span >= 2 for span, stride in axes)


def _may_equal(a: Size, b: Size) -> bool:
    return a == b or not (isinstance(a, int) and isinstance(b, int))
