"""PointRCNN's teacher, from the points of a frame to boxes."""

from functools import cache
from unittest import mock

import torch
from torch import Tensor

from benchmarks.rows.row import DEVICE, Row, matrix_rate, milliseconds, peak_memory
from mmdet3d.core.bbox import LiDARInstance3DBoxes
from mmdet3d.models import build_model
from mmdet3d.models.layers import set_abstraction
from mmdet3d.models.roi_heads.bbox_heads import point_rcnn_bbox_head
from mmdet3d.report.multiply_adds import count_multiply_adds
from mmdet3d.report.plain_scan import plain_scan
from mmdet3d.utils.config import load_config

CONFIG = 'configs/point_rcnn/point_rcnn_2x8_kitti-3d-3classes.py'
POINTS = 16384


@cache
def prepare() -> tuple[torch.nn.Module, dict]:
    """Return the teacher, with weights as it is built, and a made-up frame."""
    torch.manual_seed(0)
    cloud = torch.from_numpy(plain_scan(4))
    cloud = cloud[torch.randperm(len(cloud))[:POINTS]].to(DEVICE)
    meta = {'box_type_3d': LiDARInstance3DBoxes}
    model = build_model(load_config(CONFIG).model).eval().to(DEVICE)
    return model, {'points': [[cloud]], 'img_metas': [[meta]]}


@torch.no_grad()
def shipped() -> Tensor:
    """Detect; return the boxes."""
    model, batch = prepare()
    (found,) = model(return_loss=False, rescale=True, **batch)
    return found['boxes_3d'].tensor


def plain() -> Tensor:
    """Detect with each group's points through every layer, a convolution and a normalisation."""
    with (
        mock.patch.object(set_abstraction, 'row_layers', lambda network: None),
        mock.patch.object(point_rcnn_bbox_head, 'row_layers', lambda network: None),
    ):
        return shipped()


def rows() -> list[Row]:
    """Measure a frame.

    Raises:
        AssertionError: if the two versions find other boxes.
    """
    torch.testing.assert_close(shipped(), plain(), rtol=1e-3, atol=1e-3)
    return [
        Row(
            f'PointRCNN teacher, {POINTS:,} points to boxes',
            milliseconds(plain, 3),
            milliseconds(shipped, 3),
            peak_memory('point_rcnn', 'plain()'),
            peak_memory('point_rcnn', 'shipped()'),
            count_multiply_adds(*prepare()) / matrix_rate(),
        )
    ]
