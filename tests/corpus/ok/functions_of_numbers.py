"""The network functions_of_numbers in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network functions_of_numbers.

    Inputs:
        image: float32[batch, height, width, 3]
        counts: int16[batch, time]

    Outputs:
        chain: float32[batch, height - 2, width - 2, 2]
        inverse_root: float32[batch, height - 2, width - 2, 2]
        rounded: float32[batch, height - 2, width - 2, 2]
        below: float32[batch, height - 2, width - 2, 2]
        above: float32[batch, height - 2, width - 2, 2]
        whole: float32[batch, height - 2, width - 2, 2]
        numbers: float32[batch, height - 2, width - 2, 2]
        nan: bool[batch, height - 2, width - 2, 2]
        infinite: bool[batch, height - 2, width - 2, 2]
        finite: bool[batch, height - 2, width - 2, 2]
        above_all: bool[batch, height - 2, width - 2, 2]
        not_below_all: bool[batch, height - 2, width - 2, 2]
        halves: float16[batch, time]
        zeros: uint8[batch, time]
    """
    image = keras.Input(shape=(None, None, 3), name="image")
    counts = keras.Input(shape=(None,), name="counts", dtype="int16")
    features = keras.layers.Conv2D(2, 3, name="features")(image)
    x = keras.ops.sinh(features)
    x = keras.ops.arcsinh(x)
    x = keras.ops.cosh(x)
    x = keras.ops.arccosh(x)
    x = keras.ops.exp(x)
    x = keras.ops.log(x)
    x = keras.ops.exp2(x)
    x = keras.ops.log2(x)
    x = keras.ops.expm1(x)
    x = keras.ops.log1p(x)
    x = keras.ops.tanh(x)
    x = keras.ops.arctanh(x)
    x = keras.ops.erf(x)
    x = keras.ops.erfc(x)
    x = keras.ops.square(x)
    x = keras.ops.sqrt(x)
    x = keras.ops.cbrt(x)
    x = keras.ops.log10(x)
    x = keras.ops.rad2deg(x)
    x = keras.ops.deg2rad(x)
    x = keras.ops.sinc(x)
    x = keras.ops.arcsin(x)
    x = keras.ops.sin(x)
    x = keras.ops.arccos(x)
    x = keras.ops.cos(x)
    x = keras.ops.arctan(x)
    chain = keras.ops.tan(x)
    x = keras.ops.abs(features)
    ones = keras.ops.ones_like(x)
    reciprocal = keras.ops.reciprocal(ones)
    inverse_root = keras.ops.rsqrt(reciprocal)
    rounded = keras.ops.round(features, decimals=1)
    below = keras.ops.floor(features)
    above = keras.ops.ceil(features)
    whole = keras.ops.trunc(features)
    negative = keras.ops.negative(features)
    sign = keras.ops.sign(negative)
    numbers = keras.ops.nan_to_num(sign, nan=1, posinf=2.5)
    nan = keras.ops.isnan(features)
    infinite = keras.ops.isinf(features)
    finite = keras.ops.isfinite(features)
    above_all = keras.ops.isposinf(features)
    below_all = keras.ops.isneginf(features)
    not_below_all = keras.ops.logical_not(below_all)
    held = keras.ops.clip(counts, x_min=1, x_max=3)
    inverted = keras.ops.bitwise_invert(held)
    halves = keras.ops.cast(inverted, dtype="float16")
    zeros = keras.ops.zeros_like(halves, dtype="uint8")
    return keras.Model(
        inputs=[image, counts],
        outputs={
            "chain": chain,
            "inverse_root": inverse_root,
            "rounded": rounded,
            "below": below,
            "above": above,
            "whole": whole,
            "numbers": numbers,
            "nan": nan,
            "infinite": infinite,
            "finite": finite,
            "above_all": above_all,
            "not_below_all": not_below_all,
            "halves": halves,
            "zeros": zeros,
        },
        name="functions_of_numbers",
    )


if __name__ == "__main__":
    build_model().summary()
