"""How weights begin: Keras's distributions, drawn by NumPy.

The definitions are those of Keras 3's `keras.initializers`. The numbers are not: Keras's depend on its
backend, and these must not.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from ...compiler.graph import Graph, Node
from ...spec.diagnostics import Diagnostic, SpecError
from ...spec.initializers import EinsumKernel, Fixed, FourierKernel, Initializer, UnitForgetBias, misfit
from ...spec.named import Named
from ...spec.types import WeightSpec
from ..dtypes import numpy_dtype
from .stored import Weights
from .windows import fourier_kernel

Shape: TypeAlias = tuple[int, ...]
Fans: TypeAlias = tuple[int, int]
Draw: TypeAlias = Callable[[Named, Shape, Fans, np.random.Generator], np.ndarray]

# The standard deviation of a unit normal that is cut off at 2.
TRUNCATED_STDDEV = 0.87962566103423978

# The names that are VarianceScaling with arguments filled in: scale, mode, distribution.
SCALINGS: dict[str, tuple[float, str, str]] = {
    "GlorotNormal": (1.0, "fan_avg", "truncated_normal"),
    "GlorotUniform": (1.0, "fan_avg", "uniform"),
    "HeNormal": (2.0, "fan_in", "truncated_normal"),
    "HeUniform": (2.0, "fan_in", "uniform"),
    "LecunNormal": (1.0, "fan_in", "truncated_normal"),
    "LecunUniform": (1.0, "fan_in", "uniform"),
}


def initialize(graph: Graph, seed: int = 0) -> Weights:
    """A value for each weight of the graph, in the weight's dtype.

    A weight depends on the seed and its own key only, so that one more layer changes no other; the `seed` of
    an initializer takes the place of both. Raises SpecError (NN203, NN305) where one cannot make the weight.
    """
    found: list[Diagnostic] = []
    weights: Weights = {}
    for node in graph.nodes:
        for weight in node.weights:
            key = f"{node.name}/{weight.name}"
            problem = _problem(node, weight)
            if problem is None:
                weights[key] = _cast(draw(weight.initializer, weight.shape, seed, key), weight.dtype)
                problem = _overflow(node, weight, weights[key])
            found.extend([problem] if problem else [])
    if found:
        raise SpecError(found)
    return weights


def draw(initializer: Initializer, shape: Shape, seed: int, key: str) -> np.ndarray:
    """The values of one weight, in float64."""
    match initializer:
        case Fixed():
            return initializer.array("float64")
        case UnitForgetBias(inner):
            units = shape[0] // 4
            first = draw(inner, (units,), seed, f"{key}[i]")
            rest = draw(inner, (2 * units,), seed, f"{key}[co]")
            return np.concatenate([first, np.ones(units), rest])
        case EinsumKernel(inner, input_axes, output_axes):
            sizes = (math.prod(shape[axis] for axis in axes) for axes in (input_axes, output_axes))
            return _draw(inner, shape, (next(sizes), next(sizes)), seed, key)
        case FourierKernel():
            return fourier_kernel(initializer, shape)
        case Named():
            return _draw(initializer, shape, fans(shape), seed, key)


def fans(shape: Shape) -> Fans:
    """The numbers of inputs and outputs of a kernel `[…window, inputs, outputs]`, over the whole window."""
    if len(shape) < 2:
        size = math.prod(shape)
        return size, size
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


def generator(words: str) -> np.random.Generator:
    """A stream of random numbers that depends on nothing but these words."""
    digest = hashlib.sha256(words.encode()).digest()
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(int.from_bytes(digest, "big"))))


def _draw(initializer: Named, shape: Shape, fans: Fans, seed: int, key: str) -> np.ndarray:
    own = dict(initializer.arguments).get("seed")
    stream = generator(f"{seed}/{key}" if own is None else f"seed {own}")
    if initializer.name in SCALINGS:
        return _scaled(SCALINGS[initializer.name], shape, fans, stream)
    return DRAWS[initializer.name](initializer, shape, fans, stream)


def _variance_scaling(named: Named, shape: Shape, fans: Fans, stream: np.random.Generator) -> np.ndarray:
    return _scaled((named["scale"], named["mode"], named["distribution"]), shape, fans, stream)


def _scaled(
    scaling: tuple[float, str, str], shape: Shape, fans: Fans, stream: np.random.Generator
) -> np.ndarray:
    scale, mode, distribution = scaling
    fan = {"fan_in": fans[0], "fan_out": fans[1], "fan_avg": sum(fans) / 2}[mode]
    variance = scale / max(1.0, fan)
    match distribution:
        case "uniform":
            limit = math.sqrt(3 * variance)
            return stream.uniform(-limit, limit, shape)
        case "untruncated_normal":
            return stream.normal(0, math.sqrt(variance), shape)
    return _truncated_unit(shape, stream) * (math.sqrt(variance) / TRUNCATED_STDDEV)


def _truncated_unit(shape: Shape, stream: np.random.Generator) -> np.ndarray:
    """A unit normal in which what lies beyond 2 is drawn again."""
    values = stream.standard_normal(shape)
    while (count := np.count_nonzero(outside := np.abs(values) > 2)) > 0:
        values[outside] = stream.standard_normal(count)
    return values


def _orthogonal(named: Named, shape: Shape, fans: Fans, stream: np.random.Generator) -> np.ndarray:
    """A random matrix of orthonormal rows or columns, whichever are fewer; the last axis is the columns."""
    rows, columns = math.prod(shape[:-1]), shape[-1]
    q, r = np.linalg.qr(stream.standard_normal((max(rows, columns), min(rows, columns))))
    # The signs of a QR decomposition are LAPACK's; these make it the only one with a positive diagonal.
    q *= np.where(np.diagonal(r) < 0, -1, 1)
    return named["gain"] * (q if rows >= columns else q.T).reshape(shape)


DRAWS: dict[str, Draw] = {
    "Constant": lambda named, shape, _, __: np.full(shape, named["value"], "float64"),
    "Identity": lambda named, shape, _, __: named["gain"] * np.eye(shape[0], shape[1]),
    "Ones": lambda _, shape, __, ___: np.ones(shape),
    "Orthogonal": _orthogonal,
    "RandomNormal": lambda named, shape, _, stream: stream.normal(named["mean"], named["stddev"], shape),
    "RandomUniform": lambda named, shape, _, stream: stream.uniform(named["minval"], named["maxval"], shape),
    "TruncatedNormal": lambda named, shape, _, stream: (
        named["mean"] + named["stddev"] * _truncated_unit(shape, stream)
    ),
    "VarianceScaling": _variance_scaling,
    "Zeros": lambda _, shape, __, ___: np.zeros(shape),
}


def _cast(values: np.ndarray, dtype: str) -> np.ndarray:
    with np.errstate(over="ignore"):
        return np.asarray(values, order="C").astype(numpy_dtype(dtype))


def _problem(node: Node, weight: WeightSpec) -> Diagnostic | None:
    reason = misfit(weight.initializer, len(weight.shape))
    if reason is None:
        return None
    message = f"{node.name}/{weight.name} has shape {list(weight.shape)}: {reason}"
    return Diagnostic("NN203", message, node.place.span, help="choose another initializer")


def _overflow(node: Node, weight: WeightSpec, values: np.ndarray) -> Diagnostic | None:
    if np.isfinite(values).all():
        return None
    message = f"{node.name}/{weight.name} begins with values that are beyond the range of {weight.dtype}"
    return Diagnostic("NN305", message, node.place.span, help="choose another initializer, or another dtype")
