"""Convolutions."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from ..activations import LINEAR, Activation
from ..fields import CausalPadding, OptionalMargin, Padding, PositiveInt, Sizes
from ..initializers import GLOROT_UNIFORM, ZEROS, InitializerField
from ..penalties import Constraint, Regularizer
from ..records import doc
from ..size import Size, product
from ..types import Signature, TensorType, WeightSpec, Window
from .base import Layer, LayerError, known, require_float
from .core import FINE_TUNING
from .windows import Spatial, require_fit, span, window_count


class Windowed(Spatial):
    """A layer with a window of weights that moves over the input."""

    kernel_size: Sizes = doc("Size of the window along each spatial axis.")
    strides: Sizes = doc("How far the window moves along each spatial axis.", 1)
    padding: Padding = doc(
        '"valid" adds none; "same" gives a window to each position, or stride of them.', "valid"
    )
    dilation_rate: Sizes = doc("Distance between the positions that the window takes.", 1)

    @property
    def spans(self) -> tuple[int, ...]:
        """How many input positions the window reaches over along each axis."""
        return tuple(map(span, self.kernel_size, self.dilation_rate))

    def input_channels(self, inputs: TensorType) -> int:
        """The size of the channel axis. Raises LayerError where the input cannot be convolved."""
        self.require_input(inputs)
        require_float(inputs, type(self).__name__)
        return known(inputs.shape[self.channel_axis], "the channel axis of the input")

    def windows_over(self, inputs: TensorType) -> tuple[Size, ...]:
        """How many windows there are along each axis. Raises LayerError where none fits."""
        sizes = self.spatial(inputs)
        if self.padding == "valid":
            require_fit(sizes, self.kernel_size, self.dilation_rate, what="kernel", field="kernel_size")
        return tuple(
            window_count(size, span, stride, self.padding)
            for size, span, stride in zip(sizes, self.spans, self.strides, strict=True)
        )

    def require_stride_or_dilation(self) -> None:
        """Raises LayerError where the window both strides and is dilated, which Keras refuses."""
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise LayerError(
                f"{type(self).__name__} cannot have strides and a dilation rate that are both above 1",
                code="NN104",
                field="dilation_rate",
                help="use strides: 1 or dilation_rate: 1",
            )


class Convolution(Windowed):
    """What all convolutions have besides: a bias, an activation."""

    activation: Activation = doc("Applied to the output.", LINEAR)
    use_bias: bool = doc("Whether a bias is added.", True)
    bias_initializer: InitializerField = doc("How the bias begins.", ZEROS)
    bias_regularizer: Regularizer = doc("Penalty on the bias.", None)
    bias_constraint: Constraint = doc("Projection of the bias after each step.", None)
    activity_regularizer: Regularizer = doc("Penalty on the output.", None)

    refused: ClassVar[dict[str, str]] = FINE_TUNING

    def output_type(self, inputs: TensorType, spatial: tuple[Size, ...], channels: int) -> TensorType:
        return TensorType(self.arranged(inputs.batch, spatial, channels), self.policy.compute)

    def biased(self, channels: int, *weights: WeightSpec) -> tuple[WeightSpec, ...]:
        """The weights, and the bias where there is one."""
        bias = (self.weight("bias", (channels,), self.bias_initializer),) if self.use_bias else ()
        return (*weights, *bias)

    def reach(self) -> tuple[Window, ...]:
        return tuple(map(Window, self.spans, self.strides))

    def require_one_stride(self) -> None:
        """Raises LayerError for several strides in a dtype for which TensorFlow takes channels by themselves with one
        stride only: it has the others from oneDNN, which computes in neither float16 nor float64."""
        if self.policy.compute in ("float16", "float64") and len(set(self.strides)) > 1:
            raise LayerError(
                f"{type(self).__name__} in {self.policy.compute} cannot have strides that differ",
                code="NN104",
                field="strides",
                help="use one stride for all axes, or dtype: float32",
            )


class Filters(Layer):
    """A layer that gives a chosen number of channels."""

    filters: PositiveInt = doc("Number of output channels.")


class Kernel(Layer):
    """A layer with a kernel."""

    kernel_initializer: InitializerField = doc("How the kernel begins.", GLOROT_UNIFORM)
    kernel_regularizer: Regularizer = doc("Penalty on the kernel.", None)
    kernel_constraint: Constraint = doc("Projection of the kernel after each step.", None)


class Depthwise(Layer):
    """A layer with a kernel that convolves each channel by itself."""

    depth_multiplier: PositiveInt = doc("Number of channels made of each input channel.", 1)
    depthwise_initializer: InitializerField = doc("How the depthwise kernel begins.", GLOROT_UNIFORM)
    depthwise_regularizer: Regularizer = doc("Penalty on the depthwise kernel.", None)
    depthwise_constraint: Constraint = doc("Projection of the depthwise kernel after each step.", None)


class Conv(Convolution, Kernel, Filters):
    """Convolution of all channels of a group, of any rank."""

    groups: PositiveInt = doc("Number of groups of channels that are convolved by themselves.", 1)

    def infer(self, inputs: TensorType) -> Signature:
        channels = self.input_channels(inputs)
        self.require_stride_or_dilation()
        self._require_groups(self.filters, "filters are")
        self._require_groups(channels, "channels of the input are")
        output = self.output_type(inputs, self.windows_over(inputs), self.filters)
        shape = (*self.kernel_size, channels // self.groups, self.filters)
        kernel = self.weight("kernel", shape, self.kernel_initializer)
        macs = output.size_per_sample * product(shape[:-1])
        return Signature((output,), self.biased(self.filters, kernel), macs, self.reach())

    def _require_groups(self, count: int, what: str) -> None:
        if count % self.groups:
            raise LayerError(
                f"the {count} {what} not divisible into {self.groups} groups",
                code="NN206",
                field="groups",
                help=f"use groups that divide {count}",
            )


class Conv1D(Conv):
    """1-D convolution over [batch, steps, channels]."""

    rank: ClassVar[int] = 1
    # The one convolution that Keras has `causal` for.
    padding: CausalPadding = doc(  # pyright: ignore[reportIncompatibleVariableOverride]
        '"valid", "same", or "causal": a step sees itself and those before it.', "valid"
    )


class Conv2D(Conv):
    """2-D convolution over [batch, height, width, channels]."""

    rank: ClassVar[int] = 2


class Conv3D(Conv):
    """3-D convolution over [batch, depth, height, width, channels]."""

    rank: ClassVar[int] = 3


class DepthwiseConv(Convolution, Depthwise):
    """Convolution of each channel by itself, of any rank."""

    def infer(self, inputs: TensorType) -> Signature:
        channels = self.input_channels(inputs)
        self.require_one_stride()
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        made = channels * self.depth_multiplier
        output = self.output_type(inputs, self.windows_over(inputs), made)
        kernel = self.weight("kernel", shape, self.depthwise_initializer)
        macs = output.size_per_sample * product(self.kernel_size)
        return Signature((output,), self.biased(made, kernel), macs, self.reach())


class DepthwiseConv1D(DepthwiseConv):
    """1-D convolution of each channel by itself."""

    rank: ClassVar[int] = 1


class DepthwiseConv2D(DepthwiseConv):
    """2-D convolution of each channel by itself."""

    rank: ClassVar[int] = 2


class SeparableConv(Convolution, Depthwise, Filters):
    """Convolution of each channel by itself, then of all channels at each position, of any rank."""

    pointwise_initializer: InitializerField = doc("How the pointwise kernel begins.", GLOROT_UNIFORM)
    pointwise_regularizer: Regularizer = doc("Penalty on the pointwise kernel.", None)
    pointwise_constraint: Constraint = doc("Projection of the pointwise kernel after each step.", None)

    def infer(self, inputs: TensorType) -> Signature:
        channels = self.input_channels(inputs)
        self.require_one_stride()
        made = channels * self.depth_multiplier
        windows = self.windows_over(inputs)
        output = self.output_type(inputs, windows, self.filters)
        depthwise_shape = (*self.kernel_size, channels, self.depth_multiplier)
        pointwise_shape = (*(1,) * self.rank, made, self.filters)
        weights = self.biased(
            self.filters,
            self.weight("depthwise_kernel", depthwise_shape, self.depthwise_initializer),
            self.weight("pointwise_kernel", pointwise_shape, self.pointwise_initializer),
        )
        macs = product(windows) * (made * (product(self.kernel_size) + self.filters))
        return Signature((output,), weights, macs, self.reach())


class SeparableConv1D(SeparableConv):
    """1-D convolution of each channel by itself, then of all channels at each step."""

    rank: ClassVar[int] = 1


class SeparableConv2D(SeparableConv):
    """2-D convolution of each channel by itself, then of all channels at each position."""

    rank: ClassVar[int] = 2


class ConvTranspose(Convolution, Kernel, Filters):
    """Transposed convolution, of any rank: each input position adds a window of weights to the output."""

    output_padding: OptionalMargin = doc(
        "Positions to add at the end of each axis, if not Keras's choice.", None
    )

    def infer(self, inputs: TensorType) -> Signature:
        channels = self.input_channels(inputs)
        self.require_stride_or_dilation()
        self._require_output_padding()
        spatial = tuple(
            (size - 1) * stride + last
            for size, stride, last in zip(self.spatial(inputs), self.strides, self.last_windows, strict=True)
        )
        output = self.output_type(inputs, spatial, self.filters)
        kernel = self.weight("kernel", (*self.kernel_size, self.filters, channels), self.kernel_initializer)
        macs = inputs.size_per_sample * (product(self.kernel_size) * self.filters)
        return Signature((output,), self.biased(self.filters, kernel), macs, self.reach())

    @property
    def last_windows(self) -> tuple[int, ...]:
        """How much output there is from where the last input position's window begins, along each axis; from
        Keras's `compute_conv_transpose_output_shape`."""
        paddings = self.output_padding or (None,) * self.rank
        return tuple(map(self._last_window, self.spans, self.strides, paddings))

    def _last_window(self, span: int, stride: int, output_padding: int | None) -> int:
        if self.padding == "valid":
            return span + (max(span, stride) - span if output_padding is None else output_padding)
        return stride if output_padding is None else span % 2 + output_padding

    def reach(self) -> tuple[Window, ...]:
        axes = zip(self.spans, self.strides, strict=True)
        return tuple(Window(-(-span // stride), Fraction(1, stride)) for span, stride in axes)

    def _require_output_padding(self) -> None:
        """Raises LayerError for an output padding that Keras refuses, or that TensorFlow cannot compute."""
        for added, stride, size in zip(self.output_padding or (), self.strides, self.spans, strict=False):
            if added >= stride:
                raise LayerError(
                    f"output_padding {added} is not below the stride {stride}",
                    code="NN104",
                    field="output_padding",
                    help=f"use at most {stride - 1}, or leave it out",
                )
            if self.padding == "same" and size % 2 + added == 0:
                raise LayerError(
                    f'output_padding 0 leaves no room for a kernel of even size {size} with padding "same"',
                    code="NN104",
                    field="output_padding",
                    help="leave output_padding out, or use a kernel of odd size",
                )


class Conv1DTranspose(ConvTranspose):
    """1-D transposed convolution, also called deconvolution: strides make the output longer."""

    rank: ClassVar[int] = 1


class Conv2DTranspose(ConvTranspose):
    """2-D transposed convolution, also called deconvolution: strides make the output larger."""

    rank: ClassVar[int] = 2


class Conv3DTranspose(ConvTranspose):
    """3-D transposed convolution, also called deconvolution: strides make the output larger."""

    rank: ClassVar[int] = 3
