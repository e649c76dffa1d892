import pytest
import torch

from mmdet_patched.models import BaseDetector, FocalLoss


class Detector(BaseDetector):
    """A detector with one weight and two losses."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(()))

    def extract_feat(self, x):
        return x

    def simple_test(self, *args, **kwargs):
        raise NotImplementedError

    aug_test = simple_test

    def forward(self, x, img_metas, teacher_info=None, epoch=None, iter=None):
        losses = {'loss_cls': [self.weight * x.sum(), self.weight], 'kd_part': self.weight * 100}
        if teacher_info is not None:
            losses['loss_kd'] = self.weight * teacher_info['scale']
        return losses

    def get_teacher_info(self, x, img_metas):
        return {'scale': x.mean()}


BATCH = {'x': torch.tensor([1.0, 3.0]), 'img_metas': [{}, {}]}


def test_losses_are_summed_and_logged_and_parts_only_logged():
    out = Detector().train_step(BATCH, None)
    assert out['loss'].item() == 5
    assert out['log_vars'] == {'loss_cls': 5, 'kd_part': 100, 'loss': 5}
    assert out['num_samples'] == 2


def test_a_teacher_publishes_and_a_student_is_told():
    detector = Detector()
    info = detector.train_step(BATCH, None, epoch=1, iter=2, is_teacher=True)
    assert info == {'scale': torch.tensor(2.0)}
    out = detector.train_step(BATCH, None, is_teacher=False, teacher_info=info)
    assert out['log_vars']['loss_kd'] == 2
    assert out['loss'].item() == 7


class Scheduled(Detector):
    """A detector that learns from its teacher as long as its schedule says."""

    def forward(self, x, img_metas, teacher_info=None, epoch=None, iter=None):
        scale = 1.0 if teacher_info is None else 1 / (1 + epoch) + iter
        return {'loss_kd': self.weight * scale}


def test_a_schedule_of_the_losses_on_a_teacher_sees_epoch_and_iteration():
    def loss(**kwargs):
        return Scheduled().train_step(BATCH, None, **kwargs)['loss'].item()

    assert loss(epoch=0, iter=0, teacher_info={}) == 1
    assert loss(epoch=1, iter=7, teacher_info={}) == 7.5
    assert loss(epoch=1, iter=7) == 1


def test_a_detector_that_cannot_teach_says_so():
    class Plain(Detector):
        get_teacher_info = BaseDetector.get_teacher_info

    with pytest.raises(NotImplementedError, match='Plain cannot be a teacher'):
        Plain().train_step(BATCH, None, is_teacher=True)


def test_focal_loss_is_its_definition():
    torch.manual_seed(0)
    logits, target = torch.randn(7, 3), torch.tensor([0, 1, 2, 3, 3, 1, 0])
    weight = torch.tensor([1.0, 1, 0, 1, 1, 2, 1])
    loss = FocalLoss(gamma=2.0, alpha=0.25, loss_weight=1.5)(logits, target, weight, avg_factor=4)
    one_hot = torch.zeros(7, 4).scatter(1, target[:, None], 1)[:, :3]
    p = logits.sigmoid()
    right = torch.where(one_hot == 1, p, 1 - p)
    alpha = torch.where(one_hot == 1, 0.25, 0.75)
    expected = -alpha * (1 - right) ** 2 * right.log()
    assert loss.item() == pytest.approx(1.5 * (expected * weight[:, None]).sum().item() / 4)
