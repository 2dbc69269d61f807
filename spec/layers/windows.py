"""What layers over spatial axes share: which axes these are, and how windows move over them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, TypeVar

from ..fields import DataFormat, Margins, PerAxis, inner_strides, margins_of, tuple_of
from ..records import doc, metadata
from ..size import Size, ceil_div
from ..types import FLOATS, TensorType
from .base import Layer, LayerError, require_rank

T = TypeVar("T")

AXES: dict[int, tuple[str, ...]] = {1: ("steps",), 2: ("height", "width"), 3: ("depth", "height", "width")}

# The dtypes of which TensorFlow takes the greatest in windows, and which it interpolates.
WINDOWED = (*FLOATS, "int8", "int16", "int32", "int64", "uint8", "uint16")

# Keras's order of fields, which classes cannot keep by themselves where they share some and not all. (Only
# DepthwiseConv2D has depth_multiplier before data_format.)
_KINDS = ("kernel", "depthwise", "pointwise", "bias")
ORDER = (
    *("filters", "kernel_size", "pool_size", "output_size", "size"),
    *("strides", "padding", "output_padding", "cropping"),
    *("data_format", "keepdims", "interpolation", "dilation_rate", "depth_multiplier", "groups"),
    *("activation", "use_bias"),
    *(f"{kind}_initializer" for kind in _KINDS),
    *(f"{kind}_regularizer" for kind in _KINDS),
    "activity_regularizer",
    *(f"{kind}_constraint" for kind in _KINDS),
)


class Spatial(Layer):
    """A layer over `rank` spatial axes between the batch and the channels, or behind both."""

    rank: ClassVar[int]
    # Keras's order of the fields.
    field_order: ClassVar[tuple[str, ...]] = ORDER

    data_format: DataFormat = doc(
        "Whether the channels are the last axis, or the first behind the batch.", "channels_last"
    )

    @classmethod
    def prepared(cls, name: str, value: Any) -> Any:
        """A number that stands for all axes becomes one for each; tf.nn's form of strides Keras's."""
        marks = metadata(cls, name)
        if Margins in marks:
            return margins_of(value, cls.rank)
        if PerAxis not in marks or value is cls.fields[name].default is None:
            return value
        return tuple_of(inner_strides(value, cls.rank) if name == "strides" else value, cls.rank)

    @property
    def channel_axis(self) -> int:
        return 1 if self.data_format == "channels_first" else self.rank + 1

    @property
    def spatial_axes(self) -> tuple[int, ...]:
        start = 2 if self.data_format == "channels_first" else 1
        return tuple(range(start, start + self.rank))

    def spatial(self, x: TensorType) -> tuple[Size, ...]:
        """The sizes of the spatial axes."""
        return tuple(x.shape[axis] for axis in self.spatial_axes)

    def arranged(self, batch: T, spatial: tuple[T, ...], channels: T) -> tuple[T, ...]:
        """A shape, or what belongs to its axes, in the layer's data format."""
        first = self.data_format == "channels_first"
        return (batch, channels, *spatial) if first else (batch, *spatial, channels)

    def resized(self, x: TensorType, spatial: tuple[Size, ...]) -> TensorType:
        """The type with other spatial sizes."""
        return x.with_shape(*self.arranged(x.batch, spatial, x.shape[self.channel_axis]))

    def require_input(self, x: TensorType, dtypes: tuple[str, ...] | None = None) -> None:
        """Raises LayerError unless the input has the layer's rank, and one of the dtypes if there are any."""
        name = type(self).__name__
        require_rank(x, self.rank + 2, name, ", ".join(self.arranged("batch", AXES[self.rank], "channels")))
        if dtypes is not None and x.dtype not in dtypes:
            raise LayerError(
                f"{name} cannot take {x.dtype}",
                code="NN202",
                help=f"give the input the dtype float32, or put a Rescaling before {name}",
            )


def span(kernel: int, dilation: int = 1) -> int:
    """How many input positions a window reaches over."""
    return (kernel - 1) * dilation + 1


def window_count(size: Size, span: int, stride: int, padding: str) -> Size:
    """How many windows there are along an axis, as TensorFlow counts them."""
    return (size - span) // stride + 1 if padding == "valid" else ceil_div(size, stride)


def require_fit(
    sizes: tuple[Size, ...], window: tuple[int, ...], dilation: tuple[int, ...], *, what: str, field: str
) -> None:
    """Raises LayerError where a window is larger than its input; a dynamic size may be large enough."""
    spans = [span(k, d) for k, d in zip(window, dilation, strict=True)]
    if all(not isinstance(n, int) or s <= n for s, n in zip(spans, sizes, strict=True)):
        return
    axes = zip(sizes, window, dilation, strict=True)
    most = [(n - 1) // d + 1 if isinstance(n, int) else k for n, k, d in axes]
    limit = str(min(most)) if len(set(window)) == 1 else str(most)
    spread = f", spread over {times(spans)} by its dilation," if max(dilation) > 1 else ""
    raise LayerError(
        f'{what} {times(window)}{spread} does not fit input {times(sizes)} with padding "valid"',
        code="NN204",
        field=field,
        help=f"use {field} of at most {limit}, or padding: same",
    )


def times(sizes: Iterable[Size]) -> str:
    """Sizes as people write them: 3x3."""
    return "x".join(map(str, sizes))
