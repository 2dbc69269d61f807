"""Functions of `keras.ops`, by their own names as items. They have no weights, and cast no input."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ..size import Size
from ..types import TensorType
from .base import Layer, Port


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

    def divided(self, *inputs: TensorType) -> Iterator[tuple[Size, int]]:
        """Sizes that may be dynamic, each with a number that must divide it."""
        yield from ()
