"""The figures shown once a dataset is converted."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmdet3d.datasets.kitti.frames import FrameResult


@dataclass
class CreationSummary:
    """What was converted.

    Attributes:
        out_dir: where the files are.
        frames: frames per split.
        objects: objects per class in the training and validation frames.
        database: objects per class in the database.
        num_points: points of all raw clouds, and of all reduced ones.
    """

    out_dir: Path
    frames: dict[str, int]
    objects: dict[str, int]
    database: dict[str, int]
    num_points: tuple[int, int]

    def __str__(self) -> str:
        raw, reduced = self.num_points
        lines = [
            f'Written to {self.out_dir}:',
            f'  frames    {_listing(self.frames)}',
            f'  objects   {_listing(self.objects)}',
            f'  database  {_listing(self.database)}',
            f'  points    {raw}, of which {reduced} in view of the camera',
        ]
        return '\n'.join(lines)


def summarise(
    out_dir: Path,
    chosen: dict[str, list[FrameResult]],
    database: dict[str, list[dict[str, Any]]],
    results: list[FrameResult],
) -> CreationSummary:
    """Count what was converted.

    Args:
        out_dir: where the files are.
        chosen: the frames of each split.
        database: the entries of the object database under their class names.
        results: all frames, each once.

    Returns:
        the figures to show.
    """
    names = [name for member in chosen['trainval'] for name in member.info['annos']['name']]
    return CreationSummary(
        out_dir,
        frames={split: len(members) for split, members in chosen.items()},
        objects=dict(Counter(map(str, names))),
        database={name: len(entries) for name, entries in database.items()},
        num_points=(
            sum(result.num_points[0] for result in results),
            sum(result.num_points[1] for result in results),
        ),
    )


def _listing(counts: dict[str, int]) -> str:
    return ', '.join(f'{name} {count}' for name, count in counts.items()) or 'none'
