"""The weights of a frame's objects in the losses, which go through the steps beside the boxes."""

import numpy as np

WEIGHTS = 'gt_weights_3d'


def weights_of(results: dict) -> np.ndarray:
    """Return the weights of a frame's objects, float32 of shape (N,); 1 where none are given.

    Args:
        results: the frame, with its N objects in ``gt_bboxes_3d``.

    Raises:
        ValueError: if their number is not that of the boxes.
    """
    count = len(results['gt_bboxes_3d'])
    weights = results.get(WEIGHTS)
    if weights is None:
        return np.ones(count, dtype=np.float32)
    if len(weights) != count:
        raise ValueError(
            f'a frame has {count} gt_bboxes_3d but {len(weights)} gt_weights_3d: an earlier step '
            'changed the boxes alone; let it filter or extend results["gt_weights_3d"] too, where '
            'that is there'
        )
    return weights
