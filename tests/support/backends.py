"""Operators by another backend than the one that the device of their tensors chooses."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from unittest import mock

# The operators' modules, and where each chooses its backend.
_DISPATCHED = [
    ('ball_query', '_ball_query'),
    ('furthest_point_sample', '_choose'),
    ('nms', '_greedy_nms'),
    ('points_in_boxes', '_inside'),
    ('roi_point_pool', '_first_inside'),
    ('rotated_iou', '_overlaps'),
    ('rotated_iou', '_iou'),
    ('three_nn', '_three_nearest'),
    ('voxelize', '_assign_points'),
    ('voxelize', '_place_points'),
]


@contextmanager
def computed_by(choose: Callable[[str, Callable], Callable | None]) -> Iterator[None]:
    """Let operators compute by other functions on whatever device.

    Args:
        choose: gives the function, by the name of the operator's module and the torch version of
            it; None leaves the operator as it is.
    """
    with ExitStack() as patches:
        for name, attribute in _DISPATCHED:
            module = import_module(f'mmdet3d.ops.{name}')
            chosen = choose(name, getattr(module, attribute).__wrapped__)
            if chosen is not None:
                patches.enter_context(mock.patch.object(module, attribute, chosen))
        yield
