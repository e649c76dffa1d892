"""Which figures are compared, from what the data sets' own evaluations give."""

import pytest

from mmdet3d.core.evaluation import figure_names
from mmdet3d.report.gain.measures import measure_of

CLASSES = ('Pedestrian', 'Cyclist', 'Car')


@pytest.mark.parametrize('branch', ['', 'pts_bbox/'])
def test_kitti_is_compared_by_means_over_the_classes(branch):
    figures = {f'{branch}{name}': 0.0 for name in figure_names(CLASSES)}
    for i, name in enumerate(CLASSES):
        figures[f'{branch}KITTI/{name}_BEV_AP40_moderate_strict'] = 10.0 * i
        figures[f'{branch}KITTI/{name}_3D_AP40_moderate_strict'] = 4.0
        figures[f'{branch}KITTI/{name}_BEV_AP40_moderate_loose'] = 30.0 + i
        figures[f'{branch}KITTI/{name}_3D_AP40_moderate_loose'] = 3.0 * i
    assert measure_of('KittiDataset').summarise(figures, CLASSES) == pytest.approx(
        {'BEV strict': 10, '3D strict': 4, 'BEV loose': 31, '3D loose': 3, 'mean of four': 12}
    )


def test_nuscenes_is_compared_by_map_and_nds():
    figures = {'pts_bbox_NuScenes/car_AP_dist_0.5': 1, 'pts_bbox_NuScenes/mATE': 0.5}
    figures |= {'pts_bbox_NuScenes/mAP': 0.25, 'pts_bbox_NuScenes/NDS': 0.375}
    found = measure_of('NuScenesDataset').summarise(figures, ['car'])
    assert found == {'mAP': 25, 'NDS': 37.5}


def test_a_data_set_without_chosen_figures_is_named():
    with pytest.raises(ValueError, match=r"ConcatDataset.*expected one of \['KittiDataset', "):
        measure_of('ConcatDataset')
