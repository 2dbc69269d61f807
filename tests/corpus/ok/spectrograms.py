"""The network spectrograms in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network spectrograms.

    Inputs:
        stereo: float32[batch, time, 2]
        sound: float32[batch, 120]

    Outputs:
        loudness: float32[batch, ceil(time/5), 18]
        powers: float32[batch, ceil(time/4) - 2, 9, 2]
        transform: float32[batch, time//2 - 1, 12]
        mel: float32[batch, 6, 13]
    """
    stereo = keras.Input(shape=(None, 2), name="stereo")
    sound = keras.Input(shape=(120,), name="sound")
    loudness = keras.layers.STFTSpectrogram(
        frame_length=16,
        frame_step=5,
        window="hamming",
        padding="same",
        name="loudness",
    )(stereo)
    powers = keras.layers.STFTSpectrogram(
        "psd",
        frame_length=9,
        scaling="spectrum",
        expand_dims=True,
        name="powers",
    )(stereo)
    transform = keras.layers.STFTSpectrogram(
        "stft",
        frame_length=4,
        window=(0.5, 1.0, 1.0, 0.5),
        trainable=False,
        name="transform",
    )(stereo)
    mel = keras.layers.MelSpectrogram(
        32,
        sequence_stride=10,
        sequence_length=24,
        num_mel_bins=6,
        top_db=60.0,
        name="mel",
    )(sound)
    return keras.Model(
        inputs=[stereo, sound],
        outputs={
            "loudness": loudness,
            "powers": powers,
            "transform": transform,
            "mel": mel,
        },
        name="spectrograms",
    )


if __name__ == "__main__":
    build_model().summary()
