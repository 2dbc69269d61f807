"""Networks in which layers are applied again, as the tests of reuse run them."""

from __future__ import annotations

from functools import cache

import nnspec
import pytest
from differential import random_weights
from nnspec.backends.cases import make_cases
from nnspec.backends.paths import Job, Run, run_keras
from nnspec.compiler.graph import Graph

HEAD = "nnspec: 1\nname: net\n"

LAYERS = """
inputs: {a: [6], b: [6]}
layers:
  - {Dense: 6, name: stem, from: a}
  - {reuse: stem, from: b}
  - {reuse: stem_1, name: right, from: stem}
  - {Subtract: , from: [stem, stem_1, right]}
""".replace("[stem, stem_1, right]", "[stem_1, right]")

BLOCK = """
inputs: {a: [8, 8, 3], b: [8, 8, 3]}
blocks:
  stage:
    params: {filters: 3}
    layers:
      - {Conv2D: {filters: =filters, kernel_size: 3, padding: same, use_bias: false}}
      - BatchNormalization
      - ReLU
  tower:
    layers:
      - {repeat: 2, layers: [{stage: {filters: 3}}]}
      - {reuse: stage.0}
      - {Mean: {axis: [1, 2]}}
layers:
  - {tower: , from: a}
  - {reuse: tower, from: b}
  - {reuse: tower_1, from: a, name: again}
  - {Concatenate: , from: [tower, tower_1, again]}
"""

IN_REPEATS = """
inputs: {x: [5]}
layers:
  - {Dense: {units: 5, activation: tanh}, name: cell}
  - repeat: 3
    layers:
      - {reuse: cell}
      - {LayerNormalization: , name: norm}
      - {reuse: norm, from: cell}
      - {Add: , from: [previous, norm]}
  - {reuse: "norm[=1]", name: last, from: "cell_1[=2]"}
  - {Add: , from: [last, add.-1]}
"""

MASKS = """
inputs: {a: {shape: [time], dtype: int32}, b: {shape: [9], dtype: int32}}
layers:
  - {Embedding: {input_dim: 7, output_dim: 4, mask_zero: true}, name: words, from: a}
  - {Bidirectional: {layer: {LSTM: {units: 3, return_sequences: true}}}, name: reader}
  - {GRU: {units: 5, return_sequences: true, go_backwards: true}, name: second}
  - {GlobalAveragePooling1D: , name: pool}
  - {reuse: words, from: b}
  - {reuse: reader}
  - {reuse: second}
  - {reuse: pool}
  - {Dot: {axes: 1, normalize: true}, from: [pool, pool_1]}
"""

STATES = """
inputs: {a: [time, 3], b: [4, 3]}
layers:
  - {LSTM: {units: 3, return_sequences: true, return_state: true}, name: lstm, from: a}
  - {reuse: lstm, name: with_states, from: {sequences: b, initial_state: [lstm.state_h, lstm.state_c]}}
  - {reuse: lstm, name: last, from: with_states}
  - {SimpleRNN: 2, name: rnn, from: last}
  - {reuse: rnn, from: lstm}
outputs: {here: rnn, there: rnn_1, cell: with_states.state_c, first: lstm.state_h}
"""

ATTENTION = """
inputs: {a: [time, 4], b: [6, 4]}
layers:
  - {MultiHeadAttention: {num_heads: 2, key_dim: 3, use_causal_mask: true}, name: look, from: {query: a, value: a}}
  - {reuse: look, name: across, from: {query: look, value: b}}
  - {TimeDistributed: {layer: {Dense: 2}}, name: score, from: across}
  - {reuse: score, from: b}
outputs: [score, score_1]
"""

KINDS = """
inputs: {a: [12, 4], b: [12, 4]}
layers:
  - {Conv1D: {filters: 4, kernel_size: 3, padding: causal}, name: grouped, from: a}
  - {Reshape: [12, 2, 2]}
  - {Conv2DTranspose: {filters: 3, kernel_size: 3, strides: 2, padding: same}, name: transposed}
  - {DepthwiseConv2D: {kernel_size: 3, depth_multiplier: 2}, name: depthwise}
  - {GroupNormalization: {groups: 3}, name: group}
  - {PReLU: {shared_axes: [1, 2]}, name: slope}
  - {Normalization: , name: standard}
  - {MaxPooling2D: 2, name: pool}
  - {Activation: softmax, name: soft}
  - {reuse: grouped, from: b}
  - {reuse: reshape}
  - {reuse: transposed}
  - {reuse: depthwise}
  - {reuse: group}
  - {reuse: slope}
  - {reuse: standard}
  - {reuse: pool}
  - {reuse: soft}
  - {Add: , from: [soft, soft_1]}
"""

SPECS = {
    "layers": LAYERS,
    "block": BLOCK,
    "in_repeats": IN_REPEATS,
    "masks": MASKS,
    "states": STATES,
    "attention": ATTENTION,
    "kinds": KINDS,
}

each = pytest.mark.parametrize("name", SPECS)


@cache
def graph_of(name: str) -> Graph:
    return nnspec.loads(HEAD + SPECS[name])


@cache
def job_of(name: str) -> Job:
    graph = graph_of(name)
    return Job(graph, random_weights(graph), make_cases(graph))


@cache
def reference(name: str) -> Run:
    return run_keras(job_of(name))


def loads(text: str) -> Graph:
    return nnspec.loads(HEAD + text)
