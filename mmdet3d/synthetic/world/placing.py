"""A scene under construction."""

import numpy as np

from mmdet3d.synthetic.world.actors import Look
from mmdet3d.synthetic.world.occupancy import Occupancy
from mmdet3d.synthetic.world.scene import Actor, Item, Scene
from mmdet3d.synthetic.world.terrain import Terrain

# The recording car itself: middle of its length ahead of the scanner, length, width.
_OWN_CAR = (0.3, 0.0, 5.2, 2.4)


class Site:
    """A ground on which things are placed, none inside another.

    Attributes:
        terrain: the ground.
        rng: decides everything drawn for this scene.
    """

    def __init__(self, terrain: Terrain, rng: np.random.Generator) -> None:
        self.terrain = terrain
        self.rng = rng
        self._occupancy = Occupancy()
        self._occupancy.take(*_OWN_CAR, yaw=0.0)
        self._actors: list[Actor] = []
        self._props: list[Item] = []

    def add_actor(
        self, look: Look, s: float, t: float, turn: float, speed: float = 0.0, margin: float = 0.3
    ) -> bool:
        """Place a road user at road coordinates if there is room.

        Args:
            look: what it is.
            s: along the road.
            t: left of its middle.
            turn: heading against the road's, in radians.
            speed: in m/s.
            margin: free space to keep around it, in metres.

        Returns:
            whether there was room.
        """
        x, y, yaw = self._pose(s, t, turn)
        if not self._occupancy.take(x, y, *look.size[:2], yaw, margin):
            return False
        z = float(self.terrain.height(np.array(x), np.array(y)))
        self._actors.append(Actor(**vars(look), x=x, y=y, z=z, yaw=yaw, speed=speed))
        return True

    def reserve_road(self, reach: float) -> None:
        """Keep the lanes free of everything placed later, from ``-reach`` to ``reach`` metres."""
        width = 2 * self.terrain.lanes * self.terrain.lane_width
        self._occupancy.reserve(self._strip(-reach, reach, 0.0, 0.0, (0.0, width)))

    def take_path(
        self,
        size: tuple[float, float, float],
        path: tuple[float, float],
        t: float,
        turn: float = 0.0,
        margin: float = 0.3,
    ) -> bool:
        """Take the ground that something needs while it moves along the road, if it is free.

        Args:
            size: its length, width and height in metres.
            path: from where to where its middle moves along the road.
            t: left of the road's middle.
            turn: its heading against the road's, in radians.
            margin: free space to keep around it, in metres.

        Returns:
            whether it was free, and is taken now.
        """
        start, end = sorted(path)
        return self._occupancy.take_all(self._strip(start, end, t, turn, size[:2]), margin)

    def _strip(
        self, start: float, end: float, t: float, turn: float, size: tuple[float, float]
    ) -> np.ndarray:
        """Cover a strip along the road, which bends, by rectangles (N, 5)."""
        step = (end - start) / max(1, round((end - start) / 5))
        middles = np.arange(start, end, step) + step / 2 if step else np.array([start])
        length, width = size[0] + step, size[1]
        poses = [self._pose(s, t, turn) for s in middles]
        return np.array([(x, y, length, width, yaw) for x, y, yaw in poses])

    def add_prop(
        self,
        shape: str,
        size: tuple[float, float, float],
        s: float,
        t: float,
        turn: float = 0.0,
        tone: float = 0.4,
        color: tuple[float, float, float] = (0.6, 0.6, 0.6),
        foot: tuple[float, float] | None = None,
    ) -> bool:
        """Place a thing that is not annotated, sunk a little into the ground.

        Args:
            shape: its name in the catalogue.
            size: length, width and height in metres.
            s: along the road.
            t: left of its middle.
            turn: direction against the road's, in radians.
            tone: reflectance of its tinted surfaces.
            color: their colour, RGB in 0..1.
            foot: length and width that it needs on the ground; default all of its size.

        Returns:
            whether there was room.
        """
        x, y, yaw = self._pose(s, t, turn)
        if not self._occupancy.take(x, y, *(foot or size[:2]), yaw):
            return False
        z = float(self.terrain.height(np.array(x), np.array(y))) - 0.05 * min(size[2], 6.0)
        self._props.append(Item(shape, x, y, z, yaw, size, tone, color))
        return True

    def _pose(self, s: float, t: float, turn: float) -> tuple[float, float, float]:
        x, y = self.terrain.from_road(np.array(s), np.array(t))
        return float(x), float(y), float(self.terrain.road_yaw(np.array(s)) + turn)

    def scene(self) -> Scene:
        """Give the scene as it stands."""
        return Scene(self.terrain, tuple(self._actors), tuple(self._props))
