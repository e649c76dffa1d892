import numpy as np
import pytest
import torch
from support.kd_by_hand import check_by_hand

from mmdet3d.models.kd import KDBatch
from mmdet3d.models.kd.losses import AttentionTransfer


@pytest.mark.parametrize('power', [1.0, 2.0])
def test_it_compares_where_each_cloud_is_strong_whatever_its_scale(power):
    torch.manual_seed(0)
    frames = torch.tensor([0, 0, 1, 1, 1])

    def formula(student, teacher):
        total = 0
        for cloud in (0, 1):
            own = frames.numpy() == cloud
            ours, theirs = ((np.abs(each[own]) ** power).sum(axis=1) for each in (student, teacher))
            total += ((ours / np.linalg.norm(ours) - theirs / np.linalg.norm(theirs)) ** 2).sum()
        return 3 * total / 2

    loss = AttentionTransfer(4, 2, power=power, loss_weight=3.0)
    check_by_hand(loss, torch.randn(5, 2), torch.randn(5, 4), KDBatch(frames=frames), formula)


def test_a_scaled_map_is_the_same_attention():
    torch.manual_seed(0)
    teacher = torch.randn(2, 4, 3, 3)
    student = teacher[:, [2, 0, 3, 1]] * torch.tensor([2.0, 7.0]).view(2, 1, 1, 1)
    loss = AttentionTransfer(4, 4)(student, teacher, KDBatch())
    assert loss.item() == pytest.approx(0, abs=1e-10)


def test_a_feature_without_any_strength_has_a_finite_gradient():
    student = torch.zeros(1, 2, 3, 3, requires_grad=True)
    AttentionTransfer(4, 2)(student, torch.rand(1, 4, 3, 3), KDBatch()).backward()
    assert student.grad.isfinite().all()


def test_voxels_without_their_clouds_are_an_error():
    with pytest.raises(ValueError, match=r'KDBatch\.frames'):
        AttentionTransfer(4, 2)(torch.randn(5, 2), torch.randn(5, 4), KDBatch())
