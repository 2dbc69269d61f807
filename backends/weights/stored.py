"""Weights as a file describes them, held against those that a network needs before any of them is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

import numpy as np

from ...compiler.graph import Graph, Node
from ...spec.diagnostics import MAX_DIAGNOSTICS, Diagnostic, SpecError, did_you_mean, fail
from ...spec.nodes import shorten
from ...spec.types import DTYPES, WeightSpec, is_float
from ..dtypes import numpy_dtype

Weights: TypeAlias = dict[str, np.ndarray]


class Unreadable(Exception):
    """Why a file of weights cannot be read, and what to do about it."""

    def __init__(self, reason: str, help: str | None = None) -> None:
        super().__init__(reason)
        self.help = help


@dataclass(frozen=True)
class Stored:
    """An array in a file: its shape and dtype are known, its values are read when asked for."""

    shape: tuple[int, ...]
    dtype: str
    read: Callable[[], np.ndarray]


def take(stored: Mapping[str, Stored], graph: Graph, file: str) -> Weights:
    """The graph's weights out of a file. Raises SpecError with all that is wrong, NN302 to NN305."""
    extra = list(islice((key for key in stored if key not in graph.weights), MAX_DIAGNOSTICS))
    found = [_extra(key, graph, file) for key in extra]
    weights: Weights = {}
    for node in graph.nodes:
        for weight in node.weights:
            key = f"{node.name}/{weight.name}"
            try:
                weights[key] = _take(stored.get(key), weight, file, key, extra)
            except SpecError as error:
                found.extend(_at(node, diagnostic) for diagnostic in error.diagnostics)
    if found:
        raise SpecError(found)
    return weights


def _take(stored: Stored | None, weight: WeightSpec, file: str, key: str, extra: list[str]) -> np.ndarray:
    dtype = numpy_dtype(weight.dtype)
    if stored is None:
        help = did_you_mean(key, extra, "weights that are left over") if extra else None
        raise fail("NN303", f"{file} has no {key}, of shape {list(weight.shape)}", help=help)
    _check_type(stored, weight, file, key)
    values = stored.read()
    _check_finite(values, file, key)
    with np.errstate(over="ignore"):
        cast = np.array(values, dtype)
    if not np.array_equal(cast.astype(values.dtype), values):
        message = f"{key} in {file} has {stored.dtype} values that {weight.dtype} cannot hold exactly"
        raise fail("NN302", message, help=f"round them to {weight.dtype} before saving them")
    return cast


def _check_type(stored: Stored, weight: WeightSpec, file: str, key: str) -> None:
    if stored.shape != weight.shape:
        have, need = list(stored.shape), list(weight.shape)
        message = f"{key} has shape {shorten(str(have), 100)} in {file}, and {need} in the network"
        raise fail("NN302", message, help=_shape_help(stored.shape, weight.shape))
    if stored.dtype not in DTYPES or is_float(stored.dtype) != is_float(weight.dtype):
        message = f"{key} is {shorten(stored.dtype)} in {file}, and {weight.dtype} in the network"
        raise fail("NN302", message, help=f"save it as {weight.dtype}")


def _shape_help(have: tuple[int, ...], need: tuple[int, ...]) -> str:
    if sorted(have) == sorted(need):
        return "the axes are in another order: kernels are Keras's, with inputs before outputs"
    return "the file is of a network with other sizes"


def _check_finite(values: np.ndarray, file: str, key: str) -> None:
    wrong = ~np.isfinite(values)
    count = np.count_nonzero(wrong)
    if count == 0:
        return
    first = [int(i) for i in np.unravel_index(np.argmax(wrong), wrong.shape)]
    what = "a value that is" if count == 1 else f"{count:,} values that are"
    at = f"the first at {first}" if count > 1 else f"at {first}"
    raise fail(
        "NN305", f"{key} in {file} has {what} not finite, {at}", help="look for what went wrong in training"
    )


def _extra(key: str, graph: Graph, file: str) -> Diagnostic:
    help = did_you_mean(key, graph.weights, "weights")
    node = graph.by_name.get(key.partition("/")[0])
    message = f"{file} has {shorten(key, 100)}, which the network does not have"
    return Diagnostic("NN304", message, node.place.span if node else None, help=help)


def _at(node: Node, diagnostic: Diagnostic) -> Diagnostic:
    return Diagnostic(diagnostic.code, diagnostic.message, node.place.span, help=diagnostic.help)
