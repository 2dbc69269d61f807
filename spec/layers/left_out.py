"""The functions of `keras.ops` that are no items: what does the same, or why there is nothing."""

from __future__ import annotations

# What an item does under another name.
INSTEAD: dict[str, str] = {
    # layers of the same meaning
    "add": "Add",
    "append": "Concatenate",
    "batch_normalization": "BatchNormalization",
    "concatenate": "Concatenate",
    "conv": "Conv1D, Conv2D or Conv3D",
    "conv_transpose": "Conv1DTranspose, Conv2DTranspose or Conv3DTranspose",
    "depthwise_conv": "DepthwiseConv1D or DepthwiseConv2D",
    "separable_conv": "SeparableConv1D or SeparableConv2D",
    "average_pool": "AveragePooling1D, AveragePooling2D or AveragePooling3D",
    "max_pool": "MaxPooling1D, MaxPooling2D or MaxPooling3D",
    "adaptive_average_pool": "AdaptiveAveragePooling1D, AdaptiveAveragePooling2D or AdaptiveAveragePooling3D",
    "adaptive_max_pool": "AdaptiveMaxPooling1D, AdaptiveMaxPooling2D or AdaptiveMaxPooling3D",
    "elu": "ELU",
    "layer_normalization": "LayerNormalization",
    "leaky_relu": "LeakyReLU",
    "maximum": "Maximum",
    "minimum": "Minimum",
    "multiply": "Multiply",
    "ravel": "Flatten",
    "relu": "ReLU",
    "reshape": "Reshape",
    "rms_normalization": "RMSNormalization",
    "softmax": "Softmax",
    "stft": "STFTSpectrogram",
    "subtract": "Subtract",
    "glu": "Activation: glu",
    # second names of Keras, and functions that are another one with some arguments filled in
    "absolute": "Abs",
    "amax": "Max",
    "amin": "Min",
    "average": "Mean, of what Multiply gives where there are weights",
    "bitwise_not": "BitwiseInvert",
    "conj": "the input itself: numbers are real",
    "conjugate": "the input itself: numbers are real",
    "real": "the input itself: numbers are real",
    "copy": "Identity",
    "fabs": "Abs",
    "fliplr": "Flip: {axis: 2}",
    "flipud": "Flip: {axis: 1}",
    "hard_swish": "HardSilu",
    "swish": "Silu",
    "true_divide": "Divide",
    "get_item": "Slice",
    "dsplit": "Split: {axis: 3}",
    "hsplit": "Split: {axis: 1}",
    "vsplit": "Split",
    "dstack": "Stack, or Concatenate: {axis: 3}",
    "hstack": "Concatenate: {axis: 1}",
    "vstack": "Concatenate",
    "moments": "Mean and Var",
    "dot": "MatMul, or Tensordot of a constant: the item Dot is the layer of that name",
    "outer": "Einsum: ab,ac->abc",
    "vdot": "Einsum: ab,ab->a",
    "select": "Where",
    "switch": "Where",
    "image.crop_images": "Cropping2D",
    "image.pad_images": "ZeroPadding2D",
    # constants
    "array": "Constant",
    "empty": "Zeros",
    "empty_like": "ZerosLike",
    "full_like": "ZerosLike, and Rescaling with an offset",
    "geomspace": "Linspace, and Exp of it",
    "logspace": "Linspace, and Power of a constant by it",
    "identity": "Eye",
    "meshgrid": "Arange or Linspace, and BroadcastTo",
    "bartlett": "Constant, with the window's numbers",
    "blackman": "Constant, with the window's numbers",
    "hamming": "Constant, with the window's numbers",
    "hanning": "Constant, with the window's numbers",
    "kaiser": "Constant, with the window's numbers",
    "vander": "Constant, with the matrix",
}

CODE = "it takes code, and a spec carries none: write what it does as items, with `repeat` and `when`"
LINEAR = "ONNX has no such decomposition: compute it before the network"
COMPLEX = "it is of complex numbers, which ONNX's operators do not compute with"
DYNAMIC = "how much it gives depends on the numbers, and a network's shapes do not"
TRAINING = "it is a loss or a gradient, which belong to training: name a loss in `training`"
QUERY = "what it tells is known when the spec is compiled: see `nnspec show`"
WRITES = "it writes into a tensor: let Where choose between the old and the new"
ODD = "architectures have no use for it, and ONNX no operator: compute it before the network"
WARPS = "it moves pixels by numbers that ONNX has no operator for: do it before the network"
COLOURS = "it is a sum of channels: a Conv2D with kernel_size 1 and a fixed kernel computes it"
FILTERS = "it is a convolution: a DepthwiseConv2D with a fixed kernel computes it"
HUES = "it needs a case for every hue: convert the image before the network"
MISSING_NUMBERS = "a network's numbers are not missing: let IsNan and Where put others in their place first"
BATCHES = "it would mix samples of the batch, or give what is no batch"

REASONS: dict[str, tuple[str, ...]] = {
    CODE: (
        *("associative_scan", "cond", "custom_gradient", "fori_loop", "map", "scan", "vectorize"),
        *("vectorized_map", "while_loop", "jvp"),
    ),
    LINEAR: (
        *("cholesky", "cholesky_inverse", "det", "eig", "eigh", "inv", "logdet", "lstsq", "lu_factor"),
        *("matrix_rank", "pinv", "qr", "slogdet", "solve", "solve_triangular", "svd"),
    ),
    COMPLEX: (
        *("angle", "fft", "fft2", "ifft2", "imag", "irfft", "isreal", "istft", "polar", "rfft"),
        *("view_as_complex", "view_as_real"),
    ),
    DYNAMIC: ("nonzero", "unique"),
    TRAINING: (
        *("binary_crossentropy", "categorical_crossentropy", "ctc_decode", "ctc_loss", "psnr", "image.ssim"),
        *("sparse_categorical_crossentropy", "stop_gradient"),
    ),
    QUERY: ("dtype", "is_tensor", "ndim", "shape", "size", "convert_to_numpy"),
    WRITES: ("scatter", "scatter_update", "slice_update"),
    BATCHES: (
        *("allclose", "bincount", "corrcoef", "histogram", "kron", "segment_max", "segment_min"),
        *("segment_prod", "segment_sum", "rearrange", "diag", "diagflat", "unravel_index"),
    ),
    MISSING_NUMBERS: (
        *("nanargmax", "nanargmin", "nancumprod", "nancumsum", "nanmax", "nanmean", "nanmedian", "nanmin"),
        *("nanpercentile", "nanprod", "nanquantile", "nanstd", "nansum", "nanvar"),
    ),
    WARPS: (
        *("image.affine_transform", "image.elastic_transform", "image.map_coordinates"),
        *("image.perspective_transform", "image.scale_and_translate", "image.extract_patches_3d"),
    ),
    COLOURS: ("image.rgb_to_grayscale",),
    FILTERS: ("image.gaussian_blur", "image.sobel_edges"),
    HUES: ("image.hsv_to_rgb", "image.rgb_to_hsv"),
    ODD: (
        *("argpartition", "cdist", "correlate", "digitize", "erfinv", "gcd", "i0", "in_top_k", "isclose"),
        *("isin", "lcm", "ldexp", "nextafter", "percentile", "quantile", "searchsorted", "signbit"),
        *("trapezoid", "view", "extract_sequences", "fold", "unfold", "left_shift", "right_shift"),
        *("bitwise_left_shift", "bitwise_right_shift", "saturate_cast"),
    ),
}

LEFT_OUT: dict[str, str] = {name: reason for reason, names in REASONS.items() for name in names}


def advice(name: str) -> str | None:
    """What to do instead of a function of `keras.ops`, by its name in whatever spelling; None for any other name."""
    plain = _plain(name)
    for table, words in ((INSTEAD, "write {}"), (LEFT_OUT, "{}")):
        found = next((value for key, value in table.items() if _plain(key) == plain), None)
        if found is not None:
            return words.format(found)
    return None


def _plain(name: str) -> str:
    """The name of a function, however its words are set apart, and without its module."""
    return name.rpartition(".")[2].replace("_", "").lower()
