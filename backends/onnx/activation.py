"""Activation functions in ONNX: one operator where there is one, a composition where not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ...spec.named import Named
from .context import Context
from .elementwise import elementwise
from .layout import Layout
from .operators import VIA_FLOAT32, reduce, split, widened

# (context, the activation with its arguments, the value's name, its layout) -> the result's name
Lowering: TypeAlias = Callable[[Context, Named, str, Layout], str]

# Keras's name -> the operator that computes it, and its attributes that are not ONNX's defaults: numbers, or
# names of the activation's arguments.
OPERATORS: dict[str, tuple[str, dict[str, float | str]]] = {
    "celu": ("Celu", {"alpha": "alpha"}),
    "elu": ("Elu", {"alpha": "alpha"}),
    "exponential": ("Exp", {}),
    "hard_shrink": ("Shrink", {"lambd": "threshold"}),
    "hard_sigmoid": ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}),
    "hard_silu": ("HardSwish", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": "negative_slope"}),
    "mish": ("Mish", {}),
    "selu": ("Selu", {}),
    "sigmoid": ("Sigmoid", {}),
    "silu": ("Swish", {}),
    "soft_shrink": ("Shrink", {"lambd": "threshold", "bias": "threshold"}),
    "softplus": ("Softplus", {}),
    "softsign": ("Softsign", {}),
    "sparse_sigmoid": ("HardSigmoid", {"alpha": 0.5, "beta": 0.5}),
    "tanh": ("Tanh", {}),
}


def activate(ctx: Context, activation: Named, x: str, layout: Layout) -> str:
    """The activation of a value that lies in `layout`, in the same layout.

    All but glu give the same in whatever order positions stand: a flattened value counts as one of rank 2.
    """
    name = activation.name
    if name == "linear":
        return x
    if name in OPERATORS:
        operator, attributes = OPERATORS[name]
        given = {key: activation[v] if isinstance(v, str) else v for key, v in attributes.items()}
        return elementwise(ctx, operator, x, **given)
    return COMPOSED[name](ctx, activation, x, layout)


def large_negative(dtype: str) -> float:
    """What Keras puts in the place of scores that a mask leaves out: exp makes 0 of it. float16 has no -1e9."""
    return -3e4 if dtype == "float16" else -1e9


def gelu(ctx: Context, activation: Named, x: str, layout: Layout) -> str:
    attributes = {"approximate": "tanh"} if activation["approximate"] else {}
    return elementwise(ctx, "Gelu", x, **attributes)


def glu(ctx: Context, activation: Named, x: str, layout: Layout) -> str:
    """The first half of the axis, weighed by the second half's sigmoid."""
    value, gate = split(ctx, x, 2, _physical(activation, layout))
    return ctx.op("Mul", value, ctx.op("Sigmoid", gate))


def hard_tanh(ctx: Context, activation: Named, x: str, layout: Layout) -> str:
    return ctx.op("Clip", x, ctx.scalar(-1.0), ctx.scalar(1.0))


def log_sigmoid(ctx: Context, activation: Named, x: str, layout: Layout) -> str:
    """-softplus(-x)."""
    return ctx.op("Neg", elementwise(ctx, "Softplus", ctx.op("Neg", x)))


def log_softmax(ctx: Context, activation: Named, x: str, layout: Layout) -> str:
    return ctx.op("LogSoftmax", x, axis=_physical(activation, layout))


def relu(ctx: Context, activation: Named, x: str, layout: Layout) -> str:
    return rectify(ctx, x, activation["max_value"], activation["negative_slope"], activation["threshold"])


def rectify(ctx: Context, x: str, max_value: float | None, negative_slope: float, threshold: float) -> str:
    """Keras's relu: x above the threshold, not at it, up to max_value; less slope · relu(threshold - x)."""
    if negative_slope and max_value is None and not threshold:
        return elementwise(ctx, "LeakyRelu", x, alpha=negative_slope)
    y = _above(ctx, x, max_value, threshold)
    if not negative_slope:
        return y
    below = ctx.op("Relu", ctx.op("Sub", ctx.scalar(threshold), x) if threshold else ctx.op("Neg", x))
    return ctx.op("Sub", y, ctx.op("Mul", below, ctx.scalar(negative_slope)))


def _above(ctx: Context, x: str, max_value: float | None, threshold: float) -> str:
    """x where it is above the threshold, else 0, and at most max_value."""
    if threshold:
        x = elementwise(ctx, "ThresholdedRelu", x, alpha=threshold)
    elif max_value is None:
        return ctx.op("Relu", x)
    return x if max_value is None else ctx.op("Clip", x, ctx.scalar(0.0), ctx.scalar(max_value))


def relu6(ctx: Context, activation: Named, x: str, layout: Layout) -> str:
    return ctx.op("Clip", x, ctx.scalar(0.0), ctx.scalar(6.0))


def softmax(ctx: Context, activation: Named, x: str, layout: Layout) -> str:
    return ctx.op("Softmax", x, axis=_physical(activation, layout))


def sparse_plus(ctx: Context, activation: Named, x: str, layout: Layout) -> str:
    """max(x, s²) with s = (x + 1)/2 held within 0 and 1: from 1 on x is the greater, and up to -1 s is 0."""
    s = elementwise(ctx, "HardSigmoid", x, alpha=0.5, beta=0.5)
    return ctx.op("Max", x, ctx.op("Mul", s, s))


def sparsemax(ctx: Context, activation: Named, x: str, layout: Layout) -> str:
    axis = _physical(activation, layout)
    return widened(ctx, x, ctx.dtype, VIA_FLOAT32, lambda value: _sparsemax(ctx, value, axis))


def _sparsemax(ctx: Context, x: str, axis: int) -> str:
    """max(x - tau, 0). Of the values in descending order z, with running sums c, those with z > (c - 1)/rank
    are the support, and tau = (sum of c over the support - 1) / size of the support.

    Martins and Astudillo (2016, algorithm 1) have the last c of the support in place of that sum, so that the
    result adds up to 1. Keras's does not where the support is larger than one, and Keras's is what is wanted.
    """
    along = ctx.scalar(axis, "axis", "int64")
    zero, one = _scalar(ctx, 0.0), _scalar(ctx, 1.0)
    z, _ = ctx.ops("TopK", x, ctx.size(x, axis), outputs=2, axis=axis)
    sums = ctx.op("CumSum", z, along)
    rank = ctx.op("CumSum", ctx.op("Expand", one, ctx.op("Shape", z)), along)
    support = ctx.op("Greater", z, ctx.op("Div", ctx.op("Sub", sums, one), rank))
    total = reduce(ctx, "ReduceSum", ctx.op("Where", support, sums, zero), [axis])
    count = reduce(ctx, "ReduceSum", ctx.op("Where", support, one, zero), [axis])
    tau = ctx.op("Div", ctx.op("Sub", total, one), count)
    return ctx.op("Relu", ctx.op("Sub", x, tau))


def squareplus(ctx: Context, activation: Named, x: str, layout: Layout) -> str:
    """(x + √(x² + b)) / 2."""
    root = ctx.op("Sqrt", ctx.op("Add", ctx.op("Mul", x, x), ctx.scalar(activation["b"])))
    return ctx.op("Mul", ctx.op("Add", x, root), ctx.scalar(0.5))


def tanh_shrink(ctx: Context, activation: Named, x: str, layout: Layout) -> str:
    return ctx.op("Sub", x, ctx.op("Tanh", x))


def threshold(ctx: Context, activation: Named, x: str, layout: Layout) -> str:
    def select(value: str) -> str:
        above = ctx.op("Greater", value, _scalar(ctx, activation["threshold"]))
        return ctx.op("Where", above, value, _scalar(ctx, activation["default_value"]))

    return widened(ctx, x, ctx.dtype, VIA_FLOAT32, select)


def _scalar(ctx: Context, value: float) -> str:
    """A constant for a value that has been widened."""
    return ctx.scalar(value, dtype=VIA_FLOAT32.get(ctx.dtype, ctx.dtype))


def _physical(activation: Named, layout: Layout) -> int:
    """Where the activation's axis lies."""
    return layout.index(activation["axis"] % len(layout))


COMPOSED: dict[str, Lowering] = {
    "gelu": gelu,
    "glu": glu,
    "hard_tanh": hard_tanh,
    "log_sigmoid": log_sigmoid,
    "log_softmax": log_softmax,
    "relu": relu,
    "relu6": relu6,
    "softmax": softmax,
    "sparse_plus": sparse_plus,
    "sparsemax": sparsemax,
    "squareplus": squareplus,
    "tanh_shrink": tanh_shrink,
    "threshold": threshold,
}
