"""How TensorFlow interpolates, as the matrix that turns an axis of an image into a larger one.

The formulas are those of its kernels `ResizeBicubic` and `ScaleAndTranslate`, without antialias: the centre
of output position i lies at (i + 1/2) / factor of the input, and the weights of the positions that are inside
are made to sum to 1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

# ResizeBicubic looks its weights up in a table of this many steps between two input positions.
STEPS = 1024
KEYS = -0.5


def bicubic(size: int, factor: int) -> np.ndarray:
    """Keys's cubic of two positions on either side, [size · factor, size]."""
    at = (np.arange(size * factor, dtype=np.float32) + np.float32(0.5)) * np.float32(1 / factor) - np.float32(
        0.5
    )
    whole = np.floor(at)
    step = np.rint((at - whole) * STEPS) / STEPS
    distance = np.arange(size) - whole[:, None] - step[:, None]
    return _normalized(_cubic(np.abs(distance)))


def lanczos3(size: int, factor: int) -> np.ndarray:
    """Lanczos's window of three positions on either side, [size · factor, size]."""
    return _lanczos(size, factor, 3)


def lanczos5(size: int, factor: int) -> np.ndarray:
    """Lanczos's window of five positions on either side, [size · factor, size]."""
    return _lanczos(size, factor, 5)


MATRICES: dict[str, Callable[[int, int], np.ndarray]] = {
    "bicubic": bicubic,
    "lanczos3": lanczos3,
    "lanczos5": lanczos5,
}


def _lanczos(size: int, factor: int, radius: int) -> np.ndarray:
    at = (np.arange(size * factor) + 0.5) / factor - 0.5
    distance = np.arange(size) - at[:, None]
    return _normalized(
        np.where(np.abs(distance) <= radius, np.sinc(distance) * np.sinc(distance / radius), 0)
    )


def _cubic(x: np.ndarray) -> np.ndarray:
    near = ((KEYS + 2) * x - (KEYS + 3)) * x * x + 1
    far = ((KEYS * x - 5 * KEYS) * x + 8 * KEYS) * x - 4 * KEYS
    return np.where(x <= 1, near, np.where(x <= 2, far, 0))


def _normalized(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum(axis=1, keepdims=True)
