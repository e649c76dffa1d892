"""What is told of runs: their figures, tables, pictures and learning curves."""

from mmdet3d.report.comparison import compare_runs
from mmdet3d.report.complexity import (
    Complexity,
    format_complexity,
    measure_complexity,
    measure_published_complexity,
)
from mmdet3d.report.curves import draw_learning_curves, read_losses
from mmdet3d.report.multiply_adds import count_multiply_adds
from mmdet3d.report.runs import RunFigures, load_run_config, measure_run
from mmdet3d.report.tables import format_table

__all__ = [
    'Complexity',
    'RunFigures',
    'compare_runs',
    'count_multiply_adds',
    'draw_learning_curves',
    'format_complexity',
    'format_table',
    'load_run_config',
    'measure_complexity',
    'measure_published_complexity',
    'measure_run',
    'read_losses',
]
