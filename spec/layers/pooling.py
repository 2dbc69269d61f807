"""Pooling: one number for each window, or for the whole of each channel."""

from __future__ import annotations

from typing import ClassVar, Literal

from ..fields import OptionalSizes, Padding, Sizes
from ..records import doc
from ..types import FLOATS, Signature, TensorType, Window, is_float
from .base import LayerError
from .windows import WINDOWED, Spatial, require_fit, window_count

# What TensorFlow pools in three dimensions; float16 on a GPU only.
VOLUMES = ("float16", "bfloat16", "float32")


class Pooling(Spatial):
    """What all pooling over windows has."""

    # The dtypes that TensorFlow has the pooling for.
    dtypes: ClassVar[tuple[str, ...]]

    pool_size: Sizes = doc("Size of the window along each spatial axis.")
    strides: OptionalSizes = doc(
        "How far the window moves along each spatial axis, if not its own size.", None
    )
    padding: Padding = doc(
        '"valid" adds none; "same" gives a window to each position, or stride of them.', "valid"
    )

    @property
    def steps(self) -> tuple[int, ...]:
        """How far the window moves along each axis."""
        return self.strides or self.pool_size

    def infer(self, inputs: TensorType) -> Signature:
        self.require_input(inputs, self.dtypes)
        sizes = self.spatial(inputs)
        if self.padding == "valid":
            require_fit(sizes, self.pool_size, (1,) * self.rank, what="window", field="pool_size")
        windows = tuple(
            window_count(size, window, stride, self.padding)
            for size, window, stride in zip(sizes, self.pool_size, self.steps, strict=True)
        )
        reach = tuple(map(Window, self.pool_size, self.steps))
        return Signature((self.resized(inputs, windows),), reach=reach)


class MaxPooling(Pooling):
    """The greatest number in each window, of any rank."""

    dtypes: ClassVar[tuple[str, ...]] = WINDOWED

    pool_size: Sizes = doc("Size of the window along each spatial axis.", 2)


class MaxPooling1D(MaxPooling):
    """The greatest number in each window of steps, channel by channel."""

    rank: ClassVar[int] = 1


class MaxPooling2D(MaxPooling):
    """The greatest number in each window of an image, channel by channel."""

    rank: ClassVar[int] = 2


class MaxPooling3D(MaxPooling):
    """The greatest number in each window of a volume, channel by channel."""

    dtypes: ClassVar[tuple[str, ...]] = VOLUMES

    rank: ClassVar[int] = 3


class AveragePooling(Pooling):
    """The mean of each window, of any rank. What padding adds does not count."""

    dtypes: ClassVar[tuple[str, ...]] = FLOATS


class AveragePooling1D(AveragePooling):
    """The mean of each window of steps, channel by channel."""

    rank: ClassVar[int] = 1


class AveragePooling2D(AveragePooling):
    """The mean of each window of an image, channel by channel."""

    rank: ClassVar[int] = 2


class AveragePooling3D(AveragePooling):
    """The mean of each window of a volume, channel by channel."""

    dtypes: ClassVar[tuple[str, ...]] = VOLUMES

    rank: ClassVar[int] = 3


class GlobalPooling(Spatial):
    """What all pooling over whole channels has."""

    keepdims: bool = doc("Whether the spatial axes stay, with size 1.", False)

    def infer(self, inputs: TensorType) -> Signature:
        self.require_input(inputs)
        channels = inputs.shape[self.channel_axis]
        kept = self.arranged(inputs.batch, (1,) * self.rank, channels)
        shape = kept if self.keepdims else (inputs.batch, channels)
        return Signature((TensorType(shape, self.output_dtype(inputs.dtype)),), reach="all")

    def output_dtype(self, dtype: str) -> str:
        return dtype


class GlobalMaxPooling1D(GlobalPooling):
    """The greatest number of each channel over all steps."""

    rank: ClassVar[int] = 1


class GlobalMaxPooling2D(GlobalPooling):
    """The greatest number of each channel over the whole image."""

    rank: ClassVar[int] = 2


class GlobalMaxPooling3D(GlobalPooling):
    """The greatest number of each channel over the whole volume."""

    rank: ClassVar[int] = 3


class GlobalAveragePooling(GlobalPooling):
    """The mean of each channel, of any rank."""

    def output_dtype(self, dtype: str) -> str:
        """Keras averages whole numbers in float32."""
        return dtype if is_float(dtype) else "float32"


class GlobalAveragePooling1D(GlobalAveragePooling):
    """The mean of each channel over all steps that are not masked."""

    rank: ClassVar[int] = 1
    mask_source: ClassVar[Literal["call", "tensor"] | None] = "call"

    def infer(self, inputs: TensorType) -> Signature:
        signature = super().infer(inputs)
        if inputs.masked and self.data_format == "channels_first" and inputs.shape[1] != inputs.shape[2]:
            raise LayerError(
                f"the mask has {inputs.shape[1]} steps and the input {inputs.shape[2]}",
                code="NN203",
                field="data_format",
                help="use channels_last, or put the pooling where there is no mask",
            )
        return signature


class GlobalAveragePooling2D(GlobalAveragePooling):
    """The mean of each channel over the whole image."""

    rank: ClassVar[int] = 2


class GlobalAveragePooling3D(GlobalAveragePooling):
    """The mean of each channel over the whole volume."""

    rank: ClassVar[int] = 3
