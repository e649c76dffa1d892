"""Test a detector from its config and checkpoint."""

from collections.abc import Sequence
from typing import Any

import mmcv
from mmcv.runner import get_dist_info
from torch import nn

from mmcv_patched.full_disk import atomic_write
from mmcv_patched.messages import begin_work
from mmcv_patched.parallel import MMDataParallel
from mmdet3d.apis.agreement import check_agreement
from mmdet3d.apis.class_names import check_checkpoint_classes
from mmdet3d.apis.environment import set_up_device, set_up_processes
from mmdet3d.apis.evaluation import build_tested, check_evaluation, check_format, parts_of
from mmdet3d.apis.settings import config_stem, fill_in_settings
from mmdet3d.apis.speed_options import set_speed_options
from mmdet3d.datasets.pictures import draw_frames, view_of
from mmdet3d.models import build_model
from mmdet3d.utils.checkpoint import load_weights
from mmdet3d.utils.writable import prepare_file, prepare_folder
from mmdet_patched.apis import build_test_loader, multi_gpu_test, single_gpu_test

__all__ = ['multi_gpu_test', 'run_test', 'single_gpu_test']


def run_test(
    cfg: mmcv.Config,
    checkpoint: str,
    metrics: str | list[str] | None = None,
    out: str | None = None,
    format_only: bool = False,
    options: dict[str, Any] | None = None,
    launcher: str = 'none',
    show_dir: str | None = None,
    **speed_options: Any,
) -> dict | None:
    """Do what ``tools/test.py`` is for.

    What cannot be done with the detections is refused before there are any.

    Args:
        cfg: the config, from a file or not; ``cfg.data.test`` is tested.
        checkpoint: the weights.
        metrics: metrics to evaluate, as the data set knows them.
        out: file to write the detections to, as a pickle.
        format_only: write the detections in the data set's own format instead of evaluating.
        options: arguments for the data set's ``evaluate`` or ``format_results``; for the latter by
            default a ``submission_prefix`` below work_dirs.
        launcher: 'none' or 'pytorch'.
        show_dir: folder to write a picture of each frame to, with its detections.
        **speed_options: ``fuse_conv_bn``, ``channels_last`` and ``precision``, see
            :func:`mmdet3d.apis.speed_options.set_speed_options`.

    Returns:
        the figures of the evaluation, in the first process.

    Raises:
        ValueError: if there is nothing to do, ``out`` is no pickle's name, a metric or an option is
            unknown, a setting is not what it can be, two settings disagree, or the checkpoint has
            the classes in another order.
        NotImplementedError: if the data set has no evaluation, or no format.
        KeyError: if frames to be evaluated have no annotations.
        OSError: if something cannot be written where it should.
    """
    if not (metrics or out or format_only or show_dir):
        raise ValueError('nothing to do: give metrics, out, format_only or show_dir')
    if out is not None:
        _check_out(out)
    fill_in_settings(cfg)
    check_agreement(cfg, ('test',))
    set_up_processes(cfg)
    distributed = set_up_device(cfg, launcher)
    cfg.model.train_cfg = None
    dataset = build_tested(cfg)
    written = options or {'submission_prefix': f'work_dirs/{config_stem(cfg)}/submission'}
    if metrics:
        check_evaluation(dataset, metrics, options or {})
    if format_only:
        check_format(dataset, written)
    if show_dir is not None:
        prepare_folder(show_dir, 'show_dir')
    outputs = _detect(cfg, dataset, checkpoint, distributed, speed_options)
    rank, _ = get_dist_info()
    if rank != 0:
        return None
    if out is not None:
        with atomic_write(out) as file:
            mmcv.dump(outputs, file, file_format='pkl')
    if format_only:
        dataset.format_results(outputs, **written)
        print(f'Detections written: {written}')
    if show_dir is not None:
        _show(cfg, dataset, outputs, show_dir)
    return dataset.evaluate(outputs, metric=metrics, **(options or {})) if metrics else None


def _check_out(out: str) -> None:
    if not str(out).endswith(('.pkl', '.pickle')):
        raise ValueError(f'out={out}: the detections are written as a pickle, name it *.pkl')
    prepare_file(out, 'out')


def _detect(
    cfg: mmcv.Config, dataset: Any, checkpoint: str, distributed: bool, speed_options: dict
) -> Any:
    """Detect objects in all frames; gives None in all processes but the first."""
    settings = {
        'workers_per_gpu': cfg.data.get('workers_per_gpu', 2),
        **cfg.data.get('test_dataloader', {}),
    }
    data_loader = build_test_loader(dataset, cfg, distributed, settings)
    model = load_detector(cfg, checkpoint, dataset.CLASSES, **speed_options)
    test = multi_gpu_test if distributed else single_gpu_test
    begin_work()
    return test(model, data_loader)


def load_detector(
    cfg: mmcv.Config, checkpoint: str, classes: Sequence[str], **speed_options: Any
) -> MMDataParallel:
    """Build the detector of a config with its weights, wrapped to detect on the config's device.

    Args:
        cfg: the config.
        checkpoint: the weights.
        classes: names of the data set's classes, in label order.
        **speed_options: see :func:`mmdet3d.apis.speed_options.set_speed_options`.

    Raises:
        FileNotFoundError: if there is no such checkpoint.
        ValueError: if its weights are another network's, or it has the classes in another order.
    """
    model: nn.Module = build_model(cfg.model)
    meta = load_weights(model, checkpoint)
    check_checkpoint_classes(checkpoint, meta.get('CLASSES'), classes)
    model = set_speed_options(model.to(cfg.device), **speed_options)
    return MMDataParallel(model, mixed_precision=bool(cfg.get('fp16')))


def _show(cfg: mmcv.Config, dataset: Any, outputs: list[dict], show_dir: str) -> None:
    """Draw all frames, those of several data sets into folders of their own."""
    parts, start = parts_of(dataset), 0
    for number, part in enumerate(parts):
        folder = show_dir if len(parts) == 1 else f'{show_dir}/{number}'
        found = outputs[start : start + len(part)]
        draw_frames(part, found, folder, view=view_of(cfg, part))
        start += len(part)
