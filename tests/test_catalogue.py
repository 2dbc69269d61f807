"""Keras and nnspec take the same calls of every layer of the catalogue, apart from what is listed here with reasons.

`NNSPEC_EXAMPLES=200 pytest tests/test_catalogue.py --hypothesis-show-statistics` counts, for each layer, what both
take, what neither does, and what only one of them does.
"""

from __future__ import annotations

import os
import re

import nnspec
import pytest
from drawn_layers import BATCH, DYNAMIC, Drawn, Ran, drawn, kerass, ours
from hypothesis import HealthCheck, event, given, settings
from nnspec.spec.layers import NAMES, find
from nnspec.spec.size import evaluate, symbols

few = settings(
    max_examples=int(os.environ.get("NNSPEC_EXAMPLES", "4")),
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),  # type: ignore[arg-type]
    database=None,
)

# What Keras runs and nnspec refuses: which layers, what the message says, and why. `.*` is any layer.
REFUSED_ALONE: tuple[tuple[str, str, str], ...] = (
    (
        ".*",
        "the batch|its batch|a batch|batch of|batch do not meet|every axis|axis 0|samples?\\b|without an axis",
        "outputs are by sample: the batch stays the first axis, and nothing is mixed, moved or counted along it",
    ),
    (
        "Masking|ReLU|LeakyReLU|ELU|PReLU|Softmax|Activation|.*Dropout.*|GaussianNoise|ActivityRegularization|.*Normalization",
        "takes floats, not",
        "Keras casts no whole numbers here, and fails at most of them, in training at the latest",
    ),
    (
        "Random.*|Solarization|AugMix|CutMix|MixUp|RandAugment|AutoContrast",
        "",
        "at inference Keras passes images on unseen: what training fails at, or makes otherwise, is refused",
    ),
    ("(Additive|DotProduct)?Attention", "takes floats, not", "it divides what it does not cast"),
    ("Is(Nan|Inf|Finite)", "takes floats, not", "what is no float is finite"),
    ("ReversibleEmbedding", "logit_soft_cap must be greater than 0", "it divides by the cap"),
    ("Celu", "alpha must be greater than 0", "it divides by alpha"),
    ("RMSNormalization", "which Keras spreads over the last axes", "Keras scales along the wrong axes"),
    ("Sparsemax|Exp2", "not float16", "Keras computes it step by step only, and not in `predict`"),
    (".*", "takes two inputs or more, not 1", "a merge of one input is none"),
    (
        ".*",
        "unroll needs to know the number of steps",
        "a compiled graph cannot be written out for any number",
    ),
    (
        ".*Dropout.*|GaussianNoise|ConvLSTM.*",
        "must be less than 1|must be at (least 0|most 1)|noise_shape",
        "training fails at it",
    ),
    (".*", "OrthogonalRegularizer cannot penalize", "training fails at it"),
    (
        ".*Normalization",
        "epsilon must be at least 0|axis names no axis",
        "the result is no number, or no norm",
    ),
    ("AdaptiveAveragePooling.*", "cannot pool the dynamic size", "its windows depend on the size"),
    ("Diagonal|Trace", "may end at either", "its size depends on which of two dynamic sizes is the smaller"),
    ("Rescaling", "does not spread over the input", "Keras declares another shape than it computes"),
    (
        "SpectralNormalization",
        "casts its output to the dtype of the input",
        "it would round to whole numbers",
    ),
    (
        "MultiHeadAttention",
        "Keras would add the bias of query along axis|is out of range|does not fit the key",
        "Keras takes the wrong axis where sizes allow it",
    ),
    (
        "PReLU|Masking|AdditiveAttention|MultiHot|CategoryEncoding|Tril|Triu|Adaptive.*|ExtractPatches",
        "takes an input of rank|takes whole numbers along axis|takes matrices",
        "each sample is its own: Keras takes the batch for an axis of one",
    ),
    ("ArraySplit|Diff|Repeat", "cannot be cut into|leaves? no", "a value without elements is of no use"),
    (
        "OneHot|MultiHot|TopK|Repeat",
        "(num_classes|k|repeats) must be at least 1",
        "a value without elements is of no use",
    ),
    ("Split|ArraySplit", "cannot be cut into|has to know the axis's size", "it does not go for every size"),
    ("EinsumDense", "is not one size for each", "Keras drops what is too much"),
    ("Discretization", "epsilon must be greater than 0", "it is how near quantiles may be"),
    ("MelSpectrogram", "the bins end at|max_freq must be greater", "there is no band to cover"),
    ("MelSpectrogram", "Keras declares . windows", "the declared shape is not that of the result"),
    ("STFTSpectrogram", "the window is zero everywhere", "it divides by what the window sums up to"),
    ("Pad", "pad_width must be a list", "it would be for the batch too"),
    ("Tile", "is for more axes than the input", "the axes would stand before the batch"),
    ("Max|Min", "initial is", "the dtype does not hold the number"),
    ("Clip|NanToNum", "must be a finite number, not a list", "it is one number, and no tensor"),
    ("CenterCrop|MelSpectrogram", "takes an input of rank", "Keras takes the batch for one of the axes"),
    ("Normalization", "a variance cannot be negative", "it is the square of a deviation"),
    ("Split", "indices of 1 or more that grow", "a part without elements is of no use"),
    ("(Hard|Soft)Shrink|Squareplus", "(threshold|b) must be at least 0", "it is a width"),
)
# What nnspec takes and Keras refuses as it is written here, while it takes what nnspec makes of it.
TAKEN_ALONE: tuple[tuple[str, str, str], ...] = (
    (".*", "The `strides` argument must be a tuple of", "the language has tf.nn's form of strides too"),
    (
        "Equalization",
        "is part of a cycle",
        "in a model it only stands in a Pipeline, into which nnspec puts it",
    ),
    (
        "Dot|Roll|ExtractPatches",
        "should contain two elements|must have the same size|must be None, scalar or tuple/list of length",
        "a list of one number is the number",
    ),
)


# Constants have no inputs, and cells no place of their own: tests of theirs hold them to Keras.
CALLED = [name for name in NAMES if (cls := find(name)) and cls.ports and cls.stands_alone]


@pytest.mark.parametrize("name", CALLED)
def test_keras_and_nnspec_take_the_same_calls(name: str) -> None:
    @few
    @given(drawn(name))
    def compare(call: Drawn) -> None:
        mine = ours(call)
        theirs = kerass(call, mine)
        takers = [
            name for name, x in {"nnspec": mine, "Keras": theirs}.items() if not isinstance(x, Exception)
        ]
        event(f"taken by {' and '.join(takers) or 'neither'}")
        if isinstance(mine, nnspec.Graph):
            if isinstance(theirs, Ran):
                assert agree(types_of(mine), theirs.outputs), call
            else:
                assert is_listed(TAKEN_ALONE, name, str(theirs)), f"only nnspec takes {call}: {theirs}"
        elif isinstance(theirs, Ran) and not call.is_loose:
            assert is_listed(REFUSED_ALONE, name, mine.diagnostics[0].message), (
                f"only Keras takes {call}:\n{mine}"
            )

    compare()


def types_of(graph: nnspec.Graph) -> list[tuple[tuple[int, ...], str]]:
    """Shapes and dtypes of the layer's outputs."""
    found = []
    for output in graph.by_name["layer"].signature.outputs:
        values = {s: BATCH if s.name == "batch" else DYNAMIC for s in symbols(output.shape)}
        found.append((tuple(evaluate(size, values) for size in output.shape), output.dtype))
    return found


def agree(mine: list[tuple[tuple[int, ...], str]], theirs: list[tuple[tuple[int, ...], str]]) -> bool:
    """Whether types are the same. A dynamic axis may be too short for a window, which `dims` would tell."""
    return mine == theirs or any(size < 1 for shape, _ in mine for size in shape)


def is_listed(table: tuple[tuple[str, str, str], ...], name: str, message: str) -> bool:
    return any(re.fullmatch(layers, name) and re.search(words, message) for layers, words, _ in table)
