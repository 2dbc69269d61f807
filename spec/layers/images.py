"""Functions of `keras.ops` over images and volumes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic_core import PydanticCustomError

from ..fields import MAX_SIZE, OneOrMany, PositiveInt, as_tuple, many
from ..records import doc
from ..schemas import Before, Bounds
from ..size import Size, product
from ..types import FLOATS, Signature, TensorType, Window
from .base import LayerError, Port
from .functions import Function
from .resizing import Interpolated
from .windows import Spatial, require_fit, span, window_count


def sides(value: Any) -> Any:
    """One number for both axes of an image, or one for each axis of an image or a volume."""
    if isinstance(value, list | tuple):
        if len(value) not in (2, 3):
            context = {"given": len(value), "help": "write [height, width] or [depth, height, width]"}
            raise PydanticCustomError("tuple_length", "must be a list of 2 or 3, not of {given}", context)
        return tuple(value)
    return (value, value)


Counts: TypeAlias = Annotated[tuple[PositiveInt, ...], Before(many), OneOrMany]
OptionalCounts: TypeAlias = Annotated[tuple[PositiveInt, ...] | None, Before(many), OneOrMany]
BlockSize: TypeAlias = Annotated[int, Bounds(ge=2, le=MAX_SIZE)]


class Resize(Function, Interpolated, op="image.resize"):
    """Brings images to a given size by interpolation. Whole numbers are rounded again."""

    size: Annotated[tuple[PositiveInt, PositiveInt], Before(as_tuple)] = doc(
        "Height and width of the output."
    )

    ports: ClassVar[tuple[Port, ...]] = (Port("images"),)
    field_order: ClassVar[tuple[str, ...]] = (
        *("size", "interpolation", "antialias", "crop_to_aspect_ratio", "pad_to_aspect_ratio"),
        *("fill_mode", "fill_value", "data_format"),
    )

    @property
    def made(self) -> tuple[int, int]:
        return self.size

    def infer(self, images: TensorType) -> Signature:
        return self.type_of(images)


class Blocks(Function, Spatial):
    """What functions between positions and channels share: blocks of an image, row by row, stand in the channels."""

    rank: ClassVar[int] = 2
    field_order: ClassVar[tuple[str, ...]] = ("block_size", "data_format")

    block_size: BlockSize = doc("Height and width of a block.")

    def quotient(self, size: Size, by: int, what: str, help: str) -> Size:
        """The size divided. Raises LayerError where that leaves a rest; a dynamic size is held to it elsewhere."""
        if isinstance(size, int) and size % by:
            raise LayerError(
                f"the {what} {size} is not divisible by {by}",
                code="NN206",
                field="block_size",
                help=help,
            )
        return size // by


class DepthToSpace(Blocks, op="depth_to_space"):
    """Takes blocks of an image out of its channels."""

    def infer(self, x: TensorType) -> Signature:
        self.require_input(x)
        count = self.block_size**2
        help = f"let what comes before give a multiple of {count} channels"
        channels = self.quotient(x.shape[self.channel_axis], count, "number of channels", help)
        spatial = tuple(size * self.block_size for size in self.spatial(x))
        return Signature((x.with_shape(*self.arranged(x.batch, spatial, channels)),), reach="all")

    def divided(self, *inputs: TensorType) -> Iterator[tuple[Size, int]]:
        (x,) = inputs
        yield x.shape[self.channel_axis], self.block_size**2


class SpaceToDepth(Blocks, op="space_to_depth"):
    """Puts blocks of an image into its channels."""

    def infer(self, x: TensorType) -> Signature:
        self.require_input(x)
        channels = x.shape[self.channel_axis] * self.block_size**2
        help = f"cut or pad the image to a multiple of {self.block_size}, or choose another block_size"
        spatial = tuple(
            self.quotient(size, self.block_size, what, help)
            for size, what in zip(self.spatial(x), ("height", "width"), strict=True)
        )
        reach = (Window(self.block_size, self.block_size),) * 2
        return Signature((x.with_shape(*self.arranged(x.batch, spatial, channels)),), reach=reach)

    def divided(self, *inputs: TensorType) -> Iterator[tuple[Size, int]]:
        (x,) = inputs
        yield from ((size, self.block_size) for size in self.spatial(x))


class ExtractPatches(Function, Spatial, op="image.extract_patches"):
    """Windows of an image, or of a volume where `size` has three numbers, as channels: position by position, each with
    its channels."""

    size: Annotated[tuple[PositiveInt, ...], Before(sides)] = doc(
        "Size of a window along each axis: two numbers or three."
    )
    strides: OptionalCounts = doc("How far the window moves along each axis, if not its own size.", None)
    dilation_rate: Counts = doc("Distance between the positions that the window takes.", (1,))
    padding: Literal["valid", "same"] = doc(
        '"valid" adds none; "same" gives a window to each position, or stride of them.', "valid"
    )

    ports: ClassVar[tuple[Port, ...]] = (Port("images"),)
    field_order: ClassVar[tuple[str, ...]] = ("size", "strides", "dilation_rate", "padding", "data_format")

    @property
    def rank(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """How many axes a window has."""
        return len(self.size)

    @property
    def steps(self) -> tuple[int, ...]:
        """How far the window moves along each axis. Raises LayerError for another number of strides."""
        return self.size if self.strides is None else self._for_each_axis("strides", self.strides)

    @property
    def dilations(self) -> tuple[int, ...]:
        """The dilation along each axis. Raises LayerError for another number of them."""
        return self._for_each_axis("dilation_rate", self.dilation_rate)

    @property
    def spans(self) -> tuple[int, ...]:
        """How many input positions the window reaches over along each axis."""
        return tuple(map(span, self.size, self.dilations))

    def infer(self, images: TensorType) -> Signature:
        # Keras convolves; TensorFlow has that for one kind of integers.
        planes = self.rank == 2 and self.data_format == "channels_last"
        self.require_input(images, (*FLOATS, "int32") if planes else FLOATS)
        self._require_stride_or_dilation()
        sizes = self.spatial(images)
        if self.padding == "valid":
            require_fit(sizes, self.size, self.dilations, what="window", field="size")
        axes = zip(sizes, self.spans, self.steps, strict=True)
        windows = tuple(window_count(size, reached, step, self.padding) for size, reached, step in axes)
        channels = self._channels(images) * product(self.size)
        output = images.with_shape(*self.arranged(images.batch, windows, channels))
        return Signature((output,), reach=tuple(map(Window, self.spans, self.steps)))

    def _channels(self, images: TensorType) -> int:
        channels = images.shape[self.channel_axis]
        if isinstance(channels, int):
            return channels
        message = f"ExtractPatches cannot take the dynamic number {channels} of channels"
        raise LayerError(message, code="NN207", help="give that axis of the input a number")

    def _for_each_axis(self, field: str, values: tuple[int, ...]) -> tuple[int, ...]:
        if len(values) in (1, self.rank):
            return values if len(values) == self.rank else values * self.rank
        message = f"{field} has {len(values)} numbers, and a window {self.rank} axes"
        raise LayerError(message, code="NN104", field=field, help="write one number, or one for each axis")

    def _require_stride_or_dilation(self) -> None:
        if max(self.steps) > 1 and max(self.dilations) > 1:
            raise LayerError(
                "ExtractPatches cannot have strides and a dilation rate that are both above 1",
                code="NN104",
                field="dilation_rate",
                help="write strides: 1, as strides are else the window's size",
            )
