"""The network rnn_one_neuron in Keras."""

import keras


def build_model() -> keras.Sequential:
    """One recurrent neuron that forecasts the next value of a series.

    Inputs:
        series: float32[batch, time, 1]

    Outputs:
        forecast: float32[batch, 1]
    """
    model = keras.Sequential(
        [
            keras.Input(shape=(None, 1), name="series"),
            keras.layers.SimpleRNN(1, name="forecast"),
        ],
        name="rnn_one_neuron",
    )
    model.compile(
        optimizer=keras.optimizers.SGD(learning_rate=0.05, momentum=0.9),
        loss="huber",
        metrics=["mae"],
    )
    return model


if __name__ == "__main__":
    build_model().summary()
