"""Options that make detection faster: what they change, and what they do not."""

import pytest
import torch
from mmcv import Config
from support import shrink
from support.made_up_clouds import made_up_cloud
from support.weights import seed_weights

from mmdet3d.apis import inference_detector, init_model
from mmdet3d.models import build_model

STUDENT = 'configs/pointpillars/hv_pointpillars_secfpn_6x8_160e_kitti-3d-3class_student_4x.py'
SECOND = 'configs/second/hv_second_secfpn_6x8_80e_kitti-3d-3class_student_4x.py'


def config(repo_root, name=STUDENT):
    cfg = Config.fromfile(repo_root / name)
    small = {**shrink.small_scene(), **shrink.widths(8)}
    if name == SECOND:
        small = {**shrink.small_second_scene(), **shrink.second_widths(4)}
    cfg.merge_from_dict({**small, 'model.test_cfg.score_thr': 0.0})
    return cfg


def detect(cfg, **options):
    """Return the maps' layouts, whether channels come last, and the head's outputs."""
    model = seed_weights(init_model(cfg, device='cpu', **options))
    lies_last = []
    model.backbone.register_forward_hook(
        lambda _module, given, _output: lies_last.append(
            given[0].is_contiguous(memory_format=torch.channels_last)
        )
    )
    outputs = []
    model.bbox_head.register_forward_hook(lambda *call: outputs.append(call[2]))
    inference_detector(model, made_up_cloud('options'))
    return lies_last[0], outputs[0]


@pytest.mark.parametrize('name', [STUDENT, SECOND])
def test_channels_come_last_on_a_cpu_and_change_nothing(repo_root, name):
    cfg = config(repo_root, name)
    (default, found), (plain, expected) = detect(cfg), detect(cfg, channels_last=False)
    assert default
    assert not plain
    for one, other in zip(found, expected):
        torch.testing.assert_close(one[0], other[0], rtol=1e-4, atol=1e-5)


def test_channels_come_last_in_training_too(repo_root):
    model = build_model(config(repo_root).model).train()
    features = torch.randn(3, 8, requires_grad=True)
    coors = torch.tensor([[0, 0, 1, 2], [1, 0, 3, 4], [1, 0, 5, 5]])
    lies_last = model.middle_encoder(features, coors, 2)
    assert lies_last.is_contiguous(memory_format=torch.channels_last)
    model.middle_encoder.channels_last = False
    lies_first = model.middle_encoder(features, coors, 2)
    assert lies_first.is_contiguous()
    assert torch.equal(lies_first, lies_last)


def test_bfloat16_comes_close_and_is_what_the_network_computes_in(repo_root):
    cfg = config(repo_root)
    (_, low), (_, full) = detect(cfg, precision='bf16'), detect(cfg)
    assert low.cls_scores[0].dtype == torch.bfloat16
    for one, other in zip(low, full):
        apart = (one[0] - other[0]).abs().max() / other[0].abs().max()
        assert 0 < apart < 0.05


@pytest.mark.parametrize(
    ('precision', 'message'),
    [
        ('fp16', "precision='fp16' is for GPUs"),
        ('int8', "precision='int8': expected one of 'fp32'"),
    ],
)
def test_a_precision_that_is_not_there_is_refused(repo_root, precision, message):
    with pytest.raises(ValueError, match=message):
        init_model(config(repo_root), device='cpu', precision=precision)
