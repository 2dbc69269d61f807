"""Functions of `keras.ops`, by their own names as items. They have no weights, and cast no input."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ..fields import Ints
from ..records import doc
from ..size import Size
from ..types import Signature, TensorType
from .base import Layer, LayerError, Port, normalize_axis


class Function(Layer):
    """What functions share. The batch stays the first axis of what they give: outputs are by sample. What is computed
    of constants alone is a constant, and has no batch."""

    # The function's own name in `keras.ops`.
    op: ClassVar[str]
    is_function: ClassVar[bool] = True
    ports: ClassVar[tuple[Port, ...]] = (Port("x"),)
    autocast: ClassVar[bool] = False
    refused: ClassVar[dict[str, str]] = {
        "trainable": "a function has no weights: leave it out",
        "dtype": "a function gives the dtype that its input has",
    }

    def __init_subclass__(cls, op: str | None = None) -> None:
        """`class Exp(Function, op="exp")` says that the class is `keras.ops.exp`."""
        super().__init_subclass__()
        if op is not None:
            cls.op = op

    def needs(self, *inputs: TensorType) -> Iterator[Size]:
        """Sizes that must be 1 or more, beside those of the output: as many elements as the function takes away, or
        chooses from, may be more than a dynamic axis has."""
        yield from ()


class Transpose(Function, op="transpose"):
    """Puts the axes in another order. The batch stays first."""

    axes: Ints | None = doc("The input's axes in their new order, the batch being axis 0.", None)

    def infer(self, x: TensorType) -> Signature:
        return Signature((x.with_shape(*(x.shape[axis] for axis in self.order(x))),), reach="all")

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
