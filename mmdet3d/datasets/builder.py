"""Registries and builders of data sets.

Data sets and pipeline steps live in mmdet's registries, as mmdetection3d's do, and mmdet's builders
know its wrappers (``RepeatDataset``, ``ConcatDataset``, ``ClassBalancedDataset``, a list of
annotation files) already. Only the samplers of database objects need a registry of their own.
"""

from typing import Any

from mmcv.utils import Registry
from mmdet.datasets import builder as mmdet_builder
from mmdet.datasets.builder import DATASETS, PIPELINES, build_dataloader

from mmdet3d.utils.arguments import check_arguments
from mmdet3d.utils.registry import suggest_names

OBJECTSAMPLERS = Registry('Object sampler')

__all__ = ['DATASETS', 'OBJECTSAMPLERS', 'PIPELINES', 'build_dataloader', 'build_dataset']


def build_dataset(cfg: dict | list[dict], default_args: dict | None = None) -> Any:
    """Build a data set from its config, which chooses the class, by mmdet's builder.

    Args:
        cfg: config of a data set or of a wrapper, or a list of them to be joined.
        default_args: arguments that ``cfg`` need not repeat.

    Raises:
        KeyError: if a ``type`` is not registered; the message names close ones.
        TypeError: if a section has a key that its class does not take, or lacks one.
    """
    registries = DATASETS, PIPELINES, OBJECTSAMPLERS
    check_arguments('data', cfg, registries)
    with suggest_names(*registries):
        return mmdet_builder.build_dataset(cfg, default_args)
