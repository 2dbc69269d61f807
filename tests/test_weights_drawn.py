"""How weights begin: Keras's distributions, from a seed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from nnspec.backends.dtypes import numpy_dtype
from nnspec.backends.weights import draw, initialize
from nnspec.spec.initializers import (
    GLOROT_UNIFORM,
    INITIALIZERS,
    ONES,
    ZEROS,
    EinsumKernel,
    Fixed,
    Initializer,
    UnitForgetBias,
)
from nnspec.spec.named import Named
from nnspec.spec.types import WeightSpec
from stores import dense, findings, graph_of, node, same

KERNELS = [(400, 300), (3, 3, 30, 50), (5, 40, 60), (3000,)]


def drawn(initializer: Initializer, shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return draw.draw(initializer, shape, seed, "layer/weight")


def by_keras(initializer: Named, shape: tuple[int, ...]) -> np.ndarray:
    keras = pytest.importorskip("keras")
    made = getattr(keras.initializers, initializer.name)(**{"seed": 7, **dict(initializer.arguments)})
    return np.asarray(made(shape))


RANDOM = [
    *(INITIALIZERS.named(name) for name in draw.SCALINGS),
    INITIALIZERS.named("RandomNormal"),
    INITIALIZERS.named("RandomNormal", mean=1.0, stddev=2.0),
    INITIALIZERS.named("RandomUniform"),
    INITIALIZERS.named("RandomUniform", minval=1.0, maxval=3.0),
    INITIALIZERS.named("TruncatedNormal"),
    INITIALIZERS.named("TruncatedNormal", mean=-1.0, stddev=0.5),
    *(
        INITIALIZERS.named("VarianceScaling", scale=3.0, mode=mode, distribution=distribution)
        for mode in ("fan_in", "fan_out", "fan_avg")
        for distribution in ("truncated_normal", "untruncated_normal", "uniform")
    ),
]


@pytest.mark.parametrize("shape", KERNELS, ids=str)
@pytest.mark.parametrize(
    "initializer", RANDOM, ids=lambda named: "-".join(map(str, [named.name, *named.arguments]))
)
def test_a_distribution_is_keras_s(initializer: Named, shape: tuple[int, ...]):
    """Mean, spread and bounds of two samples of n differ by a few times 1/√n of the spread."""
    ours, theirs = drawn(initializer, shape), by_keras(initializer, shape)
    spread, slack = theirs.std(), 5 / math.sqrt(ours.size)
    assert ours.shape == theirs.shape
    assert abs(ours.mean() - theirs.mean()) < 2 * slack * spread
    assert abs(ours.std() / spread - 1) < slack
    quantiles = [0.1, 0.25, 0.5, 0.75, 0.9]
    assert np.abs(np.quantile(ours, quantiles) - np.quantile(theirs, quantiles)).max() < 3 * slack * spread


@pytest.mark.parametrize("initializer", [n for n in RANDOM if "ormal" not in str(n)], ids=str)
def test_a_uniform_distribution_ends_where_keras_s_does(initializer: Named):
    ours, theirs = drawn(initializer, (400, 300)), by_keras(initializer, (400, 300))
    assert ours.max() == pytest.approx(theirs.max(), rel=1e-3)
    assert ours.min() == pytest.approx(theirs.min(), rel=1e-3)


def test_a_truncated_distribution_ends_at_two_standard_deviations():
    values = drawn(INITIALIZERS.named("TruncatedNormal", mean=3.0, stddev=0.5), (100_000,))
    assert 1.99 < np.abs(values - 3).max() / 0.5 <= 2


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (3, 3, 2, 5), (2, 2, 1, 30)], ids=str)
def test_an_orthogonal_matrix(shape: tuple[int, ...]):
    values = drawn(INITIALIZERS.named("Orthogonal", gain=2.0), shape)
    assert values.shape == shape == by_keras(INITIALIZERS.named("Orthogonal"), shape).shape
    matrix = values.reshape(-1, shape[-1]) / 2
    product = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T
    assert np.abs(product - np.eye(len(product))).max() < 1e-12


def test_an_orthogonal_matrix_has_no_preferred_sign():
    first = [drawn(INITIALIZERS.named("Orthogonal"), (3, 3), seed)[0, 0] for seed in range(400)]
    assert abs(np.mean(np.sign(first))) < 0.2


def test_what_is_not_random():
    assert np.array_equal(drawn(ZEROS, (2, 3)), np.zeros((2, 3)))
    assert np.array_equal(drawn(ONES, ()), np.ones(()))
    assert np.array_equal(drawn(INITIALIZERS.named("Constant", value=2.5), (2,)), [2.5, 2.5])
    identity = INITIALIZERS.named("Identity", gain=3.0)
    for shape in ((3, 3), (2, 4)):
        keras = pytest.importorskip("keras")
        assert np.array_equal(drawn(identity, shape), np.asarray(keras.initializers.Identity(3.0)(shape)))
    assert np.array_equal(drawn(Fixed([[1, 2.5]], (1, 2)), (1, 2)), [[1, 2.5]])


def test_every_initializer_of_the_catalogue_can_be_drawn():
    for name in INITIALIZERS.entries:
        assert drawn(INITIALIZERS.named(name), (4, 4)).shape == (4, 4)


def test_the_bias_of_an_lstm_opens_its_forget_gate():
    keras = pytest.importorskip("keras")
    layer = keras.layers.LSTM(3)
    layer.build((None, 2, 2))
    assert np.array_equal(drawn(UnitForgetBias(ZEROS), (12,)), np.asarray(layer.weights[2]))
    values = drawn(UnitForgetBias(INITIALIZERS.named("RandomNormal")), (12,))
    assert np.array_equal(values[3:6], np.ones(3))
    assert len(set(values)) == 10


def test_the_kernels_of_attention_scale_by_the_axes_that_are_summed():
    keras = pytest.importorskip("keras")
    layer = keras.layers.MultiHeadAttention(4, 50)
    layer.build((None, 2, 80), (None, 2, 80))
    axes = {"query": ((0,), (1, 2)), "attention_output": ((0, 1), (2,))}
    for weight in layer.weights:
        name = weight.path.split("/")[-2]
        if name in axes and weight.name == "kernel":
            ours = drawn(EinsumKernel(GLOROT_UNIFORM, *axes[name]), tuple(weight.shape))
            assert ours.std() == pytest.approx(np.asarray(weight).std(), rel=0.02)
            assert np.abs(ours).max() == pytest.approx(np.abs(np.asarray(weight)).max(), rel=0.01)


def test_weights_depend_on_the_seed_and_their_own_key_only():
    alone, joined = graph_of(dense("b")), graph_of(dense("a"), dense("b"), dense("c"))
    assert np.array_equal(initialize(alone)["b/kernel"], initialize(joined)["b/kernel"])
    assert not np.array_equal(initialize(joined)["a/kernel"], initialize(joined)["b/kernel"])
    assert not np.array_equal(initialize(alone)["b/kernel"], initialize(alone, 1)["b/kernel"])
    assert same(initialize(joined, 5), initialize(joined, 5))
    assert list(initialize(joined)) == list(joined.weights)


def test_the_numbers_stay_what_they_are():
    """A change of these would change every model that is built from a seed."""
    values = initialize(graph_of(dense()), 42)["dense/kernel"]
    assert values.dtype == np.float32
    assert values[0].tolist() == pytest.approx(PINNED, abs=1e-7)


PINNED = [-0.0219949, -0.3921035, -0.3948121]


def test_an_initializer_s_own_seed_takes_the_place_of_both():
    seeded = INITIALIZERS.named("GlorotUniform", seed=3)
    graph = graph_of(dense("a", initializer=seeded), dense("b", initializer=seeded))
    assert np.array_equal(initialize(graph)["a/kernel"], initialize(graph, 1)["b/kernel"])


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_weights_have_their_own_dtype(dtype: str):
    weights = initialize(graph_of(dense(dtype=dtype)))
    assert {value.dtype for value in weights.values()} == {numpy_dtype(dtype)}


def test_initializers_that_cannot_make_a_weight_are_all_named():
    bad = node(
        "a",
        "Dense",
        [
            WeightSpec("kernel", (2, 2, 2), INITIALIZERS.named("Identity")),
            WeightSpec("bias", (3,), INITIALIZERS.named("Orthogonal")),
            WeightSpec("gain", (3,), INITIALIZERS.named("Constant", value=1e6), dtype="float16"),
        ],
    )
    found = findings(lambda: initialize(graph_of(bad)))
    assert [d.code for d in found] == ["NN203", "NN203", "NN305"]
    assert {d.span for d in found} == {bad.place.span}
    assert "a/bias has shape [3]: Orthogonal makes weights of two axes or more" in [d.message for d in found]
