"""Keras's losses."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from .fields import Float, Int, NonNegativeFloat, OptionalDtype, OptionalInt, PositiveFloat, Rate
from .named import Catalogue, Named
from .schemas import Bounds, Parsed

Reduction: TypeAlias = Literal["sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none"] | None


def _common(name: str) -> dict[str, tuple[Any, Any]]:
    return {
        "reduction": (Reduction, "sum_over_batch_size"),
        "name": (str | None, name),
        "dtype": (OptionalDtype, None),
    }


_AXIS = {"axis": (Int, -1)}
_LOGITS = {"from_logits": (bool, False)}
_SMOOTHED = {**_LOGITS, "label_smoothing": (Rate, 0.0), **_AXIS}
_FOCAL = {"alpha": (Float, 0.25), "gamma": (NonNegativeFloat, 2.0)}
_AXES = {"axis": (OptionalInt, None)}

# Losses that Keras chooses once it sees the shapes; they have no class.
CHOSEN_LOSSES = ("crossentropy",)

# Keras has the class, but takes no string for it.
CLASS_ONLY = ("CategoricalGeneralizedCrossEntropy",)

LOSSES = Catalogue(
    "loss",
    "keras.losses",
    {
        "BinaryCrossentropy": {**_SMOOTHED, **_common("binary_crossentropy")},
        "BinaryFocalCrossentropy": {
            "apply_class_balancing": (bool, False),
            **_FOCAL,
            **_SMOOTHED,
            **_common("binary_focal_crossentropy"),
        },
        "CTC": _common("ctc"),
        "CategoricalCrossentropy": {**_SMOOTHED, **_common("categorical_crossentropy")},
        "CategoricalFocalCrossentropy": {**_FOCAL, **_SMOOTHED, **_common("categorical_focal_crossentropy")},
        "CategoricalGeneralizedCrossEntropy": {
            "q": (Annotated[Float, Bounds(gt=0, lt=1)], 0.5),
            **_common("categorical_generalized_cross_entropy"),
        },
        "CategoricalHinge": _common("categorical_hinge"),
        "Circle": {
            "gamma": (PositiveFloat, 80.0),
            "margin": (Float, 0.4),
            "remove_diagonal": (bool, True),
            **_common("circle"),
        },
        "CosineSimilarity": {**_AXIS, **_common("cosine_similarity")},
        "Dice": {**_AXES, **_common("dice")},
        "Hinge": _common("hinge"),
        "Huber": {"delta": (PositiveFloat, 1.0), **_common("huber_loss")},
        "KLDivergence": _common("kl_divergence"),
        "LogCosh": _common("log_cosh"),
        "MeanAbsoluteError": _common("mean_absolute_error"),
        "MeanAbsolutePercentageError": _common("mean_absolute_percentage_error"),
        "MeanSquaredError": _common("mean_squared_error"),
        "MeanSquaredLogarithmicError": _common("mean_squared_logarithmic_error"),
        "Poisson": _common("poisson"),
        "SparseCategoricalCrossentropy": {
            **_LOGITS,
            "ignore_class": (OptionalInt, None),
            **_AXIS,
            **_common("sparse_categorical_crossentropy"),
        },
        "SquaredHinge": _common("squared_hinge"),
        "Tversky": {"alpha": (Float, 0.5), "beta": (Float, 0.5), **_AXES, **_common("tversky")},
        **{name: {} for name in CHOSEN_LOSSES},
    },
    aliases={
        **dict.fromkeys(("bce", "BCE"), "BinaryCrossentropy"),
        **dict.fromkeys(("kld", "KLD"), "KLDivergence"),
        **dict.fromkeys(("mae", "MAE"), "MeanAbsoluteError"),
        **dict.fromkeys(("mape", "MAPE"), "MeanAbsolutePercentageError"),
        **dict.fromkeys(("mse", "MSE"), "MeanSquaredError"),
        **dict.fromkeys(("msle", "MSLE"), "MeanSquaredLogarithmicError"),
        "ce": "crossentropy",
    },
)


def loss(value: Any) -> Named | str:
    """A loss; a bare name stays the string that it is. Raises PydanticCustomError or ValidationError."""
    named = LOSSES.parse(value)
    if isinstance(value, str) and named.name not in CLASS_ONLY:
        return value
    return named.name if named.name in CHOSEN_LOSSES else named


# A bare name is kept as written: Keras takes it, and names what it logs by it.
Loss: TypeAlias = Annotated[Named | str, Parsed(loss)]
