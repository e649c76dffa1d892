"""Hard voxelisation on the CPU: one pass over the points with a hash table of occupied cells."""

import numba
import numpy as np

# 2^64 divided by the golden ratio: multiplying by it spreads consecutive cells over the table.
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def assign_points(
    xyz: np.ndarray,
    low: np.ndarray,
    voxel_size: np.ndarray,
    grid_size: np.ndarray,
    max_points: int,
    max_voxels: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give every point its place in the voxels.

    Memory grows with the number of points, not with the number of cells of the grid.

    Args:
        xyz: float32 of shape (N, 3) in metres.
        low: float32 of shape (3,), the lower corner of the grid.
        voxel_size: float32 of shape (3,) in metres.
        grid_size: int64 of shape (3,), number of cells along x, y, z.
        max_points: how many points a voxel keeps.
        max_voxels: how many voxels are kept.

    Returns:
        for each point ``voxel * max_points + slot``, or -1 where the point is dropped, int64 of
        shape (N,); the cell of each voxel as z, y, x, int32 of shape (M, 3); its number of kept
        points, int32 of shape (M,).
    """
    capacity = min(len(xyz), max_voxels)
    # At most half full, so that a search ends after a probe or two.
    bits = max(2 * capacity, 2).bit_length()
    table = np.full(1 << bits, -1, dtype=np.int32)
    coors = np.empty((capacity, 3), dtype=np.int32)
    counts = np.zeros(capacity, dtype=np.int32)
    place, found = _assign(
        xyz, low, voxel_size, grid_size, max_points, table, np.uint64(64 - bits), coors, counts
    )
    return place, coors[:found], counts[:found]


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _assign(
    xyz: np.ndarray,
    low: np.ndarray,
    voxel_size: np.ndarray,
    grid_size: np.ndarray,
    max_points: int,
    table: np.ndarray,
    shift: np.uint64,
    coors: np.ndarray,
    counts: np.ndarray,
) -> tuple[np.ndarray, int]:
    keys = np.empty(len(counts), dtype=np.int64)
    place = np.full(len(xyz), -1, dtype=np.int64)
    found = 0
    for i in range(len(xyz)):
        inside, x, y, z = _cell(xyz, i, low, voxel_size, grid_size)
        if not inside:
            continue
        key = (z * grid_size[1] + y) * grid_size[0] + x
        entry = _find(key, keys, table, shift)
        if table[entry] < 0:
            if found == len(counts):
                continue
            table[entry] = found
            keys[found] = key
            coors[found, 0], coors[found, 1], coors[found, 2] = z, y, x
            found += 1
        voxel = table[entry]
        if counts[voxel] < max_points:
            place[i] = voxel * max_points + counts[voxel]
            counts[voxel] += 1
    return place, found


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _cell(
    xyz: np.ndarray, i: int, low: np.ndarray, voxel_size: np.ndarray, grid_size: np.ndarray
) -> tuple[bool, int, int, int]:
    x = np.floor((xyz[i, 0] - low[0]) / voxel_size[0])
    y = np.floor((xyz[i, 1] - low[1]) / voxel_size[1])
    z = np.floor((xyz[i, 2] - low[2]) / voxel_size[2])
    # Compared before the conversion to integers: NaN and infinity have no integer value.
    inside = 0 <= x < grid_size[0] and 0 <= y < grid_size[1] and 0 <= z < grid_size[2]
    if not inside:
        return False, 0, 0, 0
    return True, int(x), int(y), int(z)


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _find(key: int, keys: np.ndarray, table: np.ndarray, shift: np.uint64) -> np.int64:
    """Find the table entry that holds the key, or the free one where it belongs."""
    entry = np.int64((np.uint64(key) * _GOLDEN) >> shift)
    while table[entry] >= 0 and keys[table[entry]] != key:
        entry = (entry + 1) & (len(table) - 1)
    return entry
