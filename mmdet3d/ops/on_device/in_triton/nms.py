"""Greedy non-maximum suppression of rotated boxes in Triton.

Which box suppresses which is a matrix of bits, 64 of a row in one word. One program then walks over
the boxes, best first, and marks what each box that is still there suppresses.
"""

import torch
import triton
import triton.language as tl

from mmdet3d.ops.on_device.in_triton.launch import EXACT
from mmdet3d.ops.on_device.in_triton.rotated_iou import frame_columns, overlap

_BITS = 64
# Two pairs per thread: a pair takes many registers.
_ROWS_PER_BLOCK = 8
_WARPS = 8
# Words of the walk's row that one warp holds.
_WORDS_PER_WARP = 256


def greedy_nms(boxes: torch.Tensor, thresh: float, max_kept: int) -> torch.Tensor:
    """Keep each box whose IoU with every box kept before it is at most the threshold.

    Same arguments and results as the torch version.
    """
    words = triton.cdiv(len(boxes), _BITS)
    removed = torch.zeros(words, dtype=torch.long, device=boxes.device)
    if len(boxes) > 0:
        size = triton.next_power_of_2(words)
        warps = min(8, max(1, size // _WORDS_PER_WARP))
        _walk[(1,)](
            _suppressions(boxes, thresh), removed, words, WORDS=size, num_warps=warps, **EXACT
        )
    bits = removed[:, None] >> torch.arange(_BITS, device=boxes.device)
    kept = (bits & 1).flatten()[: len(boxes)] == 0
    return kept.nonzero().squeeze(1)[:max_kept]


def _suppressions(boxes: torch.Tensor, thresh: float) -> torch.Tensor:
    """Return which later boxes each box suppresses, int64 of shape (64 W, W), padded with zeros."""
    words = triton.cdiv(len(boxes), _BITS)
    suppresses = torch.zeros((words * _BITS, words), dtype=torch.long, device=boxes.device)
    _compare[(triton.cdiv(len(boxes), _ROWS_PER_BLOCK) * words,)](
        frame_columns(boxes),
        # Of a plain number, Triton makes a float32.
        torch.full((1,), thresh, dtype=torch.float64, device=boxes.device),
        suppresses,
        len(boxes),
        words,
        ROWS=_ROWS_PER_BLOCK,
        BITS=_BITS,
        num_warps=_WARPS,
        **EXACT,
    )
    return suppresses


@triton.jit(do_not_specialize=['count', 'words'])
def _compare(
    frames: tl.tensor,
    thresh: tl.tensor,
    suppresses: tl.tensor,
    count: tl.tensor,
    words: tl.tensor,
    ROWS: tl.constexpr,
    BITS: tl.constexpr,
) -> None:
    start = tl.program_id(0) // words * ROWS
    word = tl.program_id(0) % words
    # Words before the diagonal stay zero.
    if word * BITS + BITS > start:
        earlier = start + tl.arange(0, ROWS)
        bit = tl.arange(0, BITS)
        i, j = (word * BITS + bit)[None, :], earlier[:, None]
        # A later box in the frame of an earlier one, as in the other backends.
        shared = overlap(frames, i, count, frames, j, count)
        union = _areas(frames, i, count) + _areas(frames, j, count) - shared
        # Where boxes overlap, none of them is without area.
        iou = tl.where(shared > 0, shared / tl.where(shared > 0, union, 1.0), 0.0)
        too_near = (iou > tl.load(thresh)) & (i > j) & (i < count)
        packed = tl.sum(too_near.to(tl.int64) << bit.to(tl.int64)[None, :], axis=1)
        tl.store(suppresses + earlier.to(tl.int64) * words + word, packed, mask=earlier < count)


@triton.jit
def _areas(frames: tl.tensor, index: tl.tensor, count: tl.tensor) -> tl.tensor:
    real = index < count
    half_x = tl.load(frames + count * 2 + index, mask=real, other=0.0)
    half_y = tl.load(frames + count * 3 + index, mask=real, other=0.0)
    return 4 * half_x * half_y


@triton.jit(do_not_specialize=['words'])
def _walk(
    suppresses: tl.tensor, removed_words: tl.tensor, words: tl.tensor, WORDS: tl.constexpr
) -> None:
    lane = tl.arange(0, WORDS)
    removed = tl.zeros((WORDS,), tl.int64)
    row = suppresses
    for word in range(words):
        current = tl.sum(tl.where(lane == word, removed, 0), axis=0)
        for bit in range(64):
            is_there = ((current >> bit) & 1) == 0
            # Loaded in either case, so that no load waits for the box before.
            of_word = tl.load(row + word)
            of_all = tl.load(row + lane, mask=lane < words, other=0)
            current |= tl.where(is_there, of_word, 0)
            removed |= tl.where(is_there, of_all, 0)
            row += words
        tl.store(removed_words + word, current)
