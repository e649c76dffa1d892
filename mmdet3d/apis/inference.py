"""Detect objects in single clouds."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import mmcv
import numpy as np
import torch
from mmcv.parallel import collate
from torch import nn

from mmcv_patched.parallel import to_device
from mmdet3d.apis.agreement import check_agreement
from mmdet3d.apis.class_names import check_checkpoint_classes, config_classes
from mmdet3d.core.bbox import get_box_type
from mmdet3d.core.points import LiDARPoints
from mmdet3d.datasets.pipelines import Compose
from mmdet3d.models import build_model
from mmdet3d.utils.checkpoint import load_weights
from mmdet3d.utils.config import load_config


def init_model(
    config: str | Path | mmcv.Config, checkpoint: str | None = None, device: str | None = None
) -> nn.Module:
    """Build a detector, ready to detect.

    Args:
        config: a config file, or a config, from a file or not.
        checkpoint: its weights; None leaves them as initialised.
        device: where to run, by default a GPU where there is one.

    Returns:
        the detector in eval mode, with its config as ``cfg`` and the names of its classes, as the
        checkpoint or else the config has them, as ``CLASSES``.

    Raises:
        ValueError: if two settings disagree, or the checkpoint has the config's classes in another
            order.
    """
    cfg = config if isinstance(config, mmcv.Config) else load_config(config)
    check_agreement(cfg, ('test',))
    model_cfg = deepcopy(cfg.model)
    model_cfg.train_cfg = None
    model = build_model(model_cfg)
    meta = load_weights(model, checkpoint) if checkpoint is not None else {}
    classes = config_classes(cfg)
    check_checkpoint_classes(str(checkpoint), meta.get('CLASSES'), classes)
    model.CLASSES = tuple(meta.get('CLASSES') or classes or ())
    model.cfg = cfg
    return model.to(device or ('cuda' if torch.cuda.is_available() else 'cpu')).eval()


@torch.no_grad()
def inference_detector(model: nn.Module, pcd: str | Path | np.ndarray) -> tuple[list[dict], dict]:
    """Detect objects in one cloud; for detectors of several sweeps, in the latest one alone.

    Args:
        model: a detector from :func:`init_model`.
        pcd: a file of points, or points of shape (P, C) in the sensor's coordinates, with the
            columns of such a file.

    Returns:
        the detections, as a list with one dict of ``boxes_3d``, ``scores_3d`` and ``labels_3d``
        (under ``pts_bbox`` for ``MVXFasterRCNN``), and the batch that the detector was given.
    """
    cfg: Any = model.cfg
    steps = list(cfg.data.test.pipeline)
    box_type, box_mode = get_box_type(cfg.data.test.get('box_type_3d', 'LiDAR'))
    sample: dict[str, Any] = {
        'box_type_3d': box_type,
        'box_mode_3d': box_mode,
        'sweeps': [],
        'timestamp': 0.0,
        **{key: [] for key in ('img_fields', 'bbox3d_fields', 'pts_mask_fields', 'pts_seg_fields')},
        **{key: [] for key in ('bbox_fields', 'mask_fields', 'seg_fields')},
    }
    if isinstance(pcd, np.ndarray):
        steps = steps[1:]  # the first step would load the points
        points = torch.tensor(pcd, dtype=torch.float32)  # a copy, for steps that write into it
        sample['points'] = LiDARPoints(points, points_dim=pcd.shape[1])
    else:
        sample['pts_filename'] = str(pcd)
    batch = collate([Compose(steps)(sample)], samples_per_gpu=1)
    batch = to_device(batch, next(model.parameters()).device)
    return model(return_loss=False, rescale=True, **batch), batch
