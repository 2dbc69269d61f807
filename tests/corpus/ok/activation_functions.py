"""The network activation_functions in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network activation_functions.

    Inputs:
        x: float32[batch, time, 4]

    Outputs:
        smooth: float32[batch, time, 4]
        bounded: float32[batch, time, 4]
        hard_tanh: float32[batch, time, 4]
        sparse_sigmoid: float32[batch, time, 4]
        log_sigmoid: float32[batch, time, 4]
        shrunk: float32[batch, time, 4]
        sparsemax: float32[batch, time, 4]
    """
    x = keras.Input(shape=(None, 4), name="x")
    x_ = keras.ops.celu(x, alpha=0.5)
    x_ = keras.ops.gelu(x_, approximate=False)
    x_ = keras.ops.silu(x_)
    x_ = keras.ops.selu(x_)
    x_ = keras.ops.hard_silu(x_)
    x_ = keras.ops.squareplus(x_, b=2.0)
    x_ = keras.ops.softplus(x_)
    x_ = keras.ops.tanh_shrink(x_)
    smooth = keras.ops.sparse_plus(x_)
    x_ = keras.ops.gelu(x)
    bounded = keras.ops.relu6(x_)
    hard_tanh = keras.ops.hard_tanh(x)
    hard_sigmoid = keras.ops.hard_sigmoid(x)
    sparse_sigmoid = keras.ops.sparse_sigmoid(hard_sigmoid)
    x_ = keras.ops.softsign(x)
    sigmoid = keras.ops.sigmoid(x_)
    log_sigmoid = keras.ops.log_sigmoid(sigmoid)
    x_ = keras.ops.hard_shrink(x, threshold=0.25)
    x_ = keras.ops.soft_shrink(x_, threshold=0.1)
    shrunk = keras.ops.threshold(x_, threshold=-0.5, default_value=2.0)
    log_softmax = keras.ops.log_softmax(x, axis=1)
    sparsemax = keras.ops.sparsemax(log_softmax)
    return keras.Model(
        inputs=x,
        outputs={
            "smooth": smooth,
            "bounded": bounded,
            "hard_tanh": hard_tanh,
            "sparse_sigmoid": sparse_sigmoid,
            "log_sigmoid": log_sigmoid,
            "shrunk": shrunk,
            "sparsemax": sparsemax,
        },
        name="activation_functions",
    )


if __name__ == "__main__":
    build_model().summary()
