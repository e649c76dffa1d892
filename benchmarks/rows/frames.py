"""Networks and frames that the rows on whole detectors share."""

from typing import Any

import torch

from benchmarks.rows.row import DEVICE, matrix_rate
from mmdet3d.apis import init_model
from mmdet3d.apis.inference import make_batch
from mmdet3d.datasets import build_dataset
from mmdet3d.models import build_model
from mmdet3d.report.multiply_adds import count_multiply_adds
from mmdet3d.utils.config import load_config

PILLARS = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class'
SECOND = 'configs/second/hv_second_secfpn_6x8_80e_kitti-3d-3class'
SIZES = {'teacher': '', '4x': '_student_4x', '16x': '_student_16x'}


def first_cloud(data: str) -> str:
    """Return the file of the first frame of validation.

    Args:
        data: folder written by tools/create_data.py.
    """
    dataset = build_dataset(load_config(f'{PILLARS}.py', data_root=data).data.val)
    return dataset.get_data_info(0)['pts_filename']


def detector(config: str, **options: Any) -> Any:
    """Build a detector of drawn weights, the same in every call.

    Args:
        config: its config.
        **options: see :func:`mmdet3d.apis.init_model`.
    """
    torch.manual_seed(0)
    return init_model(config, **options)


def multiply_adds(config: str, cloud: str) -> float:
    """Count those of a detector on a cloud."""
    model = detector(config)
    return count_multiply_adds(model, make_batch(model, cloud))


def limit(operations: float, low: bool = False) -> float:
    """Return the milliseconds that multiply-adds take at the rate of a large matrix product.

    Args:
        operations: the multiply-adds.
        low: at the rate of the device's low precision.
    """
    lowest = torch.float16 if torch.cuda.is_available() else torch.bfloat16
    dtype = lowest if low else torch.float32
    return operations / max(matrix_rate(dtype, 2048) for _ in range(3))


def training_batch(config: str, data: str) -> dict:
    """Return the first two frames of training, with its augmentation, on the device."""
    from mmcv.parallel import collate

    from mmcv_patched.parallel import unpack

    dataset = build_dataset(load_config(config, data_root=data).data.train)
    return unpack(collate([dataset[0], dataset[1]], samples_per_gpu=2), DEVICE)


def in_training(config: str) -> Any:
    """Build a detector as training has it, on the device."""
    torch.manual_seed(0)
    return build_model(load_config(config).model).train().to(DEVICE)
