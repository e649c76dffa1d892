"""The contract of a distillation loss: what it is built from, what it takes, how it is called."""

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar

from mmcv.utils import Registry
from torch import Tensor, nn

from mmdet3d.models.kd.option_types import require_type

KD_LOSSES = Registry('distillation loss')
"""Subclasses of :class:`KDLoss`, by the ``type`` that a ``kd_cfg`` names."""


class FeatureKind(Enum):
    """The forms in which detectors publish features; B samples, C channels."""

    VOXELS = 'rows of voxels'
    """Of shape (M, C), the voxels of all samples; ``KDBatch`` says which sample each is of."""
    POINTS = 'rows of points'
    """Of shape (B, C, N)."""
    MAPS = 'maps'
    """Of shape (B, C, H, W)."""
    OUTPUTS = 'head outputs'
    """:class:`mmdet3d.models.interfaces.HeadOutputs`; its width is the number of classes."""


@dataclass(frozen=True)
class KDBatch:
    """What a loss may need to know besides the two features.

    Attributes:
        img_metas: meta information of each sample.
        gt_bboxes_3d: the objects of each sample.
        gt_labels_3d: their classes.
        importance: of detectors on voxels, the number of points in each voxel, of shape (M,).
        frames: of detectors on voxels, the sample that each voxel belongs to, of shape (M,).
        epoch: number of the epoch, for losses with a schedule; None outside of training.
        iter: number of the iteration, likewise.
        assigned: gives, for B clouds of R predictions, which the student's assigner gave an object,
            bool of shape (B, R), in the order of :func:`mmdet3d.models.kd.outputs.flatten_outputs`.
        decode: gives the boxes, of shape (N, 7 or more), that predictions of a cloud stand for, by
            the cloud's number, and their indices (N,), codes (N, code_size) and classes (N,).
    """

    img_metas: Sequence[dict] = ()
    gt_bboxes_3d: Sequence[Any] = ()
    gt_labels_3d: Sequence[Tensor] = ()
    importance: Tensor | None = None
    frames: Tensor | None = None
    epoch: int | None = None
    iter: int | None = None
    assigned: Callable[[], Tensor] | None = None
    decode: Callable[[int, Tensor, Tensor, Tensor], Tensor] | None = None


class KDLoss(nn.Module):
    """Base of the distillation losses.

    A subclass says in ``takes`` which kinds of features it compares, and is registered in
    ``KD_LOSSES``. The further arguments of its constructor are its options in a ``kd_cfg``: they
    are of the types that they are annotated with, and within what the class says of them.

    Args:
        teacher_channels: width of the teacher's feature.
        student_channels: width of the student's feature.
        **options: the subclass's options, to be checked.

    Attributes:
        choices: the values that an option may have, by its name.
        positive: options that have to be above 0.
        not_negative: options that have to be 0 or more.

    Raises:
        TypeError: for a subclass that does not say what it takes.
        ValueError: if an option is not what it can be.
    """

    takes: ClassVar[frozenset[FeatureKind]]
    choices: ClassVar[Mapping[str, Sequence[str]]] = {}
    positive: ClassVar[Collection[str]] = ()
    not_negative: ClassVar[Collection[str]] = ('loss_weight',)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not getattr(cls, 'takes', None):
            raise TypeError(
                f'{cls.__name__} does not say which features it compares: set takes = '
                f'frozenset({{FeatureKind...}}), of {[kind.name for kind in FeatureKind]}'
            )

    def __init__(self, teacher_channels: int, student_channels: int, **options: Any) -> None:
        super().__init__()
        self.check_options(options)
        self.teacher_channels = teacher_channels
        self.student_channels = student_channels

    @classmethod
    def check_options(cls, options: Mapping[str, Any]) -> None:
        """Check options when the config is read, before it is known whether there is a teacher.

        Args:
            options: values by the names of the constructor's arguments.

        Raises:
            ValueError: if one is not what it can be.
        """
        parameters = inspect.signature(cls.__init__).parameters
        for name, value in options.items():
            if name in parameters:
                require_type(name, value, parameters[name].annotation)
            if name in cls.choices and value not in cls.choices[name]:
                raise ValueError(f'{name}={value!r}: allowed are {", ".join(cls.choices[name])}')
            if name in cls.positive and value is not None and value <= 0:
                raise ValueError(f'{name}={value}: it has to be positive')
            if name in cls.not_negative and value < 0:
                raise ValueError(f'{name}={value}: it must not be negative')

    def forward(self, student: Any, teacher: Any, batch: KDBatch) -> Tensor:
        """Return the loss, a scalar.

        Args:
            student: the student's feature, in the form of its kind.
            teacher: the teacher's feature, likewise; no gradient is wanted for it.
            batch: what else is known of the batch.
        """
        raise NotImplementedError(f'{type(self).__name__} does not define forward()')
