"""Test a detector from its config and checkpoint."""

from typing import Any

import mmcv
from mmcv.runner import get_dist_info

from mmcv_patched.parallel import MMDataParallel
from mmdet3d.apis.agreement import check_agreement
from mmdet3d.apis.class_names import check_checkpoint_classes
from mmdet3d.apis.environment import set_up_device, set_up_processes
from mmdet3d.apis.settings import config_stem, fill_in_settings
from mmdet3d.datasets import build_dataset
from mmdet3d.models import build_model
from mmdet3d.utils.checkpoint import load_weights
from mmdet_patched.apis import build_test_loader, multi_gpu_test, single_gpu_test

__all__ = ['multi_gpu_test', 'run_test', 'single_gpu_test']


def run_test(
    cfg: mmcv.Config,
    checkpoint: str,
    metrics: list[str] | None = None,
    out: str | None = None,
    format_only: bool = False,
    options: dict[str, Any] | None = None,
    launcher: str = 'none',
) -> dict | None:
    """Do what ``tools/test.py`` is for.

    Args:
        cfg: the config, from a file or not; ``cfg.data.test`` is tested.
        checkpoint: the weights.
        metrics: metrics to evaluate, as the data set knows them.
        out: file to write the detections to, as a pickle.
        format_only: write the detections in the data set's own format instead of evaluating.
        options: arguments for the data set's ``evaluate`` or ``format_results``; for the latter by
            default a ``submission_prefix`` below work_dirs.
        launcher: 'none' or 'pytorch'.

    Returns:
        the figures of the evaluation, in the first process.

    Raises:
        ValueError: if ``out`` is no pickle's name, a setting is not what it can be, two settings
            disagree, or the checkpoint has the classes in another order.
    """
    if out is not None and not out.endswith(('.pkl', '.pickle')):
        raise ValueError(f'out={out}: the detections are written as a pickle, name it *.pkl')
    fill_in_settings(cfg)
    check_agreement(cfg, ('test',))
    set_up_processes(cfg)
    distributed = set_up_device(cfg, launcher)
    cfg.model.train_cfg = None
    dataset = build_dataset(cfg.data.test, {'test_mode': True})
    data_loader = build_test_loader(
        dataset,
        cfg,
        distributed,
        {
            'workers_per_gpu': cfg.data.get('workers_per_gpu', 2),
            **cfg.data.get('test_dataloader', {}),
        },
    )
    model = build_model(cfg.model)
    meta = load_weights(model, checkpoint)
    check_checkpoint_classes(checkpoint, meta.get('CLASSES'), dataset.CLASSES)
    model = MMDataParallel(model.to(cfg.device), mixed_precision=bool(cfg.get('fp16')))
    test = multi_gpu_test if distributed else single_gpu_test
    outputs = test(model, data_loader)
    rank, _ = get_dist_info()
    if rank != 0:
        return None
    if out is not None:
        mmcv.dump(outputs, out)
    if format_only:
        options = options or {'submission_prefix': f'work_dirs/{config_stem(cfg)}/submission'}
        dataset.format_results(outputs, **options)
        print(f'Detections written: {options}')
    if metrics:
        return dataset.evaluate(outputs, metric=metrics, **(options or {}))
    return None
