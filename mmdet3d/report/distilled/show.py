"""Draw what is distilled of frames, and how far a student is from its teacher."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mmcv
import numpy as np
import torch
from mmcv.utils import get_logger

from mmdet3d.apis import build_teacher
from mmdet3d.apis.agreement import check_agreement
from mmdet3d.core.visualizer import BoxLayer, ValuePanel, draw_values
from mmdet3d.datasets import Custom3DDataset
from mmdet3d.datasets.pictures import frame_name, truth_layer, view_of, without_labels
from mmdet3d.on_cpu.points_in_boxes import points_in_boxes
from mmdet3d.report.distilled.students import Student, build_student
from mmdet3d.report.distilled.terms import TermOnFrame, as_array, compare_on_frame
from mmdet3d.report.result_pictures import find_frame
from mmdet3d.report.runs import build_test_set, load_batch
from mmdet_patched.apis import seed_process

_DISTANCE = 'distance of the graphs, after the adapters'
_TIMES = 'before', 'after'
_SIMILARITY = 'difference of the similarities to the neighbours'


def show_distillation(
    cfg: mmcv.Config,
    out_dir: str | Path,
    checkpoint: str | Path | None = None,
    before: str | Path | None = None,
    teacher_config: str | None = None,
    teacher_checkpoint: str | None = None,
    frames: Sequence[str] = (),
    seed: int = 0,
) -> list[str]:
    """Draw what each term of ``kd_cfg`` that compares neighbourhoods does on frames.

    Writes ``FRAME_TERM_weights.png``: the importance of every voxel, point or cell, those sampled,
    and the weight that each has in the loss. With a ``checkpoint`` also how far the student is from
    its teacher before and after its training: ``FRAME_TERM_similarity.png``, the difference of
    local similarities, which can be compared whatever the widths, see ``similarity_difference`` in
    :mod:`mmdet3d.report.distilled.terms`; and where both have adapters of their own, which
    published checkpoints and students trained without a teacher have not,
    ``FRAME_TERM_distance.png``, what the loss weighs. The latter falls when the adapters learn to
    give the same everywhere, too.

    Args:
        cfg: the student's config; the frames are those of ``data.test``.
        out_dir: folder the pictures are written to.
        checkpoint: weights of the trained student; None draws the weights alone.
        before: weights to compare with, such as those of a student trained without a teacher; None
            takes a student that is not trained.
        teacher_config: config of the teacher, instead of ``cfg.teacher.config``.
        teacher_checkpoint: weights of the teacher, instead of ``cfg.teacher.checkpoint``.
        frames: names of the frames; the first one without any.
        seed: of what is drawn at random.

    Returns:
        lines that say the figures.

    Raises:
        FileNotFoundError: if a file does not exist.
        ValueError: if there is no such frame, or the networks cannot be compared.
    """
    check_agreement(cfg, ('test',))
    get_logger('mmcv').setLevel(logging.WARNING)  # it lists how every parameter was initialised
    teacher: Any = build_teacher(cfg, teacher_config, teacher_checkpoint)
    files = [before] if checkpoint is None else [before, checkpoint]
    students = [build_student(cfg, teacher, file, seed) for file in files]
    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    teacher.to(device)
    for student in students:
        student.model.to(device)
    dataset = build_test_set(cfg)
    lines = []
    for index in [find_frame(dataset, name) for name in frames or (None,)]:
        seed_process(seed)
        batch = load_batch(teacher, dataset, index)
        found = [compare_on_frame(student, teacher, batch, seed) for student in students]
        for term in found[-1]:
            of_term = [each[term] for each in found]
            scene = _Scene(cfg, dataset, index, term, Path(out_dir))
            lines.append(scene.draw_weights(students[-1], of_term[-1]))
            if len(students) > 1:
                lines += scene.draw_differences(students, of_term)
    return lines


class _Scene:
    """A frame on which a term is shown."""

    def __init__(
        self, cfg: mmcv.Config, dataset: Custom3DDataset, index: int, term: str, out_dir: Path
    ) -> None:
        self.frame, self.term = frame_name(dataset, index), term
        self.stem = out_dir / f'{self.frame}_{term}'
        self.view = view_of(cfg, dataset)
        self.layers: list[BoxLayer] = []
        if dataset.has_truth(index):
            self.layers = without_labels([truth_layer(dataset, index)])

    def draw_weights(self, student: Student, found: TermOnFrame) -> str:
        """Draw importance, samples and weights; give a line that says how they are spread."""
        xy, graphs = as_array(found.places.xy), found.graphs
        importance, centres = as_array(graphs.importance), as_array(graphs.centres)
        weights, unit = as_array(graphs.weights), found.places.importance
        others, kind = np.delete(xy, centres, axis=0), found.places.kind
        on_objects = self._share_on_objects(xy[centres], weights)
        count = f'{len(centres):,} of {len(xy):,} {kind}'
        note = '' if kind == 'voxels' or self._is_learnt(student) else ', untrained adapters'
        limits = float(importance.min()), float(importance.max())
        panels = [
            ValuePanel(f'importance of {len(xy):,} {kind}', xy, importance, unit),
            ValuePanel(
                f'sampled: {count}', xy[centres], importance[centres], unit, others, limits=limits
            ),
            ValuePanel(
                f'weight in the loss{on_objects}{note}',
                xy[centres],
                weights,
                'weight (mean 1)',
                others,
                logarithmic=True,
            ),
        ]
        path = self._draw(panels, found, 'weights')
        return f'{path}: {count} sampled; weight{on_objects or " of no known object"}{note}'

    def draw_differences(
        self, students: Sequence[Student], found: Sequence[TermOnFrame]
    ) -> list[str]:
        """Draw how far the students are from the teacher; give lines with the means."""
        values = [as_array(each.similarity) for each in found]
        lines = [self._draw_difference(students, found, values, 'similarity', _SIMILARITY)]
        if all(self.term in student.adapted for student in students):
            values = [as_array(each.distance) for each in found]
            lines.append(self._draw_difference(students, found, values, 'distance', _DISTANCE))
        return lines

    def _draw_difference(
        self,
        students: Sequence[Student],
        found: Sequence[TermOnFrame],
        values: Sequence[np.ndarray],
        name: str,
        unit: str,
    ) -> str:
        # A few stray ones are not to spoil the scale.
        limits = 0.0, float(np.percentile(np.concatenate(values), 99)) or 1.0
        panels = []
        for time, student, each, of_student in zip(_TIMES, students, found, values):
            xy, centres = as_array(each.places.xy), as_array(each.graphs.centres)
            others = np.delete(xy, centres, axis=0)
            title = time if student.is_trained else f'{time}, untrained'
            title += f': mean {of_student.mean():.3g}'
            panels.append(ValuePanel(title, xy[centres], of_student, unit, others, limits=limits))
        path = self._draw(panels, found[-1], name)
        return f'{path}: {unit}; {"; ".join(panel.title for panel in panels)}'

    def _is_learnt(self, student: Student) -> bool:
        return student.is_trained and self.term in student.adapted

    def _draw(self, panels: Sequence[ValuePanel], found: TermOnFrame, what: str) -> Path:
        title = f'frame {self.frame}, term {self.term}'
        path = f'{self.stem}_{what}.png'
        return draw_values(panels, self.layers, path, self.view, found.places.size, title)

    def _share_on_objects(self, xy: np.ndarray, weights: np.ndarray) -> str:
        """Say how much of all weight lies on the objects, seen from above."""
        if not self.layers or not len(self.layers[0].boxes):
            return ''
        boxes = self.layers[0].boxes.tensor[:, :7].cpu().numpy().copy()
        boxes[:, 2], boxes[:, 5] = -1, 2  # whatever their heights
        flat = np.column_stack([xy, np.zeros(len(xy))])
        inside = points_in_boxes(flat, boxes).any(axis=1)
        return f', {weights[inside].sum() / weights.sum():.0%} on objects'
