"""Writes lines.npy: the kernel of line_filters.nn.yaml, float32 [height 7, width 7, channels 3, filters 2]."""

from pathlib import Path

import numpy as np

kernel = np.zeros((7, 7, 3, 2), dtype=np.float32)
kernel[:, 3, :, 0] = 1  # a vertical line
kernel[3, :, :, 1] = 1  # a horizontal line
np.save(Path(__file__).with_name("lines.npy"), kernel)
