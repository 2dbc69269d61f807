"""What flows between layers, and what a layer says of itself once its inputs are known."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, get_args

from .size import Size, product, shape_text

if TYPE_CHECKING:
    from .initializers import Initializer

FloatName: TypeAlias = Literal["float16", "bfloat16", "float32", "float64"]
IntegerName: TypeAlias = Literal["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
Dtype: TypeAlias = Literal[FloatName, IntegerName, "bool"]
# Text goes into a network, and is looked up: no layer computes with it.
InputDtype: TypeAlias = Literal[Dtype, "string"]

FLOATS: tuple[str, ...] = get_args(FloatName)
DTYPES: tuple[str, ...] = get_args(Dtype)


def is_float(dtype: str) -> bool:
    return dtype in FLOATS


def integer_bits(dtype: str) -> int:
    """How many bits an integer dtype has."""
    return int(dtype.removeprefix("u").removeprefix("int"))


class TensorType(NamedTuple):
    """The shape, batch axis first, and dtype of a tensor; `masked` when a Keras mask travels with it."""

    shape: tuple[Size, ...]
    dtype: str = "float32"
    masked: bool = False

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def batch(self) -> Size:
        return self.shape[0]

    @property
    def is_constant(self) -> bool:
        """Whether it is the same for every sample, and has no batch axis: a batch has no fixed size."""
        return not self.shape or isinstance(self.shape[0], int)

    @property
    def features(self) -> tuple[Size, ...]:
        """The shape without the batch axis."""
        return self.shape if self.is_constant else self.shape[1:]

    @property
    def size_per_sample(self) -> Size:
        """Number of elements of one sample."""
        return product(self.features)

    def with_shape(self, *shape: Size) -> TensorType:
        """This type with another shape, and without a mask."""
        return TensorType(shape, self.dtype)

    def with_dtype(self, dtype: str) -> TensorType:
        return self._replace(dtype=dtype)

    def __str__(self) -> str:
        return f"{self.dtype}{shape_text(self.shape)}"


class Policy(NamedTuple):
    """Keras's dtype policy: what a layer computes in, and what its weights are stored in."""

    compute: str
    variable: str

    @staticmethod
    @cache
    def named(name: str) -> Policy:
        """`mixed_float16` and `mixed_bfloat16` keep float32 weights; any other policy is one dtype."""
        mixed = name.removeprefix("mixed_")
        return Policy(mixed, "float32" if mixed != name else name)


class WeightSpec(NamedTuple):
    """One weight of a layer. `name` is unique in the layer; a wrapped layer's names have its path before them."""

    name: str
    shape: tuple[int, ...]
    initializer: Initializer
    trainable: bool = True
    dtype: str = "float32"

    @property
    def size(self) -> int:
        """Number of elements."""
        count = product(self.shape)
        assert isinstance(count, int)
        return count


class Window(NamedTuple):
    """What an output position sees along one spatial axis: `size` input positions, `stride` apart from the next's."""

    size: int
    stride: Fraction | int = 1


# "point": an output position sees the input at its own position; "all": it sees every position.
Reach: TypeAlias = tuple[Window, ...] | Literal["point", "all"]


def reach_along(axes: tuple[int, ...], rank: int) -> Reach:
    """The reach of what is computed along these axes: the last one has channels, and no positions."""
    return "point" if axes == (rank - 1,) else "all"


class Signature(NamedTuple):
    """What `infer` gives: the outputs in the order of the layer's `output_names`, the weights in Keras's order,
    multiply-accumulates for one sample, and how far an output position sees."""

    outputs: tuple[TensorType, ...]
    weights: tuple[WeightSpec, ...] = ()
    macs: Size = 0
    reach: Reach = "point"

    @property
    def output(self) -> TensorType:
        return self.outputs[0]
