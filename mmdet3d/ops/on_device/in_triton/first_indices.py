"""Listing the first entries that pass a test, within a kernel."""

import triton
import triton.language as tl


@triton.jit
def append(
    listed: tl.tensor, passes: tl.tensor, index: tl.tensor, count: tl.tensor, limit: tl.tensor
) -> tl.tensor:
    """Write the indices that pass behind those already listed.

    Args:
        listed: pointer to the list, int64, of ``limit`` places.
        passes: bool of shape (BLOCK,).
        index: int32 of shape (BLOCK,), ascending.
        count: how many passed before.
        limit: how many are listed.

    Returns:
        how many have passed now, which may be more than are listed.
    """
    passed = passes.to(tl.int32)
    place = count + tl.cumsum(passed, axis=0) - 1
    tl.store(listed + place, index.to(tl.int64), mask=passes & (place < limit))
    return count + tl.sum(passed, axis=0)
