"""Receptive fields and memory."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import nnspec
from hypothesis import given
from hypothesis import strategies as st
from nnspec.compiler.cost import activation_bytes, weight_bytes
from nnspec.compiler.graph import Graph, Value
from nnspec.compiler.receptive import receptive_fields
from nnspec.spec.types import Reach, Window


def network(*layers: str, inputs: str = "{x: [4]}", outputs: str = "") -> Graph:
    items = "".join(f"  - {layer}\n" for layer in layers)
    return nnspec.loads(f"nnspec: 1\nname: net\ninputs: {inputs}\nlayers:\n{items}{outputs}")


def chain(*reaches: Reach) -> Graph:
    """Layers one after another that see as far as they are told."""
    graph = network(*["Identity"] * len(reaches))
    return seeing(graph, dict(zip([node.name for node in graph.nodes], reaches, strict=True)))


def seeing(graph: Graph, reaches: dict[str, Reach]) -> Graph:
    nodes = (
        n._replace(signature=n.signature._replace(reach=reaches.get(n.name, "point"))) for n in graph.nodes
    )
    return replace(graph, nodes=tuple(nodes))


def last_field(graph: Graph) -> tuple[int, ...] | None:
    return receptive_fields(graph)[graph.nodes[-1].values[0]]


def squares(size: int, stride: int | Fraction = 1) -> Reach:
    return Window(size, stride), Window(size, stride)


def test_windows_add_up_and_strides_spread_them() -> None:
    assert last_field(chain(squares(3))) == (3, 3)
    assert last_field(chain(squares(3), squares(3))) == (5, 5)
    assert last_field(chain(squares(7), squares(2, 2), squares(3), "point")) == (12, 12)


def test_upsampling_narrows_what_later_windows_add() -> None:
    twice = squares(1, Fraction(1, 2))
    assert last_field(chain(twice, squares(2))) == (2, 2)
    assert last_field(chain(twice, squares(3))) == (2, 2)
    assert last_field(chain(twice, squares(4))) == (3, 3)


def test_no_window_bounds_a_field_before_the_first_one_or_after_a_layer_that_sees_all() -> None:
    assert last_field(chain("point", "point")) is None
    assert last_field(chain(squares(3), "all", "point")) is None
    assert last_field(chain("all", squares(3))) is None


def test_windows_over_other_axes_than_before_have_no_field() -> None:
    assert last_field(chain(squares(3), (Window(3),))) is None


def test_the_greatest_counts_where_branches_meet() -> None:
    graph = network("Identity", "{Identity: , name: b, from: x}", "{Add: , from: [identity, b]}")
    assert last_field(seeing(graph, {"identity": squares(3), "b": squares(5)})) == (5, 5)
    assert last_field(seeing(graph, {"b": squares(5)})) == (5, 5)
    assert last_field(seeing(graph, {"identity": squares(3), "b": "all"})) is None


def test_an_input_has_no_field() -> None:
    assert receptive_fields(chain(squares(3)))[Value("x")] is None


def test_windows_after_upsampling_what_was_skipped_reach_over_the_gap() -> None:
    # Every second position, each twice: two neighbours may be those at 0 and at 2.
    assert last_field(chain((Window(1, 2),), (Window(1, Fraction(1, 2)),), (Window(2),))) == (3,)


@given(
    st.lists(st.tuples(st.integers(1, 5), st.sampled_from((1, 2, 4)), st.booleans()), min_size=1, max_size=5)
)
def test_fields_are_what_positions_depend_on(steps: list[tuple[int, int, bool]]) -> None:
    windows = [Window(size, Fraction(1, by) if up else by) for size, by, up in steps]
    widest = max(seen_from(p, windows) for p in range(4 * math.prod(by for _, by, _ in steps)))
    field = last_field(chain(*((window,) for window in windows)))
    assert field is not None and widest <= field[0]
    ups = [up for _, by, up in steps if by > 1]
    if ups == sorted(
        ups
    ):  # Where strides come after upsampling, no position may fall where it sees the most.
        assert widest == field[0]


def seen_from(position: int, windows: list[Window]) -> int:
    """How many positions of the input the position depends on, going back through the windows one by one."""
    low = high = position
    for window in reversed(windows):
        low, high = math.floor(low * window.stride), math.floor(high * window.stride) + window.size - 1
    return high - low + 1


def test_weights_and_activations_of_a_line() -> None:
    graph = network("Dense: 10", "Dense: 2")
    assert weight_bytes(graph) == 4 * (4 * 10 + 10 + 10 * 2 + 2)
    # The first layer holds its input and output, the second its own: 4 + 10, then 10 + 2.
    assert activation_bytes(graph) == 4 * 14


def test_a_value_lives_until_its_last_consumer() -> None:
    graph = network("Dense: 10", "Dense: 2", "{Concatenate: , from: [x, previous]}")
    # While the second layer runs, x waits for the last: 4 + 10 + 2.
    assert activation_bytes(graph) == 4 * 16


def test_a_network_output_lives_to_the_end() -> None:
    graph = network("{Dense: 10, name: early}", "Dense: 2", "Dense: 7", outputs="outputs: [early, dense_1]\n")
    assert activation_bytes(graph) == 4 * (10 + 2 + 7)


def test_bytes_follow_the_dtype() -> None:
    graph = network("{Dense: {units: 10, dtype: mixed_float16}}")
    assert weight_bytes(graph) == 4 * (4 * 10 + 10)
    assert activation_bytes(graph) == 4 * 4 + 2 * 10


def test_dynamic_sizes_leave_activations_unknown() -> None:
    assert activation_bytes(network("Dense: 3", inputs="{x: [time, 4]}")) is None


def test_real_layers_have_the_fields_of_the_textbook() -> None:
    graph = network(
        "Conv2D: {filters: 4, kernel_size: 3, dilation_rate: 2}",
        "MaxPooling2D: 2",
        "Conv2D: {filters: 4, kernel_size: 3}",
        "Flatten",
        inputs="{x: [32, 32, 1]}",
    )
    fields = [receptive_fields(graph)[node.values[0]] for node in graph.nodes]
    assert fields == [(5, 5), (6, 6), (10, 10), None]
