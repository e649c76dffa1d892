"""The names that nuScenes uses, as its taxonomy and its devkit's mini split define them."""

MINI_TRAIN = (
    'scene-0061',
    'scene-0553',
    'scene-0655',
    'scene-0757',
    'scene-0796',
    'scene-1077',
    'scene-1094',
    'scene-1100',
)
MINI_VAL = ('scene-0103', 'scene-0916')
CATEGORIES = (
    'human.pedestrian.adult',
    'human.pedestrian.child',
    'human.pedestrian.wheelchair',
    'human.pedestrian.stroller',
    'human.pedestrian.personal_mobility',
    'human.pedestrian.police_officer',
    'human.pedestrian.construction_worker',
    'animal',
    'vehicle.car',
    'vehicle.motorcycle',
    'vehicle.bicycle',
    'vehicle.bus.bendy',
    'vehicle.bus.rigid',
    'vehicle.truck',
    'vehicle.construction',
    'vehicle.emergency.ambulance',
    'vehicle.emergency.police',
    'vehicle.trailer',
    'movable_object.barrier',
    'movable_object.trafficcone',
    'movable_object.pushable_pullable',
    'movable_object.debris',
    'static_object.bicycle_rack',
)
ATTRIBUTES = (
    'vehicle.moving',
    'vehicle.stopped',
    'vehicle.parked',
    'cycle.with_rider',
    'cycle.without_rider',
    'pedestrian.sitting_lying_down',
    'pedestrian.standing',
    'pedestrian.moving',
)
# Levels of the visible share of an object; their tokens are '1' to '4'.
VISIBILITY_LEVELS = ('v0-40', 'v40-60', 'v60-80', 'v80-100')
VISIBILITY_BOUNDS = (0.4, 0.6, 0.8)
