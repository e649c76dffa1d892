"""Keeping things from standing in one another."""

import numpy as np

from mmdet3d.on_cpu.rotated_iou import rotated_overlaps


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
            whether it was free, and is taken now.
        """
        return self.take_all(np.array([[x, y, length, width, yaw]]), margin)

    def take_all(self, places: np.ndarray, margin: float = 0.2) -> bool:
        """Take several places, which may overlap each other, if all of them are free.

        Args:
            places: of shape (N, 5), x, y, length, width and yaw of each, as :meth:`take` has them.
            margin: added on every side while asking whether they are free.

        Returns:
            whether they were free, and are taken now.
        """
        wanted = places + [0, 0, 2 * margin, 2 * margin, 0]
        if any(self._is_taken(place) for place in wanted):
            return False
        self.reserve(places)
        return True

    def reserve(self, places: np.ndarray) -> None:
        """Take places (N, 5) whatever stands there."""
        self._taken = np.concatenate([self._taken, places])

    def _is_taken(self, wanted: np.ndarray) -> bool:
        reach = np.hypot(*self._taken[:, 2:4].T) + np.hypot(*wanted[2:4])
        near = self._taken[np.hypot(*(self._taken[:, :2] - wanted[:2]).T) < reach / 2]
        return bool(len(near)) and bool(rotated_overlaps(wanted[None], near).max() > 0)
