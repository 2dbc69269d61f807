"""How TensorFlow interpolates: for each output position along an axis, which input positions it takes, and with which
weights. The formulas are those of its kernels, with half-pixel centres: the centre of output position i lies at
(i + 1/2) · size / made of the input. They are computed in float32 as there, since at position 500 a last bit is 3e-5.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

# ResizeBicubic looks its weights up in a table of this many steps between two input positions.
STEPS = 1024
KEYS = -0.5

Kernel = Callable[[np.ndarray], np.ndarray]


def centres(size: int, made: int) -> np.ndarray:
    """Where in the input the centre of each output position lies, float32 [made]."""
    return (np.arange(made, dtype=np.float32) + np.float32(0.5)) * (np.float32(size) / np.float32(made))


def nearest(size: int, made: int) -> np.ndarray:
    """The input position that each output position takes: `ResizeNearestNeighbor`."""
    return np.minimum(np.floor(centres(size, made)).astype(np.int64), size - 1)


def neighbours(size: int, made: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The two input positions that each output position lies between, and how far it is from the first to the second:
    `ResizeBilinear`."""
    at = centres(size, made) - np.float32(0.5)
    lower = np.maximum(np.floor(at), 0).astype(np.int64)
    upper = np.minimum(np.ceil(at), size - 1).astype(np.int64)
    return lower, upper, at - np.floor(at)


def matrix(method: str, size: int, made: int, antialias: bool = False) -> np.ndarray:
    """The weights of all input positions, float32 [made, size]."""
    if method == "area":
        weights = _areas(size, made)
    elif method == "bicubic" and not antialias:
        weights = _bicubic(size, made)
    else:
        weights = _sampled(*KERNELS[method], size, made, antialias)
    return weights.astype(np.float32)


def _bicubic(size: int, made: int) -> np.ndarray:
    """`ResizeBicubic`: Keys's cubic of two positions on either side."""
    at = centres(size, made) - np.float32(0.5)
    whole = np.floor(at)
    step = np.rint((at - whole) * STEPS) / STEPS
    distance = np.arange(size) - whole[:, None] - step[:, None]
    return _normalized(_cubic(np.abs(distance)))


def _sampled(kernel: Kernel, radius: int, size: int, made: int, antialias: bool) -> np.ndarray:
    """`ScaleAndTranslate`: where the image becomes smaller, antialias makes the kernel as much wider."""
    ratio = np.float32(1 / (np.float32(made) / np.float32(size)))
    wide = max(ratio, np.float32(1)) if antialias else np.float32(1)
    at = (np.arange(made, dtype=np.float32) + np.float32(0.5)) * ratio
    distance = (np.arange(size, dtype=np.float32) + np.float32(0.5) - at[:, None]).astype(np.float64)
    scaled = np.abs(distance) / wide
    return _normalized(np.where(scaled <= radius, kernel(scaled), 0))


def _areas(size: int, made: int) -> np.ndarray:
    """`ResizeArea`: by how much of each input position an output position covers."""
    ratio = np.float32(size) / np.float32(made)
    edges = (np.arange(made + 1, dtype=np.float32) * ratio)[:, None]
    position = np.arange(size)
    covered = np.minimum(position + 1, edges[1:]) - np.maximum(position, edges[:-1])
    return np.maximum(covered, 0) / ratio


def _triangle(x: np.ndarray) -> np.ndarray:
    return np.maximum(1 - x, 0)


def _cubic(x: np.ndarray) -> np.ndarray:
    near = ((KEYS + 2) * x - (KEYS + 3)) * x * x + 1
    far = ((KEYS * x - 5 * KEYS) * x + 8 * KEYS) * x - 4 * KEYS
    return np.where(x <= 1, near, np.where(x <= 2, far, 0))


def _lanczos(radius: int) -> Kernel:
    return lambda x: np.sinc(x) * np.sinc(x / radius)


def _normalized(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum(axis=1, keepdims=True)


# The kernels of `ScaleAndTranslate` with their radius.
KERNELS: dict[str, tuple[Kernel, int]] = {
    "bilinear": (_triangle, 1),
    "bicubic": (_cubic, 2),
    "lanczos3": (_lanczos(3), 3),
    "lanczos5": (_lanczos(5), 5),
}
