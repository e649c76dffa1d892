import numpy as np
import pytest
import torch
from support.kd_by_hand import check_by_hand, weights_of

from mmdet3d.models.kd import KDBatch
from mmdet3d.models.kd.losses import PearsonFeature


def test_it_is_one_less_the_mean_correlation_of_the_channels():
    torch.manual_seed(0)
    loss = PearsonFeature(3, 2, loss_weight=6.0)
    weight, _ = weights_of(loss.adapter)

    def formula(student, teacher):
        mapped = student @ weight.T
        correlations = [np.corrcoef(mapped[:, i], teacher[:, i])[0, 1] for i in range(3)]
        return 6 * (1 - np.mean(correlations))

    check_by_hand(loss, torch.randn(7, 2), torch.randn(7, 3), KDBatch(), formula)


def test_of_one_width_scale_and_offset_do_not_matter():
    torch.manual_seed(0)
    teacher = torch.randn(2, 3, 4, 4)
    loss = PearsonFeature(3, 3)(5 * teacher + 1, teacher, KDBatch())
    assert loss.item() == pytest.approx(0, abs=1e-6)


def test_a_channel_that_never_changes_has_a_finite_gradient():
    student = torch.zeros(5, 3, requires_grad=True)
    PearsonFeature(3, 3)(student, torch.zeros(5, 3), KDBatch()).backward()
    assert student.grad.isfinite().all()
