"""PointRCNN by the real tools: train, distil, evaluate, detect."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from support import shrink, shrink_point_rcnn
from support.tooling import run, training_lines

from mmdet3d.apis import inference_detector, init_model

CONFIG = 'configs/point_rcnn/point_rcnn_2x8_kitti-3d-3classes.py'


def options(data: Path, channels: int, **more) -> list[str]:
    settings = {
        **shrink_point_rcnn.small_scene(),
        **shrink_point_rcnn.widths(channels),
        **shrink.data(str(data)),
        'runner.max_epochs': 2,
        'log_config.interval': 1,
        'evaluation.interval': 2,
        **more,
    }
    return ['--data-root', str(data), '--cfg-options', *shrink.as_arguments(settings)]


@pytest.fixture(scope='module')
def trained(repo_root, kitti_data, tmp_path_factory) -> Path:
    """The folder of a small detector, trained for two epochs and evaluated."""
    work_dir = tmp_path_factory.mktemp('point_rcnn')
    out = run(
        *(sys.executable, 'tools/train.py', CONFIG, '--work-dir', str(work_dir), '--seed', '0'),
        *options(kitti_data, 16),
        root=repo_root,
    )
    assert 'Car AP40@0.70, 0.70, 0.70:' in out
    return work_dir


def test_training_logs_the_losses_of_both_stages(trained):
    lines = training_lines(trained)
    assert len(lines) == 6
    for line in lines:
        names = ('bbox_loss', 'semantic_loss', 'loss_cls', 'loss_bbox', 'loss_corner')
        assert all(0 <= line[name] < 1e4 for name in names)
        assert line['loss'] == pytest.approx(sum(line[name] for name in names), rel=1e-3)


def test_the_trained_detector_is_evaluated(repo_root, kitti_data, trained):
    out = run(
        *(sys.executable, 'tools/test.py', CONFIG, str(trained / 'latest.pth'), '--eval', 'mAP'),
        *options(kitti_data, 16),
        root=repo_root,
    )
    assert re.search(r'Overall AP40@easy, moderate, hard:\nbbox AP40:\d', out)


def test_a_single_cloud_is_detected_in(kitti_sample, trained):
    model = init_model(trained / Path(CONFIG).name, trained / 'latest.pth', device='cpu')
    for cloud in (kitti_sample / 'training/velodyne/000008.bin', np.zeros((0, 4), np.float32)):
        (result,), _ = inference_detector(model, cloud)
        count = len(result['boxes_3d'])
        assert len(result['scores_3d']) == len(result['labels_3d']) == count


@pytest.mark.parametrize('ratio, channels', [(8, 6), (16, 4)])
def test_students_are_distilled(repo_root, kitti_data, trained, tmp_path, ratio, channels):
    student = CONFIG.replace('.py', f'_student_{ratio}x.py')
    run(
        *(sys.executable, 'tools/train.py', student, '--work-dir', str(tmp_path), '--seed', '0'),
        *('--use-kd', '--teacher-config', str(trained / Path(CONFIG).name)),
        *('--teacher-checkpoint', str(trained / 'latest.pth'), '--no-validate'),
        *options(kitti_data, channels),
        root=repo_root,
    )
    losses = [line['loss_kd'] for line in training_lines(tmp_path)]
    assert len(losses) == 6
    assert all(0 < loss < 1e4 for loss in losses)
