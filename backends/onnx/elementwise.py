"""Element-wise operators that not every opset has, or not for every dtype: composed where one is missing.

The dtypes are those that both the operator's definition and onnxruntime's CPU provider take, and bfloat16,
which goes through float32.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .context import Context
from .formulas import erf
from .operators import VIA_FLOAT32, widened

SINGLE = ("bfloat16", "float32")
HALF = ("bfloat16", "float16", "float32")
ALL = ("bfloat16", "float16", "float32", "float64")

# Operator -> the opset that brought it, among those that are offered, and the dtypes that it is used for.
NATIVE: dict[str, tuple[int, tuple[str, ...]]] = {
    "Celu": (15, SINGLE),
    "Elu": (15, HALF),
    "Gelu": (20, HALF),
    "HardSigmoid": (15, HALF),
    "HardSwish": (15, HALF),
    "LeakyRelu": (15, HALF),
    "Mish": (18, HALF),
    "Selu": (15, HALF),
    "Softplus": (15, HALF),
    "Softsign": (15, HALF),
    "Swish": (24, ALL),
    "ThresholdedRelu": (15, HALF),
}

# Of Klambauer et al. (2017), as ONNX and TensorFlow have them.
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


def elementwise(ctx: Context, operator: str, x: str, **attributes: Any) -> str:
    """The operator, or its composition, on a value of the dtype that the layer computes in."""
    since, dtypes = NATIVE.get(operator, (15, ALL))
    if ctx.opset < since or ctx.dtype not in dtypes:
        return COMPOSED[operator](ctx, x, **attributes)
    return widened(ctx, x, ctx.dtype, VIA_FLOAT32, lambda value: ctx.op(operator, value, **attributes))


def celu(ctx: Context, x: str, alpha: float) -> str:
    """max(x, 0) + alpha · (exp(min(x, 0) / alpha) - 1)."""
    below, factor = ctx.op("Min", x, ctx.scalar(0.0)), ctx.scalar(alpha)
    curve = _exp_minus_one(ctx, ctx.op("Div", below, factor))
    return ctx.op("Add", ctx.op("Relu", x), ctx.op("Mul", curve, factor))


def elu(ctx: Context, x: str, alpha: float) -> str:
    """max(x, 0) + alpha · (exp(min(x, 0)) - 1)."""
    curve = _exp_minus_one(ctx, ctx.op("Min", x, ctx.scalar(0.0)))
    return ctx.op("Add", ctx.op("Relu", x), ctx.op("Mul", curve, ctx.scalar(alpha)))


def gelu(ctx: Context, x: str, approximate: str = "none") -> str:
    """x/2 · (1 + erf(x/√2)); or, as an approximation, with tanh(√(2/π) · (x + 0.044715 x³)) for erf."""
    curve = _gelu_tanh(ctx, x) if approximate == "tanh" else _gelu_erf(ctx, x)
    half = ctx.op("Mul", x, ctx.scalar(0.5))
    return ctx.op("Mul", half, ctx.op("Add", curve, ctx.scalar(1.0)))


def _gelu_erf(ctx: Context, x: str) -> str:
    scaled = ctx.op("Mul", x, ctx.scalar(math.sqrt(0.5)))
    return erf(ctx, scaled) if ctx.dtype == "float64" else ctx.op("Erf", scaled)


def _gelu_tanh(ctx: Context, x: str) -> str:
    cube = ctx.op("Mul", ctx.op("Mul", x, x), x)
    inner = ctx.op("Add", x, ctx.op("Mul", cube, ctx.scalar(0.044715)))
    return ctx.op("Tanh", ctx.op("Mul", inner, ctx.scalar(math.sqrt(2 / math.pi))))


def hard_sigmoid(ctx: Context, x: str, alpha: float, beta: float) -> str:
    line = ctx.op("Add", ctx.op("Mul", x, ctx.scalar(alpha)), ctx.scalar(beta))
    return ctx.op("Clip", line, ctx.scalar(0.0), ctx.scalar(1.0))


def hard_swish(ctx: Context, x: str) -> str:
    return ctx.op("Mul", x, elementwise(ctx, "HardSigmoid", x, alpha=1 / 6, beta=0.5))


def leaky_relu(ctx: Context, x: str, alpha: float) -> str:
    """max(x, 0) - alpha · max(-x, 0)."""
    below = ctx.op("Mul", ctx.op("Relu", ctx.op("Neg", x)), ctx.scalar(alpha))
    return ctx.op("Sub", ctx.op("Relu", x), below)


def mish(ctx: Context, x: str) -> str:
    return ctx.op("Mul", x, ctx.op("Tanh", elementwise(ctx, "Softplus", x)))


def selu(ctx: Context, x: str) -> str:
    return ctx.op("Mul", elementwise(ctx, "Elu", x, alpha=SELU_ALPHA), ctx.scalar(SELU_SCALE))


def softplus(ctx: Context, x: str) -> str:
    """log(1 + exp(x)) as max(x, 0) + log(1 + exp(-|x|)), in which nothing overflows."""
    decay = ctx.op("Exp", ctx.op("Neg", ctx.op("Abs", x)))
    return ctx.op("Add", ctx.op("Relu", x), ctx.op("Log", ctx.op("Add", decay, ctx.scalar(1.0))))


def softsign(ctx: Context, x: str) -> str:
    return ctx.op("Div", x, ctx.op("Add", ctx.op("Abs", x), ctx.scalar(1.0)))


def swish(ctx: Context, x: str) -> str:
    return ctx.op("Mul", x, ctx.op("Sigmoid", x))


def thresholded_relu(ctx: Context, x: str, alpha: float) -> str:
    return ctx.op("Where", ctx.op("Greater", x, ctx.scalar(alpha)), x, ctx.scalar(0.0))


def _exp_minus_one(ctx: Context, x: str) -> str:
    return ctx.op("Sub", ctx.op("Exp", x), ctx.scalar(1.0))


COMPOSED: dict[str, Callable[..., str]] = {
    "Celu": celu,
    "Elu": elu,
    "Gelu": gelu,
    "HardSigmoid": hard_sigmoid,
    "HardSwish": hard_swish,
    "LeakyRelu": leaky_relu,
    "Mish": mish,
    "Selu": selu,
    "Softplus": softplus,
    "Softsign": softsign,
    "Swish": swish,
    "ThresholdedRelu": thresholded_relu,
}
