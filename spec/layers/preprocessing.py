"""Layers that turn numbers into categories, and categories into numbers."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic_core import PydanticCustomError

from ..fields import PositiveFloat, PositiveInt, as_tuple
from ..records import doc
from ..schemas import After, Before, Bounds
from ..size import Size
from ..types import Signature, TensorType, is_float
from .base import Layer, LayerError, Port, require_min_rank, require_rank

SPARSE = "a sparse tensor cannot go from layer to layer"

# What TensorFlow counts.
COUNTED = ("int32", "int64", "bool")

Encoding: TypeAlias = Literal["one_hot", "multi_hot", "count"]


def named_anew(value: Any) -> Any:
    """`binary` is Keras's older name of `multi_hot`."""
    return "multi_hot" if value == "binary" else value


def ascending(boundaries: tuple[float, ...]) -> tuple[float, ...]:
    if list(boundaries) != sorted(boundaries):
        context = {"help": "write them from the least to the greatest"}
        raise PydanticCustomError("ascending", "must be in ascending order", context)
    return boundaries


def one_hot_shape(shape: tuple[Size, ...], depth: int) -> tuple[Size, ...]:
    """The shape with a last axis for the categories, in place of a last axis of size 1. Raises LayerError where it may
    or may not be 1."""
    if len(shape) == 1:
        return (*shape, depth)
    *others, last = shape
    if not isinstance(last, int):
        message = f"the last axis of the input has the dynamic size {last}, and Keras drops an axis of size 1"
        raise LayerError(message, code="NN207", help="give that axis of the input a number")
    return (*others, depth) if last == 1 else (*shape, depth)


class CategoryEncoding(Layer):
    """Turns the numbers of categories into vectors with a place for each category."""

    num_tokens: PositiveInt = doc("Number of categories.")
    output_mode: Annotated[Encoding, Before(named_anew)] = doc(
        "One vector for each number, one for all numbers of a sample, or how often each is there.",
        "multi_hot",
    )

    ports: ClassVar[tuple[Port, ...]] = (Port("inputs"), Port("count_weights", optional=True))
    autocast: ClassVar[bool] = False
    refused: ClassVar[dict[str, str]] = {"sparse": SPARSE}

    def infer(self, inputs: TensorType, count_weights: TensorType | None = None) -> Signature:
        self._require_policy()
        if count_weights is not None:
            self._require_weights(inputs, count_weights)
        if self.output_mode == "one_hot":
            output = TensorType(one_hot_shape(inputs.shape, self.num_tokens), self.policy.compute)
            return Signature((output,))
        require_rank(inputs, 2, f"CategoryEncoding of output_mode {self.output_mode}", "batch, categories")
        if inputs.dtype not in COUNTED and not is_float(inputs.dtype):
            message = f"CategoryEncoding cannot count {inputs.dtype}"
            raise LayerError(message, code="NN202", help="give the input the dtype int32")
        output = TensorType((inputs.batch, self.num_tokens), self.policy.compute)
        return Signature((output,), reach="all")

    def _require_policy(self) -> None:
        """Raises LayerError for a policy in which Keras gives another dtype than it declares, or cannot count."""
        policy = self.policy
        half = policy.compute in ("float16", "bfloat16")
        if policy.compute != policy.variable or (half and self.output_mode != "one_hot"):
            message = f"Keras cannot compute CategoryEncoding in {self.dtype}"
            raise LayerError(message, code="NN202", help="give it dtype: float32")

    def _require_weights(self, inputs: TensorType, weights: TensorType) -> None:
        if self.output_mode != "count":
            message = f"count_weights have no use in output_mode {self.output_mode}"
            raise LayerError(message, code="NN201", help="set output_mode: count, or leave the weights out")
        pairs = zip(inputs.shape, weights.shape, strict=False)
        if weights.rank != inputs.rank or any(
            isinstance(a, int) and isinstance(b, int) and a != b for a, b in pairs
        ):
            message = f"count_weights must have the shape of the input, {inputs}, and are {weights}"
            raise LayerError(message, code="NN203", help="give each number one weight")


class Discretization(Layer):
    """Turns numbers into the numbers of the bins that they fall into: bin 0 lies below the first boundary."""

    bin_boundaries: Annotated[tuple[float, ...], Bounds(min_length=1), Before(as_tuple), After(ascending)] = (
        doc("Where the next bin begins, in ascending order.")
    )
    epsilon: PositiveFloat = doc("How exact adapt() is: of no effect on given boundaries.", 0.01)
    output_mode: Literal["int", "one_hot", "multi_hot", "count"] = doc(
        "The bin's number, one vector for each number, one for those along axis 1, or how many fall into each.",
        "int",
    )

    refused: ClassVar[dict[str, str]] = {
        "num_bins": "adapt() finds so many bins in data: give their boundaries, bin_boundaries: [0.0, 1.0]",
        "sparse": SPARSE,
        "trainable": "it has no weights: leave it out",
    }

    @property
    def bins(self) -> int:
        return len(self.bin_boundaries) + 1

    def infer(self, inputs: TensorType) -> Signature:
        self._require_dtype(inputs)
        if self.output_mode == "int":
            return Signature((TensorType(inputs.shape, "int32"),))
        output = TensorType(self._encoded(inputs), self.policy.compute)
        return Signature((output,), reach="point" if self.output_mode == "one_hot" else "all")

    def _encoded(self, inputs: TensorType) -> tuple[Size, ...]:
        if self.output_mode == "one_hot":
            return one_hot_shape(inputs.shape, self.bins)
        require_min_rank(inputs, 2, f"Discretization of output_mode {self.output_mode}")
        return (inputs.batch, *inputs.shape[2:], self.bins)

    def _require_dtype(self, inputs: TensorType) -> None:
        if inputs.dtype == "uint64":
            raise LayerError("Discretization cannot take uint64", code="NN202", help="give the input int64")
        if self.policy.compute in ("float16", "bfloat16"):
            message = f"Keras compares in float32 or in {self.policy.compute}, by how the model is called"
            raise LayerError(message, code="NN202", help="give it dtype: float32")
