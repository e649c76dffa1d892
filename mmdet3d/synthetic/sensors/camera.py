"""The left colour camera: where it looks, and a shaded picture of what it sees."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from mmdet3d.synthetic.shapes.materials import surface_table
from mmdet3d.synthetic.world.geometry import NOTHING, SceneGeometry

_SUN = np.array([0.35, 0.45, 0.82])
_HORIZON, _ZENITH = np.array([225.0, 228.0, 232.0]), np.array([120.0, 160.0, 215.0])


@dataclass(frozen=True)
class Calibration:
    """The matrices of a KITTI calibration file.

    Attributes:
        projections: P0 to P3 in pixels, each of shape (3, 4).
        rectification: R0_rect, of shape (3, 3).
        velo_to_cam: Tr_velo_to_cam, of shape (3, 4).
        imu_to_velo: Tr_imu_to_velo, of shape (3, 4).
        image_shape: height and width in pixels.
    """

    projections: tuple[np.ndarray, ...]
    rectification: np.ndarray
    velo_to_cam: np.ndarray
    imu_to_velo: np.ndarray
    image_shape: tuple[int, int] = (375, 1242)

    @cached_property
    def lidar_to_rect(self) -> np.ndarray:
        """The transform (4, 4) from the scanner to rectified camera coordinates."""
        return _square(self.rectification) @ _square(self.velo_to_cam)

    @cached_property
    def camera_position(self) -> np.ndarray:
        """Where the left colour camera stands in the scanner's frame, (3,)."""
        matrix = self.projections[2]
        centre = -np.linalg.solve(matrix[:, :3], matrix[:, 3])
        return np.linalg.solve(self.lidar_to_rect, [*centre, 1.0])[:3]

    def to_rect(self, points: np.ndarray) -> np.ndarray:
        """Turn points (N, 3) of the scanner's frame to rectified camera coordinates."""
        return points @ self.lidar_to_rect[:3, :3].T + self.lidar_to_rect[:3, 3]

    def project(self, rect: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Project rectified points (N, 3): pixels (N, 2) and depths (N,)."""
        matrix = self.projections[2]
        u, v, depth = (rect @ matrix[:, :3].T + matrix[:, 3]).T
        return np.stack([u, v], axis=1) / depth[:, None], depth

    def directions(self, pixels: np.ndarray) -> np.ndarray:
        """Give the unit vectors (N, 3), in the scanner's frame, in which pixels (N, 2) look."""
        ends = np.concatenate([pixels, np.ones((len(pixels), 1))], axis=1)
        rays = np.linalg.solve(self.projections[2][:, :3], ends.T)
        rays = (self.lidar_to_rect[:3, :3].T @ rays).T
        return rays / np.linalg.norm(rays, axis=1, keepdims=True)


def kitti_like_calibration() -> Calibration:
    """Give a calibration like those of KITTI's car: four cameras in a row below the scanner."""
    focal, centre = 718.0, (607.5, 175.0)
    baselines = ((0.0, 0.0, 0.0), (-0.537, 0, 0), (0.060, -0.0003, 0.0027), (-0.472, 0.002, 0.0027))
    intrinsic = np.array([[focal, 0, centre[0]], [0, focal, centre[1]], [0, 0, 1]])
    shifts = [intrinsic @ np.asarray(shift)[:, None] for shift in baselines]
    axes = np.array([[0.0, -1, 0], [0, 0, -1], [1, 0, 0]])
    velo_to_cam = np.column_stack(
        [_small_rotation(0.008, -0.007, 0.003) @ axes, [-0.006, -0.07, -0.28]]
    )
    imu_to_velo = np.column_stack([_small_rotation(0.0148, 0.002, -0.0008), [-0.81, 0.32, -0.80]])
    return Calibration(
        tuple(np.column_stack([intrinsic, shift]) for shift in shifts),
        _small_rotation(0.0043, -0.0074, -0.0099),
        velo_to_cam,
        imu_to_velo,
    )


def _small_rotation(x: float, y: float, z: float) -> np.ndarray:
    """Rotate about a vector whose length is the angle, in radians."""
    return cv2.Rodrigues(np.array([x, y, z]))[0]


def _square(matrix: np.ndarray) -> np.ndarray:
    square = np.eye(4)
    square[: matrix.shape[0], : matrix.shape[1]] = matrix
    return square


def render(geometry: SceneGeometry, calibration: Calibration, step: int = 3) -> np.ndarray:
    """Draw what the left colour camera sees, in daylight and a little haze.

    Args:
        geometry: what stands around.
        calibration: of the camera.
        step: pixels between rays; between them, colours are interpolated.

    Returns:
        uint8 (height, width, 3) in the order blue, green, red, for OpenCV.
    """
    height, width = calibration.image_shape
    columns, rows = np.arange(0, width + step, step), np.arange(0, height + step, step)
    u, v = np.meshgrid(columns, rows)
    rays = calibration.directions(np.stack([u.ravel(), v.ravel()], axis=1).astype(float))
    colors = _shade(geometry, calibration.camera_position, rays)
    small = colors.reshape(len(rows), len(columns), 3).astype(np.uint8)
    large = cv2.resize(small, None, fx=step, fy=step, interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(large[:height, :width, ::-1])


def _shade(geometry: SceneGeometry, origin: np.ndarray, rays: np.ndarray) -> np.ndarray:
    hits = geometry.cast(origin, rays)
    tinted = surface_table('tinted')[hits.material]
    tint = np.where(tinted[:, None], geometry.color[hits.owner], 1.0)
    light = 0.55 + 0.45 * np.clip(hits.normal @ (_SUN / np.linalg.norm(_SUN)), 0, 1)
    color = surface_table('color')[hits.material] * tint * light[:, None]
    haze = np.exp(-np.where(hits.owner == NOTHING, np.inf, hits.distance) / 220)[:, None]
    sky = _HORIZON + np.clip(rays[:, 2:] * 3, 0, 1) * (_ZENITH - _HORIZON)
    return np.clip(haze * color + (1 - haze) * sky, 0, 255)
