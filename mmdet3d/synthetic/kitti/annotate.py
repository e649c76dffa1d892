"""Annotating the objects that the camera sees, as KITTI's annotators did."""

from dataclasses import dataclass

import numpy as np

from mmdet3d.core.bbox import limit_period
from mmdet3d.synthetic.sensors.camera import Calibration
from mmdet3d.synthetic.sensors.lidar import Scan
from mmdet3d.synthetic.world.geometry import SceneGeometry
from mmdet3d.synthetic.world.scene import Actor

# Beyond this depth in metres, or with fewer points, an object is only marked as DontCare.
MAX_DEPTH, MIN_POINTS = 70.0, 3
# Objects smaller than this in the image, in pixels, are not even that.
MIN_HEIGHT = 8.0
# Blocked shares of the surface from which occlusion is 1 (partly), 2 (largely) and 3 (unknown).
OCCLUSION_LEVELS = (0.15, 0.50, 0.90)
_NEAR = 0.3


@dataclass(frozen=True)
class Label:
    """One line of a label file, in the units of KITTI's readme.

    Attributes:
        name: class, or 'DontCare', of which only the box in the image counts.
        truncated: share of the box in the image that lies outside of it.
        occluded: 0 fully visible to 3 unknown.
        alpha: observation angle in radians.
        bbox: left, top, right, bottom in pixels.
        dimensions: height, width, length in metres.
        location: bottom centre in rectified camera coordinates.
        rotation_y: in radians.
    """

    name: str
    truncated: float
    occluded: int
    alpha: float
    bbox: tuple[float, float, float, float]
    dimensions: tuple[float, float, float] = (-1.0, -1.0, -1.0)
    location: tuple[float, float, float] = (-1000.0, -1000.0, -1000.0)
    rotation_y: float = -10.0


def annotate(geometry: SceneGeometry, scan: Scan, calibration: Calibration) -> list[Label]:
    """Describe the road users in the camera's view; those hard to make out become DontCare.

    Args:
        geometry: what stands around.
        scan: the scan of it, for the number of points on each object.
        calibration: of the camera.
    """
    actors = geometry.scene.actors
    points = np.bincount(scan.owner[scan.owner >= 0], minlength=len(actors))
    seen = [_annotate_one(geometry, number, points, calibration) for number in range(len(actors))]
    labels = [label for label in seen if label is not None]
    return sorted(labels, key=lambda label: label.name == 'DontCare')


def _annotate_one(
    geometry: SceneGeometry, number: int, points: np.ndarray, calibration: Calibration
) -> Label | None:
    rect = calibration.to_rect(geometry.vertices_of(number).astype(np.float64))
    bbox, truncated = image_box(rect, calibration)
    if bbox is None or bbox[3] - bbox[1] < MIN_HEIGHT:
        return None
    blocked = _blocked_share(geometry, number, rect, calibration)
    if blocked > 0.98 and points[number] < MIN_POINTS:
        return None
    actor = geometry.scene.actors[number]
    location = calibration.to_rect(np.array([[actor.x, actor.y, actor.z]]))[0]
    if location[2] > MAX_DEPTH or points[number] < MIN_POINTS:
        return Label('DontCare', -1, -1, -10, bbox)
    occluded = int(np.searchsorted(OCCLUSION_LEVELS, blocked, side='right'))
    return _label(actor, truncated, occluded, bbox, location, calibration)


def _label(
    actor: Actor,
    truncated: float,
    occluded: int,
    bbox: tuple[float, float, float, float],
    location: np.ndarray,
    calibration: Calibration,
) -> Label:
    x, y, z = location
    # The inverse of the readers' conversion, which takes the camera to look along x exactly.
    rotation_y = limit_period(-np.pi / 2 - actor.yaw, period=2 * np.pi)
    alpha = limit_period(rotation_y - np.arctan2(x, z), period=2 * np.pi)
    length, width, height = actor.size
    dimensions = (height, width, length)
    return Label(
        actor.category, truncated, occluded, alpha, bbox, dimensions, (x, y, z), rotation_y
    )


def image_box(
    rect: np.ndarray, calibration: Calibration
) -> tuple[tuple[float, float, float, float] | None, float]:
    """Find the box around an object in the image and how much of it lies outside.

    Args:
        rect: of shape (V, 3), corners of its mesh in rectified camera coordinates.
        calibration: of the camera.

    Returns:
        the box cut to the image, or None if nothing of it is inside, and the share outside, 0..1.
    """
    rect = rect[rect[:, 2] > _NEAR]
    if not len(rect):
        return None, 1.0
    pixels, _ = calibration.project(rect)
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    last = np.array(calibration.image_shape[::-1]) - 1.0
    cut_low, cut_high = np.clip(low, 0, last), np.clip(high, 0, last)
    if (cut_high - cut_low < 1).any():
        return None, 1.0
    truncated = 1 - np.prod(cut_high - cut_low) / np.prod(high - low)
    (left, top), (right, bottom) = cut_low.tolist(), cut_high.tolist()
    return (left, top, right, bottom), float(truncated)


def _blocked_share(
    geometry: SceneGeometry, number: int, rect: np.ndarray, calibration: Calibration
) -> float:
    """Cast rays from the camera to the corners in the image: how many meet something else?"""
    pixels, _ = calibration.project(np.where(rect[:, 2:] > _NEAR, rect, np.nan))
    last = np.array(calibration.image_shape[::-1]) - 1.0
    inside = ((pixels >= 0) & (pixels <= last)).all(axis=1)
    chosen = np.flatnonzero(inside)
    if not len(chosen):
        return 1.0
    targets = geometry.vertices_of(number)[chosen[:: max(1, len(chosen) // 128)]]
    way = targets - calibration.camera_position
    distance = np.linalg.norm(way, axis=1)
    hits = geometry.cast(calibration.camera_position, way / distance[:, None])
    return float(np.mean((hits.owner != number) & (hits.distance < distance - 0.02)))
