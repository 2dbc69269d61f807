"""Activation functions in ONNX: the operator where the opset has one, a composition where not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ...spec.named import Named
from .context import Context
from .layout import Layout

# (context, the activation with its arguments, the value's name, its layout) -> the result's name
Lowering: TypeAlias = Callable[[Context, Named, str, Layout], str]

# Keras's name -> the operator that computes it with ONNX's defaults, and the attributes where they differ.
OPERATORS: dict[str, tuple[str, dict[str, float]]] = {
    "exponential": ("Exp", {}),
    "hard_sigmoid": ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}),
    "hard_silu": ("HardSwish", {}),
    "selu": ("Selu", {}),
    "sigmoid": ("Sigmoid", {}),
    "softplus": ("Softplus", {}),
    "softsign": ("Softsign", {}),
    "sparse_sigmoid": ("HardSigmoid", {"alpha": 0.5, "beta": 0.5}),
    "tanh": ("Tanh", {}),
}


def activate(ctx: Context, activation: Named, x: str, layout: Layout) -> str:
    """The activation of a value that lies in `layout`."""
    name = activation.name
    if name == "linear":
        return x
    if name in OPERATORS:
        operator, attributes = OPERATORS[name]
        return ctx.op(operator, x, **attributes)
    return COMPOSED[name](ctx, activation, x, layout)


def relu(ctx: Context, activation: Named, x: str, layout: Layout) -> str:
    return ctx.op("Relu", x)


def softmax(ctx: Context, activation: Named, x: str, layout: Layout) -> str:
    axis = activation["axis"] % len(layout)
    return ctx.op("Softmax", x, axis=layout.index(axis))


COMPOSED: dict[str, Lowering] = {"relu": relu, "softmax": softmax}
