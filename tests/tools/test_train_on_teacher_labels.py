"""Ground truth written as a teacher's labels is trained on as ground truth, by the real tool."""

import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from support import shrink, shrink_nuscenes
from support.tooling import run, training_lines

from mmdet3d.apis.settings import format_config
from mmdet3d.datasets import KittiDataset, NuScenesDataset
from mmdet3d.utils.config import load_config

CONFIGS = 'configs/pointpillars/hv_pointpillars_'
KITTI = f'{CONFIGS}secfpn_6x8_160e_kitti-3d-3class.py'
NUSCENES = f'{CONFIGS}fpn_sbn-all_4x8_2x_nus-3d.py'
MEASURED = ('time', 'data_time', 'memory')


def steps(root: Path, config: str, work_dir: Path, options: dict, *where: str) -> list[dict]:
    """Train an epoch; the lines of the log without what depends on the clock."""
    common = {**shrink.small_batches(), 'runner.max_epochs': 1, 'log_config.interval': 1}
    arguments = [*where, '--cfg-options', *shrink.as_arguments({**common, **options})]
    names = ['--work-dir', str(work_dir), '--seed', '0', '--no-validate']
    run(sys.executable, 'tools/train.py', config, *names, *arguments, root=root)
    lines = training_lines(work_dir)
    return [{k: v for k, v in line.items() if k not in MEASURED} for line in lines]


def as_teacher(objects: dict, boxes: np.ndarray, scores: str, ignored: str) -> None:
    objects['gt_bboxes_3d'] = boxes
    objects[scores] = np.ones(len(boxes))
    objects[ignored] = np.zeros(len(boxes), dtype=bool)


def kitti_by_teacher(source: Path, target: Path) -> None:
    """Copy an info file, with the boxes that its data set gives as a detector's."""
    infos = pickle.loads(source.read_bytes())
    dataset = KittiDataset(str(source.parent), str(source), 'training', test_mode=True)
    for index, info in enumerate(infos):
        annos = info['annos']
        boxes = np.zeros((len(annos['name']), 7), dtype=np.float32)
        boxes[annos['name'] != 'DontCare'] = dataset.get_ann_info(index)['gt_bboxes_3d'].tensor
        as_teacher(annos, boxes, 'score', 'ignored')
    target.write_bytes(pickle.dumps(infos))


def nuscenes_by_teacher(source: Path, target: Path) -> None:
    content = pickle.loads(source.read_bytes())
    dataset = NuScenesDataset(str(source), test_mode=True)
    of_token = {info['token']: index for index, info in enumerate(dataset.data_infos)}
    for info in content['infos']:
        index = of_token[info['token']]
        seen = dataset._kept(info)
        boxes = np.zeros((len(seen), 9), dtype=np.float32)
        boxes[:, 3:6] = 1
        boxes[seen] = dataset.get_ann_info(index)['gt_bboxes_3d'].tensor
        as_teacher(info, boxes, 'gt_scores', 'gt_ignored')
    target.write_bytes(pickle.dumps(content))


@pytest.fixture(scope='module')
def kitti_files(kitti_data) -> tuple[Path, Path]:
    """Info files of ground truth, and of the same as a teacher's labels."""
    truth, by_teacher = (kitti_data / f'kitti_infos_{name}.pkl' for name in ('trainval', 'teacher'))
    kitti_by_teacher(truth, by_teacher)
    return truth, by_teacher


def small_kitti() -> dict:
    return {**shrink.small_scene(), **shrink.widths(8), **shrink.ranges(KITTI)}


def test_kitti_gives_the_same_losses_to_the_digit(repo_root, kitti_data, kitti_files, tmp_path):
    found = [
        steps(
            repo_root,
            KITTI,
            tmp_path / file.stem,
            {**small_kitti(), 'data.train.times': 1, 'data.train.dataset.ann_file': str(file)},
            *('--data-root', str(kitti_data)),
        )
        for file in kitti_files
    ]
    assert len(found[0]) == 3 and all(line['loss'] > 0 for line in found[0])
    assert found[0] == found[1]


def test_both_are_mixed_from_one_folder(repo_root, kitti_data, kitti_files, tmp_path):
    cfg = load_config(KITTI, small_kitti())
    parts = [{**cfg.data.train.dataset, 'ann_file': f'data/kitti/{f.name}'} for f in kitti_files]
    cfg.data.train = dict(type='MixedDataset', datasets=parts, ratio=[1, 2], length=8)
    config = tmp_path / 'mixed.py'
    config.write_text(format_config(cfg))
    lines = steps(repo_root, str(config), tmp_path, {}, '--data-root', str(kitti_data))
    assert len(lines) == 4 and all(0 < line['loss'] < 1e4 for line in lines)


def test_nuscenes_gives_the_same_losses_to_the_digit(
    repo_root, nuscenes_root, nuscenes_data, tmp_path
):
    truth = nuscenes_data / 'nuscenes_infos_train.pkl'
    by_teacher = nuscenes_data / 'nuscenes_infos_teacher.pkl'
    nuscenes_by_teacher(truth, by_teacher)
    options = {
        **shrink_nuscenes.small_scene(),
        **shrink_nuscenes.widths(8),
        **shrink.ranges(NUSCENES, shrink_nuscenes.RANGE),
    }
    where = ['--data-root', str(nuscenes_root), '--infos', str(nuscenes_data)]
    found = [
        steps(
            repo_root,
            NUSCENES,
            tmp_path / file.stem,
            {**options, 'data.train.ann_file': str(file)},
            *where,
        )
        for file in (truth, by_teacher)
    ]
    assert len(found[0]) > 0 and all(line['loss'] > 0 for line in found[0])
    assert found[0] == found[1]
