"""Keeping things from standing in one another."""

import numpy as np

from mmdet3d.ops.rotated_iou_cpu import rotated_overlaps


class Occupancy:
    """The ground that is taken."""

    def __init__(self) -> None:
        self._taken = np.empty((0, 5))

    def take(
        self, x: float, y: float, length: float, width: float, yaw: float, margin: float = 0.2
    ) -> bool:
        """Take a place if it is free.

        Args:
            x: middle of the place.
            y: middle of the place.
            length: along its heading, in metres.
            width: across it.
            yaw: its heading in radians.
            margin: added on every side while asking whether it is free.

        Returns:
            Whether it was free, and is taken now.
        """
        wanted = np.array([[x, y, length + 2 * margin, width + 2 * margin, yaw]])
        reach = np.hypot(*self._taken[:, 2:4].T) + np.hypot(*wanted[0, 2:4])
        near = self._taken[np.hypot(*(self._taken[:, :2] - wanted[0, :2]).T) < reach / 2]
        if len(near) and rotated_overlaps(wanted, near).max() > 0:
            return False
        self._taken = np.concatenate([self._taken, [[x, y, length, width, yaw]]])
        return True
