"""Windows of spectral analysis, as SciPy's `signal.windows` defines them, and the kernels of a Fourier transform."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ...spec.initializers import FourierKernel
from ..dtypes import numpy_dtype

# The windows that are sums of cosines: the coefficients, whose signs alternate.
COSINES: dict[str, tuple[float, ...]] = {
    "boxcar": (1.0,),
    "hann": (0.5, 0.5),
    "hamming": (0.54, 0.46),
    "blackman": (0.42, 0.50, 0.08),
    "nuttall": (0.3635819, 0.4891775, 0.1365995, 0.0106411),
    "blackmanharris": (0.35875, 0.48829, 0.14128, 0.01168),
    "flattop": (0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368),
}

# The others: the values at positions from 0 on, of so many.
SHAPES: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "bartlett": lambda n, count: 1 - np.abs(2 * n / (count - 1) - 1),
    "cosine": lambda n, count: np.sin(np.pi / count * (n + 0.5)),
}


def window_values(window: str | Sequence[float], length: int, *, periodic: bool) -> np.ndarray:
    """The values of a window by its name, in float64, or as they are given. A periodic one leaves out the last value of
    a symmetric one that is longer by one."""
    if not isinstance(window, str):
        return np.array(window, np.float64)
    if length == 1:
        return np.ones(1)
    count = length + 1 if periodic else length
    positions = np.arange(count)
    if window in SHAPES:
        return SHAPES[window](positions, count)[:length]
    angles = 2 * np.pi * positions / (count - 1)
    terms = (a * (-1) ** k * np.cos(k * angles) for k, a in enumerate(COSINES[window]))
    return np.sum(list(terms), axis=0)[:length]


def fourier_kernel(kernel: FourierKernel, shape: tuple[int, ...]) -> np.ndarray:
    """What Keras's initializer STFT gives, computed in the dtype of the weight: in float32, angles of many turns are
    coarse."""
    length, _, frequencies = shape
    dtype = numpy_dtype(kernel.dtype)
    parts = np.arange(frequencies).astype(dtype) / dtype.type(2 * (frequencies - 1))
    times = np.arange(length).astype(dtype)[:, None]
    angles = (dtype.type(-2) * times) * parts * np.arccos(dtype.type(-1))
    values = (np.cos if kernel.side == "real" else np.sin)(angles)
    if kernel.window is not None:
        window = window_values(kernel.window, length, periodic=kernel.periodic).astype(dtype)
        values = values * window[:, None] / _scale(window, kernel.scaling)
    return values[:, None, :].astype(np.float64)


def _scale(window: np.ndarray, scaling: str | None) -> np.ndarray:
    match scaling:
        case "density":
            return np.sqrt(np.sum(np.square(window)))
        case "spectrum":
            return np.sum(np.abs(window))
    return np.ones((), window.dtype)
