"""What is written of a teacher's labels: info file, database of objects, report."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from mmcv_patched.full_disk import atomic_write
from mmdet3d.apis.label_parts import Detections, Parts
from mmdet3d.apis.label_places import Places
from mmdet3d.apis.label_thresholds import Thresholds
from mmdet3d.datasets.custom_3d import Custom3DDataset
from mmdet3d.datasets.files import dump_pickle
from mmdet3d.datasets.key_clouds import key_cloud
from mmdet3d.datasets.object_files import group_by_class, write_objects
from mmdet3d.datasets.teacher_detections import TeacherLabels
from mmdet3d.on_cpu.points_in_boxes import points_in_boxes


@dataclass
class LabelSummary:
    """What was written.

    Attributes:
        places: where the files are.
        thresholds: the scores that were asked for.
        frames: frames that are labelled.
        empty: those of them without an object.
        failed: why other frames could not be labelled, by their names.
        labels: the labels of each frame.
        written: the files.
    """

    places: Places
    thresholds: Thresholds
    frames: int = 0
    empty: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    labels: list[TeacherLabels] = field(default_factory=list)
    written: list[Path] = field(default_factory=list)

    def add(self, labels: TeacherLabels) -> None:
        """Count a frame."""
        self.frames += 1
        self.empty += bool(labels.ignored.all())
        self.labels.append(labels)

    def by_class(self) -> dict[str, dict[str, Any]]:
        """Count of each class its objects and ignored regions, and give the objects' mean score."""
        classes = np.concatenate([each.labels for each in self.labels])
        ignored = np.concatenate([each.ignored for each in self.labels])
        scores = np.concatenate([each.scores for each in self.labels])
        counts = {}
        for label, name in enumerate(self.thresholds.classes):
            found = scores[(classes == label) & ~ignored].astype(np.float64)
            counts[name] = {
                'objects': len(found),
                'ignored': int(np.count_nonzero((classes == label) & ignored)),
                'mean_score': round(float(found.mean()), 4) if len(found) else None,
            }
        return counts

    def __str__(self) -> str:
        lines = [f'  {name}: {_in_words(count)}' for name, count in self.by_class().items()]
        lines.append(f'Written: {", ".join(map(str, self.written))}')
        lines.append('docs/teacher_labels.md has the config lines to train on them')
        head = f'Labelled {self.frames} frames, {self.empty} of them without objects:'
        return '\n'.join([head, *lines])


def _in_words(count: Mapping[str, Any]) -> str:
    score = f' (mean score {count["mean_score"]})' if count['objects'] else ''
    return f'{count["objects"]} objects{score}, {count["ignored"]} ignored'


def write_labels(
    dataset: Custom3DDataset,
    parts: Parts,
    thresholds: Thresholds,
    places: Places,
    with_database: bool,
    source: Mapping[str, Any],
    failed: Mapping[str, str],
) -> LabelSummary:
    """Write all files from the detections.

    Args:
        dataset: the frames.
        parts: the detections of those that are labelled.
        thresholds: from which scores on they count.
        places: where to write.
        with_database: write the objects too.
        source: what the labels are from, for the report.
        failed: why the other frames are not labelled, by their names.

    Returns:
        what was written.
    """
    summary = LabelSummary(places, thresholds, failed=dict(failed))
    infos: list[dict[str, Any]] = []
    entries: list[dict[str, Any]] = []
    if with_database:
        # Of earlier labels.
        shutil.rmtree(places.objects, ignore_errors=True)
        places.objects.mkdir()
    for index in tqdm(sorted(parts.frames), desc='write', unit='frame'):
        points = key_cloud(dataset, index)
        labels, inside = labels_of(parts.frames[index], points, thresholds, dataset.LEARNS_UNSEEN)
        infos.append(dataset.info_with_labels(index, labels))
        summary.add(labels)
        if with_database:
            entries += _write_objects(dataset, index, infos[-1], labels, points, inside, places)
    if with_database:
        dump_pickle(places.database, group_by_class(entries))
    _write_report(summary, source)
    dump_pickle(places.infos, dataset.info_content(infos))
    summary.written = [places.infos, places.report, *([places.database] * with_database)]
    return summary


def labels_of(
    found: Detections, points: np.ndarray, thresholds: Thresholds, learns_unseen: bool
) -> tuple[TeacherLabels, np.ndarray]:
    """Make labels of a frame's detections: objects, and regions to be ignored.

    In a cloud without points there are none.

    Args:
        found: the detections, see :func:`detection_arrays`.
        points: the frame's own cloud, of shape (M, 3 or more).
        thresholds: from which scores on they count.
        learns_unseen: whether objects without a point in them are learnt; else they are ignored.

    Returns:
        the N labels, and whether a point lies in a box, bool of shape (M, N).
    """
    keep = found['scores'] >= thresholds.ignore[found['labels']]
    keep &= len(points) > 0
    boxes, scores, labels = (found[key][keep] for key in ('boxes', 'scores', 'labels'))
    inside = points_in_boxes(points, boxes[:, :7])
    num_points = inside.sum(axis=0, dtype=np.int64)
    ignored = scores < thresholds.score[labels]
    if not learns_unseen:
        ignored = ignored | (num_points == 0)
    return TeacherLabels(boxes, scores, labels, ignored, num_points), inside


def _write_objects(
    dataset: Custom3DDataset,
    index: int,
    info: Mapping[str, Any],
    labels: TeacherLabels,
    points: np.ndarray,
    inside: np.ndarray,
    places: Places,
) -> list[dict[str, Any]]:
    """Write the objects that can be pasted: certain ones, with points."""
    rows = np.flatnonzero(~labels.ignored & (labels.num_points > 0))
    # What an image does not grade is easy.
    difficulty = info.get('annos', {}).get('difficulty', np.zeros(len(labels.scores), np.int32))
    objects = {
        'name': np.array(dataset.CLASSES)[labels.labels[rows]],
        'gt_idx': rows,
        'box3d_lidar': labels.boxes[rows],
        'difficulty': difficulty[rows],
        'score': labels.scores[rows],
    }
    frame = dataset.get_data_info(index)['sample_idx']
    # By its number, as ids of frames may hold what names of files may not.
    prefix = f'{places.objects.name}/{index:06d}'
    return write_objects(places.infos.parent, prefix, frame, objects, points, inside[:, rows])


def _write_report(summary: LabelSummary, source: Mapping[str, Any]) -> None:
    content = {
        **source,
        **summary.thresholds.by_name(),
        'frames': summary.frames,
        'frames_without_objects': summary.empty,
        'classes': summary.by_class(),
        'failed_frames': summary.failed,
    }
    with atomic_write(summary.places.report) as file:
        file.write(f'{json.dumps(content, indent=1)}\n'.encode())
