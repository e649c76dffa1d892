"""Logs of training runs, of this project, of mmdetection3d and of the released PointDistiller."""

from mmdet3d.report.logs.figure_names import canonical_name
from mmdet3d.report.logs.reading import read_log
from mmdet3d.report.logs.records import Evaluation, Log, Step

__all__ = ['Evaluation', 'Log', 'Step', 'canonical_name', 'read_log']
