import numpy as np
import pytest
import torch
from support.kd_by_hand import check_by_hand

from mmdet3d.models.kd import KDBatch
from mmdet3d.models.kd.losses import SimilarityPreserving


def test_it_compares_the_similarities_of_the_most_important_voxels():
    torch.manual_seed(0)
    importance = torch.tensor([3, 9, 1, 8, 7])

    def formula(student, teacher):
        rows = [1, 3, 4]
        total = 0
        for ours, theirs in zip(_similar(student[rows]), _similar(teacher[rows])):
            total += ((ours - theirs) ** 2).sum()
        return 2 * total / 9

    loss = SimilarityPreserving(4, 2, num_samples=3, loss_weight=2.0)
    batch = KDBatch(importance=importance)
    check_by_hand(loss, torch.randn(5, 2), torch.randn(5, 4), batch, formula)


def _similar(rows):
    gram = np.array([[a @ b for b in rows] for a in rows])
    return [row / np.linalg.norm(row) for row in gram]


def test_a_turned_feature_has_the_same_similarities():
    torch.manual_seed(0)
    turn, _ = torch.linalg.qr(torch.randn(4, 4))
    teacher = torch.randn(1, 4, 3, 3)
    student = torch.einsum('ij,bjhw->bihw', turn, teacher)
    loss = SimilarityPreserving(4, 4)(student, teacher, KDBatch())
    assert loss.item() == pytest.approx(0, abs=1e-8)


def test_voxels_without_their_importance_are_an_error():
    with pytest.raises(ValueError, match=r'KDBatch\.importance'):
        SimilarityPreserving(4, 2)(torch.randn(5, 2), torch.randn(5, 4), KDBatch())
