"""Decompression of LZF, the format of Marc Lehmann's LibLZF, which PCD files use."""

import numba
import numpy as np

# A control byte below this is followed by that many bytes and one, as they are.
_LITERALS = 32
# A control byte of these upper bits has a further byte of the length.
_LONG = 7


@numba.njit(cache=True, nogil=True)
def decompress(data: np.ndarray, size: int) -> np.ndarray:
    """Decompress a block.

    Args:
        data: uint8 of shape (N,).
        size: bytes expected.

    Returns:
        uint8 of shape (size,); of shape (0,) where ``data`` does not give exactly that many.
    """
    out = np.empty(size, dtype=np.uint8)
    broken = np.empty(0, dtype=np.uint8)
    i, o = 0, 0
    while i < len(data):
        control = int(data[i])
        i += 1
        if control < _LITERALS:
            length = control + 1
            if i + length > len(data) or o + length > size:
                return broken
            out[o : o + length] = data[i : i + length]
            i += length
        else:
            length = control >> 5
            is_long = length == _LONG
            if i + 1 + is_long > len(data):
                return broken
            if is_long:
                length += int(data[i])
                i += 1
            start = o - ((control & 31) << 8) - int(data[i]) - 1
            i += 1
            length += 2
            if start < 0 or o + length > size:
                return broken
            # Source and target may overlap, so the bytes are copied one by one.
            for k in range(length):
                out[o + k] = out[start + k]
        o += length
    return out if o == size else broken
