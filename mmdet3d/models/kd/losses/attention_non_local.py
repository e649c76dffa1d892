"""Attention-guided and non-local distillation of a map."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from mmcv_patched.precision import in_float32
from mmdet3d.models.kd.loss import KD_LOSSES, FeatureKind, KDBatch, KDLoss


class NonLocal(nn.Module):
    """Give each cell of a map what the cells that are alike hold: softmax(q k^T) v, then a layer.

    Args:
        channels: width of the map.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = max(1, channels // 2)
        self.query, self.key, self.value = (nn.Conv2d(channels, inner, 1) for _ in range(3))
        self.out = nn.Conv2d(inner, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the relations in maps of shape (B, C, H, W), in the same shape."""
        query, key, value = (layer(x).flatten(2) for layer in (self.query, self.key, self.value))
        alike = (query.transpose(1, 2) @ key).softmax(dim=-1)
        return self.out((value @ alike.transpose(1, 2)).view(len(x), -1, *x.shape[2:]))


@KD_LOSSES.register_module()
class AttentionNonLocal(KDLoss):
    """attention * L_AT + masked * L_AM + relation * L_NL on a map.

    From Zhang and Ma, "Improve Object Detection with Feature-based Knowledge Distillation" (ICLR
    2021), section 3. With a map's spatial attention its mean over channels of |F| and its channel
    attention that over cells: L_AT is the norm of the difference of either attention, L_AM the norm
    of the feature's difference under masks that are softmax of both networks' attention, and L_NL
    the norm of the difference of what a non-local module finds in each. The student is brought to
    the teacher's width first. Relations are sought on a map averaged down to ``relation_size``
    cells a side, since they are of every cell with every other.

    Args:
        teacher_channels: width of the teacher's map.
        student_channels: width of the student's map.
        temperature: of the masks' softmax.
        relation_size: cells along either side of the map for L_NL.
        attention: weight of L_AT.
        masked: weight of L_AM.
        relation: weight of L_NL.
        loss_weight: factor of this loss.
    """

    takes = frozenset({FeatureKind.MAPS})
    positive = ('temperature', 'relation_size')
    not_negative = ('attention', 'masked', 'relation', 'loss_weight')

    def __init__(
        self,
        teacher_channels: int,
        student_channels: int,
        temperature: float = 0.5,
        relation_size: int = 16,
        attention: float = 4e-4,
        masked: float = 2e-2,
        relation: float = 4e-4,
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__(
            teacher_channels,
            student_channels,
            temperature=temperature,
            relation_size=relation_size,
            attention=attention,
            masked=masked,
            relation=relation,
            loss_weight=loss_weight,
        )
        self.adapter = nn.Conv2d(student_channels, teacher_channels, 1)
        self.student_relation = NonLocal(teacher_channels)
        self.teacher_relation = NonLocal(teacher_channels)
        self.temperature = temperature
        self.relation_size = relation_size
        self.weights = {'attention': attention, 'masked': masked, 'relation': relation}
        self.loss_weight = loss_weight

    @in_float32
    def forward(self, student: Tensor, teacher: Tensor, batch: KDBatch) -> Tensor:
        """Return the loss, a scalar."""
        parts = self.parts(self.adapter(student), teacher.detach())
        weighted = [self.weights[name] * part for name, part in parts.items()]
        return self.loss_weight * torch.stack(weighted).sum()

    def parts(self, student: Tensor, teacher: Tensor) -> dict[str, Tensor]:
        """Return L_AT, L_AM and L_NL of maps of one width, the mean over samples each."""
        pairs = [(_cells(each), _channels(each)) for each in (student, teacher)]
        (our_cells, our_channels), (their_cells, their_channels) = pairs
        mask = (
            self._mask(our_cells + their_cells)[:, None]
            * self._mask(our_channels + their_channels)[..., None]
        )
        difference = (teacher - student).flatten(2)
        return {
            'attention': _length(our_cells - their_cells) + _length(our_channels - their_channels),
            'masked': _length(difference * mask.sqrt()),
            'relation': _length(self._relations(student, teacher)),
        }

    def _mask(self, attention: Tensor) -> Tensor:
        attention = attention.detach()
        return attention.shape[1] * (attention / self.temperature).softmax(dim=1)

    def _relations(self, student: Tensor, teacher: Tensor) -> Tensor:
        height, width = (min(self.relation_size, side) for side in teacher.shape[2:])
        size = height, width
        student, teacher = (functional.adaptive_avg_pool2d(x, size) for x in (student, teacher))
        return self.student_relation(student) - self.teacher_relation(teacher)


def _cells(x: Tensor) -> Tensor:
    return x.abs().mean(dim=1).flatten(1)


def _channels(x: Tensor) -> Tensor:
    return x.abs().mean(dim=(2, 3))


def _length(difference: Tensor) -> Tensor:
    return torch.linalg.vector_norm(difference.flatten(1), dim=1).mean()
