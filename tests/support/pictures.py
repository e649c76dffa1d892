"""What is to be seen in a picture."""

from pathlib import Path

import numpy as np
from matplotlib.colors import to_rgb
from PIL import Image


def pixels_of(path: Path, color: str, tolerance: float = 12) -> int:
    """How many pixels of a picture have nearly a colour of matplotlib."""
    pixels = np.asarray(Image.open(path).convert('RGB')).astype(float)
    distances = np.abs(pixels - 255 * np.array(to_rgb(color))).max(axis=2)
    return int((distances < tolerance).sum())
