"""What the tools call: train, test, detect."""

from mmdet3d.apis.inference import inference_detector, init_model
from mmdet3d.apis.teacher import build_teacher
from mmdet3d.apis.test import multi_gpu_test, run_test, single_gpu_test
from mmdet3d.apis.train import run_training, train_model
from mmdet3d.utils.moved import moved

__all__ = [
    'build_teacher',
    'inference_detector',
    'init_model',
    'multi_gpu_test',
    'run_test',
    'run_training',
    'single_gpu_test',
    'train_model',
]

__getattr__ = moved(
    __name__,
    dict.fromkeys(
        ('RunFigures', 'count_multiply_adds', 'format_table', 'measure_run'), 'mmdet3d.report'
    ),
)
