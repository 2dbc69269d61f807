"""Dense, Embedding and Identity in ONNX."""

from __future__ import annotations


from ...spec.layers.core import Dense, Embedding, Identity
from .activation import activate
from .context import Context
from .layout import Layout, Tensor, logical


def dense(ctx: Context, layer: Dense, inputs: Tensor) -> Tensor:
    """Gemm for rank 2, MatMul and Add above. A flattened input's order goes into the kernel's rows."""
    kernel = ctx.weight("kernel")
    flat = inputs.flattened
    if flat is not None:
        form, x = flat
        kernel = kernel[form.order()]
        layout: Layout = logical(2)
    else:
        layout = inputs.layout if inputs.layout[-1] == inputs.rank - 1 else logical(inputs.rank)
        x = ctx.in_layout(inputs, layout)
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
    """Gather. Keras truncates ids that are not whole numbers, as Cast does."""
    ids = ctx.logical(inputs)
    if inputs.type.dtype not in ("int32", "int64"):
        ids = ctx.cast(ids, "int32")
    table = ctx.constant(ctx.weight("embeddings"), "embeddings")
    output = ctx.tensor(ctx.op("Gather", table, ids, axis=0))
    if layer.mask_zero:
        zero = ctx.scalar(0, "zero", "int64" if inputs.type.dtype == "int64" else "int32")
        output.mask = ctx.op("Not", ctx.op("Equal", ids, zero))
    return output


