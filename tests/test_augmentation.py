"""Layers over images that act in training only, against Keras: nothing at inference, and training that runs."""

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
    takes,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from nnspec.backends.keras import build
from nnspec.backends.python import emit
from nnspec.spec.layers import find
from nnspec.spec.layers.augmentation import Augmentation

# There are many layers, and one lowering for them.
few = settings(layer_settings, max_examples=max(4, layer_settings.max_examples // 5))

Fields = dict[str, st.SearchStrategy[Any]]

POLICIES = st.sampled_from(["float32", "float32", "float64", "mixed_float16"])
DTYPES = st.sampled_from(["float32", "float32", "float32", "float64", "int32", "uint8"])
RANGES = st.sampled_from([[0, 255], [0.0, 1.0], [-1, 1]])
SEEDS = st.none() | st.integers(0, 2**31 - 1)
MODES = st.sampled_from(["nearest", "bilinear"])
FILLS = st.sampled_from(["reflect", "wrap", "constant", "nearest"])
VALUES = st.floats(-2, 2, width=32)


def factors(least: float, most: float) -> st.SearchStrategy[Any]:
    """One number, or two in any order."""
    number = st.sampled_from([least, most]) | st.floats(least, most, width=32)
    return number | st.lists(number, min_size=2, max_size=2)


PART, SIGNED = factors(0, 1), factors(-1, 1)
BITS = st.integers(1, 8)
ODD = st.sampled_from([1, 3, 5])

# The fields of each layer but `seed` and `data_format`.
LAYERS: dict[str, Fields] = {
    "AugMix": {
        "value_range": RANGES,
        "num_chains": st.integers(1, 3),
        "chain_depth": st.integers(1, 3),
        "factor": PART,
        "alpha": st.floats(0.125, 3, width=32),
        "all_ops": st.booleans(),
        "interpolation": MODES,
    },
    "CutMix": {"factor": PART},
    "Equalization": {"value_range": RANGES, "bins": st.integers(1, 300)},
    "MixUp": {"alpha": st.floats(0.125, 3, width=32)},
    "RandAugment": {
        "value_range": RANGES,
        "num_ops": st.integers(1, 3),
        "factor": PART,
        "interpolation": MODES,
    },
    "RandomBrightness": {"factor": SIGNED, "value_range": RANGES},
    "RandomColorDegeneration": {"factor": SIGNED, "value_range": RANGES},
    "RandomColorJitter": {
        "value_range": RANGES,
        "brightness_factor": st.none() | SIGNED,
        "contrast_factor": st.none() | PART,
        "saturation_factor": st.none() | SIGNED,
        "hue_factor": st.none() | PART,
    },
    "RandomContrast": {"factor": PART, "value_range": RANGES},
    "RandomElasticTransform": {
        "factor": PART,
        "scale": PART,
        "interpolation": MODES,
        "fill_mode": FILLS | st.just("mirror"),
        "fill_value": VALUES,
        "value_range": RANGES,
    },
    "RandomErasing": {
        "factor": PART,
        "scale": PART,
        "fill_value": st.none() | VALUES | st.lists(VALUES, min_size=3, max_size=3),
        "value_range": RANGES,
    },
    "RandomFlip": {"mode": st.sampled_from(["horizontal", "vertical", "horizontal_and_vertical"])},
    "RandomGaussianBlur": {
        "factor": PART,
        "kernel_size": ODD | st.lists(ODD, min_size=2, max_size=2),
        "sigma": PART,
        "value_range": RANGES,
    },
    "RandomGrayscale": {"factor": st.floats(0, 1, width=32)},
    "RandomHue": {"factor": PART, "value_range": RANGES},
    "RandomInvert": {"factor": PART, "value_range": RANGES},
    "RandomPerspective": {
        "factor": PART,
        "scale": st.floats(0, 1, width=32),
        "interpolation": MODES,
        "fill_value": VALUES,
    },
    "RandomPosterization": {
        "factor": BITS | st.lists(BITS, min_size=2, max_size=2),
        "value_range": RANGES,
    },
    "RandomRotation": {"factor": SIGNED, "fill_mode": FILLS, "interpolation": MODES, "fill_value": VALUES},
    "RandomSaturation": {"factor": SIGNED, "value_range": RANGES},
    "RandomSharpness": {"factor": PART, "value_range": RANGES},
    "RandomShear": {
        "x_factor": PART,
        "y_factor": PART,
        "interpolation": MODES,
        "fill_mode": FILLS,
        "fill_value": VALUES,
    },
    "RandomTranslation": {
        "height_factor": SIGNED,
        "width_factor": SIGNED,
        "fill_mode": FILLS,
        "interpolation": MODES,
        "fill_value": VALUES,
    },
    "RandomZoom": {
        "height_factor": factors(-0.75, 1),
        "width_factor": st.none() | factors(-0.75, 1),
        "fill_mode": FILLS,
        "interpolation": MODES,
        "fill_value": VALUES,
    },
    "Solarization": {"addition_factor": PART, "threshold_factor": PART, "value_range": RANGES},
}


def kind(layer: str) -> type[Augmentation]:
    found = find(layer)
    assert found is not None and issubclass(found, Augmentation)
    return found


@st.composite
def configurations(draw: st.DrawFn, layer: str) -> dict[str, Any]:
    """Fields of a layer, each given or left out where it may be."""
    fields = st.fixed_dictionaries(
        {name: field for name, field in LAYERS[layer].items() if kind(layer).fields[name].required},
        optional={
            **{name: field for name, field in LAYERS[layer].items() if not kind(layer).fields[name].required},
            "data_format": FORMATS,
            **({"seed": SEEDS} if "seed" in kind(layer).fields else {}),
        },
    )
    return {**draw(fields), "dtype": draw(POLICIES)}


def arranged(fields: dict[str, Any], sizes: list[Any], channels: Any) -> list[Any]:
    first = fields.get("data_format") == "channels_first"
    return [channels, *sizes] if first else [*sizes, channels]


@pytest.mark.parametrize("layer", LAYERS)
def test_is_keras_at_inference(layer: str) -> None:
    @few
    @given(configurations(layer), st.sampled_from([1, 3, 4]), st.data())
    def run(fields: dict[str, Any], channels: int, data: st.DataObject) -> None:
        size = st.integers(1, 6) | (st.nothing() if kind(layer).sized else st.just("size"))
        shape = arranged(fields, data.draw(st.lists(size, min_size=2, max_size=2)), channels)
        dtype = data.draw(DTYPES)
        assume(takes(layer, fields, shape, dtype))
        graph = spec({layer: fields}, {"x": {"shape": shape, "dtype": dtype}})
        assert graph.by_name["layer"].signature.weights == ()
        compare(graph, opset=data.draw(OPSETS))

    run()


def trains(layer: str, fields: dict[str, Any], shape: list[Any], dtype: str) -> bool:
    """Whether Keras builds the layer, gives at inference what it declares, and runs training as a graph, in which no
    batch is known."""
    import keras
    import tensorflow as tf

    declared = [size if isinstance(size, int) else None for size in shape]
    images = np.ones((2, *(size if isinstance(size, int) else 5 for size in shape)), dtype)
    x = keras.Input(declared, dtype=dtype)
    # By itself, Keras takes the output of Equalization for its input.
    made = getattr(keras.layers, layer)
    try:
        applied = keras.layers.Pipeline([made(**fields)]) if layer == "Equalization" else made(**fields)
        model: Any = keras.Model(x, applied(x))
        given: Any = model(images, training=False)
        step = tf.function(
            lambda values: model(values, training=True),
            input_signature=[tf.TensorSpec((None, *declared), dtype)],
        )
        trained: Any = step(images)
        return trained.dtype == given.dtype == model.output.dtype
    except Exception:
        return False


@layer_settings
@given(st.sampled_from(list(LAYERS)), st.data())
def test_what_keras_trains_with_is_taken_and_nothing_else(layer: str, data: st.DataObject) -> None:
    fields = data.draw(configurations(layer))
    channels = data.draw(st.sampled_from([1, 2, 3, 3, 3]))
    sizes = data.draw(st.lists(st.sampled_from([4, 5, 5, None]), min_size=2, max_size=2))
    shape, dtype = arranged(fields, sizes, channels), data.draw(DTYPES)
    # AugMix draws its changes when it is traced, and may draw none of those that fail.
    assume(layer != "AugMix" or channels != 2)
    # Keras computes these, along other axes than the data_format says.
    assume(layer != "RandomColorJitter" or fields.get("data_format") != "channels_first")
    assert takes(layer, fields, shape, dtype) == trains(layer, fields, shape, dtype)


@layer_settings
@given(
    st.lists(st.integers(1, 6) | st.just("size"), min_size=3, max_size=3),
    RANGES | st.lists(st.integers(-9, 9), min_size=2, max_size=2, unique=True).map(sorted),
    FORMATS,
    st.sampled_from(["float32", "float64"]),
    DTYPES,
    st.booleans(),
    OPSETS,
)
def test_auto_contrast(
    shape: list[Any], values: list[float], layout: str, policy: str, dtype: str, flat: bool, opset: int
) -> None:
    fields = {"value_range": values, "data_format": layout, "dtype": policy}
    graph = spec({"AutoContrast": fields}, {"x": {"shape": shape, "dtype": dtype}})
    inputs = random_inputs(graph)
    if flat:
        # An image of one value cannot be stretched.
        inputs["x"][0] = 3
    compare(graph, inputs=inputs, opset=opset)


@pytest.mark.parametrize("policy", ["float16", "mixed_bfloat16"])
@pytest.mark.parametrize("values", [[0, 255], [-1, 1]])
def test_auto_contrast_in_half_precision(policy: str, values: list[int]) -> None:
    """onnxruntime rounds less often than TensorFlow does."""
    item = {"AutoContrast": {"value_range": values, "dtype": policy}}
    graph = spec({"Rescaling": 1}, {"x": [5, 4, 3]}, before=[item])
    inputs = random_inputs(graph)
    (actual,), (expected,) = run_onnx(graph, {}, inputs, 21), run_keras(build(graph, {}), graph, inputs)
    step = 2.0**-7 if policy == "mixed_bfloat16" else 2.0**-10
    assert np.max(np.abs(actual - expected)) <= 4 * step * (values[1] - values[0])


def test_auto_contrast_works_in_the_layout_that_it_finds() -> None:
    conv = {"Conv2D": {"filters": 3, "kernel_size": 2}}
    graph = spec(conv, {"x": [6, 6, 3]}, before=[conv, "AutoContrast", {"RandomFlip": "horizontal"}])
    compare(graph)
    assert operators(graph).count("Transpose") == 2


@layer_settings
@given(st.integers(1, 6), st.integers(1, 6), FORMATS, SEEDS)
def test_random_crop_of_the_whole_image(height: int, width: int, layout: str, seed: int | None) -> None:
    fields = {"height": height, "width": width, "seed": seed, "data_format": layout}
    shape = arranged(fields, [height, width], 3)
    compare(spec({"RandomCrop": fields}, {"x": shape}))
    assert not takes("RandomCrop", {**fields, "height": height + 1}, shape)
    assert not takes("RandomCrop", {**fields, "width": width + 1}, shape)


def test_the_fields_reach_keras() -> None:
    fields = {"height_factor": [0.2, -0.1], "fill_mode": "constant", "fill_value": 0.5, "seed": 3}
    layer: Any = build(spec({"RandomZoom": fields}, {"x": [4, 4, 3]}), {}).get_layer("layer")
    found = (layer.height_lower, layer.height_upper, layer.fill_mode, layer.fill_value, layer.seed)
    assert found == (-0.1, 0.2, "constant", 0.5, 3)


@pytest.mark.parametrize("named", [True, False])
def test_layers_that_keras_makes_within_do_not_disturb_names(named: bool) -> None:
    jitter = {"RandomColorJitter": {"brightness_factor": 0.1, "hue_factor": 0.1}}
    first: list[Any] = [{"RandAugment": {}, **({"name": "changes"} if named else {})}, jitter, "Equalization"]
    more: list[Any] = [
        {"RandomShear": {}},
        {"RandomShear": {}},
        {"RandomHue": 0.1},
        "Equalization",
        "AutoContrast",
    ]
    graph = spec({"RandomShear": 0.1}, {"x": [4, 4, 3]}, before=[*first, *more])
    import keras

    keras.utils.clear_session()
    names: dict[str, Any] = {}
    exec(compile(emit(graph), "model", "exec"), names)
    assert [layer.name for layer in names["build_model"]().layers] == [node.name for node in graph.nodes]


@pytest.mark.parametrize(
    ("item", "shape", "code"),
    [
        ({"RandomFlip": "sideways"}, [4, 4, 3], "NN104"),
        ({"RandomRotation": 1.5}, [4, 4, 3], "NN104"),
        ({"RandomRotation": [0.1, 0.2, 0.3]}, [4, 4, 3], "NN103"),
        ({"RandomRotation": True}, [4, 4, 3], "NN103"),
        ({"RandomZoom": -1}, [4, 4, 3], "NN104"),
        ({"RandomContrast": -0.1}, [4, 4, 3], "NN104"),
        ({"RandomPosterization": 2.5}, [4, 4, 3], "NN103"),
        ({"RandomPosterization": 0}, [4, 4, 3], "NN104"),
        ({"RandomGaussianBlur": {"kernel_size": 4}}, [4, 4, 3], "NN104"),
        ({"RandomBrightness": {"factor": 0.1, "value_range": [1, 0]}}, [4, 4, 3], "NN104"),
        ({"RandomBrightness": {"factor": 0.1, "value_range": 255}}, [4, 4, 3], "NN103"),
        ({"RandomErasing": {"fill_value": [1, 2]}}, [4, 4, 3], "NN103"),
        ({"RandomErasing": {"fill_value": [1, 2, 3]}}, [4, 4, 1], "NN203"),
        ({"AugMix": {"num_chains": 1000}}, [4, 4, 3], "NN104"),
        ({"RandomHue": 0.1}, [4, 4, 1], "NN203"),
        ({"RandomHue": 0.1}, [4, 4, "channels"], "NN203"),
        ({"RandomErasing": {}}, ["height", 4, 3], "NN207"),
        ({"RandomCrop": {"height": 2, "width": 4}}, [4, 4, 3], "NN203"),
        ({"RandomCrop": {"height": 4, "width": 4, "dtype": "float64"}}, [4, 4, 3], "NN202"),
        ({"CutMix": {"dtype": "mixed_float16"}}, [4, 4, 3], "NN202"),
        (
            {"RandomColorJitter": {"contrast_factor": 0.1, "data_format": "channels_first"}},
            [3, 4, 4],
            "NN112",
        ),
        ({"RandomFlip": {"bounding_box_format": "xyxy"}}, [4, 4, 3], "NN112"),
        # Keras takes a batch of rank 3 for one image.
        ({"RandomFlip": "horizontal"}, [4, 3], "NN201"),
        ({"AutoContrast": {}}, [4, 3], "NN201"),
    ],
)
def test_what_does_not_fit(item: dict[str, Any], shape: list[Any], code: str) -> None:
    with pytest.raises(nnspec.SpecError) as error:
        spec(item, {"x": shape})
    assert [d.code for d in error.value.diagnostics] == [code]


@pytest.mark.parametrize("layer", ["RandomBrightness", "RandomSaturation", "RandomGrayscale"])
def test_whole_numbers_that_keras_would_keep_at_inference_are_refused(layer: str) -> None:
    with pytest.raises(nnspec.SpecError, match="NN202"):
        spec({layer: 0.5}, {"x": {"shape": [4, 4, 3], "dtype": "uint8"}})
