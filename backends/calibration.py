"""Inputs to calibrate a quantized model with, from a `.npz` file: an array for each input, sample by sample."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ..compiler.concrete import first_failure
from ..compiler.graph import Graph, Input
from ..spec.diagnostics import Diagnostic, SpecError, did_you_mean, fail
from ..spec.limits import Limits, beyond
from ..spec.nodes import shorten
from ..spec.ranges import Values
from ..spec.size import BATCH_AXIS, Size, Symbol, symbols
from ..spec.types import DTYPES, TensorType, integer_bits, is_float
from .dtypes import numpy_dtype
from .onnx.interface import Interface
from .weights.archives import npz
from .weights.load import DAMAGE, opened, words
from .weights.stored import Stored, Unreadable

# How many samples go through the network at once.
BATCH = 16


def read_batches(
    path: str | Path, graph: Graph, interface: Interface, limits: Limits
) -> list[dict[str, np.ndarray]]:
    """The samples of a file in batches of inputs in logical order; the file has them as the model takes them.

    Nothing is unpickled, and nothing is read before all names, shapes and dtypes are known to fit. Raises SpecError:
    NN001 for a file that cannot be read, NN003 for one that is too large, and all of NN408 that there are.
    """
    name = shorten(os.path.basename(str(path)), 100)
    try:
        with opened(str(path)) as file, npz(file, graph) as stored:
            types = {i.name: interface.input_type(i) for i in graph.inputs}
            sizes = _fitting(stored, graph, types, name)
            _require_small(stored, limits, name)
            arrays = {i.name: _read(stored[i.name], i, name) for i in graph.inputs}
    except Unreadable as error:
        raise fail("NN001", f'cannot read "{path}": {error}', help=error.help) from None
    except DAMAGE as error:
        raise fail("NN001", f'cannot read "{path}": {words(error)}') from None
    _require_possible(graph, sizes, name)
    logical = interface.taken(arrays)
    count = sizes[BATCH_AXIS]
    return [{key: a[i : i + BATCH] for key, a in logical.items()} for i in range(0, count, BATCH)]


def _fitting(
    stored: Mapping[str, Stored], graph: Graph, types: Mapping[str, TensorType], file: str
) -> dict[Symbol, int]:
    """The size of every axis. Raises SpecError with all that does not fit the inputs."""
    extra = [key for key in stored if key not in types]
    known = f"the inputs are {', '.join(types)}"
    found = [
        Diagnostic("NN408", f"{file} has {shorten(key, 100)}, which is no input of {graph.name}", help=known)
        for key in extra
    ]
    sizes: dict[Symbol, int] = {}
    for i in graph.inputs:
        found += _misfits(stored.get(i.name), i, types[i.name], sizes, file, extra)
    if found:
        raise SpecError(found)
    return sizes


def _misfits(
    stored: Stored | None,
    given: Input,
    type_: TensorType,
    sizes: dict[Symbol, int],
    file: str,
    extra: Sequence[str],
) -> list[Diagnostic]:
    """What is wrong with one input's array; the sizes of its axes go into `sizes`."""
    if stored is None:
        help = did_you_mean(given.name, extra) if extra else f"save an array of it: {type_}"
        return [Diagnostic("NN408", f"{file} has no {given.name}", given.span, help=help)]
    what = f"{given.name} in {file}"
    if not _takes(given.type.dtype, stored.dtype):
        message = f"{what} is {shorten(stored.dtype)}, and the input {given.type.dtype}"
        # NumPy's files have no name for bfloat16.
        dtype = "float32" if given.type.dtype == "bfloat16" else given.type.dtype
        return [Diagnostic("NN408", message, given.span, help=f"save it as {dtype}")]
    shown = shorten(str(list(stored.shape)), 100)
    if len(stored.shape) != type_.rank:
        help = "its first axis has the samples"
        return [
            Diagnostic("NN408", f"{what} has shape {shown}, and the input is {type_}", given.span, help=help)
        ]
    if 0 in stored.shape:
        return [Diagnostic("NN408", f"{what} has shape {shown}, and no numbers", given.span)]
    for axis, (size, wanted) in enumerate(zip(stored.shape, type_.shape, strict=True)):
        if wanted != size and not _sets(wanted, size, sizes):
            help = "axes of one name have one size, and so has the first axis of all inputs"
            message = f"{what} has shape {shown}, and the input is {type_}: axis {axis} differs"
            return [Diagnostic("NN408", message, given.span, help=help)]
    return []


def _sets(wanted: Size, size: int, sizes: dict[Symbol, int]) -> bool:
    """Whether an axis may have the size: a dynamic one has that of its name's first axis."""
    return not isinstance(wanted, int) and all(
        sizes.setdefault(axis, size) == size for axis in symbols([wanted])
    )


def _takes(wanted: str, given: str) -> bool:
    """Whether an array of one dtype stands for an input of another: floats for floats, whole numbers for whole ones."""
    alike = is_float(given) == is_float(wanted) and (given == "bool") == (wanted == "bool")
    return given in DTYPES and alike


def _require_small(stored: Mapping[str, Stored], limits: Limits, file: str) -> None:
    total = sum(math.prod(a.shape) * np.dtype(a.dtype).itemsize for a in stored.values())
    if total > limits.bytes:
        raise SpecError([beyond(limits, "bytes", f"{file} holds {total:,} bytes of arrays", None)])


def _read(stored: Stored, given: Input, file: str) -> np.ndarray:
    values = stored.read()
    dtype = given.type.dtype
    if is_float(dtype) and not np.isfinite(values).all():
        message = f"{given.name} in {file} has values that are not finite"
        raise fail("NN408", message, given.span, help="leave those samples out")
    with np.errstate(over="ignore"):
        cast = values.astype(numpy_dtype(dtype))
    if not is_float(dtype) and not np.array_equal(cast, values):
        message = f"{given.name} in {file} has {stored.dtype} values that {dtype} cannot hold"
        help = f"values of {integer_bits(dtype)} bits fit" if dtype != "bool" else None
        raise fail("NN408", message, given.span, help=help)
    return cast


def _require_possible(graph: Graph, sizes: Values, file: str) -> None:
    """Raises SpecError where a layer does not take inputs of these sizes."""
    dynamic = {axis: size for axis, size in sizes.items() if axis != BATCH_AXIS}
    failure = first_failure(graph, dynamic)
    if failure is not None:
        shown = ", ".join(f"{axis} is {size}" for axis, size in dynamic.items())
        message = f"{file} does not go through {failure.node.name}, as {shown}: {failure.error.message}"
        raise fail("NN408", message, failure.node.place.span, help=failure.error.help)
