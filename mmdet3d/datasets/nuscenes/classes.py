"""The ten classes of nuScenes' detection task, and the attributes that go with them.

Source: the detection task's definition at nuscenes.org and the devkit.
"""

import numpy as np

CLASSES = (
    'car',
    'truck',
    'trailer',
    'bus',
    'construction_vehicle',
    'bicycle',
    'motorcycle',
    'pedestrian',
    'traffic_cone',
    'barrier',
)
# Categories of the taxonomy that the task merges into its classes; it ignores all others.
CLASS_OF_CATEGORY = {
    'movable_object.barrier': 'barrier',
    'movable_object.trafficcone': 'traffic_cone',
    'vehicle.bicycle': 'bicycle',
    'vehicle.bus.bendy': 'bus',
    'vehicle.bus.rigid': 'bus',
    'vehicle.car': 'car',
    'vehicle.construction': 'construction_vehicle',
    'vehicle.motorcycle': 'motorcycle',
    'vehicle.trailer': 'trailer',
    'vehicle.truck': 'truck',
    'human.pedestrian.adult': 'pedestrian',
    'human.pedestrian.child': 'pedestrian',
    'human.pedestrian.construction_worker': 'pedestrian',
    'human.pedestrian.police_officer': 'pedestrian',
}
# Slower than this, in m/s, counts as standing.
MOVING_SPEED = 0.2
_VEHICLE = ('vehicle.parked', 'vehicle.moving')
_CYCLE = ('cycle.without_rider', 'cycle.with_rider')
# What a standing and a moving object of each class most likely is, as mmdetection3d has it.
_ATTRIBUTES = {
    'car': _VEHICLE,
    'truck': _VEHICLE,
    'trailer': _VEHICLE,
    'bus': ('vehicle.stopped', 'vehicle.moving'),
    'construction_vehicle': _VEHICLE,
    'bicycle': _CYCLE,
    'motorcycle': _CYCLE,
    'pedestrian': ('pedestrian.standing', 'pedestrian.moving'),
    'traffic_cone': ('', ''),
    'barrier': ('', ''),
}


def attributes_of(names: list[str], velocities: np.ndarray) -> list[str]:
    """Guess attributes from velocities, since detectors do not tell them.

    Args:
        names: classes of N objects.
        velocities: of shape (N, 2), in m/s.

    Returns:
        the N attributes; '' for classes that have none.
    """
    moving = np.hypot(velocities[:, 0], velocities[:, 1]) > MOVING_SPEED
    return [_ATTRIBUTES[name][int(is_moving)] for name, is_moving in zip(names, moving)]
