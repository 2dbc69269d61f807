"""What a lowering works with: one layer's inputs, weights and names, and the model that it adds operators to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...compiler.graph import Node
from ...spec.size import Size
from ...spec.types import TensorType
from ..dtypes import numpy_dtype
from .builder import ELEMENT_TYPES, ML, Builder
from .layout import Flattened, Layout, Tensor, logical


@dataclass(frozen=True)
class Context:
    """One node being lowered. Every operator made through it carries the node's name, and every constant that of the
    layer: a layer that is applied again has the constants that it had."""

    node: Node
    builder: Builder
    weights: Mapping[str, np.ndarray]
    # Scale and shift per output channel of a batch normalization that this layer takes into its own weights.
    folded: tuple[np.ndarray, np.ndarray] | None = None
    # The dtype to compute in, where it is not that of the layer's policy.
    computes_in: str | None = None

    @property
    def opset(self) -> int:
        return self.builder.opset

    @property
    def dtype(self) -> str:
        """The dtype that the layer computes in."""
        return self.computes_in or self.node.layer.policy.compute

    def computing_in(self, dtype: str) -> Context:
        """The context with another dtype to compute in."""
        return replace(self, computes_in=dtype)

    @property
    def output(self) -> TensorType:
        """The type of the first output."""
        return self.node.signature.output

    def op(self, type_: str, *inputs: str, **attributes: Any) -> str:
        """Adds an operator of one output and gives its name. An omitted optional input is ""."""
        return self.builder.op(type_, inputs, self.node.name, 1, _given(attributes))[0]

    def ml_op(self, type_: str, *inputs: str, **attributes: Any) -> str:
        """As `op`, an operator of ai.onnx.ml."""
        return self.builder.op(type_, inputs, self.node.name, 1, _given(attributes), domain=ML)[0]

    def ops(self, type_: str, *inputs: str, outputs: int, omit: int = 0, **attributes: Any) -> list[str]:
        """Adds an operator of several outputs and gives their names, "" for the first `omit`, which it may lack."""
        return self.builder.op(type_, inputs, self.node.name, outputs, _given(attributes), omit)

    def weight(self, name: str, dtype: str | None = None) -> np.ndarray:
        """One of the layer's weights, in the dtype that the layer computes in unless another is given."""
        return self.weights[f"{self.node.owner}/{name}"].astype(numpy_dtype(dtype or self.dtype))

    def constant(self, value: np.ndarray, name: str) -> str:
        """An initializer named `layer/name`."""
        return self.builder.constant(value, f"{self.node.owner}/{name}")

    def ints(self, values: Sequence[int], name: str = "shape") -> str:
        """A constant list of int64, as ONNX has shapes and axes."""
        return self.builder.shared(np.array(values, dtype=np.int64), name)

    def scalar(self, value: float, name: str = "value", dtype: str | None = None) -> str:
        """A constant of rank 0, in the layer's dtype unless another is given."""
        return self.builder.shared(np.array(value, dtype=numpy_dtype(dtype or self.dtype)), name)

    def cast(self, name: str, dtype: str) -> str:
        return self.op("Cast", name, to=ELEMENT_TYPES[dtype])

    def logical(self, tensor: Tensor) -> str:
        """The tensor's name in the order that the spec speaks of."""
        return self.in_layout(tensor, logical(tensor.rank))

    def in_layout(self, tensor: Tensor, layout: Layout) -> str:
        """The tensor's name in a layout; the first time, a Transpose makes it of a form that exists."""
        if layout not in tensor.forms and tensor.flattened is not None:
            tensor.forms[logical(tensor.rank)] = self._unflattened(*tensor.flattened)
        if layout not in tensor.forms:
            source = tensor.layout
            permutation = [source.index(axis) for axis in layout]
            tensor.forms[layout] = self.op("Transpose", tensor.forms[source], perm=permutation)
        return tensor.forms[layout]

    def _unflattened(self, name: str, form: Flattened) -> str:
        """A flattened value with its elements in logical order."""
        physical = [form.shape[axis - 1] for axis in form.layout[1:]]
        apart = self.op("Reshape", name, self.ints([0, *physical]))
        ordered = self.op(
            "Transpose", apart, perm=[form.layout.index(axis) for axis in range(len(form.layout))]
        )
        return self.op("Reshape", ordered, self.ints([0, math.prod(form.shape)]))

    def tensor(self, name: str, form: Layout | Flattened | None = None, index: int = 0) -> Tensor:
        """One of the layer's outputs, in the form given or the logical one."""
        type_ = self.node.signature.outputs[index]
        return Tensor(type_, {form or logical(type_.rank): name})

    def size(self, name: str, axis: int) -> str:
        """The size of a value's physical axis at run time, as an int64 list of one."""
        return self.op("Shape", name, start=axis, end=axis + 1)

    def reshape(self, name: str, shape: Sequence[Size], source: Sequence[Size]) -> str:
        """Reshapes a value whose sizes are `source`. Dynamic sizes that keep their place are copied, one more is
        left to ONNX, and further ones are taken from the value at run time. Raises ValueError for a size that
        none of these gives."""
        plain = [
            s if isinstance(s, int) else 0 if i < len(source) and s == source[i] else -1
            for i, s in enumerate(shape)
        ]
        if plain.count(-1) <= 1 and 0 not in shape:
            return self.op("Reshape", name, self.ints(plain))
        parts = [self._size_at_run_time(name, size, source) for size in shape]
        return self.op("Reshape", name, self.op("Concat", *parts, axis=0))

    def _size_at_run_time(self, name: str, size: Size, source: Sequence[Size]) -> str:
        if isinstance(size, int):
            return self.ints([size])
        if size not in source:
            raise ValueError(f"the size {size} cannot be told from the input's shape")
        return self.size(name, list(source).index(size))


def _given(attributes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value is not None}
