"""Detect objects in clouds from files or memory."""

from copy import deepcopy
from os import PathLike
from pathlib import Path
from typing import Any

import mmcv
import torch
from mmcv.parallel import collate
from torch import nn

from mmcv_patched.parallel import to_device
from mmdet3d.apis.agreement import check_agreement
from mmdet3d.apis.class_names import check_checkpoint_classes, config_classes
from mmdet3d.apis.speed_options import set_speed_options
from mmdet3d.clouds.plausibility import is_out_of_view, warn_out_of_view
from mmdet3d.core.bbox import get_box_type
from mmdet3d.core.points import LiDARPoints
from mmdet3d.datasets.pipelines import Compose, LoadPointsFromFile
from mmdet3d.models import build_model
from mmdet3d.utils.checkpoint import load_weights
from mmdet3d.utils.checkpoint_config import config_of_checkpoint
from mmdet3d.utils.config import load_config


def init_model(
    config: str | Path | mmcv.Config | None = None,
    checkpoint: str | Path | None = None,
    device: str | None = None,
    fuse_conv_bn: bool = False,
    channels_last: bool | None = None,
    precision: str | None = None,
) -> nn.Module:
    """Build a detector, ready to detect.

    Args:
        config: a config file, or a config, from a file or not; None for the one that the checkpoint
            carries, which is read as data and not executed.
        checkpoint: its weights; None leaves them as initialised.
        device: where to run, by default a GPU where there is one.
        fuse_conv_bn: let layers do the work of the normalisations that follow them.
        channels_last: lay maps out with the channels last; None where that is faster and exact.
        precision: what the network computes in, 'fp32', 'bf16' or, on a GPU, 'fp16'; None leaves it
            to the caller, who has 'fp32' if he does nothing.

    Returns:
        the detector in eval mode, with its config as ``cfg`` and the names of its classes, as the
        checkpoint or else the config has them, as ``CLASSES``.

    Raises:
        FileNotFoundError: if a file does not exist.
        RuntimeError: if the checkpoint is broken.
        ValueError: if two settings disagree, the checkpoint has the config's classes in another
            order, neither of the two has a config, or there is no such precision on the device.
    """
    cfg = _find_config(config, checkpoint)
    check_agreement(cfg, ('test',))
    model_cfg = deepcopy(cfg.model)
    model_cfg.train_cfg = None
    model = build_model(model_cfg)
    meta = load_weights(model, checkpoint) if checkpoint is not None else {}
    classes = config_classes(cfg)
    check_checkpoint_classes(str(checkpoint), meta.get('CLASSES'), classes)
    model.CLASSES = tuple(meta.get('CLASSES') or classes or ())
    model.cfg = cfg
    model = model.to(device or ('cuda' if torch.cuda.is_available() else 'cpu'))
    return set_speed_options(model, fuse_conv_bn, channels_last, precision)


def _find_config(
    config: str | Path | mmcv.Config | None, checkpoint: str | Path | None
) -> mmcv.Config:
    if isinstance(config, mmcv.Config):
        return config
    if config is not None:
        return load_config(config)
    if checkpoint is None:
        raise ValueError('neither config nor checkpoint was given: give one of them, or both')
    return config_of_checkpoint(checkpoint)


@torch.no_grad()
def inference_detector(model: nn.Module, pcd: Any) -> tuple[list[dict], dict]:
    """Detect objects in one cloud or several; for detectors of several sweeps, in the latest alone.

    Points from files and from memory are checked alike, and those that are not finite are dropped
    with a warning; what is given is left as it is.

    Args:
        model: a detector from :func:`init_model`.
        pcd: a cloud, or a list or tuple of them, which are one batch. A cloud is a file (``.bin``,
            ``.npy``, ``.pcd``, ``.ply``), or an array, a tensor or ``LiDARPoints`` of shape (P, C)
            in the sensor's coordinates, with the columns that the config loads.

    Returns:
        the detections, as a list with one dict of ``boxes_3d``, ``scores_3d`` and ``labels_3d``
        (under ``pts_bbox`` for ``MVXFasterRCNN``) for each cloud, and the batch that the detector
        was given.

    Raises:
        FileNotFoundError: if a file does not exist.
        TypeError: if a cloud is nothing of the above.
        ValueError: if its content is malformed or has other columns, or there is no cloud; of
            malformed content, its subclass ``DataFormatError``.
    """
    batch = make_batch(model, pcd)
    return model(return_loss=False, rescale=True, **batch), batch


def make_batch(model: nn.Module, pcd: Any) -> dict:
    """Prepare clouds as ``data.test.pipeline`` of a detector's config says.

    Args:
        model: a detector from :func:`init_model`.
        pcd: see :func:`inference_detector`, as for the errors.

    Returns:
        what the detector takes, on its device.
    """
    clouds = list(pcd) if isinstance(pcd, (list, tuple)) else [pcd]
    if not clouds:
        raise ValueError('no cloud was given; expected a file, an array, or a list of them')
    load, steps = split_pipeline(model.cfg)
    samples = [steps(_sample(model.cfg, load, cloud)) for cloud in clouds]
    batch = collate(samples, samples_per_gpu=len(samples))
    batch = to_device(batch, next(model.parameters()).device)
    _check_view(model, batch)
    return batch


def split_pipeline(cfg: Any) -> tuple[LoadPointsFromFile, Compose]:
    """Build the step of ``data.test.pipeline`` that loads points, and all that follows.

    Raises:
        ValueError: if it does not begin with ``LoadPointsFromFile``.
    """
    first, *others = Compose(cfg.data.test.pipeline).transforms
    if not isinstance(first, LoadPointsFromFile):
        raise ValueError(
            f'data.test.pipeline of the config begins with {type(first).__name__}; expected '
            'LoadPointsFromFile, which says what columns a cloud has'
        )
    return first, Compose(others)


def _sample(cfg: Any, load: LoadPointsFromFile, cloud: Any) -> dict[str, Any]:
    """Give what the pipeline makes of a frame when it has loaded the points."""
    box_type, box_mode = get_box_type(cfg.data.test.get('box_type_3d', 'LiDAR'))
    sample: dict[str, Any] = {
        'points': load.load(cloud),
        'box_type_3d': box_type,
        'box_mode_3d': box_mode,
        'sweeps': [],
        'timestamp': 0.0,
        **{key: [] for key in ('img_fields', 'bbox3d_fields', 'pts_mask_fields', 'pts_seg_fields')},
        **{key: [] for key in ('bbox_fields', 'mask_fields', 'seg_fields')},
    }
    if isinstance(cloud, (str, PathLike)):
        sample['pts_filename'] = str(cloud)
    return sample


def _check_view(model: nn.Module, batch: dict) -> None:
    """Warn of clouds that the pipeline lets through, but that the voxels do not cover."""
    voxels = getattr(model, 'voxel_layer', None)
    if voxels is None:
        return
    limits = voxels.point_cloud_range
    for points, meta in zip(batch['points'][0], batch['img_metas'][0]):
        inside = LiDARPoints(points, points_dim=points.shape[1]).in_range_3d(limits)
        if is_out_of_view(int(inside.sum()), len(points)):
            warn_out_of_view(points.cpu().numpy(), limits, meta.get('pts_filename'))
