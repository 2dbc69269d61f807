"""What the layers share that change images while the network is trained, and pass them on at inference."""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic_core import PydanticCustomError

from ..fields import DataFormat, lower
from ..records import doc
from ..schemas import Before, Parsed
from ..size import Size
from ..types import Signature, TensorType, is_float
from .base import Layer, LayerError, require_rank

SIZES = ("height", "width")


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def pair_of_numbers(value: Any) -> tuple[Any, Any] | None:
    """Two finite numbers of a list; None for anything else."""
    pair = tuple(value) if isinstance(value, list | tuple) else ()
    return pair if len(pair) == 2 and all(map(is_number, pair)) else None


def parse_range(value: Any) -> tuple[float, float]:
    """The least and the greatest value of a pixel. Raises PydanticCustomError."""
    pair = pair_of_numbers(value)
    if pair is None:
        context = {"code": "NN103", "help": "write the least and the greatest value: [0, 1]"}
        raise PydanticCustomError("value_range", "must be a list of two numbers", context)
    if pair[0] >= pair[1]:
        context = {"code": "NN104", "help": "write the least value first"}
        raise PydanticCustomError("value_range", "must go from the least value to the greatest", context)
    return pair


def factor_within(least: float, most: float, *, above: bool = False, whole: bool = False) -> Parsed:
    """What reads one number of a range, which is `above` its least number or at it, or a list of two."""
    kind = "integer" if whole else "number"
    bounds = f"above {least} and up to {most}" if above else f"from {least} to {most}"

    def parse(value: Any) -> Any:
        numbers = (value,) if is_number(value) else pair_of_numbers(value)
        if numbers is None or (whole and not all(isinstance(number, int) for number in numbers)):
            context = {"kind": kind, "code": "NN103", "help": f"write {kind}s {bounds}"}
            raise PydanticCustomError("factor", "must be a {kind}, or a list of two", context)
        if any(not least <= number <= most or (above and number == least) for number in numbers):
            context = {"bounds": bounds, "code": "NN104", "help": f"write {kind}s {bounds}"}
            raise PydanticCustomError("factor", "must be {bounds}", context)
        return value if is_number(value) else numbers

    return Parsed(parse, words=f"{kind} {bounds}, or a list of two")


Range: TypeAlias = Annotated[Any, Parsed(parse_range, words="list of two numbers")]
Fraction: TypeAlias = Annotated[Any, factor_within(0, 1)]
SignedFraction: TypeAlias = Annotated[Any, factor_within(-1, 1)]
Interpolation: TypeAlias = Annotated[Literal["nearest", "bilinear"], Before(lower)]
FillMode: TypeAlias = Annotated[Literal["reflect", "wrap", "constant", "nearest"], Before(lower)]

# Fields of many of the layers, each of which declares them in Keras's order.
VALUE_RANGE = doc("The least and the greatest value that a pixel may have.", (0, 255))
DATA_FORMAT = doc("Whether the channels are the last axis, or the first behind the batch.", "channels_last")
SEED = doc("Seed of the draws.", None)
INTERPOLATION = doc("How values between pixels are found.", "bilinear")
FILL_MODE = doc("What stands beyond the edges.", "reflect")
FILL_VALUE = doc("What stands beyond the edges where fill_mode is constant.", 0.0)

# In training they run as a graph, where Keras cannot draw in half precision what they draw.
HALF = ("float16",)


class Augmentation(Layer):
    """A layer over images that acts in training only. It has no weights.

    What is refused is what Keras takes and then cannot train with, or gives another type at inference than declared.
    """

    data_format: DataFormat

    refused: ClassVar[dict[str, str]] = {
        "bounding_box_format": "a network takes images alone: move boxes along in the data pipeline"
    }
    # How many channels there may be; any number where it is empty.
    channels: ClassVar[tuple[int, ...]] = ()
    # Whether height and width must be known, for training to run as a graph.
    sized: ClassVar[bool] = False
    # Whether whole numbers become floats at inference too, and not in training only.
    takes_whole: ClassVar[bool] = True
    # The dtypes that it cannot be trained in.
    untrainable: ClassVar[tuple[str, ...]] = ()

    @property
    def channel_axis(self) -> int:
        return 1 if self.data_format == "channels_first" else 3

    def spatial(self, x: TensorType) -> tuple[Size, Size]:
        """Height and width."""
        start = 2 if self.data_format == "channels_first" else 1
        return x.shape[start], x.shape[start + 1]

    def allowed_channels(self) -> tuple[int, ...]:
        """How many channels there may be, given the fields; empty for any number."""
        return self.channels

    def infer(self, inputs: TensorType) -> Signature:
        self._require_images(inputs)
        self._require_dtype(inputs)
        self._require_sizes(inputs)
        return Signature((TensorType(inputs.shape, self.policy.compute),))

    def _require_images(self, inputs: TensorType) -> None:
        """Raises LayerError for a rank other than 4: of rank 3, Keras takes the whole batch for one image."""
        first = self.data_format == "channels_first"
        axes = "batch, channels, height, width" if first else "batch, height, width, channels"
        require_rank(inputs, 4, type(self).__name__, axes)

    def _require_dtype(self, inputs: TensorType) -> None:
        name, dtype = type(self).__name__, self.policy.compute
        if not is_float(inputs.dtype) and not self.takes_whole:
            message = (
                f"{name} takes floats: of {inputs.dtype} it makes {dtype} in training, and not at inference"
            )
            raise LayerError(message, code="NN202", help="put Rescaling: 1 before it, which gives floats")
        if dtype in self.untrainable:
            message = f"{name} cannot be trained in {dtype}"
            raise LayerError(message, code="NN202", help="give it dtype: float32")

    def _require_sizes(self, inputs: TensorType) -> None:
        name, allowed = type(self).__name__, self.allowed_channels()
        channels = inputs.shape[self.channel_axis]
        if allowed and channels not in allowed:
            counts = " or ".join(map(str, allowed))
            message = f"{name} takes images of {counts} channels, not of {channels}"
            raise LayerError(message, code="NN203", help=self._channels_help(channels))
        sizes = (*self.spatial(inputs), channels)
        if self.sized and not all(isinstance(size, int) for size in sizes):
            message = f"{name} cannot be trained on images of dynamic sizes"
            raise LayerError(message, code="NN207", help="give height, width and channels numbers")

    def _channels_help(self, channels: Size) -> str:
        if not isinstance(channels, int):
            return "give the channels a number"
        other = "channels_last" if self.data_format == "channels_first" else "channels_first"
        return f"give the images as many channels, or data_format: {other} if they lie so"
