"""What is told of runs: their figures, tables and learning curves."""

from mmdet3d.report.curves import draw_learning_curves, read_losses
from mmdet3d.report.runs import RunFigures, count_multiply_adds, format_table, measure_run

__all__ = [
    'RunFigures',
    'count_multiply_adds',
    'draw_learning_curves',
    'format_table',
    'measure_run',
    'read_losses',
]
