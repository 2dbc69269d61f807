"""The network functions in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network functions.

    Inputs:
        image: float32[batch, height, width, 3]
        counts: int8[batch, 4, 3]

    Outputs:
        mean_colour: float32[batch, 3]
        brightest: float32[batch, height, width, 1]
        turned: float32[batch, width, height, 3]
        total: int32[batch, 3]
    """
    image = keras.Input(shape=(None, None, 3), name="image")
    counts = keras.Input(shape=(4, 3), name="counts", dtype="int8")
    mean_colour = keras.ops.mean(image, axis=(1, 2))
    brightest = keras.ops.max(image, axis=-1, keepdims=True, initial=0.5)
    turned = keras.ops.transpose(image, axes=(0, 2, 1, 3))
    total = keras.ops.sum(counts, axis=1)
    return keras.Model(
        inputs=[image, counts],
        outputs={
            "mean_colour": mean_colour,
            "brightest": brightest,
            "turned": turned,
            "total": total,
        },
        name="functions",
    )


if __name__ == "__main__":
    build_model().summary()
