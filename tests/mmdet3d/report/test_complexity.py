"""Parameters and multiply-adds of detectors, by stage and by the paper's count."""

import numpy as np
import pytest
import torch
from support import shrink, shrink_nuscenes, shrink_point_rcnn

from mmdet3d.report import format_complexity, measure_complexity, measure_published_complexity
from mmdet3d.report.complexity import Complexity, Stage
from mmdet3d.report.plain_scan import plain_scan
from mmdet3d.utils.config import load_config

PILLARS = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class'
SECOND = 'configs/second/hv_second_secfpn_6x8_80e_kitti-3d-3class'
POINT_RCNN = 'configs/point_rcnn/point_rcnn_2x8_kitti-3d-3classes'
NUSCENES = 'configs/pointpillars/hv_pointpillars_fpn_sbn-all_4x8_2x_nus-3d.py'

STAGES = ['voxel_layer', 'voxel_encoder', 'middle_encoder', 'backbone', 'neck', 'bbox_head']

SMALL = {
    'pillars': (f'{PILLARS}.py', {**shrink.small_scene(), **shrink.widths(4)}),
    'second': (f'{SECOND}.py', {**shrink.small_second_scene(), **shrink.second_widths(4)}),
    'nuscenes': (NUSCENES, {**shrink_nuscenes.small_scene(), **shrink_nuscenes.widths(4)}),
    'point_rcnn': (
        f'{POINT_RCNN}.py',
        {**shrink_point_rcnn.small_scene(), **shrink_point_rcnn.widths(4)},
    ),
}


def small(name: str):
    return load_config(*SMALL[name])


# Every figure of the column is in docs/analysis.md.
@pytest.mark.parametrize(
    'config, of_the_paper',
    [
        (f'{PILLARS}.py', 34.3),
        (f'{PILLARS}_student_16x.py', 2.5),
        (f'{SECOND}_student_16x.py', 4.6),
        (f'{POINT_RCNN}_student_16x.py', 7.1),
    ],
)
def test_the_papers_count_gives_its_f_column_to_the_digit(config, of_the_paper):
    counted = measure_published_complexity(load_config(config)).multiply_adds / 1e9
    assert f'{counted:.1f}' == str(of_the_paper)


@pytest.mark.parametrize('name', ['pillars', 'second', 'nuscenes'])
def test_stages_are_named_as_in_the_config_and_make_up_the_whole(name):
    found = measure_complexity(small(name))
    assert [stage.name for stage in found.stages] == STAGES
    assert found.multiply_adds == sum(stage.multiply_adds for stage in found.stages)
    by_name = {stage.name: stage for stage in found.stages}
    assert by_name['voxel_layer'].multiply_adds == 0 == by_name['voxel_layer'].parameters
    assert all(by_name[stage].multiply_adds > 0 for stage in ('backbone', 'neck', 'bbox_head'))
    assert (by_name['middle_encoder'].multiply_adds > 0) == (name == 'second')
    assert measure_complexity(small(name)) == found


def test_a_head_without_a_forward_of_its_own_is_a_stage_too():
    found = measure_complexity(small('point_rcnn'))
    assert [stage.name for stage in found.stages] == ['backbone', 'neck', 'rpn_head', 'roi_head']
    assert all(stage.multiply_adds > 0 and stage.parameters > 0 for stage in found.stages)


def test_no_random_state_is_touched():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    measure_complexity(small('pillars'))
    assert torch.equal(torch.rand(2), expected)


def test_a_cloud_that_is_given_is_counted_on(kitti_sample):
    frame = kitti_sample / 'training' / 'velodyne' / '000008.bin'
    on_file = measure_complexity(small('second'), frame)
    on_array = measure_complexity(small('second'), np.fromfile(frame, np.float32).reshape(-1, 4))
    generated = measure_complexity(small('second'))
    assert on_file == on_array != generated
    assert on_file.parameters == generated.parameters


@pytest.mark.parametrize('columns', [4, 5, 6])
def test_a_generated_cloud_is_one_of_a_scanner(columns):
    cloud = plain_scan(columns)
    assert cloud.dtype == np.float32 and cloud.shape[1] == columns
    assert 15_000 < len(cloud) < 35_000 and np.isfinite(cloud).all()
    assert np.array_equal(plain_scan(columns), cloud)
    for count in (7, len(cloud), 50_000):
        assert plain_scan(columns, count).shape == (count, columns)


def test_the_table_has_a_row_for_each_stage_and_their_sum():
    measured = Complexity((Stage('bbox_head', 1_234_567, 2e9), Stage('neck', 1000, 5e8)))
    published = Complexity((Stage('bbox_head', 1_234_567, 3e9), Stage('neck', 1000, 0.0)))
    head, _, *rows = format_complexity(measured, published).splitlines()
    assert head.startswith('| stage | parameters (M) | multiply-adds (G) |')
    assert rows == [
        '| bbox head | 1.235 | 2.000 | 3.000 |',
        '| neck | 0.001 | 0.500 | 0.000 |',
        '| total | 1.236 | 2.500 | 3.000 |',
    ]


@pytest.mark.gpu
@pytest.mark.parametrize('name', list(SMALL))
def test_stages_count_alike_on_a_gpu(name, monkeypatch):
    on_gpu = measure_complexity(small(name)), measure_published_complexity(small(name))
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    assert on_gpu == (measure_complexity(small(name)), measure_published_complexity(small(name)))
