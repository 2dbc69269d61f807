"""Dtypes of a spec as NumPy has them."""

from __future__ import annotations

from typing import Any

import numpy as np


def numpy_dtype(name: str) -> np.dtype:
    """The dtype by its name in a spec. NumPy itself has no bfloat16: it is that of ml_dtypes."""
    if name == "string":
        return np.dtype("U")
    if name != "bfloat16":
        return np.dtype(name)
    import ml_dtypes

    return np.dtype(ml_dtypes.bfloat16)


def as_array(value: Any) -> np.ndarray:
    """What Keras or onnxruntime gives, as NumPy has it: text as str, which one has as bytes and both as objects."""
    array = np.asarray(value)
    if array.dtype != object:
        return array
    words = [word.decode() if isinstance(word, bytes) else word for word in array.reshape(-1)]
    return np.array(words, dtype="U").reshape(array.shape)


def restored(array: np.ndarray) -> np.ndarray:
    """An array as it was saved: a `.npz` file has no name for bfloat16, and gives its two bytes."""
    return array.view(numpy_dtype("bfloat16")) if array.dtype == "V2" else array
