"""Spectrograms against Keras: modes, windows, paddings, layouts, and what is refused."""

from __future__ import annotations

from typing import Any

import nnspec
import numpy as np
import pytest
from differential import (
    FORMATS,
    OPSETS,
    compare,
    layer_settings,
    operators,
    random_inputs,
    run_keras,
    run_onnx,
    spec,
)
from hypothesis import assume, given
from hypothesis import strategies as st
from nnspec.backends.keras import build
from nnspec.backends.weights import initialize
from nnspec.backends.weights.windows import window_values
from nnspec.spec.initializers import WINDOWS

# Not `angle`: where there is nothing of a frequency, rounding decides which way it points.
MODES = st.sampled_from(["log", "magnitude", "psd", "real", "imag", "stft"])


@st.composite
def transforms(draw: st.DrawFn) -> dict[str, Any]:
    length = draw(st.integers(3, 9))
    return {
        "mode": draw(MODES),
        "frame_length": length,
        "frame_step": draw(st.none() | st.integers(1, length)),
        "fft_length": draw(st.none() | st.integers(length, length + 8)),
        "window": draw(
            st.none()
            | st.sampled_from(WINDOWS)
            | st.lists(st.floats(0.1, 2), min_size=length, max_size=length)
        ),
        "periodic": draw(st.booleans()),
        "scaling": draw(st.none() | st.sampled_from(["density", "spectrum"])),
        "padding": draw(st.sampled_from(["valid", "same"])),
        "expand_dims": draw(st.booleans()),
        "data_format": draw(FORMATS),
    }


@layer_settings
@given(
    transforms(),
    st.integers(9, 20) | st.just("time"),
    st.integers(1, 3),
    st.sampled_from(["float32", "float32", "float64"]),
    OPSETS,
)
def test_stft_spectrogram(fields: dict[str, Any], time: Any, channels: int, policy: str, opset: int) -> None:
    first = fields["data_format"] == "channels_first"
    assume(policy == "float32" or not first)
    shape = [channels, time] if first else [time, channels]
    graph = spec({"STFTSpectrogram": {**fields, "dtype": policy}}, {"x": shape})
    compare(graph, opset=opset, dynamic=13)


@layer_settings
@given(transforms())
def test_kernels_begin_as_those_of_keras(fields: dict[str, Any]) -> None:
    import keras

    graph = spec({"STFTSpectrogram": {**fields, "data_format": "channels_last"}}, {"x": [20, 1]})
    layer: Any = keras.layers.STFTSpectrogram(**fields)
    layer.build((None, 20, 1))
    for ours, theirs in zip(initialize(graph).values(), layer.get_weights(), strict=True):
        assert ours.dtype == theirs.dtype and np.allclose(ours, theirs, atol=2e-6)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize("length", [1, 2, 7, 16])
def test_windows_are_those_of_scipy(window: str, periodic: bool, length: int) -> None:
    from scipy.signal import get_window

    expected = get_window(window, length, periodic)
    assert np.allclose(window_values(window, length, periodic=periodic), expected, atol=1e-12)


def test_angles_point_the_same_way() -> None:
    graph = spec({"STFTSpectrogram": {"mode": "angle", "frame_length": 8}}, {"x": [30, 2]})
    weights, inputs = initialize(graph), random_inputs(graph)
    actual, expected = (
        run_onnx(graph, weights, inputs, 21)[0],
        run_keras(build(graph, weights), graph, inputs)[0],
    )
    turned = np.abs(np.exp(1j * actual) - np.exp(1j * expected))
    assert actual.shape == expected.shape and np.max(turned) < 1e-4


def test_kernels_can_be_frozen_and_have_names() -> None:
    graph = spec({"STFTSpectrogram": {"frame_length": 4, "trainable": False}}, {"x": [8, 1]})
    found = [(weight.name, weight.shape, weight.trainable) for weight in graph.by_name["layer"].weights]
    assert found == [("real_kernel", (4, 1, 3), False), ("imag_kernel", (4, 1, 3), False)]


def test_a_spectrogram_takes_and_gives_the_layout_that_it_finds() -> None:
    conv = {"Conv1D": {"filters": 2, "kernel_size": 2}}
    before = [conv, {"STFTSpectrogram": {"frame_length": 4}}]
    graph = spec(conv, {"x": [20, 2]}, before=before)
    compare(graph)
    assert operators(graph).count("Transpose") == 2


@pytest.mark.parametrize(("padding", "step"), [("valid", 2), ("same", 3)])
def test_multiply_accumulates(padding: str, step: int) -> None:
    fields = {"frame_length": 5, "frame_step": step, "padding": padding}
    node = spec({"STFTSpectrogram": fields}, {"x": [17, 3]}).by_name["layer"]
    count = 0
    for _window in range(0, 13 if padding == "valid" else 17, step):
        for _channel in range(3):
            for _part in ("real", "imag"):
                for _frequency in range(8 // 2 + 1):
                    count += 5
    assert node.signature.macs == count


@st.composite
def mels(draw: st.DrawFn) -> dict[str, Any]:
    size = draw(st.integers(4, 20))
    length = draw(st.none() | st.integers(2, size))
    highest = draw(st.sampled_from([None, 3000.0, 8000.0]))
    values = st.lists(st.floats(0.125, 2, width=32), min_size=length or size, max_size=length or size)
    return {
        "fft_length": size,
        "sequence_stride": draw(st.integers(1, 9)),
        "sequence_length": length,
        "window": draw(st.none() | st.sampled_from(["hann", "hamming"]) | values),
        "sampling_rate": draw(st.sampled_from([16000, 8000])),
        "num_mel_bins": draw(st.integers(1, 6)),
        "min_freq": draw(st.sampled_from([0.0, 20.0, 500.0])),
        "max_freq": highest,
        "power_to_db": draw(st.booleans()),
        "top_db": draw(st.sampled_from([80.0, 20.0])),
        "mag_exp": draw(st.sampled_from([1.0, 2.0])),
        "min_power": draw(st.sampled_from([1e-10, 1e-3])),
        "ref_power": draw(st.sampled_from([1.0, 0.5, -2.0])),
    }


@layer_settings
@given(
    mels(),
    st.integers(1, 40) | st.just("time"),
    st.sampled_from(["float32", "float64", "int32"]),
    st.sampled_from(["float32", "float32", "float16"]),
    OPSETS,
)
def test_mel_spectrogram(fields: dict[str, Any], time: Any, dtype: str, policy: str, opset: int) -> None:
    import keras

    inputs = {"x": {"shape": [time], "dtype": dtype}}
    try:
        graph = spec({"MelSpectrogram": {**fields, "dtype": policy}}, inputs)
    except nnspec.SpecError:
        x = np.ones((2, time), "float32")
        layer: Any = keras.layers.MelSpectrogram(**fields)
        try:
            given_ = layer(x)
        except Exception:
            return
        assert tuple(given_.shape) != tuple(layer.compute_output_shape(x.shape))
        return
    compare(graph, opset=opset, dynamic=31)


@pytest.mark.parametrize(
    ("item", "input", "code"),
    [
        ({"STFTSpectrogram": {"mode": "power"}}, [300, 1], "NN104"),
        ({"STFTSpectrogram": {"frame_length": 8, "frame_step": 9}}, [30, 1], "NN104"),
        ({"STFTSpectrogram": {"frame_length": 8, "fft_length": 4}}, [30, 1], "NN104"),
        ({"STFTSpectrogram": {"frame_length": 8, "window": "tukey"}}, [30, 1], "NN104"),
        ({"STFTSpectrogram": {"frame_length": 8, "window": [1, 2]}}, [30, 1], "NN104"),
        ({"STFTSpectrogram": {"frame_length": 2}}, [30, 1], "NN104"),
        ({"STFTSpectrogram": {"frame_length": 1}}, [30, 1], "NN104"),
        ({"STFTSpectrogram": {"frame_length": 8}}, [7, 1], "NN204"),
        ({"STFTSpectrogram": {"frame_length": 8}}, [30], "NN201"),
        ({"STFTSpectrogram": {"frame_length": 8}}, [30, "channels"], "NN207"),
        ({"STFTSpectrogram": {"frame_length": 8}}, {"shape": [30, 1], "dtype": "int32"}, "NN202"),
        ({"STFTSpectrogram": {"frame_length": 8, "dtype": "bfloat16"}}, [30, 1], "NN202"),
        (
            {"STFTSpectrogram": {"frame_length": 8, "data_format": "channels_first", "dtype": "float64"}},
            [1, 30],
            "NN202",
        ),
        ({"MelSpectrogram": {"fft_length": 8, "sequence_length": 9}}, [30], "NN104"),
        ({"MelSpectrogram": {"fft_length": 8, "window": "blackman"}}, [30], "NN104"),
        ({"MelSpectrogram": {"fft_length": 8, "min_freq": 9000}}, [30], "NN104"),
        ({"MelSpectrogram": {"fft_length": 8, "dtype": "float64"}}, [30], "NN202"),
        ({"MelSpectrogram": {"fft_length": 8}}, [30, 2], "NN201"),
        ({"MelSpectrogram": {"fft_length": 8}}, [4], "NN204"),
        # Keras declares three windows, and gives two.
        ({"MelSpectrogram": {"fft_length": 8, "sequence_stride": 3}}, [5], "NN205"),
    ],
)
def test_what_does_not_fit(item: dict[str, Any], input: Any, code: str) -> None:
    with pytest.raises(nnspec.SpecError) as error:
        spec(item, {"x": input})
    assert [d.code for d in error.value.diagnostics] == [code]
