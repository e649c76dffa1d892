"""A world under construction."""

import numpy as np

from mmdet3d.synthetic.nuscenes.looks import choose_look
from mmdet3d.synthetic.nuscenes.world import Track
from mmdet3d.synthetic.world.placing import Site


class Builder:
    """A site, and the tracks placed on it.

    Attributes:
        site: keeps things from standing in one another.
        rng: decides everything drawn for this world.
        terrain: the ground.
        duration: seconds for which nothing shall collide.
        ego: the recording car's start along the road, its place left of the road's middle, and its
            speed.
        tracks: what is placed.
    """

    def __init__(self, site: Site, duration: float, ego: tuple[float, float, float]) -> None:
        self.site, self.rng, self.terrain = site, site.rng, site.terrain
        self.duration, self.ego = duration, ego
        self.tracks: list[Track] = []

    def add_driving(self, name: str, s: float, t: float, speed: float) -> float:
        """Place a vehicle in a lane; gives its length. The lanes are kept free for them."""
        look = choose_look(self.rng, name)
        cycle = look.category == 'vehicle.motorcycle'
        attribute = 'cycle.with_rider' if cycle else 'vehicle.moving'
        turn = (0.0 if speed > 0 else np.pi) + self.rng.normal(0, 0.01)
        # Trailers follow their trucks in a straight line.
        aside = 0.0 if name in ('truck', 'trailer', 'bus') else self.rng.normal(0, 0.08)
        middle = s + np.sign(speed) * look.size[0] / 2
        self.tracks.append(Track(look, middle, t + aside, turn, speed, attribute))
        return look.size[0]

    def add(
        self, name: str, s: float, t: float, turn: float, attribute: str, speed: float = 0.0
    ) -> bool:
        """Place an object beside the lanes if its way is free."""
        look = choose_look(self.rng, name)
        path = (s, s + speed * self.duration)
        if not self.site.take_path(look.size, path, t, turn, margin=0.15):
            return False
        self.tracks.append(Track(look, s, t, turn, speed, attribute))
        return True
