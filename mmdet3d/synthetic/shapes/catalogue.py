"""The catalogue of shapes by name, each built once per process and fitted to a unit box."""

from functools import cache

import numpy as np

from mmdet3d.synthetic.shapes import (
    heavy_vehicles,
    motorcycles,
    people,
    road_works,
    scenery,
    vehicles,
)
from mmdet3d.synthetic.shapes.meshes import Mesh, extent, fitted

NUM_VARIANTS = {
    'pedestrian': 14,
    'cyclist': 8,
    'tree': 6,
    'conifer': 3,
    'bush': 5,
    'hedge': 3,
    'thicket': 4,
}
_PLAIN = {
    'truck': vehicles.truck,
    'bus': heavy_vehicles.bus,
    'trailer': heavy_vehicles.trailer,
    'excavator': heavy_vehicles.excavator,
    'motorcycle': motorcycles.motorcycle,
    'motorcyclist': motorcycles.motorcyclist,
    'bicycle': vehicles.bicycle,
    'barrier': road_works.barrier,
    'traffic_cone': road_works.traffic_cone,
    'house': scenery.house,
    'picket_fence': scenery.picket_fence,
    'wall': scenery.wall,
    'lamp_post': scenery.lamp_post,
    'traffic_sign': scenery.traffic_sign,
    'bollard': scenery.bollard,
    'bin_box': scenery.bin_box,
}
_STRIDES = np.linspace(0.05, 0.5, NUM_VARIANTS['pedestrian'])


@cache
def natural_shape(name: str) -> Mesh:
    """Build a shape at its natural size, in metres.

    Args:
        name: like 'sedan', 'house', 'block/6x4' (columns x storeys of windows) or 'tree/2', one of
            ``NUM_VARIANTS`` of its kind.

    Raises:
        KeyError: if there is no shape of this name.
    """
    kind, _, variant = name.partition('/')
    if kind == 'block':
        return scenery.block(*map(int, variant.split('x')))
    if kind in vehicles.PROFILES:
        return vehicles.car(kind)
    if kind in _PLAIN:
        return _PLAIN[kind]()
    return _variant(kind, int(variant))


def _variant(kind: str, number: int) -> Mesh:
    if kind == 'pedestrian':
        stride = _STRIDES[number] * (-1) ** number
        return people.pedestrian(stride, with_bag=number % 3 == 0)
    if kind == 'cyclist':
        return people.cyclist(crank=number * 0.9, lean=0.12 + 0.06 * number)
    builders = {'tree': scenery.tree, 'conifer': scenery.conifer}
    builders |= {'bush': scenery.bush, 'hedge': scenery.hedge, 'thicket': scenery.thicket}
    return builders[kind](number)


@cache
def unit_shape(name: str) -> Mesh:
    """Build a shape fitted to x and y in -0.5..0.5 and z in 0..1; names as above."""
    return fitted(natural_shape(name))


@cache
def natural_size(name: str) -> tuple[float, float, float]:
    """Give length, width and height of a shape at its natural size, in metres."""
    length, width, height = extent(natural_shape(name))
    return float(length), float(width), float(height)
