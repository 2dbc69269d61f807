"""Keras's optimizers, and the schedules by which a learning rate changes while training goes on."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic_core import PydanticCustomError

from .fields import Float, NonNegativeFloat, NonNegativeInt, OptionalCount, PositiveFloat, PositiveInt, Rate
from .named import Catalogue, Named
from .scalars import is_number
from .schemas import Bounds, Parsed, validator

Floats: TypeAlias = list[Float]
OptionalDecay: TypeAlias = NonNegativeFloat | None
OptionalPositive: TypeAlias = PositiveFloat | None
OptionalSteps: TypeAlias = Annotated[int, Bounds(ge=2)] | None


def _decay(name: str) -> dict[str, tuple[Any, Any]]:
    return {
        "initial_learning_rate": (NonNegativeFloat, ...),
        "decay_steps": (PositiveInt, ...),
        "decay_rate": (NonNegativeFloat, ...),
        "staircase": (bool, False),
        "name": (str, name),
    }


SCHEDULES = Catalogue(
    "learning rate schedule",
    "keras.optimizers.schedules",
    {
        "CosineDecay": {
            "initial_learning_rate": (NonNegativeFloat, ...),
            "decay_steps": (PositiveInt, ...),
            "alpha": (Float, 0.0),
            "name": (str, "CosineDecay"),
            "warmup_target": (OptionalDecay, None),
            "warmup_steps": (NonNegativeInt, 0),
        },
        "CosineDecayRestarts": {
            "initial_learning_rate": (NonNegativeFloat, ...),
            "first_decay_steps": (PositiveInt, ...),
            "t_mul": (PositiveFloat, 2.0),
            "m_mul": (NonNegativeFloat, 1.0),
            "alpha": (Float, 0.0),
            "name": (str, "SGDRDecay"),
        },
        "ExponentialDecay": _decay("ExponentialDecay"),
        "InverseTimeDecay": _decay("InverseTimeDecay"),
        "PiecewiseConstantDecay": {
            "boundaries": (Floats, ...),
            "values": (Floats, ...),
            "name": (str, "PiecewiseConstant"),
        },
        "PolynomialDecay": {
            "initial_learning_rate": (NonNegativeFloat, ...),
            "decay_steps": (PositiveInt, ...),
            "end_learning_rate": (NonNegativeFloat, 0.0001),
            "power": (Float, 1.0),
            "cycle": (bool, False),
            "name": (str, "PolynomialDecay"),
        },
    },
)


def schedule(value: Any) -> Named:
    """A learning rate schedule. Raises PydanticCustomError or ValidationError."""
    named = SCHEDULES.parse(value)
    if named.name == "PiecewiseConstantDecay" and len(named["values"]) != len(named["boundaries"]) + 1:
        context = {"help": "the first value holds before the first boundary"}
        raise PydanticCustomError("piecewise", "there must be one value more than boundaries", context)
    return named


def learning_rate(value: Any) -> float | Named:
    """A number, or a schedule. Raises PydanticCustomError or ValidationError."""
    if isinstance(value, Named | dict) or (isinstance(value, str) and not is_number(value)):
        return schedule(value)
    return validator(NonNegativeFloat).validate_python(value)


LearningRate: TypeAlias = Annotated[float | Named, Parsed(learning_rate)]

_CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")

_COMMON = {
    "weight_decay": (OptionalDecay, None),
    **dict.fromkeys(_CLIPS, (OptionalPositive, None)),
    "use_ema": (bool, False),
    "ema_momentum": (Rate, 0.99),
    "ema_overwrite_frequency": (OptionalCount, None),
    "loss_scale_factor": (OptionalPositive, None),
    "gradient_accumulation_steps": (OptionalSteps, None),
    "name": (str | None, None),
}
_RATE = {"learning_rate": (LearningRate, 0.001)}
_EPSILON = {"epsilon": (NonNegativeFloat, 1e-7)}
_MOMENTS = {"beta_1": (Rate, 0.9), "beta_2": (Rate, 0.999)}
_ADAM = {**_RATE, **_MOMENTS, **_EPSILON}

OPTIMIZERS = Catalogue(
    "optimizer",
    "keras.optimizers",
    {
        "Adadelta": {**_RATE, "rho": (Rate, 0.95), **_EPSILON, **_COMMON},
        "Adafactor": {
            **_RATE,
            "beta_2_decay": (Float, -0.8),
            "epsilon_1": (NonNegativeFloat, 1e-30),
            "epsilon_2": (NonNegativeFloat, 0.001),
            "clip_threshold": (PositiveFloat, 1.0),
            "relative_step": (bool, True),
            **_COMMON,
        },
        "Adagrad": {**_RATE, "initial_accumulator_value": (NonNegativeFloat, 0.1), **_EPSILON, **_COMMON},
        "Adam": {**_ADAM, "amsgrad": (bool, False), **_COMMON},
        "AdamW": {**_ADAM, "amsgrad": (bool, False), **_COMMON, "weight_decay": (NonNegativeFloat, 0.004)},
        "Adamax": {**_ADAM, **_COMMON},
        "Ftrl": {
            **_RATE,
            "learning_rate_power": (Annotated[Float, Bounds(le=0)], -0.5),
            "initial_accumulator_value": (NonNegativeFloat, 0.1),
            "l1_regularization_strength": (NonNegativeFloat, 0.0),
            "l2_regularization_strength": (NonNegativeFloat, 0.0),
            "l2_shrinkage_regularization_strength": (NonNegativeFloat, 0.0),
            "beta": (Float, 0.0),
            **_COMMON,
        },
        "Lamb": {**_ADAM, **_COMMON},
        "Lion": {
            **_RATE,
            "beta_1": (Annotated[Rate, Bounds(gt=0)], 0.9),
            "beta_2": (Rate, 0.99),
            **_COMMON,
        },
        "Muon": {
            **_RATE,
            "adam_beta_1": (Rate, 0.9),
            "adam_beta_2": (Rate, 0.999),
            "adam_weight_decay": (OptionalDecay, 0.004),
            **_EPSILON,
            **_COMMON,
            "weight_decay": (OptionalDecay, 0.004),
            "exclude_layers": (list[str] | None, None),
            "exclude_embeddings": (bool, True),
            "muon_a": (Float, 3.4445),
            "muon_b": (Float, -4.775),
            "muon_c": (Float, 2.0315),
            "adam_lr_ratio": (PositiveFloat, 1),
            "momentum": (Rate, 0.95),
            "ns_steps": (PositiveInt, 5),
            "nesterov": (bool, True),
            "rms_rate": (OptionalPositive, 0.2),
        },
        "Nadam": {**_ADAM, **_COMMON},
        "RMSprop": {
            **_RATE,
            "rho": (Rate, 0.9),
            "momentum": (Rate, 0.0),
            **_EPSILON,
            "centered": (bool, False),
            **_COMMON,
        },
        "SGD": {
            "learning_rate": (LearningRate, 0.01),
            "momentum": (Rate, 0.0),
            "nesterov": (bool, False),
            **_COMMON,
        },
        "ScheduleFreeAdamW": {
            "learning_rate": (LearningRate, 0.0025),
            **_MOMENTS,
            "epsilon": (NonNegativeFloat, 1e-8),
            "warmup_steps": (NonNegativeInt, 0),
            **_COMMON,
        },
    },
    spell=str.lower,
)


def optimizer(value: Any) -> Named:
    """An optimizer. Raises PydanticCustomError or ValidationError."""
    named = OPTIMIZERS.parse(value)
    clips = [clip for clip in _CLIPS if named[clip] is not None]
    if len(clips) > 1:
        context = {"clips": " and ".join(clips), "help": "gradients are clipped in one way: keep one of them"}
        raise PydanticCustomError("clips", "{clips} exclude each other", context)
    return named


RMSPROP = OPTIMIZERS.named("RMSprop")

Optimizer: TypeAlias = Annotated[Named, Parsed(optimizer)]
