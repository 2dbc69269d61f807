"""Collects the operators and constants of one ONNX model, and keeps every name unique."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ...spec.size import Size
from ...spec.types import TensorType

# The other set of operators of ONNX, and its version: that of all opsets that are offered.
ML, ML_OPSET = "ai.onnx.ml", 2

ELEMENT_TYPES = {
    "float16": TensorProto.FLOAT16,
    "bfloat16": TensorProto.BFLOAT16,
    "float32": TensorProto.FLOAT,
    "float64": TensorProto.DOUBLE,
    "int8": TensorProto.INT8,
    "int16": TensorProto.INT16,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "uint8": TensorProto.UINT8,
    "uint16": TensorProto.UINT16,
    "uint32": TensorProto.UINT32,
    "uint64": TensorProto.UINT64,
    "bool": TensorProto.BOOL,
    "string": TensorProto.STRING,
}


@dataclass
class Op:
    """One operator of the model, before it is a protobuf."""

    type: str
    name: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Any] = field(default_factory=dict)
    domain: str = ""

    @property
    def bodies(self) -> list[Body]:
        """The graphs inside it."""
        return [value for value in self.attributes.values() if isinstance(value, Body)]

    @property
    def reads(self) -> Iterator[str]:
        """The values that it needs, those that graphs inside it take from outside among them."""
        yield from (name for name in self.inputs if name)
        yield from (name for body in self.bodies for name in body.reads)

    def rename(self, old: str, new: str) -> None:
        """Gives a value another name wherever the operator has it, and the operator too where it is called after it."""
        if self.outputs == [old] and self.name == old:
            self.name = new
        self.inputs = [new if name == old else name for name in self.inputs]
        self.outputs = [new if name == old else name for name in self.outputs]
        for body in self.bodies:
            for op in body.ops:
                op.rename(old, new)


@dataclass
class Body:
    """A graph inside an operator, which sees the values and constants outside. Inputs and outputs have their dtypes."""

    name: str
    ops: list[Op]
    inputs: list[tuple[str, str]]
    outputs: list[tuple[str, str]]

    @property
    def reads(self) -> set[str]:
        return {name for op in self.ops for name in op.reads}


class Builder:
    """The model as it grows. Values, operators and constants share one set of names."""

    def __init__(self, opset: int, reserved: Iterable[str] = ()) -> None:
        self.opset = opset
        self.ops: list[Op] = []
        self.constants: dict[str, np.ndarray] = {}
        self._taken: set[str] = set(reserved)
        self._named: dict[str, list[str]] = {}
        self._shared: dict[tuple[str, tuple[int, ...], bytes], str] = {}

    def is_free(self, name: str) -> bool:
        return name not in self._taken

    def unique(self, name: str) -> str:
        """The name, or the name with the first free number behind it."""
        free, number = name, 1
        while free in self._taken:
            free, number = f"{name}_{number}", number + 1
        self._taken.add(free)
        return free

    def op(
        self,
        type_: str,
        inputs: Iterable[str],
        scope: str,
        outputs: int,
        attributes: dict[str, Any],
        omit: int = 0,
        domain: str = "",
    ) -> list[str]:
        """Adds an operator named after its layer; gives the names of its outputs. The first `omit` outputs,
        which must be optional, are left out: their name is ""."""
        name = self.unique(f"{scope}/{type_}")
        names = (
            [name]
            if outputs == 1
            else ["" if i < omit else self.unique(f"{name}:{i}") for i in range(outputs)]
        )
        self.ops.append(Op(type_, name, list(inputs), names, attributes, domain))
        return names

    def constant(self, array: np.ndarray, name: str) -> str:
        """The initializer of that name and value: the one that there is, or one that is added."""
        alike = self._named.setdefault(name, [])
        found = next((old for old in alike if _is_same(self.constants[old], array)), None)
        if found is not None:
            return found
        unique = self.unique(name)
        self.constants[unique] = np.asarray(array, order="C")
        alike.append(unique)
        return unique

    def shared(self, array: np.ndarray, name: str) -> str:
        """Adds a small constant that belongs to no layer, such as a list of axes, or gives the equal one."""
        key = (str(array.dtype), array.shape, array.tobytes())
        if key not in self._shared:
            self._shared[key] = self.constant(array, f"constants/{name}")
        return self._shared[key]

    def rename(self, old: str, new: str, since: int = 0) -> None:
        """Gives a value another name, and the operator that makes it too, where it is the operator's only output."""
        self._taken.add(new)
        for op in self.ops[since:]:
            op.rename(old, new)

    def prune(self, outputs: Iterable[str]) -> None:
        """Leaves out what none of the model's outputs needs, such as a mask that no layer heeds."""
        needed, kept = set(outputs), list[Op]()
        for op in reversed(self.ops):
            if not needed.isdisjoint(op.outputs):
                needed.update(op.reads)
                kept.append(op)
        self.ops = kept[::-1]

    def opsets(self) -> list[onnx.OperatorSetIdProto]:
        """The sets of operators that the model is of."""
        further = any(op.domain == ML for op in self.ops)
        return [
            helper.make_opsetid("", self.opset),
            *([helper.make_opsetid(ML, ML_OPSET)] if further else []),
        ]

    def used_constants(self) -> list[onnx.TensorProto]:
        """The initializers that some operator takes, in the order in which they were made, but for those that stand in
        the graph inside an operator."""
        owned = {name for op in self.ops for body in op.bodies for name in self._owned(body)}
        return self._initializers({name for op in self.ops for name in op.reads} - owned)

    def node_protos(self) -> list[onnx.NodeProto]:
        return list(map(self._node_proto, self.ops))

    def _owned(self, body: Body) -> set[str]:
        """The constants that one graph alone reads. They stand in it: onnxruntime lays out a kernel for its processor
        only where it is in the same graph as the convolution."""
        others = {name for op in self.ops for name in op.inputs}
        others |= {
            name for op in self.ops for other in op.bodies if other is not body for name in other.reads
        }
        return (body.reads & self.constants.keys()) - others

    def _initializers(self, names: set[str]) -> list[onnx.TensorProto]:
        return [
            numpy_helper.from_array(value, name) for name, value in self.constants.items() if name in names
        ]

    def _node_proto(self, op: Op) -> onnx.NodeProto:
        attributes: dict[str, Any] = {
            key: self._graph_proto(value) if isinstance(value, Body) else value
            for key, value in op.attributes.items()
        }
        return helper.make_node(op.type, op.inputs, op.outputs, name=op.name, domain=op.domain, **attributes)

    def _graph_proto(self, body: Body) -> onnx.GraphProto:
        nodes = list(map(self._node_proto, body.ops))
        inputs, outputs = (
            [helper.make_tensor_value_info(name, ELEMENT_TYPES[dtype], None) for name, dtype in values]
            for values in (body.inputs, body.outputs)
        )
        return helper.make_graph(nodes, body.name, inputs, outputs, self._initializers(self._owned(body)))

    def inside(self) -> Builder:
        """What adds operators to a graph inside one of this model's: names and constants are the model's."""
        inner = copy.copy(self)
        inner.ops = []
        return inner


def _is_same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two arrays hold the same bytes: 0 and -0 are told apart, and NaN is itself."""
    alike = one.dtype == other.dtype and one.shape == other.shape
    return alike and one.tobytes() == np.asarray(other, order="C").tobytes()


def value_info(name: str, type_: TensorType) -> onnx.ValueInfoProto:
    """A graph input or output; dynamic axes carry their names, unnamed ones none."""
    return helper.make_tensor_value_info(
        name, ELEMENT_TYPES[type_.dtype], [_dimension(s) for s in type_.shape]
    )


def _dimension(size: Size) -> int | str | None:
    if isinstance(size, int):
        return size
    return None if any(symbol.name is None for symbol in size.symbols) else str(size)
