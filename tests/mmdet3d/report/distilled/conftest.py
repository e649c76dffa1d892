"""Small students of every detector, each with a teacher that is twice as wide."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import mmcv
import pytest
from support import shrink, shrink_nuscenes, shrink_point_rcnn
from support.run_folder import write_run

from mmdet3d.utils.config import load_config

POINT_PILLARS = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class'
SECOND = 'configs/second/hv_second_secfpn_6x8_80e_kitti-3d-3class'
POINT_RCNN = 'configs/point_rcnn/point_rcnn_2x8_kitti-3d-3classes'
NUSCENES = 'configs/pointpillars/hv_pointpillars_'
# Student, teacher, the scene they see, and how wide they are.
DETECTORS = {
    'PointPillars': (
        f'{POINT_PILLARS}_student_4x.py',
        f'{POINT_PILLARS}.py',
        shrink.small_scene,
        shrink.widths,
    ),
    'SECOND': (
        f'{SECOND}_student_4x.py',
        f'{SECOND}.py',
        shrink.small_second_scene,
        shrink.second_widths,
    ),
    'PointRCNN': (
        f'{POINT_RCNN}_student_8x.py',
        f'{POINT_RCNN}.py',
        shrink_point_rcnn.small_scene,
        shrink_point_rcnn.widths,
    ),
    'nuScenes': (
        f'{NUSCENES}secfpn_sbn-all_4x8_2x_nus-3d_student_4x.py',
        f'{NUSCENES}fpn_sbn-all_4x8_2x_nus-3d.py',
        shrink_nuscenes.small_scene,
        shrink_nuscenes.widths,
    ),
}
FEW = {'model.train_cfg.kd_cfg.num_voxels': 60, 'model.train_cfg.kd_cfg.kneighbours': 8}


class Pair(NamedTuple):
    """A student's config, which names its teacher, and where it can be run from."""

    cfg: mmcv.Config
    teacher: Path


@pytest.fixture(scope='session')
def pair_of(kitti_data, nuscenes_root, nuscenes_data, tmp_path_factory) -> Callable[[str], Pair]:
    """Make a student and its teacher, by the detector's name."""

    def make(name: str, width: int = 4) -> Pair:
        student, teacher, scene, widths = DETECTORS[name]
        where = {'data_root': kitti_data}
        if name == 'nuScenes':
            where = {'data_root': nuscenes_root, 'infos': nuscenes_data}
        folder = write_run(
            tmp_path_factory.mktemp(name), teacher, {**scene(), **widths(8)}, **where
        )
        named = {
            'teacher.config': str(folder / Path(teacher).name),
            'teacher.checkpoint': str(folder / 'latest.pth'),
        }
        options = {**scene(), **widths(width), **FEW, **named}
        return Pair(load_config(student, options, **where), folder)

    return make
