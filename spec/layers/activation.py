"""Activation functions as layers. Each works on floats and keeps its input's type; but glu halves an axis."""

from __future__ import annotations

from typing import ClassVar, Literal

from ..activations import AnyActivation
from ..fields import Axes, Float, NonNegativeFloat
from ..initializers import ZEROS, InitializerField
from ..penalties import Constraint, Regularizer
from ..records import doc
from ..size import Size
from ..types import Signature, TensorType, reach_along
from .base import Layer, LayerError, Port, normalize_axes, normalize_axis, require_float, require_min_rank


class ActivationLayer(Layer):
    """A layer that applies one function to its input."""

    passes_mask: ClassVar[bool] = True
    stepwise: ClassVar[bool] = True

    def infer(self, inputs: TensorType) -> Signature:
        require_float(inputs, type(self).__name__)
        return Signature((inputs,))


class Activation(ActivationLayer):
    """Applies an activation function."""

    activation: AnyActivation = doc("The function.")

    @property
    def autocast(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Keras has glu as a function, and functions do not cast."""
        return self.activation.name != "glu"

    def infer(self, inputs: TensorType) -> Signature:
        require_float(inputs, "Activation")
        if self.activation.name == "glu":
            return Signature((self._halved(inputs),))
        return Signature((inputs,))

    def _halved(self, inputs: TensorType) -> TensorType:
        """The type that glu gives: it splits its axis in two, and weighs one half by the other's sigmoid."""
        axis = normalize_axis(self.activation["axis"], inputs.rank, "activation")
        size = inputs.shape[axis]
        if not isinstance(size, int):
            help = "give that axis of the input a number, or name another with {glu: {axis: …}}"
            message = f"glu halves axis {axis}, whose size {size} is dynamic"
            raise LayerError(message, code="NN207", field="activation", help=help)
        if size % 2:
            help = f"give that axis an even size, such as {size + 1}"
            message = f"glu halves axis {axis}, whose size {size} is odd"
            raise LayerError(message, code="NN206", field="activation", help=help)
        return inputs.with_shape(*inputs.shape[:axis], size // 2, *inputs.shape[axis + 1 :])


class ReLU(ActivationLayer):
    """`max(x, 0)`, with an upper bound, a slope below and a threshold if asked for."""

    max_value: NonNegativeFloat | None = doc("The greatest output; null for no bound.", None)
    negative_slope: NonNegativeFloat = doc("Slope below the threshold.", 0.0)
    threshold: NonNegativeFloat = doc("Inputs up to it are damped.", 0.0)


class LeakyReLU(ActivationLayer):
    """`x` where it is positive, `negative_slope · x` elsewhere."""

    negative_slope: NonNegativeFloat = doc("Slope of negative inputs.", 0.3)

    refused: ClassVar[dict[str, str]] = {"alpha": "Keras 3 calls it negative_slope"}


class PReLU(ActivationLayer):
    """LeakyReLU whose slopes are learned, one for each position of a sample."""

    alpha_initializer: InitializerField = doc("How the slopes begin.", ZEROS)
    alpha_regularizer: Regularizer = doc("Penalty on the slopes.", None)
    alpha_constraint: Constraint = doc("Projection of the slopes after each step.", None)
    shared_axes: Axes | None = doc("Axes, from 1, along which a slope is shared.", None)

    stepwise: ClassVar[bool] = False

    def infer(self, inputs: TensorType) -> Signature:
        require_float(inputs, "PReLU")
        require_min_rank(inputs, 2, "PReLU")
        shared = self.shared_axes or ()
        for axis in shared:
            self._require_shareable(axis, inputs)
        sizes = [1 if axis in shared else size for axis, size in enumerate(inputs.shape)]
        shape = tuple(self._own(axis, size) for axis, size in enumerate(sizes) if axis)
        return Signature((inputs,), (self.weight("alpha", shape, self.alpha_initializer),))

    def _require_shareable(self, axis: int, inputs: TensorType) -> None:
        if not 1 <= axis < inputs.rank:
            message = f"axis {axis} cannot be shared in an input of rank {inputs.rank}"
            help = f"shared axes go from 1 to {inputs.rank - 1}"
            raise LayerError(message, code="NN201", field="shared_axes", help=help)

    def _own(self, axis: int, size: Size) -> int:
        if isinstance(size, int):
            return size
        help = f"add {axis} to shared_axes, or give that axis of the input a number"
        message = (
            f"axis {axis} of the input has the dynamic size {size}, and would need a slope for each position"
        )
        raise LayerError(message, code="NN207", field="shared_axes" if self.shared_axes else None, help=help)


class ELU(ActivationLayer):
    """`x` where it is positive, `alpha · (exp(x) - 1)` elsewhere."""

    alpha: Float = doc("What the output tends to, negated, for very negative inputs.", 1.0)


class Softmax(ActivationLayer):
    """Probabilities along one or several axes; 0 where a `mask` is false, as if the input were not there."""

    axis: Axes = doc("The axis, or axes together, along which outputs add up to 1.", (-1,))

    ports: ClassVar[tuple[Port, ...]] = (Port("inputs"), Port("mask", optional=True))
    mask_source: ClassVar[Literal["call", "tensor"] | None] = "call"

    def infer(self, inputs: TensorType, mask: TensorType | None = None) -> Signature:
        require_float(inputs, "Softmax")
        axes = normalize_axes(self.axis, inputs.rank)
        if mask is not None:
            _require_mask_fits(mask, inputs)
        elif inputs.masked:
            message = "Softmax applies the mask of its input, and a mask over batch and time does not fit"
            help = "use Activation: softmax, which only passes it on, or give one: from: {inputs: …, mask: …}"
            raise LayerError(message, code="NN203", help=help)
        return Signature((inputs,), reach=reach_along(axes, inputs.rank))

    def output_mask(self, *inputs: TensorType) -> bool:
        return inputs[0].masked


def _require_mask_fits(mask: TensorType, inputs: TensorType) -> None:
    """Raises LayerError unless each axis of the mask, from the last, is 1 or the input's."""
    pairs = list(zip(reversed(mask.shape), reversed(inputs.shape), strict=False))
    clash = any(m not in (1, n) and isinstance(m, int) and isinstance(n, int) for m, n in pairs)
    if mask.rank > inputs.rank or clash:
        help = "from the last axis on, each size of the mask must be 1 or the input's"
        raise LayerError(f"the mask {mask} does not fit the input {inputs}", code="NN203", help=help)
