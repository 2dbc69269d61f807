"""Dense, Embedding and Identity in ONNX."""

from __future__ import annotations

from ...spec.layers.core import Dense, Embedding, Identity
from ...spec.types import is_float
from .activation import activate
from .context import Context
from .layout import Tensor
from .operators import converted


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
        output.mask = ctx.op("Not", is_zero(ctx, compared, inputs.type.dtype))
    return output


def is_zero(ctx: Context, x: str, dtype: str) -> str:
    """Where a value is 0: one of a small dtype is compared in 32 bits, as integers already are."""
    if dtype in ("float16", "bfloat16"):
        x, dtype = ctx.cast(x, "float32"), "float32"
    if not is_float(dtype) and dtype != "int64":
        dtype = "int32"
    return ctx.op("Equal", x, ctx.scalar(0, "zero", dtype))
