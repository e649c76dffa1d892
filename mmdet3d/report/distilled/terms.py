"""What one term of the distillation does on one frame."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from mmdet3d.models.detectors.base import Base3DDetector
from mmdet3d.models.kd import KDBatch
from mmdet3d.models.kd.layouts import as_rows
from mmdet3d.models.kd.losses.local_graph import LocalGraphs
from mmdet3d.report.distilled.places import Places, places_of
from mmdet3d.report.distilled.students import Student

# Pairs of a centre and a neighbour are compared for so many centres at a time, to bound memory.
_CENTRES_AT_ONCE = 512


@dataclass(frozen=True)
class TermOnFrame:
    """What a term distils of a frame: N of R voxels, points or cells.

    Attributes:
        places: where all of them are.
        graphs: what is compared of those sampled.
        similarity: how much the student's local similarities differ from the teacher's, of shape
            (N,), see :func:`similarity_difference`.
    """

    places: Places
    graphs: LocalGraphs
    similarity: Tensor

    @property
    def distance(self) -> Tensor:
        """Mean square of teacher's less student's graph of each centre, of shape (N,)."""
        return (self.graphs.teacher - self.graphs.student).square().flatten(1).mean(dim=1)


@torch.no_grad()
def compare_on_frame(
    student: Student, teacher: Base3DDetector, batch: Mapping[str, Any], seed: int = 0
) -> dict[str, TermOnFrame]:
    """Run teacher and student on a frame, and compare what they publish.

    The two networks work as when they detect. The adapters normalise over the frame, as in training
    over the batch.

    Args:
        student: the student.
        teacher: the teacher.
        batch: a batch of one frame for testing, see :func:`mmdet3d.report.runs.load_batch`.
        seed: of what a term draws.

    Returns:
        by the names of the terms that compare neighbourhoods; without those that found nothing to
        compare.
    """
    model = student.model
    points, last = batch['points'][0], model.last_taught(teacher)
    taught = teacher.get_teacher_info(points, last=last)
    learnt = model.get_teacher_info(points, last=last)
    kd_batch = KDBatch(batch['img_metas'][0])
    if 'coors' in learnt:
        kd_batch = KDBatch(
            batch['img_metas'][0], importance=learnt['num_points'], frames=learnt['coors'][:, 0]
        )
    found = {}
    for name, loss in student.graph_losses.items():
        torch.manual_seed(seed)
        ours, theirs = model.kd_terms[name].pair(learnt, taught)
        graphs = loss.train().graphs(ours, theirs, kd_batch)
        if graphs is not None:
            places = places_of(model, model.kd_terms[name], learnt, ours)
            similarity = similarity_difference(as_rows(ours), as_rows(theirs), graphs)
            found[name] = TermOnFrame(places, graphs, similarity)
    return found


def similarity_difference(student: Tensor, teacher: Tensor, graphs: LocalGraphs) -> Tensor:
    """Compare the local similarities of two networks, whatever their widths.

    A student is narrower than its teacher, so its features cannot be subtracted; the adapters that
    make them comparable are learnt with the student and dropped from a published checkpoint. What
    both networks do have is how similar the feature of a voxel is to those of its neighbours, the
    local structure that the graphs hold: the cosine of the two features, which depends neither on
    the width nor on the scale of a network.

    Args:
        student: features of shape (R, C).
        teacher: features of shape (R, D).
        graphs: the N centres, and the K neighbours of each in the teacher's feature space.

    Returns:
        mean over the neighbours of the absolute difference of the two cosines, of shape (N,), from
        0 (alike) to 2.
    """
    pairs = zip(graphs.centres.split(_CENTRES_AT_ONCE), graphs.neighbours.split(_CENTRES_AT_ONCE))
    student, teacher = functional.normalize(student), functional.normalize(teacher)
    differences = [
        (_cosines(teacher, *each) - _cosines(student, *each)).abs().mean(dim=1) for each in pairs
    ]
    return torch.cat(differences)


def _cosines(unit: Tensor, centres: Tensor, neighbours: Tensor) -> Tensor:
    """Cosines of shape (N, K) of features of length 1, of centres (N,) and neighbours (N, K)."""
    return torch.einsum('nc,nkc->nk', unit[centres], unit[neighbours])


def as_array(values: Tensor) -> np.ndarray:
    """Give values as they are drawn."""
    return values.cpu().numpy()
