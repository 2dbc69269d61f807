"""Bounds of axes: what `check` says of all sizes in them is what a spec with each of the sizes written out gets."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from itertools import product

import nnspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nnspec.backends.cases import choose_sizes
from nnspec.compiler.pipeline import check
from nnspec.spec.diagnostics import Diagnostic, has_errors
from nnspec.spec.size import BATCH_AXIS, Symbol
from nnspec.spec.source import Source

HEAD = "nnspec: 1\nname: net\n"
SECONDS = 0.05


def found(text: str) -> tuple[Diagnostic, ...]:
    return check(Source("net.nn.yaml", HEAD + text)).diagnostics


def spec(shape: str, dims: str, layers: str) -> str:
    return f"inputs: {{x: {shape}}}\n{f'dims: {dims}' if dims else ''}\nlayers:\n{layers}"


def only(text: str) -> Diagnostic:
    (diagnostic,) = found(text)
    return diagnostic


def example(diagnostic: Diagnostic) -> dict[str, int]:
    """The sizes that a counterexample names."""
    assert diagnostic.code == "NN208"
    given, _, _ = diagnostic.message.partition(":")
    return {name: int(size) for name, size in re.findall(r"(\w+) = (\d+)", given)}


# --- random networks, in which nothing is said that trying every size would not


def valid_at(shape: str, layers: str, sizes: dict[str, int]) -> bool:
    text = re.sub("|".join(sizes), lambda axis: str(sizes[axis[0]]), shape)
    return not has_errors(found(spec(text, "", layers)))


def compare(shape: str, dims: str, layers: str, ranges: dict[str, range]) -> None:
    """The verdict against brute force over specs with numbers in place of the axes."""
    grid = [dict(zip(ranges, sizes, strict=True)) for sizes in product(*ranges.values())]
    failing = [sizes for sizes in grid if not valid_at(shape, layers, sizes)]
    errors = [d for d in found(spec(shape, dims, layers)) if d.severity == "error"]
    assert bool(errors) == bool(failing)
    if errors and errors[0].code == "NN208":
        smallest = min(failing, key=lambda sizes: (sum(sizes.values()), list(sizes.values())))
        named = example(errors[0])
        assert named.items() <= smallest.items()


@st.composite
def layers_1d(draw: st.DrawFn) -> str:
    """Windows over a sequence, one after the other, and perhaps two ways that are joined."""
    lines = []
    for i in range(draw(st.integers(1, 4))):
        size, stride = draw(st.integers(1, 7)), draw(st.integers(1, 4))
        padding = draw(st.sampled_from(["valid", "valid", "same"]))
        kind = draw(st.sampled_from(["Conv1D", "MaxPooling1D", "AveragePooling1D"]))
        field = f"filters: 2, kernel_size: {size}" if kind == "Conv1D" else f"pool_size: {size}"
        lines.append(f"  - {kind}: {{{field}, strides: {stride}, padding: {padding}}}\n    name: n{i}\n")
    if draw(st.booleans()):
        lines.append("  - MaxPooling1D: {pool_size: 2, padding: same}\n    from: x\n    name: other\n")
        lines.append(f"  - Concatenate: {{axis: {draw(st.integers(1, 2))}}}\n    from: [other, n0]\n")
    return "".join(lines)


@st.composite
def bounds(draw: st.DrawFn, most: int) -> tuple[str, range]:
    unit = draw(st.sampled_from([1, 1, 2, 3, 4]))
    low = draw(st.integers(1, most))
    high = draw(st.integers(low, most))
    first = -(-low // unit) * unit
    if first > high:
        unit, first = 1, low
    return f"{{min: {low}, max: {high}, multiple_of: {unit}}}", range(first, high + 1, unit)


@settings(max_examples=60, deadline=None)
@given(bounds(30), layers_1d())
def test_a_sequence_is_valid_where_each_of_its_lengths_is(bounded: tuple[str, range], layers: str) -> None:
    dims, sizes = bounded
    compare("[time, 3]", f"{{time: {dims}}}", layers, {"time": sizes})


@st.composite
def layers_2d(draw: st.DrawFn) -> str:
    lines = []
    for _ in range(draw(st.integers(1, 3))):
        a, b = draw(st.integers(1, 5)), draw(st.integers(1, 5))
        lines.append(
            draw(
                st.sampled_from(
                    [
                        f"  - Conv2D: {{filters: 2, kernel_size: [{a}, {b}]}}\n",
                        f"  - MaxPooling2D: [{a}, {b}]\n",
                        f"  - Cropping2D: [{a - 1}, {b - 1}]\n",
                        f"  - ZeroPadding2D: [{a - 1}, {b}]\n",
                        f"  - UpSampling2D: [{a}, {b}]\n",
                        f"  - Conv2DTranspose: {{filters: 2, kernel_size: {a}, strides: {b}}}\n",
                        "  - Permute: [2, 1, 3]\n",
                    ]
                )
            )
        )
    return "".join(lines)


@settings(max_examples=50, deadline=None)
@given(bounds(9), bounds(9), layers_2d())
def test_an_image_is_valid_where_each_of_its_sizes_is(
    height: tuple[str, range], width: tuple[str, range], layers: str
) -> None:
    dims = f"{{height: {height[0]}, width: {width[0]}}}"
    compare("[height, width, 2]", dims, layers, {"height": height[1], "width": width[1]})


# --- what layers let pass where a size is dynamic

ATTENTION = "  - MultiHeadAttention: {num_heads: 4, key_dim: 1}\n    from: {query: x, value: x}\n"
ONE_PLACE: list[tuple[str, str, str]] = [
    ("time", "[time, 4]", ATTENTION),
    ("time", "[time, 4]", "  - Dropout: {rate: 0.5, noise_shape: [null, 7, 1]}\n"),
    (
        "time",
        "[3, time, 4]",
        "  - TimeDistributed: {layer: {Dropout: {rate: 0.5, noise_shape: [null, 7, 1]}}}\n",
    ),
    ("time", "[time, 6, 1]", "  - TimeDistributed: {layer: {Conv1D: {filters: 1, kernel_size: 5}}}\n"),
]


@pytest.mark.parametrize(("axis", "shape", "layers"), ONE_PLACE)
@pytest.mark.parametrize("limits", [(1, 12), (4, 4), (7, 7), (5, 12)])
def test_each_of_them_is_decided(axis: str, shape: str, layers: str, limits: tuple[int, int]) -> None:
    low, high = limits
    compare(shape, f"{{{axis}: {{min: {low}, max: {high}}}}}", layers, {axis: range(low, high + 1)})


def test_a_size_in_the_midst_of_the_bounds_is_found() -> None:
    fails = only(spec("[time, 4]", "{time: {min: 1, max: 1000000000}}", ATTENTION))
    assert example(fails) == {"time": 4}
    assert fails.help == "write use_bias: false, or choose a size above 1 for what the bias has last"


def test_a_size_that_steps_pass_over_is_not_in_the_bounds() -> None:
    assert not found(spec("[time, 4]", "{time: {multiple_of: 3}}", ATTENTION))
    assert not found(spec("[time, 4]", "{time: {min: 5}}", ATTENTION))


def test_a_state_of_any_size_is_one_of_the_wrong_size_too() -> None:
    text = (
        "inputs: {x: [5, 3], start: [state]}\ndims: {state: {min: 4, max: 9}}\n"
        "layers:\n  - GRU: 4\n    from: {sequences: x, initial_state: [start]}\n"
    )
    assert example(only(text.replace("- GRU: 4\n", "- GRU: {units: 4}\n"))) == {"state": 5}
    assert not found(text.replace("max: 9", "max: 4"))


def test_a_mask_is_spread_only_where_it_is_one() -> None:
    text = (
        "inputs: {x: [time, 4], mask: {shape: [other, 4], dtype: bool}}\n"
        "dims: {time: {min: 2, max: 3}, other: {max: 3}}\n"
        "layers:\n  - Softmax: -1\n    from: {inputs: x, mask: mask}\n"
    )
    assert example(only(text)) == {"time": 3, "other": 2}


# --- what is said


def test_the_help_raises_the_least_size_to_where_everything_fits() -> None:
    layers = "  - Conv1D: {filters: 8, kernel_size: 7}\n  - MaxPooling1D: 2\n  - MaxPooling1D: 3\n"
    fails = only(spec("[time, 4]", "{time: {max: 64}}", layers))
    assert example(fails) == {"time": 1}
    assert fails.help is not None
    assert fails.help.startswith("give time a min of 12; or use kernel_size of at most 1")
    assert not found(spec("[time, 4]", "{time: {min: 12, max: 64}}", layers))
    assert example(only(spec("[time, 4]", "{time: {min: 11, max: 64}}", layers))) == {"time": 11}


def test_no_help_is_given_that_would_not_help() -> None:
    fails = only(spec("[time, 4]", "{time: {max: 6}}", "  - Conv1D: {filters: 8, kernel_size: 7}\n"))
    assert fails.help == "use kernel_size of at most 1, or padding: same"


def test_axes_without_bounds_may_have_any_size() -> None:
    window = "  - Conv2D: {filters: 2, kernel_size: [3, 9]}\n"
    assert not found(spec("[height, width, 1]", "{height: {min: 3}}", window))
    fails = only(spec("[height, width, 1]", "{height: {min: 2}}", window))
    assert example(fails) == {"height": 2}
    assert "does not fit input 2xwidth" in fails.message


# Ways that come to the same length, which takes more sizes to prove than are tried.
TWO_WAYS = """\
  - MaxPooling1D: 2
    name: low
  - MaxPooling1D: {pool_size: 2, padding: same}
    from: x
    name: high
  - Concatenate: {axis: 1}
    from: [low, high]
  - MaxPooling1D: {pool_size: 50000, padding: same}
    name: one
  - MaxPooling1D: {pool_size: 50000, padding: same}
    from: x
    name: two
  - Add:
    from: [one, two]
"""


def test_what_is_not_proved_is_said_not_to_be() -> None:
    warning = only(spec("[time, 4]", "{time: {min: 2, max: 1000000000}}", TWO_WAYS))
    assert (warning.code, warning.severity) == ("NN209", "warning")
    assert "ceil(time/50000)" in warning.message
    assert not found(spec("[time, 4]", "{time: {min: 2, max: 50000}}", TWO_WAYS))
    assert not found(spec("[time, 4]", "", TWO_WAYS))


UNET = """\
  - Conv2D: {filters: 4, kernel_size: 3, padding: same}
    name: fine
  - MaxPooling2D: 2
  - Conv2D: {filters: 4, kernel_size: 3, padding: same}
    name: coarse
  - MaxPooling2D: 2
  - UpSampling2D: 2
  - Concatenate:
    from: [previous, coarse]
  - UpSampling2D: 2
  - Concatenate:
    from: [previous, fine]
"""


def test_halves_that_are_doubled_again_are_whole_where_a_unit_says_so() -> None:
    both = "{height: {multiple_of: 4}, width: {min: 8, max: 4096, multiple_of: 8}}"
    graph = nnspec.loads(HEAD + spec("[height, width, 1]", both, UNET))
    assert str(graph.types[graph.outputs[0].value]) == "float32[batch, height, width, 12]"
    assert str(graph.by_name["coarse"].signature.output) == "float32[batch, height/2, width/2, 4]"
    fails = only(spec("[height, width, 1]", both.replace("multiple_of: 4", "multiple_of: 2"), UNET))
    assert fails.code == "NN203"
    assert "with height = 6 they differ" in fails.message


# --- what it costs


def residual(dims: str, blocks: int = 16) -> str:
    layers = "  - Conv2D: {filters: 64, kernel_size: 7, strides: 2}\n    name: r0\n"
    for i in range(blocks):
        layers += (
            f"  - Conv2D: {{filters: 64, kernel_size: 3, padding: same, strides: 1}}\n    from: r{i}\n"
            "  - BatchNormalization\n  - ReLU\n  - Conv2D: {filters: 64, kernel_size: 3, padding: same}\n"
            f"  - BatchNormalization:\n    name: b{i}\n  - Add:\n    from: [b{i}, r{i}]\n"
            f"  - ReLU:\n    name: r{i + 1}\n"
        )
    return spec("[height, width, 3]", dims, layers)


def seconds(run: Callable[[], object]) -> float:
    started = time.process_time()
    run()
    return time.process_time() - started


@pytest.mark.parametrize(
    "dims",
    [
        "{height: {min: 32, max: 512, multiple_of: 32}, width: {min: 32, max: 512, multiple_of: 32}}",
        "{height: {min: 7, max: 1000000000}, width: {min: 7}}",
    ],
)
def test_it_is_quick(dims: str) -> None:
    without = min(seconds(lambda: found(residual(""))) for _ in range(3))
    assert min(seconds(lambda: found(residual(dims))) for _ in range(3)) - without < SECONDS


@pytest.mark.parametrize(
    "bounds", ["{min: 7, max: 1000000000}", "{min: 7, max: 1000000000, multiple_of: 7}", "{}"]
)
def test_axes_of_any_size_take_no_longer(bounds: str) -> None:
    shape = "[a, b, c, 3]"
    layers = (
        "  - Flatten\n  - Reshape: [-1, 3]\n  - MaxPooling1D: {pool_size: 7, padding: same}\n    name: one\n"
        "  - Flatten:\n    from: x\n  - Reshape: [-1, 3]\n  - MaxPooling1D: {pool_size: 7, padding: same}\n"
        "  - Add:\n    from: [previous, one]\n"
    )
    dims = f"{{a: {bounds}, b: {bounds}, c: {bounds}}}"
    assert not found(spec(shape, dims, layers))
    assert min(seconds(lambda: found(spec(shape, dims, layers))) for _ in range(3)) < 2 * SECONDS


def test_what_cannot_be_proved_costs_no_more_than_a_bounded_number_of_tries() -> None:
    layers = TWO_WAYS + "".join(
        TWO_WAYS.replace("low", f"low{i}").replace("high", f"high{i}").replace("one", f"one{i}")
        .replace("two", f"two{i}").replace("50000", str(50_021 + i))
        .replace("- MaxPooling1D: 2\n", "- MaxPooling1D: 2\n    from: x\n")
        for i in range(8)
    )  # fmt: skip
    text = spec("[time, 4]", "{time: {min: 2, max: 100000}}", layers)
    assert seconds(lambda: found(text)) < 2


# --- sizes to run with


@pytest.mark.parametrize(
    ("dims", "least", "most"),
    [
        ("{min: 10, max: 40}", 10, 40),
        ("{min: 1000, max: 2000}", 1000, 1000),
        ("{multiple_of: 12}", 12, 228),
        ("{multiple_of: 12, max: 100}", 12, 96),
        ("{min: 5, max: 5}", 5, 5),
    ],
)
def test_sizes_that_are_run_lie_in_the_bounds(dims: str, least: int, most: int) -> None:
    graph = nnspec.loads(
        HEAD + spec("[time, width, 4]", f"{{time: {dims}}}", "  - Conv2D: {filters: 1, kernel_size: 3}\n")
    )
    chosen = choose_sizes(graph)
    (time_axis,) = [s for s in chosen[0] if s.name == "time"]
    times = [sizes[time_axis] for sizes in chosen]
    assert [sizes[BATCH_AXIS] for sizes in chosen] == [1, 2, 5]
    assert (times[0], times[-1]) == (least, most)
    assert all(size % time_axis.unit == 0 for size in times)
    assert chosen[-1][Symbol("width")] == 224
