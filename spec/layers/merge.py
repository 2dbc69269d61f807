"""Layers that make one tensor of several: arithmetic element by element, joining along an axis, products."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import pairwise
from typing import ClassVar, Literal

from ..fields import Axes, Int
from ..promotion import result_type
from ..ranges import counterexample, equalizing_unit
from ..records import doc
from ..size import Size, product, shape_text
from ..types import Signature, TensorType, is_float
from .base import Layer, LayerError, Port, normalize_axis, require_min_rank


class Merge(Layer):
    """What merge layers share: a list of inputs, each broadcast to the others' shape.

    Inputs of fewer axes get ones behind the batch. The output's dtype is the least that holds every input's.
    """

    ports: ClassVar[tuple[Port, ...]] = (Port("inputs", many=True),)
    passes_mask: ClassVar[bool] = True
    # What the layer does, as a message says it of sizes that differ.
    verb: ClassVar[str] = ""

    @property
    def kind(self) -> str:
        return type(self).__name__

    def infer(self, inputs: Sequence[TensorType]) -> Signature:
        require_several(inputs, self.kind)
        dtype = result_type(t.dtype for t in inputs)
        if dtype == "bool":
            raise LayerError(
                f"{self.kind} takes numbers, not {dtype}",
                code="NN202",
                help="give the inputs a float or integer dtype",
            )
        if self.output_mask(*inputs) and len({t.rank for t in inputs}) > 1:
            raise LayerError(
                f"{self.kind} cannot merge the masks of inputs of different ranks",
                code="NN203",
                help="give the inputs the same number of axes, with Reshape or RepeatVector",
            )
        output = TensorType(reduce(self.broadcast, inputs).shape, self.output_dtype(dtype))
        return Signature((output,))

    def settles(self, ranks: tuple[int, ...]) -> object:
        """Whether some of the inputs must be given more axes."""
        return len(set(ranks)) > 1

    def output_dtype(self, dtype: str) -> str:
        """The dtype of the output where the inputs' common dtype is this one."""
        return dtype

    def broadcast(self, first: TensorType, second: TensorType) -> TensorType:
        """The shape that both are broadcast to. Raises LayerError where there is none."""
        rank = max(first.rank, second.rank)
        ours, theirs = _with_ones(first, rank), _with_ones(second, rank)
        sizes: list[Size] = [first.batch]
        for axis, (a, b) in enumerate(zip(ours, theirs, strict=True), start=1):
            if 1 not in (a, b) and (example := differ(a, b)) is not None:
                what = f"{'channels' if axis == rank - 1 > 1 else 'sizes'} {a} and {b}"
                shapes = f"{shape_text(first.shape)} and {shape_text(second.shape)}"
                message = f"{what} do not {self.verb}: the inputs are {shapes}{example}"
                raise LayerError(message, code="NN203", help=or_unit(a, b, _mend(axis, rank, b)))
            sizes.append(b if a == 1 else a)
        return TensorType(tuple(sizes), first.dtype)

    def output_mask(self, *inputs: TensorType) -> bool:
        return all(t.masked for t in inputs)


class Add(Merge):
    """Sum of its inputs, element by element."""

    verb: ClassVar[str] = "add"


class Subtract(Merge):
    """First input minus the second, element by element."""

    verb: ClassVar[str] = "subtract"

    def infer(self, inputs: Sequence[TensorType]) -> Signature:
        require_two(inputs, self.kind)
        return super().infer(inputs)


class Multiply(Merge):
    """Product of its inputs, element by element."""

    verb: ClassVar[str] = "multiply"
    mask_source: ClassVar[Literal["call", "tensor"] | None] = "tensor"


class Average(Merge):
    """Mean of its inputs, element by element. That of integers of 32 bits or more is float64."""

    verb: ClassVar[str] = "average"

    def output_dtype(self, dtype: str) -> str:
        if is_float(dtype):
            return dtype
        return "float64" if dtype in ("int32", "int64", "uint32") else "float32"


class Maximum(Merge):
    """Greatest of its inputs, element by element."""

    verb: ClassVar[str] = "compare"
    mask_source: ClassVar[Literal["call", "tensor"] | None] = "tensor"


class Minimum(Merge):
    """Least of its inputs, element by element."""

    verb: ClassVar[str] = "compare"
    mask_source: ClassVar[Literal["call", "tensor"] | None] = "tensor"


class Concatenate(Merge):
    """Joins its inputs along one axis; on every other axis they have the same size."""

    axis: Int = doc("Axis to join along, the batch being axis 0.", -1)

    def infer(self, inputs: Sequence[TensorType]) -> Signature:
        require_several(inputs, self.kind)
        axis = self.joined_axis(inputs)
        for first, second in pairwise(inputs):
            self._check(first, second, axis)
        sizes = list(inputs[0].shape)
        sizes[axis] = reduce(lambda total, size: size + total, (t.shape[axis] for t in inputs))
        dtypes = {t.dtype for t in inputs}
        return Signature(
            (TensorType(tuple(sizes), dtypes.pop() if len(dtypes) == 1 else result_type(dtypes)),)
        )

    def joined_axis(self, inputs: Sequence[TensorType]) -> int:
        """The axis from 0. Raises LayerError for inputs of different ranks, and for the batch."""
        ranks = [t.rank for t in inputs]
        if len(set(ranks)) > 1:
            shapes = " and ".join(shape_text(t.shape) for t in inputs)
            message = f"Concatenate takes inputs of the same number of axes, not {shapes}"
            raise LayerError(
                message, code="NN203", help="put Reshape, Flatten or RepeatVector before one of them"
            )
        axis = normalize_axis(self.axis, ranks[0])
        if axis == 0:
            message = "Concatenate cannot join along the batch"
            raise LayerError(message, code="NN201", field="axis", help="axes of a sample begin at 1")
        return axis

    def _check(self, first: TensorType, second: TensorType, joined: int) -> None:
        for axis, (a, b) in enumerate(zip(first.shape, second.shape, strict=True)):
            if axis != joined and (example := differ(a, b)) is not None:
                message = (
                    f"{shape_text(first.shape)} and {shape_text(second.shape)} do not join along axis {joined}: "
                    f"axis {axis} is {a} and {b}{example}"
                )
                help = or_unit(a, b, f"make axis {axis} equal, or join along it: axis: {axis}")
                raise LayerError(message, code="NN203", help=help)

    def output_mask(self, *inputs: TensorType) -> bool:
        return any(t.masked for t in inputs)


class Dot(Merge):
    """Products of two inputs summed over one axis of each, sample by sample."""

    axes: Axes = doc("Axis to sum over in both inputs, or one for each.")
    normalize: bool = doc(
        "Whether each vector along the axis is first divided by its length: cosine similarity.", False
    )

    passes_mask: ClassVar[bool] = False

    def settles(self, ranks: tuple[int, ...]) -> object:
        return None

    def infer(self, inputs: Sequence[TensorType]) -> Signature:
        require_two(inputs, self.kind)
        for x in inputs:
            require_min_rank(x, 2, self.kind)
        first, second = inputs
        a, b = self.summed_axes(inputs)
        if (example := differ(first.shape[a], second.shape[b])) is not None:
            message = (
                f"axis {a} of {shape_text(first.shape)} and axis {b} of {shape_text(second.shape)} have the sizes "
                f"{first.shape[a]} and {second.shape[b]}{example}"
            )
            raise LayerError(
                message, code="NN203", field="axes", help="name one axis of each that have the same size"
            )
        if self.normalize and not (is_float(first.dtype) and is_float(second.dtype)):
            message = "normalize takes inputs of a float dtype"
            raise LayerError(message, code="NN202", field="normalize", help="leave normalize out")
        sizes = (*_without(first.shape, a), *_without(second.features, b - 1))
        output = TensorType(sizes if len(sizes) > 1 else (*sizes, 1), self.product_dtype(inputs))
        return Signature((output,), macs=product((output.size_per_sample, first.shape[a])), reach="all")

    def summed_axes(self, inputs: Sequence[TensorType]) -> tuple[int, int]:
        """The axis of each input, from 0. Raises LayerError for the batch, and one that is not there."""
        if len(self.axes) not in (1, 2):
            message = f"axes is one axis or two, not {len(self.axes)}"
            raise LayerError(message, code="NN104", field="axes", help="write axes: 1, or axes: [2, 1]")
        pair = self.axes * 2 if len(self.axes) == 1 else self.axes
        a, b = (normalize_axis(axis, t.rank, "axes") for axis, t in zip(pair, inputs, strict=True))
        if 0 in (a, b):
            message = "Dot cannot sum over the batch"
            raise LayerError(message, code="NN201", field="axes", help="axes of a sample begin at 1")
        return a, b

    def product_dtype(self, inputs: Sequence[TensorType]) -> str:
        dtypes = [t.dtype for t in inputs]
        return "int32" if dtypes == ["int8", "int8"] else result_type(dtypes)

    def output_mask(self, *inputs: TensorType) -> bool:
        return False


def differ(a: Size, b: Size) -> str | None:
    """None where two sizes are always equal; else, where it is not plain, an example of when they are not."""
    if a == b:
        return None
    if isinstance(a, int) and isinstance(b, int):
        return ""
    example = counterexample(a, b)
    if example is None:
        return None
    if any(s.name is None for s in example):
        return " (an axis without a name equals no other: give both the same name)"
    given = ", ".join(f"{s} = {value}" for s, value in example.items())
    return f" (with {given} they differ)"


def require_several(inputs: Sequence[TensorType], kind: str) -> None:
    if len(inputs) < 2:
        raise LayerError(
            f"{kind} takes two inputs or more, not {len(inputs)}",
            code="NN201",
            help="name them: from: [left, right]",
        )


def require_two(inputs: Sequence[TensorType], kind: str) -> None:
    if len(inputs) != 2:
        raise LayerError(
            f"{kind} takes two inputs, not {len(inputs)}", code="NN201", help="name them: from: [left, right]"
        )


def _with_ones(type_: TensorType, rank: int) -> tuple[Size, ...]:
    return (*(1,) * (rank - type_.rank), *type_.features)


def _without(sizes: tuple[Size, ...], axis: int) -> tuple[Size, ...]:
    return (*sizes[:axis], *sizes[axis + 1 :])


def or_unit(a: Size, b: Size, help: str) -> str:
    """The help, and before it the bounds with which two sizes are equal, if there are any."""
    found = equalizing_unit(a, b)
    if found is None or found[0].name is None:
        return help
    return f"write dims: {{{found[0]}: {{multiple_of: {found[1]}}}}}; or {help}"


def _mend(axis: int, rank: int, wanted: Size) -> str:
    """What to change where inputs differ on an axis."""
    if axis != rank - 1:
        return "make the axes equal: compare the strides and the padding of the branches"
    layer = {2: f"Dense: {wanted}", 4: "a 1x1 Conv2D"}.get(rank, f"Dense: {wanted}")
    return f"make the last layer of one branch give {wanted}, e.g. with {layer}"
