"""Anchors that no object of a class can be given are found before a run begins."""

import numpy as np
import pytest
from mmcv import Config
from support import shrink, shrink_nuscenes, shrink_point_rcnn
from torch.utils.data import ConcatDataset

from mmdet3d.apis.anchor_fit import check_anchor_fit
from mmdet3d.datasets import CBGSDataset, Custom3DDataset
from mmdet3d.datasets.files import dump_pickle
from mmdet3d.models import build_model

PILLARS = 'pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class_student_4x.py'
FPN = 'pointpillars/hv_pointpillars_fpn_sbn-all_4x8_2x_nus-3d.py'
POINTS = 'point_rcnn/point_rcnn_2x8_kitti-3d-3classes_student_8x.py'
SMALL = {
    PILLARS: {**shrink.small_scene(), **shrink.widths(4)},
    FPN: {**shrink_nuscenes.small_scene(), **shrink_nuscenes.widths(4)},
    POINTS: {**shrink_point_rcnn.small_scene(), **shrink_point_rcnn.widths(4)},
}
SIZES = {'Pedestrian': (0.8, 0.6), 'Cyclist': (1.8, 0.6), 'Car': (4.1, 1.7)}
KITTI = list(SIZES)


@pytest.fixture
def build(repo_root):
    """Builds a shipped detector with small layers, and other settings."""

    def make(config: str, **options):
        cfg = Config.fromfile(repo_root / 'configs' / config)
        cfg.merge_from_dict({**SMALL[config], **options})
        return build_model(cfg.model)

    return make


@pytest.fixture
def dataset(tmp_path):
    """Makes a data set with one object of each name in every frame."""

    def make(classes=KITTI, names=KITTI, unit: float = 1.0) -> Custom3DDataset:
        boxes = [[10, 0, -1.7, *np.multiply(SIZES[name], unit), 1.6, 0.3] for name in names]
        frame = {'gt_bboxes_3d': np.array(boxes), 'gt_names': np.array(names)}
        infos = [{'sample_idx': i, 'pts_path': f'{i}.bin', 'annos': frame} for i in range(3)]
        dump_pickle(tmp_path / 'infos.pkl', infos)
        return Custom3DDataset(str(tmp_path), str(tmp_path / 'infos.pkl'), classes=classes)

    return make


@pytest.mark.parametrize('config', [PILLARS, FPN, POINTS])
def test_the_shipped_anchors_fit_usual_objects(build, dataset, config):
    check_anchor_fit(build(config), dataset())


@pytest.mark.parametrize(
    'wrap', [lambda each: each, CBGSDataset, lambda each: ConcatDataset([each])]
)
def test_classes_in_another_order_than_the_anchors_are_refused(build, dataset, wrap):
    data = wrap(dataset(classes=['Car', 'Pedestrian', 'Cyclist']))
    expected = (
        r'objects of Car are 4.10 x 1.70 m \(length, width\), its anchors \[0.8, 0.6, 1.73\].*'
        r"order of the classes \['Car', 'Pedestrian', 'Cyclist'\]: \[\[3.9, 1.6, 1.56\], \[0.8"
    )
    with pytest.raises(ValueError, match=expected):
        check_anchor_fit(build(PILLARS), data)


@pytest.mark.parametrize('config', [PILLARS, FPN])
def test_another_unit_is_refused(build, dataset, config):
    with pytest.warns(UserWarning, match='centimetres'):
        data = dataset(unit=100)
    with pytest.raises(ValueError, match=r'are 80.00 x 60.00 m .*Give anchor_generator.sizes'):
        check_anchor_fit(build(config), data)


def test_one_class_that_is_not_learnt_is_warned_of(build, dataset):
    sizes = [[0.8, 0.6, 1.73], [1.76, 0.6, 1.73], [11.0, 2.9, 3.2]]
    model = build(PILLARS, **{'model.bbox_head.anchor_generator.sizes': sizes})
    with pytest.warns(UserWarning, match=r'objects of Car are 4.10 x 1.70 m .*none of the objects'):
        check_anchor_fit(model, dataset())


def test_a_class_without_objects_has_no_say(build, dataset):
    with pytest.warns(UserWarning, match="no object of .'Car'"):
        data = dataset(names=['Pedestrian', 'Cyclist'])
    sizes = [[0.8, 0.6, 1.73], [1.76, 0.6, 1.73], [40, 16, 1.56]]
    check_anchor_fit(build(PILLARS, **{'model.bbox_head.anchor_generator.sizes': sizes}), data)
