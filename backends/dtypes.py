"""Dtypes of a spec as NumPy has them."""

from __future__ import annotations

import numpy as np


def numpy_dtype(name: str) -> np.dtype:
    """The dtype by its name in a spec. NumPy itself has no bfloat16: it is that of ml_dtypes."""
    if name != "bfloat16":
        return np.dtype(name)
    import ml_dtypes

    return np.dtype(ml_dtypes.bfloat16)


def restored(array: np.ndarray) -> np.ndarray:
    """An array as it was saved: a `.npz` file has no name for bfloat16, and gives its two bytes."""
    return array.view(numpy_dtype("bfloat16")) if array.dtype == "V2" else array
