"""``create_data.py kitti``: one process, a frame at a time."""

import tempfile
from pathlib import Path

from benchmarks.rows.made_up_kitti import FRAMES, raw_data
from benchmarks.rows.row import Row, milliseconds
from mmdet3d.datasets.kitti.frames import FrameJob, convert_frame


def shipped(database: str | None) -> None:
    """Convert every frame, with its objects if there is a database."""
    with tempfile.TemporaryDirectory() as folder:
        for index in range(FRAMES):
            convert_frame(FrameJob(raw_data(), Path(folder), 'training', f'{index:06d}', database))


def rows() -> list[Row]:
    """Measure with and without the database of objects."""
    work = {
        'infos and reduced clouds': None,
        'the same and the database of objects': 'kitti_gt_database',
    }
    return [
        Row(
            f'`create_data.py kitti`, a frame: {name}',
            None,
            milliseconds(lambda database=database: shipped(database), 3) / FRAMES,
        )
        for name, database in work.items()
    ]
