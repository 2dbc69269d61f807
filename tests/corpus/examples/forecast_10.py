"""The network forecast_10 in Keras."""

import keras


def build_model() -> keras.Sequential:
    """Forecasts the next ten values of a series at every step.

    Inputs:
        series: float32[batch, time, 1]

    Outputs:
        forecast: float32[batch, time, 10]
    """
    model = keras.Sequential(
        [
            keras.Input(shape=(None, 1), name="series"),
            keras.layers.LSTM(20, return_sequences=True),
            keras.layers.LSTM(20, return_sequences=True),
            keras.layers.TimeDistributed(keras.layers.Dense(10), name="forecast"),
        ],
        name="forecast_10",
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


if __name__ == "__main__":
    build_model().summary()
