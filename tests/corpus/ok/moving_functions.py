"""The network moving_functions in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network moving_functions.

    Inputs:
        frames: float32[batch, time, 4, 3]
        codes: int16[batch, 4, 3]

    Outputs:
        backwards: float32[batch, time, 4, 3]
        shifted: float32[batch, time, 4, 3]
        turned: float32[batch, 4, time, 3]
        mirrored: int16[batch, 5, 6]
        padded: float32[batch, time + 3, 4, 4]
        tiled: float32[batch, 2*time, 4, 9]
        slow: float32[batch, 3*time, 4, 3]
        chosen: float32[batch, time, 4, 3]
    """
    frames = keras.Input(shape=(None, 4, 3), name="frames")
    codes = keras.Input(shape=(4, 3), name="codes", dtype="int16")
    backwards = keras.ops.flip(frames, axis=(1, -1))
    shifted = keras.ops.roll(frames, shift=(2, -1), axis=(1, 2))
    turned = keras.ops.rot90(frames, k=3, axes=(1, 2))
    mirrored = keras.ops.pad(
        codes, pad_width=((0, 0), (1, 0), (2, 1)), mode="symmetric"
    )
    padded = keras.ops.pad(
        frames, pad_width=((0, 0), (1, 2), (0, 0), (0, 1)), constant_values=-1
    )
    tiled = keras.ops.tile(frames, repeats=(1, 2, 1, 3))
    slow = keras.ops.repeat(frames, repeats=3, axis=1)
    chosen = keras.ops.repeat(frames, repeats=(2, 0, 1, 1), axis=2)
    return keras.Model(
        inputs=[frames, codes],
        outputs={
            "backwards": backwards,
            "shifted": shifted,
            "turned": turned,
            "mirrored": mirrored,
            "padded": padded,
            "tiled": tiled,
            "slow": slow,
            "chosen": chosen,
        },
        name="moving_functions",
    )


if __name__ == "__main__":
    build_model().summary()
