"""Functions of `keras.ops` that take no input: what they give is the same for every sample, and has no batch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic_core import PydanticCustomError

from ..fields import Float, Int, Number, OptionalCount, PositiveInt, flat, many
from ..initializers import Fixed, Plain, parse_initializer
from ..promotion import holds
from ..records import doc
from ..schemas import Before, Parsed
from ..types import Dtype, Signature, TensorType
from .base import LayerError, Port
from .functions import Function

if TYPE_CHECKING:
    from pydantic_core.core_schema import ValidationInfo

# More numbers than this are a slip, or an input.
MOST_NUMBERS = 10_000_000


def parse_values(value: Any, info: ValidationInfo) -> Fixed:
    """`3`, `[[1.0, 0.0], [0.0, 1.0]]` or `{file: table.npy}`. Raises PydanticCustomError."""
    found = parse_initializer(value if isinstance(value, dict | Fixed) else {"values": value}, info)
    if isinstance(found, Fixed):
        return found
    context = {"code": "NN103", "help": "write numbers, or {file: table.npy}"}
    raise PydanticCustomError("constant", "must be numbers, or a file of them", context)


Shape = Annotated[tuple[PositiveInt, ...], Before(many)]


class Source(Function):
    """What gives a constant: a function without inputs."""

    dtype: Dtype | None = doc(  # type: ignore[assignment]
        "The constant's dtype; by default int32 for whole numbers, else float32.", None
    )

    ports: ClassVar[tuple[Port, ...]] = ()
    refused: ClassVar[dict[str, str]] = {"trainable": "a constant is not trained: leave it out"}

    def infer(self) -> Signature:
        shape, dtype = self.sizes(), self.given_dtype()
        if (count := math.prod(shape)) > MOST_NUMBERS:
            message = f"{type(self).__name__} gives {count:,} numbers, and may give {MOST_NUMBERS:,}"
            raise LayerError(message, code="NN003", help="make it smaller, or let the numbers be an input")
        self._require_held(dtype)
        return Signature((TensorType(shape, dtype),))

    def sizes(self) -> tuple[int, ...]:
        """The constant's shape. Raises LayerError where there is none."""
        raise NotImplementedError

    def given_dtype(self) -> str:
        """The constant's dtype."""
        return self.dtype or "float32"

    def extremes(self) -> tuple[float, ...]:
        """The numbers that the dtype must hold."""
        return ()

    def _require_held(self, dtype: str) -> None:
        numbers = (int(n) if float(n).is_integer() else n for n in self.extremes())
        beyond = next((number for number in numbers if not holds(dtype, number)), None)
        if beyond is not None:
            message = f"{type(self).__name__} gives {beyond}, which {dtype} does not hold"
            raise LayerError(message, code="NN104", help="give it another dtype: {dtype: float32}")


class Constant(Source, op="convert_to_tensor"):
    """Numbers that stand in the spec, or in a `.npy` file inside the root."""

    values: Annotated[Fixed, Parsed(parse_values, with_info=True), Plain] = doc(
        "A number, nested lists of them, or `{file: table.npy}`."
    )

    def sizes(self) -> tuple[int, ...]:
        return self.values.shape

    def given_dtype(self) -> str:
        return self.dtype or ("int32" if self._are_whole() else "float32")

    def extremes(self) -> tuple[float, ...]:
        if self.values.file is not None:
            return tuple(
                self.values.values.flat[[self.values.values.argmin(), self.values.values.argmax()]].tolist()
            )
        numbers = list(flat(self.values.values))
        odd = [number for number in numbers if not float(number).is_integer()][:1]
        return (min(numbers), max(numbers), *odd)

    def _are_whole(self) -> bool:
        if self.values.file is not None:
            return self.values.values.dtype.kind in "iu"
        return all(isinstance(number, int) for number in flat(self.values.values))


class Arange(Source, op="arange"):
    """The numbers from `start` to `stop`, without it, `step` apart; `Arange: 10` is 0 to 9."""

    start: Number = doc("The first number; the end, where no `stop` is given.")
    stop: Number | None = doc("The end, which is not among the numbers.", None)
    step: Number | None = doc("From each number to the next; 1 by default.", None)

    @property
    def bounds(self) -> tuple[float, float, float]:
        """First number, end and step."""
        start, stop = (0, self.start) if self.stop is None else (self.start, self.stop)
        return start, stop, 1 if self.step is None else self.step

    def sizes(self) -> tuple[int, ...]:
        start, stop, step = self.bounds
        if step == 0 or (stop - start) / step <= 0:
            message = f"there are no numbers from {start} to {stop} in steps of {step}"
            help = "choose a step that leads from start to stop"
            raise LayerError(
                message, code="NN104", field="step" if self.step is not None else "start", help=help
            )
        return (math.ceil((stop - start) / step),)

    def given_dtype(self) -> str:
        whole = all(isinstance(n, int) for n in (self.start, self.stop, self.step) if n is not None)
        return self.dtype or ("int32" if whole else "float32")

    def extremes(self) -> tuple[float, ...]:
        start, stop, step = self.bounds
        return (start, step, start + (math.ceil((stop - start) / step) - 1) * step)


class Linspace(Source, op="linspace"):
    """`num` numbers from `start` to `stop`, equally far apart."""

    start: Float = doc("The first number.")
    stop: Float = doc("The last number, or the end where `endpoint` is false.")
    num: PositiveInt = doc("How many numbers.", 50)
    endpoint: bool = doc("Whether `stop` is the last number.", True)

    refused: ClassVar[dict[str, str]] = {
        **Source.refused,
        "retstep": "the step can be computed in the spec: leave it out",
        "axis": "start and stop are numbers: leave it out",
    }

    def sizes(self) -> tuple[int, ...]:
        return (self.num,)

    def extremes(self) -> tuple[float, ...]:
        return (self.start, self.stop)


class Filled(Source):
    """What constants of one number share."""

    shape: Shape = doc("The constant's shape.")

    def sizes(self) -> tuple[int, ...]:
        return self.shape


class Zeros(Filled, op="zeros"):
    """Zeros of a shape."""


class Ones(Filled, op="ones"):
    """Ones of a shape."""


class Full(Filled, op="full"):
    """One number in a whole shape."""

    fill_value: Number = doc("The number.")

    def extremes(self) -> tuple[float, ...]:
        return (self.fill_value,)


class Diagonal(Source):
    """What matrices share that are ones and zeros, as told by a diagonal."""

    N: PositiveInt = doc("Number of rows.")
    M: OptionalCount = doc("Number of columns; by default as many as rows.", None)
    k: Int = doc("The diagonal: above the main one where positive, below it where negative.", 0)

    def sizes(self) -> tuple[int, ...]:
        return (self.N, self.M or self.N)


class Eye(Diagonal, op="eye"):
    """Ones on a diagonal, zeros elsewhere."""

    def sizes(self) -> tuple[int, ...]:
        rows, columns = super().sizes()
        if not -rows <= self.k <= columns:
            message = f"a matrix of {rows} rows and {columns} columns has no diagonal {self.k}"
            help = f"choose k from {-rows} to {columns}"
            raise LayerError(message, code="NN204", field="k", help=help)
        return rows, columns


class Tri(Diagonal, op="tri"):
    """Ones on a diagonal and below it, zeros above."""
