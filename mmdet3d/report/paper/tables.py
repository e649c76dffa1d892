"""From the folders of runs to the tables that they fill."""

from collections.abc import Iterable
from pathlib import Path

from mmdet3d.report.paper.kitti import kitti_tables
from mmdet3d.report.paper.nuscenes import nuscenes_table
from mmdet3d.report.paper.rows import make_rows
from mmdet3d.report.paper.run import read_run
from mmdet3d.report.paper.table import Table


def make_tables(paths: Iterable[str | Path], metric: str = 'R40') -> list[Table]:
    """Make those of the paper's tables 1 to 5 for which there are runs.

    Args:
        paths: folders of runs, or single logs, in any order.
        metric: ``'R40'`` or ``'R11'``, the recalls that KITTI's average precisions are at.

    Raises:
        FileNotFoundError: if one holds no log, or several configs.
        ValueError: if a config cannot be read, or no run says what it was trained on.
    """
    runs = [read_run(path) for path in dict.fromkeys(Path(path).resolve() for path in paths)]
    rows = make_rows(runs, metric)
    on_nuscenes = [row for row in rows if row.is_nuscenes]
    on_kitti = [row for row in rows if not row.is_nuscenes and row.classes]
    tables = kitti_tables(on_kitti, metric)
    tables += [nuscenes_table(on_nuscenes)] if on_nuscenes else []
    if not tables:
        folders = ', '.join(str(run.folder) for run in runs)
        raise ValueError(
            f'no table can be made of {folders}: neither a config nor an evaluation says which '
            'classes were detected; give folders of tools/train.py'
        )
    return tables
