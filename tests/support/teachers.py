"""Teachers that were not trained, for the labels that they give all the same."""

import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mmdet3d.apis.label import run_labelling
from mmdet3d.apis.label_files import LabelSummary, labels_of
from mmdet3d.apis.label_thresholds import Thresholds
from mmdet3d.datasets.custom_3d import Custom3DDataset
from mmdet3d.datasets.files import dump_pickle
from mmdet3d.datasets.key_clouds import key_cloud
from mmdet3d.datasets.teacher_detections import TeacherLabels, detection_arrays
from mmdet3d.utils.config import load_config
from support import shrink, shrink_nuscenes, shrink_point_rcnn
from support.run_folder import write_run
from support.weights import seeded_tensor

KITTI = 'configs/quickstart/pointpillars_3class.py'
POINT_RCNN = 'configs/point_rcnn/point_rcnn_2x8_kitti-3d-3classes.py'
NUSCENES = 'configs/pointpillars/hv_pointpillars_fpn_sbn-all_4x8_2x_nus-3d.py'


def kitti_teacher(folder: Path) -> Path:
    """Write a narrow PointPillars of three classes."""
    return _write(folder, KITTI, {**shrink.widths(8), **_few('model.test_cfg')})


def nuscenes_teacher(folder: Path) -> Path:
    """Write a narrow PointPillars-FPN of a small range, whose scores are about 0.5."""
    scene = {**shrink_nuscenes.small_scene(), **shrink_nuscenes.widths(8)}
    return write_run(folder, NUSCENES, {**scene, **_few('model.test_cfg.pts')})


def point_rcnn_teacher(folder: Path) -> Path:
    """Write a narrow PointRCNN on few points, which a test pipeline draws."""
    small = {**shrink_point_rcnn.small_scene(), **shrink_point_rcnn.widths(8)}
    return write_run(folder, POINT_RCNN, small)


def _few(section: str) -> dict[str, int]:
    """Let a detector give few boxes."""
    return {f'{section}.nms_pre': 60, f'{section}.max_num': 20}


def _write(folder: Path, config: str, options: dict[str, Any]) -> Path:
    """Write config and weights, whose scores are spread over 0 to 1."""
    write_run(folder, config, options)
    saved = torch.load(folder / 'latest.pth', weights_only=True)
    saved['state_dict'] = {
        name: seeded_tensor(name, value.shape, value.dtype)
        for name, value in saved['state_dict'].items()
    }
    torch.save(saved, folder / 'latest.pth')
    return folder


def label(
    teacher: Path,
    root: Path,
    out: Path,
    options: dict[str, Any] | None = None,
    infos: Path | None = None,
    **arguments: Any,
) -> LabelSummary:
    """Label the frames of data in ``root``, on the CPU, as the tool does."""
    (config,) = teacher.glob('*.py')
    cfg = load_config(config, {'device': 'cpu', **(options or {})}, root, infos)
    return run_labelling(cfg, str(teacher / 'latest.pth'), str(out), **arguments)


def copy_kitti(data: Path, folder: Path) -> Path:
    """Copy data in KITTI's layout, to be spoiled; ``four.pkl`` lists four labelled frames."""
    shutil.copytree(data, folder)
    dump_pickle(folder / 'four.pkl', read(folder / 'kitti_infos_trainval.pkl')[:4])
    return folder


def read(path: Path) -> Any:
    """Read a pickle."""
    return pickle.loads(path.read_bytes())


def as_labels(dataset: Custom3DDataset, index: int) -> TeacherLabels:
    """Give the trained objects of a frame as a perfect teacher finds them."""
    annos = dataset.get_ann_info(index)
    known = annos['gt_labels_3d'] >= 0
    boxes = annos['gt_bboxes_3d'][torch.from_numpy(known)]
    labels = torch.from_numpy(annos['gt_labels_3d'][known])
    found = {'boxes_3d': boxes, 'scores_3d': torch.ones(len(labels)), 'labels_3d': labels}
    ones = np.ones(len(dataset.CLASSES), dtype=np.float32)
    thresholds = Thresholds(tuple(dataset.CLASSES), ones, ones)
    points = key_cloud(dataset, index)
    return labels_of(detection_arrays(found), points, thresholds, learns_unseen=True)[0]
