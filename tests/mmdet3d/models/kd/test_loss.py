"""The contract between detectors and distillation losses."""

import pytest
import torch

from mmdet3d.models.interfaces import DistillationLoss
from mmdet3d.models.kd import KD_LOSSES, FeatureKind, KDBatch, KDLoss


def test_a_loss_that_does_not_say_what_it_takes_is_an_error():
    with pytest.raises(TypeError, match=r'Silent does not say .*takes = .*VOXELS.*OUTPUTS'):

        class Silent(KDLoss):
            pass


def test_a_loss_without_forward_says_so():
    class Empty(KDLoss):
        takes = frozenset({FeatureKind.MAPS})

    with pytest.raises(NotImplementedError, match='Empty does not define forward'):
        Empty(4, 2)(torch.zeros(1), torch.zeros(1), KDBatch())


@pytest.mark.parametrize('name', sorted(KD_LOSSES.module_dict))
def test_every_registered_loss_keeps_the_contract(name):
    loss = KD_LOSSES.get(name)(teacher_channels=8, student_channels=4)
    assert isinstance(loss, KDLoss)
    assert isinstance(loss, DistillationLoss)
    assert loss.takes <= frozenset(FeatureKind)
