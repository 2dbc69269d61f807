"""The layers in Keras. What nnspec generates imports this module, and nothing of nnspec."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="layer_scale")
class LayerScale(keras.layers.Layer):
    """Multiplies each channel by a number of its own, which begins at `init_value`."""

    def __init__(self, init_value: float = 1e-4, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.init_value = init_value
        self.supports_masking = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        initializer = keras.initializers.Constant(self.init_value)
        self.gamma = self.add_weight(name="gamma", shape=input_shape[-1:], initializer=initializer)
        self.built = True

    def call(self, inputs: Any) -> Any:
        return inputs * keras.ops.cast(self.gamma, self.compute_dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "init_value": self.init_value}


@keras.saving.register_keras_serializable(package="layer_scale")
class StochasticDepth(keras.layers.Layer):
    """In training sets whole samples to 0, and scales the others up: the branch of a residual is left out."""

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate, self.seed = rate, seed
        self.generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or self.rate == 0:
            return inputs
        shape = (keras.ops.shape(inputs)[0], *[1] * (len(inputs.shape) - 1))
        return keras.random.dropout(inputs, self.rate, noise_shape=shape, seed=self.generator)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
