"""Bidirectional and TimeDistributed against Keras itself: types, weights, native ONNX, masked and not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from differential import OPSETS, compare, layer_settings, operators, random_inputs, spec
from hypothesis import given
from hypothesis import strategies as st
from nnspec.backends.calls import ACTIVATION_LAYERS
from nnspec.backends.onnx.emit import to_onnx
from nnspec.backends.onnx.lowerings import UNSUPPORTED
from nnspec.backends.weights import initialize
from nnspec.compiler.graph import Graph
from nnspec.spec.diagnostics import SpecError
from nnspec.spec.layers.wrappers import COPIED
from recurrence import LAYERS, STATES, fields, masked_ids, masking

MERGE_MODES = ["concat", "sum", "mul", "ave", None]


@st.composite
def bidirectional(draw: st.DrawFn) -> dict[str, Any]:
    """A Bidirectional that Keras can run, of one layer or of two that go together."""
    kind = draw(st.sampled_from(LAYERS))
    forward = draw(fields(kind))
    wrapper: dict[str, Any] = {"layer": {kind: forward}, "merge_mode": draw(st.sampled_from(MERGE_MODES))}
    if draw(st.booleans()):
        forward["go_backwards"] = False
        forward["activation"] = draw(st.sampled_from(["tanh", "sigmoid", "relu", "softsign"]))
        return wrapper
    other = kind if forward["return_state"] else draw(st.sampled_from(LAYERS))
    backward = draw(fields(other)) | {
        n: forward[n] for n in ("units", "return_sequences", "return_state", "unroll")
    }
    backward["go_backwards"] = not forward["go_backwards"]
    forward["activation"] = draw(st.sampled_from(["tanh", "sigmoid", "relu", "softsign"]))
    return {**wrapper, "backward_layer": {other: backward}}


def network(wrapper: dict[str, Any], steps: int | str, masked: bool, initial: bool) -> Graph:
    """The wrapper with all that it gives as outputs, from states that are inputs where `initial`."""
    ((kind, arguments),) = wrapper["layer"].items()
    states = {f"s{i}": [arguments["units"]] for i in range(2 * len(STATES[kind]))} if initial else {}
    source = {"sequences": "embedded" if masked else "x"} | (
        {"initial_state": list(states)} if initial else {}
    )
    outputs = ["layer"] if wrapper["merge_mode"] else ["layer", "layer.backward"]
    if arguments["return_state"]:
        names = [state.removeprefix("state_") for state in STATES[kind]]
        outputs += [f"layer.{way}_{name}" for way in ("forward", "backward") for name in names]
    ids = {"shape": [steps], "dtype": "int32"}
    inputs = {"x": ids if masked else [steps, 3], **states}
    return spec({"Bidirectional": wrapper}, inputs, masking() if masked else (), source, outputs)


@layer_settings
@given(data=st.data())
def test_bidirectional_as_keras(data: st.DataObject) -> None:
    wrapper = data.draw(bidirectional())
    ((kind, arguments),) = wrapper["layer"].items()
    length = data.draw(st.sampled_from([1, 2, 3, 7]))
    steps = length if arguments["unroll"] else data.draw(st.sampled_from([length, "time"]))
    alike = set(wrapper.get("backward_layer", {kind: None})) == {kind}
    graph = network(wrapper, steps, masked=False, initial=alike and data.draw(st.booleans()))
    compare(graph, opset=data.draw(OPSETS), dynamic=length)


@layer_settings
@given(data=st.data())
def test_masked_bidirectional_as_keras(data: st.DataObject) -> None:
    wrapper = data.draw(bidirectional())
    for layer in (wrapper["layer"], wrapper.get("backward_layer", {})):
        for arguments in layer.values():
            arguments["unroll"] = False
    length = data.draw(st.sampled_from([1, 2, 5, 8]))
    graph = network(wrapper, data.draw(st.sampled_from([length, "time"])), masked=True, initial=False)
    compare(
        graph, inputs={"x": masked_ids(6, length, data.draw(st.integers(0, 1000)))}, opset=data.draw(OPSETS)
    )


@layer_settings
@given(data=st.data())
def test_bidirectional_refuses_what_keras_refuses(data: st.DataObject) -> None:
    """Two layers drawn apart seldom fit; some Keras takes, and then declares what it does not give."""
    kinds = [data.draw(st.sampled_from(LAYERS)) for _ in range(2)]
    switches = ("return_sequences", "return_state", "go_backwards")
    layers = [
        {
            kind: {
                "units": data.draw(st.sampled_from([2, 2, 3])),
                **{n: data.draw(st.booleans()) for n in switches},
            }
        }
        for kind in kinds
    ]
    mode = data.draw(st.sampled_from(MERGE_MODES))
    wrapper = {"layer": layers[0], "merge_mode": mode}
    if data.draw(st.booleans()):
        wrapper["backward_layer"] = layers[1]
    try:
        spec({"Bidirectional": wrapper}, {"x": [4, 3]})
        taken = True
    except SpecError:
        taken = False
    assert taken == keras_takes(wrapper)


def keras_takes(wrapper: dict[str, Any]) -> bool:
    """Whether Keras makes the wrapper, declares what it then gives, and gives it."""
    import keras

    def made(layer: dict[str, Any]) -> Any:
        ((kind, arguments),) = layer.items()
        return getattr(keras.layers, kind)(**arguments)

    held = {name: made(wrapper[name]) for name in ("layer", "backward_layer") if name in wrapper}
    try:
        layer = keras.layers.Bidirectional(**held, merge_mode=wrapper["merge_mode"])
        declared = layer(keras.Input((4, 3)))
        given = layer(np.zeros((2, 4, 3), np.float32))
    except (ValueError, TypeError, IndexError, AttributeError):
        return False
    except Exception as error:  # TensorFlow's own kinds of error for shapes that do not go together
        if "InvalidArgument" not in type(error).__name__:
            raise
        return False
    shapes = [
        [tuple(t.shape)[1:] for t in (v if isinstance(v, list | tuple) else [v])] for v in (declared, given)
    ]
    return shapes[0] == shapes[1]


# Layers to hold, and the shapes of a step that they take.
HELD = [
    ({"Dense": {"units": 4, "activation": "relu"}}, [3]),
    ({"Dense": {"units": 4, "activation": {"softmax": {"axis": 1}}}}, [3]),
    ({"Dense": {"units": 4, "activation": {"softmax": {"axis": 1}}}}, [5, 3]),
    ({"Dense": 4}, ["width", 3]),
    ({"Activation": "softmax"}, [3]),
    ({"Activation": "gelu"}, ["width", 3]),
    ({"Dropout": 0.5}, [3]),
    ({"LayerNormalization": None}, [3]),
    ({"LayerNormalization": {"axis": 1}}, [4, 3]),
    ({"LayerNormalization": {"axis": [1, 2]}}, [4, 3]),
    ({"BatchNormalization": None}, [3]),
    ({"BatchNormalization": {"axis": 1}}, [4, 3]),
    ({"Softmax": {"axis": 1}}, [4, 3]),
    ({"Flatten": None}, [4, 3]),
    ({"Reshape": [6, 2]}, [4, 3]),
    ({"Permute": [2, 1]}, [4, "width"]),
    ({"RepeatVector": 3}, [4]),
    ({"Conv1D": {"filters": 2, "kernel_size": 3, "padding": "same"}}, ["width", 3]),
    ({"Conv2D": {"filters": 2, "kernel_size": 3, "strides": 2}}, [7, 6, 3]),
    ({"MaxPooling2D": 2}, [7, "width", 3]),
    ({"GlobalAveragePooling2D": None}, ["height", "width", 3]),
    ({"LSTM": 4}, [5, 3]),
    ({"GRU": {"units": 4, "return_sequences": True, "go_backwards": True}}, ["width", 3]),
    ({"Bidirectional": {"layer": {"SimpleRNN": 4}, "merge_mode": "sum"}}, ["width", 3]),
    ({"TimeDistributed": {"layer": {"Dense": 2}}}, [5, 3]),
    ({"TimeDistributed": {"layer": {"LSTM": 2}}}, [2, "width", 3]),
]


@layer_settings
@given(data=st.data())
def test_time_distributed_as_keras(data: st.DataObject) -> None:
    held, shape = data.draw(st.sampled_from(HELD))
    length = data.draw(st.sampled_from([1, 4, 7]))
    # Widths and heights take the dynamic axes' size too, and a window of 2 must fit them.
    steps = data.draw(st.sampled_from([length, "time"]))
    graph = spec({"TimeDistributed": {"layer": held}}, {"x": [steps, *shape]}, data.draw(befores(shape)))
    compare(graph, opset=data.draw(OPSETS), dynamic=max(length, 2) if len(shape) > 1 else length)


@st.composite
def befores(draw: st.DrawFn, shape: list[Any]) -> list[Any]:
    """Items that leave the shape as it is, and the value in some layout."""
    same = {"units": shape[-1], "return_sequences": True}
    if shape[-1] == "width":
        return []
    if len(shape) == 1:
        return draw(
            st.sampled_from(
                [[], [{"LSTM": same}], [{"GRU": same}, {"TimeDistributed": {"layer": {"Dense": 3}}}]]
            )
        )
    if len(shape) == 3:
        conv = {"Conv2D": {"filters": shape[-1], "kernel_size": 1}}
        return draw(st.sampled_from([[], [{"TimeDistributed": {"layer": conv}}]]))
    return draw(st.sampled_from([[], [{"TimeDistributed": {"layer": {"LSTM": same}}}]]))


@layer_settings
@given(data=st.data())
def test_masks_through_time_distributed(data: st.DataObject) -> None:
    """A mask passes on to the layer behind; a mask of sentences of words reaches the layer that is held."""
    words = data.draw(st.booleans())
    kind = data.draw(st.sampled_from(LAYERS))
    length = data.draw(st.sampled_from([1, 4, 6]))
    axes = [data.draw(st.sampled_from([length, "sentences"])), data.draw(st.sampled_from([length, "words"]))][
        : 1 + words
    ]
    recurrent = {kind: {"units": 4, "return_sequences": words, "go_backwards": data.draw(st.booleans())}}
    held = data.draw(
        st.sampled_from(
            [recurrent, {"Bidirectional": {"layer": {kind: {"units": 4, "return_sequences": words}}}}]
        )
    )
    through = {"TimeDistributed": {"layer": {"Dense": {"units": 3, "activation": "tanh"}}}}
    last = {"TimeDistributed": {"layer": held}} if words else held
    graph = spec(last, {"x": {"shape": axes, "dtype": "int32"}}, [*masking(), through])
    assert graph.by_name["time_distributed"].signature.output.masked
    ids = masked_ids(6, length ** len(axes), data.draw(st.integers(0, 1000))).reshape(
        6, *[length] * len(axes)
    )
    compare(graph, inputs={"x": ids}, opset=data.draw(OPSETS))


def test_ids_are_held_too() -> None:
    embedding = {"TimeDistributed": {"layer": {"Embedding": {"input_dim": 5, "output_dim": 2}}}}
    compare(spec(embedding, {"x": {"shape": ["time", 4], "dtype": "int32"}}))


def test_fixed_bias_is_copied() -> None:
    held = {"LSTM": {"units": 1, "bias_initializer": {"values": [1, 2, 3, 4]}}}
    graph = spec({"Bidirectional": {"layer": held}}, {"x": ["time", 2]})
    np.testing.assert_array_equal(initialize(graph)["layer/backward/bias"], [1, 2, 3, 4])
    compare(graph)


def test_clean_onnx() -> None:
    lstm = {"LSTM": {"units": 4, "return_sequences": True}}
    x = {"x": ["time", 3]}
    entry = ["Transpose", "LSTM"]
    assert operators(spec({"Bidirectional": {"layer": {"LSTM": 4}}}, x)) == [*entry, "Transpose", "Reshape"]
    assert operators(spec({"Bidirectional": {"layer": {"LSTM": 4}, "merge_mode": "ave"}}, x)) == [
        *entry,
        "ReduceMean",
    ]
    both = {"Bidirectional": {"layer": lstm}}
    assert operators(spec({"Dense": 2}, x, [both, both])) == [
        *(*entry, "Transpose", "Reshape", "LSTM", "Transpose", "Reshape", "MatMul", "Add", "Transpose")
    ]
    conv = {"TimeDistributed": {"layer": {"Conv2D": {"filters": 2, "kernel_size": 3}}}}
    twice = operators(spec(conv, {"x": [4, 9, 9, 3]}, [conv]))
    assert twice == ["Reshape", "Transpose", "Conv", "Reshape", "Reshape", "Conv", "Reshape", "Transpose"]


def test_types_weights_and_costs() -> None:
    held = {"LSTM": {"units": 4, "return_state": True}}
    graph = spec({"Bidirectional": {"layer": held}}, {"x": ["time", 3]}, outputs=["layer.backward_c"])
    signature = graph.by_name["layer"].signature
    assert [str(t) for t in signature.outputs] == ["float32[batch, 8]"] + ["float32[batch, 4]"] * 4
    assert str(signature.macs) == "224*time"
    kernels = ("kernel", "recurrent_kernel", "bias")
    assert list(graph.weights) == [
        f"layer/{way}/{kernel}" for way in ("forward", "backward") for kernel in kernels
    ]
    image = spec({"TimeDistributed": {"layer": {"Dense": 2}}}, {"x": ["time", 5, 3]})
    assert str(image.by_name["layer"].signature.output) == "float32[batch, time, 5, 2]"
    assert str(image.macs) == "30*time"
    assert list(image.weights) == ["layer/kernel", "layer/bias"]


@pytest.mark.parametrize(
    ("item", "shape", "code", "message", "at"),
    [
        (
            *({"Bidirectional": {"layer": {"Dense": 3}}}, [8, 2], "NN112"),
            *("layer: Bidirectional holds a recurrent layer, not Dense", '{"Dense": 3}'),
        ),
        (
            *({"Bidirectional": {"layer": {"LSTM": {"units": 3, "go_backwards": True}}}}, [8, 2], "NN112"),
            *("both layers go backwards", '{"LSTM": {"units": 3, "go_backwards": true}}'),
        ),
        (
            *({"Bidirectional": {"layer": {"LSTM": 3}, "backward_layer": {"LSTM": 3}}}, [8, 2], "NN112"),
            *("both layers go forward", '{"LSTM": 3}'),
        ),
        (
            *({"Bidirectional": {"layer": {"LSTM": 3}, "merge_mode": "add"}}, [8, 2], "NN104"),
            *("merge_mode must be one of concat, sum, mul, ave", '"add"'),
        ),
        (
            *(
                {"Bidirectional": {"layer": {"GRU": {"units": 3, "activation": {"celu": {"alpha": 0.5}}}}}},
                [8, 2],
                "NN112",
            ),
            *("Bidirectional copies its layer, and Keras cannot copy celu with arguments", '{"GRU"'),
        ),
        (
            {"Bidirectional": {"layer": {"LSTM": 3}}},
            [8],
            "NN201",
            "LSTM takes an input of rank 3",
            '{"LSTM": 3}',
        ),
        (
            {"TimeDistributed": {"layer": {"Dense": 3}}},
            [8],
            "NN201",
            "TimeDistributed takes [batch, time, …]",
            '"Time',
        ),
        (
            {"TimeDistributed": {"layer": "Add"}},
            [8, 2],
            "NN112",
            "layer: TimeDistributed holds layers of one input",
            '"Add"',
        ),
        (
            *({"TimeDistributed": {"layer": {"Mean": {"axis": 1}}}}, [8, 2, 3], "NN112"),
            *("layer: TimeDistributed holds layers of one input", '{"Mean"'),
        ),
        (
            *(
                {"TimeDistributed": {"layer": {"LSTM": {"units": 3, "return_state": True}}}},
                [8, 4, 2],
                "NN112",
            ),
            *("layer: TimeDistributed holds layers of one output, and LSTM has 3", '{"LSTM"'),
        ),
        (
            *({"TimeDistributed": {"layer": {"Dense": {"units": 3, "dtype": "float16"}}}}, [8, 2], "NN202"),
            *("TimeDistributed computes in float32, and the Dense in it in float16", '{"Dense"'),
        ),
        (
            *(
                {"TimeDistributed": {"layer": {"Conv2D": {"filters": 2, "kernel_size": 9}}}},
                [4, 8, 8, 3],
                "NN204",
            ),
            *("kernel 9x9 does not fit input 8x8", '{"Conv2D"'),
        ),
        (
            *(
                {
                    "TimeDistributed": {
                        "layer": {"Dense": {"units": 3, "activation": {"softmax": {"axis": 2}}}}
                    }
                },
                [8, 2],
            ),
            *("NN201", "axis 2 is out of range for an input of rank 2", '{"Dense"'),
        ),
    ],
    ids=str,
)
def test_refused(item: dict[str, Any], shape: list[Any], code: str, message: str, at: str) -> None:
    with pytest.raises(SpecError) as caught:
        spec(item, {"x": shape})
    (found,) = caught.value.diagnostics
    assert found.span is not None
    assert (found.code, found.message[: len(message)]) == (code, message)
    assert found.span.source.text[found.span.start :].startswith(at)
    assert found.help


def test_a_mask_that_would_not_fit() -> None:
    """Keras hands the mask of sentences of words on to the sentences, where no layer can use it."""
    with pytest.raises(SpecError, match="the mask of the input goes on to the output, and does not fit it"):
        spec(
            {"TimeDistributed": {"layer": {"LSTM": 3}}}, {"x": {"shape": [4, 5], "dtype": "int32"}}, masking()
        )


@layer_settings
@given(data=st.data())
def test_bidirectional_loops_as_keras(data: st.DataObject) -> None:
    """What ONNX's operators cannot compute, one way or both."""
    wrapper = data.draw(bidirectional())
    for layer in (wrapper["layer"], wrapper.get("backward_layer", {})):
        for arguments in layer.values():
            arguments["unroll"] = False
    ((_, arguments),) = wrapper["layer"].items()
    arguments["activation"] = data.draw(st.sampled_from(["selu", "gelu", "mish"]))
    masked, length = data.draw(st.booleans()), data.draw(st.sampled_from([1, 2, 5]))
    graph = network(wrapper, data.draw(st.sampled_from([length, "time"])), masked, initial=False)
    inputs = random_inputs(graph, batch=6, dynamic=length)
    if masked:
        inputs["x"] = masked_ids(6, length, data.draw(st.integers(0, 1000)))
    compare(graph, inputs=inputs, opset=data.draw(OPSETS))


def test_a_layer_that_cannot_be_exported_cannot_be_in_a_wrapper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(UNSUPPORTED, "LSTM", "it has no operator")
    graph = spec({"Bidirectional": {"layer": {"LSTM": 3}}}, {"x": [5, 2]})
    with pytest.raises(SpecError, match="LSTM cannot be exported to ONNX: it has no operator"):
        to_onnx(graph, initialize(graph))


def test_the_activations_that_keras_copies_are_those_that_are_spelled_as_layers() -> None:
    assert set(COPIED) == set(ACTIVATION_LAYERS)


def test_a_held_dropout_takes_the_noise_shape_of_a_step() -> None:
    held = {"Dropout": {"rate": 0.1, "noise_shape": [None, 1]}}
    compare(spec({"TimeDistributed": {"layer": held}}, {"x": [3, 4]}))


@pytest.mark.parametrize(
    "held", [{"Pipeline": ["ReLU"]}, "Equalization", {"MelSpectrogram": {"fft_length": 4}}]
)
def test_what_is_not_done_step_by_step(held: Any) -> None:
    with pytest.raises(SpecError, match="NN112"):
        spec({"TimeDistributed": {"layer": held}}, {"x": [4, 6, 5, 3]})
