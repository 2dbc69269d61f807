"""Each layer's lowering to ONNX, by the layer's name. One that cannot be lowered has its reason in UNSUPPORTED."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ...spec.layers.base import Layer
from ...spec.plugins import row_of
from . import (
    activation_layers,
    adaptive,
    attention,
    augmentation,
    binary,
    constants,
    conv,
    core,
    dot_product_attention,
    einsum,
    formulas,
    images,
    indexing,
    linear,
    lookup,
    matrices,
    merge,
    moving,
    normalization,
    parts,
    pipeline,
    plain_attention,
    pooling,
    preprocessing,
    recurrent,
    reductions,
    resizing,
    shapes,
    shaping,
    sorting,
    spatial,
    spectral,
    unary,
    wrappers,
)
from .layout import Tensor

# Called as the layer's `infer` is, with tensors in place of types: lower(context, layer, **ports).
Lowering: TypeAlias = Callable[..., Tensor | tuple[Tensor, ...]]

LOWERINGS: dict[str, Lowering] = {
    # core
    "Dense": core.dense,
    "Embedding": core.embedding,
    "ReversibleEmbedding": core.reversible_embedding,
    "Identity": core.identity,
    # einsum
    "EinsumDense": einsum.einsum_dense,
    "Masking": core.masking,
    # activation
    "Activation": activation_layers.activation,
    "ReLU": activation_layers.relu,
    "LeakyReLU": activation_layers.leaky_relu,
    "PReLU": activation_layers.prelu,
    "ELU": activation_layers.elu,
    "Softmax": activation_layers.softmax,
    # conv
    "Conv1D": conv.conv,
    "Conv2D": conv.conv,
    "Conv3D": conv.conv,
    "DepthwiseConv1D": conv.depthwise_conv,
    "DepthwiseConv2D": conv.depthwise_conv,
    "SeparableConv1D": conv.separable_conv,
    "SeparableConv2D": conv.separable_conv,
    "Conv1DTranspose": conv.conv_transpose,
    "Conv2DTranspose": conv.conv_transpose,
    "Conv3DTranspose": conv.conv_transpose,
    # pooling
    "MaxPooling1D": pooling.max_pooling,
    "MaxPooling2D": pooling.max_pooling,
    "MaxPooling3D": pooling.max_pooling,
    "AveragePooling1D": pooling.average_pooling,
    "AveragePooling2D": pooling.average_pooling,
    "AveragePooling3D": pooling.average_pooling,
    "GlobalMaxPooling1D": pooling.global_max_pooling,
    "GlobalMaxPooling2D": pooling.global_max_pooling,
    "GlobalMaxPooling3D": pooling.global_max_pooling,
    "GlobalAveragePooling1D": pooling.global_average_pooling1d,
    "GlobalAveragePooling2D": pooling.global_average_pooling,
    "GlobalAveragePooling3D": pooling.global_average_pooling,
    # adaptive
    "AdaptiveAveragePooling1D": adaptive.adaptive_average_pooling,
    "AdaptiveAveragePooling2D": adaptive.adaptive_average_pooling,
    "AdaptiveAveragePooling3D": adaptive.adaptive_average_pooling,
    "AdaptiveMaxPooling1D": adaptive.adaptive_max_pooling,
    "AdaptiveMaxPooling2D": adaptive.adaptive_max_pooling,
    "AdaptiveMaxPooling3D": adaptive.adaptive_max_pooling,
    # spatial
    "ZeroPadding1D": spatial.zero_padding,
    "ZeroPadding2D": spatial.zero_padding,
    "ZeroPadding3D": spatial.zero_padding,
    "Cropping1D": spatial.cropping,
    "Cropping2D": spatial.cropping,
    "Cropping3D": spatial.cropping,
    "UpSampling1D": spatial.up_sampling,
    "UpSampling2D": spatial.up_sampling2d,
    "UpSampling3D": spatial.up_sampling,
    # resizing
    "Resizing": resizing.resizing,
    "CenterCrop": resizing.center_crop,
    # images
    "Resize": resizing.resize,
    "ExtractPatches": images.extract_patches,
    "DepthToSpace": images.depth_to_space,
    "SpaceToDepth": images.space_to_depth,
    # shaping
    "Flatten": shaping.flatten,
    "Reshape": shaping.reshape,
    "Permute": shaping.permute,
    "RepeatVector": shaping.repeat_vector,
    # normalization
    "BatchNormalization": normalization.batch_normalization,
    "LayerNormalization": normalization.layer_normalization,
    "GroupNormalization": normalization.group_normalization,
    "RMSNormalization": normalization.rms_normalization,
    "UnitNormalization": normalization.unit_normalization,
    "Normalization": normalization.normalization,
    "Rescaling": normalization.rescaling,
    # regularization
    "Dropout": core.identity,
    "AlphaDropout": core.identity,
    "GaussianDropout": core.identity,
    "GaussianNoise": core.identity,
    "ActivityRegularization": core.identity,
    "SpatialDropout1D": core.identity,
    "SpatialDropout2D": core.identity,
    "SpatialDropout3D": core.identity,
    # augmentation
    "RandomBrightness": augmentation.augmentation,
    "RandomColorDegeneration": augmentation.augmentation,
    "RandomColorJitter": augmentation.augmentation,
    "RandomContrast": augmentation.augmentation,
    "RandomGrayscale": augmentation.augmentation,
    "RandomHue": augmentation.augmentation,
    "RandomInvert": augmentation.augmentation,
    "RandomPosterization": augmentation.augmentation,
    "RandomSaturation": augmentation.augmentation,
    "RandomSharpness": augmentation.augmentation,
    "Solarization": augmentation.augmentation,
    "Equalization": augmentation.augmentation,
    "RandomCrop": augmentation.augmentation,
    "RandomElasticTransform": augmentation.augmentation,
    "RandomFlip": augmentation.augmentation,
    "RandomGaussianBlur": augmentation.augmentation,
    "RandomPerspective": augmentation.augmentation,
    "RandomRotation": augmentation.augmentation,
    "RandomShear": augmentation.augmentation,
    "RandomTranslation": augmentation.augmentation,
    "RandomZoom": augmentation.augmentation,
    "AugMix": augmentation.augmentation,
    "RandAugment": augmentation.augmentation,
    "CutMix": augmentation.augmentation,
    "MixUp": augmentation.augmentation,
    "RandomErasing": augmentation.augmentation,
    "AutoContrast": augmentation.auto_contrast,
    # preprocessing
    "CategoryEncoding": preprocessing.category_encoding,
    "Discretization": preprocessing.discretization,
    # spectral
    "STFTSpectrogram": spectral.stft_spectrogram,
    "MelSpectrogram": spectral.mel_spectrogram,
    # pipeline
    "Pipeline": pipeline.pipeline,
    # lookup
    "IntegerLookup": lookup.lookup,
    "StringLookup": lookup.lookup,
    # recurrent
    "SimpleRNN": recurrent.recurrent,
    "LSTM": recurrent.recurrent,
    "GRU": recurrent.recurrent,
    "RNN": recurrent.recurrent,
    # conv_lstm
    "ConvLSTM1D": recurrent.recurrent,
    "ConvLSTM2D": recurrent.recurrent,
    "ConvLSTM3D": recurrent.recurrent,
    # wrappers
    "Bidirectional": wrappers.bidirectional,
    "TimeDistributed": wrappers.time_distributed,
    "SpectralNormalization": wrappers.spectral_normalization,
    # merge
    "Add": merge.add,
    "Subtract": merge.subtract,
    "Multiply": merge.multiply,
    "Average": merge.average,
    "Maximum": merge.maximum,
    "Minimum": merge.minimum,
    "Concatenate": merge.concatenate,
    "Dot": merge.dot,
    # attention
    "MultiHeadAttention": attention.headed_attention,
    "GroupQueryAttention": attention.headed_attention,
    # dot_product_attention
    "DotProductAttention": dot_product_attention.dot_product_attention,
    # plain_attention
    "Attention": plain_attention.attention,
    "AdditiveAttention": plain_attention.additive_attention,
    # moving
    "Flip": moving.flip,
    "Roll": moving.roll,
    "Pad": moving.pad,
    "Tile": moving.tile,
    "Repeat": moving.repeat,
    # shapes
    "Transpose": shapes.reorder,
    "ExpandDims": shapes.expand_dims,
    "Squeeze": shapes.squeeze,
    "SwapAxes": shapes.reorder,
    "MoveAxis": shapes.reorder,
    "Rot90": shapes.rot90,
    "BroadcastTo": shapes.broadcast_to,
    "Stack": shapes.stack,
    # parts
    "Split": parts.cut,
    "ArraySplit": parts.cut,
    "Unstack": parts.unstack,
    # indexing
    "Slice": indexing.slice,
    "Take": indexing.take,
    "TakeAlongAxis": indexing.take_along_axis,
    "OneHot": indexing.one_hot,
    "MultiHot": indexing.multi_hot,
    # linear
    "MatMul": linear.matmul,
    "Inner": linear.contraction,
    "Tensordot": linear.contraction,
    "Einsum": linear.einsum,
    # matrices
    "Diagonal": matrices.diagonal,
    "Trace": matrices.trace,
    "Tril": matrices.triangle,
    "Triu": matrices.triangle,
    "Diff": matrices.diff,
    "Normalize": matrices.normalize,
    "Cross": matrices.cross,
    # sorting
    "TopK": sorting.top_k,
    "Sort": sorting.sort,
    "ArgSort": sorting.argsort,
    # constants
    **dict.fromkeys(constants.VALUES, constants.constant),
    # elementwise
    **dict.fromkeys(formulas.OPERATORS, unary.curve),
    **dict.fromkeys(formulas.FORMULAS, unary.curve),
    **dict.fromkeys(("Abs", "Negative", "Sign"), unary.signed),
    "Square": unary.square,
    "Trunc": unary.trunc,
    "Round": unary.round_,
    "Clip": unary.clip,
    "BitwiseInvert": unary.invert,
    "IsNan": unary.is_nan,
    **dict.fromkeys(unary.QUESTIONS, unary.infinite),
    "LogicalNot": unary.logical_not,
    "NanToNum": unary.nan_to_num,
    "Cast": unary.cast,
    **dict.fromkeys(("ZerosLike", "OnesLike"), unary.like),
    # activation functions
    **dict.fromkeys(unary.ACTIVATION_FUNCTIONS, unary.activation),
    "Relu6": unary.relu6,
    # arithmetic
    **dict.fromkeys(binary.FORMULAS, binary.binary),
    **dict.fromkeys(("BitwiseAnd", "BitwiseOr", "BitwiseXor"), binary.bitwise),
    "Where": binary.where,
    # reductions
    **dict.fromkeys(reductions.ROWS, reductions.reduction),
    **dict.fromkeys(("ArgMax", "ArgMin"), reductions.place),
    **dict.fromkeys(("CumSum", "CumProd"), reductions.running),
    "Median": reductions.median,
}

UNSUPPORTED: dict[str, str] = {}


def lowering(layer: Layer) -> Lowering:
    """The layer's row, or what its plugin has for it."""
    own = row_of(layer)
    if own is None:
        return LOWERINGS[type(layer).__name__]
    assert not isinstance(own.onnx, str)
    return own.onnx


def unsupported(layer: Layer) -> str | None:
    """Why the layer cannot be lowered; None where it can."""
    own = row_of(layer)
    if own is None:
        return UNSUPPORTED.get(type(layer).__name__)
    return own.onnx if isinstance(own.onnx, str) else None
