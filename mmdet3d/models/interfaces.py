"""What the parts of a detector on voxels have to offer each other, and what passes between them.

A part of a user's own needs no base class: it fits if it has these members. mmdetection3d's names
are kept.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

from torch import Tensor


class HeadOutputs(NamedTuple):
    """What a head predicts, before any loss or decoding, a list over its levels each.

    Attributes:
        cls_scores: class logits, of shape (B, A * num_classes, H, W) for the A anchors of each cell
            of a map, or (B, N, num_classes) for N points.
        bbox_preds: box residuals, of shape (B, A * code_size, H, W) or (B, N, code_size).
        dir_cls_preds: logits of the two directions of the heading, of shape (B, A * 2, H, W); None,
            or a list of None, where the head does not tell them.
    """

    cls_scores: list[Tensor]
    bbox_preds: list[Tensor]
    dir_cls_preds: list[Tensor | None] | None = None


@runtime_checkable
class VoxelEncoder(Protocol):
    """Gives every voxel one feature."""

    @property
    def out_channels(self) -> int:
        """Width of a voxel's feature."""

    def __call__(self, features: Tensor, num_points: Tensor, coors: Tensor) -> Tensor:
        """Return the features of the voxels, of shape (M, out_channels).

        Args:
            features: points of shape (M, P, C), zero where there is no point.
            num_points: number of points in each voxel, of shape (M,).
            coors: cells of shape (M, 4), as (sample, z, y, x).
        """


@runtime_checkable
class MiddleEncoder(Protocol):
    """Lays voxels out on a map of the ground."""

    @property
    def grid_shape(self) -> list[int]:
        """Cells that it has room for, along (z,) y and x."""

    def __call__(self, voxel_features: Tensor, coors: Tensor, batch_size: int) -> Tensor:
        """Return a map of shape (batch_size, C, H, W).

        Args:
            voxel_features: features of shape (M, C').
            coors: cells of shape (M, 4), as (sample, z, y, x).
            batch_size: number of samples, of which some may have no voxel.
        """


@runtime_checkable
class Neck(Protocol):
    """Brings the maps of a backbone to those that the head sees."""

    @property
    def level_channels(self) -> list[int]:
        """Width of each map that it returns."""

    def __call__(self, maps: Sequence[Tensor]) -> Sequence[Tensor]:
        """Return one map per level.

        Args:
            maps: maps of shape (B, C_i, H_i, W_i).
        """


@runtime_checkable
class Head(Protocol):
    """Predicts boxes from maps."""

    num_classes: int

    def __call__(self, feats: Sequence[Tensor]) -> HeadOutputs:
        """Return the predictions of each map."""

    def loss(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return the losses of a batch by name.

        Args:
            *args: the members of the outputs, then the objects of each sample, their labels, and
                the samples' meta information.
            **kwargs: further arguments of the head.
        """

    def get_bboxes(self, *args: Any, **kwargs: Any) -> list[tuple[Any, Tensor, Tensor]]:
        """Return boxes, scores and labels of each sample.

        Args:
            *args: the members of the outputs, then the samples' meta information.
            **kwargs: further arguments of the head.
        """


@runtime_checkable
class DistillationLoss(Protocol):
    """Compares what a student publishes with what its teacher publishes.

    :class:`mmdet3d.models.kd.KDLoss` is a base class for it.
    """

    takes: Any

    def __call__(self, student: Any, teacher: Any, batch: Any) -> Tensor:
        """Return the loss, a scalar.

        Args:
            student: the student's feature, of one of the kinds that ``takes`` names.
            teacher: the teacher's feature, of the same kind.
            batch: a :class:`mmdet3d.models.kd.KDBatch`.
        """
