"""Dense, Embedding, Identity and Masking in ONNX."""

from __future__ import annotations

import numpy as np

from ...spec.layers.core import Dense, Embedding, Identity, Masking, ReversibleEmbedding
from ...spec.types import is_float
from .activation import activate
from .context import Context
from .layout import Tensor, logical
from .operators import VIA_FLOAT32, converted, reduce, widened


def dense(ctx: Context, layer: Dense, inputs: Tensor) -> Tensor:
    """Gemm for rank 2, MatMul and Add above. A flattened input's order goes into the kernel's rows."""
    kernel = ctx.weight("kernel")
    layout = inputs.features_last
    if inputs.flattened is not None:
        x, form = inputs.flattened
        kernel = kernel[form.order()]
    else:
        x = ctx.in_layout(inputs, layout)
    x = converted(ctx, x, inputs.type.dtype, ctx.dtype)
    names = [x, ctx.constant(kernel, "kernel")]
    bias = [ctx.constant(ctx.weight("bias"), "bias")] if layer.use_bias else []
    if inputs.rank == 2:
        y = ctx.op("Gemm", *names, *bias)
    else:
        y = ctx.op("MatMul", *names)
        y = ctx.op("Add", y, *bias) if bias else y
    return ctx.tensor(activate(ctx, layer.activation, y, layout), layout)


def identity(ctx: Context, layer: Identity, inputs: Tensor) -> Tensor:
    return inputs


def embedding(ctx: Context, layer: Embedding, inputs: Tensor) -> Tensor:
    """Gather. Keras truncates ids that are not whole, as Cast does; 0.5 is no padding."""
    given = ids = ctx.logical(inputs)
    if inputs.type.dtype not in ("int32", "int64"):
        ids = ctx.cast(ids, "int32")
    table = ctx.constant(ctx.weight("embeddings"), "embeddings")
    output = ctx.tensor(ctx.op("Gather", table, ids, axis=0))
    if layer.mask_zero:
        compared = given if is_float(inputs.type.dtype) else ids
        output.mask = ctx.op("Not", equals(ctx, compared, 0, inputs.type.dtype, "zero"))
    return output


def masking(ctx: Context, layer: Masking, inputs: Tensor) -> Tensor:
    """Keras has a step for valid where any feature differs from `mask_value`, NaN among them. It makes a float32 of
    `mask_value`, and compares in the wider dtype of the two."""
    layout = inputs.features_last
    x = ctx.in_layout(inputs, layout)
    alike = ctx.cast(equals(ctx, x, float(np.float32(layer.mask_value)), ctx.dtype, "mask_value"), "int32")
    masked = ctx.cast(reduce(ctx, "ReduceMin", alike, [inputs.rank - 1]), "bool")
    zero = ctx.scalar(0.0, "zero", VIA_FLOAT32.get(ctx.dtype, ctx.dtype))
    y = widened(ctx, x, ctx.dtype, VIA_FLOAT32, lambda value: ctx.op("Where", masked, zero, value))
    output = ctx.tensor(y, layout)
    valid = ctx.op("Not", ctx.op("Squeeze", masked, ctx.ints([inputs.rank - 1], "axes")))
    order = [layout.index(axis) for axis in logical(inputs.rank - 1)]
    output.mask = valid if order == sorted(order) else ctx.op("Transpose", valid, perm=order)
    return output


def reversible_embedding(
    ctx: Context, layer: ReversibleEmbedding, inputs: Tensor | None = None, reverse: Tensor | None = None
) -> Tensor:
    """Embedding, or the product with its table, which the model holds once; then cap · tanh(x / cap)."""
    if reverse is None:
        assert inputs is not None
        return embedding(ctx, layer, inputs)
    dtype = ctx.output.dtype
    layout = reverse.features_last
    x = converted(ctx, ctx.in_layout(reverse, layout), reverse.type.dtype, dtype)
    name = "embeddings" if layer.tie_weights else "reverse_embeddings"
    table = converted(ctx, ctx.constant(ctx.weight(name), name), ctx.dtype, dtype)
    y = ctx.op("MatMul", x, ctx.op("Transpose", table, perm=[1, 0]) if layer.tie_weights else table)
    if layer.logit_soft_cap is not None:
        cap = ctx.scalar(layer.logit_soft_cap, "cap", dtype)
        y = ctx.op("Mul", ctx.op("Tanh", ctx.op("Div", y, cap)), cap)
    return ctx.tensor(y, layout)


def equals(ctx: Context, x: str, value: float, dtype: str, name: str) -> str:
    """Where a value is a number: one of a small dtype is compared in 32 bits, as integers already are."""
    if dtype in ("float16", "bfloat16"):
        x, dtype = ctx.cast(x, "float32"), "float32"
    if not is_float(dtype) and dtype != "int64":
        dtype = "int32"
    return ctx.op("Equal", x, ctx.scalar(value, name, dtype))
