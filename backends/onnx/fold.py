"""Which batch normalizations go into the weights of the convolution before them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...compiler.graph import Graph, Node
from ...spec.layers.conv import Convolution
from ...spec.layers.normalization import BatchNormalization


def foldable(graph: Graph) -> dict[str, Node]:
    """By the convolution's name, the normalization to fold into it: one over the channels, of a convolution
    without an activation whose output nothing else takes.

    A convolution that is applied several times keeps its one kernel: each time the same normalization must follow."""
    found = _followed(graph)
    partners: dict[str, set[str | None]] = {}
    for node in graph.nodes:
        normalization = found.get(node.name)
        partners.setdefault(node.owner, set()).add(normalization.owner if normalization else None)
    return {name: node for name, node in found.items() if len(partners[graph.by_name[name].owner]) == 1}


def _followed(graph: Graph) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for node in graph.nodes:
        if not isinstance(node.layer, BatchNormalization):
            continue
        value = node.inputs[0]
        source = graph.by_name.get(value.node)
        alone = graph.consumers[value] == (node,) and value not in graph.output_values
        if source is not None and alone and _fits(source, node.layer):
            found[source.name] = node
    return found


def _fits(source: Node, normalization: BatchNormalization) -> bool:
    convolution = source.layer
    if not isinstance(convolution, Convolution):
        return False
    axis = normalization.axis % source.signature.output.rank
    over_channels = axis == convolution.channel_axis
    same_dtype = convolution.dtype == normalization.dtype
    return over_channels and same_dtype and convolution.activation.name == "linear"


def scale_and_shift(normalization: Node, weights: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """A batch normalization at inference as y = scale · x + shift per channel, in float64:
    scale = gamma / sqrt(variance + epsilon), shift = beta - mean · scale."""
    layer = normalization.layer
    assert isinstance(layer, BatchNormalization)
    names = [weight.name for weight in normalization.signature.weights]
    stored = {name: weights[f"{normalization.owner}/{name}"].astype(np.float64) for name in names}
    scale = stored.get("gamma", 1.0) / np.sqrt(stored["moving_variance"] + layer.epsilon)
    return scale, stored.get("beta", 0.0) - stored["moving_mean"] * scale
