"""Lookups in ONNX: the LabelEncoder of ai.onnx.ml, a table."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...spec.diagnostics import fail
from ...spec.layers.lookup import IntegerLookup, Lookup, StringLookup
from .context import Context
from .layout import Tensor
from .operators import converted
from .preprocessing import encode

# Numbers that no token has: of one that the vocabulary lacks, and of one that is left out of vectors.
UNKNOWN, LEFT_OUT = -1, -2


def lookup(ctx: Context, layer: IntegerLookup | StringLookup, inputs: Tensor) -> Tensor:
    """Keras refuses tokens that are not in the vocabulary where no number stands for them; here they are -1."""
    _require_no_hash(ctx, layer)
    key_dtype = "int64" if layer.invert else layer.token_dtype
    given = converted(ctx, ctx.logical(inputs), inputs.type.dtype, key_dtype)
    numbers = _table(ctx, layer, given)
    if layer.num_oov_indices > 1 and not layer.invert:
        numbers = _spread(ctx, layer, given, numbers)
    if layer.output_mode == "int":
        return ctx.tensor(numbers)
    if layer.output_mode != "tf_idf":
        return ctx.tensor(encode(ctx, numbers, inputs, layer.output_mode, layer.depth, "int64"))
    counts = encode(ctx, numbers, inputs, "count", layer.depth, "float32")
    weights = np.array(layer.weights_by_place, np.float32)
    return ctx.tensor(ctx.op("Mul", counts, ctx.constant(weights, "idf_weights")))


def _require_no_hash(ctx: Context, layer: IntegerLookup | StringLookup) -> None:
    """Raises SpecError where unknown tokens are told apart by a hash."""
    hashes = isinstance(layer, StringLookup) or layer.oov_method == "farmhash"
    if hashes and layer.num_oov_indices > 1 and not layer.invert:
        message = f"{type(layer).__name__} cannot be exported to ONNX: it spreads unknown tokens by a hash"
        help = "set num_oov_indices: 1, so that one number stands for all of them"
        raise fail("NN402", message, ctx.node.place.span, help=help)


def _table(ctx: Context, layer: Lookup, given: str) -> str:
    """The number of each token, or the token of each number; the mask token is in the table too."""
    places = range(layer.token_start, layer.size)
    pairs: dict[Any, Any] = dict(zip(layer.tokens, places, strict=True))
    if layer.mask_token is not None:
        pairs[layer.mask_token] = 0 if layer.output_mode == "int" else LEFT_OUT
    if layer.invert:
        pairs = {number: token for token, number in pairs.items()}
    default = layer.oov_token if layer.invert else layer.mask_start if layer.num_oov_indices == 1 else UNKNOWN
    keys, values = ("int64s", _kind(layer)) if layer.invert else (_kind(layer), "int64s")
    attributes = {f"keys_{keys}": list(pairs), f"values_{values}": list(pairs.values())}
    return ctx.ml_op("LabelEncoder", given, **attributes, **{f"default_{values.removesuffix('s')}": default})


def _kind(layer: Lookup) -> str:
    return "strings" if layer.token_dtype == "string" else "int64s"


def _spread(ctx: Context, layer: Lookup, given: str, numbers: str) -> str:
    """Unknown numbers by their remainder, which has the divisor's sign in ONNX as in Keras."""
    count, start, unknown = (
        ctx.scalar(n, "number", "int64") for n in (layer.num_oov_indices, layer.mask_start, UNKNOWN)
    )
    remainder = ctx.op("Mod", given, count)
    spread = ctx.op("Add", remainder, start) if layer.mask_start else remainder
    return ctx.op("Where", ctx.op("Equal", numbers, unknown), spread, numbers)
