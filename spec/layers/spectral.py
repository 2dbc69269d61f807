"""Spectrograms: how much of each frequency there is in windows along time."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic_core import PydanticCustomError

from ..fields import (
    DataFormat,
    Float,
    NonNegativeFloat,
    OptionalCount,
    Padding,
    PositiveFloat,
    PositiveInt,
    lower,
)
from ..initializers import WINDOWS, FourierKernel
from ..problems import Problem, problem
from ..records import doc
from ..schemas import Before, Bounds, Parsed
from ..size import Size
from ..types import Reach, Signature, TensorType, WeightSpec, Window
from .augmentation import is_number
from .base import Layer, LayerError, known, require_rank
from .windows import require_fit, window_count

Mode: TypeAlias = Literal["log", "magnitude", "psd", "real", "imag", "angle", "stft"]

# Windows that are 0 at both ends, and so everywhere where they have two positions.
ZERO_ENDED = ("hann", "bartlett", "blackman")


def window_of(*names: str) -> Parsed:
    """What reads the name of a window, or its values."""

    def parse(value: Any) -> Any:
        if value is None or value in names:
            return value
        if isinstance(value, list | tuple) and value and all(map(is_number, value)):
            return tuple(map(float, value))
        context = {"names": ", ".join(names), "code": "NN104", "help": "or give its values: [0.5, 1.0, 0.5]"}
        raise PydanticCustomError("window", "must be one of {names}, or a list of numbers", context)

    return Parsed(parse, words=f"{' | '.join(names)}, or a list of numbers, or null")


class STFTSpectrogram(Layer):
    """Short-time Fourier transform of [batch, time, channels] by convolutions, whose kernels can be trained."""

    mode: Annotated[Mode, Before(lower)] = doc("What is given of each frequency.", "log")
    frame_length: Annotated[int, Bounds(ge=2, le=2**20)] = doc("Length of a window.", 256)
    frame_step: OptionalCount = doc("From one window to the next; null for half of frame_length.", None)
    fft_length: OptionalCount = doc("Length of the transform; null for the next power of two.", None)
    window: Annotated[Any, window_of(*WINDOWS)] = doc(
        "What the values of a window are multiplied by.", "hann"
    )
    periodic: bool = doc("Whether the window goes on after its end, and is not symmetric.", False)
    scaling: Literal["density", "spectrum"] | None = doc(
        "Whether the window is divided by the root of the sum of its squares, or by its sum.", "density"
    )
    padding: Padding = doc("Whether windows go beyond the ends, where zeros are.", "valid")
    expand_dims: bool = doc("Whether channels and frequencies have an axis each.", False)
    data_format: DataFormat = doc(
        "Whether the channels are the last axis, or the first behind the batch.", "channels_last"
    )

    @property
    def step(self) -> int:
        return self.frame_step or self.frame_length // 2

    @property
    def transform(self) -> int:
        """Length of the transform."""
        return self.fft_length or 2 ** (self.frame_length - 1).bit_length()

    @property
    def frequencies(self) -> int:
        return self.transform // 2 + 1

    @property
    def sides(self) -> tuple[Literal["real", "imag"], ...]:
        """The kernels that there are, in Keras's order."""
        return ("real",) if self.mode == "real" else ("imag",) if self.mode == "imag" else ("real", "imag")

    @property
    def time_axis(self) -> int:
        return 2 if self.data_format == "channels_first" else 1

    @property
    def channel_axis(self) -> int:
        return 3 - self.time_axis

    def problems(self) -> list[Problem]:
        found: list[tuple[str, str, str]] = []
        if self.frame_step is not None and self.frame_step > self.frame_length:
            found.append(
                ("frame_step", "a step longer than frame_length leaves values out", "make it at most as long")
            )
        if self.fft_length is not None and self.fft_length < self.frame_length:
            found.append(
                ("fft_length", "a window does not fit the transform", f"make it at least {self.frame_length}")
            )
        if isinstance(self.window, tuple) and len(self.window) != self.frame_length:
            message = f"there are {len(self.window)} values for a window of {self.frame_length}"
            found.append(("window", message, "give as many values as frame_length says"))
        if self._is_zero and self.scaling is not None:
            found.append(
                (
                    "window",
                    "the window is zero everywhere",
                    "take another, or a longer one",
                )
            )
        return [
            problem(field, field, message, {"code": "NN104", "help": help}) for field, message, help in found
        ]

    @property
    def _is_zero(self) -> bool:
        if isinstance(self.window, tuple):
            return not any(self.window)
        return self.window in ZERO_ENDED and self.frame_length == 2 and not self.periodic

    def infer(self, inputs: TensorType) -> Signature:
        axes = "batch, channels, time" if self.data_format == "channels_first" else "batch, time, channels"
        require_rank(inputs, 3, "STFTSpectrogram", axes)
        self._require_dtype(inputs)
        channels = known(inputs.shape[self.channel_axis], "the axis of the channels")
        time = inputs.shape[self.time_axis]
        if self.padding == "valid":
            require_fit((time,), (self.frame_length,), (1,), what="window", field="frame_length")
        steps = window_count(time, self.frame_length, self.step, self.padding)
        output = TensorType(self._shape(inputs.batch, steps, channels), self.policy.compute)
        macs = steps * channels * self.frame_length * self.frequencies * len(self.sides)
        weights = tuple(self._kernel(side) for side in self.sides)
        return Signature((output,), weights, macs, self._reach())

    def _shape(self, batch: Size, steps: Size, channels: int) -> tuple[Size, ...]:
        frequencies = self.frequencies * (2 if self.mode == "stft" else 1)
        if self.data_format == "channels_first":
            return (
                (batch, channels, steps, frequencies)
                if self.expand_dims
                else (batch, channels * frequencies, steps)
            )
        return (
            (batch, steps, frequencies, channels)
            if self.expand_dims
            else (batch, steps, channels * frequencies)
        )

    def _kernel(self, side: Literal["real", "imag"]) -> WeightSpec:
        initializer = FourierKernel(side, self.window, self.scaling, self.periodic, self.policy.variable)
        return self.weight(f"{side}_kernel", (self.frame_length, 1, self.frequencies), initializer)

    def _reach(self) -> Reach:
        """Frequencies are positions of their own where they have an axis: each sees all of what the window does."""
        return "all" if self.expand_dims else (Window(self.frame_length, self.step),)

    def _require_dtype(self, inputs: TensorType) -> None:
        if inputs.dtype not in ("float16", "float32", "float64"):
            message = f"STFTSpectrogram takes float16, float32 or float64, not {inputs.dtype}"
            help = "put Rescaling: 1 before it, or give it dtype: float32"
            raise LayerError(message, code="NN202", help=help)
        if self.data_format == "channels_first" and inputs.dtype != "float32":
            message = f"TensorFlow has no such convolution of {inputs.dtype} with the channels first on a CPU"
            help = "give it dtype: float32, or the channels last"
            raise LayerError(message, code="NN202", field="data_format", help=help)


class MelSpectrogram(Layer):
    """Spectrogram of [batch, time] on the mel scale: [batch, mel bins, windows]."""

    fft_length: PositiveInt = doc("Length of the transform.", 2048)
    sequence_stride: PositiveInt = doc("From one window to the next.", 512)
    sequence_length: OptionalCount = doc("Length of a window; null for fft_length.", None)
    window: Annotated[Any, window_of("hann", "hamming")] = doc(
        "What the values of a window are multiplied by.", "hann"
    )
    sampling_rate: PositiveInt = doc("Values in a second.", 16000)
    num_mel_bins: PositiveInt = doc("Number of bins.", 128)
    min_freq: NonNegativeFloat = doc("Where the bins begin, in hertz.", 20.0)
    max_freq: PositiveFloat | None = doc("Where the bins end; null for half of sampling_rate.", None)
    power_to_db: bool = doc("Whether decibels are given.", True)
    top_db: Float = doc("How many decibels below the loudest of the whole batch the least values are.", 80.0)
    mag_exp: Float = doc("The power of the magnitudes.", 2.0)
    min_power: PositiveFloat = doc("What smaller powers are taken for.", 1e-10)
    ref_power: Float = doc("The power that is 0 decibels.", 1.0)

    @property
    def length(self) -> int:
        """Length of a window."""
        return self.sequence_length or self.fft_length

    @property
    def highest(self) -> float:
        """Where the bins end, in hertz."""
        return self.max_freq or int(self.sampling_rate / 2)

    @property
    def margin(self) -> int:
        """How many values are mirrored at each end."""
        return self.fft_length // 2

    def problems(self) -> list[Problem]:
        found: list[tuple[str, str, str]] = []
        if self.length > self.fft_length:
            message = f"a window of {self.length} does not fit the transform"
            found.append(("sequence_length", message, f"make it at most {self.fft_length}"))
        if isinstance(self.window, tuple) and len(self.window) != self.length:
            message = f"there are {len(self.window)} values for a window of {self.length}"
            found.append(("window", message, "give as many values as the window is long"))
        if self.min_freq >= self.highest:
            found.append(("min_freq", f"the bins end at {self.highest:g} Hz", "begin below, or set max_freq"))
        return [
            problem(field, field, message, {"code": "NN104", "help": help}) for field, message, help in found
        ]

    def infer(self, inputs: TensorType) -> Signature:
        require_rank(inputs, 2, "MelSpectrogram", "batch, time")
        if self.policy.compute == "float64":
            message = "MelSpectrogram computes in float32, and Keras cannot mix it with float64"
            raise LayerError(message, code="NN202", help="give it dtype: float32")
        time = inputs.shape[1]
        if isinstance(time, int):
            self._require_length(time)
        output = TensorType((inputs.batch, self.num_mel_bins, self.windows(time)), self.policy.compute)
        return Signature((output,), reach="all")

    def windows(self, time: Size) -> Size:
        """How many windows there are."""
        return (time + 2 * self.margin - self.fft_length) // self.sequence_stride + 1

    def _require_length(self, time: int) -> None:
        """Raises LayerError for too few values, or for as many as make Keras declare one window too many."""
        if time <= self.margin:
            help = f"use fft_length of at most {2 * time - 1}"
            message = f"{time} values are too few to mirror {self.margin} at each end"
            raise LayerError(
                message, code="NN204", field="fft_length", help=f"use fft_length of at most {2 * time - 1}"
            )
        declared = (time + self.sequence_stride + 1) // self.sequence_stride
        if declared != self.windows(time):
            message = f"Keras declares {declared} windows for {time} values, and gives {self.windows(time)}"
            help = "give the input one value less or more, or a dynamic size"
            raise LayerError(message, code="NN205", field="sequence_stride", help=help)
