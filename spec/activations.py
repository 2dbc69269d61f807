"""Keras's activation functions."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from .fields import Float, Int, NonNegativeFloat, parsed_by
from .named import Catalogue, Named

ACTIVATIONS = Catalogue(
    "activation",
    "keras.activations",
    {
        "celu": {"alpha": (Float, 1.0)},
        "elu": {"alpha": (Float, 1.0)},
        "exponential": {},
        "gelu": {"approximate": (bool, False)},
        "glu": {"axis": (Int, -1)},
        "hard_shrink": {"threshold": (Float, 0.5)},
        "hard_sigmoid": {},
        "hard_silu": {},
        "hard_tanh": {},
        "leaky_relu": {"negative_slope": (Float, 0.2)},
        "linear": {},
        "log_sigmoid": {},
        "log_softmax": {"axis": (Int, -1)},
        "mish": {},
        "relu": {
            "negative_slope": (Float, 0.0),
            "max_value": (NonNegativeFloat | None, None),
            "threshold": (Float, 0.0),
        },
        "relu6": {},
        "selu": {},
        "sigmoid": {},
        "silu": {},
        "soft_shrink": {"threshold": (Float, 0.5)},
        "softmax": {"axis": (Int, -1)},
        "softplus": {},
        "softsign": {},
        "sparse_plus": {},
        "sparse_sigmoid": {},
        "sparsemax": {"axis": (Int, -1)},
        "squareplus": {"b": (Float, 4.0)},
        "tanh": {},
        "tanh_shrink": {},
        "threshold": {"threshold": (Float, ...), "default_value": (Float, ...)},
    },
    aliases={"swish": "silu", "hard_swish": "hard_silu"},
)

LINEAR = ACTIVATIONS.named("linear")

# No activation and `linear` are the same thing, and both are accepted.
Activation: TypeAlias = Annotated[
    Named, parsed_by(lambda value: LINEAR if value is None else ACTIVATIONS.parse(value))
]
