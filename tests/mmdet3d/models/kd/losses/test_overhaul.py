import numpy as np
import torch
from support.kd_by_hand import check_by_hand, weights_of

from mmdet3d.models.kd import KDBatch
from mmdet3d.models.kd.losses import Overhaul


def test_a_student_below_the_teachers_margin_costs_nothing():
    torch.manual_seed(0)
    loss = Overhaul(3, 2, loss_weight=2.0)
    weight, _ = weights_of(loss.regressor)

    def formula(student, teacher):
        mapped = student @ weight.T
        mapped = (mapped - mapped.mean(axis=0)) / np.sqrt(mapped.var(axis=0) + 1e-5)
        total = 0
        for channel in range(3):
            column = teacher[:, channel]
            margin = column[column < 0].mean()
            for t, s in zip(np.maximum(column, margin), mapped[:, channel]):
                total += 0 if s <= t <= 0 else (t - s) ** 2
        return 2 * total / teacher.size

    check_by_hand(loss, torch.randn(6, 2), torch.randn(6, 3), KDBatch(), formula)


def test_features_after_their_relu_have_a_margin_of_zero():
    torch.manual_seed(0)
    loss = Overhaul(1, 1)
    torch.nn.init.ones_(loss.regressor.weight)
    student = torch.tensor([[-1.0], [1.0]])  # is its own normalisation
    silent, active = torch.tensor([[0.0], [1.0]]), torch.tensor([[1.0], [1.0]])
    assert loss(student, silent, KDBatch()).item() < 1e-4
    torch.testing.assert_close(
        loss(student, active, KDBatch()), torch.tensor(2.0), rtol=1e-3, atol=0
    )


def test_one_voxel_has_no_statistics():
    student = torch.randn(1, 2, requires_grad=True)
    loss = Overhaul(3, 2)(student, torch.randn(1, 3), KDBatch())
    loss.backward()
    assert loss == 0
