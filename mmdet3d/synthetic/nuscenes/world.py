"""A stretch of road over time: what stands, what moves, and the recording car."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mmdet3d.synthetic.world.actors import Look
from mmdet3d.synthetic.world.scene import Actor, Item, Scene
from mmdet3d.synthetic.world.terrain import SENSOR_HEIGHT, Terrain

# Beyond this distance along the road, in metres, there is no ground to stand on.
REACH = 116.0
# Half of the wheel base and of the track of the recording car, in metres.
_HALF_BASE, _HALF_TRACK = 1.4, 0.8


@dataclass(frozen=True)
class Track:
    """An annotated object and its way along the road.

    Attributes:
        look: what it is.
        s: where it is at time 0, along the road.
        t: left of the road's middle.
        turn: its heading against the road's, in radians.
        speed: along the road in m/s; negative against its direction.
        attribute: nuScenes' name of its state, or ''.
    """

    look: Look
    s: float
    t: float
    turn: float
    speed: float
    attribute: str


@dataclass(frozen=True)
class World:
    """What happens around the recording car; metres and seconds.

    Attributes:
        terrain: the ground and the road.
        tracks: what is annotated.
        props: everything else.
        ego: where the recording car is at time 0 along the road, how far left of its middle it
            drives, and how fast.
        origin: x, y and heading of the world's frame in the map.
    """

    terrain: Terrain
    tracks: tuple[Track, ...]
    props: tuple[Item, ...]
    ego: tuple[float, float, float]
    origin: tuple[float, float, float]

    def actors(self, time: float) -> dict[int, Actor]:
        """Give the annotated objects under their numbers, as they are at a time in seconds."""
        places = {number: self._place(track, time) for number, track in enumerate(self.tracks)}
        return {number: actor for number, actor in places.items() if actor is not None}

    def _place(self, track: Track, time: float) -> Actor | None:
        s = track.s + track.speed * time
        if abs(s) > REACH:
            return None
        x, y = self.terrain.from_road(np.array(s), np.array(track.t))
        yaw = float(self.terrain.road_yaw(np.array(s)) + track.turn)
        z = float(self.terrain.height(x, y))
        speed = abs(track.speed)
        return Actor(**vars(track.look), x=float(x), y=float(y), z=z, yaw=yaw, speed=speed)

    def scene(self, time: float) -> tuple[Scene, list[int]]:
        """Give the scene at a time, and the numbers of its actors."""
        actors = self.actors(time)
        return Scene(self.terrain, tuple(actors.values()), self.props), list(actors)

    def ego_pose(self, time: float) -> np.ndarray:
        """Give the transform (4, 4) from the recording car's frame to the world's.

        The car's frame is nuScenes': on the ground, x ahead, y left, z up; it pitches and rolls
        with the ground.
        """
        start, t, speed = self.ego
        s = np.array(start + speed * time)
        x, y = self.terrain.from_road(s, np.array(t))
        ahead = _unit(self._slope(x, y, self.terrain.road_yaw(s), _HALF_BASE))
        left = self._slope(x, y, self.terrain.road_yaw(s) + np.pi / 2, _HALF_TRACK)
        up = _unit(np.cross(ahead, left))
        pose = np.eye(4)
        pose[:3, :3] = np.column_stack([ahead, np.cross(up, ahead), up])
        pose[:3, 3] = x, y, self.terrain.height(x, y)
        return pose

    def _slope(self, x: np.ndarray, y: np.ndarray, yaw: np.ndarray, reach: float) -> np.ndarray:
        """Give the direction (3,) in which the ground rises towards a heading."""
        way = np.array([np.cos(yaw), np.sin(yaw)])
        ends = np.array([x, y])[:, None] + way[:, None] * [reach, -reach]
        ahead, behind = self.terrain.height(*ends)
        return np.array([*way, (ahead - behind) / (2 * reach)])

    @cached_property
    def global_from_world(self) -> np.ndarray:
        """The transform (4, 4) from the world's frame to the map's, whose z is 0 on the ground."""
        x, y, heading = self.origin
        cos, sin = np.cos(heading), np.sin(heading)
        return np.array(
            [[cos, -sin, 0, x], [sin, cos, 0, y], [0, 0, 1, SENSOR_HEIGHT], [0, 0, 0, 1]]
        )


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)
