"""The map of a scene: a picture of where one can drive or walk."""

import cv2
import numpy as np

from mmdet3d.synthetic.nuscenes.world import REACH, World

# Metres that the map covers along either axis, and pixels per metre: the devkit's 0.1 m.
_SIDE, _PIXELS_PER_METRE = 400, 10


def draw_map(world: World) -> bytes:
    """Draw the road and its pavements, white on black.

    Args:
        world: what to draw; its frame's origin is in the middle of the map, roughly.

    Returns:
        a PNG of one channel; its lower left corner is the origin of the map's frame, as the devkit
        takes it.
    """
    edge = world.terrain.half_width + world.terrain.sidewalk
    s = np.linspace(-REACH, REACH, 100)
    left, right = (np.stack(world.terrain.from_road(s, np.full(100, t)), 1) for t in (edge, -edge))
    outline = np.concatenate([left, right[::-1]])
    pose = world.global_from_world
    x, y = (outline @ pose[:2, :2].T + pose[:2, 3]).T
    pixels = np.stack([x, _SIDE - y], axis=1) * _PIXELS_PER_METRE
    picture = np.zeros((_SIDE * _PIXELS_PER_METRE,) * 2, dtype=np.uint8)
    cv2.fillPoly(picture, [pixels.round().astype(np.int32)], (255,))
    return cv2.imencode('.png', picture)[1].tobytes()
