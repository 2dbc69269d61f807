"""Shaping layers in ONNX. An order of axes is only noted, and a Transpose made when someone needs it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...spec.layers.shaping import Flatten, Permute, RepeatVector, Reshape
from .context import Context
from .layout import TIME_MAJOR, Flattened, Layout, Tensor, logical
from .operators import unsqueeze


def flatten(ctx: Context, layer: Flatten, inputs: Tensor) -> Tensor:
    """Flatten of the elements as they lie, with their order noted, where all sizes are known."""
    if inputs.rank == 2:
        return Tensor(inputs.type, dict(inputs.forms))
    if inputs.rank == 1:
        return ctx.tensor(unsqueeze(ctx, ctx.logical(inputs), [1]))
    if layer.data_format == "channels_first":
        inputs = permuted(inputs, (0, *range(2, inputs.rank), 1))
    sizes = tuple(size for size in inputs.type.features if isinstance(size, int))
    name, layout = inputs.forms[inputs.layout], inputs.layout
    if layout == logical(inputs.rank) or len(sizes) < inputs.rank - 1 or layout[0] != 0:
        return ctx.tensor(ctx.op("Flatten", ctx.logical(inputs), axis=1))
    form = Flattened(sizes, layout)
    in_order = np.array_equal(form.order(), np.arange(form.order().size))
    return ctx.tensor(ctx.op("Flatten", name, axis=1), logical(2) if in_order else form)


def reshape(ctx: Context, layer: Reshape, inputs: Tensor) -> Tensor:
    if ctx.output.shape == inputs.shape:
        return Tensor(inputs.type, dict(inputs.forms))
    return ctx.tensor(ctx.reshape(ctx.logical(inputs), ctx.output.shape, inputs.shape))


def permute(ctx: Context, layer: Permute, inputs: Tensor) -> Tensor:
    return permuted(inputs, (0, *layer.dims))


def repeat_vector(ctx: Context, layer: RepeatVector, inputs: Tensor) -> Tensor:
    """Expand with the new axis first, as the recurrent layer that mostly follows has its steps."""
    return ctx.tensor(ctx.op("Expand", ctx.logical(inputs), ctx.ints([layer.n, 1, 1])), TIME_MAJOR)


def permuted(tensor: Tensor, axes: Sequence[int]) -> Tensor:
    """The tensor with its axes in another order, as its logical axes' names: nothing moves."""
    if list(axes) == list(range(tensor.rank)):
        return Tensor(tensor.type, dict(tensor.forms))
    type_ = tensor.type.with_shape(*(tensor.shape[axis] for axis in axes))
    forms: dict[Layout | Flattened, str] = {
        tuple(axes.index(axis) for axis in form): name
        for form, name in tensor.forms.items()
        if isinstance(form, tuple)
    }
    return Tensor(type_, forms)
