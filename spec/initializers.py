"""How weights begin: Keras's distributions, and values that a spec fixes."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal, LiteralString, TypeAlias

from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from .fields import Float, NonNegativeFloat, PositiveFloat, Seed
from .named import Catalogue, Named
from .schemas import Parsed

if TYPE_CHECKING:
    import numpy as np

_SEEDED = {"seed": (Seed, None)}

INITIALIZERS = Catalogue(
    "initializer",
    "keras.initializers",
    {
        "Constant": {"value": (Float, 0.0)},
        "GlorotNormal": _SEEDED,
        "GlorotUniform": _SEEDED,
        "HeNormal": _SEEDED,
        "HeUniform": _SEEDED,
        "Identity": {"gain": (Float, 1.0)},
        "LecunNormal": _SEEDED,
        "LecunUniform": _SEEDED,
        "Ones": {},
        "Orthogonal": {"gain": (Float, 1.0), **_SEEDED},
        "RandomNormal": {"mean": (Float, 0.0), "stddev": (NonNegativeFloat, 0.05), **_SEEDED},
        "RandomUniform": {"minval": (Float, -0.05), "maxval": (Float, 0.05), **_SEEDED},
        "TruncatedNormal": {"mean": (Float, 0.0), "stddev": (NonNegativeFloat, 0.05), **_SEEDED},
        "VarianceScaling": {
            "scale": (PositiveFloat, 1.0),
            "mode": (Literal["fan_in", "fan_out", "fan_avg"], "fan_in"),
            "distribution": (
                Literal["truncated_normal", "untruncated_normal", "uniform"],
                "truncated_normal",
            ),
            **_SEEDED,
        },
        "Zeros": {},
    },
    aliases={"uniform": "RandomUniform", "normal": "RandomNormal", "zero": "Zeros", "one": "Ones"},
)


@dataclass(frozen=True)
class Fixed:
    """A weight's values, written in the spec or read from a `.npy` file inside the root.

    `values` is nested lists of numbers, or the file's array; `file` is the path as the spec has it. `digest` is what
    they are compared by.
    """

    values: Any = field(repr=False, compare=False)
    shape: tuple[int, ...]
    file: str | None = None
    digest: str = ""

    def array(self, dtype: str | None = None) -> np.ndarray:
        """The values in a dtype: by default in float32, but for a file's whole numbers, which stay what they are."""
        import numpy as np

        if dtype is None and (self.file is None or self.values.dtype.kind == "f"):
            dtype = "float32"
        return np.asarray(self.values, dtype=dtype).reshape(self.shape)


# What validation needs from outside to take `{file: …}`: the path as written -> the values, their shape and
# digest. It raises PydanticCustomError for a file that cannot be taken.
FileLoader: TypeAlias = Callable[[str], Fixed]


def parse_initializer(value: Any, info: ValidationInfo) -> Named | Fixed:
    """`HeNormal`, `{HeNormal: {seed: 1}}`, `{values: [[…]]}` or `{file: filters.npy}`."""
    match value:
        case Fixed():
            return value
        case {"values": values} if len(value) == 1:
            return Fixed(values, shape_of(values), digest=hashlib.sha256(repr(values).encode()).hexdigest())
        case {"file": str() as path} if len(value) == 1:
            load: FileLoader = (info.context or {})["load"]
            return load(path)
        case {"file": _} if len(value) == 1:
            context = {"at": ("file",), "code": "NN103", "help": "write {file: filters.npy}"}
            raise PydanticCustomError("file_type", "the file of a fixed weight must be a path", context)
    return INITIALIZERS.parse(value)


def shape_of(values: Any, at: tuple[str | int, ...] = ("values",)) -> tuple[int, ...]:
    """The shape of nested lists of finite numbers. Raises PydanticCustomError, with the place inside the
    value, where they are ragged, empty or not numbers."""
    match values:
        case bool() | str() | None | dict():
            raise _bad_values("NN103", "a fixed weight must be made of numbers", NESTED, at)
        case int() | float() if math.isfinite(values):
            return ()
        case int() | float():
            raise _bad_values("NN305", "a fixed weight must be finite", "write a finite number", at)
        case []:
            raise _bad_values("NN302", "a fixed weight cannot have an empty list", NESTED, at)
    shapes = [shape_of(item, (*at, number)) for number, item in enumerate(values)]
    odd = next((number for number, shape in enumerate(shapes) if shape != shapes[0]), None)
    if odd is not None:
        help = "lists side by side have the same length"
        raise _bad_values("NN302", "the shape of this part is not that of the first", help, (*at, odd))
    return (len(values), *shapes[0])


NESTED = "write nested lists of numbers: {values: [[1.0, 0.0], [0.0, 1.0]]}"


def _bad_values(
    code: str, message: LiteralString, help: str, at: tuple[str | int, ...]
) -> PydanticCustomError:
    return PydanticCustomError("fixed_values", message, {"code": code, "at": at, "help": help})


@dataclass(frozen=True)
class UnitForgetBias:
    """The bias of an LSTM's gates i, f, c and o: ones for f, and `inner` for the others, each a quarter of
    it."""

    inner: Named


@dataclass(frozen=True)
class EinsumKernel:
    """The kernel of Keras's EinsumDense: where `inner` scales by fans, they are the sizes of these axes."""

    inner: Named
    input_axes: tuple[int, ...]
    output_axes: tuple[int, ...]


# The windows of SciPy that have no parameters and a simple formula.
WINDOWS = (
    *("hann", "hamming", "blackman", "blackmanharris", "nuttall", "flattop"),
    *("bartlett", "cosine", "boxcar"),
)


@dataclass(frozen=True)
class FourierKernel:
    """Keras's initializer STFT: one part of a transform, times a window that has a name, or values."""

    side: Literal["real", "imag"]
    window: str | tuple[float, ...] | None
    scaling: str | None
    periodic: bool
    dtype: str


# What a spec can give, and what a layer may make of it.
Given: TypeAlias = Named | Fixed
Initializer: TypeAlias = Given | UnitForgetBias | EinsumKernel | FourierKernel


class Plain:
    """Marks a field of fixed values that stand in a spec as they are, and not under the key `values`."""


InitializerField: TypeAlias = Annotated[
    Given,
    Parsed(parse_initializer, with_info=True),
]


def inner(initializer: Initializer) -> Given | FourierKernel:
    """What the spec gives, of what a layer made of it; itself where a spec gives none."""
    return initializer.inner if isinstance(initializer, UnitForgetBias | EinsumKernel) else initializer


def misfit(initializer: Initializer, rank: int, dtype: str = "float32") -> str | None:
    """Why an initializer cannot make a weight of that rank and dtype; None where it can."""
    match initializer:
        case UnitForgetBias(inner):
            return misfit(inner, 1, dtype)
        case EinsumKernel(inner):
            return misfit(inner, rank, dtype)
        # The decomposition that it is made by is not there in TensorFlow.
        case Named(name="Orthogonal") if dtype == "bfloat16":
            return "Keras cannot make Orthogonal in bfloat16"
        case Named(name="Orthogonal") if rank < 2:
            return "Orthogonal makes weights of two axes or more"
        case Named(name="Identity") if rank != 2:
            return "Identity makes weights of two axes"
    return None


ZEROS = INITIALIZERS.named("zeros")
ONES = INITIALIZERS.named("ones")
GLOROT_UNIFORM = INITIALIZERS.named("glorot_uniform")
ORTHOGONAL = INITIALIZERS.named("orthogonal")
UNIFORM = INITIALIZERS.named("random_uniform")
