"""Constants in ONNX: initializers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...spec.layers.constants import Arange, Constant, Eye, Filled, Full, Linspace, Source, Tri
from ..dtypes import numpy_dtype
from .context import Context
from .layout import Tensor


def constant(ctx: Context, layer: Source) -> Tensor:
    """The numbers, of whatever function they are."""
    values = VALUES[type(layer).__name__](layer)
    array = np.asarray(values).astype(numpy_dtype(ctx.output.dtype)).reshape(layer.sizes())
    return ctx.tensor(ctx.constant(array, "values"))


def fixed(layer: Constant) -> Any:
    return layer.values.values


def arange(layer: Arange) -> np.ndarray:
    start, _, step = layer.bounds
    return start + np.arange(*layer.sizes()) * step


def linspace(layer: Linspace) -> np.ndarray:
    return np.linspace(layer.start, layer.stop, layer.num, endpoint=layer.endpoint)


def filled(layer: Filled) -> np.ndarray:
    number = layer.fill_value if isinstance(layer, Full) else int(type(layer).__name__ == "Ones")
    return np.full(layer.shape, number)


def eye(layer: Eye) -> np.ndarray:
    return np.eye(layer.N, layer.M, layer.k)


def tri(layer: Tri) -> np.ndarray:
    return np.tri(layer.N, layer.M, layer.k)


VALUES: dict[str, Callable[[Any], Any]] = {
    "Constant": fixed,
    "Arange": arange,
    "Linspace": linspace,
    "Zeros": filled,
    "Ones": filled,
    "Full": filled,
    "Eye": eye,
    "Tri": tri,
}
