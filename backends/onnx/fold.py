"""Which batch normalizations go into the weights of the convolution before them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...compiler.graph import Graph, Node

FOLDING = ("Conv1D", "Conv2D", "DepthwiseConv2D", "SeparableConv2D", "Conv2DTranspose")


def foldable(graph: Graph) -> dict[str, Node]:
    """By the convolution's name, the normalization to fold into it: one over the channels, of a convolution
    without an activation whose output nothing else takes."""
    found: dict[str, Node] = {}
    for node in graph.nodes:
        if node.kind != "BatchNormalization":
            continue
        value = node.inputs[0]
        source = graph.by_name.get(value.node)
        alone = graph.consumers[value] == (node,) and value not in graph.output_values
        if source is not None and source.kind in FOLDING and alone and _matches(source, node):
            found[source.name] = node
    return found


def _matches(convolution: Node, normalization: Node) -> bool:
    conv, norm = convolution.layer, normalization.layer
    channels = 1 if getattr(conv, "data_format") == "channels_first" else convolution.signature.output.rank - 1  # noqa: B009
    axis = getattr(norm, "axis") % convolution.signature.output.rank  # noqa: B009
    return axis == channels and getattr(conv, "activation").name == "linear" and conv.dtype == norm.dtype  # noqa: B009


def scale_and_shift(normalization: Node, weights: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """A batch normalization at inference as y = scale · x + shift per channel, in float64:
    scale = gamma / sqrt(variance + epsilon), shift = beta - mean · scale."""
    stored = {name: weights[f"{normalization.name}/{name}"].astype(np.float64)
              for name in (w.name for w in normalization.signature.weights)}
    scale = 1 / np.sqrt(stored["moving_variance"] + getattr(normalization.layer, "epsilon"))  # noqa: B009
    scale = scale * stored.get("gamma", 1.0)
    return scale, stored.get("beta", 0.0) - stored["moving_mean"] * scale


