"""Small detectors whose weights make detections, for export; and how close two results are."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from mmdet3d.apis import inference_detector, init_model
from mmdet3d.export.detector import OnnxDetector
from mmdet3d.utils.config import load_config
from support import shrink, shrink_nuscenes
from support.weights import seed_weights

PILLARS = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class_student_16x.py'
FPN = 'configs/pointpillars/hv_pointpillars_fpn_sbn-all_4x8_2x_nus-3d.py'
SECOND = 'configs/second/hv_second_secfpn_6x8_80e_kitti-3d-3class_student_16x.py'


def small(config: str = PILLARS) -> torch.nn.Module:
    """A shrunk detector with seeded weights, in whose results boxes of all classes overlap."""
    shrunk = {
        PILLARS: {**shrink.small_scene(), **shrink.widths(8), 'model.test_cfg.nms_thr': 0.1},
        FPN: {**shrink_nuscenes.small_scene(), **shrink_nuscenes.widths(4)},
        SECOND: {**shrink.small_second_scene(), **shrink.second_widths(4)},
    }
    model = seed_weights(init_model(load_config(config, shrunk[config]), device='cpu')).eval()
    if config == FPN:
        # Its features grow from level to level: scores of 1 would leave open which are the best.
        for layer in (model.bbox_head.conv_cls, model.bbox_head.conv_reg):
            layer.weight.data *= 0.02
    return model


def save(model: Any, folder: Path) -> None:
    """Write a detector as ``config.py`` and ``weights.pth``, which carries its config too."""
    model.cfg.dump(str(folder / 'config.py'))
    meta = {'config': model.cfg.pretty_text, 'CLASSES': model.CLASSES}
    torch.save({'state_dict': model.state_dict(), 'meta': meta}, folder / 'weights.pth')


def largest_difference(model: torch.nn.Module, exported: Path, clouds: list[Any]) -> float:
    """How far boxes and scores of a model are from those of its detector, which are not none.

    Classes, numbers and order have to be the same.
    """
    detector, differences = OnnxDetector(exported, threads=1), []
    for cloud in clouds:
        result = inference_detector(model, cloud)[0][0]
        expected, found = result.get('pts_bbox', result), detector.detect(cloud)
        assert found.labels.tolist() == expected['labels_3d'].tolist() != []
        boxes, scores = expected['boxes_3d'].tensor.numpy(), expected['scores_3d'].numpy()
        differences += [np.abs(found.boxes - boxes).max(), np.abs(found.scores - scores).max()]
    return max(differences)
