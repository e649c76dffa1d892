"""Drawing a whole scene."""

import numpy as np

from mmdet3d.synthetic.world.districts import choose_district, choose_terrain
from mmdet3d.synthetic.world.placing import Site
from mmdet3d.synthetic.world.scene import Scene
from mmdet3d.synthetic.world.surroundings import add_surroundings
from mmdet3d.synthetic.world.traffic import add_traffic


def random_scene(rng: np.random.Generator) -> Scene:
    """Draw a scene around the car.

    Args:
        rng: the only source of chance: the same state gives the same scene.
    """
    district = choose_district(rng)
    site = Site(choose_terrain(rng, district), rng)
    add_traffic(site, district)
    add_surroundings(site, district)
    return site.scene()
