"""Hard voxelisation on the CPU: one pass over the points with a table of the cells."""

import numba
import numpy as np

# 2^64 divided by the golden ratio: multiplying by it spreads consecutive cells over the table.
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
# Up to so many cells for a point, a table of all of them is faster than one of those in use.
_CELLS_PER_POINT = 8


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
    keys = np.empty(len(xyz), dtype=np.int64)
    _find_cells(xyz, low, voxel_size, grid_size, keys)
    coors = np.empty((capacity, 3), dtype=np.int32)
    counts = np.zeros(capacity, dtype=np.int32)
    cells = int(grid_size.prod())
    # A hash table is at most half full, so that a search ends after a probe or two.
    bits = max(2 * capacity, 2).bit_length()
    is_hashed = cells > _CELLS_PER_POINT * len(xyz)
    table = np.full(1 << bits if is_hashed else cells, -1, dtype=np.int32)
    opened = np.empty(capacity if is_hashed else 0, dtype=np.int64)
    place, found = _assign(
        keys, grid_size, max_points, table, opened, np.uint64(64 - bits), coors, counts
    )
    return place, coors[:found], counts[:found]


def place_points(points: np.ndarray, place: np.ndarray, slots: int) -> np.ndarray:
    """Put points into their places.

    Args:
        points: of shape (N, C).
        place: of each point, or -1 where it is dropped, int64 of shape (N,).
        slots: how many places there are.

    Returns:
        of shape (slots, C), zeros where no point belongs.
    """
    filled = np.zeros((slots, points.shape[1]), dtype=points.dtype)
    _place(points, place, filled)
    return filled


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _place(points: np.ndarray, place: np.ndarray, filled: np.ndarray) -> None:
    for i in range(len(points)):
        if place[i] >= 0:
            for column in range(points.shape[1]):
                filled[place[i], column] = points[i, column]


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _find_cells(
    xyz: np.ndarray,
    low: np.ndarray,
    voxel_size: np.ndarray,
    grid_size: np.ndarray,
    keys: np.ndarray,
) -> None:
    """Number the cell of each point, -1 outside the grid."""
    for i in range(len(xyz)):
        x = np.floor((xyz[i, 0] - low[0]) / voxel_size[0])
        y = np.floor((xyz[i, 1] - low[1]) / voxel_size[1])
        z = np.floor((xyz[i, 2] - low[2]) / voxel_size[2])
        # Compared before the conversion to integers: NaN and infinity have no integer value.
        inside = 0 <= x < grid_size[0] and 0 <= y < grid_size[1] and 0 <= z < grid_size[2]
        keys[i] = (int(z) * grid_size[1] + int(y)) * grid_size[0] + int(x) if inside else -1


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _assign(
    keys: np.ndarray,
    grid_size: np.ndarray,
    max_points: int,
    table: np.ndarray,
    opened: np.ndarray,
    shift: np.uint64,
    coors: np.ndarray,
    counts: np.ndarray,
) -> tuple[np.ndarray, int]:
    """Give points their places, by a table of all cells, or of those that hold any.

    That is a hash table, whose cells are noted in ``opened``; without one this is empty.
    """
    is_hashed = len(opened) > 0
    place = np.full(len(keys), -1, dtype=np.int64)
    found = 0
    for i in range(len(keys)):
        key = keys[i]
        if key < 0:
            continue
        entry = _find(key, opened, table, shift) if is_hashed else key
        voxel = table[entry]
        if voxel < 0:
            if found == len(counts):
                continue
            voxel = found
            table[entry] = voxel
            if is_hashed:
                opened[voxel] = key
            _open(coors, voxel, key, grid_size)
            found += 1
        if counts[voxel] < max_points:
            place[i] = voxel * max_points + counts[voxel]
            counts[voxel] += 1
    return place, found


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _open(coors: np.ndarray, voxel: int, key: int, grid_size: np.ndarray) -> None:
    """Note the cell of a new voxel."""
    row, coors[voxel, 2] = divmod(key, grid_size[0])
    coors[voxel, 0], coors[voxel, 1] = divmod(row, grid_size[1])


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _find(key: int, keys: np.ndarray, table: np.ndarray, shift: np.uint64) -> np.int64:
    """Find the table entry that holds the key, or the free one where it belongs."""
    entry = np.int64((np.uint64(key) * _GOLDEN) >> shift)
    while table[entry] >= 0 and keys[table[entry]] != key:
        entry = (entry + 1) & (len(table) - 1)
    return entry
