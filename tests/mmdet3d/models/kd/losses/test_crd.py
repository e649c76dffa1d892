import numpy as np
import torch
from support.kd_by_hand import check_by_hand, weights_of

from mmdet3d.models.kd import KDBatch
from mmdet3d.models.kd.losses import CRD


def test_it_tells_a_position_from_the_others():
    torch.manual_seed(0)
    loss = CRD(4, 3, embed_channels=5, temperature=0.5, loss_weight=0.3)
    ours, theirs = weights_of(loss.embed_student), weights_of(loss.embed_teacher)

    def formula(student, teacher):
        count, total = len(student), 0
        for i in range(count):
            for j in range(count):
                critic = _unit(student[i], ours) @ _unit(teacher[j], theirs) / 0.5
                same = np.exp(critic) / (np.exp(critic) + (count - 1) / count)
                total -= np.log(same if i == j else 1 - same)
        return 0.3 * total / count

    batch = KDBatch(importance=torch.tensor([5, 4, 3, 2]))
    check_by_hand(loss, torch.randn(4, 3), torch.randn(4, 4), batch, formula)


def _unit(row, layer):
    weight, bias = layer
    embedded = weight @ row + bias
    return embedded / np.linalg.norm(embedded)


def test_the_right_pairs_cost_less_than_mixed_ones():
    torch.manual_seed(0)
    loss = CRD(8, 8, embed_channels=8)
    for layer in (loss.embed_student, loss.embed_teacher):
        torch.nn.init.eye_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    feature = torch.eye(8)[None]
    right = loss(feature, feature, KDBatch())
    mixed = loss(feature.roll(1, dims=2), feature, KDBatch())
    assert right < mixed / 2


def test_one_position_has_nothing_to_be_told_from():
    student = torch.randn(1, 3, requires_grad=True)
    loss = CRD(4, 3)(student, torch.randn(1, 4), KDBatch(importance=torch.ones(1)))
    loss.backward()
    assert loss == 0
