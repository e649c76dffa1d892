"""The description of a scene: what stands or moves where, without any sensor."""

from dataclasses import dataclass

from mmdet3d.synthetic.world.terrain import Terrain


@dataclass(frozen=True)
class Item:
    """Something solid on the ground.

    Coordinates are metres in the vehicle's frame: x ahead, y left, z up, the origin is where the
    scanner stands.

    Attributes:
        shape: name in the catalogue of shapes.
        x: middle of its bottom.
        y: middle of its bottom.
        z: its bottom.
        yaw: heading in radians, counter-clockwise from x.
        size: length, width and height of its box.
        tone: reflectance of its tinted surfaces, 0..1.
        color: their visible colour, RGB in 0..1.
    """

    shape: str
    x: float
    y: float
    z: float
    yaw: float
    size: tuple[float, float, float]
    tone: float = 0.4
    color: tuple[float, float, float] = (0.6, 0.6, 0.6)


@dataclass(frozen=True)
class Actor(Item):
    """A road user, to be annotated.

    Attributes:
        category: KITTI's name of its class, like 'Car'.
        speed: along its heading, in m/s.
    """

    category: str = 'Car'
    speed: float = 0.0


@dataclass(frozen=True)
class Scene:
    """One moment.

    Attributes:
        terrain: the ground and the road.
        actors: what is annotated.
        props: everything else.
    """

    terrain: Terrain
    actors: tuple[Actor, ...]
    props: tuple[Item, ...]
