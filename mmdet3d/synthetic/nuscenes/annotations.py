"""Choosing the samples in which an object is annotated, and its records."""

from typing import Any

import numpy as np

from mmdet3d.datasets.nuscenes.quaternions import about_z
from mmdet3d.synthetic.nuscenes.recording import KeyFrame
from mmdet3d.synthetic.nuscenes.vocabulary import VISIBILITY_BOUNDS
from mmdet3d.synthetic.nuscenes.world import World
from mmdet3d.synthetic.world.scene import Actor

Record = dict[str, Any]


def annotated_samples(number: int, key_frames: list[KeyFrame]) -> range:
    """List the samples from the first to the last in which an object has points.

    In between it is annotated without points too, as nuScenes does.
    """
    seen = [i for i, frame in enumerate(key_frames) if frame.num_points.get(number, 0) > 0]
    return range(seen[0], seen[-1] + 1) if seen else range(0)


def box_record(world: World, actor: Actor) -> Record:
    """Give an object's box as nuScenes stores it: in the map, size as width, length, height."""
    middle = np.array([actor.x, actor.y, actor.z + actor.size[2] / 2, 1.0])
    length, width, height = actor.size
    return {
        'translation': (world.global_from_world @ middle)[:3].round(6).tolist(),
        'size': [round(float(value), 6) for value in (width, length, height)],
        'rotation': about_z(actor.yaw + world.origin[2]).tolist(),
    }


def visibility_token(share: float) -> str:
    """Give the token '1' to '4' of a visible share."""
    return str(1 + int(np.searchsorted(VISIBILITY_BOUNDS, share, side='right')))
