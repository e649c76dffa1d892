from pathlib import Path

import numpy as np
import pytest

from mmdet3d.synthetic import create_synthetic_kitti
from mmdet3d.synthetic.world.geometry import SceneGeometry
from mmdet3d.synthetic.world.scene import Actor, Scene
from mmdet3d.synthetic.world.terrain import SENSOR_HEIGHT, Terrain


@pytest.fixture(scope='session')
def synthetic_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of 12 training, 2 validation and 1 test frames."""
    root = tmp_path_factory.mktemp('synthetic') / 'kitti'
    create_synthetic_kitti(root, train=12, val=2, test=1, seed=7, workers=1)
    return root


@pytest.fixture(scope='session')
def flat() -> Terrain:
    """A level ground with a straight road of one lane each way."""
    return Terrain(
        offset=1.6,
        heading=0.0,
        curvature=0.0,
        lane_width=3.2,
        lanes=1,
        half_width=3.4,
        sidewalk=2.0,
        kerb=0.0,
        bank=0.0,
        tilt=(0.0, 0.0),
        waves=np.zeros((1, 4)),
        side_street=None,
    )


@pytest.fixture(scope='session')
def street(flat):
    """Builds a scene on the level ground from (x, y, yaw) of cars and from other things."""

    def build(*places: tuple[float, float, float], props: tuple = ()) -> SceneGeometry:
        size = (3.9, 1.6, 1.56)
        cars = [
            Actor('hatchback', x, y, -SENSOR_HEIGHT, yaw, size, category='Car')
            for x, y, yaw in places
        ]
        return SceneGeometry(Scene(flat, tuple(cars), tuple(props)))

    return build
