"""Contrast: a position's embedding is to be near the teacher's of it, and far from the others."""

from torch import Tensor, nn
from torch.nn import functional

from mmcv_patched.precision import in_float32
from mmdet3d.models.kd.layouts import as_rows, most_important
from mmdet3d.models.kd.loss import KD_LOSSES, FeatureKind, KDBatch, KDLoss


@KD_LOSSES.register_module()
class CRD(KDLoss):
    """-mean_i [log h(t_i, s_i) + sum_{j != i} log(1 - h(t_j, s_i))], h = e^c / (e^c + N / M).

    From Tian et al., "Contrastive Representation Distillation" (ICLR 2020), section 3: c
    is the product of embeddings of length 1, over a temperature. Their negatives come from a
    memory of the whole data set. Here they are the other N = n - 1 positions of the n that are
    chosen from a batch, and M = n.

    Args:
        teacher_channels: width of the teacher's feature.
        student_channels: width of the student's feature.
        embed_channels: width of the embeddings, linear in the features.
        num_samples: n, the most important voxels, points or cells of the batch.
        temperature: of the critic.
        loss_weight: factor of this loss.
    """

    takes = frozenset({FeatureKind.VOXELS, FeatureKind.POINTS, FeatureKind.MAPS})
    positive = ('embed_channels', 'num_samples', 'temperature')

    def __init__(
        self,
        teacher_channels: int,
        student_channels: int,
        embed_channels: int = 128,
        num_samples: int = 1024,
        temperature: float = 0.07,
        loss_weight: float = 0.02,
    ) -> None:
        super().__init__(
            teacher_channels,
            student_channels,
            embed_channels=embed_channels,
            num_samples=num_samples,
            temperature=temperature,
            loss_weight=loss_weight,
        )
        self.embed_teacher = nn.Linear(teacher_channels, embed_channels)
        self.embed_student = nn.Linear(student_channels, embed_channels)
        self.num_samples = num_samples
        self.temperature = temperature
        self.loss_weight = loss_weight

    @in_float32
    def forward(self, student: Tensor, teacher: Tensor, batch: KDBatch) -> Tensor:
        """Return the loss, a scalar; 0 where there are not two positions to contrast."""
        chosen = most_important(teacher, batch, self.num_samples)
        ours = functional.normalize(self.embed_student(as_rows(student)[chosen]), dim=1)
        theirs = functional.normalize(self.embed_teacher(as_rows(teacher.detach())[chosen]), dim=1)
        count = len(chosen)
        if count < 2:
            return 0 * (ours.sum() + theirs.sum())
        critic = ours @ theirs.t() / self.temperature
        # With k = N / M: log h = -softplus(log k - c), and log (1 - h) = -softplus(c - log k).
        odds = critic - critic.new_tensor((count - 1) / count).log()
        positive, every = functional.softplus(-odds.diagonal()), functional.softplus(odds)
        negative = every.sum() - every.diagonal().sum()
        return self.loss_weight * (positive.sum() + negative) / count
