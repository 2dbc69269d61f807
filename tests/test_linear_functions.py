"""Functions of `keras.ops` of matrices and vectors, and their products, against Keras."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import nnspec
import numpy as np
import pytest
from differential import OPSETS, compare, layer_settings, operators, random_inputs, spec
from drawn_functions import (
    DTYPES,
    SHAPES,
    Case,
    after,
    axis,
    keras_takes_function,
    message_of,
    names_batch,
    takes_function,
)
from hypothesis import given
from hypothesis import strategies as st
from nnspec.compiler.graph import Graph
from nnspec.spec.size import BATCH_AXIS, evaluate, symbols

Fields = Callable[[st.DrawFn, list[Any]], dict[str, Any]]

# --- matrices and vectors


def on_diagonal(draw: st.DrawFn, shape: list[Any]) -> dict[str, Any]:
    if len(shape) == 1:
        shape.append(2)
    rows, columns = draw(st.permutations(range(1, len(shape) + 1)))[:2]
    square = draw(st.booleans())
    if square:
        shape[rows - 1] = shape[columns - 1]
        least = shape[rows - 1] if isinstance(shape[rows - 1], int) else 4
    else:
        shape[rows - 1], shape[columns - 1] = draw(st.integers(1, 3)), draw(st.integers(1, 3))
        least = min(shape[rows - 1], shape[columns - 1])
    turn = draw(st.sampled_from([0, len(shape) + 1]))
    return {"offset": draw(st.integers(1 - least, least - 1)), "axis1": rows - turn, "axis2": columns}


def triangle(draw: st.DrawFn, shape: list[Any]) -> dict[str, Any]:
    if len(shape) == 1:
        shape.append(2)
    return {"k": draw(st.integers(-4, 4))}


def tril(draw: st.DrawFn, shape: list[Any]) -> dict[str, Any]:
    fields = triangle(draw, shape)
    return {"k": min(fields["k"], shape[-1] if isinstance(shape[-1], int) else 4)}


def triu(draw: st.DrawFn, shape: list[Any]) -> dict[str, Any]:
    fields = triangle(draw, shape)
    return {"k": max(fields["k"], -shape[-2] if isinstance(shape[-2], int) else -4)}


def diff(draw: st.DrawFn, shape: list[Any]) -> dict[str, Any]:
    along = axis(draw, len(shape) + 1)
    place = along - 1 if along > 0 else along
    if shape[place] == 1:
        shape[place] = 2
    return {
        "n": draw(st.integers(0, (shape[place] if isinstance(shape[place], int) else 4) - 1)),
        "axis": along,
    }


def normalize(draw: st.DrawFn, shape: list[Any]) -> dict[str, Any]:
    order, rank = draw(st.integers(1, 4)), len(shape) + 1
    most = {1: 2, 2: 4}.get(order, 1)
    axes = draw(st.lists(st.integers(1, rank - 1), min_size=1, max_size=most, unique=True))
    given = [a - draw(st.sampled_from([0, rank])) for a in axes]
    epsilon = draw(st.sampled_from([None, 0.5, 3.0]))
    fields = {"axis": given[0] if len(given) == 1 and draw(st.booleans()) else given, "order": order}
    return fields if epsilon is None else {**fields, "epsilon": epsilon}


DRAWN: dict[str, Fields] = {
    "Diagonal": on_diagonal,
    "Trace": on_diagonal,
    "Tril": tril,
    "Triu": triu,
    "Diff": diff,
    "Normalize": normalize,
}


@st.composite
def cases(draw: st.DrawFn, function: str) -> Case:
    shape = draw(SHAPES)
    fields = DRAWN[function](draw, shape)
    # Each runtime rounds sums of halves in its own order.
    whole = ["int8", "int64", "bool"] if fields.get("order") != 2 else []
    dtypes = st.sampled_from(["float32", "float64", *whole]) if function == "Normalize" else DTYPES
    dtype = draw(dtypes)
    return Case(fields, shape, "int32" if (function, dtype) == ("Trace", "float16") else dtype)


@pytest.mark.parametrize("function", DRAWN)
def test_function(function: str) -> None:
    @layer_settings
    @given(cases(function), st.booleans(), OPSETS)
    def check(case: Case, moved: bool, opset: int) -> None:
        before = after(case.shape, moved)
        inputs = {"x": case.shape if before else {"shape": case.shape, "dtype": case.dtype}}
        compare(spec({function: case.fields}, inputs, before), opset=opset, dynamic=4)

    check()


ANY_AXIS = st.integers(-4, 4)
PLANE = {"offset": ANY_AXIS, "axis1": ANY_AXIS, "axis2": ANY_AXIS}
ANY: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "Diagonal": PLANE,
    "Trace": PLANE,
    "Tril": {"k": ANY_AXIS},
    "Triu": {"k": ANY_AXIS},
    "Diff": {"n": st.integers(-1, 4), "axis": ANY_AXIS},
    "Normalize": {
        "axis": ANY_AXIS | st.lists(ANY_AXIS, min_size=1, max_size=3),
        "order": st.integers(-1, 3),
        "epsilon": st.sampled_from([None, 0.0, 1.0]),
    },
}


@pytest.mark.parametrize("function", ANY)
def test_refuses_what_keras_refuses(function: str) -> None:
    """Beside what would touch the batch, which Keras does."""

    @layer_settings
    @given(st.lists(st.integers(1, 3), min_size=1, max_size=3), st.data())
    def check(shape: list[int], data: st.DataObject) -> None:
        fields = data.draw(st.fixed_dictionaries(ANY[function]))
        expected = keras_takes_function(function, fields, shape)
        # A triangle of a matrix of samples may be all of it.
        matrix = function not in ("Tril", "Triu") or len(shape) > 1
        rank, axes = len(shape) + 1, fields.get("axis")
        twice = isinstance(axes, list) and len({a % rank for a in axes}) < len(axes)
        expected = expected and matrix and not twice and not names_batch(fields, rank)
        assert takes_function(function, fields, shape) == expected

    check()


# --- products

SIZES = st.sampled_from([1, 2, 3, "time"])
LEADING = st.lists(st.sampled_from([1, 2, 3, "other"]), max_size=2)


# Whether each is an input or a constant, its shape (that of an input without the batch), and its dtype.
Operands = Sequence[tuple[str, Sequence[Any], str]]


def whole(rng: np.random.Generator, shape: Sequence[int], dtype: str) -> np.ndarray:
    """Small whole numbers, with which all dtypes compute exactly."""
    low, high = (0, 2) if dtype == "bool" else (0, 4) if dtype.startswith("u") else (-3, 4)
    return rng.integers(low, high, shape).astype(dtype)


def product_of(
    item: dict[str, Any], operands: Sequence[tuple[str, Sequence[Any], str]]
) -> tuple[Graph, dict[str, Any]]:
    """A network of the item over inputs and constants, and values for the inputs."""
    rng = np.random.default_rng(0)
    inputs: dict[str, Any] = {}
    before: list[Any] = []
    names = [f"{kind}{number}" for number, (kind, _, _) in enumerate(operands)]
    for name, (kind, shape, dtype) in zip(names, operands, strict=True):
        if kind == "input":
            inputs[name] = {"shape": list(shape), "dtype": dtype}
        else:
            values = whole(rng, shape, dtype).astype("float64" if "float" in dtype else "int64").tolist()
            before.append({"Constant": {"values": values, "dtype": dtype}, "name": name})
    graph = spec(item, inputs, before, from_=names)
    values = random_inputs(graph, dynamic=4)
    return graph, {name: whole(rng, x.shape, x.dtype.name) for name, x in values.items()}


def repeated(draw: Callable[..., Any], leading: Sequence[Any]) -> list[Any]:
    """Leading axes, some of size 1 in place of their own."""
    return [draw(st.sampled_from([size, size, 1])) for size in leading]


@st.composite
def factors(draw: st.DrawFn) -> Operands:
    """Two operands of MatMul."""
    rows, inner, columns, leading = draw(SIZES), draw(SIZES), draw(SIZES), draw(LEADING)
    dtypes = draw(st.tuples(DTYPES, DTYPES).filter(lambda pair: "int8" not in pair))
    kind = draw(st.sampled_from(["both", "both", "second", "first"]))
    if kind == "both":
        shapes = [[*repeated(draw, leading), rows, inner], [*repeated(draw, leading), inner, columns]]
        return [("input", shape, dtype) for shape, dtype in zip(shapes, dtypes, strict=True)]
    known = inner if isinstance(inner, int) else 4
    if kind == "second":
        matrix = draw(st.sampled_from([[known], [known, 2]]))
        shape = [*leading, rows, known][draw(st.integers(0, len(leading) + 1)) :]
        return [("input", shape, dtypes[0]), ("constant", matrix, dtypes[1])]
    matrix = draw(st.sampled_from([[known], [2, known]]))
    return [("constant", matrix, dtypes[0]), ("input", [*leading, known, columns], dtypes[1])]


@layer_settings
@given(factors(), OPSETS)
def test_matmul(operands: Operands, opset: int) -> None:
    graph, values = product_of({"MatMul": None}, operands)
    compare(graph, inputs=values, opset=opset)


def loops(graph: Graph, multiply: Callable[..., np.ndarray]) -> int:
    """Multiply-accumulates for one sample: each product of ones adds 1."""
    node = graph.nodes[-1]
    types = [graph.types[argument.value] for argument in node.arguments]
    values = {s: 1 if s == BATCH_AXIS else 5 for s in symbols(n for t in types for n in t.shape)}
    ones = [np.ones([evaluate(size, values) for size in t.shape]) for t in types]
    assert evaluate(node.signature.macs, values) == int(multiply(*ones).sum()) * (len(ones) - 1)
    return int(multiply(*ones).sum())


@layer_settings
@given(factors())
def test_macs_of_matmul(operands: Operands) -> None:
    assert loops(product_of({"MatMul": None}, operands)[0], np.matmul) > 0


@layer_settings
@given(st.data(), OPSETS, st.sampled_from(["Inner", "Tensordot"]))
def test_products_with_a_constant(data: st.DataObject, opset: int, function: str) -> None:
    shape = data.draw(st.lists(SIZES, min_size=1, max_size=3))
    known = [4 if size == "time" else size for size in shape]
    further = data.draw(st.lists(st.integers(1, 3), max_size=2))
    dtypes = data.draw(st.tuples(DTYPES, DTYPES))
    fields: dict[str, Any] = {}
    if function == "Inner":
        shape[-1] = known[-1]
        constant = [*further, known[-1]]
    elif data.draw(st.booleans()):
        count = data.draw(st.integers(0, len(shape)))
        shape[len(shape) - count :] = known[len(known) - count :]
        fields, constant = {"axes": count}, [*known[len(known) - count :], *further]
    else:
        chosen = data.draw(st.lists(st.integers(1, len(shape)), min_size=1, unique=True))
        shape = known
        fields = {
            "axes": [
                [a - data.draw(st.sampled_from([0, len(shape) + 1])) for a in chosen],
                list(range(len(chosen))),
            ]
        }
        constant = [*(known[a - 1] for a in chosen), *further]
    operands = [("input", shape, dtypes[0]), ("constant", constant, dtypes[1])]
    graph, values = product_of({function: fields}, operands)
    compare(graph, inputs=values, opset=opset)
    loops(graph, np.inner if function == "Inner" else lambda a, b: np.tensordot(a, b, **fields))


@st.composite
def equations(draw: st.DrawFn) -> tuple[str, Operands]:
    """Subscripts over up to three inputs and constants; a is the batch."""
    sizes = {letter: draw(st.sampled_from([1, 2, 3])) for letter in "bcde"}
    count = draw(st.integers(1, 3))
    terms, operands = [], []
    for number in range(count):
        letters = "".join(draw(st.lists(st.sampled_from("bcde"), min_size=1, max_size=3)))
        kind = "input" if number == 0 else draw(st.sampled_from(["input", "constant"]))
        # One of a few letters has a size that is known at run time, in inputs alone.
        shape = [sizes[letter] for letter in letters]
        terms.append(f"a{letters}" if kind == "input" else letters)
        dtype = draw(DTYPES.filter(lambda d: d != "bool"))
        operands.append((kind, shape, dtype))
    used = sorted(set("".join(terms)) - {"a"})
    kept = draw(st.lists(st.sampled_from(used), unique=True, max_size=4))
    return f"{','.join(terms)}->a{''.join(kept)}", operands


@layer_settings
@given(equations(), OPSETS)
def test_einsum(drawn: tuple[str, Operands], opset: int) -> None:
    subscripts, operands = drawn
    graph, values = product_of({"Einsum": subscripts}, operands)
    compare(graph, inputs=values, opset=opset)
    if len(operands) > 1:
        loops(graph, lambda *ones: np.einsum(subscripts, *ones))


@pytest.mark.parametrize(
    ("subscripts", "operands"),
    [
        ("...i,ij->...j", [("input", ["time", 3], "float32"), ("constant", [3, 4], "float32")]),
        ("...i,...i->...", [("input", [1, "time", 3], "float32"), ("input", [2, "time", 3], "float32")]),
        ("...i,...ij->...j", [("input", ["time", 3], "float32"), ("constant", [3, 2], "float32")]),
        ("b...i->bi...", [("input", ["time", 2, 3], "int32")]),
        ("abc,acd->abd", [("input", ["time", "other"], "float16"), ("input", ["other", 2], "float16")]),
        ("abc,cde->abde", [("input", ["time", 2], "int8"), ("constant", [2, 3, 2], "int8")]),
        ("abc,cd", [("input", [2, 3], "float64"), ("constant", [3, 2], "float64")]),
    ],
)
@pytest.mark.parametrize("opset", [15, 24])
def test_einsum_of_further_axes(subscripts: str, operands: Operands, opset: int) -> None:
    graph, values = product_of({"Einsum": subscripts}, operands)
    compare(graph, inputs=values, opset=opset)
    if len(operands) > 1:
        loops(graph, lambda *ones: np.einsum(subscripts, *ones))


@layer_settings
@given(st.lists(SIZES, max_size=2), st.data(), OPSETS)
def test_cross(leading: list[Any], data: st.DataObject, opset: int) -> None:
    dtypes = data.draw(st.tuples(DTYPES, DTYPES).filter(lambda pair: pair != ("bool", "bool")))
    fields: dict[str, Any] = {}
    shapes: list[list[Any]] = []
    for field in ("axisa", "axisb"):
        shape = repeated(data.draw, leading)
        place = data.draw(st.integers(0, len(shape)))
        shape.insert(place, data.draw(st.integers(2, 3)))
        fields[field] = place + 1 - data.draw(st.sampled_from([0, len(shape) + 1]))
        shapes.append(shape)
    flat = all(
        shape[fields[field] - (fields[field] > 0)] == 2 for field, shape in zip(fields, shapes, strict=True)
    )
    rank = len(leading) + 2 - flat
    fields["axisc"] = data.draw(st.integers(1, rank - 1)) if rank > 1 else 0
    operands = [("input", shape, dtype) for shape, dtype in zip(shapes, dtypes, strict=True)]
    graph, values = product_of({"Cross": fields}, operands)
    compare(graph, inputs=values, opset=opset)


@layer_settings
@given(st.lists(st.integers(1, 3), min_size=1, max_size=3), st.data())
def test_cross_refuses_what_keras_refuses(shape: list[int], data: st.DataObject) -> None:
    fields: dict[str, int] = data.draw(
        st.fixed_dictionaries(dict.fromkeys(("axisa", "axisb", "axisc"), ANY_AXIS))
    )
    expected = keras_takes_function("Cross", fields, shape, shape)
    assert takes_function("Cross", fields, shape, shape) == expected


TEXTS = st.text("abc.", min_size=1, max_size=4) | st.sampled_from(["abc", "ab", "a...b", "...b", "acb"])


@layer_settings
@given(st.lists(st.integers(1, 2), min_size=1, max_size=2), TEXTS, TEXTS, st.none() | TEXTS)
def test_einsum_refuses_what_keras_refuses(
    shape: list[int], first: str, second: str, output: str | None
) -> None:
    fields = {"subscripts": f"{first},{second}" + ("" if output is None else f"->{output}")}
    shapes = [shape, shape]
    assert takes_function("Einsum", fields, *shapes) == keras_takes_function("Einsum", fields, *shapes)


@layer_settings
@given(st.lists(st.integers(1, 3), max_size=3), st.lists(st.integers(1, 3), max_size=3), st.data())
def test_products_refuse_what_keras_refuses(first: list[int], second: list[int], data: st.DataObject) -> None:
    function = data.draw(st.sampled_from(["MatMul", "MatMul", "Inner", "Tensordot"]))
    fields = {"axes": data.draw(st.integers(-1, 3))} if function == "Tensordot" else {}
    assert takes_function(function, fields, first, second) == keras_takes_function(
        function, fields, first, second
    )


def test_a_product_with_a_matrix_is_computed_as_the_value_lies() -> None:
    layers = [
        {"LSTM": {"units": 4, "return_sequences": True}, "from": "x", "name": "steps"},
        {"Constant": np.ones((4, 3)).tolist(), "name": "matrix"},
    ]
    layers += [{"MatMul": None, "from": ["steps", "matrix"]}, {"GRU": {"units": 2}}]
    data = {"nnspec": 1, "name": "net", "inputs": {"x": [5, 2]}, "layers": layers}
    graph = nnspec.loads(json.dumps(data))
    assert operators(graph).count("Transpose") == 1


@pytest.mark.parametrize(
    ("item", "shape", "message"),
    [
        ({"Diagonal": {"axis1": 1, "axis2": 2}}, [3, "time"], "may end at either"),
        ({"Diagonal": {"axis1": 1, "axis2": 2, "offset": 3}}, [3, 3], "has no diagonal 3"),
        ("Trace", [3, 3], "Trace cannot take a diagonal of the batch, axis 0"),
        ("Tril", [3], "Tril takes matrices, not [batch, 3]"),
        ({"Diff": 3}, [3], "axis 1 has 3 elements, and 3 differences in turn leave none"),
        ({"Normalize": {"axis": [1, 2], "order": 3}}, [3, 3], "there is no length of order 3 over 2 axes"),
        ({"Einsum": "abc->a b"}, [3, 3], 'has " ", which is no letter of an axis'),
        ({"Einsum": "abc->abd"}, [3, 3], "has d in the output alone"),
        ({"Einsum": "abc->ba"}, [3, 3], "would not leave the batch alone"),
        ({"Einsum": "abcd->ab"}, [3, 3], '"abcd" names 4 axes, and [batch, 3, 3] has 3'),
        ({"Einsum": "...->..."}, [1] * 30, "Einsum takes tensors of up to 26 axes, not of 31"),
        ({"Einsum": "ba"}, [3], "write the output: ->ba"),
    ],
)
def test_messages(item: Any, shape: list[Any], message: str) -> None:
    assert message in message_of(item, shape)
