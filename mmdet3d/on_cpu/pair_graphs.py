"""Graphs of (neighbour, centre) pairs of two networks, on the CPU, for numpy arrays.

A pair's value is the sum of a row of its neighbour and a row of its centre, normalised and cut off
below 0. The values of all pairs, N x K x C of them, are never kept: each pass over the pairs makes
them anew from the rows, which is cheaper than to write and read them.

Rows hold both networks' values, the one's and then the other's.
"""

import numba
import numpy as np

from mmdet3d.on_cpu.threads import split_rows

# Products may be added without being rounded first; nothing else is reordered.
_ROUNDING = {'contract', 'nsz'}


def pair_moments(
    rows: np.ndarray, centres: np.ndarray, neighbours: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Compute mean and variance of the values of all pairs, before they are normalised.

    Args:
        rows: float32 of shape (M, 2C), of all neighbours.
        centres: float32 of shape (N, 2C).
        neighbours: int64 of shape (N, K), indices of rows.

    Returns:
        mean and biased variance of each column, float64 of shape (2C,).
    """
    sums = np.empty((len(centres), 2, rows.shape[1]))
    split_rows(_add_up, len(centres), rows, centres, neighbours, sums)
    mean, square = sums.sum(axis=0) / neighbours.size
    return mean, np.maximum(square - mean * mean, 0)


@numba.njit(cache=True, nogil=True, error_model='numpy', fastmath=_ROUNDING)
def _add_up(
    start: int,
    stop: int,
    rows: np.ndarray,
    centres: np.ndarray,
    neighbours: np.ndarray,
    sums: np.ndarray,
) -> None:
    width = rows.shape[1]
    for i in range(start, stop):
        centre = centres[i]
        sums[i] = 0
        for j in neighbours[i]:
            row = rows[j]
            for c in range(width):
                value = np.float64(row[c] + centre[c])
                sums[i, 0, c] += value
                sums[i, 1, c] += value * value


def pair_maxima(
    rows: np.ndarray, centres: np.ndarray, neighbours: np.ndarray, norm: np.ndarray
) -> np.ndarray:
    """Find the largest value of the first network around each centre.

    Args:
        rows: as for :func:`pair_moments`.
        centres: likewise.
        neighbours: likewise.
        norm: float32 of shape (4, 2C), see :func:`compare_pairs`.

    Returns:
        float32 of shape (N,).
    """
    largest = np.zeros(len(centres), dtype=np.float32)
    split_rows(_find_largest, len(centres), rows, centres, neighbours, norm, largest)
    return largest


@numba.njit(cache=True, nogil=True, error_model='numpy', fastmath=_ROUNDING)
def _find_largest(
    start: int,
    stop: int,
    rows: np.ndarray,
    centres: np.ndarray,
    neighbours: np.ndarray,
    norm: np.ndarray,
    largest: np.ndarray,
) -> None:
    half = rows.shape[1] // 2
    inverse, offset, scale, shift = norm[0].copy(), norm[1].copy(), norm[2].copy(), norm[3].copy()
    best = np.empty(half, dtype=np.float32)
    for i in range(start, stop):
        centre = centres[i]
        best[:] = 0
        for j in neighbours[i]:
            row = rows[j]
            for c in range(half):
                value = ((row[c] + centre[c]) * inverse[c] + offset[c]) * scale[c] + shift[c]
                best[c] = max(best[c], value)
        largest[i] = best.max()


def compare_pairs(
    rows: np.ndarray,
    others: np.ndarray,
    bounds: np.ndarray,
    lists: np.ndarray,
    row_weights: np.ndarray,
    other_weights: np.ndarray,
    norm: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Compare the two networks' values of the pairs of each row.

    Args:
        rows: float32 of shape (R, 2C).
        others: float32 of shape (S, 2C), what the rows are paired with.
        bounds: int64 of shape (R + 1,): row i has the pairs ``lists[bounds[i]:bounds[i + 1]]``.
        lists: int64 of shape (P,), indices of others.
        row_weights: float32 of shape (R,); a pair weighs as much as its row times its other.
        other_weights: float32 of shape (S,).
        norm: float32 of shape (4, 2C): factor and addend that normalise a sum, then those of the
            affine map of what is normalised.

    Returns:
        the weighted sum of squared differences of each row's pairs, float64 of shape (R,); and
        over these pairs the sums of the gradient of that by the affine map's result, of this times
        the normalised values, and of the normalised values, float32 of shape (R, 3, 2C).
    """
    squares = np.empty(len(rows))
    sums = np.empty((len(rows), 3, rows.shape[1]), dtype=np.float32)
    arguments = rows, others, bounds, lists, row_weights, other_weights, norm, squares, sums
    split_rows(_compare, len(rows), *arguments)
    return squares, sums


@numba.njit(cache=True, nogil=True, error_model='numpy', fastmath=_ROUNDING)
def _compare(
    start: int,
    stop: int,
    rows: np.ndarray,
    others: np.ndarray,
    bounds: np.ndarray,
    lists: np.ndarray,
    row_weights: np.ndarray,
    other_weights: np.ndarray,
    norm: np.ndarray,
    squares: np.ndarray,
    sums: np.ndarray,
) -> None:
    width = rows.shape[1]
    half = width // 2
    # Short loops over arrays of their own, which the compiler turns into vector instructions.
    inverse, offset, scale, shift = norm[0].copy(), norm[1].copy(), norm[2].copy(), norm[3].copy()
    gradients = np.empty(width, dtype=np.float32)
    products = np.empty(width, dtype=np.float32)
    totals = np.empty(width, dtype=np.float32)
    normalised = np.empty(width, dtype=np.float32)
    values = np.empty(width, dtype=np.float32)
    distances = np.empty(half, dtype=np.float32)
    zero, two = np.float32(0), np.float32(2)
    for i in range(start, stop):
        gradients[:], products[:], totals[:], distances[:] = zero, zero, zero, zero
        row = rows[i]
        for pair in range(bounds[i], bounds[i + 1]):
            other = others[lists[pair]]
            weight = row_weights[i] * other_weights[lists[pair]]
            for c in range(width):
                normalised[c] = (row[c] + other[c]) * inverse[c] + offset[c]
            for c in range(width):
                values[c] = normalised[c] * scale[c] + shift[c]
            for c in range(half):
                difference = max(values[c], zero) - max(values[c + half], zero)
                slope = two * weight * difference
                distances[c] += weight * difference * difference
                values[c] = slope if values[c] > 0 else zero
                values[c + half] = -slope if values[c + half] > 0 else zero
            for c in range(width):
                gradients[c] += values[c]
                products[c] += values[c] * normalised[c]
                totals[c] += normalised[c]
        squares[i] = distances.astype(np.float64).sum()
        sums[i, 0], sums[i, 1], sums[i, 2] = gradients, products, totals


@numba.njit(cache=True, nogil=True, error_model='numpy')
def centres_of_rows(neighbours: np.ndarray, num_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """List for each row the centres that it is a neighbour of.

    Args:
        neighbours: int64 of shape (N, K), indices of rows.
        num_rows: number M of rows.

    Returns:
        bounds, int64 of shape (M + 1,), and the lists one after the other, int64 of shape (N * K,),
        ascending in each.
    """
    bounds = np.zeros(num_rows + 1, dtype=np.int64)
    for j in neighbours.flat:
        bounds[j + 1] += 1
    bounds = np.cumsum(bounds)
    place = bounds[:-1].copy()
    lists = np.empty(neighbours.size, dtype=np.int64)
    for i in range(neighbours.shape[0]):
        for j in neighbours[i]:
            lists[place[j]] = i
            place[j] += 1
    return bounds, lists
