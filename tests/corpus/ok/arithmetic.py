"""The network arithmetic in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network arithmetic.

    Inputs:
        a: float32[batch, time, 4]
        b: float32[batch, 1, 4]
        counts: uint8[batch, time, 1]

    Outputs:
        share: float32[batch, time, 1]
        rest: int32[batch, time, 1]
        rest_of_floats: float32[batch, time, 4]
        ratio: float32[batch, time, 4]
        angle: float32[batch, time, 4]
        length: float32[batch, time, 4]
        log2_sum: float32[batch, time, 4]
        least: float32[batch, time, 4]
        step: float32[batch, time, 4]
        not_below: bool[batch, time, 4]
        other_bits: int32[batch, time, 1]
        chosen: float32[batch, time, 4]
        kept: uint8[batch, time, 1]
    """
    a = keras.Input(shape=(None, 4), name="a")
    b = keras.Input(shape=(1, 4), name="b")
    counts = keras.Input(shape=(None, 1), name="counts", dtype="uint8")
    share = keras.ops.divide(counts, 4)
    squares = keras.ops.power(counts, 2)
    thirds = keras.ops.floor_divide(counts, 3)
    rest = keras.ops.mod(counts, 3)
    rest_of_floats = keras.ops.fmod(a, 0.75)
    x = keras.ops.cast(counts, dtype="int32")
    rest_below_zero = keras.ops.mod(x, -3)
    ratio = keras.ops.divide_no_nan(a, b)
    angle = keras.ops.arctan2(a, b)
    length = keras.ops.hypot(a, b)
    log_sum = keras.ops.logaddexp(a, b)
    log2_sum = keras.ops.logaddexp2(log_sum, counts)
    most = keras.ops.fmax(a, b)
    least = keras.ops.fmin(most, 0.5)
    step = keras.ops.heaviside(a, b)
    two = keras.ops.equal(counts, 2)
    differs = keras.ops.not_equal(a, b)
    high = keras.ops.greater(a, 0.5)
    not_below = keras.ops.greater_equal(counts, a)
    low = keras.ops.less(a, b)
    few = keras.ops.less_equal(counts, 1)
    both = keras.ops.logical_and(high, differs)
    either = keras.ops.logical_or(both, low)
    one = keras.ops.logical_xor(either, two)
    common_bits = keras.ops.bitwise_and(squares, thirds)
    bits = keras.ops.bitwise_or(common_bits, counts)
    other_bits = keras.ops.bitwise_xor(bits, rest_below_zero)
    chosen = keras.ops.where(one, a, b)
    kept = keras.ops.where(few, counts, x2=0)
    return keras.Model(
        inputs=[a, b, counts],
        outputs={
            "share": share,
            "rest": rest,
            "rest_of_floats": rest_of_floats,
            "ratio": ratio,
            "angle": angle,
            "length": length,
            "log2_sum": log2_sum,
            "least": least,
            "step": step,
            "not_below": not_below,
            "other_bits": other_bits,
            "chosen": chosen,
            "kept": kept,
        },
        name="arithmetic",
    )


if __name__ == "__main__":
    build_model().summary()
