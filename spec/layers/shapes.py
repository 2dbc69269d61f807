"""Functions of `keras.ops` that add axes, take them away, or put them in another order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, ClassVar

from ..fields import Axes, Int, Ints, OptionalAxes, PositiveInt, many
from ..promotion import result_type
from ..records import doc
from ..schemas import Before
from ..size import shape_text
from ..types import Signature, TensorType
from .base import LayerError, Port, normalize_axes, normalize_axis
from .functions import Function
from .merge import differ
from .moving import AxisFunction


class ExpandDims(AxisFunction, op="expand_dims"):
    """Adds axes of size 1."""

    axis: Axes = doc("Where the new axes stand in the output, the batch being axis 0.")

    verb: ClassVar[str] = "stand before"

    def infer(self, x: TensorType) -> Signature:
        new, sizes = self.new_axes(x), iter(x.shape)
        rank = x.rank + len(new)
        return Signature((x.with_shape(*(1 if axis in new else next(sizes) for axis in range(rank))),))

    def new_axes(self, x: TensorType) -> tuple[int, ...]:
        """The new axes from 0 in the output."""
        grown = TensorType((*x.shape, *(1,) * len(self.axis)), x.dtype)
        return self.axes_of(grown, self.axis)


class Squeeze(AxisFunction, op="squeeze"):
    """Takes axes of size 1 away."""

    axis: OptionalAxes = doc("The axes, the batch being axis 0; by default all of size 1.", None)

    verb: ClassVar[str] = "take away"

    def infer(self, x: TensorType) -> Signature:
        axes = self.taken_axes(x)
        return Signature((x.with_shape(*(size for axis, size in enumerate(x.shape) if axis not in axes)),))

    def taken_axes(self, x: TensorType) -> tuple[int, ...]:
        """The axes from 0. Raises LayerError where one is not of size 1, or the batch could be."""
        ones = tuple(axis for axis, size in enumerate(x.shape) if size == 1)
        if self.axis is None and not x.is_constant:
            message = "Squeeze of every axis of size 1 would take a batch of one sample away too"
            help = f"name the axes: axis: {list(ones)}" if ones else "leave it out: no axis is of size 1"
            raise LayerError(message, code="NN201", help=help)
        axes = ones if self.axis is None else normalize_axes(self.axis, x.rank)
        odd = next((axis for axis in axes if axis not in ones), None)
        if odd is not None:
            message = f"axis {odd} of {shape_text(x.shape)} is not of size 1"
            help = f"choose from {list(ones)}" if ones else "no axis is of size 1"
            raise LayerError(message, code="NN201", field="axis", help=help)
        return axes


class Reorder(AxisFunction):
    """What functions share that put axes in another order."""

    def infer(self, x: TensorType) -> Signature:
        return Signature((x.with_shape(*(x.shape[axis] for axis in self.order(x))),), reach="all")

    def order(self, x: TensorType) -> tuple[int, ...]:
        """The input's axes in their new order."""
        raise NotImplementedError


class Transpose(Reorder, op="transpose"):
    """Puts the axes in another order. The batch stays first."""

    axes: Ints | None = doc("The input's axes in their new order, the batch being axis 0.", None)

    def order(self, x: TensorType) -> tuple[int, ...]:
        """The axes from 0. Raises LayerError unless each is named once, and the batch first."""
        given = tuple(reversed(range(x.rank))) if self.axes is None else self.axes
        axes = tuple(normalize_axis(axis, x.rank, "axes") for axis in given)
        rest = [0, *reversed(range(1, x.rank))]
        if sorted(axes) != list(range(x.rank)):
            message = f"axes {list(given)} does not name each of the input's {x.rank} axes once"
            raise LayerError(message, code="NN201", field="axes", help=f"write axes: {rest}")
        if axes[0] != 0 and not x.is_constant:
            message = f"Transpose would move the batch from the first axis: the order is {list(axes)}"
            raise LayerError(message, code="NN201", field="axes", help=f"keep axis 0 first: axes: {rest}")
        return axes


class SwapAxes(Reorder, op="swapaxes"):
    """Exchanges two axes."""

    axis1: Int = doc("One axis, the batch being axis 0.")
    axis2: Int = doc("The other.")

    def order(self, x: TensorType) -> tuple[int, ...]:
        pair = [normalize_axis(getattr(self, field), x.rank, field) for field in ("axis1", "axis2")]
        if 0 in pair and pair != [0, 0] and not x.is_constant:
            raise self.batch_error("axis1" if pair[0] == 0 else "axis2", x.rank)
        first, second = pair
        order = list(range(x.rank))
        order[first], order[second] = second, first
        return tuple(order)


class MoveAxis(Reorder, op="moveaxis"):
    """Moves axes to other places; those not named keep their order."""

    source: Axes = doc("The axes to move, the batch being axis 0.")
    destination: Axes = doc("The place of each in the output.")

    def order(self, x: TensorType) -> tuple[int, ...]:
        if len(self.source) != len(self.destination):
            counts = f"{len(self.source)} axes to {len(self.destination)} places"
            message = f"MoveAxis cannot move {counts}"
            help = "name a place in destination for each axis in source"
            raise LayerError(message, code="NN104", field="destination", help=help)
        source, destination = (
            normalize_axes(getattr(self, field), x.rank, field) if self.source else ()
            for field in ("source", "destination")
        )
        order = [axis for axis in range(x.rank) if axis not in source]
        for place, axis in sorted(zip(destination, source, strict=True)):
            order.insert(place, axis)
        if order[:1] != [0] and not x.is_constant:
            raise self.batch_error("source" if 0 in source else "destination", x.rank)
        return tuple(order)


class Rot90(AxisFunction, op="rot90"):
    """Turns the plane of two axes by right angles, from the first axis towards the second."""

    k: Int = doc("How many right angles.", 1)
    axes: Axes = doc("The two axes, the batch being axis 0.", (0, 1))

    ports: ClassVar[tuple[Port, ...]] = (Port("array"),)
    verb: ClassVar[str] = "turn"

    def infer(self, array: TensorType) -> Signature:
        sizes = (array.shape[axis] for axis in self.order(array))
        return Signature((array.with_shape(*sizes),), reach="all")

    def plane(self, x: TensorType) -> tuple[int, int]:
        """The two axes from 0. Raises LayerError where Keras would mix up the elements."""
        if len(self.axes) != 2:
            message = f"axes names two axes, not {len(self.axes)}"
            raise LayerError(message, code="NN104", field="axes", help="write axes: [1, 2]")
        first, second = self.axes_of(x, self.axes, "axes")
        if self.k % 2 == 0 and x.shape[first] != x.shape[second]:
            sizes = f"{x.shape[first]} and {x.shape[second]}"
            message = f"Keras mixes up the elements of a plane of {sizes} that is turned {self.k} times"
            help = (
                f"write Flip: {{axis: [{first}, {second}]}}" if self.k % 4 else "leave it out: nothing turns"
            )
            raise LayerError(message, code="NN201", field="k", help=help)
        return first, second

    def order(self, x: TensorType) -> tuple[int, ...]:
        """The input's axes in their new order."""
        first, second = self.plane(x)
        order = list(range(x.rank))
        if self.k % 2:
            order[first], order[second] = second, first
        return tuple(order)


class BroadcastTo(Function, op="broadcast_to"):
    """A constant repeated to a shape, axes of size 1 being repeated and missing ones added in front."""

    shape: Annotated[tuple[PositiveInt, ...], Before(many)] = doc("The shape.")

    def infer(self, x: TensorType) -> Signature:
        if not x.is_constant:
            message = "Keras broadcasts to numbers alone, and a batch has none"
            help = "write Tile or Repeat for an axis, as functions of two inputs broadcast by themselves"
            raise LayerError(message, code="NN201", help=help)
        sizes = (*(1,) * (len(self.shape) - x.rank), *x.shape)
        if len(sizes) > len(self.shape) or any(
            a not in (1, b) for a, b in zip(sizes, self.shape, strict=False)
        ):
            message = f"{shape_text(x.shape)} cannot be broadcast to {shape_text(self.shape)}"
            help = "from the last axis on, the sizes must be equal, or the input's 1"
            raise LayerError(message, code="NN203", field="shape", help=help)
        return Signature((x.with_shape(*self.shape),))


class Stack(AxisFunction, op="stack"):
    """Joins tensors of one shape along a new axis."""

    axis: Int = doc("Where the new axis stands in the output, the batch being axis 0.", 0)

    ports: ClassVar[tuple[Port, ...]] = (Port("x", many=True),)
    verb: ClassVar[str] = "stand before"

    def infer(self, x: Sequence[TensorType]) -> Signature:
        for first, second in pairwise(x):
            self._check(first, second)
        axis, (first, *_) = self.new_axis(x), x
        sizes = (*first.shape[:axis], len(x), *first.shape[axis:])
        return Signature((TensorType(sizes, stacked_dtype(x)),))

    def new_axis(self, x: Sequence[TensorType]) -> int:
        """The new axis from 0 in the output."""
        return self.axis_of(TensorType((*x[0].shape, 1), x[0].dtype), self.axis)

    def _check(self, first: TensorType, second: TensorType) -> None:
        pairs = zip(first.shape, second.shape, strict=False)
        odd = next((axis for axis, (a, b) in enumerate(pairs) if differ(a, b) is not None), None)
        if first.rank == second.rank and odd is None:
            return
        example = "" if odd is None else differ(first.shape[odd], second.shape[odd])
        shapes = f"{shape_text(first.shape)} and {shape_text(second.shape)}"
        message = f"Stack takes tensors of one shape, not {shapes}{example}"
        raise LayerError(message, code="NN203", help="make the shapes equal, or use Concatenate")


def stacked_dtype(x: Sequence[TensorType]) -> str:
    """The dtype of tensors put together: their own, or the least that holds all."""
    dtypes = {t.dtype for t in x}
    return dtypes.pop() if len(dtypes) == 1 else result_type(dtypes)
