import numpy as np
import torch
from support.kd_by_hand import check_by_hand, weights_of

from mmdet3d.models.kd import KDBatch
from mmdet3d.models.kd.losses import FitNets


def test_it_is_the_mean_square_of_the_teacher_less_the_mapped_student():
    torch.manual_seed(0)
    loss = FitNets(3, 2, loss_weight=0.5)
    weight, bias = weights_of(loss.regressor)

    def formula(student, teacher):
        errors = [(weight @ s + bias - t) ** 2 for s, t in zip(student, teacher)]
        return 0.5 * np.mean(errors)

    check_by_hand(loss, torch.randn(5, 2), torch.randn(5, 3), KDBatch(), formula)


def test_a_map_counts_as_the_rows_of_its_cells():
    torch.manual_seed(0)
    loss = FitNets(3, 2)
    student, teacher = torch.randn(2, 2, 4, 5), torch.randn(2, 3, 4, 5)
    rows = [each.movedim(1, -1).reshape(40, -1) for each in (student, teacher)]
    torch.testing.assert_close(loss(student, teacher, KDBatch()), loss(*rows, KDBatch()))


def test_no_voxels_cost_nothing_and_reach_the_student():
    student = torch.zeros(0, 2, requires_grad=True)
    loss = FitNets(3, 2)(student, torch.zeros(0, 3), KDBatch())
    loss.backward()
    assert loss == 0
