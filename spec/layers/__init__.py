"""The catalogue: every layer and function by name. A family's module is imported when one of its names is
used, so that checking a small spec does not pay for all of Keras."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from .base import Layer

FAMILIES: dict[str, tuple[str, ...]] = {
    "core": ("Dense", "Embedding", "ReversibleEmbedding", "Identity", "Masking"),
    "einsum": ("EinsumDense",),
    "activation": ("Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax"),
    "conv": (
        *("Conv1D", "Conv2D", "Conv3D", "DepthwiseConv1D", "DepthwiseConv2D"),
        *("SeparableConv1D", "SeparableConv2D"),
        *("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"),
    ),
    "pooling": (
        *("MaxPooling1D", "MaxPooling2D", "MaxPooling3D"),
        *("AveragePooling1D", "AveragePooling2D", "AveragePooling3D"),
        *("GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D"),
        *("GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D"),
    ),
    "adaptive": (
        *("AdaptiveAveragePooling1D", "AdaptiveAveragePooling2D", "AdaptiveAveragePooling3D"),
        *("AdaptiveMaxPooling1D", "AdaptiveMaxPooling2D", "AdaptiveMaxPooling3D"),
    ),
    "spatial": (
        *("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D", "Cropping1D", "Cropping2D", "Cropping3D"),
        *("UpSampling1D", "UpSampling2D", "UpSampling3D"),
    ),
    "resizing": ("Resizing", "CenterCrop"),
    "images": ("Resize", "ExtractPatches", "DepthToSpace", "SpaceToDepth"),
    "shaping": ("Flatten", "Reshape", "Permute", "RepeatVector"),
    "normalization": (
        *("BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization"),
        "UnitNormalization",
        *("Normalization", "Rescaling"),
    ),
    "regularization": (
        *("Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise", "ActivityRegularization"),
        *("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"),
    ),
    "color_augmentation": (
        *("RandomBrightness", "RandomColorDegeneration", "RandomColorJitter", "RandomContrast"),
        *("RandomGrayscale", "RandomHue", "RandomInvert", "RandomPosterization", "RandomSaturation"),
        *("RandomSharpness", "Solarization", "Equalization", "AutoContrast"),
    ),
    "geometric_augmentation": (
        *("RandomCrop", "RandomElasticTransform", "RandomFlip", "RandomGaussianBlur", "RandomPerspective"),
        *("RandomRotation", "RandomShear", "RandomTranslation", "RandomZoom"),
    ),
    "mixed_augmentation": ("AugMix", "RandAugment", "CutMix", "MixUp", "RandomErasing"),
    "lookup": ("IntegerLookup", "StringLookup"),
    "pipeline": ("Pipeline",),
    "preprocessing": ("CategoryEncoding", "Discretization"),
    "cells": ("SimpleRNNCell", "LSTMCell", "GRUCell", "StackedRNNCells"),
    "spectral": ("STFTSpectrogram", "MelSpectrogram"),
    "recurrent": ("SimpleRNN", "LSTM", "GRU", "RNN"),
    "conv_lstm": ("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"),
    "wrappers": ("Bidirectional", "TimeDistributed", "SpectralNormalization"),
    "merge": ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot"),
    "attention": ("MultiHeadAttention", "GroupQueryAttention"),
    "dot_product_attention": ("DotProductAttention",),
    "plain_attention": ("Attention", "AdditiveAttention"),
    "moving": ("Flip", "Roll", "Pad", "Tile", "Repeat"),
    "shapes": ("Transpose", "ExpandDims", "Squeeze", "SwapAxes", "MoveAxis", "Rot90", "BroadcastTo", "Stack"),
    "parts": ("Split", "ArraySplit", "Unstack"),
    "indexing": ("Slice", "Take", "TakeAlongAxis", "OneHot", "MultiHot"),
    "linear": ("MatMul", "Inner", "Tensordot", "Einsum"),
    "matrices": ("Diagonal", "Trace", "Tril", "Triu", "Diff", "Normalize", "Cross"),
    "sorting": ("TopK", "Sort", "ArgSort"),
    "constants": ("Constant", "Arange", "Linspace", "Zeros", "Ones", "Full", "Eye", "Tri"),
    "elementwise": (
        *("Abs", "Negative", "Reciprocal", "Sign", "Square", "Sqrt", "Rsqrt", "Cbrt", "Exp", "Exp2"),
        *("Expm1", "Log", "Log1p", "Log2", "Log10", "Sin", "Cos", "Tan", "Arcsin", "Arccos", "Arctan"),
        *("Sinh", "Cosh", "Tanh", "Arcsinh", "Arccosh", "Arctanh", "Sinc", "Erf", "Erfc", "Deg2Rad"),
        *("Rad2Deg", "Floor", "Ceil", "Trunc", "Round", "Clip", "IsNan", "IsInf", "IsFinite"),
        *("IsPosInf", "IsNegInf", "LogicalNot", "BitwiseInvert", "NanToNum", "Cast", "ZerosLike"),
        "OnesLike",
    ),
    "activation_functions": (
        *("Celu", "Gelu", "HardShrink", "HardSigmoid", "HardSilu", "HardTanh", "LogSigmoid", "Relu6"),
        *("Selu", "Sigmoid", "Silu", "SoftShrink", "Softplus", "Softsign", "SparsePlus"),
        *("SparseSigmoid", "Squareplus", "TanhShrink", "Threshold", "LogSoftmax", "Sparsemax"),
    ),
    "arithmetic": (
        *("Divide", "DivideNoNan", "FloorDivide", "Mod", "Fmod", "Power", "Arctan2", "LogAddExp"),
        *("LogAddExp2", "Fmax", "Fmin", "Hypot", "Heaviside", "Equal", "NotEqual", "Greater"),
        *("GreaterEqual", "Less", "LessEqual", "LogicalAnd", "LogicalOr", "LogicalXor", "BitwiseAnd"),
        *("BitwiseOr", "BitwiseXor", "Where"),
    ),
    "reductions": (
        *("Sum", "Prod", "Mean", "Var", "Std", "Median", "LogSumExp", "CountNonzero", "Norm", "Max"),
        *("Min", "Ptp", "ArgMax", "ArgMin", "All", "Any", "CumSum", "CumProd"),
    ),
}

# Keras's second names.
ALIASES: dict[str, str] = {
    "AvgPool1D": "AveragePooling1D",
    "AvgPool2D": "AveragePooling2D",
    "AvgPool3D": "AveragePooling3D",
    "MaxPool1D": "MaxPooling1D",
    "MaxPool2D": "MaxPooling2D",
    "MaxPool3D": "MaxPooling3D",
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "Convolution1DTranspose": "Conv1DTranspose",
    "Convolution2DTranspose": "Conv2DTranspose",
    "Convolution3DTranspose": "Conv3DTranspose",
    "SeparableConvolution1D": "SeparableConv1D",
    "SeparableConvolution2D": "SeparableConv2D",
    "GlobalAvgPool1D": "GlobalAveragePooling1D",
    "GlobalAvgPool2D": "GlobalAveragePooling2D",
    "GlobalAvgPool3D": "GlobalAveragePooling3D",
    "GlobalMaxPool1D": "GlobalMaxPooling1D",
    "GlobalMaxPool2D": "GlobalMaxPooling2D",
    "GlobalMaxPool3D": "GlobalMaxPooling3D",
}

FOREIGN = "it runs code of another framework, and a spec carries no code"
ABSTRACT = "it is what other layers are made from: name one of them"
INPUTS = "inputs are declared in the section `inputs`"

# Names that people try and a spec cannot have, each with the reason or what to use instead.
REFUSED: dict[str, str] = {
    "Lambda": "a spec carries no code: use a function such as Mean, Sum, Max, Reshape or Transpose",
    "InputLayer": INPUTS,
    "Input": INPUTS,
    "Hashing": "its hash cannot be written in ONNX: hash before the network, and use Embedding",
    "HashedCrossing": "its hash cannot be written in ONNX: cross the features before the network",
    "TextVectorization": "its regular expressions cannot be written in ONNX: begin with Embedding",
    "ContrastLimitedAdaptiveHistogramEqualization": "it cannot be written in ONNX: equalize before",
    "MaxNumBoundingBoxes": "it takes a structure and not a tensor: pad the boxes before the network",
    "JaxLayer": FOREIGN,
    "FlaxLayer": FOREIGN,
    "TFSMLayer": FOREIGN,
    "TorchModuleWrapper": FOREIGN,
    "Layer": ABSTRACT,
    "Wrapper": ABSTRACT,
}

_FAMILY_OF = {name: family for family, names in FAMILIES.items() for name in names}

NAMES: tuple[str, ...] = tuple(_FAMILY_OF)


def canonical(name: str) -> str | None:
    """The name of a layer by that name or an alias of it; None for a name that is neither."""
    known = ALIASES.get(name, name)
    return known if known in _FAMILY_OF else None


def is_reserved(name: str) -> bool:
    """Whether Keras gives the name to a layer, one that a spec can have or not."""
    return canonical(name) is not None or name in REFUSED


@cache
def find(name: str) -> type[Layer] | None:
    """The class of a layer by its name or one of Keras's aliases; None for a name that is neither."""
    known = canonical(name)
    if known is None:
        return None
    return getattr(import_module(f".{_FAMILY_OF[known]}", __name__), known)
