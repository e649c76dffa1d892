"""Logs of training runs, of this project, of mmdetection3d and of the released PointDistiller."""

from mmdet3d.report.logs.figure_names import canonical_name
from mmdet3d.report.logs.reading import read_log
from mmdet3d.report.logs.records import Evaluation, Log, Step
from mmdet3d.report.logs.timing import Timing, format_time, measure_time

__all__ = [
    'Evaluation',
    'Log',
    'Step',
    'Timing',
    'canonical_name',
    'format_time',
    'measure_time',
    'read_log',
]
