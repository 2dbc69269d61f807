"""What the author of a plugin needs: how a layer is declared, and what a plugin is. See docs/plugins.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .backends.calls import KerasCall, Spelling, constructor
from .spec.activations import LINEAR, Activation
from .spec.fields import (
    Axes,
    DataFormat,
    Float,
    Int,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    Rate,
    Seed,
)
from .spec.initializers import INITIALIZERS, ONES, ZEROS, InitializerField
from .spec.layers.base import Layer, LayerError, Port, known, require_float, require_min_rank, require_rank
from .spec.plugins import GROUP, Plugin, PluginLayer
from .spec.records import doc
from .spec.types import Signature, TensorType, WeightSpec

if TYPE_CHECKING:
    # What lowerings are given, without what they import.
    from .backends.onnx.context import Context
    from .backends.onnx.layout import Tensor

__all__ = [
    "GROUP",
    "INITIALIZERS",
    "LINEAR",
    "ONES",
    "ZEROS",
    "Activation",
    "Axes",
    "Context",
    "DataFormat",
    "Float",
    "InitializerField",
    "Int",
    "KerasCall",
    "Layer",
    "LayerError",
    "NonNegativeFloat",
    "Plugin",
    "PluginLayer",
    "Port",
    "PositiveFloat",
    "PositiveInt",
    "Rate",
    "Seed",
    "Signature",
    "Spelling",
    "Tensor",
    "TensorType",
    "WeightSpec",
    "constructor",
    "doc",
    "known",
    "require_float",
    "require_min_rank",
    "require_rank",
]
