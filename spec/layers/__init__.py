"""The catalogue: every layer and function by name. A family's module is imported when one of its names is used,
so that checking a small spec does not pay for all of Keras."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from .base import Layer

FAMILIES: dict[str, tuple[str, ...]] = {
    "core": ("Dense", "Embedding", "Identity"),
    "activation": ("Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax"),
    "conv": ("Conv1D", "Conv2D", "DepthwiseConv2D", "SeparableConv2D", "Conv2DTranspose"),
    "pooling": (
        *("MaxPooling1D", "MaxPooling2D", "AveragePooling1D", "AveragePooling2D"),
        *("GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalAveragePooling1D", "GlobalAveragePooling2D"),
    ),
    "spatial": ("ZeroPadding2D", "Cropping2D", "UpSampling2D"),
    "shaping": ("Flatten", "Reshape", "Permute", "RepeatVector"),
    "normalization": (
        *("BatchNormalization", "LayerNormalization", "GroupNormalization"),
        *("Normalization", "Rescaling"),
    ),
    "regularization": ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianNoise"),
    "recurrent": ("SimpleRNN", "LSTM", "GRU", "Bidirectional", "TimeDistributed"),
    "merge": ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot"),
    "attention": ("MultiHeadAttention",),
    "functions": ("Mean", "Sum", "Max", "Transpose"),
}

# Keras's second names.
ALIASES: dict[str, str] = {
    "AvgPool1D": "AveragePooling1D",
    "AvgPool2D": "AveragePooling2D",
    "MaxPool1D": "MaxPooling1D",
    "MaxPool2D": "MaxPooling2D",
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution2DTranspose": "Conv2DTranspose",
    "Deconvolution2D": "Conv2DTranspose",
    "DepthwiseConvolution2D": "DepthwiseConv2D",
    "SeparableConvolution2D": "SeparableConv2D",
    "GlobalAvgPool1D": "GlobalAveragePooling1D",
    "GlobalAvgPool2D": "GlobalAveragePooling2D",
    "GlobalMaxPool1D": "GlobalMaxPooling1D",
    "GlobalMaxPool2D": "GlobalMaxPooling2D",
}

# Names that people try and a spec cannot have, each with the reason and what to use instead.
REFUSED: dict[str, str] = {
    "Lambda": "a spec carries no code: use a function such as Mean, Sum, Max, Reshape or Transpose",
    "InputLayer": "inputs are declared under `inputs`",
    "Input": "inputs are declared under `inputs`",
}

_FAMILY_OF = {name: family for family, names in FAMILIES.items() for name in names}

NAMES: tuple[str, ...] = tuple(_FAMILY_OF)


@cache
def find(name: str) -> type[Layer] | None:
    """The class of a layer by its name or one of Keras's aliases; None for a name that is neither."""
    canonical = ALIASES.get(name, name)
    if canonical not in _FAMILY_OF:
        return None
    return getattr(import_module(f".{_FAMILY_OF[canonical]}", __name__), canonical)
