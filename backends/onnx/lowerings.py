"""Each layer's lowering to ONNX, by the layer's name. One that cannot be lowered has its reason in UNSUPPORTED."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from . import core
from .layout import Tensor

# Called as the layer's `infer` is, with tensors in place of types: lower(context, layer, **ports).
Lowering: TypeAlias = Callable[..., Tensor | tuple[Tensor, ...]]

LOWERINGS: dict[str, Lowering] = {
    "Dense": core.dense,
    "Embedding": core.embedding,
    "Identity": core.identity,
}

UNSUPPORTED: dict[str, str] = {}


