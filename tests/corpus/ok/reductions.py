"""The network reductions in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network reductions.

    Inputs:
        image: float32[batch, height, width, 3]
        counts: int8[batch, time, 3]

    Outputs:
        variance: float32[batch, height - 2, 1, 4]
        deviation: float32[batch, height - 2, width - 2]
        log_sum: float32[batch, height - 2]
        norm: float32[batch, height - 2, width - 2]
        matrix_norm: float32[batch, width - 2]
        median: float32[batch, 4]
        span: float32[batch, width - 2, 4]
        least: float32[batch, height - 2, width - 2]
        channel: int32[batch, height - 2, width - 2]
        row: int32[batch, 1, width - 2, 4]
        product: int32[batch, 3]
        growth: float32[batch, time, 3]
        total: int8[batch, time, 3]
        filled: int32[batch, time]
        all: bool[batch, 3]
        any: bool[batch, 1, 1]
    """
    image = keras.Input(shape=(None, None, 3), name="image")
    counts = keras.Input(shape=(None, 3), name="counts", dtype="int8")
    features = keras.layers.Conv2D(4, 3, name="features")(image)
    variance = keras.ops.var(features, axis=2, keepdims=True)
    deviation = keras.ops.std(features, axis=-1)
    log_sum = keras.ops.logsumexp(features, axis=(2, 3))
    norm = keras.ops.norm(features, ord=3, axis=3)
    matrix_norm = keras.ops.norm(features, ord=1, axis=(3, 1))
    median = keras.ops.median(features, axis=(1, 2))
    span = keras.ops.ptp(features, axis=1)
    least = keras.ops.min(features, axis=3, initial=0)
    channel = keras.ops.argmax(features, axis=3)
    row = keras.ops.argmin(features, axis=1, keepdims=True)
    product = keras.ops.prod(counts, axis=1)
    growth = keras.ops.cumprod(counts, axis=1, dtype="float32")
    total = keras.ops.cumsum(counts, axis=1)
    filled = keras.ops.count_nonzero(counts, axis=2)
    all_ = keras.ops.all(counts, axis=1)
    any_ = keras.ops.any(counts, axis=(1, 2), keepdims=True)
    return keras.Model(
        inputs=[image, counts],
        outputs={
            "variance": variance,
            "deviation": deviation,
            "log_sum": log_sum,
            "norm": norm,
            "matrix_norm": matrix_norm,
            "median": median,
            "span": span,
            "least": least,
            "channel": channel,
            "row": row,
            "product": product,
            "growth": growth,
            "total": total,
            "filled": filled,
            "all": all_,
            "any": any_,
        },
        name="reductions",
    )


if __name__ == "__main__":
    build_model().summary()
