"""ConvLSTM1D, ConvLSTM2D and ConvLSTM3D: LSTMs that convolve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ..size import Size, product
from ..types import Signature, TensorType, WeightSpec
from .base import LayerError
from .cells import ForgetGate, Step
from .conv import Filters, Windowed
from .recurrent import STATEFUL, Recurrent
from .windows import AXES


class ConvLSTM(ForgetGate, Recurrent, Windowed, Filters):
    """LSTM of any rank whose inputs and state are convolved (Shi et al., 2015). The state is convolved in steps of one
    position and padded, whatever the convolution of the inputs is like."""

    refused: ClassVar[dict[str, str]] = STATEFUL
    makes_layers: ClassVar[bool] = True

    @property
    def axes(self) -> tuple[str, ...]:
        batch, *rest = self.arranged("batch", AXES[self.rank], "channels")
        return (batch, "time", *rest)

    @property
    def output_size(self) -> int:
        return self.filters

    def step(self, inputs: TensorType) -> Step:
        self.require_droppable(inputs)
        channels = self.input_channels(inputs)
        self.require_stride_or_dilation()
        self._require_static(self.spatial(inputs))
        windows = self.windows_over(inputs)
        state = self.arranged(inputs.batch, windows, self.filters)[1:]
        weights = self.weights(channels)
        macs = product(windows) * (product(weights[0].shape) + product(weights[1].shape))
        return Step(state, (state, state), weights, macs)

    def _require_static(self, sizes: tuple[Size, ...]) -> None:
        """Raises LayerError for dynamic sizes, for which Keras makes no first state."""
        for size in sizes:
            if not isinstance(size, int):
                message = (
                    f"an axis of the input has the dynamic size {size}, and a state's shape depends on it"
                )
                raise LayerError(message, code="NN207", help="give that axis of the input a number")

    def weights(self, channels: int) -> tuple[WeightSpec, ...]:
        width = self.gates * self.filters
        kernel = self.weight("kernel", (*self.kernel_size, channels, width), self.kernel_initializer)
        recurrent = self.weight(
            "recurrent_kernel", (*self.kernel_size, self.filters, width), self.recurrent_initializer
        )
        bias = (self.weight("bias", (width,), self.first_bias),) if self.use_bias else ()
        return (kernel, recurrent, *bias)

    def infer(self, sequences: TensorType, initial_state: Sequence[TensorType] = ()) -> Signature:
        signature = super().infer(sequences, initial_state)
        if sequences.masked:
            self._require_mask_fits(sequences.shape[2:-1], self.step_of(sequences).output[:-1])
        return signature

    def _require_mask_fits(self, mask: tuple[Size, ...], state: tuple[Size, ...]) -> None:
        """Raises LayerError where Keras cannot lay the mask, which has all axes of the input but the last, over the
        state."""
        fits = (
            mask == state
            if self.return_sequences
            else all(m in (1, s) for m, s in zip(mask, state, strict=True))
        )
        if not fits:
            sizes = ", ".join(map(str, state))
            message = f"the mask of the input has the axes {list(mask)} beside batch and time, and the state [{sizes}]"
            help = "use padding: same and strides: 1, so that each position of the state has its mask"
            raise LayerError(message, code="NN203", help=help)
        if self.unroll and any(size != 1 for size in mask):
            message = "unrolled, Keras cannot mask single positions"
            raise LayerError(
                message, code="NN112", field="unroll", help="leave unroll out: the result is the same"
            )


class ConvLSTM1D(ConvLSTM):
    """LSTM that convolves [batch, time, steps, channels] along its steps."""

    rank: ClassVar[int] = 1
    activation_rank: ClassVar[int | None] = 3


class ConvLSTM2D(ConvLSTM):
    """LSTM that convolves [batch, time, height, width, channels]: images one after another."""

    rank: ClassVar[int] = 2
    activation_rank: ClassVar[int | None] = 4


class ConvLSTM3D(ConvLSTM):
    """LSTM that convolves [batch, time, depth, height, width, channels]: volumes one after another."""

    rank: ClassVar[int] = 3
    activation_rank: ClassVar[int | None] = 5
