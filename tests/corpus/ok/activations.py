"""The network activations in Keras."""

import keras


@keras.saving.register_keras_serializable(package="activations")
def celu(x: keras.KerasTensor) -> keras.KerasTensor:
    return keras.activations.celu(x, alpha=2.0)


@keras.saving.register_keras_serializable(package="activations")
def gelu(x: keras.KerasTensor) -> keras.KerasTensor:
    return keras.activations.gelu(x, approximate=True)


@keras.saving.register_keras_serializable(package="activations")
def hard_shrink(x: keras.KerasTensor) -> keras.KerasTensor:
    return keras.activations.hard_shrink(x, threshold=0.25)


@keras.saving.register_keras_serializable(package="activations")
def log_softmax(x: keras.KerasTensor) -> keras.KerasTensor:
    return keras.activations.log_softmax(x, axis=1)


@keras.saving.register_keras_serializable(package="activations")
def soft_shrink(x: keras.KerasTensor) -> keras.KerasTensor:
    return keras.activations.soft_shrink(x, threshold=0.25)


@keras.saving.register_keras_serializable(package="activations")
def sparsemax(x: keras.KerasTensor) -> keras.KerasTensor:
    return keras.activations.sparsemax(x, axis=1)


@keras.saving.register_keras_serializable(package="activations")
def squareplus(x: keras.KerasTensor) -> keras.KerasTensor:
    return keras.activations.squareplus(x, b=2.0)


@keras.saving.register_keras_serializable(package="activations")
def threshold(x: keras.KerasTensor) -> keras.KerasTensor:
    return keras.activations.threshold(x, threshold=0.5, default_value=-1.0)


def build_model() -> keras.Model:
    """Build the network activations.

    Inputs:
        x: float32[batch, 4, 6]

    Outputs:
        plain_celu: float32[batch, 4, 6]
        with_arguments_celu: float32[batch, 4, 6]
        plain_elu: float32[batch, 4, 6]
        with_arguments_elu: float32[batch, 4, 6]
        plain_exponential: float32[batch, 4, 6]
        plain_gelu: float32[batch, 4, 6]
        with_arguments_gelu: float32[batch, 4, 6]
        plain_glu: float32[batch, 4, 3]
        with_arguments_glu: float32[batch, 2, 6]
        plain_hard_shrink: float32[batch, 4, 6]
        with_arguments_hard_shrink: float32[batch, 4, 6]
        plain_hard_sigmoid: float32[batch, 4, 6]
        plain_hard_silu: float32[batch, 4, 6]
        plain_hard_tanh: float32[batch, 4, 6]
        plain_leaky_relu: float32[batch, 4, 6]
        with_arguments_leaky_relu: float32[batch, 4, 6]
        plain_linear: float32[batch, 4, 6]
        plain_log_sigmoid: float32[batch, 4, 6]
        plain_log_softmax: float32[batch, 4, 6]
        with_arguments_log_softmax: float32[batch, 4, 6]
        plain_mish: float32[batch, 4, 6]
        plain_relu: float32[batch, 4, 6]
        with_arguments_relu: float32[batch, 4, 6]
        plain_relu6: float32[batch, 4, 6]
        plain_selu: float32[batch, 4, 6]
        plain_sigmoid: float32[batch, 4, 6]
        plain_silu: float32[batch, 4, 6]
        plain_soft_shrink: float32[batch, 4, 6]
        with_arguments_soft_shrink: float32[batch, 4, 6]
        plain_softmax: float32[batch, 4, 6]
        with_arguments_softmax: float32[batch, 4, 6]
        plain_softplus: float32[batch, 4, 6]
        plain_softsign: float32[batch, 4, 6]
        plain_sparse_plus: float32[batch, 4, 6]
        plain_sparse_sigmoid: float32[batch, 4, 6]
        plain_sparsemax: float32[batch, 4, 6]
        with_arguments_sparsemax: float32[batch, 4, 6]
        plain_squareplus: float32[batch, 4, 6]
        with_arguments_squareplus: float32[batch, 4, 6]
        plain_tanh: float32[batch, 4, 6]
        plain_tanh_shrink: float32[batch, 4, 6]
        with_arguments_threshold: float32[batch, 4, 6]
        inside_dense: float32[batch, 4, 4]
        inside_another: float32[batch, 4, 4]
    """
    x = keras.Input(shape=(4, 6), name="x")
    plain_celu = keras.layers.Activation("celu", name="plain_celu")(x)
    with_arguments_celu = keras.layers.Activation(celu, name="with_arguments_celu")(x)
    plain_elu = keras.layers.Activation("elu", name="plain_elu")(x)
    with_arguments_elu = keras.layers.Activation(
        keras.layers.ELU(alpha=0.5),
        name="with_arguments_elu",
    )(x)
    plain_exponential = keras.layers.Activation(
        "exponential",
        name="plain_exponential",
    )(x)
    plain_gelu = keras.layers.Activation("gelu", name="plain_gelu")(x)
    with_arguments_gelu = keras.layers.Activation(gelu, name="with_arguments_gelu")(x)
    plain_glu = keras.ops.glu(x)
    with_arguments_glu = keras.ops.glu(x, axis=1)
    plain_hard_shrink = keras.layers.Activation(
        "hard_shrink",
        name="plain_hard_shrink",
    )(x)
    with_arguments_hard_shrink = keras.layers.Activation(
        hard_shrink,
        name="with_arguments_hard_shrink",
    )(x)
    plain_hard_sigmoid = keras.layers.Activation(
        "hard_sigmoid",
        name="plain_hard_sigmoid",
    )(x)
    plain_hard_silu = keras.layers.Activation("hard_silu", name="plain_hard_silu")(x)
    plain_hard_tanh = keras.layers.Activation("hard_tanh", name="plain_hard_tanh")(x)
    plain_leaky_relu = keras.layers.Activation("leaky_relu", name="plain_leaky_relu")(x)
    with_arguments_leaky_relu = keras.layers.Activation(
        keras.layers.LeakyReLU(negative_slope=0.1),
        name="with_arguments_leaky_relu",
    )(x)
    plain_linear = keras.layers.Activation("linear", name="plain_linear")(x)
    plain_log_sigmoid = keras.layers.Activation(
        "log_sigmoid",
        name="plain_log_sigmoid",
    )(x)
    plain_log_softmax = keras.layers.Activation(
        "log_softmax",
        name="plain_log_softmax",
    )(x)
    with_arguments_log_softmax = keras.layers.Activation(
        log_softmax,
        name="with_arguments_log_softmax",
    )(x)
    plain_mish = keras.layers.Activation("mish", name="plain_mish")(x)
    plain_relu = keras.layers.Activation("relu", name="plain_relu")(x)
    with_arguments_relu = keras.layers.Activation(
        keras.layers.ReLU(negative_slope=0.1, max_value=2.0, threshold=0.5),
        name="with_arguments_relu",
    )(x)
    plain_relu6 = keras.layers.Activation("relu6", name="plain_relu6")(x)
    plain_selu = keras.layers.Activation("selu", name="plain_selu")(x)
    plain_sigmoid = keras.layers.Activation("sigmoid", name="plain_sigmoid")(x)
    plain_silu = keras.layers.Activation("silu", name="plain_silu")(x)
    plain_soft_shrink = keras.layers.Activation(
        "soft_shrink",
        name="plain_soft_shrink",
    )(x)
    with_arguments_soft_shrink = keras.layers.Activation(
        soft_shrink,
        name="with_arguments_soft_shrink",
    )(x)
    plain_softmax = keras.layers.Activation("softmax", name="plain_softmax")(x)
    with_arguments_softmax = keras.layers.Activation(
        keras.layers.Softmax(axis=1),
        name="with_arguments_softmax",
    )(x)
    plain_softplus = keras.layers.Activation("softplus", name="plain_softplus")(x)
    plain_softsign = keras.layers.Activation("softsign", name="plain_softsign")(x)
    plain_sparse_plus = keras.layers.Activation(
        "sparse_plus",
        name="plain_sparse_plus",
    )(x)
    plain_sparse_sigmoid = keras.layers.Activation(
        "sparse_sigmoid",
        name="plain_sparse_sigmoid",
    )(x)
    plain_sparsemax = keras.layers.Activation("sparsemax", name="plain_sparsemax")(x)
    with_arguments_sparsemax = keras.layers.Activation(
        sparsemax,
        name="with_arguments_sparsemax",
    )(x)
    plain_squareplus = keras.layers.Activation("squareplus", name="plain_squareplus")(x)
    with_arguments_squareplus = keras.layers.Activation(
        squareplus,
        name="with_arguments_squareplus",
    )(x)
    plain_tanh = keras.layers.Activation("tanh", name="plain_tanh")(x)
    plain_tanh_shrink = keras.layers.Activation(
        "tanh_shrink",
        name="plain_tanh_shrink",
    )(x)
    with_arguments_threshold = keras.layers.Activation(
        threshold,
        name="with_arguments_threshold",
    )(x)
    inside_dense = keras.layers.Dense(4, activation=gelu, name="inside_dense")(x)
    inside_another = keras.layers.Dense(
        4,
        activation=keras.layers.LeakyReLU(negative_slope=0.1),
        name="inside_another",
    )(x)
    return keras.Model(
        inputs=x,
        outputs={
            "plain_celu": plain_celu,
            "with_arguments_celu": with_arguments_celu,
            "plain_elu": plain_elu,
            "with_arguments_elu": with_arguments_elu,
            "plain_exponential": plain_exponential,
            "plain_gelu": plain_gelu,
            "with_arguments_gelu": with_arguments_gelu,
            "plain_glu": plain_glu,
            "with_arguments_glu": with_arguments_glu,
            "plain_hard_shrink": plain_hard_shrink,
            "with_arguments_hard_shrink": with_arguments_hard_shrink,
            "plain_hard_sigmoid": plain_hard_sigmoid,
            "plain_hard_silu": plain_hard_silu,
            "plain_hard_tanh": plain_hard_tanh,
            "plain_leaky_relu": plain_leaky_relu,
            "with_arguments_leaky_relu": with_arguments_leaky_relu,
            "plain_linear": plain_linear,
            "plain_log_sigmoid": plain_log_sigmoid,
            "plain_log_softmax": plain_log_softmax,
            "with_arguments_log_softmax": with_arguments_log_softmax,
            "plain_mish": plain_mish,
            "plain_relu": plain_relu,
            "with_arguments_relu": with_arguments_relu,
            "plain_relu6": plain_relu6,
            "plain_selu": plain_selu,
            "plain_sigmoid": plain_sigmoid,
            "plain_silu": plain_silu,
            "plain_soft_shrink": plain_soft_shrink,
            "with_arguments_soft_shrink": with_arguments_soft_shrink,
            "plain_softmax": plain_softmax,
            "with_arguments_softmax": with_arguments_softmax,
            "plain_softplus": plain_softplus,
            "plain_softsign": plain_softsign,
            "plain_sparse_plus": plain_sparse_plus,
            "plain_sparse_sigmoid": plain_sparse_sigmoid,
            "plain_sparsemax": plain_sparsemax,
            "with_arguments_sparsemax": with_arguments_sparsemax,
            "plain_squareplus": plain_squareplus,
            "with_arguments_squareplus": with_arguments_squareplus,
            "plain_tanh": plain_tanh,
            "plain_tanh_shrink": plain_tanh_shrink,
            "with_arguments_threshold": with_arguments_threshold,
            "inside_dense": inside_dense,
            "inside_another": inside_another,
        },
        name="activations",
    )


if __name__ == "__main__":
    build_model().summary()
