"""Functions of `keras.ops` that put axes elsewhere, in ONNX."""

from __future__ import annotations

from ...spec.layers.functions import Transpose
from .context import Context
from .layout import Tensor
from .shaping import permuted


def transpose(ctx: Context, layer: Transpose, x: Tensor) -> Tensor:
    return permuted(x, layer.order(x.type))
