"""Layers that bring their input to a common scale."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic_core import PydanticCustomError

from ..fields import MAX_SIZE, Axes, Int, NonNegativeFloat, Numbers, Rate, numbers_shape
from ..initializers import ONES, ZEROS, InitializerField
from ..penalties import Constraint, Regularizer
from ..problems import Problem
from ..records import doc
from ..schemas import After, Bounds
from ..size import shape_text
from ..types import Signature, TensorType, WeightSpec, reach_along
from .base import (
    Layer,
    LayerError,
    Port,
    known,
    normalize_axes,
    normalize_axis,
    require_float,
    require_min_rank,
)

RENORM = "it changes training only, and brings statistics of its own that a spec does not have: leave it out"
RMS_SCALING = "Keras has deprecated it: it scales by the variance, not by the root mean square"


def check_groups(groups: int) -> int:
    if groups == 0:
        context = {"help": "give a number from 1, or -1 for as many groups as channels"}
        raise PydanticCustomError("groups", "there cannot be 0 groups", context)
    return groups


def check_variances(variance: Any) -> Any:
    if is_negative(variance):
        context = {"help": "variances are squares: give the square of the standard deviation"}
        raise PydanticCustomError("variance", "a variance cannot be negative", context)
    return variance


def is_negative(numbers: Any) -> bool:
    """Whether a number, or any number of nested tuples, is below 0."""
    return any(map(is_negative, numbers)) if isinstance(numbers, tuple) else numbers < 0


class Standardizing(Layer):
    """What the layers that bring the mean to 0 and the variance to 1 share: `gamma · standardized + beta`."""

    epsilon: NonNegativeFloat = doc("Added to the variance, so that it is never 0.", 0.001)
    center: bool = doc("Whether beta is added.", True)
    scale: bool = doc("Whether the result is multiplied by gamma.", True)
    beta_initializer: InitializerField = doc("How beta begins.", ZEROS)
    gamma_initializer: InitializerField = doc("How gamma begins.", ONES)
    beta_regularizer: Regularizer = doc("Penalty on beta.", None)
    gamma_regularizer: Regularizer = doc("Penalty on gamma.", None)
    beta_constraint: Constraint = doc("Projection of beta after each step.", None)
    gamma_constraint: Constraint = doc("Projection of gamma after each step.", None)

    passes_mask: ClassVar[bool] = True

    def affine(self, shape: tuple[int, ...]) -> tuple[WeightSpec, ...]:
        """gamma and beta, those that the layer has."""
        gamma = (self.weight("gamma", shape, self.gamma_initializer),) if self.scale else ()
        beta = (self.weight("beta", shape, self.beta_initializer),) if self.center else ()
        return (*gamma, *beta)


class BatchNormalization(Standardizing):
    """Standardizes each channel: in training by the batch's mean and variance, else by running averages."""

    axis: Int = doc("The axis of the channels.", -1)
    momentum: Rate = doc("How much of the running averages each step keeps.", 0.99)
    moving_mean_initializer: InitializerField = doc("How the running mean begins.", ZEROS)
    moving_variance_initializer: InitializerField = doc("How the running variance begins.", ONES)
    synchronized: bool = doc("Whether replicas in distributed training share a batch's statistics.", False)

    leading: ClassVar[tuple[str, ...]] = (
        *("axis", "momentum", "epsilon", "center", "scale", "beta_initializer", "gamma_initializer"),
        *("moving_mean_initializer", "moving_variance_initializer"),
    )
    refused: ClassVar[dict[str, str]] = dict.fromkeys(
        ("renorm", "renorm_clipping", "renorm_momentum"), RENORM
    )

    def settles(self, ranks: tuple[int, ...]) -> object:
        return ranks[:1]

    def infer(self, inputs: TensorType) -> Signature:
        channels = known_axis(self.axis, inputs)
        statistics = (
            self.weight("moving_mean", (channels,), self.moving_mean_initializer, trainable=False),
            self.weight("moving_variance", (channels,), self.moving_variance_initializer, trainable=False),
        )
        output = TensorType(inputs.shape, self.policy.compute)
        return Signature((output,), (*self.affine((channels,)), *statistics))


class LayerNormalization(Standardizing):
    """Standardizes each sample along one or several axes."""

    axis: Axes = doc("The axis or axes to standardize along.", (-1,))

    autocast: ClassVar[bool] = False
    stepwise: ClassVar[bool] = True
    leading: ClassVar[tuple[str, ...]] = ("axis",)
    refused: ClassVar[dict[str, str]] = {"rms_scaling": RMS_SCALING}

    @property
    def ordered_axes(self) -> tuple[int, ...]:
        """The axes in the order of the weights' shapes: Keras sorts them as given, negative ones first."""
        return tuple(sorted(self.axis))

    def infer(self, inputs: TensorType) -> Signature:
        require_float(inputs, "LayerNormalization")
        axes = normalize_axes(self.axis, inputs.rank)
        has_weights = self.scale or self.center
        shape = tuple(known_axis(axis, inputs) for axis in self.ordered_axes) if has_weights else ()
        output = TensorType(inputs.shape, self.policy.compute)
        return Signature((output,), self.affine(shape), reach=reach_along(axes, inputs.rank))


class GroupNormalization(Standardizing):
    """Standardizes each sample by groups of channels, all positions together."""

    groups: Annotated[int, Bounds(ge=-1, le=MAX_SIZE), After(check_groups)] = doc(
        "Number of groups, a divisor of the channels; -1 for one channel in each.", 32
    )
    axis: Int = doc("The axis of the channels.", -1)

    autocast: ClassVar[bool] = False
    leading: ClassVar[tuple[str, ...]] = ("groups", "axis")

    def settles(self, ranks: tuple[int, ...]) -> object:
        return ranks[:1]

    def infer(self, inputs: TensorType) -> Signature:
        require_float(inputs, "GroupNormalization")
        require_min_rank(inputs, 2, "GroupNormalization")
        channels = known_axis(self.axis, inputs)
        if channels % self.groups:
            message = f"{channels} channels cannot be divided into {self.groups} groups"
            raise LayerError(message, code="NN206", field="groups", help=f"choose from {_divisors(channels)}")
        output = TensorType(inputs.shape, self.policy.compute)
        return Signature((output,), self.affine((channels,)), reach="all")


class RMSNormalization(Layer):
    """Divides by the root of the mean square along one or several axes, and multiplies by a scale that is learned:
    `x · scale / sqrt(mean(x²) + epsilon)`.

    Source: Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019. Keras spreads the scale, whose sizes are
    those of the axes in ascending order, over the last axes of the input, whichever the axes are.
    """

    axis: Axes = doc("The axis or axes to normalize along; they should be the last ones.", (-1,))
    epsilon: NonNegativeFloat = doc("Added to the mean square, so that it is never 0.", 1e-6)

    ports: ClassVar[tuple[Port, ...]] = (Port("x"),)
    stepwise: ClassVar[bool] = True

    def infer(self, x: TensorType) -> Signature:
        require_float(x, "RMSNormalization")
        axes = normalize_axes(self.axis, x.rank)
        shape = tuple(known_axis(axis, x) for axis in sorted(self.axis))
        self._require_spreads(shape, x)
        return Signature((x,), (self.weight("scale", shape, ONES),), reach=reach_along(axes, x.rank))

    def _require_spreads(self, shape: tuple[int, ...], x: TensorType) -> None:
        """Raises LayerError unless the scale fits the last axes, and leaves the input's shape as it is."""
        aligned = x.shape[x.rank - len(shape) :]
        if any(n not in (1, size) for n, size in zip(shape, aligned, strict=True)):
            message = (
                f"the scale has shape {shape_text(shape)}, which Keras spreads over the last axes of {x}"
            )
            last = [-n for n in range(len(shape), 0, -1)]
            help = f"normalize along the last axes, axis: {last if len(last) > 1 else -1}, or put Permute before it"
            raise LayerError(message, code="NN203", field="axis", help=help)


class UnitNormalization(Layer):
    """Divides by the length along one or several axes: `x / sqrt(sum(x²))`, where that is not 0."""

    axis: Axes = doc("The axis or axes along which the result has length 1.", (-1,))

    passes_mask: ClassVar[bool] = True
    stepwise: ClassVar[bool] = True

    def infer(self, inputs: TensorType) -> Signature:
        require_float(inputs, "UnitNormalization")
        axes = normalize_axes(self.axis, inputs.rank)
        if 0 in axes:
            help = "name axes of a sample, which begin at 1"
            raise LayerError(
                "UnitNormalization cannot go along the batch", code="NN201", field="axis", help=help
            )
        return Signature((inputs,), reach=reach_along(axes, inputs.rank))


class Normalization(Layer):
    """`(x - mean) / sqrt(variance)`, of mean and variance that are given, or learned from data by `adapt`."""

    axis: Axes | None = doc("Axes whose positions have a mean and variance each; null for one of all.", (-1,))
    mean: Numbers | None = doc(
        "The mean, a number or lists over the axes; null where adapt() learns it.", None
    )
    variance: Annotated[Numbers, After(check_variances)] | None = doc(
        "The variance, given with the mean.", None
    )
    invert: bool = doc("Whether to compute `mean + x · sqrt(variance)` instead.", False)

    passes_mask: ClassVar[bool] = True

    def problems(self) -> list[Problem]:
        if (self.mean is None) == (self.variance is None):
            return []
        given, other = ("mean", "variance") if self.variance is None else ("variance", "mean")
        context = {"code": "NN102", "help": f"add {other}, or remove {given}"}
        message = f"{given} is given without {other}"
        return [{"type": "given_together", "loc": (), "msg": message, "ctx": context}]

    def kept_axes(self, rank: int) -> tuple[int, ...]:
        """The axes that have a mean and variance for each position, in ascending order."""
        return tuple(sorted(normalize_axes(self.axis, rank))) if self.axis else ()

    def infer(self, inputs: TensorType) -> Signature:
        axes = self.kept_axes(inputs.rank)
        shape = tuple(known_axis(axis, inputs) for axis in axes)
        output = TensorType(inputs.shape, self.policy.compute)
        if self.mean is None:
            return Signature((output,), self._statistics(shape))
        for field in ("mean", "variance"):
            _require_fits(field, numbers_shape(getattr(self, field)), shape)
        return Signature((output,))

    def _statistics(self, shape: tuple[int, ...]) -> tuple[WeightSpec, ...]:
        """What adapt() fills. `count` is only kept for models saved by older versions."""
        return (
            self.weight("mean", shape, ZEROS, trainable=False),
            self.weight("variance", shape, ONES, trainable=False),
            WeightSpec("count", (), ZEROS, False, "int64"),
        )


class Rescaling(Layer):
    """`x · scale + offset`, in floats whatever the input's dtype."""

    scale: Numbers = doc("A factor, or lists of them over the last axes.")
    offset: Numbers = doc("What is added, a number or lists over the last axes.", 0.0)

    passes_mask: ClassVar[bool] = True
    stepwise: ClassVar[bool] = True

    def infer(self, inputs: TensorType) -> Signature:
        for field in ("scale", "offset"):
            self._require_fits(field, numbers_shape(getattr(self, field)), inputs)
        return Signature((TensorType(inputs.shape, self.policy.compute),))

    def _require_fits(self, field: str, shape: tuple[int, ...], inputs: TensorType) -> None:
        """Raises LayerError unless the numbers spread over the input's last axes and keep its shape."""
        sizes = (1, *inputs.features)[max(inputs.rank - len(shape), 0) :]
        if len(sizes) != len(shape) or any(n not in (1, size) for n, size in zip(shape, sizes, strict=True)):
            message = f"{field} has shape {shape_text(shape)}, which does not spread over the input {inputs}"
            help = "from the last axis on, each size must be 1 or the input's, which must be known"
            raise LayerError(message, code="NN203", field=field, help=help)


def known_axis(axis: int, inputs: TensorType) -> int:
    """The size of an axis that has weights for each position. Raises LayerError where it has none."""
    found = normalize_axis(axis, inputs.rank)
    if found == 0:
        help = (
            f"name an axis from 1 to {inputs.rank - 1}" if inputs.rank > 1 else "give the input one more axis"
        )
        raise LayerError(
            f"axis {axis} is the batch, which has no weights", code="NN201", field="axis", help=help
        )
    return known(inputs.shape[found], f"axis {found} of the input")


def _require_fits(field: str, shape: tuple[int, ...], kept: tuple[int, ...]) -> None:
    """Raises LayerError unless the numbers spread over the kept axes."""
    aligned = kept[len(kept) - len(shape) :]
    if len(shape) > len(kept) or any(n not in (1, size) for n, size in zip(shape, aligned, strict=True)):
        message = f"{field} has shape {shape_text(shape)}, and the axes have shape {shape_text(kept)}"
        raise LayerError(
            message, code="NN203", field=field, help="give one number, or one for each position of the axes"
        )


def _divisors(number: int) -> str:
    """For messages: the divisors, the first dozen and the number itself where there are many."""
    found = [n for n in range(1, min(number, 4096) + 1) if number % n == 0]
    shown = ", ".join(map(str, found[:12]))
    return shown if len(found) <= 12 else f"{shown}, …, {number}"
