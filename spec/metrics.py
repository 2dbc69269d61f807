"""Keras's metrics."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic_core import PydanticCustomError

from .fields import (
    Float,
    Int,
    NonNegativeFloat,
    NonNegativeInt,
    OptionalCount,
    OptionalDtype,
    OptionalInt,
    PositiveFloat,
    PositiveInt,
    Rate,
    as_tuple,
)
from .named import Catalogue, Named
from .schemas import Before, Bounds, Parsed

# A list, because Keras takes a tuple of thresholds for one threshold.
Thresholds: TypeAlias = Annotated[
    list[Rate] | None, Before(lambda v: v if v is None or isinstance(v, list) else [v])
]
ClassIds: TypeAlias = Annotated[tuple[NonNegativeInt, ...], Bounds(min_length=1), Before(as_tuple)]
Choice: TypeAlias = Literal["ROC", "roc", "PR", "pr", "PRGAIN", "prgain"]
Summation: TypeAlias = Literal[
    "interpolation", "Interpolation", "majoring", "Majoring", "minoring", "Minoring"
]
OptionalClass: TypeAlias = NonNegativeInt | None
OptionalThreshold: TypeAlias = Annotated[Rate, Bounds(gt=0)] | None
Average: TypeAlias = Literal["micro", "macro", "weighted"] | None


def _common(name: str | None = None) -> dict[str, tuple[Any, Any]]:
    return {"name": (str | None, name), "dtype": (OptionalDtype, None)}


_AXIS = {"axis": (Int, -1)}
_LOGITS = {"from_logits": (bool, False)}
_SMOOTHED = {**_LOGITS, "label_smoothing": (Rate, 0.0)}
_COUNTED = {"thresholds": (Thresholds, None), **_common()}
_RETRIEVED = {
    "thresholds": (Thresholds, None),
    "top_k": (OptionalCount, None),
    "class_id": (OptionalClass, None),
    **_common(),
}
_THRESHOLD = {"threshold": (OptionalThreshold, None)}
_AT = {"num_thresholds": (PositiveInt, 200), "class_id": (OptionalClass, None), **_common()}
_CLASSES = {"num_classes": (PositiveInt, ...)}
_IGNORED = {"ignore_class": (OptionalInt, None)}
_SPARSE = {**_IGNORED, "sparse_y_true": (bool, True), "sparse_y_pred": (bool, True), **_AXIS, **_common()}
_ONE_HOT = {**_IGNORED, "sparse_y_pred": (bool, False), **_AXIS, **_common()}
_TARGETS = {"target_class_ids": (ClassIds, ...)}

# Keras chooses among its accuracies once it sees the shapes.
CHOSEN_METRICS = ("accuracy",)

METRICS = Catalogue(
    "metric",
    "keras.metrics",
    {
        "AUC": {
            "num_thresholds": (Annotated[PositiveInt, Bounds(ge=2)], 200),
            "curve": (Choice, "ROC"),
            "summation_method": (Summation, "interpolation"),
            "thresholds": (Thresholds, None),
            "multi_label": (bool, False),
            "num_labels": (OptionalCount, None),
            "label_weights": (list[NonNegativeFloat] | None, None),
            **_LOGITS,
            **_common(),
        },
        "Accuracy": _common("accuracy"),
        "BinaryAccuracy": {"threshold": (Float, 0.5), **_common("binary_accuracy")},
        "BinaryCrossentropy": {**_SMOOTHED, **_common("binary_crossentropy")},
        "BinaryIoU": {"target_class_ids": (ClassIds, (0, 1)), "threshold": (Rate, 0.5), **_common()},
        "CategoricalAccuracy": _common("categorical_accuracy"),
        "CategoricalCrossentropy": {**_SMOOTHED, **_AXIS, **_common("categorical_crossentropy")},
        "CategoricalHinge": _common("categorical_hinge"),
        "ConcordanceCorrelation": {**_AXIS, **_common("concordance_correlation")},
        "CosineSimilarity": {**_AXIS, **_common("cosine_similarity")},
        "F1Score": {"average": (Average, None), **_THRESHOLD, **_common("f1_score")},
        "FBetaScore": {
            "average": (Average, None),
            "beta": (PositiveFloat, 1.0),
            **_THRESHOLD,
            **_common("fbeta_score"),
        },
        "FalseNegatives": _COUNTED,
        "FalsePositives": _COUNTED,
        "Hinge": _common("hinge"),
        "IoU": {**_CLASSES, **_TARGETS, **_SPARSE},
        "KLDivergence": _common("kl_divergence"),
        "LogCoshError": _common("logcosh"),
        "MeanAbsoluteError": _common("mean_absolute_error"),
        "MeanAbsolutePercentageError": _common("mean_absolute_percentage_error"),
        "MeanIoU": {**_CLASSES, **_SPARSE},
        "MeanSquaredError": _common("mean_squared_error"),
        "MeanSquaredLogarithmicError": _common("mean_squared_logarithmic_error"),
        "OneHotIoU": {**_CLASSES, **_TARGETS, **_ONE_HOT},
        "OneHotMeanIoU": {**_CLASSES, **_ONE_HOT},
        "PearsonCorrelation": {**_AXIS, **_common("pearson_correlation")},
        "Poisson": _common("poisson"),
        "Precision": _RETRIEVED,
        "PrecisionAtRecall": {"recall": (Rate, ...), **_AT},
        "R2Score": {
            "class_aggregation": (
                Literal["uniform_average", "variance_weighted_average"] | None,
                "uniform_average",
            ),
            "num_regressors": (NonNegativeInt, 0),
            **_common("r2_score"),
        },
        "Recall": _RETRIEVED,
        "RecallAtPrecision": {"precision": (Rate, ...), **_AT},
        "RootMeanSquaredError": _common("root_mean_squared_error"),
        "SensitivityAtSpecificity": {"specificity": (Rate, ...), **_AT},
        "SparseCategoricalAccuracy": _common("sparse_categorical_accuracy"),
        "SparseCategoricalCrossentropy": {
            **_LOGITS,
            **_IGNORED,
            **_AXIS,
            **_common("sparse_categorical_crossentropy"),
        },
        "SparseTopKCategoricalAccuracy": {
            "k": (PositiveInt, 5),
            "from_sorted_ids": (bool, False),
            **_common("sparse_top_k_categorical_accuracy"),
        },
        "SpecificityAtSensitivity": {"sensitivity": (Rate, ...), **_AT},
        "SquaredHinge": _common("squared_hinge"),
        "TopKCategoricalAccuracy": {"k": (PositiveInt, 5), **_common("top_k_categorical_accuracy")},
        "TrueNegatives": _COUNTED,
        "TruePositives": _COUNTED,
        **{name: {} for name in CHOSEN_METRICS},
    },
    aliases={
        **dict.fromkeys(("bce", "BCE"), "BinaryCrossentropy"),
        **dict.fromkeys(("mae", "MAE"), "MeanAbsoluteError"),
        **dict.fromkeys(("mape", "MAPE"), "MeanAbsolutePercentageError"),
        **dict.fromkeys(("mse", "MSE"), "MeanSquaredError"),
        **dict.fromkeys(("msle", "MSLE"), "MeanSquaredLogarithmicError"),
        "acc": "accuracy",
    },
)


def metric(value: Any) -> Named | str:
    """A metric; a bare name stays the string that it is. Raises PydanticCustomError or ValidationError."""
    named = METRICS.parse(value)
    if named.name in ("IoU", "OneHotIoU") and max(named["target_class_ids"]) >= named["num_classes"]:
        context = {"count": named["num_classes"], "help": "classes count from 0"}
        raise PydanticCustomError("class_ids", "target_class_ids are below num_classes, {count}", context)
    if named.name == "AUC" and named["num_labels"] and not named["multi_label"]:
        context = {"help": "write multi_label: true beside it, or remove num_labels"}
        raise PydanticCustomError("num_labels", "num_labels is for AUC with multi_label", context)
    if isinstance(value, str):
        return value
    return named.name if named.name in CHOSEN_METRICS else named


# A bare name is kept as written: Keras takes it, and names what it logs by it.
Metric: TypeAlias = Annotated[Named | str, Parsed(metric)]
