"""Keras's activation functions."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic_core import PydanticCustomError

from .fields import Float, Int, NonNegativeFloat, PositiveFloat
from .named import Catalogue, Named
from .schemas import Parsed

ACTIVATIONS = Catalogue(
    "activation",
    "keras.activations",
    {
        "celu": {"alpha": (PositiveFloat, 1.0)},
        "elu": {"alpha": (Float, 1.0)},
        "exponential": {},
        "gelu": {"approximate": (bool, False)},
        "glu": {"axis": (Int, -1)},
        "hard_shrink": {"threshold": (NonNegativeFloat, 0.5)},
        "hard_sigmoid": {},
        "hard_silu": {},
        "hard_tanh": {},
        "leaky_relu": {"negative_slope": (NonNegativeFloat, 0.2)},
        "linear": {},
        "log_sigmoid": {},
        "log_softmax": {"axis": (Int, -1)},
        "mish": {},
        "relu": {
            "negative_slope": (NonNegativeFloat, 0.0),
            "max_value": (NonNegativeFloat | None, None),
            "threshold": (NonNegativeFloat, 0.0),
        },
        "relu6": {},
        "selu": {},
        "sigmoid": {},
        "silu": {},
        "soft_shrink": {"threshold": (NonNegativeFloat, 0.5)},
        "softmax": {"axis": (Int, -1)},
        "softplus": {},
        "softsign": {},
        "sparse_plus": {},
        "sparse_sigmoid": {},
        "sparsemax": {"axis": (Int, -1)},
        "squareplus": {"b": (NonNegativeFloat, 4.0)},
        "tanh": {},
        "tanh_shrink": {},
        "threshold": {"threshold": (Float, ...), "default_value": (Float, ...)},
    },
    aliases={"swish": "silu", "hard_swish": "hard_silu"},
)

LINEAR = ACTIVATIONS.named("linear")
SIGMOID = ACTIVATIONS.named("sigmoid")
TANH = ACTIVATIONS.named("tanh")


def parse_activation(value: Any) -> Named:
    """Any activation. None and `linear` are the same thing, and both are accepted."""
    return LINEAR if value is None else ACTIVATIONS.parse(value)


def parse_same_shape(value: Any) -> Named:
    """An activation whose output has its input's shape, as layers take it. Raises PydanticCustomError."""
    activation = parse_activation(value)
    if activation.name == "glu":
        context = {"code": "NN112", "help": "put a layer {Activation: glu} after it"}
        raise PydanticCustomError(
            "glu", "glu halves its axis, which only the layer Activation allows for", context
        )
    return activation


def has_axis(activation: Named) -> bool:
    """Whether the activation works along an axis, and not element by element."""
    return "axis" in ACTIVATIONS.entries[activation.name]


AnyActivation: TypeAlias = Annotated[Named, Parsed(parse_activation)]
Activation: TypeAlias = Annotated[Named, Parsed(parse_same_shape)]
