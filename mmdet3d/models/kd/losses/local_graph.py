"""The loss of PointDistiller: local distillation with reweighted learning."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from mmcv_patched.precision import in_float32
from mmdet3d.models.kd.adapters import FUSE_MODES, GraphAdapter
from mmdet3d.models.kd.layouts import as_rows, frames_of
from mmdet3d.models.kd.loss import KD_LOSSES, FeatureKind, KDBatch, KDLoss
from mmdet3d.models.kd.pairs import fits_pairs, make_norm, make_pairs
from mmdet3d.ops import smallest_of_rows
from mmdet3d.ops.pair_graphs import pair_distance, pair_maxima
from mmdet3d.utils.kd_utils import (
    SAMPLE_MODES,
    graph_distance,
    nearest_neighbours,
    nearest_neighbours_in_frame,
    sample_by_importance,
    softmax_weights,
)

# The released code spells it so.
_FUSE_ALIASES = {'idendity': 'identity'}


class Neighbourhoods(NamedTuple):
    """Which of a batch's R voxels, points or cells are compared, and by which features.

    Attributes:
        importance: how important each is, of shape (R,).
        centres: indices of those sampled, of shape (N,).
        neighbours: indices of the K neighbours of each of them, of shape (N, K).
        teacher: the teacher's features, of shape (R, teacher_channels).
        student: the student's, of shape (R, student_channels).
        score: what the sampled ones weigh by, of shape (N,); None for the teacher's graphs.
        groups: in how many parts of equal length, one after the other, they are weighed.
    """

    importance: Tensor
    centres: Tensor
    neighbours: Tensor
    teacher: Tensor
    student: Tensor
    score: Tensor | None
    groups: int


class LocalGraphs(NamedTuple):
    """What :class:`LocalGraph` compares on a batch of R voxels, points or cells, N of them sampled.

    Attributes:
        importance: how important each is, of shape (R,).
        centres: indices of those sampled, of shape (N,).
        neighbours: indices of the K neighbours of each of them, of shape (N, K).
        teacher: the teacher's graphs, of shape (N, C') or (N, C', K).
        student: the student's, of the same shape.
        weights: weight of each graph in the loss, of shape (N,); they average 1.
    """

    importance: Tensor
    centres: Tensor
    neighbours: Tensor
    teacher: Tensor
    student: Tensor
    weights: Tensor


@KD_LOSSES.register_module()
class LocalGraph(KDLoss):
    """Compare the neighbourhoods of important voxels, points or cells in teacher and student.

    From "PointDistiller" (arXiv 2205.11098), sections 3.2 and 3.3. The importance of a voxel is the
    number of its points, and weighs it too. Points and the cells of a map are as important as the
    teacher's feature is strong in any channel, and weigh by the largest value of its graph.

    Args:
        teacher_channels: width of the teacher's feature.
        student_channels: width of the student's feature.
        num_voxels: N, how many voxels of the batch are distilled, or points or cells of each cloud.
        kneighbours: K, the size of a neighbourhood.
        temperature: of the softmax that weighs them, over the batch's voxels or over the points or
            cells of each cloud.
        compression_ratio: how much smaller the student is, which makes the graph
            ``teacher_channels / sqrt(compression_ratio)`` wide; without it, as wide as the student.
        out_channels: width of the graph, instead of that.
        sample_mode: which voxels, the most important ('top'), the least ('bottom'), half of each
            ('mixed') or any ('rand').
        fuse_mode: what of a neighbour enters the graph, its feature ('identity') or its
            difference to the centre's ('sub').
        pool_mode: 'max' takes the maximum over the K neighbours before comparing, 'none' does not.
        reweight: 'softmax' as in the paper, or 'none' for equal weights.
        scope: where neighbours are sought: 'batch' among all clouds, 'frame' in the same one.
        local: compare neighbourhoods; False compares each voxel's own feature alone, as if it were
            its only neighbour (the paper's ablation without local distillation).
        loss_weight: factor of this loss.

    Raises:
        ValueError: if an option is not one of those allowed.
    """

    takes = frozenset({FeatureKind.VOXELS, FeatureKind.POINTS, FeatureKind.MAPS})
    choices = {
        'sample_mode': SAMPLE_MODES,
        'fuse_mode': (*FUSE_MODES, *_FUSE_ALIASES),
        'pool_mode': ('none', 'max'),
        'reweight': ('softmax', 'none'),
        'scope': ('batch', 'frame'),
    }
    positive = ('num_voxels', 'kneighbours', 'temperature', 'compression_ratio', 'out_channels')

    def __init__(
        self,
        teacher_channels: int,
        student_channels: int,
        num_voxels: int = 6000,
        kneighbours: int = 128,
        temperature: float = 1e-2,
        compression_ratio: float | None = None,
        out_channels: int | None = None,
        sample_mode: str = 'top',
        fuse_mode: str = 'identity',
        pool_mode: str = 'none',
        reweight: str = 'softmax',
        scope: str = 'batch',
        local: bool = True,
        loss_weight: float = 2.0,
    ) -> None:
        super().__init__(
            teacher_channels,
            student_channels,
            num_voxels=num_voxels,
            kneighbours=kneighbours,
            temperature=temperature,
            compression_ratio=compression_ratio,
            out_channels=out_channels,
            sample_mode=sample_mode,
            fuse_mode=fuse_mode,
            pool_mode=pool_mode,
            reweight=reweight,
            scope=scope,
            local=local,
            loss_weight=loss_weight,
        )
        self.num_voxels = num_voxels
        self.kneighbours = kneighbours
        self.temperature = temperature
        self.sample_mode = sample_mode
        self.pool_mode = pool_mode
        self.reweight = reweight
        self.scope = scope
        self.local = local
        self.loss_weight = loss_weight
        if out_channels is None and compression_ratio is not None:
            out_channels = int(teacher_channels / math.sqrt(compression_ratio))
        out_channels = out_channels or student_channels
        fuse_mode = _FUSE_ALIASES.get(fuse_mode, fuse_mode)
        self.teacher_gcn_adapt = GraphAdapter(teacher_channels, out_channels, fuse_mode)
        self.student_gcn_adapt = GraphAdapter(student_channels, out_channels, fuse_mode)

    @in_float32
    def forward(self, student: Tensor, teacher: Tensor, batch: KDBatch) -> Tensor:
        """Return the loss, a scalar.

        Args:
            student: the student's features, of shape (M, student_channels) for the voxels of a
                batch, or (B, student_channels, ...) for B clouds of points or maps.
            teacher: the teacher's features, likewise.
            batch: for voxels, the number of points in each and the cloud that it belongs to.
        """
        found = self._neighbourhoods(student, teacher, batch)
        if found is None:
            return 0 * (student.sum() + sum(each.sum() for each in self.parameters()))
        if self.pool_mode == 'none' and fits_pairs(self._adapters, found.teacher):
            return self.loss_weight * self._distance_of_pairs(found)
        graphs = self._compare(found)
        return self.loss_weight * graph_distance(graphs.teacher, graphs.student, graphs.weights)

    def graphs(self, student: Tensor, teacher: Tensor, batch: KDBatch) -> LocalGraphs | None:
        """Return what is compared; None where there is no neighbourhood to compare.

        Args:
            student: see :meth:`forward`.
            teacher: likewise.
            batch: likewise.

        Raises:
            ValueError: if the batch does not say the importance of voxels and their clouds.
        """
        found = self._neighbourhoods(student, teacher, batch)
        return self._compare(found) if found else None

    @property
    def _adapters(self) -> tuple[GraphAdapter, GraphAdapter]:
        return self.teacher_gcn_adapt, self.student_gcn_adapt

    def _neighbourhoods(
        self, student: Tensor, teacher: Tensor, batch: KDBatch
    ) -> Neighbourhoods | None:
        teacher = teacher.detach()
        importance, frames, groups = batch.importance, batch.frames, 1
        if student.ndim > 2:
            by_frame = teacher.flatten(2).amax(dim=1)
            importance, frames, groups = by_frame.flatten(), frames_of(teacher, batch), len(teacher)
            centres = self._sample_each_frame(by_frame)
            student, teacher = as_rows(student), as_rows(teacher)
            score = None
        else:
            if importance is None or frames is None:
                raise ValueError('LocalGraph on voxels needs KDBatch.importance and frames')
            importance = importance.to(student)
            centres = sample_by_importance(importance, self.num_voxels, self.sample_mode)
            score = importance[centres]
        neighbours = self._neighbours(teacher, centres, frames)
        if neighbours.numel() < 2:
            return None  # normalisation over one pair has no variance
        return Neighbourhoods(importance, centres, neighbours, teacher, student, score, groups)

    def _compare(self, found: Neighbourhoods) -> LocalGraphs:
        teacher = self._graph(self.teacher_gcn_adapt, found.teacher, found)
        student = self._graph(self.student_gcn_adapt, found.student, found)
        score = found.score if found.score is not None else teacher.flatten(1).amax(dim=1)
        weights = self._weights(score, found.groups)
        return LocalGraphs(*found[:3], teacher, student, weights)

    def _distance_of_pairs(self, found: Neighbourhoods) -> Tensor:
        """Compute the same in less time and memory, without the graphs in memory."""
        features = found.teacher, found.student
        pairs = make_pairs(self._adapters, features, found.centres, found.neighbours)
        norm = make_norm(self._adapters, pairs)
        score = found.score if found.score is not None else pair_maxima(pairs, norm)
        return pair_distance(pairs, norm, self._weights(score, found.groups))

    def _sample_each_frame(self, importance: Tensor) -> Tensor:
        """Sample from each of B clouds with importance (B, L); return indices into all B * L."""
        return torch.cat(
            [
                sample_by_importance(each, self.num_voxels, self.sample_mode) + i * len(each)
                for i, each in enumerate(importance)
            ]
        )

    def _weights(self, score: Tensor, groups: int) -> Tensor:
        if self.reweight == 'none':
            return torch.ones_like(score)
        return softmax_weights(score.view(groups, -1), self.temperature).flatten()

    def _neighbours(self, teacher: Tensor, centres: Tensor, frames: Tensor) -> Tensor:
        if not self.local:
            return centres[:, None]
        if self.scope == 'frame' and len(centres):
            where = self.kneighbours, frames.long()
            return nearest_neighbours_in_frame(teacher, centres, *where, smallest_of_rows)
        return nearest_neighbours(teacher, centres, self.kneighbours, smallest_of_rows)

    def _graph(self, adapter: GraphAdapter, features: Tensor, found: Neighbourhoods) -> Tensor:
        graph = adapter(features, found.centres, found.neighbours)
        return graph.amax(dim=2) if self.pool_mode == 'max' else graph
