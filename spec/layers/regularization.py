"""Layers that act while the network is trained, and pass their input on at inference."""

from __future__ import annotations

from typing import Annotated, ClassVar

from ..fields import DataFormat, NonNegativeFloat, PositiveInt, Rate, RateBelowOne, Seed, as_tuple
from ..records import doc
from ..schemas import Before
from ..types import Signature, TensorType
from .base import Layer, LayerError, require_float, require_rank

WITHOUT_WEIGHTS = {"trainable": "it has no weights: leave it out"}


class RegularizationLayer(Layer):
    """A layer that gives its input unchanged at inference."""

    passes_mask: ClassVar[bool] = True

    def infer(self, inputs: TensorType) -> Signature:
        require_float(inputs, type(self).__name__)
        return Signature((inputs,))


class Dropout(RegularizationLayer):
    """In training sets a part of the inputs to 0, and scales the others up by `1 / (1 - rate)`."""

    rate: Rate = doc("Part of the inputs that is set to 0.")
    noise_shape: Annotated[tuple[PositiveInt | None, ...] | None, Before(as_tuple)] = doc(
        "Shape, the batch first, of what is drawn: 1 shares along an axis, null takes the input's size.", None
    )
    seed: Seed = doc("Seed of the draws.", None)

    stepwise: ClassVar[bool] = True

    def infer(self, inputs: TensorType) -> Signature:
        if self.noise_shape is not None:
            self._require_noise_fits(self.noise_shape, inputs)
        return super().infer(inputs)

    def _require_noise_fits(self, noise: tuple[int | None, ...], inputs: TensorType) -> None:
        """Raises LayerError unless the noise's shape broadcasts to the input's. What it has for the batch is
        the user's affair, who alone knows the batch."""
        fits = len(noise) == inputs.rank and all(
            n in (None, 1, size) or not isinstance(size, int)
            for n, size in zip(noise[1:], inputs.features, strict=True)
        )
        if not fits:
            shown = ", ".join("null" if n is None else str(n) for n in noise)
            help = "give one value for each axis, the batch among them: 1, null, or the input's size"
            message = f"noise_shape [{shown}] does not fit the input {inputs}"
            raise LayerError(message, code="NN203", field="noise_shape", help=help)


class AlphaDropout(Dropout):
    """In training sets a part of the inputs to what SELU gives for large negative ones, and keeps mean and
    variance."""

    # Keras divides by the part that is kept.
    rate: RateBelowOne = doc("Part of the inputs that is dropped.")


class GaussianDropout(RegularizationLayer):
    """In training multiplies by normal noise of mean 1 and standard deviation `sqrt(rate / (1 - rate))`."""

    rate: RateBelowOne = doc("Tells the standard deviation of the noise, as that of a Dropout of this rate.")
    seed: Seed = doc("Seed of the draws.", None)

    stepwise: ClassVar[bool] = True


class SpatialDropout1D(RegularizationLayer):
    """Dropout of whole channels of [batch, time, channels]."""

    rate: Rate = doc("Part of the channels that is set to 0.")
    seed: Seed = doc("Seed of the draws.", None)

    refused: ClassVar[dict[str, str]] = WITHOUT_WEIGHTS

    def infer(self, inputs: TensorType) -> Signature:
        require_rank(inputs, 3, "SpatialDropout1D", "batch, time, channels")
        return super().infer(inputs)


class SpatialDropout2D(RegularizationLayer):
    """Dropout of whole channels of images."""

    rate: Rate = doc("Part of the channels that is set to 0.")
    data_format: DataFormat = doc("Whether channels are the last axis or the first.", "channels_last")
    seed: Seed = doc("Seed of the draws.", None)

    refused: ClassVar[dict[str, str]] = WITHOUT_WEIGHTS

    def infer(self, inputs: TensorType) -> Signature:
        require_rank(inputs, 4, "SpatialDropout2D", "batch, height, width, channels")
        return super().infer(inputs)


class SpatialDropout3D(RegularizationLayer):
    """Dropout of whole channels of volumes."""

    rate: Rate = doc("Part of the channels that is set to 0.")
    data_format: DataFormat = doc("Whether channels are the last axis or the first.", "channels_last")
    seed: Seed = doc("Seed of the draws.", None)

    refused: ClassVar[dict[str, str]] = WITHOUT_WEIGHTS

    def infer(self, inputs: TensorType) -> Signature:
        require_rank(inputs, 5, "SpatialDropout3D", "batch, depth, height, width, channels")
        return super().infer(inputs)


class GaussianNoise(RegularizationLayer):
    """In training adds normal noise of mean 0."""

    stddev: Rate = doc("Standard deviation of the noise, from 0 to 1.")
    seed: Seed = doc("Seed of the draws.", None)

    stepwise: ClassVar[bool] = True


class ActivityRegularization(RegularizationLayer):
    """In training adds a penalty on its input to the loss."""

    l1: NonNegativeFloat = doc("Factor of the sum of magnitudes.", 0.0)
    l2: NonNegativeFloat = doc("Factor of the sum of squares.", 0.0)

    stepwise: ClassVar[bool] = True
