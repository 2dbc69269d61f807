"""Keras's regularizers and constraints: what training holds weights to."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from .fields import Axes, Float, NonNegativeFloat, PositiveFloat, Rate
from .named import Catalogue, Named
from .schemas import Parsed

REGULARIZERS = Catalogue(
    "regularizer",
    "keras.regularizers",
    {
        "L1": {"l1": (NonNegativeFloat, 0.01)},
        "L1L2": {"l1": (NonNegativeFloat, 0.0), "l2": (NonNegativeFloat, 0.0)},
        "L2": {"l2": (NonNegativeFloat, 0.01)},
        "OrthogonalRegularizer": {"factor": (Float, 0.01), "mode": (Literal["rows", "columns"], "rows")},
    },
    aliases={"l1_l2": "L1L2", "orthogonal": "OrthogonalRegularizer"},
)

CONSTRAINTS = Catalogue(
    "constraint",
    "keras.constraints",
    {
        "MaxNorm": {"max_value": (PositiveFloat, 2), "axis": (Axes, (0,))},
        "MinMaxNorm": {
            "min_value": (NonNegativeFloat, 0.0),
            "max_value": (PositiveFloat, 1.0),
            "rate": (Rate, 1.0),
            "axis": (Axes, (0,)),
        },
        "NonNeg": {},
        "UnitNorm": {"axis": (Axes, (0,))},
    },
)

Regularizer: TypeAlias = Annotated[
    Named | None, Parsed(lambda value: None if value is None else REGULARIZERS.parse(value))
]
Constraint: TypeAlias = Annotated[
    Named | None, Parsed(lambda value: None if value is None else CONSTRAINTS.parse(value))
]
