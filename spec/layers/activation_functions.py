"""Activation functions of `keras.ops` by their own names. ReLU, LeakyReLU, ELU and Softmax are layers."""

from __future__ import annotations

from typing import ClassVar

from ..fields import Float, Int, NonNegativeFloat, PositiveFloat
from ..records import doc
from ..types import Signature, TensorType, reach_along
from .base import normalize_axis
from .elementwise import NUMBERS, Elementwise, FloatCurve


class Celu(FloatCurve, op="celu"):
    """`x` where it is positive, `alpha · (exp(x / alpha) - 1)` elsewhere."""

    alpha: PositiveFloat = doc("What the output tends to, negated, for very negative inputs.", 1.0)


class Gelu(FloatCurve, op="gelu"):
    """`x` times the probability that a normal variable is below it."""

    approximate: bool = doc("Whether tanh approximates the probability.", True)


class HardShrink(FloatCurve, op="hard_shrink"):
    """`x`, and 0 up to a threshold on either side."""

    threshold: NonNegativeFloat = doc("Magnitudes up to it become 0.", 0.5)


class HardSigmoid(FloatCurve, op="hard_sigmoid"):
    """`x / 6 + 0.5` held within 0 and 1."""


class HardSilu(FloatCurve, op="hard_silu"):
    """`x` times its hard sigmoid."""


class HardTanh(FloatCurve, op="hard_tanh"):
    """`x` held within -1 and 1."""


class LogSigmoid(FloatCurve, op="log_sigmoid"):
    """Logarithm of the sigmoid."""


class Relu6(Elementwise, op="relu6"):
    """`x` held within 0 and 6."""

    takes: ClassVar[tuple[str, ...]] = NUMBERS


class Selu(FloatCurve, op="selu"):
    """ELU times a factor, with which the output of a deep network keeps its mean and variance."""


class Sigmoid(FloatCurve, op="sigmoid"):
    """`1 / (1 + exp(-x))`."""


class Silu(FloatCurve, op="silu"):
    """`x` times its sigmoid."""


class SoftShrink(FloatCurve, op="soft_shrink"):
    """`x` moved towards 0 by a threshold, and 0 up to it."""

    threshold: NonNegativeFloat = doc("How far numbers move.", 0.5)


class Softplus(FloatCurve, op="softplus"):
    """`log(1 + exp(x))`."""


class Softsign(FloatCurve, op="softsign"):
    """`x / (1 + |x|)`."""


class SparsePlus(FloatCurve, op="sparse_plus"):
    """0 up to -1, `x` from 1 on, a parabola between them."""


class SparseSigmoid(FloatCurve, op="sparse_sigmoid"):
    """`(x + 1) / 2` held within 0 and 1."""


class Squareplus(FloatCurve, op="squareplus"):
    """`(x + √(x² + b)) / 2`."""

    b: NonNegativeFloat = doc("How smooth the bend is.", 4.0)


class TanhShrink(FloatCurve, op="tanh_shrink"):
    """`x - tanh(x)`."""


class Threshold(FloatCurve, op="threshold"):
    """`x` above a threshold, a number up to it."""

    threshold: Float = doc("Inputs up to it are replaced.")
    default_value: Float = doc("In their place.")


class AlongAxis(FloatCurve):
    """An activation along one axis."""

    axis: Int = doc("The axis, the batch being axis 0.", -1)

    def infer(self, x: TensorType) -> Signature:
        axis = normalize_axis(self.axis, x.rank)
        return super().infer(x)._replace(reach=reach_along((axis,), x.rank))


class LogSoftmax(AlongAxis, op="log_softmax"):
    """Logarithms of the probabilities along an axis that softmax gives."""


class Sparsemax(AlongAxis, op="sparsemax"):
    """Probabilities along an axis, of which many are 0."""

    # Of float16 Keras computes it step by step only, and not in `predict`.
    takes: ClassVar[tuple[str, ...]] = ("bfloat16", "float32", "float64")
